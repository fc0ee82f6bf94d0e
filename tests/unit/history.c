/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random histories: a guest that does anything, deliveries that are interrupted at any time, a hypervisor that answers
 * each exit as harness/hv does. The witness says before each entry what the guest must get next, from what it has
 * seen happen outside the core; what the guest's handlers then see is compared, event by event and in order, with CR2,
 * DR6 and DR7 as the handler reads them. Fixed seeds; a failure names the seed and the turn.
 */
#include "witness.h"

enum { SEEDS = 102, TURNS = 6000, DRAIN = 4000 };

/* ---- One turn ---- */

/* Another guest on the same processor, after a shutdown or an INIT. */
static void restart(struct witness *w)
{
    struct model_cpu *cpu = &w->f->cpu;
    const struct model_world world = cpu->world;
    const uint32_t bitmap = cpu->bitmap;

    model_init(cpu, world);
    if (w->on != ON_VMX)
        model_make_svm(cpu, w->on == ON_SVM);
    cpu->bitmap = bitmap;
    cpu->pe = chance(w, 90);
    pn_vcpu_init(&w->f->v);
    w->owed = w->shutdown = w->waiting = w->repeat = false;
    w->smi = w->init = w->mtf = w->sipi = w->held = w->low = false;
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

/* SDM table 6-2 before any entry. SMI and INIT come before debug traps, behind what is being delivered and faults. */
static enum pn_action action_of(const struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;

    if (w->shutdown)
        return PN_SHUTDOWN;
    if (cpu->wfs)
        return w->sipi ? PN_DO_SIPI : PN_WAIT;
    if ((w->owed && !w->low) || !cpu->gif)
        return PN_ENTER;
    if (w->smi && !w->held)
        return PN_DO_SMI;
    return w->init ? PN_DO_INIT : PN_ENTER;
}

/* Whose turn it is if nothing is on its way (SDM table 6-2): an NMI, then an interrupt; PN_TYPE_HARD_EXCEPTION stands
 * for nobody. An open interrupt that the controller does not offer any more is asked for and forgotten. */
static uint8_t turn_of(struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;
    const bool closed = cpu->sti || cpu->movss || !cpu->gif || w->held;

    if (w->nmis && !cpu->nmi_blocked && !closed)
        return PN_TYPE_NMI;
    if (!w->waiting || !cpu->iflag || closed)
        return PN_TYPE_HARD_EXCEPTION;
    w->waiting = false;
    return model_highest(&cpu->controller) != MODEL_NONE ? PN_TYPE_INTERRUPT : PN_TYPE_HARD_EXCEPTION;
}

/* SDM 25.2, 26.7.5, 26.7.6; AMD: APM 15.9, 15.21.4, and a single step or an end of the entry where there is no window. */
static void check_windows(const struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;
    const bool nmi = w->f->v.nmi_pending > 0 && !w->held && cpu->gif;
    const bool behind_sti = !cpu->svm && nmi && cpu->sti && !cpu->entry;
    const bool soon = (w->smi && cpu->gif && !w->held) || (w->init && cpu->gif) || w->mtf;
    const bool watched = w->f->v.iret_watched;

    MUST(w, cpu->intr_window == ((w->waiting && !w->held) || behind_sti) && w->f->v.interrupt_waiting == w->waiting);
    if (!cpu->svm) {
        MUST(w, cpu->nmi_window == (nmi && !behind_sti) && cpu->immediate == soon && !cpu->step);
        return;
    }
    MUST(w, cpu->nmi_window == (cpu->nmi_blocked && !watched));
    MUST(w, cpu->immediate == (soon || (nmi && !cpu->nmi_blocked && cpu->entry)));
    MUST(w, cpu->step == (!cpu->entry && (watched || (nmi && !cpu->nmi_blocked))));
}

/* Carry out what the core has handed over. SMM takes no time here: the events of the program are saved and restored. */
static void carry_out(struct witness *w, enum pn_action action)
{
    w->injected += action != PN_WAIT;
    w->handed_over++;
    switch (action) {
    case PN_DO_SMI:
        w->smi = false;
        migrate(w);
        break;
    case PN_DO_INIT:
        pn_vcpu_reset(&w->f->v);
        sound(w->f);
        restart(w);
        w->f->cpu.wfs = true;
        break;
    case PN_DO_SIPI:
        w->sipi = false;
        w->f->cpu.wfs = false;
        break;
    default:
        break;
    }
}

/* The MTF exit goes first; a debug trap that waits is with the processor from now on. */
static void check_mtf(struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;

    MUST(w, cpu->entry && cpu->entry_event.type == 7);
    if (w->owed) {
        MUST(w, cpu->bs || cpu->hits);
        w->injected++;
    }
    w->mtf = w->owed = false;
}

static void check_entry_event(struct witness *w)
{
    const struct model_cpu *cpu = &w->f->cpu;

    if (w->mtf && (!w->owed || w->low)) {
        check_mtf(w);
    } else if (w->owed) {
        MUST(w, cpu->entry && same_event(cpu->entry_event, w->next));
        MUST(w, cpu->cr2 == w->cr2 && cpu->dr6 == w->dr6 && cpu->dr7 == w->dr7);
    } else {
        MUST(w, !cpu->entry || cpu->entry_event.type == PN_TYPE_NMI || cpu->entry_event.type == PN_TYPE_INTERRUPT);
    }
}

/* True: the guest may be entered. */
static bool prepare(struct witness *w)
{
    struct fixture *f = w->f;
    const enum pn_action want = action_of(w);
    const bool free = want == PN_ENTER && !w->owed && !w->mtf;
    const uint8_t type = free ? turn_of(w) : PN_TYPE_HARD_EXCEPTION;
    const enum pn_action action = pn_inject_events(&f->v);

    sound(f);
    MUST(w, action == want);
    if (action == PN_SHUTDOWN)
        return false;
    if (action != PN_ENTER) {
        MUST(w, !f->cpu.entry);
        carry_out(w, action);
        return false;
    }
    if (free)
        MUST(w, f->cpu.entry == (type != PN_TYPE_HARD_EXCEPTION) && (!f->cpu.entry || f->cpu.entry_event.type == type));
    check_entry_event(w);
    w->sipi = false;
    check_windows(w);
    return true;
}

/* The entry did not run: whatever was prepared must come again. */
static void cancel(struct witness *w)
{
    struct fixture *f = w->f;
    const bool had = f->cpu.entry;
    const struct pn_event e = f->cpu.entry_event;

    nmi_arrives(w);
    pn_cancel_injection(&f->v);
    sound(f);
    if (had && e.type == 7)
        w->mtf = true;
    else if (had) {
        expect(w, e, false);
        w->next = e;
    }
}

static void one_turn(struct witness *w)
{
    struct fixture *f = w->f;

    noise(w);
    if (!prepare(w)) {
        accounts(w);
        if (w->shutdown)
            restart(w);
        return;
    }
    if (!w->draining && chance(w, 5)) {
        cancel(w);
        return;
    }
    pn_hw_enter_guest();
    if (f->cpu.svm && chance(w, 10)) { /* another processor writes over the guest's code */
        w->gone += f->cpu.owed && f->cpu.owed_event.type == 4;
        f->cpu.code.length = 0;
    }
    pn_complete_vectoring(&f->v);
    sound(f);
    handle_exit(w);
    accounts(w);
}

static bool quiet(const struct witness *w)
{
    const struct model_controller *c = &w->f->cpu.controller;

    for (int v = 16; v < 256; v++)
        if (c->requested[v] || c->in_service[v])
            return false;
    return !w->owed && w->nmis == 0 && !w->f->v.interrupt_waiting && !w->smi && !w->init && !w->mtf;
}

/* No more noise: all that waits must come out. */
static void drain(struct witness *w)
{
    struct model_cpu *cpu = &w->f->cpu;

    w->draining = true;
    cpu->gif = true;
    cpu->wfs = false;
    w->held = false;
    pn_hold_events(&w->f->v, false);
    for (int i = 0; i < DRAIN && !(i > 50 && quiet(w)); i++)
        one_turn(w);
    MUST(w, quiet(w) && !cpu->intr_window && (cpu->svm || !cpu->nmi_window));
    w->draining = false;
}

static struct witness run_history(int on, unsigned int seed, uint32_t bitmap)
{
    struct fixture *f = fresh_on(on);
    struct witness w = {.f = f, .on = on, .random = 0x9e3779b97f4a7c15ull * (seed + 1), .seed = seed};

    f->cpu.world.step = any_step;
    f->cpu.world.hazard = any_hazard;
    f->cpu.world.received = check_received;
    f->cpu.world.again = step_again;
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

/* A third of the seeds for each processor. */
static int processor_of(int i)
{
    return i % ON_ALL;
}

/* Everything intercepted, as events=core has it. */
START_TEST(random_history)
{
    const struct witness w = run_history(processor_of(_i), (unsigned int)_i, 0xffffffffu);

    /* The history was worth it. */
    ck_assert_uint_gt(w.raised, 300);
    ck_assert_uint_gt(w.reinjected, 300);
    ck_assert_uint_gt(w.merged, 20);
    ck_assert_uint_gt(w.busy, 10);
    ck_assert_uint_gt(w.handed_over, 30);
    ck_assert_uint_gt(w.migrations, 100);
    if (w.on != ON_VMX) {
        ck_assert_uint_gt(w.irets, 10);
        ck_assert_uint_gt(w.gone, 3);
    }
}
END_TEST

/* Nothing intercepted, as events=direct has it: the processor's own deliveries are interrupted. */
START_TEST(random_history_unintercepted)
{
    const struct witness w = run_history(processor_of(_i), 1000u + (unsigned int)_i, 0);

    ck_assert_uint_gt(w.reinjected, 300);
}
END_TEST

/* Some vectors intercepted. */
START_TEST(random_history_mixed)
{
    run_history(processor_of(_i), 2000u + (unsigned int)_i, 0x2042u << (_i % 13));
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
