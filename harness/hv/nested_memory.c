/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/memory.h: L1's memory is our identity map, without the range that is hidden from L1.
 */
#include "../../core/hw/memory.h"

#include "place.h"

#define MAPPED (1ull << 32) /* boot.S maps the low 4 GiB */

bool pn_mem_is_l1s(uint64_t address)
{
    if (__builtin_expect(address <= HV_BASE - 8, 1))
        return true;
    return address >= HV_BASE + HV_SIZE && address <= MAPPED - 8;
}

/* volatile: other processors and devices of L1's may write there, so each call is one access. */
static volatile uint64_t *word(uint64_t address)
{
    return (volatile uint64_t *)(uintptr_t)address;
}

uint64_t pn_mem_read(uint64_t address)
{
    return pn_mem_is_l1s(address) ? *word(address) : UINT64_MAX;
}

void pn_mem_write(uint64_t address, uint64_t value)
{
    if (pn_mem_is_l1s(address))
        *word(address) = value;
}

void pn_mem_snapshot(void)
{
}
