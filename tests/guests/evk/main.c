/* The event kernel's main line: options, the tables of tests, the count, the end. */
#include "evk.h"

extern uint32_t boot_magic, boot_info;

_Noreturn void evk_main(void);

static unsigned int passed, failed;

/* The number behind a word on the command line, or 'otherwise'. */
static unsigned int option(const char *line, const char *word, unsigned int otherwise)
{
	for (; line && *line; line++) {
		unsigned int i = 0, n = 0;

		while (word[i] && line[i] == word[i])
			i++;
		if (word[i])
			continue;
		for (line += i; *line >= '0' && *line <= '9'; line++)
			n = n * 10 + (unsigned int)(*line - '0');
		return n;
	}
	return otherwise;
}

/* Does the line hold gap=<name>: a difference of the emulator that the test's owner knows? */
static bool is_gap(const char *line, const char *name)
{
	for (; *line; line++) {
		const char *p = "gap=";
		unsigned int i = 0, k = 0;

		while (p[i] && line[i] == p[i])
			i++;
		if (p[i])
			continue;
		while (name[k] && line[i + k] == name[k])
			k++;
		if (!name[k] && (line[i + k] == ' ' || line[i + k] == 0))
			return true;
	}
	return false;
}

/* One table; a known gap must show itself, or the list that names it is out of date. */
static void run(const struct test *t, unsigned int rounds, const char *line)
{
	for (; t->name; t++) {
		unsigned int bad = 0;

		for (unsigned int i = 0; i < rounds && bad == 0; i++) {
			fresh();
			bad += !t->fn();
		}
		put("EVK ");
		put(t->name);
		if (is_gap(line, t->name)) {
			put(bad ? " known gap\n" : " FAIL: the known gap is closed\n");
			bad = !bad;
		} else {
			put(bad ? " FAIL" : " ok");
			if (bad)
				show_got();
			put("\n");
		}
		if (bad)
			failed++;
		else
			passed++;
	}
}

/* #UD without a gate, #NP without a gate, #DF without a gate: the processor gives up (SDM 6.15, #DF). */
static _Noreturn void triple(void)
{
	put("EVK triple fault follows\n");
	while (!(inb(0x3fd) & 0x40))
		;
	fresh();
	gate(6, 0, false, 0);
	gate(8, 0, false, 0);
	gate(11, 0, false, 0);
	__asm__ volatile("ud2");
	put("EVK triple FAIL\n");
	quit(1);
}

_Noreturn void evk_main(void)
{
	const char *line = "";
	unsigned int rounds;

	if (boot_magic == 0x2BADB002 && (((uint32_t *)(uint64_t)boot_info)[0] & 4))
		line = (const char *)(uint64_t)((uint32_t *)(uint64_t)boot_info)[4];
	console_setup(line);
	put("EVK start ");
	put(line);
	put("\n");
	trap_setup();
	page_setup();
	apic_setup();
	msr_faults = option(line, "strictmsr=", 0);
	rounds = option(line, "rounds=", 10);
	if (option(line, "triple=", 0))
		triple();
	if (option(line, "bench=", 0) || option(line, "nmis=", 0)) {
		if (option(line, "bench=", 0))
			bench(option(line, "bench=", 0));
		else
			count_nmis(option(line, "nmis=", 0));
		put("EVK passed=1 failed=0\n");
		quit(0);
	}
	run(exception_tests, rounds, line);
	run(page_tests, rounds, line);
	run(debug_tests, rounds, line);
	run(nmi_tests, rounds, line);
	run(interrupt_tests, rounds, line);
	put("EVK passed=");
	put_number(passed, 10);
	put(" failed=");
	put_number(failed, 10);
	put("\n");
	quit(failed ? 1 : 0);
}
