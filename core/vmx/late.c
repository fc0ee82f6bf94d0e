/* SPDX-License-Identifier: BSD-2-Clause
 * L2's segments, which an exit leaves in vmcs02 until L1 looks (SDM vol. 3C 27.3.2). */
#include <provenest/vmx_exit.h>

#include "../event/bits.h"
#include "check_address.h"
#include "sync.h"

enum { PROC_SECONDARY = 31, PROC2_UNRESTRICTED = 7, VM = 17 };

/* `dirty`, with "vmcs12 has L2's segments", and if they are others than before without a verdict on them. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 31 ==>
            (bit(\result, k) <==> bit(dirty, k) || k == PN_HAS_SEGMENTS || (changed != 0 && k == PN_GROUP_EXIT)); */
static uint32_t with_segments(uint32_t dirty, bool changed)
{
    const uint32_t had = (uint32_t)pn_putb(dirty, PN_HAS_SEGMENTS, true);

    return changed ? (uint32_t)pn_putb(had, PN_GROUP_EXIT, true) : had;
}

void pn_save_segments02(struct pn_nested_vmx *n)
{
    bool changed;

    if (pn_tstb(n->dirty, PN_HAS_SEGMENTS))
        return;
    changed = pn_save_changes(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    n->dirty = with_segments(n->dirty, changed);
    pn_hw_saved_segments(n);
}

void pn_save_segments(struct pn_nested_vmx *n)
{
    if (pn_tstb(n->dirty, PN_HAS_SEGMENTS))
        return;
    pn_hw_load_vmcs(PN_VMCS02);
    pn_save_segments02(n);
    pn_hw_load_vmcs(PN_VMCS01);
}

/* What the verdict on the segments, and their way to vmcs02, rest on. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==>
            k == PN_GROUP_CONTROLS || k == PN_GROUP_REGISTERS || k == PN_GROUP_SEGMENTS || k == PN_GROUP_EXIT); */
static uint64_t asked_anew(void)
{
    uint64_t groups = pn_putb(0, PN_GROUP_CONTROLS, true);

    groups = pn_putb(groups, PN_GROUP_REGISTERS, true);
    groups = pn_putb(groups, PN_GROUP_SEGMENTS, true);
    return pn_putb(groups, PN_GROUP_EXIT, true);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 ==> !bit(dirty, PN_GROUP_CONTROLS) && !bit(dirty, PN_GROUP_REGISTERS) &&
            !bit(dirty, PN_GROUP_SEGMENTS) && !bit(dirty, PN_GROUP_EXIT); */
static bool none_asked(uint64_t dirty)
{
    return pn_both(dirty, asked_anew()) == 0;
}

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 ==> pn_segments_settled(n);
    ensures has: bit(n->dirty, PN_HAS_SEGMENTS) ==> \result != 0; */
static bool settled(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;

    if (pn_tstb(n->dirty, PN_HAS_SEGMENTS))
        return true;
    return none_asked(n->dirty) && !pn_tstb(f[PN_F_GUEST_RFLAGS], VM) && pn_tstb(f[PN_F_PROC_CTL], PROC_SECONDARY) &&
           pn_tstb(f[PN_F_PROC2_CTL], PROC2_UNRESTRICTED) && f[PN_F_ENTRY_LOAD_COUNT] == 0;
}

void pn_settle_segments(struct pn_nested_vmx *n)
{
    if (!settled(n))
        pn_save_segments(n);
}
