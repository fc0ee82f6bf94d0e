/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The pure parts of L1's VMX: operands of instructions, the walk with rights, EPT02.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "../../../core/hw/memory.h"
#include "../ept02.h"
#include "../operand.h"
#include "../walk.h"

enum { MEMORY = 1 << 20, HIDDEN = 0xd000000, HIDDEN_END = 0xd200000 };

/* L1's memory in these tests. */
static uint8_t *memory;

bool pn_mem_is_l1s(uint64_t address)
{
    return address <= MEMORY - 8;
}

uint64_t pn_mem_read(uint64_t address)
{
    uint64_t value = UINT64_MAX;

    if (pn_mem_is_l1s(address))
        memcpy(&value, memory + address, 8);
    return value;
}

static const struct segment flat = {0, 0xffffffff, 0xc093};

static struct operand_place place(uint32_t info, struct operand_values v)
{
    return operand_locate(operand_decode(info), v);
}

/* [RBX + RCX * 4 + displacement], DS, 64-bit addresses; register operands RAX and RDI. */
static void operands(void)
{
    const uint32_t info = 2u | 2u << 7 | 3u << 15 | 1u << 18 | 3u << 23 | 7u << 28;
    const struct operand o = operand_decode(info);
    struct operand_values v = {
        .displacement = (uint64_t)-8, .base = 0x1000, .index = 3, .segment = flat, .in_64bit = true, .length = 8};

    CHECK(!o.is_register && o.has_base && o.has_index && o.base == 3 && o.index == 1 && o.scale == 2);
    CHECK(o.reg2 == 7 && o.segment == 3 && o.address_bits == 64);
    CHECK(operand_decode(1u << 10 | 5u << 3).is_register && operand_decode(1u << 10 | 5u << 3).reg == 5);
    CHECK(!operand_decode(1u << 27).has_base && !operand_decode(1u << 22).has_index);
    CHECK(place(info, v).linear == 0x1004 && place(info, v).fault == OPERAND_GOOD);
    v.segment.base = 0x5000;
    CHECK(place(info, v).linear == 0x1004); /* DS has no base in 64-bit mode; GS has */
    CHECK(place((info & ~(7u << 15)) | 5u << 15, v).linear == 0x6004);
    v.base = 0x7ffffffffff0ull; /* the last byte is not canonical */
    v.length = 16;
    CHECK(place(info, v).fault == OPERAND_GP);
    CHECK(place((info & ~(7u << 15)) | 2u << 15, v).fault == OPERAND_SS);
    v.base = 0x100000000ull + 0x20; /* an address-size prefix: 32 bits */
    CHECK(place((info & ~(7u << 7)) | 1u << 7, v).linear == 0x24);
}

static uint8_t fault32(struct segment s, uint64_t offset, bool write)
{
    const struct operand_values v = {.displacement = offset, .segment = s, .length = 8, .write = write};

    return place(1u << 7 | 3u << 15 | 1u << 22 | 1u << 27, v).fault;
}

static void segments(void)
{
    const struct segment small = {0x10000, 0xfff, 0x4093}, read_only = {0, 0xffffffff, 0xc091};
    const struct segment code = {0, 0xffffffff, 0xc09b}, execute_only = {0, 0xffffffff, 0xc099};
    const struct segment down = {0, 0xfff, 0xc097}, down16 = {0, 0xfff, 0x97}, unusable = {0, 0xffffffff, 0x1c093};
    const struct operand_values wrap = {.displacement = 0xfffffffc, .base = 0x10, .segment = small, .length = 8};

    CHECK(fault32(small, 0xff8, true) == 0 && fault32(small, 0xff9, false) == OPERAND_GP);
    CHECK(fault32(read_only, 0, false) == 0 && fault32(read_only, 0, true) == OPERAND_GP);
    CHECK(fault32(code, 0, false) == 0 && fault32(code, 0, true) == OPERAND_GP);
    CHECK(fault32(execute_only, 0, false) == OPERAND_GP && fault32(unusable, 0, false) == OPERAND_GP);
    CHECK(fault32(down, 0xfff, false) == OPERAND_GP && fault32(down, 0x1000, true) == 0);
    CHECK(fault32(down, 0xfffffff8, true) == 0 && fault32(down, 0xfffffff9, true) == OPERAND_GP);
    CHECK(fault32(down16, 0xfff8, true) == 0 && fault32(down16, 0xfff9, true) == OPERAND_GP);
    CHECK(fault32(flat, 0xfffffff8, true) == 0 && fault32(flat, 0xfffffff9, true) == OPERAND_GP);
    CHECK(place(1u << 7 | 3u << 15 | 1u << 22, wrap).linear == 0x1000c);
}

static void walk_with_rights(void)
{
    uint8_t *m = calloc(1, MEMORY);
    const struct bytes b = {m, MEMORY};
    struct paging p = {.cr0 = 1ull << 31, .cr3 = 0x1000, .cr4 = 1 << 5, .efer = 1 << 10};

    put(m + 0x1000, 0x2007, 8);
    put(m + 0x2000, 0x3007, 8);
    put(m + 0x3000, 0x4003, 8); /* no user below this one */
    put(m + 0x4000, 0x5003, 8);
    put(m + 0x4008, 0x6001, 8);   /* read only */
    put(m + 0x3008, 0x200087, 8); /* a large user page */
    CHECK(walk_supervisor(b, &p, 0x10, true, false).good &&
          walk_supervisor(b, &p, 0x10, true, false).address == 0x5010);
    CHECK(walk_supervisor(b, &p, 0x1010, true, false).good); /* without CR0.WP */
    p.cr0 |= 1 << 16;
    CHECK(!walk_supervisor(b, &p, 0x1010, true, false).good && walk_supervisor(b, &p, 0x1010, true, false).error == 3);
    CHECK(walk_supervisor(b, &p, 0x1010, false, false).address == 0x6010);
    CHECK(walk_supervisor(b, &p, 0x2010, true, false).error == 2 &&
          walk_supervisor(b, &p, 0x2010, false, false).error == 0);
    CHECK(!walk_supervisor(b, &p, 0x2010, false, false).good);
    CHECK(walk_supervisor(b, &p, 0x212345, true, false).address == 0x212345);
    p.cr4 |= 1 << 21; /* SMAP */
    CHECK(walk_supervisor(b, &p, 0x212345, false, false).error == 1 && walk_supervisor(b, &p, 0x10, true, false).good);
    CHECK(walk_supervisor(b, &p, 0x212345, true, true).good);
    p.cr0 = 0;
    CHECK(walk_supervisor(b, &p, 0x123456789ull, true, false).address == 0x23456789);
    free(m);
}

static struct ept02 two;
static struct ept one;

/* What EPT02 says of an address under its first root; 0: nothing. */
static uint64_t leaf02(uint64_t address)
{
    const uint64_t *table = two.tables[0];

    for (int level = 4;; level--) {
        const uint64_t entry = table[address >> (12 + 9 * (level - 1)) & 511];

        if (!(entry & 7) || level == 1 || entry & 0x80)
            return entry;
        table = (const uint64_t *)(uintptr_t)(entry & 0xffffffffff000ull);
    }
}

static enum ept02_answer fill(uint64_t address, uint8_t access, uint8_t *rights)
{
    return ept02_fill(&two, &one, 0x101e, address, access, rights);
}

/* EPT12 at 0x1000: 0 -> 0x5000 (all), 0x1000 -> 0x6000 (read), 0x2000 -> hidden, 0x200000 -> 2 MiB at 0x400000. */
static void make_ept12(void)
{
    const struct mtrrs m = {.def = 0x806};
    bool fresh;

    memory = calloc(1, MEMORY);
    put(memory + 0x1000, 0x2007, 8);
    put(memory + 0x2000, 0x3007, 8);
    put(memory + 0x3000, 0x4007, 8);
    put(memory + 0x4000, 0x5037, 8);
    put(memory + 0x4008, 0x6031, 8);
    put(memory + 0x4010, HIDDEN | 0x37, 8);
    put(memory + 0x4018, 0x7036, 8); /* write and execute without read */
    put(memory + 0x4020, 0x7012, 8);
    put(memory + 0x4028, 0x7034, 8); /* execute only */
    put(memory + 0x4030, 0x701f, 8); /* memory type 3 */
    put(memory + 0x3008, 0x4000b7, 8);
    put(memory + 0x3010, 0x4010b7, 8);       /* not on a 2-MiB boundary */
    put(memory + 0x2008, 0x3087, 8);         /* 1 GiB */
    put(memory + 0x2010, 0x300f, 8);         /* reserved bits of a table's entry */
    put(memory + 0x2018, 0x100000007ull, 8); /* a table that is not L1's memory */
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    ept_build(&one, &m, HIDDEN, HIDDEN_END);
    ept02_init(&two, false, 40);
    CHECK(ept02_pointer(&two, 0x101e, &fresh) == ((uint64_t)(uintptr_t)two.tables[0] | 0x1e) && !fresh);
}

static void ept02_answers(void)
{
    uint8_t rights;

    make_ept12();
    CHECK(fill(0x123, 2, &rights) == EPT02_FILLED && (leaf02(0x123) & ~0x78ull) == 0x5007);
    CHECK(fill(0x1123, 1, &rights) == EPT02_FILLED && (leaf02(0x1000) & ~0x78ull) == 0x6001);
    CHECK(fill(0x1123, 2, &rights) == EPT02_VIOLATION && rights == 1);
    CHECK(fill(0x9123, 1, &rights) == EPT02_VIOLATION && rights == 0);
    CHECK(fill(0x8000000000ull, 1, &rights) == EPT02_VIOLATION && rights == 0);
    CHECK(fill(0x3000, 1, &rights) == EPT02_MISCONFIG && fill(0x4000, 1, &rights) == EPT02_MISCONFIG);
    CHECK(fill(0x5000, 4, &rights) == EPT02_MISCONFIG && fill(0x6000, 1, &rights) == EPT02_MISCONFIG);
    CHECK(fill(0x400000, 1, &rights) == EPT02_MISCONFIG && fill(0x40000000, 1, &rights) == EPT02_MISCONFIG);
    CHECK(fill(0x80000000, 1, &rights) == EPT02_MISCONFIG && fill(0xc0000000, 1, &rights) == EPT02_MISCONFIG);
    CHECK(fill(0x2a7654, 2, &rights) == EPT02_FILLED && (leaf02(0x200000) & ~0x78ull) == 0x400087);
    /* The hypervisor's own page: L2 sees what L1 sees there. */
    CHECK(fill(0x2000, 2, &rights) == EPT02_FILLED && one.decoy_used);
    CHECK((leaf02(0x2000) & 0xffffffffff000ull) == (uint64_t)(uintptr_t)one.decoy_page);
    two.execute_only = true;
    CHECK(fill(0x5000, 4, &rights) == EPT02_FILLED && (leaf02(0x5000) & ~0x78ull) == 0x7004);
    free(memory);
}

static void ept02_changes(void)
{
    uint8_t rights;
    bool fresh;

    make_ept12();
    CHECK(fill(0x123, 1, &rights) == EPT02_FILLED);
    put(memory + 0x4000, 0x8037, 8); /* L1 moves the page; then the large page becomes a table */
    CHECK(fill(0x123, 1, &rights) == EPT02_FLUSH && (leaf02(0) & ~0x78ull) == 0x8007);
    CHECK(fill(0x200000, 1, &rights) == EPT02_FILLED);
    put(memory + 0x3008, 0x4007, 8);
    CHECK(fill(0x200000, 1, &rights) == EPT02_FLUSH && (leaf02(0x200000) & ~0x78ull) == 0x8007);
    put(memory + 0x3008, 0x4000b7, 8);
    CHECK(fill(0x200000, 1, &rights) == EPT02_FLUSH && (leaf02(0x200000) & ~0x78ull) == 0x400087);
    ept02_wipe(&two);
    CHECK(leaf02(0) == 0 && fill(0x123, 1, &rights) == EPT02_FILLED);
    for (uint64_t i = 1; i < EPT02_ROOTS; i++)
        CHECK(ept02_pointer(&two, 0x101e + (i << 12), &fresh) != ept02_root_pointer(&two, 0) && !fresh);
    CHECK(ept02_pointer(&two, 0x101e, &fresh) == ept02_root_pointer(&two, 0) && !fresh && leaf02(0));
    CHECK(ept02_pointer(&two, 0x901e, &fresh) == ept02_root_pointer(&two, 0) && fresh && !leaf02(0));
    free(memory);
}

/* More address space than the pool has tables: it starts again, and what was filled last is there. */
static void ept02_pool(void)
{
    uint8_t rights;

    make_ept12();
    put(memory + 0x10000, 0x20007, 8);
    for (uint64_t i = 0; i < 512; i++)
        put(memory + 0x1000 + 8 * i, 0x2007, 8);
    for (uint64_t i = 0; i < 300; i++) {
        const enum ept02_answer answer = fill(i << 39, 1, &rights);

        CHECK(answer == EPT02_FILLED || answer == EPT02_FLUSH);
        CHECK((leaf02(i << 39) & ~0x78ull) == 0x5007 && two.used <= EPT02_TABLES);
    }
    CHECK(two.wipes >= 3 && two.fills == 300);
    free(memory);
}

const struct test nested_tests[] = {
    {"operands", operands},
    {"operand-segments", segments},
    {"walk-with-rights", walk_with_rights},
    {"ept02-answers", ept02_answers},
    {"ept02-changes", ept02_changes},
    {"ept02-pool", ept02_pool},
    {0, 0},
};
