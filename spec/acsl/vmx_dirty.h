/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Enlightened VMCS (Hypervisor Top-Level Functional Specification, 16.11.2, nested virtualization): a VMCS in L1's memory, with one
 * bit for each of 16 groups of fields that says "clean": not changed since the last entry. Bits 15:0; k is a group's number.
 */
#ifndef SPEC_VMX_DIRTY_H
#define SPEC_VMX_DIRTY_H

#include "bits.h"

/* NE-020: a group is taken from memory unless it is clean; all of them if this enlightened VMCS is new (another address, or VMLAUNCH). */
/*@ predicate ne020_consumed(integer clean, integer fresh, integer r) =
      \forall integer k; 0 <= k <= 31 ==> (bit(r, k) <==> k <= 15 && (fresh != 0 || !bit(clean, k)));
*/

/* NE-021: what was taken may differ from what vmcs02 holds. Controls (group 0): I/O bitmaps 0, MSR bitmap 1, controls 2 to 4,
   6, 7 and 9. The event (5): its own (1), which vmcs02 does not hold. CR and DR (8): registers (3). Guest group 2 (12): segments (4). Guest group 1 (11): registers, the rare ones (5), PDPTEs (6), others (7). Host
   pointer (13), host group 1 (14): the host-state area (8), which vmcs02 does not hold, but the verdict of the checks rests on.
   Who takes any has fetched what of L2's state is still in vmcs02 (11, which is no group). */
/*@ predicate ne021_control(integer k) = 0 <= k <= 4 || k == 6 || k == 7 || k == 9;

    predicate ne021_dirty(integer consumed, integer r) =
      (bit(r, 0) <==> \exists integer k; ne021_control(k) && bit(consumed, k)) &&
      (bit(r, 1) <==> bit(consumed, 5)) &&
      (bit(r, 3) <==> bit(consumed, 8) || bit(consumed, 11)) && (bit(r, 4) <==> bit(consumed, 12)) &&
      (bit(r, 5) <==> bit(consumed, 11)) && (bit(r, 6) <==> bit(consumed, 11)) && (bit(r, 7) <==> bit(consumed, 11)) &&
      (bit(r, 8) <==> bit(consumed, 13) || bit(consumed, 14)) && !bit(r, 11);
*/

/* NE-022: the bits are set in memory only after an entry that succeeded; all are, for by then every group has been taken. */
/*@ predicate ne022_marked(integer clean, integer succeeded, integer r) =
      \forall integer k; 0 <= k <= 31 ==> (bit(r, k) <==> bit(clean, k) || (succeeded != 0 && k <= 15));
*/

/* NE-023: "clean" promises L1 that what it gave is kept, whatever has run since: so PDPTEs are in vmcs02 for sure only if they
   have been written there since they were taken (group 11), and L2 has not left it outside PAE paging since. */
/*@ predicate ne023_held(integer held, integer consumed, integer r) = r != 0 <==> held != 0 && !bit(consumed, 11);
*/

/*@ check lemma canary_vmx_dirty: \false; */

#endif
