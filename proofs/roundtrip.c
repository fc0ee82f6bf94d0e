/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Round trips (design, theorem 3). Proof only; never compiled into anything.
 *
 * CLAIM: an event that goes out in the entry field and comes back in the vectoring field is the same event: on VMX of types 0
 * and 2 to 6, with its length; on SVM of types 0, 2, 3, 4 and 6, but for the length, and type 6 as type 3 (SV-024), from
 * which pn_complete_vectoring makes 6 again; whatever the hardware says in unused bits. A snapshot that is restored holds the
 * events that were saved, with origin RESTORED.
 */
#include "../core/event/encode.h"

/*@ requires event: event_ok(e) && e.type != PN_TYPE_OTHER && (e.has_error == 0 ==> e.error == 0);
    terminates \true; exits \false; assigns \nothing;
    ensures same: \result.valid != 0 && reported(e, \result); */
struct pn_vectoring pn_roundtrip_vmx(struct pn_event e)
{
    return pn_vmx_vectoring(pn_vmx_entry_info(e), e.error, e.length);
}

/*@ requires event: event_ok(e) && e.type != PN_TYPE_OTHER && (e.has_error == 0 ==> e.error == 0);
    terminates \true; exits \false; assigns \nothing;
    ensures same: \result.valid != 0 && sv054_reported(e, \result); */
struct pn_vectoring pn_roundtrip_svm(struct pn_event e)
{
    return pn_svm_exitintinfo(pn_svm_eventinj(e));
}

/* complete(inject(e)) = e on a round whose delivery is interrupted: no field of the record is lost between the two. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires ready: dev_owed == 0 && dev_entry != 0 && v->exception.stage == PN_STAGE_NONE;
    requires may_enter: ve236_step_pending(dev_svm, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    terminates \true; exits \false;
    assigns v->injected, v->cancelled, v->iret_watched, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss,
            dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7, dev_cr2, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at,
            dev_next_rip, dev_mode, dev_soft_here, dev_entry, dev_owed, dev_owed_event, dev_taken_back, dev_done,
            dev_done_event, dev_exited, dev_iret_unblocked, dev_step, led_accepted, led_owing, led_delivered,
            led_discarded;
    ensures again: dev_owed != 0 && same_event(\old(v->injected), dev_owed_event) ==>
            same_event(v->injected, \old(v->injected));
    ensures inv: pn_inv(*v);
    ensures never_from_the_vector: dev_owed != 0 ==> same_event(v->injected, dev_owed_event); */
void pn_roundtrip_delivery(struct pn_vcpu *v)
{
    pn_hw_enter_guest();
    pn_complete_vectoring(v);
}

/* cancel(inject(e)) = e: what was programmed is programmed again, a pending MTF exit included. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires programmed: dev_entry != 0 && v->triple_fault == 0 && v->exception.stage == PN_STAGE_NONE;
    requires nothing_else: v->smi_pending == 0 && v->init_pending == 0;
    terminates \true; exits \false;
    assigns *v, dev_entry, dev_entry_event, dev_owed, dev_owed_event, dev_taken_back, dev_acked, dev_acked_vector, dev_asked,
            dev_intr_window, dev_nmi_window, dev_immediate, dev_step, dev_rip, dev_next_rip, dev_breakpoints, dev_cr2,
            dev_dr6, dev_dr7, dev_rf, dev_nmi_blocked, dev_bs, dev_applied, led_accepted, led_owing, led_delivered,
            led_dropped, led_discarded, led_collapsed;
    ensures again: dev_entry != 0 && dev_entry_event.type == \old(dev_entry_event.type) &&
            (\old(dev_entry_event.type) != PN_TYPE_OTHER ==> same_event(dev_entry_event, \old(dev_entry_event)));
    ensures no_effect: \old(dev_entry_event.type) != PN_TYPE_OTHER ==> dev_cr2 == \old(dev_cr2) &&
            dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) && n_applied == \old(n_applied); */
void pn_roundtrip_cancel(struct pn_vcpu *v)
{
    pn_cancel_injection(v);
    pn_inject_events(v);
}

/* restore(save(v)) = v, for events that wait and events that were interrupted, on a machine with the same registers. */
/*@ requires vcpu: \valid(v) && \valid(w);
    requires apart: \separated(v, w);
    requires inv: pn_inv(*v);
    requires at_rest: dev_entry == 0;
    requires known_vector: has_exception(*v) ==> v->exception.vector != 21;
    requires error_bit: has_injected(*v) ==>
             ve083_error_bit(dev_svm, v->injected.type, v->injected.vector, v->injected.has_error, dev_pe) &&
             (v->injected.has_error == 0 ==> v->injected.error == 0);
    terminates \true; exits \false;
    assigns *v, *w, dev_entry, dev_owed, dev_owed_event, dev_taken_back, dev_done, dev_exited, dev_nmi_blocked, dev_cr2, dev_dr6, dev_dr7,
            dev_applied, led_accepted, led_owing, led_discarded, led_dropped;
    ensures taken: \result != 0;
    ensures exception: same_record(w->exception, \old(v->exception));
    ensures injected: same_record(w->injected, \old(v->injected));
    ensures latches: w->nmi_pending == \old(v->nmi_pending) && w->triple_fault == \old(v->triple_fault) &&
            w->smi_pending == \old(v->smi_pending) && w->init_pending == \old(v->init_pending) &&
            w->sipi_pending == \old(v->sipi_pending) && w->sipi_vector == \old(v->sipi_vector) &&
            w->mtf_pending == \old(v->mtf_pending) && w->interrupt_waiting == \old(v->interrupt_waiting) &&
            w->cancelled == \old(v->cancelled);
    ensures owed: dev_owed == \old(dev_owed) && (dev_owed != 0 ==> same_event(dev_owed_event, \old(dev_owed_event)));
    ensures nothing_applied: n_applied == \old(n_applied) && dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6); */
bool pn_roundtrip_snapshot(struct pn_vcpu *v, struct pn_vcpu *w)
{
    const struct pn_snapshot s = pn_save(v, true);

    pn_vcpu_reset(v);
    pn_vcpu_init(w);
    return pn_restore(w, s);
}
