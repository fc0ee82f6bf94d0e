/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for what the processor may have cached of L2's translations (SDM 28.3). L1 names its own VPIDs and EPTs; the processor
 * knows vpid02 and EPT02, the page tables that the hypervisor makes of EPT12 (L1's) and its own. So what L1 invalidates the
 * processor has under another name, and what an INVEPT or INVVPID of L1's owes is ghost state: emulators flush at every
 * transition, and would hide one that is forgotten.
 */
#ifndef PROVENEST_HW_TLB_H
#define PROVENEST_HW_TLB_H

#include <stdbool.h>

/*@ ghost
  // What is cached under vpid02 must go before L2 runs. EPT02, or what is cached of it, may be of an EPT12 that L1 has changed
  // since: L1 can at any time, so nothing is known of it but right behind pn_hw_empty_ept02.
  bool dev_flush_owed; bool dev_ept_stale;
*/

/*@ // TRUST: proof only. SDM 28.3.3.1 and 30.3 (INVVPID): linear and combined mappings of VPIDs of L1's must go; whatever VPID is
    // named, those that are cached are all under vpid02.
    terminates \true; exits \false; assigns dev_flush_owed;
    ensures owed: dev_flush_owed != 0; */
void pn_hw_owe_flush02(void);

/*@ // TRUST: SDM 28.3.3.1 and 30.3 (INVEPT); design, "Containment": EPT02 is empty, of every EPTP of L1's, and nothing that came of
    // it is cached, no guest-physical mapping and no combined one under any VPID. L2's next accesses fill it from EPT12 as it is.
    terminates \true; exits \false; assigns dev_ept_stale;
    ensures done: dev_ept_stale == 0; */
void pn_hw_empty_ept02(void);

#endif
