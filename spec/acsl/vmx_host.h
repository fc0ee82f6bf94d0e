/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VM entry demands of the host-state area: SDM vol. 3C 26.2.2 to 26.2.4 (27.2.x in editions since 2023). `exit` and
 * `entry` are the VM-exit and VM-entry controls. Fields of features that guest hypervisors are not offered are not checked,
 * because the controls that load them must be 0 (VE-066).
 */
#ifndef SPEC_VMX_HOST_H
#define SPEC_VMX_HOST_H

#include "vmx_words.h"

/* ---- Control registers and MSRs (26.2.2) ------------------------------------------------------------------------- */

/* A bit of FIXED0 is 1, and a bit that is not in FIXED1 is 0 (vol. 3D A.7, A.8). */
/*@ predicate ve096_cr0_ones(integer cr0, integer fixed0) = bits_within(fixed0, cr0);

    predicate ve097_cr0_zeros(integer cr0, integer fixed1) = bits_within(cr0, fixed1);

    predicate ve098_cr4_ones(integer cr4, integer fixed0) = bits_within(fixed0, cr4);

    predicate ve099_cr4_zeros(integer cr4, integer fixed1) = bits_within(cr4, fixed1);
*/

/* CR4 bit 23: CET; CR0 bit 16: WP. */
/*@ predicate ve100_cet_wp(integer cr0, integer cr4) = bit(cr4, 23) ==> bit(cr0, 16);

    predicate ve101_cr3(integer cr3, integer width) = fits_width(cr3, width);
*/

/* VE-121: with the processor's linear-address width, whatever CR4.LA57 says. */
/*@ predicate ve121_canonical(integer address, integer linear) = canonical(address, linear);

    predicate ve102_sysenter_esp(integer esp, integer linear) = ve121_canonical(esp, linear);

    predicate ve103_sysenter_eip(integer eip, integer linear) = ve121_canonical(eip, linear);
*/

/* Exit 19: load IA32_PAT. */
/*@ predicate ve105_pat(integer exit, integer pat) = bit(exit, 19) ==> pat_valid(pat);
*/

/* Exit 21: load IA32_EFER; exit 9: host address-space size. EFER bit 8: LME, 10: LMA. */
/*@ predicate ve106_efer(integer exit, integer efer, integer valid) = bit(exit, 21) ==> bits_within(efer, valid);

    predicate ve107_efer_mode(integer exit, integer efer) =
      bit(exit, 21) ==> (bit(efer, 10) <==> bit(exit, 9)) && (bit(efer, 8) <==> bit(exit, 9));
*/

/* ---- Segment and descriptor-table registers (26.2.3) ------------------------------------------------------------- */

/* RPL (bits 1:0) and TI (bit 2) are 0. */
/*@ predicate ve114_selector(integer selector) = selector % 8 == 0;

    predicate ve115_cs(integer cs) = cs != 0;

    predicate ve116_tr(integer tr) = tr != 0;

    predicate ve117_ss(integer exit, integer ss) = !bit(exit, 9) ==> ss != 0;
*/

/*@ predicate ve118_fs_gs(integer fs, integer gs, integer linear) =
      ve121_canonical(fs, linear) && ve121_canonical(gs, linear);

    predicate ve119_tables(integer gdtr, integer idtr, integer linear) =
      ve121_canonical(gdtr, linear) && ve121_canonical(idtr, linear);

    predicate ve120_tr(integer tr, integer linear) = ve121_canonical(tr, linear);
*/

/* ---- Address-space size (26.2.4) --------------------------------------------------------------------------------- */

/* `lma`: IA32_EFER.LMA as VM entry begins; entry 9: IA-32e mode guest. */
/*@ predicate ve122_host_32(integer lma, integer exit) = lma == 0 ==> !bit(exit, 9);

    predicate ve123_guest_32(integer lma, integer entry) = lma == 0 ==> !bit(entry, 9);

    predicate ve124_host_64(integer lma, integer exit) = lma != 0 ==> bit(exit, 9);

    predicate ve125_no_64_guest(integer exit, integer entry) = !bit(exit, 9) ==> !bit(entry, 9);
*/

/* CR4 bit 17: PCIDE, bit 5: PAE, bit 12: LA57. */
/*@ predicate ve126_pcide(integer exit, integer cr4) = !bit(exit, 9) ==> !bit(cr4, 17);

    predicate ve127_rip_32(integer exit, integer rip) = !bit(exit, 9) ==> rip <= 0xffffffff;

    predicate ve129_pae(integer exit, integer cr4) = bit(exit, 9) ==> bit(cr4, 5);

    predicate ve130_rip_64(integer exit, integer cr4, integer rip) =
      bit(exit, 9) ==> (bit(cr4, 12) ==> canonical(rip, 57)) && (!bit(cr4, 12) ==> canonical(rip, 48));
*/

/*@ check lemma canary_vmx_host: \false; */

#endif
