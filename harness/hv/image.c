/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ELF kernels: Multiboot 1 (specification 0.6.96, section 3.1) and PVH (a note of owner "Xen", type 18: the 32-bit
 * entry point; xen/include/public/elfnote.h documents it). ELF: System V ABI, chapter 4 and 5.
 */
#include "image.h"

#define MULTIBOOT_SEARCH 8192u
#define MULTIBOOT_HEADER 0x1badb002u
#define MULTIBOOT_UNKNOWN 0xfff8u /* flags 0 to 15 must be understood; 0 and 1 are kept, 2 asks for a video mode */
#define NOTE_PVH_ENTRY 18u
enum { PT_LOAD = 1, PT_NOTE = 4, ET_EXEC = 2, EM_386 = 3, EM_X86_64 = 62 };

/* Field offsets of the two classes of ELF. */
struct elf_layout {
    unsigned int word; /* size of an address */
    unsigned int phoff, phentsize, phnum;
    unsigned int ph_size, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz;
};

static const struct elf_layout elf32 = {4, 28, 42, 44, 32, 4, 8, 12, 16, 20};
static const struct elf_layout elf64 = {8, 32, 54, 56, 56, 8, 16, 24, 32, 40};

struct program_header {
    uint64_t type, offset, vaddr, paddr, filesz, memsz;
};

static const struct elf_layout *elf_layout(struct bytes file)
{
    const uint64_t class = bytes_get(file, 4, 1), machine = bytes_get(file, 18, 2);

    if (!bytes_equal(file, 0, "\177ELF", 4) || bytes_get(file, 5, 1) != 1 || bytes_get(file, 16, 2) != ET_EXEC)
        return 0;
    if (class == 1 && machine == EM_386)
        return &elf32;
    if (class == 2 && machine == EM_X86_64)
        return &elf64;
    return 0;
}

static bool program_header(struct bytes file, const struct elf_layout *elf, uint64_t index, struct program_header *ph)
{
    const uint64_t size = bytes_get(file, elf->phentsize, 2);
    const uint64_t table = bytes_get(file, elf->phoff, elf->word);
    uint64_t at;

    if (size < elf->ph_size || table > file.size || !bytes_has(file, table + index * size, elf->ph_size))
        return false;
    at = table + index * size;
    ph->type = bytes_get(file, at, 4);
    ph->offset = bytes_get(file, at + elf->p_offset, elf->word);
    ph->vaddr = bytes_get(file, at + elf->p_vaddr, elf->word);
    ph->paddr = bytes_get(file, at + elf->p_paddr, elf->word);
    ph->filesz = bytes_get(file, at + elf->p_filesz, elf->word);
    ph->memsz = bytes_get(file, at + elf->p_memsz, elf->word);
    return true;
}

static bool has_multiboot_header(struct bytes file)
{
    for (uint64_t at = 0; at < MULTIBOOT_SEARCH && bytes_has(file, at, 12); at += 4) {
        const uint32_t flags = (uint32_t)bytes_get(file, at + 4, 4);

        if (bytes_get(file, at, 4) == MULTIBOOT_HEADER &&
            (uint32_t)(MULTIBOOT_HEADER + flags + (uint32_t)bytes_get(file, at + 8, 4)) == 0)
            return !(flags & MULTIBOOT_UNKNOWN);
    }
    return false;
}

/* The PVH entry point in one PT_NOTE segment; 0 if it is not there. */
static uint32_t pvh_entry(struct bytes notes)
{
    uint64_t at = 0;

    while (bytes_has(notes, at, 12)) {
        const uint64_t name = bytes_get(notes, at, 4), description = bytes_get(notes, at + 4, 4);
        const uint64_t body = at + 12 + ((name + 3) & ~3ull);

        if (bytes_get(notes, at + 8, 4) == NOTE_PVH_ENTRY && name == 4 && bytes_equal(notes, at + 12, "Xen", 4))
            return description >= 4 ? (uint32_t)bytes_get(notes, body, 4) : 0;
        at = body + ((description + 3) & ~3ull);
    }
    return 0;
}

static struct fault add_segment(struct image *image, struct program_header ph)
{
    if (image->segment_count == SEGMENTS)
        return FAULT("the L1 kernel has more than 24 segments");
    image->segments[image->segment_count++] = (struct segment){ph.offset, ph.filesz, ph.paddr, ph.memsz};
    return NO_FAULT;
}

/* Multiboot's entry point is an ELF address; what counts is where it is loaded. */
static uint32_t physical_entry(uint64_t entry, struct program_header ph, uint32_t found)
{
    if (entry >= ph.vaddr && entry - ph.vaddr < ph.memsz)
        return (uint32_t)(entry - ph.vaddr + ph.paddr);
    return found;
}

static struct fault parse_elf(struct bytes file, const struct elf_layout *elf, struct image *image)
{
    const uint64_t entry = bytes_get(file, 24, elf->word), count = bytes_get(file, elf->phnum, 2);
    uint32_t multiboot_entry = 0, pvh = 0;

    for (uint64_t i = 0; i < count; i++) {
        struct program_header ph;
        struct fault f;

        if (!program_header(file, elf, i, &ph))
            return FAULT("the L1 kernel's ELF program headers lie outside the file");
        if (ph.type == PT_NOTE && !pvh)
            pvh = pvh_entry(bytes_part(file, ph.offset, ph.filesz));
        if (ph.type != PT_LOAD || ph.memsz == 0)
            continue;
        if (!bytes_has(file, ph.offset, ph.filesz) || ph.filesz > ph.memsz)
            return FAULT("an ELF segment of the L1 kernel lies outside its file");
        f = add_segment(image, ph);
        if (f.text)
            return f;
        multiboot_entry = physical_entry(entry, ph, multiboot_entry);
    }
    image->kind = has_multiboot_header(file) ? IMAGE_MULTIBOOT : IMAGE_PVH;
    image->entry = image->kind == IMAGE_MULTIBOOT ? multiboot_entry : pvh;
    if (image->segment_count == 0 || image->entry == 0)
        return FAULT("the first module is an ELF file, but neither a Multiboot kernel nor a PVH one");
    return NO_FAULT;
}

struct fault image_parse(struct bytes file, struct image *image)
{
    const struct elf_layout *elf = elf_layout(file);

    *image = (struct image){.segment_count = 0};
    if (elf)
        return parse_elf(file, elf, image);
    if (linux_is_bzimage(file))
        return linux_parse(file, image);
    return FAULT("the first module is no kernel: it must be a Multiboot ELF, a PVH vmlinux or a Linux bzImage");
}

bool image_overlaps(const struct image *image, uint64_t start, uint64_t end)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];

        if (overlaps(start, end, s->address, s->address + s->memory_size))
            return true;
    }
    return false;
}

struct fault image_check(const struct image *image, const struct memmap *map)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct segment *s = &image->segments[i];

        if (s->memory_size > ~s->address || !memmap_usable(map, s->address, s->address + s->memory_size))
            return FAULT("a segment of the L1 kernel lies outside usable memory, or in 208 to 210 MiB, "
                         "which is Provenest's");
        for (uint32_t j = 0; j < i; j++)
            if (overlaps(s->address, s->address + s->memory_size, image->segments[j].address,
                         image->segments[j].address + image->segments[j].memory_size))
                return FAULT("two segments of the L1 kernel overlap");
    }
    if (!image_overlaps(image, image->entry, (uint64_t)image->entry + 1))
        return FAULT("the entry point of the L1 kernel lies outside its segments");
    return NO_FAULT;
}
