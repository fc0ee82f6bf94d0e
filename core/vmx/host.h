/* SPDX-License-Identifier: BSD-2-Clause
 * L1's state after an exit, from the host-state area of vmcs12 into vmcs01 (SDM 27.5). */
#ifndef PROVENEST_HOST_H
#define PROVENEST_HOST_H

#include <provenest/nested_inv.h>
#include <provenest/vmx_left.h>

#include "../../spec/acsl/vmx_exit.h"
#include "../hw/vmcs.h"

/* The bits of CR0 that an exit loads, and an entry: a constant to the compiler. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> nx006_loaded(k)); */
uint64_t pn_cr0_loaded_bits(void);

/* What an exit leaves of the processor's state before it. */
struct pn_leaving {
    uint64_t cr0, efer, pat;
    bool nmi_blocked;
};

/* All of it but the PDPTEs and the MSR-load list. CR3 is HOST_CR3 whole: the entry's checks have refused bits that 27.5.1
 * clears (VE-039). */
/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_ENTRY_CTL], dev_vmcs01[PN_G_BASIC .. PN_F_GUEST_CR4], dev_vmcs01[PN_F_CR0_SHADOW],
            dev_vmcs01[PN_F_CR4_SHADOW .. PN_G_RARE_END - 1], dev_vmcs01[PN_F_GUEST_ACTIVITY];
    ensures registers: pn_host_registers(n);
    ensures blocking: dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY] == (b.nmi_blocked != 0 ? 8 : 0);
    ensures debug: pn_host_debug;
    ensures sysenter: pn_host_sysenter(n);
    ensures controls: pn_host_controls(n, b.cr0);
    ensures msrs: pn_host_msrs(n, b.efer, b.pat);
    ensures selectors: pn_host_selectors(n);
    ensures bases: pn_host_bases(n);
    ensures limits: pn_host_limits(n);
    ensures rights: pn_host_rights(n);
    ensures tables: pn_host_tables(n);
    ensures long_mode: pn_host_long_mode(n); */
void pn_load_host(const struct pn_nested_vmx *n, struct pn_leaving b);

/* A host with PAE paging: its PDPTEs from L1's memory. False: a reserved bit, which is a VMX abort. */
/*@ requires nested: \valid_read(n);
    requires inv: pn_caps_ok(n->caps);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1], dev_reads;
    ensures loaded: \result != 0 ==> pn_host_pdptes(n);
    ensures refused: \result == 0 ==> pn_host_pdpte_refused(n);
    ensures none: !pn_pae_host(n) ==> \result != 0 &&
            \forall integer k; 0 <= k <= 3 ==>
              dev_vmcs01[PN_F_GUEST_PDPTR0 + k] == \old(dev_vmcs01[PN_F_GUEST_PDPTR0 + k]); */
bool pn_load_host_pdptes(const struct pn_nested_vmx *n);

#endif
