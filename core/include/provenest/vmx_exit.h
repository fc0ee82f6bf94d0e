/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM exits of L2: whose they are, and what becomes of the machine when one is L1's (SDM vol. 3C 25, 26.8, 27).
 */
#ifndef PROVENEST_VMX_EXIT_H
#define PROVENEST_VMX_EXIT_H

#include <provenest/event.h>
#include <provenest/nested.h>
#include <provenest/nested_inv.h>

#include "../../../spec/acsl/vmx_exit.h"
#include "../../hw/memory.h"
#include "../../hw/msr.h"
#include "../../hw/nested_ledger.h"
#include "../../hw/vmcs.h"

/* Whose the exit is. `rcx`: L2's RCX (RDMSR and WRMSR name the MSR there); `operand`: the general-purpose register that a
 * MOV to a control register takes its value from. Interrupts, NMIs, INIT and the preemption timer are L0's here: what
 * they mean for L1 has a place in the order of events (pn_nested_events). So are EPT violations and misconfigurations: who
 * walks L1's EPT knows. */
enum pn_route pn_route(const struct pn_nested_vmx *n, struct pn_l2_exit x, struct pn_l0_wants l0, uint64_t rcx,
                       uint64_t operand);

/* The exit is L1's: guest state from vmcs02 to vmcs12, exit information, the event whose delivery the exit interrupted
 * from `v` to the IDT-vectoring fields, the MSR-store list, then vmcs01 with L1's host state, the MSR-load list. vmcs02 is
 * current before, vmcs01 after. kind: PN_VMX_SUCCEED or PN_VMX_ABORT. */
struct pn_outcome pn_nested_exit(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x);

/* VMLAUNCH or VMRESUME failed after the checks on controls and host state (SDM 26.8): `reason` 33 or 34, bit 31 is set
 * here. Of the VMCS only reason and qualification are written. kind: PN_VMX_ENTRY_FAILED or PN_VMX_ABORT. */
struct pn_outcome pn_entry_failure(struct pn_nested_vmx *n, uint32_t reason, uint64_t qualification);

/* The first `number` entries of the list have been loaded, in order, from the one read of each word. */
/*@ predicate msr_loaded{A, B}(integer address, integer k) =
      nx012_loadable(mem64{B}(address + 16 * k)) &&
      msr_index{B}(\at(n_msrs, A) + k) == mem64{B}(address + 16 * k) &&
      msr_value{B}(\at(n_msrs, A) + k) == mem64{B}(address + 16 * k + 8);

    predicate msrs_loaded{A, B}(integer address, integer number) =
      \forall integer k; 0 <= k < number ==> msr_loaded{A, B}(address, k);

    predicate msr_stored{L}(integer address, integer k) =
      nx013_storable(mem64(address + 16 * k)) && msr_readable(mem64(address + 16 * k)) &&
      (l1s(address + 16 * k + 8) ==> mem64(address + 16 * k + 8) == msr(mem64(address + 16 * k)));

    predicate msrs_stored{L}(integer address, integer number) =
      \forall integer k; 0 <= k < number ==> msr_stored(address, k);
*/

/* MSR-load list of an entry or an exit (SDM 26.4, 27.6), for the guest of the current VMCS. 0: all loaded; else the number of
 * the entry that cannot be, from 1: those before it stay loaded (VE-257). */
/*@ terminates \true; exits \false; assigns dev_reads, dev_msrs, dev_msr_journal;
    ensures range: \result <= count;
    ensures all: \result == 0 ==> n_msrs == \old(n_msrs) + count && msrs_loaded{Pre, Here}(address, count);
    ensures some: \result != 0 ==> n_msrs == \old(n_msrs) + \result - 1 && msrs_loaded{Pre, Here}(address, \result - 1); */
uint32_t pn_load_msrs(uint64_t address, uint32_t count);

/* MSR-store list of an exit (SDM 27.4). False: an entry cannot be stored, which is a VMX abort. */
/*@ terminates \true; exits \false; assigns dev_reads, dev_memory, dev_writes;
    ensures all: \result != 0 ==> msrs_stored(address, count); */
bool pn_store_msrs(uint64_t address, uint32_t count);

#endif
