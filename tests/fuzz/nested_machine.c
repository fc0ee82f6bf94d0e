/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The machine of a run: the processor and what L1 sees of it, what L0 wants, L1's registers and memory.
 */
#include "nested.h"

#include <string.h>

static struct pn_vmx_caps hardware(unsigned int how)
{
    const struct pn_vmx_caps c = {
        .basic = 0x00da040000000012,
        .misc = 0x7004c1e7,
        .vmcs_enum = 0x2c,
        .ept_vpid = 0x00000f0106734141,
        .pin = 0x7f00000016,
        .proc = 0xfff9fffe04006172,
        .proc2 = (uint64_t)(how & 1 ? 0x001ff7ff : 0xff) << 32,
        .exit = 0x01ffffff00036dfb,
        .entry = 0x0003ffff000011fb,
        .cr0_fixed0 = 0x80000021,
        .cr0_fixed1 = 0xffffffff,
        .cr4_fixed0 = 0x2000,
        .cr4_fixed1 = 0x3727ff,
        .efer_valid = 0xd01,
        .debugctl_valid = how & 2 ? 0xdfc7 : 3,
        .address_width = how & 4 ? 40 : 36,
        .linear_width = 48,
    };

    return c;
}

static struct manual_cpu seen(const struct pn_vmx_caps *c)
{
    return (struct manual_cpu){.basic = pn_vmx_capability(c, 0x480),
                               .misc = pn_vmx_capability(c, 0x485),
                               .ept_vpid = pn_vmx_capability(c, 0x48c),
                               .pin = pn_vmx_capability(c, 0x48d),
                               .proc = pn_vmx_capability(c, 0x48e),
                               .proc2 = pn_vmx_capability(c, 0x48b),
                               .exit = pn_vmx_capability(c, 0x48f),
                               .entry = pn_vmx_capability(c, 0x490),
                               .cr0_fixed0 = pn_vmx_capability(c, 0x486),
                               .cr0_fixed1 = pn_vmx_capability(c, 0x487),
                               .cr4_fixed0 = pn_vmx_capability(c, 0x488),
                               .cr4_fixed1 = pn_vmx_capability(c, 0x489),
                               .efer_valid = c->efer_valid,
                               .debugctl_valid = c->debugctl_valid,
                               .width = c->address_width,
                               .linear = c->linear_width};
}

/* What harness/hv wants of vmcs02, more or less. */
static struct pn_l0_wants wants(unsigned int how)
{
    return (struct pn_l0_wants){.pin = 0x3e,
                                .proc = 0x9600617a,
                                .proc2 = 0xaa,
                                .exit = 0x3f6fff,
                                .entry = 0xd1ff,
                                .exception_bitmap = how & 16 ? 0x20002 : 0x24002,
                                .cr0_mask = 0x20,
                                .cr0_forced = 0x20,
                                .cr4_mask = 0x6000,
                                .cr4_forced = 0x2000,
                                .tsc_offset = 0xfffffffffffff000,
                                .msr_bitmap = 0x9000,
                                .ept_pointer = 0xa01e,
                                .eptp01 = 0xb01e,
                                .vpid02 = 2,
                                .vpid01 = 1};
}

static void l1_state(struct nested_run *r)
{
    uint64_t *f = model_nested()->vmcs01;

    f[PN_F_GUEST_CR0] = f[PN_F_CR0_SHADOW] = 0x80050033;
    f[PN_F_GUEST_CR4] = f[PN_F_CR4_SHADOW] = 0x2020;
    f[PN_F_GUEST_EFER] = r->l1_long ? 0xd01 : 0;
    f[PN_F_GUEST_PAT] = 0x0007040600070406;
    f[PN_F_GUEST_DR7] = 0x455;
    f[PN_F_GUEST_DEBUGCTL] = 2;
    f[PN_F_GUEST_RFLAGS] = 2;
    f[PN_F_GUEST_RIP] = 0x10000;
    f[PN_F_GUEST_CS_AR_BYTES] = r->l1_long ? 0xa09b : 0xc09b;
    f[PN_F_ENTRY_CTL] = r->l1_long ? 0x200 : 0;
}

/* What the hypervisor writes into vmcs02 once, when it makes it. */
static void make_vmcs02(void)
{
    uint64_t *f = model_nested()->vmcs02;

    memset(model_nested()->bitmap02, 0xff, sizeof model_nested()->bitmap02);
    f[PN_F_LINK_POINTER] = UINT64_MAX;
    for (unsigned int k = 0; k < PN_BITMAP_WORDS; k++)
        model_nested()->bitmap01[k] = k % 5 ? 0 : 0x1010101010101010u << k % 8;
}

static void memory(struct nested_run *r)
{
    static const uint32_t msrs[] = {0x10, 0x174, 0x175, 0x176, 0x277, 0xc0000080, 0xc0000081, 0xc0000102, 0x8b, 0x3a};
    struct model_nested *m = model_nested();

    m->hidden = AT_HIDDEN;
    m->hidden_end = HIDDEN_END;
    for (uint64_t a = AT_HIDDEN; a < HIDDEN_END; a += 0x1000)
        m->memory[a / 8] = 0x4c30;
    for (size_t k = 0; k < sizeof msrs / sizeof msrs[0]; k++)
        *model_msr(msrs[k]) = (struct model_msr){
            .index = msrs[k], .present = true, .readable = true, .writable = msrs[k] != 0x3a, .value = 0x1111 * k};
    for (uint64_t k = 0; k < 4; k++)
        for (uint64_t page = 0; page < 4; page++)
            *model_word(AT_TABLES + 0x20 * page + 8 * k) = (k + 1) << 12 | page << 20 | 1;
    *model_word(AT_VMXON) = r->n.caps.basic & 0x7fffffff;
    for (uint64_t k = 0; k < VMCSS; k++)
        *model_word(AT_VMCS + 0x1000 * k) = r->n.caps.basic & 0x7fffffff;
}

/* The processor, what L0 wants of it, L1 as it boots, and its memory. */
void nested_machine(struct nested_run *r, unsigned int how)
{
    const struct pn_vmx_caps c = hardware(how);

    pn_nested_init(&r->n, pn_vmx_offer(c));
    r->l1 = seen(&r->n.caps);
    r->hardware = seen(&c);
    r->l0 = wants(how);
    r->want = (struct manual_vmx){.current = MANUAL_NO_VMCS};
    memory(r);
    l1_state(r);
    make_vmcs02();
}
