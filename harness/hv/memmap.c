/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory map arithmetic (memmap.h).
 */
#include "memmap.h"

#define MIB 0x100000ull

bool memmap_add(struct memmap *map, uint64_t start, uint64_t length, uint32_t type)
{
    if (length == 0)
        return true;
    if (map->count == MEMORY_RANGES)
        return false;
    map->ranges[map->count++] = (struct range){start, length > ~start ? ~0ull : start + length, type};
    return true;
}

static bool insert(struct memmap *map, uint32_t at, struct range r)
{
    if (r.start >= r.end)
        return true;
    if (map->count == MEMORY_RANGES)
        return false;
    for (uint32_t i = map->count; i > at; i--)
        map->ranges[i] = map->ranges[i - 1];
    map->ranges[at] = r;
    map->count++;
    return true;
}

bool memmap_cut(struct memmap *map, uint64_t start, uint64_t end)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct range whole = map->ranges[i];
        const uint64_t from = whole.start > start ? whole.start : start;
        const uint64_t to = whole.end < end ? whole.end : end;

        if (whole.type != MEMORY_USABLE || !overlaps(whole.start, whole.end, start, end))
            continue;
        map->ranges[i] = (struct range){from, to, MEMORY_RESERVED};
        if (!insert(map, i + 1, (struct range){to, whole.end, MEMORY_USABLE}))
            return false;
        if (whole.start < from && !insert(map, i, (struct range){whole.start, from, MEMORY_USABLE}))
            return false;
    }
    return true;
}

/* The end of the usable range that holds `address`; `address` itself if none does. */
static uint64_t usable_end(const struct memmap *map, uint64_t address)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (map->ranges[i].type == MEMORY_USABLE && map->ranges[i].start <= address && address < map->ranges[i].end)
            return map->ranges[i].end;
    return address;
}

/* First address from `start` that is not usable, or one that is not below `enough`. Ends because each step leaves a
 * range behind for good. */
static uint64_t usable_run(const struct memmap *map, uint64_t start, uint64_t enough)
{
    uint64_t at = start;

    for (uint32_t i = 0; i <= map->count && at < enough; i++)
        at = usable_end(map, at);
    return at;
}

bool memmap_usable(const struct memmap *map, uint64_t start, uint64_t end)
{
    if (start >= end || usable_run(map, start, end) < end)
        return false;
    for (uint32_t i = 0; i < map->count; i++)
        if (map->ranges[i].type != MEMORY_USABLE && overlaps(start, end, map->ranges[i].start, map->ranges[i].end))
            return false;
    return true;
}

uint64_t memmap_top(const struct memmap *map)
{
    uint64_t top = 0;

    for (uint32_t i = 0; i < map->count; i++)
        if (map->ranges[i].type == MEMORY_USABLE && map->ranges[i].end > top)
            top = map->ranges[i].end;
    return top;
}

static uint32_t to_kib(uint64_t length)
{
    return length >> 10 > 0xffffffffull ? 0xffffffffu : (uint32_t)(length >> 10);
}

uint32_t memmap_lower_kib(const struct memmap *map)
{
    return to_kib(usable_run(map, 0, ~0ull));
}

uint32_t memmap_upper_kib(const struct memmap *map)
{
    return to_kib(usable_run(map, MIB, ~0ull) - MIB);
}
