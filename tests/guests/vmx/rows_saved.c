/* SPDX-License-Identifier: BSD-2-Clause
 * What an exit saves of the guest-state area (SDM 27.3): an L2 that changes all of it, and one that does not. */
#include "rows.h"

/* New tables, new selectors with odd descriptors, system registers, MSRs, flags and stack; the code segment's base moves too. */
GUEST(v_nothing, ".code32; nop");
GUEST(v_everything,
      ".code32; lgdt 0x1002000; lidt 0x1002010; movl $0x8, %eax; movw %ax, %es; movl $0x20, %eax; movw %ax, %fs; "
      "movl $0x28, %eax; movw %ax, %gs; movl $0x30, %eax; lldt %ax; movl $0x38, %eax; ltr %ax; "
      "movl $0x174, %ecx; movl $0x1230, %eax; xorl %edx, %edx; wrmsr; incl %ecx; wrmsr; incl %ecx; wrmsr; "
      "movl $0x277, %ecx; movl $0x00070106, %eax; movl $0x00070406, %edx; wrmsr; "
      "movl $0xc0000080, %ecx; rdmsr; orl $1, %eax; wrmsr; "
      "movl %cr0, %eax; orl $8, %eax; movl %eax, %cr0; movl %cr4, %eax; orl $0x80, %eax; movl %eax, %cr4; "
      "movl $0x5000, %eax; movl %eax, %cr3; movl $0x30402, %eax; movl %eax, %dr7; "
      "movl $0x18, %eax; movw %ax, %ss; movl $0x1001f00, %esp; ljmp $0x40, $(1f - 0x1000); 1: "
      "movl $0x48, %eax; movw %ax, %ds; stc; std; sti");
GUEST(v_pdptes, ".code32; movl %ecx, %cr3");
GUEST(v_hlt, "hlt");
GUEST(v_break, "movl $0x1002000, %eax; movq %rax, %dr0; movl $0xf0402, %eax; movq %rax, %dr7; movw 0x1002000, %ss");
GUEST(v_short, "nop");

static void tables(void)
{
    static const struct {
        uint32_t address, limit, access, flags;
    } each[] = {
        {0, 0, 0, 0},
        {0x11000, 0xabc, 0x91, 4}, /* 08 ES */
        {0, 0, 0, 0},              /* 10, 18: SS */
        {0x12000, 0xeffff, 0x93, 8},
        {0x14000, 0x10, 0x97, 4},    /* 20 FS */
        {0x15000, 0x12345, 0x91, 4}, /* 28 GS */
        {0x16000, 0x17, 0x82, 0},    /* 30 LDTR */
        {0x17000, 0x100, 0x89, 0},   /* 38 TR */
        {0x1000, 0xcffff, 0x9e, 12}, /* 40 CS */
        {0x13000, 0xdffff, 0x91, 8}, /* 48 DS */
    };

    for (unsigned int i = 0; i < sizeof each / sizeof each[0]; i++)
        put64(PAGE(P_TABLE) + 8 * i, segment_descriptor(each[i].address, each[i].limit, each[i].access, each[i].flags));
    put64(PAGE(P_DATA), PAGE(P_TABLE) << 16 | 0x7f);
    put64(PAGE(P_DATA) + 0x10, PAGE(P_CODE) << 16 | 0x7ef);
}

static const struct {
    const char *name;
    uint32_t encoding;
} guest_state[] = {
#define FIELD(name, encoding, width, is_exit) {#name, encoding},
    VMCS_FIELDS(FIELD)
#undef FIELD
};

/* Of the guest-state area (bits 11:10 of the encoding, SDM appendix B) what this L2 changes. */
static bool changes(uint32_t encoding)
{
    return (encoding >> 10 & 3) == 2 && encoding != LINK_POINTER && encoding != GUEST_DEBUGCTL &&
           encoding != GUEST_PENDING_DEBUG && encoding != GUEST_ACTIVITY && encoding != PREEMPTION_TIMER &&
           !(encoding >= GUEST_PDPTR0 && encoding <= GUEST_PDPTR3);
}

static void tell(const char *name, unsigned int i, uint64_t value)
{
    row_begin(name, i ? "saved-1" : "saved-0");
    say("%x\n", value);
}

static void everything(void)
{
    for (unsigned int i = 0; i < 2; i++) {
        const char *code = i ? v_everything : v_nothing;

        base(PROTECTED, code);
        tables();
        add(EXIT_CTL, settle(MSR_EXIT, EXITC_SAVE_PAT));
        set(GUEST_TR_AR_BYTES, 0x83);
        set(GUEST_LDTR_SELECTOR, 0);
        set(GUEST_PAT, 0x0007040600070406);
        once("rows", i ? "saved/everything" : "saved/nothing");
        for (unsigned int k = 0; k < sizeof guest_state / sizeof guest_state[0]; k++)
            if (changes(guest_state[k].encoding))
                tell(guest_state[k].name, i,
                     get(guest_state[k].encoding) - (guest_state[k].encoding == GUEST_RIP ? (uint64_t)code : 0) -
                         (guest_state[k].encoding == GUEST_CR3 && !i ? (uint64_t)pml4 : 0));
    }
}

static void pdptes(void)
{
    static uint64_t other[4] __attribute__((aligned(32)));

    for (unsigned int i = 0; i < 2; i++) {
        base(PAE, i ? v_pdptes : v_nothing);
        for (unsigned int k = 0; k < 4; k++)
            other[k] = pae_pdpt[0] | 0x200ull * (k + 1);
        regs.rcx = (uint64_t)other;
        go();
        tell("GUEST_PDPTR0", i, get(GUEST_PDPTR0) & 0xfff);
        tell("GUEST_PDPTR1", i, get(GUEST_PDPTR1) & 0xfff);
        tell("GUEST_PDPTR2", i, get(GUEST_PDPTR2) & 0xfff);
        tell("GUEST_PDPTR3", i, get(GUEST_PDPTR3) & 0xfff);
    }
}

/* What needs an exit of its own: HLT, a breakpoint that MOV SS holds back, the timer. */
static void others(void)
{
    for (unsigned int i = 0; i < 2; i++) {
        base(LONG, i ? v_hlt : v_short);
        drop(PROC_CTL, PROC_HLT);
        add(EXIT_CTL, EXITC_SAVE_TIMER);
        set(PREEMPTION_TIMER, i ? 20000 : 100000000);
        go();
        tell("GUEST_ACTIVITY", i, get(GUEST_ACTIVITY));
        tell("PREEMPTION_TIMER", i, get(PREEMPTION_TIMER) == 0);
        base(LONG, i ? v_break : v_short);
        put64(PAGE(P_DATA), 0x10);
        go();
        tell("GUEST_PENDING_DEBUG", i, get(GUEST_PENDING_DEBUG));
        base(LONG, v_short);
        if (i)
            set(ENTRY_INFO, 0x80000306);
        go();
        tell("ENTRY_INFO", i, get(ENTRY_INFO));
    }
}

void rows_saved(void)
{
    everything();
    pdptes();
    others();
}
