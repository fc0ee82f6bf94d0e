/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Options, the memory map, kernels and what they are told.
 */
#include "check.h"

#include <string.h>

#include "../l1info.h"
#include "../options.h"

static void options_good(void)
{
    struct options o;

    CHECK(!options_parse("", &o).text && o.core_events && !o.evict && !o.nmi && !o.msr_gp && !o.reset_on_triple);
    CHECK(!options_parse("/boot/hv.elf events=direct  evict=2000 msr=gp ontriple=reset nmi=5 ", &o).text);
    CHECK(!o.core_events && o.evict == 2000 && o.msr_gp && o.reset_on_triple && o.nmi == 5);
}

static void options_bad(void)
{
    static const char *const lines[] = {"events", "events=", "events=Core", "evict=", "evict=-1", "evict=1k",
                                        "evict=1000000000", "msr=", "nmi=0x5", "foo=1", "events=core /hv",
                                        "evict"};
    struct options o;

    for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        CHECK(options_parse(lines[i], &o).text && options_parse(lines[i], &o).detail_length);
}

static struct memmap pc_map(void)
{
    struct memmap map = {.count = 0};

    (void)memmap_add(&map, 0, 0x9fc00, MEMORY_USABLE);
    (void)memmap_add(&map, 0x9fc00, 0x400, MEMORY_RESERVED);
    (void)memmap_add(&map, 0x100000, 0x0fef0000, MEMORY_USABLE);
    return map;
}

static void map_cut(void)
{
    struct memmap map = pc_map();

    CHECK(memmap_cut(&map, 0xd000000, 0xd200000) && map.count == 5);
    CHECK(memmap_usable(&map, 0x100000, 0xd000000) && !memmap_usable(&map, 0x100000, 0xd000001));
    CHECK(memmap_usable(&map, 0xd200000, 0xfff0000) && !memmap_usable(&map, 0xd1fffff, 0xe000000));
    CHECK(!memmap_usable(&map, 0x9fbff, 0x9fc01) && !memmap_usable(&map, 0x5000, 0x5000));
    CHECK(memmap_upper_kib(&map) == (0xd000000 - 0x100000) / 1024 && memmap_lower_kib(&map) == 639);
    CHECK(memmap_cut(&map, 0x100000, 0x200000) && !memmap_usable(&map, 0x100000, 0x100001));
    map.count = MEMORY_RANGES;
    for (uint32_t i = 0; i < MEMORY_RANGES; i++)
        map.ranges[i] = (struct range){i * 16, i * 16 + 16, MEMORY_USABLE};
    CHECK(!memmap_cut(&map, 4, 8)); /* no room for the pieces */
    CHECK(memmap_usable(&map, 16, 1000)); /* adjacent ranges are one */
}

/* An ELF32 file with a Multiboot header and `count` segments of 16 bytes at 1 MiB, 2 MiB ... */
static struct bytes make_elf(uint8_t *file, unsigned int count)
{
    memset(file, 0, 4096);
    memcpy(file, "\177ELF\1\1\1", 7);
    put(file + 16, 2, 2);
    put(file + 18, 3, 2);
    put(file + 24, 0x100000, 4);
    put(file + 28, 52, 4);
    put(file + 42, 32, 2);
    put(file + 44, count, 2);
    for (unsigned int i = 0; i < count; i++) {
        put(file + 52 + 32 * i, 1, 4);
        put(file + 52 + 32 * i + 4, 2048, 4);
        put(file + 52 + 32 * i + 8, 0x100000 * (i + 1), 4);
        put(file + 52 + 32 * i + 12, 0x100000 * (i + 1), 4);
        put(file + 52 + 32 * i + 16, 16, 4);
        put(file + 52 + 32 * i + 20, 4096, 4);
    }
    put(file + 2048, 0x1badb002, 4);
    put(file + 2056, 0u - 0x1badb002u, 4);
    return (struct bytes){file, 4096};
}

static void elf_good(void)
{
    uint8_t file[4096];
    const struct memmap map = pc_map();
    struct image image;

    CHECK(!image_parse(make_elf(file, 2), &image).text);
    CHECK(image.kind == IMAGE_MULTIBOOT && image.entry == 0x100000 && image.segment_count == 2);
    CHECK(!image_check(&image, &map).text);
    CHECK(image_overlaps(&image, 0x100fff, 0x101000) && !image_overlaps(&image, 0x101000, 0x200000));
    put(file + 52 + 8, 0xc0100000, 4); /* linked high, loaded low: the entry is where it is loaded */
    put(file + 24, 0xc0100004, 4);
    CHECK(!image_parse((struct bytes){file, 4096}, &image).text && image.entry == 0x100004);
}

static void elf_bad(void)
{
    uint8_t file[4096];
    const struct memmap map = pc_map();
    struct image image;
    struct bytes b = make_elf(file, 2);

    CHECK(image_parse((struct bytes){file, 60}, &image).text);
    CHECK(image_parse((struct bytes){file, 0}, &image).text);
    put(file + 2048, 0, 4); /* no Multiboot header, no PVH note */
    CHECK(image_parse(b, &image).text);
    b = make_elf(file, 2);
    put(file + 52 + 4, 4090, 4);
    CHECK(image_parse(b, &image).text);
    b = make_elf(file, 2);
    put(file + 52 + 16, 5000, 4); /* more in the file than in memory */
    CHECK(image_parse(b, &image).text);
    b = make_elf(file, 2);
    put(file + 52 + 12, 0xfffffff0, 4);
    CHECK(!image_parse(b, &image).text && image_check(&image, &map).text);
    b = make_elf(file, 2);
    put(file + 52 + 12, 0x200800, 4);
    CHECK(!image_parse(b, &image).text && image_check(&image, &map).text);
    b = make_elf(file, 25);
    CHECK(image_parse(b, &image).text);
}

static void bzimage(void)
{
    static uint8_t file[8192];
    const struct bytes b = {file, sizeof(file)};
    struct image image;

    memcpy(file + 0x202, "HdrS", 4);
    put(file + 0x1f1, 3, 1);
    put(file + 0x201, 0x6a, 1);
    put(file + 0x206, 0x20f, 2);
    put(file + 0x211, 1, 1);
    put(file + 0x258, 0x1000000, 8);
    put(file + 0x260, 0x300000, 4);
    CHECK(!image_parse(b, &image).text && image.kind == IMAGE_LINUX && image.entry == 0x1000000);
    CHECK(image.segments[0].offset == 2048 && image.segments[0].memory_size == 0x300000 && image.setup_end == 0x26c);
    CHECK(image_parse((struct bytes){file, 2048}, &image).text);
    put(file + 0x206, 0x200, 2);
    CHECK(image_parse(b, &image).text);
}

static void told(void)
{
    static uint8_t block[L1INFO_SIZE], file[4096];
    static struct module modules[40];
    const struct memmap map = pc_map();
    struct image image;
    struct l1_facts facts = {&map, "line", modules, 2, make_elf(file, 1), &image};
    struct l1_entry entry;

    CHECK(!image_parse(facts.file, &image).text);
    CHECK(!l1info_build(&facts, block, 0x10000, &entry).text);
    CHECK(entry.eax == MULTIBOOT1_LOADER && entry.eip == 0x100000 && bytes_get((struct bytes){block, 128}, 20, 4) == 2);
    for (int kind = IMAGE_MULTIBOOT; kind <= IMAGE_LINUX; kind++) {
        image.kind = (enum image_kind)kind;
        CHECK(!l1info_build(&facts, block, 0x10000, &entry).text);
    }
    for (unsigned int i = 0; i < 40; i++)
        memset(modules[i].line, 'x', LINE - 1);
    facts.module_count = 40;
    image.kind = IMAGE_PVH;
    CHECK(l1info_build(&facts, block, 0x10000, &entry).text);
}

const struct test boot_tests[] = {
    {"options-good", options_good}, {"options-bad", options_bad}, {"memmap", map_cut}, {"elf-good", elf_good},
    {"elf-bad", elf_bad},           {"bzimage", bzimage},         {"l1-info", told},   {0, 0},
};
