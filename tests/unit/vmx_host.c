/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nested VMX: the MSR bitmap of vmcs02, word by word, and what an exit of L2 loads of L1's segments (SDM 24.6.9, 27.5.2).
 */
#include <provenest/vmx_exit.h>

#include "../../vendor/model/vmcs.h"
#include "host.h"
#include "prepare_bitmap.h"
#include "support.h"

#define BIT(k) (1ull << (k))
enum { PAGE = 0x5000, HIDDEN = 0x6000, BITMAPS = 28 };

static const unsigned passed[] = {0, 1, 5, 7, 9, 27, 54, 130, 132};
enum { PASSED = sizeof passed / sizeof passed[0] };

static struct pn_nested_vmx n;

static void start(uint64_t proc, uint64_t page)
{
    model_nested_reset();
    n = (struct pn_nested_vmx){.caps = {.address_width = 40, .linear_width = 48}};
    n.vmcs12.f[PN_F_PROC_CTL] = proc;
    n.vmcs12.f[PN_F_MSR_BITMAP] = page;
    for (unsigned w = 0; w < PN_BITMAP_WORDS; w++) {
        model_nested()->bitmap02[w] = 0x5a5a;
        model_nested()->bitmap01[w] = 0xf0 + w;
        *model_word(PAGE + 8 * w) = (uint64_t)w << 32;
    }
    model_nested()->hidden = HIDDEN;
    model_nested()->hidden_end = HIDDEN + 0x1000;
}

static bool is_passed(unsigned w)
{
    for (unsigned i = 0; i < PASSED; i++)
        if (passed[i] == w % 256)
            return true;
    return false;
}

/* Reads and writes of every such MSR: what L0 or L1 wants; no other word is touched. */
START_TEST(words_merge)
{
    start(BIT(BITMAPS), PAGE);
    pn_merge_msr_bitmap(&n);
    for (unsigned w = 0; w < PN_BITMAP_WORDS; w++)
        ck_assert_uint_eq(model_nested()->bitmap02[w], is_passed(w) ? ((uint64_t)w << 32 | (0xf0 + w)) : 0x5a5a);
}
END_TEST

/* L1 uses no bitmap, or one that is not in its memory, which reads as all ones. */
START_TEST(all_exit)
{
    start(_i ? BIT(BITMAPS) : 0, _i ? HIDDEN : PAGE);
    pn_merge_msr_bitmap(&n);
    for (unsigned w = 0; w < PN_BITMAP_WORDS; w++)
        ck_assert_uint_eq(model_nested()->bitmap02[w], is_passed(w) ? UINT64_MAX : 0x5a5a);
}
END_TEST

/* L1 writes its bitmap while it is being read: a word is L1's of before or of after, and L0's whatever L1 does. */
static void clear(uint64_t address)
{
    *model_word(address) = 0;
}

START_TEST(l1_races)
{
    start(BIT(BITMAPS), PAGE);
    model_nested()->race = clear;
    pn_merge_msr_bitmap(&n);
    for (unsigned i = 0; i < PASSED; i++)
        ck_assert_uint_eq(model_nested()->bitmap02[passed[i] + 256],
                          (uint64_t)(passed[i] + 256) << 32 | (0xf0 + passed[i] + 256));
}
END_TEST

static const uint64_t *load(unsigned null, bool wide)
{
    static const struct pn_leaving b = {.cr0 = BIT(30) | BIT(4), .efer = 0, .pat = 7, .nmi_blocked = false};
    uint64_t *l1 = model_nested()->vmcs01;

    start(0, 0);
    for (unsigned f = 0; f < PN_FIELDS; f++)
        l1[f] = 0x7777;
    for (unsigned k = 0; k < 6; k++)
        n.vmcs12.f[PN_F_HOST_ES_SELECTOR + k] = k == null ? 0 : 8 * (k + 1);
    n.vmcs12.f[PN_F_HOST_TR_SELECTOR] = 0x80;
    n.vmcs12.f[PN_F_HOST_FS_BASE] = 0x4000;
    n.vmcs12.f[PN_F_HOST_GS_BASE] = 0x5000;
    n.vmcs12.f[PN_F_HOST_TR_BASE] = 0x6000;
    n.vmcs12.f[PN_F_HOST_CR0] = BIT(31) | BIT(29) | BIT(5) | BIT(0);
    n.vmcs12.f[PN_F_EXIT_CTL] = wide ? BIT(9) : 0;
    pn_load_host(&n, b);
    return l1;
}

/* 27.5.2, a segment at a time with a null selector: it is unusable, keeps DPL 0, and FS and GS keep their bases. */
START_TEST(segments)
{
    const unsigned null = _i == 1 ? 6 : (unsigned)_i; /* CS is never null; 6: none is */
    const uint64_t *l1 = load(null, true);
    static const uint64_t bases[] = {0, 0, 0, 0, 0x4000, 0x5000};

    for (unsigned k = 0; k < 6; k++) {
        ck_assert_uint_eq(l1[PN_F_GUEST_ES_SELECTOR + k], n.vmcs12.f[PN_F_HOST_ES_SELECTOR + k]);
        if (k == null)
            ck_assert_uint_eq(l1[PN_F_GUEST_ES_AR_BYTES + k] & 0x10060, 0x10000);
        else
            ck_assert_uint_eq(l1[PN_F_GUEST_ES_AR_BYTES + k], k == 1 ? 0xa09b : 0xc093);
        if (k != null || k > 3)
            ck_assert_uint_eq(l1[PN_F_GUEST_ES_BASE + k], bases[k]);
        if (k != null)
            ck_assert_uint_eq(l1[PN_F_GUEST_ES_LIMIT + k], 0xffffffff);
    }
    ck_assert_uint_eq(l1[PN_F_GUEST_LDTR_SELECTOR], 0);
    ck_assert_uint_eq(l1[PN_F_GUEST_LDTR_BASE], 0);
    ck_assert_uint_eq(l1[PN_F_GUEST_LDTR_AR_BYTES], 0x10000);
    ck_assert_uint_eq(l1[PN_F_GUEST_TR_SELECTOR], 0x80);
    ck_assert_uint_eq(l1[PN_F_GUEST_TR_BASE], 0x6000);
    ck_assert_uint_eq(l1[PN_F_GUEST_TR_LIMIT], 0x67);
    ck_assert_uint_eq(l1[PN_F_GUEST_TR_AR_BYTES], 0x8b);
}
END_TEST

/* The control "IA-32e mode guest" is written where it is wrong, and only its bit; CR0's bits that stay do. */
START_TEST(mode)
{
    const uint64_t *l1 = load(6, _i != 0);

    ck_assert_uint_eq(l1[PN_F_ENTRY_CTL], _i ? 0x7777 : 0x7577);
    ck_assert_uint_eq(l1[PN_F_GUEST_CS_AR_BYTES], _i ? 0xa09b : 0xc09b);
    ck_assert_uint_eq(l1[PN_F_GUEST_CR0], BIT(31) | BIT(30) | BIT(5) | BIT(4) | BIT(0));
    ck_assert_uint_eq(l1[PN_F_CR0_SHADOW], l1[PN_F_GUEST_CR0]);
}
END_TEST

/* 27.5.1, bit by bit: of CR0 the bits that an exit loads; CR4.PAE is 1 in 64-bit mode, CR4.PCIDE 0 outside. Shadows too. */
START_TEST(control_registers)
{
    static const uint64_t loaded = BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(5) | BIT(16) | BIT(18) | BIT(31);
    const uint64_t *l1 = model_nested()->vmcs01;

    start(0, 0);
    n.vmcs12.f[PN_F_EXIT_CTL] = _i ? BIT(9) : 0;
    for (unsigned k = 0; k < 64; k++) {
        const uint64_t host = BIT(k), left = ~BIT(k), cr0 = (host & loaded) | (left & ~loaded);
        const uint64_t cr4 = _i ? host | BIT(5) : host & ~BIT(17);

        n.vmcs12.f[PN_F_HOST_CR0] = n.vmcs12.f[PN_F_HOST_CR4] = host;
        pn_load_host(&n, (struct pn_leaving){.cr0 = left, .efer = 0, .pat = 7, .nmi_blocked = false});
        ck_assert(l1[PN_F_GUEST_CR0] == cr0 && l1[PN_F_CR0_SHADOW] == cr0);
        ck_assert(l1[PN_F_GUEST_CR4] == cr4 && l1[PN_F_CR4_SHADOW] == cr4);
    }
}
END_TEST

/* 27.5.4: L1's PDPTEs, each with each bit. Not present, any; else bits 2:1, 8:5 and those above the physical width are 0. */
START_TEST(pdptes)
{
    start(0, 0);
    n.vmcs12.f[PN_F_HOST_CR3] = PAGE;
    n.vmcs12.f[PN_F_HOST_CR4] = BIT(5);
    for (unsigned k = 0; k < 2 * 64; k++) {
        const bool reserved = k % 64 == 1 || k % 64 == 2 || (k % 64 >= 5 && k % 64 <= 8) || k % 64 >= 40;
        const uint64_t entry = (k < 64 ? 1 : 0) | BIT(k % 64), at = PAGE + 8 * (uint64_t)(k % 4);

        for (unsigned i = 0; i < 4; i++)
            *model_word(PAGE + 8 * i) = 0;
        *model_word(at) = entry;
        model_nested_round();
        ck_assert(pn_load_host_pdptes(&n) == !((entry & 1) && reserved));
        if (!((entry & 1) && reserved))
            ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_PDPTR0 + k % 4], entry);
    }
}
END_TEST

/* 26.8: an entry that fails at its MSR-load list (reason 34) has loaded L2's PAT and EFER, and the exit loads only what it is
   told to; one that fails before (33) has not. */
START_TEST(failed_entry)
{
    const uint32_t reason = _i ? 34 : 33;
    const uint64_t *l1 = model_nested()->vmcs01;

    (void)fresh();
    start(0, 0);
    n.vmxon = n.l2 = n.entry_pending = true;
    n.vmxon_pointer = 0x1000;
    n.current = 0x2000;
    n.vmcs12.f[PN_F_EXIT_CTL] = BIT(9);
    model_nested()->vmcs01[PN_F_GUEST_PAT] = 1;
    model_nested()->vmcs02[PN_F_GUEST_PAT] = 2;
    model_nested()->vmcs01[PN_F_GUEST_EFER] = BIT(0);
    model_nested()->vmcs02[PN_F_GUEST_EFER] = BIT(11) | BIT(8) | BIT(10);
    model_nested()->current = PN_VMCS02;
    ck_assert_int_eq(pn_entry_failure(&n, reason, 3, _i).kind, PN_VMX_ENTRY_FAILED);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_REASON], BIT(31) | reason);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_QUALIFICATION], 3);
    ck_assert_uint_eq(l1[PN_F_GUEST_PAT], _i ? 2 : 1);
    ck_assert_uint_eq(l1[PN_F_GUEST_EFER], BIT(8) | BIT(10) | (_i ? BIT(11) : BIT(0)));
    ck_assert_int_eq(model_nested()->current, PN_VMCS01);
}
END_TEST

TCase *vmx_host_tests(void)
{
    TCase *t = tcase_create("vmx_host");

    tcase_add_test(t, words_merge);
    tcase_add_loop_test(t, all_exit, 0, 2);
    tcase_add_test(t, l1_races);
    tcase_add_loop_test(t, segments, 0, 7);
    tcase_add_loop_test(t, mode, 0, 2);
    tcase_add_loop_test(t, control_registers, 0, 2);
    tcase_add_test(t, pdptes);
    tcase_add_loop_test(t, failed_entry, 0, 2);
    return t;
}
