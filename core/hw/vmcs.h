/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for nested guests: the two hardware VMCSs of one virtual CPU. vmcs01 runs L1, vmcs02 runs L2 for L1. Every
 * contract is an assumption and carries its section of the manual; see hw.h. The discipline of vmcs02 is in the preconditions:
 * a field written twice for one entry of L1's, or an MSR that L0 intercepts passed to L2, does not prove.
 */
#ifndef PROVENEST_HW_VMCS_H
#define PROVENEST_HW_VMCS_H

#include <provenest/nested.h>

#include "../../spec/acsl/vmx_fields.h"
#include "hw.h"
#include "memory.h"
#include "tlb.h"

enum pn_vmcs { PN_VMCS01 = 1, PN_VMCS02 = 2 };
enum { PN_BITMAP_WORDS = 512 }; /* an MSR bitmap (SDM 24.6.9) in words of 64 bits */

/*@ ghost
  // Which VMCS is current; the fields of both as VMREAD would show them; writes to each of vmcs02's since L1's entry began.
  int dev_vmcs; uint64_t dev_vmcs01[PN_FIELDS]; uint64_t dev_vmcs02[PN_FIELDS]; uint8_t dev_written02[PN_FIELDS];
  // Numbers of writes to vmcs02, and of entries of L1's; the MSR bitmap of vmcs02.
  int dev_cost02; int dev_rounds; int dev_bitmap02;
  // What the translations cached under vpid02 belong to: L1's VPID and EPTP (0: off).
  uint16_t dev_tag_vpid; uint64_t dev_tag_eptp;
  // The PDPTE fields of the current vmcs12 are undefined: no exit saved them, no VMWRITE gave them.
  bool dev_pdptrs_lost;
  // Vmcs02 has, or may have, segments of L2's that vmcs12 has not: L2 has run since.
  bool dev_unsaved;
*/

/*@ axiomatic Vmcs {
      logic integer n_writes02{L} reads dev_cost02;
      logic integer n_rounds{L} reads dev_rounds;
      logic integer bitmap01(integer word);
      logic integer bitmap02{L}(integer word) reads dev_bitmap02;
      predicate stray(integer address);
    }
*/

/* A page that L1 names for the processor's own use, and that is not L1's, gives way to a page that is nobody's. */
/*@ predicate vmcs02_takes(integer f, integer value, integer held) =
      ((f == PN_F_VIRTUAL_APIC || f == PN_F_APIC_ACCESS) && !l1s(value) ==> stray(held)) &&
      (!((f == PN_F_VIRTUAL_APIC || f == PN_F_APIC_ACCESS) && !l1s(value)) ==> held == value);
*/

/*@ // TRUST: SDM 24.1 and 30.3 (VMPTRLD): makes this VMCS current; its fields are as they were left. From here on hw.h speaks
    // of the guest of that one; nothing is being delivered to the guest that is left.
    requires which: which == PN_VMCS01 || which == PN_VMCS02;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    terminates \true; exits \false;
    assigns dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures current: dev_vmcs == which;
    ensures at_instruction: dev_rip == dev_at; */
void pn_hw_load_vmcs(enum pn_vmcs which);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMREAD): zero-extended.
    requires field: 0 <= f < PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_vmcs01[f]; */
uint64_t pn_hw_read01(enum pn_field f);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMWRITE).
    requires field: 0 <= f < PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[f];
    ensures value: dev_vmcs01[f] == value; */
void pn_hw_write01(enum pn_field f, uint64_t value);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMREAD): zero-extended.
    requires field: 0 <= f < PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_vmcs02[f];
    ensures width: sdm24_fits(f, \result); */
uint64_t pn_hw_read02(enum pn_field f);

/*@ // TRUST: proof only (design, "Field ownership"): an entry of L1's begins, each field of vmcs02 may be written once. SDM
    // 28.3.3.1 and 28.3.3.2: what is cached under vpid02 is of the VPID and the EPTP of the entry before; without a VPID of
    // L1's (`vpid` 0) every entry drops what is cached.
    terminates \true; exits \false;
    assigns dev_written02[0 .. PN_FIELDS - 1], dev_rounds, dev_tag_vpid, dev_tag_eptp, dev_flush_owed;
    ensures fresh: \forall integer f; 0 <= f < PN_FIELDS ==> dev_written02[f] == 0;
    ensures counted: n_rounds == \old(n_rounds) + 1;
    ensures tags: dev_tag_vpid == vpid && dev_tag_eptp == eptp;
    ensures owed: dev_flush_owed != 0 <==> vpid == 0 || vpid != \old(dev_tag_vpid) || eptp != \old(dev_tag_eptp) ||
                  \old(dev_flush_owed) != 0; */
void pn_hw_begin_entry02(uint16_t vpid, uint64_t eptp);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMWRITE); once an entry of L1's.
    requires field: 0 <= f < PN_FIELDS;
    requires fits: sdm24_fits(f, value);
    requires current: dev_vmcs == PN_VMCS02;
    requires once: dev_written02[f] == 0;
    requires saved: PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_unsaved == 0;
    terminates \true; exits \false; assigns dev_vmcs02[f], dev_written02[f], dev_cost02;
    ensures value: vmcs02_takes(f, value, dev_vmcs02[f]);
    ensures written: dev_written02[f] == 1;
    ensures counted: n_writes02 == \old(n_writes02) + 1; */
void pn_hw_write02(enum pn_field f, uint64_t value);

/*@ // TRUST: SDM 30.3 (INVVPID, single-context): nothing is cached any more under `vpid`, which is vmcs02's.
    requires current: dev_vmcs == PN_VMCS02;
    requires own: vpid == dev_vmcs02[PN_F_VPID];
    terminates \true; exits \false; assigns dev_flush_owed;
    ensures done: dev_flush_owed == 0; */
void pn_hw_flush02(uint16_t vpid);

/*@ // TRUST: proof only. SDM 27.3 and 27.2: what of vmcs02 L2's running, or L0's work for it, can change: what an exit saves
    // of the guest, and of the controls "IA-32e mode guest" (entry control 9). SDM 25.3: no bit of CR0 and CR4 that the
    // guest/host mask owns. 24.11.2: all of it fits. 28.3.3: nothing that must go is cached any more.
    requires current: dev_vmcs == PN_VMCS02;
    requires flushed: dev_flush_owed == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_F_ENTRY_CTL], dev_vmcs02[PN_G_BASIC .. PN_F_GUEST_CR4],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], dev_vmcs02[PN_F_PREEMPTION_TIMER], dev_unsaved, dev_ept_stale;
    ensures unsaved: dev_unsaved != 0;
    ensures mode: \forall integer k; 0 <= k <= 31 && k != 9 ==>
            (bit(dev_vmcs02[PN_F_ENTRY_CTL], k) <==> bit(\old(dev_vmcs02[PN_F_ENTRY_CTL]), k));
    ensures cr0: \forall integer k; 0 <= k <= 63 && bit(dev_vmcs02[PN_F_CR0_MASK], k) ==>
            (bit(dev_vmcs02[PN_F_GUEST_CR0], k) <==> bit(\old(dev_vmcs02[PN_F_GUEST_CR0]), k));
    ensures cr4: \forall integer k; 0 <= k <= 63 && bit(dev_vmcs02[PN_F_CR4_MASK], k) ==>
            (bit(dev_vmcs02[PN_F_GUEST_CR4], k) <==> bit(\old(dev_vmcs02[PN_F_GUEST_CR4]), k)); */
void pn_hw_run_l2(void);

/*@ // TRUST: proof only. SDM 27.3.1: an exit outside PAE paging or without EPT (`saved` false) leaves the PDPTE fields of its
    // VMCS, which is vmcs12, undefined.
    terminates \true; exits \false; assigns dev_pdptrs_lost;
    ensures lost: dev_pdptrs_lost != 0 <==> saved == 0; */
void pn_hw_saved_pdptrs(bool saved);

/*@ // TRUST: proof only. SDM 27.3.2: L2's segments are where L1 finds them.
    requires saved: \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> n->vmcs12.f[f] == dev_vmcs02[f];
    terminates \true; exits \false; assigns dev_unsaved;
    ensures done: dev_unsaved == 0; */
void pn_hw_saved_segments(const struct pn_nested_vmx *n);

/*@ // TRUST: SDM 24.6.9: one word of the MSR bitmap of vmcs01, which is constant while L2 can run.
    requires word: word < PN_BITMAP_WORDS;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == bitmap01(word); */
uint64_t pn_hw_bitmap01(unsigned word);

/*@ // TRUST: SDM 24.6.9: one word of the MSR bitmap of vmcs02; design, "Containment": what L0 intercepts stays intercepted.
    requires word: word < PN_BITMAP_WORDS;
    requires contained: \forall integer k; 0 <= k <= 63 ==> (bit(bitmap01(word), k) ==> bit(value, k));
    terminates \true; exits \false; assigns dev_bitmap02;
    ensures value: bitmap02(word) == value;
    ensures others: \forall integer w; w != word ==> bitmap02(w) == \old(bitmap02(w)); */
void pn_hw_write_bitmap02(unsigned word, uint64_t value);

#endif
