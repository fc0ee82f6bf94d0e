/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L2's segments are in vmcs02 alone behind an exit, until the core fetches them: before L1's VMREAD, VMWRITE, VMPTRLD, VMCLEAR and VMXOFF,
 * before an entry that rests on them, or at any time. L1 cannot tell when (SDM 27.3.2).
 */
#include "nested.h"

#include <string.h>

bool late_segment(int f)
{
    return f >= PN_F_GUEST_ES_SELECTOR && f <= PN_F_GUEST_IDTR_LIMIT;
}

bool late(const struct nested_run *r)
{
    return !manual_bit(r->n.dirty, PN_HAS_SEGMENTS);
}

uint64_t late_field(const struct nested_run *r, int f)
{
    return late(r) && late_segment(f) ? model_nested()->vmcs02[f] : r->n.vmcs12.f[f];
}

/* Where they come to vmcs12: all of them, nothing else, and what was known of others is not said of them. */
static void fetched(struct nested_run *r, const struct pn_nested_vmx *before, const uint64_t *hw02)
{
    const bool were = !manual_bit(before->dirty, PN_HAS_SEGMENTS);
    bool changed = false;

    if (late(r))
        nested_fail(r, "L2's segments are not vmcs12's");
    for (int f = 0; f < PN_FIELDS; f++) {
        const uint64_t want = were && late_segment(f) ? hw02[f] : before->vmcs12.f[f];

        changed = changed || want != before->vmcs12.f[f];
        if (r->n.vmcs12.f[f] != want)
            nested_fail(r, "a segment that L2 left");
    }
    if (changed && !manual_bit(r->n.dirty, PN_GROUP_EXIT))
        nested_fail(r, "other segments than before, and the verdict on them stands");
    if (((before->dirty ^ r->n.dirty) & ~(1u << PN_HAS_SEGMENTS | (changed ? 1u << PN_GROUP_EXIT : 0))) != 0)
        nested_fail(r, "fetching segments touches a group");
    if (memcmp(hw02, model_nested()->vmcs02, sizeof model_nested()->vmcs02) != 0)
        nested_fail(r, "fetching segments writes vmcs02");
}

void late_fetch(struct nested_run *r)
{
    static struct pn_nested_vmx before;
    static uint64_t hw02[PN_FIELDS];
    const char *call = r->call;

    before = r->n;
    memcpy(hw02, model_nested()->vmcs02, sizeof hw02);
    r->call = "pn_save_segments";
    pn_save_segments(&r->n);
    fetched(r, &before, hw02);
    nested_sound(r);
    r->call = call;
}

void late_settle(struct nested_run *r)
{
    static struct pn_nested_vmx before;
    static uint64_t hw02[PN_FIELDS];

    if (take(r, 8) == 7)
        late_fetch(r);
    before = r->n;
    memcpy(hw02, model_nested()->vmcs02, sizeof hw02);
    r->call = "pn_settle_segments";
    pn_settle_segments(&r->n);
    if (!late(r))
        fetched(r, &before, hw02);
    else if (memcmp(before.vmcs12.f, r->n.vmcs12.f, sizeof before.vmcs12.f) != 0 || before.dirty != r->n.dirty ||
             before.checked != r->n.checked || before.l2 != r->n.l2)
        nested_fail(r, "segments that stay in vmcs02 change something");
    nested_sound(r);
}

void late_refused(struct nested_run *r)
{
    static struct pn_nested_vmx before;
    static uint64_t hw02[PN_FIELDS];

    before = r->n;
    memcpy(hw02, model_nested()->vmcs02, sizeof hw02);
    r->call = "pn_save_segments02";
    pn_save_segments02(&r->n);
    fetched(r, &before, hw02);
    for (int f = 0; f < PN_FIELDS; f++)
        if (late_segment(f) && r->n.vmcs12.f[f] != r->sees[f])
            nested_fail(r, "a segment is lost with an entry that the processor refused");
}
