/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks of the VMX controls and of the host-state area (SDM vol. 3C 26.2; 27.2 in editions since 2023). The result
 * is the number of the VM-instruction error (SDM 30.4), 0 if every check passes.
 */
#ifndef PROVENEST_VMX_CHECK_H
#define PROVENEST_VMX_CHECK_H

#include <provenest/nested.h>

/* 0 or 7: VM entry with invalid control fields. */
uint8_t pn_check_controls(const struct pn_nested_vmx *n);

/* After it: whether the TPR threshold is compared with VTPR, byte 0x80 of the page at PN_F_VIRTUAL_APIC; and then 0 or 7. */
bool pn_vtpr_wanted(const struct pn_nested_vmx *n);
uint8_t pn_check_vtpr(const struct pn_nested_vmx *n, uint8_t vtpr);

/* 0 or 8: VM entry with invalid host-state fields. `l1_lma`: IA32_EFER.LMA of L1 now (struct pn_l1_mode, long_mode). */
uint8_t pn_check_host(const struct pn_nested_vmx *n, bool l1_lma);

#endif
