/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guest page walk (walk.h).
 */
#include "walk.h"

#define CR0_WP (1ull << 16)
#define CR0_PG (1ull << 31)
#define CR4_PAE (1ull << 5)
#define CR4_LA57 (1ull << 12)
#define CR4_SMAP (1ull << 21)
#define EFER_LMA (1ull << 10)
#define PRESENT 1ull
#define WRITABLE 2ull
#define USER 4ull
#define LARGE (1ull << 7)
#define ADDRESS 0x000ffffffffff000ull

/* SDM 4.3: two levels of 4-byte entries; a 4 MiB page holds address bits 39:32 in bits 20:13. */
static bool walk_32bit(struct bytes physical, uint64_t cr3, uint32_t linear, uint64_t *result, uint64_t *rights)
{
    uint64_t entry;

    if (!bytes_read(physical, (cr3 & 0xfffff000ull) + 4 * (linear >> 22), 4, &entry) || !(entry & PRESENT))
        return false;
    *rights &= entry;
    if (entry & LARGE) {
        *result = (entry & 0xffc00000ull) | (entry & 0x1fe000ull) << 19 | (linear & 0x3fffffu);
        return true;
    }
    if (!bytes_read(physical, (entry & 0xfffff000ull) + 4 * (linear >> 12 & 0x3ffu), 4, &entry) || !(entry & PRESENT))
        return false;
    *rights &= entry;
    *result = (entry & 0xfffff000ull) | (linear & 0xfffu);
    return true;
}

/* SDM 4.4 and 4.5: levels of 8-byte entries down from `level`. */
static bool walk_64bit(struct bytes physical, uint64_t table, int level, uint64_t linear, uint64_t *result,
                       uint64_t *rights)
{
    uint64_t all = *rights, entry, inside;

    for (int shift = 12 + 9 * (level - 1);; shift -= 9) {
        if (!bytes_read(physical, table + (linear >> shift & 0x1ff) * 8, 8, &entry) || !(entry & PRESENT))
            return false;
        all &= entry;
        table = entry & ADDRESS;
        if (shift == 12 || (entry & LARGE && shift <= 30)) {
            inside = (1ull << shift) - 1;
            break;
        }
    }
    *rights = all;
    *result = (table & ~inside) | (linear & inside);
    return true;
}

/* `rights`: the WRITABLE and USER bits of all levels, and-ed. */
static bool walk_any(struct bytes physical, const struct paging *paging, uint64_t linear, uint64_t *result,
                     uint64_t *rights)
{
    uint64_t pdpte;

    *rights = WRITABLE | USER;
    if (!(paging->cr4 & CR4_PAE))
        return walk_32bit(physical, paging->cr3, (uint32_t)linear, result, rights);
    if (paging->efer & EFER_LMA)
        return walk_64bit(physical, paging->cr3 & ADDRESS, paging->cr4 & CR4_LA57 ? 5 : 4, linear, result, rights);
    /* SDM 4.4.1: only 4 of them, on a 32-byte boundary, without rights */
    linear &= 0xffffffffull;
    if (!bytes_read(physical, (paging->cr3 & 0xffffffe0ull) + 8 * (linear >> 30), 8, &pdpte) || !(pdpte & PRESENT))
        return false;
    return walk_64bit(physical, pdpte & ADDRESS, 2, linear, result, rights);
}

bool walk(struct bytes physical, const struct paging *paging, uint64_t linear, uint64_t *result)
{
    uint64_t rights;

    if (!(paging->cr0 & CR0_PG)) {
        *result = linear & 0xffffffffull;
        return true;
    }
    return walk_any(physical, paging, linear, result, &rights);
}

struct walked walk_supervisor(struct bytes physical, const struct paging *paging, uint64_t linear, bool write, bool open)
{
    const uint32_t wanted = write ? (uint32_t)WRITABLE : 0;
    struct walked w = {.good = true};
    uint64_t rights;

    if (!(paging->cr0 & CR0_PG)) {
        w.address = linear & 0xffffffffull;
        return w;
    }
    if (!walk_any(physical, paging, linear, &w.address, &rights))
        return (struct walked){.error = wanted};
    if ((write && !(rights & WRITABLE) && paging->cr0 & CR0_WP) || (rights & USER && paging->cr4 & CR4_SMAP && !open))
        return (struct walked){.error = (uint32_t)PRESENT | wanted};
    return w;
}
