/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What kind of kernel a module is, and where its parts go. Pure: reads a file, changes nothing.
 */
#ifndef HV_IMAGE_H
#define HV_IMAGE_H

#include "bytes.h"
#include "memmap.h"

enum image_kind { IMAGE_MULTIBOOT, IMAGE_PVH, IMAGE_LINUX };
enum { SEGMENTS = 24 };

struct segment {
    uint64_t offset, file_size; /* in the file */
    uint64_t address, memory_size;
};

struct image {
    enum image_kind kind;
    uint32_t entry;
    uint32_t segment_count;
    struct segment segments[SEGMENTS];
    uint32_t setup_end; /* Linux: the setup header is [0x1f1, setup_end) of the file */
};

struct fault image_parse(struct bytes file, struct image *image);
/* Every segment lies in usable memory, the file's part of it in the file, and no two overlap. */
struct fault image_check(const struct image *image, const struct memmap *map);
bool image_overlaps(const struct image *image, uint64_t start, uint64_t end);

/* linux.c: the bzImage format */
bool linux_is_bzimage(struct bytes file);
struct fault linux_parse(struct bytes file, struct image *image);

#endif
