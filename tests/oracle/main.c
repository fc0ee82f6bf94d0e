/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The core against the oracle, exhaustively over its finite state, for each vendor that the core knows.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

static struct {
    unsigned long states, differences;
} now;

void compared(const char *difference, const char *format, ...)
{
    va_list rest;

    now.states++;
    if (!difference || now.differences++)
        return;
    printf("differs from the manual: %s: ", difference);
    va_start(rest, format);
    vprintf(format, rest);
    va_end(rest);
    printf("\n");
}

static void violated(const char *function, const char *name, void *context)
{
    (void)context;
    printf("precondition broken: %s: %s\n", function, name);
    exit(EXIT_FAILURE);
}

static struct model_step no_step(struct model_cpu *cpu, void *context)
{
    (void)cpu, (void)context;
    return (struct model_step){.insn = MODEL_NOP};
}

static struct model_hazard no_hazard(struct model_cpu *cpu, struct pn_event e, void *context)
{
    (void)cpu, (void)e, (void)context;
    return (struct model_hazard){.meets = MODEL_NOTHING};
}

static void nobody_sees(struct model_cpu *cpu, const struct model_seen *seen, void *context)
{
    (void)cpu, (void)seen, (void)context;
}

struct rig *rig_fresh(enum oracle_vendor vendor)
{
    static struct rig r;
    const struct model_world world = {
        .step = no_step,
        .hazard = no_hazard,
        .received = nobody_sees,
        .violated = violated,
    };

    memset(&r, 0, sizeof r);
    r.vendor = vendor;
    model_init(&r.cpu, world);
    if (vendor == ORACLE_AMD)
        model_make_svm(&r.cpu, true);
    pn_vcpu_init(&r.v);
    return &r;
}

void rig_interrupted(struct rig *r, struct pn_event e)
{
    r->cpu.exited = true;
    r->cpu.owed = true;
    r->cpu.owed_event = e;
    /* AMD reports no length: the instruction that raises it is still there (APM 15.7.2). */
    r->cpu.code = (struct model_code){.rip = r->cpu.rip, .type = e.type, .vector = e.vector, .length = e.length};
    if (r->cpu.svm && e.type == PN_TYPE_SOFT_EXCEPTION)
        r->cpu.code.type = PN_TYPE_HARD_EXCEPTION;
    if (e.type == PN_TYPE_INTERRUPT)
        r->cpu.iflag = true;
    if (e.type == PN_TYPE_NMI)
        r->cpu.nmi_blocked = true;
    pn_complete_vectoring(&r->v);
}

bool queue_as_oracle(struct rig *r, struct pn_event e)
{
    const struct oracle_state before = oracle_look(&r->cpu, &r->v);
    const enum pn_queued answer = pn_queue_exception(&r->v, e);
    const char *difference = oracle_check_queue(&before, e, answer, &r->cpu, &r->v);

    compared(difference, "queue type %u vector %u origin %u; interrupted %d: type %u vector %u; waits %d: vector %u",
             e.type, e.vector, e.origin, before.interrupted, before.injected.type, before.injected.vector,
             before.raised, before.exception.vector);
    return !difference;
}

bool inject_as_oracle(struct rig *r)
{
    const struct oracle_state s = oracle_look(&r->cpu, &r->v);
    const enum pn_action action = pn_inject_events(&r->v);
    const char *difference = oracle_check_inject(&s, action, &r->cpu, &r->v);

    compared(
        difference,
        "inject: interrupted %d (type %u vector %u), raised %d (vector %u kind %u), nmis %u, waiting %d, offered %d; "
        "IF %d STI %d MOVSS %d NMI-blocked %d PE %d DR6 %llx payload %llx",
        s.interrupted, s.injected.type, s.injected.vector, s.raised, s.exception.vector, s.exception.db_kind, s.nmis,
        s.waiting, s.offered, s.iflag, s.sti, s.movss, s.nmi_blocked, s.pe, (unsigned long long)s.dr6,
        (unsigned long long)s.exception.payload);
    return !difference;
}

bool exists(enum oracle_vendor vendor, uint8_t type, uint8_t vector)
{
    return model_type_ok(vendor == ORACLE_AMD, model_event(type, vector)) &&
           !(vendor == ORACLE_AMD && type == PN_TYPE_HARD_EXCEPTION && oracle_reserved(vendor, vector));
}

struct pn_event event_of(const struct rig *r, uint8_t type, uint8_t vector)
{
    struct pn_event e = model_event(type, vector);

    e.has_error = oracle_error_code(r->vendor, type, vector, r->cpu.pe);
    e.length = type >= PN_TYPE_SOFT_INTERRUPT && type <= PN_TYPE_SOFT_EXCEPTION ? 2 : 0;
    return e;
}

static const struct {
    const char *name;
    test_function *run;
} tests[] = {
    {"classes, error codes and RF by vector", classes_by_vector},
    {"double faults: the table alone", pairs_alone},
    {"double faults: every pair of types and vectors", pairs_through_the_core},
    {"a pending exception that gives way", pending_gives_way},
    {"DR6: all bits before and after", debug_status_bits},
    {"#DB by kind: RF, DR7.GD, DR6", debug_kinds},
    {"payloads: what the processor wrote and what is the core's", payload_moments},
    {"priority and windows: every state", priority_states},
    {"priority and windows: SMI, INIT, SIPI, MTF, GIF, SMM, a debugger", latched_states},
    {"an intercepted exception: what is written", intercepted_exceptions},
    {"the exception bitmap: #DB and #AC always", exception_bitmaps},
};

static unsigned int run_vendor(enum oracle_vendor vendor, const char *name)
{
    unsigned int failed = 0;

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        now.states = now.differences = 0;
        tests[i].run(vendor);
        if (!now.states)
            printf("nothing was compared\n");
        failed += now.differences != 0 || !now.states;
        printf("%s %s: %s: %lu states, %lu differ\n", now.differences || !now.states ? "FAIL" : "ok  ", name,
               tests[i].name, now.states, now.differences);
    }
    return failed;
}

int main(void)
{
    const unsigned int each = sizeof tests / sizeof tests[0];
    unsigned int failed = run_vendor(ORACLE_INTEL, "Intel") + run_vendor(ORACLE_AMD, "AMD");
    const char *unused = oracle_unused(ORACLE_INTEL | ORACLE_AMD);

    printf("%s every line of the tables decides something%s%s\n", unused ? "FAIL" : "ok  ", unused ? ", but " : "",
           unused ? unused : "");
    failed += unused != NULL;
    printf("%u passed, %u failed\n", 2 * each + 1 - failed, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
