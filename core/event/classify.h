/* SPDX-License-Identifier: BSD-2-Clause
 * What the manual's tables say of an exception: its class, its error code, the pair it makes. SDM vol. 3A chapter 6. */
#ifndef PROVENEST_CLASSIFY_H
#define PROVENEST_CLASSIFY_H

#include <provenest/types.h>

#include "../../spec/acsl/entry.h"

enum pn_pair {
    PN_PAIR_SERIAL = 0,       /* the second is delivered, the first forgotten */
    PN_PAIR_DOUBLE_FAULT = 1, /* #DF is delivered for both */
    PN_PAIR_SHUTDOWN = 2,     /* triple fault */
};

/* EV-002, EV-003 and EV-007: what becomes of `first` when its delivery raises `second`. Both hardware exceptions. `svm`: AMD's table. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures double_fault: \result == PN_PAIR_DOUBLE_FAULT <==> ev005_double_fault(svm, first, second);
    ensures shutdown: \result == PN_PAIR_SHUTDOWN <==> ev007_shutdown(svm, first, second);
    ensures serial: \result == PN_PAIR_SERIAL <==>
            !ev005_double_fault(svm, first, second) && !ev007_shutdown(svm, first, second); */
enum pn_pair pn_combine(bool svm, uint8_t first, uint8_t second);

/* EV-010: whether an event of this type and vector pushes an error code; `pe` is CR0.PE. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev010_error_code(svm, type, vector, pe); */
bool pn_pushes_error(bool svm, uint8_t type, uint8_t vector, bool pe);

/* EV-014: whether RFLAGS.RF is set in the image that delivery pushes. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev014_fault(vector, kind); */
bool pn_is_fault(uint8_t vector, uint8_t kind);

/* EV-020: a debug trap that ranks below SMI, INIT and MTF. One without payload could not be kept behind an MTF exit (the
 * processor would not know its conditions), so it goes before. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> e.has_payload != 0 && ev020_low_trap(e.type, e.vector, e.db_kind); */
bool pn_is_low_trap(struct pn_event e);

/* EV-040: INT n, INT1, INT3, INTO: the return address is behind the instruction. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev040_soft(type); */
bool pn_is_soft(uint8_t type);

#endif
