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
        .vendor = ORACLE_INTEL,
        .pe = cpu->pe,
        .iflag = cpu->iflag,
        .sti = cpu->sti,
        .movss = cpu->movss,
        .nmi_blocked = cpu->nmi_blocked,
        .rf = cpu->rf,
        .cr2 = cpu->cr2,
        .dr6 = cpu->dr6,
        .dr7 = cpu->dr7,
        .interrupted = cpu->owed,
        .injected = cpu->owed_event,
        .raised = v->exception.stage == PN_STAGE_PENDING,
        .exception = v->exception,
        .nmis = v->nmi_pending,
        .waiting = v->interrupt_waiting,
        .shutdown = v->triple_fault,
        .offered = model_highest(&cpu->controller),
    };
}

static const char *slots(const struct model_cpu *cpu, const struct pn_vcpu *v)
{
    const bool pending = v->exception.stage == PN_STAGE_PENDING;
    const bool injected = v->injected.stage == PN_STAGE_INJECTED;

    DIFFERS(v->exception.stage == PN_STAGE_NONE || pending);
    DIFFERS(v->injected.stage == PN_STAGE_NONE || injected);
    DIFFERS(!(pending && injected));
    DIFFERS(!pending || (model_type_ok(v->exception) && model_length_ok(v->exception)));
    DIFFERS(!pending || !v->exception.has_payload || model_payload_allowed(v->exception.type, v->exception.vector));
    DIFFERS(!injected || (model_type_ok(v->injected) && model_length_ok(v->injected) && !v->injected.has_payload));
    DIFFERS(v->nmi_pending <= PN_NMI_LIMIT);
    DIFFERS(!cpu->exited && !cpu->acked && !cpu->done);
    DIFFERS(injected == (cpu->entry || cpu->owed));
    DIFFERS(!(cpu->entry && cpu->owed));
    DIFFERS(!cpu->entry || oracle_same(v->injected, cpu->entry_event));
    DIFFERS(!cpu->owed || oracle_same(v->injected, cpu->owed_event));
    return NULL;
}

const char *oracle_sound(const struct model_cpu *cpu, const struct pn_vcpu *v)
{
    const bool owing = v->exception.stage == PN_STAGE_PENDING && v->exception.has_payload;
    const char *difference = slots(cpu, v);

    if (difference)
        return difference;
    DIFFERS(pn_tally_holds(pn_tally_all(&cpu->counters, v)));
    DIFFERS(cpu->owing == cpu->applied + cpu->dropped + owing);
    return NULL;
}

const char *oracle_check_inject(const struct oracle_state *before, enum pn_action action, const struct model_cpu *cpu,
                                const struct pn_vcpu *v)
{
    const struct oracle_entry want = oracle_inject(before);
    const bool exception = want.turn == ORACLE_TURN_EXCEPTION || want.turn == ORACLE_TURN_TRAP;

    DIFFERS((action == PN_SHUTDOWN) == (want.turn == ORACLE_TURN_SHUTDOWN));
    DIFFERS(cpu->cr2 == want.cr2);
    DIFFERS(cpu->dr6 == want.dr6);
    DIFFERS(cpu->dr7 == want.dr7);
    DIFFERS(cpu->rf == want.rf);
    if (want.turn == ORACLE_TURN_SHUTDOWN) {
        DIFFERS(!cpu->entry);
        return NULL;
    }
    DIFFERS(cpu->entry == want.programmed);
    DIFFERS(!want.programmed || oracle_same(cpu->entry_event, want.event));
    DIFFERS(v->exception.stage == PN_STAGE_NONE || !exception);
    DIFFERS(v->nmi_pending == want.nmis);
    DIFFERS(v->interrupt_waiting == want.waiting);
    DIFFERS(cpu->nmi_window == want.nmi_window);
    DIFFERS(cpu->intr_window == want.interrupt_window);
    return oracle_sound(cpu, v);
}

const char *oracle_check_queue(const struct oracle_state *before, struct pn_event e, enum pn_queued answer,
                               const struct model_cpu *cpu, const struct pn_vcpu *v)
{
    const struct oracle_queued want = oracle_queue(before, e);

    DIFFERS((answer == PN_BUSY) == want.busy);
    DIFFERS(answer == PN_BUSY || answer == PN_ACCEPTED);
    DIFFERS((v->exception.stage == PN_STAGE_PENDING) == want.raised);
    DIFFERS(!want.raised || oracle_same(v->exception, want.exception));
    DIFFERS(!want.raised || v->exception.has_payload == want.exception.has_payload);
    DIFFERS(!want.raised || !want.exception.has_payload || v->exception.payload == want.exception.payload);
    DIFFERS(v->triple_fault == want.shutdown);
    DIFFERS((v->injected.stage == PN_STAGE_INJECTED) == want.interrupted);
    DIFFERS(cpu->cr2 == want.cr2);
    DIFFERS(cpu->dr6 == before->dr6);
    DIFFERS(cpu->dr7 == before->dr7);
    DIFFERS(!cpu->entry);
    return oracle_sound(cpu, v);
}
