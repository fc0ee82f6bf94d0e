/* Events raised by one instruction: software interrupts, traps, faults with and without an error code. */
#define _GNU_SOURCE
#include "evt.h"

#include <asm/ldt.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRAP_FLAG "$0x100"
#define AC_FLAG "$0x40000"

enum { LDT_ENTRY = 5 };

/* A data segment that is not present: loading it is #NP into DS and #SS into SS (SDM 6.15). */
bool traps_setup(void)
{
	struct user_desc d = { .entry_number = LDT_ENTRY, .limit = 0xfffff, .seg_32bit = 1,
			       .limit_in_pages = 1, .seg_not_present = 1, .useable = 1 };

	return syscall(SYS_modify_ldt, 1, &d, sizeof d) == 0;
}

/* INT n through the 32-bit system call gate: getpid (20). */
bool r_int80(unsigned int i)
{
	static long pid;
	long got = 20;

	(void)i;
	if (pid == 0)
		pid = getpid();
	__asm__ volatile("int $0x80" : "+a"(got) : : "r8", "r9", "r10", "r11", "memory");
	return got == pid;
}

bool r_int3(unsigned int i)
{
	(void)i;
	RAISE("", "int3", "i"(0));
	return arrived(&(struct want){ .sig = SIGTRAP, .trap = 3, .rip = after });
}

bool r_int4(unsigned int i)
{
	(void)i;
	RAISE("", "int $4", "i"(0));
	return arrived(&(struct want){ .sig = SIGSEGV, .trap = 4, .rip = after });
}

bool r_icebp(unsigned int i)
{
	(void)i;
	RAISE("", ".byte 0xf1", "i"(0));
	return arrived(&(struct want){ .sig = SIGTRAP, .trap = 1, .rip = after });
}

/* Single steps over plain instructions and over CPUID, which leaves the guest and comes back. */
bool r_step(unsigned int i)
{
	uint64_t where[4];

	(void)i;
	step_count = 0;
	step_limit = 4;
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, 0(%0)\n\t"
			 "leaq 2f(%%rip), %%rax\n\tmovq %%rax, 8(%0)\n\t"
			 "leaq 3f(%%rip), %%rax\n\tmovq %%rax, 16(%0)\n\t"
			 "leaq 4f(%%rip), %%rax\n\tmovq %%rax, 24(%0)\n\t"
			 "xorl %%eax, %%eax\n\txorl %%ecx, %%ecx\n\t"
			 "pushfq\n\torq " TRAP_FLAG ", (%%rsp)\n\tpopfq\n\t"
			 "nop\n1:\tcpuid\n2:\txorl %%eax, %%eax\n3:\tnop\n4:\n\t"
			 : : "r"(where) : "rax", "rbx", "rcx", "rdx", "cc", "memory");
	step_limit = 0;
	if (seen.count != 4 || seen.sig != SIGTRAP || seen.trap != 1 || seen.code != TRAP_TRACE)
		return false;
	for (unsigned int k = 0; k < 4; k++)
		if (steps[k] != where[k])
			return false;
	return true;
}

bool r_ud2(unsigned int i)
{
	(void)i;
	RAISE("", "ud2", "i"(0));
	return arrived(&(struct want){ .sig = SIGILL, .trap = 6, .rip = at, .check_addr = true, .addr = at });
}

bool r_div(unsigned int i)
{
	(void)i;
	RAISE("xorl %%ecx, %%ecx\n\tmovl $7, %%eax\n\txorl %%edx, %%edx", "divl %%ecx", "i"(0));
	return arrived(&(struct want){ .sig = SIGFPE, .trap = 0, .rip = at, .check_addr = true, .addr = at });
}

/* A selector beyond the GDT's limit is the error code, without its privilege bits (SDM 6.13). */
bool r_gp_selector(unsigned int i)
{
	uint32_t selector = 0x1000u + (i & 0xfffu) * 8u;

	RAISE("movl %0, %%eax\n\torl $3, %%eax", "movw %%ax, %%ds", "r"(selector));
	return arrived(&(struct want){ .sig = SIGSEGV, .trap = 13, .error = selector, .rip = at });
}

bool r_gp_address(unsigned int i)
{
	RAISE("movq %0, %%rdi", "movq (%%rdi), %%rax", "r"(0x8000000000000000ull + i));
	return arrived(&(struct want){ .sig = SIGSEGV, .trap = 13, .rip = at });
}

bool r_np(unsigned int i)
{
	(void)i;
	RAISE("movl %0, %%eax", "movw %%ax, %%es", "i"(LDT_ENTRY * 8 + 7));
	return arrived(&(struct want){ .sig = SIGBUS, .trap = 11, .error = LDT_ENTRY * 8 + 4, .rip = at });
}

bool r_ss_segment(unsigned int i)
{
	(void)i;
	RAISE("movl %0, %%eax", "movw %%ax, %%ss", "i"(LDT_ENTRY * 8 + 7));
	return arrived(&(struct want){ .sig = SIGBUS, .trap = 12, .error = LDT_ENTRY * 8 + 4, .rip = at });
}

bool r_ss_address(unsigned int i)
{
	RAISE("movq %0, %%rdi\n\tpushq %%rbp\n\tmovq %%rdi, %%rbp", "movq (%%rbp), %%rax\n2:\tpopq %%rbp",
	      "r"(0x8000000000000000ull + i));
	return arrived(&(struct want){ .sig = SIGBUS, .trap = 12, .rip = at });
}

bool r_ac(unsigned int i)
{
	static uint64_t words[2];

	(void)i;
	RAISE("leaq 1(%0), %%rdi\n\tpushfq\n\torq " AC_FLAG ", (%%rsp)\n\tpopfq", "movl (%%rdi), %%eax", "r"(words));
	return arrived(&(struct want){ .sig = SIGBUS, .trap = 17, .rip = at });
}

bool r_mf(unsigned int i)
{
	const uint16_t open_zero_divide = 0x37b;

	(void)i;
	RAISE("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp", "fwait", "m"(open_zero_divide));
	__asm__ volatile("fninit");
	return arrived(&(struct want){ .sig = SIGFPE, .trap = 16, .rip = at });
}

bool r_xm(unsigned int i)
{
	const uint32_t open_zero_divide = 0x1d80, standard = 0x1f80;
	const float one = 1.0f, zero = 0.0f;

	(void)i;
	RAISE("ldmxcsr %0\n\tmovss %1, %%xmm0", "divss %2, %%xmm0", "m"(open_zero_divide), "m"(one), "m"(zero));
	__asm__ volatile("ldmxcsr %0" : : "m"(standard));
	return arrived(&(struct want){ .sig = SIGFPE, .trap = 19, .rip = at });
}
