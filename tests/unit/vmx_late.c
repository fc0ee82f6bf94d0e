/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/vmx/late.c: an exit leaves L2's segments in vmcs02, but for the access rights of CS and SS, until L1 looks or an entry rests on
 * them. L1 cannot tell (SDM 27.3.2): whatever it does next, it finds what L2 left.
 */
#include <string.h>

#include <provenest/vmx_entry.h>
#include <provenest/vmx_exit.h>
#include <provenest/vmx_insn.h>

#include "../../vendor/model/vmcs.h"
#include "fields.h"
#include "support.h"
#include "vmx_base.h"

#define F(name) n.vmcs12.f[PN_F_##name]
#define HAS (1u << PN_HAS_SEGMENTS)

enum { OTHER = 0x4000, FIRST = PN_F_GUEST_ES_SELECTOR, LAST = PN_F_GUEST_IDTR_LIMIT };

static struct pn_nested_vmx n;
static struct fixture *f;

/* An unrestricted guest in long mode; everything is saved that L1 can ask for. */
static void start(void)
{
    f = fresh();
    model_nested_reset();
    *model_word(CURRENT) = *model_word(OTHER) = 0x12;
    model_nested()->vmcs01[PN_F_GUEST_DR7] = 0x400;
    model_nested()->vmcs01[PN_F_GUEST_EFER] = 0xd01;
    vmx_base(&n, LONG);
    F(PROC2_CTL) |= BIT(7);
    F(EXIT_CTL) |= BIT(2) | BIT(18) | BIT(19) | BIT(20) | BIT(21);
}

static struct pn_outcome entry(void)
{
    model_nested_round();
    pn_settle_segments(&n);
    model_nested()->writes02 = 0;
    return pn_nested_enter(&n, mode, !n.launched, l0);
}

static void runs(void)
{
    HOLDS(entry().kind == PN_VMX_ENTER);
    model_nested_ran();
    pn_nested_entered(&n, false);
    HOLDS(n.dirty == 0);
}

static void exits(void)
{
    const struct pn_l2_exit x = {.reason = 10, .length = 2};

    HOLDS(pn_nested_exit(&n, &f->v, x).kind == PN_VMX_SUCCEED);
    model_nested_round();
}

/* L2 has run; `field` of its segments is `value`, and L1 has the exit. */
static void leaves(int field, uint64_t value)
{
    runs();
    model_nested()->vmcs02[field] = value;
    exits();
}

static uint64_t another(int field)
{
    return pn_field_narrow(field, ~n.vmcs12.f[field]);
}

static bool early(int field)
{
    return field == PN_F_GUEST_CS_AR_BYTES || field == PN_F_GUEST_SS_AR_BYTES;
}

static uint64_t vmread(int field)
{
    uint64_t value = 0;

    pn_save_segments(&n);
    HOLDS(pn_vmread(&n, mode, pn_field_encoding(field), &value).kind == PN_VMX_SUCCEED);
    return value;
}

/* ---- An exit, and what L1 reads then ---- */

START_TEST(an_exit_leaves_them)
{
    const struct pn_vmcs12 before = (start(), n.vmcs12);

    runs();
    for (int i = FIRST; i <= LAST; i++)
        model_nested()->vmcs02[i] = another(i);
    exits();
    for (int i = FIRST; i <= LAST; i++)
        HOLDS(n.vmcs12.f[i] == (early(i) ? model_nested()->vmcs02[i] : before.f[i]));
    HOLDS(n.dirty == 1u << PN_GROUP_EXIT); /* for those rights */
    HOLDS(model_nested()->unsaved && model_nested()->current == PN_VMCS01);
}
END_TEST

/* Each field alone: all others are L2's too, for they have not changed. */
START_TEST(each_field_arrives)
{
    for (int i = FIRST; i <= LAST; i++) {
        struct pn_vmcs12 want;
        struct pn_nested_vmx was;

        start();
        leaves(i, another(i));
        want = n.vmcs12;
        want.f[i] = model_nested()->vmcs02[i];
        was = n;
        pn_save_segments(&n);
        HOLDS(memcmp(&n.vmcs12, &want, sizeof want) == 0);
        HOLDS(n.dirty == (HAS | 1u << PN_GROUP_EXIT)); /* such segments have not been looked at */
        HOLDS(!model_nested()->unsaved && model_nested()->current == PN_VMCS01);
        was.vmcs12 = want;
        was.dirty = n.dirty;
        HOLDS(memcmp(&n, &was, sizeof n) == 0);
    }
}
END_TEST

START_TEST(the_same_keep_the_verdict)
{
    unsigned int loads;

    start();
    runs();
    exits();
    HOLDS(n.dirty == 0);
    pn_save_segments(&n);
    HOLDS(n.dirty == HAS && n.checked);
    loads = model_nested()->loads;
    pn_save_segments(&n); /* nothing is late now */
    HOLDS(n.dirty == HAS && model_nested()->loads == loads);
}
END_TEST

/* VMREAD of each, at once; of all, one after the other; and behind another round in which L1 did not look. */
START_TEST(vmread_of_each)
{
    for (int i = FIRST; i <= LAST; i++) {
        const uint64_t old = (start(), n.vmcs12.f[i]), value = another(i);

        leaves(i, value);
        HOLDS(vmread(i) == value);
        for (int k = FIRST; k <= LAST; k++)
            HOLDS(vmread(k) == model_nested()->vmcs02[k]);
        start();
        leaves(i, value);
        model_nested()->vmcs02[i] = old; /* L2 put it back */
        pn_save_segments(&n);
        HOLDS(vmread(i) == old);
    }
}
END_TEST

START_TEST(two_rounds_without_a_look)
{
    start();
    leaves(PN_F_GUEST_GDTR_BASE, 0x5000);
    leaves(PN_F_GUEST_FS_SELECTOR, 0x20); /* in between nothing was fetched */
    HOLDS(F(GUEST_GDTR_BASE) == 0 && F(GUEST_FS_SELECTOR) == 0x10 && n.dirty == 0);
    HOLDS(vmread(PN_F_GUEST_GDTR_BASE) == 0x5000 && vmread(PN_F_GUEST_FS_SELECTOR) == 0x20);
}
END_TEST

/* What L1 writes then is what the next entry loads, and the rest is L2's. */
START_TEST(one_written)
{
    start();
    leaves(PN_F_GUEST_GS_BASE, 0x7000);
    pn_save_segments(&n);
    HOLDS(pn_vmwrite(&n, mode, pn_field_encoding(PN_F_GUEST_FS_BASE), 0x9000).kind == PN_VMX_SUCCEED);
    runs();
    HOLDS(model_nested()->vmcs02[PN_F_GUEST_FS_BASE] == 0x9000 && model_nested()->vmcs02[PN_F_GUEST_GS_BASE] == 0x7000);
}
END_TEST

/* ---- Entries ---- */

/* The reasons for which an entry fetches them. */
static void reason(unsigned int k)
{
    switch (k) {
    case 0:
        F(GUEST_RFLAGS) |= BIT(17);
        return;
    case 1:
        F(PROC2_CTL) &= ~BIT(7);
        return;
    case 2:
        F(PROC_CTL) &= ~BIT(31);
        return;
    case 3:
        F(ENTRY_LOAD_COUNT) = 1;
        return;
    default:
        return;
    }
}

static bool group_settles(unsigned int k)
{
    return k == PN_GROUP_CONTROLS || k == PN_GROUP_REGISTERS || k == PN_GROUP_SEGMENTS || k == PN_GROUP_EXIT;
}

START_TEST(settled_or_fetched)
{
    for (unsigned int k = 0; k < 32 + 5; k++)
        for (unsigned int had = 0; had < 2; had++) {
            const bool fetched = k < 32 ? group_settles(k) : k < 36;
            uint64_t base;

            if (k == PN_HAS_SEGMENTS)
                continue;
            start();
            leaves(PN_F_GUEST_ES_BASE, 0x6000);
            base = F(GUEST_ES_BASE);
            if (had)
                pn_save_segments(&n);
            if (k < 32)
                n.dirty |= 1u << k;
            else
                reason(k - 32);
            pn_settle_segments(&n);
            HOLDS((n.dirty >> PN_HAS_SEGMENTS & 1) == (fetched || had));
            HOLDS(F(GUEST_ES_BASE) == (fetched || had ? 0x6000 : base));
            HOLDS(model_nested()->unsaved == (!fetched && !had));
        }
}
END_TEST

/* They are not written, whatever vmcs12 has in their place; and are L2's at the next exit, too. */
START_TEST(an_entry_writes_none)
{
    uint64_t left[PN_FIELDS];

    start();
    runs();
    for (int i = FIRST; i <= LAST; i++)
        if (!early(i) && i != PN_F_GUEST_CS_SELECTOR)
            model_nested()->vmcs02[i] ^= i < PN_F_GUEST_ES_LIMIT ? 0x100 : 0; /* such as L2 can load */
    exits();
    memcpy(left, model_nested()->vmcs02, sizeof left);
    HOLDS(entry().kind == PN_VMX_ENTER && model_nested()->writes02 == 4);
    for (int i = FIRST; i <= LAST; i++)
        HOLDS(!model_nested()->written02[i] && model_nested()->vmcs02[i] == left[i]);
    model_nested_ran();
    pn_nested_entered(&n, false);
    exits();
    pn_save_segments(&n);
    for (int i = FIRST; i <= LAST; i++)
        HOLDS(n.vmcs12.f[i] == left[i]);
}
END_TEST

/* The processor refuses what L2 left; or anything else. L1 is told 33, and finds what L2 left. */
START_TEST(a_refused_entry_loses_nothing)
{
    const struct pn_vmcs12 before = (start(), n.vmcs12);

    leaves(PN_F_GUEST_TR_AR_BYTES, 0x10000);
    HOLDS(entry().kind == PN_VMX_ENTER);
    pn_save_segments02(&n);
    HOLDS(model_nested()->current == PN_VMCS02 && n.dirty == (HAS | 1u << PN_GROUP_EXIT));
    pn_nested_entered(&n, true);
    HOLDS(pn_entry_failure(&n, 33, 0, false).kind == PN_VMX_ENTRY_FAILED);
    HOLDS(F(EXIT_REASON) == 0x80000021 && n.dirty == UINT32_MAX);
    for (int i = FIRST; i <= LAST; i++)
        HOLDS(vmread(i) == (i == PN_F_GUEST_TR_AR_BYTES ? 0x10000 : before.f[i]));
    model_nested_round();
    HOLDS(entry().kind == PN_VMX_ENTRY_FAILED && model_nested()->writes02 == 0); /* the checks find it now */
    HOLDS(pn_vmwrite(&n, mode, pn_field_encoding(PN_F_GUEST_TR_AR_BYTES), 0x8b).kind == PN_VMX_SUCCEED);
    runs();
}
END_TEST

/* An entry that fails before the processor sees it (7, 8, 33): late segments stay late, or are fetched; none is lost. */
START_TEST(a_failed_entry_loses_nothing)
{
    static const int bad[] = {PN_F_ENTRY_INFO, PN_F_ENTRY_CTL, PN_F_HOST_CR0, PN_F_GUEST_RIP, PN_F_GUEST_CR4};

    for (unsigned int k = 0; k < sizeof bad / sizeof *bad; k++)
        for (unsigned int looks = 0; looks < 2; looks++) {
            const uint64_t old = (start(), n.vmcs12.f[bad[k]]);

            leaves(PN_F_GUEST_IDTR_BASE, 0x3000);
            n.vmcs12.f[bad[k]] = bad[k] == PN_F_ENTRY_INFO ? 0x800001ff : bad[k] == PN_F_GUEST_RIP ? BIT(62) : 0; /* as in the shadow VMCS */
            n.dirty |= 1u << (bad[k] == PN_F_ENTRY_INFO  ? PN_GROUP_EVENT
                              : bad[k] == PN_F_ENTRY_CTL ? PN_GROUP_CONTROLS
                              : bad[k] == PN_F_HOST_CR0  ? PN_GROUP_HOST
                              : bad[k] == PN_F_GUEST_RIP ? PN_GROUP_BASIC
                                                         : PN_GROUP_REGISTERS);
            n.checked = false;
            HOLDS(entry().kind != PN_VMX_ENTER && !n.l2 && model_nested()->current == PN_VMCS01);
            if (looks)
                HOLDS(vmread(PN_F_GUEST_IDTR_BASE) == 0x3000);
            n.vmcs12.f[bad[k]] = old;
            runs();
            HOLDS(model_nested()->vmcs02[PN_F_GUEST_IDTR_BASE] == 0x3000);
            exits();
            HOLDS(vmread(PN_F_GUEST_IDTR_BASE) == 0x3000);
        }
}
END_TEST

/* An exit before L2 has run again, by an event that waits: nothing has been saved, and nothing is lost. */
START_TEST(an_exit_before_l2_runs)
{
    for (unsigned int late = 0; late < 2; late++) {
        start();
        leaves(PN_F_GUEST_DS_LIMIT, 0xfffff);
        if (!late)
            pn_save_segments(&n);
        HOLDS(entry().kind == PN_VMX_ENTER);
        exits();
        HOLDS((n.dirty >> PN_HAS_SEGMENTS & 1) == !late);
        HOLDS(vmread(PN_F_GUEST_DS_LIMIT) == 0xfffff);
    }
}
END_TEST

/* ---- Another VMCS ---- */

START_TEST(two_vmcss_in_turn)
{
    start();
    leaves(PN_F_GUEST_ES_SELECTOR, 0x20);
    pn_save_segments(&n);
    HOLDS(pn_vmptrld(&n, mode, OTHER).kind == PN_VMX_SUCCEED);
    HOLDS((n.dirty & HAS) && F(GUEST_ES_SELECTOR) == 0);
    vmx_base(&n, LONG);
    n.current = OTHER;
    F(PROC2_CTL) |= BIT(7);
    leaves(PN_F_GUEST_ES_SELECTOR, 0x30);
    for (unsigned int k = 0; k < 6; k++) {
        pn_save_segments(&n);
        model_nested_round();
        HOLDS(pn_vmptrld(&n, mode, k % 2 ? OTHER : CURRENT).kind == PN_VMX_SUCCEED);
        HOLDS(vmread(PN_F_GUEST_ES_SELECTOR) == (k % 2 ? 0x30 : 0x20) + (k + 1) / 2u * 8 - (k % 2 ? 8 : 0));
        leaves(PN_F_GUEST_ES_SELECTOR, (k % 2 ? 0x30 : 0x20) + ((k + 1) / 2u + (k % 2 ? 0 : 1)) * 8);
    }
}
END_TEST

/* VMCLEAR writes what L2 left into L1's memory. */
START_TEST(a_cleared_vmcs_has_them)
{
    start();
    leaves(PN_F_GUEST_LDTR_BASE, 0x123000);
    pn_save_segments(&n);
    HOLDS(pn_vmclear(&n, mode, CURRENT).kind == PN_VMX_SUCCEED);
    HOLDS(*model_word(CURRENT + 16 + 8 * PN_F_GUEST_LDTR_BASE) == 0x123000);
    model_nested_round();
    HOLDS(pn_vmptrld(&n, mode, CURRENT).kind == PN_VMX_SUCCEED && n.dirty & HAS);
    HOLDS(vmread(PN_F_GUEST_LDTR_BASE) == 0x123000);
}
END_TEST

/* ---- What the seam and the contracts forbid ---- */

__attribute__((weak)) void pn_check_reset(void);

START_TEST(forgotten)
{
    uint64_t value;

    start();
    leaves(PN_F_GUEST_ES_SELECTOR, 0x20);
    BREAKS(f, "pn_hw_saved_segments: saved", pn_hw_saved_segments(&n));
    model_nested()->unsaved = true;
    model_nested()->current = PN_VMCS02;
    BREAKS(f, "pn_hw_write02: saved", pn_hw_write02(PN_F_GUEST_GS_BASE, 0));
    model_nested()->current = PN_VMCS01;
    if (!pn_check_reset)
        return;
    BREAKS(f, "pn_vmread: saved", (void)pn_vmread(&n, mode, 0x800, &value));
    BREAKS(f, "pn_vmwrite: saved", (void)pn_vmwrite(&n, mode, 0x800, 0));
    BREAKS(f, "pn_vmptrld: saved", (void)pn_vmptrld(&n, mode, OTHER));
    BREAKS(f, "pn_vmclear: saved", (void)pn_vmclear(&n, mode, OTHER));
    BREAKS(f, "pn_vmxoff: saved", (void)pn_vmxoff(&n, mode));
}
END_TEST

TCase *vmx_late_tests(void)
{
    TCase *t = tcase_create("vmx_late");

    tcase_add_test(t, an_exit_leaves_them);
    tcase_add_test(t, each_field_arrives);
    tcase_add_test(t, the_same_keep_the_verdict);
    tcase_add_test(t, vmread_of_each);
    tcase_add_test(t, two_rounds_without_a_look);
    tcase_add_test(t, one_written);
    tcase_add_test(t, settled_or_fetched);
    tcase_add_test(t, an_entry_writes_none);
    tcase_add_test(t, a_refused_entry_loses_nothing);
    tcase_add_test(t, a_failed_entry_loses_nothing);
    tcase_add_test(t, an_exit_before_l2_runs);
    tcase_add_test(t, two_vmcss_in_turn);
    tcase_add_test(t, a_cleared_vmcs_has_them);
    tcase_add_test(t, forgotten);
    return t;
}
