/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guest of a random history: what it does, what its deliveries meet, what its handlers see.
 */
#include <string.h>

#include "witness.h"

unsigned int pick(struct witness *w, unsigned int n)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (unsigned int)((w->random >> 24) % n);
}

bool chance(struct witness *w, unsigned int percent)
{
    return pick(w, 100) < percent;
}

/* ---- Random events and instructions ---- */

static struct pn_event some_exception(struct witness *w)
{
    static const uint8_t vectors[] = {0, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 13, 16, 17, 18, 19, 20, 29, 30, 31};
    const bool svm = w->f->cpu.svm, pe = w->f->cpu.pe;
    struct pn_event e;

    switch (pick(w, 8)) {
    case 0:
        e = breakpoint();
        break;
    case 1:
        e = chance(w, 50) ? overflow() : icebp();
        break;
    case 2:
    case 3:
        e = page_fault(w->random & ~0xfffull, pick(w, 32));
        e.has_error = pe;
        e.error = e.has_error ? e.error : 0;
        return e;
    case 4:
        return debug(PN_DB_CODE_BREAKPOINT, w->random & 0x1e80f);
    default:
        e = fault(vectors[pick(w, sizeof vectors)]);
        e.has_error = model_has_error(svm, 3, e.vector, pe);
        e.error = e.has_error ? pick(w, 0x10000) * (svm ? 0xffffu : 1u) : 0;
        return e;
    }
    e.length = (uint8_t)(1 + pick(w, 15));
    return e;
}

struct pn_event any_exception(struct witness *w)
{
    struct pn_event e;

    do
        e = some_exception(w);
    while (!exists(w->f, e));
    return e;
}

/* EOI only for the interrupt whose handler runs. */
static enum model_insn end_of_handler(const struct witness *w)
{
    return w->depth && w->unfinished[w->depth - 1] ? MODEL_EOI : MODEL_IRET;
}

struct model_step any_step(struct model_cpu *cpu, void *context)
{
    struct witness *w = context;
    const unsigned int n = pick(w, 100);
    struct model_step s = {.insn = MODEL_NOP};

    if (w->ending)
        MUST(w, cpu->last_eoi == w->ending); /* the EOI of a handler retired that handler's interrupt */
    w->ending = 0;
    if (w->repeat && w->repeat_rip == cpu->rip && end_of_handler(w) == MODEL_IRET)
        s.insn = n < 10 && !w->draining ? MODEL_IRET_EVICTED : MODEL_IRET;
    else if (w->draining && cpu->tf)
        s.insn = MODEL_CLEAR_TF;
    else if (w->draining || n < 30 || cpu->depth > MODEL_STACK / 2)
        s.insn = cpu->depth ? end_of_handler(w) : n % 2 ? MODEL_STI : MODEL_IRET;
    else if (n < 60)
        s.insn = (enum model_insn)pick(w, MODEL_IRET);
    else if (n < 64)
        s.insn = chance(w, 30) ? MODEL_SET_TF : MODEL_CLEAR_TF;
    else if (n < 70)
        s = (struct model_step){.insn = MODEL_INT_N, .event = vectored(4, (uint8_t)pick(w, 256), 2, false, 0)};
    else if (n < 85)
        s = (struct model_step){.insn = MODEL_RAISES, .event = any_exception(w)};
    else if (n < 87)
        s = (struct model_step){.insn = MODEL_RAISES, .event = debug(PN_DB_DATA_OR_IO, 1u << pick(w, 4))};
    else if (n < 93)
        s.insn = MODEL_EXITS;
    else if (n < 96)
        s.insn = MODEL_EVICTED;
    else if (n < 99)
        s.insn = MODEL_IRET_EVICTED;
    else if (chance(w, 15))
        s.insn = MODEL_TRIPLE_FAULT;
    if (s.insn == MODEL_EOI) {
        w->unfinished[w->depth - 1] = false;
        w->ending = w->serving[w->depth - 1];
    }
    if (s.insn == MODEL_IRET && w->depth)
        w->depth--;
    if (s.insn == MODEL_IRET)
        w->repeat = false;
    return s;
}

void step_again(struct model_cpu *cpu, struct model_step s, void *context)
{
    struct witness *w = context;

    if (s.insn == MODEL_IRET && cpu->depth)
        w->depth++;
    w->repeat = true;
    w->repeat_rip = cpu->rip;
    w->irets++;
}

void forget(struct witness *w, struct pn_event e)
{
    if (e.type == 2)
        w->nmis--;
    if (e.type == 0) {
        w->f->cpu.controller.in_service[e.vector] = false;
        w->lost_interrupts++;
    }
}

struct model_hazard any_hazard(struct model_cpu *cpu, struct pn_event e, void *context)
{
    struct witness *w = context;
    struct model_hazard h = {.meets = MODEL_NOTHING, .trap_gate = !w->draining && chance(w, 30)};

    if (!w->draining && chance(w, 25))
        h.meets = MODEL_EPT_VIOLATION;
    else if (!w->draining && chance(w, 8)) {
        h.meets = MODEL_EXCEPTION;
        do
            h.exception = any_exception(w);
        while (h.exception.type != 3);
        if (!(cpu->bitmap >> h.exception.vector & 1)) { /* the processor combines the two itself */
            forget(w, e);
            w->owed = false;
        }
    }
    return h;
}

/* ---- What the guest gets ---- */

static void push(struct witness *w, struct pn_event e)
{
    if (w->depth == MODEL_STACK) { /* the model forgets its oldest frame, too */
        if (w->unfinished[0])
            w->f->cpu.controller.in_service[w->serving[0]] = false;
        memmove(w->unfinished, w->unfinished + 1, sizeof w->unfinished - sizeof w->unfinished[0]);
        memmove(w->serving, w->serving + 1, sizeof w->serving - sizeof w->serving[0]);
        w->depth--;
    }
    w->unfinished[w->depth] = e.type == 0;
    w->serving[w->depth] = e.vector;
    w->depth++;
}

void check_received(struct model_cpu *cpu, const struct model_seen *seen, void *context)
{
    struct witness *w = context;

    push(w, seen->event);
    if (!seen->injected) {
        MUST(w, !w->owed);
        return;
    }
    w->injected++;
    if (w->owed) {
        MUST(w, same_event(seen->event, w->next));
        MUST(w, seen->pushed_rf || !w->pushes_rf);
        MUST(w, seen->cr2 == w->cr2 && seen->dr6 == w->dr6 && seen->dr7 == w->dr7);
        MUST(w, seen->pushed_rip == w->returns);
    } else {
        MUST(w, seen->event.type == 0 || seen->event.type == 2);
    }
    w->owed = false;
    if (seen->event.type == 2) {
        MUST(w, w->nmis > 0);
        w->nmis--;
    }
    if (seen->event.type == 0)
        MUST(w, model_serving(&cpu->controller) == seen->event.vector);
}

void expect(struct witness *w, struct pn_event e, bool first_time)
{
    const struct model_cpu *cpu = &w->f->cpu;

    w->owed = true;
    w->by_delivery = false;
    w->pushes_rf = first_time && e.type == 3 && model_is_fault(e.vector);
    w->next = e;
    w->cr2 = cpu->cr2;
    w->dr6 = cpu->dr6;
    w->dr7 = cpu->dr7;
    w->returns = model_soft(e.type) ? model_behind(cpu, cpu->rip, e.length) : cpu->rip;
    w->low = first_time && model_low_trap(e) && e.has_payload; /* without, nothing could be kept behind MTF */
    if (first_time && e.has_payload && e.vector == 14)
        w->cr2 = e.payload;
    if (first_time && e.has_payload && e.vector == 1)
        w->dr6 = model_dr6(cpu->dr6, e.payload);
    if (first_time && e.vector == 1)
        w->dr7 &= ~(1ull << 13);
    w->next.has_error = model_has_error(cpu->svm, e.type, e.vector, cpu->pe);
}
