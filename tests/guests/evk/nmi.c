/* NMI by the local APIC's ICR and by the IO-APIC; blocking until IRET (SDM 6.7.1). */
#include "evk.h"

enum { IPI = 0x41 };

static bool ok_inside;

static bool all_nmi(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (got[i].vector != 2 || got[i].depth != 1 || got[i].cs != CS64)
			return false;
	return got_count == n;
}

static void settle(void)
{
	__asm__ volatile("nop; nop; nop; nop");
}

static bool t_nmi(void)
{
	self_nmi();
	settle();
	return all_nmi(1);
}

/* Two more in the handler: neither nests, and the one latch holds only one. */
static void send_two(struct frame *f)
{
	(void)f;
	if (got_count != 1)
		return;
	self_nmi();
	self_nmi();
	settle();
	ok_inside = got_count == 1;
}

static bool t_blocked(void)
{
	ok_inside = false;
	hooks[2] = send_two;
	self_nmi();
	settle();
	return ok_inside && all_nmi(2) && got[1].rip == got[0].rip;
}

/* Any IRET ends the blocking, also that of an exception taken inside the handler. */
static void send_and_trap(struct frame *f)
{
	(void)f;
	if (got_count != 1)
		return;
	self_nmi();
	settle();
	ok_inside = got_count == 1;
	RAISE("", "int3", "i"(0));
	settle();
	ok_inside = ok_inside && got_count == 3 && got[2].vector == 2 && got[2].depth == 2;
}

static bool t_inner_iret(void)
{
	ok_inside = false;
	hooks[2] = send_and_trap;
	self_nmi();
	settle();
	return ok_inside && got_count == 3 && got[0].vector == 2 && got[1].vector == 3;
}

static void send_both(struct frame *f)
{
	if (got_count != 1)
		return;
	self_ipi(IPI);
	self_nmi();
	f->rflags |= IF;
}

static void stop_interrupts(struct frame *f)
{
	eoi();
	f->rflags &= ~(uint64_t)IF;
}

/* Pending together behind the IRET: the NMI comes first, no instruction between (SDM table 6-2). */
static bool t_before_interrupt(void)
{
	hooks[2] = send_both;
	hooks[IPI] = stop_interrupts;
	self_nmi();
	settle();
	return got_count == 3 && got[0].vector == 2 && got[1].vector == 2 && got[2].vector == IPI &&
	       got[1].rip == got[0].rip && got[2].rip == got[0].rip;
}

static void ioapic(uint32_t reg, uint32_t value)
{
	*(volatile uint32_t *)0xfec00000ull = reg;
	*(volatile uint32_t *)0xfec00010ull = value;
}

/* The PIT through the IO-APIC's entries 0 and 2 as NMI, while the processor sleeps with IF=0. */
static bool t_wakes_hlt(void)
{
	ioapic(0x11, apic_read(0x20));
	ioapic(0x15, apic_read(0x20));
	ioapic(0x10, 0x402);
	ioapic(0x14, 0x402);
	outb(0x43, 0x30);
	outb(0x40, 0x80);
	outb(0x40, 0);
	RAISE("", "hlt", "i"(0));
	ioapic(0x10, 0x10000);
	ioapic(0x14, 0x10000);
	return all_nmi(1) && got[0].rip == after;
}

/* A fault inside the handler and its IRET: counted elsewhere; here a page fault must not lose the NMI's frame. */
static void fault_inside(struct frame *f)
{
	(void)f;
	if (got_count == 1)
		RAISE("movq %0, %%rdi", "movb (%%rdi), %%al", "r"(HOLE + 0x55));
}

static bool t_fault_inside(void)
{
	hooks[2] = fault_inside;
	self_nmi();
	settle();
	return got_count == 2 && got[0].vector == 2 && got[1].vector == 14 && got[1].cr2 == HOLE + 0x55 && got[1].depth == 2;
}

static unsigned int nmis;

static void count_nmi(struct frame *f)
{
	(void)f;
	nmis++;
	got_count = 0;
}

/* nmis=N: how many NMIs of someone else's arrive during N CPUIDs, for a hypervisor that sends some. */
void count_nmis(unsigned int n)
{
	fresh();
	hooks[2] = count_nmi;
	for (unsigned int i = 0; i < n; i++)
		__asm__ volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
	put("EVK nmis=");
	put_number(nmis, 10);
	put("\n");
}

const struct test nmi_tests[] = {
	{ "nmi", t_nmi }, { "nmi-blocked-until-iret", t_blocked }, { "nmi-inner-iret", t_inner_iret },
	{ "nmi-before-interrupt", t_before_interrupt }, { "nmi-wakes-hlt", t_wakes_hlt },
	{ "nmi-fault-inside", t_fault_inside }, { 0, 0 },
};
