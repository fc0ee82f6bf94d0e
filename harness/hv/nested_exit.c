/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L2's exits: what they say, and which of them are L1's. The core decides; EPT02 is filled here.
 */
#include <provenest/vmx_entry.h>
#include <provenest/vmx_events.h>
#include <provenest/vmx_exit.h>

#include "console.h"
#include "nested_l2.h"
#include "vcpu.h"

enum { VECTOR_GP = 13, MOV_FROM_CR = 1 };
#define ACCESS_BITS 7u
#define EFER_LMA (1ull << 10)
#define EPT_RIGHTS_SHIFT 3
#define IO_STRING 0x10u /* exit qualification, SDM table 27-5 */
#define DR7_ENABLED 0xffu
#define CR4_DE 8u
#define QUALIFICATION_KEPT 0x1187ull /* of an EPT violation: the access, the linear address's bits, NMI unblocking */

/* What an exit says by SDM 27.2 beyond, or unlike, exit qualification (27.2.1: otherwise it is cleared) and instruction information
 * (27.2.5): guest-linear and guest-physical address, an event's information. What it does not say the processor leaves as it was, so L1
 * finds in vmcs12 what was there. */
enum { NO_QUALIFICATION = 1, NO_INSTRUCTION = 2, PLAIN = 3, LINEAR = 4, PHYSICAL = 8, EVENT = 16 };
/* Its route, or its handling here, takes more than the reason and RCX. */
enum { ROUTED_BY_WORDS = 32 };
static const uint8_t says[EXIT_REASONS] = {
    [EXIT_EXCEPTION_NMI] = NO_INSTRUCTION | EVENT | ROUTED_BY_WORDS,
    [EXIT_EXTERNAL_INTERRUPT] = PLAIN | EVENT,
    [EXIT_TRIPLE_FAULT] = NO_QUALIFICATION,
    [EXIT_INTR_WINDOW] = PLAIN,
    [EXIT_NMI_WINDOW] = NO_QUALIFICATION,
    [EXIT_CPUID] = PLAIN,
    [EXIT_HLT] = PLAIN,
    [EXIT_VMCALL] = PLAIN,
    [EXIT_CR_ACCESS] = LINEAR | ROUTED_BY_WORDS,
    [EXIT_IO] = LINEAR | ROUTED_BY_WORDS,
    [EXIT_RDMSR] = PLAIN,
    [EXIT_WRMSR] = PLAIN,
    [EXIT_EPT_VIOLATION] = NO_INSTRUCTION | LINEAR | PHYSICAL,
    [EXIT_EPT_MISCONFIG] = LINEAR | PHYSICAL,
    [EXIT_PREEMPTION_TIMER] = PLAIN,
    [EXIT_XSETBV] = NO_QUALIFICATION,
};

static uint8_t said_by(uint32_t whole)
{
    return whole < EXIT_REASONS ? says[whole] : ROUTED_BY_WORDS;
}

static struct pn_l2_exit read_exit(const struct nested *s, uint32_t whole, uint8_t said)
{
    const uint32_t info = said & EVENT ? vmread32(EXIT_INFO) : 0;

    return (struct pn_l2_exit){
        .reason = whole,
        .info = info,
        .error = info & INFO_HAS_ERROR ? vmread32(EXIT_ERROR) : (uint32_t)field12(s, PN_F_EXIT_ERROR),
        .length = vmread32(EXIT_LENGTH),
        .instruction_info =
            said & NO_INSTRUCTION ? (uint32_t)field12(s, PN_F_INSTRUCTION_INFO) : vmread32(INSTRUCTION_INFO),
        .qualification = said & NO_QUALIFICATION ? 0 : vmread(EXIT_QUALIFICATION),
        .linear = said & LINEAR ? vmread(GUEST_LINEAR_ADDR) : field12(s, PN_F_GUEST_LINEAR_ADDRESS),
        .physical = said & PHYSICAL ? vmread(GUEST_PHYS_ADDR) : field12(s, PN_F_GUEST_PHYSICAL),
    };
}

static void reflect(struct vcpu *v, struct pn_l2_exit x)
{
    nested_after(v, pn_nested_exit(&v->nested.vmx, &v->events, x));
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
    struct pn_l2_exit x = read_exit(&v->nested, EXIT_EPT_VIOLATION, said_by(EXIT_EPT_VIOLATION));

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
        nested_flush_filled(s->ept02);
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
    pn_save_segments02(&s->vmx);
    pn_nested_entered(&s->vmx, true);
    pn_cancel_injection(&v->events);
    pn_nested_refused(&v->events);
    nested_after(v, pn_entry_failure(&s->vmx, x.reason & 0xffffu, x.qualification, false));
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

/* What every exit of L2 begins with. True: it had been asked for at once. */
static bool arrive(struct vcpu *v)
{
    const bool brief = vmx_this_vmcs()->immediate;

    vmx_close_ports(&v->hw);
    pn_hw_set_immediate_exit(false); /* L1's timer is in its place again */
    check_timer(v);
    return brief;
}

static void arrived(struct vcpu *v)
{
    if (v->nested.vmx.entry_pending)
        pn_nested_entered(&v->nested.vmx, false);
    pn_complete_vectoring(&v->events);
}

static void handle_words(struct vcpu *v, uint32_t reason)
{
    struct nested *s = &v->nested;
    const struct pn_l2_exit x = read_exit(s, reason, said_by(reason));
    const bool open = v->hw.vmcs->open_ports;

    (void)arrive(v);
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

static inline __attribute__((always_inline)) bool is_l1s(const struct vcpu *v, uint32_t reason)
{
    const struct nested *s = &v->nested;

    return pn_route(&s->vmx, (struct pn_l2_exit){.reason = reason}, s->wants, v->hw.regs.rcx, 0) == PN_TO_L1;
}

/* With the reason of a frequent exit known, the one control that decides is all that is left of pn_route. */
static bool goes_to_l1(const struct vcpu *v, uint32_t reason)
{
    switch (reason) {
    case EXIT_EXTERNAL_INTERRUPT:
        return is_l1s(v, EXIT_EXTERNAL_INTERRUPT);
    case EXIT_CPUID:
        return is_l1s(v, EXIT_CPUID);
    case EXIT_HLT:
        return is_l1s(v, EXIT_HLT);
    case EXIT_VMCALL:
        return is_l1s(v, EXIT_VMCALL);
    case EXIT_RDMSR:
        return is_l1s(v, EXIT_RDMSR);
    case EXIT_WRMSR:
        return is_l1s(v, EXIT_WRMSR);
    case EXIT_EPT_VIOLATION:
        return is_l1s(v, EXIT_EPT_VIOLATION);
    case EXIT_PREEMPTION_TIMER:
        return is_l1s(v, EXIT_PREEMPTION_TIMER);
    default:
        return is_l1s(v, reason);
    }
}

static __attribute__((noinline, flatten)) void reflect_said(struct vcpu *v, uint32_t reason)
{
    reflect(v, read_exit(&v->nested, reason, said_by(reason)));
}

/* The words of a plain exit that it does not say are in vmcs12 already: known here, nothing is copied. */
void nested_handle(struct vcpu *v, uint32_t reason)
{
    const uint8_t said = said_by(reason);
    bool brief;

    if (said & ROUTED_BY_WORDS) {
        handle_words(v, reason);
        return;
    }
    brief = arrive(v);
    arrived(v);
    if (!goes_to_l1(v, reason))
        ours_plain(v, reason, brief);
    else if (said == PLAIN)
        reflect(v, read_exit(&v->nested, reason, PLAIN));
    else
        reflect_said(v, reason);
}
