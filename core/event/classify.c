/* SPDX-License-Identifier: BSD-2-Clause */
#include "classify.h"

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev002_contributory(svm, vector); */
static bool contributory(bool svm, uint8_t vector)
{
    return vector == 0 || (vector >= 10 && vector <= 13) || vector == 21 ||
           (svm && (vector == 29 || vector == 30));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ev003_page_fault(svm, vector); */
static bool page_fault_class(bool svm, uint8_t vector)
{
    return vector == 14 || (!svm && vector == 20);
}

enum pn_pair pn_combine(bool svm, uint8_t first, uint8_t second)
{
    const bool heavy = contributory(svm, second) || page_fault_class(svm, second);

    if (first == PN_VECTOR_DF)
        return heavy ? PN_PAIR_SHUTDOWN : PN_PAIR_SERIAL;
    if (contributory(svm, first))
        return contributory(svm, second) ? PN_PAIR_DOUBLE_FAULT : PN_PAIR_SERIAL;
    if (page_fault_class(svm, first))
        return heavy ? PN_PAIR_DOUBLE_FAULT : PN_PAIR_SERIAL;
    return PN_PAIR_SERIAL;
}

bool pn_pushes_error(bool svm, uint8_t type, uint8_t vector, bool pe)
{
    if (type != PN_TYPE_HARD_EXCEPTION || !pe)
        return false;
    return vector == PN_VECTOR_DF || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 ||
           (svm && (vector == 29 || vector == 30));
}

bool pn_is_fault(uint8_t vector, uint8_t kind)
{
    switch (vector) {
    case PN_VECTOR_DB:
        return kind == PN_DB_GENERAL_DETECT;
    case 0: case 5: case 6: case 7:
    case 10: case 11: case 12: case 13: case 14:
    case 16: case 17: case 19: case 20: case 21:
        return true;
    default:
        return false;
    }
}

bool pn_is_low_trap(struct pn_event e)
{
    return e.type == PN_TYPE_HARD_EXCEPTION && e.vector == PN_VECTOR_DB && e.has_payload &&
           (e.db_kind == PN_DB_SINGLE_STEP || e.db_kind == PN_DB_DATA_OR_IO || e.db_kind == PN_DB_BUS_LOCK);
}

bool pn_is_soft(uint8_t type)
{
    return type >= PN_TYPE_SOFT_INTERRUPT && type <= PN_TYPE_SOFT_EXCEPTION;
}
