/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fields of a VMCS that L1 is offered, in the order of spec/fields/vmcs.tbl, which this file is made from
 * (proofs/fields.py --write). Fields of one group are neighbours: a writer of vmcs02 owns a range.
 */
#ifndef PROVENEST_VMCS12_H
#define PROVENEST_VMCS12_H

#include <stdint.h>

/* Encodings: SDM vol. 3D appendix B; the comment has encoding, width and the owner of the value in vmcs02. */
enum pn_field {
    /* CONTROLS */
    PN_F_PIN_CTL = 0, /* 0x4000, 32, merge */
    PN_F_PROC_CTL = 1, /* 0x4002, 32, merge */
    PN_F_PROC2_CTL = 2, /* 0x401e, 32, merge */
    PN_F_EXIT_CTL = 3, /* 0x400c, 32, merge */
    PN_F_ENTRY_CTL = 4, /* 0x4012, 32, merge */
    PN_F_EXCEPTION_BITMAP = 5, /* 0x4004, 32, merge */
    PN_F_PF_MASK = 6, /* 0x4006, 32, merge */
    PN_F_PF_MATCH = 7, /* 0x4008, 32, merge */
    PN_F_CR3_TARGET_COUNT = 8, /* 0x400a, 32, L0 */
    PN_F_TPR_THRESHOLD = 9, /* 0x401c, 32, vmcs12 */
    PN_F_VPID = 10, /* 0x0000, 16, computed */
    PN_F_EPT_POINTER = 11, /* 0x201a, 64, computed */
    PN_F_IO_BITMAP_A = 12, /* 0x2000, 64, L0 */
    PN_F_IO_BITMAP_B = 13, /* 0x2002, 64, L0 */
    PN_F_MSR_BITMAP = 14, /* 0x2004, 64, merge */
    PN_F_VIRTUAL_APIC = 15, /* 0x2012, 64, vmcs12 */
    PN_F_APIC_ACCESS = 16, /* 0x2014, 64, vmcs12 */
    PN_F_TSC_OFFSET = 17, /* 0x2010, 64, merge */
    PN_F_XSS_EXIT_BITMAP = 18, /* 0x202c, 64, vmcs12 */
    PN_F_EXIT_STORE_COUNT = 19, /* 0x400e, 32, L0 */
    PN_F_EXIT_STORE_ADDR = 20, /* 0x2006, 64, L0 */
    PN_F_EXIT_LOAD_COUNT = 21, /* 0x4010, 32, L0 */
    PN_F_EXIT_LOAD_ADDR = 22, /* 0x2008, 64, L0 */
    PN_F_ENTRY_LOAD_COUNT = 23, /* 0x4014, 32, L0 */
    PN_F_ENTRY_LOAD_ADDR = 24, /* 0x200a, 64, L0 */
    /* EVENT */
    PN_F_ENTRY_INFO = 25, /* 0x4016, 32, computed */
    PN_F_ENTRY_ERROR = 26, /* 0x4018, 32, computed */
    PN_F_ENTRY_LENGTH = 27, /* 0x401a, 32, computed */
    /* BASIC */
    PN_F_GUEST_RIP = 28, /* 0x681e, n, vmcs12 */
    PN_F_GUEST_RSP = 29, /* 0x681c, n, vmcs12 */
    PN_F_GUEST_RFLAGS = 30, /* 0x6820, n, vmcs12 */
    PN_F_GUEST_INTERRUPTIBILITY = 31, /* 0x4824, 32, vmcs12 */
    /* REGISTERS */
    PN_F_GUEST_CR0 = 32, /* 0x6800, n, computed */
    PN_F_GUEST_CR3 = 33, /* 0x6802, n, vmcs12 */
    PN_F_GUEST_CR4 = 34, /* 0x6804, n, computed */
    PN_F_CR0_MASK = 35, /* 0x6000, n, merge */
    PN_F_CR0_SHADOW = 36, /* 0x6004, n, computed */
    PN_F_CR4_MASK = 37, /* 0x6002, n, merge */
    PN_F_CR4_SHADOW = 38, /* 0x6006, n, computed */
    PN_F_GUEST_DR7 = 39, /* 0x681a, n, computed */
    PN_F_GUEST_DEBUGCTL = 40, /* 0x2802, 64, computed */
    PN_F_GUEST_PAT = 41, /* 0x2804, 64, computed */
    PN_F_GUEST_EFER = 42, /* 0x2806, 64, computed */
    /* SEGMENTS */
    PN_F_GUEST_ES_SELECTOR = 43, /* 0x0800, 16, vmcs12 */
    PN_F_GUEST_CS_SELECTOR = 44, /* 0x0802, 16, vmcs12 */
    PN_F_GUEST_SS_SELECTOR = 45, /* 0x0804, 16, vmcs12 */
    PN_F_GUEST_DS_SELECTOR = 46, /* 0x0806, 16, vmcs12 */
    PN_F_GUEST_FS_SELECTOR = 47, /* 0x0808, 16, vmcs12 */
    PN_F_GUEST_GS_SELECTOR = 48, /* 0x080a, 16, vmcs12 */
    PN_F_GUEST_LDTR_SELECTOR = 49, /* 0x080c, 16, vmcs12 */
    PN_F_GUEST_TR_SELECTOR = 50, /* 0x080e, 16, vmcs12 */
    PN_F_GUEST_ES_BASE = 51, /* 0x6806, n, vmcs12 */
    PN_F_GUEST_CS_BASE = 52, /* 0x6808, n, vmcs12 */
    PN_F_GUEST_SS_BASE = 53, /* 0x680a, n, vmcs12 */
    PN_F_GUEST_DS_BASE = 54, /* 0x680c, n, vmcs12 */
    PN_F_GUEST_FS_BASE = 55, /* 0x680e, n, vmcs12 */
    PN_F_GUEST_GS_BASE = 56, /* 0x6810, n, vmcs12 */
    PN_F_GUEST_LDTR_BASE = 57, /* 0x6812, n, vmcs12 */
    PN_F_GUEST_TR_BASE = 58, /* 0x6814, n, vmcs12 */
    PN_F_GUEST_ES_LIMIT = 59, /* 0x4800, 32, vmcs12 */
    PN_F_GUEST_CS_LIMIT = 60, /* 0x4802, 32, vmcs12 */
    PN_F_GUEST_SS_LIMIT = 61, /* 0x4804, 32, vmcs12 */
    PN_F_GUEST_DS_LIMIT = 62, /* 0x4806, 32, vmcs12 */
    PN_F_GUEST_FS_LIMIT = 63, /* 0x4808, 32, vmcs12 */
    PN_F_GUEST_GS_LIMIT = 64, /* 0x480a, 32, vmcs12 */
    PN_F_GUEST_LDTR_LIMIT = 65, /* 0x480c, 32, vmcs12 */
    PN_F_GUEST_TR_LIMIT = 66, /* 0x480e, 32, vmcs12 */
    PN_F_GUEST_ES_AR_BYTES = 67, /* 0x4814, 32, vmcs12 */
    PN_F_GUEST_CS_AR_BYTES = 68, /* 0x4816, 32, vmcs12 */
    PN_F_GUEST_SS_AR_BYTES = 69, /* 0x4818, 32, vmcs12 */
    PN_F_GUEST_DS_AR_BYTES = 70, /* 0x481a, 32, vmcs12 */
    PN_F_GUEST_FS_AR_BYTES = 71, /* 0x481c, 32, vmcs12 */
    PN_F_GUEST_GS_AR_BYTES = 72, /* 0x481e, 32, vmcs12 */
    PN_F_GUEST_LDTR_AR_BYTES = 73, /* 0x4820, 32, vmcs12 */
    PN_F_GUEST_TR_AR_BYTES = 74, /* 0x4822, 32, vmcs12 */
    PN_F_GUEST_GDTR_BASE = 75, /* 0x6816, n, vmcs12 */
    PN_F_GUEST_GDTR_LIMIT = 76, /* 0x4810, 32, vmcs12 */
    PN_F_GUEST_IDTR_BASE = 77, /* 0x6818, n, vmcs12 */
    PN_F_GUEST_IDTR_LIMIT = 78, /* 0x4812, 32, vmcs12 */
    /* RARE */
    PN_F_GUEST_SYSENTER_CS = 79, /* 0x482a, 32, vmcs12 */
    PN_F_GUEST_SYSENTER_ESP = 80, /* 0x6824, n, vmcs12 */
    PN_F_GUEST_SYSENTER_EIP = 81, /* 0x6826, n, vmcs12 */
    PN_F_GUEST_PENDING_DEBUG = 82, /* 0x6822, n, vmcs12 */
    /* PDPTRS */
    PN_F_GUEST_PDPTR0 = 83, /* 0x280a, 64, computed */
    PN_F_GUEST_PDPTR1 = 84, /* 0x280c, 64, computed */
    PN_F_GUEST_PDPTR2 = 85, /* 0x280e, 64, computed */
    PN_F_GUEST_PDPTR3 = 86, /* 0x2810, 64, computed */
    /* OTHER */
    PN_F_GUEST_ACTIVITY = 87, /* 0x4826, 32, vmcs12 */
    PN_F_LINK_POINTER = 88, /* 0x2800, 64, L0 */
    PN_F_PREEMPTION_TIMER = 89, /* 0x482e, 32, vmcs12 */
    /* HOST */
    PN_F_HOST_RIP = 90, /* 0x6c16, n, L0 */
    PN_F_HOST_RSP = 91, /* 0x6c14, n, L0 */
    PN_F_HOST_CR0 = 92, /* 0x6c00, n, L0 */
    PN_F_HOST_CR3 = 93, /* 0x6c02, n, L0 */
    PN_F_HOST_CR4 = 94, /* 0x6c04, n, L0 */
    PN_F_HOST_EFER = 95, /* 0x2c02, 64, L0 */
    PN_F_HOST_PAT = 96, /* 0x2c00, 64, L0 */
    PN_F_HOST_ES_SELECTOR = 97, /* 0x0c00, 16, L0 */
    PN_F_HOST_CS_SELECTOR = 98, /* 0x0c02, 16, L0 */
    PN_F_HOST_SS_SELECTOR = 99, /* 0x0c04, 16, L0 */
    PN_F_HOST_DS_SELECTOR = 100, /* 0x0c06, 16, L0 */
    PN_F_HOST_FS_SELECTOR = 101, /* 0x0c08, 16, L0 */
    PN_F_HOST_GS_SELECTOR = 102, /* 0x0c0a, 16, L0 */
    PN_F_HOST_TR_SELECTOR = 103, /* 0x0c0c, 16, L0 */
    PN_F_HOST_FS_BASE = 104, /* 0x6c06, n, L0 */
    PN_F_HOST_GS_BASE = 105, /* 0x6c08, n, L0 */
    PN_F_HOST_TR_BASE = 106, /* 0x6c0a, n, L0 */
    PN_F_HOST_GDTR_BASE = 107, /* 0x6c0c, n, L0 */
    PN_F_HOST_IDTR_BASE = 108, /* 0x6c0e, n, L0 */
    PN_F_HOST_SYSENTER_CS = 109, /* 0x4c00, 32, L0 */
    PN_F_HOST_SYSENTER_ESP = 110, /* 0x6c10, n, L0 */
    PN_F_HOST_SYSENTER_EIP = 111, /* 0x6c12, n, L0 */
    /* EXIT */
    PN_F_EXIT_REASON = 112, /* 0x4402, 32, exit */
    PN_F_EXIT_QUALIFICATION = 113, /* 0x6400, n, exit */
    PN_F_EXIT_INFO = 114, /* 0x4404, 32, exit */
    PN_F_EXIT_ERROR = 115, /* 0x4406, 32, exit */
    PN_F_VECTORING_INFO = 116, /* 0x4408, 32, exit */
    PN_F_VECTORING_ERROR = 117, /* 0x440a, 32, exit */
    PN_F_EXIT_LENGTH = 118, /* 0x440c, 32, exit */
    PN_F_INSTRUCTION_INFO = 119, /* 0x440e, 32, exit */
    PN_F_GUEST_LINEAR_ADDRESS = 120, /* 0x640a, n, exit */
    PN_F_GUEST_PHYSICAL = 121, /* 0x2400, 64, exit */
    PN_F_INSTRUCTION_ERROR = 122, /* 0x4400, 32, exit */
    PN_FIELDS = 123,
};

/* Groups: the first field of each, and the one behind its last; and bits of a set of groups. */
enum {
    PN_G_CONTROLS = 0, PN_G_CONTROLS_END = 25,
    PN_G_EVENT = 25, PN_G_EVENT_END = 28,
    PN_G_BASIC = 28, PN_G_BASIC_END = 32,
    PN_G_REGISTERS = 32, PN_G_REGISTERS_END = 43,
    PN_G_SEGMENTS = 43, PN_G_SEGMENTS_END = 79,
    PN_G_RARE = 79, PN_G_RARE_END = 83,
    PN_G_PDPTRS = 83, PN_G_PDPTRS_END = 87,
    PN_G_OTHER = 87, PN_G_OTHER_END = 90,
    PN_G_HOST = 90, PN_G_HOST_END = 112,
    PN_G_EXIT = 112, PN_G_EXIT_END = 123,
};

enum pn_group {
    PN_GROUP_CONTROLS = 0,
    PN_GROUP_EVENT = 1,
    PN_GROUP_BASIC = 2,
    PN_GROUP_REGISTERS = 3,
    PN_GROUP_SEGMENTS = 4,
    PN_GROUP_RARE = 5,
    PN_GROUP_PDPTRS = 6,
    PN_GROUP_OTHER = 7,
    PN_GROUP_HOST = 8,
    PN_GROUP_EXIT = 9,
    PN_GROUPS = 10,
};

/* A VMCS of L1's: every field as VMREAD would show it, zero-extended to 64 bits. */
struct pn_vmcs12 {
    uint64_t f[PN_FIELDS];
};

#endif
