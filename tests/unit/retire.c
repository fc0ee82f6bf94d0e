/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Instructions that the hypervisor carries out: shadows, RFLAGS.RF, the debug traps they met, the breakpoint before them.
 * SDM 6.8.1, 6.8.3, 17.3.1.1, 17.3.1.4, 24.4.2.
 */
#include "support.h"

static void retire(struct fixture *f, struct pn_retired r)
{
    pn_instruction_retired(&f->v, r);
    sound(f);
}

/* Every shadow before, every one after, TF before, BTF, breakpoints met and breakpoints held since a MOV SS. */
static void check_retired(int on, bool sti, bool movss, struct pn_retired r, bool btf, uint64_t pending)
{
    struct fixture *f = fresh_on(on);
    const uint64_t held = f->cpu.svm ? 0 : pending; /* AMD cannot hold any */
    const uint64_t met = (r.breakpoints & 0xf) | held;
    const bool step = r.tf && !btf;
    const bool trap = r.shadow != PN_SHADOW_MOV_SS && (step || met);

    f->cpu.iflag = f->cpu.rf = true;
    f->cpu.sti = sti;
    f->cpu.movss = movss;
    f->cpu.btf = btf;
    f->cpu.hits = held;
    f->cpu.dr6 = 0xffff0ff0;
    retire(f, r);
    HOLDS(!f->cpu.rf);
    HOLDS(f->cpu.sti == (r.shadow == PN_SHADOW_STI || (f->cpu.svm && r.shadow == PN_SHADOW_MOV_SS)));
    HOLDS(f->cpu.movss == (!f->cpu.svm && r.shadow == PN_SHADOW_MOV_SS));
    HOLDS((f->v.exception.stage == PN_STAGE_PENDING) == trap);
    HOLDS(f->cpu.hits == (r.shadow == PN_SHADOW_MOV_SS && !f->cpu.svm ? met : 0));
    HOLDS(f->cpu.applied == 0 && f->cpu.dr6 == 0xffff0ff0);
    if (!trap)
        return;
    HOLDS(f->v.exception.vector == 1 && f->v.exception.type == 3 && f->v.exception.origin == PN_BY_EMULATOR);
    HOLDS(f->v.exception.payload == (met | (step ? 1u << 14 : 0)) && f->v.exception.has_payload);
    HOLDS(f->v.exception.db_kind == (step ? PN_DB_SINGLE_STEP : PN_DB_DATA_OR_IO));
    f->cpu.budget = 0;
    turn(f);
    HOLDS(last_seen(f)->dr6 == (0xffff0ff0 | met | (step ? 1u << 14 : 0)));
    HOLDS(!last_seen(f)->pushed_rf); /* a trap's image has RF = 0 */
}

START_TEST(every_way_to_retire)
{
    for (unsigned int n = 0; n < 3 * 3 * 4 * 256; n++) {
        const unsigned int before = n % 3, flags = n / 9 & 3, bits = n / 36;
        const struct pn_retired r = {
            .shadow = (uint8_t)(n / 3 % 3), .tf = flags & 1, .breakpoints = (bits & 0xf) | (bits & 1 ? 0xfffff0 : 0),
        };

        if (_i != ON_VMX && before == 2)
            continue;
        check_retired(_i, before == 1, before == 2, r, flags >> 1, bits >> 4);
    }
}
END_TEST

/* STI holds an interrupt for one instruction, whoever carries it out. */
START_TEST(sti_carried_out)
{
    struct fixture *f = fresh_on(_i);

    model_request(&f->cpu.controller, 0x51);
    pn_interrupt_pending(&f->v);
    f->cpu.iflag = true;
    retired(f, PN_SHADOW_STI);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    ck_assert_uint_eq(f->seen, 0);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x51);
}
END_TEST

/* A data breakpoint that MOV SS itself meets comes after the next instruction, together with its single step (VMX). */
START_TEST(mov_ss_carried_out)
{
    for (unsigned int tf = 0; tf < 2; tf++) {
        struct fixture *f = fresh();
        const struct pn_retired r = {.shadow = PN_SHADOW_MOV_SS, .tf = tf, .breakpoints = 4};

        f->cpu.tf = tf;
        retire(f, r);
        f->cpu.budget = 2;
        ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
        ck_assert_uint_eq(f->cpu.rip, MODEL_START + 1);
        ck_assert_uint_eq(f->cpu.exit.exception.payload, 4 | (tf ? 1u << 14 : 0));
        f = fresh(); /* the hypervisor carries out that one, too */
        f->cpu.tf = tf;
        retire(f, r);
        retire(f, (struct pn_retired){.tf = tf, .breakpoints = 2});
        ck_assert_uint_eq(f->v.exception.payload, 6 | (tf ? 1u << 14 : 0));
    }
}
END_TEST

/* POPF that sets TF: no trap for itself; one that clears TF: still one (TF before it counts). */
START_TEST(tf_before_the_instruction)
{
    for (unsigned int before = 0; before < 2; before++) {
        struct fixture *f = fresh_on(_i);

        f->cpu.tf = !before;
        retire(f, (struct pn_retired){.tf = before});
        ck_assert_int_eq(f->v.exception.stage == PN_STAGE_PENDING, (int)before);
    }
}
END_TEST

START_TEST(code_breakpoint)
{
    for (unsigned int n = 0; n < 16; n++) {
        struct fixture *f = fresh_on(_i);
        const bool rf = n & 1, movss = n >> 1 & 1 && _i == ON_VMX, raised = n >> 2 & 1, interrupted = n >> 3 & 1;
        struct pn_vcpu before;

        if (raised && interrupted)
            continue;
        f->cpu.rf = rf;
        if (interrupted)
            interrupted_by_exit(f, fault_with(13, 0));
        if (raised)
            pn_queue_exception(&f->v, fault(6));
        f->cpu.movss = movss;
        before = f->v;
        ck_assert_int_eq(pn_code_breakpoint_due(&f->v), !rf && !movss && !raised && !interrupted);
        ck_assert_mem_eq(&before, &f->v, sizeof before);
    }
}
END_TEST

/* The breakpoint fault: RF is not set by its delivery (SDM 17.3.1.1), so the handler must; then it is not met again. */
START_TEST(code_breakpoint_is_no_trap)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.dr7 = 0x2402;
    ck_assert(pn_code_breakpoint_due(&f->v));
    pn_queue_exception(&f->v, by(PN_BY_EMULATOR, debug(PN_DB_CODE_BREAKPOINT, 1)));
    ck_assert(!pn_code_breakpoint_due(&f->v));
    f->cpu.budget = 0;
    turn(f);
    ck_assert(!last_seen(f)->pushed_rf && last_seen(f)->dr6 == 0xffff0ff1 && last_seen(f)->dr7 == 0x402);
    f = fresh_on(_i);
    pn_queue_exception(&f->v, by(PN_BY_EMULATOR, debug(PN_DB_GENERAL_DETECT, 1u << 13)));
    f->cpu.budget = 0;
    turn(f);
    ck_assert(last_seen(f)->pushed_rf);
}
END_TEST

TCase *retire_tests(void)
{
    TCase *t = tcase_create("retired instructions");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, every_way_to_retire, 0, ON_ALL);
    tcase_add_loop_test(t, sti_carried_out, 0, ON_ALL);
    tcase_add_test(t, mov_ss_carried_out);
    tcase_add_loop_test(t, tf_before_the_instruction, 0, ON_ALL);
    tcase_add_loop_test(t, code_breakpoint, 0, ON_ALL);
    tcase_add_loop_test(t, code_breakpoint_is_no_trap, 0, ON_ALL);
    return t;
}
