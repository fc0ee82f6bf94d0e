/* The local APIC (SDM 11) by its memory-mapped registers, and the legacy PICs kept quiet. */
#include "evk.h"

enum { ID = 0x20, EOI = 0xb0, SVR = 0xf0, ISR = 0x100, ICR_LOW = 0x300, ICR_HIGH = 0x310, LVT0 = 0x350 };

void apic_write(unsigned int reg, uint32_t value)
{
	*(volatile uint32_t *)(0xfee00000ull + reg) = value;
}

uint32_t apic_read(unsigned int reg)
{
	return *(volatile uint32_t *)(0xfee00000ull + reg);
}

/* PICs at vectors 0x20 and 0x28, all lines masked; one interrupt of theirs may be under way: take it. */
static void pic_setup(void)
{
	static const uint8_t words[2][4] = { { 0x11, 0x20, 4, 1 }, { 0x11, 0x28, 2, 1 } };

	for (unsigned int i = 0; i < 2; i++) {
		uint16_t port = i ? 0xa0 : 0x20;

		outb(port, words[i][0]);
		for (unsigned int k = 1; k < 4; k++)
			outb((uint16_t)(port + 1), words[i][k]);
		outb((uint16_t)(port + 1), 0xff);
	}
}

void apic_setup(void)
{
	pic_setup();
	apic_write(SVR, 0x1ff);
	apic_write(LVT0, 0x700);		/* virtual wire: the PIC's interrupts come through */
	apic_write(0x80, 0);
	__asm__ volatile("sti; nop; nop; cli" : : : "memory");
	got_count = 0;
}

static void icr(uint32_t low)
{
	apic_write(ICR_HIGH, apic_read(ID) & 0xff000000u);
	apic_write(ICR_LOW, low);
	while (apic_read(ICR_LOW) & 0x1000)
		;
}

void self_ipi(unsigned int vector)
{
	icr(0x4000 | vector);
}

void self_nmi(void)
{
	icr(0x4400);
}

void eoi(void)
{
	apic_write(EOI, 0);
}

bool in_service(uint64_t vector)
{
	return apic_read(ISR + (unsigned int)(vector / 32) * 16) >> (vector % 32) & 1;
}
