/* SPDX-License-Identifier: BSD-2-Clause
 * Port 0xE9, and the machine's end. */
#include "vmx.h"

#include <stdarg.h>

static void out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void digits(uint64_t n, unsigned int radix)
{
    char text[24];
    unsigned int i = 0;

    do {
        text[i++] = "0123456789abcdef"[n % radix];
        n /= radix;
    } while (n);
    while (i)
        out8(0xe9, (uint8_t)text[--i]);
}

void say(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            out8(0xe9, (uint8_t)*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(list, const char *); *s; s++)
                out8(0xe9, (uint8_t)*s);
            break;
        case 'x':
            digits(va_arg(list, uint64_t), 16);
            break;
        default:
            digits(va_arg(list, uint64_t), 10);
            break;
        }
    }
    va_end(list);
}

_Noreturn void quit(uint32_t code)
{
    say("VMX-END %u\n", (uint64_t)code);
    __asm__ volatile("outl %0, %1" : : "a"(code), "Nd"((uint16_t)0xf4));
    for (const char *s = "Shutdown"; *s; s++)
        out8(0x8900, (uint8_t)*s);
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* Is the word on the line? */
bool word(const char *line, const char *wanted)
{
    for (bool begins = true; line && *line; begins = *line == ' ', line++) {
        unsigned int i = 0;

        while (wanted[i] && line[i] == wanted[i])
            i++;
        if (begins && !wanted[i] && (line[i] == ' ' || !line[i]))
            return true;
    }
    return false;
}
