/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a VM exit of L2 leaves behind, in the words of vmx_exit.h's contracts: of L2's state in vmcs12 and vmcs02, of L1's in
 * vmcs01 (SDM vol. 3C 27.3, 27.5, 27.7). Logic only.
 */
#ifndef PROVENEST_VMX_LEFT_H
#define PROVENEST_VMX_LEFT_H

#include <provenest/types.h>
#include <provenest/vmx_entry.h>

#include "../../../spec/acsl/vmx_exit.h"
#include "../../hw/memory.h"
#include "../../hw/msr.h"
#include "../../hw/vmcs.h"

/* ---- L2's state after an exit, and what the next entry will rely on (SDM 27.3) ------------------------------------- */

/* vmcs02 itself the exit leaves alone. */
/*@ predicate pn_same02{A, B} = \forall integer f; 0 <= f < PN_FIELDS ==> \at(dev_vmcs02[f], B) == \at(dev_vmcs02[f], A);

    predicate pn_saved_plain{L}(struct pn_nested_vmx *n) =
      (\forall integer f; PN_G_BASIC <= f <= PN_F_GUEST_RFLAGS ==> n->vmcs12.f[f] == dev_vmcs02[f]) &&
      pn_same_segments(n) && (\forall integer f; PN_G_RARE <= f < PN_G_RARE_END ==> n->vmcs12.f[f] == dev_vmcs02[f]) &&
      n->vmcs12.f[PN_F_GUEST_CR3] == dev_vmcs02[PN_F_GUEST_CR3] &&
      n->vmcs12.f[PN_F_GUEST_ACTIVITY] == dev_vmcs02[PN_F_GUEST_ACTIVITY];

    // `b`: vmcs12 before the exit.
    predicate pn_saved_controls{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b) =
      nx001_cr0(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_CR0_MASK], b.f[PN_F_GUEST_CR0],
        dev_vmcs02[PN_F_CR0_MASK], dev_vmcs02[PN_F_CR0_SHADOW], dev_vmcs02[PN_F_GUEST_CR0]) &&
      nx001_control(n->vmcs12.f[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_CR4_MASK], b.f[PN_F_GUEST_CR4],
        dev_vmcs02[PN_F_CR4_MASK], dev_vmcs02[PN_F_CR4_SHADOW], dev_vmcs02[PN_F_GUEST_CR4]) &&
      nx003_long_mode(n->vmcs12.f[PN_F_ENTRY_CTL], b.f[PN_F_ENTRY_CTL], dev_vmcs02[PN_F_ENTRY_CTL]);

    // Exit control k asks for field f.
    predicate pn_saved_if{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b, integer k, integer f) =
      nx002_saved(n->vmcs12.f[PN_F_EXIT_CTL], k, n->vmcs12.f[f], b.f[f], dev_vmcs02[f]);

    predicate pn_saved_asked{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b) =
      pn_saved_if(n, b, 2, PN_F_GUEST_DR7) && pn_saved_if(n, b, 2, PN_F_GUEST_DEBUGCTL) &&
      pn_saved_if(n, b, 18, PN_F_GUEST_PAT) && pn_saved_if(n, b, 20, PN_F_GUEST_EFER) &&
      pn_saved_if(n, b, 22, PN_F_PREEMPTION_TIMER);
*/

/* The PDPTEs are saved on the condition on which an entry loads them; else they are left alone. What was not saved and has
   changed is to be loaded again. */
/*@ predicate pn_saved_pdptrs{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b) =
      (pn_uses_pdptrs(n) ==> \forall integer f; PN_G_PDPTRS <= f < PN_G_PDPTRS_END ==> n->vmcs12.f[f] == dev_vmcs02[f]) &&
      (!pn_uses_pdptrs(n) ==>
        n->vmcs12.f[PN_F_GUEST_PDPTR0] == b.f[PN_F_GUEST_PDPTR0] && n->vmcs12.f[PN_F_GUEST_PDPTR1] == b.f[PN_F_GUEST_PDPTR1] &&
        n->vmcs12.f[PN_F_GUEST_PDPTR2] == b.f[PN_F_GUEST_PDPTR2] && n->vmcs12.f[PN_F_GUEST_PDPTR3] == b.f[PN_F_GUEST_PDPTR3]);

    predicate pn_again_if{L}(struct pn_nested_vmx *n, integer f, integer group) =
      n->vmcs12.f[f] != dev_vmcs02[f] ==> bit(n->dirty, group);

    predicate pn_again{L}(struct pn_nested_vmx *n) =
      pn_again_if(n, PN_F_GUEST_DR7, PN_GROUP_REGISTERS) && pn_again_if(n, PN_F_GUEST_DEBUGCTL, PN_GROUP_REGISTERS) &&
      pn_again_if(n, PN_F_GUEST_PAT, PN_GROUP_REGISTERS) && pn_again_if(n, PN_F_GUEST_EFER, PN_GROUP_REGISTERS) &&
      pn_again_if(n, PN_F_PREEMPTION_TIMER, PN_GROUP_OTHER);

    // All of it, but for interruptibility and the entry event.
    predicate pn_saved{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b) =
      pn_saved_plain(n) && pn_saved_controls(n, b) && pn_saved_asked(n, b) && pn_saved_pdptrs(n, b) && pn_again(n);

    predicate pn_dirty_grows(integer before, integer dirty) =
      (\forall integer k; 0 <= k <= 31 ==> bit(before, k) ==> bit(dirty, k)) &&
      (bit(dirty, PN_HAS_SEGMENTS) ==> bit(before, PN_HAS_SEGMENTS));
*/

/* What the verdict of the entry checks rests on is as it was: of the controls all but "IA-32e mode guest", and the host-state area;
   registers and segments are, and were not a virtual-8086 guest's, unless PN_GROUP_EXIT is dirty. */
/*@ predicate pn_same_as{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b, integer first, integer end) =
      \forall integer i; first <= i < end ==> n->vmcs12.f[i] == b.f[i];

    predicate pn_same_host{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b) =
      pn_same_as(n, b, PN_F_PIN_CTL, PN_F_ENTRY_CTL) && pn_same_as(n, b, PN_G_HOST, PN_G_HOST_END);

    predicate pn_same_guest{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b) =
      pn_same_as(n, b, PN_F_ENTRY_CTL, PN_F_EXCEPTION_BITMAP) && pn_same_as(n, b, PN_F_GUEST_CR0, PN_F_GUEST_CR3) &&
      pn_same_as(n, b, PN_F_GUEST_CR4, PN_F_CR0_MASK) && pn_same_as(n, b, PN_F_GUEST_DR7, PN_G_RARE_END) &&
      !bit(b.f[PN_F_GUEST_RFLAGS], 17);

    predicate pn_stands{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b) =
      pn_same_host(n, b) && (!bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_guest(n, b));
*/

/* NX-005: the interruptibility is saved, but for an IRET's unblocking, which an interrupted delivery hides. */
/*@ predicate pn_saved_blocking{L}(struct pn_nested_vmx *n, struct pn_l2_exit x, integer stage) =
      (stage == PN_STAGE_NONE && nx005_unblocked(x.reason, x.info, x.qualification) ?
        (n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / 8) % 2 == 0 &&
        n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] % 8 == dev_vmcs02[PN_F_GUEST_INTERRUPTIBILITY] % 8 &&
        n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / 16 == dev_vmcs02[PN_F_GUEST_INTERRUPTIBILITY] / 16 :
        n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] == dev_vmcs02[PN_F_GUEST_INTERRUPTIBILITY]);
*/

/* All that the next entry rests on (proofs/nested.c); callers of pn_nested_exit hand it on. */
/*@ predicate pn_exit_sound{L}(struct pn_nested_vmx *n, struct pn_vmcs12 b, integer dirty) =
      pn_saved(n, b) && pn_dirty_grows(dirty, n->dirty) && nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], b.f[PN_F_ENTRY_INFO]);
*/

/* ---- L1's state after an exit (SDM 27.5). What the exit leaves of the processor's state before it comes by value. ---- */

/*@ predicate pn_long_host{L}(struct pn_nested_vmx *n) = bit(n->vmcs12.f[PN_F_EXIT_CTL], 9);

    predicate pn_host_registers{L}(struct pn_nested_vmx *n) =
      dev_vmcs01[PN_F_GUEST_RIP] == n->vmcs12.f[PN_F_HOST_RIP] && dev_vmcs01[PN_F_GUEST_RSP] == n->vmcs12.f[PN_F_HOST_RSP] &&
      dev_vmcs01[PN_F_GUEST_RFLAGS] == 2 && dev_vmcs01[PN_F_GUEST_ACTIVITY] == 0;

    predicate pn_host_blocking(integer interruptibility) = interruptibility == 0 || interruptibility == 8;

    predicate pn_host_controls{L}(struct pn_nested_vmx *n, integer cr0) =
      nx006_cr0(dev_vmcs01[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_HOST_CR0], cr0) &&
      dev_vmcs01[PN_F_CR0_SHADOW] == dev_vmcs01[PN_F_GUEST_CR0] && dev_vmcs01[PN_F_GUEST_CR3] == n->vmcs12.f[PN_F_HOST_CR3] &&
      nx007_cr4(dev_vmcs01[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_HOST_CR4], n->vmcs12.f[PN_F_EXIT_CTL]) &&
      dev_vmcs01[PN_F_CR4_SHADOW] == dev_vmcs01[PN_F_GUEST_CR4];

    predicate pn_host_long_mode{L}(struct pn_nested_vmx *n) = bit(dev_vmcs01[PN_F_ENTRY_CTL], 9) <==> pn_long_host(n);

    // What an entry of the MSR-load list can change afterwards; DR7 and the pending debug exceptions are not MSRs.
    predicate pn_host_debug{L} = dev_vmcs01[PN_F_GUEST_DR7] == 0x400 && dev_vmcs01[PN_F_GUEST_DEBUGCTL] == 0 &&
      dev_vmcs01[PN_F_GUEST_PENDING_DEBUG] == 0;

    predicate pn_host_sysenter{L}(struct pn_nested_vmx *n) =
      dev_vmcs01[PN_F_GUEST_SYSENTER_CS] == n->vmcs12.f[PN_F_HOST_SYSENTER_CS] &&
      dev_vmcs01[PN_F_GUEST_SYSENTER_ESP] == n->vmcs12.f[PN_F_HOST_SYSENTER_ESP] &&
      dev_vmcs01[PN_F_GUEST_SYSENTER_EIP] == n->vmcs12.f[PN_F_HOST_SYSENTER_EIP];

    predicate pn_host_msrs{L}(struct pn_nested_vmx *n, integer efer, integer pat) =
      nx008_efer(dev_vmcs01[PN_F_GUEST_EFER], n->vmcs12.f[PN_F_EXIT_CTL], n->vmcs12.f[PN_F_HOST_EFER], efer) &&
      (bit(n->vmcs12.f[PN_F_EXIT_CTL], 19) ==> dev_vmcs01[PN_F_GUEST_PAT] == n->vmcs12.f[PN_F_HOST_PAT]) &&
      (!bit(n->vmcs12.f[PN_F_EXIT_CTL], 19) ==> dev_vmcs01[PN_F_GUEST_PAT] == pat);
*/

/* ES, CS, SS, DS, FS, GS (0 to 5), then LDTR and TR. */
/*@ predicate pn_host_selectors{L}(struct pn_nested_vmx *n) =
      (\forall integer k; 0 <= k <= 5 ==>
        dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k] == n->vmcs12.f[PN_F_HOST_ES_SELECTOR + k]) &&
      dev_vmcs01[PN_F_GUEST_LDTR_SELECTOR] == 0 && dev_vmcs01[PN_F_GUEST_TR_SELECTOR] == n->vmcs12.f[PN_F_HOST_TR_SELECTOR];

    // ES, SS, DS and with limits FS, GS, if usable.
    predicate pn_host_flat{L}(struct pn_nested_vmx *n, integer k) =
      nx014_defined(n->vmcs12.f[PN_F_HOST_ES_SELECTOR + k]) ==> dev_vmcs01[PN_F_GUEST_ES_BASE + k] == 0;
    predicate pn_host_wide{L}(struct pn_nested_vmx *n, integer k) =
      nx014_defined(n->vmcs12.f[PN_F_HOST_ES_SELECTOR + k]) ==> dev_vmcs01[PN_F_GUEST_ES_LIMIT + k] == 0xffffffff;

    predicate pn_host_bases{L}(struct pn_nested_vmx *n) =
      dev_vmcs01[PN_F_GUEST_CS_BASE] == 0 && pn_host_flat(n, 0) && pn_host_flat(n, 2) && pn_host_flat(n, 3) &&
      dev_vmcs01[PN_F_GUEST_FS_BASE] == n->vmcs12.f[PN_F_HOST_FS_BASE] &&
      dev_vmcs01[PN_F_GUEST_GS_BASE] == n->vmcs12.f[PN_F_HOST_GS_BASE] && dev_vmcs01[PN_F_GUEST_LDTR_BASE] == 0 &&
      dev_vmcs01[PN_F_GUEST_TR_BASE] == n->vmcs12.f[PN_F_HOST_TR_BASE];

    predicate pn_host_limits{L}(struct pn_nested_vmx *n) =
      dev_vmcs01[PN_F_GUEST_CS_LIMIT] == 0xffffffff && pn_host_wide(n, 0) && pn_host_wide(n, 2) && pn_host_wide(n, 3) &&
      pn_host_wide(n, 4) && pn_host_wide(n, 5) && dev_vmcs01[PN_F_GUEST_TR_LIMIT] == 0x67;

    predicate pn_host_rights{L}(struct pn_nested_vmx *n) =
      (pn_long_host(n) ==> dev_vmcs01[PN_F_GUEST_CS_AR_BYTES] == 0xa09b) &&
      (!pn_long_host(n) ==> dev_vmcs01[PN_F_GUEST_CS_AR_BYTES] == 0xc09b) &&
      (\forall integer k; 0 <= k <= 5 && k != 1 ==>
        dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k] == nx009_data(n->vmcs12.f[PN_F_HOST_ES_SELECTOR + k])) &&
      dev_vmcs01[PN_F_GUEST_LDTR_AR_BYTES] == 0x10000 && dev_vmcs01[PN_F_GUEST_TR_AR_BYTES] == 0x8b;

    predicate pn_host_tables{L}(struct pn_nested_vmx *n) =
      dev_vmcs01[PN_F_GUEST_GDTR_BASE] == n->vmcs12.f[PN_F_HOST_GDTR_BASE] && dev_vmcs01[PN_F_GUEST_GDTR_LIMIT] == 0xffff &&
      dev_vmcs01[PN_F_GUEST_IDTR_BASE] == n->vmcs12.f[PN_F_HOST_IDTR_BASE] && dev_vmcs01[PN_F_GUEST_IDTR_LIMIT] == 0xffff;
*/

/* A host with PAE paging has its PDPTEs from memory at its CR3. */
/*@ predicate pn_pae_host{L}(struct pn_nested_vmx *n) = !pn_long_host(n) && bit(n->vmcs12.f[PN_F_HOST_CR4], 5);

    logic integer pn_host_pdpte_place{L}(struct pn_nested_vmx *n, integer k) =
      n->vmcs12.f[PN_F_HOST_CR3] % 0x100000000 / 32 * 32 + 8 * k;

    logic integer pn_host_pdpte{L}(struct pn_nested_vmx *n, integer k) = mem64(pn_host_pdpte_place(n, k));

    predicate pn_host_pdptes{L}(struct pn_nested_vmx *n) = pn_pae_host(n) ==> \forall integer k; 0 <= k <= 3 ==>
      dev_vmcs01[PN_F_GUEST_PDPTR0 + k] == pn_host_pdpte(n, k) &&
      nx011_pdpte(dev_vmcs01[PN_F_GUEST_PDPTR0 + k], n->caps.address_width);

    predicate pn_host_pdpte_refused{L}(struct pn_nested_vmx *n) = pn_pae_host(n) &&
      \exists integer k; 0 <= k <= 3 && !nx011_pdpte(pn_host_pdpte(n, k), n->caps.address_width);
*/

/* All of it that no MSR-load list can change; and the rest, which is as said without such a list. */
/*@ predicate pn_host_loaded{L}(struct pn_nested_vmx *n, integer cr0) =
      pn_host_registers(n) && pn_host_controls(n, cr0) && pn_host_long_mode(n) && pn_host_selectors(n) &&
      pn_host_bases(n) && pn_host_limits(n) && pn_host_rights(n) && pn_host_tables(n);

    predicate pn_host_unlisted{L}(struct pn_nested_vmx *n, integer efer, integer pat) =
      n->vmcs12.f[PN_F_EXIT_LOAD_COUNT] == 0 ==> pn_host_debug && pn_host_sysenter(n) && pn_host_msrs(n, efer, pat);
*/

/* SDM 27.7: an exit that cannot be completed writes its reason into bits 63:32 of the VMCS region's first word. */
/*@ predicate pn_aborted{L}(struct pn_nested_vmx *n, integer code) = l1s(n->current) ==>
      mem64(n->current) == n->caps.basic % 0x80000000 + code * 0x100000000;

    // One of L1's PDPTEs is refused; the first word of the VMCS region is the abort's now, and says nothing of a PDPTE there.
    predicate pn_host_pdpte_stands{L}(struct pn_nested_vmx *n, integer k) = pn_host_pdpte_place(n, k) != n->current;

    predicate pn_host_pdptes_refused{L}(struct pn_nested_vmx *n) = pn_pae_host(n) && \exists integer k; 0 <= k <= 3 &&
      (pn_host_pdpte_stands(n, k) ==> !nx011_pdpte(pn_host_pdpte(n, k), n->caps.address_width));

    predicate pn_host_pdptes_taken{L}(struct pn_nested_vmx *n) = pn_pae_host(n) ==> \forall integer k; 0 <= k <= 3 ==>
      (pn_host_pdpte_stands(n, k) ==> nx011_pdpte(pn_host_pdpte(n, k), n->caps.address_width));

    // An entry of its MSR-load list is (NX-012, or WRMSR would fault), since A.
    predicate pn_host_list_refused{A, B}(struct pn_nested_vmx *n) =
      \exists integer k; 1 <= k <= \at(n->vmcs12.f[PN_F_EXIT_LOAD_COUNT], B) &&
        (msr_list_fits(\at(n->vmcs12.f[PN_F_EXIT_LOAD_ADDR], B), k) ==>
          pn_unloadable_at{A, B}(\at(n->vmcs12.f[PN_F_EXIT_LOAD_ADDR], B) + 16 * (k - 1), \at(n->current, B)));

    predicate pn_host_refused{A, B}(struct pn_nested_vmx *n) =
      (pn_aborted{B}(n, 2) && pn_host_pdptes_refused{B}(n)) ||
      (pn_aborted{B}(n, 4) && pn_host_pdptes_taken{B}(n) && pn_host_list_refused{A, B}(n));

    predicate pn_leaves_long_mode{L}(struct pn_nested_vmx *n) =
      nx015_leaves_long_mode(n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_EXIT_CTL]);

    // An entry of an MSR-store list is refused (NX-013, or RDMSR would fault).
    predicate msrs_unstorable{L}(integer address, integer count) = msr_list_fits(address, count) ==>
      \exists integer k; 0 <= k < count && (!nx013_storable(mem64(address + 16 * k)) || !msr_readable(mem64(address + 16 * k)));

    // Why an exit aborts: A is before it. The MSR-store list comes first, for it is about L2's state.
    predicate pn_list_refused{A, B}(struct pn_nested_vmx *n) = pn_aborted{B}(n, 1) &&
      msrs_unstorable{A}(\at(n->vmcs12.f[PN_F_EXIT_STORE_ADDR], B), \at(n->vmcs12.f[PN_F_EXIT_STORE_COUNT], B));

    predicate pn_exit_aborted{A, B}(struct pn_nested_vmx *n) = pn_list_refused{A, B}(n) ||
      (pn_leaves_long_mode{B}(n) && pn_aborted{B}(n, 6)) || (!pn_leaves_long_mode{B}(n) && pn_host_refused{A, B}(n));
*/

#endif
