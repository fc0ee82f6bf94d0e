/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MSRs. Those in constant use, and all that the VMCS switches, never exit. The rest exits and is carried out on the
 * processor; what the processor does not have is answered by the option msr=.
 */
#include "vcpu.h"

enum { VECTOR_GP = 13, MICROCODE_UPDATE = 0x79, VMX_FIRST = 0x480, VMX_LAST = 0x491 };
#define APIC_PAGE 0xffffff000ull
#define FEATURE_LOCKED 1u

static void pass_range(struct vcpu *v, uint32_t first, uint32_t last)
{
    for (uint32_t msr = first; msr <= last; msr++)
        vmx_intercept_msr(&v->hw, msr, false, false);
}

void msr_setup(struct vcpu *v)
{
    vmx_intercept_all_msrs(&v->hw);
    pass_range(v, 0x10, 0x10);             /* TSC */
    pass_range(v, 0x48, 0x49);             /* SPEC_CTRL, PRED_CMD */
    pass_range(v, 0x174, 0x176);           /* SYSENTER: in the VMCS */
    pass_range(v, 0x1d9, 0x1d9);           /* DEBUGCTL: in the VMCS */
    pass_range(v, MSR_PAT, MSR_PAT);       /* in the VMCS */
    pass_range(v, 0x6e0, 0x6e0);           /* TSC deadline */
    pass_range(v, 0x800, 0x8ff);           /* x2APIC */
    pass_range(v, 0xda0, 0xda0);           /* XSS */
    pass_range(v, MSR_EFER, 0xc0000084u);  /* EFER in the VMCS; STAR, LSTAR, CSTAR, FMASK */
    pass_range(v, 0xc0000100u, 0xc0000103u); /* FS_BASE and GS_BASE in the VMCS; KERNEL_GS_BASE, TSC_AUX */
    vmx_intercept_msr(&v->hw, MSR_APIC_BASE, false, true);
}

static bool hidden_msr(uint32_t msr)
{
    return msr >= VMX_FIRST && msr <= VMX_LAST;
}

static bool read_msr(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    if (hidden_msr(msr))
        return false;
    if (msr == MSR_FEATURE_CONTROL) {
        *value = FEATURE_LOCKED; /* and VMX off: what L1 finds on a processor whose firmware disabled it */
        return true;
    }
    if (cpu_try_rdmsr(msr, value))
        return true;
    *value = 0;
    return !v->machine->options.msr_gp;
}

static bool write_msr(const struct vcpu *v, uint32_t msr, uint64_t value)
{
    const struct ept *ept = &v->machine->ept;

    if (hidden_msr(msr) || msr == MSR_FEATURE_CONTROL)
        return false;
    /* The local APIC's registers must not be moved over the hypervisor. */
    if (msr == MSR_APIC_BASE && (value & APIC_PAGE) >= ept->hidden_start && (value & APIC_PAGE) < ept->hidden_end)
        return false;
    if (msr == MICROCODE_UPDATE)
        return true; /* ignored: the source address is one of L1's */
    return cpu_try_wrmsr(msr, value) || !v->machine->options.msr_gp;
}

void exit_read_msr(struct vcpu *v)
{
    uint64_t value;

    if (!read_msr(v, (uint32_t)v->hw.regs.rcx, &value)) {
        raise_exception(v, VECTOR_GP, true);
        return;
    }
    v->hw.regs.rax = value & 0xffffffffull;
    v->hw.regs.rdx = value >> 32;
    skip_instruction(v);
}

void exit_write_msr(struct vcpu *v)
{
    const uint64_t value = (v->hw.regs.rdx & 0xffffffffull) << 32 | (v->hw.regs.rax & 0xffffffffull);

    if (write_msr(v, (uint32_t)v->hw.regs.rcx, value))
        skip_instruction(v);
    else
        raise_exception(v, VECTOR_GP, true);
}
