/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's VMX: what the hypervisor keeps of it for one virtual CPU, and the places where the loop and the exits call it. What
 * is decided is decided in core/vmx.
 */
#ifndef HV_NESTED_H
#define HV_NESTED_H

#include <provenest/nested.h>
#include <provenest/types.h>
#include <provenest/vmx_shadow.h>

#include "../../vendor/vmx/vmcs.h"
#include "ept02.h"

struct vcpu;

struct nested {
    struct pn_nested_vmx vmx;
    struct pn_l0_wants wants;
    struct ept02 *ept02;
    uint64_t feature_control; /* as L1 reads it */
    uint64_t cr4_valid;       /* bits of CR4 that L1 has */
    uint64_t cr0_mask;        /* of vmcs01 */
    struct pn_vmcs_shadow shadow;
    bool can_shadow;     /* shadow=on, and the processor can */
    bool shadowing;      /* vmcs01 shows L1 the shadow VMCS: L1 has a current VMCS */
    bool offered;        /* vmx=on */
    bool barrier;        /* the processor has IBPB */
    bool timer;          /* the last exit was L1's preemption timer's */
    uint64_t timer_left; /* of L1's timer in vmcs02, at the last entry or exit */
    /* for the report */
    uint64_t entries, failures, refused, dropped;
    uint64_t to_l1[EXIT_REASONS], to_l0[EXIT_REASONS];
};

/* nested.c */
void nested_setup(struct vcpu *v);
void nested_masks(struct vcpu *v);           /* the bits of CR0 and CR4 that L1's VMX operation fixes exit */
struct pn_l1_mode nested_mode(void);         /* all of it */
struct pn_l1_mode nested_mode_of_exit(void); /* what an exit by a VMX instruction other than VMXON leaves open */
void nested_show(struct vcpu *v);            /* before L1 goes on: what its VMREADs find */
bool nested_capability(const struct vcpu *v, uint32_t msr, uint64_t *value);

/* nested_insn.c: an exit of L1 by one of VMX's instructions */
__attribute__((noinline)) void nested_instruction(struct vcpu *v, uint32_t reason); /* but for VMLAUNCH and VMRESUME */
__attribute__((noinline)) void nested_vmread(struct vcpu *v);
__attribute__((noinline)) void nested_vmwrite(struct vcpu *v);
__attribute__((noinline)) void nested_invalidate(struct vcpu *v, bool ept);
__attribute__((noinline)) void nested_entry(struct vcpu *v, bool launch);
void nested_finish(struct vcpu *v, struct pn_outcome r); /* flags and RIP, or the fault */

/* nested_run.c */
void nested_launch(struct vcpu *v, struct pn_l1_mode mode, bool launch);
bool nested_prepare(struct vcpu *v); /* before each entry of L2. True: an exit of L1's is due behind it */
bool nested_raise(struct vcpu *v, struct pn_event e); /* L2's exception. True: it has become L1's exit */
void nested_flush_ept(struct vcpu *v);
void nested_evict(struct vcpu *v); /* evict=: L2's memory goes as its event is delivered */

/* nested_exit.c */
void nested_handle(struct vcpu *v, uint32_t reason); /* an exit of L2 */

#endif
