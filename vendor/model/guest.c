/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One guest instruction: RIP, flags, shadows, single step, IRET, INT n.
 */
#include "model.h"

/* The instruction is complete: RIP is behind it, the shadow of the one before it is over (SDM 24.4.2), a single-step trap
 * is due if TF was set when it began (SDM 17.3.1.4). */
static void retire(struct model_cpu *cpu, uint8_t length)
{
    const bool stepping = cpu->tf && !cpu->btf;

    model_move(cpu, model_behind(cpu, cpu->rip, length));
    cpu->sti = false;
    cpu->movss = false;
    cpu->rf = false;
    if (stepping)
        cpu->bs = true;
}

static void pop_frame(struct model_cpu *cpu)
{
    if (!cpu->svm)
        cpu->nmi_blocked = false;
    if (cpu->depth == 0)
        return;
    cpu->depth--;
    cpu->iflag = cpu->stack[cpu->depth].iflag;
    cpu->tf = cpu->stack[cpu->depth].tf;
    cpu->rf = cpu->stack[cpu->depth].rf;
    model_move(cpu, cpu->stack[cpu->depth].rip);
}

/* SDM 6.7.1 and 27.2.3: IRET ends blocking by NMI before it touches the stack; the exit tells. AMD knows nothing of the
 * guest's blocking. */
static bool evicted_iret(struct model_cpu *cpu)
{
    if (!cpu->svm) {
        cpu->iret_unblocked = cpu->nmi_blocked;
        cpu->nmi_blocked = false;
    }
    model_exit_with(cpu, MODEL_EXIT_EPT_VIOLATION);
    return true;
}

/* APM 15.9: the IRET intercept exits before the instruction. */
static bool iret_intercepted(struct model_cpu *cpu, struct model_step s)
{
    if (!cpu->svm || !cpu->nmi_window || (s.insn != MODEL_IRET && s.insn != MODEL_IRET_EVICTED))
        return false;
    if (cpu->world.again)
        cpu->world.again(cpu, s, cpu->world.context);
    model_exit_with(cpu, MODEL_EXIT_IRET);
    return true;
}

/* INT n, INT3, INTO are at RIP, for pn_hw_soft_length; EXITINTINFO has type 3 for the last two (APM 15.7.2). */
static void note_code(struct model_cpu *cpu, struct pn_event e)
{
    cpu->code = (struct model_code){
        .rip = cpu->rip, .type = e.type == 6 ? 3 : e.type, .vector = e.vector, .length = e.length,
    };
}

/* A single-step trap of INT n is lost with TF (SDM 17.3.1.4). */
static bool software_interrupt(struct model_cpu *cpu, struct pn_event e)
{
    cpu->bs = false;
    note_code(cpu, e);
    return model_deliver(cpu, e, false);
}

/* #DB traps come after the instruction, faults before it. INT3, INTO and (Intel) INT1 have the length with them; AMD's
 * INT1 is a trap like another (APM 8.2.2). */
static bool raises(struct model_cpu *cpu, struct pn_event e, uint8_t length)
{
    if (model_low_trap(e)) {
        cpu->hits |= e.payload & 0xf;
        retire(cpu, length);
        return false;
    }
    if (e.type == 3 && e.vector == 1 && e.db_kind == PN_DB_ICEBP)
        model_move(cpu, model_behind(cpu, cpu->rip, length));
    if (e.type == 6)
        note_code(cpu, e);
    return model_raise(cpu, e);
}

static void change_flags(struct model_cpu *cpu, enum model_insn insn, uint8_t length)
{
    const bool opened = insn == MODEL_STI && !cpu->iflag;

    retire(cpu, length);
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
        cpu->sti = cpu->svm;
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
    const uint8_t length = s.length ? s.length : 1;

    if (iret_intercepted(cpu, s))
        return true;
    switch (s.insn) {
    case MODEL_INT_N:
        return software_interrupt(cpu, s.event);
    case MODEL_RAISES:
        return raises(cpu, s.event, length);
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
        change_flags(cpu, s.insn, length);
        return false;
    }
}
