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

TCase *seam_tests(void)
{
    TCase *t = tcase_create("seam");

    tcase_add_test(t, entry_preconditions);
    tcase_add_test(t, interrupt_preconditions);
    tcase_add_test(t, acknowledge_preconditions);
    tcase_add_test(t, payload_preconditions);
    tcase_add_test(t, guest_preconditions);
    tcase_add_test(t, ledger_preconditions);
    return t;
}
