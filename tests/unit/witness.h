/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The witness of a random history: what it knows from outside the core, and what it makes the guest do.
 */
#ifndef UNIT_WITNESS_H
#define UNIT_WITNESS_H

#include "support.h"

struct witness {
    struct fixture *f;
    int on; /* which processor */
    uint64_t random;
    unsigned int seed, turn;
    bool draining;

    bool owed; /* the guest must get `next`, before anything else */
    struct pn_event next;
    uint64_t cr2, dr6, dr7; /* as its handler must find them */
    uint64_t returns;       /* the RIP it must push */
    bool low;               /* `next` is a debug trap: SMI, INIT and MTF go before it */
    bool shutdown;          /* the next pn_inject_events must say so */
    bool smi, init, mtf, sipi; /* latched */
    bool held;              /* a debugger holds SMIs, NMIs and interrupts */

    bool waiting;           /* an interrupt exit was passed to the core and has not been answered */
    bool by_delivery;       /* `next` was raised by a delivery that was given up: no instruction raises it again */
    bool pushes_rf;         /* `next` is a fault that the core injects for the first time */
    unsigned int nmis;      /* taken over, neither delivered nor lost */
    bool unfinished[MODEL_STACK * 4]; /* for each handler that runs: an interrupt's, before its EOI */
    uint8_t serving[MODEL_STACK * 4];
    unsigned int depth;
    bool repeat; /* the guest is at an IRET that was intercepted, here: */
    uint64_t repeat_rip;
    int ending; /* the vector whose handler has just sent its EOI; 0: none */

    uint64_t injected; /* received by injection */
    uint64_t raised, lost_interrupts, shutdowns, merged, reinjected, busy, irets, handed_over, migrations, gone;
};

unsigned int pick(struct witness *w, unsigned int n);
bool chance(struct witness *w, unsigned int percent);

#define MUST(w, condition)                                                                            \
    do {                                                                                              \
        if (!(condition))                                                                             \
            ck_abort_msg("seed %u turn %u: %s", (w)->seed, (w)->turn, #condition);                    \
    } while (0)

/* witness.c: what the guest does, and what it gets. The world of the model. */
struct pn_event any_exception(struct witness *w);
struct model_step any_step(struct model_cpu *cpu, void *context);
struct model_hazard any_hazard(struct model_cpu *cpu, struct pn_event e, void *context);
void step_again(struct model_cpu *cpu, struct model_step s, void *context);
void check_received(struct model_cpu *cpu, const struct model_seen *seen, void *context);
/* The event is gone for good: an interrupt in service will see no handler, so its EOI is done for it. */
void forget(struct witness *w, struct pn_event e);
/* From now on the guest must get `e` next; `first_time` with its payload, else with the registers as they are. */
void expect(struct witness *w, struct pn_event e, bool first_time);

/* outside.c: what the hypervisor does between an exit and the next entry. */
void handle_exit(struct witness *w);
void noise(struct witness *w);
void nmi_arrives(struct witness *w);
/* The virtual CPU's events to another one, by a snapshot. */
void migrate(struct witness *w);

#endif
