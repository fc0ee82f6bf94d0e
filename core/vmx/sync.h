/* SPDX-License-Identifier: BSD-2-Clause
 * L2's state from vmcs02 to vmcs12, as the processor would have saved it (SDM 27.3). */
#ifndef PROVENEST_SYNC_H
#define PROVENEST_SYNC_H

#include <provenest/vmx_entry.h>

#include "../../spec/acsl/vmx_exit.h"
#include "../hw/vmcs.h"

/* Everything of the guest-state area that an exit saves; of the segments only CS's and SS's access rights, unless vmcs12 had
 * L2's: behind a run of L2's they stay in vmcs02 until L1 looks (pn_save_segments). A field that L1 has not asked to be saved
 * keeps its value, and if L2 has changed the register meanwhile, the next entry has to load it again: its group is dirty. If a
 * field that the rules for registers and segments read (26.3.1.1 to 26.3.1.3) has another value than before, or the guest was a
 * virtual-8086 one, the verdict on them ends: PN_GROUP_EXIT is dirty. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER], n->dirty;
    ensures inv: pn_nested_inv(n);
    ensures basic: \forall integer i; PN_G_BASIC <= i < PN_G_BASIC_END ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures segments: bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            (\forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==> n->vmcs12.f[i] == dev_vmcs02[i]);
    ensures rights: n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES] == dev_vmcs02[PN_F_GUEST_CS_AR_BYTES] &&
            n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES] == dev_vmcs02[PN_F_GUEST_SS_AR_BYTES];
    ensures rare: \forall integer i; PN_G_RARE <= i < PN_G_RARE_END ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures cr3: n->vmcs12.f[PN_F_GUEST_CR3] == dev_vmcs02[PN_F_GUEST_CR3];
    ensures activity: n->vmcs12.f[PN_F_GUEST_ACTIVITY] == dev_vmcs02[PN_F_GUEST_ACTIVITY];
    ensures cr0: nx001_cr0(n->vmcs12.f[PN_F_GUEST_CR0], \old(n->vmcs12.f[PN_F_CR0_MASK]), \old(n->vmcs12.f[PN_F_GUEST_CR0]),
            dev_vmcs02[PN_F_CR0_MASK], dev_vmcs02[PN_F_CR0_SHADOW], dev_vmcs02[PN_F_GUEST_CR0]);
    ensures cr4: nx001_control(n->vmcs12.f[PN_F_GUEST_CR4], \old(n->vmcs12.f[PN_F_CR4_MASK]), \old(n->vmcs12.f[PN_F_GUEST_CR4]),
            dev_vmcs02[PN_F_CR4_MASK], dev_vmcs02[PN_F_CR4_SHADOW], dev_vmcs02[PN_F_GUEST_CR4]);
    ensures dr7: nx002_saved(n->vmcs12.f[PN_F_EXIT_CTL], 2, n->vmcs12.f[PN_F_GUEST_DR7], \old(n->vmcs12.f[PN_F_GUEST_DR7]),
            dev_vmcs02[PN_F_GUEST_DR7]);
    ensures debugctl: nx002_saved(n->vmcs12.f[PN_F_EXIT_CTL], 2, n->vmcs12.f[PN_F_GUEST_DEBUGCTL],
            \old(n->vmcs12.f[PN_F_GUEST_DEBUGCTL]), dev_vmcs02[PN_F_GUEST_DEBUGCTL]);
    ensures pat: nx002_saved(n->vmcs12.f[PN_F_EXIT_CTL], 18, n->vmcs12.f[PN_F_GUEST_PAT], \old(n->vmcs12.f[PN_F_GUEST_PAT]),
            dev_vmcs02[PN_F_GUEST_PAT]);
    ensures efer: nx002_saved(n->vmcs12.f[PN_F_EXIT_CTL], 20, n->vmcs12.f[PN_F_GUEST_EFER], \old(n->vmcs12.f[PN_F_GUEST_EFER]),
            dev_vmcs02[PN_F_GUEST_EFER]);
    ensures timer: nx002_saved(n->vmcs12.f[PN_F_EXIT_CTL], 22, n->vmcs12.f[PN_F_PREEMPTION_TIMER],
            \old(n->vmcs12.f[PN_F_PREEMPTION_TIMER]), dev_vmcs02[PN_F_PREEMPTION_TIMER]);
    ensures pdptrs: pn_uses_pdptrs(n) ==>
            \forall integer i; PN_G_PDPTRS <= i < PN_G_PDPTRS_END ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures pdptrs_kept: !pn_uses_pdptrs(n) ==> n->vmcs12.f[PN_F_GUEST_PDPTR0] == \old(n->vmcs12.f[PN_F_GUEST_PDPTR0]) &&
            n->vmcs12.f[PN_F_GUEST_PDPTR1] == \old(n->vmcs12.f[PN_F_GUEST_PDPTR1]) &&
            n->vmcs12.f[PN_F_GUEST_PDPTR2] == \old(n->vmcs12.f[PN_F_GUEST_PDPTR2]) &&
            n->vmcs12.f[PN_F_GUEST_PDPTR3] == \old(n->vmcs12.f[PN_F_GUEST_PDPTR3]);
    ensures long_mode: nx003_long_mode(n->vmcs12.f[PN_F_ENTRY_CTL], \old(n->vmcs12.f[PN_F_ENTRY_CTL]),
            dev_vmcs02[PN_F_ENTRY_CTL]);
    ensures dirty_grows: \forall integer k; 0 <= k <= 31 ==> bit(\old(n->dirty), k) ==> bit(n->dirty, k);
    ensures dr7_again: n->vmcs12.f[PN_F_GUEST_DR7] != dev_vmcs02[PN_F_GUEST_DR7] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures debugctl_again: n->vmcs12.f[PN_F_GUEST_DEBUGCTL] != dev_vmcs02[PN_F_GUEST_DEBUGCTL] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures pat_again: n->vmcs12.f[PN_F_GUEST_PAT] != dev_vmcs02[PN_F_GUEST_PAT] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures efer_again: n->vmcs12.f[PN_F_GUEST_EFER] != dev_vmcs02[PN_F_GUEST_EFER] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures timer_again: n->vmcs12.f[PN_F_PREEMPTION_TIMER] != dev_vmcs02[PN_F_PREEMPTION_TIMER] ==>
            bit(n->dirty, PN_GROUP_OTHER);
    ensures stands_mode: !bit(n->dirty, PN_GROUP_EXIT) ==> n->vmcs12.f[PN_F_ENTRY_CTL] == \old(n->vmcs12.f[PN_F_ENTRY_CTL]);
    ensures stands_cr0: !bit(n->dirty, PN_GROUP_EXIT) ==> n->vmcs12.f[PN_F_GUEST_CR0] == \old(n->vmcs12.f[PN_F_GUEST_CR0]);
    ensures stands_cr4: !bit(n->dirty, PN_GROUP_EXIT) ==> n->vmcs12.f[PN_F_GUEST_CR4] == \old(n->vmcs12.f[PN_F_GUEST_CR4]);
    ensures stands_rest: !bit(n->dirty, PN_GROUP_EXIT) ==> (\forall integer i; PN_F_GUEST_DR7 <= i < PN_G_RARE_END ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]));
    ensures stands_8086: !bit(n->dirty, PN_GROUP_EXIT) ==> !bit(\old(n->vmcs12.f[PN_F_GUEST_RFLAGS]), 17); */
void pn_save_guest(struct pn_nested_vmx *n);

/* Fields from .. to - 1 as vmcs02 has them; whether any of them has another value than before. */
/*@ requires nested: \valid(n);
    requires range: from <= to <= PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[from .. to - 1];
    ensures saved: \forall integer i; from <= i < to ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures same: \result == 0 ==> \forall integer i; from <= i < to ==> dev_vmcs02[i] == \old(n->vmcs12.f[i]);
    ensures inv: pn_nested_inv{Pre}(n) ==> pn_nested_inv(n); */
bool pn_save_changes(struct pn_nested_vmx *n, unsigned from, unsigned to);

#endif
