/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guest-state area as VM entry checks it (SDM 26.3.1), but for segments: exit 33.
 */
#include "manual_vmx.h"

#include <stddef.h>

#define RULE(id, condition) \
    do {                    \
        if (!(condition))   \
            return id;      \
    } while (0)

static bool ia32e(const uint64_t *f)
{
    return manual_bit(f[PN_F_ENTRY_CTL], 9);
}

bool manual_pae(const uint64_t *f)
{
    return manual_bit(f[PN_F_GUEST_CR0], 31) && manual_bit(f[PN_F_GUEST_CR4], 5) && !ia32e(f);
}

/* 4.4.1: bits 2:1, 8:5 and those beyond the width are reserved. */
bool manual_pdpte(const struct manual_cpu *c, uint64_t entry)
{
    return !manual_bit(entry, 0) || ((entry & 0x1e6) == 0 && manual_narrow(c, entry));
}

static const char *control_registers(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t cr0 = f[PN_F_GUEST_CR0], cr4 = f[PN_F_GUEST_CR4];
    const uint64_t must = manual_secondary(f, 7) ? c->cr0_fixed0 & ~0x80000001ull : c->cr0_fixed0;

    RULE("VE-132", (cr0 & must) == must);
    RULE("VE-133", (cr0 & ~c->cr0_fixed1 & ~0x60000000ull) == 0); /* NW and CD are ignored */
    RULE("VE-134", !manual_bit(cr0, 31) || manual_bit(cr0, 0));
    RULE("VE-135", (cr4 & c->cr4_fixed0) == c->cr4_fixed0);
    RULE("VE-136", (cr4 & ~c->cr4_fixed1) == 0);
    RULE("VE-137", !manual_bit(cr4, 23) || manual_bit(cr0, 16));
    RULE("VE-139", !ia32e(f) || manual_bit(cr0, 31));
    RULE("VE-140", !ia32e(f) || manual_bit(cr4, 5));
    RULE("VE-141", ia32e(f) || !manual_bit(cr4, 17));
    RULE("VE-143", manual_narrow(c, f[PN_F_GUEST_CR3]));
    return NULL;
}

static const char *msrs(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t entry = f[PN_F_ENTRY_CTL], efer = f[PN_F_GUEST_EFER];

    if (manual_bit(entry, 2)) {
        RULE("VE-138", (f[PN_F_GUEST_DEBUGCTL] & ~c->debugctl_valid) == 0);
        RULE("VE-144", f[PN_F_GUEST_DR7] >> 32 == 0);
    }
    RULE("VE-145", manual_canonical(c, f[PN_F_GUEST_SYSENTER_ESP]));
    RULE("VE-146", manual_canonical(c, f[PN_F_GUEST_SYSENTER_EIP]));
    RULE("VE-151", !manual_bit(entry, 14) || manual_pat(f[PN_F_GUEST_PAT]));
    if (manual_bit(entry, 15)) {
        RULE("VE-152", (efer & ~c->efer_valid) == 0);
        RULE("VE-153", manual_bit(efer, 10) == ia32e(f));
        RULE("VE-154", !manual_bit(f[PN_F_GUEST_CR0], 31) || manual_bit(efer, 8) == manual_bit(efer, 10));
    }
    return NULL;
}

static const char *tables_and_rip(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t rip = f[PN_F_GUEST_RIP], flags = f[PN_F_GUEST_RFLAGS];
    const bool in64 = ia32e(f) && manual_bit(f[PN_F_GUEST_CS_AR_BYTES], 13);

    RULE("VE-203", manual_canonical(c, f[PN_F_GUEST_GDTR_BASE]));
    RULE("VE-204", manual_canonical(c, f[PN_F_GUEST_IDTR_BASE]));
    RULE("VE-205", f[PN_F_GUEST_GDTR_LIMIT] >> 16 == 0);
    RULE("VE-206", f[PN_F_GUEST_IDTR_LIMIT] >> 16 == 0);
    RULE("VE-207", in64 || rip >> 32 == 0);
    RULE("VE-208", !in64 || rip >> c->linear == 0 || rip >> c->linear == UINT64_MAX >> c->linear);
    RULE("VE-209", flags >> 22 == 0 && (flags & 0x8028) == 0 && manual_bit(flags, 1));
    RULE("VE-210", !manual_bit(flags, 17) || !ia32e(f));
    RULE("VE-211", !manual_bit(flags, 17) || manual_bit(f[PN_F_GUEST_CR0], 0));
    RULE("VE-212", !manual_injects(f, 0) || manual_bit(flags, 9));
    return NULL;
}

/* What may be injected into HLT: it would wake (26.3.1.5). */
static bool wakes(const uint64_t *f)
{
    const uint64_t vector = f[PN_F_ENTRY_INFO] & 0xff;

    return !manual_bit(f[PN_F_ENTRY_INFO], 31) || manual_injects(f, 0) || manual_injects(f, 2) ||
           manual_injects(f, 7) || (manual_injects(f, 3) && (vector == 1 || vector == 18));
}

static const char *activity(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t state = f[PN_F_GUEST_ACTIVITY], blocking = f[PN_F_GUEST_INTERRUPTIBILITY];

    RULE("VE-217", state <= 3 && (state == 0 || manual_bit(c->misc, (unsigned int)state + 5)));
    RULE("VE-218", state != 1 || (f[PN_F_GUEST_SS_AR_BYTES] >> 5 & 3) == 0);
    RULE("VE-219", state == 0 || (blocking & 3) == 0);
    RULE("VE-220", state != 1 || wakes(f));
    return NULL;
}

static const char *blocking(const uint64_t *f)
{
    const uint64_t b = f[PN_F_GUEST_INTERRUPTIBILITY];

    RULE("VE-224", b >> 5 == 0);
    RULE("VE-225", (b & 3) != 3);
    RULE("VE-226", !manual_bit(b, 0) || manual_bit(f[PN_F_GUEST_RFLAGS], 9));
    RULE("VE-227", !manual_injects(f, 0) || (b & 3) == 0);
    RULE("VE-228", !manual_injects(f, 2) || !manual_bit(b, 1));
    RULE("VE-230", !manual_bit(b, 2));
    RULE("VE-232", !manual_injects(f, 2) || !manual_bit(f[PN_F_PIN_CTL], 5) || !manual_bit(b, 3));
    RULE("VE-233", !manual_bit(b, 4));
    return NULL;
}

static const char *pending_debug(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t p = f[PN_F_GUEST_PENDING_DEBUG], b = f[PN_F_GUEST_INTERRUPTIBILITY];
    const bool bus_lock = manual_bit(c->debugctl_valid, 2), rtm = manual_bit(c->debugctl_valid, 15);
    const bool steps = manual_bit(f[PN_F_GUEST_RFLAGS], 8) && !manual_bit(f[PN_F_GUEST_DEBUGCTL], 1);

    RULE("VE-235", p >> 17 == 0 && (p & 0xa7f0) == 0 && (bus_lock || !manual_bit(p, 11)));
    if ((b & 3) || f[PN_F_GUEST_ACTIVITY] == 1)
        RULE("VE-236", manual_bit(p, 14) == steps);
    if (manual_bit(p, 16)) {
        RULE("VE-238", (p & ~0x10000ull) == 0x1000);
        RULE("VE-239", rtm && !manual_bit(b, 1));
    }
    return NULL;
}

/* 26.3.1.5, the link pointer: qualification 4. */
static const char *link(const struct manual_cpu *c, const uint64_t *f, uint64_t current, manual_memory *memory)
{
    const uint64_t p = f[PN_F_LINK_POINTER];

    if (p == UINT64_MAX)
        return NULL;
    RULE("VE-241", (p & 0xfff) == 0);
    RULE("VE-242", manual_narrow(c, p) && (!manual_bit(c->basic, 48) || p >> 32 == 0));
    RULE("VE-243", (memory(p) & 0x7fffffff) == (c->basic & 0x7fffffff));
    RULE("VE-244", manual_bit(memory(p), 31) == manual_secondary(f, 14));
    RULE("VE-245", p != current);
    return NULL;
}

/* 26.3.1.6: with EPT the fields, else the table in memory. */
static const char *pdptes(const struct manual_cpu *c, const uint64_t *f, manual_memory *memory)
{
    if (!manual_pae(f))
        return NULL;
    for (unsigned int k = 0; k < 4; k++) {
        const uint64_t entry =
            manual_ept(f) ? f[PN_F_GUEST_PDPTR0 + k] : memory((f[PN_F_GUEST_CR3] & 0xffffffe0) + 8ull * k);

        RULE("VE-247", manual_pdpte(c, entry));
    }
    return NULL;
}

const char *manual_registers(const struct manual_cpu *c, const uint64_t *f)
{
    const char *rule = control_registers(c, f);

    if (!rule)
        rule = msrs(c, f);
    if (!rule)
        rule = tables_and_rip(c, f);
    if (!rule)
        rule = activity(c, f);
    if (!rule)
        rule = blocking(f);
    return rule ? rule : pending_debug(c, f);
}

static unsigned int broken(const char *rule, unsigned int bit, const char **first)
{
    if (rule && !*first)
        *first = rule;
    return rule ? bit : 0;
}

/* The checks come in any order (26.3), so each group that fails may be the one that is reported. An NMI into blocking by STI fails
   on this processor, with qualification 3 (26.8). */
unsigned int manual_guest(const struct manual_cpu *c, const uint64_t *f, uint64_t current, manual_memory *memory,
                          const char **rule)
{
    const bool nmi = manual_injects(f, 2) && manual_bit(f[PN_F_GUEST_INTERRUPTIBILITY], 0);
    unsigned int set;

    *rule = NULL;
    set = broken(manual_registers(c, f), MANUAL_PLAIN, rule);
    set |= broken(manual_segments(c, f), MANUAL_PLAIN, rule);
    set |= broken(nmi ? "VE-229" : NULL, MANUAL_NMI, rule);
    set |= broken(link(c, f, current, memory), MANUAL_LINK, rule);
    return set | broken(pdptes(c, f, memory), MANUAL_PDPTE, rule);
}
