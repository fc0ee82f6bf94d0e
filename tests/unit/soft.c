/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where software events return to: INT n, INT3, INTO (and Intel's INT1), injected or raised by the guest itself, interrupted
 * any number of times. SDM 26.5.1.1; APM 15.7.2, 15.20: no length in EXITINTINFO, RIP or the next-RIP field.
 */
#include "support.h"

#include "soft.h"

enum { RIP = MODEL_START, ELSEWHERE = 0x7000 };

/* `e` waits at `rip` and its delivery runs into `times` EPT violations: it must return behind its instruction. */
static void returns_behind(struct fixture *f, struct pn_event e, uint64_t rip, unsigned int times)
{
    for (unsigned int i = 0; i < times; i++) {
        meets(f, MODEL_EPT_VIOLATION);
        HOLDS(turn(f) == MODEL_EXIT_EPT_VIOLATION);
        HOLDS(same_event(f->v.injected, e) && f->cpu.rip == rip && f->seen == 0);
    }
    f->cpu.budget = 0;
    turn(f);
    HOLDS(f->seen == 1 && same_event(last_seen(f)->event, e));
    HOLDS(last_seen(f)->pushed_rip == model_behind(&f->cpu, rip, e.length));
    HOLDS(f->cpu.counters.delivered[e.type][0] + f->cpu.counters.delivered[e.type][2] == 1);
}

/* Addresses wrap as the guest's mode has it. */
START_TEST(injected_software_exception)
{
    static const struct {
        uint64_t rip;
        uint8_t bits;
    } places[] = {{RIP, 64}, {0xfffffffd, 64}, {0xffffffffffffffffull, 64}, {0xfffffffe, 32}, {0xffff, 16}, {0x10, 16}};

    for (size_t p = 0; p < sizeof places / sizeof places[0]; p++)
        for (uint8_t length = 1; length <= 15; length++)
            for (unsigned int times = 0; times < 4; times++)
                for (unsigned int which = 0; which < 3; which++) {
                    struct fixture *f = fresh_on(_i);
                    const struct pn_event e = vectored(which < 2 ? 6 : 5, (uint8_t)(which < 2 ? 3 + which : 1), length, false, 0);

                    if (!exists(f, e))
                        continue;
                    f->cpu.rip_bits = places[p].bits;
                    model_move(&f->cpu, places[p].rip);
                    f->cpu.code = (struct model_code){places[p].rip, 3, e.vector, length};
                    HOLDS(pn_queue_exception(&f->v, by(PN_BY_L1, e)) == PN_ACCEPTED);
                    returns_behind(f, e, places[p].rip, times);
                }
}
END_TEST

/* A guest hypervisor injects at a RIP where no such instruction is: what the entry knew is all there is. */
START_TEST(injected_with_nothing_at_rip)
{
    for (unsigned int times = 0; times < 4; times++) {
        struct fixture *f = fresh_on(_i);
        const struct pn_event e = vectored(6, 4, 7, false, 0);

        f->cpu.code.length = 0;
        HOLDS(pn_queue_exception(&f->v, by(PN_BY_L1, e)) == PN_ACCEPTED);
        returns_behind(f, e, RIP, times);
        HOLDS(f->cpu.counters.reasons[5] == 0);
    }
}
END_TEST

START_TEST(raised_by_the_guest)
{
    for (unsigned int vector = 0; vector < 256; vector++)
        for (unsigned int type = 4; type <= 6; type += 2)
            for (unsigned int times = 1; times < 4; times++) {
                struct fixture *f = fresh_on(_i);
                const struct pn_event e = vectored((uint8_t)type, (uint8_t)vector, type == 4 ? 2 : 1, false, 0);

                if (!exists(f, e))
                    continue;
                f->cpu.bitmap = 0;
                if (type == 4)
                    script_int_n(f, (uint8_t)vector);
                else
                    script_raises(f, e);
                returns_behind(f, e, RIP, times);
            }
}
END_TEST

/* Hardware exceptions, interrupts and NMIs return where the guest is. */
START_TEST(others_return_to_rip)
{
    const struct pn_event events[] = {fault_with(13, 0), page_fault(0x1000, 0), vectored(0, 0x41, 0, false, 0),
                                      vectored(2, 2, 0, false, 0), fault_with(8, 0)};

    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct fixture *f = fresh_on(_i);

        model_move(&f->cpu, ELSEWHERE);
        f->cpu.next_rip = 0x1234;
        interrupted_by_exit(f, events[i]);
        f->cpu.budget = 0;
        turn(f);
        ck_assert_uint_eq(last_seen(f)->pushed_rip, ELSEWHERE);
    }
}
END_TEST

/* Another processor has written over the INT n meanwhile: nothing is injected, nothing skipped, the guest runs what is there. */
START_TEST(instruction_gone)
{
    for (unsigned int which = 0; which < 3; which++) {
        struct fixture *f = fresh_on(_i);

        f->cpu.bitmap = 0;
        if (which == 0)
            script_int_n(f, 0x80);
        else
            script_raises(f, which == 1 ? breakpoint() : overflow());
        meets(f, MODEL_EPT_VIOLATION);
        HOLDS(pn_inject_events(&f->v) == PN_ENTER);
        pn_hw_enter_guest();
        f->cpu.code.length = 0;
        pn_complete_vectoring(&f->v);
        sound(f);
        ck_assert(f->v.injected.stage == PN_STAGE_NONE && !f->cpu.owed && f->cpu.rip == RIP);
        ck_assert_uint_eq(f->cpu.counters.reasons[5], 1);
        ck_assert_uint_eq(f->cpu.counters.discarded[which == 0 ? 4 : 6][2], 1);
        HOLDS(pn_inject_events(&f->v) == PN_ENTER);
        ck_assert(!f->cpu.entry);
        enter(f);
        ck_assert(f->seen == 0 && f->cpu.rip == RIP + 1);
    }
}
END_TEST

/* Of another length, or another vector: the instruction at RIP says what comes, or that it is gone. */
START_TEST(other_instruction_at_rip)
{
    for (unsigned int which = 0; which < 3; which++) {
        struct fixture *f = fresh_on(_i);

        script_int_n(f, 0x80);
        meets(f, MODEL_EPT_VIOLATION);
        HOLDS(pn_inject_events(&f->v) == PN_ENTER);
        pn_hw_enter_guest();
        if (which == 0)
            f->cpu.code.vector = 0x81;
        if (which == 1)
            f->cpu.code.type = 3;
        if (which == 2)
            f->cpu.code.rip++;
        pn_complete_vectoring(&f->v);
        sound(f);
        ck_assert_uint_eq(f->cpu.counters.reasons[5], 1);
    }
}
END_TEST

/* Its delivery raises an exception: that one is a fault of the instruction at RIP, not behind it. */
START_TEST(superseded_unwinds)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_exception(&f->v, by(PN_BY_L1, vectored(6, 3, 5, false, 0)));
    meets_exception(f, page_fault(0x9000, 2));
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    ck_assert_uint_eq(f->cpu.rip, RIP);
    ck_assert_int_eq(pn_queue_exception(&f->v, f->cpu.exit.exception), PN_ACCEPTED);
    sound(f);
    f->cpu.budget = 0;
    turn(f);
    ck_assert(last_seen(f)->event.vector == 14 && last_seen(f)->pushed_rip == RIP);
}
END_TEST

START_TEST(cancel_unwinds)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_exception(&f->v, vectored(6, 3, 4, false, 0));
    for (int i = 0; i < 3; i++) {
        HOLDS(pn_inject_events(&f->v) == PN_ENTER);
        ck_assert_uint_eq(f->cpu.rip, _i == ON_SVM_PLAIN ? RIP + 4 : RIP);
        if (_i == ON_SVM)
            ck_assert_uint_eq(f->cpu.next_rip, RIP + 4);
        sound(f);
        pn_cancel_injection(&f->v);
        sound(f);
        ck_assert_uint_eq(f->cpu.rip, RIP);
    }
    returns_behind(f, vectored(6, 3, 4, false, 0), RIP, 2);
}
END_TEST

/* The handler of an injected INT3 raises one itself: the first has been delivered, the second is another one. */
START_TEST(again_elsewhere)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.bitmap = 0;
    pn_queue_exception(&f->v, by(PN_BY_L1, vectored(6, 3, 4, false, 0)));
    script_raises(f, breakpoint());
    meets(f, MODEL_NOTHING);
    meets(f, MODEL_EPT_VIOLATION);
    ck_assert_int_eq(turn(f), MODEL_EXIT_EPT_VIOLATION);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert_uint_eq(f->cpu.counters.delivered[6][0], 1);
    ck_assert_uint_eq(f->cpu.counters.accepted[6][2], 1);
    f->cpu.budget = 0;
    turn(f);
    ck_assert_uint_eq(f->seen, 2);
    ck_assert_uint_eq(last_seen(f)->pushed_rip, MODEL_HANDLERS + 3 * MODEL_HANDLER_SIZE + 1);
}
END_TEST

/* EXITINTINFO's type 3 with vectors 3 and 4 is INT3 and INTO; without looking, they would return to themselves. */
START_TEST(exceptions_that_are_software)
{
    for (unsigned int vector = 0; vector < 32; vector++) {
        struct fixture *f = fresh_on(_i);
        const bool soft = vector == 3 || vector == 4;
        const struct pn_vectoring x = {.valid = true, .type = 3, .vector = (uint8_t)vector};

        if (vector == 2)
            continue;
        interrupted_by_exit(f, vectored(soft ? 6 : 3, (uint8_t)vector, soft, false, 0));
        HOLDS(pn_soft_complete(&f->v, x).type == (soft ? 6 : 3));
        HOLDS(pn_soft_complete(&f->v, x).length == soft);
    }
}
END_TEST

TCase *soft_tests(void)
{
    TCase *t = tcase_create("software events");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, injected_software_exception, 0, ON_ALL);
    tcase_add_loop_test(t, injected_with_nothing_at_rip, 0, ON_ALL);
    tcase_add_loop_test(t, raised_by_the_guest, 0, ON_ALL);
    tcase_add_loop_test(t, others_return_to_rip, 0, ON_ALL);
    tcase_add_loop_test(t, instruction_gone, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, other_instruction_at_rip, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, superseded_unwinds, 0, ON_ALL);
    tcase_add_loop_test(t, cancel_unwinds, 0, ON_ALL);
    tcase_add_loop_test(t, again_elsewhere, 0, ON_ALL);
    tcase_add_loop_test(t, exceptions_that_are_software, ON_SVM, ON_ALL);
    return t;
}
