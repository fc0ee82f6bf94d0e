/* SPDX-License-Identifier: BSD-2-Clause
 * What an exit tells L1 (SDM vol. 3C 27.2). */
#ifndef PROVENEST_EXIT_SAID_H
#define PROVENEST_EXIT_SAID_H

#include <provenest/vmx_exit.h>

/* Why and where, and the event whose delivery the exit interrupted, which is L1's from here on. What is saved of L2 stays. */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires interrupted: dev_entry == 0 && dev_svm == 0 && (has_injected(*v) ==> v->cancelled == 0);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], v->injected.stage, dev_owed, led_reported;
    ensures inv: pn_inv(*v);
    ensures nested_inv: pn_nested_inv(n);
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures why: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason && n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification &&
            n->vmcs12.f[PN_F_EXIT_INFO] == x.info && n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
    ensures said: pn_exit_said(n, x);
    ensures nothing_interrupted: !\old(has_injected(*v)) ==> pn_says_nothing_interrupted(n, x);
    ensures interrupted: \old(has_injected(*v)) ==> pn_says_interrupted(n, x, \old(v->injected)) &&
            n_reported == \old(n_reported) + 1;
    ensures handed_over: v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures entry_event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO]));
    ensures blocking: \old(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) == dev_vmcs02[PN_F_GUEST_INTERRUPTIBILITY] ==>
            pn_saved_blocking(n, x, \old(v->injected.stage)); */
void pn_tell_l1(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x);

#endif
