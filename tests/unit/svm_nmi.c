/* SPDX-License-Identifier: BSD-2-Clause
 *
 * NMIs on AMD without virtual NMIs: the processor does not know that the guest is in its handler. The IRET intercept exits
 * before the IRET, which then runs under the hypervisor's single step (APM 15.9, 15.20, 13.1.4).
 */
#include "support.h"

/* One NMI is in its handler, `more` are latched behind it. */
static struct fixture *in_handler(int processor, unsigned int more)
{
    struct fixture *f = fresh_on(processor);

    HOLDS(pn_queue_nmi(&f->v) == PN_ACCEPTED);
    f->cpu.budget = 0;
    turn(f);
    HOLDS(f->seen == 1 && f->cpu.nmi_blocked);
    f->cpu.budget = 1;
    for (unsigned int i = 0; i < more; i++)
        HOLDS(pn_queue_nmi(&f->v) == (i ? PN_COLLAPSED : PN_ACCEPTED));
    return f;
}

/* The handler is at its IRET, and the intercept has exited. */
static struct fixture *at_iret(int processor)
{
    struct fixture *f = in_handler(processor, 1);

    script(f, MODEL_IRET);
    HOLDS(turn(f) == MODEL_EXIT_IRET);
    HOLDS(f->cpu.nmi_blocked && f->cpu.depth == 1);
    pn_iret_intercepted(&f->v);
    sound(f);
    return f;
}

START_TEST(blocked_until_behind_the_iret)
{
    struct fixture *f = in_handler(_i, 1);

    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
        ck_assert(f->cpu.nmi_blocked && f->cpu.nmi_window && !f->cpu.step && f->seen == 1);
    }
    f = at_iret(_i);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
    ck_assert(!f->cpu.entry && f->cpu.step && !f->cpu.nmi_window);
    ck_assert_int_eq(enter(f), MODEL_EXIT_STEP);
    ck_assert(f->cpu.depth == 0 && !f->cpu.nmi_blocked && !f->v.iret_watched);
    ck_assert(!f->cpu.step); /* over with the exit */
    f->cpu.budget = 0;
    turn(f);
    ck_assert(f->seen == 2 && last_seen(f)->event.type == PN_TYPE_NMI && f->cpu.nmi_blocked);
    ck_assert_uint_eq(f->cpu.counters.delivered[2][0], 2);
}
END_TEST

/* The exit comes before the IRET has run (an interrupt of the host's, say): it is still to come. */
START_TEST(watched_across_other_exits)
{
    struct fixture *f = at_iret(_i);

    for (int i = 0; i < 3; i++) {
        f->cpu.budget = 0;
        ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
        ck_assert(f->cpu.nmi_blocked && f->v.iret_watched);
        ck_assert_int_eq(pn_queue_nmi(&f->v), PN_COLLAPSED);
    }
    f->cpu.budget = 1;
    ck_assert_int_eq(turn(f), MODEL_EXIT_STEP);
    ck_assert(!f->cpu.nmi_blocked && !f->v.iret_watched);
}
END_TEST

/* An exception or interrupt is injected at the IRET: its handler is no end of the NMI's, and no step of ours may be pushed
 * with its flags. The IRET is caught again when the handler has returned. */
START_TEST(event_at_the_iret)
{
    for (unsigned int which = 0; which < 3; which++) {
        struct fixture *f = at_iret(_i);

        if (which == 0)
            pn_queue_exception(&f->v, by(PN_BY_USER, fault_with(13, 0)));
        if (which == 1)
            interrupted_by_exit(f, fault_with(11, 0));
        if (which == 2) {
            f->cpu.iflag = true;
            model_request(&f->cpu.controller, 0x50);
            pn_interrupt_pending(&f->v);
        }
        ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
        ck_assert(f->cpu.entry && !f->cpu.step && !f->v.iret_watched && f->cpu.nmi_window);
        sound(f);
        f->cpu.budget = 0;
        enter(f);
        ck_assert(f->seen == 2 && f->cpu.nmi_blocked);
        f->cpu.budget = 1;
        ck_assert_int_eq(turn(f), MODEL_EXIT_IRET); /* the script's IRET, in the new handler */
        ck_assert(f->cpu.nmi_blocked);
    }
}
END_TEST

/* Watched although nothing is blocked (the intercept was armed late): an NMI goes in, and the step's watch is over. */
START_TEST(nmi_at_an_iret)
{
    struct fixture *f = fresh_on(_i);

    pn_iret_intercepted(&f->v);
    pn_queue_nmi(&f->v);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
    sound(f);
    ck_assert(f->cpu.entry && !f->v.iret_watched && !f->cpu.step);
    f->cpu.budget = 0;
    enter(f);
    ck_assert(f->seen == 1 && f->cpu.nmi_blocked);
}
END_TEST

/* The delivery of the injected NMI is interrupted: blocked, owed, injected again; the flag is never lost. */
START_TEST(interrupted_nmi)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_nmi(&f->v);
    for (int i = 0; i < 3; i++) {
        meets(f, MODEL_EPT_VIOLATION);
        ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
        ck_assert(f->cpu.nmi_blocked && f->cpu.owed);
        ck_assert_int_eq(pn_queue_nmi(&f->v), i ? PN_COLLAPSED : PN_ACCEPTED);
    }
    f->cpu.budget = 0;
    turn(f);
    ck_assert(f->seen == 1 && f->cpu.nmi_blocked && f->cpu.nmi_window);
    ck_assert(!f->cpu.immediate);
}
END_TEST

/* The entry did not run: nothing is blocked by an NMI that was not delivered. */
START_TEST(cancelled_nmi)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_nmi(&f->v);
    pn_inject_events(&f->v);
    ck_assert(f->cpu.entry && f->cpu.nmi_blocked);
    pn_cancel_injection(&f->v);
    sound(f);
    ck_assert(!f->cpu.nmi_blocked);
    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_ACCEPTED);
    f->cpu.budget = 0;
    turn(f);
    ck_assert(f->seen == 1 && f->cpu.nmi_blocked && f->v.nmi_pending == 1 && f->cpu.nmi_window);
}
END_TEST

/* Behind another event the entry ends at once, and the NMI comes before the handler's first instruction. */
START_TEST(nmi_behind_an_exception)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_exception(&f->v, fault_with(13, 0));
    pn_queue_nmi(&f->v);
    ck_assert_int_eq(turn(f), MODEL_EXIT_IMMEDIATE);
    ck_assert(f->seen == 1 && f->cpu.rip == MODEL_HANDLERS + 13 * MODEL_HANDLER_SIZE);
    f->cpu.budget = 0;
    turn(f);
    ck_assert(f->seen == 2 && last_seen(f)->event.type == PN_TYPE_NMI);
    ck_assert_uint_eq(last_seen(f)->pushed_rip, MODEL_HANDLERS + 13 * MODEL_HANDLER_SIZE);
}
END_TEST

/* A shadow (STI or MOV SS, AMD has one) holds it for one instruction: a step of our own. */
START_TEST(nmi_behind_a_shadow)
{
    for (unsigned int mov_ss = 0; mov_ss < 2; mov_ss++) {
        struct fixture *f = fresh_on(_i);

        script(f, mov_ss ? MODEL_MOV_SS : MODEL_STI);
        turn(f);
        ck_assert(f->cpu.sti);
        pn_queue_nmi(&f->v);
        ck_assert_int_eq(turn(f), MODEL_EXIT_STEP);
        ck_assert(f->seen == 0 && !f->cpu.sti);
        f->cpu.budget = 0;
        turn(f);
        ck_assert(f->seen == 1 && last_seen(f)->event.type == PN_TYPE_NMI);
        ck_assert(!last_seen(f)->pushed_tf); /* the step was ours, not the guest's */
    }
}
END_TEST

/* GIF = 0 holds NMIs; the guest's STGI exits, so no window is needed. */
START_TEST(nmi_behind_gif)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.gif = false;
    pn_queue_nmi(&f->v);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
        ck_assert(f->seen == 0 && !f->cpu.step && !f->cpu.immediate);
    }
    script(f, MODEL_EXITS); /* STGI */
    ck_assert_int_eq(turn(f), MODEL_EXIT_INSTRUCTION);
    f->cpu.gif = true;
    retired(f, PN_SHADOW_NONE);
    f->cpu.budget = 0;
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
}
END_TEST

TCase *svm_nmi_tests(void)
{
    TCase *t = tcase_create("svm nmi");

    tcase_add_loop_test(t, blocked_until_behind_the_iret, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, watched_across_other_exits, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, event_at_the_iret, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, nmi_at_an_iret, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, interrupted_nmi, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, cancelled_nmi, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, nmi_behind_an_exception, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, nmi_behind_a_shadow, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, nmi_behind_gif, ON_SVM, ON_ALL);
    return t;
}
