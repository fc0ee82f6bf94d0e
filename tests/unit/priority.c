/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose turn it is: every combination of what waits and of what blocks, against SDM table 6-2 written as a table.
 */
#include "support.h"

/* The state before pn_inject_events. */
struct case_of {
    int on;
    unsigned int slot; /* 0: nothing interrupted; else 1 + index in `interrupted` */
    unsigned int exception, nmi, waiting, offered;
    bool iflag, sti, movss, blocked;
};

static const uint8_t interrupted_types[] = {0, 2, 3, 4, 6, 5};

static struct pn_event interrupted_event(unsigned int slot)
{
    switch (interrupted_types[slot - 1]) {
    case 0:
        return vectored(0, 0x91, 0, false, 0);
    case 2:
        return vectored(2, 2, 0, false, 0);
    case 3:
        return fault_with(13, 0x20);
    case 4:
        return vectored(4, 0x80, 2, false, 0);
    case 5:
        return icebp();
    default:
        return breakpoint();
    }
}

enum turn_of { NOBODY, INTERRUPTED, EXCEPTION, NMI, INTERRUPT };

/* SDM table 6-2 with the interrupted event above it: one row a line, first match wins. */
static enum turn_of table_6_2(struct case_of c)
{
    const struct {
        bool present, open;
        enum turn_of whose;
    } rows[] = {
        {c.slot != 0, true, INTERRUPTED},
        {c.exception != 0, true, EXCEPTION},
        {c.nmi != 0, !c.blocked && !c.sti && !c.movss, NMI},
        {c.waiting && c.offered, c.iflag && !c.sti && !c.movss, INTERRUPT},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].present && rows[i].open)
            return rows[i].whose;
    return NOBODY;
}

/* States that the guest or the hypervisor can bring about (SDM 27.1: an interrupted interrupt or NMI leaves no shadow;
 * an interrupted interrupt had IF = 1; nothing is raised behind an interrupted delivery but by merging with it). */
static bool possible(struct case_of c)
{
    const bool is_interrupt = c.slot && interrupted_types[c.slot - 1] == 0;
    const bool is_nmi = c.slot && interrupted_types[c.slot - 1] == 2;

    if (c.on != ON_VMX && (c.movss || c.slot == 6)) /* one shadow, no type 5 */
        return false;
    if (c.sti && (c.movss || !c.iflag))
        return false;
    if (c.slot && c.exception)
        return false;
    if ((is_interrupt || is_nmi) && (c.sti || c.movss))
        return false;
    return !is_interrupt || c.iflag;
}

static struct fixture *bring_about(struct case_of c)
{
    struct fixture *f = fresh_on(c.on);

    for (unsigned int i = 0; i < c.nmi; i++)
        pn_queue_nmi(&f->v);
    if (c.slot)
        interrupted_by_exit(f, interrupted_event(c.slot));
    if (c.exception)
        pn_queue_exception(&f->v, page_fault(0x123000, 2));
    if (c.waiting)
        pn_interrupt_pending(&f->v);
    if (c.offered)
        model_request(&f->cpu.controller, 0x55);
    f->cpu.iflag = c.iflag;
    f->cpu.sti = c.sti;
    f->cpu.movss = c.movss;
    f->cpu.nmi_blocked = c.blocked;
    return f;
}

static struct pn_event programmed(struct case_of c, enum turn_of whose)
{
    switch (whose) {
    case INTERRUPTED:
        return interrupted_event(c.slot);
    case EXCEPTION:
        return page_fault(0x123000, 2);
    case NMI:
        return vectored(2, 2, 0, false, 0);
    default:
        return vectored(0, 0x55, 0, false, 0);
    }
}

/* VMX: an NMI that STI alone holds back waits for the interrupt window (SDM 25.2: the other may open in the shadow). AMD has
 * no NMI window: the end of blocking is the IRET intercept (APM 15.9), that of a shadow a single step, and behind another
 * event the entry ends at once. */
static void check_windows(const struct fixture *f, struct case_of c, enum turn_of whose, bool interrupt_left)
{
    const bool nmi_left = c.nmi > (whose == NMI);
    const bool blocked = f->cpu.nmi_blocked;
    const bool behind_sti = !f->cpu.svm && nmi_left && c.sti && whose == NOBODY;

    ck_assert_int_eq(f->cpu.intr_window, interrupt_left || behind_sti);
    if (!f->cpu.svm) {
        ck_assert_int_eq(f->cpu.nmi_window, nmi_left && !behind_sti);
        ck_assert(!f->cpu.immediate && !f->cpu.step);
        return;
    }
    if (nmi_left)
        ck_assert_int_eq(f->cpu.nmi_window, blocked);
    ck_assert_int_eq(f->cpu.immediate, nmi_left && !blocked && whose != NOBODY);
    ck_assert_int_eq(f->cpu.step, nmi_left && !blocked && whose == NOBODY);
}

static void check_case(struct case_of c)
{
    struct fixture *f = bring_about(c);
    const enum turn_of whose = table_6_2(c);
    const bool nmi_first = c.nmi && !c.blocked && !c.sti && !c.movss;
    const bool asked = !c.slot && !c.exception && !nmi_first && c.waiting && c.iflag && !c.sti && !c.movss;

    ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
    sound(f);
    ck_assert_int_eq(f->cpu.entry, whose != NOBODY);
    if (whose != NOBODY)
        ck_assert(same_event(f->cpu.entry_event, programmed(c, whose)));
    ck_assert_uint_eq(f->v.nmi_pending, c.nmi - (whose == NMI));
    ck_assert_int_eq(f->v.interrupt_waiting, c.waiting && !asked); /* asked: taken, or there was none any more */
    check_windows(f, c, whose, c.waiting && !asked);
    ck_assert_int_eq(model_serving(&f->cpu.controller), whose == INTERRUPT ? 0x55 : MODEL_NONE);
    ck_assert_uint_eq(f->cpu.applied, whose == EXCEPTION);
    if (f->cpu.svm && whose != NOBODY && f->cpu.entry_event.type == 2) /* AMD: the flag is the core's */
        ck_assert(f->cpu.nmi_blocked);
    else if (!(c.slot && interrupted_types[c.slot - 1] == 2))
        ck_assert_int_eq(f->cpu.nmi_blocked, c.blocked);
    pn_hw_enter_guest();
    if (whose != NOBODY)
        ck_assert(f->seen >= 1 && same_event(f->log[0].event, programmed(c, whose)));
}

START_TEST(priority_table)
{
    unsigned int cases = 0;

    for (unsigned int slot = 0; slot <= 6; slot++)
        for (unsigned int n = 0; n < 3 * 128; n++) {
            const struct case_of c = {
                .on = _i, .slot = slot, .nmi = n % 3, .exception = n / 3 & 1, .waiting = n / 6 & 1, .offered = n / 12 & 1,
                .iflag = n / 24 & 1, .sti = n / 48 & 1, .movss = n / 96 & 1, .blocked = n / 192 & 1,
            };

            if (!possible(c))
                continue;
            cases++;
            check_case(c);
        }
    /* VMX: 10 states of IF, shadows and NMI blocking, 12 of what waits: with and without an exception; four interrupted
     * types; an interrupted NMI in 4 of the 10, an interrupted interrupt in 2.
     * AMD: no MOV SS shadow, so 6 states, and no type 5. */
    ck_assert_uint_eq(cases, _i == ON_VMX ? 12 * (10 * 2 + 10 * 4 + 4 + 2) : 12 * (6 * 2 + 6 * 3 + 4 + 2));
}
END_TEST

TCase *priority_tests(void)
{
    TCase *t = tcase_create("priority");

    tcase_add_loop_test(t, priority_table, 0, ON_ALL);
    return t;
}
