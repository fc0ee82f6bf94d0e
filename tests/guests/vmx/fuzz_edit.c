/* SPDX-License-Identifier: BSD-2-Clause
 * Area fuzz: which edits. Fields near the boundaries of widths and capabilities, fields that the checks relate, MSR lists, and
 * what must not be, lest L1 or the emulator end: see wild_host, wild_guest. */
#include "fuzz.h"

#define BIT(k) (1ull << (k))

static uint64_t near_value(struct fuzz *z, uint64_t old)
{
    const unsigned int k = below(z, 64);

    switch (below(z, 16)) {
    case 0:
        return 0;
    case 1:
        return ~0ull;
    case 2:
        return old + 1;
    case 3:
        return old - 1;
    case 4:
        return BIT(z->cpu.width);
    case 5:
        return BIT(z->cpu.width) - 0x1000;
    case 6:
        return BIT(47) - 1 + k % 3;
    case 7:
        return (~0ull << 47) - 1 + k % 3;
    case 8:
        return number(z);
    case 9:
        return (uint64_t)pages + 0x1000 * (k % 4) + (k & 32 ? 8 : 0);
    case 10:
        return (uint64_t)vmcs[k % 3];
    case 11:
        return k;
    default:
        return old ^ BIT(k);
    }
}

/* A control that may be either; the watchdog (the preemption timer) and what Bochs 2.7 cannot stay as they are. */
static uint64_t control(struct fuzz *z, int f, uint64_t old)
{
    const uint64_t words[] = {z->cpu.pin, z->cpu.proc, z->cpu.proc2, z->cpu.exit, z->cpu.entry};
    const uint64_t word = words[f];
    uint64_t may = word >> 32 & ~word & 0xffffffff;

    may &= f == PN_F_PIN_CTL     ? 0x29
           : f == PN_F_PROC_CTL  ? 0xf2f99f8cu & ~BIT(27) & ~BIT(3)
           : f == PN_F_PROC2_CTL ? 0x11086fu | 0x80
           : f == PN_F_EXIT_CTL  ? 0x7c8004u
                                 : 0xc004u;
    for (unsigned int tries = 0; tries < 64; tries++) {
        const unsigned int k = below(z, 32);

        if (may >> k & 1)
            return old ^ BIT(k);
    }
    return old;
}

static void any_field(struct fuzz *z)
{
    int f = (int)below(z, PN_F_EXIT_REASON);
    uint64_t value;

    if (below(z, 3) == 0)
        f = (int)below(z, 5);
    value = f <= PN_F_ENTRY_CTL && below(z, 8) ? control(z, f, z->f[f]) : near_value(z, z->f[f]);
    if (f == PN_F_PIN_CTL)
        value |= PIN_TIMER;
    if (f == PN_F_ENTRY_CTL)
        value &= ~(BIT(10) | BIT(11)); /* SMM: Bochs gives up later */
    if (f == PN_F_EXIT_STORE_COUNT || f == PN_F_EXIT_LOAD_COUNT || f == PN_F_ENTRY_LOAD_COUNT)
        value %= 513; /* longer lists are nobody's business (appendix A.6) */
    if (f == PN_F_PREEMPTION_TIMER || f == PN_F_XSS_EXIT_BITMAP)
        return;
    change(z, f, value);
}

static void segment(struct fuzz *z)
{
    const int k = (int)below(z, 8);
    const int f = (below(z, 2)   ? PN_F_GUEST_ES_AR_BYTES
                   : below(z, 2) ? PN_F_GUEST_ES_SELECTOR
                                 : PN_F_GUEST_ES_LIMIT) +
                  k;

    change(z, f, z->f[f] ^ BIT(below(z, 18)));
}

/* An event: mostly one that passes, where L2 has an IDT for it. Type 7 ends Bochs 2.7, a type with a vector that is not its is
   PD-001. */
static void injection(struct fuzz *z)
{
    static const uint8_t vectors[] = {0, 1, 3, 4, 6, 8, 10, 13, 14, 17, 18, 31, 32, 0x80, 0xff, 5};
    const unsigned int type = below(z, 7), how = below(z, 256);
    const unsigned int vector = type == 2   ? (how % 8 ? 2 : 3)
                                : type == 5 ? 1
                                : type == 6 ? 3 + how % 2
                                            : vectors[how % 16];
    const bool pushes = type == 3 && (vector == 8 || (vector >= 10 && vector <= 14) || vector == 17);

    change(z, PN_F_ENTRY_INFO, 0x80000000u | ((how >= 240) != pushes ? 0x800u : 0) | type << 8 | vector);
    change(z, PN_F_ENTRY_ERROR, how % 32 == 5 ? 0x10000 : how);
    change(z, PN_F_ENTRY_LENGTH, how % 32 == 7 ? how : 1 + how % 15);
    if (type == 0 && how % 8)
        change(z, PN_F_GUEST_RFLAGS, z->f[PN_F_GUEST_RFLAGS] | 0x200);
}

static void non_register(struct fuzz *z)
{
    const unsigned int how = below(z, 256);

    change(z, PN_F_GUEST_RFLAGS, z->f[PN_F_GUEST_RFLAGS] ^ (how & 1 ? 0x200 : 0) ^ (how & 2 ? 0x100 : 0));
    change(z, PN_F_GUEST_INTERRUPTIBILITY, how >> 2 & 7 & ~(how & 0x80 ? 4u : 0));
    change(z, PN_F_GUEST_ACTIVITY, how & 0x60 ? 0 : 1);
    change(z, PN_F_GUEST_PENDING_DEBUG, how & 3 ? BIT(14) : 0);
}

static void entry_list(struct fuzz *z)
{
    static const uint64_t heads[] = {0x174,      0x175,      0x176, 0xc0000081,  0xc0000082, 0xc0000102, 0x9b,  0x808,
                                     0xc0000100, 0xc0000101, 0x900, 0x1c0000102, 0xc0001fff, MSR_BASIC,  0x8ff, 0x3a};
    const unsigned int n = 1 + below(z, 3);

    for (unsigned int k = 0; k < n; k++) {
        put64((uint64_t)pages[1] + 16 * k, heads[below(z, below(z, 2) ? 6 : 16)]);
        put64((uint64_t)pages[1] + 16 * k + 8, below(z, 4) ? below(z, 1000) : number(z));
    }
    change(z, PN_F_ENTRY_LOAD_COUNT, n);
    change(z, PN_F_ENTRY_LOAD_ADDR, (uint64_t)pages[1] + (below(z, 8) ? 0 : below(z, 64)));
}

/* Lists of exits hold MSRs that can be loaded and stored: else the machine ends in a VMX abort. */
static void exit_list(struct fuzz *z)
{
    const unsigned int page = 2 + below(z, 2), n = 1 + below(z, 3), way = below(z, 16);
    const int count = page == 2 ? PN_F_EXIT_STORE_COUNT : PN_F_EXIT_LOAD_COUNT;

    for (unsigned int k = 0; k < n; k++) {
        put64((uint64_t)pages[page] + 16 * k, below(z, 2) ? 0xc0000102 : 0x174);
        put64((uint64_t)pages[page] + 16 * k + 8, below(z, 1000));
    }
    change(z, count, n);
    change(z, count + 1, way == 0 ? BIT(z->cpu.width) - 16 * below(z, 4) : (uint64_t)pages[page] + (way == 1 ? 8 : 0));
}

/* What L1 wants to see of L2: exceptions, control registers, MSRs, ports. */
static void wanted(struct fuzz *z)
{
    const unsigned int page = below(z, 0x180) * 8 + (below(z, 2) ? 0x800 : 0);

    switch (below(z, 6)) {
    case 0:
        change(z, PN_F_EXCEPTION_BITMAP, z->f[PN_F_EXCEPTION_BITMAP] ^ 1ull << below(z, 20));
        break;
    case 1:
        change(z, PN_F_CR0_MASK, below(z, 2) ? 0xe : number(z) & 0xffffffff);
        change(z, PN_F_CR0_SHADOW, below(z, 2) ? z->f[PN_F_GUEST_CR0] : number(z) & 0xffffffff);
        break;
    case 2:
        change(z, PN_F_CR4_MASK, below(z, 2) ? 0x84 : number(z) & 0xffffffff);
        change(z, PN_F_CR4_SHADOW, below(z, 2) ? z->f[PN_F_GUEST_CR4] : number(z) & 0xffffffff);
        break;
    case 3: /* of the MSRs that L2 tries, or any */
        put64((uint64_t)pages[0] + (below(z, 2) ? page & 0xff8 : 0x810), number(z));
        put64((uint64_t)pages[0] + (below(z, 2) ? 0x28 : 0x420), number(z));
        break;
    case 4:
        put64(PAGE(P_TABLE) + 0x10, number(z));
        put64(PAGE(P_TABLE) + 0xff8, number(z));
        change(z, PN_F_IO_BITMAP_A, PAGE(P_TABLE));
        change(z, PN_F_IO_BITMAP_B, PAGE(P_TABLE));
        change(z, PN_F_PROC_CTL, z->f[PN_F_PROC_CTL] | PROC_IO_BITMAPS);
        break;
    default:
        change(z, PN_F_PF_MASK, below(z, 8));
        change(z, PN_F_PF_MATCH, below(z, 8));
        break;
    }
}

void edit_something(struct fuzz *z)
{
    switch (below(z, 16)) {
    case 0:
    case 1:
        if (z->guest == LONG || z->guest == LONG_NO_UG || z->guest == NO_EPT)
            injection(z);
        break;
    case 2:
    case 3:
        non_register(z);
        break;
    case 4:
        entry_list(z);
        break;
    case 5:
        exit_list(z);
        break;
    case 6:
        segment(z);
        break;
    case 7:
    case 8:
    case 9:
        wanted(z);
        break;
    default:
        any_field(z);
        break;
    }
}

static bool moved(const struct fuzz *z, int f)
{
    for (unsigned int k = 0; k < z->edits; k++)
        if (z->edit[k].field == f && z->f[f] != z->edit[k].old)
            return true;
    return false;
}

/* The rules that boot/vmx_fuzz.py names as gaps of the emulator. */
bool bochs_gap(const char *rule)
{
    static const char gaps[][4] = {"138", "139", "180", "181", "208", "211", "220", "229", "232", "235", "236"};

    for (unsigned int k = 0; k < sizeof gaps / sizeof gaps[0]; k++)
        if (rule[3] == gaps[k][0] && rule[4] == gaps[k][1] && rule[5] == gaps[k][2])
            return true;
    return false;
}

/* What L1 needs of an exit, also of one that an entry fails with: its own state, and lists that can be processed. */
bool wild_host(const struct fuzz *z)
{
    const uint64_t *f = z->f, all = (uint64_t)pages;

    for (int k = PN_F_HOST_RIP; k <= PN_F_HOST_SYSENTER_EIP; k++)
        if (moved(z, k))
            return true;
    for (int k = PN_F_EXIT_STORE_COUNT; k <= PN_F_EXIT_LOAD_COUNT; k += 2)
        if (f[k] && (f[k] > 3 || f[k + 1] != all + (k == PN_F_EXIT_STORE_COUNT ? 0x2000 : 0x3000) ||
                     !get64(f[k + 1] + 16 * f[k] - 16)))
            return true;
    return moved(z, PN_F_EXIT_CTL) && (f[PN_F_EXIT_CTL] & EXITC_LOAD_EFER) == 0;
}

/* What L2 needs: its code, its stack, its tables. */
bool wild_guest(const struct fuzz *z)
{
    static const int16_t kept[] = {
        PN_F_GUEST_RIP,         PN_F_GUEST_RSP,       PN_F_GUEST_CR0,         PN_F_GUEST_CR3,
        PN_F_GUEST_CR4,         PN_F_GUEST_CS_BASE,   PN_F_GUEST_SS_BASE,     PN_F_GUEST_GDTR_BASE,
        PN_F_GUEST_GDTR_LIMIT,  PN_F_GUEST_IDTR_BASE, PN_F_GUEST_IDTR_LIMIT,  PN_F_EPT_POINTER,
        PN_F_GUEST_PDPTR0,      PN_F_GUEST_CS_LIMIT,  PN_F_GUEST_SS_LIMIT,    PN_F_GUEST_TR_BASE,
        PN_F_GUEST_TR_SELECTOR, PN_F_GUEST_TR_LIMIT,  PN_F_GUEST_CS_SELECTOR, PN_F_GUEST_SS_SELECTOR,
        PN_F_GUEST_DR7,         PN_F_GUEST_ES_BASE,   PN_F_GUEST_DS_BASE,     PN_F_GUEST_LDTR_BASE};
    const uint64_t *f = z->f;
    const bool has_idt = z->guest == LONG || z->guest == LONG_NO_UG || z->guest == NO_EPT;

    for (unsigned int k = 0; k < sizeof kept / sizeof kept[0]; k++)
        if (moved(z, kept[k]))
            return true;
    if (!has_idt && (f[PN_F_GUEST_RFLAGS] & 0x100 || f[PN_F_GUEST_PENDING_DEBUG] || f[PN_F_ENTRY_INFO] >> 31))
        return true;
    /* Bochs delivers a debug trap that is pending in HLT, and sleeps on in the handler. */
    if (f[PN_F_GUEST_ACTIVITY] == 1 && f[PN_F_GUEST_PENDING_DEBUG])
        return true;
    if (f[PN_F_ENTRY_LOAD_COUNT] &&
        (f[PN_F_ENTRY_LOAD_COUNT] > 3 || f[PN_F_ENTRY_LOAD_ADDR] - (uint64_t)pages - 0x1000 > 0x40))
        return true;
    return moved(z, PN_F_GUEST_ACTIVITY) && f[PN_F_GUEST_ACTIVITY] > 1;
}
