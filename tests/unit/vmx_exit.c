/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM exits of L2 (SDM chapters 25, 27): whose they are, what is saved, said and loaded, MSR lists, the order of events, one
 * page through two EPTs.
 */
#include <provenest/vmx_ept.h>
#include <provenest/vmx_events.h>

#include "../../vendor/model/vmcs.h"
#include "support.h"

#define BIT(k) (1ull << (k))
enum { REGION = 0x3000, LIST = 0x8000, BITMAP = 0xa000, PAGE_B = 0xb000, STAR = 0x174, OTHER_MSR = 0x175 };

static struct pn_nested_vmx n;

/* L2 is running; vmcs02 holds values that tell where they came from. */
static struct fixture *in_l2(void)
{
    struct fixture *f = fresh();
    uint64_t *w = n.vmcs12.f;

    model_nested_reset();
    n = (struct pn_nested_vmx){.caps = {.basic = BIT(55) | 0x11, .address_width = 40, .linear_width = 48},
                               .vmxon = true, .vmxon_pointer = 0x2000, .current = REGION, .l2 = true};
    for (int i = 0; i < PN_FIELDS; i++) {
        w[i] = 0x100u + (unsigned)i;
        model_nested()->vmcs02[i] = 0x1000u + (unsigned)i;
    }
    for (int i = PN_G_CONTROLS; i < PN_G_CONTROLS_END; i++)
        w[i] = 0;
    w[PN_F_EXIT_CTL] = BIT(9);
    w[PN_F_HOST_CR4] = BIT(5) | BIT(13);
    model_nested()->vmcs02[PN_F_GUEST_INTERRUPTIBILITY] = 0;
    model_nested()->vmcs02[PN_F_ENTRY_CTL] = 0;
    model_nested()->current = PN_VMCS02;
    return f;
}

static struct pn_l2_exit exit_of(uint32_t reason)
{
    return (struct pn_l2_exit){.reason = reason, .qualification = 0xdead, .length = 3, .linear = 0x77, .physical = 0x88};
}

static enum pn_route route(struct pn_l2_exit x, uint64_t rcx, uint64_t operand)
{
    const struct pn_l0_wants l0 = {0};

    return pn_route(&n, x, l0, rcx, operand);
}

/* Segments too if vmcs12 had L2's; else, since L2 has run, of them CS's and SS's access rights alone. */
START_TEST(guest_state_is_saved)
{
    struct fixture *f = in_l2();

    n.dirty = (unsigned)_i << PN_HAS_SEGMENTS;
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, exit_of(10)).kind, PN_VMX_SUCCEED);
    for (int i = PN_G_BASIC; i < PN_G_BASIC_END; i++)
        ck_assert_uint_eq(n.vmcs12.f[i], model_nested()->vmcs02[i]);
    for (int i = PN_G_SEGMENTS; i < PN_G_RARE_END; i++) {
        const bool late = i < PN_G_SEGMENTS_END && i != PN_F_GUEST_CS_AR_BYTES && i != PN_F_GUEST_SS_AR_BYTES && _i == 0;

        ck_assert_uint_eq(n.vmcs12.f[i], late ? 0x100u + (unsigned)i : model_nested()->vmcs02[i]);
    }
    ck_assert_uint_eq(n.dirty >> PN_HAS_SEGMENTS & 1, (unsigned)_i);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_CR3], 0x1000 + PN_F_GUEST_CR3);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_DR7], 0x100 + PN_F_GUEST_DR7); /* not asked for */
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_EFER], 0x100 + PN_F_GUEST_EFER);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_PREEMPTION_TIMER], 0x100 + PN_F_PREEMPTION_TIMER);
    ck_assert(n.dirty & (1u << PN_GROUP_REGISTERS)); /* L2's DR7 must give way at the next entry */
    ck_assert(n.launched && !n.l2);
}
END_TEST

START_TEST(saved_if_asked)
{
    struct fixture *f = in_l2();

    n.vmcs12.f[PN_F_EXIT_CTL] |= BIT(2) | BIT(18) | BIT(20) | BIT(22);
    pn_nested_exit(&n, &f->v, exit_of(10));
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_DR7], 0x1000 + PN_F_GUEST_DR7);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_DEBUGCTL], 0x1000 + PN_F_GUEST_DEBUGCTL);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_PAT], 0x1000 + PN_F_GUEST_PAT);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_EFER], 0x1000 + PN_F_GUEST_EFER);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_PREEMPTION_TIMER], 0x1000 + PN_F_PREEMPTION_TIMER);
    ck_assert_uint_eq(n.dirty, 1u << PN_GROUP_EXIT); /* in vmcs02 already, but the checks have not seen them */
}
END_TEST

START_TEST(control_registers_bit_by_bit)
{
    struct fixture *f = in_l2();
    uint64_t *hw = model_nested()->vmcs02;

    n.vmcs12.f[PN_F_CR0_MASK] = BIT(0) | BIT(1);    /* L1 owns 0 and 1: its values stay */
    n.vmcs12.f[PN_F_GUEST_CR0] = BIT(0) | BIT(2) | BIT(4);
    hw[PN_F_CR0_MASK] = BIT(0) | BIT(1) | BIT(2) | BIT(3); /* L0 owns 2 and 3: what L2 reads */
    hw[PN_F_CR0_SHADOW] = BIT(3);
    hw[PN_F_GUEST_CR0] = BIT(1) | BIT(2) | BIT(5);
    pn_nested_exit(&n, &f->v, exit_of(10));
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_CR0], BIT(0) | BIT(3) | BIT(5));
    ck_assert_uint_eq(n.vmcs12.f[PN_F_CR0_MASK], BIT(0) | BIT(1));
}
END_TEST

/* SDM 26.3.2.1: ET, NW, CD and reserved bits are not L1's to give, whatever its mask says: the register's are saved, and L1 finds
 * them in its own CR0 (27.5.1). */
START_TEST(bits_that_no_entry_loads)
{
    struct fixture *f = in_l2();
    uint64_t *hw = model_nested()->vmcs02;

    n.vmcs12.f[PN_F_CR0_MASK] = n.vmcs12.f[PN_F_CR0_SHADOW] = UINT64_MAX;
    n.vmcs12.f[PN_F_GUEST_CR0] = 0x70000021 | BIT(20) | BIT(18);
    hw[PN_F_CR0_MASK] = hw[PN_F_CR0_SHADOW] = UINT64_MAX;
    hw[PN_F_GUEST_CR0] = 0x80000039;
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, exit_of(10)).kind, PN_VMX_SUCCEED);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_CR0], 0x31 | BIT(18));
    ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_CR0] & 0x60100010, 0x10);
}
END_TEST

START_TEST(long_mode_control_follows)
{
    struct fixture *f = in_l2();

    n.vmcs12.f[PN_F_ENTRY_CTL] = 0x11fb;
    model_nested()->vmcs02[PN_F_ENTRY_CTL] = BIT(9) | BIT(15);
    pn_nested_exit(&n, &f->v, exit_of(10));
    ck_assert_uint_eq(n.vmcs12.f[PN_F_ENTRY_CTL], 0x11fb | BIT(9));
}
END_TEST

START_TEST(exit_information)
{
    struct fixture *f = in_l2();

    n.vmcs12.f[PN_F_ENTRY_INFO] = 0x80000b0e;
    pn_nested_exit(&n, &f->v, exit_of(10));
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_REASON], 10);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_QUALIFICATION], 0xdead);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_LENGTH], 3);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_LINEAR_ADDRESS], 0x77);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_PHYSICAL], 0x88);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_VECTORING_INFO], 0);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_ENTRY_INFO], 0xb0e);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_INSTRUCTION_ERROR], 0x100 + PN_F_INSTRUCTION_ERROR);
}
END_TEST

/* An event whose delivery the exit interrupted is L1's, as it was: not the vector decides (museum 1, E5 to E7). */
START_TEST(interrupted_event_goes_to_l1)
{
    const struct pn_event events[] = {
        {.type = 3, .vector = 14, .has_error = true, .error = 6}, {.type = 3, .vector = 3},
        {.type = 4, .vector = 0x80, .length = 2}, {.type = 5, .vector = 1, .length = 1}, {.type = 2, .vector = 2}};

    for (size_t k = 0; k < sizeof events / sizeof events[0]; k++) {
        struct fixture *f = in_l2();
        struct pn_event e = events[k];

        e.stage = PN_STAGE_INJECTED;
        pn_ledger_accepted(e, PN_PATH_RAISED);
        f->v.injected = e;
        pn_hw_restore_owed(e, false);
        pn_nested_exit(&n, &f->v, exit_of(48));
        ck_assert_uint_eq(n.vmcs12.f[PN_F_VECTORING_INFO],
                          0x80000000u | (e.has_error ? 0x800u : 0u) | (unsigned)e.type << 8 | e.vector);
        ck_assert_uint_eq(n.vmcs12.f[PN_F_VECTORING_ERROR], e.error);
        ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_LENGTH], e.length ? e.length : 3);
        ck_assert(f->v.injected.stage == PN_STAGE_NONE && !f->cpu.owed);
        sound(f);
    }
}
END_TEST

START_TEST(iret_that_unblocked)
{
    struct fixture *f = in_l2();
    struct pn_l2_exit x = exit_of(48);

    x.qualification = BIT(12);
    model_nested()->vmcs02[PN_F_GUEST_INTERRUPTIBILITY] = 8;
    pn_nested_exit(&n, &f->v, x);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], 0);
}
END_TEST

START_TEST(host_state)
{
    struct fixture *f = in_l2();
    const uint64_t *l1 = model_nested()->vmcs01;

    n.vmcs12.f[PN_F_HOST_CR0] = BIT(31) | BIT(16) | BIT(5) | BIT(0) | BIT(29);
    n.vmcs12.f[PN_F_HOST_ES_SELECTOR] = 0;
    n.vmcs12.f[PN_F_EXIT_CTL] |= BIT(19);
    model_nested()->vmcs02[PN_F_GUEST_CR0] = BIT(30) | BIT(2) | BIT(4);
    model_nested()->vmcs02[PN_F_CR0_MASK] = 0;
    n.vmcs12.f[PN_F_CR0_MASK] = 0;
    pn_nested_exit(&n, &f->v, exit_of(10));
    ck_assert_uint_eq(l1[PN_F_GUEST_RIP], 0x100 + PN_F_HOST_RIP);
    ck_assert_uint_eq(l1[PN_F_GUEST_RFLAGS], 2);
    ck_assert_uint_eq(l1[PN_F_GUEST_DR7], 0x400);
    ck_assert_uint_eq(l1[PN_F_GUEST_CR0], BIT(31) | BIT(16) | BIT(5) | BIT(0) | BIT(30) | BIT(4)); /* CD and ET stay */
    ck_assert_uint_eq(l1[PN_F_CR0_SHADOW], l1[PN_F_GUEST_CR0]);
    ck_assert_uint_eq(l1[PN_F_GUEST_CS_AR_BYTES], 0xa09b);
    ck_assert_uint_eq(l1[PN_F_GUEST_ES_AR_BYTES], 0x1c093);
    ck_assert_uint_eq(l1[PN_F_GUEST_DS_AR_BYTES], 0xc093);
    ck_assert_uint_eq(l1[PN_F_GUEST_LDTR_AR_BYTES], 0x10000);
    ck_assert_uint_eq(l1[PN_F_GUEST_TR_AR_BYTES], 0x8b);
    ck_assert_uint_eq(l1[PN_F_GUEST_TR_LIMIT], 0x67);
    ck_assert_uint_eq(l1[PN_F_GUEST_PAT], 0x100 + PN_F_HOST_PAT);
    ck_assert_uint_eq(l1[PN_F_GUEST_EFER] & (BIT(8) | BIT(10)), BIT(8) | BIT(10));
    ck_assert_uint_eq(l1[PN_F_ENTRY_CTL] & BIT(9), BIT(9));
    ck_assert_int_eq(model_nested()->current, PN_VMCS01);
}
END_TEST

START_TEST(pae_host)
{
    struct fixture *f = in_l2();

    n.vmcs12.f[PN_F_EXIT_CTL] = 0;
    n.vmcs12.f[PN_F_HOST_CR3] = 0x4020;
    *model_word(0x4020) = 0x5001;
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, exit_of(10)).kind, PN_VMX_SUCCEED);
    ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_PDPTR0], 0x5001);
    f = in_l2();
    n.vmcs12.f[PN_F_EXIT_CTL] = 0;
    n.vmcs12.f[PN_F_HOST_CR3] = 0x4020;
    *model_word(0x4038) = 0x5003; /* a reserved bit */
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, exit_of(10)).kind, PN_VMX_ABORT);
    ck_assert_uint_eq(*model_word(REGION) >> 32, 2);
}
END_TEST

/* SDM 26.8, museum 64 and E11: a failed entry says reason and qualification and nothing else. */
START_TEST(failed_entry_leaves_the_vmcs)
{
    struct fixture *f = in_l2();
    struct pn_nested_vmx before;

    (void)f;
    model_nested()->current = PN_VMCS01;
    before = n;
    ck_assert_int_eq(pn_entry_failure(&n, 33, 2, false).kind, PN_VMX_ENTRY_FAILED);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_REASON], 0x80000021);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_QUALIFICATION], 2);
    for (int i = 0; i < PN_FIELDS; i++)
        if (i != PN_F_EXIT_REASON && i != PN_F_EXIT_QUALIFICATION)
            ck_assert_uint_eq(n.vmcs12.f[i], before.vmcs12.f[i]);
    ck_assert(n.launched == before.launched && !n.l2);
    ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_RIP], 0x100 + PN_F_HOST_RIP);
}
END_TEST

static void list(unsigned int k, uint64_t head, uint64_t value)
{
    *model_word(LIST + 16 * k) = head;
    *model_word(LIST + 16 * k + 8) = value;
}

START_TEST(msr_list_in_order)
{
    (void)in_l2();
    model_msr(STAR);
    model_msr(OTHER_MSR);
    list(0, OTHER_MSR, 7);
    list(1, STAR, 8);
    ck_assert_uint_eq(pn_load_msrs(LIST, 2), 0);
    ck_assert_uint_eq(model_nested()->written_msr[0], OTHER_MSR);
    ck_assert_uint_eq(model_nested()->written_msr[1], STAR);
    ck_assert_uint_eq(model_msr(STAR)->value, 8);
    list(2, 0x9999, 0); /* no such MSR */
    ck_assert_uint_eq(pn_load_msrs(LIST, 4), 3);
}
END_TEST

START_TEST(msr_list_refuses)
{
    const uint64_t heads[] = {0xc0000100, 0xc0000101, 0x800, 0x8ff, 0x9b, 0x79, 0x8b, BIT(32) | STAR};

    for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++) {
        (void)in_l2();
        model_msr((uint32_t)heads[k]);
        list(0, heads[k], 1);
        ck_assert_uint_eq(pn_load_msrs(LIST, 1), 1);
        ck_assert_uint_eq(model_nested()->written_msrs, 0);
    }
    ck_assert_uint_eq(pn_load_msrs(LIST + 8, 1), 1);
    ck_assert_uint_eq(pn_load_msrs(LIST, 0), 0);
}
END_TEST

START_TEST(msr_store)
{
    struct fixture *f = in_l2();

    model_msr(STAR)->value = 0x1234;
    list(0, STAR, 0);
    ck_assert(pn_store_msrs(LIST, 1));
    ck_assert_uint_eq(*model_word(LIST + 8), 0x1234);
    list(1, 0x9e, 0); /* SMBASE */
    n.vmcs12.f[PN_F_EXIT_STORE_COUNT] = 2;
    n.vmcs12.f[PN_F_EXIT_STORE_ADDR] = LIST;
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, exit_of(10)).kind, PN_VMX_ABORT);
    ck_assert_uint_eq(*model_word(REGION), BIT(32) | 0x11);
}
END_TEST

/* Every reason goes somewhere, and one that L1 has not asked for does not reach it. */
START_TEST(routes_by_control)
{
    static const struct {
        uint8_t reason, primary, secondary;
    } rows[] = {{7, 2, 0}, {8, 22, 0}, {12, 7, 0}, {14, 9, 0}, {15, 11, 0}, {16, 12, 0}, {51, 12, 0}, {29, 23, 0}, {36, 10, 0},
                {39, 29, 0}, {40, 30, 0}, {43, 21, 0}, {44, 31, 1}, {46, 31, 3}, {47, 31, 3}, {54, 31, 7}, {57, 31, 12},
                {61, 31, 17}, {63, 31, 21}};
    static const uint8_t always[] = {2, 9, 10, 11, 13, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 50, 53, 55};
    static const uint8_t never[] = {1, 3, 4, 5, 6, 33, 34, 41, 45, 48, 49, 52, 56, 62, 99};

    (void)in_l2();
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        n.vmcs12.f[PN_F_PROC_CTL] = 0;
        n.vmcs12.f[PN_F_PROC2_CTL] = 0;
        ck_assert_int_eq(route(exit_of(rows[k].reason), 0, 0), PN_TO_L0);
        n.vmcs12.f[PN_F_PROC_CTL] = BIT(rows[k].primary);
        if (rows[k].secondary)
            n.vmcs12.f[PN_F_PROC2_CTL] = BIT(rows[k].secondary - 1);
        ck_assert_int_eq(route(exit_of(rows[k].reason), 0, 0), PN_TO_L1);
        if (rows[k].secondary) {
            n.vmcs12.f[PN_F_PROC_CTL] = 0; /* without primary control 31 the secondary ones do not count */
            ck_assert_int_eq(route(exit_of(rows[k].reason), 0, 0), PN_TO_L0);
        }
    }
    n.vmcs12.f[PN_F_PROC_CTL] = 0;
    for (size_t k = 0; k < sizeof always; k++)
        ck_assert_int_eq(route(exit_of(always[k]), 0, 0), PN_TO_L1);
    n.vmcs12.f[PN_F_PROC_CTL] = 0xffffffff;
    n.vmcs12.f[PN_F_PROC2_CTL] = 0xffffffff;
    for (size_t k = 0; k < sizeof never; k++)
        ck_assert_int_eq(route(exit_of(never[k]), 0, 0), PN_TO_L0);
    ck_assert_int_eq(route(exit_of(BIT(31) | 10), 0, 0), PN_TO_L0);
}
END_TEST

START_TEST(routes_exceptions)
{
    struct pn_l2_exit x = exit_of(0);

    (void)in_l2();
    for (uint32_t vector = 0; vector < 32; vector++) {
        x.info = 0x80000300u | vector;
        n.vmcs12.f[PN_F_PF_MATCH] = vector == 14 ? 0 : 1;
        n.vmcs12.f[PN_F_EXCEPTION_BITMAP] = 0;
        ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
        n.vmcs12.f[PN_F_EXCEPTION_BITMAP] = BIT(vector);
        ck_assert_int_eq(route(x, 0, 0), vector == 2 || vector == 18 ? PN_TO_L0 : PN_TO_L1);
    }
    x.info = 0x80000b0e; /* #PF: mask and match turn the bit's meaning over */
    x.error = 2;
    n.vmcs12.f[PN_F_PF_MASK] = 3;
    n.vmcs12.f[PN_F_PF_MATCH] = 2;
    n.vmcs12.f[PN_F_EXCEPTION_BITMAP] = BIT(14);
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
    x.error = 3;
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
    n.vmcs12.f[PN_F_EXCEPTION_BITMAP] = 0;
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
}
END_TEST

START_TEST(routes_control_registers)
{
    struct pn_l2_exit x = exit_of(28);

    (void)in_l2();
    n.vmcs12.f[PN_F_CR0_MASK] = BIT(0) | BIT(3);
    n.vmcs12.f[PN_F_CR0_SHADOW] = BIT(3);
    n.vmcs12.f[PN_F_CR4_MASK] = BIT(13);
    n.vmcs12.f[PN_F_CR4_SHADOW] = 0;
    x.qualification = 0; /* MOV to CR0 */
    ck_assert_int_eq(route(x, 0, BIT(3) | BIT(16)), PN_TO_L0);
    ck_assert_int_eq(route(x, 0, BIT(0) | BIT(3)), PN_TO_L1);
    x.qualification = 4;
    ck_assert_int_eq(route(x, 0, BIT(5)), PN_TO_L0);
    ck_assert_int_eq(route(x, 0, BIT(13)), PN_TO_L1);
    x.qualification = 0x20; /* CLTS: TS is L1's and set */
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
    n.vmcs12.f[PN_F_CR0_SHADOW] = BIT(0);
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
    x.qualification = 0x30; /* LMSW cannot clear PE */
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
    x.qualification = 0x30 | 8 << 16;
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
    x.qualification = 3;
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
    n.vmcs12.f[PN_F_PROC_CTL] = BIT(15);
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
    x.qualification = 0x13;
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
    x.qualification = 0x18;
    n.vmcs12.f[PN_F_PROC_CTL] = BIT(20);
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
}
END_TEST

START_TEST(routes_bitmaps)
{
    struct pn_l2_exit x = exit_of(32);

    (void)in_l2();
    ck_assert_int_eq(route(x, 0x174, 0), PN_TO_L1); /* no bitmaps */
    n.vmcs12.f[PN_F_PROC_CTL] = BIT(28) | BIT(25);
    n.vmcs12.f[PN_F_MSR_BITMAP] = BITMAP;
    n.vmcs12.f[PN_F_IO_BITMAP_A] = BITMAP;
    n.vmcs12.f[PN_F_IO_BITMAP_B] = PAGE_B;
    ck_assert_int_eq(route(x, 0x174, 0), PN_TO_L0);
    *model_word(BITMAP + 2048 + 0x174 / 64 * 8) = BIT(0x174 % 64);
    ck_assert_int_eq(route(x, 0x174, 0), PN_TO_L1);
    ck_assert_int_eq(route(x, 0xffffffff00000174, 0), PN_TO_L1); /* ECX */
    ck_assert_int_eq(route(exit_of(31), 0x174, 0), PN_TO_L0);
    *model_word(BITMAP + 1024) = BIT(5);
    ck_assert_int_eq(route(exit_of(31), 0xc0000005, 0), PN_TO_L1);
    ck_assert_int_eq(route(exit_of(31), 0x2000, 0), PN_TO_L1);
    ck_assert_int_eq(route(exit_of(31), 0xc0002000, 0), PN_TO_L1);
    x = exit_of(30);
    x.qualification = 0x80ull << 16 | 3; /* four bytes at 0x80 */
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
    *model_word(BITMAP + 0x80 / 64 * 8) = BIT(3);
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
    x.qualification = 0x80ull << 16 | 1;
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L0);
    x.qualification = 0xffffull << 16 | 1; /* wraps */
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
    *model_word(PAGE_B + 8) = BIT(0);
    x.qualification = 0x8040ull << 16;
    ck_assert_int_eq(route(x, 0, 0), PN_TO_L1);
}
END_TEST

START_TEST(entry_event_is_given_first)
{
    struct fixture *f = in_l2();

    n.vmcs12.f[PN_F_ENTRY_INFO] = 0x80000b0d;
    n.vmcs12.f[PN_F_ENTRY_ERROR] = 0x10;
    ck_assert(pn_nested_take_entry_event(&n, &f->v));
    ck_assert(f->v.injected.vector == 13 && f->v.injected.error == 0x10 && f->v.injected.origin == PN_BY_L1 && f->v.cancelled);
    sound(f);
    f->v.interrupt_waiting = true; /* L1's exit waits behind the injection */
    n.vmcs12.f[PN_F_PIN_CTL] = BIT(0);
    ck_assert_int_eq(pn_nested_events(&n, &f->v, false), PN_TURN_L2_BRIEFLY);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
    ck_assert(f->cpu.entry && f->cpu.entry_event.vector == 13);
    pn_cancel_injection(&f->v);
    pn_nested_refused(&f->v);
    ck_assert(f->v.injected.stage == PN_STAGE_NONE);
    sound(f);
    n.vmcs12.f[PN_F_ENTRY_INFO] = 0xb0d;
    ck_assert(!pn_nested_take_entry_event(&n, &f->v));
}
END_TEST

START_TEST(exception_is_l1s_with_its_payload)
{
    struct fixture *f = in_l2();

    n.vmcs12.f[PN_F_EXCEPTION_BITMAP] = BIT(14);
    pn_queue_exception(&f->v, page_fault(0x1234567, 0x80000002));
    f->cpu.cr2 = 99;
    ck_assert_int_eq(pn_nested_events(&n, &f->v, true), PN_TURN_L1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_REASON], 0);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_INFO], 0x80000b0e);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_ERROR], 2);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_QUALIFICATION], 0x1234567);
    ck_assert_uint_eq(f->cpu.cr2, 99);
    sound(f);
}
END_TEST

/* Real mode pushes no error code, and L1 is told of none. */
START_TEST(no_error_code_in_real_mode)
{
    struct fixture *f = in_l2();

    f->cpu.pe = false;
    n.vmcs12.f[PN_F_EXCEPTION_BITMAP] = BIT(13);
    ck_assert_int_eq(pn_nested_raise(&n, &f->v, fault_with(13, 5)), PN_TURN_L1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_INFO], 0x8000030d);
    ck_assert_int_eq(n.l2, false);
    f = in_l2();
    ck_assert_int_eq(pn_nested_raise(&n, &f->v, fault_with(13, 5)), PN_TURN_L2);
    ck_assert(n.l2);
}
END_TEST

START_TEST(order_of_events)
{
    struct fixture *f = in_l2();

    n.vmcs12.f[PN_F_PIN_CTL] = BIT(0) | BIT(3) | BIT(5);
    n.vmcs12.f[PN_F_EXIT_CTL] |= BIT(15);
    model_request(&f->cpu.controller, 0x51);
    f->v.interrupt_waiting = true;
    pn_queue_nmi(&f->v);
    pn_queue_init(&f->v);
    ck_assert_int_eq(pn_nested_events(&n, &f->v, true), PN_TURN_L1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_REASON], 3);
    sound(f);
    n.l2 = true;
    model_nested()->current = PN_VMCS02;
    ck_assert_int_eq(pn_nested_events(&n, &f->v, true), PN_TURN_L1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_REASON], 52);
    n.l2 = true;
    model_nested()->current = PN_VMCS02;
    ck_assert_int_eq(pn_nested_events(&n, &f->v, false), PN_TURN_L1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_INFO], 0x80000202);
    ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_INTERRUPTIBILITY], 8);
    ck_assert_int_eq(f->v.nmi_pending, 0);
    n.l2 = true;
    model_nested()->current = PN_VMCS02;
    ck_assert_int_eq(pn_nested_events(&n, &f->v, false), PN_TURN_L1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_REASON], 1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_INFO], 0x80000051);
    ck_assert_int_eq(model_serving(&f->cpu.controller), 0x51);
    n.l2 = true;
    model_nested()->current = PN_VMCS02;
    ck_assert_int_eq(pn_nested_events(&n, &f->v, false), PN_TURN_L2);
    sound(f);
}
END_TEST

START_TEST(interrupt_without_acknowledge)
{
    struct fixture *f = in_l2();

    model_request(&f->cpu.controller, 0x51);
    f->v.interrupt_waiting = true;
    ck_assert_int_eq(pn_nested_events(&n, &f->v, false), PN_TURN_L2); /* L1 has not asked */
    n.vmcs12.f[PN_F_PIN_CTL] = BIT(0);
    ck_assert_int_eq(pn_nested_events(&n, &f->v, false), PN_TURN_L1);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_EXIT_INFO], 0);
    ck_assert(f->v.interrupt_waiting);
    ck_assert_int_eq(model_serving(&f->cpu.controller), MODEL_NONE);
}
END_TEST

START_TEST(two_ept_walks)
{
    const struct pn_leaf guest = {.frame = 0x40200000, .size = 21, .rights = 7, .type = 6};
    struct pn_leaf host = {.frame = 0x80001000, .size = 12, .rights = 5, .type = 6, .ignore_pat = true};
    struct pn_leaf leaf = pn_compose(guest, host, 0x7f1234);

    ck_assert_uint_eq(leaf.frame, 0x80001000);
    ck_assert(leaf.size == 12 && leaf.rights == 5 && leaf.type == 6 && leaf.ignore_pat);
    host = (struct pn_leaf){.frame = 0x40000000, .size = 30, .rights = 7, .type = 0};
    leaf = pn_compose(guest, host, 0x7f1234);
    ck_assert_uint_eq(leaf.frame, 0x40200000);
    ck_assert(leaf.size == 21 && leaf.rights == 7 && leaf.type == 0 && !leaf.ignore_pat);
}
END_TEST

TCase *vmx_exit_tests(void)
{
    TCase *t = tcase_create("vmx_exit");

    tcase_add_loop_test(t, guest_state_is_saved, 0, 2);
    tcase_add_test(t, saved_if_asked);
    tcase_add_test(t, control_registers_bit_by_bit);
    tcase_add_test(t, bits_that_no_entry_loads);
    tcase_add_test(t, long_mode_control_follows);
    tcase_add_test(t, exit_information);
    tcase_add_test(t, interrupted_event_goes_to_l1);
    tcase_add_test(t, iret_that_unblocked);
    tcase_add_test(t, host_state);
    tcase_add_test(t, pae_host);
    tcase_add_test(t, failed_entry_leaves_the_vmcs);
    tcase_add_test(t, msr_list_in_order);
    tcase_add_test(t, msr_list_refuses);
    tcase_add_test(t, msr_store);
    tcase_add_test(t, routes_by_control);
    tcase_add_test(t, routes_exceptions);
    tcase_add_test(t, routes_control_registers);
    tcase_add_test(t, routes_bitmaps);
    tcase_add_test(t, entry_event_is_given_first);
    tcase_add_test(t, exception_is_l1s_with_its_payload);
    tcase_add_test(t, no_error_code_in_real_mode);
    tcase_add_test(t, order_of_events);
    tcase_add_test(t, interrupt_without_acknowledge);
    tcase_add_test(t, two_ept_walks);
    return t;
}
