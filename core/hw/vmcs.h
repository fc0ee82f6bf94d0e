/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for nested guests: the two hardware VMCSs of one virtual CPU. vmcs01 runs L1, vmcs02 runs L2 for L1. Every
 * contract is an assumption and carries its section of the manual; see hw.h.
 */
#ifndef PROVENEST_HW_VMCS_H
#define PROVENEST_HW_VMCS_H

#include <provenest/nested.h>

enum pn_vmcs { PN_VMCS01 = 1, PN_VMCS02 = 2 };

/*@ ghost
  // Which VMCS is current; the fields of both as VMREAD would show them; writes to vmcs02's since its last entry (0 or 1).
  int dev_vmcs; uint64_t dev_vmcs01[PN_FIELDS]; uint64_t dev_vmcs02[PN_FIELDS]; uint8_t dev_written02[PN_FIELDS];
*/

/*@ // TRUST: SDM 24.1 and 30.3 (VMPTRLD): makes this VMCS current; its fields are as they were left.
    requires which: which == PN_VMCS01 || which == PN_VMCS02;
    terminates \true; exits \false; assigns dev_vmcs;
    ensures current: dev_vmcs == which; */
void pn_hw_load_vmcs(enum pn_vmcs which);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMREAD).
    requires field: 0 <= f < PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_vmcs01[f]; */
uint64_t pn_hw_read01(enum pn_field f);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMWRITE).
    requires field: 0 <= f < PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[f];
    ensures value: dev_vmcs01[f] == value; */
void pn_hw_write01(enum pn_field f, uint64_t value);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMREAD).
    requires field: 0 <= f < PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_vmcs02[f]; */
uint64_t pn_hw_read02(enum pn_field f);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMWRITE); design, "Field ownership": once an entry.
    requires field: 0 <= f < PN_FIELDS;
    requires current: dev_vmcs == PN_VMCS02;
    requires once: dev_written02[f] == 0;
    terminates \true; exits \false; assigns dev_vmcs02[f], dev_written02[f];
    ensures value: dev_vmcs02[f] == value;
    ensures written: dev_written02[f] == 1; */
void pn_hw_write02(enum pn_field f, uint64_t value);

#endif
