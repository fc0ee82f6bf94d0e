/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The hypervisor of a random history: its answers to exits, and what comes from elsewhere. The witness notes what each must
 * lead to.
 */
#include "witness.h"

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
    switch (model_pair(f->cpu.svm, first, e)) {
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

void nmi_arrives(struct witness *w)
{
    const unsigned int before = w->nmis;
    const enum pn_queued q = pn_queue_nmi(&w->f->v);

    MUST(w, q == PN_ACCEPTED || q == PN_COLLAPSED);
    w->nmis += q == PN_ACCEPTED;
    MUST(w, before > 0 || q == PN_ACCEPTED);
    sound(w->f);
}

/* It ends well: shadows, RF and debug traps as SDM 6.8.1, 6.8.3 and 17.3.1 have them. */
static void retire(struct witness *w)
{
    struct model_cpu *cpu = &w->f->cpu;
    const struct pn_retired r = {
        .shadow = (uint8_t)(chance(w, 70) ? PN_SHADOW_NONE : 1 + pick(w, 2)), .tf = cpu->tf,
        .breakpoints = chance(w, 10) ? pick(w, 16) : 0,
    };
    const uint64_t met = r.breakpoints | (cpu->svm ? 0 : cpu->hits);
    const bool mov_ss = r.shadow == PN_SHADOW_MOV_SS, step = cpu->tf && !cpu->btf;

    if (r.shadow == PN_SHADOW_STI)
        cpu->iflag = true;
    model_move(cpu, model_behind(cpu, cpu->rip, 2));
    pn_instruction_retired(&w->f->v, r);
    MUST(w, cpu->sti == (r.shadow == PN_SHADOW_STI || (mov_ss && cpu->svm)));
    MUST(w, cpu->movss == (mov_ss && !cpu->svm) && !cpu->rf);
    if (mov_ss)
        MUST(w, cpu->hits == (cpu->svm ? 0 : met));
    else if (step || met)
        expect(w, debug(step ? PN_DB_SINGLE_STEP : PN_DB_DATA_OR_IO, met | (step ? 1u << 14 : 0)), true);
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
    if (f->cpu.svm && chance(w, 20))
        f->cpu.gif = !f->cpu.gif; /* STGI, CLGI */
    retire(w);
}

void handle_exit(struct witness *w)
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
        nmi_arrives(w);
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
    case MODEL_EXIT_IRET:
        pn_iret_intercepted(&f->v);
        break;
    case MODEL_EXIT_MTF:
        w->injected++;
        break;
    default:
        break;
    }
    sound(f);
}

/* ---- From elsewhere ---- */

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

/* The user, as L1, intercepts what waits: it never reaches the guest. */
static void intercepted(struct witness *w)
{
    if (w->f->v.exception.stage != PN_STAGE_PENDING)
        return;
    pn_intercept_exception(&w->f->v);
    sound(w->f);
    w->owed = false;
}

static void latches(struct witness *w)
{
    struct pn_vcpu *v = &w->f->v;

    if (chance(w, 2)) {
        MUST(w, pn_queue_smi(v) == (w->smi ? PN_COLLAPSED : PN_ACCEPTED));
        w->smi = true;
    }
    if (pick(w, 400) == 0) {
        MUST(w, pn_queue_init(v) == (w->init ? PN_COLLAPSED : PN_ACCEPTED));
        w->init = true;
    }
    if (!w->f->cpu.svm && chance(w, 3)) {
        MUST(w, pn_queue_mtf(v) == (w->mtf ? PN_COLLAPSED : PN_ACCEPTED));
        w->mtf = true;
    }
    if (chance(w, w->f->cpu.wfs ? 40 : 1)) {
        const enum pn_queued q = pn_queue_sipi(v, (uint8_t)pick(w, 256));

        MUST(w, q == (!w->f->cpu.wfs ? w->init ? PN_BUSY : PN_NO_EFFECT : w->sipi ? PN_COLLAPSED : PN_ACCEPTED));
        w->sipi = w->f->cpu.wfs;
    }
    if (chance(w, w->held ? 20 : 1)) {
        w->held = !w->held;
        pn_hold_events(v, w->held);
    }
    sound(w->f);
}

void migrate(struct witness *w)
{
    struct fixture *f = w->f;
    const bool whole = chance(w, 70);
    const struct pn_snapshot s = pn_save(&f->v, whole);

    w->low = w->low && whole;
    sound(f);
    pn_vcpu_reset(&f->v);
    sound(f);
    MUST(w, pn_tally_all(&f->cpu.counters, &f->v).pending == 0);
    MUST(w, pn_restore(&f->v, s));
    pn_hold_events(&f->v, w->held); /* the user's wish, not the guest's state */
    sound(f);
    w->migrations++;
}

void noise(struct witness *w)
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
        nmi_arrives(w);
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
    if (chance(w, 1))
        intercepted(w);
    latches(w);
    if (chance(w, 3))
        migrate(w);
}
