/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An exception raised while another event is delivered: SDM table 6-5 over all vectors and types.
 */
#include "support.h"

#include "classify.h"

enum outcome { SERIAL, DOUBLE, SHUT };

/* SDM table 6-4, vectors by name; APM 8.2.9 and table 8-1 for AMD. */
static char class(bool svm, uint8_t vector)
{
    switch (vector) {
    case 20: /* virtualization exception; AMD has none */
        return svm ? 'B' : 'P';
    case 29: /* VMM communication exception */
    case 30: /* security exception */
        return svm ? 'C' : 'B';
    case 0:  /* divide error */
    case 10: /* invalid TSS */
    case 11: /* segment not present */
    case 12: /* stack fault */
    case 13: /* general protection */
    case 21: /* control protection */
        return 'C';
    case 14: /* page fault */
        return 'P';
    case 8:
        return 'D';
    default:
        return 'B';
    }
}

/* SDM table 6-5: "first \ second"; under it, 6.15 on shutdown. */
static enum outcome table_6_5(bool svm, uint8_t first, uint8_t second)
{
    const char a = class(svm, first), b = class(svm, second);

    if (a == 'D')
        return b == 'C' || b == 'P' ? SHUT : SERIAL;
    if (a == 'C')
        return b == 'C' ? DOUBLE : SERIAL;
    if (a == 'P')
        return b == 'C' || b == 'P' ? DOUBLE : SERIAL;
    return SERIAL;
}

START_TEST(double_fault_table)
{
    for (unsigned int first = 0; first < 32; first++)
        for (unsigned int second = 0; second < 32; second++) {
            const bool svm = _i != ON_VMX;
            const enum pn_pair pair = pn_combine(svm, (uint8_t)first, (uint8_t)second);
            const enum outcome want = table_6_5(svm, (uint8_t)first, (uint8_t)second);

            ck_assert_int_eq(pair == PN_PAIR_DOUBLE_FAULT, want == DOUBLE);
            ck_assert_int_eq(pair == PN_PAIR_SHUTDOWN, want == SHUT);
            ck_assert_int_eq((int)model_pair(svm, fault((uint8_t)first), fault((uint8_t)second)), (int)want);
        }
}
END_TEST

static struct pn_event first_of(int on, uint8_t type, uint8_t vector)
{
    const uint8_t length = type >= 4 && type <= 6 ? 2 : 0;

    return vectored(type, vector, length, model_has_error(on != ON_VMX, type, vector, true), 0);
}

/* What the guest must get: oracle over the types as well. */
static enum outcome outcome_of(bool svm, struct pn_event first, struct pn_event second)
{
    return first.type == 3 && second.type == 3 ? table_6_5(svm, first.vector, second.vector) : SERIAL;
}

static void check_outcome(struct fixture *f, struct pn_event first, struct pn_event second)
{
    const enum outcome want = outcome_of(f->cpu.svm, first, second);
    const uint64_t cr2 = second.has_payload && second.vector == 14 ? second.payload : 0xaaaa;

    HOLDS(f->v.injected.stage == PN_STAGE_NONE);
    if (want != SERIAL) /* SDM 4.7: the processor loads CR2 before it looks at the pair (EV-125) */
        HOLDS(f->cpu.cr2 == cr2);
    if (want == SHUT) {
        HOLDS(f->v.triple_fault && f->v.exception.stage == PN_STAGE_NONE);
        HOLDS(pn_inject_events(&f->v) == PN_SHUTDOWN);
        return;
    }
    HOLDS(!f->v.triple_fault);
    turn(f);
    HOLDS(f->seen == 1 && f->cpu.cr2 == cr2);
    if (want == DOUBLE) {
        HOLDS(same_event(last_seen(f)->event, fault_with(8, 0)));
        HOLDS(f->cpu.counters.reasons[1] == 2);
    } else {
        HOLDS(same_event(last_seen(f)->event, second));
        HOLDS(f->cpu.counters.reasons[2] == 1);
    }
}

static void second_during(int on, struct pn_event first, struct pn_event second)
{
    struct fixture *f = fresh_on(on);

    if (!exists(f, first) || !exists(f, second))
        return;
    f->cpu.cr2 = 0xaaaa;
    interrupted_by_exit(f, first);
    HOLDS(pn_queue_exception(&f->v, second) == PN_ACCEPTED);
    sound(f);
    check_outcome(f, first, second);
}

static struct pn_event second_of(int on, uint8_t vector)
{
    struct pn_event e = fault(vector);

    if (vector == 14)
        return page_fault(0xbbbb, 0);
    e.has_error = model_has_error(on != ON_VMX, 3, vector, true);
    return e;
}

START_TEST(every_pair_of_hardware_exceptions)
{
    for (unsigned int first = 0; first < 32; first++)
        for (unsigned int second = 0; second < 32; second++)
            second_during(_i, first_of(_i, 3, (uint8_t)first), second_of(_i, (uint8_t)second));
}
END_TEST

START_TEST(interrupts_and_software_events_are_benign)
{
    for (unsigned int second = 0; second < 32; second++) {
        for (unsigned int first = 0; first < 256; first++) {
            second_during(_i, first_of(_i, 0, (uint8_t)first), second_of(_i, (uint8_t)second));
            second_during(_i, first_of(_i, 4, (uint8_t)first), second_of(_i, (uint8_t)second));
        }
        second_during(_i, first_of(_i, 2, 2), second_of(_i, (uint8_t)second));
        second_during(_i, first_of(_i, 5, 1), second_of(_i, (uint8_t)second));
        second_during(_i, first_of(_i, 6, 3), second_of(_i, (uint8_t)second));
        second_during(_i, first_of(_i, 6, 4), second_of(_i, (uint8_t)second));
    }
}
END_TEST

/* A software exception as the second (a task gate's handler cannot be reached so, an emulator's can). */
START_TEST(software_exception_as_second)
{
    for (unsigned int first = 0; first < 32; first++) {
        second_during(_i, first_of(_i, 3, (uint8_t)first), breakpoint());
        second_during(_i, first_of(_i, 3, (uint8_t)first), overflow());
        second_during(_i, first_of(_i, 3, (uint8_t)first), icebp());
    }
}
END_TEST

/* A record of a user, of L1 or of a snapshot is not raised by the delivery: it waits. */
START_TEST(unrelated_exception_waits)
{
    for (uint8_t origin = PN_BY_L1; origin <= PN_RESTORED; origin++) {
        struct fixture *f = fresh_on(_i);

        interrupted_by_exit(f, fault_with(13, 8));
        ck_assert_int_eq(pn_queue_exception(&f->v, by(origin, page_fault(1, 0))), PN_BUSY);
        sound(f);
        ck_assert_uint_eq(f->cpu.counters.accepted[3][0], 0);
        turn(f);
        ck_assert(same_event(last_seen(f)->event, fault_with(13, 8)));
        ck_assert_int_eq(pn_queue_exception(&f->v, by(origin, page_fault(1, 0))), PN_ACCEPTED);
        turn(f);
        ck_assert_uint_eq(last_seen(f)->event.vector, 14);
    }
}
END_TEST

/* The whole ladder in the model: #PF, its delivery faults, #DF's delivery faults. */
START_TEST(page_fault_to_shutdown)
{
    struct fixture *f = fresh_on(_i);

    script_raises(f, page_fault(0x1000, 2));
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    pn_queue_exception(&f->v, f->cpu.exit.exception);
    meets_exception(f, page_fault(0x2000, 0));
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    ck_assert_uint_eq(f->cpu.cr2, 0x1000);
    pn_queue_exception(&f->v, f->cpu.exit.exception);
    sound(f);
    ck_assert_uint_eq(f->cpu.cr2, 0x2000);
    ck_assert_uint_eq(f->v.exception.vector, 8);
    ck_assert_uint_eq(f->cpu.cr2, 0x2000); /* EV-125: loaded before the pair is looked at */
    meets_exception(f, fault_with(11, 0x10));
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    pn_queue_exception(&f->v, f->cpu.exit.exception);
    sound(f);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_SHUTDOWN);
    ck_assert_uint_eq(f->seen, 0);
    ck_assert_uint_eq(f->cpu.cr2, 0x2000);
    ck_assert_uint_eq(f->cpu.dropped, 0);
}
END_TEST

/* EV-008: a benign exception during #DF is delivered, and #DF is forgotten. */
START_TEST(benign_during_double_fault)
{
    second_during(_i, fault_with(8, 0), fault(6));
    second_during(_i, fault_with(8, 0), debug(PN_DB_DATA_OR_IO, 1));
    second_during(_i, fault_with(8, 0), fault_with(17, 0));
}
END_TEST

TCase *double_fault_tests(void)
{
    TCase *t = tcase_create("double fault");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, double_fault_table, 0, ON_ALL);
    tcase_add_loop_test(t, every_pair_of_hardware_exceptions, 0, ON_ALL);
    tcase_add_loop_test(t, interrupts_and_software_events_are_benign, 0, ON_ALL);
    tcase_add_loop_test(t, software_exception_as_second, 0, ON_ALL);
    tcase_add_loop_test(t, unrelated_exception_waits, 0, ON_ALL);
    tcase_add_loop_test(t, page_fault_to_shutdown, 0, ON_ALL);
    tcase_add_loop_test(t, benign_during_double_fault, 0, ON_ALL);
    return t;
}
