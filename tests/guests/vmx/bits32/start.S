/* SPDX-License-Identifier: BSD-2-Clause
 * Multiboot1 entry, L2's code, and the way into L2 and back, in 32-bit protected mode. */
#include "../../multiboot.inc"

        multiboot_start
        movw $0x18, %ax
        orl $tss, tss_gate + 2                  /* below 16 MiB: the base's low 24 bits */
        ltr %ax
        movb $0xff, %al
        outb %al, $0x21
        outb %al, $0xa1
        call l1_main
2:      hlt
        jmp 2b

        .text
        /* L2: a page-directory pointer of L1's, whose own PDPTEs the exit loads again */
        .globl l2_plain, l2_pdpte, l2_stack
l2_plain:
        movl $0x1234, %eax
        vmcall
l2_pdpte:
        movl %ebx, pdpt + 24
        movl $0x5678, %eax
        vmcall

        /* uint32_t enter(uint32_t *eax, uint32_t ebx): 0 behind an exit, else the flags of the failed VMLAUNCH */
        .globl enter, exited
enter:  pushl %ebp
        pushl %ebx
        pushl %esi
        pushl %edi
        movl $0x6c14, %eax
        vmwrite %esp, %eax
        movl 24(%esp), %ebx
        vmlaunch
        pushfl
        popl %eax
        jmp 1f
exited: movl 20(%esp), %edx
        movl %eax, (%edx)
        xorl %eax, %eax
1:      popl %edi
        popl %esi
        popl %ebx
        popl %ebp
        ret

        .data
        .balign 8
gdt:    .quad 0
        .quad 0x00cf9b000000ffff
        .quad 0x00cf93000000ffff
tss_gate:
        .quad 0x0000890000000067
gdt_ptr:
        .word gdt_ptr - gdt - 1
        .long gdt
        .globl gdt, tss

        .bss
        .balign 4096
tss:    .skip 104
        .balign 16
        .skip 1024
l2_stack:
        .skip 16384
stack_top:
        .section .note.GNU-stack, "", @progbits
