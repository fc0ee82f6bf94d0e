/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The information structure an L1 kernel finds at its entry: Multiboot's, PVH's, or Linux's boot parameters, built as
 * one block of bytes for a given guest address. Pure.
 */
#ifndef HV_L1INFO_H
#define HV_L1INFO_H

#include "bootinfo.h"
#include "image.h"

enum { L1INFO_SIZE = 0x10000 };

/* What L1 is told. `modules` are L1's own (without the kernel), where they lie now. */
struct l1_facts {
    const struct memmap *map;
    const char *line;
    const struct module *modules;
    uint32_t module_count;
    struct bytes file; /* the kernel's file, for Linux's setup header */
    const struct image *image;
};

/* How L1 is entered. */
struct l1_entry {
    uint32_t eip, eax, ebx, esi;
    uint32_t gdt; /* guest address, limit 0x1f */
    uint16_t code_selector, data_selector;
};

/* Fill `block` (L1INFO_SIZE zeroed bytes that L1 will see at `address`). */
struct fault l1info_build(const struct l1_facts *facts, uint8_t *block, uint32_t address, struct l1_entry *entry);

#endif
