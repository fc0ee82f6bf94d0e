/* SPDX-License-Identifier: BSD-2-Clause
 * From vmcs01 to a vmcs02 that is ready for L2 (SDM vol. 3C 26.3, 28.3.3). */
#include "../event/bits.h"
#include "entry.h"
#include "prepare_bitmap.h"

enum { PROC_SECONDARY = 31, PROC2_VPID = 5, LOAD_DEBUG = 2, LOAD_PAT = 14, LOAD_EFER = 15 };

/* What vmcs12 loads is not L1's, and not read (SDM 26.3.2.1). */
/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns \nothing;
    ensures debug: !pn_loads_debug(n) ==>
            \result.dr7 == dev_vmcs01[PN_F_GUEST_DR7] && \result.debugctl == dev_vmcs01[PN_F_GUEST_DEBUGCTL];
    ensures pat: !pn_loads_pat(n) ==> \result.pat == dev_vmcs01[PN_F_GUEST_PAT];
    ensures efer: !pn_loads_efer(n) ==> \result.efer == dev_vmcs01[PN_F_GUEST_EFER]; */
static struct pn_l1_registers read_l1(const struct pn_nested_vmx *n)
{
    const uint64_t entry = n->vmcs12.f[PN_F_ENTRY_CTL];
    struct pn_l1_registers r = {.dr7 = 0, .debugctl = 0, .pat = 0, .efer = 0};

    if (!pn_tstb(entry, LOAD_DEBUG)) {
        r.dr7 = pn_hw_read01(PN_F_GUEST_DR7);
        r.debugctl = pn_hw_read01(PN_F_GUEST_DEBUGCTL);
    }
    if (!pn_tstb(entry, LOAD_PAT))
        r.pat = pn_hw_read01(PN_F_GUEST_PAT);
    if (!pn_tstb(entry, LOAD_EFER))
        r.efer = pn_hw_read01(PN_F_GUEST_EFER);
    return r;
}

/*@ requires nested: \valid_read(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns \nothing;
    ensures on: pn_has_vpid(n) ==> \result == n->vmcs12.f[PN_F_VPID];
    ensures off: !pn_has_vpid(n) ==> \result == 0; */
static uint16_t l1_vpid(const struct pn_nested_vmx *n)
{
    const bool on =
        pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], PROC_SECONDARY) && pn_tstb(n->vmcs12.f[PN_F_PROC2_CTL], PROC2_VPID);

    return on ? (uint16_t)n->vmcs12.f[PN_F_VPID] : 0;
}

void pn_enter_vmcs02(struct pn_nested_vmx *n, struct pn_l0_wants l0, struct pn_pdptes memory)
{
    const struct pn_l1_registers l1 = read_l1(n);
    const uint16_t vpid = l1_vpid(n);

    pn_hw_begin_entry02(vpid, pn_l1_has_ept(n) ? n->vmcs12.f[PN_F_EPT_POINTER] : 0);
    pn_hw_load_vmcs(PN_VMCS02);
    n->l2 = true;
    n->entry_pending = true;
    pn_prepare_vmcs02(n, l0, l1, memory);
    pn_merge_msr_bitmap(n);
    /* clean: the same VPID and EPTP as the last time, and no INVVPID since */
    if (vpid == 0 || pn_tstb(n->dirty, PN_GROUP_CONTROLS) || pn_tstb(n->dirty, PN_DUE_FLUSH))
        pn_hw_flush02(l0.vpid02);
}
