/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L2's segments as an exit saves them (SDM 27.3.2), whenever L1 looks: at once, behind other VMX instructions, behind rounds in which it
 * did not look, behind VMPTRLD and VMCLEAR, behind entries that fail. L2 loads one register, then touches a page that EPT12 does not map
 * yet: L1 maps it and goes on, so that a round needs no VMREAD and no VMWRITE.
 */
#include "vmx.h"

#define TOUCH(k) "movb $1, 0x100" #k "000; "
GUEST(s_32,
      ".code32; lgdt 0x1002000; " TOUCH(6) "lidt 0x1002010; " TOUCH(7)
      "movl $0x8, %eax; movw %ax, %es; " TOUCH(8) "movl $0x20, %eax; movw %ax, %fs; " TOUCH(9)
      "movl $0x28, %eax; movw %ax, %gs; " TOUCH(a) "movl $0x30, %eax; lldt %ax; " TOUCH(b)
      "movl $0x40, %eax; ltr %ax; " TOUCH(c)
      "movl $0x18, %eax; movw %ax, %ss; ljmp $0x50, $1f; 1: " TOUCH(d) "movl $0x58, %eax; movw %ax, %ds");
GUEST(s_64,
      "lgdt 0x1002000; " TOUCH(6) "lidt 0x1002010; " TOUCH(7) "movl $0x8, %eax; movw %ax, %es; " TOUCH(8)
      "movl $0x20, %eax; movw %ax, %fs; movl $0xc0000100, %ecx; movl $0x4321000, %eax; xorl %edx, %edx; wrmsr; " TOUCH(9)
      "movl $0x28, %eax; movw %ax, %gs; " TOUCH(a) "movl $0x30, %eax; lldt %ax; " TOUCH(b)
      "movl $0x40, %eax; ltr %ax; " TOUCH(c)
      "movl $0x18, %eax; movw %ax, %ss; pushq $0x50; leaq 1f(%rip), %rax; pushq %rax; lretq; 1: " TOUCH(d)
      "movl $0x58, %eax; movw %ax, %ds");
GUEST(s_other, "nop");

enum { TOUCHED = 6, STEPS = 9 }; /* the first page; exits, the last by VMCALL */
enum way { AT_ONCE, AT_THE_END, ONE_BY_ONE, OTHERS, LEFT, CLEARED, WRITTEN, IN_TURN, FAILING, WAYS };
static const char *const ways[WAYS] = {"at-once", "at-the-end", "one-by-one", "others", "left",
                                       "cleared", "written",    "in-turn",    "failing"};
static const struct {
    const char *name;
    enum guest guest;
    bool is64;
} kinds[] = {
    {"long", LONG, true}, {"long-restricted", LONG_NO_UG, true}, {"protected", PROTECTED, false}, {"pae", PAE, false}};

static void tables(bool is64)
{
    const uint64_t each[] = {
        0,
        segment_descriptor(0x11000, 0xabc, 0x91, 4),          /* 08 ES */
        segment_descriptor(0, 0xfffff, 0x93, 12),             /* 10 */
        segment_descriptor(0, 0xeffff, 0x93, 12),             /* 18 SS */
        segment_descriptor(0x14000, 0x10, 0x97, 4),           /* 20 FS */
        segment_descriptor(0x15000, 0x12345, 0x91, 4),        /* 28 GS */
        segment_descriptor(0x16000, 0x17, 0x82, 0),           /* 30 LDTR */
        is64 ? 1 : 0,                                         /* ... bits 63:32 of its base */
        segment_descriptor(0x17000, 0x100, 0x89, 0),          /* 40 TR */
        is64 ? 2 : 0,                                         /* */
        segment_descriptor(0, 0xfffff, 0x9b, is64 ? 10 : 12), /* 50 CS */
        segment_descriptor(0x13000, 0xdffff, 0x91, 8),        /* 58 DS */
    };

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++)
        put64(PAGE(P_TABLE) + 8 * i, each[i]);
    put64(PAGE(P_DATA), PAGE(P_TABLE) << 16 | 0x7f);
    put64(PAGE(P_DATA) + 0x10, PAGE(P_CODE) << 16 | 0x7ef);
}

/* All 36 fields of the guest area's segments. */
static void fields(void)
{
    for (unsigned int i = 0; i < 8; i++)
        say(" %x,%x,%x,%x", get(GUEST_ES_SELECTOR + 2 * i), get(GUEST_ES_BASE + 2 * i), get(GUEST_ES_LIMIT + 2 * i),
            get(GUEST_ES_AR_BYTES + 2 * i));
    say(" %x,%x %x,%x\n", get(GUEST_GDTR_BASE), get(GUEST_GDTR_LIMIT), get(GUEST_IDTR_BASE), get(GUEST_IDTR_LIMIT));
}

static void current(const void *page)
{
    const uint64_t p = (uint64_t)page;

    __asm__ volatile("vmptrld %0" : : "m"(p) : "cc", "memory");
}

/* What of VMX does not look at fields. */
static void others(void)
{
    const uint64_t p = (uint64_t)vmxon_page, all[2] = {0, 0};
    uint64_t now = 0;

    flush();
    if (rdmsr(MSR_EPT_VPID) & 1ull << 32)
        __asm__ volatile("invvpid %0, %1" : : "m"(all), "r"(2ull) : "cc", "memory");
    __asm__ volatile("vmptrst %0" : "=m"(now) : : "cc", "memory");
    __asm__ volatile("vmxon %0" : : "m"(p) : "cc", "memory"); /* VMfail 15 */
}

/* ---- Entries that fail between two steps ---- */

static const struct {
    const char *name;
    uint64_t field, bad;
} spoilt[] = {
    {"flags", GUEST_RFLAGS, 0},
    {"event", ENTRY_INFO, 0x800001ff},
    {"cr4", GUEST_CR4, 0},
    {"host", HOST_RIP, 1ull << 62},
    {"virtual-8086", GUEST_RFLAGS, 0x20002},
    {"activity", GUEST_ACTIVITY, 4},
    {"list", ENTRY_LOAD_COUNT, 1},
    {"launch", 0, 0},
};

static uint64_t mended(uint64_t field)
{
    extern const char exited[];

    return field == GUEST_RFLAGS ? 2 : field == GUEST_CR4 ? cr4() : field == HOST_RIP ? (uint64_t)exited : 0;
}

/* Half of them without a look at what L2 left. */
static void fails(const char *kind, unsigned int k)
{
    struct exit x;

    if (spoilt[k].field)
        set(spoilt[k].field, spoilt[k].bad);
    else
        launched = !launched;
    x = go();
    if (spoilt[k].field)
        set(spoilt[k].field, mended(spoilt[k].field));
    else
        launched = !launched;
    say("VMX late %s/failing/%s failed=%u error=%u exit=%x qualification=%x", kind, spoilt[k].name, (uint64_t)x.failed,
        (uint64_t)x.error, (uint64_t)x.reason, x.qualification);
    if (k % 2)
        fields();
    else
        say("\n");
}

/* ---- A run of L2, and what L1 does behind each exit ---- */

static bool other_launched;

static void second(void)
{
    current(vmcs[1]);
    (void)enter(&regs, other_launched);
    other_launched = true;
    current(vmcs[0]);
}

static void between(const char *kind, enum way way, unsigned int step)
{
    const uint64_t mine = (uint64_t)vmcs[0];

    switch (way) {
    case AT_ONCE:
        say("VMX late %s/at-once/%u", kind, (uint64_t)step);
        fields();
        return;
    case ONE_BY_ONE:
        say("VMX late %s/one-by-one/%u %x\n", kind, (uint64_t)step, get(GUEST_ES_SELECTOR + 2 * (step % 8)));
        return;
    case OTHERS:
        others();
        return;
    case LEFT:
        current(vmcs[2]);
        if (step % 2)
            set(GUEST_ES_SELECTOR, step);
        current(vmcs[0]);
        return;
    case CLEARED:
        __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(mine) : "cc", "memory");
        launched = false;
        return;
    case WRITTEN:
        if (step == 5)
            set(GUEST_GS_BASE, 0x15800);
        if (step == 6)
            set(GUEST_IDTR_LIMIT, 0x3ff);
        return;
    case IN_TURN:
        second();
        return;
    case FAILING:
        fails(kind, step);
        return;
    default:
        return;
    }
}

static void begin(unsigned int kind, enum way way)
{
    const uint64_t other = (uint64_t)vmcs[1], third = (uint64_t)vmcs[2];

    if (way == IN_TURN) {
        __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(other) : "cc", "memory");
        fill(LONG, s_other);
        other_launched = false;
    }
    if (way == LEFT)
        __asm__ volatile("vmclear %0" : : "m"(third) : "cc", "memory");
    base(kinds[kind].guest, kinds[kind].is64 ? s_64 : s_32);
    tables(kinds[kind].is64);
    put64((uint64_t)pages[3], 0xc0000100); /* FS's base: no MSR for a list (SDM 26.4) */
    set(ENTRY_LOAD_ADDR, (uint64_t)pages[3]);
    for (unsigned int k = 0; k < STEPS - 1; k++)
        ept[6][TOUCHED + k] = 0;
    flush();
}

static void run(unsigned int kind, enum way way)
{
    const char *code = kinds[kind].is64 ? s_64 : s_32;

    begin(kind, way);
    for (unsigned int step = 0; step < STEPS; step++) {
        const uint32_t flags = enter(&regs, launched);

        if (flags) {
            say("VMX late %s/%s/%u flags=%x\n", kinds[kind].name, ways[way], (uint64_t)step, (uint64_t)flags);
            return;
        }
        launched = true;
        if (step < STEPS - 1) {
            between(kinds[kind].name, way, step);
            ept[6][TOUCHED + step] = PAGE(TOUCHED + step) | 0x37; /* there is nothing of it to flush */
        }
    }
    say("VMX late %s/%s exit=%x rip=%x", kinds[kind].name, ways[way], get(EXIT_REASON),
        get(GUEST_RIP) - (uint64_t)code);
    fields();
    if (way != IN_TURN)
        return;
    current(vmcs[1]);
    say("VMX late %s/in-turn/other exit=%x rip=%x", kinds[kind].name, get(EXIT_REASON),
        get(GUEST_RIP) - (uint64_t)s_other);
    fields();
}

void area_late(void)
{
    rig_setup();
    rig_on();
    for (unsigned int kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (unsigned int way = 0; way < WAYS; way++)
            run(kind, (enum way)way);
    __asm__ volatile("vmxoff");
}
