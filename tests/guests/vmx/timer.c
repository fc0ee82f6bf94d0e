/* SPDX-License-Identifier: BSD-2-Clause
 * The VMX-preemption timer (SDM 25.5.1, 26.7.4, 27.2.2), without the ticks themselves: they are not L1's alone under Provenest. */
#include "vmx.h"

GUEST(t_loop, "1: jmp 1b");
GUEST(t_nop, "nop");
GUEST(t_hlt, "hlt");
GUEST(t_cli_sti, "sti; nop; 1: jmp 1b");

static void timer(const char *name, const char *code, uint64_t ticks, bool save, uint32_t activity)
{
    struct exit x;

    base(LONG, code);
    if (save)
        add(EXIT_CTL, EXITC_SAVE_TIMER);
    set(PREEMPTION_TIMER, ticks);
    set(GUEST_ACTIVITY, activity);
    x = go();
    say("VMX timer %s exit=%u qualification=%x offset=%x activity=%u value=%s\n", name, (uint64_t)x.reason,
        x.qualification, get(GUEST_RIP) - (uint64_t)code, get(GUEST_ACTIVITY),
        get(PREEMPTION_TIMER) == ticks  ? "kept"
        : get(PREEMPTION_TIMER) == 0    ? "zero"
        : get(PREEMPTION_TIMER) < ticks ? "less"
                                        : "more");
}

void area_timer(void)
{
    rig_setup();
    rig_on();
    timer("zero", t_nop, 0, false, 0);
    timer("zero-saved", t_nop, 0, true, 0);
    timer("runs-out", t_loop, 20000, false, 0);
    timer("runs-out-saved", t_loop, 20000, true, 0);
    timer("other-exit", t_nop, 100000000, false, 0);
    timer("other-exit-saved", t_nop, 100000000, true, 0);
    timer("halted", t_nop, 20000, false, 1);
    timer("halted-saved", t_nop, 20000, true, 1);
    timer("sti", t_cli_sti, 20000, false, 0);
    base(LONG, t_loop); /* an event to inject goes before a timer of 0 */
    set(PREEMPTION_TIMER, 0);
    set(ENTRY_INFO, 0x80000306);
    once("timer", "zero-injected");
    base(LONG, t_loop); /* and pending debug exceptions too */
    set(PREEMPTION_TIMER, 0);
    set(GUEST_PENDING_DEBUG, 0x1001);
    set(EXCEPTION_BITMAP, 2);
    once("timer", "zero-debug");
    base(LONG, t_hlt); /* NMI-window exiting goes behind it */
    set(PREEMPTION_TIMER, 0);
    add(PROC_CTL, PROC_NMI_WINDOW);
    once("timer", "zero-nmi-window");
    base(LONG, t_hlt);
    set(PREEMPTION_TIMER, 0);
    add(PROC_CTL, PROC_INTERRUPT_WINDOW);
    add(GUEST_RFLAGS, 0x200);
    once("timer", "zero-interrupt-window");
    base(LONG, t_nop); /* off: the value does not count */
    drop(PIN_CTL, PIN_TIMER);
    set(PREEMPTION_TIMER, 0);
    once("timer", "off");
    __asm__ volatile("vmxoff");
}
