/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the unit tests share: a model CPU with a scripted guest and a log of what the guest received, records of
 * events, and the checks that must hold after every call.
 */
#ifndef UNIT_SUPPORT_H
#define UNIT_SUPPORT_H

#include <check.h>
#include <setjmp.h>

#include <provenest/event.h>

#include "../../vendor/model/model.h"

enum { SCRIPT = 64, LOG = 512 };

struct fixture {
    struct model_cpu cpu;
    struct pn_vcpu v;
    struct model_step script[SCRIPT]; /* NOPs after the end */
    unsigned int steps, step;
    struct model_hazard hazards[SCRIPT]; /* none after the end */
    unsigned int hazard_count, hazard;
    struct model_seen log[LOG];
    unsigned int seen;
    bool catching; /* a violated precondition is expected */
    jmp_buf caught;
    char violation[96]; /* "function: name" of it */
};

/* The processors there are; a loop test over [0, ON_ALL) runs on each. */
enum { ON_VMX = 0, ON_SVM, ON_SVM_PLAIN /* without NRIPS */, ON_ALL };

/* A processor after reset and an initialised vcpu. Always the same object. fresh(): Intel. */
struct fixture *fresh_on(int processor);
struct fixture *fresh(void);

void script(struct fixture *f, enum model_insn insn);
void script_raises(struct fixture *f, struct pn_event e);
void script_int_n(struct fixture *f, uint8_t vector);
void meets(struct fixture *f, enum model_meets what);
void meets_exception(struct fixture *f, struct pn_event e);

/* pn_inject_events, entry, pn_complete_vectoring; what the exit was. */
enum model_reason turn(struct fixture *f);
/* The hypervisor has carried out an instruction of one byte: RIP behind it, pn_instruction_retired with RFLAGS.TF. */
void retired(struct fixture *f, uint8_t shadow);
/* The second half of it, after a pn_inject_events of the test's own. */
enum model_reason enter(struct fixture *f);

/* The public invariant and both balances; every test calls it wherever a call has returned. */
void sound(struct fixture *f);
const struct model_seen *last_seen(const struct fixture *f);

/* Run `statement`, which must break the precondition "function: name". */
#define BREAKS(f, which, statement)                    \
    do {                                               \
        (f)->catching = true;                          \
        (f)->violation[0] = 0;                         \
        if (!setjmp((f)->caught))                      \
            statement;                                 \
        (f)->catching = false;                         \
        ck_assert_str_eq((f)->violation, which);       \
    } while (0)

/* For loops: Check's own assertions leave a trace each time, which is slow. */
#define HOLDS(condition)                     \
    do {                                     \
        if (!(condition))                    \
            ck_abort_msg("%s", #condition);  \
    } while (0)

/* Records, as a vendor decodes them. */
struct pn_event fault(uint8_t vector);
struct pn_event fault_with(uint8_t vector, uint32_t error);
struct pn_event page_fault(uint64_t address, uint32_t error);
struct pn_event debug(uint8_t kind, uint64_t qualification);
struct pn_event breakpoint(void); /* INT3 */
struct pn_event overflow(void);   /* INTO */
struct pn_event icebp(void);      /* INT1 */
struct pn_event by(uint8_t origin, struct pn_event e);
struct pn_event vectored(uint8_t type, uint8_t vector, uint8_t length, bool has_error, uint32_t error);

/* As if the last exit had interrupted the delivery of `e`, and the core had been told. */
void interrupted_by_exit(struct fixture *f, struct pn_event e);
bool same_event(struct pn_event a, struct pn_event b);
/* Whether the processor of `f` has such an event, and a guest may get it (no CET: no #CP). */
bool exists(const struct fixture *f, struct pn_event e);

TCase *exceptions_tests(void);
TCase *classes_tests(void);
TCase *debug_status_tests(void);
TCase *double_fault_tests(void);
TCase *nmi_tests(void);
TCase *interrupt_tests(void);
TCase *shadow_tests(void);
TCase *vectoring_tests(void);
TCase *words_tests(void);
TCase *soft_tests(void);
TCase *svm_nmi_tests(void);
TCase *async_tests(void);
TCase *retire_tests(void);
TCase *intercept_tests(void);
TCase *snapshot_tests(void);
TCase *elide_tests(void);
TCase *priority_tests(void);
TCase *history_tests(void);
TCase *ledger_tests(void);
TCase *model_tests(void);
TCase *seam_tests(void);
TCase *hv_options_tests(void);
TCase *hv_memmap_tests(void);
TCase *hv_image_tests(void);
TCase *hv_bootinfo_tests(void);
TCase *hv_tables_tests(void);
TCase *vmx_caps_tests(void);
TCase *vmx_decode_tests(void);
TCase *vmx_check_tests(void);
TCase *vmx_check_guest_tests(void);
TCase *vmx_insn_tests(void);
TCase *vmx_shadow_tests(void);
TCase *vmx_exit_tests(void);
TCase *vmx_entry_tests(void);
TCase *vmx_host_tests(void);
TCase *vmx_more_tests(void);
TCase *vmx_words_tests(void);
TCase *vmx_verdict_tests(void);
TCase *vmx_late_tests(void);

#endif
