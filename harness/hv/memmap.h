/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The machine's memory map, in the BIOS's terms (E820 types), and cutting pieces out of it. Pure.
 */
#ifndef HV_MEMMAP_H
#define HV_MEMMAP_H

#include <stdbool.h>
#include <stdint.h>

enum { MEMORY_USABLE = 1, MEMORY_RESERVED = 2, MEMORY_RANGES = 96 };

struct range {
    uint64_t start, end; /* [start, end) */
    uint32_t type;
};

struct memmap {
    uint32_t count;
    struct range ranges[MEMORY_RANGES];
};

bool memmap_add(struct memmap *map, uint64_t start, uint64_t length, uint32_t type); /* false: full */
/* Take [start, end) out of every usable range and list it as reserved. False: no room for the pieces. */
bool memmap_cut(struct memmap *map, uint64_t start, uint64_t end);
/* [start, end) lies in usable ranges, adjacent ones taken together, and touches nothing that is listed otherwise. */
bool memmap_usable(const struct memmap *map, uint64_t start, uint64_t end);
uint64_t memmap_top(const struct memmap *map); /* end of the highest usable range */
/* KiB of usable memory from 0 and from 1 MiB upwards without a hole, as Multiboot counts them. */
uint32_t memmap_lower_kib(const struct memmap *map);
uint32_t memmap_upper_kib(const struct memmap *map);

static inline bool overlaps(uint64_t a_start, uint64_t a_end, uint64_t b_start, uint64_t b_end)
{
    return a_start < b_end && b_start < a_end;
}

#endif
