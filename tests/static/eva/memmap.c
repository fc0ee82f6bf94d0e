/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: harness/hv/memmap.c
 * A map with any number of any ranges, added to, cut anywhere, asked everything. */
#include "../../../harness/hv/memmap.h"

#include "any.h"

static struct memmap map;

static void any_map(void)
{
    for (int i = 0; i < MEMORY_RANGES; i++) {
        map.ranges[i].start = any64();
        map.ranges[i].end = any64();
        map.ranges[i].type = any32();
    }
    map.count = Frama_C_unsigned_int_interval(0, MEMORY_RANGES);
}

int main(void)
{
    int good = 0;

    any_map();
    good |= memmap_add(&map, any64(), any64(), any32());
    any_map();
    good |= memmap_cut(&map, any64(), any64());
    any_map();
    good |= memmap_usable(&map, any64(), any64());
    good |= memmap_top(&map) != 0;
    good |= memmap_lower_kib(&map) != 0;
    return good | (memmap_upper_kib(&map) != 0);
}
