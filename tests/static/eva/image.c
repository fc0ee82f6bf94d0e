/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: harness/hv/image.c harness/hv/linux.c harness/hv/memmap.c
 * A file of 4 KiB of any bytes as a kernel, against any map. */
#include "../../../harness/hv/image.h"

#include "any.h"

static struct image image;
static struct memmap map;
static uint8_t content[4096];

int main(void)
{
    struct bytes file = {content, sizeof content};
    int sum = 0;

    for (int i = 0; i < 4096; i++)
        content[i] = any8();
    memmap_add(&map, any64(), any64(), MEMORY_USABLE);
    memmap_add(&map, any64(), any64(), any32());
    if (image_parse(file, &image).text)
        return 1;
    sum += image_check(&image, &map).text != 0;
    return sum + image_overlaps(&image, any64(), any64());
}
