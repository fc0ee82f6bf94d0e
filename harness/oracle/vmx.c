/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The witness on VMX (SDM vol. 3C chapters 24 to 28). Names of fields and bits come from vendor/vmx; nothing else does.
 */
#include "../../vendor/vmx/cpu.h"
#include "../../vendor/vmx/vmcs.h"
#include "oracle.h"

/* What vendor/vmx has no use for. */
enum { PML_ADDRESS = 0x200e, VE_INFO = 0x202a, PML_INDEX = 0x0812, EPTP_INDEX = 0x0004, EXIT_PML_FULL = 62 };
#define PROC2_PML (1u << 17)
#define PROC2_VE (1u << 18)
#define EPT_RWX 7ull
#define EPT_WB (6ull << 3)
#define EPT_LARGE 0x80ull
#define EPT_SUPPRESS_VE (1ull << 63)
#define EPTP_AD 0x40ull
#define EPT_HAS_AD (1ull << 21)
#define TIMER_TICKS 400000u

const char hw_name[] = "vmx";
extern const char vmx_back[];
int vmx_go(struct regs *r, int launched);
extern uint64_t gdt[], pml4[];

static uint8_t vmxon_page[4096] __attribute__((aligned(4096))), vmcs[4096] __attribute__((aligned(4096)));
static uint64_t ept[7][512] __attribute__((aligned(4096)));
static uint64_t log_page[512] __attribute__((aligned(4096)));
static uint32_t ve_info[1024] __attribute__((aligned(4096)));
static uint64_t host_idt[2];
static uint32_t proc, proc2;
static uint64_t eptp;
static int launched;

static uint32_t settle(uint32_t msr, uint32_t wanted)
{
    const uint64_t may = cpu_rdmsr(msr);

    return (wanted | (uint32_t)may) & (uint32_t)(may >> 32);
}

static void setup_ept(void)
{
    ept[0][0] = (uint64_t)ept[1] | EPT_RWX;
    for (unsigned int i = 0; i < 4; i++)
        ept[1][i] = (uint64_t)ept[2 + i] | EPT_RWX;
    for (uint64_t i = 0; i < 2048; i++)
        ept[2 + i / 512][i % 512] = i << 21 | EPT_RWX | EPT_LARGE | (i << 21 < 0xc0000000ull ? EPT_WB : 0);
    ept[2][ARENA >> 21] = (uint64_t)ept[6] | EPT_RWX;
    for (unsigned int i = 0; i < 512; i++)
        hw_map(i, true);
    eptp = (uint64_t)ept[0] | 6 | 3u << 3;
    if (cpu_rdmsr(MSR_VMX_EPT_VPID) & EPT_HAS_AD)
        eptp |= EPTP_AD;
}

/* An entry that is not present gives an exit (bit 63), but for DEVICE, which gives #VE where there is one. */
void hw_map(unsigned int page, bool present)
{
    const uint64_t descriptor[2] = {eptp, 0};

    ept[6][page] = present ? PAGE(page) | EPT_RWX | EPT_WB : page == DEVICE ? 0 : EPT_SUPPRESS_VE;
    if (launched)
        __asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"(1ull) : "cc", "memory");
}

static void host_fields(void)
{
    for (uint64_t field = HOST_ES_SEL; field < HOST_TR_SEL; field += 2)
        vmwrite(field, 0x10);
    vmwrite(HOST_CS_SEL, 0x18);
    vmwrite(HOST_TR_SEL, 0x28);
    vmwrite(HOST_CR0, cpu_cr0());
    vmwrite(HOST_CR3, cpu_cr3());
    vmwrite(HOST_CR4, cpu_cr4());
    vmwrite(HOST_FS_BASE, 0);
    vmwrite(HOST_GS_BASE, 0);
    vmwrite(HOST_TR_BASE, (uint64_t)tss);
    vmwrite(HOST_GDTR_BASE, (uint64_t)gdt);
    vmwrite(HOST_IDTR_BASE, (uint64_t)host_idt);
    vmwrite(HOST_SYSENTER_CS, 0);
    vmwrite(HOST_SYSENTER_ESP, 0);
    vmwrite(HOST_SYSENTER_EIP, 0);
    vmwrite(HOST_PAT, cpu_rdmsr(MSR_PAT));
    vmwrite(HOST_EFER, cpu_rdmsr(MSR_EFER));
    vmwrite(HOST_RIP, (uint64_t)vmx_back);
}

static void control_fields(void)
{
    vmwrite(PIN_CTL, settle(MSR_VMX_TRUE_PIN, PIN_NMI | PIN_VIRTUAL_NMI | PIN_PREEMPTION_TIMER));
    proc = settle(MSR_VMX_TRUE_PROC, PROC_SECONDARY); /* no MSR bitmap: every RDMSR and WRMSR exits */
    proc2 = settle(MSR_VMX_PROC2, PROC2_EPT | PROC2_RDTSCP | PROC2_PML | PROC2_VE);
    if (!(eptp & EPTP_AD))
        proc2 &= ~PROC2_PML;
    vmwrite(PROC_CTL, proc);
    vmwrite(PROC2_CTL, proc2);
    vmwrite(EXIT_CTL, settle(MSR_VMX_TRUE_EXIT, EXIT_HOST_64 | EXIT_SAVE_DEBUG | EXIT_LOAD_PAT | EXIT_LOAD_EFER |
                                                    EXIT_SAVE_EFER));
    vmwrite(ENTRY_CTL, settle(MSR_VMX_TRUE_ENTRY, ENTRY_LOAD_DEBUG | ENTRY_LOAD_EFER | ENTRY_IA32E));
    vmwrite(EXCEPTION_BITMAP, 0);
    vmwrite(PF_MASK, 0);
    vmwrite(PF_MATCH, 0);
    vmwrite(CR3_TARGETS, 0);
    vmwrite(EXIT_MSR_STORE, 0);
    vmwrite(EXIT_MSR_LOAD, 0);
    vmwrite(ENTRY_MSR_LOAD, 0);
    vmwrite(EPT_POINTER, eptp);
    vmwrite(VMCS_LINK, ~0ull);
    vmwrite(CR0_MASK, 0);
    vmwrite(CR4_MASK, 0);
    vmwrite(CR0_SHADOW, 0);
    vmwrite(CR4_SHADOW, 0);
    if (proc2 & PROC2_PML) {
        vmwrite(PML_ADDRESS, (uint64_t)log_page);
        vmwrite(PML_INDEX, 511);
    }
    if (proc2 & PROC2_VE) {
        vmwrite(VE_INFO, (uint64_t)ve_info);
        vmwrite(EPTP_INDEX, 0);
    }
}

const char *hw_init(void)
{
    uint64_t on = (uint64_t)vmxon_page, current = (uint64_t)vmcs;
    bool failed;

    if (!(cpu_cpuid(1, 0).c & 1u << 5))
        return "no VMX";
    cpu_set_cr0(cpu_cr0() | cpu_rdmsr(MSR_VMX_CR0_FIXED0));
    cpu_set_cr4(cpu_cr4() | cpu_rdmsr(MSR_VMX_CR4_FIXED0));
    *(uint32_t *)(void *)vmxon_page = *(uint32_t *)(void *)vmcs = (uint32_t)cpu_rdmsr(MSR_VMX_BASIC) & 0x7fffffffu;
    __asm__ volatile("vmxon %1" : "=@ccbe"(failed) : "m"(on) : "memory");
    if (failed)
        return "VMXON failed";
    __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(current) : "cc", "memory");
    setup_ept();
    control_fields();
    host_fields();
    return 0;
}

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
    for (unsigned int i = 0; i < 8; i++)
        segment(i, 0x10, 0, ~0u, 0xc093);
    segment(1, 0x18, 0, ~0u, 0xa09b);
    segment(6, 0, 0, 0, 0x10000);
    segment(7, 0x28, (uint64_t)tss, 103, 0x8b);
    vmwrite(GUEST_GDTR_BASE, (uint64_t)gdt);
    vmwrite(GUEST_GDTR_LIMIT, 0x47);
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
    ve_info[1] = 0;
    hw_reset_log();
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
    if (vmx_go(r, launched)) {
        x.why = OTHER;
        x.code = 0xf0000 | vmread32(INSTRUCTION_ERROR);
        return x;
    }
    launched = 1;
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
    vmwrite(PROC_CTL, on ? proc | PROC_NMI_WINDOW : proc);
}

bool hw_has_nmi_window(void)
{
    return true;
}

void hw_reset_log(void)
{
    if (proc2 & PROC2_PML)
        vmwrite(PML_INDEX, 511);
}

/* One place is left in the log (SDM 28.2.6, 28.3.6): the first clean page that is written takes it, the second exits. */
bool hw_arm_log(void)
{
    if (!(proc2 & PROC2_PML))
        return false;
    vmwrite(PML_INDEX, 0);
    return true;
}

bool hw_has_ve(void)
{
    return proc2 & PROC2_VE;
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
