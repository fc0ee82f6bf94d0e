/* SPDX-License-Identifier: BSD-2-Clause
 * The option of claim 2: forget an interrupted event that the guest's instruction raises again, unseen. SDM 6.6, 27.1. */
#include <provenest/event.h>

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> cl2_droppable(e.type, e.vector, e.origin, e.by_delivery); */
static bool comes_again(struct pn_event e)
{
    return e.type == PN_TYPE_HARD_EXCEPTION &&
           (e.vector == PN_VECTOR_DE || e.vector == PN_VECTOR_UD || e.vector == PN_VECTOR_MF) &&
           e.origin == PN_BY_HARDWARE && !e.by_delivery;
}

/*@ requires vcpu: \valid_read(v);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> quiet(*v); */
static bool nothing_waits(const struct pn_vcpu *v)
{
    return v->nmi_pending == 0 && !v->interrupt_waiting && !v->triple_fault && !v->smi_pending && !v->init_pending &&
           !v->sipi_pending && !v->mtf_pending;
}

bool pn_elide(struct pn_vcpu *v, struct pn_resumption r)
{
    if (v->injected.stage != PN_STAGE_INJECTED || v->cancelled || !comes_again(v->injected))
        return false;
    if (!r.handled || !r.undisturbed || !r.first_try || !nothing_waits(v))
        return false;
    pn_ledger_elided(v->injected, r);
    v->injected.stage = PN_STAGE_NONE;
    return true;
}
