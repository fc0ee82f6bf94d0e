/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ledger's part for nested guests: an event of L2's that L1 is told of, and L1's acknowledgement on exit.
 */
#ifndef PROVENEST_NESTED_LEDGER_H
#define PROVENEST_NESTED_LEDGER_H

#include "ledger.h"

/*@ ghost bool dev_withdrawn; */ /* the last acknowledgement on exit found nothing: the line had fallen */

/*@ // TRUST: SDM 27.2.4: an event whose delivery an exit interrupted is in the IDT-vectoring information of that exit; with
    // the exit L1 answers for it, and gives it again or not. One whose entry never ran was not being delivered: not that.
    requires interrupted: dev_owed != 0 && dev_taken_back == 0 && same_event(e, dev_owed_event);
    requires no_payload_left: e.has_payload == 0;
    terminates \true; exits \false; assigns led_reported, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_reported == \old(n_reported) + 1; */
void pn_ledger_passed_on(struct pn_event e);

/*@ // TRUST: SDM 26.8: an entry that fails late delivers nothing and leaves the VM-entry fields alone: L1 has its event back.
    requires taken_back: dev_owed != 0 && dev_taken_back != 0 && same_event(e, dev_owed_event);
    requires no_payload_left: e.has_payload == 0;
    terminates \true; exits \false; assigns led_reported, dev_owed;
    ensures resolved: dev_owed == 0;
    ensures counted: n_reported == \old(n_reported) + 1; */
void pn_ledger_given_back(struct pn_event e);

/*@ // TRUST: SDM 27.2.2: with "acknowledge interrupt on exit" the exit acknowledges the interrupt and reports its vector;
    // that needs no RFLAGS.IF of L2's. From then on L1 answers for it.
    requires exit_read: dev_exited == 0;
    requires nothing_else: dev_entry == 0 && dev_owed == 0;
    requires none_held: dev_acked == 0;
    terminates \true; exits \false; assigns dev_asked, dev_acked_vector, dev_withdrawn;
    ensures asked: n_asked == \old(n_asked) + 1;
    ensures range: -1 <= \result <= 255;
    ensures vector: \result >= 0 ==> dev_acked_vector == \result;
    ensures withdrawn: dev_withdrawn != 0 <==> \result < 0; */
int pn_hw_ack_for_exit(void); /* vector 0..255, or PN_NO_INTERRUPT */

#endif
