/* SPDX-License-Identifier: BSD-2-Clause */
#include "check_address.h"

#include "../event/bits.h"

/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> (bit(word, k) && !bit(removed, k))); */
static uint64_t without(uint64_t word, uint64_t removed)
{
    return word & ~removed;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> !bit(word, k)); */
static uint64_t flipped(uint64_t word)
{
    return ~word;
}

/*@ requires range: n <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; n <= k <= 63 ==> (bit(word, k) <==> bit(\result, k - n)); */
static uint64_t shifted(uint64_t word, uint8_t n)
{
    return word >> n;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 31 ==> (bit(\result, k) <==> bit(word, k)); */
static uint32_t low_half(uint64_t word)
{
    return (uint32_t)word;
}

bool pn_no_bits(uint64_t word, uint8_t first, uint8_t last)
{
    if (shifted(word, first) == 0)
        return true;
    /*@ loop invariant range: first <= k <= 64 && (k <= last + 1 || k == first);
        loop invariant none: \forall integer j; first <= j < k ==> !bit(word, j);
        loop assigns k;
        loop variant 64 - k; */
    for (unsigned k = first; k <= last; k++)
        if (pn_tstb(word, k))
            return false;
    return true;
}

bool pn_fits_width(uint64_t address, uint8_t width)
{
    return pn_no_bits(address, width, 63);
}

bool pn_is_canonical(uint64_t address, uint8_t width)
{
    return pn_fits_width(pn_tstb(address, 63) ? flipped(address) : address, (uint8_t)(width - 1));
}

uint64_t pn_both(uint64_t word, uint64_t mask)
{
    return word & mask;
}

bool pn_bits_within(uint64_t word, uint64_t allowed)
{
    return pn_fits_width(without(word, allowed), 0);
}

bool pn_control_allowed(uint64_t control, uint64_t capability)
{
    if (low_half(without(capability, control)) == 0 && low_half(without(control, shifted(capability, 32))) == 0)
        return true;
    /*@ loop invariant range: 0 <= k <= 32;
        loop invariant allowed: \forall integer j; 0 <= j < k ==>
              (bit(capability, j) ==> bit(control, j)) && (bit(control, j) ==> bit(capability, j + 32));
        loop assigns k;
        loop variant 32 - k; */
    for (unsigned k = 0; k < 32; k++)
        if (pn_tstb(control, k) ? !pn_tstb(capability, k + 32) : pn_tstb(capability, k))
            return false;
    return true;
}

bool pn_is_page(uint64_t address, uint8_t width)
{
    return address % 0x1000u == 0 && pn_fits_width(address, width);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> pat_type(type); */
static bool is_pat_type(uint64_t type)
{
    return type <= 7 && type != 2 && type != 3;
}

bool pn_pat_valid(uint64_t pat)
{
    return is_pat_type(pat % 0x100u) && is_pat_type(pat / 0x100u % 0x100u) && is_pat_type(pat / 0x10000u % 0x100u) &&
           is_pat_type(pat / 0x1000000u % 0x100u) && is_pat_type(pat / 0x100000000u % 0x100u) &&
           is_pat_type(pat / 0x10000000000u % 0x100u) && is_pat_type(pat / 0x1000000000000u % 0x100u) &&
           is_pat_type(pat / 0x100000000000000u % 0x100u);
}
