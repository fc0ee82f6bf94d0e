/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose a VM exit is that L2 makes under vmcs02: what L1 asked for in vmcs12. SDM vol. 3C 24.6, 25.1 to 25.3, appendix C
 * (basic exit reasons). Controls by bit number.
 */
#ifndef SPEC_VMX_ROUTE_H
#define SPEC_VMX_ROUTE_H

#include "bits.h"

/* NX-020: not L1's by themselves: interrupt (1), INIT, SIPI, SMIs (3 to 6) and timer (52) have a place in the order of events;
   failed entries (33, 34, 41); EPT violation and misconfiguration (48, 49): who walks L1's EPT knows; and what L1 is not
   offered: virtualized EOI (45), APIC write (56), VMFUNC (59), page-modification log (62), SPP (66), and reasons not known. */
/*@ predicate nx020_l0(integer reason) =
      reason == 1 || 3 <= reason <= 6 || reason == 33 || reason == 34 || reason == 35 || reason == 38 || reason == 41 || reason == 42 ||
      reason == 45 || reason == 48 || reason == 49 || reason == 52 || reason == 56 || reason == 59 || reason == 60 ||
      reason == 62 || reason >= 65;
*/

/* NX-021, SDM 25.1.2: L1's whatever it asked for: triple fault, task switch, CPUID, GETSEC, INVD, RSM, the VMX instructions
   (VMREAD and VMWRITE: no VMCS shadowing is offered), XSETBV. */
/*@ predicate nx021_l1(integer reason) =
      reason == 2 || 9 <= reason <= 11 || reason == 13 || 17 <= reason <= 27 || reason == 50 || reason == 53 || reason == 55;
*/

/* NX-022, SDM 24.6.2, table 24-6: the primary control that makes this exit, or -1. */
/*@ logic integer nx022_primary(integer reason) =
      reason == 7 ? 2 : reason == 8 ? 22 : reason == 12 ? 7 : reason == 14 ? 9 : reason == 15 ? 11 : reason == 16 ? 12 :
      reason == 51 ? 12 : reason == 29 ? 23 : reason == 36 ? 10 : reason == 37 ? 27 : reason == 39 ? 29 : reason == 40 ? 30 :
      reason == 43 ? 21 : -1;
*/

/* NX-023, SDM 24.6.2, table 24-7: the secondary control, which counts under primary control 31, or -1. INVPCID (58): with
   INVLPG exiting. */
/*@ logic integer nx023_secondary(integer reason) =
      reason == 44 ? 0 : reason == 46 ? 2 : reason == 47 ? 2 : reason == 54 ? 6 : reason == 57 ? 11 : reason == 61 ? 16 :
      reason == 58 ? 12 : reason == 63 ? 20 : reason == 64 ? 20 : -1;

    predicate nx023_asked(integer reason, integer proc, integer proc2) =
      bit(proc, 31) && bit(proc2, nx023_secondary(reason)) && (reason == 58 ==> bit(proc, 9));
*/

/* NX-024, SDM 25.2: an exception by its bit of the bitmap; of a page fault the bit's meaning is turned over unless the error
   code matches. NMIs (2) and machine checks (18) are the machine's: L0's. */
/*@ predicate nx024_exception(integer vector, integer error, integer bitmap, integer mask, integer match) =
      vector == 14 ? (bit(bitmap, 14) <==> (error & mask) == match) : bit(bitmap, vector);
*/

/* NX-025, SDM 25.1.3: MOV to CR0 or CR4: a bit that L1 owns gets another value than its shadow. */
/*@ predicate nx025_moves(integer mask, integer shadow, integer value) =
      \exists integer k; 0 <= k <= 63 && bit(mask, k) && !(bit(value, k) <==> bit(shadow, k));

    // CLTS: TS (3) is L1's and set in the shadow. LMSW: PE (0) can be set, not cleared; MP, EM, TS (1 to 3).
    predicate nx025_clts(integer mask, integer shadow) = bit(mask, 3) && bit(shadow, 3);

    predicate nx025_lmsw(integer mask, integer shadow, integer source) =
      (bit(mask, 0) && bit(source, 0) && !bit(shadow, 0)) ||
      (\exists integer k; 1 <= k <= 3 && bit(mask, k) && !(bit(source, k) <==> bit(shadow, k)));

    // The qualification (table 27-3): register in bits 3:0, kind of access in 5:4, source of LMSW in 31:16.
    predicate nx025_control(integer qualification, integer operand, integer proc, integer mask0, integer shadow0, integer mask4,
                            integer shadow4) =
      \let r = qualification % 16; \let kind = (qualification / 16) % 4;
      (kind == 0 && r == 0 && nx025_moves(mask0, shadow0, operand)) ||
      (kind == 0 && r == 3 && bit(proc, 15)) ||
      (kind == 0 && r == 4 && nx025_moves(mask4, shadow4, operand)) ||
      (kind == 0 && r == 8 && bit(proc, 19)) ||
      (kind == 1 && r == 3 && bit(proc, 16)) ||
      (kind == 1 && r == 8 && bit(proc, 20)) ||
      (kind == 2 && nx025_clts(mask0, shadow0)) ||
      (kind == 3 && nx025_lmsw(mask0, shadow0, (qualification / 0x10000) % 0x10000));
*/

/* NX-026, SDM 24.6.9 and 25.1.3: RDMSR and WRMSR: always without bitmaps or outside their ranges; else by the MSR's bit. Of the
   4 KBytes: reads at 0, of high MSRs at 1024; writes 2048 behind. */
/*@ predicate nx026_low(integer msr) = 0 <= msr <= 0x1fff;
    predicate nx026_high(integer msr) = 0xc0000000 <= msr <= 0xc0001fff;

    logic integer nx026_place(integer msr, integer write) =
      (write != 0 ? 2048 : 0) + (msr >= 0xc0000000 ? 1024 : 0) + (msr % 0x2000) / 64 * 8;
*/

/* NX-027, SDM 24.6.4 and 25.1.3: I/O: by bitmap if L1 uses them, else by "unconditional I/O exiting" (24). An access that wraps
   around the 64-KByte space exits. Ports 0 to 0x7fff are in bitmap A, the others in B. */
/*@ logic integer nx027_place(integer port) = (port % 0x8000) / 64 * 8;
*/

/*@ check lemma canary_vmx_route: \false; */

#endif
