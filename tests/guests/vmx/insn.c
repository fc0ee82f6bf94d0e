/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The VMX instructions in L1 (SDM chapter 30): faults by mode, VMfail numbers, flags, what they leave in memory.
 */
#include "vmx.h"

#define CODE(name, text)      \
    extern const char name[]; \
    __asm__(".pushsection .text\n" #name ": " text "\n ret\n .popsection")

CODE(i_vmxon, "vmxon (%rdi)");
CODE(i_vmxoff, "vmxoff");
CODE(i_vmclear, "vmclear (%rdi)");
CODE(i_vmptrld, "vmptrld (%rdi)");
CODE(i_vmptrst, "vmptrst (%rdi)");
CODE(i_vmread, "vmread %rax, %rcx");
CODE(i_vmread_memory, "vmread %rax, (%rdi)");
CODE(i_vmwrite, "vmwrite %rdi, %rax");
CODE(i_vmwrite_memory, "vmwrite (%rdi), %rax");
CODE(i_vmlaunch, "vmlaunch");
CODE(i_vmresume, "vmresume");
CODE(i_vmcall, "vmcall");
CODE(i_invept, "invept (%rdi), %rax");
CODE(i_invvpid, "invvpid (%rdi), %rax");
CODE(i_launch_shadow, "movw $0x10, %cx; movw %cx, %ss; vmlaunch");
CODE(i_resume_shadow, "movw $0x10, %cx; movw %cx, %ss; vmresume");
CODE(i_vmptrld_stack, "pushq %rbp; movq %rdi, %rbp; vmptrld (%rbp); popq %rbp");
CODE(i_set_cr0, "movq %rax, %cr0");
CODE(i_set_cr4, "movq %rax, %cr4");
CODE(i_rdmsr, "movl %eax, %ecx; rdmsr");
CODE(i_wrmsr, "movl %eax, %ecx; rdmsr; wrmsr");

struct named {
    const char *name, *code;
};
static const struct named all[] = {
    {"vmxon", i_vmxon},       {"vmxoff", i_vmxoff}, {"vmclear", i_vmclear}, {"vmptrld", i_vmptrld},
    {"vmptrst", i_vmptrst},   {"vmread", i_vmread}, {"vmwrite", i_vmwrite}, {"vmlaunch", i_vmlaunch},
    {"vmresume", i_vmresume}, {"vmcall", i_vmcall}, {"invept", i_invept},   {"invvpid", i_invvpid},
};
static uint64_t operand, descriptor[2] __attribute__((aligned(16)));

static void join(char *to, const char *a, const char *b)
{
    unsigned int i = 0;

    for (; *a && i < 60; a++)
        to[i++] = *a;
    for (; *b && i < 60; b++)
        to[i++] = *b;
    to[i] = 0;
}

/* Every instruction, by one of the three ways to execute it. */
static void each(const char *where, struct result (*way)(const void *, const void *, uint64_t), unsigned int from)
{
    char name[64];

    for (unsigned int i = from; i < sizeof all / sizeof all[0]; i++) {
        join(name, all[i].name, where);
        show_result("insn", name, way(all[i].code, &operand, 0));
    }
}

static void with(const char *name, const char *code, uint64_t pointer)
{
    operand = pointer;
    show_result("insn", name, insn(code, &operand, 0));
}

static void revision(void *page, uint32_t value)
{
    *(volatile uint32_t *)page = value;
}

static void current(const char *name)
{
    uint64_t value = 0x1122334455667788;
    const struct result r = insn(i_vmptrst, &value, 0);

    show_result("insn", name, r);
    say("VMX   current=%x\n", value);
}

/* Of an instruction that is none of VMX' own. */
static void plain(const char *name, struct result r)
{
    if (r.vector != 256)
        show_result("insn", name, r);
    else
        say("VMX insn %s ok\n", name);
}

static void vmxon_cases(void)
{
    const uint32_t id = (uint32_t)rdmsr(MSR_BASIC) & 0x7fffffff;
    const uint64_t good = (uint64_t)vmxon_page;

    set_cr4(cr4() & ~CR4_VMXE);
    operand = good;
    each("/off-no-vmxe", insn, 0);
    set_cr4(cr4() | CR4_VMXE);
    each("/off", insn, 1);
    each("/off-user", insn_user, 0);
    each("/off-compat", insn_compat, 0);
    set_cr0(cr0() & ~CR0_NE);
    with("vmxon/no-ne", i_vmxon, good);
    set_cr0(cr0() | CR0_NE);
    with("vmxon/misaligned", i_vmxon, good + 8);
    with("vmxon/too-wide", i_vmxon, 1ull << 52);
    with("vmxon/too-wide-63", i_vmxon, 1ull << 63 | good);
    revision(vmxon_page, id ^ 1);
    with("vmxon/revision", i_vmxon, good);
    revision(vmxon_page, id | 1u << 31);
    with("vmxon/shadow-bit", i_vmxon, good);
    revision(vmxon_page, id);
    show_result("insn", "vmxon/not-canonical", insn(i_vmxon, (void *)(1ull << 60), 0));
    show_result("insn", "vmxon/not-mapped", insn(i_vmxon, (void *)(5ull << 30), 0));
    with("vmxon/good", i_vmxon, good);
    with("vmxon/again", i_vmxon, good);
    with("vmxon/again-misaligned", i_vmxon, good + 8);
    show_result("insn", "vmxon/again-not-mapped", insn(i_vmxon, (void *)(5ull << 30), 0));
}

/* In VMX operation CR0 and CR4 are kept (SDM 23.8). */
static void fixed_bits(void)
{
    plain("fixed/no-vmxe", insn(i_set_cr4, 0, cr4() & ~CR4_VMXE));
    plain("fixed/no-ne", insn(i_set_cr0, 0, cr0() & ~CR0_NE));
    plain("fixed/no-pg", insn(i_set_cr0, 0, cr0() & ~CR0_PG));
    plain("fixed/reserved-cr4", insn(i_set_cr4, 0, cr4() | 1ull << 31));
}

static void no_current(void)
{
    current("vmptrst/none");
    show_result("insn", "vmread/none", insn(i_vmread, 0, GUEST_RIP));
    show_result("insn", "vmread/none-no-field", insn(i_vmread, 0, 0x7ffe));
    show_result("insn", "vmwrite/none", insn(i_vmwrite, 0, GUEST_RIP));
    show_result("insn", "vmlaunch/none", insn(i_vmlaunch, 0, 0));
    show_result("insn", "vmresume/none", insn(i_vmresume, 0, 0));
    show_result("insn", "vmcall/none", insn(i_vmcall, 0, 0));
    show_result("insn", "vmlaunch/none-shadow", insn(i_launch_shadow, 0, 0));
    with("vmptrld/none-misaligned", i_vmptrld, (uint64_t)vmcs[0] + 1);
}

static void pointers(void)
{
    const uint32_t id = (uint32_t)rdmsr(MSR_BASIC) & 0x7fffffff;
    const uint64_t good = (uint64_t)vmcs[0];

    with("vmclear/good", i_vmclear, good);
    with("vmptrld/good", i_vmptrld, good);
    current("vmptrst/good");
    show_result("insn", "vmptrst/not-mapped", insn(i_vmptrst, (void *)(5ull << 30), 0));
    show_result("insn", "vmptrst/not-canonical", insn(i_vmptrst, (void *)(1ull << 60), 0));
    with("vmclear/misaligned", i_vmclear, good + 4);
    with("vmclear/too-wide", i_vmclear, 1ull << 52);
    with("vmclear/vmxon", i_vmclear, (uint64_t)vmxon_page);
    show_result("insn", "vmclear/not-mapped", insn(i_vmclear, (void *)(5ull << 30), 0));
    with("vmptrld/misaligned", i_vmptrld, good + 0x800);
    with("vmptrld/too-wide", i_vmptrld, 1ull << 51 | good);
    with("vmptrld/vmxon", i_vmptrld, (uint64_t)vmxon_page);
    revision(vmcs[1], id ^ 0x100);
    with("vmptrld/revision", i_vmptrld, (uint64_t)vmcs[1]);
    revision(vmcs[1], id | 1u << 31);
    with("vmptrld/shadow-bit", i_vmptrld, (uint64_t)vmcs[1]);
    with("vmptrld/back", i_vmptrld, good);
    revision(vmcs[1], id);
    show_result("insn", "vmptrld/not-mapped", insn(i_vmptrld, (void *)(5ull << 30), 0));
    show_result("insn", "vmptrld/not-canonical", insn(i_vmptrld, (void *)(1ull << 60), 0));
    show_result("insn", "vmptrld/not-canonical-stack", insn(i_vmptrld_stack, (void *)(1ull << 60), 0));
    with("vmxon/with-current", i_vmxon, (uint64_t)vmxon_page);
    current("vmptrst/unchanged");
    with("vmclear/another", i_vmclear, (uint64_t)vmcs[1]);
    current("vmptrst/still");
    with("vmclear/current", i_vmclear, good);
    current("vmptrst/cleared");
    with("vmptrld/again", i_vmptrld, good);
}

static void launch_states(void)
{
    show_result("insn", "vmresume/clear", insn(i_vmresume, 0, 0));
    show_result("insn", "vmlaunch/shadow", insn(i_launch_shadow, 0, 0));
    show_result("insn", "vmresume/shadow", insn(i_resume_shadow, 0, 0));
    /* VMCALL in VMX root operation with a current VMCS: Bochs 2.7 gives up there ("not implemented yet") */
    each("/user", insn_user, 0);
    each("/compat", insn_compat, 0);
}

static void invalidations(void)
{
    char name[32] = "invept/type-0";

    descriptor[0] = get(EPT_POINTER);
    for (uint64_t type = 0; type < 5; type++) {
        name[12] = (char)('0' + type);
        show_result("insn", name, insn(i_invept, descriptor, type));
    }
    descriptor[0] = get(EPT_POINTER) | 1ull << 8;
    show_result("insn", "invept/reserved-bit", insn(i_invept, descriptor, 1));
    descriptor[0] = (get(EPT_POINTER) & ~7ull) | 1;
    show_result("insn", "invept/memory-type", insn(i_invept, descriptor, 1));
    descriptor[0] = (get(EPT_POINTER) & ~0x38ull) | 2 << 3;
    show_result("insn", "invept/walk", insn(i_invept, descriptor, 1));
    show_result("insn", "invept/global-bad-eptp", insn(i_invept, descriptor, 2));
    show_result("insn", "invept/type-wide", insn(i_invept, descriptor, 0x100000001));
    show_result("insn", "invept/not-mapped", insn(i_invept, (void *)(5ull << 30), 1));
    for (uint64_t type = 0; type < 6; type++) {
        char text[32] = "invvpid/type-0";

        text[13] = (char)('0' + type);
        descriptor[0] = 1;
        descriptor[1] = 0x1000;
        show_result("insn", text, insn(i_invvpid, descriptor, type));
        text[8] = '0'; /* VPID 0 */
        descriptor[0] = 0;
        show_result("insn", text, insn(i_invvpid, descriptor, type));
        text[8] = 'r'; /* reserved bits */
        descriptor[0] = 0x10001;
        show_result("insn", text, insn(i_invvpid, descriptor, type));
        text[8] = 'c'; /* an address that is not canonical */
        descriptor[0] = 1;
        descriptor[1] = 1ull << 60;
        show_result("insn", text, insn(i_invvpid, descriptor, type));
    }
    show_result("insn", "invvpid/not-mapped", insn(i_invvpid, (void *)(5ull << 30), 1));
}

static void fields_by_name(void)
{
    static const uint64_t none[] = {0x7ffe, 0xffffffff, 0x1681e, 0x8000, 0x10000681eull, 0x681f, 0x4401, 0x0801};

    for (unsigned int i = 0; i < sizeof none / sizeof none[0]; i++) {
        char name[32] = "vmread/no-field-0", other[32] = "vmwrite/no-field-0";

        name[16] = other[17] = (char)('0' + i);
        show_result("insn", name, insn(i_vmread, 0, none[i]));
        show_result("insn", other, insn(i_vmwrite, 0, none[i]));
    }
    show_result("insn", "vmread/not-mapped", insn(i_vmread_memory, (void *)(5ull << 30), GUEST_RIP));
    show_result("insn", "vmread/not-canonical", insn(i_vmread_memory, (void *)(1ull << 60), GUEST_RIP));
    show_result("insn", "vmwrite/not-mapped", insn(i_vmwrite_memory, (void *)(5ull << 30), GUEST_RIP));
    show_result("insn", "vmread/no-field-not-mapped", insn(i_vmread_memory, (void *)(5ull << 30), 0x7ffe));
    show_result("insn", "vmwrite/no-field-not-mapped", insn(i_vmwrite_memory, (void *)(5ull << 30), 0x7ffe));
    show_result("insn", "vmwrite/read-only", insn(i_vmwrite, 0, EXIT_REASON));
    show_result("insn", "vmread/good", insn(i_vmread, 0, GUEST_RIP));
}

static void capability_msrs(void)
{
    for (uint32_t msr = 0x480; msr <= 0x492; msr++) {
        char name[32] = "rdmsr/480", other[32] = "wrmsr/480";

        name[7] = other[7] = "89"[msr >> 4 & 1];
        name[8] = other[8] = "0123456789abcdef"[msr & 15];
        plain(name, insn(i_rdmsr, 0, msr));
        plain(other, insn(i_wrmsr, 0, msr));
    }
    plain("rdmsr/3a", insn(i_rdmsr, 0, 0x3a));
    plain("wrmsr/3a", insn(i_wrmsr, 0, 0x3a));
    say("VMX insn feature-control=%x\n", rdmsr(0x3a));
}

GUEST(insn_l2, "nop");

void area_insn(void)
{
    rig_setup();
    capability_msrs();
    vmxon_cases();
    fixed_bits();
    no_current();
    pointers();
    launch_states();
    fields_by_name();
    base(LONG, insn_l2);
    invalidations();
    once("insn", "vmlaunch/good");
    show_result("insn", "vmlaunch/launched", insn(i_vmlaunch, 0, 0));
    with("vmclear/launched", i_vmclear, (uint64_t)vmcs[0]);
    with("vmptrld/launched", i_vmptrld, (uint64_t)vmcs[0]);
    show_result("insn", "vmresume/cleared", insn(i_vmresume, 0, 0));
    show_result("insn", "vmxoff/good", insn(i_vmxoff, 0, 0));
    each("/off-again", insn, 1);
    set_cr4(cr4() & ~CR4_VMXE);
    set_cr4(cr4() | CR4_VMXE);
    with("vmxon/second-time", i_vmxon, (uint64_t)vmxon_page);
    current("vmptrst/second-time");
    show_result("insn", "vmxoff/second-time", insn(i_vmxoff, 0, 0));
}

/* Each field: all ones written, what comes back is its width; the high half of a 64-bit field by its own encoding. */
static const struct {
    const char *name;
    uint32_t encoding, width;
    bool is_exit;
} fields[] = {
#define FIELD(name, encoding, width, is_exit) {#name, encoding, width, is_exit},
    VMCS_FIELDS(FIELD)
#undef FIELD
};

static void field(unsigned int i, uint64_t encoding, uint64_t value)
{
    struct result r = insn(i_vmwrite, (void *)value, encoding);
    uint64_t back = 0;

    if (r.flags & 0x41 || r.vector != 256) {
        show_result("fields", fields[i].name, r);
        return;
    }
    r = insn(i_vmread_memory, &back, encoding);
    say("VMX fields %s %x %x %s %x\n", fields[i].name, encoding, value, r.flags & 0x41 ? "unreadable" : "reads", back);
}

static bool offered(unsigned int i)
{
    return !fields[i].is_exit && !(insn(i_vmread, 0, fields[i].encoding).flags & 0x41);
}

void area_fields(void)
{
    const uint64_t current_pointer = (uint64_t)vmcs[0], other = (uint64_t)vmcs[1];

    rig_setup();
    rig_on();
    __asm__ volatile("vmclear %0; vmclear %1; vmptrld %0" : : "m"(current_pointer), "m"(other) : "cc", "memory");
    for (unsigned int i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].is_exit) {
            say("VMX fields %s %s\n", fields[i].name,
                insn(i_vmread, 0, fields[i].encoding).flags & 0x41 ? "unreadable" : "ok");
            continue;
        }
        if (insn(i_vmread, 0, fields[i].encoding).flags & 0x41) {
            say("VMX fields %s absent\n", fields[i].name);
            continue;
        }
        field(i, fields[i].encoding, ~0ull);
        field(i, fields[i].encoding, 0x123456789abcdef0);
        if (fields[i].width == 64) {
            field(i, fields[i].encoding + 1, 0xfedcba98);
            field(i, fields[i].encoding + 1, 0x5555555500000001);
            say("VMX fields %s whole %x\n", fields[i].name, get(fields[i].encoding));
        }
        set(fields[i].encoding, i + 1);
    }
    /* They live in the region, not in the processor: another VMCS, and back. */
    __asm__ volatile("vmptrld %0" : : "m"(other) : "cc", "memory");
    for (unsigned int i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (offered(i))
            set(fields[i].encoding, 0);
    __asm__ volatile("vmclear %1; vmclear %0; vmptrld %0" : : "m"(current_pointer), "m"(other) : "cc", "memory");
    for (unsigned int i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (offered(i))
            say("VMX fields %s kept %x\n", fields[i].name, get(fields[i].encoding));
    __asm__ volatile("vmxoff");
}
