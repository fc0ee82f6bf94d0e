/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CPUID, VMX instructions, MSRs, CR4, XSETBV. L1's processor has VMX, or, with vmx=off, none.
 */
#include "probe.h"

#define CR4_OSXSAVE (1u << 18)
#define CR4_VMXE (1u << 13)
#define CR4_SMXE (1u << 14)

static uint32_t cpuid_ecx(uint32_t leaf)
{
    uint32_t a = leaf, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return c;
}

static void probe_cpuid(bool vmx)
{
    result("cpuid-vmx", (cpuid_ecx(1) >> 5 & 1) == vmx);
    result("cpuid-no-smx", !(cpuid_ecx(1) & 1u << 6));
    result("cpuid-no-aperf", !(cpuid_ecx(6) & 1));
    result("cpuid-osxsave-off", !(cpuid_ecx(1) & 1u << 27));
}

static void probe_xsetbv(void)
{
    uint32_t low = 0, high;

    if (!(cpuid_ecx(1) & 1u << 26))
        return;
    result("xsetbv-off-ud", FAULT_OF("xsetbv", : : "c"(0), "a"(1), "d"(0)) == VECTOR_UD);
    result("cr4-osxsave", try_cr4(read_cr4() | CR4_OSXSAVE) == NO_FAULT_SEEN);
    result("cpuid-osxsave-on", cpuid_ecx(1) & 1u << 27);
    result("xsetbv", FAULT_OF("xsetbv", : : "c"(0), "a"(3), "d"(0)) == NO_FAULT_SEEN);
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    result("xgetbv", low == 3);
    result("xsetbv-no-x87", FAULT_OF("xsetbv", : : "c"(0), "a"(2), "d"(0)) == VECTOR_GP);
    result("xsetbv-register", FAULT_OF("xsetbv", : : "c"(5), "a"(1), "d"(0)) == VECTOR_GP);
}

/* Without VMX, and with it outside of VMX operation, the answer is the same (SDM 30.3). */
static void probe_vmx_instructions(void)
{
    static uint64_t operand;

    result("vmcall", FAULT_OF("vmcall") == VECTOR_UD);
    result("vmlaunch", FAULT_OF("vmlaunch") == VECTOR_UD);
    result("vmresume", FAULT_OF("vmresume") == VECTOR_UD);
    result("vmxoff", FAULT_OF("vmxoff") == VECTOR_UD);
    result("vmxon", FAULT_OF("vmxon %0", : : "m"(operand)) == VECTOR_UD);
    result("vmclear", FAULT_OF("vmclear %0", : : "m"(operand)) == VECTOR_UD);
    result("vmptrld", FAULT_OF("vmptrld %0", : : "m"(operand)) == VECTOR_UD);
    result("vmptrst", FAULT_OF("vmptrst %0", : "=m"(operand)) == VECTOR_UD);
    result("vmread", FAULT_OF("vmread %%eax, %%ebx", : : : "ebx") == VECTOR_UD);
    result("vmwrite", FAULT_OF("vmwrite %eax, %ebx") == VECTOR_UD);
    result("invept", FAULT_OF("invept %0, %%eax", : : "m"(operand)) == VECTOR_UD);
    result("invvpid", FAULT_OF("invvpid %0, %%eax", : : "m"(operand)) == VECTOR_UD);
    result("getsec", FAULT_OF(".byte 0x0f, 0x37") == VECTOR_UD);
}

static void probe_msrs(bool vmx)
{
    const uint32_t there = vmx ? NO_FAULT_SEEN : VECTOR_GP;
    uint64_t value = 0;

    result("msr-vmx-basic", try_rdmsr(0x480, &value) == there && (!vmx || (value >> 32 & 0x1fff) == 4096));
    result("msr-vmx-true-entry", try_rdmsr(0x490, &value) == there);
    result("msr-vmx-basic-write", try_wrmsr(0x480, 0) == VECTOR_GP);
    result("msr-vmx-functions", try_rdmsr(0x491, &value) == VECTOR_GP);
    result("msr-feature-control", try_rdmsr(0x3a, &value) == NO_FAULT_SEEN && value == (vmx ? 5 : 1));
    result("msr-feature-control-write", try_wrmsr(0x3a, 5) == VECTOR_GP);
    result("msr-apic-base", try_rdmsr(0x1b, &value) == NO_FAULT_SEEN && (value & 0xfffff000u) == 0xfee00000u);
    result("msr-apic-over-provenest", try_wrmsr(0x1b, (value & 0xfff) | 0x0d000000) == VECTOR_GP);
    result("msr-pat", try_rdmsr(0x277, &value) == NO_FAULT_SEEN && value);
    result("msr-mtrr", try_rdmsr(0x2ff, &value) == NO_FAULT_SEEN && value >> 11 & 1);
    /* The option msr= decides; the command line says which one this run has. */
    result(try_rdmsr(0x12345678, &value) == VECTOR_GP ? "msr-unknown-gp" : "msr-unknown-zero", true);
}

/* CR4.VMXE as L1 sees it; without paging VMXON is #GP (SDM 23.8). */
static void probe_cr4(bool vmx)
{
    static uint64_t operand;

    result("cr4-vmxe-reads-0", !(read_cr4() & (CR4_VMXE | CR4_SMXE)));
    result("cr4-vmxe", try_cr4(read_cr4() | CR4_VMXE) == (vmx ? NO_FAULT_SEEN : VECTOR_GP));
    if (vmx) {
        result("cr4-vmxe-reads-1", read_cr4() & CR4_VMXE);
        result("vmxon-unpaged", FAULT_OF("vmxon %0", : : "m"(operand)) == VECTOR_GP);
        result("vmxoff-outside", FAULT_OF("vmxoff") == VECTOR_UD);
        result("cr4-vmxe-cleared", try_cr4(read_cr4() & ~CR4_VMXE) == NO_FAULT_SEEN && !(read_cr4() & CR4_VMXE));
    }
}

void probe_cpu(bool vmx)
{
    probe_cpuid(vmx);
    probe_vmx_instructions();
    probe_msrs(vmx);
    probe_cr4(vmx);
    result("cr4-smxe", try_cr4(read_cr4() | CR4_SMXE) == VECTOR_GP);
    probe_xsetbv();
    result("invd", FAULT_OF("invd") == NO_FAULT_SEEN);
}
