/* SPDX-License-Identifier: BSD-2-Clause
 * l2 boot <kernel> <command line>: a multiboot1 ELF32 kernel as a guest of KVM, its port 0xE9 on the console: the same image
 * that runs on the bare machine and under Provenest, with KVM as its hypervisor (VMX offered by kvm-intel nested=1). */
#include "kvm.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAM 0x4000000u /* 64 MiB */
enum { INFO = 0x8000, LINE = 0x9000, FEATURE_CONTROL = 0x3a };

/* Multiboot1 3.2 and 3.3: the segments, the information with the command line. */
static bool load(uint8_t *memory, const char *path, const char *line, uint32_t *entry)
{
    const uint32_t info[5] = {1 | 4, 639, RAM / 1024 - 1024, 0, LINE};
    Elf32_Ehdr head;
    struct stat about;
    uint8_t *file;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstat(fd, &about) != 0)
        return fail("%s can't be read", path);
    file = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file == MAP_FAILED)
        return fail("%s can't be mapped", path);
    memcpy(&head, file, sizeof head);
    for (unsigned int i = 0; i < head.e_phnum; i++) {
        Elf32_Phdr p;

        memcpy(&p, file + head.e_phoff + i * sizeof p, sizeof p);
        if (p.p_type != PT_LOAD)
            continue;
        if (p.p_paddr >= RAM || p.p_filesz > RAM - p.p_paddr)
            return fail("%s does not fit", path);
        memcpy(memory + p.p_paddr, file + p.p_offset, p.p_filesz);
    }
    memcpy(memory + INFO, info, sizeof info);
    strncpy((char *)memory + LINE, line, 255);
    *entry = head.e_entry;
    return true;
}

static bool start(struct vm *v, uint32_t entry)
{
    struct kvm_regs r = {.rip = entry, .rax = 0x2BADB002, .rbx = INFO, .rflags = 2};
    struct {
        struct kvm_msrs head;
        struct kvm_msr_entry one;
    } feature = {{.nmsrs = 1}, {.index = FEATURE_CONTROL, .data = 5}};

    return vm_mode(v, FLAT, guest_start) &&
           ((ioctl(v->cpu, KVM_SET_REGS, &r) == 0 && ioctl(v->cpu, KVM_SET_MSRS, &feature) == 1) ||
            fail("the guest's registers can't be set: is nested VMX on?"));
}

/* KVM's own count of the virtual CPU's exits, or 0 (Documentation/virt/kvm/api.rst, KVM_GET_STATS_FD). */
static uint64_t exits(const struct vm *v)
{
    static int fd = -1;
    static off_t where;
    struct kvm_stats_header head;
    char buffer[256];
    uint64_t count = 0;

    if (fd < 0) {
        fd = ioctl(v->cpu, KVM_GET_STATS_FD, NULL);
        if (fd < 0 || pread(fd, &head, sizeof head, 0) != sizeof head)
            return 0;
        for (uint32_t i = 0; i < head.num_desc && !where; i++) {
            const size_t size = sizeof(struct kvm_stats_desc) + head.name_size;
            struct kvm_stats_desc d;

            if (size > sizeof buffer || pread(fd, buffer, size, (off_t)(head.desc_offset + i * size)) != (ssize_t)size)
                return 0;
            memcpy(&d, buffer, sizeof d);
            if (strncmp(buffer + sizeof d, "exits", head.name_size) == 0)
                where = (off_t)(head.data_offset + d.offset);
        }
    }
    return where && pread(fd, &count, sizeof count, where) == sizeof count ? count : 0;
}

/* Until the guest writes to port 0xf4; the code there. Behind each of its lines stands how many exits there have been. */
int boot(const char *path, const char *line)
{
    struct vm v;
    uint32_t entry = 0;
    uint8_t *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (ram == MAP_FAILED || !load(ram, path, line, &entry) || !vm_make_with(&v, true, ram, RAM) || !start(&v, entry)) {
        printf("L2! %s\n", why);
        return 1;
    }
    while (vm_run(&v, KVM_EXIT_IO)) {
        const uint8_t *data = (uint8_t *)v.run + v.run->io.data_offset;

        if (v.run->io.direction != KVM_EXIT_IO_OUT) {
            memset((uint8_t *)v.run + v.run->io.data_offset, 0xff, (size_t)v.run->io.size * v.run->io.count);
        } else if (v.run->io.port == 0xe9) {
            putchar(*data);
            if (*data == '\n')
                printf("L2-EXITS %llu\n", (unsigned long long)exits(&v));
        } else if (v.run->io.port == 0xf4) {
            return *data;
        }
    }
    printf("L2! %s\n", why);
    return 1;
}
