/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A model of the processor that runs a guest, on the host: it implements core/hw/hw.h from the manual's rules, runs a
 * guest one instruction at a time, and stops the test when the core breaks a precondition of the seam. It shares no
 * code and no table with the core.
 *
 * It is an Intel processor, or an AMD one (model_make_svm) with or without NRIPS.
 * Parts: seam.c and state.c (core/hw/hw.h), guard.c (preconditions of core/hw/ledger.h), manual.c (tables of the
 * manuals), deliver.c (event delivery), entry.c (VM entry, instruction boundary, VM exit), guest.c (instructions),
 * controller.c (interrupt controller).
 * SDM vol. 3A chapters 6, 10 and 17, vol. 3C 24.4, 25.2, 25.5, 26.2, 26.3, 26.5, 26.7, 27.1, 27.2. APM vol. 2 chapter 8,
 * 15.7, 15.9, 15.12, 15.17, 15.20, 15.21.
 */
#ifndef MODEL_H
#define MODEL_H

#include <provenest/types.h>

#include "../common/counters.h"

enum { MODEL_STACK = 64, MODEL_NONE = -1, MODEL_DB_BS = 14 };

/* Where the guest starts, and where the handler of vector v is. */
enum { MODEL_START = 0x10000, MODEL_HANDLERS = 0x100000, MODEL_HANDLER_SIZE = 0x1000 };

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
    MODEL_EXITS,        /* one that the hypervisor carries out (CPUID; AMD: STGI, CLGI) */
    MODEL_EVICTED,      /* EPT violation, nothing done yet */
    MODEL_EOI,
    MODEL_TRIPLE_FAULT,
    MODEL_INSNS,
};

struct model_step {
    enum model_insn insn;
    struct pn_event event; /* MODEL_RAISES; vector and length of MODEL_INT_N */
    uint8_t length;        /* of the instruction; 0: 1. Software events have their own */
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
    uint64_t pushed_rip;
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
    MODEL_EXIT_MTF,       /* VMX: the pending MTF exit of the entry */
    MODEL_EXIT_IMMEDIATE, /* asked for by pn_hw_set_immediate_exit */
    MODEL_EXIT_IRET,      /* SVM: the IRET intercept; the IRET has not run */
    MODEL_EXIT_STEP,      /* SVM: the hypervisor's own single step */
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
    /* The last `step` was intercepted before it ran: offer it again at this RIP. Null: it is lost. */
    void (*again)(struct model_cpu *cpu, struct model_step s, void *context);
};

struct model_frame {
    bool iflag, tf, rf;
    uint8_t type, vector;
    uint64_t rip;
};

/* The instruction that raises a software event, as EXITINTINFO types it; length 0: other code is there by now. */
struct model_code {
    uint64_t rip;
    uint8_t type, vector, length;
};

/* 256 vectors: requested and in service (SDM 10.8.4). */
struct model_controller {
    bool requested[256], in_service[256];
};

struct model_cpu {
    struct model_world world;
    bool svm, nrips;     /* what it is: AMD, and with the next-RIP field */
    uint32_t bitmap;     /* exception bitmap; all ones unless a test says otherwise */
    unsigned int budget; /* instructions until a timer exit */

    /* Guest state (SDM 24.4). */
    bool iflag, tf, rf, btf, pe;
    bool sti, movss, nmi_blocked; /* interruptibility state, virtual NMIs. AMD: `sti` is the one shadow that shows,
                                     `movss` that it was MOV SS, lost at the exit; blocking is the hypervisor's flag */
    bool bs;                      /* pending debug exceptions: single step ... */
    uint64_t hits;                /* ... and breakpoints */
    bool gif, smm, wfs;           /* GIF; in SMM; waiting for a SIPI */
    uint64_t cr2, dr6, dr7;
    uint64_t rip;                 /* the field */
    uint64_t at;                  /* where the guest's next instruction is, whatever the field was set to */
    uint8_t rip_bits;             /* 16, 32 or 64: how addresses wrap */
    struct model_code code;
    struct model_frame stack[MODEL_STACK];
    unsigned int depth;

    /* Entry event and windows. */
    bool entry;
    struct pn_event entry_event;
    uint64_t next_rip;
    bool intr_window, nmi_window, immediate, step;

    /* The last exit. */
    struct model_exit exit;
    bool exited, owed, taken_back, done, iret_unblocked;
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
    uint64_t received[8], entries, cancelled, mtf_exits;
    uint64_t twins; /* deliveries that the processor cannot tell from the one it reports as interrupted */
};

/* The virtual CPU that the seam's functions act on; one for each thread of the host. */
struct model_cpu *model_this(void);
void model_make_current(struct model_cpu *cpu);

/* Reset state: flags clear, not blocked, protected mode, everything intercepted. */
void model_init(struct model_cpu *cpu, struct model_world world);
void model_make_svm(struct model_cpu *cpu, bool nrips); /* straight after it: AMD */

/* The hypervisor moves the guest to another instruction; RIP behind an instruction of `length` bytes at `rip`. */
void model_move(struct model_cpu *cpu, uint64_t rip);
uint64_t model_behind(const struct model_cpu *cpu, uint64_t rip, uint8_t length);

/* A precondition `name` of `function` does not hold. Returns only if the world's `violated` does. */
void model_violation(const char *function, const char *name);
#define MODEL_REQUIRE(name, condition)         \
    do {                                       \
        if (!(condition))                      \
            model_violation(__func__, #name);  \
    } while (0)

/* Inside. */
bool model_interrupt_open(const struct model_cpu *cpu);
bool model_nmi_open(const struct model_cpu *cpu);
bool model_returns(const struct model_cpu *cpu, struct pn_event e); /* RIP and next RIP are as `e` needs them */
bool model_debug_trap(struct model_cpu *cpu);
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
bool model_type_ok(bool svm, struct pn_event e);
bool model_error_ok(bool svm, uint32_t error);
bool model_length_ok(struct pn_event e);
bool model_soft(uint8_t type);
bool model_has_error(bool svm, uint8_t type, uint8_t vector, bool pe);
bool model_payload_allowed(uint8_t type, uint8_t vector);
unsigned int model_owes(struct pn_event e); /* 1: delivery writes its payload to a register */
bool model_low_trap(struct pn_event e);
bool model_is_fault(uint8_t vector);
enum model_pair model_pair(bool svm, struct pn_event first, struct pn_event second);
uint64_t model_dr6(uint64_t before, uint64_t qualification);

#endif
