/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Output and the ways to end (console.h). Compiled into the 32-bit stub and the 64-bit hypervisor.
 */
#include "console.h"

#include <stdarg.h>

#include "ports.h"

#ifndef PN_PROOF_DIGEST
#define PN_PROOF_DIGEST "none"
#endif

enum { DEBUG_PORT = 0xe9, QEMU_EXIT = 0xf4, BOCHS_SHUTDOWN = 0x8900, QEMU_POWER_OFF = 0x604, RESET_CONTROL = 0xcf9 };

static void put_char(char c)
{
    outb(DEBUG_PORT, (uint8_t)c);
}

static void put_text(const char *text)
{
    while (*text)
        put_char(*text++);
}

/* Digit by digit from a table of powers: 64-bit division would need a library in the 32-bit stub. */
static void put_decimal(uint64_t value)
{
    static const uint64_t powers[] = {
        10000000000000000000ull, 1000000000000000000ull, 100000000000000000ull, 10000000000000000ull,
        1000000000000000ull,     100000000000000ull,     10000000000000ull,     1000000000000ull,
        100000000000ull,         10000000000ull,         1000000000ull,         100000000ull,
        10000000ull,             1000000ull,             100000ull,             10000ull,
        1000ull,                 100ull,                 10ull,                 1ull};
    const unsigned int count = sizeof(powers) / sizeof(powers[0]);
    bool started = false;

    for (unsigned int i = 0; i < count; i++) {
        char digit = '0';

        for (; value >= powers[i]; value -= powers[i])
            digit++;
        started = started || digit != '0' || i == count - 1;
        if (started)
            put_char(digit);
    }
}

static void put_hex(uint64_t value)
{
    int shift = 60;

    while (shift > 0 && !(value >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        put_char("0123456789abcdef"[value >> shift & 15]);
}

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%' || !format[1]) {
            put_char(*format);
            continue;
        }
        format++;
        if (*format == 's')
            put_text(va_arg(arguments, const char *));
        else if (*format == 'u')
            put_decimal(va_arg(arguments, uint64_t));
        else
            put_hex(va_arg(arguments, uint64_t));
    }
    va_end(arguments);
}

void say_banner(void)
{
    say("PN| Provenest 0.1 proofs %s\n", PN_PROOF_DIGEST);
}

void say_fault(struct fault f)
{
    say("PN! %s", f.text);
    if (f.detail) {
        put_text(": '");
        for (uint32_t i = 0; i < f.detail_length; i++)
            put_char(f.detail[i]);
        put_char('\'');
    }
    put_char('\n');
}

_Noreturn void machine_end(uint8_t status)
{
    outl(QEMU_EXIT, status);
    for (const char *c = "Shutdown"; *c; c++)
        outb(BOCHS_SHUTDOWN, (uint8_t)*c);
    outw(QEMU_POWER_OFF, 0x2000);
    for (;;)
        __asm__ volatile("cli; hlt");
}

_Noreturn void machine_reset(void)
{
    outb(RESET_CONTROL, 6);
    for (;;)
        __asm__ volatile("cli; hlt");
}

_Noreturn void fail(struct fault f)
{
    say_fault(f);
    say("PN| end 1\n");
    machine_end(1);
}
