/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When a verdict of the entry checks outlives a step (pn_verdict_sound, pn_verdict_held of vmx_entry.h): it rests on some words of
 * vmcs12 and on what the processor can do, and on nothing else. Proof only; never compiled. Lemmas, in a file of their own: beside
 * them the solvers no longer find what they find without (measured on core/vmx/exit.c).
 *
 * CLAIM: an exit of L2 that is L1's, from pn_verdict_held, leaves pn_verdict_sound, and any other event of L2's pn_verdict_held
 * (pn_verdict_events); any instruction of L1's keeps pn_verdict_sound (pn_verdict_l1), and so does fetching L2's segments
 * (pn_verdict_fetch, pn_verdict_settle): if they are others than vmcs12 had, the verdict on them ends. These functions only call what
 * nested.c and nested_l1.c prove: the rest is the lemmas.
 */
#include "nested.h"

/* What a verdict rests on is at B as it was at A, besides what the processor can do (same_caps of nested.h): of vmcs12 the controls but
   for "IA-32e mode guest" and the host-state area; registers; segments. */
/*@ predicate same_area{A, B}(struct pn_nested_vmx *n, integer first, integer end) =
      \forall integer i; first <= i < end ==> \at(n->vmcs12.f[i], B) == \at(n->vmcs12.f[i], A);

    predicate same_host{A, B}(struct pn_nested_vmx *n) =
      same_caps{A, B}(n) && same_area{A, B}(n, PN_F_PIN_CTL, PN_F_ENTRY_CTL) && same_area{A, B}(n, PN_G_HOST, PN_G_HOST_END);

    predicate same_registers{A, B}(struct pn_nested_vmx *n) =
      same_caps{A, B}(n) && same_area{A, B}(n, PN_F_PIN_CTL, PN_F_EXCEPTION_BITMAP) &&
      same_area{A, B}(n, PN_F_GUEST_CR0, PN_F_GUEST_CR3) && same_area{A, B}(n, PN_F_GUEST_CR4, PN_F_CR0_MASK) &&
      same_area{A, B}(n, PN_F_GUEST_DR7, PN_G_REGISTERS_END) && same_area{A, B}(n, PN_G_RARE, PN_G_RARE_END);

    predicate same_segments{A, B}(struct pn_nested_vmx *n) =
      same_caps{A, B}(n) && same_area{A, B}(n, PN_F_PIN_CTL, PN_F_EXCEPTION_BITMAP) &&
      same_area{A, B}(n, PN_F_GUEST_CR0, PN_F_GUEST_CR3) && same_area{A, B}(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);

    predicate same_guest{A, B}(struct pn_nested_vmx *n) = same_registers{A, B}(n) && same_segments{A, B}(n);
*/

/* So the verdict on it is the same. Proved once, part by part, for the solvers do not find it among all that an exit says. */
/*@ lemma host_registers_stand{A, B}: \forall struct pn_nested_vmx *n;
      same_host{A, B}(n) && host_registers_ok{A}(n) ==> host_registers_ok{B}(n);

    lemma host_msrs_stand{A, B}: \forall struct pn_nested_vmx *n;
      same_host{A, B}(n) && host_msrs_ok{A}(n) ==> host_msrs_ok{B}(n);

    lemma host_selectors_stand{A, B}: \forall struct pn_nested_vmx *n;
      same_host{A, B}(n) && host_selectors_ok{A}(n) ==> host_selectors_ok{B}(n);

    lemma host_bases_stand{A, B}: \forall struct pn_nested_vmx *n;
      same_host{A, B}(n) && host_bases_ok{A}(n) ==> host_bases_ok{B}(n);

    lemma host_size_words{A, B}: \forall struct pn_nested_vmx *n; same_host{A, B}(n) ==>
      \at(n->vmcs12.f[PN_F_EXIT_CTL], B) == \at(n->vmcs12.f[PN_F_EXIT_CTL], A) &&
      \at(n->vmcs12.f[PN_F_HOST_CR4], B) == \at(n->vmcs12.f[PN_F_HOST_CR4], A) &&
      \at(n->vmcs12.f[PN_F_HOST_RIP], B) == \at(n->vmcs12.f[PN_F_HOST_RIP], A);

    lemma host_size_stand{A, B}: \forall struct pn_nested_vmx *n;
      same_host{A, B}(n) && host_size_ok{A}(n) ==> host_size_ok{B}(n);

    lemma host_area_stands{A, B}: \forall struct pn_nested_vmx *n;
      same_host{A, B}(n) && host_area_ok{A}(n) ==> host_area_ok{B}(n);

    lemma guest_registers_still_stand{A, B}: \forall struct pn_nested_vmx *n;
      same_registers{A, B}(n) && guest_registers_stand{A}(n) ==> guest_registers_stand{B}(n);

    lemma guest_tables_stand{A, B}: \forall struct pn_nested_vmx *n;
      same_segments{A, B}(n) && guest_tables_ok{A}(n) ==> guest_tables_ok{B}(n);

    lemma es_stands{A, B}: \forall struct pn_nested_vmx *n, integer flags;
      same_segments{A, B}(n) && guest_es_ds_ok{A}(n, 0, flags) ==> guest_es_ds_ok{B}(n, 0, flags);

    lemma ds_stands{A, B}: \forall struct pn_nested_vmx *n, integer flags;
      same_segments{A, B}(n) && guest_es_ds_ok{A}(n, 3, flags) ==> guest_es_ds_ok{B}(n, 3, flags);

    lemma fs_stands{A, B}: \forall struct pn_nested_vmx *n, integer flags;
      same_segments{A, B}(n) && guest_fs_gs_ok{A}(n, 4, flags) ==> guest_fs_gs_ok{B}(n, 4, flags);

    lemma gs_stands{A, B}: \forall struct pn_nested_vmx *n, integer flags;
      same_segments{A, B}(n) && guest_fs_gs_ok{A}(n, 5, flags) ==> guest_fs_gs_ok{B}(n, 5, flags);

    lemma cs_stands{A, B}: \forall struct pn_nested_vmx *n, integer flags;
      same_segments{A, B}(n) && guest_cs_ok{A}(n, flags) ==> guest_cs_ok{B}(n, flags);

    lemma ss_stands{A, B}: \forall struct pn_nested_vmx *n, integer flags;
      same_segments{A, B}(n) && guest_ss_ok{A}(n, flags) ==> guest_ss_ok{B}(n, flags);

    lemma ldtr_stands{A, B}: \forall struct pn_nested_vmx *n;
      same_segments{A, B}(n) && guest_ldtr_ok{A}(n) ==> guest_ldtr_ok{B}(n);

    lemma tr_stands{A, B}: \forall struct pn_nested_vmx *n; same_segments{A, B}(n) && guest_tr_ok{A}(n) ==> guest_tr_ok{B}(n);

    lemma guest_segments_still_stand{A, B}: \forall struct pn_nested_vmx *n, integer flags;
      same_segments{A, B}(n) && guest_segments_stand{A}(n, flags) ==> guest_segments_stand{B}(n, flags);

    lemma verdict_still_held{A, B}: \forall struct pn_nested_vmx *n; same_host{A, B}(n) && same_guest{A, B}(n) &&
      \at(n->vmcs12.f[PN_F_GUEST_RFLAGS], B) == \at(n->vmcs12.f[PN_F_GUEST_RFLAGS], A) && pn_verdict_held{A}(n) ==>
      pn_verdict_held{B}(n);
*/

/* Of RFLAGS the rules for segments read VM. */
/*@ lemma data_rest_on_vm{L}: \forall struct pn_nested_vmx *n, integer i, integer a, integer b;
      (bit(a, 17) <==> bit(b, 17)) && guest_es_ds_ok(n, i, a) ==> guest_es_ds_ok(n, i, b);

    lemma fs_gs_rest_on_vm{L}: \forall struct pn_nested_vmx *n, integer i, integer a, integer b;
      (bit(a, 17) <==> bit(b, 17)) && guest_fs_gs_ok(n, i, a) ==> guest_fs_gs_ok(n, i, b);

    lemma cs_rests_on_vm{L}: \forall struct pn_nested_vmx *n, integer a, integer b;
      (bit(a, 17) <==> bit(b, 17)) && guest_cs_ok(n, a) ==> guest_cs_ok(n, b);

    lemma ss_rests_on_vm{L}: \forall struct pn_nested_vmx *n, integer a, integer b;
      (bit(a, 17) <==> bit(b, 17)) && guest_ss_ok(n, a) ==> guest_ss_ok(n, b);

    lemma segments_rest_on_vm{L}: \forall struct pn_nested_vmx *n, integer a, integer b;
      (bit(a, 17) <==> bit(b, 17)) && guest_segments_stand(n, a) ==> guest_segments_stand(n, b);
*/

/* What an exit of L2 leaves (pn_stands, by value) and a verdict that held before it: the verdict that the next entry may rest on. */
/*@ lemma no_vm: !bit(0, 17);

    lemma exit_segments_stand{A, B}: \forall struct pn_nested_vmx *n, integer flags; same_segments{A, B}(n) && !bit(flags, 17) &&
      guest_segments_stand{A}(n, flags) ==> guest_segments_stand{B}(n, 0);

    lemma exit_stands{A, B}: \forall struct pn_nested_vmx *n; same_host{A, B}(n) && pn_verdict_held{A}(n) &&
      (!bit(\at(n->dirty, B), PN_GROUP_EXIT) ==> same_guest{A, B}(n) && !bit(\at(n->vmcs12.f[PN_F_GUEST_RFLAGS], A), 17)) ==>
      pn_verdict_sound{B}(n);
*/

/* ---- What L1's instructions leave -------------------------------------------------------------------------------------- */

/*@ lemma kept_host{A, B}: \forall struct pn_nested_vmx *n; clean_kept{A, B}(n) && area_kept{A, B}(n) && same_caps{A, B}(n) &&
      !bit(\at(n->dirty, B), PN_GROUP_CONTROLS) && !bit(\at(n->dirty, B), PN_GROUP_HOST) ==> same_host{A, B}(n);

    lemma kept_registers{A, B}: \forall struct pn_nested_vmx *n; clean_kept{A, B}(n) && same_caps{A, B}(n) &&
      !bit(\at(n->dirty, B), PN_GROUP_CONTROLS) && !bit(\at(n->dirty, B), PN_GROUP_REGISTERS) &&
      !bit(\at(n->dirty, B), PN_GROUP_RARE) ==> same_registers{A, B}(n);

    lemma kept_segments{A, B}: \forall struct pn_nested_vmx *n; clean_kept{A, B}(n) && same_caps{A, B}(n) &&
      !bit(\at(n->dirty, B), PN_GROUP_CONTROLS) && !bit(\at(n->dirty, B), PN_GROUP_REGISTERS) &&
      !bit(\at(n->dirty, B), PN_GROUP_SEGMENTS) ==> same_segments{A, B}(n);

    lemma kept_stands{A, B}: \forall struct pn_nested_vmx *n; clean_kept{A, B}(n) && area_kept{A, B}(n) && same_caps{A, B}(n) &&
      pn_verdict_sound{A}(n) ==> pn_verdict_sound{B}(n);
*/

/* ---- What fetching L2's segments leaves --------------------------------------------------------------------------------- */

/*@ lemma fetched_host{A, B}: \forall struct pn_nested_vmx *n; segments_fetched{A, B}(n) && same_caps{A, B}(n) ==> same_host{A, B}(n);

    lemma fetched_registers{A, B}: \forall struct pn_nested_vmx *n;
      segments_fetched{A, B}(n) && same_caps{A, B}(n) ==> same_registers{A, B}(n);

    lemma fetched_segments{A, B}: \forall struct pn_nested_vmx *n; segments_fetched{A, B}(n) && same_caps{A, B}(n) &&
      !bit(\at(n->dirty, B), PN_GROUP_EXIT) ==> same_segments{A, B}(n);

    lemma fetched_stands{A, B}: \forall struct pn_nested_vmx *n; segments_fetched{A, B}(n) && same_caps{A, B}(n) &&
      pn_verdict_sound{A}(n) ==> pn_verdict_sound{B}(n);
*/

/* ---- What an exit says by value, and what the instructions and L2 leave in place ----------------------------------------- */

/*@ lemma area_by_value{A, B}: \forall struct pn_nested_vmx *n, integer first, integer end; 0 <= first && end <= PN_FIELDS &&
      pn_same_as{B}(n, \at(n->vmcs12, A), first, end) ==> same_area{A, B}(n, first, end);

    lemma host_by_value{A, B}: \forall struct pn_nested_vmx *n;
      same_caps{A, B}(n) && pn_same_host{B}(n, \at(n->vmcs12, A)) ==> same_host{A, B}(n);

    lemma guest_by_value{A, B}: \forall struct pn_nested_vmx *n; same_caps{A, B}(n) && pn_same_host{B}(n, \at(n->vmcs12, A)) &&
      pn_same_guest{B}(n, \at(n->vmcs12, A)) ==> same_guest{A, B}(n) && !bit(\at(n->vmcs12.f[PN_F_GUEST_RFLAGS], A), 17);

    lemma stands_by_value{A, B}: \forall struct pn_nested_vmx *n; same_caps{A, B}(n) && pn_stands{B}(n, \at(n->vmcs12, A)) &&
      pn_verdict_held{A}(n) ==> pn_verdict_sound{B}(n);

    lemma l2_stays_host{A, B}: \forall struct pn_nested_vmx *n; same_caps{A, B}(n) && pn_l2_stays{A, B}(n) ==> same_host{A, B}(n);

    lemma l2_stays_guest{A, B}: \forall struct pn_nested_vmx *n; same_caps{A, B}(n) && pn_l2_stays{A, B}(n) ==> same_guest{A, B}(n);

    lemma l2_stays_flags{A, B}: \forall struct pn_nested_vmx *n; pn_l2_stays{A, B}(n) ==>
      \at(n->vmcs12.f[PN_F_GUEST_RFLAGS], B) == \at(n->vmcs12.f[PN_F_GUEST_RFLAGS], A);

    lemma l2_stays_held{A, B}: \forall struct pn_nested_vmx *n; same_caps{A, B}(n) && pn_l2_stays{A, B}(n) &&
      pn_verdict_held{A}(n) ==> pn_verdict_held{B}(n);
*/

/* ---- The steps, with the verdict --------------------------------------------------------------------------------------- */

void pn_verdict_fetch(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    pn_round_fetch(n, l0);
}

void pn_verdict_settle(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    pn_round_settle(n, l0);
}

struct pn_vcpu pn_verdict_events(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    return pn_round_events(n, v, l0);
}

bool pn_verdict_l1(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_l0_wants l0, bool shown)
{
    return pn_l1_instruction(n, s, l0, shown);
}
