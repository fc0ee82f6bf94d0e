/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 2 on the abstract processor (machine.h). A trace is *allowed* if a machine that forces no exit can show it, with
 * what others do happening at some moment. A named counterexample for each case; three statements over every setup of a
 * finite family:
 *   reinject-is-allowed     re-injection shows nothing else, ever
 *   elide-is-allowed        nor does dropping exactly what droppable() lets drop
 *   wide-is-allowed         nor the wider set, which takes knowledge that no field of the exit has
 * and for each conjunct of droppable() a setup that shows a trace that is not allowed once the conjunct is left out.
 */
#include "machine.h"

#include <stdio.h>

static int passed, failed;

enum { WAYS = MOMENTS + 2 };

static int moment(int way)
{
    return way == MOMENTS ? NEVER : way == MOMENTS + 1 ? AT_EXIT : way;
}

struct ways {
    struct trace t[WAYS];
};

/* Every trace that is allowed. */
static struct ways allowed(const struct setup *s, bool below_rsp)
{
    struct ways w;

    for (int way = 0; way < WAYS; way++)
        w.t[way] = model_run(s, s->reflect ? REINJECT : DIRECT, ALL, moment(way), below_rsp);
    return w;
}

static bool among(const struct ways *w, const struct trace *t)
{
    for (int i = 0; i < WAYS; i++)
        if (same_trace(&w->t[i], t))
            return true;
    return false;
}

/* A moment at which the policy shows a trace that is not allowed; -1: none. */
static int broken_among(const struct ways *w, const struct setup *s, enum policy policy, int conjuncts, bool below_rsp)
{
    for (int way = 0; way < WAYS; way++) {
        const struct trace t = model_run(s, policy, conjuncts, moment(way), below_rsp);

        if (!among(w, &t))
            return moment(way);
    }
    return -1;
}

static int broken_at(const struct setup *s, enum policy policy, int conjuncts, bool below_rsp)
{
    const struct ways w = allowed(s, below_rsp);

    return broken_among(&w, s, policy, conjuncts, below_rsp);
}

static void verdict(bool good, const char *name, const char *text)
{
    printf("MODEL %s %s: %s", name, good ? "passed" : "FAILED", text);
    *(good ? &passed : &failed) += 1;
}

enum kind { LOST, CHANGED, UNCHANGED, BY_VECTOR };
struct example {
    const char *name;
    enum kind kind; /* LOST: dropped, not allowed; CHANGED: allowed, but not what the same moment shows undisturbed;
                       BY_VECTOR: lost if the vector alone decides */
    bool below_rsp;
    int conjunct;   /* the conjunct of droppable() that keeps the core from it; 0: several do */
    struct setup s;
};

#define GUEST(...) .program = {__VA_ARGS__}
#define FROM_OUTSIDE(o, v) .inject = true, .injected = {.type = T_HARD, .origin = (o), .vector = (v)}
static const struct example examples[] = {
    {"trap_single_step", LOST, 0, HAS_CLASS, {GUEST(NOP, NOP, NOP), .tf = true, .idt_away = true}},
    {"trap_data_breakpoint", LOST, 0, HAS_CLASS, {GUEST(STORE, NOP), .idt_away = true}},
    {"injected_by_l1", LOST, 0, HAS_ORIGIN, {GUEST(NOP), FROM_OUTSIDE(BY_L1, V_GP), .idt_away = true}},
    {"injected_by_user", LOST, 0, HAS_ORIGIN, {GUEST(NOP), FROM_OUTSIDE(BY_USER, V_UD), .idt_away = true}},
    {"raised_by_emulation", LOST, 0, HAS_ORIGIN, {GUEST(NOP, WRMSR), .idt_away = true}},
    {"machine_check", LOST, 0, 0, {GUEST(NOP), FROM_OUTSIDE(BY_USER, V_MC), .idt_away = true}},
    {"second_level_interrupt", LOST, 0, HAS_FIRST_LEVEL,
     {GUEST(NOP, NOP), .iff = true, .irr = true, .no_gate = V_INT, .stack_away = true}},
    {"second_level_trap", LOST, 0, HAS_FIRST_LEVEL, {GUEST(STORE, NOP), .no_gate = V_DB, .stack_away = true}},
    {"double_fault_memory_changed", LOST, 0, HAS_CLASS,
     {GUEST(NOP, PF), .no_gate = V_PF, .stack_away = true, .move = REPAIR_PAGE}},
    {"double_fault_gate_changed", CHANGED, 0, HAS_CLASS,
     {GUEST(NOP, PF), .no_gate = V_PF, .stack_away = true, .move = REPAIR_GATE}},
    {"int3_patched", CHANGED, 0, HAS_TYPE, {GUEST(NOP, INT3), .idt_away = true, .move = PATCH}},
    {"intn_patched", CHANGED, 0, HAS_TYPE, {GUEST(NOP, INTN), .idt_away = true, .move = PATCH}},
    {"fault_patched", CHANGED, 0, 0, {GUEST(NOP, UD), .idt_away = true, .move = PATCH}},
    {"cr2_memory_changed", LOST, 0, HAS_CLASS, {GUEST(NOP, PF), .idt_away = true, .move = REPAIR_PAGE}},
    {"virtualization_exception", LOST, 0, HAS_CLASS, {GUEST(NOP, VE_LOAD), .idt_away = true}},
    {"bytes_below_rsp", LOST, true, 0, {GUEST(NOP, UD), .stack_away = true, .move = PATCH}},
    {"task_gate", LOST, 0, HAS_HANDLED, {GUEST(NOP, UD), .task_gate = true}},
    {"sti_shadow", LOST, 0, HAS_QUIET, {GUEST(STI, UD, NOP), .irr = true, .idt_away = true}},
    {"mov_ss_shadow_nmi", LOST, 0, HAS_QUIET, {GUEST(MOV_SS, UD, NOP), .idt_away = true, .move = SEND_NMI}},
    {"mov_ss_shadow_trap", LOST, 0, HAS_QUIET, {GUEST(MOV_SS, UD, NOP), .tf = true, .idt_away = true}},
    {"interrupt_without_shadow", UNCHANGED, 0, 0, {GUEST(NOP, UD, NOP), .iff = true, .idt_away = true, .move = SEND_INTERRUPT}},
    {"nmi_blocking_iret", LOST, 0, HAS_QUIET | HAS_NMI_OPEN,
     {GUEST(NOP, BAD_IRET), .nmi_blocked = true, .nmi = true, .idt_away = true}},
    {"nmi_unblocked_by_patched_iret", LOST, 0, HAS_NMI_OPEN,
     {GUEST(NOP, BAD_IRET), .nmi_blocked = true, .idt_away = true, .move = PATCH}},
    {"resume_flag_hides_breakpoint", LOST, 0, HAS_FIRST_LEVEL,
     {GUEST(NOP, NOP), .breakpoint = true, .no_gate = V_DB, .stack_away = true}},
    {"resume_flag_lost", LOST, 0, HAS_RESTORED, {GUEST(NOP, UD), .breakpoint = true, .late = true, .rf_lost = true}},
    {"resume_flag_kept", UNCHANGED, 0, 0, {GUEST(NOP, UD), .breakpoint = true, .late = true}},
    {"mtf_after_a_fault", UNCHANGED, 0, 0, {GUEST(NOP, UD), .mtf = true, .idt_away = true, .stack_away = true}},
    {"mtf_after_a_trap", LOST, 0, HAS_CLASS, {GUEST(STORE, NOP), .mtf = true, .idt_away = true}},
    {"reflected_exit", LOST, 0, HAS_HANDLED, {GUEST(NOP, UD), .idt_away = true, .reflect = true}},
    {"forward_progress", LOST, 0, HAS_FIRST_TRY, {GUEST(NOP, UD), .idt_away = true, .stack_away = true, .budget = 2}},
    {"interrupt_vector_6", BY_VECTOR, 0, HAS_TYPE,
     {GUEST(NOP, NOP), .iff = true, .irr = true, .idt_away = true, .int_vector = V_UD}},
};

/* Undisturbed, with everything happening when the exit would have been: after the event is recognised. */
static bool changes(const struct setup *s)
{
    const struct trace kept = model_run(s, REINJECT, ALL, AT_EXIT, false), dropped = model_run(s, DROP, ALL, AT_EXIT, false);

    return !same_trace(&kept, &dropped);
}

/* How the example's hypervisor drops: everything, or what droppable() without the example's conjunct allows. */
static struct trace dropped(const struct example *e, int when)
{
    return e->kind == BY_VECTOR ? model_run(&e->s, ELIDE, ALL & ~e->conjunct, when, false) :
                                  model_run(&e->s, DROP, ALL, when, e->below_rsp);
}

static bool holds(const struct example *e, int lost_at)
{
    const bool lost = e->kind == LOST || e->kind == BY_VECTOR;

    if (broken_at(&e->s, REINJECT, ALL, e->below_rsp) >= 0 || lost != (lost_at >= 0))
        return false;
    if (e->kind == CHANGED && !changes(&e->s))
        return false;
    if (broken_at(&e->s, ELIDE, ALL, false) >= 0 || broken_at(&e->s, ELIDE_WIDE, ALL, false) >= 0)
        return false;
    /* This one conjunct holds it: without it the elision is wrong here. */
    return !lost || !e->conjunct || broken_at(&e->s, ELIDE_WIDE, ALL & ~e->conjunct, e->below_rsp) >= 0;
}

static void try_example(const struct example *e)
{
    const int lost_at = e->kind == BY_VECTOR ? broken_at(&e->s, ELIDE, ALL & ~e->conjunct, false) :
                                               broken_at(&e->s, DROP, ALL, e->below_rsp);
    const int at = lost_at < 0 ? AT_EXIT : lost_at;
    const struct trace kept = model_run(&e->s, REINJECT, ALL, at, e->below_rsp), gone = dropped(e, at);

    verdict(holds(e, lost_at), e->name, "re-injected");
    show_trace(&kept);
    printf("; dropped");
    show_trace(&gone);
    printf(" %s\n", lost_at >= 0 ? "(not allowed)" : e->kind == CHANGED ? "(allowed, as if later)" : "(allowed)");
}

/* One statement over the family: what the policy shows is allowed. */
struct statement {
    const char *name;
    enum policy policy;
    bool broken;
    struct setup bad; /* the first that breaks it */
};

static void try_setup(const struct setup *s, struct statement *statements, int count)
{
    const struct ways w = allowed(s, false);

    for (int i = 0; i < count; i++)
        if (!statements[i].broken && broken_among(&w, s, statements[i].policy, ALL, false) >= 0) {
            statements[i].broken = true;
            statements[i].bad = *s;
        }
}

/* What is away: the IDT, the stack, or both; the ten bits below decide the rest of the state. */
static struct setup member(unsigned bits, int first, int second, int gate, int move)
{
    return (struct setup){.program = {(enum op)first, (enum op)second, NOP}, .no_gate = gate, .idt_away = bits % 3 != 1,
                          .stack_away = bits % 3 != 0, .tf = bits / 3 & 1, .iff = bits / 3 >> 1 & 1,
                          .breakpoint = bits / 3 >> 2 & 1, .nmi_blocked = bits / 3 >> 3 & 1, .irr = bits / 3 >> 4 & 1,
                          .nmi = bits / 3 >> 5 & 1, .mtf = bits / 3 >> 6 & 1,
                          .int_vector = bits / 3 >> 7 & 1 ? V_UD : V_INT, .move = (enum move)move};
}

static long every(struct statement *statements, int count)
{
    static const int gates[] = {0, V_UD, V_GP, V_PF, V_INT, V_DB};
    long tried = 0;

    for (unsigned bits = 0; bits < 3 * 256; bits++)
        for (int first = NOP; first < OPS; first++)
            for (int second = NOP; second < OPS; second++)
                for (unsigned g = 0; g < sizeof gates / sizeof gates[0]; g++)
                    for (int move = 0; move < MOVES; move++) {
                        const struct setup s = member(bits, first, second, gates[g], move);

                        try_setup(&s, statements, count);
                        tried++;
                    }
    return tried;
}

static void show_broken(const struct statement *b)
{
    const struct setup *s = &b->bad;
    const int at = broken_at(s, b->policy, ALL, false);
    const struct trace t = model_run(s, b->policy, ALL, at, false), direct = model_run(s, DIRECT, ALL, at, false);

    printf(" program %d,%d tf %d if %d breakpoint %d blocked %d irr %d nmi %d idt %d stack %d vector %d gate %d move %d at %d:",
           s->program[0], s->program[1], s->tf, s->iff, s->breakpoint, s->nmi_blocked, s->irr, s->nmi, s->idt_away,
           s->stack_away, s->int_vector, s->no_gate, s->move, at);
    show_trace(&t);
    printf("; undisturbed:");
    show_trace(&direct);
    printf("\n");
}

int main(void)
{
    struct statement statements[] = {
        {.name = "reinject_is_allowed", .policy = REINJECT},
        {.name = "elide_is_allowed", .policy = ELIDE},
        {.name = "wide_is_allowed", .policy = ELIDE_WIDE},
    };
    long tried;

    for (unsigned i = 0; i < sizeof examples / sizeof examples[0]; i++)
        try_example(&examples[i]);
    tried = every(statements, 3);
    for (int i = 0; i < 3; i++) {
        verdict(!statements[i].broken, statements[i].name, "");
        printf("%ld setups\n", tried);
        if (statements[i].broken)
            show_broken(&statements[i]);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
