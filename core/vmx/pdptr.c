/* SPDX-License-Identifier: BSD-2-Clause
 * PDPTEs of L2 (SDM vol. 3C 26.3.2.4 and 27.3.1). */
#include "pdptr.h"

#include "../event/bits.h"

enum { CR0_PG = 31, CR4_PAE = 5, ENTRY_LONG_MODE = 9, PROC_SECONDARY = 31, PROC2_EPT = 1 };

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev118_pae(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_ENTRY_CTL]); */
static bool pae_paging(const struct pn_nested_vmx *n)
{
    return !pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], ENTRY_LONG_MODE) && pn_tstb(n->vmcs12.f[PN_F_GUEST_CR0], CR0_PG) &&
           pn_tstb(n->vmcs12.f[PN_F_GUEST_CR4], CR4_PAE);
}

bool pn_l1_has_ept(const struct pn_nested_vmx *n)
{
    return pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], PROC_SECONDARY) && pn_tstb(n->vmcs12.f[PN_F_PROC2_CTL], PROC2_EPT);
}

bool pn_pdptrs_in_use(const struct pn_nested_vmx *n)
{
    return pn_l1_has_ept(n) && pae_paging(n);
}

/*@ requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_written02[f] == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1], dev_written02[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1], dev_cost02;
    ensures values: \forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_vmcs02[f] == p.entry[f - PN_G_PDPTRS];
    ensures cost: n_writes02 == \old(n_writes02) + 4; */
static void write_four(struct pn_pdptes p)
{
    pn_hw_write02(PN_F_GUEST_PDPTR0, p.entry[0]);
    pn_hw_write02(PN_F_GUEST_PDPTR1, p.entry[1]);
    pn_hw_write02(PN_F_GUEST_PDPTR2, p.entry[2]);
    pn_hw_write02(PN_F_GUEST_PDPTR3, p.entry[3]);
}

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures values: \forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==>
            \result.entry[f - PN_G_PDPTRS] == n->vmcs12.f[f]; */
static struct pn_pdptes given(const struct pn_nested_vmx *n)
{
    struct pn_pdptes p;

    p.entry[0] = n->vmcs12.f[PN_F_GUEST_PDPTR0];
    p.entry[1] = n->vmcs12.f[PN_F_GUEST_PDPTR1];
    p.entry[2] = n->vmcs12.f[PN_F_GUEST_PDPTR2];
    p.entry[3] = n->vmcs12.f[PN_F_GUEST_PDPTR3];
    return p;
}

void pn_write_pdptrs(struct pn_nested_vmx *n, struct pn_pdptes memory)
{
    if (!pae_paging(n))
        return;
    if (!pn_l1_has_ept(n)) {
        write_four(memory);
        n->pdptrs_held = false; /* vmcs12's are not in vmcs02 any more, and L1 may want them yet if this entry fails */
    } else if (!n->pdptrs_held) {
        write_four(given(n));
        n->pdptrs_held = true;
    }
}
