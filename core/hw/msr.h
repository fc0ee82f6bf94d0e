/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for MSRs that a VM-entry or VM-exit list names: they are loaded and stored as RDMSR and WRMSR would, for the
 * guest of the current VMCS. A journal of what was written, in order, is for the contracts.
 */
#ifndef PROVENEST_HW_MSR_H
#define PROVENEST_HW_MSR_H

#include "../../spec/acsl/vmx_exit.h"
#include "vmcs.h"

/*@ ghost int dev_msrs; int dev_msr_journal; */

/* What RDMSR gives, and whether it is to be had; the journal: how many MSRs have been written, which, and what; and the same
   of those writes that WRMSR would not do. */
/*@ axiomatic Msrs {
      logic integer msr{L}(integer index) reads dev_msrs;
      predicate msr_readable{L}(integer index) reads dev_msrs;
      logic integer n_msrs{L} reads dev_msr_journal;
      logic integer msr_index{L}(integer k) reads dev_msr_journal;
      logic integer msr_value{L}(integer k) reads dev_msr_journal;
      logic integer n_refused{L} reads dev_msr_journal;
      logic integer msr_refused_index{L}(integer k) reads dev_msr_journal;
      logic integer msr_refused_value{L}(integer k) reads dev_msr_journal;
    }

    // What was refused before A is written down as it was.
    predicate msr_refusals_kept{A, B} = n_refused{A} <= n_refused{B} && \forall integer k; k < n_refused{A} ==>
      msr_refused_index{B}(k) == msr_refused_index{A}(k) && msr_refused_value{B}(k) == msr_refused_value{A}(k);

    // The manual's shape of a list.
    predicate msr_list_fits(integer address, integer number) = address % 16 == 0 && address < 0x10000000000000 && number <= 512;

    // Why the entry of a list at `place`, whose reading began at A, is not loaded: what its first word names, or WRMSR would not
    // take the value.
    predicate msr_not_loaded{A, B}(integer place) = !nx012_loadable(mem64{B}(place)) ||
      (n_refused{A} < n_refused{B} && msr_refused_index{B}(n_refused{A}) == mem64{B}(place) &&
       msr_refused_value{B}(n_refused{A}) == mem64{B}(place + 8));
*/

/*@ // TRUST: SDM 26.4 and 27.6: loaded as WRMSR at privilege level 0 would; false: WRMSR would fault, nothing is written.
    // Some MSRs are fields of the current VMCS.
    terminates \true; exits \false;
    assigns dev_msrs, dev_msr_journal, dev_vmcs01[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs01[PN_G_RARE .. PN_G_RARE_END - 1],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1];
    ensures other01: dev_vmcs == PN_VMCS02 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs01[f] == \old(dev_vmcs01[f]);
    ensures other02: dev_vmcs == PN_VMCS01 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs02[f] == \old(dev_vmcs02[f]);
    ensures written: \result != 0 ==> n_msrs == \old(n_msrs) + 1 && msr_index(\old(n_msrs)) == index &&
            msr_value(\old(n_msrs)) == value && n_refused == \old(n_refused);
    ensures refused: \result == 0 ==> n_msrs == \old(n_msrs) && n_refused == \old(n_refused) + 1 &&
            msr_refused_index(\old(n_refused)) == index && msr_refused_value(\old(n_refused)) == value;
    ensures refused_before: msr_refusals_kept{Pre, Post};
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
