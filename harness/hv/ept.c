/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Building and changing the EPT (ept.h). Entry format: SDM vol. 3C tables 28-1 to 28-6.
 */
#include "ept.h"

#define RIGHTS 7ull /* read, write, execute */
#define LARGE (1ull << 7)
#define TYPE_SHIFT 3
#define ADDRESS 0x000ffffffffff000ull
#define PAGE 0x1000ull
#define LARGE_PAGE 0x200000ull
#define GIB 0x40000000ull
#define EPTP_WB_4_LEVELS (6u | 3u << 3)
#define LOW_GIBS 4u

static uint64_t table_entry(const void *table)
{
    return (uint64_t)(uintptr_t)table | RIGHTS;
}

static uint64_t large_entry(const struct ept *ept, uint64_t address)
{
    const uint64_t type = mtrr_type_of_range(&ept->mtrrs, address, address + LARGE_PAGE);

    return address | RIGHTS | LARGE | type << TYPE_SHIFT;
}

static bool hidden(const struct ept *ept, uint64_t address)
{
    return address >= ept->hidden_start && address < ept->hidden_end;
}

/* Map one GiB, if a directory is left. */
static bool map_gib(struct ept *ept, uint64_t number)
{
    uint64_t *directory;

    if (number >= EPT_ENTRIES || ept->directories_used == EPT_DIRECTORIES)
        return false;
    directory = ept->directories[ept->directories_used++];
    for (uint64_t i = 0; i < EPT_ENTRIES; i++) {
        const uint64_t address = number * GIB + i * LARGE_PAGE;

        directory[i] = hidden(ept, address) ? 0 : large_entry(ept, address);
    }
    ept->pdpt[number] = table_entry(directory);
    return true;
}

static uint64_t *directory_entry(struct ept *ept, uint64_t address)
{
    const uint64_t number = address / GIB;
    uint64_t *directory;

    if (number >= EPT_ENTRIES || !ept->pdpt[number])
        return 0;
    directory = (uint64_t *)(uintptr_t)(ept->pdpt[number] & ADDRESS);
    return &directory[address / LARGE_PAGE % EPT_ENTRIES];
}

/* The first 2 MiB, page by page. */
static void fill_low(struct ept *ept)
{
    for (uint64_t i = 0; i < EPT_ENTRIES; i++)
        ept->low[i] = i * PAGE | RIGHTS | (uint64_t)mtrr_type(&ept->mtrrs, i * PAGE) << TYPE_SHIFT;
}

/* A table of 4 KiB pages that says what the large page's entry said. */
static void fill_table(uint64_t *table, uint64_t large)
{
    for (uint64_t i = 0; i < EPT_ENTRIES; i++)
        table[i] = (large & ~LARGE) + i * PAGE;
}

void ept_build(struct ept *ept, const struct mtrrs *mtrrs, uint64_t hidden_start, uint64_t hidden_end)
{
    ept->mtrrs = *mtrrs;
    ept->hidden_start = hidden_start;
    ept->hidden_end = hidden_end;
    ept->pml4[0] = table_entry(ept->pdpt);
    for (uint64_t number = 0; number < LOW_GIBS; number++)
        (void)map_gib(ept, number); /* more, RAM or devices, when it is touched */
    fill_low(ept);
    *directory_entry(ept, 0) = table_entry(ept->low);
    for (uint64_t i = 0; i < EPT_ENTRIES; i++)
        ept->decoy[i] = (uint64_t)(uintptr_t)ept->decoy_page | RIGHTS | (uint64_t)TYPE_WB << TYPE_SHIFT;
    ept->pointer = (uint64_t)(uintptr_t)ept->pml4 | EPTP_WB_4_LEVELS;
}

static void restore_large(struct ept *ept, uint32_t split)
{
    const uint64_t base = (ept->split_of[split] - 1) * LARGE_PAGE;

    for (uint32_t i = 0; i < EPT_EVICTED; i++)
        if (ept->evicted[i] && (ept->evicted[i] - 1) / LARGE_PAGE == base / LARGE_PAGE)
            ept->evicted[i] = 0;
    *directory_entry(ept, base) = large_entry(ept, base);
    ept->split_of[split] = 0;
}

/* The 4 KiB entry for `address`, splitting its large page if need be. 0 for what is not ordinary memory of L1. */
static uint64_t *small_entry(struct ept *ept, uint64_t address)
{
    uint64_t *entry = directory_entry(ept, address);
    const uint64_t base = address & ~(LARGE_PAGE - 1);
    uint64_t *table;

    if (!entry || hidden(ept, address))
        return 0;
    if (*entry & LARGE) {
        const uint32_t split = ept->next_split;

        ept->next_split = (split + 1) % EPT_SPLITS;
        if (ept->split_of[split])
            restore_large(ept, split);
        fill_table(ept->splits[split], *entry);
        ept->split_of[split] = base / LARGE_PAGE + 1;
        *entry = table_entry(ept->splits[split]);
    }
    table = (uint64_t *)(uintptr_t)(*entry & ADDRESS);
    return &table[address / PAGE % EPT_ENTRIES];
}

static void give_back(struct ept *ept, uint32_t slot)
{
    uint64_t *entry = small_entry(ept, ept->evicted[slot] - 1);

    *entry |= RIGHTS;
    ept->evicted[slot] = 0;
}

bool ept_evict(struct ept *ept, uint64_t address)
{
    uint64_t *entry = small_entry(ept, address);
    const uint32_t slot = ept->next_evicted;

    if (!entry || !(*entry & RIGHTS))
        return false;
    ept->next_evicted = (slot + 1) % EPT_EVICTED;
    if (ept->evicted[slot])
        give_back(ept, slot);
    *entry &= ~RIGHTS;
    ept->evicted[slot] = (address & ~(PAGE - 1)) + 1;
    return true;
}

static bool return_evicted(struct ept *ept, uint64_t address)
{
    for (uint32_t i = 0; i < EPT_EVICTED; i++)
        if (ept->evicted[i] == (address & ~(PAGE - 1)) + 1) {
            give_back(ept, i);
            return true;
        }
    return false;
}

bool ept_lookup(struct ept *ept, uint64_t address, struct ept_leaf *leaf)
{
    const uint64_t *entry = directory_entry(ept, address);
    const bool large = entry && *entry & LARGE;

    if (!entry || !(*entry & RIGHTS))
        return false;
    if (!large)
        entry = (const uint64_t *)(uintptr_t)(*entry & ADDRESS) + address / PAGE % EPT_ENTRIES;
    *leaf = (struct ept_leaf){.frame = *entry & ADDRESS, .large = large, .type = (uint8_t)(*entry >> TYPE_SHIFT & 7)};
    return (*entry & RIGHTS) != 0;
}

struct ept_leaf ept_nowhere(const struct ept *ept)
{
    return (struct ept_leaf){.frame = (uint64_t)(uintptr_t)ept->decoy_page, .large = false, .type = TYPE_WB};
}

enum ept_cure ept_cure(struct ept *ept, uint64_t address)
{
    if (return_evicted(ept, address))
        return EPT_EVICTED_PAGE;
    if (hidden(ept, address)) {
        /* L1 looks where it was told not to. It gets a page of its own instead of the hypervisor. */
        *directory_entry(ept, address) = table_entry(ept->decoy);
        ept->decoy_used = true;
        return EPT_HIDDEN;
    }
    if (!directory_entry(ept, address) && map_gib(ept, address / GIB))
        return EPT_NEW_REGION;
    return EPT_NO_CURE;
}
