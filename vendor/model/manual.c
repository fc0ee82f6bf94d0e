/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tables of the manual that the model needs, written down as the manual prints them: one line a vector.
 */
#include "model.h"

enum class { BENIGN, CONTRIBUTORY, PAGE_FAULT, DOUBLE };
enum kind { FAULT, TRAP, ABORT, INTERRUPT, EITHER };

/* A vector as the manual of one vendor describes it. */
struct vector {
    enum class class;
    enum kind kind;
    bool error;
};

/* SDM vol. 3A tables 6-1 and 6-4. */
static const struct vector table[32] = {
    [0] = {CONTRIBUTORY, FAULT, false},  /* #DE */
    [1] = {BENIGN, EITHER, false},       /* #DB */
    [2] = {BENIGN, INTERRUPT, false},    /* NMI */
    [3] = {BENIGN, TRAP, false},         /* #BP */
    [4] = {BENIGN, TRAP, false},         /* #OF */
    [5] = {BENIGN, FAULT, false},        /* #BR */
    [6] = {BENIGN, FAULT, false},        /* #UD */
    [7] = {BENIGN, FAULT, false},        /* #NM */
    [8] = {DOUBLE, ABORT, true},         /* #DF */
    [9] = {BENIGN, ABORT, false},        /* coprocessor segment overrun: no processor since the 386 */
    [10] = {CONTRIBUTORY, FAULT, true},  /* #TS */
    [11] = {CONTRIBUTORY, FAULT, true},  /* #NP */
    [12] = {CONTRIBUTORY, FAULT, true},  /* #SS */
    [13] = {CONTRIBUTORY, FAULT, true},  /* #GP */
    [14] = {PAGE_FAULT, FAULT, true},    /* #PF */
    [15] = {BENIGN, ABORT, false},       /* reserved */
    [16] = {BENIGN, FAULT, false},       /* #MF */
    [17] = {BENIGN, FAULT, true},        /* #AC */
    [18] = {BENIGN, ABORT, false},       /* #MC */
    [19] = {BENIGN, FAULT, false},       /* #XM */
    [20] = {PAGE_FAULT, FAULT, false},   /* #VE */
    [21] = {CONTRIBUTORY, FAULT, true},  /* #CP */
    [22] = {BENIGN, ABORT, false},       /* 22 to 31 are reserved */
    [23] = {BENIGN, ABORT, false},
    [24] = {BENIGN, ABORT, false},
    [25] = {BENIGN, ABORT, false},
    [26] = {BENIGN, ABORT, false},
    [27] = {BENIGN, ABORT, false},
    [28] = {BENIGN, ABORT, false},
    [29] = {BENIGN, ABORT, false},
    [30] = {BENIGN, ABORT, false},
    [31] = {BENIGN, ABORT, false},
};

/* APM vol. 2 table 8-1 and 8.2: where AMD differs. Contributory and page faults: 8.2.9. */
static const struct vector *entry_of(bool svm, uint8_t vector)
{
    static const struct vector reserved = {BENIGN, ABORT, false};
    static const struct vector vc = {CONTRIBUTORY, FAULT, true}; /* 29: #VC; 30, #SX, likewise */

    if (svm && vector == 20) /* no #VE */
        return &reserved;
    if (svm && (vector == 29 || vector == 30))
        return &vc;
    return &table[vector];
}

struct pn_event model_event(uint8_t type, uint8_t vector)
{
    return (struct pn_event){.stage = PN_STAGE_PENDING, .type = type, .vector = vector, .origin = PN_BY_HARDWARE};
}

/* What the interruption-information, error-code and length fields hold (SDM 24.8.3, 24.9.3). */
bool model_same(struct pn_event a, struct pn_event b)
{
    return a.type == b.type && a.vector == b.vector && a.has_error == b.has_error && a.error == b.error &&
           a.length == b.length;
}

/* SDM 26.2.1.3, with the vectors that types 5 and 6 have (table 24-13). APM 15.20: EVENTINJ has types 0, 2, 3 and 4;
 * INT3 and INTO are its type 3 with their vectors, which no hardware exception has; records keep type 6 for them. */
bool model_type_ok(bool svm, struct pn_event e)
{
    switch (e.type) {
    case 0:
    case 4:
        return true;
    case 2:
        return e.vector == 2;
    case 3:
        return e.vector < 32 && e.vector != 2 && !(svm && (e.vector == 3 || e.vector == 4));
    case 5:
        return !svm && e.vector == 1;
    case 6:
        return e.vector == 3 || e.vector == 4;
    case 7:
        return !svm && e.vector == 0;
    default:
        return false;
    }
}

/* SDM 26.2.1.3: bits 31:16 are 0. APM 15.20: all 32 bits are pushed. */
bool model_error_ok(bool svm, uint32_t error)
{
    return svm || error <= 0xffff;
}

bool model_soft(uint8_t type)
{
    return type == 4 || type == 5 || type == 6;
}

bool model_length_ok(struct pn_event e)
{
    return model_soft(e.type) ? e.length >= 1 && e.length <= 15 : e.length == 0;
}

bool model_has_error(bool svm, uint8_t type, uint8_t vector, bool pe)
{
    return type == 3 && vector < 32 && entry_of(svm, vector)->error && pe;
}

bool model_payload_allowed(uint8_t type, uint8_t vector)
{
    return (type == 3 && (vector == 1 || vector == 7 || vector == 14)) || (type == 5 && vector == 1);
}

/* XFD_ERR of a #NM is in a register already when it is raised. */
unsigned int model_owes(struct pn_event e)
{
    return e.has_payload && (e.vector == 1 || e.vector == 14);
}

/* SDM table 6-2: "traps on the previous instruction: breakpoints, debug trap exceptions (TF, data or I/O)". */
bool model_low_trap(struct pn_event e)
{
    return e.type == 3 && e.vector == 1 &&
           (e.db_kind == PN_DB_SINGLE_STEP || e.db_kind == PN_DB_DATA_OR_IO || e.db_kind == PN_DB_BUS_LOCK);
}

bool model_is_fault(uint8_t vector)
{
    return vector < 32 && table[vector].kind == FAULT;
}

/* SDM table 6-5 and APM 8.2.9, rows first, columns second; 6.15: only hardware exceptions have a class that counts. */
enum model_pair model_pair(bool svm, struct pn_event first, struct pn_event second)
{
    static const enum model_pair pairs[4][4] = {
        /*                  benign        contributory        page fault          #DF */
        [BENIGN] =       {MODEL_SERIAL, MODEL_SERIAL,       MODEL_SERIAL,       MODEL_SERIAL},
        [CONTRIBUTORY] = {MODEL_SERIAL, MODEL_DOUBLE_FAULT, MODEL_SERIAL,       MODEL_SERIAL},
        [PAGE_FAULT] =   {MODEL_SERIAL, MODEL_DOUBLE_FAULT, MODEL_DOUBLE_FAULT, MODEL_SERIAL},
        [DOUBLE] =       {MODEL_SERIAL, MODEL_SHUTDOWN,     MODEL_SHUTDOWN,     MODEL_SERIAL},
    };

    if (first.type != 3 || second.type != 3 || first.vector > 31 || second.vector > 31)
        return MODEL_SERIAL;
    return pairs[entry_of(svm, first.vector)->class][entry_of(svm, second.vector)->class];
}

/* SDM 17.2.3 and table 27-1. */
uint64_t model_dr6(uint64_t before, uint64_t qualification)
{
    const uint64_t sticky = 0xe000;         /* BD, BS, BT: only software clears them */
    uint64_t after = (before & ~0xfull) | (qualification & (0xf | sticky));

    if (qualification & (1u << 11)) /* a bus lock clears BLD, nothing else touches it */
        after &= ~(1ull << 11);
    after |= 1ull << 16; /* RTM is 0 for a #DB inside a transaction, 1 for any other */
    if (qualification & (1u << 16))
        after &= ~(1ull << 16);
    return after;
}
