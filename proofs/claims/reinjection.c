/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 2 (spec/claims/2-reinjection.md): what the core does with an event whose delivery an exit interrupted. Proof only;
 * never compiled into anything. Every function holds for both vendors: dev_svm is not constrained.
 *
 * CLAIM   a hardware exception, interrupt or NMI that an exit reports as interrupted goes into the next entry, with its
 *         type, vector and error code, before anything else that waits; nothing is written to CR2 or DR6 for it again
 *         two exits in one delivery: the same event given twice, with the origin it had, and the books balance
 *         only the hypervisor can keep it from the next entry: by queueing an exception that its delivery raised, a
 *         triple fault, a reset, or pn_elide (elide.c)
 * UNPROVED  what processors do with it: harness/oracle asks emulated ones
 */
#include <provenest/event.h>

/* The exit's report, and the entry after it. */
/*@ requires vcpu: \valid(v);
    requires exit: pn_exit_inv(*v);
    requires interrupted: dev_owed != 0 && !ev040_soft(dev_owed_event.type);
    requires running: v->triple_fault == 0;
    terminates \true; exits \false;
    assigns *v, dev_exited, dev_done, dev_sti, dev_movss, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_acked_vector,
            dev_asked, dev_intr_window, dev_nmi_window, dev_immediate, dev_step, dev_rip, dev_next_rip, dev_breakpoints,
            dev_cr2, dev_dr6, dev_dr7, dev_rf, dev_nmi_blocked, dev_bs, dev_applied, led_accepted, led_owing, led_delivered,
            led_dropped, led_discarded;
    ensures given: dev_entry != 0 && same_event(dev_entry_event, \old(dev_owed_event));
    ensures enters: \result == PN_ENTER;
    ensures nothing_written: n_applied == \old(n_applied) && dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) &&
            dev_dr7 == \old(dev_dr7) && dev_rf == \old(dev_rf);
    ensures others_wait: v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting); */
enum pn_action pn_claim_given_again(struct pn_vcpu *v)
{
    pn_complete_vectoring(v);
    return pn_inject_events(v);
}

/* A second exit interrupts the same delivery (an EPT violation, then a page-modification log full): it is the same event
 * still, whoever asked for it first. */
/*@ requires vcpu: \valid(v);
    requires exit: pn_exit_inv(*v);
    requires same_again: again(*v) && !ev040_soft(dev_owed_event.type);
    requires running: v->triple_fault == 0;
    requires conservation: balanced(*v);
    terminates \true; exits \false;
    assigns *v, dev_exited, dev_done, dev_sti, dev_movss, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_acked_vector,
            dev_asked, dev_intr_window, dev_nmi_window, dev_immediate, dev_step, dev_rip, dev_next_rip, dev_breakpoints,
            dev_cr2, dev_dr6, dev_dr7, dev_rf, dev_nmi_blocked, dev_bs, dev_applied, led_accepted, led_owing, led_delivered,
            led_dropped, led_discarded;
    ensures given: dev_entry != 0 && same_event(dev_entry_event, \old(v->injected));
    ensures same_origin: v->injected.origin == \old(v->injected.origin);
    ensures one_event: balanced(*v) && has_injected(*v);
    ensures nothing_written: n_applied == \old(n_applied) && dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6); */
void pn_claim_second_exit(struct pn_vcpu *v)
{
    pn_complete_vectoring(v);
    pn_inject_events(v);
}
