/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: vendor/common/tally.c
 * Any counters and any state of a vcpu; names of any number. */
#include "../../../vendor/common/counters.h"

#include "any.h"

static struct pn_counters counters;

struct pn_counters *pn_counters_this(void)
{
    return &counters;
}

static struct pn_event any_event(void)
{
    struct pn_event e;

    e.stage = any8();
    e.type = any8();
    e.vector = any8();
    e.origin = any8();
    e.db_kind = any8();
    e.length = any8();
    e.has_error = any8() & 1;
    e.has_payload = any8() & 1;
    e.error = any32();
    e.payload = any64();
    return e;
}

int main(void)
{
    struct pn_vcpu v = {0}; /* what the tally does not read stays 0 */
    int sum = 0;

    v.exception = any_event();
    v.injected = any_event();
    v.nmi_pending = any8();
    v.interrupt_waiting = any8() & 1;
    v.triple_fault = any8() & 1;
    v.smi_pending = any8() & 1;
    v.init_pending = any8() & 1;
    v.sipi_pending = any8() & 1;
    v.mtf_pending = any8() & 1;
    for (int type = 0; type < PN_TYPES; type++)
        for (int path = 0; path < PN_COUNTED_PATHS; path++) {
            counters.accepted[type][path] = any64();
            counters.delivered[type][path] = any64();
            counters.recorded[type][path] = any64();
            counters.discarded[type][path] = any64();
        }
    counters.slot_path = any8();
    sum += pn_tally_holds(pn_tally_all(&counters, &v));
    sum += pn_tally_row(&counters, &v, any8() % PN_TYPES, any8() % PN_COUNTED_PATHS).pending != 0;
    sum += *pn_type_name(any8()) + *pn_path_name(any8()) + *pn_reason_name(any8());
    return sum;
}
