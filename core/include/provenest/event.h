/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Event injection: what a hypervisor calls, with the contracts that are proven.
 *
 * One round:   VM exit
 *              pn_complete_vectoring      read what the exit says of an interrupted delivery
 *              ... handle the exit ...    pn_queue_*, pn_interrupt_pending, pn_instruction_retired
 *              pn_inject_events           choose at most one event and program it; arm windows for the rest
 *              VM entry
 *
 * The attacker is the guest: it chooses every register, table and instruction, hence every event the processor
 * reports. None of that is a precondition. `requires` states only what the calling hypervisor must do: the order of
 * calls, and that a record it makes up itself is well formed.
 *
 * Claim: over any sequence of these calls, on VMX and on SVM, each event taken over is pending, injected, delivered,
 * reported to a guest hypervisor or given up for a named reason, and is only one of these (balanced); a payload is
 * written at most once, exactly when its event goes from pending to injected (payload_balanced), with two exceptions: a
 * page fault that ends in a double or triple fault (EV-125), and a #DB that is intercepted on AMD (EV-126); at most one
 * event is programmed an entry, an interrupted one first; at most one acknowledged interrupt is held.
 * proofs/mgc.c proves it for a client that assumes pn_inv alone.
 */
#ifndef PROVENEST_EVENT_H
#define PROVENEST_EVENT_H

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

/* Claim 2: nothing of the core's own waits to come before the guest's next instruction. */
/*@ predicate quiet(struct pn_vcpu v) = v.nmi_pending == 0 && v.interrupt_waiting == 0 && v.triple_fault == 0 &&
      v.smi_pending == 0 && v.init_pending == 0 && v.sipi_pending == 0 && v.mtf_pending == 0;

    predicate may_elide(struct pn_vcpu v, struct pn_resumption r) =
      has_injected(v) && v.cancelled == 0 && quiet(v) && r.handled != 0 && r.undisturbed != 0 && r.first_try != 0 &&
      cl2_droppable(v.injected.type, v.injected.vector, v.injected.origin, v.injected.by_delivery);
*/

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

/* Empty queues, once, before the first entry. */
/*@ requires vcpu: \valid(v);
    requires fresh: dev_entry == 0 && dev_owed == 0 && dev_done == 0 && dev_acked == 0 && dev_exited == 0;
    requires at: dev_rip == dev_at;
    terminates \true; exits \false; assigns *v;
    ensures inv: pn_inv(*v);
    ensures empty: held(*v) == 0 && owed_payloads(*v) == 0 && v->interrupt_waiting == 0 && v->held_back == 0 &&
            v->iret_watched == 0; */
void pn_vcpu_init(struct pn_vcpu *v);

/* The guest is reset, or the virtual CPU given to another: whatever is held is given up (SDM 9.1). On AMD NMIs are unblocked,
 * since that flag is the core's; the rest of the guest's state is the caller's. A debugger's hold stays. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false;
    assigns *v, led_discarded, led_dropped, dev_entry, dev_owed, dev_done, dev_exited, dev_nmi_blocked;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures empty: held(*v) == 0 && owed_payloads(*v) == 0 && v->interrupt_waiting == 0 && dev_owed == 0 &&
            v->iret_watched == 0;
    ensures blocking: dev_nmi_blocked == (dev_svm != 0 ? 0 : \old(dev_nmi_blocked));
    ensures debugger: v->held_back == \old(v->held_back); */
void pn_vcpu_reset(struct pn_vcpu *v);

/* Take over the exception `e` for the guest: types 3, 5, 6; stage and what follows from it are set here. `payload` of a
 * #PF is its linear address, of a #DB the exit qualification (SDM 27.2.1), of a #NM XFD_ERR. On AMD INT1 is a #DB of kind
 * ICEBP (it has no type 5), #BP and #OF have type 6 here. Bits 31:16 of the error code are cut off on Intel.
 *
 * If the last exit interrupted the delivery of another event and `e` was raised by it (origin hardware or emulator),
 * the two combine as SDM table 6-5 says: double fault, shutdown, or `e` in the other's place. A page fault that ends in
 * one of the first two has still written CR2, as the processor does when it takes the fault by itself. A fault that still
 * waits and that the processor will raise again gives way to a later one. Otherwise PN_BUSY: nothing is taken, offer
 * it again after the next exit. #CP (21) is for processors with CET, which no guest is offered yet. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires event: ve078_type(dev_svm, e.type, e.vector) && ve089_length(e.type, e.length) && payload_ok(e) &&
             is_exception(e.type);
    requires no_cet: e.vector != 21;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->triple_fault, dev_owed, dev_cr2, dev_dr6, dev_dr7, dev_applied,
            led_accepted, led_owing, led_discarded, led_dropped;
    ensures inv: pn_inv(*v);
    ensures result: \result == PN_ACCEPTED || \result == PN_BUSY;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures busy_changes_nothing: \result == PN_BUSY ==> *v == \old(*v) && n_accepted == \old(n_accepted) &&
            n_discarded == \old(n_discarded) && dev_owed == \old(dev_owed);
    ensures escalated_page_fault: \old(has_injected(*v)) && \result == PN_ACCEPTED &&
            ev125_writes_cr2(dev_svm, \old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0 ==> dev_cr2 == e.payload && n_applied == \old(n_applied) + 1;
    ensures no_other_effect: !(\old(has_injected(*v)) && \result == PN_ACCEPTED &&
            ev125_writes_cr2(dev_svm, \old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0) ==> dev_cr2 == \old(dev_cr2) && n_applied == \old(n_applied);
    ensures debug_registers_kept: dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7);
    ensures booked: \result == PN_ACCEPTED ==> n_accepted >= \old(n_accepted) + 1;
    ensures foreign_refused: \old(has_injected(*v)) && e.origin != PN_BY_HARDWARE && e.origin != PN_BY_EMULATOR ==>
            \result == PN_BUSY;
    ensures not_against_cancelled: \old(has_injected(*v)) && \old(v->cancelled) != 0 ==> \result == PN_BUSY;
    ensures never_refused_when_free: \old(v->exception.stage) == PN_STAGE_NONE &&
            (\old(v->injected.stage) == PN_STAGE_NONE ||
             (\old(v->cancelled) == 0 && (e.origin == PN_BY_HARDWARE || e.origin == PN_BY_EMULATOR))) ==>
            \result == PN_ACCEPTED;
    ensures taken_whole: \result == PN_ACCEPTED && \old(v->injected.stage) == PN_STAGE_NONE ==>
            taken(v->exception, e) && v->exception.by_delivery == 0;
    ensures double_fault: \old(has_injected(*v)) && \result == PN_ACCEPTED &&
            ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev005_double_fault(dev_svm, \old(v->injected.vector), e.vector) ==>
            has_exception(*v) && v->exception.type == PN_TYPE_HARD_EXCEPTION &&
            v->exception.vector == PN_VECTOR_DF && v->exception.error == 0 && v->exception.has_payload == 0;
    ensures shutdown: \old(has_injected(*v)) && \result == PN_ACCEPTED &&
            ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev007_shutdown(dev_svm, \old(v->injected.vector), e.vector) ==>
            v->triple_fault != 0 && v->exception.stage == PN_STAGE_NONE;
    ensures in_its_place: \old(has_injected(*v)) && \result == PN_ACCEPTED &&
            !(ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
              (ev005_double_fault(dev_svm, \old(v->injected.vector), e.vector) ||
               ev007_shutdown(dev_svm, \old(v->injected.vector), e.vector))) ==>
            taken(v->exception, e) && v->exception.by_delivery != 0;
    ensures only_what_comes_again: \result == PN_ACCEPTED && \old(has_exception(*v)) ==>
            ev123_regenerable(\old(v->exception.type), \old(v->exception.vector), \old(v->exception.origin),
              \old(v->exception.by_delivery));
    ensures nothing_interrupted_kept: \old(v->injected.stage) == PN_STAGE_NONE ==> v->injected == \old(v->injected);
    ensures shutdown_only_then: v->triple_fault != \old(v->triple_fault) ==>
            \old(has_injected(*v)) && e.type == PN_TYPE_HARD_EXCEPTION && ev009_takes_part(\old(v->injected.type)) &&
            ev007_shutdown(dev_svm, \old(v->injected.vector), e.vector);
*/
enum pn_queued pn_queue_exception(struct pn_vcpu *v, struct pn_event e);

/* A machine check for the guest (SDM 15.10.4): #MC, or shutdown if one is in progress already (IA32_MCG_STATUS.MCIP) or
 * CR4.MCE = 0. PN_BUSY as for any exception that the hypervisor makes. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->triple_fault, dev_owed, dev_cr2, dev_dr6, dev_dr7, dev_applied,
            led_accepted, led_owing, led_discarded, led_dropped;
    ensures inv: pn_inv(*v);
    ensures result: \result == PN_ACCEPTED || \result == PN_BUSY;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures shutdown: mcip != 0 || cr4_mce == 0 ==> \result == PN_ACCEPTED && v->triple_fault != 0 &&
            v->exception == \old(v->exception) && v->injected == \old(v->injected);
    ensures exception: mcip == 0 && cr4_mce != 0 && \result == PN_ACCEPTED ==> has_exception(*v) &&
            v->exception.type == PN_TYPE_HARD_EXCEPTION && v->exception.vector == PN_VECTOR_MC &&
            v->exception.origin == PN_BY_USER && v->exception.has_payload == 0 && v->exception.has_error == 0;
    ensures taken_when_free: \old(v->exception.stage) == PN_STAGE_NONE && \old(v->injected.stage) == PN_STAGE_NONE ==>
            \result == PN_ACCEPTED;
    ensures shutdown_only_then: mcip == 0 && cr4_mce != 0 ==> v->triple_fault == \old(v->triple_fault);
    ensures nothing_interrupted_lost: \old(has_injected(*v)) ==> has_injected(*v);
    ensures no_effect: dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7); */
enum pn_queued pn_queue_machine_check(struct pn_vcpu *v, bool cr4_mce, bool mcip);

/* Take over an NMI for the guest. One is latched behind one that is being served or is on its way, a second one
 * merges with it (SDM 6.7.1): PN_COLLAPSED. May also be called between pn_inject_events and the entry, for an NMI that
 * arrives then; the entry must be cancelled and prepared again to arm the window. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false;
    assigns v->nmi_pending, led_accepted, led_owing, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures result: \result == PN_ACCEPTED || \result == PN_COLLAPSED;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures latched: \result == PN_ACCEPTED ==> v->nmi_pending == \old(v->nmi_pending) + 1;
    ensures collapsed: \result == PN_COLLAPSED ==> v->nmi_pending == \old(v->nmi_pending) && v->nmi_pending >= 1;
    ensures booked: n_accepted == \old(n_accepted) + 1;
    ensures must_merge: \old(v->nmi_pending) >= 1 && (dev_nmi_blocked != 0 ||
            (has_injected(*v) && v->injected.type == PN_TYPE_NMI)) ==> \result == PN_COLLAPSED;
    ensures only_behind_another: \result == PN_COLLAPSED ==> v->nmi_pending == PN_NMI_LIMIT || dev_nmi_blocked != 0 ||
            (has_injected(*v) && v->injected.type == PN_TYPE_NMI);
    ensures first_is_taken: \old(v->nmi_pending) == 0 ==> \result == PN_ACCEPTED; */
enum pn_queued pn_queue_nmi(struct pn_vcpu *v);

/* SVM without virtual NMIs: the guest is about to run the IRET that ends its NMI handler (IRET intercept, APM 15.9). It
 * runs under the hypervisor's own single step, and the next exit elsewhere unblocks NMIs. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires svm: dev_svm != 0 && dev_entry == 0;
    terminates \true; exits \false; assigns v->iret_watched, v->iret_rip;
    ensures inv: pn_inv(*v);
    ensures watched: v->iret_watched != 0 && v->iret_rip == dev_rip; */
void pn_iret_intercepted(struct pn_vcpu *v);

/* The interrupt controller has an interrupt for the guest (an external-interrupt exit that did not acknowledge it). */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns v->interrupt_waiting;
    ensures inv: pn_inv(*v);
    ensures noted: v->interrupt_waiting != 0; */
void pn_interrupt_pending(struct pn_vcpu *v);

/* The guest has triple-faulted (exit reason 2) or must be shut down: the next pn_inject_events says so. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns v->triple_fault, led_accepted, led_owing;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures noted: v->triple_fault != 0; */
void pn_queue_triple_fault(struct pn_vcpu *v);

/* A debugger holds SMIs, NMIs and interrupts back, or lets them go (KVM_GUESTDBG_BLOCKIRQ): what waits stays. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns v->held_back;
    ensures inv: pn_inv(*v);
    ensures noted: v->held_back == on; */
void pn_hold_events(struct pn_vcpu *v, bool on);

/* Take over an SMI for the guest (SDM 34.2). One is latched, a second one merges with it: PN_COLLAPSED. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns v->smi_pending, led_accepted, led_owing, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures latched: v->smi_pending != 0;
    ensures result: \result == (\old(v->smi_pending) != 0 ? PN_COLLAPSED : PN_ACCEPTED);
    ensures booked: n_accepted == \old(n_accepted) + 1; */
enum pn_queued pn_queue_smi(struct pn_vcpu *v);

/* Take over an INIT for the guest (SDM 10.6.4). One is latched, a second one merges with it. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns v->init_pending, led_accepted, led_owing, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures latched: v->init_pending != 0;
    ensures result: \result == (\old(v->init_pending) != 0 ? PN_COLLAPSED : PN_ACCEPTED);
    ensures booked: n_accepted == \old(n_accepted) + 1; */
enum pn_queued pn_queue_init(struct pn_vcpu *v);

/* A start-up IPI for the guest: it has an effect only if the guest waits for one (SDM 25.2), else PN_NO_EFFECT. The first
 * one counts; others merge with it. PN_BUSY: an INIT waits before it; carry that out, then offer the SIPI again. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false;
    assigns v->sipi_pending, v->sipi_vector, led_accepted, led_owing, led_collapsed, led_discarded;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures no_effect: \result == PN_NO_EFFECT <==> dev_wfs == 0 && v->init_pending == 0;
    ensures busy: \result == PN_BUSY <==> dev_wfs == 0 && v->init_pending != 0;
    ensures nothing_changed: dev_wfs == 0 ==> *v == \old(*v);
    ensures taken: dev_wfs != 0 ==> v->sipi_pending != 0;
    ensures first_vector: dev_wfs != 0 && \old(v->sipi_pending) == 0 ==> v->sipi_vector == vector &&
            \result == PN_ACCEPTED;
    ensures later_merge: dev_wfs != 0 && \old(v->sipi_pending) != 0 ==> v->sipi_vector == \old(v->sipi_vector) &&
            \result == PN_COLLAPSED;
    ensures booked: n_accepted == \old(n_accepted) + (\result == PN_BUSY ? 0 : 1); */
enum pn_queued pn_queue_sipi(struct pn_vcpu *v, uint8_t vector);

/* VMX: a monitor-trap-flag exit is pending for the guest hypervisor (SDM 25.5.2): an instruction has retired under MTF = 1,
 * or L1 injected type 7. At most one a boundary. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    terminates \true; exits \false; assigns v->mtf_pending, led_accepted, led_owing, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures latched: v->mtf_pending != 0;
    ensures result: \result == (\old(v->mtf_pending) != 0 ? PN_COLLAPSED : PN_ACCEPTED);
    ensures booked: n_accepted == \old(n_accepted) + 1; */
enum pn_queued pn_queue_mtf(struct pn_vcpu *v);

/* Whether the instruction at RIP, which the hypervisor is about to carry out, first raises the #DB of an instruction
 * breakpoint that matches it: not with RFLAGS.RF = 1 (SDM 17.3.1.1), not behind MOV SS (SDM 6.8.3), and not while an
 * exception waits or is being delivered: then this instruction is not being started. Queue it as kind CODE_BREAKPOINT. */
/*@ requires vcpu: \valid_read(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> dev_rf == 0 && dev_movss == 0 && !has_exception(*v) && !has_injected(*v); */
bool pn_code_breakpoint_due(const struct pn_vcpu *v);

/* The hypervisor has carried out one instruction for the guest and moved RIP past it: blocking by STI and MOV SS ends
 * with it (SDM 24.4.2) unless it starts one itself, RFLAGS.RF is cleared (SDM 17.3.1.1), and the debug traps it met are
 * due: single step if RFLAGS.TF was 1 before it (SDM 17.3.1.4), breakpoints, and those held since a MOV SS. After MOV SS
 * they are held until the next instruction (SDM 6.8.3). Not while an event's delivery was interrupted: then no
 * instruction was running. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires no_delivery: v->injected.stage == PN_STAGE_NONE;
    requires no_exception: v->exception.stage == PN_STAGE_NONE;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->triple_fault, dev_sti, dev_movss, dev_rf, dev_breakpoints, dev_bs, dev_owed, dev_cr2,
            dev_dr6, dev_dr7, dev_applied, led_accepted, led_owing, led_discarded, led_dropped;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures old_shadow_over: r.shadow != PN_SHADOW_STI && r.shadow != PN_SHADOW_MOV_SS ==>
            dev_sti == 0 && dev_movss == 0;
    ensures new_shadow: (r.shadow == PN_SHADOW_STI ==> dev_sti != 0 && dev_movss == 0) &&
            (r.shadow == PN_SHADOW_MOV_SS ==> (dev_svm == 0 ? dev_movss != 0 && dev_sti == 0
                                                            : dev_sti != 0 && dev_movss == 0));
    ensures resume_flag: dev_rf == 0;
    ensures trap: r.shadow != PN_SHADOW_MOV_SS && debug_trap_due(r, \old(dev_breakpoints), dev_btf) ==>
            has_exception(*v) && v->exception.type == PN_TYPE_HARD_EXCEPTION &&
            v->exception.vector == PN_VECTOR_DB && low_trap(v->exception) && v->exception.has_payload != 0 &&
            v->exception.origin == PN_BY_EMULATOR &&
            (\forall integer k; 0 <= k <= 63 ==> (bit(v->exception.payload, k) <==>
              (k <= 3 && (bit(r.breakpoints, k) || bit(\old(dev_breakpoints), k))) ||
              (k == 14 && r.tf != 0 && dev_btf == 0)));
    ensures no_trap: r.shadow == PN_SHADOW_MOV_SS || !debug_trap_due(r, \old(dev_breakpoints), dev_btf) ==>
            v->exception.stage == PN_STAGE_NONE;
    ensures trap_held: r.shadow == PN_SHADOW_MOV_SS && dev_svm == 0 ==>
            (\forall integer k; 0 <= k <= 3 ==> (bit(dev_breakpoints, k) <==>
              bit(r.breakpoints, k) || bit(\old(dev_breakpoints), k)));
    ensures nothing_held_twice: r.shadow != PN_SHADOW_MOV_SS ==> !any_breakpoint(dev_breakpoints) &&
            (dev_svm == 0 ==> dev_bs == 0);
    ensures nothing_else: v->injected == \old(v->injected) && v->triple_fault == \old(v->triple_fault);
    ensures no_effect_yet: dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) &&
            n_applied == \old(n_applied); */
void pn_instruction_retired(struct pn_vcpu *v, struct pn_retired r);

/* For a guest hypervisor that intercepts the exception which waits: take it out of the queue for the exit information. On
 * AMD a #DB has written DR6 and DR7.GD by then; nothing else has been written (EV-126). The record still has its payload
 * if that was not written. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires waiting: has_exception(*v);
    terminates \true; exits \false;
    assigns v->exception, dev_cr2, dev_dr6, dev_dr7, dev_applied, led_reported, led_dropped;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures taken: v->exception.stage == PN_STAGE_NONE && same_event(\result, \old(v->exception)) &&
            \result.origin == \old(v->exception.origin) && \result.db_kind == \old(v->exception.db_kind);
    ensures address: dev_cr2 == \old(dev_cr2);
    ensures status: ev126_intercept_writes(dev_svm, \old(v->exception.vector)) && \old(v->exception.has_payload) != 0 ==>
            ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6) && n_applied == \old(n_applied) + 1 &&
            \result.has_payload == 0;
    ensures control: ev126_intercept_writes(dev_svm, \old(v->exception.vector)) ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures status_kept: !(ev126_intercept_writes(dev_svm, \old(v->exception.vector)) &&
            \old(v->exception.has_payload) != 0) ==> dev_dr6 == \old(dev_dr6) && n_applied == \old(n_applied) &&
            \result.has_payload == \old(v->exception.has_payload) && \result.payload == \old(v->exception.payload);
    ensures control_kept: !ev126_intercept_writes(dev_svm, \old(v->exception.vector)) ==>
            dev_dr7 == \old(dev_dr7); */
struct pn_event pn_intercept_exception(struct pn_vcpu *v);

/* The exception bitmap to use when the hypervisor wants `wanted`: with #DB and #AC always, since their delivery can raise
 * them again without end and without an exit (CVE-2015-8104, CVE-2015-5307). */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> bit(wanted, k) || k == 1 || k == 17); */
uint64_t pn_exception_bitmap(uint64_t wanted);

/* First after every VM exit: take what the exit reports of an event whose delivery it interrupted, so that the next
 * entry gives it to the guest again: with the type, vector, error code and length the processor reports, never
 * computed from the vector. On SVM, which reports no length and no type 6, these come from the entry that carried the
 * event if RIP is as that entry had it, else from the instruction at RIP; if the instruction is not there any more the
 * guest runs what is. An event of the last entry that is not reported again has been delivered. */
/*@ requires vcpu: \valid(v);
    requires exit: pn_exit_inv(*v);
    terminates \true; exits \false;
    assigns v->injected, v->cancelled, v->iret_watched, dev_exited, dev_done, dev_owed, dev_nmi_blocked, dev_sti,
            dev_movss, dev_rip, dev_step, led_accepted, led_owing, led_delivered, led_discarded;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures nothing_interrupted: \old(dev_owed) == 0 ==> v->injected.stage == PN_STAGE_NONE;
    ensures owed_kept: \old(dev_owed) != 0 && dev_owed == 0 ==>
            sv052_soft(dev_owed_event.type) && dev_soft_here == 0 && !\old(own_soft(*v));
    ensures type_kept: dev_owed != 0 ==> has_injected(*v) && v->injected.type == dev_owed_event.type;
    ensures vector_kept: dev_owed != 0 ==> v->injected.vector == dev_owed_event.vector;
    ensures error_kept: dev_owed != 0 ==>
            v->injected.has_error == dev_owed_event.has_error && v->injected.error == dev_owed_event.error;
    ensures length_kept: dev_owed != 0 ==> v->injected.length == dev_owed_event.length;
    ensures at_instruction: dev_rip == dev_at;
    ensures iret_fault: dev_svm == 0 && \old(dev_owed) == 0 && dev_iret_unblocked != 0 ==> dev_nmi_blocked != 0;
    ensures blocking_kept: dev_svm == 0 && !(\old(dev_owed) == 0 && dev_iret_unblocked != 0) ==>
            dev_nmi_blocked == \old(dev_nmi_blocked);
    ensures iret_done: dev_svm != 0 && \old(v->iret_watched) != 0 && dev_at != v->iret_rip ==>
            dev_nmi_blocked == 0 && v->iret_watched == 0;
    ensures iret_not_done: dev_svm != 0 && !(\old(v->iret_watched) != 0 && dev_at != v->iret_rip) ==>
            dev_nmi_blocked == \old(dev_nmi_blocked) && v->iret_watched == \old(v->iret_watched);
    ensures no_step: dev_svm != 0 ==> dev_step == 0;
    ensures no_shadow_after_delivery: dev_svm != 0 && \old(dev_owed) != 0 ==> dev_sti == 0 && dev_movss == 0;
    ensures shadow_kept: dev_svm == 0 || \old(dev_owed) == 0 ==> dev_sti == \old(dev_sti) &&
            dev_movss == \old(dev_movss);
    ensures no_payload: v->injected.has_payload == 0 || v->injected.stage == PN_STAGE_NONE;
    ensures origin_new: dev_owed != 0 && !\old(again(*v)) ==> v->injected.origin == PN_BY_HARDWARE;
    ensures origin_kept: dev_owed != 0 && \old(again(*v)) ==>
            v->injected.origin == \old(v->injected.origin) && v->injected.db_kind == \old(v->injected.db_kind) &&
            v->injected.by_delivery == \old(v->injected.by_delivery); */
void pn_complete_vectoring(struct pn_vcpu *v);

/* Last before every VM entry: the one place where an event is chosen. Order: shutdown; an event whose delivery was
 * interrupted; a raised exception; SMI and INIT (handed to the caller); MTF; debug traps; NMI; external interrupt. At
 * most one is programmed. For what stays and is not blocked, the entry ends at once or a window is armed; for what is
 * blocked, a window is armed, or the processor exits by itself when the blocking ends (RSM for SMM, STGI for GIF). An NMI
 * that only an STI shadow holds back waits for the interrupt window on VMX: the NMI window may open inside the shadow
 * (SDM 25.2), and then no instruction would ever run; on SVM, for a single step. An interrupt is acknowledged here, at
 * the moment it can be delivered.
 *
 * PN_DO_SMI, PN_DO_INIT, PN_DO_SIPI: carry it out, then call again. What is latched belongs to the processor and stays. SMI:
 * block NMIs with SMM, as the processor does (SDM 34.8), and put that back at RSM; a debug trap that waits belongs to the
 * program that is interrupted: take it out (pn_intercept_exception) and queue it again after RSM. INIT: pn_vcpu_reset.
 * PN_SHUTDOWN, PN_WAIT: do not enter. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->nmi_pending, v->interrupt_waiting, v->smi_pending, v->init_pending,
            v->sipi_pending, v->mtf_pending, v->soft_rip, v->entry_rip, v->iret_watched,
            dev_entry, dev_entry_event, dev_owed, dev_acked, dev_acked_vector, dev_asked, dev_intr_window, dev_nmi_window,
            dev_immediate, dev_step, dev_rip, dev_next_rip, dev_breakpoints, dev_cr2, dev_dr6, dev_dr7, dev_rf,
            dev_nmi_blocked, dev_bs, dev_applied, led_accepted, led_owing, led_delivered, led_dropped, led_discarded;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures result: \result == PN_ENTER || \result == PN_SHUTDOWN || \result == PN_WAIT || \result == PN_DO_SMI ||
            \result == PN_DO_INIT || \result == PN_DO_SIPI;
    ensures shutdown: \result == PN_SHUTDOWN <==> v->triple_fault != 0;
    ensures waits: \result == PN_WAIT <==> v->triple_fault == 0 && dev_wfs != 0 && \old(v->sipi_pending) == 0;
    ensures sipi: \result == PN_DO_SIPI <==> v->triple_fault == 0 && dev_wfs != 0 && \old(v->sipi_pending) != 0;
    ensures sipi_taken: \result == PN_DO_SIPI || \result == PN_ENTER ==> v->sipi_pending == 0;
    ensures sipi_kept: \result != PN_DO_SIPI && \result != PN_ENTER ==> v->sipi_pending == \old(v->sipi_pending);
    ensures nmi_kept: !(\result == PN_ENTER && ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)),
            \old(v->mtf_pending), \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, dev_gif,
            v->held_back)) ==> v->nmi_pending == \old(v->nmi_pending);
    ensures mtf_kept: !(\result == PN_ENTER && ev019_mtf_turn(\old(interrupted(*v)), \old(high(*v)),
            \old(v->mtf_pending))) ==> v->mtf_pending == \old(v->mtf_pending);
    ensures breakpoints_kept: !(\result == PN_ENTER && \old(interrupted(*v)) == 0 && \old(v->mtf_pending) != 0 &&
            \old(low(*v)) != 0) ==> dev_breakpoints == \old(dev_breakpoints);
    ensures smi: \result == PN_DO_SMI <==> v->triple_fault == 0 && dev_wfs == 0 &&
            ev018_smi_turn(\old(interrupted(*v)), \old(high(*v)), \old(v->smi_pending), dev_smm, dev_gif, v->held_back);
    ensures smi_taken: v->smi_pending == (\result == PN_DO_SMI ? 0 : \old(v->smi_pending));
    ensures init: \result == PN_DO_INIT <==> v->triple_fault == 0 && dev_wfs == 0 &&
            ev018_init_turn(\old(interrupted(*v)), \old(high(*v)), \old(v->smi_pending), \old(v->init_pending), dev_smm,
              dev_gif, v->held_back);
    ensures init_taken: v->init_pending == (\result == PN_DO_INIT ? 0 : \old(v->init_pending));
    ensures no_entry: \result != PN_ENTER ==> dev_entry == 0 && dev_owed == \old(dev_owed) &&
            v->exception == \old(v->exception) && v->injected == \old(v->injected) &&
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting) &&
            v->mtf_pending == \old(v->mtf_pending) && dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) &&
            dev_dr7 == \old(dev_dr7) && dev_rf == \old(dev_rf) && n_applied == \old(n_applied) &&
            n_asked == \old(n_asked) && dev_rip == \old(dev_rip);
    ensures nothing_owed: \result == PN_ENTER ==> dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    ensures may_enter: \result == PN_ENTER ==>
            ve236_step_pending(dev_svm, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);

    ensures interrupted_first: \result == PN_ENTER && ev087_interrupted_turn(\old(interrupted(*v))) ==>
            dev_entry != 0 && same_event(dev_entry_event, \old(v->injected)) && v->injected == \old(v->injected);
    ensures interrupted_has_no_effect: \old(has_injected(*v)) ==> dev_cr2 == \old(dev_cr2) &&
            dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) && n_applied == \old(n_applied) &&
            dev_rf == \old(dev_rf);
    ensures pending_kept: \old(has_injected(*v)) ==>
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting) &&
            v->mtf_pending == \old(v->mtf_pending);

    ensures exception_next: \result == PN_ENTER && ev020_exception_turn(\old(interrupted(*v)), \old(high(*v)),
            \old(low(*v)), \old(v->mtf_pending)) ==>
            dev_entry != 0 && dev_entry_event.type == \old(v->exception.type) &&
            dev_entry_event.vector == \old(v->exception.vector) && dev_entry_event.length == \old(v->exception.length) &&
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting) &&
            v->mtf_pending == \old(v->mtf_pending) &&
            v->injected.origin == \old(v->exception.origin) && v->injected.db_kind == \old(v->exception.db_kind) &&
            v->injected.by_delivery == \old(v->exception.by_delivery);
    ensures error_code: \result == PN_ENTER && exception_injected{Pre}(\old(*v)) ==>
            (dev_entry_event.has_error != 0 ==> dev_entry_event.error == \old(v->exception.error));
    ensures page_fault_address: \result == PN_ENTER && exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_PF ==>
            dev_cr2 == \old(v->exception.payload) && dev_dr6 == \old(dev_dr6) && n_applied == \old(n_applied) + 1;
    ensures debug_status: \result == PN_ENTER && exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_DB ==>
            ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6) && dev_cr2 == \old(dev_cr2) &&
            n_applied == \old(n_applied) + 1;
    ensures debug_control: \result == PN_ENTER && exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.vector) == PN_VECTOR_DB ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures debug_control_kept: !(exception_injected{Pre}(\old(*v)) && \old(v->exception.vector) == PN_VECTOR_DB) ==>
            dev_dr7 == \old(dev_dr7);
    ensures resume_flag: \result == PN_ENTER && exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION &&
            ev014_fault(\old(v->exception.vector), \old(v->exception.db_kind)) ==> dev_rf != 0;
    ensures resume_flag_kept: !(exception_injected{Pre}(\old(*v)) &&
            \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION &&
            ev014_fault(\old(v->exception.vector), \old(v->exception.db_kind))) ==> dev_rf == \old(dev_rf);
    ensures no_payload_no_effect: !(exception_injected{Pre}(\old(*v)) && owes_payload(\old(v->exception))) ==>
            dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && n_applied == \old(n_applied);

    ensures mtf_next: \result == PN_ENTER && ev019_mtf_turn(\old(interrupted(*v)), \old(high(*v)),
            \old(v->mtf_pending)) ==>
            dev_entry != 0 && dev_entry_event.type == PN_TYPE_OTHER && v->mtf_pending == 0 &&
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting);
    ensures trap_behind_mtf: \result == PN_ENTER && \old(interrupted(*v)) == 0 && \old(v->mtf_pending) != 0 && \old(low(*v)) != 0 &&
            \old(v->exception.has_payload) != 0 ==>
            (\forall integer k; 0 <= k <= 3 ==> (bit(\old(v->exception.payload), k) ==> bit(dev_breakpoints, k))) &&
            (bit(\old(v->exception.payload), 14) && dev_sti == 0 && dev_movss == 0 ==> dev_bs != 0);
    ensures nmi_next: \result == PN_ENTER && ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)),
            \old(v->mtf_pending), \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, dev_gif,
            v->held_back) ==>
            dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI && v->nmi_pending == \old(v->nmi_pending) - 1;
    ensures interrupt_last: \result == PN_ENTER && interrupt_turn{Pre}(\old(*v)) ==>
            n_asked == \old(n_asked) + 1 && v->interrupt_waiting == 0 &&
            (dev_entry != 0 ==> dev_entry_event.type == PN_TYPE_INTERRUPT &&
                                dev_entry_event.vector == dev_acked_vector);
    ensures asked_only_then: !(\result == PN_ENTER && interrupt_turn{Pre}(\old(*v))) ==> n_asked == \old(n_asked);
    ensures interrupt_kept: !interrupt_turn{Pre}(\old(*v)) ==> v->interrupt_waiting == \old(v->interrupt_waiting);
    ensures trap_kept: dev_sti == 0 && dev_movss == 0 && !(\old(v->mtf_pending) != 0 && \old(low(*v)) != 0) ==>
            dev_bs == \old(dev_bs);
    ensures nothing_invented: \result == PN_ENTER && !\old(has_injected(*v)) && !\old(has_exception(*v)) &&
            \old(v->mtf_pending) == 0 && dev_entry != 0 ==>
            (dev_entry_event.type == PN_TYPE_NMI && ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)),
              \old(v->mtf_pending), \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, dev_gif,
              v->held_back)) ||
            (dev_entry_event.type == PN_TYPE_INTERRUPT && interrupt_turn{Pre}(\old(*v)));

    ensures no_lost_wake_up: \result == PN_ENTER ==> woken(*v);
    ensures immediate_exit: \result == PN_ENTER ==> (dev_immediate != 0 <==>
            (v->smi_pending != 0 && ev018_smi_open(dev_smm, dev_gif, v->held_back)) ||
            (v->init_pending != 0 && ev018_init_open(dev_smm, dev_gif)) || v->mtf_pending != 0 ||
            (dev_svm != 0 && nmi_wanted(*v) && dev_nmi_blocked == 0 && dev_entry != 0));
    ensures nmi_window: \result == PN_ENTER ==> (dev_nmi_window != 0 <==>
            (dev_svm == 0 && nmi_wanted(*v) && !(dev_sti != 0 && dev_entry == 0)) ||
            (dev_svm != 0 && dev_nmi_blocked != 0 && v->iret_watched == 0));
    ensures interrupt_window: \result == PN_ENTER ==> (dev_intr_window != 0 <==>
            (v->interrupt_waiting != 0 && v->held_back == 0) ||
            (dev_svm == 0 && nmi_wanted(*v) && dev_sti != 0 && dev_entry == 0));
    ensures single_step: \result == PN_ENTER && dev_svm != 0 ==> (dev_step != 0 <==> dev_entry == 0 &&
            (v->iret_watched != 0 ||
             (nmi_wanted(*v) && dev_nmi_blocked == 0 && (dev_sti != 0 || dev_movss != 0))));
    ensures iret_again: v->iret_watched != 0 <==> \old(v->iret_watched) != 0 && \result != PN_DO_SMI &&
            \result != PN_DO_INIT && (\result != PN_ENTER || dev_entry == 0);
    ensures nmi_blocking_kept: !(\result == PN_ENTER && dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI) ==>
            dev_nmi_blocked == \old(dev_nmi_blocked);
    ensures nmi_blocking_svm: \result == PN_ENTER && dev_svm != 0 && dev_entry != 0 &&
            dev_entry_event.type == PN_TYPE_NMI ==> dev_nmi_blocked != 0; */
enum pn_action pn_inject_events(struct pn_vcpu *v);

/* Off unless called, after pn_complete_vectoring: forget the event whose delivery the exit interrupted, where nobody can
 * see it (spec/claims/2-reinjection.md): the instruction at RIP raises it again. False: it is re-injected as ever. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false; assigns v->injected.stage, dev_owed, led_discarded;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures exactly_the_safe: \result != 0 <==> may_elide(\old(*v), r);
    ensures forgotten: \result != 0 ==> v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures kept: \result == 0 ==> *v == \old(*v) && dev_owed == \old(dev_owed) && n_discarded == \old(n_discarded); */
bool pn_elide(struct pn_vcpu *v, struct pn_resumption r);

/* The entry that pn_inject_events prepared did not run (an NMI came in between, or the entry failed): take the event
 * back, to be injected again unchanged and without its payload. RIP is the guest's again, a pending MTF exit is pending
 * again. Call pn_inject_events again before the next entry; exceptions are refused until then. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires nothing_owed: dev_owed == 0;
    terminates \true; exits \false;
    assigns v->injected.stage, v->cancelled, v->mtf_pending, dev_entry, dev_owed, dev_owed_event, dev_taken_back, dev_rip,
            dev_nmi_blocked, led_collapsed;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures taken_back: dev_entry == 0;
    ensures at_instruction: dev_rip == dev_at;
    ensures not_lost: \old(has_injected(*v)) && \old(v->injected.type) != PN_TYPE_OTHER ==>
            dev_owed != 0 && v->injected == \old(v->injected) && v->mtf_pending == \old(v->mtf_pending);
    ensures mtf_not_lost: \old(has_injected(*v)) && \old(v->injected.type) == PN_TYPE_OTHER ==> v->mtf_pending != 0;
    ensures blocking_kept: !(\old(has_injected(*v)) && \old(v->injected.type) == PN_TYPE_NMI) ==>
            dev_nmi_blocked == \old(dev_nmi_blocked); */
void pn_cancel_injection(struct pn_vcpu *v);

/* ---- Migration -------------------------------------------------------------------------------------------------- */

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
