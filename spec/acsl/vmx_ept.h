/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One translation through two EPTs: L2's address by L1's EPT to an address of L1's, and that by L0's. SDM vol. 3C 28.3.2 (walk,
 * rights), 28.3.7 (memory types).
 */
#ifndef SPEC_VMX_EPT_H
#define SPEC_VMX_EPT_H

/* Bytes of a page. */
/*@ logic integer nx040_span(integer size) = size == 12 ? 0x1000 : size == 21 ? 0x200000 : 0x40000000;

    predicate nx040_page(integer frame, integer size) =
      (size == 12 || size == 21 || size == 30) && 0 <= frame <= 0xfffffffffffff && frame % nx040_span(size) == 0;

    // Where a page takes an address.
    logic integer nx040_at(integer frame, integer size, integer address) = frame + address % nx040_span(size);
*/

/* NX-041: a right is there only if both walks give it (bits: read, write, execute); so no page is writable and not readable, if
   neither walk's is (28.3.3.1: that would be a misconfiguration). */
/*@ predicate nx041_right(integer rights, integer guest, integer host, integer bit) =
      (rights / bit) % 2 == 1 <==> (guest / bit) % 2 == 1 && (host / bit) % 2 == 1;
*/

/* NX-042: memory types: where L0 says WB (6), L1's; where L1 says WB, L0's; UC (0) where they differ otherwise. */
/*@ logic integer nx042_type(integer guest, integer host) =
      host == 6 ? guest : (guest == 6 || guest == host) ? host : 0;
*/

/*@ check lemma canary_vmx_ept: \false; */

#endif
