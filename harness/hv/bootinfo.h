/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the loader told us, Multiboot 1 or 2, copied out of the loader's memory before anything is moved. Pure.
 */
#ifndef HV_BOOTINFO_H
#define HV_BOOTINFO_H

#include "bytes.h"
#include "memmap.h"

#define MULTIBOOT1_LOADER 0x2badb002u
#define MULTIBOOT2_LOADER 0x36d76289u

enum { MODULES = 16, LINE = 2048 };

struct module {
    uint64_t start, end;
    char line[LINE];
};

struct bootinfo {
    char line[LINE];
    uint32_t module_count;
    struct module modules[MODULES];
    struct memmap map;
};

/* `physical` is physical memory from address 0. `magic` and `address` are EAX and EBX at entry. */
struct fault bootinfo_read(struct bytes physical, uint32_t magic, uint32_t address, struct bootinfo *info);

#endif
