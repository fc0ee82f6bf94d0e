/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Can the hypervisor be copied to its place? 32-bit.
 */
#include "bootinfo.h"
#include "console.h"
#include "place.h"

void stub_main(uint32_t magic, uint32_t address);

#define EXTENDED_LEAF 0x80000001u
#define LONG_MODE (1u << 29)

static struct bootinfo info;

static uint32_t cpuid_edx(uint32_t leaf, uint32_t *eax)
{
    uint32_t b, c = 0, d;

    *eax = leaf;
    __asm__ volatile("cpuid" : "+a"(*eax), "=b"(b), "+c"(c), "=d"(d));
    return d;
}

static bool has_long_mode(void)
{
    uint32_t highest, eax;

    (void)cpuid_edx(EXTENDED_LEAF - 1, &highest);
    return highest >= EXTENDED_LEAF && (cpuid_edx(EXTENDED_LEAF, &eax) & LONG_MODE);
}

void stub_main(uint32_t magic, uint32_t address)
{
    const struct bytes physical = {(const uint8_t *)0, 0xffffffffu};
    const struct fault f = bootinfo_read(physical, magic, address, &info);
    const char *problem = f.text;

    if (!problem && !has_long_mode())
        problem = "this processor has no 64-bit mode, and so no usable VMX: run on a newer one";
    if (!problem && !memmap_usable(&info.map, HV_BASE, HV_BASE + HV_SIZE))
        problem = "too little memory: Provenest lives at 208 MiB, give the machine at least 256 MiB";
    for (uint32_t i = 0; !problem && i < info.module_count; i++)
        if (overlaps(HV_BASE, HV_BASE + HV_SIZE, info.modules[i].start, info.modules[i].end))
            problem = "the modules reach up to 208 MiB, where Provenest lives: use smaller ones";
    if (!problem)
        return;
    say_banner();
    fail(FAULT(problem));
}
