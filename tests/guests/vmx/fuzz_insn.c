/* SPDX-License-Identifier: BSD-2-Clause
 * Area fuzz: VMX instructions with hostile operands. VMCLEAR writes where it points: only to L1's own regions, or nowhere. */
#include "fuzz.h"

#define INSN(name, code)      \
    extern const char name[]; \
    __asm__(".pushsection .text\n.balign 16\n" #name ": " code "\n ret\n .popsection")

INSN(zi_vmclear, "vmclear (%rdi)");
INSN(zi_vmptrld, "vmptrld (%rdi)");
INSN(zi_vmptrst, "vmptrst 8(%rdi)");
INSN(zi_vmread, "movq 8(%rdi), %rcx; vmread %rcx, %rax; movq %rax, 16(%rdi)");
INSN(zi_vmwrite, "movq 8(%rdi), %rcx; movq 16(%rdi), %rax; vmwrite %rax, %rcx");
INSN(zi_invept, "movq 24(%rdi), %rcx; invept (%rdi), %rcx");
INSN(zi_invvpid, "movq 24(%rdi), %rcx; invvpid (%rdi), %rcx");
INSN(zi_vmxon, "vmxon (%rdi)");

static uint64_t pointer(struct fuzz *z)
{
    switch (below(z, 10)) {
    case 0:
        return (uint64_t)vmxon_page;
    case 1:
        return ~0ull;
    case 2:
        return 1ull << z->cpu.width;
    case 3:
        return (uint64_t)vmcs[1] + 1 + below(z, 0xfff);
    case 4:
        return (uint64_t)vmcs[2] | 1ull << (z->cpu.width + below(z, 64 - z->cpu.width));
    default:
        return (uint64_t)vmcs[1 + below(z, 2)];
    }
}

/* Encodings that L1 is offered, whole or by half, and some that nobody has. */
static uint64_t encoding(struct fuzz *z)
{
    const uint64_t e = encoding_of((int)below(z, PN_FIELDS)) | (below(z, 4) == 0);

    return below(z, 4) ? e : e | 1ull << (below(z, 2) ? 12 : 15 + below(z, 49));
}

void fuzz_instruction(struct fuzz *z, const char *name)
{
    static const char *const which[] = {zi_vmclear, zi_vmptrld, zi_vmptrst, zi_vmread,
                                        zi_vmwrite, zi_invept,  zi_invvpid, zi_vmxon};
    static const char *const names[] = {"vmclear", "vmptrld", "vmptrst", "vmread",
                                        "vmwrite", "invept",  "invvpid", "vmxon"};
    static uint64_t operand[4];
    const unsigned int k = below(z, 8);
    const uint64_t current = (uint64_t)vmcs[0];
    struct result r;
    bool offered;

    for (unsigned int i = 0; i < 4; i++)
        operand[i] = 0;
    operand[0] = pointer(z);
    if (k == 3 || k == 4) {
        operand[1] = encoding(z);
        operand[2] = number(z);
        if (operand[1] == 0x202c || operand[1] == 0x202d ||
            operand[1] == 0x4400) /* not on every processor, nor what looking for it left */
            return;
    }
    if (k == 5) {
        operand[0] = below(z, 2) ? get(EPT_POINTER) : get(EPT_POINTER) ^ 1ull << below(z, 64);
        operand[1] = 0;
        operand[3] = below(z, 5);
        if (operand[3] == 1 && operand[0] >> 6 & 1) /* accessed and dirty flags: as the machine offers it */
            return;
    }
    if (k == 6) {
        operand[0] = below(z, 3) | (below(z, 4) ? 0 : 1ull << (16 + below(z, 48)));
        operand[1] = below(z, 2) ? 0x1000 : 1ull << below(z, 64);
        operand[3] = below(z, 6);
    }
    offered =
        k == 4 && (operand[1] >> 10 & 3) == 1 && z->cpu.misc >> 29 & 1; /* exit fields can be written (MISC[29]) */
    r = below(z, 8) ? insn(which[k], operand, 0) : insn_compat(which[k], operand, 0);
    show_result("fuzz", name, r);
    say("VMX   manual=%s\n", offered ? "MISC-29" : "pass");
    say("VMX   %s %x %x %x gives %x %x\n", names[k], operand[0], k == 3 || k == 4 || k == 6 ? operand[1] : 0,
        operand[3], k == 2 ? operand[1] : 0, k == 3 ? operand[2] : 0);
    __asm__ volatile("vmptrld %0" : : "m"(current) : "cc", "memory");
}
