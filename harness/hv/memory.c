/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The four functions a freestanding compiler may call. String instructions: Bochs counts one tick an iteration, so
 * whole quadwords where it matters.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
void *memmove(void *to, const void *from, size_t n);
int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *to, const void *from, size_t n)
{
    void *d = to;
    size_t words = n / 8, rest = n % 8;

    __asm__ volatile("rep movsq" : "+D"(d), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(rest) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t n)
{
    void *d = to;
    size_t words = n / 8, rest = n % 8;
    const uint64_t pattern = (uint64_t)(uint8_t)value * 0x0101010101010101ull;

    __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(pattern) : "memory");
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(rest) : "a"(pattern) : "memory");
    return to;
}

/* Upwards with overlap: from the end, bytes first, then quadwords. */
static void copy_down(uint8_t *to, const uint8_t *from, size_t n)
{
    size_t words = n / 8, rest = n % 8;
    uint8_t *d = to + n - 1;
    const uint8_t *s = from + n - 1;

    __asm__ volatile("std; rep movsb" : "+D"(d), "+S"(s), "+c"(rest) : : "memory");
    d -= 7;
    s -= 7;
    __asm__ volatile("rep movsq; cld" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
}

void *memmove(void *to, const void *from, size_t n)
{
    const uintptr_t d = (uintptr_t)to, s = (uintptr_t)from;

    if (d <= s || d - s >= n)
        return memcpy(to, from, n);
    copy_down(to, from, n);
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;

    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}
