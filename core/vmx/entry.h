/* SPDX-License-Identifier: BSD-2-Clause
 * The parts of an entry: what must be looked at, what is read of L1's memory, the verdict on the controls, the way into
 * vmcs02; what is left of one that fails. */
#ifndef PROVENEST_ENTRY_H
#define PROVENEST_ENTRY_H

#include <provenest/vmx_entry.h>

/* 0, or 7. The long part is left out if its verdict stands. */
/*@ requires nested: \valid(n);
    requires caps: pn_caps_ok(n->caps);
    requires stands: n->checked != 0 ==> controls_ok(n);
    terminates \true; exits \false; assigns n->checked, dev_reads;
    ensures number: \result == 0 || \result == 7;
    ensures accepts: \result == 0 <==> controls_ok(n) && vtpr_ok(n, pn_vtpr(n));
    ensures stands: n->checked != 0 <==> controls_ok(n); */
uint8_t pn_control_error(struct pn_nested_vmx *n);

/* Whether the host-state area must be looked at. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \result != 0 <==> bit(dirty, PN_GROUP_CONTROLS) || bit(dirty, PN_GROUP_HOST); */
bool pn_due_of_host(uint32_t dirty);

/* What must be looked at of L2's registers and segments. */
/*@ requires nested: \valid_read(n);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false; assigns \nothing;
    ensures registers: \result.registers == 0 ==> guest_registers_stand(n);
    ensures segments: \result.segments == 0 ==> guest_segments_stand(n, n->vmcs12.f[PN_F_GUEST_RFLAGS]); */
struct pn_guest_due pn_due_of_guest(const struct pn_nested_vmx *n);

/* Each word is read once; what is not looked at is 0. */
/*@ requires nested: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns dev_reads;
    ensures link: n->vmcs12.f[PN_F_LINK_POINTER] != 0xffffffffffffffff && guest_link_address_ok(n) ==>
            \result.link == mem64(n->vmcs12.f[PN_F_LINK_POINTER]);
    ensures pdptes: guest_pdptes_in_memory(n) ==> (\forall integer i; 0 <= i <= 3 ==>
            \result.pdpte[i] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8 * i)); */
struct pn_guest_memory pn_read_guest_memory(const struct pn_nested_vmx *n);

/* After a failure nothing is taken for granted: neither what vmcs02 holds, nor the verdict. Where L2's segments are is no
 * guess: in vmcs02, if they were before (no entry that fails has touched them). Failures need not be fast. */
/*@ requires nested: \valid(n);
    terminates \true; exits \false; assigns n->dirty, n->pdptrs_held, n->checked;
    ensures nothing_known: n->pdptrs_held == 0 && n->checked == 0 &&
            (\forall integer k; 0 <= k <= 31 && k != PN_HAS_SEGMENTS ==> bit(n->dirty, k));
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS); */
void pn_forget_entry(struct pn_nested_vmx *n);

/* From vmcs01 to a vmcs02 that is ready for L2. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires operation: n->vmxon != 0 && n->current != PN_NO_VMCS;
    requires bitmap: msr_bitmap_ok(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires clean: pn_clean_sound(n, l0);
    requires history: pn_pdptrs_sound(n);
    requires tags: pn_tags_sound(n);
    requires settled: pn_segments_settled(n);
    terminates \true; exits \false;
    assigns n->l2, n->entry_pending, n->pdptrs_held, dev_reads, dev_bitmap02, dev_rounds, dev_tag_vpid, dev_tag_eptp,
            dev_flush_owed, dev_vmcs02[0 .. PN_G_OTHER_END - 1], dev_written02[0 .. PN_FIELDS - 1], dev_cost02,
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS02;
    ensures at_instruction: dev_rip == dev_at;
    ensures nested: n->l2 != 0 && n->entry_pending != 0;
    ensures holds_words: pn_holds_words(n, l0);
    ensures holds_exceptions: pn_holds_exceptions(n, l0);
    ensures holds_plain: pn_holds_plain(n, l0);
    ensures holds_ept: pn_holds_ept(n, l0);
    ensures holds_pages: pn_holds_pages(n);
    ensures holds_tsc: pn_holds_tsc(n, l0);
    ensures holds_basic: pn_same(n, PN_G_BASIC, PN_G_BASIC_END);
    ensures holds_registers: pn_holds_registers(n, l0);
    ensures holds_gated: pn_holds_gated(n, dev_vmcs01[PN_F_GUEST_DR7], dev_vmcs01[PN_F_GUEST_DEBUGCTL],
            dev_vmcs01[PN_F_GUEST_PAT]);
    ensures holds_efer: pn_holds_efer(n, dev_vmcs01[PN_F_GUEST_EFER]);
    ensures holds_segments: pn_same_segments(n);
    ensures left_segments: !bit(n->dirty, PN_HAS_SEGMENTS) ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_vmcs02[f] == \old(dev_vmcs02[f]));
    ensures holds_rare: pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures holds_activity: dev_vmcs02[PN_F_GUEST_ACTIVITY] == n->vmcs12.f[PN_F_GUEST_ACTIVITY];
    ensures holds_timer: dev_vmcs02[PN_F_PREEMPTION_TIMER] == n->vmcs12.f[PN_F_PREEMPTION_TIMER];
    ensures pdptrs: pn_uses_pdptrs(n) && (dev_pdptrs_lost == 0 || !\old(n->pdptrs_held)) ==>
            pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures pdptrs_memory: pn_walks_pdptrs(n) ==>
            (\forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_vmcs02[f] == memory.entry[f - PN_G_PDPTRS]);
    ensures history: pn_pdptrs_sound(n);
    ensures tags: pn_tags(n, dev_tag_vpid, dev_tag_eptp);
    ensures flushed: dev_flush_owed == 0;
    ensures once: n_rounds == \old(n_rounds) + 1;
    ensures cost_least: pn_all_clean(n->dirty) && pn_loads_all(n) && !pn_writes_pdptrs{Pre}(n) ==>
            n_writes02 == \old(n_writes02) + 4;
    ensures cost_clean: pn_all_clean(n->dirty) ==> n_writes02 <= \old(n_writes02) + 12;
    ensures cost_most: n_writes02 <= \old(n_writes02) + 77; */
void pn_enter_vmcs02(struct pn_nested_vmx *n, struct pn_l0_wants l0, struct pn_pdptes memory);

#endif
