/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VMCS shadowing for L1 (SDM 24.10): its VMWRITEs land in the shadow VMCS, and the core takes them over before it looks.
 */
#include "nested.h"

static bool active(const struct nested_run *r)
{
    return r->shadowing && !r->n.l2 && !r->over && r->n.current != PN_NO_VMCS;
}

bool shadow_write(struct nested_run *r, int f, uint64_t value)
{
    if (!active(r) || !pn_shadow_written(f))
        return false;
    model_nested()->shadow[f] = manual_width(f, value);
    return true;
}

void shadow_take(struct nested_run *r)
{
    if (!active(r))
        return;
    r->call = "pn_shadow_take";
    pn_shadow_take(&r->n, &r->shadow);
}

/* What L1 would read without an exit is what it would read with one. */
static void shown(struct nested_run *r)
{
    for (int f = 0; f < PN_FIELDS; f++) {
        if (!pn_shadow_shown(f))
            continue;
        if (model_nested()->shadow[f] != r->n.vmcs12.f[f])
            nested_fail(r, "the shadow VMCS shows another value");
        if (pn_shadow_written(f) && manual_read_only(f))
            nested_fail(r, "a field that cannot be written is, without an exit");
    }
}

void shadow_fill(struct nested_run *r)
{
    if (!active(r))
        return;
    r->call = "pn_shadow_fill";
    pn_shadow_fill(&r->n, &r->shadow);
    shown(r);
}

void shadow_said(struct nested_run *r)
{
    if (!active(r))
        return;
    r->call = "pn_shadow_said";
    pn_shadow_said(&r->n, &r->shadow);
    shown(r);
}
