/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the VMCS's exit words to the core's records; those of vectoring and entry are core/event/encode.h. Pure, host-testable
 * (SDM vol. 3C 24.8.3, 27.2.2 to 27.2.4, tables 24-16 to 24-18 and 27-1).
 */
#ifndef VMX_DECODE_H
#define VMX_DECODE_H

#include <provenest/types.h>

/* VM-exit words as the VMCS has them. */
struct vmx_exit_words {
    uint32_t info, error, length;
    uint64_t qualification;
    uint64_t dr7; /* tells a code breakpoint from a data breakpoint */
};

/* An exception exit (type 3, 5 or 6) as an event for pn_queue_exception. */
struct pn_event vmx_decode_exception(struct vmx_exit_words words);

/* "external-interrupt" for 1; "reserved" for what table C-1 does not have. */
const char *vmx_reason_name(uint32_t basic_reason);

#endif
