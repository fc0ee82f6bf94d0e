/* SPDX-License-Identifier: BSD-2-Clause */
#include "bridge.h"

#include <stddef.h>

#define DIFFERS(condition)     \
    do {                       \
        if (!(condition))      \
            return #condition; \
    } while (0)

struct oracle_state oracle_look(const struct model_cpu *cpu, const struct pn_vcpu *v)
{
    return (struct oracle_state){
        .vendor = cpu->svm ? ORACLE_AMD : ORACLE_INTEL,
        .pe = cpu->pe,
        .iflag = cpu->iflag,
        .sti = cpu->sti,
        .movss = cpu->movss,
        .nmi_blocked = cpu->nmi_blocked,
        .rf = cpu->rf,
        .smm = cpu->smm,
        .gif_0 = !cpu->gif,
        .hold = v->held_back,
        .wait_for_sipi = cpu->wfs,
        .iret_watched = v->iret_watched,
        .cr2 = cpu->cr2,
        .dr6 = cpu->dr6,
        .dr7 = cpu->dr7,
        .interrupted = cpu->owed,
        .injected = cpu->owed_event,
        .cancelled = cpu->taken_back,
        .raised = v->exception.stage == PN_STAGE_PENDING,
        .exception = v->exception,
        .nmis = v->nmi_pending,
        .waiting = v->interrupt_waiting,
        .shutdown = v->triple_fault,
        .smi = v->smi_pending,
        .init = v->init_pending,
        .sipi = v->sipi_pending,
        .mtf = v->mtf_pending,
        .offered = model_highest(&cpu->controller),
    };
}

static bool record_ok(const struct model_cpu *cpu, struct pn_event e)
{
    return model_type_ok(cpu->svm, e) && model_length_ok(e) && model_error_ok(cpu->svm, e.error);
}

static const char *slots(const struct model_cpu *cpu, const struct pn_vcpu *v)
{
    const bool pending = v->exception.stage == PN_STAGE_PENDING;
    const bool injected = v->injected.stage == PN_STAGE_INJECTED;

    DIFFERS(v->exception.stage == PN_STAGE_NONE || pending);
    DIFFERS(v->injected.stage == PN_STAGE_NONE || injected);
    DIFFERS(!(pending && injected));
    DIFFERS(!pending || record_ok(cpu, v->exception));
    DIFFERS(!pending || !v->exception.has_payload || model_payload_allowed(v->exception.type, v->exception.vector));
    DIFFERS(!injected || (record_ok(cpu, v->injected) && !v->injected.has_payload));
    DIFFERS(v->nmi_pending <= PN_NMI_LIMIT);
    DIFFERS(!v->mtf_pending || !cpu->svm);
    DIFFERS(!v->iret_watched || cpu->svm);
    DIFFERS(!cpu->exited && !cpu->acked && !cpu->done);
    DIFFERS(injected == (cpu->entry || cpu->owed));
    DIFFERS(!(cpu->entry && cpu->owed));
    DIFFERS(!cpu->entry || oracle_same(v->injected, cpu->entry_event));
    DIFFERS(!cpu->owed || oracle_same(v->injected, cpu->owed_event));
    DIFFERS(!cpu->owed || v->cancelled == cpu->taken_back);
    return NULL;
}

const char *oracle_sound(const struct model_cpu *cpu, const struct pn_vcpu *v)
{
    const unsigned int owing = v->exception.stage == PN_STAGE_PENDING ? model_owes(v->exception) : 0;
    const char *difference = slots(cpu, v);

    if (difference)
        return difference;
    DIFFERS(pn_tally_holds(pn_tally_all(&cpu->counters, v)));
    DIFFERS(cpu->owing == cpu->applied + cpu->dropped + owing);
    return NULL;
}

static enum pn_action action_of(enum oracle_turn turn)
{
    switch (turn) {
    case ORACLE_TURN_SHUTDOWN:
        return PN_SHUTDOWN;
    case ORACLE_TURN_WAIT:
        return PN_WAIT;
    case ORACLE_TURN_SIPI:
        return PN_DO_SIPI;
    case ORACLE_TURN_SMI:
        return PN_DO_SMI;
    case ORACLE_TURN_INIT:
        return PN_DO_INIT;
    default:
        return PN_ENTER;
    }
}

/* What waits, whoever's turn it was. */
static const char *latches(const struct oracle_entry *want, const struct pn_vcpu *v)
{
    DIFFERS(v->nmi_pending == want->nmis);
    DIFFERS(v->interrupt_waiting == want->waiting);
    DIFFERS(v->smi_pending == want->smi);
    DIFFERS(v->init_pending == want->init);
    DIFFERS(v->sipi_pending == want->sipi);
    DIFFERS(v->mtf_pending == want->mtf);
    return NULL;
}

static const char *windows(const struct oracle_entry *want, const struct model_cpu *cpu)
{
    DIFFERS(cpu->nmi_window == want->window[ORACLE_NMI_WINDOW]);
    DIFFERS(cpu->intr_window == want->window[ORACLE_INTERRUPT_WINDOW]);
    DIFFERS(cpu->immediate == want->window[ORACLE_IMMEDIATE_EXIT]);
    DIFFERS(cpu->step == want->window[ORACLE_SINGLE_STEP]);
    return NULL;
}

/* A debug trap behind an MTF exit is where the processor keeps such traps. */
static const char *held_trap(const struct oracle_state *before, const struct model_cpu *cpu)
{
    const uint64_t payload = before->exception.has_payload ? before->exception.payload : 0;

    DIFFERS((cpu->hits & payload & 0xf) == (payload & 0xf));
    DIFFERS(!(payload >> MODEL_DB_BS & 1) || before->sti || before->movss || cpu->bs);
    return NULL;
}

const char *oracle_check_inject(const struct oracle_state *before, enum pn_action action, const struct model_cpu *cpu,
                                const struct pn_vcpu *v)
{
    const struct oracle_entry want = oracle_inject(before);
    const bool raised = before->raised && want.turn != ORACLE_TURN_EXCEPTION && want.turn != ORACLE_TURN_TRAP;
    const char *difference;

    DIFFERS(action == action_of(want.turn));
    DIFFERS(cpu->cr2 == want.cr2);
    DIFFERS(cpu->dr6 == want.dr6);
    DIFFERS(cpu->dr7 == want.dr7);
    DIFFERS(cpu->rf == want.rf || want.rf_open);
    DIFFERS(cpu->nmi_blocked == want.nmi_blocked);
    DIFFERS((v->exception.stage == PN_STAGE_PENDING) == (raised && !want.trap_held));
    DIFFERS(cpu->entry == want.programmed);
    DIFFERS(!want.programmed || oracle_same(cpu->entry_event, want.event));
    difference = latches(&want, v);
    if (!difference && want.trap_held)
        difference = held_trap(before, cpu);
    if (!difference && oracle_enters(want.turn))
        difference = windows(&want, cpu);
    return difference ? difference : oracle_sound(cpu, v);
}

const char *oracle_check_queue(const struct oracle_state *before, struct pn_event e, enum pn_queued answer,
                               const struct model_cpu *cpu, const struct pn_vcpu *v)
{
    const struct oracle_queued want = oracle_queue(before, e);
    const bool itself = want.raised && !want.busy && want.exception.vector == e.vector;

    DIFFERS((answer == PN_BUSY) == want.busy);
    DIFFERS(answer == PN_BUSY || answer == PN_ACCEPTED);
    DIFFERS((v->exception.stage == PN_STAGE_PENDING) == want.raised);
    DIFFERS(!want.raised || oracle_same(v->exception, want.exception));
    DIFFERS(!want.raised || v->exception.has_payload == want.exception.has_payload);
    DIFFERS(!want.raised || !want.exception.has_payload || v->exception.payload == want.exception.payload);
    DIFFERS(!itself || v->exception.by_delivery == want.exception.by_delivery);
    DIFFERS(v->triple_fault == want.shutdown);
    DIFFERS((v->injected.stage == PN_STAGE_INJECTED) == want.interrupted);
    DIFFERS(cpu->cr2 == want.cr2);
    DIFFERS(cpu->dr6 == before->dr6);
    DIFFERS(cpu->dr7 == before->dr7);
    DIFFERS(!cpu->entry);
    return oracle_sound(cpu, v);
}
