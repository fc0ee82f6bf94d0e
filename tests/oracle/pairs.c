/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Double faults and exceptions that give way to a later one: SDM tables 6-4 and 6-5, 6.6; APM vol. 2, 8.2.9.
 */
#include "suite.h"

static const uint8_t types[] = {0, 2, 3, 4, 5, 6};

/* The vectors' own properties, against the model and through an injection. */
void classes_by_vector(enum oracle_vendor vendor)
{
    for (unsigned int vector = 0; vector < 32; vector++)
        for (unsigned int pe = 0; pe < 2; pe++) {
            struct rig *r = rig_fresh(vendor);
            struct pn_event e;

            r->cpu.pe = pe;
            compared(model_has_error(vendor == ORACLE_AMD, 3, (uint8_t)vector, pe) ==
                                 oracle_error_code(vendor, 3, (uint8_t)vector, pe) &&
                             (vector == PN_VECTOR_DB || oracle_reserved(vendor, (uint8_t)vector) ||
                              model_is_fault((uint8_t)vector) == oracle_fault(vendor, (uint8_t)vector))
                         ? NULL
                         : "the model's table",
                     "vector %u", vector);
            if (!exists(vendor, 3, (uint8_t)vector) || vector == 21)
                continue;
            e = event_of(r, 3, (uint8_t)vector);
            e.error = 0x1234; /* offered with one in any case: whether it is pushed is the vector's and the mode's */
            e.has_error = true;
            pn_queue_exception(&r->v, e);
            inject_as_oracle(r);
        }
}

/* The model's table against the oracle's, by type and vector, those that no core accepts included. */
void pairs_alone(enum oracle_vendor vendor)
{
    for (size_t i = 0; i < sizeof types; i++)
        for (unsigned int first = 0; first < 32; first++)
            for (size_t j = 0; j < sizeof types; j++)
                for (unsigned int second = 0; second < 32; second++) {
                    const struct pn_event a = model_event(types[i], (uint8_t)first);
                    const struct pn_event b = model_event(types[j], (uint8_t)second);

                    compared((int)model_pair(vendor == ORACLE_AMD, a, b) == (int)oracle_pair(vendor, a, b)
                                 ? NULL
                                 : "the model's table",
                             "type %u vector %u, type %u vector %u", a.type, first, b.type, second);
                }
}

/* Offer every exception, from every origin, while every event is interrupted; then see what is injected. */
static void during(enum oracle_vendor vendor, uint8_t type, uint8_t vector)
{
    for (size_t j = 0; j < sizeof types; j++)
        for (unsigned int second = 0; second < 32; second++)
            for (uint8_t origin = PN_BY_HARDWARE; origin <= PN_RESTORED; origin++) {
                struct rig *r = rig_fresh(vendor);
                struct pn_event e = event_of(r, types[j], (uint8_t)second);

                if (types[j] == 0 || types[j] == 2 || types[j] == 4 || second == 21 ||
                    !exists(vendor, types[j], (uint8_t)second))
                    continue;
                e.origin = origin;
                if (e.type == 3 && second == PN_VECTOR_PF) {
                    e.has_payload = true;
                    e.payload = 0xbbbb000;
                }
                r->cpu.cr2 = 0xaaaa;
                rig_interrupted(r, event_of(r, type, vector));
                if (queue_as_oracle(r, e))
                    inject_as_oracle(r);
            }
}

void pairs_through_the_core(enum oracle_vendor vendor)
{
    for (size_t i = 0; i < sizeof types; i++)
        for (unsigned int first = 0; first < 256; first++)
            if (exists(vendor, types[i], (uint8_t)first))
                during(vendor, types[i], (uint8_t)first);
}

/* One exception waits, another is offered: all pairs of exceptions and origins. */
void pending_gives_way(enum oracle_vendor vendor)
{
    for (unsigned int n = 0; n < 3 * 32 * 5 * 3 * 32; n++) {
        struct rig *r = rig_fresh(vendor);
        static const uint8_t raised[] = {3, 5, 6};
        const uint8_t type = raised[n % 3], vector = (uint8_t)(n / 3 % 32), origin = (uint8_t)(n / 96 % 5);
        const uint8_t second_type = raised[n / 480 % 3], second = (uint8_t)(n / 1440);
        struct pn_event e;

        if (!exists(vendor, type, vector) || !exists(vendor, second_type, second) || vector == 21 || second == 21)
            continue;
        e = event_of(r, type, vector);
        e.origin = origin;
        if (queue_as_oracle(r, e) && queue_as_oracle(r, event_of(r, second_type, second)))
            inject_as_oracle(r);
    }
}
