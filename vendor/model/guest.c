/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One guest instruction: flags, shadows, single step, IRET, INT n.
 */
#include "model.h"

/* The instruction is complete: the shadow of the one before it is over (SDM 24.4.2), a single-step trap is due if TF
 * was set when it began (SDM 17.3.1.4). */
static void retire(struct model_cpu *cpu, bool stepping)
{
    cpu->sti = false;
    cpu->movss = false;
    cpu->rf = false;
    if (stepping)
        cpu->bs = true;
}

static void pop_frame(struct model_cpu *cpu)
{
    cpu->nmi_blocked = false;
    if (cpu->depth == 0)
        return;
    cpu->depth--;
    cpu->iflag = cpu->stack[cpu->depth].iflag;
    cpu->tf = cpu->stack[cpu->depth].tf;
    cpu->rf = cpu->stack[cpu->depth].rf;
}

/* SDM 6.7.1 and 27.2.3: IRET ends blocking by NMI before it touches the stack; the exit tells. */
static bool evicted_iret(struct model_cpu *cpu)
{
    cpu->iret_unblocked = cpu->nmi_blocked;
    cpu->nmi_blocked = false;
    model_exit_with(cpu, MODEL_EXIT_EPT_VIOLATION);
    return true;
}

/* A single-step trap of INT n is lost with TF (SDM 17.3.1.4). */
static bool software_interrupt(struct model_cpu *cpu, struct pn_event e)
{
    cpu->bs = false;
    return model_deliver(cpu, e, false);
}

/* #DB traps and INT1, INT3, INTO come after the instruction, faults before it. */
static bool raises(struct model_cpu *cpu, struct pn_event e)
{
    if (e.type == 3 && e.vector == 1 && e.db_kind != PN_DB_CODE_BREAKPOINT && e.db_kind != PN_DB_GENERAL_DETECT) {
        cpu->hits |= e.payload & 0xf;
        retire(cpu, cpu->tf && !cpu->btf);
        return false;
    }
    return model_raise(cpu, e);
}

static void change_flags(struct model_cpu *cpu, enum model_insn insn)
{
    const bool opened = insn == MODEL_STI && !cpu->iflag;

    retire(cpu, cpu->tf && !cpu->btf);
    switch (insn) {
    case MODEL_STI: /* a shadow only if IF was 0 (SDM vol. 2, STI) */
        cpu->iflag = true;
        cpu->sti = opened;
        break;
    case MODEL_CLI:
        cpu->iflag = false;
        break;
    case MODEL_MOV_SS:
        cpu->movss = true;
        break;
    case MODEL_SET_TF:
        cpu->tf = true;
        break;
    case MODEL_CLEAR_TF:
        cpu->tf = false;
        break;
    case MODEL_EOI:
        cpu->last_eoi = model_eoi(&cpu->controller);
        break;
    case MODEL_IRET:
        pop_frame(cpu);
        break;
    default:
        break;
    }
}

/* True: VM exit. */
bool model_execute(struct model_cpu *cpu)
{
    const struct model_step s = cpu->world.step(cpu, cpu->world.context);

    switch (s.insn) {
    case MODEL_INT_N:
        return software_interrupt(cpu, s.event);
    case MODEL_RAISES:
        return raises(cpu, s.event);
    case MODEL_IRET_EVICTED:
        return evicted_iret(cpu);
    case MODEL_EXITS:
        model_exit_with(cpu, MODEL_EXIT_INSTRUCTION);
        return true;
    case MODEL_EVICTED:
        model_exit_with(cpu, MODEL_EXIT_EPT_VIOLATION);
        return true;
    case MODEL_TRIPLE_FAULT:
        model_exit_with(cpu, MODEL_EXIT_TRIPLE_FAULT);
        return true;
    default:
        change_flags(cpu, s.insn);
        return false;
    }
}
