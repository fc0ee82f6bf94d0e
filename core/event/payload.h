/* SPDX-License-Identifier: BSD-2-Clause
 * The one place where an event's payload reaches CR2, DR6 and DR7. SDM 17.2.3, 17.2.4, 27.1. */
#ifndef PROVENEST_PAYLOAD_H
#define PROVENEST_PAYLOAD_H

#include <provenest/types.h>

#include "../hw/ledger.h"

/* DR6 after a #DB with these conditions (EV-075). */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures dr6_merge: ev075_dr6(dr6, payload, \result); */
uint64_t pn_dr6_after(uint64_t dr6, uint64_t payload);

/* Do what delivering the pending exception `e` does to CR2, DR6 and DR7. Called once for each exception: on its way from
 * pending to injected, before it is written to the entry event field, or when it ends in a double fault (EV-125). */
/*@ requires only_from_pending: e.stage == PN_STAGE_PENDING;
    requires before_event: dev_entry == 0;
    requires not_a_reinjection: dev_owed == 0;
    requires payload: e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);
    terminates \true; exits \false; assigns dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures page_fault: e.has_payload != 0 && e.vector == PN_VECTOR_PF ==>
            dev_cr2 == e.payload && dev_dr6 == \old(dev_dr6);
    ensures debug: e.has_payload != 0 && e.vector == PN_VECTOR_DB ==>
            ev075_dr6(\old(dev_dr6), e.payload, dev_dr6) && dev_cr2 == \old(dev_cr2);
    ensures none: e.has_payload == 0 || !ev038_register(e.vector) ==> dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6);
    ensures applied_once: n_applied == \old(n_applied) + payloads(e);
    ensures general_detect: e.vector == PN_VECTOR_DB ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures dr7_kept: e.vector != PN_VECTOR_DB ==> dev_dr7 == \old(dev_dr7); */
void pn_deliver_payload(struct pn_event e);

/* Do what intercepting the pending exception `e` does to them (EV-126): a #DB on AMD as if it were delivered, else
 * nothing. True: the payload has been written. */
/*@ requires only_from_pending: e.stage == PN_STAGE_PENDING;
    requires before_event: dev_entry == 0;
    requires not_a_reinjection: dev_owed == 0;
    requires payload: e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);
    terminates \true; exits \false; assigns dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures address: dev_cr2 == \old(dev_cr2);
    ensures written: \result != 0 <==> ev126_intercept_writes(dev_svm, e.vector) && e.has_payload != 0;
    ensures status: \result != 0 ==> ev075_dr6(\old(dev_dr6), e.payload, dev_dr6);
    ensures status_kept: \result == 0 ==> dev_dr6 == \old(dev_dr6);
    ensures control: ev126_intercept_writes(dev_svm, e.vector) ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures control_kept: !ev126_intercept_writes(dev_svm, e.vector) ==> dev_dr7 == \old(dev_dr7);
    ensures applied_once: n_applied == \old(n_applied) + (\result != 0 ? 1 : 0); */
bool pn_intercept_payload(struct pn_event e);

#endif
