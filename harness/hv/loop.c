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
    const bool halt = (v->halting || v->halted) && !v->hw.vmcs->entry_valid && !window;

    if (v->halting || (v->halted && !halt))
        vmx_set_word(VMX_ACTIVITY, halt ? ACTIVITY_HLT : ACTIVITY_ACTIVE);
    v->halted = halt;
    v->halting = false;
}

/* Everything the next entry needs. False: L1 has triple-faulted. Nobody queues an SMI, INIT or SIPI: firmware's SMIs go to
 * firmware, and L1 has one processor, so PN_ENTER is the only other answer. */
static bool prepare(struct vcpu *v)
{
    const bool given_before = v->events.injected.stage == PN_STAGE_INJECTED;
    enum pn_action action;
    bool briefly = false;

    if (vmx_take_host_nmi(&v->hw))
        (void)pn_queue_nmi(&v->events);
    if (v->nested.vmx.l2)
        briefly = nested_prepare(v);
    if (v->end != L1_RUNNING)
        return true; /* by a VMX abort: the loop sees it */
    action = pn_inject_events(&v->events);
    if (action == PN_SHUTDOWN)
        return false;
    if (action != PN_ENTER)
        report_crash(v, FAULT("the core asks for an SMI, INIT or SIPI that nobody sent"));
    if (briefly)
        pn_hw_set_immediate_exit(true);
    if (v->machine->options.evict && v->hw.vmcs->entry_valid && !given_before) {
        if (v->nested.vmx.l2)
            nested_evict(v);
        else
            evict_delivery_pages(v, true);
    }
    if (v->halting || v->halted)
        settle_activity(v);
    return true;
}

static void account_exit(struct vcpu *v, uint32_t reason)
{
    v->exit_count++;
    if (reason < EXIT_REASONS)
        v->exits[reason]++;
}

static void handle(struct vcpu *v)
{
    const uint32_t reason = v->hw.exit_reason;

    account_exit(v, reason);
    if (v->nested.vmx.l2) {
        nested_handle(v, reason);
        return;
    }
    if (reason & EXIT_ENTRY_FAILED)
        report_crash(v, FAULT("VM entry failed: the guest's state was refused by the processor"));
    pn_complete_vectoring(&v->events);
    if (v->halted && vmx_word(VMX_ACTIVITY) != ACTIVITY_HLT)
        v->halted = false;
    exit_handle(v, reason);
}

_Noreturn void vcpu_run(struct vcpu *v)
{
    uint64_t since = cpu_tsc();

    v->launch_tsc = since;
    while (v->end == L1_RUNNING) {
        enum vmx_entered entered;

        if (!prepare(v)) {
            l1_ended(v, L1_TRIPLE_FAULT, 0);
            break;
        }
        if (v->end != L1_RUNNING)
            break;
        v->l0_ticks += cpu_tsc() - since;
        entered = vmx_run(&v->hw);
        since = cpu_tsc();
        nmi_for_test_over(v);
        if (entered == VMX_NOT_ENTERED) {
            v->late_nmis++;
            pn_cancel_injection(&v->events);
            continue;
        }
        if (entered == VMX_ENTRY_FAILED)
            report_crash(v, FAULT("VM entry failed: the control or host fields were refused by the processor"));
        handle(v);
        nmi_for_test(v);
    }
    report_and_end(v);
}
