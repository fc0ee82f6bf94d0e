/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's VMX instructions, one call each. SDM vol. 3C chapter 30, vol. 3D appendix B.
 *
 * The caller, L1's hypervisor, has decoded the instruction (a register operand where only memory may be is #UD before
 * anything here). It reads the memory operand after pn_vmxon_ready or pn_vmx_ready has said that nothing ranks before its
 * faults, sets RFLAGS by the outcome, advances RIP unless there was a fault, and stores what VMREAD and VMPTRST give. In
 * 32-bit code operands are zero-extended, and the low half of what VMREAD gives is stored.
 */
#ifndef PROVENEST_VMX_INSN_H
#define PROVENEST_VMX_INSN_H

#include <provenest/nested.h>
#include <provenest/nested_inv.h>
#include <provenest/vmx_offer.h>

#include "../../../spec/acsl/vmx_insn.h"
#include "../../hw/memory.h"
#include "../../hw/tlb.h"

/* The group (enum pn_group) of a field: groups are ranges. */
/*@ logic integer field_group(integer f) =
      f < PN_G_CONTROLS_END ? PN_GROUP_CONTROLS : f < PN_G_EVENT_END ? PN_GROUP_EVENT :
      f < PN_G_BASIC_END ? PN_GROUP_BASIC : f < PN_G_REGISTERS_END ? PN_GROUP_REGISTERS :
      f < PN_G_SEGMENTS_END ? PN_GROUP_SEGMENTS : f < PN_G_RARE_END ? PN_GROUP_RARE :
      f < PN_G_PDPTRS_END ? PN_GROUP_PDPTRS : f < PN_G_OTHER_END ? PN_GROUP_OTHER :
      f < PN_G_HOST_END ? PN_GROUP_HOST : PN_GROUP_EXIT;
*/

/* ---- Fields ----------------------------------------------------------------------------------------------------- */

/*@ requires field: 0 <= f < PN_FIELDS;
    terminates \true; exits \false; assigns \nothing;
    ensures encoding: \result == sdm24_encoding(f); */
uint32_t pn_field_encoding(int f);

/* The field with this encoding (full access), or -1: L1 is not offered such a field, or there is none. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures range: -1 <= \result < PN_FIELDS;
    ensures found: \result >= 0 ==> sdm24_encoding(\result) == encoding;
    ensures only: \forall integer i; 0 <= i < PN_FIELDS && sdm24_encoding(i) == encoding ==> \result == i; */
int pn_field_of(uint64_t encoding);

/* ---- Words of the contracts ------------------------------------------------------------------------------------- */

/*@ predicate succeeded(struct pn_outcome o) = o.kind == PN_VMX_SUCCEED && o.vector == 0 && o.error == 0;

    predicate faulted(struct pn_outcome o, integer vector) =
      o.kind == PN_VMX_FAULT && o.vector == vector && o.error == 0;

    predicate failed_invalid(struct pn_outcome o) = o.kind == PN_VMX_FAIL_INVALID && o.vector == 0 && o.error == 0;

    predicate failed_valid(struct pn_outcome o, integer error) =
      o.kind == PN_VMX_FAIL_VALID && o.vector == 0 && o.error == error;

    predicate entering(struct pn_outcome o) = o.kind == PN_VMX_ENTER && o.vector == 0 && o.error == 0;
*/

/* VMfail(error) of 30.2, and the VM-instruction error field, which only VMfailValid writes. */
/*@ predicate failed(struct pn_outcome o, integer current, integer error) =
      current == PN_NO_VMCS ? failed_invalid(o) : failed_valid(o, error);

    predicate error_noted{A, B}(struct pn_nested_vmx *n, struct pn_outcome o) =
      \at(n->vmcs12.f[PN_F_INSTRUCTION_ERROR], B) ==
      (o.kind == PN_VMX_FAIL_VALID ? o.error : \at(n->vmcs12.f[PN_F_INSTRUCTION_ERROR], A));
*/

/* VE-001 and VE-003, in this order (VE-009): what all instructions but VMXON ask first. */
/*@ predicate undefined(integer vmxon, struct pn_l1_mode m) =
      ve001_undefined(vmxon, m.cr0, m.rflags, m.long_mode, m.cs_long);

    predicate permitted(integer vmxon, struct pn_l1_mode m) = !undefined(vmxon, m) && !ve003_privilege(m.cpl);

    predicate refused(integer vmxon, struct pn_l1_mode m, struct pn_outcome o) =
      (undefined(vmxon, m) ==> faulted(o, 6)) && (!undefined(vmxon, m) ==> faulted(o, 13));
*/

/* The same for VMXON. */
/*@ predicate vmxon_undefined(struct pn_l1_mode m) =
      vi001_vmxon_undefined(m.cr0, m.cr4, m.rflags, m.long_mode, m.cs_long);

    predicate vmxon_refused(struct pn_vmx_caps c, struct pn_l1_mode m) =
      vi002_vmxon_refused(m.cpl, m.feature_control) || !vi002_fixed(m.cr0, c.cr0_fixed0, c.cr0_fixed1) ||
      !vi002_fixed(m.cr4, c.cr4_fixed0, c.cr4_fixed1);
*/

/* Everything that L1's VMX is made of, but for the VM-instruction error field; and L1's memory. */
/*@ predicate same_state{A, B}(struct pn_nested_vmx *n) =
      \at(n->vmxon, A) == \at(n->vmxon, B) && \at(n->vmxon_pointer, A) == \at(n->vmxon_pointer, B) &&
      \at(n->current, A) == \at(n->current, B) && \at(n->launched, A) == \at(n->launched, B) &&
      \at(n->dirty, A) == \at(n->dirty, B) && \at(n->checked, A) == \at(n->checked, B) &&
      \at(n->pdptrs_held, A) == \at(n->pdptrs_held, B);

    predicate same_fields{A, B}(struct pn_nested_vmx *n) = \forall integer i; 0 <= i < PN_FIELDS &&
      i != PN_F_INSTRUCTION_ERROR ==> \at(n->vmcs12.f[i], A) == \at(n->vmcs12.f[i], B);

    predicate same_memory{A, B} = \forall integer a; \at(mem64(a), A) == \at(mem64(a), B) &&
      \at(n_writes(a), A) == \at(n_writes(a), B);
*/

/* A region in L1's memory, as this processor lays it out (24.2 leaves it to it): word 0 revision and abort indicator, word 1
   the launch state, then the fields. What lies outside L1's memory holds nothing. */
/*@ predicate region_holds_launch{L}(integer region, integer launched) =
      l1s(region + 8) ==> mem64(region + 8) == (launched != 0 ? 1 : 0);

    predicate region_holds_fields{M, N}(struct pn_nested_vmx *n, integer region) =
      \forall integer i; 0 <= i < PN_FIELDS && l1s(region + 16 + 8 * i) ==>
        \at(mem64(region + 16 + 8 * i), M) == \at(n->vmcs12.f[i], N);

    predicate written_words{A, B}(integer region, integer first, integer end) =
      (\forall integer a; region + 8 * first <= a < region + 8 * end && a % 8 == 0 ==>
        \at(n_writes(a), B) == \at(n_writes(a), A) + 1) &&
      (\forall integer a; a < region + 8 * first || a >= region + 8 * end ==>
        \at(n_writes(a), B) == \at(n_writes(a), A) && \at(mem64(a), B) == \at(mem64(a), A));

    predicate fields_of_region{L}(struct pn_nested_vmx *n, integer region) =
      \forall integer i; 0 <= i < PN_FIELDS ==> vi007_narrow(i, mem64(region + 16 + 8 * i), n->vmcs12.f[i]);
*/

/* ---- Instructions ----------------------------------------------------------------------------------------------- */

/* Out of VMX operation, no VMCS. */
/*@ requires vmx: \valid(n);
    requires caps: pn_caps_ok(caps);
    terminates \true; exits \false; assigns *n;
    ensures inv: pn_nested_inv(n);
    ensures caps: n->caps == caps;
    ensures outside: n->vmxon == 0;
    ensures nothing_known: vi013_all_dirty(n->dirty) && n->checked == 0 && n->pdptrs_held == 0; */
void pn_nested_init(struct pn_nested_vmx *n, struct pn_vmx_caps caps);

/* VMfail(error): VMfailValid with a current VMCS, else VMfailInvalid (30.2). */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires error: error > 0;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR];
    ensures inv: pn_nested_inv(n);
    ensures value: failed(\result, n->current, error);
    ensures noted: error_noted{Pre, Post}(n, \result); */
struct pn_outcome pn_vm_fail(struct pn_nested_vmx *n, uint8_t error);

/* What ranks before the memory operand: PN_VMX_SUCCEED, or a fault, or VMXON's failure in VMX operation. */
/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result);
    ensures ready: permitted(n->vmxon, m) ==> succeeded(\result); */
struct pn_outcome pn_vmx_ready(const struct pn_nested_vmx *n, struct pn_l1_mode m);

/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR];
    ensures inv: pn_nested_inv(n);
    ensures undefined: vmxon_undefined(m) ==> faulted(\result, 6);
    ensures outside: !vmxon_undefined(m) && n->vmxon == 0 && vmxon_refused(n->caps, m) ==> faulted(\result, 13);
    ensures ready: !vmxon_undefined(m) && n->vmxon == 0 && !vmxon_refused(n->caps, m) ==> succeeded(\result);
    ensures privilege: !vmxon_undefined(m) && n->vmxon != 0 && ve003_privilege(m.cpl) ==> faulted(\result, 13);
    ensures twice: !vmxon_undefined(m) && n->vmxon != 0 && !ve003_privilege(m.cpl) ==> failed(\result, n->current, 15);
    ensures noted: error_noted{Pre, Post}(n, \result); */
struct pn_outcome pn_vmxon_ready(struct pn_nested_vmx *n, struct pn_l1_mode m);

/* VMXON (30.3). */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    terminates \true; exits \false;
    assigns n->vmxon, n->vmxon_pointer, n->vmcs12.f[PN_F_INSTRUCTION_ERROR], dev_reads;
    ensures inv: pn_nested_inv(n);
    ensures undefined: vmxon_undefined(m) ==> faulted(\result, 6);
    ensures outside: !vmxon_undefined(m) && \old(n->vmxon) == 0 && vmxon_refused(n->caps, m) ==> faulted(\result, 13);
    ensures privilege: !vmxon_undefined(m) && \old(n->vmxon) != 0 && ve003_privilege(m.cpl) ==> faulted(\result, 13);
    ensures twice: !vmxon_undefined(m) && \old(n->vmxon) != 0 && !ve003_privilege(m.cpl) ==>
            failed(\result, \old(n->current), 15);
    ensures pointer: !vmxon_undefined(m) && \old(n->vmxon) == 0 && !vmxon_refused(n->caps, m) &&
            !vi003_pointer(pointer, n->caps.address_width) ==> failed_invalid(\result);
    ensures revision: !vmxon_undefined(m) && \old(n->vmxon) == 0 && !vmxon_refused(n->caps, m) &&
            vi003_pointer(pointer, n->caps.address_width) && !vi004_revision(mem64(pointer), n->caps.basic) ==>
            failed_invalid(\result);
    ensures entered: !vmxon_undefined(m) && \old(n->vmxon) == 0 && !vmxon_refused(n->caps, m) &&
            vi003_pointer(pointer, n->caps.address_width) && vi004_revision(mem64(pointer), n->caps.basic) ==>
            succeeded(\result);
    ensures in_operation: succeeded(\result) ==>
            n->vmxon != 0 && n->vmxon_pointer == pointer && n->current == PN_NO_VMCS;
    ensures noted: error_noted{Pre, Post}(n, \result);
    ensures nothing_else: !succeeded(\result) ==> same_state{Pre, Post}(n); */
struct pn_outcome pn_vmxon(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer);

/* VMXOFF: the current VMCS goes to its region first. The dual-monitor treatment (error 23) is never active. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false;
    assigns n->vmxon, n->current, n->launched, n->checked, dev_memory, dev_writes;
    ensures inv: pn_nested_inv(n);
    ensures refused: !permitted(\old(n->vmxon), m) ==> refused(\old(n->vmxon), m, \result);
    ensures left: permitted(\old(n->vmxon), m) ==> succeeded(\result) && n->vmxon == 0 && n->current == PN_NO_VMCS;
    ensures written: permitted(\old(n->vmxon), m) && \old(n->current) != PN_NO_VMCS ==>
            region_holds_launch(\old(n->current), \old(n->launched)) &&
            region_holds_fields{Post, Pre}(n, \old(n->current));
    ensures once: permitted(\old(n->vmxon), m) && \old(n->current) != PN_NO_VMCS ==>
            written_words{Pre, Post}(\old(n->current), 1, 2 + PN_FIELDS);
    ensures no_region: \old(n->current) == PN_NO_VMCS ==> same_memory{Pre, Post};
    ensures nothing_else: !succeeded(\result) ==> same_state{Pre, Post}(n) && same_memory{Pre, Post}; */
struct pn_outcome pn_vmxoff(struct pn_nested_vmx *n, struct pn_l1_mode m);

/* VMCLEAR: of the current VMCS all goes to its region, of another one only the launch state. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false;
    assigns n->current, n->launched, n->checked, n->vmcs12.f[PN_F_INSTRUCTION_ERROR], dev_memory, dev_writes;
    ensures inv: pn_nested_inv(n);
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result);
    ensures pointer: permitted(n->vmxon, m) && !vi003_pointer(pointer, n->caps.address_width) ==>
            failed(\result, \old(n->current), 2);
    ensures vmxon_region: permitted(n->vmxon, m) && vi003_pointer(pointer, n->caps.address_width) &&
            pointer == n->vmxon_pointer ==> failed(\result, \old(n->current), 3);
    ensures cleared: permitted(n->vmxon, m) && vi003_pointer(pointer, n->caps.address_width) &&
            pointer != n->vmxon_pointer ==> succeeded(\result);
    ensures launch_state: succeeded(\result) ==> region_holds_launch(pointer, 0);
    ensures written: succeeded(\result) && pointer == \old(n->current) ==>
            n->current == PN_NO_VMCS && region_holds_fields{Post, Pre}(n, pointer) &&
            written_words{Pre, Post}(pointer, 1, 2 + PN_FIELDS);
    ensures other_region: succeeded(\result) && pointer != \old(n->current) ==>
            same_state{Pre, Post}(n) && written_words{Pre, Post}(pointer, 1, 2);
    ensures noted: error_noted{Pre, Post}(n, \result);
    ensures nothing_else: !succeeded(\result) ==> same_state{Pre, Post}(n) && same_memory{Pre, Post}; */
struct pn_outcome pn_vmclear(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer);

/* VMPTRLD: the current VMCS goes to its region, the new one comes from its own, each word read once. Of the VMCS that is
 * current already only the revision is looked at. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false;
    assigns n->current, n->launched, n->checked, n->dirty, n->pdptrs_held, n->vmcs12.f[0 .. PN_FIELDS - 1], dev_memory,
            dev_writes, dev_reads;
    ensures inv: pn_nested_inv(n);
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result);
    ensures pointer: permitted(n->vmxon, m) && !vi003_pointer(pointer, n->caps.address_width) ==>
            failed(\result, \old(n->current), 9);
    ensures vmxon_region: permitted(n->vmxon, m) && vi003_pointer(pointer, n->caps.address_width) &&
            pointer == n->vmxon_pointer ==> failed(\result, \old(n->current), 10);
    ensures revision: permitted(n->vmxon, m) && vi003_pointer(pointer, n->caps.address_width) &&
            pointer != n->vmxon_pointer && !vi004_revision(\old(mem64(pointer)), n->caps.basic) ==>
            failed(\result, \old(n->current), 11);
    ensures loaded: permitted(n->vmxon, m) && vi003_pointer(pointer, n->caps.address_width) &&
            pointer != n->vmxon_pointer && vi004_revision(\old(mem64(pointer)), n->caps.basic) ==>
            succeeded(\result) && n->current == pointer;
    ensures from_region: succeeded(\result) && pointer != \old(n->current) ==> fields_of_region(n, pointer);
    ensures launch_state: succeeded(\result) && pointer != \old(n->current) ==>
            (n->launched != 0 <==> mem64(pointer + 8) == 1);
    ensures all_dirty: succeeded(\result) && pointer != \old(n->current) ==>
            vi013_all_dirty(n->dirty) && n->checked == 0 && n->pdptrs_held == 0;
    ensures written: succeeded(\result) && pointer != \old(n->current) && \old(n->current) != PN_NO_VMCS ==>
            region_holds_launch(\old(n->current), \old(n->launched)) &&
            region_holds_fields{Post, Pre}(n, \old(n->current)) &&
            written_words{Pre, Post}(\old(n->current), 1, 2 + PN_FIELDS);
    ensures none_written: \old(n->current) == PN_NO_VMCS ==> same_memory{Pre, Post};
    ensures again: pointer == \old(n->current) ==>
            same_state{Pre, Post}(n) && same_fields{Pre, Post}(n) && same_memory{Pre, Post};
    ensures noted: !succeeded(\result) ==> error_noted{Pre, Post}(n, \result);
    ensures nothing_else: !succeeded(\result) ==>
            same_state{Pre, Post}(n) && same_fields{Pre, Post}(n) && same_memory{Pre, Post}; */
struct pn_outcome pn_vmptrld(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer);

/* VMPTRST: the pointer to store, PN_NO_VMCS (all ones) if there is no current VMCS. */
/*@ requires vmx: \valid_read(n) && \valid(pointer) && \separated(n, pointer);
    terminates \true; exits \false; assigns *pointer;
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result) && *pointer == \old(*pointer);
    ensures stored: permitted(n->vmxon, m) ==> succeeded(\result) && *pointer == n->current; */
struct pn_outcome pn_vmptrst(const struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t *pointer);

/* VMREAD: the value only if it succeeds. */
/*@ requires vmx: \valid(n) && \valid(value) && \separated(n, value);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false; assigns *value, n->vmcs12.f[PN_F_INSTRUCTION_ERROR];
    ensures inv: pn_nested_inv(n);
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result);
    ensures no_vmcs: permitted(n->vmxon, m) && n->current == PN_NO_VMCS ==> failed_invalid(\result);
    ensures no_field: permitted(n->vmxon, m) && n->current != PN_NO_VMCS &&
            (\forall integer i; !vi005_names(encoding, i)) ==> failed_valid(\result, 12);
    ensures read: \forall integer i; permitted(n->vmxon, m) && n->current != PN_NO_VMCS && vi005_names(encoding, i) ==>
            succeeded(\result) && *value == vi008_part(encoding % 2, n->vmcs12.f[i]);
    ensures not_read: !succeeded(\result) ==> *value == \old(*value);
    ensures noted: error_noted{Pre, Post}(n, \result); */
struct pn_outcome pn_vmread(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t encoding, uint64_t *value);

/* VMWRITE: what rests on the field is no longer certain: its group is dirty, the verdict of the checks is open if it was about
 * the field. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->checked, n->pdptrs_held;
    ensures inv: pn_nested_inv(n);
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result);
    ensures no_vmcs: permitted(n->vmxon, m) && n->current == PN_NO_VMCS ==> failed_invalid(\result);
    ensures no_field: permitted(n->vmxon, m) && n->current != PN_NO_VMCS &&
            (\forall integer i; !vi005_names(encoding, i)) ==> failed_valid(\result, 12);
    ensures read_only: \forall integer i; permitted(n->vmxon, m) && n->current != PN_NO_VMCS &&
            vi005_names(encoding, i) && vi006_read_only(i) ==> failed_valid(\result, 13);
    ensures accepted: \forall integer i; permitted(n->vmxon, m) && n->current != PN_NO_VMCS &&
            vi005_names(encoding, i) && !vi006_read_only(i) ==> succeeded(\result);
    ensures written: \forall integer i; succeeded(\result) && vi005_names(encoding, i) ==>
            vi008_written(encoding % 2, i, \old(n->vmcs12.f[i]), value, n->vmcs12.f[i]);
    ensures others: \forall integer i; 0 <= i < PN_FIELDS && succeeded(\result) && !vi005_names(encoding, i) ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]);
    ensures dirty: \forall integer i, g; succeeded(\result) && vi005_names(encoding, i) && 0 <= g <= 31 ==>
            (bit(n->dirty, g) <==> bit(\old(n->dirty), g) || g == field_group(i));
    ensures unchecked: \forall integer i; succeeded(\result) && vi005_names(encoding, i) ==>
            (n->checked != 0 <==> \old(n->checked) != 0 && !vi015_rests(field_group(i)));
    ensures pdptrs: \forall integer i; succeeded(\result) && vi005_names(encoding, i) ==>
            n->pdptrs_held == (field_group(i) == PN_GROUP_PDPTRS ? 0 : \old(n->pdptrs_held));
    ensures noted: !succeeded(\result) ==> error_noted{Pre, Post}(n, \result);
    ensures nothing_else: !succeeded(\result) ==> same_state{Pre, Post}(n) && same_fields{Pre, Post}(n); */
struct pn_outcome pn_vmwrite(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t encoding, uint64_t value);

/* VMLAUNCH and VMRESUME up to the checks of controls (VE-004, VE-006 to VE-009): PN_VMX_ENTER, or what it comes to. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR];
    ensures inv: pn_nested_inv(n);
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result);
    ensures no_vmcs: permitted(n->vmxon, m) && n->current == PN_NO_VMCS ==> failed_invalid(\result);
    ensures shadow: permitted(n->vmxon, m) && n->current != PN_NO_VMCS && m.movss != 0 ==> failed_valid(\result, 26);
    ensures launch_state: permitted(n->vmxon, m) && n->current != PN_NO_VMCS && m.movss == 0 &&
            !ve007_launch_state(launch, n->launched) ==> failed_valid(\result, launch != 0 ? 4 : 5);
    ensures enter: permitted(n->vmxon, m) && n->current != PN_NO_VMCS && m.movss == 0 &&
            ve007_launch_state(launch, n->launched) ==> entering(\result);
    ensures noted: error_noted{Pre, Post}(n, \result); */
struct pn_outcome pn_vm_entry(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch);

/* INVEPT: every EPT of L1's, whatever the type. Bits 127:64 of the descriptor are not looked at, as in the manual's operation
 * section. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR], dev_ept_stale;
    ensures inv: pn_nested_inv(n);
    ensures absent: !vi010_invept_exists(n->caps.proc2, n->caps.ept_vpid) ==> faulted(\result, 6);
    ensures refused: vi010_invept_exists(n->caps.proc2, n->caps.ept_vpid) && !permitted(n->vmxon, m) ==>
            refused(n->vmxon, m, \result);
    ensures operand: vi010_invept_exists(n->caps.proc2, n->caps.ept_vpid) && permitted(n->vmxon, m) &&
            !(vi010_invept_type(type, n->caps.ept_vpid) &&
              (type == 1 ==> vi009_eptp(eptp, n->caps.ept_vpid, n->caps.address_width))) ==>
            failed(\result, n->current, 28);
    ensures done: vi010_invept_exists(n->caps.proc2, n->caps.ept_vpid) && permitted(n->vmxon, m) &&
            vi010_invept_type(type, n->caps.ept_vpid) &&
            (type == 1 ==> vi009_eptp(eptp, n->caps.ept_vpid, n->caps.address_width)) ==> succeeded(\result);
    ensures emptied: succeeded(\result) ==> vi016_emptied(dev_ept_stale);
    ensures not_emptied: !succeeded(\result) ==> dev_ept_stale == \old(dev_ept_stale);
    ensures noted: error_noted{Pre, Post}(n, \result); */
struct pn_outcome pn_invept(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t type, uint64_t eptp);

/* INVVPID: the descriptor's VPID, its bits 63:16 (reserved), its linear address. The next entry flushes, for every type and VPID. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR], n->dirty, dev_flush_owed;
    ensures inv: pn_nested_inv(n);
    ensures absent: !vi011_invvpid_exists(n->caps.proc2, n->caps.ept_vpid) ==> faulted(\result, 6);
    ensures refused: vi011_invvpid_exists(n->caps.proc2, n->caps.ept_vpid) && !permitted(n->vmxon, m) ==>
            refused(n->vmxon, m, \result);
    ensures operand: vi011_invvpid_exists(n->caps.proc2, n->caps.ept_vpid) && permitted(n->vmxon, m) &&
            !(vi011_invvpid_type(type, n->caps.ept_vpid) &&
              vi012_invvpid_operand(type, vpid, reserved, linear, n->caps.linear_width)) ==> failed(\result, n->current, 28);
    ensures done: vi011_invvpid_exists(n->caps.proc2, n->caps.ept_vpid) && permitted(n->vmxon, m) &&
            vi011_invvpid_type(type, n->caps.ept_vpid) &&
            vi012_invvpid_operand(type, vpid, reserved, linear, n->caps.linear_width) ==> succeeded(\result);
    ensures owed: succeeded(\result) ==> vi017_flush_due(dev_flush_owed, \old(n->dirty), n->dirty);
    ensures not_owed: !succeeded(\result) ==> dev_flush_owed == \old(dev_flush_owed) && n->dirty == \old(n->dirty);
    ensures noted: error_noted{Pre, Post}(n, \result); */
struct pn_outcome pn_invvpid(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t type, uint16_t vpid, uint64_t reserved,
                             uint64_t linear);

/* VMCALL in VMX root operation: there is no dual-monitor treatment to call (error 1). */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR];
    ensures inv: pn_nested_inv(n);
    ensures refused: !permitted(n->vmxon, m) ==> refused(n->vmxon, m, \result);
    ensures fails: permitted(n->vmxon, m) ==> failed(\result, n->current, 1);
    ensures noted: error_noted{Pre, Post}(n, \result); */
struct pn_outcome pn_vmcall(struct pn_nested_vmx *n, struct pn_l1_mode m);

#endif
