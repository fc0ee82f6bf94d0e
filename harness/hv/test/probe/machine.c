/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory map, the hole, ports.
 */
#include "probe.h"

#include "../../ports.h"

#define HOLE 0x0d000000u
#define HOLE_END 0x0d200000u

static uint32_t word(uint32_t address)
{
    return *(volatile uint32_t *)address;
}

static void probe_map(uint32_t info)
{
    const uint32_t length = word(info + 44);
    bool reserved = false, clean = true;

    for (uint32_t at = word(info + 48), end = at + length; at < end; at += word(at) + 4) {
        const uint32_t start = word(at + 4), size = word(at + 12), type = word(at + 20);

        if (type == 1 && !word(at + 8) && start < HOLE_END && start + size > HOLE)
            clean = false;
        if (type != 1 && start <= HOLE && start + size >= HOLE_END)
            reserved = true;
    }
    result("memory-map-given", (word(info) & 0x45) == 0x45);
    result("hole-reserved", reserved && clean);
    result("mem-upper", word(info + 8) == (HOLE - 0x100000) / 1024);
}

void probe_machine(uint32_t info)
{
    volatile uint32_t *hole = (volatile uint32_t *)(HOLE + 0x1000);

    probe_map(info);
    result("hole-shows-zeros", hole[0] == 0 && hole[100] == 0);
    hole[0] = 0x12345678;
    result("hole-survives-a-write", hole[0] == 0x12345678);
    outl(0xcf8, 0x80000000);
    result("pci-dword-at-cf8", inl(0xcf8) == 0x80000000 && inl(0xcfc) != 0xffffffff);
    result("keyboard-status", inb(0x64) != 0xff);
    (void)inb(0xcf9);
    outb(0x8900, 'S'); /* the start of the word alone does nothing */
    outb(0x8900, 'h');
    outb(0x8900, 'x');
    result("shutdown-needs-the-word", true);
}
