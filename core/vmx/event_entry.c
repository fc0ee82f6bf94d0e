/* SPDX-License-Identifier: BSD-2-Clause
 * The event that L1 injects by its VM entry (SDM vol. 3C 26.5), and what becomes of it when the entry fails (26.8). */
#include "event.h"

#include "../event/encode.h"
#include "../event/record.h"

/* The entry's checks have refused everything else (VE-078 to VE-090, PD-001, VE-227 to VE-232); what is put into `v` rests on
   this, not on them. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures type: \result != 0 ==> ve078_type(0, x.type, x.vector) && x.type != 7;
    ensures length: \result != 0 && ev040_soft(x.type) ==> 1 <= x.length <= 15;
    ensures error: \result != 0 ==> x.error <= 0xffff;
    ensures interrupt: \result != 0 && x.type == 0 ==> ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif);
    ensures nmi: \result != 0 && x.type == 2 ==> dev_sti == 0 && dev_movss == 0 && dev_gif != 0;
    ensures active: \result != 0 ==> dev_wfs == 0;
    ensures complete: ve078_type(0, x.type, x.vector) && x.type != 7 && (ev040_soft(x.type) ==> 1 <= x.length <= 15) &&
            x.error <= 0xffff && (x.type == 0 ==> ve227_interrupt_open(dev_if, dev_sti, dev_movss, dev_gif)) &&
            (x.type == 2 ==> dev_sti == 0 && dev_movss == 0 && dev_gif != 0) && dev_wfs == 0 ==> \result != 0; */
static bool acceptable(struct pn_vectoring x)
{
    const bool shadow = pn_hw_sti_shadow() || pn_hw_movss_shadow() || !pn_hw_gif();

    if (x.error > 0xffff || pn_hw_wait_for_sipi())
        return false;
    switch (x.type) {
    case PN_TYPE_INTERRUPT:
        return !shadow && pn_hw_if();
    case PN_TYPE_NMI:
        return !shadow && x.vector == PN_VECTOR_NMI;
    case PN_TYPE_HARD_EXCEPTION:
        return x.vector < 32 && x.vector != PN_VECTOR_NMI;
    case PN_TYPE_SOFT_INTERRUPT:
        return x.length >= 1 && x.length <= 15;
    case PN_TYPE_PRIV_EXCEPTION:
        return x.vector == PN_VECTOR_DB && x.length >= 1 && x.length <= 15;
    case PN_TYPE_SOFT_EXCEPTION:
        return (x.vector == PN_VECTOR_BP || x.vector == PN_VECTOR_OF) && x.length >= 1 && x.length <= 15;
    default:
        return false;
    }
}

/*@ requires type: ve078_type(dev_svm, x.type, x.vector) && x.error <= 0xffff && ve089_length(x.type, x.length);
    terminates \true; exits \false; assigns \nothing;
    ensures event: \result.stage == PN_STAGE_INJECTED && reported(\result, x) && \result.origin == PN_BY_L1 &&
            \result.has_payload == 0;
    ensures well_formed: event_ok(\result); */
static struct pn_event from_l1(struct pn_vectoring x)
{
    struct pn_event e = pn_event_make(PN_STAGE_INJECTED, x.type, x.vector);

    e.origin = PN_BY_L1;
    e.length = x.length;
    e.has_error = x.has_error;
    e.error = x.error;
    return e;
}

/* The VM-entry fields of vmcs12, decoded. */
/*@ requires nested: \valid_read(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns \nothing;
    ensures valid: \result.valid != 0 <==> info_valid(n->vmcs12.f[PN_F_ENTRY_INFO]) == 1;
    ensures type: \result.valid != 0 ==> \result.type == info_type(n->vmcs12.f[PN_F_ENTRY_INFO]);
    ensures vector: \result.valid != 0 ==> \result.vector == info_vector(n->vmcs12.f[PN_F_ENTRY_INFO]);
    ensures length: \result.valid != 0 && !ev040_soft(\result.type) ==> \result.length == 0;
    ensures soft_length: \result.valid != 0 && ev040_soft(\result.type) ==>
            \result.length == n->vmcs12.f[PN_F_ENTRY_LENGTH] % 0x100;
    ensures error: \result.valid != 0 ==> (\result.has_error != 0 <==> info_has_error(n->vmcs12.f[PN_F_ENTRY_INFO]) == 1) &&
            \result.error == (info_has_error(n->vmcs12.f[PN_F_ENTRY_INFO]) == 1 ? n->vmcs12.f[PN_F_ENTRY_ERROR] : 0); */
static struct pn_vectoring entry_fields(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;

    return pn_vmx_vectoring((uint32_t)f[PN_F_ENTRY_INFO], (uint32_t)f[PN_F_ENTRY_ERROR],
                            (uint32_t)f[PN_F_ENTRY_LENGTH]);
}

bool pn_nested_take_entry_event(const struct pn_nested_vmx *n, struct pn_vcpu *v)
{
    const struct pn_vectoring x = entry_fields(n);

    if (!x.valid)
        return false;
    if (x.type == PN_TYPE_OTHER) {
        (void)pn_queue_mtf(v);
        return true;
    }
    if (!acceptable(x))
        return false;
    v->injected = from_l1(x);
    v->cancelled = true;
    pn_ledger_accepted(v->injected, PN_PATH_RAISED);
    pn_hw_restore_owed(v->injected, true);
    return true;
}

void pn_pass_mtf_by(struct pn_vcpu *v)
{
    if (!v->mtf_pending)
        return;
    v->mtf_pending = false;
    pn_ledger_reported(pn_event_make(PN_STAGE_PENDING, PN_TYPE_OTHER, 0));
}

void pn_nested_refused(struct pn_vcpu *v)
{
    const bool own_nmi = v->injected.type == PN_TYPE_NMI && v->injected.origin != PN_BY_L1;

    pn_pass_mtf_by(v);
    if (v->injected.stage != PN_STAGE_INJECTED)
        return;
    pn_ledger_given_back(v->injected);
    v->injected.stage = PN_STAGE_NONE;
    if (own_nmi)
        (void)pn_queue_nmi(v); /* L0's, not L1's to give again: it waits, as one that comes now */
}
