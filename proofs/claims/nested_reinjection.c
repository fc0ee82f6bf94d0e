/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 2 with a guest hypervisor (spec/claims/2-reinjection.md, cases 2 and 18), VMX. Proof only; never compiled into anything.
 *
 * CLAIM   an exit that is L1's tells L1 the event whose delivery it interrupted, as the processor reported it, and from then on it
 *         is L1's: nothing of it is left for L0 to give
 *         an event that L1 injects is the next entry's event, as L1 wrote it, and it is never one of those that may be forgotten
 * UNPROVED  what L1 does with it
 */
#include <provenest/vmx_events.h>

/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires exit: pn_exit_inv(*v);
    requires vmx: dev_svm == 0;
    requires l2: n->l2 != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02;
    requires not_programmed: dev_entry == 0;
    requires interrupted: dev_owed != 0;
    requires running: v->exception.stage == PN_STAGE_NONE && v->cancelled == 0;
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->launched, n->l2, n->entry_pending, *v, dev_exited, dev_done, dev_step,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[0 .. PN_FIELDS - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf,
            dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at,
            dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2, dev_owed, led_accepted, led_owing, led_delivered, led_discarded,
            led_reported, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures reported: same_event(\result, \old(dev_owed_event));
    ensures said: pn_exit_said(n, x);
    ensures event: pn_says_interrupted(n, x, \result);
    ensures l1s: n->l2 == 0 && dev_owed == 0 && !has_injected(*v) && n_reported == \old(n_reported) + 1; */
struct pn_event pn_claim_nested_told(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    struct pn_event e;

    pn_complete_vectoring(v);
    /*@ assert flags: n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre) && n->launched == \at(n->launched, Pre) &&
          n->checked == \at(n->checked, Pre) && n->entry_pending == \at(n->entry_pending, Pre); */
    /*@ assert words: n->current == \at(n->current, Pre) && n->vmxon_pointer == \at(n->vmxon_pointer, Pre) &&
          n->caps.address_width == \at(n->caps.address_width, Pre) && n->caps.linear_width == \at(n->caps.linear_width, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
    /*@ assert widths: pn_caps_ok(n->caps); */
    /*@ assert fields: \forall integer i; 0 <= i < PN_FIELDS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert fit: pn_fields_fit(n); */
    e = v->injected;
    pn_nested_exit(n, v, x);
    return e;
}

/* What L1's entry carries is the first thing that L2 gets; that it is taken if the entry's checks have passed says
   pn_nested_take_entry_event (complete). */
/*@ requires nested: \valid_read(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires nothing: dev_entry == 0 && dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    requires running: v->triple_fault == 0 && dev_wfs == 0;
    requires event: info_valid(n->vmcs12.f[PN_F_ENTRY_INFO]) == 1 && info_type(n->vmcs12.f[PN_F_ENTRY_INFO]) != 7;
    terminates \true; exits \false;
    assigns *v, dev_entry, dev_entry_event, dev_owed, dev_owed_event, dev_taken_back, dev_acked, dev_acked_vector, dev_asked,
            dev_intr_window, dev_nmi_window, dev_immediate, dev_step, dev_rip, dev_next_rip, dev_breakpoints, dev_cr2, dev_dr6,
            dev_dr7, dev_rf, dev_nmi_blocked, dev_bs, dev_applied, led_accepted, led_owing, led_delivered, led_dropped,
            led_discarded, led_collapsed;
    ensures given: \result != 0 ==> dev_entry != 0;
    ensures type: \result != 0 ==> dev_entry_event.type == info_type(\old(n->vmcs12.f[PN_F_ENTRY_INFO]));
    ensures vector: \result != 0 ==> dev_entry_event.vector == info_vector(\old(n->vmcs12.f[PN_F_ENTRY_INFO]));
    ensures code: \result != 0 ==> (dev_entry_event.has_error != 0 <==>
            info_has_error(\old(n->vmcs12.f[PN_F_ENTRY_INFO])) == 1);
    ensures error: \result != 0 && dev_entry_event.has_error != 0 ==>
            dev_entry_event.error == \old(n->vmcs12.f[PN_F_ENTRY_ERROR]);
    ensures l1s: \result != 0 ==> has_injected(*v) && v->injected.origin == PN_BY_L1;
    ensures never_forgotten: \result != 0 ==> !may_elide(*v, r);
    ensures no_effect: \result != 0 ==> n_applied == \old(n_applied) && dev_cr2 == \old(dev_cr2) &&
            dev_dr6 == \old(dev_dr6); */
bool pn_claim_nested_given(const struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_resumption r)
{
    (void)r;
    if (!pn_nested_take_entry_event(n, v))
        return false;
    /*@ assert info: n->vmcs12.f[PN_F_ENTRY_INFO] == \at(n->vmcs12.f[PN_F_ENTRY_INFO], Pre); */
    /*@ assert code: n->vmcs12.f[PN_F_ENTRY_ERROR] == \at(n->vmcs12.f[PN_F_ENTRY_ERROR], Pre); */
Taken:
    pn_inject_events(v);
    /*@ assert first: dev_entry != 0 && same_event(dev_entry_event, \at(v->injected, Taken)) &&
          v->injected == \at(v->injected, Taken); */
    return true;
}
