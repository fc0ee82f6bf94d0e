/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Exceptions that a guest hypervisor intercepts, the exception bitmap, machine checks, and what is refused. SDM 15.10.4,
 * 27.1, 27.2.2; APM 15.12.
 */
#include "support.h"

/* EV-126, (vendor, vector): which registers an intercepted exception has written. SDM 27.1: none. APM 15.12.2: "DR6 and
 * DR7 are updated" before a #DB intercept; 15.12.15: CR2 is not written. */
struct row {
    uint8_t vector;
    bool vmx_dr6, svm_dr6;
};

static const struct row table[] = {{1, false, true}, {7, false, false}, {14, false, false}, {13, false, false}};

static struct pn_event with_payload(uint8_t vector)
{
    struct pn_event e = vector == 1 ? debug(PN_DB_GENERAL_DETECT, 1u << 13 | 1) : fault(vector);

    if (vector == 14)
        return page_fault(0xabc000, 7);
    if (vector == 7) {
        e.has_payload = true;
        e.payload = 0x40000;
    }
    return e;
}

START_TEST(intercept_payload_table)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (unsigned int has = 0; has < 2; has++) {
            struct fixture *f = fresh_on(_i);
            struct pn_event e = with_payload(table[i].vector), out;
            const bool writes = f->cpu.svm ? table[i].svm_dr6 : table[i].vmx_dr6;

            if (!has) {
                e.has_payload = false;
                e.payload = 0;
            }
            f->cpu.cr2 = 0x1111;
            f->cpu.dr6 = 0xffff0ff2;
            f->cpu.dr7 = 0x2455;
            HOLDS(pn_queue_exception(&f->v, e) == PN_ACCEPTED);
            out = pn_intercept_exception(&f->v);
            sound(f);
            ck_assert(same_event(out, e) && out.origin == e.origin && out.db_kind == e.db_kind);
            ck_assert_uint_eq(f->cpu.cr2, 0x1111);
            ck_assert_uint_eq(f->cpu.dr6, writes && has ? 0xffff2ff1 : 0xffff0ff2);
            ck_assert_uint_eq(f->cpu.dr7, writes ? 0x455 : 0x2455);
            ck_assert_int_eq(out.has_payload, e.has_payload && !writes);
            ck_assert_uint_eq(out.payload, writes ? 0 : e.payload);
            ck_assert_uint_eq(f->cpu.counters.recorded[3][0], 1);
            ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER); /* it is not delivered as well */
            ck_assert_uint_eq(f->seen, 0);
        }
}
END_TEST

/* An exception raised by a delivery can be intercepted like any other. */
START_TEST(intercept_after_a_merge)
{
    struct fixture *f = fresh_on(_i);

    interrupted_by_exit(f, page_fault(0x2000, 0));
    pn_queue_exception(&f->v, fault_with(13, 0));
    ck_assert_uint_eq(pn_intercept_exception(&f->v).vector, 8);
    sound(f);
    ck_assert_uint_eq(pn_tally_all(&f->cpu.counters, &f->v).recorded, 1);
}
END_TEST

/* CVE-2015-8104, CVE-2015-5307: #DB and #AC whatever is wanted. */
START_TEST(exception_bitmap)
{
    fresh();
    for (unsigned int k = 0; k < 64; k++) {
        ck_assert_uint_eq(pn_exception_bitmap(1ull << k), 1ull << k | 0x20002);
        ck_assert_uint_eq(pn_exception_bitmap(~(1ull << k)), ~(1ull << k) | 0x20002);
    }
    ck_assert_uint_eq(pn_exception_bitmap(0), 0x20002);
}
END_TEST

/* ---- Machine check ---- */

START_TEST(machine_check)
{
    for (unsigned int n = 0; n < 4; n++) {
        struct fixture *f = fresh_on(_i);
        const bool mce = n & 1, mcip = n >> 1;

        ck_assert_int_eq(pn_queue_machine_check(&f->v, mce, mcip), PN_ACCEPTED);
        sound(f);
        if (!mce || mcip) {
            ck_assert_int_eq(pn_inject_events(&f->v), PN_SHUTDOWN);
            continue;
        }
        turn(f);
        ck_assert(last_seen(f)->event.vector == 18 && last_seen(f)->event.type == 3 && !last_seen(f)->event.has_error);
        ck_assert(!last_seen(f)->pushed_rf); /* an abort */
    }
}
END_TEST

START_TEST(machine_check_waits)
{
    for (unsigned int n = 0; n < 2; n++) {
        struct fixture *f = fresh_on(_i);

        if (n)
            interrupted_by_exit(f, fault_with(13, 0));
        else
            pn_queue_exception(&f->v, by(PN_BY_EMULATOR, page_fault(0x1000, 0)));
        ck_assert_int_eq(pn_queue_machine_check(&f->v, true, false), PN_BUSY);
        sound(f);
        turn(f);
        ck_assert_int_eq(pn_queue_machine_check(&f->v, true, false), PN_ACCEPTED);
        turn(f);
        ck_assert(f->seen == 2 && last_seen(f)->event.vector == 18);
    }
}
END_TEST

/* ---- What is taken, what is refused ---- */

/* A fault that the delivery of another event raised is raised by no instruction: nothing takes its place. */
START_TEST(raised_by_a_delivery_stays)
{
    for (uint8_t origin = PN_BY_HARDWARE; origin <= PN_RESTORED; origin++) {
        struct fixture *f = fresh_on(_i);

        interrupted_by_exit(f, vectored(0, 0x41, 0, false, 0));
        HOLDS(pn_queue_exception(&f->v, page_fault(0x5000, 2)) == PN_ACCEPTED);
        ck_assert(f->v.exception.by_delivery);
        ck_assert_int_eq(pn_queue_exception(&f->v, by(origin, fault_with(13, 0))), PN_BUSY);
        sound(f);
        ck_assert_uint_eq(f->cpu.counters.reasons[3], 0);
        turn(f);
        ck_assert(last_seen(f)->event.vector == 14 && last_seen(f)->cr2 == 0x5000);
        HOLDS(pn_queue_exception(&f->v, page_fault(0x6000, 2)) == PN_ACCEPTED); /* not during a delivery */
        ck_assert(!f->v.exception.by_delivery);
        HOLDS(pn_queue_exception(&f->v, by(origin, fault_with(13, 0))) == PN_ACCEPTED);
        sound(f);
    }
}
END_TEST

/* The entry did not run, so nothing was raised by it: even a hardware exception is refused until it has. */
START_TEST(cancelled_entry_refuses)
{
    for (uint8_t origin = PN_BY_HARDWARE; origin <= PN_RESTORED; origin++) {
        struct fixture *f = fresh_on(_i);
        struct pn_vcpu before;

        pn_queue_exception(&f->v, fault_with(13, 0));
        pn_inject_events(&f->v);
        pn_cancel_injection(&f->v);
        before = f->v;
        ck_assert_int_eq(pn_queue_exception(&f->v, by(origin, fault_with(11, 0))), PN_BUSY);
        sound(f);
        ck_assert_mem_eq(&before, &f->v, sizeof before);
        meets(f, MODEL_EPT_VIOLATION); /* once it has run, the processor's word counts again */
        turn(f);
        ck_assert_int_eq(pn_queue_exception(&f->v, by(origin, fault_with(11, 0))), origin <= PN_BY_EMULATOR ? PN_ACCEPTED : PN_BUSY);
        sound(f);
    }
}
END_TEST

/* VE-088: bits 31:16 are cut on Intel, kept on AMD (RMP faults, APM 15.36.10). */
START_TEST(error_code_width)
{
    for (unsigned int bit = 0; bit < 32; bit++) {
        struct fixture *f = fresh_on(_i);
        const uint32_t code = 1u << bit;

        pn_queue_exception(&f->v, by(PN_BY_EMULATOR, page_fault(0x1000, code)));
        sound(f);
        turn(f);
        ck_assert_uint_eq(last_seen(f)->event.error, f->cpu.svm || bit < 16 ? code : 0);
        f = fresh_on(_i);
        interrupted_by_exit(f, vectored(0, 0x41, 0, false, 0));
        pn_queue_exception(&f->v, page_fault(0x1000, code));
        turn(f);
        ck_assert_uint_eq(last_seen(f)->event.error, f->cpu.svm || bit < 16 ? code : 0);
    }
}
END_TEST

TCase *intercept_tests(void)
{
    TCase *t = tcase_create("intercepts");

    tcase_add_loop_test(t, intercept_payload_table, 0, ON_ALL);
    tcase_add_loop_test(t, intercept_after_a_merge, 0, ON_ALL);
    tcase_add_test(t, exception_bitmap);
    tcase_add_loop_test(t, machine_check, 0, ON_ALL);
    tcase_add_loop_test(t, machine_check_waits, 0, ON_ALL);
    tcase_add_loop_test(t, raised_by_a_delivery_stays, 0, ON_ALL);
    tcase_add_loop_test(t, cancelled_entry_refuses, 0, ON_ALL);
    tcase_add_loop_test(t, error_code_width, 0, ON_ALL);
    return t;
}
