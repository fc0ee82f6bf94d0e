/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What delivering #DB and #PF writes besides the stack: DR6, DR7.GD, CR2. SDM vol. 3B 17.2.3, vol. 3C 27.1 (an exit
 * caused directly by the exception has written none of them), 26.5.1.1 (event injection writes none of them either).
 */
#ifndef SPEC_PAYLOAD_H
#define SPEC_PAYLOAD_H

#include "bits.h"
#include "exceptions.h"

/* EV-075: DR6 after a #DB whose conditions are `payload` (format of the exit qualification, SDM table 27-1).
     bits 3:0     the breakpoints met now (earlier ones are cleared)
     bits 13 14 15  BD, BS, BT: set by the processor, cleared by software only
     bit 16       RTM, 0 if the exception arose in a transaction, else 1: the qualification has it inverted
     bit 11       BLD, cleared by a bus lock: the qualification has it inverted
     other bits   (12, "enabled breakpoint", among them) are not DR6's: unchanged */
/*@ predicate ev075_dr6_bit(integer before, integer payload, integer after, integer k) =
      (0 <= k <= 3   ==> (bit(after, k) <==> bit(payload, k))) &&
      (13 <= k <= 15 ==> (bit(after, k) <==> (bit(before, k) || bit(payload, k)))) &&
      (k == 16       ==> (bit(after, k) <==> !bit(payload, k))) &&
      (k == 11       ==> (bit(after, k) <==> (bit(before, k) && !bit(payload, k)))) &&
      ((4 <= k <= 10 || k == 12 || 17 <= k <= 63) ==> (bit(after, k) <==> bit(before, k)));

    predicate ev075_dr6(integer before, integer payload, integer after) =
      \forall integer k; 0 <= k <= 63 ==> ev075_dr6_bit(before, payload, after, k);
*/

/* EV-124: delivering a #DB clears DR7.GD (bit 13) and nothing else of DR7 (SDM 17.2.4). */
/*@ predicate ev124_dr7(integer before, integer after) =
      \forall integer k; 0 <= k <= 63 ==> (bit(after, k) <==> (k != 13 && bit(before, k)));
*/

/* EV-038, EV-039: which vectors have a payload at all: DR6 bits (#DB), an address (#PF), XFD_ERR (#NM). */
/*@ predicate ev038_has_payload(integer type, integer v) =
      (type == 3 && (v == 1 || v == 7 || v == 14)) || (type == 5 && v == 1);
*/

/* Of these, the ones that delivery writes to a register; that of #NM is for the exit qualification alone. */
/*@ predicate ev038_register(integer v) = v == 1 || v == 14;

    logic integer ev038_owes(integer has_payload, integer v) = (has_payload != 0 && (v == 1 || v == 14)) ? 1 : 0;
*/

/* EV-125: a page fault raised while another exception is delivered writes CR2 even if the two make a double fault or shut
   the processor down: CR2 is loaded when the fault is taken, before the pair is looked at (SDM 4.7, 6.15). */
/*@ predicate ev125_writes_cr2(integer svm, integer first_type, integer first, integer second_type, integer second) =
      ev009_takes_part(first_type) && second_type == 3 && second == 14 &&
      (ev005_double_fault(svm, first, second) || ev007_shutdown(svm, first, second));
*/

/* EV-126, the payload table: (vendor, vector, delivered or intercepted) -> is it written? Delivery writes both. An
   exception that is intercepted has written neither (SDM 27.1, APM 15.12.15 for CR2), but for #DB on AMD: DR6 and
   DR7.GD are changed before the intercept (APM 15.12.2). */
/*@ predicate ev126_intercept_writes(integer svm, integer v) = svm != 0 && v == 1;
*/

/*@ check lemma canary_payload: \false; */

#endif
