/* SPDX-License-Identifier: BSD-2-Clause
 * The abstract processor and its hypervisor (machine.h). */
#include "machine.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT = 60, PAGE_ADDRESS = 7, OLD_CR2 = 1, MAX_PAGES = 3 };
enum { PAGE_CODE, PAGE_IDT, PAGE_STACK };

struct machine {
    const struct setup *s;
    enum policy policy;
    int conjuncts, when, boundary, steps;
    bool below_rsp, moved, first;
    int rip, shadow, cr2, dr6, trap, attempts, dropped_at; /* shadow: 0, STI or MOV_SS; trap: DR6 bits of a debug trap that is due */
    bool was_blocked;                /* NMI blocking before the instruction */
    bool tf, iff, rf, nmi_blocked, irr, isr, nmi, page, patched, gate_repaired, ve_busy, residue, done;
    bool here[MAX_PAGES];
    int order[MAX_PAGES], mapped;    /* forward progress: pages in the order of mapping */
    struct trace *t;
};

static void see(struct machine *m, int what, const struct event *e)
{
    struct seen *s = &m->t->seen[m->t->count < TRACE ? m->t->count : TRACE - 1];

    if (m->t->count < TRACE)
        m->t->count++;
    *s = (struct seen){.what = what, .vector = e ? e->vector : -1, .error = e ? e->error : 0, .rip = m->rip};
    if (e && e->vector == V_PF)
        s->cr2 = m->cr2;
    if (e && e->vector == V_DB)
        s->dr6 = m->dr6;
}

static void move(struct machine *m)
{
    if (m->moved)
        return;
    m->moved = true;
    switch (m->s->move) {
    case PATCH:
        m->patched = true;
        break;
    case REPAIR_PAGE:
        m->page = true;
        break;
    case REPAIR_GATE:
        m->gate_repaired = true;
        break;
    case SEND_INTERRUPT:
        m->irr = true;
        break;
    case SEND_NMI:
        m->nmi = true;
        break;
    default:
        break;
    }
}

/* A page is touched: true if it is there. With a budget the page mapped longest makes room. */
static bool touch(struct machine *m, int page)
{
    if (m->here[page])
        return true;
    if (m->s->budget && m->mapped == m->s->budget) {
        m->here[m->order[0]] = false;
        memmove(m->order, m->order + 1, sizeof m->order - sizeof m->order[0]);
        m->mapped--;
    }
    m->here[page] = true;
    m->order[m->mapped++ % MAX_PAGES] = page;
    return false;
}

bool droppable(struct event e, struct knowledge k, int conjuncts)
{
    /* Raised by an instruction only, never by a delivery, and nothing is written before the handler runs. */
    const bool narrow = e.vector == V_DE || e.vector == V_UD;
    /* Deliveries and IRET raise these too. #PF is in neither: CR2 is written already (SDM 27.1). */
    const bool wide = k.wide && (e.vector == V_GP || e.vector == V_NP) &&
                      (!(conjuncts & HAS_FIRST_LEVEL) || !e.second) && (!(conjuncts & HAS_NMI_OPEN) || k.nmi_open);

    return (!(conjuncts & HAS_TYPE) || e.type == T_HARD) && (!(conjuncts & HAS_CLASS) || narrow || wide) &&
           (!(conjuncts & HAS_ORIGIN) || e.origin == BY_HARDWARE) && (!(conjuncts & HAS_HANDLED) || k.handled) &&
           (!(conjuncts & HAS_QUIET) || k.quiet) && (!(conjuncts & HAS_RESTORED) || k.restored) &&
           (!(conjuncts & HAS_FIRST_TRY) || k.first_try);
}

static bool drops(struct machine *m, struct event e)
{
    const bool coming = (m->s->move == SEND_INTERRUPT || m->s->move == SEND_NMI) && !m->moved;
    const struct knowledge k = {
        .handled = !m->s->reflect && !m->s->task_gate,
        .quiet = !(m->irr && m->iff) && !m->nmi && !coming && !m->trap,
        .restored = !m->s->rf_lost,
        .first_try = m->dropped_at != m->rip,
        .nmi_open = !m->was_blocked,
        .wide = m->policy == ELIDE_WIDE,
    };

    if (m->policy == DROP)
        return e.type != T_INTERRUPT && e.type != T_NMI;
    return m->policy >= ELIDE && droppable(e, k, m->conjuncts);
}

/* SDM 25.5.2: with "monitor trap flag" an exit is due after an instruction, and after an event's delivery. */
static void boundary(struct machine *m)
{
    if (m->s->mtf)
        see(m, SAW_MTF, 0);
}

/* The event reaches its handler, which notes it and returns: behind a fault's instruction, else where it came from. */
static void handler(struct machine *m, struct event e)
{
    m->rip = e.rip;
    see(m, SAW_EVENT, &e);
    boundary(m);
    m->residue = true;
    m->dropped_at = -1;
    if (m->s->late && m->policy != DIRECT && m->t->count == 1)
        m->here[PAGE_IDT] = false;
    if (e.type == T_INTERRUPT)
        m->isr = false;
    if (e.vector == V_NP)
        m->gate_repaired = true;
    if (e.vector == V_NMI)
        m->nmi_blocked = false;
    if (e.vector == V_DB) {
        m->rf = true;
        m->tf = false;
        m->dr6 = 0;
        m->rip = e.rip;
    } else if (e.type == T_HARD && e.vector != V_MC && e.origin != BY_L1 && e.origin != BY_USER && !e.second) {
        m->rip = e.rip + 1;
        m->rf = false;
    }
}

static void deliver(struct machine *m, struct event e);

/* SDM 27.2.4: the exit reports the event. What the event did to CR2, DR6, NMI blocking, the interrupt controller and
 * the shadows stays done (SDM 27.1); RIP is where it was. */
static void interrupted(struct machine *m, struct event e)
{
    bool drop;

    if (m->when == AT_EXIT)
        move(m);
    drop = drops(m, e);
    /* SDM 27.3.3: RF is saved as the handler would have found it on its stack: 1 after a fault, but for a code breakpoint. */
    if (drop)
        m->dropped_at = m->rip;
    if (drop)
        m->rf = !m->s->rf_lost && e.type == T_HARD && e.vector != V_DB;
    if (m->s->reflect)
        see(m, SAW_L1_EXIT, drop ? 0 : &e);
    if (!drop)
        deliver(m, e);
}

/* The gate is not present: #NP, or the double fault that the two make (SDM table 6-5). EXT is bit 0 of the error code:
 * the event came from outside the instruction (SDM 6.13). */
static struct event second_of(struct event e)
{
    const bool pair = e.type == T_HARD && (e.vector == V_PF || e.vector == V_GP || e.vector == V_NP || e.vector == V_DE);
    const bool software = e.type == T_SOFT_INT || e.type == T_SOFT_EXC;

    return (struct event){.type = T_HARD, .origin = BY_HARDWARE, .vector = pair ? V_DF : V_NP, .rip = e.rip,
                          .error = pair ? 0 : e.vector * 8 + 2 + !software,
                          .second = !(software || (e.type == T_HARD && e.origin == BY_HARDWARE && e.vector != V_DB))};
}

static void deliver(struct machine *m, struct event e)
{
    m->shadow = 0;
    if (++m->steps > LIMIT)
        return;
    if (m->s->task_gate && e.vector == V_UD) { /* SDM 25.4.2: a task switch always exits */
        if (!drops(m, e))
            handler(m, e);
    } else if (!touch(m, PAGE_IDT)) {
        interrupted(m, e);
    } else if (m->s->no_gate && e.vector == m->s->no_gate && !m->gate_repaired) {
        struct event n = second_of(e);

        n.rip = n.vector == V_NP && (e.type == T_SOFT_INT || e.type == T_SOFT_EXC) ? m->rip : e.rip;
        deliver(m, n);
    } else if (!touch(m, PAGE_STACK)) {
        m->residue = true;
        interrupted(m, e);
    } else {
        handler(m, e);
    }
}

static void fault(struct machine *m, int vector, int error)
{
    deliver(m, (struct event){.type = T_HARD, .origin = BY_HARDWARE, .vector = vector, .error = error, .rip = m->rip});
}

static void retire(struct machine *m, bool tf)
{
    m->rip++;
    m->rf = false;
    m->dropped_at = -1;
    boundary(m);
    if (tf)
        m->trap |= 0x4000;
}

/* An MSR of the hypervisor's making: it refuses the first attempt and counts them all. */
static void wrmsr(struct machine *m, bool tf)
{
    if (m->attempts++)
        retire(m, tf);
    else
        deliver(m, (struct event){.type = T_HARD, .origin = BY_EMULATOR, .vector = V_GP, .rip = m->rip});
}

static void execute(struct machine *m)
{
    const enum op op = m->patched && m->rip == 1 ? NOP : m->s->program[m->rip];
    const bool tf = m->tf;

    m->shadow = 0;
    m->was_blocked = m->nmi_blocked;
    switch (op) {
    case NOP:
        retire(m, tf);
        break;
    case UD:
        fault(m, V_UD, 0);
        break;
    case DE:
        fault(m, V_DE, 0);
        break;
    case GP:
        fault(m, V_GP, 8);
        break;
    case BAD_IRET:
        m->nmi_blocked = false; /* even if it faults (SDM 6.7.1) */
        fault(m, V_GP, 8);
        break;
    case PF:
        if (m->page) {
            retire(m, tf);
        } else {
            m->cr2 = PAGE_ADDRESS;
            fault(m, V_PF, 2);
        }
        break;
    case STORE:
        retire(m, tf);
        m->trap |= 1;
        break;
    case STI:
        retire(m, tf);
        m->shadow = m->iff ? 0 : STI;
        m->iff = true;
        break;
    case MOV_SS:
        retire(m, tf);
        m->shadow = MOV_SS;
        break;
    case INT3:
    case INTN:
        deliver(m, (struct event){.type = op == INT3 ? T_SOFT_EXC : T_SOFT_INT, .origin = BY_HARDWARE,
                                  .vector = op == INT3 ? V_BP : V_SOFT, .rip = m->rip + 1});
        break;
    case WRMSR:
        wrmsr(m, tf);
        break;
    case VE_LOAD: /* SDM 25.5.6.1: #VE if the area is not busy, else an exit, which maps the page unseen */
        if (m->ve_busy) {
            retire(m, tf);
        } else {
            m->ve_busy = true;
            fault(m, V_VE, 0);
        }
        break;
    default:
        m->done = true;
        break;
    }
}

/* One instruction boundary and what follows it, in the order of SDM table 6-2. */
static void step(struct machine *m)
{
    if (m->boundary++ == m->when)
        move(m);
    if (m->first) {
        m->first = false;
        m->isr |= m->s->injected.type == T_INTERRUPT;
        deliver(m, m->s->injected);
    } else if (m->trap && m->shadow != MOV_SS) {
        m->dr6 = m->trap;
        m->trap = 0;
        deliver(m, (struct event){.type = T_HARD, .origin = BY_HARDWARE, .vector = V_DB, .rip = m->rip, .trap = true});
    } else if (m->nmi && !m->nmi_blocked && !m->shadow) {
        m->nmi = false;
        m->nmi_blocked = true;
        deliver(m, (struct event){.type = T_NMI, .origin = BY_HARDWARE, .vector = V_NMI, .rip = m->rip});
    } else if (m->irr && m->iff && !m->shadow) {
        m->irr = false;
        m->isr = true;
        deliver(m, (struct event){.type = T_INTERRUPT, .origin = BY_HARDWARE,
                                  .vector = m->s->int_vector ? m->s->int_vector : V_INT, .rip = m->rip});
    } else if (m->s->budget && !touch(m, PAGE_CODE)) {
        return; /* an exit for the fetch: mapped, and the instruction starts again */
    } else if (m->s->breakpoint && m->rip == 1 && !m->rf && m->shadow != MOV_SS) {
        m->dr6 = 1;
        deliver(m, (struct event){.type = T_HARD, .origin = BY_HARDWARE, .vector = V_DB, .rip = m->rip});
    } else {
        execute(m);
    }
}

struct trace model_run(const struct setup *s, enum policy policy, int conjuncts, int when, bool below_rsp)
{
    struct trace t = {.count = 0};
    struct machine m = {.s = s, .policy = policy, .conjuncts = conjuncts, .when = when, .below_rsp = below_rsp,
                        .cr2 = OLD_CR2, .tf = s->tf, .iff = s->iff, .nmi_blocked = s->nmi_blocked, .irr = s->irr,
                        .nmi = s->nmi, .page = s->page, .first = s->inject, .dropped_at = -1, .t = &t};

    m.here[PAGE_CODE] = !s->budget || policy == DIRECT;
    m.here[PAGE_IDT] = policy == DIRECT || !s->idt_away;
    m.here[PAGE_STACK] = policy == DIRECT || !s->stack_away;
    while (!m.done && m.steps <= LIMIT && m.boundary <= LIMIT)
        step(&m);
    see(&m, m.done ? SAW_END : SAW_STUCK, 0);
    t.seen[t.count - 1].cr2 = m.cr2;
    t.seen[t.count - 1].dr6 = m.dr6 | m.trap | m.isr << 20 | m.nmi_blocked << 21 | (below_rsp && m.residue) << 22 |
                              m.nmi << 23 | m.irr << 24;
    return t;
}

bool same_trace(const struct trace *a, const struct trace *b)
{
    return a->count == b->count && !memcmp(a->seen, b->seen, (size_t)a->count * sizeof a->seen[0]);
}

void show_trace(const struct trace *t)
{
    for (int i = 0; i < t->count; i++) {
        const struct seen *s = &t->seen[i];

        if (s->what == SAW_EVENT)
            printf(" #%d@%d", s->vector, s->rip);
        else if (s->what == SAW_MTF)
            printf(" mtf@%d", s->rip);
        else if (s->what == SAW_L1_EXIT && s->vector >= 0)
            printf(" L1-exit(#%d)", s->vector);
        else if (s->what == SAW_L1_EXIT)
            printf(" L1-exit(none)");
        else
            printf(" %s(cr2=%d,state=%x)", s->what == SAW_END ? "end" : "stuck", s->cr2, (unsigned)s->dr6);
        if (s->what == SAW_EVENT && s->error)
            printf("[%d]", s->error);
    }
}
