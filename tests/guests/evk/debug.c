/* #DB in all its forms (SDM 17.3): code and data breakpoints, single step, GD, ICEBP, and MOV-SS shadows. */
#include "evk.h"

enum { L0_EXEC = 1, L1_WRITE = 4 | 1 << 20, L1_READ2 = 4 | 3 << 20 | 1 << 22, GD = 0x2000, B0 = 1, B1 = 2 };
enum { L0_IO = 1 | 2 << 16, L1_IO2 = 4 | 2 << 20 | 1 << 22, CR4_DE = 8 };

static volatile uint64_t word;
static volatile uint16_t selector = DATA;
static unsigned int steps_wanted;

static void arm(unsigned int reg, uint64_t address, uint64_t dr7)
{
	if (reg == 0)
		__asm__ volatile("movq %0, %%dr0" : : "r"(address));
	else
		__asm__ volatile("movq %0, %%dr1" : : "r"(address));
	__asm__ volatile("movq %0, %%dr7" : : "r"(dr7 | 0x400));
}

static bool db(unsigned int i, uint64_t rip, uint64_t bits)
{
	return nth(i, 1, 0, rip) && got[i].dr6 == (DR6_CLEAR | bits);
}

/* Return to the instruction and let it run: RF, which the processor has set already if it is right. */
static void keep_going(struct frame *f)
{
	f->rflags |= RF;
}

/* ICEBP: a trap that leaves DR6 alone. */
static bool t_icebp(void)
{
	RAISE("", ".byte 0xf1", "i"(0));
	return one(1, 0, after) && db(0, after, 0);
}

extern char exec_here[];

/* A code breakpoint is a fault: it is raised before the instruction. */
__attribute__((noinline, noclone)) static bool t_exec(void)
{
	hooks[1] = keep_going;
	arm(0, (uint64_t)exec_here, L0_EXEC);
	__asm__ volatile("nop\n\t.globl exec_here\nexec_here:\tnop\n\tnop");
	return got_count == 1 && db(0, (uint64_t)exec_here, B0);
}

/* RF is not in the flags that are saved: for an instruction breakpoint the handler has to set it, as ours does
   (SDM 17.3.1.1: every fault saves RF = 1 but this one). */
static bool t_exec_rf(void)
{
	return t_exec() && !(got[0].rflags & RF);
}

/* The same on an instruction that leaves the guest: it must run once, without a second #DB. */
__attribute__((noinline, noclone)) static bool t_exec_cpuid(void)
{
	extern char exec_cpuid[];

	hooks[1] = keep_going;
	arm(0, (uint64_t)exec_cpuid, L0_EXEC);
	__asm__ volatile("nop\n\t.globl exec_cpuid\nexec_cpuid:\tcpuid\n\tnop" : : "a"(0), "c"(0) : "rbx", "rdx");
	return got_count == 1 && db(0, (uint64_t)exec_cpuid, B0);
}

static bool t_data(void)
{
	arm(1, (uint64_t)&word, L1_WRITE);
	RAISE("leaq %0, %%rdi", "movb $1, (%%rdi)", "m"(word));
	return one(1, 0, after) && db(0, after, B1);
}

/* Bits of DR6 that were set stay set. */
static bool t_sticky(void)
{
	__asm__ volatile("movq %0, %%dr6" : : "r"((uint64_t)DR6_CLEAR | DR6_BS));
	arm(1, (uint64_t)&word, L1_WRITE);
	RAISE("leaq %0, %%rdi", "movb $1, (%%rdi)", "m"(word));
	return one(1, 0, after) && db(0, after, B1 | DR6_BS);
}

/* General detect: a fault on the access; DR7.GD is clear in the handler. */
static bool t_gd(void)
{
	arm(0, 0, GD);
	RAISE("", "movq %%dr0, %%rax", "i"(0));
	return one(1, 0, at) && db(0, at, DR6_BD) && !(got[0].dr7 & GD);
}

static void step(struct frame *f)
{
	if (got_count >= steps_wanted)
		f->rflags &= ~(uint64_t)TF;
}

static void step_setup(unsigned int n)
{
	steps_wanted = n;
	hooks[1] = step;
}

/* One step over the given instruction, which may leave the guest. */
#define STEP(insn) RAISE("xorl %%eax, %%eax\n\txorl %%ecx, %%ecx\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq", insn, "i"(0))

static bool stepped(void)
{
	return got_count == 1 && db(0, after, DR6_BS) && got[0].depth == 1;
}

static bool t_step(void) { step_setup(1); STEP("nop"); return stepped(); }
static bool t_step_cpuid(void) { step_setup(1); STEP("cpuid"); return stepped(); }
static bool t_step_in(void) { step_setup(1); STEP("inb $0x64, %%al"); return stepped(); }
static bool t_step_cr0(void)
{
	step_setup(1);
	RAISE("movq %%cr0, %%rax\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq", "movq %%rax, %%cr0", "i"(0));
	return stepped();
}

static bool t_step_rdmsr(void)
{
	step_setup(1);
	RAISE("movl $0x3a, %%ecx\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq", "rdmsr", "i"(0));
	return stepped();
}

/* Three steps: each instruction once, in order. */
static bool t_step_three(void)
{
	step_setup(3);
	RAISE("leaq 3f(%%rip), %%rax\n\tmovq %%rax, %%r8\n\txorl %%ecx, %%ecx\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq",
	      "nop\n3:\txorl %%eax, %%eax\n\tcpuid", "i"(0));
	return got_count == 3 && got[0].rip == at + 1 && got[1].rip == at + 3 && db(2, after, DR6_BS);
}

/* No single-step trap behind MOV SS, one behind the instruction that follows (SDM 6.8.3). */
static bool t_step_movss(void)
{
	step_setup(1);
	STEP("movw %%ss, %%ax\n\tmovw %%ax, %%ss\n\tnop");
	return got_count >= 1 && got[0].rip == at + 3;		/* the read of SS traps as usual */
}

static bool t_movss_shadow_step(void)
{
	step_setup(1);
	RAISE("movw %%ss, %%ax\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq", "movl %%eax, %%ss\n\tnop", "i"(0));
	return stepped();
}

/* A data breakpoint on the operand of MOV SS is held until the next instruction has run. */
static bool t_movss_data(void)
{
	arm(1, (uint64_t)&selector, L1_READ2);
	RAISE("leaq %0, %%rdi", "movw (%%rdi), %%ss\n\tnop", "m"(selector));
	return one(1, 0, after) && db(0, after, B1);
}

static bool t_movss_data_cpuid(void)
{
	arm(1, (uint64_t)&selector, L1_READ2);
	RAISE("leaq %0, %%rdi\n\txorl %%eax, %%eax\n\txorl %%ecx, %%ecx", "movw (%%rdi), %%ss\n\tcpuid", "m"(selector));
	return one(1, 0, after) && db(0, after, B1);
}

/* Two reasons, one #DB. */
static bool t_step_and_data(void)
{
	step_setup(1);
	arm(1, (uint64_t)&word, L1_WRITE);
	RAISE("leaq %0, %%rdi\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq", "movb $1, (%%rdi)", "m"(word));
	return got_count == 1 && db(0, after, DR6_BS | B1);
}

/* I/O breakpoints, with CR4.DE (SDM 17.2.4): a trap behind the access, on a port that leaves the guest (0x64, 0xcf9) and on one that
   does not (0x80), for a byte and for the last byte of more. */
static void debug_extensions(bool on)
{
	uint64_t cr4;

	__asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("movq %0, %%cr4" : : "r"(on ? cr4 | CR4_DE : cr4 & ~(uint64_t)CR4_DE));
}

static bool io_trap(uint64_t bits)
{
	debug_extensions(false);
	return one(1, 0, after) && db(0, after, bits);
}

static void io_arm(unsigned int reg, uint64_t port, uint64_t dr7)
{
	debug_extensions(true);
	arm(reg, port, dr7);
}

static bool t_io(void)
{
	io_arm(0, 0x80, L0_IO);
	RAISE("xorl %%eax, %%eax", "outb %%al, $0x80", "i"(0));
	return io_trap(B0);
}

static bool t_io_in(void)
{
	io_arm(0, 0x64, L0_IO);
	RAISE("", "inb $0x64, %%al", "i"(0));
	return io_trap(B0);
}

static bool t_io_out(void)
{
	io_arm(0, 0xcf9, L0_IO);
	RAISE("movl $0xcf9, %%edx\n\txorl %%eax, %%eax", "outb %%al, %%dx", "i"(0));
	return io_trap(B0);
}

/* Two bytes from 0xcfa, of which a dword at 0xcf8 has both; and a step, in one #DB. */
static bool t_io_wide(void)
{
	step_setup(1);
	io_arm(1, 0xcfa, L1_IO2);
	RAISE("movl $0xcf8, %%edx\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq", "inl %%dx, %%eax", "i"(0));
	debug_extensions(false);
	return got_count == 1 && db(0, after, DR6_BS | B1);
}

/* Beside it, and without CR4.DE (then the code for I/O is no breakpoint): nothing. */
static bool t_io_beside(void)
{
	io_arm(0, 0x65, L0_IO);
	RAISE("", "inb $0x64, %%al", "i"(0));
	debug_extensions(false);
	return got_count == 0;
}

const struct test debug_tests[] = {
	{ "icebp", t_icebp }, { "code-breakpoint", t_exec }, { "code-breakpoint-rf", t_exec_rf },
	{ "code-breakpoint-cpuid", t_exec_cpuid },
	{ "data-breakpoint", t_data }, { "dr6-sticky", t_sticky }, { "general-detect", t_gd }, { "step", t_step },
	{ "step-cpuid", t_step_cpuid }, { "step-in", t_step_in }, { "step-cr0", t_step_cr0 },
	{ "step-rdmsr", t_step_rdmsr }, { "step-three", t_step_three }, { "step-read-ss", t_step_movss },
	{ "movss-shadow-step", t_movss_shadow_step }, { "movss-shadow-data", t_movss_data },
	{ "movss-shadow-data-cpuid", t_movss_data_cpuid }, { "step-and-data", t_step_and_data },
	{ "io-breakpoint", t_io }, { "io-breakpoint-in", t_io_in }, { "io-breakpoint-out", t_io_out },
	{ "io-breakpoint-wide", t_io_wide }, { "io-breakpoint-beside", t_io_beside }, { 0, 0 },
};
