/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L2's life: an entry of L1's, what its exits mean, and which of them are L1's. The core decides; EPT02 is filled here.
 */
#include <provenest/vmx_entry.h>
#include <provenest/vmx_events.h>

#include "../../core/hw/tlb.h"

#include "console.h"
#include "vcpu.h"

enum { VECTOR_GP = 13, MOV_FROM_CR = 1 };
#define EXIT_ACKNOWLEDGE 0x8000u /* exit control 15 */
#define ACCESS_BITS 7u
#define EFER_LMA (1ull << 10)
#define EPT_RIGHTS_SHIFT 3
#define IO_STRING 0x10u /* exit qualification, SDM table 27-5 */
#define DR7_ENABLED 0xffu
#define CR4_DE 8u
#define QUALIFICATION_KEPT 0x1187ull /* of an EPT violation: the access, the linear address's bits, NMI unblocking */

static uint64_t field12(const struct nested *s, enum pn_field f)
{
    return s->vmx.vmcs12.f[f];
}

static bool uses(const struct nested *s, uint32_t control)
{
    return field12(s, PN_F_PROC_CTL) & PROC_SECONDARY && field12(s, PN_F_PROC2_CTL) & control;
}

/* Under a root that has held nothing nothing is cached. */
static void flush_filled(const struct ept02 *e)
{
    for (uint32_t root = 0; e->filled >> root; root++)
        if (e->filled >> root & 1)
            vmx_flush_ept(ept02_root_pointer(e, root));
}

void nested_flush_ept(struct vcpu *v)
{
    struct ept02 *e = v->nested.ept02;

    ept02_wipe(e);
    flush_filled(e);
    e->filled = 0;
}

/* core/hw/tlb.h: L1's INVEPT. */
void pn_hw_empty_ept02(void)
{
    nested_flush_ept((struct vcpu *)vmx_this_cpu()); /* hw is its first member */
}

/* The EPT that vmcs02 gets. The core takes it for constant unless told. What it depends on is among the controls of vmcs12, and a root
 * is taken away only for the EPTP of another VMCS, which L1 makes current first. */
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

static void after(struct vcpu *v, struct pn_outcome r)
{
    left(v);
    if (r.kind == PN_VMX_ABORT)
        shut_down(v);
}

/* L1's preemption timer only falls. Bochs saves nonsense for one that was 0 when the exit had another reason. */
static void check_timer(struct vcpu *v)
{
    struct nested *s = &v->nested;
    uint64_t left_now;

    if (!(v->hw.vmcs->base_pin & PIN_PREEMPTION_TIMER))
        return;
    left_now = vmread(PREEMPTION_TIMER);
    if (left_now > s->timer_left) {
        vmwrite(PREEMPTION_TIMER, 0);
        left_now = 0;
    }
    s->timer_left = left_now;
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
    r = pn_nested_enter(&s->vmx, mode, launch, s->wants);
    switch (r.kind) {
    case PN_VMX_ENTER:
        entered(v);
        break;
    case PN_VMX_ENTRY_FAILED:
    case PN_VMX_ABORT:
        s->failures++;
        after(v, r);
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

/* What an exit says by SDM 27.2 beyond, or unlike, exit qualification (27.2.1: otherwise it is cleared) and instruction information
 * (27.2.5): guest-linear and guest-physical address, an event's information. What it does not say the processor leaves as it was, so L1
 * finds in vmcs12 what was there. */
enum { NO_QUALIFICATION = 1, NO_INSTRUCTION = 2, PLAIN = 3, LINEAR = 4, PHYSICAL = 8, EVENT = 16 };
static const uint8_t says[EXIT_REASONS] = {
    [EXIT_EXCEPTION_NMI] = NO_INSTRUCTION | EVENT,
    [EXIT_EXTERNAL_INTERRUPT] = PLAIN | EVENT,
    [EXIT_TRIPLE_FAULT] = NO_QUALIFICATION,
    [EXIT_INTR_WINDOW] = PLAIN,
    [EXIT_NMI_WINDOW] = NO_QUALIFICATION,
    [EXIT_CPUID] = PLAIN,
    [EXIT_HLT] = PLAIN,
    [EXIT_VMCALL] = PLAIN,
    [EXIT_CR_ACCESS] = LINEAR,
    [EXIT_IO] = LINEAR,
    [EXIT_RDMSR] = PLAIN,
    [EXIT_WRMSR] = PLAIN,
    [EXIT_EPT_VIOLATION] = NO_INSTRUCTION | LINEAR | PHYSICAL,
    [EXIT_EPT_MISCONFIG] = LINEAR | PHYSICAL,
    [EXIT_PREEMPTION_TIMER] = PLAIN,
    [EXIT_XSETBV] = NO_QUALIFICATION,
};

static struct pn_l2_exit read_exit(const struct nested *s, uint32_t whole)
{
    const uint8_t said = whole < EXIT_REASONS ? says[whole] : 0;
    const uint32_t info = said & EVENT ? vmread32(EXIT_INFO) : 0;

    return (struct pn_l2_exit){
        .reason = whole,
        .info = info,
        .error = info & INFO_HAS_ERROR ? vmread32(EXIT_ERROR) : (uint32_t)field12(s, PN_F_EXIT_ERROR),
        .length = vmread32(EXIT_LENGTH),
        .instruction_info = said & NO_INSTRUCTION ? (uint32_t)field12(s, PN_F_INSTRUCTION_INFO) : vmread32(INSTRUCTION_INFO),
        .qualification = said & NO_QUALIFICATION ? 0 : vmread(EXIT_QUALIFICATION),
        .linear = said & LINEAR ? vmread(GUEST_LINEAR_ADDR) : field12(s, PN_F_GUEST_LINEAR_ADDRESS),
        .physical = said & PHYSICAL ? vmread(GUEST_PHYS_ADDR) : field12(s, PN_F_GUEST_PHYSICAL),
    };
}

static void reflect(struct vcpu *v, struct pn_l2_exit x)
{
    after(v, pn_nested_exit(&v->nested.vmx, &v->events, x));
}

/* An instruction that faults leaves no debug trap pending (SDM 27.3.4) but one that MOV SS holds. Bochs saves BS for one that
 * was fetched with TF set, and L2 would trap before it ran. */
static void forget_false_step(void)
{
    const uint64_t pending = vmx_word(VMX_PENDING_DEBUG);

    if (pending & PENDING_BS && !(vmx_word(VMX_INTERRUPTIBILITY) & (BLOCKED_BY_STI | BLOCKED_BY_MOVSS)))
        vmx_set_word(VMX_PENDING_DEBUG, pending & ~(uint64_t)PENDING_BS);
}

static __attribute__((noinline)) void reflect_ept(struct vcpu *v, uint32_t as, uint64_t qualification)
{
    struct pn_l2_exit x = read_exit(&v->nested, EXIT_EPT_VIOLATION);

    x.reason = as;
    x.qualification = qualification;
    reflect(v, x);
}

/* An EPT violation or misconfiguration under EPT02: ours to fill, or L1's (SDM 27.2.1 table 27-7, 28.3.3). */
static void ept_exit(struct vcpu *v, bool violation)
{
    struct nested *s = &v->nested;
    const uint64_t qualification = violation ? vmread(EXIT_QUALIFICATION) : 0;
    uint8_t rights;

    switch (ept02_fill(s->ept02, &v->machine->ept, field12(s, PN_F_EPT_POINTER), vmread(GUEST_PHYS_ADDR),
                       (uint8_t)(qualification & ACCESS_BITS), &rights)) {
    case EPT02_FILLED:
        if (!violation)
            report_crash(v, FAULT("the processor refused an entry of EPT02"));
        fault_again(v);
        break;
    case EPT02_FLUSH:
        flush_filled(s->ept02);
        fault_again(v);
        break;
    case EPT02_VIOLATION:
        reflect_ept(v, EXIT_EPT_VIOLATION, (qualification & QUALIFICATION_KEPT) | (uint64_t)rights << EPT_RIGHTS_SHIFT);
        break;
    case EPT02_MISCONFIG:
        reflect_ept(v, EXIT_EPT_MISCONFIG, 0);
    }
}

/* The operand of a MOV to a control register (SDM table 27-3): 32 bits outside 64-bit mode. */
static uint64_t register_value(struct vcpu *v, struct pn_l2_exit x)
{
    const uint64_t *r = guest_register(v, (unsigned int)(x.qualification >> 8 & 15));
    const bool in_64bit = vmread(GUEST_EFER) & EFER_LMA && vmread(GUEST_CS_ACCESS) & CS_LONG;
    const uint64_t value = r ? *r : vmread(GUEST_RSP);

    return in_64bit ? value : value & 0xffffffffull;
}

/* CR8 of an L2 whose L1 neither intercepts it nor has a TPR shadow: the task priority of the LAPIC, which is L1's. */
static bool access_cr8(struct vcpu *v, struct pn_l2_exit x)
{
    const bool from = (x.qualification >> 4 & 3) == MOV_FROM_CR;
    uint64_t *r = guest_register(v, (unsigned int)(x.qualification >> 8 & 15));

    if (!from && register_value(v, x) >> 4)
        return false;
    if (!from)
        cpu_set_cr8(register_value(v, x));
    else if (r)
        *r = cpu_cr8();
    else
        vmwrite(GUEST_RSP, cpu_cr8());
    return true;
}

/* Otherwise a bit of CR0 or CR4 that VMX operation fixes, and that is not L1's to look at (SDM 23.8). */
static void control_register(struct vcpu *v, struct pn_l2_exit x)
{
    if ((x.qualification & 15) == 8 && access_cr8(v, x))
        skip_instruction(v);
    else
        raise_exception(v, VECTOR_GP, true);
}

/* An I/O instruction of L2's that L1 lets pass: carried out here, as L1's are. But what would need L2's memory (INS, OUTS), or looks
 * at I/O breakpoints, the processor does itself: the ports are open until the next exit. Still closed: it is one of ours. */
static void port_exit(struct vcpu *v, struct pn_l2_exit x, bool were_open)
{
    const struct nested *s = &v->nested;
    const bool string = (x.qualification & IO_STRING) != 0;
    const bool watched = vmread(GUEST_DR7) & DR7_ENABLED && vmread(GUEST_CR4) & CR4_DE;

    if ((string || watched) && !were_open)
        vmx_open_ports(&v->hw, (field12(s, PN_F_PROC_CTL) & PROC_IO_BITMAPS) != 0, field12(s, PN_F_IO_BITMAP_A),
                       field12(s, PN_F_IO_BITMAP_B));
    else
        exit_io(v);
}

/* What the hypervisor alone wanted to see of L2. */
static void ours(struct vcpu *v, struct pn_l2_exit x, bool open)
{
    switch (x.reason) {
    case EXIT_CR_ACCESS:
        control_register(v, x);
        break;
    case EXIT_IO:
        port_exit(v, x, open);
        break;
    default:
        exit_handle(v, x.reason);
    }
}

/* The processor refuses an entry that the core's checks have passed: L1 gets what the processor says. */
static void refused(struct vcpu *v, struct pn_l2_exit x)
{
    struct nested *s = &v->nested;

    if (!s->vmx.entry_pending)
        report_crash(v, FAULT("VM entry failed: L2's state was refused by the processor"));
    if (!s->refused++)
        say("PN| note the processor refused L2's state: reason %x qualification %x\n", (uint64_t)x.reason,
            x.qualification);
    pn_nested_entered(&s->vmx, true);
    pn_cancel_injection(&v->events);
    pn_nested_refused(&v->events);
    after(v, pn_entry_failure(&s->vmx, x.reason & 0xffffu, x.qualification, false));
}

/* What every exit of L2 begins with. */
static void arrive(struct vcpu *v)
{
    vmx_close_ports(&v->hw);
    pn_hw_set_immediate_exit(false); /* L1's timer is in its place again */
    check_timer(v);
}

static void arrived(struct vcpu *v)
{
    if (v->nested.vmx.entry_pending)
        pn_nested_entered(&v->nested.vmx, false);
    pn_complete_vectoring(&v->events);
    if (v->hw.user & VCPU_HALTED && vmx_activity() != ACTIVITY_HLT)
        v->hw.user &= (uint8_t)~VCPU_HALTED;
}

/* Exits whose route, or whose handling here, takes more than the reason and RCX. */
static bool has_words(uint32_t reason)
{
    return reason == EXIT_EXCEPTION_NMI || reason == EXIT_CR_ACCESS || reason == EXIT_IO || reason >= EXIT_REASONS;
}

static void handle_words(struct vcpu *v, uint32_t reason)
{
    struct nested *s = &v->nested;
    const struct pn_l2_exit x = read_exit(s, reason);
    const bool open = v->hw.vmcs->open_ports;

    arrive(v);
    if (reason & EXIT_ENTRY_FAILED) {
        refused(v, x);
        return;
    }
    arrived(v);
    if (pn_route(&s->vmx, x, s->wants, 0, reason == EXIT_CR_ACCESS ? register_value(v, x) : 0) == PN_TO_L1) {
        reflect(v, x);
        return;
    }
    if (reason < EXIT_REASONS)
        s->to_l0[reason]++;
    ours(v, x, open);
}

/* What the hypervisor alone wanted to see of L2, of exits without words. `brief`: it had asked for an exit at once. */
static void ours_plain(struct vcpu *v, uint32_t reason, bool brief)
{
    const bool ept = reason == EXIT_EPT_VIOLATION || reason == EXIT_EPT_MISCONFIG;

    v->nested.to_l0[reason]++;
    if (ept)
        forget_false_step();
    if (ept && uses(&v->nested, PROC2_EPT))
        ept_exit(v, reason == EXIT_EPT_VIOLATION);
    else if (reason == EXIT_PREEMPTION_TIMER)
        v->nested.timer = v->nested.timer || !brief;
    else
        exit_handle(v, reason);
}

void nested_handle(struct vcpu *v, uint32_t reason)
{
    const bool brief = v->hw.vmcs->immediate;

    if (has_words(reason)) {
        handle_words(v, reason);
        return;
    }
    arrive(v);
    arrived(v);
    if (pn_route(&v->nested.vmx, (struct pn_l2_exit){.reason = reason}, v->nested.wants, v->hw.regs.rcx, 0) == PN_TO_L1)
        reflect(v, read_exit(&v->nested, reason));
    else
        ours_plain(v, reason, brief);
}
