/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for MSRs that a VM-entry or VM-exit list names: they are loaded and stored as RDMSR and WRMSR would, for the
 * guest of the current VMCS. A journal of what was written, in order, is for the contracts.
 */
#ifndef PROVENEST_HW_MSR_H
#define PROVENEST_HW_MSR_H

#include "vmcs.h"

/*@ ghost int dev_msrs; int dev_msr_journal; */

/* What RDMSR gives, and whether it is to be had; the journal: how many MSRs have been written, which, and what; which write was
   the last that WRMSR would not do. */
/*@ axiomatic Msrs {
      logic integer msr{L}(integer index) reads dev_msrs;
      predicate msr_readable{L}(integer index) reads dev_msrs;
      logic integer n_msrs{L} reads dev_msr_journal;
      logic integer msr_index{L}(integer k) reads dev_msr_journal;
      logic integer msr_value{L}(integer k) reads dev_msr_journal;
      logic integer msr_refused_index{L} reads dev_msr_journal;
      logic integer msr_refused_value{L} reads dev_msr_journal;
    }
*/

/*@ // TRUST: SDM 26.4 and 27.6: loaded as WRMSR at privilege level 0 would; false: WRMSR would fault, nothing is written.
    // Some MSRs are fields of the current VMCS.
    terminates \true; exits \false;
    assigns dev_msrs, dev_msr_journal, dev_vmcs01[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs01[PN_G_RARE .. PN_G_RARE_END - 1],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1];
    ensures other01: dev_vmcs == PN_VMCS02 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs01[f] == \old(dev_vmcs01[f]);
    ensures other02: dev_vmcs == PN_VMCS01 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs02[f] == \old(dev_vmcs02[f]);
    ensures written: \result != 0 ==> n_msrs == \old(n_msrs) + 1 && msr_index(\old(n_msrs)) == index &&
            msr_value(\old(n_msrs)) == value;
    ensures refused: \result == 0 ==> n_msrs == \old(n_msrs) && msr_refused_index == index && msr_refused_value == value;
    ensures before: \forall integer k; k < \old(n_msrs) ==>
            msr_index(k) == \old(msr_index(k)) && msr_value(k) == \old(msr_value(k)); */
bool pn_hw_write_msr(uint32_t index, uint64_t value);

/*@ // TRUST: SDM 27.4: stored as RDMSR at privilege level 0 would; false: RDMSR would fault.
    requires place: \valid(value);
    terminates \true; exits \false; assigns *value;
    ensures read: \result != 0 <==> msr_readable(index);
    ensures value: \result != 0 ==> *value == msr(index); */
bool pn_hw_read_msr(uint32_t index, uint64_t *value);

#endif
