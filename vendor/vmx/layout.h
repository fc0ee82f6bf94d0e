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
#define CPU_RBP 48
#define CPU_RSI 56
#define CPU_RDI 64
#define CPU_R8 72
#define CPU_R9 80
#define CPU_R10 88
#define CPU_R11 96
#define CPU_R12 104
#define CPU_R13 112
#define CPU_R14 120
#define CPU_R15 128
#define CPU_HOST_RSP 136
#define CPU_NMI_KICK 144
#define CPU_NMI_KICK_VALUE 152
#define CPU_NMI_SEEN 156
#define CPU_NMI_KICKING 157
#define CPU_ACKED 160
#define CPU_NMI_UNBLOCKING 168
#define CPU_ACKING 169
#define CPU_READS 176
#define CPU_WRITES 184

#define VMX_NONE_ACKED 256

#define HOST_CODE 0x08
#define HOST_DATA 0x10
#define HOST_TSS 0x18

#endif
