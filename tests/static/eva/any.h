/* SPDX-License-Identifier: BSD-2-Clause
 * What Eva's drivers share: values that can be anything, and a copy it can read. */
#ifndef EVA_ANY_H
#define EVA_ANY_H

#include <stdint.h>

#include "__fc_builtin.h"

static inline uint64_t any64(void)
{
    return Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
}

static inline uint32_t any32(void)
{
    return Frama_C_unsigned_int_interval(0, UINT32_MAX);
}

static inline uint8_t any8(void)
{
    return Frama_C_unsigned_char_interval(0, UINT8_MAX);
}

static inline void *eva_copy(void *to, const void *from, unsigned long length)
{
    for (unsigned long i = 0; i < length; i++)
        ((unsigned char *)to)[i] = ((const unsigned char *)from)[i];
    return to;
}

#endif
