/* SPDX-License-Identifier: BSD-2-Clause */
#include "oracle.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* One line of a table each; `line` is where it stands. */
struct oracle_vectors_row {
    uint8_t vendor, vector, class, kind;
    bool error;
    const char *line, *name;
};
struct oracle_pairs_row {
    uint8_t first, second, outcome;
    const char *line;
};
struct oracle_priority_row {
    uint8_t vendor, event, held_by;
    const char *line;
};
struct oracle_windows_row {
    uint8_t vendor, event, when, unless, window;
    const char *line;
};
struct oracle_dr6_row {
    uint8_t vendor, bit, rule;
    const char *line;
};
struct oracle_debug_row {
    uint8_t kind, class;
    bool rf, low;
    const char *line;
};
struct oracle_payload_row {
    uint8_t vendor, vector, moment;
    bool cr2, dr6, gd;
    const char *line;
};

#include "tables.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

enum { KIND_FAULT = 0, RULE_KEPT = 0, RULE_TAKEN, RULE_STICKY, RULE_LOW, RULE_INVERTED };
enum {
    HELD_NO_IF = 1 << 1,
    HELD_STI = 1 << 2,
    HELD_MOVSS = 1 << 3,
    HELD_NMI = 1 << 4,
    HELD_SMM = 1 << 5,
    HELD_GIF = 1 << 6,
    HELD_HOLD = 1 << 7
};
enum {
    WHEN_ALWAYS,
    WHEN_NO_EVENT,
    WHEN_EVENT,
    WHEN_STI_AND_NO_EVENT,
    WHEN_SHADOW_AND_NO_EVENT,
    WHEN_NMI_BLOCKED,
    WHEN_IRET_AND_NO_EVENT,
};
enum { WATCHED_IRET = ORACLE_TURN_NOBODY, NMI_BLOCKING };
enum { VECTOR_GD_BIT = 13 };

/* Which lines have been asked, by vendor. */
static uint8_t vectors_used[ROWS(vectors_table)], pairs_used[ROWS(pairs_table)], priority_used[ROWS(priority_table)];
static uint8_t windows_used[ROWS(windows_table)], dr6_used[ROWS(dr6_table)], payload_used[ROWS(payload_table)];
static uint8_t debug_used[ROWS(debug_table)];

static const struct oracle_vectors_row *vector_row(enum oracle_vendor vendor, uint8_t vector)
{
    for (size_t i = 0; i < ROWS(vectors_table); i++)
        if (vectors_table[i].vector == vector && (vectors_table[i].vendor & vendor)) {
            vectors_used[i] |= (uint8_t)vendor;
            return &vectors_table[i];
        }
    abort(); /* gen.py: every vector below 32 has its line */
}

enum oracle_class oracle_class(enum oracle_vendor vendor, uint8_t vector)
{
    return vector < 32 ? (enum oracle_class)vector_row(vendor, vector)->class : ORACLE_BENIGN;
}

enum oracle_outcome oracle_pair(enum oracle_vendor vendor, struct pn_event first, struct pn_event second)
{
    enum oracle_class a, b;

    if (first.type != PN_TYPE_HARD_EXCEPTION || second.type != PN_TYPE_HARD_EXCEPTION)
        return ORACLE_SERIAL;
    a = oracle_class(vendor, first.vector);
    b = oracle_class(vendor, second.vector);
    for (size_t i = 0; i < ROWS(pairs_table); i++)
        if (pairs_table[i].first == a && pairs_table[i].second == b) {
            pairs_used[i] |= (uint8_t)vendor;
            return (enum oracle_outcome)pairs_table[i].outcome;
        }
    abort();
}

bool oracle_error_code(enum oracle_vendor vendor, uint8_t type, uint8_t vector, bool pe)
{
    return type == PN_TYPE_HARD_EXCEPTION && vector < 32 && pe && vector_row(vendor, vector)->error;
}

bool oracle_fault(enum oracle_vendor vendor, uint8_t vector)
{
    return vector < 32 && vector_row(vendor, vector)->kind == KIND_FAULT;
}

bool oracle_reserved(enum oracle_vendor vendor, uint8_t vector)
{
    return vector < 32 && strcmp(vector_row(vendor, vector)->name, "reserved") == 0;
}

static const struct oracle_debug_row *debug_row(struct pn_event e)
{
    for (size_t i = 0; i < ROWS(debug_table); i++)
        if (e.type == PN_TYPE_HARD_EXCEPTION && e.vector == PN_VECTOR_DB && debug_table[i].kind == e.db_kind) {
            debug_used[i] = 3;
            return &debug_table[i];
        }
    return NULL;
}

bool oracle_pushes_rf(enum oracle_vendor vendor, struct pn_event e)
{
    const struct oracle_debug_row *row = debug_row(e);

    return row ? row->rf : e.type == PN_TYPE_HARD_EXCEPTION && oracle_fault(vendor, e.vector);
}

bool oracle_low_trap(struct pn_event e)
{
    const struct oracle_debug_row *row = debug_row(e);

    return row && row->low && e.has_payload; /* without its conditions nobody could keep it behind what ranks higher */
}

bool oracle_dr6_bit(enum oracle_vendor vendor, uint64_t before, uint64_t condition, unsigned int bit)
{
    const bool was = before >> bit & 1, met = condition >> bit & 1;

    for (size_t i = 0; i < ROWS(dr6_table); i++) {
        if (dr6_table[i].bit != bit || !(dr6_table[i].vendor & vendor))
            continue;
        dr6_used[i] |= (uint8_t)vendor;
        switch (dr6_table[i].rule) {
        case RULE_TAKEN:
            return met;
        case RULE_STICKY:
            return was || met;
        case RULE_LOW:
            return was && !met;
        case RULE_INVERTED:
            return !met;
        default:
            return was;
        }
    }
    abort();
}

uint64_t oracle_dr6(enum oracle_vendor vendor, uint64_t before, uint64_t condition)
{
    uint64_t after = 0;

    for (unsigned int bit = 0; bit < 64; bit++)
        after |= (uint64_t)oracle_dr6_bit(vendor, before, condition, bit) << bit;
    return after;
}

struct oracle_written oracle_written(enum oracle_vendor vendor, uint8_t vector, enum oracle_moment moment)
{
    for (size_t i = 0; i < ROWS(payload_table); i++) {
        const struct oracle_payload_row *row = &payload_table[i];

        if (row->vector == vector && (row->vendor & vendor) && row->moment == moment) {
            payload_used[i] |= (uint8_t)vendor;
            return (struct oracle_written){row->cr2, row->dr6, row->gd};
        }
    }
    return (struct oracle_written){false, false, false};
}

/* ---- The decisions ---- */

static bool present(const struct oracle_state *s, uint8_t event)
{
    switch ((enum oracle_turn)event) {
    case ORACLE_TURN_SHUTDOWN:
        return s->shutdown;
    case ORACLE_TURN_SIPI:
        return s->wait_for_sipi && s->sipi;
    case ORACLE_TURN_WAIT:
        return s->wait_for_sipi;
    case ORACLE_TURN_INTERRUPTED:
        return s->interrupted;
    case ORACLE_TURN_EXCEPTION:
        return s->raised && !oracle_low_trap(s->exception);
    case ORACLE_TURN_SMI:
        return s->smi;
    case ORACLE_TURN_INIT:
        return s->init;
    case ORACLE_TURN_MTF:
        return s->mtf;
    case ORACLE_TURN_TRAP:
        return s->raised && oracle_low_trap(s->exception);
    case ORACLE_TURN_NMI:
        return s->nmis > 0;
    case ORACLE_TURN_INTERRUPT:
        return s->waiting;
    default:
        return false;
    }
}

static bool held(const struct oracle_state *s, uint8_t by)
{
    return ((by & HELD_NO_IF) && !s->iflag) || ((by & HELD_STI) && s->sti) || ((by & HELD_MOVSS) && s->movss) ||
           ((by & HELD_NMI) && s->nmi_blocked) || ((by & HELD_SMM) && s->smm) || ((by & HELD_GIF) && s->gif_0) ||
           ((by & HELD_HOLD) && s->hold);
}

enum oracle_turn oracle_turn(const struct oracle_state *s)
{
    for (size_t i = 0; i < ROWS(priority_table); i++)
        if ((priority_table[i].vendor & s->vendor) && present(s, priority_table[i].event) &&
            !held(s, priority_table[i].held_by)) {
            priority_used[i] |= (uint8_t)s->vendor;
            return (enum oracle_turn)priority_table[i].event;
        }
    return ORACLE_TURN_NOBODY;
}

static bool fits(const struct oracle_state *s, const struct oracle_entry *x, uint8_t when)
{
    switch (when) {
    case WHEN_NO_EVENT:
        return !x->programmed;
    case WHEN_EVENT:
        return x->programmed;
    case WHEN_STI_AND_NO_EVENT:
        return s->sti && !x->programmed;
    case WHEN_SHADOW_AND_NO_EVENT:
        return (s->sti || s->movss) && !x->programmed;
    case WHEN_NMI_BLOCKED:
        return x->nmi_blocked;
    case WHEN_IRET_AND_NO_EVENT:
        return x->iret_watched && !x->programmed;
    default:
        return true;
    }
}

static void arm(const struct oracle_state *s, struct oracle_entry *x, uint8_t event, bool stays)
{
    for (size_t i = 0; i < ROWS(windows_table) && stays; i++) {
        const struct oracle_windows_row *row = &windows_table[i];

        if (!(row->vendor & s->vendor) || row->event != event || held(s, row->unless) || !fits(s, x, row->when))
            continue;
        windows_used[i] |= (uint8_t)s->vendor;
        x->window[row->window] = true;
        return;
    }
}

/* The first injection of an exception: what neither its exit nor the entry writes is the core's to write; an
 * instruction that the hypervisor carried out, or a user, wrote nothing before. */
static void first_injection(const struct oracle_state *s, struct oracle_entry *x)
{
    const struct pn_event e = s->exception;
    const struct oracle_written by_entry = oracle_written(s->vendor, e.vector, ORACLE_INJECTED);
    const struct oracle_written due = oracle_written(s->vendor, e.vector, ORACLE_DELIVERED);

    x->event = e;
    x->event.has_error = oracle_error_code(s->vendor, e.type, e.vector, s->pe);
    x->event.error = x->event.has_error ? e.error : 0;
    if (e.has_payload && due.cr2 && !by_entry.cr2)
        x->cr2 = e.payload;
    if (e.has_payload && due.dr6 && !by_entry.dr6)
        x->dr6 = oracle_dr6(s->vendor, s->dr6, e.payload);
    if (due.gd && !by_entry.gd)
        x->dr7 &= ~(UINT64_C(1) << VECTOR_GD_BIT);
    if (oracle_pushes_rf(s->vendor, e))
        x->rf = true;
    x->rf_open = oracle_reserved(s->vendor, e.vector);
}

bool oracle_enters(enum oracle_turn turn)
{
    return turn != ORACLE_TURN_SHUTDOWN && turn != ORACLE_TURN_WAIT && turn != ORACLE_TURN_SIPI &&
           turn != ORACLE_TURN_SMI && turn != ORACLE_TURN_INIT;
}

/* What the entry carries, and what is not waiting any more. */
static void take_turn(const struct oracle_state *s, struct oracle_entry *x)
{
    switch (x->turn) {
    case ORACLE_TURN_SIPI:
        x->sipi = false;
        break;
    case ORACLE_TURN_SMI:
        x->smi = false;
        break;
    case ORACLE_TURN_INIT:
        x->init = false;
        break;
    case ORACLE_TURN_INTERRUPTED:
        x->event = s->injected; /* again, unchanged, without effects */
        break;
    case ORACLE_TURN_EXCEPTION:
    case ORACLE_TURN_TRAP:
        first_injection(s, x);
        break;
    case ORACLE_TURN_MTF:
        x->mtf = false;
        x->trap_held = s->raised; /* a debug trap goes where the processor keeps them (SDM 27.3.4) */
        x->event = (struct pn_event){.type = PN_TYPE_OTHER};
        break;
    case ORACLE_TURN_NMI:
        x->event = (struct pn_event){.type = PN_TYPE_NMI, .vector = PN_VECTOR_NMI};
        x->nmis--;
        break;
    case ORACLE_TURN_INTERRUPT: /* asked for: there, or withdrawn meanwhile */
        x->waiting = false;
        x->event = (struct pn_event){.type = PN_TYPE_INTERRUPT, .vector = (uint8_t)s->offered};
        break;
    default:
        break;
    }
}

struct oracle_entry oracle_inject(const struct oracle_state *s)
{
    struct oracle_entry x = {
        .turn = oracle_turn(s),
        .waiting = s->waiting,
        .smi = s->smi,
        .init = s->init,
        .sipi = s->sipi,
        .mtf = s->mtf,
        .rf = s->rf,
        .nmi_blocked = s->nmi_blocked,
        .iret_watched = s->iret_watched,
        .nmis = s->nmis,
        .cr2 = s->cr2,
        .dr6 = s->dr6,
        .dr7 = s->dr7,
    };

    take_turn(s, &x);
    if (!oracle_enters(x.turn))
        return x;
    x.sipi = false; /* a SIPI does not outlast the wait for one */
    x.programmed = x.turn != ORACLE_TURN_NOBODY && !(x.turn == ORACLE_TURN_INTERRUPT && s->offered < 0);
    if (x.programmed)
        x.iret_watched = false;
    /* An injected NMI blocks further ones: on AMD without virtual NMIs that is the hypervisor's to note at once; on Intel
     * the entry does it, and what is injected again must not find its own blocking (SDM 31.7.1.2). */
    if (x.programmed && x.event.type == PN_TYPE_NMI)
        x.nmi_blocked = s->vendor == ORACLE_AMD;
    arm(s, &x, ORACLE_TURN_NMI, x.nmis > 0);
    arm(s, &x, WATCHED_IRET, x.iret_watched);
    arm(s, &x, NMI_BLOCKING, x.nmi_blocked && !x.iret_watched);
    arm(s, &x, ORACLE_TURN_INTERRUPT, x.waiting);
    arm(s, &x, ORACLE_TURN_SMI, x.smi);
    arm(s, &x, ORACLE_TURN_INIT, x.init);
    arm(s, &x, ORACLE_TURN_MTF, x.mtf);
    return x;
}

/* A pending exception gives way only to come again by itself: a fault the processor reported (SDM 6.6). */
static bool comes_again(const struct oracle_state *s)
{
    return s->exception.type == PN_TYPE_HARD_EXCEPTION && s->exception.origin == PN_BY_HARDWARE &&
           !s->exception.by_delivery && oracle_fault(s->vendor, s->exception.vector);
}

struct oracle_queued oracle_queue(const struct oracle_state *s, struct pn_event e)
{
    struct oracle_queued x = {.raised = s->raised,
                              .exception = s->exception,
                              .shutdown = s->shutdown,
                              .interrupted = s->interrupted,
                              .cr2 = s->cr2};
    const bool by_delivery = e.origin == PN_BY_HARDWARE || e.origin == PN_BY_EMULATOR;
    enum oracle_outcome pair = ORACLE_SERIAL;

    x.busy = (s->interrupted && (!by_delivery || s->cancelled)) || (!s->interrupted && s->raised && !comes_again(s));
    if (x.busy)
        return x;
    if (s->interrupted)
        pair = oracle_pair(s->vendor, s->injected, e);
    x.interrupted = false;
    x.raised = pair != ORACLE_SHUTDOWN;
    x.shutdown = s->shutdown || pair == ORACLE_SHUTDOWN;
    x.exception = e;
    x.exception.by_delivery = s->interrupted;
    if (s->vendor == ORACLE_INTEL)
        x.exception.error &= 0xffff; /* SDM 24.8.3: bits 31:16 are 0 */
    if (pair != ORACLE_SERIAL) {
        if (e.has_payload && e.vector == PN_VECTOR_PF)
            x.cr2 = e.payload; /* SDM 4.7: loaded when the fault is taken, before the pair is looked at */
        x.exception = (struct pn_event){.type = PN_TYPE_HARD_EXCEPTION, .vector = PN_VECTOR_DF, .by_delivery = true};
    }
    return x;
}

bool oracle_same(struct pn_event a, struct pn_event b)
{
    return a.type == b.type && a.vector == b.vector && a.length == b.length && a.has_error == b.has_error &&
           a.error == b.error;
}

/* ---- Is every line asked? ---- */

#define FIRST_UNUSED(table, used, applies)                           \
    do {                                                             \
        for (size_t i = 0; i < ROWS(table); i++)                     \
            if (((applies)&vendors & (unsigned int)~(used)[i]) != 0) \
                return (table)[i].line;                              \
    } while (0)

const char *oracle_unused(unsigned int vendors)
{
    FIRST_UNUSED(vectors_table, vectors_used, vectors_table[i].vendor);
    FIRST_UNUSED(pairs_table, pairs_used, 3u);
    FIRST_UNUSED(priority_table, priority_used, priority_table[i].vendor);
    FIRST_UNUSED(windows_table, windows_used, windows_table[i].vendor);
    FIRST_UNUSED(debug_table, debug_used, 3u);
    FIRST_UNUSED(dr6_table, dr6_used, dr6_table[i].vendor);
    FIRST_UNUSED(payload_table, payload_used, payload_table[i].vendor);
    return NULL;
}
