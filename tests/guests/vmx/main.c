/* SPDX-License-Identifier: BSD-2-Clause
 * The areas, one of them or all (area=name on the command line). */
#include "vmx.h"

extern uint32_t boot_info;
bool nested;
_Noreturn void vmx_main(void);

static const struct area areas[] = {
    {"insn", area_insn},       {"fields", area_fields}, {"exits", area_exits}, {"inject", area_inject},
    {"entry", area_entry},     {"pdptr", area_pdptr},   {"timer", area_timer}, {"msrs", area_msrs},
    {"bitmaps", area_bitmaps}, {"rows", area_rows},     {"late", area_late},
};

/* Not compared: what each machine offers. */
static void capabilities(void)
{
    for (uint32_t msr = 0x480; msr <= 0x490; msr++)
        if (msr != MSR_PROC2 && msr != MSR_EPT_VPID)
            say("CAP %x %x\n", (uint64_t)msr, rdmsr(msr));
    say("CAP %x %x\n", (uint64_t)MSR_PROC2, rdmsr(MSR_PROC2));
    say("CAP %x %x\n", (uint64_t)MSR_EPT_VPID, rdmsr(MSR_EPT_VPID));
}

static bool has_vmx(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return c & 1u << 5;
}

_Noreturn void vmx_main(void)
{
    const uint32_t *info = (const uint32_t *)(uint64_t)boot_info;
    const char *line = info[0] & 4 ? (const char *)(uint64_t)info[4] : "";
    const bool all = word(line, "area=all");

    nested = word(line, "nested");
    say("VMX-START %s\n", line);
    __asm__ volatile("outb %b0, $0x21; outb %b0, $0xa1" : : "a"(0xff));
    trap_setup();
    if (!has_vmx()) {
        say("VMX! this processor offers no VMX\n");
        quit(1);
    }
    capabilities();
    for (unsigned int i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        char name[32] = "area=";

        for (unsigned int k = 0; areas[i].name[k] && k < 24; k++)
            name[5 + k] = areas[i].name[k];
        if (!all && !word(line, name))
            continue;
        say("VMX-AREA %s\n", areas[i].name);
        areas[i].run();
    }
    if (word(line, "area=bench"))
        area_bench(line);
    if (word(line, "area=fuzz"))
        area_fuzz(line);
    quit(0);
}
