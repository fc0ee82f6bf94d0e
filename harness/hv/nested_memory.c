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

/* The hypervisor's own memory is whole pages, and so is what is mapped. */
bool pn_mem_is_l1s_page(uint64_t page)
{
    return pn_mem_is_l1s(page);
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

uint64_t pn_mem_read_l1s(uint64_t address)
{
    return *word(address);
}

void pn_mem_write(uint64_t address, uint64_t value)
{
    if (pn_mem_is_l1s(address))
        *word(address) = value;
}

/* All of the words on one side of the hypervisor. */
static bool all_l1s(uint64_t address, uint64_t bytes)
{
    if (__builtin_expect(address <= HV_BASE - bytes, 1))
        return true;
    return address >= HV_BASE + HV_SIZE && address <= MAPPED - bytes;
}

/* Each word is read, or written, once by this too. */
static void copy(void *to, const void *from, uint64_t count)
{
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

void pn_mem_read_words(uint64_t address, uint64_t *to, uint32_t count)
{
    if (all_l1s(address, 8ull * count))
        copy(to, (const void *)(uintptr_t)address, count);
    else
        for (uint32_t k = 0; k < count; k++)
            to[k] = pn_mem_read(address + 8ull * k);
}

void pn_mem_write_words(uint64_t address, const uint64_t *from, uint32_t count)
{
    if (all_l1s(address, 8ull * count))
        copy((void *)(uintptr_t)address, from, count);
    else
        for (uint32_t k = 0; k < count; k++)
            pn_mem_write(address + 8ull * k, from[k]);
}

void pn_mem_snapshot(void)
{
}
