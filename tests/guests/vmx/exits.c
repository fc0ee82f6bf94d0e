/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What L2's instructions and exceptions come to, with the control that makes them exit and without it (SDM 25.1, 25.3, 27.2):
 * reason, qualification, length, instruction information, RIP; and that L2 goes on.
 */
#include "vmx.h"

GUEST(x_cpuid, "xorl %eax, %eax; cpuid");
GUEST(x_hlt, "hlt");
GUEST(x_vmcall, "vmcall; nop");
GUEST(x_in, "inb $0x21, %al; inw %dx, %ax; inl $0x70, %eax");
GUEST(x_out, "outb %al, $0x80; outw %ax, %dx; outl %eax, $0x80");
GUEST(x_string,
      "movl $0x1002000, %edi; movl $3, %ecx; movl $0x80, %edx; rep insb; movl $0x1002000, %esi; rep outsw; outsl");
GUEST(x_string_through, "movl $0x1002000, %edi; movl $3, %ecx; movl $0x80, %edx; rep insb; movl $0x1002000, %esi; movl "
                        "$2, %ecx; rep outsw; outsl; "
                        "vmcall; movl $5, %ecx; rep outsb; cpuid; insl");
/* A breakpoint on port 0x80 (DR7.R/W0 = 2, CR4.DE), met by byte, by the last byte of four, by a string, and beside it. */
GUEST(x_io_breakpoint, "movl $0x80, %eax; movq %rax, %dr0; movq %cr4, %rax; orl $8, %eax; movq %rax, %cr4; movl "
                       "$0x20401, %eax; movq %rax, %dr7; "
                       "outb %al, $0x80; nop; inl $0x7e, %eax; nop; movl $0x81, %edx; movl $0x1002000, %esi; outsw; "
                       "nop; movl $0x7f, %edx; outsw; "
                       "nop; cpuid");
GUEST(x_rdtsc, "rdtsc; rdtscp");
GUEST(x_rdpmc, "movl $0, %ecx; rdpmc");
GUEST(x_invlpg, "invlpg 0x12345678; movl $0x7000, %ebx; invlpg (%rbx, %rcx, 4)");
GUEST(x_pause, "pause");
GUEST(x_monitor, "movl $0x1002000, %eax; xorl %ecx, %ecx; xorl %edx, %edx; monitor");
GUEST(x_mwait, "xorl %eax, %eax; xorl %ecx, %ecx; mwait");
GUEST(x_invd, "invd; wbinvd");
GUEST(x_xsetbv, "xorl %ecx, %ecx; xorl %edx, %edx; movl $7, %eax; xsetbv");
GUEST(x_mov_dr, "movq %dr7, %rax; movq %rax, %dr3; movq %r8, %dr0; movq %dr6, %r12");
GUEST(x_cr0, "movq %cr0, %rax; movq %rax, %cr0; movq %rax, %rbx; xorq $0x8, %rbx; movq %rbx, %cr0; movq %cr0, %rsi");
GUEST(x_clts, "clts");
GUEST(x_lmsw, "smsw %ax; orw $0xa, %ax; lmsw %ax; lmsw 0x1002000");
GUEST(x_cr3, "movq %cr3, %r8; movq %rcx, %cr3");
GUEST(x_cr4, "movq %cr4, %rdx; movq %rdx, %rcx; xorq $0x4, %rcx; movq %rcx, %cr4; movq %cr4, %rsi");
GUEST(x_cr8, "movl $5, %eax; movq %rax, %cr8; movq %cr8, %rbp");
GUEST(x_descriptor,
      "sgdt 0x1002000; sidt 0x1002010(%rcx); sldt 0x1002020; strw 0x1002030; lgdt 0x1002000; str %ecx; sldt %r8d");
GUEST(x_vmx, "vmclear 0x1002000; vmptrld (%rdi); vmptrst 0x1002000(,%rcx,2); vmread %rax, %rcx; vmread %rax, "
             "0x1002000; vmwrite %rcx, "
             "%rdx; vmlaunch; vmresume; vmxoff; vmxon 0x1002000; invept 0x1002000, %rax; invvpid (%rdi), %rbx");
GUEST(x_getsec, "xorl %eax, %eax; getsec");
GUEST(x_rdrand, "rdrand %ecx");
GUEST(x_invpcid, "movl $2, %eax; invpcid 0x1002000, %rax");
GUEST(x_ud, "ud2");
GUEST(x_de, "xorl %ecx, %ecx; divl %ecx");
GUEST(x_bp, "int3");
GUEST(x_icebp, ".byte 0xf1");
GUEST(x_int, "int $0x55");
GUEST(x_gp, "movl $0x70, %eax; movw %ax, %ds");
GUEST(x_np, "movl $0x20, %eax; movw %ax, %ds");
GUEST(x_ss, "movq $0x1000000000000000, %rbp; movq (%rbp), %rax");
GUEST(x_pf_read, "movq 0x140000000, %rax");
GUEST(x_pf_write, "movabsq $0x140000000, %rbx; movq %rax, (%rbx)");
GUEST(x_pf_fetch, "movabsq $0x140000000, %rbx; jmp *%rbx");
GUEST(x_tf, "pushfq; orl $0x100, (%rsp); popfq; nop; nop");
GUEST(x_tf_cpuid, "pushfq; orl $0x100, (%rsp); popfq; cpuid; nop");
GUEST(x_triple, "lidt 0x1002000; ud2");
GUEST(x_task, "int $0x20");
GUEST(x_touch, "movq 0x1002000, %rax; movq %rax, 0x1003000; movl $0x1004000, %eax; call *%rax");
GUEST(x_far, "movabsq 0x5500000000, %rax");
GUEST(x_sti_hlt, "sti; hlt");
GUEST(x_movss, "movw $0x10, %ax; movw %ax, %ss; cpuid");
GUEST(x_sti_cpuid, "sti; cpuid");
GUEST(x_registers,
      "movl $1, %ebx; movl $2, %ecx; movl $3, %edx; movl $4, %esi; movl $5, %edi; movl $6, %ebp; movl $7, %r8d; cpuid");

/* Let L2 run until its last VMCALL; every exit is shown and skipped, up to `most`. */
static void follow(const char *name, unsigned int most)
{
    for (unsigned int i = 0; i < most; i++) {
        const struct exit x = once("exits", name);

        if (x.failed || x.reason >> 31 || x.reason == 18 || x.reason == 2 || x.reason == 52)
            return;
        if (x.reason == 0 || x.reason == 48 || x.reason == 49 || x.reason == 9)
            return;
        skip();
    }
}

static void plain(const char *name, const char *code, unsigned int most)
{
    base(LONG, code);
    follow(name, most);
}

/* The same code with a control of the primary (or secondary) word, if both machines have it. */
static void with(const char *name, const char *code, uint32_t proc, uint32_t proc2)
{
    base(LONG, code);
    if (missing(MSR_PROC, proc) || missing(MSR_PROC2, proc2)) {
        say("VMX exits %s the processor has not got it\n", name);
        return;
    }
    add(PROC_CTL, proc);
    add(PROC2_CTL, proc2);
    follow(name, 12);
}

/* Ports that L1 lets pass: strings, and breakpoints on them. */
static void ports_through(void)
{
    base(LONG, x_string_through);
    follow("io/string-through", 1);
    skip();
    follow("io/string-through", 3);
    say("VMX   rsi=%x rdi=%x rcx=%x data=%x\n", regs.rsi, regs.rdi, regs.rcx, get64(PAGE(P_DATA)) & 0xffffffff);
    base(LONG, x_io_breakpoint);
    set(EXCEPTION_BITMAP, 2);
    for (unsigned int i = 0; i < 5; i++)
        if (once("exits", "io/breakpoint").reason != 0)
            break;
}

static void instructions(void)
{
    plain("cpuid", x_cpuid, 3);
    plain("registers", x_registers, 1);
    say("VMX   rbx=%x rcx=%x rdx=%x rsi=%x rdi=%x rbp=%x r8=%x\n", regs.rbx, regs.rcx, regs.rdx, regs.rsi, regs.rdi,
        regs.rbp, regs.r8);
    plain("hlt", x_hlt, 2);
    plain("vmcall", x_vmcall, 1);
    plain("getsec", x_getsec, 2);
    plain("xsetbv/off", x_xsetbv, 2);
    base(LONG, x_xsetbv);
    add(GUEST_CR4, 1u << 18);
    follow("xsetbv", 2);
    plain("invd", x_invd, 3);
    with("wbinvd", x_invd, 0, PROC2_WBINVD);
    plain("vmx", x_vmx, 14);
    plain("rdtsc/through", x_rdtsc, 2);
    with("rdtsc", x_rdtsc, PROC_RDTSC, 0);
    with("rdpmc", x_rdpmc, PROC_RDPMC, 0);
    plain("invlpg/through", x_invlpg, 2);
    with("invlpg", x_invlpg, PROC_INVLPG, 0);
    plain("pause/through", x_pause, 2);
    with("pause", x_pause, PROC_PAUSE, 0);
    with("monitor", x_monitor, PROC_MONITOR, 0);
    plain("monitor/through", x_monitor, 2);
    with("mwait", x_mwait, PROC_MWAIT, 0);
    plain("mov-dr/through", x_mov_dr, 2);
    with("mov-dr", x_mov_dr, PROC_MOV_DR, 0);
    plain("io/through-in", x_in, 2);
    with("io/in", x_in, PROC_IO, 0);
    with("io/out", x_out, PROC_IO, 0);
    with("io/string", x_string, PROC_IO, 0);
    ports_through();
    plain("descriptor/through", x_descriptor, 2);
    with("descriptor", x_descriptor, 0, PROC2_DESCRIPTOR);
    with("rdrand", x_rdrand, 0, PROC2_RDRAND);
    base(LONG, x_rdtsc);
    drop(PROC2_CTL, PROC2_RDTSCP);
    set(EXCEPTION_BITMAP, 1u << 6);
    follow("rdtscp/off", 2);
    base(LONG, x_invpcid);
    set(EXCEPTION_BITMAP, 1u << 6);
    follow("invpcid/off", 2);
    with("invpcid/through", x_invpcid, 0, PROC2_INVPCID);
    with("invpcid", x_invpcid, PROC_INVLPG, PROC2_INVPCID);
}

static void shadowed(const char *name, const char *code, uint64_t mask0, uint64_t shadow0, uint64_t mask4,
                     uint64_t shadow4)
{
    base(LONG, code);
    set(CR0_MASK, mask0);
    set(CR0_SHADOW, shadow0);
    set(CR4_MASK, mask4);
    set(CR4_SHADOW, shadow4);
    follow(name, 6);
    say("VMX   rsi=%x rax=%x rbx=%x rcx=%x rdx=%x cr0=%x cr4=%x mask=%x shadow=%x\n", regs.rsi, regs.rax, regs.rbx,
        regs.rcx, regs.rdx, get(GUEST_CR0), get(GUEST_CR4), get(CR0_MASK), get(CR0_SHADOW));
}

static void control_registers(void)
{
    shadowed("cr0/through", x_cr0, 0, 0, 0, 0);
    shadowed("cr0/ts", x_cr0, 8, 0, 0, 0);
    shadowed("cr0/ts-shadow", x_cr0, 8, 8, 0, 0);
    shadowed("cr0/all", x_cr0, ~0ull, 0x80000031, 0, 0);
    shadowed("cr0/other", x_cr0, 0x20, 0x20, 0, 0);
    shadowed("clts/through", x_clts, 0, 0, 0, 0);
    shadowed("clts/exits", x_clts, 8, 8, 0, 0);
    shadowed("clts/shadow-clear", x_clts, 8, 0, 0, 0);
    shadowed("lmsw/through", x_lmsw, 0, 0, 0, 0);
    shadowed("lmsw/ts", x_lmsw, 8, 0, 0, 0);
    shadowed("lmsw/mp", x_lmsw, 2, 0, 0, 0);
    shadowed("lmsw/pe", x_lmsw, 1, 0, 0, 0);
    shadowed("cr4/through", x_cr4, 0, 0, 0, 0);
    shadowed("cr4/tsd", x_cr4, 0, 0, 4, 0);
    shadowed("cr4/tsd-shadow", x_cr4, 0, 0, 4, 4);
    shadowed("cr4/vmxe-hidden", x_cr4, 0, 0, 0x2000, 0);
    shadowed("cr4/all", x_cr4, 0, 0, ~0ull, 0x20);
    for (unsigned int i = 0; i < 3; i++) {
        base(LONG, x_cr3);
        regs.rcx = (uint64_t)pml4;
        add(PROC_CTL, i == 1 ? PROC_CR3_LOAD : i == 2 ? PROC_CR3_STORE : 0);
        follow(i == 1 ? "cr3/load" : i == 2 ? "cr3/store" : "cr3/through", 3);
    }
    plain("cr8/through", x_cr8, 2);
    say("VMX   rbp=%x\n", regs.rbp);
    with("cr8/load", x_cr8, PROC_CR8_LOAD, 0);
    with("cr8/store", x_cr8, PROC_CR8_STORE, 0);
}

static void exception(const char *name, const char *code, uint32_t bitmap, uint32_t mask, uint32_t match)
{
    base(LONG, code);
    set(EXCEPTION_BITMAP, bitmap);
    set(PF_MASK, mask);
    set(PF_MATCH, match);
    follow(name, 1);
    show_seen();
}

static void exceptions(void)
{
    static const struct {
        const char *name, *code;
        uint32_t vector;
    } each[] = {{"ud", x_ud, 6},  {"de", x_de, 0},  {"bp", x_bp, 3}, {"icebp", x_icebp, 1},      {"gp", x_gp, 13},
                {"np", x_np, 11}, {"ss", x_ss, 12}, {"tf", x_tf, 1}, {"tf-cpuid", x_tf_cpuid, 1}};
    char name[40];

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++) {
        unsigned int n = 0;

        for (; each[i].name[n]; n++)
            name[n] = each[i].name[n];
        for (unsigned int k = 0; k < 8; k++)
            name[n + k] = "/handled"[k];
        name[n + 8] = 0;
        exception(name, each[i].code, ~(1u << each[i].vector), 0, 0);
        name[n] = 0;
        exception(name, each[i].code, 1u << each[i].vector, 0, 0);
    }
    exception("int", x_int, ~0u, 0, 0);
    exception("pf/bit", x_pf_read, 1u << 14, 0, 0);
    exception("pf/no-bit", x_pf_read, 0, 0, 0);
    exception("pf/match-write", x_pf_write, 1u << 14, 2, 2);
    exception("pf/match-read", x_pf_read, 1u << 14, 2, 2);
    exception("pf/no-match-read", x_pf_read, 0, 2, 2);
    exception("pf/no-match-write", x_pf_write, 0, 2, 2);
    exception("pf/fetch", x_pf_fetch, 1u << 14, 0x10, 0x10);
    exception("pf/fetch-no-match", x_pf_fetch, 1u << 14, 0x10, 0);
    exception("pf/never", x_pf_read, 1u << 14, 0, 1);
    exception("pf/always", x_pf_write, 0, 0, 1);
    base(LONG, x_tf_cpuid); /* skipped with BS pending: the trap comes first, and once */
    set(EXCEPTION_BITMAP, 2);
    once("exits", "tf-skipped");
    skip();
    add(GUEST_PENDING_DEBUG, 0x4000);
    once("exits", "tf-skipped");
    once("exits", "tf-skipped");
    once("exits", "tf-skipped");
    exception("triple", x_triple, 0, 0, 0);
    exception("movss", x_movss, 0, 0, 0);
    exception("sti-cpuid", x_sti_cpuid, 0, 0, 0);
}

/* EPT12 violations and misconfigurations, with the guest-physical and the linear address. */
static void ept_cases(void)
{
    static const struct {
        const char *name;
        enum page page;
        uint64_t leaf;
    } each[] = {
        {"ept/not-present", P_DATA, 0},
        {"ept/read-only-read", P_DATA, 1},
        {"ept/execute-only-read", P_DATA, 4},
        {"ept/read-only-write", P_CODE, 1},
        {"ept/write-gone", P_CODE, 0},
        {"ept/execute", P_TABLE, 3},
        {"ept/fetch-gone", P_TABLE, 0},
        {"ept/write-only", P_DATA, 2},
        {"ept/write-execute", P_DATA, 6},
        {"ept/memory-type", P_DATA, 7 | 2 << 3},
        {"ept/stack", P_STACK, 0},
    };

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++) {
        base(LONG, x_touch);
        *(volatile uint8_t *)PAGE(P_TABLE) = 0xc3; /* the code called there returns */
        map(each[i].page, each[i].leaf);
        follow(each[i].name, 4);
        map(each[i].page, 7);
        follow(each[i].name, 4);
    }
    base(LONG, x_far);
    follow("ept/beyond", 2);
}

static void modes(void)
{
    static const struct {
        const char *name;
        enum guest guest;
    } each[] = {{"mode/long", LONG},           {"mode/long-no-unrestricted", LONG_NO_UG},
                {"mode/protected", PROTECTED}, {"mode/pae", PAE},
                {"mode/real", REAL},           {"mode/v86", V86},
                {"mode/no-ept", NO_EPT}};

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++) {
        base(each[i].guest, x_cpuid);
        follow(each[i].name, 3);
    }
    base(PROTECTED, x_task);
    put64(PAGE(P_IDT) + 0x20 * 8, 0x50ull << 16 | 0x85ull << 40);
    follow("task-switch/gate", 2);
    base(PAE, x_task);
    put64(PAGE(P_IDT) + 0x20 * 8, 0x50ull << 16 | 0x85ull << 40);
    follow("task-switch/pae", 2);
}

/* What an exit saves and loads of registers that both sides use (SDM 27.3, 27.5). */
GUEST(
    x_state,
    "movl $0xc0000080, %ecx; rdmsr; movl $0x277, %ecx; rdmsr; movl $0x00070106, %eax; movl $0x00070406, %edx; wrmsr; "
    "movl $0x174, %ecx; movl $0x1234, %eax; xorl %edx, %edx; wrmsr; movl $0x175, %ecx; wrmsr; movl $0x400, %eax; "
    "orl $0x2, %eax; movq %rax, %dr7; movw $0x38, %ax; movw %ax, %gs; movw $0x10, %ax; movw %ax, %fs; lidt 0x1002000");
static void state(void)
{
    base(LONG, x_state);
    put64(PAGE(P_DATA), 0x10000000ffull);
    add(EXIT_CTL, settle(MSR_EXIT, EXITC_SAVE_PAT));
    set_cr2(0xabcd000);
    follow("state", 2);
    say("VMX   efer=%x pat=%x/%x sysenter=%x/%x/%x dr7=%x/%x gs=%x/%x fs=%x idtr=%x/%x\n", get(GUEST_EFER),
        get(GUEST_PAT), rdmsr(MSR_PAT), get(GUEST_SYSENTER_CS), get(GUEST_SYSENTER_ESP), rdmsr(0x174), get(GUEST_DR7),
        dr7(), get(GUEST_GS_SELECTOR), get(GUEST_GS_AR_BYTES), get(GUEST_FS_SELECTOR), get(GUEST_IDTR_BASE),
        get(GUEST_IDTR_LIMIT));
    say("VMX   efer=%x entry=%x exit=%x cr0=%x cr3=%x cr4=%x\n", rdmsr(MSR_EFER), get(ENTRY_CTL), get(EXIT_CTL), cr0(),
        cr3(), cr4());
}

void area_exits(void)
{
    rig_setup();
    rig_on();
    modes();
    instructions();
    control_registers();
    exceptions();
    ept_cases();
    state();
    __asm__ volatile("vmxoff");
}
