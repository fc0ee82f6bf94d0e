/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What holds between the calls of event.h: the public invariant, the balances, and the words their contracts share. Logic
 * only; a hypervisor needs nothing of it but pn_inv, which every call asks for and gives back.
 */
#ifndef PROVENEST_INVARIANT_H
#define PROVENEST_INVARIANT_H

#include <provenest/types.h>

#include "../../hw/hw.h"
#include "../../hw/ledger.h"

/* ---- The public invariant --------------------------------------------------------------------------------------- */

/* A record is well formed: type and vector (VE-078), length (VE-089), error code width (VE-088); a payload only where
   the architecture has one (EV-038), and only while pending. */
/*@ predicate event_ok(struct pn_event e) =
      ve078_type(dev_svm, e.type, e.vector) && ve088_error_width(dev_svm, e.error) && ve089_length(e.type, e.length);

    predicate payload_ok(struct pn_event e) = e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);

    predicate is_exception(integer type) = type == 3 || type == 5 || type == 6;

    logic integer is_low(struct pn_event e) =
      e.has_payload != 0 ? ev020_low(e.type, e.vector, e.db_kind) : 0;

    predicate low_trap(struct pn_event e) = is_low(e) == 1;

    predicate exception_slot_ok(struct pn_vcpu v) =
      (v.exception.stage == PN_STAGE_NONE || v.exception.stage == PN_STAGE_PENDING) &&
      (v.exception.stage == PN_STAGE_PENDING ==>
        event_ok(v.exception) && payload_ok(v.exception) && is_exception(v.exception.type));

    predicate injected_slot_ok(struct pn_vcpu v) =
      (v.injected.stage == PN_STAGE_NONE || v.injected.stage == PN_STAGE_INJECTED) &&
      (v.injected.stage == PN_STAGE_INJECTED ==> event_ok(v.injected) && v.injected.has_payload == 0);

    predicate latches_ok(struct pn_vcpu v) = 0 <= v.nmi_pending <= PN_NMI_LIMIT &&
      (v.mtf_pending != 0 ==> dev_svm == 0) && (v.iret_watched != 0 ==> dev_svm != 0 && dev_entry == 0);

    predicate has_injected(struct pn_vcpu v) = v.injected.stage == PN_STAGE_INJECTED;

    predicate has_exception(struct pn_vcpu v) = v.exception.stage == PN_STAGE_PENDING;
*/

/* The slots and the device agree: an event is in the injected slot exactly if it is in the entry event field or owed
   to the guest; before the exit has been read, exactly if the last entry carried it. A pending MTF exit is in the slot
   only while it is in the field. RIP is the guest's, unless a software event waits in the field without NRIPS. */
/*@ predicate in_step(struct pn_vcpu v) =
      (has_injected(v) <==> (dev_entry != 0 || dev_owed != 0)) &&
      (dev_owed != 0 ==> dev_entry == 0 && same_event(v.injected, dev_owed_event) &&
        v.injected.type != PN_TYPE_OTHER && (v.cancelled != 0 <==> dev_taken_back != 0)) &&
      (dev_entry != 0 ==> same_event(v.injected, dev_entry_event) && sv052_return(dev_entry_event)) &&
      (dev_entry == 0 ==> dev_rip == dev_at) &&
      (dev_entry != 0 && sv052_soft(v.injected.type) ==> v.soft_rip == dev_at && v.entry_rip == dev_rip) &&
      (has_injected(v) ==> dev_wfs == 0) &&
      (has_injected(v) && v.injected.type == PN_TYPE_INTERRUPT ==>
        ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif)) &&
      (has_injected(v) && v.injected.type == PN_TYPE_NMI ==>
        dev_sti == 0 && dev_movss == 0 && dev_gif != 0 &&
        (dev_entry != 0 ==> (dev_nmi_blocked != 0 <==> dev_svm != 0))) &&
      dev_done == 0;
*/

/* Nothing waits behind an exception but what ranks below it; a debug trap alone waits behind an MTF exit, for the
   processor itself (EV-019), so an exception and an interrupted event never wait together. */
/*@ predicate pn_inv(struct pn_vcpu v) =
      exception_slot_ok(v) && injected_slot_ok(v) && latches_ok(v) &&
      dev_exited == 0 && dev_acked == 0 && in_step(v) && (has_exception(v) ==> !has_injected(v));
*/

/* SVM: what the last entry remembered tells whether a software event that an exit reports is the entry's own (SV-052). */
/*@ predicate own_soft(struct pn_vcpu v) =
      has_injected(v) && dev_owed != 0 && sv052_soft(dev_owed_event.type) &&
      sv054_alike(v.injected, dev_owed_event) && dev_rip == v.entry_rip;
*/

/* What the exit reports is the event of the last entry, again. */
/*@ predicate again(struct pn_vcpu v) =
      has_injected(v) && dev_owed != 0 && same_event(v.injected, dev_owed_event) &&
      (sv052_soft(dev_owed_event.type) ==> dev_rip == v.entry_rip);
*/

/* After an exit that pn_complete_vectoring has not seen yet: the injected slot is the last entry's event. */
/*@ predicate pn_exit_inv(struct pn_vcpu v) =
      exception_slot_ok(v) && injected_slot_ok(v) && latches_ok(v) &&
      dev_exited != 0 && dev_acked == 0 && dev_entry == 0 && v.exception.stage == PN_STAGE_NONE &&
      (dev_done != 0 ==> has_injected(v) && same_event(v.injected, dev_done_event) && !again(v)) &&
      (has_injected(v) && dev_done == 0 ==> again(v)) && (v.iret_watched != 0 ==> !has_injected(v)) &&
      (dev_owed != 0 ==> event_ok(dev_owed_event) && dev_owed_event.type != PN_TYPE_OTHER && dev_taken_back == 0 &&
        dev_wfs == 0) &&
      (own_soft(v) ==> v.injected.length == dev_owed_event.length && v.soft_rip == dev_at &&
        (dev_nrips != 0 ==> dev_rip == dev_at)) &&
      (!own_soft(v) ==> dev_rip == dev_at) &&
      (dev_owed != 0 && dev_owed_event.type == PN_TYPE_INTERRUPT ==>
        dev_if != 0 && dev_gif != 0 && (dev_svm == 0 ==> dev_sti == 0 && dev_movss == 0)) &&
      (dev_owed != 0 && dev_owed_event.type == PN_TYPE_NMI ==>
        dev_gif != 0 && (dev_svm == 0 ==> dev_sti == 0 && dev_movss == 0));
*/

/* ---- Conservation ----------------------------------------------------------------------------------------------- */

/*@ logic integer latched(struct pn_vcpu v) =
      v.nmi_pending + (v.triple_fault != 0 ? 1 : 0) + (v.smi_pending != 0 ? 1 : 0) + (v.init_pending != 0 ? 1 : 0) +
      (v.sipi_pending != 0 ? 1 : 0) + (v.mtf_pending != 0 ? 1 : 0);

    logic integer held(struct pn_vcpu v) =
      (v.exception.stage == PN_STAGE_PENDING ? 1 : 0) + (v.injected.stage == PN_STAGE_INJECTED ? 1 : 0) + latched(v);

    logic integer owed_payloads(struct pn_vcpu v) =
      (v.exception.stage == PN_STAGE_PENDING ? payloads(v.exception) : 0);

    logic integer interrupted(struct pn_vcpu v) = v.injected.stage == PN_STAGE_INJECTED ? 1 : 0;

    logic integer raised(struct pn_vcpu v) = v.exception.stage == PN_STAGE_PENDING ? 1 : 0;

    logic integer high(struct pn_vcpu v) = v.exception.stage == PN_STAGE_PENDING ? 1 - is_low(v.exception) : 0;

    logic integer low(struct pn_vcpu v) = v.exception.stage == PN_STAGE_PENDING ? is_low(v.exception) : 0;

    predicate balanced{L}(struct pn_vcpu v) =
      n_accepted == n_delivered + n_discarded + n_collapsed + n_reported + held(v);

    predicate payload_balanced{L}(struct pn_vcpu v) = n_owing == n_applied + n_dropped + owed_payloads(v);
*/

/* What becomes of a record that is taken over: bits 31:16 of the error code are lost on Intel (VE-088). */
/*@ predicate taken(struct pn_event slot, struct pn_event e) =
      slot.stage == PN_STAGE_PENDING && slot.type == e.type && slot.vector == e.vector && slot.length == e.length &&
      slot.has_error == e.has_error && slot.error == (dev_svm != 0 ? e.error : e.error % 0x10000) &&
      slot.has_payload == e.has_payload && slot.payload == e.payload && slot.origin == e.origin &&
      slot.db_kind == e.db_kind;

    predicate any_breakpoint(integer bits) = bit(bits, 0) || bit(bits, 1) || bit(bits, 2) || bit(bits, 3);

    predicate debug_trap_due(struct pn_retired r, integer held_bits, integer btf) =
      (r.tf != 0 && btf == 0) || any_breakpoint(r.breakpoints) || any_breakpoint(held_bits);
*/

/* Turns of pn_inject_events, in the state before it. */
/*@ predicate exception_injected{L}(struct pn_vcpu v) =
      ev020_exception_turn(interrupted(v), high(v), low(v), v.mtf_pending);

    predicate interrupt_turn{L}(struct pn_vcpu v) =
      ev025_interrupt_turn(interrupted(v), raised(v), v.mtf_pending, v.nmi_pending, dev_nmi_blocked, dev_sti, dev_movss,
        dev_gif, v.held_back, v.interrupt_waiting, dev_if);

    predicate nmi_wanted(struct pn_vcpu v) = v.nmi_pending > 0 && v.held_back == 0 && dev_gif != 0;
*/

/* Nothing that waits is forgotten: it is programmed, or this entry ends for it, or the end of what blocks it is an exit. */
/*@ predicate woken(struct pn_vcpu v) =
      (v.smi_pending != 0 ==> dev_immediate != 0 || dev_smm != 0 || dev_gif == 0 || v.held_back != 0) &&
      (v.init_pending != 0 ==> dev_immediate != 0 || dev_smm != 0 || dev_gif == 0) &&
      (v.mtf_pending != 0 ==> dev_immediate != 0) &&
      (v.interrupt_waiting != 0 ==> dev_intr_window != 0 || v.held_back != 0) &&
      (v.nmi_pending > 0 ==> dev_nmi_window != 0 || dev_intr_window != 0 || dev_immediate != 0 || dev_step != 0 ||
        v.held_back != 0 || dev_gif == 0);
*/

/* Claim 2: nothing of the core's own waits to come before the guest's next instruction. */
/*@ predicate quiet(struct pn_vcpu v) = v.nmi_pending == 0 && v.interrupt_waiting == 0 && v.triple_fault == 0 &&
      v.smi_pending == 0 && v.init_pending == 0 && v.sipi_pending == 0 && v.mtf_pending == 0;

    predicate may_elide(struct pn_vcpu v, struct pn_resumption r) =
      has_injected(v) && v.cancelled == 0 && quiet(v) && r.handled != 0 && r.undisturbed != 0 && r.first_try != 0 &&
      cl2_droppable(v.injected.type, v.injected.vector, v.injected.origin, v.injected.by_delivery);
*/

#endif
