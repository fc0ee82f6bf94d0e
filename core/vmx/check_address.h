/* SPDX-License-Identifier: BSD-2-Clause
 * Words of which bits must be 0, or alike, or as a capability word has them. Said bit by bit, as the manuals do; decided
 * by a mask where the answer is yes, and by a loop where it is no. */
#ifndef PROVENEST_CHECK_ADDRESS_H
#define PROVENEST_CHECK_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../spec/acsl/vmx_words.h"

/* Bits `first` to `last` are 0. */
/*@ requires range: first <= 63 && last <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> no_bits(word, first, last); */
bool pn_no_bits(uint64_t word, uint8_t first, uint8_t last);

/* No bit at or above `width`: an address within the physical-address width. */
/*@ requires width: width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> fits_width(address, width); */
bool pn_fits_width(uint64_t address, uint8_t width);

/* Bits 63 to width - 1 are alike. */
/*@ requires width: 1 <= width <= 64;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> canonical(address, width); */
bool pn_is_canonical(uint64_t address, uint8_t width);

/* The bits that both have. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> bit(word, k) && bit(mask, k)); */
uint64_t pn_both(uint64_t word, uint64_t mask);

/* Every bit of `word` is one of `allowed`. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> bits_within(word, allowed); */
bool pn_bits_within(uint64_t word, uint64_t allowed);

/* A control word against its capability MSR. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> control_allowed(control, capability); */
bool pn_control_allowed(uint64_t control, uint64_t capability);

/* A value of IA32_PAT that WRMSR takes. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> pat_valid(pat); */
bool pn_pat_valid(uint64_t pat);

/* The address of a 4-KByte structure. */
/*@ requires width: width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> page_aligned(address) && fits_width(address, width); */
bool pn_is_page(uint64_t address, uint8_t width);

#endif
