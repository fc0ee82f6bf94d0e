/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What to do about a VM exit: one line a reason (SDM vol. 3D appendix C). Interrupted deliveries have been taken by
 * pn_complete_vectoring before this runs.
 */
#include "console.h"
#include "vcpu.h"

#include "../../vendor/vmx/decode.h"

enum { VECTOR_UD = 6, RSP = 4 };
#define RFLAGS_RF (1ull << 16)
#define APART __attribute__((noinline)) /* so that exit_handle itself saves no registers */

/* With no breakpoints it is half as long, so that way is its own for the compiler. */
static __attribute__((always_inline)) inline void skip(struct vcpu *v, uint64_t breakpoints)
{
    vmwrite(GUEST_RIP, vmread(GUEST_RIP) + vmread(EXIT_LENGTH));
    /* None of these instructions changes TF or starts a shadow. */
    pn_instruction_retired(&v->events,
                           (struct pn_retired){.shadow = PN_SHADOW_NONE, .tf = pn_hw_tf(), .breakpoints = breakpoints});
}

void skip_instruction(struct vcpu *v)
{
    skip(v, 0);
}

void skip_with_breakpoints(struct vcpu *v, uint64_t breakpoints)
{
    skip(v, breakpoints);
}

/* Of L2's exceptions L1 may want one as an exit instead. */
static void give(struct vcpu *v, struct pn_event e)
{
    if (v->nested.vmx.l2 && nested_raise(v, e))
        return;
    /* Free by its contract: what is reported was raised now, and nothing else waits. */
    if (pn_queue_exception(&v->events, e) != PN_ACCEPTED)
        report_crash(v, FAULT("the core refused an exception"));
}

void raise_exception(struct vcpu *v, uint8_t vector, bool has_error)
{
    const struct pn_event e = {
        .type = PN_TYPE_HARD_EXCEPTION,
        .vector = vector,
        .origin = PN_BY_EMULATOR,
        .has_error = has_error && pn_hw_pe(), /* real mode pushes no error codes (SDM 20.1.4) */
    };

    give(v, e);
}

void raise_page_fault(struct vcpu *v, uint64_t linear, uint32_t error)
{
    const struct pn_event e = {
        .type = PN_TYPE_HARD_EXCEPTION,
        .vector = PN_VECTOR_PF,
        .origin = PN_BY_EMULATOR,
        .has_error = true,
        .error = error,
        .has_payload = true,
        .payload = linear,
    };

    give(v, e);
}

_Static_assert(sizeof(struct vmx_regs) == 16 * sizeof(uint64_t), "in the processor's order");

uint64_t *guest_register(struct vcpu *v, unsigned int number)
{
    uint64_t *first = (uint64_t *)(void *)&v->hw.regs;

    number &= 15;
    return number == RSP ? 0 : first + number;
}

void l1_ended(struct vcpu *v, enum l1_end end, uint64_t code)
{
    v->end = end;
    v->end_code = code;
    v->hw.user |= VCPU_ENDED;
}

static void exit_nmi(struct vcpu *v)
{
    vmx_unblock_nmi(&v->hw);
    (void)pn_queue_nmi(&v->events); /* a merged one is accounted for by the core */
}

static APART void exit_exception(struct vcpu *v)
{
    const struct vmx_exit_words words = {
        .info = vmread32(EXIT_INFO),
        .error = vmread32(EXIT_ERROR),
        .length = vmread32(EXIT_LENGTH),
        .qualification = vmread(EXIT_QUALIFICATION),
        .dr7 = vmread(GUEST_DR7),
    };
    const struct pn_event e = vmx_decode_exception(words);

    if (e.type == PN_TYPE_NMI)
        exit_nmi(v);
    else
        give(v, e);
}

/* elide=on: the exit is dealt with; let the instruction raise the interrupted fault again if nothing else can reach the
 * guest before it: no interrupt (IF = 0), no NMI (blocked), no pending debug trap, and not twice at one place. */
static void forget_if_unseen(struct vcpu *v)
{
    const uint64_t rip = vmread(GUEST_RIP);
    const struct pn_resumption r = {
        .handled = true,
        .undisturbed = !pn_hw_if() && pn_hw_nmi_blocked() && vmx_word(VMX_PENDING_DEBUG) == 0,
        .first_try = rip != v->elided_rip,
    };

    /* Kept when the next one is re-injected: two exits in one delivery would take turns for ever (case 20). */
    if (pn_elide(&v->events, r))
        v->elided_rip = rip;
}

/* Bochs saves RF = 0 with an EPT violation; it is 1 unless an event was being delivered (SDM 27.3.3): the instruction has passed
 * its code breakpoint and does not meet it again. */
void fault_again(struct vcpu *v)
{
    const uint64_t flags = vmx_word(VMX_RFLAGS);

    if (v->events.injected.stage == PN_STAGE_NONE && !(flags & RFLAGS_RF))
        vmx_set_word(VMX_RFLAGS, flags | RFLAGS_RF);
}

static APART void exit_ept_violation(struct vcpu *v)
{
    const uint64_t address = vmread(GUEST_PHYS_ADDR);
    struct ept *ept = &v->machine->ept;
    const bool first_look = !ept->decoy_used;

    fault_again(v);
    switch (ept_cure(ept, address)) {
    case EPT_EVICTED_PAGE:
    case EPT_NEW_REGION:
        if (v->machine->options.elide)
            forget_if_unseen(v);
        return;
    case EPT_HIDDEN:
        if (first_look)
            say("PN| note L1 touches Provenest's own memory at %x and is shown a page of zeros\n", address);
        return;
    case EPT_NO_CURE:
        report_crash(v, FAULT("L1 touches a physical address that Provenest cannot map"));
    }
}

static APART void exit_hlt(struct vcpu *v)
{
    skip_instruction(v);
    v->hw.user |= VCPU_HALTING;
    if (v->hw.l2)
        vmx_set_activity(ACTIVITY_HLT); /* an exit to L1 may come before the next entry */
}

static void exit_invd(struct vcpu *v)
{
    /* Throwing caches away would throw away the hypervisor's own writes: write them back instead. */
    __asm__ volatile("wbinvd" : : : "memory");
    skip_instruction(v);
}

static void exit_timer(struct vcpu *v)
{
    vmwrite(PREEMPTION_TIMER, v->machine->options.evict >> v->hw.controls.timer_rate);
    evict_delivery_pages(v, false);
}

static _Noreturn void exit_unknown(struct vcpu *v, uint32_t reason)
{
    const char *name = vmx_reason_name(reason);
    uint32_t length = 0;

    while (name[length])
        length++;
    report_crash(v, (struct fault){"L1 caused a VM exit that Provenest does not handle", name, length});
}

static APART void exit_seldom(struct vcpu *v, uint32_t reason)
{
    switch (reason) {
    case EXIT_TRIPLE_FAULT:
        pn_queue_triple_fault(&v->events);
        break;
    case EXIT_GETSEC:
        raise_exception(v, VECTOR_UD, false); /* L1's processor has no SMX (SDM vol. 2D chapter 6) */
        break;
    case EXIT_INVD:
        exit_invd(v);
        break;
    case EXIT_PREEMPTION_TIMER:
        exit_timer(v);
        break;
    case EXIT_XSETBV:
        exit_xsetbv(v);
        break;
    default:
        exit_unknown(v, reason);
    }
}

void exit_handle(struct vcpu *v, uint32_t reason)
{
    switch (reason) {
    case EXIT_CPUID:
        exit_cpuid(v);
        break;
    case EXIT_EXCEPTION_NMI:
        exit_exception(v);
        break;
    case EXIT_EXTERNAL_INTERRUPT:
        pn_interrupt_pending(&v->events); /* not acknowledged: that is done when it can be delivered */
        break;
    case EXIT_INTR_WINDOW:
    case EXIT_NMI_WINDOW:
        break; /* pn_inject_events looks again anyway */
    case EXIT_EPT_VIOLATION:
        exit_ept_violation(v);
        break;
    case EXIT_CR_ACCESS:
        exit_control_register(v);
        break;
    case EXIT_RDMSR:
        exit_read_msr(v);
        break;
    case EXIT_WRMSR:
        exit_write_msr(v);
        break;
    case EXIT_IO:
        exit_io(v);
        break;
    case EXIT_HLT:
        exit_hlt(v);
        break;
    case EXIT_VMREAD:
        nested_vmread(v);
        break;
    case EXIT_VMWRITE:
        nested_vmwrite(v);
        break;
    case EXIT_VMLAUNCH:
        nested_entry(v, true);
        break;
    case EXIT_VMRESUME:
        nested_entry(v, false);
        break;
    case EXIT_VMCALL:
    case EXIT_VMCLEAR:
    case EXIT_VMPTRLD:
    case EXIT_VMPTRST:
    case EXIT_VMXOFF:
    case EXIT_VMXON:
        nested_instruction(v, reason);
        break;
    case EXIT_INVEPT:
    case EXIT_INVVPID:
        nested_invalidate(v, reason == EXIT_INVEPT);
        break;
    default:
        exit_seldom(v, reason);
    }
}
