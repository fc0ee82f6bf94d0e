/* SPDX-License-Identifier: BSD-2-Clause
 *
 * NMIs: latched, limited, blocked, unblocked by IRET (SDM 6.7.1, 27.2.3).
 */
#include "support.h"

/* One NMI is in its handler. */
static struct fixture *in_handler(int processor)
{
    struct fixture *f = fresh_on(processor);

    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_ACCEPTED);
    turn(f);
    ck_assert(last_seen(f)->event.type == PN_TYPE_NMI && f->cpu.nmi_blocked);
    return f;
}

/* The handler ends; the window exits before the next instruction. */
static void returns_to_the_window(struct fixture *f)
{
    ck_assert(!f->cpu.svm); /* AMD: svm_nmi.c */
    script(f, MODEL_IRET);
    f->cpu.budget = 2;
    ck_assert_int_eq(turn(f), MODEL_EXIT_NMI_WINDOW);
    ck_assert(!f->cpu.nmi_blocked);
    f->cpu.budget = 1;
}

START_TEST(nmi_arrives)
{
    struct fixture *f = in_handler(_i);

    ck_assert(same_event(last_seen(f)->event, vectored(2, 2, 0, false, 0)));
    ck_assert_uint_eq(f->v.nmi_pending, 0);
    ck_assert(!f->cpu.nmi_window);
    ck_assert_uint_eq(f->cpu.counters.delivered[2][0], 1);
}
END_TEST

/* An NMI that arrives while the guest runs exits even when virtual NMIs are blocked. */
START_TEST(nmi_exit_reaches_the_guest)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.nmi_pin = true;
    ck_assert_int_eq(turn(f), MODEL_EXIT_NMI);
    pn_queue_nmi(&f->v);
    f->cpu.nmi_pin = true; /* the next one, at the first boundary in its handler */
    ck_assert_int_eq(turn(f), MODEL_EXIT_NMI);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_ACCEPTED);
    turn(f);
    ck_assert(f->cpu.nmi_window);
    ck_assert_uint_eq(f->seen, 1);
}
END_TEST

/* pending 0..2, virtual blocking, and what is on its way, against SDM 6.7.1: further NMIs are blocked by one in service;
 * one is held behind the one in service, and while none is, up to two that are not served yet. */
START_TEST(nmi_limit)
{
    for (unsigned int pending = 0; pending <= 2; pending++)
        for (unsigned int blocked = 0; blocked < 2; blocked++)
            for (unsigned int slot = 0; slot < 3; slot++) {
                struct fixture *f = fresh_on(_i);
                const bool served = blocked || slot == 1;
                const bool merges = pending == 2 || (pending == 1 && served);

                for (unsigned int i = 0; i < pending; i++)
                    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_ACCEPTED);
                if (slot == 1)
                    interrupted_by_exit(f, vectored(2, 2, 0, false, 0));
                if (slot == 2)
                    interrupted_by_exit(f, fault_with(13, 0));
                f->cpu.nmi_blocked = blocked;
                ck_assert_int_eq(pn_queue_nmi(&f->v), merges ? PN_COLLAPSED : PN_ACCEPTED);
                sound(f);
                ck_assert_uint_eq(f->v.nmi_pending, pending + !merges);
                ck_assert_uint_eq(f->cpu.counters.reasons[0], merges);
            }
}
END_TEST

START_TEST(second_nmi_waits_for_iret)
{
    struct fixture *f = in_handler(_i);

    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_ACCEPTED);
    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_COLLAPSED);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
        ck_assert_uint_eq(f->seen, 1);
        ck_assert(f->cpu.nmi_window);
    }
    returns_to_the_window(f);
    ck_assert_uint_eq(f->seen, 1);
    turn(f);
    ck_assert_uint_eq(f->seen, 2);
    ck_assert(!f->cpu.nmi_window && f->cpu.nmi_blocked);
}
END_TEST

START_TEST(two_nmis_before_the_first_entry)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_nmi(&f->v);
    pn_queue_nmi(&f->v);
    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_COLLAPSED);
    turn(f);
    ck_assert(f->cpu.nmi_window && f->v.nmi_pending == 1);
    returns_to_the_window(f);
    turn(f);
    ck_assert_uint_eq(f->seen, 2);
    ck_assert_uint_eq(f->cpu.counters.delivered[2][0], 2);
    ck_assert_uint_eq(f->cpu.counters.discarded[2][0], 1);
}
END_TEST

/* EV-086: an IRET that ran into an EPT violation is going to run again; until then NMIs stay blocked. */
START_TEST(nmi_unblocked_by_iret)
{
    struct fixture *f = in_handler(_i);

    pn_queue_nmi(&f->v);
    script(f, MODEL_IRET_EVICTED);
    ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
    ck_assert(f->cpu.iret_unblocked);
    ck_assert(f->cpu.nmi_blocked); /* put back */
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert(f->cpu.nmi_window);
    returns_to_the_window(f);
}
END_TEST

/* An IRET outside a handler leaves nothing blocked. */
START_TEST(iret_without_blocking)
{
    struct fixture *f = fresh_on(_i);

    script(f, MODEL_IRET_EVICTED);
    turn(f);
    ck_assert(!f->cpu.iret_unblocked && !f->cpu.nmi_blocked);
}
END_TEST

/* The bit is undefined while the vectoring information is valid (SDM 27.2.3): whatever it says, nothing is set. */
START_TEST(iret_bit_ignored_with_vectoring)
{
    for (unsigned int bit = 0; bit < 2; bit++) {
        struct fixture *f = fresh_on(_i);

        f->cpu.exited = f->cpu.owed = true;
        f->cpu.owed_event = fault_with(13, 0);
        f->cpu.iret_unblocked = bit;
        pn_complete_vectoring(&f->v);
        sound(f);
        ck_assert(!f->cpu.nmi_blocked);
    }
}
END_TEST

/* Delivery of an NMI is interrupted: it comes again, although it blocks NMIs itself, and nothing latched is lost. */
START_TEST(interrupted_nmi_comes_again)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_nmi(&f->v);
    pn_queue_nmi(&f->v);
    for (int i = 0; i < 3; i++) {
        meets(f, MODEL_EPT_VIOLATION);
        ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
        ck_assert(f->cpu.nmi_blocked && f->v.nmi_pending == 1);
        ck_assert_int_eq(f->v.injected.type, PN_TYPE_NMI);
    }
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert_uint_eq(f->cpu.counters.reinjected[2], 3);
    ck_assert(f->cpu.nmi_blocked && f->cpu.nmi_window);
    ck_assert_uint_eq(f->cpu.counters.delivered[2][0], 1);
}
END_TEST

/* An NMI that comes between pn_inject_events and the entry: the entry is taken back and prepared again. */
START_TEST(nmi_before_the_entry)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_exception(&f->v, page_fault(0x9000, 0));
    pn_inject_events(&f->v);
    pn_queue_nmi(&f->v);
    sound(f);
    pn_cancel_injection(&f->v);
    sound(f);
    ck_assert_int_eq(turn(f), f->cpu.svm ? MODEL_EXIT_IMMEDIATE : MODEL_EXIT_NMI_WINDOW);
    ck_assert_uint_eq(last_seen(f)->event.vector, 14);
    ck_assert_uint_eq(f->cpu.applied, 1);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.type, PN_TYPE_NMI);
}
END_TEST

/* It may merge with one that has just been programmed: that one is on its way, so one more is latched, no more. */
START_TEST(nmi_behind_a_programmed_nmi)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_nmi(&f->v);
    pn_inject_events(&f->v);
    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_ACCEPTED);
    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_COLLAPSED);
    sound(f);
    pn_cancel_injection(&f->v);
    sound(f);
    ck_assert_int_eq(pn_queue_nmi(&f->v), PN_COLLAPSED);
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert_uint_eq(f->v.nmi_pending, 1);
}
END_TEST

TCase *nmi_tests(void)
{
    TCase *t = tcase_create("nmi");

    tcase_add_test(t, nmi_arrives);
    tcase_add_loop_test(t, nmi_exit_reaches_the_guest, 0, ON_ALL);
    tcase_add_loop_test(t, nmi_limit, 0, ON_ALL);
    tcase_add_test(t, second_nmi_waits_for_iret);
    tcase_add_test(t, two_nmis_before_the_first_entry);
    tcase_add_test(t, nmi_unblocked_by_iret);
    tcase_add_loop_test(t, iret_without_blocking, 0, ON_ALL);
    tcase_add_loop_test(t, iret_bit_ignored_with_vectoring, 0, ON_ALL);
    tcase_add_loop_test(t, interrupted_nmi_comes_again, 0, ON_ALL);
    tcase_add_loop_test(t, nmi_before_the_entry, 0, ON_ALL);
    tcase_add_loop_test(t, nmi_behind_a_programmed_nmi, 0, ON_ALL);
    return t;
}
