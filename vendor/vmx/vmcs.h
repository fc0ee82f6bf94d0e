/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names for what the SDM numbers: VMCS field encodings (vol. 3D appendix B), control bits (vol. 3C 24.6 to 24.8),
 * basic exit reasons (appendix C) and the MSRs VMX needs (appendix A).
 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

#include <stdint.h>

enum vmcs_field {
    VPID = 0x0000,
    GUEST_ES_SEL = 0x0800, /* CS SS DS FS GS LDTR TR follow, 2 apart */
    GUEST_CS_SEL = 0x0802,
    GUEST_LDTR_SEL = 0x080c,
    GUEST_TR_SEL = 0x080e,
    HOST_ES_SEL = 0x0c00,
    HOST_CS_SEL = 0x0c02,
    HOST_SS_SEL = 0x0c04,
    HOST_TR_SEL = 0x0c0c,
    IO_BITMAP_A = 0x2000,
    IO_BITMAP_B = 0x2002,
    MSR_BITMAP = 0x2004,
    TSC_OFFSET = 0x2010,
    EPT_POINTER = 0x201a,
    VMREAD_BITMAP = 0x2026,
    VMWRITE_BITMAP = 0x2028,
    XSS_EXIT_BITMAP = 0x202c,
    GUEST_PHYS_ADDR = 0x2400,
    VMCS_LINK = 0x2800,
    GUEST_DEBUGCTL = 0x2802,
    GUEST_PAT = 0x2804,
    GUEST_EFER = 0x2806,
    GUEST_PDPTE0 = 0x280a,
    HOST_PAT = 0x2c00,
    HOST_EFER = 0x2c02,
    PIN_CTL = 0x4000,
    PROC_CTL = 0x4002,
    EXCEPTION_BITMAP = 0x4004,
    PF_MASK = 0x4006,
    PF_MATCH = 0x4008,
    CR3_TARGETS = 0x400a,
    EXIT_CTL = 0x400c,
    EXIT_MSR_STORE = 0x400e,
    EXIT_MSR_LOAD = 0x4010,
    ENTRY_CTL = 0x4012,
    ENTRY_MSR_LOAD = 0x4014,
    ENTRY_INFO = 0x4016,
    ENTRY_ERROR = 0x4018,
    ENTRY_LENGTH = 0x401a,
    PROC2_CTL = 0x401e,
    INSTRUCTION_ERROR = 0x4400,
    EXIT_REASON = 0x4402,
    EXIT_INFO = 0x4404,
    EXIT_ERROR = 0x4406,
    VECTORING_INFO = 0x4408,
    VECTORING_ERROR = 0x440a,
    EXIT_LENGTH = 0x440c,
    INSTRUCTION_INFO = 0x440e,
    GUEST_ES_LIMIT = 0x4800,
    GUEST_GDTR_LIMIT = 0x4810,
    GUEST_IDTR_LIMIT = 0x4812,
    GUEST_ES_ACCESS = 0x4814,
    GUEST_CS_ACCESS = 0x4816,
    GUEST_SS_ACCESS = 0x4818,
    GUEST_INTERRUPTIBILITY = 0x4824,
    GUEST_ACTIVITY = 0x4826,
    GUEST_SYSENTER_CS = 0x482a,
    PREEMPTION_TIMER = 0x482e,
    HOST_SYSENTER_CS = 0x4c00,
    CR0_MASK = 0x6000,
    CR4_MASK = 0x6002,
    CR0_SHADOW = 0x6004,
    CR4_SHADOW = 0x6006,
    EXIT_QUALIFICATION = 0x6400,
    GUEST_LINEAR_ADDR = 0x640a,
    GUEST_CR0 = 0x6800,
    GUEST_CR3 = 0x6802,
    GUEST_CR4 = 0x6804,
    GUEST_ES_BASE = 0x6806,
    GUEST_FS_BASE = 0x680e,
    GUEST_GS_BASE = 0x6810,
    GUEST_TR_BASE = 0x6814,
    GUEST_GDTR_BASE = 0x6816,
    GUEST_IDTR_BASE = 0x6818,
    GUEST_DR7 = 0x681a,
    GUEST_RSP = 0x681c,
    GUEST_RIP = 0x681e,
    GUEST_RFLAGS = 0x6820,
    GUEST_PENDING_DEBUG = 0x6822,
    GUEST_SYSENTER_ESP = 0x6824,
    GUEST_SYSENTER_EIP = 0x6826,
    HOST_CR0 = 0x6c00,
    HOST_CR3 = 0x6c02,
    HOST_CR4 = 0x6c04,
    HOST_FS_BASE = 0x6c06,
    HOST_GS_BASE = 0x6c08,
    HOST_TR_BASE = 0x6c0a,
    HOST_GDTR_BASE = 0x6c0c,
    HOST_IDTR_BASE = 0x6c0e,
    HOST_SYSENTER_ESP = 0x6c10,
    HOST_SYSENTER_EIP = 0x6c12,
    HOST_RSP = 0x6c14,
    HOST_RIP = 0x6c16,
};

/* Pin-based controls, table 24-5. */
#define PIN_EXT_INT 0x01u
#define PIN_NMI 0x08u
#define PIN_VIRTUAL_NMI 0x20u
#define PIN_PREEMPTION_TIMER 0x40u

/* Primary and secondary processor-based controls, tables 24-6 and 24-7. */
#define PROC_INTR_WINDOW (1u << 2)
#define PROC_HLT (1u << 7)
#define PROC_NMI_WINDOW (1u << 22)
#define PROC_IO_BITMAPS (1u << 25)
#define PROC_MSR_BITMAPS (1u << 28)
#define PROC_SECONDARY (1u << 31)
#define PROC2_EPT (1u << 1)
#define PROC2_RDTSCP (1u << 3)
#define PROC2_VPID (1u << 5)
#define PROC2_UNRESTRICTED (1u << 7)
#define PROC2_INVPCID (1u << 12)
#define PROC2_SHADOWING (1u << 14)
#define PROC2_XSAVES (1u << 20)
#define MISC_VMWRITE_ANY (1ull << 29) /* appendix A.6: VMWRITE to VM-exit information fields */

/* VM-exit and VM-entry controls, tables 24-12 and 24-14. */
#define EXIT_SAVE_DEBUG (1u << 2)
#define EXIT_HOST_64 (1u << 9)
#define EXIT_SAVE_PAT (1u << 18)
#define EXIT_LOAD_PAT (1u << 19)
#define EXIT_SAVE_EFER (1u << 20)
#define EXIT_LOAD_EFER (1u << 21)
#define EXIT_SAVE_TIMER (1u << 22)
#define ENTRY_LOAD_DEBUG (1u << 2)
#define ENTRY_IA32E (1u << 9)
#define ENTRY_LOAD_PAT (1u << 14)
#define ENTRY_LOAD_EFER (1u << 15)

/* Interruption information, tables 24-13, 24-16 and 24-18. */
#define INFO_VALID (1u << 31)
#define INFO_HAS_ERROR (1u << 11)
#define INFO_NMI_UNBLOCKED (1u << 12)

/* Interruptibility state, table 24-3; pending debug exceptions, table 24-4; activity state, 24.4.2. */
#define BLOCKED_BY_STI 1u
#define BLOCKED_BY_MOVSS 2u
#define BLOCKED_BY_SMI 4u
#define BLOCKED_BY_NMI 8u
#define PENDING_BREAKPOINTS 0xfull
#define PENDING_ENABLED (1ull << 12)
#define PENDING_BS (1u << 14)
enum { ACTIVITY_ACTIVE = 0, ACTIVITY_HLT = 1, ACTIVITY_WAIT_FOR_SIPI = 3 };
#define CS_LONG (1u << 13)
#define CS_32 (1u << 14)

enum exit_reason {
    EXIT_EXCEPTION_NMI = 0,
    EXIT_EXTERNAL_INTERRUPT = 1,
    EXIT_TRIPLE_FAULT = 2,
    EXIT_INTR_WINDOW = 7,
    EXIT_NMI_WINDOW = 8,
    EXIT_TASK_SWITCH = 9,
    EXIT_CPUID = 10,
    EXIT_GETSEC = 11,
    EXIT_HLT = 12,
    EXIT_INVD = 13,
    EXIT_VMCALL = 18,
    EXIT_VMCLEAR = 19,
    EXIT_VMLAUNCH = 20,
    EXIT_VMPTRLD = 21,
    EXIT_VMPTRST = 22,
    EXIT_VMREAD = 23,
    EXIT_VMRESUME = 24,
    EXIT_VMWRITE = 25,
    EXIT_VMXOFF = 26,
    EXIT_VMXON = 27,
    EXIT_CR_ACCESS = 28,
    EXIT_IO = 30,
    EXIT_RDMSR = 31,
    EXIT_WRMSR = 32,
    EXIT_EPT_VIOLATION = 48,
    EXIT_EPT_MISCONFIG = 49,
    EXIT_INVEPT = 50,
    EXIT_PREEMPTION_TIMER = 52,
    EXIT_INVVPID = 53,
    EXIT_XSETBV = 55,
    EXIT_REASONS = 70,
};
#define EXIT_ENTRY_FAILED (1u << 31)

enum msr {
    MSR_APIC_BASE = 0x1b,
    MSR_FEATURE_CONTROL = 0x3a,
    MSR_PRED_CMD = 0x49,
    MSR_SYSENTER_CS = 0x174,
    MSR_SYSENTER_ESP = 0x175,
    MSR_SYSENTER_EIP = 0x176,
    MSR_DEBUGCTL = 0x1d9,
    MSR_MTRR_CAP = 0xfe,
    MSR_MTRR_BASE0 = 0x200,
    MSR_MTRR_FIX64K = 0x250,
    MSR_MTRR_FIX16K = 0x258,
    MSR_MTRR_FIX4K = 0x268,
    MSR_PAT = 0x277,
    MSR_MTRR_DEF = 0x2ff,
    MSR_VMX_BASIC = 0x480,
    MSR_VMX_MISC = 0x485,
    MSR_VMX_CR0_FIXED0 = 0x486,
    MSR_VMX_CR4_FIXED0 = 0x488,
    MSR_VMX_VMCS_ENUM = 0x48a,
    MSR_VMX_PROC2 = 0x48b,
    MSR_VMX_EPT_VPID = 0x48c,
    MSR_VMX_TRUE_PIN = 0x48d,
    MSR_VMX_TRUE_PROC = 0x48e,
    MSR_VMX_TRUE_EXIT = 0x48f,
    MSR_VMX_TRUE_ENTRY = 0x490,
};
#define MSR_X2APIC_ICR 0x830u
#define MSR_EFER 0xc0000080u
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u

#endif
