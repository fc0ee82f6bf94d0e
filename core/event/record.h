/* SPDX-License-Identifier: BSD-2-Clause
 * Making event records. */
#ifndef PROVENEST_RECORD_H
#define PROVENEST_RECORD_H

#include <provenest/types.h>

#include "../hw/hw.h"

/* A record with nothing but these three; no error code, no payload, no length, origin hardware. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures identity: \result.stage == stage && \result.type == type && \result.vector == vector;
    ensures bare: \result.has_error == 0 && \result.error == 0 && \result.has_payload == 0 && \result.payload == 0 &&
            \result.length == 0 && \result.origin == PN_BY_HARDWARE && \result.db_kind == PN_DB_NONE &&
            \result.by_delivery == 0; */
struct pn_event pn_event_make(uint8_t stage, uint8_t type, uint8_t vector);

/* Whether the two are the same to the processor: the fields of the entry and vectoring information. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> same_event(a, b); */
bool pn_event_same(struct pn_event a, struct pn_event b);

#endif
