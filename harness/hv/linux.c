/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bzImage format (Linux, Documentation/x86/boot.rst): the file's first sectors carry the setup header, the rest is
 * the 32-bit kernel. It is entered by the 32-bit boot protocol, so the real-mode code is not used.
 */
#include "image.h"

enum {
    SETUP_SECTORS = 0x1f1,
    HEADER_JUMP = 0x201,
    HEADER_MAGIC = 0x202,
    SYSTEM_SIZE = 0x1f4, /* of the 32-bit kernel, in units of 16 bytes */
    VERSION = 0x206,
    LOADFLAGS = 0x211,
    PREFERRED = 0x258,
    INIT_SIZE = 0x260,
    HEADER_SPACE_END = 0x290,
};
#define VERSION_2_10 0x20au /* has pref_address and init_size */
#define LOADED_HIGH 1u
#define SECTOR 512u

bool linux_is_bzimage(struct bytes file)
{
    return bytes_equal(file, HEADER_MAGIC, "HdrS", 4);
}

struct fault linux_parse(struct bytes file, struct image *image)
{
    uint64_t sectors = bytes_get(file, SETUP_SECTORS, 1), kernel, load, size;

    if (bytes_get(file, VERSION, 2) < VERSION_2_10 || !(bytes_get(file, LOADFLAGS, 1) & LOADED_HIGH) ||
        !bytes_has(file, 0, HEADER_SPACE_END))
        return FAULT("the Linux kernel is too old: boot protocol 2.10 is needed");
    kernel = ((sectors ? sectors : 4) + 1) * SECTOR;
    if (kernel >= file.size || file.size - kernel < bytes_get(file, SYSTEM_SIZE, 4) * 16)
        return FAULT("the bzImage is cut short");
    load = bytes_get(file, PREFERRED, 8);
    size = bytes_get(file, INIT_SIZE, 4);
    if (load >= 1ull << 32)
        return FAULT("the Linux kernel wants to be loaded above 4 GiB");
    image->kind = IMAGE_LINUX;
    image->entry = (uint32_t)load;
    image->segment_count = 1;
    image->segments[0] = (struct segment){kernel, file.size - kernel, load,
                                          size > file.size - kernel ? size : file.size - kernel};
    image->setup_end = HEADER_MAGIC + (uint32_t)bytes_get(file, HEADER_JUMP, 1);
    if (image->setup_end > HEADER_SPACE_END)
        image->setup_end = HEADER_SPACE_END;
    return NO_FAULT;
}
