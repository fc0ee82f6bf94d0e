/* SPDX-License-Identifier: BSD-2-Clause
 * Events that come from outside and wait in a latch: NMI, SMI, INIT, SIPI, a pending MTF exit, the interrupt line.
 * SDM vol. 3A 6.7.1 (NMI), 10.6.4 (INIT, SIPI), vol. 3C 25.2, 25.5.2 (MTF), 34.2 (SMI); APM vol. 2 15.9 (IRET). */
#include <provenest/event.h>

#include "record.h"

/* Book one event of this kind; a second one merges with the one that is latched. */
/*@ requires kind: 7 <= type <= 10;
    terminates \true; exits \false; assigns led_accepted, led_owing, led_collapsed;
    ensures result: \result == (pending != 0 ? PN_COLLAPSED : PN_ACCEPTED);
    ensures booked: n_accepted == \old(n_accepted) + 1;
    ensures no_payload: n_owing == \old(n_owing);
    ensures merged: n_collapsed == \old(n_collapsed) + (pending != 0 ? 1 : 0); */
static enum pn_queued latch(uint8_t type, bool pending)
{
    pn_ledger_accepted(pn_event_make(PN_STAGE_PENDING, type, 0), PN_PATH_RAISED);
    if (!pending)
        return PN_ACCEPTED;
    pn_ledger_merged(type, pending);
    return PN_COLLAPSED;
}

enum pn_queued pn_queue_smi(struct pn_vcpu *v)
{
    const enum pn_queued result = latch(PN_TYPE_SMI, v->smi_pending);

    v->smi_pending = true;
    return result;
}

enum pn_queued pn_queue_init(struct pn_vcpu *v)
{
    const enum pn_queued result = latch(PN_TYPE_INIT, v->init_pending);

    v->init_pending = true;
    return result;
}

enum pn_queued pn_queue_mtf(struct pn_vcpu *v)
{
    const enum pn_queued result = latch(PN_TYPE_OTHER, v->mtf_pending);

    v->mtf_pending = true;
    return result;
}

enum pn_queued pn_queue_sipi(struct pn_vcpu *v, uint8_t vector)
{
    const bool waiting = pn_hw_wait_for_sipi();
    enum pn_queued result;

    if (!waiting && v->init_pending)
        return PN_BUSY;
    result = latch(PN_TYPE_SIPI, waiting && v->sipi_pending);
    if (!waiting) {
        pn_ledger_no_effect(PN_TYPE_SIPI);
        return PN_NO_EFFECT;
    }
    if (!v->sipi_pending)
        v->sipi_vector = vector;
    v->sipi_pending = true;
    return result;
}

enum pn_queued pn_queue_nmi(struct pn_vcpu *v)
{
    const bool serving = pn_hw_nmi_blocked() ||
                         (v->injected.stage == PN_STAGE_INJECTED && v->injected.type == PN_TYPE_NMI);

    pn_ledger_accepted(pn_event_make(PN_STAGE_PENDING, PN_TYPE_NMI, PN_VECTOR_NMI), PN_PATH_RAISED);
    if (v->nmi_pending == PN_NMI_LIMIT || (v->nmi_pending != 0 && serving)) {
        pn_ledger_nmi_collapsed(v->nmi_pending);
        return PN_COLLAPSED;
    }
    v->nmi_pending++;
    return PN_ACCEPTED;
}

void pn_iret_intercepted(struct pn_vcpu *v)
{
    v->iret_watched = true;
    v->iret_rip = pn_hw_rip();
}

void pn_interrupt_pending(struct pn_vcpu *v)
{
    v->interrupt_waiting = true;
}

void pn_hold_events(struct pn_vcpu *v, bool on)
{
    v->held_back = on;
}
