/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Snapshots and reset: what is saved comes again on another virtual CPU, once; what no processor makes is refused, field by
 * field; a reset leaves nothing. SDM 9.1; KVM_CAP_EXCEPTION_PAYLOAD.
 */
#include <string.h>

#include "support.h"

/* What can be saved: nothing, an exception that waits, an event that was interrupted. */
enum { CASES = 11 };

static struct pn_event saved_event(int on, unsigned int which)
{
    switch (which) {
    case 1:
        return page_fault(0xabcd000, 3);
    case 2:
        return debug(PN_DB_SINGLE_STEP, 1u << 14);
    case 3:
        return breakpoint();
    case 4:
        return on == ON_VMX ? icebp() : fault(6);
    case 5:
        return fault_with(13, 0x18);
    case 6:
        return vectored(0, 0x71, 0, false, 0);
    case 7:
        return vectored(2, 2, 0, false, 0);
    case 8:
        return vectored(4, 0x80, 2, false, 0);
    case 9:
        return overflow();
    default:
        return fault(0);
    }
}

static bool waits(unsigned int which)
{
    return which >= 1 && which <= 5;
}

/* A virtual CPU at rest that holds case `which`. */
static struct fixture *holding(int on, unsigned int which)
{
    struct fixture *f = fresh_on(on);

    f->cpu.iflag = true;
    if (waits(which))
        HOLDS(pn_queue_exception(&f->v, saved_event(on, which)) == PN_ACCEPTED);
    else if (which)
        interrupted_by_exit(f, saved_event(on, which));
    return f;
}

/* Another machine: nothing of the first is left but its registers. */
static struct fixture *elsewhere(int on, const struct model_cpu *from)
{
    struct fixture *f = fresh_on(on);

    f->cpu.iflag = from->iflag;
    f->cpu.cr2 = from->cr2;
    f->cpu.dr6 = from->dr6;
    f->cpu.dr7 = from->dr7;
    f->cpu.nmi_blocked = from->nmi_blocked;
    f->cpu.wfs = from->wfs;
    return f;
}

static void add_latches(struct fixture *f)
{
    pn_queue_nmi(&f->v);
    pn_queue_smi(&f->v);
    pn_queue_init(&f->v);
    if (!f->cpu.svm)
        pn_queue_mtf(&f->v);
    f->v.interrupt_waiting = true;
    sound(f);
}

/* Every row of the ledger, not only the sum. */
static void rows_hold(const struct fixture *f)
{
    for (uint8_t type = 0; type < PN_TYPES; type++)
        for (uint8_t path = 0; path < PN_COUNTED_PATHS; path++)
            HOLDS(pn_tally_holds(pn_tally_row(&f->cpu.counters, &f->v, type, path)));
}

START_TEST(comes_again_elsewhere)
{
    for (unsigned int which = 0; which < CASES; which++)
        for (unsigned int latches = 0; latches < 2; latches++) {
            struct fixture *f = holding(_i, which);
            const struct pn_event e = saved_event(_i, which);
            struct pn_snapshot s;
            struct pn_vcpu before;
            struct model_cpu from;

            if (latches)
                add_latches(f);
            before = f->v;
            from = f->cpu;
            s = pn_save(&f->v, true);
            sound(f);
            HOLDS(memcmp(&before, &f->v, sizeof before) == 0 && f->cpu.cr2 == from.cr2 && f->cpu.dr6 == from.dr6);
            HOLDS(f->cpu.applied == from.applied);
            f = elsewhere(_i, &from);
            HOLDS(pn_restore(&f->v, s));
            sound(f);
            rows_hold(f);
            HOLDS(f->v.nmi_pending == latches && f->v.smi_pending == latches && f->v.init_pending == latches);
            HOLDS(f->v.interrupt_waiting == latches && f->v.mtf_pending == (latches && !f->cpu.svm));
            HOLDS(f->cpu.owed == (which > 5) && f->cpu.applied == 0);
            if (latches)
                continue;
            f->cpu.budget = 0;
            turn(f);
            rows_hold(f);
            HOLDS(f->seen == (which > 0));
            if (!which)
                continue;
            HOLDS(same_event(last_seen(f)->event, e));
            HOLDS(f->cpu.applied == e.has_payload && (e.vector != 14 || last_seen(f)->cr2 == e.payload));
            HOLDS(f->cpu.counters.delivered[e.type][PN_PATH_RESTORED] == 1);
        }
}
END_TEST

/* For a reader that knows no payloads: written now, and not again. */
START_TEST(saved_without_payload)
{
    for (unsigned int which = 0; which < CASES; which++) {
        struct fixture *f = holding(_i, which);
        const struct pn_event e = saved_event(_i, which);
        struct pn_snapshot s;
        struct model_cpu from;

        f->cpu.dr6 = 0xffff0ff1;
        s = pn_save(&f->v, false);
        sound(f);
        HOLDS(!s.exception.has_payload && !f->v.exception.has_payload);
        HOLDS(f->cpu.applied == (waits(which) && e.has_payload));
        HOLDS(f->cpu.cr2 == (which == 1 ? e.payload : 0));
        HOLDS(f->cpu.dr6 == (which == 2 ? 0xffff4ff0 : 0xffff0ff1));
        from = f->cpu;
        f = elsewhere(_i, &from);
        HOLDS(pn_restore(&f->v, s));
        f->cpu.budget = 0;
        turn(f);
        HOLDS(f->cpu.applied == 0);
        if (which)
            HOLDS(same_event(last_seen(f)->event, e) && last_seen(f)->cr2 == from.cr2 && last_seen(f)->dr6 == from.dr6);
    }
}
END_TEST

/* ---- Refused ---- */

/* What pn_restore accepts, from the manuals' tables. */
static bool acceptable(const struct model_cpu *cpu, const struct pn_snapshot *s)
{
    const struct pn_event a = s->exception, b = s->injected;
    const bool exception = a.type == 3 || a.type == 5 || a.type == 6;

    if (s->version != 1 || s->nmi_pending > 2 || (s->mtf_pending && cpu->svm) || a.stage == 2 || b.stage == 1)
        return false;
    if (a.stage > 2 || b.stage > 2 || (a.stage && b.stage))
        return false;
    if (a.stage)
        return exception && model_type_ok(cpu->svm, a) && model_length_ok(a) && model_error_ok(cpu->svm, a.error) &&
               (!a.has_payload || model_payload_allowed(a.type, a.vector)) && a.vector != 21;
    if (!b.stage)
        return true;
    if (b.type == 7 || b.has_payload || cpu->wfs || !model_type_ok(cpu->svm, b) || !model_length_ok(b))
        return false;
    if (!model_error_ok(cpu->svm, b.error) || (b.type == 0 && !model_interrupt_open(cpu)))
        return false;
    if (b.has_error != model_has_error(cpu->svm, b.type, b.vector, cpu->pe) || (!b.has_error && b.error != 0))
        return false;
    return b.type != 2 || (!cpu->sti && !cpu->movss && cpu->gif);
}

/* Into an empty virtual CPU; a refusal leaves it empty and counts nothing. */
static void try_restore(struct fixture *f, struct pn_snapshot s)
{
    const struct pn_vcpu before = f->v;
    const struct pn_counters counters = f->cpu.counters;
    const bool want = acceptable(&f->cpu, &s);

    HOLDS(pn_restore(&f->v, s) == want);
    sound(f);
    if (!want) {
        HOLDS(memcmp(&before, &f->v, sizeof before) == 0);
        HOLDS(memcmp(&counters, &f->cpu.counters, sizeof counters) == 0 && !f->cpu.owed);
    }
    if (want)
        pn_vcpu_reset(&f->v);
}

/* One field of one record through all values it can have. */
static void corrupt_record(struct fixture *f, struct pn_snapshot s, bool injected)
{
    struct pn_event *const e = injected ? &s.injected : &s.exception;
    uint8_t *const bytes[] = {&e->stage, &e->type, &e->vector, &e->length, &e->origin, &e->db_kind};
    const struct pn_event good = *e;

    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++)
        for (unsigned int value = 0; value < 256; value++) {
            *e = good;
            *bytes[i] = (uint8_t)value;
            try_restore(f, s);
        }
    for (unsigned int type = 0; type < 12; type++)
        for (unsigned int vector = 0; vector < 256; vector++)
            for (unsigned int length = 0; length < 17; length++) {
                *e = good;
                e->type = (uint8_t)type;
                e->vector = (uint8_t)vector;
                e->length = (uint8_t)length;
                try_restore(f, s);
            }
    for (unsigned int bit = 0; bit < 32 && good.has_error; bit++) {
        *e = good;
        e->error = 1u << bit;
        try_restore(f, s);
    }
    for (unsigned int type = 0; type < 8; type++)
        for (unsigned int vector = 0; vector < 32; vector++) {
            *e = vectored((uint8_t)type, (uint8_t)vector, model_soft((uint8_t)type), false, 0);
            e->stage = good.stage;
            e->has_payload = true;
            try_restore(f, s);
        }
}

START_TEST(corrupt_records_are_refused)
{
    for (unsigned int which = 0; which < CASES; which++) {
        struct fixture *f = holding(_i, which);
        const struct pn_snapshot s = pn_save(&f->v, true);

        f = fresh_on(_i);
        f->cpu.iflag = true;
        corrupt_record(f, s, waits(which));
        corrupt_record(f, s, !waits(which));
    }
}
END_TEST

START_TEST(corrupt_latches_are_refused)
{
    struct fixture *f = holding(_i, 1);
    const struct pn_snapshot s = pn_save(&f->v, true);

    f = fresh_on(_i);
    for (unsigned int value = 0; value < 256; value++) {
        struct pn_snapshot t = s;

        t.nmi_pending = (uint8_t)value;
        try_restore(f, t);
        t = s;
        t.version = value;
        try_restore(f, t);
        t.version = 1u << (value % 32);
        try_restore(f, t);
    }
    for (unsigned int n = 0; n < 64; n++) {
        struct pn_snapshot t = s;

        t.interrupt_waiting = n & 1;
        t.triple_fault = n >> 1 & 1;
        t.smi_pending = n >> 2 & 1;
        t.init_pending = n >> 3 & 1;
        t.sipi_pending = n >> 4 & 1;
        t.mtf_pending = n >> 5 & 1;
        try_restore(f, t);
    }
}
END_TEST

/* An event that the registers contradict. */
START_TEST(registers_decide)
{
    for (unsigned int which = 6; which < CASES; which++)
        for (unsigned int n = 0; n < 32; n++) {
            struct fixture *f = holding(_i, which);
            const struct pn_snapshot s = pn_save(&f->v, true);

            f = fresh_on(_i);
            f->cpu.iflag = n & 1;
            f->cpu.sti = n >> 1 & 1;
            f->cpu.movss = (n >> 2 & 1) && _i == ON_VMX && !f->cpu.sti;
            f->cpu.gif = !(n >> 3 & 1) || _i == ON_VMX;
            f->cpu.wfs = n >> 4;
            try_restore(f, s);
        }
}
END_TEST

/* Whether it comes again by itself is not known any more: nothing takes its place; what was cancelled still is. */
START_TEST(restored_is_not_replaced)
{
    struct fixture *f = holding(_i, 1);
    struct pn_snapshot s = pn_save(&f->v, true);

    f = fresh_on(_i);
    HOLDS(pn_restore(&f->v, s) && f->v.exception.origin == PN_RESTORED);
    ck_assert_int_eq(pn_queue_exception(&f->v, fault_with(13, 0)), PN_BUSY);
    for (unsigned int cancelled = 0; cancelled < 2; cancelled++) {
        f = holding(_i, 9);
        if (cancelled) {
            pn_inject_events(&f->v);
            pn_cancel_injection(&f->v);
        }
        s = pn_save(&f->v, true);
        f = fresh_on(_i);
        HOLDS(pn_restore(&f->v, s));
        sound(f);
        ck_assert_int_eq(pn_queue_exception(&f->v, fault_with(13, 0)), cancelled ? PN_BUSY : PN_ACCEPTED);
        sound(f);
    }
}
END_TEST

/* ---- Reset ---- */

START_TEST(reset_leaves_nothing)
{
    for (unsigned int which = 0; which < CASES; which++)
        for (unsigned int latches = 0; latches < 2; latches++) {
            struct fixture *f = holding(_i, which);
            const uint64_t held = (which > 0) + latches * (_i == ON_VMX ? 4u : 3u);

            if (latches)
                add_latches(f);
            pn_vcpu_reset(&f->v);
            sound(f);
            rows_hold(f);
            HOLDS(f->cpu.counters.reasons[6] == held && pn_tally_all(&f->cpu.counters, &f->v).pending == 0);
            HOLDS(!f->cpu.owed && f->cpu.applied == 0);
            HOLDS(turn(f) == MODEL_EXIT_TIMER && f->seen == 0);
            HOLDS(pn_queue_exception(&f->v, fault(6)) == PN_ACCEPTED);
            turn(f);
            HOLDS(f->seen == 1);
        }
}
END_TEST

START_TEST(reset_after_shutdown)
{
    struct fixture *f = fresh_on(_i);

    pn_queue_triple_fault(&f->v);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_SHUTDOWN);
    pn_vcpu_reset(&f->v);
    sound(f);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
}
END_TEST

TCase *snapshot_tests(void)
{
    TCase *t = tcase_create("snapshots");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, comes_again_elsewhere, 0, ON_ALL);
    tcase_add_loop_test(t, saved_without_payload, 0, ON_ALL);
    tcase_add_loop_test(t, corrupt_records_are_refused, 0, ON_ALL);
    tcase_add_loop_test(t, corrupt_latches_are_refused, 0, ON_ALL);
    tcase_add_loop_test(t, registers_decide, 0, ON_ALL);
    tcase_add_loop_test(t, restored_is_not_replaced, 0, ON_ALL);
    tcase_add_loop_test(t, reset_leaves_nothing, 0, ON_ALL);
    tcase_add_loop_test(t, reset_after_shutdown, 0, ON_ALL);
    return t;
}
