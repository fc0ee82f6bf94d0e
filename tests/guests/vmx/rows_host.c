/* SPDX-License-Identifier: BSD-2-Clause
 * Rows of the host-state area (SDM 24.5): what L1 finds in its own registers after an exit. */
#include "rows.h"

GUEST(h_code, "nop");

extern const char exited[], exited_elsewhere[];
extern uint64_t enter_rsp, exit_rsp, rsp_offset;
extern uint32_t elsewhere;

struct __attribute__((packed)) table {
    uint16_t limit;
    uint64_t base;
};
struct host {
    uint64_t rsp, rip, cr0, cr3, cr4, selector[7], fs_base, gs_base, sysenter[3], pat, efer;
    struct table gdtr, idtr;
};

static uint64_t other_tss[16] __attribute__((aligned(16)));
static uint8_t stacks[2][1024] __attribute__((aligned(16)));

static struct host observed(void)
{
    struct host h = {.rsp = exit_rsp - enter_rsp, .rip = elsewhere, .cr0 = cr0(), .cr3 = cr3(), .cr4 = cr4()};

    elsewhere = 0;
    __asm__ volatile("movw %%es, %w0" : "=r"(h.selector[0]) : "0"(0ull));
    __asm__ volatile("movw %%cs, %w0" : "=r"(h.selector[1]) : "0"(0ull));
    __asm__ volatile("movw %%ss, %w0" : "=r"(h.selector[2]) : "0"(0ull));
    __asm__ volatile("movw %%ds, %w0" : "=r"(h.selector[3]) : "0"(0ull));
    __asm__ volatile("movw %%fs, %w0" : "=r"(h.selector[4]) : "0"(0ull));
    __asm__ volatile("movw %%gs, %w0" : "=r"(h.selector[5]) : "0"(0ull));
    __asm__ volatile("str %w0" : "=r"(h.selector[6]) : "0"(0ull));
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(h.gdtr), "=m"(h.idtr));
    h.fs_base = rdmsr(0xc0000100);
    h.gs_base = rdmsr(0xc0000101);
    for (uint32_t i = 0; i < 3; i++)
        h.sysenter[i] = rdmsr(0x174 + i);
    h.pat = rdmsr(MSR_PAT);
    h.efer = rdmsr(MSR_EFER);
    return h;
}

/* As it was: the case may have left any of them odd. */
static void restore(const struct host *h)
{
    set_cr0(h->cr0);
    set_cr3(h->cr3);
    set_cr4(h->cr4);
    __asm__ volatile("lgdt %0; lidt %1" : : "m"(h->gdtr), "m"(h->idtr));
    gdt[5] &= ~(2ull << 40); /* not busy */
    __asm__ volatile("ltr %w0" : : "r"(h->selector[6]));
    __asm__ volatile("movw %w0, %%es; movw %w0, %%ss; movw %w0, %%ds; movw %w0, %%fs; movw %w0, %%gs" : : "r"(0x10));
    __asm__ volatile("pushq $0x18; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:" : : : "rax", "memory");
    wrmsr(0xc0000100, h->fs_base);
    wrmsr(0xc0000101, h->gs_base);
    for (uint32_t i = 0; i < 3; i++)
        wrmsr(0x174 + i, h->sysenter[i]);
    wrmsr(MSR_PAT, h->pat);
    wrmsr(MSR_EFER, h->efer);
}

static void show_host(const struct host *h, uint64_t stack)
{
    say("rip=%u rsp=%x cr0=%x cr3=%x cr4=%x selectors=", h->rip, h->rsp, h->cr0, h->cr3 - (uint64_t)pml4, h->cr4);
    for (unsigned int i = 0; i < 7; i++)
        say("%x,", h->selector[i]);
    say(" fs=%x gs=%x gdtr=%x/%x idtr=%x/%x sysenter=%x,%x,%x pat=%x efer=%x stack=%x\n", h->fs_base, h->gs_base,
        h->gdtr.base - (uint64_t)gdt, (uint64_t)h->gdtr.limit, h->idtr.base - (uint64_t)l1_idt, (uint64_t)h->idtr.limit,
        h->sysenter[0], h->sysenter[1], h->sysenter[2], h->pat, h->efer, stack);
}

/* One entry; TR's base shows in the stack that an interrupt takes from the TSS. */
static void one(const char *name, uint32_t field, char how, uint64_t value, unsigned int i)
{
    const struct change change[6] = {{field, how, value}};
    const struct host before = observed();
    struct host after;
    struct exit x;
    uint64_t stack = 0;

    base(LONG, h_code);
    rsp_offset = field == HOST_RSP ? value : 0;
    if (field != HOST_RSP)
        apply(change);
    x = go();
    rsp_offset = 0;
    after = observed();
    if (field == HOST_TR_BASE) {
        __asm__ volatile("int $0x60" : : : "memory");
        stack = (trap_frame - (uint64_t)stacks) >> 10;
    }
    restore(&before);
    row_begin(name, i ? "1" : "0");
    if (x.failed || x.reason != 18)
        say("exit=%x\n", (uint64_t)x.reason);
    else
        show_host(&after, stack);
}

static const struct {
    const char *name;
    uint32_t field;
    char how;
    uint64_t value[2];
} fields[] = {
#define HOST(name, how, first, second)   \
    {                                    \
        "HOST_" #name, HOST_##name, how, \
        {                                \
            first, second                \
        }                                \
    }
    HOST(RIP, '=', (uint64_t)exited, (uint64_t)exited_elsewhere),
    HOST(RSP, '=', 0, (uint64_t)-0x100),
    HOST(CR0, '|', 0, 8),
    HOST(CR3, '|', 0, 0x18),
    HOST(CR4, '|', 0, 0x80),
    HOST(EFER, '|', 0, 1),
    HOST(PAT, '=', 0x0007040600070406, 0x0001040506070006),
    HOST(ES_SELECTOR, '=', 0x10, 0),
    HOST(CS_SELECTOR, '=', 0x18, 0x40),
    HOST(SS_SELECTOR, '=', 0x10, 0),
    HOST(DS_SELECTOR, '=', 0x10, 0),
    HOST(FS_SELECTOR, '=', 0x10, 0),
    HOST(GS_SELECTOR, '=', 0x10, 0),
    HOST(TR_SELECTOR, '=', 0x28, 0x50),
    HOST(FS_BASE, '=', 0, 0xffff800000001230),
    HOST(GS_BASE, '=', 0, 0x7fff00001230),
    HOST(TR_BASE, '=', (uint64_t)l1_tss, (uint64_t)other_tss),
    HOST(GDTR_BASE, '=', (uint64_t)gdt, 0x123456780),
    HOST(IDTR_BASE, '=', (uint64_t)l1_idt, 0x123456780),
    HOST(SYSENTER_CS, '=', 0, 0x1233),
    HOST(SYSENTER_ESP, '=', 0, 0xffff800000001230),
    HOST(SYSENTER_EIP, '=', 0, 0x7fff00001234),
};

void rows_of_host(void)
{
    put64((uint64_t)l1_tss + 36, (uint64_t)stacks[1]); /* IST1: from there downwards */
    put64((uint64_t)other_tss + 36, (uint64_t)stacks[1] + sizeof stacks[1]);
    l1_idt[0x60 * 2] |= 1ull << 32;
    for (unsigned int i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (unsigned int k = 0; k < 2; k++)
            one(fields[i].name, fields[i].field, fields[i].how, fields[i].value[k], k);
    l1_idt[0x60 * 2] &= ~(1ull << 32);
}
