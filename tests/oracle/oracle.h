/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The manual's tables (folder tables) made executable, and what follows from them for the core's two decisions: what
 * becomes of an exception that is offered to it, and what it prepares for the next VM entry. Knows the core's types and
 * nothing of its code. Used by the exhaustive comparison here, by tests/unit and by tests/fuzz.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <provenest/types.h>

enum oracle_vendor { ORACLE_INTEL = 1, ORACLE_AMD = 2 };
enum oracle_class { ORACLE_BENIGN, ORACLE_CONTRIBUTORY, ORACLE_PAGE_FAULT, ORACLE_DOUBLE };
enum oracle_outcome { ORACLE_SERIAL, ORACLE_DOUBLE_FAULT, ORACLE_SHUTDOWN };
enum oracle_moment { ORACLE_INTERCEPTED, ORACLE_INJECTED, ORACLE_DELIVERED };
enum oracle_turn {
    ORACLE_TURN_SHUTDOWN,
    ORACLE_TURN_SIPI,
    ORACLE_TURN_WAIT,
    ORACLE_TURN_INTERRUPTED,
    ORACLE_TURN_EXCEPTION,
    ORACLE_TURN_SMI,
    ORACLE_TURN_INIT,
    ORACLE_TURN_MTF,
    ORACLE_TURN_TRAP, /* an exception, too: a debug trap of low rank */
    ORACLE_TURN_NMI,
    ORACLE_TURN_INTERRUPT,
    ORACLE_TURN_NOBODY,
};

/* ---- The tables ---- */

enum oracle_class oracle_class(enum oracle_vendor vendor, uint8_t vector);
/* By the types, too: only hardware exceptions (type 3) have a class that counts (SDM 6.15, 31.7.1.1; APM 8.2.9). */
enum oracle_outcome oracle_pair(enum oracle_vendor vendor, struct pn_event first, struct pn_event second);
bool oracle_error_code(enum oracle_vendor vendor, uint8_t type, uint8_t vector, bool pe);
/* No exception at all on this processor (SV-025: AMD refuses to inject one). */
bool oracle_reserved(enum oracle_vendor vendor, uint8_t vector);
/* Fault class by vector; of #DB it is the kind's (oracle_pushes_rf). */
bool oracle_fault(enum oracle_vendor vendor, uint8_t vector);
/* Is RFLAGS.RF 1 in the image that the delivery of this exception pushes, whatever it was before? */
bool oracle_pushes_rf(enum oracle_vendor vendor, struct pn_event e);
bool oracle_low_trap(struct pn_event e);
bool oracle_dr6_bit(enum oracle_vendor vendor, uint64_t before, uint64_t condition, unsigned int bit);
uint64_t oracle_dr6(enum oracle_vendor vendor, uint64_t before, uint64_t condition);
struct oracle_written {
    bool cr2, dr6, gd;
};
struct oracle_written oracle_written(enum oracle_vendor vendor, uint8_t vector, enum oracle_moment moment);

/* ---- The decisions ---- */

/* Everything that decides, as one sees it from outside just before a call. */
struct oracle_state {
    enum oracle_vendor vendor;
    bool pe, iflag, sti, movss, nmi_blocked, rf, smm, gif_0, hold, wait_for_sipi;
    bool iret_watched; /* AMD: the guest is at the IRET that ends its NMI handler */
    uint64_t cr2, dr6, dr7;
    bool interrupted, raised; /* is there one: */
    struct pn_event injected, exception;
    unsigned int nmis;
    bool waiting, shutdown, smi, init, sipi, mtf;
    bool cancelled; /* the interrupted one: its entry was taken back, no exit interrupted it */
    int offered;    /* what the interrupt controller would answer; -1: nothing */
};

enum oracle_turn oracle_turn(const struct oracle_state *s);

enum oracle_window {
    ORACLE_NMI_WINDOW,
    ORACLE_INTERRUPT_WINDOW,
    ORACLE_IMMEDIATE_EXIT,
    ORACLE_SINGLE_STEP,
    ORACLE_WINDOWS,
};

/* What pn_inject_events must have done. */
struct oracle_entry {
    enum oracle_turn turn;
    bool programmed, waiting, smi, init, sipi, mtf, rf, nmi_blocked, iret_watched, trap_held;
    bool rf_open; /* a vector that is no exception: the manual does not say what is pushed */
    bool window[ORACLE_WINDOWS];
    struct pn_event event; /* type, vector, has_error, error, length */
    unsigned int nmis;
    uint64_t cr2, dr6, dr7;
};
/* Is there an entry at all, or is the turn somebody's whom the hypervisor serves? */
bool oracle_enters(enum oracle_turn turn);
struct oracle_entry oracle_inject(const struct oracle_state *s);

/* What pn_queue_exception must have done with `e`. */
struct oracle_queued {
    bool busy, raised, shutdown, interrupted;
    struct pn_event exception; /* type, vector, has_error, error, length, has_payload, payload, by_delivery */
    uint64_t cr2;
};
struct oracle_queued oracle_queue(const struct oracle_state *s, struct pn_event e);

/* What identifies an event to the processor. */
bool oracle_same(struct pn_event a, struct pn_event b);

/* Lines of the tables that no question has reached yet: one name, or null. A table that is not asked tests nothing. */
const char *oracle_unused(unsigned int vendors);

#endif
