/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Event injection: what a hypervisor calls, with the contracts that are proven. Includes queue.h (taking events over),
 * snapshot.h (migration) and invariant.h (what holds between calls).
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
 * written at most once, exactly when its event goes from pending to injected (payload_balanced), with three exceptions: a
 * page fault that ends in a double or triple fault (EV-125), a #DB that is intercepted on AMD (EV-126), and a snapshot
 * for a reader that knows no payloads (pn_save); at most one event is programmed an entry, an interrupted one first; at
 * most one acknowledged interrupt is held.
 * proofs/mgc.c proves it for a client that assumes pn_inv alone.
 */
#ifndef PROVENEST_EVENT_H
#define PROVENEST_EVENT_H

#include <provenest/queue.h>
#include <provenest/snapshot.h>

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

#endif
