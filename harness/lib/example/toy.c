/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guest's language:  .  nothing   u  #UD   p  page fault at 0xcafe000   s  a call of the hypervisor
 *                        +  STI       -  CLI   end of the string: done
 */
#include "toy.h"

#include <stdio.h>

static void handler_saw(struct toy_cpu *cpu, struct toy_event e)
{
    char *at = cpu->log + cpu->length;
    const unsigned int left = (unsigned int)sizeof cpu->log - cpu->length;
    int n;

    if (e.vector == 14)
        n = snprintf(at, left, "%u(%x,%llx) ", e.vector, e.error, (unsigned long long)cpu->cr2);
    else
        n = snprintf(at, left, "%u%s ", e.vector, cpu->resume_flag && e.type == 3 ? "(rf)" : "");
    cpu->length += (unsigned int)n < left ? (unsigned int)n : left - 1;
    cpu->resume_flag = false;
}

/* Deliver the entry's event; true: an obstacle was met, which is an exit that reports the event as interrupted. */
static bool deliver(struct toy_cpu *cpu)
{
    const struct toy_event e = cpu->entry;

    cpu->entry.valid = false;
    cpu->interrupted.valid = false;
    if (!e.valid)
        return false;
    cpu->shadow = false;
    if (cpu->obstacles) {
        cpu->obstacles--;
        cpu->interrupted = e;
        if (e.type == 2)
            cpu->nmi_blocked = true;
        return true;
    }
    handler_saw(cpu, e);
    return false;
}

enum toy_exit toy_run(struct toy_cpu *cpu)
{
    if (deliver(cpu) || cpu->immediate_exit)
        return TOY_NOTHING;
    for (;;) {
        const bool open = cpu->interrupts_on && !cpu->shadow;

        if (!cpu->nmi_blocked && cpu->nmi_window)
            return TOY_WINDOW;
        if (open && cpu->interrupt_window)
            return TOY_WINDOW;
        if (cpu->line >= 0 && !cpu->interrupt_window)
            return TOY_INTERRUPT;
        cpu->shadow = false;
        switch (*cpu->code) {
        case 0:
            return TOY_DONE;
        case 'u':
            return TOY_FAULT;
        case 'p':
            return TOY_PAGE_FAULT;
        case 's':
            return TOY_SYSCALL;
        case '+':
            cpu->shadow = !cpu->interrupts_on;
            cpu->interrupts_on = true;
            break;
        case '-':
            cpu->interrupts_on = false;
            break;
        default:
            break;
        }
        cpu->code++;
    }
}
