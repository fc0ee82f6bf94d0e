/* SPDX-License-Identifier: BSD-2-Clause
 * Parts of the events while L2 runs: what is L1's, and a monitor trap flag exit that is nobody's any more. */
#ifndef PROVENEST_VMX_EVENT_H
#define PROVENEST_VMX_EVENT_H

#include <provenest/vmx_events.h>

/* What is L1's now. */
enum pn_choice { NOTHING, LATER, SHUTDOWN, EXCEPTION, INIT, MTF, TIMER, NMI, INTERRUPT };

/*@ requires nested: \valid_read(n);
    requires vcpu: \valid_read(v);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures interrupted: has_injected(*v) ==> \result == LATER || \result == NOTHING;
    ensures shutdown: !has_injected(*v) && v->triple_fault != 0 && !has_exception(*v) <==> \result == SHUTDOWN;
    ensures exception: \result == EXCEPTION <==> (nx030_high(*v) || nx030_low(*v)) && nx031_exception(n, v->exception);
    ensures init: \result == INIT <==> nx030_init(*v);
    ensures mtf: \result == MTF <==> nx030_mtf(*v);
    ensures timer: \result == TIMER <==> nx030_last(*v) && timer != 0;
    ensures nmi: \result == NMI <==> nx030_last(*v) && timer == 0 && nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL]);
    ensures interrupt: \result == INTERRUPT <==> nx030_last(*v) && timer == 0 && !nx031_nmi(*v, n->vmcs12.f[PN_F_PIN_CTL]) &&
            nx031_interrupt(*v, n->vmcs12.f[PN_F_PIN_CTL]);
    ensures later: \result == LATER ==> nx031_waits(*v, n->vmcs12.f[PN_F_PIN_CTL], timer);
    ensures brief: has_injected(*v) && nx031_waits(*v, n->vmcs12.f[PN_F_PIN_CTL], timer) ==> \result == LATER;
    ensures behind: (nx030_high(*v) || nx030_low(*v)) && !nx031_exception(n, v->exception) &&
            nx031_waits(*v, n->vmcs12.f[PN_F_PIN_CTL], timer) ==> \result == LATER;
    ensures only_behind: \result == LATER ==> has_injected(*v) || ((nx030_high(*v) || nx030_low(*v)) && !nx031_exception(n, v->exception));
    ensures total: NOTHING <= \result <= INTERRUPT; */
enum pn_choice pn_choose(const struct pn_nested_vmx *n, const struct pn_vcpu *v, bool timer);

/* A pending monitor trap flag exit that does not come: L1's exit is for something else, and the boundary at which it was due is behind
 * it (SDM 25.5.2); or the entry has failed that injected it (type 7), or that L0 asked it for, and L2's first instruction is not
 * reached (26.8). It must not be the exit of a later entry. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    terminates \true; exits \false; assigns v->mtf_pending, led_reported, led_dropped;
    ensures inv: pn_inv(*v);
    ensures none: v->mtf_pending == 0;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v); */
void pn_pass_mtf_by(struct pn_vcpu *v);

#endif
