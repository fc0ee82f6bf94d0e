/* SPDX-License-Identifier: BSD-2-Clause
 * Events to and from a snapshot. What is in one is checked like anything a stranger wrote. */
#include <provenest/event.h>

#include "classify.h"
#include "payload.h"
#include "record.h"

/* For a reader that does not know payloads. */
/*@ requires vcpu: \valid(v);
    requires pending: v->exception.stage == PN_STAGE_PENDING && payload_ok(v->exception);
    requires not_programmed: dev_entry == 0 && dev_owed == 0;
    terminates \true; exits \false;
    assigns v->exception.has_payload, v->exception.payload, dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures none_left: v->exception.has_payload == 0 && v->exception.payload == 0;
    ensures page_fault: \old(v->exception.has_payload) != 0 && v->exception.vector == PN_VECTOR_PF ==>
            dev_cr2 == \old(v->exception.payload);
    ensures debug: \old(v->exception.has_payload) != 0 && v->exception.vector == PN_VECTOR_DB ==>
            ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6);
    ensures no_other_effect: \old(payloads(v->exception)) == 0 ==> dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6);
    ensures control: v->exception.vector == PN_VECTOR_DB ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures control_kept: v->exception.vector != PN_VECTOR_DB ==> dev_dr7 == \old(dev_dr7);
    ensures applied: n_applied == \old(n_applied) + \old(payloads(v->exception)); */
static void deliver_early(struct pn_vcpu *v)
{
    pn_deliver_payload(v->exception);
    v->exception.has_payload = false;
    v->exception.payload = 0;
}

/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures whole: snapshot_of(\result, *v); */
static struct pn_snapshot copy_out(const struct pn_vcpu *v)
{
    struct pn_snapshot s;

    s.version = PN_SNAPSHOT_VERSION;
    s.exception = v->exception;
    s.injected = v->injected;
    s.nmi_pending = v->nmi_pending;
    s.sipi_vector = v->sipi_vector;
    s.interrupt_waiting = v->interrupt_waiting;
    s.triple_fault = v->triple_fault;
    s.smi_pending = v->smi_pending;
    s.init_pending = v->init_pending;
    s.sipi_pending = v->sipi_pending;
    s.mtf_pending = v->mtf_pending;
    s.cancelled = v->cancelled;
    return s;
}

struct pn_snapshot pn_save(struct pn_vcpu *v, bool with_payload)
{
    if (!with_payload && v->exception.stage == PN_STAGE_PENDING)
        deliver_early(v);
    return copy_out(v);
}

/* VE-078 and SV-024, as a record has the types. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve078_type(dev_svm, type, vector); */
static bool type_ok(uint8_t type, uint8_t vector)
{
    const bool svm = pn_hw_svm();

    switch (type) {
    case PN_TYPE_INTERRUPT: case PN_TYPE_SOFT_INTERRUPT:
        return true;
    case PN_TYPE_NMI:
        return vector == PN_VECTOR_NMI;
    case PN_TYPE_HARD_EXCEPTION:
        return vector <= 31 && vector != PN_VECTOR_NMI && !(svm && (vector == PN_VECTOR_BP || vector == PN_VECTOR_OF));
    case PN_TYPE_PRIV_EXCEPTION:
        return !svm && vector == PN_VECTOR_DB;
    case PN_TYPE_SOFT_EXCEPTION:
        return vector == PN_VECTOR_BP || vector == PN_VECTOR_OF;
    case PN_TYPE_OTHER:
        return !svm && vector == 0;
    default:
        return false;
    }
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> event_ok(e); */
static bool record_ok(struct pn_event e)
{
    if (!type_ok(e.type, e.vector) || (!pn_hw_svm() && e.error > 0xffff))
        return false;
    return pn_is_soft(e.type) ? e.length >= 1 && e.length <= 15 : e.length == 0;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> waiting_ok(e); */
static bool exception_ok(struct pn_event e)
{
    if (e.stage != PN_STAGE_PENDING)
        return e.stage == PN_STAGE_NONE;
    if (e.type != PN_TYPE_HARD_EXCEPTION && e.type != PN_TYPE_PRIV_EXCEPTION && e.type != PN_TYPE_SOFT_EXCEPTION)
        return false;
    if (e.has_payload && !(e.vector == PN_VECTOR_DB && e.type != PN_TYPE_SOFT_EXCEPTION) &&
        !(e.type == PN_TYPE_HARD_EXCEPTION && (e.vector == PN_VECTOR_NM || e.vector == PN_VECTOR_PF)))
        return false;
    return e.vector != PN_VECTOR_CP && record_ok(e); /* no guest is offered CET */
}

/* The event that was being delivered must fit the registers that were restored. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> interrupted_ok(e); */
static bool injected_ok(struct pn_event e)
{
    const bool shadow = pn_hw_sti_shadow() || pn_hw_movss_shadow();

    if (e.stage != PN_STAGE_INJECTED)
        return e.stage == PN_STAGE_NONE;
    if (e.type == PN_TYPE_OTHER || e.has_payload || pn_hw_wait_for_sipi())
        return false;
    if (e.type == PN_TYPE_INTERRUPT && (!pn_hw_if() || !pn_hw_gif() || shadow))
        return false;
    if (e.type == PN_TYPE_NMI && (!pn_hw_gif() || shadow))
        return false;
    if (e.has_error != pn_pushes_error(pn_hw_svm(), e.type, e.vector, pn_hw_pe()) || (!e.has_error && e.error))
        return false; /* the entry would be refused, or the event not be known again */
    return record_ok(e);
}

/* One event that came with the snapshot, if the latch or slot holds one. */
/*@ terminates \true; exits \false; assigns led_accepted, led_owing;
    ensures counted: n_accepted == \old(n_accepted) + (there != 0 ? 1 : 0);
    ensures payload: n_owing == \old(n_owing) + (there != 0 ? payloads(e) : 0); */
static void book(bool there, struct pn_event e)
{
    if (there)
        pn_ledger_accepted(e, PN_PATH_RESTORED);
}

/*@ requires vcpu: \valid(v);
    terminates \true; exits \false;
    assigns v->nmi_pending, v->sipi_vector, v->interrupt_waiting, v->triple_fault, v->smi_pending, v->init_pending,
            v->sipi_pending, v->mtf_pending, v->cancelled;
    ensures whole: same_latches(s, *v); */
static void copy_latches(struct pn_vcpu *v, struct pn_snapshot s)
{
    v->nmi_pending = s.nmi_pending;
    v->sipi_vector = s.sipi_vector;
    v->interrupt_waiting = s.interrupt_waiting;
    v->triple_fault = s.triple_fault;
    v->smi_pending = s.smi_pending;
    v->init_pending = s.init_pending;
    v->sipi_pending = s.sipi_pending;
    v->mtf_pending = s.mtf_pending;
    v->cancelled = s.cancelled;
}

/*@ requires vcpu: \valid_read(v);
    requires limit: 0 <= v->nmi_pending <= PN_NMI_LIMIT;
    terminates \true; exits \false; assigns led_accepted, led_owing;
    ensures counted: n_accepted == \old(n_accepted) + latched(*v);
    ensures no_payload: n_owing == \old(n_owing); */
static void book_latches(const struct pn_vcpu *v)
{
    const struct pn_event nmi = pn_event_make(PN_STAGE_PENDING, PN_TYPE_NMI, PN_VECTOR_NMI);

    book(v->nmi_pending >= 1, nmi);
    book(v->nmi_pending >= 2, nmi);
    book(v->triple_fault, pn_event_make(PN_STAGE_PENDING, PN_TYPE_HARD_EXCEPTION, PN_VECTOR_DF));
    book(v->smi_pending, pn_event_make(PN_STAGE_PENDING, PN_TYPE_SMI, 0));
    book(v->init_pending, pn_event_make(PN_STAGE_PENDING, PN_TYPE_INIT, 0));
    book(v->sipi_pending, pn_event_make(PN_STAGE_PENDING, PN_TYPE_SIPI, 0));
    book(v->mtf_pending, pn_event_make(PN_STAGE_PENDING, PN_TYPE_OTHER, 0));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> snapshot_ok(s); */
static bool acceptable(struct pn_snapshot s)
{
    if (s.version != PN_SNAPSHOT_VERSION || s.nmi_pending > PN_NMI_LIMIT || (s.mtf_pending && pn_hw_svm()))
        return false;
    if (s.exception.stage == PN_STAGE_PENDING && s.injected.stage == PN_STAGE_INJECTED)
        return false;
    return exception_ok(s.exception) && injected_ok(s.injected);
}

/* The two records into the slots; nothing is known of where they came from. */
/*@ requires vcpu: \valid(v);
    terminates \true; exits \false; assigns v->exception, v->injected, led_accepted, led_owing;
    ensures exception: same_record(v->exception, s.exception) && v->exception.origin == PN_RESTORED;
    ensures injected: same_record(v->injected, s.injected) && v->injected.origin == PN_RESTORED;
    ensures counted: n_accepted == \old(n_accepted) + (s.exception.stage == PN_STAGE_PENDING ? 1 : 0) +
            (s.injected.stage == PN_STAGE_INJECTED ? 1 : 0);
    ensures payload: n_owing == \old(n_owing) +
            (s.exception.stage == PN_STAGE_PENDING ? payloads(s.exception) : 0) +
            (s.injected.stage == PN_STAGE_INJECTED ? payloads(s.injected) : 0); */
static void copy_events(struct pn_vcpu *v, struct pn_snapshot s)
{
    v->exception = s.exception;
    v->exception.origin = PN_RESTORED;
    v->injected = s.injected;
    v->injected.origin = PN_RESTORED;
    book(v->exception.stage == PN_STAGE_PENDING, v->exception);
    book(v->injected.stage == PN_STAGE_INJECTED, v->injected);
}

bool pn_restore(struct pn_vcpu *v, struct pn_snapshot s)
{
    if (!acceptable(s))
        return false;
    copy_latches(v, s);
    book_latches(v);
    copy_events(v, s);
    if (v->injected.stage == PN_STAGE_INJECTED)
        pn_hw_restore_owed(v->injected, v->cancelled);
    return true;
}
