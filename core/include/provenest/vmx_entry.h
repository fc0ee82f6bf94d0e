/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry of L2: from vmcs12 to vmcs02 (SDM vol. 3C 26).
 *
 * One entry:  pn_nested_enter             VMLAUNCH or VMRESUME of L1's: checks, vmcs02, MSR-load list
 *             pn_nested_take_entry_event  (vmx_events.h) the event that L1 injects
 *             ... pn_nested_events, pn_inject_events, the processor's VM entry ...
 *             pn_nested_entered           at the first VM exit, before anything is done about it
 */
#ifndef PROVENEST_VMX_ENTRY_H
#define PROVENEST_VMX_ENTRY_H

#include <provenest/nested_inv.h>
#include <provenest/vmx_check.h>
#include <provenest/vmx_check_guest.h>
#include <provenest/vmx_insn.h>

#include "../../../spec/acsl/vmx_merge.h"
#include "../../../spec/acsl/vmx_pdptr.h"
#include "../../hw/msr.h"
#include "../../hw/vmcs.h"

/* What L2 keeps of L1's registers where vmcs12 does not load them (SDM 26.3.2.1). */
struct pn_l1_registers {
    uint64_t dr7, debugctl, pat, efer;
};

/* The four PDPTEs of L2. */
struct pn_pdptes {
    uint64_t entry[4];
};

/* ---- What vmcs02 holds ------------------------------------------------------------------------------------------ */

/*@ predicate pn_has_ept{L}(struct pn_nested_vmx *n) = ev118_ept(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]);
    predicate pn_pae{L}(struct pn_nested_vmx *n) =
      ev118_pae(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_ENTRY_CTL]);

    // Vmcs12's PDPTE fields are L2's PDPTEs; or those in memory at CR3 are. When they are written into vmcs02.
    predicate pn_uses_pdptrs{L}(struct pn_nested_vmx *n) = pn_has_ept(n) && pn_pae(n);
    predicate pn_walks_pdptrs{L}(struct pn_nested_vmx *n) = !pn_has_ept(n) && pn_pae(n);
    predicate pn_writes_pdptrs{L}(struct pn_nested_vmx *n) =
      (pn_uses_pdptrs(n) && n->pdptrs_held == 0) || pn_walks_pdptrs(n);

    // History: vmcs02 holds vmcs12's, or what vmcs12 has is undefined since the last exit of L2 (SDM 27.3.1).
    predicate pn_pdptrs_sound{L}(struct pn_nested_vmx *n) = n->pdptrs_held != 0 && dev_pdptrs_lost == 0 ==>
      (\forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_vmcs02[f] == n->vmcs12.f[f]);
*/

/* Of one group each: what vmcs12 asks for and L0 wants is in vmcs02. */
/*@ predicate pn_same{L}(struct pn_nested_vmx *n, integer first, integer end) =
      \forall integer f; first <= f < end ==> dev_vmcs02[f] == n->vmcs12.f[f];

    // Segments: CS's and SS's access rights; and if vmcs12 has L2's, all.
    predicate pn_same_segments{L}(struct pn_nested_vmx *n) =
      dev_vmcs02[PN_F_GUEST_CS_AR_BYTES] == n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES] &&
      dev_vmcs02[PN_F_GUEST_SS_AR_BYTES] == n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES] &&
      (bit(n->dirty, PN_HAS_SEGMENTS) ==> pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END));

    predicate pn_holds_words{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      ne001_pin(l0.pin, n->vmcs12.f[PN_F_PIN_CTL], dev_vmcs02[PN_F_PIN_CTL]) &&
      ne002_proc(l0.proc, n->vmcs12.f[PN_F_PROC_CTL], dev_vmcs02[PN_F_PROC_CTL]) &&
      ne003_proc2(l0.proc2, n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], dev_vmcs02[PN_F_PROC2_CTL]) &&
      ne005_exit(l0.exit, n->vmcs12.f[PN_F_PIN_CTL], n->caps.exit, dev_vmcs02[PN_F_EXIT_CTL]) &&
      ne004_entry(l0.entry, n->vmcs12.f[PN_F_ENTRY_CTL], dev_vmcs02[PN_F_ENTRY_CTL]);

    predicate pn_holds_exceptions{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      ne006_exceptions(l0.exception_bitmap, n->vmcs12.f[PN_F_EXCEPTION_BITMAP], dev_vmcs02[PN_F_EXCEPTION_BITMAP]) &&
      ne007_page_faults(l0.exception_bitmap, n->vmcs12.f[PN_F_EXCEPTION_BITMAP], n->vmcs12.f[PN_F_PF_MASK],
                        n->vmcs12.f[PN_F_PF_MATCH], dev_vmcs02[PN_F_EXCEPTION_BITMAP], dev_vmcs02[PN_F_PF_MASK],
                        dev_vmcs02[PN_F_PF_MATCH]);

    predicate pn_holds_plain{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      dev_vmcs02[PN_F_TPR_THRESHOLD] == n->vmcs12.f[PN_F_TPR_THRESHOLD] &&
      dev_vmcs02[PN_F_XSS_EXIT_BITMAP] == n->vmcs12.f[PN_F_XSS_EXIT_BITMAP] &&
      dev_vmcs02[PN_F_VPID] == l0.vpid02 && dev_vmcs02[PN_F_MSR_BITMAP] == l0.msr_bitmap;

    predicate pn_holds_ept{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      (pn_has_ept(n) ==> dev_vmcs02[PN_F_EPT_POINTER] == l0.ept_pointer) &&
      (!pn_has_ept(n) ==> dev_vmcs02[PN_F_EPT_POINTER] == l0.eptp01);

    predicate pn_holds_pages{L}(struct pn_nested_vmx *n) =
      vmcs02_takes(PN_F_VIRTUAL_APIC, n->vmcs12.f[PN_F_VIRTUAL_APIC], dev_vmcs02[PN_F_VIRTUAL_APIC]) &&
      vmcs02_takes(PN_F_APIC_ACCESS, n->vmcs12.f[PN_F_APIC_ACCESS], dev_vmcs02[PN_F_APIC_ACCESS]);

    predicate pn_holds_tsc{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      ne013_offset(l0.tsc_offset, n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_TSC_OFFSET], dev_vmcs02[PN_F_TSC_OFFSET]);

    predicate pn_holds_controls{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      pn_holds_words(n, l0) && pn_holds_exceptions(n, l0) && pn_holds_plain(n, l0) && pn_holds_ept(n, l0) &&
      pn_holds_pages(n) && pn_holds_tsc(n, l0);

    predicate pn_holds_registers{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      ne008_value(l0.cr0_mask, l0.cr0_forced, n->vmcs12.f[PN_F_GUEST_CR0], dev_vmcs02[PN_F_GUEST_CR0]) &&
      ne009_mask(l0.cr0_mask, n->vmcs12.f[PN_F_CR0_MASK], dev_vmcs02[PN_F_CR0_MASK]) &&
      ne010_shadow(l0.cr0_mask, n->vmcs12.f[PN_F_CR0_MASK], n->vmcs12.f[PN_F_CR0_SHADOW],
                   n->vmcs12.f[PN_F_GUEST_CR0], dev_vmcs02[PN_F_CR0_SHADOW]) &&
      dev_vmcs02[PN_F_GUEST_CR3] == n->vmcs12.f[PN_F_GUEST_CR3] &&
      ne008_value(l0.cr4_mask, l0.cr4_forced, n->vmcs12.f[PN_F_GUEST_CR4], dev_vmcs02[PN_F_GUEST_CR4]) &&
      ne009_mask(l0.cr4_mask, n->vmcs12.f[PN_F_CR4_MASK], dev_vmcs02[PN_F_CR4_MASK]) &&
      ne010_shadow(l0.cr4_mask, n->vmcs12.f[PN_F_CR4_MASK], n->vmcs12.f[PN_F_CR4_SHADOW],
                   n->vmcs12.f[PN_F_GUEST_CR4], dev_vmcs02[PN_F_CR4_SHADOW]);

    // DR7, DEBUGCTL, PAT, EFER: the load controls (SDM 24.8.1); of those that vmcs12 loads, vmcs12's; and all of them.
    predicate pn_loads_debug{L}(struct pn_nested_vmx *n) = bit(n->vmcs12.f[PN_F_ENTRY_CTL], 2);
    predicate pn_loads_pat{L}(struct pn_nested_vmx *n) = bit(n->vmcs12.f[PN_F_ENTRY_CTL], 14);
    predicate pn_loads_efer{L}(struct pn_nested_vmx *n) = bit(n->vmcs12.f[PN_F_ENTRY_CTL], 15);
    predicate pn_loads_all{L}(struct pn_nested_vmx *n) = pn_loads_debug(n) && pn_loads_pat(n) && pn_loads_efer(n);

    predicate pn_holds_loaded{L}(struct pn_nested_vmx *n) =
      (pn_loads_debug(n) ==> pn_same(n, PN_F_GUEST_DR7, PN_F_GUEST_PAT)) &&
      (pn_loads_pat(n) ==> dev_vmcs02[PN_F_GUEST_PAT] == n->vmcs12.f[PN_F_GUEST_PAT]) &&
      (pn_loads_efer(n) ==> dev_vmcs02[PN_F_GUEST_EFER] == n->vmcs12.f[PN_F_GUEST_EFER]);

    // What L2 has of L1's is given by value.
    predicate pn_holds_gated{L}(struct pn_nested_vmx *n, integer dr7, integer debugctl, integer pat) =
      ne011_gated(n->entry_pending, n->vmcs12.f[PN_F_ENTRY_CTL], 2, n->vmcs12.f[PN_F_GUEST_DR7], dr7,
                  dev_vmcs02[PN_F_GUEST_DR7]) &&
      ne011_gated(n->entry_pending, n->vmcs12.f[PN_F_ENTRY_CTL], 2, n->vmcs12.f[PN_F_GUEST_DEBUGCTL], debugctl,
                  dev_vmcs02[PN_F_GUEST_DEBUGCTL]) &&
      ne011_gated(n->entry_pending, n->vmcs12.f[PN_F_ENTRY_CTL], 14, n->vmcs12.f[PN_F_GUEST_PAT], pat,
                  dev_vmcs02[PN_F_GUEST_PAT]);

    predicate pn_holds_efer{L}(struct pn_nested_vmx *n, integer efer) =
      ne012_efer(n->entry_pending, n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_EFER], efer,
                 n->vmcs12.f[PN_F_GUEST_CR0], dev_vmcs02[PN_F_GUEST_EFER]);
*/

/* Vmcs12 is said to have L2's segments only if it has. Vmcs02's, if only they are L2's, stay where they are for an entry (then L1 has
   not asked for others, and the rules stand, but for what L2 has loaded: the processor checks those, by the same rules, since L2 is
   an unrestricted guest for L1 too), and nothing that an MSR-load list can fail at may follow. */
/*@ predicate pn_segments_sound{L}(struct pn_nested_vmx *n) = bit(n->dirty, PN_HAS_SEGMENTS) ==> dev_unsaved == 0;

    predicate pn_segments_settled{L}(struct pn_nested_vmx *n) = bit(n->dirty, PN_HAS_SEGMENTS) ||
      (!bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_GROUP_REGISTERS) && !bit(n->dirty, PN_GROUP_SEGMENTS) &&
       !bit(n->dirty, PN_GROUP_EXIT) && !bit(n->vmcs12.f[PN_F_GUEST_RFLAGS], 17) &&
       bit(n->vmcs12.f[PN_F_PROC_CTL], 31) && bit(n->vmcs12.f[PN_F_PROC2_CTL], 7) &&
       n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0);
*/

/* The invariant of n->dirty while L1 runs: a clean group is in vmcs02 as vmcs12 asks for it. */
/*@ predicate pn_clean_sound{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      (!bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_controls(n, l0)) &&
      (!bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_holds_registers(n, l0)) &&
      (!bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_holds_loaded(n)) &&
      (!bit(n->dirty, PN_GROUP_SEGMENTS) ==> pn_same_segments(n)) &&
      (!bit(n->dirty, PN_GROUP_RARE) ==> pn_same(n, PN_G_RARE, PN_G_RARE_END)) &&
      (!bit(n->dirty, PN_GROUP_OTHER) ==>
        dev_vmcs02[PN_F_GUEST_ACTIVITY] == n->vmcs12.f[PN_F_GUEST_ACTIVITY] &&
        dev_vmcs02[PN_F_PREEMPTION_TIMER] == n->vmcs12.f[PN_F_PREEMPTION_TIMER]) && pn_segments_sound(n);

    // No group is dirty, and no flush is due.
    predicate pn_all_clean(integer dirty) = \forall integer k; 0 <= k <= 31 && k != PN_HAS_SEGMENTS ==> !bit(dirty, k);

    predicate pn_unwritten{L}(integer first, integer end) =
      \forall integer f; first <= f < end ==> dev_written02[f] == 0;
*/

/* What of the checks' verdict may stand from one entry to the next. While L1 runs: a clean group is as the last entry that
   succeeded found it to be right. No field that VMWRITE reaches is of PN_GROUP_EXIT: that one is dirty if the last exit of L2
   saved other registers or segments than vmcs12 had. Of RFLAGS, which L2 and L1 change all the time, the rules for segments read
   VM: they stand for a guest that is not a virtual-8086 one. While L2 runs: the rules hold of vmcs12. */
/*@ predicate pn_verdict_sound{L}(struct pn_nested_vmx *n) =
      (!bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_GROUP_HOST) ==> host_area_ok(n)) &&
      (!bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_GROUP_REGISTERS) && !bit(n->dirty, PN_GROUP_RARE) &&
       !bit(n->dirty, PN_GROUP_EXIT) ==> guest_registers_stand(n)) &&
      (!bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_GROUP_REGISTERS) && !bit(n->dirty, PN_GROUP_SEGMENTS) &&
       !bit(n->dirty, PN_GROUP_EXIT) ==> guest_segments_stand(n, 0));

    predicate pn_verdict_held{L}(struct pn_nested_vmx *n) =
      host_area_ok(n) && guest_registers_stand(n) && guest_segments_stand(n, n->vmcs12.f[PN_F_GUEST_RFLAGS]);
*/

/* SDM 28.3.3: what is cached under vpid02 is of this VPID and this EPTP of L1's (0: off), and none of it must go. */
/*@ predicate pn_has_vpid{L}(struct pn_nested_vmx *n) =
      bit(n->vmcs12.f[PN_F_PROC_CTL], 31) && bit(n->vmcs12.f[PN_F_PROC2_CTL], 5);

    predicate pn_tags{L}(struct pn_nested_vmx *n, integer vpid, integer eptp) =
      (pn_has_vpid(n) ==> vpid == n->vmcs12.f[PN_F_VPID]) && (!pn_has_vpid(n) ==> vpid == 0) &&
      (pn_has_ept(n) ==> eptp == n->vmcs12.f[PN_F_EPT_POINTER]) && (!pn_has_ept(n) ==> eptp == 0);

    predicate pn_tags_sound{L}(struct pn_nested_vmx *n) = !bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_DUE_FLUSH) ==>
      pn_tags(n, dev_tag_vpid, dev_tag_eptp) && dev_flush_owed == 0;
*/

/* SDM 4.4.1: CR3 has the address of the four PDPTEs in bits 31:5. */
/*@ logic integer pn_pdptes_at(integer cr3) = ((cr3 / 32) % 0x8000000) * 32;
*/

/* ---- Why an entry fails ------------------------------------------------------------------------------------------ */

/*@ logic integer pn_vtpr{L}(struct pn_nested_vmx *n) = mem64(n->vmcs12.f[PN_F_VIRTUAL_APIC] + 0x80) % 0x100;

    predicate pn_controls_pass{L}(struct pn_nested_vmx *n) = controls_ok(n) && vtpr_ok(n, pn_vtpr(n));

    // The instruction itself: no fault, a current VMCS, no blocking by MOV SS, the launch state.
    predicate pn_entry_permitted{L}(struct pn_nested_vmx *n, struct pn_l1_mode m, integer launch) =
      permitted(n->vmxon, m) && n->current != PN_NO_VMCS && m.movss == 0 && ve007_launch_state(launch, n->launched);

    logic integer pn_pdpte{L}(struct pn_nested_vmx *n, integer k) =
      mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8 * k);

    // Of the guest's rules those that look into memory, on what memory has.
    predicate guest_link_in_memory_ok{L}(struct pn_nested_vmx *n) = guest_link_ok(n, mem64(n->vmcs12.f[PN_F_LINK_POINTER]));

    predicate guest_all_pdptes_ok{L}(struct pn_nested_vmx *n) =
      (guest_pdptes_in_memory(n) ==>
         ve247_pdptes(n->caps.address_width, pn_pdpte(n, 0), pn_pdpte(n, 1), pn_pdpte(n, 2), pn_pdpte(n, 3))) &&
      (guest_pdptes_in_fields(n) ==>
         ve247_pdptes(n->caps.address_width, n->vmcs12.f[PN_F_GUEST_PDPTR0], n->vmcs12.f[PN_F_GUEST_PDPTR1],
                      n->vmcs12.f[PN_F_GUEST_PDPTR2], n->vmcs12.f[PN_F_GUEST_PDPTR3]));

    predicate guest_in_memory_ok{L}(struct pn_nested_vmx *n) =
      guest_plain_ok(n) && guest_nmi_behind_sti_ok(n) && guest_link_in_memory_ok(n) && guest_all_pdptes_ok(n);
*/

/* SDM 26.8: reason 33 with the qualification of a rule that is broken; or 34 with the number of an entry of the list. */
/*@ predicate pn_broken{L}(struct pn_nested_vmx *n, integer qualification) =
      (qualification == 0 && !guest_plain_ok(n)) || (qualification == 2 && !guest_all_pdptes_ok(n)) ||
      (qualification == 3 && !guest_nmi_behind_sti_ok(n)) || (qualification == 4 && !guest_link_in_memory_ok(n));

    predicate pn_failed_at_guest{A, B}(struct pn_nested_vmx *n) =
      \at(n->vmcs12.f[PN_F_EXIT_REASON], B) == 0x80000021 && pn_broken{A}(n, \at(n->vmcs12.f[PN_F_EXIT_QUALIFICATION], B));

    predicate pn_failed_at_list{A, B}(struct pn_nested_vmx *n) =
      \at(n->vmcs12.f[PN_F_EXIT_REASON], B) == 0x80000022 &&
      1 <= \at(n->vmcs12.f[PN_F_EXIT_QUALIFICATION], B) <= \at(n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT], A);

    // That entry of the list cannot be loaded; but for one that a VMX abort has since written over, the word at `current`.
    predicate pn_unloadable_at{A, B}(integer place, integer current) =
      place != current && place + 8 != current ==> msr_not_loaded{A, B}(place);
    predicate pn_unloadable{A, B}(struct pn_nested_vmx *n, integer list, integer number) =
      msr_list_fits(list, number) ==> pn_unloadable_at{A, B}(list + 16 * (number - 1), \at(n->current, A));
*/

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> pn_has_ept(n); */
bool pn_l1_has_ept(const struct pn_nested_vmx *n);

/* Whether L2, as vmcs12 is now, uses PAE paging under an EPT of L1's: then the PDPTE fields are its PDPTEs, loaded by
 * entries and saved by exits (SDM 26.3.2.4, 27.3.1). */
/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> pn_uses_pdptrs(n); */
bool pn_pdptrs_in_use(const struct pn_nested_vmx *n);

/* vmcs02 from vmcs12 and from what L0 wants; vmcs02 is current. Each field at most once, and only if vmcs02 may not hold it.
 * `memory`: the PDPTEs at L2's CR3, for PAE paging without an EPT of L1's. The event fields are not written here
 * (pn_inject_events), nor what L0 wrote when it made vmcs02. */
/*@ requires nested: \valid(n);
    requires fit: pn_fields_fit(n);
    requires pending: n->entry_pending != 0;
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: pn_unwritten(0, PN_FIELDS);
    requires clean: pn_clean_sound(n, l0);
    requires saved: bit(n->dirty, PN_GROUP_SEGMENTS) ==> bit(n->dirty, PN_HAS_SEGMENTS);
    requires history: pn_pdptrs_sound(n);
    terminates \true; exits \false;
    assigns n->pdptrs_held, dev_vmcs02[0 .. PN_G_OTHER_END - 1], dev_written02[0 .. PN_G_OTHER_END - 1], dev_cost02;
    ensures holds_words: pn_holds_words(n, l0);
    ensures holds_exceptions: pn_holds_exceptions(n, l0);
    ensures holds_plain: pn_holds_plain(n, l0);
    ensures holds_ept: pn_holds_ept(n, l0);
    ensures holds_pages: pn_holds_pages(n);
    ensures holds_tsc: pn_holds_tsc(n, l0);
    ensures holds_basic: pn_same(n, PN_G_BASIC, PN_G_BASIC_END);
    ensures holds_registers: pn_holds_registers(n, l0);
    ensures holds_gated: pn_holds_gated(n, l1.dr7, l1.debugctl, l1.pat);
    ensures holds_efer: pn_holds_efer(n, l1.efer);
    ensures holds_segments: pn_same_segments(n);
    ensures holds_rare: pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures holds_activity: dev_vmcs02[PN_F_GUEST_ACTIVITY] == n->vmcs12.f[PN_F_GUEST_ACTIVITY];
    ensures holds_timer: dev_vmcs02[PN_F_PREEMPTION_TIMER] == n->vmcs12.f[PN_F_PREEMPTION_TIMER];
    ensures pdptrs: pn_uses_pdptrs(n) && (dev_pdptrs_lost == 0 || !\old(n->pdptrs_held)) ==>
            pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures pdptrs_memory: pn_walks_pdptrs(n) ==>
            (\forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_vmcs02[f] == memory.entry[f - PN_G_PDPTRS]);
    ensures history: pn_pdptrs_sound(n);
    ensures only_controls: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_unwritten(PN_G_CONTROLS, PN_G_CONTROLS_END);
    ensures only_event: pn_unwritten(PN_G_EVENT, PN_G_EVENT_END);
    ensures only_registers: !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_unwritten(PN_F_GUEST_CR0, PN_F_GUEST_DR7);
    ensures only_gated: !bit(n->dirty, PN_GROUP_REGISTERS) && !bit(n->dirty, PN_GROUP_CONTROLS) && pn_loads_all(n) ==>
            pn_unwritten(PN_F_GUEST_DR7, PN_G_REGISTERS_END);
    ensures only_segments: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> pn_unwritten(PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    ensures left_segments: !bit(n->dirty, PN_GROUP_SEGMENTS) ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_vmcs02[f] == \old(dev_vmcs02[f]));
    ensures only_rare: !bit(n->dirty, PN_GROUP_RARE) ==> pn_unwritten(PN_G_RARE, PN_G_RARE_END);
    ensures only_pdptrs: !pn_writes_pdptrs{Pre}(n) ==> pn_unwritten(PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures only_other: !bit(n->dirty, PN_GROUP_OTHER) ==> pn_unwritten(PN_G_OTHER, PN_G_OTHER_END);
    ensures cost_least: pn_all_clean(n->dirty) && pn_loads_all(n) && !pn_writes_pdptrs{Pre}(n) ==>
            n_writes02 == \old(n_writes02) + 4;
    ensures cost_clean: pn_all_clean(n->dirty) ==> n_writes02 <= \old(n_writes02) + 12;
    ensures cost_most: n_writes02 <= \old(n_writes02) + 77; */
void pn_prepare_vmcs02(struct pn_nested_vmx *n, struct pn_l0_wants l0, struct pn_l1_registers l1, struct pn_pdptes memory);

/* VMLAUNCH (`launch`) or VMRESUME of L1's, whole. PN_VMX_ENTER: vmcs02 is current, L2 is to run. Anything else: vmcs01 is
 * current, and it is pn_vm_entry's, the failing checks' or pn_entry_failure's. Failing makes nothing clean. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires current: dev_vmcs == PN_VMCS01;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires stands: n->checked != 0 ==> controls_ok(n);
    requires clean: pn_clean_sound(n, l0);
    requires history: pn_pdptrs_sound(n);
    requires tags: pn_tags_sound(n);
    requires verdict: pn_verdict_sound(n);
    requires settled: pn_segments_settled(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR], n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION],
            n->checked, n->l2, n->entry_pending, n->pdptrs_held, n->dirty, dev_reads, dev_memory, dev_writes, dev_msrs,
            dev_msr_journal, dev_bitmap02, dev_rounds, dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[0 .. PN_FIELDS - 1], dev_written02[0 .. PN_FIELDS - 1], dev_cost02,
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures permitted: \result.kind == PN_VMX_ENTER ==> permitted(\old(n->vmxon), m) && \old(n->current) != PN_NO_VMCS &&
            m.movss == 0 && ve007_launch_state(launch, \old(n->launched));
    ensures nested: \result.kind == PN_VMX_ENTER ==> n->l2 != 0 && n->entry_pending != 0 && dev_vmcs == PN_VMCS02;
    ensures controls: \result.kind == PN_VMX_ENTER ==> controls_ok(n);
    ensures host: \result.kind == PN_VMX_ENTER ==> host_ok(n, m.long_mode);
    ensures guest: \result.kind == PN_VMX_ENTER ==> guest_plain_ok(n) && guest_nmi_behind_sti_ok(n);
    ensures holds_words: \result.kind == PN_VMX_ENTER ==> pn_holds_words(n, l0);
    ensures holds_exceptions: \result.kind == PN_VMX_ENTER ==> pn_holds_exceptions(n, l0);
    ensures holds_plain: \result.kind == PN_VMX_ENTER ==> pn_holds_plain(n, l0);
    ensures holds_ept: \result.kind == PN_VMX_ENTER ==> pn_holds_ept(n, l0);
    ensures holds_pages: \result.kind == PN_VMX_ENTER ==> pn_holds_pages(n);
    ensures holds_tsc: \result.kind == PN_VMX_ENTER ==> pn_holds_tsc(n, l0);
    ensures holds_basic: \result.kind == PN_VMX_ENTER ==> pn_same(n, PN_G_BASIC, PN_G_BASIC_END);
    ensures holds_registers: \result.kind == PN_VMX_ENTER ==> pn_holds_registers(n, l0);
    ensures holds_gated: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_gated(n, \old(dev_vmcs01[PN_F_GUEST_DR7]), \old(dev_vmcs01[PN_F_GUEST_DEBUGCTL]),
                           \old(dev_vmcs01[PN_F_GUEST_PAT]));
    ensures holds_efer: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_efer(n, \old(dev_vmcs01[PN_F_GUEST_EFER]));
    ensures holds_segments: \result.kind == PN_VMX_ENTER ==> pn_same_segments(n);
    ensures left_segments: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_vmcs02[f] == \old(dev_vmcs02[f]));
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures holds_rare: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures holds_activity: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_GUEST_ACTIVITY] == n->vmcs12.f[PN_F_GUEST_ACTIVITY];
    ensures holds_timer: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_PREEMPTION_TIMER] == n->vmcs12.f[PN_F_PREEMPTION_TIMER];
    ensures pdptrs: \result.kind == PN_VMX_ENTER && pn_uses_pdptrs(n) && (dev_pdptrs_lost == 0 || !\old(n->pdptrs_held)) ==>
            pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures pdptrs_memory: \result.kind == PN_VMX_ENTER && pn_walks_pdptrs(n) ==>
            dev_vmcs02[PN_F_GUEST_PDPTR0] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3])) &&
            dev_vmcs02[PN_F_GUEST_PDPTR1] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8) &&
            dev_vmcs02[PN_F_GUEST_PDPTR2] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 16) &&
            dev_vmcs02[PN_F_GUEST_PDPTR3] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 24);
    ensures flushed: \result.kind == PN_VMX_ENTER ==> dev_flush_owed == 0;
    ensures root: \result.kind != PN_VMX_ENTER ==> n->l2 == 0 && n->entry_pending == 0 && dev_vmcs == PN_VMCS01;
    ensures stands: n->checked != 0 ==> controls_ok(n);
    ensures held: \result.kind == PN_VMX_ENTER ==> pn_verdict_held(n);
    ensures still_verdict: \result.kind != PN_VMX_ENTER ==> pn_verdict_sound(n);
    ensures dirty_kept: \forall integer k; 0 <= k <= 31 ==> (bit(\old(n->dirty), k) ==> bit(n->dirty, k));
    ensures still_clean: \result.kind != PN_VMX_ENTER ==> pn_clean_sound(n, l0);
    ensures still_history: pn_pdptrs_sound(n);
    ensures still_tags: \result.kind != PN_VMX_ENTER ==> pn_tags_sound(n);
    ensures tags: \result.kind == PN_VMX_ENTER ==> pn_tags(n, dev_tag_vpid, dev_tag_eptp);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures instruction: !pn_entry_permitted{Pre}(n, m, launch) ==> \result.kind != PN_VMX_ENTER &&
            \result.kind != PN_VMX_ENTRY_FAILED && \result.kind != PN_VMX_ABORT;
    ensures refused: !permitted(\old(n->vmxon), m) ==> refused(\old(n->vmxon), m, \result);
    ensures number7: pn_entry_permitted{Pre}(n, m, launch) && !pn_controls_pass{Pre}(n) ==> failed_valid(\result, 7);
    ensures number8: pn_entry_permitted{Pre}(n, m, launch) && pn_controls_pass{Pre}(n) && !host_ok{Pre}(n, m.long_mode) ==>
            failed_valid(\result, 8);
    ensures kinds: pn_entry_permitted{Pre}(n, m, launch) && pn_controls_pass{Pre}(n) && host_ok{Pre}(n, m.long_mode) ==>
            entering(\result) || \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT;
    ensures number33: \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT ==>
            pn_failed_at_list{Pre, Post}(n) || pn_failed_at_guest{Pre, Post}(n);
    ensures number34_entry: (\result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT) &&
            n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000022 ==>
            pn_unloadable{Pre, Post}(n, \old(n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR]), n->vmcs12.f[PN_F_EXIT_QUALIFICATION]);
    ensures guest_refused: pn_entry_permitted{Pre}(n, m, launch) && pn_controls_pass{Pre}(n) && host_ok{Pre}(n, m.long_mode) &&
            !guest_in_memory_ok{Pre}(n) ==> \result.kind != PN_VMX_ENTER && pn_failed_at_guest{Pre, Post}(n);
    ensures once: \old(n_rounds) <= n_rounds <= \old(n_rounds) + 1;
    ensures cost_clean: pn_all_clean(\old(n->dirty)) ==> n_writes02 <= \old(n_writes02) + 12;
    ensures cost_most: n_writes02 <= \old(n_writes02) + 77; */
struct pn_outcome pn_nested_enter(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch, struct pn_l0_wants l0);

/* The first VM exit after pn_nested_enter; `failed`: bit 31 of its reason. Only an entry that succeeded makes vmcs12 clean; after
 * one that the processor refused nothing is taken for granted. The exit to L1 will save the PDPTEs, or what vmcs12 has is
 * undefined then (SDM 27.3.1). Behind one that the processor refused comes pn_save_segments02 first: vmcs02 is given up. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires l2: n->l2 != 0;
    requires saved: failed != 0 && n->entry_pending != 0 ==> bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false; assigns n->dirty, n->launched, n->pdptrs_held, n->entry_pending, n->checked;
    ensures inv: pn_nested_inv(n);
    ensures over: n->entry_pending == 0;
    ensures clean: failed == 0 && \old(n->entry_pending) != 0 ==> n->dirty == 0 && n->pdptrs_held != 0;
    ensures launched: failed == 0 && \old(n->entry_pending) != 0 ==> n->launched != 0;
    ensures failure: failed != 0 && \old(n->entry_pending) != 0 ==> n->pdptrs_held == 0 && n->checked == 0 &&
            n->launched == \old(n->launched) && (\forall integer k; 0 <= k <= 31 ==> bit(n->dirty, k));
    ensures later: \old(n->entry_pending) == 0 ==> n->dirty == \old(n->dirty) &&
            n->pdptrs_held == \old(n->pdptrs_held) && n->launched == \old(n->launched);
    ensures verdict: failed == 0 || \old(n->entry_pending) == 0 ==> n->checked == \old(n->checked); */
void pn_nested_entered(struct pn_nested_vmx *n, bool failed);

#endif
