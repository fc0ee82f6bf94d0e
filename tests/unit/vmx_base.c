/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See vmx_base.h.
 */
#include "vmx_base.h"

#include <string.h>

#define F(name) n->vmcs12.f[PN_F_##name]

static void capabilities(struct pn_nested_vmx *n)
{
    n->caps = (struct pn_vmx_caps){.basic = BIT(55) | 0x12,
                                   .misc = BIT(6) | BIT(30),
                                   .ept_vpid = 0x14141,
                                   .pin = WORD(PIN_0, PIN_1),
                                   .proc = WORD(PROC_0, PROC_1),
                                   .proc2 = WORD(0, PROC2_1),
                                   .exit = WORD(EXIT_0, EXIT_1),
                                   .entry = WORD(ENTRY_0, ENTRY_1),
                                   .cr0_fixed0 = 0x80000021,
                                   .cr0_fixed1 = 0xffffffff,
                                   .cr4_fixed0 = 0x2000,
                                   .cr4_fixed1 = 0x3727ff,
                                   .efer_valid = 0xd01,
                                   .debugctl_valid = 3,
                                   .address_width = 40,
                                   .linear_width = 48};
}

static void segments(struct pn_nested_vmx *n, enum kind kind)
{
    for (int i = 0; i < 8; i++) {
        const bool code = i == 1, system = i > 5, flat = kind == LONG || kind == PAE;

        n->vmcs12.f[PN_F_GUEST_ES_SELECTOR + i] = i == 6 ? 0 : system ? 0x28 : flat ? (code ? 8 : 0x10) : 0x1000;
        n->vmcs12.f[PN_F_GUEST_ES_BASE + i] = system || flat ? 0 : 0x10000;
        n->vmcs12.f[PN_F_GUEST_ES_LIMIT + i] = system ? 0x67 : flat ? 0xffffffff : 0xffff;
        n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i] = i == 6         ? 0x10000
                                                  : i == 7       ? 0x8b
                                                  : kind == V86  ? 0xf3
                                                  : kind == REAL ? (code ? 0x9b : 0x93)
                                                  : !code        ? 0xc093
                                                  : kind == LONG ? 0xa09b
                                                                 : 0xc09b;
    }
}

static void guest(struct pn_nested_vmx *n, enum kind kind)
{
    F(GUEST_CR0) = kind == REAL ? 0x30 : 0x80000031;
    F(GUEST_CR3) = TABLES;
    F(GUEST_CR4) = 0x2020;
    F(GUEST_EFER) = kind == LONG ? 0xd01 : 0;
    F(GUEST_PAT) = 0x0007040600070406;
    F(GUEST_DR7) = 0x400;
    F(GUEST_RFLAGS) = kind == V86 ? 0x20002 : 2;
    F(GUEST_RIP) = 0x1234;
    F(GUEST_RSP) = 0x5678;
    F(LINK_POINTER) = UINT64_MAX;
    for (unsigned int i = 0; i < 4; i++)
        n->vmcs12.f[PN_F_GUEST_PDPTR0 + i] = 0x1001u + 0x1000u * i;
    segments(n, kind);
}

static void host(struct pn_nested_vmx *n)
{
    F(HOST_CR0) = 0x80050033;
    F(HOST_CR3) = 0x1000;
    F(HOST_CR4) = 0x2020;
    F(HOST_RIP) = HIGH;
    F(HOST_EFER) = 0xd01;
    F(HOST_PAT) = 0x0007040600070406;
    F(HOST_CS_SELECTOR) = 0x10;
    F(HOST_TR_SELECTOR) = 0x40;
}

static void controls(struct pn_nested_vmx *n, enum kind kind)
{
    F(PIN_CTL) = PIN_0;
    F(PROC_CTL) = (uint32_t)PROC_0 | BIT(31);
    F(PROC2_CTL) = BIT(1) | BIT(5) | (kind == REAL ? BIT(7) : 0);
    F(EXIT_CTL) = EXIT_0 | BIT(9);
    F(ENTRY_CTL) = ENTRY_0 | BIT(2) | BIT(14) | BIT(15) | (kind == LONG ? BIT(9) : 0);
    F(VPID) = 7;
    F(EPT_POINTER) = EPTP12;
}

void vmx_base(struct pn_nested_vmx *n, enum kind kind)
{
    memset(n, 0, sizeof *n);
    capabilities(n);
    controls(n, kind);
    host(n);
    guest(n, kind);
    n->vmxon = true;
    n->vmxon_pointer = VMXON;
    n->current = CURRENT;
    n->dirty = UINT32_MAX;
}
