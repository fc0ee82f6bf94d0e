/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ledger of core/hw/ledger.h as 64-bit counters.
 *
 * The core does not say by which path an event that it is done with had come. It need not: an acknowledged interrupt
 * and one that the processor was delivering by itself go straight to the injected slot, which holds one event, so its
 * path is remembered here until the slot is empty. Everything else was raised or came with a snapshot; of two such
 * events of one type, which nobody can tell apart, the one from the snapshot goes first.
 */
#include "../../core/hw/nested_ledger.h"

#include "counters.h"

_Static_assert((int)PN_COUNTED_PATHS == (int)PN_PATHS, "counters follow the ledger");
_Static_assert((int)PN_COUNTED_REASONS == (int)PN_REASONS, "counters follow the ledger");
_Static_assert((int)PN_TYPES == (int)PN_TYPE_SIPI + 1, "counters follow the types");

enum { RESERVED = 1 }; /* no event has this type: whatever is no type at all is counted there */

static uint8_t row(uint8_t type)
{
    return type < PN_TYPES ? type : (uint8_t)RESERVED;
}

static uint8_t path_of(const struct pn_counters *c, uint8_t type)
{
    return pn_tally_open(c, row(type), PN_PATH_RESTORED) ? PN_PATH_RESTORED : PN_PATH_RAISED;
}

/* The path of the event in the injected slot, which is empty from now on. */
static uint8_t empty_slot(struct pn_counters *c, uint8_t type)
{
    const uint8_t path = c->slot_path;

    c->slot_path = PN_PATH_RAISED;
    return path == PN_PATH_RAISED ? path_of(c, type) : path;
}

static void discard(struct pn_counters *c, uint8_t type, uint8_t path, enum pn_reason reason)
{
    c->discarded[row(type)][path]++;
    c->reasons[reason]++;
}

void pn_ledger_accepted(struct pn_event e, uint8_t path)
{
    struct pn_counters *c = pn_counters_this();

    c->accepted[row(e.type)][path < PN_PATHS ? path : (uint8_t)PN_PATH_RAISED]++;
    if (path == PN_PATH_ACKNOWLEDGED || path == PN_PATH_INTERRUPTED)
        c->slot_path = path;
}

void pn_ledger_delivered(struct pn_event e)
{
    struct pn_counters *c = pn_counters_this();

    c->delivered[row(e.type)][empty_slot(c, e.type)]++;
}

void pn_ledger_handed_over(uint8_t type)
{
    struct pn_counters *c = pn_counters_this();

    c->delivered[row(type)][path_of(c, type)]++;
}

void pn_ledger_trap_held(struct pn_event e)
{
    pn_ledger_handed_over(e.type);
}

void pn_ledger_reported(struct pn_event e)
{
    struct pn_counters *c = pn_counters_this();

    c->recorded[row(e.type)][path_of(c, e.type)]++;
}

void pn_ledger_passed_on(struct pn_event e)
{
    struct pn_counters *c = pn_counters_this();

    c->recorded[row(e.type)][empty_slot(c, e.type)]++;
}

void pn_ledger_given_back(struct pn_event e)
{
    pn_ledger_passed_on(e);
}

void pn_ledger_nmi_collapsed(uint8_t pending)
{
    (void)pending;
    discard(pn_counters_this(), PN_TYPE_NMI, PN_PATH_RAISED, PN_REASON_COLLAPSED);
}

void pn_ledger_merged(uint8_t type, bool pending)
{
    (void)pending;
    discard(pn_counters_this(), type, PN_PATH_RAISED, PN_REASON_COLLAPSED);
}

void pn_ledger_escalated(struct pn_event first, struct pn_event second)
{
    struct pn_counters *c = pn_counters_this();

    discard(c, first.type, empty_slot(c, first.type), PN_REASON_ESCALATED);
    discard(c, second.type, PN_PATH_RAISED, PN_REASON_ESCALATED);
}

void pn_ledger_superseded(struct pn_event first, struct pn_event second)
{
    struct pn_counters *c = pn_counters_this();

    (void)second;
    discard(c, first.type, empty_slot(c, first.type), PN_REASON_SUPERSEDED);
}

void pn_ledger_replaced(struct pn_event first)
{
    discard(pn_counters_this(), first.type, PN_PATH_RAISED, PN_REASON_REPLACED);
}

void pn_ledger_no_effect(uint8_t type)
{
    struct pn_counters *c = pn_counters_this();

    discard(c, type, path_of(c, type), PN_REASON_NO_EFFECT);
}

void pn_ledger_elided(struct pn_event e, struct pn_resumption r)
{
    struct pn_counters *c = pn_counters_this();

    (void)r;
    discard(c, e.type, empty_slot(c, e.type), PN_REASON_ELIDED);
}

void pn_ledger_retried(struct pn_event e)
{
    struct pn_counters *c = pn_counters_this();

    discard(c, e.type, empty_slot(c, e.type), PN_REASON_RETRIED);
}

/* The core gives a number only. It is booked row by row on what is open there; if the two differ, a row shows it. */
void pn_ledger_reset(unsigned events, unsigned payloads)
{
    struct pn_counters *c = pn_counters_this();
    uint64_t left = events;

    (void)payloads;
    c->slot_path = PN_PATH_RAISED;
    c->reasons[PN_REASON_RESET] += events;
    for (uint8_t type = 0; type < PN_TYPES; type++)
        for (uint8_t path = 0; path < PN_PATHS; path++) {
            const uint64_t open = pn_tally_open(c, type, path);
            const uint64_t here = open < left ? open : left;

            c->discarded[type][path] += here;
            left -= here;
        }
    c->discarded[RESERVED][PN_PATH_RAISED] += left;
}

void pn_ledger_reinjected(struct pn_event e)
{
    pn_counters_this()->reinjected[row(e.type)]++;
}
