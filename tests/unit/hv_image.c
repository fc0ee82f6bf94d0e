/* SPDX-License-Identifier: BSD-2-Clause
 *
 * harness/hv/image.c and linux.c: which files are kernels, where their parts go, what is refused and how.
 */
#include "support.h"

#include "../../harness/hv/image.h"
#include "bytes_maker.h"

enum { FILE_SIZE = 0x3000, HEADERS = 64, PH32 = 32, PH64 = 56 };

static uint8_t file[FILE_SIZE];

static void elf_header(unsigned int class, unsigned int segments, uint64_t entry)
{
    memset(file, 0, sizeof file);
    memcpy(file, "\177ELF", 4);
    file[4] = (uint8_t)class;
    file[5] = 1;
    put(file, 16, 2, 2);
    put(file, 18, class == 1 ? 3 : 62, 2);
    put(file, 24, entry, class == 1 ? 4 : 8);
    put(file, class == 1 ? 28 : 32, HEADERS, class == 1 ? 4 : 8);
    put(file, class == 1 ? 42 : 54, class == 1 ? PH32 : PH64, 2);
    put(file, class == 1 ? 44 : 56, segments, 2);
}

struct ph {
    uint64_t type, offset, vaddr, paddr, filesz, memsz;
};

static void segment32(unsigned int i, struct ph p)
{
    const uint64_t fields[] = {p.type, p.offset, p.vaddr, p.paddr, p.filesz, p.memsz};

    for (unsigned int k = 0; k < 6; k++)
        put(file, HEADERS + i * PH32 + 4 * k, fields[k], 4);
}

static void segment64(unsigned int i, struct ph p)
{
    const uint64_t fields[] = {p.offset, p.vaddr, p.paddr, p.filesz, p.memsz};

    put(file, HEADERS + i * PH64, p.type, 4);
    for (unsigned int k = 0; k < 5; k++)
        put(file, HEADERS + i * PH64 + 8 + 8 * k, fields[k], 8);
}

static void multiboot_header(uint64_t at, uint32_t flags)
{
    put(file, at, 0x1badb002, 4);
    put(file, at + 4, flags, 4);
    put(file, at + 8, 0u - 0x1badb002u - flags, 4);
}

static void pvh_note(uint64_t at, uint32_t entry)
{
    put(file, at, 4, 4);
    put(file, at + 4, 4, 4);
    put(file, at + 8, 18, 4);
    memcpy(file + at + 12, "Xen", 4);
    put(file, at + 16, entry, 4);
}

static struct fault parse(uint64_t size, struct image *image)
{
    const struct bytes b = exact(file, size);
    const struct fault f = image_parse(b, image);

    release(b);
    return f;
}

static void refused(uint64_t size, const char *part)
{
    struct image image;
    const struct fault f = parse(size, &image);

    ck_assert_msg(f.text != NULL, "taken, instead of: %s", part);
    ck_assert_msg(strstr(f.text, part) != NULL, "said: %s; not: %s", f.text, part);
}

static void multiboot_kernel(void)
{
    elf_header(1, 2, 0xc0100010);
    segment32(0, (struct ph){1, 0x1000, 0xc0100000, 0x100000, 0x800, 0x2000});
    segment32(1, (struct ph){1, 0x1800, 0xc0200000, 0x200000, 0x100, 0x100});
    multiboot_header(0x1000, 3);
}

START_TEST(multiboot_elf)
{
    struct image image;

    multiboot_kernel();
    ck_assert_ptr_null(parse(FILE_SIZE, &image).text);
    ck_assert(image.kind == IMAGE_MULTIBOOT && image.entry == 0x100010 && image.segment_count == 2);
    ck_assert(image.segments[0].offset == 0x1000 && image.segments[0].file_size == 0x800);
    ck_assert(image.segments[0].address == 0x100000 && image.segments[0].memory_size == 0x2000);
    ck_assert(image_overlaps(&image, 0x101fff, 0x102000) && !image_overlaps(&image, 0x102000, 0x200000));
}
END_TEST

START_TEST(multiboot_header_places)
{
    struct image image;

    multiboot_kernel();
    memset(file + 0x1000, 0, 12);
    refused(FILE_SIZE, "neither");
    multiboot_header(8180, 3); /* the last place that counts */
    ck_assert_ptr_null(parse(FILE_SIZE, &image).text);
    memset(file + 8180, 0, 12);
    multiboot_header(8192, 3);
    refused(FILE_SIZE, "neither");
    memset(file + 8192, 0, 12);
    multiboot_header(0x1002, 3); /* not on a multiple of four */
    refused(FILE_SIZE, "neither");
    multiboot_kernel();
    file[0x1008] ^= 1; /* checksum */
    refused(FILE_SIZE, "neither");
    multiboot_kernel();
    multiboot_header(0x1000, 0x13); /* a flag that must be understood */
    refused(FILE_SIZE, "neither");
}
END_TEST

START_TEST(pvh_elf)
{
    for (unsigned int class = 1; class <= 2; class++) {
        const struct ph load = {1, 0x1000, 0xffffffff81000000u, 0x1000000, 0x800, 0x2000};
        const struct ph note = {4, 0x2000, 0, 0, 0x40, 0x40};
        struct image image;

        elf_header(class, 2, 0x1000000);
        (class == 1 ? segment32 : segment64)(0, load);
        (class == 1 ? segment32 : segment64)(1, note);
        put(file, 0x2000, 6, 4); /* another owner's note before it, both parts padded to 4 */
        put(file, 0x2004, 5, 4);
        put(file, 0x2008, 18, 4);
        memcpy(file + 0x200c, "Linux", 6);
        pvh_note(0x201c, 0x1000200);
        ck_assert_ptr_null(parse(FILE_SIZE, &image).text);
        ck_assert(image.kind == IMAGE_PVH && image.entry == 0x1000200 && image.segment_count == 1);
        put(file, 0x2024, 17, 4);
        refused(FILE_SIZE, "neither");
    }
}
END_TEST

START_TEST(refused_elfs)
{
    multiboot_kernel();
    put(file, 28, FILE_SIZE - 40, 4);
    refused(FILE_SIZE, "program headers lie outside");
    multiboot_kernel();
    put(file, 28, 0xffffffff, 4);
    refused(FILE_SIZE, "program headers lie outside");
    multiboot_kernel();
    put(file, 42, 16, 2);
    refused(FILE_SIZE, "program headers lie outside");
    multiboot_kernel();
    segment32(1, (struct ph){1, FILE_SIZE - 0x10, 0, 0x200000, 0x11, 0x11});
    refused(FILE_SIZE, "outside its file");
    segment32(1, (struct ph){1, 0x1000, 0, 0x200000, 0x11, 0x10});
    refused(FILE_SIZE, "outside its file");
    segment32(1, (struct ph){1, 0xfffffff0, 0, 0x200000, 0x11, 0x11});
    refused(FILE_SIZE, "outside its file");
    multiboot_kernel();
    refused(0x17ff, "outside its file"); /* cut short */
    elf_header(1, 25, 0x100000);
    for (unsigned int i = 0; i < 25; i++)
        segment32(i, (struct ph){1, 0x1000, 0x100000 * (i + 1), 0x100000 * (i + 1), 16, 16});
    refused(FILE_SIZE, "24 segments");
    elf_header(1, 0, 0x100000);
    multiboot_header(0x1000, 0);
    refused(FILE_SIZE, "neither");
}
END_TEST

START_TEST(no_kernel_at_all)
{
    static const unsigned int sizes[] = {0, 1, 4, 51, 512, FILE_SIZE};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        memset(file, 'x', sizeof file);
        refused(sizes[i], "is no kernel");
    }
    multiboot_kernel();
    put(file, 18, 40, 2); /* ARM */
    refused(FILE_SIZE, "is no kernel");
    multiboot_kernel();
    put(file, 16, 3, 2); /* shared object */
    refused(FILE_SIZE, "is no kernel");
    multiboot_kernel();
    file[5] = 2; /* big endian */
    refused(FILE_SIZE, "is no kernel");
}
END_TEST

static struct fault check(const struct memmap *map)
{
    struct image image;
    struct fault f = parse(FILE_SIZE, &image);

    ck_assert_ptr_null(f.text);
    return image_check(&image, map);
}

START_TEST(segments_against_memory)
{
    struct memmap map = {0};
    struct image image;

    memmap_add(&map, 0, 0xa0000, MEMORY_USABLE);
    memmap_add(&map, 0x100000, 0x7f00000, MEMORY_USABLE);
    multiboot_kernel();
    ck_assert_ptr_null(check(&map).text);
    memmap_cut(&map, 0x101000, 0x101001); /* inside the first segment's zeroed part */
    ck_assert_ptr_nonnull(strstr(check(&map).text, "outside usable memory"));
    map.count = 0;
    memmap_add(&map, 0x100000, 0x7f00000, MEMORY_USABLE);
    segment32(1, (struct ph){1, 0x1800, 0, 0x8000000 - 0x80, 0x100, 0x100}); /* over the end */
    ck_assert_ptr_nonnull(strstr(check(&map).text, "outside usable memory"));
    segment32(1, (struct ph){1, 0x1800, 0, 0xffffff80, 0x100, 0x100}); /* over 4 GiB */
    ck_assert_ptr_nonnull(strstr(check(&map).text, "outside usable memory"));
    segment32(1, (struct ph){1, 0x1800, 0, 0x101fff, 0x100, 0x100}); /* one byte of the first */
    ck_assert_ptr_nonnull(strstr(check(&map).text, "overlap"));
    segment32(1, (struct ph){1, 0x1800, 0, 0x102000, 0x100, 0x100});
    ck_assert_ptr_null(check(&map).text);
    ck_assert_ptr_null(parse(FILE_SIZE, &image).text);
    image.entry = 0x102100; /* just behind the last segment, as a PVH note could say */
    ck_assert_ptr_nonnull(strstr(image_check(&image, &map).text, "entry point"));
}
END_TEST

START_TEST(address_wraps_around)
{
    struct memmap map = {0};
    struct image image = {.segment_count = 1};

    memmap_add(&map, 0, ~0ull, MEMORY_USABLE);
    image.segments[0] = (struct segment){0, 16, ~0ull - 8, 16};
    ck_assert_ptr_nonnull(image_check(&image, &map).text);
}
END_TEST

static void bzimage(void)
{
    memset(file, 0, sizeof file);
    file[0x1f1] = 3;
    file[0x201] = 0x66;
    memcpy(file + 0x202, "HdrS", 4);
    put(file, 0x206, 0x20f, 2);
    file[0x211] = 1;
    put(file, 0x258, 0x1000000, 8);
    put(file, 0x260, 0x2000000, 4);
}

START_TEST(linux_bzimage)
{
    struct image image;

    bzimage();
    ck_assert_ptr_null(parse(FILE_SIZE, &image).text);
    ck_assert(image.kind == IMAGE_LINUX && image.entry == 0x1000000 && image.segment_count == 1);
    ck_assert(image.segments[0].offset == 0x800 && image.segments[0].file_size == FILE_SIZE - 0x800);
    ck_assert(image.segments[0].address == 0x1000000 && image.segments[0].memory_size == 0x2000000);
    ck_assert_uint_eq(image.setup_end, 0x268);
    file[0x1f1] = 0; /* means 4 */
    put(file, 0x260, 0x10, 4);
    file[0x201] = 0xff;
    ck_assert_ptr_null(parse(FILE_SIZE, &image).text);
    ck_assert(image.segments[0].offset == 0xa00 && image.segments[0].memory_size == FILE_SIZE - 0xa00);
    ck_assert_uint_eq(image.setup_end, 0x290);
}
END_TEST

START_TEST(refused_bzimages)
{
    bzimage();
    put(file, 0x206, 0x209, 2);
    refused(FILE_SIZE, "too old");
    bzimage();
    file[0x211] = 0;
    refused(FILE_SIZE, "too old");
    bzimage();
    refused(0x28f, "too old");
    refused(0x800, "cut short");
    file[0x1f1] = 64;
    refused(FILE_SIZE, "cut short");
    bzimage();
    put(file, 0x1f4, (FILE_SIZE - 0x800) / 16, 4); /* the kernel's size, in units of 16 bytes */
    ck_assert_ptr_null(parse(FILE_SIZE, &(struct image){0}).text);
    refused(FILE_SIZE - 1, "cut short");
    bzimage();
    put(file, 0x258, 0x100000000ull, 8);
    refused(FILE_SIZE, "above 4 GiB");
}
END_TEST

/* Nothing a file says makes a parser read outside it, and what is taken lies inside. */
START_TEST(scrambled_files)
{
    uint64_t random = 4711;

    for (unsigned int n = 0; n < 20000; n++) {
        const uint64_t size = n % 3 == 0 ? FILE_SIZE : 64 + n % (FILE_SIZE - 64);
        struct image image;

        if (n % 2)
            multiboot_kernel();
        else
            bzimage();
        scramble(file, n % 5 ? 0x300 : FILE_SIZE, &random);
        if (parse(size, &image).text)
            continue;
        HOLDS(image.segment_count >= 1 && image.segment_count <= SEGMENTS && image.setup_end <= 0x290);
        for (uint32_t i = 0; i < image.segment_count; i++)
            HOLDS(image.segments[i].offset <= size && image.segments[i].file_size <= size - image.segments[i].offset &&
                  image.segments[i].file_size <= image.segments[i].memory_size);
    }
}
END_TEST

TCase *hv_image_tests(void)
{
    TCase *t = tcase_create("hv images");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, multiboot_elf);
    tcase_add_test(t, multiboot_header_places);
    tcase_add_test(t, pvh_elf);
    tcase_add_test(t, refused_elfs);
    tcase_add_test(t, no_kernel_at_all);
    tcase_add_test(t, segments_against_memory);
    tcase_add_test(t, address_wraps_around);
    tcase_add_test(t, linux_bzimage);
    tcase_add_test(t, refused_bzimages);
    tcase_add_test(t, scrambled_files);
    return t;
}
