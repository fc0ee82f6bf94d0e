/* SPDX-License-Identifier: BSD-2-Clause
 * Single bits of a 64-bit word, by bit number. The compiler folds these away for constant numbers; the solvers reason
 * about them bit by bit, without masks and without axioms. */
#ifndef PROVENEST_BITS_H
#define PROVENEST_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../spec/acsl/bits.h"

/* Bit k of `word`, k = 0..63. */
/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> bit(word, k); */
bool pn_tstb(uint64_t word, unsigned k);

/* `word` with bit k (0..63) set to `on` and all others kept. */
/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==>
            (bit(\result, j) <==> ((j == k && on != 0) || (j != k && bit(word, j)))); */
uint64_t pn_putb(uint64_t word, unsigned k, bool on);

/* Bits 3:0 of both, and nothing else. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==> (bit(\result, j) <==> j <= 3 && (bit(a, j) || bit(b, j))); */
uint64_t pn_or4(uint64_t a, uint64_t b);

#endif
