/* bench=N: how many ticks N CPUIDs, N self-IPIs and N invalid opcodes take, for 'make bench' to compare. */
#include "evk.h"

enum { IPI = 0x41 };

static void on_ipi(struct frame *f)
{
	(void)f;
	got_count = 0;
	eoi();
}

static void on_ud(struct frame *f)
{
	got_count = 0;
	f->rip = after;
}

static void tell(const char *name, unsigned int n, uint64_t ticks)
{
	put("BENCH ");
	put(name);
	put(" n=");
	put_number(n, 10);
	put(" ticks=");
	put_number(ticks, 10);
	put("\n");
}

void bench(unsigned int n)
{
	uint64_t start;

	fresh();
	hooks[IPI] = on_ipi;
	hooks[6] = on_ud;
	start = __builtin_ia32_rdtsc();
	for (unsigned int i = 0; i < n; i++)
		__asm__ volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
	tell("cpuid", n, __builtin_ia32_rdtsc() - start);
	__asm__ volatile("sti");
	start = __builtin_ia32_rdtsc();
	for (unsigned int i = 0; i < n; i++)
		self_ipi(IPI);
	tell("interrupt", n, __builtin_ia32_rdtsc() - start);
	cli();
	start = __builtin_ia32_rdtsc();
	for (unsigned int i = 0; i < n; i++)
		RAISE("", "ud2", "i"(0));
	tell("exception", n, __builtin_ia32_rdtsc() - start);
}
