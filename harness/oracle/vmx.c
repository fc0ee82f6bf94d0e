/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The witness on VMX (SDM vol. 3C chapters 24 to 28): the guest's state, entries and exits.
 */
#include "vmx.h"

#define TIMER_TICKS 400000u

const char hw_name[] = "vmx";

static void segment(unsigned int i, uint16_t selector, uint64_t base, uint32_t limit, uint32_t access)
{
    vmwrite(GUEST_ES_SEL + 2 * i, selector);
    vmwrite(GUEST_ES_LIMIT + 2 * i, limit);
    vmwrite(GUEST_ES_ACCESS + 2 * i, access);
    vmwrite(GUEST_ES_BASE + 2 * i, base);
}

void hw_reset(struct regs *r, uint64_t rip)
{
    *r = (struct regs){0};
    vmwrite(ENTRY_CTL, vmread(ENTRY_CTL) | ENTRY_IA32E);
    for (unsigned int i = 0; i < 8; i++)
        segment(i, 0x10, 0, ~0u, 0xc093);
    segment(1, 0x18, 0, ~0u, 0xa09b);
    segment(6, 0, 0, 0, 0x10000);
    segment(7, 0x28, (uint64_t)tss, 103, 0x8b);
    vmwrite(GUEST_GDTR_BASE, (uint64_t)gdt);
    vmwrite(GUEST_GDTR_LIMIT, 0x4f);
    vmwrite(GUEST_IDTR_BASE, IDT_BASE);
    vmwrite(GUEST_IDTR_LIMIT, 0xfff);
    vmwrite(GUEST_CR0, cpu_cr0());
    vmwrite(GUEST_CR3, guest_cr3);
    vmwrite(GUEST_CR4, cpu_cr4());
    vmwrite(GUEST_EFER, cpu_rdmsr(MSR_EFER));
    vmwrite(GUEST_PAT, cpu_rdmsr(MSR_PAT));
    vmwrite(GUEST_DR7, 0x400);
    vmwrite(GUEST_DEBUGCTL, 0);
    vmwrite(GUEST_INTERRUPTIBILITY, 0);
    vmwrite(GUEST_ACTIVITY, ACTIVITY_ACTIVE);
    vmwrite(GUEST_PENDING_DEBUG, 0);
    vmwrite(GUEST_RFLAGS, 2);
    vmwrite(GUEST_RSP, STACK_TOP);
    vmwrite(GUEST_RIP, rip);
    cpu_set_dr6(0xffff0ff0);
    cpu_set_cr2(0xbeef000);
    vmx.ve_info[1] = 0;
    hw_reset_log();
}

/* SDM 25.4.2: a task switch exits always. */
bool hw_tasks_exit(void)
{
    return vmx.proc2 & PROC2_UNRESTRICTED;
}

/* 32-bit protected mode without paging, which takes an unrestricted guest (SDM 26.3.1.1). */
void hw_reset_32(uint64_t rip)
{
    for (unsigned int i = 0; i < 6; i++)
        segment(i, i == 1 ? 0x08 : 0x10, 0, ~0u, i == 1 ? 0xc09b : 0xc093);
    vmwrite(ENTRY_CTL, vmread(ENTRY_CTL) & ~(uint64_t)ENTRY_IA32E);
    vmwrite(GUEST_CR0, cpu_cr0() & ~(1ull << 31));
    vmwrite(GUEST_EFER, 0);
    vmwrite(GUEST_RIP, rip);
}

/* As much of a task switch as this guest can see (SDM 7.3). */
void hw_switch_task(void)
{
    segment(7, 0x48, (uint64_t)task_tss, 103, 0x8b);
    vmwrite(GUEST_RIP, task_tss[8]);
    vmwrite(GUEST_RSP, task_tss[14]);
}

static struct event event_of(uint64_t info_field, uint64_t error_field)
{
    const uint32_t info = vmread32(info_field);
    struct event e = {.valid = info >> 31, .has_error = info >> 11 & 1, .type = info >> 8 & 7, .vector = info & 0xff};

    if (e.valid && e.has_error)
        e.error = vmread32(error_field);
    if (e.valid)
        e.length = vmread32(EXIT_LENGTH);
    return e;
}

static enum why why(uint32_t reason)
{
    switch (reason) {
    case EXIT_EPT_VIOLATION:
        return UNMAPPED;
    case EXIT_VMCALL:
        return CALL;
    case EXIT_EXCEPTION_NMI:
        return EXCEPTION;
    case EXIT_WRMSR:
        return MSR;
    case EXIT_NMI_WINDOW:
        return NMI_WINDOW;
    case EXIT_PML_FULL:
        return LOG_FULL;
    case EXIT_TASK_SWITCH:
        return TASK_SWITCH;
    case EXIT_PREEMPTION_TIMER:
        return TIMER;
    case EXIT_TRIPLE_FAULT:
        return SHUTDOWN;
    default:
        return OTHER;
    }
}

struct exit hw_run(struct regs *r, struct event inject)
{
    struct exit x = {0};

    vmwrite(PREEMPTION_TIMER, TIMER_TICKS);
    vmwrite(ENTRY_INFO, inject.valid ? 1u << 31 | (uint32_t)inject.has_error << 11 | inject.type << 8 | inject.vector : 0);
    vmwrite(ENTRY_ERROR, inject.error);
    vmwrite(ENTRY_LENGTH, inject.length);
    if (inject.valid && inject.type == TYPE_NMI) /* SDM 26.3.1.5: not while blocked */
        vmwrite(GUEST_INTERRUPTIBILITY, vmread(GUEST_INTERRUPTIBILITY) & ~(uint64_t)BLOCKED_BY_NMI);
    if (vmx_go(r, vmx.launched)) {
        x.why = OTHER;
        x.code = 0xf0000 | vmread32(INSTRUCTION_ERROR);
        return x;
    }
    vmx.launched = 1;
    x.code = vmread32(EXIT_REASON);
    x.why = why((uint32_t)x.code);
    x.address = x.why == UNMAPPED ? vmread(GUEST_PHYS_ADDR) : vmread(EXIT_QUALIFICATION);
    x.event = event_of(EXIT_INFO, EXIT_ERROR);
    x.vectoring = event_of(VECTORING_INFO, VECTORING_ERROR);
    return x;
}

void hw_skip(unsigned int length)
{
    vmwrite(GUEST_RIP, vmread(GUEST_RIP) + length);
    vmwrite(GUEST_INTERRUPTIBILITY, vmread(GUEST_INTERRUPTIBILITY) & ~3ull);
}

void hw_clear_rf(void)
{
    vmwrite(GUEST_RFLAGS, vmread(GUEST_RFLAGS) & ~(1ull << 16));
}

void hw_intercept(unsigned int vectors)
{
    vmwrite(EXCEPTION_BITMAP, vectors);
}

void hw_nmi_window(bool on)
{
    vmwrite(PROC_CTL, on ? vmx.proc | PROC_NMI_WINDOW : vmx.proc);
}

bool hw_has_nmi_window(void)
{
    return true;
}

void hw_reset_log(void)
{
    if (vmx.proc2 & PROC2_PML)
        vmwrite(PML_INDEX, 511);
}

/* One place is left in the log (SDM 28.2.6, 28.3.6): the first clean page that is written takes it, the second exits. */
bool hw_arm_log(void)
{
    if (!(vmx.proc2 & PROC2_PML))
        return false;
    vmwrite(PML_INDEX, 0);
    return true;
}

bool hw_has_ve(void)
{
    return vmx.proc2 & PROC2_VE;
}

uint64_t hw_guest_dr6(void)
{
    return cpu_dr6();
}

uint64_t hw_guest_dr7(void)
{
    return vmread(GUEST_DR7);
}

uint64_t hw_guest_cr2(void)
{
    return cpu_cr2();
}

void hw_set_cr2(uint64_t value)
{
    cpu_set_cr2(value);
}
