/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry of L2: from vmcs12 to vmcs02 (SDM vol. 3C 26).
 *
 * One entry:  pn_nested_enter             VMLAUNCH or VMRESUME of L1's: checks, vmcs02, MSR-load list
 *             pn_nested_take_entry_event  (vmx_events.h) the event that L1 injects
 *             ... pn_nested_events, pn_inject_events, the processor's VM entry ...
 *             pn_nested_entered           at the first VM exit, before anything is done about it
 */
#ifndef PROVENEST_VMX_ENTRY_H
#define PROVENEST_VMX_ENTRY_H

#include <provenest/nested_inv.h>

#include "../../../spec/acsl/vmx_merge.h"
#include "../../../spec/acsl/vmx_pdptr.h"
#include "../../hw/vmcs.h"

/* What L2 keeps of L1's registers where vmcs12 does not load them (SDM 26.3.2.1). */
struct pn_l1_registers {
    uint64_t dr7, debugctl, pat, efer;
};

/* The four PDPTEs of L2. */
struct pn_pdptes {
    uint64_t entry[4];
};

/* ---- What vmcs02 holds ------------------------------------------------------------------------------------------ */

/*@ predicate pn_has_ept{L}(struct pn_nested_vmx *n) = ev118_ept(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]);
    predicate pn_pae{L}(struct pn_nested_vmx *n) =
      ev118_pae(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_ENTRY_CTL]);

    // Vmcs12's PDPTE fields are L2's PDPTEs; or those in memory at CR3 are. When they are written into vmcs02.
    predicate pn_uses_pdptrs{L}(struct pn_nested_vmx *n) = pn_has_ept(n) && pn_pae(n);
    predicate pn_walks_pdptrs{L}(struct pn_nested_vmx *n) = !pn_has_ept(n) && pn_pae(n);
    predicate pn_writes_pdptrs{L}(struct pn_nested_vmx *n) =
      (pn_uses_pdptrs(n) && n->pdptrs_held == 0) || pn_walks_pdptrs(n);

    // History: vmcs02 holds vmcs12's, or what vmcs12 has is undefined since the last exit of L2 (SDM 27.3.1).
    predicate pn_pdptrs_sound{L}(struct pn_nested_vmx *n) = n->pdptrs_held != 0 && dev_pdptrs_lost == 0 ==>
      (\forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_vmcs02[f] == n->vmcs12.f[f]);
*/

/* ---- Calls ------------------------------------------------------------------------------------------------------ */

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> pn_has_ept(n); */
bool pn_l1_has_ept(const struct pn_nested_vmx *n);

/* Whether L2, as vmcs12 is now, uses PAE paging under an EPT of L1's: then the PDPTE fields are its PDPTEs, loaded by
 * entries and saved by exits (SDM 26.3.2.4, 27.3.1). */
/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> pn_uses_pdptrs(n); */
bool pn_pdptrs_in_use(const struct pn_nested_vmx *n);

/* vmcs02 from vmcs12 and from what L0 wants; vmcs02 is current. Each field at most once, and only if vmcs02 may not hold it.
 * `memory`: the PDPTEs at L2's CR3, for PAE paging without an EPT of L1's. */
void pn_prepare_vmcs02(struct pn_nested_vmx *n, struct pn_l0_wants l0, struct pn_l1_registers l1, struct pn_pdptes memory);

/* VMLAUNCH (`launch`) or VMRESUME of L1's, whole. PN_VMX_ENTER: vmcs02 is current, L2 is to run. Anything else: vmcs01 is
 * current, and it is pn_vm_entry's, the failing checks' or pn_entry_failure's. */
struct pn_outcome pn_nested_enter(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch, struct pn_l0_wants l0);

/* The first VM exit after pn_nested_enter; `failed`: bit 31 of its reason. Only an entry that succeeded makes vmcs12 clean. */
void pn_nested_entered(struct pn_nested_vmx *n, bool failed);

#endif
