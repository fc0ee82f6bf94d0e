/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Turning VMX on; EPT, control and host fields (SDM vol. 3C 23.7, 24.5 to 24.8, 28.2).
 */
#include "vmx.h"

#define EPT_RWX 7ull
#define EPT_WB (6ull << 3)
#define EPT_LARGE 0x80ull
#define EPT_SUPPRESS_VE (1ull << 63)
#define EPTP_AD 0x40ull
#define EPT_HAS_AD (1ull << 21)

struct vmx vmx;

static uint8_t vmxon_page[4096] __attribute__((aligned(4096))), vmcs[4096] __attribute__((aligned(4096)));
static uint64_t ept[7][512] __attribute__((aligned(4096)));
static uint64_t log_page[512] __attribute__((aligned(4096)));
static uint64_t host_idt[2];

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
    vmx.eptp = (uint64_t)ept[0] | 6 | 3u << 3;
    if (cpu_rdmsr(MSR_VMX_EPT_VPID) & EPT_HAS_AD)
        vmx.eptp |= EPTP_AD;
}

/* An entry that is not present gives an exit (bit 63), but for DEVICE, which gives #VE where there is one. */
void hw_map(unsigned int page, bool present)
{
    const uint64_t descriptor[2] = {vmx.eptp, 0};

    ept[6][page] = present ? PAGE(page) | EPT_RWX | EPT_WB : page == DEVICE ? 0 : EPT_SUPPRESS_VE;
    if (vmx.launched)
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
    vmx.proc = settle(MSR_VMX_TRUE_PROC, PROC_SECONDARY); /* no MSR bitmap: every RDMSR and WRMSR exits */
    vmx.proc2 = settle(MSR_VMX_PROC2, PROC2_EPT | PROC2_RDTSCP | PROC2_UNRESTRICTED | PROC2_PML | PROC2_VE);
    if (!(vmx.eptp & EPTP_AD))
        vmx.proc2 &= ~PROC2_PML;
    vmwrite(PROC_CTL, vmx.proc);
    vmwrite(PROC2_CTL, vmx.proc2);
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
    vmwrite(EPT_POINTER, vmx.eptp);
    vmwrite(VMCS_LINK, ~0ull);
    vmwrite(CR0_MASK, 0);
    vmwrite(CR4_MASK, 0);
    vmwrite(CR0_SHADOW, 0);
    vmwrite(CR4_SHADOW, 0);
    if (vmx.proc2 & PROC2_PML) {
        vmwrite(PML_ADDRESS, (uint64_t)log_page);
        vmwrite(PML_INDEX, 511);
    }
    if (vmx.proc2 & PROC2_VE) {
        vmwrite(VE_INFO, (uint64_t)vmx.ve_info);
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
