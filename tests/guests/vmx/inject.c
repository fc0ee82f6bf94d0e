/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Events injected by the entry, of every type: what L2's handler receives; the same with the IDT's or the stack's page away in
 * EPT12, which interrupts the delivery, and re-injected as the IDT-vectoring fields say (SDM 26.6, 27.2.4); windows; interrupts
 * and NMIs that come by themselves.
 */
#include "vmx.h"

GUEST(n_code, "nop; nop; nop");
GUEST(n_sti, "sti; nop; nop; nop");
GUEST(n_cli_sti, "nop; sti; nop; nop");
GUEST(n_movss, "sti; movw $0x10, %ax; movw %ax, %ss; nop; nop");
GUEST(n_hlt, "sti; hlt; nop");
GUEST(n_self_nmi, "movl $0xfee00300, %ebx; movl $0x4400, (%rbx); nop; nop; nop; nop");
GUEST(n_self_ipi, "movl $0xfee00300, %ebx; movl $0x44040, (%rbx); nop; sti; nop; nop; nop");
/* Real mode: L2's first bytes, and a handler at 1000:0020. */
GUEST(n_real, "nop; nop; vmcall; .org n_real + 0x20; nop");

enum { TYPE_INTERRUPT = 0, TYPE_NMI = 2, TYPE_EXCEPTION = 3, TYPE_INT = 4, TYPE_ICEBP = 5, TYPE_SOFT = 6 };

struct event {
    const char *name;
    uint32_t info, error, length;
};
#define VALID (1u << 31)
#define HAS_ERROR (1u << 11)
#define EXCEPTION(n) (VALID | TYPE_EXCEPTION << 8 | (n))
static const struct event events[] = {
    {"interrupt", VALID | 0x40, 0, 0},
    {"nmi", VALID | TYPE_NMI << 8 | 2, 0, 0},
    {"de", EXCEPTION(0), 0, 0},
    {"db", EXCEPTION(1), 0, 0},
    {"br", EXCEPTION(5), 0, 0},
    {"ud", EXCEPTION(6), 0, 0},
    {"nm", EXCEPTION(7), 0, 0},
    {"df", EXCEPTION(8) | HAS_ERROR, 0, 0},
    {"ts", EXCEPTION(10) | HAS_ERROR, 0x28, 0},
    {"np", EXCEPTION(11) | HAS_ERROR, 0x1230, 0},
    {"ss", EXCEPTION(12) | HAS_ERROR, 0xffff, 0},
    {"gp", EXCEPTION(13) | HAS_ERROR, 0x70, 0},
    {"pf", EXCEPTION(14) | HAS_ERROR, 0x6, 0},
    {"mf", EXCEPTION(16), 0, 0},
    {"ac", EXCEPTION(17) | HAS_ERROR, 0, 0},
    {"mc", EXCEPTION(18), 0, 0},
    {"xm", EXCEPTION(19), 0, 0},
    {"int", VALID | TYPE_INT << 8 | 0x55, 0, 2},
    {"int-as-3", VALID | TYPE_INT << 8 | 3, 0, 2},
    {"icebp", VALID | TYPE_ICEBP << 8 | 1, 0, 1},
    {"bp", VALID | TYPE_SOFT << 8 | 3, 0, 1},
    {"of", VALID | TYPE_SOFT << 8 | 4, 0, 1},
};

static void inject(const struct event *e)
{
    set(ENTRY_INFO, e->info);
    set(ENTRY_ERROR, e->error);
    set(ENTRY_LENGTH, e->length);
    if (e->info >> 8 & 7)
        return;
    add(GUEST_RFLAGS, 0x200);
}

static void named(char *to, const char *a, const char *b)
{
    unsigned int i = 0;

    while (*a)
        to[i++] = *a++;
    while (*b)
        to[i++] = *b++;
    to[i] = 0;
}

/* The event in the IDT-vectoring fields goes into the next entry. */
static void again(void)
{
    const uint64_t info = get(VECTORING_INFO);

    if (!(info >> 31))
        return;
    set(ENTRY_INFO, info & ~0x7ffff000ull);
    if (info & HAS_ERROR)
        set(ENTRY_ERROR, get(VECTORING_ERROR));
    set(ENTRY_LENGTH, get(EXIT_LENGTH));
    if ((info >> 8 & 7) == TYPE_NMI)
        drop(GUEST_INTERRUPTIBILITY, 8);
}

/* Until L2's handler has told what it saw, or four exits. */
static void deliver(const char *name)
{
    for (unsigned int i = 0; i < 4; i++) {
        const struct exit x = once("inject", name);

        if (x.failed || x.reason >> 31 || x.reason == 2 || x.reason == 18 || x.reason == 0 || x.reason == 52)
            break;
        if (x.reason == 48) {
            map((enum page)((get(GUEST_PHYSICAL) - ARENA) >> 12), 7);
            again();
        }
    }
    show_seen();
}

static void every_event(enum guest g, const char *how, enum page page)
{
    char name[48];

    for (unsigned int i = 0; i < sizeof events / sizeof events[0]; i++) {
        base(g, n_code);
        set_cr2(0x1234000);
        if (page != PAGES)
            map(page, 0);
        inject(&events[i]);
        named(name, events[i].name, how);
        deliver(name);
    }
}

/* Vectors that the type allows and no processor raises so (SDM 26.2.1.3 restricts types 2, 3 and 7 only). */
static void odd_pairs(void)
{
    static const struct event odd[] = {{"exception-2", EXCEPTION(2), 0, 0},
                                       {"exception-9", EXCEPTION(9), 0, 0},
                                       {"exception-3", EXCEPTION(3), 0, 0},
                                       {"exception-31", EXCEPTION(31), 0, 0},
                                       {"icebp-33", VALID | TYPE_ICEBP << 8 | 0x21, 0, 1},
                                       {"soft-5", VALID | TYPE_SOFT << 8 | 5, 0, 1},
                                       {"interrupt-3", VALID | 3, 0, 0}};

    for (unsigned int i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        base(LONG, n_code);
        inject(&odd[i]);
        deliver(odd[i].name);
    }
}

/* The gate is not present, or its selector is bad: an exception in the delivery, handled by L2 or taken by L1. */
static void bad_gates(void)
{
    char name[48];

    for (unsigned int i = 0; i < sizeof events / sizeof events[0]; i++) {
        const uint64_t gate = PAGE(P_IDT) + (events[i].info & 0xff) * 16;

        for (unsigned int k = 0; k < 3; k++) {
            base(LONG, n_code);
            inject(&events[i]);
            put64(gate, k == 2 ? get64(gate) & ~0xffff0000ull : get64(gate) & ~(1ull << 47));
            if (k == 1)
                set(EXCEPTION_BITMAP, 1u << 8 | 1u << 11 | 1u << 13);
            named(name, events[i].name, k == 0 ? "/gate-absent" : k == 1 ? "/gate-absent-taken" : "/gate-null");
            deliver(name);
        }
    }
}

static void real_mode(void)
{
    char name[48];

    for (unsigned int i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct event e = events[i];

        e.info &= ~HAS_ERROR; /* SDM 26.2.1.3: no error code outside protected mode */
        for (unsigned int k = 0; k < 2; k++) {
            base(REAL, n_real);
            set(GUEST_IDTR_BASE, PAGE(P_IDT));
            for (unsigned int v = 0; v < 256; v++)
                *(volatile uint32_t *)(PAGE(P_IDT) + 4 * v) = 0x10000020;
            if (k)
                map(P_IDT, 0);
            inject(&e);
            named(name, e.name, k ? "/real-ivt-away" : "/real");
            deliver(name);
            say("VMX   rsp=%x cs=%x stack=%x\n", get(GUEST_RSP), get(GUEST_CS_SELECTOR), get64(0x10fe8));
        }
    }
}

/* An event wakes L2 from HLT (SDM 26.6.2). */
static void halted(void)
{
    char name[48];

    for (unsigned int i = 0; i < sizeof events / sizeof events[0]; i++) {
        const uint32_t vector = events[i].info & 0xff, type = events[i].info >> 8 & 7;

        if (type != TYPE_INTERRUPT && type != TYPE_NMI && !(type == TYPE_EXCEPTION && (vector == 1 || vector == 18)))
            continue;
        base(LONG, n_code);
        set(GUEST_ACTIVITY, 1);
        inject(&events[i]);
        named(name, events[i].name, "/halted");
        deliver(name);
    }
    base(LONG, n_code);
    set(GUEST_ACTIVITY, 1);
    set(PREEMPTION_TIMER, 5000);
    once("inject", "halted/nothing");
}

/* Injected, and the handler returns: RIP behind the software types, blocking by NMI until IRET. */
static void returns(void)
{
    char name[48];

    for (unsigned int i = 0; i < sizeof events / sizeof events[0]; i++) {
        base(LONG, n_code);
        inject(&events[i]);
        named(name, events[i].name, "/returns");
        if (once("inject", name).reason != 18)
            continue;
        skip();
        once("inject", name);
    }
}

static void windows(void)
{
    static const struct {
        const char *name, *code;
        uint32_t rflags, proc, shadow;
    } each[] = {
        {"window/open", n_code, 0x202, PROC_INTERRUPT_WINDOW, 0},
        {"window/sti", n_sti, 2, PROC_INTERRUPT_WINDOW, 0},
        {"window/later", n_cli_sti, 2, PROC_INTERRUPT_WINDOW, 0},
        {"window/mov-ss", n_movss, 2, PROC_INTERRUPT_WINDOW, 0},
        {"window/shadow", n_code, 0x202, PROC_INTERRUPT_WINDOW, 1},
        {"window/never", n_code, 2, PROC_INTERRUPT_WINDOW, 0},
        {"window/nmi", n_code, 2, PROC_NMI_WINDOW, 0},
        {"window/nmi-shadow", n_code, 0x202, PROC_NMI_WINDOW, 1},
        {"window/nmi-movss", n_code, 0x202, PROC_NMI_WINDOW, 2},
        {"window/nmi-blocked", n_code, 2, PROC_NMI_WINDOW, 8},
        {"window/both", n_code, 0x202, PROC_NMI_WINDOW | PROC_INTERRUPT_WINDOW, 0},
    };

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++) {
        base(LONG, each[i].code);
        set(GUEST_RFLAGS, each[i].rflags);
        set(GUEST_INTERRUPTIBILITY, each[i].shadow);
        add(PROC_CTL, each[i].proc);
        once("inject", each[i].name);
    }
    base(LONG, n_code); /* an injected NMI, the window behind its IRET */
    inject(&events[1]);
    add(PROC_CTL, PROC_NMI_WINDOW);
    once("inject", "window/nmi-injected");
    skip();
    once("inject", "window/nmi-injected");
    base(LONG, n_code); /* an injected interrupt goes before the window */
    inject(&events[0]);
    add(PROC_CTL, PROC_INTERRUPT_WINDOW);
    once("inject", "window/interrupt-injected");
    skip();
    once("inject", "window/interrupt-injected");
}

static void ask(void)
{
    APIC(0xf0) = 0x1ff;
    APIC(0x80) = 0;
    APIC(0x300) = 0x44040; /* fixed, vector 0x40, to itself */
}

static void take(const char *name)
{
    const uint32_t before = arrived[0x40];

    __asm__ volatile("sti; nop; nop; cli" : : : "memory");
    say("VMX inject %s/l1 took=%u in-service=%u\n", name, (uint64_t)(arrived[0x40] - before),
        (uint64_t)(APIC(0x120) & 1));
    if (APIC(0x120) & 1)
        APIC(0xb0) = 0;
}

/* An external interrupt: exit with and without acknowledgement, or straight into L2. */
static void interrupts(void)
{
    static const struct {
        const char *name, *code;
        uint32_t rflags, pin, exit;
    } each[] = {
        {"ext/exit", n_code, 0x202, PIN_INTERRUPT, 0}, {"ext/acknowledge", n_code, 0x202, PIN_INTERRUPT, EXITC_ACK},
        {"ext/through", n_code, 0x202, 0, 0},          {"ext/through-acknowledge", n_code, 0x202, 0, EXITC_ACK},
        {"ext/through-sti", n_sti, 2, 0, 0},           {"ext/halted", n_hlt, 2, PIN_INTERRUPT, EXITC_ACK},
    };

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++) {
        base(LONG, each[i].code);
        set(GUEST_RFLAGS, each[i].rflags);
        if (each[i].pin)
            add(PIN_CTL, each[i].pin);
        add(EXIT_CTL, each[i].exit);
        drop(PROC_CTL, PROC_HLT);
        ask();
        once("inject", each[i].name);
        show_seen();
        take(each[i].name);
    }
    base(LONG, n_self_ipi);
    add(PIN_CTL, PIN_INTERRUPT);
    once("inject", "ext/self");
    take("ext/self");
    base(LONG, n_self_nmi);
    once("inject", "nmi/exit");
    __asm__ volatile("int $2"); /* its IRET ends the blocking that an NMI exit leaves behind (SDM 27.5.5) */
    base(LONG, n_self_nmi);
    drop(PIN_CTL, PIN_NMI | PIN_VIRTUAL_NMI);
    once("inject", "nmi/through");
    show_seen();
    skip();
    once("inject", "nmi/through-returns");
    __asm__ volatile("int $2");
    say("VMX inject nmi/l1 took=%u\n", (uint64_t)arrived[2]);
}

void area_inject(void)
{
    rig_setup();
    rig_on();
    every_event(LONG, "", PAGES);
    every_event(LONG, "/idt-away", P_IDT);
    every_event(LONG, "/stack-away", P_STACK);
    every_event(LONG_NO_UG, "/no-unrestricted", PAGES);
    odd_pairs();
    bad_gates();
    real_mode();
    halted();
    returns();
    windows();
    interrupts();
    __asm__ volatile("vmxoff");
}
