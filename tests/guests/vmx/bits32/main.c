/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An L1 outside IA-32e mode, with PAE paging: what VM entry checks only there (SDM 26.2.4), the host state that an exit loads
 * (27.5), PDPTEs among it, and 64-bit fields by halves. Area bits32; the lines are compared like all others.
 */
#include <stdbool.h>
#include <stdint.h>

#include "vmcs_fields.h"

extern const char l2_plain[], l2_pdpte[], l2_stack[], exited[];
extern uint64_t gdt[];
extern uint32_t tss[];
uint32_t enter(uint32_t *eax, uint32_t ebx);
_Noreturn void l1_main(void);

uint64_t pdpt[4] __attribute__((aligned(4096)));
static uint64_t directory[4][512] __attribute__((aligned(4096)));
static uint32_t vmxon_page[1024] __attribute__((aligned(4096))), vmcs[1024] __attribute__((aligned(4096)));
static uint32_t revision;

enum { HOST64 = 1 << 9, IA32E = 1 << 9, PAE = 1 << 5, VMXE = 1 << 13, PCIDE = 1 << 17, NE = 1 << 5 };

static void out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static void text(const char *s)
{
    for (; *s; s++)
        out8(0xe9, (uint8_t)*s);
}

static void number(const char *name, uint32_t n)
{
    unsigned int digits = 1;

    text(name);
    while (digits < 8 && n >> 4 * digits)
        digits++;
    while (digits--)
        out8(0xe9, (uint8_t) "0123456789abcdef"[n >> 4 * digits & 15]);
}

static uint64_t rdmsr(uint32_t msr)
{
    uint64_t v;

    __asm__ volatile("rdmsr" : "=A"(v) : "c"(msr));
    return v;
}

static uint32_t settle(uint32_t msr, uint32_t wanted)
{
    const uint64_t may = rdmsr(msr);

    return (wanted | (uint32_t)may) & (uint32_t)(may >> 32);
}

static void set(uint32_t field, uint32_t v)
{
    bool failed;

    __asm__ volatile("vmwrite %1, %2" : "=@ccbe"(failed) : "r"(v), "r"(field) : "memory");
    if (failed)
        number("VMX! VMWRITE failed: ", field), text("\n");
}

static uint32_t get(uint32_t field)
{
    uint32_t v = 0;

    __asm__ volatile("vmread %1, %0" : "=rm"(v) : "r"(field) : "cc", "memory");
    return v;
}

/* A 64-bit field. */
static void set64(uint32_t field, uint64_t v)
{
    set(field, (uint32_t)v);
    set(field + 1, (uint32_t)(v >> 32));
}

#define CONTROL_REGISTER(name)                                                       \
    static uint32_t name(void)                                                       \
    {                                                                                \
        uint32_t v;                                                                  \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(v));                           \
        return v;                                                                    \
    }                                                                                \
    static void set_##name(uint32_t v)                                               \
    {                                                                                \
        __asm__ volatile("mov %0, %%" #name : : "r"(v) : "memory");                  \
    }
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)

static void fill_guest(const char *entry)
{
    for (uint32_t i = 0; i < 8; i++) {
        set(GUEST_ES_SELECTOR + 2 * i, i == 1 ? 8 : i == 6 ? 0 : i == 7 ? 0x18 : 0x10);
        set(GUEST_ES_BASE + 2 * i, i == 7 ? (uint32_t)tss : 0);
        set(GUEST_ES_LIMIT + 2 * i, i < 6 ? ~0u : 103);
        set(GUEST_ES_AR_BYTES + 2 * i, i == 1 ? 0xc09b : i == 6 ? 0x10000 : i == 7 ? 0x8b : 0xc093);
    }
    set(GUEST_CR0, cr0());
    set(GUEST_CR3, cr3());
    set(GUEST_CR4, cr4());
    set(GUEST_DR7, 0x400);
    set64(GUEST_DEBUGCTL, 0);
    set(GUEST_GDTR_BASE, (uint32_t)gdt);
    set(GUEST_GDTR_LIMIT, 0x1f);
    set(GUEST_IDTR_BASE, 0);
    set(GUEST_IDTR_LIMIT, 0);
    set(GUEST_SYSENTER_CS, 0);
    set(GUEST_SYSENTER_ESP, 0);
    set(GUEST_SYSENTER_EIP, 0);
    set(GUEST_RSP, (uint32_t)l2_stack);
    set(GUEST_RIP, (uint32_t)entry);
    set(GUEST_RFLAGS, 2);
    set(GUEST_INTERRUPTIBILITY, 0);
    set(GUEST_ACTIVITY, 0);
    set(GUEST_PENDING_DEBUG, 0);
    set64(LINK_POINTER, ~0ull);
}

static void fill(const char *entry)
{
    const uint64_t pointer = (uint32_t)vmcs;

    vmcs[0] = revision;
    __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(pointer) : "cc", "memory");
    set(PIN_CTL, settle(0x48d, 0));
    set(PROC_CTL, settle(0x48e, 0));
    set(EXIT_CTL, settle(0x48f, 0));
    set(ENTRY_CTL, settle(0x490, 0));
    set(EXCEPTION_BITMAP, 0);
    set(PF_MASK, 0);
    set(PF_MATCH, 0);
    set(CR3_TARGET_COUNT, 0);
    set(EXIT_STORE_COUNT, 0);
    set(EXIT_LOAD_COUNT, 0);
    set(ENTRY_LOAD_COUNT, 0);
    set(ENTRY_INFO, 0);
    set(CR0_MASK, 0);
    set(CR4_MASK, 0);
    for (uint32_t i = 0; i < 7; i++)
        set(HOST_ES_SELECTOR + 2 * i, i == 1 ? 8 : i == 6 ? 0x18 : 0x10);
    set(HOST_CR0, cr0());
    set(HOST_CR3, cr3());
    set(HOST_CR4, cr4());
    set(HOST_FS_BASE, 0);
    set(HOST_GS_BASE, 0);
    set(HOST_TR_BASE, (uint32_t)tss);
    set(HOST_GDTR_BASE, (uint32_t)gdt);
    set(HOST_IDTR_BASE, 0);
    set(HOST_SYSENTER_CS, 0);
    set(HOST_SYSENTER_ESP, 0);
    set(HOST_SYSENTER_EIP, 0);
    set(HOST_RIP, (uint32_t)exited);
    fill_guest(entry);
}

/* One entry with one field changed. */
static void one(const char *name, uint32_t field, uint32_t v, const char *entry, uint32_t ebx)
{
    uint32_t eax = 0, flags;

    fill(entry);
    if (field)
        set(field, v);
    flags = enter(&eax, ebx);
    text("VMX bits32 ");
    text(name);
    if (flags)
        number(flags & 0x40 ? " fail=" : " invalid", flags & 0x40 ? get(INSTRUCTION_ERROR) : 0);
    else if (get(EXIT_REASON) >> 31)
        number(" exit=", get(EXIT_REASON) & 0xffff), number("! qualification=", get(EXIT_QUALIFICATION));
    else
        number(" entered exit=", get(EXIT_REASON)), number(" eax=", eax), number(" rip=", get(GUEST_RIP) - (uint32_t)entry),
            number(" cr0=", cr0()), number(" cr4=", cr4()), number(" pdpte-now=", *(volatile uint32_t *)0xc0400000);
    text("\n");
}

static void paging(void)
{
    for (uint32_t i = 0; i < 4; i++) {
        pdpt[i] = (uint32_t)directory[i] | 1;
        for (uint32_t k = 0; k < 512; k++)
            directory[i][k] = (uint64_t)((i == 3 ? 0 : i) << 9 | k) << 21 | 0xe7;
    }
    directory[3][2] = 0x1000000 | 0xe7; /* 0xc0400000: 16 MiB through the fourth PDPTE; 18 MiB through the third */
    directory[2][2] = 0x1200000 | 0xe7;
    *(volatile uint32_t *)0x1000000 = 0x1111;
    *(volatile uint32_t *)0x1200000 = 0x2222;
    set_cr3((uint32_t)pdpt);
    set_cr4(cr4() | PAE);
    set_cr0(cr0() | 1u << 31);
}

_Noreturn void l1_main(void)
{
    const uint64_t on = (uint32_t)vmxon_page;

    text("VMX-START area=bits32\nVMX-AREA bits32\n");
    paging();
    revision = (uint32_t)rdmsr(0x480) & 0x7fffffff;
    vmxon_page[0] = revision;
    set_cr0(cr0() | NE);
    set_cr4(cr4() | VMXE);
    __asm__ volatile("vmxon %0" : : "m"(on) : "cc", "memory");
    one("base", 0, 0, l2_plain, 0);
    one("VE-117/ss-null", HOST_SS_SELECTOR, 0, l2_plain, 0);
    one("VE-122/host-64", EXIT_CTL, settle(0x48f, HOST64), l2_plain, 0);
    one("VE-123/ia32e-guest", ENTRY_CTL, settle(0x490, IA32E), l2_plain, 0);
    one("VE-126/pcide", HOST_CR4, cr4() | PCIDE, l2_plain, 0);
    one("guest-rip", GUEST_RIP, (uint32_t)l2_plain + 5, l2_plain, 0);
    one("host-cr0", HOST_CR0, cr0() | 8, l2_plain, 0);
    one("pdpte", 0, 0, l2_pdpte, (uint32_t)directory[2] | 1);
    __asm__ volatile("vmxoff");
    text("VMX-END 0\n");
    __asm__ volatile("outl %0, %1" : : "a"(0), "Nd"((uint16_t)0xf4));
    for (const char *s = "Shutdown"; *s; s++)
        out8(0x8900, (uint8_t)*s);
    for (;;)
        __asm__ volatile("cli; hlt");
}
