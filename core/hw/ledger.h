/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ledger: where each event went. The core reports; vendor/ counts. An event may be given up for the reasons below
 * and for no other, and each reason's guard is a precondition with its section of the manual: a core that loses an
 * event under a wrong reason does not prove.
 */
#ifndef PROVENEST_LEDGER_H
#define PROVENEST_LEDGER_H

#include "../../spec/acsl/claims.h"
#include "hw.h"

/* How the core came to hold an event. */
enum pn_path {
    PN_PATH_RAISED = 0,       /* pn_queue_exception, pn_queue_nmi, pn_queue_triple_fault */
    PN_PATH_ACKNOWLEDGED = 1, /* taken from the interrupt controller */
    PN_PATH_INTERRUPTED = 2,  /* the processor was delivering it by itself when the exit came */
    PN_PATH_RESTORED = 3,     /* it came with a snapshot */
    PN_PATHS = 4,
};

/* Why an event was given up. */
enum pn_reason {
    PN_REASON_COLLAPSED = 0,  /* an NMI, SMI, INIT, SIPI or MTF while one is latched (SDM 6.7.1) */
    PN_REASON_ESCALATED = 1,  /* one of the two of a double or triple fault (SDM table 6-5) */
    PN_REASON_SUPERSEDED = 2, /* its delivery raised an exception that goes first (SDM 31.7.1.1) */
    PN_REASON_REPLACED = 3,   /* a fault the processor will raise again by itself (SDM 6.6) */
    PN_REASON_NO_EFFECT = 4,  /* a SIPI outside wait-for-SIPI (SDM 25.2) */
    PN_REASON_RETRIED = 5,    /* SVM: a software event whose instruction is no longer at RIP */
    PN_REASON_RESET = 6,      /* the guest was reset (SDM 9.1) */
    PN_REASON_ELIDED = 7,     /* the guest's instruction raises it again, unseen (SDM 6.6; spec/claims/2-reinjection.md) */
    PN_REASONS = 8,
};

/*@ ghost int led_accepted; int led_delivered; int led_discarded; int led_collapsed; int led_reported; int led_owing;
  int led_dropped;
*/

/* Numbers of events: taken over; known delivered; given up (those that merged are counted apart, so that no call but the
   queueing ones can give that reason); reported to a guest hypervisor as an exit. Of payloads that delivery would write:
   taken over; given up, or passed on unwritten, with their event. */
/*@ axiomatic Ledger {
      logic integer n_accepted{L} reads led_accepted;
      logic integer n_delivered{L} reads led_delivered;
      logic integer n_discarded{L} reads led_discarded;
      logic integer n_collapsed{L} reads led_collapsed;
      logic integer n_reported{L} reads led_reported;
      logic integer n_owing{L} reads led_owing;
      logic integer n_dropped{L} reads led_dropped;
    }
*/

/*@ logic integer payloads(struct pn_event e) = ev038_owes(e.has_payload, e.vector);

    predicate owes_payload(struct pn_event e) = payloads(e) == 1;
*/

/*@ // TRUST: design, "Conservation": counts one event that the core answers for from now on.
    terminates \true; exits \false; assigns led_accepted, led_owing;
    ensures counted: n_accepted == \old(n_accepted) + 1;
    ensures payload: n_owing == \old(n_owing) + payloads(e); */
void pn_ledger_accepted(struct pn_event e, uint8_t path);

/*@ // TRUST: SDM 27.2.4: the event of the last entry is delivered if the exit does not report it as interrupted.
    requires known: dev_done != 0;
    requires that_event: same_event(e, dev_done_event);
    terminates \true; exits \false; assigns led_delivered, dev_done;
    ensures once: dev_done == 0;
    ensures counted: n_delivered == \old(n_delivered) + 1; */
void pn_ledger_delivered(struct pn_event e);

/*@ // TRUST: SDM 6.7.1: while NMIs are blocked or one is on its way, one further NMI is latched and no more.
    requires latched: pending >= 1;
    requires limit: pending == PN_NMI_LIMIT || dev_nmi_blocked != 0 ||
                    (dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI) ||
                    (dev_owed != 0 && dev_owed_event.type == PN_TYPE_NMI);
    terminates \true; exits \false; assigns led_collapsed;
    ensures counted: n_collapsed == \old(n_collapsed) + 1; */
void pn_ledger_nmi_collapsed(uint8_t pending);

/*@ // TRUST: SDM table 6-5: `second`, raised while `first` was being delivered, makes it a double fault, or a shutdown
    // if `first` is one. Both are given up for that; a page fault among them has still written CR2 (EV-125).
    requires interrupted: dev_owed != 0 && dev_taken_back == 0 && same_event(first, dev_owed_event);
    requires pair: ev009_takes_part(first.type) &&
                   (ev005_double_fault(dev_svm, first.vector, second.vector) || ev007_shutdown(dev_svm, first.vector, second.vector));
    requires second_type: second.type == PN_TYPE_HARD_EXCEPTION;
    requires no_payload_left: first.has_payload == 0;
    terminates \true; exits \false; assigns led_discarded, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_discarded == \old(n_discarded) + 2; */
void pn_ledger_escalated(struct pn_event first, struct pn_event second);

/*@ // TRUST: SDM 31.7.1.1 and 6.15: an exception raised by the delivery of `first` that makes no double fault with it is
    // delivered in its place; the processor forgets `first` as well.
    requires interrupted: dev_owed != 0 && dev_taken_back == 0 && same_event(first, dev_owed_event);
    requires raised_by_it: second.origin == PN_BY_HARDWARE || second.origin == PN_BY_EMULATOR;
    requires no_pair: !(ev009_takes_part(first.type) && second.type == PN_TYPE_HARD_EXCEPTION &&
                      (ev005_double_fault(dev_svm, first.vector, second.vector) || ev007_shutdown(dev_svm, first.vector, second.vector)));
    requires no_payload_left: first.has_payload == 0;
    terminates \true; exits \false; assigns led_discarded, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_discarded == \old(n_discarded) + 1; */
void pn_ledger_superseded(struct pn_event first, struct pn_event second);

/*@ // TRUST: SDM 6.6: a fault leaves the instruction to be run again, so the processor raises it again if its cause
    // remains. No entry has happened since (the slot is emptied by every entry), so RIP is the same.
    requires pending: first.stage == PN_STAGE_PENDING;
    requires regenerable: ev123_regenerable(first.type, first.vector, first.origin, first.by_delivery);
    terminates \true; exits \false; assigns led_discarded, led_dropped;
    ensures counted: n_discarded == \old(n_discarded) + 1;
    ensures payload: n_dropped == \old(n_dropped) + payloads(first); */
void pn_ledger_replaced(struct pn_event first);

/*@ // TRUST: SDM 6.7.1, 25.5.2, 34.2 and 10.6.4: an SMI, INIT, SIPI or MTF that comes while one is latched is one with it.
    requires latched: pending != 0;
    requires kind: 7 <= type <= 10;
    terminates \true; exits \false; assigns led_collapsed;
    ensures counted: n_collapsed == \old(n_collapsed) + 1; */
void pn_ledger_merged(uint8_t type, bool pending);

/*@ // TRUST: SDM table 6-2, 34.2, 10.6.4: the hypervisor carries out this SMI, INIT or SIPI now: nothing blocks it.
    requires smi: type == PN_TYPE_SMI ==> ev018_smi_open(dev_smm, dev_gif, 0);
    requires init: type == PN_TYPE_INIT ==> ev018_init_open(dev_smm, dev_gif);
    requires sipi: type == PN_TYPE_SIPI ==> dev_wfs != 0;
    requires kind: 8 <= type <= 10;
    requires nothing_before: dev_owed == 0 && dev_entry == 0;
    terminates \true; exits \false; assigns led_delivered;
    ensures counted: n_delivered == \old(n_delivered) + 1; */
void pn_ledger_handed_over(uint8_t type);

/*@ // TRUST: SDM 24.4.2 table 24-4 and 26.6.3: a debug trap whose conditions are in the pending debug exceptions is with the
    // processor, which delivers it by itself and writes DR6 then.
    requires trap: ev020_low_trap(e.type, e.vector, e.db_kind);
    requires there: e.has_payload != 0 && (
      (\forall integer k; 0 <= k <= 3 ==> (bit(e.payload, k) ==> bit(dev_breakpoints, k))) &&
      (bit(e.payload, 14) ==> dev_bs != 0));
    terminates \true; exits \false; assigns led_delivered, led_dropped;
    ensures counted: n_delivered == \old(n_delivered) + 1;
    ensures payload: n_dropped == \old(n_dropped) + payloads(e); */
void pn_ledger_trap_held(struct pn_event e);

/*@ // TRUST: SDM 27.2.2, APM 15.12: an exception that a guest hypervisor intercepts is in the exit information, not delivered.
    requires pending: e.stage == PN_STAGE_PENDING;
    terminates \true; exits \false; assigns led_reported, led_dropped;
    ensures counted: n_reported == \old(n_reported) + 1;
    ensures payload: n_dropped == \old(n_dropped) + payloads(e); */
void pn_ledger_reported(struct pn_event e);

/*@ // TRUST: SDM 25.2: a SIPI has no effect unless the processor waits for it.
    requires not_waiting: dev_wfs == 0;
    requires kind: type == PN_TYPE_SIPI;
    terminates \true; exits \false; assigns led_discarded;
    ensures counted: n_discarded == \old(n_discarded) + 1; */
void pn_ledger_no_effect(uint8_t type);

/*@ // TRUST: APM 15.7.2: RIP is still at the instruction of a software event whose delivery was interrupted. If other code
    // is there by now, nobody can tell where the event would return to; running what is there is what happens when the
    // other processor wrote a moment earlier.
    requires owed: dev_svm != 0 && dev_owed != 0 && dev_taken_back == 0;
    requires soft: ev040_soft(dev_owed_event.type);
    requires gone: dev_soft_here == 0;
    requires at_instruction: dev_rip == dev_at;
    terminates \true; exits \false; assigns led_discarded, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_discarded == \old(n_discarded) + 1; */
void pn_ledger_retried(struct pn_event e);

/*@ // TRUST: SDM 6.6 and 27.1: the fault left its instruction to be run again and wrote nothing; the processor raises it
    // again. Nobody can see the difference under the three promises of struct pn_resumption (harness/oracle/model tries
    // every setup of a finite family, the witness images ask processors).
    requires interrupted: dev_owed != 0 && dev_taken_back == 0 && same_event(e, dev_owed_event);
    requires comes_again: cl2_droppable(e.type, e.vector, e.origin, e.by_delivery);
    requires promised: r.handled != 0 && r.undisturbed != 0 && r.first_try != 0;
    requires no_payload_left: e.has_payload == 0;
    terminates \true; exits \false; assigns led_discarded, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_discarded == \old(n_discarded) + 1; */
void pn_ledger_elided(struct pn_event e, struct pn_resumption r);

/*@ // TRUST: SDM 9.1 (table 9-1): reset leaves no event; what was owed or programmed is gone with the guest it was for.
    terminates \true; exits \false;
    assigns led_discarded, led_dropped, dev_entry, dev_owed, dev_done, dev_exited;
    ensures none: dev_entry == 0 && dev_owed == 0 && dev_done == 0 && dev_exited == 0;
    ensures counted: n_discarded == \old(n_discarded) + events;
    ensures payloads: n_dropped == \old(n_dropped) + payloads; */
void pn_ledger_reset(unsigned events, unsigned payloads);

/*@ // TRUST: statistics only: one more re-injection.
    terminates \true; exits \false; assigns \nothing; */
void pn_ledger_reinjected(struct pn_event e);

#endif
