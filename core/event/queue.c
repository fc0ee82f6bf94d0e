/* SPDX-License-Identifier: BSD-2-Clause
 * Taking exceptions over, with their merging; shutdown; machine checks; reset.
 * SDM vol. 3A 6.15 (double fault), vol. 3B 15.10 (machine check), vol. 3C 31.7.1.1 (reflecting exceptions). */
#include <provenest/event.h>

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
    v->smi_pending = false;
    v->init_pending = false;
    v->sipi_pending = false;
    v->mtf_pending = false;
    v->cancelled = false;
    v->held_back = false;
    v->iret_watched = false;
    v->sipi_vector = 0;
    v->soft_rip = 0;
    v->entry_rip = 0;
    v->iret_rip = 0;
}

/*@ requires vcpu: \valid_read(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns \nothing;
    ensures number: \result == held(*v); */
static unsigned count_held(const struct pn_vcpu *v)
{
    unsigned n = v->nmi_pending;

    n += v->exception.stage == PN_STAGE_PENDING ? 1u : 0u;
    n += v->injected.stage == PN_STAGE_INJECTED ? 1u : 0u;
    n += v->triple_fault ? 1u : 0u;
    n += v->smi_pending ? 1u : 0u;
    n += v->init_pending ? 1u : 0u;
    n += v->sipi_pending ? 1u : 0u;
    n += v->mtf_pending ? 1u : 0u;
    return n;
}

void pn_vcpu_reset(struct pn_vcpu *v)
{
    const bool payload = v->exception.stage == PN_STAGE_PENDING && v->exception.has_payload &&
                         v->exception.vector != PN_VECTOR_NM;

    const bool held_back = v->held_back;

    pn_ledger_reset(count_held(v), payload ? 1u : 0u);
    pn_vcpu_init(v);
    v->held_back = held_back; /* the debugger's, not the guest's */
    if (pn_hw_svm())
        pn_hw_set_nmi_blocked(false);
}

/* Put a record that has been accepted into the empty exception slot. */
/*@ requires vcpu: \valid(v);
    terminates \true; exits \false; assigns v->exception;
    ensures stage: v->exception.stage == PN_STAGE_PENDING;
    ensures identity: same_event(v->exception, e) && v->exception.origin == e.origin &&
            v->exception.db_kind == e.db_kind;
    ensures payload: v->exception.has_payload == e.has_payload && v->exception.payload == e.payload;
    ensures by_delivery: v->exception.by_delivery == by_delivery; */
static void set_pending(struct pn_vcpu *v, struct pn_event e, bool by_delivery)
{
    e.stage = PN_STAGE_PENDING;
    e.by_delivery = by_delivery;
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

/* `e` makes a double fault or a shutdown with the event that was being delivered (SDM table 6-5): both are given up. */
/*@ requires vcpu: \valid(v);
    requires interrupted: dev_owed != 0 && dev_taken_back == 0 && dev_entry == 0 && dev_exited == 0 &&
             same_event(v->injected, dev_owed_event) && v->injected.has_payload == 0;
    requires empty: v->exception.stage == PN_STAGE_NONE;
    requires types: ev009_takes_part(v->injected.type) && e.type == PN_TYPE_HARD_EXCEPTION && payload_ok(e);
    requires double_fault: shutdown == 0 ==> ev005_double_fault(dev_svm, v->injected.vector, e.vector);
    requires triple_fault: shutdown != 0 ==> ev007_shutdown(dev_svm, v->injected.vector, e.vector);
    terminates \true; exits \false;
    assigns v->exception, v->triple_fault, dev_owed, dev_cr2, dev_dr6, dev_dr7, dev_applied, led_accepted, led_owing,
            led_discarded;
    ensures resolved: dev_owed == 0;
    ensures page_fault: e.vector == PN_VECTOR_PF && e.has_payload != 0 ==> dev_cr2 == e.payload;
    ensures no_other_effect: !(e.vector == PN_VECTOR_PF && e.has_payload != 0) ==> dev_cr2 == \old(dev_cr2);
    ensures applied: n_applied == \old(n_applied) + payloads(e);
    ensures debug_registers_kept: dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7);
    ensures both_given_up: n_discarded == \old(n_discarded) + 2;
    ensures no_payload: n_owing == \old(n_owing);
    ensures is_double_fault: shutdown == 0 ==> v->exception.stage == PN_STAGE_PENDING &&
            v->exception.type == PN_TYPE_HARD_EXCEPTION && v->exception.vector == PN_VECTOR_DF &&
            v->exception.error == 0 && v->exception.has_payload == 0 && v->exception.length == 0 &&
            v->triple_fault == \old(v->triple_fault) && n_accepted == \old(n_accepted) + 1;
    ensures is_shutdown: shutdown != 0 ==> v->triple_fault != 0 && v->exception == \old(v->exception) &&
            n_accepted == \old(n_accepted) + (\old(v->triple_fault) != 0 ? 0 : 1); */
static void escalate(struct pn_vcpu *v, struct pn_event e, bool shutdown)
{
    const struct pn_event df = pn_event_make(PN_STAGE_PENDING, PN_TYPE_HARD_EXCEPTION, PN_VECTOR_DF);

    pn_ledger_escalated(v->injected, e);
    e.stage = PN_STAGE_PENDING;
    pn_deliver_payload(e); /* a page fault: CR2 is loaded before the pair is looked at (EV-125) */
    if (shutdown) {
        set_shutdown(v);
        return;
    }
    pn_ledger_accepted(df, PN_PATH_RAISED);
    set_pending(v, df, true);
}

/* `e` was raised while the event in the injected slot was being delivered: SDM table 6-5 and 31.7.1.1. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires interrupted: v->injected.stage == PN_STAGE_INJECTED && v->cancelled == 0;
    requires event: event_ok(e) && payload_ok(e) && is_exception(e.type);
    requires raised_by_it: e.origin == PN_BY_HARDWARE || e.origin == PN_BY_EMULATOR;
    terminates \true; exits \false;
    assigns v->exception, v->injected.stage, v->triple_fault, dev_owed, dev_cr2, dev_dr6, dev_dr7, dev_applied,
            led_accepted, led_owing, led_discarded;
    ensures inv: pn_inv(*v);
    ensures escalated_page_fault: ev125_writes_cr2(dev_svm, \old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0 ==> dev_cr2 == e.payload && n_applied == \old(n_applied) + 1;
    ensures no_other_effect: !(ev125_writes_cr2(dev_svm, \old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0) ==> dev_cr2 == \old(dev_cr2) && n_applied == \old(n_applied);
    ensures debug_registers_kept: dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7);
    ensures booked: n_accepted >= \old(n_accepted) + 1;
    ensures resolved: v->injected.stage == PN_STAGE_NONE;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures double_fault: ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev005_double_fault(dev_svm, \old(v->injected.vector), e.vector) ==>
            v->exception.stage == PN_STAGE_PENDING && v->exception.type == PN_TYPE_HARD_EXCEPTION &&
            v->exception.vector == PN_VECTOR_DF && v->exception.error == 0 && v->exception.has_payload == 0 &&
            v->triple_fault == \old(v->triple_fault);
    ensures shutdown: ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev007_shutdown(dev_svm, \old(v->injected.vector), e.vector) ==>
            v->triple_fault != 0 && v->exception.stage == PN_STAGE_NONE;
    ensures serial: !(ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
              (ev005_double_fault(dev_svm, \old(v->injected.vector), e.vector) ||
               ev007_shutdown(dev_svm, \old(v->injected.vector), e.vector))) ==>
            v->exception.stage == PN_STAGE_PENDING && same_event(v->exception, e) &&
            v->exception.has_payload == e.has_payload && v->exception.payload == e.payload &&
            v->exception.origin == e.origin && v->exception.db_kind == e.db_kind && v->exception.by_delivery != 0 &&
            v->triple_fault == \old(v->triple_fault); */
static void merge(struct pn_vcpu *v, struct pn_event e)
{
    enum pn_pair pair = PN_PAIR_SERIAL;

    if (v->injected.type == PN_TYPE_HARD_EXCEPTION && e.type == PN_TYPE_HARD_EXCEPTION)
        pair = pn_combine(pn_hw_svm(), v->injected.vector, e.vector);

    pn_ledger_accepted(e, PN_PATH_RAISED);
    if (pair == PN_PAIR_SERIAL) {
        pn_ledger_superseded(v->injected, e);
        set_pending(v, e, true);
    } else {
        escalate(v, e, pair == PN_PAIR_SHUTDOWN);
    }
    v->injected.stage = PN_STAGE_NONE;
}

/* VM entry wants bits 31:16 clear (VE-088); AMD uses all 32 (SV-054). */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures width: \result == (dev_svm != 0 ? error : error % 0x10000); */
static uint32_t fit_error(uint32_t error)
{
    return pn_hw_svm() ? error : error % 0x10000u;
}

enum pn_queued pn_queue_exception(struct pn_vcpu *v, struct pn_event e)
{
    e.error = fit_error(e.error);
    if (v->injected.stage == PN_STAGE_INJECTED) {
        if (v->cancelled || (e.origin != PN_BY_HARDWARE && e.origin != PN_BY_EMULATOR))
            return PN_BUSY;
        merge(v, e);
        return PN_ACCEPTED;
    }
    if (v->exception.stage == PN_STAGE_PENDING) {
        if (v->exception.type != PN_TYPE_HARD_EXCEPTION || v->exception.origin != PN_BY_HARDWARE ||
            v->exception.vector == PN_VECTOR_DB || !pn_is_fault(v->exception.vector, PN_DB_NONE) ||
            v->exception.by_delivery)
            return PN_BUSY;
        pn_ledger_replaced(v->exception);
    }
    pn_ledger_accepted(e, PN_PATH_RAISED);
    set_pending(v, e, false);
    return PN_ACCEPTED;
}

void pn_queue_triple_fault(struct pn_vcpu *v)
{
    set_shutdown(v);
}


enum pn_queued pn_queue_machine_check(struct pn_vcpu *v, bool cr4_mce, bool mcip)
{
    struct pn_event e;

    if (mcip || !cr4_mce) {
        set_shutdown(v);
        return PN_ACCEPTED;
    }
    e = pn_event_make(PN_STAGE_PENDING, PN_TYPE_HARD_EXCEPTION, PN_VECTOR_MC);
    e.origin = PN_BY_USER;
    return pn_queue_exception(v, e);
}
