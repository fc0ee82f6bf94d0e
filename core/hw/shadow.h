/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for the shadow VMCS (SDM 24.10): a third one, which vmcs01's link pointer names while L1 has a current VMCS. L1's
 * VMREADs and VMWRITEs of the fields of spec/acsl/vmx_shadow.h go there without an exit. L0 reads and writes it as the
 * current VMCS, between pn_hw_open_shadow and pn_hw_close_shadow.
 */
#ifndef PROVENEST_HW_SHADOW_H
#define PROVENEST_HW_SHADOW_H

#include "../../spec/acsl/vmx_shadow.h"
#include "vmcs.h"

enum { PN_VMCS_SHADOW = 3 }; /* a third value of dev_vmcs */

/*@ ghost
  // The fields of the shadow VMCS as VMREAD would show them; and the number of writes to it.
  uint64_t dev_shadow[PN_FIELDS]; int dev_shadow_cost;
*/

/*@ axiomatic Shadow { logic integer n_shadow_writes{L} reads dev_shadow_cost; }
*/

/*@ // TRUST: SDM 24.1, 24.10 and 30.3 (VMPTRLD): the shadow VMCS is current; its fields are as L1, or L0, left them. vmcs01 stays
    // active, and hw.h is not used until it is current again.
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs;
    ensures current: dev_vmcs == PN_VMCS_SHADOW; */
void pn_hw_open_shadow(void);

/*@ // TRUST: SDM 24.1 and 30.3 (VMPTRLD): vmcs01 is current again, as it was left. The shadow VMCS stays active: the link pointer
    // may name it.
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    terminates \true; exits \false; assigns dev_vmcs;
    ensures current: dev_vmcs == PN_VMCS01; */
void pn_hw_close_shadow(void);

/*@ // TRUST: SDM 24.11.2 and 30.3 (VMREAD): zero-extended. L1's VMWRITE has cut the value to the field's width.
    requires field: sh002_shown(f);
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == dev_shadow[f];
    ensures width: sdm24_fits(f, \result); */
uint64_t pn_hw_read_shadow(enum pn_field f);

/*@ // TRUST: SDM 24.11.2, 30.3 (VMWRITE) and A.6 (MISC[29]: exit information can be written). Only what differs is written.
    requires field: sh002_shown(f);
    requires fits: sdm24_fits(f, value);
    requires current: dev_vmcs == PN_VMCS_SHADOW;
    requires differs: value != dev_shadow[f];
    terminates \true; exits \false; assigns dev_shadow[f], dev_shadow_cost;
    ensures value: dev_shadow[f] == value;
    ensures counted: n_shadow_writes == \old(n_shadow_writes) + 1; */
void pn_hw_write_shadow(enum pn_field f, uint64_t value);

#endif
