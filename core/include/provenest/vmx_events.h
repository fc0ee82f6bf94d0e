/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events while L2 runs: the one that L1 injects, and those that are L1's exits (SDM vol. 3C 25.2, 26.5, 26.7, 27).
 */
#ifndef PROVENEST_VMX_EVENTS_H
#define PROVENEST_VMX_EVENTS_H

#include <provenest/vmx_exit.h>

enum pn_nested_turn {
    PN_TURN_L2 = 0,    /* go on with L2: pn_inject_events */
    PN_TURN_L1 = 1,    /* L1's exit has been made: vmcs01 is current */
    PN_TURN_ABORT = 2, /* so it has, and it ended in a VMX abort */
};

/* The event in vmcs12's VM-entry fields becomes the injected event of `v`, owed and not run: pn_inject_events gives it
 * first. False: there is none. Type 7 becomes a pending MTF exit. vmcs02 is current. */
bool pn_nested_take_entry_event(struct pn_nested_vmx *n, struct pn_vcpu *v);

/* Before each entry of L2, while no exit waits to be handled: what of the events of `v` is L1's exit instead, in the one
 * order of priority, and the exit is made. `timer`: L1's VMX-preemption timer has run out. */
enum pn_nested_turn pn_nested_events(struct pn_nested_vmx *n, struct pn_vcpu *v, bool timer);

#endif
