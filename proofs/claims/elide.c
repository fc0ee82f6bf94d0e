/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 2's option (spec/claims/2-reinjection.md). Proof only; never compiled into anything. Holds for both vendors.
 *
 * CLAIM   pn_elide forgets exactly what may_elide allows; whatever it does not forget is in the next entry
 *         what it never forgets: traps, software events, interrupts and NMIs; events that a guest hypervisor, a user or the
 *         emulator asked for, or that came with a snapshot; whatever a delivery can raise; page faults
 * UNPROVED  that nobody can see what may_elide allows: a statement about processors. harness/oracle/model tries every
 *           setup of a finite family, the witness images ask emulated processors
 */
#include <provenest/event.h>

/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires interrupted: dev_owed != 0;
    requires running: v->triple_fault == 0;
    requires not_allowed: !may_elide(*v, r);
    terminates \true; exits \false;
    assigns *v, dev_exited, dev_done, dev_sti, dev_movss, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_acked_vector,
            dev_asked, dev_intr_window, dev_nmi_window, dev_immediate, dev_step, dev_rip, dev_next_rip, dev_breakpoints,
            dev_cr2, dev_dr6, dev_dr7, dev_rf, dev_nmi_blocked, dev_bs, dev_applied, led_accepted, led_owing, led_delivered,
            led_dropped, led_discarded;
    ensures given: dev_entry != 0 && same_event(dev_entry_event, \old(v->injected)); */
void pn_claim_else_given(struct pn_vcpu *v, struct pn_resumption r)
{
    if (!pn_elide(v, r))
        pn_inject_events(v);
}

/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires interrupted: dev_owed != 0;
    requires never: v->injected.type != PN_TYPE_HARD_EXCEPTION || v->injected.vector == PN_VECTOR_DB ||
             v->injected.vector == PN_VECTOR_DF || v->injected.vector == PN_VECTOR_PF ||
             v->injected.vector == PN_VECTOR_MC || (10 <= v->injected.vector <= 13) || v->injected.vector >= 17 ||
             v->injected.origin != PN_BY_HARDWARE || v->injected.by_delivery != 0 || r.handled == 0 ||
             r.undisturbed == 0 || r.first_try == 0 || v->nmi_pending > 0 || v->interrupt_waiting != 0;
    terminates \true; exits \false; assigns v->injected.stage, dev_owed, led_discarded;
    ensures never_forgotten: \result == 0 && *v == \old(*v) && dev_owed == \old(dev_owed); */
bool pn_claim_never_forgotten(struct pn_vcpu *v, struct pn_resumption r)
{
    return pn_elide(v, r);
}
