/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What nested_run.c and nested_exit.c share.
 */
#ifndef HV_NESTED_L2_H
#define HV_NESTED_L2_H

#include "vcpu.h"

static inline uint64_t field12(const struct nested *s, enum pn_field f)
{
    return s->vmx.vmcs12.f[f];
}

static inline bool uses(const struct nested *s, uint32_t control)
{
    return field12(s, PN_F_PROC_CTL) & PROC_SECONDARY && field12(s, PN_F_PROC2_CTL) & control;
}

/* nested_run.c */
void nested_flush_filled(const struct ept02 *e);
void nested_after(struct vcpu *v, struct pn_outcome r); /* L1's exit, or its failed entry, has been made */

#endif
