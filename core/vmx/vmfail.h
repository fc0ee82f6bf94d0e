/* SPDX-License-Identifier: BSD-2-Clause
 * What a VMX instruction comes to. SDM vol. 3C 30.2. */
#ifndef PROVENEST_VMFAIL_H
#define PROVENEST_VMFAIL_H

#include <provenest/vmx_insn.h>

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: succeeded(\result); */
struct pn_outcome pn_vm_succeed(void);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: faulted(\result, vector); */
struct pn_outcome pn_vm_fault(uint8_t vector);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: failed_invalid(\result); */
struct pn_outcome pn_vm_fail_invalid(void);

#endif
