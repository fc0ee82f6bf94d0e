/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose turn it is at a VM entry. SDM vol. 3A table 6-2 (priority among concurrent events) with the rows of VMX
 * (vol. 3C 25.2, 25.5.2, 26.5, 26.7): an event whose delivery was interrupted is not concurrent with anything, it is being
 * delivered; an exception that has been recognised is delivered before anything new is looked at, but for the debug
 * traps of the instruction before, which rank below SMI, INIT and MTF; then NMI; then external interrupts.
 * All arguments but `nmi` (a number) are truth values: interrupted (an event is owed), high and low (an exception
 * waits that ranks above MTF, or below), x and x_open (x waits; nothing blocks it).
 */
#ifndef SPEC_PRIORITY_H
#define SPEC_PRIORITY_H

#include "entry.h"

/* EV-018, EV-050: SMI and INIT are blocked in SMM; AMD: by GIF = 0. `hold`: the debugger holds SMI, NMI, interrupts. */
/*@ predicate ev018_smi_open(integer smm, integer gif, integer hold) = smm == 0 && gif != 0 && hold == 0;

    predicate ev018_init_open(integer smm, integer gif) = smm == 0 && gif != 0;
*/

/* EV-018: SMI, then INIT. */
/*@ predicate ev018_smi_turn(integer interrupted, integer high, integer smi, integer smm, integer gif, integer hold) =
      interrupted == 0 && high == 0 && smi != 0 && ev018_smi_open(smm, gif, hold);

    predicate ev018_init_turn(integer interrupted, integer high, integer smi, integer init, integer smm, integer gif,
                              integer hold) =
      interrupted == 0 && high == 0 && !(smi != 0 && ev018_smi_open(smm, gif, hold)) &&
      init != 0 && ev018_init_open(smm, gif);
*/

/* EV-035, EV-087: of what is delivered by an entry, the interrupted event first. */
/*@ predicate ev087_interrupted_turn(integer interrupted) = interrupted != 0;
*/

/* EV-020: a recognised exception before NMIs and interrupts; EV-019: a debug trap behind MTF. */
/*@ predicate ev020_exception_turn(integer interrupted, integer high, integer low, integer mtf) =
      interrupted == 0 && (high != 0 || (low != 0 && mtf == 0));

    predicate ev019_mtf_turn(integer interrupted, integer high, integer mtf) =
      interrupted == 0 && high == 0 && mtf != 0;
*/

/* EV-023: then an NMI, if nothing blocks it. */
/*@ predicate ev023_nmi_turn(integer interrupted, integer exception, integer mtf, integer nmi, integer blocked,
                             integer sti, integer movss, integer gif, integer hold) =
      interrupted == 0 && exception == 0 && mtf == 0 && nmi > 0 && hold == 0 &&
      ve228_nmi_open(blocked, sti, movss, gif);
*/

/* EV-025: then an external interrupt, if nothing blocks it. */
/*@ predicate ev025_interrupt_turn(integer interrupted, integer exception, integer mtf, integer nmi, integer blocked,
                                   integer sti, integer movss, integer gif, integer hold, integer waiting,
                                   integer iflag) =
      interrupted == 0 && exception == 0 && mtf == 0 && hold == 0 &&
      !(nmi > 0 && ve228_nmi_open(blocked, sti, movss, gif)) && waiting != 0 &&
      ve227_interrupt_open(iflag, sti, movss, gif);
*/

/*@ check lemma canary_priority: \false; */

#endif
