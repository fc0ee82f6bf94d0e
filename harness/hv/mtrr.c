/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MTRR lookup (mtrr.h).
 */
#include "mtrr.h"

#define DEF_ENABLED (1ull << 11)
#define DEF_FIXED_ENABLED (1ull << 10)
#define MASK_VALID (1ull << 11)
#define PAGE 4096ull

static uint8_t fixed_type(const struct mtrrs *m, uint64_t address)
{
    uint64_t index; /* of the 8-bit field, 8 a register */

    if (address < 0x80000)
        index = address >> 16;
    else if (address < 0xc0000)
        index = 8 + ((address - 0x80000) >> 14);
    else
        index = 24 + ((address - 0xc0000) >> 12);
    return (uint8_t)(m->fixed[index / 8] >> (8 * (index % 8)));
}

/* SDM 11.11.4.1: UC wins, WT wins over WB, other mixtures are undefined. */
static uint8_t combine(uint8_t a, uint8_t b)
{
    if (a == b)
        return a;
    if ((a == TYPE_WT && b == TYPE_WB) || (a == TYPE_WB && b == TYPE_WT))
        return TYPE_WT;
    return TYPE_UC;
}

uint8_t mtrr_type(const struct mtrrs *m, uint64_t address)
{
    bool found = false;
    uint8_t type = (uint8_t)m->def;

    if (!(m->def & DEF_ENABLED))
        return TYPE_UC;
    if (address < 0x100000 && m->def & DEF_FIXED_ENABLED)
        return fixed_type(m, address);
    for (uint32_t i = 0; i < m->variable_count; i++) {
        const uint64_t mask = m->mask[i] & ~(PAGE - 1);

        if (!(m->mask[i] & MASK_VALID) || (address & mask) != (m->base[i] & mask))
            continue;
        type = found ? combine(type, (uint8_t)m->base[i]) : (uint8_t)m->base[i];
        found = true;
    }
    return type;
}

uint8_t mtrr_type_of_range(const struct mtrrs *m, uint64_t start, uint64_t end)
{
    const uint8_t first = mtrr_type(m, start), last = mtrr_type(m, end - PAGE);

    return first == last ? first : (uint8_t)TYPE_UC;
}
