/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The model refuses a wrong core: each precondition of core/hw/hw.h and core/hw/ledger.h, broken once, and those of the nested
 * half (vmcs.h, shadow.h, memory.h, msr.h).
 */
#include "support.h"

#include "../../core/hw/memory.h"
#include "../../core/hw/msr.h"
#include "../../core/hw/nested_ledger.h"
#include "../../core/hw/vmcs.h"
#include "../../vendor/model/vmcs.h"

static struct pn_event nmi(void)
{
    return vectored(2, 2, 0, false, 0);
}

START_TEST(entry_preconditions)
{
    struct fixture *f = fresh();

    pn_hw_write_entry(fault(6));
    BREAKS(f, "pn_hw_write_entry: one_event", pn_hw_write_entry(fault(6)));
    f = fresh();
    f->cpu.exited = true;
    BREAKS(f, "pn_hw_write_entry: exit_read", pn_hw_write_entry(fault(6)));
    f = fresh();
    f->cpu.owed = true;
    f->cpu.owed_event = fault(6);
    BREAKS(f, "pn_hw_write_entry: interrupted_first", pn_hw_write_entry(fault(7)));
    f = fresh();
    BREAKS(f, "pn_hw_write_entry: type_rule", pn_hw_write_entry(fault(32)));
    BREAKS(f, "pn_hw_write_entry: type_rule", pn_hw_write_entry(vectored(1, 0, 0, false, 0)));
    BREAKS(f, "pn_hw_write_entry: type_rule", pn_hw_write_entry(vectored(7, 1, 0, false, 0)));
    BREAKS(f, "pn_hw_write_entry: type_rule", pn_hw_write_entry(vectored(6, 5, 1, false, 0)));
    BREAKS(f, "pn_hw_write_entry: error_code_rule", pn_hw_write_entry(fault(13)));
    BREAKS(f, "pn_hw_write_entry: error_code_rule", pn_hw_write_entry(fault_with(6, 0)));
    BREAKS(f, "pn_hw_write_entry: error_width", pn_hw_write_entry(fault_with(13, 0x10000)));
    BREAKS(f, "pn_hw_write_entry: length_rule", pn_hw_write_entry(vectored(6, 3, 0, false, 0)));
    BREAKS(f, "pn_hw_write_entry: length_rule", pn_hw_write_entry(vectored(3, 6, 1, false, 0)));
    BREAKS(f, "pn_hw_write_entry: payload_applied", pn_hw_write_entry(page_fault(1, 0)));
}
END_TEST

START_TEST(interrupt_preconditions)
{
    struct fixture *f = fresh();
    const struct pn_event e = vectored(0, 0x40, 0, false, 0);

    BREAKS(f, "pn_hw_write_entry: interrupt_open", pn_hw_write_entry(e));
    f->cpu.iflag = f->cpu.movss = true;
    BREAKS(f, "pn_hw_write_entry: interrupt_open", pn_hw_write_entry(e));
    BREAKS(f, "pn_hw_write_entry: nmi_open", pn_hw_write_entry(nmi()));
    f->cpu.movss = false;
    f->cpu.nmi_blocked = true;
    BREAKS(f, "pn_hw_write_entry: nmi_open", pn_hw_write_entry(nmi()));
    BREAKS(f, "pn_hw_write_entry: acknowledged", pn_hw_write_entry(e));
    f->cpu.acked = true;
    f->cpu.acked_vector = 0x41;
    BREAKS(f, "pn_hw_write_entry: acknowledged", pn_hw_write_entry(e));
    BREAKS(f, "pn_hw_write_entry: no_other_acknowledged", pn_hw_write_entry(fault(6)));
}
END_TEST

START_TEST(acknowledge_preconditions)
{
    struct fixture *f = fresh();

    BREAKS(f, "pn_hw_ack_interrupt: deliverable", pn_hw_ack_interrupt());
    f->cpu.iflag = true;
    f->cpu.exited = true;
    BREAKS(f, "pn_hw_ack_interrupt: exit_read", pn_hw_ack_interrupt());
    f->cpu.exited = false;
    f->cpu.entry = true;
    BREAKS(f, "pn_hw_ack_interrupt: nothing_else", pn_hw_ack_interrupt());
    f->cpu.entry = false;
    f->cpu.acked = true;
    BREAKS(f, "pn_hw_ack_interrupt: none_held", pn_hw_ack_interrupt());
}
END_TEST

START_TEST(payload_preconditions)
{
    struct fixture *f = fresh();

    BREAKS(f, "pn_hw_vectoring: after_exit", pn_hw_vectoring());
    BREAKS(f, "pn_hw_cancel_entry: something", pn_hw_cancel_entry());
    pn_hw_write_entry(fault(6));
    BREAKS(f, "pn_hw_write_cr2: payload_before_event", pn_hw_write_cr2(1));
    BREAKS(f, "pn_hw_write_dr6: payload_before_event", pn_hw_write_dr6(1));
    BREAKS(f, "pn_hw_write_dr7: payload_before_event", pn_hw_write_dr7(1));
}
END_TEST

START_TEST(guest_preconditions)
{
    struct fixture *f = fresh();

    f->cpu.exited = true;
    BREAKS(f, "pn_hw_enter_guest: exit_read", pn_hw_enter_guest());
    f = fresh();
    f->cpu.owed = true;
    BREAKS(f, "pn_hw_enter_guest: nothing_owed", pn_hw_enter_guest());
    f = fresh();
    f->cpu.acked = true;
    BREAKS(f, "pn_hw_enter_guest: nothing_acknowledged", pn_hw_enter_guest());
    f = fresh();
    f->cpu.movss = f->cpu.tf = true;
    BREAKS(f, "pn_hw_enter_guest: step_rule", pn_hw_enter_guest());
}
END_TEST

START_TEST(ledger_preconditions)
{
    struct fixture *f = fresh();

    BREAKS(f, "__wrap_pn_ledger_delivered: known", pn_ledger_delivered(fault(6)));
    f->cpu.done = true;
    f->cpu.done_event = fault(7);
    BREAKS(f, "__wrap_pn_ledger_delivered: that_event", pn_ledger_delivered(fault(6)));
    BREAKS(f, "__wrap_pn_ledger_nmi_collapsed: latched", pn_ledger_nmi_collapsed(0));
    BREAKS(f, "__wrap_pn_ledger_nmi_collapsed: limit", pn_ledger_nmi_collapsed(1));
    BREAKS(f, "__wrap_pn_ledger_escalated: interrupted", pn_ledger_escalated(fault(0), fault(0)));
    BREAKS(f, "__wrap_pn_ledger_superseded: interrupted", pn_ledger_superseded(fault(0), fault(6)));
    f->cpu.owed = true;
    f->cpu.owed_event = fault(0);
    BREAKS(f, "__wrap_pn_ledger_escalated: pair", pn_ledger_escalated(fault(0), fault(6)));
    BREAKS(f, "__wrap_pn_ledger_superseded: no_pair", pn_ledger_superseded(fault(0), fault_with(13, 0)));
    BREAKS(f, "__wrap_pn_ledger_superseded: raised_by_it", pn_ledger_superseded(fault(0), by(PN_BY_USER, fault(6))));
    BREAKS(f, "__wrap_pn_ledger_replaced: regenerable", pn_ledger_replaced(fault(1)));
    BREAKS(f, "__wrap_pn_ledger_replaced: regenerable", pn_ledger_replaced(by(PN_BY_EMULATOR, fault(6))));
    BREAKS(f, "__wrap_pn_ledger_replaced: pending", pn_ledger_replaced((struct pn_event){.type = 3, .vector = 6}));
}
END_TEST

static struct pn_event soft(uint8_t length)
{
    return vectored(6, 3, length, false, 0);
}

/* A software event returns to the next-RIP field, or without NRIPS to RIP. */
START_TEST(return_address_preconditions)
{
    struct fixture *f = fresh_on(_i);

    f->cpu.next_rip = f->cpu.rip + 2;
    BREAKS(f, "pn_hw_write_entry: return_address", pn_hw_write_entry(soft(1)));
    f = fresh_on(_i);
    f->cpu.rip++;
    f->cpu.next_rip = f->cpu.at + 2;
    BREAKS(f, "pn_hw_write_entry: return_address", pn_hw_write_entry(soft(2)));
    BREAKS(f, "pn_hw_write_entry: return_address", pn_hw_write_entry(fault(6)));
    BREAKS(f, "pn_hw_enter_guest: at_instruction", pn_hw_enter_guest());
    f = fresh_on(_i);
    pn_hw_write_entry(fault(6));
    f->cpu.rip++;
    BREAKS(f, "pn_hw_enter_guest: return_address", pn_hw_enter_guest());
    BREAKS(f, "pn_hw_next_rip: range", pn_hw_next_rip(0));
    BREAKS(f, "pn_hw_next_rip: range", pn_hw_next_rip(16));
    BREAKS(f, "pn_hw_soft_length: owed", pn_hw_soft_length(4, 0x80));
}
END_TEST

START_TEST(state_preconditions)
{
    struct fixture *f = fresh_on(_i);

    BREAKS(f, "pn_hw_set_shadow: one", pn_hw_set_shadow(true, true));
    f->cpu.step = true;
    BREAKS(f, "pn_hw_write_entry: own_step", pn_hw_write_entry(fault(6)));
    f->cpu.step = false;
    f->cpu.wfs = true;
    BREAKS(f, "pn_hw_write_entry: active", pn_hw_write_entry(fault(6)));
    f->cpu.wfs = false;
    pn_hw_write_entry(fault(6));
    f->cpu.wfs = true;
    BREAKS(f, "pn_hw_enter_guest: active", pn_hw_enter_guest());
    BREAKS(f, "pn_hw_restore_owed: nothing", pn_hw_restore_owed(fault(6), false));
    f = fresh_on(_i);
    BREAKS(f, "pn_hw_restore_owed: type_rule", pn_hw_restore_owed(fault(2), false));
    BREAKS(f, "pn_hw_restore_owed: interrupt_open", pn_hw_restore_owed(vectored(0, 0x40, 0, false, 0), false));
    f->cpu.sti = true;
    BREAKS(f, "pn_hw_restore_owed: nmi_open", pn_hw_restore_owed(nmi(), false));
    f = fresh_on(_i);
    pn_hw_write_entry(nmi());
    if (f->cpu.svm) {
        BREAKS(f, "pn_hw_enter_guest: nmi_noted", pn_hw_enter_guest());
    } else {
        f->cpu.nmi_blocked = true;
        BREAKS(f, "pn_hw_enter_guest: still_open", pn_hw_enter_guest());
    }
}
END_TEST

START_TEST(more_ledger_preconditions)
{
    struct fixture *f = fresh_on(_i);
    struct pn_event trap = debug(PN_DB_SINGLE_STEP, 1u << 14);

    BREAKS(f, "__wrap_pn_ledger_merged: latched", pn_ledger_merged(PN_TYPE_SMI, false));
    BREAKS(f, "__wrap_pn_ledger_merged: kind", pn_ledger_merged(PN_TYPE_NMI, true));
    BREAKS(f, "__wrap_pn_ledger_handed_over: sipi", pn_ledger_handed_over(PN_TYPE_SIPI));
    BREAKS(f, "__wrap_pn_ledger_handed_over: kind", pn_ledger_handed_over(PN_TYPE_NMI));
    f->cpu.smm = true;
    BREAKS(f, "__wrap_pn_ledger_handed_over: smi", pn_ledger_handed_over(PN_TYPE_SMI));
    BREAKS(f, "__wrap_pn_ledger_handed_over: init", pn_ledger_handed_over(PN_TYPE_INIT));
    f->cpu.smm = false;
    f->cpu.owed = true;
    BREAKS(f, "__wrap_pn_ledger_handed_over: nothing_before", pn_ledger_handed_over(PN_TYPE_SMI));
    BREAKS(f, "__wrap_pn_ledger_trap_held: there", pn_ledger_trap_held(trap));
    trap.payload = 2;
    BREAKS(f, "__wrap_pn_ledger_trap_held: there", pn_ledger_trap_held(trap));
    BREAKS(f, "__wrap_pn_ledger_trap_held: trap", pn_ledger_trap_held(debug(PN_DB_GENERAL_DETECT, 0)));
    BREAKS(f, "__wrap_pn_ledger_reported: pending", pn_ledger_reported((struct pn_event){.type = 3, .vector = 6}));
    f->cpu.wfs = true;
    BREAKS(f, "__wrap_pn_ledger_no_effect: not_waiting", pn_ledger_no_effect(PN_TYPE_SIPI));
    f = fresh_on(_i);
    BREAKS(f, "__wrap_pn_ledger_retried: owed", pn_ledger_retried(soft(1)));
    if (!f->cpu.svm)
        return;
    f->cpu.owed = true;
    f->cpu.owed_event = fault(6);
    BREAKS(f, "__wrap_pn_ledger_retried: soft", pn_ledger_retried(fault(6)));
    f->cpu.owed_event = soft(1);
    f->cpu.code = (struct model_code){f->cpu.rip, 3, 3, 1};
    BREAKS(f, "__wrap_pn_ledger_retried: gone", pn_ledger_retried(soft(1)));
    f->cpu.rip++;
    BREAKS(f, "__wrap_pn_ledger_retried: at_instruction", pn_ledger_retried(soft(1)));
}
END_TEST

/* SDM table 6-5 is not for an entry that was taken back; EV-123 not for what a delivery raised; elision only as promised. */
START_TEST(taken_back_preconditions)
{
    struct fixture *f = fresh_on(_i);
    struct pn_event e = fault(6);
    const struct pn_resumption no = {true, true, false}, yes = {true, true, true};

    f->cpu.owed = f->cpu.taken_back = true;
    f->cpu.owed_event = fault(0);
    BREAKS(f, "__wrap_pn_ledger_escalated: interrupted", pn_ledger_escalated(fault(0), fault(0)));
    BREAKS(f, "__wrap_pn_ledger_superseded: interrupted", pn_ledger_superseded(fault(0), fault(6)));
    BREAKS(f, "__wrap_pn_ledger_elided: interrupted", pn_ledger_elided(fault(0), yes));
    f->cpu.taken_back = false;
    BREAKS(f, "__wrap_pn_ledger_elided: promised", pn_ledger_elided(fault(0), no));
    f->cpu.owed_event = fault(7);
    BREAKS(f, "__wrap_pn_ledger_elided: comes_again", pn_ledger_elided(fault(7), yes));
    e.by_delivery = true;
    BREAKS(f, "__wrap_pn_ledger_replaced: regenerable", pn_ledger_replaced(e));
}
END_TEST

/* SDM 24.11.2: a field of 16 bits, one of 32, of 64 and of natural width, and the largest value that each takes. */
static const struct {
    enum pn_field field;
    uint64_t most;
} widths[] = {{PN_F_VPID, 0xffff}, {PN_F_GUEST_TR_SELECTOR, 0xffff}, {PN_F_PIN_CTL, UINT32_MAX}, {PN_F_GUEST_ACTIVITY, UINT32_MAX},
              {PN_F_TSC_OFFSET, UINT64_MAX}, {PN_F_GUEST_PAT, UINT64_MAX}, {PN_F_GUEST_CR0, UINT64_MAX}};

START_TEST(vmcs02_preconditions)
{
    struct fixture *f = fresh();

    model_nested_reset();
    BREAKS(f, "pn_hw_read02: current", (void)pn_hw_read02(PN_F_GUEST_RIP));
    BREAKS(f, "pn_hw_write02: current", pn_hw_write02(PN_F_GUEST_RIP, 0));
    BREAKS(f, "pn_hw_flush02: current", pn_hw_flush02(0));
    BREAKS(f, "pn_hw_load_vmcs: which", pn_hw_load_vmcs((enum pn_vmcs)4));
    f->cpu.owed = true;
    BREAKS(f, "pn_hw_load_vmcs: quiet", pn_hw_load_vmcs(PN_VMCS02));
    f->cpu.owed = false;
    pn_hw_load_vmcs(PN_VMCS02);
    BREAKS(f, "pn_hw_write02: field", pn_hw_write02(PN_FIELDS, 0));
    BREAKS(f, "pn_hw_read02: field", (void)pn_hw_read02((enum pn_field)-1));
    for (volatile size_t k = 0; k < sizeof widths / sizeof widths[0]; k++) { /* behind BREAKS' setjmp */
        if (widths[k].most != UINT64_MAX)
            BREAKS(f, "pn_hw_write02: fits", pn_hw_write02(widths[k].field, widths[k].most + 1));
        pn_hw_write02(widths[k].field, widths[k].most);
        ck_assert_uint_eq(pn_hw_read02(widths[k].field), widths[k].most);
        BREAKS(f, "pn_hw_write02: once", pn_hw_write02(widths[k].field, 0));
    }
    BREAKS(f, "pn_hw_flush02: own", pn_hw_flush02(1));
    BREAKS(f, "pn_hw_read01: current", (void)pn_hw_read01(PN_F_GUEST_RIP));
    BREAKS(f, "pn_hw_write01: current", pn_hw_write01(PN_F_GUEST_RIP, 0));
    BREAKS(f, "pn_hw_bitmap01: word", (void)pn_hw_bitmap01(PN_BITMAP_WORDS));
    BREAKS(f, "pn_hw_write_bitmap02: word", pn_hw_write_bitmap02(PN_BITMAP_WORDS, 0));
    model_nested()->bitmap01[3] = 4;
    BREAKS(f, "pn_hw_write_bitmap02: contained", pn_hw_write_bitmap02(3, 3));
}
END_TEST

START_TEST(shadow_vmcs_preconditions)
{
    struct fixture *f = fresh();

    model_nested_reset();
    BREAKS(f, "pn_hw_close_shadow: current", pn_hw_close_shadow());
    BREAKS(f, "pn_hw_read_shadow: current", (void)pn_hw_read_shadow(PN_F_GUEST_RIP));
    BREAKS(f, "pn_hw_write_shadow: current", pn_hw_write_shadow(PN_F_GUEST_RIP, 1));
    pn_hw_open_shadow();
    BREAKS(f, "pn_hw_open_shadow: current", pn_hw_open_shadow());
    BREAKS(f, "pn_hw_load_vmcs: not_in_shadow", pn_hw_load_vmcs(PN_VMCS02));
    BREAKS(f, "pn_hw_read_shadow: field", (void)pn_hw_read_shadow(PN_F_PIN_CTL));
    BREAKS(f, "pn_hw_write_shadow: field", pn_hw_write_shadow(PN_F_HOST_RIP, 1));
    BREAKS(f, "pn_hw_write_shadow: fits", pn_hw_write_shadow(PN_F_PROC_CTL, 1ull << 32));
    BREAKS(f, "pn_hw_write_shadow: differs", pn_hw_write_shadow(PN_F_GUEST_RIP, 0));
    BREAKS(f, "pn_hw_read01: current", (void)pn_hw_read01(PN_F_GUEST_RIP));
    BREAKS(f, "pn_hw_write01: current", pn_hw_write01(PN_F_GUEST_RIP, 0));
    pn_hw_write_shadow(PN_F_PROC_CTL, UINT32_MAX);
    ck_assert_uint_eq(pn_hw_read_shadow(PN_F_PROC_CTL), UINT32_MAX);
    pn_hw_close_shadow();
}
END_TEST

START_TEST(memory_preconditions)
{
    struct fixture *f = fresh();

    model_nested_reset();
    BREAKS(f, "pn_mem_read: aligned", (void)pn_mem_read(0x1004));
    BREAKS(f, "pn_mem_write: aligned", pn_mem_write(0x1004, 0));
    (void)pn_mem_read(0x1000);
    BREAKS(f, "pn_mem_read: once", (void)pn_mem_read(0x1000));
    BREAKS(f, "pn_hw_read_msr: place", (void)pn_hw_read_msr(0x174, NULL));
    f->cpu.exited = true;
    BREAKS(f, "pn_hw_ack_for_exit: exit_read", (void)pn_hw_ack_for_exit());
    f->cpu.exited = false;
    f->cpu.owed = true;
    BREAKS(f, "pn_hw_ack_for_exit: nothing_else", (void)pn_hw_ack_for_exit());
    f->cpu.owed = false;
    f->cpu.acked = true;
    BREAKS(f, "pn_hw_ack_for_exit: none_held", (void)pn_hw_ack_for_exit());
}
END_TEST

TCase *seam_tests(void)
{
    TCase *t = tcase_create("seam");

    tcase_add_test(t, entry_preconditions);
    tcase_add_test(t, interrupt_preconditions);
    tcase_add_test(t, acknowledge_preconditions);
    tcase_add_test(t, payload_preconditions);
    tcase_add_test(t, guest_preconditions);
    tcase_add_test(t, ledger_preconditions);
    tcase_add_loop_test(t, return_address_preconditions, ON_SVM, ON_ALL);
    tcase_add_loop_test(t, state_preconditions, 0, ON_ALL);
    tcase_add_loop_test(t, more_ledger_preconditions, 0, ON_ALL);
    tcase_add_loop_test(t, taken_back_preconditions, 0, ON_ALL);
    tcase_add_test(t, vmcs02_preconditions);
    tcase_add_test(t, shadow_vmcs_preconditions);
    tcase_add_test(t, memory_preconditions);
    return t;
}
