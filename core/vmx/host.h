/* SPDX-License-Identifier: BSD-2-Clause
 * L1's state after an exit, from the host-state area of vmcs12 into vmcs01 (SDM 27.5). */
#ifndef PROVENEST_HOST_H
#define PROVENEST_HOST_H

#include <provenest/nested_inv.h>

#include "../../spec/acsl/vmx_exit.h"
#include "../hw/vmcs.h"

/* What an exit leaves of the processor's state before it. */
struct pn_leaving {
    uint64_t cr0, efer, pat;
    bool nmi_blocked;
};

/*@ predicate pn_long_host{L}(struct pn_nested_vmx *n) = bit(n->vmcs12.f[PN_F_EXIT_CTL], 9);

    predicate pn_host_registers{L}(struct pn_nested_vmx *n, struct pn_leaving b) =
      dev_vmcs01[PN_F_GUEST_RIP] == n->vmcs12.f[PN_F_HOST_RIP] && dev_vmcs01[PN_F_GUEST_RSP] == n->vmcs12.f[PN_F_HOST_RSP] &&
      dev_vmcs01[PN_F_GUEST_RFLAGS] == 2 && dev_vmcs01[PN_F_GUEST_ACTIVITY] == 0 && dev_vmcs01[PN_F_GUEST_PENDING_DEBUG] == 0 &&
      dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY] == (b.nmi_blocked != 0 ? 8 : 0) &&
      dev_vmcs01[PN_F_GUEST_DR7] == 0x400 && dev_vmcs01[PN_F_GUEST_DEBUGCTL] == 0 &&
      dev_vmcs01[PN_F_GUEST_SYSENTER_CS] == n->vmcs12.f[PN_F_HOST_SYSENTER_CS] &&
      dev_vmcs01[PN_F_GUEST_SYSENTER_ESP] == n->vmcs12.f[PN_F_HOST_SYSENTER_ESP] &&
      dev_vmcs01[PN_F_GUEST_SYSENTER_EIP] == n->vmcs12.f[PN_F_HOST_SYSENTER_EIP];

    predicate pn_host_controls{L}(struct pn_nested_vmx *n, struct pn_leaving b) =
      nx006_cr0(dev_vmcs01[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_HOST_CR0], b.cr0) &&
      dev_vmcs01[PN_F_CR0_SHADOW] == dev_vmcs01[PN_F_GUEST_CR0] && dev_vmcs01[PN_F_GUEST_CR3] == n->vmcs12.f[PN_F_HOST_CR3] &&
      nx007_cr4(dev_vmcs01[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_HOST_CR4], n->vmcs12.f[PN_F_EXIT_CTL]) &&
      dev_vmcs01[PN_F_CR4_SHADOW] == dev_vmcs01[PN_F_GUEST_CR4];

    predicate pn_host_msrs{L}(struct pn_nested_vmx *n, struct pn_leaving b) =
      nx008_efer(dev_vmcs01[PN_F_GUEST_EFER], n->vmcs12.f[PN_F_EXIT_CTL], n->vmcs12.f[PN_F_HOST_EFER], b.efer) &&
      (bit(n->vmcs12.f[PN_F_EXIT_CTL], 19) ==> dev_vmcs01[PN_F_GUEST_PAT] == n->vmcs12.f[PN_F_HOST_PAT]) &&
      (!bit(n->vmcs12.f[PN_F_EXIT_CTL], 19) ==> dev_vmcs01[PN_F_GUEST_PAT] == b.pat);
*/

/* ES, CS, SS, DS, FS, GS (0 to 5), then LDTR and TR. */
/*@ predicate pn_host_selectors{L}(struct pn_nested_vmx *n) =
      (\forall integer k; 0 <= k <= 5 ==>
        dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k] == n->vmcs12.f[PN_F_HOST_ES_SELECTOR + k]) &&
      dev_vmcs01[PN_F_GUEST_LDTR_SELECTOR] == 0 && dev_vmcs01[PN_F_GUEST_TR_SELECTOR] == n->vmcs12.f[PN_F_HOST_TR_SELECTOR];

    predicate pn_host_bases{L}(struct pn_nested_vmx *n) =
      (\forall integer k; 0 <= k <= 3 ==> dev_vmcs01[PN_F_GUEST_ES_BASE + k] == 0) &&
      dev_vmcs01[PN_F_GUEST_FS_BASE] == n->vmcs12.f[PN_F_HOST_FS_BASE] &&
      dev_vmcs01[PN_F_GUEST_GS_BASE] == n->vmcs12.f[PN_F_HOST_GS_BASE] && dev_vmcs01[PN_F_GUEST_LDTR_BASE] == 0 &&
      dev_vmcs01[PN_F_GUEST_TR_BASE] == n->vmcs12.f[PN_F_HOST_TR_BASE];

    predicate pn_host_limits{L} =
      (\forall integer k; 0 <= k <= 5 ==> dev_vmcs01[PN_F_GUEST_ES_LIMIT + k] == 0xffffffff) &&
      dev_vmcs01[PN_F_GUEST_LDTR_LIMIT] == 0 && dev_vmcs01[PN_F_GUEST_TR_LIMIT] == 0x67;

    predicate pn_host_rights{L}(struct pn_nested_vmx *n) =
      (pn_long_host(n) ==> dev_vmcs01[PN_F_GUEST_CS_AR_BYTES] == 0xa09b) &&
      (!pn_long_host(n) ==> dev_vmcs01[PN_F_GUEST_CS_AR_BYTES] == 0xc09b) &&
      (\forall integer k; 0 <= k <= 5 && k != 1 ==>
        dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k] == nx009_data(n->vmcs12.f[PN_F_HOST_ES_SELECTOR + k])) &&
      dev_vmcs01[PN_F_GUEST_LDTR_AR_BYTES] == 0x10000 && dev_vmcs01[PN_F_GUEST_TR_AR_BYTES] == 0x8b;

    predicate pn_host_tables{L}(struct pn_nested_vmx *n) =
      dev_vmcs01[PN_F_GUEST_GDTR_BASE] == n->vmcs12.f[PN_F_HOST_GDTR_BASE] && dev_vmcs01[PN_F_GUEST_GDTR_LIMIT] == 0xffff &&
      dev_vmcs01[PN_F_GUEST_IDTR_BASE] == n->vmcs12.f[PN_F_HOST_IDTR_BASE] && dev_vmcs01[PN_F_GUEST_IDTR_LIMIT] == 0xffff;
*/

/* All of it but the PDPTEs and the MSR-load list. CR3 is HOST_CR3 whole: the entry's checks have refused bits that 27.5.1
 * clears (VE-039). */
/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_ENTRY_CTL], dev_vmcs01[PN_G_BASIC .. PN_F_GUEST_CR4], dev_vmcs01[PN_F_CR0_SHADOW],
            dev_vmcs01[PN_F_CR4_SHADOW .. PN_G_RARE_END - 1], dev_vmcs01[PN_F_GUEST_ACTIVITY];
    ensures registers: pn_host_registers(n, b);
    ensures controls: pn_host_controls(n, b);
    ensures msrs: pn_host_msrs(n, b);
    ensures selectors: pn_host_selectors(n);
    ensures bases: pn_host_bases(n);
    ensures limits: pn_host_limits;
    ensures rights: pn_host_rights(n);
    ensures tables: pn_host_tables(n);
    ensures long_mode: (dev_vmcs01[PN_F_ENTRY_CTL] / 512) % 2 == 1 <==> pn_long_host(n); */
void pn_load_host(const struct pn_nested_vmx *n, struct pn_leaving b);

/* A host with PAE paging: its PDPTEs from L1's memory. False: a reserved bit, which is a VMX abort. */
/*@ requires nested: \valid_read(n);
    requires inv: pn_caps_ok(n->caps);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1], dev_reads;
    ensures checked: \result != 0 && !pn_long_host(n) && bit(n->vmcs12.f[PN_F_HOST_CR4], 5) ==>
            \forall integer k; 0 <= k <= 3 ==> nx011_pdpte(dev_vmcs01[PN_F_GUEST_PDPTR0 + k], n->caps.address_width);
    ensures loaded: \result != 0 && !pn_long_host(n) && bit(n->vmcs12.f[PN_F_HOST_CR4], 5) ==>
            \forall integer k; 0 <= k <= 3 ==> dev_vmcs01[PN_F_GUEST_PDPTR0 + k] ==
              mem64(n->vmcs12.f[PN_F_HOST_CR3] % 0x100000000 / 32 * 32 + 8 * k);
    ensures none: pn_long_host(n) || !bit(n->vmcs12.f[PN_F_HOST_CR4], 5) ==> \result != 0 &&
            \forall integer k; 0 <= k <= 3 ==>
              dev_vmcs01[PN_F_GUEST_PDPTR0 + k] == \old(dev_vmcs01[PN_F_GUEST_PDPTR0 + k]); */
bool pn_load_host_pdptes(const struct pn_nested_vmx *n);

#endif
