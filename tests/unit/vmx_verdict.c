/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An entry that knows what vmcs02 holds and which checks passed the last time, against one that knows nothing: L2 has run, one field is
 * changed (by VMWRITE, in the shadow VMCS, by L2 itself, in another VMCS), and L1 enters again. Both have the same outcome and, if L2
 * is entered, the same vmcs02. Every field that L1 writes and every one that an exit saves, every bit of it, for four kinds of L2, also as
 * unrestricted guests: of those L2's segments stay in vmcs02 if L1 does not look, and the processor is the first to see them.
 */
#include <string.h>

#include <provenest/vmx_entry.h>
#include <provenest/vmx_exit.h>
#include <provenest/vmx_insn.h>
#include <provenest/vmx_shadow.h>

#include "../../vendor/model/vmcs.h"
#include "fields.h"
#include "support.h"
#include "vmx_base.h"

#define F(name) n.vmcs12.f[PN_F_##name]

enum { OTHER = 0x4000 };

static struct pn_nested_vmx n;
static bool unrestricted; /* L1 asks for that whatever kind of L2 it is */

static void start(enum kind kind)
{
    struct model_nested *m = model_nested();

    memset(m->vmcs02, 0, sizeof m->vmcs02);
    memset(m->vmcs01, 0, sizeof m->vmcs01);
    m->current = PN_VMCS01;
    m->vmcs01[PN_F_GUEST_DR7] = 0x400;
    m->vmcs01[PN_F_GUEST_PAT] = 0x0606060606060606;
    m->vmcs01[PN_F_GUEST_EFER] = 0xd01;
    m->unsaved = false;
    vmx_base(&n, kind);
    F(PROC2_CTL) |= unrestricted ? BIT(7) : 0;
}

/* What no control has looked at is wrong: VMWRITE of the control makes it count. */
static void dormant(void)
{
    F(ENTRY_CTL) &= ~(BIT(2) | BIT(14) | BIT(15));
    F(GUEST_DR7) = BIT(40) | 0x400;
    F(GUEST_PAT) = 2;
    F(GUEST_EFER) = BIT(20);
    F(HOST_PAT) = 3;
    F(HOST_EFER) = BIT(20);
}

/* ---- Two entries ---- */

struct seen {
    uint8_t kind, vector, error;
    bool l2;
    uint64_t reason, qualification, vmcs02[PN_FIELDS];
};

static void told(struct seen *s, struct pn_outcome o)
{
    *s = (struct seen){.kind = o.kind, .vector = o.vector, .error = o.error, .l2 = n.l2, .reason = F(EXIT_REASON),
                       .qualification = F(EXIT_QUALIFICATION)};
}

static void enters(struct seen *s)
{
    struct pn_outcome o;

    model_nested_round();
    pn_settle_segments(&n);
    o = pn_nested_enter(&n, mode, !n.launched, l0);
    told(s, o);
    memcpy(s->vmcs02, model_nested()->vmcs02, sizeof s->vmcs02);
    s->vmcs02[PN_F_CR0_SHADOW] &= s->vmcs02[PN_F_CR0_MASK]; /* SDM 24.6.6: L2 reads no other bit of a read shadow */
    s->vmcs02[PN_F_CR4_SHADOW] &= s->vmcs02[PN_F_CR4_MASK];
}

/* L2 changes no bit of CR0 and CR4 that vmcs02's mask has (SDM 25.3). */
static void l2_makes(int field, uint64_t value)
{
    uint64_t *f = model_nested()->vmcs02, owned = 0;

    if (field == PN_F_GUEST_CR0)
        owned = f[PN_F_CR0_MASK];
    else if (field == PN_F_GUEST_CR4)
        owned = f[PN_F_CR4_MASK];
    f[field] = (f[field] & owned) | (value & ~owned);
}

/* L2 is entered, runs, and exits; `field` of vmcs02 then is `value` (field < PN_FIELDS). */
static void run_once(struct fixture *f, int field, uint64_t value)
{
    struct seen first;

    enters(&first);
    HOLDS(first.kind == PN_VMX_ENTER);
    model_nested_ran();
    pn_nested_entered(&n, false);
    if (field < PN_FIELDS)
        l2_makes(field, value);
    HOLDS(pn_nested_exit(&n, &f->v, (struct pn_l2_exit){.reason = 10, .length = 2}).kind == PN_VMX_SUCCEED);
    HOLDS(!n.l2 && model_nested()->current == PN_VMCS01);
}

static unsigned int entered, not_entered, late, late_refused;

/* 26.3.1 by the processor: vmcs02's words, and what is in force of the controls there. */
static bool processor_takes(void)
{
    static struct pn_nested_vmx hardware;
    struct pn_guest_verdict v;

    hardware = n;
    memcpy(hardware.vmcs12.f, model_nested()->vmcs02, sizeof hardware.vmcs12.f);
    v = pn_check_guest(&hardware, (struct pn_guest_memory){0});
    return v.ok || v.qualification != 0;
}

/* L2's segments stayed in vmcs02: if they are such as no entry loads, the processor says so, and L1 is told. */
static void left_to_the_processor(struct seen *s)
{
    if (s->kind != PN_VMX_ENTER || n.dirty >> PN_HAS_SEGMENTS & 1)
        return;
    late++;
    if (processor_takes())
        return;
    late_refused++;
    pn_save_segments02(&n);
    pn_nested_entered(&n, true);
    told(s, pn_entry_failure(&n, 33, 0, false));
}

/* Whether L2 is entered. */
static bool both_agree(int field, uint64_t value)
{
    static struct seen knows, fresh_one;
    static struct pn_vmcs12 left;
    static uint64_t vmcs01[PN_FIELDS], vmcs02[PN_FIELDS];
    struct model_nested *m = model_nested();
    const struct pn_nested_vmx before = n;
    bool unsaved;

    memcpy(vmcs01, m->vmcs01, sizeof vmcs01);
    memcpy(vmcs02, m->vmcs02, sizeof vmcs02);
    unsaved = m->unsaved;
    enters(&knows);
    left_to_the_processor(&knows);
    left = n.vmcs12;
    n = before;
    memcpy(m->vmcs01, vmcs01, sizeof vmcs01);
    memcpy(m->vmcs02, vmcs02, sizeof vmcs02);
    m->current = PN_VMCS01;
    m->unsaved = unsaved;
    pn_save_segments(&n);
    n.dirty = UINT32_MAX;
    n.checked = false;
    enters(&fresh_one);
    if (knows.kind == PN_VMX_ENTRY_FAILED) { /* nothing is lost, and vmcs02 is given up */
        HOLDS(memcmp(&left, &n.vmcs12, sizeof left) == 0);
        memcpy(knows.vmcs02, fresh_one.vmcs02, sizeof knows.vmcs02);
    }
    for (int f = 0; f < PN_FIELDS; f++)
        if (knows.vmcs02[f] != fresh_one.vmcs02[f])
            ck_abort_msg("field %x = %llx: vmcs02's %x is %llx; from nothing %llx", pn_field_encoding(field), (unsigned long long)value,
                         pn_field_encoding(f), (unsigned long long)knows.vmcs02[f], (unsigned long long)fresh_one.vmcs02[f]);
    if (memcmp(&knows, &fresh_one, sizeof knows) != 0)
        ck_abort_msg("field %x = %llx: outcome %u, error %u, qualification %llx; from nothing %u, %u, %llx", pn_field_encoding(field),
                     (unsigned long long)value, knows.kind, knows.error, (unsigned long long)knows.qualification, fresh_one.kind,
                     fresh_one.error, (unsigned long long)fresh_one.qualification);
    if (knows.kind == PN_VMX_ENTER)
        entered++;
    else
        not_entered++;
    return knows.kind == PN_VMX_ENTER;
}

/* ---- One field changed ---- */

static bool fits(int field, uint64_t value)
{
    return pn_field_narrow(field, value) == value;
}

/* The k-th value to try of a field that is `old`; 66 of them. */
static uint64_t tried(uint64_t old, unsigned int k)
{
    return k < 64 ? old ^ BIT(k) : k == 64 ? 0 : UINT64_MAX;
}

static struct fixture *begin(void)
{
    struct fixture *f = fresh();

    model_nested_reset();
    *model_word(CURRENT) = *model_word(OTHER) = 0x12;
    entered = not_entered = late = late_refused = 0;
    unrestricted = false;
    return f;
}

/* Both ways of an entry were seen often, else the test says little. */
static void enough(void)
{
    ck_assert_msg(entered > 100 && not_entered > 100, "%u entries of L2, %u refused", entered, not_entered);
}

START_TEST(written_by_l1)
{
    struct fixture *f = begin();

    for (int field = 0; field < PN_G_HOST_END; field++)
        for (unsigned int k = 0; k < 66; k++) {
            uint64_t old, value;

            start((enum kind)(_i % KINDS));
            if (_i >= KINDS)
                dormant();
            old = n.vmcs12.f[field];
            value = pn_field_narrow(field, tried(old, k));
            if (k < 64 && !fits(field, tried(old, k)))
                continue;
            run_once(f, PN_FIELDS, 0);
            pn_save_segments(&n);
            HOLDS(pn_vmwrite(&n, mode, pn_field_encoding(field), value).kind == PN_VMX_SUCCEED);
            (void)both_agree(field, value);
        }
    enough();
}
END_TEST

/* ... and put back: what one VMWRITE breaks another mends, in another group's entry. */
START_TEST(broken_and_mended)
{
    struct fixture *f = begin();

    for (int field = 0; field < PN_G_HOST_END; field++)
        for (unsigned int k = 0; k < 66; k += 3) {
            const uint64_t old = (start((enum kind)_i), n.vmcs12.f[field]);
            const uint64_t value = pn_field_narrow(field, tried(old, k));
            struct seen bad;

            run_once(f, PN_FIELDS, 0);
            pn_save_segments(&n);
            HOLDS(pn_vmwrite(&n, mode, pn_field_encoding(field), value).kind == PN_VMX_SUCCEED);
            enters(&bad);
            if (bad.kind == PN_VMX_ENTER)
                continue;
            (void)both_agree(field, value); /* once more */
            HOLDS(pn_vmwrite(&n, mode, pn_field_encoding(field), old).kind == PN_VMX_SUCCEED);
            (void)both_agree(field, old);
        }
    enough();
}
END_TEST

/* What an exit saves need not pass the checks: the flags, CR0 and the segments can be what no entry loads. */
START_TEST(saved_by_an_exit)
{
    struct fixture *f = begin();

    unrestricted = _i >= 2 * KINDS;
    for (int field = PN_G_BASIC; field <= PN_F_GUEST_ACTIVITY; field++)
        for (unsigned int k = 0; k < 132; k++) {
            const uint64_t old = (start((enum kind)(_i / 2 % KINDS)), n.vmcs12.f[field]);
            const uint64_t value = pn_field_narrow(field, tried(old, k % 66));

            if ((field >= PN_F_CR0_MASK && field <= PN_F_CR4_SHADOW) || (k % 66 < 64 && !fits(field, tried(old, k % 66))))
                continue;
            if (k >= 66)
                F(EXIT_CTL) |= BIT(2) | BIT(18) | BIT(20);
            if (k >= 66 && _i % 2)
                F(CR0_MASK) = F(CR4_MASK) = UINT64_MAX;
            run_once(f, field, value);
            (void)both_agree(field, value);
        }
    enough();
    ck_assert_msg(unrestricted == (late > 2000 && late_refused > 100) || _i / 2 % KINDS == REAL || _i / 2 % KINDS == V86,
                  "%u entries with segments that L1 has not seen, %u of them refused", late, late_refused);
}
END_TEST

/* L2 leaves IA-32e mode or goes there: the exit saves that in the entry controls (SDM 27.2). */
START_TEST(saved_mode)
{
    struct fixture *f = begin();

    start((enum kind)_i);
    run_once(f, PN_F_ENTRY_CTL, F(ENTRY_CTL) ^ BIT(9));
    (void)both_agree(PN_F_ENTRY_CTL, F(ENTRY_CTL));
    ck_assert_uint_eq(not_entered, 1); /* nothing else of L2's fits the other mode */
}
END_TEST

/* The fields that L1 writes without an exit. */
START_TEST(written_in_the_shadow)
{
    static struct pn_vmcs_shadow s;
    struct fixture *f = begin();

    unrestricted = _i >= KINDS;
    for (int field = 0; field < PN_G_HOST_END; field++)
        for (unsigned int k = 0; k < 66 && pn_shadow_written(field); k++) {
            const uint64_t old = (start((enum kind)(_i % KINDS)), n.vmcs12.f[field]);
            const uint64_t value = pn_field_narrow(field, tried(old, k));

            memset(&s, 0, sizeof s);
            memset(model_nested()->shadow, 0, sizeof model_nested()->shadow);
            run_once(f, PN_FIELDS, 0);
            pn_shadow_fill(&n, &s);
            model_nested()->shadow[field] = value;
            pn_shadow_take(&n, &s);
            HOLDS(n.vmcs12.f[field] == value);
            (void)both_agree(field, value);
        }
    enough();
}
END_TEST

/* The VMCS that is loaded has the field otherwise; the one before had just been entered. */
START_TEST(of_another_vmcs)
{
    struct fixture *f = begin();

    for (int field = 0; field < PN_G_HOST_END; field++)
        for (unsigned int k = 0; k < 66; k += 5) {
            const uint64_t old = (start((enum kind)_i), n.vmcs12.f[field]);
            const uint64_t value = pn_field_narrow(field, tried(old, k));

            run_once(f, PN_FIELDS, 0);
            model_nested_round();
            pn_save_segments(&n);
            HOLDS(pn_vmclear(&n, mode, OTHER).kind == PN_VMX_SUCCEED);
            for (int g = 0; g < PN_FIELDS; g++)
                *model_word(OTHER + 16 + 8 * (uint64_t)g) = g == field ? value : n.vmcs12.f[g];
            HOLDS(pn_vmptrld(&n, mode, OTHER).kind == PN_VMX_SUCCEED);
            HOLDS(n.vmcs12.f[field] == value);
            (void)both_agree(field, value);
        }
    enough();
}
END_TEST

/* ---- Field by field: each that a rule of the verdict reads ends it ---- */

/* What no rule of the host area, the registers or the segments reads, so that no value of it makes an entry fail. */
static bool unread(int field)
{
    static const int fields[] = {PN_F_CR0_MASK, PN_F_CR0_SHADOW, PN_F_CR4_MASK, PN_F_CR4_SHADOW, PN_F_GUEST_SYSENTER_CS,
                                 PN_F_HOST_RSP, PN_F_HOST_SYSENTER_CS};

    for (unsigned int k = 0; k < sizeof fields / sizeof *fields; k++)
        if (fields[k] == field)
            return true;
    return unrestricted && field >= PN_F_GUEST_ES_SELECTOR && field <= PN_F_GUEST_GS_SELECTOR; /* no rule on an RPL: VE-165, VE-182, VE-184 */
}

/* Everything is loaded and saved, so that everything is looked at; LDTR is usable in half of them. */
static void watched(unsigned int way)
{
    start((enum kind)(way / 2));
    F(EXIT_CTL) |= BIT(2) | BIT(18) | BIT(19) | BIT(20) | BIT(21);
    if (way % 2) {
        F(GUEST_LDTR_SELECTOR) = 0x30;
        F(GUEST_LDTR_AR_BYTES) = 0x82;
    }
}

enum { WAYS = 2 * V86 }; /* of a virtual-8086 guest no verdict stands */

/* Behind a round the verdict on everything stands. */
static void stands(void)
{
    HOLDS(n.dirty == 0 && n.checked);
}

static bool ended_by_l1(struct fixture *f, int field)
{
    for (unsigned int way = 0; way < WAYS; way++)
        for (unsigned int k = 0; k < 66; k++) {
            const uint64_t value = (watched(way), pn_field_narrow(field, tried(n.vmcs12.f[field], k)));

            run_once(f, PN_FIELDS, 0);
            stands();
            pn_save_segments(&n);
            HOLDS(n.dirty == BIT(PN_HAS_SEGMENTS) && n.checked); /* nothing else has come */
            HOLDS(pn_vmwrite(&n, mode, pn_field_encoding(field), value).kind == PN_VMX_SUCCEED);
            if (!both_agree(field, value))
                return true;
        }
    return false;
}

START_TEST(each_field_by_l1)
{
    struct fixture *f = begin();

    for (int field = 0; field < PN_G_HOST_END; field++) {
        if (field > PN_F_ENTRY_CTL && (field < PN_G_REGISTERS || (field >= PN_G_RARE_END && field < PN_G_HOST)))
            continue; /* looked at at every entry; or with `checked` */
        if (ended_by_l1(f, field) == unread(field))
            ck_abort_msg("field %x: %s value of it is refused", pn_field_encoding(field), unread(field) ? "a" : "no");
    }
}
END_TEST

static bool ended_by_an_exit(struct fixture *f, int field)
{
    for (unsigned int way = 0; way < WAYS; way++)
        for (unsigned int k = 0; k < 66; k++) {
            const uint64_t old = (watched(way), n.vmcs12.f[field]);
            const uint64_t value = field == PN_F_ENTRY_CTL ? old ^ BIT(9) : pn_field_narrow(field, tried(old, k));

            run_once(f, field, value);
            HOLDS(n.vmcs12.f[field] == old || field == PN_F_GUEST_CR3 || n.dirty == 1u << PN_GROUP_EXIT);
            if (!both_agree(field, value))
                return true;
        }
    return false;
}

START_TEST(each_field_by_an_exit)
{
    struct fixture *f = begin();

    unrestricted = _i;
    HOLDS(ended_by_an_exit(f, PN_F_ENTRY_CTL));
    for (int field = PN_G_REGISTERS; field < PN_G_RARE_END; field++) {
        if (field >= PN_F_CR0_MASK && field <= PN_F_CR4_SHADOW)
            continue; /* controls: no exit saves them */
        if (ended_by_an_exit(f, field) == unread(field))
            ck_abort_msg("field %x: %s value of it is refused", pn_field_encoding(field), unread(field) ? "a" : "no");
    }
}
END_TEST

TCase *vmx_verdict_tests(void)
{
    TCase *t = tcase_create("vmx_verdict");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, written_by_l1, 0, 2 * KINDS);
    tcase_add_loop_test(t, broken_and_mended, 0, KINDS);
    tcase_add_loop_test(t, saved_by_an_exit, 0, 4 * KINDS);
    tcase_add_loop_test(t, saved_mode, 0, KINDS);
    tcase_add_loop_test(t, written_in_the_shadow, 0, 2 * KINDS);
    tcase_add_loop_test(t, of_another_vmcs, 0, KINDS);
    tcase_add_test(t, each_field_by_l1);
    tcase_add_loop_test(t, each_field_by_an_exit, 0, 2);
    return t;
}
