/* SPDX-License-Identifier: BSD-2-Clause
 * Field numbers and the manual's encodings, both ways. SDM vol. 3C 24.11.2, vol. 3D appendix B. */
#include "fields.h"

#include "../event/bits.h"
#include "field_table.h"

uint32_t pn_field_encoding(int f)
{
    return encodings[f];
}

/* The only field that the encoding can be, or PN_FIELDS. In pieces of sixteen, which the solvers can go through. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures range: 0 <= \result <= PN_FIELDS;
    ensures by_0: \forall integer i; 0 <= i < 16 && sdm24_encoding(i) == encoding ==> \result == i;
    ensures by_16: \forall integer i; 16 <= i < 32 && sdm24_encoding(i) == encoding ==> \result == i;
    ensures by_32: \forall integer i; 32 <= i < 48 && sdm24_encoding(i) == encoding ==> \result == i;
    ensures by_48: \forall integer i; 48 <= i < 64 && sdm24_encoding(i) == encoding ==> \result == i;
    ensures by_64: \forall integer i; 64 <= i < 80 && sdm24_encoding(i) == encoding ==> \result == i;
    ensures by_80: \forall integer i; 80 <= i < 96 && sdm24_encoding(i) == encoding ==> \result == i;
    ensures by_96: \forall integer i; 96 <= i < 112 && sdm24_encoding(i) == encoding ==> \result == i;
    ensures by_112: \forall integer i; 112 <= i < PN_FIELDS && sdm24_encoding(i) == encoding ==> \result == i; */
static int candidate(uint64_t encoding)
{
    return slots[encoding / 2 % SLOTS];
}

int pn_field_of(uint64_t encoding)
{
    const int f = candidate(encoding);

    return f < PN_FIELDS && pn_field_encoding(f) == encoding ? f : -1;
}

/* 64 bits wide, natural width not counted: bits 14:13 of the encoding are 1. */
/*@ requires field: 0 <= f < PN_FIELDS;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> sdm24_width64(f); */
static bool has_halves(int f)
{
    return pn_field_encoding(f) / 0x2000 == 1;
}

int pn_field_named(uint64_t encoding)
{
    const bool high = encoding % 2 != 0;
    const int f = pn_field_of(high ? encoding - 1 : encoding);

    return f >= 0 && (!high || has_halves(f)) ? f : -1;
}

uint64_t pn_field_narrow(int f, uint64_t value)
{
    const uint32_t width = pn_field_encoding(f) / 0x2000;

    if (width == 0)
        return value % 0x10000;
    return width == 2 ? value % 0x100000000 : value;
}

bool pn_field_read_only(int f)
{
    return pn_field_encoding(f) / 0x400 % 4 == 1;
}

unsigned pn_field_group(int f)
{
    if (f < PN_G_BASIC)
        return f < PN_G_EVENT ? PN_GROUP_CONTROLS : PN_GROUP_EVENT;
    if (f < PN_G_SEGMENTS)
        return f < PN_G_REGISTERS ? PN_GROUP_BASIC : PN_GROUP_REGISTERS;
    if (f < PN_G_PDPTRS)
        return f < PN_G_RARE ? PN_GROUP_SEGMENTS : PN_GROUP_RARE;
    if (f < PN_G_HOST)
        return f < PN_G_OTHER ? PN_GROUP_PDPTRS : PN_GROUP_OTHER;
    return f < PN_G_EXIT ? PN_GROUP_HOST : PN_GROUP_EXIT;
}

/*@ requires group: group < PN_GROUPS;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer g; 0 <= g <= 31 ==> (bit(\result, g) <==> bit(dirty, g) || g == group); */
static uint32_t mark(uint32_t dirty, unsigned group)
{
    return (uint32_t)pn_putb(dirty, group, true);
}

/*@ requires group: group < PN_GROUPS;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> vi015_rests(group); */
static bool verdict_rests(unsigned group)
{
    return group == PN_GROUP_CONTROLS || group == PN_GROUP_EVENT || group == PN_GROUP_REGISTERS ||
           group == PN_GROUP_HOST;
}

void pn_field_touched(struct pn_nested_vmx *n, unsigned group)
{
    n->dirty = mark(n->dirty, group);
    if (verdict_rests(group))
        n->checked = false;
}
