/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading the Multiboot 1 (0.6.96, section 3.3) and Multiboot 2 (section 3.6) information structures.
 */
#include "bootinfo.h"

enum { MB1_LINE = 1u << 2, MB1_MODULES = 1u << 3, MB1_MMAP = 1u << 6 };
enum { MB2_END = 0, MB2_LINE = 1, MB2_MODULE = 3, MB2_MMAP = 6 };

static const char too_long[] = "the loader's information does not lie in memory or a command line is longer than 2047";
static const char too_many[] = "the loader gives more than 16 modules or too many memory ranges";

static bool copy_line(struct bytes b, uint64_t offset, char *line)
{
    for (uint32_t i = 0; i < LINE; i++) {
        if (!bytes_has(b, offset + i, 1))
            return false;
        line[i] = (char)b.data[offset + i];
        if (!line[i])
            return true;
    }
    return false;
}

static struct fault add_module(struct bootinfo *info, struct bytes b, uint64_t start, uint64_t end, uint64_t line)
{
    struct module *m = &info->modules[info->module_count];

    if (info->module_count == MODULES)
        return FAULT(too_many);
    if (end < start)
        return FAULT("the loader gives a module that ends before it starts");
    m->start = start;
    m->end = end;
    m->line[0] = 0;
    if (line && !copy_line(b, line, m->line))
        return FAULT(too_long);
    info->module_count++;
    return NO_FAULT;
}

static struct fault read_mmap1(struct bytes b, uint64_t at, uint64_t length, struct bootinfo *info)
{
    const uint64_t end = at + length;

    while (at + 24 <= end) {
        const uint64_t size = bytes_get(b, at, 4); /* of the entry, without this field */

        if (size < 20 || !bytes_has(b, at, size + 4))
            return FAULT(too_long);
        if (!memmap_add(&info->map, bytes_get(b, at + 4, 8), bytes_get(b, at + 12, 8),
                        (uint32_t)bytes_get(b, at + 20, 4)))
            return FAULT(too_many);
        at += size + 4;
    }
    return NO_FAULT;
}

static struct fault read_modules1(struct bytes b, uint64_t count, uint64_t at, struct bootinfo *info)
{
    if (count > MODULES)
        return FAULT(too_many);
    for (uint64_t i = 0; i < count; i++, at += 16) {
        struct fault f;

        if (!bytes_has(b, at, 16))
            return FAULT(too_long);
        f = add_module(info, b, bytes_get(b, at, 4), bytes_get(b, at + 4, 4), bytes_get(b, at + 8, 4));
        if (f.text)
            return f;
    }
    return NO_FAULT;
}

static struct fault read1(struct bytes b, uint64_t at, struct bootinfo *info)
{
    const uint64_t flags = bytes_get(b, at, 4);
    struct fault f = NO_FAULT;

    if (!bytes_has(b, at, 52))
        return FAULT(too_long);
    if (flags & MB1_LINE && !copy_line(b, bytes_get(b, at + 16, 4), info->line))
        return FAULT(too_long);
    if (flags & MB1_MODULES)
        f = read_modules1(b, bytes_get(b, at + 20, 4), bytes_get(b, at + 24, 4), info);
    if (!f.text && flags & MB1_MMAP)
        f = read_mmap1(b, bytes_get(b, at + 48, 4), bytes_get(b, at + 44, 4), info);
    return f;
}

static struct fault read_mmap2(struct bytes tag, struct bootinfo *info)
{
    const uint64_t size = bytes_get(tag, 8, 4);

    if (size < 24)
        return FAULT("the loader's memory map has entries of an unknown size");
    for (uint64_t at = 16; bytes_has(tag, at, size); at += size)
        if (!memmap_add(&info->map, bytes_get(tag, at, 8), bytes_get(tag, at + 8, 8),
                        (uint32_t)bytes_get(tag, at + 16, 4)))
            return FAULT(too_many);
    return NO_FAULT;
}

static struct fault read_tag2(struct bytes tag, struct bootinfo *info)
{
    switch (bytes_get(tag, 0, 4)) {
    case MB2_LINE:
        return copy_line(tag, 8, info->line) ? NO_FAULT : FAULT(too_long);
    case MB2_MODULE:
        return add_module(info, tag, bytes_get(tag, 8, 4), bytes_get(tag, 12, 4), 16);
    case MB2_MMAP:
        return read_mmap2(tag, info);
    default:
        return NO_FAULT;
    }
}

static struct fault read2(struct bytes b, uint64_t at, struct bootinfo *info)
{
    const struct bytes all = bytes_part(b, at, bytes_get(b, at, 4));

    for (at = 8; bytes_has(all, at, 8);) {
        const uint64_t size = bytes_get(all, at + 4, 4);
        struct fault f;

        if (bytes_get(all, at, 4) == MB2_END)
            return NO_FAULT;
        if (size < 8 || !bytes_has(all, at, size))
            return FAULT(too_long);
        f = read_tag2(bytes_part(all, at, size), info);
        if (f.text)
            return f;
        at += (size + 7) & ~7ull;
    }
    return FAULT(too_long);
}

struct fault bootinfo_read(struct bytes physical, uint32_t magic, uint32_t address, struct bootinfo *info)
{
    struct fault f;

    info->line[0] = 0;
    info->module_count = 0;
    info->map.count = 0;
    if (magic == MULTIBOOT1_LOADER)
        f = read1(physical, address, info);
    else if (magic == MULTIBOOT2_LOADER)
        f = read2(physical, address, info);
    else
        return FAULT("not started by a Multiboot loader: use GRUB's multiboot or multiboot2");
    if (!f.text && info->map.count == 0)
        return FAULT("the loader gives no memory map: use one that does, GRUB for example");
    return f;
}
