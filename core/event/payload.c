/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload.h"

#include "bits.h"

/* Bits of DR6 and of the exit qualification (SDM figure 17-1, table 27-1). */
enum { B0 = 0, B1 = 1, B2 = 2, B3 = 3, BLD = 11, BD = 13, BS = 14, BT = 15, RTM = 16, DR7_GD = 13 };

/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer j; 0 <= j <= 63 ==>
            (bit(\result, j) <==> (bit(word, j) || (j == k && bit(from, j)))); */
static uint64_t add_bit(uint64_t word, uint64_t from, unsigned k)
{
    return pn_tstb(from, k) ? pn_putb(word, k, true) : word;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures taken: \forall integer j; 0 <= j <= 3 ==> (bit(\result, j) <==> bit(payload, j));
    ensures kept: \forall integer j; 4 <= j <= 63 ==> (bit(\result, j) <==> bit(dr6, j)); */
static uint64_t take_breakpoints(uint64_t dr6, uint64_t payload)
{
    dr6 = pn_putb(dr6, B0, pn_tstb(payload, B0));
    dr6 = pn_putb(dr6, B1, pn_tstb(payload, B1));
    dr6 = pn_putb(dr6, B2, pn_tstb(payload, B2));
    return pn_putb(dr6, B3, pn_tstb(payload, B3));
}

uint64_t pn_dr6_after(uint64_t dr6, uint64_t payload)
{
    dr6 = take_breakpoints(dr6, payload);
    dr6 = add_bit(dr6, payload, BD);
    dr6 = add_bit(dr6, payload, BS);
    dr6 = add_bit(dr6, payload, BT);
    dr6 = pn_putb(dr6, RTM, !pn_tstb(payload, RTM));
    return pn_putb(dr6, BLD, pn_tstb(dr6, BLD) && !pn_tstb(payload, BLD));
}

void pn_deliver_payload(struct pn_event e)
{
    if (e.has_payload && e.vector == PN_VECTOR_PF)
        pn_hw_write_cr2(e.payload);
    if (e.has_payload && e.vector == PN_VECTOR_DB)
        pn_hw_write_dr6(pn_dr6_after(pn_hw_dr6(), e.payload));
    if (e.vector == PN_VECTOR_DB)
        pn_hw_write_dr7(pn_putb(pn_hw_dr7(), DR7_GD, false));
}

bool pn_intercept_payload(struct pn_event e)
{
    if (!pn_hw_svm() || e.vector != PN_VECTOR_DB)
        return false;
    pn_deliver_payload(e);
    return e.has_payload;
}
