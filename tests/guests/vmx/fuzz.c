/* SPDX-License-Identifier: BSD-2-Clause
 * Area fuzz (seed=N rounds=N): a base VMCS, a few edits, VMLAUNCH, and again with VMRESUME; or a VMX instruction with a hostile operand.
 * A line each: what the manual says of it, what came of it; WRONG where these differ. */
#include "fuzz.h"

#include "manual_fields.h"

extern const char l2_iret[]; /* rig.c */

static uint64_t host_memory(uint64_t address)
{
    return address < 0x4000000 ? get64(address & ~7ull) : ~0ull;
}

uint64_t number(struct fuzz *z)
{
    z->state ^= z->state >> 12;
    z->state ^= z->state << 25;
    z->state ^= z->state >> 27;
    return z->state * 0x2545f4914f6cdd1dull;
}

unsigned int below(struct fuzz *z, unsigned int n)
{
    return (unsigned int)(number(z) >> 33) % n;
}

uint32_t encoding_of(int f)
{
    return encodings[f];
}

static uint64_t field(int f)
{
    uint64_t value = 0, e = encodings[f];

    __asm__ volatile("vmread %1, %0" : "+r"(value) : "r"(e) : "cc", "memory");
    return value;
}

void read_all(struct fuzz *z)
{
    for (int f = 0; f < PN_FIELDS; f++)
        z->f[f] = field(f);
}

void change(struct fuzz *z, int f, uint64_t value)
{
    if (z->edits == EDITS)
        return;
    z->edit[z->edits++] = (struct edit){.field = f, .old = z->f[f]};
    set(encodings[f], value);
    z->f[f] = field(f);
}

void undo(struct fuzz *z)
{
    while (z->edits) {
        const struct edit e = z->edit[--z->edits];

        set(encodings[e.field], e.old);
        z->f[e.field] = e.old;
    }
}

/* ---- What the manual says ---- */

struct verdict {
    unsigned int seven, eight, qualifications;
    const char *rule, *guest;
};

static struct verdict judge(struct fuzz *z)
{
    const char *controls = manual_controls(&z->cpu, z->f, host_memory), *host = manual_host(&z->cpu, z->f, true);
    struct verdict w = {.seven = controls != NULL, .eight = host != NULL};

    w.qualifications = manual_guest(&z->cpu, z->f, (uint64_t)vmcs[0], host_memory, &w.guest);
    w.rule = controls ? controls : host ? host : w.guest ? w.guest : "pass";
    return w;
}

/* More than one answer is right: 7 or 8 (26.2), one qualification or another (26.3). */
static bool choice(const struct verdict *w)
{
    return (w->seven && w->eight) || (w->qualifications & (w->qualifications - 1)) != 0;
}

static bool agrees(const struct verdict *w, struct exit x)
{
    if (x.failed)
        return x.failed == 2 && ((x.error == 7 && w->seven) || (x.error == 8 && w->eight));
    if (w->seven || w->eight)
        return false;
    if (x.reason == 0x80000021)
        return x.qualification <= 4 && (w->qualifications >> x.qualification & 1);
    return !w->qualifications && (x.reason == 0x80000022 || !(x.reason >> 31));
}

/* ---- What L1 can read afterwards ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    return (h ^ v) * 0x100000001b3ull;
}

/* The guest area as far as the manual defines it: of unusable segments the unusable bit only, PDPTEs not at all. CR0.ET, NW and CD are not
   looked at: where L1 masks them Provenest has vmcs12's (core/README.md). */
static uint64_t digest(void)
{
    static const int16_t plain[] = {PN_F_GUEST_RSP,          PN_F_GUEST_CR3,         PN_F_GUEST_CR4,
                                    PN_F_GUEST_EFER,         PN_F_GUEST_PAT,         PN_F_GUEST_DEBUGCTL,
                                    PN_F_GUEST_GDTR_BASE,    PN_F_GUEST_GDTR_LIMIT,  PN_F_GUEST_IDTR_BASE,
                                    PN_F_GUEST_IDTR_LIMIT,   PN_F_GUEST_SYSENTER_CS, PN_F_GUEST_SYSENTER_ESP,
                                    PN_F_GUEST_SYSENTER_EIP, PN_F_LINK_POINTER,      PN_F_ENTRY_CTL,
                                    PN_F_EXIT_CTL,           PN_F_PROC_CTL,          PN_F_CR0_MASK,
                                    PN_F_CR0_SHADOW,         PN_F_CR4_MASK,          PN_F_CR4_SHADOW};
    uint64_t h = mix(0xcbf29ce484222325ull, field(PN_F_GUEST_CR0) & ~0x60000010ull);

    for (unsigned int k = 0; k < sizeof plain / sizeof plain[0]; k++)
        h = mix(h, field(plain[k]));
    for (int k = 0; k < 8; k++) {
        const uint64_t rights = field(PN_F_GUEST_ES_AR_BYTES + k);

        h = mix(h, field(PN_F_GUEST_ES_SELECTOR + k));
        h = mix(h, rights >> 16 & 1);
        if (rights >> 16 & 1)
            continue;
        h = mix(h, rights);
        h = mix(h, field(PN_F_GUEST_ES_LIMIT + k));
        h = mix(h, field(PN_F_GUEST_ES_BASE + k));
    }
    h = mix(mix(mix(h, regs.rax), regs.rcx), regs.rdx);
    h = mix(mix(mix(h, rdmsr(0xc0000102)), rdmsr(0x174)), rdmsr(MSR_PAT));
    for (unsigned int k = 0; k < 3; k++)
        h = mix(h, get64((uint64_t)pages[2] + 16 * k + 8));
    return h;
}

static void name_of(char *name, unsigned int round, unsigned int step)
{
    unsigned int k = 0, digits = 1;

    name[k++] = 'r';
    for (unsigned int rest = round; rest >= 10; rest /= 10)
        digits *= 10;
    for (; digits; digits /= 10)
        name[k++] = (char)('0' + round / digits % 10);
    name[k++] = '.';
    name[k++] = (char)('0' + step);
    name[k] = 0;
}

static struct exit attempt(struct fuzz *z, const char *name)
{
    const struct verdict w = judge(z);
    struct exit x;

    l2_count = 0;
    l2_operands(z);
    say("TRY %s guest=%u program=%u ecx=%x edx=%x", name, (uint64_t)z->guest, (uint64_t)z->program, regs.rcx,
        regs.rdx); /* before it: a machine that stops here has said why */
    for (unsigned int k = 0; k < z->edits; k++)
        say(" %x=%x", (uint64_t)encodings[z->edit[k].field], z->f[z->edit[k].field]);
    say("\n");
    x = go();
    show("fuzz", name, x);
    say("VMX   manual=%s%s%s", w.rule, choice(&w) ? " either" : "", agrees(&w, x) ? "" : " WRONG");
    if (!x.failed && !(x.reason >> 31))
        say(" cr0=%x cr4=%x rax=%x rcx=%x rdx=%x digest=%x", get(GUEST_CR0) & ~0x60000010ull, get(GUEST_CR4), regs.rax,
            regs.rcx, regs.rdx, digest());
    say("\n");
    show_seen();
    if (!x.failed && x.reason == 0 && get(EXIT_INFO) >> 8 & 1) /* an NMI exit leaves them blocked */
        __asm__ volatile("int $2");
    return x;
}

/* As if L2 had not run, but for what vmcs02 may hold of it. */
static void again(struct fuzz *z, const uint64_t *before)
{
    for (int f = 0; f < PN_G_HOST_END; f++)
        if (z->f[f] != before[f])
            set(encodings[f], before[f]);
    read_all(z);
    regs = (struct regs){0};
    set_dr6(0xffff0ff0);
    set_cr2(0);
}

/* Bochs 2.7 lets NMI blocking leak into later entries (test rig, B3): then the round ends, and L2 executes an IRET. */
static bool leaks(const struct fuzz *z)
{
    return z->f[PN_F_GUEST_INTERRUPTIBILITY] & 8 ||
           (z->f[PN_F_ENTRY_INFO] >> 31 && (z->f[PN_F_ENTRY_INFO] >> 8 & 7) == 2);
}

/* None to three edits, taken back if they would take L1 or L2 away. */
static struct verdict edited(struct fuzz *z)
{
    const unsigned int edits = below(z, 4);
    struct verdict w;

    z->edits = 0;
    for (unsigned int k = 0; k < edits; k++)
        edit_something(z);
    w = judge(z);
    if (w.seven || w.eight || !(wild_host(z) || ((!w.guest || bochs_gap(w.guest)) && wild_guest(z))))
        return w;
    undo(z);
    return judge(z);
}

static void round_of(struct fuzz *z, unsigned int round)
{
    static uint64_t before[PN_FIELDS];
    char name[16];

    if (z->leak) {
        base(LONG_NO_UG, l2_iret);
        go();
        z->leak = false;
    }
    z->guest = (enum guest)below(z, GUESTS);
    base(z->guest, l2_program(z));
    wrmsr(0xc0000102, 0x777);
    wrmsr(0x174, 0);
    read_all(z);
    for (int f = 0; f < PN_FIELDS; f++)
        before[f] = z->f[f];
    for (unsigned int step = 0; step < 3 && !z->leak; step++) {
        const struct verdict w = edited(z);

        name_of(name, round, step);
        z->leak = leaks(z);
        attempt(z, name);
        z->leak = z->leak || field(PN_F_GUEST_INTERRUPTIBILITY) & 8;
        read_all(z);
        if (w.guest && bochs_gap(w.guest))
            break; /* the bare machine's L2 has run, and left its traces */
        again(z, before);
    }
    name_of(name, round, 3);
    fuzz_instruction(z, name);
}

static uint64_t option(const char *line, const char *name, uint64_t otherwise)
{
    for (; *line; line++) {
        unsigned int k = 0;
        uint64_t value = 0;

        while (name[k] && line[k] == name[k])
            k++;
        if (name[k])
            continue;
        for (line += k; *line >= '0' && *line <= '9'; line++)
            value = value * 10 + (uint64_t)(*line - '0');
        return value;
    }
    return otherwise;
}

/* IA32_DEBUGCTL (17.4.1): LBR, BTF, 6 to 12, 14; bus-lock detection (CPUID.7:ECX[24]) and RTM (EBX[11]) where there are such. */
static uint64_t debugctl(void)
{
    uint32_t a = 7, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return 0x5fc3 | (c >> 24 & 1 ? 4 : 0) | (b >> 11 & 1 ? 0x8000 : 0);
}

static struct manual_cpu machine(void)
{
    uint32_t a = 0x80000008, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (struct manual_cpu){.basic = rdmsr(MSR_BASIC),
                               .misc = rdmsr(MSR_MISC),
                               .ept_vpid = rdmsr(MSR_EPT_VPID),
                               .pin = rdmsr(MSR_PIN),
                               .proc = rdmsr(MSR_PROC),
                               .proc2 = rdmsr(MSR_PROC2),
                               .exit = rdmsr(MSR_EXIT),
                               .entry = rdmsr(MSR_ENTRY),
                               .cr0_fixed0 = rdmsr(0x486),
                               .cr0_fixed1 = rdmsr(0x487),
                               .cr4_fixed0 = rdmsr(0x488),
                               .cr4_fixed1 = rdmsr(0x489),
                               .efer_valid = 0xd01,
                               .debugctl_valid = debugctl(),
                               .width = a & 0xff,
                               .linear = 48};
}

void area_fuzz(const char *line)
{
    static struct fuzz z;
    const uint64_t seed = option(line, "seed=", 1), rounds = option(line, "rounds=", 100);

    z.cpu = machine();
    z.state = seed * 0x9e3779b97f4a7c15ull + 1;
    rig_setup();
    rig_on();
    for (unsigned int round = 0; round < rounds; round++)
        round_of(&z, round);
    __asm__ volatile("vmxoff");
}
