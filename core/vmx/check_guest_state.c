/* SPDX-License-Identifier: BSD-2-Clause
 * The guest's non-register state. SDM vol. 3C 26.3.1.5. */
#include "check_guest.h"

#include "../event/bits.h"
#include "check_address.h"

enum { ACTIVE = 0, HLT = 1, SHUTDOWN = 2, WAIT_FOR_SIPI = 3 };

/* Interruption types. */
enum { INTERRUPT = 0, NMI = 2, EXCEPTION = 3, OTHER = 7 };

/* Bits of the interruptibility state, the pending debug exceptions, IA32_DEBUGCTL, RFLAGS, and of controls. */
enum { BY_STI = 0, BY_MOVSS = 1, BY_SMI = 2, BY_NMI = 3, ENCLAVE = 4, BLOCKING_RESERVED = 5 };
enum { BUS_LOCK = 11, ENABLED = 12, BS = 14, RTM = 16, DEBUG_RESERVED = 17 };
enum { BTF = 1, DEBUGCTL_BUS_LOCK = 2, DEBUGCTL_RTM = 15 };
enum { TF = 8, RFLAGS_IF = 9 };
enum { VIRTUAL_NMIS = 5, ACTIVATE_SECONDARY = 31, SHADOWING = 14 };
#define VALID 0x80000000u

/*@ terminates \true; exits \false; assigns \nothing;
    ensures term: \result != 0 <==> guest_blocked(blocking); */
static bool blocked(uint64_t blocking)
{
    return pn_tstb(blocking, BY_STI) || pn_tstb(blocking, BY_MOVSS);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve217_activity(misc, activity); */
static bool supported(uint64_t misc, uint64_t activity)
{
    switch (activity) {
    case ACTIVE:
        return true;
    case HLT:
        return pn_tstb(misc, 6);
    case SHUTDOWN:
        return pn_tstb(misc, 7);
    case WAIT_FOR_SIPI:
        return pn_tstb(misc, 8);
    default:
        return false;
    }
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures event: \result != 0 <==> guest_injects(info, 3) && info % 256 == vector; */
static bool raises(uint64_t info, uint64_t vector)
{
    return pn_guest_injects(info, EXCEPTION) && info % 256 == vector;
}

/* The event wakes the processor from HLT. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures event: \result != 0 <==> guest_injects(info, 0) || guest_injects(info, 2) ||
            (guest_injects(info, 3) && (info % 256 == 1 || info % 256 == 18)) ||
            (guest_injects(info, 7) && info % 256 == 0); */
static bool wakes(uint64_t info)
{
    return pn_guest_injects(info, INTERRUPT) || pn_guest_injects(info, NMI) || raises(info, 1) || raises(info, 18) ||
           (pn_guest_injects(info, OTHER) && info % 256 == 0);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve220_hlt_event(activity, info) && ve221_shutdown_event(activity, info) &&
            ve222_sipi_event(activity, info); */
static bool event_ok(uint64_t activity, uint64_t info)
{
    if (info / VALID % 2 == 0)
        return true;
    if (activity == HLT)
        return wakes(info);
    if (activity == SHUTDOWN)
        return pn_guest_injects(info, NMI) || raises(info, 18);
    return activity != WAIT_FOR_SIPI;
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_activity_ok(n); */
static bool activity_ok(const struct pn_nested_vmx *n)
{
    const uint64_t activity = n->vmcs12.f[PN_F_GUEST_ACTIVITY];

    return supported(n->caps.misc, activity) &&
           (activity != HLT || n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES] / 32 % 4 == 0) &&
           (activity == ACTIVE || !blocked(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY])) &&
           event_ok(activity, n->vmcs12.f[PN_F_ENTRY_INFO]);
}

/* The interruptibility state by itself; SMI and enclave bits are 0: L2 is never in SMM, SGX is not offered. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve224_blocking_reserved(blocking) && ve225_not_both(blocking) &&
            ve226_sti_if(blocking, rflags) && ve230_smi(blocking) && ve233_enclave(0, blocking); */
static bool blocking_alone(uint64_t blocking, uint64_t rflags)
{
    return pn_fits_width(blocking, BLOCKING_RESERVED) && !pn_tstb(blocking, BY_SMI) && !pn_tstb(blocking, ENCLAVE) &&
           (!pn_tstb(blocking, BY_STI) || (!pn_tstb(blocking, BY_MOVSS) && pn_tstb(rflags, RFLAGS_IF)));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve227_interrupt_blocked(info, blocking) && ve228_nmi_movss(info, blocking) &&
            ve232_nmi_nmi(pin, info, blocking); */
static bool blocking_event(uint64_t pin, uint64_t info, uint64_t blocking)
{
    if (pn_guest_injects(info, INTERRUPT))
        return !blocked(blocking);
    return !pn_guest_injects(info, NMI) ||
           (!pn_tstb(blocking, BY_MOVSS) && (!pn_tstb(pin, VIRTUAL_NMIS) || !pn_tstb(blocking, BY_NMI)));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve235_debug_reserved(valid, pending); */
static bool debug_reserved(uint64_t valid, uint64_t pending)
{
    return pending / 16 % 128 == 0 && !pn_tstb(pending, 13) && !pn_tstb(pending, 15) &&
           pn_fits_width(pending, DEBUG_RESERVED) && (!pn_tstb(pending, BUS_LOCK) || pn_tstb(valid, DEBUGCTL_BUS_LOCK));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==>
            ve236_step_is_pending(blocking, activity, rflags, debugctl, pending) &&
            ve237_no_step_is_pending(blocking, activity, rflags, debugctl, pending); */
static bool debug_step(uint64_t blocking, uint64_t activity, uint64_t rflags, uint64_t debugctl, uint64_t pending)
{
    if (!blocked(blocking) && activity != HLT)
        return true;
    return pn_tstb(pending, BS) == (pn_tstb(rflags, TF) && !pn_tstb(debugctl, BTF));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve238_rtm_alone(pending) && ve239_rtm_supported(valid, pending) &&
            ve240_rtm_movss(blocking, pending); */
static bool debug_rtm(uint64_t valid, uint64_t blocking, uint64_t pending)
{
    if (!pn_tstb(pending, RTM))
        return true;
    return pending % 0x1000 == 0 && pending / 0x2000 % 8 == 0 && pn_fits_width(pending, DEBUG_RESERVED) &&
           pn_tstb(pending, ENABLED) && pn_tstb(valid, DEBUGCTL_RTM) && !pn_tstb(blocking, BY_MOVSS);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_pending_debug_ok(n); */
static bool pending_debug_ok(const struct pn_nested_vmx *n)
{
    const uint64_t blocking = n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY];
    const uint64_t pending = n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG];

    return debug_reserved(n->caps.debugctl_valid, pending) &&
           debug_step(blocking, n->vmcs12.f[PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_GUEST_RFLAGS],
                      n->vmcs12.f[PN_F_GUEST_DEBUGCTL], pending) &&
           debug_rtm(n->caps.debugctl_valid, blocking, pending);
}

bool pn_guest_state_ok(const struct pn_nested_vmx *n)
{
    const uint64_t blocking = n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY];

    if (n->vmcs12.f[PN_F_GUEST_ACTIVITY] == ACTIVE && blocking == 0 && n->vmcs12.f[PN_F_GUEST_PENDING_DEBUG] == 0)
        return true; /* nearly always; no rule forbids it */
    return activity_ok(n) && blocking_alone(blocking, n->vmcs12.f[PN_F_GUEST_RFLAGS]) &&
           blocking_event(n->vmcs12.f[PN_F_PIN_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], blocking) && pending_debug_ok(n);
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_link_address_ok(n); */
static bool link_address_ok(const struct pn_nested_vmx *n)
{
    const uint64_t link = n->vmcs12.f[PN_F_LINK_POINTER];

    return pn_is_page(link, n->caps.address_width) && (!pn_tstb(n->caps.basic, 48) || pn_fits_width(link, 32));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve244_link_shadow(proc, proc2, word); */
static bool link_shadow_ok(uint64_t proc, uint64_t proc2, uint64_t word)
{
    return pn_tstb(word, 31) == (pn_tstb(proc, ACTIVATE_SECONDARY) && pn_tstb(proc2, SHADOWING));
}

bool pn_link_wanted(const struct pn_nested_vmx *n)
{
    return n->vmcs12.f[PN_F_LINK_POINTER] != 0xffffffffffffffffu && link_address_ok(n);
}

bool pn_guest_link_ok(const struct pn_nested_vmx *n, uint64_t word)
{
    if (n->vmcs12.f[PN_F_LINK_POINTER] == 0xffffffffffffffffu)
        return true;
    return link_address_ok(n) && word % 0x80000000 == n->caps.basic % 0x80000000 &&
           link_shadow_ok(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], word) &&
           n->vmcs12.f[PN_F_LINK_POINTER] != n->current;
}
