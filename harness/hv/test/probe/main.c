/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sets up the IDT, runs the probes, prints "PROBE name ok" or "FAIL" on port 0xE9, and ends on port 0xf4 with the
 * number of failures.
 */
#include "probe.h"

#include "../../ports.h"

volatile uint32_t probe_vector, probe_recover;
extern const char probe_vectors[];
void probe_main(uint32_t magic, uint32_t info);

static struct {
    uint32_t low, high;
} idt[32];

static uint32_t passed, failed;

static void print(const char *text)
{
    while (*text)
        outb(0xe9, (uint8_t)*text++);
}

static void print_number(uint32_t n)
{
    if (n >= 10)
        print_number(n / 10);
    outb(0xe9, (uint8_t)('0' + n % 10));
}

void result(const char *name, bool good)
{
    *(good ? &passed : &failed) += 1;
    print("PROBE ");
    print(name);
    print(good ? " ok\n" : " FAIL\n");
}

static void load_idt(void)
{
    struct {
        uint16_t limit;
        uint32_t base;
    } __attribute__((packed)) const idtr = {sizeof(idt) - 1, (uint32_t)idt};
    uint16_t cs;

    __asm__("mov %%cs, %0" : "=r"(cs));
    for (uint32_t i = 0; i < 32; i++) {
        const uint32_t entry = (uint32_t)probe_vectors + 16 * i;

        idt[i].low = (uint32_t)cs << 16 | (entry & 0xffff);
        idt[i].high = (entry & 0xffff0000) | 0x8e00;
    }
    __asm__ volatile("lidt %0" : : "m"(idtr));
}

/* The word vmx=off on the command line (Multiboot information: flag 2, the line's address at 16). */
static bool vmx_expected(uint32_t info)
{
    const uint32_t *words = (const uint32_t *)info;
    const char *line = words[0] & 4 ? (const char *)words[4] : "";

    for (; *line; line++)
        if (line[0] == 'v' && line[1] == 'm' && line[2] == 'x' && line[3] == '=' && line[4] == 'o' && line[5] == 'f')
            return false;
    return true;
}

void probe_main(uint32_t magic, uint32_t info)
{
    const bool vmx = vmx_expected(info);

    load_idt();
    result("multiboot-magic", magic == 0x2badb002);
    probe_cpu(vmx);
    probe_machine(info);
    probe_paging();
    print("PROBE passed=");
    print_number(passed);
    print(" failed=");
    print_number(failed);
    print("\n");
    outl(0xf4, failed);
}
