/* SPDX-License-Identifier: BSD-2-Clause
 *
 * harness/hv: firmware tables (acpi.c), memory types (mtrr.c), what L1 is told (l1info.c).
 */
#include "support.h"

#include "../../harness/hv/acpi.h"
#include "../../harness/hv/l1info.h"
#include "../../harness/hv/mtrr.h"
#include "bytes_maker.h"

enum { RAM = 0x100000 };

static uint8_t ram[RAM];

static struct firmware firmware(void)
{
    const struct bytes b = exact(ram, RAM);
    const struct firmware fw = firmware_read(b);

    release(b);
    return fw;
}

static void acpi(bool extended)
{
    const uint64_t root = 0x9000, madt = 0x9100, fadt = 0x9200;

    memset(ram, 0, sizeof ram);
    memcpy(ram + 0xf0010, "RSD PTR ", 8);
    ram[0xf0010 + 15] = extended ? 2 : 0;
    put(ram, 0xf0010 + 16, extended ? 0xdead : root, 4);
    put(ram, 0xf0010 + 24, extended ? root : 0, 8);
    memcpy(ram + root, extended ? "XSDT" : "RSDT", 4);
    put(ram, root + 4, 36 + (extended ? 16 : 8), 4);
    put(ram, root + 36, madt, extended ? 8 : 4);
    put(ram, root + 36 + (extended ? 8 : 4), fadt, extended ? 8 : 4);
    memcpy(ram + madt, "APIC", 4);
    put(ram, madt + 4, 44 + 8 + 8 + 16 + 12, 4);
    put(ram, madt + 44, 0x0800, 2); /* local APIC, enabled */
    put(ram, madt + 48, 1, 4);
    put(ram, madt + 52, 0x0800, 2); /* local APIC, not enabled */
    put(ram, madt + 60, 0x1009, 2); /* x2APIC, enabled */
    put(ram, madt + 68, 1, 4);
    put(ram, madt + 76, 0x0c01, 2); /* I/O APIC */
    memcpy(ram + fadt, "FACP", 4);
    put(ram, fadt + 4, 116, 4);
    put(ram, fadt + 64, 0xb004, 4);
}

START_TEST(acpi_tables)
{
    for (unsigned int extended = 0; extended < 2; extended++) {
        struct firmware fw;

        acpi(extended);
        fw = firmware();
        ck_assert_uint_eq(fw.processors, 2);
        ck_assert_uint_eq(fw.pm1a_control, 0xb004);
    }
}
END_TEST

START_TEST(no_tables)
{
    memset(ram, 0, sizeof ram);
    ck_assert(firmware().processors == 1 && firmware().pm1a_control == 0);
}
END_TEST

START_TEST(mp_table)
{
    memset(ram, 0, sizeof ram);
    put(ram, 0x40e, 0x9fc0, 2); /* in the extended BIOS data area */
    memcpy(ram + 0x9fc10, "_MP_", 4);
    put(ram, 0x9fc14, 0x8000, 4);
    memcpy(ram + 0x8000, "PCMP", 4);
    put(ram, 0x8000 + 34, 5, 2);
    for (unsigned int i = 0; i < 4; i++)
        ram[0x8000 + 44 + 20 * i + 3] = (uint8_t)(i % 3 ? 1 : 3); /* 3: boot processor */
    ram[0x8000 + 44 + 20 * 2 + 3] = 0; /* not enabled */
    ram[0x8000 + 44 + 80] = 1;         /* a bus */
    ck_assert_uint_eq(firmware().processors, 3);
}
END_TEST

START_TEST(scrambled_tables)
{
    uint64_t random = 5;
    struct bytes b = exact(ram, RAM);

    for (unsigned int n = 0; n < 20000; n++) {
        uint8_t *data = (uint8_t *)(uintptr_t)b.data;

        if (n % 64 == 0) {
            acpi(n % 128 == 0);
            memcpy(data, ram, RAM);
        }
        scramble(data + 0x9000, 0x300, &random);
        scramble(data + 0xf0010, 36, &random);
        memcpy(data + 0xf0010, "RSD PTR ", 8);
        HOLDS(firmware_read(b).processors >= 1);
    }
    release(b);
}
END_TEST

START_TEST(memory_types)
{
    struct mtrrs m = {.def = 0xc06, .variable_count = 2};

    m.fixed[0] = 0x0606060606060606ull;
    m.fixed[2] = 0x0000000000000000ull;
    m.fixed[10] = 0x0505050505050504ull;
    m.base[0] = 0xc0000000;
    m.mask[0] = 0xfc0000800ull | 0xff00000000ull;
    m.base[1] = 0xe0000001;
    m.mask[1] = 0xffe0000800ull;
    ck_assert_uint_eq(mtrr_type(&m, 0x7ffff), TYPE_WB);
    ck_assert_uint_eq(mtrr_type(&m, 0xa0000), TYPE_UC);
    ck_assert_uint_eq(mtrr_type(&m, 0xf8000), TYPE_WT);
    ck_assert_uint_eq(mtrr_type(&m, 0xff000), TYPE_WP);
    ck_assert_uint_eq(mtrr_type(&m, 0x100000), TYPE_WB);
    ck_assert_uint_eq(mtrr_type(&m, 0xbffff000), TYPE_WB);
    ck_assert_uint_eq(mtrr_type(&m, 0xc0000000), TYPE_UC);
    ck_assert_uint_eq(mtrr_type(&m, 0xe0000000), TYPE_UC); /* UC and WC: UC wins */
    ck_assert_uint_eq(mtrr_type_of_range(&m, 0xbfe00000, 0xc0000000), TYPE_WB);
    ck_assert_uint_eq(mtrr_type_of_range(&m, 0xbff00000, 0xc0100000), TYPE_UC);
    m.def = 0x406; /* all off */
    ck_assert_uint_eq(mtrr_type(&m, 0x1000), TYPE_UC);
}
END_TEST

static uint64_t get(const uint8_t *data, uint64_t at, unsigned int length)
{
    uint64_t value = 0;

    memcpy(&value, data + at, length);
    return value;
}

static struct fault build(enum image_kind kind, const char *line, uint8_t *block, struct l1_entry *entry)
{
    static struct module module;
    struct memmap map = {0};
    struct image image = {.kind = kind, .entry = 0x100020, .setup_end = 0x268};
    uint8_t file[0x290] = {0};
    const struct l1_facts facts = {&map, line, &module, 1, {file, sizeof file}, &image};

    module = (struct module){.start = 0x600000, .end = 0x612345, .line = "initrd"};
    memmap_add(&map, 0, 0xa0000, 1);
    memmap_add(&map, 0x100000, 0x7f00000, 1);
    memmap_cut(&map, 0x2000000, 0x2200000);
    memset(file + 0x1f1, 0x5a, 0x77);
    memset(block, 0, L1INFO_SIZE);
    return l1info_build(&facts, block, 0x10000, entry);
}

START_TEST(multiboot_information_for_l1)
{
    static uint8_t block[L1INFO_SIZE];
    struct l1_entry e;
    uint64_t at, map;

    ck_assert_ptr_null(build(IMAGE_MULTIBOOT, "a line", block, &e).text);
    ck_assert(e.eip == 0x100020 && e.eax == 0x2badb002 && e.ebx >= 0x10000);
    at = e.ebx - 0x10000;
    ck_assert_uint_eq(get(block, at, 4), 0x24d);
    ck_assert_uint_eq(get(block, at + 4, 4), 640);
    ck_assert_uint_eq(get(block, at + 8, 4), 31 * 1024); /* up to the hole */
    ck_assert_str_eq((char *)block + get(block, at + 16, 4) - 0x10000, "a line");
    ck_assert_uint_eq(get(block, get(block, at + 24, 4) - 0x10000, 4), 0x600000);
    ck_assert_uint_eq(get(block, get(block, at + 24, 4) - 0x10000 + 4, 4), 0x612345);
    map = get(block, at + 48, 4) - 0x10000;
    ck_assert_uint_eq(get(block, at + 44, 4), 4 * 24);
    ck_assert(get(block, map, 4) == 20 && get(block, map + 48 + 4, 8) == 0x2000000 && get(block, map + 68, 4) == 2);
    ck_assert(e.gdt >= 0x10000 && get(block, e.gdt - 0x10000 + 8, 8) == 0xcf9b000000ffffull);
}
END_TEST

START_TEST(pvh_information_for_l1)
{
    static uint8_t block[L1INFO_SIZE];
    struct l1_entry e;
    uint64_t at;

    ck_assert_ptr_null(build(IMAGE_PVH, "console=ttyS0", block, &e).text);
    at = e.ebx - 0x10000;
    ck_assert(get(block, at, 4) == 0x336ec578 && get(block, at + 4, 4) == 1 && get(block, at + 12, 4) == 1);
    ck_assert_str_eq((char *)block + get(block, at + 24, 8) - 0x10000, "console=ttyS0");
    ck_assert_uint_eq(get(block, get(block, at + 16, 8) - 0x10000 + 8, 8), 0x12345);
    ck_assert_uint_eq(get(block, at + 48, 4), 4);
    ck_assert_uint_eq(get(block, get(block, at + 40, 8) - 0x10000 + 48 + 16, 4), 2);
}
END_TEST

START_TEST(linux_information_for_l1)
{
    static uint8_t block[L1INFO_SIZE];
    struct l1_entry e;
    uint64_t at;

    ck_assert_ptr_null(build(IMAGE_LINUX, "quiet", block, &e).text);
    ck_assert(e.code_selector == 0x10 && e.data_selector == 0x18);
    at = e.esi - 0x10000;
    ck_assert(get(block, at + 0x1f1, 1) == 0x5a && get(block, at + 0x267, 1) == 0x5a && get(block, at + 0x268, 1) == 0);
    ck_assert(get(block, at + 0x210, 1) == 0xff && get(block, at + 0x218, 4) == 0x600000);
    ck_assert_uint_eq(get(block, at + 0x21c, 4), 0x12345);
    ck_assert_str_eq((char *)block + get(block, at + 0x228, 4) - 0x10000, "quiet");
    ck_assert_uint_eq(get(block, at + 0x1e8, 1), 4);
    ck_assert(get(block, at + 0x2d0 + 40, 8) == 0x2000000 && get(block, at + 0x2d0 + 56, 4) == 2);
}
END_TEST

START_TEST(line_that_does_not_fit)
{
    static uint8_t block[L1INFO_SIZE];
    static char line[L1INFO_SIZE];
    struct l1_entry e;

    memset(line, 'x', sizeof line - 1);
    for (int kind = IMAGE_MULTIBOOT; kind <= IMAGE_LINUX; kind++)
        ck_assert_ptr_nonnull(build((enum image_kind)kind, line, block, &e).text);
}
END_TEST

TCase *hv_tables_tests(void)
{
    TCase *t = tcase_create("hv tables");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, acpi_tables);
    tcase_add_test(t, no_tables);
    tcase_add_test(t, mp_table);
    tcase_add_test(t, scrambled_tables);
    tcase_add_test(t, memory_types);
    tcase_add_test(t, multiboot_information_for_l1);
    tcase_add_test(t, pvh_information_for_l1);
    tcase_add_test(t, linux_information_for_l1);
    tcase_add_test(t, line_that_does_not_fit);
    return t;
}
