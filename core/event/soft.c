/* SPDX-License-Identifier: BSD-2-Clause */
#include "soft.h"

#include "classify.h"
#include "record.h"

void pn_soft_prepare(struct pn_vcpu *v, struct pn_event e)
{
    uint64_t next;

    if (!pn_hw_svm() || !pn_is_soft(e.type))
        return;
    next = pn_hw_next_rip(e.length);
    v->soft_rip = pn_hw_rip();
    if (pn_hw_nrips())
        pn_hw_set_next_rip(next);
    else
        pn_hw_set_rip(next);
    v->entry_rip = pn_hw_rip();
}

void pn_soft_unwind(const struct pn_vcpu *v, struct pn_event e)
{
    if (pn_hw_svm() && pn_is_soft(e.type) && !pn_hw_nrips())
        pn_hw_set_rip(v->soft_rip);
}

/* Type 4 is INT n; a type 3 of these vectors is INT3 or INTO: no hardware exception has them (SV-024). */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures soft: x.type == 3 && (x.vector == 3 || x.vector == 4) ==> \result == PN_TYPE_SOFT_EXCEPTION;
    ensures other: !(x.type == 3 && (x.vector == 3 || x.vector == 4)) ==> \result == x.type; */
static uint8_t record_type(struct pn_vectoring x)
{
    if (x.type == PN_TYPE_HARD_EXCEPTION && (x.vector == PN_VECTOR_BP || x.vector == PN_VECTOR_OF))
        return PN_TYPE_SOFT_EXCEPTION;
    return x.type;
}

struct pn_event pn_soft_complete(const struct pn_vcpu *v, struct pn_vectoring x)
{
    struct pn_event e = pn_event_make(PN_STAGE_INJECTED, record_type(x), x.vector);

    e.has_error = x.has_error;
    e.error = x.error;
    if (!pn_is_soft(e.type))
        return e;
    /* RIP as the last entry had it, and the same event: it is that entry's, which may have been at any instruction. */
    if (v->injected.stage == PN_STAGE_INJECTED && v->injected.type == e.type && v->injected.vector == e.vector &&
        v->injected.has_error == e.has_error && v->injected.error == e.error && pn_hw_rip() == v->entry_rip)
        e.length = v->injected.length;
    else
        e.length = pn_hw_soft_length(x.type, x.vector);
    return e;
}
