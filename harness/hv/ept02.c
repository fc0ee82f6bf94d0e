/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Filling EPT02 (ept02.h). Which translation two EPTs give together is the core's (pn_compose).
 */
#include "ept02.h"

#include <provenest/vmx_ept.h>

#include "../../core/hw/memory.h"

#define RIGHTS 7ull
#define LARGE (1ull << 7)
#define ADDRESS 0x000ffffffffff000ull
#define EPTP_WB_4_LEVELS (6u | 3u << 3)
#define IGNORE_PAT (1ull << 6)
enum { TYPE_SHIFT = 3, PAGE_BITS = 12, TABLE_BITS = 9, LEVELS = 4, LEVEL_2M = 2 };

void ept02_init(struct ept02 *e, bool execute_only, uint8_t address_width)
{
    e->execute_only = execute_only;
    e->address_width = address_width;
    e->used = EPT02_ROOTS;
}

/* Tables are wiped often and hold little: what was written is known. */
static void clear_table(struct ept02 *e, uint32_t number)
{
    if (!e->end[number])
        return;
    for (uint32_t i = e->first[number]; i < e->end[number]; i++)
        e->tables[number][i] = 0;
    e->first[number] = e->end[number] = 0;
}

static uint64_t *entry_of(struct ept02 *e, uint64_t *table, unsigned int index)
{
    const uint64_t number = (uint64_t)(table - e->tables[0]) / EPT_ENTRIES;
    const bool empty = e->end[number] == 0;

    if (empty || index < e->first[number])
        e->first[number] = (uint16_t)index;
    if (index >= e->end[number])
        e->end[number] = (uint16_t)(index + 1);
    return &table[index];
}

uint64_t ept02_root_pointer(const struct ept02 *e, uint32_t root)
{
    return (uint64_t)(uintptr_t)e->tables[root] | EPTP_WB_4_LEVELS;
}

void ept02_wipe(struct ept02 *e)
{
    e->wipes++;
    if (!e->filled)
        return; /* nothing has been put there since the last time */
    for (uint32_t i = 0; i < e->used; i++)
        clear_table(e, i);
    e->used = EPT02_ROOTS;
}

static uint32_t find_root(struct ept02 *e, uint64_t eptp12, bool *fresh)
{
    uint32_t root;

    *fresh = false;
    for (uint32_t i = 0; i < EPT02_ROOTS; i++)
        if (e->eptp12[i] == eptp12)
            return i;
    root = e->next_root;
    e->next_root = (root + 1) % EPT02_ROOTS;
    *fresh = e->eptp12[root] != 0;
    if (*fresh)
        clear_table(e, root);
    e->eptp12[root] = eptp12;
    return root;
}

uint64_t ept02_pointer(struct ept02 *e, uint64_t eptp12, bool *fresh)
{
    return ept02_root_pointer(e, find_root(e, eptp12, fresh));
}

static unsigned int index_at(uint64_t address, int level)
{
    return (unsigned int)(address >> (PAGE_BITS + TABLE_BITS * (level - 1))) & (EPT_ENTRIES - 1u);
}

static uint8_t page_bits(int level)
{
    return (uint8_t)(PAGE_BITS + TABLE_BITS * (level - 1));
}

/* SDM 28.3.3.1: what an entry that is present may not say. 1-GiB pages are not offered. */
static bool misconfigured(const struct ept02 *e, uint64_t entry, int level)
{
    const uint64_t rights = entry & RIGHTS, type = entry >> TYPE_SHIFT & 7;
    const bool leaf = level == 1 || (level == LEVEL_2M && entry & LARGE);

    if (rights == 2 || rights == 6 || (rights == 4 && !e->execute_only))
        return true;
    if (entry & ADDRESS & ~((1ull << e->address_width) - 1))
        return true;
    if (!leaf)
        return (entry & 0x78) != 0 || (level > LEVEL_2M && entry & LARGE);
    if (entry & ADDRESS & ((1ull << page_bits(level)) - 1))
        return true;
    return type == 2 || type == 3 || type == 7;
}

/* SDM 28.3.2: down EPT12. The leaf, or why there is none. */
static enum ept02_answer walk12(const struct ept02 *e, uint64_t eptp12, uint64_t address, struct pn_leaf *leaf)
{
    uint64_t table = eptp12 & ADDRESS;
    uint8_t rights = RIGHTS;

    for (int level = LEVELS;; level--) {
        const uint64_t entry = pn_mem_read(table + 8ull * index_at(address, level));

        leaf->rights = 0;
        if (!(entry & RIGHTS))
            return EPT02_VIOLATION;
        if (misconfigured(e, entry, level))
            return EPT02_MISCONFIG;
        rights = (uint8_t)(rights & entry);
        if (level == 1 || (level == LEVEL_2M && entry & LARGE)) {
            *leaf = (struct pn_leaf){.frame = entry & ADDRESS,
                                     .size = page_bits(level),
                                     .rights = rights,
                                     .type = (uint8_t)(entry >> TYPE_SHIFT & 7),
                                     .ignore_pat = (entry & IGNORE_PAT) != 0};
            return EPT02_FILLED;
        }
        table = entry & ADDRESS;
    }
}

/* Our own leaf for L1's address, mapped now if it was not. EPT12 may name any address: where nothing can be mapped, nothing is. */
static void leaf01(struct ept *ept01, uint64_t address, struct pn_leaf *leaf)
{
    struct ept_leaf found;

    if (!ept_lookup(ept01, address, &found) &&
        (ept_cure(ept01, address) == EPT_NO_CURE || !ept_lookup(ept01, address, &found)))
        found = ept_nowhere(ept01);
    *leaf = (struct pn_leaf){.frame = found.frame,
                             .size = found.large ? page_bits(LEVEL_2M) : PAGE_BITS,
                             .rights = RIGHTS,
                             .type = found.type};
}

/* The table under an entry; a large page there makes room. *changed: an entry that was present is gone. */
static uint64_t *table_under(struct ept02 *e, uint64_t *entry, bool *changed)
{
    if (!(*entry & RIGHTS) || *entry & LARGE) {
        uint64_t *table = e->tables[e->used++];

        *changed = *changed || (*entry & RIGHTS);
        *entry = (uint64_t)(uintptr_t)table | RIGHTS;
    }
    return (uint64_t *)(uintptr_t)(*entry & ADDRESS);
}

static bool install(struct ept02 *e, uint32_t root, uint64_t address, struct pn_leaf leaf)
{
    const int last = leaf.size > PAGE_BITS ? LEVEL_2M : 1;
    uint64_t *table = e->tables[root];
    uint64_t *entry;
    bool changed = false;

    for (int level = LEVELS; level > last; level--)
        table = table_under(e, entry_of(e, table, index_at(address, level)), &changed);
    entry = entry_of(e, table, index_at(address, last));
    changed = changed || (*entry & RIGHTS);
    *entry = leaf.frame | leaf.rights | (uint64_t)leaf.type << TYPE_SHIFT | (leaf.ignore_pat ? IGNORE_PAT : 0) |
             (last > 1 ? LARGE : 0);
    return changed;
}

enum ept02_answer ept02_fill(struct ept02 *e, struct ept *ept01, uint64_t eptp12, uint64_t address, uint8_t access,
                             uint8_t *rights)
{
    struct pn_leaf guest = {0}, host = {0};
    enum ept02_answer answer = walk12(e, eptp12, address, &guest);
    bool flush, fresh;
    uint32_t root;

    *rights = guest.rights;
    if (answer != EPT02_FILLED)
        return answer;
    if (access & ~guest.rights & RIGHTS)
        return EPT02_VIOLATION;
    leaf01(ept01, guest.frame | (address & ((1ull << guest.size) - 1)), &host);
    flush = e->used + LEVELS - 1 > EPT02_TABLES;
    if (flush)
        ept02_wipe(e);
    root = find_root(e, eptp12, &fresh); /* it is there: vmcs02 uses it */
    e->filled |= 1u << root;
    flush = install(e, root, address, pn_compose(guest, host, address)) || flush;
    e->fills++;
    return flush ? EPT02_FLUSH : EPT02_FILLED;
}
