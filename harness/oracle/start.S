/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Multiboot1 entry (multiboot 3.2) to long mode (SDM 9.8.5), and the guest's exception stubs. 64-bit code in an ELF32
 * container, hence .code32 parts.
 */
#include "../../tests/guests/multiboot.inc"

        multiboot_start
        movl $pdpt + 7, pml4
        xorl %ecx, %ecx
2:      movl %ecx, %eax                         /* identity map of 4 GiB by 2 MiB pages */
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
        movl %cr4, %eax
        orl $0x628, %eax                        /* PAE, OSFXSR, OSXMMEXCPT, DE */
        movl %eax, %cr4
        movl $pml4, %eax
        movl %eax, %cr3
        movl $0xc0000080, %ecx
        rdmsr
        orl $0x900, %eax                        /* EFER.LME, NXE */
        wrmsr
        movl %cr0, %eax
        andl $0x9ffffff3, %eax                  /* CD, NW, TS, EM off */
        orl $0x80010023, %eax                   /* PG, WP, NE, MP, PE */
        movl %eax, %cr0
        ljmpl $0x18, $5f
        .code64
5:      movq $stack_top, %rsp
        call oracle_main
6:      hlt
        jmp 6b

        .text
        /* one stub for each vector: a frame of the same shape, with or without an error code */
        .balign 16
        .globl stubs
stubs:
        .set v, 0
        .rept 256
        .balign 16
        .if !(v == 8 || (v >= 10 && v <= 14) || v == 17 || v == 21)
        pushq $0
        .endif
        pushq $v
        jmp common
        .set v, v + 1
        .endr
common: pushq %rax
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
        call trap
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
        .globl stub_iret
stub_iret:
        iretq

        .data
        .balign 16
        .globl gdt, gdt_ptr
gdt:    .quad 0
        .quad 0x00cf9b000000ffff                /* 08 code32 */
        .quad 0x00cf93000000ffff                /* 10 data */
        .quad 0x00af9b000000ffff                /* 18 code64 */
        .quad 0x00cf13000000ffff                /* 20 data, not present */
        .quad 0, 0                              /* 28 TSS, filled by C */
        .quad 0x00cff3000000ffff                /* 38 user data */
        .quad 0x00affb000000ffff                /* 40 user code64 */
        .quad 0                                 /* 48 the task's TSS, filled by C */
gdt_end:
gdt_ptr:
        .word gdt_end - gdt - 1
        .quad gdt

        .bss
        .balign 4096
        .globl pml4
pml4:   .skip 4096
pdpt:   .skip 4096
pd:     .skip 4 * 4096
        .skip 16384
stack_top:
        .section .note.GNU-stack, "", @progbits
