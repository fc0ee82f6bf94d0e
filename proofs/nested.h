/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words and steps that the clients of nested VMX share: nested.c proves the rounds, nested_l1.c L1's instructions, nested_stands.c that a
 * verdict of the entry checks outlives both, nested_mgc.c all of it in any order. Proof only; never compiled.
 */
#ifndef PROVENEST_PROOFS_NESTED_H
#define PROVENEST_PROOFS_NESTED_H

#include <provenest/vmx_events.h>
#include <provenest/vmx_shadow.h>

/*@ // TRUST: proof only, an arbitrary number.
    terminates \true; exits \false; assigns \nothing; */
int pn_any_choice(void);

/*@ // TRUST: proof only, an arbitrary number.
    terminates \true; exits \false; assigns \nothing; */
uint64_t pn_any_word(void);

/*@ // TRUST: proof only, L1 in any mode.
    terminates \true; exits \false; assigns \nothing; */
struct pn_l1_mode pn_any_mode(void);

/*@ // TRUST: proof only, any exit of L2.
    terminates \true; exits \false; assigns \nothing; */
struct pn_l2_exit pn_any_exit(void);

/*@ // TRUST: proof only, an exception that L0 may raise while it carries out an instruction.
    terminates \true; exits \false; assigns \nothing;
    ensures event: ve078_type(dev_svm, \result.type, \result.vector) && ve089_length(\result.type, \result.length) &&
            payload_ok(\result) && is_exception(\result.type) && \result.vector != 21; */
struct pn_event pn_any_raised(void);

#define F(i) n->vmcs12.f[i]
#define D(i) dev_vmcs02[i]

/* ---- What holds while L2 runs ----------------------------------------------------------------------------------- */

/*@ // NE-004 but for "IA-32e mode guest", which L2 changes.
    predicate l2_entry(integer l0, integer r) = \forall integer k; 0 <= k <= 31 && k != 9 ==> vm_l0_only(l0, r, k);

    // NE-008 to NE-010 of the bits that L2 cannot change: those under the mask.
    predicate l2_control(integer owned, integer forced, integer mask1, integer shadow1, integer guest, integer r,
                         integer mask, integer shadow) =
      ne009_mask(owned, mask1, mask) && ne010_shadow(owned, mask1, shadow1, guest, shadow) &&
      \forall integer k; 0 <= k <= 63 ==> (bit(owned, k) ==> (bit(r, k) <==> bit(forced, k))) &&
        (!bit(owned, k) && bit(mask1, k) ==> (bit(r, k) <==> bit(guest, k)));

    predicate l2_ept(integer proc, integer proc2, integer asked, integer own, integer r) =
      (ev118_ept(proc, proc2) ==> r == asked) && (!ev118_ept(proc, proc2) ==> r == own);

    predicate l2_tags(integer proc, integer proc2, integer vpid1, integer eptp1, integer vpid, integer eptp) =
      (bit(proc, 31) && bit(proc2, 5) ==> vpid == vpid1) && (!(bit(proc, 31) && bit(proc2, 5)) ==> vpid == 0) &&
      (ev118_ept(proc, proc2) ==> eptp == eptp1) && (!ev118_ept(proc, proc2) ==> eptp == 0);
*/

/* Each of the words of vmcs12 that an exit leaves alone; spelled out, for WP simplifies what it sees. */
#define MERGED                                                                                                             \
    (ne001_pin(l0.pin, F(PN_F_PIN_CTL), D(PN_F_PIN_CTL)) && ne002_proc(l0.proc, F(PN_F_PROC_CTL), D(PN_F_PROC_CTL)) &&      \
     ne003_proc2(l0.proc2, F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), D(PN_F_PROC2_CTL)) &&                                      \
     ne005_exit(l0.exit, F(PN_F_PIN_CTL), n->caps.exit, D(PN_F_EXIT_CTL)) && l2_entry(l0.entry, D(PN_F_ENTRY_CTL)) &&      \
     ne006_exceptions(l0.exception_bitmap, F(PN_F_EXCEPTION_BITMAP), D(PN_F_EXCEPTION_BITMAP)) &&                          \
     ne007_page_faults(l0.exception_bitmap, F(PN_F_EXCEPTION_BITMAP), F(PN_F_PF_MASK), F(PN_F_PF_MATCH),                   \
                       D(PN_F_EXCEPTION_BITMAP), D(PN_F_PF_MASK), D(PN_F_PF_MATCH)) &&                                     \
     D(PN_F_TPR_THRESHOLD) == F(PN_F_TPR_THRESHOLD) && D(PN_F_XSS_EXIT_BITMAP) == F(PN_F_XSS_EXIT_BITMAP) &&               \
     D(PN_F_VPID) == l0.vpid02 && D(PN_F_MSR_BITMAP) == l0.msr_bitmap &&                                                   \
     l2_ept(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), l0.ept_pointer, l0.eptp01, D(PN_F_EPT_POINTER)) &&                        \
     vmcs02_takes(PN_F_VIRTUAL_APIC, F(PN_F_VIRTUAL_APIC), D(PN_F_VIRTUAL_APIC)) &&                                        \
     vmcs02_takes(PN_F_APIC_ACCESS, F(PN_F_APIC_ACCESS), D(PN_F_APIC_ACCESS)) &&                                           \
     ne013_offset(l0.tsc_offset, F(PN_F_PROC_CTL), F(PN_F_TSC_OFFSET), D(PN_F_TSC_OFFSET)))
#define OWNED                                                                                                              \
    (l2_control(l0.cr0_mask, l0.cr0_forced, F(PN_F_CR0_MASK), F(PN_F_CR0_SHADOW), F(PN_F_GUEST_CR0), D(PN_F_GUEST_CR0),    \
                D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW)) &&                                                                   \
     l2_control(l0.cr4_mask, l0.cr4_forced, F(PN_F_CR4_MASK), F(PN_F_CR4_SHADOW), F(PN_F_GUEST_CR4), D(PN_F_GUEST_CR4),    \
                D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW)))
#define TAGGED                                                                                                             \
    (l2_tags(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_VPID), F(PN_F_EPT_POINTER), dev_tag_vpid, dev_tag_eptp) &&        \
     dev_flush_owed == 0)
/* controls_ok, without the rules on the entry controls and on the event. */
#define ALLOWED                                                                                                            \
    (ve012_pin(F(PN_F_PIN_CTL), n->caps.pin) && ve013_primary(F(PN_F_PROC_CTL), n->caps.proc) &&                           \
     ve014_secondary(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), n->caps.proc2) && ve066_exit(F(PN_F_EXIT_CTL), n->caps.exit) &&  \
     ve024_threshold(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_TPR_THRESHOLD)) && ve026_virtual_nmis(F(PN_F_PIN_CTL)) && \
     ve027_nmi_window(F(PN_F_PIN_CTL), F(PN_F_PROC_CTL)) &&                                                                \
     ve041_vpid(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_VPID)) &&                                                      \
     ve050_unrestricted(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL)) &&                                                            \
     ve016_cr3_targets(F(PN_F_CR3_TARGET_COUNT), n->caps.misc) && ve068_save_timer(F(PN_F_PIN_CTL), F(PN_F_EXIT_CTL)) &&   \
     ve017_io_aligned(F(PN_F_PROC_CTL), F(PN_F_IO_BITMAP_A), F(PN_F_IO_BITMAP_B)) &&                                       \
     ve018_io_fits(F(PN_F_PROC_CTL), F(PN_F_IO_BITMAP_A), F(PN_F_IO_BITMAP_B), n->caps.basic, n->caps.address_width) &&    \
     ve019_msr_aligned(F(PN_F_PROC_CTL), F(PN_F_MSR_BITMAP)) &&                                                            \
     ve020_msr_fits(F(PN_F_PROC_CTL), F(PN_F_MSR_BITMAP), n->caps.basic, n->caps.address_width) &&                         \
     ve021_tpr_aligned(F(PN_F_PROC_CTL), F(PN_F_VIRTUAL_APIC)) &&                                                          \
     ve022_tpr_fits(F(PN_F_PROC_CTL), F(PN_F_VIRTUAL_APIC), n->caps.basic, n->caps.address_width) &&                       \
     ve028_apic_aligned(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_APIC_ACCESS)) &&                                       \
     ve029_apic_fits(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_APIC_ACCESS), n->caps.basic, n->caps.address_width) &&    \
     ve042_eptp(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_EPT_POINTER), n->caps.ept_vpid, n->caps.address_width) &&      \
     ve069_list(F(PN_F_EXIT_STORE_COUNT), F(PN_F_EXIT_STORE_ADDR), n->caps.basic, n->caps.misc, n->caps.address_width) &&  \
     ve069_list(F(PN_F_EXIT_LOAD_COUNT), F(PN_F_EXIT_LOAD_ADDR), n->caps.basic, n->caps.misc, n->caps.address_width) &&    \
     ve069_list(F(PN_F_ENTRY_LOAD_COUNT), F(PN_F_ENTRY_LOAD_ADDR), n->caps.basic, n->caps.misc, n->caps.address_width))

/*@ predicate between{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      (n->checked != 0 ==> controls_ok(n)) && pn_clean_sound(n, l0) && pn_pdptrs_sound(n) && pn_tags_sound(n);
*/

#define DEVICE                                                                                                             \
    dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs,       \
        dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2
#define VERDICT (n->checked != 0 ==> ALLOWED && ve077_entry(F(PN_F_ENTRY_CTL), n->caps.entry))

/*@ // "IA-32e mode guest" may be 0 and 1.
    predicate both_modes(integer entry) = !bit(entry, 9) && bit(entry, 41);

    // L1 runs; L2 does.
    predicate outside{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      n->l2 == 0 && dev_vmcs == PN_VMCS01 && between(n, l0);

    predicate merged{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) = MERGED && OWNED && TAGGED && VERDICT;

    // Vmcs12 has L2's segments only while the entry is to come: as soon as L2 has run, vmcs02 alone has them.
    predicate l2_segments{L}(struct pn_nested_vmx *n) =
      bit(n->dirty, PN_HAS_SEGMENTS) ==> dev_unsaved == 0 && n->entry_pending != 0;

    predicate inside{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) = n->l2 != 0 && n->vmxon != 0 &&
      n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02 && merged(n, l0) && l2_segments(n);
*/

/* ---- What an instruction of L1's may do --------------------------------------------------------------------------- */

/*@ // A group that is clean after it was clean before it, and its fields are as they were.
    predicate group_kept{A, B}(struct pn_nested_vmx *n, integer group, integer first, integer end) =
      !bit(\at(n->dirty, B), group) ==> !bit(\at(n->dirty, A), group) &&
        \forall integer f; first <= f < end ==> \at(n->vmcs12.f[f], B) == \at(n->vmcs12.f[f], A);

    // What only the verdict of the checks rests on.
    predicate area_kept{A, B}(struct pn_nested_vmx *n) =
      group_kept{A, B}(n, PN_GROUP_HOST, PN_G_HOST, PN_G_HOST_END) &&
      (!bit(\at(n->dirty, B), PN_GROUP_EXIT) ==> !bit(\at(n->dirty, A), PN_GROUP_EXIT));

    // No flush is due that was not before, nor owed.
    predicate flush_kept{A, B}(struct pn_nested_vmx *n) =
      !bit(\at(n->dirty, B), PN_DUE_FLUSH) ==> !bit(\at(n->dirty, A), PN_DUE_FLUSH) && \at(dev_flush_owed, A) == \at(dev_flush_owed, B);

    // Vmcs12 is not said to have L2's segments if it was not before: none of L1's instructions fetches them.
    predicate late_kept{A, B}(struct pn_nested_vmx *n) =
      bit(\at(n->dirty, B), PN_HAS_SEGMENTS) ==> bit(\at(n->dirty, A), PN_HAS_SEGMENTS);

    predicate clean_kept{A, B}(struct pn_nested_vmx *n) = flush_kept{A, B}(n) && late_kept{A, B}(n) &&
      group_kept{A, B}(n, PN_GROUP_CONTROLS, PN_G_CONTROLS, PN_G_CONTROLS_END) &&
      group_kept{A, B}(n, PN_GROUP_REGISTERS, PN_G_REGISTERS, PN_G_REGISTERS_END) &&
      group_kept{A, B}(n, PN_GROUP_SEGMENTS, PN_G_SEGMENTS, PN_G_SEGMENTS_END) &&
      group_kept{A, B}(n, PN_GROUP_RARE, PN_G_RARE, PN_G_RARE_END) &&
      group_kept{A, B}(n, PN_GROUP_OTHER, PN_G_OTHER, PN_G_OTHER_END);

    predicate fields_kept{A, B}(struct pn_nested_vmx *n, integer first, integer end) =
      \forall integer f; first <= f < end ==> \at(n->vmcs12.f[f], B) == \at(n->vmcs12.f[f], A);

    // A verdict that stands stood before, and nothing it rests on has changed (VI-015).
    predicate verdict_kept{A, B}(struct pn_nested_vmx *n) = \at(n->checked, B) != 0 ==>
      \at(n->checked, A) != 0 && fields_kept{A, B}(n, PN_G_CONTROLS, PN_G_EVENT_END) &&
      fields_kept{A, B}(n, PN_G_REGISTERS, PN_G_REGISTERS_END) && fields_kept{A, B}(n, PN_G_HOST, PN_G_HOST_END);

    // PDPTEs that are said to be in vmcs02 were so before.
    predicate pdptrs_kept{A, B}(struct pn_nested_vmx *n) = \at(n->pdptrs_held, B) != 0 ==>
      \at(n->pdptrs_held, A) != 0 && \at(dev_pdptrs_lost, A) == \at(dev_pdptrs_lost, B) &&
      fields_kept{A, B}(n, PN_G_PDPTRS, PN_G_PDPTRS_END);

    predicate l1_step{A, B}(struct pn_nested_vmx *n) =
      clean_kept{A, B}(n) && area_kept{A, B}(n) && verdict_kept{A, B}(n) && pdptrs_kept{A, B}(n) &&
      \at(n->caps, A) == \at(n->caps, B);

    // L2's segments have come into vmcs12, or nothing was late: all else is as it was, and they are too unless the verdict on them ends.
    predicate segments_fetched{A, B}(struct pn_nested_vmx *n) =
      (\forall integer k; 0 <= k <= 31 && k != PN_HAS_SEGMENTS && k != PN_GROUP_EXIT ==>
        (bit(\at(n->dirty, B), k) <==> bit(\at(n->dirty, A), k))) &&
      (bit(\at(n->dirty, A), PN_GROUP_EXIT) ==> bit(\at(n->dirty, B), PN_GROUP_EXIT)) &&
      fields_kept{A, B}(n, 0, PN_G_SEGMENTS) && fields_kept{A, B}(n, PN_G_SEGMENTS_END, PN_FIELDS) &&
      (!bit(\at(n->dirty, B), PN_GROUP_EXIT) ==> fields_kept{A, B}(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END));
*/

/* What the processor can do, as far as a verdict rests on it, is at B as it was at A. One equality, one predicate: WP drops a hypothesis
   that it can simplify away. */
/*@ predicate same_word{A, B}(uint64_t *p) = \at(*p, B) == \at(*p, A);
    predicate same_byte{A, B}(uint8_t *p) = \at(*p, B) == \at(*p, A);

    predicate same_caps{A, B}(struct pn_nested_vmx *n) =
      same_word{A, B}(\at(&n->caps.cr0_fixed0, A)) && same_word{A, B}(\at(&n->caps.cr0_fixed1, A)) &&
      same_word{A, B}(\at(&n->caps.cr4_fixed0, A)) && same_word{A, B}(\at(&n->caps.cr4_fixed1, A)) &&
      same_word{A, B}(\at(&n->caps.efer_valid, A)) && same_word{A, B}(\at(&n->caps.debugctl_valid, A)) &&
      same_byte{A, B}(\at(&n->caps.address_width, A)) && same_byte{A, B}(\at(&n->caps.linear_width, A));
*/

/* ---- The steps ----------------------------------------------------------------------------------------------------- */

#define L1_MAY                                                                                                             \
    n->vmcs12.f[0 .. PN_FIELDS - 1], n->vmxon, n->vmxon_pointer, n->current, n->launched, n->checked, n->dirty,            \
        n->pdptrs_held, dev_memory, dev_writes, dev_reads, dev_pdptrs_lost, dev_flush_owed, dev_ept_stale, dev_vmcs,       \
        s->f[0 .. PN_FIELDS - 1],                                                                                          \
        dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost

#define FETCH_MAY n->vmcs12.f[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1], n->dirty, dev_unsaved, dev_vmcs, DEVICE

/* L0 fetches L2's segments, for L1 is going to look: from then on nothing is late. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires outside: outside(n, l0);
    terminates \true; exits \false; assigns FETCH_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures nothing_late: bit(n->dirty, PN_HAS_SEGMENTS) && dev_unsaved == 0;
    ensures as_l2_left: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==> pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    ensures caps: same_caps{Pre, Post}(n);
    ensures fetched: segments_fetched{Pre, Post}(n);
    ensures outside: outside(n, l0); */
void pn_round_fetch(struct pn_nested_vmx *n, struct pn_l0_wants l0);

/* Or it does before an entry, unless they may stay in vmcs02 over it. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires outside: outside(n, l0);
    terminates \true; exits \false; assigns FETCH_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures settled: pn_segments_settled(n);
    ensures caps: same_caps{Pre, Post}(n);
    ensures fetched: segments_fetched{Pre, Post}(n);
    ensures outside: outside(n, l0); */
void pn_round_settle(struct pn_nested_vmx *n, struct pn_l0_wants l0);

/* The same two with the verdict of the entry checks: nested_stands.c. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires outside: outside(n, l0);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false; assigns FETCH_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures nothing_late: bit(n->dirty, PN_HAS_SEGMENTS) && dev_unsaved == 0;
    ensures as_l2_left: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==> pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    ensures outside: outside(n, l0);
    ensures verdict: pn_verdict_sound(n); */
void pn_verdict_fetch(struct pn_nested_vmx *n, struct pn_l0_wants l0);

/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires outside: outside(n, l0);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false; assigns FETCH_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures settled: pn_segments_settled(n);
    ensures outside: outside(n, l0);
    ensures verdict: pn_verdict_sound(n); */
void pn_verdict_settle(struct pn_nested_vmx *n, struct pn_l0_wants l0);

/* VMLAUNCH or VMRESUME. Of segments that are still late behind it vmcs02 has what it had. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires outside: outside(n, l0);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR], n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION],
            n->vmcs12.f[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1], dev_unsaved,
            n->checked, n->l2, n->entry_pending, n->pdptrs_held, n->dirty, dev_reads, dev_memory, dev_writes, dev_msrs,
            dev_msr_journal, dev_bitmap02, dev_rounds, dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[0 .. PN_FIELDS - 1], dev_written02[0 .. PN_FIELDS - 1], dev_cost02, dev_vmcs, DEVICE;
    ensures nested_inv: pn_nested_inv(n);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n);
    ensures left: !bit(n->dirty, PN_HAS_SEGMENTS) ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> D(f) == \old(D(f))); */
void pn_round_enter(struct pn_nested_vmx *n, struct pn_l0_wants l0);

/* L2 runs until its next exit; or L0 does some work for it. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inside: inside(n, l0);
    requires held: pn_verdict_held(n);
    terminates \true; exits \false;
    assigns n->dirty, n->launched, n->pdptrs_held, n->entry_pending, n->checked, dev_vmcs02[PN_F_ENTRY_CTL],
            dev_vmcs02[PN_G_BASIC .. PN_F_GUEST_CR4], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY],
            dev_vmcs02[PN_F_PREEMPTION_TIMER], dev_unsaved, dev_ept_stale;
    ensures nested_inv: pn_nested_inv(n);
    ensures inside: inside(n, l0);
    ensures held: pn_verdict_held(n);
    ensures late: !bit(n->dirty, PN_HAS_SEGMENTS); */
void pn_round_run(struct pn_nested_vmx *n, struct pn_l0_wants l0);

/* The processor refuses vmcs02 although all checks have passed; pn_cancel_injection has taken the event back. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires pending: n->entry_pending != 0;
    requires taken_back: dev_entry == 0 && (has_injected(v) ==> v.cancelled != 0);
    requires inside: inside(n, l0);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION], n->vmcs12.f[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1],
            dev_unsaved, n->dirty, n->launched, n->pdptrs_held, n->entry_pending,
            n->checked, n->l2, dev_owed, led_reported, led_dropped, led_accepted, led_owing, led_collapsed, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, DEVICE,
            dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures quiet: dev_owed == 0;
    ensures outside: outside(n, l0);
    ensures verdict: pn_verdict_sound(n); */
struct pn_vcpu pn_round_refuse(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0);

#define EVENTS_MAY                                                                                                         \
    n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],                  \
        n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER],                            \
        n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], n->dirty, n->launched, n->l2, n->entry_pending, dev_asked,   \
        dev_acked_vector, dev_withdrawn, dev_vmcs01[0 .. PN_FIELDS - 1],                                                   \
        dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, DEVICE,       \
        dev_owed, dev_applied, led_reported, led_dropped, led_delivered, dev_reads, dev_memory, dev_writes, dev_msrs,      \
        dev_msr_journal

/* An exit that is L1's, whatever it says (pn_nested_exit); or L0 asks whether an event is (pn_nested_events), or raises an exception
 * for an instruction of L2's (pn_nested_raise). The events come and go by value: so nothing of them lies in memory beside L1's VMX. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires vmx: dev_svm == 0;
    requires not_programmed: dev_entry == 0;
    requires inside: inside(n, l0);
    requires both: both_modes(n->caps.entry);
    terminates \true; exits \false; assigns EVENTS_MAY, dev_pdptrs_lost;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures caps: same_caps{Pre, Post}(n);
    ensures stays: n->l2 != 0 ==> pn_l2_stays{Pre, Post}(n);
    ensures stands: n->l2 == 0 ==> pn_stands(n, \old(n->vmcs12)); */
struct pn_vcpu pn_round_events(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0);

/* The same with the verdict of the entry checks: nested_stands.c. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires vmx: dev_svm == 0;
    requires not_programmed: dev_entry == 0;
    requires inside: inside(n, l0);
    requires both: both_modes(n->caps.entry);
    requires held: pn_verdict_held(n);
    terminates \true; exits \false; assigns EVENTS_MAY, dev_pdptrs_lost;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n); */
struct pn_vcpu pn_verdict_events(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0);

/* Any VMX instruction of L1's but VMLAUNCH and VMRESUME, with any operands; or a copy from or to the shadow VMCS. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires outside: outside(n, l0);
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    terminates \true; exits \false; assigns L1_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures caps: n->caps == \old(n->caps);
    ensures entry: n->caps.entry == \old(n->caps.entry);
    ensures same_caps: same_caps{Pre, Post}(n);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures outside: outside(n, l0);
    ensures kept: pn_shadow_kept(s);
    ensures known: \result == 0 ==> pn_shadow_known(s); */
bool pn_l1_instruction(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_l0_wants l0, bool shown);

/* The same with the verdict: nested_stands.c. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires outside: outside(n, l0);
    requires verdict: pn_verdict_sound(n);
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    terminates \true; exits \false; assigns L1_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures entry: n->caps.entry == \old(n->caps.entry);
    ensures outside: outside(n, l0);
    ensures verdict: pn_verdict_sound(n);
    ensures kept: pn_shadow_kept(s);
    ensures known: \result == 0 ==> pn_shadow_known(s); */
bool pn_verdict_l1(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_l0_wants l0, bool shown);

#endif
