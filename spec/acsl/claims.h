/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What spec/claims answers, as predicates.
 */
#ifndef SPEC_CLAIMS_H
#define SPEC_CLAIMS_H

/* CL-2 (spec/claims/2-reinjection.md): the events whose interrupted delivery may be forgotten, because the instruction at
   RIP raises them again and nobody can tell: hardware exceptions (type 3) that the processor itself reported (origin 0)
   for an instruction, that no delivery of another event raises (SDM table 6-5 has them as first of a pair only, and
   6.15 names what delivery can raise), and that write nothing before their handler runs (SDM 27.1: #DB and #PF do;
   #NM may write XFD_ERR, #XM has written MXCSR, #BR may have written BNDSTATUS). So: #DE, #UD, #MF. */
/*@ predicate cl2_class(integer v) = v == 0 || v == 6 || v == 16;

    predicate cl2_droppable(integer type, integer v, integer origin, integer by_delivery) =
      type == 3 && cl2_class(v) && origin == 0 && by_delivery == 0;
*/

/*@ check lemma canary_claims: \false; */

#endif
