/* SPDX-License-Identifier: BSD-2-Clause
 * vmcs02's controls (SDM vol. 3C 24.6 to 24.8). */
#include "merge.h"
#include "prepare.h"

/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_F_PIN_CTL <= f <= PN_F_ENTRY_CTL ==> dev_written02[f] == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_F_PIN_CTL .. PN_F_ENTRY_CTL], dev_written02[PN_F_PIN_CTL .. PN_F_ENTRY_CTL], dev_cost02;
    ensures rule: pn_holds_words(n, l0);
    ensures cost: n_writes02 == \old(n_writes02) + 5; */
static void write_words(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    const uint64_t *f = n->vmcs12.f;

    pn_hw_write02(PN_F_PIN_CTL, pn_merge_pin(l0.pin, f[PN_F_PIN_CTL]));
    pn_hw_write02(PN_F_PROC_CTL, pn_merge_proc(l0.proc, f[PN_F_PROC_CTL]));
    pn_hw_write02(PN_F_PROC2_CTL, pn_merge_proc2(l0.proc2, f[PN_F_PROC_CTL], f[PN_F_PROC2_CTL]));
    pn_hw_write02(PN_F_EXIT_CTL, pn_merge_exit(l0.exit, f[PN_F_PIN_CTL], n->caps.exit));
    pn_hw_write02(PN_F_ENTRY_CTL, pn_merge_entry(l0.entry, f[PN_F_ENTRY_CTL]));
}

/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_F_EXCEPTION_BITMAP <= f <= PN_F_PF_MATCH ==> dev_written02[f] == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_F_EXCEPTION_BITMAP .. PN_F_PF_MATCH], dev_written02[PN_F_EXCEPTION_BITMAP .. PN_F_PF_MATCH],
            dev_cost02;
    ensures rule: pn_holds_exceptions(n, l0);
    ensures cost: n_writes02 == \old(n_writes02) + 3; */
static void write_exceptions(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    const uint64_t *f = n->vmcs12.f;
    const struct pn_page_faults asked = {.mask = f[PN_F_PF_MASK], .match = f[PN_F_PF_MATCH]};
    const struct pn_page_faults p = pn_merge_page_faults(l0.exception_bitmap, f[PN_F_EXCEPTION_BITMAP], asked);

    pn_hw_write02(PN_F_EXCEPTION_BITMAP, pn_merge_exceptions(l0.exception_bitmap, f[PN_F_EXCEPTION_BITMAP]));
    pn_hw_write02(PN_F_PF_MASK, p.mask);
    pn_hw_write02(PN_F_PF_MATCH, p.match);
}

/*@ requires nested: \valid_read(n);
    requires fit: pn_fields_fit(n);
    requires current: dev_vmcs == PN_VMCS02;
    requires fresh: \forall integer f; PN_F_CR3_TARGET_COUNT <= f < PN_G_CONTROLS_END ==> dev_written02[f] == 0;
    terminates \true; exits \false;
    assigns dev_vmcs02[PN_F_CR3_TARGET_COUNT .. PN_G_CONTROLS_END - 1],
            dev_written02[PN_F_CR3_TARGET_COUNT .. PN_G_CONTROLS_END - 1], dev_cost02;
    ensures plain: pn_holds_plain(n, l0);
    ensures ept: pn_holds_ept(n, l0);
    ensures pages: pn_holds_pages(n);
    ensures tsc: pn_holds_tsc(n, l0);
    ensures cost: n_writes02 == \old(n_writes02) + 8; */
static void write_rest(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    const uint64_t *f = n->vmcs12.f;

    pn_hw_write02(PN_F_TPR_THRESHOLD, f[PN_F_TPR_THRESHOLD]);
    pn_hw_write02(PN_F_VPID, l0.vpid02);
    pn_hw_write02(PN_F_EPT_POINTER, pn_l1_has_ept(n) ? l0.ept_pointer : l0.eptp01);
    pn_hw_write02(PN_F_MSR_BITMAP, l0.msr_bitmap);
    pn_hw_write02(PN_F_VIRTUAL_APIC, f[PN_F_VIRTUAL_APIC]);
    pn_hw_write02(PN_F_APIC_ACCESS, f[PN_F_APIC_ACCESS]);
    pn_hw_write02(PN_F_TSC_OFFSET, pn_merge_tsc(l0.tsc_offset, f[PN_F_PROC_CTL], f[PN_F_TSC_OFFSET]));
    pn_hw_write02(PN_F_XSS_EXIT_BITMAP, f[PN_F_XSS_EXIT_BITMAP]);
}

void pn_write_controls(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    write_words(n, l0);
    write_exceptions(n, l0);
    write_rest(n, l0);
}
