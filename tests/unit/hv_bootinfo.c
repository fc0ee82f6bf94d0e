/* SPDX-License-Identifier: BSD-2-Clause
 *
 * harness/hv/bootinfo.c: what a Multiboot loader says, versions 1 and 2.
 */
#include "support.h"

#include "../../harness/hv/bootinfo.h"
#include "bytes_maker.h"

enum { MEMORY = 0x8000, INFO = 0x1000 };

static uint8_t memory[MEMORY];
static struct bootinfo info;

static struct fault read_as(uint32_t magic, uint64_t size)
{
    const struct bytes b = exact(memory, size);
    const struct fault f = bootinfo_read(b, magic, INFO, &info);

    release(b);
    return f;
}

static void mb1(void)
{
    memset(memory, 0, sizeof memory);
    put(memory, INFO, 0x4c, 4);
    put(memory, INFO + 16, 0x2000, 4);
    strcpy((char *)memory + 0x2000, "events=core evict=1");
    put(memory, INFO + 20, 2, 4);
    put(memory, INFO + 24, 0x2100, 4);
    put(memory, 0x2100, 0x400000, 4);
    put(memory, 0x2104, 0x500000, 4);
    put(memory, 0x2108, 0x2200, 4);
    strcpy((char *)memory + 0x2200, "l1.elf a b");
    put(memory, 0x2110, 0x500000, 4);
    put(memory, 0x2114, 0x500000, 4);
    put(memory, INFO + 44, 48, 4);
    put(memory, INFO + 48, 0x2300, 4);
    for (unsigned int i = 0; i < 2; i++) {
        put(memory, 0x2300 + 24 * i, 20, 4);
        put(memory, 0x2304 + 24 * i, i * 0x100000, 8);
        put(memory, 0x230c + 24 * i, 0x9f000 + i, 8);
        put(memory, 0x2314 + 24 * i, i + 1, 4);
    }
}

static uint64_t tag(uint64_t at, uint32_t type, uint32_t size)
{
    put(memory, at, type, 4);
    put(memory, at + 4, size, 4);
    return at + ((size + 7u) & ~7u);
}

static void mb2(void)
{
    uint64_t at = INFO + 8;

    memset(memory, 0, sizeof memory);
    strcpy((char *)memory + at + 8, "nmi=3");
    at = tag(at, 1, 8 + 6);
    put(memory, at + 8, 0x400000, 4);
    put(memory, at + 12, 0x480000, 4);
    strcpy((char *)memory + at + 16, "l1 x");
    at = tag(at, 3, 16 + 5);
    put(memory, at + 8, 24, 4);
    put(memory, at + 16, 0x100000, 8);
    put(memory, at + 24, 0x7000000, 8);
    put(memory, at + 32, 1, 4);
    at = tag(at, 6, 16 + 24);
    at = tag(at, 21, 12); /* one that nobody asked for */
    at = tag(at, 0, 8);
    put(memory, INFO, at - INFO, 4);
}

START_TEST(multiboot1)
{
    mb1();
    ck_assert_ptr_null(read_as(MULTIBOOT1_LOADER, MEMORY).text);
    ck_assert_str_eq(info.line, "events=core evict=1");
    ck_assert_uint_eq(info.module_count, 2);
    ck_assert(info.modules[0].start == 0x400000 && info.modules[0].end == 0x500000);
    ck_assert_str_eq(info.modules[0].line, "l1.elf a b");
    ck_assert_str_eq(info.modules[1].line, "");
    ck_assert(info.map.count == 2 && info.map.ranges[0].end == 0x9f000 && info.map.ranges[1].type == 2);
    put(memory, INFO, 0x40, 4); /* only the map */
    ck_assert_ptr_null(read_as(MULTIBOOT1_LOADER, MEMORY).text);
    ck_assert(info.line[0] == 0 && info.module_count == 0 && info.map.count == 2);
}
END_TEST

START_TEST(multiboot2)
{
    mb2();
    ck_assert_ptr_null(read_as(MULTIBOOT2_LOADER, MEMORY).text);
    ck_assert_str_eq(info.line, "nmi=3");
    ck_assert(info.module_count == 1 && info.modules[0].start == 0x400000 && info.modules[0].end == 0x480000);
    ck_assert_str_eq(info.modules[0].line, "l1 x");
    ck_assert(info.map.count == 1 && info.map.ranges[0].start == 0x100000 && info.map.ranges[0].end == 0x7100000);
}
END_TEST

static void refused(uint32_t magic, uint64_t size, const char *part)
{
    const struct fault f = read_as(magic, size);

    ck_assert_msg(f.text && strstr(f.text, part), "said: %s; not: %s", f.text ? f.text : "nothing", part);
}

START_TEST(refused_information)
{
    mb1();
    refused(0, MEMORY, "not started by a Multiboot loader");
    refused(0x36d76288, MEMORY, "not started by a Multiboot loader");
    put(memory, INFO, 0xc, 4);
    refused(MULTIBOOT1_LOADER, MEMORY, "no memory map");
    mb1();
    refused(MULTIBOOT1_LOADER, INFO + 51, "does not lie in memory");
    put(memory, INFO + 20, 17, 4);
    refused(MULTIBOOT1_LOADER, MEMORY, "more than 16 modules");
    mb1();
    put(memory, 0x2104, 0x3fffff, 4);
    refused(MULTIBOOT1_LOADER, MEMORY, "ends before it starts");
    mb1();
    memset(memory + 0x4000, 'x', 0x3000);
    put(memory, INFO + 16, 0x4000, 4);
    refused(MULTIBOOT1_LOADER, MEMORY, "longer than 2047");
    mb1();
    put(memory, 0x2318, 19, 4); /* an entry that is too short for what is read */
    refused(MULTIBOOT1_LOADER, MEMORY, "does not lie in memory");
    mb2();
    put(memory, INFO + 12, 0, 4); /* a tag that does not move on */
    refused(MULTIBOOT2_LOADER, MEMORY, "does not lie in memory");
    mb2();
    put(memory, INFO, 40, 4); /* no end tag inside */
    refused(MULTIBOOT2_LOADER, MEMORY, "does not lie in memory");
}
END_TEST

START_TEST(modules_beyond_the_limit)
{
    for (unsigned int count = MODULES; count <= MODULES + 1; count++) {
        uint64_t at = INFO + 8;

        memset(memory, 0, sizeof memory);
        for (unsigned int i = 0; i < count; i++)
            at = tag(at, 3, 17);
        put(memory, at + 8, 24, 4);
        put(memory, at + 24, 0x1000, 8);
        at = tag(at, 6, 40);
        at = tag(at, 0, 8);
        put(memory, INFO, at - INFO, 4);
        if (count > MODULES)
            refused(MULTIBOOT2_LOADER, MEMORY, "more than 16 modules");
        else
            ck_assert_ptr_null(read_as(MULTIBOOT2_LOADER, MEMORY).text);
    }
}
END_TEST

START_TEST(longest_line)
{
    mb1();
    memset(memory + 0x4000, 'x', 2047);
    put(memory, INFO + 16, 0x4000, 4);
    ck_assert_ptr_null(read_as(MULTIBOOT1_LOADER, MEMORY).text);
    ck_assert_uint_eq(strlen(info.line), 2047);
}
END_TEST

START_TEST(scrambled_information)
{
    uint64_t random = 99;

    for (unsigned int n = 0; n < 20000; n++) {
        const uint32_t magic = n % 2 ? MULTIBOOT1_LOADER : MULTIBOOT2_LOADER;

        if (n % 2)
            mb1();
        else
            mb2();
        scramble(memory + INFO, n % 3 ? 0x80 : 0x1400, &random);
        (void)read_as(magic, n % 4 ? MEMORY : INFO + n % (MEMORY - INFO));
        HOLDS(info.module_count <= MODULES && info.map.count <= MEMORY_RANGES);
    }
}
END_TEST

TCase *hv_bootinfo_tests(void)
{
    TCase *t = tcase_create("hv boot information");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, multiboot1);
    tcase_add_test(t, multiboot2);
    tcase_add_test(t, refused_information);
    tcase_add_test(t, modules_beyond_the_limit);
    tcase_add_test(t, longest_line);
    tcase_add_test(t, scrambled_information);
    return t;
}
