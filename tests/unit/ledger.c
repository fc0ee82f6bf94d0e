/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vendor/common: the counters, row by row, and their names.
 */
#include <string.h>

#include "support.h"

#include "../../core/hw/ledger.h"

START_TEST(rows_by_path)
{
    struct fixture *f = fresh_on(_i);
    struct pn_tally t;

    f->cpu.iflag = true;
    pn_queue_exception(&f->v, fault_with(13, 0));
    t = pn_tally_row(&f->cpu.counters, &f->v, 3, PN_PATH_RAISED);
    ck_assert(t.accepted == 1 && t.pending == 1 && t.delivered == 0 && t.discarded == 0 && t.recorded == 0);
    turn(f);
    t = pn_tally_row(&f->cpu.counters, &f->v, 3, PN_PATH_RAISED);
    ck_assert(t.accepted == 1 && t.pending == 0 && t.delivered == 1);
    interrupted_by_exit(f, fault_with(13, 4));
    t = pn_tally_row(&f->cpu.counters, &f->v, 3, PN_PATH_INTERRUPTED);
    ck_assert(t.accepted == 1 && t.pending == 1 && t.delivered == 0);
    turn(f);
    t = pn_tally_row(&f->cpu.counters, &f->v, 3, PN_PATH_INTERRUPTED);
    ck_assert(t.accepted == 1 && t.pending == 0 && t.delivered == 1);
    f->cpu.iflag = true;
    model_request(&f->cpu.controller, 0x99);
    pn_interrupt_pending(&f->v);
    pn_inject_events(&f->v);
    t = pn_tally_row(&f->cpu.counters, &f->v, 0, PN_PATH_ACKNOWLEDGED);
    ck_assert(t.accepted == 1 && t.pending == 1);
    enter(f);
    t = pn_tally_row(&f->cpu.counters, &f->v, 0, PN_PATH_ACKNOWLEDGED);
    ck_assert(t.accepted == 1 && t.delivered == 1);
    t = pn_tally_all(&f->cpu.counters, &f->v);
    ck_assert(t.accepted == 3 && t.delivered == 3 && pn_tally_holds(t));
}
END_TEST

/* Every row holds by itself after an event of each path was given up. */
START_TEST(rows_of_given_up_events)
{
    static const uint8_t seconds[] = {6, 13};

    for (size_t i = 0; i < 2; i++) {
        struct fixture *f = fresh_on(_i);

        interrupted_by_exit(f, fault_with(13, 4));
        pn_queue_exception(&f->v, fault(seconds[i]));
        for (uint8_t type = 0; type < PN_TYPES; type++)
            for (uint8_t path = 0; path < PN_COUNTED_PATHS; path++)
                ck_assert(pn_tally_holds(pn_tally_row(&f->cpu.counters, &f->v, type, path)));
        turn(f);
        sound(f);
    }
}
END_TEST

START_TEST(a_lost_event_shows)
{
    const struct pn_tally good = {.accepted = 5, .delivered = 2, .recorded = 1, .discarded = 1, .pending = 1};
    struct pn_tally bad = good;

    ck_assert(pn_tally_holds(good));
    bad.delivered--;
    ck_assert(!pn_tally_holds(bad));
    bad = good;
    bad.pending++;
    ck_assert(!pn_tally_holds(bad));
}
END_TEST

START_TEST(names_differ)
{
    for (uint8_t i = 0; i < PN_TYPES; i++)
        for (uint8_t j = 0; j < i; j++)
            ck_assert_str_ne(pn_type_name(i), pn_type_name(j));
    for (uint8_t i = 0; i < PN_PATHS; i++)
        for (uint8_t j = 0; j < i; j++)
            ck_assert_str_ne(pn_path_name(i), pn_path_name(j));
    for (uint8_t i = 0; i < PN_REASONS; i++)
        for (uint8_t j = 0; j < i; j++)
            ck_assert_str_ne(pn_reason_name(i), pn_reason_name(j));
    ck_assert_str_eq(pn_type_name(200), "?");
    ck_assert_str_eq(pn_path_name(200), "?");
    ck_assert_str_eq(pn_reason_name(200), "?");
}
END_TEST

TCase *ledger_tests(void)
{
    TCase *t = tcase_create("ledger");

    tcase_add_loop_test(t, rows_by_path, 0, ON_ALL);
    tcase_add_loop_test(t, rows_of_given_up_events, 0, ON_ALL);
    tcase_add_test(t, a_lost_event_shows);
    tcase_add_test(t, names_differ);
    return t;
}
