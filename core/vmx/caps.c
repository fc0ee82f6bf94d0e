/* SPDX-License-Identifier: BSD-2-Clause
 * What L1 is offered of the processor's VMX. SDM vol. 3D appendix A. */
#include <provenest/vmx_insn.h>

#include "../event/bits.h"

/* Bits first to last of `word` become those of `from`. */
/*@ requires range: first <= last <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures taken: \forall integer k; first <= k <= last ==> (bit(\result, k) <==> bit(from, k));
    ensures others: \forall integer k; 0 <= k <= 63 && !(first <= k <= last) ==> (bit(\result, k) <==> bit(word, k)); */
static uint64_t take_bits(uint64_t word, uint64_t from, unsigned first, unsigned last)
{
    uint64_t out = word;

    /*@ loop invariant range: first <= k <= last + 1;
        loop invariant taken: \forall integer j; first <= j < k ==> (bit(out, j) <==> bit(from, j));
        loop invariant others: \forall integer j; 0 <= j <= 63 && !(first <= j < k) ==> (bit(out, j) <==> bit(word, j));
        loop assigns k, out;
        loop variant last + 1 - k; */
    for (unsigned k = first; k <= last; k++)
        out = pn_putb(out, k, pn_tstb(from, k));
    return out;
}

/* Controls first to last as the processor has them, in both halves. */
/*@ requires range: first <= last <= 31;
    terminates \true; exits \false; assigns \nothing;
    ensures taken: \forall integer k; first <= k <= last || 32 + first <= k <= 32 + last ==>
            (bit(\result, k) <==> bit(hardware, k));
    ensures others: \forall integer k; 0 <= k <= 63 && !(first <= k <= last || 32 + first <= k <= 32 + last) ==>
            (bit(\result, k) <==> bit(word, k)); */
static uint64_t take(uint64_t word, uint64_t hardware, unsigned first, unsigned last)
{
    return take_bits(take_bits(word, hardware, first, last), hardware, 32 + first, 32 + last);
}

/* Controls first to last always 1. */
/*@ requires range: first <= last <= 31;
    terminates \true; exits \false; assigns \nothing;
    ensures always: \forall integer k; first <= k <= last || 32 + first <= k <= 32 + last ==> bit(\result, k);
    ensures others: \forall integer k; 0 <= k <= 63 && !(first <= k <= last || 32 + first <= k <= 32 + last) ==>
            (bit(\result, k) <==> bit(word, k)); */
static uint64_t always(uint64_t word, unsigned first, unsigned last)
{
    uint64_t out = word;

    /*@ loop invariant range: first <= k <= last + 1;
        loop invariant always: \forall integer j; first <= j < k || 32 + first <= j < 32 + k ==> bit(out, j);
        loop invariant others: \forall integer j; 0 <= j <= 63 && !(first <= j < k || 32 + first <= j < 32 + k) ==>
                       (bit(out, j) <==> bit(word, j));
        loop assigns k, out;
        loop variant last + 1 - k; */
    for (unsigned k = first; k <= last; k++)
        out = pn_putb(pn_putb(out, k, true), 32 + k, true);
    return out;
}

/* No bit is set in 0. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures none: \forall integer k; 0 <= k <= 63 ==> !bit(\result, k); */
static uint64_t nothing(void)
{
    return 0;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures named: \forall integer k; 0 <= k <= 31 && vc001_pin(k) ==> vc006_as_hardware(\result, hardware, k);
    ensures always: \forall integer k; 0 <= k <= 31 && vc005_pin(k) ==> vc006_always(\result, k);
    ensures never: \forall integer k; 0 <= k <= 31 && !vc001_pin(k) && !vc005_pin(k) ==> vc006_never(\result, k); */
static uint64_t offer_pin(uint64_t hardware)
{
    uint64_t word = nothing();

    word = take(word, hardware, 0, 0);
    word = take(word, hardware, 3, 3);
    word = take(word, hardware, 5, 6);
    word = always(word, 1, 2);
    return always(word, 4, 4);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures named: \forall integer k; 0 <= k <= 31 && vc002_proc(k) ==> vc006_as_hardware(\result, hardware, k);
    ensures never: \forall integer k; 0 <= k <= 31 && !vc002_proc(k) ==> vc006_never(\result, k); */
static uint64_t named_proc(uint64_t hardware)
{
    uint64_t word = nothing();

    word = take(word, hardware, 2, 3);
    word = take(word, hardware, 7, 7);
    word = take(word, hardware, 9, 12);
    word = take(word, hardware, 15, 16);
    word = take(word, hardware, 19, 25);
    return take(word, hardware, 28, 31);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures named: \forall integer k; 0 <= k <= 31 && vc002_proc(k) ==> vc006_as_hardware(\result, hardware, k);
    ensures always: \forall integer k; 0 <= k <= 31 && vc005_proc(k) ==> vc006_always(\result, k);
    ensures never: \forall integer k; 0 <= k <= 31 && !vc002_proc(k) && !vc005_proc(k) ==> vc006_never(\result, k); */
static uint64_t offer_proc(uint64_t hardware)
{
    uint64_t word = named_proc(hardware);

    word = always(word, 1, 1);
    word = always(word, 4, 6);
    word = always(word, 8, 8);
    word = always(word, 13, 14);
    return always(word, 26, 26);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures named: \forall integer k; 0 <= k <= 31 && vc003_proc2(k) ==> vc006_as_hardware(\result, hardware, k);
    ensures never: \forall integer k; 0 <= k <= 31 && !vc003_proc2(k) ==> vc006_never(\result, k); */
static uint64_t offer_proc2(uint64_t hardware)
{
    uint64_t word = nothing();

    word = take(word, hardware, 0, 3);
    word = take(word, hardware, 5, 7);
    word = take(word, hardware, 11, 12);
    word = take(word, hardware, 16, 16);
    return take(word, hardware, 20, 20);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures named: \forall integer k; 0 <= k <= 31 && vc004_exit(k) ==> vc006_as_hardware(\result, hardware, k);
    ensures never: \forall integer k; 0 <= k <= 31 && !vc004_exit(k) ==> vc006_never(\result, k); */
static uint64_t named_exit(uint64_t hardware)
{
    uint64_t word = nothing();

    word = take(word, hardware, 2, 2);
    word = take(word, hardware, 9, 9);
    word = take(word, hardware, 15, 15);
    return take(word, hardware, 18, 22);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures named: \forall integer k; 0 <= k <= 31 && vc004_exit(k) ==> vc006_as_hardware(\result, hardware, k);
    ensures always: \forall integer k; 0 <= k <= 31 && vc005_exit(k) ==> vc006_always(\result, k);
    ensures never: \forall integer k; 0 <= k <= 31 && !vc004_exit(k) && !vc005_exit(k) ==> vc006_never(\result, k); */
static uint64_t offer_exit(uint64_t hardware)
{
    uint64_t word = named_exit(hardware);

    word = always(word, 0, 1);
    word = always(word, 3, 8);
    word = always(word, 10, 11);
    word = always(word, 13, 14);
    return always(word, 16, 17);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures named: \forall integer k; 0 <= k <= 31 && vc004_entry(k) ==> vc006_as_hardware(\result, hardware, k);
    ensures always: \forall integer k; 0 <= k <= 31 && vc005_entry(k) ==> vc006_always(\result, k);
    ensures never: \forall integer k; 0 <= k <= 31 && !vc004_entry(k) && !vc005_entry(k) ==> vc006_never(\result, k); */
static uint64_t offer_entry(uint64_t hardware)
{
    uint64_t word = nothing();

    word = take(word, hardware, 2, 2);
    word = take(word, hardware, 9, 9);
    word = take(word, hardware, 14, 15);
    word = always(word, 0, 1);
    word = always(word, 3, 8);
    return always(word, 12, 12);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> vc007_ept_vpid(k) && bit(hardware, k)); */
static uint64_t offer_ept_vpid(uint64_t hardware)
{
    uint64_t word = nothing();

    word = take_bits(word, hardware, 0, 0);
    word = take_bits(word, hardware, 6, 6);
    word = take_bits(word, hardware, 8, 8);
    word = take_bits(word, hardware, 14, 14);
    word = take_bits(word, hardware, 16, 16);
    word = take_bits(word, hardware, 20, 20);
    word = take_bits(word, hardware, 25, 26);
    word = take_bits(word, hardware, 32, 32);
    return take_bits(word, hardware, 40, 43);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: vc008_basic(\result, hardware); */
static uint64_t offer_basic(uint64_t hardware)
{
    const uint64_t own = 0x504e0001u + 0x1000u * 0x100000000u + 6u * 0x4000000000000u + 0x80000000000000u;

    return pn_tstb(hardware, 54) ? own + 0x40000000000000u : own;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: vc009_misc(\result, hardware, proc2); */
static uint64_t offer_misc(uint64_t hardware, uint64_t proc2)
{
    uint64_t word = nothing();

    word = take_bits(word, hardware, 0, 4);
    word = take_bits(word, hardware, 6, 6);
    return pn_putb(word, 5, pn_tstb(proc2, 39));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: vc010_enum(\result); */
static uint64_t offer_enum(void)
{
    return pn_field_encoding(PN_F_PREEMPTION_TIMER) % 0x400;
}

struct pn_vmx_caps pn_vmx_offer(struct pn_vmx_caps hardware)
{
    struct pn_vmx_caps c = hardware;

    c.basic = offer_basic(hardware.basic);
    c.misc = offer_misc(hardware.misc, hardware.proc2);
    c.vmcs_enum = offer_enum();
    c.ept_vpid = offer_ept_vpid(hardware.ept_vpid);
    c.pin = offer_pin(hardware.pin);
    c.proc = offer_proc(hardware.proc);
    c.proc2 = offer_proc2(hardware.proc2);
    c.exit = offer_exit(hardware.exit);
    c.entry = offer_entry(hardware.entry);
    return c;
}

/* The words without TRUE, and the fixed bits. */
/*@ requires caps: \valid_read(c);
    terminates \true; exits \false; assigns \nothing;
    ensures proc: msr == 0x482 ==> \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> bit(c->proc, k) || vc011_proc(k));
    ensures exit: msr == 0x483 ==> \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> bit(c->exit, k) || vc011_debug(k));
    ensures entry: msr == 0x484 ==> \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> bit(c->entry, k) || vc011_debug(k));
    ensures cr0_fixed0: msr == 0x486 ==> \result == c->cr0_fixed0;
    ensures cr0_fixed1: msr == 0x487 ==> \result == c->cr0_fixed1;
    ensures cr4_fixed0: msr == 0x488 ==> \result == c->cr4_fixed0;
    ensures cr4_fixed1: msr == 0x489 ==> \result == c->cr4_fixed1; */
static uint64_t derived_word(const struct pn_vmx_caps *c, uint32_t msr)
{
    if (msr == 0x482)
        return pn_putb(pn_putb(c->proc, 15, true), 16, true);
    if (msr == 0x483 || msr == 0x484)
        return pn_putb(msr == 0x483 ? c->exit : c->entry, 2, true);
    if (msr == 0x486 || msr == 0x487)
        return msr == 0x486 ? c->cr0_fixed0 : c->cr0_fixed1;
    return msr == 0x488 ? c->cr4_fixed0 : c->cr4_fixed1;
}

/* The others, as they are held. */
/*@ requires caps: \valid_read(c);
    terminates \true; exits \false; assigns \nothing;
    ensures basic: msr == 0x480 ==> \result == c->basic;
    ensures pin: msr == 0x481 || msr == 0x48d ==> \result == c->pin;
    ensures misc: msr == 0x485 ==> \result == c->misc;
    ensures enumeration: msr == 0x48a ==> \result == c->vmcs_enum;
    ensures proc2: msr == 0x48b ==> \result == c->proc2;
    ensures ept_vpid: msr == 0x48c ==> \result == c->ept_vpid;
    ensures true_proc: msr == 0x48e ==> \result == c->proc;
    ensures true_exit: msr == 0x48f ==> \result == c->exit;
    ensures true_entry: msr == 0x490 ==> \result == c->entry;
    ensures none: msr == 0x491 ==> \result == 0; */
static uint64_t held_word(const struct pn_vmx_caps *c, uint32_t msr)
{
    switch (msr) {
    case 0x480: return c->basic;
    case 0x481: return c->pin;
    case 0x485: return c->misc;
    case 0x48a: return c->vmcs_enum;
    case 0x48b: return c->proc2;
    case 0x48c: return c->ept_vpid;
    case 0x48d: return c->pin;
    case 0x48e: return c->proc;
    case 0x48f: return c->exit;
    case 0x490: return c->entry;
    default: return 0;
    }
}

uint64_t pn_vmx_capability(const struct pn_vmx_caps *c, uint32_t msr)
{
    if ((msr >= 0x482 && msr <= 0x484) || (msr >= 0x486 && msr <= 0x489))
        return derived_word(c, msr);
    return held_word(c, msr);
}
