/* Faults, software interrupts, and faults that happen while another is delivered (SDM 6.15, table 6-5). */
#include "evk.h"

enum { ERR_EXT = 1, ERR_IDT = 2 };

extern void call_into(void), call_bound(void);
extern char into_after[], bound_at[], bound_after[];

uint64_t seen_msr;

static bool t_de(void)
{
	RAISE("xorl %%ecx, %%ecx\n\txorl %%edx, %%edx", "divl %%ecx", "i"(0));
	return one(0, 0, at);
}

static bool t_ud(void)
{
	RAISE("", "ud2", "i"(0));
	return one(6, 0, at);
}

/* A fault saves RF=1, so that a code breakpoint on the instruction does not fire twice (SDM 17.3.1.1). */
static bool t_ud_rf(void)
{
	return t_ud() && (got[0].rflags & RF);
}

static bool t_nm(void)
{
	RAISE("movq %%cr0, %%rax\n\torl $8, %%eax\n\tmovq %%rax, %%cr0", "fld1", "i"(0));
	__asm__ volatile("clts");
	return one(7, 0, at);
}

static bool t_mf(void)
{
	const uint16_t open_zero_divide = 0x37b;

	RAISE("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\tfdivrp", "fwait", "m"(open_zero_divide));
	__asm__ volatile("fninit");
	return one(16, 0, at);
}

static bool t_xm(void)
{
	const uint32_t open_zero_divide = 0x1d80, standard = 0x1f80, values[2] = { 0x3f800000, 0 };

	RAISE("ldmxcsr %0\n\tmovss %1, %%xmm0", "divss %2, %%xmm0", "m"(open_zero_divide), "m"(values[0]), "m"(values[1]));
	__asm__ volatile("ldmxcsr %0" : : "m"(standard));
	return one(19, 0, at);
}

static bool t_bp(void)
{
	RAISE("", "int3", "i"(0));
	return one(3, 0, after);
}

static bool t_int4(void)
{
	RAISE("", "int $4", "i"(0));
	return one(4, 0, after);
}

static bool t_into(void)
{
	after = (uint64_t)into_after;
	call_into();
	return one(4, 0, after) && got[0].cs == CS32;
}

static bool t_br(void)
{
	after = (uint64_t)bound_after;
	call_bound();
	return one(5, 0, (uint64_t)bound_at) && got[0].cs == CS32;
}

static bool t_int_n(void)
{
	RAISE("sti\n\tnop", "int $0x30", "i"(0));
	cli();
	return one(0x30, 0, after) && (got[0].rflags & IF) && !got[0].in_service;
}

static bool t_int_80(void)
{
	RAISE("", "int $0x80", "i"(0));
	return one(0x80, 0, after) && !(got[0].rflags & IF);
}

static bool t_gp_selector(void)
{
	RAISE("movl $0x1230, %%eax", "movw %%ax, %%ds", "i"(0));
	return one(13, 0x1230, at);
}

static bool t_gp_zero(void)
{
	RAISE("movq %0, %%rdi", "movq (%%rdi), %%rax", "r"(1ull << 63));
	return one(13, 0, at);
}

static bool t_np(void)
{
	RAISE("movl %0, %%eax", "movw %%ax, %%ds", "i"(ABSENT));
	return one(11, ABSENT, at);
}

static bool t_ss(void)
{
	RAISE("movl %0, %%eax", "movw %%ax, %%ss", "i"(ABSENT));
	return one(12, ABSENT, at);
}

static bool t_ss_zero(void)
{
	RAISE("movq %0, %%rdi\n\tpushq %%rbp\n\tmovq %%rdi, %%rbp", "movq (%%rbp), %%rax\n2:\tpopq %%rbp", "r"(1ull << 63));
	return one(12, 0, at);
}

/* A gate that is not present: #NP whose error code names the gate; EXT only for an event from outside (SDM 6.13). */
static bool t_int_absent(void)
{
	gate(0x31, 0, false, 0);
	RAISE("", "int $0x31", "i"(0));
	gate(0x31, 0, true, 0);
	return one(11, 0x31 * 8 + ERR_IDT, at);
}

static bool t_ud_absent(void)
{
	gate(6, 0, false, 0);
	RAISE("", "ud2", "i"(0));
	gate(6, 0, true, 0);
	return one(11, 6 * 8 + ERR_IDT + ERR_EXT, at);
}

static bool double_fault(void)
{
	return got_count == 1 && got[0].vector == 8 && got[0].error == 0 && got[0].cs == CS64;
}

static bool t_df_de_np(void)
{
	gate(0, 0, false, 0);
	RAISE("xorl %%ecx, %%ecx\n\txorl %%edx, %%edx", "divl %%ecx", "i"(0));
	gate(0, 0, true, 0);
	return double_fault();
}

static bool t_df_gp_np(void)
{
	gate(13, 0, false, 0);
	RAISE("movl $0x1230, %%eax", "movw %%ax, %%ds", "i"(0));
	gate(13, 0, true, 0);
	return double_fault();
}

static bool t_df_np_np(void)
{
	gate(11, 0, false, 0);
	RAISE("movl %0, %%eax", "movw %%ax, %%ds", "i"(ABSENT));
	gate(11, 0, true, 0);
	return double_fault();
}

/* The first page fault has written CR2 before the second fault makes a double fault of both. */
static bool t_df_pf_np(void)
{
	gate(14, 0, false, 0);
	RAISE("movq %0, %%rdi", "movb (%%rdi), %%al", "r"(HOLE + 0x123));
	gate(14, 0, true, 0);
	return double_fault() && got[0].cr2 == HOLE + 0x123;
}

static bool t_df_pf_pf(void)
{
	gate(14, IST_HOLE, true, 0);
	RAISE("movq %0, %%rdi", "movb (%%rdi), %%al", "r"(HOLE + 0x123));
	gate(14, 0, true, 0);
	return double_fault();
}

/* The second page fault is the last to write CR2. */
static bool t_df_pf_pf_cr2(void)
{
	return t_df_pf_pf() && got[0].cr2 == HOLE + 0x7f8;
}

static bool stack_fault(void)
{
	return one(14, 2, at) && got[0].cr2 == HOLE + 0x7f8;
}

/* A page fault while a contributory or a benign event is delivered is handled by itself: no double fault. */
static bool t_gp_then_pf(void)
{
	gate(13, IST_HOLE, true, 0);
	RAISE("movl $0x1230, %%eax", "movw %%ax, %%ds", "i"(0));
	gate(13, 0, true, 0);
	return stack_fault();
}

static bool t_ud_then_pf(void)
{
	gate(6, IST_HOLE, true, 0);
	RAISE("", "ud2", "i"(0));
	gate(6, 0, true, 0);
	return stack_fault();
}

static bool t_int_then_pf(void)
{
	gate(0x32, IST_HOLE, true, 0);
	RAISE("", "int $0x32", "i"(0));
	gate(0x32, 0, true, 0);
	return stack_fault();
}

static bool t_bp_then_pf(void)
{
	gate(3, IST_HOLE, true, 0);
	RAISE("", "int3", "i"(0));
	gate(3, 0, true, 0);
	return stack_fault();
}

static bool t_icebp_then_pf(void)
{
	gate(1, IST_HOLE, true, 0);
	RAISE("", ".byte 0xf1", "i"(0));
	gate(1, 0, true, 0);
	return stack_fault();
}

bool msr_faults;

/* An MSR the processor does not have: #GP, or 0, by the hypervisor's option. */
static bool t_unknown_msr(void)
{
	RAISE("movl $0x1a0, %%ecx\n\tmovl $7, %%eax", "rdmsr\n2:\tmovq %%rax, %%r8\n\tmovq %%r8, seen_msr(%%rip)", "i"(0));
	return msr_faults ? one(13, 0, at) : got_count == 0 && seen_msr == 0;
}

const struct test exception_tests[] = {
	{ "de", t_de }, { "ud", t_ud }, { "ud-saves-rf", t_ud_rf }, { "nm", t_nm }, { "mf", t_mf }, { "xm", t_xm },
	{ "int3", t_bp }, { "int-4", t_int4 }, { "into", t_into }, { "bound", t_br }, { "int-n", t_int_n },
	{ "int-80", t_int_80 }, { "gp-selector", t_gp_selector }, { "gp-zero", t_gp_zero }, { "np", t_np },
	{ "ss-selector", t_ss }, { "ss-zero", t_ss_zero }, { "int-absent-gate", t_int_absent },
	{ "ud-absent-gate", t_ud_absent }, { "df-de-np", t_df_de_np }, { "df-gp-np", t_df_gp_np },
	{ "df-np-np", t_df_np_np }, { "df-pf-np", t_df_pf_np }, { "df-pf-pf", t_df_pf_pf },
	{ "df-pf-pf-cr2", t_df_pf_pf_cr2 }, { "gp-then-pf", t_gp_then_pf }, { "ud-then-pf", t_ud_then_pf },
	{ "int-then-pf", t_int_then_pf }, { "int3-then-pf", t_bp_then_pf }, { "icebp-then-pf", t_icebp_then_pf },
	{ "unknown-msr", t_unknown_msr }, { 0, 0 },
};
