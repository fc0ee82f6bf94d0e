/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guests of claim 3's witnesses (pdptr.c), 32-bit with paging: each ends by call 0 with the word it read in EDI.
 */
#define WINDOW 0x1800000

        .code32
        .text
        .globl  g_pdptr_read, g_pdptr_cr3, g_pdptr_on
g_pdptr_read:
        mov     WINDOW, %edi
        xor     %eax, %eax
        vmcall

/* MOV to CR3 loads the PDPTEs from memory (SDM 4.4.1). */
g_pdptr_cr3:
        mov     $pdptr_memory, %eax
        mov     %eax, %cr3
        jmp     g_pdptr_read

/* The guest turns PAE paging on by itself: paging off, CR4.PAE, CR3, paging on. */
g_pdptr_on:
        mov     %cr0, %eax
        and     $0x7fffffff, %eax
        mov     %eax, %cr0
        mov     %cr4, %ecx
        or      $0x20, %ecx
        mov     %ecx, %cr4
        mov     $pdptr_memory, %ecx
        mov     %ecx, %cr3
        or      $0x80000000, %eax
        mov     %eax, %cr0
        jmp     g_pdptr_read
        .section .note.GNU-stack, "", @progbits
