/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The comparison's rig: one model processor, states brought about by hand, one line a test.
 */
#ifndef ORACLE_SUITE_H
#define ORACLE_SUITE_H

#include <stddef.h>

#include "bridge.h"

struct rig {
    struct model_cpu cpu;
    struct pn_vcpu v;
    enum oracle_vendor vendor;
};

/* A processor of this vendor after reset, and an empty vcpu. */
struct rig *rig_fresh(enum oracle_vendor vendor);
/* As if the last exit had interrupted the delivery of `e`, and the core had been told. */
void rig_interrupted(struct rig *r, struct pn_event e);

/* One state compared. A difference is printed once a test, with the state; the test has failed. */
void compared(const char *difference, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* pn_queue_exception and pn_inject_events, each compared with the oracle. */
bool queue_as_oracle(struct rig *r, struct pn_event e);
bool inject_as_oracle(struct rig *r);

/* A well-formed event: the error code bit of the manual, a length where there is one, no payload. */
struct pn_event event_of(const struct rig *r, uint8_t type, uint8_t vector);
bool exists(enum oracle_vendor vendor, uint8_t type, uint8_t vector);

typedef void test_function(enum oracle_vendor vendor);
test_function classes_by_vector, pairs_alone, pairs_through_the_core, pending_gives_way;
test_function debug_status_bits, debug_kinds, payload_moments;
test_function priority_states, latched_states, intercepted_exceptions, exception_bitmaps;

#endif
