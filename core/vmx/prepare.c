/* SPDX-License-Identifier: BSD-2-Clause
 * vmcs02 for an entry of L1's: group by group, and of each only what vmcs02 may not hold. */
#include "prepare.h"

#include "../event/bits.h"
#include "pdptr.h"

/* Segments: as vmcs12 has them, if it has. */
/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: pn_unwritten(PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    requires saved: due != 0 ==> dev_unsaved == 0;
    requires clean: due == 0 ==> pn_same_segments(n);
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1], dev_written02[PN_G_SEGMENTS .. PN_G_SEGMENTS_END - 1],
            dev_cost02;
    ensures holds: pn_same_segments(n);
    ensures unwritten: due == 0 ==> pn_unwritten(PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    ensures left: due == 0 ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_vmcs02[f] == \old(dev_vmcs02[f]));
    ensures cost: n_writes02 == \old(n_writes02) + (due != 0 ? PN_G_SEGMENTS_END - PN_G_SEGMENTS : 0); */
static void write_segments_if(bool due, const struct pn_nested_vmx *n)
{
    if (due)
        pn_write_range(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);
}

/* What is rarely written: as vmcs12 has it. */
/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: pn_unwritten(first, end);
    requires range: PN_G_RARE <= first <= end <= PN_G_OTHER_END;
    requires clean: due == 0 ==> pn_same(n, first, end);
    terminates \true; exits \false;
    assigns dev_vmcs02[first .. end - 1], dev_written02[first .. end - 1], dev_cost02;
    ensures holds: pn_same(n, first, end);
    ensures unwritten: due == 0 ==> pn_unwritten(first, end);
    ensures cost: n_writes02 == \old(n_writes02) + (due != 0 ? end - first : 0); */
static void write_range_if(bool due, const struct pn_nested_vmx *n, unsigned first, unsigned end)
{
    if (due)
        pn_write_range(n, first, end);
}

/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: pn_unwritten(PN_G_CONTROLS, PN_G_CONTROLS_END);
    requires clean: due == 0 ==> pn_holds_controls(n, l0);
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_G_CONTROLS .. PN_G_CONTROLS_END - 1], dev_written02[PN_G_CONTROLS .. PN_G_CONTROLS_END - 1],
            dev_cost02;
    ensures holds_words: pn_holds_words(n, l0);
    ensures holds_exceptions: pn_holds_exceptions(n, l0);
    ensures holds_plain: pn_holds_plain(n, l0);
    ensures holds_ept: pn_holds_ept(n, l0);
    ensures holds_pages: pn_holds_pages(n);
    ensures holds_tsc: pn_holds_tsc(n, l0);
    ensures unwritten: due == 0 ==> pn_unwritten(PN_G_CONTROLS, PN_G_CONTROLS_END);
    ensures cost: n_writes02 == \old(n_writes02) + (due != 0 ? 16 : 0); */
static void write_controls_if(bool due, const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    if (due)
        pn_write_controls(n, l0);
}

/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: pn_unwritten(PN_F_GUEST_CR0, PN_F_GUEST_DR7);
    requires clean: due == 0 ==> pn_holds_registers(n, l0);
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_F_GUEST_CR0 .. PN_F_CR4_SHADOW], dev_written02[PN_F_GUEST_CR0 .. PN_F_CR4_SHADOW], dev_cost02;
    ensures holds: pn_holds_registers(n, l0);
    ensures unwritten: due == 0 ==> pn_unwritten(PN_F_GUEST_CR0, PN_F_GUEST_DR7);
    ensures cost: n_writes02 == \old(n_writes02) + (due != 0 ? 7 : 0); */
static void write_registers_if(bool due, const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    if (due)
        pn_write_registers(n, l0);
}

void pn_prepare_vmcs02(struct pn_nested_vmx *n, struct pn_l0_wants l0, struct pn_l1_registers l1, struct pn_pdptes memory)
{
    const uint32_t dirty = n->dirty;

    write_controls_if(pn_tstb(dirty, PN_GROUP_CONTROLS), n, l0);
    pn_write_range(n, PN_G_BASIC, PN_G_BASIC_END);
    write_registers_if(pn_tstb(dirty, PN_GROUP_REGISTERS), n, l0);
    write_segments_if(pn_tstb(dirty, PN_GROUP_SEGMENTS), n);
    write_range_if(pn_tstb(dirty, PN_GROUP_RARE), n, PN_G_RARE, PN_G_RARE_END);
    pn_write_pdptrs(n, memory);
    write_range_if(pn_tstb(dirty, PN_GROUP_OTHER), n, PN_F_GUEST_ACTIVITY, PN_F_GUEST_ACTIVITY + 1);
    write_range_if(pn_tstb(dirty, PN_GROUP_OTHER), n, PN_F_PREEMPTION_TIMER, PN_F_PREEMPTION_TIMER + 1);
    pn_write_gated(n, l1, pn_tstb(dirty, PN_GROUP_CONTROLS) || pn_tstb(dirty, PN_GROUP_REGISTERS));
}
