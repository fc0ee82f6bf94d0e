/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/hw.h over the current VMCS. One function a line of the contract; no decisions except the one the contract
 * names (external-interrupt exiting is off while an interrupt window is armed).
 */
#include "../../core/hw/hw.h"

#include "cpu.h"
#include "decode.h"
#include "vmx.h"

#define RFLAGS_TF (1ull << 8)
#define RFLAGS_IF (1ull << 9)
#define RFLAGS_RF (1ull << 16)
#define DEBUGCTL_BTF (1ull << 1)

void vmx_open_interrupts(void); /* entry.S */

bool pn_hw_if(void)
{
    return (vmread(GUEST_RFLAGS) & RFLAGS_IF) != 0;
}

bool pn_hw_tf(void)
{
    return (vmread(GUEST_RFLAGS) & RFLAGS_TF) != 0;
}

bool pn_hw_btf(void)
{
    return (vmread(GUEST_DEBUGCTL) & DEBUGCTL_BTF) != 0;
}

bool pn_hw_pe(void)
{
    return (vmread(GUEST_CR0) & 1u) != 0;
}

bool pn_hw_sti_shadow(void)
{
    return (vmread(GUEST_INTERRUPTIBILITY) & BLOCKED_BY_STI) != 0;
}

bool pn_hw_movss_shadow(void)
{
    return (vmread(GUEST_INTERRUPTIBILITY) & BLOCKED_BY_MOVSS) != 0;
}

bool pn_hw_nmi_blocked(void)
{
    return (vmread(GUEST_INTERRUPTIBILITY) & BLOCKED_BY_NMI) != 0;
}

uint64_t pn_hw_dr6(void)
{
    return cpu_dr6();
}

uint64_t pn_hw_dr7(void)
{
    return vmread(GUEST_DR7);
}

/* SDM 27.2.3: an IRET that ran into an EPT violation has unblocked NMIs already and is going to run again. The bit is
 * undefined while the vectoring information is valid. A fault that goes to the guest keeps them unblocked instead: an
 * IRET ends the blocking even when it faults (SDM 6.7.1). */
static bool iret_unblocked_nmis(void)
{
    return vmread32(EXIT_REASON) == EXIT_EPT_VIOLATION && (vmread(EXIT_QUALIFICATION) & INFO_NMI_UNBLOCKED) != 0;
}

struct pn_vectoring pn_hw_vectoring(void)
{
    const uint32_t info = vmread32(VECTORING_INFO);

    vmx_this_cpu()->entry_valid = false; /* the exit has cleared it */
    if (!(info & INFO_VALID))
        return (struct pn_vectoring){.valid = false, .nmi_unblocked_by_iret = iret_unblocked_nmis()};
    return vmx_decode_vectoring(info, vmread32(VECTORING_ERROR), vmread32(EXIT_LENGTH));
}

void pn_hw_write_cr2(uint64_t address)
{
    cpu_set_cr2(address);
    vmx_this_cpu()->counters.payload_pf++;
}

void pn_hw_write_dr6(uint64_t value)
{
    cpu_set_dr6(value);
    vmx_this_cpu()->counters.payload_db++;
}

void pn_hw_write_dr7(uint64_t value)
{
    vmwrite(GUEST_DR7, value);
}

void pn_hw_set_rf(void)
{
    vmwrite(GUEST_RFLAGS, vmread(GUEST_RFLAGS) | RFLAGS_RF);
}

void pn_hw_clear_shadow(void)
{
    const uint64_t state = vmread(GUEST_INTERRUPTIBILITY);

    if (state & (BLOCKED_BY_STI | BLOCKED_BY_MOVSS))
        vmwrite(GUEST_INTERRUPTIBILITY, state & ~(uint64_t)(BLOCKED_BY_STI | BLOCKED_BY_MOVSS));
}

void pn_hw_set_nmi_blocked(bool blocked)
{
    const uint64_t state = vmread(GUEST_INTERRUPTIBILITY) & ~(uint64_t)BLOCKED_BY_NMI;

    vmwrite(GUEST_INTERRUPTIBILITY, state | (blocked ? BLOCKED_BY_NMI : 0));
}

void pn_hw_set_step_pending(bool pending)
{
    const uint64_t state = vmread(GUEST_PENDING_DEBUG) & ~(uint64_t)PENDING_BS;

    vmwrite(GUEST_PENDING_DEBUG, state | (pending ? PENDING_BS : 0));
}

void pn_hw_write_entry(struct pn_event e)
{
    struct vmx_cpu *cpu = vmx_this_cpu();

    vmwrite(ENTRY_INFO, vmx_encode_entry(e));
    if (e.has_error)
        vmwrite(ENTRY_ERROR, e.error);
    if (e.length)
        vmwrite(ENTRY_LENGTH, e.length);
    cpu->entry_valid = true;
}

void pn_hw_cancel_entry(void)
{
    vmwrite(ENTRY_INFO, 0);
    vmx_this_cpu()->entry_valid = false;
}

static void set_pin(struct vmx_cpu *cpu, uint32_t value)
{
    if (cpu->pin == value)
        return;
    vmwrite(PIN_CTL, value);
    cpu->pin = value;
}

static void set_proc(struct vmx_cpu *cpu, uint32_t value)
{
    if (cpu->proc == value)
        return;
    vmwrite(PROC_CTL, value);
    cpu->proc = value;
}

void pn_hw_set_intr_window(bool on)
{
    struct vmx_cpu *cpu = vmx_this_cpu();

    set_proc(cpu, on ? cpu->proc | PROC_INTR_WINDOW : cpu->proc & ~PROC_INTR_WINDOW);
    if (cpu->core_events)
        set_pin(cpu, on ? cpu->pin & ~PIN_EXT_INT : cpu->pin | PIN_EXT_INT);
}

void pn_hw_set_nmi_window(bool on)
{
    struct vmx_cpu *cpu = vmx_this_cpu();

    set_proc(cpu, on ? cpu->proc | PROC_NMI_WINDOW : cpu->proc & ~PROC_NMI_WINDOW);
}

/* Acknowledge without "acknowledge interrupt on exit": let the host take the interrupt at one instruction boundary.
 * The entry points record the vector and return with interrupts off. The EOI is the guest's. */
int pn_hw_ack_interrupt(void)
{
    struct vmx_cpu *cpu = vmx_this_cpu();

    cpu->acked = VMX_NONE_ACKED;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *(volatile uint8_t *)&cpu->acking = 1;
    vmx_open_interrupts();
    *(volatile uint8_t *)&cpu->acking = 0;
    return cpu->acked == VMX_NONE_ACKED ? PN_NO_INTERRUPT : (int)(*(volatile uint64_t *)&cpu->acked & 0xff);
}

struct pn_counters *pn_counters_this(void)
{
    return &vmx_this_cpu()->counters;
}

/* One whole round, for the contract's sake: the hypervisor's loop looks at the exit as well and calls vmx_enter. */
void pn_hw_enter_guest(void)
{
    (void)vmx_enter(vmx_this_cpu());
}
