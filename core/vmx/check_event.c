/* SPDX-License-Identifier: BSD-2-Clause
 * The event that L1 asks VM entry to inject: its fields agree. SDM vol. 3C 26.2.1.3; 24.8.3. */
#include "checks.h"

#include "../event/bits.h"
#include "check_address.h"

enum { OTHER_EVENT = 7, SOFT_EXCEPTION = 6, PRIV_EXCEPTION = 5, HARD_EXCEPTION = 3, NMI = 2, RESERVED_TYPE = 1 };
#define VALID 0x80000000u
#define WITH_ERROR 0x800u

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve078_not_reserved(info) && ve079_other_event(info, primary) && ve080_nmi_vector(info) &&
            ve081_exception_vector(info) && ve082_mtf_vector(info); */
static bool vector_fits_type(uint64_t info, uint64_t primary)
{
    const uint64_t vector = info % 0x100u;

    switch (info / 0x100u % 8u) {
    case RESERVED_TYPE:
        return false;
    case NMI:
        return vector == 2;
    case HARD_EXCEPTION:
        return vector <= 31;
    case OTHER_EVENT:
        return vector == 0 && pn_tstb(primary, 27 + 32);
    default:
        return true;
    }
}

/* Not the manual's: what the event core could not hold is refused before it could be lost. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> pd001_vector(info); */
static bool raised_by_hardware(uint64_t info)
{
    const uint64_t vector = info % 0x100u;

    switch (info / 0x100u % 8u) {
    case HARD_EXCEPTION:
        return vector != 2;
    case PRIV_EXCEPTION:
        return vector == 1;
    case SOFT_EXCEPTION:
        return vector == 3 || vector == 4;
    default:
        return true;
    }
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve085_with_error(vector); */
static bool normally_has_error(uint64_t vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve084_real_mode(proc, proc2, cr0); */
static bool real_mode(uint64_t proc, uint64_t proc2, uint64_t cr0)
{
    return pn_secondary_on(proc, proc2, 7) && !pn_tstb(cr0, 0);
}

/* `unprotected`: the guest will be in real mode. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve083_error_type(info) && (unprotected != 0 ==> !injected_error(info)) &&
            (!bit(basic, 56) && injected_type(info) == 3 && unprotected == 0 ==>
              (injected_error(info) <==> ve085_with_error(injected_vector(info)))); */
static bool error_bit_ok(uint64_t info, bool unprotected, uint64_t basic)
{
    const bool has_error = info / WITH_ERROR % 2u != 0;

    if (unprotected || info / 0x100u % 8u != HARD_EXCEPTION)
        return !has_error;
    return pn_tstb(basic, 56) || has_error == normally_has_error(info % 0x100u);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve089_length_limit(info, length) && ve090_length_zero(info, length, misc); */
static bool length_ok(uint64_t info, uint64_t length, uint64_t misc)
{
    const uint64_t type = info / 0x100u % 8u;

    if (type < 4 || type > 6)
        return true;
    return length <= 15 && (length != 0 || pn_tstb(misc, 30));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve087_reserved(info) && ve088_error_code(info, error); */
static bool unused_bits_ok(uint64_t info, uint64_t error)
{
    const uint64_t unused = pn_putb(info, 31, false); /* of an event that is valid: quickly decided without that bit */

    return pn_no_bits(unused, 12, 30) && (info / WITH_ERROR % 2u == 0 || error / 0x10000u == 0);
}

bool pn_entry_event_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;
    const uint64_t info = f[PN_F_ENTRY_INFO];

    if (info / VALID % 2u == 0)
        return true;
    return vector_fits_type(info, n->caps.proc) && raised_by_hardware(info) &&
           error_bit_ok(info, real_mode(f[PN_F_PROC_CTL], f[PN_F_PROC2_CTL], f[PN_F_GUEST_CR0]), n->caps.basic) &&
           unused_bits_ok(info, f[PN_F_ENTRY_ERROR]) && length_ok(info, f[PN_F_ENTRY_LENGTH], n->caps.misc);
}
