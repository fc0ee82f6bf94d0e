/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks of L1's guest-state area (SDM vol. 3C 26.3.1; 27.3.1 in editions since 2023). All of them are made
 * here, in software, whatever the processor would make of vmcs02: that one holds L0's state too, so its verdict is not
 * the verdict on vmcs12. Rules by id are in spec/acsl/vmx_guest.h and vmx_guest_segments.h; here is which field each
 * one is about.
 */
#ifndef PROVENEST_VMX_CHECK_GUEST_H
#define PROVENEST_VMX_CHECK_GUEST_H

#include <provenest/nested_inv.h>

#include "../../../spec/acsl/vmx_guest_segments.h"

/* What the checks need from L1's memory; the caller reads each word once. */
struct pn_guest_memory {
    uint64_t link;     /* with pn_link_wanted: the first 8 bytes at the VMCS link pointer (revision in 30:0, shadow in 31) */
    uint64_t pdpte[4]; /* with pn_pdptes_wanted: the four PDPTEs at the guest's CR3, bits 31:5 */
};

struct pn_guest_verdict {
    bool ok;
    uint8_t qualification; /* if not ok, of the exit: 0, 2 (PDPTE), 3 (NMI behind STI), 4 (link pointer) (SDM 26.8) */
};

/* What of the guest's state no verdict stands on. */
struct pn_guest_due {
    bool registers, segments;
};

/* 26.3.1.1. */
/*@ predicate guest_cr0_ok{L}(struct pn_nested_vmx *n) =
      ve132_cr0_ones(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], n->caps.cr0_fixed0,
                     n->vmcs12.f[PN_F_GUEST_CR0]) &&
      ve133_cr0_zeros(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], n->caps.cr0_fixed1,
                      n->vmcs12.f[PN_F_GUEST_CR0]) &&
      ve134_paging_protected(n->vmcs12.f[PN_F_GUEST_CR0]) &&
      ve139_ia32e_paging(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CR0]);

    predicate guest_cr4_ok{L}(struct pn_nested_vmx *n) =
      ve135_cr4_ones(n->caps.cr4_fixed0, n->vmcs12.f[PN_F_GUEST_CR4]) &&
      ve136_cr4_zeros(n->caps.cr4_fixed1, n->vmcs12.f[PN_F_GUEST_CR4]) &&
      ve137_cet_wp(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4]) &&
      ve140_ia32e_pae(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CR4]) &&
      ve141_pcide(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CR4]) &&
      ve142_fred(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CR4]);

    predicate guest_debug_registers_ok{L}(struct pn_nested_vmx *n) =
      ve138_debugctl(n->vmcs12.f[PN_F_ENTRY_CTL], n->caps.debugctl_valid, n->vmcs12.f[PN_F_GUEST_DEBUGCTL]) &&
      ve144_dr7(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_DR7]);

    predicate guest_efer_ok{L}(struct pn_nested_vmx *n) =
      ve152_efer(n->vmcs12.f[PN_F_ENTRY_CTL], n->caps.efer_valid, n->vmcs12.f[PN_F_GUEST_EFER]) &&
      ve153_efer_lma(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_EFER]) &&
      ve154_efer_lme(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_EFER]);

    // But for CR3.
    predicate guest_registers_stand{L}(struct pn_nested_vmx *n) =
      guest_cr0_ok(n) && guest_cr4_ok(n) && guest_debug_registers_ok(n) && guest_efer_ok(n) &&
      ve145_sysenter_esp(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_SYSENTER_ESP]) &&
      ve146_sysenter_eip(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_SYSENTER_EIP]) &&
      ve151_pat(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_PAT]);

    predicate guest_cr3_ok{L}(struct pn_nested_vmx *n) = ve143_cr3(n->caps.address_width, n->vmcs12.f[PN_F_GUEST_CR3]);

    predicate guest_registers_ok{L}(struct pn_nested_vmx *n) = guest_registers_stand(n) && guest_cr3_ok(n);
*/

/* 26.3.1.3 and 26.3.1.4. */
/*@ predicate guest_tables_ok{L}(struct pn_nested_vmx *n) =
      ve203_gdtr_base(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_GDTR_BASE]) &&
      ve204_idtr_base(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_IDTR_BASE]) &&
      ve205_gdtr_limit(n->vmcs12.f[PN_F_GUEST_GDTR_LIMIT]) &&
      ve206_idtr_limit(n->vmcs12.f[PN_F_GUEST_IDTR_LIMIT]);

    predicate guest_rip_ok{L}(struct pn_nested_vmx *n) =
      ve207_rip_32(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES], n->vmcs12.f[PN_F_GUEST_RIP]) &&
      ve208_rip_64(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES], n->caps.linear_width,
                   n->vmcs12.f[PN_F_GUEST_RIP]);

    predicate guest_rflags_ok{L}(struct pn_nested_vmx *n) =
      ve209_rflags(n->vmcs12.f[PN_F_GUEST_RFLAGS]) &&
      ve210_vm_ia32e(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_RFLAGS]) &&
      ve211_vm_protected(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_RFLAGS]) &&
      ve212_interrupt_flag(n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_GUEST_RFLAGS]);
*/

/* 26.3.1.2. `i` is 0..5 for ES, CS, SS, DS, FS, GS, as in the order of the fields; `flags` is RFLAGS, of which the rules read
   VM alone. */
/*@ predicate guest_any_segment_ok{L}(struct pn_nested_vmx *n, integer i, integer flags) =
      ve166_base_8086(flags, n->vmcs12.f[PN_F_GUEST_ES_SELECTOR + i],
                      n->vmcs12.f[PN_F_GUEST_ES_BASE + i]) &&
      ve172_limit_8086(flags, n->vmcs12.f[PN_F_GUEST_ES_LIMIT + i]) &&
      ve173_rights_8086(flags, n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve178_code_or_data(flags, i == 1 ? 1 : 0, n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve185_present(flags, i == 1 ? 1 : 0, n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve186_reserved(flags, i == 1 ? 1 : 0, n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve188_bytes(flags, i == 1 ? 1 : 0, n->vmcs12.f[PN_F_GUEST_ES_LIMIT + i],
                  n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve189_pages(flags, i == 1 ? 1 : 0, n->vmcs12.f[PN_F_GUEST_ES_LIMIT + i],
                  n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve190_high_reserved(flags, i == 1 ? 1 : 0, n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]);

    predicate guest_data_segment_ok{L}(struct pn_nested_vmx *n, integer i, integer flags) = guest_any_segment_ok(n, i, flags) &&
      ve176_accessed(flags, n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve177_readable(flags, n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]) &&
      ve184_data_dpl(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], flags,
                     n->vmcs12.f[PN_F_GUEST_ES_SELECTOR + i], n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i]);

    predicate guest_es_ds_ok{L}(struct pn_nested_vmx *n, integer i, integer flags) = guest_data_segment_ok(n, i, flags) &&
      ve171_data_base(n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i], n->vmcs12.f[PN_F_GUEST_ES_BASE + i]);

    predicate guest_fs_gs_ok{L}(struct pn_nested_vmx *n, integer i, integer flags) = guest_data_segment_ok(n, i, flags) &&
      ve168_fs_gs_base(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_ES_BASE + i]);

    predicate guest_cs_ok{L}(struct pn_nested_vmx *n, integer flags) = guest_any_segment_ok(n, 1, flags) &&
      ve170_cs_base(n->vmcs12.f[PN_F_GUEST_CS_BASE]) &&
      ve174_cs_type(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], flags,
                    n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES]) &&
      ve179_cs_data_dpl(flags, n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES]) &&
      ve180_cs_dpl(flags, n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES],
                   n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES]) &&
      ve181_cs_conforming_dpl(flags, n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES],
                              n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES]) &&
      ve187_cs_long(n->vmcs12.f[PN_F_ENTRY_CTL], flags, n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES]);

    predicate guest_ss_ok{L}(struct pn_nested_vmx *n, integer flags) = guest_any_segment_ok(n, 2, flags) &&
      ve165_ss_rpl(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], flags,
                   n->vmcs12.f[PN_F_GUEST_CS_SELECTOR], n->vmcs12.f[PN_F_GUEST_SS_SELECTOR]) &&
      ve171_data_base(n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES], n->vmcs12.f[PN_F_GUEST_SS_BASE]) &&
      ve175_ss_type(flags, n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES]) &&
      ve182_ss_dpl_rpl(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], flags,
                       n->vmcs12.f[PN_F_GUEST_SS_SELECTOR], n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES]) &&
      ve183_ss_dpl_0(flags, n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES],
                     n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES]);

    predicate guest_tr_ok{L}(struct pn_nested_vmx *n) =
      ve163_tr_table(n->vmcs12.f[PN_F_GUEST_TR_SELECTOR]) &&
      ve167_tr_base(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_TR_BASE]) &&
      ve191_tr_type(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_TR_AR_BYTES]) &&
      ve192_tr_system(n->vmcs12.f[PN_F_GUEST_TR_AR_BYTES]) && ve193_tr_present(n->vmcs12.f[PN_F_GUEST_TR_AR_BYTES]) &&
      ve194_tr_reserved(n->vmcs12.f[PN_F_GUEST_TR_AR_BYTES]) &&
      ve195_tr_limit(n->vmcs12.f[PN_F_GUEST_TR_LIMIT], n->vmcs12.f[PN_F_GUEST_TR_AR_BYTES]) &&
      ve196_tr_usable(n->vmcs12.f[PN_F_GUEST_TR_AR_BYTES]);

    predicate guest_ldtr_ok{L}(struct pn_nested_vmx *n) =
      ve164_ldtr_table(n->vmcs12.f[PN_F_GUEST_LDTR_SELECTOR], n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES]) &&
      ve169_ldtr_base(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES], n->vmcs12.f[PN_F_GUEST_LDTR_BASE]) &&
      ve197_ldtr_type(n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES]) &&
      ve198_ldtr_system(n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES]) &&
      ve199_ldtr_present(n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES]) &&
      ve200_ldtr_reserved(n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES]) &&
      ve201_ldtr_limit(n->vmcs12.f[PN_F_GUEST_LDTR_LIMIT], n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES]);

    predicate guest_segments_with{L}(struct pn_nested_vmx *n, integer flags) =
      guest_es_ds_ok(n, 0, flags) && guest_cs_ok(n, flags) && guest_ss_ok(n, flags) && guest_es_ds_ok(n, 3, flags) &&
      guest_fs_gs_ok(n, 4, flags) && guest_fs_gs_ok(n, 5, flags) && guest_ldtr_ok(n) && guest_tr_ok(n);

    predicate guest_segments_ok{L}(struct pn_nested_vmx *n) = guest_segments_with(n, n->vmcs12.f[PN_F_GUEST_RFLAGS]);
*/

/* 26.3.1.5. L1 is not offered SGX. */
/*@ predicate guest_activity_ok{L}(struct pn_nested_vmx *n) =
      ve217_activity(n->caps.misc, n->vmcs12.f[PN_F_GUEST_ACTIVITY]) &&
      ve218_hlt_privilege(n->vmcs12.f[PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES]) &&
      ve219_blocked_active(n->vmcs12.f[PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) &&
      ve220_hlt_event(n->vmcs12.f[PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_ENTRY_INFO]) &&
      ve221_shutdown_event(n->vmcs12.f[PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_ENTRY_INFO]) &&
      ve222_sipi_event(n->vmcs12.f[PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_ENTRY_INFO]);

    predicate guest_blocking_ok{L}(struct pn_nested_vmx *n) =
      ve224_blocking_reserved(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) &&
      ve225_not_both(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) &&
      ve226_sti_if(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], n->vmcs12.f[PN_F_GUEST_RFLAGS]) &&
      ve227_interrupt_blocked(n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) &&
      ve228_nmi_movss(n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) &&
      ve230_smi(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) &&
      ve232_nmi_nmi(n->vmcs12.f[PN_F_PIN_CTL], n->vmcs12.f[PN_F_ENTRY_INFO],
                    n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) &&
      ve233_enclave(0, n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]);

    predicate guest_nmi_behind_sti_ok{L}(struct pn_nested_vmx *n) =
      ve229_nmi_sti(n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]);

    predicate guest_pending_debug_ok{L}(struct pn_nested_vmx *n) =
      ve235_debug_reserved(n->caps.debugctl_valid, n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG]) &&
      ve236_step_is_pending(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], n->vmcs12.f[PN_F_GUEST_ACTIVITY],
                            n->vmcs12.f[PN_F_GUEST_RFLAGS], n->vmcs12.f[PN_F_GUEST_DEBUGCTL],
                            n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG]) &&
      ve237_no_step_is_pending(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], n->vmcs12.f[PN_F_GUEST_ACTIVITY],
                               n->vmcs12.f[PN_F_GUEST_RFLAGS], n->vmcs12.f[PN_F_GUEST_DEBUGCTL],
                               n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG]) &&
      ve238_rtm_alone(n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG]) &&
      ve239_rtm_supported(n->caps.debugctl_valid, n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG]) &&
      ve240_rtm_movss(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG]);

    predicate guest_state_ok{L}(struct pn_nested_vmx *n) =
      guest_activity_ok(n) && guest_blocking_ok(n) && guest_pending_debug_ok(n);

    predicate guest_link_address_ok{L}(struct pn_nested_vmx *n) =
      ve241_link_aligned(n->vmcs12.f[PN_F_LINK_POINTER]) &&
      ve242_link_width(n->caps.basic, n->caps.address_width, n->vmcs12.f[PN_F_LINK_POINTER]);

    predicate guest_link_ok{L}(struct pn_nested_vmx *n, integer word) =
      n->vmcs12.f[PN_F_LINK_POINTER] == 0xffffffffffffffff ||
      (guest_link_address_ok(n) && ve243_link_revision(n->caps.basic, word) &&
       ve244_link_shadow(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], word) &&
       ve245_link_other(n->current, n->vmcs12.f[PN_F_LINK_POINTER]));
*/

/* 26.3.1.6. */
/*@ predicate guest_pdptes_in_memory{L}(struct pn_nested_vmx *n) =
      ve247_in_memory(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_ENTRY_CTL],
                      n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]);

    predicate guest_pdptes_in_fields{L}(struct pn_nested_vmx *n) =
      ve248_in_fields(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_ENTRY_CTL],
                      n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]);

    predicate guest_pdptes_ok{L}(struct pn_nested_vmx *n, struct pn_guest_memory m) =
      (guest_pdptes_in_memory(n) ==>
         ve247_pdptes(n->caps.address_width, m.pdpte[0], m.pdpte[1], m.pdpte[2], m.pdpte[3])) &&
      (guest_pdptes_in_fields(n) ==>
         ve247_pdptes(n->caps.address_width, n->vmcs12.f[PN_F_GUEST_PDPTR0], n->vmcs12.f[PN_F_GUEST_PDPTR1],
                      n->vmcs12.f[PN_F_GUEST_PDPTR2], n->vmcs12.f[PN_F_GUEST_PDPTR3]));
*/

/* What L2 seldom changes of it, and a verdict on which may stand from one entry to the next: 26.3.1.1, and 26.3.1.2 with 26.3.1.3.
   `flags`: RFLAGS of the entry that it was made for. */
/*@ predicate guest_segments_stand{L}(struct pn_nested_vmx *n, integer flags) =
      guest_tables_ok(n) && guest_segments_with(n, flags);
*/

/* All of 26.3.1: what fails with exit qualification 0, and the three that have one of their own. */
/*@ predicate guest_plain_ok{L}(struct pn_nested_vmx *n) =
      guest_registers_ok(n) && guest_tables_ok(n) && guest_rip_ok(n) && guest_rflags_ok(n) && guest_segments_ok(n) &&
      guest_state_ok(n);

    predicate guest_ok{L}(struct pn_nested_vmx *n, struct pn_guest_memory m) =
      guest_plain_ok(n) && guest_nmi_behind_sti_ok(n) && guest_link_ok(n, m.link) && guest_pdptes_ok(n, m);
*/

/* Whether the word at the VMCS link pointer is looked at. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures wanted: \result != 0 <==> n->vmcs12.f[PN_F_LINK_POINTER] != 0xffffffffffffffff && guest_link_address_ok(n); */
bool pn_link_wanted(const struct pn_nested_vmx *n);

/* Whether the PDPTEs in memory are looked at. */
/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures wanted: \result != 0 <==> guest_pdptes_in_memory(n); */
bool pn_pdptes_wanted(const struct pn_nested_vmx *n);

/* The checks may be made in any order, and one failure is as good as another (26.8): the qualification is that of a check
   that does fail. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result.ok != 0 <==> guest_ok(n, m);
    ensures kinds: ve250_qualification(\result.qualification);
    ensures plain: \result.ok == 0 && \result.qualification == 0 ==> !guest_plain_ok(n);
    ensures pdpte: \result.ok == 0 && \result.qualification == 2 ==> !guest_pdptes_ok(n, m);
    ensures nmi: \result.ok == 0 && \result.qualification == 3 ==> !guest_nmi_behind_sti_ok(n);
    ensures link: \result.ok == 0 && \result.qualification == 4 ==> !guest_link_ok(n, m.link); */
struct pn_guest_verdict pn_check_guest(const struct pn_nested_vmx *n, struct pn_guest_memory m);

/* The same where the verdict on registers, on segments may stand: those are looked at only if they are due. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    requires registers: due.registers == 0 ==> guest_registers_stand(n);
    requires segments: due.segments == 0 ==> guest_segments_stand(n, n->vmcs12.f[PN_F_GUEST_RFLAGS]);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result.ok != 0 <==> guest_ok(n, m);
    ensures kinds: ve250_qualification(\result.qualification);
    ensures plain: \result.ok == 0 && \result.qualification == 0 ==> !guest_plain_ok(n);
    ensures pdpte: \result.ok == 0 && \result.qualification == 2 ==> !guest_pdptes_ok(n, m);
    ensures nmi: \result.ok == 0 && \result.qualification == 3 ==> !guest_nmi_behind_sti_ok(n);
    ensures link: \result.ok == 0 && \result.qualification == 4 ==> !guest_link_ok(n, m.link); */
struct pn_guest_verdict pn_check_guest_due(const struct pn_nested_vmx *n, struct pn_guest_memory m, struct pn_guest_due due);

#endif
