/* External interrupts: shadows, priorities, in-service bits, the timers, and interrupts amid exceptions. */
#include "evk.h"

enum { LOW = 0x41, MID = 0x52, HIGH = 0x61, TIMER = 0x71, PIT = 0x20, TPR = 0x80, LVT_TIMER = 0x320, COUNT = 0x380,
       DIVIDE = 0x3e0, PERIODIC = 0x20000, MASKED = 0x10000 };

static bool ok_inside;

static bool came(unsigned int i, uint64_t vector)
{
	return i < got_count && got[i].vector == vector && got[i].in_service && got[i].depth == 1;
}

/* Open for a few instructions, for whatever is still pending. */
static void drain(void)
{
	__asm__ volatile("sti; nop; nop; nop; cli" : : : "memory");
}

static bool single(uint64_t vector, uint64_t rip)
{
	cli();
	return got_count == 1 && came(0, vector) && got[0].rip == rip;
}

/* Pending at STI: exactly one more instruction, whatever it is (SDM 6.8.1). */
static bool t_sti_nop(void) { self_ipi(LOW); RAISE("", "sti\n\tnop", "i"(0)); return single(LOW, after); }
static bool t_sti_hlt(void) { self_ipi(LOW); RAISE("", "sti\n\thlt", "i"(0)); return single(LOW, after); }
static bool t_sti_cpuid(void)
{
	self_ipi(LOW);
	RAISE("xorl %%eax, %%eax\n\txorl %%ecx, %%ecx", "sti\n\tcpuid", "i"(0));
	return single(LOW, after);
}

static bool t_sti_in(void) { self_ipi(LOW); RAISE("", "sti\n\tinb $0x64, %%al", "i"(0)); return single(LOW, after); }

/*
 * Many times at shifting moments, so that exits of a hypervisor (its timer) fall into the shadow. IF goes up and down
 * first, because Bochs lets a guest that has run with IF=0 since its entry keep a pending interrupt to itself.
 */
static bool t_sti_many(void)
{
	for (unsigned int i = 0; i < 300; i++) {
		got_count = 0;
		cli();
		__asm__ volatile("sti; nop; cli" : : : "memory");
		self_ipi(LOW);
		for (volatile unsigned int k = 0; k < i % 37; k++)
			;
		RAISE("", "sti\n\tnop", "i"(0));
		if (!single(LOW, after))
			return false;
	}
	return true;
}

static bool t_sti_cli(void)
{
	self_ipi(LOW);
	__asm__ volatile("sti; cli; nop; nop" : : : "memory");
	ok_inside = got_count == 0;
	drain();
	return ok_inside && got_count == 1 && came(0, LOW);
}

/* POPF opens at once, without a shadow. */
static bool t_popf(void)
{
	self_ipi(LOW);
	RAISE("pushfq\n\torq $0x200, (%%rsp)", "popfq", "i"(0));
	return single(LOW, after);
}

/* In the shadow a fault is taken first; the interrupt follows its handler. */
static bool t_sti_fault(void)
{
	self_ipi(LOW);
	RAISE("", "sti\n\tud2", "i"(0));
	cli();
	return got_count == 2 && nth(0, 6, 0, at + 1) && (got[0].rflags & IF) && came(1, LOW) && got[1].rip == after;
}

static bool t_sti_pf(void)
{
	self_ipi(LOW);
	RAISE("movq %0, %%rdi", "sti\n\tmovb (%%rdi), %%al", "r"(HOLE + 0x99));
	cli();
	return got_count == 2 && nth(0, 14, 0, at + 1) && got[0].cr2 == HOLE + 0x99 && came(1, LOW) && got[1].rip == after;
}

/* MOV SS instead of the instruction behind STI: the interrupt waits for at least the one behind STI. */
static bool t_sti_movss(void)
{
	self_ipi(LOW);
	RAISE("movl %%ss, %%eax", "sti\n\tmovl %%eax, %%ss\n\tnop", "i"(0));
	cli();
	return got_count == 1 && came(0, LOW) && (got[0].rip == after || got[0].rip == after - 1);
}

static bool t_order(void)
{
	self_ipi(LOW);
	self_ipi(HIGH);
	self_ipi(MID);
	RAISE("", "sti\n\tnop", "i"(0));
	cli();
	return got_count == 3 && came(0, HIGH) && came(1, MID) && came(2, LOW) && got[0].rip == after &&
	       got[1].rip == after && got[2].rip == after;
}

static void nest(struct frame *f)
{
	(void)f;
	self_ipi(HIGH);
	drain();
	ok_inside = got_count == 2 && in_service(LOW);
	eoi();
}

/* A higher one nests in the handler of a lower one... */
static bool t_nested(void)
{
	ok_inside = false;
	hooks[LOW] = nest;
	self_ipi(LOW);
	drain();
	return ok_inside && got_count == 2 && came(0, LOW) && got[1].vector == HIGH && got[1].depth == 2 && got[1].in_service;
}

static void hold(struct frame *f)
{
	(void)f;
	self_ipi(LOW);
	drain();
	ok_inside = got_count == 1;
	eoi();
}

/* ...a lower one waits for the higher one's EOI. */
static bool t_held(void)
{
	ok_inside = false;
	hooks[HIGH] = hold;
	self_ipi(HIGH);
	drain();
	return ok_inside && got_count == 2 && came(0, HIGH) && came(1, LOW);
}

static bool t_tpr(void)
{
	apic_write(TPR, 0x70);
	self_ipi(HIGH);
	drain();
	ok_inside = got_count == 0;
	apic_write(TPR, 0);
	drain();
	return ok_inside && got_count == 1 && came(0, HIGH);
}

static bool t_cr8(void)
{
	__asm__ volatile("movq %0, %%cr8" : : "r"(7ull));
	self_ipi(HIGH);
	drain();
	ok_inside = got_count == 0;
	__asm__ volatile("movq %0, %%cr8" : : "r"(0ull));
	drain();
	return ok_inside && got_count == 1 && came(0, HIGH);
}

static void timer(uint32_t mode, uint32_t ticks)
{
	apic_write(DIVIDE, 0xb);
	apic_write(LVT_TIMER, mode | TIMER);
	apic_write(COUNT, ticks);
}

static bool wait_for(unsigned int n)
{
	uint64_t end = __builtin_ia32_rdtsc() + 20000000;

	__asm__ volatile("sti");
	while (*(volatile unsigned int *)&got_count < n && __builtin_ia32_rdtsc() < end)
		;
	cli();
	return got_count == n;
}

static bool t_timer(void)
{
	timer(0, 5000);
	return wait_for(1) && came(0, TIMER);
}

static bool t_timer_hlt(void)
{
	timer(0, 20000);
	RAISE("", "sti\n\thlt", "i"(0));
	return single(TIMER, after);
}

/* The timer runs out while IF=0 for long: it must be there at STI. */
static bool t_timer_masked(void)
{
	uint64_t end = __builtin_ia32_rdtsc() + 100000;

	timer(0, 2000);
	while (__builtin_ia32_rdtsc() < end)
		;
	RAISE("", "sti\n\tnop", "i"(0));
	return single(TIMER, after);
}

static void pit_eoi(struct frame *f)
{
	(void)f;
	outb(0x21, 0xff);
	outb(0x20, 0x20);
}

static void pit_start(void)
{
	hooks[PIT] = pit_eoi;
	outb(0x43, 0x30);
	outb(0x40, 0x80);
	outb(0x40, 0);
	outb(0x21, 0xfe);
}

/* IRQ 0 through the PIC: its vector is in no in-service register of the local APIC. */
static bool t_pit(void)
{
	pit_start();
	return wait_for(1) && got[0].vector == PIT && !got[0].in_service && got[0].depth == 1;
}

/* One from the PIC and one from the local APIC pending together: both come, each once. */
static bool t_pit_and_ipi(void)
{
	uint64_t end = __builtin_ia32_rdtsc() + 200000;

	pit_start();
	while (__builtin_ia32_rdtsc() < end)
		;
	self_ipi(HIGH);
	drain();
	return got_count == 2 && got[0].vector != got[1].vector && (got[0].vector == PIT || got[1].vector == PIT) &&
	       (got[0].vector == HIGH || got[1].vector == HIGH);
}

static bool t_running(void)
{
	__asm__ volatile("sti");
	self_ipi(LOW);
	__asm__ volatile("nop; nop");
	cli();
	return got_count == 1 && came(0, LOW);
}

static unsigned int storms, faults_seen;

static void on_storm(struct frame *f)
{
	(void)f;
	storms++;
	got_count = 0;
	eoi();
}

static void on_fault(struct frame *f)
{
	faults_seen++;
	got_count = 0;
	f->rip = after;
}

/* A periodic timer (slow enough for a hypervisor in between) over a stream of exceptions: every exception arrives, and the timer goes on. */
static bool t_storm(void)
{
	storms = faults_seen = 0;
	hooks[TIMER] = on_storm;
	hooks[3] = hooks[6] = hooks[13] = hooks[14] = on_fault;
	timer(PERIODIC, 20011);
	__asm__ volatile("sti");
	for (unsigned int i = 0; i < 1000; i++) {
		RAISE("", "ud2", "i"(0));
		RAISE("", "int3", "i"(0));
		RAISE("movl $0x1230, %%eax", "movw %%ax, %%ds", "i"(0));
		RAISE("movq %0, %%rdi", "movb (%%rdi), %%al", "r"(HOLE));
		__asm__ volatile("cpuid" : : "a"(0), "c"(0) : "rbx", "rdx");
	}
	cli();
	apic_write(LVT_TIMER, MASKED);
	apic_write(COUNT, 0);
	drain();
	return faults_seen == 4000 && storms >= 5;
}

const struct test interrupt_tests[] = {
	{ "sti-nop", t_sti_nop }, { "sti-hlt", t_sti_hlt }, { "sti-cpuid", t_sti_cpuid }, { "sti-in", t_sti_in },
	{ "sti-many", t_sti_many },
	{ "sti-cli", t_sti_cli }, { "popf", t_popf }, { "sti-fault", t_sti_fault }, { "sti-pf", t_sti_pf },
	{ "sti-movss", t_sti_movss }, { "priority-order", t_order }, { "nested", t_nested }, { "held-by-isr", t_held },
	{ "tpr", t_tpr }, { "cr8", t_cr8 }, { "timer", t_timer }, { "timer-hlt", t_timer_hlt },
	{ "timer-masked", t_timer_masked }, { "pit", t_pit }, { "pit-and-ipi", t_pit_and_ipi },
	{ "ipi-running", t_running }, { "storm", t_storm }, { 0, 0 },
};
