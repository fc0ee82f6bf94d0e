/* SPDX-License-Identifier: BSD-2-Clause
 *
 * STAND-IN, NOT PROVEN, to be deleted: weak bodies for calls of core/vmx that have not landed, so that the rest runs.
 */
#include <provenest/vmx_check.h>
#include <provenest/vmx_check_guest.h>
#include <provenest/vmx_entry.h>
#include <provenest/vmx_ept.h>
#include <provenest/vmx_events.h>
#include <provenest/vmx_insn.h>

#include "../../core/hw/memory.h"
#include "../../core/hw/msr.h"
#include "../../core/hw/nested_ledger.h"
#include "../../core/hw/vmcs.h"

#define WEAK __attribute__((weak))
#define F(x) n->vmcs12.f[PN_F_##x]
static const struct pn_outcome good = {PN_VMX_SUCCEED, 0, 0}, invalid = {PN_VMX_FAIL_INVALID, 0, 0};
static const struct pn_outcome ud = {PN_VMX_FAULT, 6, 0};
enum { REVISION = 0x504e0001 };

static uint64_t cut(uint64_t h, uint32_t allowed)
{
    return (h & 0xffffffffull) | ((h >> 32 & allowed) | (h & 0xffffffffull)) << 32;
}

WEAK struct pn_vmx_caps pn_vmx_offer(struct pn_vmx_caps h)
{
    h.basic = (h.basic & (1ull << 54 | 1ull << 55 | 15ull << 50)) | REVISION | 4096ull << 32;
    h.pin = cut(h.pin, 0x69);
    h.proc = cut(h.proc, ~(1u << 27 | 1u << 17));
    h.proc2 = cut(h.proc2, 0x1118ef);
    h.exit = cut(h.exit, 1u << 2 | 1u << 9 | 1u << 15 | 0x1fu << 18);
    h.entry = cut(h.entry, 1u << 2 | 1u << 9 | 3u << 14);
    h.misc = (h.misc & 0x1f) | 1 << 6;
    h.ept_vpid &= 1 | 1 << 6 | 1 << 8 | 1 << 14 | 1 << 16 | 1 << 20 | 3 << 25 | 1ull << 32 | 15ull << 40;
    return h;
}

WEAK uint64_t pn_vmx_capability(const struct pn_vmx_caps *c, uint32_t msr)
{
    const uint64_t all[] = {c->basic, c->pin | 0x16, c->proc | 0x0401e172, c->exit | 0x36dff, c->entry | 0x11ff, c->misc,
                            c->cr0_fixed0, c->cr0_fixed1, c->cr4_fixed0, c->cr4_fixed1, c->vmcs_enum, c->proc2,
                            c->ept_vpid, c->pin, c->proc, c->exit, c->entry};
    return all[msr - 0x480];
}

WEAK void pn_nested_init(struct pn_nested_vmx *n, struct pn_vmx_caps caps)
{
    n->caps = caps;
    n->current = PN_NO_VMCS;
}

WEAK struct pn_outcome pn_vm_fail(struct pn_nested_vmx *n, uint8_t error)
{
    if (n->current == PN_NO_VMCS)
        return invalid;
    F(INSTRUCTION_ERROR) = error;
    return (struct pn_outcome){PN_VMX_FAIL_VALID, 0, error};
}

WEAK struct pn_outcome pn_vmxon_ready(struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    (void)n;
    return m.cr4 & 1 << 13 ? good : ud;
}

WEAK struct pn_outcome pn_vmx_ready(const struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    (void)m;
    return n->vmxon ? good : ud;
}

WEAK struct pn_outcome pn_vmxon(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t p)
{
    (void)m;
    if ((pn_mem_read(p) & 0xffffffff) != REVISION)
        return invalid;
    n->vmxon = true;
    n->vmxon_pointer = p;
    n->current = PN_NO_VMCS;
    return good;
}

static void put_back(struct pn_nested_vmx *n)
{
    if (n->current == PN_NO_VMCS)
        return;
    pn_mem_write(n->current + 8, n->launched);
    for (unsigned i = 0; i < PN_FIELDS; i++)
        pn_mem_write(n->current + 16 + 8 * i, n->vmcs12.f[i]);
    n->current = PN_NO_VMCS;
    n->launched = false;
}

WEAK struct pn_outcome pn_vmxoff(struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    (void)m;
    put_back(n);
    n->vmxon = false;
    return good;
}

WEAK struct pn_outcome pn_vmclear(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t p)
{
    (void)m;
    if (n->current == p)
        put_back(n);
    pn_mem_write(p + 8, 0);
    return good;
}

WEAK struct pn_outcome pn_vmptrld(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t p)
{
    (void)m;
    if (n->current == p)
        return good;
    if ((pn_mem_read(p) & 0xffffffff) != REVISION)
        return pn_vm_fail(n, 11);
    put_back(n);
    n->launched = pn_mem_read(p + 8) != 0;
    for (unsigned i = 0; i < PN_FIELDS; i++)
        n->vmcs12.f[i] = pn_mem_read(p + 16 + 8 * i);
    n->current = p;
    n->dirty = ~0u;
    return good;
}

WEAK struct pn_outcome pn_vmptrst(const struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t *p)
{
    (void)m;
    *p = n->current;
    return good;
}

WEAK struct pn_outcome pn_vmread(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t e, uint64_t *p)
{
    const int f = pn_field_of(e & ~1ull);
    (void)m;
    if (n->current == PN_NO_VMCS || f < 0)
        return pn_vm_fail(n, 12);
    *p = e & 1 ? n->vmcs12.f[f] >> 32 : n->vmcs12.f[f];
    return good;
}

WEAK struct pn_outcome pn_vmwrite(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t e, uint64_t p)
{
    const int f = pn_field_of(e & ~1ull);
    (void)m;
    if (n->current == PN_NO_VMCS || f < 0)
        return pn_vm_fail(n, 12);
    n->vmcs12.f[f] = p;
    n->dirty = ~0u;
    return good;
}

WEAK struct pn_outcome pn_invept(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t t, uint64_t e)
{
    (void)n; (void)m; (void)t; (void)e;
    return good;
}

WEAK struct pn_outcome pn_invvpid(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t t, uint16_t p, uint64_t r, uint64_t l)
{
    (void)n; (void)m; (void)t; (void)p; (void)r; (void)l;
    return good;
}

WEAK struct pn_outcome pn_vmcall(struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    (void)m;
    return pn_vm_fail(n, 1);
}

WEAK struct pn_outcome pn_nested_enter(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch, struct pn_l0_wants l0)
{
    struct pn_outcome r = pn_vm_entry(n, m, launch);
    struct pn_guest_memory memory = {0};
    struct pn_guest_verdict verdict;
    struct pn_l1_registers l1;
    struct pn_pdptes pdptes = {{0}};
    uint32_t failed;

    if (r.kind != PN_VMX_ENTER)
        return r;
    if (pn_check_controls(n))
        return pn_vm_fail(n, 7);
    if (pn_vtpr_wanted(n) && pn_check_vtpr(n, (uint8_t)pn_mem_read(F(VIRTUAL_APIC) + 0x80)))
        return pn_vm_fail(n, 7);
    if (pn_check_host(n, m.long_mode))
        return pn_vm_fail(n, 8);
    if (pn_link_wanted(n))
        memory.link = pn_mem_read(F(LINK_POINTER));
    if (pn_pdptes_wanted(n))
        for (unsigned i = 0; i < 4; i++)
            pdptes.entry[i] = memory.pdpte[i] = pn_mem_read((F(GUEST_CR3) & 0xffffffe0) + 8 * i);
    verdict = pn_check_guest(n, memory);
    if (!verdict.ok)
        return pn_entry_failure(n, 33, verdict.qualification);
    l1.dr7 = pn_hw_read01(PN_F_GUEST_DR7);
    l1.debugctl = pn_hw_read01(PN_F_GUEST_DEBUGCTL);
    l1.pat = pn_hw_read01(PN_F_GUEST_PAT);
    l1.efer = pn_hw_read01(PN_F_GUEST_EFER);
    pn_hw_load_vmcs(PN_VMCS02);
    pn_hw_begin_entry02(0, 0);
    n->entry_pending = true;
    pn_prepare_vmcs02(n, l0, l1, pdptes);
    pn_hw_flush02(l0.vpid02);
    failed = pn_load_msrs(F(ENTRY_LOAD_ADDR), (uint32_t)F(ENTRY_LOAD_COUNT));
    if (failed)
        return pn_entry_failure(n, 34, failed);
    n->launched = true;
    n->l2 = n->entry_pending = true;
    return (struct pn_outcome){PN_VMX_ENTER, 0, 0};
}

WEAK void pn_nested_entered(struct pn_nested_vmx *n, bool failed)
{
    if (!failed) {
        n->dirty = 0;
        n->pdptrs_held = true;
    }
    n->entry_pending = false;
}

WEAK uint32_t pn_load_msrs(uint64_t a, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!pn_hw_write_msr((uint32_t)pn_mem_read(a + 16 * i), pn_mem_read(a + 16 * i + 8)))
            return i + 1;
    return 0;
}

WEAK bool pn_store_msrs(uint64_t a, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t value = 0;
        (void)pn_hw_read_msr((uint32_t)pn_mem_read(a + 16 * i), &value);
        pn_mem_write(a + 16 * i + 8, value);
    }
    return true;
}

WEAK enum pn_route pn_route(const struct pn_nested_vmx *n, struct pn_l2_exit x, struct pn_l0_wants l0, uint64_t rcx, uint64_t operand)
{
    (void)l0;
    switch (x.reason) {
    case 0:
        if ((x.info >> 8 & 7) == 2)
            return PN_TO_L0;
        if ((x.info & 31) == 14) {
            const bool match = (x.error & F(PF_MASK)) == F(PF_MATCH);
            return (F(EXCEPTION_BITMAP) >> 14 & 1) == match ? PN_TO_L1 : PN_TO_L0;
        }
        return F(EXCEPTION_BITMAP) >> (x.info & 31) & 1 ? PN_TO_L1 : PN_TO_L0;
    case 1: case 3: case 4: case 48: case 49: case 52:
        return PN_TO_L0;
    case 7:
        return F(PROC_CTL) & 4 ? PN_TO_L1 : PN_TO_L0;
    case 8:
        return F(PROC_CTL) & 1 << 22 ? PN_TO_L1 : PN_TO_L0;
    case 12:
        return F(PROC_CTL) & 1 << 7 ? PN_TO_L1 : PN_TO_L0;
    case 28:
        if ((x.qualification & 0x30) == 0 && (x.qualification & 15) == 0)
            return (operand ^ F(CR0_SHADOW)) & F(CR0_MASK) ? PN_TO_L1 : PN_TO_L0;
        if ((x.qualification & 0x30) == 0 && (x.qualification & 15) == 4)
            return (operand ^ F(CR4_SHADOW)) & F(CR4_MASK) ? PN_TO_L1 : PN_TO_L0;
        if ((x.qualification & 15) == 8)
            return F(PROC_CTL) >> (x.qualification & 0x10 ? 20 : 19) & 1 ? PN_TO_L1 : PN_TO_L0;
        return PN_TO_L1;
    case 31: case 32: {
        const uint32_t msr = (uint32_t)rcx, o = (msr & 0x1fff) + (msr >> 31 ? 0x2000u : 0);
        const uint64_t at = F(MSR_BITMAP) + (x.reason == 32 ? 0x800 : 0) + (o >> 3);
        if (!(F(PROC_CTL) & 1 << 28) || (msr & 0x3fffe000u))
            return PN_TO_L1;
        return pn_mem_read(at & ~7ull) >> (8 * (at & 7) + (o & 7)) & 1 ? PN_TO_L1 : PN_TO_L0;
    }
    case 30:
        return F(PROC_CTL) & 3u << 24 ? PN_TO_L1 : PN_TO_L0;
    default:
        return PN_TO_L1;
    }
}

static void host(struct pn_nested_vmx *n)
{
    const bool l = F(EXIT_CTL) >> 9 & 1;
    static const uint8_t ar[8] = {0x93, 0x9b, 0x93, 0x93, 0x93, 0x93, 0, 0x8b};

    pn_hw_write01(PN_F_GUEST_RIP, F(HOST_RIP));
    pn_hw_write01(PN_F_GUEST_RSP, F(HOST_RSP));
    pn_hw_write01(PN_F_GUEST_RFLAGS, 2);
    pn_hw_write01(PN_F_GUEST_CR0, F(HOST_CR0));
    pn_hw_write01(PN_F_CR0_SHADOW, F(HOST_CR0));
    pn_hw_write01(PN_F_GUEST_CR3, F(HOST_CR3));
    pn_hw_write01(PN_F_GUEST_CR4, F(HOST_CR4));
    pn_hw_write01(PN_F_CR4_SHADOW, F(HOST_CR4));
    pn_hw_write01(PN_F_GUEST_DR7, 0x400);
    pn_hw_write01(PN_F_GUEST_DEBUGCTL, 0);
    if (F(EXIT_CTL) >> 19 & 1)
        pn_hw_write01(PN_F_GUEST_PAT, F(HOST_PAT));
    if (F(EXIT_CTL) >> 21 & 1)
        pn_hw_write01(PN_F_GUEST_EFER, F(HOST_EFER));
    for (unsigned s = 0; s < 8; s++) {
        const uint64_t sel = s == 6 ? 0 : n->vmcs12.f[PN_F_HOST_ES_SELECTOR + (s == 7 ? 6 : s)];
        const uint64_t base = s == 4 ? F(HOST_FS_BASE) : s == 5 ? F(HOST_GS_BASE) : s == 7 ? F(HOST_TR_BASE) : 0;
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_SELECTOR + s), sel);
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_BASE + s), base);
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_LIMIT + s), s == 7 ? 0x67 : 0xffffffff);
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_AR_BYTES + s),
                      s == 7 ? 0x8b : s == 6 ? 0x10000 : s != 1 && !sel ? 0x10000 : ar[s] | 0x8000u | (s == 1 && l ? 0x2000u : 0x4000u));
    }
    pn_hw_write01(PN_F_GUEST_GDTR_BASE, F(HOST_GDTR_BASE));
    pn_hw_write01(PN_F_GUEST_IDTR_BASE, F(HOST_IDTR_BASE));
    pn_hw_write01(PN_F_GUEST_GDTR_LIMIT, 0xffff);
    pn_hw_write01(PN_F_GUEST_IDTR_LIMIT, 0xffff);
    pn_hw_write01(PN_F_GUEST_SYSENTER_CS, F(HOST_SYSENTER_CS));
    pn_hw_write01(PN_F_GUEST_SYSENTER_ESP, F(HOST_SYSENTER_ESP));
    pn_hw_write01(PN_F_GUEST_SYSENTER_EIP, F(HOST_SYSENTER_EIP));
    pn_hw_write01(PN_F_GUEST_INTERRUPTIBILITY, 0);
    pn_hw_write01(PN_F_GUEST_ACTIVITY, 0);
    pn_hw_write01(PN_F_GUEST_PENDING_DEBUG, 0);
    (void)pn_load_msrs(F(EXIT_LOAD_ADDR), (uint32_t)F(EXIT_LOAD_COUNT));
    n->l2 = n->entry_pending = false;
}

WEAK struct pn_outcome pn_nested_exit(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    const struct pn_event e = v->injected;

    for (unsigned i = PN_G_BASIC; i < PN_G_OTHER_END; i++) {
        if (i == PN_F_LINK_POINTER || (i >= PN_F_GUEST_CR0 && i <= PN_F_CR4_SHADOW && i != PN_F_GUEST_CR3))
            continue;
        if (i == PN_F_GUEST_EFER && !(F(EXIT_CTL) >> 20 & 1))
            continue;
        if (i == PN_F_GUEST_PAT && !(F(EXIT_CTL) >> 18 & 1))
            continue;
        if ((i == PN_F_GUEST_DR7 || i == PN_F_GUEST_DEBUGCTL) && !(F(EXIT_CTL) & 4))
            continue;
        if (i == PN_F_PREEMPTION_TIMER && !(F(EXIT_CTL) >> 22 & 1))
            continue;
        n->vmcs12.f[i] = pn_hw_read02((enum pn_field)i);
    }
    F(GUEST_CR0) = (pn_hw_read02(PN_F_GUEST_CR0) & ~F(CR0_MASK)) | (F(GUEST_CR0) & F(CR0_MASK));
    F(GUEST_CR4) = (pn_hw_read02(PN_F_GUEST_CR4) & ~F(CR4_MASK)) | (F(GUEST_CR4) & F(CR4_MASK));
    F(ENTRY_CTL) = (F(ENTRY_CTL) & ~0x200ull) | (pn_hw_read02(PN_F_GUEST_EFER) & 0x400 ? 0x200 : 0);
    F(ENTRY_INFO) &= 0x7fffffff;
    F(EXIT_REASON) = x.reason;
    F(EXIT_QUALIFICATION) = x.qualification;
    F(EXIT_INFO) = x.info;
    F(EXIT_ERROR) = x.error;
    F(EXIT_LENGTH) = x.length;
    F(INSTRUCTION_INFO) = x.instruction_info;
    F(GUEST_LINEAR_ADDRESS) = x.linear;
    F(GUEST_PHYSICAL) = x.physical;
    F(VECTORING_INFO) = F(VECTORING_ERROR) = 0;
    if (e.stage != PN_STAGE_NONE) {
        F(VECTORING_INFO) = 0x80000000u | e.vector | (uint32_t)e.type << 8 | (e.has_error ? 0x800u : 0);
        F(VECTORING_ERROR) = e.error;
        if (e.length)
            F(EXIT_LENGTH) = e.length;
        pn_ledger_passed_on(e);
        v->injected.stage = PN_STAGE_NONE;
    }
    (void)pn_store_msrs(F(EXIT_STORE_ADDR), (uint32_t)F(EXIT_STORE_COUNT));
    pn_hw_load_vmcs(PN_VMCS01);
    host(n);
    return good;
}

WEAK struct pn_outcome pn_entry_failure(struct pn_nested_vmx *n, uint32_t r, uint64_t q)
{
    F(EXIT_REASON) = r | 1u << 31;
    F(EXIT_QUALIFICATION) = q;
    pn_hw_load_vmcs(PN_VMCS01);
    host(n);
    return (struct pn_outcome){PN_VMX_ENTRY_FAILED, 0, 0};
}

WEAK bool pn_nested_take_entry_event(struct pn_nested_vmx *n, struct pn_vcpu *v)
{
    const uint32_t info = (uint32_t)F(ENTRY_INFO);

    if (!(info >> 31))
        return false;
    v->injected = (struct pn_event){.stage = PN_STAGE_INJECTED, .type = info >> 8 & 7, .vector = info & 0xff,
                                    .origin = PN_BY_L1, .has_error = info >> 11 & 1, .error = info >> 11 & 1 ? (uint32_t)F(ENTRY_ERROR) : 0,
                                    .length = (info >> 8 & 7) >= 4 ? (uint8_t)F(ENTRY_LENGTH) : 0};
    v->cancelled = true;
    pn_ledger_accepted(v->injected, PN_PATH_RAISED);
    return true;
}

WEAK enum pn_nested_turn pn_nested_events(struct pn_nested_vmx *n, struct pn_vcpu *v, bool timer)
{
    struct pn_l2_exit x = {0};

    if (v->triple_fault) {
        v->triple_fault = false;
        pn_ledger_reported((struct pn_event){.type = 1, .stage = PN_STAGE_PENDING});
        x.reason = 2;
        (void)pn_nested_exit(n, v, x);
        return PN_TURN_L1;
    }
    if (v->injected.stage != PN_STAGE_NONE)
        return PN_TURN_L2;
    if (timer && F(PIN_CTL) & 0x40) {
        x.reason = 52;
    } else if (v->nmi_pending && F(PIN_CTL) & 8 && !v->exception.stage) {
        x.info = 0x80000202;
        v->nmi_pending--;
        pn_ledger_reported((struct pn_event){.type = 2, .vector = 2, .stage = PN_STAGE_PENDING});
    } else if (v->interrupt_waiting && F(PIN_CTL) & 1 && !v->exception.stage) {
        x.reason = 1;
        v->interrupt_waiting = false;
        if (F(EXIT_CTL) >> 15 & 1) {
            const int vector = pn_hw_ack_for_exit();
            if (vector < 0)
                return PN_TURN_L2;
            x.info = 0x80000000u | (uint32_t)vector;
        }
    } else {
        return PN_TURN_L2;
    }
    (void)pn_nested_exit(n, v, x);
    return PN_TURN_L1;
}

/* Both pages are identity maps of what they name, so the smaller one decides. */
WEAK struct pn_leaf pn_compose(struct pn_leaf guest, struct pn_leaf host, uint64_t address)
{
    struct pn_leaf r = guest;

    r.size = guest.size < host.size ? guest.size : host.size;
    r.rights = guest.rights & host.rights;
    r.frame = (host.frame | ((guest.frame | (address & ((1ull << guest.size) - 1))) & ((1ull << host.size) - 1))) &
              ~((1ull << r.size) - 1);
    r.type = host.type;
    return r;
}
