/* SPDX-License-Identifier: BSD-2-Clause
 * The shadow VMCS and vmcs12, kept the same (SDM vol. 3C 24.10). */
#include <provenest/vmx_shadow.h>

#include "fields.h"

/* The ranges of sh001_written and sh002_shown that are not one field. */
enum { WRITTEN = PN_G_EVENT, WRITTEN_END = PN_G_BASIC_END };
enum { SHOWN = PN_G_EVENT, SHOWN_END = PN_F_CR4_SHADOW + 1, SAVED = PN_G_BASIC, SAVED_END = PN_F_CR0_MASK };
enum { SAID = PN_G_EXIT, SAID_END = PN_F_GUEST_PHYSICAL + 1 };

bool pn_shadow_shown(int f)
{
    return f == PN_F_PROC_CTL || (f >= SHOWN && f < SHOWN_END) || (f >= SAID && f < SAID_END);
}

bool pn_shadow_written(int f)
{
    return f == PN_F_PROC_CTL || (f >= WRITTEN && f < WRITTEN_END);
}

/*@ requires nested: \valid_read(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires field: 0 <= f < PN_FIELDS && sh002_shown(f);
    requires fits: sdm24_fits(f, n->vmcs12.f[f]);
    requires known: s->f[f] == dev_shadow[f];
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    terminates \true; exits \false; assigns s->f[f], dev_shadow[f], dev_shadow_cost;
    ensures shows: dev_shadow[f] == n->vmcs12.f[f];
    ensures known: s->f[f] == dev_shadow[f];
    ensures cost: n_shadow_writes == \old(n_shadow_writes) + (\old(dev_shadow[f]) == n->vmcs12.f[f] ? 0 : 1); */
static void show(const struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, unsigned f)
{
    const uint64_t value = n->vmcs12.f[f];

    if (s->f[f] == value)
        return;
    pn_hw_write_shadow((enum pn_field)f, value);
    s->f[f] = value;
}

/*@ requires nested: \valid_read(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires fit: pn_fields_fit(n);
    requires range: 0 <= first <= end <= PN_FIELDS;
    requires fields: \forall integer f; first <= f < end ==> sh002_shown(f);
    requires known: \forall integer f; first <= f < end ==> s->f[f] == dev_shadow[f];
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    terminates \true; exits \false; assigns s->f[first .. end - 1], dev_shadow[first .. end - 1], dev_shadow_cost;
    ensures shows: \forall integer f; first <= f < end ==> dev_shadow[f] == n->vmcs12.f[f];
    ensures known: \forall integer f; first <= f < end ==> s->f[f] == dev_shadow[f];
    ensures cost: \old(n_shadow_writes) <= n_shadow_writes <= \old(n_shadow_writes) + (end - first);
    ensures cost_same: (\forall integer f; first <= f < end ==> \old(dev_shadow[f]) == n->vmcs12.f[f]) ==>
            n_shadow_writes == \old(n_shadow_writes); */
static void show_range(const struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, unsigned first, unsigned end)
{
    /*@ loop invariant range: first <= i <= end;
        loop invariant shows: \forall integer f; first <= f < i ==> dev_shadow[f] == n->vmcs12.f[f];
        loop invariant known: \forall integer f; first <= f < end ==> s->f[f] == dev_shadow[f];
        loop invariant later: \forall integer f; i <= f < end ==> dev_shadow[f] == \at(dev_shadow[f], Pre);
        loop invariant cost: \at(n_shadow_writes, Pre) <= n_shadow_writes <= \at(n_shadow_writes, Pre) + (i - first);
        loop invariant cost_same: (\forall integer f; first <= f < i ==> \at(dev_shadow[f], Pre) == n->vmcs12.f[f]) ==>
              n_shadow_writes == \at(n_shadow_writes, Pre);
        loop assigns i, s->f[first .. end - 1], dev_shadow[first .. end - 1], dev_shadow_cost;
        loop variant end - i; */
    for (unsigned i = first; i < end; i++)
        show(n, s, i);
}

void pn_shadow_fill(const struct pn_nested_vmx *n, struct pn_vmcs_shadow *s)
{
    pn_hw_open_shadow();
    show(n, s, PN_F_PROC_CTL);
    show_range(n, s, SHOWN, SHOWN_END);
    show_range(n, s, SAID, SAID_END);
    pn_hw_close_shadow();
}

void pn_shadow_said(const struct pn_nested_vmx *n, struct pn_vmcs_shadow *s)
{
    pn_hw_open_shadow();
    show(n, s, PN_F_ENTRY_INFO);
    show_range(n, s, SAVED, SAVED_END);
    show_range(n, s, SAID, SAID_END);
    pn_hw_close_shadow();
}

/* One field of L1's back; whether it has another value than before. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires fit: pn_fields_fit(n);
    requires field: 0 <= f < PN_FIELDS && sh001_written(f);
    requires same: s->f[f] == n->vmcs12.f[f];
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    terminates \true; exits \false; assigns n->vmcs12.f[f], s->f[f];
    ensures fit: pn_fields_fit(n);
    ensures taken: n->vmcs12.f[f] == dev_shadow[f] && s->f[f] == dev_shadow[f];
    ensures changed: \result != 0 <==> n->vmcs12.f[f] != \old(n->vmcs12.f[f]); */
static bool take(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, unsigned f)
{
    const uint64_t value = pn_hw_read_shadow((enum pn_field)f);

    if (value == n->vmcs12.f[f])
        return false;
    n->vmcs12.f[f] = value;
    s->f[f] = value;
    return true;
}

/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires fit: pn_fields_fit(n);
    requires range: 0 <= first <= end <= PN_FIELDS;
    requires fields: \forall integer f; first <= f < end ==> sh001_written(f);
    requires same: \forall integer f; first <= f < end ==> s->f[f] == n->vmcs12.f[f];
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    terminates \true; exits \false; assigns n->vmcs12.f[first .. end - 1], s->f[first .. end - 1];
    ensures fit: pn_fields_fit(n);
    ensures taken: \forall integer f; first <= f < end ==> n->vmcs12.f[f] == dev_shadow[f] && s->f[f] == dev_shadow[f];
    ensures changed: \result != 0 <==> \exists integer f; first <= f < end && n->vmcs12.f[f] != \old(n->vmcs12.f[f]); */
static bool take_range(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, unsigned first, unsigned end)
{
    bool changed = false;

    /*@ loop invariant range: first <= i <= end;
        loop invariant fit: pn_fields_fit(n);
        loop invariant taken: \forall integer f; first <= f < i ==>
                       n->vmcs12.f[f] == dev_shadow[f] && s->f[f] == dev_shadow[f];
        loop invariant later: \forall integer f; i <= f < end ==> n->vmcs12.f[f] == \at(n->vmcs12.f[f], Pre);
        loop invariant same: \forall integer f; i <= f < end ==> s->f[f] == n->vmcs12.f[f];
        loop invariant changed: changed != 0 <==>
                       \exists integer f; first <= f < i && n->vmcs12.f[f] != \at(n->vmcs12.f[f], Pre);
        loop assigns i, changed, n->vmcs12.f[first .. end - 1], s->f[first .. end - 1];
        loop variant end - i; */
    for (unsigned i = first; i < end; i++)
        if (take(n, s, i))
            changed = true;
    return changed;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires group: group < PN_GROUPS;
    terminates \true; exits \false; assigns n->dirty, n->checked;
    ensures inv: pn_nested_inv(n);
    ensures dirty: \forall integer g; 0 <= g <= 31 ==>
            (bit(n->dirty, g) <==> bit(\old(n->dirty), g) || (changed != 0 && g == group));
    ensures checked: n->checked != 0 <==> \old(n->checked) != 0 && !(changed != 0 && vi015_rests(group)); */
static void touched_if(struct pn_nested_vmx *n, bool changed, unsigned group)
{
    if (changed)
        pn_field_touched(n, group);
    /*@ assert fields: \forall integer i; 0 <= i < PN_FIELDS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert words: n->current == \at(n->current, Pre) && n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre) &&
          n->vmxon_pointer == \at(n->vmxon_pointer, Pre) && n->launched == \at(n->launched, Pre) &&
          n->entry_pending == \at(n->entry_pending, Pre) && n->caps.address_width == \at(n->caps.address_width, Pre) &&
          n->caps.linear_width == \at(n->caps.linear_width, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
}

/* The fields first .. end - 1 are of one group. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires inv: pn_nested_inv(n);
    requires range: 0 <= first <= end <= PN_FIELDS;
    requires fields: \forall integer f; first <= f < end ==> sh001_written(f);
    requires same: \forall integer f; first <= f < end ==> s->f[f] == n->vmcs12.f[f];
    requires group: group < PN_GROUPS;
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    terminates \true; exits \false;
    assigns n->vmcs12.f[first .. end - 1], s->f[first .. end - 1], n->dirty, n->checked;
    ensures inv: pn_nested_inv(n);
    ensures taken: \forall integer f; first <= f < end ==> n->vmcs12.f[f] == dev_shadow[f] && s->f[f] == dev_shadow[f];
    ensures dirty: \forall integer f; first <= f < end && dev_shadow[f] != \old(n->vmcs12.f[f]) ==> bit(n->dirty, group);
    ensures clean: (\forall integer f; first <= f < end ==> dev_shadow[f] == \old(n->vmcs12.f[f])) ==>
            (bit(n->dirty, group) <==> bit(\old(n->dirty), group));
    ensures grows: bit(\old(n->dirty), group) ==> bit(n->dirty, group);
    ensures others: \forall integer g; 0 <= g <= 31 && g != group ==> (bit(n->dirty, g) <==> bit(\old(n->dirty), g));
    ensures checked: n->checked != 0 ==> \old(n->checked) != 0;
    ensures rests: \forall integer f; first <= f < end && n->checked != 0 && vi015_rests(group) ==>
            dev_shadow[f] == \old(n->vmcs12.f[f]); */
static void take_group(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, unsigned first, unsigned end, unsigned group)
{
    const bool changed = take_range(n, s, first, end);

    /*@ assert words: n->current == \at(n->current, Pre) && n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre) &&
          n->vmxon_pointer == \at(n->vmxon_pointer, Pre) && n->launched == \at(n->launched, Pre) &&
          n->checked == \at(n->checked, Pre) &&
          n->entry_pending == \at(n->entry_pending, Pre) && n->caps.address_width == \at(n->caps.address_width, Pre) &&
          n->caps.linear_width == \at(n->caps.linear_width, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
    touched_if(n, changed, group);
}

void pn_shadow_take(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s)
{
    pn_hw_open_shadow();
    take_group(n, s, PN_F_PROC_CTL, PN_F_PROC_CTL + 1, PN_GROUP_CONTROLS);
    /*@ assert not_yet: \forall integer f; PN_G_EVENT <= f < PN_G_BASIC_END ==>
          n->vmcs12.f[f] == \at(n->vmcs12.f[f], Pre) && s->f[f] == n->vmcs12.f[f]; */
    take_group(n, s, PN_G_EVENT, PN_G_EVENT_END, PN_GROUP_EVENT);
    /*@ assert not_yet_basic: \forall integer f; PN_G_BASIC <= f < PN_G_BASIC_END ==>
          n->vmcs12.f[f] == \at(n->vmcs12.f[f], Pre) && s->f[f] == n->vmcs12.f[f]; */
    take_group(n, s, PN_G_BASIC, PN_G_BASIC_END, PN_GROUP_BASIC);
    /*@ assert known_controls: s->f[PN_F_PROC_CTL] == dev_shadow[PN_F_PROC_CTL]; */
    /*@ assert known_event: \forall integer f; PN_G_EVENT <= f < PN_G_EVENT_END ==> s->f[f] == dev_shadow[f]; */
    /*@ assert known_basic: \forall integer f; PN_G_BASIC <= f < PN_G_BASIC_END ==> s->f[f] == dev_shadow[f]; */
    /*@ assert known_rest: \forall integer f; PN_G_BASIC_END <= f < PN_FIELDS && sh002_shown(f) ==> s->f[f] == dev_shadow[f]; */
    pn_hw_close_shadow();
}
