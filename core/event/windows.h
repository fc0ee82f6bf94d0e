/* SPDX-License-Identifier: BSD-2-Clause
 * What is open, and what is armed for what waits. SDM vol. 3C 24.4.2, 25.2, 26.7; APM vol. 2 15.9, 15.17, 15.21. */
#ifndef PROVENEST_WINDOWS_H
#define PROVENEST_WINDOWS_H

#include <provenest/event.h>

/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve228_nmi_open(dev_nmi_blocked, dev_sti, dev_movss, dev_gif) && v->held_back == 0; */
bool pn_nmi_open(const struct pn_vcpu *v);

/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif) && v->held_back == 0; */
bool pn_interrupt_open(const struct pn_vcpu *v);

/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev018_smi_open(dev_smm, dev_gif, v->held_back); */
bool pn_smi_open(const struct pn_vcpu *v);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev018_init_open(dev_smm, dev_gif); */
bool pn_init_open(void);

/* Move the debug trap that waits to the pending debug exceptions (VMX), for the processor to deliver. */
/*@ requires vcpu: \valid(v);
    requires trap: has_exception(*v) && low_trap(v->exception) && dev_svm == 0;
    terminates \true; exits \false; assigns v->exception.stage, dev_breakpoints, dev_bs, led_delivered, led_dropped;
    ensures moved: v->exception.stage == PN_STAGE_NONE;
    ensures breakpoints: v->exception.has_payload != 0 ==>
            (\forall integer k; 0 <= k <= 3 ==> (bit(v->exception.payload, k) ==> bit(dev_breakpoints, k)));
    ensures step: v->exception.has_payload != 0 && bit(v->exception.payload, 14) ==> dev_bs != 0;
    ensures breakpoints_before: \forall integer k; 0 <= k <= 3 ==> (bit(\old(dev_breakpoints), k) ==> bit(dev_breakpoints, k));
    ensures step_before: \old(dev_bs) != 0 ==> dev_bs != 0;
    ensures no_other_breakpoint: \forall integer k; 0 <= k <= 3 ==> (bit(dev_breakpoints, k) ==>
            bit(\old(dev_breakpoints), k) || bit(\old(v->exception.payload), k));
    ensures no_other_step: dev_bs != 0 ==> \old(dev_bs) != 0 || bit(\old(v->exception.payload), 14);
    ensures counted: n_delivered == \old(n_delivered) + 1;
    ensures payload: n_dropped == \old(n_dropped) + payloads(\old(v->exception)); */
void pn_hold_trap(struct pn_vcpu *v);

/* Arm a window for what waits, disarm the others, end the entry at once for what nothing blocks but the event before it,
 * and keep the pending debug exceptions consistent with the shadow. */
/*@ requires vcpu: \valid_read(v);
    requires in_step: v->injected.stage == PN_STAGE_INJECTED <==> dev_entry != 0;
    requires no_step: dev_step == 0;
    terminates \true; exits \false; assigns dev_nmi_window, dev_intr_window, dev_immediate, dev_step, dev_bs;
    ensures immediate: dev_immediate != 0 <==>
            (v->smi_pending != 0 && ev018_smi_open(dev_smm, dev_gif, v->held_back)) ||
            (v->init_pending != 0 && ev018_init_open(dev_smm, dev_gif)) || v->mtf_pending != 0 ||
            (dev_svm != 0 && nmi_wanted(*v) && dev_nmi_blocked == 0 && dev_entry != 0);
    ensures nmi: dev_nmi_window != 0 <==>
            (dev_svm == 0 && nmi_wanted(*v) && !(dev_sti != 0 && dev_entry == 0)) ||
            (dev_svm != 0 && dev_nmi_blocked != 0 && v->iret_watched == 0);
    ensures interrupt: dev_intr_window != 0 <==>
            (v->interrupt_waiting != 0 && v->held_back == 0) ||
            (dev_svm == 0 && nmi_wanted(*v) && dev_sti != 0 && dev_entry == 0);
    ensures single_step: dev_svm != 0 ==> (dev_step != 0 <==> dev_entry == 0 && (v->iret_watched != 0 ||
            (nmi_wanted(*v) && dev_nmi_blocked == 0 && (dev_sti != 0 || dev_movss != 0))));
    ensures no_own_step: dev_svm == 0 ==> dev_step == 0;
    ensures step: ve236_step_pending(dev_svm, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    ensures trap_kept: dev_sti == 0 && dev_movss == 0 ==> dev_bs == \old(dev_bs); */
void pn_arm_windows(const struct pn_vcpu *v);

#endif
