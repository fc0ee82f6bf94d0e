/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/shadow.h on the host: a third VMCS. Which fields it has is the manual's table again, not the core's (spec/fields/vmcs.tbl).
 */
#include "vmcs.h"

/* The bitmaps as the hypervisor fills them: primary controls, the event and guest state from RIP to CR4's shadow, exit information. */
static bool shown(int f)
{
    return f == PN_F_PROC_CTL || (f >= PN_F_ENTRY_INFO && f <= PN_F_CR4_SHADOW) ||
           (f >= PN_F_EXIT_REASON && f <= PN_F_GUEST_PHYSICAL);
}

void pn_hw_open_shadow(void)
{
    struct model_nested *m = model_nested();

    NESTED_REQUIRE(current, m->current == PN_VMCS01 && !m->in_shadow);
    m->in_shadow = true;
    m->loads++;
}

void pn_hw_close_shadow(void)
{
    struct model_nested *m = model_nested();

    NESTED_REQUIRE(current, m->in_shadow);
    m->in_shadow = false;
    m->loads++;
}

uint64_t pn_hw_read_shadow(enum pn_field f)
{
    struct model_nested *m = model_nested();

    NESTED_REQUIRE(field, shown((int)f));
    NESTED_REQUIRE(current, m->in_shadow);
    m->shadow_reads++;
    return m->shadow[f];
}

void pn_hw_write_shadow(enum pn_field f, uint64_t value)
{
    struct model_nested *m = model_nested();

    NESTED_REQUIRE(field, shown((int)f));
    NESTED_REQUIRE(fits, model_fits((int)f, value));
    NESTED_REQUIRE(current, m->in_shadow);
    NESTED_REQUIRE(differs, value != m->shadow[f]);
    m->shadow[f] = value;
    m->shadow_writes++;
}
