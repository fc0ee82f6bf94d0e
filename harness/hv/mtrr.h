/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory types from the MTRRs (SDM vol. 3A 11.11). With EPT the type comes from the EPT entry, so the firmware's
 * choice is read once before L1 runs and copied there. Pure.
 */
#ifndef HV_MTRR_H
#define HV_MTRR_H

#include <stdbool.h>
#include <stdint.h>

enum { TYPE_UC = 0, TYPE_WC = 1, TYPE_WT = 4, TYPE_WP = 5, TYPE_WB = 6 };
enum { MTRR_FIXED = 11, MTRR_VARIABLE = 16 };

struct mtrrs {
    uint64_t def; /* IA32_MTRR_DEF_TYPE */
    uint64_t fixed[MTRR_FIXED]; /* 64K, two of 16K, eight of 4K */
    uint32_t variable_count;
    uint64_t base[MTRR_VARIABLE], mask[MTRR_VARIABLE];
};

uint8_t mtrr_type(const struct mtrrs *m, uint64_t address);
/* One type for [start, end): the common one, or UC where its first and last page differ. */
uint8_t mtrr_type_of_range(const struct mtrrs *m, uint64_t start, uint64_t end);

#endif
