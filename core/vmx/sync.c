/* SPDX-License-Identifier: BSD-2-Clause
 * L2's state from vmcs02 to vmcs12 (SDM vol. 3C 27.3). Each group by a loop over its range. */
#include "sync.h"

#include "../event/bits.h"

enum { SAVE_DEBUG = 2, SAVE_PAT = 18, SAVE_EFER = 20, SAVE_TIMER = 22 };
enum { LONG_MODE = 9 }; /* entry control: IA-32e mode guest */

/*@ requires nested: \valid(n);
    requires range: from <= to <= PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[from .. to - 1];
    ensures saved: \forall integer i; from <= i < to ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures inv: pn_nested_inv{Pre}(n) ==> pn_nested_inv(n); */
static void save_range(struct pn_nested_vmx *n, unsigned from, unsigned to)
{
    /*@ loop invariant range: from <= i <= to;
        loop invariant saved: \forall integer k; from <= k < i ==> n->vmcs12.f[k] == dev_vmcs02[k];
        loop invariant fit: pn_nested_inv{Pre}(n) ==> pn_nested_inv(n);
        loop assigns i, n->vmcs12.f[from .. to - 1];
        loop variant to - i; */
    for (unsigned i = from; i < to; i++)
        n->vmcs12.f[i] = pn_hw_read02((enum pn_field)i);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: nx001_control(\result, mask1, before, mask, shadow, hardware); */
static uint64_t control(uint64_t mask1, uint64_t before, uint64_t mask, uint64_t shadow, uint64_t hardware)
{
    return (before & mask1) | (shadow & ~mask1 & mask) | (hardware & ~mask1 & ~mask);
}

/* CR0 and CR4; L1's masks and shadows are controls and stay. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4];
    ensures inv: pn_nested_inv(n);
    ensures cr0: nx001_control(n->vmcs12.f[PN_F_GUEST_CR0], \old(n->vmcs12.f[PN_F_CR0_MASK]), \old(n->vmcs12.f[PN_F_GUEST_CR0]),
            dev_vmcs02[PN_F_CR0_MASK], dev_vmcs02[PN_F_CR0_SHADOW], dev_vmcs02[PN_F_GUEST_CR0]);
    ensures cr4: nx001_control(n->vmcs12.f[PN_F_GUEST_CR4], \old(n->vmcs12.f[PN_F_CR4_MASK]), \old(n->vmcs12.f[PN_F_GUEST_CR4]),
            dev_vmcs02[PN_F_CR4_MASK], dev_vmcs02[PN_F_CR4_SHADOW], dev_vmcs02[PN_F_GUEST_CR4]); */
static void save_controls(struct pn_nested_vmx *n)
{
    uint64_t *f = n->vmcs12.f;

    f[PN_F_GUEST_CR0] = control(f[PN_F_CR0_MASK], f[PN_F_GUEST_CR0], pn_hw_read02(PN_F_CR0_MASK),
                                pn_hw_read02(PN_F_CR0_SHADOW), pn_hw_read02(PN_F_GUEST_CR0));
    f[PN_F_GUEST_CR4] = control(f[PN_F_CR4_MASK], f[PN_F_GUEST_CR4], pn_hw_read02(PN_F_CR4_MASK),
                                pn_hw_read02(PN_F_CR4_SHADOW), pn_hw_read02(PN_F_GUEST_CR4));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: nx003_long_mode(\result, before, hardware);
    ensures width: \result <= 0xffffffff; */
static uint64_t with_long_mode(uint64_t before, uint64_t hardware)
{
    return (uint32_t)pn_putb(before, LONG_MODE, pn_tstb(hardware, LONG_MODE));
}

/*@ requires range: k <= 31;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 31 ==> (bit(\result, j) <==> j == k || bit(word, j)); */
static uint32_t with_bit(uint32_t word, unsigned k)
{
    return (uint32_t)pn_putb(word, k, true);
}

/* A field that is saved if L1 has asked for it; else what L2 made of the register is lost, and the next entry must know. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires field: 0 <= f < PN_FIELDS;
    requires group: group <= 31;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[f], n->dirty;
    ensures inv: pn_nested_inv(n);
    ensures value: n->vmcs12.f[f] == (asked != 0 ? dev_vmcs02[f] : \old(n->vmcs12.f[f]));
    ensures again: n->vmcs12.f[f] != dev_vmcs02[f] ==> bit(n->dirty, group);
    ensures dirty_grows: \forall integer k; 0 <= k <= 31 ==> bit(\old(n->dirty), k) ==> bit(n->dirty, k); */
static void save_if(struct pn_nested_vmx *n, enum pn_field f, bool asked, unsigned group)
{
    const uint64_t value = pn_hw_read02(f);

    if (asked)
        n->vmcs12.f[f] = value;
    else if (n->vmcs12.f[f] != value)
        n->dirty = with_bit(n->dirty, group);
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], n->vmcs12.f[PN_F_PREEMPTION_TIMER], n->dirty;
    ensures inv: pn_nested_inv(n);
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
    ensures dirty_grows: \forall integer k; 0 <= k <= 31 ==> bit(\old(n->dirty), k) ==> bit(n->dirty, k);
    ensures dr7_again: n->vmcs12.f[PN_F_GUEST_DR7] != dev_vmcs02[PN_F_GUEST_DR7] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures debugctl_again: n->vmcs12.f[PN_F_GUEST_DEBUGCTL] != dev_vmcs02[PN_F_GUEST_DEBUGCTL] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures pat_again: n->vmcs12.f[PN_F_GUEST_PAT] != dev_vmcs02[PN_F_GUEST_PAT] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures efer_again: n->vmcs12.f[PN_F_GUEST_EFER] != dev_vmcs02[PN_F_GUEST_EFER] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures timer_again: n->vmcs12.f[PN_F_PREEMPTION_TIMER] != dev_vmcs02[PN_F_PREEMPTION_TIMER] ==>
            bit(n->dirty, PN_GROUP_OTHER); */
static void save_asked(struct pn_nested_vmx *n)
{
    const uint64_t exit = n->vmcs12.f[PN_F_EXIT_CTL];

    save_if(n, PN_F_GUEST_DR7, pn_tstb(exit, SAVE_DEBUG), PN_GROUP_REGISTERS);
    save_if(n, PN_F_GUEST_DEBUGCTL, pn_tstb(exit, SAVE_DEBUG), PN_GROUP_REGISTERS);
    save_if(n, PN_F_GUEST_PAT, pn_tstb(exit, SAVE_PAT), PN_GROUP_REGISTERS);
    save_if(n, PN_F_GUEST_EFER, pn_tstb(exit, SAVE_EFER), PN_GROUP_REGISTERS);
    save_if(n, PN_F_PREEMPTION_TIMER, pn_tstb(exit, SAVE_TIMER), PN_GROUP_OTHER);
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_CR3], n->vmcs12.f[PN_F_GUEST_ACTIVITY];
    ensures inv: pn_nested_inv(n);
    ensures cr3: n->vmcs12.f[PN_F_GUEST_CR3] == dev_vmcs02[PN_F_GUEST_CR3];
    ensures activity: n->vmcs12.f[PN_F_GUEST_ACTIVITY] == dev_vmcs02[PN_F_GUEST_ACTIVITY];
    ensures long_mode: nx003_long_mode(n->vmcs12.f[PN_F_ENTRY_CTL], \old(n->vmcs12.f[PN_F_ENTRY_CTL]),
            dev_vmcs02[PN_F_ENTRY_CTL]); */
static void save_rest(struct pn_nested_vmx *n)
{
    uint64_t *f = n->vmcs12.f;

    f[PN_F_GUEST_CR3] = pn_hw_read02(PN_F_GUEST_CR3);
    f[PN_F_GUEST_ACTIVITY] = pn_hw_read02(PN_F_GUEST_ACTIVITY);
    f[PN_F_ENTRY_CTL] = with_long_mode(f[PN_F_ENTRY_CTL], pn_hw_read02(PN_F_ENTRY_CTL));
}

void pn_save_guest(struct pn_nested_vmx *n)
{
    save_controls(n);
    save_asked(n);
    save_rest(n);
    save_range(n, PN_G_BASIC, PN_G_BASIC_END);
    save_range(n, PN_G_SEGMENTS, PN_G_RARE_END);
    if (pn_pdptrs_in_use(n))
        save_range(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
}
