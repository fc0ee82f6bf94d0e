/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VMCS shadowing for L1 (SDM vol. 3C 24.10): which fields its VMREADs and VMWRITEs reach without an exit, and the copies
 * that keep the shadow VMCS and vmcs12 the same. Where the processor has no shadowing nothing here is called.
 *
 * The order: pn_shadow_fill before L1 goes on with a current VMCS, after anything that may have changed vmcs12 (VMPTRLD; for
 * an exit of L2's pn_shadow_said will do); pn_shadow_take before an instruction of L1's that uses vmcs12 whole (VMLAUNCH,
 * VMRESUME, VMPTRLD, VMCLEAR, VMXOFF). Between them a VMREAD or VMWRITE that does exit is of another field: what L1 wrote is
 * not looked at.
 */
#ifndef PROVENEST_VMX_SHADOW_H
#define PROVENEST_VMX_SHADOW_H

#include <provenest/nested.h>
#include <provenest/vmx_insn.h>

#include "../../hw/shadow.h"

/* What L0 knows of the shadow VMCS without reading it, by enum pn_field. All 0 at first, and so is the shadow VMCS. */
struct pn_vmcs_shadow {
    uint64_t f[PN_FIELDS];
};

/* All that is shown is known; what L1 could not have written is known, whatever it did. */
/*@ predicate pn_shadow_known{L}(struct pn_vmcs_shadow *s) =
      \forall integer f; 0 <= f < PN_FIELDS && sh002_shown(f) ==> s->f[f] == dev_shadow[f];

    predicate pn_shadow_kept{L}(struct pn_vmcs_shadow *s) =
      \forall integer f; 0 <= f < PN_FIELDS && sh002_shown(f) && !sh001_written(f) ==> s->f[f] == dev_shadow[f];

    predicate pn_shadow_shows{L}(struct pn_nested_vmx *n) =
      \forall integer f; 0 <= f < PN_FIELDS && sh002_shown(f) ==> dev_shadow[f] == n->vmcs12.f[f];
*/

/* Does L1's VMREAD, VMWRITE of the field go to the shadow VMCS? For the two bitmaps (24.6.15). */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> sh002_shown(f); */
bool pn_shadow_shown(int f);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> sh001_written(f); */
bool pn_shadow_written(int f);

/* vmcs12 to the shadow VMCS: what differs, and nothing else (pn_hw_write_shadow asks for that). */
/*@ requires nested: \valid_read(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires fit: pn_fields_fit(n);
    requires known: pn_shadow_known(s);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns s->f[0 .. PN_FIELDS - 1], dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost, dev_vmcs;
    ensures known: pn_shadow_known(s);
    ensures shows: pn_shadow_shows(n);
    ensures cost: \old(n_shadow_writes) <= n_shadow_writes <= \old(n_shadow_writes) + 25;
    ensures cost_same: pn_shadow_shows{Pre}(n) ==> n_shadow_writes == \old(n_shadow_writes);
    ensures current: dev_vmcs == PN_VMCS01; */
void pn_shadow_fill(const struct pn_nested_vmx *n, struct pn_vmcs_shadow *s);

/* The same where nothing but an exit of L2's has changed vmcs12 since the two were the same. */
/*@ requires nested: \valid_read(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires fit: pn_fields_fit(n);
    requires known: pn_shadow_known(s);
    requires left: \forall integer f; 0 <= f < PN_FIELDS && sh003_left(f) ==> s->f[f] == n->vmcs12.f[f];
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns s->f[0 .. PN_FIELDS - 1], dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost, dev_vmcs;
    ensures known: pn_shadow_known(s);
    ensures shows: pn_shadow_shows(n);
    ensures cost: \old(n_shadow_writes) <= n_shadow_writes <= \old(n_shadow_writes) + 18;
    ensures cost_same: pn_shadow_shows{Pre}(n) ==> n_shadow_writes == \old(n_shadow_writes);
    ensures current: dev_vmcs == PN_VMCS01; */
void pn_shadow_said(const struct pn_nested_vmx *n, struct pn_vmcs_shadow *s);

/* What L1 has written to vmcs12; as if each VMWRITE that changed something had exited (pn_vmwrite). What L0 has shown is
 * still what vmcs12 has (`same`): it is only compared with, for it is the same word most of the time. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires inv: pn_nested_inv(n);
    requires kept: pn_shadow_kept(s);
    requires same: \forall integer f; 0 <= f < PN_FIELDS && sh001_written(f) ==> s->f[f] == n->vmcs12.f[f];
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->checked, s->f[0 .. PN_FIELDS - 1], dev_vmcs;
    ensures inv: pn_nested_inv(n);
    ensures known: pn_shadow_known(s);
    ensures taken: \forall integer f; 0 <= f < PN_FIELDS && sh001_written(f) ==> n->vmcs12.f[f] == dev_shadow[f];
    ensures others: \forall integer f; 0 <= f < PN_FIELDS && !sh001_written(f) ==>
            n->vmcs12.f[f] == \old(n->vmcs12.f[f]);
    ensures dirty_controls: dev_shadow[PN_F_PROC_CTL] != \old(n->vmcs12.f[PN_F_PROC_CTL]) ==>
            bit(n->dirty, PN_GROUP_CONTROLS);
    ensures dirty_event: \forall integer f; PN_G_EVENT <= f < PN_G_EVENT_END &&
            dev_shadow[f] != \old(n->vmcs12.f[f]) ==> bit(n->dirty, PN_GROUP_EVENT);
    ensures dirty_basic: \forall integer f; PN_G_BASIC <= f < PN_G_BASIC_END &&
            dev_shadow[f] != \old(n->vmcs12.f[f]) ==> bit(n->dirty, PN_GROUP_BASIC);
    ensures clean_controls: dev_shadow[PN_F_PROC_CTL] == \old(n->vmcs12.f[PN_F_PROC_CTL]) ==>
            (bit(n->dirty, PN_GROUP_CONTROLS) <==> bit(\old(n->dirty), PN_GROUP_CONTROLS));
    ensures clean_event: (\forall integer f; PN_G_EVENT <= f < PN_G_EVENT_END ==>
            dev_shadow[f] == \old(n->vmcs12.f[f])) ==>
            (bit(n->dirty, PN_GROUP_EVENT) <==> bit(\old(n->dirty), PN_GROUP_EVENT));
    ensures clean_basic: (\forall integer f; PN_G_BASIC <= f < PN_G_BASIC_END ==>
            dev_shadow[f] == \old(n->vmcs12.f[f])) ==>
            (bit(n->dirty, PN_GROUP_BASIC) <==> bit(\old(n->dirty), PN_GROUP_BASIC));
    ensures dirty_grows: \forall integer g; 0 <= g <= 31 ==> (bit(\old(n->dirty), g) ==> bit(n->dirty, g));
    ensures dirty_others: \forall integer g; PN_GROUP_REGISTERS <= g <= 31 ==> (bit(n->dirty, g) <==> bit(\old(n->dirty), g));
    ensures checked: n->checked != 0 ==> \old(n->checked) != 0;
    ensures rests_controls: n->checked != 0 ==> dev_shadow[PN_F_PROC_CTL] == \old(n->vmcs12.f[PN_F_PROC_CTL]);
    ensures rests_event: \forall integer f; PN_G_EVENT <= f < PN_G_EVENT_END && n->checked != 0 ==>
            dev_shadow[f] == \old(n->vmcs12.f[f]);
    ensures current: dev_vmcs == PN_VMCS01; */
void pn_shadow_take(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s);

#endif
