/* Events from outside the instruction stream: the timer, NMIs, and another process' debug registers. */
#define _GNU_SOURCE
#include "evt.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAPIC 0xfee00000
enum { ICR_LOW = 0x300 / 4, ICR_HIGH = 0x310 / 4, ICR_NMI_ASSERT = 0x4400, ICR_BUSY = 0x1000 };
enum { DR7_EXEC0 = 1, DR7_WRITE1 = 4 | 1 << 20 | 3 << 22, DR6_B0 = 1, DR6_B1 = 2 };

static volatile unsigned int alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* A signal each 2 ms while the program computes; every one must be seen. */
unsigned int run_timer(unsigned int rounds)
{
	const struct itimerval each = { { 0, 2000 }, { 0, 2000 } }, off = { { 0, 0 }, { 0, 0 } };
	unsigned long spin = 0;

	alarms = 0;
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &each, NULL);
	while (alarms < rounds && spin < 4000000000ul)
		spin++;
	setitimer(ITIMER_REAL, &off, NULL);
	return alarms >= rounds ? 0 : rounds - alarms;
}

/* The kernel's own count of NMIs on the only processor. */
static long nmi_count(void)
{
	char line[256];
	long n = -1;
	FILE *f = fopen("/proc/interrupts", "r");

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, " NMI: %ld", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

/* Linux says "Uhhuh" at level 0 for each unknown NMI: silence the console wholly while they come. */
static void console_level(const char *levels)
{
	int fd = open("/proc/sys/kernel/printk", O_WRONLY);

	if (fd >= 0) {
		if (write(fd, levels, strlen(levels)) < 0)
			complain("nmi", "the console can't be silenced");
		close(fd);
	}
}

/* NMIs to the own LAPIC through its ICR (SDM 11.6.1); /dev/mem gives it with iomem=relaxed. */
unsigned int run_nmi(unsigned int rounds)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	volatile uint32_t *lapic;
	long before;

	lapic = fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, LAPIC);
	if (lapic == MAP_FAILED) {
		complain("nmi", "/dev/mem doesn't give the LAPIC: is iomem=relaxed on the kernel line?");
		return rounds;
	}
	console_level("0 4 0 0");
	before = nmi_count();
	for (unsigned int i = 0; i < rounds; i++) {
		lapic[ICR_HIGH] = lapic[8] & 0xff000000u;
		lapic[ICR_LOW] = ICR_NMI_ASSERT;
		while (lapic[ICR_LOW] & ICR_BUSY)
			;
	}
	before = nmi_count() - before;
	usleep(50000);				/* what the kernel printed in NMI context comes out later */
	console_level("7 4 1 7");
	munmap((void *)lapic, 4096);
	close(fd);
	return before == (long)rounds ? 0 : rounds;
}

static volatile uint64_t watched;

__attribute__((noinline, noclone)) static void stop_here(void)
{
	__asm__ volatile("" : : : "memory");
}

extern char write_done[];

/* The watched child: reaches the code breakpoint, then writes the watched word, for ever. */
__attribute__((noreturn)) static void child(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	for (;;) {
		stop_here();
		__asm__ volatile("movq $1, %0\n\t.globl write_done\nwrite_done:" : "=m"(watched));
	}
}

static bool stopped(pid_t pid, uint64_t rip, uint64_t bit)
{
	struct user_regs_struct regs;
	uint64_t dr6;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
		return false;
	dr6 = (uint64_t)ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, u_debugreg[6]), NULL);
	ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[6]), NULL);
	return regs.rip == rip && (dr6 & 0xf) == bit;
}

static bool poke(pid_t pid, size_t reg, uint64_t value)
{
	return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]) + reg * 8, value) == 0;
}

/* A code breakpoint (fault, RIP on it) and a data breakpoint (trap, RIP behind it) by debug registers (SDM 17.2). */
unsigned int run_hwbreak(unsigned int rounds)
{
	pid_t pid = fork();
	unsigned int bad = 0;
	int status;

	if (pid == 0)
		child();
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !poke(pid, 0, (uint64_t)stop_here) ||
	    !poke(pid, 1, (uint64_t)&watched) || !poke(pid, 7, DR7_EXEC0 | DR7_WRITE1 | 0x400))
		return rounds;
	for (unsigned int i = 0; i < rounds; i++) {
		bool ok;

		ptrace(PTRACE_CONT, pid, NULL, NULL);
		ok = stopped(pid, (uint64_t)stop_here, DR6_B0);
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		ok &= stopped(pid, (uint64_t)write_done, DR6_B1);
		bad += !ok;
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return bad;
}
