/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A model of the processor that runs a guest, on the host: it implements core/hw/hw.h from the manual's rules, runs a
 * guest one instruction at a time, and stops the test when the core breaks a precondition of the seam. It shares no
 * code and no table with the core.
 *
 * Parts: seam.c (core/hw/hw.h), guard.c (preconditions of core/hw/ledger.h), manual.c (tables of the manual),
 * entry.c (VM entry, event delivery, VM exit), guest.c (instructions), controller.c (interrupt controller).
 * SDM vol. 3A chapters 6, 10 and 17, vol. 3C 24.4, 25.2, 26.2, 26.3, 26.5, 26.7, 27.1, 27.2.
 */
#ifndef MODEL_H
#define MODEL_H

#include <provenest/types.h>

#include "../common/counters.h"

enum { MODEL_STACK = 64, MODEL_NONE = -1, MODEL_DB_BS = 14 };

/* What one guest instruction does. */
enum model_insn {
    MODEL_NOP = 0,
    MODEL_STI,
    MODEL_CLI,
    MODEL_MOV_SS,
    MODEL_IRET,
    MODEL_IRET_EVICTED, /* IRET that runs into an EPT violation on the stack */
    MODEL_SET_TF,       /* POPF with TF = 1 */
    MODEL_CLEAR_TF,
    MODEL_INT_N,        /* INT n: never exits by itself */
    MODEL_RAISES,       /* the instruction raises model_step.event: a fault, a trap, INT1, INT3, INTO */
    MODEL_EXITS,        /* one that the hypervisor carries out (CPUID) */
    MODEL_EVICTED,      /* EPT violation, nothing done yet */
    MODEL_EOI,
    MODEL_TRIPLE_FAULT,
    MODEL_INSNS,
};

struct model_step {
    enum model_insn insn;
    struct pn_event event; /* MODEL_RAISES; vector and length of MODEL_INT_N */
};

/* What meets the delivery of an event through the IDT. */
enum model_meets { MODEL_NOTHING = 0, MODEL_EPT_VIOLATION, MODEL_EXCEPTION };

struct model_hazard {
    enum model_meets meets;
    struct pn_event exception; /* MODEL_EXCEPTION */
    bool trap_gate;            /* delivery leaves IF alone */
};

/* What the guest's handler sees when it starts. */
struct model_seen {
    struct pn_event event;
    uint64_t cr2, dr6, dr7;
    bool injected; /* by VM entry, not by the processor itself */
    bool pushed_rf, pushed_if, pushed_tf;
    bool after_shadow; /* it was injected under blocking by STI or MOV SS */
};

enum model_reason {
    MODEL_EXIT_EXCEPTION = 0,
    MODEL_EXIT_NMI,
    MODEL_EXIT_INTERRUPT,
    MODEL_EXIT_TRIPLE_FAULT,
    MODEL_EXIT_INTERRUPT_WINDOW,
    MODEL_EXIT_NMI_WINDOW,
    MODEL_EXIT_INSTRUCTION,
    MODEL_EXIT_EPT_VIOLATION,
    MODEL_EXIT_TIMER,
    MODEL_REASONS,
};

struct model_exit {
    enum model_reason reason;
    struct pn_event exception; /* MODEL_EXIT_EXCEPTION: as a vendor decodes it */
};

struct model_cpu;

/* The rest of the world: what the guest does, what its deliveries meet, who is told. */
struct model_world {
    struct model_step (*step)(struct model_cpu *cpu, void *context);
    struct model_hazard (*hazard)(struct model_cpu *cpu, struct pn_event e, void *context);
    void (*received)(struct model_cpu *cpu, const struct model_seen *seen, void *context);
    void (*violated)(const char *function, const char *name, void *context); /* null: print and abort */
    void *context;
};

struct model_frame {
    bool iflag, tf, rf;
    uint8_t type, vector;
};

/* 256 vectors: requested and in service (SDM 10.8.4). */
struct model_controller {
    bool requested[256], in_service[256];
};

struct model_cpu {
    struct model_world world;
    uint32_t bitmap;     /* exception bitmap; all ones unless a test says otherwise */
    unsigned int budget; /* instructions until a timer exit */

    /* Guest state (SDM 24.4). */
    bool iflag, tf, rf, btf, pe;
    bool sti, movss, nmi_blocked; /* interruptibility state, virtual NMIs */
    bool bs;                      /* pending debug exceptions: single step ... */
    uint64_t hits;                /* ... and breakpoints */
    uint64_t cr2, dr6, dr7;
    struct model_frame stack[MODEL_STACK];
    unsigned int depth;

    /* Entry event and windows. */
    bool entry;
    struct pn_event entry_event;
    bool intr_window, nmi_window;

    /* The last exit. */
    struct model_exit exit;
    bool exited, owed, done, iret_unblocked;
    struct pn_event owed_event, done_event;

    /* Outside. */
    struct model_controller controller;
    bool nmi_pin; /* an NMI has arrived and has not exited yet */
    bool acked;
    uint8_t acked_vector;
    int last_eoi; /* the vector that the last EOI retired */

    /* Counted here, apart from the core's ledger. */
    struct pn_counters counters;
    uint64_t applied, owing, dropped;
    uint64_t received[8], entries, cancelled;
    uint64_t twins; /* deliveries that the processor cannot tell from the one it reports as interrupted */
};

/* The virtual CPU that the seam's functions act on; one for each thread of the host. */
struct model_cpu *model_this(void);
void model_make_current(struct model_cpu *cpu);

/* Reset state: flags clear, not blocked, protected mode, everything intercepted. */
void model_init(struct model_cpu *cpu, struct model_world world);

/* A precondition `name` of `function` does not hold. Returns only if the world's `violated` does. */
void model_violation(const char *function, const char *name);
#define MODEL_REQUIRE(name, condition)         \
    do {                                       \
        if (!(condition))                      \
            model_violation(__func__, #name);  \
    } while (0)

/* Inside. */
void model_enter(struct model_cpu *cpu);
bool model_raise(struct model_cpu *cpu, struct pn_event e);
bool model_deliver(struct model_cpu *cpu, struct pn_event e, bool injected);
void model_exit_with(struct model_cpu *cpu, enum model_reason reason);
bool model_execute(struct model_cpu *cpu);

/* The interrupt controller. */
void model_request(struct model_controller *c, uint8_t vector);
int model_highest(const struct model_controller *c); /* what it offers now, or MODEL_NONE */
int model_acknowledge(struct model_controller *c);
int model_eoi(struct model_controller *c); /* which vector it retired, or MODEL_NONE */
int model_serving(const struct model_controller *c);

/* The manual's tables (manual.c). */
enum model_pair { MODEL_SERIAL = 0, MODEL_DOUBLE_FAULT, MODEL_SHUTDOWN };
struct pn_event model_event(uint8_t type, uint8_t vector);
bool model_same(struct pn_event a, struct pn_event b);
bool model_type_ok(struct pn_event e);
bool model_length_ok(struct pn_event e);
bool model_has_error(uint8_t type, uint8_t vector, bool pe);
bool model_payload_allowed(uint8_t type, uint8_t vector);
bool model_is_fault(uint8_t vector);
enum model_pair model_pair(struct pn_event first, struct pn_event second);
uint64_t model_dr6(uint64_t before, uint64_t qualification);

#endif
