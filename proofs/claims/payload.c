/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 1 (spec/claims/1-second-payload.md): what a second delivery of a payload does. Proof only; never compiled into
 * anything. Every function holds for both vendors: dev_svm is not constrained.
 *
 * CLAIM   a second call after the payload is taken out of the record changes no register and is not counted
 *         a second call with the payload still there writes the same values again, and is counted: no history in which
 *         it happens can satisfy payload_balanced
 *         an intercepted #DB has its payload written on AMD and not on Intel, and after that a delivery changes nothing
 * UNPROVED  what another program does between the two calls: the third theorem's precondition is that nothing does
 */
#include <provenest/event.h>

#include "../../core/event/payload.h"

/*@ predicate same_bits(integer a, integer b) = \forall integer k; 0 <= k <= 63 ==> (bit(a, k) <==> bit(b, k));
*/

/* The upstream question: deliver, clear, deliver. */
/*@ requires only_from_pending: e.stage == PN_STAGE_PENDING;
    requires no_event_yet: dev_entry == 0 && dev_owed == 0;
    requires payload: e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);
    terminates \true; exits \false; assigns dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures once: n_applied == \old(n_applied) + payloads(e);
    ensures first_call_counts: e.has_payload != 0 && e.vector == PN_VECTOR_PF ==> dev_cr2 == e.payload; */
void pn_claim_second_call_is_nothing(struct pn_event e)
{
    pn_deliver_payload(e);
First:
    e.has_payload = false;
    pn_deliver_payload(e);
    /*@ assert address_kept: dev_cr2 == \at(dev_cr2, First); */
    /*@ assert status_kept: dev_dr6 == \at(dev_dr6, First); */
    /*@ assert control_kept: same_bits(dev_dr7, \at(dev_dr7, First)); */
    /*@ assert not_counted: n_applied == \at(n_applied, First); */
    return;
}

/* The mistake: deliver, and deliver again with the payload still in the record. Back to back it writes the same values... */
/*@ requires only_from_pending: e.stage == PN_STAGE_PENDING;
    requires no_event_yet: dev_entry == 0 && dev_owed == 0;
    requires payload: e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);
    terminates \true; exits \false; assigns dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures twice: n_applied == \old(n_applied) + 2 * payloads(e); */
void pn_claim_uncleared_writes_again(struct pn_event e)
{
    pn_deliver_payload(e);
First:
    pn_deliver_payload(e);
    /*@ assert address_kept: dev_cr2 == \at(dev_cr2, First); */
    /*@ assert status_kept: same_bits(dev_dr6, \at(dev_dr6, First)); */
    /*@ assert control_kept: same_bits(dev_dr7, \at(dev_dr7, First)); */
    return;
}

/* ... and the count tells: from any history that balances with this event pending, it does not balance when the event is
   no longer pending, nor could anything later repair that (n_owing, n_applied and n_dropped only grow together). */
/*@ requires only_from_pending: e.stage == PN_STAGE_PENDING;
    requires no_event_yet: dev_entry == 0 && dev_owed == 0;
    requires payload: e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);
    requires owes: owes_payload(e);
    requires history: n_owing == n_applied + n_dropped + 1;
    terminates \true; exits \false; assigns dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures caught: n_owing != n_applied + n_dropped; */
void pn_claim_uncleared_is_caught(struct pn_event e)
{
    pn_claim_uncleared_writes_again(e);
}

/* The history in which the call was needed: on AMD an intercepted #DB must have DR6 and DR7.GD written. The interception
   writes them, on Intel it does not; either way a delivery of what is left of the record changes nothing more. */
/*@ requires only_from_pending: e.stage == PN_STAGE_PENDING;
    requires no_event_yet: dev_entry == 0 && dev_owed == 0;
    requires payload: e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);
    requires debug: e.vector == PN_VECTOR_DB;
    terminates \true; exits \false; assigns dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures amd_writes: dev_svm != 0 && e.has_payload != 0 ==> ev075_dr6(\old(dev_dr6), e.payload, dev_dr6) &&
            n_applied == \old(n_applied) + 1;
    ensures amd_control: dev_svm != 0 ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures intel_keeps: dev_svm == 0 ==> dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) &&
            n_applied == \old(n_applied);
    ensures address: dev_cr2 == \old(dev_cr2); */
void pn_claim_intercepted_debug(struct pn_event e)
{
    const bool written = pn_intercept_payload(e);
Intercepted:
    if (written) {
        e.has_payload = false;
        pn_deliver_payload(e);
        /*@ assert status_kept: dev_dr6 == \at(dev_dr6, Intercepted); */
        /*@ assert control_kept: same_bits(dev_dr7, \at(dev_dr7, Intercepted)); */
    }
}

/* A page fault that is intercepted has written nothing on either vendor. */
/*@ requires only_from_pending: e.stage == PN_STAGE_PENDING;
    requires no_event_yet: dev_entry == 0 && dev_owed == 0;
    requires payload: e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);
    requires page_fault: e.vector == PN_VECTOR_PF;
    terminates \true; exits \false; assigns dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures nothing: dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) &&
            n_applied == \old(n_applied) && \result == 0; */
bool pn_claim_intercepted_page_fault(struct pn_event e)
{
    return pn_intercept_payload(e);
}
