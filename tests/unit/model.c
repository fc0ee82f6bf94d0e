/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The model by itself: its guest, its controller, its boundary. What the other tests lean on.
 */
#include "support.h"

START_TEST(controller_order)
{
    struct model_controller c = {0};

    model_request(&c, 0x31);
    model_request(&c, 0x3f);
    model_request(&c, 0x52);
    ck_assert_int_eq(model_acknowledge(&c), 0x52);
    ck_assert_int_eq(model_highest(&c), MODEL_NONE);
    model_request(&c, 0x5f);
    ck_assert_int_eq(model_highest(&c), MODEL_NONE); /* same class as the one in service */
    model_request(&c, 0x60);
    ck_assert_int_eq(model_acknowledge(&c), 0x60);
    ck_assert_int_eq(model_eoi(&c), 0x60);
    ck_assert_int_eq(model_eoi(&c), 0x52);
    ck_assert_int_eq(model_acknowledge(&c), 0x5f);
    ck_assert_int_eq(model_eoi(&c), 0x5f);
    ck_assert_int_eq(model_acknowledge(&c), 0x3f);
    ck_assert_int_eq(model_eoi(&c), 0x3f);
    ck_assert_int_eq(model_acknowledge(&c), 0x31);
    ck_assert_int_eq(model_eoi(&c), 0x31);
    ck_assert_int_eq(model_eoi(&c), MODEL_NONE);
}
END_TEST

START_TEST(sti_casts_a_shadow_of_one_instruction)
{
    struct fixture *f = fresh();

    script(f, MODEL_STI);
    turn(f);
    ck_assert(f->cpu.iflag && f->cpu.sti);
    turn(f);
    ck_assert(f->cpu.iflag && !f->cpu.sti);
    script(f, MODEL_STI); /* IF was 1: no shadow */
    turn(f);
    ck_assert(!f->cpu.sti);
}
END_TEST

/* TF = 1: a trap after the instruction, not after a MOV SS but after the one behind it. */
START_TEST(single_step_of_the_guest)
{
    struct fixture *f = fresh();

    f->cpu.tf = true;
    script(f, MODEL_NOP);
    script(f, MODEL_MOV_SS);
    turn(f);
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    ck_assert(same_event(f->cpu.exit.exception, fault(1)));
    f->cpu.bs = false;
    turn(f);
    ck_assert(f->cpu.movss && f->cpu.bs);
    ck_assert_int_eq(turn(f), MODEL_EXIT_TIMER);
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
}
END_TEST

START_TEST(data_breakpoint_waits_for_mov_ss)
{
    struct fixture *f = fresh();

    f->cpu.movss = true;
    f->cpu.budget = 4;
    script_raises(f, debug(PN_DB_DATA_OR_IO, 2));
    ck_assert_int_eq(turn(f), MODEL_EXIT_EXCEPTION);
    ck_assert_uint_eq(f->cpu.exit.exception.payload, 2);
}
END_TEST

/* The processor's own double and triple fault, nothing intercepted. */
START_TEST(unintercepted_escalation)
{
    struct fixture *f = fresh();

    f->cpu.bitmap = 0;
    script_raises(f, fault_with(13, 0));
    meets_exception(f, fault_with(11, 0));
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 8);
    ck_assert(!last_seen(f)->injected);
    script_raises(f, page_fault(0x1000, 0));
    meets_exception(f, page_fault(0x2000, 0));
    meets_exception(f, fault_with(13, 0));
    ck_assert_int_eq(turn(f), MODEL_EXIT_TRIPLE_FAULT);
    ck_assert_uint_eq(f->cpu.cr2, 0x2000);
}
END_TEST

/* Delivered by the processor itself, an exception writes CR2, DR6, DR7.GD and RF; injected, it writes none. */
START_TEST(own_delivery_has_effects)
{
    struct fixture *f = fresh();

    f->cpu.bitmap = 0;
    f->cpu.dr7 = 0x2400;
    script_raises(f, page_fault(0x1000, 0));
    turn(f);
    ck_assert(last_seen(f)->cr2 == 0x1000 && last_seen(f)->pushed_rf);
    script_raises(f, debug(PN_DB_GENERAL_DETECT, 1u << 13));
    turn(f);
    ck_assert(last_seen(f)->dr6 == 0xffff2ff0 && last_seen(f)->dr7 == 0x400);
    f = fresh();
    pn_hw_write_entry(fault_with(14, 0));
    pn_hw_enter_guest();
    ck_assert(last_seen(f)->cr2 == 0 && !last_seen(f)->pushed_rf);
}
END_TEST

/* SDM table 6-2 in the guest: #DB trap, NMI window, NMI, interrupt window, interrupt. */
START_TEST(boundary_order)
{
    struct fixture *f = fresh();

    f->cpu.iflag = f->cpu.bs = f->cpu.nmi_window = f->cpu.nmi_pin = f->cpu.intr_window = true;
    model_request(&f->cpu.controller, 0x20);
    pn_hw_enter_guest();
    ck_assert_int_eq(f->cpu.exit.reason, MODEL_EXIT_EXCEPTION);
    f->cpu.exited = false;
    pn_hw_enter_guest();
    ck_assert_int_eq(f->cpu.exit.reason, MODEL_EXIT_NMI_WINDOW);
    f->cpu.exited = f->cpu.nmi_window = false;
    pn_hw_enter_guest();
    ck_assert_int_eq(f->cpu.exit.reason, MODEL_EXIT_NMI);
    f->cpu.exited = false;
    pn_hw_enter_guest();
    ck_assert_int_eq(f->cpu.exit.reason, MODEL_EXIT_INTERRUPT_WINDOW);
    f->cpu.exited = f->cpu.intr_window = false;
    pn_hw_enter_guest();
    ck_assert_int_eq(f->cpu.exit.reason, MODEL_EXIT_INTERRUPT);
}
END_TEST

/* Two processors: nothing of one shows in the other. */
START_TEST(two_processors)
{
    struct fixture *f = fresh();
    struct model_cpu other;
    struct pn_vcpu v;

    pn_queue_exception(&f->v, page_fault(0x1000, 0));
    model_init(&other, f->cpu.world);
    pn_vcpu_init(&v);
    pn_queue_nmi(&v);
    ck_assert_int_eq(pn_inject_events(&v), PN_ENTER);
    ck_assert(other.entry && !f->cpu.entry);
    model_make_current(&f->cpu);
    turn(f);
    ck_assert_uint_eq(last_seen(f)->event.vector, 14);
    ck_assert(other.cr2 == 0 && other.counters.accepted[2][0] == 1 && f->cpu.counters.accepted[2][0] == 0);
}
END_TEST

TCase *model_tests(void)
{
    TCase *t = tcase_create("model");

    tcase_add_test(t, controller_order);
    tcase_add_test(t, sti_casts_a_shadow_of_one_instruction);
    tcase_add_test(t, single_step_of_the_guest);
    tcase_add_test(t, data_breakpoint_waits_for_mov_ss);
    tcase_add_test(t, unintercepted_escalation);
    tcase_add_test(t, own_delivery_has_effects);
    tcase_add_test(t, boundary_order);
    tcase_add_test(t, two_processors);
    return t;
}
