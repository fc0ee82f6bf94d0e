/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 3 (spec/claims/3-pdptrs.md), the core: its one writer of PDPTEs does what the model's rule does, field by field, in
 * value, flag and number of VMWRITEs. So what pdptr_ours.c says of the rule is said of the core's writer. Proof only.
 *
 * CLAIM   for every state of vmcs12, vmcs02 and the flag, whatever L1 may rely on: pn_write_pdptrs is pn_pdptr_prepare
 *         How the rest of the core moves the flag is in the contracts of pn_vmwrite, pn_vmptrld, pn_nested_entered and
 *         pn_save_guest, which the page cites
 */
#include "../../core/vmx/pdptr.h"
#include "pdptr.h"

/* One of the four, as the model sees it. `pae`: PAE paging by vmcs12's own words. */
/*@ requires nested: \valid_read(n);
    requires field: PN_G_PDPTRS <= f < PN_G_PDPTRS_END;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns \nothing;
    ensures given: \result.given == n->vmcs12.f[f] && \result.vmcs02 == dev_vmcs02[f];
    ensures ept: \result.ept12 != 0 <==> pn_has_ept(n);
    ensures held: \result.held == n->pdptrs_held; */
static struct pn_pdptr_state seen(const struct pn_nested_vmx *n, enum pn_field f)
{
    struct pn_pdptr_state s = {0};

    s.given = n->vmcs12.f[f];
    s.vmcs02 = pn_hw_read02(f);
    s.ept12 = pn_l1_has_ept(n);
    s.held = n->pdptrs_held;
    return s;
}

/*@ requires nested: \valid(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer i; PN_G_PDPTRS <= i < PN_G_PDPTRS_END ==> dev_written02[i] == 0;
    requires history: pn_pdptrs_sound(n);
    requires field: PN_G_PDPTRS <= f < PN_G_PDPTRS_END;
    requires mode: pae != 0 <==> pn_pae(n);
    terminates \true; exits \false;
    assigns n->pdptrs_held, dev_vmcs02[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1], dev_written02[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1],
            dev_cost02;
    ensures same_value: dev_vmcs02[f] == \result.vmcs02;
    ensures same_flag: n->pdptrs_held == \result.held; */
struct pn_pdptr_state pn_claim_core_is_the_rule(struct pn_nested_vmx *n, struct pn_pdptes memory, enum pn_field f, bool pae)
{
    const struct pn_pdptr_rule ours = {.ours = true};
    const struct pn_pdptr_step entry = {.kind = PN_PDPTR_RAN, .pae = pae, .memory = memory.entry[f - PN_G_PDPTRS]};
    const struct pn_pdptr_state before = seen(n, f), after = pn_pdptr_prepare(before, ours, entry);

    pn_write_pdptrs(n, memory);
    /*@ assert four_writes: pdptr_writes(before, ours, pae) || (before.ept12 == 0 && pae != 0) ==>
                            n_writes02 == \at(n_writes02, Pre) + 4; */
    /*@ assert else_none: !pdptr_writes(before, ours, pae) && (before.ept12 != 0 || pae == 0) ==>
                          n_writes02 == \at(n_writes02, Pre); */
    return after;
}
