/* SPDX-License-Identifier: BSD-2-Clause
 * COM1, and port 0xE9 for a hypervisor that has no COM1; the machine's end: port 0xf4 for QEMU, "Shutdown" on port 0x8900
 * for Bochs. */
#include "oracle.h"

enum { COM1 = 0x3f8, LINE_STATUS = COM1 + 5, ROOM = 0x20, EMPTY = 0x40, CONSOLE_PORT = 0xe9 };

/* 8 bits, the highest speed: the emulator counts the line's time. */
void console_setup(void)
{
    outb(COM1 + 1, 0);
    outb(COM1 + 3, 0x80);
    outb(COM1, 1);
    outb(COM1 + 1, 0);
    outb(COM1 + 3, 3);
}

static void put_char(char c)
{
    while (!(inb(LINE_STATUS) & ROOM))
        ;
    outb(COM1, (uint8_t)c);
    outb(CONSOLE_PORT, (uint8_t)c);
}

void put(const char *text)
{
    while (*text)
        put_char(*text++);
}

static void put_digits(uint64_t n, unsigned int base)
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

void put_hex(uint64_t n)
{
    put_digits(n, 16);
}

void put_number(uint64_t n)
{
    put_digits(n, 10);
}

_Noreturn void quit(uint32_t code)
{
    const char *s = "Shutdown";

    put("ORACLE-END ");
    put_number(code);
    put("\n");
    while (!(inb(LINE_STATUS) & EMPTY))
        ;
    outl(0xf4, code);
    while (*s)
        outb(0x8900, (uint8_t)*s++);
    for (;;)
        __asm__ volatile("cli; hlt");
}
