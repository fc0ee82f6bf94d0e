/* SPDX-License-Identifier: BSD-2-Clause */
#include "support.h"

#include <stdio.h>
#include <string.h>

static struct model_step next_step(struct model_cpu *cpu, void *context)
{
    struct fixture *f = context;

    (void)cpu;
    return f->step < f->steps ? f->script[f->step++] : (struct model_step){.insn = MODEL_NOP};
}

static struct model_hazard next_hazard(struct model_cpu *cpu, struct pn_event e, void *context)
{
    struct fixture *f = context;

    (void)cpu;
    (void)e;
    return f->hazard < f->hazard_count ? f->hazards[f->hazard++] : (struct model_hazard){.meets = MODEL_NOTHING};
}

static void received(struct model_cpu *cpu, const struct model_seen *seen, void *context)
{
    struct fixture *f = context;

    (void)cpu;
    HOLDS(f->seen < LOG);
    f->log[f->seen++] = *seen;
}

static void violated(const char *function, const char *name, void *context)
{
    struct fixture *f = context;

    snprintf(f->violation, sizeof f->violation, "%s: %s", function, name);
    if (f->catching)
        longjmp(f->caught, 1);
    ck_abort_msg("precondition broken: %s: %s", function, name);
}

/* The instruction did not run: its script line stands again. */
static void again(struct model_cpu *cpu, struct model_step s, void *context)
{
    struct fixture *f = context;

    (void)cpu;
    (void)s;
    f->step -= f->step > 0;
}

struct fixture *fresh_on(int processor)
{
    static struct fixture f;
    const struct model_world world = {next_step, next_hazard, received, violated, &f, again};

    memset(&f, 0, sizeof f);
    model_init(&f.cpu, world);
    if (processor != ON_VMX)
        model_make_svm(&f.cpu, processor == ON_SVM);
    pn_vcpu_init(&f.v);
    return &f;
}

struct fixture *fresh(void)
{
    return fresh_on(ON_VMX);
}

void retired(struct fixture *f, uint8_t shadow)
{
    const struct pn_retired r = {.shadow = shadow, .tf = f->cpu.tf};

    model_move(&f->cpu, model_behind(&f->cpu, f->cpu.rip, 1));
    pn_instruction_retired(&f->v, r);
    sound(f);
}

static struct model_step *append(struct fixture *f)
{
    ck_assert_uint_lt(f->steps, SCRIPT);
    return &f->script[f->steps++];
}

void script(struct fixture *f, enum model_insn insn)
{
    *append(f) = (struct model_step){.insn = insn};
}

void script_raises(struct fixture *f, struct pn_event e)
{
    *append(f) = (struct model_step){.insn = MODEL_RAISES, .event = e};
}

void script_int_n(struct fixture *f, uint8_t vector)
{
    *append(f) = (struct model_step){.insn = MODEL_INT_N, .event = vectored(4, vector, 2, false, 0)};
}

void meets(struct fixture *f, enum model_meets what)
{
    ck_assert_uint_lt(f->hazard_count, SCRIPT);
    f->hazards[f->hazard_count++] = (struct model_hazard){.meets = what};
}

void meets_exception(struct fixture *f, struct pn_event e)
{
    meets(f, MODEL_EXCEPTION);
    f->hazards[f->hazard_count - 1].exception = e;
}

enum model_reason enter(struct fixture *f)
{
    pn_hw_enter_guest();
    pn_complete_vectoring(&f->v);
    sound(f);
    return f->cpu.exit.reason;
}

enum model_reason turn(struct fixture *f)
{
    HOLDS(pn_inject_events(&f->v) == PN_ENTER);
    sound(f);
    return enter(f);
}

/* pn_inv of core/include/provenest/event.h, in C. */
static void invariant(const struct fixture *f)
{
    const struct pn_vcpu *v = &f->v;
    const struct model_cpu *cpu = &f->cpu;
    const bool pending = v->exception.stage == PN_STAGE_PENDING;
    const bool injected = v->injected.stage == PN_STAGE_INJECTED;

    HOLDS(v->exception.stage == PN_STAGE_NONE || pending);
    HOLDS(v->injected.stage == PN_STAGE_NONE || injected);
    HOLDS(!(pending && injected));
    if (pending) {
        HOLDS(model_type_ok(cpu->svm, v->exception) && model_length_ok(v->exception));
        HOLDS(model_error_ok(cpu->svm, v->exception.error));
        HOLDS(!v->exception.has_payload || model_payload_allowed(v->exception.type, v->exception.vector));
    }
    if (injected)
        HOLDS(model_type_ok(cpu->svm, v->injected) && model_length_ok(v->injected) && !v->injected.has_payload);
    HOLDS(v->nmi_pending <= 2 && !(v->mtf_pending && cpu->svm) && !(v->iret_watched && (!cpu->svm || cpu->entry)));
    HOLDS(!(injected && cpu->wfs));
    HOLDS(!cpu->exited && !cpu->acked && !cpu->done);
    HOLDS(injected == (cpu->entry || cpu->owed));
    HOLDS(!(cpu->entry && cpu->owed));
    if (cpu->entry)
        HOLDS(model_same(v->injected, cpu->entry_event) && model_returns(cpu, cpu->entry_event));
    else
        HOLDS(cpu->rip == cpu->at);
    if (cpu->owed) {
        HOLDS(model_same(v->injected, cpu->owed_event) && v->injected.type != 7);
        HOLDS(v->cancelled == cpu->taken_back);
    }
    if (injected && v->injected.type == 0)
        HOLDS(model_interrupt_open(cpu));
    if (injected && v->injected.type == 2) {
        HOLDS(!cpu->sti && !cpu->movss && cpu->gif);
        HOLDS(!cpu->entry || cpu->nmi_blocked == cpu->svm);
    }
}

void sound(struct fixture *f)
{
    const struct pn_vcpu *v = &f->v;
    const unsigned int owing = v->exception.stage == PN_STAGE_PENDING ? model_owes(v->exception) : 0;

    invariant(f);
    HOLDS(pn_tally_holds(pn_tally_all(&f->cpu.counters, v)));
    HOLDS(f->cpu.owing == f->cpu.applied + f->cpu.dropped + owing);
}

const struct model_seen *last_seen(const struct fixture *f)
{
    HOLDS(f->seen > 0);
    return &f->log[f->seen - 1];
}

struct pn_event fault(uint8_t vector)
{
    return model_event(3, vector);
}

struct pn_event fault_with(uint8_t vector, uint32_t error)
{
    struct pn_event e = fault(vector);

    e.has_error = true;
    e.error = error;
    return e;
}

struct pn_event page_fault(uint64_t address, uint32_t error)
{
    struct pn_event e = fault_with(14, error);

    e.has_payload = true;
    e.payload = address;
    return e;
}

struct pn_event debug(uint8_t kind, uint64_t qualification)
{
    struct pn_event e = fault(1);

    e.db_kind = kind;
    e.has_payload = true;
    e.payload = qualification;
    return e;
}

struct pn_event breakpoint(void)
{
    return vectored(6, 3, 1, false, 0);
}

struct pn_event overflow(void)
{
    return vectored(6, 4, 1, false, 0);
}

struct pn_event icebp(void)
{
    struct pn_event e = vectored(5, 1, 1, false, 0);

    e.db_kind = PN_DB_ICEBP;
    return e;
}

struct pn_event by(uint8_t origin, struct pn_event e)
{
    e.origin = origin;
    return e;
}

struct pn_event vectored(uint8_t type, uint8_t vector, uint8_t length, bool has_error, uint32_t error)
{
    struct pn_event e = model_event(type, vector);

    e.length = length;
    e.has_error = has_error;
    e.error = error;
    return e;
}

void interrupted_by_exit(struct fixture *f, struct pn_event e)
{
    f->cpu.exited = true;
    f->cpu.taken_back = false;
    f->cpu.code = (struct model_code){f->cpu.rip, e.type == 6 ? 3 : e.type, e.vector, e.length};
    f->cpu.done = f->cpu.entry && !model_same(f->cpu.entry_event, e);
    f->cpu.done_event = f->cpu.entry_event;
    f->cpu.entry = false;
    f->cpu.owed = true;
    f->cpu.owed_event = e;
    if (e.type == 0)
        f->cpu.iflag = true;
    if (e.type == 0 || e.type == 2)
        f->cpu.sti = f->cpu.movss = false;
    if (e.type == 2 && !f->cpu.svm)
        f->cpu.nmi_blocked = true;
    pn_complete_vectoring(&f->v);
    sound(f);
}

bool exists(const struct fixture *f, struct pn_event e)
{
    return model_type_ok(f->cpu.svm, e) && model_length_ok(e) && !(e.type == 3 && e.vector == 21);
}

bool same_event(struct pn_event a, struct pn_event b)
{
    return model_same(a, b);
}
