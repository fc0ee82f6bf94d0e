/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Into the guest and back, and the host's interrupt entry points. All the assembly of the backend.
 */
#include "layout.h"

#define FIELD_INSTRUCTION_ERROR 0x4400
#define ERROR_NOT_LAUNCHED 5 /* SDM 30.4 */

    .text

/* int vmx_enter(struct vmx_cpu *cpu). Interrupts are off. */
    .globl vmx_enter
    .type vmx_enter, @function
vmx_enter:
    push    %rbp
    push    %rbx
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    call    vmx_enter_bare
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbx
    pop     %rbp
    ret
    .size vmx_enter, . - vmx_enter

/* The same, but of the registers only RSP is as it was. Between vmx_critical and vmx_critical_end an NMI must not be
 * taken and left for the next exit: the flag has been looked at already. The NMI handler moves such an RIP to
 * vmx_not_entered (below). An NMI after VMRESUME has begun is an NMI exit.
 * Whether the VMCS has been launched the processor knows best: only an entry that succeeds makes it so (SDM vol. 3C 26, step 5). */
    .globl vmx_enter_bare
    .type vmx_enter_bare, @function
vmx_enter_bare:
    mov     %rsp, CPU_HOST_RSP(%rdi)
vmx_critical:
    cmpw    $0, CPU_NMI_SEEN(%rdi) /* and CPU_NMI_KICKING */
    jne     3f
1:  mov     CPU_RAX(%rdi), %rax
    mov     CPU_RCX(%rdi), %rcx
    mov     CPU_RDX(%rdi), %rdx
    mov     CPU_RBX(%rdi), %rbx
    mov     CPU_RBP(%rdi), %rbp
    mov     CPU_RSI(%rdi), %rsi
    mov     CPU_R8(%rdi), %r8
    mov     CPU_R9(%rdi), %r9
    mov     CPU_R10(%rdi), %r10
    mov     CPU_R11(%rdi), %r11
    mov     CPU_R12(%rdi), %r12
    mov     CPU_R13(%rdi), %r13
    mov     CPU_R14(%rdi), %r14
    mov     CPU_R15(%rdi), %r15
    mov     CPU_RDI(%rdi), %rdi
    vmresume /* goes on below only if it failed: then GS is still the host's */
    mov     $FIELD_INSTRUCTION_ERROR, %eax
    vmread  %rax, %rax
    cmp     $ERROR_NOT_LAUNCHED, %eax
    jne     vmx_critical_end
    mov     %gs:CPU_RAX, %rax
    vmlaunch
    jmp     vmx_critical_end
3:  cmpb    $0, CPU_NMI_SEEN(%rdi)
    jne     vmx_not_entered
    mov     CPU_NMI_KICK(%rdi), %rax
    mov     CPU_NMI_KICK_VALUE(%rdi), %ecx
    mov     %ecx, (%rax)
    jmp     1b
vmx_critical_end:
    mov     $2, %eax
    ret
vmx_not_entered: /* the guest's registers are unchanged in *cpu; RSP is as at vmx_critical */
    mov     $1, %eax
    ret

    .globl vmx_exit
vmx_exit: /* HOST_RIP; GS is the host's again, and the stack one that only an NMI can find in use */
    mov     %gs:CPU_HOST_RSP, %rsp
    mov     %rdi, %gs:CPU_RDI
    mov     %rax, %gs:CPU_RAX
    mov     %rcx, %gs:CPU_RCX
    mov     %rdx, %gs:CPU_RDX
    mov     %rbx, %gs:CPU_RBX
    mov     %rbp, %gs:CPU_RBP
    mov     %rsi, %gs:CPU_RSI
    mov     %r8, %gs:CPU_R8
    mov     %r9, %gs:CPU_R9
    mov     %r10, %gs:CPU_R10
    mov     %r11, %gs:CPU_R11
    mov     %r12, %gs:CPU_R12
    mov     %r13, %gs:CPU_R13
    mov     %r14, %gs:CPU_R14
    mov     %r15, %gs:CPU_R15
    xor     %eax, %eax
    ret
    .size vmx_enter_bare, . - vmx_enter_bare

/* The host's NMI. Our own INT 2 only ends the blocking that an NMI exit leaves, by its IRET. GS is the host's whenever
 * the host runs. */
vmx_host_nmi:
    cmpb    $0, %gs:CPU_NMI_UNBLOCKING
    je      1f
    movb    $0, %gs:CPU_NMI_UNBLOCKING
    iretq
1:  movb    $1, %gs:CPU_NMI_SEEN
    push    %rax
    lea     vmx_critical(%rip), %rax
    cmp     %rax, 8(%rsp)
    jb      2f
    lea     vmx_critical_end(%rip), %rax
    cmp     %rax, 8(%rsp)
    jae     2f
    lea     vmx_not_entered(%rip), %rax
    mov     %rax, 8(%rsp)
2:  pop     %rax
    iretq

/* One entry point a vector, 16 bytes each. An exception with an error code has pushed it; the others get 0. While
 * `acking`, the vector is an interrupt whatever its number, and interrupts push no error code: a legacy PIC still
 * programmed by the BIOS gives vectors 8 to 15. */
    .balign 16
    .globl vmx_host_vectors
vmx_host_vectors:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector == 2
    jmp     vmx_host_nmi
    .else
    pushq   $vector
    jmp     vmx_host_common
    .endif
    .set vector, vector + 1
    .endr

vmx_host_common:
    cmpb    $0, %gs:CPU_ACKING
    je      vmx_host_exception
    movb    $0, %gs:CPU_ACKING
    popq    %gs:CPU_ACKED
    andl    $~0x200, 16(%rsp) /* one only: return with interrupts off, and without an EOI, which is the guest's */
    iretq

vmx_host_exception: /* stack: vector, [error], RIP ... */
    cmpq    $8, (%rsp)
    je      1f
    cmpq    $10, (%rsp)
    jb      2f
    cmpq    $14, (%rsp)
    jbe     1f
    cmpq    $17, (%rsp)
    je      1f
2:  pushq   (%rsp)           /* no error code: put 0 below the vector */
    movq    $0, 8(%rsp)
1:  push    %rax
    push    %rcx
    push    %rdx
    push    %rbx
    push    %rbp
    push    %rsi
    push    %rdi
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %rsp, %rdi
    mov     %rsp, %rbp
    and     $-16, %rsp
    cld
    call    vmx_host_exception_c
    mov     %rbp, %rsp
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rdi
    pop     %rsi
    pop     %rbp
    pop     %rbx
    pop     %rdx
    pop     %rcx
    pop     %rax
    add     $16, %rsp
    iretq

/* void vmx_open_interrupts(void): exactly one instruction boundary at which a waiting interrupt is taken. STI's own
 * shadow covers the NOP (SDM vol. 2B, STI). */
    .globl vmx_open_interrupts
    .type vmx_open_interrupts, @function
vmx_open_interrupts:
    sti
    nop
    cli
    ret

    .section .note.GNU-stack, "", @progbits
