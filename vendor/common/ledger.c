/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ledger of core/hw/ledger.h as 64-bit counters.
 *
 * The core does not say by which path a delivered event had come. It need not: an acknowledged interrupt and one that
 * the processor was delivering by itself go straight to the injected slot, which holds one event, so its path is
 * remembered here until the slot is empty; everything else in that slot was raised.
 */
#include "../../core/hw/ledger.h"

#include "counters.h"

_Static_assert((int)PN_COUNTED_PATHS == (int)PN_PATHS, "counters follow the ledger");
_Static_assert((int)PN_COUNTED_REASONS == (int)PN_REASONS, "counters follow the ledger");

static void discard(struct pn_counters *c, uint8_t type, uint8_t path, enum pn_reason reason)
{
    c->discarded[type & (PN_TYPES - 1)][path]++;
    c->reasons[reason]++;
}

static uint8_t empty_slot(struct pn_counters *c)
{
    const uint8_t path = c->slot_path;

    c->slot_path = PN_PATH_RAISED;
    return path;
}

void pn_ledger_accepted(struct pn_event e, uint8_t path)
{
    struct pn_counters *c = pn_counters_this();

    c->accepted[e.type & (PN_TYPES - 1)][path < PN_PATHS ? path : (uint8_t)PN_PATH_RAISED]++;
    if (path != PN_PATH_RAISED)
        c->slot_path = path;
}

void pn_ledger_delivered(struct pn_event e)
{
    struct pn_counters *c = pn_counters_this();

    c->delivered[e.type & (PN_TYPES - 1)][empty_slot(c)]++;
}

void pn_ledger_nmi_collapsed(uint8_t pending)
{
    (void)pending;
    discard(pn_counters_this(), PN_TYPE_NMI, PN_PATH_RAISED, PN_REASON_COLLAPSED);
}

void pn_ledger_escalated(struct pn_event first, struct pn_event second)
{
    struct pn_counters *c = pn_counters_this();

    discard(c, first.type, empty_slot(c), PN_REASON_ESCALATED);
    discard(c, second.type, PN_PATH_RAISED, PN_REASON_ESCALATED);
}

void pn_ledger_superseded(struct pn_event first, struct pn_event second)
{
    struct pn_counters *c = pn_counters_this();

    (void)second;
    discard(c, first.type, empty_slot(c), PN_REASON_SUPERSEDED);
}

void pn_ledger_replaced(struct pn_event first)
{
    discard(pn_counters_this(), first.type, PN_PATH_RAISED, PN_REASON_REPLACED);
}

void pn_ledger_reinjected(struct pn_event e)
{
    pn_counters_this()->reinjected[e.type & (PN_TYPES - 1)]++;
}
