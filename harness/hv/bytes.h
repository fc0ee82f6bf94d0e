/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one reader for bytes that others wrote: boot information, kernels, firmware tables. Every access is checked
 * against the end; nothing is read through a struct. Little endian. Pure.
 */
#ifndef HV_BYTES_H
#define HV_BYTES_H

#include <stdbool.h>
#include <stdint.h>

struct bytes {
    const uint8_t *data;
    uint64_t size;
};

/* An error is a sentence for the user, with the piece of input it is about. No text means no error. */
struct fault {
    const char *text;
    const char *detail;
    uint32_t detail_length;
};

#define NO_FAULT ((struct fault){0, 0, 0})
#define FAULT(sentence) ((struct fault){sentence, 0, 0})

static inline bool bytes_has(struct bytes b, uint64_t offset, uint64_t length)
{
    return offset <= b.size && length <= b.size - offset;
}

/* `length` bytes, at most 8, as a number; false (and 0) outside. */
static inline bool bytes_read(struct bytes b, uint64_t offset, unsigned int length, uint64_t *value)
{
    *value = 0;
    if (length > sizeof(*value) || !bytes_has(b, offset, length))
        return false;
    __builtin_memcpy(value, b.data + offset, length);
    return true;
}

/* The same for those who have checked the range as a whole, or for whom 0 is as good as absent. */
static inline uint64_t bytes_get(struct bytes b, uint64_t offset, unsigned int length)
{
    uint64_t value;

    (void)bytes_read(b, offset, length, &value);
    return value;
}

/* A part; empty if it does not lie inside. */
static inline struct bytes bytes_part(struct bytes b, uint64_t offset, uint64_t length)
{
    if (!bytes_has(b, offset, length))
        return (struct bytes){b.data, 0};
    return (struct bytes){b.data + offset, length};
}

static inline bool bytes_equal(struct bytes b, uint64_t offset, const char *text, unsigned int length)
{
    if (!bytes_has(b, offset, length))
        return false;
    for (unsigned int i = 0; i < length; i++)
        if (b.data[offset + i] != (uint8_t)text[i])
            return false;
    return true;
}

#endif
