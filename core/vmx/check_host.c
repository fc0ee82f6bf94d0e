/* SPDX-License-Identifier: BSD-2-Clause
 * The host-state area as VM entry checks it: the state that L1 will have after the next VM exit. SDM vol. 3C 26.2.2 to
 * 26.2.4. */
#include "checks.h"

#include "../event/bits.h"
#include "check_address.h"

enum { INVALID_HOST_STATE = 8 };
enum { EXIT_HOST_64 = 9, EXIT_LOAD_PAT = 19, EXIT_LOAD_EFER = 21 };
enum { ENTRY_GUEST_64 = 9 };
enum { CR0_WP = 16, CR4_PAE = 5, CR4_LA57 = 12, CR4_PCIDE = 17, CR4_CET = 23 };
enum { EFER_LME = 8, EFER_LMA = 10 };

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> host_registers_ok(n); */
static bool registers_ok(const struct pn_nested_vmx *n)
{
    const uint64_t cr0 = n->vmcs12.f[PN_F_HOST_CR0], cr4 = n->vmcs12.f[PN_F_HOST_CR4];
    const struct pn_vmx_caps *c = &n->caps;

    return pn_bits_within(c->cr0_fixed0, cr0) && pn_bits_within(cr0, c->cr0_fixed1) &&
           pn_bits_within(c->cr4_fixed0, cr4) && pn_bits_within(cr4, c->cr4_fixed1) &&
           (!pn_tstb(cr4, CR4_CET) || pn_tstb(cr0, CR0_WP)) &&
           pn_fits_width(n->vmcs12.f[PN_F_HOST_CR3], c->address_width);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve106_efer(exit, efer, valid) && ve107_efer_mode(exit, efer); */
static bool host_efer_ok(uint64_t exit, uint64_t efer, uint64_t valid)
{
    const bool host_64 = pn_tstb(exit, EXIT_HOST_64);

    if (!pn_tstb(exit, EXIT_LOAD_EFER))
        return true;
    return pn_bits_within(efer, valid) && pn_tstb(efer, EFER_LMA) == host_64 && pn_tstb(efer, EFER_LME) == host_64;
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> host_msrs_ok(n); */
static bool msrs_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;
    const uint8_t linear = n->caps.linear_width;

    return pn_is_canonical(f[PN_F_HOST_SYSENTER_ESP], linear) && pn_is_canonical(f[PN_F_HOST_SYSENTER_EIP], linear) &&
           (!pn_tstb(f[PN_F_EXIT_CTL], EXIT_LOAD_PAT) || pn_pat_valid(f[PN_F_HOST_PAT])) &&
           host_efer_ok(f[PN_F_EXIT_CTL], f[PN_F_HOST_EFER], n->caps.efer_valid);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> host_selectors_ok(n); */
static bool selectors_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;

    /*@ loop invariant range: PN_F_HOST_ES_SELECTOR <= i <= PN_F_HOST_TR_SELECTOR + 1;
        loop invariant so_far: \forall integer j; PN_F_HOST_ES_SELECTOR <= j < i ==> ve114_selector(n->vmcs12.f[j]);
        loop assigns i;
        loop variant PN_F_HOST_TR_SELECTOR + 1 - i; */
    for (unsigned i = PN_F_HOST_ES_SELECTOR; i <= PN_F_HOST_TR_SELECTOR; i++)
        if (f[i] % 8u != 0)
            return false;
    return f[PN_F_HOST_CS_SELECTOR] != 0 && f[PN_F_HOST_TR_SELECTOR] != 0 &&
           (f[PN_F_HOST_SS_SELECTOR] != 0 || pn_tstb(f[PN_F_EXIT_CTL], EXIT_HOST_64));
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> host_bases_ok(n); */
static bool bases_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;
    const uint8_t linear = n->caps.linear_width;

    return pn_is_canonical(f[PN_F_HOST_FS_BASE], linear) && pn_is_canonical(f[PN_F_HOST_GS_BASE], linear) &&
           pn_is_canonical(f[PN_F_HOST_GDTR_BASE], linear) && pn_is_canonical(f[PN_F_HOST_IDTR_BASE], linear) &&
           pn_is_canonical(f[PN_F_HOST_TR_BASE], linear);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve122_host_32(lma, exit) && ve123_guest_32(lma, entry) && ve124_host_64(lma, exit) &&
            ve125_no_64_guest(exit, entry); */
static bool modes_ok(bool lma, uint64_t exit, uint64_t entry)
{
    return pn_tstb(exit, EXIT_HOST_64) == lma && (lma || !pn_tstb(entry, ENTRY_GUEST_64));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve126_pcide(exit, cr4) && ve127_rip_32(exit, rip) && ve129_pae(exit, cr4) &&
            ve130_rip_64(exit, cr4, rip); */
static bool size_ok(uint64_t exit, uint64_t cr4, uint64_t rip)
{
    if (!pn_tstb(exit, EXIT_HOST_64))
        return !pn_tstb(cr4, CR4_PCIDE) && rip <= 0xffffffffu;
    return pn_tstb(cr4, CR4_PAE) && pn_is_canonical(rip, pn_tstb(cr4, CR4_LA57) ? 57 : 48);
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> host_area_ok(n); */
static bool area_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;

    return registers_ok(n) && msrs_ok(n) && selectors_ok(n) && bases_ok(n) &&
           size_ok(f[PN_F_EXIT_CTL], f[PN_F_HOST_CR4], f[PN_F_HOST_RIP]);
}

uint8_t pn_check_host_due(const struct pn_nested_vmx *n, bool l1_lma, bool due)
{
    if (due && !area_ok(n))
        return INVALID_HOST_STATE;
    return modes_ok(l1_lma, n->vmcs12.f[PN_F_EXIT_CTL], n->vmcs12.f[PN_F_ENTRY_CTL]) ? 0 : INVALID_HOST_STATE;
}

uint8_t pn_check_host(const struct pn_nested_vmx *n, bool l1_lma)
{
    return pn_check_host_due(n, l1_lma, true);
}
