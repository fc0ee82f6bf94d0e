/* SPDX-License-Identifier: BSD-2-Clause
 * What an exit says of an interrupted delivery. SDM 27.2.3, 27.2.4, 31.7.1.2. */
#include <provenest/event.h>

#include "record.h"

/* The injected record for what the processor reports. Nothing of it is computed from the vector. */
/*@ requires valid: x.valid != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures stage: \result.stage == PN_STAGE_INJECTED;
    ensures as_reported: reported(\result, x);
    ensures no_payload: \result.has_payload == 0;
    ensures origin: \result.origin == PN_BY_HARDWARE && \result.db_kind == PN_DB_NONE; */
static struct pn_event from_vectoring(struct pn_vectoring x)
{
    struct pn_event e = pn_event_make(PN_STAGE_INJECTED, x.type, x.vector);

    e.length = x.length;
    e.has_error = x.has_error;
    e.error = x.error;
    return e;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> same_event(a, b); */
static bool same(struct pn_event a, struct pn_event b)
{
    return a.type == b.type && a.vector == b.vector && a.length == b.length && a.has_error == b.has_error &&
           a.error == b.error;
}

void pn_complete_vectoring(struct pn_vcpu *v)
{
    const struct pn_vectoring x = pn_hw_vectoring();
    struct pn_event e;

    /* An IRET that faulted had already ended NMI blocking: put it back (EV-086). Undefined when x.valid. */
    if (!x.valid && x.nmi_unblocked_by_iret)
        pn_hw_set_nmi_blocked(true);
    if (x.valid) {
        e = from_vectoring(x);
        if (v->injected.stage == PN_STAGE_INJECTED && same(v->injected, e))
            return; /* the event of the last entry: it keeps its origin */
    }
    if (v->injected.stage == PN_STAGE_INJECTED) {
        pn_ledger_delivered(v->injected);
        v->injected.stage = PN_STAGE_NONE;
    }
    if (x.valid) {
        pn_ledger_accepted(e, PN_PATH_INTERRUPTED);
        v->injected = e;
    }
}

void pn_cancel_injection(struct pn_vcpu *v)
{
    if (v->injected.stage == PN_STAGE_INJECTED)
        pn_hw_cancel_entry();
}
