/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a Multiboot loader loads, at 1 MiB: the headers, a little 32-bit C, and the hypervisor as data. It is not
 * linked to its final place directly, because a loader that cannot load it there says nothing a user understands.
 */
#include "place.h"

    .section .headers, "a"
    .balign 4
    .long 0x1badb002, 0x3, -(0x1badb002 + 0x3) /* Multiboot 1: page-aligned modules, memory information */
    .balign 8
multiboot2:
    .long 0xe85250d6, 0, multiboot2_end - multiboot2, -(0xe85250d6 + (multiboot2_end - multiboot2))
    .short 0, 0
    .long 8
multiboot2_end:

    .text
    .globl stub_start
stub_start:
    cli
    cld
    mov     $stub_stack_end, %esp
    push    %ebx
    push    %eax
    call    stub_main       /* returns only if the hypervisor can be put in its place */
    pop     %eax
    pop     %ebx
    mov     $HV_BASE, %edx
    mov     $payload, %esi
    mov     $HV_BASE, %edi
    mov     $(payload_end - payload + 3) / 4, %ecx
    rep movsl
    jmp     *%edx

    .section .payload, "a"
    .balign 16
payload:
    .incbin HV_PAYLOAD
payload_end:
    .long 0

    .bss
    .balign 16
    .skip 8192
stub_stack_end:

    .section .note.GNU-stack, "", @progbits
