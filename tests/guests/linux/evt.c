/* The event program's frame: the signal handler that records, the table of kinds, the lines that are printed. */
#define _GNU_SOURCE
#include "evt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <ucontext.h>
#include <unistd.h>

volatile struct seen seen;
volatile uint64_t at, after, steps[16];
volatile unsigned int step_count, step_limit;
static unsigned int complaints;		/* of the kind that runs now: the first few tell enough */

static void on_signal(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *r = uc->uc_mcontext.gregs;

	seen.count++;
	seen.sig = sig;
	seen.code = info->si_code;
	seen.addr = (uint64_t)info->si_addr;
	seen.rip = (uint64_t)r[REG_RIP];
	seen.error = (uint64_t)r[REG_ERR];
	seen.trap = (uint64_t)r[REG_TRAPNO];
	seen.cr2 = (uint64_t)r[REG_CR2];
	r[REG_EFL] &= ~0x40000ll;			/* AC would make the C code of a handler fault */
	if (step_limit != 0) {
		if (step_count < 16)
			steps[step_count++] = seen.rip;
		if (step_count >= step_limit)
			r[REG_EFL] &= ~0x100ll;
		return;
	}
	r[REG_EFL] &= ~0x100ll;
	r[REG_RIP] = (greg_t)after;
}

void complain(const char *kind, const char *text)
{
	if (complaints++ < 3)
		printf("EVT! %s: %s\n", kind, text);
}

bool arrived(const struct want *w)
{
	return seen.count == 1 && seen.sig == w->sig && seen.trap == w->trap && seen.error == w->error &&
	       seen.rip == w->rip && (!w->check_addr || seen.addr == w->addr);
}

static void detail(const char *kind, unsigned int i)
{
	char text[256];

	snprintf(text, sizeof text, "round %u: count=%d sig=%d code=%d trap=%llu error=0x%llx rip=0x%llx (at 0x%llx, after "
		 "0x%llx) addr=0x%llx cr2=0x%llx", i, seen.count, seen.sig, seen.code, (unsigned long long)seen.trap,
		 (unsigned long long)seen.error, (unsigned long long)seen.rip, (unsigned long long)at,
		 (unsigned long long)after, (unsigned long long)seen.addr, (unsigned long long)seen.cr2);
	complain(kind, text);
}

static unsigned int run(const char *kind, round_fn *fn, unsigned int rounds)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < rounds; i++) {
		seen.count = 0;
		if (!fn(i)) {
			bad++;
			detail(kind, i);
		}
	}
	return bad;
}

static const struct { const char *name; round_fn *fn; } kinds[] = {
	{ "int80", r_int80 }, { "int3", r_int3 }, { "int4-of", r_int4 }, { "icebp", r_icebp },
	{ "single-step", r_step }, { "ud", r_ud2 }, { "de", r_div }, { "gp-selector", r_gp_selector },
	{ "gp-address", r_gp_address }, { "np", r_np }, { "ss-segment", r_ss_segment }, { "ss-address", r_ss_address },
	{ "ac", r_ac }, { "mf", r_mf }, { "xm", r_xm }, { "pf-fresh", r_fresh }, { "pf-read", r_wild_read },
	{ "pf-write", r_wild_write }, { "pf-exec", r_wild_exec }, { "pf-protected", r_protected },
};

static void catch_all(void)
{
	static const int signals[] = { SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS };
	struct sigaction a;

	memset(&a, 0, sizeof a);
	a.sa_sigaction = on_signal;
	a.sa_flags = SA_SIGINFO;
	for (unsigned int i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &a, NULL);
}

static unsigned int total, bad_total;

static void tell(const char *kind, unsigned int rounds, unsigned int bad)
{
	total += rounds;
	bad_total += bad;
	complaints = 0;
	printf("EVT %s rounds=%u bad=%u\n", kind, rounds, bad);
}

static unsigned long long now(void)
{
	return __builtin_ia32_rdtsc();
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 100;

	setvbuf(stdout, NULL, _IOLBF, 0);
	catch_all();
	if (!traps_setup() || !pages_setup()) {
		printf("EVT! the kernel doesn't give an LDT entry or memory\nEVT total=0 bad=1\n");
		return 1;
	}
	printf("EVT start rounds=%u tsc=%llu\n", rounds, now());
	for (unsigned int i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		tell(kinds[i].name, rounds, run(kinds[i].name, kinds[i].fn, rounds));
	tell("hw-breakpoint", rounds / 4, run_hwbreak(rounds / 4));
	tell("timer", rounds / 8, run_timer(rounds / 8));
	tell("nmi", rounds / 8, run_nmi(rounds / 8));
	printf("EVT end tsc=%llu\n", now());
	printf("EVT total=%u bad=%u\n", total, bad_total);
	tcdrain(1);
	return bad_total != 0;
}
