/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Firmware tables, memory types, the guest page walk and the EPT.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "../acpi.h"
#include "../ept.h"
#include "../walk.h"

enum { MEMORY = 1 << 20 };

static void sdt(uint8_t *at, const char *signature, uint32_t length)
{
    memcpy(at, signature, 4);
    put(at + 4, length, 4);
}

/* RSDP -> RSDT -> MADT with `cpus` enabled and one disabled local APIC, FADT with PM1a_CNT 0xb004. */
static void make_acpi(uint8_t *m, unsigned int cpus)
{
    memset(m, 0, MEMORY);
    memcpy(m + 0xe0010, "RSD PTR ", 8);
    put(m + 0xe0010 + 16, 0x1000, 4);
    sdt(m + 0x1000, "RSDT", 44);
    put(m + 0x1000 + 36, 0x2000, 4);
    put(m + 0x1000 + 40, 0x3000, 4);
    sdt(m + 0x2000, "FACP", 116);
    put(m + 0x2000 + 64, 0xb004, 4);
    sdt(m + 0x3000, "APIC", 44 + 8 * (cpus + 1));
    for (unsigned int i = 0; i <= cpus; i++) {
        m[0x3000 + 44 + 8 * i + 1] = 8;
        m[0x3000 + 44 + 8 * i + 4] = i < cpus;
    }
}

static void acpi(void)
{
    uint8_t *m = calloc(1, MEMORY);
    const struct bytes b = {m, MEMORY};
    struct firmware fw;

    make_acpi(m, 1);
    fw = firmware_read(b);
    CHECK(fw.processors == 1 && fw.pm1a_control == 0xb004);
    make_acpi(m, 4);
    CHECK(firmware_read(b).processors == 4);
    put(m + 0x3000 + 4, 0xffffffff, 4); /* a length that leaves memory: as if it were not there */
    CHECK(firmware_read(b).processors == 1);
    memset(m, 0, MEMORY);
    fw = firmware_read(b);
    CHECK(fw.processors == 1 && fw.pm1a_control == 0);
    memcpy(m + 0xf0000, "_MP_", 4); /* no ACPI: the MP table */
    put(m + 0xf0004, 0x4000, 4);
    memcpy(m + 0x4000, "PCMP", 4);
    put(m + 0x4000 + 34, 3, 2);
    m[0x4000 + 44 + 3] = m[0x4000 + 64 + 3] = 1;
    m[0x4000 + 84] = 1; /* a bus entry ends the processors */
    CHECK(firmware_read(b).processors == 2);
    free(m);
}

static struct mtrrs pc_mtrrs(void)
{
    struct mtrrs m = {.def = 0xc06, .variable_count = 2, .base = {0xc0000000ull, 0}, .mask = {0xffc0000800ull, 0}};

    for (int i = 0; i < MTRR_FIXED; i++)
        m.fixed[i] = 0x0606060606060606ull;
    m.fixed[2] = 0; /* 0xa0000 to 0xbffff */
    return m;
}

static void memory_types(void)
{
    struct mtrrs m = pc_mtrrs();

    CHECK(mtrr_type(&m, 0x9ffff) == TYPE_WB && mtrr_type(&m, 0xa0000) == TYPE_UC && mtrr_type(&m, 0xbffff) == TYPE_UC);
    CHECK(mtrr_type(&m, 0xc0000) == TYPE_WB && mtrr_type(&m, 0xfee00000) == TYPE_UC);
    CHECK(mtrr_type_of_range(&m, 0xbfe00000, 0xc0000000) == TYPE_WB);
    m.mask[0] = 0xffffff0800ull & ~0xfffull; /* not valid */
    CHECK(mtrr_type(&m, 0xfee00000) == TYPE_WB);
    m.def = 0;
    CHECK(mtrr_type(&m, 0x1000) == TYPE_UC);
}

static void page_walk(void)
{
    uint8_t *m = calloc(1, MEMORY);
    const struct bytes b = {m, MEMORY};
    struct paging p = {.cr0 = 1ull << 31, .cr3 = 0x1000};
    uint64_t result = 0;

    put(m + 0x1000 + 4 * 1, 0x2001, 4); /* 32-bit: 4 MiB to 8 MiB */
    put(m + 0x2000 + 4 * 5, 0x9001, 4);
    put(m + 0x1000 + 4 * 2, 0x00c02081, 4); /* a 4 MiB page with address bits 33:32 = 1 (PSE-36) */
    CHECK(walk(b, &p, 0x405123, &result) && result == 0x9123);
    CHECK(walk(b, &p, 0x812345, &result) && result == 0x100c12345ull);
    CHECK(!walk(b, &p, 0xc00000, &result));
    p.cr4 = 1 << 5; /* PAE */
    put(m + 0x1000, 0x3001, 8);
    put(m + 0x3000, 0x4001, 8);
    put(m + 0x4000 + 8 * 7, 0x7001, 8);
    CHECK(walk(b, &p, 0x7fff, &result) && result == 0x7fff);
    p.efer = 1 << 10; /* four levels: 0x1000 -> 0x3000 -> 0x4000 -> 0x7000 */
    put(m + 0x4000, 0x7001, 8);
    put(m + 0x7000, 0x8001, 8);
    CHECK(walk(b, &p, 0x10, &result) && result == 0x8010);
    CHECK(!walk(b, &p, 0x8000000000ull, &result));
    p.cr0 = 0;
    CHECK(walk(b, &p, 0x123456789ull, &result) && result == 0x23456789);
    free(m);
}

static bool mapped_to_itself(const struct ept *ept, uint64_t a)
{
    const uint64_t *directory = (const uint64_t *)(uintptr_t)(ept->pdpt[a >> 30] & 0xffffffffff000ull);
    uint64_t entry = directory[a >> 21 & 511];

    if (entry & 0x80)
        return (entry & ~0x1fffffull) == (a & ~0x1fffffull) && (entry & 7) == 7;
    entry = ((const uint64_t *)(uintptr_t)(entry & 0xffffffffff000ull))[a >> 12 & 511];
    return (entry & ~0xfffull) == (a & ~0xfffull) && (entry & 7) == 7;
}

static void ept_evictions(void)
{
    const struct mtrrs m = pc_mtrrs();
    static struct ept ept;

    ept_build(&ept, &m, 0xd000000, 0xd200000);
    CHECK(!ept_evict(&ept, 0xd000000) && ept_cure(&ept, 0xd001000) == EPT_HIDDEN && ept.decoy_used);
    CHECK(ept_cure(&ept, 5ull << 30) == EPT_NEW_REGION && ept_cure(&ept, 1ull << 40) == EPT_NO_CURE);
    for (int i = 0; i < 100000; i++) {
        const uint64_t a = test_random() % 0xd000000;
        const bool mapped_before = mapped_to_itself(&ept, a);

        CHECK(ept_evict(&ept, a) == mapped_before && !mapped_to_itself(&ept, a));
        if (test_random() & 1)
            CHECK(ept_cure(&ept, a) == EPT_EVICTED_PAGE && mapped_to_itself(&ept, a));
    }
    for (int i = 0; i < EPT_EVICTED; i++)
        if (ept.evicted[i])
            CHECK(ept_cure(&ept, ept.evicted[i] - 1) == EPT_EVICTED_PAGE);
    for (uint64_t a = 0; a < 0xd000000; a += 4096)
        CHECK(mapped_to_itself(&ept, a));
}

const struct test machine_tests[] = {
    {"acpi", acpi}, {"memory-types", memory_types}, {"page-walk", page_walk}, {"ept", ept_evictions}, {0, 0},
};
