/* Page faults with every error code a supervisor and a user access can have (SDM 4.7), and events from CPL 3. */
#include "evk.h"

enum { P = 1, W = 2, U = 4, RSVD = 8, FETCH = 16 };
#define AREA 0x100000000ull		/* page 0 read-only, 1 no-execute, 2 a reserved bit, 3 the user's */
#define USER_PAGE (AREA + 0x3000)

extern uint64_t pdpt[];
extern char user_code[], user_code_end[], user_int3, user_hlt, user_ac, user_read, user_ud;
extern uint64_t user_back_rsp;
void enter_user(uint64_t rip, uint64_t rsp);
extern char user_back[];

static uint64_t pd4[512] __attribute__((aligned(4096))), pt4[512] __attribute__((aligned(4096)));
static uint8_t pages[4][4096] __attribute__((aligned(4096)));

__asm__(".text\n.globl enter_user, user_back, user_code, user_code_end, user_int3, user_hlt, user_ac, user_read, user_ud\n"
	"enter_user:\n\tpushq %rbx\n\tpushq %rbp\n\tpushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n"
	"\tmovq %rsp, user_back_rsp\n\tpushq $0x3b\n\tpushq %rsi\n\tpushq $2\n\tpushq $0x43\n\tpushq %rdi\n\tiretq\n"
	"user_back:\n\tpopq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\tpopq %rbp\n\tpopq %rbx\n\tret\n"
	"user_code:\nuser_int3:\tint3\nuser_hlt:\thlt\nuser_ud:\tud2\n"
	"user_read:\tmovabsq 0x140000010, %rax\n"
	"user_ac:\tpushfq\n\torq $0x40000, (%rsp)\n\tpopfq\n\tmovl 1(%rsp), %eax\nuser_code_end:\n");
uint64_t user_back_rsp;

void page_setup(void)
{
	uint64_t high = 1ull << 50;

	pdpt[4] = (uint64_t)pd4 | P | W | U;
	pd4[0] = (uint64_t)pt4 | P | W | U;
	pt4[0] = (uint64_t)pages[0] | P;
	pt4[1] = (uint64_t)pages[1] | P | W | 1ull << 63;
	pt4[2] = (uint64_t)pages[2] | P | W | high;
	pt4[3] = (uint64_t)pages[3] | P | W | U;
	for (unsigned int i = 0; i < (unsigned int)(user_code_end - user_code); i++)
		pages[3][i] = (uint8_t)user_code[i];
	__asm__ volatile("movq %%cr0, %%rax; orl $0x40000, %%eax; movq %%rax, %%cr0" : : : "rax", "memory");
}

static bool fault(uint64_t address, uint64_t error, uint64_t rip)
{
	return one(14, error, rip) && got[0].cr2 == address;
}

static bool read_at(uint64_t address, uint64_t error)
{
	RAISE("movq %0, %%rdi", "movb (%%rdi), %%al", "r"(address));
	return fault(address, error, at);
}

static bool write_at(uint64_t address, uint64_t error)
{
	RAISE("movq %0, %%rdi", "movb %%al, (%%rdi)", "r"(address));
	return fault(address, error, at);
}

static bool jump_to(uint64_t address, uint64_t error)
{
	RAISE("movq %0, %%rdi", "jmpq *%%rdi", "r"(address));
	return fault(address, error, address);
}

static bool t_read(void) { return read_at(HOLE + 0x777, 0); }
static bool t_write(void) { return write_at(HOLE + 0x1778, W); }
static bool t_fetch(void) { return jump_to(HOLE + 0x2779, FETCH); }
static bool t_read_only(void) { return write_at(AREA + 5, P | W); }
static bool t_no_execute(void) { return jump_to(AREA + 0x1006, P | FETCH); }
static bool t_reserved(void) { return read_at(AREA + 0x2007, P | RSVD); }

/* From the user's side: the handler sends the machine back to where enter_user was called. */
static void back(struct frame *f)
{
	f->rip = (uint64_t)user_back;
	f->cs = CS64;
	f->rsp = user_back_rsp;
	f->ss = DATA;
	f->rflags = 2;
}

static bool user(const char *code, uint64_t vector, uint64_t error, uint64_t length)
{
	uint64_t rip = USER_PAGE + (uint64_t)(code - user_code);

	for (unsigned int v = 0; v < 32; v++)
		hooks[v] = back;
	enter_user(rip, USER_PAGE + 0xff0);
	return got_count == 1 && got[0].vector == vector && got[0].error == error && got[0].cs == USER_CODE &&
	       got[0].rip == rip + length;
}

static bool t_user_int3(void)
{
	bool ok;

	gate(3, 0, true, 3);
	ok = user(&user_int3, 3, 0, 1);
	gate(3, 0, true, 0);
	return ok;
}

/* INT3 through a gate the user may not use: #GP that names the gate. */
static bool t_user_int3_denied(void) { return user(&user_int3, 13, 3 * 8 + 2, 0); }
static bool t_user_hlt(void) { return user(&user_hlt, 13, 0, 0); }
static bool t_user_ud(void) { return user(&user_ud, 6, 0, 0); }
static bool t_user_read(void) { return user(&user_read, 14, U, 0) && got[0].cr2 == HOLE + 0x10; }

/* The access is the last instruction of the code, 13 bytes behind its label. */
static bool t_user_ac(void) { return user(&user_ac, 17, 0, (uint64_t)(user_code_end - &user_ac) - 4); }

const struct test page_tests[] = {
	{ "pf-read", t_read }, { "pf-write", t_write }, { "pf-fetch", t_fetch }, { "pf-read-only", t_read_only },
	{ "pf-no-execute", t_no_execute }, { "pf-reserved", t_reserved }, { "user-int3", t_user_int3 },
	{ "user-int3-denied", t_user_int3_denied }, { "user-hlt", t_user_hlt }, { "user-ud", t_user_ud },
	{ "user-pf", t_user_read }, { "user-ac", t_user_ac }, { 0, 0 },
};
