/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which VMX features L1 is offered (SDM vol. 3D appendix A): lists of bits, by the names of 3C 24.6 to 24.8. A control is
 * offered if it is in the list and the processor has it. VC-... are the offer's own rules.
 */
#ifndef SPEC_VMX_CAPS_H
#define SPEC_VMX_CAPS_H

#include "vmx_fields.h" /* NOLINT(llvm-include-order) */
#include "bits.h"

/* VC-001, pin-based: external-interrupt exiting, NMI exiting, virtual NMIs, preemption timer. */
/*@ predicate vc001_pin(integer k) = k == 0 || k == 3 || k == 5 || k == 6;
*/

/* VC-002, primary: interrupt window, TSC offsetting, HLT, INVLPG, MWAIT, RDPMC, RDTSC, CR3 load and store, CR8 load and
   store, TPR shadow, NMI window, MOV DR, unconditional I/O, I/O bitmaps, MSR bitmaps, MONITOR, PAUSE, secondary controls.
   Not the monitor trap flag (27) and the tertiary controls (17). */
/*@ predicate vc002_proc(integer k) =
      k == 2 || k == 3 || k == 7 || 9 <= k <= 12 || k == 15 || k == 16 || 19 <= k <= 25 || 28 <= k <= 31;
*/

/* VC-003, secondary: APIC accesses, EPT, descriptor tables, RDTSCP, VPID, WBINVD, unrestricted guest, RDRAND, INVPCID,
   RDSEED, XSAVES. */
/*@ predicate vc003_proc2(integer k) =
      0 <= k <= 3 || 5 <= k <= 7 || k == 11 || k == 12 || k == 16 || k == 20;
*/

/* VC-004, exit: save debug controls, host address-space size, acknowledge interrupt, save and load PAT, save and load EFER,
   save the preemption timer. Entry: load debug controls, IA-32e mode guest, load PAT, load EFER. */
/*@ predicate vc004_exit(integer k) = k == 2 || k == 9 || k == 15 || 18 <= k <= 22;

    predicate vc004_entry(integer k) = k == 2 || k == 9 || k == 14 || k == 15;
*/

/* VC-005, the default1 classes of A.2 that have no name: always 1. */
/*@ predicate vc005_pin(integer k) = k == 1 || k == 2 || k == 4;

    predicate vc005_proc(integer k) = k == 1 || 4 <= k <= 6 || k == 8 || k == 13 || k == 14 || k == 26;

    predicate vc005_exit(integer k) =
      k == 0 || k == 1 || 3 <= k <= 8 || k == 10 || k == 11 || k == 13 || k == 14 || k == 16 || k == 17;

    predicate vc005_entry(integer k) = k == 0 || k == 1 || 3 <= k <= 8 || k == 12;
*/

/* VC-006: of a control's word, bit 32 + k says that the control may be 1, bit k that it has to be. A named control is as the
   processor has it (that of default1 with a name too: CR3 load and store exiting, the debug controls), one of default1
   without a name is always 1, any other always 0. */
/*@ predicate vc006_as_hardware(integer word, integer hardware, integer k) =
      (bit(word, 32 + k) <==> bit(hardware, 32 + k)) && (bit(word, k) <==> bit(hardware, k));

    predicate vc006_always(integer word, integer k) = bit(word, 32 + k) && bit(word, k);

    predicate vc006_never(integer word, integer k) = !bit(word, 32 + k) && !bit(word, k);
*/

/* VC-007, IA32_VMX_EPT_VPID_CAP: execute-only, 4 levels, UC and WB paging structures, 2-MByte pages, INVEPT and its two
   types, INVVPID and its four. Not 1-GByte pages (17), accessed and dirty flags (21). */
/*@ predicate vc007_ept_vpid(integer k) =
      k == 0 || k == 6 || k == 8 || k == 14 || k == 16 || k == 20 || k == 25 || k == 26 || k == 32 || 40 <= k <= 43;
*/

/* VC-008, IA32_VMX_BASIC: revision, regions of 4 KByte (44:32), write-back (53:50 = 6), INS and OUTS information as the
   processor has it (54), the TRUE words exist (55). */
/*@ predicate vc008_basic(integer basic, integer hardware) =
      basic % 0x40000000000000 == 0x504e0001 + 0x1000 * 0x100000000 + 6 * 0x4000000000000 &&
      (bit(hardware, 54) ==> basic / 0x40000000000000 == 3) && (!bit(hardware, 54) ==> basic / 0x40000000000000 == 2);
*/

/* VC-009, IA32_VMX_MISC: the timer's rate (4:0), EFER.LMA stored (5) with unrestricted guest, activity state HLT (6). No
   other activity state, no CR3 targets, lists of up to 512 MSRs (27:25 = 0), no VMWRITE to read-only fields (29). */
/*@ predicate vc009_misc(integer misc, integer hardware, integer proc2) = \forall integer k; 0 <= k <= 63 ==>
      (bit(misc, k) <==> ((k <= 4 || k == 6) && bit(hardware, k)) || (k == 5 && bit(proc2, 39)));
*/

/* VC-010, IA32_VMX_VMCS_ENUM: the highest index (bits 9:1) of any encoding. */
/*@ predicate vc010_enum(integer word) =
      (\forall integer i; 0 <= i < 123 ==> sdm24_encoding(i) % 0x400 <= word) &&
      (\exists integer i; 0 <= i < 123 && sdm24_encoding(i) % 0x400 == word);
*/

/* VC-011: the words without TRUE have 1 wherever the class is default1 (A.2): besides those without a name, CR3 load and
   store exiting, and the debug controls at exit and entry. */
/*@ predicate vc011_proc(integer k) = k == 15 || k == 16;

    predicate vc011_debug(integer k) = k == 2;
*/

/* VC-012, A.3.1: a control that must be 1 may be 1. A processor's words agree so. */
/*@ predicate vc012_agree(integer word) = \forall integer k; 0 <= k <= 31 ==> (bit(word, k) ==> bit(word, 32 + k));
*/

/*@ check lemma canary_vmx_caps: \false; */

#endif
