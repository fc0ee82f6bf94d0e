/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's physical memory: everything mapped to itself in 2 MiB pages, except the hypervisor (SDM vol. 3C 28.2).
 * One structure a machine; vCPUs share it.
 */
#ifndef HV_EPT_H
#define HV_EPT_H

#include <stdbool.h>
#include <stdint.h>

#include "mtrr.h"

enum { EPT_ENTRIES = 512, EPT_DIRECTORIES = 64, EPT_SPLITS = 64, EPT_EVICTED = 8 };

struct ept {
    _Alignas(4096) uint64_t pml4[EPT_ENTRIES];
    uint64_t pdpt[EPT_ENTRIES];
    uint64_t directories[EPT_DIRECTORIES][EPT_ENTRIES];
    uint64_t low[EPT_ENTRIES]; /* the first 2 MiB in 4 KiB pages: the fixed MTRRs change types there */
    uint64_t splits[EPT_SPLITS][EPT_ENTRIES];
    uint64_t decoy[EPT_ENTRIES];      /* what L1 sees where the hypervisor is, if it looks: */
    uint8_t decoy_page[4096];         /* one page of its own */
    /* hardware does not look at the rest */
    struct mtrrs mtrrs;
    uint64_t hidden_start, hidden_end;
    uint64_t pointer; /* EPTP */
    uint32_t directories_used;
    uint64_t split_of[EPT_SPLITS]; /* 2 MiB page number + 1; 0 free */
    uint32_t next_split;
    uint64_t evicted[EPT_EVICTED]; /* address of a page that is taken away + 1; 0 free */
    uint32_t next_evicted;
    bool decoy_used;
};

void ept_build(struct ept *ept, const struct mtrrs *mtrrs, uint64_t hidden_start, uint64_t hidden_end);

/* A violation at `address`: map what belongs there. */
enum ept_cure { EPT_EVICTED_PAGE, EPT_NEW_REGION, EPT_HIDDEN, EPT_NO_CURE };
enum ept_cure ept_cure(struct ept *ept, uint64_t address);

/* What the EPT says of an address; false: nothing. */
struct ept_leaf {
    uint64_t frame;
    bool large; /* 2 MiB */
    uint8_t type;
};
bool ept_lookup(struct ept *ept, uint64_t address, struct ept_leaf *leaf);
struct ept_leaf ept_nowhere(const struct ept *ept); /* where there is no memory, for who looks: the page of the hidden range */

/* Take one 4 KiB page away until it is touched; if true, the caller flushes (INVEPT). False: it is away already, or is
 * none of L1's. */
bool ept_evict(struct ept *ept, uint64_t address);

#endif
