/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Turning VMX on and filling the control and host fields of the VMCS that runs L1 (SDM vol. 3C 23.7, 24.5 to 24.8, 31.5).
 */
#include <provenest/event.h>

#include "cpu.h"
#include "vmx.h"

#define CR4_VMXE (1ull << 13)
#define CR4_SMXE (1ull << 14)
#define CR4_OSXSAVE (1ull << 18)
#define CR0_NE (1ull << 5)
#define CPUID_XSAVE (1u << 26)
#define REVISION_MASK 0x7fffffffull

_Static_assert(__builtin_offsetof(struct vmx_cpu, regs.rax) == CPU_RAX, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, regs.rdi) == CPU_RDI, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, regs.r15) == CPU_R15, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, host_rsp) == CPU_HOST_RSP, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, nmi_kick) == CPU_NMI_KICK, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, nmi_kick_value) == CPU_NMI_KICK_VALUE, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, nmi_seen) == CPU_NMI_SEEN, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, nmi_kicking) == CPU_NMI_KICKING, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, nmi_unblocking) == CPU_NMI_UNBLOCKING, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, acking) == CPU_ACKING, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, acked) == CPU_ACKED, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, reads) == CPU_READS, "layout.h");
_Static_assert(__builtin_offsetof(struct vmx_cpu, writes) == CPU_WRITES, "layout.h");

_Static_assert(__builtin_offsetof(struct vmx_cpu, l2) - __builtin_offsetof(struct vmx_cpu, unusual) == 2, "VMX_ONLY_L2");

extern const char vmx_exit[]; /* entry.S */

void vmx_read_raw(struct vmx_raw *raw)
{
    raw->cpuid1_ecx = cpu_cpuid(1, 0).c;
    raw->feature_control = 0;
    if (vmx_check_present(raw) == VMX_ABSENT)
        return;
    raw->feature_control = cpu_rdmsr(MSR_FEATURE_CONTROL);
    raw->basic = cpu_rdmsr(MSR_VMX_BASIC);
    raw->misc = cpu_rdmsr(MSR_VMX_MISC);
    if (!(raw->basic >> 55 & 1))
        return;
    raw->pin = cpu_rdmsr(MSR_VMX_TRUE_PIN);
    raw->proc = cpu_rdmsr(MSR_VMX_TRUE_PROC);
    raw->exit = cpu_rdmsr(MSR_VMX_TRUE_EXIT);
    raw->entry = cpu_rdmsr(MSR_VMX_TRUE_ENTRY);
    if (raw->proc >> 63) /* secondary controls exist, so does their MSR (appendix A.3.3) */
        raw->proc2 = cpu_rdmsr(MSR_VMX_PROC2);
    if (raw->proc2 >> 33 & 1) /* EPT may be on (appendix A.10) */
        raw->ept_vpid = cpu_rdmsr(MSR_VMX_EPT_VPID);
}

enum vmx_verdict vmx_decide(void)
{
    struct vmx_raw raw = {0};
    enum vmx_verdict verdict;

    vmx_read_raw(&raw);
    verdict = vmx_check_present(&raw);
    if (verdict != VMX_USABLE && verdict != VMX_ENABLE_FIRST)
        return verdict;
    if (verdict == VMX_ENABLE_FIRST)
        cpu_wrmsr(MSR_FEATURE_CONTROL, raw.feature_control | 5);
    return vmx_check_controls(&raw);
}

/* Appendix A.7 and A.8. CR4.OSXSAVE lets the hypervisor carry out XSETBV for the guest. */
static void fix_control_registers(void)
{
    const uint64_t osxsave = cpu_cpuid(1, 0).c & CPUID_XSAVE ? CR4_OSXSAVE : 0;

    cpu_set_cr0(cpu_cr0() | cpu_rdmsr(MSR_VMX_CR0_FIXED0));
    cpu_set_cr4(cpu_cr4() | cpu_rdmsr(MSR_VMX_CR4_FIXED0) | CR4_VMXE | osxsave);
}

bool vmx_on(struct vmx_cpu *cpu, struct vmx_wish wish)
{
    struct vmx_raw raw = {0};
    uint64_t vmxon = (uint64_t)cpu->pages->vmxon, vmcs = (uint64_t)cpu->pages->vmcs;
    bool failed;

    vmx_read_raw(&raw);
    cpu->controls = vmx_choose_controls(&raw, wish);
    cpu->core_events = wish.core_events;
    fix_control_registers();
    *(uint32_t *)(void *)cpu->pages->vmxon = (uint32_t)(raw.basic & REVISION_MASK);
    *(uint32_t *)(void *)cpu->pages->vmcs = (uint32_t)(raw.basic & REVISION_MASK);
    __asm__ volatile("vmxon %1" : "=@ccbe"(failed) : "m"(vmxon) : "memory");
    if (failed)
        return false;
    __asm__ volatile("vmclear %1" : "=@ccbe"(failed) : "m"(vmcs) : "memory");
    if (failed)
        return false;
    __asm__ volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(vmcs) : "memory");
    return !failed;
}

void vmx_setup_host_fields(struct vmx_cpu *cpu)
{
    for (uint64_t field = HOST_ES_SEL; field < HOST_TR_SEL; field += 2)
        vmwrite(field, HOST_DATA);
    vmwrite(HOST_CS_SEL, HOST_CODE);
    vmwrite(HOST_TR_SEL, HOST_TSS);
    vmwrite(HOST_CR0, cpu_cr0());
    vmwrite(HOST_CR3, cpu_cr3());
    vmwrite(HOST_CR4, cpu_cr4());
    vmwrite(HOST_FS_BASE, 0);
    vmwrite(HOST_GS_BASE, (uint64_t)cpu);
    vmwrite(HOST_TR_BASE, (uint64_t)&cpu->tss);
    vmwrite(HOST_GDTR_BASE, (uint64_t)cpu->gdt);
    vmwrite(HOST_IDTR_BASE, (uint64_t)cpu->idt);
    vmwrite(HOST_SYSENTER_CS, 0);
    vmwrite(HOST_SYSENTER_ESP, 0);
    vmwrite(HOST_SYSENTER_EIP, 0);
    vmwrite(HOST_PAT, cpu_rdmsr(MSR_PAT));
    vmwrite(HOST_EFER, cpu_rdmsr(MSR_EFER));
    vmwrite(HOST_RIP, (uint64_t)vmx_exit);
    vmwrite(HOST_RSP, (uint64_t)cpu->pages->exception_stack + VMX_PAGE / 2); /* until entry.S has turned to its own */
}

void vmx_setup_controls(struct vmx_cpu *cpu, uint64_t eptp)
{
    const struct vmx_controls *c = &cpu->controls;

    *cpu->vmcs = (struct vmx_known){.pin = c->pin, .proc = c->proc, .base_pin = c->pin, .base_proc = c->proc};
    vmwrite(PIN_CTL, c->pin);
    vmwrite(PROC_CTL, c->proc);
    vmwrite(PROC2_CTL, c->proc2);
    vmwrite(EXIT_CTL, c->exit);
    vmwrite(ENTRY_CTL, c->entry);
    /* All exceptions, whatever a #PF's error code (SDM 25.2): mask and match 0 select every one. The core adds those whose
     * delivery could go on for ever without an exit. */
    vmwrite(EXCEPTION_BITMAP, pn_exception_bitmap(cpu->core_events ? 0xffffffffu : 0));
    vmwrite(PF_MASK, 0);
    vmwrite(PF_MATCH, 0);
    vmwrite(CR3_TARGETS, 0);
    vmwrite(EXIT_MSR_STORE, 0);
    vmwrite(EXIT_MSR_LOAD, 0);
    vmwrite(ENTRY_MSR_LOAD, 0);
    vmwrite(ENTRY_INFO, 0);
    vmwrite(MSR_BITMAP, (uint64_t)cpu->pages->msr_bitmap);
    vmwrite(IO_BITMAP_A, (uint64_t)cpu->pages->io_bitmap);
    vmwrite(IO_BITMAP_B, (uint64_t)cpu->pages->io_bitmap + VMX_PAGE);
    vmwrite(TSC_OFFSET, 0);
    vmwrite(EPT_POINTER, eptp);
    if (c->proc2 & PROC2_VPID)
        vmwrite(VPID, VMX_VPID01);
    if (c->proc2 & PROC2_XSAVES)
        vmwrite(XSS_EXIT_BITMAP, 0);
    vmwrite(VMCS_LINK, ~0ull);
    /* Of CR0 only NE is fixed under unrestricted guest (appendix A.7); of CR4 VMXE, and SMXE is hidden. */
    vmwrite(CR0_MASK, CR0_NE);
    vmwrite(CR4_MASK, CR4_VMXE | CR4_SMXE);
    vmx_setup_host_fields(cpu);
}

void vmx_intercept_port(struct vmx_cpu *cpu, uint16_t port)
{
    cpu->pages->io_bitmap[port >> 3] |= (uint8_t)(1u << (port & 7)); /* SDM 24.6.4: bitmap B follows A */
}

/* SDM 24.6.9: four bitmaps of 1 KiB: read low, read high, write low, write high. Outside of them every access exits. */
static void set_bit(uint8_t *byte, uint8_t bit, bool value)
{
    *byte = (uint8_t)(value ? *byte | bit : *byte & ~bit);
}

void vmx_intercept_msr(struct vmx_cpu *cpu, uint32_t msr, bool read, bool write)
{
    const uint32_t offset = (msr & 0x1fffu) + (msr >= 0xc0000000u ? 0x2000u : 0);
    const uint8_t bit = (uint8_t)(1u << (msr & 7));

    set_bit(&cpu->pages->msr_bitmap[offset >> 3], bit, read);
    set_bit(&cpu->pages->msr_bitmap[0x800 + (offset >> 3)], bit, write);
}

void vmx_intercept_all_msrs(struct vmx_cpu *cpu)
{
    for (unsigned int i = 0; i < VMX_PAGE; i++)
        cpu->pages->msr_bitmap[i] = 0xff;
}

void vmx_flush_ept(uint64_t eptp)
{
    const uint64_t descriptor[2] = {eptp, 0};

    CPU_COUNT_ONE(vmx_this_cpu()->flushes);
    __asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"(1ull) : "cc", "memory");
}
