/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random input for every reader of foreign bytes; the address and undefined-behaviour sanitizers judge. The sequence is
 * fixed, so a failure repeats.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "../acpi.h"
#include "../bootinfo.h"
#include "../image.h"
#include "../options.h"
#include "../walk.h"

enum { ROUNDS = 20000 };

static void scatter(uint8_t *bytes, uint64_t size, unsigned int times)
{
    while (times-- && size)
        bytes[test_random() % size] = (uint8_t)(test_random() & 3 ? test_random() : 0xff);
}

static void images(void)
{
    static const char headers[2][19] = {"\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\3",
                                        "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\76"};

    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t size = test_random() % 2048;
        uint8_t *file = calloc(1, size ? size : 1); /* of its exact size: one byte too far is seen */
        struct image image;

        if (size > 0x290)
            memcpy(file, headers[test_random() & 1], sizeof(headers[0]));
        if (size > 0x290 && test_random() & 1)
            memcpy(file + 0x202, "HdrS\17\2", 6);
        if (size > 64) {
            put(file + 28, 64, 4);
            put(file + 32, 64, 8);
            put(file + 42, 32, 2);
            put(file + 54, 56, 4);
            put(file + 44, test_random() % 8, 2);
        }
        scatter(file, size, (unsigned int)(test_random() % 64));
        if (!image_parse((struct bytes){file, size}, &image).text)
            for (uint32_t s = 0; s < image.segment_count; s++)
                CHECK(image.segments[s].offset + image.segments[s].file_size <= size);
        free(file);
    }
}

static void boot_information(void)
{
    static struct bootinfo info;

    for (int i = 0; i < ROUNDS; i++) {
        uint8_t *memory = calloc(1, 2048);
        const struct bytes b = {memory, 2048};

        scatter(memory, 2048, 200);
        put(memory, 0x4d, 4);
        put(memory + 20, test_random() % 20, 4);
        put(memory + 24, test_random() % 2100, 4);
        put(memory + 44, test_random() % 400, 4);
        put(memory + 48, test_random() % 2100, 4);
        (void)bootinfo_read(b, MULTIBOOT1_LOADER, 0, &info);
        put(memory, 2048, 4);
        for (uint64_t at = 8, size; at < 1500; at += (size + 7) & ~7ull) {
            size = 8 + test_random() % 64;
            put(memory + at, test_random() % 9, 4);
            put(memory + at + 4, size, 4);
        }
        (void)bootinfo_read(b, MULTIBOOT2_LOADER, 0, &info);
        (void)bootinfo_read(b, MULTIBOOT2_LOADER, (uint32_t)test_random(), &info);
        CHECK(info.module_count <= MODULES && info.map.count <= MEMORY_RANGES);
        free(memory);
    }
}

static void lines(void)
{
    static const char *const words[] = {"events=", "core", "direct", " ", "evict=", "9", "msr=gp", "nmi=1",
                                        "x", "/a", "="};

    for (int i = 0; i < ROUNDS; i++) {
        char line[64] = "";
        struct options o;

        for (uint64_t n = test_random() % 7; n; n--)
            strcat(line, words[test_random() % 11]);
        (void)options_parse(line, &o);
    }
}

static void tables(void)
{
    uint8_t *memory = calloc(1, 1 << 20);
    const struct bytes b = {memory, 1 << 20};
    uint64_t address;

    for (int i = 0; i < 200; i++) {
        memset(memory + 0xe0000, 0, 0x20000);
        memcpy(memory + 0xe0000 + 16 * (test_random() % 100), test_random() & 1 ? "RSD PTR " : "_MP_", 4);
        scatter(memory + 0xe0000, 0x20000, 3000);
        CHECK(firmware_read(b).processors > 0);
        for (int j = 0; j < 1000; j++) {
            const struct paging p = {1ull << 31, test_random() % (1 << 20), test_random() & 0x1020,
                                     test_random() & 0x400};

            (void)walk(b, &p, test_random(), &address);
        }
    }
    free(memory);
}

const struct test fuzz_tests[] = {
    {"fuzz-images", images}, {"fuzz-boot-information", boot_information}, {"fuzz-options", lines},
    {"fuzz-tables", tables}, {0, 0},
};
