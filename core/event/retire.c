/* SPDX-License-Identifier: BSD-2-Clause
 * What an instruction that the hypervisor carries out for the guest does to debug exceptions and shadows.
 * SDM vol. 3A 6.8.1, 6.8.3 (STI, MOV SS), vol. 3B 17.3.1 (#DB), vol. 3C 24.4.2 (pending debug exceptions). */
#include <provenest/event.h>

#include "bits.h"
#include "classify.h"
#include "record.h"

enum { BS = 14 };

bool pn_code_breakpoint_due(const struct pn_vcpu *v)
{
    return !pn_hw_rf() && !pn_hw_movss_shadow() && v->exception.stage != PN_STAGE_PENDING &&
           v->injected.stage != PN_STAGE_INJECTED;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> any_breakpoint(bits); */
static bool any_of_four(uint64_t bits)
{
    return pn_tstb(bits, 0) || pn_tstb(bits, 1) || pn_tstb(bits, 2) || pn_tstb(bits, 3);
}

/* The #DB of the traps in `met` (bits 3:0) and of a single step. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures identity: \result.type == PN_TYPE_HARD_EXCEPTION && \result.vector == PN_VECTOR_DB &&
            \result.length == 0 && \result.error == 0 && \result.has_error == 0;
    ensures kind: low_trap(\result) && \result.origin == PN_BY_EMULATOR;
    ensures step: \result.db_kind == PN_DB_SINGLE_STEP <==> step != 0;
    ensures breakpoint: \result.db_kind == PN_DB_DATA_OR_IO <==> step == 0;
    ensures payload: \result.has_payload != 0 && (\forall integer k; 0 <= k <= 63 ==>
            (bit(\result.payload, k) <==> (k != 14 && bit(met, k)) || (k == 14 && step != 0))); */
static struct pn_event debug_trap(uint64_t met, bool step)
{
    struct pn_event e = pn_event_make(PN_STAGE_PENDING, PN_TYPE_HARD_EXCEPTION, PN_VECTOR_DB);

    e.origin = PN_BY_EMULATOR;
    e.db_kind = step ? PN_DB_SINGLE_STEP : PN_DB_DATA_OR_IO;
    e.has_payload = true;
    e.payload = pn_putb(met, BS, step);
    return e;
}

void pn_instruction_retired(struct pn_vcpu *v, struct pn_retired r)
{
    const uint64_t met = pn_or4(r.breakpoints, pn_hw_pending_breakpoints());
    const bool step = r.tf && !pn_hw_btf();

    pn_hw_clear_shadow();
    pn_hw_clear_rf();
    if (r.shadow == PN_SHADOW_MOV_SS) {
        pn_hw_set_shadow(false, true);
        pn_hw_set_pending_breakpoints(met); /* the single step too: pn_inject_events sets BS by TF (VE-236) */
        return;
    }
    if (r.shadow == PN_SHADOW_STI)
        pn_hw_set_shadow(true, false);
    pn_hw_set_pending_breakpoints(0);
    if (!pn_hw_svm())
        pn_hw_set_step_pending(false); /* it is in this #DB, or nothing steps any more */
    if (step || any_of_four(met))
        pn_queue_exception(v, debug_trap(met, step));
}
