/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/vmx/check_guest*.c: valid guests of each kind, with one thing changed, and the verdict that SDM vol. 3C 26.3.1 has
 * for it. Every rule has rows that pass and rows that fail (the last test sees to that); a row that fails breaks only the
 * rule it is for.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <provenest/vmx_check_guest.h>

enum guest { LONG = 0, PAE, REAL, V86, GUESTS };

enum { OK = -1, BAD = 0, BAD_PDPTE = 2, BAD_NMI = 3, BAD_LINK = 4 };

/* What a row can change besides fields of the VMCS. */
enum { DEBUGCTL_CAP = PN_FIELDS, MISC_CAP, CR0_FIXED1_CAP, CR4_FIXED1_CAP, BASIC_CAP, LINEAR_CAP, LINK_WORD, MEM_PDPTE };

enum { REVISION = 0x12, CURRENT = 0x3000 };
#define BIT(n) (1ull << (n))
#define F(name) PN_F_##name

/* VM-entry controls: debug (2), IA-32e (9), PAT (14), EFER (15), and the default ones. */
enum { ENTRY = 0xd1ff, LOAD_DEBUG = 0x4, IA32E = 0x200, LOAD_PAT = 0x4000, LOAD_EFER = 0x8000 };
/* Secondary controls. */
enum { EPT = 0x2, UNRESTRICTED = 0x80, SHADOWING = 0x4000 };
/* Interruption information, valid. */
#define EVENT(word) (0x80000000u | (word))
#define INT20 EVENT(0x020)
#define NMI EVENT(0x202)
#define DB EVENT(0x301)
#define GP EVENT(0xb0d)
#define MC EVENT(0x312)
#define SOFT1 EVENT(0x401)
#define SOFT18 EVENT(0x412)
#define SOFT EVENT(0x480)
#define INT1 EVENT(0x501)
#define INT3 EVENT(0x603)
#define MTF EVENT(0x700)
#define OTHER1 EVENT(0x701)
/* RFLAGS. */
enum { IF = 0x202, TF = 0x102, VM = 0x20002 };
/* Access rights: 64-bit and 32-bit code, data, unusable. */
enum { CODE64 = 0xa09b, CODE32 = 0xc09b, DATA = 0xc093, UNUSABLE = 0x10000 };

#define NOT_CANONICAL 0x0000800000000000ull
#define HIGH 0xffff800000000000ull

struct subject {
    struct pn_nested_vmx n;
    struct pn_guest_memory m;
};

struct change {
    int what;
    uint64_t value;
};

struct row {
    const char *rule;
    enum guest guest;
    int verdict; /* OK, or the exit qualification */
    struct change set[5];
};

static void set_segment(struct subject *s, int i, uint64_t selector, uint64_t base, uint64_t limit, uint64_t rights)
{
    s->n.vmcs12.f[PN_F_GUEST_ES_SELECTOR + i] = selector;
    s->n.vmcs12.f[PN_F_GUEST_ES_BASE + i] = base;
    s->n.vmcs12.f[PN_F_GUEST_ES_LIMIT + i] = limit;
    s->n.vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i] = rights;
}

/* ES CS SS DS FS GS LDTR TR */
static void segments(struct subject *s, enum guest guest)
{
    for (int i = 0; i < 6; i++) {
        if (guest == V86)
            set_segment(s, i, 0x1230, 0x12300, 0xffff, 0xf3);
        else if (guest == REAL)
            set_segment(s, i, 0x1230, 0x12300, 0xffff, 0x93);
        else
            set_segment(s, i, i == 1 ? 8 : 0x10, 0, 0xffffffff, i == 1 ? (guest == LONG ? CODE64 : CODE32) : DATA);
    }
    if (guest == LONG) {
        set_segment(s, 4, 0, HIGH, 0, UNUSABLE);
        set_segment(s, 5, 0, 0x7fffffffffff, 0, UNUSABLE);
    }
    set_segment(s, 6, 0, 0, 0, UNUSABLE);
    set_segment(s, 7, 0x18, guest == LONG ? HIGH + 0x1000 : 0x1000, 0x67, 0x8b);
}

static struct subject subject(enum guest guest)
{
    struct subject s;
    uint64_t *f = s.n.vmcs12.f;

    memset(&s, 0, sizeof(s));
    s.n.caps = (struct pn_vmx_caps){.basic = REVISION, .misc = 0x40, .cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff,
                                    .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x267ff, .efer_valid = 0xd01,
                                    .debugctl_valid = 0x3, .address_width = 40, .linear_width = 48};
    s.n.vmxon = true;
    s.n.vmxon_pointer = 0x2000;
    s.n.current = CURRENT;
    f[F(PIN_CTL)] = 0x3f;
    f[F(PROC_CTL)] = 0x8401e172;
    f[F(PROC2_CTL)] = guest == REAL ? EPT | UNRESTRICTED : EPT;
    f[F(ENTRY_CTL)] = guest == LONG ? ENTRY | IA32E : ENTRY;
    f[F(GUEST_CR0)] = guest == REAL ? 0x30 : 0x80050033;
    f[F(GUEST_CR4)] = guest == REAL ? 0x2000 : guest == V86 ? 0x2010 : 0x2020;
    f[F(GUEST_CR3)] = 0x1000;
    f[F(GUEST_EFER)] = guest == LONG ? 0xd01 : 0;
    f[F(GUEST_PAT)] = 0x0007040600070406;
    f[F(GUEST_DR7)] = 0x400;
    f[F(GUEST_RFLAGS)] = guest == V86 ? VM : 2;
    f[F(GUEST_RIP)] = guest == LONG ? HIGH + 0x81000000 : 0x1000;
    f[F(GUEST_GDTR_LIMIT)] = 0x7f;
    f[F(GUEST_IDTR_LIMIT)] = 0xffff;
    f[F(LINK_POINTER)] = UINT64_MAX;
    segments(&s, guest);
    return s;
}

static void change(struct subject *s, struct change c)
{
    uint64_t *const caps[] = {&s->n.caps.debugctl_valid, &s->n.caps.misc, &s->n.caps.cr0_fixed1, &s->n.caps.cr4_fixed1,
                              &s->n.caps.basic};

    if (c.what < PN_FIELDS)
        s->n.vmcs12.f[c.what] = c.value;
    else if (c.what <= BASIC_CAP)
        *caps[c.what - DEBUGCTL_CAP] = c.value;
    else if (c.what == LINEAR_CAP)
        s->n.caps.linear_width = (uint8_t)c.value;
    else if (c.what == LINK_WORD)
        s->m.link = c.value;
    else
        s->m.pdpte[c.what - MEM_PDPTE] = c.value;
}

static void judge(const struct row *r, unsigned int number)
{
    struct subject s = subject(r->guest);
    struct pn_guest_verdict v;

    for (int i = 0; i < 5; i++)
        if (r->set[i].what != 0 || r->set[i].value != 0)
            change(&s, r->set[i]);
    v = pn_check_guest(&s.n, s.m);
    if (v.ok != (r->verdict == OK))
        ck_abort_msg("%s, row %u: %s", r->rule, number, v.ok ? "accepted" : "rejected");
    if (!v.ok && v.qualification != r->verdict)
        ck_abort_msg("%s, row %u: qualification %d, not %d", r->rule, number, v.qualification, r->verdict);
}

#define JUDGE(table)                                                      \
    do {                                                                  \
        for (unsigned int i = 0; i < sizeof(table) / sizeof(*table); i++) \
            judge(&table[i], i);                                          \
    } while (0)

START_TEST(valid_guests)
{
    for (enum guest g = LONG; g < GUESTS; g++) {
        const struct subject s = subject(g);
        const struct pn_guest_verdict v = pn_check_guest(&s.n, s.m);

        ck_assert(v.ok && v.qualification == 0);
        ck_assert(!pn_link_wanted(&s.n) && !pn_pdptes_wanted(&s.n));
    }
}
END_TEST

static const struct row register_rows[] = {
    {"VE-132", LONG, BAD, {{F(GUEST_CR0), 0x80050013}}},
    {"VE-132", LONG, BAD, {{F(GUEST_CR0), 0x80050012}, {F(PROC2_CTL), EPT | UNRESTRICTED}}},
    {"VE-132", PAE, BAD, {{F(GUEST_CR0), 0x50033}}},
    {"VE-132", PAE, BAD, {{F(GUEST_CR0), 0x50033}, {F(PROC2_CTL), EPT | UNRESTRICTED}, {F(PROC_CTL), 0x0401e172}}},
    {"VE-132", PAE, OK, {{F(GUEST_CR0), 0x50033}, {F(PROC2_CTL), EPT | UNRESTRICTED}}},
    {"VE-132", REAL, OK, {{F(GUEST_CR0), 0x20}}},
    {"VE-132", REAL, BAD, {{F(GUEST_CR0), 0x10}}},
    {"VE-133", LONG, BAD, {{F(GUEST_CR0), 0x180050033}}},
    {"VE-133", LONG, BAD, {{CR0_FIXED1_CAP, 0xfffeffff}, {F(GUEST_CR0), 0x80050033}}},
    {"VE-133", LONG, OK, {{CR0_FIXED1_CAP, 0x9fffffff}, {F(GUEST_CR0), 0xe0050033}}},
    {"VE-133", REAL, OK, {{CR0_FIXED1_CAP, 0x7ffffffe}, {F(GUEST_CR0), 0x80000031}}},
    {"VE-134", REAL, BAD, {{F(GUEST_CR0), 0x80000030}}},
    {"VE-134", REAL, OK, {{F(GUEST_CR0), 0x80000031}}},
    {"VE-135", LONG, BAD, {{F(GUEST_CR4), 0x20}}},
    {"VE-135", LONG, OK, {{F(GUEST_CR4), 0x20a0}}},
    {"VE-136", LONG, BAD, {{F(GUEST_CR4), 0x102020}}},
    {"VE-136", LONG, OK, {{F(GUEST_CR4), 0x102020}, {CR4_FIXED1_CAP, 0x1267ff}}},
    {"VE-137", LONG, BAD, {{CR4_FIXED1_CAP, 0x8267ff}, {F(GUEST_CR4), 0x802020}, {F(GUEST_CR0), 0x80040033}}},
    {"VE-137", LONG, OK, {{CR4_FIXED1_CAP, 0x8267ff}, {F(GUEST_CR4), 0x802020}}},
    {"VE-138", LONG, BAD, {{F(GUEST_DEBUGCTL), 0x4}}},
    {"VE-138", LONG, OK, {{F(GUEST_DEBUGCTL), 0x3}}},
    {"VE-138", LONG, OK, {{F(GUEST_DEBUGCTL), BIT(63)}, {F(ENTRY_CTL), (ENTRY | IA32E) & ~LOAD_DEBUG}}},
    {"VE-139", LONG, BAD, {{F(PROC2_CTL), EPT | UNRESTRICTED}, {F(GUEST_CR0), 0x50033}}},
    {"VE-139", LONG, OK, {{F(PROC2_CTL), EPT | UNRESTRICTED}}},
    {"VE-140", LONG, BAD, {{F(GUEST_CR4), 0x2000}}},
    {"VE-140", PAE, OK, {{F(GUEST_CR4), 0x2000}}},
    {"VE-141", PAE, BAD, {{F(GUEST_CR4), 0x22020}}},
    {"VE-141", LONG, OK, {{F(GUEST_CR4), 0x22020}}},
    {"VE-142", PAE, BAD, {{CR4_FIXED1_CAP, BIT(32) | 0x267ff}, {F(GUEST_CR4), BIT(32) | 0x2020}}},
    {"VE-142", LONG, OK, {{CR4_FIXED1_CAP, BIT(32) | 0x267ff}, {F(GUEST_CR4), BIT(32) | 0x2020}}},
    {"VE-143", LONG, BAD, {{F(GUEST_CR3), BIT(40)}}},
    {"VE-143", LONG, BAD, {{F(GUEST_CR3), BIT(63) | 0x1000}}},
    {"VE-143", LONG, OK, {{F(GUEST_CR3), BIT(40) - 1}}},
    {"VE-144", LONG, BAD, {{F(GUEST_DR7), BIT(32) | 0x400}}},
    {"VE-144", LONG, OK, {{F(GUEST_DR7), BIT(32) | 0x400}, {F(ENTRY_CTL), (ENTRY | IA32E) & ~LOAD_DEBUG}}},
    {"VE-145", LONG, BAD, {{F(GUEST_SYSENTER_ESP), NOT_CANONICAL}}},
    {"VE-145", LONG, OK, {{F(GUEST_SYSENTER_ESP), HIGH}}},
    {"VE-145", LONG, OK, {{F(GUEST_SYSENTER_ESP), NOT_CANONICAL}, {LINEAR_CAP, 57}}},
    {"VE-146", LONG, BAD, {{F(GUEST_SYSENTER_EIP), HIGH - 1}}},
    {"VE-146", LONG, OK, {{F(GUEST_SYSENTER_EIP), HIGH}}},
    {"VE-151", LONG, BAD, {{F(GUEST_PAT), 0x0007040600070206}}},
    {"VE-151", LONG, BAD, {{F(GUEST_PAT), 0x0307040600070406}}},
    {"VE-151", LONG, BAD, {{F(GUEST_PAT), 0x0007048600070406}}},
    {"VE-151", LONG, OK, {{F(GUEST_PAT), 0x0706050401000706}}},
    {"VE-151", LONG, OK, {{F(GUEST_PAT), 0xff}, {F(ENTRY_CTL), (ENTRY | IA32E) & ~LOAD_PAT}}},
    {"VE-152", LONG, BAD, {{F(GUEST_EFER), 0xd03}}},
    {"VE-152", LONG, OK, {{F(GUEST_EFER), 0x500}}},
    {"VE-152", LONG, OK, {{F(GUEST_EFER), UINT64_MAX}, {F(ENTRY_CTL), (ENTRY | IA32E) & ~LOAD_EFER}}},
    {"VE-153", LONG, BAD, {{F(GUEST_EFER), 0x801}}},
    {"VE-153", PAE, BAD, {{F(GUEST_EFER), 0x500}}},
    {"VE-153", PAE, OK, {{F(GUEST_EFER), 0x801}}},
    {"VE-154", PAE, BAD, {{F(GUEST_EFER), 0x100}}},
    {"VE-154", REAL, OK, {{F(GUEST_EFER), 0x100}}},
};

START_TEST(registers)
{
    JUDGE(register_rows);
}
END_TEST

static const struct row segment_rows[] = {
    {"VE-163", LONG, BAD, {{F(GUEST_TR_SELECTOR), 0x1c}}},
    {"VE-163", LONG, OK, {{F(GUEST_TR_SELECTOR), 0x1b}}},
    {"VE-164", LONG, BAD, {{F(GUEST_LDTR_SELECTOR), 0x24}, {F(GUEST_LDTR_AR_BYTES), 0x82}}},
    {"VE-164", LONG, OK, {{F(GUEST_LDTR_SELECTOR), 0x24}}},
    {"VE-165", LONG, BAD, {{F(GUEST_CS_SELECTOR), 0xb}}},
    {"VE-165", LONG, OK, {{F(GUEST_CS_SELECTOR), 0xb}, {F(PROC2_CTL), EPT | UNRESTRICTED}}},
    {"VE-165", V86, OK, {{F(GUEST_CS_SELECTOR), 3}, {F(GUEST_CS_BASE), 0x30}}},
    {"VE-166", V86, BAD, {{F(GUEST_ES_BASE), 0x12301}}},
    {"VE-166", V86, BAD, {{F(GUEST_CS_BASE), 0x12310}}},
    {"VE-166", V86, BAD, {{F(GUEST_SS_BASE), 0x1230}}},
    {"VE-166", V86, BAD, {{F(GUEST_DS_BASE), 0x112300}}},
    {"VE-166", V86, BAD, {{F(GUEST_FS_BASE), BIT(40) | 0x12300}}},
    {"VE-166", V86, BAD, {{F(GUEST_GS_BASE), 0}}},
    {"VE-166", V86, OK, {{F(GUEST_GS_SELECTOR), 0xffff}, {F(GUEST_GS_BASE), 0xffff0}}},
    {"VE-166", REAL, OK, {{F(GUEST_DS_BASE), 0x12301}}},
    {"VE-167", LONG, BAD, {{F(GUEST_TR_BASE), NOT_CANONICAL}}},
    {"VE-167", LONG, OK, {{F(GUEST_TR_BASE), NOT_CANONICAL}, {LINEAR_CAP, 57}}},
    {"VE-168", LONG, BAD, {{F(GUEST_FS_BASE), NOT_CANONICAL}}},
    {"VE-168", LONG, BAD, {{F(GUEST_GS_BASE), HIGH - 1}}},
    {"VE-168", PAE, BAD, {{F(GUEST_FS_BASE), BIT(63)}, {F(GUEST_FS_AR_BYTES), DATA}}},
    {"VE-168", LONG, OK, {{F(GUEST_GS_BASE), HIGH}, {F(GUEST_FS_BASE), NOT_CANONICAL - 1}}},
    {"VE-169", LONG, BAD, {{F(GUEST_LDTR_BASE), NOT_CANONICAL}, {F(GUEST_LDTR_AR_BYTES), 0x82}}},
    {"VE-169", LONG, OK, {{F(GUEST_LDTR_BASE), NOT_CANONICAL}}},
    {"VE-170", LONG, BAD, {{F(GUEST_CS_BASE), BIT(32)}}},
    {"VE-170", LONG, OK, {{F(GUEST_CS_BASE), 0xffffffff}}},
    {"VE-171", LONG, BAD, {{F(GUEST_SS_BASE), BIT(32)}}},
    {"VE-171", LONG, BAD, {{F(GUEST_DS_BASE), BIT(63)}}},
    {"VE-171", LONG, BAD, {{F(GUEST_ES_BASE), BIT(32)}}},
    {"VE-171", LONG, OK, {{F(GUEST_SS_BASE), BIT(32)}, {F(GUEST_SS_AR_BYTES), UNUSABLE}}},
    {"VE-171", LONG, OK, {{F(GUEST_DS_BASE), BIT(32)}, {F(GUEST_DS_AR_BYTES), UNUSABLE}}},
    {"VE-171", LONG, OK, {{F(GUEST_ES_BASE), BIT(32)}, {F(GUEST_ES_AR_BYTES), UNUSABLE}}},
    {"VE-172", V86, BAD, {{F(GUEST_ES_LIMIT), 0xfffff}}},
    {"VE-172", V86, BAD, {{F(GUEST_CS_LIMIT), 0}}},
    {"VE-172", V86, BAD, {{F(GUEST_GS_LIMIT), 0xfffe}}},
    {"VE-172", REAL, OK, {{F(GUEST_GS_LIMIT), 0xfffe}}},
    {"VE-173", V86, BAD, {{F(GUEST_ES_AR_BYTES), 0x93}}},
    {"VE-173", V86, BAD, {{F(GUEST_CS_AR_BYTES), 0xfb}}},
    {"VE-173", V86, BAD, {{F(GUEST_SS_AR_BYTES), 0x100f3}}},
    {"VE-173", V86, BAD, {{F(GUEST_DS_AR_BYTES), 0x10f3}}},
    {"VE-173", V86, BAD, {{F(GUEST_FS_AR_BYTES), UNUSABLE}}},
    {"VE-173", V86, OK, {{F(PROC2_CTL), EPT | UNRESTRICTED}}},
    {"VE-174", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa098}}},
    {"VE-174", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa093}}},
    {"VE-174", REAL, BAD, {{F(GUEST_CS_AR_BYTES), 0x97}}},
    {"VE-174", REAL, BAD, {{F(GUEST_CS_AR_BYTES), 0x9e}}},
    {"VE-174", LONG, OK, {{F(GUEST_CS_AR_BYTES), 0xa099}}},
    {"VE-174", LONG, OK, {{F(GUEST_CS_AR_BYTES), 0xa09d}}},
    {"VE-174", LONG, OK, {{F(GUEST_CS_AR_BYTES), 0xa09f}}},
    {"VE-174", REAL, OK, {{F(GUEST_CS_AR_BYTES), 0x9b}}},
    {"VE-175", LONG, BAD, {{F(GUEST_SS_AR_BYTES), 0xc091}}},
    {"VE-175", LONG, BAD, {{F(GUEST_SS_AR_BYTES), 0xc09b}}},
    {"VE-175", LONG, OK, {{F(GUEST_SS_AR_BYTES), 0xc097}}},
    {"VE-175", LONG, OK, {{F(GUEST_SS_AR_BYTES), UNUSABLE | 0x1b}}},
    {"VE-176", LONG, BAD, {{F(GUEST_DS_AR_BYTES), 0xc092}}},
    {"VE-176", LONG, BAD, {{F(GUEST_GS_AR_BYTES), 0xc090}, {F(GUEST_GS_LIMIT), 0xffffffff}}},
    {"VE-176", LONG, BAD, {{F(GUEST_DS_AR_BYTES), 0xc092}, {F(GUEST_CR0), 0x80070033}}}, /* bit 17 of RFLAGS it is, not of CR0 */
    {"VE-176", LONG, OK, {{F(GUEST_DS_AR_BYTES), UNUSABLE | 2}}},
    {"VE-177", LONG, BAD, {{F(GUEST_ES_AR_BYTES), 0xc099}}},
    {"VE-177", LONG, OK, {{F(GUEST_ES_AR_BYTES), 0xc09b}}},
    {"VE-177", LONG, OK, {{F(GUEST_ES_AR_BYTES), 0xc091}}},
    {"VE-178", LONG, BAD, {{F(GUEST_DS_AR_BYTES), 0xc083}}},
    {"VE-178", LONG, BAD, {{F(GUEST_SS_AR_BYTES), 0xc083}}},
    {"VE-178", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa08b}}},
    {"VE-178", LONG, BAD, {{F(GUEST_CS_AR_BYTES), UNUSABLE | 0xa08b}}},
    {"VE-178", LONG, OK, {{F(GUEST_DS_AR_BYTES), UNUSABLE | 0xc083}}},
    {"VE-179", REAL, BAD, {{F(GUEST_CS_AR_BYTES), 0xf3}}},
    {"VE-179", REAL, OK, {{F(GUEST_CS_AR_BYTES), 0x93}}},
    {"VE-180", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa0fb}}},
    {"VE-180", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa0f9}, {F(GUEST_SS_AR_BYTES), UNUSABLE}}},
    {"VE-180", LONG, OK,
     {{F(GUEST_CS_AR_BYTES), 0xa0fb}, {F(GUEST_CS_SELECTOR), 0xb}, {F(GUEST_SS_AR_BYTES), 0xc0f3},
      {F(GUEST_SS_SELECTOR), 0x13}}},
    {"VE-181", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa0bf}}},
    {"VE-181", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa0bd}}},
    {"VE-181", LONG, OK,
     {{F(GUEST_CS_AR_BYTES), 0xa09f}, {F(GUEST_CS_SELECTOR), 0xb}, {F(GUEST_SS_AR_BYTES), 0xc0f3},
      {F(GUEST_SS_SELECTOR), 0x13}}},
    {"VE-182", LONG, BAD, {{F(GUEST_CS_SELECTOR), 0xb}, {F(GUEST_SS_SELECTOR), 0x13}}},
    {"VE-182", LONG, BAD,
     {{F(GUEST_CS_SELECTOR), 0xb}, {F(GUEST_SS_SELECTOR), 0x13}, {F(GUEST_SS_AR_BYTES), UNUSABLE}}},
    {"VE-182", LONG, OK,
     {{F(GUEST_CS_SELECTOR), 0xb}, {F(GUEST_SS_SELECTOR), 0x13}, {F(PROC2_CTL), EPT | UNRESTRICTED}}},
    {"VE-183", REAL, BAD, {{F(GUEST_CS_AR_BYTES), 0xfb}, {F(GUEST_SS_AR_BYTES), 0xf3}}},
    {"VE-183", REAL, BAD, {{F(GUEST_SS_AR_BYTES), 0xf3}, {F(GUEST_CR0), 0x31}}},
    {"VE-183", REAL, OK,
     {{F(GUEST_CS_AR_BYTES), 0xfb}, {F(GUEST_SS_AR_BYTES), 0xf3}, {F(GUEST_CR0), 0x31}}},
    {"VE-184", LONG, BAD, {{F(GUEST_DS_SELECTOR), 0x13}}},
    {"VE-184", LONG, BAD, {{F(GUEST_ES_SELECTOR), 0x13}, {F(GUEST_ES_AR_BYTES), 0xc0db}}},
    {"VE-184", LONG, OK, {{F(GUEST_DS_SELECTOR), 0x13}, {F(GUEST_DS_AR_BYTES), 0xc09f}}},
    {"VE-184", LONG, OK, {{F(GUEST_DS_SELECTOR), 0x12}, {F(GUEST_DS_AR_BYTES), 0xc0f3}}},
    {"VE-184", LONG, OK, {{F(GUEST_DS_SELECTOR), 0x13}, {F(PROC2_CTL), EPT | UNRESTRICTED}}},
    {"VE-184", LONG, OK, {{F(GUEST_DS_SELECTOR), 0x13}, {F(GUEST_DS_AR_BYTES), UNUSABLE}}},
    {"VE-185", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa01b}}},
    {"VE-185", LONG, BAD, {{F(GUEST_SS_AR_BYTES), 0xc013}}},
    {"VE-185", LONG, BAD, {{F(GUEST_DS_AR_BYTES), 0xc013}}},
    {"VE-185", LONG, OK, {{F(GUEST_FS_AR_BYTES), UNUSABLE | 0x13}}},
    {"VE-186", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xa19b}}},
    {"VE-186", LONG, BAD, {{F(GUEST_SS_AR_BYTES), 0xc893}}},
    {"VE-186", LONG, BAD, {{F(GUEST_ES_AR_BYTES), 0xc293}}},
    {"VE-186", LONG, OK, {{F(GUEST_ES_AR_BYTES), 0xd093}}},
    {"VE-187", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0xe09b}}},
    {"VE-187", PAE, OK, {{F(GUEST_CS_AR_BYTES), 0xe09b}}},
    {"VE-187", LONG, OK, {{F(GUEST_CS_AR_BYTES), CODE32}, {F(GUEST_RIP), 0x1000}}},
    {"VE-188", LONG, BAD, {{F(GUEST_DS_LIMIT), 0xfffffffe}}},
    {"VE-188", LONG, BAD, {{F(GUEST_CS_LIMIT), 0xfffff7ff}}},
    {"VE-188", LONG, BAD, {{F(GUEST_SS_LIMIT), 0}}},
    {"VE-188", LONG, OK, {{F(GUEST_DS_LIMIT), 0xffffe}, {F(GUEST_DS_AR_BYTES), 0x4093}}},
    {"VE-188", LONG, OK, {{F(GUEST_DS_LIMIT), 0xffffffe}, {F(GUEST_DS_AR_BYTES), UNUSABLE}}},
    {"VE-189", LONG, BAD, {{F(GUEST_DS_LIMIT), 0x100fff}, {F(GUEST_DS_AR_BYTES), 0x4093}}},
    {"VE-189", LONG, BAD, {{F(GUEST_CS_LIMIT), 0x80000fff}, {F(GUEST_CS_AR_BYTES), 0x209b}}},
    {"VE-189", LONG, OK, {{F(GUEST_DS_LIMIT), 0xfffff}, {F(GUEST_DS_AR_BYTES), 0x4093}}},
    {"VE-189", LONG, OK, {{F(GUEST_DS_LIMIT), 0xfff}}},
    {"VE-190", LONG, BAD, {{F(GUEST_CS_AR_BYTES), 0x2a09b}}},
    {"VE-190", LONG, BAD, {{F(GUEST_SS_AR_BYTES), 0x8000c093}}},
    {"VE-190", LONG, BAD, {{F(GUEST_DS_AR_BYTES), 0x4c093}}},
    {"VE-190", LONG, OK, {{F(GUEST_DS_AR_BYTES), 0x8001c093}}},
};

START_TEST(segment_registers)
{
    JUDGE(segment_rows);
}
END_TEST

static const struct row system_segment_rows[] = {
    {"VE-191", LONG, BAD, {{F(GUEST_TR_AR_BYTES), 0x83}}},
    {"VE-191", PAE, BAD, {{F(GUEST_TR_AR_BYTES), 0x89}}},
    {"VE-191", PAE, BAD, {{F(GUEST_TR_AR_BYTES), 0x82}}},
    {"VE-191", PAE, OK, {{F(GUEST_TR_AR_BYTES), 0x83}}},
    {"VE-191", V86, OK, {{F(GUEST_TR_AR_BYTES), 0x83}}},
    {"VE-192", LONG, BAD, {{F(GUEST_TR_AR_BYTES), 0x9b}}},
    {"VE-192", LONG, OK, {{F(GUEST_TR_AR_BYTES), 0xeb}}},
    {"VE-193", LONG, BAD, {{F(GUEST_TR_AR_BYTES), 0x0b}}},
    {"VE-193", LONG, OK, {{F(GUEST_TR_AR_BYTES), 0xab}}},
    {"VE-194", LONG, BAD, {{F(GUEST_TR_AR_BYTES), 0x18b}}},
    {"VE-194", LONG, BAD, {{F(GUEST_TR_AR_BYTES), 0x2008b}}},
    {"VE-194", LONG, OK, {{F(GUEST_TR_AR_BYTES), 0x708b}}},
    {"VE-195", LONG, BAD, {{F(GUEST_TR_AR_BYTES), 0x808b}}},
    {"VE-195", LONG, BAD, {{F(GUEST_TR_LIMIT), 0x100067}}},
    {"VE-195", LONG, OK, {{F(GUEST_TR_AR_BYTES), 0x808b}, {F(GUEST_TR_LIMIT), 0x100fff}}},
    {"VE-196", LONG, BAD, {{F(GUEST_TR_AR_BYTES), 0x1008b}}},
    {"VE-196", LONG, OK, {{F(GUEST_TR_AR_BYTES), 0x8b}}},
    {"VE-197", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x83}}},
    {"VE-197", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x80}}},
    {"VE-197", LONG, OK, {{F(GUEST_LDTR_AR_BYTES), 0x82}}},
    {"VE-198", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x92}}},
    {"VE-198", LONG, OK, {{F(GUEST_LDTR_AR_BYTES), UNUSABLE | 0x92}}},
    {"VE-199", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x02}}},
    {"VE-199", LONG, OK, {{F(GUEST_LDTR_AR_BYTES), UNUSABLE | 0x02}}},
    {"VE-200", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x882}}},
    {"VE-200", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x20082}}},
    {"VE-200", LONG, OK, {{F(GUEST_LDTR_AR_BYTES), 0xffff0982}}},
    {"VE-201", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x8082}, {F(GUEST_LDTR_LIMIT), 0xffe}}},
    {"VE-201", LONG, BAD, {{F(GUEST_LDTR_AR_BYTES), 0x82}, {F(GUEST_LDTR_LIMIT), 0x100000}}},
    {"VE-201", LONG, OK, {{F(GUEST_LDTR_AR_BYTES), 0x8082}, {F(GUEST_LDTR_LIMIT), 0xfff}}},
    {"VE-201", LONG, OK, {{F(GUEST_LDTR_LIMIT), 0x100000}}},
    {"VE-203", LONG, BAD, {{F(GUEST_GDTR_BASE), NOT_CANONICAL}}},
    {"VE-203", LONG, OK, {{F(GUEST_GDTR_BASE), HIGH}}},
    {"VE-204", PAE, BAD, {{F(GUEST_IDTR_BASE), HIGH - 1}}},
    {"VE-204", PAE, OK, {{F(GUEST_IDTR_BASE), HIGH}}},
    {"VE-205", LONG, BAD, {{F(GUEST_GDTR_LIMIT), 0x10000}}},
    {"VE-205", LONG, OK, {{F(GUEST_GDTR_LIMIT), 0xffff}}},
    {"VE-206", LONG, BAD, {{F(GUEST_IDTR_LIMIT), 0x80000000}}},
    {"VE-206", LONG, BAD, {{F(GUEST_IDTR_LIMIT), 0x10000}}},
    {"VE-206", LONG, OK, {{F(GUEST_IDTR_LIMIT), 0}}},
};

START_TEST(tables_and_system_segments)
{
    JUDGE(system_segment_rows);
}
END_TEST

static const struct row rip_rows[] = {
    {"VE-207", PAE, BAD, {{F(GUEST_RIP), BIT(32)}}},
    {"VE-207", PAE, BAD, {{F(GUEST_RIP), BIT(32)}, {F(GUEST_CS_AR_BYTES), CODE64}}},
    {"VE-207", LONG, BAD, {{F(GUEST_RIP), BIT(32)}, {F(GUEST_CS_AR_BYTES), CODE32}}},
    {"VE-207", LONG, OK, {{F(GUEST_RIP), BIT(32)}}},
    {"VE-207", PAE, OK, {{F(GUEST_RIP), 0xffffffff}}},
    {"VE-208", LONG, BAD, {{F(GUEST_RIP), BIT(48)}}},
    {"VE-208", LONG, BAD, {{F(GUEST_RIP), HIGH & ~BIT(48)}}},
    {"VE-208", LONG, OK, {{F(GUEST_RIP), NOT_CANONICAL}}},
    {"VE-208", LONG, OK, {{F(GUEST_RIP), BIT(48)}, {LINEAR_CAP, 57}}},
    {"VE-208", LONG, BAD, {{F(GUEST_RIP), BIT(57)}, {LINEAR_CAP, 57}}},
    {"VE-209", LONG, BAD, {{F(GUEST_RFLAGS), 0}}},
    {"VE-209", LONG, BAD, {{F(GUEST_RFLAGS), 0xa}}},
    {"VE-209", LONG, BAD, {{F(GUEST_RFLAGS), 0x22}}},
    {"VE-209", LONG, BAD, {{F(GUEST_RFLAGS), 0x8002}}},
    {"VE-209", LONG, BAD, {{F(GUEST_RFLAGS), 0x400002}}},
    {"VE-209", LONG, BAD, {{F(GUEST_RFLAGS), BIT(63) | 2}}},
    {"VE-209", LONG, OK, {{F(GUEST_RFLAGS), 0x3d7fd7}}},
    {"VE-210", V86, BAD, {{F(ENTRY_CTL), ENTRY | IA32E}, {F(GUEST_EFER), 0xd01}, {F(GUEST_CR4), 0x2020}}},
    {"VE-210", V86, OK, {{F(GUEST_CR4), 0x2020}}},
    {"VE-211", V86, BAD, {{F(PROC2_CTL), EPT | UNRESTRICTED}, {F(GUEST_CR0), 0x30}}},
    {"VE-211", V86, OK, {{F(PROC2_CTL), EPT | UNRESTRICTED}, {F(GUEST_CR0), 0x31}}},
    {"VE-212", LONG, BAD, {{F(ENTRY_INFO), INT20}}},
    {"VE-212", LONG, OK, {{F(ENTRY_INFO), INT20}, {F(GUEST_RFLAGS), IF}}},
    {"VE-212", LONG, OK, {{F(ENTRY_INFO), 0x20}}},
    {"VE-212", LONG, OK, {{F(ENTRY_INFO), SOFT}}},
};

START_TEST(rip_and_rflags)
{
    JUDGE(rip_rows);
}
END_TEST

static const struct row activity_rows[] = {
    {"VE-217", LONG, BAD, {{F(GUEST_ACTIVITY), 2}}},
    {"VE-217", LONG, BAD, {{F(GUEST_ACTIVITY), 3}}},
    {"VE-217", LONG, BAD, {{F(GUEST_ACTIVITY), 4}, {MISC_CAP, 0x3c0}}},
    {"VE-217", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {MISC_CAP, 0x180}}},
    {"VE-217", LONG, OK, {{F(GUEST_ACTIVITY), 1}}},
    {"VE-217", LONG, OK, {{F(GUEST_ACTIVITY), 2}, {MISC_CAP, 0x80}}},
    {"VE-217", LONG, OK, {{F(GUEST_ACTIVITY), 3}, {MISC_CAP, 0x100}}},
    {"VE-218", REAL, BAD,
     {{F(GUEST_ACTIVITY), 1}, {F(GUEST_CS_AR_BYTES), 0xfb}, {F(GUEST_SS_AR_BYTES), 0xf3}, {F(GUEST_CR0), 0x31}}},
    {"VE-218", V86, BAD, {{F(GUEST_ACTIVITY), 1}}},
    {"VE-218", REAL, OK, {{F(GUEST_ACTIVITY), 1}}},
    {"VE-219", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(GUEST_INTERRUPTIBILITY), 1}, {F(GUEST_RFLAGS), IF}}},
    {"VE-219", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(GUEST_INTERRUPTIBILITY), 2}}},
    {"VE-219", LONG, BAD, {{F(GUEST_ACTIVITY), 2}, {F(GUEST_INTERRUPTIBILITY), 2}, {MISC_CAP, 0x80}}},
    {"VE-219", LONG, OK, {{F(GUEST_ACTIVITY), 1}, {F(GUEST_INTERRUPTIBILITY), 8}}},
    {"VE-220", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), GP}}},
    {"VE-220", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), SOFT}}},
    {"VE-220", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), SOFT1}}},
    {"VE-220", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), INT1}}},
    {"VE-220", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), INT3}}},
    {"VE-220", LONG, BAD, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), OTHER1}}},
    {"VE-220", LONG, OK, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), NMI}}},
    {"VE-220", LONG, OK, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), DB}}},
    {"VE-220", LONG, OK, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), MC}}},
    {"VE-220", LONG, OK, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), MTF}}},
    {"VE-220", LONG, OK, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), INT20}, {F(GUEST_RFLAGS), IF}}},
    {"VE-220", LONG, OK, {{F(GUEST_ACTIVITY), 1}, {F(ENTRY_INFO), 0xb0d}}},
    {"VE-221", LONG, BAD, {{MISC_CAP, 0x80}, {F(GUEST_ACTIVITY), 2}, {F(ENTRY_INFO), DB}}},
    {"VE-221", LONG, BAD, {{MISC_CAP, 0x80}, {F(GUEST_ACTIVITY), 2}, {F(ENTRY_INFO), SOFT18}}},
    {"VE-221", LONG, BAD, {{MISC_CAP, 0x80}, {F(GUEST_ACTIVITY), 2}, {F(ENTRY_INFO), INT20}, {F(GUEST_RFLAGS), IF}}},
    {"VE-221", LONG, OK, {{MISC_CAP, 0x80}, {F(GUEST_ACTIVITY), 2}, {F(ENTRY_INFO), MC}}},
    {"VE-221", LONG, OK, {{MISC_CAP, 0x80}, {F(GUEST_ACTIVITY), 2}, {F(ENTRY_INFO), NMI}}},
    {"VE-221", LONG, OK, {{MISC_CAP, 0x80}, {F(GUEST_ACTIVITY), 2}, {F(ENTRY_INFO), 0x301}}},
    {"VE-222", LONG, BAD, {{MISC_CAP, 0x100}, {F(GUEST_ACTIVITY), 3}, {F(ENTRY_INFO), NMI}}},
    {"VE-222", LONG, OK, {{MISC_CAP, 0x100}, {F(GUEST_ACTIVITY), 3}, {F(ENTRY_INFO), 0x202}}},
};

START_TEST(activity_state)
{
    JUDGE(activity_rows);
}
END_TEST

static const struct row blocking_rows[] = {
    {"VE-224", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 0x20}}},
    {"VE-224", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 0x80000000}}},
    {"VE-224", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 8}}},
    {"VE-225", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 3}, {F(GUEST_RFLAGS), IF}}},
    {"VE-225", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 2}, {F(GUEST_RFLAGS), IF}}},
    {"VE-226", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 1}}},
    {"VE-226", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 1}, {F(GUEST_RFLAGS), IF}}},
    {"VE-227", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 1}, {F(GUEST_RFLAGS), IF}, {F(ENTRY_INFO), INT20}}},
    {"VE-227", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 2}, {F(GUEST_RFLAGS), IF}, {F(ENTRY_INFO), INT20}}},
    {"VE-227", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 8}, {F(GUEST_RFLAGS), IF}, {F(ENTRY_INFO), INT20}}},
    {"VE-227", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 1}, {F(GUEST_RFLAGS), IF}, {F(ENTRY_INFO), GP}}},
    {"VE-228", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 2}, {F(ENTRY_INFO), NMI}}},
    {"VE-228", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 2}, {F(ENTRY_INFO), 0x202}}},
    {"VE-229", LONG, BAD_NMI, {{F(GUEST_INTERRUPTIBILITY), 1}, {F(GUEST_RFLAGS), IF}, {F(ENTRY_INFO), NMI}}},
    {"VE-229", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 0}, {F(GUEST_RFLAGS), IF}, {F(ENTRY_INFO), NMI}}},
    {"VE-230", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 4}}},
    {"VE-230", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 2}}},
    {"VE-232", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 8}, {F(ENTRY_INFO), NMI}}},
    {"VE-232", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 8}, {F(ENTRY_INFO), NMI}, {F(PIN_CTL), 0x1f}}},
    {"VE-232", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 8}, {F(ENTRY_INFO), GP}}},
    {"VE-233", LONG, BAD, {{F(GUEST_INTERRUPTIBILITY), 0x10}}},
    {"VE-233", LONG, OK, {{F(GUEST_INTERRUPTIBILITY), 0xa}}},
};

START_TEST(interruptibility)
{
    JUDGE(blocking_rows);
}
END_TEST

#define PENDING F(GUEST_PENDING_DEBUG)
static const struct row debug_rows[] = {
    {"VE-235", LONG, BAD, {{PENDING, 0x10}}},
    {"VE-235", LONG, BAD, {{PENDING, 0x400}}},
    {"VE-235", LONG, BAD, {{PENDING, 0x800}}},
    {"VE-235", LONG, BAD, {{PENDING, 0x2000}}},
    {"VE-235", LONG, BAD, {{PENDING, 0x8000}}},
    {"VE-235", LONG, BAD, {{PENDING, 0x20000}}},
    {"VE-235", LONG, BAD, {{PENDING, BIT(63)}}},
    {"VE-235", LONG, OK, {{PENDING, 0x500f}}},
    {"VE-235", LONG, OK, {{PENDING, 0x800}, {DEBUGCTL_CAP, 0x7}}},
    {"VE-236", LONG, BAD, {{F(GUEST_RFLAGS), TF | IF}, {F(GUEST_INTERRUPTIBILITY), 1}}},
    {"VE-236", LONG, BAD, {{F(GUEST_RFLAGS), TF}, {F(GUEST_INTERRUPTIBILITY), 2}}},
    {"VE-236", LONG, BAD, {{F(GUEST_RFLAGS), TF}, {F(GUEST_ACTIVITY), 1}}},
    {"VE-236", LONG, OK, {{F(GUEST_RFLAGS), TF}}},
    {"VE-236", LONG, OK, {{F(GUEST_RFLAGS), TF}, {F(GUEST_ACTIVITY), 1}, {PENDING, 0x4000}}},
    {"VE-236", LONG, OK, {{F(GUEST_RFLAGS), TF | IF}, {F(GUEST_INTERRUPTIBILITY), 1}, {PENDING, 0x4000}}},
    {"VE-236", LONG, OK, {{F(GUEST_RFLAGS), TF}, {F(GUEST_INTERRUPTIBILITY), 2}, {F(GUEST_DEBUGCTL), 2}}},
    {"VE-237", LONG, BAD, {{PENDING, 0x4000}, {F(GUEST_INTERRUPTIBILITY), 1}, {F(GUEST_RFLAGS), IF}}},
    {"VE-237", LONG, BAD, {{PENDING, 0x4000}, {F(GUEST_INTERRUPTIBILITY), 2}}},
    {"VE-237", LONG, BAD, {{PENDING, 0x4000}, {F(GUEST_ACTIVITY), 1}}},
    {"VE-237", LONG, BAD,
     {{PENDING, 0x4000}, {F(GUEST_ACTIVITY), 1}, {F(GUEST_RFLAGS), TF}, {F(GUEST_DEBUGCTL), 2}}},
    {"VE-237", LONG, OK, {{PENDING, 0x4000}}},
    {"VE-237", LONG, OK, {{PENDING, 0x100f}, {F(GUEST_ACTIVITY), 1}}},
    {"VE-238", LONG, BAD, {{DEBUGCTL_CAP, 0x8003}, {PENDING, 0x10000}}},
    {"VE-238", LONG, BAD, {{DEBUGCTL_CAP, 0x8003}, {PENDING, 0x11001}}},
    {"VE-238", LONG, BAD, {{DEBUGCTL_CAP, 0x8003}, {PENDING, 0x15000}}},
    {"VE-238", LONG, BAD, {{DEBUGCTL_CAP, 0x8007}, {PENDING, 0x11800}}},
    {"VE-238", LONG, OK, {{DEBUGCTL_CAP, 0x8003}, {PENDING, 0x11000}}},
    {"VE-239", LONG, BAD, {{PENDING, 0x11000}}},
    {"VE-239", LONG, OK, {{PENDING, 0x1000}}},
    {"VE-240", LONG, BAD, {{DEBUGCTL_CAP, 0x8003}, {PENDING, 0x11000}, {F(GUEST_INTERRUPTIBILITY), 2}}},
    {"VE-240", LONG, OK,
     {{DEBUGCTL_CAP, 0x8003}, {PENDING, 0x11000}, {F(GUEST_INTERRUPTIBILITY), 1}, {F(GUEST_RFLAGS), IF}}},
};

START_TEST(pending_debug_exceptions)
{
    JUDGE(debug_rows);
}
END_TEST

static const struct row link_rows[] = {
    {"VE-241", LONG, BAD_LINK, {{F(LINK_POINTER), 0x5800}, {LINK_WORD, REVISION}}},
    {"VE-241", LONG, BAD_LINK, {{F(LINK_POINTER), 0x5001}, {LINK_WORD, REVISION}}},
    {"VE-241", LONG, OK, {{F(LINK_POINTER), 0x5000}, {LINK_WORD, REVISION}}},
    {"VE-242", LONG, BAD_LINK, {{F(LINK_POINTER), BIT(40)}, {LINK_WORD, REVISION}}},
    {"VE-242", LONG, BAD_LINK, {{F(LINK_POINTER), UINT64_MAX << 12}, {LINK_WORD, REVISION}}},
    {"VE-242", LONG, BAD_LINK,
     {{F(LINK_POINTER), BIT(32)}, {LINK_WORD, REVISION}, {BASIC_CAP, BIT(48) | REVISION}}},
    {"VE-242", LONG, OK, {{F(LINK_POINTER), BIT(32)}, {LINK_WORD, REVISION}}},
    {"VE-243", LONG, BAD_LINK, {{F(LINK_POINTER), 0x5000}, {LINK_WORD, REVISION + 1}}},
    {"VE-243", LONG, BAD_LINK, {{F(LINK_POINTER), 0x5000}, {LINK_WORD, UINT64_MAX}}},
    {"VE-243", LONG, OK, {{F(LINK_POINTER), 0x5000}, {LINK_WORD, BIT(40) | REVISION}, {BASIC_CAP, BIT(55) | REVISION}}},
    {"VE-243", LONG, OK, {{LINK_WORD, REVISION + 1}}},
    {"VE-244", LONG, BAD_LINK, {{F(LINK_POINTER), 0x5000}, {LINK_WORD, BIT(31) | REVISION}}},
    {"VE-244", LONG, BAD_LINK, {{F(LINK_POINTER), 0x5000}, {LINK_WORD, REVISION}, {F(PROC2_CTL), EPT | SHADOWING}}},
    {"VE-244", LONG, OK,
     {{F(LINK_POINTER), 0x5000}, {LINK_WORD, BIT(31) | REVISION}, {F(PROC2_CTL), EPT | SHADOWING}}},
    {"VE-245", LONG, BAD_LINK, {{F(LINK_POINTER), CURRENT}, {LINK_WORD, REVISION}}},
    {"VE-245", LONG, OK, {{F(LINK_POINTER), 0x2000}, {LINK_WORD, REVISION}}},
};

START_TEST(link_pointer)
{
    struct subject s = subject(LONG);

    JUDGE(link_rows);
    s.n.vmcs12.f[F(LINK_POINTER)] = 0x5000;
    ck_assert(pn_link_wanted(&s.n));
    s.n.current = s.n.vmcs12.f[F(LINK_POINTER)]; /* is read all the same */
    ck_assert(pn_link_wanted(&s.n));
    s.n.vmcs12.f[F(LINK_POINTER)] = 0x5008;
    ck_assert(!pn_link_wanted(&s.n));
    s.n.vmcs12.f[F(LINK_POINTER)] = BIT(40);
    ck_assert(!pn_link_wanted(&s.n));
}
END_TEST

#define NO_EPT {F(PROC2_CTL), 0}
static const struct row pdpte_rows[] = {
    {"VE-247", PAE, BAD_PDPTE, {NO_EPT, {MEM_PDPTE, 0x1003}}},
    {"VE-247", PAE, BAD_PDPTE, {NO_EPT, {MEM_PDPTE + 1, 0x1005}}},
    {"VE-247", PAE, BAD_PDPTE, {NO_EPT, {MEM_PDPTE + 2, 0x1021}}},
    {"VE-247", PAE, BAD_PDPTE, {NO_EPT, {MEM_PDPTE + 3, 0x1101}}},
    {"VE-247", PAE, BAD_PDPTE, {NO_EPT, {MEM_PDPTE, BIT(40) | 1}}},
    {"VE-247", PAE, BAD_PDPTE, {NO_EPT, {MEM_PDPTE, BIT(63) | 1}}},
    {"VE-247", PAE, BAD_PDPTE, {{F(PROC_CTL), 0x0401e172}, {MEM_PDPTE, 0x1003}}},
    {"VE-247", PAE, OK, {NO_EPT, {MEM_PDPTE, UINT64_MAX - 1}}},
    {"VE-247", PAE, OK, {NO_EPT, {MEM_PDPTE, (BIT(40) - 0x1000) | 0xe19}}},
    {"VE-247", PAE, OK, {NO_EPT, {F(GUEST_PDPTR0), UINT64_MAX}}},
    {"VE-248", PAE, BAD_PDPTE, {{F(GUEST_PDPTR0), 0x1003}}},
    {"VE-248", PAE, BAD_PDPTE, {{F(GUEST_PDPTR1), 0x1041}}},
    {"VE-248", PAE, BAD_PDPTE, {{F(GUEST_PDPTR2), 0x1081}}},
    {"VE-248", PAE, BAD_PDPTE, {{F(GUEST_PDPTR3), BIT(52) | 1}}},
    {"VE-248", PAE, OK, {{F(GUEST_PDPTR0), 0x1001}, {F(GUEST_PDPTR3), UINT64_MAX - 1}}},
    {"VE-248", PAE, OK, {{MEM_PDPTE, UINT64_MAX}}},
    {"VE-249", LONG, OK, {{F(GUEST_PDPTR0), UINT64_MAX}, {MEM_PDPTE, UINT64_MAX}}},
    {"VE-249", LONG, OK, {{MEM_PDPTE, UINT64_MAX}, NO_EPT}},
    {"VE-249", PAE, OK, {{F(GUEST_PDPTR0), UINT64_MAX}, {F(GUEST_CR4), 0x2000}}},
    {"VE-249", REAL, OK, {{F(GUEST_PDPTR0), UINT64_MAX}, {F(GUEST_CR4), 0x2020}}},
    {"VE-249", REAL, BAD_PDPTE,
     {{F(GUEST_PDPTR0), UINT64_MAX}, {F(GUEST_CR4), 0x2020}, {F(GUEST_CR0), 0x80000031}}},
};

START_TEST(pdptes)
{
    struct subject s = subject(PAE);

    JUDGE(pdpte_rows);
    ck_assert(!pn_pdptes_wanted(&s.n));
    s.n.vmcs12.f[F(PROC2_CTL)] = 0;
    ck_assert(pn_pdptes_wanted(&s.n));
    s.n.vmcs12.f[F(GUEST_CR4)] = 0x2000;
    ck_assert(!pn_pdptes_wanted(&s.n));
}
END_TEST

static void tally(const struct row *rows, size_t count, bool passes[], bool fails[])
{
    for (size_t i = 0; i < count; i++)
        (rows[i].verdict == OK ? passes : fails)[atoi(rows[i].rule + 3)] = true;
}

#define TALLY(table) tally(table, sizeof(table) / sizeof(*table), passes, fails)

/* Those that are not here: controls that L1 is not offered (147 to 150, 155 to 162, 202, 213 to 216, 234), SMM (223, 231, 246). */
START_TEST(every_rule_has_both_rows)
{
    static const struct {
        int first, last;
    } ranges[] = {{132, 146}, {151, 154}, {163, 201}, {203, 212}, {217, 222}, {224, 230}, {232, 233}, {235, 245}, {247, 249}};
    bool passes[300] = {0}, fails[300] = {0};

    TALLY(register_rows);
    TALLY(segment_rows);
    TALLY(system_segment_rows);
    TALLY(rip_rows);
    TALLY(activity_rows);
    TALLY(blocking_rows);
    TALLY(debug_rows);
    TALLY(link_rows);
    TALLY(pdpte_rows);
    for (size_t r = 0; r < sizeof(ranges) / sizeof(*ranges); r++)
        for (int i = ranges[r].first; i <= ranges[r].last; i++)
            if (!passes[i] || !fails[i])
                ck_abort_msg("VE-%d: no row that %s", i, passes[i] ? "fails" : "passes");
}
END_TEST

TCase *vmx_check_guest_tests(void)
{
    TCase *c = tcase_create("vmx_check_guest");

    tcase_add_test(c, valid_guests);
    tcase_add_test(c, registers);
    tcase_add_test(c, segment_registers);
    tcase_add_test(c, tables_and_system_segments);
    tcase_add_test(c, rip_and_rflags);
    tcase_add_test(c, activity_state);
    tcase_add_test(c, interruptibility);
    tcase_add_test(c, pending_debug_exceptions);
    tcase_add_test(c, link_pointer);
    tcase_add_test(c, pdptes);
    tcase_add_test(c, every_rule_has_both_rows);
    return c;
}
