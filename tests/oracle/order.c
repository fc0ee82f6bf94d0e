/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose turn it is, and which windows stay armed: SDM table 6-2, 25.2, 26.3.1.5, in every state of what waits and what
 * blocks that a guest or a hypervisor can bring about.
 */
#include "suite.h"

struct situation {
    unsigned int slot; /* 0: nothing interrupted; else 1 + index in `interrupted` */
    unsigned int exception, nmis;
    bool waiting, offered, iflag, sti, movss, blocked, shutdown;
};

static const uint8_t interrupted[6][2] = {{0, 0x91}, {2, 2}, {3, 13}, {4, 0x80}, {5, 1}, {6, 3}};

/* SDM 27.1: an interrupted interrupt or NMI leaves no shadow, an interrupted interrupt had IF = 1; 26.3.1.5. */
static bool possible(enum oracle_vendor vendor, struct situation c)
{
    const uint8_t type = c.slot ? interrupted[c.slot - 1][0] : 3;

    if (c.sti && (c.movss || !c.iflag))
        return false;
    if (c.slot && (c.exception || !exists(vendor, type, interrupted[c.slot - 1][1])))
        return false;
    if ((type == 0 || type == 2) && (c.sti || c.movss))
        return false;
    return type != 0 || c.iflag;
}

/* The exceptions that differ: one with a payload, one debug trap of low rank, one software exception. */
static struct pn_event raised(const struct rig *r, unsigned int which)
{
    struct pn_event e = event_of(r, 3, PN_VECTOR_PF);

    if (which == 3)
        return event_of(r, 6, 3);
    e.has_payload = true;
    e.payload = 0x123000;
    if (which == 2) {
        e = event_of(r, 3, PN_VECTOR_DB);
        e.db_kind = PN_DB_SINGLE_STEP;
        e.has_payload = true;
        e.payload = 1u << 14;
    }
    return e;
}

static void bring_about(struct rig *r, struct situation c)
{
    for (unsigned int i = 0; i < c.nmis; i++)
        pn_queue_nmi(&r->v);
    if (c.slot)
        rig_interrupted(r, event_of(r, interrupted[c.slot - 1][0], interrupted[c.slot - 1][1]));
    if (c.exception)
        pn_queue_exception(&r->v, raised(r, c.exception));
    if (c.waiting)
        pn_interrupt_pending(&r->v);
    if (c.offered)
        model_request(&r->cpu.controller, 0x55);
    if (c.shutdown)
        pn_queue_triple_fault(&r->v);
    r->cpu.iflag = c.iflag;
    r->cpu.sti = c.sti;
    r->cpu.movss = c.movss;
    r->cpu.nmi_blocked = c.blocked || (c.slot && interrupted[c.slot - 1][0] == 2);
}

void priority_states(enum oracle_vendor vendor)
{
    for (unsigned int n = 0; n < 7 * 4 * 3 * 128; n++) {
        const struct situation c = {
            .waiting = n & 1,
            .offered = n & 2,
            .iflag = n & 4,
            .sti = n & 8,
            .movss = n & 16,
            .blocked = n & 32,
            .shutdown = n & 64,
            .nmis = n / 128 % 3,
            .exception = n / 384 % 4,
            .slot = n / 1536,
        };
        struct rig *r;

        if (!possible(vendor, c))
            continue;
        r = rig_fresh(vendor);
        bring_about(r, c);
        inject_as_oracle(r);
    }
}
