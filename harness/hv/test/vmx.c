/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The decision over raw MSR values, decoding of interruption information, and the ledger's sums.
 */
#include "check.h"

#include "../../../core/hw/ledger.h"
#include "../../../vendor/common/counters.h"
#include "../../../vendor/vmx/caps.h"
#include "../../../vendor/vmx/decode.h"
#include "../../../vendor/vmx/vmcs.h"

static struct pn_counters counters;

struct pn_counters *pn_counters_this(void)
{
    return &counters;
}

/* Bochs' skylake_x (facts/test-rig.md), with the TRUE MSRs as it gives them. */
static const struct vmx_raw skylake = {
    .cpuid1_ecx = 1u << 5,
    .feature_control = 5,
    .basic = 0x00d810000000002bull,
    .misc = 0x600401e0,
    .pin = 0x0000007f00000016ull,
    .proc = 0xf7f9fffe04006172ull,
    .exit = 0x007fffff00036dfbull,
    .entry = 0x0000ffff000011fbull,
    .proc2 = 0x02177fff00000000ull,
    .ept_vpid = 0x00000f0106334141ull,
};

static void presence(void)
{
    struct vmx_raw raw = skylake;

    CHECK(vmx_check_present(&raw) == VMX_USABLE);
    raw.feature_control = 1; /* locked, VMX off */
    CHECK(vmx_check_present(&raw) == VMX_LOCKED_OFF);
    raw.feature_control = 3; /* locked, VMX in SMX only */
    CHECK(vmx_check_present(&raw) == VMX_LOCKED_OFF);
    raw.feature_control = 0; /* left open by the firmware */
    CHECK(vmx_check_present(&raw) == VMX_ENABLE_FIRST);
    raw.feature_control = 4;
    CHECK(vmx_check_present(&raw) == VMX_ENABLE_FIRST);
    raw.cpuid1_ecx = 0;
    CHECK(vmx_check_present(&raw) == VMX_ABSENT);
}

static void without_control(uint64_t *word, uint32_t bit, enum vmx_verdict expected, struct vmx_raw *raw)
{
    const uint64_t before = *word;

    *word &= ~((uint64_t)bit << 32);
    CHECK(vmx_check_controls(raw) == expected);
    *word = before;
}

static void controls_needed(void)
{
    struct vmx_raw raw = skylake;

    CHECK(vmx_check_controls(&raw) == VMX_USABLE);
    without_control(&raw.proc, PROC_SECONDARY, VMX_NO_EPT, &raw);
    without_control(&raw.proc2, PROC2_EPT, VMX_NO_EPT, &raw);
    without_control(&raw.proc2, PROC2_UNRESTRICTED, VMX_NO_UNRESTRICTED_GUEST, &raw);
    without_control(&raw.pin, PIN_VIRTUAL_NMI, VMX_NO_VIRTUAL_NMI, &raw);
    without_control(&raw.proc, PROC_NMI_WINDOW, VMX_NO_VIRTUAL_NMI, &raw);
    without_control(&raw.proc, PROC_MSR_BITMAPS, VMX_NO_BITMAPS, &raw);
    without_control(&raw.exit, EXIT_SAVE_EFER, VMX_NO_STATE_SWITCH, &raw);
    raw.ept_vpid &= ~(1ull << 16); /* no 2M pages */
    CHECK(vmx_check_controls(&raw) == VMX_NO_EPT);
    raw = skylake;
    raw.basic &= ~(1ull << 55);
    CHECK(vmx_check_controls(&raw) == VMX_NO_TRUE_CONTROLS);
}

static void controls_chosen(void)
{
    const struct vmx_wish everything = {.core_events = true, .timer = true}, nothing = {.core_events = false};
    const struct vmx_controls core = vmx_choose_controls(&skylake, everything);
    const struct vmx_controls direct = vmx_choose_controls(&skylake, nothing);
    const uint32_t instructions = PROC2_RDTSCP | PROC2_INVPCID | PROC2_XSAVES;

    CHECK(core.pin & PIN_EXT_INT && core.proc & PROC_HLT && core.timer && core.exit & EXIT_SAVE_TIMER);
    CHECK(!(direct.pin & PIN_EXT_INT) && !(direct.proc & PROC_HLT) && !direct.timer);
    CHECK(!(core.exit & (1u << 15)));          /* never acknowledge on exit */
    CHECK(!(core.proc & (3u << 15)));          /* no exits on MOV CR3 */
    CHECK(!(core.entry & ENTRY_IA32E));        /* starts in 32-bit mode */
    CHECK((core.proc2 & instructions) == instructions);
    for (int v = VMX_USABLE; v <= VMX_NO_STATE_SWITCH; v++)
        CHECK(vmx_verdict_text((enum vmx_verdict)v)[0] != 'u');
}

static void exceptions(void)
{
    const struct vmx_exit_words page_fault = {.info = 0x80000b0e, .error = 2, .qualification = 0xabc};
    struct pn_event e = vmx_decode_exception(page_fault);

    CHECK(e.type == PN_TYPE_HARD_EXCEPTION && e.has_payload && e.payload == 0xabc && e.error == 2);
    e = vmx_decode_exception((struct vmx_exit_words){.info = 0x80000301, .qualification = 1, .dr7 = 1});
    CHECK(e.db_kind == PN_DB_CODE_BREAKPOINT && e.has_payload && e.payload == 1);
    e = vmx_decode_exception((struct vmx_exit_words){.info = 0x80000301, .qualification = 1, .dr7 = 0x10001});
    CHECK(e.db_kind == PN_DB_DATA_OR_IO);
    e = vmx_decode_exception((struct vmx_exit_words){.info = 0x80000301, .qualification = 1u << 14});
    CHECK(e.db_kind == PN_DB_SINGLE_STEP);
    e = vmx_decode_exception((struct vmx_exit_words){.info = 0x80000501, .length = 1});
    CHECK(e.type == PN_TYPE_PRIV_EXCEPTION && e.db_kind == PN_DB_ICEBP && !e.has_payload && e.length == 1);
}

/* Accepted = delivered + discarded + pending, a row at a time, through the paths an event can take. */
static void ledger(void)
{
    struct pn_vcpu v = {.nmi_pending = 1};
    const struct pn_event nmi = {.type = PN_TYPE_NMI, .vector = 2};
    const struct pn_event pf = {.type = PN_TYPE_HARD_EXCEPTION, .vector = 14};
    const struct pn_event irq = {.type = PN_TYPE_INTERRUPT, .vector = 0x30};

    counters = (struct pn_counters){.slot_path = PN_PATH_RAISED};
    pn_ledger_accepted(nmi, PN_PATH_RAISED);
    pn_ledger_accepted(pf, PN_PATH_INTERRUPTED);
    pn_ledger_accepted(pf, PN_PATH_RAISED);
    pn_ledger_escalated(pf, pf);
    pn_ledger_accepted(irq, PN_PATH_ACKNOWLEDGED);
    CHECK(!pn_tally_holds(pn_tally_all(&counters, &v))); /* the interrupt is in no slot yet */
    v.injected = irq;
    v.injected.stage = PN_STAGE_INJECTED;
    for (uint8_t type = 0; type < PN_TYPES; type++)
        for (uint8_t path = 0; path < PN_COUNTED_PATHS; path++)
            CHECK(pn_tally_holds(pn_tally_row(&counters, &v, type, path)));
    pn_ledger_delivered(irq);
    v.injected.stage = PN_STAGE_NONE;
    CHECK(counters.delivered[PN_TYPE_INTERRUPT][PN_PATH_ACKNOWLEDGED] == 1);
    CHECK(counters.reasons[PN_REASON_ESCALATED] == 2);
    CHECK(pn_tally_holds(pn_tally_all(&counters, &v)));
}

const struct test vmx_tests[] = {
    {"vmx-presence", presence},     {"vmx-controls-needed", controls_needed}, {"vmx-controls-chosen", controls_chosen},
    {"vmx-exceptions", exceptions}, {"ledger", ledger}, {0, 0},
};
