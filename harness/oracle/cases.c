/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is done to each guest of cases.S, and the case of spec/claims/2-reinjection.md it stands for. What must come out
 * is in cases.tbl.
 */
#include "oracle.h"

#define G(name) extern const char g_##name[];
G(single_step) G(single_step_in) G(data_breakpoint) G(io_breakpoint) G(code_breakpoint) G(breakpoint_and_fault) G(injected) G(emulated)
G(interrupt) G(injected_interrupt) G(double_fault) G(int3) G(intn) G(page_fault) G(residue) G(virtualization_exception)
G(sti_shadow) G(nmi_iret) G(few_pages) G(two_exits) G(two_exits_trap) G(general_detect)
G(task_gate) G(trap_no_gate) G(breakpoint_no_gate)
G(safe_de) G(safe_ud) G(safe_nm) G(safe_np) G(safe_ss) G(safe_gp) G(safe_pf) G(safe_mf) G(safe_xm)
#undef G
extern char patch_int3[], patch_intn[];

#define AWAY(page) (1u << (page))
#define EXCEPTION_OF(v) {.valid = true, .type = TYPE_EXCEPTION, .vector = (v)}
#define EXCEPTION_WITH(v, e) {.valid = true, .type = TYPE_EXCEPTION, .vector = (v), .has_error = true, .error = (e)}

/* Another processor patches the instruction, as a kernel's text patching does. */
static void patch(char *at, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
        ((volatile char *)at)[i] = (char)0x90;
}

static void patch_one(void)
{
    patch(patch_int3, 1);
}

static void patch_two(void)
{
    patch(patch_intn, 2);
}

/* Another processor repairs what made the instruction fault. */
static void repair_page(void)
{
    guest_present(DATA, true);
}

const struct witness witnesses[] = {
    {"trap-single-step", g_single_step, AWAY(IDT_LOW)},
    {"trap-step-in", g_single_step_in, AWAY(IDT_LOW)},
    {"trap-data", g_data_breakpoint, AWAY(IDT_LOW)},
    {"trap-io", g_io_breakpoint, AWAY(IDT_LOW)},
    {"injected-gp", g_injected, AWAY(IDT_LOW), .inject = EXCEPTION_WITH(13, 0)},
    {"injected-pf", g_injected, AWAY(IDT_LOW), .inject = EXCEPTION_WITH(14, 0), .cr2 = 0xf00d000},
    {"emulated", g_emulated, AWAY(IDT_LOW)},
    {"machine-check", g_injected, AWAY(IDT_LOW), .inject = EXCEPTION_OF(18)},
    {"second-level", g_interrupt, AWAY(IDT_LOW)},
    {"second-level-injected", g_injected_interrupt, AWAY(IDT_LOW),
     .inject = {.valid = true, .type = TYPE_INTERRUPT, .vector = VECTOR_IRQ}},
    {"second-level-trap", g_trap_no_gate, AWAY(STACK), .flags = LATER},
    {"second-level-breakpoint", g_breakpoint_no_gate, AWAY(STACK), .flags = LATER},
    {"double-fault", g_double_fault, AWAY(IST_LOW) | AWAY(IST), .meanwhile = repair_page},
    {"int3", g_int3, AWAY(IDT_LOW)},
    {"intn", g_intn, AWAY(IDT_HIGH)},
    {"int3-patched", g_int3, AWAY(IDT_LOW), .meanwhile = patch_one},
    {"intn-patched", g_intn, AWAY(IDT_HIGH), .meanwhile = patch_two},
    {"changed-memory", g_page_fault, AWAY(IDT_LOW), .meanwhile = repair_page},
    {"virtualization-exception", g_virtualization_exception, AWAY(IDT_LOW), .flags = NEEDS_VE},
    {"stack-bytes", g_residue, AWAY(IST_LOW), .meanwhile = repair_page},
    {"sti-shadow", g_sti_shadow, AWAY(IDT_LOW)},
    {"nmi-iret", g_nmi_iret, AWAY(IDT_LOW), .flags = LATER | NEEDS_NMI_WINDOW,
     .inject = {.valid = true, .type = TYPE_NMI, .vector = 2}},
    {"code-breakpoint", g_code_breakpoint, AWAY(IDT_LOW)},
    {"resume-flag", g_breakpoint_and_fault, AWAY(IDT_LOW), .flags = LATER},
    {"resume-flag-lost", g_breakpoint_and_fault, AWAY(IDT_LOW), .flags = LATER | RF_LOST},
    {"few-pages", g_few_pages, AWAY(IDT_LOW) | AWAY(STACK) | AWAY(CODE), .flags = FEW_PAGES},
    {"task-gate", g_task_gate, 0, .flags = TASKS},
    {"two-exits", g_two_exits, AWAY(IDT_LOW), .flags = NEEDS_LOG | COUNTS | LATER},
    {"two-exits-trap", g_two_exits_trap, AWAY(IDT_LOW), .flags = NEEDS_LOG | COUNTS | LATER},
    {"two-pages", g_safe_ud, AWAY(IDT_LOW) | AWAY(STACK), .flags = COUNTS},
    {"two-pages-trap", g_data_breakpoint, AWAY(IDT_LOW) | AWAY(STACK), .flags = COUNTS},
    {"safe-de", g_safe_de, AWAY(IDT_LOW)},
    {"safe-ud", g_safe_ud, AWAY(IDT_LOW)},
    {"safe-nm", g_safe_nm, AWAY(IDT_LOW)},
    {"safe-np", g_safe_np, AWAY(IDT_LOW)},
    {"safe-ss", g_safe_ss, AWAY(IDT_LOW)},
    {"safe-gp", g_safe_gp, AWAY(IDT_LOW)},
    {"safe-pf", g_safe_pf, AWAY(IDT_LOW)},
    {"safe-mf", g_safe_mf, AWAY(IDT_LOW)},
    {"safe-xm", g_safe_xm, AWAY(IDT_LOW)},
    {"safe-two-pages", g_safe_pf, AWAY(IDT_LOW) | AWAY(STACK)},
};
const unsigned int witness_count = sizeof witnesses / sizeof witnesses[0];

/* A #DB that is intercepted differs by vendor, so its rows do. */
#ifdef ORACLE_SVM
#define VENDOR(name) name "-svm"
#else
#define VENDOR(name) name
#endif

const struct look looks[] = {
    {VENDOR("intercept-step"), g_single_step, 1u << 1},
    {VENDOR("intercept-step-in"), g_single_step_in, 1u << 1},
    {VENDOR("intercept-gd"), g_general_detect, 1u << 1},
    {"intercept-pf", g_page_fault, 1u << 14},
    {VENDOR("intercept-data"), g_data_breakpoint, 1u << 1}, /* the last of all: QEMU 7.2 keeps its watchpoint and dies of it */
};
const unsigned int look_count = sizeof looks / sizeof looks[0];
