/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Blocking by STI and MOV SS, and single step (SDM 6.8.3, 17.3.1.4, 24.4.2, 26.3.1.5).
 */
#include "support.h"

START_TEST(sti_shadow_holds_an_interrupt)
{
    struct fixture *f = fresh_on(_i);

    model_request(&f->cpu.controller, 0x44);
    pn_interrupt_pending(&f->v);
    script(f, MODEL_STI);
    turn(f);
    ck_assert(f->cpu.sti && f->cpu.iflag);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER); /* one instruction in the shadow */
    ck_assert_uint_eq(f->seen, 0);
    ck_assert(f->cpu.intr_window);
    ck_assert_int_eq(model_serving(&f->cpu.controller), MODEL_NONE);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x44);
}
END_TEST

START_TEST(mov_ss_shadow_holds_nmi_and_interrupt)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    script(f, MODEL_MOV_SS);
    turn(f);
    ck_assert(f->cpu.svm ? f->cpu.sti : f->cpu.movss); /* AMD has one shadow */
    model_request(&f->cpu.controller, 0x44);
    pn_interrupt_pending(&f->v);
    pn_queue_nmi(&f->v);
    ck_assert_int_eq(turn(f), f->cpu.svm ? MODEL_EXIT_STEP : MODEL_EXIT_TIMER);
    ck_assert_uint_eq(f->seen, 0);
    if (!f->cpu.svm)
        ck_assert(f->cpu.intr_window && f->cpu.nmi_window);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.type, PN_TYPE_NMI);
}
END_TEST

/* VE-229: some processors ask for no blocking by STI when an NMI is injected; so it waits one instruction. */
START_TEST(sti_shadow_holds_an_nmi)
{
    struct fixture *f = fresh_on(_i);

    script(f, MODEL_STI);
    turn(f);
    pn_queue_nmi(&f->v);
    turn(f);
    ck_assert_uint_eq(f->seen, 0);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.type, PN_TYPE_NMI);
}
END_TEST

/* Exceptions are not held by a shadow; delivery ends it (SDM 26.7.1). */
START_TEST(exception_under_a_shadow)
{
    for (unsigned int mov_ss = 0; mov_ss < 2; mov_ss++) {
        struct fixture *f = fresh_on(_i);

        script(f, mov_ss ? MODEL_MOV_SS : MODEL_STI);
        turn(f);
        pn_queue_exception(&f->v, fault_with(13, 8));
        f->cpu.budget = 0; /* the delivery alone */
        turn(f);
        ck_assert_uint_eq(last_seen(f)->event.vector, 13);
        ck_assert(last_seen(f)->after_shadow);
        ck_assert(!f->cpu.sti && !f->cpu.movss);
    }
}
END_TEST

/* Interrupted, its delivery has still ended the shadow (SDM 27.1): nothing waits for an instruction that is not run. */
START_TEST(interrupted_delivery_ends_the_shadow)
{
    struct fixture *f = fresh_on(_i);

    script(f, MODEL_STI);
    turn(f);
    ck_assert(f->cpu.sti);
    pn_queue_exception(&f->v, fault_with(13, 8));
    meets(f, MODEL_EPT_VIOLATION);
    ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
    ck_assert(!f->cpu.sti && !f->cpu.movss);
    turn(f);
    ck_assert(!last_seen(f)->after_shadow);
}
END_TEST

START_TEST(retired_instruction_ends_the_shadow)
{
    for (unsigned int sti = 0; sti < 2; sti++)
        for (unsigned int mov_ss = 0; mov_ss < 2; mov_ss++) {
            struct fixture *f = fresh_on(_i);

            f->cpu.iflag = true;
            f->cpu.sti = sti;
            f->cpu.movss = mov_ss;
            model_request(&f->cpu.controller, 0x20);
            pn_interrupt_pending(&f->v);
            retired(f, PN_SHADOW_NONE);
            sound(f);
            ck_assert(!f->cpu.sti && !f->cpu.movss);
            ck_assert(f->v.exception.stage == PN_STAGE_NONE);
            turn(f);
            ck_assert_uint_eq(last_seen(f)->event.vector, 0x20);
        }
}
END_TEST

START_TEST(retired_instruction_steps)
{
    for (unsigned int tf = 0; tf < 2; tf++)
        for (unsigned int btf = 0; btf < 2; btf++)
            for (unsigned int shadow = 0; shadow < 3; shadow++) {
                struct fixture *f = fresh_on(_i);
                const bool trap = tf && !btf;

                f->cpu.iflag = true;
                f->cpu.tf = tf;
                f->cpu.btf = btf;
                f->cpu.sti = shadow == 1;
                f->cpu.movss = shadow == 2;
                f->cpu.dr6 = 0xffff0ff7;
                f->cpu.dr7 = 0x2400;
                retired(f, PN_SHADOW_NONE);
                sound(f);
                ck_assert_int_eq(f->v.exception.stage == PN_STAGE_PENDING, trap);
                if (!trap)
                    continue;
                ck_assert_uint_eq(f->v.exception.db_kind, PN_DB_SINGLE_STEP);
                turn(f);
                ck_assert(same_event(last_seen(f)->event, fault(1)));
                ck_assert_uint_eq(last_seen(f)->dr6, 0xffff4ff0); /* BS; no breakpoint now */
                ck_assert_uint_eq(last_seen(f)->dr7, 0x400);
                ck_assert(last_seen(f)->pushed_tf && !last_seen(f)->pushed_rf);
            }
}
END_TEST

/* A single-stepped CPUID: the trap comes after it, once, as after an instruction of the guest's own. */
START_TEST(single_step_over_an_exit)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.tf = true;
    script(f, MODEL_EXITS);
    ck_assert_int_eq(turn(f), MODEL_EXIT_INSTRUCTION);
    retired(f, PN_SHADOW_NONE);
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
    script(f, MODEL_IRET);
    turn(f);
    ck_assert(f->cpu.tf);
    if (!f->cpu.svm)
        turn(f); /* a NOP of the guest's own */
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    if (f->cpu.svm) /* the exit has written it */
        ck_assert_uint_eq(f->cpu.dr6 & 1u << 14, 1u << 14);
    else
        ck_assert_uint_eq(f->cpu.exit.exception.payload, 1u << 14);
}
END_TEST

/* VE-236 over every state of the shadows and flags, whatever is injected. */
START_TEST(step_rule_at_every_entry)
{
    for (unsigned int n = 0; n < 64; n++)
        for (unsigned int what = 0; what < 6; what++) {
            struct fixture *f = fresh_on(_i);
            const bool sti = n & 1, movss = n >> 1 & 1;
            const struct pn_event e[] = {fault_with(13, 0), breakpoint(), icebp(), debug(PN_DB_SINGLE_STEP, 1u << 14)};

            if ((sti && movss) || (f->cpu.svm && (movss || what == 2)))
                continue;
            f->cpu.iflag = true;
            f->cpu.sti = sti;
            f->cpu.movss = movss;
            f->cpu.tf = n >> 2 & 1;
            f->cpu.btf = n >> 3 & 1;
            f->cpu.bs = n >> 4 & 1;
            f->cpu.nmi_blocked = n >> 5 & 1;
            if (what < 4)
                pn_queue_exception(&f->v, e[what]);
            if (what == 4)
                pn_queue_nmi(&f->v);
            ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
            sound(f);
            if (!f->cpu.svm && (sti || movss))
                ck_assert_int_eq(f->cpu.bs, f->cpu.tf && !f->cpu.btf);
            pn_hw_enter_guest(); /* its own checks */
        }
}
END_TEST

TCase *shadow_tests(void)
{
    TCase *t = tcase_create("shadows");

    tcase_add_loop_test(t, sti_shadow_holds_an_interrupt, 0, ON_ALL);
    tcase_add_loop_test(t, mov_ss_shadow_holds_nmi_and_interrupt, 0, ON_ALL);
    tcase_add_loop_test(t, sti_shadow_holds_an_nmi, 0, ON_ALL);
    tcase_add_loop_test(t, exception_under_a_shadow, 0, ON_ALL);
    tcase_add_loop_test(t, interrupted_delivery_ends_the_shadow, 0, ON_ALL);
    tcase_add_loop_test(t, retired_instruction_ends_the_shadow, 0, ON_ALL);
    tcase_add_loop_test(t, retired_instruction_steps, 0, ON_ALL);
    tcase_add_loop_test(t, single_step_over_an_exit, 0, ON_ALL);
    tcase_add_loop_test(t, step_rule_at_every_entry, 0, ON_ALL);
    return t;
}
