/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Making files and tables for the parsers of harness/hv. Each is put into a heap block of exactly its size, so that
 * AddressSanitizer sees every access outside it.
 */
#ifndef UNIT_BYTES_MAKER_H
#define UNIT_BYTES_MAKER_H

#include <stdlib.h>
#include <string.h>

#include "../../harness/hv/bytes.h"

static inline void put(uint8_t *data, uint64_t at, uint64_t value, unsigned int length)
{
    memcpy(data + at, &value, length);
}

/* `size` bytes of `data` in a block of their own; free(bytes.data) afterwards. */
static inline struct bytes exact(const uint8_t *data, uint64_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    memcpy(copy, data, size);
    return (struct bytes){copy, size};
}

static inline void release(struct bytes b)
{
    free((void *)(uintptr_t)b.data);
}

/* Change one to three places; the generator is the caller's. */
static inline void scramble(uint8_t *data, uint64_t size, uint64_t *random)
{
    static const uint64_t values[] = {0, 1, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, ~0ull, ~0ull - 15, 0x1000, 32};
    const unsigned int changes = 1 + (unsigned int)(*random >> 60) % 3;

    for (unsigned int i = 0; i < changes; i++) {
        *random = *random * 6364136223846793005ull + 1442695040888963407ull;
        const unsigned int length = 1u << ((*random >> 33) % 4);

        if (size > length)
            put(data, (*random >> 36) % (size - length), values[(*random >> 20) % 10], length);
    }
}

#endif
