/* SPDX-License-Identifier: BSD-2-Clause
 * One translation through two EPTs (SDM vol. 3C 28.3.2, 28.3.7). */
#include <provenest/vmx_ept.h>

enum { SMALL = 12, MIDDLE = 21, WB = 6, UC = 0 };

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result == nx040_span(size); */
static uint64_t span(uint8_t size)
{
    if (size == SMALL)
        return 0x1000;
    return size == MIDDLE ? 0x200000 : 0x40000000;
}

/*@ requires guest: guest <= 7 && host <= 7;
    requires right: right == 1 || right == 2 || right == 4;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == ((guest / right) % 2 == 1 && (host / right) % 2 == 1 ? right : 0); */
static uint8_t both(uint8_t guest, uint8_t host, uint8_t right)
{
    return guest / right % 2 != 0 && host / right % 2 != 0 ? right : 0;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result == nx042_type(guest, host); */
static uint8_t memory_type(uint8_t guest, uint8_t host)
{
    if (host == WB)
        return guest;
    return guest == WB || guest == host ? host : UC;
}

struct pn_leaf pn_compose(struct pn_leaf guest, struct pn_leaf host, uint64_t address)
{
    const uint64_t of_l1 = guest.frame + address % span(guest.size);
    const uint64_t machine = host.frame + of_l1 % span(host.size);
    struct pn_leaf leaf;

    leaf.size = guest.size < host.size ? guest.size : host.size;
    leaf.frame = machine - machine % span(leaf.size);
    leaf.rights = (uint8_t)(both(guest.rights, host.rights, PN_READ) + both(guest.rights, host.rights, PN_WRITE) +
                            both(guest.rights, host.rights, PN_EXECUTE));
    leaf.type = memory_type(guest.type, host.type);
    leaf.ignore_pat = guest.ignore_pat || host.ignore_pat;
    return leaf;
}
