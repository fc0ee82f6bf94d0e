/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/hw.h over the model. Every precondition is asserted under the name it has there.
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
        .world = world, .bitmap = 0xffffffffu, .budget = 1, .pe = true,
        .dr6 = 0xffff0ff0u, .dr7 = 0x400, .last_eoi = MODEL_NONE,
    };
    model_make_current(cpu);
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

struct pn_vectoring pn_hw_vectoring(void)
{
    struct model_cpu *cpu = current;
    struct pn_vectoring x = {.valid = cpu->owed, .nmi_unblocked_by_iret = cpu->iret_unblocked};

    MODEL_REQUIRE(after_exit, cpu->exited);
    cpu->exited = false;
    if (cpu->owed) {
        x.type = cpu->owed_event.type;
        x.vector = cpu->owed_event.vector;
        x.length = cpu->owed_event.length;
        x.has_error = cpu->owed_event.has_error;
        x.error = cpu->owed_event.error;
    }
    return x;
}

/* ---- Payload ---- */

void pn_hw_write_cr2(uint64_t address)
{
    MODEL_REQUIRE(payload_before_event, !current->entry);
    current->cr2 = address;
    current->applied++;
    current->counters.payload_pf++;
}

void pn_hw_write_dr6(uint64_t value)
{
    MODEL_REQUIRE(payload_before_event, !current->entry);
    current->dr6 = value;
    current->applied++;
    current->counters.payload_db++;
}

void pn_hw_write_dr7(uint64_t value)
{
    MODEL_REQUIRE(payload_before_event, !current->entry);
    current->dr7 = value;
}

/* ---- Guest state ---- */

void pn_hw_set_rf(void)
{
    current->rf = true;
}

void pn_hw_clear_shadow(void)
{
    current->sti = false;
    current->movss = false;
}

void pn_hw_set_nmi_blocked(bool blocked)
{
    current->nmi_blocked = blocked;
}

void pn_hw_set_step_pending(bool pending)
{
    current->bs = pending;
}

/* ---- Entry event and windows ---- */

static bool interrupt_open(const struct model_cpu *cpu)
{
    return cpu->iflag && !cpu->sti && !cpu->movss;
}

void pn_hw_write_entry(struct pn_event e)
{
    struct model_cpu *cpu = current;

    MODEL_REQUIRE(one_event, !cpu->entry);
    MODEL_REQUIRE(exit_read, !cpu->exited);
    MODEL_REQUIRE(interrupted_first, !cpu->owed || model_same(e, cpu->owed_event));
    MODEL_REQUIRE(type_rule, model_type_ok(e));
    MODEL_REQUIRE(error_code_rule, cpu->owed || e.has_error == model_has_error(e.type, e.vector, cpu->pe));
    MODEL_REQUIRE(error_width, e.error <= 0xffff);
    MODEL_REQUIRE(length_rule, model_length_ok(e));
    MODEL_REQUIRE(interrupt_open, e.type != 0 || interrupt_open(cpu));
    MODEL_REQUIRE(nmi_open, e.type != 2 || (!cpu->nmi_blocked && !cpu->sti && !cpu->movss));
    MODEL_REQUIRE(acknowledged, e.type != 0 || cpu->owed || (cpu->acked && cpu->acked_vector == e.vector));
    MODEL_REQUIRE(no_other_acknowledged, (e.type == 0 && !cpu->owed) || !cpu->acked);
    MODEL_REQUIRE(payload_applied, !e.has_payload);
    cpu->entry = true;
    cpu->entry_event = e;
    cpu->owed = false;
    cpu->acked = false;
}

void pn_hw_cancel_entry(void)
{
    MODEL_REQUIRE(something, current->entry);
    current->entry = false;
    current->owed = true;
    current->owed_event = current->entry_event;
    current->cancelled++;
}

void pn_hw_set_intr_window(bool on)
{
    current->intr_window = on;
}

void pn_hw_set_nmi_window(bool on)
{
    current->nmi_window = on;
}

int pn_hw_ack_interrupt(void)
{
    struct model_cpu *cpu = current;
    int vector;

    MODEL_REQUIRE(exit_read, !cpu->exited);
    MODEL_REQUIRE(deliverable, interrupt_open(cpu));
    MODEL_REQUIRE(nothing_else, !cpu->entry && !cpu->owed);
    MODEL_REQUIRE(none_held, !cpu->acked);
    vector = model_acknowledge(&cpu->controller);
    if (vector == MODEL_NONE)
        return PN_NO_INTERRUPT;
    cpu->acked = true;
    cpu->acked_vector = (uint8_t)vector;
    return vector;
}

/* ---- Entry ---- */

void pn_hw_enter_guest(void)
{
    struct model_cpu *cpu = current;
    const bool shadow = cpu->sti || cpu->movss;

    MODEL_REQUIRE(exit_read, !cpu->exited);
    MODEL_REQUIRE(nothing_owed, !cpu->owed);
    MODEL_REQUIRE(nothing_acknowledged, !cpu->acked);
    MODEL_REQUIRE(step_rule, !shadow || cpu->bs == (cpu->tf && !cpu->btf));
    model_enter(cpu);
}
