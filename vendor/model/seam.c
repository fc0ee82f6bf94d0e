/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/hw.h over the model: exits, payloads, the entry event, windows, entry. Every precondition is asserted under
 * the name it has there.
 */
#include "../../core/hw/hw.h"

#include "vmcs.h"

/* ---- The last exit ---- */

struct pn_vectoring pn_hw_vectoring(void)
{
    struct model_cpu *cpu = model_this();
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
    if (cpu->svm) { /* APM 15.7.2: no length, and INT3 and INTO are exceptions */
        x.length = 0;
        x.type = x.type == 6 ? 3 : x.type;
    }
    return x;
}

uint8_t pn_hw_soft_length(uint8_t type, uint8_t vector)
{
    const struct model_cpu *cpu = model_this();
    const struct model_code *code = &cpu->code;

    MODEL_REQUIRE(owed, cpu->svm && cpu->owed);
    return code->rip == cpu->rip && code->type == type && code->vector == vector ? code->length : 0;
}

/* ---- Payload ---- */

void pn_hw_write_cr2(uint64_t address)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(payload_before_event, !cpu->entry);
    cpu->cr2 = address;
    cpu->applied++;
    cpu->counters.payload_pf++;
}

void pn_hw_write_dr6(uint64_t value)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(payload_before_event, !cpu->entry);
    cpu->dr6 = value;
    cpu->applied++;
    cpu->counters.payload_db++;
}

void pn_hw_write_dr7(uint64_t value)
{
    MODEL_REQUIRE(payload_before_event, !model_this()->entry);
    model_this()->dr7 = value;
}

/* ---- Entry event ---- */

bool model_interrupt_open(const struct model_cpu *cpu)
{
    return cpu->iflag && !cpu->sti && !cpu->movss && cpu->gif;
}

bool model_nmi_open(const struct model_cpu *cpu)
{
    return !cpu->nmi_blocked && !cpu->sti && !cpu->movss && cpu->gif;
}

/* APM 15.20: a software event returns to the next-RIP field, or without NRIPS to RIP; nothing else moves RIP. */
bool model_returns(const struct model_cpu *cpu, struct pn_event e)
{
    const uint64_t behind = model_behind(cpu, cpu->at, e.length);

    if (!cpu->svm || !model_soft(e.type))
        return cpu->rip == cpu->at;
    return cpu->nrips ? cpu->rip == cpu->at && cpu->next_rip == behind : cpu->rip == behind;
}

void pn_hw_write_entry(struct pn_event e)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(one_event, !cpu->entry);
    MODEL_REQUIRE(exit_read, !cpu->exited);
    MODEL_REQUIRE(interrupted_first, !cpu->owed || model_same(e, cpu->owed_event));
    MODEL_REQUIRE(type_rule, model_type_ok(cpu->svm, e));
    MODEL_REQUIRE(error_code_rule, cpu->owed || e.has_error == model_has_error(cpu->svm, e.type, e.vector, cpu->pe));
    MODEL_REQUIRE(error_width, model_error_ok(cpu->svm, e.error));
    MODEL_REQUIRE(length_rule, model_length_ok(e));
    MODEL_REQUIRE(return_address, model_returns(cpu, e));
    MODEL_REQUIRE(own_step, !cpu->step);
    MODEL_REQUIRE(active, !cpu->wfs);
    MODEL_REQUIRE(interrupt_open, e.type != 0 || model_interrupt_open(cpu));
    MODEL_REQUIRE(nmi_open, e.type != 2 || model_nmi_open(cpu));
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
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(something, cpu->entry);
    cpu->entry = false;
    cpu->owed = cpu->entry_event.type != 7;
    cpu->owed_event = cpu->entry_event;
    cpu->taken_back = true;
    cpu->cancelled++;
}

void pn_hw_restore_owed(struct pn_event e, bool taken_back)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(nothing, !cpu->owed && !cpu->entry);
    MODEL_REQUIRE(type_rule, model_type_ok(cpu->svm, e));
    MODEL_REQUIRE(interrupt_open, e.type != 0 || model_interrupt_open(cpu));
    MODEL_REQUIRE(nmi_open, e.type != 2 || (!cpu->sti && !cpu->movss && cpu->gif));
    cpu->owed = true;
    cpu->owed_event = e;
    cpu->taken_back = taken_back;
}

/* ---- Windows ---- */

void pn_hw_set_intr_window(bool on)
{
    model_this()->intr_window = on;
}

void pn_hw_set_nmi_window(bool on)
{
    model_this()->nmi_window = on;
}

void pn_hw_set_immediate_exit(bool on)
{
    model_this()->immediate = on;
}

void pn_hw_set_step(bool on)
{
    model_this()->step = on;
}

int pn_hw_ack_interrupt(void)
{
    struct model_cpu *cpu = model_this();
    int vector;

    MODEL_REQUIRE(exit_read, !cpu->exited);
    MODEL_REQUIRE(deliverable, model_interrupt_open(cpu));
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

/* SDM 26.3.1.5; AMD has no such field. */
static bool step_ok(const struct model_cpu *cpu)
{
    const bool shadow = cpu->sti || cpu->movss;

    return cpu->svm || !shadow || cpu->bs == (cpu->tf && !cpu->btf);
}

void pn_hw_enter_guest(void)
{
    struct model_cpu *cpu = model_this();
    const bool nmi = cpu->entry && cpu->entry_event.type == 2;

    MODEL_REQUIRE(exit_read, !cpu->exited);
    MODEL_REQUIRE(nothing_owed, !cpu->owed);
    MODEL_REQUIRE(nothing_acknowledged, !cpu->acked);
    MODEL_REQUIRE(step_rule, step_ok(cpu));
    MODEL_REQUIRE(still_open, cpu->svm || !nmi || model_nmi_open(cpu));
    MODEL_REQUIRE(nmi_noted, !cpu->svm || !nmi || cpu->nmi_blocked);
    MODEL_REQUIRE(return_address, !cpu->entry || model_returns(cpu, cpu->entry_event));
    MODEL_REQUIRE(at_instruction, cpu->entry || cpu->rip == cpu->at);
    MODEL_REQUIRE(active, !cpu->entry || !cpu->wfs);
    if (model_nested()->current == PN_VMCS02)
        model_nested_ran();
    model_enter(cpu);
}
