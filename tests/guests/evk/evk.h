/*
 * The event kernel: takes every kind of event of Provenest's first slice and checks what it received.
 * SDM volume 3, chapters 6 (interrupts and exceptions), 11 (local APIC) and 17 (debug).
 */
#ifndef EVK_H
#define EVK_H

#include <stdbool.h>
#include <stdint.h>

enum { CS64 = 0x18, CS32 = 0x08, DATA = 0x10, ABSENT = 0x20, TSS = 0x28, USER_DATA = 0x3b, USER_CODE = 0x43 };
enum { TF = 0x100, IF = 0x200, RF = 0x10000 };
#define DR6_CLEAR 0xffff0ff0u
enum { DR6_BD = 0x2000, DR6_BS = 0x4000 };
enum { IST_DF = 1, IST_HOLE = 3 };
#define HOLE 0x140000000ull		/* an address that is never mapped */

struct frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* One received event, as the handler found it. */
struct got {
	uint64_t vector, error, rip, cs, rflags, cr2, dr6, dr7, now;
	unsigned int depth;
	bool in_service;
};

typedef void hook_fn(struct frame *f);

extern struct got got[32];
extern unsigned int got_count;
extern volatile uint64_t at, after;	/* the raising instruction and the one behind it */
extern hook_fn *hooks[256];		/* what else a handler does, for this test */

/* trap.c */
void trap_setup(void);
void gate(unsigned int vector, unsigned int ist, bool present, unsigned int dpl);
void fresh(void);
bool one(uint64_t vector, uint64_t error, uint64_t rip);
bool nth(unsigned int i, uint64_t vector, uint64_t error, uint64_t rip);
void show_got(void);
extern uint64_t tss[16];

/* console.c */
void console_setup(const char *line);
void put(const char *text);
void put_number(uint64_t n, unsigned int base);
_Noreturn void quit(uint32_t code);

/* apic.c */
void apic_setup(void);
void apic_write(unsigned int reg, uint32_t value);
uint32_t apic_read(unsigned int reg);
void self_ipi(unsigned int vector);
void self_nmi(void);
void eoi(void);
bool in_service(uint64_t vector);

struct test {
	const char *name;
	bool (*fn)(void);
};
extern const struct test exception_tests[], debug_tests[], nmi_tests[], interrupt_tests[], page_tests[];
void page_setup(void);
extern bool msr_faults;
extern uint64_t seen_msr;
void bench(unsigned int n);
void count_nmis(unsigned int n);

static inline void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline void outl(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }
static inline uint8_t inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}
static inline void cli(void) { __asm__ volatile("cli" : : : "memory"); }

/* Set up, note the addresses of the raising instruction and of the one behind it, raise. */
#define RAISE(setup, insn, ...)                                                                    \
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\tmovq %%rax, at(%%rip)\n\t"                      \
			 "leaq 2f(%%rip), %%rax\n\tmovq %%rax, after(%%rip)\n\t" setup             \
			 "\n1:\t" insn "\n2:\n"                                                    \
			 : : __VA_ARGS__ : "rax", "rbx", "rcx", "rdx", "rdi", "r8", "cc", "memory")

#endif
