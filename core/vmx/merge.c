/* SPDX-License-Identifier: BSD-2-Clause
 * Words of vmcs02 (SDM vol. 3C 24.6 to 24.8). Where a word has bits of many kinds it is built bit by bit: the numbers are then
 * the manual's, and the compiler makes masks of them. */
#include "merge.h"

#include "../event/bits.h"

enum { PIN_TIMER = 6, PIN_POSTED = 7 };
enum {
    PROC_TSC_OFFSET = 3,
    PROC_TERTIARY = 17,
    PROC_CR8_LOAD = 19,
    PROC_CR8_STORE = 20,
    PROC_TPR_SHADOW = 21,
    PROC_IO = 24,
    PROC_IO_BITMAPS = 25,
    PROC_MTF = 27,
    PROC_MSR_BITMAPS = 28,
    PROC_SECONDARY = 31,
};
enum {
    PROC2_APIC_ACCESS = 0,
    PROC2_EPT = 1,
    PROC2_DESCRIPTORS = 2,
    PROC2_RDTSCP = 3,
    PROC2_VPID = 5,
    PROC2_WBINVD = 6,
    PROC2_UNRESTRICTED = 7,
    PROC2_RDRAND = 11,
    PROC2_INVPCID = 12,
    PROC2_RDSEED = 16,
    PROC2_XSAVES = 20,
};
enum { ENTRY_LONG_MODE = 9, ENTRY_LOAD_EFER = 15, EXIT_SAVE_TIMER = 22 };
#define MOST 0xffffffffffffffffu /* of 64 bits */
enum { EFER_LME = 8, EFER_LMA = 10, CR0_PG = 31, VECTOR_PF = 14 };

/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> bit(a, k) || bit(b, k)); */
static uint64_t either(uint64_t a, uint64_t b)
{
    return a | b;
}

uint64_t pn_merge_pin(uint64_t l0, uint64_t l1)
{
    const uint64_t word = pn_putb(either(l0, l1), PIN_TIMER, pn_tstb(l1, PIN_TIMER));

    return (uint32_t)pn_putb(word, PIN_POSTED, false);
}

uint64_t pn_merge_proc(uint64_t l0, uint64_t l1)
{
    const bool shadow = pn_tstb(l1, PROC_TPR_SHADOW);
    uint64_t word = either(l0, l1);

    word = pn_putb(word, PROC_TERTIARY, false);
    word = shadow ? word : pn_putb(pn_putb(word, PROC_CR8_LOAD, true), PROC_CR8_STORE, true);
    word = pn_putb(word, PROC_TPR_SHADOW, shadow);
    word = pn_putb(word, PROC_IO, true);
    word = pn_putb(word, PROC_IO_BITMAPS, false);
    word = pn_putb(word, PROC_MTF, pn_tstb(l0, PROC_MTF));
    word = pn_putb(word, PROC_MSR_BITMAPS, true);
    return (uint32_t)pn_putb(word, PROC_SECONDARY, true);
}

/* Bit k for both, in a word that has it not yet. */
/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==>
            (bit(\result, j) <==> (j == k && (bit(l0, k) || bit(l1, k))) || (j != k && bit(word, j))); */
static uint64_t put_either(uint64_t word, unsigned k, uint64_t l0, uint64_t l1)
{
    return pn_putb(word, k, pn_tstb(l0, k) || pn_tstb(l1, k));
}

/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==>
            (bit(\result, j) <==> (j == k && bit(from, k)) || (j != k && bit(word, j))); */
static uint64_t put_same(uint64_t word, unsigned k, uint64_t from)
{
    return pn_putb(word, k, pn_tstb(from, k));
}

/* What L2 may have only if L1 gives it. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> ne003_l1(k) && bit(l1, k)); */
static uint64_t given(uint64_t l1)
{
    uint64_t word = put_same(0, PROC2_APIC_ACCESS, l1);

    word = put_same(word, PROC2_RDTSCP, l1);
    word = put_same(word, PROC2_UNRESTRICTED, l1);
    word = put_same(word, PROC2_INVPCID, l1);
    return put_same(word, PROC2_XSAVES, l1);
}

uint64_t pn_merge_proc2(uint64_t l0, uint64_t proc, uint64_t l1)
{
    const uint64_t active = pn_tstb(proc, PROC_SECONDARY) ? l1 : 0;
    uint64_t word = given(active);

    word = put_either(word, PROC2_DESCRIPTORS, l0, active);
    word = put_either(word, PROC2_WBINVD, l0, active);
    word = put_either(word, PROC2_RDRAND, l0, active);
    word = put_either(word, PROC2_RDSEED, l0, active);
    word = pn_putb(word, PROC2_EPT, true);
    return (uint32_t)pn_putb(word, PROC2_VPID, true);
}

uint64_t pn_merge_entry(uint64_t l0, uint64_t l1)
{
    return (uint32_t)put_same(l0, ENTRY_LONG_MODE, l1);
}

uint64_t pn_merge_exit(uint64_t l0, uint64_t pin, uint64_t capability)
{
    return (uint32_t)pn_putb(l0, EXIT_SAVE_TIMER, pn_tstb(pin, PIN_TIMER) && pn_tstb(capability, 32 + EXIT_SAVE_TIMER));
}

uint64_t pn_merge_exceptions(uint64_t l0, uint64_t l1)
{
    return (uint32_t)either(l0, l1);
}

struct pn_page_faults pn_merge_page_faults(uint64_t l0, uint64_t l1, struct pn_page_faults asked)
{
    const struct pn_page_faults all = {.mask = 0, .match = 0};

    (void)l1; /* of the bitmap in vmcs02, which the contract speaks of */
    return pn_tstb(l0, VECTOR_PF) ? all : asked;
}

uint64_t pn_merge_cr(uint64_t owned, uint64_t forced, uint64_t guest)
{
    return (forced & owned) | (guest & ~owned);
}

uint64_t pn_merge_cr_mask(uint64_t owned, uint64_t mask1)
{
    return either(owned, mask1);
}

uint64_t pn_merge_cr_shadow(uint64_t mask1, uint64_t shadow1, uint64_t guest)
{
    return (shadow1 & mask1) | (guest & ~mask1);
}

uint64_t pn_merge_gated(bool pending, uint64_t entry, unsigned k, uint64_t asked, uint64_t before)
{
    return pending && pn_tstb(entry, k) ? asked : before;
}

uint64_t pn_merge_efer(bool pending, uint64_t entry, uint64_t asked, uint64_t before, uint64_t cr0)
{
    const bool long_mode = pn_tstb(entry, ENTRY_LONG_MODE);
    uint64_t word;

    if (!pending || pn_tstb(entry, ENTRY_LOAD_EFER))
        return pn_merge_gated(pending, entry, ENTRY_LOAD_EFER, asked, before);
    word = pn_putb(before, EFER_LMA, long_mode);
    return pn_tstb(cr0, CR0_PG) ? pn_putb(word, EFER_LME, long_mode) : word;
}

uint64_t pn_merge_tsc(uint64_t l0, uint64_t proc, uint64_t l1)
{
    if (!pn_tstb(proc, PROC_TSC_OFFSET))
        return l0;
    return l1 <= MOST - l0 ? l0 + l1 : l1 - (MOST - l0) - 1;
}

uint64_t pn_merge_bitmap(uint64_t l0, uint64_t l1)
{
    return either(l0, l1);
}

uint64_t pn_all_msrs(uint64_t any)
{
    return any | ~any;
}
