/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One translation through two EPTs (SDM vol. 3C 28.3).
 */
#ifndef PROVENEST_VMX_EPT_H
#define PROVENEST_VMX_EPT_H

#include <stdbool.h>
#include <stdint.h>

#include "../../../spec/acsl/vmx_ept.h"

enum pn_right { PN_READ = 1, PN_WRITE = 2, PN_EXECUTE = 4 };

/* What a walk ends in. */
struct pn_leaf {
    uint64_t frame;  /* address of the page, aligned to its size */
    uint8_t size;    /* bits of the offset: 12, 21 or 30 */
    uint8_t rights;  /* enum pn_right; of all levels of the walk, and-ed. 0: not mapped */
    uint8_t type;    /* memory type: 0 UC, 1 WC, 4 WT, 5 WP, 6 WB */
    bool ignore_pat; /* PAT is ignored */
};

/* `guest`: L2's page that has the L2 address `address`, by L1's EPT, in L1's memory; `host`: L0's page that has what `guest`
 * makes of the address. The result is a page that EPT02 may have there: the smaller of the two, rights of both. */
/*@ requires guest: nx040_page(guest.frame, guest.size) && guest.rights <= 7;
    requires host: nx040_page(host.frame, host.size) && host.rights <= 7;
    terminates \true; exits \false; assigns \nothing;
    ensures size: \result.size == (guest.size < host.size ? guest.size : host.size);
    ensures address: nx040_at(\result.frame, \result.size, address) ==
            nx040_at(host.frame, host.size, nx040_at(guest.frame, guest.size, address));
    ensures aligned: \result.frame % nx040_span(\result.size) == 0;
    ensures read: nx041_right(\result.rights, guest.rights, host.rights, 1);
    ensures write: nx041_right(\result.rights, guest.rights, host.rights, 2);
    ensures execute: nx041_right(\result.rights, guest.rights, host.rights, 4);
    ensures no_other: \result.rights <= 7;
    ensures type: \result.type == nx042_type(guest.type, host.type);
    ensures pat: \result.ignore_pat != 0 <==> guest.ignore_pat != 0 || host.ignore_pat != 0; */
struct pn_leaf pn_compose(struct pn_leaf guest, struct pn_leaf host, uint64_t address);

#endif
