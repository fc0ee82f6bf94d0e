/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/hw.h over the current VMCS. One function a line of the contract; no decisions except the one the contract
 * names (external-interrupt exiting is off while an interrupt window is armed).
 */
#include "../../core/event/encode.h"

#include "cpu.h"
#include "known.h"
#include "vmx.h"

#define RFLAGS_TF (1ull << 8)
#define RFLAGS_IF (1ull << 9)
#define RFLAGS_RF (1ull << 16)
#define DEBUGCTL_BTF (1ull << 1)

void vmx_open_interrupts(void); /* entry.S */

/* vmx_enter, or the same without saving registers for a caller that has nothing in them. */
static inline enum vmx_entered enter(struct vmx_cpu *cpu)
{
#ifdef HV_CHECKED
    return (enum vmx_entered)vmx_enter(cpu); /* a call that the linker wraps */
#else
    int how;

    __asm__ volatile("call vmx_enter_bare"
                     : "=a"(how), "+D"(cpu)
                     :
                     : "rbx", "rcx", "rdx", "rsi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc",
                       "memory");
    return (enum vmx_entered)how;
#endif
}

enum vmx_entered vmx_run(struct vmx_cpu *cpu)
{
    const enum vmx_entered how = enter(cpu);
    struct vmx_known *k = cpu->vmcs;

    if (how != VMX_EXITED)
        return how;
    cpu->exit_reason = vmread32(EXIT_REASON);
    for (unsigned int w = 0; w < VMX_WORDS; w++)
        vmread_to(vmx_field_of_word((enum vmx_word)w), &k->word[w]);
    return VMX_EXITED;
}

/* What this processor is, for the core: Intel, without what only AMD has. */
bool pn_hw_svm(void)
{
    return false;
}

bool pn_hw_nrips(void)
{
    return false;
}

bool pn_hw_gif(void)
{
    return true;
}

uint8_t pn_hw_soft_length(uint8_t type, uint8_t vector)
{
    (void)type;
    (void)vector;
    return 0; /* VMX reports the length */
}

uint64_t pn_hw_rip(void)
{
    return vmread(GUEST_RIP);
}

uint64_t pn_hw_next_rip(uint8_t length)
{
    const uint64_t access = vmread(GUEST_CS_ACCESS), next = vmread(GUEST_RIP) + length;

    if (access & CS_LONG)
        return next;
    return access & CS_32 ? next & 0xffffffffull : next & 0xffffull;
}

void pn_hw_set_rip(uint64_t rip)
{
    vmwrite(GUEST_RIP, rip);
}

void pn_hw_set_next_rip(uint64_t rip)
{
    (void)rip; /* VMX has the instruction length in its place */
}

void pn_hw_set_step(bool on)
{
    (void)on; /* never asked for: VMX has windows */
}

void pn_hw_restore_owed(struct pn_event e, bool taken_back)
{
    (void)e; /* the core has the event; nothing in the VMCS says what is owed */
    (void)taken_back;
}

bool pn_hw_if(void)
{
    return (vmx_word(VMX_RFLAGS) & RFLAGS_IF) != 0;
}

bool pn_hw_tf(void)
{
    return (vmx_word(VMX_RFLAGS) & RFLAGS_TF) != 0;
}

bool pn_hw_btf(void)
{
    return (vmread(GUEST_DEBUGCTL) & DEBUGCTL_BTF) != 0;
}

bool pn_hw_pe(void)
{
    return (vmread(GUEST_CR0) & 1u) != 0;
}

bool pn_hw_rf(void)
{
    return (vmx_word(VMX_RFLAGS) & RFLAGS_RF) != 0;
}

bool pn_hw_smm(void)
{
    return (vmx_word(VMX_INTERRUPTIBILITY) & BLOCKED_BY_SMI) != 0;
}

bool pn_hw_wait_for_sipi(void)
{
    return vmx_this_vmcs()->waits_for_sipi && vmx_activity() == ACTIVITY_WAIT_FOR_SIPI;
}

bool pn_hw_sti_shadow(void)
{
    return (vmx_word(VMX_INTERRUPTIBILITY) & BLOCKED_BY_STI) != 0;
}

bool pn_hw_movss_shadow(void)
{
    return (vmx_word(VMX_INTERRUPTIBILITY) & BLOCKED_BY_MOVSS) != 0;
}

bool pn_hw_nmi_blocked(void)
{
    return (vmx_word(VMX_INTERRUPTIBILITY) & BLOCKED_BY_NMI) != 0;
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
    return vmx_this_exit_reason() == EXIT_EPT_VIOLATION && (vmread(EXIT_QUALIFICATION) & INFO_NMI_UNBLOCKED) != 0;
}

struct pn_vectoring pn_hw_vectoring(void)
{
    const uint32_t info = vmread32(VECTORING_INFO);

    vmx_this_vmcs()->entry_valid = false; /* the exit has cleared it */
    if (!(info & INFO_VALID))
        return (struct pn_vectoring){.valid = false, .nmi_unblocked_by_iret = iret_unblocked_nmis()};
    return pn_vmx_vectoring(info, vmread32(VECTORING_ERROR), vmread32(EXIT_LENGTH));
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
    vmx_set_word(VMX_RFLAGS, vmx_word(VMX_RFLAGS) | RFLAGS_RF);
}

void pn_hw_clear_rf(void)
{
    const uint64_t flags = vmx_word(VMX_RFLAGS);

    if (flags & RFLAGS_RF)
        vmx_set_word(VMX_RFLAGS, flags & ~RFLAGS_RF);
}

void pn_hw_set_shadow(bool sti, bool movss)
{
    const uint64_t state = vmx_word(VMX_INTERRUPTIBILITY) & ~(uint64_t)(BLOCKED_BY_STI | BLOCKED_BY_MOVSS);

    vmx_set_word(VMX_INTERRUPTIBILITY, state | (sti ? BLOCKED_BY_STI : 0) | (movss ? BLOCKED_BY_MOVSS : 0));
}

uint64_t pn_hw_pending_breakpoints(void)
{
    return vmx_word(VMX_PENDING_DEBUG) & PENDING_BREAKPOINTS;
}

/* SDM 24.4.2 table 24-4: bit 12 says that one of them is enabled. */
void pn_hw_set_pending_breakpoints(uint64_t bits)
{
    const uint64_t state = vmx_word(VMX_PENDING_DEBUG);
    const uint64_t met = bits & PENDING_BREAKPOINTS;

    vmx_set_word(VMX_PENDING_DEBUG,
                 (state & ~(uint64_t)(PENDING_BREAKPOINTS | PENDING_ENABLED)) | met | (met ? PENDING_ENABLED : 0));
}

void pn_hw_clear_shadow(void)
{
    const uint64_t state = vmx_word(VMX_INTERRUPTIBILITY);

    if (state & (BLOCKED_BY_STI | BLOCKED_BY_MOVSS))
        vmx_set_word(VMX_INTERRUPTIBILITY, state & ~(uint64_t)(BLOCKED_BY_STI | BLOCKED_BY_MOVSS));
}

void pn_hw_set_nmi_blocked(bool blocked)
{
    const uint64_t state = vmx_word(VMX_INTERRUPTIBILITY) & ~(uint64_t)BLOCKED_BY_NMI;

    vmx_set_word(VMX_INTERRUPTIBILITY, state | (blocked ? BLOCKED_BY_NMI : 0));
}

void pn_hw_set_step_pending(bool pending)
{
    const uint64_t state = vmx_word(VMX_PENDING_DEBUG);

    vmx_set_word(VMX_PENDING_DEBUG, pending ? state | PENDING_BS : state & ~(uint64_t)PENDING_BS);
}

void pn_hw_write_entry(struct pn_event e)
{
    vmwrite(ENTRY_INFO, pn_vmx_entry_info(e));
    if (e.has_error)
        vmwrite(ENTRY_ERROR, e.error);
    if (e.length)
        vmwrite(ENTRY_LENGTH, e.length);
    vmx_this_vmcs()->entry_valid = true;
}

void pn_hw_cancel_entry(void)
{
    vmwrite(ENTRY_INFO, 0);
    vmx_this_vmcs()->entry_valid = false;
}

static void set_pin(struct vmx_known *k, uint32_t value)
{
    if (k->pin == value)
        return;
    vmwrite(PIN_CTL, value);
    k->pin = value;
}

/* A window that L1 has asked for in vmcs12 stays. */
static void set_window(struct vmx_known *k, uint32_t bit, bool on)
{
    const uint32_t value = on ? k->proc | bit : (k->proc & ~bit) | (k->base_proc & bit);

    if (k->proc == value)
        return;
    vmwrite(PROC_CTL, value);
    k->proc = value;
}

static __attribute__((noinline)) void turn_intr_window(struct vmx_cpu *cpu, bool on)
{
    struct vmx_known *k = cpu->vmcs;

    set_window(k, PROC_INTR_WINDOW, on);
    if (cpu->core_events && !k->keep_interrupts)
        set_pin(k, on ? k->pin & ~PIN_EXT_INT : k->pin | PIN_EXT_INT);
    k->intr_window = on ? VMX_ARMED : VMX_NOT_ARMED;
}

void pn_hw_set_intr_window(bool on)
{
    if (vmx_this_vmcs()->intr_window != (on ? VMX_ARMED : VMX_NOT_ARMED))
        turn_intr_window(vmx_this_cpu(), on);
}

/* A preemption timer of 0 exits before the first instruction (SDM 25.5.1). A timer that runs anyway (evict=, or L1's in
 * vmcs02) goes on where it was. That there is one is asked for where this can happen: SMI, INIT and MTF, which nobody queues,
 * and L2 (nested_setup). */
static __attribute__((noinline)) void turn_immediate_exit(struct vmx_known *k, bool on)
{
    k->immediate = on;
    if (on)
        k->timer = vmread(PREEMPTION_TIMER);
    vmwrite(PREEMPTION_TIMER, on ? 0 : k->timer);
    set_pin(k, on || k->base_pin & PIN_PREEMPTION_TIMER ? k->pin | PIN_PREEMPTION_TIMER : k->pin & ~PIN_PREEMPTION_TIMER);
}

void pn_hw_set_immediate_exit(bool on)
{
    struct vmx_known *k = vmx_this_vmcs();

    if (k->immediate != on)
        turn_immediate_exit(k, on);
}

static __attribute__((noinline)) void turn_nmi_window(struct vmx_known *k, bool on)
{
    set_window(k, PROC_NMI_WINDOW, on);
    k->nmi_window = on ? VMX_ARMED : VMX_NOT_ARMED;
}

void pn_hw_set_nmi_window(bool on)
{
    if (vmx_this_vmcs()->nmi_window != (on ? VMX_ARMED : VMX_NOT_ARMED))
        turn_nmi_window(vmx_this_vmcs(), on);
}

/* Acknowledge without "acknowledge interrupt on exit": let the host take the interrupt at one instruction boundary.
 * The entry points record the vector and return with interrupts off. The EOI is the guest's. */
int vmx_acknowledge(void)
{
    struct vmx_cpu *cpu = vmx_this_cpu();

    cpu->acked = VMX_NONE_ACKED;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *(volatile uint8_t *)&cpu->acking = 1;
    vmx_open_interrupts();
    *(volatile uint8_t *)&cpu->acking = 0;
    return cpu->acked == VMX_NONE_ACKED ? PN_NO_INTERRUPT : (int)(*(volatile uint64_t *)&cpu->acked & 0xff);
}

int pn_hw_ack_interrupt(void)
{
    return vmx_acknowledge();
}

struct pn_counters *pn_counters_this(void)
{
    return &vmx_this_cpu()->counters;
}

/* One whole round, for the contract's sake: the hypervisor's loop looks at the exit as well and calls vmx_enter. */
void pn_hw_enter_guest(void)
{
    (void)vmx_run(vmx_this_cpu());
}
