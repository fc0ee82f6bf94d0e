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
    struct model_step again; /* an instruction that was intercepted before it ran */
    bool has_again;
    uint64_t return_rip; /* what the event of this entry must push */
    uint64_t injected;   /* events that reached the guest by injection */
    uint64_t held;       /* debug traps left to the processor: booked delivered without an injection */
};

/* Of the executed contracts, if they are linked in. */
__attribute__((weak)) void pn_check_reset(void);
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
    e.has_error = model_has_error(r->cpu.svm, type, vector, r->cpu.pe);
    e.error = e.has_error ? how * 257 : 0;
    if (model_payload_allowed(type, vector) && type == PN_TYPE_HARD_EXCEPTION) {
        e.has_payload = true;
        e.payload = (uint64_t)take(r, 256) << 9 | how;
    }
    if (vector == PN_VECTOR_DB)
        e.db_kind = (uint8_t)(type == PN_TYPE_PRIV_EXCEPTION ? PN_DB_ICEBP : 1 + how % 7);
    if (e.db_kind == PN_DB_ICEBP && type == PN_TYPE_HARD_EXCEPTION && !r->cpu.svm)
        e.db_kind = PN_DB_SINGLE_STEP; /* Intel: INT1 has a type of its own */
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
    if (!model_type_ok(r->cpu.svm, e) || e.vector == 21 ||
        (r->cpu.svm && e.type == PN_TYPE_HARD_EXCEPTION && oracle_reserved(ORACLE_AMD, e.vector)))
        e = record(r, PN_TYPE_HARD_EXCEPTION, 13);
    return e;
}

/* ---- The guest ---- */

static struct model_step guest_step(struct model_cpu *cpu, void *context)
{
    static const enum model_insn way_out[] = {MODEL_EOI, MODEL_IRET, MODEL_CLEAR_TF, MODEL_STI};
    struct run *r = context;
    struct model_step s = {.insn = MODEL_NOP};

    if (r->has_again) {
        r->has_again = false;
        return r->again;
    }
    s.insn = (enum model_insn)take(r, MODEL_INSNS);
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

static void guest_again(struct model_cpu *cpu, struct model_step s, void *context)
{
    struct run *r = context;

    (void)cpu;
    r->again = s;
    r->has_again = true;
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
    r->has_again = false; /* RIP is elsewhere now */
    r->injected += seen->injected;
    if (seen->injected && seen->pushed_rip != r->return_rip)
        fail(r, "the return address");
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

static bool idle(const struct run *r)
{
    return !r->cpu.owed && !r->cpu.entry && r->v.exception.stage == PN_STAGE_NONE;
}

/* An instruction that the hypervisor carried out; only where one can have been: nothing interrupted, nothing raised. */
static void retired(struct run *r)
{
    const unsigned int how = take(r, 256);
    const struct pn_retired done = {
        .shadow = (uint8_t)(how % 8 < 3 ? how % 8 : PN_SHADOW_NONE),
        .tf = r->cpu.tf,
        .breakpoints = how >> 4 & (how & 8 ? 15 : 0),
    };
    const uint64_t hits = done.breakpoints | r->cpu.hits;
    const bool steps = r->cpu.tf && !r->cpu.btf, holds = done.shadow == PN_SHADOW_MOV_SS;
    const bool raised = (steps || hits) && !holds;

    if (!idle(r) || (done.shadow == PN_SHADOW_STI && !r->cpu.svm && !r->cpu.iflag))
        return;
    model_move(&r->cpu, model_behind(&r->cpu, r->cpu.rip, (uint8_t)(1 + how % 15)));
    r->has_again = false;
    r->call = "pn_instruction_retired";
    pn_instruction_retired(&r->v, done);
    if (r->cpu.sti != (done.shadow == PN_SHADOW_STI || (holds && r->cpu.svm)) || r->cpu.movss != (holds && !r->cpu.svm))
        fail(r, "the shadow");
    if (r->cpu.rf)
        fail(r, "RF stays");
    if ((r->v.exception.stage == PN_STAGE_PENDING) != raised)
        fail(r, "whether a debug trap is due");
    if (raised && (r->v.exception.vector != PN_VECTOR_DB ||
                   r->v.exception.payload != (hits | (steps ? UINT64_C(1) << MODEL_DB_BS : 0))))
        fail(r, "the debug trap");
    if (r->cpu.hits != (holds && !r->cpu.svm ? hits : 0))
        fail(r, "what is held behind MOV SS");
    check(r, oracle_sound(&r->cpu, &r->v));
}

/* The kinds without a record: one is latched, a second one merges with it. */
static void queue_latch(struct run *r)
{
    const unsigned int which = take(r, 4);
    const bool before[4] = {r->v.smi_pending, r->v.init_pending, r->v.sipi_pending, r->v.mtf_pending};
    enum pn_queued answer, want = before[which] ? PN_COLLAPSED : PN_ACCEPTED;

    r->call = "pn_queue_smi, init, sipi or mtf";
    if (which == 3 && r->cpu.svm)
        return;
    if (which == 2 && !r->cpu.wfs)
        want = r->v.init_pending ? PN_BUSY : PN_NO_EFFECT;
    if (which == 0)
        answer = pn_queue_smi(&r->v);
    else if (which == 1)
        answer = pn_queue_init(&r->v);
    else if (which == 2)
        answer = pn_queue_sipi(&r->v, (uint8_t)take(r, 256));
    else
        answer = pn_queue_mtf(&r->v);
    if (answer != want)
        fail(r, "the answer");
    check(r, oracle_sound(&r->cpu, &r->v));
}

static void machine_check(struct run *r)
{
    const unsigned int how = take(r, 4);
    const bool waits = r->v.exception.stage == PN_STAGE_PENDING, owed = r->cpu.owed;

    r->call = "pn_queue_machine_check";
    if (r->cpu.entry)
        return;
    if (pn_queue_machine_check(&r->v, how & 1, how & 2) == PN_ACCEPTED) {
        if (how == 1 && (owed || r->v.exception.vector != PN_VECTOR_MC))
            fail(r, "the machine check");
        if (how != 1 && !r->v.triple_fault)
            fail(r, "no shutdown");
    } else if (how != 1 || !(waits || owed)) {
        fail(r, "refused");
    }
    check(r, oracle_sound(&r->cpu, &r->v));
}

/* A guest hypervisor takes the exception that waits as an exit. */
static void intercept(struct run *r)
{
    const struct pn_event e = r->v.exception;
    const enum oracle_vendor vendor = r->cpu.svm ? ORACLE_AMD : ORACLE_INTEL;
    const struct oracle_written written = oracle_written(vendor, e.vector, ORACLE_INTERCEPTED);
    const uint64_t dr6 = written.dr6 && e.has_payload ? oracle_dr6(vendor, r->cpu.dr6, e.payload) : r->cpu.dr6;
    const uint64_t cr2 = r->cpu.cr2;

    r->call = "pn_intercept_exception";
    if (e.stage != PN_STAGE_PENDING || r->cpu.entry)
        return;
    if (!oracle_same(pn_intercept_exception(&r->v), e))
        fail(r, "what is handed over");
    if (r->cpu.dr6 != dr6 || r->cpu.cr2 != cr2)
        fail(r, "DR6 or CR2");
    check(r, oracle_sound(&r->cpu, &r->v));
}

/* May these records be restored into this guest? The registers are in place already (SDM 26.2.1.3, 26.3.1.5; APM 15.20). */
static bool snapshot_fits(const struct model_cpu *cpu, const struct pn_snapshot *s)
{
    const struct pn_event w = s->exception, i = s->injected;
    const bool waits = w.stage == PN_STAGE_PENDING, owed = i.stage == PN_STAGE_INJECTED;

    if (s->version != PN_SNAPSHOT_VERSION || (w.stage != PN_STAGE_NONE && !waits) ||
        (i.stage != PN_STAGE_NONE && !owed))
        return false;
    if ((waits && owed) || s->nmi_pending > PN_NMI_LIMIT || (s->mtf_pending && cpu->svm))
        return false;
    if (waits &&
        !(model_type_ok(cpu->svm, w) && model_length_ok(w) && model_error_ok(cpu->svm, w.error) &&
          (w.type == PN_TYPE_HARD_EXCEPTION || w.type == PN_TYPE_PRIV_EXCEPTION || w.type == PN_TYPE_SOFT_EXCEPTION) &&
          (!w.has_payload || model_payload_allowed(w.type, w.vector)) && w.vector != 21))
        return false;
    if (!owed)
        return true;
    if (!(model_type_ok(cpu->svm, i) && model_length_ok(i) && model_error_ok(cpu->svm, i.error)) || i.has_payload ||
        i.type == PN_TYPE_OTHER || cpu->wfs)
        return false;
    if (i.has_error != model_has_error(cpu->svm, i.type, i.vector, cpu->pe) || (!i.has_error && i.error != 0))
        return false;
    if (i.type == PN_TYPE_INTERRUPT)
        return model_interrupt_open(cpu);
    return i.type != PN_TYPE_NMI || (!cpu->sti && !cpu->movss && cpu->gif);
}

/* One field of a snapshot is something else. */
static void damage(struct run *r, struct pn_snapshot *s)
{
    struct pn_event *const e = take(r, 2) ? &s->exception : &s->injected;
    const uint8_t value = (uint8_t)take(r, 256);

    switch (take(r, 10)) {
    case 0:
        s->version ^= value;
        break;
    case 1:
        s->nmi_pending = value;
        break;
    case 2:
        s->mtf_pending = true;
        break;
    case 3:
        e->stage = value & 3;
        break;
    case 4:
        e->type = value & 15;
        break;
    case 5:
        e->vector = value;
        break;
    case 6:
        e->length = value & 31;
        break;
    case 7:
        e->error ^= (uint32_t)value << 12;
        break;
    case 8:
        e->has_payload = true;
        break;
    default:
        s->exception = s->injected;
        s->exception.stage = PN_STAGE_PENDING;
        break;
    }
}

static bool is_empty(const struct pn_vcpu *v)
{
    return v->exception.stage == PN_STAGE_NONE && v->injected.stage == PN_STAGE_NONE && !v->nmi_pending &&
           !v->interrupt_waiting && !v->triple_fault && !v->smi_pending && !v->init_pending && !v->sipi_pending &&
           !v->mtf_pending;
}

/* A damaged snapshot is refused, and then nothing has changed, or it is one that a guest can be in. */
static bool restore_damaged(struct run *r, struct pn_snapshot s)
{
    bool fits;

    damage(r, &s);
    fits = snapshot_fits(&r->cpu, &s);
    r->call = "pn_restore, a damaged snapshot";
    if (pn_restore(&r->v, s) != fits)
        fail(r, fits ? "a good snapshot is refused" : "a bad snapshot is taken");
    if (!fits && !is_empty(&r->v))
        fail(r, "refused, but something has changed");
    check(r, oracle_sound(&r->cpu, &r->v));
    return fits;
}

/* Claim 2's option: an interrupted fault may be forgotten only if the instruction raises it again, unseen. */
static void elide(struct run *r)
{
    const unsigned int how = take(r, 16);
    const struct pn_resumption resumption = {.handled = how & 1, .undisturbed = how & 2, .first_try = how & 4};
    const struct pn_event e = r->v.injected;
    const bool again = e.vector == 0 || e.vector == 6 || e.vector == 16; /* #DE, #UD, #MF: no error code, no payload */
    const bool waits = r->v.nmi_pending || r->v.interrupt_waiting || r->v.triple_fault || r->v.smi_pending ||
                       r->v.init_pending || r->v.sipi_pending || r->v.mtf_pending;
    const bool may = r->cpu.owed && !r->cpu.taken_back && e.type == PN_TYPE_HARD_EXCEPTION && again &&
                     e.origin == PN_BY_HARDWARE && !e.by_delivery && (how & 7) == 7 && !waits;

    if (r->cpu.entry)
        return;
    r->call = "pn_elide";
    if (pn_elide(&r->v, resumption) != may)
        fail(r, "the answer");
    check(r, oracle_sound(&r->cpu, &r->v));
}

/* To another host and back: what waits is the same, or has its payload delivered already. */
static void migrate(struct run *r)
{
    const struct pn_vcpu before = r->v;
    const struct oracle_state s = oracle_look(&r->cpu, &r->v);
    const bool with_payload = take(r, 2);
    const uint64_t cr2 = r->cpu.cr2, dr6 = r->cpu.dr6;
    struct pn_snapshot snapshot;

    if (r->cpu.entry)
        return;
    r->call = "pn_save";
    snapshot = pn_save(&r->v, with_payload);
    if (with_payload && (r->cpu.cr2 != cr2 || r->cpu.dr6 != dr6 || r->v.exception.payload != before.exception.payload))
        fail(r, "saving changes something");
    check(r, oracle_sound(&r->cpu, &r->v));
    r->call = "pn_vcpu_reset";
    pn_vcpu_reset(&r->v);
    check(r, oracle_sound(&r->cpu, &r->v));
    if (take(r, 2) && restore_damaged(r, snapshot))
        return;
    r->call = "pn_restore";
    if (!pn_restore(&r->v, snapshot))
        fail(r, "a snapshot of its own is refused");
    if (s.raised && !oracle_same(r->v.exception, before.exception))
        fail(r, "the exception");
    if (r->cpu.owed != s.interrupted || (s.interrupted && !oracle_same(r->cpu.owed_event, s.injected)))
        fail(r, "the interrupted event");
    if (r->v.nmi_pending != before.nmi_pending || r->v.smi_pending != before.smi_pending ||
        r->v.init_pending != before.init_pending || r->v.mtf_pending != before.mtf_pending ||
        r->v.interrupt_waiting != before.interrupt_waiting || r->v.triple_fault != before.triple_fault)
        fail(r, "a latch");
    check(r, oracle_sound(&r->cpu, &r->v));
}

static void breakpoint_due(struct run *r)
{
    const bool want =
        !r->cpu.rf && !r->cpu.movss && r->v.exception.stage == PN_STAGE_NONE && r->v.injected.stage == PN_STAGE_NONE;

    r->call = "pn_code_breakpoint_due";
    if (pn_code_breakpoint_due(&r->v) != want)
        fail(r, "the answer");
}

/* SMI, INIT and SIPI are the hypervisor's to carry out. False: the guest does not run on. */
static bool carry_out(struct run *r, enum pn_action action)
{
    switch (action) {
    case PN_DO_SMI:
        r->cpu.smm = true;
        return true;
    case PN_DO_INIT:
        r->call = "pn_vcpu_reset";
        pn_vcpu_reset(&r->v);
        r->cpu.iflag = r->cpu.tf = r->cpu.sti = r->cpu.movss = r->cpu.nmi_blocked = r->cpu.bs = false;
        r->cpu.hits = 0;
        r->cpu.wfs = take(r, 2);
        check(r, oracle_sound(&r->cpu, &r->v));
        return true;
    case PN_DO_SIPI:
        r->cpu.wfs = false;
        return true;
    case PN_WAIT:
        if (r->draining)
            r->cpu.wfs = false; /* the other processors are gone */
        return true;
    default:
        return action != PN_SHUTDOWN;
    }
}

static enum pn_action inject(struct run *r)
{
    const struct oracle_state before = oracle_look(&r->cpu, &r->v);
    const char *difference;
    enum pn_action action;

    r->call = "pn_inject_events";
    action = pn_inject_events(&r->v);
    difference = oracle_check_inject(&before, action, &r->cpu, &r->v);
    if (difference)
        fprintf(stderr, "AMD %d, raised %d: type %u vector %u kind %u origin %u, interrupted %d: type %u vector %u\n",
                r->cpu.svm, before.raised, before.exception.type, before.exception.vector, before.exception.db_kind,
                before.exception.origin, before.interrupted, before.injected.type, before.injected.vector);
    check(r, difference);
    if (r->cpu.entry && model_soft(r->cpu.entry_event.type))
        r->return_rip = model_behind(&r->cpu, r->cpu.at, r->cpu.entry_event.length);
    else
        r->return_rip = r->cpu.at;
    r->held += r->cpu.entry && r->cpu.entry_event.type == PN_TYPE_OTHER && before.raised;
    return action;
}

/* The entry does not run; what was prepared is owed again, a pending MTF exit is pending again. */
static void cancel(struct run *r)
{
    const bool had = r->cpu.entry, mtf = had && r->cpu.entry_event.type == PN_TYPE_OTHER;
    const struct pn_event e = r->cpu.entry_event;

    if (take(r, 2))
        queue_nmi(r);
    if (take(r, 4) == 3)
        queue_latch(r);
    r->call = "pn_cancel_injection";
    pn_cancel_injection(&r->v);
    if (r->cpu.owed != (had && !mtf) || (r->cpu.owed && !oracle_same(r->cpu.owed_event, e)))
        fail(r, "what was taken back");
    if (mtf && !r->v.mtf_pending)
        fail(r, "the MTF exit is lost");
    if (r->cpu.rip != r->cpu.at)
        fail(r, "RIP");
    check(r, oracle_sound(&r->cpu, &r->v));
}

/* What the core knows delivered is what the guest got: exactly, if nothing combines without an exit. */
static void check_delivered(const struct run *r)
{
    uint64_t delivered = 0;

    for (uint8_t type = PN_TYPE_INTERRUPT; type < PN_TYPE_OTHER; type++)
        for (uint8_t path = 0; path < PN_COUNTED_PATHS; path++)
            delivered += r->cpu.counters.delivered[type][path];
    if (r->intercepts_all && delivered + r->cpu.twins != r->injected + r->held)
        fail(r, "delivered is not what the guest got");
}

static void enter(struct run *r)
{
    struct pn_event e;
    bool owed;

    r->call = "VM entry";
    pn_hw_enter_guest();
    owed = r->cpu.owed;
    e = r->cpu.owed_event;
    if (owed && r->cpu.svm && take(r, 8) == 7)
        r->cpu.code.length = 0; /* another processor has written over the instruction */
    r->call = "pn_complete_vectoring";
    pn_complete_vectoring(&r->v);
    /* A software event of AMD whose instruction is not there any more is not delivered: the guest runs what is. */
    if (owed && !r->cpu.owed && (!r->cpu.svm || !model_soft(e.type)))
        fail(r, "an interrupted event is lost");
    if (r->cpu.owed && (!owed || !oracle_same(r->v.injected, e)))
        fail(r, "what the exit reported");
    if (r->cpu.owed != (r->v.injected.stage == PN_STAGE_INJECTED))
        fail(r, "the slot");
    if (!owed && !r->cpu.svm && r->cpu.iret_unblocked && !r->cpu.nmi_blocked)
        fail(r, "NMI blocking after an interrupted IRET");
    check(r, oracle_sound(&r->cpu, &r->v));
    check_delivered(r);
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
    case MODEL_EXIT_IRET:
        r->call = "pn_iret_intercepted";
        pn_iret_intercepted(&r->v);
        check(r, oracle_sound(&r->cpu, &r->v));
        break;
    default:
        break;
    }
}

/* ---- The sequence ---- */

static void outside(struct run *r)
{
    switch (take(r, 10)) {
    case 7:
        r->cpu.wfs = false; /* the user starts it */
        break;
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
    case 4:
        r->cpu.smm = false; /* RSM */
        break;
    case 5:
        if (r->cpu.svm && !r->cpu.owed)
            r->cpu.gif = take(r, 2); /* CLGI, STGI */
        break;
    case 6:
        r->call = "pn_hold_events";
        pn_hold_events(&r->v, take(r, 2));
        break;
    default:
        model_request(&r->cpu.controller, (uint8_t)(32 + take(r, 224)));
        break;
    }
}

/* False: the guest has shut down. */
static bool turn(struct run *r, bool cancelled)
{
    const enum pn_action action = inject(r);

    if (action != PN_ENTER)
        return carry_out(r, action);
    if (cancelled) {
        cancel(r);
        return true;
    }
    enter(r);
    answer_exit(r);
    return true;
}

static bool operation(struct run *r)
{
    struct pn_event e;

    switch (take(r, 24)) {
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
        return turn(r, true);
    case 8:
        if (take(r, 8) == 7)
            triple_fault(r);
        return true;
    case 9:
        queue_latch(r);
        return true;
    case 10:
        migrate(r);
        return true;
    case 11:
        intercept(r);
        return true;
    case 12:
        machine_check(r);
        return true;
    case 13:
        breakpoint_due(r);
        return true;
    case 14:
        elide(r);
        return true;
    default:
        return turn(r, false);
    }
}

static bool quiet(const struct run *r)
{
    return !r->cpu.owed && !r->v.nmi_pending && !r->v.interrupt_waiting && r->v.exception.stage == PN_STAGE_NONE &&
           model_highest(&r->cpu.controller) == MODEL_NONE && !r->cpu.nmi_pin && !r->v.smi_pending &&
           !r->v.init_pending && !r->v.sipi_pending && !r->v.mtf_pending && !r->v.iret_watched;
}

/* No more noise: all that waits must come out. */
static void drain(struct run *r)
{
    r->draining = true;
    r->cpu.budget = 4;
    pn_hold_events(&r->v, false);
    for (unsigned int i = 0; i < DRAIN; i++) {
        r->cpu.smm = false;
        r->cpu.gif = true;
        if (quiet(r) && !r->cpu.nmi_window && !r->cpu.intr_window && !r->cpu.immediate && !r->cpu.step)
            return;
        if (!turn(r, false))
            return;
    }
    fail(r, "something waits for ever");
}

static void begin(struct run *r, const uint8_t *data, size_t size)
{
    const struct model_world world = {
        .step = guest_step,
        .hazard = guest_hazard,
        .received = guest_sees,
        .violated = violated,
        .context = r,
        .again = guest_again,
    };
    unsigned int how, what;

    memset(r, 0, sizeof *r);
    r->data = data;
    r->left = size;
    r->call = "pn_vcpu_init";
    how = take(r, 256);
    what = take(r, 256);
    if (pn_check_reset)
        pn_check_reset();
    model_init(&r->cpu, world);
    if (what & 1)
        model_make_svm(&r->cpu, what & 2);
    r->cpu.rip_bits = what & 4 ? 16 : what & 8 ? 32 : 64;
    model_move(&r->cpu, r->cpu.rip_bits == 16 ? 0xfff8 : MODEL_START);
    pn_vcpu_init(&r->v);
    check(r, oracle_sound(&r->cpu, &r->v));
    r->cpu.pe = (how & 3) != 3;
    r->cpu.bitmap = how & 4 ? ~0u : how & 8 ? 0 : 0x2042u << (how >> 4);
    r->intercepts_all = how & 4;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run r;

    begin(&r, data, size);
    for (r.ops = 0; r.ops < OPS && r.left; r.ops++)
        if (!operation(&r))
            return 0;
    drain(&r);
    return 0;
}
