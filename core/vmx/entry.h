/* SPDX-License-Identifier: BSD-2-Clause
 * The parts of an entry: what is read of L1's memory, the verdict on the controls, the way into vmcs02. */
#ifndef PROVENEST_ENTRY_H
#define PROVENEST_ENTRY_H

#include <provenest/vmx_check.h>
#include <provenest/vmx_check_guest.h>
#include <provenest/vmx_entry.h>

/*@ logic integer pn_vtpr{L}(struct pn_nested_vmx *n) = mem64(n->vmcs12.f[PN_F_VIRTUAL_APIC] + 0x80) % 0x100;

    // SDM 4.4.1: CR3 has the address of the four PDPTEs in bits 31:5.
    logic integer pn_pdptes_at(integer cr3) = ((cr3 / 32) % 0x8000000) * 32;
*/

/* 0, or 7. The long part is left out if its verdict stands. */
/*@ requires nested: \valid(n);
    requires caps: pn_caps_ok(n->caps);
    requires stands: n->checked != 0 ==> controls_ok(n);
    terminates \true; exits \false; assigns n->checked, dev_reads;
    ensures number: \result == 0 || \result == 7;
    ensures accepts: \result == 0 <==> controls_ok(n) && vtpr_ok(n, pn_vtpr(n));
    ensures stands: n->checked != 0 <==> controls_ok(n); */
uint8_t pn_control_error(struct pn_nested_vmx *n);

/* Each word is read once; what is not looked at is 0. */
/*@ requires nested: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns dev_reads;
    ensures link: n->vmcs12.f[PN_F_LINK_POINTER] != 0xffffffffffffffff && guest_link_address_ok(n) ==>
            \result.link == mem64(n->vmcs12.f[PN_F_LINK_POINTER]);
    ensures pdptes: guest_pdptes_in_memory(n) ==> (\forall integer i; 0 <= i <= 3 ==>
            \result.pdpte[i] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8 * i)); */
struct pn_guest_memory pn_read_guest_memory(const struct pn_nested_vmx *n);

#endif
