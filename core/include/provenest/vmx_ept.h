/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One translation through two EPTs (SDM vol. 3C 28.3).
 */
#ifndef PROVENEST_VMX_EPT_H
#define PROVENEST_VMX_EPT_H

#include <stdbool.h>
#include <stdint.h>

enum pn_right { PN_READ = 1, PN_WRITE = 2, PN_EXECUTE = 4 };

/* What a walk ends in. */
struct pn_leaf {
    uint64_t frame;  /* address of the page, aligned to its size */
    uint8_t size;    /* bits of the offset: 12, 21 or 30 */
    uint8_t rights;  /* enum pn_right; of all levels of the walk, and-ed. 0: not mapped */
    uint8_t type;    /* memory type: 0 UC, 1 WC, 4 WT, 5 WP, 6 WB */
    bool ignore_pat; /* PAT is ignored */
};

/* L2's page `guest` (in L1's memory, by L1's EPT) and the page `host` of L0's that its frame lies in, or that lies in it:
 * the page that EPT02 may have for the L2 address `address`. */
struct pn_leaf pn_compose(struct pn_leaf guest, struct pn_leaf host, uint64_t address);

#endif
