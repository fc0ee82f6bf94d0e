/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the stub's 32-bit flat mode to 64-bit C with the low 4 GiB mapped to themselves. EAX and EBX are the loader's.
 */
#include "place.h"

    .section .start, "ax"
    .code32
    .globl hv_start
hv_start:
    mov     $bss_start, %edi
    mov     $bss_end, %ecx
    sub     %edi, %ecx
    shr     $2, %ecx
    mov     %eax, %edx
    xor     %eax, %eax
    rep stosl
    mov     %edx, %esi          /* magic */

    movl    $page_directories + 7, %eax
    mov     $boot_pdpt, %edi
    mov     $4, %ecx
1:  mov     %eax, (%edi)
    add     $4096, %eax
    add     $8, %edi
    loop    1b
    movl    $boot_pdpt + 7, boot_pml4
    mov     $page_directories, %edi
    mov     $0x87, %eax         /* present, writable, user, 2 MiB */
    mov     $2048, %ecx
2:  mov     %eax, (%edi)
    add     $0x200000, %eax
    add     $8, %edi
    loop    2b

    mov     %cr4, %eax
    or      $0x20, %eax         /* PAE */
    mov     %eax, %cr4
    mov     $boot_pml4, %eax
    mov     %eax, %cr3
    mov     $0xc0000080, %ecx
    rdmsr
    or      $0x100, %eax        /* EFER.LME */
    wrmsr
    mov     %cr0, %eax
    or      $0x80000001, %eax
    mov     %eax, %cr0
    lgdt    boot_gdtr
    ljmp    $8, $3f

    .code64
3:  mov     $0x10, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    mov     %eax, %fs
    mov     %eax, %gs
    mov     $boot_stack_end, %esp
    mov     %esi, %edi
    mov     %ebx, %esi
    xor     %ebp, %ebp
    call    hv_main
4:  hlt
    jmp     4b

    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdtr:
    .short . - boot_gdt - 1
    .long boot_gdt

    .bss
    .balign 4096
boot_pml4: .skip 4096
boot_pdpt: .skip 4096
page_directories: .skip 4 * 4096
    .skip 16384
boot_stack_end:

    .section .note.GNU-stack, "", @progbits
