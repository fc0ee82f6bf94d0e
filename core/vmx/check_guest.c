/* SPDX-License-Identifier: BSD-2-Clause
 * VM entry's verdict on the guest-state area. SDM vol. 3C 26.3.1, 26.8. */
#include "check_guest.h"

#include "../event/bits.h"

/* The exit qualifications of 26.8. */
enum { PLAIN = 0, PDPTE = 2, NMI_BEHIND_STI = 3, LINK = 4 };

enum { ACTIVATE_SECONDARY = 31, UNRESTRICTED = 7, STI = 0 };
#define VALID 0x80000000u

bool pn_guest_unrestricted(uint64_t proc, uint64_t proc2)
{
    return pn_tstb(proc, ACTIVATE_SECONDARY) && pn_tstb(proc2, UNRESTRICTED);
}

bool pn_guest_injects(uint64_t info, uint64_t type)
{
    return info / VALID % 2 == 1 && info / 256 % 8 == type;
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    requires registers: due.registers == 0 ==> guest_registers_stand(n);
    requires segments: due.segments == 0 ==> guest_segments_stand(n, n->vmcs12.f[PN_F_GUEST_RFLAGS]);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_plain_ok(n); */
static bool plain_ok(const struct pn_nested_vmx *n, struct pn_guest_due due)
{
    if (due.registers && !pn_guest_registers_ok(n))
        return false;
    if (due.segments && !(pn_guest_tables_ok(n) && pn_guest_segments_ok(n)))
        return false;
    return pn_guest_cr3_ok(n) && pn_guest_pointers_ok(n) && pn_guest_state_ok(n);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_nmi_behind_sti_ok(n); */
static bool nmi_behind_sti_ok(const struct pn_nested_vmx *n)
{
    return !pn_tstb(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], STI) ||
           !pn_guest_injects(n->vmcs12.f[PN_F_ENTRY_INFO], 2);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures is: \result.ok == ok && \result.qualification == qualification; */
static struct pn_guest_verdict verdict(bool ok, uint8_t qualification)
{
    return (struct pn_guest_verdict){.ok = ok, .qualification = qualification};
}

struct pn_guest_verdict pn_check_guest_due(const struct pn_nested_vmx *n, struct pn_guest_memory m,
                                           struct pn_guest_due due)
{
    if (!plain_ok(n, due))
        return verdict(false, PLAIN);
    if (!nmi_behind_sti_ok(n))
        return verdict(false, NMI_BEHIND_STI);
    if (!pn_guest_link_ok(n, m.link))
        return verdict(false, LINK);
    if (!pn_guest_pdptes_ok(n, m))
        return verdict(false, PDPTE);
    return verdict(true, PLAIN);
}

struct pn_guest_verdict pn_check_guest(const struct pn_nested_vmx *n, struct pn_guest_memory m)
{
    return pn_check_guest_due(n, m, (struct pn_guest_due){.registers = true, .segments = true});
}
