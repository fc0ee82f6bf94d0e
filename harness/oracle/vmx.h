/* SPDX-License-Identifier: BSD-2-Clause
 * What vmx_setup.c and vmx.c share. Names of fields and bits come from vendor/vmx; nothing else does. */
#ifndef ORACLE_VMX_H
#define ORACLE_VMX_H

#include "../../vendor/vmx/cpu.h"
#include "../../vendor/vmx/vmcs.h"
#include "oracle.h"

/* What vendor/vmx has no use for. */
enum { PML_ADDRESS = 0x200e, VE_INFO = 0x202a, PML_INDEX = 0x0812, EPTP_INDEX = 0x0004, EXIT_PML_FULL = 62 };
#define PROC2_PML (1u << 17)
#define PROC2_VE (1u << 18)

struct vmx {
    uint32_t proc, proc2; /* the controls as settled */
    uint64_t eptp;
    int launched;
    uint32_t ve_info[1024] __attribute__((aligned(4096))); /* SDM 25.5.6: word 1 is the busy word */
};
extern struct vmx vmx;
extern uint64_t gdt[];
extern const char vmx_back[];
int vmx_go(struct regs *r, int launched); /* vmx_entry.S */

#endif
