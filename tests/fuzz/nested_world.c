/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What L2 executes, what meets its deliveries, what its handlers see; and what it raises.
 */
#include "nested.h"

struct pn_event any_exception(struct nested_run *r)
{
    static const uint8_t vectors[] = {0, 1, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19};
    const unsigned int how = take(r, 256);
    const uint8_t vector = vectors[how % sizeof vectors];
    struct pn_event e =
        model_event(vector == 3 || vector == 4 ? PN_TYPE_SOFT_EXCEPTION : PN_TYPE_HARD_EXCEPTION, vector);

    if (e.type == PN_TYPE_SOFT_EXCEPTION)
        e.length = 1;
    e.has_error = model_has_error(false, e.type, vector, r->cpu.pe);
    e.error = e.has_error ? how : 0;
    if (vector == 14 || vector == 1) {
        e.has_payload = true;
        e.payload = vector == 14 ? (uint64_t)how << 12 : 0x4000;
    }
    if (vector == 1)
        e.db_kind = how & 16 ? PN_DB_SINGLE_STEP : PN_DB_GENERAL_DETECT;
    if (e.db_kind == PN_DB_GENERAL_DETECT)
        e.payload = 1u << 13;
    return e;
}

struct model_step l2_step(struct model_cpu *cpu, void *context)
{
    struct nested_run *r = context;
    struct model_step s = {.insn = (enum model_insn)take(r, MODEL_INSNS)};

    (void)cpu;
    if (s.insn == MODEL_INT_N) {
        s.event = model_event(PN_TYPE_SOFT_INTERRUPT, (uint8_t)take(r, 256));
        s.event.length = 2;
    }
    if (s.insn == MODEL_RAISES)
        s.event = any_exception(r);
    return s;
}

struct model_hazard l2_hazard(struct model_cpu *cpu, struct pn_event e, void *context)
{
    struct nested_run *r = context;
    const unsigned int n = take(r, 16);
    struct model_hazard h = {.meets = n >= 10 ? MODEL_EPT_VIOLATION : MODEL_NOTHING, .trap_gate = n & 1};

    (void)cpu;
    (void)e;
    if (n < 13)
        return h;
    h.exception = any_exception(r);
    h.meets = h.exception.type == PN_TYPE_HARD_EXCEPTION && h.exception.vector >= 10 ? MODEL_EXCEPTION : MODEL_NOTHING;
    return h;
}

void l2_sees(struct model_cpu *cpu, const struct model_seen *seen_by, void *context)
{
    struct nested_run *r = context;

    (void)cpu;
    if (seen_by->injected && seen_by->pushed_rip != r->return_rip)
        nested_fail(r, "the return address");
}
