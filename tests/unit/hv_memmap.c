/* SPDX-License-Identifier: BSD-2-Clause
 *
 * harness/hv/memmap.c: cutting the hypervisor out of L1's memory, against a byte-per-unit picture of memory.
 */
#include <string.h>

#include "support.h"

#include "../../harness/hv/memmap.h"

enum { UNITS = 64 };

static uint64_t seed;

static unsigned int pick(unsigned int n)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned int)(seed >> 33) % n;
}

/* 1: usable and nothing else says otherwise. */
static void paint(const struct memmap *map, uint8_t *picture)
{
    memset(picture, 0, UNITS);
    for (uint32_t i = 0; i < map->count; i++)
        for (uint64_t u = map->ranges[i].start; u < map->ranges[i].end; u++)
            if (map->ranges[i].type == MEMORY_USABLE)
                picture[u] |= 1;
            else
                picture[u] |= 2;
}

static bool all_usable(const uint8_t *picture, unsigned int start, unsigned int end)
{
    for (unsigned int u = start; u < end; u++)
        if (picture[u] != 1)
            return false;
    return start < end;
}

static struct memmap random_map(bool disjoint)
{
    struct memmap map = {0};
    unsigned int at = 0;

    while (at < UNITS - 1 && map.count < 8) {
        const unsigned int start = disjoint ? at + pick(4) : pick(UNITS), length = pick(12);
        const unsigned int fits = start + length > UNITS ? (start < UNITS ? UNITS - start : 0) : length;

        ck_assert(memmap_add(&map, start, fits, pick(4) ? MEMORY_USABLE : MEMORY_RESERVED));
        at = start + length;
    }
    return map;
}

START_TEST(cut_takes_exactly_that)
{
    for (unsigned int n = 0; n < 4000; n++) {
        struct memmap map = random_map(true);
        const unsigned int start = pick(UNITS), end = start + 1 + pick(UNITS - start);
        uint8_t before[UNITS], after[UNITS];

        paint(&map, before);
        HOLDS(memmap_cut(&map, start, end));
        paint(&map, after);
        for (unsigned int u = 0; u < UNITS; u++)
            HOLDS(after[u] == (u >= start && u < end && before[u] == 1 ? 2 : before[u]));
        for (uint32_t i = 0; i < map.count; i++) /* still in order, no empty piece */
            HOLDS(map.ranges[i].start < map.ranges[i].end &&
                  (i == 0 || map.ranges[i - 1].end <= map.ranges[i].start));
    }
}
END_TEST

START_TEST(usable_against_the_picture)
{
    for (unsigned int n = 0; n < 4000; n++) {
        const struct memmap map = random_map(n & 1);
        uint8_t picture[UNITS];

        paint(&map, picture);
        for (unsigned int i = 0; i < 20; i++) {
            const unsigned int start = pick(UNITS), end = start + pick(UNITS - start + 1);

            HOLDS(memmap_usable(&map, start, end) == all_usable(picture, start, end));
        }
    }
}
END_TEST

START_TEST(full_map)
{
    struct memmap map = {0};

    for (unsigned int i = 0; i < MEMORY_RANGES; i++)
        ck_assert(memmap_add(&map, i * 16u, 8, MEMORY_USABLE));
    ck_assert(!memmap_add(&map, 0x100000, 8, MEMORY_USABLE));
    ck_assert(memmap_add(&map, 0x100000, 0, MEMORY_USABLE)); /* nothing to add */
    ck_assert(!memmap_cut(&map, 2, 4));
    ck_assert(memmap_cut(&map, 16, 24)); /* a whole range needs no room */
}
END_TEST

START_TEST(sizes_as_multiboot_counts_them)
{
    struct memmap map = {0};

    memmap_add(&map, 0, 0x9f000, MEMORY_USABLE);
    memmap_add(&map, 0x9f000, 0x1000, MEMORY_RESERVED);
    memmap_add(&map, 0x100000, 0xff00000, MEMORY_USABLE);
    memmap_add(&map, 0x100000000ull, 0x40000000, MEMORY_USABLE);
    ck_assert_uint_eq(memmap_lower_kib(&map), 636);
    ck_assert_uint_eq(memmap_upper_kib(&map), 255 * 1024);
    ck_assert_uint_eq(memmap_top(&map), 0x140000000ull);
    memmap_cut(&map, 0xd000000, 0xd200000);
    ck_assert_uint_eq(memmap_upper_kib(&map), 207 * 1024);
    ck_assert_uint_eq(memmap_top(&map), 0x140000000ull);
}
END_TEST

START_TEST(length_beyond_the_end)
{
    struct memmap map = {0};

    ck_assert(memmap_add(&map, 0xfffffffffffff000ull, 0x10000, MEMORY_RESERVED));
    ck_assert(map.ranges[0].end == ~0ull);
    ck_assert(!memmap_usable(&map, 0xfffffffffffff000ull, ~0ull));
}
END_TEST

TCase *hv_memmap_tests(void)
{
    TCase *t = tcase_create("hv memory map");

    tcase_add_test(t, cut_takes_exactly_that);
    tcase_add_test(t, usable_against_the_picture);
    tcase_add_test(t, full_map);
    tcase_add_test(t, sizes_as_multiboot_counts_them);
    tcase_add_test(t, length_beyond_the_end);
    return t;
}
