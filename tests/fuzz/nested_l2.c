/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L2's life: events in their order, rounds on the model, exits of every reason, whose they are, and reflection.
 */
#include "nested.h"

#include <stdio.h>

enum { ROUNDS = 24 };

/* What of the waiting events is L1's exit now (table 6-2, 25.2, 26.7): one order for all. */
struct due {
    bool exit, brief;
    struct pn_l2_exit x;
};

uint32_t l2_info(const struct nested_run *r, struct pn_event e)
{
    return 0x80000000u | (e.has_error && r->cpu.pe ? 0x800u : 0) | (uint32_t)e.type << 8 | e.vector;
}

static struct due taken(const struct nested_run *r, struct pn_event e)
{
    struct due d = {.exit = true, .x = {.reason = 0, .info = l2_info(r, e), .length = e.length}};

    d.x.error = e.has_error && r->cpu.pe ? e.error & 0xffff : 0;
    d.x.qualification = e.has_payload ? e.payload : 0;
    return d;
}

static struct due due(const struct nested_run *r, bool timer)
{
    const uint64_t *f = r->n.vmcs12.f, pin = f[PN_F_PIN_CTL];
    const struct pn_vcpu *v = &r->v;
    const bool nmi = v->nmi_pending && manual_bit(pin, 3) && (manual_bit(pin, 5) || !r->cpu.nmi_blocked);
    const bool interrupt = v->interrupt_waiting && manual_bit(pin, 0), ack = manual_bit(f[PN_F_EXIT_CTL], 15);
    const bool raised = v->exception.stage == PN_STAGE_PENDING, waits = timer || nmi || interrupt;
    const int vector = model_highest(&r->cpu.controller);

    if (v->injected.stage == PN_STAGE_INJECTED)
        return (struct due){.brief = waits};
    if (v->triple_fault)
        return (struct due){.exit = !raised, .x = {.reason = 2}};
    if (raised && !(model_low_trap(v->exception) && v->init_pending))
        return manual_takes_exception(f, v->exception.vector, v->exception.error) ? taken(r, v->exception)
                                                                                  : (struct due){.brief = waits};
    if (v->init_pending)
        return (struct due){.exit = true, .x = {.reason = 3}};
    if (v->mtf_pending)
        return (struct due){.exit = true, .x = {.reason = 37}};
    if (timer)
        return (struct due){.exit = true, .x = {.reason = 52}};
    if (nmi)
        return (struct due){.exit = true, .x = {.reason = 0, .info = 0x80000202}};
    if (interrupt && ack && vector == MODEL_NONE)
        return (struct due){.exit = false};
    return (struct due){.exit = interrupt,
                        .x = {.reason = 1, .info = ack && interrupt ? 0x80000000u + (uint32_t)vector : 0}};
}

/* Before each entry of L2. True: L2 goes on. */
static bool events(struct nested_run *r, bool *timer)
{
    const struct due d = due(r, *timer);
    const struct before_exit b = before_exit(r);
    const uint64_t cr2 = r->cpu.cr2, dr6 = r->cpu.dr6;
    enum pn_nested_turn turn;

    r->call = "pn_nested_events";
    model_nested_round();
    turn = pn_nested_events(&r->n, &r->v, *timer);
    if (d.exit != (turn == PN_TURN_L1 || turn == PN_TURN_ABORT))
        nested_fail(r, d.exit ? "an event of L1's is not its exit" : "an exit that nobody asked for");
    if (!d.exit) {
        if (d.brief != (turn == PN_TURN_L2_BRIEFLY))
            nested_fail(r, "whether L2 runs briefly");
        *timer = *timer && d.brief;
        r->brief = d.brief;
        nested_sound(r);
        return true;
    }
    if (r->cpu.cr2 != cr2 || r->cpu.dr6 != dr6)
        nested_fail(r, "CR2 or DR6 are written for an exception that L1 takes");
    after_exit(r, &b, d.x, turn == PN_TURN_ABORT);
    return false;
}

/* ---- Rounds ---- */

static bool inject(struct nested_run *r, bool brief)
{
    const struct oracle_state before = oracle_look(&r->cpu, &r->v);
    enum pn_action action;

    r->call = "pn_inject_events, for L2";
    action = pn_inject_events(&r->v);
    nested_check(r, oracle_check_inject(&before, action, &r->cpu, &r->v));
    if (r->cpu.entry && model_soft(r->cpu.entry_event.type))
        r->return_rip = model_behind(&r->cpu, r->cpu.at, r->cpu.entry_event.length);
    else
        r->return_rip = r->cpu.at;
    if (brief)
        pn_hw_set_immediate_exit(true);
    r->over = action != PN_ENTER; /* shutdown of L0's own */
    return action == PN_ENTER;
}

/* The processor refuses vmcs02: L1's entry fails, and its event is its again. Known: an event of L0's own that was programmed
   with this entry is lost (asked of the core; so only entries without one are refused here). */
static void processor_refuses(struct nested_run *r)
{
    const uint32_t qualification = r->unloadable ? 0 : take(r, 3) * 2;
    struct before_exit b;
    struct pn_outcome o;

    model_nested_round();
    late_refused(r);
    b = before_exit(r);

    r->call = "an entry that the processor refuses";
    pn_nested_entered(&r->n, true);
    pn_cancel_injection(&r->v);
    pn_nested_refused(&r->v);
    o = pn_entry_failure(&r->n, 33, qualification, false);
    after_failure(r, &b, 33, 1u << qualification, o.kind == PN_VMX_ABORT);
    r->failures++;
}

static void reflect(struct nested_run *r, struct pn_l2_exit x)
{
    struct before_exit b;
    struct pn_outcome o;

    l2_leaves(r);
    b = before_exit(r);
    r->call = "pn_nested_exit";
    model_nested_round();
    o = pn_nested_exit(&r->n, &r->v, x);
    after_exit(r, &b, x, o.kind == PN_VMX_ABORT);
}

/* ---- What L0 does with an exit of its own ---- */

static void queue(struct nested_run *r, struct pn_event e)
{
    const struct oracle_state before = oracle_look(&r->cpu, &r->v);
    enum pn_queued answer;

    r->call = "pn_queue_exception, for L2";
    answer = pn_queue_exception(&r->v, e);
    nested_check(r, oracle_check_queue(&before, e, answer, &r->cpu, &r->v));
}

/* The hypervisor carries the instruction out, or raises a fault for it. */
static void carry_out(struct nested_run *r)
{
    const unsigned int how = take(r, 8);
    struct pn_event e = model_event(PN_TYPE_HARD_EXCEPTION, how & 1 ? 13 : 6);
    const struct pn_retired done = {.tf = r->cpu.tf};
    struct before_exit b;
    enum pn_nested_turn turn;

    if (how < 6) {
        model_move(&r->cpu, model_behind(&r->cpu, r->cpu.rip, (uint8_t)(1 + how)));
        r->call = "pn_instruction_retired, for L2";
        pn_instruction_retired(&r->v, done);
        cpu_to(r, model_nested()->vmcs02);
        return;
    }
    e.has_error = model_has_error(false, e.type, e.vector, r->cpu.pe);
    e.origin = PN_BY_EMULATOR;
    b = before_exit(r);
    model_nested_round();
    r->call = "pn_nested_raise";
    turn = pn_nested_raise(&r->n, &r->v, e);
    if ((turn == PN_TURN_L2) == manual_takes_exception(r->n.vmcs12.f, e.vector, e.error))
        nested_fail(r, "whose a fault is");
    if (turn == PN_TURN_L2)
        queue(r, e);
    else
        after_exit(r, &b, taken(r, e).x, turn == PN_TURN_ABORT);
}

static void ours(struct nested_run *r, struct pn_l2_exit x, bool brief, bool *timer)
{
    switch (r->cpu.exit.reason) {
    case MODEL_EXIT_EXCEPTION:
        queue(r, r->cpu.exit.exception);
        break;
    case MODEL_EXIT_NMI:
        r->call = "pn_queue_nmi";
        (void)pn_queue_nmi(&r->v);
        break;
    case MODEL_EXIT_INTERRUPT:
        r->call = "pn_interrupt_pending";
        pn_interrupt_pending(&r->v);
        break;
    case MODEL_EXIT_INSTRUCTION:
        carry_out(r);
        break;
    case MODEL_EXIT_EPT_VIOLATION:
        if (take(r, 2))
            reflect(r, x); /* L1's EPT does not map it */
        break;
    default:
        *timer = *timer || (x.reason == 52 && !brief);
        break;
    }
    nested_sound(r);
}

/* Meanwhile, while L0 runs: NMIs, interrupts, and what its user makes L2 take. */
static void meanwhile(struct nested_run *r)
{
    const unsigned int how = take(r, 64);

    switch (how) {
    case 1:
    case 2:
    case 3:
        r->call = "pn_queue_nmi, for L2";
        (void)pn_queue_nmi(&r->v);
        break;
    case 4:
    case 5:
    case 6:
        r->cpu.nmi_pin = true;
        break;
    case 7:
    case 8:
        model_request(&r->cpu.controller, (uint8_t)(32 + take(r, 224)));
        break;
    case 9:
    case 10:
    case 11:
        if (r->v.injected.stage == PN_STAGE_NONE && r->v.exception.stage == PN_STAGE_NONE)
            queue(r, any_exception(r));
        break;
    case 12:
        r->call = "pn_queue_init, for L2";
        (void)pn_queue_init(&r->v);
        break;
    case 13:
        r->call = "pn_queue_mtf, for L2";
        if (r->v.injected.stage == PN_STAGE_NONE && r->v.exception.stage == PN_STAGE_NONE)
            (void)pn_queue_mtf(&r->v);
        break;
    default:
        break;
    }
    nested_sound(r);
}

/* L2 has exited: the entry is complete, what was interrupted is known, and whose the exit is. */
static void handle(struct nested_run *r, bool brief, bool *timer)
{
    const uint64_t rcx = take(r, 4) ? "\x10\x74\x77\x80"[take(r, 4)] + (take(r, 2) ? 0xc0000000u : 0x100u) : take64(r);
    uint64_t operand;
    struct pn_l2_exit x;
    int want;

    if (r->n.entry_pending) {
        r->call = "pn_nested_entered";
        pn_nested_entered(&r->n, false);
    }
    r->call = "pn_complete_vectoring, for L2";
    x = l2_said(r);
    pn_complete_vectoring(&r->v);
    cpu_to(r, model_nested()->vmcs02);
    model_nested()->vmcs02[PN_F_GUEST_ACTIVITY] = 0;
    l2_writes(r);
    cpu_to(r, model_nested()->vmcs02);
    nested_sound(r);
    if (r->rounds >= ROUNDS && !r->cpu.owed)
        x = (struct pn_l2_exit){.reason = 10};
    operand = near_value(r, r->n.vmcs12.f[PN_F_CR0_SHADOW]);
    r->call = "pn_route";
    model_nested_round();
    want = manual_wants(r->n.vmcs12.f, x, rcx, operand, nested_memory);
    if ((pn_route(&r->n, x, r->l0, rcx, operand) == PN_TO_L1) != (want == 1)) {
        fprintf(stderr, "exit reason %u, qualification %llx, rcx %llx\n", x.reason, (unsigned long long)x.qualification,
                (unsigned long long)rcx);
        nested_fail(r, "whose an exit is");
    }
    if (want == 1)
        reflect(r, x);
    else
        ours(r, x, brief, timer);
}

void l2_run(struct nested_run *r)
{
    bool timer = false;

    for (r->rounds = 0; r->n.l2 && !r->over && r->rounds < 2 * ROUNDS; r->rounds++) {
        bool brief;

        meanwhile(r);
        if (!events(r, &timer))
            return;
        brief = r->brief;
        r->cpu.budget = 1 + take(r, 3);
        if (!inject(r, brief))
            return;
        if (r->n.entry_pending && (!r->cpu.entry || r->cpu.entry_event.origin == PN_BY_L1) &&
            (r->unloadable || take(r, 32) == 31)) {
            processor_refuses(r);
            return;
        }
        if (r->n.entry_pending && r->unloadable) { /* with an event of L0's own: see processor_refuses */
            r->over = true;
            return;
        }
        r->call = "VM entry of L2";
        pn_hw_enter_guest();
        pn_hw_set_immediate_exit(false);
        handle(r, brief, &timer);
    }
    if (r->n.l2 && !r->over)
        r->over = true; /* an event is interrupted for ever */
}
