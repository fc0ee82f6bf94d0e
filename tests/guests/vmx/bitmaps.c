/* SPDX-License-Identifier: BSD-2-Clause
 * MSR bitmap, I/O bitmaps, exception bitmap bit by bit, TSC offset, TPR shadow, APIC-access page (SDM 24.6, 25.1.3, 29). */
#include "vmx.h"

GUEST(b_rdmsr, "rdmsr");
GUEST(b_wrmsr, "wrmsr");
GUEST(b_io, "inb %dx, %al");
GUEST(b_io_wide, "inl %dx, %eax");
GUEST(b_out, "outb %al, %dx");
GUEST(b_cr8, "movq %cr8, %rbx; movl $3, %eax; movq %rax, %cr8; movq %cr8, %rsi");
GUEST(b_apic, "movl 0x1002080, %eax; movl $0x50, 0x1002080; movl 0x1002020, %ebx; movl $7, 0x10020b0");
GUEST(b_tsc, "rdtsc");

static void bit(uint8_t *map, unsigned int n)
{
    map[n / 8] = (uint8_t)(map[n / 8] | 1u << n % 8);
}

/* Where the bit of an MSR lies (SDM 24.6.9). */
static unsigned int place(uint32_t msr, bool write)
{
    return (msr & 0x1fff) + (msr >> 31 ? 0x2000 : 0) + (write ? 0x4000 : 0);
}

static void msr(const char *name, uint32_t index, bool write, uint32_t marked, bool mark_write)
{
    base(LONG, write ? b_wrmsr : b_rdmsr);
    bit(pages[0], place(marked, mark_write));
    set(EXCEPTION_BITMAP, 1u << 13);
    regs.rcx = index;
    if (write) {
        regs.rax = (uint32_t)rdmsr(index);
        regs.rdx = rdmsr(index) >> 32;
    }
    once("bitmaps", name);
}

static void msrs(void)
{
    static const uint32_t each[] = {0x10, 0x174, 0x277, 0xc0000080, 0xc0000082, 0xc0000100, 0xc0000102};

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++) {
        char read[32] = "msr/0-read-", write[32] = "msr/0-write-";
        static const char *const how[] = {"own", "next", "other"};

        for (unsigned int k = 0; k < 3; k++) {
            read[4] = write[4] = (char)('a' + i);
            for (unsigned int c = 0; c < 6; c++) {
                read[11 + c] = how[k][c];
                write[12 + c] = how[k][c];
                if (!how[k][c])
                    break;
            }
            msr(read, each[i], false, k == 1 ? each[i] ^ 1 : each[i], k == 2);
            if (each[i] != 0x10)
                msr(write, each[i], true, k == 1 ? each[i] ^ 1 : each[i], k != 2);
        }
    }
    base(LONG, b_rdmsr); /* outside both ranges an exit always */
    regs.rcx = 0x2000;
    once("bitmaps", "msr/beyond-low");
    base(LONG, b_rdmsr);
    regs.rcx = 0xc0002000;
    once("bitmaps", "msr/beyond-high");
    base(LONG, b_rdmsr);
    regs.rcx = 0x40000000;
    once("bitmaps", "msr/hypervisor");
    base(LONG, b_rdmsr); /* no bitmap: all exit */
    drop(PROC_CTL, PROC_MSR_BITMAPS);
    regs.rcx = 0xc0000102;
    once("bitmaps", "msr/no-bitmap");
    base(LONG, b_rdmsr); /* a fault goes before the exit at CPL 3 */
    regs.rcx = 0x480;
    once("bitmaps", "msr/capability");
    base(LONG, b_rdmsr);
    regs.rcx = 0x3a;
    once("bitmaps", "msr/feature-control");
}

static void io(const char *name, const char *code, uint32_t port, uint32_t marked)
{
    base(LONG, code);
    add(PROC_CTL, PROC_IO_BITMAPS);
    set(IO_BITMAP_A, (uint64_t)pages[1]);
    set(IO_BITMAP_B, (uint64_t)pages[2]);
    if (marked < 0x10000)
        bit(marked < 0x8000 ? pages[1] : pages[2], marked & 0x7fff);
    regs.rdx = port;
    once("bitmaps", name);
}

static void ports(void)
{
    io("io/none", b_io, 0x80, 0x10000);
    io("io/own", b_io, 0x80, 0x80);
    io("io/next", b_io, 0x80, 0x81);
    io("io/first", b_io, 0, 0);
    io("io/last-of-a", b_io, 0x7fff, 0x7fff);
    io("io/first-of-b", b_io, 0x8000, 0x8000);
    io("io/last-of-b", b_io, 0xffff, 0xffff);
    io("io/wide-last-byte", b_io_wide, 0x80, 0x83);
    io("io/wide-behind", b_io_wide, 0x80, 0x84);
    io("io/wide-across", b_io_wide, 0x7ffe, 0x8001);
    io("io/wide-wraps", b_io_wide, 0xfffe, 0x10000);
    io("io/out", b_out, 0x80, 0x80);
    io("io/l0s-port", b_out, 0x8900, 0x8900);
    base(LONG, b_io); /* unconditional exiting does not count beside the bitmaps */
    add(PROC_CTL, PROC_IO_BITMAPS | PROC_IO);
    set(IO_BITMAP_A, (uint64_t)pages[1]);
    set(IO_BITMAP_B, (uint64_t)pages[2]);
    regs.rdx = 0x80;
    once("bitmaps", "io/both");
}

static void tpr(void)
{
    base(LONG, b_cr8);
    add(PROC_CTL, PROC_TPR_SHADOW);
    set(VIRTUAL_APIC, (uint64_t)pages[1]);
    pages[1][0x80] = 0x70;
    once("bitmaps", "tpr/shadow");
    say("VMX   rbx=%x rsi=%x vtpr=%x\n", regs.rbx, regs.rsi, (uint64_t)pages[1][0x80]);
    base(LONG, b_cr8);
    add(PROC_CTL, PROC_TPR_SHADOW);
    set(VIRTUAL_APIC, (uint64_t)pages[1]);
    set(TPR_THRESHOLD, 5);
    pages[1][0x80] = 0x70;
    once("bitmaps", "tpr/threshold");
    say("VMX   rbx=%x rsi=%x vtpr=%x\n", regs.rbx, regs.rsi, (uint64_t)pages[1][0x80]);
}

static void apic_access(void)
{
    for (unsigned int k = 0; k < 2; k++) {
        base(LONG, b_apic);
        if (missing(MSR_PROC2, PROC2_APIC_ACCESS)) {
            say("VMX bitmaps apic-access the processor has not got it\n");
            return;
        }
        add(PROC2_CTL, PROC2_APIC_ACCESS);
        set(APIC_ACCESS, PAGE(P_DATA));
        pages[1][0x80] = 0x30;
        if (k) {
            add(PROC_CTL, PROC_TPR_SHADOW);
            set(VIRTUAL_APIC, (uint64_t)pages[1]);
        }
        for (unsigned int i = 0; i < 5; i++) {
            const struct exit x = once("bitmaps", k ? "apic-access/shadow" : "apic-access");

            if (x.failed || x.reason != 44)
                break;
            skip();
        }
        say("VMX   rax=%x vtpr=%x\n", regs.rax & 0xff, (uint64_t)pages[1][0x80]);
    }
}

/* The offset is added to what RDTSC gives in L2: far enough apart to tell. */
static void offsets(void)
{
    uint64_t read[3];

    for (unsigned int k = 0; k < 3; k++) {
        base(LONG, b_tsc);
        if (k)
            add(PROC_CTL, PROC_TSC_OFFSET);
        set(TSC_OFFSET, k == 0 ? 1ull << 50 : k == 1 ? 1ull << 60 : 0);
        once("bitmaps", "tsc");
        read[k] = (regs.rax & 0xffffffff) | regs.rdx << 32;
    }
    say("VMX bitmaps tsc/offset off=%x on=%x zero=%x\n", read[0] >> 48, read[1] >> 56, read[2] >> 48);
}

void area_bitmaps(void)
{
    rig_setup();
    rig_on();
    msrs();
    ports();
    tpr();
    apic_access();
    offsets();
    __asm__ volatile("vmxoff");
}
