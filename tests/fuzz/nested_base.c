/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VMCSs that every check lets pass, by VMXON, VMCLEAR, VMPTRLD and VMWRITE as L1 would do it: what edits start from.
 */
#include "nested.h"

static bool in64(const struct nested_run *r)
{
    return r->base == B_LONG;
}

static void host(struct nested_run *r)
{
    static const uint64_t selectors[7] = {0x10, 0x18, 0x10, 0x10, 0, 0, 0x28};

    for (int k = 0; k < 7; k++)
        l1_set(r, PN_F_HOST_ES_SELECTOR + k, selectors[k]);
    l1_set(r, PN_F_HOST_CR0, 0x80050033);
    l1_set(r, PN_F_HOST_CR3, AT_TABLES);
    l1_set(r, PN_F_HOST_CR4, 0x2020);
    l1_set(r, PN_F_HOST_RIP, r->l1_long ? 0xffff800000001000 : 0x401000);
    l1_set(r, PN_F_HOST_RSP, 0x9000);
    l1_set(r, PN_F_HOST_EFER, r->l1_long ? 0xd01 : 0);
    l1_set(r, PN_F_HOST_PAT, 0x0007040600070406);
}

static void segments(struct nested_run *r)
{
    const bool real = r->base == B_REAL, v86 = r->base == B_V86;

    for (int k = 0; k < 6; k++) {
        const uint64_t code = in64(r) ? 0xa09b : 0xc09b, selector = k == 1 ? 8 : 0x10;

        l1_set(r, PN_F_GUEST_ES_SELECTOR + k, real || v86 ? 0x1000 : selector);
        l1_set(r, PN_F_GUEST_ES_BASE + k, real || v86 ? 0x10000 : 0);
        l1_set(r, PN_F_GUEST_ES_LIMIT + k, real || v86 ? 0xffff : 0xffffffff);
        l1_set(r, PN_F_GUEST_ES_AR_BYTES + k, v86 ? 0xf3 : real ? (k == 1 ? 0x9b : 0x93) : k == 1 ? code : 0xc093);
    }
    l1_set(r, PN_F_GUEST_LDTR_AR_BYTES, 0x10000);
    l1_set(r, PN_F_GUEST_TR_SELECTOR, 0x28);
    l1_set(r, PN_F_GUEST_TR_LIMIT, 0x67);
    l1_set(r, PN_F_GUEST_TR_AR_BYTES, 0x8b);
}

static void guest(struct nested_run *r)
{
    const bool unpaged = r->base == B_REAL || r->base == B_PROTECTED;

    l1_set(r, PN_F_GUEST_CR0, unpaged ? (r->base == B_REAL ? 0x30 : 0x31) : 0x80000031);
    l1_set(r, PN_F_GUEST_CR3, AT_TABLES + 0x20);
    l1_set(r, PN_F_GUEST_CR4, 0x2020);
    l1_set(r, PN_F_GUEST_EFER, in64(r) ? 0xd01 : 0);
    l1_set(r, PN_F_GUEST_PAT, 0x0007040600070406);
    l1_set(r, PN_F_GUEST_DR7, 0x400);
    l1_set(r, PN_F_GUEST_DEBUGCTL, 0);
    l1_set(r, PN_F_GUEST_RFLAGS, r->base == B_V86 ? 0x20002 : 2);
    l1_set(r, PN_F_GUEST_RIP, 0x1234);
    l1_set(r, PN_F_GUEST_RSP, 0x5678);
    l1_set(r, PN_F_GUEST_INTERRUPTIBILITY, 0);
    l1_set(r, PN_F_GUEST_ACTIVITY, 0);
    l1_set(r, PN_F_GUEST_PENDING_DEBUG, 0);
    l1_set(r, PN_F_LINK_POINTER, UINT64_MAX);
    for (unsigned int k = 0; k < 4; k++)
        l1_set(r, PN_F_GUEST_PDPTR0 + (int)k, 0x1001 + 0x1000 * k);
}

static void controls(struct nested_run *r)
{
    const bool unrestricted = r->base == B_LONG || r->base == B_REAL || r->base == B_PROTECTED;
    const uint64_t ept = r->base == B_PAE_NO_EPT ? 0 : 2, proc2 = ept | 0x20 | (unrestricted ? 0x80 : 0);

    for (int f = PN_G_CONTROLS; f < PN_G_EVENT_END; f++)
        l1_set(r, f, 0);
    l1_set(r, PN_F_PIN_CTL, (r->l1.pin & 0xffffffff) | 0x28);
    l1_set(r, PN_F_PROC_CTL, (r->l1.proc & 0xffffffff) | 0x90000000);
    l1_set(r, PN_F_PROC2_CTL, proc2);
    l1_set(r, PN_F_EXIT_CTL, (r->l1.exit & 0xffffffff) | 0x3c0004 | (r->l1_long ? 0x200 : 0));
    l1_set(r, PN_F_ENTRY_CTL, (r->l1.entry & 0xffffffff) | 0xc004 | (in64(r) ? 0x200 : 0));
    l1_set(r, PN_F_VPID, 7);
    l1_set(r, PN_F_EPT_POINTER, 0x801e);
    l1_set(r, PN_F_MSR_BITMAP, AT_BITMAPS);
    l1_set(r, PN_F_IO_BITMAP_A, AT_BITMAPS + 0x1000);
    l1_set(r, PN_F_IO_BITMAP_B, AT_BITMAPS + 0x2000);
    l1_set(r, PN_F_VIRTUAL_APIC, AT_APIC);
    l1_set(r, PN_F_APIC_ACCESS, AT_APIC + 0x1000);
    l1_set(r, PN_F_EXIT_STORE_ADDR, AT_LISTS);
    l1_set(r, PN_F_EXIT_LOAD_ADDR, AT_LISTS + 0x1000);
    l1_set(r, PN_F_ENTRY_LOAD_ADDR, AT_LISTS + 0x2000);
}

/* In VMX operation with a current VMCS, and that filled. */
void l1_base(struct nested_run *r)
{
    const uint64_t pointer = r->want.current == MANUAL_NO_VMCS ? AT_VMCS : r->want.current;

    shadow_take(r);
    r->call = "VMXON and VMPTRLD of a base";
    if (!r->want.vmxon) {
        *model_word(AT_VMXON) = r->l1.basic & 0x7fffffff;
        model_nested_round();
        if (pn_vmxon(&r->n, r->mode, AT_VMXON).kind != PN_VMX_SUCCEED)
            nested_fail(r, "VMXON fails");
        r->want.vmxon = true;
        r->want.vmxon_pointer = AT_VMXON;
    }
    if (r->want.current == MANUAL_NO_VMCS && pointer != r->want.vmxon_pointer) {
        *model_word(pointer) = r->l1.basic & 0x7fffffff;
        model_nested_round();
        if (pn_vmptrld(&r->n, r->mode, pointer).kind != PN_VMX_SUCCEED)
            nested_fail(r, "VMPTRLD fails");
        r->want.current = pointer;
        r->want.launched = r->n.launched;
        for (int f = 0; f < PN_FIELDS && nested_current(r); f++)
            nested_current(r)->field[f] = r->n.vmcs12.f[f];
    }
    if (r->want.current == MANUAL_NO_VMCS)
        return;
    shadow_fill(r);
    controls(r);
    host(r);
    segments(r);
    guest(r);
    for (int f = PN_F_CR0_MASK; f <= PN_F_CR4_SHADOW; f++)
        l1_set(r, f, 0);
    nested_sound(r);
}
