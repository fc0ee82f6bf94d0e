/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random histories: a guest that does anything, deliveries that are interrupted at any time, a hypervisor that answers
 * each exit as harness/hv does. The witness says before each entry what the guest must get next, from what it has
 * seen happen outside the core; what the guest's handlers then see is compared, event by event and in order, with CR2,
 * DR6 and DR7 as the handler reads them. Fixed seeds; a failure names the seed and the turn.
 */
#include "witness.h"

enum { SEEDS = 100, TURNS = 6000, DRAIN = 4000 };

/* ---- What happens outside the core ---- */

/* An exception exit, perhaps during the delivery of what the core holds. */
static void exception_exit(struct witness *w, struct pn_event e)
{
    struct fixture *f = w->f;
    const bool during = f->cpu.owed;
    const struct pn_event first = f->cpu.owed_event;

    w->raised++;
    MUST(w, pn_queue_exception(&f->v, e) == PN_ACCEPTED);
    if (!during) {
        expect(w, e, true);
        return;
    }
    w->merged++;
    forget(w, first);
    switch (model_pair(false, first, e)) {
    case MODEL_SERIAL:
        expect(w, e, true);
        break;
    case MODEL_DOUBLE_FAULT:
        expect(w, fault_with(8, 0), true);
        if (e.vector == 14) /* SDM 4.7: CR2 is loaded before the pair is looked at */
            w->cr2 = e.payload;
        break;
    case MODEL_SHUTDOWN:
        MUST(w, e.vector != 14 || f->cpu.cr2 == e.payload);
        w->owed = false;
        w->shutdown = true;
        break;
    }
    w->by_delivery = true;
}

static void nmi(struct witness *w)
{
    const unsigned int before = w->nmis;
    const enum pn_queued q = pn_queue_nmi(&w->f->v);

    MUST(w, q == PN_ACCEPTED || q == PN_COLLAPSED);
    w->nmis += q == PN_ACCEPTED;
    MUST(w, before > 0 || q == PN_ACCEPTED);
    sound(w->f);
}

/* An instruction that the hypervisor carries out: it ends well, or raises an exception. */
static void instruction_exit(struct witness *w)
{
    struct fixture *f = w->f;

    if (chance(w, 20)) {
        const struct pn_event e = by(PN_BY_EMULATOR, fault_with(13, 0));

        MUST(w, pn_queue_exception(&f->v, e) == PN_ACCEPTED);
        expect(w, e, true);
        return;
    }
    retired(f, PN_SHADOW_NONE);
    MUST(w, !f->cpu.sti && !f->cpu.movss);
    if (f->cpu.tf && !f->cpu.btf)
        expect(w, debug(PN_DB_SINGLE_STEP, 1u << 14), true);
}

static void handle(struct witness *w)
{
    struct fixture *f = w->f;

    if (f->cpu.owed) {
        if (f->cpu.owed_event.type == 2 && !w->owed && f->v.injected.type == 2)
            MUST(w, w->nmis > 0);
        expect(w, f->cpu.owed_event, false);
        w->next = f->cpu.owed_event;
        w->reinjected++;
    }
    MUST(w, f->cpu.owed || !f->cpu.iret_unblocked || f->cpu.nmi_blocked);
    switch (f->cpu.exit.reason) {
    case MODEL_EXIT_EXCEPTION:
        exception_exit(w, f->cpu.exit.exception);
        break;
    case MODEL_EXIT_NMI:
        nmi(w);
        break;
    case MODEL_EXIT_INTERRUPT:
        pn_interrupt_pending(&f->v);
        w->waiting = true;
        break;
    case MODEL_EXIT_TRIPLE_FAULT:
        pn_queue_triple_fault(&f->v);
        w->shutdown = true;
        break;
    case MODEL_EXIT_INSTRUCTION:
        instruction_exit(w);
        break;
    default:
        break;
    }
    sound(f);
}

/* The hypervisor's user wants an exception in the guest. Taken only if nothing is on its way, or in the place of a
 * fault that comes again. */
static void user_exception(struct witness *w)
{
    struct fixture *f = w->f;
    struct pn_event e = by((uint8_t)(PN_BY_L1 + pick(w, 3)), any_exception(w));
    const bool gives_way = f->v.exception.stage == PN_STAGE_PENDING && f->v.exception.type == 3 &&
                           f->v.exception.origin == PN_BY_HARDWARE && model_is_fault(f->v.exception.vector) &&
                           !w->by_delivery;
    const bool takes = !w->owed || (gives_way && f->v.injected.stage == PN_STAGE_NONE);

    if (w->shutdown)
        return;
    MUST(w, pn_queue_exception(&f->v, e) == (takes ? PN_ACCEPTED : PN_BUSY));
    w->busy += !takes;
    if (takes)
        expect(w, e, true);
    sound(f);
}

static void outside(struct witness *w)
{
    struct model_cpu *cpu = &w->f->cpu;

    cpu->budget = w->draining ? 8 : 1 + pick(w, 4);
    if (w->draining)
        return;
    if (chance(w, 15))
        model_request(&cpu->controller, (uint8_t)(32 + pick(w, 224)));
    if (chance(w, 4))
        cpu->nmi_pin = true;
    if (chance(w, 3))
        nmi(w);
    if (chance(w, 4))
        user_exception(w);
    if (!w->owed && chance(w, 5))
        cpu->dr7 |= 1u << 13;
    if (chance(w, 5))
        cpu->btf = chance(w, 30);
    if (chance(w, 2)) {
        pn_interrupt_pending(&w->f->v);
        w->waiting = true;
    }
}

/* ---- One turn ---- */

static void restart(struct witness *w)
{
    struct model_cpu *cpu = &w->f->cpu;
    const struct model_world world = cpu->world;
    const uint32_t bitmap = cpu->bitmap;

    model_init(cpu, world);
    cpu->bitmap = bitmap;
    cpu->pe = chance(w, 90);
    pn_vcpu_init(&w->f->v);
    w->owed = w->shutdown = w->waiting = false;
    w->nmis = w->depth = 0;
    w->ending = 0;
    w->injected = 0;
    w->shutdowns++;
}

/* All three accounts agree: the core's ledger, the model's record of what the guest got, the witness. */
static void accounts(struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;
    const struct pn_tally t = pn_tally_all(&cpu->counters, &w->f->v);
    const unsigned int on_its_way = w->f->v.injected.stage == PN_STAGE_INJECTED && w->f->v.injected.type == 2;

    MUST(w, pn_tally_holds(t));
    MUST(w, w->nmis == w->f->v.nmi_pending + on_its_way);
    if (cpu->bitmap == 0xffffffffu)
        MUST(w, t.delivered + cpu->twins == w->injected);
    MUST(w, cpu->counters.payload_pf + cpu->counters.payload_db == cpu->applied);
}

/* Whose turn it is if nothing is on its way (SDM table 6-2): an NMI, then an interrupt; PN_TYPE_HARD_EXCEPTION stands
 * for nobody. An open interrupt that the controller does not offer any more is asked for and forgotten. */
static uint8_t turn_of(struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;
    const bool shadow = cpu->sti || cpu->movss;

    if (w->nmis && !cpu->nmi_blocked && !shadow)
        return PN_TYPE_NMI;
    if (!w->waiting || !cpu->iflag || shadow)
        return PN_TYPE_HARD_EXCEPTION;
    w->waiting = false;
    return model_highest(&cpu->controller) != MODEL_NONE ? PN_TYPE_INTERRUPT : PN_TYPE_HARD_EXCEPTION;
}

static bool prepare(struct witness *w)
{
    struct fixture *f = w->f;
    const uint8_t type = w->owed || w->shutdown ? w->next.type : turn_of(w);
    const enum pn_action action = pn_inject_events(&f->v);

    sound(f);
    MUST(w, (action == PN_SHUTDOWN) == w->shutdown);
    if (action == PN_SHUTDOWN)
        return false;
    MUST(w, f->cpu.entry == (w->owed || type != PN_TYPE_HARD_EXCEPTION));
    MUST(w, !f->cpu.entry || f->cpu.entry_event.type == type);
    if (w->owed) {
        MUST(w, same_event(f->cpu.entry_event, w->next));
        MUST(w, f->cpu.cr2 == w->cr2 && f->cpu.dr6 == w->dr6 && f->cpu.dr7 == w->dr7);
    }
    const bool behind_sti = f->v.nmi_pending > 0 && f->cpu.sti && !f->cpu.entry;

    MUST(w, f->cpu.nmi_window == (f->v.nmi_pending > 0 && !behind_sti));
    MUST(w, f->cpu.intr_window == (w->waiting || behind_sti) && f->v.interrupt_waiting == w->waiting);
    return true;
}

/* The entry did not run: whatever was prepared must come again. */
static void cancel(struct witness *w)
{
    struct fixture *f = w->f;
    const bool had = f->cpu.entry;
    const struct pn_event e = f->cpu.entry_event;

    nmi(w);
    pn_cancel_injection(&f->v);
    sound(f);
    if (had) {
        expect(w, e, false);
        w->next = e;
    }
}

static void one_turn(struct witness *w)
{
    struct fixture *f = w->f;

    outside(w);
    if (!prepare(w)) {
        accounts(w);
        restart(w);
        return;
    }
    if (!w->draining && chance(w, 5)) {
        cancel(w);
        return;
    }
    pn_hw_enter_guest();
    pn_complete_vectoring(&f->v);
    sound(f);
    handle(w);
    accounts(w);
}

static bool quiet(const struct witness *w)
{
    const struct model_controller *c = &w->f->cpu.controller;

    for (int v = 16; v < 256; v++)
        if (c->requested[v] || c->in_service[v])
            return false;
    return !w->owed && w->nmis == 0 && !w->f->v.interrupt_waiting;
}

/* No more noise: all that waits must come out. */
static void drain(struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;

    w->draining = true;
    for (int i = 0; i < DRAIN && !(i > 50 && quiet(w)); i++)
        one_turn(w);
    MUST(w, quiet(w) && !cpu->intr_window && !cpu->nmi_window);
    w->draining = false;
}

static struct witness run_history(unsigned int seed, uint32_t bitmap)
{
    struct fixture *f = fresh();
    struct witness w = {.f = f, .random = 0x9e3779b97f4a7c15ull * (seed + 1), .seed = seed};

    f->cpu.world.step = any_step;
    f->cpu.world.hazard = any_hazard;
    f->cpu.world.received = check_received;
    f->cpu.world.context = &w;
    f->cpu.world.violated = NULL; /* abort; the seed is in the test's number */
    f->cpu.bitmap = bitmap;
    for (w.turn = 0; w.turn < TURNS; w.turn++)
        one_turn(&w);
    drain(&w);
    accounts(&w);
    f->cpu.world.context = NULL;
    return w;
}

/* Everything intercepted, as events=core has it. */
START_TEST(random_history)
{
    const struct witness w = run_history((unsigned int)_i, 0xffffffffu);

    /* The history was worth it. */
    ck_assert_uint_gt(w.raised, 300);
    ck_assert_uint_gt(w.reinjected, 300);
    ck_assert_uint_gt(w.merged, 20);
    ck_assert_uint_gt(w.busy, 10);
}
END_TEST

/* Nothing intercepted, as events=direct has it: the processor's own deliveries are interrupted. */
START_TEST(random_history_unintercepted)
{
    const struct witness w = run_history(1000u + (unsigned int)_i, 0);

    ck_assert_uint_gt(w.reinjected, 300);
}
END_TEST

/* Some vectors intercepted. */
START_TEST(random_history_mixed)
{
    run_history(2000u + (unsigned int)_i, 0x2042u << (_i % 13));
}
END_TEST

TCase *history_tests(void)
{
    TCase *t = tcase_create("history");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, random_history, 0, SEEDS);
    tcase_add_loop_test(t, random_history_unintercepted, 0, SEEDS / 4);
    tcase_add_loop_test(t, random_history_mixed, 0, SEEDS / 4);
    return t;
}
