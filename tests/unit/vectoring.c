/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interrupted deliveries: re-injection of every type, cancelled entries, what waits behind (SDM 27.2.4, 31.7.1.2).
 */
#include "support.h"

/* Deliver `e`, which the core holds, through `times` EPT violations; the guest must get it once and unchanged, with
 * CR2, DR6 and DR7 as they were at the first attempt. */
static void interrupted_times(struct fixture *f, struct pn_event e, unsigned int times)
{
    const struct model_cpu *cpu = &f->cpu;
    uint64_t cr2 = 0, dr6 = 0, dr7 = 0;

    for (unsigned int i = 0; i < times; i++) {
        meets(f, MODEL_EPT_VIOLATION);
        HOLDS(turn(f) == MODEL_EXIT_EPT_VIOLATION);
        HOLDS(same_event(f->v.injected, e));
        if (i > 0)
            HOLDS(cpu->cr2 == cr2 && cpu->dr6 == dr6 && cpu->dr7 == dr7);
        cr2 = cpu->cr2;
        dr6 = cpu->dr6;
        dr7 = cpu->dr7;
        HOLDS(f->seen == 0);
    }
    turn(f);
    HOLDS(f->seen == 1);
    HOLDS(same_event(last_seen(f)->event, e));
    if (times)
        HOLDS(last_seen(f)->cr2 == cr2 && last_seen(f)->dr6 == dr6 && last_seen(f)->dr7 == dr7);
}

/* What the core injected itself, types 3, 5 and 6, twice in a row. */
START_TEST(injected_exception_comes_again)
{
    const struct pn_event events[] = {fault(0), fault_with(13, 0xfff8), page_fault(0x1234, 0x8017), fault_with(8, 0),
                                      fault_with(17, 0), debug(PN_DB_SINGLE_STEP, 0x4001), breakpoint(), overflow(),
                                      icebp(), vectored(6, 3, 15, false, 0), fault(3), fault(4)};

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        for (unsigned int times = 0; times < 4; times++) {
            struct fixture *f = fresh_on(_i);

            if (!exists(f, events[i]))
                continue;
            ck_assert_int_eq(pn_queue_exception(&f->v, events[i]), PN_ACCEPTED);
            interrupted_times(f, events[i], times);
            ck_assert_uint_eq(f->cpu.applied, events[i].has_payload);
            ck_assert_uint_eq(f->cpu.counters.reinjected[events[i].type], times);
            ck_assert_uint_eq(f->cpu.counters.delivered[events[i].type][0], 1);
        }
}
END_TEST

/* What the processor was delivering by itself: all types, all vectors they can have, error codes and lengths. */
START_TEST(processors_own_delivery_comes_again)
{
    for (uint8_t type = 0; type < 7; type++)
        for (unsigned int vector = 0; vector < 256; vector++)
            for (uint8_t length = 0; length < 16; length++) {
                struct pn_event e = vectored(type, (uint8_t)vector, length, false, 0);
                struct fixture *f;

                if (!model_type_ok(_i != ON_VMX, e) || !model_length_ok(e))
                    continue;
                e.has_error = model_has_error(_i != ON_VMX, type, (uint8_t)vector, true);
                e.error = e.has_error ? 0x8000u | vector : 0;
                f = fresh_on(_i);
                interrupted_by_exit(f, e);
                ck_assert(same_event(f->v.injected, e));
                interrupted_times(f, e, 2);
                ck_assert_uint_eq(f->cpu.applied, 0);
                ck_assert_uint_eq(f->cpu.counters.accepted[type][2], 1);
                ck_assert_uint_eq(f->cpu.counters.delivered[type][2], 1);
            }
}
END_TEST

/* A #GP delivered without an error code must not get one: nothing is recomputed from the vector (EV-084). */
START_TEST(reported_error_bit_is_kept)
{
    for (unsigned int vector = 0; vector < 32; vector++)
        for (unsigned int has = 0; has < 2; has++) {
            struct fixture *f = fresh_on(_i);
            const struct pn_event e = vectored(3, (uint8_t)vector, 0, has, has ? 0x77 : 0);

            if (!model_type_ok(f->cpu.svm, e))
                continue;
            interrupted_by_exit(f, e);
            pn_inject_events(&f->v);
            ck_assert(same_event(f->cpu.entry_event, e));
            sound(f);
        }
}
END_TEST

START_TEST(int_n_comes_again)
{
    for (unsigned int vector = 0; vector < 256; vector++) {
        struct fixture *f = fresh_on(_i);

        meets(f, MODEL_EPT_VIOLATION);
        meets(f, MODEL_EPT_VIOLATION);
        script_int_n(f, (uint8_t)vector);
        ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
        ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
        turn(f);
        ck_assert_uint_eq(f->seen, 1);
        ck_assert(same_event(last_seen(f)->event, vectored(4, (uint8_t)vector, 2, false, 0)));
    }
}
END_TEST

/* The event keeps what the processor does not report: whose it was, which kind of #DB. */
START_TEST(origin_and_kind_are_kept)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_exception(&f->v, by(PN_BY_USER, debug(PN_DB_TASK_SWITCH, 1u << 15)));
    meets(f, MODEL_EPT_VIOLATION);
    turn(f);
    ck_assert_uint_eq(f->v.injected.origin, PN_BY_USER);
    ck_assert_uint_eq(f->v.injected.db_kind, PN_DB_TASK_SWITCH);
}
END_TEST

/* An exit reports another event than the one of the last entry: that one has been delivered. */
START_TEST(another_event_was_interrupted)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_exception(&f->v, fault_with(13, 8));
    meets(f, MODEL_NOTHING);
    meets(f, MODEL_EPT_VIOLATION);
    script_int_n(f, 0x80);
    ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert_uint_eq(f->cpu.counters.delivered[3][0], 1);
    ck_assert(same_event(f->v.injected, vectored(4, 0x80, 2, false, 0)));
    turn(f);
    ck_assert_uint_eq(f->seen, 2);
    ck_assert_uint_eq(f->cpu.counters.delivered[4][2], 1);
}
END_TEST

/* Only the error code tells the two apart. */
START_TEST(same_vector_other_error_code)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_exception(&f->v, fault_with(13, 8));
    pn_inject_events(&f->v);
    interrupted_by_exit(f, fault_with(13, 16));
    ck_assert_uint_eq(f->cpu.counters.delivered[3][0], 1);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.error, 16);
}
END_TEST

/* Nothing is intercepted, so the processor combines the two by itself: the double fault is what it reports. */
START_TEST(processors_own_double_fault)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.bitmap = 0;
    meets_exception(f, fault_with(13, 8)); /* for the injected #GP */
    meets(f, MODEL_EPT_VIOLATION);         /* for its #DF */
    pn_queue_exception(&f->v, fault_with(11, 4));
    ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
    ck_assert(same_event(f->v.injected, fault_with(8, 0)));
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert_uint_eq(last_seen(f)->event.vector, 8);
}
END_TEST

START_TEST(cancelled_entry_comes_again)
{
    const struct pn_event events[] = {page_fault(0x7000, 3), debug(PN_DB_DATA_OR_IO, 5), breakpoint(), icebp()};

    for (size_t i = 0; i < 4; i++) {
        struct fixture *f = fresh_on(_i);

        if (!exists(f, events[i]))
            continue;
        pn_queue_exception(&f->v, events[i]);
        for (int n = 0; n < 3; n++) {
            pn_inject_events(&f->v);
            sound(f);
            ck_assert(f->cpu.entry);
            pn_cancel_injection(&f->v);
            sound(f);
            ck_assert(!f->cpu.entry && f->cpu.owed);
        }
        turn(f);
        ck_assert_uint_eq(f->seen, 1);
        ck_assert(same_event(last_seen(f)->event, events[i]));
        ck_assert_uint_eq(f->cpu.applied, events[i].has_payload);
        ck_assert_uint_eq(f->cpu.counters.delivered[events[i].type][0], 1);
    }
}
END_TEST

START_TEST(cancelled_interrupt_stays_acknowledged)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    model_request(&f->cpu.controller, 0x50);
    pn_interrupt_pending(&f->v);
    pn_inject_events(&f->v);
    pn_cancel_injection(&f->v);
    sound(f);
    model_request(&f->cpu.controller, 0xd0);
    pn_interrupt_pending(&f->v);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x50);
    ck_assert_int_eq(model_serving(&f->cpu.controller), 0x50);
    ck_assert(f->cpu.intr_window);
}
END_TEST

START_TEST(cancelled_nmi_comes_again)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_nmi(&f->v);
    pn_inject_events(&f->v);
    pn_cancel_injection(&f->v);
    sound(f);
    meets(f, MODEL_EPT_VIOLATION);
    turn(f);
    pn_inject_events(&f->v);
    pn_cancel_injection(&f->v);
    sound(f);
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert(f->cpu.nmi_blocked);
}
END_TEST

START_TEST(cancel_without_an_event)
{
    struct fixture *f = fresh_on(_i);

    pn_inject_events(&f->v);
    pn_cancel_injection(&f->v);
    sound(f);
    ck_assert(!f->cpu.owed);
    turn(f);
    ck_assert_uint_eq(f->seen, 0);
}
END_TEST

/* Everything that waits survives a re-injection and comes in its turn. */
START_TEST(pending_behind_a_reinjection)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    interrupted_by_exit(f, vectored(4, 0x80, 2, false, 0));
    pn_queue_nmi(&f->v);
    model_request(&f->cpu.controller, 0x33);
    pn_interrupt_pending(&f->v);
    meets(f, MODEL_EPT_VIOLATION);
    turn(f);
    ck_assert(f->v.nmi_pending == 1 && f->v.interrupt_waiting);
    ck_assert((f->cpu.svm ? f->cpu.immediate : f->cpu.nmi_window) && f->cpu.intr_window);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.type, 4);
    ck_assert_int_eq(f->cpu.exit.reason, f->cpu.svm ? MODEL_EXIT_IMMEDIATE : MODEL_EXIT_NMI_WINDOW);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.type, 2);
    script(f, MODEL_IRET);
    script(f, MODEL_IRET);
    while (f->seen < 3)
        if (turn(f) == MODEL_EXIT_IRET)
            pn_iret_intercepted(&f->v);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x33);
}
END_TEST

/* The exception raised by a delivery takes its place; what waits behind stays. */
START_TEST(second_exception_keeps_what_waits)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    interrupted_by_exit(f, vectored(0, 0x41, 0, false, 0));
    pn_queue_nmi(&f->v);
    pn_interrupt_pending(&f->v);
    ck_assert_int_eq(pn_queue_exception(&f->v, page_fault(0x6000, 0)), PN_ACCEPTED);
    sound(f);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 14);
    ck_assert(f->v.nmi_pending == 1 && f->v.interrupt_waiting);
}
END_TEST

TCase *vectoring_tests(void)
{
    TCase *t = tcase_create("vectoring");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, injected_exception_comes_again, 0, ON_ALL);
    tcase_add_loop_test(t, processors_own_delivery_comes_again, 0, ON_ALL);
    tcase_add_loop_test(t, reported_error_bit_is_kept, 0, ON_ALL);
    tcase_add_loop_test(t, int_n_comes_again, 0, ON_ALL);
    tcase_add_loop_test(t, origin_and_kind_are_kept, 0, ON_ALL);
    tcase_add_loop_test(t, another_event_was_interrupted, 0, ON_ALL);
    tcase_add_loop_test(t, same_vector_other_error_code, 0, ON_ALL);
    tcase_add_loop_test(t, processors_own_double_fault, 0, ON_ALL);
    tcase_add_loop_test(t, cancelled_entry_comes_again, 0, ON_ALL);
    tcase_add_loop_test(t, cancelled_interrupt_stays_acknowledged, 0, ON_ALL);
    tcase_add_loop_test(t, cancelled_nmi_comes_again, 0, ON_ALL);
    tcase_add_loop_test(t, cancel_without_an_event, 0, ON_ALL);
    tcase_add_loop_test(t, pending_behind_a_reinjection, 0, ON_ALL);
    tcase_add_loop_test(t, second_exception_keeps_what_waits, 0, ON_ALL);
    return t;
}
