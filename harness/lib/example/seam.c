/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a hypervisor provides: <provenest/hw.h> over its own processor, a few lines a function, and the place of the
 * ledger's counters. This file is the whole of the port.
 */
#include "seam.h"

#include <provenest/counters.h>
#include <provenest/hw.h>

struct toy_cpu *seam_cpu;
static struct pn_counters counters;

struct pn_counters *pn_counters_this(void)
{
    return &counters;
}

bool pn_hw_if(void)
{
    return seam_cpu->interrupts_on;
}

bool pn_hw_tf(void)
{
    return seam_cpu->trap_flag;
}

bool pn_hw_btf(void)
{
    return false;
}

bool pn_hw_pe(void)
{
    return true;
}

bool pn_hw_svm(void)
{
    return false; /* the toy reports interrupted deliveries with type and length, as Intel does */
}

bool pn_hw_nrips(void)
{
    return false;
}

bool pn_hw_gif(void)
{
    return true;
}

bool pn_hw_smm(void)
{
    return false;
}

bool pn_hw_wait_for_sipi(void)
{
    return false;
}

bool pn_hw_rf(void)
{
    return seam_cpu->resume_flag;
}

uint64_t pn_hw_rip(void)
{
    return (uintptr_t)seam_cpu->code;
}

uint64_t pn_hw_next_rip(uint8_t length)
{
    return pn_hw_rip() + length;
}

bool pn_hw_sti_shadow(void)
{
    return seam_cpu->shadow;
}

bool pn_hw_movss_shadow(void)
{
    return false;
}

bool pn_hw_nmi_blocked(void)
{
    return seam_cpu->nmi_blocked;
}

uint64_t pn_hw_dr6(void)
{
    return seam_cpu->dr6;
}

uint64_t pn_hw_dr7(void)
{
    return seam_cpu->dr7;
}

uint64_t pn_hw_pending_breakpoints(void)
{
    return 0; /* the toy has no breakpoints */
}

struct pn_vectoring pn_hw_vectoring(void)
{
    const struct toy_event e = seam_cpu->interrupted;

    if (!e.valid)
        return (struct pn_vectoring){.valid = false};
    return (struct pn_vectoring){
        .valid = true,
        .type = e.type,
        .vector = e.vector,
        .length = e.length,
        .has_error = e.has_error,
        .error = e.error,
    };
}

void pn_hw_write_cr2(uint64_t address)
{
    seam_cpu->cr2 = address;
    counters.payload_pf++;
}

void pn_hw_write_dr6(uint64_t value)
{
    seam_cpu->dr6 = value;
    counters.payload_db++;
}

void pn_hw_write_dr7(uint64_t value)
{
    seam_cpu->dr7 = value;
}

void pn_hw_set_rf(void)
{
    seam_cpu->resume_flag = true;
}

void pn_hw_clear_rf(void)
{
    seam_cpu->resume_flag = false;
}

void pn_hw_set_shadow(bool sti, bool movss)
{
    seam_cpu->shadow = sti || movss;
}

void pn_hw_clear_shadow(void)
{
    seam_cpu->shadow = false;
}

void pn_hw_set_nmi_blocked(bool blocked)
{
    seam_cpu->nmi_blocked = blocked;
}

void pn_hw_set_step_pending(bool pending)
{
    (void)pending; /* the toy has no debug traps */
}

void pn_hw_set_pending_breakpoints(uint64_t bits)
{
    (void)bits;
}

/* The next three are asked on SVM alone. */
void pn_hw_set_rip(uint64_t rip)
{
    (void)rip;
}

void pn_hw_set_next_rip(uint64_t rip)
{
    (void)rip;
}

uint8_t pn_hw_soft_length(uint8_t type, uint8_t vector)
{
    (void)type;
    (void)vector;
    return 0;
}

void pn_hw_write_entry(struct pn_event e)
{
    seam_cpu->entry = (struct toy_event){
        .valid = true,
        .type = e.type,
        .vector = e.vector,
        .length = e.length,
        .has_error = e.has_error,
        .error = e.error,
    };
}

void pn_hw_cancel_entry(void)
{
    seam_cpu->entry.valid = false;
}

void pn_hw_restore_owed(struct pn_event e, bool taken_back)
{
    (void)taken_back;
    (void)e; /* what is owed is in the vcpu; the toy keeps no copy */
}

void pn_hw_set_immediate_exit(bool on)
{
    seam_cpu->immediate_exit = on;
}

void pn_hw_set_step(bool on)
{
    (void)on; /* SVM alone */
}

void pn_hw_set_intr_window(bool on)
{
    seam_cpu->interrupt_window = on;
}

void pn_hw_set_nmi_window(bool on)
{
    seam_cpu->nmi_window = on;
}

int pn_hw_ack_interrupt(void)
{
    const int vector = seam_cpu->line;

    seam_cpu->line = -1;
    return vector >= 0 ? vector : PN_NO_INTERRUPT;
}
