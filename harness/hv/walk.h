/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a linear address of the guest to a physical one, through its page tables (SDM vol. 3A chapter 4). Reserved bits are
 * not looked at, accessed and dirty bits not set, protection keys not applied. Pure.
 */
#ifndef HV_WALK_H
#define HV_WALK_H

#include "bytes.h"

struct paging {
    uint64_t cr0, cr3, cr4, efer;
};

/* Without rights: to choose pages to evict. */
bool walk(struct bytes physical, const struct paging *paging, uint64_t linear, uint64_t *result);

/* A data access at privilege level 0 (SDM 4.6.1). `open`: RFLAGS.AC, which opens user pages under SMAP. */
struct walked {
    bool good;
    uint64_t address; /* if good */
    uint32_t error;   /* if not: the error code of the page fault (SDM 4.7) */
};
struct walked walk_supervisor(struct bytes physical, const struct paging *paging, uint64_t linear, bool write, bool open);

#endif
