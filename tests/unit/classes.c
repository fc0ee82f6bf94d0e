/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/event: bits, classes of exceptions, error codes, records. Each over all its inputs or all that matter.
 */
#include "support.h"

#include "bits.h"
#include "classify.h"
#include "record.h"

START_TEST(single_bits)
{
    static const uint64_t words[] = {0, 1, 0x8000000000000000ull, 0xffffffffffffffffull, 0x5555aaaa12345678ull};

    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        for (unsigned int k = 0; k < 64; k++) {
            const uint64_t on = pn_putb(words[w], k, true);
            const uint64_t off = pn_putb(words[w], k, false);

            ck_assert_int_eq(pn_tstb(words[w], k), (int)(words[w] >> k & 1));
            ck_assert(on >> k & 1 && (on ^ words[w]) >> k <= 1 && ((on ^ words[w]) & ~(1ull << k)) == 0);
            ck_assert(!(off >> k & 1) && ((off ^ words[w]) & ~(1ull << k)) == 0);
        }
}
END_TEST

/* SDM table 6-1, column "error code": the vectors written out. APM table 8-1: #VC (29) and #SX (30) as well. */
START_TEST(error_code_vectors)
{
    static const uint8_t with[] = {8, 10, 11, 12, 13, 14, 17, 21};

    for (unsigned int type = 0; type < 256; type++)
        for (unsigned int vector = 0; vector < 256; vector++) {
            bool listed = _i != ON_VMX && (vector == 29 || vector == 30);

            for (size_t i = 0; i < sizeof with; i++)
                listed = listed || with[i] == vector;
            HOLDS(pn_pushes_error(_i != ON_VMX, (uint8_t)type, (uint8_t)vector, true) == (type == 3 && listed));
            HOLDS(!pn_pushes_error(_i != ON_VMX, (uint8_t)type, (uint8_t)vector, false));
            HOLDS(model_has_error(_i != ON_VMX, (uint8_t)type, (uint8_t)vector, true) == (type == 3 && listed));
        }
}
END_TEST

/* SDM table 6-1, column "type": Fault; #DB apart, because its class is its kind's. */
START_TEST(fault_vectors)
{
    static const uint8_t faults[] = {0, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19, 20, 21};

    for (unsigned int vector = 0; vector < 256; vector++) {
        bool listed = false;

        for (size_t i = 0; i < sizeof faults; i++)
            listed = listed || faults[i] == vector;
        for (unsigned int kind = 0; kind < 256; kind++) /* EV-014: of the kinds of #DB, general detect */
            HOLDS(pn_is_fault((uint8_t)vector, (uint8_t)kind) == (vector == 1 ? kind == PN_DB_GENERAL_DETECT : listed));
        ck_assert_int_eq(model_is_fault((uint8_t)vector), listed);
    }
}
END_TEST

START_TEST(bare_record)
{
    const struct pn_event e = pn_event_make(PN_STAGE_INJECTED, PN_TYPE_NMI, 200);

    ck_assert(e.stage == PN_STAGE_INJECTED && e.type == PN_TYPE_NMI && e.vector == 200);
    ck_assert(!e.has_error && e.error == 0 && !e.has_payload && e.payload == 0 && e.length == 0);
    ck_assert(e.origin == PN_BY_HARDWARE && e.db_kind == PN_DB_NONE);
}
END_TEST

START_TEST(fresh_vcpu_is_empty)
{
    struct fixture *f = fresh();

    f->v.nmi_pending = 9;
    f->v.interrupt_waiting = f->v.triple_fault = true;
    f->v.exception.stage = f->v.injected.stage = 7;
    pn_vcpu_init(&f->v);
    sound(f);
    ck_assert(f->v.nmi_pending == 0 && !f->v.interrupt_waiting && !f->v.triple_fault);
    ck_assert(f->v.exception.stage == PN_STAGE_NONE && f->v.injected.stage == PN_STAGE_NONE);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    ck_assert_uint_eq(f->seen, 0);
}
END_TEST

TCase *classes_tests(void)
{
    TCase *t = tcase_create("classes");

    tcase_add_test(t, single_bits);
    tcase_add_loop_test(t, error_code_vectors, 0, ON_ALL);
    tcase_add_test(t, fault_vectors);
    tcase_add_test(t, bare_record);
    tcase_add_test(t, fresh_vcpu_is_empty);
    return t;
}
