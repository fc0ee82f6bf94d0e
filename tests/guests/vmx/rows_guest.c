/* SPDX-License-Identifier: BSD-2-Clause
 * Rows of the guest-state area (SDM 24.4) that are no segments: what L2 sees of them. */
#include "rows.h"

GUEST(g_nop, "nop; nop; nop");
GUEST(g_two, "movl $1, %eax; vmcall; .org g_two + 16; movl $2, %eax");
GUEST(g_rsp, "movq %rsp, %rax");
GUEST(g_rflags, "pushfq; popq %rax");
GUEST(g_cr0, "movq %cr0, %rax; orl $0x8, %eax; movq %rax, %cr0; movq %cr0, %rdx");
GUEST(g_cr3, "movq %cr3, %rax");
GUEST(g_cr4, "movq %cr4, %rax; orl $0x4, %eax; movq %rax, %cr4; movq %cr4, %rdx");
GUEST(g_dr7, "movq %dr7, %rax");
GUEST(g_pat, "movl $0x277, %ecx; rdmsr");
GUEST(g_efer, "movl $0xc0000080, %ecx; rdmsr");
GUEST(g_sysenter_cs, "movl $0x174, %ecx; rdmsr");
GUEST(g_sysenter_esp, "movl $0x175, %ecx; rdmsr");
GUEST(g_sysenter_eip, "movl $0x176, %ecx; rdmsr");
GUEST(g_pae0, ".code32; movl 0x02000000, %eax");
GUEST(g_pae1, ".code32; movl 0x42000000, %eax");
GUEST(g_pae2, ".code32; movl 0x82000000, %eax");
GUEST(g_pae3, ".code32; movl 0xc2000000, %eax");

static uint64_t directory[2][512] __attribute__((aligned(4096)));

/* Two page directories for one gigabyte: 2 MiB at 32 MiB of it are not the same, the rest (the code too) is. */
static void directories(void)
{
    for (unsigned int k = 0; k < 2; k++)
        for (uint64_t i = 0; i < 512; i++)
            directory[k][i] = (i == 16 ? 12 + k : i) << 21 | 0xe7;
    put64(12ull << 21, 0x1111);
    put64(13ull << 21, 0x2222);
}

#define DIRECTORY(k) ((uint64_t)directory[k] + 1)
#define PDPTR(n)                                                                                               \
    {                                                                                                          \
        "GUEST_PDPTR" #n, PAE, g_pae##n, 0, GUEST_PDPTR##n, '=', {DIRECTORY(0), DIRECTORY(1)}, 0, directories, \
        {                                                                                                      \
            {                                                                                                  \
                0                                                                                              \
            }                                                                                                  \
        }                                                                                                      \
    }

/* clang-format off */
const struct row guest_rows[] = {
    {"GUEST_RIP", LONG, g_two, 0, GUEST_RIP, '=', {(uint64_t)g_two, (uint64_t)g_two + 16}, 0, 0, {{0}}},
    {"GUEST_RSP", LONG, g_rsp, 0, GUEST_RSP, '=', {STACK_TOP, STACK_TOP - 64}, 0, 0, {{0}}},
    {"GUEST_RFLAGS", LONG, g_rflags, 0, GUEST_RFLAGS, '=', {2, 0xcd7}, 0, 0, {{0}}},
    {"GUEST_INTERRUPTIBILITY", LONG, g_nop, 0, GUEST_INTERRUPTIBILITY, '=', {0, 1}, 0, 0,
     {{GUEST_RFLAGS, '|', 0x200}, {PROC_CTL, '|', PROC_INTERRUPT_WINDOW}}},
    {"GUEST_CR0", LONG, g_cr0, 0, GUEST_CR0, '|', {0, 2}, 0, 0, {{GUEST_CR0, '&', 2}}},
    {"GUEST_CR3", LONG, g_cr3, 0, GUEST_CR3, '|', {0, 0x18}, 0, 0, {{0}}},
    {"GUEST_CR4", LONG, g_cr4, 0, GUEST_CR4, '|', {0, 0x80}, 0, 0, {{0}}},
    {"CR0_MASK", LONG, g_cr0, 0, CR0_MASK, '=', {0, 8}, 0, 0, {{GUEST_CR0, '&', 8}}},
    {"CR0_SHADOW", LONG, g_cr0, 0, CR0_SHADOW, '=', {0, 8}, 0, 0, {{GUEST_CR0, '&', 8}, {CR0_MASK, '=', 8}}},
    {"CR4_MASK", LONG, g_cr4, 0, CR4_MASK, '=', {0, 4}, 0, 0, {{0}}},
    {"CR4_SHADOW", LONG, g_cr4, 0, CR4_SHADOW, '=', {0, 4}, 0, 0, {{CR4_MASK, '=', 4}}},
    {"GUEST_DR7", LONG, g_dr7, 0, GUEST_DR7, '=', {0x400, 0x30402}, 0, 0, {{0}}},
    /* Bochs 2.7 has no such MSR: what shows is the check */
    {"GUEST_DEBUGCTL", LONG, g_nop, 0, GUEST_DEBUGCTL, '=', {0, 1ull << 63}, 0, 0, {{0}}},
    {"GUEST_PAT", LONG, g_pat, 0, GUEST_PAT, '=', {0x0007040600070406, 0x0001040506070006}, 0, 0, {{ENTRY_CTL, '|', ENTRYC_LOAD_PAT}}},
    {"GUEST_EFER", LONG, g_efer, 0, GUEST_EFER, '|', {0, 1}, 0, 0, {{GUEST_EFER, '&', 1}}},
    {"GUEST_SYSENTER_CS", LONG, g_sysenter_cs, 0, GUEST_SYSENTER_CS, '=', {0, 0x1233}, 0, 0, {{0}}},
    {"GUEST_SYSENTER_ESP", LONG, g_sysenter_esp, 0, GUEST_SYSENTER_ESP, '=', {0, 0xffff800000001230}, 0, 0, {{0}}},
    {"GUEST_SYSENTER_EIP", LONG, g_sysenter_eip, 0, GUEST_SYSENTER_EIP, '=', {0, 0x7fff00001234}, 0, 0, {{0}}},
    {"GUEST_PENDING_DEBUG", LONG, g_nop, 0, GUEST_PENDING_DEBUG, '=', {0, 0x1001}, 0, 0, {{0}}},
    PDPTR(0), PDPTR(1), PDPTR(2), PDPTR(3),
    {"GUEST_ACTIVITY", LONG, g_nop, 0, GUEST_ACTIVITY, '=', {0, 1}, 0, 0, {{PREEMPTION_TIMER, '=', 20000}}},
    {"LINK_POINTER", LONG, g_nop, 0, LINK_POINTER, '=', {~0ull, (uint64_t)vmcs[1] + 8}, 0, 0, {{0}}},
    {"PREEMPTION_TIMER", LONG, g_nop, 0, PREEMPTION_TIMER, '=', {1000000, 0}, 0, 0, {{0}}},
    {0}};
