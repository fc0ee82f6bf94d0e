/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events to and from a snapshot, for migration. What comes in is checked like anything a stranger wrote.
 */
#ifndef PROVENEST_SNAPSHOT_H
#define PROVENEST_SNAPSHOT_H

#include <provenest/invariant.h>

/* Snapshots: what is in one, and which are accepted. */
/*@ predicate same_latches(struct pn_snapshot s, struct pn_vcpu v) =
      s.nmi_pending == v.nmi_pending && s.sipi_vector == v.sipi_vector &&
      s.interrupt_waiting == v.interrupt_waiting && s.triple_fault == v.triple_fault &&
      s.smi_pending == v.smi_pending && s.init_pending == v.init_pending && s.sipi_pending == v.sipi_pending &&
      s.mtf_pending == v.mtf_pending && s.cancelled == v.cancelled;

    predicate snapshot_of(struct pn_snapshot s, struct pn_vcpu v) =
      s.version == PN_SNAPSHOT_VERSION && s.exception == v.exception && s.injected == v.injected && same_latches(s, v);

    predicate same_record(struct pn_event a, struct pn_event b) =
      a.stage == b.stage && same_event(a, b) && a.db_kind == b.db_kind && a.has_payload == b.has_payload &&
      a.payload == b.payload && a.by_delivery == b.by_delivery;

    predicate restored_from(struct pn_vcpu v, struct pn_snapshot s) =
      same_record(v.exception, s.exception) && same_record(v.injected, s.injected) && same_latches(s, v);

    predicate waiting_ok(struct pn_event e) = e.stage == PN_STAGE_NONE ||
      (e.stage == PN_STAGE_PENDING && event_ok(e) && payload_ok(e) && is_exception(e.type) && e.vector != 21);

    predicate interrupted_ok(struct pn_event e) = e.stage == PN_STAGE_NONE ||
      (e.stage == PN_STAGE_INJECTED && event_ok(e) && e.has_payload == 0 && e.type != PN_TYPE_OTHER && dev_wfs == 0 &&
       ve083_error_bit(dev_svm, e.type, e.vector, e.has_error, dev_pe) && (e.has_error == 0 ==> e.error == 0) &&
       (e.type == PN_TYPE_INTERRUPT ==> ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif)) &&
       (e.type == PN_TYPE_NMI ==> dev_sti == 0 && dev_movss == 0 && dev_gif != 0));

    predicate snapshot_ok(struct pn_snapshot s) =
      s.version == PN_SNAPSHOT_VERSION && waiting_ok(s.exception) && interrupted_ok(s.injected) &&
      !(s.exception.stage == PN_STAGE_PENDING && s.injected.stage == PN_STAGE_INJECTED) &&
      s.nmi_pending <= PN_NMI_LIMIT && (s.mtf_pending != 0 ==> dev_svm == 0);
*/

/* The events of a virtual CPU at rest (between pn_complete_vectoring or pn_cancel_injection and pn_inject_events), to
 * travel with the rest of the guest's state. With `with_payload` nothing changes. Without, for a reader that does not know
 * payloads, the payload of the exception that waits is delivered now (KVM_CAP_EXCEPTION_PAYLOAD). */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false;
    assigns v->exception.has_payload, v->exception.payload, dev_cr2, dev_dr6, dev_dr7, dev_applied;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures whole: snapshot_of(\result, *v);
    ensures pure: with_payload != 0 ==> *v == \old(*v) && dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) &&
            dev_dr7 == \old(dev_dr7) && n_applied == \old(n_applied);
    ensures early_page_fault: with_payload == 0 && has_exception(\old(*v)) && \old(v->exception.has_payload) != 0 &&
            \old(v->exception.vector) == PN_VECTOR_PF ==> dev_cr2 == \old(v->exception.payload);
    ensures early_debug: with_payload == 0 && has_exception(\old(*v)) && \old(v->exception.has_payload) != 0 &&
            \old(v->exception.vector) == PN_VECTOR_DB ==> ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6);
    ensures no_other_effect: !(with_payload == 0 && has_exception(\old(*v)) && owes_payload(\old(v->exception))) ==>
            dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6);
    ensures control: with_payload == 0 && has_exception(\old(*v)) && \old(v->exception.vector) == PN_VECTOR_DB ==>
            ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures control_kept: !(with_payload == 0 && has_exception(\old(*v)) &&
            \old(v->exception.vector) == PN_VECTOR_DB) ==> dev_dr7 == \old(dev_dr7);
    ensures still_pending: has_exception(*v) <==> \old(has_exception(*v));
    ensures no_payload_left: with_payload == 0 && has_exception(*v) ==> v->exception.has_payload == 0; */
struct pn_snapshot pn_save(struct pn_vcpu *v, bool with_payload);

/* The events of a snapshot into an empty virtual CPU whose registers have been restored already. What was interrupted is
 * owed again; an exception that waits is not known to come again by itself (origin RESTORED). False: the snapshot is
 * refused and nothing has changed: another version, a record that no processor makes, or an event that the registers
 * contradict (an interrupt with IF = 0, anything delivered while waiting for a SIPI). */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires empty: held(*v) == 0 && v->interrupt_waiting == 0 && dev_owed == 0 && dev_entry == 0;
    terminates \true; exits \false;
    assigns *v, dev_owed, dev_owed_event, dev_taken_back, led_accepted, led_owing;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures result: \result != 0 <==> snapshot_ok(s);
    ensures refused: \result == 0 ==> *v == \old(*v) && n_accepted == \old(n_accepted) && dev_owed == \old(dev_owed);
    ensures whole: \result != 0 ==> restored_from(*v, s);
    ensures rest_kept: v->held_back == \old(v->held_back) && v->iret_watched == \old(v->iret_watched) &&
            v->iret_rip == \old(v->iret_rip) && v->soft_rip == \old(v->soft_rip) && v->entry_rip == \old(v->entry_rip);
    ensures owed: \result != 0 ==> (dev_owed != 0 <==> s.injected.stage == PN_STAGE_INJECTED);
    ensures origin: \result != 0 ==> v->exception.origin == PN_RESTORED && v->injected.origin == PN_RESTORED; */
bool pn_restore(struct pn_vcpu *v, struct pn_snapshot s);

#endif
