/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pn_elide: an interrupted event may be forgotten only if its instruction raises it again, unseen (spec/claims/2-reinjection.md).
 */
#include <string.h>

#include "support.h"

/* #DE, #UD, #MF: restartable, raised by instructions alone, and they write nothing (SDM 6.6, table 6-1, 27.1). */
static bool unseen(struct pn_event e)
{
    return e.type == 3 && (e.vector == 0 || e.vector == 6 || e.vector == 16);
}

START_TEST(only_what_nobody_sees)
{
    for (uint8_t type = 0; type < 7; type++)
        for (unsigned int vector = 0; vector < 256; vector++)
            for (unsigned int promise = 0; promise < 8; promise++) {
                struct fixture *f = fresh_on(_i);
                const bool code = model_has_error(_i != ON_VMX, type, (uint8_t)vector, true);
                const struct pn_event e = vectored(type, (uint8_t)vector, model_soft(type), code, 0);
                const struct pn_resumption r = {promise & 1, promise >> 1 & 1, promise >> 2 & 1};
                const bool want = unseen(e) && promise == 7;

                if (!exists(f, e))
                    continue;
                interrupted_by_exit(f, e);
                HOLDS(pn_elide(&f->v, r) == want);
                sound(f);
                HOLDS(f->cpu.owed == !want && f->cpu.counters.reasons[7] == want);
                HOLDS(pn_inject_events(&f->v) == PN_ENTER && f->cpu.entry == !want);
            }
}
END_TEST

/* Not if anything waits, nor what the core's caller made, what a delivery raised, or what was taken back. */
START_TEST(nothing_must_wait)
{
    const struct pn_resumption r = {true, true, true};

    for (unsigned int which = 0; which < 11; which++) {
        struct fixture *f = fresh_on(_i);
        struct pn_vcpu before;

        f->cpu.iflag = true;
        if (which == 8 || which == 9) {
            pn_queue_exception(&f->v, by(which == 8 ? PN_BY_EMULATOR : PN_BY_HARDWARE, fault(6)));
            meets(f, MODEL_EPT_VIOLATION);
            turn(f);
        } else if (which == 10) {
            pn_queue_exception(&f->v, fault(6));
            pn_inject_events(&f->v);
            pn_cancel_injection(&f->v);
        } else if (which == 6) {
            interrupted_by_exit(f, vectored(0, 0x41, 0, false, 0));
            pn_queue_exception(&f->v, fault(6));
            meets(f, MODEL_EPT_VIOLATION);
            turn(f);
        } else {
            interrupted_by_exit(f, fault(6));
        }
        if (which == 1)
            pn_queue_nmi(&f->v);
        if (which == 2)
            pn_interrupt_pending(&f->v);
        if (which == 3)
            pn_queue_smi(&f->v);
        if (which == 4)
            pn_queue_init(&f->v);
        if (which == 5)
            pn_queue_triple_fault(&f->v);
        if (which == 7 && _i == ON_VMX)
            pn_queue_mtf(&f->v);
        before = f->v;
        ck_assert_int_eq(pn_elide(&f->v, r), which == 0 || which == 9 || (which == 7 && _i != ON_VMX));
        sound(f);
        if (f->v.injected.stage == PN_STAGE_INJECTED)
            ck_assert_mem_eq(&before, &f->v, sizeof before);
    }
}
END_TEST

TCase *elide_tests(void)
{
    TCase *t = tcase_create("elide");

    tcase_add_loop_test(t, only_what_nobody_sees, 0, ON_ALL);
    tcase_add_loop_test(t, nothing_must_wait, 0, ON_ALL);
    return t;
}
