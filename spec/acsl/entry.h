/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VM entry demands of the event it injects, and of the guest's interruptibility.
 * SDM vol. 3C 26.2.1.3 (fields), 26.3.1.5 (non-register state); 27.x in editions since 2023.
 */
#ifndef SPEC_ENTRY_H
#define SPEC_ENTRY_H

#include "exceptions.h"

/* VE-078 to VE-081: type and vector. Type 1 is reserved; type 7 (pending MTF) is not in this slice. */
/*@ predicate ve078_type(integer type, integer v) =
      (type == 0 && 0 <= v <= 255) ||
      (type == 2 && v == 2) ||
      (type == 3 && 0 <= v <= 31 && v != 2) ||
      (type == 4 && 0 <= v <= 255) ||
      (type == 5 && v == 1) ||
      (type == 6 && (v == 3 || v == 4));
*/

/* VE-083 to VE-085: deliver-error-code exactly for the hardware exceptions that have one, in protected mode. */
/*@ predicate ve083_error_bit(integer type, integer v, integer has_error, integer pe) =
      has_error != 0 <==> ev010_error_code(type, v, pe);
*/

/* VE-088: bits 31:16 of the error code are 0. */
/*@ predicate ve088_error_width(integer error) = 0 <= error <= 0xffff;
*/

/* VE-089, VE-090: the length field is 1..15 for types 4, 5 and 6. Elsewhere it is unused, and 0 here. */
/*@ predicate ve089_length(integer type, integer length) =
      (4 <= type <= 6) ? 1 <= length <= 15 : length == 0;
*/

/* VE-212, VE-227: an external interrupt needs RFLAGS.IF = 1 and no blocking by STI or MOV SS. */
/*@ predicate ve227_interrupt_open(integer iflag, integer sti, integer movss) =
      iflag != 0 && sti == 0 && movss == 0;
*/

/* VE-228, VE-229, VE-232: an NMI needs no blocking by MOV SS, none by NMI (virtual NMIs), and, because some
   processors ask for it, none by STI. */
/*@ predicate ve228_nmi_open(integer blocked, integer sti, integer movss) =
      blocked == 0 && sti == 0 && movss == 0;
*/

/* VE-236, VE-237: under blocking by STI or MOV SS a single-step trap must be pending (BS) exactly if RFLAGS.TF = 1
   and IA32_DEBUGCTL.BTF = 0. */
/*@ predicate ve236_step_pending(integer sti, integer movss, integer tf, integer btf, integer bs) =
      (sti != 0 || movss != 0) ==> (bs != 0 <==> (tf != 0 && btf == 0));
*/

/*@ check lemma canary_entry: \false; */

#endif
