/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Exceptions: classes, double faults, error codes, and when one may give way to another.
 * SDM vol. 3A chapter 6 (tables 6-1, 6-4, 6-5). Vectors and types are the manual's numbers.
 */
#ifndef SPEC_EXCEPTIONS_H
#define SPEC_EXCEPTIONS_H

/* EV-002, SDM table 6-4: #DE, #TS, #NP, #SS, #GP, #CP. */
/*@ predicate ev002_contributory(integer v) =
      v == 0 || v == 10 || v == 11 || v == 12 || v == 13 || v == 21;
*/

/* EV-003, SDM table 6-4: #PF, #VE. */
/*@ predicate ev003_page_fault(integer v) = v == 14 || v == 20;
*/

/* EV-004 to EV-006, SDM table 6-5: which pairs (first, second) make a double fault. */
/*@ predicate ev005_double_fault(integer first, integer second) =
      (ev002_contributory(first) && ev002_contributory(second)) ||
      (ev003_page_fault(first) && (ev002_contributory(second) || ev003_page_fault(second)));
*/

/* EV-007, EV-008, SDM 6.15: a contributory exception or page fault while #DF is delivered shuts the processor down;
   a benign one does not. */
/*@ predicate ev007_shutdown(integer first, integer second) =
      first == 8 && (ev002_contributory(second) || ev003_page_fault(second));
*/

/* EV-009, SDM 6.15 and 31.7.1.1: only a hardware exception takes part as the first of a pair; interrupts, NMIs and
   software events count as benign. */
/*@ predicate ev009_takes_part(integer type) = type == 3;
*/

/* EV-010, SDM table 6-1 and 26.2.1.3: a hardware exception of these vectors pushes an error code, in protected mode. */
/*@ predicate ev010_error_code(integer type, integer v, integer pe) =
      type == 3 && pe != 0 &&
      (v == 8 || v == 10 || v == 11 || v == 12 || v == 13 || v == 14 || v == 17 || v == 21);
*/

/* EV-014, SDM 6.5 and table 6-1: exceptions of class fault whose saved RFLAGS image has RF = 1. #DB is not here: its
   class depends on its kind, and the processor leaves RF alone for instruction breakpoints (SDM 17.3.1.1). */
/*@ predicate ev014_fault(integer v) =
      v == 0 || v == 5 || v == 6 || v == 7 || (10 <= v <= 14) || v == 16 || v == 17 || v == 19 || v == 20 || v == 21;
*/

/* EV-123: a pending exception may be replaced by a second one only if the processor will raise it again by itself:
   a fault, reported by the processor, at an instruction that has not been left (SDM 6.6, restartability). */
/*@ predicate ev123_regenerable(integer type, integer v, integer origin) =
      type == 3 && ev014_fault(v) && origin == 0;
*/

/*@ check lemma canary_exceptions: \false; */

#endif
