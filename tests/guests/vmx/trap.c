/* SPDX-License-Identifier: BSD-2-Clause
 * One instruction of L1 under test: at CPL 0, at CPL 3, or in compatibility mode; its flags, or its fault. */
#include "vmx.h"

struct frame {
    uint64_t saved[9], vector, error, rip, cs, rflags, rsp, ss;
};

extern const char at_level_back[], insn_back[];
void at_level(const void *code, uint64_t cs, uint64_t ss, const void *operand, uint64_t value);
void l1_trap(struct frame *f);

uint64_t l1_idt[512] __attribute__((aligned(16))), l1_tss[16];
static volatile uint64_t recover;
static struct result last;
volatile uint32_t arrived[256];
uint64_t trap_frame;

static void gate(uint64_t *idt, unsigned int vector, const char *stubs)
{
    const uint64_t p = (uint64_t)stubs + vector * 16u;

    idt[vector * 2] = (p & 0xffff) | 0x18ull << 16 | 0x8eull << 40 | (p >> 16 & 0xffff) << 48;
    idt[vector * 2 + 1] = p >> 32;
}

static uint8_t trap_stack[4096] __attribute__((aligned(16)));

void trap_setup(void)
{
    const uint64_t top = (uint64_t)trap_stack + sizeof trap_stack, at = (uint64_t)l1_tss;
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } idtr = {sizeof l1_idt - 1, (uint64_t)l1_idt};

    for (unsigned int v = 0; v < 256; v++)
        gate(l1_idt, v, l1_stubs);
    ((uint32_t *)l1_tss)[1] = (uint32_t)top; /* RSP0 lies at byte 4 (SDM 7.7) */
    gdt[5] = 103 | (at & 0xffffff) << 16 | 0x89ull << 40 | (at >> 24 & 0xff) << 56;
    gdt[6] = at >> 32;
    __asm__ volatile("lidt %0" : : "m"(idtr));
    __asm__ volatile("ltr %w0" : : "r"(0x28));
}

void l1_trap(struct frame *f)
{
    trap_frame = (uint64_t)f;
    if (!recover &&
        (f->vector == 2 || f->vector >= 32)) { /* what was sent to itself and has not been taken by an exit */
        arrived[f->vector]++;
        if (f->vector >= 32)
            APIC(0xb0) = 0;
        return;
    }
    if (!recover) {
        say("VMX! L1 took vector %u error %x at %x\n", f->vector, f->error, f->rip);
        quit(2);
    }
    last = (struct result){.vector = (uint32_t)f->vector, .error = f->error, .flags = (uint32_t)f->rflags & 0x8d5};
    f->rip = recover;
    f->cs = 0x18;
    f->ss = 0x10;
    f->rflags &= 0x8d5;
    f->rflags |= 2;
    recover = 0;
}

/* `code` is bytes that end with RET; RDI and RAX are its operands. Flags are all set before (SDM 30.2 clears or sets them). */
struct result insn(const void *code, const void *operand, uint64_t value)
{
    uint64_t flags;

    last.vector = 256;
    recover = (uint64_t)insn_back;
    __asm__ volatile("pushq %%rbp\n\t movq %%rsp, %%r12\n\t"
                     "pushfq\n\t orl $0x8d5, (%%rsp)\n\t popfq\n\t"
                     "call *%%rdx\n\t"
                     ".globl insn_back\n"
                     "insn_back: movq %%r12, %%rsp\n\t"
                     "pushfq\n\t popq %%rcx\n\t popq %%rbp"
                     : "+a"(value), "=&c"(flags)
                     : "d"(code), "D"(operand)
                     : "r12", "r8", "r9", "rsi", "rbx", "cc", "memory");
    recover = 0;
    if (last.vector == 256)
        last.flags = (uint32_t)flags & 0x8d5;
    return last;
}

static struct result elsewhere(const void *code, uint64_t cs, uint64_t ss, const void *operand, uint64_t value)
{
    last = (struct result){.vector = 256};
    recover = (uint64_t)at_level_back;
    at_level(code, cs, ss, operand, value);
    recover = 0;
    return last;
}

struct result insn_user(const void *code, const void *operand, uint64_t value)
{
    return elsewhere(code, 0x43, 0x3b, operand, value);
}

struct result insn_compat(const void *code, const void *operand, uint64_t value)
{
    return elsewhere(code, 0x08, 0x10, operand, value);
}

void show_result(const char *area, const char *name, struct result r)
{
    if (r.vector != 256) {
        say("VMX %s %s #%u error=%x\n", area, name, (uint64_t)r.vector, r.error);
        return;
    }
    if (r.flags & 0x40) { /* VMfailValid */
        uint64_t error = 0;

        __asm__ volatile("vmread %1, %0" : "=r"(error) : "r"((uint64_t)INSTRUCTION_ERROR) : "cc");
        say("VMX %s %s fail=%u flags=%x\n", area, name, error, (uint64_t)r.flags);
        return;
    }
    say("VMX %s %s %s flags=%x\n", area, name, r.flags & 1 ? "invalid" : "ok", (uint64_t)r.flags);
}
