/* SPDX-License-Identifier: BSD-2-Clause */
#include "classify.h"

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev002_contributory(vector); */
static bool contributory(uint8_t vector)
{
    return vector == 0 || (vector >= 10 && vector <= 13) || vector == 21;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev003_page_fault(vector); */
static bool page_fault_class(uint8_t vector)
{
    return vector == 14 || vector == 20;
}

enum pn_pair pn_combine(uint8_t first, uint8_t second)
{
    const bool heavy = contributory(second) || page_fault_class(second);

    if (first == PN_VECTOR_DF)
        return heavy ? PN_PAIR_SHUTDOWN : PN_PAIR_SERIAL;
    if (contributory(first))
        return contributory(second) ? PN_PAIR_DOUBLE_FAULT : PN_PAIR_SERIAL;
    if (page_fault_class(first))
        return heavy ? PN_PAIR_DOUBLE_FAULT : PN_PAIR_SERIAL;
    return PN_PAIR_SERIAL;
}

bool pn_pushes_error(uint8_t type, uint8_t vector, bool pe)
{
    if (type != PN_TYPE_HARD_EXCEPTION || !pe)
        return false;
    return vector == PN_VECTOR_DF || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

bool pn_is_fault(uint8_t vector)
{
    switch (vector) {
    case 0: case 5: case 6: case 7:
    case 10: case 11: case 12: case 13: case 14:
    case 16: case 17: case 19: case 20: case 21:
        return true;
    default:
        return false;
    }
}
