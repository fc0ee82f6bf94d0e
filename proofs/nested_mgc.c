/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The most general client of nested VMX: any sequence of calls, in any order that their contracts allow, with any L1, any L2 and any
 * events. Proof only; never compiled.
 *
 * CLAIM, at every moment between two calls of every such sequence (the loop invariants of pn_any_nested_client):
 *   outside, inside   while L1 runs, all that an entry starts from (a clean group of fields is in vmcs02, a verdict of the checks
 *                     stands on the fields as they are, PDPTEs that are said to be held are, nothing stale is cached under
 *                     vpid02); while L2 runs, all that its exit needs for that: so every entry of every history may skip
 *                     what it skips
 *   verdict, held     what of the entry checks' verdict an entry takes over instead of looking again (pn_verdict_sound of
 *                     vmx_entry.h) holds while L1 runs; the rules it is about hold of vmcs12 while L2 does (pn_verdict_held)
 *   nested_inv, inv   L1's VMX and the events are well formed
 *   conservation      each event is held or accounted for, across entries, exits, refused entries and events that are L1's exits
 *   payloads          each payload is written once or accounted for
 *   shadow            what L0 takes the shadow VMCS to hold it holds
 * and L1 never sees vmcs12 without L2's segments, although exits leave them in vmcs02 (nested_l1.c); L0 fetches them at any moment.
 * L1 executes any VMX instruction with any operands in any mode (nested_l1.c), with VMCS shadowing or without. L0 queues, injects,
 * cancels and enters for either level, as in mgc.c; L2 runs, L0 works for it; exits are L1's or not; the processor may refuse an entry.
 *
 * UNPROVED: what L0 wants (struct pn_l0_wants) is one for all rounds: an L0 that changes tsc_offset marks the controls dirty itself.
 * L0 fetches L2's segments, as it enters L2, only while it holds no event that is to be delivered again.
 * Snapshots are mgc.c's: a machine that is restored starts with pn_nested_init. That pn_cancel_injection leaves v->cancelled set is
 * not in its contract: an entry is refused here where it is set (vectoring.c always sets it). Of an interrupt of L0's own
 * that was programmed when an entry is refused only the account is kept (vmx_events.h, pn_nested_refused). See nested.c, nested_l1.c.
 */
#include "nested.h"

/*@ // TRUST: proof only, an arbitrary instruction.
    terminates \true; exits \false; assigns \nothing; */
struct pn_retired pn_any_retired(void);

/*@ // TRUST: proof only, arbitrary promises.
    terminates \true; exits \false; assigns \nothing; */
struct pn_resumption pn_any_promises(void);

/* ---- L0's events, by value ------------------------------------------------------------------------------------------- */

/* One event from outside the instruction stream. */
/*@ requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    terminates \true; exits \false; assigns led_accepted, led_owing, led_collapsed, led_discarded;
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result); */
static struct pn_vcpu latched_event(struct pn_vcpu v)
{
    const int what = pn_any_choice(), some = pn_any_choice();
    struct pn_vcpu w = v;

    switch (what) {
    case 0:
        pn_queue_nmi(&w);
        break;
    case 1:
        pn_interrupt_pending(&w);
        break;
    case 2:
        pn_queue_triple_fault(&w);
        break;
    case 3:
        pn_queue_smi(&w);
        break;
    case 4:
        pn_queue_init(&w);
        break;
    case 5:
        pn_queue_sipi(&w, some != 0 ? 1 : 2);
        break;
    case 6:
        pn_hold_events(&w, some != 0);
        break;
    default:
        pn_queue_mtf(&w);
        break;
    }
    return w;
}

#define CORE_MAY \
    DEVICE, dev_owed, dev_applied, led_accepted, led_owing, led_discarded, led_collapsed, led_dropped, led_reported

/* One call that is allowed between an exit and pn_inject_events, of either level. */
/*@ requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false; assigns CORE_MAY;
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result); */
static struct pn_vcpu core_event(struct pn_vcpu v)
{
    const int what = pn_any_choice(), some = pn_any_choice(), other = pn_any_choice();
    const struct pn_event e = pn_any_raised();
    const struct pn_retired r = pn_any_retired();
    const struct pn_resumption p = pn_any_promises();
    struct pn_vcpu w = v;

    switch (what) {
    case 0:
        pn_queue_exception(&w, e);
        break;
    case 1:
        pn_queue_machine_check(&w, some != 0, other != 0);
        break;
    case 2:
        if (w.injected.stage == PN_STAGE_NONE && w.exception.stage == PN_STAGE_NONE)
            pn_instruction_retired(&w, r);
        break;
    case 3:
        if (w.exception.stage == PN_STAGE_PENDING)
            pn_intercept_exception(&w);
        break;
    case 4:
        pn_elide(&w, p);
        break;
    case 5:
        if (w.injected.stage == PN_STAGE_NONE)
            pn_hw_any_change();
        break;
    default:
        w = latched_event(w);
        break;
    }
    return w;
}

#define ROUND_MAY                                                                                                    \
    DEVICE, dev_step, dev_soft_here, dev_taken_back, dev_entry, dev_entry_event, dev_owed, dev_owed_event, dev_done, \
        dev_done_event, dev_exited, dev_iret_unblocked, dev_acked, dev_acked_vector, dev_asked, dev_intr_window,     \
        dev_nmi_window, dev_immediate, dev_applied, led_accepted, led_owing, led_delivered, led_discarded,           \
        led_dropped, led_collapsed

/* The end of a prepared entry: it is taken back, or the guest runs. */
/*@ requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires ready: dev_owed == 0 && v.exception.stage == PN_STAGE_NONE;
    requires step_rule: ve236_step_pending(dev_svm, dev_sti, dev_movss, dev_tf, dev_btf, dev_bs);
    terminates \true; exits \false; assigns ROUND_MAY;
    ensures inv: pn_inv(\result);
    ensures not_programmed: dev_entry == 0;
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result); */
static struct pn_vcpu end_of_entry(struct pn_vcpu v)
{
    const int what = pn_any_choice();
    struct pn_vcpu w = v;

    if (what != 0) {
        pn_cancel_injection(&w);
        return w;
    }
    pn_hw_enter_guest();
    pn_complete_vectoring(&w);
    return w;
}

/* A round through the guest, L1 or L2: an event is chosen, the entry is made or taken back, the exit is read. */
/*@ requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false; assigns ROUND_MAY;
    ensures inv: pn_inv(\result);
    ensures not_programmed: dev_entry == 0;
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result); */
static struct pn_vcpu core_round(struct pn_vcpu v)
{
    struct pn_vcpu w = v;

    if (pn_inject_events(&w) != PN_ENTER)
        return w;
    return end_of_entry(w);
}

/* The event that L1 injects with its entry. */
/*@ requires nested: \valid_read(n);
    requires nested_inv: pn_nested_inv(n);
    requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires nothing: dev_entry == 0 && dev_owed == 0 && v.exception.stage == PN_STAGE_NONE;
    terminates \true; exits \false; assigns dev_owed, dev_owed_event, dev_taken_back, led_accepted, led_owing, led_collapsed;
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result); */
static struct pn_vcpu entry_event(const struct pn_nested_vmx *n, struct pn_vcpu v)
{
    struct pn_vcpu w = v;

    (void)pn_nested_take_entry_event(n, &w);
    return w;
}

/* ---- Rounds of L2, with the events by value -------------------------------------------------------------------------- */

/* L1 runs: its state in vmcs01 changes. No invariant reads memory, so whoever shares that need not be here. */
/*@ requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[0 .. PN_FIELDS - 1]; */
static void l1_work(void)
{
    const int f = pn_any_choice();

    if (f >= 0 && f < PN_FIELDS)
        pn_hw_write01((enum pn_field)f, pn_any_word());
}

#define ENTER_MAY                                                                                                    \
    n->vmcs12.f[PN_G_SEGMENTS..PN_G_SEGMENTS_END - 1], dev_unsaved, n->vmcs12.f[PN_F_INSTRUCTION_ERROR],             \
        n->vmcs12.f[PN_F_EXIT_REASON..PN_F_EXIT_QUALIFICATION], n->checked, n->l2, n->entry_pending, n->pdptrs_held, \
        n->dirty, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal, dev_bitmap02, dev_rounds,            \
        dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_vmcs01[0..PN_FIELDS - 1], dev_vmcs02[0..PN_FIELDS - 1],      \
        dev_written02[0..PN_FIELDS - 1], dev_cost02, dev_vmcs, DEVICE

/*@ terminates \true; exits \false; assigns \nothing;
    ensures none: \result != 0 ==> v.injected.stage == PN_STAGE_NONE && v.exception.stage == PN_STAGE_NONE; */
static bool nothing_held(struct pn_vcpu v)
{
    return v.injected.stage == PN_STAGE_NONE && v.exception.stage == PN_STAGE_NONE;
}

/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires not_programmed: dev_entry == 0;
    requires outside: outside(n, l0);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false;
    assigns ENTER_MAY, dev_owed, dev_owed_event, dev_taken_back, led_accepted, led_owing, led_collapsed;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n); */
static struct pn_vcpu any_entry(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    if (!nothing_held(v))
        return v;
    /*@ assert quiet: dev_owed == 0; */
    pn_round_enter(n, l0);
    if (!n->l2)
        return v;
    return entry_event(n, v);
}

/* L0 fetches L2's segments, at any moment while L1 runs: always before an instruction of L1's that looks (nested_l1.c). */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires not_programmed: dev_entry == 0;
    requires outside: outside(n, l0);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false; assigns FETCH_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(v);
    ensures outside: outside(n, l0);
    ensures verdict: pn_verdict_sound(n); */
static void any_fetch(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    if (!nothing_held(v))
        return;
    /*@ assert quiet: dev_owed == 0; */
    pn_verdict_fetch(n, l0);
}

/* L1 runs, then L0 fetches, or L1 enters L2. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires not_programmed: dev_entry == 0;
    requires outside: outside(n, l0);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false;
    assigns ENTER_MAY, dev_owed, dev_owed_event, dev_taken_back, led_accepted, led_owing, led_collapsed;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n); */
static struct pn_vcpu while_l1(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    l1_work();
    if (pn_any_choice() != 0)
        return any_entry(n, v, l0);
    any_fetch(n, v, l0);
    return v;
}

#define REFUSE_MAY                                                                                               \
    n->vmcs12.f[PN_G_SEGMENTS..PN_G_SEGMENTS_END - 1], dev_unsaved,                                              \
        n->vmcs12.f[PN_F_EXIT_REASON..PN_F_EXIT_QUALIFICATION], n->dirty, n->launched, n->pdptrs_held,           \
        n->entry_pending, n->checked, n->l2, dev_owed, led_reported, led_dropped, led_accepted, led_owing,       \
        led_collapsed, dev_vmcs01[0..PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7..PN_F_GUEST_EFER],                \
        dev_vmcs02[PN_G_RARE..PN_G_RARE_END - 1], dev_vmcs, DEVICE, dev_reads, dev_memory, dev_writes, dev_msrs, \
        dev_msr_journal

#define RUN_MAY                                                                                      \
    n->dirty, n->launched, n->pdptrs_held, n->entry_pending, n->checked, dev_vmcs02[PN_F_ENTRY_CTL], \
        dev_vmcs02[PN_G_BASIC..PN_F_GUEST_CR4], dev_vmcs02[PN_F_GUEST_DR7..PN_F_GUEST_ACTIVITY],     \
        dev_vmcs02[PN_F_PREEMPTION_TIMER], dev_unsaved, dev_ept_stale

/* L2 runs on, or an event or an exit comes. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires vmx: dev_svm == 0;
    requires not_programmed: dev_entry == 0;
    requires inside: inside(n, l0);
    requires held: pn_verdict_held(n);
    requires both: both_modes(n->caps.entry);
    terminates \true; exits \false; assigns EVENTS_MAY, RUN_MAY, dev_pdptrs_lost;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n); */
static struct pn_vcpu runs_or_leaves(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    struct pn_vcpu w;

    if (pn_any_choice() != 0) {
        pn_round_run(n, l0);
        /*@ assert runs_inv: pn_nested_inv(n); */
        /*@ assert runs: n->l2 != 0 && inside(n, l0); */
        return v;
    }
    w = pn_verdict_events(n, v, l0);
    /*@ assert came_inv: pn_nested_inv(n); */
    /*@ assert left: n->l2 == 0 ==> outside(n, l0); */
    /*@ assert stays: n->l2 != 0 ==> inside(n, l0); */
    return w;
}

/* The processor may refuse a pending entry, of which nothing is programmed any more. One value for one branch (nested.c). */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures pending: \result != 0 ==> pending != 0;
    ensures taken_back: \result != 0 ==> has_injected(v) ==> v.cancelled != 0; */
static bool may_refuse(struct pn_vcpu v, bool pending)
{
    return pn_any_choice() != 0 && pending && !(v.injected.stage == PN_STAGE_INJECTED && !v.cancelled);
}

/* Or the processor refuses the entry. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires vmx: dev_svm == 0;
    requires not_programmed: dev_entry == 0;
    requires inside: inside(n, l0);
    requires held: pn_verdict_held(n);
    requires both: both_modes(n->caps.entry);
    terminates \true; exits \false; assigns EVENTS_MAY, REFUSE_MAY, RUN_MAY, dev_pdptrs_lost;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n); */
static struct pn_vcpu while_l2(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    struct pn_vcpu w;

    if (may_refuse(v, n->entry_pending)) {
        w = pn_round_refuse(n, v, l0);
        /*@ assert refused_inv: pn_nested_inv(n); */
        /*@ assert refused: n->l2 == 0 && outside(n, l0); */
        return w;
    }
    w = runs_or_leaves(n, v, l0);
    /*@ assert other_inv: pn_nested_inv(n); */
    /*@ assert left: n->l2 == 0 ==> outside(n, l0); */
    /*@ assert stays: n->l2 != 0 ==> inside(n, l0); */
    return w;
}

/* ---- Any of it, in any order ------------------------------------------------------------------------------------------- */

/*@ predicate shadow_ok{L}(struct pn_vmcs_shadow *s, integer shown) =
      pn_shadow_kept(s) && (shown == 0 ==> pn_shadow_known(s));
*/

/* What is either level's. */
/*@ requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires not_programmed: dev_entry == 0;
    terminates \true; exits \false; assigns ROUND_MAY, led_reported;
    ensures inv: pn_inv(\result);
    ensures not_programmed: dev_entry == 0;
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result); */
static struct pn_vcpu either_level(struct pn_vcpu v)
{
    if (pn_any_choice() != 0)
        return core_event(v);
    return core_round(v);
}

#define ROUNDS_MAY                                                                                            \
    *n, dev_unsaved, dev_bitmap02, dev_rounds, dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_ept_stale,     \
        dev_written02[0..PN_FIELDS - 1], dev_cost02, dev_withdrawn, dev_vmcs01[0..PN_FIELDS - 1],             \
        dev_vmcs02[0..PN_FIELDS - 1], dev_vmcs, dev_pdptrs_lost, dev_reads, dev_memory, dev_writes, dev_msrs, \
        dev_msr_journal, led_reported, ROUND_MAY

/* What is one level's, but for L1's instructions. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires vmx: dev_svm == 0;
    requires not_programmed: dev_entry == 0;
    requires both: both_modes(n->caps.entry);
    requires outside: n->l2 == 0 ==> outside(n, l0);
    requires inside: n->l2 != 0 ==> inside(n, l0);
    requires verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    requires held: n->l2 != 0 ==> pn_verdict_held(n);
    terminates \true; exits \false; assigns ROUNDS_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures not_programmed: dev_entry == 0;
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures entry: n->caps.entry == \old(n->caps.entry);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n); */
static struct pn_vcpu any_round(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    if (pn_any_choice() != 0)
        return either_level(v);
    if (n->l2)
        return while_l2(n, v, l0);
    return while_l1(n, v, l0);
}

/* A round leaves alone what is known of the shadow VMCS. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires shadow_ok: shadow_ok(s, shown);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(v);
    requires vmx: dev_svm == 0;
    requires not_programmed: dev_entry == 0;
    requires both: both_modes(n->caps.entry);
    requires outside: n->l2 == 0 ==> outside(n, l0);
    requires inside: n->l2 != 0 ==> inside(n, l0);
    requires verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    requires held: n->l2 != 0 ==> pn_verdict_held(n);
    terminates \true; exits \false; assigns ROUNDS_MAY;
    ensures shadow_ok: shadow_ok(s, shown);
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(\result);
    ensures not_programmed: dev_entry == 0;
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures entry: n->caps.entry == \old(n->caps.entry);
    ensures inside: n->l2 != 0 ==> inside(n, l0);
    ensures verdict: n->l2 == 0 ==> pn_verdict_sound(n);
    ensures held: n->l2 != 0 ==> pn_verdict_held(n); */
static struct pn_vcpu round_beside(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_vcpu v,
                                   struct pn_l0_wants l0, bool shown)
{
    const struct pn_vcpu w = any_round(n, v, l0);

    (void)s, (void)shown;
    /*@ assert same: \forall integer f; 0 <= f < PN_FIELDS ==> s->f[f] == \at(s->f[f], Pre); */
    /*@ assert kept: pn_shadow_kept(s); */
    /*@ assert known: shown == 0 ==> pn_shadow_known(s); */
    return w;
}

/* One of L1's instructions comes next. */
/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures l1: \result != 0 ==> n->l2 == 0; */
static bool l1_acts(const struct pn_nested_vmx *n)
{
    return pn_any_choice() != 0 && !n->l2;
}

/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires caps: pn_caps_ok(caps) && both_modes(caps.entry);
    requires vmx: dev_svm == 0;
    requires inv: pn_inv(v);
    requires not_programmed: dev_entry == 0;
    requires l1: dev_vmcs == PN_VMCS01;
    requires nothing_late: dev_unsaved == 0;
    requires known: pn_shadow_known(s);
    requires conservation: balanced(v);
    requires payloads: payload_balanced(v);
    terminates \false; exits \false;
    assigns ROUNDS_MAY, s->f[0 .. PN_FIELDS - 1], dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost;
    ensures conservation: balanced(\result);
    ensures payloads: payload_balanced(\result); */
struct pn_vcpu pn_any_nested_client(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_vcpu v,
                                    struct pn_l0_wants l0, struct pn_vmx_caps caps)
{
    struct pn_vcpu w = v;
    bool shown = false;

    pn_nested_init(n, caps);
    /*@ assert first: outside(n, l0); */
    /*@ loop invariant nested_inv: pn_nested_inv(n);
        loop invariant both: both_modes(n->caps.entry);
        loop invariant inv: pn_inv(w);
        loop invariant not_programmed: dev_entry == 0;
        loop invariant conservation: balanced(w);
        loop invariant payloads: payload_balanced(w);
        loop invariant outside: n->l2 == 0 ==> outside(n, l0);
        loop invariant inside: n->l2 != 0 ==> inside(n, l0);
        loop invariant verdict: n->l2 == 0 ==> pn_verdict_sound(n);
        loop invariant held: n->l2 != 0 ==> pn_verdict_held(n);
        loop invariant shadow: shadow_ok(s, shown);
        loop assigns w, shown, ROUNDS_MAY, s->f[0 .. PN_FIELDS - 1], dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost; */
    while (pn_any_choice() != 0) {
        if (l1_acts(n)) {
            shown = pn_verdict_l1(n, s, l0, shown);
            /*@ assert l1_both: both_modes(n->caps.entry); */
            /*@ assert l1_shadow: shadow_ok(s, shown); */
        } else {
            w = round_beside(n, s, w, l0, shown);
            /*@ assert both: both_modes(n->caps.entry); */
        }
    }
    return w;
}
