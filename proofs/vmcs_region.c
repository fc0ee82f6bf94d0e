/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A VMCS that is left and loaded again. Proof only; never compiled into anything.
 *
 * CLAIM: if the region lies in L1's memory, and nobody writes to it meanwhile, then after VMCLEAR and VMPTRLD of the current
 * VMCS each field is what it was, the launch state is clear, and the VMCS is current again. And what VMWRITE has written,
 * VMREAD reads.
 * UNPROVED: the same of a VMCS that VMPTRLD of another one or VMXOFF leaves (the same functions do it).
 */
#include <provenest/vmx_insn.h>

/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    requires may: permitted(n->vmxon, m);
    requires current: n->current != PN_NO_VMCS && vi003_pointer(n->current, n->caps.address_width);
    requires revision: vi004_revision(mem64(n->current), n->caps.basic);
    requires memory: \forall integer a; n->current <= a < n->current + 0x1000 ==> l1s(a);
    terminates \true; exits \false;
    assigns n->current, n->launched, n->checked, n->dirty, n->pdptrs_held, n->vmcs12.f[0 .. PN_FIELDS - 1], dev_memory,
            dev_writes, dev_reads;
    ensures current: succeeded(\result) && n->current == \old(n->current) && n->launched == 0;
    ensures fields: \forall integer i; 0 <= i < PN_FIELDS ==> n->vmcs12.f[i] == \old(n->vmcs12.f[i]); */
struct pn_outcome pn_vmcs_there_and_back(struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    const uint64_t region = n->current;
    struct pn_outcome o;

    pn_vmclear(n, m, region);
    /*@ assert cleared: n->current == PN_NO_VMCS; */
    /*@ assert held: region_holds_fields{Here, Pre}(n, region); */
    /*@ assert stored: \forall integer i; 0 <= i < PN_FIELDS ==>
               mem64(region + 16 + 8 * i) == \at(n->vmcs12.f[i], Pre); */
    o = pn_vmptrld(n, m, region);
    /*@ assert success: succeeded(o); */
    /*@ assert came: fields_of_region(n, region); */
    /*@ assert kept: \forall integer i; 0 <= i < PN_FIELDS ==>
               mem64(region + 16 + 8 * i) == \at(n->vmcs12.f[i], Pre); */
    /*@ assert loaded: \forall integer i; 0 <= i < PN_FIELDS ==>
               vi007_narrow(i, \at(n->vmcs12.f[i], Pre), n->vmcs12.f[i]); */
    /*@ assert fitted: \forall integer i; 0 <= i < PN_FIELDS ==> sdm24_fits(i, \at(n->vmcs12.f[i], Pre)); */
    return o;
}

/*@ requires vmx: \valid(n);
    requires inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    requires may: permitted(n->vmxon, m) && n->current != PN_NO_VMCS;
    requires field: 0 <= f < PN_FIELDS && !vi006_read_only(f);
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->checked, n->pdptrs_held;
    ensures same: vi007_narrow(f, value, \result); */
uint64_t pn_written_is_read(struct pn_nested_vmx *n, struct pn_l1_mode m, int f, uint64_t value)
{
    const uint64_t encoding = pn_field_encoding(f);
    uint64_t out = 0;

    /*@ assert even: encoding % 2 == 0; */
    /*@ assert names: vi005_names(encoding, f); */
    pn_vmwrite(n, m, encoding, value);
    /*@ assert written: vi007_narrow(f, value, n->vmcs12.f[f]); */
    pn_vmread(n, m, encoding, &out);
    /*@ assert read: out == n->vmcs12.f[f]; */
    return out;
}
