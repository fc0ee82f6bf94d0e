/* SPDX-License-Identifier: BSD-2-Clause
 * What L1 asked for, of exceptions. */
#ifndef PROVENEST_ROUTE_H
#define PROVENEST_ROUTE_H

#include <provenest/vmx_exit.h>

/* Whether L1 intercepts this exception of L2's. */
/*@ requires nested: \valid_read(n);
    requires vector: vector <= 31;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx024_exception(vector, error, n->vmcs12.f[PN_F_EXCEPTION_BITMAP],
            n->vmcs12.f[PN_F_PF_MASK], n->vmcs12.f[PN_F_PF_MATCH]); */
bool pn_l1_intercepts(const struct pn_nested_vmx *n, uint8_t vector, uint32_t error);

#endif
