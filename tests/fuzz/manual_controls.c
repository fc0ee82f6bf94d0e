/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks of control fields (SDM 26.2.1): VMfail 7.
 */
#include "manual_vmx.h"

#include <stddef.h>

#define RULE(id, condition) \
    do {                    \
        if (!(condition))   \
            return id;      \
    } while (0)

bool manual_secondary(const uint64_t *f, unsigned int k)
{
    return manual_bit(f[PN_F_PROC_CTL], 31) && manual_bit(f[PN_F_PROC2_CTL], k);
}

bool manual_ept(const uint64_t *f)
{
    return manual_secondary(f, 1);
}

bool manual_narrow(const struct manual_cpu *c, uint64_t address)
{
    return address >> c->width == 0;
}

bool manual_injects(const uint64_t *f, unsigned int type)
{
    return manual_bit(f[PN_F_ENTRY_INFO], 31) && (f[PN_F_ENTRY_INFO] >> 8 & 7) == type;
}

/* Bits 31:0 of a capability: the control must be 1; bits 63:32: it may be (appendix A.3.1). */
static bool allowed(uint64_t word, uint64_t capability)
{
    const uint32_t set = (uint32_t)word;

    return (set & (uint32_t)capability) == (uint32_t)capability && (set & ~(uint32_t)(capability >> 32)) == 0;
}

static bool page(const struct manual_cpu *c, uint64_t address)
{
    return (address & 0xfff) == 0 && manual_narrow(c, address) && (!manual_bit(c->basic, 48) || address >> 32 == 0);
}

static const char *capabilities(const struct manual_cpu *c, const uint64_t *f)
{
    RULE("VE-012", allowed(f[PN_F_PIN_CTL], c->pin));
    RULE("VE-013", allowed(f[PN_F_PROC_CTL], c->proc));
    RULE("VE-014", !manual_bit(f[PN_F_PROC_CTL], 31) || allowed(f[PN_F_PROC2_CTL], c->proc2));
    RULE("VE-066", allowed(f[PN_F_EXIT_CTL], c->exit));
    RULE("VE-077", allowed(f[PN_F_ENTRY_CTL], c->entry));
    RULE("VE-094", !manual_bit(f[PN_F_ENTRY_CTL], 10) && !manual_bit(f[PN_F_ENTRY_CTL], 11));
    return NULL;
}

static const char *apic(const struct manual_cpu *c, const uint64_t *f, manual_memory *memory)
{
    const bool shadow = manual_bit(f[PN_F_PROC_CTL], 21), delivery = manual_secondary(f, 9);

    if (shadow) {
        RULE("VE-021", page(c, f[PN_F_VIRTUAL_APIC]));
        RULE("VE-024", delivery || f[PN_F_TPR_THRESHOLD] >> 4 == 0);
        RULE("VE-025", delivery || manual_secondary(f, 0) ||
                           (f[PN_F_TPR_THRESHOLD] & 15) <= (memory(f[PN_F_VIRTUAL_APIC] + 0x80) >> 4 & 15));
    }
    RULE("VE-030", shadow || !(manual_secondary(f, 4) || manual_secondary(f, 8) || delivery));
    RULE("VE-034", !manual_secondary(f, 4) || !manual_secondary(f, 0));
    RULE("VE-035", !delivery || manual_bit(f[PN_F_PIN_CTL], 0));
    RULE("VE-028", !manual_secondary(f, 0) || page(c, f[PN_F_APIC_ACCESS]));
    return NULL;
}

/* 24.6.11, and what IA32_VMX_EPT_VPID_CAP supports (A.10). */
static const char *eptp(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t p = f[PN_F_EPT_POINTER], type = p & 7, walk = p >> 3 & 7;

    if (!manual_ept(f))
        return NULL;
    RULE("VE-042", (type == 0 && manual_bit(c->ept_vpid, 8)) || (type == 6 && manual_bit(c->ept_vpid, 14)));
    RULE("VE-043", (walk == 3 && manual_bit(c->ept_vpid, 6)) || (walk == 4 && manual_bit(c->ept_vpid, 7)));
    RULE("VE-044", !manual_bit(p, 6) || manual_bit(c->ept_vpid, 21));
    RULE("VE-045", !manual_bit(p, 7) || manual_bit(c->ept_vpid, 23));
    RULE("VE-046", (p & 0xf00) == 0 && manual_narrow(c, p));
    return NULL;
}

static const char *execution(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t pin = f[PN_F_PIN_CTL], proc = f[PN_F_PROC_CTL];

    RULE("VE-016", f[PN_F_CR3_TARGET_COUNT] <= (c->misc >> 16 & 0x1ff));
    RULE("VE-017", !manual_bit(proc, 25) || (page(c, f[PN_F_IO_BITMAP_A]) && page(c, f[PN_F_IO_BITMAP_B])));
    RULE("VE-019", !manual_bit(proc, 28) || page(c, f[PN_F_MSR_BITMAP]));
    RULE("VE-026", manual_bit(pin, 3) || !manual_bit(pin, 5));
    RULE("VE-027", manual_bit(pin, 5) || !manual_bit(proc, 22));
    RULE("VE-041", !manual_secondary(f, 5) || (f[PN_F_VPID] & 0xffff) != 0);
    RULE("VE-050", !manual_secondary(f, 7) || manual_ept(f));
    RULE("VE-068", manual_bit(pin, 6) || !manual_bit(f[PN_F_EXIT_CTL], 22));
    return eptp(c, f);
}

/* 24.7.2: 16 bytes an entry; the address of the last byte must not be beyond the width either. */
static bool list(const struct manual_cpu *c, uint64_t address, uint64_t count)
{
    const uint64_t last = address + count * 16 - 1;

    return count == 0 || ((address & 15) == 0 && manual_narrow(c, address) && last >= address &&
                          manual_narrow(c, last) && (!manual_bit(c->basic, 48) || last >> 32 == 0));
}

static const char *lists(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t most = 512 * ((c->misc >> 25 & 7) + 1);

    /* A.6: longer lists do what they like; here they fail. */
    RULE("VE-076",
         f[PN_F_EXIT_STORE_COUNT] <= most && f[PN_F_EXIT_LOAD_COUNT] <= most && f[PN_F_ENTRY_LOAD_COUNT] <= most);
    RULE("VE-069", list(c, f[PN_F_EXIT_STORE_ADDR], f[PN_F_EXIT_STORE_COUNT]));
    RULE("VE-072", list(c, f[PN_F_EXIT_LOAD_ADDR], f[PN_F_EXIT_LOAD_COUNT]));
    RULE("VE-091", list(c, f[PN_F_ENTRY_LOAD_ADDR], f[PN_F_ENTRY_LOAD_COUNT]));
    return NULL;
}

/* Exceptions that push an error code (6.15). */
static bool pushes(unsigned int vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

static const char *error_code(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t info = f[PN_F_ENTRY_INFO];
    const bool deliver = manual_bit(info, 11), real = manual_secondary(f, 7) && !manual_bit(f[PN_F_GUEST_CR0], 0);
    const bool exception = (info >> 8 & 7) == 3;

    RULE("VE-083", !deliver || exception);
    RULE("VE-084", !deliver || !real);
    RULE("VE-085", !exception || real || manual_bit(c->basic, 56) || deliver == pushes(info & 0xff));
    RULE("VE-088", !deliver || f[PN_F_ENTRY_ERROR] >> 16 == 0);
    return NULL;
}

const char *manual_event(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t info = f[PN_F_ENTRY_INFO], type = info >> 8 & 7, vector = info & 0xff, length = f[PN_F_ENTRY_LENGTH];

    if (!manual_bit(info, 31))
        return NULL;
    RULE("VE-078", type != 1);
    RULE("VE-079", type != 7 || manual_bit(c->proc, 32 + 27));
    RULE("VE-080", type != 2 || vector == 2);
    RULE("VE-081", type != 3 || vector <= 31);
    RULE("VE-082", type != 7 || vector == 0);
    RULE("VE-087", (info & 0x7ffff000) == 0);
    RULE("VE-089", type < 4 || type > 6 || length <= 15);
    RULE("VE-090", type < 4 || type > 6 || length != 0 || manual_bit(c->misc, 30));
    return error_code(c, f);
}

const char *manual_controls(const struct manual_cpu *c, const uint64_t *f, manual_memory *memory)
{
    const char *rule = capabilities(c, f);

    if (!rule)
        rule = execution(c, f);
    if (!rule)
        rule = apic(c, f, memory);
    if (!rule)
        rule = lists(c, f);
    return rule ? rule : manual_event(c, f);
}

/* 26.4: FS and GS bases, x2APIC's, SMM's and microcode's cannot be in a load list. */
static bool in_load_list(uint64_t head)
{
    return head >> 32 == 0 && head != 0xc0000100 && head != 0xc0000101 && head >> 8 != 8 && head != 0x9b &&
           head != 0x79 && head != 0x8b;
}

uint32_t manual_msr_list(manual_memory *memory, uint64_t address, uint32_t count, bool (*may)(uint32_t index))
{
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t head = memory(address + 16ull * k);

        if (!in_load_list(head) || !may((uint32_t)head))
            return k + 1;
    }
    return 0;
}

/* 27.4: x2APIC's and IA32_SMBASE cannot be stored. */
bool manual_msr_store(manual_memory *memory, uint64_t address, uint32_t count, bool (*may)(uint32_t index))
{
    for (uint32_t k = 0; k < count; k++) {
        const uint64_t head = memory(address + 16ull * k);

        if (head >> 32 || head >> 8 == 8 || head == 0x9e || !may((uint32_t)head))
            return false;
    }
    return true;
}
