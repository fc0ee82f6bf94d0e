/* SPDX-License-Identifier: BSD-2-Clause
 * The one writer of vmcs02's PDPTE fields. */
#ifndef PROVENEST_PDPTR_H
#define PROVENEST_PDPTR_H

#include <provenest/vmx_entry.h>

#include "../hw/vmcs.h"

/* L2's PDPTEs: vmcs12's with an EPT of L1's, if vmcs02 may not hold them; those `memory` had without. */
/*@ requires nested: \valid(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_written02[f] == 0;
    requires history: pn_pdptrs_sound(n);
    terminates \true; exits \false;
    assigns n->pdptrs_held, dev_vmcs02[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1], dev_written02[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1],
            dev_cost02;
    ensures vmcs12s: pn_uses_pdptrs(n) && (dev_pdptrs_lost == 0 || !\old(n->pdptrs_held)) ==>
            (\forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_vmcs02[f] == n->vmcs12.f[f]);
    ensures memorys: pn_walks_pdptrs(n) ==>
            (\forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> dev_vmcs02[f] == memory.entry[f - PN_G_PDPTRS]);
    ensures kept: !pn_writes_pdptrs{Pre}(n) ==> (\forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==>
            dev_vmcs02[f] == \old(dev_vmcs02[f]) && dev_written02[f] == \old(dev_written02[f]));
    ensures history: pn_pdptrs_sound(n);
    ensures held: n->pdptrs_held != 0 <==> pn_uses_pdptrs(n) || (\old(n->pdptrs_held) != 0 && !pn_walks_pdptrs(n));
    ensures cost: pn_writes_pdptrs{Pre}(n) ==> n_writes02 == \old(n_writes02) + 4;
    ensures no_cost: !pn_writes_pdptrs{Pre}(n) ==> n_writes02 == \old(n_writes02); */
void pn_write_pdptrs(struct pn_nested_vmx *n, struct pn_pdptes memory);

#endif
