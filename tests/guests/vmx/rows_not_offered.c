/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rows that L1 is not offered: VMREAD and VMWRITE fail with error 12, and the control that would make the field count is refused
 * (error 7). A control is a bit of a word; 0 where no control of L1's own names the field (SMM, SEAM, or what only exits write).
 */
#include "rows.h"

GUEST(o_code, "nop");

#define CODE(name, text)      \
    extern const char name[]; \
    __asm__(".pushsection .text\n" #name ": " text "\n ret\n .popsection")
CODE(o_vmread, "vmread %rax, %rcx");
CODE(o_vmwrite, "vmwrite %rdi, %rax");

enum { FULL = 100 }; /* the word is a count, and the value 1 */
static const struct {
    uint32_t field, word, bit;
} controls[] = {
    {POSTED_INTR_NV, PIN_CTL, 7},
    {EPTP_INDEX, PROC2_CTL, 18},
    {HLAT_PREFIX_SIZE, PROC_CTL, 17},
    {LAST_PID_POINTER_INDEX, PROC_CTL, 17},
    {GUEST_INTR_STATUS, PROC2_CTL, 9},
    {GUEST_PML_INDEX, PROC2_CTL, 17},
    {GUEST_UINV, ENTRY_CTL, 19},
    {EXECUTIVE_VMCS_POINTER, ENTRY_CTL, 11},
    {PML_ADDRESS, PROC2_CTL, 17},
    {POSTED_INTR_DESC_ADDR, PIN_CTL, 7},
    {VM_FUNCTION_CONTROL, PROC2_CTL, 13},
    {EOI_EXIT_BITMAP0, PROC2_CTL, 9},
    {EOI_EXIT_BITMAP1, PROC2_CTL, 9},
    {EOI_EXIT_BITMAP2, PROC2_CTL, 9},
    {EOI_EXIT_BITMAP3, PROC2_CTL, 9},
    {EPTP_LIST_ADDRESS, PROC2_CTL, 13},
    {VMREAD_BITMAP, PROC2_CTL, 14},
    {VMWRITE_BITMAP, PROC2_CTL, 14},
    {VE_INFORMATION_ADDRESS, PROC2_CTL, 18},
    {ENCLS_EXITING_BITMAP, PROC2_CTL, 15},
    {SUB_PAGE_PERMISSION_TABLE_POINTER, PROC2_CTL, 23},
    {TSC_MULTIPLIER, PROC2_CTL, 25},
    {TERTIARY_VM_EXEC_CONTROL, PROC_CTL, 17},
    {ENCLV_EXITING_BITMAP, PROC2_CTL, 28},
    {LOW_PASID_DIRECTORY, PROC2_CTL, 21},
    {HIGH_PASID_DIRECTORY, PROC2_CTL, 21},
    {PCONFIG_EXITING_BITMAP, PROC2_CTL, 27},
    {HLAT_POINTER, PROC_CTL, 17},
    {PID_POINTER_TABLE, PROC_CTL, 17},
    {SECONDARY_VM_EXIT_CONTROLS, EXIT_CTL, 31},
    {IA32_SPEC_CTRL_MASK, PROC_CTL, 17},
    {IA32_SPEC_CTRL_SHADOW, PROC_CTL, 17},
    {INJECTED_EVENT_DATA, ENTRY_CTL, 23},
    {ORIGINAL_EVENT_DATA, ENTRY_CTL, 23},
    {MSR_DATA, PROC_CTL, 17},
    {GUEST_IA32_PERF_GLOBAL_CTRL, ENTRY_CTL, 13},
    {GUEST_BNDCFGS, ENTRY_CTL, 16},
    {GUEST_IA32_RTIT_CTL, ENTRY_CTL, 18},
    {GUEST_IA32_LBR_CTL, ENTRY_CTL, 21},
    {GUEST_IA32_PKRS, ENTRY_CTL, 22},
    {GUEST_IA32_FRED_CONFIG, ENTRY_CTL, 23},
    {GUEST_IA32_FRED_RSP1, ENTRY_CTL, 23},
    {GUEST_IA32_FRED_RSP2, ENTRY_CTL, 23},
    {GUEST_IA32_FRED_RSP3, ENTRY_CTL, 23},
    {GUEST_IA32_FRED_STKLVLS, ENTRY_CTL, 23},
    {GUEST_IA32_FRED_SSP1, ENTRY_CTL, 23},
    {GUEST_IA32_FRED_SSP2, ENTRY_CTL, 23},
    {GUEST_IA32_FRED_SSP3, ENTRY_CTL, 23},
    {HOST_IA32_PERF_GLOBAL_CTRL, EXIT_CTL, 12},
    {HOST_IA32_PKRS, EXIT_CTL, 29},
    {HOST_IA32_FRED_CONFIG, EXIT_CTL, 31},
    {HOST_IA32_FRED_RSP1, EXIT_CTL, 31},
    {HOST_IA32_FRED_RSP2, EXIT_CTL, 31},
    {HOST_IA32_FRED_RSP3, EXIT_CTL, 31},
    {HOST_IA32_FRED_STKLVLS, EXIT_CTL, 31},
    {HOST_IA32_FRED_SSP1, EXIT_CTL, 31},
    {HOST_IA32_FRED_SSP2, EXIT_CTL, 31},
    {HOST_IA32_FRED_SSP3, EXIT_CTL, 31},
    {PLE_GAP, PROC2_CTL, 10},
    {PLE_WINDOW, PROC2_CTL, 10},
    {NOTIFY_WINDOW, PROC2_CTL, 31},
    {GUEST_SMBASE, ENTRY_CTL, 10},
    {CR3_TARGET_VALUE0, CR3_TARGET_COUNT, FULL},
    {CR3_TARGET_VALUE1, CR3_TARGET_COUNT, FULL},
    {CR3_TARGET_VALUE2, CR3_TARGET_COUNT, FULL},
    {CR3_TARGET_VALUE3, CR3_TARGET_COUNT, FULL},
    {GUEST_S_CET, ENTRY_CTL, 20},
    {GUEST_SSP, ENTRY_CTL, 20},
    {GUEST_INTR_SSP_TABLE, ENTRY_CTL, 20},
    {HOST_S_CET, EXIT_CTL, 28},
    {HOST_SSP, EXIT_CTL, 28},
    {HOST_INTR_SSP_TABLE, EXIT_CTL, 28},
};

static uint64_t failure(struct result r)
{
    uint64_t error = 0;

    if (r.flags & 0x40)
        __asm__ volatile("vmread %1, %0" : "=r"(error) : "r"((uint64_t)INSTRUCTION_ERROR) : "cc");
    return error;
}

static void one(const char *name, uint32_t encoding)
{
    uint64_t reads, writes;

    base(LONG, o_code);
    reads = failure(insn(o_vmread, 0, encoding));
    writes = failure(insn(o_vmwrite, 0, encoding));
    row_begin(name, "not-offered");
    say("vmread=%u vmwrite=%u", reads, writes);
    for (unsigned int i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct exit x;

        if (controls[i].field != encoding)
            continue;
        add(controls[i].word, controls[i].bit == FULL ? 1 : 1ull << controls[i].bit);
        x = go();
        say(" control=%s", x.failed ? "fail" : "taken");
        if (x.failed)
            say(",%u", (uint64_t)x.error);
    }
    say("\n");
}

void rows_not_offered(void)
{
#define FIELD(name, encoding) one(#name, encoding);
    VMCS_NONE(FIELD)
#undef FIELD
}
