/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry with its checks, what is recognised at an instruction boundary, VM exit.
 */
#include "model.h"

/* SDM 26.3.1.5 and 26.2.1.3, what the seam's preconditions do not say already. AMD checks none of this (APM 15.5.1). */
static void check_entry(const struct model_cpu *cpu)
{
    if (cpu->svm)
        return;
    MODEL_REQUIRE(sti_and_movss, !(cpu->sti && cpu->movss));
    MODEL_REQUIRE(sti_needs_if, !cpu->sti || cpu->iflag);
    MODEL_REQUIRE(interrupt_not_blocked, !cpu->entry || cpu->entry_event.type != 0 || model_interrupt_open(cpu));
    MODEL_REQUIRE(error_bit, !cpu->entry || !cpu->entry_event.has_error || (cpu->entry_event.type == 3 && cpu->pe));
}

/* Pending debug exceptions after an entry that injects (SDM 26.7.3): none, but for INT3, INTO and INT n under
 * blocking by MOV SS. */
static void forget_pending_debug(struct model_cpu *cpu, struct pn_event e)
{
    if ((e.type == 4 || e.type == 6) && cpu->movss)
        return;
    cpu->bs = false;
    cpu->hits = 0;
}

bool model_debug_trap(struct model_cpu *cpu)
{
    struct pn_event e = model_event(3, 1);

    e.db_kind = cpu->bs ? PN_DB_SINGLE_STEP : PN_DB_DATA_OR_IO;
    e.has_payload = true;
    e.payload = cpu->hits | (cpu->bs ? 1ull << MODEL_DB_BS : 0);
    cpu->bs = false;
    cpu->hits = 0;
    return model_raise(cpu, e);
}

static bool leave(struct model_cpu *cpu, enum model_reason reason)
{
    model_exit_with(cpu, reason);
    return true;
}

/* An instruction boundary, in the order of SDM table 6-2 with the rows of VMX (25.2, 25.5.1, 26.7.5, 26.7.6). AMD's self
 * IPI is held by a shadow like any interrupt, its virtual interrupts by GIF as well (APM 15.17, 15.21). True: VM exit. */
static bool boundary(struct model_cpu *cpu)
{
    const bool shadow = cpu->sti || cpu->movss;

    if ((cpu->bs || cpu->hits) && !cpu->movss)
        return model_debug_trap(cpu);
    if (cpu->immediate && !(cpu->svm && shadow))
        return leave(cpu, MODEL_EXIT_IMMEDIATE);
    /* STI may or may not hold it: SDM 25.2 */
    if (cpu->nmi_window && !cpu->svm && !cpu->nmi_blocked && !cpu->movss)
        return leave(cpu, MODEL_EXIT_NMI_WINDOW);
    if (cpu->nmi_pin) { /* NMI exiting: virtual blocking does not hold it */
        cpu->nmi_pin = false;
        return leave(cpu, MODEL_EXIT_NMI);
    }
    if (cpu->intr_window && model_interrupt_open(cpu))
        return leave(cpu, MODEL_EXIT_INTERRUPT_WINDOW);
    /* External-interrupt exiting is on exactly while no window is armed; then IF does not matter. */
    if (!cpu->intr_window && !shadow && model_highest(&cpu->controller) != MODEL_NONE)
        return leave(cpu, MODEL_EXIT_INTERRUPT);
    return false;
}

/* One instruction, and behind it the hypervisor's own single step (APM 13.1.4): TF traps after an instruction, but after
 * a MOV SS not before the next one. A trap of the guest's own takes its place. True: VM exit. */
static bool execute(struct model_cpu *cpu)
{
    if (model_execute(cpu))
        return true;
    if (!cpu->step || cpu->movss)
        return false;
    if (cpu->bs || cpu->hits)
        return model_debug_trap(cpu);
    return leave(cpu, MODEL_EXIT_STEP);
}

/* SDM 26.7.8: a pending MTF exit comes before anything else, and leaves the pending debug exceptions as they are. */
static void run(struct model_cpu *cpu)
{
    if (cpu->entry && cpu->entry_event.type == 7) {
        cpu->mtf_exits++;
        model_exit_with(cpu, MODEL_EXIT_MTF);
        return;
    }
    if (cpu->entry) {
        forget_pending_debug(cpu, cpu->entry_event);
        if (model_deliver(cpu, cpu->entry_event, true))
            return;
    }
    for (unsigned int n = 0; n < cpu->budget; n++)
        if (boundary(cpu) || execute(cpu))
            return;
    if (cpu->svm && (cpu->bs || cpu->hits) && !cpu->movss && model_debug_trap(cpu))
        return; /* a trap goes before the interrupt that the timer is */
    model_exit_with(cpu, MODEL_EXIT_TIMER);
}

/* What an AMD processor does not say of the exit: that the shadow was MOV SS, and debug traps it held (APM 15.21.5). */
static void forget_svm(struct model_cpu *cpu)
{
    cpu->movss = false;
    cpu->bs = false;
    cpu->hits = 0;
}

/* EXITINTINFO does not tell the software event of this entry from an equal one that the guest raises at the same RIP. */
static bool seems_own(const struct model_cpu *cpu, struct pn_event e, uint64_t rip)
{
    struct pn_event owed = cpu->owed_event;

    owed.length = e.length;
    return cpu->svm && cpu->owed && model_soft(e.type) && model_same(e, owed) && cpu->rip == rip;
}

/* One round through the guest. `done` is what the next exit lets a hypervisor know of the event of this entry
 * (SDM 27.2.4): if an equal event is reported as interrupted, it cannot tell the two apart. */
void model_enter(struct model_cpu *cpu)
{
    const bool had = cpu->entry;
    const struct pn_event e = cpu->entry_event;
    const uint64_t before = cpu->received[e.type & 7];
    const uint64_t rip = cpu->rip, at = cpu->at;

    check_entry(cpu);
    cpu->entries++;
    cpu->taken_back = false;
    cpu->iret_unblocked = false;
    run(cpu);
    if (cpu->svm)
        forget_svm(cpu);
    cpu->at = cpu->rip;
    if (had && seems_own(cpu, e, rip)) {
        cpu->at = at;
        cpu->owed_event.length = e.length;
    }
    cpu->entry = false;
    cpu->exited = true;
    cpu->done = had && !(cpu->owed && model_same(e, cpu->owed_event) &&
                         (!cpu->svm || !model_soft(e.type) || cpu->rip == rip));
    cpu->done_event = e;
    if (had && !cpu->done && cpu->received[e.type & 7] != before)
        cpu->twins++;
}
