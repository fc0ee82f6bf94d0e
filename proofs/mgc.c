/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The most general client: any sequence of calls of the event core, in any order its contracts allow, with any events
 * and any guest in between. Proof only; never compiled into anything.
 *
 * CLAIM, for every such sequence of up to 2^32 events (the loop invariant of pn_any_client):
 *   conservation      events taken over = delivered + given up for a named reason + held, at every moment
 *   payloads          payloads taken over = written to CR2 or DR6 + given up with their event + still pending, so none
 *                     is written twice; only pn_inject_events writes any, but for the page fault of EV-125 (the
 *                     contracts of all other calls leave CR2, DR6 and DR7 alone)
 *   one event         pn_hw_write_entry is reached at most once between two entries, with the interrupted event if
 *                     there is one (its preconditions one_event and interrupted_first, proven at each call)
 *   nothing lost      the guest is entered only when nothing is owed to it (pn_hw_enter_guest: nothing_owed)
 *   one acknowledged  at most one acknowledged interrupt is held, and none across an entry without being programmed
 *                     (pn_hw_ack_interrupt: none_held, nothing_else; pn_hw_enter_guest: nothing_acknowledged)
 * The client knows nothing of the state but the public invariant and which of the two phases of a round it is in.
 *
 * UNPROVED: liveness beyond "a window is armed"; what hardware does with an armed window is the seam's assumption. An NMI
 * behind STI waits for IF = 1 after the shadowed instruction, or, if that is CLI, for the next exit. The ghosts under
 * the counters are finite, hence the 2^32. "Delivered" means left to the processor (core/README.md). A caller that
 * queues the processor's exceptions after pn_cancel_injection, before the next exit, would have them merged with an event no delivery of which was tried.
 */
#include <provenest/event.h>

/*@ // TRUST: proof only, an arbitrary number.
    terminates \true; exits \false; assigns \nothing; */
int pn_any(void);

/*@ // TRUST: proof only, an arbitrary well-formed exception record.
    terminates \true; exits \false; assigns \nothing;
    ensures event: event_ok(\result) && payload_ok(\result) && is_exception(\result.type) && \result.vector != 21; */
struct pn_event pn_any_exception(void);

/* One call that is allowed between an exit and pn_inject_events. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires conservation: balanced(*v);
    requires payloads: payload_balanced(*v);
    terminates \true; exits \false;
    assigns *v, dev_owed, dev_sti, dev_movss, dev_cr2, dev_dr6, dev_dr7, dev_applied, led_accepted, led_owing,
            led_discarded, led_collapsed, led_dropped;
    ensures inv: pn_inv(*v);
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
static void any_event(struct pn_vcpu *v)
{
    switch (pn_any()) {
    case 0:
        pn_queue_exception(v, pn_any_exception());
        break;
    case 1:
        pn_queue_nmi(v);
        break;
    case 2:
        pn_interrupt_pending(v);
        break;
    case 3:
        pn_queue_triple_fault(v);
        break;
    default:
        if (v->injected.stage == PN_STAGE_NONE && v->exception.stage == PN_STAGE_NONE)
            pn_instruction_retired(v);
        break;
    }
}

/* What may follow a prepared entry: an NMI, taking it back, or the round through the guest. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires ready: dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    requires step_rule: ve236_step_pending(dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    requires conservation: balanced(*v);
    requires payloads: payload_balanced(*v);
    terminates \true; exits \false;
    assigns *v, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_entry, dev_owed, dev_owed_event, dev_done, dev_done_event, dev_exited, dev_iret_unblocked,
            led_accepted, led_owing, led_delivered, led_discarded, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures taken_back_or_entered: dev_entry == 0;
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
static void any_end(struct pn_vcpu *v)
{
    if (pn_any())
        pn_queue_nmi(v);
    if (pn_any()) {
        pn_cancel_injection(v);
    } else {
        pn_hw_enter_guest();
        pn_complete_vectoring(v);
    }
}

/*@ requires vcpu: \valid(v);
    requires fresh: dev_entry == 0 && dev_owed == 0 && dev_done == 0 && dev_acked == 0 && dev_exited == 0;
    requires no_history: n_accepted == n_delivered + n_discarded + n_collapsed && n_owing == n_applied + n_dropped;
    terminates \false;
    exits \false;
    assigns *v, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6, dev_dr7,
            dev_cr2, dev_entry, dev_entry_event, dev_owed, dev_owed_event, dev_done, dev_done_event, dev_exited, dev_iret_unblocked,
            dev_acked, dev_acked_vector, dev_asked, dev_intr_window, dev_nmi_window, dev_applied,
            led_accepted, led_owing, led_delivered, led_discarded, led_collapsed, led_dropped;
    ensures conservation: balanced(*v);
    ensures payloads: payload_balanced(*v); */
void pn_any_client(struct pn_vcpu *v)
{
    pn_vcpu_init(v);
    /*@ loop invariant inv: pn_inv(*v);
        loop invariant between_rounds: dev_entry == 0;
        loop invariant conservation: balanced(*v);
        loop invariant payloads: payload_balanced(*v);
        loop assigns *v, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_dr6,
            dev_dr7, dev_cr2, dev_entry, dev_entry_event, dev_owed, dev_owed_event, dev_done, dev_done_event,
            dev_exited, dev_iret_unblocked, dev_acked, dev_acked_vector, dev_asked, dev_intr_window, dev_nmi_window, dev_applied, led_accepted,
            led_owing, led_delivered, led_discarded, led_collapsed, led_dropped; */
    while (pn_any()) {
        if (pn_any())
            any_event(v);
        else if (pn_inject_events(v) == PN_ENTER)
            any_end(v);
    }
}
