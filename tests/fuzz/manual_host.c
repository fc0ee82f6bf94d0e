/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The host-state area: as VM entry checks it (SDM 26.2.2 to 26.2.4: VMfail 8), and as VM exit loads it (27.5).
 */
#include "manual_vmx.h"

#include <stddef.h>

#define RULE(id, condition) \
    do {                    \
        if (!(condition))   \
            return id;      \
    } while (0)

bool manual_canonical(const struct manual_cpu *c, uint64_t address)
{
    const uint64_t high = address >> (c->linear - 1);

    return high == 0 || high == UINT64_MAX >> (c->linear - 1);
}

/* 11.12.3: UC, WC, WT, WP, WB, UC-. */
bool manual_pat(uint64_t value)
{
    for (unsigned int k = 0; k < 8; k++) {
        const uint64_t type = value >> 8 * k & 0xff;

        if (type > 7 || type == 2 || type == 3)
            return false;
    }
    return true;
}

static bool efer(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t value = f[PN_F_HOST_EFER];
    const bool is64 = manual_bit(f[PN_F_EXIT_CTL], 9);

    return (value & ~c->efer_valid) == 0 && manual_bit(value, 10) == is64 && manual_bit(value, 8) == is64;
}

static const char *registers(const struct manual_cpu *c, const uint64_t *f)
{
    const uint64_t cr0 = f[PN_F_HOST_CR0], cr4 = f[PN_F_HOST_CR4], exit = f[PN_F_EXIT_CTL];

    RULE("VE-096", (cr0 & c->cr0_fixed0) == c->cr0_fixed0);
    RULE("VE-097", (cr0 & ~c->cr0_fixed1) == 0);
    RULE("VE-098", (cr4 & c->cr4_fixed0) == c->cr4_fixed0);
    RULE("VE-099", (cr4 & ~c->cr4_fixed1) == 0);
    RULE("VE-100", !manual_bit(cr4, 23) || manual_bit(cr0, 16));
    RULE("VE-101", manual_narrow(c, f[PN_F_HOST_CR3]));
    RULE("VE-102", manual_canonical(c, f[PN_F_HOST_SYSENTER_ESP]));
    RULE("VE-103", manual_canonical(c, f[PN_F_HOST_SYSENTER_EIP]));
    RULE("VE-105", !manual_bit(exit, 19) || manual_pat(f[PN_F_HOST_PAT]));
    RULE("VE-106", !manual_bit(exit, 21) || efer(c, f));
    return NULL;
}

static const char *segments(const struct manual_cpu *c, const uint64_t *f)
{
    for (int k = PN_F_HOST_ES_SELECTOR; k <= PN_F_HOST_TR_SELECTOR; k++)
        RULE("VE-114", (f[k] & 7) == 0);
    RULE("VE-115", f[PN_F_HOST_CS_SELECTOR] != 0);
    RULE("VE-116", f[PN_F_HOST_TR_SELECTOR] != 0);
    RULE("VE-117", f[PN_F_HOST_SS_SELECTOR] != 0 || manual_bit(f[PN_F_EXIT_CTL], 9));
    RULE("VE-118", manual_canonical(c, f[PN_F_HOST_FS_BASE]) && manual_canonical(c, f[PN_F_HOST_GS_BASE]));
    RULE("VE-119", manual_canonical(c, f[PN_F_HOST_GDTR_BASE]) && manual_canonical(c, f[PN_F_HOST_IDTR_BASE]));
    RULE("VE-120", manual_canonical(c, f[PN_F_HOST_TR_BASE]));
    return NULL;
}

static const char *size(const uint64_t *f, bool lma)
{
    const bool host64 = manual_bit(f[PN_F_EXIT_CTL], 9), guest64 = manual_bit(f[PN_F_ENTRY_CTL], 9);
    const uint64_t cr4 = f[PN_F_HOST_CR4], rip = f[PN_F_HOST_RIP];
    const unsigned int top = manual_bit(cr4, 12) ? 56 : 47;

    RULE("VE-122", lma || !host64);
    RULE("VE-123", lma || !guest64);
    RULE("VE-124", !lma || host64);
    RULE("VE-125", host64 || !guest64);
    RULE("VE-126", host64 || !manual_bit(cr4, 17));
    RULE("VE-127", host64 || rip >> 32 == 0);
    RULE("VE-129", !host64 || manual_bit(cr4, 5));
    RULE("VE-130", !host64 || rip >> top == 0 || rip >> top == UINT64_MAX >> top);
    return NULL;
}

const char *manual_host(const struct manual_cpu *c, const uint64_t *f, bool lma)
{
    const char *rule = registers(c, f);

    if (!rule)
        rule = segments(c, f);
    return rule ? rule : size(f, lma);
}

/* ---- 27.5.1, 27.5.2, 27.5.3 ---- */

/* CR0: ET, CD, NW, 63:32, 28:19, 17 and 15:6 are not modified (NE, bit 5, is fixed). */
static const char *loaded_control(const uint64_t *f, const uint64_t *l1, uint64_t cr0, uint64_t efer, uint64_t pat)
{
    const uint64_t kept = 0xffffffff7ffaffd0u;
    const bool is64 = manual_bit(f[PN_F_EXIT_CTL], 9);
    const uint64_t wanted = manual_bit(f[PN_F_EXIT_CTL], 21) ? f[PN_F_HOST_EFER] : efer;
    uint64_t cr4 = f[PN_F_HOST_CR4];

    RULE("CR0", ((l1[PN_F_GUEST_CR0] ^ f[PN_F_HOST_CR0]) & ~kept) == 0);
    RULE("CR0, what is not modified", ((l1[PN_F_GUEST_CR0] ^ cr0) & kept) == 0);
    RULE("CR3", l1[PN_F_GUEST_CR3] == f[PN_F_HOST_CR3]);
    cr4 = is64 ? cr4 | 0x20 : cr4 & ~0x20000ull;
    RULE("CR4", l1[PN_F_GUEST_CR4] == cr4);
    RULE("EFER", l1[PN_F_GUEST_EFER] == (is64 ? wanted | 0x500 : wanted & ~0x500ull));
    RULE("PAT", l1[PN_F_GUEST_PAT] == (manual_bit(f[PN_F_EXIT_CTL], 19) ? f[PN_F_HOST_PAT] : pat));
    RULE("mode", manual_bit(l1[PN_F_ENTRY_CTL], 9) == is64);
    return NULL;
}

static const char *loaded_segments(const uint64_t *f, const uint64_t *l1)
{
    const bool is64 = manual_bit(f[PN_F_EXIT_CTL], 9);

    for (int k = 0; k < 6; k++) {
        const uint64_t selector = f[PN_F_HOST_ES_SELECTOR + k], rights = l1[PN_F_GUEST_ES_AR_BYTES + k];

        RULE("selector", l1[PN_F_GUEST_ES_SELECTOR + k] == selector);
        RULE("unusable", k == 1 || manual_bit(rights, 16) == (selector == 0));
        RULE("rights", k == 1 ? rights == (is64 ? 0xa09b : 0xc09b) : selector == 0 || rights == 0xc093);
        RULE("limit", (k != 1 && selector == 0) || l1[PN_F_GUEST_ES_LIMIT + k] == 0xffffffff);
        RULE("base", k == 4   ? l1[PN_F_GUEST_FS_BASE] == f[PN_F_HOST_FS_BASE]
                     : k == 5 ? l1[PN_F_GUEST_GS_BASE] == f[PN_F_HOST_GS_BASE]
                              : (k != 1 && selector == 0) || l1[PN_F_GUEST_ES_BASE + k] == 0);
    }
    RULE("TR", l1[PN_F_GUEST_TR_SELECTOR] == f[PN_F_HOST_TR_SELECTOR] &&
                   l1[PN_F_GUEST_TR_BASE] == f[PN_F_HOST_TR_BASE] && l1[PN_F_GUEST_TR_LIMIT] == 0x67 &&
                   l1[PN_F_GUEST_TR_AR_BYTES] == 0x8b);
    RULE("LDTR", l1[PN_F_GUEST_LDTR_SELECTOR] == 0 && manual_bit(l1[PN_F_GUEST_LDTR_AR_BYTES], 16));
    RULE("GDTR", l1[PN_F_GUEST_GDTR_BASE] == f[PN_F_HOST_GDTR_BASE] && l1[PN_F_GUEST_GDTR_LIMIT] == 0xffff);
    RULE("IDTR", l1[PN_F_GUEST_IDTR_BASE] == f[PN_F_HOST_IDTR_BASE] && l1[PN_F_GUEST_IDTR_LIMIT] == 0xffff);
    return NULL;
}

const char *manual_loaded(const uint64_t *f, const uint64_t *l1, uint64_t cr0, uint64_t efer, uint64_t pat)
{
    const char *differs = loaded_control(f, l1, cr0, efer, pat);

    if (!differs)
        differs = loaded_segments(f, l1);
    if (differs)
        return differs;
    RULE("RIP", l1[PN_F_GUEST_RIP] == f[PN_F_HOST_RIP]);
    RULE("RSP", l1[PN_F_GUEST_RSP] == f[PN_F_HOST_RSP]);
    RULE("RFLAGS", l1[PN_F_GUEST_RFLAGS] == 2);
    RULE("DR7", l1[PN_F_GUEST_DR7] == 0x400);
    RULE("DEBUGCTL", l1[PN_F_GUEST_DEBUGCTL] == 0);
    RULE("SYSENTER", l1[PN_F_GUEST_SYSENTER_CS] == f[PN_F_HOST_SYSENTER_CS] &&
                         l1[PN_F_GUEST_SYSENTER_ESP] == f[PN_F_HOST_SYSENTER_ESP] &&
                         l1[PN_F_GUEST_SYSENTER_EIP] == f[PN_F_HOST_SYSENTER_EIP]);
    RULE("blocking", (l1[PN_F_GUEST_INTERRUPTIBILITY] & 3) == 0);
    RULE("activity", l1[PN_F_GUEST_ACTIVITY] == 0);
    RULE("pending debug exceptions", l1[PN_F_GUEST_PENDING_DEBUG] == 0);
    return NULL;
}
