/* SPDX-License-Identifier: BSD-2-Clause
 * vmcs02's guest state (SDM vol. 3C 24.4). */
#include "../event/bits.h"
#include "merge.h"
#include "prepare.h"

enum { LOAD_DEBUG = 2, LOAD_PAT = 14, LOAD_EFER = 15 };

void pn_write_range(const struct pn_nested_vmx *n, unsigned first, unsigned end)
{
    /*@ loop invariant range: first <= i <= end;
        loop invariant values: pn_same(n, first, i);
        loop invariant fresh: \forall integer f; i <= f < end ==> dev_written02[f] == 0;
        loop invariant cost: n_writes02 == \at(n_writes02, Pre) + (i - first);
        loop assigns i, dev_vmcs02[first .. end - 1], dev_written02[first .. end - 1], dev_cost02;
        loop variant end - i; */
    for (unsigned i = first; i < end; i++)
        pn_hw_write02((enum pn_field)i, n->vmcs12.f[i]);
}

void pn_write_registers(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    const uint64_t *f = n->vmcs12.f;

    pn_hw_write02(PN_F_GUEST_CR0, pn_merge_cr(l0.cr0_mask, l0.cr0_forced, f[PN_F_GUEST_CR0]));
    pn_hw_write02(PN_F_CR0_MASK, pn_merge_cr_mask(l0.cr0_mask, f[PN_F_CR0_MASK]));
    pn_hw_write02(PN_F_CR0_SHADOW, pn_merge_cr_shadow(f[PN_F_CR0_MASK], f[PN_F_CR0_SHADOW], f[PN_F_GUEST_CR0]));
    pn_hw_write02(PN_F_GUEST_CR3, f[PN_F_GUEST_CR3]);
    pn_hw_write02(PN_F_GUEST_CR4, pn_merge_cr(l0.cr4_mask, l0.cr4_forced, f[PN_F_GUEST_CR4]));
    pn_hw_write02(PN_F_CR4_MASK, pn_merge_cr_mask(l0.cr4_mask, f[PN_F_CR4_MASK]));
    pn_hw_write02(PN_F_CR4_SHADOW, pn_merge_cr_shadow(f[PN_F_CR4_MASK], f[PN_F_CR4_SHADOW], f[PN_F_GUEST_CR4]));
}

/*@ requires field: PN_F_GUEST_DR7 <= f < PN_G_REGISTERS_END;
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: dev_written02[f] == 0;
    terminates \true; exits \false; assigns dev_vmcs02[f], dev_written02[f], dev_cost02;
    ensures value: due != 0 ==> dev_vmcs02[f] == value && n_writes02 == \old(n_writes02) + 1;
    ensures kept: due == 0 ==> dev_vmcs02[f] == \old(dev_vmcs02[f]) && n_writes02 == \old(n_writes02) &&
            dev_written02[f] == 0; */
static void write_if(bool due, enum pn_field f, uint64_t value)
{
    if (due)
        pn_hw_write02(f, value);
}

void pn_write_gated(const struct pn_nested_vmx *n, struct pn_l1_registers l1, bool due)
{
    const uint64_t *f = n->vmcs12.f;
    const uint64_t entry = f[PN_F_ENTRY_CTL];
    const bool pending = n->entry_pending;
    const bool debug = pn_tstb(entry, LOAD_DEBUG), pat = pn_tstb(entry, LOAD_PAT), efer = pn_tstb(entry, LOAD_EFER);

    write_if(due || !debug, PN_F_GUEST_DR7, pn_merge_gated(pending, entry, LOAD_DEBUG, f[PN_F_GUEST_DR7], l1.dr7));
    write_if(due || !debug, PN_F_GUEST_DEBUGCTL,
             pn_merge_gated(pending, entry, LOAD_DEBUG, f[PN_F_GUEST_DEBUGCTL], l1.debugctl));
    write_if(due || !pat, PN_F_GUEST_PAT, pn_merge_gated(pending, entry, LOAD_PAT, f[PN_F_GUEST_PAT], l1.pat));
    write_if(due || !efer, PN_F_GUEST_EFER,
             pn_merge_efer(pending, entry, f[PN_F_GUEST_EFER], l1.efer, f[PN_F_GUEST_CR0]));
}
