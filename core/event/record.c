/* SPDX-License-Identifier: BSD-2-Clause */
#include "record.h"

struct pn_event pn_event_make(uint8_t stage, uint8_t type, uint8_t vector)
{
    struct pn_event e;

    e.stage = stage;
    e.type = type;
    e.vector = vector;
    e.origin = PN_BY_HARDWARE;
    e.db_kind = PN_DB_NONE;
    e.length = 0;
    e.has_error = false;
    e.has_payload = false;
    e.by_delivery = false;
    e.error = 0;
    e.payload = 0;
    return e;
}

bool pn_event_same(struct pn_event a, struct pn_event b)
{
    return a.type == b.type && a.vector == b.vector && a.length == b.length && a.has_error == b.has_error &&
           a.error == b.error;
}
