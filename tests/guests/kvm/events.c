/* SPDX-License-Identifier: BSD-2-Clause
 * Debugging by the hypervisor, the guest's own exceptions, NMIs, deliveries that are interrupted, the local APIC's timer. */
#include "kvm.h"

#include <stdio.h>
#include <string.h>

static bool stopped(struct vm *v, uint64_t rip, uint32_t exception)
{
    if (!vm_run(v, KVM_EXIT_DEBUG))
        return false;
    if (v->run->debug.arch.pc != rip || v->run->debug.arch.exception != exception)
        return fail("stopped at %llx by %u instead of at %llx by %u", (unsigned long long)v->run->debug.arch.pc,
                    v->run->debug.arch.exception, (unsigned long long)rip, exception);
    return true;
}

/* Bochs 2.7 marks a single-step trap as pending when an instruction with TF set exits before it has run (an EPT violation,
 * CPUID): the next entry traps at once. A few more stops at the same place are let pass, and said. */
static bool single_step(struct vm *v)
{
    uint64_t rips[16];
    uint32_t twice = 0;

    memcpy(rips, g_step_rips, sizeof rips);
    if (!vm_mode(v, LONG, g_steps) || !vm_debug(v, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP, 0))
        return false;
    for (uint32_t i = 0; rips[i]; i++) {
        const uint64_t before = i ? rips[i - 1] : guest_at(g_steps);

        if (stopped(v, rips[i], 1))
            continue;
        if (twice == 8 || v->run->exit_reason != KVM_EXIT_DEBUG || v->run->debug.arch.pc != before)
            return false;
        twice++;
        i--;
    }
    if (twice)
        snprintf(note, sizeof note, "%u stops too many (the emulator's)", twice);
    return vm_debug(v, 0, 0) && vm_out(v, END, NULL);
}

/* A hardware breakpoint at an instruction that runs three times; each time one step gets past it. */
static bool breakpoint(struct vm *v)
{
    const uint64_t at = guest_at(g_breakpoint);

    if (!vm_mode(v, LONG, g_loop))
        return false;
    for (uint32_t i = 0; i < 3; i++) {
        if (!vm_debug(v, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP, at) || !stopped(v, at, 1))
            return false;
        if ((v->run->debug.arch.dr6 & 0xf) != 1)
            return fail("DR6 is %llx", (unsigned long long)v->run->debug.arch.dr6);
        if (!vm_debug(v, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP, 0) || !stopped(v, at + 1, 1))
            return false;
    }
    return vm_debug(v, 0, 0) && vm_out(v, END, NULL);
}

static bool software_breakpoint(struct vm *v)
{
    return vm_mode(v, LONG, g_int3) && vm_debug(v, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_SW_BP, 0) &&
           stopped(v, guest_at(g_int3), 3) && vm_set_rip(v, guest_at(g_int3) + 1) && vm_out(v, END, NULL);
}

static bool counted(const struct vm *v, uint32_t vector, uint32_t wanted)
{
    return v->notes->count[vector] == wanted ||
           fail("vector %u came %u times instead of %u", vector, v->notes->count[vector], wanted);
}

static bool exceptions(struct vm *v)
{
    uint32_t left;

    if (!vm_mode(v, LONG, g_exceptions) || !vm_out(v, END, &left))
        return false;
    if (left)
        return fail("a page did not hold what was written");
    if (!counted(v, 0, 20) || !counted(v, 1, 20) || !counted(v, 3, 20) || !counted(v, 6, 20) || !counted(v, 13, 20) ||
        !counted(v, 14, 20))
        return false;
    if (v->notes->error[13] != 0x38 || v->notes->error[14] != 2 || v->notes->cr2 != HOLES + 19 * 0x1000)
        return fail("error codes %llx %llx, CR2 %llx", (unsigned long long)v->notes->error[13],
                    (unsigned long long)v->notes->error[14], (unsigned long long)v->notes->cr2);
    return (v->notes->dr6 & 0x4000) || fail("DR6 is %llx", (unsigned long long)v->notes->dr6);
}

/* The guest steps itself over CPUID and OUT, which exit. */
static bool own_step(struct vm *v)
{
    if (!vm_mode(v, LONG, g_tf) || !vm_out(v, VALUE, NULL) || !vm_out(v, END, NULL))
        return false;
    return counted(v, 1, 2) && ((v->notes->dr6 & 0x4000) || fail("DR6 is %llx", (unsigned long long)v->notes->dr6));
}

static bool handler_says(struct vm *v, uint32_t wanted)
{
    uint32_t got;

    if (!vm_out(v, HANDLER, &got))
        return false;
    return got == wanted || fail("the handler is at %u instead of %u: NMIs are not blocked, or lost", got, wanted);
}

/* An NMI wakes the guest; one more in its handler waits for the IRET. */
static bool nmi(struct vm *v)
{
    if (!vm_mode(v, LONG, g_nmi))
        return false;
    for (uint32_t i = 0; i < 10; i++)
        if (!vm_run(v, KVM_EXIT_HLT) || !vm_nmi(v) || !handler_says(v, 1) || !vm_nmi(v) || !handler_says(v, 2) ||
            !handler_says(v, 1) || !handler_says(v, 2))
            return false;
    return vm_out(v, END, NULL) && counted(v, 2, 20);
}

/* Before each event the pages with the IDT and the stack are taken away, so that its delivery is interrupted. */
static bool vectoring(struct vm *v)
{
    bool good = vm_mode(v, LONG, g_vectoring);

    while (good && vm_run(v, KVM_EXIT_IO)) {
        const uint16_t port = v->run->io.port;

        if (port == END)
            return counted(v, 0x30, 40) && counted(v, 0x31, 40) && counted(v, 1, 40) && counted(v, 2, 40) &&
                   counted(v, 3, 40) && counted(v, 6, 40) && counted(v, 13, 40) && counted(v, 14, 40) &&
                   ((v->notes->error[13] == 0x38 && v->notes->cr2 == HOLES + 0x37000) ||
                    fail("error code %llx, CR2 %llx", (unsigned long long)v->notes->error[13],
                         (unsigned long long)v->notes->cr2));
        if (port == HANDLER)
            continue;
        good = vm_drop(v, IDT) && vm_drop(v, STACK);
        if (good && port == DROP_IRQ)
            good = v->run->ready_for_interrupt_injection ? vm_interrupt(v, 0x31) : fail("not ready for an interrupt");
        if (good && port == DROP_NMI)
            good = vm_nmi(v);
    }
    return false;
}

static bool timer(struct vm *v)
{
    uint32_t count;

    if (!vm_mode(v, LONG, g_timer) || !vm_out(v, END, &count))
        return false;
    return count >= 20 || fail("%u interrupts", count);
}

const struct step event_steps[] = {{"single-step", single_step, false},
                                   {"hardware-breakpoint", breakpoint, false},
                                   {"software-breakpoint", software_breakpoint, false},
                                   {"own-exceptions", exceptions, false},
                                   {"own-single-step", own_step, false},
                                   {"nmi", nmi, false},
                                   {"interrupted-delivery", vectoring, false},
                                   {"apic-timer", timer, true},
                                   {0}};
