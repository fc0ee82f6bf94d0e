/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/vmx/{merge,prepare,pdptr,entry}*.c: a vmcs12 that passes every check, entered on the model's two VMCSs; then one thing
 * changed, and what the processor is given for it.
 */
#include "support.h"

#include <string.h>

#include <provenest/evmcs.h>
#include <provenest/vmx_entry.h>
#include <provenest/vmx_exit.h>

#include "../../vendor/model/vmcs.h"
#include "merge.h"
#include "vmx_base.h"

#define F(name) n->vmcs12.f[PN_F_##name]
#define V02(name) model_nested()->vmcs02[PN_F_##name]

enum { BITMAP = 0x4000, LIST = 0x5000, APIC = 0x7000, OWN = 0x80000 };
#define INVVPIDS (BIT(32) | BIT(40) | BIT(41) | BIT(42) | BIT(43))

static struct pn_nested_vmx vmx;

/* A guest in PAE paging, with EPT and VPID of L1's. */
static struct pn_nested_vmx *start(void)
{
    (void)fresh();
    model_nested_reset();
    memset(model_nested()->bitmap02, 0xff, sizeof model_nested()->bitmap02);
    model_nested()->vmcs01[PN_F_GUEST_DR7] = 0x455;
    model_nested()->vmcs01[PN_F_GUEST_PAT] = 0x0606060606060606;
    model_nested()->vmcs01[PN_F_GUEST_EFER] = 0xd01;
    vmx_base(&vmx, PAE);
    return &vmx;
}

static struct pn_outcome entry(struct pn_nested_vmx *n)
{
    model_nested()->writes02 = 0;
    pn_settle_segments(n);
    return pn_nested_enter(n, mode, !n->launched, l0);
}

static void runs(struct pn_nested_vmx *n)
{
    const struct pn_outcome o = entry(n);

    ck_assert(o.kind == PN_VMX_ENTER && o.vector == 0 && o.error == 0);
    ck_assert(n->l2 && n->entry_pending);
    ck_assert_int_eq(model_nested()->current, PN_VMCS02);
}

/* L2 has run, and everything an exit saves is vmcs12's; its segments are late. */
static void leave(struct pn_nested_vmx *n)
{
    model_nested_ran();
    pn_nested_entered(n, false);
    n->l2 = false;
    pn_hw_load_vmcs(PN_VMCS01);
    model_nested_round();
}

START_TEST(first_entry_writes_everything)
{
    struct pn_nested_vmx *n = start();

    runs(n);
    ck_assert_uint_eq(model_nested()->writes02, 77);
    ck_assert_uint_eq(V02(GUEST_RIP), 0x1234);
    ck_assert_uint_eq(V02(GUEST_CS_AR_BYTES), 0xc09b);
    ck_assert_uint_eq(V02(VPID), 2);
    ck_assert_uint_eq(V02(EPT_POINTER), 0xa01e);
    for (unsigned int i = 0; i < 4; i++)
        ck_assert_uint_eq(model_nested()->vmcs02[PN_F_GUEST_PDPTR0 + i], 0x1001 + 0x1000 * i);
    ck_assert_uint_eq(V02(PIN_CTL), 0x3f);
    ck_assert_uint_eq(V02(TSC_OFFSET), 1000);
}
END_TEST

START_TEST(clean_entry_writes_four)
{
    struct pn_nested_vmx *n = start();

    runs(n);
    ck_assert_uint_eq(n->dirty, UINT32_MAX);
    leave(n);
    ck_assert_uint_eq(n->dirty, 0);
    ck_assert(n->launched);
    runs(n);
    ck_assert_uint_eq(model_nested()->writes02, 4);
    ck_assert_uint_eq(model_nested()->flushes, 1); /* of the first entry */
}
END_TEST

START_TEST(each_group_alone)
{
    static const unsigned int writes[] = {[PN_GROUP_CONTROLS] = 20, [PN_GROUP_EVENT] = 0, [PN_GROUP_BASIC] = 0,
                                          [PN_GROUP_REGISTERS] = 11, [PN_GROUP_SEGMENTS] = 36, [PN_GROUP_RARE] = 4,
                                          [PN_GROUP_PDPTRS] = 0, [PN_GROUP_OTHER] = 2};
    struct pn_nested_vmx *n = start();

    runs(n);
    for (unsigned int g = 0; g <= PN_GROUP_OTHER; g++) {
        leave(n);
        n->dirty = 1u << g;
        runs(n);
        ck_assert_uint_eq(model_nested()->writes02, 4 + writes[g]);
    }
}
END_TEST

/* The hypervisor's own refusal and the processor's: nothing becomes clean. */
START_TEST(failed_entry_makes_nothing_clean)
{
    struct pn_nested_vmx *n = start();

    runs(n);
    leave(n);
    n->dirty = 1u << PN_GROUP_SEGMENTS;
    runs(n);
    pn_save_segments02(n);
    pn_nested_entered(n, true);
    ck_assert_uint_eq(n->dirty, UINT32_MAX);
    ck_assert(!n->checked && !n->pdptrs_held);
    n->l2 = false;
    pn_hw_load_vmcs(PN_VMCS01);
    runs(n);
    ck_assert_uint_eq(model_nested()->writes02, 77);
    leave(n);
    F(GUEST_RFLAGS) = 0; /* bit 1 must be 1 */
    n->checked = false;
    ck_assert_int_eq(entry(n).kind, PN_VMX_ENTRY_FAILED);
    ck_assert_uint_eq(F(EXIT_REASON), 0x80000021);
    ck_assert(!n->l2 && !n->checked);
    ck_assert_uint_eq(model_nested()->writes02, 0);
    ck_assert_uint_eq(model_nested()->current, PN_VMCS01);
}
END_TEST

START_TEST(controls_before_host_state)
{
    struct pn_nested_vmx *n = start();

    F(PIN_CTL) = 0;
    F(HOST_CR0) = 0;
    ck_assert_int_eq(entry(n).error, 7);
    F(PIN_CTL) = PIN_0;
    ck_assert_int_eq(entry(n).error, 8);
    F(HOST_CR0) = 0x80050033;
    runs(n);
    ck_assert(n->checked);
}
END_TEST

/* A good round; vmcs02 has what vmcs12 has, the checks are not run again. */
static struct pn_nested_vmx *round_made(void)
{
    struct pn_nested_vmx *n = start();

    F(EXIT_CTL) |= BIT(2) | BIT(18) | BIT(19) | BIT(20) | BIT(21);
    runs(n);
    pn_nested_entered(n, false);
    return n;
}

/* L2 leaves as `reason` 10 says; vmcs02 is as the test has made it. */
static void exits(struct pn_nested_vmx *n)
{
    struct fixture *f = fresh();
    const struct pn_l2_exit x = {.reason = 10, .length = 2};

    model_nested_round();
    ck_assert_int_eq(pn_nested_exit(n, &f->v, x).kind, PN_VMX_SUCCEED);
    model_nested_round();
}

/* 27.5.1: what the exit does not load is L2's: PAT, and of EFER all but LMA and LME. */
START_TEST(exit_that_loads_no_pat_and_efer)
{
    struct pn_nested_vmx *n = start();

    F(GUEST_EFER) = BIT(11) | BIT(0);
    runs(n);
    pn_nested_entered(n, false);
    exits(n);
    ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_EFER], BIT(11) | BIT(10) | BIT(8) | BIT(0));
    ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_PAT], 0x0007040600070406);
    ck_assert_uint_eq(F(EXIT_ERROR), 0);
}
END_TEST

static struct pn_outcome vmwrite(struct pn_nested_vmx *n, int field, uint64_t value)
{
    pn_save_segments(n);
    return pn_vmwrite(n, mode, pn_field_encoding(field), value);
}

static void refused33(struct pn_nested_vmx *n)
{
    ck_assert_int_eq(entry(n).kind, PN_VMX_ENTRY_FAILED);
    ck_assert_uint_eq(F(EXIT_REASON), 0x80000021);
    ck_assert_uint_eq(F(EXIT_QUALIFICATION), 0);
    ck_assert_uint_eq(n->dirty, UINT32_MAX);
}

/* Linked where contracts are executed. */
__attribute__((weak)) void pn_check_reset(void);

/* The verdict stands: nothing of the host area is looked at while no VMWRITE has touched it. What L1 cannot do, the test does,
 * and the checks must not see it; the contract does. */
START_TEST(verdict_stands)
{
    struct pn_nested_vmx *n = round_made();

    exits(n);
    ck_assert_uint_eq(n->dirty, 0);
    pn_save_segments(n); /* the same as before */
    ck_assert_uint_eq(n->dirty, BIT(PN_HAS_SEGMENTS));
    F(HOST_CR0) = 0;
    F(GUEST_CR4) = 0;
    F(GUEST_TR_AR_BYTES) = 0;
    if (pn_check_reset) {
        struct fixture *f = fresh();

        BREAKS(f, "pn_nested_enter: verdict", (void)entry(n));
        return;
    }
    runs(n);
    ck_assert_uint_eq(model_nested()->writes02, 4);
}
END_TEST

/* L1 spoils one field after a good round, by VMWRITE: it is found, each time with the number of its area. */
START_TEST(verdict_ends_with_vmwrite)
{
    static const struct {
        int field;
        uint64_t value;
        uint8_t error; /* 0: exit 33 */
    } bad[] = {
        {PN_F_HOST_CR0, 0, 8},          {PN_F_HOST_CR4, 0, 8},           {PN_F_HOST_CR3, UINT64_MAX, 8},
        {PN_F_HOST_TR_SELECTOR, 0, 8},  {PN_F_HOST_GS_BASE, BIT(62), 8}, {PN_F_HOST_RIP, BIT(62), 8},
        {PN_F_HOST_SYSENTER_EIP, BIT(62), 8}, {PN_F_HOST_EFER, 0, 8},    {PN_F_HOST_PAT, 2, 8},
        {PN_F_EXIT_CTL, EXIT_0 | BIT(21), 8}, {PN_F_PIN_CTL, 0, 7},      {PN_F_ENTRY_CTL, 0, 7},
        {PN_F_GUEST_CR0, 0x31, 0},      {PN_F_GUEST_CR3, BIT(50), 0},    {PN_F_GUEST_CR4, 0, 0},
        {PN_F_GUEST_DR7, BIT(33), 0},   {PN_F_GUEST_DEBUGCTL, 4, 0},     {PN_F_GUEST_PAT, 2, 0},
        {PN_F_GUEST_EFER, BIT(10), 0},  {PN_F_GUEST_SYSENTER_ESP, BIT(62), 0}, {PN_F_GUEST_CS_AR_BYTES, 0xc093, 0},
        {PN_F_GUEST_SS_SELECTOR, 3, 0}, {PN_F_GUEST_TR_LIMIT, BIT(20), 0}, {PN_F_GUEST_GDTR_BASE, BIT(62), 0},
        {PN_F_GUEST_IDTR_LIMIT, BIT(16), 0}, {PN_F_GUEST_LDTR_AR_BYTES, 0x81, 0}, {PN_F_GUEST_RIP, BIT(32), 0},
        {PN_F_GUEST_RFLAGS, 0, 0},      {PN_F_GUEST_ACTIVITY, 4, 0},     {PN_F_GUEST_INTERRUPTIBILITY, 3, 0},
        {PN_F_GUEST_PENDING_DEBUG, BIT(13), 0}, {PN_F_GUEST_RFLAGS, BIT(17) | 2, 0},
    };

    for (unsigned k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct pn_nested_vmx *n = round_made();

        exits(n);
        ck_assert_int_eq(vmwrite(n, bad[k].field, bad[k].value).kind, PN_VMX_SUCCEED);
        if (!bad[k].error) {
            refused33(n);
            continue;
        }
        ck_assert_int_eq(entry(n).error, bad[k].error);
        ck_assert_uint_eq(n->dirty, UINT32_MAX); /* and at the next entry all is looked at again */
        ck_assert_int_eq(entry(n).error, bad[k].error);
    }
}
END_TEST

/* A control makes a rule apply that did not at the entry before. */
START_TEST(verdict_ends_with_controls)
{
    struct pn_nested_vmx *n = start();

    F(HOST_EFER) = 0; /* not loaded */
    F(ENTRY_CTL) &= ~BIT(14);
    F(GUEST_PAT) = 2; /* neither */
    F(EXIT_CTL) |= BIT(2) | BIT(18) | BIT(20);
    runs(n);
    model_nested()->vmcs02[PN_F_GUEST_PAT] = 2;
    pn_nested_entered(n, false);
    exits(n);
    ck_assert_uint_eq(n->dirty, 0);
    ck_assert_int_eq(vmwrite(n, PN_F_ENTRY_CTL, F(ENTRY_CTL) | BIT(14)).kind, PN_VMX_SUCCEED);
    refused33(n);
    ck_assert_int_eq(vmwrite(n, PN_F_ENTRY_CTL, F(ENTRY_CTL) & ~BIT(14)).kind, PN_VMX_SUCCEED);
    runs(n);
    model_nested()->vmcs02[PN_F_GUEST_PAT] = 2;
    pn_nested_entered(n, false);
    exits(n);
    ck_assert_int_eq(vmwrite(n, PN_F_EXIT_CTL, F(EXIT_CTL) | BIT(21)).kind, PN_VMX_SUCCEED);
    ck_assert_int_eq(entry(n).error, 8);
}
END_TEST

/* What L2 leaves is looked at again, whatever the processor thought of it: SDM 26.3.1 is checked here. */
START_TEST(verdict_ends_with_what_l2_changes)
{
    static const int fields[] = {PN_F_GUEST_CR4, PN_F_GUEST_DR7, PN_F_GUEST_DEBUGCTL, PN_F_GUEST_PAT, PN_F_GUEST_EFER,
                                 PN_F_GUEST_ES_SELECTOR, PN_F_GUEST_GDTR_LIMIT, PN_F_GUEST_TR_AR_BYTES,
                                 PN_F_GUEST_SYSENTER_CS, PN_F_GUEST_PENDING_DEBUG};

    for (unsigned k = 0; k < sizeof fields / sizeof *fields; k++) {
        struct pn_nested_vmx *n = round_made();

        const bool late = fields[k] >= PN_G_SEGMENTS && fields[k] < PN_G_SEGMENTS_END;

        model_nested()->vmcs02[fields[k]] ^= BIT(6);
        exits(n);
        ck_assert_uint_eq(n->dirty, late ? 0 : 1u << PN_GROUP_EXIT);
        pn_save_segments(n);
        ck_assert_uint_eq(n->dirty, 1u << PN_GROUP_EXIT | 1u << PN_HAS_SEGMENTS);
    }
    for (int f = PN_F_GUEST_ES_LIMIT; f <= PN_F_GUEST_TR_LIMIT; f++) {
        struct pn_nested_vmx *n = round_made();

        model_nested()->vmcs02[f] = 0x100000; /* bytes, and more than 20 bits: never right but unusable */
        exits(n);
        pn_save_segments(n);
        n->vmcs12.f[f - PN_F_GUEST_ES_LIMIT + PN_F_GUEST_ES_AR_BYTES] &= ~BIT(15);
        if (f != PN_F_GUEST_LDTR_LIMIT)
            refused33(n);
    }
}
END_TEST

/* Of RFLAGS the segments' rules read VM: L1 makes the guest a virtual-8086 one, and a plain one again, without VMWRITE. */
START_TEST(verdict_is_not_for_virtual_8086)
{
    struct pn_nested_vmx *n = round_made();

    exits(n);
    pn_save_segments(n);
    F(GUEST_RFLAGS) |= BIT(17); /* through the shadow VMCS */
    n->dirty |= 1u << PN_GROUP_BASIC;
    refused33(n);
    for (int i = 0; i < 6; i++) {
        n->vmcs12.f[PN_F_GUEST_ES_BASE + i] = 16 * n->vmcs12.f[PN_F_GUEST_ES_SELECTOR + i];
        n->vmcs12.f[PN_F_GUEST_ES_LIMIT + i] = 0xffff;
        n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i] = 0xf3;
    }
    runs(n);
    pn_nested_entered(n, false);
    exits(n);
    ck_assert_uint_eq(n->dirty, 1u << PN_GROUP_EXIT); /* it was right for a virtual-8086 guest only */
    F(GUEST_RFLAGS) &= ~BIT(17);
    refused33(n); /* CS is data, SS has DPL 3 and RPL 0 */
}
END_TEST

/* L1's own mode is asked each time. */
START_TEST(verdict_and_l1s_mode)
{
    const struct pn_l1_mode legacy = {.cr0 = 0x80000021, .cr4 = 0x2020, .rflags = 2, .feature_control = 5};
    struct pn_nested_vmx *n = round_made();

    exits(n);
    pn_settle_segments(n);
    ck_assert_int_eq(pn_nested_enter(n, legacy, false, l0).error, 8);
}
END_TEST

START_TEST(msr_list_that_cannot_be_loaded)
{
    struct pn_nested_vmx *n = start();

    runs(n);
    leave(n);
    F(ENTRY_LOAD_COUNT) = 1;
    F(ENTRY_LOAD_ADDR) = LIST;
    *model_word(LIST) = 0x12345; /* no such MSR */
    ck_assert_int_eq(entry(n).kind, PN_VMX_ENTRY_FAILED);
    ck_assert_uint_eq(F(EXIT_REASON), 0x80000022);
    ck_assert_uint_eq(F(EXIT_QUALIFICATION), 1);
    ck_assert(!n->l2 && !n->entry_pending);
    ck_assert_uint_eq(n->dirty, UINT32_MAX);
    ck_assert_uint_eq(model_nested()->current, PN_VMCS01);
}
END_TEST

/* Museum row 40 and others: which bits are whose. */
START_TEST(control_words)
{
    ck_assert_uint_eq(pn_merge_pin(0x29, 0xc0), 0x69);
    ck_assert_uint_eq(pn_merge_pin(0x69, 0), 0x29);
    ck_assert_uint_eq(pn_merge_proc(0, 0) & (BIT(19) | BIT(20) | BIT(21)), BIT(19) | BIT(20));
    ck_assert_uint_eq(pn_merge_proc(BIT(21), BIT(21)) & (BIT(19) | BIT(20) | BIT(21)), BIT(21));
    ck_assert_uint_eq(pn_merge_proc(BIT(25) | BIT(17), BIT(25) | BIT(27)) & (BIT(17) | BIT(24) | BIT(25) | BIT(27)), BIT(24));
    ck_assert_uint_eq(pn_merge_proc(BIT(2), BIT(22)), BIT(2) | BIT(22) | BIT(19) | BIT(20) | BIT(24) | BIT(28) | BIT(31));
    ck_assert_uint_eq(pn_merge_proc2(0x1010aa, 0, ~0ull), BIT(1) | BIT(5));
    ck_assert_uint_eq(pn_merge_proc2(BIT(2) | BIT(7), BIT(31), ~0ull), 0x1118ef);
    ck_assert_uint_eq(pn_merge_entry(0xd1ff, BIT(9) | BIT(13)), 0xd1ff | BIT(9));
    ck_assert_uint_eq(pn_merge_exit(BIT(22), 0, ~0ull), 0);
    ck_assert_uint_eq(pn_merge_exit(0, BIT(6), ~0ull), BIT(22));
    ck_assert_uint_eq(pn_merge_exit(0, BIT(6), 0), 0);
}
END_TEST

START_TEST(page_faults)
{
    const struct pn_page_faults asked = {.mask = 5, .match = 1};
    struct pn_page_faults p = pn_merge_page_faults(0, BIT(14), asked);

    ck_assert(p.mask == 5 && p.match == 1);
    p = pn_merge_page_faults(BIT(14), 0, asked);
    ck_assert(p.mask == 0 && p.match == 0);
    ck_assert_uint_eq(pn_merge_exceptions(BIT(17), BIT(14)), BIT(17) | BIT(14));
}
END_TEST

START_TEST(control_registers)
{
    ck_assert_uint_eq(pn_merge_cr(0x6000, 0x2000, 0x4020), 0x2020);
    ck_assert_uint_eq(pn_merge_cr_mask(0x6000, 1), 0x6001);
    ck_assert_uint_eq(pn_merge_cr_shadow(1, 0, 0x21), 0x20);
}
END_TEST

/* Museum row 56: DR7, DEBUGCTL, PAT and EFER alike, only for an entry of L1's and only with the control. */
START_TEST(gated_registers)
{
    struct pn_nested_vmx *n = start();

    ck_assert_uint_eq(pn_merge_gated(false, ~0ull, 2, 1, 2), 2);
    ck_assert_uint_eq(pn_merge_efer(false, BIT(15), 1, 2, 0), 2);
    ck_assert_uint_eq(pn_merge_efer(true, BIT(15), 1, 2, 0), 1);
    ck_assert_uint_eq(pn_merge_efer(true, 0, 1, 0xd01, BIT(31)), 0x801);
    ck_assert_uint_eq(pn_merge_efer(true, 0, 1, 0xd01, 0), 0x901);
    F(ENTRY_CTL) = ENTRY_0;
    runs(n);
    ck_assert_uint_eq(V02(GUEST_DR7), 0x455);
    ck_assert_uint_eq(V02(GUEST_PAT), 0x0606060606060606);
    ck_assert_uint_eq(V02(GUEST_EFER), 0x801);
    leave(n);
    model_nested()->vmcs01[PN_F_GUEST_PAT] = 0x0404040404040404; /* L1's own changes, and no field of vmcs12 */
    runs(n);
    ck_assert_uint_eq(V02(GUEST_PAT), 0x0404040404040404);
    ck_assert_uint_eq(model_nested()->writes02, 8);
}
END_TEST

START_TEST(tsc_offsets_add_up)
{
    ck_assert_uint_eq(pn_merge_tsc(5, 0, 7), 5);
    ck_assert_uint_eq(pn_merge_tsc(5, BIT(3), 7), 12);
    ck_assert_uint_eq(pn_merge_tsc(~0ull, BIT(3), 7), 6);
}
END_TEST

START_TEST(msr_bitmap)
{
    struct pn_nested_vmx *n = start();
    struct model_nested *m = model_nested();

    F(PROC_CTL) |= BIT(28);
    F(MSR_BITMAP) = BITMAP;
    m->bitmap01[5] = 1;
    *model_word(BITMAP + 8 * 5) = 2;
    *model_word(BITMAP + 8 * (256 + 130)) = 4;
    runs(n);
    ck_assert_uint_eq(m->bitmap02[5], 3);
    ck_assert_uint_eq(m->bitmap02[256 + 130], 4);
    ck_assert_uint_eq(m->bitmap02[0], 0);
    ck_assert_uint_eq(m->bitmap02[2], UINT64_MAX);
    leave(n);
    *model_word(BITMAP) = 8; /* memory, no VMWRITE */
    runs(n);
    ck_assert_uint_eq(m->bitmap02[0], 8);
    leave(n);
    F(PROC_CTL) &= ~BIT(28);
    n->dirty |= 1u << PN_GROUP_CONTROLS;
    runs(n);
    ck_assert_uint_eq(m->bitmap02[0], UINT64_MAX);
}
END_TEST

START_TEST(pages_that_are_not_l1s)
{
    struct pn_nested_vmx *n = start();

    model_nested()->hidden = OWN;
    model_nested()->hidden_end = OWN + 0x1000;
    F(PROC_CTL) |= BIT(21);
    F(VIRTUAL_APIC) = OWN;
    runs(n);
    ck_assert_uint_ne(V02(VIRTUAL_APIC), OWN);
    leave(n);
    F(VIRTUAL_APIC) = APIC;
    n->dirty |= 1u << PN_GROUP_CONTROLS;
    runs(n);
    ck_assert_uint_eq(V02(VIRTUAL_APIC), APIC);
}
END_TEST

/* VE-025: VTPR is looked at at every entry, for L1 writes it as it likes. */
START_TEST(vtpr_is_read_each_time)
{
    struct pn_nested_vmx *n = start();

    F(PROC_CTL) |= BIT(21);
    F(VIRTUAL_APIC) = APIC;
    F(TPR_THRESHOLD) = 3;
    ck_assert_int_eq(entry(n).error, 7);
    *model_word(APIC + 0x80) = 0x30;
    runs(n);
    leave(n);
    *model_word(APIC + 0x80) = 0x20;
    ck_assert_int_eq(entry(n).error, 7);
}
END_TEST

/* Claim 3: written exactly when vmcs02 may not hold them. */
START_TEST(pdptes_of_the_fields)
{
    struct pn_nested_vmx *n = start();

    ck_assert(pn_pdptrs_in_use(n));
    runs(n);
    ck_assert(n->pdptrs_held);
    leave(n);
    F(GUEST_PDPTR1) = 0x9001;
    n->dirty |= 1u << PN_GROUP_PDPTRS;
    n->pdptrs_held = false;
    F(GUEST_CR4) = 0x2000; /* no PAE: not written, and still owed */
    n->dirty |= 1u << PN_GROUP_REGISTERS;
    runs(n);
    ck_assert_uint_eq(V02(GUEST_PDPTR1), 0x2001);
    pn_save_segments02(n);
    pn_nested_entered(n, true);
    n->l2 = false;
    pn_hw_load_vmcs(PN_VMCS01);
    F(GUEST_CR4) = 0x2020;
    runs(n);
    ck_assert_uint_eq(V02(GUEST_PDPTR1), 0x9001);
}
END_TEST

START_TEST(pdptes_of_memory)
{
    struct pn_nested_vmx *n = start();

    F(PROC2_CTL) = BIT(5);
    for (unsigned int i = 0; i < 4; i++)
        *model_word(TABLES + 8 * i) = 0x20001 + 0x1000 * i;
    runs(n);
    ck_assert_uint_eq(V02(GUEST_PDPTR2), 0x22001);
    ck_assert_uint_eq(V02(EPT_POINTER), l0.eptp01);
    ck_assert(!n->pdptrs_held);
    leave(n);
    *model_word(TABLES + 16) = 0x30001;
    runs(n);
    ck_assert_uint_eq(V02(GUEST_PDPTR2), 0x30001);
    leave(n);
    *model_word(TABLES + 16) = 0x30001 | 2; /* reserved */
    ck_assert_int_eq(entry(n).kind, PN_VMX_ENTRY_FAILED);
    ck_assert_uint_eq(F(EXIT_QUALIFICATION), 2);
}
END_TEST

/* Museum rows 58 and 59. */
START_TEST(translations_are_flushed)
{
    struct pn_nested_vmx *n = start();

    runs(n);
    leave(n);
    F(VPID) = 8;
    n->dirty |= 1u << PN_GROUP_CONTROLS;
    runs(n);
    ck_assert_uint_eq(model_nested()->flushes, 2);
    leave(n);
    runs(n);
    ck_assert_uint_eq(model_nested()->flushes, 2);
    leave(n);
    F(PROC2_CTL) = BIT(1); /* no VPID: every entry */
    n->dirty |= 1u << PN_GROUP_CONTROLS;
    runs(n);
    leave(n);
    runs(n);
    ck_assert_uint_eq(model_nested()->flushes, 4);
}
END_TEST

/* Changed mappings: what L1 says by INVVPID the next entry does, whatever the VPID, and only that one. */
START_TEST(an_invvpid_is_done_by_the_next_entry)
{
    struct pn_nested_vmx *n = start();
    unsigned flushes;

    n->caps.ept_vpid |= INVVPIDS;
    runs(n);
    leave(n);
    flushes = model_nested()->flushes;
    for (unsigned k = 0; k < 4; k++) {
        ck_assert_int_eq(pn_invvpid(n, mode, k, 9, 0, 0).kind, PN_VMX_SUCCEED);
        ck_assert_int_eq(pn_invvpid(n, mode, 4, 9, 0, 0).kind, PN_VMX_FAIL_VALID); /* takes nothing back */
        ck_assert(model_nested()->flush_owed);
        ck_assert_uint_eq(n->dirty, BIT(PN_DUE_FLUSH)); /* no group of fields is written again */
        ck_assert_uint_eq(model_nested()->flushes, flushes);
        model_nested()->writes02 = 0;
        runs(n);
        ck_assert_uint_eq(model_nested()->flushes, ++flushes);
        ck_assert(!model_nested()->flush_owed);
        ck_assert_uint_le(model_nested()->writes02, 12);
        leave(n);
        ck_assert_uint_eq(n->dirty, 0);
        runs(n);
        ck_assert_uint_eq(model_nested()->flushes, flushes);
        leave(n);
    }
    ck_assert_int_eq(pn_invvpid(n, mode, 1, 0, 0, 0).kind, PN_VMX_FAIL_VALID);
    ck_assert_uint_eq(n->dirty, 0);
}
END_TEST

/* An entry that fails has not done it: the one behind it does. */
START_TEST(an_invvpid_outlives_a_failed_entry)
{
    struct pn_nested_vmx *n = start();

    n->caps.ept_vpid |= INVVPIDS;
    runs(n);
    leave(n);
    ck_assert_int_eq(pn_invvpid(n, mode, 2, 0, 0, 0).kind, PN_VMX_SUCCEED);
    model_nested()->flushes = 0;
    pn_settle_segments(n);
    ck_assert_int_eq(pn_nested_enter(n, mode, n->launched, l0).kind, PN_VMX_FAIL_VALID);
    ck_assert_uint_eq(model_nested()->flushes, 0);
    runs(n);
    ck_assert_uint_eq(model_nested()->flushes, 1);
}
END_TEST

/* Clean fields of an enlightened VMCS. */
START_TEST(clean_groups)
{
    ck_assert_uint_eq(pn_evmcs_consumed(0xfffff7ff, false), 0x0800);
    ck_assert_uint_eq(pn_evmcs_consumed(0xffff, false), 0);
    ck_assert_uint_eq(pn_evmcs_consumed(0xffff, true), 0xffff);
    ck_assert_uint_eq(pn_evmcs_dirty(0), 0);
    ck_assert_uint_eq(pn_evmcs_dirty(BIT(9)), 1u << PN_GROUP_CONTROLS);
    ck_assert_uint_eq(pn_evmcs_dirty(BIT(8) | BIT(12)), 1u << PN_GROUP_REGISTERS | 1u << PN_GROUP_SEGMENTS);
    ck_assert_uint_eq(pn_evmcs_dirty(BIT(11)), 1u << PN_GROUP_REGISTERS | 1u << PN_GROUP_RARE | 1u << PN_GROUP_PDPTRS |
                                                   1u << PN_GROUP_OTHER);
    ck_assert_uint_eq(pn_evmcs_dirty(BIT(13)), 1u << PN_GROUP_HOST);
    ck_assert_uint_eq(pn_evmcs_dirty(BIT(14)), 1u << PN_GROUP_HOST);
    ck_assert_uint_eq(pn_evmcs_dirty(BIT(10) | BIT(15)), 0);
    for (unsigned int k = 0; k <= 7; k++) /* an event alone is no reason to write the controls again */
        ck_assert_uint_eq(pn_evmcs_dirty(1u << k), 1u << (k == 5 ? PN_GROUP_EVENT : PN_GROUP_CONTROLS));
}
END_TEST

START_TEST(clean_bits_are_set_by_success)
{
    ck_assert_uint_eq(pn_evmcs_marked(0x10040, false), 0x10040);
    ck_assert_uint_eq(pn_evmcs_marked(0x10040, true), 0x1ffff);
    ck_assert(pn_evmcs_pdptrs_held(true, BIT(12)));
    ck_assert(!pn_evmcs_pdptrs_held(true, BIT(11)));
    ck_assert(!pn_evmcs_pdptrs_held(false, 0));
}
END_TEST

TCase *vmx_entry_tests(void)
{
    TCase *t = tcase_create("vmx_entry");

    tcase_add_test(t, first_entry_writes_everything);
    tcase_add_test(t, clean_entry_writes_four);
    tcase_add_test(t, each_group_alone);
    tcase_add_test(t, failed_entry_makes_nothing_clean);
    tcase_add_test(t, controls_before_host_state);
    tcase_add_test(t, exit_that_loads_no_pat_and_efer);
    tcase_add_test(t, verdict_stands);
    tcase_add_test(t, verdict_ends_with_vmwrite);
    tcase_add_test(t, verdict_ends_with_controls);
    tcase_add_test(t, verdict_ends_with_what_l2_changes);
    tcase_add_test(t, verdict_is_not_for_virtual_8086);
    tcase_add_test(t, verdict_and_l1s_mode);
    tcase_add_test(t, msr_list_that_cannot_be_loaded);
    tcase_add_test(t, control_words);
    tcase_add_test(t, page_faults);
    tcase_add_test(t, control_registers);
    tcase_add_test(t, gated_registers);
    tcase_add_test(t, tsc_offsets_add_up);
    tcase_add_test(t, msr_bitmap);
    tcase_add_test(t, pages_that_are_not_l1s);
    tcase_add_test(t, vtpr_is_read_each_time);
    tcase_add_test(t, pdptes_of_the_fields);
    tcase_add_test(t, pdptes_of_memory);
    tcase_add_test(t, translations_are_flushed);
    tcase_add_test(t, an_invvpid_is_done_by_the_next_entry);
    tcase_add_test(t, an_invvpid_outlives_a_failed_entry);
    tcase_add_test(t, clean_groups);
    tcase_add_test(t, clean_bits_are_set_by_success);
    return t;
}
