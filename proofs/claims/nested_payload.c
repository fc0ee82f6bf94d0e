/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 1 with a guest hypervisor (spec/claims/1-second-payload.md), VMX: L2's exception that L1 intercepts. Proof only; never
 * compiled into anything.
 *
 * CLAIM   an exception that L0 raises while it carries out an instruction of L2's, and that L1 intercepts, becomes L1's exit with
 *         its payload as the exit qualification, and no payload is delivered
 *         a delivery after that exit breaks the books: no history with one balances
 * UNPROVED  that L1 finds CR2 and DR6 as L2 had them is the hardware's part of the exit (SDM 27.5.1 loads neither): see the page
 */
#include <provenest/vmx_events.h>

#include "../../core/event/payload.h"

/*@ // L2 runs, and an instruction of its that L0 carries out raises an exception that L1 intercepts: pn_nested_raise may be called.
    predicate cl1_raised{L}(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_event e) =
      pn_nested_inv(n) && pn_inv(v) && dev_svm == 0 && n->l2 != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02 &&
      dev_entry == 0 && v.exception.stage == PN_STAGE_NONE && (has_injected(v) ==> v.cancelled == 0) &&
      ve078_type(dev_svm, e.type, e.vector) && ve089_length(e.type, e.length) && payload_ok(e) && is_exception(e.type) &&
      nx031_exception(n, e);
*/

/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires raised: cl1_raised(n, *v, e);
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->launched, n->l2, n->entry_pending, *v, led_dropped,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[0 .. PN_FIELDS - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf,
            dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at,
            dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2, dev_owed, led_reported, dev_reads, dev_memory, dev_writes,
            dev_msrs, dev_msr_journal;
    ensures l1s: n->l2 == 0;
    ensures told: nx032_told(n, e, \old(dev_pe));
    ensures payload: e.has_payload != 0 ==> n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == e.payload;
    ensures not_delivered: n_applied == \old(n_applied);
    ensures books: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v); */
void pn_claim_nested_intercepted(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_event e)
{
    pn_nested_raise(n, v, e);
}

/* The mistake: the same exit, and then a delivery of the record that it has reported. */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires raised: cl1_raised(n, *v, e);
    requires owes: e.stage == PN_STAGE_PENDING && owes_payload(e) && ev038_has_payload(e.type, e.vector);
    requires history: payload_balanced(*v);
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->launched, n->l2, n->entry_pending, *v, led_dropped,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[0 .. PN_FIELDS - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf,
            dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at,
            dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2, dev_owed, dev_applied, led_reported, dev_reads, dev_memory, dev_writes,
            dev_msrs, dev_msr_journal;
    ensures delivered_too: n_applied == \old(n_applied) + 1;
    ensures caught: !payload_balanced(*v); */
void pn_claim_nested_delivery_after_exit(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_event e)
{
    pn_nested_raise(n, v, e);
    /*@ assert books: payload_balanced(*v); */
    pn_deliver_payload(e);
}
