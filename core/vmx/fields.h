/* SPDX-License-Identifier: BSD-2-Clause
 * What VMREAD, VMWRITE and the loading of a region know of a field. SDM vol. 3C 24.11.2, vol. 3D appendix B. */
#ifndef PROVENEST_VMX_FIELDS_H
#define PROVENEST_VMX_FIELDS_H

#include <provenest/vmx_insn.h>

/* The field that an access names, or -1; the access is to its upper half if the encoding is odd. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures range: -1 <= \result < PN_FIELDS;
    ensures named: \result >= 0 ==> vi005_names(encoding, \result);
    ensures only: \forall integer i; vi005_names(encoding, i) ==> \result == i; */
int pn_field_named(uint64_t encoding);

/*@ requires field: 0 <= f < PN_FIELDS;
    terminates \true; exits \false; assigns \nothing;
    ensures value: vi007_narrow(f, value, \result);
    ensures fits: sdm24_fits(f, \result); */
uint64_t pn_field_narrow(int f, uint64_t value);

/*@ requires field: 0 <= f < PN_FIELDS;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> vi006_read_only(f); */
bool pn_field_read_only(int f);

/* The group (enum pn_group) that a field belongs to. */
/*@ requires field: 0 <= f < PN_FIELDS;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == field_group(f);
    ensures range: 0 <= \result < PN_GROUPS; */
unsigned pn_field_group(int f);

/* A field of the group may have another value: what rests on it is no longer certain. */
/*@ requires vmx: \valid(n);
    requires group: group < PN_GROUPS;
    terminates \true; exits \false; assigns n->dirty, n->checked;
    ensures dirty: \forall integer g; 0 <= g <= 31 ==> (bit(n->dirty, g) <==> bit(\old(n->dirty), g) || g == group);
    ensures unchecked: n->checked != 0 <==> \old(n->checked) != 0 && !vi015_rests(group); */
void pn_field_touched(struct pn_nested_vmx *n, unsigned group);

#endif
