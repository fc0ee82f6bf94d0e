/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The verdict of the entry checks that the core keeps (`checked`; pn_verdict_sound in vmx_entry.h), by the manual's rules: what
 * it counts as looked at is what an entry would take.
 */
#include "nested.h"

#include <string.h>

/* But for VTPR, which is memory (VE-025). */
static bool controls(const struct nested_run *r)
{
    const char *rule = r->n.checked ? manual_controls(&r->l1, r->n.vmcs12.f, nested_memory) : NULL;

    return !rule || strcmp(rule, "VE-025") == 0;
}

static bool clean(const struct nested_run *r, const unsigned int *groups, unsigned int count)
{
    for (unsigned int k = 0; k < count; k++)
        if (manual_bit(r->n.dirty, groups[k]))
            return false;
    return true;
}

/* Of the guest area what is looked at only after a change; the rest as no rule minds it. */
static void only_registers(uint64_t *f)
{
    f[PN_F_ENTRY_INFO] = 0;
    f[PN_F_GUEST_RIP] = 0x1000;
    f[PN_F_GUEST_RFLAGS] = 2; /* not virtual-8086 mode */
    f[PN_F_GUEST_INTERRUPTIBILITY] = 0;
    f[PN_F_GUEST_ACTIVITY] = 0;
    f[PN_F_GUEST_PENDING_DEBUG] = 0;
    f[PN_F_GUEST_CR3] = 0;
}

static bool host(const struct nested_run *r)
{
    const bool host64 = manual_bit(r->n.vmcs12.f[PN_F_EXIT_CTL], 9);
    uint64_t f[PN_FIELDS];

    memcpy(f, r->n.vmcs12.f, sizeof f);
    if (!host64)
        f[PN_F_ENTRY_CTL] &= ~0x200ull; /* L1's mode and L2's are asked at each entry */
    return !manual_host(&r->l1, f, host64);
}

static bool segments(const struct nested_run *r)
{
    uint64_t f[PN_FIELDS];

    memcpy(f, r->n.vmcs12.f, sizeof f);
    only_registers(f);
    return !manual_segments(&r->l1, f) && manual_canonical(&r->l1, f[PN_F_GUEST_GDTR_BASE]) &&
           manual_canonical(&r->l1, f[PN_F_GUEST_IDTR_BASE]) && f[PN_F_GUEST_GDTR_LIMIT] >> 16 == 0 &&
           f[PN_F_GUEST_IDTR_LIMIT] >> 16 == 0;
}

static bool registers(const struct nested_run *r)
{
    uint64_t f[PN_FIELDS];

    memcpy(f, r->n.vmcs12.f, sizeof f);
    only_registers(f);
    f[PN_F_GUEST_GDTR_BASE] = f[PN_F_GUEST_IDTR_BASE] = f[PN_F_GUEST_GDTR_LIMIT] = f[PN_F_GUEST_IDTR_LIMIT] = 0;
    return !manual_registers(&r->l1, f);
}

const char *nested_verdict(const struct nested_run *r)
{
    static const unsigned int of_host[] = {PN_GROUP_CONTROLS, PN_GROUP_HOST};
    static const unsigned int of_registers[] = {PN_GROUP_CONTROLS, PN_GROUP_REGISTERS, PN_GROUP_RARE, PN_GROUP_EXIT};
    static const unsigned int of_segments[] = {PN_GROUP_CONTROLS, PN_GROUP_REGISTERS, PN_GROUP_SEGMENTS, PN_GROUP_EXIT};

    if (!r->n.vmxon || r->n.current == PN_NO_VMCS || r->n.l2)
        return NULL;
    if (!controls(r))
        return "the controls count as checked, and no entry would take them";
    if (clean(r, of_host, 2) && !host(r))
        return "the host area is clean, and no entry would take it";
    if (clean(r, of_segments, 4) && !segments(r))
        return "L2's segments are clean, and no entry would take them";
    if (clean(r, of_registers, 4) && !registers(r))
        return "L2's registers are clean, and no entry would take them";
    return NULL;
}
