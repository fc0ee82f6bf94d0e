/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evict=N: take away the pages that the next delivery will touch, so that it is interrupted by an EPT violation and
 * has to be given again (facts/l0-pitfalls.md, P4: plain demand paging of L1's memory never does that).
 */
#include "vcpu.h"
#include "walk.h"

#define ACCESS_DPL(access) ((access) >> 5 & 3)
enum { GUEST_SS_BASE = 0x680a, TSS64_RSP0 = 4, TSS32_ESP0 = 4 };
#define EFER_LMA (1ull << 10)

static void evict_linear(struct vcpu *v, const struct paging *paging, uint64_t linear)
{
    uint64_t address;

    if (walk(v->machine->physical, paging, linear, &address) && ept_evict(&v->machine->ept, address))
        v->evictions++;
}

/* The stack that the TSS names for a delivery from user mode. */
static bool inner_stack(const struct vcpu *v, const struct paging *paging, uint64_t *linear)
{
    const bool long_mode = (paging->efer & EFER_LMA) != 0;
    uint64_t address, top;

    if (!walk(v->machine->physical, paging, vmread(GUEST_TR_BASE) + (long_mode ? TSS64_RSP0 : TSS32_ESP0), &address) ||
        !bytes_read(v->machine->physical, address, long_mode ? 8 : 4, &top))
        return false;
    *linear = top - 8;
    return true;
}

/* A kernel's own stack is worth taking away only for a delivery that comes now: its next instruction would touch it. */
static bool delivery_stack(const struct vcpu *v, const struct paging *paging, bool injecting, uint64_t *linear)
{
    if (ACCESS_DPL(vmread(GUEST_SS_ACCESS)) != 0)
        return inner_stack(v, paging, linear);
    *linear = vmread(GUEST_RSP) - 8 + (paging->efer & EFER_LMA ? 0 : vmread(GUEST_SS_BASE));
    return injecting;
}

void evict_delivery_pages(struct vcpu *v, bool injecting)
{
    const struct paging paging = {
        .cr0 = vmread(GUEST_CR0), .cr3 = vmread(GUEST_CR3), .cr4 = vmread(GUEST_CR4), .efer = vmread(GUEST_EFER)};
    const uint64_t before = v->evictions;
    uint64_t stack;

    if (delivery_stack(v, &paging, injecting, &stack))
        evict_linear(v, &paging, stack);
    evict_linear(v, &paging, vmread(GUEST_TR_BASE));
    evict_linear(v, &paging, vmread(GUEST_IDTR_BASE));
    if (v->evictions != before)
        vmx_flush_ept(v->machine->ept.pointer); /* rights were taken away (SDM 28.3.3.4) */
}
