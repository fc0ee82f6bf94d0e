/* SPDX-License-Identifier: BSD-2-Clause
 * Taking events over: exceptions with their merging, NMIs, the interrupt line, shutdown, a finished instruction.
 * SDM vol. 3A 6.15 (double fault), 6.7.1 (NMI), vol. 3C 31.7.1.1 (reflecting exceptions). */
#include <provenest/event.h>

#include "bits.h"
#include "classify.h"
#include "payload.h"
#include "record.h"

void pn_vcpu_init(struct pn_vcpu *v)
{
    v->exception = pn_event_make(PN_STAGE_NONE, PN_TYPE_HARD_EXCEPTION, 0);
    v->injected = pn_event_make(PN_STAGE_NONE, PN_TYPE_HARD_EXCEPTION, 0);
    v->nmi_pending = 0;
    v->interrupt_waiting = false;
    v->triple_fault = false;
}

/* Put a record that has been accepted into the empty exception slot. */
/*@ requires vcpu: \valid(v);
    terminates \true; exits \false; assigns v->exception;
    ensures stage: v->exception.stage == PN_STAGE_PENDING;
    ensures identity: same_event(v->exception, e) && v->exception.origin == e.origin &&
            v->exception.db_kind == e.db_kind;
    ensures payload: v->exception.has_payload == e.has_payload && v->exception.payload == e.payload; */
static void set_pending(struct pn_vcpu *v, struct pn_event e)
{
    e.stage = PN_STAGE_PENDING;
    v->exception = e;
}

/*@ requires vcpu: \valid(v);
    terminates \true; exits \false; assigns v->triple_fault, led_accepted, led_owing;
    ensures noted: v->triple_fault != 0;
    ensures counted: n_accepted == \old(n_accepted) + (\old(v->triple_fault) != 0 ? 0 : 1);
    ensures no_payload: n_owing == \old(n_owing); */
static void set_shutdown(struct pn_vcpu *v)
{
    if (!v->triple_fault) {
        v->triple_fault = true;
        pn_ledger_accepted(pn_event_make(PN_STAGE_PENDING, PN_TYPE_HARD_EXCEPTION, PN_VECTOR_DF), PN_PATH_RAISED);
    }
}

/* `e` was raised while the event in the injected slot was being delivered: SDM table 6-5 and 31.7.1.1. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires interrupted: v->injected.stage == PN_STAGE_INJECTED;
    requires event: event_ok(e) && payload_ok(e) && is_exception(e.type);
    requires raised_by_it: e.origin == PN_BY_HARDWARE || e.origin == PN_BY_EMULATOR;
    terminates \true; exits \false;
    assigns v->exception, v->injected.stage, v->triple_fault, dev_owed, dev_cr2, dev_dr6, dev_dr7, dev_applied,
            led_accepted, led_owing, led_discarded;
    ensures inv: pn_inv(*v);
    ensures escalated_page_fault: ev125_writes_cr2(\old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0 ==> dev_cr2 == e.payload && n_applied == \old(n_applied) + 1;
    ensures no_other_effect: !(ev125_writes_cr2(\old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0) ==> dev_cr2 == \old(dev_cr2) && n_applied == \old(n_applied);
    ensures debug_registers_kept: dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7);
    ensures booked: n_accepted >= \old(n_accepted) + 1;
    ensures resolved: v->injected.stage == PN_STAGE_NONE;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures double_fault: ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev005_double_fault(\old(v->injected.vector), e.vector) ==>
            v->exception.stage == PN_STAGE_PENDING && v->exception.type == PN_TYPE_HARD_EXCEPTION &&
            v->exception.vector == PN_VECTOR_DF && v->exception.error == 0 && v->exception.has_payload == 0 &&
            v->triple_fault == \old(v->triple_fault);
    ensures shutdown: ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev007_shutdown(\old(v->injected.vector), e.vector) ==>
            v->triple_fault != 0 && v->exception.stage == PN_STAGE_NONE;
    ensures serial: !(ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
              (ev005_double_fault(\old(v->injected.vector), e.vector) ||
               ev007_shutdown(\old(v->injected.vector), e.vector))) ==>
            v->exception.stage == PN_STAGE_PENDING && same_event(v->exception, e) &&
            v->exception.has_payload == e.has_payload && v->exception.payload == e.payload &&
            v->exception.origin == e.origin && v->exception.db_kind == e.db_kind &&
            v->triple_fault == \old(v->triple_fault); */
static void merge(struct pn_vcpu *v, struct pn_event e)
{
    enum pn_pair pair = PN_PAIR_SERIAL;

    if (v->injected.type == PN_TYPE_HARD_EXCEPTION && e.type == PN_TYPE_HARD_EXCEPTION)
        pair = pn_combine(v->injected.vector, e.vector);

    pn_ledger_accepted(e, PN_PATH_RAISED);
    if (pair == PN_PAIR_SERIAL) {
        pn_ledger_superseded(v->injected, e);
        set_pending(v, e);
    } else {
        pn_ledger_escalated(v->injected, e);
        e.stage = PN_STAGE_PENDING;
        pn_deliver_payload(e); /* a page fault: CR2 is loaded before the pair is looked at (EV-125) */
        if (pair == PN_PAIR_SHUTDOWN) {
            set_shutdown(v);
        } else {
            const struct pn_event df = pn_event_make(PN_STAGE_PENDING, PN_TYPE_HARD_EXCEPTION, PN_VECTOR_DF);

            pn_ledger_accepted(df, PN_PATH_RAISED);
            set_pending(v, df);
        }
    }
    v->injected.stage = PN_STAGE_NONE;
}

enum pn_queued pn_queue_exception(struct pn_vcpu *v, struct pn_event e)
{
    if (v->injected.stage == PN_STAGE_INJECTED) {
        if (e.origin != PN_BY_HARDWARE && e.origin != PN_BY_EMULATOR)
            return PN_BUSY;
        merge(v, e);
        return PN_ACCEPTED;
    }
    if (v->exception.stage == PN_STAGE_PENDING) {
        if (v->exception.type != PN_TYPE_HARD_EXCEPTION || v->exception.origin != PN_BY_HARDWARE ||
            !pn_is_fault(v->exception.vector))
            return PN_BUSY;
        pn_ledger_replaced(v->exception);
    }
    pn_ledger_accepted(e, PN_PATH_RAISED);
    set_pending(v, e);
    return PN_ACCEPTED;
}

enum pn_queued pn_queue_nmi(struct pn_vcpu *v)
{
    const bool serving = pn_hw_nmi_blocked() ||
                         (v->injected.stage == PN_STAGE_INJECTED && v->injected.type == PN_TYPE_NMI);

    pn_ledger_accepted(pn_event_make(PN_STAGE_PENDING, PN_TYPE_NMI, PN_VECTOR_NMI), PN_PATH_RAISED);
    if (v->nmi_pending == PN_NMI_LIMIT || (v->nmi_pending != 0 && serving)) {
        pn_ledger_nmi_collapsed(v->nmi_pending);
        return PN_COLLAPSED;
    }
    v->nmi_pending++;
    return PN_ACCEPTED;
}

void pn_interrupt_pending(struct pn_vcpu *v)
{
    v->interrupt_waiting = true;
}

void pn_queue_triple_fault(struct pn_vcpu *v)
{
    set_shutdown(v);
}

void pn_instruction_retired(struct pn_vcpu *v)
{
    struct pn_event e;

    pn_hw_clear_shadow();
    if (!pn_hw_tf() || pn_hw_btf())
        return;
    e = pn_event_make(PN_STAGE_PENDING, PN_TYPE_HARD_EXCEPTION, PN_VECTOR_DB);
    e.origin = PN_BY_EMULATOR;
    e.db_kind = PN_DB_SINGLE_STEP;
    e.has_payload = true;
    e.payload = pn_putb(0, 14, true); /* BS */
    pn_queue_exception(v, e);
}
