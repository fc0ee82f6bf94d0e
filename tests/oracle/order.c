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

    if (vendor == ORACLE_INTEL && c.sti && (c.movss || !c.iflag))
        return false;
    if (vendor == ORACLE_AMD && c.movss) /* one shadow, told by the other bit (APM 15.21.5) */
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

/* The kinds without a vector, and what holds them: all combinations, with and without an exception or an interrupted
 * event, an NMI and an interrupt behind them. */
struct latched_case {
    bool smi, init, sipi, mtf, smm, gif_0, hold, wait, nmi, waiting, iflag, sti, blocked, iret;
    unsigned int first; /* 0: nothing; 1..3: exceptions as in `raised`; 4: an interrupted #GP */
};

static bool latched_possible(enum oracle_vendor vendor, struct latched_case c)
{
    if (vendor == ORACLE_INTEL && (c.gif_0 || c.iret || (c.sti && !c.iflag)))
        return false;
    if (vendor == ORACLE_AMD && (c.mtf || (c.iret && !c.blocked)))
        return false;
    return !(c.wait && (c.first == 4 || c.iret)) && !(c.sipi && !c.wait);
}

static void latched_state(enum oracle_vendor vendor, struct latched_case c)
{
    struct rig *r = rig_fresh(vendor);

    if (c.first == 4)
        rig_interrupted(r, event_of(r, 3, 13));
    else if (c.first)
        pn_queue_exception(&r->v, raised(r, c.first));
    r->cpu.wfs = c.wait;
    if (c.nmi)
        pn_queue_nmi(&r->v);
    if (c.smi)
        compared(pn_queue_smi(&r->v) == PN_ACCEPTED ? NULL : "the SMI's answer", "%d", 0);
    if (c.init)
        compared(pn_queue_init(&r->v) == PN_ACCEPTED ? NULL : "the INIT's answer", "%d", 0);
    if (c.sipi)
        compared(pn_queue_sipi(&r->v, 0x9a) == PN_ACCEPTED ? NULL : "the SIPI's answer", "%d", 0);
    if (c.mtf)
        compared(pn_queue_mtf(&r->v) == PN_ACCEPTED ? NULL : "the MTF's answer", "%d", 0);
    if (c.waiting)
        pn_interrupt_pending(&r->v);
    pn_hold_events(&r->v, c.hold);
    model_request(&r->cpu.controller, 0x55);
    r->cpu.smm = c.smm;
    r->cpu.gif = !c.gif_0;
    r->cpu.iflag = c.iflag;
    r->cpu.sti = c.sti;
    r->cpu.nmi_blocked = c.blocked;
    if (c.iret)
        pn_iret_intercepted(&r->v);
    inject_as_oracle(r);
}

void latched_states(enum oracle_vendor vendor)
{
    for (unsigned int n = 0; n < 5u << 14; n++) {
        const struct latched_case c = {
            .smi = n & 1,
            .init = n & 2,
            .sipi = n & 4,
            .mtf = n & 8,
            .smm = n & 16,
            .gif_0 = n & 32,
            .hold = n & 64,
            .wait = n & 128,
            .nmi = n & 256,
            .waiting = n & 512,
            .iflag = n & 1024,
            .sti = n & 2048,
            .blocked = n & 4096,
            .iret = n & 8192,
            .first = n >> 14,
        };

        if (latched_possible(vendor, c))
            latched_state(vendor, c);
    }
}
