/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's VMX: what a virtual CPU's processor knows of it (SDM vol. 3C 23 and 24). Types only; the calls are in vmx_insn.h
 * (instructions), vmx_check.h (entry checks), vmx_entry.h (vmcs12 to vmcs02), vmx_exit.h (and back).
 */
#ifndef PROVENEST_NESTED_H
#define PROVENEST_NESTED_H

#include <stdbool.h>
#include <stdint.h>

#include <provenest/vmcs12.h>

#define PN_NO_VMCS 0xffffffffffffffff /* the current-VMCS pointer when there is none (SDM 24.1) */

/* The capability MSRs as L1 reads them (SDM vol. 3D appendix A); bits 31:0 of a control word are its allowed-0, bits 63:32
 * its allowed-1 settings. Constant from pn_nested_init on. */
struct pn_vmx_caps {
    uint64_t basic, misc, vmcs_enum, ept_vpid;
    uint64_t pin, proc, proc2, exit, entry; /* the TRUE words: BASIC[55] is 1 */
    uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
    uint64_t efer_valid;     /* bits of IA32_EFER that are not reserved */
    uint64_t debugctl_valid; /* bits of IA32_DEBUGCTL that are not reserved */
    uint8_t address_width;   /* physical-address width, 32..52 */
    uint8_t linear_width;    /* 48 or 57 */
};

/* Bits of `dirty`, below, that are no group's. L1 has executed INVVPID, so the next entry flushes. Vmcs12 has L2's segments; clear: since
 * L2 has run only vmcs02 has them (pn_save_segments), of their access rights CS's and SS's apart. */
enum { PN_DUE_FLUSH = PN_GROUPS, PN_HAS_SEGMENTS, PN_DIRTY_BITS };

struct pn_nested_vmx {
    struct pn_vmx_caps caps;
    struct pn_vmcs12 vmcs12; /* the current VMCS, if there is one: read from memory by VMPTRLD, written back when it is left */
    uint64_t vmxon_pointer;  /* the VMXON region */
    uint64_t current;        /* the current VMCS's physical address, or PN_NO_VMCS */
    uint32_t dirty;          /* bit g (enum pn_group): a field of it may differ from vmcs02's; HOST, EXIT: no verdict stands */
    bool vmxon;              /* in VMX operation */
    bool launched;           /* launch state of the current VMCS */
    bool l2;                 /* VMX non-root operation: vmcs02 runs, or will at the next entry */
    bool entry_pending;      /* VMLAUNCH or VMRESUME has been accepted and L2 has not run yet */
    bool checked;            /* the verdict on controls and injected event stands: nothing it rests on has changed since */
    bool pdptrs_held;        /* vmcs02 holds vmcs12's PDPTRs, or vmcs12's are undefined (SDM 27.3.1) */
};

/* L1's mode as it executes a VMX instruction. */
struct pn_l1_mode {
    uint64_t cr0, cr4, rflags;
    uint64_t feature_control; /* IA32_FEATURE_CONTROL as L1 reads it */
    uint8_t cpl;              /* 0..3 */
    bool long_mode;           /* IA32_EFER.LMA */
    bool cs_long;             /* CS.L: 64-bit mode, with long_mode; else compatibility mode */
    bool movss;               /* blocking by MOV SS */
};

enum pn_outcome_kind {
    PN_VMX_SUCCEED = 0,      /* VMsucceed: CF PF AF ZF SF OF cleared */
    PN_VMX_FAIL_INVALID = 1, /* CF set */
    PN_VMX_FAIL_VALID = 2,   /* ZF set, `error` in the VM-instruction error field (done) */
    PN_VMX_FAULT = 3,        /* exception `vector`, error code 0 if it has one; nothing changed */
    PN_VMX_ENTER = 4,        /* VMLAUNCH, VMRESUME: go on with the entry */
    PN_VMX_ENTRY_FAILED = 5, /* the entry ended in an exit to L1, reason 33 or 34 with bit 31: L1's host state is loaded */
    PN_VMX_ABORT = 6,        /* VMX abort (SDM 27.7): L1's processor shuts down */
};

/* What an instruction came to. */
struct pn_outcome {
    uint8_t kind;   /* enum pn_outcome_kind */
    uint8_t vector; /* with PN_VMX_FAULT: 6 or 13 */
    uint8_t error;  /* with PN_VMX_FAIL_VALID: VM-instruction error number (SDM 30.4); else 0 */
};

/* What L0 itself needs of vmcs02, whatever L1 asks for. Constant while L2 can run, but tsc_offset. */
struct pn_l0_wants {
    uint32_t pin, proc, proc2, exit, entry, exception_bitmap;
    uint64_t cr0_mask, cr4_mask;   /* bits L0 owns */
    uint64_t cr0_forced, cr4_forced; /* of those, the bits that are 1 in hardware whatever L1 says */
    uint64_t tsc_offset;           /* of L1 */
    uint64_t msr_bitmap;           /* address of the merged bitmap page (pn_hw_merge_msr_bitmap fills it) */
    uint64_t ept_pointer;          /* EPT02, or L0's own EPT if L1 uses none */
    uint64_t eptp01;               /* L0's own EPT: L1's memory */
    uint16_t vpid02, vpid01;
};

/* A VM exit of L2 as the processor reported it in vmcs02, before anybody handled it. */
struct pn_l2_exit {
    uint32_t reason; /* basic reason in bits 15:0, bit 31: entry failure */
    uint32_t info, error;              /* VM-exit interruption information and error code */
    uint32_t length, instruction_info;
    uint64_t qualification, linear, physical;
};

enum pn_route {
    PN_TO_L0 = 0, /* the hypervisor handles it and L2 goes on */
    PN_TO_L1 = 1, /* reflect it: pn_nested_exit */
};

#endif
