/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guest: its page tables, IDT and TSS in the arena, and the one handler that notes what it sees. The hypervisor
 * shares the image and runs on its own tables, so it reads the notes where they are.
 */
#include "oracle.h"

extern const char stubs[], few_code[], task_handler[];
extern uint64_t gdt[], pml4[];

struct frame {
    uint64_t saved[9], vector, error, rip, cs, rflags, rsp, ss;
};

struct seen seen[16];
unsigned int seen_count;
uint64_t guest_cr3, tss[16];
uint32_t task_tss[26];
volatile uint64_t after, bad_iret, call_in_handler;

static uint64_t tables[7][512] __attribute__((aligned(4096))); /* PML4, PDPT, four PDs, the arena's PT */

enum { CODE64 = 0x18, DATA_NOT_PRESENT = 0x20, TSS_SELECTOR = 0x28, TASK_SELECTOR = 0x48 };
#define RFLAGS_TF (1ull << 8)
#define RFLAGS_RF (1ull << 16)
#define PTE_BITS 7ull
#define LARGE 0x80ull

void gate(unsigned int vector, unsigned int ist, bool present)
{
    volatile uint64_t *idt = (volatile uint64_t *)IDT_BASE;
    const uint64_t p = (uint64_t)stubs + vector * 16u;

    idt[vector * 2] = (p & 0xffff) | (uint64_t)CODE64 << 16 | (uint64_t)ist << 32 | 0xeull << 40 |
                      (vector == 3 ? 3ull << 45 : 0) | (uint64_t)present << 47 | (p >> 16 & 0xffff) << 48;
    idt[vector * 2 + 1] = p >> 32;
}

void guest_present(unsigned int page, bool present)
{
    tables[6][page] = PAGE(page) | (present ? PTE_BITS : 0);
}

uint64_t guest_pte(unsigned int page)
{
    return tables[6][page];
}

static void tss_field(unsigned int offset, uint64_t value)
{
    uint32_t *t = (uint32_t *)tss; /* its 64-bit fields lie at 4 modulo 8 (SDM 7.7) */

    t[offset / 4] = (uint32_t)value;
    t[offset / 4 + 1] = (uint32_t)(value >> 32);
}

void guest_setup(void)
{
    const uint64_t base = (uint64_t)tss;

    tables[0][0] = (uint64_t)tables[1] | PTE_BITS;
    for (unsigned int i = 0; i < 4; i++)
        tables[1][i] = (uint64_t)tables[2 + i] | PTE_BITS;
    for (uint64_t i = 0; i < 2048; i++)
        tables[2 + i / 512][i % 512] = i << 21 | PTE_BITS | LARGE;
    tables[2][ARENA >> 21] = (uint64_t)tables[6] | PTE_BITS;
    guest_cr3 = (uint64_t)tables[0];
    tss_field(4, STACK_TOP);  /* RSP0 */
    tss_field(36, IST_TOP);   /* IST1 */
    gdt[TSS_SELECTOR / 8] = 103 | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[TSS_SELECTOR / 8 + 1] = base >> 32;
    gdt[TASK_SELECTOR / 8] = 103 | ((uint64_t)task_tss & 0xffffff) << 16 | 0x89ull << 40;
    task_tss[8] = (uint32_t)(uint64_t)task_handler; /* EIP, ESP (SDM figure 7-2) */
    task_tss[14] = (uint32_t)STACK_TOP;
}

/* The 32-bit guest's IDT: #UD through a task gate (SDM figure 6-2). */
void guest_task_gate(void)
{
    *(volatile uint64_t *)(IDT_BASE + 6 * 8) = (uint64_t)TASK_SELECTOR << 16 | 0x85ull << 40;
}

/* The same memory before every run. */
void guest_fresh(void)
{
    volatile uint64_t *arena = (volatile uint64_t *)ARENA;

    for (unsigned int i = 0; i < PAGES * 512; i++)
        arena[i] = 0;
    for (unsigned int i = 0; i < 512; i++)
        guest_present(i, true);
    for (unsigned int v = 0; v < 256; v++)
        gate(v, 0, true);
    for (unsigned int i = 0; i < 2; i++)
        *(volatile char *)(PAGE(CODE) + i) = few_code[i];
    APIC(0xb0) = 0; /* whatever an unfinished run left in service */
    seen_count = 0;
    after = bad_iret = call_in_handler = 0;
}

static uint64_t in_service(uint64_t vector)
{
    return APIC(0x100 + vector / 32 * 0x10) >> (vector % 32) & 1;
}

static uint64_t debug_status(void)
{
    uint64_t value;

    __asm__ volatile("movq %%dr6, %0" : "=r"(value));
    return value;
}

static bool is_fault(uint64_t vector)
{
    return vector < 32 && vector != 1 && vector != 2 && vector != 3 && vector != 4 && vector != 18;
}

static void guest_call(uint64_t number)
{
#ifdef ORACLE_SVM
    __asm__ volatile("vmmcall" : : "a"(number) : "memory");
#else
    __asm__ volatile("vmcall" : : "a"(number) : "memory");
#endif
}

void trap(struct frame *f);

/* Called from the stub of every vector. */
void trap(struct frame *f)
{
    struct seen *s = &seen[seen_count < 15 ? seen_count : 15];

    seen_count++;
    s->vector = f->vector;
    s->error = f->error;
    s->rip = f->rip;
    s->rflags = f->rflags;
    s->dr6 = debug_status();
    __asm__ volatile("movq %%cr2, %0" : "=r"(s->cr2));
    s->in_service = f->vector >= 32 && in_service(f->vector);
    if (f->vector == 1) {
        f->rflags &= ~RFLAGS_TF;
        f->rflags |= RFLAGS_RF; /* harmless after a trap; steps over a code breakpoint */
        __asm__ volatile("movq %0, %%dr6" : : "r"(0xffff0ff0ull));
        if (call_in_handler)
            guest_call(4);
        call_in_handler = 0;
    } else if (f->vector == 2 && bad_iret) {
        f->cs = DATA_NOT_PRESENT;
        bad_iret = 0;
        guest_call(4);
    } else if (s->in_service) {
        APIC(0xb0) = 0;
    } else if (is_fault(f->vector) && after) {
        f->rip = after;
    }
}
