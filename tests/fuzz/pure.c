/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What of core/vmx is a function of its arguments alone, from the bytes of a fuzzer: one page through two EPTs (compose.c; pure_ept.c)
 * and the clean fields of an enlightened VMCS (evmcs.c; pure_evmcs.c), each against a teller of the manual.
 */
#include "pure.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

_Noreturn void pure_fail(const char *call, const char *what)
{
    fprintf(stderr, "FUZZ: after %s: %s\n", call, what);
    abort();
}

unsigned int pure_take(struct pure_bytes *b, unsigned int n)
{
    if (!b->left)
        return 0;
    b->left--;
    return *b->data++ % n;
}

uint64_t pure_take64(struct pure_bytes *b)
{
    uint64_t value = 0;

    for (unsigned int k = 0; k < 8; k++)
        value = value << 8 | pure_take(b, 256);
    return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pure_bytes b = {.data = data, .left = size};

    if (pure_take(&b, 2))
        pure_ept(&b);
    else
        pure_evmcs(&b);
    return 0;
}
