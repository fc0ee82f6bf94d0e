/* SPDX-License-Identifier: BSD-2-Clause
 *
 * DR6 after a #DB, over all combinations of the bits that mean anything, against SDM 17.2.3 as a sentence a bit.
 */
#include "support.h"

#include "payload.h"

/* Bits 3:0, 11 to 16 of DR6 and of the exit qualification, spread from a 10-bit number. */
static uint64_t spread(unsigned int n)
{
    static const unsigned int bits[10] = {0, 1, 2, 3, 11, 12, 13, 14, 15, 16};
    uint64_t word = 0;

    for (unsigned int i = 0; i < 10; i++)
        if (n >> i & 1)
            word |= 1ull << bits[i];
    return word;
}

static bool has(uint64_t word, unsigned int bit)
{
    return (word & (1ull << bit)) != 0;
}

/* The manual, bit by bit: what DR6 bit `k` is after a debug exception with exit qualification `q`. */
static bool manual(uint64_t before, uint64_t q, unsigned int k)
{
    switch (k) {
    case 0: case 1: case 2: case 3: /* "the breakpoint condition was met": for this exception */
        return has(q, k);
    case 13: /* "the next instruction accesses a debug register"; */
    case 14: /* "triggered by the single-step execution mode"; */
    case 15: /* "the T flag in the TSS": "never cleared by the processor" */
        return has(before, k) || has(q, k);
    case 11: /* "Other debug exceptions do not modify this bit"; 0 for a bus lock */
        return has(q, 11) ? false : has(before, 11);
    case 16: /* "clear if ... inside an RTM region ... set for any other debug exception" */
        return has(q, 16) ? false : true;
    default:
        return has(before, k);
    }
}

START_TEST(debug_status_all_bits)
{
    static const uint64_t rest[] = {0, 0xffff07f0, 0xffffffff00000000ull};

    for (unsigned int i = 0; i < 1024; i++)
        for (unsigned int j = 0; j < 1024; j++) {
            const uint64_t before = spread(i) | rest[(i ^ j) % 3];
            const uint64_t q = spread(j);
            const uint64_t after = pn_dr6_after(before, q);

            for (unsigned int k = 0; k < 64; k++)
                if (has(after, k) != manual(before, q, k))
                    ck_abort_msg("bit %u of DR6 %llx with %llx", k, (unsigned long long)before, (unsigned long long)q);
        }
}
END_TEST

/* The qualification's reserved bits never reach DR6. */
START_TEST(debug_status_reserved_bits)
{
    for (unsigned int k = 0; k < 64; k++) {
        const bool meaning = k <= 3 || k == 11 || (k >= 13 && k <= 16);

        if (!meaning) {
            ck_assert_uint_eq(pn_dr6_after(0x10000, 1ull << k), 0x10000);
            ck_assert_uint_eq(pn_dr6_after(0x10000 | 1ull << k, 0), 0x10000 | 1ull << k);
        }
    }
}
END_TEST

/* The whole way: exit qualification, queue, entry, what the guest's handler reads. */
START_TEST(debug_status_reaches_the_guest)
{
    for (unsigned int j = 0; j < 1024; j++) {
        struct fixture *f = fresh_on(_i);
        const uint64_t before = f->cpu.dr6 = spread((j * 7 + 3) % 1024) | 0xffff0ff0;
        const uint64_t q = spread(j);

        f->cpu.cr2 = 0x4444;
        script_raises(f, debug(PN_DB_CODE_BREAKPOINT, q));
        ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
        ck_assert_int_eq(pn_queue_exception(&f->v, f->cpu.exit.exception), PN_ACCEPTED);
        if (!f->cpu.svm) /* AMD's exit has written it */
            ck_assert_uint_eq(f->cpu.dr6, before);
        turn(f);
        for (unsigned int k = 0; k < 64; k++)
            HOLDS(has(last_seen(f)->dr6, k) == manual(before, q, k));
        ck_assert_uint_eq(last_seen(f)->cr2, 0x4444);
        ck_assert_uint_eq(f->cpu.applied, !f->cpu.svm);
        ck_assert_uint_eq(f->cpu.counters.payload_db, !f->cpu.svm);
    }
}
END_TEST

START_TEST(debug_without_payload_keeps_status)
{
    struct fixture *f = fresh_on(_i);
    const struct pn_event without = f->cpu.svm ? fault(1) : icebp();

    f->cpu.dr6 = 0xffff4ff3;
    pn_queue_exception(&f->v, without);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->dr6, 0xffff4ff3);
    ck_assert_uint_eq(f->cpu.applied, 0);
}
END_TEST

/* The model's own table must not lean on the core either. */
START_TEST(model_agrees_with_the_manual)
{
    for (unsigned int i = 0; i < 1024; i += 3)
        for (unsigned int j = 0; j < 1024; j++)
            for (unsigned int k = 0; k < 64; k++)
                HOLDS(has(model_dr6(spread(i), spread(j)), k) == manual(spread(i), spread(j), k));
}
END_TEST

START_TEST(deliver_payload_alone)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.dr7 = 0x2400;
    pn_deliver_payload(page_fault(0x8000, 4));
    ck_assert(f->cpu.cr2 == 0x8000 && f->cpu.dr6 == 0xffff0ff0 && f->cpu.dr7 == 0x2400 && f->cpu.applied == 1);
    pn_deliver_payload(debug(PN_DB_SINGLE_STEP, 1u << 14));
    ck_assert(f->cpu.cr2 == 0x8000 && f->cpu.dr6 == 0xffff4ff0 && f->cpu.dr7 == 0x400 && f->cpu.applied == 2);
    pn_deliver_payload(fault_with(13, 0));
    ck_assert(f->cpu.cr2 == 0x8000 && f->cpu.dr6 == 0xffff4ff0 && f->cpu.dr7 == 0x400 && f->cpu.applied == 2);
}
END_TEST

TCase *debug_status_tests(void)
{
    TCase *t = tcase_create("debug status");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, debug_status_all_bits);
    tcase_add_test(t, debug_status_reserved_bits);
    tcase_add_loop_test(t, debug_status_reaches_the_guest, 0, ON_ALL);
    tcase_add_loop_test(t, debug_without_payload_keeps_status, 0, ON_ALL);
    tcase_add_test(t, model_agrees_with_the_manual);
    tcase_add_loop_test(t, deliver_payload_alone, 0, ON_ALL);
    return t;
}
