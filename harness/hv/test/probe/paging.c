/* SPDX-License-Identifier: BSD-2-Clause
 *
 * MOV to CR0 with NE changing is carried out by Provenest: every way to turn paging on and off, with NE going 0 to 1 or
 * back in the same write, must do what the processor does.
 */
#include "probe.h"

#define PE 1u
#define NE (1u << 5)
#define NW (1u << 29)
#define CD (1u << 30)
#define PG (1u << 31)
#define CR4_PSE (1u << 4)
#define CR4_PAE (1u << 5)
#define EFER 0xc0000080u

static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint64_t pdpt[4] __attribute__((aligned(4096)));
static uint64_t pml4[512] __attribute__((aligned(4096)));
static uint64_t long_pdpt[512] __attribute__((aligned(4096)));
static uint64_t directories[512] __attribute__((aligned(4096)));
static volatile uint32_t target = 0x600d600d;

static void set_cr3(const void *table)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(table) : "memory");
}

static void build(void)
{
    for (uint32_t i = 0; i < 1024; i++)
        directory[i] = i << 22 | 0x83;
    for (uint32_t i = 0; i < 512; i++)
        directories[i] = (uint64_t)i << 21 | 0x83;
    pdpt[0] = (uint32_t)directories | 1;
    long_pdpt[0] = (uint32_t)directories | 3;
    pml4[0] = (uint32_t)long_pdpt | 3;
}

static void probe_ne(void)
{
    const uint32_t cr0 = read_cr0();

    result("cr0-ne-reads-0", !(cr0 & NE));
    result("cr0-ne-set", try_cr0(cr0 | NE) == NO_FAULT_SEEN && read_cr0() & NE);
    result("cr0-ne-clear", try_cr0(cr0 & ~NE) == NO_FAULT_SEEN && !(read_cr0() & NE));
    result("cr0-pg-without-pe", try_cr0(((cr0 | PG) & ~PE) ^ NE) == VECTOR_GP);
    result("cr0-nw-without-cd", try_cr0((cr0 | NW) ^ NE) == VECTOR_GP);
    result("cr0-cd-nw", try_cr0((cr0 | CD | NW) ^ NE) == NO_FAULT_SEEN && read_cr0() & CD);
    result("cr0-back", try_cr0(cr0) == NO_FAULT_SEEN && read_cr0() == cr0);
}

/* Paging on with one NE, off with the other. */
static bool on_and_off(void)
{
    const uint32_t cr0 = read_cr0();
    const bool on = try_cr0((cr0 | PG) ^ NE) == NO_FAULT_SEEN && read_cr0() & PG && target == 0x600d600d;

    return try_cr0(cr0) == NO_FAULT_SEEN && on && !(read_cr0() & PG);
}

static void probe_long_mode(void)
{
    const uint32_t cr0 = read_cr0();
    uint64_t efer;

    set_cr3(pml4);
    (void)try_rdmsr(EFER, &efer);
    (void)try_wrmsr(EFER, efer | 0x100);
    result("long-mode-on", try_cr0((cr0 | PG) ^ NE) == NO_FAULT_SEEN && target == 0x600d600d);
    (void)try_rdmsr(EFER, &efer);
    result("long-mode-active", (efer & 0x500) == 0x500);
    result("long-mode-off", try_cr0(cr0) == NO_FAULT_SEEN && !(read_cr0() & PG));
    (void)try_rdmsr(EFER, &efer);
    result("long-mode-inactive", (efer & 0x500) == 0x100);
    (void)try_cr4(read_cr4() & ~CR4_PAE);
    result("long-mode-needs-pae", try_cr0((cr0 | PG) ^ NE) == VECTOR_GP);
    (void)try_wrmsr(EFER, efer & ~0x100ull);
}

void probe_paging(void)
{
    build();
    probe_ne();
    (void)try_cr4(read_cr4() | CR4_PSE);
    set_cr3(directory);
    result("paging-32-bit", on_and_off());
    (void)try_cr4(read_cr4() | CR4_PAE);
    set_cr3(pdpt);
    result("paging-pae", on_and_off());
    pdpt[1] = 2 | 1; /* bit 1 is reserved in a PDPTE */
    result("pae-reserved-bit", try_cr0((read_cr0() | PG) ^ NE) == VECTOR_GP);
    pdpt[1] = 0;
    probe_long_mode();
}
