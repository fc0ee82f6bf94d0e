/* SPDX-License-Identifier: BSD-2-Clause
 * The parts of pn_check_guest, one a subsection of SDM vol. 3C 26.3.1. */
#ifndef PROVENEST_CHECK_GUEST_H
#define PROVENEST_CHECK_GUEST_H

#include <provenest/vmx_check_guest.h>

/*@ terminates \true; exits \false; assigns \nothing;
    ensures term: \result != 0 <==> guest_unrestricted(proc, proc2); */
bool pn_guest_unrestricted(uint64_t proc, uint64_t proc2);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures term: \result != 0 <==> guest_injects(info, type); */
bool pn_guest_injects(uint64_t info, uint64_t type);

/* 26.3.1.1: all but CR3; and CR3. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_registers_stand(n); */
bool pn_guest_registers_ok(const struct pn_nested_vmx *n);

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_cr3_ok(n); */
bool pn_guest_cr3_ok(const struct pn_nested_vmx *n);

/* 26.3.1.2. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_segments_ok(n); */
bool pn_guest_segments_ok(const struct pn_nested_vmx *n);

/* 26.3.1.3. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_tables_ok(n); */
bool pn_guest_tables_ok(const struct pn_nested_vmx *n);

/* 26.3.1.4. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_rip_ok(n) && guest_rflags_ok(n); */
bool pn_guest_pointers_ok(const struct pn_nested_vmx *n);

/* 26.3.1.5, but for the two checks with exit qualifications of their own. */
/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_state_ok(n); */
bool pn_guest_state_ok(const struct pn_nested_vmx *n);

/* 26.3.1.5, the VMCS link pointer. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_link_ok(n, word); */
bool pn_guest_link_ok(const struct pn_nested_vmx *n, uint64_t word);

/* 26.3.1.6. */
/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_pdptes_ok(n, m); */
bool pn_guest_pdptes_ok(const struct pn_nested_vmx *n, struct pn_guest_memory m);

#endif
