/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An abstract processor for claim 2: a few instructions, events in the manual's priority order, deliveries that an exit
 * can interrupt, and a hypervisor that re-injects, drops, or drops only what a predicate lets it drop. Small enough to
 * run all of it. What it says is as good as this reading of SDM 6.9, 27.1 and 27.2.4; the witness images ask processors.
 */
#ifndef MODEL_MACHINE_H
#define MODEL_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum op { END, NOP, UD, DE, GP, PF, STORE, STI, MOV_SS, INT3, INTN, WRMSR, VE_LOAD, BAD_IRET, OPS };
enum { V_DE = 0, V_DB = 1, V_NMI = 2, V_BP = 3, V_UD = 6, V_DF = 8, V_NP = 11, V_GP = 13, V_PF = 14, V_MC = 18, V_VE = 20,
       V_INT = 32, V_SOFT = 33 };
enum type { T_INTERRUPT = 0, T_NMI = 2, T_HARD = 3, T_SOFT_INT = 4, T_SOFT_EXC = 6 };
enum origin { BY_HARDWARE, BY_EMULATOR, BY_L1, BY_USER };
/* What somebody else does once, at any moment. */
enum move { NO_MOVE, PATCH, REPAIR_PAGE, REPAIR_GATE, SEND_INTERRUPT, SEND_NMI, MOVES };
enum policy { DIRECT, REINJECT, DROP /* every exception */, ELIDE /* what droppable() allows */, ELIDE_WIDE };
enum { NEVER = 100, AT_EXIT = 101, MOMENTS = 5, PROGRAM = 5, TRACE = 20 };

struct event {
    enum type type;
    enum origin origin;
    int vector, error, rip;
    bool second; /* raised while another event was delivered */
    bool trap;
};

/* What decides a run: the guest, what is away, who does what and when. */
struct setup {
    enum op program[PROGRAM];
    bool tf, iff, breakpoint, nmi_blocked, irr, nmi, page, task_gate, mtf;
    int no_gate;             /* this vector's gate is not present; 0: all are */
    bool inject;             /* an event to be injected before the first instruction ... */
    struct event injected;   /* ... this one */
    bool idt_away, stack_away, reflect, rf_lost, late; /* late: away only after the first event */
    int int_vector;          /* of the external interrupt; 0: V_INT */
    enum move move;
    int budget;              /* so many pages at a time, if not 0 (forward progress) */
};

/* What the guest, or a guest hypervisor, can see. */
struct seen {
    int what, vector, error, rip, cr2, dr6;
};
enum { SAW_EVENT = 1, SAW_MTF, SAW_L1_EXIT, SAW_END, SAW_STUCK };
struct trace {
    struct seen seen[TRACE];
    int count;
};

/* What the hypervisor knows at the exit, and the conjuncts of droppable(), each of which can be left out to see what
 * breaks. The vectoring information has the type and the vector, and none of the rest. */
struct knowledge {
    bool handled;   /* it deals with the exit itself, and executing again does not meet it again */
    bool quiet;     /* no interrupt, NMI or debug trap can come before the instruction has run again */
    bool restored;  /* RFLAGS, RF included, is what the exit saved */
    bool first_try; /* the last event was not dropped at this instruction */
    bool nmi_open;  /* NMIs were not blocked before the instruction, so it is no IRET that has unblocked them */
    bool wide;      /* use what the hypervisor must find out by other means: first level, and nmi_open */
};
enum { HAS_TYPE = 1, HAS_CLASS = 2, HAS_ORIGIN = 4, HAS_HANDLED = 8, HAS_QUIET = 16, HAS_RESTORED = 32, HAS_FIRST_TRY = 64,
       HAS_FIRST_LEVEL = 128, HAS_NMI_OPEN = 256, ALL = 511 };
bool droppable(struct event e, struct knowledge k, int conjuncts);

/* One run. below_rsp: the bytes that an interrupted delivery leaves on the stack count as seen. */
struct trace model_run(const struct setup *s, enum policy policy, int conjuncts, int when, bool below_rsp);
bool same_trace(const struct trace *a, const struct trace *b);
void show_trace(const struct trace *t);

#endif
