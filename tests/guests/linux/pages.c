/* Page faults: those the kernel serves, and those it reports with address and error code (SDM 4.7). */
#define _GNU_SOURCE
#include "evt.h"

#include <sys/mman.h>

enum { PAGES = 256, PAGE = 4096 };
enum { PRESENT = 1, WRITE = 2, USER = 4, FETCH = 16 };

static volatile uint8_t *area, *fixed;

/* An area of fresh pages, and one page that is mapped read-only and not executable. */
bool pages_setup(void)
{
	area = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fixed = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || fixed == MAP_FAILED || madvise((void *)area, PAGES * PAGE, MADV_NOHUGEPAGE) != 0)
		return false;
	fixed[0] = 1;
	return mprotect((void *)fixed, PAGE, PROT_READ) == 0;
}

/* A page nobody has touched since it was given back: the write faults, is served, and the page was zero. */
bool r_fresh(unsigned int i)
{
	volatile uint8_t *p = area + (i % PAGES) * PAGE;

	if (i % PAGES == 0 && madvise((void *)area, PAGES * PAGE, MADV_DONTNEED) != 0)
		return false;
	p[i % PAGE] = (uint8_t)(p[7] + 5 + i % 3);
	return p[i % PAGE] == 5 + i % 3 && seen.count == 0;
}

static uint64_t wild(unsigned int i)
{
	return 0x10000000000ull + (uint64_t)i * 0x3001u;
}

static bool faulted(uint64_t address, uint64_t error, uint64_t rip)
{
	return arrived(&(struct want){ .sig = SIGSEGV, .trap = 14, .error = error, .rip = rip, .check_addr = true,
				       .addr = address }) && seen.cr2 == address;
}

bool r_wild_read(unsigned int i)
{
	RAISE("movq %0, %%rdi", "movb (%%rdi), %%al", "r"(wild(i)));
	return faulted(wild(i), USER, at);
}

bool r_wild_write(unsigned int i)
{
	RAISE("movq %0, %%rdi", "movb %%al, (%%rdi)", "r"(wild(i)));
	return faulted(wild(i), USER | WRITE, at);
}

bool r_wild_exec(unsigned int i)
{
	RAISE("movq %0, %%rdi", "jmpq *%%rdi", "r"(wild(i)));
	return faulted(wild(i), USER | FETCH, wild(i));
}

bool r_protected(unsigned int i)
{
	uint64_t address = (uint64_t)fixed + i % PAGE;

	RAISE("movq %0, %%rdi", "movb %%al, (%%rdi)", "r"(address));
	return faulted(address, USER | WRITE | PRESENT, at);
}
