/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events while L2 runs: the one that L1 injects, and those that are L1's exits (SDM vol. 3C 25.2, 26.5, 26.7, 27).
 */
#ifndef PROVENEST_VMX_EVENTS_H
#define PROVENEST_VMX_EVENTS_H

#include <provenest/vmx_check.h>
#include <provenest/vmx_check_guest.h>
#include <provenest/vmx_exit.h>

enum pn_nested_turn {
    PN_TURN_L2 = 0,    /* go on with L2: pn_inject_events */
    PN_TURN_L1 = 1,    /* L1's exit has been made: vmcs01 is current */
    PN_TURN_ABORT = 2, /* so it has, and it ended in a VMX abort */
    PN_TURN_L2_BRIEFLY =
        3, /* as PN_TURN_L2, and pn_hw_set_immediate_exit(true) after pn_inject_events: L1's exit is due */
};

/* What L1 intercepts, of events by their controls (SDM 24.6.1): external-interrupt exiting (0), NMI exiting (3). Without virtual
   NMIs (5) NMIs that are blocked wait. */
/*@ predicate nx031_interrupt(struct pn_vcpu v, integer pin) =
      v.interrupt_waiting != 0 && v.held_back == 0 && bit(pin, 0);

    predicate nx031_nmi(struct pn_vcpu v, integer pin) =
      v.nmi_pending > 0 && v.held_back == 0 && bit(pin, 3) && (bit(pin, 5) || dev_nmi_blocked == 0);

    predicate nx031_waits(struct pn_vcpu v, integer pin, integer timer) =
      timer != 0 || nx031_nmi(v, pin) || nx031_interrupt(v, pin);

    predicate nx031_exception{L}(struct pn_nested_vmx *n, struct pn_event e) =
      nx024_exception(e.vector, e.error, n->vmcs12.f[PN_F_EXCEPTION_BITMAP], n->vmcs12.f[PN_F_PF_MASK],
        n->vmcs12.f[PN_F_PF_MATCH]);
*/

/* NX-032, SDM 27.2.1 and 27.2.2: an exception that is L1's exit: the payload (CR2, DR6 are not written) is the qualification, the
   error code has 16 bits, and there is none outside protected mode (`pe`). */
/*@ logic integer nx032_info(struct pn_event e, integer pe) =
      0x80000000 + (e.has_error != 0 && pe != 0 ? 0x800 : 0) + 0x100 * e.type + e.vector;

    logic integer nx032_error(struct pn_event e, integer pe) = e.has_error != 0 && pe != 0 ? e.error % 0x10000 : 0;

    logic integer nx032_qualification(struct pn_event e) = e.has_payload != 0 ? e.payload : 0;

    predicate nx032_exit(struct pn_l2_exit x, struct pn_event e, integer pe) =
      x.reason == 0 && x.info == nx032_info(e, pe) && x.error == nx032_error(e, pe) &&
      x.qualification == nx032_qualification(e) && x.length == e.length;

    predicate nx032_told{L}(struct pn_nested_vmx *n, struct pn_event e, integer pe) =
      n->vmcs12.f[PN_F_EXIT_REASON] == 0 && n->vmcs12.f[PN_F_EXIT_INFO] == nx032_info(e, pe) &&
      n->vmcs12.f[PN_F_EXIT_ERROR] == nx032_error(e, pe) &&
      n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == nx032_qualification(e);
*/

/* NX-030, SDM table 6-2 and 25.2, 25.5, 26.7: before everything the event whose delivery was interrupted; then shutdown; an
   exception; SMI (not L1's); INIT; monitor trap flag; debug traps; the VMX-preemption timer; NMI; interrupt. Each leg: nothing
   that ranks above it is there. L1's window exits (NMI window above NMI, interrupt window above interrupt: EV-022, EV-024) are
   not here: L1's control bits are in vmcs02 (NE-002), so they are the processor's, at the first entry that nothing of this list
   comes before; an interrupt that waits under external-interrupt exiting goes first, and both are L1's. */
/*@ predicate nx030_free(struct pn_vcpu v) = !has_injected(v);

    predicate nx030_high(struct pn_vcpu v) = nx030_free(v) && v.triple_fault == 0 && has_exception(v) && !low_trap(v.exception);

    predicate nx030_below_exception(struct pn_vcpu v) = nx030_free(v) && v.triple_fault == 0 && high(v) == 0 &&
      !(v.smi_pending != 0 && ev018_smi_open(dev_smm, dev_gif, v.held_back));

    predicate nx030_init(struct pn_vcpu v) =
      nx030_below_exception(v) && v.init_pending != 0 && ev018_init_open(dev_smm, dev_gif);

    predicate nx030_below_init(struct pn_vcpu v) =
      nx030_below_exception(v) && !(v.init_pending != 0 && ev018_init_open(dev_smm, dev_gif));

    predicate nx030_mtf(struct pn_vcpu v) = nx030_below_init(v) && v.mtf_pending != 0;

    predicate nx030_low(struct pn_vcpu v) = nx030_below_init(v) && v.mtf_pending == 0 && has_exception(v);

    predicate nx030_last(struct pn_vcpu v) = nx030_below_init(v) && v.mtf_pending == 0 && !has_exception(v);

    predicate nx030_shutdown(struct pn_vcpu v) = nx030_free(v) && v.triple_fault != 0 && !has_exception(v);

    // An exception of L2's own goes before what of L1's ranks lowest.
    predicate nx030_own{L}(struct pn_nested_vmx *n, struct pn_vcpu v) =
      (nx030_high(v) || nx030_low(v)) && !nx031_exception(n, v.exception);

    // Something of it is L1's exit now.
    predicate nx030_l1s{L}(struct pn_nested_vmx *n, struct pn_vcpu v, integer timer) =
      nx030_shutdown(v) || ((nx030_high(v) || nx030_low(v)) && nx031_exception(n, v.exception)) || nx030_init(v) ||
      nx030_mtf(v) || (nx030_last(v) && nx031_waits(v, n->vmcs12.f[PN_F_PIN_CTL], timer));
*/

/* What hw.h reads of the guest is vmcs12's (SDM 24.4.1, 24.4.2): so it is behind an entry, vmcs02 having been made. On Intel
   nothing but these blocks an injected event. */
/*@ predicate pn_shows_l2{L}(struct pn_nested_vmx *n) =
      (dev_if != 0 <==> bit(n->vmcs12.f[PN_F_GUEST_RFLAGS], 9)) &&
      (dev_sti != 0 <==> bit(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], 0)) &&
      (dev_movss != 0 <==> bit(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], 1)) &&
      (dev_wfs != 0 <==> n->vmcs12.f[PN_F_GUEST_ACTIVITY] == 3) && dev_gif != 0;

    // The checks have passed, and L1 is told of no instruction of length 0 (IA32_VMX_MISC[30], never offered: VC-009).
    predicate pn_event_checked{L}(struct pn_nested_vmx *n) =
      entry_event_ok(n) && guest_plain_ok(n) && guest_nmi_behind_sti_ok(n) && !bit(n->caps.misc, 30);
*/

/* The event in vmcs12's VM-entry fields becomes the injected event of `v`, owed and not run: pn_inject_events gives it
 * first. False: there is none. Type 7 becomes a pending MTF exit. vmcs02 is current, with L2's state. */
/*@ requires nested: \valid_read(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires nothing: dev_entry == 0 && dev_owed == 0 && v->exception.stage == PN_STAGE_NONE;
    terminates \true; exits \false;
    assigns v->injected, v->cancelled, v->mtf_pending, dev_owed, dev_owed_event, dev_taken_back, led_accepted, led_owing,
            led_collapsed;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures none: info_valid(n->vmcs12.f[PN_F_ENTRY_INFO]) == 0 ==> \result == 0;
    ensures untouched: \result == 0 ==> *v == \old(*v) && dev_owed == 0;
    ensures complete: info_valid(n->vmcs12.f[PN_F_ENTRY_INFO]) == 1 && pn_event_checked(n) && pn_shows_l2(n) ==>
            \result != 0;
    ensures taken: \result != 0 && info_type(n->vmcs12.f[PN_F_ENTRY_INFO]) != 7 ==> has_injected(*v) && dev_owed != 0 &&
            v->injected.type == info_type(n->vmcs12.f[PN_F_ENTRY_INFO]) &&
            v->injected.vector == info_vector(n->vmcs12.f[PN_F_ENTRY_INFO]) && v->injected.origin == PN_BY_L1 &&
            v->cancelled != 0;
    ensures whole: \result != 0 && info_type(n->vmcs12.f[PN_F_ENTRY_INFO]) != 7 ==>
            (ev040_soft(v->injected.type) ==> v->injected.length == n->vmcs12.f[PN_F_ENTRY_LENGTH] % 0x100) &&
            (v->injected.has_error != 0 <==> info_has_error(n->vmcs12.f[PN_F_ENTRY_INFO]) == 1) &&
            v->injected.error == (info_has_error(n->vmcs12.f[PN_F_ENTRY_INFO]) == 1 ? n->vmcs12.f[PN_F_ENTRY_ERROR] : 0);
    ensures mtf: \result != 0 && info_type(n->vmcs12.f[PN_F_ENTRY_INFO]) == 7 ==> v->mtf_pending != 0; */
bool pn_nested_take_entry_event(const struct pn_nested_vmx *n, struct pn_vcpu *v);

/* The processor refused vmcs02 (an exit with bit 31 of the reason), and pn_cancel_injection has taken back what was programmed:
 * L1's event goes back to L1, whose entry fails (pn_entry_failure); an NMI of L0's waits again. An interrupt of L0's own cannot: it is
 * acknowledged, and only L1's entry could have been told. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires taken_back: dev_entry == 0 && (has_injected(*v) ==> v->cancelled != 0);
    terminates \true; exits \false;
    assigns v->injected.stage, v->mtf_pending, v->nmi_pending, dev_owed, led_reported, led_dropped, led_accepted, led_owing,
            led_collapsed;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures gone: v->injected.stage == PN_STAGE_NONE && dev_owed == 0 && v->mtf_pending == 0;
    ensures own_nmi: \old(has_injected(*v)) && \old(v->injected.type) == PN_TYPE_NMI && \old(v->injected.origin) != PN_BY_L1 ==>
            v->nmi_pending >= 1;
    ensures others: !(\old(has_injected(*v)) && \old(v->injected.type) == PN_TYPE_NMI && \old(v->injected.origin) != PN_BY_L1) ==>
            v->nmi_pending == \old(v->nmi_pending); */
void pn_nested_refused(struct pn_vcpu *v);

/* L2 goes on: nothing of L1's VMX, of vmcs02 or of the current VMCS has changed. */
/*@ predicate pn_l2_stays{A, B}(struct pn_nested_vmx *n) =
      \at(n->l2, A) == \at(n->l2, B) && \at(n->launched, A) == \at(n->launched, B) &&
      \at(n->entry_pending, A) == \at(n->entry_pending, B) && \at(n->dirty, A) == \at(n->dirty, B) &&
      \at(dev_vmcs, A) == \at(dev_vmcs, B) && pn_same02{A, B} &&
      \forall integer f; 0 <= f < PN_FIELDS ==> \at(n->vmcs12.f[f], A) == \at(n->vmcs12.f[f], B);

    // L1's exit has been made, as pn_nested_exit makes it: `b` and `dirty` as before it.
    predicate pn_l1_next{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b, integer dirty) =
      n->l2 == 0 && n->entry_pending == 0 && n->launched != 0 && dev_vmcs == PN_VMCS01 && pn_exit_sound(n, b, dirty);
*/

/* An instruction of L2's that the hypervisor carries out raises `e`. PN_TURN_L2: L1 does not intercept it, queue it. Else L1's
 * exit has been made: an exception that L1 intercepts is not combined with the one being delivered (SDM 27.2.4). */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires l2: n->l2 != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02;
    requires not_programmed: dev_entry == 0;
    requires nothing_raised: v->exception.stage == PN_STAGE_NONE;
    requires not_taken_back: has_injected(*v) ==> v->cancelled == 0;
    requires event: ve078_type(dev_svm, e.type, e.vector) && ve089_length(e.type, e.length) && payload_ok(e) &&
             is_exception(e.type);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], n->dirty, n->launched, n->l2, n->entry_pending, v->injected.stage, v->mtf_pending,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss,
            dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode,
            dev_dr6, dev_dr7, dev_cr2, dev_owed, led_reported, led_dropped, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures inv: pn_inv(*v);
    ensures nested_inv: pn_nested_inv(n);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures rule: \result == PN_TURN_L2 <==> !\old(nx031_exception(n, e));
    ensures l2_goes_on: \result == PN_TURN_L2 ==> n->l2 != 0 && *v == \old(*v) && dev_cr2 == \old(dev_cr2) &&
            dev_dr6 == \old(dev_dr6);
    ensures left: \result != PN_TURN_L2 ==> n->l2 == 0 && v->mtf_pending == 0;
    ensures l2_stays: \result == PN_TURN_L2 ==> pn_l2_stays{Pre, Post}(n);
    ensures l1_next: \result != PN_TURN_L2 ==> pn_l1_next(n, \old(n->vmcs12), \old(n->dirty));
    ensures stands: \result != PN_TURN_L2 ==> pn_stands(n, \old(n->vmcs12));
    ensures same02: pn_same02{Pre, Post};
    ensures handed_over: \result != PN_TURN_L2 ==> v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures told: \result != PN_TURN_L2 ==> nx032_told(n, e, \old(dev_pe));
    ensures payload: \result != PN_TURN_L2 ==> n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == nx032_qualification(e);
    ensures alone: \result != PN_TURN_L2 && !\old(has_injected(*v)) ==> info_valid(n->vmcs12.f[PN_F_VECTORING_INFO]) == 0 &&
            n->vmcs12.f[PN_F_EXIT_LENGTH] == e.length;
    ensures long_mode: \result == PN_TURN_L1 ==> !pn_leaves_long_mode(n);
    ensures abort_reason: \result == PN_TURN_ABORT ==> pn_exit_aborted{Pre, Post}(n);
    ensures result: \result == PN_TURN_L2 || \result == PN_TURN_L1 || \result == PN_TURN_ABORT; */
enum pn_nested_turn pn_nested_raise(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_event e);

/* Before each entry of L2, while no exit waits to be handled: what of the events of `v` is L1's exit instead, in the one
 * order of priority, and the exit is made. `timer`: L1's VMX-preemption timer has run out. CR2, DR6 and DR7 are not written
 * for an exception that L1 takes: its payload is in the qualification (SDM 27.2.1). */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires l2: n->l2 != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02;
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], n->dirty, n->launched, n->l2, n->entry_pending, *v, dev_asked, dev_acked_vector,
            dev_withdrawn,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss,
            dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode,
            dev_dr6, dev_dr7, dev_cr2, dev_owed, dev_applied, led_reported, led_dropped, led_delivered, dev_reads, dev_memory,
            dev_writes, dev_msrs, dev_msr_journal;
    ensures inv: pn_inv(*v);
    ensures nested_inv: pn_nested_inv(n);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures result: \result == PN_TURN_L2 || \result == PN_TURN_L2_BRIEFLY || \result == PN_TURN_L1 || \result == PN_TURN_ABORT;
    ensures left: \result == PN_TURN_L1 || \result == PN_TURN_ABORT <==> n->l2 == 0;
    ensures l2_stays: n->l2 != 0 ==> pn_l2_stays{Pre, Post}(n);
    ensures l1_next: n->l2 == 0 ==> pn_l1_next(n, \old(n->vmcs12), \old(n->dirty));
    ensures stands: n->l2 == 0 ==> pn_stands(n, \old(n->vmcs12));
    ensures long_mode: \result == PN_TURN_L1 ==> !pn_leaves_long_mode(n);
    ensures abort_reason: \result == PN_TURN_ABORT ==> pn_exit_aborted{Pre, Post}(n);
    ensures same02: pn_same02{Pre, Post};
    ensures interrupted_first: \old(has_injected(*v)) ==> n->l2 != 0 && *v == \old(*v);
    ensures only: n->l2 == 0 ==> \old(nx030_l1s(n, *v, timer));
    ensures no_mtf_left: n->l2 == 0 ==> v->mtf_pending == 0;
    ensures handed_over: n->l2 == 0 ==> v->exception.stage == PN_STAGE_NONE && v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures nothing_done: n->l2 != 0 && n_asked == \old(n_asked) ==> *v == \old(*v) && dev_vmcs == PN_VMCS02 &&
            dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7);
    ensures exception: \old(nx030_high(*v) || nx030_low(*v)) ==> (n->l2 == 0 <==> \old(nx031_exception(n, v->exception)));
    ensures exception_said: \old((nx030_high(*v) || nx030_low(*v)) && nx031_exception(n, v->exception)) ==>
            nx032_told(n, \old(v->exception), \old(dev_pe)) && info_valid(n->vmcs12.f[PN_F_VECTORING_INFO]) == 0 &&
            n->vmcs12.f[PN_F_EXIT_LENGTH] == \old(v->exception.length) && n_applied == \old(n_applied);
    ensures init: \old(nx030_init(*v)) ==> n->l2 == 0 && n->vmcs12.f[PN_F_EXIT_REASON] == 3 && v->init_pending == 0;
    ensures mtf: \old(nx030_mtf(*v)) ==> n->l2 == 0 && n->vmcs12.f[PN_F_EXIT_REASON] == 37 && v->mtf_pending == 0;
    ensures timer: \old(nx030_last(*v)) && timer != 0 ==> n->l2 == 0 && n->vmcs12.f[PN_F_EXIT_REASON] == 52;
    ensures nmi: \old(nx030_last(*v)) && timer == 0 && \old(nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL])) ==>
            n->l2 == 0 && n->vmcs12.f[PN_F_EXIT_REASON] == 0 && n->vmcs12.f[PN_F_EXIT_INFO] == 0x80000202 &&
            v->nmi_pending == \old(v->nmi_pending) - 1;
    ensures interrupt: \old(nx030_last(*v)) && timer == 0 && !\old(nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL])) &&
            \old(nx031_interrupt(*v, n->vmcs12.f[PN_F_PIN_CTL])) && !\old(bit(n->vmcs12.f[PN_F_EXIT_CTL], 15)) ==>
            n->l2 == 0 && n->vmcs12.f[PN_F_EXIT_REASON] == 1 && n->vmcs12.f[PN_F_EXIT_INFO] == 0 && v->interrupt_waiting != 0;
    ensures acknowledged: \old(nx030_last(*v)) && timer == 0 && !\old(nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL])) &&
            \old(nx031_interrupt(*v, n->vmcs12.f[PN_F_PIN_CTL])) && \old(bit(n->vmcs12.f[PN_F_EXIT_CTL], 15)) ==>
            n_asked == \old(n_asked) + 1;
    ensures no_more_waiting: \old(nx030_last(*v)) && timer == 0 && !\old(nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL])) &&
            \old(nx031_interrupt(*v, n->vmcs12.f[PN_F_PIN_CTL])) && \old(bit(n->vmcs12.f[PN_F_EXIT_CTL], 15)) ==>
            v->interrupt_waiting == 0;
    ensures vector: \old(nx030_last(*v)) && timer == 0 && !\old(nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL])) &&
            \old(nx031_interrupt(*v, n->vmcs12.f[PN_F_PIN_CTL])) && \old(bit(n->vmcs12.f[PN_F_EXIT_CTL], 15)) ==>
            (n->l2 == 0 ==> n->vmcs12.f[PN_F_EXIT_REASON] == 1 &&
              n->vmcs12.f[PN_F_EXIT_INFO] == 0x80000000 + dev_acked_vector);
    ensures shutdown: \old(!has_injected(*v) && v->triple_fault != 0 && !has_exception(*v)) ==> n->l2 == 0 &&
            n->vmcs12.f[PN_F_EXIT_REASON] == 2 && v->triple_fault == 0;
    ensures brief: \old(has_injected(*v)) ==>
            (\result == PN_TURN_L2_BRIEFLY <==> \old(nx031_waits(*v, n->vmcs12.f[PN_F_PIN_CTL], timer)));
    ensures brief_behind: \old(nx030_own(n, *v)) ==>
            (\result == PN_TURN_L2_BRIEFLY <==> \old(nx031_waits(*v, n->vmcs12.f[PN_F_PIN_CTL], timer)));
    ensures brief_only: \result == PN_TURN_L2_BRIEFLY ==> \old(has_injected(*v) || nx030_own(n, *v));
    ensures withdrawn: \old(nx030_last(*v)) && timer == 0 && !\old(nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL])) &&
            \old(nx031_interrupt(*v, n->vmcs12.f[PN_F_PIN_CTL])) && n->l2 != 0 ==>
            \old(bit(n->vmcs12.f[PN_F_EXIT_CTL], 15)) && dev_withdrawn != 0; */
enum pn_nested_turn pn_nested_events(struct pn_nested_vmx *n, struct pn_vcpu *v, bool timer);

#endif
