/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The nested fuzzer's parts: L1 (nested_l1.c), its entries (nested_entry.c, nested_02.c), L2 and its exits (nested_l2.c,
 * nested_exit.c), the processor they share (nested.c). `want` and `field` are the fuzzer's own account of L1's VMX.
 */
#ifndef NESTED_H
#define NESTED_H

#include <stddef.h>

#include <provenest/vmx_entry.h>
#include <provenest/vmx_events.h>
#include <provenest/vmx_shadow.h>

#include "../../vendor/model/vmcs.h"
#include "../oracle/bridge.h"
#include "manual_vmx.h"

/* L1's memory: where things are. */
enum {
    AT_VMXON = 0x2000,
    AT_VMCS = 0x3000,
    VMCSS = 3,
    AT_BITMAPS = 0x8000,
    AT_LISTS = 0xc000,
    AT_TABLES = 0x10000,
    AT_APIC = 0x12000,
    AT_HIDDEN = 0x80000,
    HIDDEN_END = 0x90000,
    NESTED_OPS = 200,
};

/* A VMCS of L1's as its own hypervisor would remember it. */
struct remembered {
    uint64_t field[PN_FIELDS];
    bool known, launched; /* known: nobody wrote into the region but VMX instructions */
    bool open[4];         /* the PDPTE field is undefined (27.3.1) */
};

enum nested_base { B_LONG, B_PAE, B_PAE_NO_EPT, B_PROTECTED, B_REAL, B_V86, BASES };

struct nested_run {
    struct model_cpu cpu;
    struct pn_vcpu v;
    struct pn_nested_vmx n;
    struct pn_l0_wants l0;
    struct pn_vmcs_shadow shadow; /* what L0 knows of it, if the processor has VMCS shadowing */
    bool shadowing;
    struct pn_l1_mode mode;
    struct manual_cpu l1, hardware; /* as L1 sees the processor, and as it is */
    struct manual_vmx want;
    struct remembered of[VMCSS];
    const uint8_t *data;
    size_t left;
    const char *call;
    unsigned int ops, rounds;
    enum nested_base base;
    bool l1_long; /* L1 is in 64-bit mode; else with PAE paging */
    bool tagged;  /* vpid02 has translations of ... */
    uint64_t tag_vpid, tag_eptp;
    int leaves;               /* L2 leaves another value in this field of the guest area, and L1 gets the exit; or 0 */
    bool due;                 /* L1 has executed INVVPID since the last entry of L2 */
    unsigned int empties;     /* of EPT02, before L1's instruction */
    uint64_t sees[PN_FIELDS]; /* what L1 would read, before an entry */
    bool unloadable; /* L2 left segments that no entry loads, and they are in vmcs02: the processor refuses them */
    bool brief;      /* L2 runs until L1's event can be its exit */
    bool over;       /* shut down */
    uint64_t return_rip;
    unsigned int entries, failures, exits, aborts;
};

/* nested.c */
_Noreturn void nested_fail(const struct nested_run *r, const char *what);
void nested_check(const struct nested_run *r, const char *difference);
void nested_sound(struct nested_run *r); /* invariants, both balances, our account against the core's */
unsigned int take(struct nested_run *r, unsigned int n);
uint64_t take64(struct nested_run *r);
uint64_t nested_memory(uint64_t address);
bool nested_readable(uint32_t index);
bool nested_writable(uint32_t index);
void cpu_from(struct nested_run *r, const uint64_t *f); /* the event device and a VMCS's guest area, both ways */
void cpu_to(struct nested_run *r, uint64_t *f);
void nested_mode(struct nested_run *r); /* L1's mode, from vmcs01 */
struct pn_event any_exception(struct nested_run *r);
struct remembered *nested_current(struct nested_run *r); /* of the current VMCS, if it is one of the three; or null */

/* nested_verdict.c */
const char *nested_verdict(const struct nested_run *r); /* what the core counts as checked and no entry would take */

/* nested_late.c: L2's segments, which an exit leaves in vmcs02 until L1 looks */
bool late_segment(int f);
bool late(const struct nested_run *r); /* they are there now */
uint64_t late_field(const struct nested_run *r,
                    int f);              /* what L1 would read: in vmcs12 once the segments are fetched */
void late_fetch(struct nested_run *r);   /* pn_save_segments */
void late_settle(struct nested_run *r);  /* pn_settle_segments, perhaps behind an early fetch */
void late_refused(struct nested_run *r); /* pn_save_segments02: nothing is lost with vmcs02 */

/* nested_shadow.c: L1's VMREADs and VMWRITEs without an exit; before and after what needs vmcs12 whole */
bool shadow_write(struct nested_run *r, int f, uint64_t value); /* false: the VMWRITE exits */
void shadow_take(struct nested_run *r);
void shadow_fill(struct nested_run *r);
void shadow_said(struct nested_run *r); /* the same behind an exit of L2's */

/* nested_machine.c, nested_world.c */
void nested_machine(struct nested_run *r, unsigned int how);
struct model_step l2_step(struct model_cpu *cpu, void *context);
struct model_hazard l2_hazard(struct model_cpu *cpu, struct pn_event e, void *context);
void l2_sees(struct model_cpu *cpu, const struct model_seen *seen, void *context);

/* nested_l1.c, nested_base.c, nested_edit.c */
void l1_base(struct nested_run *r);
void l1_set(struct nested_run *r, int f, uint64_t value); /* if it is not that already */
void l1_write(struct nested_run *r, int f, uint64_t value);
void l1_edit(struct nested_run *r);
void l1_memory(struct nested_run *r);
void l1_instruction(struct nested_run *r);
void l1_invvpid(struct nested_run *r);
uint64_t near_value(struct nested_run *r, uint64_t old);

/* nested_entry.c, nested_02.c */
void l1_entry(struct nested_run *r);
void check_vmcs02(struct nested_run *r, const uint64_t *l1); /* `l1`: vmcs01 before the entry */

/* nested_l2.c, nested_said.c, nested_exit.c */
void l2_run(struct nested_run *r);
uint32_t l2_info(const struct nested_run *r, struct pn_event e); /* VM-exit interruption information */
void l2_writes(struct nested_run *r);
void l2_leaves(struct nested_run *r);
struct pn_l2_exit l2_said(struct nested_run *r);
struct before_exit {
    struct pn_vcpu v;
    uint64_t f[PN_FIELDS], hw02[PN_FIELDS], l1[PN_FIELDS];
    uint32_t written;
};
struct before_exit before_exit(struct nested_run *r);
void after_exit(struct nested_run *r, const struct before_exit *b, struct pn_l2_exit x, bool aborted);
void after_failure(struct nested_run *r, const struct before_exit *b, uint32_t reason, unsigned int qualifications,
                   bool aborted);

#endif
