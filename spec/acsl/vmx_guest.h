/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VM entry demands of the guest-state area, segment registers apart (vmx_guest_segments.h): SDM vol. 3C 26.3.1.1 and
 * 26.3.1.3 to 26.3.1.6 (27.3.1 in editions since 2023). Fields are 64-bit words, zero-extended. `proc`, `proc2`, `pin` and
 * `entry` are the VMX controls, `info` is the VM-entry interruption-information field.
 */
#ifndef SPEC_VMX_GUEST_H
#define SPEC_VMX_GUEST_H

#include "vmx_words.h"

/* The terms that the section defines. A secondary control is 0 unless "activate secondary controls" is 1 (24.6.2). */
/*@ predicate guest_unrestricted(integer proc, integer proc2) = bit(proc, 31) && bit(proc2, 7);

    predicate guest_ept(integer proc, integer proc2) = bit(proc, 31) && bit(proc2, 1);

    predicate guest_ia32e(integer entry) = bit(entry, 9);

    predicate guest_virtual_8086(integer rflags) = bit(rflags, 17);

    predicate guest_64bit(integer entry, integer cs_rights) = bit(entry, 9) && bit(cs_rights, 13);

    predicate guest_pae(integer cr0, integer cr4, integer entry) = bit(cr0, 31) && bit(cr4, 5) && !guest_ia32e(entry);

    predicate guest_event(integer info) = (info / 0x80000000) % 2 == 1;

    predicate guest_injects(integer info, integer type) = guest_event(info) && (info / 256) % 8 == type;

    predicate guest_blocked(integer blocking) = bit(blocking, 0) || bit(blocking, 1);
*/

/* 26.3.1.1, control registers. CR0 bits that are not checked: NW (29) and CD (30), which entry does not load; with
   unrestricted guest PE (0) and PG (31). */
/*@ predicate ve132_exempt(integer proc, integer proc2, integer k) =
      k == 29 || k == 30 || ((k == 0 || k == 31) && guest_unrestricted(proc, proc2));

    predicate ve132_cr0_ones(integer proc, integer proc2, integer fixed0, integer cr0) =
      \forall integer k; 0 <= k <= 63 && bit(fixed0, k) && !ve132_exempt(proc, proc2, k) ==> bit(cr0, k);

    predicate ve133_cr0_zeros(integer proc, integer proc2, integer fixed1, integer cr0) =
      \forall integer k; 0 <= k <= 63 && bit(cr0, k) && !ve132_exempt(proc, proc2, k) ==> bit(fixed1, k);

    predicate ve134_paging_protected(integer cr0) = bit(cr0, 31) ==> bit(cr0, 0);

    predicate ve135_cr4_ones(integer fixed0, integer cr4) = bits_within(fixed0, cr4);

    predicate ve136_cr4_zeros(integer fixed1, integer cr4) = bits_within(cr4, fixed1);

    predicate ve137_cet_wp(integer cr0, integer cr4) = bit(cr4, 23) ==> bit(cr0, 16);

    predicate ve139_ia32e_paging(integer entry, integer cr0) = guest_ia32e(entry) ==> bit(cr0, 31);

    predicate ve140_ia32e_pae(integer entry, integer cr4) = guest_ia32e(entry) ==> bit(cr4, 5);

    predicate ve141_pcide(integer entry, integer cr4) = !guest_ia32e(entry) ==> !bit(cr4, 17);

    predicate ve142_fred(integer entry, integer cr4) = !guest_ia32e(entry) ==> !bit(cr4, 32);

    predicate ve143_cr3(integer width, integer cr3) = fits_width(cr3, width);
*/

/* 26.3.1.1, debug registers and MSRs: those of a "load" control (2 debug controls, 14 PAT, 15 EFER) only with it. */
/*@ predicate ve138_debugctl(integer entry, integer valid, integer debugctl) =
      bit(entry, 2) ==> bits_within(debugctl, valid);

    predicate ve144_dr7(integer entry, integer dr7) = bit(entry, 2) ==> fits_width(dr7, 32);

    predicate ve145_sysenter_esp(integer width, integer esp) = canonical(esp, width);

    predicate ve146_sysenter_eip(integer width, integer eip) = canonical(eip, width);

    predicate ve151_pat(integer entry, integer pat) = bit(entry, 14) ==> pat_valid(pat);

    predicate ve152_efer(integer entry, integer valid, integer efer) = bit(entry, 15) ==> bits_within(efer, valid);

    predicate ve153_efer_lma(integer entry, integer efer) =
      bit(entry, 15) ==> (bit(efer, 10) <==> guest_ia32e(entry));

    predicate ve154_efer_lme(integer entry, integer cr0, integer efer) =
      bit(entry, 15) && bit(cr0, 31) ==> (bit(efer, 8) <==> bit(efer, 10));
*/

/* 26.3.1.3, GDTR and IDTR. */
/*@ predicate ve203_gdtr_base(integer width, integer base) = canonical(base, width);

    predicate ve204_idtr_base(integer width, integer base) = canonical(base, width);

    predicate ve205_gdtr_limit(integer limit) = fits_width(limit, 16);

    predicate ve206_idtr_limit(integer limit) = fits_width(limit, 16);
*/

/* 26.3.1.4, RIP and RFLAGS. Bits 63:N of RIP are alike, N the linear-address width: one bit less than canonical. */
/*@ predicate ve207_rip_32(integer entry, integer cs_rights, integer rip) =
      !guest_64bit(entry, cs_rights) ==> fits_width(rip, 32);

    predicate ve208_rip_64(integer entry, integer cs_rights, integer width, integer rip) =
      guest_64bit(entry, cs_rights) ==> canonical(rip, width + 1);

    predicate ve209_rflags(integer rflags) =
      fits_width(rflags, 22) && !bit(rflags, 15) && !bit(rflags, 5) && !bit(rflags, 3) && bit(rflags, 1);

    predicate ve210_vm_ia32e(integer entry, integer rflags) = guest_ia32e(entry) ==> !guest_virtual_8086(rflags);

    predicate ve211_vm_protected(integer cr0, integer rflags) = !bit(cr0, 0) ==> !guest_virtual_8086(rflags);

    predicate ve212_interrupt_flag(integer info, integer rflags) = guest_injects(info, 0) ==> bit(rflags, 9);
*/

/* 26.3.1.5, activity state: 0 active, 1 HLT, 2 shutdown, 3 wait-for-SIPI; IA32_VMX_MISC[8:6] says which are supported. */
/*@ predicate ve217_activity(integer misc, integer activity) =
      activity == 0 || (activity == 1 && bit(misc, 6)) || (activity == 2 && bit(misc, 7)) ||
      (activity == 3 && bit(misc, 8));

    predicate ve218_hlt_privilege(integer activity, integer ss_rights) = activity == 1 ==> (ss_rights / 32) % 4 == 0;

    predicate ve219_blocked_active(integer activity, integer blocking) = guest_blocked(blocking) ==> activity == 0;

    predicate ve220_hlt_event(integer activity, integer info) = activity == 1 && guest_event(info) ==>
      guest_injects(info, 0) || guest_injects(info, 2) ||
      (guest_injects(info, 3) && (info % 256 == 1 || info % 256 == 18)) || (guest_injects(info, 7) && info % 256 == 0);

    predicate ve221_shutdown_event(integer activity, integer info) = activity == 2 && guest_event(info) ==>
      guest_injects(info, 2) || (guest_injects(info, 3) && info % 256 == 18);

    predicate ve222_sipi_event(integer activity, integer info) = activity == 3 ==> !guest_event(info);
*/

/* 26.3.1.5, interruptibility state (table 24-3): bit 0 STI, 1 MOV SS, 2 SMI, 3 NMI, 4 enclave. The guest of L1 never runs in
   SMM. VE-229 is for a processor that asks for it, as the one L1 is shown does. */
/*@ predicate ve224_blocking_reserved(integer blocking) = fits_width(blocking, 5);

    predicate ve225_not_both(integer blocking) = !(bit(blocking, 0) && bit(blocking, 1));

    predicate ve226_sti_if(integer blocking, integer rflags) = bit(blocking, 0) ==> bit(rflags, 9);

    predicate ve227_interrupt_blocked(integer info, integer blocking) =
      guest_injects(info, 0) ==> !guest_blocked(blocking);

    predicate ve228_nmi_movss(integer info, integer blocking) = guest_injects(info, 2) ==> !bit(blocking, 1);

    predicate ve229_nmi_sti(integer info, integer blocking) = guest_injects(info, 2) ==> !bit(blocking, 0);

    predicate ve230_smi(integer blocking) = !bit(blocking, 2);

    predicate ve232_nmi_nmi(integer pin, integer info, integer blocking) =
      bit(pin, 5) && guest_injects(info, 2) ==> !bit(blocking, 3);

    predicate ve233_enclave(integer sgx, integer blocking) = bit(blocking, 4) ==> sgx != 0 && !bit(blocking, 1);
*/

/* 26.3.1.5, pending debug exceptions (table 24-4): bits 3:0 breakpoints, 11 bus lock, 12 enabled breakpoint, 14 BS, 16 RTM.
   A processor with bus-lock detection has IA32_DEBUGCTL[2], one with RTM has IA32_DEBUGCTL[15]: `valid`. */
/*@ predicate ve235_debug_reserved(integer valid, integer pending) =
      (pending / 16) % 128 == 0 && !bit(pending, 13) && !bit(pending, 15) && fits_width(pending, 17) &&
      (bit(pending, 11) ==> bit(valid, 2));

    predicate ve236_applies(integer blocking, integer activity) = guest_blocked(blocking) || activity == 1;

    predicate ve236_step_is_pending(integer blocking, integer activity, integer rflags, integer debugctl, integer pending) =
      ve236_applies(blocking, activity) && bit(rflags, 8) && !bit(debugctl, 1) ==> bit(pending, 14);

    predicate ve237_no_step_is_pending(integer blocking, integer activity, integer rflags, integer debugctl,
                                       integer pending) =
      ve236_applies(blocking, activity) && (!bit(rflags, 8) || bit(debugctl, 1)) ==> !bit(pending, 14);

    predicate ve238_rtm_alone(integer pending) = bit(pending, 16) ==>
      pending % 0x1000 == 0 && (pending / 0x2000) % 8 == 0 && fits_width(pending, 17) && bit(pending, 12);

    predicate ve239_rtm_supported(integer valid, integer pending) = bit(pending, 16) ==> bit(valid, 15);

    predicate ve240_rtm_movss(integer blocking, integer pending) = bit(pending, 16) ==> !bit(blocking, 1);
*/

/* 26.3.1.5, VMCS link pointer, unless it is all ones. `word` is what lies at that address; `basic` is IA32_VMX_BASIC. */
/*@ predicate ve241_link_aligned(integer link) = page_aligned(link);

    predicate ve242_link_width(integer basic, integer width, integer link) =
      fits_width(link, width) && (bit(basic, 48) ==> fits_width(link, 32));

    predicate ve243_link_revision(integer basic, integer word) = word % 0x80000000 == basic % 0x80000000;

    predicate ve244_link_shadow(integer proc, integer proc2, integer word) =
      bit(word, 31) <==> (bit(proc, 31) && bit(proc2, 14));

    predicate ve245_link_other(integer current, integer link) = link != current;
*/

/* 26.3.1.6: a present PDPTE has bits 2:1, 8:5 and those beyond the width 0 (4.4.1). Checked only if PAE paging comes of
   the entry (VE-249): those at CR3 without EPT, the fields with it. */
/*@ predicate ve247_pdpte(integer width, integer pdpte) =
      bit(pdpte, 0) ==> (pdpte / 2) % 4 == 0 && (pdpte / 32) % 16 == 0 && fits_width(pdpte, width);

    predicate ve247_pdptes(integer width, integer p0, integer p1, integer p2, integer p3) =
      ve247_pdpte(width, p0) && ve247_pdpte(width, p1) && ve247_pdpte(width, p2) && ve247_pdpte(width, p3);

    predicate ve247_in_memory(integer cr0, integer cr4, integer entry, integer proc, integer proc2) =
      guest_pae(cr0, cr4, entry) && !guest_ept(proc, proc2);

    predicate ve248_in_fields(integer cr0, integer cr4, integer entry, integer proc, integer proc2) =
      guest_pae(cr0, cr4, entry) && guest_ept(proc, proc2);
*/

/* 26.8: the exit qualification of a guest state that is refused. */
/*@ predicate ve250_qualification(integer qualification) = qualification == 0 || 2 <= qualification <= 4;
*/

/*@ check lemma canary_vmx_guest: \false; */

#endif
