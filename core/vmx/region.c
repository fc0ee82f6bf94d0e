/* SPDX-License-Identifier: BSD-2-Clause
 * Into VMX operation and out of it; VMCSs between their regions in L1's memory and the virtual CPU. SDM vol. 3C 24.1, 24.2,
 * 24.11, 30.3. L1 can write to a region at any time, so each word is read once, and cut to the field's width. */
#include <provenest/vmx_insn.h>

#include "../event/bits.h"
#include "../hw/memory.h"
#include "check_address.h"
#include "fields.h"
#include "vmfail.h"

/*@ terminates \true; exits \false; assigns \nothing;
    ensures all: vi013_all_dirty(\result); */
static uint32_t all_groups(void)
{
    uint32_t word = 0;

    /*@ loop invariant range: 0 <= g <= PN_DIRTY_BITS;
        loop invariant marked: \forall integer k; 0 <= k < g ==> bit(word, k);
        loop assigns g, word;
        loop variant PN_DIRTY_BITS - g; */
    for (unsigned g = 0; g < PN_DIRTY_BITS; g++)
        word = (uint32_t)pn_putb(word, g, true);
    return word;
}

/*@ requires vmx: \valid(n);
    terminates \true; exits \false; assigns n->vmcs12.f[0 .. PN_FIELDS - 1];
    ensures fits: pn_fields_fit(n); */
static void empty_fields(struct pn_nested_vmx *n)
{
    /*@ loop invariant range: 0 <= f <= PN_FIELDS;
        loop invariant fits: \forall integer i; 0 <= i < f ==> sdm24_fits(i, n->vmcs12.f[i]);
        loop assigns f, n->vmcs12.f[0 .. PN_FIELDS - 1];
        loop variant PN_FIELDS - f; */
    for (int f = 0; f < PN_FIELDS; f++)
        n->vmcs12.f[f] = 0;
}

void pn_nested_init(struct pn_nested_vmx *n, struct pn_vmx_caps caps)
{
    n->caps = caps;
    n->vmxon_pointer = 0;
    n->current = PN_NO_VMCS;
    n->dirty = all_groups();
    n->vmxon = false;
    n->launched = false;
    n->l2 = false;
    n->entry_pending = false;
    n->checked = false;
    n->pdptrs_held = false;
    empty_fields(n);
}

/* The current VMCS to its region: launch state and fields, each word once. Revision and abort indicator stay. */
/*@ requires vmx: \valid_read(n);
    requires page: page_aligned(region);
    terminates \true; exits \false; assigns dev_memory, dev_writes;
    ensures launch_state: region_holds_launch(region, launched);
    ensures fields: region_holds_fields{Post, Pre}(n, region);
    ensures once: written_words{Pre, Post}(region, 1, 2 + PN_FIELDS); */
static void store_region(const struct pn_nested_vmx *n, uint64_t region, bool launched)
{
    pn_mem_write(region + 8, launched ? 1 : 0);
    pn_mem_write_words(region + 16, n->vmcs12.f, PN_FIELDS);
}

/* What L1's memory has above a field's width is not the field's. Unrolled, the widths are constants. */
/*@ requires vmx: \valid(n);
    terminates \true; exits \false; assigns n->vmcs12.f[0 .. PN_FIELDS - 1];
    ensures cut: \forall integer i; 0 <= i < PN_FIELDS ==> vi007_narrow(i, \old(n->vmcs12.f[i]), n->vmcs12.f[i]);
    ensures fits: pn_fields_fit(n); */
static void cut_fields(struct pn_nested_vmx *n)
{
#pragma GCC unroll 128
    /*@ loop invariant range: 0 <= f <= PN_FIELDS;
        loop invariant cut: \forall integer i; 0 <= i < f ==>
                       vi007_narrow(i, \at(n->vmcs12.f[i], Pre), n->vmcs12.f[i]) && sdm24_fits(i, n->vmcs12.f[i]);
        loop invariant later: \forall integer i; f <= i < PN_FIELDS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre);
        loop assigns f, n->vmcs12.f[0 .. PN_FIELDS - 1];
        loop variant PN_FIELDS - f; */
    for (int f = 0; f < PN_FIELDS; f++)
        n->vmcs12.f[f] = pn_field_narrow(f, n->vmcs12.f[f]);
}

/* A region's VMCS becomes the current one. */
/*@ requires vmx: \valid(n);
    requires page: page_aligned(region);
    requires unread: \forall integer a; region < a < region + 0x1000 ==> n_reads(a) == 0;
    terminates \true; exits \false;
    assigns n->current, n->launched, n->checked, n->dirty, n->pdptrs_held, n->vmcs12.f[0 .. PN_FIELDS - 1], dev_reads;
    ensures current: n->current == region;
    ensures fields: fields_of_region(n, region);
    ensures fits: pn_fields_fit(n);
    ensures launch_state: n->launched != 0 <==> mem64(region + 8) == 1;
    ensures nothing_known: vi013_all_dirty(n->dirty) && n->checked == 0 && n->pdptrs_held == 0; */
static void load_region(struct pn_nested_vmx *n, uint64_t region)
{
    n->current = region;
    n->launched = pn_mem_read(region + 8) == 1;
    n->checked = false;
    n->dirty = all_groups();
    n->pdptrs_held = false;
    pn_mem_read_words(region + 16, n->vmcs12.f, PN_FIELDS);
    cut_fields(n);
}

/* Another VMCS becomes the current one; the one that was is left. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->vmxon != 0 && n->l2 == 0;
    requires page: page_aligned(region);
    requires other: region != n->current && region != n->vmxon_pointer;
    requires unread: \forall integer a; region < a < region + 0x1000 ==> n_reads(a) == 0;
    terminates \true; exits \false;
    assigns n->current, n->launched, n->checked, n->dirty, n->pdptrs_held, n->vmcs12.f[0 .. PN_FIELDS - 1], dev_memory,
            dev_writes, dev_reads;
    ensures inv: pn_nested_inv(n);
    ensures current: n->current == region;
    ensures fields: fields_of_region(n, region);
    ensures launch_state: n->launched != 0 <==> mem64(region + 8) == 1;
    ensures nothing_known: vi013_all_dirty(n->dirty) && n->checked == 0 && n->pdptrs_held == 0;
    ensures left: \old(n->current) != PN_NO_VMCS ==> region_holds_launch(\old(n->current), \old(n->launched)) &&
            region_holds_fields{Post, Pre}(n, \old(n->current));
    ensures once: \old(n->current) != PN_NO_VMCS ==> written_words{Pre, Post}(\old(n->current), 1, 2 + PN_FIELDS);
    ensures none_left: \old(n->current) == PN_NO_VMCS ==> same_memory{Pre, Post}; */
static void switch_region(struct pn_nested_vmx *n, uint64_t region)
{
    if (n->current != PN_NO_VMCS)
        store_region(n, n->current, n->launched);
    load_region(n, region);
}

/* Bits 31:0 of a region's first word are what 24.2 wants there; the reading of the region begins. */
/*@ requires vmx: \valid_read(n);
    requires page: page_aligned(region);
    terminates \true; exits \false; assigns dev_reads;
    ensures value: \result != 0 <==> vi004_revision(mem64(region), n->caps.basic);
    ensures others: \forall integer a; a != region ==> n_reads(a) == 0; */
static bool has_revision(const struct pn_nested_vmx *n, uint64_t region)
{
    pn_mem_snapshot();
    return pn_mem_read(region) % 0x100000000 == n->caps.basic % 0x80000000;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> vi002_fixed(word, fixed0, fixed1); */
static bool fixed_bits_ok(uint64_t word, uint64_t fixed0, uint64_t fixed1)
{
    /* NOLINTNEXTLINE(readability-suspicious-call-argument) */
    return pn_bits_within(fixed0, word) && pn_bits_within(word, fixed1);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> vmxon_refused(n->caps, m); */
static bool refuses_vmxon(const struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    return m.cpl > 0 || !pn_tstb(m.feature_control, 0) || !pn_tstb(m.feature_control, 2) ||
           !fixed_bits_ok(m.cr0, n->caps.cr0_fixed0, n->caps.cr0_fixed1) ||
           !fixed_bits_ok(m.cr4, n->caps.cr4_fixed0, n->caps.cr4_fixed1);
}

struct pn_outcome pn_vmxon_ready(struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    if (!pn_tstb(m.cr0, 0) || !pn_tstb(m.cr4, 13) || pn_tstb(m.rflags, 17) || (m.long_mode && !m.cs_long))
        return pn_vm_fault(6);
    if (!n->vmxon)
        return refuses_vmxon(n, m) ? pn_vm_fault(13) : pn_vm_succeed();
    return m.cpl > 0 ? pn_vm_fault(13) : pn_vm_fail(n, 15);
}

/* Outside VMX operation there is no current VMCS already. */
/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires outside: n->vmxon == 0;
    requires page: page_aligned(pointer);
    terminates \true; exits \false; assigns n->vmxon, n->vmxon_pointer;
    ensures inv: pn_nested_inv(n);
    ensures in_operation: n->vmxon != 0 && n->vmxon_pointer == pointer && n->current == PN_NO_VMCS; */
static void enter_operation(struct pn_nested_vmx *n, uint64_t pointer)
{
    n->vmxon = true;
    n->vmxon_pointer = pointer;
}

struct pn_outcome pn_vmxon(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer)
{
    const struct pn_outcome ready = pn_vmxon_ready(n, m);

    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (!pn_is_page(pointer, n->caps.address_width) || !has_revision(n, pointer))
        return pn_vm_fail_invalid();
    enter_operation(n, pointer);
    return ready;
}

struct pn_outcome pn_vmxoff(struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (n->current != PN_NO_VMCS)
        store_region(n, n->current, n->launched);
    n->vmxon = false;
    n->current = PN_NO_VMCS;
    n->launched = false;
    n->checked = false;
    return ready;
}

struct pn_outcome pn_vmclear(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (!pn_is_page(pointer, n->caps.address_width))
        return pn_vm_fail(n, 2);
    if (pointer == n->vmxon_pointer)
        return pn_vm_fail(n, 3);
    if (pointer != n->current) {
        pn_mem_write(pointer + 8, 0);
        return ready;
    }
    store_region(n, pointer, false);
    n->current = PN_NO_VMCS;
    n->launched = false;
    n->checked = false;
    return ready;
}

struct pn_outcome pn_vmptrld(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t pointer)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (!pn_is_page(pointer, n->caps.address_width))
        return pn_vm_fail(n, 9);
    if (pointer == n->vmxon_pointer)
        return pn_vm_fail(n, 10);
    if (!has_revision(n, pointer))
        return pn_vm_fail(n, 11);
    if (pointer == n->current)
        return ready;
    switch_region(n, pointer);
    return ready;
}
