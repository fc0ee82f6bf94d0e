/* SPDX-License-Identifier: BSD-2-Clause
 * What the checks of VM entry share among their files (SDM vol. 3C 26.2). */
#ifndef PROVENEST_CHECKS_H
#define PROVENEST_CHECKS_H

#include <provenest/vmx_check.h>

/* Control k of the secondary ones is on: the field has it and they are activated. */
/*@ requires range: k <= 31;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve014_on(proc, proc2, k); */
bool pn_secondary_on(uint64_t proc, uint64_t proc2, unsigned k);

/* An address that VMX uses, within the widths it has. */
/*@ requires width: width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve075_fits(address, basic, width); */
bool pn_address_fits(uint64_t address, uint64_t basic, uint8_t width);

/* The three lists of MSRs. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> msr_lists_ok(n); */
bool pn_msr_lists_ok(const struct pn_nested_vmx *n);

/* The event that VM entry injects. */
/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> entry_event_ok(n); */
bool pn_entry_event_ok(const struct pn_nested_vmx *n);

#endif
