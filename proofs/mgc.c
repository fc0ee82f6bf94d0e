/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The most general client: any sequence of calls of the event core, in any order its contracts allow, with any events
 * and any guest in between, on VMX and on SVM (dev_svm is any value that never changes). Proof only; never compiled.
 *
 * CLAIM, for every such sequence of up to 2^32 events (the loop invariant of pn_any_client):
 *   conservation      events taken over = delivered + given up for a named reason + reported to a guest hypervisor + held,
 *                     at every moment, also across save, reset and restore
 *   payloads          payloads taken over = written to CR2 or DR6 + given up or passed on with their event + still pending,
 *                     so none is written twice; only pn_inject_events writes any, but for the page fault of EV-125, the
 *                     intercepted #DB of EV-126 and a snapshot for a reader that knows no payloads (the contracts of all
 *                     other calls leave CR2, DR6 and DR7 alone)
 *   one event         pn_hw_write_entry is reached at most once between two entries, with the interrupted event if
 *                     there is one (its preconditions one_event and interrupted_first, proven at each call)
 *   nothing lost      the guest is entered only when nothing is owed to it (pn_hw_enter_guest: nothing_owed)
 *   one acknowledged  at most one acknowledged interrupt is held, and none across an entry without being programmed
 *                     (pn_hw_ack_interrupt: none_held, nothing_else; pn_hw_enter_guest: nothing_acknowledged)
 *   liveness          as a safety property: at every entry, what waits and is not blocked is programmed, or the entry ends
 *                     at once or at a window (no_lost_wake_up, a precondition of any_round); what is blocked has a window, or is blocked by
 *                     SMM, GIF or the debugger, whose ends the hypervisor sees (RSM, STGI, pn_hold_events)
 * The client knows nothing of the state but the public invariant and which of the two phases of a round it is in.
 *
 * UNPROVED: what hardware does with an armed window is the seam's assumption. An NMI behind STI waits (VMX) for IF = 1 after
 * the shadowed instruction, or, if that is CLI, for the next exit. The ghosts under the counters are finite, hence the
 * 2^32. "Delivered" means left to the processor (core/README.md).
 */
#include <provenest/event.h>

/*@ // TRUST: proof only, an arbitrary number.
    terminates \true; exits \false; assigns \nothing; */
int pn_any(void);

/*@ // TRUST: proof only, an arbitrary well-formed exception record.
    terminates \true; exits \false; assigns \nothing;
    ensures event: ve078_type(dev_svm, \result.type, \result.vector) && ve089_length(\result.type, \result.length) && payload_ok(\result) && is_exception(\result.type) && \result.vector != 21; */
struct pn_event pn_any_exception(void);

/*@ // TRUST: proof only, an arbitrary instruction.
    terminates \true; exits \false; assigns \nothing; */
struct pn_retired pn_any_instruction(void);

/*@ // TRUST: proof only, arbitrary promises.
    terminates \true; exits \false; assigns \nothing; */
struct pn_resumption pn_any_resumption(void);

/*@ // TRUST: proof only, a snapshot that anybody may have written.
    terminates \true; exits \false; assigns \nothing; */
struct pn_snapshot pn_any_snapshot(void);

/* One event from outside the instruction stream. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires conservation: balanced(*v);
    requires payloads: payload_balanced(*v);
    terminates \true; exits \false;
    assigns *v, led_accepted, led_owing, led_collapsed, led_discarded;
    ensures inv: pn_inv(*v);
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
static void any_latched(struct pn_vcpu *v)
{
    const bool svm = pn_hw_svm();
    const int what = pn_any(), some = pn_any();

    switch (what) {
    case 0:
        pn_queue_nmi(v);
        break;
    case 1:
        pn_interrupt_pending(v);
        break;
    case 2:
        pn_queue_triple_fault(v);
        break;
    case 3:
        pn_queue_smi(v);
        break;
    case 4:
        pn_queue_init(v);
        break;
    case 5:
        pn_queue_sipi(v, some != 0 ? 1 : 2);
        break;
    case 6:
        pn_hold_events(v, some != 0);
        break;
    default:
        if (!svm)
            pn_queue_mtf(v);
        break;
    }
}

/* One call that is allowed between an exit and pn_inject_events. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires conservation: balanced(*v);
    requires payloads: payload_balanced(*v);
    terminates \true; exits \false;
    assigns *v, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_owed, dev_cr2, dev_dr6, dev_dr7,
            dev_applied, led_accepted, led_owing, led_discarded, led_collapsed, led_dropped, led_reported;
    ensures inv: pn_inv(*v);
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
static void any_event(struct pn_vcpu *v)
{
    const bool svm = pn_hw_svm();

    switch (pn_any()) {
    case 0:
        pn_queue_exception(v, pn_any_exception());
        break;
    case 1:
        pn_queue_machine_check(v, pn_any() != 0, pn_any() != 0);
        break;
    case 2:
        if (v->injected.stage == PN_STAGE_NONE && v->exception.stage == PN_STAGE_NONE)
            pn_instruction_retired(v, pn_any_instruction());
        break;
    case 3:
        if (v->exception.stage == PN_STAGE_PENDING)
            pn_intercept_exception(v);
        break;
    case 4:
        if (svm)
            pn_iret_intercepted(v);
        break;
    case 5:
        pn_elide(v, pn_any_resumption());
        break;
    case 6:
        if (v->injected.stage == PN_STAGE_NONE)
            pn_hw_any_change();
        break;
    default:
        any_latched(v);
        break;
    }
}

/* Save, and what may follow: the same machine goes on; or another one, or this one later, goes on from the snapshot. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires conservation: balanced(*v);
    requires payloads: payload_balanced(*v);
    terminates \true; exits \false;
    assigns *v, dev_entry, dev_owed, dev_owed_event, dev_taken_back, dev_done, dev_exited, dev_nmi_blocked, dev_cr2, dev_dr6, dev_dr7,
            dev_applied, led_accepted, led_owing, led_discarded, led_dropped;
    ensures inv: pn_inv(*v);
    ensures between_rounds: dev_entry == 0;
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
static void any_migration(struct pn_vcpu *v)
{
    struct pn_snapshot s = pn_any_snapshot();

    if (pn_any())
        s = pn_save(v, pn_any() != 0);
    if (pn_any()) {
        pn_vcpu_reset(v);
        if (pn_any())
            pn_restore(v, s);
    }
}

/* The round through the guest. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires ready: dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    requires step_rule: ve236_step_pending(dev_svm, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    requires no_lost_wake_up: woken(*v);
    terminates \true; exits \false;
    assigns v->injected, v->cancelled, v->iret_watched, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_step,
            dev_soft_here, dev_taken_back, dev_entry,
            dev_owed, dev_owed_event, dev_done, dev_done_event, dev_exited, dev_iret_unblocked, led_accepted, led_owing,
            led_delivered, led_discarded;
    ensures inv: pn_inv(*v);
    ensures entered: dev_entry == 0;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v); */
static void any_round(struct pn_vcpu *v)
{
    pn_hw_enter_guest();
    pn_complete_vectoring(v);
}

/* The entry did not run. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires ready: dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    terminates \true; exits \false;
    assigns v->injected, v->cancelled, v->mtf_pending, v->nmi_pending, dev_entry, dev_owed, dev_owed_event,
            dev_taken_back, dev_rip, dev_nmi_blocked, led_accepted, led_owing, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures taken_back: dev_entry == 0;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v); */
static void any_cancel(struct pn_vcpu *v)
{
    if (pn_any())
        pn_queue_nmi(v); /* it came too late for this entry */
    pn_cancel_injection(v);
}

/* What may follow a prepared entry: an NMI, taking it back, or the round through the guest. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires ready: dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    requires step_rule: ve236_step_pending(dev_svm, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    requires no_lost_wake_up: woken(*v);
    requires conservation: balanced(*v);
    requires payloads: payload_balanced(*v);
    terminates \true; exits \false;
    assigns *v, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_step,
            dev_soft_here, dev_taken_back, dev_entry, dev_owed, dev_owed_event, dev_done, dev_done_event, dev_exited,
            dev_iret_unblocked, led_accepted, led_owing, led_delivered, led_discarded, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures taken_back_or_entered: dev_entry == 0;
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
static void any_end(struct pn_vcpu *v)
{
    if (pn_any())
        any_cancel(v);
    else
        any_round(v);
}

/*@ requires vcpu: \valid(v);
    requires fresh: dev_entry == 0 && dev_owed == 0 && dev_done == 0 && dev_acked == 0 && dev_exited == 0;
    requires at: dev_rip == dev_at;
    requires no_history: n_accepted == n_delivered + n_discarded + n_collapsed + n_reported &&
             n_owing == n_applied + n_dropped;
    terminates \false;
    exits \false;
    assigns *v, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_step,
            dev_soft_here, dev_taken_back, dev_entry, dev_entry_event, dev_owed, dev_owed_event, dev_done, dev_done_event, dev_exited,
            dev_iret_unblocked, dev_acked, dev_acked_vector, dev_asked, dev_intr_window, dev_nmi_window, dev_immediate,
            dev_applied, led_accepted, led_owing, led_delivered, led_discarded, led_collapsed, led_dropped, led_reported;
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
void pn_any_client(struct pn_vcpu *v)
{
    pn_vcpu_init(v);
    /*@ loop invariant inv: pn_inv(*v);
        loop invariant between_rounds: dev_entry == 0;
        loop invariant conservation: balanced(*v);
        loop invariant payloads: payload_balanced(*v);
        loop assigns *v, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_step,
            dev_soft_here, dev_taken_back, dev_entry, dev_entry_event, dev_owed, dev_owed_event, dev_done, dev_done_event,
            dev_exited, dev_iret_unblocked, dev_acked, dev_acked_vector, dev_asked, dev_intr_window, dev_nmi_window,
            dev_immediate, dev_applied, led_accepted, led_owing, led_delivered, led_discarded, led_collapsed,
            led_dropped, led_reported; */
    while (pn_any()) {
        if (pn_any())
            any_event(v);
        else if (pn_any())
            any_migration(v);
        else if (pn_inject_events(v) == PN_ENTER)
            any_end(v);
    }
}
