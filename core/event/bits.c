/* SPDX-License-Identifier: BSD-2-Clause */
#include "bits.h"

bool pn_tstb(uint64_t word, unsigned k)
{
    return (word & ((uint64_t)1 << k)) != 0;
}

/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==> (bit(\result, j) <==> (j == k || bit(word, j))); */
static uint64_t setb(uint64_t word, unsigned k)
{
    return word | ((uint64_t)1 << k);
}

/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==> (bit(\result, j) <==> (j != k && bit(word, j))); */
static uint64_t clrb(uint64_t word, unsigned k)
{
    return word & ~((uint64_t)1 << k);
}

uint64_t pn_putb(uint64_t word, unsigned k, bool on)
{
    return on ? setb(word, k) : clrb(word, k);
}

/*@ requires range: k <= 3;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==>
            (bit(\result, j) <==> bit(word, j) || (j == k && (bit(a, k) || bit(b, k)))); */
static uint64_t join_bit(uint64_t word, uint64_t a, uint64_t b, unsigned k)
{
    return pn_tstb(a, k) || pn_tstb(b, k) ? pn_putb(word, k, true) : word;
}

uint64_t pn_or4(uint64_t a, uint64_t b)
{
    uint64_t word = 0;

    word = join_bit(word, a, b, 0);
    word = join_bit(word, a, b, 1);
    word = join_bit(word, a, b, 2);
    return join_bit(word, a, b, 3);
}
