/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking events over: a virtual CPU and what is queued for it. See event.h for the round these calls belong to.
 */
#ifndef PROVENEST_QUEUE_H
#define PROVENEST_QUEUE_H

#include <provenest/invariant.h>

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

#endif
