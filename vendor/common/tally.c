/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sums over the ledger's counters, and the names the report uses.
 */
#include "../../core/hw/ledger.h"

#include "counters.h"

uint64_t pn_tally_open(const struct pn_counters *c, uint8_t type, uint8_t path)
{
    return c->accepted[type][path] - c->delivered[type][path] - c->recorded[type][path] - c->discarded[type][path];
}

/* How many events of one type wait in a latch. A shutdown that is due is booked as the hardware exception it came
 * from. */
static uint64_t latched(const struct pn_vcpu *v, uint8_t type)
{
    switch (type) {
    case PN_TYPE_NMI:
        return v->nmi_pending;
    case PN_TYPE_HARD_EXCEPTION:
        return v->triple_fault;
    case PN_TYPE_SMI:
        return v->smi_pending;
    case PN_TYPE_INIT:
        return v->init_pending;
    case PN_TYPE_SIPI:
        return v->sipi_pending;
    case PN_TYPE_OTHER:
        return v->mtf_pending;
    default:
        return 0;
    }
}

/* How many events of one type and path the core still holds. Those raised and those restored are held in the same
 * places: as many as are open count as restored. */
static uint64_t held(const struct pn_counters *c, const struct pn_vcpu *v, uint8_t type, uint8_t path)
{
    const bool in_slot = v->injected.stage == PN_STAGE_INJECTED && v->injected.type == type;
    uint64_t n, restored;

    if (path == PN_PATH_ACKNOWLEDGED || path == PN_PATH_INTERRUPTED)
        return in_slot && c->slot_path == path;
    n = latched(v, type) + (in_slot && c->slot_path == PN_PATH_RAISED);
    if (v->exception.stage == PN_STAGE_PENDING && v->exception.type == type)
        n++;
    restored = pn_tally_open(c, type, PN_PATH_RESTORED);
    restored = restored < n ? restored : n;
    return path == PN_PATH_RESTORED ? restored : n - restored;
}

struct pn_tally pn_tally_row(const struct pn_counters *c, const struct pn_vcpu *v, uint8_t type, uint8_t path)
{
    return (struct pn_tally){
        .accepted = c->accepted[type][path],
        .delivered = c->delivered[type][path],
        .recorded = c->recorded[type][path],
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
            sum.recorded += row.recorded;
            sum.discarded += row.discarded;
            sum.pending += row.pending;
        }
    return sum;
}

const char *pn_type_name(uint8_t type)
{
    static const char *const names[PN_TYPES] = {
        "external-interrupt", "reserved", "nmi", "hardware-exception", "software-interrupt", "icebp",
        "software-exception", "mtf", "smi", "init", "sipi"};

    return type < PN_TYPES ? names[type] : "?";
}

const char *pn_path_name(uint8_t path)
{
    static const char *const names[PN_PATHS] = {"raised", "acknowledged", "interrupted", "restored"};

    return path < PN_PATHS ? names[path] : "?";
}

const char *pn_reason_name(uint8_t reason)
{
    static const char *const names[PN_REASONS] = {"collapsed", "escalated", "superseded", "replaced",
                                                  "no-effect", "retried", "reset", "elided"};

    return reason < PN_REASONS ? names[reason] : "?";
}
