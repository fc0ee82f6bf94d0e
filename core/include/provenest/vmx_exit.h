/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM exits of L2: whose they are, and what becomes of the machine when one is L1's (SDM vol. 3C 25, 26.8, 27).
 */
#ifndef PROVENEST_VMX_EXIT_H
#define PROVENEST_VMX_EXIT_H

#include <provenest/event.h>
#include <provenest/nested.h>
#include <provenest/nested_inv.h>
#include <provenest/vmx_left.h>

#include "../../../spec/acsl/vmx_exit.h"
#include "../../../spec/acsl/vmx_route.h"
#include "../../event/encode.h"
#include "../../hw/memory.h"
#include "../../hw/msr.h"
#include "../../hw/nested_ledger.h"
#include "../../hw/vmcs.h"

/* NX-027: I/O at `port`, `more` bytes behind the first. */
/*@ predicate nx027_port{L}(integer a, integer b, integer port) =
      bit(mem64((port < 0x8000 ? a : b) / 4096 * 4096 + nx027_place(port)), port % 64);

    predicate nx027_asked{L}(integer proc, integer a, integer b, integer port, integer more) =
      (!bit(proc, 25) && bit(proc, 24)) || (bit(proc, 25) && port + more > 0xffff) ||
      (bit(proc, 25) && \exists integer p; port <= p <= port + more && p <= 0xffff && nx027_port(a, b, p));
*/

/* Whose the exit is. `rcx`: L2's RCX (RDMSR and WRMSR name the MSR there); `operand`: the general-purpose register that a
 * MOV to a control register takes its value from, zero-extended outside 64-bit mode. Interrupts, NMIs, INIT and the preemption
 * timer are L0's here: what they mean for L1 has a place in the order of events (pn_nested_events). So are EPT violations and
 * misconfigurations: who walks L1's EPT knows. */
/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns dev_reads;
    ensures total: \result == PN_TO_L0 || \result == PN_TO_L1;
    ensures failed: x.reason >= 0x80000000 ==> \result == PN_TO_L0;
    ensures l0s: x.reason < 0x80000000 && nx020_l0(x.reason % 0x10000) ==> \result == PN_TO_L0;
    ensures l1s: x.reason < 0x80000000 && nx021_l1(x.reason % 0x10000) ==> \result == PN_TO_L1;
    ensures primary: x.reason < 0x80000000 && nx022_primary(x.reason % 0x10000) >= 0 ==> (\result == PN_TO_L1 <==>
            bit(n->vmcs12.f[PN_F_PROC_CTL], nx022_primary(x.reason % 0x10000)));
    ensures secondary: x.reason < 0x80000000 && nx023_secondary(x.reason % 0x10000) >= 0 ==> (\result == PN_TO_L1 <==>
            nx023_asked(x.reason % 0x10000, n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]));
    ensures machine: x.reason < 0x80000000 && x.reason % 0x10000 == 0 &&
            (x.info % 0x100 == 2 || x.info % 0x100 == 18) ==> \result == PN_TO_L0;
    ensures exception: x.reason < 0x80000000 && x.reason % 0x10000 == 0 && x.info % 0x100 <= 31 && x.info % 0x100 != 2 &&
            x.info % 0x100 != 18 ==> (\result == PN_TO_L1 <==>
            nx024_exception(x.info % 0x100, x.error, n->vmcs12.f[PN_F_EXCEPTION_BITMAP], n->vmcs12.f[PN_F_PF_MASK],
              n->vmcs12.f[PN_F_PF_MATCH]));
    ensures vectors: x.reason < 0x80000000 && x.reason % 0x10000 == 0 && x.info % 0x100 > 31 ==> \result == PN_TO_L0;
    ensures control_register: x.reason < 0x80000000 && x.reason % 0x10000 == 28 ==> (\result == PN_TO_L1 <==>
            nx025_control(x.qualification, operand, n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_CR0_MASK],
              n->vmcs12.f[PN_F_CR0_SHADOW], n->vmcs12.f[PN_F_CR4_MASK], n->vmcs12.f[PN_F_CR4_SHADOW]));
    ensures msr_read: x.reason < 0x80000000 && x.reason % 0x10000 == 31 &&
            bit(n->vmcs12.f[PN_F_PROC_CTL], 28) && (nx026_low(rcx % 0x100000000) || nx026_high(rcx % 0x100000000)) ==>
            (\result == PN_TO_L1 <==> bit(mem64(n->vmcs12.f[PN_F_MSR_BITMAP] / 4096 * 4096 +
              nx026_place(rcx % 0x100000000, 0)), (rcx % 0x100000000) % 64));
    ensures msr_write: x.reason < 0x80000000 && x.reason % 0x10000 == 32 &&
            bit(n->vmcs12.f[PN_F_PROC_CTL], 28) && (nx026_low(rcx % 0x100000000) || nx026_high(rcx % 0x100000000)) ==>
            (\result == PN_TO_L1 <==> bit(mem64(n->vmcs12.f[PN_F_MSR_BITMAP] / 4096 * 4096 +
              nx026_place(rcx % 0x100000000, 1)), (rcx % 0x100000000) % 64));
    ensures every_msr: x.reason < 0x80000000 && 31 <= x.reason % 0x10000 <= 32 &&
            !(bit(n->vmcs12.f[PN_F_PROC_CTL], 28) && (nx026_low(rcx % 0x100000000) || nx026_high(rcx % 0x100000000))) ==>
            \result == PN_TO_L1;
    ensures port: x.reason < 0x80000000 && x.reason % 0x10000 == 30 ==> (\result == PN_TO_L1 <==>
            nx027_asked(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_IO_BITMAP_A], n->vmcs12.f[PN_F_IO_BITMAP_B],
              (x.qualification / 0x10000) % 0x10000, x.qualification % 8)); */
enum pn_route pn_route(const struct pn_nested_vmx *n, struct pn_l2_exit x, struct pn_l0_wants l0, uint64_t rcx,
                       uint64_t operand);

/* The first `number` entries of the list have been loaded, in order, from the one read of each word. */
/*@ predicate msr_loaded{A, B}(integer address, integer k) =
      nx012_loadable(mem64{B}(address + 16 * k)) &&
      msr_index{B}(\at(n_msrs, A) + k) == mem64{B}(address + 16 * k) &&
      msr_value{B}(\at(n_msrs, A) + k) == mem64{B}(address + 16 * k + 8);

    predicate msrs_loaded{A, B}(integer address, integer number) =
      \forall integer k; 0 <= k < number ==> msr_loaded{A, B}(address, k);

    // The MSRs as they were at A; B is afterwards.
    predicate msr_stored{A, B}(integer address, integer k) =
      nx013_storable(mem64{B}(address + 16 * k)) && msr_readable{A}(mem64{B}(address + 16 * k)) &&
      (l1s(address + 16 * k + 8) ==> mem64{B}(address + 16 * k + 8) == msr{A}(mem64{B}(address + 16 * k)));

    predicate msrs_stored{A, B}(integer address, integer number) =
      \forall integer k; 0 <= k < number ==> msr_stored{A, B}(address, k);

    // The words a list is stored into.
    predicate msr_slot(integer address, integer number, integer a) =
      address + 8 <= a < address + 16 * number && (a - address) % 16 == 8;
*/

/* What an exit says of itself: reason to guest-physical address; the event it interrupted, in the fields after it; the entry
 * event's valid bit is cleared. */
/*@ predicate pn_exit_said{L}(struct pn_nested_vmx *n, struct pn_l2_exit x) =
      n->vmcs12.f[PN_F_EXIT_REASON] == x.reason && n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification &&
      n->vmcs12.f[PN_F_EXIT_INFO] == x.info && n->vmcs12.f[PN_F_EXIT_ERROR] == x.error &&
      n->vmcs12.f[PN_F_INSTRUCTION_INFO] == x.instruction_info && n->vmcs12.f[PN_F_GUEST_LINEAR_ADDRESS] == x.linear &&
      n->vmcs12.f[PN_F_GUEST_PHYSICAL] == x.physical;

    predicate pn_says_nothing_interrupted{L}(struct pn_nested_vmx *n, struct pn_l2_exit x) =
      info_valid(n->vmcs12.f[PN_F_VECTORING_INFO]) == 0 && n->vmcs12.f[PN_F_EXIT_LENGTH] == x.length;

    predicate pn_says_interrupted{L}(struct pn_nested_vmx *n, struct pn_l2_exit x, struct pn_event e) =
      info_valid(n->vmcs12.f[PN_F_VECTORING_INFO]) == 1 && info_type(n->vmcs12.f[PN_F_VECTORING_INFO]) == e.type &&
      info_vector(n->vmcs12.f[PN_F_VECTORING_INFO]) == e.vector &&
      info_has_error(n->vmcs12.f[PN_F_VECTORING_INFO]) == (e.has_error != 0 ? 1 : 0) &&
      n->vmcs12.f[PN_F_VECTORING_ERROR] == (e.has_error != 0 ? e.error : 0) &&
      (ev040_soft(e.type) ==> n->vmcs12.f[PN_F_EXIT_LENGTH] == e.length) &&
      (!ev040_soft(e.type) ==> n->vmcs12.f[PN_F_EXIT_LENGTH] == x.length);
*/

/*@ logic integer pn_by_nmi(struct pn_l2_exit x) =
      (x.reason % 0x10000 == 0 && info_valid(x.info) == 1 && info_type(x.info) == PN_TYPE_NMI) ? 1 : 0;
*/

/* The exit is L1's: guest state from vmcs02 to vmcs12, exit information, the event whose delivery the exit interrupted
 * from `v` to the IDT-vectoring fields, the MSR-store list, then vmcs01 with L1's host state, the MSR-load list. vmcs02 is
 * current before, vmcs01 after. kind: PN_VMX_SUCCEED or PN_VMX_ABORT. */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires l2: n->l2 != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02;
    requires not_programmed: dev_entry == 0;
    requires nothing_raised: v->exception.stage == PN_STAGE_NONE;
    requires not_taken_back: has_injected(*v) ==> v->cancelled == 0;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], n->dirty, n->launched, n->l2, n->entry_pending,
            v->injected.stage, dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss,
            dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode,
            dev_dr6, dev_dr7, dev_cr2, dev_owed, led_reported, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures inv: pn_inv(*v);
    ensures nested_inv: pn_nested_inv(n);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures result: \result.kind == PN_VMX_SUCCEED || \result.kind == PN_VMX_ABORT;
    ensures left: n->l2 == 0 && n->entry_pending == 0 && dev_vmcs == PN_VMCS01;
    ensures launched: n->launched != 0;
    ensures said: pn_exit_said(n, x);
    ensures why: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason && n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification &&
            n->vmcs12.f[PN_F_EXIT_INFO] == x.info && n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
    ensures nothing_interrupted: !\old(has_injected(*v)) ==> pn_says_nothing_interrupted(n, x);
    ensures interrupted: \old(has_injected(*v)) ==> pn_says_interrupted(n, x, \old(v->injected)) &&
            n_reported == \old(n_reported) + 1;
    ensures handed_over: v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures entry_event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO]));
    ensures same02: pn_same02{Pre, Post};
    ensures saved: pn_saved(n, \old(n->vmcs12));
    ensures saved_blocking: pn_saved_blocking(n, x, \old(v->injected.stage));
    ensures dirty_grows: pn_dirty_grows(\old(n->dirty), n->dirty);
    ensures stored: \result.kind == PN_VMX_SUCCEED ==>
            msrs_stored{Pre, Post}(n->vmcs12.f[PN_F_EXIT_STORE_ADDR], n->vmcs12.f[PN_F_EXIT_STORE_COUNT]);
    ensures host: \result.kind == PN_VMX_SUCCEED ==> pn_host_loaded(n, n->vmcs12.f[PN_F_GUEST_CR0]);
    ensures host_blocking: \result.kind == PN_VMX_SUCCEED ==> pn_host_blocking(dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY]) &&
            nx010_blocked(dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY], pn_by_nmi(x), n->vmcs12.f[PN_F_PIN_CTL],
              n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]);
    ensures host_msrs: \result.kind == PN_VMX_SUCCEED ==>
            pn_host_unlisted(n, dev_vmcs02[PN_F_GUEST_EFER], dev_vmcs02[PN_F_GUEST_PAT]);
    ensures host_pdptes: \result.kind == PN_VMX_SUCCEED ==> pn_host_pdptes(n);
    ensures host_list: \result.kind == PN_VMX_SUCCEED ==>
            msrs_loaded{Pre, Post}(n->vmcs12.f[PN_F_EXIT_LOAD_ADDR], n->vmcs12.f[PN_F_EXIT_LOAD_COUNT]);
    ensures stands: pn_stands(n, \old(n->vmcs12));
    ensures long_mode: \result.kind == PN_VMX_SUCCEED ==> !pn_leaves_long_mode(n);
    ensures abort_reason: \result.kind == PN_VMX_ABORT ==> pn_exit_aborted{Pre, Post}(n); */
struct pn_outcome pn_nested_exit(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x);

/* L2's segments, if only vmcs02 has them, into vmcs12: before L1 reads or writes a field of its VMCS, or leaves it. Others than vmcs12
 * had end the verdict on them. The second for vmcs02 as the current VMCS, behind an entry that the processor refused. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires sound: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1], n->dirty, dev_unsaved,
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures saved: bit(n->dirty, PN_HAS_SEGMENTS) && dev_unsaved == 0;
    ensures late: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == dev_vmcs02[f];
    ensures early: bit(\old(n->dirty), PN_HAS_SEGMENTS) ==> n->dirty == \old(n->dirty) &&
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures stands: !bit(n->dirty, PN_GROUP_EXIT) ==>
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures dirty: \forall integer k; 0 <= k <= 31 && k != PN_HAS_SEGMENTS && k != PN_GROUP_EXIT ==>
            (bit(n->dirty, k) <==> bit(\old(n->dirty), k));
    ensures dirty_exit: bit(\old(n->dirty), PN_GROUP_EXIT) ==> bit(n->dirty, PN_GROUP_EXIT); */
void pn_save_segments(struct pn_nested_vmx *n);

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires sound: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1], n->dirty, dev_unsaved;
    ensures inv: pn_nested_inv(n);
    ensures saved: bit(n->dirty, PN_HAS_SEGMENTS) && dev_unsaved == 0;
    ensures late: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == dev_vmcs02[f];
    ensures early: bit(\old(n->dirty), PN_HAS_SEGMENTS) ==> n->dirty == \old(n->dirty) &&
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures stands: !bit(n->dirty, PN_GROUP_EXIT) ==>
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures dirty: \forall integer k; 0 <= k <= 31 && k != PN_HAS_SEGMENTS && k != PN_GROUP_EXIT ==>
            (bit(n->dirty, k) <==> bit(\old(n->dirty), k));
    ensures dirty_exit: bit(\old(n->dirty), PN_GROUP_EXIT) ==> bit(n->dirty, PN_GROUP_EXIT); */
void pn_save_segments02(struct pn_nested_vmx *n);

/* Before pn_nested_enter: pn_save_segments, unless they may stay in vmcs02 over the entry. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires sound: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1], n->dirty, dev_unsaved,
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures settled: pn_segments_settled(n) && pn_segments_sound(n);
    ensures has: bit(\old(n->dirty), PN_HAS_SEGMENTS) ==> bit(n->dirty, PN_HAS_SEGMENTS);
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) && !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == dev_vmcs02[f];
    ensures early: (bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS)) ==> n->dirty == \old(n->dirty) &&
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures stands: !bit(n->dirty, PN_GROUP_EXIT) ==>
            \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures dirty: \forall integer k; 0 <= k <= 31 && k != PN_HAS_SEGMENTS && k != PN_GROUP_EXIT ==>
            (bit(n->dirty, k) <==> bit(\old(n->dirty), k));
    ensures dirty_exit: bit(\old(n->dirty), PN_GROUP_EXIT) ==> bit(n->dirty, PN_GROUP_EXIT); */
void pn_settle_segments(struct pn_nested_vmx *n);

/* VMLAUNCH or VMRESUME failed after the checks on controls and host state (SDM 26.8): `reason` 33 or 34, bit 31 is set
 * here. Of the VMCS only reason and qualification are written (VE-260): guest state, the entry event and the launch state are
 * as they were (VE-261). The host state and the exit's MSR-load list are loaded, the MSR-store list is not looked at (VE-262).
 * `loaded`: L2's state has been, as behind reason 34; where the exit does not load PAT and EFER, L2's are what L1 finds (26.8).
 * kind: PN_VMX_ENTRY_FAILED or PN_VMX_ABORT. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS;
    requires reason: reason <= 0xffff;
    requires current02: loaded != 0 ==> dev_vmcs == PN_VMCS02;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION], n->l2, n->entry_pending,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss,
            dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode,
            dev_dr6, dev_dr7, dev_cr2, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures nested_inv: pn_nested_inv(n);
    ensures result: \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT;
    ensures reason: n->vmcs12.f[PN_F_EXIT_REASON] == reason + 0x80000000;
    ensures qualification: n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == qualification;
    ensures left: n->l2 == 0 && n->entry_pending == 0 && dev_vmcs == PN_VMCS01;
    ensures at_instruction: dev_rip == dev_at;
    ensures same02: pn_same02{Pre, Post};
    ensures host: \result.kind == PN_VMX_ENTRY_FAILED ==> pn_host_loaded(n, \old(dev_vmcs01[PN_F_GUEST_CR0]));
    ensures host_blocking: \result.kind == PN_VMX_ENTRY_FAILED ==> pn_host_blocking(dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY]) &&
            (dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY] != 0 <==> (\old(dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY]) / 8) % 2 == 1);
    ensures host_msrs: \result.kind == PN_VMX_ENTRY_FAILED && loaded == 0 ==>
            pn_host_unlisted(n, \old(dev_vmcs01[PN_F_GUEST_EFER]), \old(dev_vmcs01[PN_F_GUEST_PAT]));
    ensures host_msrs_loaded: \result.kind == PN_VMX_ENTRY_FAILED && loaded != 0 ==>
            pn_host_unlisted(n, \old(dev_vmcs02[PN_F_GUEST_EFER]), \old(dev_vmcs02[PN_F_GUEST_PAT]));
    ensures refusals: msr_refusals_kept{Pre, Post};
    ensures memory: \forall integer a; a != n->current ==> mem64(a) == \old(mem64(a));
    ensures host_pdptes: \result.kind == PN_VMX_ENTRY_FAILED ==> pn_host_pdptes(n);
    ensures host_list: \result.kind == PN_VMX_ENTRY_FAILED ==>
            msrs_loaded{Pre, Post}(n->vmcs12.f[PN_F_EXIT_LOAD_ADDR], n->vmcs12.f[PN_F_EXIT_LOAD_COUNT]);
    ensures abort_reason: \result.kind == PN_VMX_ABORT ==> pn_host_refused{Pre, Post}(n); */
struct pn_outcome pn_entry_failure(struct pn_nested_vmx *n, uint32_t reason, uint64_t qualification, bool loaded);

/* MSR-load list of an entry or an exit (SDM 26.4, 27.6), for the guest of the current VMCS. 0: all loaded; else the number of
 * the entry that cannot be, from 1: those before it stay loaded (VE-257). */
/*@ terminates \true; exits \false; assigns dev_reads, dev_msrs, dev_msr_journal,
            dev_vmcs01[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs01[PN_G_RARE .. PN_G_RARE_END - 1],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1];
    ensures other01: dev_vmcs == PN_VMCS02 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs01[f] == \old(dev_vmcs01[f]);
    ensures other02: dev_vmcs == PN_VMCS01 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs02[f] == \old(dev_vmcs02[f]);
    ensures range: \result <= count;
    ensures empty: count == 0 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs01[f] == \old(dev_vmcs01[f]);
    ensures all: \result == 0 ==> n_msrs == \old(n_msrs) + count && msrs_loaded{Pre, Here}(address, count);
    ensures some: \result != 0 ==> n_msrs == \old(n_msrs) + \result - 1 && msrs_loaded{Pre, Here}(address, \result - 1);
    ensures refused: \result != 0 && msr_list_fits(address, \result) ==>
            msr_not_loaded{Pre, Post}(address + 16 * (\result - 1));
    ensures refusals: msr_refusals_kept{Pre, Post}; */
uint32_t pn_load_msrs(uint64_t address, uint32_t count);

/* MSR-store list of an exit (SDM 27.4). False: an entry cannot be stored, which is a VMX abort. */
/*@ terminates \true; exits \false; assigns dev_reads, dev_memory, dev_writes;
    ensures all: \result != 0 ==> msrs_stored{Pre, Post}(address, count);
    ensures refused: \result == 0 ==> msrs_unstorable{Pre}(address, count);
    ensures others: \forall integer a; !msr_slot(address, count, a) ==> mem64(a) == \old(mem64(a)); */
bool pn_store_msrs(uint64_t address, uint32_t count);

#endif
