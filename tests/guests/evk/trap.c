/* The IDT, the TSS, and the one handler that records every event. */
#include "evk.h"

struct got got[32];
unsigned int got_count;
volatile uint64_t at, after;
hook_fn *hooks[256];
uint64_t tss[16];			/* 104 bytes are used: RSP0 at 4, IST1 at 36 (SDM 7.7), hence the shifts below */

extern char stubs[];
extern uint64_t gdt[];

static uint64_t idt[512] __attribute__((aligned(16)));
static uint8_t stacks[2][4096] __attribute__((aligned(16)));
static unsigned int depth;

void trap(struct frame *f);

void gate(unsigned int vector, unsigned int ist, bool present, unsigned int dpl)
{
	uint64_t p = (uint64_t)stubs + vector * 16u;

	idt[vector * 2] = (p & 0xffff) | (uint64_t)CS64 << 16 | (uint64_t)ist << 32 | 0xeull << 40 |
			  (uint64_t)dpl << 45 | (uint64_t)present << 47 | (p >> 16 & 0xffff) << 48;
	idt[vector * 2 + 1] = p >> 32;
}

/* The TSS's 64-bit fields lie at 4 modulo 8. */
static void tss_field(unsigned int offset, uint64_t value)
{
	uint32_t *t = (uint32_t *)tss;

	t[offset / 4] = (uint32_t)value;
	t[offset / 4 + 1] = (uint32_t)(value >> 32);
}

void trap_setup(void)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} ptr = { sizeof idt - 1, (uint64_t)idt };
	uint64_t base = (uint64_t)tss;

	for (unsigned int v = 0; v < 256; v++)
		gate(v, 0, true, 0);
	gate(8, IST_DF, true, 0);
	tss_field(4, (uint64_t)stacks[1] + 4096);
	tss_field(36, (uint64_t)stacks[0] + 4096);
	tss_field(52, HOLE + 0x800);
	gdt[TSS / 8] = 103 | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
	gdt[TSS / 8 + 1] = base >> 32;
	__asm__ volatile("lidt %0; ltr %w1" : : "m"(ptr), "r"(TSS));
}

static void record(const struct frame *f)
{
	struct got *g = &got[got_count < 31 ? got_count : 31];

	got_count++;
	g->vector = f->vector;
	g->error = f->error;
	g->rip = f->rip;
	g->cs = f->cs;
	g->rflags = f->rflags;
	__asm__ volatile("movq %%cr2, %0" : "=r"(g->cr2));
	__asm__ volatile("movq %%dr7, %0" : "=r"(g->dr7));
	__asm__ volatile("movq %%dr6, %0" : "=r"(g->dr6));
	g->now = __builtin_ia32_rdtsc();
	g->depth = depth;
	g->in_service = f->vector >= 32 && in_service(f->vector);
}

/* Called from the stub of every vector. A fault resumes behind the instruction that raised it. */
void trap(struct frame *f)
{
	depth++;
	record(f);
	if (depth > 6 || got_count > 100) {
		put("EVK! events without end\n");
		show_got();
		quit(3);
	}
	if (hooks[f->vector])
		hooks[f->vector](f);
	else if (f->vector >= 32 && got[got_count < 32 ? got_count - 1 : 31].in_service)
		eoi();
	else if (f->vector != 2 && f->vector < 32)
		f->rip = after;
	depth--;
}

void fresh(void)
{
	got_count = 0;
	for (unsigned int i = 0; i < 256; i++)
		hooks[i] = 0;
	__asm__ volatile("movq %0, %%dr7; movq %1, %%dr6" : : "r"(0x400ull), "r"((uint64_t)DR6_CLEAR));
}

bool nth(unsigned int i, uint64_t vector, uint64_t error, uint64_t rip)
{
	return i < got_count && got[i].vector == vector && got[i].error == error && got[i].rip == rip &&
	       (got[i].cs == CS64 || got[i].cs == CS32);
}

bool one(uint64_t vector, uint64_t error, uint64_t rip)
{
	return got_count == 1 && nth(0, vector, error, rip) && got[0].depth == 1;
}

static void show(const char *name, uint64_t n)
{
	put(name);
	put_number(n, 16);
}

void show_got(void)
{
	show(" at=", at);
	show(" after=", after);
	show(" events=", got_count);
	for (unsigned int i = 0; i < got_count && i < 5; i++) {
		show(" | v=", got[i].vector);
		show(" e=", got[i].error);
		show(" rip=", got[i].rip);
		show(" cs=", got[i].cs);
		show(" fl=", got[i].rflags);
		show(" cr2=", got[i].cr2);
		show(" dr6=", got[i].dr6);
		show(" dr7=", got[i].dr7);
		show(" depth=", got[i].depth);
		show(" isr=", got[i].in_service);
	}
}
