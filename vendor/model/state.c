/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/hw.h over the model: the processor, and reading and changing the guest.
 */
#include "../../core/hw/hw.h"

#include <stdio.h>
#include <stdlib.h>

#include "model.h"

static _Thread_local struct model_cpu *current;

struct model_cpu *model_this(void)
{
    return current;
}

void model_make_current(struct model_cpu *cpu)
{
    current = cpu;
}

struct pn_counters *pn_counters_this(void)
{
    return &current->counters;
}

void model_violation(const char *function, const char *name)
{
    if (current->world.violated) {
        current->world.violated(function, name, current->world.context);
        return;
    }
    fprintf(stderr, "model: %s: precondition %s does not hold\n", function, name);
    abort();
}

void model_init(struct model_cpu *cpu, struct model_world world)
{
    *cpu = (struct model_cpu){
        .world = world, .bitmap = 0xffffffffu, .budget = 1, .pe = true, .gif = true, .rip_bits = 64,
        .dr6 = 0xffff0ff0u, .dr7 = 0x400, .last_eoi = MODEL_NONE, .rip = MODEL_START, .at = MODEL_START,
    };
    model_make_current(cpu);
}

void model_make_svm(struct model_cpu *cpu, bool nrips)
{
    cpu->svm = true;
    cpu->nrips = nrips;
}

void model_move(struct model_cpu *cpu, uint64_t rip)
{
    cpu->rip = rip;
    cpu->at = rip;
}

uint64_t model_behind(const struct model_cpu *cpu, uint64_t rip, uint8_t length)
{
    const uint64_t next = rip + length;

    return cpu->rip_bits == 64 ? next : next & ((1ull << cpu->rip_bits) - 1);
}

/* ---- What it is ---- */

bool pn_hw_svm(void)
{
    return current->svm;
}

bool pn_hw_nrips(void)
{
    return current->nrips;
}

/* ---- Reading the guest ---- */

bool pn_hw_if(void)
{
    return current->iflag;
}

bool pn_hw_tf(void)
{
    return current->tf;
}

bool pn_hw_btf(void)
{
    return current->btf;
}

bool pn_hw_pe(void)
{
    return current->pe;
}

bool pn_hw_rf(void)
{
    return current->rf;
}

uint64_t pn_hw_rip(void)
{
    return current->rip;
}

uint64_t pn_hw_next_rip(uint8_t length)
{
    MODEL_REQUIRE(range, length >= 1 && length <= 15);
    return model_behind(current, current->rip, length);
}

bool pn_hw_gif(void)
{
    return current->gif;
}

bool pn_hw_smm(void)
{
    return current->smm;
}

bool pn_hw_wait_for_sipi(void)
{
    return current->wfs;
}

bool pn_hw_sti_shadow(void)
{
    return current->sti;
}

bool pn_hw_movss_shadow(void)
{
    return current->movss;
}

bool pn_hw_nmi_blocked(void)
{
    return current->nmi_blocked;
}

uint64_t pn_hw_dr6(void)
{
    return current->dr6;
}

uint64_t pn_hw_dr7(void)
{
    return current->dr7;
}

uint64_t pn_hw_pending_breakpoints(void)
{
    return current->svm ? 0 : current->hits & 0xf;
}

/* ---- Changing it ---- */

void pn_hw_set_rf(void)
{
    current->rf = true;
}

void pn_hw_clear_rf(void)
{
    current->rf = false;
}

void pn_hw_set_shadow(bool sti, bool movss)
{
    MODEL_REQUIRE(one, !sti || !movss);
    current->sti = sti || (current->svm && movss);
    current->movss = movss && !current->svm;
}

void pn_hw_clear_shadow(void)
{
    current->sti = false;
    current->movss = false;
}

void pn_hw_set_pending_breakpoints(uint64_t bits)
{
    current->hits = current->svm ? 0 : bits & 0xf;
}

void pn_hw_set_rip(uint64_t rip)
{
    current->rip = rip;
}

void pn_hw_set_next_rip(uint64_t rip)
{
    current->next_rip = rip;
}

void pn_hw_set_nmi_blocked(bool blocked)
{
    current->nmi_blocked = blocked;
}

void pn_hw_set_step_pending(bool pending)
{
    current->bs = pending;
}
