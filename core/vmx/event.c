/* SPDX-License-Identifier: BSD-2-Clause
 * Events while L2 runs (SDM vol. 3C 25.2, 26.5, 26.7, 27.2): chosen first, then taken out of `v`, then the exit. */
#include <provenest/vmx_events.h>

#include "../event/bits.h"
#include "../event/encode.h"
#include "../event/record.h"
#include "../event/windows.h"
#include "event.h"
#include "route.h"

enum { ACKNOWLEDGE = 15 };
enum { EXIT_EXCEPTION = 0, EXIT_INTERRUPT = 1, EXIT_SHUTDOWN = 2, EXIT_INIT = 3, EXIT_MTF = 37, EXIT_TIMER = 52 };
#define NMI_INFO 0x80000202u
#define INTERRUPT_INFO 0x80000000u

/*@ terminates \true; exits \false; assigns \nothing;
    ensures bare: \result.reason == reason && \result.info == info && \result.qualification == 0 && \result.error == 0 &&
            \result.length == 0; */
static struct pn_l2_exit plain_exit(uint32_t reason, uint32_t info)
{
    struct pn_l2_exit x;

    x.reason = reason;
    x.info = info;
    x.error = 0;
    x.length = 0;
    x.instruction_info = 0;
    x.qualification = 0;
    x.linear = 0;
    x.physical = 0;
    return x;
}

/* An error code in protected mode only. */
/*@ requires type: e.type <= 7;
    terminates \true; exits \false; assigns \nothing;
    ensures info: \result == nx032_info(e, pe); */
static uint32_t exception_info(struct pn_event e, bool pe)
{
    e.has_error = e.has_error && pe;
    return pn_vmx_entry_info(e);
}

/* The exit for an exception: its payload is the qualification; an error code of 16 bits, in protected mode only. */
/*@ requires type: e.type <= 7;
    terminates \true; exits \false; assigns \nothing;
    ensures exception: \result.reason == 0;
    ensures info: \result.info == nx032_info(e, dev_pe);
    ensures error: \result.error == nx032_error(e, dev_pe);
    ensures payload: \result.qualification == (e.has_payload != 0 ? e.payload : 0);
    ensures length: \result.length == e.length; */
static struct pn_l2_exit exception_exit(struct pn_event e)
{
    const bool pe = pn_hw_pe();
    struct pn_l2_exit x = plain_exit(EXIT_EXCEPTION, exception_info(e, pe));

    if (e.has_error && pe)
        x.error = e.error % 0x10000u;
    if (e.has_payload)
        x.qualification = e.payload;
    x.length = e.length;
    return x;
}

/* One of the latched kinds is L1's now. */
/*@ requires kind: type <= 10;
    terminates \true; exits \false; assigns led_reported, led_dropped;
    ensures counted: n_reported == \old(n_reported) + 1;
    ensures no_payload: n_dropped == \old(n_dropped); */
static void report(uint8_t type, uint8_t vector)
{
    pn_ledger_reported(pn_event_make(PN_STAGE_PENDING, type, vector));
}

/* INIT and a pending MTF exit leave a debug trap of L2's in its pending debug exceptions, where the exit saves it. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires trap: has_exception(*v) ==> low_trap(v->exception);
    terminates \true; exits \false; assigns v->exception.stage, dev_breakpoints, dev_bs, led_delivered, led_dropped;
    ensures inv: pn_inv(*v);
    ensures none: v->exception.stage == PN_STAGE_NONE;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v); */
static void put_trap_away(struct pn_vcpu *v)
{
    if (v->exception.stage == PN_STAGE_PENDING)
        pn_hold_trap(v);
}

/* Take what was chosen out of `v`. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0 && dev_entry == 0;
    requires chosen: SHUTDOWN <= what <= NMI && v->injected.stage == PN_STAGE_NONE;
    requires shutdown: what == SHUTDOWN ==> v->triple_fault != 0;
    requires exception: what == EXCEPTION ==> has_exception(*v);
    requires init: what == INIT ==> v->init_pending != 0;
    requires mtf: what == MTF ==> v->mtf_pending != 0;
    requires nmi: what == NMI ==> v->nmi_pending > 0;
    requires trap: what == INIT || what == MTF ==> has_exception(*v) ==> low_trap(v->exception);
    requires nothing: what == TIMER || what == NMI ==> !has_exception(*v);
    requires no_exception_with_shutdown: what == SHUTDOWN ==> !has_exception(*v);
    terminates \true; exits \false;
    assigns v->exception, v->triple_fault, v->init_pending, v->mtf_pending, v->nmi_pending, dev_breakpoints, dev_bs, dev_cr2,
            dev_dr6, dev_dr7, dev_applied, led_reported, led_dropped, led_delivered;
    ensures inv: pn_inv(*v);
    ensures none: v->exception.stage == PN_STAGE_NONE;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures no_mtf: v->mtf_pending == 0;
    ensures shutdown: what == SHUTDOWN ==> \result.reason == 2 && \result.info == 0 && v->triple_fault == 0;
    ensures exception: what == EXCEPTION ==> nx032_exit(\result, \old(v->exception), dev_pe) && n_applied == \old(n_applied);
    ensures init: what == INIT ==> \result.reason == 3 && v->init_pending == 0;
    ensures mtf: what == MTF ==> \result.reason == 37;
    ensures timer: what == TIMER ==> \result.reason == 52;
    ensures nmi: what == NMI ==> \result.reason == 0 && \result.info == 0x80000202 && v->nmi_pending == \old(v->nmi_pending) - 1;
    ensures not_written: dev_cr2 == \old(dev_cr2) && dev_dr6 == \old(dev_dr6) && dev_dr7 == \old(dev_dr7); */
static struct pn_l2_exit take(struct pn_vcpu *v, enum pn_choice what)
{
    struct pn_l2_exit x = plain_exit(EXIT_TIMER, 0);
    struct pn_event e;

    switch (what) {
    case SHUTDOWN:
        v->triple_fault = false;
        report(PN_TYPE_HARD_EXCEPTION, PN_VECTOR_DF);
        x.reason = EXIT_SHUTDOWN;
        break;
    case EXCEPTION:
        e = pn_intercept_exception(v);
        x = exception_exit(e);
        break;
    case INIT:
        put_trap_away(v);
        v->init_pending = false;
        report(PN_TYPE_INIT, 0);
        x.reason = EXIT_INIT;
        break;
    case MTF:
        put_trap_away(v);
        x.reason = EXIT_MTF;
        break;
    case NMI:
        v->nmi_pending--;
        report(PN_TYPE_NMI, PN_VECTOR_NMI);
        x.reason = EXIT_EXCEPTION;
        x.info = NMI_INFO;
        break;
    default:
        break;
    }
    pn_pass_mtf_by(v);
    return x;
}

/* Where things stand after the exit; of what the exit says, the words that the order of events is about. `alone`: it interrupted
   no delivery. */
/*@ requires nested: \valid_read(n);
    requires said: pn_exit_said(n, x);
    requires alone: alone != 0 ==> pn_says_nothing_interrupted(n, x);
    terminates \true; exits \false; assigns \nothing;
    ensures reason: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason;
    ensures info: n->vmcs12.f[PN_F_EXIT_INFO] == x.info;
    ensures error: n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
    ensures qualification: n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification;
    ensures alone: alone != 0 ==>
            info_valid(n->vmcs12.f[PN_F_VECTORING_INFO]) == 0 && n->vmcs12.f[PN_F_EXIT_LENGTH] == x.length;
    ensures abort: \result == PN_TURN_ABORT <==> o.kind == PN_VMX_ABORT;
    ensures turn: \result == PN_TURN_L1 || \result == PN_TURN_ABORT; */
static enum pn_nested_turn turn_of(const struct pn_nested_vmx *n, struct pn_l2_exit x, struct pn_outcome o, bool alone)
{
    (void)n, (void)x, (void)alone; /* the contract speaks of them */
    return o.kind == PN_VMX_ABORT ? PN_TURN_ABORT : PN_TURN_L1;
}

/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires l2: n->l2 != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02;
    requires not_programmed: dev_entry == 0;
    requires nothing_raised: v->exception.stage == PN_STAGE_NONE;
    requires not_taken_back: has_injected(*v) ==> v->cancelled == 0;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], n->dirty, n->launched, n->l2, n->entry_pending, v->injected.stage,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf,
            dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs, dev_breakpoints, dev_rip, dev_at,
            dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2, dev_owed, led_reported, dev_reads, dev_memory, dev_writes,
            dev_msrs, dev_msr_journal;
    ensures inv: pn_inv(*v);
    ensures nested_inv: pn_nested_inv(n);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures left: n->l2 == 0 && (\result == PN_TURN_L1 || \result == PN_TURN_ABORT);
    ensures l1_next: pn_l1_next(n, \old(n->vmcs12), \old(n->dirty));
    ensures stands: pn_stands(n, \old(n->vmcs12));
    ensures same02: pn_same02{Pre, Post};
    ensures event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO]));
    ensures said: pn_exit_said(n, x);
    ensures reason: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason;
    ensures info: n->vmcs12.f[PN_F_EXIT_INFO] == x.info;
    ensures error: n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
    ensures qualification: n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification;
    ensures alone: !\old(has_injected(*v)) ==>
            info_valid(n->vmcs12.f[PN_F_VECTORING_INFO]) == 0 && n->vmcs12.f[PN_F_EXIT_LENGTH] == x.length;
    ensures kept: v->mtf_pending == \old(v->mtf_pending) && v->exception.stage == PN_STAGE_NONE;
    ensures handed_over: v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures nothing_interrupted: !\old(has_injected(*v)) ==> pn_says_nothing_interrupted(n, x);
    ensures interrupted: \old(has_injected(*v)) ==> pn_says_interrupted(n, x, \old(v->injected));
    ensures long_mode: \result == PN_TURN_L1 ==> !pn_leaves_long_mode(n);
    ensures abort_reason: \result == PN_TURN_ABORT ==> pn_exit_aborted{Pre, Post}(n); */
static enum pn_nested_turn leave(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    const bool alone = v->injected.stage != PN_STAGE_INJECTED;
    const struct pn_outcome o = pn_nested_exit(n, v, x);

    /*@ assert event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \at(n->vmcs12, Pre).f[PN_F_ENTRY_INFO]); */
    /*@ assert sound: pn_exit_sound(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
    /*@ assert next: pn_l1_next(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
    return turn_of(n, x, o, alone);
}

/* With "acknowledge interrupt on exit" the vector is in the exit information, and the controller has it in service; else the
   interrupt still waits, now for L1. Reason 0: it was withdrawn meanwhile. */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires nothing: dev_entry == 0 && dev_owed == 0;
    terminates \true; exits \false; assigns v->interrupt_waiting, dev_asked, dev_acked_vector, dev_withdrawn;
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures exit: \result.reason == 1 || \result.reason == 0;
    ensures acknowledged: \result.reason != 0 && bit(exit, 15) ==> v->interrupt_waiting == 0 &&
            \result.info == 0x80000000 + dev_acked_vector;
    ensures asked: bit(exit, 15) ==> n_asked == \old(n_asked) + 1;
    ensures withdrawn: \result.reason == 0 ==> v->interrupt_waiting == 0 && dev_withdrawn != 0;
    ensures not_acknowledged: !bit(exit, 15) ==> \result.reason == 1 && \result.info == 0 &&
            v->interrupt_waiting == \old(v->interrupt_waiting) && n_asked == \old(n_asked); */
static struct pn_l2_exit take_interrupt(struct pn_vcpu *v, uint64_t exit)
{
    int vector;

    if (!pn_tstb(exit, ACKNOWLEDGE))
        return plain_exit(EXIT_INTERRUPT, 0);
    vector = pn_hw_ack_for_exit();
    v->interrupt_waiting = false;
    return vector < 0 ? plain_exit(0, 0) : plain_exit(EXIT_INTERRUPT, INTERRUPT_INFO + (uint32_t)vector);
}

enum pn_nested_turn pn_nested_events(struct pn_nested_vmx *n, struct pn_vcpu *v, bool timer)
{
    const enum pn_choice what = pn_choose(n, v, timer);
    enum pn_nested_turn turn;
    struct pn_l2_exit x;

    if (what == NOTHING)
        return PN_TURN_L2;
    if (what == LATER)
        return PN_TURN_L2_BRIEFLY;
    x = what == INTERRUPT ? take_interrupt(v, n->vmcs12.f[PN_F_EXIT_CTL]) : take(v, what);
    /*@ assert no_mtf: v->mtf_pending == 0; */
    /*@ assert none: v->exception.stage == PN_STAGE_NONE; */
    /*@ assert operation: n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre); */
    /*@ assert flags: n->launched == \at(n->launched, Pre) && n->checked == \at(n->checked, Pre); */
    /*@ assert pending: n->entry_pending == \at(n->entry_pending, Pre); */
    /*@ assert words: n->current == \at(n->current, Pre) && n->vmxon_pointer == \at(n->vmxon_pointer, Pre) &&
          n->caps.address_width == \at(n->caps.address_width, Pre) && n->caps.linear_width == \at(n->caps.linear_width, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
    /*@ assert widths: pn_caps_ok(n->caps); */
    /*@ assert fields: \forall integer i; 0 <= i < PN_FIELDS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert fit: pn_fields_fit(n); */
    /*@ assert whole: n->vmcs12 == \at(n->vmcs12, Pre); */
    if (what == INTERRUPT && x.reason == 0)
        return PN_TURN_L2;
    /*@ assert info: n->vmcs12.f[PN_F_ENTRY_INFO] == \at(n->vmcs12.f[PN_F_ENTRY_INFO], Pre); */
    turn = leave(n, v, x);
    /*@ assert controls: pn_saved_controls(n, \at(n->vmcs12, Pre)); */
    /*@ assert asked: pn_saved_asked(n, \at(n->vmcs12, Pre)); */
    /*@ assert pdptrs: pn_saved_pdptrs(n, \at(n->vmcs12, Pre)); */
    /*@ assert event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \at(n->vmcs12.f[PN_F_ENTRY_INFO], Pre)); */
    /*@ assert sound: pn_exit_sound(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
    /*@ assert next: pn_l1_next(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
    /*@ assert same_host: pn_same_host(n, \at(n->vmcs12, Pre)); */
    /*@ assert same_guest: !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_guest(n, \at(n->vmcs12, Pre)); */
    /*@ assert stands: pn_stands(n, \at(n->vmcs12, Pre)); */
    return turn;
}

enum pn_nested_turn pn_nested_raise(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_event e)
{
    if (!pn_l1_intercepts(n, e.vector, e.error))
        return PN_TURN_L2;
    pn_pass_mtf_by(v);
    /*@ assert operation: n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre); */
    /*@ assert flags: n->launched == \at(n->launched, Pre) && n->checked == \at(n->checked, Pre); */
    /*@ assert pending: n->entry_pending == \at(n->entry_pending, Pre); */
    /*@ assert words: n->current == \at(n->current, Pre) && n->vmxon_pointer == \at(n->vmxon_pointer, Pre) &&
          n->caps.address_width == \at(n->caps.address_width, Pre) && n->caps.linear_width == \at(n->caps.linear_width, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
    /*@ assert widths: pn_caps_ok(n->caps); */
    /*@ assert fields: \forall integer i; 0 <= i < PN_FIELDS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert fit: pn_fields_fit(n); */
    /*@ assert whole: n->vmcs12 == \at(n->vmcs12, Pre); */
    return leave(n, v, exception_exit(e));
}
