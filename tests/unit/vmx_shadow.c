/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shadow VMCS against SDM 24.10: what L1 reads there, what of its writes comes back, and what is not written twice.
 */
#include <provenest/vmx_shadow.h>

#include "../../vendor/model/vmcs.h"

#include <string.h>

#include "support.h"

#define BIT(k) (1u << (k))

static struct pn_nested_vmx n;
static struct pn_vmcs_shadow s;

/* A current VMCS, nothing dirty, every field a value of its own, narrow enough for all. */
static void setup(void)
{
    const struct pn_vmx_caps caps = {.address_width = 40, .linear_width = 48};

    model_nested_reset();
    memset(&s, 0, sizeof s);
    pn_nested_init(&n, caps);
    n.vmxon = true;
    n.vmxon_pointer = 0x2000;
    n.current = 0x3000;
    n.dirty = 0;
    n.checked = true;
    n.pdptrs_held = true;
    for (int f = 0; f < PN_FIELDS; f++)
        n.vmcs12.f[f] = 0x100 + (uint64_t)f;
}

START_TEST(what_is_shadowed)
{
    static const int read_only[] = {PN_F_EXIT_REASON,    PN_F_EXIT_QUALIFICATION, PN_F_VECTORING_INFO, PN_F_EXIT_LENGTH,
                                    PN_F_GUEST_PHYSICAL, PN_F_GUEST_CR0,          PN_F_CR4_SHADOW};
    static const int both[] = {PN_F_PROC_CTL,  PN_F_ENTRY_INFO, PN_F_ENTRY_LENGTH,
                               PN_F_GUEST_RIP, PN_F_GUEST_RSP,  PN_F_GUEST_INTERRUPTIBILITY};
    static const int neither[] = {PN_F_PIN_CTL,      PN_F_PROC2_CTL,  PN_F_ENTRY_LOAD_ADDR,
                                  PN_F_GUEST_DR7,    PN_F_GUEST_EFER, PN_F_GUEST_ES_SELECTOR,
                                  PN_F_GUEST_PDPTR0, PN_F_HOST_RIP,   PN_F_INSTRUCTION_ERROR};
    unsigned int shown = 0, written = 0;

    for (unsigned int i = 0; i < sizeof read_only / sizeof read_only[0]; i++)
        ck_assert(pn_shadow_shown(read_only[i]) && !pn_shadow_written(read_only[i]));
    for (unsigned int i = 0; i < sizeof both / sizeof both[0]; i++)
        ck_assert(pn_shadow_shown(both[i]) && pn_shadow_written(both[i]));
    for (unsigned int i = 0; i < sizeof neither / sizeof neither[0]; i++)
        ck_assert(!pn_shadow_shown(neither[i]) && !pn_shadow_written(neither[i]));
    for (int f = 0; f < PN_FIELDS; f++) {
        shown += pn_shadow_shown(f) ? 1 : 0;
        written += pn_shadow_written(f) ? 1 : 0;
        ck_assert(!pn_shadow_written(f) || pn_shadow_shown(f));
    }
    ck_assert_uint_eq(shown, 25);
    ck_assert_uint_eq(written, 8);
}
END_TEST

START_TEST(filled_and_not_twice)
{
    struct model_nested *m = model_nested();

    setup();
    pn_shadow_fill(&n, &s);
    ck_assert(!m->in_shadow);
    ck_assert_uint_eq(m->shadow_writes, 25);
    for (int f = 0; f < PN_FIELDS; f++)
        ck_assert_uint_eq(m->shadow[f], pn_shadow_shown(f) ? n.vmcs12.f[f] : 0);
    pn_shadow_fill(&n, &s);
    ck_assert_uint_eq(m->shadow_writes, 25);
    n.vmcs12.f[PN_F_GUEST_RIP] = 0x7777;
    n.vmcs12.f[PN_F_HOST_RIP] = 0x7777;
    pn_shadow_fill(&n, &s);
    ck_assert_uint_eq(m->shadow_writes, 26);
    ck_assert_uint_eq(m->shadow[PN_F_GUEST_RIP], 0x7777);
}
END_TEST

/* After an exit of L2's: what an exit can have changed, each field of it, and nothing else is looked at. */
START_TEST(what_an_exit_leaves_is_shown)
{
    static const int left_alone[] = {PN_F_PROC_CTL, PN_F_ENTRY_ERROR, PN_F_ENTRY_LENGTH, PN_F_CR0_MASK,
                                     PN_F_CR0_SHADOW, PN_F_CR4_MASK,  PN_F_CR4_SHADOW};
    struct model_nested *m = model_nested();
    unsigned int changed = 0;

    setup();
    pn_shadow_fill(&n, &s);
    pn_shadow_said(&n, &s);
    ck_assert(!m->in_shadow);
    ck_assert_uint_eq(m->shadow_writes, 25);
    for (int f = 0; f < PN_FIELDS; f++) {
        bool stays = !pn_shadow_shown(f);

        for (unsigned int i = 0; i < sizeof left_alone / sizeof left_alone[0]; i++)
            stays = stays || f == left_alone[i];
        if (stays)
            continue;
        n.vmcs12.f[f] += 0x1000;
        pn_shadow_said(&n, &s);
        ck_assert_uint_eq(m->shadow_writes, 25 + ++changed);
        ck_assert_uint_eq(m->shadow[f], 0x1100 + (uint64_t)f);
        ck_assert_uint_eq(s.f[f], 0x1100 + (uint64_t)f);
    }
    ck_assert_uint_eq(changed, 18);
    for (int f = 0; f < PN_FIELDS; f++)
        ck_assert_uint_eq(m->shadow[f], pn_shadow_shown(f) ? n.vmcs12.f[f] : 0);
}
END_TEST

START_TEST(what_l1_writes_comes_back)
{
    struct model_nested *m = model_nested();

    setup();
    pn_shadow_fill(&n, &s);
    pn_shadow_take(&n, &s);
    ck_assert_uint_eq(m->shadow_reads, 8);
    ck_assert_uint_eq(n.dirty, 0);
    ck_assert(n.checked);
    m->shadow[PN_F_GUEST_RIP] += 2;
    pn_shadow_take(&n, &s);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_RIP], 0x100 + PN_F_GUEST_RIP + 2);
    ck_assert_uint_eq(n.dirty, BIT(PN_GROUP_BASIC));
    ck_assert(n.checked);
    m->shadow[PN_F_ENTRY_INFO] = 0x80000020;
    pn_shadow_take(&n, &s);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_ENTRY_INFO], 0x80000020);
    ck_assert_uint_eq(n.dirty, BIT(PN_GROUP_BASIC) | BIT(PN_GROUP_EVENT));
    ck_assert(!n.checked);
    m->shadow[PN_F_PROC_CTL] ^= 4;
    pn_shadow_take(&n, &s);
    ck_assert_uint_eq(n.dirty, BIT(PN_GROUP_BASIC) | BIT(PN_GROUP_EVENT) | BIT(PN_GROUP_CONTROLS));
    ck_assert(n.pdptrs_held);
    /* Known again: nothing is owed to the shadow VMCS. */
    pn_shadow_fill(&n, &s);
    ck_assert_uint_eq(m->shadow_writes, 25);
    for (int f = 0; f < PN_FIELDS; f++)
        ck_assert(pn_shadow_shown(f) ? m->shadow[f] == n.vmcs12.f[f] : m->shadow[f] == 0);
}
END_TEST

/* VMWRITE of what the checks of 26.2 do not look at leaves their verdict. */
START_TEST(the_verdict_stands)
{
    const struct pn_l1_mode m = {.cr0 = 1, .rflags = 2, .long_mode = true, .cs_long = true};

    setup();
    n.dirty = BIT(PN_HAS_SEGMENTS); /* VMWRITE asks for that */
    ck_assert_int_eq(pn_vmwrite(&n, m, 0x681e, 1).kind, PN_VMX_SUCCEED); /* RIP */
    ck_assert_int_eq(pn_vmwrite(&n, m, 0x6816, 1).kind, PN_VMX_SUCCEED); /* GDTR base */
    ck_assert_int_eq(pn_vmwrite(&n, m, 0x280a, 1).kind, PN_VMX_SUCCEED); /* PDPTE0 */
    ck_assert(n.checked && !n.pdptrs_held);
    ck_assert_uint_eq(n.dirty, BIT(PN_HAS_SEGMENTS) | BIT(PN_GROUP_BASIC) | BIT(PN_GROUP_SEGMENTS) | BIT(PN_GROUP_PDPTRS));
    ck_assert_int_eq(pn_vmwrite(&n, m, 0x6800, 1).kind, PN_VMX_SUCCEED); /* CR0 */
    ck_assert(!n.checked);
    n.checked = true;
    ck_assert_int_eq(pn_vmwrite(&n, m, 0x6c16, 1).kind, PN_VMX_SUCCEED); /* host RIP */
    ck_assert(!n.checked);
}
END_TEST

TCase *vmx_shadow_tests(void)
{
    TCase *t = tcase_create("vmx_shadow");

    tcase_add_test(t, what_is_shadowed);
    tcase_add_test(t, filled_and_not_twice);
    tcase_add_test(t, what_an_exit_leaves_is_shown);
    tcase_add_test(t, what_l1_writes_comes_back);
    tcase_add_test(t, the_verdict_stands);
    return t;
}
