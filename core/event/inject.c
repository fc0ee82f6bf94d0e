/* SPDX-License-Identifier: BSD-2-Clause
 * The one place where an event for the next entry is chosen, and the one call that writes it.
 * SDM vol. 3A table 6-2 (priority), vol. 3C 26.5 (event injection), 26.3.1.5 (interruptibility); APM vol. 2 15.20. */
#include <provenest/event.h>

#include "classify.h"
#include "payload.h"
#include "record.h"
#include "soft.h"
#include "windows.h"

/* ---- One kind each: write the event, move the record to the injected slot --------------------------------------- */

/* The interrupted event again, exactly as the processor reported it; its effects on CR2, DR6 and DR7 are done. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0 && dev_step == 0;
    requires interrupted: v->injected.stage == PN_STAGE_INJECTED;
    terminates \true; exits \false;
    assigns v->soft_rip, v->entry_rip, v->iret_watched, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_nmi_blocked,
            dev_rip, dev_next_rip;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures programmed: dev_entry != 0 && same_event(dev_entry_event, v->injected);
    ensures served: dev_owed == 0;
    ensures not_watched: v->iret_watched == 0;
    ensures blocking: v->injected.type != PN_TYPE_NMI ==> dev_nmi_blocked == \old(dev_nmi_blocked); */
static void reinject(struct pn_vcpu *v)
{
    const bool nmi = v->injected.type == PN_TYPE_NMI;

    if (nmi)
        pn_hw_set_nmi_blocked(false); /* the entry itself sets it again (VE-232, SDM 31.7.1.2) */
    pn_soft_prepare(v, v->injected);
    pn_ledger_reinjected(v->injected);
    pn_hw_write_entry(v->injected);
    if (nmi && pn_hw_svm())
        pn_hw_set_nmi_blocked(true); /* here the flag is the core's (SV-051) */
    v->iret_watched = false;
}

/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0 && dev_step == 0 && dev_wfs == 0;
    requires raised: v->exception.stage == PN_STAGE_PENDING;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->soft_rip, v->entry_rip, v->iret_watched, dev_entry, dev_entry_event, dev_owed,
            dev_acked, dev_rip, dev_next_rip, dev_cr2, dev_dr6, dev_dr7, dev_rf, dev_applied;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures moved: v->exception.stage == PN_STAGE_NONE && v->injected.stage == PN_STAGE_INJECTED;
    ensures programmed: dev_entry != 0 && dev_entry_event.type == \old(v->exception.type) &&
            dev_entry_event.vector == \old(v->exception.vector) && dev_entry_event.length == \old(v->exception.length);
    ensures served: dev_owed == 0;
    ensures not_watched: v->iret_watched == 0;
    ensures provenance: v->injected.origin == \old(v->exception.origin) &&
            v->injected.db_kind == \old(v->exception.db_kind) &&
            v->injected.by_delivery == \old(v->exception.by_delivery);
    ensures error_code: dev_entry_event.has_error != 0 ==> dev_entry_event.error == \old(v->exception.error);
    ensures page_fault: \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_PF ==>
            dev_cr2 == \old(v->exception.payload) && dev_dr6 == \old(dev_dr6);
    ensures debug: \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_DB ==>
            ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6) && dev_cr2 == \old(dev_cr2);
    ensures no_payload: !owes_payload(\old(v->exception)) ==> dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6);
    ensures applied: n_applied == \old(n_applied) + payloads(\old(v->exception));
    ensures control: \old(v->exception.vector) == PN_VECTOR_DB ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures control_kept: \old(v->exception.vector) != PN_VECTOR_DB ==> dev_dr7 == \old(dev_dr7);
    ensures resume_flag: \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION &&
            ev014_fault(\old(v->exception.vector), \old(v->exception.db_kind)) ==> dev_rf != 0;
    ensures resume_flag_kept: !(\old(v->exception.type) == PN_TYPE_HARD_EXCEPTION &&
            ev014_fault(\old(v->exception.vector), \old(v->exception.db_kind))) ==> dev_rf == \old(dev_rf); */
static void inject_exception(struct pn_vcpu *v)
{
    struct pn_event e = v->exception;

    pn_deliver_payload(e);
    if (e.type == PN_TYPE_HARD_EXCEPTION && pn_is_fault(e.vector, e.db_kind))
        pn_hw_set_rf();
    e.stage = PN_STAGE_INJECTED;
    e.has_payload = false;
    e.payload = 0;
    e.has_error = pn_pushes_error(pn_hw_svm(), e.type, e.vector, pn_hw_pe());
    if (!e.has_error)
        e.error = 0;
    pn_soft_prepare(v, e);
    pn_hw_write_entry(e);
    v->injected = e;
    v->exception.stage = PN_STAGE_NONE;
    v->iret_watched = false;
}

/* VMX: the exit comes right after the entry, before anything else (EV-045). A debug trap that waits ranks behind it and
   goes where the processor keeps such traps, to be delivered when the guest runs on (EV-019, EV-102). */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0 && dev_step == 0 && dev_wfs == 0;
    requires nothing_before: v->injected.stage == PN_STAGE_NONE && (has_exception(*v) ==> low_trap(v->exception));
    requires pending: v->mtf_pending != 0;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->mtf_pending, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_breakpoints,
            dev_bs, led_delivered, led_dropped;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures programmed: dev_entry != 0 && dev_entry_event.type == PN_TYPE_OTHER;
    ensures served: dev_owed == 0 && v->injected.stage == PN_STAGE_INJECTED && v->exception.stage == PN_STAGE_NONE &&
            v->mtf_pending == 0;
    ensures no_trap: !\old(has_exception(*v)) ==> dev_breakpoints == \old(dev_breakpoints) && dev_bs == \old(dev_bs);
    ensures trap: \old(has_exception(*v)) && \old(v->exception.has_payload) != 0 ==>
            (\forall integer k; 0 <= k <= 3 ==> (bit(\old(v->exception.payload), k) ==> bit(dev_breakpoints, k))) &&
            (bit(\old(v->exception.payload), 14) ==> dev_bs != 0); */
static void inject_mtf(struct pn_vcpu *v)
{
    const struct pn_event e = pn_event_make(PN_STAGE_INJECTED, PN_TYPE_OTHER, 0);

    if (v->exception.stage == PN_STAGE_PENDING)
        pn_hold_trap(v);
    pn_hw_write_entry(e);
    v->injected = e;
    v->mtf_pending = false;
}

/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0 && dev_step == 0 && dev_wfs == 0;
    requires nothing_before: v->injected.stage == PN_STAGE_NONE && v->exception.stage == PN_STAGE_NONE;
    requires pending: v->nmi_pending > 0;
    requires open: ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss, dev_gif);
    terminates \true; exits \false;
    assigns v->injected, v->nmi_pending, v->iret_watched, dev_entry, dev_entry_event, dev_owed, dev_acked,
            dev_nmi_blocked;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures programmed: dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI;
    ensures moved: v->nmi_pending == \old(v->nmi_pending) - 1 && v->injected.stage == PN_STAGE_INJECTED;
    ensures not_watched: v->iret_watched == 0;
    ensures served: dev_owed == 0; */
static void inject_nmi(struct pn_vcpu *v)
{
    const struct pn_event e = pn_event_make(PN_STAGE_INJECTED, PN_TYPE_NMI, PN_VECTOR_NMI);

    pn_hw_write_entry(e);
    if (pn_hw_svm())
        pn_hw_set_nmi_blocked(true);
    v->injected = e;
    v->nmi_pending--;
    v->iret_watched = false;
}

/* Acknowledge and program in one step: an interrupt that is acknowledged earlier would sit in service before a higher
   one that is delivered first, and the guest's EOI would retire the wrong one (SDM 10.8.5). */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0 && dev_step == 0 && dev_wfs == 0;
    requires nothing_before: v->injected.stage == PN_STAGE_NONE && v->exception.stage == PN_STAGE_NONE;
    requires open: ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif);
    terminates \true; exits \false;
    assigns v->injected, v->interrupt_waiting, v->iret_watched, dev_entry, dev_entry_event, dev_owed, dev_acked,
            dev_acked_vector, dev_asked, led_accepted, led_owing;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures asked: n_asked == \old(n_asked) + 1;
    ensures programmed: dev_entry != 0 ==>
            dev_entry_event.type == PN_TYPE_INTERRUPT && dev_entry_event.vector == dev_acked_vector;
    ensures taken: v->interrupt_waiting == 0;
    ensures not_watched: v->iret_watched == (dev_entry != 0 ? 0 : \old(v->iret_watched));
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
    v->iret_watched = false;
}

/* ---- The choice ------------------------------------------------------------------------------------------------- */

/* A SIPI is for a processor that waits for one; it does not outlast that. */
/*@ requires vcpu: \valid(v);
    requires not_waiting: dev_wfs == 0;
    terminates \true; exits \false; assigns v->sipi_pending, led_discarded;
    ensures none: v->sipi_pending == 0;
    ensures counted: n_discarded == \old(n_discarded) + (\old(v->sipi_pending) != 0 ? 1 : 0); */
static void forget_sipi(struct pn_vcpu *v)
{
    if (v->sipi_pending)
        pn_ledger_no_effect(PN_TYPE_SIPI);
    v->sipi_pending = false;
}

/* SMI, INIT and SIPI are not in the entry event field: the hypervisor carries them out. PN_ENTER: none is due. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false;
    assigns v->smi_pending, v->init_pending, v->sipi_pending, v->iret_watched, led_delivered;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures result: \result == PN_ENTER || \result == PN_WAIT || \result == PN_DO_SMI || \result == PN_DO_INIT ||
            \result == PN_DO_SIPI;
    ensures waits: \result == PN_WAIT <==> dev_wfs != 0 && \old(v->sipi_pending) == 0;
    ensures sipi: \result == PN_DO_SIPI <==> dev_wfs != 0 && \old(v->sipi_pending) != 0;
    ensures smi: \result == PN_DO_SMI <==> dev_wfs == 0 &&
            ev018_smi_turn(interrupted(*v), high(*v), \old(v->smi_pending), dev_smm, dev_gif, v->held_back);
    ensures init: \result == PN_DO_INIT <==> dev_wfs == 0 &&
            ev018_init_turn(interrupted(*v), high(*v), \old(v->smi_pending), \old(v->init_pending), dev_smm, dev_gif,
              v->held_back);
    ensures smi_taken: v->smi_pending == (\result == PN_DO_SMI ? 0 : \old(v->smi_pending));
    ensures init_taken: v->init_pending == (\result == PN_DO_INIT ? 0 : \old(v->init_pending));
    ensures sipi_taken: v->sipi_pending == (\result == PN_DO_SIPI ? 0 : \old(v->sipi_pending));
    ensures iret_again: v->iret_watched != 0 <==> \old(v->iret_watched) != 0 && \result != PN_DO_SMI &&
            \result != PN_DO_INIT; */
static enum pn_action hand_over(struct pn_vcpu *v)
{
    const bool high = v->exception.stage == PN_STAGE_PENDING && !pn_is_low_trap(v->exception);

    if (pn_hw_wait_for_sipi()) {
        if (!v->sipi_pending)
            return PN_WAIT;
        v->sipi_pending = false;
        pn_ledger_handed_over(PN_TYPE_SIPI);
        return PN_DO_SIPI;
    }
    if (v->injected.stage == PN_STAGE_INJECTED || high)
        return PN_ENTER;
    if (v->smi_pending && pn_smi_open(v)) {
        v->smi_pending = false;
        v->iret_watched = false; /* RIP moves, and not because of the IRET */
        pn_ledger_handed_over(PN_TYPE_SMI);
        return PN_DO_SMI;
    }
    if (v->init_pending && pn_init_open()) {
        v->init_pending = false;
        v->iret_watched = false;
        pn_ledger_handed_over(PN_TYPE_INIT);
        return PN_DO_INIT;
    }
    return PN_ENTER;
}

/* An NMI, or else an interrupt, if nothing blocks it. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0 && dev_step == 0 && dev_wfs == 0;
    requires nothing_before: v->injected.stage == PN_STAGE_NONE && v->exception.stage == PN_STAGE_NONE &&
             v->mtf_pending == 0;
    terminates \true; exits \false;
    assigns v->injected, v->nmi_pending, v->interrupt_waiting, v->iret_watched, dev_entry, dev_entry_event, dev_owed,
            dev_acked, dev_acked_vector, dev_asked, dev_nmi_blocked, led_accepted, led_owing;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures served: dev_owed == 0;
    ensures nmi: (\old(v->nmi_pending) > 0 && v->held_back == 0 &&
             ve228_nmi_open(\old(dev_nmi_blocked), dev_sti, dev_movss, dev_gif)) <==>
             (dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI);
    ensures nmi_taken: dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI ==>
            v->nmi_pending == \old(v->nmi_pending) - 1 && v->interrupt_waiting == \old(v->interrupt_waiting) &&
            n_asked == \old(n_asked);
    ensures nmi_kept: !(dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI) ==>
            v->nmi_pending == \old(v->nmi_pending) && dev_nmi_blocked == \old(dev_nmi_blocked);
    ensures nmi_blocking_svm: dev_svm != 0 && dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI ==>
            dev_nmi_blocked != 0;
    ensures interrupt: interrupt_turn{Pre}(\old(*v)) ==> n_asked == \old(n_asked) + 1 && v->interrupt_waiting == 0;
    ensures no_interrupt: !interrupt_turn{Pre}(\old(*v)) ==> n_asked == \old(n_asked) &&
            v->interrupt_waiting == \old(v->interrupt_waiting);
    ensures only_these: dev_entry != 0 ==> dev_entry_event.type == PN_TYPE_NMI ||
            (dev_entry_event.type == PN_TYPE_INTERRUPT && dev_entry_event.vector == dev_acked_vector &&
             interrupt_turn{Pre}(\old(*v)));
    ensures only_nmi: dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI ==> \old(v->nmi_pending) > 0;
    ensures iret_again: v->iret_watched != 0 <==> \old(v->iret_watched) != 0 && dev_entry == 0; */
static void program_from_outside(struct pn_vcpu *v)
{
    if (v->nmi_pending > 0 && pn_nmi_open(v))
        inject_nmi(v);
    else if (v->interrupt_waiting && pn_interrupt_open(v))
        inject_interrupt(v);
}

/* Program the one event whose turn it is, if there is one: the clauses of pn_inject_events. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0 && dev_step == 0 && dev_wfs == 0;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->nmi_pending, v->interrupt_waiting, v->mtf_pending, v->soft_rip, v->entry_rip,
            v->iret_watched, dev_entry, dev_entry_event, dev_owed, dev_acked, dev_acked_vector, dev_asked, dev_rip,
            dev_next_rip, dev_breakpoints, dev_cr2, dev_dr6, dev_dr7, dev_rf, dev_nmi_blocked, dev_bs, dev_applied,
            led_accepted, led_owing, led_delivered, led_dropped;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures nothing_owed: dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    ensures interrupted_first: ev087_interrupted_turn(\old(interrupted(*v))) ==>
            dev_entry != 0 && same_event(dev_entry_event, \old(v->injected)) && v->injected == \old(v->injected);
    ensures interrupted_has_no_effect: \old(has_injected(*v)) ==> dev_cr2 == \old(dev_cr2) &&
            dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) && n_applied == \old(n_applied) &&
            dev_rf == \old(dev_rf);
    ensures pending_kept: \old(has_injected(*v)) ==>
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting) &&
            v->mtf_pending == \old(v->mtf_pending);

    ensures exception_next: ev020_exception_turn(\old(interrupted(*v)), \old(high(*v)),
            \old(low(*v)), \old(v->mtf_pending)) ==>
            dev_entry != 0 && dev_entry_event.type == \old(v->exception.type) &&
            dev_entry_event.vector == \old(v->exception.vector) && dev_entry_event.length == \old(v->exception.length) &&
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting) &&
            v->mtf_pending == \old(v->mtf_pending) &&
            v->injected.origin == \old(v->exception.origin) && v->injected.db_kind == \old(v->exception.db_kind) &&
            v->injected.by_delivery == \old(v->exception.by_delivery);
    ensures nmi_kept: !ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)), \old(v->mtf_pending),
            \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, dev_gif, v->held_back) ==>
            v->nmi_pending == \old(v->nmi_pending);
    ensures mtf_kept: !ev019_mtf_turn(\old(interrupted(*v)), \old(high(*v)), \old(v->mtf_pending)) ==>
            v->mtf_pending == \old(v->mtf_pending);
    ensures breakpoints_kept: !(\old(interrupted(*v)) == 0 && \old(v->mtf_pending) != 0 && \old(low(*v)) != 0) ==>
            dev_breakpoints == \old(dev_breakpoints);
    ensures error_code: exception_injected{Pre}(\old(*v)) ==>
            (dev_entry_event.has_error != 0 ==> dev_entry_event.error == \old(v->exception.error));
    ensures page_fault_address: exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_PF ==>
            dev_cr2 == \old(v->exception.payload) && dev_dr6 == \old(dev_dr6) && n_applied == \old(n_applied) + 1;
    ensures debug_status: exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_DB ==>
            ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6) && dev_cr2 == \old(dev_cr2) &&
            n_applied == \old(n_applied) + 1;
    ensures debug_control: exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.vector) == PN_VECTOR_DB ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures debug_control_kept: !(exception_injected{Pre}(\old(*v)) && \old(v->exception.vector) == PN_VECTOR_DB) ==>
            dev_dr7 == \old(dev_dr7);
    ensures resume_flag: exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION &&
            ev014_fault(\old(v->exception.vector), \old(v->exception.db_kind)) ==> dev_rf != 0;
    ensures resume_flag_kept: !(exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION &&
            ev014_fault(\old(v->exception.vector), \old(v->exception.db_kind))) ==> dev_rf == \old(dev_rf);
    ensures no_payload_no_effect: !(exception_injected{Pre}(\old(*v)) && owes_payload(\old(v->exception))) ==>
            dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && n_applied == \old(n_applied);

    ensures mtf_next: ev019_mtf_turn(\old(interrupted(*v)), \old(high(*v)),
            \old(v->mtf_pending)) ==>
            dev_entry != 0 && dev_entry_event.type == PN_TYPE_OTHER && v->mtf_pending == 0 &&
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting);
    ensures trap_behind_mtf: \old(interrupted(*v)) == 0 && \old(v->mtf_pending) != 0 && \old(low(*v)) != 0 &&
            \old(v->exception.has_payload) != 0 ==>
            (\forall integer k; 0 <= k <= 3 ==> (bit(\old(v->exception.payload), k) ==> bit(dev_breakpoints, k))) &&
            (bit(\old(v->exception.payload), 14) ==> dev_bs != 0);
    ensures nmi_next: ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)),
            \old(v->mtf_pending), \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, dev_gif,
            v->held_back) ==>
            dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI && v->nmi_pending == \old(v->nmi_pending) - 1;
    ensures interrupt_last: interrupt_turn{Pre}(\old(*v)) ==>
            n_asked == \old(n_asked) + 1 && v->interrupt_waiting == 0 &&
            (dev_entry != 0 ==> dev_entry_event.type == PN_TYPE_INTERRUPT &&
                                dev_entry_event.vector == dev_acked_vector);
    ensures asked_only_then: !(interrupt_turn{Pre}(\old(*v))) ==> n_asked == \old(n_asked);
    ensures interrupt_kept: !interrupt_turn{Pre}(\old(*v)) ==> v->interrupt_waiting == \old(v->interrupt_waiting);
    ensures trap_kept: !(\old(v->mtf_pending) != 0 && \old(low(*v)) != 0) ==> dev_bs == \old(dev_bs);
    ensures nothing_invented: !\old(has_injected(*v)) && !\old(has_exception(*v)) &&
            \old(v->mtf_pending) == 0 && dev_entry != 0 ==>
            (dev_entry_event.type == PN_TYPE_NMI && ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)),
              \old(v->mtf_pending), \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, dev_gif,
              v->held_back)) ||
            (dev_entry_event.type == PN_TYPE_INTERRUPT && interrupt_turn{Pre}(\old(*v)));
    ensures nmi_not_forgotten: dev_entry == 0 && v->nmi_pending > 0 && v->held_back == 0 ==>
            !ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss, dev_gif);
    ensures iret_again: v->iret_watched != 0 <==> \old(v->iret_watched) != 0 && dev_entry == 0;
    ensures nmi_blocking_kept: !(dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI) ==>
            dev_nmi_blocked == \old(dev_nmi_blocked);
    ensures nmi_blocking_svm: dev_svm != 0 && dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI ==>
            dev_nmi_blocked != 0; */
static void program(struct pn_vcpu *v)
{
    if (v->injected.stage == PN_STAGE_INJECTED)
        reinject(v);
    else if (v->exception.stage == PN_STAGE_PENDING && !(v->mtf_pending && pn_is_low_trap(v->exception)))
        inject_exception(v);
    else if (v->mtf_pending)
        inject_mtf(v);
    else
        program_from_outside(v);
}

enum pn_action pn_inject_events(struct pn_vcpu *v)
{
    enum pn_action action;

    if (v->triple_fault)
        return PN_SHUTDOWN;
    action = hand_over(v);
    if (action != PN_ENTER)
        return action;
    forget_sipi(v);
    pn_hw_set_step(false);
    program(v);
    pn_arm_windows(v);
    return PN_ENTER;
}
