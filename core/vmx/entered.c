/* SPDX-License-Identifier: BSD-2-Clause
 * What an entry of L1's leaves known: all of it if L2 has run, nothing if it failed (SDM vol. 3C 26.7, 26.8). */
#include "../event/bits.h"
#include "entry.h"

/* All ones, in a spelling that the solvers decide bit by bit. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 31 ==> bit(\result, k); */
static uint32_t all_ones(uint32_t any)
{
    return any | ~any;
}

/* All but PN_HAS_SEGMENTS, which stays. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 31 ==> (bit(\result, k) <==> k != PN_HAS_SEGMENTS || bit(dirty, k)); */
static uint32_t all_dirty(uint32_t dirty)
{
    return (uint32_t)pn_putb(all_ones(dirty), PN_HAS_SEGMENTS, pn_tstb(dirty, PN_HAS_SEGMENTS));
}

void pn_forget_entry(struct pn_nested_vmx *n)
{
    n->dirty = all_dirty(n->dirty);
    n->pdptrs_held = false;
    n->checked = false;
}

void pn_nested_entered(struct pn_nested_vmx *n, bool failed)
{
    if (n->entry_pending && !failed) {
        n->dirty = 0;
        n->launched = true;
        n->pdptrs_held = true;
    } else if (n->entry_pending) {
        pn_forget_entry(n); /* the MSR-load list may have changed what vmcs02 holds of clean groups */
    }
    n->entry_pending = false;
}
