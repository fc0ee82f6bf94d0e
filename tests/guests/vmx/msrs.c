/* SPDX-License-Identifier: BSD-2-Clause
 * MSR lists (SDM 24.7.2, 24.8.2, 26.4, 27.4, 27.6): what is loaded and stored, in order; a bad entry ends with its number. */
#include "vmx.h"

GUEST(m_code, "movl $0xc0000102, %ecx; rdmsr; movl %eax, %ebx; movl $0x12345, %eax; xorl %edx, %edx; wrmsr");

#define KERNEL_GS 0xc0000102u
#define LSTAR 0xc0000082u
#define SYSENTER_CS 0x174u

static void item(unsigned int page, unsigned int i, uint64_t index, uint64_t v)
{
    put64((uint64_t)pages[page] + 16 * i, index);
    put64((uint64_t)pages[page] + 16 * i + 8, v);
}

/* An entry-load list whose last item is the one under test. */
static void load(const char *name, unsigned int before, uint64_t index, uint64_t v)
{
    base(LONG, m_code);
    wrmsr(KERNEL_GS, 0x777);
    for (unsigned int i = 0; i < before; i++)
        item(1, i, KERNEL_GS, 0x1000 + i);
    item(1, before, index, v);
    set(ENTRY_LOAD_ADDR, (uint64_t)pages[1]);
    set(ENTRY_LOAD_COUNT, before + 1);
    once("msrs", name);
    say("VMX   l2-read=%x kernel-gs=%x entry=%x\n", regs.rbx, rdmsr(KERNEL_GS), get(ENTRY_INFO));
}

static void lists(void)
{
    base(LONG, m_code);
    wrmsr(KERNEL_GS, 0x777);
    wrmsr(LSTAR, 0x888);
    item(1, 0, KERNEL_GS, 0x111);
    item(1, 1, LSTAR, 0x222);
    item(2, 0, LSTAR, 0xdead);
    item(2, 1, KERNEL_GS, 0xbeef);
    item(2, 2, SYSENTER_CS, 0);
    item(3, 0, KERNEL_GS, 0x444);
    item(3, 1, LSTAR, 0x555);
    item(3, 2, KERNEL_GS, 0x666);
    set(ENTRY_LOAD_ADDR, (uint64_t)pages[1]);
    set(ENTRY_LOAD_COUNT, 2);
    set(EXIT_STORE_ADDR, (uint64_t)pages[2]);
    set(EXIT_STORE_COUNT, 3);
    set(EXIT_LOAD_ADDR, (uint64_t)pages[3]);
    set(EXIT_LOAD_COUNT, 3);
    once("msrs", "all-three");
    say("VMX   l2-read=%x stored=%x,%x,%x now=%x,%x\n", regs.rbx, get64((uint64_t)pages[2] + 8),
        get64((uint64_t)pages[2] + 24), get64((uint64_t)pages[2] + 40), rdmsr(KERNEL_GS), rdmsr(LSTAR));
    set(GUEST_RFLAGS, 0); /* a failed entry loads L1's list and stores nothing (SDM 26.8) */
    wrmsr(KERNEL_GS, 0x999);
    item(2, 1, KERNEL_GS, 0xbeef);
    once("msrs", "failed-entry");
    say("VMX   stored=%x now=%x,%x\n", get64((uint64_t)pages[2] + 24), rdmsr(KERNEL_GS), rdmsr(LSTAR));
}

/* SDM 26.8: L2's PAT and EFER are loaded before the list is: an exit that does not load them leaves them. `bad`: guest state is
   refused instead, and they are not. */
static void late(const char *name, bool host, bool bad)
{
    const uint64_t pat = rdmsr(MSR_PAT), efer = rdmsr(MSR_EFER);

    base(LONG, m_code);
    add(ENTRY_CTL, ENTRYC_LOAD_PAT);
    set(GUEST_PAT, 0x0007010600070106);
    set(GUEST_EFER, efer ^ 1);
    if (!host)
        drop(EXIT_CTL, EXITC_LOAD_PAT | EXITC_LOAD_EFER);
    if (bad)
        set(GUEST_RFLAGS, 0);
    item(1, 0, MSR_PAT, 0x0006010600060106);
    item(1, 1, 0xc0000100, 0);
    set(ENTRY_LOAD_ADDR, (uint64_t)pages[1]);
    set(ENTRY_LOAD_COUNT, 2);
    once("msrs", name);
    say("VMX   pat=%x efer-changed=%x\n", rdmsr(MSR_PAT), rdmsr(MSR_EFER) ^ efer);
    wrmsr(MSR_PAT, pat);
    wrmsr(MSR_EFER, efer);
}

void area_msrs(void)
{
    rig_setup();
    rig_on();
    lists();
    load("load/one", 0, KERNEL_GS, 0x4321);
    load("load/many", 20, KERNEL_GS, 0x4321);
    load("load/not-canonical", 0, KERNEL_GS, 1ull << 60);
    load("load/not-canonical-third", 2, KERNEL_GS, 1ull << 60);
    load("load/fs-base", 1, 0xc0000100, 0);
    load("load/gs-base", 1, 0xc0000101, 0);
    load("load/x2apic", 0, 0x808, 0);
    load("load/x2apic-last", 3, 0x8ff, 0);
    load("load/reserved", 1, 1ull << 32 | KERNEL_GS, 0);
    load("load/efer-reserved", 1, MSR_EFER, 1ull << 63);
    load("load/pat-reserved", 1, MSR_PAT, 2);
    load("load/vmx-basic", 1, MSR_BASIC, 0);
    load("load/feature-control", 0, 0x3a, 5);
    load("load/no-such-msr", 0, 0xc0001fff, 0);
    load("load/smm-monitor", 0, 0x9b, 0);
    load("load/lstar-not-canonical", 5, LSTAR, 0x800000000000);
    load("load/sysenter-cs", 0, SYSENTER_CS, 0x33);
    late("late/host-loads", true, false);
    late("late/host-does-not", false, false);
    late("late/guest-state", false, true);
    say("VMX msrs sysenter-cs now=%x\n", rdmsr(SYSENTER_CS));
    __asm__ volatile("vmxoff");
}
