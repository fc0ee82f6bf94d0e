/* SPDX-License-Identifier: BSD-2-Clause
 *
 * STAND-IN, NOT PROVEN, to be deleted: weak bodies for calls of core/vmx that have not landed, so that the rest runs.
 */
#include <provenest/vmx_events.h>

#include "../../core/hw/nested_ledger.h"

#define WEAK __attribute__((weak))
#define F(x) n->vmcs12.f[PN_F_##x]

WEAK bool pn_nested_take_entry_event(struct pn_nested_vmx *n, struct pn_vcpu *v)
{
    const uint32_t info = (uint32_t)F(ENTRY_INFO);

    if (!(info >> 31))
        return false;
    v->injected = (struct pn_event){.stage = PN_STAGE_INJECTED, .type = info >> 8 & 7, .vector = info & 0xff,
                                    .origin = PN_BY_L1, .has_error = info >> 11 & 1, .error = info >> 11 & 1 ? (uint32_t)F(ENTRY_ERROR) : 0,
                                    .length = (info >> 8 & 7) >= 4 ? (uint8_t)F(ENTRY_LENGTH) : 0};
    v->cancelled = true;
    pn_ledger_accepted(v->injected, PN_PATH_RAISED);
    return true;
}

WEAK enum pn_nested_turn pn_nested_events(struct pn_nested_vmx *n, struct pn_vcpu *v, bool timer)
{
    struct pn_l2_exit x = {0};

    if (v->triple_fault) {
        v->triple_fault = false;
        pn_ledger_reported((struct pn_event){.type = 1, .stage = PN_STAGE_PENDING});
        x.reason = 2;
        (void)pn_nested_exit(n, v, x);
        return PN_TURN_L1;
    }
    if (v->injected.stage != PN_STAGE_NONE)
        return PN_TURN_L2;
    if (timer && F(PIN_CTL) & 0x40) {
        x.reason = 52;
    } else if (v->nmi_pending && F(PIN_CTL) & 8 && !v->exception.stage) {
        x.info = 0x80000202;
        v->nmi_pending--;
        pn_ledger_reported((struct pn_event){.type = 2, .vector = 2, .stage = PN_STAGE_PENDING});
    } else if (v->interrupt_waiting && F(PIN_CTL) & 1 && !v->exception.stage) {
        x.reason = 1;
        v->interrupt_waiting = false;
        if (F(EXIT_CTL) >> 15 & 1) {
            const int vector = pn_hw_ack_for_exit();
            if (vector < 0)
                return PN_TURN_L2;
            x.info = 0x80000000u | (uint32_t)vector;
        }
    } else {
        return PN_TURN_L2;
    }
    (void)pn_nested_exit(n, v, x);
    return PN_TURN_L1;
}
