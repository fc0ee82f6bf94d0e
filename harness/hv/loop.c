/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The life of a vCPU: prepare, enter, account, handle. The order of the calls into the core is its contract
 * (core/include/provenest/event.h).
 */
#include "../../core/hw/hw.h"

#include "vcpu.h"

/* After HLT: stay halted only if nothing is on its way. Bochs does not wake a halted guest for a window, so one with a
 * window that can open runs on; a spurious wake-up is what HLT loops expect anyway (SDM vol. 2A HLT). */
static void settle_activity(struct vcpu *v)
{
    const uint32_t proc = v->hw.vmcs->proc;
    const bool window = proc & PROC_NMI_WINDOW || (proc & PROC_INTR_WINDOW && pn_hw_if());
    const bool halt = !v->hw.vmcs->entry_valid && !window;

    if (v->hw.user & VCPU_HALTING || !halt)
        vmx_set_activity(halt ? ACTIVITY_HLT : ACTIVITY_ACTIVE);
    v->hw.user &= (uint8_t) ~(VCPU_HALTED | VCPU_HALTING);
    if (halt)
        v->hw.user |= VCPU_HALTED;
}

/* The core chooses what the next entry delivers. False: L1 has triple-faulted. Nobody queues an SMI, INIT or SIPI: firmware's
 * SMIs go to firmware, and L1 has one processor, so PN_ENTER is the only other answer. */
static inline __attribute__((always_inline)) bool inject(struct vcpu *v)
{
    const enum pn_action action = pn_inject_events(&v->events);

    if (__builtin_expect(action == PN_ENTER, 1))
        return true;
    if (action != PN_SHUTDOWN)
        report_crash(v, FAULT("the core asks for an SMI, INIT or SIPI that nobody sent"));
    l1_ended(v, L1_TRIPLE_FAULT, 0);
    return false;
}

/* After an event has been put into the entry field for the first time. */
static void evict(struct vcpu *v)
{
    if (v->hw.l2)
        nested_evict(v);
    else
        evict_delivery_pages(v, true);
}

/* Everything the next entry needs when hw.unusual says that events are not all. False: L1 has ended. */
static __attribute__((noinline)) bool prepare(struct vcpu *v)
{
    const bool given_before = v->events.injected.stage == PN_STAGE_INJECTED;
    bool briefly = false;

    if (v->hw.user & VCPU_ENDED)
        return false;
    if (vmx_take_host_nmi(&v->hw))
        (void)pn_queue_nmi(&v->events);
    if (v->hw.l2)
        briefly = nested_prepare(v);
    if (v->hw.user & VCPU_ENDED)
        return false; /* by a VMX abort */
    if (!inject(v))
        return false;
    if (briefly)
        pn_hw_set_immediate_exit(true);
    if (v->hw.user & VCPU_TESTS && v->machine->options.evict && v->hw.vmcs->entry_valid && !given_before)
        evict(v);
    if (v->hw.user & (VCPU_HALTING | VCPU_HALTED))
        settle_activity(v);
    return true;
}

/* The usual exit: L1's, which was not halted. */
static void handle(struct vcpu *v)
{
    const uint32_t reason = v->hw.exit_reason;

    if (__builtin_expect(reason >= EXIT_REASONS, 0))
        report_crash(v, FAULT("VM entry failed: the guest's state was refused by the processor"));
    v->exits[reason]++;
    pn_complete_vectoring(&v->events);
    exit_handle(v, reason);
}

static inline __attribute__((always_inline)) void handle_l2(struct vcpu *v)
{
    const uint32_t reason = v->hw.exit_reason;

    if (reason < EXIT_REASONS)
        v->exits[reason]++;
    nested_handle(v, reason);
}

static __attribute__((noinline)) void handle_unusual(struct vcpu *v)
{
    nmi_for_test_over(v);
    if (v->hw.user & VCPU_HALTED && vmx_activity() != ACTIVITY_HLT)
        v->hw.user &= (uint8_t)~VCPU_HALTED;
    if (v->hw.l2)
        handle_l2(v);
    else
        handle(v);
    if (v->hw.user & VCPU_TESTS)
        nmi_for_test(v);
}

static __attribute__((noinline)) void not_entered(struct vcpu *v, enum vmx_entered how)
{
    nmi_for_test_over(v);
    if (how == VMX_ENTRY_FAILED)
        report_crash(v, FAULT("VM entry failed: the control or host fields were refused by the processor"));
    v->late_nmis++;
    pn_cancel_injection(&v->events);
}

/* Enters the guest, and counts the ticks that are not its own. */
static enum vmx_entered run(struct vcpu *v)
{
#ifdef HV_COUNT
    enum vmx_entered entered;

    v->l0_ticks += cpu_tsc();
    entered = vmx_run(&v->hw);
    v->l0_ticks -= cpu_tsc();
    return entered;
#else
    return vmx_run(&v->hw);
#endif
}

/* L2, while nothing else is unusual. */
static __attribute__((noinline, flatten)) void run_l2(struct vcpu *v)
{
    do {
        const bool briefly = nested_prepare(v);
        enum vmx_entered entered;

        if (v->hw.unusual != VMX_ONLY_L2 || !inject(v))
            return; /* it has become L1's exit, a host's NMI has come, or L1 has ended */
        if (briefly)
            pn_hw_set_immediate_exit(true);
        entered = run(v);
        if (__builtin_expect(entered != VMX_EXITED, 0))
            not_entered(v, entered);
        else if (__builtin_expect(v->hw.unusual != VMX_ONLY_L2, 0))
            handle_unusual(v);
        else
            handle_l2(v);
    } while (v->hw.unusual == VMX_ONLY_L2);
}

/* One entry and its exit, whatever there is to think of. False: L1 has ended. */
static __attribute__((noinline)) bool run_unusual(struct vcpu *v)
{
    enum vmx_entered entered;

    if (!prepare(v))
        return false;
    entered = run(v);
    if (entered != VMX_EXITED)
        not_entered(v, entered);
    else
        handle_unusual(v);
    return true;
}

/* Flat: it never returns and has no registers to save, so what it calls is better off in it. */
__attribute__((flatten, noinline)) _Noreturn void vcpu_run(struct vcpu *v)
{
    if (v->machine->options.evict || v->machine->options.nmi)
        v->hw.user |= VCPU_TESTS;
    v->launch_tsc = cpu_tsc();
    v->l0_ticks = 0 - v->launch_tsc;
    for (;;) {
        enum vmx_entered entered;

        if (__builtin_expect(v->hw.unusual, 0)) {
            if (v->hw.unusual == VMX_ONLY_L2)
                run_l2(v);
            else if (!run_unusual(v))
                break;
            continue;
        }
        if (!inject(v))
            break;
        entered = run(v);
        if (__builtin_expect(entered != VMX_EXITED, 0))
            not_entered(v, entered);
        else if (__builtin_expect(v->hw.unusual, 0))
            handle_unusual(v);
        else
            handle(v);
    }
    v->l0_ticks += cpu_tsc();
    report_and_end(v);
}
