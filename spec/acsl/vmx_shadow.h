/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fields that L1 reads and writes without an exit, in a shadow VMCS (SDM vol. 3C 24.10, 24.6.15, 30.3). A choice of the hypervisor's:
 * of the fields that column "shadow" of spec/fields/vmcs.tbl allows, and their neighbours in the same ranges.
 */
#ifndef SPEC_VMX_SHADOW_H
#define SPEC_VMX_SHADOW_H

#include "vmx_fields.h"

/* SH-001: L1's VMWRITE does not exit: the primary controls (its windows), the event to inject, RIP, RSP, RFLAGS and
   interruptibility. These few are read back at each of its entries. */
/*@ predicate sh001_written(integer f) = f == 1 || 25 <= f <= 31;
*/

/* SH-002: L1's VMREAD does not exit: those, the control registers with their masks and shadows, and what an exit says. */
/*@ predicate sh002_shown(integer f) = f == 1 || 25 <= f <= 38 || 112 <= f <= 121;
*/

/* SH-003: those that no exit of L2's writes (27.2 to 27.4): the primary controls, error code and length of the event, the
   masks and read shadows of CR0 and CR4. */
/*@ predicate sh003_left(integer f) = f == 1 || 26 <= f <= 27 || 35 <= f <= 38;
*/

/*@ check lemma canary_vmx_shadow: \false; */

#endif
