/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose turn it is at a VM entry. SDM vol. 3A table 6-2 (priority among concurrent events) with the rows of VMX
 * (vol. 3C 25.2, 26.5, 26.7): an event whose delivery was interrupted is not concurrent with anything, it is being
 * delivered; an exception that has been recognised is delivered before anything new is looked at; then NMI; then
 * external interrupts. `interrupted`, `exception`, `waiting` are 0 or 1, `nmi` is a number.
 */
#ifndef SPEC_PRIORITY_H
#define SPEC_PRIORITY_H

#include "entry.h"

/* EV-035, EV-087: the interrupted event first. */
/*@ predicate ev087_interrupted_turn(integer interrupted) = interrupted != 0;
*/

/* EV-020: a recognised exception (a trap on the previous instruction, or a fault on this one) before NMIs and
   interrupts. */
/*@ predicate ev020_exception_turn(integer interrupted, integer exception) = interrupted == 0 && exception != 0;
*/

/* EV-023: then an NMI, if nothing blocks it. */
/*@ predicate ev023_nmi_turn(integer interrupted, integer exception, integer nmi, integer blocked, integer sti,
                             integer movss) =
      interrupted == 0 && exception == 0 && nmi > 0 && ve228_nmi_open(blocked, sti, movss);
*/

/* EV-025: then an external interrupt, if nothing blocks it. */
/*@ predicate ev025_interrupt_turn(integer interrupted, integer exception, integer nmi, integer blocked, integer sti,
                                   integer movss, integer waiting, integer iflag) =
      interrupted == 0 && exception == 0 && !(nmi > 0 && ve228_nmi_open(blocked, sti, movss)) && waiting != 0 &&
      ve227_interrupt_open(iflag, sti, movss);
*/

/*@ check lemma canary_priority: \false; */

#endif
