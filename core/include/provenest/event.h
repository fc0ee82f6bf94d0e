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
 * Claim: over any sequence of these calls, each event taken over is pending, injected, delivered or given up for a
 * named reason, and is only one of these (balanced); a payload is written at most once, exactly when its event goes
 * from pending to injected (payload_balanced), or, for a page fault, when it ends in a double or triple fault (EV-125); at most one event is programmed an entry, an interrupted one first;
 * at most one acknowledged interrupt is held. proofs/mgc.c proves it for a client that assumes pn_inv alone.
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
      ve078_type(e.type, e.vector) && ve088_error_width(e.error) && ve089_length(e.type, e.length);

    predicate payload_ok(struct pn_event e) = e.has_payload != 0 ==> ev038_has_payload(e.type, e.vector);

    predicate is_exception(integer type) = type == 3 || type == 5 || type == 6;

    predicate exception_slot_ok(struct pn_vcpu v) =
      (v.exception.stage == PN_STAGE_NONE || v.exception.stage == PN_STAGE_PENDING) &&
      (v.exception.stage == PN_STAGE_PENDING ==>
        event_ok(v.exception) && payload_ok(v.exception) && is_exception(v.exception.type));

    predicate injected_slot_ok(struct pn_vcpu v) =
      (v.injected.stage == PN_STAGE_NONE || v.injected.stage == PN_STAGE_INJECTED) &&
      (v.injected.stage == PN_STAGE_INJECTED ==> event_ok(v.injected) && v.injected.has_payload == 0);
*/

/* The slots and the device agree: an event is in the injected slot exactly if it is in the entry event field or owed
   to the guest; before the exit has been read, exactly if the last entry carried it. */
/*@ predicate in_step(struct pn_vcpu v) =
      (v.injected.stage == PN_STAGE_INJECTED <==> (dev_entry != 0 || dev_owed != 0)) &&
      (dev_owed != 0 ==> dev_entry == 0 && same_event(v.injected, dev_owed_event)) &&
      (dev_entry != 0 ==> same_event(v.injected, dev_entry_event)) &&
      (v.injected.stage == PN_STAGE_INJECTED && v.injected.type == PN_TYPE_INTERRUPT ==>
        ve227_interrupt_open(dev_if, dev_sti, dev_movss)) &&
      (v.injected.stage == PN_STAGE_INJECTED && v.injected.type == PN_TYPE_NMI ==>
        dev_sti == 0 && dev_movss == 0 && (dev_entry != 0 ==> dev_nmi_blocked == 0)) &&
      dev_done == 0;
*/

/* Nothing waits behind an exception: it is programmed by the next pn_inject_events, since nothing blocks it. */
/*@ predicate pn_inv(struct pn_vcpu v) =
      exception_slot_ok(v) && injected_slot_ok(v) && 0 <= v.nmi_pending <= PN_NMI_LIMIT &&
      dev_exited == 0 && dev_acked == 0 && in_step(v) &&
      (v.exception.stage == PN_STAGE_PENDING ==> v.injected.stage == PN_STAGE_NONE);
*/

/* After an exit that pn_complete_vectoring has not seen yet: the injected slot is the last entry's event. */
/*@ predicate pn_exit_inv(struct pn_vcpu v) =
      exception_slot_ok(v) && injected_slot_ok(v) && 0 <= v.nmi_pending <= PN_NMI_LIMIT &&
      dev_exited != 0 && dev_acked == 0 && dev_entry == 0 && v.exception.stage == PN_STAGE_NONE &&
      (dev_done != 0 ==> v.injected.stage == PN_STAGE_INJECTED && same_event(v.injected, dev_done_event) &&
        !(dev_owed != 0 && same_event(v.injected, dev_owed_event))) &&
      (v.injected.stage == PN_STAGE_INJECTED && dev_done == 0 ==>
        dev_owed != 0 && same_event(v.injected, dev_owed_event)) &&
      (dev_owed != 0 ==> event_ok(dev_owed_event)) &&
      (dev_owed != 0 && dev_owed_event.type == PN_TYPE_INTERRUPT ==>
        ve227_interrupt_open(dev_if, dev_sti, dev_movss)) &&
      (dev_owed != 0 && dev_owed_event.type == PN_TYPE_NMI ==> dev_sti == 0 && dev_movss == 0);
*/

/* ---- Conservation ----------------------------------------------------------------------------------------------- */

/*@ logic integer held(struct pn_vcpu v) =
      (v.exception.stage == PN_STAGE_PENDING ? 1 : 0) + (v.injected.stage == PN_STAGE_INJECTED ? 1 : 0) +
      v.nmi_pending + (v.triple_fault != 0 ? 1 : 0);

    logic integer owed_payloads(struct pn_vcpu v) =
      (v.exception.stage == PN_STAGE_PENDING && v.exception.has_payload != 0 ? 1 : 0);

    logic integer interrupted(struct pn_vcpu v) = v.injected.stage == PN_STAGE_INJECTED ? 1 : 0;

    logic integer raised(struct pn_vcpu v) = v.exception.stage == PN_STAGE_PENDING ? 1 : 0;

    predicate balanced{L}(struct pn_vcpu v) = n_accepted == n_delivered + n_discarded + n_collapsed + held(v);

    predicate payload_balanced{L}(struct pn_vcpu v) = n_owing == n_applied + n_dropped + owed_payloads(v);
*/

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

/* Empty queues, once, before the first entry. */
/*@ requires vcpu: \valid(v);
    requires fresh: dev_entry == 0 && dev_owed == 0 && dev_done == 0 && dev_acked == 0 && dev_exited == 0;
    terminates \true; exits \false; assigns *v;
    ensures inv: pn_inv(*v);
    ensures empty: held(*v) == 0 && owed_payloads(*v) == 0 && v->interrupt_waiting == 0; */
void pn_vcpu_init(struct pn_vcpu *v);

/* Take over the exception `e` for the guest: types 3, 5, 6; stage and what follows from it are set here. `payload` of a
 * #PF is its linear address, of a #DB the exit qualification (SDM 27.2.1).
 *
 * If the last exit interrupted the delivery of another event and `e` was raised by it (origin hardware or emulator),
 * the two combine as SDM table 6-5 says: double fault, shutdown, or `e` in the other's place. A page fault that ends in
 * one of the first two has still written CR2, as the processor does when it takes the fault by itself. A fault that still
 * waits and that the processor will raise again gives way to a later one. Otherwise PN_BUSY: nothing is taken, offer
 * it again after the next exit. #CP (21) is for processors with CET, which no guest is offered yet. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    requires event: event_ok(e) && payload_ok(e) && is_exception(e.type);
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
    ensures escalated_page_fault: \old(v->injected.stage) == PN_STAGE_INJECTED && \result == PN_ACCEPTED &&
            ev125_writes_cr2(\old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0 ==> dev_cr2 == e.payload && n_applied == \old(n_applied) + 1;
    ensures no_other_effect: !(\old(v->injected.stage) == PN_STAGE_INJECTED && \result == PN_ACCEPTED &&
            ev125_writes_cr2(\old(v->injected.type), \old(v->injected.vector), e.type, e.vector) &&
            e.has_payload != 0) ==> dev_cr2 == \old(dev_cr2) && n_applied == \old(n_applied);
    ensures debug_registers_kept: dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7);
    ensures booked: \result == PN_ACCEPTED ==> n_accepted >= \old(n_accepted) + 1;
    ensures foreign_refused: \old(v->injected.stage) == PN_STAGE_INJECTED && e.origin != PN_BY_HARDWARE &&
            e.origin != PN_BY_EMULATOR ==> \result == PN_BUSY;
    ensures never_refused_when_free: \old(v->exception.stage) == PN_STAGE_NONE &&
            (\old(v->injected.stage) == PN_STAGE_NONE || e.origin == PN_BY_HARDWARE || e.origin == PN_BY_EMULATOR) ==>
            \result == PN_ACCEPTED;
    ensures taken_whole: \result == PN_ACCEPTED && \old(v->injected.stage) == PN_STAGE_NONE ==>
            v->exception.stage == PN_STAGE_PENDING && same_event(v->exception, e) &&
            v->exception.has_payload == e.has_payload && v->exception.payload == e.payload &&
            v->exception.origin == e.origin && v->exception.db_kind == e.db_kind;
    ensures double_fault: \old(v->injected.stage) == PN_STAGE_INJECTED && \result == PN_ACCEPTED &&
            ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev005_double_fault(\old(v->injected.vector), e.vector) ==>
            v->exception.stage == PN_STAGE_PENDING && v->exception.type == PN_TYPE_HARD_EXCEPTION &&
            v->exception.vector == PN_VECTOR_DF && v->exception.error == 0 && v->exception.has_payload == 0;
    ensures shutdown: \old(v->injected.stage) == PN_STAGE_INJECTED && \result == PN_ACCEPTED &&
            ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
            ev007_shutdown(\old(v->injected.vector), e.vector) ==>
            v->triple_fault != 0 && v->exception.stage == PN_STAGE_NONE;
    ensures in_its_place: \old(v->injected.stage) == PN_STAGE_INJECTED && \result == PN_ACCEPTED &&
            !(ev009_takes_part(\old(v->injected.type)) && e.type == PN_TYPE_HARD_EXCEPTION &&
              (ev005_double_fault(\old(v->injected.vector), e.vector) ||
               ev007_shutdown(\old(v->injected.vector), e.vector))) ==>
            v->exception.stage == PN_STAGE_PENDING && same_event(v->exception, e) &&
            v->exception.has_payload == e.has_payload && v->exception.payload == e.payload &&
            v->exception.origin == e.origin && v->exception.db_kind == e.db_kind;
    ensures only_what_comes_again: \result == PN_ACCEPTED && \old(v->exception.stage) == PN_STAGE_PENDING ==>
            ev123_regenerable(\old(v->exception.type), \old(v->exception.vector), \old(v->exception.origin));
    ensures nothing_interrupted_kept: \old(v->injected.stage) == PN_STAGE_NONE ==> v->injected == \old(v->injected);
    ensures shutdown_only_then: v->triple_fault != \old(v->triple_fault) ==>
            ev009_takes_part(\old(v->injected.type)) && ev007_shutdown(\old(v->injected.vector), e.vector);
*/
enum pn_queued pn_queue_exception(struct pn_vcpu *v, struct pn_event e);

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
            (v->injected.stage == PN_STAGE_INJECTED && v->injected.type == PN_TYPE_NMI)) ==> \result == PN_COLLAPSED;
    ensures only_behind_another: \result == PN_COLLAPSED ==> v->nmi_pending == PN_NMI_LIMIT || dev_nmi_blocked != 0 ||
            (v->injected.stage == PN_STAGE_INJECTED && v->injected.type == PN_TYPE_NMI);
    ensures first_is_taken: \old(v->nmi_pending) == 0 ==> \result == PN_ACCEPTED; */
enum pn_queued pn_queue_nmi(struct pn_vcpu *v);

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

/* The hypervisor has carried out one instruction for the guest and moved RIP past it: blocking by STI and MOV SS ends
 * with it (SDM 24.4.2), and with RFLAGS.TF = 1 a single-step trap is due (SDM 17.3.1.4). Not while an event's delivery
 * was interrupted: then no instruction was running. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires no_delivery: v->injected.stage == PN_STAGE_NONE;
    requires no_exception: v->exception.stage == PN_STAGE_NONE;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->triple_fault, dev_sti, dev_movss, dev_owed, dev_cr2, dev_dr6, dev_dr7,
            dev_applied, led_accepted, led_owing, led_discarded, led_dropped;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures shadow_over: dev_sti == 0 && dev_movss == 0;
    ensures step_trap: (dev_tf != 0 && dev_btf == 0) ==> v->exception.stage == PN_STAGE_PENDING &&
            v->exception.type == PN_TYPE_HARD_EXCEPTION && v->exception.vector == PN_VECTOR_DB &&
            v->exception.db_kind == PN_DB_SINGLE_STEP && v->exception.has_payload != 0 &&
            (\forall integer k; 0 <= k <= 63 ==> (bit(v->exception.payload, k) <==> k == 14));
    ensures no_trap: !(dev_tf != 0 && dev_btf == 0) ==> v->exception.stage == PN_STAGE_NONE;
    ensures nothing_else: v->injected == \old(v->injected) && v->triple_fault == \old(v->triple_fault);
    ensures no_effect_yet: dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) &&
            n_applied == \old(n_applied); */
void pn_instruction_retired(struct pn_vcpu *v);

/* First after every VM exit: take what the exit reports of an event whose delivery it interrupted, so that the next
 * entry gives it to the guest again: with the type, vector, error code and length the processor reports, never
 * computed from the vector. An event of the last entry that is not reported again has been delivered. */
/*@ requires vcpu: \valid(v);
    requires exit: pn_exit_inv(*v);
    terminates \true; exits \false;
    assigns v->injected, dev_exited, dev_done, dev_nmi_blocked, led_accepted, led_owing, led_delivered;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures nothing_interrupted: dev_owed == 0 ==> v->injected.stage == PN_STAGE_NONE;
    ensures type_kept: dev_owed != 0 ==> v->injected.type == dev_owed_event.type;
    ensures vector_kept: dev_owed != 0 ==> v->injected.vector == dev_owed_event.vector;
    ensures error_kept: dev_owed != 0 ==>
            v->injected.has_error == dev_owed_event.has_error && v->injected.error == dev_owed_event.error;
    ensures length_kept: dev_owed != 0 ==> v->injected.length == dev_owed_event.length;
    ensures iret_fault: dev_owed == 0 && dev_iret_unblocked != 0 ==> dev_nmi_blocked != 0;
    ensures blocking_kept: !(dev_owed == 0 && dev_iret_unblocked != 0) ==> dev_nmi_blocked == \old(dev_nmi_blocked);
    ensures no_payload: v->injected.has_payload == 0 || v->injected.stage == PN_STAGE_NONE;
    ensures origin_new: dev_owed != 0 && !(\old(v->injected.stage) == PN_STAGE_INJECTED &&
            same_event(\old(v->injected), dev_owed_event)) ==> v->injected.origin == PN_BY_HARDWARE;
    ensures origin_kept: dev_owed != 0 && \old(v->injected.stage) == PN_STAGE_INJECTED &&
            same_event(\old(v->injected), dev_owed_event) ==> v->injected.origin == \old(v->injected.origin) &&
            v->injected.db_kind == \old(v->injected.db_kind); */
void pn_complete_vectoring(struct pn_vcpu *v);

/* Last before every VM entry: the one place where an event is chosen. Order: shutdown; an event whose delivery was
 * interrupted; a raised exception; NMI; external interrupt. At most one is programmed; for NMIs and interrupts that stay a
 * window is armed, and only then. An NMI that only an STI shadow holds back waits for the interrupt window: the NMI
 * window may open inside the shadow (SDM 25.2), and then no instruction would ever run. An interrupt is acknowledged here, at the moment it can be delivered.
 * PN_SHUTDOWN: do not enter. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false;
    assigns v->exception, v->injected, v->nmi_pending, v->interrupt_waiting,
            dev_entry, dev_entry_event, dev_owed, dev_acked, dev_acked_vector, dev_asked, dev_intr_window, dev_nmi_window,
            dev_cr2, dev_dr6, dev_dr7, dev_rf, dev_nmi_blocked, dev_bs, dev_applied, led_accepted, led_owing;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures result: \result == PN_ENTER || \result == PN_SHUTDOWN;
    ensures shutdown: \result == PN_SHUTDOWN <==> v->triple_fault != 0;
    ensures shutdown_changes_nothing: \result == PN_SHUTDOWN ==> *v == \old(*v) && dev_entry == 0 &&
            dev_owed == \old(dev_owed) && dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) &&
            dev_dr7 == \old(dev_dr7) && dev_rf == \old(dev_rf) && n_applied == \old(n_applied);
    ensures nothing_owed: \result == PN_ENTER ==> dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    ensures may_enter: \result == PN_ENTER ==> ve236_step_pending(dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);

    ensures interrupted_first: \result == PN_ENTER && ev087_interrupted_turn(\old(interrupted(*v))) ==>
            dev_entry != 0 && same_event(dev_entry_event, \old(v->injected)) && v->injected == \old(v->injected);
    ensures interrupted_has_no_effect: \old(v->injected.stage) == PN_STAGE_INJECTED ==> dev_cr2 == \old(dev_cr2) &&
            dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7) && n_applied == \old(n_applied) &&
            dev_rf == \old(dev_rf);
    ensures pending_kept: \old(v->injected.stage) == PN_STAGE_INJECTED ==>
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting);

    ensures exception_next: \result == PN_ENTER && ev020_exception_turn(\old(interrupted(*v)), \old(raised(*v))) ==>
            dev_entry != 0 && dev_entry_event.type == \old(v->exception.type) &&
            dev_entry_event.vector == \old(v->exception.vector) && dev_entry_event.length == \old(v->exception.length) &&
            v->nmi_pending == \old(v->nmi_pending) && v->interrupt_waiting == \old(v->interrupt_waiting) &&
            v->injected.origin == \old(v->exception.origin) && v->injected.db_kind == \old(v->exception.db_kind);
    ensures error_code: \result == PN_ENTER && \old(v->exception.stage) == PN_STAGE_PENDING ==>
            (dev_entry_event.has_error != 0 ==> dev_entry_event.error == \old(v->exception.error));
    ensures page_fault_address: \result == PN_ENTER && \old(v->exception.stage) == PN_STAGE_PENDING &&
            \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_PF ==>
            dev_cr2 == \old(v->exception.payload) && dev_dr6 == \old(dev_dr6) && n_applied == \old(n_applied) + 1;
    ensures debug_status: \result == PN_ENTER && \old(v->exception.stage) == PN_STAGE_PENDING &&
            \old(v->exception.has_payload) != 0 && \old(v->exception.vector) == PN_VECTOR_DB ==>
            ev075_dr6(\old(dev_dr6), \old(v->exception.payload), dev_dr6) && dev_cr2 == \old(dev_cr2) &&
            n_applied == \old(n_applied) + 1;
    ensures debug_control: \result == PN_ENTER && \old(v->exception.stage) == PN_STAGE_PENDING &&
            \old(v->exception.vector) == PN_VECTOR_DB ==> ev124_dr7(\old(dev_dr7), dev_dr7);
    ensures debug_control_kept: !(\old(v->exception.stage) == PN_STAGE_PENDING &&
            \old(v->exception.vector) == PN_VECTOR_DB) ==> dev_dr7 == \old(dev_dr7);
    ensures resume_flag: \result == PN_ENTER && \old(v->exception.stage) == PN_STAGE_PENDING &&
            \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION && ev014_fault(\old(v->exception.vector)) ==> dev_rf != 0;
    ensures resume_flag_kept: !(\old(v->exception.stage) == PN_STAGE_PENDING &&
            \old(v->exception.type) == PN_TYPE_HARD_EXCEPTION && ev014_fault(\old(v->exception.vector))) ==>
            dev_rf == \old(dev_rf);
    ensures no_payload_no_effect: \old(v->exception.stage) == PN_STAGE_NONE || \old(v->exception.has_payload) == 0 ==>
            dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && n_applied == \old(n_applied);

    ensures nmi_next: \result == PN_ENTER && ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)),
            \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss) ==>
            dev_entry != 0 && dev_entry_event.type == PN_TYPE_NMI && v->nmi_pending == \old(v->nmi_pending) - 1;
    ensures interrupt_last: \result == PN_ENTER && ev025_interrupt_turn(\old(interrupted(*v)), \old(raised(*v)),
            \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, \old(v->interrupt_waiting), dev_if) ==>
            n_asked == \old(n_asked) + 1 && v->interrupt_waiting == 0 &&
            (dev_entry != 0 ==> dev_entry_event.type == PN_TYPE_INTERRUPT &&
                                dev_entry_event.vector == dev_acked_vector);
    ensures asked_only_then: !(\result == PN_ENTER && ev025_interrupt_turn(\old(interrupted(*v)), \old(raised(*v)),
            \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss, \old(v->interrupt_waiting), dev_if)) ==>
            n_asked == \old(n_asked);
    ensures interrupt_kept: !ev025_interrupt_turn(\old(interrupted(*v)), \old(raised(*v)), \old(v->nmi_pending),
            \old(dev_nmi_blocked), dev_sti, dev_movss, \old(v->interrupt_waiting), dev_if) ==>
            v->interrupt_waiting == \old(v->interrupt_waiting);
    ensures trap_kept: dev_sti == 0 && dev_movss == 0 ==> dev_bs == \old(dev_bs);
    ensures nothing_invented: \result == PN_ENTER && \old(v->injected.stage) == PN_STAGE_NONE &&
            \old(v->exception.stage) == PN_STAGE_NONE && dev_entry != 0 ==>
            (dev_entry_event.type == PN_TYPE_NMI && ev023_nmi_turn(\old(interrupted(*v)), \old(raised(*v)),
              \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss)) ||
            (dev_entry_event.type == PN_TYPE_INTERRUPT && ev025_interrupt_turn(\old(interrupted(*v)),
              \old(raised(*v)), \old(v->nmi_pending), \old(dev_nmi_blocked), dev_sti, dev_movss,
              \old(v->interrupt_waiting), dev_if));
    ensures nmi_window: \result == PN_ENTER ==>
            (dev_nmi_window != 0 <==> v->nmi_pending > 0 && !(dev_sti != 0 && dev_entry == 0));
    ensures interrupt_window: \result == PN_ENTER ==> (dev_intr_window != 0 <==>
            v->interrupt_waiting != 0 || (v->nmi_pending > 0 && dev_sti != 0 && dev_entry == 0));
    ensures nmi_blocking_kept: \old(v->injected.stage) == PN_STAGE_NONE || \old(v->injected.type) != PN_TYPE_NMI ==>
            dev_nmi_blocked == \old(dev_nmi_blocked); */
enum pn_action pn_inject_events(struct pn_vcpu *v);

/* The entry that pn_inject_events prepared did not run (an NMI came in between, or the entry failed): take the event
 * back, to be injected again unchanged and without its payload. Call pn_inject_events again before the next entry. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires nothing_owed: dev_owed == 0;
    terminates \true; exits \false;
    assigns dev_entry, dev_owed, dev_owed_event;
    ensures inv: pn_inv(*v);
    ensures taken_back: dev_entry == 0;
    ensures not_lost: v->injected.stage == PN_STAGE_INJECTED ==> dev_owed != 0; */
void pn_cancel_injection(struct pn_vcpu *v);

#endif
