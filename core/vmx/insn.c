/* SPDX-License-Identifier: BSD-2-Clause
 * VMX instructions on the current VMCS, and VM entry as far as the instruction goes. SDM vol. 3C 30.3. */
#include <provenest/vmx_insn.h>

#include "fields.h"
#include "vmfail.h"

struct pn_outcome pn_vmptrst(const struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t *pointer)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    if (ready.kind == PN_VMX_SUCCEED)
        *pointer = n->current;
    return ready;
}

struct pn_outcome pn_vmread(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t encoding, uint64_t *value)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);
    int f;

    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (n->current == PN_NO_VMCS)
        return pn_vm_fail_invalid();
    f = pn_field_named(encoding);
    if (f < 0)
        return pn_vm_fail(n, 12);
    *value = encoding % 2 != 0 ? n->vmcs12.f[f] / 0x100000000 : n->vmcs12.f[f];
    return ready;
}

/* What a field is after a write to it, or to its upper half. */
/*@ requires field: 0 <= f < PN_FIELDS;
    requires halves: high != 0 ==> sdm24_width64(f);
    terminates \true; exits \false; assigns \nothing;
    ensures value: vi008_written(high, f, old, value, \result);
    ensures fits: sdm24_fits(f, \result); */
static uint64_t written(bool high, int f, uint64_t old, uint64_t value)
{
    if (high)
        return value % 0x100000000 * 0x100000000 + old % 0x100000000;
    return pn_field_narrow(f, value);
}

/*@ requires vmx: \valid(n);
    requires fits: pn_fields_fit(n);
    requires field: 0 <= f < PN_FIELDS;
    requires halves: high != 0 ==> sdm24_width64(f);
    terminates \true; exits \false; assigns n->vmcs12.f[f];
    ensures fits: pn_fields_fit(n);
    ensures value: vi008_written(high, f, \old(n->vmcs12.f[f]), value, n->vmcs12.f[f]); */
static void write_field(struct pn_nested_vmx *n, int f, bool high, uint64_t value)
{
    n->vmcs12.f[f] = written(high, f, n->vmcs12.f[f], value);
}

/*@ requires vmx: \valid(n);
    requires group: group < PN_GROUPS;
    terminates \true; exits \false; assigns n->dirty, n->checked, n->pdptrs_held;
    ensures dirty: \forall integer g; 0 <= g <= 31 ==> (bit(n->dirty, g) <==> bit(\old(n->dirty), g) || g == group);
    ensures unchecked: n->checked != 0 <==> \old(n->checked) != 0 && !vi015_rests(group);
    ensures pdptrs: n->pdptrs_held == (group == PN_GROUP_PDPTRS ? 0 : \old(n->pdptrs_held)); */
static void touch(struct pn_nested_vmx *n, unsigned group)
{
    pn_field_touched(n, group);
    if (group == PN_GROUP_PDPTRS)
        n->pdptrs_held = false;
}

struct pn_outcome pn_vmwrite(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t encoding, uint64_t value)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);
    int f;

    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (n->current == PN_NO_VMCS)
        return pn_vm_fail_invalid();
    f = pn_field_named(encoding);
    if (f < 0)
        return pn_vm_fail(n, 12);
    if (pn_field_read_only(f))
        return pn_vm_fail(n, 13);
    write_field(n, f, encoding % 2 != 0, value);
    touch(n, pn_field_group(f));
    /*@ assert words: n->current == \at(n->current, Pre) && n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre) &&
          n->vmxon_pointer == \at(n->vmxon_pointer, Pre) && n->launched == \at(n->launched, Pre) &&
          n->entry_pending == \at(n->entry_pending, Pre) && n->caps.address_width == \at(n->caps.address_width, Pre) &&
          n->caps.linear_width == \at(n->caps.linear_width, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
    return ready;
}

struct pn_outcome pn_vm_entry(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch)
{
    const struct pn_outcome enter = {.kind = PN_VMX_ENTER, .vector = 0, .error = 0};
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (n->current == PN_NO_VMCS)
        return pn_vm_fail_invalid();
    if (m.movss)
        return pn_vm_fail(n, 26);
    if (launch == n->launched)
        return pn_vm_fail(n, launch ? 4 : 5);
    return enter;
}

struct pn_outcome pn_vmcall(struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    return ready.kind == PN_VMX_SUCCEED ? pn_vm_fail(n, 1) : ready;
}
