/* SPDX-License-Identifier: BSD-2-Clause
 * Executed contracts in the hypervisor: VM entry is vmx_enter there, not pn_hw_enter_guest, and a broken contract ends
 * the machine with one line. */
#include "../../harness/hv/console.h"
#include "../../vendor/vmx/vmx.h"

void pn_check_failed(const char *function, const char *clause);
void pn_check_before_entry(void);
void pn_check_after_exit(void);
int __real_vmx_enter(struct vmx_cpu *cpu);
int __wrap_vmx_enter(struct vmx_cpu *cpu);

void pn_check_failed(const char *function, const char *clause)
{
    say("PN! contract broken: %s: %s: please report this line\n", function, clause);
    say("PN| end 1\n");
    machine_end(1);
}

int __wrap_vmx_enter(struct vmx_cpu *cpu)
{
    int entered;

    pn_check_before_entry();
    entered = __real_vmx_enter(cpu);
    if (entered == VMX_EXITED)
        pn_check_after_exit();
    return entered;
}
