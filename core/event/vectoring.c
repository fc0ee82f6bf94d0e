/* SPDX-License-Identifier: BSD-2-Clause
 * What an exit says of an interrupted delivery. SDM 27.2.3, 27.2.4, 31.7.1.2; APM 15.7.2. */
#include <provenest/event.h>

#include "classify.h"
#include "record.h"
#include "soft.h"

/* The injected record for what the processor reports. Nothing of it is computed from the vector. */
/*@ requires valid: x.valid != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures stage: \result.stage == PN_STAGE_INJECTED;
    ensures as_reported: reported(\result, x);
    ensures no_payload: \result.has_payload == 0;
    ensures origin: \result.origin == PN_BY_HARDWARE && \result.db_kind == PN_DB_NONE; */
static struct pn_event from_vectoring(struct pn_vectoring x)
{
    struct pn_event e = pn_event_make(PN_STAGE_INJECTED, x.type, x.vector);

    e.length = x.length;
    e.has_error = x.has_error;
    e.error = x.error;
    return e;
}

/* An IRET that faulted on VMX had already ended NMI blocking: put it back (EV-086; undefined when x.valid). On SVM the
   flag is the hypervisor's: it ends when the IRET that was watched is behind. */
/*@ requires vcpu: \valid(v);
    terminates \true; exits \false; assigns v->iret_watched, dev_nmi_blocked;
    ensures iret_fault: dev_svm == 0 && x.valid == 0 && x.nmi_unblocked_by_iret != 0 ==> dev_nmi_blocked != 0;
    ensures kept: dev_svm == 0 && !(x.valid == 0 && x.nmi_unblocked_by_iret != 0) ==>
            dev_nmi_blocked == \old(dev_nmi_blocked);
    ensures vmx: dev_svm == 0 ==> v->iret_watched == \old(v->iret_watched);
    ensures done: dev_svm != 0 && \old(v->iret_watched) != 0 && dev_rip != v->iret_rip ==>
            dev_nmi_blocked == 0 && v->iret_watched == 0;
    ensures not_done: dev_svm != 0 && !(\old(v->iret_watched) != 0 && dev_rip != v->iret_rip) ==>
            dev_nmi_blocked == \old(dev_nmi_blocked) && v->iret_watched == \old(v->iret_watched);
    ensures events_kept: held(*v) == held(\old(*v)); */
static void settle_nmi_blocking(struct pn_vcpu *v, struct pn_vectoring x)
{
    if (!pn_hw_svm()) {
        if (!x.valid && x.nmi_unblocked_by_iret)
            pn_hw_set_nmi_blocked(true);
        return;
    }
    if (v->iret_watched && pn_hw_rip() != v->iret_rip) {
        v->iret_watched = false;
        pn_hw_set_nmi_blocked(false);
    }
}

/* The event of the last entry is not the one that is reported: it has been delivered. */
/*@ requires vcpu: \valid(v);
    requires delivered: has_injected(*v) ==> dev_done != 0 && same_event(v->injected, dev_done_event);
    terminates \true; exits \false; assigns v->injected.stage, dev_done, led_delivered;
    ensures empty: v->injected.stage == (\old(interrupted(*v)) == 1 ? PN_STAGE_NONE : \old(v->injected.stage));
    ensures done: \old(has_injected(*v)) ==> dev_done == 0;
    ensures kept: !\old(has_injected(*v)) ==> dev_done == \old(dev_done);
    ensures counted: n_delivered == \old(n_delivered) + \old(interrupted(*v));
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v); */
static void book_delivery(struct pn_vcpu *v)
{
    if (v->injected.stage == PN_STAGE_INJECTED) {
        pn_ledger_delivered(v->injected);
        v->injected.stage = PN_STAGE_NONE;
    }
}

/* Take over `e`, which the processor was delivering. A software event of length 0 (SVM) is not to be had: its
   instruction is gone from RIP. */
/*@ requires vcpu: \valid(v);
    requires empty: v->injected.stage == PN_STAGE_NONE;
    requires owed: dev_owed != 0 && dev_taken_back == 0;
    requires stage: e.stage == PN_STAGE_INJECTED && e.has_payload == 0;
    requires gone: ev040_soft(e.type) && e.length == 0 ==> dev_svm != 0 && ev040_soft(dev_owed_event.type) &&
             dev_soft_here == 0 && dev_rip == dev_at;
    terminates \true; exits \false;
    assigns v->injected, dev_owed, led_accepted, led_owing, led_discarded;
    ensures taken: !(ev040_soft(e.type) && e.length == 0) ==> v->injected == e && dev_owed == \old(dev_owed) &&
            n_discarded == \old(n_discarded);
    ensures retried: ev040_soft(e.type) && e.length == 0 ==> v->injected == \old(v->injected) && dev_owed == 0 &&
            n_discarded == \old(n_discarded) + 1;
    ensures booked: n_accepted == \old(n_accepted) + 1 && n_owing == \old(n_owing); */
static void take_interrupted(struct pn_vcpu *v, struct pn_event e)
{
    pn_ledger_accepted(e, PN_PATH_INTERRUPTED);
    if (pn_is_soft(e.type) && e.length == 0)
        pn_ledger_retried(e);
    else
        v->injected = e;
}

/* The last entry's event is delivered, another one was interrupted. */
/*@ requires vcpu: \valid(v);
    requires delivered: has_injected(*v) ==> dev_done != 0 && same_event(v->injected, dev_done_event);
    requires owed: dev_owed != 0 && dev_taken_back == 0;
    requires stage: e.stage == PN_STAGE_INJECTED && e.has_payload == 0;
    requires slot: v->injected.stage == PN_STAGE_NONE || v->injected.stage == PN_STAGE_INJECTED;
    requires gone: ev040_soft(e.type) && e.length == 0 ==> dev_svm != 0 && ev040_soft(dev_owed_event.type) &&
             dev_soft_here == 0 && dev_rip == dev_at;
    terminates \true; exits \false;
    assigns v->injected, dev_owed, dev_done, led_accepted, led_owing, led_delivered, led_discarded;
    ensures taken: !(ev040_soft(e.type) && e.length == 0) ==> v->injected == e && dev_owed == \old(dev_owed);
    ensures retried: ev040_soft(e.type) && e.length == 0 ==> v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures done: dev_done == (\old(interrupted(*v)) == 1 ? 0 : \old(dev_done));
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v); */
static void put_in_its_place(struct pn_vcpu *v, struct pn_event e)
{
    book_delivery(v);
    take_interrupted(v, e);
}

/* What is owed now is owed because of an exit. */
/*@ requires vcpu: \valid(v);
    terminates \true; exits \false; assigns v->cancelled;
    ensures over: v->cancelled == 0;
    ensures events_kept: held(*v) == held(\old(*v)); */
static void forget_cancellation(struct pn_vcpu *v)
{
    v->cancelled = false;
}

/* Whether `e` is the event of the last entry. On SVM a software event is that only at the RIP of that entry. */
/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> has_injected(*v) && same_event(v->injected, e) &&
            (sv052_soft(e.type) ==> dev_rip == v->entry_rip); */
static bool is_again(const struct pn_vcpu *v, struct pn_event e)
{
    return v->injected.stage == PN_STAGE_INJECTED && pn_event_same(v->injected, e) &&
           (!pn_hw_svm() || !pn_is_soft(e.type) || pn_hw_rip() == v->entry_rip);
}

void pn_complete_vectoring(struct pn_vcpu *v)
{
    const struct pn_vectoring x = pn_hw_vectoring();
    const bool svm = pn_hw_svm();
    struct pn_event e;

    settle_nmi_blocking(v, x);
    if (svm)
        pn_hw_set_step(false);
    if (!x.valid) {
        book_delivery(v);
        return;
    }
    forget_cancellation(v);
    if (svm) {
        e = pn_soft_complete(v, x);
        pn_hw_clear_shadow(); /* what shows is not the guest's: a delivery ends its shadow (EV-077) */
    } else {
        e = from_vectoring(x);
    }
    if (is_again(v, e)) {
        pn_soft_unwind(v, e);
        return; /* the event of the last entry: it keeps its origin */
    }
    put_in_its_place(v, e);
}

void pn_cancel_injection(struct pn_vcpu *v)
{
    if (v->injected.stage != PN_STAGE_INJECTED)
        return;
    pn_soft_unwind(v, v->injected);
    pn_hw_cancel_entry();
    if (v->injected.type == PN_TYPE_NMI && pn_hw_svm())
        pn_hw_set_nmi_blocked(false);
    if (v->injected.type == PN_TYPE_OTHER) {
        if (v->mtf_pending)
            pn_ledger_merged(PN_TYPE_OTHER, v->mtf_pending);
        v->mtf_pending = true;
        v->injected.stage = PN_STAGE_NONE;
        return;
    }
    v->cancelled = true;
}
