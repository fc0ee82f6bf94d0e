/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Offsets in struct vmx_cpu for entry.S; setup.c asserts them.
 */
#ifndef VMX_LAYOUT_H
#define VMX_LAYOUT_H

#define CPU_RAX 8
#define CPU_RCX 16
#define CPU_RDX 24
#define CPU_RBX 32
#define CPU_RBP 40
#define CPU_RSI 48
#define CPU_RDI 56
#define CPU_R8 64
#define CPU_R9 72
#define CPU_R10 80
#define CPU_R11 88
#define CPU_R12 96
#define CPU_R13 104
#define CPU_R14 112
#define CPU_R15 120
#define CPU_HOST_RSP 128
#define CPU_NMI_KICK 136
#define CPU_NMI_KICK_VALUE 144
#define CPU_NMI_SEEN 148
#define CPU_NMI_KICKING 149
#define CPU_ACKED 152
#define CPU_NMI_UNBLOCKING 160
#define CPU_ACKING 161
#define CPU_LAUNCHED 162
#define CPU_READS 168
#define CPU_WRITES 176

#define VMX_NONE_ACKED 256

#define HOST_CODE 0x08
#define HOST_DATA 0x10
#define HOST_TSS 0x18

#endif
