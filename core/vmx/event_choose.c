/* SPDX-License-Identifier: BSD-2-Clause
 * Which of the events while L2 runs is L1's exit: the one order of priority (SDM vol. 3C 25.2, 26.7). */
#include "event.h"

#include "../event/bits.h"
#include "../event/classify.h"
#include "../event/windows.h"
#include "route.h"

enum { INTERRUPT_EXITING = 0, NMI_EXITING = 3, VIRTUAL_NMIS = 5 };

/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx031_nmi(*v, pin); */
static bool nmi_is_l1s(const struct pn_vcpu *v, uint64_t pin)
{
    return v->nmi_pending > 0 && !v->held_back && pn_tstb(pin, NMI_EXITING) &&
           (pn_tstb(pin, VIRTUAL_NMIS) || !pn_hw_nmi_blocked());
}

/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx031_interrupt(*v, pin); */
static bool interrupt_is_l1s(const struct pn_vcpu *v, uint64_t pin)
{
    return v->interrupt_waiting && !v->held_back && pn_tstb(pin, INTERRUPT_EXITING);
}

/* Of what ranks lowest. */
/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures timer: timer != 0 <==> \result == TIMER;
    ensures nmi: timer == 0 && nx031_nmi(*v, pin) <==> \result == NMI;
    ensures interrupt: timer == 0 && !nx031_nmi(*v, pin) && nx031_interrupt(*v, pin) <==> \result == INTERRUPT;
    ensures nothing: !nx031_waits(*v, pin, timer) <==> \result == NOTHING;
    ensures total: \result == TIMER || \result == NMI || \result == INTERRUPT || \result == NOTHING; */
static enum pn_choice choose_last(const struct pn_vcpu *v, uint64_t pin, bool timer)
{
    if (timer)
        return TIMER;
    if (nmi_is_l1s(v, pin))
        return NMI;
    return interrupt_is_l1s(v, pin) ? INTERRUPT : NOTHING;
}

/* L2 goes on for an event of its own; L1's waits behind it. */
/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result == LATER <==> nx031_waits(*v, pin, timer);
    ensures total: \result == LATER || \result == NOTHING; */
static enum pn_choice l2_first(const struct pn_vcpu *v, uint64_t pin, bool timer)
{
    return choose_last(v, pin, timer) != NOTHING ? LATER : NOTHING;
}

/*@ requires nested: \valid_read(n);
    requires vcpu: \valid_read(v);
    requires inv: pn_inv(*v);
    requires raised: has_exception(*v);
    terminates \true; exits \false; assigns \nothing;
    ensures l1s: \result == EXCEPTION <==> nx031_exception(n, v->exception);
    ensures later: \result == LATER <==> !nx031_exception(n, v->exception) && nx031_waits(*v, n->vmcs12.f[PN_F_PIN_CTL], timer);
    ensures total: \result == EXCEPTION || \result == LATER || \result == NOTHING; */
static enum pn_choice choose_exception(const struct pn_nested_vmx *n, const struct pn_vcpu *v, bool timer)
{
    if (pn_l1_intercepts(n, v->exception.vector, v->exception.error))
        return EXCEPTION;
    return l2_first(v, n->vmcs12.f[PN_F_PIN_CTL], timer);
}

enum pn_choice pn_choose(const struct pn_nested_vmx *n, const struct pn_vcpu *v, bool timer)
{
    const uint64_t pin = n->vmcs12.f[PN_F_PIN_CTL];
    const bool raised = v->exception.stage == PN_STAGE_PENDING;

    if (v->injected.stage == PN_STAGE_INJECTED)
        return l2_first(v, pin, timer);
    if (v->triple_fault)
        return raised ? NOTHING
                      : SHUTDOWN; /* L0's own shutdown, with an exception of L2's behind it: pn_inject_events */
    if (raised && !pn_is_low_trap(v->exception))
        return choose_exception(n, v, timer);
    if (v->smi_pending && pn_smi_open(v))
        return NOTHING; /* not L1's: pn_inject_events hands it over */
    if (v->init_pending && pn_init_open())
        return INIT;
    if (v->mtf_pending)
        return MTF;
    return raised ? choose_exception(n, v, timer) : choose_last(v, pin, timer);
}
