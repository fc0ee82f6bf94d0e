/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guests of the witnesses, one label each; cases.c says what is done to them. They run in ring 0 with the stack at
 * STACK_TOP and interrupts off, and end by call 0 with a result in RDI.
 */
#ifdef ORACLE_SVM
#define HYPERCALL vmmcall
#else
#define HYPERCALL vmcall
#endif
#define ARENA 0x1000000
#define DATA (ARENA + 0x6000)
#define DEVICE (ARENA + 0x7000)
#define CODE (ARENA + 0x8000)
#define IST (ARENA + 0x5000)
#define WATCHED (ARENA + 0x9000)
#define APIC 0xfee00000
#define SELF_IPI 0x44000

        .macro GUEST_CALL number
        mov     $\number, %eax
        HYPERCALL
        .endm
        .macro GUEST name
        .globl  g_\name
        .balign 16
g_\name:
        .endm
        .macro GO_ON label /* where a fault's handler returns to */
        lea     \label(%rip), %rax
        mov     %rax, after(%rip)
        .endm
        .macro DEBUG_CONTROL address, value
        lea     \address, %rax
        mov     %rax, %dr0
        mov     $\value, %eax
        mov     %rax, %dr7
        .endm
        .macro DEBUG_OFF
        mov     $0x400, %eax
        mov     %rax, %dr7
        .endm
        .macro SEND vector /* to this processor's own LAPIC */
        mov     $APIC, %ebx
        movl    $SELF_IPI + \vector, 0x300(%rbx)
        .endm
        .macro NOT_PRESENT_DATA
        mov     $6, %edi
        xor     %esi, %esi
        call    guest_present
        .endm

        .text
GUEST single_step
        pushfq
        orl     $0x100, (%rsp)
        popfq
        nop
        nop
        nop
        xor     %edi, %edi
        GUEST_CALL 0

/* The stepped instruction is one that a hypervisor beneath the hypervisor carries out for the guest: Provenest watches this
   port, KVM every port. */
GUEST single_step_in
        pushfq
        orl     $0x100, (%rsp)
        popfq
        in      $0x64, %al
        nop
        nop
        xor     %edi, %edi
        GUEST_CALL 0

GUEST data_breakpoint
        DEBUG_CONTROL WATCHED, 0xd0401
        movl    $5, WATCHED
        nop
        nop
        DEBUG_OFF
        xor     %edi, %edi
        GUEST_CALL 0

GUEST io_breakpoint
        mov     $0x80, %eax
        mov     %rax, %dr0
        mov     $0x20401, %eax
        mov     %rax, %dr7
        out     %al, $0x80
        nop
        nop
        DEBUG_OFF
        xor     %edi, %edi
        GUEST_CALL 0

GUEST code_breakpoint
        DEBUG_CONTROL 1f(%rip), 0x401
1:      nop
        DEBUG_OFF
        xor     %edi, %edi
        GUEST_CALL 0

/* A code breakpoint on an instruction that then faults: the exit comes while the fault is delivered. */
GUEST breakpoint_and_fault
        GO_ON 2f
        movq    $1, call_in_handler(%rip)
        DEBUG_CONTROL 1f(%rip), 0x401
1:      ud2
2:      DEBUG_OFF
        xor     %edi, %edi
        GUEST_CALL 0

/* The hypervisor injects something that no instruction here raises. */
GUEST injected
        nop
        GUEST_CALL 1
        nop
        nop
        xor     %edi, %edi
        GUEST_CALL 0

/* WRMSR exits; the hypervisor's MSR refuses the first attempt by #GP and counts them. Result: attempts. */
GUEST emulated
        GO_ON 1f
        mov     $0x8b, %ecx
        xor     %eax, %eax
        xor     %edx, %edx
        wrmsr
1:      GUEST_CALL 5
        GUEST_CALL 0

/* An interrupt whose gate is not present: #NP, EXT set, while it is delivered. Result: its in-service bit. */
GUEST interrupt
        mov     $0x40, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        call    gate
        sti
        nop
        SEND 0x40
        mov     $1000, %ecx                     /* QEMU looks for interrupts between blocks of code */
1:      loop    1b
        cli
        mov     0x120(%rbx), %edi
        movl    $0, 0xb0(%rbx)
        GUEST_CALL 0

GUEST injected_interrupt
        mov     $0x40, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        call    gate
        sti
        nop
        GUEST_CALL 1
        nop
        cli
        xor     %edi, %edi
        GUEST_CALL 0

/* The page fault's gate is not present: double fault, on a stack of its own. Result: CR2. */
GUEST double_fault
        mov     $14, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        call    gate
        mov     $8, %edi
        mov     $1, %esi
        mov     $1, %edx
        call    gate
        NOT_PRESENT_DATA
        mov     $0x1234000, %eax
        mov     %rax, %cr2
        GO_ON 1f
        mov     DATA, %eax
1:      mov     %cr2, %rdi
        GUEST_CALL 0

/* A debug trap whose gate is not present: #NP while it is delivered, and nothing raises the trap again. */
GUEST trap_no_gate
        mov     $1, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        call    gate
        DEBUG_CONTROL WATCHED, 0xd0401
        GUEST_CALL 2
        movl    $5, WATCHED
        nop
        DEBUG_OFF
        xor     %edi, %edi
        GUEST_CALL 0

/* The same with a code breakpoint: RF = 1 in what the exit saves, for the #NP, hides it. */
GUEST breakpoint_no_gate
        mov     $1, %edi
        xor     %esi, %esi
        xor     %edx, %edx
        call    gate
        GO_ON 2f
        DEBUG_CONTROL 1f(%rip), 0x401
        GUEST_CALL 2
1:      nop
2:      DEBUG_OFF
        xor     %edi, %edi
        GUEST_CALL 0

GUEST int3
        movb    $0xcc, patch_int3(%rip)
        jmp     patch_int3
        .globl patch_int3
patch_int3:
        nop
        nop
        xor     %edi, %edi
        GUEST_CALL 0

GUEST intn
        movw    $0x41cd, patch_intn(%rip)
        jmp     patch_intn
        .globl patch_intn
patch_intn:
        nop
        nop
        nop
        xor     %edi, %edi
        GUEST_CALL 0

/* A page fault at a moment when CR2 still matters. Result: CR2. */
GUEST page_fault
        NOT_PRESENT_DATA
        mov     $0x1234000, %eax
        mov     %rax, %cr2
        GO_ON 1f
        mov     DATA, %eax
1:      mov     %cr2, %rdi
        GUEST_CALL 0

/* The same with a stack of its own that straddles two pages. Result: the word pushed for RSP. */
GUEST residue
        mov     $14, %edi
        mov     $1, %esi
        mov     $1, %edx
        call    gate
        NOT_PRESENT_DATA
        GO_ON 1f
        mov     DATA, %eax
1:      mov     IST, %rdi
        GUEST_CALL 0

/* Result: the word read, or ~0 if the handler skipped the read. */
GUEST virtualization_exception
        GO_ON 1f
        mov     $~0, %edi
        mov     DEVICE, %edi
1:      GUEST_CALL 0

/* An interrupt waits; STI's shadow covers the faulting instruction, so the fault comes first. */
GUEST sti_shadow
        GO_ON 1f
        SEND 0x50
        nop
        nop
        sti
        ud2
1:      nop
        cli
        xor     %edi, %edi
        GUEST_CALL 0

/* The NMI handler's IRET faults; another NMI waits (cases.c). */
GUEST nmi_iret
        movq    $1, bad_iret(%rip)
        GO_ON 1f
        GUEST_CALL 1
        nop
1:      xor     %edi, %edi
        GUEST_CALL 0

/* UD2 in a page that shares a budget of two pages with the IDT and the stack. */
GUEST few_pages
        GO_ON 1f
        mov     $CODE, %eax
        jmp     *%rax
1:      xor     %edi, %edi
        GUEST_CALL 0
        .globl few_code
few_code:
        ud2

/* The frame straddles two clean pages, and one place is left in the page-modification log: the push into the second
   page finds it full. The IDT's page is away: two exits in one delivery. */
GUEST two_exits
        mov     $6, %edi
        mov     $1, %esi
        mov     $1, %edx
        call    gate
        GO_ON 1f
        GUEST_CALL 2
        ud2
1:      xor     %edi, %edi
        GUEST_CALL 0

GUEST two_exits_trap
        mov     $1, %edi
        mov     $1, %esi
        mov     $1, %edx
        call    gate
        movl    $1, WATCHED                     /* dirty already: only the stack's pages are to be logged */
        DEBUG_CONTROL WATCHED, 0xd0401
        GUEST_CALL 2
        movl    $5, WATCHED
        nop
        DEBUG_OFF
        xor     %edi, %edi
        GUEST_CALL 0

GUEST general_detect
        GO_ON 1f
        mov     $0x2400, %eax
        mov     %rax, %dr7
        mov     %dr0, %rax
1:      xor     %edi, %edi
        GUEST_CALL 0

/* 32-bit: #UD goes through a task gate. Result 1: the task ran. */
        .code32
GUEST task_gate
        ud2
        .globl  task_handler
task_handler:
        mov     $1, %edi
        GUEST_CALL 0
        .code64

/* The safe subset: plain faults of the instruction at RIP. */
GUEST safe_de
        GO_ON 1f
        xor     %edi, %edi
        mov     $7, %eax
        xor     %edx, %edx
        div     %edi
1:      mov     %eax, %edi
        GUEST_CALL 0

GUEST safe_ud
        GO_ON 1f
        ud2
1:      xor     %edi, %edi
        GUEST_CALL 0

GUEST safe_nm
        GO_ON 1f
        mov     %cr0, %rax
        or      $8, %rax
        mov     %rax, %cr0
        fnop
1:      xor     %edi, %edi
        GUEST_CALL 0

GUEST safe_np
        GO_ON 1f
        mov     $0x20, %eax
        mov     %eax, %ds
1:      xor     %edi, %edi
        GUEST_CALL 0

GUEST safe_ss
        GO_ON 1f
        movabs  $0x8000000000000000, %rbp
        mov     (%rbp), %rax
1:      xor     %edi, %edi
        GUEST_CALL 0

GUEST safe_gp
        GO_ON 1f
        mov     $0x1000, %eax
        mov     %eax, %ds
1:      xor     %edi, %edi
        GUEST_CALL 0

GUEST safe_pf
        NOT_PRESENT_DATA
        GO_ON 1f
        movl    $1, DATA
1:      xor     %edi, %edi
        GUEST_CALL 0

GUEST safe_mf
        GO_ON 1f
        fninit
        movw    $0x37b, word(%rip)
        fldcw   word(%rip)
        fld1
        fldz
        fdivrp
        fwait
1:      xor     %edi, %edi
        fnclex
        GUEST_CALL 0

GUEST safe_xm
        GO_ON 1f
        movl    $0x1d80, word(%rip)             /* divide-by-zero unmasked */
        ldmxcsr word(%rip)
        movl    $0x3f800000, word(%rip)
        xorps   %xmm1, %xmm1
        movss   word(%rip), %xmm0
        divss   %xmm1, %xmm0
1:      movd    %xmm0, %edi
        GUEST_CALL 0

        .data
        .balign 8
word:   .quad 0
        .section .note.GNU-stack, "", @progbits
