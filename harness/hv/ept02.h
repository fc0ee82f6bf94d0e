/* SPDX-License-Identifier: BSD-2-Clause
 *
 * EPT02: the page tables that the processor walks for L2, filled on demand from L1's EPT (EPT12) and our own (EPT01); SDM
 * vol. 3C 28.3. One pool of tables; a few roots, one an EPTP of L1's. Emptied when L1 says INVEPT or the pool is used up.
 */
#ifndef HV_EPT02_H
#define HV_EPT02_H

#include "ept.h"

enum { EPT02_TABLES = 96, EPT02_ROOTS = 4 };

struct ept02 {
    _Alignas(4096) uint64_t tables[EPT02_TABLES][EPT_ENTRIES]; /* the first EPT02_ROOTS are the roots */
    /* hardware does not look at the rest */
    uint64_t eptp12[EPT02_ROOTS]; /* whose root it is; 0 free */
    uint16_t first[EPT02_TABLES], end[EPT02_TABLES]; /* of each table, what may be other than 0 */
    uint32_t used, next_root;
    uint32_t filled; /* bit n: something has been put under root n since the processor was last told to forget all (INVEPT) */
    bool execute_only;   /* L1 is offered execute-only pages */
    uint8_t address_width;
    uint64_t fills, wipes;
};

void ept02_init(struct ept02 *e, bool execute_only, uint8_t address_width);

/* The EPTP for vmcs02 that goes with L1's. True in *fresh: the root was another's, what is cached under it is void. */
uint64_t ept02_pointer(struct ept02 *e, uint64_t eptp12, bool *fresh);

/* Everything goes; the caller flushes every root that was filled (INVEPT), then says so. */
void ept02_wipe(struct ept02 *e);
uint64_t ept02_root_pointer(const struct ept02 *e, uint32_t root);

enum ept02_answer {
    EPT02_FILLED = 0,
    EPT02_FLUSH = 1,     /* filled, and the caller flushes every root: something that was there has changed */
    EPT02_VIOLATION = 2, /* L1's: EPT12 does not allow the access */
    EPT02_MISCONFIG = 3, /* L1's: an entry of EPT12 says what none may say */
};

/* L2 has touched `address` and EPT02 did not allow it; `access` as in bits 2:0 of the exit qualification. *rights: what
 * EPT12 allows there. */
enum ept02_answer ept02_fill(struct ept02 *e, struct ept *ept01, uint64_t eptp12, uint64_t address, uint8_t access,
                             uint8_t *rights);

#endif
