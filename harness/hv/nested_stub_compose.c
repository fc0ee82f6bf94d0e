/* SPDX-License-Identifier: BSD-2-Clause
 *
 * STAND-IN, NOT PROVEN, to be deleted: a weak pn_compose until core/vmx has one.
 */
#include <provenest/vmx_ept.h>

#define WEAK __attribute__((weak))

/* Both pages are identity maps of what they name, so the smaller one decides. */
WEAK struct pn_leaf pn_compose(struct pn_leaf guest, struct pn_leaf host, uint64_t address)
{
    struct pn_leaf r = guest;

    r.size = guest.size < host.size ? guest.size : host.size;
    r.rights = guest.rights & host.rights;
    r.frame = (host.frame | ((guest.frame | (address & ((1ull << guest.size) - 1))) & ((1ull << host.size) - 1))) &
              ~((1ull << r.size) - 1);
    r.type = host.type;
    return r;
}
