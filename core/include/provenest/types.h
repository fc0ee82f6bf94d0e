/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The event record and the state of one virtual CPU.
 *
 * An event is one record with an explicit stage, so that "pending" and "injected" cannot both be true, and with an
 * explicit origin and #DB kind, because whether an event may be dropped, and its place in the priority order, depend
 * on them and cannot be inferred from the vector. Types are those of SDM vol. 3C, table 24-13 (interruption types);
 * AMD's EVENTINJ types (APM vol. 2, 15.20) are a subset with the same numbers.
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
    PN_VECTOR_DB = 1,
    PN_VECTOR_NMI = 2,
    PN_VECTOR_DF = 8,
    PN_VECTOR_PF = 14,
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
    uint32_t error;   /* error code, at most 16 bits; 0 without one */
    uint64_t payload; /* #PF: linear address; #DB: exit qualification (SDM table 27-1) */
};

/* What the processor says of an event whose delivery the last VM exit interrupted (SDM 27.2.4), decoded. */
struct pn_vectoring {
    bool valid;
    bool has_error;
    uint8_t type;
    uint8_t vector;
    uint8_t length;             /* types 4, 5, 6; else 0 */
    bool nmi_unblocked_by_iret; /* the exit interrupted an IRET that had already unblocked NMIs (SDM 27.2.3) */
    uint32_t error;             /* 0 without one */
};

/* The event state of one virtual CPU. Fields are the core's: others read them at most. */
struct pn_vcpu {
    struct pn_event exception; /* raised, not yet handed to the processor */
    struct pn_event injected;  /* handed to the processor, not yet known delivered */
    uint8_t nmi_pending;       /* 0..PN_NMI_LIMIT */
    bool interrupt_waiting;    /* the interrupt controller holds one for the guest; not acknowledged */
    bool triple_fault;         /* shutdown is due */
};

enum pn_queued {
    PN_ACCEPTED = 0,  /* the core answers for it from now on */
    PN_BUSY = 1,      /* not taken: an event of the same kind waits, offer it again after the next exit */
    PN_COLLAPSED = 2, /* NMI: taken and merged with one that is latched already (SDM 6.7.1) */
};

enum pn_action {
    PN_ENTER = 0,    /* VM entry may follow */
    PN_SHUTDOWN = 1, /* the guest has triple-faulted: do not enter */
};

#endif
