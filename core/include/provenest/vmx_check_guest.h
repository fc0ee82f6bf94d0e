/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks of L1's guest-state area (SDM vol. 3C 26.3.1; 27.3.1 in editions since 2023).
 */
#ifndef PROVENEST_VMX_CHECK_GUEST_H
#define PROVENEST_VMX_CHECK_GUEST_H

#include <provenest/nested.h>

/* What the checks need from L1's memory; the caller reads each word once. */
struct pn_guest_memory {
    uint64_t link;     /* with pn_link_wanted: the first 8 bytes at the VMCS link pointer (revision in 30:0, shadow in 31) */
    uint64_t pdpte[4]; /* with pn_pdptes_wanted: the four PDPTEs at the guest's CR3, bits 31:5 */
};

struct pn_guest_verdict {
    bool ok;
    uint8_t qualification; /* if not ok, of the exit: 0, 2 (PDPTE), 3 (NMI behind STI), 4 (link pointer) (SDM 26.8) */
};

bool pn_link_wanted(const struct pn_nested_vmx *n);
bool pn_pdptes_wanted(const struct pn_nested_vmx *n);
struct pn_guest_verdict pn_check_guest(const struct pn_nested_vmx *n, struct pn_guest_memory m);

#endif
