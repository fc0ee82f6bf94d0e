/*
 * A 512-byte option ROM that is Bochs' "-kernel": called by the BIOS' ROM scan, it reads extents of a disk image
 * straight to their addresses and enters the kernel there as a boot loader would: no GRUB, no CD, no INT 13h.
 * (Bochs' own optramimage can't do it: beyond one 1 MiB block, 2.7 maps the bytes in order of first use.)
 * Multiboot1 3.2 and the PVH ABI ask for the same machine: 32-bit flat, paging off, A20 on, EBX = information.
 * Sector 0 of the disk: EAX, EBX, entry, whether to print the time of entry; then {LBA, sectors, address}...
 */
        .set PLAN, 0x6000
        .code16
        .globl _start
_start: .byte 0x55, 0xaa, 1
        cli
        cld
        inb $0x92, %al                          /* A20 on: the BIOS turns it on later than its ROM scan */
        orb $2, %al
        outb %al, $0x92
        .byte 0x66, 0x2e, 0x0f, 0x01, 0x16      /* lgdtl %cs:(gdt_ptr) */
        .word gdt_ptr - _start
        movl %cr0, %eax
        andl $0x9fffffff, %eax                  /* caches on */
        orb $1, %al
        movl %eax, %cr0
        ljmpl $8, $0xd0000 + (flat - _start)
        .code32
flat:   movw $0x10, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movw %ax, %fs
        movw %ax, %gs
        movl $0x5ff0, %esp
        xorl %ebx, %ebx
        movl $1, %ebp
        movl $PLAN, %edi
        call load
        movl $PLAN + 16, %esi
1:      movl (%esi), %ebx
        movl 4(%esi), %ebp
        movl 8(%esi), %edi
        addl $12, %esi
        testl %ebp, %ebp
        jz 2f
        call load
        jmp 1b
2:      cmpl $0, PLAN + 12
        je go
        /* "BARE tsc=<16 hex digits>" on port 0xE9: the moment a bare kernel is entered */
        movl $0xd0000 + (text - _start), %esi
        movl $9, %ecx
        movl $0xe9, %edx
        rep outsb
        rdtsc
        movl %eax, %ebx
        movl %edx, %eax
        call hex
        movl %ebx, %eax
        call hex
        movb $10, %al
        outb %al, $0xe9
go:     xorl %esi, %esi
        xorl %edi, %edi
        xorl %ebp, %ebp
        xorl %ecx, %ecx
        xorl %edx, %edx
        movl PLAN, %eax
        movl PLAN + 4, %ebx
        jmpl *PLAN + 8

        /* EBP sectors from EBX to EDI: ATA READ SECTORS, LBA28, up to 256 in a command, by PIO */
load:   movl $256, %ecx
        cmpl %ecx, %ebp
        jae 1f
        movl %ebp, %ecx
1:      movl %ecx, %eax
        movl $0x1f2, %edx
        outb %al, %dx
        movl %ebx, %eax
        incl %edx
        outb %al, %dx
        shrl $8, %eax
        incl %edx
        outb %al, %dx
        shrl $8, %eax
        incl %edx
        outb %al, %dx
        shrl $8, %eax
        orb $0xe0, %al
        incl %edx
        outb %al, %dx
        movb $0x20, %al
        incl %edx
        outb %al, %dx
        addl %ecx, %ebx
        subl %ecx, %ebp
        movl %ecx, %eax
2:      pushl %eax
3:      movl $0x1f7, %edx
        inb %dx, %al
        andb $0x88, %al
        cmpb $8, %al                            /* BSY clear, DRQ set */
        jne 3b
        movl $0x1f0, %edx
        movl $128, %ecx
        rep insl
        popl %eax
        decl %eax
        jnz 2b
        testl %ebp, %ebp
        jnz load
        ret

hex:    movl $8, %ecx
        movl %eax, %edi
1:      roll $4, %edi
        movl %edi, %eax
        andb $15, %al
        cmpb $10, %al
        sbbb $0x69, %al
        das
        outb %al, $0xe9
        loop 1b
        ret
text:   .ascii "BARE tsc="
        .balign 8
gdt:    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_ptr:.word 23
        .long 0xd0000 + (gdt - _start)
        .org 512
