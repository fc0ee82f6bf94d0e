/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sums over the ledger's counters, and the names the report uses.
 */
#include "../../core/hw/ledger.h"

#include "counters.h"

/* How many events of one type and path the core still holds. A shutdown that is due is booked as the hardware
 * exception it came from. */
static uint64_t held(const struct pn_counters *c, const struct pn_vcpu *v, uint8_t type, uint8_t path)
{
    uint64_t n = 0;

    if (v->injected.stage == PN_STAGE_INJECTED && v->injected.type == type && c->slot_path == path)
        n++;
    if (path != PN_PATH_RAISED)
        return n;
    if (v->exception.stage == PN_STAGE_PENDING && v->exception.type == type)
        n++;
    if (type == PN_TYPE_NMI)
        n += v->nmi_pending;
    if (type == PN_TYPE_HARD_EXCEPTION && v->triple_fault)
        n++;
    return n;
}

struct pn_tally pn_tally_row(const struct pn_counters *c, const struct pn_vcpu *v, uint8_t type, uint8_t path)
{
    return (struct pn_tally){
        .accepted = c->accepted[type][path],
        .delivered = c->delivered[type][path],
        .recorded = 0,
        .discarded = c->discarded[type][path],
        .pending = held(c, v, type, path),
    };
}

bool pn_tally_holds(struct pn_tally t)
{
    return t.accepted == t.delivered + t.recorded + t.discarded + t.pending;
}

struct pn_tally pn_tally_all(const struct pn_counters *c, const struct pn_vcpu *v)
{
    struct pn_tally sum = {0};

    for (uint8_t type = 0; type < PN_TYPES; type++)
        for (uint8_t path = 0; path < PN_COUNTED_PATHS; path++) {
            const struct pn_tally row = pn_tally_row(c, v, type, path);

            sum.accepted += row.accepted;
            sum.delivered += row.delivered;
            sum.discarded += row.discarded;
            sum.pending += row.pending;
        }
    return sum;
}

const char *pn_type_name(uint8_t type)
{
    static const char *const names[PN_TYPES] = {"external-interrupt", "reserved", "nmi", "hardware-exception",
                                                "software-interrupt", "icebp", "software-exception", "other"};
    return type < PN_TYPES ? names[type] : "?";
}

const char *pn_path_name(uint8_t path)
{
    static const char *const names[PN_PATHS] = {"raised", "acknowledged", "interrupted"};

    return path < PN_PATHS ? names[path] : "?";
}

const char *pn_reason_name(uint8_t reason)
{
    static const char *const names[PN_REASONS] = {"collapsed", "escalated", "superseded", "replaced"};

    return reason < PN_REASONS ? names[reason] : "?";
}
