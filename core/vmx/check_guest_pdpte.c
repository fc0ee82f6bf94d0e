/* SPDX-License-Identifier: BSD-2-Clause
 * The page-directory-pointer-table entries of a guest that uses PAE paging. SDM vol. 3C 26.3.1.6. */
#include "check_guest.h"

#include "../event/bits.h"
#include "check_address.h"

enum { PRESENT = 0, PG = 31, PAE = 5, IA32E = 9, ACTIVATE_SECONDARY = 31, ENABLE_EPT = 1 };

/*@ requires width: 1 <= width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve247_pdpte(width, pdpte); */
static bool pdpte_ok(uint8_t width, uint64_t pdpte)
{
    if (!pn_tstb(pdpte, PRESENT))
        return true;
    return pdpte / 2 % 4 == 0 && pdpte / 32 % 16 == 0 && pn_fits_width(pdpte, width);
}

/*@ requires width: 1 <= width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve247_pdptes(width, p0, p1, p2, p3); */
static bool all_ok(uint8_t width, uint64_t p0, uint64_t p1, uint64_t p2, uint64_t p3)
{
    return pdpte_ok(width, p0) && pdpte_ok(width, p1) && pdpte_ok(width, p2) && pdpte_ok(width, p3);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures term: \result != 0 <==> guest_pae(cr0, cr4, entry); */
static bool uses_pae(uint64_t cr0, uint64_t cr4, uint64_t entry)
{
    return !pn_tstb(entry, IA32E) && pn_tstb(cr0, PG) && pn_tstb(cr4, PAE);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures term: \result != 0 <==> guest_ept(proc, proc2); */
static bool uses_ept(uint64_t proc, uint64_t proc2)
{
    return pn_tstb(proc, ACTIVATE_SECONDARY) && pn_tstb(proc2, ENABLE_EPT);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures term: \result != 0 <==> guest_pdptes_in_fields(n); */
static bool in_fields(const struct pn_nested_vmx *n)
{
    return uses_pae(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_ENTRY_CTL]) &&
           uses_ept(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]);
}

bool pn_pdptes_wanted(const struct pn_nested_vmx *n)
{
    return uses_pae(n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CR4], n->vmcs12.f[PN_F_ENTRY_CTL]) &&
           !uses_ept(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]);
}

bool pn_guest_pdptes_ok(const struct pn_nested_vmx *n, struct pn_guest_memory m)
{
    if (pn_pdptes_wanted(n) && !all_ok(n->caps.address_width, m.pdpte[0], m.pdpte[1], m.pdpte[2], m.pdpte[3]))
        return false;
    return !in_fields(n) ||
           all_ok(n->caps.address_width, n->vmcs12.f[PN_F_GUEST_PDPTR0], n->vmcs12.f[PN_F_GUEST_PDPTR1],
                  n->vmcs12.f[PN_F_GUEST_PDPTR2], n->vmcs12.f[PN_F_GUEST_PDPTR3]);
}
