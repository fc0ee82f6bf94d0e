/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Multiboot1 entry to 64-bit C, the exception stubs of L1 and of L2, and the way into L2 and back.
 */
#include "../multiboot.inc"

        multiboot_start
        movl %ebx, boot_info
        movl $pdpt + 7, pml4                    /* 4 GiB one to one, for the user too */
        xorl %ecx, %ecx
2:      movl %ecx, %eax
        shll $12, %eax
        addl $pd + 7, %eax
        movl %eax, pdpt(, %ecx, 8)
        incl %ecx
        cmpl $4, %ecx
        jne 2b
        xorl %ecx, %ecx
3:      movl %ecx, %eax
        shll $21, %eax
        orl $0x87, %eax
        movl %eax, pd(, %ecx, 8)
        incl %ecx
        cmpl $2048, %ecx
        jne 3b
        movl $0x20, %eax
        movl %eax, %cr4
        movl $pml4, %eax
        movl %eax, %cr3
        movl $0xc0000080, %ecx
        rdmsr
        orl $0x900, %eax
        wrmsr
        movl $0x80010033, %eax
        movl %eax, %cr0
        ljmpl $0x18, $4f
        .code64
4:      movq $stack_top, %rsp
        call vmx_main
5:      hlt
        jmp 5b

        .text
        /* L1's and L2's stubs: the same frame with or without an error code */
        .macro stubs name, common
        .balign 16
        .globl \name
\name:
        .set v, 0
        .rept 256
        .balign 16
        .if !(v == 8 || (v >= 10 && v <= 14) || v == 17)
        pushq $0
        .endif
        pushq $v
        jmp \common
        .set v, v + 1
        .endr
        .endm
        stubs l1_stubs, l1_common
        stubs l2_stubs, l2_common

        /* L1: only instructions under test fault; trap() notes it and says where to go on. */
l1_common:
        pushq %rax
        pushq %rcx
        pushq %rdx
        pushq %rsi
        pushq %rdi
        pushq %r8
        pushq %r9
        pushq %r10
        pushq %r11
        movq %rsp, %rdi
        cld
        call l1_trap
        popq %r11
        popq %r10
        popq %r9
        popq %r8
        popq %rdi
        popq %rsi
        popq %rdx
        popq %rcx
        popq %rax
        addq $16, %rsp
        iretq

        /* L2: note the event, tell L1. What L1 does then is enter L2 elsewhere, or let it return. */
l2_common:
        pushq %rax
        pushq %rcx
        movl l2_count, %ecx
        andl $7, %ecx
        shll $6, %ecx
        movq 16(%rsp), %rax
        movq %rax, l2_seen(%rcx)
        movq 24(%rsp), %rax
        movq %rax, l2_seen + 8(%rcx)
        movq 32(%rsp), %rax
        movq %rax, l2_seen + 16(%rcx)
        movq 48(%rsp), %rax
        movq %rax, l2_seen + 24(%rcx)
        movq 56(%rsp), %rax
        movq %rax, l2_seen + 32(%rcx)
        movq %cr2, %rax
        movq %rax, l2_seen + 40(%rcx)
        movq %dr6, %rax
        movq %rax, l2_seen + 48(%rcx)
        incl l2_count
        movl $0x4e, %eax
        .globl l2_told
l2_told:
        vmcall
        popq %rcx
        popq %rax
        addq $16, %rsp
        iretq

        /* int enter(struct regs *r, int launched): 0 after an exit, else RFLAGS behind the failed instruction */
        .globl enter, exited, exited_elsewhere
enter:  pushq %rbp
        pushq %rbx
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        pushq %rdi
        movq %rsp, enter_rsp
        movq %rsp, %rcx
        addq rsp_offset, %rcx                   /* 0 but where HOST_RSP itself is tried */
        movl $0x6c14, %eax
        vmwrite %rcx, %rax
        testl %esi, %esi
        movq (%rdi), %rax
        movq 8(%rdi), %rcx
        movq 16(%rdi), %rdx
        movq 24(%rdi), %rbx
        movq 32(%rdi), %rbp
        movq 40(%rdi), %rsi
        movq 56(%rdi), %r8
        movq 48(%rdi), %rdi
        jnz 1f
        vmlaunch
        jmp 2f
1:      vmresume
2:      pushfq
        popq %rax
        andl $0x8d5, %eax
        orl $0x80000000, %eax
        popq %rdi
        jmp 3f
exited_elsewhere:                               /* another HOST_RIP */
        incl elsewhere
exited: movq %rsp, exit_rsp
        movq enter_rsp, %rsp
        xchgq %rdi, (%rsp)
        movq %rax, (%rdi)
        movq %rcx, 8(%rdi)
        movq %rdx, 16(%rdi)
        movq %rbx, 24(%rdi)
        movq %rbp, 32(%rdi)
        movq %rsi, 40(%rdi)
        popq 48(%rdi)
        movq %r8, 56(%rdi)
        xorl %eax, %eax
3:      popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %rbx
        popq %rbp
        ret

        /* void at_level(code, cs, ss, operand, value): run code (which must fault) at CPL 3 or in compatibility mode */
        .globl at_level, at_level_back
at_level:
        pushq %rbp
        pushq %rbx
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        movq %rsp, level_rsp
        movq %rsp, %rax
        subq $256, %rax
        pushq %rdx
        pushq %rax
        pushq $2
        pushq %rsi
        pushq %rdi
        movq %rcx, %rdi
        movw $0x10, %cx                         /* IRET to CPL 3 leaves null selectors behind */
        movw %cx, %ds
        movw %cx, %es
        movq %r8, %rax
        iretq
at_level_back:
        movq level_rsp, %rsp
        movw $0x10, %ax
        movw %ax, %ss
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %rbx
        popq %rbp
        ret

        .data
        .balign 16
        .globl gdt, gdt_ptr, boot_info
gdt:    .quad 0
        .quad 0x00cf9b000000ffff                /* 08 code32 */
        .quad 0x00cf93000000ffff                /* 10 data */
        .quad 0x00af9b000000ffff                /* 18 code64 */
        .quad 0x00cf13000000ffff                /* 20 data, not present */
        .quad 0, 0                              /* 28 TSS, filled by C */
        .quad 0x00cff3000000ffff                /* 38 user data */
        .quad 0x00affb000000ffff                /* 40 user code64 */
        .quad 0x00009b000000ffff                /* 48 code16 */
        .quad 0                                 /* 50 L2's other TSS, filled by C */
gdt_end:
gdt_ptr:
        .word gdt_end - gdt - 1
        .quad gdt
boot_info:
        .long 0
        .balign 8
level_rsp:
        .quad 0
        .globl enter_rsp, exit_rsp, rsp_offset, elsewhere
enter_rsp:
        .quad 0
exit_rsp:
        .quad 0
rsp_offset:
        .quad 0
elsewhere:
        .long 0

        .bss
        .balign 4096
        .globl pml4, pdpt, pd
pml4:   .skip 4096
pdpt:   .skip 4096
pd:     .skip 4 * 4096
        .skip 16384
stack_top:
        .section .note.GNU-stack, "", @progbits
