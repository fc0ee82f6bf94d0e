/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One virtual CPU, and the machine it is in. There is one vCPU now; all its state is in here and is reached from the
 * pointer its loop carries, so that there can be more.
 */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include <provenest/event.h>

#include "../../vendor/vmx/cpu.h"
#include "../../vendor/vmx/known.h"
#include "../../vendor/vmx/vmx.h"
#include "ept.h"
#include "nested.h"
#include "options.h"

struct machine {
    struct ept ept;
    struct options options;
    struct bytes physical; /* the low 4 GiB, identity mapped in the host */
    uint16_t pm1a_control;
};

/* Why the loop must look twice, in hw.user. */
enum unusual {
    VCPU_TESTS = 1,   /* evict= or nmi= */
    VCPU_HALTING = 2, /* a HLT has been carried out: halt at the next entry if nothing is to be delivered */
    VCPU_HALTED = 4,  /* the last entry was into the HLT state */
    VCPU_ENDED = 8,   /* end says how */
};

/* How L1 ended. */
enum l1_end { L1_RUNNING, L1_POWER_OFF, L1_SHUTDOWN_PORT, L1_F4, L1_TRIPLE_FAULT, L1_RESET };

struct vcpu {
    struct vmx_cpu hw; /* first: GS points here */
    struct pn_vcpu events; /* of L1, and of L2 while it runs */
    struct nested nested;
    struct machine *machine;
    uint64_t exits[EXIT_REASONS];
    uint64_t exit_count, l0_ticks, launch_tsc; /* exit_count: kept for nmi= only; l0_ticks: HV_COUNT */
    uint64_t evictions, nmis_sent, late_nmis; /* late: seen or taken inside vmx_enter */
    uint32_t icr_high; /* nmi.c: L1's, while ours is in the register */
    uint32_t shutdown_letters; /* of "Shutdown" seen on port 0x8900 */
    uint64_t elided_rip; /* where the last event was forgotten: not twice in a row at one place */
    enum l1_end end;
    uint64_t end_code;
};

/* loop.c */
_Noreturn void vcpu_run(struct vcpu *v);

/* exit.c and the files beside it: each handles one exit */
void exit_handle(struct vcpu *v, uint32_t reason);
/* Not inlined: exit_handle is a table of jumps. */
__attribute__((noinline)) void exit_cpuid(struct vcpu *v);
__attribute__((noinline)) void exit_control_register(struct vcpu *v);
__attribute__((noinline)) void exit_io(struct vcpu *v);
__attribute__((noinline)) void exit_read_msr(struct vcpu *v);
__attribute__((noinline)) void exit_write_msr(struct vcpu *v);
__attribute__((noinline)) void exit_xsetbv(struct vcpu *v);
void msr_setup(struct vcpu *v);
void io_setup(struct vcpu *v);

/* What the handlers share. */
__attribute__((noinline)) void skip_instruction(struct vcpu *v);
__attribute__((noinline, cold)) void skip_with_breakpoints(struct vcpu *v, uint64_t breakpoints); /* I/O breakpoints that it met: bits 3:0, as in DR6 */
__attribute__((noinline, cold)) void raise_exception(struct vcpu *v, uint8_t vector, bool has_error); /* error code 0, raised by emulation */
__attribute__((noinline, cold)) void raise_page_fault(struct vcpu *v, uint64_t linear, uint32_t error);
void fault_again(struct vcpu *v); /* after an EPT violation, if the guest is to run the instruction again */
void l1_ended(struct vcpu *v, enum l1_end end, uint64_t code);
uint64_t *guest_register(struct vcpu *v, unsigned int number); /* 0 for RSP, which is in the VMCS */

/* evict.c, nmi.c */
void evict_delivery_pages(struct vcpu *v, bool injecting); /* injecting: an event is in the entry field */
void nmi_for_test(struct vcpu *v);
void nmi_for_test_over(struct vcpu *v);

/* report.c */
__attribute__((noinline, cold)) _Noreturn void report_and_end(struct vcpu *v);
__attribute__((noinline, cold)) _Noreturn void report_crash(struct vcpu *v, struct fault f); /* dumps the guest, reports, ends with 1 */

#endif
