/* SPDX-License-Identifier: BSD-2-Clause
 * What is intercepted: an exception that a guest hypervisor takes, and the exceptions L0 must always see.
 * SDM 27.1, 27.2.2; APM 15.12. */
#include <provenest/event.h>

#include "bits.h"
#include "payload.h"

struct pn_event pn_intercept_exception(struct pn_vcpu *v)
{
    struct pn_event e = v->exception;

    if (pn_intercept_payload(e)) {
        e.has_payload = false;
        e.payload = 0;
    }
    pn_ledger_reported(e);
    v->exception.stage = PN_STAGE_NONE;
    return e;
}

uint64_t pn_exception_bitmap(uint64_t wanted)
{
    return pn_putb(pn_putb(wanted, PN_VECTOR_DB, true), PN_VECTOR_AC, true);
}
