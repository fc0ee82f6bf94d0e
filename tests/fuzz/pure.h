/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts of the fuzzer of what is pure (pure.c).
 */
#ifndef PURE_H
#define PURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pure_bytes {
    const uint8_t *data;
    size_t left;
};

_Noreturn void pure_fail(const char *call, const char *what);
unsigned int pure_take(struct pure_bytes *b, unsigned int n); /* 0 when they have run out */
uint64_t pure_take64(struct pure_bytes *b);

void pure_ept(struct pure_bytes *b);
void pure_evmcs(struct pure_bytes *b);

#endif
