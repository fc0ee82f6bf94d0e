/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision over raw capability values (caps.h).
 */
#include "caps.h"

#include "vmcs.h"

#define CPUID_VMX (1u << 5)
#define FEATURE_LOCKED 1u
#define FEATURE_VMX_OUTSIDE_SMX 4u
#define BASIC_TRUE_CONTROLS (1ull << 55)
#define EPT_WALK_4 (1ull << 6)
#define EPT_TYPE_WB (1ull << 14)
#define EPT_2M_PAGES (1ull << 16)
#define EPT_INVEPT_SINGLE (1ull << 25)

enum vmx_verdict vmx_check_present(const struct vmx_raw *raw)
{
    if (!(raw->cpuid1_ecx & CPUID_VMX))
        return VMX_ABSENT;
    /* SDM 23.7: VMXON outside SMX faults unless bit 2 is set, and nothing runs before the lock bit is set. */
    if (!(raw->feature_control & FEATURE_LOCKED))
        return VMX_ENABLE_FIRST;
    return raw->feature_control & FEATURE_VMX_OUTSIDE_SMX ? VMX_USABLE : VMX_LOCKED_OFF;
}

/* Appendix A.3: the high half of a capability MSR has the bits that may be 1. */
static bool may(uint64_t capability, uint32_t bits)
{
    return ((uint32_t)(capability >> 32) & bits) == bits;
}

static bool ept_usable(uint64_t capability)
{
    const uint64_t needed = EPT_WALK_4 | EPT_TYPE_WB | EPT_2M_PAGES | EPT_INVEPT_SINGLE;
    return (capability & needed) == needed;
}

enum vmx_verdict vmx_check_controls(const struct vmx_raw *raw)
{
    /* Without the TRUE MSRs exits on MOV CR3 are forced (appendix A.3.2). */
    if (!(raw->basic & BASIC_TRUE_CONTROLS))
        return VMX_NO_TRUE_CONTROLS;
    if (!may(raw->proc, PROC_SECONDARY) || !may(raw->proc2, PROC2_EPT) || !ept_usable(raw->ept_vpid))
        return VMX_NO_EPT;
    if (!may(raw->proc2, PROC2_UNRESTRICTED))
        return VMX_NO_UNRESTRICTED_GUEST;
    if (!may(raw->pin, PIN_EXT_INT | PIN_NMI | PIN_VIRTUAL_NMI) || !may(raw->proc, PROC_INTR_WINDOW | PROC_NMI_WINDOW))
        return VMX_NO_VIRTUAL_NMI;
    if (!may(raw->proc, PROC_IO_BITMAPS | PROC_MSR_BITMAPS))
        return VMX_NO_BITMAPS;
    if (!may(raw->exit, EXIT_HOST_64 | EXIT_SAVE_DEBUG | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER |
                            EXIT_LOAD_EFER) ||
        !may(raw->entry, ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER))
        return VMX_NO_STATE_SWITCH;
    return VMX_USABLE;
}

/* Appendix A.3: the low half has the bits that must be 1. */
static uint32_t settle(uint64_t capability, uint32_t wanted)
{
    return (wanted | (uint32_t)capability) & (uint32_t)(capability >> 32);
}

struct vmx_controls vmx_choose_controls(const struct vmx_raw *raw, struct vmx_wish wish)
{
    struct vmx_controls c;
    uint32_t pin = PIN_NMI | PIN_VIRTUAL_NMI;
    uint32_t exit = EXIT_HOST_64 | EXIT_SAVE_DEBUG | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER | EXIT_LOAD_EFER;

    c.timer = wish.timer && may(raw->pin, PIN_PREEMPTION_TIMER);
    c.timer_rate = (uint32_t)raw->misc & 31u;
    if (c.timer) {
        pin |= PIN_PREEMPTION_TIMER;
        exit |= EXIT_SAVE_TIMER; /* settled away where it does not exist: then the period restarts at each entry */
    }
    c.pin = settle(raw->pin, pin | (wish.core_events ? PIN_EXT_INT : 0));
    c.proc = settle(raw->proc, PROC_IO_BITMAPS | PROC_MSR_BITMAPS | PROC_SECONDARY |
                                   (wish.core_events ? PROC_HLT : 0));
    /* An instruction that CPUID shows must be enabled here, or it is #UD (SDM 25.3). */
    c.proc2 = settle(raw->proc2, PROC2_EPT | PROC2_RDTSCP | PROC2_VPID | PROC2_UNRESTRICTED | PROC2_INVPCID |
                                     PROC2_XSAVES);
    c.exit = settle(raw->exit, exit);
    c.entry = settle(raw->entry, ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER);
    return c;
}

const char *vmx_verdict_text(enum vmx_verdict verdict)
{
    switch (verdict) {
    case VMX_USABLE:
        return "VMX is usable";
    case VMX_ENABLE_FIRST:
        return "VMX is not enabled yet";
    case VMX_ABSENT:
        return "this processor has no VMX: run on one that has, or choose another CPU model";
    case VMX_LOCKED_OFF:
        return "the firmware has locked VMX off: enable virtualization in its setup";
    case VMX_NO_TRUE_CONTROLS:
        return "this processor lacks the TRUE VMX capability MSRs: run on a newer one";
    case VMX_NO_EPT:
        return "this processor has no usable EPT: run on one that has extended page tables";
    case VMX_NO_UNRESTRICTED_GUEST:
        return "this processor has no unrestricted guest: run on a newer one";
    case VMX_NO_VIRTUAL_NMI:
        return "this processor lacks virtual NMIs or event windows: run on a newer one";
    case VMX_NO_BITMAPS:
        return "this processor lacks I/O or MSR bitmaps: run on a newer one";
    case VMX_NO_STATE_SWITCH:
        return "this processor cannot switch EFER, PAT and debug registers with the VMCS: run on a newer one";
    }
    return "unknown verdict";
}
