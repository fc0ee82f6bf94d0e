/* SPDX-License-Identifier: BSD-2-Clause
 * The one place where an event for the next entry is chosen, and the one call that writes it.
 * SDM vol. 3A table 6-2 (priority), vol. 3C 26.5 (event injection), 26.3.1.5 (interruptibility). */
#include <provenest/event.h>

#include "classify.h"
#include "payload.h"
#include "record.h"

/* ---- One kind each: write the event, move the record to the injected slot --------------------------------------- */

/* The interrupted event again, exactly as the processor reported it; its effects on CR2, DR6 and DR7 are done. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires interrupted: v->injected.stage == PN_STAGE_INJECTED;
    terminates \true; exits \false;
    assigns dev_entry, dev_entry_event, dev_owed, dev_acked, dev_nmi_blocked;
    ensures inv: pn_inv(*v);
    ensures programmed: dev_entry != 0 && same_event(dev_entry_event, v->injected);
    ensures served: dev_owed == 0;
    ensures blocking: v->injected.type != PN_TYPE_NMI ==> dev_nmi_blocked == \old(dev_nmi_blocked); */
static void reinject(struct pn_vcpu *v)
{
    if (v->injected.type == PN_TYPE_NMI)
        pn_hw_set_nmi_blocked(false); /* the entry itself sets it again (VE-232, SDM 31.7.1.2) */
    pn_ledger_reinjected(v->injected);
    pn_hw_write_entry(v->injected);
}

/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires raised: v->exception.stage == PN_STAGE_PENDING;
    terminates \true; exits \false;
    assigns v->exception, v->injected, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_cr2, dev_dr6, dev_dr7,
            dev_rf, dev_applied;
    ensures inv: pn_inv(*v);
    ensures moved: v->exception.stage == PN_STAGE_NONE && v->injected.stage == PN_STAGE_INJECTED;
    ensures programmed: dev_entry != 0 && dev_entry_event.type == \old(v->exception.type) &&
            dev_entry_event.vector == \old(v->exception.vector) && dev_entry_event.length == \old(v->exception.length);
    ensures served: dev_owed == 0;
    ensures provenance: v->injected.origin == \old(v->exception.origin) &&
            v->injected.db_kind == \old(v->exception.db_kind);
    ensures error_code: dev_entry_event.has_error != 0 ==> dev_entry_event.error == \old(v->exception.error);
    ensures page_fault: \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_PF ==>
            dev_cr2 == \old(v->exception.payload) && dev_dr6 == \old(dev_dr6);
    ensures debug: \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_DB ==>
            ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6) && dev_cr2 == \old(dev_cr2);
    ensures no_payload: \old(v->exception.has_payload) == 0 ==> dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6);
    ensures applied: n_applied == \old(n_applied) + (\old(v->exception.has_payload) != 0 ? 1 : 0);
    ensures control: \old(v->exception.vector) == PN_VECTOR_DB ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures control_kept: \old(v->exception.vector) != PN_VECTOR_DB ==> dev_dr7 == \old(dev_dr7);
    ensures resume_flag: \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION && ev014_fault(\old(v->exception.vector)) ==>
            dev_rf != 0;
    ensures resume_flag_kept: !(\old(v->exception.type) == PN_TYPE_HARD_EXCEPTION &&
            ev014_fault(\old(v->exception.vector))) ==> dev_rf == \old(dev_rf); */
static void inject_exception(struct pn_vcpu *v)
{
    struct pn_event e = v->exception;

    pn_deliver_payload(e);
    if (e.type == PN_TYPE_HARD_EXCEPTION && pn_is_fault(e.vector))
        pn_hw_set_rf();
    e.stage = PN_STAGE_INJECTED;
    e.has_payload = false;
    e.payload = 0;
    e.has_error = pn_pushes_error(e.type, e.vector, pn_hw_pe());
    if (!e.has_error)
        e.error = 0;
    pn_hw_write_entry(e);
    v->injected = e;
    v->exception.stage = PN_STAGE_NONE;
}

/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires nothing_before: v->injected.stage == PN_STAGE_NONE && v->exception.stage == PN_STAGE_NONE;
    requires pending: v->nmi_pending > 0;
    requires open: ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss);
    terminates \true; exits \false;
    assigns v->injected, v->nmi_pending, dev_entry, dev_entry_event, dev_owed, dev_acked;
    ensures inv: pn_inv(*v);
    ensures programmed: dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI;
    ensures moved: v->nmi_pending == \old(v->nmi_pending) - 1 && v->injected.stage == PN_STAGE_INJECTED;
    ensures served: dev_owed == 0; */
static void inject_nmi(struct pn_vcpu *v)
{
    const struct pn_event e = pn_event_make(PN_STAGE_INJECTED, PN_TYPE_NMI, PN_VECTOR_NMI);

    pn_hw_write_entry(e);
    v->injected = e;
    v->nmi_pending--;
}

/* Acknowledge and program in one step: an interrupt that is acknowledged earlier would sit in service before a higher
   one that is delivered first, and the guest's EOI would retire the wrong one (SDM 10.8.5). */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires nothing_before: v->injected.stage == PN_STAGE_NONE && v->exception.stage == PN_STAGE_NONE;
    requires open: ve227_interrupt_open(dev_if, dev_sti, dev_movss);
    terminates \true; exits \false;
    assigns v->injected, v->interrupt_waiting, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_acked_vector,
            dev_asked, led_accepted, led_owing;
    ensures inv: pn_inv(*v);
    ensures asked: n_asked == \old(n_asked) + 1;
    ensures programmed: dev_entry != 0 ==>
            dev_entry_event.type == PN_TYPE_INTERRUPT && dev_entry_event.vector == dev_acked_vector;
    ensures taken: v->interrupt_waiting == 0;
    ensures served: dev_owed == 0;
    ensures counted: n_accepted == \old(n_accepted) + (v->injected.stage == PN_STAGE_INJECTED ? 1 : 0);
    ensures no_payload: n_owing == \old(n_owing); */
static void inject_interrupt(struct pn_vcpu *v)
{
    const int vector = pn_hw_ack_interrupt();
    struct pn_event e;

    v->interrupt_waiting = false;
    if (vector < 0)
        return; /* withdrawn meanwhile: nothing was acknowledged */
    e = pn_event_make(PN_STAGE_INJECTED, PN_TYPE_INTERRUPT, (uint8_t)vector);
    pn_ledger_accepted(e, PN_PATH_ACKNOWLEDGED);
    pn_hw_write_entry(e);
    v->injected = e;
}

/* ---- What stays ------------------------------------------------------------------------------------------------- */

/* Arm a window for what waits, disarm the others, and keep the pending debug exceptions consistent with the shadow. An
   entry that delivers an event ends the shadow (EV-046); otherwise an NMI behind an STI shadow needs the interrupt
   window (RFLAGS.IF is 1 there): the NMI window may open before the shadowed instruction has run. */
/*@ requires vcpu: \valid_read(v);
    requires in_step: v->injected.stage == PN_STAGE_INJECTED <==> dev_entry != 0;
    terminates \true; exits \false; assigns dev_nmi_window, dev_intr_window, dev_bs;
    ensures nmi: dev_nmi_window != 0 <==> v->nmi_pending > 0 && !(dev_sti != 0 && dev_entry == 0);
    ensures interrupt: dev_intr_window != 0 <==>
            v->interrupt_waiting != 0 || (v->nmi_pending > 0 && dev_sti != 0 && dev_entry == 0);
    ensures step: ve236_step_pending(dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    ensures trap_kept: dev_sti == 0 && dev_movss == 0 ==> dev_bs == \old(dev_bs); */
static void arm_windows(const struct pn_vcpu *v)
{
    const bool nmi = v->nmi_pending > 0;
    const bool behind_sti = nmi && pn_hw_sti_shadow() && v->injected.stage != PN_STAGE_INJECTED;

    pn_hw_set_nmi_window(nmi && !behind_sti);
    pn_hw_set_intr_window(v->interrupt_waiting || behind_sti);
    if (pn_hw_sti_shadow() || pn_hw_movss_shadow())
        pn_hw_set_step_pending(pn_hw_tf() && !pn_hw_btf());
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss); */
static bool nmi_open(void)
{
    return !pn_hw_nmi_blocked() && !pn_hw_movss_shadow() && !pn_hw_sti_shadow();
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve227_interrupt_open(dev_if, dev_sti, dev_movss); */
static bool interrupt_open(void)
{
    return pn_hw_if() && !pn_hw_sti_shadow() && !pn_hw_movss_shadow();
}

enum pn_action pn_inject_events(struct pn_vcpu *v)
{
    if (v->triple_fault)
        return PN_SHUTDOWN;
    if (v->injected.stage == PN_STAGE_INJECTED)
        reinject(v);
    else if (v->exception.stage == PN_STAGE_PENDING)
        inject_exception(v);
    else if (v->nmi_pending > 0 && nmi_open())
        inject_nmi(v);
    else if (v->interrupt_waiting && interrupt_open())
        inject_interrupt(v);
    arm_windows(v);
    return PN_ENTER;
}
