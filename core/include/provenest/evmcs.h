/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Enlightened VMCS: which of L1's fields an entry takes from memory, and what that makes of vmcs02. The word of clean bits lies in
 * L1's memory: read it once an entry, and pass the value.
 */
#ifndef PROVENEST_EVMCS_H
#define PROVENEST_EVMCS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../../spec/acsl/vmx_dirty.h"

/* The groups to take. `fresh`: another address than the last one, or VMLAUNCH. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne020_consumed(clean, fresh, \result); */
uint32_t pn_evmcs_consumed(uint32_t clean, bool fresh);

/* The groups (enum pn_group) that become dirty with them. The TPR threshold and RIP are of no clean group: take them at every entry,
 * and mark the threshold's group (controls) if it differs. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne021_dirty(consumed, \result); */
uint32_t pn_evmcs_dirty(uint32_t consumed);

/* The word to write back, when the first exit has said whether the entry succeeded. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne022_marked(clean, succeeded, \result); */
uint32_t pn_evmcs_marked(uint32_t clean, bool succeeded);

/* pdptrs_held once the groups are taken; at an exit that does not save the PDPTEs, too, it is false (claim 3). */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne023_held(held, consumed, \result); */
bool pn_evmcs_pdptrs_held(bool held, uint32_t consumed);

#endif
