/* SPDX-License-Identifier: BSD-2-Clause
 * L2's state from vmcs02 to vmcs12 (SDM vol. 3C 27.3). Each group by a loop over its range. */
#include "sync.h"

#include "../event/bits.h"
#include "host.h"

enum { SAVE_DEBUG = 2, SAVE_PAT = 18, SAVE_EFER = 20, SAVE_TIMER = 22 };
enum { LONG_MODE = 9 }; /* entry control: IA-32e mode guest */
enum { VM = 17 };       /* RFLAGS */

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

bool pn_save_changes(struct pn_nested_vmx *n, unsigned from, unsigned to)
{
    bool changed = false;

    /*@ loop invariant range: from <= i <= to;
        loop invariant saved: \forall integer k; from <= k < i ==> n->vmcs12.f[k] == dev_vmcs02[k];
        loop invariant same: changed == 0 ==> \forall integer k; from <= k < i ==> dev_vmcs02[k] == \at(n->vmcs12.f[k], Pre);
        loop invariant later: \forall integer k; i <= k < to ==> n->vmcs12.f[k] == \at(n->vmcs12.f[k], Pre);
        loop invariant fit: pn_nested_inv{Pre}(n) ==> pn_nested_inv(n);
        loop assigns i, changed, n->vmcs12.f[from .. to - 1];
        loop variant to - i; */
    for (unsigned i = from; i < to; i++) {
        const uint64_t value = pn_hw_read02((enum pn_field)i);

        if (n->vmcs12.f[i] != value) {
            n->vmcs12.f[i] = value;
            changed = true;
        }
    }
    return changed;
}

/* The bits of `a` where `mask` is set, else those of `b`: in three operations, where two ANDs and an OR need the mask's complement too. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures set: \forall integer k; 0 <= k <= 63 && bit(mask, k) ==> (bit(\result, k) <==> bit(a, k));
    ensures clear: \forall integer k; 0 <= k <= 63 && !bit(mask, k) ==> (bit(\result, k) <==> bit(b, k)); */
static uint64_t chosen(uint64_t mask, uint64_t a, uint64_t b)
{
    return b ^ ((a ^ b) & mask);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: nx001_control(\result, mask1, before, mask, shadow, hardware); */
static uint64_t control(uint64_t mask1, uint64_t before, uint64_t mask, uint64_t shadow, uint64_t hardware)
{
    return chosen(mask1, before, chosen(mask, shadow, hardware));
}

/* What L1 owns of CR0 is vmcs12's only as far as the entry has loaded it. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: nx001_cr0(\result, mask1, before, mask, shadow, hardware); */
static uint64_t cr0(uint64_t mask1, uint64_t before, uint64_t mask, uint64_t shadow, uint64_t hardware)
{
    return control(mask1, chosen(pn_cr0_loaded_bits(), before, hardware), mask, shadow, hardware);
}

/* CR0 and CR4; L1's masks and shadows are controls and stay. Whether one has another value than before. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4];
    ensures inv: pn_nested_inv(n);
    ensures cr0: nx001_cr0(n->vmcs12.f[PN_F_GUEST_CR0], \old(n->vmcs12.f[PN_F_CR0_MASK]), \old(n->vmcs12.f[PN_F_GUEST_CR0]),
            dev_vmcs02[PN_F_CR0_MASK], dev_vmcs02[PN_F_CR0_SHADOW], dev_vmcs02[PN_F_GUEST_CR0]);
    ensures cr4: nx001_control(n->vmcs12.f[PN_F_GUEST_CR4], \old(n->vmcs12.f[PN_F_CR4_MASK]), \old(n->vmcs12.f[PN_F_GUEST_CR4]),
            dev_vmcs02[PN_F_CR4_MASK], dev_vmcs02[PN_F_CR4_SHADOW], dev_vmcs02[PN_F_GUEST_CR4]);
    ensures same: \result == 0 ==> n->vmcs12.f[PN_F_GUEST_CR0] == \old(n->vmcs12.f[PN_F_GUEST_CR0]) &&
            n->vmcs12.f[PN_F_GUEST_CR4] == \old(n->vmcs12.f[PN_F_GUEST_CR4]); */
static bool save_controls(struct pn_nested_vmx *n)
{
    uint64_t *f = n->vmcs12.f;
    const uint64_t before0 = f[PN_F_GUEST_CR0], before4 = f[PN_F_GUEST_CR4];

    f[PN_F_GUEST_CR0] = cr0(f[PN_F_CR0_MASK], before0, pn_hw_read02(PN_F_CR0_MASK), pn_hw_read02(PN_F_CR0_SHADOW),
                            pn_hw_read02(PN_F_GUEST_CR0));
    f[PN_F_GUEST_CR4] = control(f[PN_F_CR4_MASK], before4, pn_hw_read02(PN_F_CR4_MASK), pn_hw_read02(PN_F_CR4_SHADOW),
                                pn_hw_read02(PN_F_GUEST_CR4));
    return f[PN_F_GUEST_CR0] != before0 || f[PN_F_GUEST_CR4] != before4;
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

/* A field that is saved if L1 has asked for it; else what L2 made of the register is lost, and the next entry must know. Whether
 * the field has another value than before. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires field: 0 <= f < PN_FIELDS;
    requires group: group <= 31;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[f], n->dirty;
    ensures inv: pn_nested_inv(n);
    ensures value: n->vmcs12.f[f] == (asked != 0 ? dev_vmcs02[f] : \old(n->vmcs12.f[f]));
    ensures same: \result == 0 ==> n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures again: n->vmcs12.f[f] != dev_vmcs02[f] ==> bit(n->dirty, group);
    ensures others: \forall integer k; 0 <= k <= 31 && k != group ==> (bit(n->dirty, k) <==> bit(\old(n->dirty), k));
    ensures dirty_grows: \forall integer k; 0 <= k <= 31 ==> bit(\old(n->dirty), k) ==> bit(n->dirty, k); */
static bool save_if(struct pn_nested_vmx *n, enum pn_field f, bool asked, unsigned group)
{
    const uint64_t value = pn_hw_read02(f);

    if (n->vmcs12.f[f] == value)
        return false;
    if (asked)
        n->vmcs12.f[f] = value;
    else
        n->dirty = with_bit(n->dirty, group);
    return asked;
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
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures dr7_again: n->vmcs12.f[PN_F_GUEST_DR7] != dev_vmcs02[PN_F_GUEST_DR7] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures debugctl_again: n->vmcs12.f[PN_F_GUEST_DEBUGCTL] != dev_vmcs02[PN_F_GUEST_DEBUGCTL] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures pat_again: n->vmcs12.f[PN_F_GUEST_PAT] != dev_vmcs02[PN_F_GUEST_PAT] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures efer_again: n->vmcs12.f[PN_F_GUEST_EFER] != dev_vmcs02[PN_F_GUEST_EFER] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures timer_again: n->vmcs12.f[PN_F_PREEMPTION_TIMER] != dev_vmcs02[PN_F_PREEMPTION_TIMER] ==>
            bit(n->dirty, PN_GROUP_OTHER);
    ensures same: \result == 0 ==> \forall integer i; PN_F_GUEST_DR7 <= i <= PN_F_GUEST_EFER ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]); */
static bool save_asked(struct pn_nested_vmx *n)
{
    const uint64_t exit = n->vmcs12.f[PN_F_EXIT_CTL];
    const bool dr7 = save_if(n, PN_F_GUEST_DR7, pn_tstb(exit, SAVE_DEBUG), PN_GROUP_REGISTERS);
    const bool debugctl = save_if(n, PN_F_GUEST_DEBUGCTL, pn_tstb(exit, SAVE_DEBUG), PN_GROUP_REGISTERS);
    const bool pat = save_if(n, PN_F_GUEST_PAT, pn_tstb(exit, SAVE_PAT), PN_GROUP_REGISTERS);
    const bool efer = save_if(n, PN_F_GUEST_EFER, pn_tstb(exit, SAVE_EFER), PN_GROUP_REGISTERS);

    (void)save_if(n, PN_F_PREEMPTION_TIMER, pn_tstb(exit, SAVE_TIMER), PN_GROUP_OTHER);
    return dr7 || debugctl || pat || efer;
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
            dev_vmcs02[PN_F_ENTRY_CTL]);
    ensures same: \result == 0 ==> n->vmcs12.f[PN_F_ENTRY_CTL] == \old(n->vmcs12.f[PN_F_ENTRY_CTL]); */
static bool save_rest(struct pn_nested_vmx *n)
{
    uint64_t *f = n->vmcs12.f;
    const uint64_t entry = f[PN_F_ENTRY_CTL];

    f[PN_F_GUEST_CR3] = pn_hw_read02(PN_F_GUEST_CR3);
    f[PN_F_GUEST_ACTIVITY] = pn_hw_read02(PN_F_GUEST_ACTIVITY);
    f[PN_F_ENTRY_CTL] = with_long_mode(entry, pn_hw_read02(PN_F_ENTRY_CTL));
    return f[PN_F_ENTRY_CTL] != entry;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1];
    ensures inv: pn_nested_inv(n);
    ensures saved: pn_uses_pdptrs(n) ==>
            \forall integer i; PN_G_PDPTRS <= i < PN_G_PDPTRS_END ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures kept: !pn_uses_pdptrs(n) ==>
            \forall integer i; PN_G_PDPTRS <= i < PN_G_PDPTRS_END ==> n->vmcs12.f[i] == \old(n->vmcs12.f[i]); */
static void save_pdptrs(struct pn_nested_vmx *n)
{
    if (pn_pdptrs_in_use(n))
        save_range(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
}

/* All that is not saved by a loop; whether it has other values than before, the timer apart. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_GUEST_CR0 .. PN_F_GUEST_CR4], n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER], n->dirty;
    ensures inv: pn_nested_inv(n);
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
    ensures long_mode: nx003_long_mode(n->vmcs12.f[PN_F_ENTRY_CTL], \old(n->vmcs12.f[PN_F_ENTRY_CTL]),
            dev_vmcs02[PN_F_ENTRY_CTL]);
    ensures dirty_grows: \forall integer k; 0 <= k <= 31 ==> bit(\old(n->dirty), k) ==> bit(n->dirty, k);
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures dr7_again: n->vmcs12.f[PN_F_GUEST_DR7] != dev_vmcs02[PN_F_GUEST_DR7] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures debugctl_again: n->vmcs12.f[PN_F_GUEST_DEBUGCTL] != dev_vmcs02[PN_F_GUEST_DEBUGCTL] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures pat_again: n->vmcs12.f[PN_F_GUEST_PAT] != dev_vmcs02[PN_F_GUEST_PAT] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures efer_again: n->vmcs12.f[PN_F_GUEST_EFER] != dev_vmcs02[PN_F_GUEST_EFER] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures timer_again: n->vmcs12.f[PN_F_PREEMPTION_TIMER] != dev_vmcs02[PN_F_PREEMPTION_TIMER] ==>
            bit(n->dirty, PN_GROUP_OTHER);
    ensures same_mode: \result == 0 ==> n->vmcs12.f[PN_F_ENTRY_CTL] == \old(n->vmcs12.f[PN_F_ENTRY_CTL]);
    ensures same_cr0: \result == 0 ==> n->vmcs12.f[PN_F_GUEST_CR0] == \old(n->vmcs12.f[PN_F_GUEST_CR0]);
    ensures same_cr4: \result == 0 ==> n->vmcs12.f[PN_F_GUEST_CR4] == \old(n->vmcs12.f[PN_F_GUEST_CR4]);
    ensures same_registers: \result == 0 ==> \forall integer i; PN_F_GUEST_DR7 <= i <= PN_F_GUEST_EFER ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]); */
static bool save_registers(struct pn_nested_vmx *n)
{
    const bool controls = save_controls(n), rest = save_rest(n), asked = save_asked(n);

    return controls || rest || asked;
}

/* What of the segments is saved now; whether that has other values than before. */
/*@ requires nested: \valid(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1];
    ensures all: bit(n->dirty, PN_HAS_SEGMENTS) ==>
            (\forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==> n->vmcs12.f[i] == dev_vmcs02[i]);
    ensures rights: n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES] == dev_vmcs02[PN_F_GUEST_CS_AR_BYTES] &&
            n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES] == dev_vmcs02[PN_F_GUEST_SS_AR_BYTES];
    ensures same: \result == 0 ==> \forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]);
    ensures inv: pn_nested_inv{Pre}(n) ==> pn_nested_inv(n); */
static bool save_segments(struct pn_nested_vmx *n)
{
    if (pn_tstb(n->dirty, PN_HAS_SEGMENTS))
        return pn_save_changes(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    return pn_save_changes(n, PN_F_GUEST_CS_AR_BYTES, PN_F_GUEST_SS_AR_BYTES + 1);
}

/* All that is saved by a loop but the PDPTEs; whether segments or rare fields have other values than before. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_G_BASIC .. PN_G_BASIC_END - 1], n->vmcs12.f[PN_G_SEGMENTS .. PN_G_RARE_END - 1];
    ensures inv: pn_nested_inv(n);
    ensures basic: \forall integer i; PN_G_BASIC <= i < PN_G_BASIC_END ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures segments: bit(n->dirty, PN_HAS_SEGMENTS) ==>
            (\forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==> n->vmcs12.f[i] == dev_vmcs02[i]);
    ensures rights: n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES] == dev_vmcs02[PN_F_GUEST_CS_AR_BYTES] &&
            n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES] == dev_vmcs02[PN_F_GUEST_SS_AR_BYTES];
    ensures rare: \forall integer i; PN_G_RARE <= i < PN_G_RARE_END ==> n->vmcs12.f[i] == dev_vmcs02[i];
    ensures same_segments: \result == 0 ==> \forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]);
    ensures same_rare: \result == 0 ==> \forall integer i; PN_G_RARE <= i < PN_G_RARE_END ==>
            dev_vmcs02[i] == \old(n->vmcs12.f[i]); */
static bool save_areas(struct pn_nested_vmx *n)
{
    const bool segments = save_segments(n), rare = pn_save_changes(n, PN_G_RARE, PN_G_RARE_END);

    save_range(n, PN_G_BASIC, PN_G_BASIC_END);
    return segments || rare;
}

/* Whether registers or segments have other values than before. */
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
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures dr7_again: n->vmcs12.f[PN_F_GUEST_DR7] != dev_vmcs02[PN_F_GUEST_DR7] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures debugctl_again: n->vmcs12.f[PN_F_GUEST_DEBUGCTL] != dev_vmcs02[PN_F_GUEST_DEBUGCTL] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures pat_again: n->vmcs12.f[PN_F_GUEST_PAT] != dev_vmcs02[PN_F_GUEST_PAT] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures efer_again: n->vmcs12.f[PN_F_GUEST_EFER] != dev_vmcs02[PN_F_GUEST_EFER] ==> bit(n->dirty, PN_GROUP_REGISTERS);
    ensures timer_again: n->vmcs12.f[PN_F_PREEMPTION_TIMER] != dev_vmcs02[PN_F_PREEMPTION_TIMER] ==>
            bit(n->dirty, PN_GROUP_OTHER);
    ensures same_mode: \result == 0 ==> n->vmcs12.f[PN_F_ENTRY_CTL] == \old(n->vmcs12.f[PN_F_ENTRY_CTL]);
    ensures same_cr0: \result == 0 ==> n->vmcs12.f[PN_F_GUEST_CR0] == \old(n->vmcs12.f[PN_F_GUEST_CR0]);
    ensures same_cr4: \result == 0 ==> n->vmcs12.f[PN_F_GUEST_CR4] == \old(n->vmcs12.f[PN_F_GUEST_CR4]);
    ensures same_registers: \result == 0 ==> \forall integer i; PN_F_GUEST_DR7 <= i <= PN_F_GUEST_EFER ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]);
    ensures same_segments: \result == 0 ==> \forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==>
            n->vmcs12.f[i] == \old(n->vmcs12.f[i]);
    ensures same_rare: \result == 0 ==> \forall integer i; PN_G_RARE <= i < PN_G_RARE_END ==>
            dev_vmcs02[i] == \old(n->vmcs12.f[i]); */
static bool save_fields(struct pn_nested_vmx *n)
{
    const bool areas = save_areas(n);
    bool registers;

    /*@ assert untouched: \forall integer i; PN_F_GUEST_DR7 <= i <= PN_F_GUEST_EFER ==>
          n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert changed: areas == 0 ==>
          \forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    registers = save_registers(n);
    /*@ assert segments: areas == 0 ==>
          \forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert registers: registers == 0 ==>
          \forall integer i; PN_F_GUEST_DR7 <= i <= PN_F_GUEST_EFER ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    save_pdptrs(n);
    return areas || registers;
}

void pn_save_guest(struct pn_nested_vmx *n)
{
    const bool vm = pn_tstb(n->vmcs12.f[PN_F_GUEST_RFLAGS], VM);
    const bool changed = save_fields(n);

    /*@ assert registers: changed == 0 ==>
          \forall integer i; PN_F_GUEST_DR7 <= i < PN_G_SEGMENTS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert segments: changed == 0 ==>
          \forall integer i; PN_G_SEGMENTS <= i < PN_G_SEGMENTS_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert rare: changed == 0 ==>
          \forall integer i; PN_G_RARE <= i < PN_G_RARE_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert rest: changed == 0 ==>
          \forall integer i; PN_F_GUEST_DR7 <= i < PN_G_RARE_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    if (vm || changed)
        n->dirty = with_bit(n->dirty, PN_GROUP_EXIT);
    /*@ assert stands: !bit(n->dirty, PN_GROUP_EXIT) ==> changed == 0; */
    /*@ assert stands_rest: !bit(n->dirty, PN_GROUP_EXIT) ==>
          \forall integer i; PN_F_GUEST_DR7 <= i < PN_G_RARE_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
}
