/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nested VMX, the rarer cases: every type of event that an entry of L1's injects and those it may not, what of L2's
 * events is L1's exit and in which order, what an exit saves, aborts, one page through two EPTs of every size.
 */
#include <provenest/vmx_entry.h>
#include <provenest/vmx_ept.h>
#include <provenest/vmx_events.h>

#include "../../vendor/model/vmcs.h"
#include "checks.h"
#include "entry.h"
#include "support.h"

#define BIT(k) (1ull << (k))
#define F(name) n.vmcs12.f[PN_F_##name]
#define V02(name) model_nested()->vmcs02[PN_F_##name]
enum { REGION = 0x3000, LINK = 0x6000, LIST = 0x8000, PAGE = 0x1000 };
enum { REVISION = 0x11, INTERRUPTS = 1, NMIS = 8, VIRTUAL_NMIS = 32 };

static struct pn_nested_vmx n;

/* L2 is running, and L1 has asked for nothing. */
static struct fixture *in_l2(void)
{
    struct fixture *f = fresh();

    model_nested_reset();
    n = (struct pn_nested_vmx){.caps = {.basic = BIT(55) | REVISION, .address_width = 40, .linear_width = 48},
                               .vmxon = true, .vmxon_pointer = 0x2000, .current = REGION, .l2 = true};
    F(EXIT_CTL) = BIT(9);
    F(HOST_CR0) = BIT(31) | BIT(5) | BIT(0);
    F(HOST_CR4) = BIT(5) | BIT(13);
    F(LINK_POINTER) = UINT64_MAX;
    model_nested()->current = PN_VMCS02;
    return f;
}

static bool takes(struct fixture *f, uint32_t info, uint32_t error, uint32_t length)
{
    F(ENTRY_INFO) = info;
    F(ENTRY_ERROR) = error;
    F(ENTRY_LENGTH) = length;
    return pn_nested_take_entry_event(&n, &f->v);
}

static const struct {
    uint32_t info, error, length;
} events[] = {{0x80000051, 0, 0}, {0x80000202, 0, 0}, {0x80000306, 0, 0}, {0x80000301, 0, 0}, {0x80000b0d, 0x18, 0},
              {0x80000b0e, 0xffff, 0}, {0x80000480, 0, 2}, {0x80000402, 0, 15}, {0x80000501, 0, 1}, {0x80000603, 0, 1},
              {0x80000604, 0, 15}};
enum { EVENTS = sizeof events / sizeof events[0] };

/* SDM 26.5.1: it is delivered through L2's IDT, with its error code; a software event returns behind its instruction;
   CR2, DR6 and DR7 stay as they are. */
START_TEST(entry_event_is_delivered)
{
    struct fixture *f = in_l2();
    const uint32_t info = events[_i].info;
    const struct model_seen *seen;

    f->cpu.iflag = true;
    f->cpu.cr2 = 0x99;
    f->cpu.dr6 = 0xffff0ff0;
    f->cpu.dr7 = 0x455;
    ck_assert(takes(f, info, events[_i].error, events[_i].length));
    ck_assert(f->v.injected.origin == PN_BY_L1 && f->cpu.owed);
    sound(f);
    turn(f);
    ck_assert_uint_eq(f->seen, 1);
    seen = last_seen(f);
    ck_assert(seen->injected);
    ck_assert_uint_eq(seen->event.type, info / 0x100 % 8);
    ck_assert_uint_eq(seen->event.vector, info % 0x100);
    ck_assert_int_eq(seen->event.has_error, (info & BIT(11)) != 0);
    ck_assert_uint_eq(seen->event.error, events[_i].error);
    ck_assert_uint_eq(seen->pushed_rip, MODEL_START + events[_i].length);
    ck_assert(seen->cr2 == 0x99 && seen->dr6 == 0xffff0ff0 && seen->dr7 == 0x455);
    ck_assert_int_eq(f->cpu.nmi_blocked, info == 0x80000202);
    ck_assert(f->v.injected.stage == PN_STAGE_NONE);
}
END_TEST

/* SDM 26.8: the entry failed, and there is no event: L1 still has it. */
START_TEST(entry_event_of_a_failed_entry)
{
    struct fixture *f = in_l2();

    pn_nested_refused(&f->v); /* none */
    ck_assert(f->v.injected.stage == PN_STAGE_NONE);
    sound(f);
    f->cpu.iflag = true;
    ck_assert(takes(f, events[_i].info, events[_i].error, events[_i].length));
    pn_nested_refused(&f->v);
    ck_assert(f->v.injected.stage == PN_STAGE_NONE && !f->cpu.owed && !f->cpu.nmi_blocked);
    sound(f);
    turn(f);
    ck_assert_uint_eq(f->seen, 0);
}
END_TEST

/* An NMI that came from outside is not L1's to give again: it waits. */
START_TEST(own_nmi_of_a_refused_entry_waits)
{
    struct fixture *f = in_l2();

    (void)pn_queue_nmi(&f->v);
    ck_assert_int_eq(pn_inject_events(&f->v), PN_ENTER);
    ck_assert(f->cpu.entry && f->v.injected.type == PN_TYPE_NMI && f->v.nmi_pending == 0);
    pn_cancel_injection(&f->v);
    pn_nested_refused(&f->v);
    ck_assert(f->v.injected.stage == PN_STAGE_NONE && f->v.nmi_pending == 1);
    sound(f);
    turn(f);
    ck_assert(f->seen == 1 && last_seen(f)->event.type == PN_TYPE_NMI);
}
END_TEST

/* Nor does the monitor trap flag exit of an entry that failed become another entry's. */
START_TEST(mtf_of_a_refused_entry_is_gone)
{
    struct fixture *f = in_l2();

    ck_assert(takes(f, 0x80000700, 0, 0));
    ck_assert(f->v.mtf_pending);
    pn_nested_refused(&f->v);
    ck_assert(!f->v.mtf_pending);
    sound(f);
    ck_assert_int_ne(turn(f), MODEL_EXIT_MTF);
}
END_TEST

/* SDM 26.5.2: type 7 is a monitor trap flag exit right after the entry, before any instruction of L2's. */
START_TEST(entry_with_pending_mtf)
{
    struct fixture *f = in_l2();

    ck_assert(takes(f, 0x80000700, 0, 0));
    ck_assert(f->v.injected.stage == PN_STAGE_NONE && f->v.mtf_pending);
    sound(f);
    ck_assert_int_eq(turn(f), MODEL_EXIT_MTF);
    ck_assert(f->seen == 0 && f->cpu.rip == MODEL_START);
}
END_TEST

static void refuses(struct fixture *f, uint32_t info, uint32_t error, uint32_t length)
{
    ck_assert_msg(!takes(f, info, error, length), "0x%x, error 0x%x, length %u", info, error, length);
    ck_assert(f->v.injected.stage == PN_STAGE_NONE && !f->cpu.owed && !f->v.mtf_pending);
    sound(f);
}

/* Of all types, vectors and error bits: what the checks accept is taken (PD-001). */
START_TEST(entry_event_accepted_is_taken)
{
    unsigned int taken = 0;

    (void)in_l2();
    n.caps.proc = UINT64_MAX; /* the monitor trap flag, for type 7 */
    n.caps.basic |= BIT(56);  /* error codes as L1 likes */
    for (uint32_t i = 0; i < 0x1000; i++)
        for (uint32_t length = 0; length <= 16; length += length == 1 ? 14 : 1) {
            const uint32_t error = i & 0x800 ? 0xffff : 0, type = i / 0x100 % 8;
            struct fixture *f;

            F(ENTRY_INFO) = 0x80000000 | i;
            F(ENTRY_ERROR) = error;
            F(ENTRY_LENGTH) = length;
            if (!pn_entry_event_ok(&n) || ((type == 0 || type == 4) && i % 16 != 1))
                continue;
            f = fresh();
            f->cpu.iflag = true;
            ck_assert_msg(takes(f, 0x80000000 | i, error, length), "event 0x%x, length %u", i, length);
            ck_assert(type == 7 ? f->v.mtf_pending : f->v.injected.stage == PN_STAGE_INJECTED);
            taken++;
        }
    ck_assert_uint_eq(taken, 4 * 16 + 4 + 4 * 62 + 2 * 16 + 2 + 2 * 2 + 4);
}
END_TEST

/* SDM 26.2.1.3: types, vectors, error codes and lengths that no entry may inject. */
START_TEST(entry_event_malformed)
{
    static const uint32_t infos[] = {0x51, 0xb0e, 0x80000151, 0x80000203, 0x80000220, 0x80000302,
                                     0x80000320, 0x800003ff, 0x80000503, 0x80000600, 0x80000605};
    static const uint32_t soft[] = {0x80000480, 0x80000501, 0x80000603, 0x80000604};
    struct fixture *f = in_l2();

    f->cpu.iflag = true;
    for (size_t k = 0; k < sizeof infos / sizeof infos[0]; k++)
        refuses(f, infos[k], 0, 1);
    for (size_t k = 0; k < sizeof soft / sizeof soft[0]; k++) {
        refuses(f, soft[k], 0, 16);
        refuses(f, soft[k], 0, 255);
        refuses(f, soft[k], 0, 0); /* IA32_VMX_MISC[30] is 0 */
    }
    refuses(f, 0x80000b0e, 0x10000, 0);
}
END_TEST

/* SDM 26.3.1.4 and 26.3.1.5: an interrupt needs IF = 1; it and an NMI, no blocking; nothing enters wait-for-SIPI. */
START_TEST(entry_event_against_guest_state)
{
    static const uint32_t interrupt = 0x80000051, nmi = 0x80000202, fault6 = 0x80000306;
    struct fixture *f = in_l2();

    refuses(f, interrupt, 0, 0);
    f->cpu.iflag = true;
    f->cpu.movss = true;
    refuses(f, interrupt, 0, 0);
    refuses(f, nmi, 0, 0);
    f->cpu.movss = false;
    f->cpu.sti = true;
    refuses(f, interrupt, 0, 0);
    refuses(f, nmi, 0, 0);
    f->cpu.sti = false;
    f->cpu.wfs = true;
    refuses(f, interrupt, 0, 0);
    refuses(f, nmi, 0, 0);
    refuses(f, fault6, 0, 0);
    f->cpu.wfs = false;
    f->cpu.gif = false; /* AMD's; an Intel processor has none, and the rule is one */
    ck_assert(!takes(f, interrupt, 0, 0) && !takes(f, nmi, 0, 0));
    f->cpu.gif = true;
    ck_assert(takes(f, interrupt, 0, 0));
    sound(f);
}
END_TEST

/* An exception is delivered whatever IF and the shadows are. */
START_TEST(exceptions_need_no_window)
{
    for (int k = 0; k < EVENTS; k++) {
        struct fixture *f = in_l2();

        if (events[k].info / 0x100 % 8 < 3)
            continue;
        f->cpu.movss = k % 2 != 0;
        f->cpu.sti = f->cpu.iflag = !f->cpu.movss;
        ck_assert(takes(f, events[k].info, events[k].error, events[k].length));
        sound(f);
        turn(f);
        ck_assert_uint_eq(f->seen, 1);
    }
}
END_TEST

static void l1_gets(struct fixture *f, uint32_t reason, uint32_t info)
{
    ck_assert_int_eq(pn_nested_events(&n, &f->v, false), PN_TURN_L1);
    ck_assert_uint_eq(F(EXIT_REASON), reason);
    ck_assert_uint_eq(F(EXIT_INFO), info);
    ck_assert(!n.l2);
    ck_assert_int_eq(model_nested()->current, PN_VMCS01);
    sound(f);
}

static void l2_goes_on(struct fixture *f, bool timer, enum pn_nested_turn how)
{
    ck_assert_int_eq(pn_nested_events(&n, &f->v, timer), how);
    ck_assert(n.l2);
    sound(f);
}

static void again(void)
{
    n.l2 = true;
    model_nested()->current = PN_VMCS02;
}

/* SDM 25.2: a triple fault is always L1's. */
START_TEST(triple_fault_is_l1s)
{
    struct fixture *f = in_l2();

    pn_queue_triple_fault(&f->v);
    l1_gets(f, 2, 0);
    ck_assert(!f->v.triple_fault);
    again();
    l2_goes_on(f, false, PN_TURN_L2);
}
END_TEST

/* The hypervisor's own shutdown, for a machine check that nobody can take: L2's exception is not given to L1 before. */
START_TEST(shutdown_with_an_exception_behind)
{
    struct fixture *f = in_l2();

    F(EXCEPTION_BITMAP) = UINT32_MAX;
    pn_queue_exception(&f->v, fault(6));
    pn_queue_triple_fault(&f->v);
    ck_assert(f->v.triple_fault && f->v.exception.stage == PN_STAGE_PENDING);
    l2_goes_on(f, false, PN_TURN_L2);
    ck_assert(f->v.triple_fault && f->v.exception.stage == PN_STAGE_PENDING);
}
END_TEST

/* SDM table 6-2, 25.5.2: SMI (the hypervisor's) before INIT before MTF before the NMI. An exit is past the boundary at which the
   MTF exit was due: none is left for L1. */
START_TEST(order_of_the_latched)
{
    struct fixture *f = in_l2();

    F(PIN_CTL) = NMIS | VIRTUAL_NMIS;
    pn_queue_nmi(&f->v);
    pn_queue_mtf(&f->v);
    pn_queue_init(&f->v);
    pn_queue_smi(&f->v);
    l2_goes_on(f, false, PN_TURN_L2);
    ck_assert(f->v.smi_pending && f->v.init_pending && f->v.mtf_pending && f->v.nmi_pending == 1);
    f = in_l2();
    F(PIN_CTL) = NMIS | VIRTUAL_NMIS;
    pn_queue_nmi(&f->v);
    pn_queue_mtf(&f->v);
    pn_queue_init(&f->v);
    l1_gets(f, 3, 0);
    ck_assert(!f->v.init_pending && !f->v.mtf_pending);
    again();
    pn_queue_mtf(&f->v);
    l1_gets(f, 37, 0);
    ck_assert(!f->v.mtf_pending && f->v.nmi_pending == 1);
    again();
    l1_gets(f, 0, 0x80000202);
    again();
    l2_goes_on(f, false, PN_TURN_L2);
}
END_TEST

/* KVM's museum, row 17: an exception that goes to L1 takes a pending MTF exit with it, raised by the hypervisor or queued. */
START_TEST(mtf_is_not_left_for_l1)
{
    for (int raised = 0; raised < 2; raised++) {
        struct fixture *f = in_l2();

        F(EXCEPTION_BITMAP) = UINT32_MAX;
        pn_queue_mtf(&f->v);
        if (raised) {
            ck_assert_int_eq(pn_nested_raise(&n, &f->v, fault(6)), PN_TURN_L1);
        } else {
            pn_queue_exception(&f->v, fault(6));
            l1_gets(f, 0, 0x80000306);
        }
        ck_assert(!f->v.mtf_pending && f->v.exception.stage == PN_STAGE_NONE);
        sound(f);
        ck_assert_int_ne(turn(f), MODEL_EXIT_MTF);
    }
}
END_TEST

/* SDM 34.2: SMIs and INITs are blocked in SMM. A debugger's hold is of SMIs, not of INITs. */
START_TEST(blocked_smi_and_init)
{
    struct fixture *f = in_l2();

    f->cpu.smm = true;
    pn_queue_smi(&f->v);
    pn_queue_init(&f->v);
    l2_goes_on(f, false, PN_TURN_L2);
    ck_assert(f->v.init_pending);
    pn_queue_mtf(&f->v);
    l1_gets(f, 37, 0);
    ck_assert(f->v.smi_pending && f->v.init_pending);
    f->cpu.smm = false;
    pn_hold_events(&f->v, true);
    again();
    l1_gets(f, 3, 0);
    ck_assert(f->v.smi_pending);
}
END_TEST

/* SDM table 6-2, 26.7.3: a debug trap ranks below INIT and MTF, and stays in the pending debug exceptions. */
START_TEST(debug_trap_behind_init_and_mtf)
{
    for (int mtf = 0; mtf < 2; mtf++) {
        struct fixture *f = in_l2();

        F(EXCEPTION_BITMAP) = BIT(1);
        pn_queue_exception(&f->v, debug(PN_DB_SINGLE_STEP, BIT(14) | 2));
        if (mtf)
            pn_queue_mtf(&f->v);
        else
            pn_queue_init(&f->v);
        f->cpu.dr6 = 0xffff0ff0;
        l1_gets(f, mtf ? 37 : 3, 0);
        ck_assert(f->cpu.bs && f->cpu.hits % 16 == 2 && f->v.exception.stage == PN_STAGE_NONE);
        ck_assert_uint_eq(f->cpu.dr6, 0xffff0ff0);
    }
}
END_TEST

/* ... and above the timer, an NMI and an interrupt. L1's exit has the qualification; DR6 stays (SDM 27.1). */
START_TEST(debug_trap_before_the_rest)
{
    struct fixture *f = in_l2();

    F(PIN_CTL) = INTERRUPTS | NMIS | VIRTUAL_NMIS;
    F(EXCEPTION_BITMAP) = BIT(1);
    f->cpu.dr6 = 0xffff0ff0;
    f->v.interrupt_waiting = true;
    pn_queue_nmi(&f->v);
    pn_queue_exception(&f->v, debug(PN_DB_SINGLE_STEP, BIT(14)));
    ck_assert_int_eq(pn_nested_events(&n, &f->v, true), PN_TURN_L1);
    ck_assert(F(EXIT_REASON) == 0 && F(EXIT_INFO) == 0x80000301 && F(EXIT_QUALIFICATION) == BIT(14));
    ck_assert(f->cpu.dr6 == 0xffff0ff0 && f->v.nmi_pending == 1);
    sound(f);
    f = in_l2();
    pn_queue_exception(&f->v, debug(PN_DB_SINGLE_STEP, BIT(14)));
    l2_goes_on(f, false, PN_TURN_L2);
    l2_goes_on(f, true, PN_TURN_L2_BRIEFLY);
}
END_TEST

/* An exception that L1 has not asked for is L2's, and comes before what L1 waits for. */
START_TEST(exception_of_l2s_own)
{
    struct fixture *f = in_l2();

    F(EXCEPTION_BITMAP) = BIT(13);
    pn_queue_exception(&f->v, fault(6));
    l2_goes_on(f, false, PN_TURN_L2);
    l2_goes_on(f, true, PN_TURN_L2_BRIEFLY);
    f->v.interrupt_waiting = true;
    l2_goes_on(f, false, PN_TURN_L2); /* L1 does not want interrupts */
    F(PIN_CTL) = INTERRUPTS;
    l2_goes_on(f, false, PN_TURN_L2_BRIEFLY);
    F(PIN_CTL) = NMIS;
    l2_goes_on(f, false, PN_TURN_L2);
    pn_queue_nmi(&f->v);
    l2_goes_on(f, false, PN_TURN_L2_BRIEFLY);
    turn(f);
    ck_assert(last_seen(f)->event.vector == 6);
}
END_TEST

/* SDM 27.2.1, 27.2.5: what an exit that L0 makes has nothing to say of is 0, whatever the exit before it left there. */
START_TEST(exits_that_say_nothing_else)
{
    static const int fields[] = {PN_F_EXIT_INFO,        PN_F_EXIT_ERROR,         PN_F_EXIT_LENGTH,
                                 PN_F_INSTRUCTION_INFO, PN_F_EXIT_QUALIFICATION, PN_F_GUEST_LINEAR_ADDRESS,
                                 PN_F_GUEST_PHYSICAL,   PN_F_VECTORING_INFO,     PN_F_VECTORING_ERROR};

    for (int what = 0; what < 3; what++) {
        struct fixture *f = in_l2();

        for (int k = 0; k < 9; k++)
            n.vmcs12.f[fields[k]] = 0x77;
        if (what == 0)
            pn_queue_mtf(&f->v);
        else if (what == 1)
            pn_queue_init(&f->v);
        else
            pn_queue_triple_fault(&f->v);
        l1_gets(f, what == 0 ? 37 : what == 1 ? 3 : 2, 0);
        for (int k = 0; k < 9; k++)
            ck_assert_uint_eq(n.vmcs12.f[fields[k]], 0);
    }
}
END_TEST

/* SDM 27.2.5: all that the processor said of the instruction. */
START_TEST(exit_of_an_instruction)
{
    struct fixture *f = in_l2();
    const struct pn_l2_exit x = {.reason = 46,
                                 .length = 7,
                                 .instruction_info = 0x12345,
                                 .qualification = 0x99,
                                 .linear = 0x77,
                                 .physical = 0x88};

    F(INSTRUCTION_INFO) = 0x54321;
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, x).kind, PN_VMX_SUCCEED);
    ck_assert(F(EXIT_REASON) == 46 && F(EXIT_LENGTH) == 7 && F(INSTRUCTION_INFO) == 0x12345 &&
              F(EXIT_QUALIFICATION) == 0x99);
    ck_assert(F(GUEST_LINEAR_ADDRESS) == 0x77 && F(GUEST_PHYSICAL) == 0x88 && F(EXIT_INFO) == 0);
}
END_TEST

/* SDM 27.2.2: type, length and error code of the exception in L1's exit. */
START_TEST(exception_exits_in_full)
{
    struct fixture *f = in_l2();

    F(EXCEPTION_BITMAP) = UINT32_MAX;
    pn_queue_exception(&f->v, breakpoint());
    l1_gets(f, 0, 0x80000603);
    ck_assert_uint_eq(F(EXIT_LENGTH), 1);
    ck_assert_uint_eq(F(EXIT_QUALIFICATION), 0);
    again();
    pn_queue_exception(&f->v, fault_with(13, 0x12345678));
    l1_gets(f, 0, 0x80000b0d);
    ck_assert_uint_eq(F(EXIT_ERROR), 0x5678); /* bits 31:16 are 0 */
}
END_TEST

/* SDM 24.6.1: NMI exiting without virtual NMIs leaves blocked NMIs blocked. What a debugger holds waits too. */
START_TEST(nmi_and_interrupt_that_wait)
{
    struct fixture *f = in_l2();

    F(PIN_CTL) = NMIS;
    pn_queue_nmi(&f->v);
    f->cpu.nmi_blocked = true;
    l2_goes_on(f, false, PN_TURN_L2);
    pn_hold_events(&f->v, true);
    f->cpu.nmi_blocked = false;
    l2_goes_on(f, false, PN_TURN_L2);
    f->v.interrupt_waiting = true;
    F(PIN_CTL) = NMIS | INTERRUPTS;
    l2_goes_on(f, false, PN_TURN_L2);
    pn_hold_events(&f->v, false);
    l1_gets(f, 0, 0x80000202);
    again();
    l1_gets(f, 1, 0);
}
END_TEST

/* The controller has withdrawn the interrupt: there is no exit without one (SDM 25.2). */
START_TEST(interrupt_withdrawn)
{
    struct fixture *f = in_l2();

    F(PIN_CTL) = INTERRUPTS;
    F(EXIT_CTL) |= BIT(15);
    f->v.interrupt_waiting = true;
    l2_goes_on(f, false, PN_TURN_L2);
    ck_assert(!f->v.interrupt_waiting);
}
END_TEST

START_TEST(interrupted_event_first)
{
    struct fixture *f = in_l2();

    F(PIN_CTL) = INTERRUPTS;
    ck_assert(takes(f, 0x80000306, 0, 0));
    l2_goes_on(f, false, PN_TURN_L2);
    l2_goes_on(f, true, PN_TURN_L2_BRIEFLY);
    pn_queue_init(&f->v);
    l2_goes_on(f, false, PN_TURN_L2);
    ck_assert(f->v.init_pending);
}
END_TEST

static void aborts(struct pn_outcome o, uint64_t code)
{
    ck_assert_int_eq(o.kind, PN_VMX_ABORT);
    ck_assert_uint_eq(*model_word(REGION), code << 32 | REVISION); /* SDM 24.2: the VMX-abort indicator */
    ck_assert_int_eq(model_nested()->current, PN_VMCS01);
    *model_word(REGION) = 0;
}

static struct pn_l2_exit cpuid(void)
{
    return (struct pn_l2_exit){.reason = 10, .length = 2};
}

/* SDM 27.7. */
START_TEST(vmx_aborts)
{
    struct fixture *f = in_l2();

    F(EXIT_STORE_COUNT) = 1;
    F(EXIT_STORE_ADDR) = LIST + 8;
    aborts(pn_nested_exit(&n, &f->v, cpuid()), 1);
    again();
    ck_assert_int_eq(pn_nested_events(&n, &f->v, true), PN_TURN_ABORT);
    f = in_l2();
    F(EXIT_LOAD_COUNT) = 1;
    F(EXIT_LOAD_ADDR) = LIST;
    *model_word(LIST) = 0x12345; /* no such MSR */
    aborts(pn_nested_exit(&n, &f->v, cpuid()), 4);
    aborts(pn_entry_failure(&n, 33, 0, false), 4);
    f = in_l2();
    F(EXIT_CTL) = 0; /* a 32-bit host of a 64-bit guest */
    F(HOST_CR4) = BIT(13);
    V02(ENTRY_CTL) = BIT(9);
    aborts(pn_nested_exit(&n, &f->v, cpuid()), 6);
    f = in_l2();
    F(EXIT_CTL) = 0;
    F(HOST_CR4) = BIT(13);
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, cpuid()).kind, PN_VMX_SUCCEED);
}
END_TEST

static uint64_t blocking(uint64_t pin, uint64_t l2, struct pn_l2_exit x)
{
    struct fixture *f = in_l2();

    F(PIN_CTL) = pin;
    V02(GUEST_INTERRUPTIBILITY) = l2;
    ck_assert_int_eq(pn_nested_exit(&n, &f->v, x).kind, PN_VMX_SUCCEED);
    sound(f);
    return F(GUEST_INTERRUPTIBILITY);
}

/* SDM 27.2.2, 27.2.1: bit 12 says that an IRET had unblocked NMIs; without it what L2 had is saved. */
START_TEST(nmi_unblocking_due_to_iret)
{
    ck_assert_uint_eq(blocking(0, 8, (struct pn_l2_exit){.info = 0x80001306}), 0);
    ck_assert_uint_eq(blocking(0, 8, (struct pn_l2_exit){.info = 0x80000306}), 8);
    ck_assert_uint_eq(blocking(0, 8, (struct pn_l2_exit){.reason = 48, .qualification = BIT(12)}), 0);
    ck_assert_uint_eq(blocking(0, 0, (struct pn_l2_exit){.reason = 48, .qualification = BIT(12)}), 0);
    ck_assert_uint_eq(blocking(0, 8, (struct pn_l2_exit){.reason = 48}), 8);
    ck_assert_uint_eq(blocking(0, 8, (struct pn_l2_exit){.reason = 10, .qualification = BIT(12)}), 8);
}
END_TEST

/* SDM 27.5.5: an exit for an NMI blocks NMIs, another leaves them; virtual-NMI blocking is not the host's. */
START_TEST(nmi_blocking_of_the_host)
{
    static const struct {
        uint64_t pin, l2, host;
        struct pn_l2_exit x;
    } rows[] = {{NMIS, 0, 8, {.info = 0x80000202}}, {NMIS | VIRTUAL_NMIS, 0, 8, {.info = 0x80000202}},
                {NMIS, 0, 0, {.info = 0x80000306}}, {NMIS, 8, 8, {.info = 0x80000306}},
                {NMIS | VIRTUAL_NMIS, 8, 0, {.info = 0x80000306}}, {NMIS, 0, 0, {.info = 0x202}},
                {NMIS, 8, 8, {.reason = 10}}, {NMIS | VIRTUAL_NMIS, 8, 0, {.reason = 10}}};

    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        (void)blocking(rows[k].pin, rows[k].l2, rows[k].x);
        ck_assert_uint_eq(model_nested()->vmcs01[PN_F_GUEST_INTERRUPTIBILITY] & 8, rows[k].host);
    }
}
END_TEST

/* SDM 24.7.2: the address has bits 3:0 clear and no bit beyond the processor's addresses. */
START_TEST(msr_store_refuses)
{
    (void)in_l2();
    ck_assert(pn_store_msrs(LIST + 8, 0)); /* nothing to store: the address is not looked at */
    ck_assert(!pn_store_msrs(LIST + 8, 1));
    ck_assert(!pn_store_msrs(BIT(52), 1));
    ck_assert(!pn_store_msrs(LIST, 513)); /* appendix A.6: 512 are supported */
    *model_word(LIST) = 0x12345;
    *model_word(LIST + 8) = 7;
    ck_assert(!pn_store_msrs(LIST, 1));
    ck_assert_uint_eq(*model_word(LIST + 8), 7);
    *model_word(LIST) = 0x800; /* SDM 27.4: x2APIC */
    model_msr(0x800);
    ck_assert(!pn_store_msrs(LIST, 1));
    *model_word(LIST) = BIT(32) | 0x174;
    model_msr(0x174);
    ck_assert(!pn_store_msrs(LIST, 1));
}
END_TEST

/* SDM 27.2: "IA-32e mode guest" is saved as L2 left it; what L1 has not asked for and L2 has not changed is no work. */
START_TEST(save_of_mode_and_clean_groups)
{
    for (unsigned int k = 0; k < 4; k++) {
        struct fixture *f = in_l2();

        F(ENTRY_CTL) = 0x11fb | (k & 1 ? BIT(9) : 0);
        V02(ENTRY_CTL) = 0xd1fb | (k & 2 ? BIT(9) : 0);
        pn_nested_exit(&n, &f->v, cpuid());
        ck_assert_uint_eq(F(ENTRY_CTL), 0x11fb | (k & 2 ? BIT(9) : 0));
        ck_assert_uint_eq(n.dirty, k == 1 || k == 2 ? 1u << PN_GROUP_EXIT : 0);
    }
}
END_TEST

/* Each register by itself: lost, and the next entry writes its group. */
START_TEST(lost_registers_are_dirty)
{
    static const int fields[] = {PN_F_GUEST_DR7, PN_F_GUEST_DEBUGCTL, PN_F_GUEST_PAT, PN_F_GUEST_EFER,
                                 PN_F_PREEMPTION_TIMER};

    for (int k = 0; k < 5; k++) {
        struct fixture *f = in_l2();

        model_nested()->vmcs02[fields[k]] = 0x400;
        pn_nested_exit(&n, &f->v, cpuid());
        ck_assert_uint_eq(n.vmcs12.f[fields[k]], 0);
        ck_assert_uint_eq(n.dirty, 1u << (k == 4 ? PN_GROUP_OTHER : PN_GROUP_REGISTERS));
    }
}
END_TEST

/* SDM 27.3.1: PDPTEs are saved if L2 uses PAE paging, as it is at the exit, under an EPT of L1's; 32 cases. */
START_TEST(save_of_pdptes)
{
    for (unsigned int k = 0; k < 32; k++) {
        struct fixture *f = in_l2();
        const bool saved = (k & 15) == 15 && !(k & 16);

        F(PROC_CTL) = k & 1 ? BIT(31) : 0;
        F(PROC2_CTL) = k & 2 ? BIT(1) : 0;
        V02(GUEST_CR0) = k & 4 ? BIT(31) | 1 : 1;
        V02(GUEST_CR4) = k & 8 ? BIT(5) : 0;
        V02(ENTRY_CTL) = k & 16 ? BIT(9) : 0;
        for (int i = 0; i < 4; i++) {
            n.vmcs12.f[PN_F_GUEST_PDPTR0 + i] = 0x1001;
            model_nested()->vmcs02[PN_F_GUEST_PDPTR0 + i] = 0x5001u + 0x1000u * (unsigned)i;
        }
        ck_assert_int_eq(pn_nested_exit(&n, &f->v, cpuid()).kind, PN_VMX_SUCCEED);
        for (unsigned int i = 0; i < 4; i++)
            ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_PDPTR0 + i], saved ? 0x5001 + 0x1000 * i : 0x1001);
        ck_assert_int_eq(pn_pdptrs_in_use(&n), saved);
        ck_assert_int_eq(pn_l1_has_ept(&n), (k & 3) == 3);
    }
}
END_TEST

/* SDM 26.3.1.5, 26.3.1.6: the words of L1's memory that an entry checks. */
START_TEST(guest_memory_is_read)
{
    struct pn_guest_memory m;

    (void)in_l2();
    *model_word(LINK) = 0xabc;
    m = pn_read_guest_memory(&n);
    ck_assert(m.link == 0 && m.pdpte[0] == 0 && m.pdpte[3] == 0);
    F(LINK_POINTER) = LINK;
    m = pn_read_guest_memory(&n);
    ck_assert_uint_eq(m.link, 0xabc);
    F(LINK_POINTER) = LINK + 8; /* not a page: nothing there is read */
    ck_assert_uint_eq(pn_read_guest_memory(&n).link, 0);
    F(GUEST_CR0) = BIT(31) | 1;
    F(GUEST_CR4) = BIT(5);
    F(GUEST_CR3) = LIST + 0x20 + 0x1f; /* bits 31:5 */
    for (unsigned int i = 0; i < 4; i++)
        *model_word(LIST + 0x20 + 8 * i) = 0x7001 + i * PAGE;
    m = pn_read_guest_memory(&n);
    for (unsigned int i = 0; i < 4; i++)
        ck_assert_uint_eq(m.pdpte[i], 0x7001 + i * PAGE);
}
END_TEST

/* SDM 30.3: no VMX operation, #UD, and no entry; the checks are done again at the next. */
START_TEST(entry_outside_vmx_operation)
{
    const struct pn_l1_mode mode = {.cr0 = 0x80000021, .cr4 = 0x2020, .rflags = 2, .long_mode = true, .cs_long = true};
    const struct pn_l0_wants l0 = {0};
    struct pn_outcome o;

    (void)in_l2();
    n.l2 = false;
    n.dirty = UINT32_MAX; /* nothing of it has been looked at */
    model_nested()->current = PN_VMCS01;
    n.vmxon = false;
    n.current = PN_NO_VMCS;
    o = pn_nested_enter(&n, mode, true, l0);
    ck_assert(o.kind == PN_VMX_FAULT && o.vector == 6);
    ck_assert(!n.l2 && !n.entry_pending && !n.checked);
    n.vmxon = true; /* and no current VMCS: VMfailInvalid */
    ck_assert_int_eq(pn_nested_enter(&n, mode, true, l0).kind, PN_VMX_FAIL_INVALID);
    ck_assert(!n.l2);
    ck_assert_uint_eq(model_nested()->writes02, 0);
}
END_TEST

/* Only the first exit of an entry that succeeded makes vmcs12 clean and launched. */
START_TEST(entered_once)
{
    (void)in_l2();
    n.dirty = 5;
    pn_nested_entered(&n, false); /* a later exit of L2 */
    ck_assert(n.dirty == 5 && !n.launched && !n.pdptrs_held);
    n.entry_pending = true;
    n.dirty |= 1u << PN_HAS_SEGMENTS; /* as pn_save_segments02 leaves it */
    pn_nested_entered(&n, true);
    ck_assert(n.dirty == UINT32_MAX && !n.launched && !n.entry_pending && !n.checked); /* nothing is known */
    n.entry_pending = true;
    pn_nested_entered(&n, false);
    ck_assert(n.dirty == 0 && n.launched && n.pdptrs_held && !n.entry_pending);
}
END_TEST

/* SDM 28.2.2: the address goes through both walks; EPT02 maps the smaller of the two pages. */
START_TEST(ept_sizes)
{
    static const uint8_t sizes[] = {12, 21, 30};
    const uint64_t address = 0x7fedcba987;

    for (int k = 0; k < 9; k++) {
        const struct pn_leaf guest = {.frame = 0x1c0000000, .size = sizes[k / 3], .rights = 7, .type = 6};
        const struct pn_leaf host = {.frame = 0x2c0000000, .size = sizes[k % 3], .rights = 7, .type = 6};
        const struct pn_leaf leaf = pn_compose(guest, host, address);
        const uint64_t middle = guest.frame | (address & (BIT(guest.size) - 1));
        const uint64_t machine = host.frame | (middle & (BIT(host.size) - 1));

        ck_assert_uint_eq(leaf.size, guest.size < host.size ? guest.size : host.size);
        ck_assert_uint_eq(leaf.frame, machine & ~(BIT(leaf.size) - 1));
    }
}
END_TEST

/* A right is there if both grant it. WB gives way to any other memory type; two others that differ make UC. */
START_TEST(ept_rights_and_types)
{
    static const uint8_t types[] = {0, 1, 4, 5, 6};
    struct pn_leaf guest = {.frame = PAGE, .size = 12}, host = {.frame = 2 * PAGE, .size = 12}, leaf;

    for (unsigned int k = 0; k < 64; k++) {
        guest.rights = k % 8;
        host.rights = (uint8_t)(k / 8);
        ck_assert_uint_eq(pn_compose(guest, host, 0).rights, guest.rights & host.rights);
    }
    for (int k = 0; k < 25; k++) {
        const uint8_t g = types[k / 5], h = types[k % 5];

        guest.type = g;
        host.type = h;
        guest.ignore_pat = k % 2 != 0;
        host.ignore_pat = k % 3 == 0;
        leaf = pn_compose(guest, host, 0);
        ck_assert_uint_eq(leaf.type, g == h ? g : g == 6 ? h : h == 6 ? g : 0);
        ck_assert_int_eq(leaf.ignore_pat, guest.ignore_pat || host.ignore_pat);
    }
}
END_TEST

TCase *vmx_more_tests(void)
{
    TCase *t = tcase_create("vmx_more");

    tcase_add_loop_test(t, entry_event_is_delivered, 0, EVENTS);
    tcase_add_loop_test(t, entry_event_of_a_failed_entry, 0, EVENTS);
    tcase_add_test(t, own_nmi_of_a_refused_entry_waits);
    tcase_add_test(t, mtf_of_a_refused_entry_is_gone);
    tcase_add_test(t, entry_with_pending_mtf);
    tcase_add_test(t, entry_event_accepted_is_taken);
    tcase_add_test(t, entry_event_malformed);
    tcase_add_test(t, entry_event_against_guest_state);
    tcase_add_test(t, exceptions_need_no_window);
    tcase_add_test(t, triple_fault_is_l1s);
    tcase_add_test(t, shutdown_with_an_exception_behind);
    tcase_add_test(t, order_of_the_latched);
    tcase_add_test(t, mtf_is_not_left_for_l1);
    tcase_add_test(t, blocked_smi_and_init);
    tcase_add_test(t, debug_trap_behind_init_and_mtf);
    tcase_add_test(t, debug_trap_before_the_rest);
    tcase_add_test(t, exception_of_l2s_own);
    tcase_add_test(t, exits_that_say_nothing_else);
    tcase_add_test(t, exit_of_an_instruction);
    tcase_add_test(t, exception_exits_in_full);
    tcase_add_test(t, nmi_and_interrupt_that_wait);
    tcase_add_test(t, interrupt_withdrawn);
    tcase_add_test(t, interrupted_event_first);
    tcase_add_test(t, vmx_aborts);
    tcase_add_test(t, nmi_unblocking_due_to_iret);
    tcase_add_test(t, nmi_blocking_of_the_host);
    tcase_add_test(t, msr_store_refuses);
    tcase_add_test(t, save_of_mode_and_clean_groups);
    tcase_add_test(t, lost_registers_are_dirty);
    tcase_add_test(t, save_of_pdptes);
    tcase_add_test(t, guest_memory_is_read);
    tcase_add_test(t, entry_outside_vmx_operation);
    tcase_add_test(t, entered_once);
    tcase_add_test(t, ept_sizes);
    tcase_add_test(t, ept_rights_and_types);
    return t;
}
