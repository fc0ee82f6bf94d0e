/* SPDX-License-Identifier: BSD-2-Clause
 * Executed contracts in the host tests: a broken one is reported like one that the model finds itself, so that a test
 * which expects a refusal sees it, and any other test fails with the clause's name. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "../../core/hw/hw.h"
#include "../../vendor/model/model.h"

void pn_check_failed(const char *function, const char *clause);
void pn_check_reset(void);
void pn_check_call(void);
void pn_check_after_exit(void);
_Bool pn_check_exit_known(void);
void pn_check_owed(struct pn_event *e);
uint64_t pn_check_next_rip(uint64_t rip, uint64_t length);
struct pn_vectoring pn_check_peek_vectoring(void);
struct pn_vectoring __real_pn_hw_vectoring(void);
void model_violation(const char *function, const char *name);
void __real_model_init(struct model_cpu *cpu, struct model_world world);
void __wrap_model_init(struct model_cpu *cpu, struct model_world world);

/* `clause` is "requires name: text". */
void pn_check_failed(const char *function, const char *clause)
{
    static char name[64], who[64];
    const char *start = strchr(clause, ' ');
    const size_t length = strcspn(start + 1, ":");

    snprintf(name, sizeof name, "%.*s", (int)length, start + 1);
    /* the model's guard of the ledger gives its own name */
    snprintf(who, sizeof who, "%s%s", strncmp(function, "pn_ledger_", 10) == 0 ? "__wrap_" : "", function);
    model_violation(who, name);
}

static struct model_cpu *current(void)
{
    return (struct model_cpu *)((char *)pn_counters_this() - offsetof(struct model_cpu, counters));
}

/* Some tests pose an exit by hand, without a round through the model. */
void pn_check_call(void)
{
    if (current()->exited && !pn_check_exit_known())
        pn_check_after_exit();
}

/* The model counts a second reading of one exit as a violation: take the first one back. */
struct pn_vectoring pn_check_peek_vectoring(void)
{
    struct model_cpu *cpu = current();
    const struct pn_vectoring x = __real_pn_hw_vectoring();

    cpu->exited = true;
    return x;
}

/* SVM: the exit does not say that it was INT3 or INTO, nor how long the instruction is. */
void pn_check_owed(struct pn_event *e)
{
    *e = current()->owed_event;
}

uint64_t pn_check_next_rip(uint64_t rip, uint64_t length)
{
    return model_behind(current(), rip, (uint8_t)length);
}

void __wrap_model_init(struct model_cpu *cpu, struct model_world world)
{
    pn_check_reset();
    __real_model_init(cpu, world);
}
