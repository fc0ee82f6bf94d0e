/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Call sequences of the public API from the bytes of a fuzzer (libFuzzer): which call, with which record, what the
 * guest does and what meets its deliveries. The driver keeps what the contracts ask of a caller and nothing else.
 * Asserted: every executed contract (proofs/checkgen.py), the seam's preconditions (vendor/model), the invariant and
 * both balances after every call, the oracle's answer to every decision (tests/oracle), and at the end that all that waits comes out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../oracle/bridge.h"

enum { DRAIN = 600, OPS = 400 };

struct run {
    struct model_cpu cpu;
    struct pn_vcpu v;
    const uint8_t *data;
    size_t left;
    const char *call; /* what was called last */
    unsigned int ops;
    bool draining, intercepts_all;
    uint64_t injected; /* events that reached the guest by injection */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const struct run *r, const char *what)
{
    fprintf(stderr, "FUZZ: after %s (call %u%s): %s\n", r->call, r->ops, r->draining ? ", draining" : "", what);
    abort();
}

static void check(const struct run *r, const char *difference)
{
    if (difference)
        fail(r, difference);
}

static unsigned int take(struct run *r, unsigned int n)
{
    if (!r->left)
        return 0;
    r->left--;
    return *r->data++ % n;
}

/* ---- Records ---- */

static struct pn_event record(struct run *r, uint8_t type, uint8_t vector)
{
    struct pn_event e = model_event(type, vector);
    const unsigned int how = take(r, 256);

    if (type >= PN_TYPE_SOFT_INTERRUPT && type <= PN_TYPE_SOFT_EXCEPTION)
        e.length = (uint8_t)(1 + how % 15);
    e.has_error = model_has_error(type, vector, r->cpu.pe);
    e.error = e.has_error ? how * 257 : 0;
    if (model_payload_allowed(type, vector) && type == PN_TYPE_HARD_EXCEPTION) {
        e.has_payload = true;
        e.payload = (uint64_t)take(r, 256) << 9 | how;
    }
    if (vector == PN_VECTOR_DB)
        e.db_kind = (uint8_t)(type == PN_TYPE_PRIV_EXCEPTION ? PN_DB_ICEBP : 1 + how % 7);
    if (e.db_kind == PN_DB_ICEBP && type == PN_TYPE_HARD_EXCEPTION)
        e.db_kind = PN_DB_SINGLE_STEP;
    return e;
}

/* Any exception that an instruction or a delivery can raise; #CP needs CET, which no guest is offered. */
static struct pn_event exception(struct run *r)
{
    const unsigned int n = take(r, 40);
    struct pn_event e;

    if (n == 32)
        e = record(r, PN_TYPE_SOFT_EXCEPTION, 3);
    else if (n == 33)
        e = record(r, PN_TYPE_SOFT_EXCEPTION, 4);
    else if (n == 34)
        e = record(r, PN_TYPE_PRIV_EXCEPTION, PN_VECTOR_DB);
    else
        e = record(r, PN_TYPE_HARD_EXCEPTION, (uint8_t)(n < 32 ? n : PN_VECTOR_PF));
    if (!model_type_ok(e) || e.vector == 21)
        e = record(r, PN_TYPE_HARD_EXCEPTION, 13);
    return e;
}

/* ---- The guest ---- */

static struct model_step guest_step(struct model_cpu *cpu, void *context)
{
    static const enum model_insn way_out[] = {MODEL_EOI, MODEL_IRET, MODEL_CLEAR_TF, MODEL_STI};
    struct run *r = context;
    struct model_step s = {.insn = (enum model_insn)take(r, MODEL_INSNS)};

    if (r->draining)
        return (struct model_step){.insn = way_out[cpu->entries % 4]};
    if (s.insn == MODEL_INT_N)
        s.event = record(r, PN_TYPE_SOFT_INTERRUPT, (uint8_t)take(r, 256));
    if (s.insn == MODEL_RAISES)
        s.event = exception(r);
    if (s.insn == MODEL_TRIPLE_FAULT && take(r, 4))
        s.insn = MODEL_NOP;
    return s;
}

static struct model_hazard guest_hazard(struct model_cpu *cpu, struct pn_event e, void *context)
{
    struct run *r = context;
    const unsigned int n = r->draining ? 0 : take(r, 16);
    struct model_hazard h = {.meets = MODEL_NOTHING, .trap_gate = n & 1};

    (void)cpu;
    (void)e;
    if (n >= 8 && n < 12)
        h.meets = MODEL_EPT_VIOLATION;
    if (n >= 12) {
        h.exception = exception(r);
        h.meets = h.exception.type == PN_TYPE_HARD_EXCEPTION ? MODEL_EXCEPTION : MODEL_NOTHING;
    }
    return h;
}

static void guest_sees(struct model_cpu *cpu, const struct model_seen *seen, void *context)
{
    struct run *r = context;

    (void)cpu;
    r->injected += seen->injected;
}

static void violated(const char *function, const char *name, void *context)
{
    char text[160];

    snprintf(text, sizeof text, "contract broken: %s: %s", function, name);
    fail(context, text);
}

/* ---- Calls, each with what it must have done ---- */

static void queue(struct run *r, struct pn_event e)
{
    const struct oracle_state before = oracle_look(&r->cpu, &r->v);
    enum pn_queued answer;

    r->call = "pn_queue_exception";
    answer = pn_queue_exception(&r->v, e);
    check(r, oracle_check_queue(&before, e, answer, &r->cpu, &r->v));
}

/* SDM 6.7.1: one NMI is latched while one is served or on its way, further ones merge. */
static void queue_nmi(struct run *r)
{
    const unsigned int before = r->v.nmi_pending;
    const bool serving = r->cpu.nmi_blocked || (r->cpu.entry && r->cpu.entry_event.type == PN_TYPE_NMI) ||
                         (r->cpu.owed && r->cpu.owed_event.type == PN_TYPE_NMI);
    const bool merges = before == PN_NMI_LIMIT || (before > 0 && serving);

    r->call = "pn_queue_nmi";
    if ((pn_queue_nmi(&r->v) == PN_COLLAPSED) != merges)
        fail(r, "whether it merges");
    if (r->v.nmi_pending != before + !merges)
        fail(r, "the number of NMIs");
    check(r, oracle_sound(&r->cpu, &r->v));
}

static void interrupt_pending(struct run *r)
{
    r->call = "pn_interrupt_pending";
    pn_interrupt_pending(&r->v);
    if (!r->v.interrupt_waiting)
        fail(r, "the interrupt is forgotten");
    check(r, oracle_sound(&r->cpu, &r->v));
}

static void triple_fault(struct run *r)
{
    r->call = "pn_queue_triple_fault";
    pn_queue_triple_fault(&r->v);
    if (!r->v.triple_fault)
        fail(r, "no shutdown");
    check(r, oracle_sound(&r->cpu, &r->v));
}

/* An instruction that the hypervisor carried out; only where one can have been: nothing interrupted, nothing raised. */
static void retired(struct run *r)
{
    const bool steps = r->cpu.tf && !r->cpu.btf;

    if (r->cpu.owed || r->v.exception.stage != PN_STAGE_NONE)
        return;
    r->call = "pn_instruction_retired";
    pn_instruction_retired(&r->v);
    if (r->cpu.sti || r->cpu.movss)
        fail(r, "the shadow stays");
    if ((r->v.exception.stage == PN_STAGE_PENDING) != steps)
        fail(r, "single step");
    if (steps && (r->v.exception.vector != PN_VECTOR_DB || r->v.exception.payload != 1u << MODEL_DB_BS))
        fail(r, "the single-step trap");
    check(r, oracle_sound(&r->cpu, &r->v));
}

static bool inject(struct run *r)
{
    const struct oracle_state before = oracle_look(&r->cpu, &r->v);
    enum pn_action action;

    r->call = "pn_inject_events";
    action = pn_inject_events(&r->v);
    check(r, oracle_check_inject(&before, action, &r->cpu, &r->v));
    return action == PN_ENTER;
}

/* The entry does not run; what was prepared is owed again. */
static void cancel(struct run *r)
{
    const bool had = r->cpu.entry;
    const struct pn_event e = r->cpu.entry_event;

    if (take(r, 2))
        queue_nmi(r);
    r->call = "pn_cancel_injection";
    pn_cancel_injection(&r->v);
    if (r->cpu.owed != had || (had && !oracle_same(r->cpu.owed_event, e)))
        fail(r, "what was taken back");
    check(r, oracle_sound(&r->cpu, &r->v));
}

static void enter(struct run *r)
{
    struct pn_event e;
    bool owed;

    r->call = "VM entry";
    pn_hw_enter_guest();
    owed = r->cpu.owed;
    e = r->cpu.owed_event;
    r->call = "pn_complete_vectoring";
    pn_complete_vectoring(&r->v);
    if (owed != (r->v.injected.stage == PN_STAGE_INJECTED) || (owed && !oracle_same(r->v.injected, e)))
        fail(r, "what the exit reported");
    if (!owed && r->cpu.iret_unblocked && !r->cpu.nmi_blocked)
        fail(r, "NMI blocking after an interrupted IRET");
    check(r, oracle_sound(&r->cpu, &r->v));
    /* What the core knows delivered is what the guest got: exactly, if nothing combines without an exit. */
    if (r->intercepts_all && pn_tally_all(&r->cpu.counters, &r->v).delivered + r->cpu.twins != r->injected)
        fail(r, "delivered is not what the guest got");
}

static void answer_exit(struct run *r)
{
    switch (r->cpu.exit.reason) {
    case MODEL_EXIT_EXCEPTION: /* passed on, or resolved by the hypervisor (a page fault of its own) */
        if (r->draining || take(r, 8))
            queue(r, r->cpu.exit.exception);
        break;
    case MODEL_EXIT_NMI:
        queue_nmi(r);
        break;
    case MODEL_EXIT_INTERRUPT:
        interrupt_pending(r);
        break;
    case MODEL_EXIT_TRIPLE_FAULT:
        triple_fault(r);
        break;
    case MODEL_EXIT_INSTRUCTION:
        retired(r);
        break;
    default:
        break;
    }
}

/* ---- The sequence ---- */

static void outside(struct run *r)
{
    switch (take(r, 5)) {
    case 0:
        r->cpu.nmi_pin = true;
        break;
    case 1:
        r->cpu.btf = take(r, 2);
        break;
    case 2:
        r->cpu.budget = 1 + take(r, 4);
        break;
    case 3:
        r->cpu.dr7 |= 1u << 13;
        break;
    default:
        model_request(&r->cpu.controller, (uint8_t)(32 + take(r, 224)));
        break;
    }
}

/* False: the guest has shut down. */
static bool operation(struct run *r)
{
    struct pn_event e;

    switch (take(r, 12)) {
    case 0:
        queue_nmi(r);
        return true;
    case 1:
        interrupt_pending(r);
        return true;
    case 2:
    case 3:
        e = exception(r);
        e.origin = (uint8_t)take(r, PN_RESTORED + 1);
        queue(r, e);
        return true;
    case 4:
        retired(r);
        return true;
    case 5:
    case 6:
        outside(r);
        return true;
    case 7:
        if (!inject(r))
            return false;
        cancel(r);
        return true;
    case 8:
        if (take(r, 8) == 7)
            triple_fault(r);
        return true;
    default:
        if (!inject(r))
            return false;
        enter(r);
        answer_exit(r);
        return true;
    }
}

static bool quiet(const struct run *r)
{
    return !r->cpu.owed && !r->v.nmi_pending && !r->v.interrupt_waiting && r->v.exception.stage == PN_STAGE_NONE &&
           model_highest(&r->cpu.controller) == MODEL_NONE && !r->cpu.nmi_pin;
}

/* No more noise: all that waits must come out. */
static void drain(struct run *r)
{
    r->draining = true;
    r->cpu.budget = 4;
    for (unsigned int i = 0; i < DRAIN; i++) {
        if (quiet(r) && !r->cpu.nmi_window && !r->cpu.intr_window)
            return;
        if (!inject(r))
            return;
        enter(r);
        answer_exit(r);
    }
    fail(r, "something waits for ever");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run r;
    unsigned int how;

    memset(&r, 0, sizeof r);
    r.data = data;
    r.left = size;
    r.call = "pn_vcpu_init";
    model_init(&r.cpu, (struct model_world){guest_step, guest_hazard, guest_sees, violated, &r});
    pn_vcpu_init(&r.v);
    check(&r, oracle_sound(&r.cpu, &r.v));
    how = take(&r, 256);
    r.cpu.pe = (how & 3) != 3;
    r.cpu.bitmap = how & 4 ? ~0u : how & 8 ? 0 : 0x2042u << (how >> 4);
    r.intercepts_all = how & 4;
    for (r.ops = 0; r.ops < OPS && r.left; r.ops++)
        if (!operation(&r))
            return 0;
    drain(&r);
    return 0;
}
