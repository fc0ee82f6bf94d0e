/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is known of the current VMCS without reading it: the words that vmx_run reads at every exit, and that nobody writes but
 * through here; the activity state.
 */
#ifndef VMX_KNOWN_H
#define VMX_KNOWN_H

#include "cpu.h"
#include "vmx.h"

/* Straight into the core's lines, by link-time optimization: the word is a constant there. */
#define VMX_HOT static inline __attribute__((always_inline))

VMX_HOT uint32_t vmx_field_of_word(enum vmx_word w)
{
    return w == VMX_RFLAGS ? GUEST_RFLAGS : w == VMX_INTERRUPTIBILITY ? GUEST_INTERRUPTIBILITY : GUEST_PENDING_DEBUG;
}

VMX_HOT uint64_t vmx_word(enum vmx_word w)
{
    return vmx_this_vmcs()->word[w];
}

/* Whatever it has been. */
VMX_HOT void vmx_put_word(enum vmx_word w, uint64_t value)
{
    (void)vmwrite(vmx_field_of_word(w), value);
    vmx_this_vmcs()->word[w] = value;
}

VMX_HOT void vmx_set_word(enum vmx_word w, uint64_t value)
{
    if (vmx_word(w) != value)
        vmx_put_word(w, value);
}

VMX_HOT uint64_t vmx_activity(void)
{
    return vmread(GUEST_ACTIVITY);
}

/* SDM 25.2, 27.1: an INIT exits, so a guest does not come to wait for a SIPI while it runs. */
VMX_HOT void vmx_set_activity(uint64_t state)
{
    (void)vmwrite(GUEST_ACTIVITY, state);
    vmx_this_vmcs()->waits_for_sipi = state == ACTIVITY_WAIT_FOR_SIPI;
}

/* Whatever window is armed, external interrupts exit. */
VMX_HOT void vmx_keep_interrupts(struct vmx_cpu *cpu, bool keep)
{
    struct vmx_known *k = cpu->vmcs;

    if (k->keep_interrupts != keep)
        k->intr_window = VMX_UNKNOWN;
    k->keep_interrupts = keep;
}

#endif
