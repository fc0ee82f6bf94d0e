/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The model refuses a wrong core: each precondition of core/hw/hw.h and core/hw/ledger.h, broken once.
 */
#include "support.h"

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
    return t;
}
