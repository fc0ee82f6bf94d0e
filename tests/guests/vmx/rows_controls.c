/* SPDX-License-Identifier: BSD-2-Clause
 * Rows of the controls and of what the entry injects (SDM 24.6 to 24.8), and of what exits tell (24.9). */
#include "rows.h"

GUEST(q_nop, "nop");
GUEST(q_rdtsc, "rdtsc; shrl $24, %edx; xorl %eax, %eax");
GUEST(q_str, "str %eax; xorl %eax, %eax");
GUEST(q_str_other, "str %ecx; xorl %ecx, %ecx");
GUEST(q_set_pat, "movl $0x277, %ecx; movl $0x00070106, %eax; movl $0x00070406, %edx; wrmsr");
GUEST(q_pat, "movl $0x277, %ecx; rdmsr");
GUEST(q_ud, "ud2");
GUEST(q_de, "xorl %ecx, %ecx; divl %ecx");
GUEST(q_pf, "movabsq $0x140000000, %rcx; movq %rax, (%rcx)");
GUEST(q_cr8, "movq %cr8, %rdx; movl $3, %eax; movq %rax, %cr8; movq %cr8, %rcx");
GUEST(q_data, "movl 0x1002080, %eax");
GUEST(q_data_other, "movl 0x1003088, %eax");
GUEST(q_in, "inb %dx, %al");
GUEST(q_in_low, "movl $0x80, %edx; inb %dx, %al; xorl %eax, %eax");
GUEST(q_in_high, "movl $0x8080, %edx; inb %dx, %al; xorl %eax, %eax");
GUEST(q_out, "outb %al, $0x80");
GUEST(q_kernel_gs, "movl $0xc0000102, %ecx; rdmsr");
GUEST(q_cpuid, "cpuid");
GUEST(q_hlt, "hlt");
GUEST(q_gp, "movl $0x70, %eax; movw %ax, %ds");
GUEST(q_gp_other, "movl $0x68, %eax; movw %ax, %ds");

static uint64_t other_ept[3][512] __attribute__((aligned(4096)));

/* Another EPT: the arena's pages lie 2 MiB higher. */
static void two_epts(void)
{
    other_ept[0][0] = (uint64_t)other_ept[1] | 7;
    other_ept[1][0] = (uint64_t)other_ept[2] | 7;
    for (uint64_t i = 0; i < 512; i++)
        other_ept[2][i] = (i == ARENA >> 21 ? i + 1 : i) << 21 | 0xb7;
    put64(PAGE(P_DATA) + 0x80, 0x1111);
    put64(PAGE(P_DATA) + 0x200080, 0x2222);
}

static void no_idt(void)
{
    map(P_IDT, 0);
}

static void no_data(void)
{
    map(P_DATA, 0);
    map(P_CODE, 0);
}

#define EPTP(table) ((uint64_t)(table) + (6 | 3 << 3))
#define FAULTS (1u << 10 | 1u << 12 | 1u << 13)

/* clang-format off */
const struct row control_rows[] = {
    {"PIN_CTL", LONG, q_nop, 0, PIN_CTL, '|', {0, PIN_TIMER}, 0, 0, {{PIN_CTL, '&', PIN_TIMER}, {PREEMPTION_TIMER, '=', 0}}},
    {"PIN_CTL/external", LONG, q_nop, 0, PIN_CTL, '|', {0, PIN_INTERRUPT}, 0, 0, {{0}}}, /* none waits */
    {"PROC_CTL", LONG, q_rdtsc, 0, PROC_CTL, '|', {0, PROC_RDTSC}, 0, 0, {{0}}},
    {"PROC2_CTL", LONG, q_str, 0, PROC2_CTL, '|', {0, PROC2_DESCRIPTOR}, 0, 0, {{0}}},
    {"EXIT_CTL", LONG, q_set_pat, 0, EXIT_CTL, '|', {0, EXITC_SAVE_PAT}, 0, 0, {{0}}},
    {"ENTRY_CTL", LONG, q_pat, 0, ENTRY_CTL, '|', {0, ENTRYC_LOAD_PAT}, 0, 0, {{GUEST_PAT, '=', 0x0001040506070006}}},
    {"EXCEPTION_BITMAP", LONG, q_ud, 0, EXCEPTION_BITMAP, '=', {0, 1u << 6}, 0, 0, {{0}}},
    {"PF_MASK", LONG, q_pf, 0, PF_MASK, '=', {0, 2}, 0, 0, {{EXCEPTION_BITMAP, '=', 1u << 14}, {PF_MATCH, '=', 2}}},
    {"PF_MATCH", LONG, q_pf, 0, PF_MATCH, '=', {0, 2}, 0, 0, {{EXCEPTION_BITMAP, '=', 1u << 14}, {PF_MASK, '=', 2}}},
    {"TPR_THRESHOLD", LONG, q_cr8, 0, TPR_THRESHOLD, '=', {0, 5}, 0, 0,
     {{PROC_CTL, '|', PROC_TPR_SHADOW}, {VIRTUAL_APIC, '=', PAGE_AT(1)}, {0x1080, 'm', 0x70}}},
    /* tags of the TLB do not show on Bochs, which flushes at every transition: what shows is the check */
    {"VPID", LONG, q_nop, 0, VPID, '=', {0, 1}, 0, 0, {{PROC2_CTL, '|', PROC2_VPID}}},
    {"EPT_POINTER", LONG, q_data, 0, EPT_POINTER, '=', {EPTP(other_ept[0]), EPTP(ept[0])}, 0, two_epts, {{0}}},
    {"IO_BITMAP_A", LONG, q_in_low, 0, IO_BITMAP_A, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0,
     {{PROC_CTL, '|', PROC_IO_BITMAPS}, {IO_BITMAP_B, '=', PAGE_AT(1)}, {0x2010, 'm', 1}}},
    {"IO_BITMAP_B", LONG, q_in_high, 0, IO_BITMAP_B, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0,
     {{PROC_CTL, '|', PROC_IO_BITMAPS}, {IO_BITMAP_A, '=', PAGE_AT(1)}, {0x2010, 'm', 1}}},
    {"MSR_BITMAP", LONG, q_kernel_gs, 0, MSR_BITMAP, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0, {{0x2420, 'm', 4}}},
    {"VIRTUAL_APIC", LONG, q_cr8, 0, VIRTUAL_APIC, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0,
     {{PROC_CTL, '|', PROC_TPR_SHADOW}, {0x1080, 'm', 0x50}, {0x2080, 'm', 0x70}}},
    {"APIC_ACCESS", LONG, q_data, 0, APIC_ACCESS, '=', {PAGE(P_CODE), PAGE(P_DATA)}, 0, 0, {{PROC2_CTL, '|', PROC2_APIC_ACCESS}}},
    {"TSC_OFFSET", LONG, q_rdtsc, 0, TSC_OFFSET, '=', {0, 1ull << 60}, 0, 0, {{PROC_CTL, '|', PROC_TSC_OFFSET}}},
    {"EXIT_STORE_COUNT", LONG, q_nop, 0, EXIT_STORE_COUNT, '=', {0, 1}, 0, 0, {{EXIT_STORE_ADDR, '=', PAGE_AT(1)}, {0x1000, 'm', KERNEL_GS}}},
    {"EXIT_STORE_ADDR", LONG, q_nop, 0, EXIT_STORE_ADDR, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0,
     {{EXIT_STORE_COUNT, '=', 1}, {0x1000, 'm', KERNEL_GS}, {0x2000, 'm', KERNEL_GS}}},
    {"EXIT_LOAD_COUNT", LONG, q_nop, 0, EXIT_LOAD_COUNT, '=', {0, 1}, 0, 0,
     {{EXIT_LOAD_ADDR, '=', PAGE_AT(1)}, {0x1000, 'm', KERNEL_GS}, {0x1008, 'm', 0x111}}},
    {"EXIT_LOAD_ADDR", LONG, q_nop, 0, EXIT_LOAD_ADDR, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0,
     {{EXIT_LOAD_COUNT, '=', 1}, {0x1000, 'm', KERNEL_GS}, {0x1008, 'm', 0x111}, {0x2000, 'm', KERNEL_GS}, {0x2008, 'm', 0x222}}},
    {"ENTRY_LOAD_COUNT", LONG, q_kernel_gs, 0, ENTRY_LOAD_COUNT, '=', {0, 1}, 0, 0,
     {{ENTRY_LOAD_ADDR, '=', PAGE_AT(1)}, {0x1000, 'm', KERNEL_GS}, {0x1008, 'm', 0x111}}},
    {"ENTRY_LOAD_ADDR", LONG, q_kernel_gs, 0, ENTRY_LOAD_ADDR, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0,
     {{ENTRY_LOAD_COUNT, '=', 1}, {0x1000, 'm', KERNEL_GS}, {0x1008, 'm', 0x111}, {0x2000, 'm', KERNEL_GS}, {0x2008, 'm', 0x222}}},
    {"ENTRY_INFO", LONG, q_nop, 0, ENTRY_INFO, '=', {0x80000300, 0x80000306}, 0, 0, {{0}}},
    {"ENTRY_ERROR", LONG, q_nop, 0, ENTRY_ERROR, '=', {0x28, 0x1230}, 0, 0, {{ENTRY_INFO, '=', 0x80000b0d}}},
    {"ENTRY_LENGTH", LONG, q_nop, 0, ENTRY_LENGTH, '=', {2, 3}, 0, 0, {{ENTRY_INFO, '=', 0x80000455}}},
    {0}};

const struct row exit_rows[] = {
    {"EXIT_REASON", LONG, q_cpuid, q_hlt, 0, 0, {0}, EXIT_REASON, 0, {{0}}},
    {"EXIT_QUALIFICATION", LONG, q_in, q_out, 0, 0, {0}, EXIT_QUALIFICATION, 0, {{PROC_CTL, '|', PROC_IO}}},
    {"EXIT_INFO", LONG, q_ud, q_de, 0, 0, {0}, EXIT_INFO, 0, {{EXCEPTION_BITMAP, '=', 0x41}}},
    {"EXIT_ERROR", LONG, q_gp, q_gp_other, 0, 0, {0}, EXIT_ERROR, 0, {{EXCEPTION_BITMAP, '=', FAULTS}}},
    {"VECTORING_INFO", LONG, q_nop, 0, ENTRY_INFO, '=', {0x80000300, 0x80000306}, VECTORING_INFO, no_idt, {{0}}},
    {"VECTORING_ERROR", LONG, q_nop, 0, ENTRY_ERROR, '=', {0x28, 0x1230}, VECTORING_ERROR, no_idt, {{ENTRY_INFO, '=', 0x80000b0d}}},
    {"EXIT_LENGTH", LONG, q_cpuid, q_hlt, 0, 0, {0}, EXIT_LENGTH, 0, {{0}}},
    {"INSTRUCTION_INFO", LONG, q_str, q_str_other, 0, 0, {0}, INSTRUCTION_INFO, 0, {{PROC2_CTL, '|', PROC2_DESCRIPTOR}}},
    {"GUEST_LINEAR_ADDRESS", LONG, q_data, q_data_other, 0, 0, {0}, GUEST_LINEAR_ADDRESS, no_data, {{0}}},
    {"GUEST_PHYSICAL", LONG, q_data, q_data_other, 0, 0, {0}, GUEST_PHYSICAL, no_data, {{0}}},
    {0}};
