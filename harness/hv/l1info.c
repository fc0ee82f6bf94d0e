/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Building the block (l1info.h). Multiboot 0.6.96 section 3.3; PVH: xen/include/public/arch-x86/hvm/start_info.h;
 * Linux: Documentation/x86/boot.rst and zero-page.rst.
 */
#include "l1info.h"

#define PVH_MAGIC 0x336ec578u

struct block {
    uint8_t *data;
    uint32_t base, used;
    bool full;
};

static uint32_t reserve(struct block *b, uint32_t size)
{
    const uint32_t at = (b->used + 15u) & ~15u;

    if (size > L1INFO_SIZE || at > L1INFO_SIZE - size) {
        b->full = true;
        return 0;
    }
    b->used = at + size;
    return at;
}

static void put(struct block *b, uint32_t at, uint64_t value, unsigned int length)
{
    if (at + length > L1INFO_SIZE)
        return;
    for (unsigned int i = 0; i < length; i++)
        b->data[at + i] = (uint8_t)(value >> (8 * i));
}

static uint32_t put_line(struct block *b, const char *line)
{
    uint32_t length = 0, at;

    while (line[length])
        length++;
    at = reserve(b, length + 1);
    for (uint32_t i = 0; i < length && !b->full; i++)
        put(b, at + i, (uint8_t)line[i], 1);
    return b->base + at;
}

/* A flat GDT: code at 8 and 0x10, data at 0x18, for loads that reload selectors before they bring their own. */
static uint32_t put_gdt(struct block *b)
{
    const uint32_t at = reserve(b, 32);

    put(b, at + 8, 0x00cf9b000000ffffull, 8);
    put(b, at + 16, 0x00cf9b000000ffffull, 8);
    put(b, at + 24, 0x00cf93000000ffffull, 8);
    return b->base + at;
}

static void build_multiboot(const struct l1_facts *facts, struct block *b, struct l1_entry *entry)
{
    enum { FLAG_MEMORY = 1, FLAG_LINE = 4, FLAG_MODULES = 8, FLAG_MMAP = 0x40, FLAG_LOADER = 0x200 };
    const uint32_t mbi = reserve(b, 120);
    const uint32_t modules = reserve(b, 16 * facts->module_count);
    const uint32_t mmap = reserve(b, 24 * facts->map->count);

    put(b, mbi, FLAG_MEMORY | FLAG_LINE | FLAG_MODULES | FLAG_MMAP | FLAG_LOADER, 4);
    put(b, mbi + 4, memmap_lower_kib(facts->map), 4);
    put(b, mbi + 8, memmap_upper_kib(facts->map), 4);
    put(b, mbi + 16, put_line(b, facts->line), 4);
    put(b, mbi + 20, facts->module_count, 4);
    put(b, mbi + 24, b->base + modules, 4);
    put(b, mbi + 44, 24 * facts->map->count, 4);
    put(b, mbi + 48, b->base + mmap, 4);
    put(b, mbi + 64, put_line(b, "Provenest"), 4);
    for (uint32_t i = 0; i < facts->module_count; i++) {
        put(b, modules + 16 * i, facts->modules[i].start, 4);
        put(b, modules + 16 * i + 4, facts->modules[i].end, 4);
        put(b, modules + 16 * i + 8, put_line(b, facts->modules[i].line), 4);
    }
    for (uint32_t i = 0; i < facts->map->count; i++) {
        const struct range *r = &facts->map->ranges[i];

        put(b, mmap + 24 * i, 20, 4);
        put(b, mmap + 24 * i + 4, r->start, 8);
        put(b, mmap + 24 * i + 12, r->end - r->start, 8);
        put(b, mmap + 24 * i + 20, r->type, 4);
    }
    entry->eax = MULTIBOOT1_LOADER;
    entry->ebx = b->base + mbi;
}

static void build_pvh(const struct l1_facts *facts, struct block *b, struct l1_entry *entry)
{
    const uint32_t start = reserve(b, 56);
    const uint32_t modules = reserve(b, 32 * facts->module_count);
    const uint32_t mmap = reserve(b, 24 * facts->map->count);

    put(b, start, PVH_MAGIC, 4);
    put(b, start + 4, 1, 4); /* version 1: with a memory map */
    put(b, start + 12, facts->module_count, 4);
    put(b, start + 16, facts->module_count ? b->base + modules : 0, 8);
    put(b, start + 24, put_line(b, facts->line), 8);
    put(b, start + 40, b->base + mmap, 8); /* RSDP at 32 stays 0: the kernel looks for it itself */
    put(b, start + 48, facts->map->count, 4);
    for (uint32_t i = 0; i < facts->module_count; i++) {
        put(b, modules + 32 * i, facts->modules[i].start, 8);
        put(b, modules + 32 * i + 8, facts->modules[i].end - facts->modules[i].start, 8);
        put(b, modules + 32 * i + 16, put_line(b, facts->modules[i].line), 8);
    }
    for (uint32_t i = 0; i < facts->map->count; i++) {
        const struct range *r = &facts->map->ranges[i];

        put(b, mmap + 24 * i, r->start, 8);
        put(b, mmap + 24 * i + 8, r->end - r->start, 8);
        put(b, mmap + 24 * i + 16, r->type, 4);
    }
    entry->ebx = b->base + start;
}

static void put_e820(struct block *b, uint32_t zero_page, const struct memmap *map)
{
    put(b, zero_page + 0x1e8, map->count, 1); /* MEMORY_RANGES is below the 128 that fit */
    for (uint32_t i = 0; i < map->count; i++) {
        const uint32_t at = zero_page + 0x2d0 + 20 * i;

        put(b, at, map->ranges[i].start, 8);
        put(b, at + 8, map->ranges[i].end - map->ranges[i].start, 8);
        put(b, at + 16, map->ranges[i].type, 4);
    }
}

static void build_linux(const struct l1_facts *facts, struct block *b, struct l1_entry *entry)
{
    const uint32_t zero_page = reserve(b, 4096);

    for (uint32_t i = 0x1f1; i < facts->image->setup_end; i++)
        put(b, zero_page + i, bytes_get(facts->file, i, 1), 1);
    put(b, zero_page + 0x210, 0xff, 1); /* type_of_loader: no assigned id */
    put(b, zero_page + 0x214, facts->image->entry, 4);
    put(b, zero_page + 0x228, put_line(b, facts->line), 4);
    if (facts->module_count) {
        put(b, zero_page + 0x218, facts->modules[0].start, 4);
        put(b, zero_page + 0x21c, facts->modules[0].end - facts->modules[0].start, 4);
    }
    put_e820(b, zero_page, facts->map);
    entry->esi = b->base + zero_page;
    entry->code_selector = 0x10; /* __BOOT_CS and __BOOT_DS */
    entry->data_selector = 0x18;
}

struct fault l1info_build(const struct l1_facts *facts, uint8_t *data, uint32_t address, struct l1_entry *entry)
{
    struct block b = {data, address, 0, false};

    *entry = (struct l1_entry){.eip = facts->image->entry, .code_selector = 8, .data_selector = 0x18};
    if (facts->image->kind == IMAGE_LINUX)
        build_linux(facts, &b, entry);
    else if (facts->image->kind == IMAGE_PVH)
        build_pvh(facts, &b, entry);
    else
        build_multiboot(facts, &b, entry);
    entry->gdt = put_gdt(&b);
    return b.full ? FAULT("the command lines for L1 are too long: 64 KiB hold all its boot information") : NO_FAULT;
}
