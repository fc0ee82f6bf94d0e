/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VM entry and VMRUN demand of the event they inject, and of the guest's interruptibility.
 * SDM vol. 3C 26.2.1.3 (fields), 26.3.1.5 (non-register state); 27.x in editions since 2023. AMD: APM vol. 2 15.20.
 * `svm` is 0 on Intel and not 0 on AMD.
 */
#ifndef SPEC_ENTRY_H
#define SPEC_ENTRY_H

#include "exceptions.h"

/* Software events: INT n (4), INT1 (5), INT3 and INTO (6). The return address is behind the instruction. */
/*@ predicate ev040_soft(integer type) = 4 <= type <= 6;
*/

/* VE-078 to VE-081: type and vector. Type 1 is reserved, type 7 is a pending MTF exit (VE-082). SV-024, APM 15.20: types 0, 2,
   3, 4; #BP and #OF are exceptions there, and here they keep type 6, so that it is known that RIP must advance. */
/*@ predicate ve078_type(integer svm, integer type, integer v) =
      (type == 0 && 0 <= v <= 255) ||
      (type == 2 && v == 2) ||
      (type == 3 && 0 <= v <= 31 && v != 2 && (svm != 0 ==> v != 3 && v != 4)) ||
      (type == 4 && 0 <= v <= 255) ||
      (svm == 0 && type == 5 && v == 1) ||
      (type == 6 && (v == 3 || v == 4)) ||
      (svm == 0 && type == 7 && v == 0);
*/

/* SV-024: the type as EVENTINJ and EXITINTINFO have it. */
/*@ predicate sv024_type(integer type, integer field) = field == ((type == 6) ? 3 : type);
*/

/* VE-083 to VE-085: deliver-error-code exactly for the hardware exceptions that have one, in protected mode. */
/*@ predicate ve083_error_bit(integer svm, integer type, integer v, integer has_error, integer pe) =
      has_error != 0 <==> ev010_error_code(svm, type, v, pe);
*/

/* VE-088: bits 31:16 of the error code are 0 on Intel. AMD has all 32 bits (RMP faults, APM 15.36.10). */
/*@ predicate ve088_error_width(integer svm, integer error) =
      0 <= error <= 0xffffffff && (svm == 0 ==> error <= 0xffff);
*/

/* VE-089, VE-090: the length is 1..15 for types 4, 5 and 6. Elsewhere it is unused, and 0 here. */
/*@ predicate ve089_length(integer type, integer length) =
      (ev040_soft(type) ==> 1 <= length <= 15) && (!ev040_soft(type) ==> length == 0);
*/

/* VE-212, VE-227: an external interrupt needs RFLAGS.IF = 1, no blocking by STI or MOV SS, and GIF = 1 (AMD). */
/*@ predicate ve227_interrupt_open(integer iflag, integer sti, integer movss, integer gif) =
      iflag != 0 && sti == 0 && movss == 0 && gif != 0;
*/

/* VE-228, VE-229, VE-232: an NMI needs no blocking by MOV SS, none by NMI (virtual NMIs), and, because some
   processors ask for it, none by STI; on AMD GIF = 1. */
/*@ predicate ve228_nmi_open(integer blocked, integer sti, integer movss, integer gif) =
      blocked == 0 && sti == 0 && movss == 0 && gif != 0;
*/

/* VE-236, VE-237: under blocking by STI or MOV SS a single-step trap must be pending (BS) exactly if RFLAGS.TF = 1
   and IA32_DEBUGCTL.BTF = 0. AMD has no such field. */
/*@ predicate ve236_step_pending(integer svm, integer sti, integer movss, integer tf, integer btf, integer bs) =
      svm == 0 && (sti != 0 || movss != 0) ==> (bs != 0 <==> (tf != 0 && btf == 0));
*/

/*@ check lemma canary_entry: \false; */

#endif
