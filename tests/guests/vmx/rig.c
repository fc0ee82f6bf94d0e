/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VMX on, EPT12, a whole VMCS for each kind of L2, one entry and exit. A case starts with base(): the VMCS is cleared and
 * every field written, so that no case depends on another.
 */
#include "vmx.h"

extern const char exited[];

struct regs regs;
struct seen l2_seen[8];
volatile uint32_t l2_count;
uint8_t vmcs[3][4096] __attribute__((aligned(4096))), vmxon_page[4096] __attribute__((aligned(4096)));
uint8_t pages[4][4096] __attribute__((aligned(4096)));
uint64_t l2_tss[16], pae_pdpt[4] __attribute__((aligned(32)));
bool launched;

uint64_t ept[7][512] __attribute__((aligned(4096)));
static uint64_t pae_pd[512] __attribute__((aligned(4096)));

void set(uint64_t field, uint64_t value)
{
    bool failed;

    __asm__ volatile("vmwrite %1, %2" : "=@ccbe"(failed) : "rm"(value), "r"(field) : "memory");
    if (failed)
        say("VMX! VMWRITE of %x failed\n", field);
}

uint64_t get(uint64_t field)
{
    uint64_t value = 0;
    bool failed;

    __asm__ volatile("vmread %2, %1" : "=@ccbe"(failed), "=rm"(value) : "r"(field) : "memory");
    if (failed)
        say("VMX! VMREAD of %x failed\n", field);
    return value;
}

void add(uint64_t field, uint64_t bits)
{
    set(field, get(field) | bits);
}

void drop(uint64_t field, uint64_t bits)
{
    set(field, get(field) & ~bits);
}

/* The controls that must be 1, and those wanted that may be 1 (SDM appendix A.3). */
uint32_t settle(uint32_t msr, uint32_t wanted)
{
    const uint64_t may = rdmsr(msr);

    return (wanted | (uint32_t)may) & (uint32_t)(may >> 32);
}

uint32_t missing(uint32_t msr, uint32_t wanted)
{
    return wanted & ~(uint32_t)(rdmsr(msr) >> 32);
}

void put64(uint64_t address, uint64_t value)
{
    *(volatile uint64_t *)address = value;
}

uint64_t get64(uint64_t address)
{
    return *(volatile uint64_t *)address;
}

uint64_t segment_descriptor(uint64_t address, uint64_t limit, uint64_t access, uint64_t flags)
{
    return (limit & 0xffff) | (address & 0xffffff) << 16 | access << 40 | (limit >> 16 & 0xf) << 48 | flags << 52 |
           (address >> 24 & 0xff) << 56;
}

void flush(void)
{
    const uint64_t all[2] = {0, 0};

    if (rdmsr(MSR_EPT_VPID) & 1ull << 20)
        __asm__ volatile("invept %0, %1" : : "m"(all), "r"(2ull) : "cc", "memory");
}

/* Rights: bits 2:0 of an EPT entry, or a whole leaf. */
void map(enum page page, uint64_t rights)
{
    ept[6][page] = PAGE(page) | (rights ? rights | (rights & 0x38 ? 0 : 0x30) : 0);
    flush();
}

static void ept_setup(void)
{
    ept[0][0] = (uint64_t)ept[1] | 7;
    for (unsigned int i = 0; i < 4; i++)
        ept[1][i] = (uint64_t)ept[2 + i] | 7;
    for (uint64_t i = 0; i < 2048; i++)
        ept[2 + i / 512][i % 512] = i << 21 | 0xb7;
    ept[2][ARENA >> 21] = (uint64_t)ept[6] | 7;
    for (uint64_t i = 0; i < 512; i++)
        ept[6][i] = (ARENA + (i << 12)) | 0x37;
    for (uint64_t i = 0; i < 512; i++)
        pae_pd[i] = i << 21 | 0xe7;
}

static void l2_gate(unsigned int vector)
{
    const uint64_t p = (uint64_t)l2_stubs + vector * 16u;

    put64(PAGE(P_IDT) + vector * 16u, (p & 0xffff) | 0x18ull << 16 |
                                          (vector == 3 || vector == 4 ? 0xeeull : 0x8eull) << 40 |
                                          (p >> 16 & 0xffff) << 48);
    put64(PAGE(P_IDT) + vector * 16u + 8, p >> 32);
}

static void segment(unsigned int i, uint64_t selector, uint64_t address, uint64_t limit, uint64_t access)
{
    set(GUEST_ES_SELECTOR + 2 * i, selector);
    set(GUEST_ES_BASE + 2 * i, address);
    set(GUEST_ES_LIMIT + 2 * i, limit);
    set(GUEST_ES_AR_BYTES + 2 * i, access);
}

static void guest_segments(enum guest g)
{
    for (unsigned int i = 0; i < 6; i++)
        if (g == REAL || g == V86)
            segment(i, 0x1000, 0x10000, 0xffff, g == V86 ? 0xf3 : i == 1 ? 0x9b : 0x93);
        else
            segment(i, i == 1 ? (g == PROTECTED || g == PAE ? 0x08 : 0x18) : 0x10, 0, ~0u,
                    i != 1                       ? 0xc093
                    : g == PROTECTED || g == PAE ? 0xc09b
                                                 : 0xa09b);
    segment(6, 0, 0, 0, 0x10000);
    segment(7, 0x28, (uint64_t)l2_tss, 103, 0x8b);
}

static void guest_state(enum guest g, const void *entry)
{
    const bool is64 = g == LONG || g == LONG_NO_UG || g == NO_EPT;
    const uint64_t always = rdmsr(0x486);

    guest_segments(g);
    set(GUEST_CR0, is64 || g == PAE || g == V86 ? cr0() : (always & ~(CR0_PG | 1)) | CR0_NE | (g == PROTECTED));
    set(GUEST_CR3, g == PAE || g == V86 ? (uint64_t)pae_pdpt : (uint64_t)pml4);
    set(GUEST_CR4, cr4());
    set(GUEST_EFER, is64 ? rdmsr(MSR_EFER) : 0);
    for (unsigned int i = 0; i < 4; i++) {
        pae_pdpt[i] = i ? 0 : (uint64_t)pae_pd | 1;
        set(GUEST_PDPTR0 + 2 * i, pae_pdpt[i]);
    }
    set(GUEST_PAT, rdmsr(MSR_PAT));
    set(GUEST_DR7, 0x400);
    set(GUEST_DEBUGCTL, 0);
    set(GUEST_GDTR_BASE, (uint64_t)gdt);
    set(GUEST_GDTR_LIMIT, 0x57);
    set(GUEST_IDTR_BASE, g == REAL ? 0 : PAGE(P_IDT));
    set(GUEST_IDTR_LIMIT, 0xfff);
    set(GUEST_SYSENTER_CS, 0);
    set(GUEST_SYSENTER_ESP, 0);
    set(GUEST_SYSENTER_EIP, 0);
    set(GUEST_RSP, g == REAL || g == V86 ? 0xff0 : STACK_TOP);
    set(GUEST_RIP, g == REAL || g == V86 ? 0 : (uint64_t)entry);
    set(GUEST_RFLAGS, g == V86 ? 0x20002 : 2);
    set(GUEST_INTERRUPTIBILITY, 0);
    set(GUEST_ACTIVITY, 0);
    set(GUEST_PENDING_DEBUG, 0);
    set(LINK_POINTER, ~0ull);
    set(PREEMPTION_TIMER, 1000000);
}

static void controls(enum guest g)
{
    const bool is64 = g == LONG || g == LONG_NO_UG || g == NO_EPT;
    uint32_t proc2 = PROC2_RDTSCP;

    if (g != NO_EPT)
        proc2 |= PROC2_EPT;
    if (g == LONG || g == PROTECTED || g == REAL)
        proc2 |= PROC2_UNRESTRICTED;
    set(PIN_CTL, settle(MSR_PIN, PIN_NMI | PIN_VIRTUAL_NMI | PIN_TIMER)); /* the timer is the watchdog */
    set(PROC_CTL, settle(MSR_PROC, PROC_SECONDARY | PROC_HLT | PROC_MSR_BITMAPS));
    set(PROC2_CTL, settle(MSR_PROC2, proc2));
    set(EXIT_CTL,
        settle(MSR_EXIT, EXITC_HOST64 | EXITC_SAVE_DEBUG | EXITC_LOAD_PAT | EXITC_LOAD_EFER | EXITC_SAVE_EFER));
    set(ENTRY_CTL, settle(MSR_ENTRY, ENTRYC_LOAD_DEBUG | ENTRYC_LOAD_EFER | (is64 ? ENTRYC_IA32E : 0)));
    set(EXCEPTION_BITMAP, 0);
    set(PF_MASK, 0);
    set(PF_MATCH, 0);
    set(CR3_TARGET_COUNT, 0);
    set(TPR_THRESHOLD, 0);
    set(VPID, 0);
    set(EPT_POINTER, (uint64_t)ept[0] | 6 | 3 << 3);
    set(IO_BITMAP_A, 0);
    set(IO_BITMAP_B, 0);
    set(MSR_BITMAP, (uint64_t)pages[0]);
    set(VIRTUAL_APIC, 0);
    set(APIC_ACCESS, 0);
    set(TSC_OFFSET, 0);
    set(EXIT_STORE_COUNT, 0);
    set(EXIT_LOAD_COUNT, 0);
    set(ENTRY_LOAD_COUNT, 0);
    set(EXIT_STORE_ADDR, 0);
    set(EXIT_LOAD_ADDR, 0);
    set(ENTRY_LOAD_ADDR, 0);
    set(ENTRY_INFO, 0);
    set(ENTRY_ERROR, 0);
    set(ENTRY_LENGTH, 0);
    set(CR0_MASK, 0);
    set(CR0_SHADOW, 0);
    set(CR4_MASK, 0);
    set(CR4_SHADOW, 0);
}

static void host_state(void)
{
    for (uint64_t i = 0; i < 7; i++)
        set(HOST_ES_SELECTOR + 2 * i, i == 1 ? 0x18 : i == 6 ? 0x28 : 0x10);
    set(HOST_CR0, cr0());
    set(HOST_CR3, cr3());
    set(HOST_CR4, cr4());
    set(HOST_FS_BASE, 0);
    set(HOST_GS_BASE, 0);
    set(HOST_TR_BASE, (uint64_t)l1_tss);
    set(HOST_GDTR_BASE, (uint64_t)gdt);
    set(HOST_IDTR_BASE, (uint64_t)l1_idt);
    set(HOST_SYSENTER_CS, 0);
    set(HOST_SYSENTER_ESP, 0);
    set(HOST_SYSENTER_EIP, 0);
    set(HOST_PAT, rdmsr(MSR_PAT));
    set(HOST_EFER, rdmsr(MSR_EFER));
    set(HOST_RIP, (uint64_t)exited);
}

/* The current VMCS, whole. */
void fill(enum guest g, const void *entry)
{
    controls(g);
    host_state();
    guest_state(g, entry);
}

GUEST(l2_iret,
      "movq %rsp, %rax; pushq $0x10; pushq %rax; pushfq; pushq $0x18; leaq 1f(%rip), %rcx; pushq %rcx; iretq; 1:");
static bool blocked; /* the last exit left NMIs blocked */

/* The arena, the VMCS and what L2 has seen, as if nothing had run before. Bochs 2.7 lets NMI blocking leak into entries that
 * have none (test rig, B3), until an IRET in L2. */
void base(enum guest g, const void *entry)
{
    const uint64_t current = (uint64_t)vmcs[0];

    if (blocked) {
        blocked = false;
        base(LONG_NO_UG, l2_iret);
        go();
        blocked = false;
    }

    for (unsigned int i = 0; i < PAGES * 512; i++)
        put64(ARENA + 8 * i, 0);
    for (unsigned int i = 0; i < 256; i++)
        l2_gate(i);
    for (unsigned int i = 0; i < 512; i++)
        ept[6][i] = (ARENA + (i << 12)) | 0x37;
    for (unsigned int i = 0; i < sizeof pages / 8; i++)
        put64((uint64_t)pages + 8 * i, 0);
    __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(current) : "cc", "memory");
    flush();
    launched = false;
    l2_count = 0;
    regs = (struct regs){0};
    for (unsigned int i = 0; i < sizeof l2_seen / 8; i++)
        put64((uint64_t)l2_seen + 8 * i, 0);
    set_dr6(0xffff0ff0);
    set_dr7(0x400);
    set_cr2(0);
    fill(g, entry);
    if (g == REAL || g == V86) /* the code is copied to where 16-bit code can be */
        for (unsigned int i = 0; i < 64; i++)
            *(volatile uint8_t *)(0x10000ull + i) = ((const uint8_t *)entry)[i];
}

bool rig_on(void)
{
    const uint64_t on = (uint64_t)vmxon_page;
    bool failed;

    __asm__ volatile("vmxon %1" : "=@ccbe"(failed) : "m"(on) : "memory");
    return !failed;
}

void rig_setup(void)
{
    const uint64_t other = (uint64_t)l2_tss;

    gdt[10] = 103 | (other & 0xffffff) << 16 | 0x89ull << 40 | (other >> 24 & 0xff) << 56;
    ept_setup();
    set_cr0(cr0() | rdmsr(0x486));
    set_cr4(cr4() | rdmsr(0x488));
    *(uint32_t *)(void *)vmxon_page = (uint32_t)rdmsr(MSR_BASIC) & 0x7fffffff;
    for (unsigned int i = 0; i < 3; i++)
        *(uint32_t *)(void *)vmcs[i] = (uint32_t)rdmsr(MSR_BASIC) & 0x7fffffff;
}

struct exit go(void)
{
    struct exit x = {0};
    const uint32_t flags = enter(&regs, launched);

    if (flags) {
        x.failed = flags & 0x40 ? 2 : 1;
        x.error = x.failed == 2 ? (uint32_t)get(INSTRUCTION_ERROR) : 0;
        return x;
    }
    x.reason = (uint32_t)get(EXIT_REASON);
    x.qualification = get(EXIT_QUALIFICATION);
    launched = launched || !(x.reason >> 31);
    blocked = get(GUEST_INTERRUPTIBILITY) & 8;
    return x;
}

void skip(void)
{
    set(GUEST_RIP, get(GUEST_RIP) + get(EXIT_LENGTH));
    drop(GUEST_INTERRUPTIBILITY, 3);
}

/* Which exits define the instruction length, and the instruction information (SDM 27.2.5). */
static bool has_length(uint32_t reason)
{
    return reason == 9 || (reason >= 10 && reason <= 36 && reason != 33 && reason != 34) ||
           (reason >= 39 && reason <= 40) || reason == 44 || reason == 46 || reason == 47 || reason == 50 ||
           reason == 51 || (reason >= 53 && reason <= 55) || (reason >= 57 && reason <= 59);
}

static bool has_information(uint32_t reason)
{
    return (reason >= 19 && reason <= 27 && reason != 20 && reason != 24 && reason != 26) || reason == 46 ||
           reason == 47 || reason == 50 || reason == 53 || (reason >= 57 && reason <= 58);
}

/* Everything an exit says, fields that it does not define left out. */
void show(const char *area, const char *name, struct exit x)
{
    const uint32_t basic = x.reason & 0xffff;
    uint64_t info, vectoring;

    say("VMX %s %s ", area, name);
    if (x.failed) {
        if (x.failed == 2)
            say("fail=%u\n", (uint64_t)x.error);
        else
            say("invalid\n");
        return;
    }
    say("exit=%u%s qualification=%x", (uint64_t)basic, x.reason >> 31 ? "!" : "", x.qualification);
    if (x.reason >> 31) {
        say("\n");
        return;
    }
    info = get(EXIT_INFO);
    vectoring = get(VECTORING_INFO);
    if (basic == 0 || basic == 1)
        say(" info=%x", info);
    if (info >> 31 && info >> 11 & 1)
        say(" error=%x", get(EXIT_ERROR));
    if (vectoring >> 31)
        say(" vectoring=%x", vectoring);
    if (vectoring >> 31 && vectoring >> 11 & 1)
        say(" vectoring-error=%x", get(VECTORING_ERROR));
    if (has_length(basic) || (basic == 0 && (info >> 8 & 7) >= 5) || (vectoring >> 31 && (vectoring >> 8 & 7) >= 4))
        say(" length=%u", get(EXIT_LENGTH));
    if (has_information(basic))
        say(" instruction=%x", get(INSTRUCTION_INFO));
    if (basic == 48 || basic == 49)
        say(" physical=%x", get(GUEST_PHYSICAL));
    if (basic == 48 && x.qualification & 0x80)
        say(" linear=%x", get(GUEST_LINEAR_ADDRESS));
    say(" rip=%x rflags=%x shadow=%x pending=%x activity=%x entry=%x cr2=%x dr6=%x dr7=%x\n", get(GUEST_RIP),
        get(GUEST_RFLAGS), get(GUEST_INTERRUPTIBILITY), get(GUEST_PENDING_DEBUG), get(GUEST_ACTIVITY), get(ENTRY_INFO),
        cr2(), dr6(), get(GUEST_DR7));
}

struct exit once(const char *area, const char *name)
{
    const struct exit x = go();

    show(area, name, x);
    return x;
}

/* What L2's handlers have noted. */
void show_seen(void)
{
    for (unsigned int i = 0; i < l2_count && i < 8; i++)
        say("VMX   seen vector=%u error=%x rip=%x rflags=%x rsp=%x cr2=%x dr6=%x\n", l2_seen[i].vector,
            l2_seen[i].error, l2_seen[i].rip, l2_seen[i].rflags, l2_seen[i].rsp, l2_seen[i].cr2, l2_seen[i].dr6);
}
