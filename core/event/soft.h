/* SPDX-License-Identifier: BSD-2-Clause
 * Software events on SVM, which has no instruction length: where they return to. APM vol. 2 15.7.2, 15.20. */
#ifndef PROVENEST_SOFT_H
#define PROVENEST_SOFT_H

#include <provenest/event.h>

/* Before `e` is written to EVENTINJ: have the processor push the address behind its instruction, by the next-RIP field, or
 * without NRIPS by moving RIP, and remember both. Nothing for any other event or vendor. */
/*@ requires vcpu: \valid(v);
    requires length: ev040_soft(e.type) ==> 1 <= e.length <= 15;
    requires at_instruction: dev_rip == dev_at;
    terminates \true; exits \false; assigns v->soft_rip, v->entry_rip, dev_rip, dev_next_rip;
    ensures return_address: sv052_return(e);
    ensures remembered: sv052_soft(e.type) ==> v->soft_rip == dev_at && v->entry_rip == dev_rip; */
void pn_soft_prepare(struct pn_vcpu *v, struct pn_event e);

/* RIP is the guest's again: `e` was not delivered. */
/*@ requires vcpu: \valid_read(v);
    requires prepared: sv052_soft(e.type) ==> v->soft_rip == dev_at && (dev_nrips != 0 ==> dev_rip == dev_at);
    requires plain: !sv052_soft(e.type) ==> dev_rip == dev_at;
    terminates \true; exits \false; assigns dev_rip;
    ensures at_instruction: dev_rip == dev_at; */
void pn_soft_unwind(const struct pn_vcpu *v, struct pn_event e);

/* The record of what EXITINTINFO reports: a software event with its type and length, from the entry that carried it if
 * that was this one (own_soft), else from the instruction at RIP. Length 0: the instruction is not there any more. */
/*@ requires vcpu: \valid_read(v);
    requires slot: has_injected(*v) ==> ve089_length(v->injected.type, v->injected.length);
    requires svm: dev_svm != 0 && dev_owed != 0;
    requires report: sv054_reported(dev_owed_event, x);
    requires owed: event_ok(dev_owed_event) && dev_owed_event.type != PN_TYPE_OTHER;
    requires own: own_soft(*v) ==> v->injected.length == dev_owed_event.length;
    terminates \true; exits \false; assigns \nothing;
    ensures identity: \result.type == dev_owed_event.type && \result.vector == dev_owed_event.vector &&
            \result.has_error == dev_owed_event.has_error && \result.error == dev_owed_event.error;
    ensures length: \result.length == dev_owed_event.length || \result.length == 0;
    ensures known: !ev040_soft(dev_owed_event.type) || own_soft(*v) || dev_soft_here != 0 ==>
            \result.length == dev_owed_event.length;
    ensures unknown: ev040_soft(dev_owed_event.type) && !own_soft(*v) && dev_soft_here == 0 ==> \result.length == 0;
    ensures bare: \result.stage == PN_STAGE_INJECTED && \result.has_payload == 0 &&
            \result.origin == PN_BY_HARDWARE && \result.db_kind == PN_DB_NONE; */
struct pn_event pn_soft_complete(const struct pn_vcpu *v, struct pn_vectoring x);

#endif
