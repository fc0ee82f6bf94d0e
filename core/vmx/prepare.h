/* SPDX-License-Identifier: BSD-2-Clause
 * The writers of vmcs02, one a group of fields. */
#ifndef PROVENEST_PREPARE_H
#define PROVENEST_PREPARE_H

#include <provenest/vmx_entry.h>

/* Fields that are vmcs12's, word for word: first to end - 1. */
/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires range: first <= end <= PN_FIELDS;
    requires plain: \forall integer f; first <= f < end ==> f != PN_F_VIRTUAL_APIC && f != PN_F_APIC_ACCESS;
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; first <= f < end ==> dev_written02[f] == 0;
    requires saved: \forall integer f; first <= f < end && PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_unsaved == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[first .. end - 1], dev_written02[first .. end - 1], dev_cost02;
    ensures values: pn_same(n, first, end);
    ensures cost: n_writes02 == \old(n_writes02) + (end - first); */
void pn_write_range(const struct pn_nested_vmx *n, unsigned first, unsigned end);

/* Execution, entry and exit controls and what belongs to them: 16 writes. */
/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_G_CONTROLS <= f < PN_G_CONTROLS_END ==> dev_written02[f] == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_G_CONTROLS .. PN_G_CONTROLS_END - 1], dev_written02[PN_G_CONTROLS .. PN_G_CONTROLS_END - 1],
            dev_cost02;
    ensures rule: pn_holds_controls(n, l0);
    ensures cost: n_writes02 == \old(n_writes02) + 16; */
void pn_write_controls(const struct pn_nested_vmx *n, struct pn_l0_wants l0);

/* CR0, CR3, CR4 with their masks and shadows: 7 writes. */
/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_F_GUEST_CR0 <= f <= PN_F_CR4_SHADOW ==> dev_written02[f] == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_F_GUEST_CR0 .. PN_F_CR4_SHADOW], dev_written02[PN_F_GUEST_CR0 .. PN_F_CR4_SHADOW], dev_cost02;
    ensures rule: pn_holds_registers(n, l0);
    ensures reads_cr0: \forall integer k; 0 <= k <= 63 ==>
            (ne010_reads(k, dev_vmcs02[PN_F_CR0_MASK], dev_vmcs02[PN_F_CR0_SHADOW], dev_vmcs02[PN_F_GUEST_CR0]) <==>
             ne010_reads(k, n->vmcs12.f[PN_F_CR0_MASK], n->vmcs12.f[PN_F_CR0_SHADOW], n->vmcs12.f[PN_F_GUEST_CR0]));
    ensures reads_cr4: \forall integer k; 0 <= k <= 63 ==>
            (ne010_reads(k, dev_vmcs02[PN_F_CR4_MASK], dev_vmcs02[PN_F_CR4_SHADOW], dev_vmcs02[PN_F_GUEST_CR4]) <==>
             ne010_reads(k, n->vmcs12.f[PN_F_CR4_MASK], n->vmcs12.f[PN_F_CR4_SHADOW], n->vmcs12.f[PN_F_GUEST_CR4]));
    ensures cost: n_writes02 == \old(n_writes02) + 7; */
void pn_write_registers(const struct pn_nested_vmx *n, struct pn_l0_wants l0);

/* DR7, DEBUGCTL, PAT, EFER: each if `due`, or if it is L1's own that L2 keeps. */
/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires pending: n->entry_pending != 0;
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_F_GUEST_DR7 <= f <= PN_F_GUEST_EFER ==> dev_written02[f] == 0;
    requires clean: due == 0 ==> pn_holds_loaded(n);
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_written02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_cost02;
    ensures rule: pn_holds_gated(n, l1.dr7, l1.debugctl, l1.pat);
    ensures efer: pn_holds_efer(n, l1.efer);
    ensures cost: n_writes02 <= \old(n_writes02) + 4;
    ensures no_cost: due == 0 && pn_loads_all(n) ==> n_writes02 == \old(n_writes02);
    ensures unwritten: due == 0 && pn_loads_all(n) ==> pn_unwritten(PN_F_GUEST_DR7, PN_G_REGISTERS_END); */
void pn_write_gated(const struct pn_nested_vmx *n, struct pn_l1_registers l1, bool due);

#endif
