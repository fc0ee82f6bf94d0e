/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a linear address of the guest to a physical one, through its page tables (SDM vol. 3A chapter 4). Used only to
 * choose pages to evict and to load PDPTEs: rights are not checked. Pure.
 */
#ifndef HV_WALK_H
#define HV_WALK_H

#include "bytes.h"

struct paging {
    uint64_t cr0, cr3, cr4, efer;
};

bool walk(struct bytes physical, const struct paging *paging, uint64_t linear, uint64_t *result);

#endif
