/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks of guest segment registers (SDM 26.3.1.2): exit 33.
 */
#include "manual_vmx.h"

#include <stddef.h>

#define RULE(id, condition) \
    do {                    \
        if (!(condition))   \
            return id;      \
    } while (0)

enum { ES, CS, SS, DS, FS, GS, LDTR, TR };

struct segment {
    uint64_t selector, base, limit, rights;
    unsigned int type, dpl, rpl;
    bool usable;
};

static struct segment segment(const uint64_t *f, int k)
{
    struct segment s = {.selector = f[PN_F_GUEST_ES_SELECTOR + k],
                        .base = f[PN_F_GUEST_ES_BASE + k],
                        .limit = f[PN_F_GUEST_ES_LIMIT + k],
                        .rights = f[PN_F_GUEST_ES_AR_BYTES + k]};

    s.type = (unsigned int)(s.rights & 15);
    s.dpl = (unsigned int)(s.rights >> 5 & 3);
    s.rpl = (unsigned int)(s.selector & 3);
    s.usable = !manual_bit(s.rights, 16);
    return s;
}

/* Bit 15 of the rights against the limit: any 0 in 11:0 wants G = 0, any 1 in 31:20 wants G = 1. */
static bool granular(struct segment s)
{
    const bool g = manual_bit(s.rights, 15);

    return (!g || (s.limit & 0xfff) == 0xfff) && (g || s.limit >> 20 == 0);
}

static const char *virtual_8086(const uint64_t *f)
{
    for (int k = ES; k <= GS; k++) {
        const struct segment s = segment(f, k);

        RULE("VE-166", s.base == s.selector << 4);
        RULE("VE-172", s.limit == 0xffff);
        RULE("VE-173", s.rights == 0xf3);
    }
    return NULL;
}

static const char *code(const uint64_t *f, bool unrestricted)
{
    const struct segment cs = segment(f, CS), ss = segment(f, SS);

    RULE("VE-174", cs.type == 9 || cs.type == 11 || cs.type == 13 || cs.type == 15 || (cs.type == 3 && unrestricted));
    RULE("VE-179", cs.type != 3 || cs.dpl == 0);
    RULE("VE-180", (cs.type != 9 && cs.type != 11) || cs.dpl == ss.dpl);
    RULE("VE-181", (cs.type != 13 && cs.type != 15) || cs.dpl <= ss.dpl);
    RULE("VE-187", !manual_bit(f[PN_F_ENTRY_CTL], 9) || !manual_bit(cs.rights, 13) || !manual_bit(cs.rights, 14));
    return NULL;
}

static const char *stack(const uint64_t *f, bool unrestricted)
{
    const struct segment cs = segment(f, CS), ss = segment(f, SS);

    RULE("VE-165", unrestricted || ss.rpl == cs.rpl);
    RULE("VE-175", !ss.usable || ss.type == 3 || ss.type == 7);
    RULE("VE-182", unrestricted || ss.dpl == ss.rpl);
    RULE("VE-183", (cs.type != 3 && manual_bit(f[PN_F_GUEST_CR0], 0)) || ss.dpl == 0);
    return NULL;
}

static const char *data(struct segment s, bool unrestricted)
{
    if (!s.usable)
        return NULL;
    RULE("VE-176", s.type & 1);
    RULE("VE-177", !(s.type & 8) || (s.type & 2));
    RULE("VE-184", unrestricted || s.type > 11 || s.dpl >= s.rpl);
    return NULL;
}

/* CS always, the others if usable. */
static const char *common(const uint64_t *f, int k)
{
    const struct segment s = segment(f, k);

    if (k != CS && !s.usable)
        return NULL;
    RULE("VE-178", manual_bit(s.rights, 4));
    RULE("VE-185", manual_bit(s.rights, 7));
    RULE("VE-186", (s.rights & 0xf00) == 0);
    RULE("VE-188", granular(s));
    RULE("VE-190", s.rights >> 17 == 0);
    return NULL;
}

static const char *ordinary(const uint64_t *f)
{
    const bool unrestricted = manual_secondary(f, 7);
    const char *rule = code(f, unrestricted);

    if (!rule)
        rule = stack(f, unrestricted);
    for (int k = ES; k <= GS && !rule; k++) {
        rule = common(f, k);
        if (!rule && k != CS && k != SS)
            rule = data(segment(f, k), unrestricted);
    }
    return rule;
}

static const char *bases(const struct manual_cpu *c, const uint64_t *f)
{
    RULE("VE-167", manual_canonical(c, f[PN_F_GUEST_TR_BASE]));
    RULE("VE-168", manual_canonical(c, f[PN_F_GUEST_FS_BASE]) && manual_canonical(c, f[PN_F_GUEST_GS_BASE]));
    RULE("VE-169", !segment(f, LDTR).usable || manual_canonical(c, f[PN_F_GUEST_LDTR_BASE]));
    RULE("VE-170", f[PN_F_GUEST_CS_BASE] >> 32 == 0);
    for (int k = ES; k <= DS; k++)
        RULE("VE-171", k == CS || !segment(f, k).usable || segment(f, k).base >> 32 == 0);
    return NULL;
}

static const char *system_segments(const uint64_t *f)
{
    const struct segment tr = segment(f, TR), ldtr = segment(f, LDTR);

    RULE("VE-163", !manual_bit(tr.selector, 2));
    RULE("VE-191", tr.type == 11 || (tr.type == 3 && !manual_bit(f[PN_F_ENTRY_CTL], 9)));
    RULE("VE-192", !manual_bit(tr.rights, 4) && manual_bit(tr.rights, 7));
    RULE("VE-194", (tr.rights & 0xf00) == 0 && tr.rights >> 17 == 0);
    RULE("VE-195", granular(tr));
    RULE("VE-196", tr.usable);
    if (!ldtr.usable)
        return NULL;
    RULE("VE-164", !manual_bit(ldtr.selector, 2));
    RULE("VE-197", ldtr.type == 2);
    RULE("VE-198", !manual_bit(ldtr.rights, 4) && manual_bit(ldtr.rights, 7));
    RULE("VE-200", (ldtr.rights & 0xf00) == 0 && ldtr.rights >> 17 == 0);
    RULE("VE-201", granular(ldtr));
    return NULL;
}

const char *manual_segments(const struct manual_cpu *c, const uint64_t *f)
{
    const char *rule = bases(c, f);

    if (!rule)
        rule = manual_bit(f[PN_F_GUEST_RFLAGS], 17) ? virtual_8086(f) : ordinary(f);
    return rule ? rule : system_segments(f);
}
