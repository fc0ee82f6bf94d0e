/* SPDX-License-Identifier: BSD-2-Clause
 * One translation through two EPTs (SDM vol. 3C 28.3.2, 28.3.7). */
#include <provenest/vmx_ept.h>

enum { SMALL = 12, MIDDLE = 21, WB = 6, UC = 0 };

/* In a 2-MByte page, and in a 1-GByte page: the offset is the address's, and so are those in the smaller pages. */
/*@ requires page: frame % 0x200000 == 0 && frame <= 0xfffffffffffff;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == frame + address % 0x200000;
    ensures small: \result % 0x1000 == address % 0x1000;
    ensures middle: \result % 0x200000 == address % 0x200000; */
static uint64_t in_middle(uint64_t frame, uint64_t address)
{
    /*@ assert frame: frame % 0x1000 == 0; */
    /*@ assert offset: (address % 0x200000) % 0x1000 == address % 0x1000; */
    return frame + address % 0x200000u;
}

/*@ requires page: frame % 0x40000000 == 0 && frame <= 0xfffffffffffff;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == frame + address % 0x40000000;
    ensures small: \result % 0x1000 == address % 0x1000;
    ensures middle: \result % 0x200000 == address % 0x200000;
    ensures large: \result % 0x40000000 == address % 0x40000000; */
static uint64_t in_large(uint64_t frame, uint64_t address)
{
    /*@ assert frame: frame % 0x1000 == 0 && frame % 0x200000 == 0; */
    /*@ assert offset: (address % 0x40000000) % 0x1000 == address % 0x1000; */
    /*@ assert middle: (address % 0x40000000) % 0x200000 == address % 0x200000; */
    return frame + address % 0x40000000u;
}

/* Where the page takes the address; the offsets within it and within the smaller pages are the address's. */
/*@ requires page: nx040_page(frame, size);
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == nx040_at(frame, size, address);
    ensures range: \result <= 0xfffffffffffff + 0x40000000;
    ensures small: \result % 0x1000 == address % 0x1000;
    ensures middle: size >= 21 ==> \result % 0x200000 == address % 0x200000;
    ensures large: size >= 30 ==> \result % 0x40000000 == address % 0x40000000; */
static uint64_t at(uint64_t frame, uint8_t size, uint64_t address)
{
    if (size == SMALL)
        return frame + address % 0x1000u;
    return size == MIDDLE ? in_middle(frame, address) : in_large(frame, address);
}

/* The page of this size that has the address. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures aligned: \result % nx040_span(size) == 0;
    ensures page: \result + address % nx040_span(size) == address; */
static uint64_t base(uint64_t address, uint8_t size)
{
    if (size == SMALL)
        return address / 0x1000u * 0x1000u;
    return size == MIDDLE ? address / 0x200000u * 0x200000u : address / 0x40000000u * 0x40000000u;
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
    const uint64_t machine = at(host.frame, host.size, at(guest.frame, guest.size, address));
    struct pn_leaf leaf;

    leaf.size = guest.size < host.size ? guest.size : host.size;
    leaf.frame = base(machine, leaf.size);
    leaf.rights = (uint8_t)(both(guest.rights, host.rights, PN_READ) + both(guest.rights, host.rights, PN_WRITE) +
                            both(guest.rights, host.rights, PN_EXECUTE));
    leaf.type = memory_type(guest.type, host.type);
    leaf.ignore_pat = guest.ignore_pat || host.ignore_pat;
    return leaf;
}
