/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two EPTs in memory, entry by entry as SDM vol. 3C 28.3.2 has them, and a processor that walks them for one access at a time. The page
 * that pn_compose makes of the two leaves must do for every access to it what the walk through both does.
 */
#include <provenest/vmx_ept.h>

#include "pure.h"

#define BIT(k) (1ull << (k))
#define CALL "pn_compose"
enum { READ = 1, WRITE = 2, EXECUTE = 4, RIGHTS = 7, LEAF = 7, IPAT = 6, LEVELS = 4 };
enum { UC = 0, WC = 1, WT = 4, WP = 5, WB = 6 };
#define ADDRESS 0x000ffffffffff000ull /* bits 51:12 of an entry */

/* The entries of one EPT that translate one address: PML4E, PDPTE, PDE, PTE. Every other entry is 0: not present. */
struct ept {
    uint64_t address; /* that one */
    uint64_t entry[LEVELS];
};

enum walk { GOES, VIOLATION, MISCONFIGURATION };
struct found {
    uint64_t address;
    unsigned int size, type; /* bits of the offset */
    bool ignore_pat;
};

static bool bad_type(unsigned int type)
{
    return type == 2 || type == 3 || type == 7;
}

/* 28.3.3.1: an entry whose bits 2:0 are 010 or 110 (writable, not readable), or a leaf of a reserved memory type. */
static bool misconfigured(uint64_t e, bool leaf)
{
    return (e & (READ | WRITE)) == WRITE || (leaf && bad_type(e >> 3 & 7));
}

/* 28.3.2: one access. */
static enum walk walk(const struct ept *ept, uint64_t address, unsigned int access, struct found *out)
{
    unsigned int allowed = RIGHTS;

    for (unsigned int level = 0; level < LEVELS; level++) {
        const unsigned int size = 39 - 9 * level;
        const bool same = (address ^ ept->address) >> size == 0;
        const uint64_t e = same ? ept->entry[level] : 0;
        const bool leaf = level == 3 || ((level == 1 || level == 2) && (e & BIT(LEAF)));

        if (!(e & RIGHTS))
            return VIOLATION;
        if (misconfigured(e, leaf))
            return MISCONFIGURATION;
        allowed &= (unsigned int)e;
        if (!leaf)
            continue;
        *out = (struct found){
            .address = (e & ADDRESS) >> size << size, .size = size, .type = e >> 3 & 7, .ignore_pat = e >> IPAT & 1};
        out->address += address % BIT(size);
        return (allowed & access) == access ? GOES : VIOLATION;
    }
    return VIOLATION;
}

/* The memory type that both EPTs let an access have: neither may be cached more than it says. 11.3, 11.11.4.1: UC before all, WT before WB;
   what no rule orders is UC. Rows: L0's; columns: L1's. */
static unsigned int both_types(unsigned int l1, unsigned int l0)
{
    static const struct {
        unsigned int l0, l1[5]; /* UC WC WT WP WB */
    } rows[] = {{UC, {UC, UC, UC, UC, UC}},
                {WC, {UC, WC, UC, UC, WC}},
                {WT, {UC, UC, WT, UC, WT}},
                {WP, {UC, UC, UC, WP, WP}},
                {WB, {UC, WC, WT, WP, WB}}};
    static const unsigned int column[] = {[UC] = 0, [WC] = 1, [WT] = 2, [WP] = 3, [WB] = 4};

    for (unsigned int k = 0; k < 5; k++)
        if (rows[k].l0 == l0)
            return rows[k].l1[column[l1]];
    return UC;
}

static struct ept an_ept(struct pure_bytes *b, uint64_t address)
{
    static const unsigned int types[] = {UC, WC, WT, WP, WB};
    struct ept ept = {.address = address};

    for (unsigned int level = 0; level < LEVELS; level++) {
        const unsigned int how = pure_take(b, 256);

        /* Mostly all rights, and a type that there is: else hardly a walk comes to its end. */
        ept.entry[level] =
            (pure_take64(b) & ADDRESS) | (how & 3 ? RIGHTS : how >> 2 & RIGHTS) | (how & 32 ? BIT(LEAF) : 0);
        ept.entry[level] |= (uint64_t)(how & 192 ? types[pure_take(b, 5)] : pure_take(b, 8)) << 3;
        ept.entry[level] |= pure_take(b, 2) ? BIT(IPAT) : 0;
    }
    return ept;
}

/* What a hypervisor finds of a page without an access: rights of all levels, and-ed (28.3.2). */
static bool leaf_of(const struct ept *ept, uint64_t address, struct pn_leaf *leaf)
{
    static const unsigned int all[] = {READ, WRITE, EXECUTE};
    struct found f = {0};

    *leaf = (struct pn_leaf){0};
    for (int k = 0; k < 3; k++) {
        const enum walk w = walk(ept, address, all[k], &f);

        if (w == MISCONFIGURATION)
            return false;
        leaf->rights |= w == GOES ? (uint8_t)all[k] : 0;
    }
    if (!leaf->rights)
        return false; /* nothing to map */
    leaf->frame = f.address >> f.size << f.size;
    leaf->size = (uint8_t)f.size;
    leaf->type = (uint8_t)f.type;
    leaf->ignore_pat = f.ignore_pat;
    return true;
}

/* One access through both, and the same through the page. */
static void access_once(const struct ept *l1, const struct ept *l0, struct pn_leaf page, uint64_t address,
                        unsigned int right)
{
    struct found first = {0}, second = {0};
    const enum walk w = walk(l1, address, right, &first),
                    v = w == GOES ? walk(l0, first.address, right, &second) : VIOLATION;

    if ((v == GOES) != ((page.rights & right) != 0))
        pure_fail(CALL, v == GOES ? "a right that both give is gone" : "a right that one of them does not give");
    if (v != GOES)
        return;
    if (page.frame + address % BIT(page.size) != second.address)
        pure_fail(CALL, "the page is elsewhere");
    if (page.type != both_types(first.type, second.type))
        pure_fail(CALL, "the memory type");
    if (page.ignore_pat != (first.ignore_pat || second.ignore_pat))
        pure_fail(CALL, "whether PAT counts");
}

void pure_ept(struct pure_bytes *b)
{
    const uint64_t address = pure_take64(b) & (BIT(48) - 1);
    const struct ept l1 = an_ept(b, address);
    struct ept l0;
    struct pn_leaf guest, host, page;
    uint64_t base;

    if (!leaf_of(&l1, address, &guest))
        return;
    l0 = an_ept(b, (guest.frame + address % BIT(guest.size)) & (BIT(48) - 1));
    if (guest.frame >> 48 || !leaf_of(&l0, guest.frame + address % BIT(guest.size), &host))
        return;
    page = pn_compose(guest, host, address);
    if (page.size != (guest.size < host.size ? guest.size : host.size) || page.frame % BIT(page.size))
        pure_fail(CALL, "the page's size");
    if ((page.rights & (READ | WRITE)) == WRITE || page.rights > RIGHTS)
        pure_fail(CALL, "a misconfiguration of two EPTs that are none");
    base = address >> page.size << page.size;
    for (unsigned int k = 0; k < 6; k++) {
        const uint64_t offset = k == 0   ? 0
                                : k == 1 ? BIT(page.size) - 1
                                : k == 2 ? address - base
                                         : pure_take64(b) % BIT(page.size);

        for (unsigned int right = READ; right <= EXECUTE; right *= 2)
            access_once(&l1, &l0, page, base + offset, right);
    }
}
