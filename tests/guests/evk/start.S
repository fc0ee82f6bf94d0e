/*
 * Multiboot1 entry of the event kernel: 32-bit flat (multiboot 3.2) to long mode (SDM 9.8.5), then C.
 * The ELF64 is carried in an ELF32 container, so this file is assembled as 64-bit code with .code32 parts.
 */
#include "../multiboot.inc"

        multiboot_start
        movl %eax, boot_magic
        movl %ebx, boot_info
        /* identity map of 4 GiB by 2 MiB pages; the LAPIC's gigabyte uncached */
        movl $pdpt + 7, pml4
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
        orl $0x83, %eax
        cmpl $1536, %ecx
        jb 4f
        orl $0x18, %eax
4:      movl %eax, pd(, %ecx, 8)
        incl %ecx
        cmpl $2048, %ecx
        jne 3b
        movl %cr4, %eax
        orl $0x620, %eax                        /* PAE, OSFXSR, OSXMMEXCPT */
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
        call evk_main
6:      hlt
        jmp 6b

        .text
        /* one stub for each vector: a frame of the same shape, whether or not the CPU pushed an error code */
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
        pushq %rbx
        pushq %rcx
        pushq %rdx
        pushq %rsi
        pushq %rdi
        pushq %rbp
        pushq %r8
        pushq %r9
        pushq %r10
        pushq %r11
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        movq %rsp, %rdi
        cld
        call trap
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %r11
        popq %r10
        popq %r9
        popq %r8
        popq %rbp
        popq %rdi
        popq %rsi
        popq %rdx
        popq %rcx
        popq %rbx
        popq %rax
        addq $16, %rsp
        iretq

        /* 32-bit code for the two instructions that 64-bit mode lacks; called far, RSP below 4 GiB */
        .globl call_into, into_after, call_bound, bound_at, bound_after
call_into:
        lcall *into_ptr
        ret
call_bound:
        lcall *bound_ptr
        ret
        .code32
into_code:
        movl $0x7fffffff, %eax
        addl $1, %eax
        into
into_after:
        lret
bound_code:
        movl $9, %eax
bound_at:
        boundl %eax, bound_limits
bound_after:
        lret
        .code64

        .data
        .balign 8
into_ptr:
        .long into_code
        .word 0x08
        .balign 8
bound_ptr:
        .long bound_code
        .word 0x08
        .balign 8
bound_limits:
        .long 1, 5
        .balign 16
        .globl gdt
gdt:    .quad 0
        .quad 0x00cf9b000000ffff                /* 08 code32 */
        .quad 0x00cf93000000ffff                /* 10 data */
        .quad 0x00af9b000000ffff                /* 18 code64 */
        .quad 0x00cf13000000ffff                /* 20 data, not present */
        .quad 0, 0                              /* 28 TSS, filled by C */
        .quad 0x00cff3000000ffff                /* 38 user data */
        .quad 0x00affb000000ffff                /* 40 user code64 */
gdt_end:
gdt_ptr:
        .word gdt_end - gdt - 1
        .quad gdt
        .globl boot_magic, boot_info
boot_magic:
        .long 0
boot_info:
        .long 0

        .bss
        .balign 4096
        .globl pml4, pdpt
pml4:   .skip 4096
pdpt:   .skip 4096
pd:     .skip 4 * 4096
        .skip 16384
stack_top:
        .section .note.GNU-stack, "", @progbits
