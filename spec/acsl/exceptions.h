/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Exceptions: classes, double faults, error codes, and when one may give way to another.
 * Intel: SDM vol. 3A chapter 6 (tables 6-1, 6-4, 6-5). AMD: APM vol. 2 chapter 8 (8.1, 8.2.9). Vectors and types are
 * the manuals' numbers; `svm` is 0 on Intel and not 0 on AMD.
 */
#ifndef SPEC_EXCEPTIONS_H
#define SPEC_EXCEPTIONS_H

/* EV-002, SDM table 6-4: #DE, #TS, #NP, #SS, #GP, #CP. AMD: also #VC and #SX (APM 8.2.9). */
/*@ predicate ev002_contributory(integer svm, integer v) =
      v == 0 || v == 10 || v == 11 || v == 12 || v == 13 || v == 21 || (svm != 0 && (v == 29 || v == 30));
*/

/* EV-003, SDM table 6-4: #PF, #VE. AMD has no #VE. */
/*@ predicate ev003_page_fault(integer svm, integer v) = v == 14 || (svm == 0 && v == 20);
*/

/* EV-004 to EV-006, SDM table 6-5: which pairs (first, second) make a double fault. */
/*@ predicate ev005_double_fault(integer svm, integer first, integer second) =
      (ev002_contributory(svm, first) && ev002_contributory(svm, second)) ||
      (ev003_page_fault(svm, first) && (ev002_contributory(svm, second) || ev003_page_fault(svm, second)));
*/

/* EV-007, EV-008, SDM 6.15: a contributory exception or page fault while #DF is delivered shuts the processor down;
   a benign one does not. */
/*@ predicate ev007_shutdown(integer svm, integer first, integer second) =
      first == 8 && (ev002_contributory(svm, second) || ev003_page_fault(svm, second));
*/

/* EV-009, SDM 6.15 and 31.7.1.1: only a hardware exception takes part as the first of a pair; interrupts, NMIs and
   software events count as benign. */
/*@ predicate ev009_takes_part(integer type) = type == 3;
*/

/* EV-010, SDM table 6-1 and 26.2.1.3: a hardware exception of these vectors pushes an error code, in protected mode.
   AMD: also #VC and #SX (APM 8.1). */
/*@ predicate ev010_error_code(integer svm, integer type, integer v, integer pe) =
      type == 3 && pe != 0 &&
      (v == 8 || v == 10 || v == 11 || v == 12 || v == 13 || v == 14 || v == 17 || v == 21 ||
       (svm != 0 && (v == 29 || v == 30)));
*/

/* EV-014, SDM 6.8.3 and table 6-1: exceptions of class fault whose saved RFLAGS image has RF = 1. Of the kinds of #DB
   only general detect: the processor leaves RF alone for instruction breakpoints (SDM 17.3.1.1). */
/*@ predicate ev014_fault(integer v, integer kind) =
      v == 0 || v == 5 || v == 6 || v == 7 || (10 <= v <= 14) || v == 16 || v == 17 || v == 19 || v == 20 || v == 21 ||
      (v == 1 && kind == 2);
*/

/* EV-020 (with EV-017, EV-019): the #DB traps that rank below SMI, INIT and MTF: single step (3), data and I/O
   breakpoints (4), bus lock (7). Task switch (5), ICEBP (6) and the faults rank above. */
/*@ logic integer ev020_low(integer type, integer v, integer kind) =
      (type == 3 && v == 1 && (kind == 3 || kind == 4 || kind == 7)) ? 1 : 0;

    predicate ev020_low_trap(integer type, integer v, integer kind) = ev020_low(type, v, kind) != 0;
*/

/* EV-123: a pending exception may be replaced by a second one only if the processor will raise it again by itself: a
   fault, reported by the processor, at an instruction that has not been left (SDM 6.6, restartability), and not one that
   the delivery of another event raised: that event is forgotten, so nothing would raise it again. */
/*@ predicate ev123_regenerable(integer type, integer v, integer origin, integer by_delivery) =
      type == 3 && v != 1 && ev014_fault(v, 0) && origin == 0 && by_delivery == 0;
*/

/*@ check lemma canary_exceptions: \false; */

#endif
