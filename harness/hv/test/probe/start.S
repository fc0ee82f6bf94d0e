/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The probe's entry and its 32 exception entries: each notes the vector and goes on at `recover`.
 */
    .section .header, "a"
    .balign 4
    .long 0x1badb002, 0x2, -(0x1badb002 + 0x2)

    .text
    .globl start
start:
    mov     $stack_end, %esp
    push    %ebx
    push    %eax
    call    probe_main
1:  cli
    hlt
    jmp     1b

    .globl probe_vectors
    .balign 16
probe_vectors:
    .set vector, 0
    .rept 32
    .balign 16
    .if vector == 8 || vector == 10 || vector == 11 || vector == 12 || vector == 13 || vector == 14 || vector == 17
    .else
    push    $0
    .endif
    push    $vector
    jmp     common
    .set vector, vector + 1
    .endr

common:
    push    %eax
    mov     4(%esp), %eax
    mov     %eax, probe_vector
    mov     probe_recover, %eax
    mov     %eax, 12(%esp)
    pop     %eax
    add     $8, %esp
    iret

    .bss
    .balign 16
    .skip 8192
stack_end:
    .section .note.GNU-stack, "", @progbits
