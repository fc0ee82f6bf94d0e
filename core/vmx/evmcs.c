/* SPDX-License-Identifier: BSD-2-Clause
 * Clean fields of an enlightened VMCS. */
#include <provenest/evmcs.h>

#include "../event/bits.h"

enum {
    GROUPS = 16,
    LAST_CONTROL = 4, /* of the first ones */
    CONTROL_EVENT = 5,
    CONTROL_ENTRY = 6,
    CONTROL_EXCEPTIONS = 7,
    CRDR = 8,
    XLAT = 9,
    GUEST_GROUP1 = 11,
    GUEST_GROUP2 = 12,
    HOST_POINTER = 13,
    HOST_GROUP1 = 14
};
/* enum pn_group */
enum { CONTROLS = 0, EVENT = 1, REGISTERS = 3, SEGMENTS = 4, RARE = 5, PDPTRS = 6, OTHER = 7, HOST = 8 };

/* `word` with bits 15:0 set. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 31 ==> (bit(\result, k) <==> bit(word, k) || k <= 15); */
static uint32_t with_all(uint32_t word)
{
    uint64_t r = word;

    /*@ loop invariant range: 0 <= i <= 16;
        loop invariant bits: \forall integer k; 0 <= k <= 63 ==> (bit(r, k) <==> bit(word, k) || k < i);
        loop assigns i, r;
        loop variant 16 - i; */
    for (unsigned i = 0; i < GROUPS; i++)
        r = pn_putb(r, i, true);
    return (uint32_t)r;
}

uint32_t pn_evmcs_consumed(uint32_t clean, bool fresh)
{
    uint64_t r = 0;

    /*@ loop invariant range: 0 <= i <= 16;
        loop invariant bits: \forall integer k; 0 <= k <= 63 ==> (bit(r, k) <==> k < i && (fresh != 0 || !bit(clean, k)));
        loop assigns i, r;
        loop variant 16 - i; */
    for (unsigned i = 0; i < GROUPS; i++)
        r = pn_putb(r, i, fresh || !pn_tstb(clean, i));
    return (uint32_t)r;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> \exists integer k; ne021_control(k) && bit(consumed, k); */
static bool any_control(uint32_t consumed)
{
    /*@ loop invariant range: 0 <= i <= 5;
        loop invariant none: \forall integer k; 0 <= k < i ==> !bit(consumed, k);
        loop assigns i;
        loop variant 5 - i; */
    for (unsigned i = 0; i <= LAST_CONTROL; i++)
        if (pn_tstb(consumed, i))
            return true;
    return pn_tstb(consumed, CONTROL_ENTRY) || pn_tstb(consumed, CONTROL_EXCEPTIONS) || pn_tstb(consumed, XLAT);
}

uint32_t pn_evmcs_dirty(uint32_t consumed)
{
    const bool rare = pn_tstb(consumed, GUEST_GROUP1);
    uint64_t r = pn_putb(0, CONTROLS, any_control(consumed));

    r = pn_putb(r, EVENT, pn_tstb(consumed, CONTROL_EVENT));
    r = pn_putb(r, REGISTERS, rare || pn_tstb(consumed, CRDR));
    r = pn_putb(r, SEGMENTS, pn_tstb(consumed, GUEST_GROUP2));
    r = pn_putb(r, RARE, rare);
    r = pn_putb(r, PDPTRS, rare);
    r = pn_putb(r, OTHER, rare);
    return (uint32_t)pn_putb(r, HOST, pn_tstb(consumed, HOST_POINTER) || pn_tstb(consumed, HOST_GROUP1));
}

uint32_t pn_evmcs_marked(uint32_t clean, bool succeeded)
{
    return succeeded ? with_all(clean) : clean;
}

bool pn_evmcs_pdptrs_held(bool held, uint32_t consumed)
{
    return held && !pn_tstb(consumed, GUEST_GROUP1);
}
