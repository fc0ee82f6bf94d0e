/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Exceptions on their way to the guest: error code, CR2, RF, DR7.GD, what may replace what.
 */
#include "support.h"

/* Raise it in the guest, take the exit, give it to the core, enter again. */
static const struct model_seen *through(struct fixture *f, struct pn_event e)
{
    script_raises(f, e);
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    ck_assert_int_eq(pn_queue_exception(&f->v, f->cpu.exit.exception), PN_ACCEPTED);
    sound(f);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    return last_seen(f);
}

START_TEST(every_vector_arrives)
{
    for (unsigned int vector = 0; vector < 32; vector++)
        for (unsigned int pe = 0; pe < 2; pe++) {
            struct fixture *f = fresh_on(_i);
            struct pn_event e = fault((uint8_t)vector);
            const struct model_seen *seen;

            if (!exists(f, fault((uint8_t)vector)))
                continue;
            f->cpu.pe = pe;
            e.db_kind = vector == 1 ? PN_DB_CODE_BREAKPOINT : PN_DB_NONE;
            e.has_error = model_has_error(f->cpu.svm, 3, (uint8_t)vector, pe);
            e.error = e.has_error ? 0x1230u + vector : 0;
            seen = through(f, e);
            ck_assert_uint_eq(f->seen, 1);
            ck_assert(same_event(seen->event, e));
            ck_assert(seen->injected);
            ck_assert_uint_eq(f->cpu.counters.delivered[3][0], 1);
        }
}
END_TEST

/* A record from an emulator may carry an error code that the mode does not push, or lack a zero one that it does. */
START_TEST(error_code_follows_the_mode)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.pe = false;
    pn_queue_exception(&f->v, by(PN_BY_EMULATOR, fault_with(13, 0x18)));
    turn(f);
    ck_assert(!last_seen(f)->event.has_error);
    ck_assert_uint_eq(last_seen(f)->event.error, 0);
    f = fresh_on(_i);
    pn_queue_exception(&f->v, by(PN_BY_EMULATOR, fault(8)));
    turn(f);
    ck_assert(last_seen(f)->event.has_error);
    ck_assert_uint_eq(last_seen(f)->event.error, 0);
    f = fresh_on(_i);
    pn_queue_exception(&f->v, by(PN_BY_USER, fault_with(6, 5)));
    turn(f);
    ck_assert(!last_seen(f)->event.has_error);
}
END_TEST

START_TEST(page_fault_address)
{
    static const uint64_t addresses[] = {0, 0x1000, 0xffff800000001234ull, 0xffffffffffffffffull};

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct fixture *f = fresh_on(_i);
        const struct model_seen *seen;

        f->cpu.cr2 = 0x5a5a;
        f->cpu.dr6 = 0xffff0ff0;
        script_raises(f, page_fault(addresses[i], 0x8007));
        turn(f);
        pn_queue_exception(&f->v, f->cpu.exit.exception);
        ck_assert_uint_eq(f->cpu.cr2, 0x5a5a); /* not before its event */
        turn(f);
        seen = last_seen(f);
        ck_assert_uint_eq(seen->cr2, addresses[i]);
        ck_assert_uint_eq(seen->event.error, 0x8007);
        ck_assert_uint_eq(seen->dr6, 0xffff0ff0);
        ck_assert_uint_eq(f->cpu.applied, 1);
    }
}
END_TEST

START_TEST(page_fault_without_address_keeps_cr2)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.cr2 = 0x77;
    pn_queue_exception(&f->v, by(PN_BY_USER, fault_with(14, 2)));
    turn(f);
    ck_assert_uint_eq(last_seen(f)->cr2, 0x77);
    ck_assert_uint_eq(f->cpu.applied, 0);
}
END_TEST

START_TEST(resume_flag)
{
    for (unsigned int vector = 0; vector < 32; vector++)
        for (unsigned int before = 0; before < 2; before++) {
            struct fixture *f = fresh_on(_i);

            if (!exists(f, fault((uint8_t)vector)))
                continue;
            f->cpu.rf = before;
            pn_queue_exception(&f->v, by(PN_BY_EMULATOR, fault((uint8_t)vector)));
            turn(f);
            ck_assert_int_eq(last_seen(f)->pushed_rf, before || model_is_fault((uint8_t)vector));
        }
}
END_TEST

/* INT3, INTO and INT1 are traps: RF is pushed as it is, whatever their vector's hardware exception would do. */
START_TEST(resume_flag_of_software_exceptions)
{
    const struct pn_event events[] = {breakpoint(), overflow(), icebp()};

    for (size_t i = 0; i < 3; i++) {
        struct fixture *f = fresh_on(_i);

        if (!exists(f, events[i]))
            continue;
        through(f, events[i]);
        ck_assert(!last_seen(f)->pushed_rf);
    }
}
END_TEST

START_TEST(software_exceptions_keep_type_and_length)
{
    for (uint8_t length = 1; length <= 15; length++) {
        struct pn_event events[] = {breakpoint(), overflow(), icebp()};

        for (size_t i = 0; i < 3; i++) {
            struct fixture *f = fresh_on(_i);

            if (!exists(f, events[i]))
                continue;
            events[i].length = length;
            through(f, events[i]);
            ck_assert_uint_eq(last_seen(f)->event.type, events[i].type);
            ck_assert_uint_eq(last_seen(f)->event.vector, events[i].vector);
            ck_assert_uint_eq(last_seen(f)->event.length, length);
            ck_assert(!last_seen(f)->event.has_error);
        }
    }
}
END_TEST

START_TEST(general_detect_is_cleared)
{
    const struct pn_event events[] = {debug(PN_DB_GENERAL_DETECT, 1u << 13), icebp(), fault(1)};

    for (size_t i = 0; i < 3; i++) {
        struct fixture *f = fresh_on(_i);

        if (!exists(f, events[i]))
            continue;
        f->cpu.dr7 = 0xffffffffull;
        pn_queue_exception(&f->v, events[i]);
        ck_assert_uint_eq(f->cpu.dr7, 0xffffffffull);
        turn(f);
        ck_assert_uint_eq(last_seen(f)->dr7, 0xffffdfffull);
    }
}
END_TEST

START_TEST(debug_control_is_kept_by_others)
{
    for (unsigned int vector = 0; vector < 32; vector++) {
        struct fixture *f = fresh_on(_i);

        if (vector == 1 || !exists(f, fault((uint8_t)vector)))
            continue;
        f->cpu.dr7 = 0x2400;
        pn_queue_exception(&f->v, fault((uint8_t)vector));
        turn(f);
        ck_assert_uint_eq(last_seen(f)->dr7, 0x2400);
    }
}
END_TEST

/* EV-123: a pending exception gives way exactly if the processor raises it again by itself. */
START_TEST(only_what_comes_again_is_replaced)
{
    for (unsigned int vector = 0; vector < 32; vector++)
        for (uint8_t origin = PN_BY_HARDWARE; origin <= PN_RESTORED; origin++) {
            struct fixture *f = fresh_on(_i);
            const struct pn_event first = by(origin, fault((uint8_t)vector));
            const bool again = origin == PN_BY_HARDWARE && model_is_fault((uint8_t)vector);
            struct pn_vcpu held;

            if (!exists(f, fault((uint8_t)vector)))
                continue;
            pn_queue_exception(&f->v, first);
            held = f->v;
            ck_assert_int_eq(pn_queue_exception(&f->v, fault_with(13, 8)), again ? PN_ACCEPTED : PN_BUSY);
            sound(f);
            ck_assert_uint_eq(f->v.exception.vector, again ? 13 : vector);
            ck_assert_uint_eq(f->cpu.counters.reasons[3], again);
            if (!again)
                ck_assert(same_event(held.exception, f->v.exception) && f->v.exception.origin == origin);
        }
}
END_TEST

/* Vectors 3 to 6 have the same numbers as faults' (#BP 3, #OF 4) or nearly; the type decides. */
START_TEST(software_exceptions_are_not_replaced)
{
    const struct pn_event events[] = {breakpoint(), overflow(), icebp(), debug(PN_DB_SINGLE_STEP, 1u << 14)};

    for (size_t i = 0; i < 4; i++) {
        struct fixture *f = fresh_on(_i);

        if (!exists(f, events[i]))
            continue;
        pn_queue_exception(&f->v, events[i]);
        ck_assert_int_eq(pn_queue_exception(&f->v, fault_with(13, 0)), PN_BUSY);
        sound(f);
        turn(f);
        ck_assert(same_event(last_seen(f)->event, events[i]));
    }
}
END_TEST

START_TEST(replaced_payload_is_never_written)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.cr2 = 1;
    pn_queue_exception(&f->v, page_fault(0xdead000, 2));
    ck_assert_int_eq(pn_queue_exception(&f->v, fault_with(13, 0)), PN_ACCEPTED);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 13);
    ck_assert_uint_eq(last_seen(f)->cr2, 1);
    ck_assert_uint_eq(f->cpu.dropped, 1);
    ck_assert_uint_eq(f->cpu.applied, 0);
}
END_TEST

START_TEST(triple_fault_shuts_down)
{
    struct fixture *f = fresh_on(_i);
    struct pn_vcpu before;

    pn_queue_exception(&f->v, page_fault(0x3000, 2));
    pn_queue_nmi(&f->v);
    pn_queue_triple_fault(&f->v);
    pn_queue_triple_fault(&f->v); /* noted once */
    sound(f);
    ck_assert_uint_eq(f->cpu.counters.accepted[3][0], 2);
    before = f->v;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pn_inject_events(&f->v), PN_SHUTDOWN);
        sound(f);
        ck_assert(!f->cpu.entry && f->cpu.applied == 0);
        ck_assert_mem_eq(&before, &f->v, sizeof before);
    }
}
END_TEST

TCase *exceptions_tests(void)
{
    TCase *t = tcase_create("exceptions");

    tcase_add_loop_test(t, every_vector_arrives, 0, ON_ALL);
    tcase_add_loop_test(t, error_code_follows_the_mode, 0, ON_ALL);
    tcase_add_loop_test(t, page_fault_address, 0, ON_ALL);
    tcase_add_loop_test(t, page_fault_without_address_keeps_cr2, 0, ON_ALL);
    tcase_add_loop_test(t, resume_flag, 0, ON_ALL);
    tcase_add_loop_test(t, resume_flag_of_software_exceptions, 0, ON_ALL);
    tcase_add_loop_test(t, software_exceptions_keep_type_and_length, 0, ON_ALL);
    tcase_add_loop_test(t, general_detect_is_cleared, 0, ON_ALL);
    tcase_add_loop_test(t, debug_control_is_kept_by_others, 0, ON_ALL);
    tcase_add_loop_test(t, only_what_comes_again_is_replaced, 0, ON_ALL);
    tcase_add_loop_test(t, software_exceptions_are_not_replaced, 0, ON_ALL);
    tcase_add_loop_test(t, replaced_payload_is_never_written, 0, ON_ALL);
    tcase_add_loop_test(t, triple_fault_shuts_down, 0, ON_ALL);
    return t;
}
