/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Operands of VMX instructions (operand.h).
 */
#include "operand.h"

enum { SEGMENT_SS = 2, SEGMENT_FS = 4 };
#define ACCESS_UNUSABLE 0x10000u
#define ACCESS_BIG 0x4000u /* D/B */
#define TYPE_CODE 8u
#define TYPE_EXPAND_DOWN 4u /* data */
#define TYPE_WRITABLE 2u    /* data; of code: readable */

struct operand operand_decode(uint32_t info)
{
    const unsigned int size = info >> 7 & 7;

    return (struct operand){
        .is_register = (info & 1u << 10) != 0,
        .has_base = !(info & 1u << 27),
        .has_index = !(info & 1u << 22),
        .reg = info >> 3 & 15,
        .reg2 = info >> 28,
        .base = info >> 23 & 15,
        .index = info >> 18 & 15,
        .scale = info & 3,
        .segment = info >> 15 & 7,
        .address_bits = size == 0   ? 16
                        : size == 1 ? 32
                                    : 64,
    };
}

static uint64_t cut(uint64_t value, unsigned int bits)
{
    return bits >= 64 ? value : value & ((1ull << bits) - 1);
}

/* With 48 bits of linear address; L1 is offered no more. */
static bool canonical(uint64_t linear)
{
    return linear + (1ull << 47) < 1ull << 48;
}

/* SDM vol. 3A 5.3 and 5.5: usable, of a type that allows the access, within the limit. */
static bool segment_allows(struct segment s, uint64_t offset, uint32_t length, bool write)
{
    const uint64_t last = offset + length - 1;
    const bool code = (s.access & TYPE_CODE) != 0;

    if (s.access & ACCESS_UNUSABLE)
        return false;
    if (write ? code || !(s.access & TYPE_WRITABLE) : code && !(s.access & TYPE_WRITABLE))
        return false;
    if (!code && s.access & TYPE_EXPAND_DOWN)
        return offset > s.limit && last <= (s.access & ACCESS_BIG ? 0xffffffffull : 0xffffull);
    return last <= s.limit;
}

struct operand_place operand_locate(struct operand o, struct operand_values v)
{
    const uint8_t fault = o.segment == SEGMENT_SS ? OPERAND_SS : OPERAND_GP;
    const uint64_t offset = cut(v.displacement + v.base + (v.index << o.scale), o.address_bits);
    uint64_t linear;

    if (v.in_64bit) {
        linear = offset + (o.segment >= SEGMENT_FS ? v.segment.base : 0);
        if (!canonical(linear) || !canonical(linear + v.length - 1))
            return (struct operand_place){.fault = fault};
        return (struct operand_place){.linear = linear};
    }
    if (!segment_allows(v.segment, offset, v.length, v.write))
        return (struct operand_place){.fault = fault};
    return (struct operand_place){.linear = cut(offset + v.segment.base, 32)};
}
