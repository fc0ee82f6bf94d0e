/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks of the VMX controls and of the host-state area (SDM vol. 3C 26.2; 27.2 in editions since 2023). The result
 * is the number of the VM-instruction error (SDM 30.4), 0 if every check passes. Everything checked is L1's: any value.
 */
#ifndef PROVENEST_VMX_CHECK_H
#define PROVENEST_VMX_CHECK_H

#include <provenest/nested.h>
#include <provenest/nested_inv.h>

#include "../../../spec/acsl/vmx_controls.h"
#include "../../../spec/acsl/vmx_host.h"

/* ---- Which field each rule is about ------------------------------------------------------------------------------ */

/*@ logic integer pin_of{L}(struct pn_nested_vmx *n) = n->vmcs12.f[PN_F_PIN_CTL];
    logic integer proc_of{L}(struct pn_nested_vmx *n) = n->vmcs12.f[PN_F_PROC_CTL];
    logic integer proc2_of{L}(struct pn_nested_vmx *n) = n->vmcs12.f[PN_F_PROC2_CTL];
    logic integer exit_of{L}(struct pn_nested_vmx *n) = n->vmcs12.f[PN_F_EXIT_CTL];
    logic integer entry_of{L}(struct pn_nested_vmx *n) = n->vmcs12.f[PN_F_ENTRY_CTL];
*/

/*@ predicate controls_reserved_ok{L}(struct pn_nested_vmx *n) =
      ve012_pin(pin_of(n), n->caps.pin) && ve013_primary(proc_of(n), n->caps.proc) &&
      ve014_secondary(proc_of(n), proc2_of(n), n->caps.proc2) &&
      ve066_exit(exit_of(n), n->caps.exit) && ve077_entry(entry_of(n), n->caps.entry);

    predicate controls_agree{L}(struct pn_nested_vmx *n) =
      ve024_threshold(proc_of(n), proc2_of(n), n->vmcs12.f[PN_F_TPR_THRESHOLD]) &&
      ve026_virtual_nmis(pin_of(n)) && ve027_nmi_window(pin_of(n), proc_of(n)) &&
      ve041_vpid(proc_of(n), proc2_of(n), n->vmcs12.f[PN_F_VPID]) && ve050_unrestricted(proc_of(n), proc2_of(n)) &&
      ve016_cr3_targets(n->vmcs12.f[PN_F_CR3_TARGET_COUNT], n->caps.misc) && ve068_save_timer(pin_of(n), exit_of(n));

    predicate io_bitmaps_ok{L}(struct pn_nested_vmx *n) =
      ve017_io_aligned(proc_of(n), n->vmcs12.f[PN_F_IO_BITMAP_A], n->vmcs12.f[PN_F_IO_BITMAP_B]) &&
      ve018_io_fits(proc_of(n), n->vmcs12.f[PN_F_IO_BITMAP_A], n->vmcs12.f[PN_F_IO_BITMAP_B], n->caps.basic,
        n->caps.address_width);

    predicate msr_bitmap_ok{L}(struct pn_nested_vmx *n) =
      ve019_msr_aligned(proc_of(n), n->vmcs12.f[PN_F_MSR_BITMAP]) &&
      ve020_msr_fits(proc_of(n), n->vmcs12.f[PN_F_MSR_BITMAP], n->caps.basic, n->caps.address_width);
*/

/* Whether these addresses are L1's is not asked here: the manual does not, and vmcs02 gets a stray page instead (hw/vmcs.h). */
/*@ predicate virtual_apic_ok{L}(struct pn_nested_vmx *n) =
      ve021_tpr_aligned(proc_of(n), n->vmcs12.f[PN_F_VIRTUAL_APIC]) &&
      ve022_tpr_fits(proc_of(n), n->vmcs12.f[PN_F_VIRTUAL_APIC], n->caps.basic, n->caps.address_width);

    predicate apic_access_ok{L}(struct pn_nested_vmx *n) =
      ve028_apic_aligned(proc_of(n), proc2_of(n), n->vmcs12.f[PN_F_APIC_ACCESS]) &&
      ve029_apic_fits(proc_of(n), proc2_of(n), n->vmcs12.f[PN_F_APIC_ACCESS], n->caps.basic, n->caps.address_width);

    predicate eptp_ok{L}(struct pn_nested_vmx *n) =
      ve042_eptp(proc_of(n), proc2_of(n), n->vmcs12.f[PN_F_EPT_POINTER], n->caps.ept_vpid, n->caps.address_width);

    predicate msr_lists_ok{L}(struct pn_nested_vmx *n) =
      ve069_list(n->vmcs12.f[PN_F_EXIT_STORE_COUNT], n->vmcs12.f[PN_F_EXIT_STORE_ADDR], n->caps.basic, n->caps.misc,
        n->caps.address_width) &&
      ve069_list(n->vmcs12.f[PN_F_EXIT_LOAD_COUNT], n->vmcs12.f[PN_F_EXIT_LOAD_ADDR], n->caps.basic, n->caps.misc,
        n->caps.address_width) &&
      ve069_list(n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT], n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR], n->caps.basic, n->caps.misc,
        n->caps.address_width);

    predicate entry_event_ok{L}(struct pn_nested_vmx *n) =
      ve078_event(n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_ENTRY_ERROR], n->vmcs12.f[PN_F_ENTRY_LENGTH],
        proc_of(n), proc2_of(n), n->vmcs12.f[PN_F_GUEST_CR0], n->caps.basic, n->caps.misc, n->caps.proc);
*/

/* Every rule of SDM 26.2.1 but the one that looks into memory (VE-025), and one of our own (PD-001). */
/*@ predicate controls_ok{L}(struct pn_nested_vmx *n) =
      controls_reserved_ok(n) && controls_agree(n) && io_bitmaps_ok(n) && msr_bitmap_ok(n) && virtual_apic_ok(n) &&
      apic_access_ok(n) && eptp_ok(n) && msr_lists_ok(n) && entry_event_ok(n);

    predicate vtpr_ok{L}(struct pn_nested_vmx *n, integer vtpr) =
      ve025_threshold_vtpr(proc_of(n), proc2_of(n), n->vmcs12.f[PN_F_TPR_THRESHOLD], vtpr);
*/

/*@ predicate host_registers_ok{L}(struct pn_nested_vmx *n) =
      ve096_cr0_ones(n->vmcs12.f[PN_F_HOST_CR0], n->caps.cr0_fixed0) &&
      ve097_cr0_zeros(n->vmcs12.f[PN_F_HOST_CR0], n->caps.cr0_fixed1) &&
      ve098_cr4_ones(n->vmcs12.f[PN_F_HOST_CR4], n->caps.cr4_fixed0) &&
      ve099_cr4_zeros(n->vmcs12.f[PN_F_HOST_CR4], n->caps.cr4_fixed1) &&
      ve100_cet_wp(n->vmcs12.f[PN_F_HOST_CR0], n->vmcs12.f[PN_F_HOST_CR4]) &&
      ve101_cr3(n->vmcs12.f[PN_F_HOST_CR3], n->caps.address_width);

    predicate host_msrs_ok{L}(struct pn_nested_vmx *n) =
      ve102_sysenter_esp(n->vmcs12.f[PN_F_HOST_SYSENTER_ESP], n->caps.linear_width) &&
      ve103_sysenter_eip(n->vmcs12.f[PN_F_HOST_SYSENTER_EIP], n->caps.linear_width) &&
      ve105_pat(exit_of(n), n->vmcs12.f[PN_F_HOST_PAT]) &&
      ve106_efer(exit_of(n), n->vmcs12.f[PN_F_HOST_EFER], n->caps.efer_valid) &&
      ve107_efer_mode(exit_of(n), n->vmcs12.f[PN_F_HOST_EFER]);

    predicate host_selectors_ok{L}(struct pn_nested_vmx *n) =
      (\forall integer i; PN_F_HOST_ES_SELECTOR <= i <= PN_F_HOST_TR_SELECTOR ==> ve114_selector(n->vmcs12.f[i])) &&
      ve115_cs(n->vmcs12.f[PN_F_HOST_CS_SELECTOR]) && ve116_tr(n->vmcs12.f[PN_F_HOST_TR_SELECTOR]) &&
      ve117_ss(exit_of(n), n->vmcs12.f[PN_F_HOST_SS_SELECTOR]);

    predicate host_bases_ok{L}(struct pn_nested_vmx *n) =
      ve118_fs_gs(n->vmcs12.f[PN_F_HOST_FS_BASE], n->vmcs12.f[PN_F_HOST_GS_BASE], n->caps.linear_width) &&
      ve119_tables(n->vmcs12.f[PN_F_HOST_GDTR_BASE], n->vmcs12.f[PN_F_HOST_IDTR_BASE], n->caps.linear_width) &&
      ve120_tr(n->vmcs12.f[PN_F_HOST_TR_BASE], n->caps.linear_width);

    predicate address_size_ok{L}(struct pn_nested_vmx *n, integer lma) =
      ve122_host_32(lma, exit_of(n)) && ve123_guest_32(lma, entry_of(n)) && ve124_host_64(lma, exit_of(n)) &&
      ve125_no_64_guest(exit_of(n), entry_of(n)) && ve126_pcide(exit_of(n), n->vmcs12.f[PN_F_HOST_CR4]) &&
      ve127_rip_32(exit_of(n), n->vmcs12.f[PN_F_HOST_RIP]) && ve129_pae(exit_of(n), n->vmcs12.f[PN_F_HOST_CR4]) &&
      ve130_rip_64(exit_of(n), n->vmcs12.f[PN_F_HOST_CR4], n->vmcs12.f[PN_F_HOST_RIP]);
*/

/* Of them those that only the area itself and the exit controls say: all but those of L1's mode and of the entry controls. */
/*@ predicate host_mode_ok{L}(struct pn_nested_vmx *n, integer lma) =
      ve122_host_32(lma, exit_of(n)) && ve123_guest_32(lma, entry_of(n)) && ve124_host_64(lma, exit_of(n)) &&
      ve125_no_64_guest(exit_of(n), entry_of(n));

    predicate host_size_ok{L}(struct pn_nested_vmx *n) =
      ve126_pcide(exit_of(n), n->vmcs12.f[PN_F_HOST_CR4]) && ve127_rip_32(exit_of(n), n->vmcs12.f[PN_F_HOST_RIP]) &&
      ve129_pae(exit_of(n), n->vmcs12.f[PN_F_HOST_CR4]) &&
      ve130_rip_64(exit_of(n), n->vmcs12.f[PN_F_HOST_CR4], n->vmcs12.f[PN_F_HOST_RIP]);

    predicate host_area_ok{L}(struct pn_nested_vmx *n) =
      host_registers_ok(n) && host_msrs_ok(n) && host_selectors_ok(n) && host_bases_ok(n) && host_size_ok(n);
*/

/* Every rule of SDM 26.2.2 to 26.2.4. */
/*@ predicate host_ok{L}(struct pn_nested_vmx *n, integer lma) =
      host_registers_ok(n) && host_msrs_ok(n) && host_selectors_ok(n) && host_bases_ok(n) && address_size_ok(n, lma);
*/

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

/* 0, or 7: VM entry with invalid control fields. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures number: \result == 0 || \result == 7;
    ensures rule: \result == 0 <==> controls_ok(n); */
uint8_t pn_check_controls(const struct pn_nested_vmx *n);

/* After it: whether the TPR threshold is compared with VTPR, byte 0x80 of the page at PN_F_VIRTUAL_APIC; and then 0 or 7. */
/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve025_applies(proc_of(n), proc2_of(n)); */
bool pn_vtpr_wanted(const struct pn_nested_vmx *n);

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures number: \result == 0 || \result == 7;
    ensures rule: \result == 0 <==> vtpr_ok(n, vtpr); */
uint8_t pn_check_vtpr(const struct pn_nested_vmx *n, uint8_t vtpr);

/* 0, or 8: VM entry with invalid host-state fields. `l1_lma`: IA32_EFER.LMA of L1 now (struct pn_l1_mode, long_mode). */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures number: \result == 0 || \result == 8;
    ensures rule: \result == 0 <==> host_ok(n, l1_lma); */
uint8_t pn_check_host(const struct pn_nested_vmx *n, bool l1_lma);

/* The same where the verdict on the area may stand: it is looked at only if it is due. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    requires stands: due == 0 ==> host_area_ok(n);
    terminates \true; exits \false; assigns \nothing;
    ensures number: \result == 0 || \result == 8;
    ensures rule: \result == 0 <==> host_ok(n, l1_lma); */
uint8_t pn_check_host_due(const struct pn_nested_vmx *n, bool l1_lma, bool due);

#endif
