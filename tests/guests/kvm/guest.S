/* SPDX-License-Identifier: BSD-2-Clause
 * The guests. All of this is copied to guest-physical CODE (0x1000); addresses are those of the copy. */
        .set CODE, 0x1000
        .set NOTES, 0x6000
        .set TABLES, 0x10000
        .set VALUE, 0x10
        .set HANDLER, 0x11
        .set END, 0x12
        .set DROP, 0x13
#define AT(label) (label - guest_start + CODE)

        .section .rodata
        .balign 16
        .globl guest_start, guest_end
guest_start:

/* ---- Real mode ---- */
        .code16
        .globl g_out, g_wait, g_window, g_real_interrupt, g_real_software, g_protect
g_out:  movb $0x4c, %al
        outb %al, $VALUE
        movb $0x32, %al
        outb %al, $VALUE
        hlt

        /* CX rounds: halt until an interrupt, then a software interrupt */
g_wait: movw $50, %cx
        xorw %bx, %bx
1:      sti
        hlt
        int $0x21
        loop 1b
        movw %bx, %ax
        outw %ax, $END
        hlt
g_real_interrupt:
        incw %bx
        movw %bx, %ax
        outw %ax, $HANDLER
        iret
g_real_software:
        addw $0x100, %bx
        iret

        /* interrupts off and on again; the interrupt comes in the window, behind the STI shadow */
g_window:
        movw $20, %cx
        xorw %bx, %bx
1:      cli
        movw %cx, %ax
        outw %ax, $VALUE
        nop
        sti
        movw $7, %dx
        incw %dx
        loop 1b
        cli
        movw %bx, %ax
        outw %ax, $END
        hlt

g_protect:
        cli
        lgdtl %cs:AT(g_gdtr)
        movl %cr0, %eax
        orl $1, %eax
        movl %eax, %cr0
        ljmpl $0x08, $AT(1f)
        .code32
1:      movw $0x10, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movl $0x8000, %esp
        pushl $0x1234567
        popl %eax
        outl %eax, $VALUE
        movl %cr0, %eax
        andl $~1, %eax
        ljmpl $0x20, $AT(2f)                    /* and back through 16-bit protected mode */
        .code16
2:      movl %eax, %cr0
        ljmpl $0, $AT(3f)
3:      xorw %ax, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movw $0x8000, %sp
        movl $0x89abcdef, %eax
        outl %eax, $END
        hlt

/* ---- Protected mode ---- */
        .code32
        .globl g_flat, g_pae
g_flat: xorl %eax, %eax
        movl $1000, %ecx
1:      pushl %ecx
        call 2f
        popl %ecx
        loop 1b
        outl %eax, $END
        hlt
2:      addl 4(%esp), %eax
        ret

        /* The same address through two PDPTs; a PDPTE that is written counts from the next CR3 on (SDM 4.4.1). */
g_pae:  movl 0x200000, %eax
        outl %eax, $VALUE
        movl $TABLES + 0x1000, %eax
        movl %eax, %cr3
        movl 0x200000, %eax
        outl %eax, $VALUE
        movl $TABLES + 0x3001, TABLES + 0x1008
        movl $TABLES + 0x1000, %eax
        movl %eax, %cr3
        movl 0x40200000, %eax
        outl %eax, $VALUE
        xorl %ebx, %ebx
        movl $100, %ecx
1:      movl $TABLES, %eax
        movl %eax, %cr3
        addl 0x200000, %ebx
        movl $TABLES + 0x1000, %eax
        movl %eax, %cr3
        addl 0x200000, %ebx
        incl 0x200000
        loop 1b
        movl %ebx, %eax
        outl %eax, $END
        hlt

/* ---- Long mode ---- */
        .code64
        .globl g_long, g_outs, g_cpuids, g_fresh, g_steps, g_step_rips, g_loop, g_breakpoint, g_int3, g_exceptions, g_nmi
        .globl g_vectoring, g_timer, g_idt_stubs, g_tf
g_long: xorl %eax, %eax
        cpuid
        outl %eax, $VALUE
        movl %ebx, %eax
        outl %eax, $VALUE
        movl %ecx, %eax
        outl %eax, $VALUE
        movl %edx, %eax
        outl %eax, $VALUE
        movq $0x123456789abcdef0, %rax
        rorq $32, %rax
        outl %eax, $END
        hlt

g_outs: movl $500, %ecx
1:      movl %ecx, %eax
        outl %eax, $VALUE
        loop 1b
        outl %eax, $END
        hlt

g_cpuids:
        movl $500, %esi
1:      movl $1, %eax
        cpuid
        decl %esi
        jnz 1b
        outl %eax, $END
        hlt

g_fresh:
        movl $512, %ecx
        movl $0x200000, %edi
1:      movl %edi, (%rdi)
        addl $0x1000, %edi
        loop 1b
        outl %eax, $END
        hlt

        /* stepped by the hypervisor: where the guest is behind each instruction */
g_steps:
        nop
1:      xorl %eax, %eax
2:      cpuid
3:      pushq %rax
4:      popq %rax
5:      movq %cr3, %rax
6:      movq %rax, %cr3
7:      jmp 8f
        ud2
8:      movl %esp, %esi
9:      nop
10:     outl %eax, $END
        hlt
        .balign 8
g_step_rips:
        .quad AT(1b), AT(2b), AT(3b), AT(4b), AT(5b), AT(6b), AT(7b), AT(8b), AT(9b), AT(10b), 0

        /* fetches a breakpoint of the hypervisor's three times */
g_loop: movl $3, %ecx
g_breakpoint:
        nop
        loop g_breakpoint
        outl %eax, $END
        hlt
g_int3: int3
        outl %eax, $END
        hlt

        /* 20 rounds of the guest's own exceptions: #DE, #DB by TF, #BP, #UD, #GP with an error code, #PF */
g_exceptions:
        movl $20, %ebx
        movl $0x600000, %edi
1:      xorl %ecx, %ecx
        movl $7, %eax
        divb %cl
        pushfq
        orl $0x100, (%rsp)
        popfq
        nop
        int3
        ud2
        movl $0x38, %eax
        movw %ax, %ds
        movl %ebx, (%rdi)
        cmpl (%rdi), %ebx
        jne 2f
        addl $0x1000, %edi
        decl %ebx
        jnz 1b
2:      movl %ebx, %eax
        outl %eax, $END
        hlt
        /* the guest's own TF over instructions that exit */
g_tf:   pushfq
        orl $0x100, (%rsp)
        popfq
        cpuid
        pushfq
        orl $0x100, (%rsp)
        popfq
        outl %eax, $VALUE
        nop
        outl %eax, $END
        hlt

        /* NMIs come while the guest halts, and one more in the handler of each */
g_nmi:  movl $10, %ecx
1:      hlt
        loop 1b
        outl %eax, $END
        hlt

        /* events whose delivery finds the IDT and the stack taken away */
g_vectoring:
        movl $40, %ebx
        movl $0x610000, %edi
        sti
1:      outl %eax, $DROP
        int $0x30
        outl %eax, $DROP
        int3
        outl %eax, $DROP
        ud2
        outl %eax, $DROP
        movl $0x38, %eax
        movw %ax, %ds
        outl %eax, $DROP
        movl %ebx, (%rdi)
        addl $0x1000, %edi
        outl %eax, $DROP
        .byte 0xf1                              /* ICEBP */
        outl %eax, $DROP + 0x10                 /* the hypervisor injects an interrupt here, and an NMI there */
        nop
        outl %eax, $DROP + 0x20
        nop
        decl %ebx
        jnz 1b
        cli
        outl %eax, $END
        hlt

        /* twenty interrupts of the local APIC's timer */
g_timer:
        movl $0xfee00000, %esi
        movl $0x1ff, 0xf0(%rsi)
        movl $0x20040, 0x320(%rsi)              /* periodic, vector 0x40 */
        movl $0xb, 0x3e0(%rsi)
        movl $4000000, 0x380(%rsi)
1:      sti
        hlt
        cli
        cmpl $20, NOTES + 0x40 * 4
        jb 1b
        movl $0x10040, 0x320(%rsi)
        movl NOTES + 0x40 * 4, %eax
        outl %eax, $END
        hlt

        /* One stub a vector, 16 bytes each; the handler notes and makes the guest go on. */
        .balign 16
g_idt_stubs:
        .set v, 0
        .rept 256
        .balign 16
        .if !(v == 8 || (v >= 10 && v <= 14) || v == 17)
        pushq $0
        .endif
        pushq $v
        jmp 1f
        .set v, v + 1
        .endr
1:      pushq %rax
        pushq %rcx
        movl 16(%rsp), %eax
        incl NOTES(, %rax, 4)
        cmpl $2, %eax
        je nmi
        cmpl $0x40, %eax
        je timer
        cmpl $32, %eax
        jae done
        movq 24(%rsp), %rcx
        movq %rcx, NOTES + 0x410(, %rax, 8)
        cmpl $14, %eax
        je page
        cmpl $1, %eax
        je debug
        cmpl $3, %eax
        je done
        addq $2, 32(%rsp)                       /* DIV, UD2, MOV to DS: two bytes each */
done:   popq %rcx
        popq %rax
        addq $16, %rsp
        iretq
page:   movq %cr2, %rcx
        movq %rcx, NOTES + 0x400
        shrl $12, %ecx
        andl $0x1ff, %ecx
        orl $1, TABLES + 0x3000(, %rcx, 8)
        jmp done
debug:  movq %dr6, %rcx
        movq %rcx, NOTES + 0x408
        movl $0xffff0ff0, %ecx
        movq %rcx, %dr6
        andl $~0x100, 48(%rsp)
        jmp done
nmi:    movl $1, %eax
        outl %eax, $HANDLER
        movl $2, %eax
        outl %eax, $HANDLER
        jmp done
timer:  movl $0xfee000b0, %ecx
        movl $0, (%rcx)
        jmp done

        .balign 8
        .globl g_gdt
g_gdt:  .quad 0
        .quad 0x00cf9b000000ffff
        .quad 0x00cf93000000ffff
        .quad 0x00af9b000000ffff
        .quad 0x00009b000000ffff                /* 20: 16-bit code */
g_gdt_end:
g_gdtr: .word g_gdt_end - g_gdt - 1
        .long AT(g_gdt)
        .org guest_start + 0x4000               /* the IDT follows: an error here says that the guests reach into it */
guest_end:
        .section .note.GNU-stack, "", @progbits
