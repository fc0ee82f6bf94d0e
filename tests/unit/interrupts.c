/* SPDX-License-Identifier: BSD-2-Clause
 *
 * External interrupts: acknowledged only when deliverable, windows, priorities with the order of EOIs
 * (SDM 10.8.3 to 10.8.5, 25.2, 26.7.5).
 */
#include "support.h"

static void request(struct fixture *f, uint8_t vector)
{
    model_request(&f->cpu.controller, vector);
}

/* One turn, as the hypervisor does it: an interrupt exit is passed to the core. */
static enum model_reason step(struct fixture *f)
{
    const enum model_reason reason = turn(f);

    if (reason == MODEL_EXIT_INTERRUPT)
        pn_interrupt_pending(&f->v);
    return reason;
}

START_TEST(every_vector_arrives_once)
{
    for (unsigned int vector = 16; vector < 256; vector++) {
        struct fixture *f = fresh_on(_i);

        f->cpu.iflag = true;
        request(f, (uint8_t)vector);
        ck_assert_int_eq(step(f), MODEL_EXIT_INTERRUPT);
        ck_assert_int_eq(model_serving(&f->cpu.controller), MODEL_NONE); /* not yet */
        step(f);
        ck_assert_uint_eq(f->seen, 1);
        ck_assert(same_event(last_seen(f)->event, vectored(0, (uint8_t)vector, 0, false, 0)));
        ck_assert_int_eq(model_serving(&f->cpu.controller), (int)vector);
        ck_assert(!f->cpu.intr_window && !f->v.interrupt_waiting);
        ck_assert_uint_eq(f->cpu.counters.accepted[0][1], 1);
        ck_assert_uint_eq(f->cpu.counters.delivered[0][1], 1);
    }
}
END_TEST

START_TEST(not_acknowledged_while_masked)
{
    struct fixture *f = fresh_on(_i);

    request(f, 0x40);
    ck_assert_int_eq(step(f), MODEL_EXIT_INTERRUPT);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(step(f), MODEL_EXIT_TIMER);
        ck_assert(f->cpu.intr_window && f->v.interrupt_waiting);
        ck_assert_int_eq(model_serving(&f->cpu.controller), MODEL_NONE);
        ck_assert_uint_eq(f->cpu.counters.accepted[0][1], 0);
    }
    script(f, MODEL_STI);
    f->cpu.budget = 3; /* STI, the instruction in its shadow, then the window */
    ck_assert_int_eq(step(f), MODEL_EXIT_INTERRUPT_WINDOW);
    ck_assert(!f->cpu.sti);
    step(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x40);
    ck_assert(!f->cpu.intr_window);
}
END_TEST

/* A higher one arrives while the lower waits: it goes first, and each EOI retires the one whose handler runs. */
START_TEST(higher_goes_first)
{
    struct fixture *f = fresh_on(_i);

    request(f, 0x31);
    ck_assert_int_eq(step(f), MODEL_EXIT_INTERRUPT);
    step(f);
    request(f, 0x92);
    script(f, MODEL_STI);
    f->cpu.budget = 3;
    ck_assert_int_eq(step(f), MODEL_EXIT_INTERRUPT_WINDOW);
    f->cpu.budget = 1;
    step(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x92);
    script(f, MODEL_EOI);
    script(f, MODEL_IRET);
    step(f);
    ck_assert_int_eq(f->cpu.last_eoi, 0x92);
    while (f->seen < 2)
        step(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x31);
    script(f, MODEL_EOI);
    step(f);
    ck_assert_int_eq(f->cpu.last_eoi, 0x31);
}
END_TEST

/* Handlers that open interrupts: each higher one nests, lower ones wait; EOIs come in the reverse order. */
START_TEST(priorities_nest)
{
    static const uint8_t order[] = {0x35, 0x51, 0x78, 0xa0, 0xef};
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    for (size_t i = 0; i < sizeof order; i++) {
        request(f, order[i]);
        request(f, (uint8_t)(order[i] - 1)); /* same class: waits */
        while (f->seen < i + 1)
            step(f);
        ck_assert_uint_eq(last_seen(f)->event.vector, order[i]);
        ck_assert_int_eq(step(f), MODEL_EXIT_TIMER); /* the one of the same class does not even exit */
        script(f, MODEL_STI);
        step(f);
    }
    for (size_t i = sizeof order; i-- > 0;) {
        const unsigned int before = f->seen;

        script(f, MODEL_CLI);
        script(f, MODEL_EOI);
        step(f);
        step(f);
        ck_assert_int_eq(f->cpu.last_eoi, order[i]);
        script(f, MODEL_IRET);
        while (f->seen == before)
            step(f);
        ck_assert_uint_eq(last_seen(f)->event.vector, order[i] - 1u);
        script(f, MODEL_EOI);
        step(f);
        step(f);
        ck_assert_int_eq(f->cpu.last_eoi, order[i] - 1);
        script(f, MODEL_IRET);
        step(f);
        step(f);
    }
    ck_assert_uint_eq(f->seen, 10);
    ck_assert_uint_eq(f->cpu.counters.delivered[0][1], 10);
}
END_TEST

/* The controller may take its offer back (a level-triggered line): nothing is programmed, nothing is counted. */
START_TEST(withdrawn_interrupt)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    pn_interrupt_pending(&f->v);
    sound(f);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    ck_assert_uint_eq(f->seen, 0);
    ck_assert(!f->v.interrupt_waiting && !f->cpu.intr_window);
    ck_assert_uint_eq(pn_tally_all(&f->cpu.counters, &f->v).accepted, 0);
}
END_TEST

/* An exception goes first; the interrupt is not acknowledged before the window opens in the handler. */
START_TEST(interrupt_behind_an_exception)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    request(f, 0x60);
    ck_assert_int_eq(step(f), MODEL_EXIT_INTERRUPT);
    pn_queue_exception(&f->v, page_fault(0x5000, 0));
    ck_assert_int_eq(step(f), MODEL_EXIT_TIMER);
    ck_assert_uint_eq(last_seen(f)->event.vector, 14);
    ck_assert(f->cpu.intr_window);
    ck_assert_int_eq(model_serving(&f->cpu.controller), MODEL_NONE);
    script(f, MODEL_IRET);
    f->cpu.budget = 2;
    ck_assert_int_eq(step(f), MODEL_EXIT_INTERRUPT_WINDOW);
    step(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x60);
}
END_TEST

START_TEST(nmi_before_interrupt)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    request(f, 0x60);
    step(f);
    pn_queue_nmi(&f->v);
    step(f);
    ck_assert_uint_eq(last_seen(f)->event.type, PN_TYPE_NMI);
    ck_assert(f->cpu.intr_window && f->cpu.nmi_window == f->cpu.svm); /* AMD: the IRET intercept */
    ck_assert_int_eq(model_serving(&f->cpu.controller), MODEL_NONE);
}
END_TEST

/* NMIs blocked: the interrupt need not wait for them. */
START_TEST(interrupt_while_nmi_is_blocked)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = f->cpu.nmi_blocked = true;
    request(f, 0x60);
    step(f);
    pn_queue_nmi(&f->v);
    step(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x60);
    ck_assert(f->cpu.nmi_window && !f->cpu.intr_window);
}
END_TEST

START_TEST(interrupted_interrupt_is_acknowledged_once)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    request(f, 0x70);
    step(f);
    meets(f, MODEL_EPT_VIOLATION);
    meets(f, MODEL_EPT_VIOLATION);
    ck_assert_int_eq(step(f), MODEL_EXIT_EPT_VIOLATION);
    request(f, 0xf0); /* higher, but the first is on its way */
    pn_interrupt_pending(&f->v);
    ck_assert_int_eq(step(f), MODEL_EXIT_EPT_VIOLATION);
    ck_assert_int_eq(model_serving(&f->cpu.controller), 0x70);
    step(f);
    ck_assert_uint_eq(f->seen, 1);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x70);
    ck_assert_uint_eq(f->cpu.counters.accepted[0][1], 1);
    ck_assert_uint_eq(f->cpu.counters.reinjected[0], 2);
    ck_assert(f->cpu.intr_window);
}
END_TEST

/* AMD: GIF = 0 holds interrupts whatever IF says (APM 15.17). */
START_TEST(interrupt_behind_gif)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.iflag = true;
    f->cpu.gif = false;
    request(f, 0x48);
    pn_interrupt_pending(&f->v);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(step(f), MODEL_EXIT_TIMER);
        ck_assert(f->seen == 0 && f->cpu.intr_window && f->v.interrupt_waiting);
        ck_assert_int_eq(model_serving(&f->cpu.controller), MODEL_NONE);
    }
    f->cpu.gif = true;
    step(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 0x48);
}
END_TEST

TCase *interrupt_tests(void)
{
    TCase *t = tcase_create("interrupts");

    tcase_add_loop_test(t, every_vector_arrives_once, 0, ON_ALL);
    tcase_add_loop_test(t, not_acknowledged_while_masked, 0, ON_ALL);
    tcase_add_loop_test(t, higher_goes_first, 0, ON_ALL);
    tcase_add_loop_test(t, priorities_nest, 0, ON_ALL);
    tcase_add_loop_test(t, withdrawn_interrupt, 0, ON_ALL);
    tcase_add_loop_test(t, interrupt_behind_an_exception, 0, ON_ALL);
    tcase_add_loop_test(t, nmi_before_interrupt, 0, ON_ALL);
    tcase_add_loop_test(t, interrupt_while_nmi_is_blocked, 0, ON_ALL);
    tcase_add_loop_test(t, interrupt_behind_gif, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, interrupted_interrupt_is_acknowledged_once, 0, ON_ALL);
    return t;
}
