/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MSRs. Those in constant use, and all that the VMCS switches, never exit. The rest exits and is carried out on the
 * processor; what the processor does not have is answered by the option msr=.
 */
#include "../../core/hw/msr.h"

#include "vcpu.h"

enum { VECTOR_GP = 13, MICROCODE_UPDATE = 0x79, VMX_FIRST = 0x480, VMX_LAST = 0x491, VMX_NOT_OFFERED = 0x493 };
#define APIC_PAGE 0xffffff000ull
#define CR0_PG (1ull << 31)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)

static void pass_range(struct vcpu *v, uint32_t first, uint32_t last)
{
    for (uint32_t msr = first; msr <= last; msr++)
        vmx_intercept_msr(&v->hw, msr, false, false);
}

void msr_setup(struct vcpu *v)
{
    uint64_t debugctl;

    vmx_intercept_all_msrs(&v->hw);
    pass_range(v, 0x10, 0x10);             /* TSC */
    pass_range(v, 0x48, 0x49);             /* SPEC_CTRL, PRED_CMD */
    pass_range(v, 0x174, 0x176);           /* SYSENTER: in the VMCS */
    if (cpu_try_rdmsr(MSR_DEBUGCTL, &debugctl))
        pass_range(v, MSR_DEBUGCTL, MSR_DEBUGCTL); /* in the VMCS; an emulator may lack it, and msr= says what then */
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

/* The field of the current VMCS that holds the guest's MSR while the hypervisor runs; 0: the MSR does itself. */
static uint32_t field_of(uint32_t msr)
{
    switch (msr) {
    case MSR_SYSENTER_CS:
        return GUEST_SYSENTER_CS;
    case MSR_SYSENTER_ESP:
        return GUEST_SYSENTER_ESP;
    case MSR_SYSENTER_EIP:
        return GUEST_SYSENTER_EIP;
    case MSR_DEBUGCTL:
        return GUEST_DEBUGCTL;
    case MSR_PAT:
        return GUEST_PAT;
    case MSR_EFER:
        return GUEST_EFER;
    case MSR_FS_BASE:
        return GUEST_FS_BASE;
    case MSR_GS_BASE:
        return GUEST_GS_BASE;
    default:
        return 0;
    }
}

static bool read_msr(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    const uint32_t field = field_of(msr);

    if (hidden_msr(msr))
        return nested_capability(v, msr, value);
    if (msr > VMX_LAST && msr <= VMX_NOT_OFFERED) { /* of controls that L1's processor does not have */
        *value = 0;
        return !v->machine->options.msr_gp;
    }
    if (msr == MSR_FEATURE_CONTROL) {
        *value = v->nested.feature_control; /* locked; without vmx= as if the firmware had disabled it */
        return true;
    }
    if (field) {
        *value = vmread(field);
        return true;
    }
    if (cpu_try_rdmsr(msr, value))
        return true;
    *value = 0;
    return !v->machine->options.msr_gp;
}

static bool canonical(uint64_t value)
{
    return value + (1ull << 47) < 1ull << 48;
}

static bool pat_good(uint64_t value)
{
    for (unsigned int i = 0; i < 8; i++) {
        const uint8_t type = (uint8_t)(value >> 8 * i);

        if (type > 7 || type == 2 || type == 3)
            return false;
    }
    return true;
}

/* SDM vol. 3A 2.2.1: LMA is not for software; LME may not change under paging. The bits there are: as the processor has them. */
static bool efer_good(uint64_t value)
{
    const uint64_t old = vmread(GUEST_EFER);

    if (value & ~vmx_efer_bits() || ((value ^ old) & EFER_LME && vmread(GUEST_CR0) & CR0_PG))
        return false;
    vmwrite(GUEST_EFER, (value & ~EFER_LMA) | (old & EFER_LMA));
    return true;
}

/* An MSR that the VMCS holds: written as WRMSR would, into the field. Of DEBUGCTL the next entry checks the bits. */
static bool write_field(uint32_t msr, uint32_t field, uint64_t value)
{
    if (msr == MSR_EFER)
        return efer_good(value);
    if (msr == MSR_PAT ? !pat_good(value) : msr != MSR_DEBUGCTL && msr != MSR_SYSENTER_CS && !canonical(value))
        return false;
    return vmwrite(field, msr == MSR_SYSENTER_CS ? value & 0xffffffffull : value);
}

static bool write_msr(const struct vcpu *v, uint32_t msr, uint64_t value)
{
    const struct ept *ept = &v->machine->ept;
    const uint32_t field = field_of(msr);

    if (hidden_msr(msr) || msr == MSR_FEATURE_CONTROL)
        return false;
    if (msr > VMX_LAST && msr <= VMX_NOT_OFFERED)
        return !v->machine->options.msr_gp;
    /* The local APIC's registers must not be moved over the hypervisor. */
    if (msr == MSR_APIC_BASE && (value & APIC_PAGE) >= ept->hidden_start && (value & APIC_PAGE) < ept->hidden_end)
        return false;
    if (msr == MICROCODE_UPDATE)
        return true; /* ignored: the source address is one of L1's */
    if (field)
        return write_field(msr, field, value);
    return cpu_try_wrmsr(msr, value) || !v->machine->options.msr_gp;
}

/* core/hw/msr.h: the MSR lists of L1's VMCSs. */
bool pn_hw_read_msr(uint32_t index, uint64_t *value)
{
    return read_msr((const struct vcpu *)vmx_this_cpu(), index, value); /* hw is its first member */
}

/* msr=ignore is for MSRs that the processor does not have; one that it has does not take every value. */
bool pn_hw_write_msr(uint32_t index, uint64_t value)
{
    uint64_t old;

    if (!field_of(index) && cpu_try_rdmsr(index, &old) && !hidden_msr(index) && index != MICROCODE_UPDATE &&
        index != MSR_FEATURE_CONTROL && index != MSR_APIC_BASE)
        return cpu_try_wrmsr(index, value);
    return write_msr((const struct vcpu *)vmx_this_cpu(), index, value);
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
