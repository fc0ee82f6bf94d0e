/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry with its checks, delivery of events through the IDT, what is recognised at an instruction boundary, VM exit.
 */
#include "model.h"

void model_exit_with(struct model_cpu *cpu, enum model_reason reason)
{
    cpu->exit = (struct model_exit){.reason = reason};
}

static void exit_on_exception(struct model_cpu *cpu, struct pn_event e)
{
    model_exit_with(cpu, MODEL_EXIT_EXCEPTION);
    cpu->exit.exception = e;
}

/* IDT-vectoring information (SDM 27.2.4): the event as it was being delivered, no payload. */
static void owe(struct model_cpu *cpu, struct pn_event e)
{
    e.has_payload = false;
    e.payload = 0;
    cpu->owed = true;
    cpu->owed_event = e;
}

/* What has happened to the processor before the first byte is pushed (SDM 27.1, 26.5.1.1): an injected event writes
 * none of CR2, DR6 and DR7; blocking by STI and MOV SS is over; an NMI blocks further ones. */
static void begin_delivery(struct model_cpu *cpu, struct pn_event e, bool injected)
{
    cpu->sti = false;
    cpu->movss = false;
    if (e.type == 2)
        cpu->nmi_blocked = true;
    if (injected)
        return;
    if (e.type == 3 && e.vector == 14)
        cpu->cr2 = e.payload;
    if (e.type == 3 && e.vector == 1)
        cpu->dr6 = model_dr6(cpu->dr6, e.payload);
    if (e.vector == 1 && (e.type == 3 || e.type == 5))
        cpu->dr7 &= ~(1ull << 13);
}

static void finish_delivery(struct model_cpu *cpu, struct model_seen seen, bool trap_gate)
{
    const bool fault = seen.event.type == 3 && model_is_fault(seen.event.vector);

    seen.cr2 = cpu->cr2;
    seen.dr6 = cpu->dr6;
    seen.dr7 = cpu->dr7;
    seen.pushed_if = cpu->iflag;
    seen.pushed_tf = cpu->tf;
    seen.pushed_rf = cpu->rf || (!seen.injected && fault);
    if (cpu->depth == MODEL_STACK) { /* the oldest frame of a guest that never returns */
        for (unsigned int i = 1; i < MODEL_STACK; i++)
            cpu->stack[i - 1] = cpu->stack[i];
        cpu->depth--;
    }
    cpu->stack[cpu->depth++] = (struct model_frame){
        .iflag = cpu->iflag, .tf = cpu->tf, .rf = seen.pushed_rf, .type = seen.event.type, .vector = seen.event.vector,
    };
    if (!trap_gate)
        cpu->iflag = false;
    cpu->tf = false;
    cpu->rf = false;
    cpu->received[seen.event.type & 7]++;
    cpu->world.received(cpu, &seen, cpu->world.context);
}

/* Deliver `e` to the guest. True: a VM exit came instead. An exception met on the way exits if the bitmap says so,
 * else the processor combines the two by table 6-5 and goes on. */
bool model_deliver(struct model_cpu *cpu, struct pn_event e, bool injected)
{
    bool after_shadow = cpu->sti || cpu->movss;

    for (;;) {
        struct model_hazard h;

        begin_delivery(cpu, e, injected);
        h = cpu->world.hazard(cpu, e, cpu->world.context);
        if (h.meets == MODEL_NOTHING) {
            const struct model_seen seen = {.event = e, .injected = injected, .after_shadow = after_shadow};

            finish_delivery(cpu, seen, h.trap_gate);
            return false;
        }
        if (h.meets == MODEL_EPT_VIOLATION) {
            model_exit_with(cpu, MODEL_EXIT_EPT_VIOLATION);
            owe(cpu, e);
            return true;
        }
        if ((cpu->bitmap >> h.exception.vector) & 1) {
            exit_on_exception(cpu, h.exception);
            owe(cpu, e);
            return true;
        }
        switch (model_pair(e, h.exception)) {
        case MODEL_SHUTDOWN:
            begin_delivery(cpu, h.exception, false); /* CR2 is written even so (SDM 4.7) */
            model_exit_with(cpu, MODEL_EXIT_TRIPLE_FAULT);
            return true;
        case MODEL_DOUBLE_FAULT:
            begin_delivery(cpu, h.exception, false);
            e = model_event(3, 8);
            e.has_error = cpu->pe;
            break;
        case MODEL_SERIAL:
            e = h.exception;
            break;
        }
        injected = false;
    }
}

/* The processor has found an exception while running the guest. True: VM exit. */
bool model_raise(struct model_cpu *cpu, struct pn_event e)
{
    if ((cpu->bitmap >> e.vector) & 1) {
        exit_on_exception(cpu, e);
        return true;
    }
    return model_deliver(cpu, e, false);
}

/* SDM 26.3.1.5 and 26.2.1.3, what the seam's preconditions do not say already. */
static void check_entry(const struct model_cpu *cpu)
{
    MODEL_REQUIRE(sti_and_movss, !(cpu->sti && cpu->movss));
    MODEL_REQUIRE(sti_needs_if, !cpu->sti || cpu->iflag);
    MODEL_REQUIRE(interrupt_not_blocked, !cpu->entry || cpu->entry_event.type != 0 ||
                                             (cpu->iflag && !cpu->sti && !cpu->movss));
    MODEL_REQUIRE(nmi_not_blocked, !cpu->entry || cpu->entry_event.type != 2 ||
                                       (!cpu->nmi_blocked && !cpu->movss && !cpu->sti));
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

static bool debug_trap(struct model_cpu *cpu)
{
    struct pn_event e = model_event(3, 1);

    e.db_kind = cpu->bs ? PN_DB_SINGLE_STEP : PN_DB_DATA_OR_IO;
    e.has_payload = true;
    e.payload = cpu->hits | (cpu->bs ? 1ull << MODEL_DB_BS : 0);
    cpu->bs = false;
    cpu->hits = 0;
    return model_raise(cpu, e);
}

/* An instruction boundary, in the order of SDM table 6-2 with the rows of VMX (25.2, 26.7.5, 26.7.6). True: VM exit. */
static bool boundary(struct model_cpu *cpu)
{
    const bool shadow = cpu->sti || cpu->movss;

    if ((cpu->bs || cpu->hits) && !cpu->movss)
        return debug_trap(cpu);
    if (cpu->nmi_window && !cpu->nmi_blocked && !cpu->movss) { /* STI may or may not hold it: SDM 25.2 */
        model_exit_with(cpu, MODEL_EXIT_NMI_WINDOW);
        return true;
    }
    if (cpu->nmi_pin) { /* NMI exiting: virtual blocking does not hold it */
        cpu->nmi_pin = false;
        model_exit_with(cpu, MODEL_EXIT_NMI);
        return true;
    }
    if (cpu->intr_window && cpu->iflag && !shadow) {
        model_exit_with(cpu, MODEL_EXIT_INTERRUPT_WINDOW);
        return true;
    }
    /* External-interrupt exiting is on exactly while no window is armed; then IF does not matter. */
    if (!cpu->intr_window && !shadow && model_highest(&cpu->controller) != MODEL_NONE) {
        model_exit_with(cpu, MODEL_EXIT_INTERRUPT);
        return true;
    }
    return false;
}

static void run(struct model_cpu *cpu)
{
    if (cpu->entry) {
        const struct pn_event e = cpu->entry_event;

        forget_pending_debug(cpu, e);
        if (model_deliver(cpu, e, true))
            return;
    }
    for (unsigned int n = 0; n < cpu->budget; n++)
        if (boundary(cpu) || model_execute(cpu))
            return;
    model_exit_with(cpu, MODEL_EXIT_TIMER);
}

/* One round through the guest. `done` is what the next exit lets a hypervisor know of the event of this entry
 * (SDM 27.2.4): if an equal event is reported as interrupted, it cannot tell the two apart. */
void model_enter(struct model_cpu *cpu)
{
    const bool had = cpu->entry;
    const struct pn_event e = cpu->entry_event;
    const uint64_t before = cpu->received[e.type & 7];

    check_entry(cpu);
    cpu->entries++;
    cpu->done = false;
    cpu->iret_unblocked = false;
    run(cpu);
    cpu->entry = false;
    cpu->exited = true;
    cpu->done = had && !(cpu->owed && model_same(e, cpu->owed_event));
    cpu->done_event = e;
    if (had && !cpu->done && cpu->received[e.type & 7] != before)
        cpu->twins++;
}
