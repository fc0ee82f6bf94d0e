/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What L1 is offered of VMX, what we ask of vmcs02 for ourselves, and L1's mode as the core wants it told.
 */
#include <provenest/vmx_insn.h>

#include "console.h"
#include "vcpu.h"

#define INVVPID_SINGLE (1ull << 41)
#define EPT_EXECUTE_ONLY 1ull
#define FEATURE_OFFERED 5ull /* locked, VMX outside SMX */
#define CPUID7_IBPB (1u << 26) /* IBRS and IBPB */
#define CR0_PE 1ull
#define CR0_NE (1ull << 5)
#define RFLAGS_FIXED 2ull
#define CR0_VMX_FIXED 0x80000001ull /* PG, PE: fixed in VMX operation */
#define CR4_VMXE (1ull << 13)
#define CR4_SMXE (1ull << 14)
#define CR4_NOT_NESTED 0x110800000ull /* CET, LAM, FRED: their state is nobody's in vmcs12 */
#define EFER_LMA (1ull << 10)
#define ACCESS_DPL(access) ((uint8_t)((access) >> 5 & 3))

static struct pn_l0_wants wants(const struct vcpu *v)
{
    const struct vmx_controls *c = &v->hw.controls;

    return (struct pn_l0_wants){
        .pin = c->pin & ~PIN_PREEMPTION_TIMER, /* evict= is for L1 */
        .proc = c->proc,
        .proc2 = c->proc2,
        .exit = c->exit & ~EXIT_SAVE_TIMER,
        .entry = c->entry,
        .exception_bitmap = (uint32_t)pn_exception_bitmap(v->hw.core_events ? 0xffffffffu : 0),
        .cr0_mask = CR0_NE,
        .cr4_mask = CR4_VMXE | CR4_SMXE,
        .cr0_forced = CR0_NE,
        .cr4_forced = CR4_VMXE,
        .msr_bitmap = (uint64_t)v->hw.pages->msr_bitmap02,
        .ept_pointer = v->machine->ept.pointer,
        .eptp01 = v->machine->ept.pointer,
        .vpid01 = VMX_VPID01,
        .vpid02 = VMX_VPID02,
    };
}

/* vmx=on, on a processor that can flush one VPID (without that an L2 of one L1 VMCS would see another's translations) and
 * has the preemption timer (which ends an entry at once). */
static bool can_offer(const struct vcpu *v, const struct pn_vmx_caps *hardware)
{
    return v->machine->options.vmx && v->hw.controls.proc2 & PROC2_VPID && hardware->ept_vpid & INVVPID_SINGLE &&
           hardware->pin >> 32 & PIN_PREEMPTION_TIMER;
}

void nested_setup(struct vcpu *v)
{
    struct pn_vmx_caps hardware = vmx_hardware_caps();
    struct nested *s = &v->nested;

    hardware.cr4_fixed1 &= ~CR4_SMXE;
    s->cr4_valid = hardware.cr4_fixed1 & ~CR4_VMXE;
    s->feature_control = 1;
    if (!can_offer(v, &hardware))
        return;
    if (!vmx_setup_nested(&v->hw))
        fail(FAULT("the processor refused a second VMCS"));
    s->offered = true;
    s->cr4_valid = hardware.cr4_fixed1;
    hardware.cr4_fixed1 &= ~CR4_NOT_NESTED;
    s->feature_control = FEATURE_OFFERED;
    s->can_shadow = v->machine->options.shadow && vmx_can_shadow();
    if (s->can_shadow && !vmx_setup_shadow(&v->hw))
        fail(FAULT("the processor refused a shadow VMCS"));
    s->cr0_mask = CR0_NE;
    s->barrier = (cpu_cpuid(7, 0).d & CPUID7_IBPB) != 0;
    s->wants = wants(v);
    pn_nested_init(&s->vmx, pn_vmx_offer(hardware));
    ept02_init(s->ept02, (s->vmx.caps.ept_vpid & EPT_EXECUTE_ONLY) != 0, s->vmx.caps.address_width);
}

/* In VMX operation CR0.PE, PG and NE and CR4.VMXE are fixed at 1 for L1 (SDM 23.8). What CR0's shadow says of bits that have
 * not been in the mask is old. */
void nested_masks(struct vcpu *v)
{
    const uint64_t mask = CR0_NE | (v->nested.vmx.vmxon ? CR0_VMX_FIXED : 0), old = v->nested.cr0_mask;

    if (mask == old)
        return;
    vmwrite(CR0_SHADOW, (vmread(CR0_SHADOW) & old) | (vmread(GUEST_CR0) & ~old));
    vmwrite(CR0_MASK, mask);
    v->nested.cr0_mask = mask;
}

void nested_show(struct vcpu *v)
{
    struct nested *s = &v->nested;
    const bool on = s->can_shadow && s->vmx.current != PN_NO_VMCS;

    if (on != s->shadowing)
        vmx_arm_shadow(&v->hw, on);
    s->shadowing = on;
    if (on)
        pn_shadow_fill(&s->vmx, &s->shadow);
}

static uint64_t as_read(uint64_t value, uint64_t mask, uint64_t shadow)
{
    const uint64_t ours = vmread(mask);

    return (vmread(value) & ~ours) | (vmread(shadow) & ours);
}

struct pn_l1_mode nested_mode(void)
{
    return (struct pn_l1_mode){
        .cr0 = as_read(GUEST_CR0, CR0_MASK, CR0_SHADOW),
        .cr4 = as_read(GUEST_CR4, CR4_MASK, CR4_SHADOW),
        .rflags = vmx_word(VMX_RFLAGS),
        .feature_control = FEATURE_OFFERED,
        .cpl = ACCESS_DPL(vmread(GUEST_SS_ACCESS)),
        .long_mode = (vmread(GUEST_EFER) & EFER_LMA) != 0,
        .cs_long = (vmread(GUEST_CS_ACCESS) & CS_LONG) != 0,
        .movss = (vmx_word(VMX_INTERRUPTIBILITY) & BLOCKED_BY_MOVSS) != 0,
    };
}

/* SDM 30.3, in each instruction's "Operation": #UD by CR0.PE, RFLAGS.VM and compatibility mode ranks before the exit, #GP by CPL
 * behind it. CR0.PE is fixed in VMX operation, so L1 reads what is. */
struct pn_l1_mode nested_mode_of_exit(void)
{
    const bool long_mode = (vmread(GUEST_EFER) & EFER_LMA) != 0;

    return (struct pn_l1_mode){
        .cr0 = CR0_PE,
        .rflags = RFLAGS_FIXED,
        .cpl = ACCESS_DPL(vmread(GUEST_SS_ACCESS)),
        .long_mode = long_mode,
        .cs_long = long_mode,
        .movss = (vmx_word(VMX_INTERRUPTIBILITY) & BLOCKED_BY_MOVSS) != 0,
    };
}

/* 0x491 (VM functions) and those behind it are of controls that are not offered. */
bool nested_capability(const struct vcpu *v, uint32_t msr, uint64_t *value)
{
    if (!v->nested.offered || msr < MSR_VMX_BASIC || msr > MSR_VMX_TRUE_ENTRY)
        return false;
    *value = pn_vmx_capability(&v->nested.vmx.caps, msr);
    return true;
}
