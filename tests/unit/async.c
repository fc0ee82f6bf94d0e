/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SMI, INIT, SIPI and MTF: latched once each, handed over in the order of SDM table 6-2, held back by SMM, GIF and a debugger.
 * SDM 6.7.1, 9.1, 10.6.4, 25.2, 25.5.2, 26.7.8, 34.2; APM 15.17.
 */
#include "support.h"

/* ---- Whose turn it is ---- */

enum { NO_EXCEPTION, HIGH, LOW };

struct case_of {
    int on;
    bool slot, nmi, smi, init, mtf, hold, gif, smm;
    unsigned int exception;
};

enum turn_of { NOBODY, SHUT, INTERRUPTED, EXCEPTION, SMI, INIT, MTF, NMI };

/* SDM table 6-2 with the rows of VMX: first match wins. The interrupted event is being delivered; a recognised exception
 * that is no trap belongs to the instruction; then SMI, INIT, the MTF exit, debug traps, NMI. */
static enum turn_of table_6_2(struct case_of c)
{
    const struct {
        bool present, open;
        enum turn_of whose;
    } rows[] = {
        {c.slot, true, INTERRUPTED},          {c.exception == HIGH, true, EXCEPTION},
        {c.smi, c.gif && !c.smm && !c.hold, SMI}, {c.init, c.gif && !c.smm, INIT},
        {c.mtf, true, MTF},                   {c.exception == LOW, true, EXCEPTION},
        {c.nmi, c.gif && !c.hold, NMI},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].present && rows[i].open)
            return rows[i].whose;
    return NOBODY;
}

static struct fixture *bring_about(struct case_of c)
{
    struct fixture *f = fresh_on(c.on);

    if (c.slot)
        interrupted_by_exit(f, fault_with(11, 0x10));
    if (c.exception)
        pn_queue_exception(&f->v, c.exception == HIGH ? page_fault(0x1000, 0) : debug(PN_DB_SINGLE_STEP, 1u << 14));
    if (c.nmi)
        pn_queue_nmi(&f->v);
    if (c.smi)
        pn_queue_smi(&f->v);
    if (c.init)
        pn_queue_init(&f->v);
    if (c.mtf)
        pn_queue_mtf(&f->v);
    pn_hold_events(&f->v, c.hold);
    f->cpu.gif = c.gif;
    f->cpu.smm = c.smm;
    sound(f);
    return f;
}

static enum pn_action action_for(enum turn_of whose)
{
    return whose == SMI ? PN_DO_SMI : whose == INIT ? PN_DO_INIT : PN_ENTER;
}

static uint8_t type_for(enum turn_of whose)
{
    return whose == NMI ? 2 : whose == MTF ? 7 : 3;
}

static void check_case(struct case_of c)
{
    struct fixture *f = bring_about(c);
    const enum turn_of whose = table_6_2(c);

    HOLDS(pn_inject_events(&f->v) == action_for(whose));
    sound(f);
    HOLDS(f->v.smi_pending == (c.smi && whose != SMI));
    HOLDS(f->v.init_pending == (c.init && whose != INIT));
    if (action_for(whose) != PN_ENTER) {
        HOLDS(!f->cpu.entry && f->cpu.counters.delivered[whose == SMI ? 8 : 9][0] == 1);
        HOLDS(f->v.nmi_pending == c.nmi && f->v.mtf_pending == c.mtf);
        return;
    }
    HOLDS(f->cpu.entry == (whose != NOBODY));
    HOLDS(!f->cpu.entry || f->cpu.entry_event.type == type_for(whose));
    HOLDS(f->v.mtf_pending == (c.mtf && whose != MTF));
    HOLDS(f->v.nmi_pending == (c.nmi && whose != NMI));
    HOLDS(f->v.exception.stage == PN_STAGE_NONE); /* a trap behind an MTF is with the processor */
    /* What nothing blocks but this entry's event does not wait for the guest's next exit. */
    if ((f->v.smi_pending && c.gif && !c.smm && !c.hold) || (f->v.init_pending && c.gif && !c.smm) || f->v.mtf_pending)
        HOLDS(f->cpu.immediate);
    else if (!f->cpu.svm)
        HOLDS(!f->cpu.immediate);
    enter(f);
    if (whose == MTF)
        HOLDS(f->cpu.exit.reason == MODEL_EXIT_MTF && f->seen == 0);
}

START_TEST(whose_turn)
{
    unsigned int cases = 0;

    for (unsigned int n = 0; n < 3 * 256; n++) {
        const struct case_of c = {
            .on = _i, .exception = n % 3, .slot = n / 3 & 1, .nmi = n / 6 & 1, .smi = n / 12 & 1, .init = n / 24 & 1,
            .mtf = n / 48 & 1, .hold = n / 96 & 1, .gif = n / 192 & 1, .smm = n / 384 & 1,
        };

        if ((c.slot && c.exception) || (c.mtf && _i != ON_VMX) || (!c.gif && _i == ON_VMX))
            continue;
        check_case(c);
        cases++;
    }
    ck_assert_uint_eq(cases, 4 * 64);
}
END_TEST

/* ---- Latches ---- */

typedef enum pn_queued queue(struct pn_vcpu *v);

START_TEST(one_of_each_is_latched)
{
    queue *const kinds[] = {pn_queue_smi, pn_queue_init, pn_queue_mtf};
    static const uint8_t types[] = {PN_TYPE_SMI, PN_TYPE_INIT, PN_TYPE_OTHER};

    for (size_t i = 0; i < 3; i++) {
        struct fixture *f = fresh_on(_i);

        if (i == 2 && f->cpu.svm)
            continue;
        ck_assert_int_eq(kinds[i](&f->v), PN_ACCEPTED);
        sound(f);
        for (unsigned int n = 1; n < 4; n++) {
            ck_assert_int_eq(kinds[i](&f->v), PN_COLLAPSED);
            sound(f);
            ck_assert_uint_eq(f->cpu.counters.accepted[types[i]][0], n + 1);
            ck_assert_uint_eq(f->cpu.counters.reasons[0], n);
        }
        ck_assert(pn_tally_holds(pn_tally_row(&f->cpu.counters, &f->v, types[i], 0)));
        ck_assert_uint_eq(pn_tally_row(&f->cpu.counters, &f->v, types[i], 0).pending, 1);
    }
}
END_TEST

/* One after the other, each once; then the guest runs. */
START_TEST(handed_over_in_turn)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_init(&f->v);
    pn_queue_smi(&f->v);
    pn_queue_nmi(&f->v);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_DO_SMI);
    sound(f);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_DO_INIT);
    sound(f);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    ck_assert(f->seen == 1 && last_seen(f)->event.type == 2);
}
END_TEST

/* In SMM both wait, without an exit of their own; RSM lets them through. */
START_TEST(smm_holds)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.smm = true;
    pn_queue_smi(&f->v);
    pn_queue_init(&f->v);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
        ck_assert(!f->cpu.immediate);
    }
    f->cpu.smm = false;
    ck_assert_int_eq(pn_inject_events(&f->v), PN_DO_SMI);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_DO_INIT);
}
END_TEST

/* ---- SIPI ---- */

START_TEST(sipi_needs_a_waiting_processor)
{
    struct fixture *f = fresh_on(_i);

    ck_assert_int_eq(pn_queue_sipi(&f->v, 0x99), PN_NO_EFFECT);
    sound(f);
    ck_assert(!f->v.sipi_pending && f->cpu.counters.reasons[4] == 1);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    f->cpu.wfs = true;
    ck_assert_int_eq(pn_inject_events(&f->v), PN_WAIT);
    ck_assert_int_eq(pn_queue_sipi(&f->v, 0x12), PN_ACCEPTED);
    ck_assert_int_eq(pn_queue_sipi(&f->v, 0x34), PN_COLLAPSED);
    sound(f);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_DO_SIPI);
    sound(f);
    ck_assert_uint_eq(f->v.sipi_vector, 0x12);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_WAIT); /* once */
    ck_assert_uint_eq(f->cpu.counters.delivered[PN_TYPE_SIPI][0], 1);
}
END_TEST

/* Nothing else wakes a processor that waits for a SIPI; shutdown goes before all. */
START_TEST(nothing_else_wakes_it)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.wfs = f->cpu.iflag = true;
    pn_queue_nmi(&f->v);
    pn_queue_smi(&f->v);
    pn_queue_init(&f->v);
    pn_queue_exception(&f->v, by(PN_BY_USER, fault_with(13, 0)));
    model_request(&f->cpu.controller, 0x40);
    pn_interrupt_pending(&f->v);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pn_inject_events(&f->v), PN_WAIT);
        sound(f);
        ck_assert(!f->cpu.entry && f->v.nmi_pending && f->v.smi_pending && f->v.init_pending && f->v.interrupt_waiting);
    }
    pn_queue_triple_fault(&f->v);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_SHUTDOWN);
}
END_TEST

/* A SIPI that is latched while the processor starts by other means is forgotten, with a reason. */
START_TEST(sipi_does_not_outlast_the_wait)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.wfs = true;
    pn_queue_sipi(&f->v, 0x12);
    f->cpu.wfs = false;
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    ck_assert(!f->v.sipi_pending && f->cpu.counters.reasons[4] == 1);
    f->cpu.wfs = true;
    ck_assert_int_eq(pn_inject_events(&f->v), PN_WAIT);
}
END_TEST

/* ---- MTF (VMX) ---- */

START_TEST(mtf_exits_before_the_guest_runs)
{
    struct fixture *f = fresh();

    pn_queue_mtf(&f->v);
    ck_assert_int_eq(turn(f), MODEL_EXIT_MTF);
    ck_assert(f->seen == 0 && f->cpu.rip == MODEL_START && f->cpu.mtf_exits == 1);
    ck_assert_uint_eq(f->cpu.counters.delivered[7][0], 1);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
}
END_TEST

/* EV-019, EV-102: a debug trap ranks behind it, and comes, once and whole, when the guest runs on. */
START_TEST(trap_behind_mtf)
{
    for (uint64_t bits = 0; bits < 16; bits++)
        for (uint64_t step = 0; step < 2; step++) {
            struct fixture *f = fresh();
            const uint64_t payload = bits | step << 14;

            if (!payload)
                continue;
            f->cpu.dr6 = 0xffff0ff0;
            pn_queue_exception(&f->v, debug(step ? PN_DB_SINGLE_STEP : PN_DB_DATA_OR_IO, payload));
            pn_queue_mtf(&f->v);
            HOLDS(turn(f) == MODEL_EXIT_MTF);
            HOLDS(f->seen == 0 && f->cpu.dr6 == 0xffff0ff0 && f->cpu.applied == 0);
            HOLDS(turn(f) == MODEL_EXIT_EXCEPTION);
            HOLDS(f->cpu.exit.exception.vector == 1 && f->cpu.exit.exception.payload == payload);
            HOLDS(pn_queue_exception(&f->v, f->cpu.exit.exception) == PN_ACCEPTED);
            turn(f);
            HOLDS(f->seen == 1 && last_seen(f)->dr6 == (0xffff0ff0 | payload));
        }
}
END_TEST

START_TEST(cancelled_mtf)
{
    for (unsigned int more = 0; more < 2; more++) {
        struct fixture *f = fresh();

        pn_queue_mtf(&f->v);
        ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
        ck_assert_uint_eq(f->cpu.entry_event.type, 7);
        if (more)
            ck_assert_int_eq(pn_queue_mtf(&f->v), PN_ACCEPTED);
        sound(f);
        pn_cancel_injection(&f->v);
        sound(f);
        ck_assert(f->v.mtf_pending && !f->cpu.owed && f->v.injected.stage == PN_STAGE_NONE);
        ck_assert_uint_eq(f->cpu.counters.reasons[0], more);
        ck_assert_int_eq(turn(f), MODEL_EXIT_MTF);
        ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
        ck_assert_uint_eq(f->cpu.counters.delivered[7][0], 1);
    }
}
END_TEST

/* An interrupted event goes first and the entry ends before the guest's next instruction. */
START_TEST(mtf_behind_a_reinjection)
{
    struct fixture *f = fresh();

    interrupted_by_exit(f, vectored(4, 0x80, 2, false, 0));
    pn_queue_mtf(&f->v);
    ck_assert_int_eq(turn(f), MODEL_EXIT_IMMEDIATE);
    ck_assert(f->seen == 1 && f->cpu.rip == MODEL_HANDLERS + 0x80 * MODEL_HANDLER_SIZE);
    ck_assert_int_eq(turn(f), MODEL_EXIT_MTF);
    ck_assert_uint_eq(f->cpu.rip, MODEL_HANDLERS + 0x80 * MODEL_HANDLER_SIZE);
}
END_TEST

/* ---- A debugger ---- */

/* KVM_GUESTDBG_BLOCKIRQ: no SMI, NMI or interrupt, and no window for them; exceptions, INIT and MTF as ever. */
START_TEST(held_back)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    model_request(&f->cpu.controller, 0x66);
    pn_interrupt_pending(&f->v);
    pn_queue_nmi(&f->v);
    pn_queue_smi(&f->v);
    pn_hold_events(&f->v, true);
    sound(f);
    pn_queue_exception(&f->v, fault_with(13, 0));
    for (int i = 0; i < 3; i++) {
        HOLDS(pn_inject_events(&f->v) == PN_ENTER);
        ck_assert(!f->cpu.intr_window && !f->cpu.nmi_window && !f->cpu.immediate && !f->cpu.step);
        sound(f);
        enter(f);
        ck_assert(f->seen == 1 && last_seen(f)->event.vector == 13);
    }
    pn_queue_init(&f->v);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_DO_INIT);
    pn_hold_events(&f->v, false);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_DO_SMI);
    turn(f);
    ck_assert(f->seen == 2 && last_seen(f)->event.type == 2);
}
END_TEST

TCase *async_tests(void)
{
    TCase *t = tcase_create("async");

    tcase_add_loop_test(t, whose_turn, 0, ON_ALL);
    tcase_add_loop_test(t, one_of_each_is_latched, 0, ON_ALL);
    tcase_add_loop_test(t, handed_over_in_turn, 0, ON_ALL);
    tcase_add_loop_test(t, smm_holds, 0, ON_ALL);
    tcase_add_loop_test(t, sipi_needs_a_waiting_processor, 0, ON_ALL);
    tcase_add_loop_test(t, nothing_else_wakes_it, 0, ON_ALL);
    tcase_add_loop_test(t, sipi_does_not_outlast_the_wait, 0, ON_ALL);
    tcase_add_test(t, mtf_exits_before_the_guest_runs);
    tcase_add_test(t, trap_behind_mtf);
    tcase_add_test(t, cancelled_mtf);
    tcase_add_test(t, mtf_behind_a_reinjection);
    tcase_add_loop_test(t, held_back, 0, ON_ALL);
    return t;
}
