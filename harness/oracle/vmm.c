/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each witness three times: direct (nothing is taken away, no exit is forced), reinject (the interrupted event is given
 * to the next entry, as the manual's fields say) and drop (it is forgotten and the guest resumes). One line each.
 */
#include "run.h"

/* A page that is away is mapped again; with a small budget the one mapped longest goes. */
static void map_page(struct run *r, unsigned int page)
{
    hw_map(page, true);
    if (!(r->w->flags & FEW_PAGES))
        return;
    if (r->mapped_count == BUDGET) {
        hw_map(r->mapped[0], false);
        r->mapped[0] = r->mapped[1];
        r->mapped_count--;
    }
    r->mapped[r->mapped_count++] = page;
}

/* SDM 27.2.4 and APM 15.7.2: the event comes back as it was reported, or, in mode drop, not at all. */
static void interrupted(struct run *r, struct event e)
{
    if (!e.valid)
        return;
    r->interrupted++;
    if (r->interrupted == 1 && r->w->meanwhile)
        r->w->meanwhile();
    if (r->mode == DROP && r->w->flags & RF_LOST)
        hw_clear_rf();
    if (r->mode != REINJECT)
        return;
    r->next = e;
    r->injections++;
}

static void away(const struct run *r)
{
    for (unsigned int i = 0; i < PAGES; i++)
        if (r->mode != DIRECT && r->w->unmap >> i & 1)
            hw_map(i, false);
}

static void call(struct run *r)
{
    const uint64_t what = r->regs.rax;

    hw_skip(3);
    if (what == 0) {
        r->end = "end";
        r->result = r->regs.rdi;
    } else if (what == 1) {
        r->next = r->w->inject;
        if (r->w->cr2)
            hw_set_cr2(r->w->cr2);
        if (r->next.type == TYPE_NMI) /* a second one waits behind it */
            hw_nmi_window(true);
    } else if (what == 2) {
        away(r);
        if (r->mode != DIRECT && r->w->flags & NEEDS_LOG)
            hw_arm_log();
    } else if (what == 4) {
        away(r);
    } else if (what == 5) {
        r->regs.rdi = r->attempts;
    }
}

static void handle(struct run *r, struct exit x)
{
    r->vectored[r->exits] = x.vectoring.valid;
    r->whys[r->exits++] = x.why;
    interrupted(r, x.vectoring);
    switch (x.why) {
    case UNMAPPED:
        if (x.address < ARENA || x.address >= PAGE(PAGES)) {
            r->end = "BAD-ADDRESS";
            r->end_code = x.address;
        } else {
            map_page(r, (unsigned int)(x.address - ARENA) >> 12);
        }
        break;
    case CALL:
        call(r);
        break;
    case MSR:
        if (r->attempts++ == 0)
            r->next = (struct event){.valid = true, .has_error = true, .type = TYPE_EXCEPTION, .vector = 13};
        else
            hw_skip(2);
        break;
    case NMI_WINDOW:
        hw_nmi_window(false);
        r->next = (struct event){.valid = true, .type = TYPE_NMI, .vector = 2};
        break;
    case LOG_FULL:
        hw_reset_log();
        break;
    case TASK_SWITCH: /* the event is what to carry out; without it the guest resumes where it was */
        r->next = (struct event){0};
        if (r->mode != DROP)
            hw_switch_task();
        break;
    default:
        r->end = x.why == TIMER ? "TIMER" : x.why == SHUTDOWN ? "shutdown" : "BAD-EXIT";
        r->end_code = x.code;
        break;
    }
}

static void go(struct run *r)
{
    hw_reset(&r->regs, (uint64_t)r->w->entry);
    if (r->w->flags & TASKS) {
        guest_task_gate();
        hw_reset_32((uint64_t)r->w->entry);
    }
    hw_nmi_window(false);
    for (unsigned int i = 0; i < PAGES; i++)
        hw_map(i, !(r->w->flags & NEEDS_VE && i == DEVICE));
    if (!(r->w->flags & LATER))
        away(r);
    while (!r->end) {
        const struct event inject = r->next;

        r->next = (struct event){0};
        handle(r, hw_run(&r->regs, inject));
        if (r->exits == EXITS_LIMIT && !r->end)
            r->end = "stuck";
    }
}

static void witness(const struct witness *w)
{
    if ((w->flags & NEEDS_VE && !hw_has_ve()) || (w->flags & NEEDS_LOG && !hw_arm_log()) ||
        (w->flags & TASKS && !hw_tasks_exit()) || (w->flags & NEEDS_NMI_WINDOW && !hw_has_nmi_window())) {
        put("ORACLE ");
        put(w->name);
        put(" none this processor has not got it\n");
        return;
    }
    for (enum mode m = DIRECT; m <= DROP; m++) {
        struct run r = {.w = w, .mode = m};

        guest_fresh();
        go(&r);
        report(&r);
    }
}

/* Claim 1: what an intercepted exception has done to CR2, DR6 and DR7 when the exit is there. */
static void look(const struct look *l)
{
    struct regs regs;
    struct exit x;

    guest_fresh();
    hw_reset(&regs, (uint64_t)l->entry);
    for (unsigned int i = 0; i < PAGES; i++)
        hw_map(i, true);
    hw_intercept(l->intercept);
    x = hw_run(&regs, (struct event){0});
    hw_intercept(0);
    put("ORACLE ");
    put(l->name);
    put(" look");
    if (x.why == EXCEPTION) {
        put(" #");
        put_number(x.event.vector);
    } else {
        put(" BAD-EXIT=");
        put_hex(x.code);
    }
    put(" seen=");
    put_number(seen_count);
    put(" dr6=");
    put_hex(hw_guest_dr6() & 0xe00f);
    put(" dr7.gd=");
    put_number(hw_guest_dr7() >> 13 & 1);
    put(" cr2=");
    put_hex(hw_guest_cr2());
    put(" information=");
    put_hex(x.address & 0xffffffffu);
    put("\n");
}

void oracle_main(void);

void oracle_main(void)
{
    const char *problem;

    console_setup();
    outb(0x21, 0xff); /* both PICs masked: only the LAPIC's own interrupts arrive */
    outb(0xa1, 0xff);
    APIC(0xf0) = 0x1ff;
    guest_setup();
    problem = hw_init();
    put("ORACLE-START ");
    put(hw_name);
    put("\n");
    if (problem) {
        put("ORACLE! ");
        put(problem);
        put("\n");
        quit(1);
    }
    for (unsigned int i = 0; i < witness_count; i++)
        witness(&witnesses[i]);
    for (unsigned int i = 0; i < look_count; i++)
        look(&looks[i]);
#ifndef ORACLE_SVM
    pdptr_looks();
#endif
    quit(0);
}
