/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PAE paging in L2: the PDPTE fields under EPT12 (SDM 26.3.2.4, 27.3.1), memory without, and who loads them when.
 */
#include "vmx.h"

/* Reads through the second PDPTE's gigabyte, then reloads CR3 from RCX and reads again. */
GUEST(p_code, ".code32; movl 0x40000000, %eax; vmcall; movl %ecx, %cr3; movl 0x40000000, %eax; vmcall; nop");
GUEST(p_touch, ".code32; movl 0x40000000, %eax");
/* PAE paging on by L2 itself (CR3 in ECX, CR0 in EDX), off (ESI) and on. */
GUEST(p_enable,
      ".code32; movl %ecx, %cr3; movl %edx, %cr0; movl 0x40000000, %eax; vmcall; movl %esi, %cr0; nop; vmcall; "
      "movl %edx, %cr0; movl 0x40000000, %eax");

static uint64_t directory[2][512] __attribute__((aligned(4096))), other_pdpt[4] __attribute__((aligned(32)));

static void fields(const char *name)
{
    say("VMX pdptr %s pdptrs=%x,%x,%x,%x rax=%x cr3=%x cr4=%x\n", name, get(GUEST_PDPTR0) & 0xfff,
        get(GUEST_PDPTR1) & 0xffffff, get(GUEST_PDPTR2), get(GUEST_PDPTR3), regs.rax & 0xffffffff,
        get(GUEST_CR3) & 0xfff, get(GUEST_CR4));
}

/* Two directories: the gigabyte shows P_DATA's page through the first, P_CODE's through the second. */
static void prepare(enum guest g, const char *code)
{
    base(g, code);
    for (unsigned int i = 0; i < 4; i++)
        other_pdpt[i] = i ? 0 : pae_pdpt[0];
    directory[0][0] = (uint64_t)pages[1] | 7;
    directory[1][0] = (uint64_t)pages[2] | 7;
    put64((uint64_t)pages[1], PAGE(P_DATA) | 7);
    put64((uint64_t)pages[2], PAGE(P_CODE) | 7);
    put64(PAGE(P_DATA), 0x1111);
    put64(PAGE(P_CODE), 0x2222);
    pae_pdpt[1] = (uint64_t)directory[0] | 1;
    other_pdpt[1] = (uint64_t)directory[1] | 1;
    regs.rcx = (uint64_t)other_pdpt;
}

static void no_ept(void)
{
    drop(PROC2_CTL, PROC2_EPT);
}

/* The fields say the second directory, memory the first: with EPT the fields count, without it memory. */
static void which(bool ept)
{
    prepare(PAE, p_code);
    set(GUEST_PDPTR1, (uint64_t)directory[1] | 1);
    if (!ept)
        no_ept();
    once("pdptr", ept ? "which/ept" : "which/memory");
    fields(ept ? "which/ept" : "which/memory");
    skip();
    once("pdptr", "which/reloaded");
    fields("which/reloaded");
    set(GUEST_RIP, (uint64_t)p_touch);
    put64((uint64_t)&other_pdpt[1], (uint64_t)directory[0] | 1); /* memory changes, and CR3 does not */
    once("pdptr", "which/memory-changed");
    fields("which/memory-changed");
    set(GUEST_RIP, (uint64_t)p_touch);
    set(GUEST_PDPTR1, (uint64_t)directory[0] | 1);
    once("pdptr", "which/field-changed");
    fields("which/field-changed");
    set(GUEST_RIP, (uint64_t)p_touch);
    set(GUEST_CR3, (uint64_t)pae_pdpt);
    set(GUEST_PDPTR1, (uint64_t)directory[1] | 1);
    once("pdptr", "which/cr3-changed");
    fields("which/cr3-changed");
}

static void bad(const char *name, bool ept, uint64_t bits, unsigned int i)
{
    prepare(PAE, p_touch);
    if (!ept)
        no_ept();
    set(GUEST_PDPTR0 + 2 * i, get(GUEST_PDPTR0 + 2 * i) | bits | 1);
    if (!ept)
        pae_pdpt[i] |= bits | 1;
    once("pdptr", name);
    fields(name);
    pae_pdpt[i] = i ? 0 : pae_pdpt[0] & ~bits;
}

/* A failed entry, then one that changes only CR0 or CR4: the PDPTEs are still to be loaded. */
static void after_failure(uint32_t field, uint64_t bit, const char *name)
{
    prepare(PAE, p_code);
    set(GUEST_PDPTR1, (uint64_t)directory[0] | 1);
    once("pdptr", name);
    set(GUEST_RIP, (uint64_t)p_touch);
    set(GUEST_PDPTR1, (uint64_t)directory[1] | 1);
    set(GUEST_RFLAGS, 0);
    once("pdptr", name);
    set(GUEST_RFLAGS, 2);
    set(field, get(field) ^ bit);
    once("pdptr", name);
    fields(name);
}

/* L2 turns paging on, off and on: the processor loads them, and the exit saves them. */
static void by_itself(void)
{
    prepare(PROTECTED, p_enable);
    set(GUEST_CR4, get(GUEST_CR4) | CR4_PAE);
    regs.rdx = get(GUEST_CR0) | CR0_PG;
    regs.rsi = get(GUEST_CR0);
    once("pdptr", "itself/on");
    fields("itself/on");
    skip();
    put64((uint64_t)&other_pdpt[1], (uint64_t)directory[0] | 1);
    once("pdptr", "itself/off");
    fields("itself/off");
    set(GUEST_PDPTR1, 0); /* of no consequence: CR0 loads them from memory */
    skip();
    once("pdptr", "itself/again");
    fields("itself/again");
}

void area_pdptr(void)
{
    static const uint64_t bits[] = {1ull << 1, 1ull << 2, 1ull << 5, 1ull << 8, 1ull << 51, 1ull << 63};

    rig_setup();
    rig_on();
    which(true);
    which(false);
    for (unsigned int i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        bad("reserved/ept", true, bits[i], i & 3);
        bad("reserved/memory", false, bits[i], i & 3);
    }
    after_failure(GUEST_CR0, 8, "failure/cr0");
    after_failure(GUEST_CR4, 4, "failure/cr4");
    by_itself();
    __asm__ volatile("vmxoff");
}
