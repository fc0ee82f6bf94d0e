/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's VMX instructions: what each comes to, in the manual's order. SDM vol. 3C chapter 30 (31 in editions since 2023);
 * error numbers: 30.4. VE-001 to VE-011: what the instructions share with VM entry; VI-...: the instructions' own.
 */
#ifndef SPEC_VMX_INSN_H
#define SPEC_VMX_INSN_H

#include "vmx_fields.h"
#include "vmx_words.h"

/* VE-001: not recognized outside VMX operation, in real-address, virtual-8086 and compatibility mode (#UD). */
/*@ predicate ve001_undefined(integer vmxon, integer cr0, integer rflags, integer lma, integer cs_l) =
      vmxon == 0 || !bit(cr0, 0) || bit(rflags, 17) || (lma != 0 && cs_l == 0);
*/

/* VE-003: then CPL > 0 is #GP(0). */
/*@ predicate ve003_privilege(integer cpl) = cpl > 0;
*/

/* VE-007, VE-008: VMLAUNCH wants the launch state clear, VMRESUME launched. */
/*@ predicate ve007_launch_state(integer launch, integer launched) = launch != 0 <==> launched == 0;
*/

/* VI-001: VMXON is not recognized in these modes, nor with CR4.VMXE = 0 (#UD), whether in VMX operation or not. */
/*@ predicate vi001_vmxon_undefined(integer cr0, integer cr4, integer rflags, integer lma, integer cs_l) =
      !bit(cr0, 0) || !bit(cr4, 13) || bit(rflags, 17) || (lma != 0 && cs_l == 0);
*/

/* 23.8, A.7, A.8: a bit that FIXED0 has must be 1, one that FIXED1 has not must be 0. */
/*@ predicate vi002_fixed(integer word, integer fixed0, integer fixed1) =
      bits_within(fixed0, word) && bits_within(word, fixed1);
*/

/* VI-002: outside VMX operation VMXON is #GP(0) if CPL > 0, if CR0 or CR4 are not what VMX operation needs (vi002_fixed), or
   if IA32_FEATURE_CONTROL is not locked (bit 0) or does not allow it outside SMX (bit 2). */
/*@ predicate vi002_vmxon_refused(integer cpl, integer feature_control) =
      cpl > 0 || !bit(feature_control, 0) || !bit(feature_control, 2);
*/

/* VI-003: a pointer to a region is 4-KByte aligned and has no bit beyond the physical-address width. */
/*@ predicate vi003_pointer(integer pointer, integer width) = page_aligned(pointer) && fits_width(pointer, width);
*/

/* VI-004: bits 31:0 of the region's first word are the revision identifier of BASIC[30:0]; bit 31, which marks a shadow
   VMCS, is 0, since VMCS shadowing is not offered. */
/*@ predicate vi004_revision(integer word, integer basic) = word % 0x100000000 == basic % 0x80000000;
*/

/* VI-005: the encoding names field i: with bit 0 clear it whole, with bit 0 set the upper half of a 64-bit field. */
/*@ predicate vi005_names(integer encoding, integer i) =
      0 <= i < 123 && (encoding == sdm24_encoding(i) || (sdm24_width64(i) && encoding == sdm24_encoding(i) + 1));
*/

/* VI-006: type 1 in bits 11:10 of the encoding: VM-exit information, read-only since MISC[29] is 0 (appendix B, A.6). */
/*@ predicate vi006_read_only(integer i) = sdm24_encoding(i) / 0x400 % 4 == 1;
*/

/* VI-007: what a field of this width holds of a value. */
/*@ predicate vi007_narrow(integer i, integer v, integer held) =
      (sdm24_width16(i) ==> held == v % 0x10000) && (sdm24_width32(i) ==> held == v % 0x100000000) &&
      (!sdm24_width16(i) && !sdm24_width32(i) ==> held == v);
*/

/* VI-008: the upper half of a 64-bit field is read, or written and its lower half kept; or all of it. */
/*@ logic integer vi008_part(integer high, integer field) = high != 0 ? field / 0x100000000 : field;

    predicate vi008_written(integer high, integer i, integer old, integer value, integer new) =
      (high == 0 ==> vi007_narrow(i, value, new)) &&
      (high != 0 ==> new % 0x100000000 == old % 0x100000000 && new / 0x100000000 == value % 0x100000000);
*/

/* VI-009: an EPT pointer that VM entry would accept (26.2.1.1): a memory type and the page-walk length that
   IA32_VMX_EPT_VPID_CAP has, no accessed and dirty flags, reserved bits and bits beyond the address width 0. */
/*@ predicate vi009_eptp(integer eptp, integer caps, integer width) =
      ((eptp % 8 == 0 && bit(caps, 8)) || (eptp % 8 == 6 && bit(caps, 14))) && eptp / 8 % 8 == 3 && bit(caps, 6) &&
      eptp / 0x40 % 0x40 == 0 && fits_width(eptp, width);
*/

/* VI-010: INVEPT exists (else #UD) if EPT may be enabled and bit 20 of IA32_VMX_EPT_VPID_CAP says so; types:
   1 single-context, 2 global, as that MSR has them. */
/*@ predicate vi010_invept_exists(integer proc2, integer caps) = bit(proc2, 33) && bit(caps, 20);

    predicate vi010_invept_type(integer type, integer caps) =
      (type == 1 && bit(caps, 25)) || (type == 2 && bit(caps, 26));
*/

/* VI-011: INVVPID exists (else #UD) if VPIDs may be enabled and bit 32 says so; types: 0 individual address,
   1 single-context, 2 all contexts, 3 single-context without globals. */
/*@ predicate vi011_invvpid_exists(integer proc2, integer caps) = bit(proc2, 37) && bit(caps, 32);

    predicate vi011_invvpid_type(integer type, integer caps) =
      (type == 0 && bit(caps, 40)) || (type == 1 && bit(caps, 41)) || (type == 2 && bit(caps, 42)) ||
      (type == 3 && bit(caps, 43));
*/

/* VI-012: bits 63:16 of INVVPID's descriptor are 0; a VPID is named but for type 2; type 0 has a canonical address. */
/*@ predicate vi012_invvpid_operand(integer type, integer vpid, integer reserved, integer linear, integer width) =
      reserved == 0 && (type != 2 ==> vpid != 0) && (type == 0 ==> canonical(linear, width));
*/

/* VI-013: all groups of fields are marked as possibly differing from vmcs02 (enum pn_group), and a flush is due (VI-017). */
/*@ predicate vi013_all_dirty(integer dirty) =
      \forall integer g; 0 <= g <= 11 ==> bit(dirty, g);
*/

/* VI-015: the groups that the verdict on control and host-state fields (26.2) rests on: controls, the event, host state, and the
   registers, for CR0.PE says what an injected error code may be. */
/*@ predicate vi015_rests(integer group) = group == 0 || group == 1 || group == 3 || group == 8;
*/

/* VI-016: behind an INVEPT that succeeds nothing is left that came of L1's EPTs as they were: neither in EPT02, nor cached. */
/*@ predicate vi016_emptied(integer stale) = stale == 0;
*/

/* VI-017: an INVVPID that succeeds owes a flush of what is cached under vpid02; bit 10 of `dirty` tells the next entry. */
/*@ predicate vi017_flush_due(integer owed, integer before, integer dirty) =
      owed != 0 && \forall integer g; 0 <= g <= 31 ==> (bit(dirty, g) <==> bit(before, g) || g == 10);
*/

/*@ check lemma canary_vmx_insn: \false; */

#endif
