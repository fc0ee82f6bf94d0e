/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ledger: where each event went. The core reports; vendor/ counts. An event may be given up for the reasons below
 * and for no other, and each reason's guard is a precondition with its section of the manual: a core that loses an
 * event under a wrong reason does not prove.
 */
#ifndef PROVENEST_LEDGER_H
#define PROVENEST_LEDGER_H

#include "hw.h"

/* How the core came to hold an event. */
enum pn_path {
    PN_PATH_RAISED = 0,       /* pn_queue_exception, pn_queue_nmi, pn_queue_triple_fault */
    PN_PATH_ACKNOWLEDGED = 1, /* taken from the interrupt controller */
    PN_PATH_INTERRUPTED = 2,  /* the processor was delivering it by itself when the exit came */
    PN_PATHS = 3,
};

/* Why an event was given up. */
enum pn_reason {
    PN_REASON_COLLAPSED = 0,  /* an NMI while one is latched (SDM 6.7.1) */
    PN_REASON_ESCALATED = 1,  /* one of the two of a double or triple fault (SDM table 6-5) */
    PN_REASON_SUPERSEDED = 2, /* its delivery raised an exception that goes first (SDM 31.7.1.1) */
    PN_REASON_REPLACED = 3,   /* a fault the processor will raise again by itself (SDM 6.6) */
    PN_REASONS = 4,
};

/*@ ghost int led_accepted; int led_delivered; int led_discarded; int led_collapsed; int led_owing; int led_dropped;
*/

/* Numbers of events: taken over; known delivered; given up (NMIs that merged are counted apart, so that no call but
   pn_queue_nmi can give that reason). Of payloads: taken over; given up with their event. */
/*@ axiomatic Ledger {
      logic integer n_accepted{L} reads led_accepted;
      logic integer n_delivered{L} reads led_delivered;
      logic integer n_discarded{L} reads led_discarded;
      logic integer n_collapsed{L} reads led_collapsed;
      logic integer n_owing{L} reads led_owing;
      logic integer n_dropped{L} reads led_dropped;
    }
*/

/*@ // TRUST: design, "Conservation": counts one event that the core answers for from now on.
    terminates \true; exits \false; assigns led_accepted, led_owing;
    ensures counted: n_accepted == \old(n_accepted) + 1;
    ensures payload: n_owing == \old(n_owing) + (e.has_payload != 0 ? 1 : 0); */
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
    requires interrupted: dev_owed != 0 && same_event(first, dev_owed_event);
    requires pair: ev009_takes_part(first.type) &&
                   (ev005_double_fault(first.vector, second.vector) || ev007_shutdown(first.vector, second.vector));
    requires second_type: second.type == PN_TYPE_HARD_EXCEPTION;
    requires no_payload_left: first.has_payload == 0;
    terminates \true; exits \false; assigns led_discarded, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_discarded == \old(n_discarded) + 2; */
void pn_ledger_escalated(struct pn_event first, struct pn_event second);

/*@ // TRUST: SDM 31.7.1.1 and 6.15: an exception raised by the delivery of `first` that makes no double fault with it is
    // delivered in its place; the processor forgets `first` as well.
    requires interrupted: dev_owed != 0 && same_event(first, dev_owed_event);
    requires raised_by_it: second.origin == PN_BY_HARDWARE || second.origin == PN_BY_EMULATOR;
    requires no_pair: !(ev009_takes_part(first.type) && second.type == PN_TYPE_HARD_EXCEPTION &&
                      (ev005_double_fault(first.vector, second.vector) || ev007_shutdown(first.vector, second.vector)));
    requires no_payload_left: first.has_payload == 0;
    terminates \true; exits \false; assigns led_discarded, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_discarded == \old(n_discarded) + 1; */
void pn_ledger_superseded(struct pn_event first, struct pn_event second);

/*@ // TRUST: SDM 6.6: a fault leaves the instruction to be run again, so the processor raises it again if its cause
    // remains. No entry has happened since (the slot is emptied by every entry), so RIP is the same.
    requires pending: first.stage == PN_STAGE_PENDING;
    requires regenerable: ev123_regenerable(first.type, first.vector, first.origin);
    terminates \true; exits \false; assigns led_discarded, led_dropped;
    ensures counted: n_discarded == \old(n_discarded) + 1;
    ensures payload: n_dropped == \old(n_dropped) + (first.has_payload != 0 ? 1 : 0); */
void pn_ledger_replaced(struct pn_event first);

/*@ // TRUST: statistics only: one more re-injection.
    terminates \true; exits \false; assigns \nothing; */
void pn_ledger_reinjected(struct pn_event e);

#endif
