/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A processor in a page of C, for the example: it runs a "guest" that is a string, one letter an instruction. It stands for
 * what a hypervisor has in front of it anyway: a VMCS, a VMCB, KVM's struct kvm_vcpu.
 */
#ifndef TOY_H
#define TOY_H

#include <stdbool.h>
#include <stdint.h>

enum toy_exit { TOY_NOTHING, TOY_DONE, TOY_FAULT, TOY_PAGE_FAULT, TOY_SYSCALL, TOY_INTERRUPT, TOY_WINDOW };

struct toy_event {
    bool valid;
    uint8_t type, vector, length;
    bool has_error;
    uint32_t error;
};

struct toy_cpu {
    const char *code; /* the guest: see toy.c */
    bool interrupts_on, nmi_blocked, trap_flag, resume_flag, shadow;
    uint64_t cr2, dr6, dr7;
    struct toy_event entry;       /* to be delivered by the next entry */
    struct toy_event interrupted; /* its delivery ended in the last exit */
    bool interrupt_window, nmi_window, immediate_exit;
    unsigned int obstacles; /* deliveries that will be interrupted (a page of the stack is not there) */
    int line;               /* the vector the interrupt controller offers, or -1 */
    char log[256];          /* what the guest's handlers saw */
    unsigned int length;
};

enum toy_exit toy_run(struct toy_cpu *cpu);

#endif
