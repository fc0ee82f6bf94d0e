/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The event record and the state of one virtual CPU.
 *
 * An event is one record with an explicit stage, so that "pending" and "injected" cannot both be true, and with an
 * explicit origin and #DB kind, because whether an event may be dropped, and its place in the priority order, depend
 * on them and cannot be inferred from the vector. Types are those of SDM vol. 3C, table 24-13 (interruption types);
 * AMD's EVENTINJ types (APM vol. 2, 15.20) are a subset with the same numbers, but that #BP and #OF have type 3 there;
 * here they keep type 6 on both, which says that the return address is behind the instruction.
 */
#ifndef PROVENEST_TYPES_H
#define PROVENEST_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum pn_stage {
    PN_STAGE_NONE = 0,     /* the slot is empty */
    PN_STAGE_PENDING = 1,  /* recognised; no side effect yet (no CR2, no DR6) */
    PN_STAGE_INJECTED = 2, /* handed to the processor, side effects done; delivered or to be given again unchanged */
};

enum pn_type {
    PN_TYPE_INTERRUPT = 0,      /* external interrupt */
    PN_TYPE_NMI = 2,            /* non-maskable interrupt */
    PN_TYPE_HARD_EXCEPTION = 3, /* hardware exception: everything but the three below */
    PN_TYPE_SOFT_INTERRUPT = 4, /* INT n */
    PN_TYPE_PRIV_EXCEPTION = 5, /* INT1 (ICEBP) */
    PN_TYPE_SOFT_EXCEPTION = 6, /* INT3, INTO */
    PN_TYPE_OTHER = 7,          /* VMX: a pending MTF VM exit; vector 0 */
    /* Kinds that no field has a number for; the ledger counts them apart. */
    PN_TYPE_SMI = 8,
    PN_TYPE_INIT = 9,
    PN_TYPE_SIPI = 10,
};

enum pn_origin {
    PN_BY_HARDWARE = 0, /* the processor reported it */
    PN_BY_EMULATOR = 1, /* an instruction the hypervisor carried out raised it */
    PN_BY_L1 = 2,       /* a guest hypervisor asked for it */
    PN_BY_USER = 3,     /* the hypervisor's user asked for it */
    PN_RESTORED = 4,    /* it came with a snapshot */
};

enum pn_db_kind {
    PN_DB_NONE = 0,
    PN_DB_CODE_BREAKPOINT = 1, /* fault */
    PN_DB_GENERAL_DETECT = 2,  /* fault */
    PN_DB_SINGLE_STEP = 3,     /* trap */
    PN_DB_DATA_OR_IO = 4,      /* trap */
    PN_DB_TASK_SWITCH = 5,     /* trap */
    PN_DB_ICEBP = 6,           /* trap, type 5 */
    PN_DB_BUS_LOCK = 7,        /* trap */
};

enum {
    PN_VECTOR_DE = 0,
    PN_VECTOR_DB = 1,
    PN_VECTOR_NMI = 2,
    PN_VECTOR_BP = 3,
    PN_VECTOR_OF = 4,
    PN_VECTOR_UD = 6,
    PN_VECTOR_NM = 7,
    PN_VECTOR_DF = 8,
    PN_VECTOR_PF = 14,
    PN_VECTOR_MF = 16,
    PN_VECTOR_AC = 17,
    PN_VECTOR_MC = 18,
    PN_VECTOR_CP = 21,
    PN_NO_INTERRUPT = -1, /* pn_hw_ack_interrupt: none is waiting any more */
    PN_NMI_LIMIT = 2,     /* one in service or on its way, one latched behind it */
};

struct pn_event {
    uint8_t stage;    /* enum pn_stage */
    uint8_t type;     /* enum pn_type */
    uint8_t vector;   /* 0..255; at most 31 for exceptions */
    uint8_t origin;   /* enum pn_origin */
    uint8_t db_kind;  /* enum pn_db_kind, for vector 1 */
    uint8_t length;   /* bytes of the instruction, 1..15, for types 4, 5 and 6; else 0 */
    bool has_error;   /* an error code is pushed */
    bool has_payload; /* CR2 (#PF) or DR6 bits (#DB) are still to be written: pending events only */
    bool by_delivery; /* raised by the delivery of an event that was given up for it: nothing raises it again */
    uint32_t error;   /* error code, on Intel at most 16 bits; 0 without one */
    uint64_t payload; /* #PF: linear address; #DB: exit qualification (SDM table 27-1); #NM: XFD_ERR */
};

/* What the processor says of an event whose delivery the last VM exit interrupted, decoded: IDT-vectoring information
 * (SDM 27.2.4) or EXITINTINFO (APM 15.7.2), which has no length and no type 6. */
struct pn_vectoring {
    bool valid;
    bool has_error;
    uint8_t type;
    uint8_t vector;
    uint8_t length;             /* VMX, types 4, 5, 6; else 0 */
    bool nmi_unblocked_by_iret; /* the exit interrupted an IRET that had already unblocked NMIs (SDM 27.2.3) */
    uint32_t error;             /* 0 without one */
};

/* The event state of one virtual CPU. Fields are the core's: others read them at most. */
struct pn_vcpu {
    struct pn_event exception; /* raised, not yet handed to the processor */
    struct pn_event injected;  /* handed to the processor, not yet known delivered */
    uint64_t soft_rip;         /* SVM: RIP of the instruction that a software event in `injected` comes from ... */
    uint64_t entry_rip;        /* ... and RIP as the entry that carried it found it */
    uint64_t iret_rip;         /* SVM: where the IRET is whose end is awaited */
    uint8_t nmi_pending;       /* 0..PN_NMI_LIMIT */
    uint8_t sipi_vector;       /* of the latched SIPI */
    bool interrupt_waiting;    /* the interrupt controller holds one for the guest; not acknowledged */
    bool triple_fault;         /* shutdown is due */
    bool smi_pending, init_pending, sipi_pending, mtf_pending; /* latched, at most one each */
    bool cancelled;            /* `injected` was taken back before its entry ran; else an exit interrupted it */
    bool held_back;            /* a debugger holds SMIs, NMIs and interrupts back */
    bool iret_watched;         /* SVM: the guest is at the IRET that ends its NMI handler */
};

/* The events of a virtual CPU at rest, for migration; the registers travel with the rest of the guest's state. */
enum { PN_SNAPSHOT_VERSION = 1 };

struct pn_snapshot {
    uint32_t version;
    struct pn_event exception, injected;
    uint8_t nmi_pending, sipi_vector;
    bool interrupt_waiting, triple_fault, smi_pending, init_pending, sipi_pending, mtf_pending, cancelled;
};

/* The shadow that a finished instruction leaves (SDM 6.8.1, 6.8.3). */
enum pn_shadow {
    PN_SHADOW_NONE = 0,
    PN_SHADOW_STI = 1,    /* STI with RFLAGS.IF = 0 before */
    PN_SHADOW_MOV_SS = 2, /* MOV SS, POP SS: holds debug traps as well */
};

/* An instruction that the hypervisor has carried out. */
struct pn_retired {
    uint8_t shadow;       /* enum pn_shadow */
    bool tf;              /* RFLAGS.TF before it */
    uint64_t breakpoints; /* bits 3:0: data and I/O breakpoints that it met and that DR7 enables */
};

/* What only the hypervisor knows when it asks whether an interrupted event may be forgotten (pn_elide). */
struct pn_resumption {
    bool handled;     /* the exit is dealt with here, not passed to a guest hypervisor, and its cause is gone */
    bool undisturbed; /* RFLAGS stays what the exit saved; before the instruction has run again no interrupt, NMI, SMI or
                         debug trap can reach the guest: a delivery ends its shadows (SDM 27.1), nobody knows of them */
    bool first_try;   /* nothing was forgotten at this RIP since the guest last got on: else it may never (two pages that
                         take turns) */
};

enum pn_queued {
    PN_ACCEPTED = 0,  /* the core answers for it from now on */
    PN_BUSY = 1,      /* not taken: an event of the same kind waits, offer it again after the next exit */
    PN_COLLAPSED = 2, /* taken and merged with one of its kind that is latched already (SDM 6.7.1) */
    PN_NO_EFFECT = 3, /* taken and forgotten, as the processor does: a SIPI outside wait-for-SIPI */
};

enum pn_action {
    PN_ENTER = 0,    /* VM entry may follow */
    PN_SHUTDOWN = 1, /* the guest has triple-faulted: do not enter */
    PN_WAIT = 2,     /* the guest waits for a SIPI: do not enter */
    PN_DO_SMI = 3,   /* carry this out for the guest, then call pn_inject_events again: enter SMM, */
    PN_DO_INIT = 4,  /* INIT, */
    PN_DO_SIPI = 5,  /* start at v->sipi_vector * 4096 */
};

#endif
