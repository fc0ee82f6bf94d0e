/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between the oracle and the core on the model: what the oracle asks of the state before a call, and whether the state
 * after it is what the oracle says. The answer is the name of the first thing that differs, or null.
 */
#ifndef ORACLE_BRIDGE_H
#define ORACLE_BRIDGE_H

#include <provenest/event.h>

#include "../../vendor/model/model.h"
#include "oracle.h"

struct oracle_state oracle_look(const struct model_cpu *cpu, const struct pn_vcpu *v);

/* The public invariant and both balances: after every call but between an exit and pn_complete_vectoring. */
const char *oracle_sound(const struct model_cpu *cpu, const struct pn_vcpu *v);

const char *oracle_check_inject(const struct oracle_state *before, enum pn_action action, const struct model_cpu *cpu,
                                const struct pn_vcpu *v);
const char *oracle_check_queue(const struct oracle_state *before, struct pn_event e, enum pn_queued answer,
                               const struct model_cpu *cpu, const struct pn_vcpu *v);

#endif
