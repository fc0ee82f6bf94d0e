/*
 * The event program: raises every kind of event a user program can and checks each arrival.
 * SDM volume 3, 6.3 to 6.15: which events are faults, which traps, and which have an error code.
 */
#ifndef EVT_H
#define EVT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* What the signal handler saw last. */
struct seen {
	int count, sig, code;
	uint64_t rip, error, trap, cr2, addr;
};

/* What a round must have produced. */
struct want {
	int sig;
	uint64_t trap, error, rip;
	bool check_addr;
	uint64_t addr;
};

extern volatile struct seen seen;
extern volatile uint64_t at, after;	/* addresses of the raising instruction and of the next one */
extern volatile uint64_t steps[16];
extern volatile unsigned int step_count, step_limit;

/* A kind of event: one round returns true when everything arrived as it must. */
typedef bool round_fn(unsigned int i);

bool arrived(const struct want *w);
void complain(const char *kind, const char *text);

round_fn r_int80, r_int3, r_int4, r_icebp, r_step, r_ud2, r_div, r_gp_selector, r_gp_address, r_np, r_ss_segment,
	r_ss_address, r_ac, r_mf, r_xm, r_fresh, r_wild_read, r_wild_write, r_wild_exec, r_protected;
bool traps_setup(void);
bool pages_setup(void);
unsigned int run_timer(unsigned int rounds);
unsigned int run_nmi(unsigned int rounds);
unsigned int run_hwbreak(unsigned int rounds);

/*
 * Set up, note the addresses of the raising instruction and of the one behind it, raise.
 * The handler resumes behind it, whether the event was a fault or a trap.
 */
#define RAISE(setup, insn, ...)                                                                    \
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, at(%%rip)\n\t"                      \
			 "leaq 2f(%%rip), %%rax\n\tmovq %%rax, after(%%rip)\n\t" setup             \
			 "\n1:\t" insn "\n2:\n"                                                    \
			 : : __VA_ARGS__ : "rax", "rcx", "rdx", "rdi", "r8", "cc", "memory")

#endif
