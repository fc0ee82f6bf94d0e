/* Output on COM1, or on port 0xE9 when the command line says console=e9; the machine's end. */
#include "evk.h"

enum { COM1 = 0x3f8, E9 = 0xe9, THRE = 0x20 };

static bool use_e9;

/* Does the line hold the word? */
static bool holds(const char *line, const char *word)
{
	for (; line && *line; line++) {
		unsigned int i = 0;

		while (word[i] && line[i] == word[i])
			i++;
		if (!word[i])
			return true;
	}
	return false;
}

void console_setup(const char *line)
{
	use_e9 = holds(line, "console=e9");
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 0x80);
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(COM1 + 3, 3);
}

static void put_char(char c)
{
	if (use_e9) {
		outb(E9, (uint8_t)c);
		return;
	}
	while (!(inb(COM1 + 5) & THRE))
		;
	outb(COM1, (uint8_t)c);
}

void put(const char *text)
{
	while (*text)
		put_char(*text++);
}

void put_number(uint64_t n, unsigned int base)
{
	char text[24];
	unsigned int i = sizeof text;

	text[--i] = 0;
	do {
		text[--i] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	put(text + i);
}

/* The exit protocol: a code on port 0xf4, "Shutdown" on port 0x8900. */
_Noreturn void quit(uint32_t code)
{
	const char *s = "Shutdown";

	while (!use_e9 && !(inb(COM1 + 5) & 0x40))
		;
	outl(0xf4, code);
	while (*s)
		outb(0x8900, (uint8_t)*s++);
	for (;;)
		__asm__ volatile("cli; hlt");
}
