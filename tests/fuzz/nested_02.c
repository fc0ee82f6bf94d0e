/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vmcs02 behind an accepted entry: the machine that L1 asked for, nothing of L0's given away, and a state that the
 * processor would not refuse. All of it is looked at, whatever the core thinks vmcs02 holds already.
 */
#include "nested.h"

#include <stdio.h>

#define SAME(what, a, b)                                                                                      \
    do {                                                                                                      \
        if ((a) != (b)) {                                                                                     \
            fprintf(stderr, "vmcs02: %llx, wanted %llx\n", (unsigned long long)(a), (unsigned long long)(b)); \
            nested_fail(r, "vmcs02: " what);                                                                  \
        }                                                                                                     \
    } while (0)

/* CR0.ET, NW, CD and reserved bits, which VM entry leaves alone (26.3.2.1); the core takes them from vmcs12 (core/README.md). */
#define NOT_LOADED 0x7ffaffd0ull

static void verbatim(struct nested_run *r, const uint64_t *f, const uint64_t *h)
{
    char text[60];

    for (int k = PN_G_BASIC; k < PN_G_RARE_END; k++) {
        if ((k >= PN_G_REGISTERS && k < PN_G_REGISTERS_END) || h[k] == (late_segment(k) ? r->sees[k] : f[k]))
            continue;
        snprintf(text, sizeof text, "vmcs02: field %d (%x)", k, pn_field_encoding(k));
        nested_fail(r, text);
    }
    SAME("CR3", h[PN_F_GUEST_CR3], f[PN_F_GUEST_CR3]);
    SAME("activity", h[PN_F_GUEST_ACTIVITY], f[PN_F_GUEST_ACTIVITY]);
    SAME("preemption timer", h[PN_F_PREEMPTION_TIMER], f[PN_F_PREEMPTION_TIMER]);
    SAME("TPR threshold", h[PN_F_TPR_THRESHOLD], f[PN_F_TPR_THRESHOLD]);
}

/* A control register: what L2 reads of it, what it is, and what L2 may change (24.6.6). */
static void control_register(struct nested_run *r, int guest, int mask, int shadow, uint64_t owned, uint64_t forced)
{
    const uint64_t *f = r->n.vmcs12.f, *h = model_nested()->vmcs02;
    const uint64_t reads02 = (h[guest] & ~h[mask]) | (h[shadow] & h[mask]);
    const uint64_t reads12 = (f[guest] & ~f[mask]) | (f[shadow] & f[mask]);

    SAME("what L2 reads of CR0 or CR4", reads02 & ~NOT_LOADED, reads12 & ~NOT_LOADED);
    SAME("CR0 or CR4", h[guest] & ~owned & ~NOT_LOADED, f[guest] & ~owned & ~NOT_LOADED);
    SAME("forced bits of CR0 or CR4", h[guest] & owned, forced & owned);
    SAME("a mask is L1's and L0's", h[mask], f[mask] | owned);
}

static void loaded_or_kept(struct nested_run *r, int field, unsigned int control, const uint64_t *l1)
{
    const uint64_t *f = r->n.vmcs12.f, *h = model_nested()->vmcs02;
    const bool load = manual_bit(f[PN_F_ENTRY_CTL], control);

    SAME("DR7, DEBUGCTL or PAT", h[field], load ? f[field] : l1[field]);
}

/* 26.3.2.1: LMA is the control's, LME too if paging is on. */
static void efer(struct nested_run *r, const uint64_t *l1)
{
    const uint64_t *f = r->n.vmcs12.f, *h = model_nested()->vmcs02;
    const bool is64 = manual_bit(f[PN_F_ENTRY_CTL], 9), paging = manual_bit(f[PN_F_GUEST_CR0], 31);
    const uint64_t bits = 0x400 | (paging ? 0x100 : 0);
    const uint64_t kept = is64 ? l1[PN_F_GUEST_EFER] | bits : l1[PN_F_GUEST_EFER] & ~bits;

    SAME("EFER", h[PN_F_GUEST_EFER], manual_bit(f[PN_F_ENTRY_CTL], 15) ? f[PN_F_GUEST_EFER] : kept);
}

static void pdptes(struct nested_run *r)
{
    const uint64_t *f = r->n.vmcs12.f, *h = model_nested()->vmcs02;
    const struct remembered *m = nested_current(r);

    if (!manual_pae(f))
        return;
    for (unsigned int k = 0; k < 4; k++) {
        const uint64_t in_memory = nested_memory((f[PN_F_GUEST_CR3] & 0xffffffe0) + 8ull * k);

        if (!manual_ept(f))
            SAME("a PDPTE from memory", h[PN_F_GUEST_PDPTR0 + k], in_memory);
        else if (!m || !m->open[k])
            SAME("a PDPTE from vmcs12", h[PN_F_GUEST_PDPTR0 + k], f[PN_F_GUEST_PDPTR0 + k]);
    }
}

/* Pin-based and primary controls that make exits: L1's stay, and L0's do. */
static void intercepts(struct nested_run *r)
{
    const uint64_t *f = r->n.vmcs12.f, *h = model_nested()->vmcs02;
    const uint64_t pin = 0x9, proc = 0x60d99e84; /* 2, 7, 9 to 12, 15, 16, 19, 20, 22, 23, 29, 30 */
    const bool shadow = manual_bit(f[PN_F_PROC_CTL], 21), offset = manual_bit(f[PN_F_PROC_CTL], 3);
    const uint64_t asked = manual_bit(f[PN_F_PROC_CTL], 31) ? f[PN_F_PROC2_CTL] : 0;

    if (((f[PN_F_PIN_CTL] | r->l0.pin) & pin & ~h[PN_F_PIN_CTL]) ||
        ((f[PN_F_PROC_CTL] | r->l0.proc) & proc & ~h[PN_F_PROC_CTL]))
        nested_fail(r, "vmcs02: an intercept is missing");
    if ((asked & 0x10844 & ~h[PN_F_PROC2_CTL]) || (h[PN_F_PROC2_CTL] & 0x101089 & ~asked))
        nested_fail(r, "vmcs02: secondary controls");
    if (manual_bit(h[PN_F_PROC_CTL], 21) != shadow || (!shadow && (h[PN_F_PROC_CTL] & 0x180000) != 0x180000))
        nested_fail(r, "vmcs02: L2 has the hardware's CR8");
    if (!manual_bit(h[PN_F_PROC_CTL], 24) && !manual_bit(h[PN_F_PROC_CTL], 25))
        nested_fail(r, "vmcs02: L2 has the hardware's ports");
    if (manual_bit(h[PN_F_PIN_CTL], 6) != manual_bit(f[PN_F_PIN_CTL], 6))
        nested_fail(r, "vmcs02: preemption timer");
    SAME("TSC offset", h[PN_F_TSC_OFFSET], r->l0.tsc_offset + (offset ? f[PN_F_TSC_OFFSET] : 0));
    SAME("IA-32e mode", h[PN_F_ENTRY_CTL] & 0x200, f[PN_F_ENTRY_CTL] & 0x200);
}

/* What L0 or L1 intercepts is intercepted (24.6.3), of page faults each error code. */
static void exceptions(struct nested_run *r)
{
    const uint64_t *f = r->n.vmcs12.f, *h = model_nested()->vmcs02;

    for (unsigned int v = 0; v < 32; v++)
        if (v != 14 && manual_bit(f[PN_F_EXCEPTION_BITMAP] | r->l0.exception_bitmap, v) &&
            !manual_takes_exception(h, v, 0))
            nested_fail(r, "vmcs02: an exception is not intercepted");
    for (uint32_t error = 0; error < 64; error++) {
        const bool asked = manual_takes_exception(f, 14, error) || manual_bit(r->l0.exception_bitmap, 14);

        if (asked && !manual_takes_exception(h, 14, error))
            nested_fail(r, "vmcs02: a page fault is not intercepted");
    }
}

/* An MSR that does not exit is one that neither intercepts. */
static void msr_bitmap(struct nested_run *r)
{
    const uint64_t *f = r->n.vmcs12.f;
    const struct model_nested *m = model_nested();
    const bool used = manual_bit(f[PN_F_PROC_CTL], 28);

    if (!manual_bit(m->vmcs02[PN_F_PROC_CTL], 28) || m->vmcs02[PN_F_MSR_BITMAP] != r->l0.msr_bitmap)
        nested_fail(r, "vmcs02: the MSR bitmap is not used");
    for (unsigned int k = 0; k < PN_BITMAP_WORDS; k++) {
        const uint64_t asked = used ? nested_memory(f[PN_F_MSR_BITMAP] + 8ull * k) : UINT64_MAX;

        if (~m->bitmap02[k] & (asked | m->bitmap01[k]))
            nested_fail(r, "vmcs02: an MSR is not intercepted");
    }
}

/* 28.3.3: vpid02 stands for every VPID and EPTP of L1's in turn. */
static void tags(struct nested_run *r, unsigned int flushes)
{
    const uint64_t *f = r->n.vmcs12.f;
    const uint64_t vpid = manual_secondary(f, 5) ? f[PN_F_VPID] : 0, eptp = manual_ept(f) ? f[PN_F_EPT_POINTER] : 0;
    const bool same = r->tagged && vpid && r->tag_vpid == vpid && r->tag_eptp == eptp;

    if (!same && !flushes)
        nested_fail(r, "translations of another VPID or EPTP stay");
    if (r->due && !flushes)
        nested_fail(r, "translations stay that L1's INVVPID named");
    r->due = false;
    r->tagged = true;
    r->tag_vpid = vpid;
    r->tag_eptp = eptp;
    SAME("VPID", model_nested()->vmcs02[PN_F_VPID], r->l0.vpid02);
    SAME("EPTP", model_nested()->vmcs02[PN_F_EPT_POINTER], manual_ept(f) ? r->l0.ept_pointer : r->l0.eptp01);
}

static void page_of_l1(struct nested_run *r, int field)
{
    const uint64_t p = r->n.vmcs12.f[field];

    SAME("an APIC page", model_nested()->vmcs02[field], pn_mem_is_l1s(p) ? p : MODEL_STRAY);
}

/* What the processor itself checks of vmcs02. The event comes later (vendor/model checks it), the host area is L0's. */
static void legal(struct nested_run *r)
{
    uint64_t h[PN_FIELDS];
    const char *rule, *state = NULL;

    for (int f = 0; f < PN_FIELDS; f++)
        h[f] = model_nested()->vmcs02[f];
    h[PN_F_ENTRY_INFO] = 0;
    h[PN_F_VIRTUAL_APIC] &= 0xfffffffffffff000;
    rule = manual_controls(&r->hardware, h, nested_memory);
    if (!rule)
        (void)manual_guest(&r->hardware, h, 0, nested_memory, &state);
    r->unloadable = state && late(r);
    if (rule || (state && !late(r))) {
        fprintf(stderr, "vmcs02 breaks %s\n", rule ? rule : state);
        nested_fail(r, "vmcs02 would be refused");
    }
}

void check_vmcs02(struct nested_run *r, const uint64_t *l1)
{
    const struct model_nested *m = model_nested();

    verbatim(r, r->n.vmcs12.f, m->vmcs02);
    control_register(r, PN_F_GUEST_CR0, PN_F_CR0_MASK, PN_F_CR0_SHADOW, r->l0.cr0_mask, r->l0.cr0_forced);
    control_register(r, PN_F_GUEST_CR4, PN_F_CR4_MASK, PN_F_CR4_SHADOW, r->l0.cr4_mask, r->l0.cr4_forced);
    loaded_or_kept(r, PN_F_GUEST_DR7, 2, l1);
    loaded_or_kept(r, PN_F_GUEST_DEBUGCTL, 2, l1);
    loaded_or_kept(r, PN_F_GUEST_PAT, 14, l1);
    efer(r, l1);
    pdptes(r);
    intercepts(r);
    exceptions(r);
    msr_bitmap(r);
    tags(r, m->flushes);
    page_of_l1(r, PN_F_VIRTUAL_APIC);
    page_of_l1(r, PN_F_APIC_ACCESS);
    legal(r);
}
