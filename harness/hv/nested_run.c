/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L2's life but for its exits (nested_exit.c): an entry of L1's, what comes before each entry, what follows L1's exit. The core decides.
 */
#include <provenest/vmx_entry.h>
#include <provenest/vmx_events.h>
#include <provenest/vmx_exit.h>

#include "../../core/hw/tlb.h"

#include "console.h"
#include "nested_l2.h"
#include "vcpu.h"

#define EXIT_ACKNOWLEDGE 0x8000u /* exit control 15 */

/* Under a root that has held nothing nothing is cached. */
void nested_flush_filled(const struct ept02 *e)
{
    for (uint32_t root = 0; e->filled >> root; root++)
        if (e->filled >> root & 1)
            vmx_flush_ept(ept02_root_pointer(e, root));
}

void nested_flush_ept(struct vcpu *v)
{
    struct ept02 *e = v->nested.ept02;

    ept02_wipe(e);
    nested_flush_filled(e);
    e->filled = 0;
}

/* core/hw/tlb.h: L1's INVEPT. */
void pn_hw_empty_ept02(void)
{
    _Static_assert(__builtin_offsetof(struct vcpu, hw) == 0, "a vmx_cpu is a vcpu's beginning");

    nested_flush_ept((struct vcpu *)vmx_this_cpu());
}

/* The EPT that vmcs02 gets. The core takes it for constant unless told. What it depends on is among the controls of vmcs12, and a root
 * is taken away only for another EPTP: of another VMCS, which L1 makes current first, or by a VMWRITE; either makes them dirty. */
static void choose_ept(struct vcpu *v)
{
    struct nested *s = &v->nested;
    const uint64_t before = s->wants.ept_pointer;
    bool fresh;

    if (!(s->vmx.dirty & 1u << PN_GROUP_CONTROLS) || !uses(s, PROC2_EPT))
        return;
    s->wants.ept_pointer = ept02_pointer(s->ept02, field12(s, PN_F_EPT_POINTER), &fresh);
    if (fresh)
        vmx_flush_ept(s->wants.ept_pointer);
    if (s->wants.ept_pointer != before)
        s->vmx.dirty |= 1u << PN_GROUP_CONTROLS;
}

static void shut_down(struct vcpu *v)
{
    say("PN| note VMX abort of L1's processor\n");
    l1_ended(v, L1_TRIPLE_FAULT, 0);
}

void nested_evict(struct vcpu *v)
{
    if (!uses(&v->nested, PROC2_EPT))
        return;
    nested_flush_ept(v);
    v->evictions++;
}

/* vmcs01 is current again, with L1's host state. */
static void left(struct vcpu *v)
{
    struct nested *s = &v->nested;
    const uint32_t reason = (uint32_t)field12(s, PN_F_EXIT_REASON) & 0xffffu;

    if (reason < EXIT_REASONS)
        s->to_l1[reason]++;
    v->hw.user &= (uint8_t) ~(VCPU_HALTED | VCPU_HALTING);
    s->timer = false;
    if (!uses(s, PROC2_VPID))
        vmx_flush_vpid(VMX_VPID01);
    /* To the processor L1 and L2 are both guests: what L2 has trained must not steer L1, as a real exit's IBRS would see to. */
    if (s->barrier)
        cpu_wrmsr(MSR_PRED_CMD, 1);
    if (s->shadowing) /* an exit changes neither the current VMCS nor this */
        pn_shadow_said(&s->vmx, &s->shadow);
}

void nested_after(struct vcpu *v, struct pn_outcome r)
{
    left(v);
    if (r.kind == PN_VMX_ABORT)
        shut_down(v);
}

/* What the controller may have withdrawn by now is not known without acknowledging it; without acknowledgement the processor tells
 * whether one waits, by an exit before L2's first instruction. */
static void leave_it_to_the_processor(struct vcpu *v)
{
    if (field12(&v->nested, PN_F_PIN_CTL) & PIN_EXT_INT && !(field12(&v->nested, PN_F_EXIT_CTL) & EXIT_ACKNOWLEDGE))
        v->events.interrupt_waiting = false;
}

static void entered(struct vcpu *v)
{
    struct nested *s = &v->nested;

    s->entries++;
    s->timer = false;
    s->timer_left = field12(s, PN_F_PREEMPTION_TIMER);
    vmx_keep_interrupts(&v->hw, (field12(s, PN_F_PIN_CTL) & PIN_EXT_INT) != 0);
    leave_it_to_the_processor(v);
    v->hw.user &= (uint8_t) ~(VCPU_HALTED | VCPU_HALTING);
    if (field12(s, PN_F_GUEST_ACTIVITY) == ACTIVITY_HLT)
        v->hw.user |= VCPU_HALTED;
    if (!pn_nested_take_entry_event(&s->vmx, &v->events) && field12(s, PN_F_ENTRY_INFO) & INFO_VALID && !s->dropped++)
        say("PN| note an event of L1's that VM entry's checks accepted was not taken, which is a defect: %x\n",
            field12(s, PN_F_ENTRY_INFO));
}

void nested_launch(struct vcpu *v, struct pn_l1_mode mode, bool launch)
{
    struct nested *s = &v->nested;
    struct pn_outcome r;

    choose_ept(v);
    pn_settle_segments(&s->vmx);
    r = pn_nested_enter(&s->vmx, mode, launch, s->wants);
    switch (r.kind) {
    case PN_VMX_ENTER:
        entered(v);
        break;
    case PN_VMX_ENTRY_FAILED:
    case PN_VMX_ABORT:
        s->failures++;
        nested_after(v, r);
        break;
    default:
        s->failures++;
        nested_finish(v, r);
    }
}

/* L1's exit has been made, or not. */
static void turned(struct vcpu *v, enum pn_nested_turn turn)
{
    if (turn == PN_TURN_L1 || turn == PN_TURN_ABORT)
        left(v);
    if (turn == PN_TURN_ABORT)
        shut_down(v);
}

bool nested_prepare(struct vcpu *v)
{
    const enum pn_nested_turn turn = pn_nested_events(&v->nested.vmx, &v->events, v->nested.timer);

    v->nested.timer = v->nested.timer && turn == PN_TURN_L2_BRIEFLY;
    turned(v, turn);
    return turn == PN_TURN_L2_BRIEFLY;
}

bool nested_raise(struct vcpu *v, struct pn_event e)
{
    const enum pn_nested_turn turn = pn_nested_raise(&v->nested.vmx, &v->events, e);

    turned(v, turn);
    return turn != PN_TURN_L2;
}
