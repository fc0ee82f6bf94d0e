/* SPDX-License-Identifier: BSD-2-Clause
 * Executed contracts in the hypervisor: VM entry is vmx_enter there, not pn_hw_enter_guest, and a broken contract ends
 * the machine with one line. */
#include "../../harness/hv/console.h"
#include "../../vendor/vmx/vmx.h"

void pn_check_failed(const char *function, const char *clause);
void pn_check_before_entry(void);
void pn_check_after_exit(void);
__extension__ typedef __int128 wide;
wide __divti3(wide a, wide b);
wide __modti3(wide a, wide b);
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

/* Contracts compute in 128 bits, and the hypervisor is linked without the compiler's library. */
static wide divided(wide a, wide b)
{
    wide quotient = 0, rest = 0;

    if (a >> 64 == 0 && b >> 64 == 0)
        return (uint64_t)a / (uint64_t)b;
    for (int k = 126; k >= 0; k--) {
        rest = rest << 1 | (a >> k & 1);
        quotient <<= 1;
        if (rest >= b) {
            rest -= b;
            quotient |= 1;
        }
    }
    return quotient;
}

wide __divti3(wide a, wide b)
{
    const wide quotient = divided(a < 0 ? -a : a, b < 0 ? -b : b);

    return (a < 0) != (b < 0) ? -quotient : quotient;
}

wide __modti3(wide a, wide b)
{
    return a - __divti3(a, b) * b;
}
