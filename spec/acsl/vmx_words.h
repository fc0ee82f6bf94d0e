/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the checks of VM entry say of a word again and again: SDM vol. 3C 26.2 and 26.3 (27.x in editions since 2023).
 */
#ifndef SPEC_VMX_WORDS_H
#define SPEC_VMX_WORDS_H

#include "bits.h"

/* "Bits reserved in ... must be 0": no bit but those of `allowed`. */
/*@ predicate bits_within(integer word, integer allowed) =
      \forall integer k; 0 <= k <= 63 && bit(word, k) ==> bit(allowed, k);
*/

/* "Reserved bits ... must be 0": bits first to last. */
/*@ predicate no_bits(integer word, integer first, integer last) = \forall integer k; first <= k <= last ==> !bit(word, k);
*/

/* "Should not set any bits beyond the processor's physical-address width." */
/*@ predicate fits_width(integer address, integer width) = no_bits(address, width, 63);
*/

/* "Bits 11:0 of the address must be 0." */
/*@ predicate page_aligned(integer address) = address % 0x1000 == 0;
*/

/* SDM vol. 1 3.3.7.1: bits 63 to the most significant implemented one are all ones or all zeros. */
/*@ predicate canonical(integer address, integer width) =
      \forall integer k; width - 1 <= k <= 63 ==> (bit(address, k) <==> bit(address, 63));
*/

/* SDM vol. 3D A.3.1: control X may be 0 if bit X of the capability MSR is 0, and 1 if bit X + 32 is 1. */
/*@ predicate control_allowed(integer control, integer capability) =
      \forall integer k; 0 <= k <= 31 ==>
        (bit(capability, k) ==> bit(control, k)) && (bit(control, k) ==> bit(capability, k + 32));
*/

/* SDM vol. 3A 11.12.2: a byte of IA32_PAT is 0 (UC), 1 (WC), 4 (WT), 5 (WP), 6 (WB) or 7 (UC-). */
/*@ predicate pat_type(integer x) = x == 0 || x == 1 || 4 <= x <= 7;

    predicate pat_valid(integer pat) =
      pat_type(pat % 0x100) && pat_type((pat / 0x100) % 0x100) && pat_type((pat / 0x10000) % 0x100) &&
      pat_type((pat / 0x1000000) % 0x100) && pat_type((pat / 0x100000000) % 0x100) &&
      pat_type((pat / 0x10000000000) % 0x100) && pat_type((pat / 0x1000000000000) % 0x100) &&
      pat_type((pat / 0x100000000000000) % 0x100);
*/

/*@ check lemma canary_vmx_words: \false; */

#endif
