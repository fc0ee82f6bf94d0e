/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a round from L2 to L1 and back takes, in ticks of the TSC (on Bochs: instructions): the least of many batches of four
 * rounds, one line a row. area=bench; rows=name restricts it to one row, batches=N sets how many.
 */
#include "vmx.h"

GUEST(c_cpuid, "1: cpuid; jmp 1b");
GUEST(c_vmcall, "1: vmcall; jmp 1b");
GUEST(c_ud, "1: ud2; jmp 1b");
GUEST(c_inject, "1: cpuid; nop; nop; jmp 1b");
GUEST(c_iret, "iretq");
GUEST(c_iret_error, "addq $8, %rsp; iretq");
GUEST(c_touch, "1: movl (%rdi), %eax; addq $0x1000, %rdi; decl %esi; jnz 1b");
GUEST(c_msrs, "movl $0x3a, %ecx; 1: rdmsr; decl %esi; jnz 1b");

/* One untimed round, then four (nine where exits are counted, so that a batch's own VMWRITEs do not count); RSI and RDI are the
 * work's. L2 leaves the registers alone. */
static volatile uint32_t batch_rounds __attribute__((used)) = 5;
#define HOST \
    "movl $0x6c14, %%eax; vmwrite %%rsp, %%rax; leaq 1f(%%rip), %%rcx; movl $0x6c16, %%eax; vmwrite %%rcx, %%rax; "
#define CLOCK "rdtsc; shlq $32, %%rdx; orq %%rdx, %%rax; "
#define BATCH(name, first, work)                                                                                \
    static uint64_t name(uint64_t a, uint64_t b)                                                                \
    {                                                                                                           \
        uint64_t ticks;                                                                                         \
        __asm__ volatile("pushq %%rbp; pushq %%rbx; " first HOST "movl batch_rounds, %%r13d\n"                  \
                         "0: vmresume; ud2\n"                                                                   \
                         "1: " work "; cmpl batch_rounds, %%r13d; jne 2f\n" CLOCK "movq %%rax, %%r12\n"         \
                         "2: decl %%r13d; jnz 0b\n" CLOCK "subq %%r12, %%rax; popq %%rbx; popq %%rbp"           \
                         : "=&a"(ticks), "+S"(a), "+D"(b)                                                       \
                         :                                                                                      \
                         : "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory"); \
        return ticks;                                                                                           \
    }
#define REASON "movl $0x4402, %%eax; vmread %%rax, %%r8; "
#define RIP "movl $0x681e, %%eax; vmread %%rax, %%r10; "
#define NEXT REASON "movl $0x440c, %%eax; vmread %%rax, %%r9; " RIP "addq %%r9, %%r10; vmwrite %%r10, %%rax; "
BATCH(nothing, "", "nop")
BATCH(next, "", NEXT)
BATCH(next_ud, "", REASON RIP "addq $2, %%r10; vmwrite %%r10, %%rax")
BATCH(next_six, "",
      NEXT "movl $0x6400, %%eax; vmread %%rax, %%r8; movl $0x4404, %%eax; vmread %%rax, %%r8; "
           "movl $0x4408, %%eax; vmread %%rax, %%r8")
BATCH(injecting, "", NEXT "movl $0x4016, %%eax; vmwrite %%rsi, %%rax")
BATCH(gdtr, "", NEXT "movl $0x6816, %%eax; xorq $0x1000, %%rsi; vmwrite %%rsi, %%rax")
BATCH(pdptr, "", NEXT "movl $0x280c, %%eax; xorq $0x1000, %%rsi; vmwrite %%rsi, %%rax")
BATCH(turns, "vmptrld (%%rdi); " HOST "vmptrld (%%rsi); ", NEXT "xchgq %%rsi, %%rdi; vmptrld (%%rsi)")
BATCH(flushing, "", NEXT "movl $1, %%eax; invept (%%rsi), %%rax")

/* L1's own instructions. */
#define OWN(name, text)                                                                                          \
    static uint64_t name(uint64_t a, uint64_t b)                                                                 \
    {                                                                                                            \
        uint64_t ticks;                                                                                          \
        __asm__ volatile("movl $4, %%r13d; " CLOCK "movq %%rax, %%r12\n0: " text "; decl %%r13d; jnz 0b; " CLOCK \
                         "subq %%r12, %%rax"                                                                     \
                         : "=&a"(ticks), "+S"(a), "+D"(b)                                                        \
                         :                                                                                       \
                         : "rbx", "rcx", "rdx", "r8", "r12", "r13", "cc", "memory");                             \
        return ticks;                                                                                            \
    }
OWN(own_cpuid, "xorl %%eax, %%eax; cpuid")
OWN(own_vmread, "movl $0x6816, %%eax; vmread %%rax, %%r8")
OWN(own_vmwrite, "movl $0x6816, %%eax; vmwrite %%rsi, %%rax")
OWN(own_vmptrld, "xchgq %%rsi, %%rdi; vmptrld (%%rsi)")
OWN(own_invept, "movl $1, %%eax; invept (%%rsi), %%rax")

static uint64_t pointers[2], descriptor[2];
static uint64_t a_now, b_now;

enum how { PLAIN, IRETS, TAKES_UD, PAE_L2, TWO, OWN_ROW, OWN_TWO };
static const struct row {
    const char *name;
    const char *code;
    uint64_t (*batch)(uint64_t, uint64_t);
    enum how how;
    uint32_t inject;
} rows[] = {
    {"cpuid", c_cpuid, next, PLAIN, 0},
    {"cpuid-no-field", c_cpuid, nothing, PLAIN, 0},
    {"cpuid-6-vmreads", c_cpuid, next_six, PLAIN, 0},
    {"vmcall", c_vmcall, next, PLAIN, 0},
    {"ud", c_ud, next_ud, TAKES_UD, 0},
    {"inject-int", c_inject, injecting, IRETS, 0x80000455},
    {"inject-pf", c_inject, injecting, IRETS, 0x80000b0e},
    {"inject-interrupt", c_inject, injecting, IRETS, 0x80000055},
    {"gdtr-written", c_cpuid, gdtr, PLAIN, 0},
    {"pae-cpuid", c_cpuid, next, PAE_L2, 0},
    {"pae-pdptr-written", c_cpuid, pdptr, PAE_L2, 0},
    {"two-vmcss", c_cpuid, turns, TWO, 0},
    {"invept", c_cpuid, flushing, PLAIN, 0},
    {"l1-cpuid", c_cpuid, own_cpuid, OWN_ROW, 0},
    {"l1-vmread", c_cpuid, own_vmread, OWN_ROW, 0},
    {"l1-vmwrite", c_cpuid, own_vmwrite, OWN_ROW, 0},
    {"l1-vmptrld", c_cpuid, own_vmptrld, OWN_TWO, 0},
    {"l1-invept", c_cpuid, own_invept, OWN_ROW, 0},
};

/* A second VMCS like the first, launched too. */
static void another(const struct row *r)
{
    pointers[0] = (uint64_t)vmcs[0];
    pointers[1] = (uint64_t)vmcs[1];
    a_now = (uint64_t)&pointers[0];
    b_now = (uint64_t)&pointers[1];
    go();
    __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(pointers[1]) : "cc", "memory");
    fill(LONG, r->code);
    launched = false;
    go();
    __asm__ volatile("vmptrld %0" : : "m"(pointers[0]) : "cc", "memory");
}

static void handler(unsigned int vector, const char *code)
{
    const uint64_t p = (uint64_t)code;

    put64(PAGE(P_IDT) + vector * 16, (p & 0xffff) | 0x18ull << 16 | 0x8eull << 40 | (p >> 16 & 0xffff) << 48);
}

static void prepare(const struct row *r)
{
    base(r->how == PAE_L2 ? PAE : LONG, r->code);
    a_now = r->batch == gdtr ? (uint64_t)gdt : 0;
    b_now = 0;
    if (r->batch == flushing || r->batch == own_invept) {
        descriptor[0] = get(EPT_POINTER);
        a_now = (uint64_t)descriptor;
    }
    if (r->how == TAKES_UD)
        set(EXCEPTION_BITMAP, 1u << 6);
    if (r->how == IRETS) {
        handler(0x55, c_iret);
        handler(14, c_iret_error);
        set(ENTRY_LENGTH, 2);
        add(GUEST_RFLAGS, 0x200);
        a_now = r->inject;
    }
    if (r->how == TWO || r->how == OWN_TWO)
        another(r);
    else
        go();
}

static void run(const struct row *r, uint64_t batches)
{
    uint64_t least = ~0ull;

    prepare(r);
    say("BENCH-FROM %s batches=%u\n", r->name, batches);
    for (uint64_t i = 0; i < batches; i++) {
        const uint64_t t = r->batch(a_now, b_now);

        least = t < least ? t : least;
    }
    say("BENCH %s rounds=%u ticks=%u\n", r->name, r->how >= OWN_ROW ? 4ull : batch_rounds - 1, least);
}

/* What L0 carries out alone (on the bare machine: nobody): 64 rounds in L2 against one; twice as many more for the counts. */
static void alone(const char *name, const char *code, bool twice)
{
    const uint64_t rounds = twice ? 127 : 64;
    uint64_t least[2] = {~0ull, ~0ull};

    for (unsigned int i = 0; i < 20; i++) {
        uint64_t t;

        base(LONG, code);
        regs.rsi = i & 1 ? rounds : 1;
        regs.rdi = PAGE(64);
        t = tsc();
        go();
        t = tsc() - t;
        least[i & 1] = t < least[i & 1] ? t : least[i & 1];
    }
    say("BENCH %s rounds=%u ticks=%u\n", name, rounds - 1, least[1] - least[0]);
}

static bool wanted(const char *line, const char *name)
{
    char text[48] = "row=";
    unsigned int i = 0;

    for (; name[i] && i < 40; i++)
        text[4 + i] = name[i];
    text[4 + i] = 0;
    return word(line, text);
}

/* row=name runs one row; twice=1 runs twice as many rounds (what L0 counts a round is the difference of two runs). */
void area_bench(const char *line)
{
    const bool twice = word(line, "twice=1");
    const uint64_t batches = 500;
    bool one = wanted(line, "first-touch") || wanted(line, "rdmsr-l0");

    for (unsigned int i = 0; i < sizeof rows / sizeof rows[0]; i++)
        one = one || wanted(line, rows[i].name);
    batch_rounds = twice ? 10 : 5;
    rig_setup();
    rig_on();
    for (unsigned int i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (!one || wanted(line, rows[i].name))
            run(&rows[i], rows[i].how == OWN_ROW || rows[i].how == OWN_TWO ? batches * (twice + 1u) : batches);
    if (!one || wanted(line, "first-touch"))
        alone("first-touch", c_touch, twice);
    if (!one || wanted(line, "rdmsr-l0"))
        alone("rdmsr-l0", c_msrs, twice);
    __asm__ volatile("vmxoff");
}
