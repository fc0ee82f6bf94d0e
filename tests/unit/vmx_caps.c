/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vendor/vmx/caps.c: may this processor run an L1? Raw register values that no emulator shows, "locked off" among them.
 */
#include <string.h>

#include "support.h"

#include "../../vendor/vmx/caps.h"
#include "../../vendor/vmx/vmcs.h"

/* A processor with everything. Low halves: bits that must be 1 (appendix A.3); here the usual "default1" ones. */
static struct vmx_raw complete(void)
{
    return (struct vmx_raw){
        .cpuid1_ecx = 1u << 5, .feature_control = 5, .basic = 1ull << 55, .misc = 5,
        .pin = 0x7f00000016ull, .proc = 0xfff9fffe04006172ull, .exit = 0xffffff00036dfbull, .entry = 0xffff000011fbull,
        .proc2 = 0xffffffff00000000ull, .ept_vpid = 0xf0106734141ull,
    };
}

START_TEST(vmx_present)
{
    struct vmx_raw raw = complete();

    ck_assert_int_eq(vmx_check_present(&raw), VMX_USABLE);
    raw.feature_control = 7;
    ck_assert_int_eq(vmx_check_present(&raw), VMX_USABLE);
    raw.cpuid1_ecx = ~(1u << 5);
    ck_assert_int_eq(vmx_check_present(&raw), VMX_ABSENT);
}
END_TEST

/* SDM 23.7, all values of the three bits and the rest of the register at both extremes. */
START_TEST(vmx_locked_off)
{
    for (unsigned int low = 0; low < 8; low++)
        for (unsigned int rest = 0; rest < 2; rest++) {
            struct vmx_raw raw = complete();
            const bool locked = low & 1, outside_smx = low & 4;
            const enum vmx_verdict want = !locked ? VMX_ENABLE_FIRST : outside_smx ? VMX_USABLE : VMX_LOCKED_OFF;

            raw.feature_control = low | (rest ? ~7ull : 0);
            ck_assert_int_eq(vmx_check_present(&raw), want);
        }
    ck_assert_ptr_nonnull(strstr(vmx_verdict_text(VMX_LOCKED_OFF), "locked VMX off"));
}
END_TEST

/* Take one capability away; only the verdict for it may come. */
static void without(uint64_t *field, uint64_t bits, struct vmx_raw *raw, enum vmx_verdict verdict)
{
    const uint64_t before = *field;

    *field &= ~bits;
    ck_assert_int_eq(vmx_check_controls(raw), verdict);
    *field = before;
    ck_assert_int_eq(vmx_check_controls(raw), VMX_USABLE);
}

START_TEST(vmx_one_thing_missing)
{
    struct vmx_raw r = complete();

    without(&r.basic, 1ull << 55, &r, VMX_NO_TRUE_CONTROLS);
    without(&r.proc, 1ull << 63, &r, VMX_NO_EPT);          /* secondary controls */
    without(&r.proc2, 1ull << 33, &r, VMX_NO_EPT);         /* enable EPT */
    without(&r.ept_vpid, 1ull << 6, &r, VMX_NO_EPT);       /* walk of 4 */
    without(&r.ept_vpid, 1ull << 14, &r, VMX_NO_EPT);      /* write back */
    without(&r.ept_vpid, 1ull << 16, &r, VMX_NO_EPT);      /* 2 MiB pages */
    without(&r.ept_vpid, 1ull << 25, &r, VMX_NO_EPT);      /* single-context INVEPT */
    without(&r.proc2, 1ull << 39, &r, VMX_NO_UNRESTRICTED_GUEST);
    without(&r.pin, 1ull << 32, &r, VMX_NO_VIRTUAL_NMI);   /* external-interrupt exiting */
    without(&r.pin, 1ull << 35, &r, VMX_NO_VIRTUAL_NMI);   /* NMI exiting */
    without(&r.pin, 1ull << 37, &r, VMX_NO_VIRTUAL_NMI);   /* virtual NMIs */
    without(&r.proc, 1ull << 34, &r, VMX_NO_VIRTUAL_NMI);  /* interrupt window */
    without(&r.proc, 1ull << 54, &r, VMX_NO_VIRTUAL_NMI);  /* NMI window */
    without(&r.proc, 1ull << 57, &r, VMX_NO_BITMAPS);      /* I/O */
    without(&r.proc, 1ull << 60, &r, VMX_NO_BITMAPS);      /* MSR */
    for (unsigned int bit = 18; bit <= 21; bit++)
        without(&r.exit, 1ull << (32 + bit), &r, VMX_NO_STATE_SWITCH);
    without(&r.exit, 1ull << 41, &r, VMX_NO_STATE_SWITCH); /* 64-bit host */
    without(&r.exit, 1ull << 34, &r, VMX_NO_STATE_SWITCH); /* save debug controls */
    without(&r.entry, 1ull << 34, &r, VMX_NO_STATE_SWITCH);
    without(&r.entry, 1ull << 46, &r, VMX_NO_STATE_SWITCH);
    without(&r.entry, 1ull << 47, &r, VMX_NO_STATE_SWITCH);
}
END_TEST

START_TEST(vmx_verdicts_have_texts)
{
    for (int i = VMX_USABLE; i <= VMX_NO_STATE_SWITCH; i++)
        for (int j = VMX_USABLE; j < i; j++)
            ck_assert_str_ne(vmx_verdict_text((enum vmx_verdict)i), vmx_verdict_text((enum vmx_verdict)j));
}
END_TEST

static void obeys(uint32_t value, uint64_t capability)
{
    ck_assert((value & (uint32_t)capability) == (uint32_t)capability);   /* must be 1 */
    ck_assert((value & ~(uint32_t)(capability >> 32)) == 0);             /* may be 1 */
}

/* Whatever is chosen obeys the capability MSRs (rules VE-012 to VE-014, VE-066, VE-077), with any optional bit gone. */
START_TEST(vmx_controls_obey)
{
    for (unsigned int bit = 0; bit < 32; bit++)
        for (unsigned int wish = 0; wish < 4; wish++) {
            struct vmx_raw r = complete();
            const struct vmx_wish w = {.core_events = wish & 1, .timer = wish & 2};
            struct vmx_controls c;

            r.pin &= ~((1ull << (32 + bit)) & ~(r.pin << 32));
            r.proc2 &= ~(1ull << (32 + bit));
            r.exit &= ~((1ull << (32 + bit)) & ~(r.exit << 32));
            if (vmx_check_controls(&r) != VMX_USABLE)
                continue;
            c = vmx_choose_controls(&r, w);
            obeys(c.pin, r.pin);
            obeys(c.proc, r.proc);
            obeys(c.proc2, r.proc2);
            obeys(c.exit, r.exit);
            obeys(c.entry, r.entry);
            ck_assert((c.pin & PIN_NMI) && (c.pin & PIN_VIRTUAL_NMI));
            ck_assert((c.pin & PIN_EXT_INT) != 0 || !w.core_events);
            ck_assert(!(c.proc & (PROC_INTR_WINDOW | PROC_NMI_WINDOW)));
            ck_assert(c.proc2 & PROC2_EPT && c.proc2 & PROC2_UNRESTRICTED);
            ck_assert_int_eq(c.timer, (c.pin & PIN_PREEMPTION_TIMER) != 0);
            ck_assert(c.timer == (w.timer && bit != 6));
            ck_assert(c.timer || !(c.exit & EXIT_SAVE_TIMER)); /* VE-068 */
        }
}
END_TEST

START_TEST(vmx_controls_by_mode)
{
    const struct vmx_raw r = complete();
    const struct vmx_controls core = vmx_choose_controls(&r, (struct vmx_wish){.core_events = true});
    const struct vmx_controls direct = vmx_choose_controls(&r, (struct vmx_wish){.core_events = false});

    ck_assert(core.pin & PIN_EXT_INT && core.proc & PROC_HLT);
    ck_assert(!(direct.pin & PIN_EXT_INT) && !(direct.proc & PROC_HLT));
    ck_assert_uint_eq(core.timer_rate, 5);
}
END_TEST

TCase *vmx_caps_tests(void)
{
    TCase *t = tcase_create("vmx capabilities");

    tcase_add_test(t, vmx_present);
    tcase_add_test(t, vmx_locked_off);
    tcase_add_test(t, vmx_one_thing_missing);
    tcase_add_test(t, vmx_verdicts_have_texts);
    tcase_add_test(t, vmx_controls_obey);
    tcase_add_test(t, vmx_controls_by_mode);
    return t;
}
