/* SPDX-License-Identifier: BSD-2-Clause
 * The guest's control registers, debug registers and MSRs (SDM vol. 3C 26.3.1.1), its descriptor tables (26.3.1.3), RIP and
 * RFLAGS (26.3.1.4). */
#include "check_guest.h"

#include "../event/bits.h"
#include "check_address.h"

/* Bits of CR0, CR4, IA32_EFER, RFLAGS, the VM-entry controls and CS's access rights. */
enum { PE = 0, WP = 16, NW = 29, CD = 30, PG = 31 };
enum { PAE = 5, PCIDE = 17, CET = 23, FRED = 32 };
enum { LME = 8, LMA = 10 };
enum { RFLAGS_IF = 9, VM = 17 };
enum { LOAD_DEBUG = 2, IA32E = 9, LOAD_PAT = 14, LOAD_EFER = 15 };
enum { CS_L = 13 };

/* `word` with the bits of CR0 set that are not checked. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> (bit(word, k) || ve132_exempt(proc, proc2, k))); */
static uint64_t exempt(uint64_t proc, uint64_t proc2, uint64_t word)
{
    word = pn_putb(word, NW, true);
    word = pn_putb(word, CD, true);
    if (pn_guest_unrestricted(proc, proc2)) {
        word = pn_putb(word, PE, true);
        word = pn_putb(word, PG, true);
    }
    return word;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve132_cr0_ones(proc, proc2, fixed0, cr0); */
static bool cr0_ones(uint64_t proc, uint64_t proc2, uint64_t fixed0, uint64_t cr0)
{
    return pn_bits_within(fixed0, exempt(proc, proc2, cr0));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve133_cr0_zeros(proc, proc2, fixed1, cr0); */
static bool cr0_zeros(uint64_t proc, uint64_t proc2, uint64_t fixed1, uint64_t cr0)
{
    return pn_bits_within(cr0, exempt(proc, proc2, fixed1));
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_cr0_ok(n); */
static bool cr0_ok(const struct pn_nested_vmx *n)
{
    const uint64_t proc = n->vmcs12.f[PN_F_PROC_CTL];
    const uint64_t proc2 = n->vmcs12.f[PN_F_PROC2_CTL];
    const uint64_t cr0 = n->vmcs12.f[PN_F_GUEST_CR0];

    return cr0_ones(proc, proc2, n->caps.cr0_fixed0, cr0) && cr0_zeros(proc, proc2, n->caps.cr0_fixed1, cr0) &&
           (!pn_tstb(cr0, PG) || pn_tstb(cr0, PE)) &&
           (!pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], IA32E) || pn_tstb(cr0, PG));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==>
            ve140_ia32e_pae(entry, cr4) && ve141_pcide(entry, cr4) && ve142_fred(entry, cr4); */
static bool cr4_mode(uint64_t entry, uint64_t cr4)
{
    return pn_tstb(entry, IA32E) ? pn_tstb(cr4, PAE) : !pn_tstb(cr4, PCIDE) && !pn_tstb(cr4, FRED);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_cr4_ok(n); */
static bool cr4_ok(const struct pn_nested_vmx *n)
{
    const uint64_t cr4 = n->vmcs12.f[PN_F_GUEST_CR4];

    return pn_bits_within(n->caps.cr4_fixed0, cr4) && pn_bits_within(cr4, n->caps.cr4_fixed1) &&
           (!pn_tstb(cr4, CET) || pn_tstb(n->vmcs12.f[PN_F_GUEST_CR0], WP)) &&
           cr4_mode(n->vmcs12.f[PN_F_ENTRY_CTL], cr4);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_debug_registers_ok(n); */
static bool debug_registers_ok(const struct pn_nested_vmx *n)
{
    if (!pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], LOAD_DEBUG))
        return true;
    return pn_bits_within(n->vmcs12.f[PN_F_GUEST_DEBUGCTL], n->caps.debugctl_valid) &&
           pn_fits_width(n->vmcs12.f[PN_F_GUEST_DR7], 32);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_efer_ok(n); */
static bool efer_ok(const struct pn_nested_vmx *n)
{
    const uint64_t entry = n->vmcs12.f[PN_F_ENTRY_CTL];
    const uint64_t efer = n->vmcs12.f[PN_F_GUEST_EFER];

    if (!pn_tstb(entry, LOAD_EFER))
        return true;
    return pn_bits_within(efer, n->caps.efer_valid) && pn_tstb(efer, LMA) == pn_tstb(entry, IA32E) &&
           (!pn_tstb(n->vmcs12.f[PN_F_GUEST_CR0], PG) || pn_tstb(efer, LME) == pn_tstb(efer, LMA));
}

bool pn_guest_registers_ok(const struct pn_nested_vmx *n)
{
    return cr0_ok(n) && cr4_ok(n) && debug_registers_ok(n) && efer_ok(n) &&
           pn_is_canonical(n->vmcs12.f[PN_F_GUEST_SYSENTER_ESP], n->caps.linear_width) &&
           pn_is_canonical(n->vmcs12.f[PN_F_GUEST_SYSENTER_EIP], n->caps.linear_width) &&
           (!pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], LOAD_PAT) || pn_pat_valid(n->vmcs12.f[PN_F_GUEST_PAT]));
}

bool pn_guest_cr3_ok(const struct pn_nested_vmx *n)
{
    return pn_fits_width(n->vmcs12.f[PN_F_GUEST_CR3], n->caps.address_width);
}

bool pn_guest_tables_ok(const struct pn_nested_vmx *n)
{
    return pn_is_canonical(n->vmcs12.f[PN_F_GUEST_GDTR_BASE], n->caps.linear_width) &&
           pn_is_canonical(n->vmcs12.f[PN_F_GUEST_IDTR_BASE], n->caps.linear_width) &&
           pn_fits_width(n->vmcs12.f[PN_F_GUEST_GDTR_LIMIT], 16) &&
           pn_fits_width(n->vmcs12.f[PN_F_GUEST_IDTR_LIMIT], 16);
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_rip_ok(n); */
static bool rip_ok(const struct pn_nested_vmx *n)
{
    const uint64_t rip = n->vmcs12.f[PN_F_GUEST_RIP];

    if (pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], IA32E) && pn_tstb(n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES], CS_L))
        return pn_is_canonical(rip, (uint8_t)(n->caps.linear_width + 1));
    return pn_fits_width(rip, 32);
}

/* Bits of RFLAGS that must be 0: one mask. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> k == 3 || k == 5 || k == 15 || k >= 22); */
static uint64_t rflags_zeros(void)
{
    uint64_t zeros = pn_putb(pn_putb(pn_putb(0, 3, true), 5, true), 15, true);

    /*@ loop invariant range: 22 <= k <= 64;
        loop invariant bits: \forall integer j; 0 <= j <= 63 ==>
              (bit(zeros, j) <==> j == 3 || j == 5 || j == 15 || 22 <= j < k);
        loop assigns k, zeros;
        loop variant 64 - k; */
    for (unsigned k = 22; k <= 63; k++)
        zeros = pn_putb(zeros, k, true);
    return zeros;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve209_rflags(rflags); */
static bool rflags_reserved(uint64_t rflags)
{
    return pn_no_bits(pn_both(rflags, rflags_zeros()), 0, 63) && pn_tstb(rflags, 1);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_rflags_ok(n); */
static bool rflags_ok(const struct pn_nested_vmx *n)
{
    const uint64_t rflags = n->vmcs12.f[PN_F_GUEST_RFLAGS];

    return rflags_reserved(rflags) &&
           (!pn_tstb(rflags, VM) ||
            (!pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], IA32E) && pn_tstb(n->vmcs12.f[PN_F_GUEST_CR0], PE))) &&
           (pn_tstb(rflags, RFLAGS_IF) || !pn_guest_injects(n->vmcs12.f[PN_F_ENTRY_INFO], 0));
}

bool pn_guest_pointers_ok(const struct pn_nested_vmx *n)
{
    return rip_ok(n) && rflags_ok(n);
}
