/* SPDX-License-Identifier: BSD-2-Clause
 * Area fuzz: what L2 executes in 64-bit mode, a few instructions that may exit or not, as L1's controls have it. */
#include "fuzz.h"

GUEST(zl_nop, "nop; nop");
GUEST(zl_cpuid, "nop; cpuid");
GUEST(zl_rdmsr, "rdmsr");
GUEST(zl_wrmsr, "movl $0x123, %eax; xorl %edx, %edx; wrmsr; rdmsr");
GUEST(zl_out, "outb %al, %dx; outw %ax, %dx; outl %eax, %dx");
GUEST(zl_cr0, "movq %cr0, %rax; xorq $8, %rax; movq %rax, %cr0; movq %cr0, %rcx; clts; movq %cr0, %rdx");
GUEST(zl_lmsw, "smsw %rax; orl $2, %eax; lmsw %ax; movq %cr0, %rdx");
GUEST(zl_cr4, "movq %cr4, %rax; xorq $0x84, %rax; movq %rax, %cr4; movq %cr4, %rcx");
GUEST(zl_cr3, "movq %cr3, %rax; movq %rax, %cr3");
GUEST(zl_dr, "movq $0x401, %rax; movq %rax, %dr7; movq %dr7, %rcx; movq %dr6, %rdx");
GUEST(zl_int, "int $0x80; int3; nop");
GUEST(zl_tf, "pushfq; orq $0x100, (%rsp); popfq; nop; nop");
GUEST(zl_ud, "nop; ud2");
GUEST(zl_hlt, "nop; hlt; nop");
GUEST(zl_shadow, "sti; nop; cli; movl %ss, %eax; movl %eax, %ss; int3; nop");
GUEST(zl_tables, "sgdt -16(%rsp); sidt -32(%rsp); str %eax; sldt %ecx");
GUEST(zl_misc, "pause; invlpg (%rsp); wbinvd");
GUEST(zl_page, "movq $0x800000000000, %rax; movq (%rax), %rcx");

static const char *const programs[] = {zl_nop,  zl_cpuid, zl_rdmsr,  zl_wrmsr,  zl_out,  zl_cr0,
                                       zl_lmsw, zl_cr4,   zl_cr3,    zl_dr,     zl_int,  zl_tf,
                                       zl_ud,   zl_hlt,   zl_shadow, zl_tables, zl_misc, zl_page};

const void *l2_program(struct fuzz *z)
{
    const bool has_idt = z->guest == LONG || z->guest == LONG_NO_UG || z->guest == NO_EPT;

    z->program = has_idt ? below(z, sizeof programs / sizeof programs[0]) : 0;
    return programs[z->program];
}

/* ECX and DX: an MSR, or a port where nobody is; at the borders of the bitmaps. */
void l2_operands(struct fuzz *z)
{
    static const uint32_t msrs[] = {0x174,      0x175,  0x176,  0x277,      MSR_EFER,   0xc0000081,
                                    0xc0000102, 0x1fff, 0x2000, 0xc0001fff, 0xc0002000, 0x12345678};
    static const uint16_t ports[] = {0x80, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x80};

    regs = (struct regs){0};
    if (programs[z->program] == zl_rdmsr)
        regs.rcx = msrs[below(z, sizeof msrs / sizeof msrs[0])];
    if (programs[z->program] == zl_wrmsr)
        regs.rcx = below(z, 2) ? 0xc0000102 : 0x174;
    regs.rdx = ports[below(z, sizeof ports / sizeof ports[0])];
}
