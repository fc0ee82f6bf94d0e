/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the processor is given for L2: of L1's wish (vmcs12) and of L0's, bit by bit. Sections are those of the SDM, vol. 3C, that say
 * what a bit does; the rule of each bit follows from it. k is a bit number, r the word in vmcs02.
 */
#ifndef SPEC_VMX_MERGE_H
#define SPEC_VMX_MERGE_H

#include "bits.h"

/* The classes. An exit is taken if L0 or L1 wants it; a feature is L2's only if L1 gives it; the rest is L0's alone, or made by
   L0 for both (always, never). */
/*@ predicate vm_either(integer l0, integer l1, integer r, integer k) = bit(r, k) <==> bit(l0, k) || bit(l1, k);
    predicate vm_l1_only(integer l1, integer r, integer k) = bit(r, k) <==> bit(l1, k);
    predicate vm_l0_only(integer l0, integer r, integer k) = bit(r, k) <==> bit(l0, k);
*/

/* NE-001, SDM 24.6.1: external interrupts (0), NMIs (3), virtual NMIs (5): either. The preemption timer (6) is L1's: L0 does
   without it while L2 runs. Posted interrupts (7) are not offered. */
/*@ predicate ne001_pin(integer l0, integer l1, integer r) =
      (\forall integer k; 0 <= k <= 31 && k != 6 && k != 7 ==> vm_either(l0, l1, r, k)) &&
      vm_l1_only(l1, r, 6) && !bit(r, 7);
*/

/* NE-002, SDM 24.6.2: exits: either, the windows of interrupts and NMIs (2, 22) among them. TPR shadow (21): L1's; without it CR8
   would be the processor's own, so its accesses (19, 20) exit. I/O: every access exits (24), L1's bitmaps (25) are looked at
   then. MSR bitmaps (28) and secondary controls (31): always. MTF (27): L0's, not offered. Tertiary controls (17): never. */
/*@ predicate ne002_emulated(integer k) = 17 <= k <= 21 && k != 18 || k == 24 || k == 25 || k == 27 || k == 28 || k == 31;

    predicate ne002_proc(integer l0, integer l1, integer r) =
      (\forall integer k; 0 <= k <= 31 && !ne002_emulated(k) ==> vm_either(l0, l1, r, k)) &&
      (bit(r, 19) <==> bit(l0, 19) || bit(l1, 19) || !bit(l1, 21)) &&
      (bit(r, 20) <==> bit(l0, 20) || bit(l1, 20) || !bit(l1, 21)) &&
      vm_l1_only(l1, r, 21) && vm_l0_only(l0, r, 27) &&
      bit(r, 24) && bit(r, 28) && bit(r, 31) && !bit(r, 17) && !bit(r, 25);
*/

/* NE-003, SDM 24.6.2: the secondary controls are 0 unless the primary ones activate them (bit 31 of `proc`). Exits of descriptor
   tables (2), WBINVD (6), RDRAND (11), RDSEED (16): either. What L2 may have only if L1 gives it: APIC accesses (0), RDTSCP (3),
   unrestricted guest (7), INVPCID (12), XSAVES (20). EPT (1) and VPID (5): always. All others: never. */
/*@ predicate ne003_either(integer k) = k == 2 || k == 6 || k == 11 || k == 16;
    predicate ne003_l1(integer k) = k == 0 || k == 3 || k == 7 || k == 12 || k == 20;

    predicate ne003_proc2(integer l0, integer proc, integer l1, integer r) =
      \forall integer k; 0 <= k <= 31 ==>
        (ne003_either(k) ==> (bit(r, k) <==> bit(l0, k) || (bit(proc, 31) && bit(l1, k)))) &&
        (ne003_l1(k) ==> (bit(r, k) <==> bit(proc, 31) && bit(l1, k))) &&
        (k == 1 || k == 5 ==> bit(r, k)) &&
        (!ne003_either(k) && !ne003_l1(k) && k != 1 && k != 5 ==> !bit(r, k));
*/

/* NE-004, SDM 24.8.1: the entry controls are L0's, for L0 loads DR7, DEBUGCTL, PAT and EFER for L2 by itself; IA-32e mode (9) is
   L2's. */
/*@ predicate ne004_entry(integer l0, integer l1, integer r) =
      (\forall integer k; 0 <= k <= 31 && k != 9 ==> vm_l0_only(l0, r, k)) && vm_l1_only(l1, r, 9);
*/

/* NE-005, SDM 24.7.1: the exit controls are L0's; the preemption timer is saved (22) while L1's runs (pin control 6), where the
   processor can (bit 54 of the capability word): an exit that L0 handles does not wind it up again. */
/*@ predicate ne005_exit(integer l0, integer pin, integer capability, integer r) =
      (\forall integer k; 0 <= k <= 31 && k != 22 ==> vm_l0_only(l0, r, k)) &&
      (bit(r, 22) <==> bit(pin, 6) && bit(capability, 54));
*/

/* NE-006, SDM 24.6.3: an exception exits if L0 or L1 wants it. */
/*@ predicate ne006_exceptions(integer l0, integer l1, integer r) =
      \forall integer k; 0 <= k <= 31 ==> vm_either(l0, l1, r, k);
*/

/* NE-007, SDM 25.2: a page fault with error code e exits if (e & mask) == match says the same as bit 14 of the bitmap. In
   vmcs02 it does if L0 wants page faults, or if it would in vmcs12; not else. */
/*@ predicate ne007_exits(integer bitmap, integer mask, integer match, integer e) =
      bit(bitmap, 14) <==> (e & mask) == match;

    predicate ne007_page_faults(integer l0, integer l1, integer mask1, integer match1, integer r, integer mask, integer match) =
      \forall integer e; 0 <= e <= 0xffffffff ==>
        (ne007_exits(r, mask, match, e) <==> bit(l0, 14) || ne007_exits(l1, mask1, match1, e));
*/

/* NE-008, SDM 24.6.6 and 25.3: the register. Bits that L0 owns are as L0 must have them, the others as vmcs12 says. */
/*@ predicate ne008_value(integer owned, integer forced, integer guest, integer r) =
      \forall integer k; 0 <= k <= 63 ==>
        (bit(owned, k) ==> (bit(r, k) <==> bit(forced, k))) && (!bit(owned, k) ==> (bit(r, k) <==> bit(guest, k)));
*/

/* NE-009: the guest/host mask: a bit that L0 or L1 owns. */
/*@ predicate ne009_mask(integer owned, integer mask1, integer r) =
      \forall integer k; 0 <= k <= 63 ==> (bit(r, k) <==> bit(owned, k) || bit(mask1, k));
*/

/* NE-010: the read shadow: for bits that L1 owns what L1 shows, for those that only L0 owns what L2's register would have. No
   other bit of it is ever read. */
/*@ predicate ne010_shadow(integer owned, integer mask1, integer shadow1, integer guest, integer r) =
      \forall integer k; 0 <= k <= 63 ==>
        (bit(mask1, k) ==> (bit(r, k) <==> bit(shadow1, k))) &&
        (bit(owned, k) && !bit(mask1, k) ==> (bit(r, k) <==> bit(guest, k)));
*/

/* SDM 25.3, MOV from CR0 and CR4: what is read is the shadow's bit under the mask, else the register's. */
/*@ predicate ne010_reads(integer k, integer mask, integer shadow, integer value) =
      (bit(mask, k) && bit(shadow, k)) || (!bit(mask, k) && bit(value, k));
*/

/* NE-011, SDM 26.3.2.1: DR7, DEBUGCTL (entry control k = 2) and PAT (14) are vmcs12's if an entry of L1's is under way and the
   control says to load them; else what they were before. */
/*@ predicate ne011_gated(integer pending, integer entry, integer k, integer asked, integer before, integer r) =
      (pending != 0 && bit(entry, k) ==> r == asked) && (pending == 0 || !bit(entry, k) ==> r == before);
*/

/* NE-012, SDM 26.3.2.1: EFER (15) likewise; but without its control an entry makes LMA (10), and LME (8) with CR0.PG (bit 31 of
   `cr0`), what IA-32e mode (9) of the entry controls says. */
/*@ predicate ne012_efer(integer pending, integer entry, integer asked, integer before, integer cr0, integer r) =
      (pending != 0 && bit(entry, 15) ==> r == asked) &&
      (pending == 0 ==> r == before) &&
      (pending != 0 && !bit(entry, 15) ==>
        (\forall integer k; 0 <= k <= 63 && k != 8 && k != 10 ==> (bit(r, k) <==> bit(before, k))) &&
        (bit(r, 10) <==> bit(entry, 9)) &&
        (bit(r, 8) <==> (bit(cr0, 31) && bit(entry, 9)) || (!bit(cr0, 31) && bit(before, 8))));
*/

/* NE-013, SDM 24.6.5: L2's TSC is L1's plus L1's offset, if L1 uses one (control 3): offsets add up, modulo 2^64. */
/*@ predicate ne013_offset(integer l0, integer proc, integer l1, integer r) =
      (!bit(proc, 3) ==> r == l0) && (bit(proc, 3) ==> r == l0 + l1 || r == l0 + l1 - 0x10000000000000000);
*/

/* NE-014, SDM 24.6.9: an MSR access exits if L0 or L1 wants it; L1 wants all of them unless it uses a bitmap (control 28). */
/*@ predicate ne014_bitmap(integer l0, integer proc, integer l1, integer r) =
      \forall integer k; 0 <= k <= 63 ==> (bit(r, k) <==> bit(l0, k) || !bit(proc, 28) || bit(l1, k));

    // With a bitmap, and without.
    predicate ne014_either(integer l0, integer l1, integer r) =
      \forall integer k; 0 <= k <= 63 ==> (bit(r, k) <==> bit(l0, k) || bit(l1, k));

    predicate ne014_ones(integer r) = \forall integer k; 0 <= k <= 63 ==> bit(r, k);
*/

/*@ check lemma canary_vmx_merge: \false; */

#endif
