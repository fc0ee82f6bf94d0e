/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Delivery of events through the IDT, by VM entry or by the processor itself, and what an exit says if it is
 * interrupted.
 */
#include "model.h"

void model_exit_with(struct model_cpu *cpu, enum model_reason reason)
{
    cpu->exit = (struct model_exit){.reason = reason};
}

/* DR6 and DR7.GD as delivering a #DB leaves them (SDM 17.2.3, 17.2.4). */
static void debug_registers(struct model_cpu *cpu, struct pn_event e)
{
    if (e.type == 3 && (e.has_payload || !cpu->svm))
        cpu->dr6 = model_dr6(cpu->dr6, e.payload);
    cpu->dr7 &= ~(1ull << 13);
}

/* SDM 27.1: the exit comes before any effect. APM 15.12.2: before a #DB exit, DR6 and DR7 are written; CR2 is not
 * (15.12.15). */
static void exit_on_exception(struct model_cpu *cpu, struct pn_event e)
{
    if (cpu->svm && e.vector == 1) {
        debug_registers(cpu, e);
        e.has_payload = false;
        e.payload = 0;
    }
    model_exit_with(cpu, MODEL_EXIT_EXCEPTION);
    cpu->exit.exception = e;
}

/* IDT-vectoring information (SDM 27.2.4), EXITINTINFO (APM 15.7.2): the event as it was being delivered, no payload. AMD
 * does not promise that the shadow it began under is gone by then. */
static void owe(struct model_cpu *cpu, struct pn_event e, bool after_shadow)
{
    if (cpu->svm)
        cpu->sti = after_shadow;
    e.has_payload = false;
    e.payload = 0;
    cpu->owed = true;
    cpu->owed_event = e;
}

/* What has happened to the processor before the first byte is pushed (SDM 27.1, 26.5.1.1): an injected event writes
 * none of CR2, DR6 and DR7; blocking by STI and MOV SS is over; an NMI blocks further ones (an injected one on AMD does
 * not: APM 15.20). */
static void begin_delivery(struct model_cpu *cpu, struct pn_event e, bool injected)
{
    cpu->sti = false;
    cpu->movss = false;
    if (e.type == 2 && !cpu->svm)
        cpu->nmi_blocked = true;
    if (injected)
        return;
    if (e.type == 3 && e.vector == 14)
        cpu->cr2 = e.payload;
    if (e.vector == 1 && (e.type == 3 || e.type == 5))
        debug_registers(cpu, e);
}

/* A software event returns behind its instruction: the processor adds the length (SDM 26.5.1.1), or pushes the next-RIP
 * field, or what RIP is (APM 15.20, without NRIPS). */
static uint64_t return_address(const struct model_cpu *cpu, struct model_seen seen)
{
    if (!model_soft(seen.event.type))
        return cpu->rip;
    if (seen.injected && cpu->svm)
        return cpu->nrips ? cpu->next_rip : cpu->rip;
    return model_behind(cpu, cpu->rip, seen.event.length);
}

static void push_frame(struct model_cpu *cpu, const struct model_seen *seen)
{
    if (cpu->depth == MODEL_STACK) { /* the oldest frame of a guest that never returns */
        for (unsigned int i = 1; i < MODEL_STACK; i++)
            cpu->stack[i - 1] = cpu->stack[i];
        cpu->depth--;
    }
    cpu->stack[cpu->depth++] = (struct model_frame){
        .iflag = cpu->iflag, .tf = cpu->tf, .rf = seen->pushed_rf, .type = seen->event.type,
        .vector = seen->event.vector, .rip = seen->pushed_rip,
    };
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
    seen.pushed_rip = return_address(cpu, seen);
    push_frame(cpu, &seen);
    model_move(cpu, MODEL_HANDLERS + (uint64_t)seen.event.vector * MODEL_HANDLER_SIZE);
    if (!trap_gate)
        cpu->iflag = false;
    cpu->tf = false;
    cpu->rf = false;
    cpu->received[seen.event.type & 7]++;
    cpu->world.received(cpu, &seen, cpu->world.context);
}

/* Two exceptions that the processor combines by itself. False: shutdown. */
static bool combine(struct model_cpu *cpu, struct pn_event *e, struct pn_event second)
{
    switch (model_pair(cpu->svm, *e, second)) {
    case MODEL_SHUTDOWN:
        begin_delivery(cpu, second, false); /* CR2 is written even so (SDM 4.7) */
        model_exit_with(cpu, MODEL_EXIT_TRIPLE_FAULT);
        return false;
    case MODEL_DOUBLE_FAULT:
        begin_delivery(cpu, second, false);
        *e = model_event(3, 8);
        e->has_error = cpu->pe;
        break;
    case MODEL_SERIAL:
        *e = second;
        break;
    }
    return true;
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
            owe(cpu, e, after_shadow);
            return true;
        }
        if ((cpu->bitmap >> h.exception.vector) & 1) {
            exit_on_exception(cpu, h.exception);
            owe(cpu, e, after_shadow);
            return true;
        }
        if (!combine(cpu, &e, h.exception))
            return true;
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
