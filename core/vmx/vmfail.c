/* SPDX-License-Identifier: BSD-2-Clause
 * What a VMX instruction comes to, and what all but VMXON ask first. SDM vol. 3C 30.2, 30.3. */
#include "vmfail.h"

#include "../event/bits.h"

struct pn_outcome pn_vm_succeed(void)
{
    const struct pn_outcome o = {.kind = PN_VMX_SUCCEED, .vector = 0, .error = 0};

    return o;
}

struct pn_outcome pn_vm_fault(uint8_t vector)
{
    const struct pn_outcome o = {.kind = PN_VMX_FAULT, .vector = vector, .error = 0};

    return o;
}

struct pn_outcome pn_vm_fail_invalid(void)
{
    const struct pn_outcome o = {.kind = PN_VMX_FAIL_INVALID, .vector = 0, .error = 0};

    return o;
}

struct pn_outcome pn_vm_fail(struct pn_nested_vmx *n, uint8_t error)
{
    const struct pn_outcome o = {.kind = PN_VMX_FAIL_VALID, .vector = 0, .error = error};

    if (n->current == PN_NO_VMCS)
        return pn_vm_fail_invalid();
    n->vmcs12.f[PN_F_INSTRUCTION_ERROR] = error;
    return o;
}

struct pn_outcome pn_vmx_ready(const struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    const bool protected_mode = pn_tstb(m.cr0, 0) && !pn_tstb(m.rflags, 17);

    if (!n->vmxon || !protected_mode || (m.long_mode && !m.cs_long))
        return pn_vm_fault(6);
    return m.cpl > 0 ? pn_vm_fault(13) : pn_vm_succeed();
}
