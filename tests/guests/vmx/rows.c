/* SPDX-License-Identifier: BSD-2-Clause
 * Area rows: every row of spec/fields/vmcs.tbl, seen by what it does. */
#include "rows.h"

void row_begin(const char *name, const char *tag)
{
    say("VMX rows %s/%s ", name, tag);
}

/* Whatever could show the difference; not the field itself, which is no effect. */
static void show_effect(const struct row *r, const char *code)
{
    const uint64_t info = get(EXIT_INFO);

    say(" rax=%x rbx=%x rcx=%x rdx=%x", regs.rax, regs.rbx - (uint64_t)pages, regs.rcx, regs.rdx);
    if (info >> 31)
        say(" info=%x", info);
    if (r->field != GUEST_RIP)
        say(" rip=%x", l2_count ? 0 : get(GUEST_RIP) - (uint64_t)code);
    if (r->field != GUEST_RSP)
        say(" rsp=%x", get(GUEST_RSP));
    if (r->field != GUEST_PAT)
        say(" pat=%x", get(GUEST_PAT));
    say(" kernel-gs=%x stored=%x,%x", rdmsr(KERNEL_GS), get64(PAGE_AT(1) + 8), get64(PAGE_AT(2) + 8));
    if (l2_count)
        say(" seen=%u error=%x at=%x dr6=%x", l2_seen[0].vector, l2_seen[0].error, l2_seen[0].rip - (uint64_t)code,
            l2_seen[0].dr6);
    say("\n");
}

static void row(const struct row *r, unsigned int i)
{
    const char *code = i && r->other ? r->other : r->code;
    const struct change change[6] = {{r->field, r->how, r->value[i]}};
    struct exit x;

    base(r->guest, code);
    wrmsr(KERNEL_GS, 0x777);
    regs.rbx = (uint64_t)pages;
    apply(r->around);
    if (r->how)
        apply(change);
    if (r->prepare)
        r->prepare();
    x = go();
    row_begin(r->name, i ? "1" : "0");
    if (r->told) {
        say("%x\n", get(r->told));
        return;
    }
    if (x.failed || x.reason >> 31) {
        say("%s=%u qualification=%x\n", x.failed ? "fail" : "exit!", (uint64_t)(x.failed ? x.error : x.reason & 0xffff),
            x.qualification);
        return;
    }
    say("exit=%u", (uint64_t)x.reason);
    show_effect(r, code);
}

static void rows(const struct row *r)
{
    for (; r->name; r++) {
        row(r, 0);
        row(r, 1);
    }
}

/* CR3 targets are not offered: a count of one is refused where the bare machine takes it. */
GUEST(q_cr3, "movq %cr3, %rax; movq %rax, %cr3");
static void cr3_targets(void)
{
    for (unsigned int i = 0; i < 2; i++) {
        struct exit x;
        bool failed;

        base(LONG, q_cr3);
        add(PROC_CTL, PROC_CR3_LOAD);
        __asm__ volatile("vmwrite %1, %2"
                         : "=@ccbe"(failed)
                         : "r"((uint64_t)pml4), "r"((uint64_t)CR3_TARGET_VALUE0)
                         : "memory");
        set(CR3_TARGET_COUNT, i);
        x = go();
        row_begin("CR3_TARGET_COUNT", i ? "1" : "0");
        say("%s=%u\n", x.failed ? "fail" : "exit", (uint64_t)(x.failed ? x.error : x.reason));
    }
}

/* The VM-instruction error field: a control that is refused, and a host field. */
static void instruction_error(void)
{
    for (unsigned int i = 0; i < 2; i++) {
        base(LONG, q_cr3);
        set(i ? HOST_CR4 : PIN_CTL, 0);
        go();
        row_begin("INSTRUCTION_ERROR", i ? "1" : "0");
        say("%u\n", get(INSTRUCTION_ERROR));
    }
}

void area_rows(void)
{
    rig_setup();
    rig_on();
    rows(control_rows);
    cr3_targets();
    rows(guest_rows);
    rows(segment_rows);
    rows_saved();
    rows_of_host();
    rows(exit_rows);
    instruction_error();
    rows_not_offered();
    __asm__ volatile("vmxoff");
}
