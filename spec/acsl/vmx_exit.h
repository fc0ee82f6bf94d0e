/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM exits: what is saved of the guest, what is said of the exit, what is loaded of the host. SDM vol. 3C chapter 27 (28 in
 * editions since 2023); registers by the number of their field in spec/fields/vmcs.tbl where one is needed.
 */
#ifndef SPEC_VMX_EXIT_H
#define SPEC_VMX_EXIT_H

#include "bits.h"

/* NX-006, SDM 27.5.1: CR0 is loaded but for ET, NW, CD and the reserved bits, which stay; so do those fixed in VMX operation, and
   those are checked to be alike (VE-037). An entry leaves the same bits (26.3.2.1; bits 63:32 are 0 by VE-133). */
/*@ predicate nx006_loaded(integer k) = 0 <= k <= 3 || k == 5 || k == 16 || k == 18 || k == 31;

    predicate nx006_cr0(integer value, integer host, integer before) =
      \forall integer k; 0 <= k <= 63 ==> (bit(value, k) <==> (nx006_loaded(k) ? bit(host, k) : bit(before, k)));
*/

/* NX-001, SDM 27.3.1 with 25.3: what L2's CR0 or CR4 is, bit by bit. A bit that L1 owns is L1's: L2 cannot have changed it. One
   that only L0 owns is what L2 reads, the shadow. Any other is the register's, and so is a bit of CR0 that L1 owns, but that no
   entry loads from vmcs12. `mask` is vmcs02's mask: L0's and L1's. */
/*@ predicate nx001_control_bit(integer k, integer value, integer mask1, integer before, integer mask, integer shadow,
                                integer hardware) =
      (bit(mask1, k) ==> (bit(value, k) <==> bit(before, k))) &&
      (!bit(mask1, k) && bit(mask, k) ==> (bit(value, k) <==> bit(shadow, k))) &&
      (!bit(mask1, k) && !bit(mask, k) ==> (bit(value, k) <==> bit(hardware, k)));

    predicate nx001_control(integer value, integer mask1, integer before, integer mask, integer shadow, integer hardware) =
      \forall integer k; 0 <= k <= 63 ==> nx001_control_bit(k, value, mask1, before, mask, shadow, hardware);

    predicate nx001_cr0(integer value, integer mask1, integer before, integer mask, integer shadow, integer hardware) =
      \forall integer k; 0 <= k <= 63 ==> (nx006_loaded(k) ?
        nx001_control_bit(k, value, mask1, before, mask, shadow, hardware) :
        nx001_control_bit(k, value, mask1, hardware, mask, shadow, hardware));
*/

/* NX-002, SDM 27.3.1 and 27.3.4: a field that is saved if exit control k asks for it: debug (2), PAT (18), EFER (20), timer (22). */
/*@ predicate nx002_saved(integer exit, integer k, integer value, integer before, integer hardware) =
      (bit(exit, k) ==> value == hardware) && (!bit(exit, k) ==> value == before);
*/

/* NX-003, SDM 27.2: the control "IA-32e mode guest" (bit 9) gets IA32_EFER.LMA, as `hardware` has it; nothing else changes. */
/*@ predicate nx003_long_mode(integer value, integer before, integer hardware) =
      \forall integer k; 0 <= k <= 31 ==> (bit(value, k) <==> (k == 9 ? bit(hardware, k) : bit(before, k)));
*/

/* NX-004, SDM 27.2: bit 31 of the VM-entry interruption information is cleared. */
/*@ predicate nx004_cleared(integer value, integer before) = value == before % 0x80000000;
*/

/* NX-005, SDM 27.2.2, 27.2.1 and 27.1: bit 12 of the interruption information, and of an EPT violation's qualification, says
   that the exit interrupted an IRET which had unblocked NMIs: they are unblocked in the state that is saved. */
/*@ predicate nx005_unblocked(integer reason, integer info, integer qualification) =
      ((info / 0x80000000) % 2 == 1 && (info / 0x1000) % 2 == 1) ||
      (reason % 0x10000 == 48 && (qualification / 0x1000) % 2 == 1);
*/

/* NX-007, SDM 27.5.1: CR4.PAE (5) is set for a 64-bit host, CR4.PCIDE (17) is cleared for another. */
/*@ predicate nx007_cr4(integer value, integer host, integer exit) =
      \forall integer k; 0 <= k <= 63 ==> (bit(value, k) <==>
        (k == 5 && bit(exit, 9)) || (bit(host, k) && !(k == 17 && !bit(exit, 9))));
*/

/* NX-008, SDM 27.5.1: IA32_EFER is loaded if exit control 21 says so; LMA (10) and LME (8) are the host's address-space size. */
/*@ predicate nx008_efer(integer value, integer exit, integer host, integer before) =
      \forall integer k; 0 <= k <= 63 ==> (bit(value, k) <==>
        ((k == 8 || k == 10) ? bit(exit, 9) : bit(exit, 21) ? bit(host, k) : bit(before, k)));
*/

/* NX-009, SDM 27.5.2: access rights. CS: execute/read, accessed, L or D. TR: busy 32-bit TSS (or 64-bit). Others: read/write,
   accessed, unusable (bit 16) with a null selector. */
/*@ logic integer nx009_code(integer long_host) = long_host != 0 ? 0xa09b : 0xc09b;

    logic integer nx009_data(integer selector) = selector == 0 ? 0x1c093 : 0xc093;
*/

/* NX-014, SDM 27.5.2: of ES, SS, DS, FS and GS with a null selector the limit, the rights but "unusable" and SS.DPL, and the base
   of ES, SS and DS are undefined; of LDTR all but that it is unusable, and its base canonical. */
/*@ predicate nx014_defined(integer selector) = selector != 0;
*/

/* NX-015, SDM 27.5 and 27.7: an exit cannot leave IA-32e mode: with L2 in it ("IA-32e mode guest", entry control 9, as saved) and
   without "host address-space size" (exit control 9) it aborts, and no other exit does so for this. */
/*@ predicate nx015_leaves_long_mode(integer entry, integer exit) = bit(entry, 9) && !bit(exit, 9);
*/

/* NX-010, SDM 27.5.5: no blocking but by NMI: after an exit by an NMI; else as it was, if L2 runs under L1's own blocking, and
   none under virtual NMIs. */
/*@ predicate nx010_blocked(integer blocked, integer by_nmi, integer pin, integer saved) =
      blocked != 0 <==> by_nmi != 0 || (!bit(pin, 5) && (saved / 8) % 2 == 1);
*/

/* NX-011, SDM 27.5.4 and 4.4.1: a PDPTE that is present has no reserved bit: 2:1, 8:5, and those beyond the address width. */
/*@ predicate nx011_pdpte(integer entry, integer width) =
      bit(entry, 0) ==> \forall integer k; (1 <= k <= 2 || 5 <= k <= 8 || width <= k <= 63) ==> !bit(entry, k);
*/

/* NX-012, SDM 26.4 (VE-251 to VE-255): an entry of an MSR-load list by its first word. */
/*@ predicate nx012_loadable(integer head) =
      head <= 0xffffffff && head != 0xc0000100 && head != 0xc0000101 && head / 0x100 != 8 && head != 0x9b && head != 0x79 &&
      head != 0x8b;
*/

/* NX-013, SDM 27.4: an entry of an MSR-store list: not an APIC register, not IA32_SMBASE. */
/*@ predicate nx013_storable(integer head) = head <= 0xffffffff && head / 0x100 != 8 && head != 0x9e;
*/

/*@ check lemma canary_vmx_exit: \false; */

#endif
