/* SPDX-License-Identifier: BSD-2-Clause */
#include "windows.h"

#include "bits.h"

enum { BS = 14 };

bool pn_nmi_open(const struct pn_vcpu *v)
{
    return !v->held_back && pn_hw_gif() && !pn_hw_nmi_blocked() && !pn_hw_movss_shadow() && !pn_hw_sti_shadow();
}

bool pn_interrupt_open(const struct pn_vcpu *v)
{
    return !v->held_back && pn_hw_gif() && pn_hw_if() && !pn_hw_sti_shadow() && !pn_hw_movss_shadow();
}

bool pn_smi_open(const struct pn_vcpu *v)
{
    return !v->held_back && pn_init_open();
}

bool pn_init_open(void)
{
    return pn_hw_gif() && !pn_hw_smm();
}

void pn_hold_trap(struct pn_vcpu *v)
{
    const struct pn_event e = v->exception;

    pn_hw_set_pending_breakpoints(pn_or4(e.payload, pn_hw_pending_breakpoints()));
    if (pn_tstb(e.payload, BS))
        pn_hw_set_step_pending(true);
    pn_ledger_trap_held(e);
    v->exception.stage = PN_STAGE_NONE;
}

/* VMX. An entry that delivers an event ends the shadow (EV-046); otherwise an NMI behind an STI shadow needs the interrupt
   window (RFLAGS.IF is 1 there): the NMI window may open before the shadowed instruction has run. */
/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns dev_nmi_window, dev_intr_window, dev_bs;
    ensures nmi: dev_nmi_window != 0 <==> nmi != 0 && !(dev_sti != 0 && entering == 0);
    ensures interrupt: dev_intr_window != 0 <==>
            (v->interrupt_waiting != 0 && v->held_back == 0) || (nmi != 0 && dev_sti != 0 && entering == 0);
    ensures step: ve236_step_pending(0, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    ensures trap_kept: dev_sti == 0 && dev_movss == 0 ==> dev_bs == \old(dev_bs); */
static void arm_vmx(const struct pn_vcpu *v, bool nmi, bool entering)
{
    const bool behind_sti = nmi && pn_hw_sti_shadow() && !entering;

    pn_hw_set_nmi_window(nmi && !behind_sti);
    pn_hw_set_intr_window((v->interrupt_waiting && !v->held_back) || behind_sti);
    if (pn_hw_sti_shadow() || pn_hw_movss_shadow())
        pn_hw_set_step_pending(pn_hw_tf() && !pn_hw_btf());
}

/* SVM. While NMIs are blocked the IRET intercept is on, whether one waits or not: nothing else ends the blocking. An NMI that
   only a shadow holds back, and an IRET that is watched, wait for a single step of the hypervisor's own, which no delivery
   may push. */
/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns dev_nmi_window, dev_intr_window, dev_step;
    ensures nmi: dev_nmi_window != 0 <==> dev_nmi_blocked != 0 && v->iret_watched == 0;
    ensures interrupt: dev_intr_window != 0 <==> v->interrupt_waiting != 0 && v->held_back == 0;
    ensures single_step: dev_step != 0 <==> entering == 0 && (v->iret_watched != 0 ||
            (nmi != 0 && dev_nmi_blocked == 0 && (dev_sti != 0 || dev_movss != 0))); */
static void arm_svm(const struct pn_vcpu *v, bool nmi, bool entering)
{
    const bool blocked = pn_hw_nmi_blocked();
    const bool shadow = pn_hw_sti_shadow() || pn_hw_movss_shadow();

    pn_hw_set_nmi_window(blocked && !v->iret_watched);
    pn_hw_set_intr_window(v->interrupt_waiting && !v->held_back);
    pn_hw_set_step(!entering && (v->iret_watched || (nmi && !blocked && shadow)));
}

void pn_arm_windows(const struct pn_vcpu *v)
{
    const bool svm = pn_hw_svm();
    const bool nmi = v->nmi_pending > 0 && !v->held_back && pn_hw_gif();
    const bool entering = v->injected.stage == PN_STAGE_INJECTED;

    if (svm)
        arm_svm(v, nmi, entering);
    else
        arm_vmx(v, nmi, entering);
    pn_hw_set_immediate_exit((v->smi_pending && pn_smi_open(v)) || (v->init_pending && pn_init_open()) ||
                             v->mtf_pending || (svm && nmi && entering && !pn_hw_nmi_blocked()));
}
