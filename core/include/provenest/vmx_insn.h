/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's VMX instructions, one call each, and the capability MSRs it reads. SDM vol. 3C chapter 30, vol. 3D appendices A and B.
 *
 * The caller has decoded the instruction (a register operand where only memory may be is #UD before anything here) and is the
 * hypervisor of L1: it reads the memory operand, after pn_vmxon_ready or pn_vmx_ready has said that nothing ranks before its
 * faults. It sets RFLAGS by the outcome, advances RIP unless there was a fault, and stores what VMREAD and VMPTRST give. In
 * 32-bit code operands are zero-extended, and the low half of what VMREAD gives is stored.
 */
#ifndef PROVENEST_VMX_INSN_H
#define PROVENEST_VMX_INSN_H

#include <provenest/nested.h>
#include <provenest/nested_inv.h>

#include "../../../spec/acsl/vmx_insn.h"

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

/* ---- What L1 is offered ----------------------------------------------------------------------------------------- */

/* From the processor's words (the TRUE ones; CR4_FIXED1, efer_valid and debugctl_valid as L1 may use them). */
struct pn_vmx_caps pn_vmx_offer(struct pn_vmx_caps hardware);

/* RDMSR of 0x480..0x491; 0x491 (VMFUNC) is 0, and since VM functions are not offered it should not exist: #GP. */
uint64_t pn_vmx_capability(const struct pn_vmx_caps *c, uint32_t msr);

/* ---- Instructions ----------------------------------------------------------------------------------------------- */

void pn_nested_init(struct pn_nested_vmx *n, struct pn_vmx_caps caps);

/* What ranks before the memory operand: PN_VMX_SUCCEED, or a fault, or of VMXON in VMX operation its failure. */
struct pn_outcome pn_vmxon_ready(struct pn_nested_vmx *n, struct pn_l1_mode m);
struct pn_outcome pn_vmx_ready(const struct pn_nested_vmx *n, struct pn_l1_mode m);

/* VMfail(error): VMfailValid with a current VMCS, else VMfailInvalid (SDM 30.2). */
struct pn_outcome pn_vm_fail(struct pn_nested_vmx *n, uint8_t error);

struct pn_outcome pn_vmxon(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer);
struct pn_outcome pn_vmxoff(struct pn_nested_vmx *n, struct pn_l1_mode m);
struct pn_outcome pn_vmclear(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer);
struct pn_outcome pn_vmptrld(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer);
struct pn_outcome pn_vmptrst(const struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t *pointer);
struct pn_outcome pn_vmread(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t encoding, uint64_t *value);
struct pn_outcome pn_vmwrite(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t encoding, uint64_t value);

/* VMLAUNCH and VMRESUME up to the checks of controls: PN_VMX_ENTER, or what the instruction comes to. */
struct pn_outcome pn_vm_entry(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch);

/* On PN_VMX_SUCCEED the caller drops what it holds of the translations named. Bits 127:64 of INVEPT's descriptor are not
 * looked at, as in the manual's pseudo-code; `reserved` of INVVPID are bits 63:16 of its descriptor. */
struct pn_outcome pn_invept(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t type, uint64_t eptp);
struct pn_outcome pn_invvpid(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t type, uint16_t vpid, uint64_t reserved,
                             uint64_t linear);
struct pn_outcome pn_vmcall(struct pn_nested_vmx *n, struct pn_l1_mode m);

#endif
