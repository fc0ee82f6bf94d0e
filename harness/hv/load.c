/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loading (load.h). The loader put the modules low, where kernels want their segments, so they are moved first: below
 * the hypervisor, highest first, which never overwrites one that is still to be moved.
 */
#include "load.h"

#include <stddef.h>

#include "console.h"
#include "place.h"

void *memset(void *to, int value, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memcpy(void *to, const void *from, size_t n);

enum { INFO_FIRST = 0x10000, INFO_LAST = 0x80000, PAGE = 4096 };

static void *at(struct bytes physical, uint64_t address)
{
    return (void *)(uintptr_t)(physical.data + address);
}

/* The module with the highest start below `limit`; the modules are few. */
static struct module *highest_below(struct bootinfo *info, uint64_t limit)
{
    struct module *best = 0;

    for (uint32_t i = 0; i < info->module_count; i++)
        if (info->modules[i].start < limit && (!best || info->modules[i].start > best->start))
            best = &info->modules[i];
    return best;
}

static void move_modules(struct bootinfo *info, struct bytes physical)
{
    uint64_t top = HV_BASE, limit = HV_BASE;
    struct module *m;

    while ((m = highest_below(info, limit))) {
        const uint64_t size = m->end - m->start, to = (top - size) & ~(uint64_t)(PAGE - 1);

        limit = m->start;
        if (to < m->start)
            continue; /* nothing lies between: it stays */
        if (!memmap_usable(&info->map, to, to + (size ? size : 1)))
            fail(FAULT("too little memory below 208 MiB for the modules: use smaller ones"));
        memmove(at(physical, to), at(physical, m->start), size);
        m->start = to;
        m->end = to + size;
        top = to;
    }
}

static void check_modules(const struct bootinfo *info, const struct image *image)
{
    for (uint32_t i = 0; i < info->module_count; i++)
        if (image_overlaps(image, info->modules[i].start, info->modules[i].end))
            fail(FAULT("the L1 kernel and the modules do not fit into memory together: give the machine more memory"));
}

static void copy_segments(const struct image *image, struct bytes file, struct bytes physical)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];

        memcpy(at(physical, s->address), file.data + s->offset, s->file_size);
        memset(at(physical, s->address + s->file_size), 0, s->memory_size - s->file_size);
    }
}

/* Room in low memory for what L1 is told. */
static uint32_t find_info_place(const struct bootinfo *info, const struct image *image)
{
    for (uint32_t address = INFO_FIRST; address <= INFO_LAST; address += PAGE)
        if (memmap_usable(&info->map, address, address + L1INFO_SIZE) &&
            !image_overlaps(image, address, address + L1INFO_SIZE))
            return address;
    fail(FAULT("no 64 KiB are free below 640 KiB for L1's boot information: link the kernel higher"));
}

struct l1_entry load_l1(struct bootinfo *info, struct bytes physical)
{
    struct image image;
    struct l1_facts facts;
    struct l1_entry entry;
    struct bytes file;
    struct fault f;
    uint32_t place;

    if (info->module_count == 0)
        fail(FAULT("no L1: give the kernel to run as the first module"));
    move_modules(info, physical);
    file = bytes_part(physical, info->modules[0].start, info->modules[0].end - info->modules[0].start);
    f = image_parse(file, &image);
    if (!f.text)
        f = image_check(&image, &info->map);
    if (f.text)
        fail(f);
    check_modules(info, &image);
    place = find_info_place(info, &image);
    facts = (struct l1_facts){&info->map,
                              info->modules[0].line,
                              &info->modules[1],
                              info->module_count - 1,
                              file,
                              &image};
    memset(at(physical, place), 0, L1INFO_SIZE);
    f = l1info_build(&facts, at(physical, place), place, &entry);
    if (f.text)
        fail(f);
    copy_segments(&image, file, physical);
    return entry;
}
