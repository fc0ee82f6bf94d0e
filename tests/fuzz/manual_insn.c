/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's VMX instructions (SDM 30.3, error numbers 30.4): faults and failures in their order.
 */
#include "manual_vmx.h"

#include "manual_fields.h"

_Static_assert(sizeof encodings / sizeof encodings[0] == PN_FIELDS, "a field of the table is missing");

/* 24.11.2: bits 14:13 width (0: 16, 1: 64, 2: 32, 3: natural), 11:10 type (1: read-only), 0: the high half of 64 bits. */
int manual_field(uint64_t encoding, bool *high)
{
    *high = encoding & 1;
    for (int f = 0; f < PN_FIELDS; f++)
        if (encodings[f] == (encoding & ~1ull) && (!*high || (encoding >> 13 & 3) == 1))
            return f;
    return -1;
}

bool manual_read_only(int f)
{
    return (encodings[f] >> 10 & 3) == 1;
}

uint64_t manual_width(int f, uint64_t value)
{
    const unsigned int width = encodings[f] >> 13 & 3;

    return width == 0 ? value & 0xffff : width == 2 ? value & 0xffffffff : value;
}

static struct pn_outcome outcome(uint8_t kind, uint8_t vector, uint8_t error)
{
    return (struct pn_outcome){.kind = kind, .vector = vector, .error = error};
}

/* 30.2: VMfail(error) is VMfailValid if there is a current VMCS, else VMfailInvalid. */
static struct pn_outcome fail(const struct manual_vmx *v, uint8_t error)
{
    return v->current == MANUAL_NO_VMCS ? outcome(PN_VMX_FAIL_INVALID, 0, 0) : outcome(PN_VMX_FAIL_VALID, 0, error);
}

static bool pointer_ok(const struct manual_cpu *c, uint64_t p)
{
    return (p & 0xfff) == 0 && manual_narrow(c, p) && (!manual_bit(c->basic, 48) || p >> 32 == 0);
}

static bool revision_ok(const struct manual_cpu *c, uint64_t p, manual_memory *memory)
{
    return (memory(p) & 0xffffffff) == (c->basic & 0x7fffffff);
}

static struct pn_outcome vmxon(const struct manual_cpu *c, const struct manual_vmx *v, struct pn_l1_mode m, uint64_t p,
                               manual_memory *memory)
{
    const bool cr0 = (m.cr0 & c->cr0_fixed0) == c->cr0_fixed0 && (m.cr0 & ~c->cr0_fixed1) == 0;
    const bool cr4 = (m.cr4 & c->cr4_fixed0) == c->cr4_fixed0 && (m.cr4 & ~c->cr4_fixed1) == 0;

    if (!manual_bit(m.cr0, 0) || !manual_bit(m.cr4, 13) || manual_bit(m.rflags, 17) || (m.long_mode && !m.cs_long))
        return outcome(PN_VMX_FAULT, 6, 0);
    if (m.cpl > 0)
        return outcome(PN_VMX_FAULT, 13, 0);
    if (v->vmxon)
        return fail(v, 15);
    if (!cr0 || !cr4 || (m.feature_control & 5) != 5)
        return outcome(PN_VMX_FAULT, 13, 0);
    if (!pointer_ok(c, p) || !revision_ok(c, p, memory))
        return outcome(PN_VMX_FAIL_INVALID, 0, 0);
    return outcome(PN_VMX_SUCCEED, 0, 0);
}

/* VMCLEAR (2, 3), VMPTRLD (9, 10, 11). */
static struct pn_outcome region(const struct manual_cpu *c, const struct manual_vmx *v, uint64_t p, uint8_t address,
                                manual_memory *memory)
{
    if (!pointer_ok(c, p))
        return fail(v, address);
    if (p == v->vmxon_pointer)
        return fail(v, address + 1);
    if (memory && !revision_ok(c, p, memory))
        return fail(v, 11);
    return outcome(PN_VMX_SUCCEED, 0, 0);
}

static struct pn_outcome access(const struct manual_vmx *v, uint64_t encoding, bool write)
{
    bool high;
    int f;

    if (v->current == MANUAL_NO_VMCS)
        return outcome(PN_VMX_FAIL_INVALID, 0, 0);
    f = manual_field(encoding, &high);
    if (f < 0)
        return fail(v, 12);
    return write && manual_read_only(f) ? fail(v, 13) : outcome(PN_VMX_SUCCEED, 0, 0);
}

static struct pn_outcome invept(const struct manual_cpu *c, const struct manual_vmx *v, struct manual_operand o)
{
    const uint64_t p = o.value, type = p & 7;
    const bool supported = (o.pointer == 1 || o.pointer == 2) && manual_bit(c->ept_vpid, (unsigned int)o.pointer + 24);

    if (!supported)
        return fail(v, 28);
    if (o.pointer == 1 && !(((type == 0 && manual_bit(c->ept_vpid, 8)) || (type == 6 && manual_bit(c->ept_vpid, 14))) &&
                            (p >> 3 & 7) == 3 && (!manual_bit(p, 6) || manual_bit(c->ept_vpid, 21)) &&
                            (p & 0xf80) == 0 && manual_narrow(c, p)))
        return fail(v, 28);
    return outcome(PN_VMX_SUCCEED, 0, 0);
}

static struct pn_outcome invvpid(const struct manual_cpu *c, const struct manual_vmx *v, struct manual_operand o)
{
    const bool supported = o.pointer <= 3 && manual_bit(c->ept_vpid, (unsigned int)o.pointer + 40);

    if (!supported || o.reserved || (o.pointer != 2 && o.vpid == 0) ||
        (o.pointer == 0 && !manual_canonical(c, o.linear)))
        return fail(v, 28);
    return outcome(PN_VMX_SUCCEED, 0, 0);
}

/* 26.1 */
static struct pn_outcome entry(const struct manual_vmx *v, struct pn_l1_mode m, bool launch)
{
    if (v->current == MANUAL_NO_VMCS)
        return outcome(PN_VMX_FAIL_INVALID, 0, 0);
    if (m.movss)
        return fail(v, 26);
    if (launch && v->launched)
        return fail(v, 4);
    return !launch && !v->launched ? fail(v, 5) : outcome(PN_VMX_ENTER, 0, 0);
}

static bool exists(const struct manual_cpu *c, enum manual_insn insn)
{
    if (insn == M_INVEPT)
        return manual_bit(c->proc2, 33) && manual_bit(c->ept_vpid, 20);
    return insn != M_INVVPID || (manual_bit(c->proc2, 37) && manual_bit(c->ept_vpid, 32));
}

struct pn_outcome manual_instruction(const struct manual_cpu *c, const struct manual_vmx *v, struct pn_l1_mode m,
                                     enum manual_insn insn, struct manual_operand o, manual_memory *memory)
{
    if (insn == M_VMXON)
        return vmxon(c, v, m, o.pointer, memory);
    if (!exists(c, insn) || !v->vmxon || !manual_bit(m.cr0, 0) || manual_bit(m.rflags, 17) ||
        (m.long_mode && !m.cs_long))
        return outcome(PN_VMX_FAULT, 6, 0);
    if (m.cpl > 0)
        return outcome(PN_VMX_FAULT, 13, 0);
    switch (insn) {
    case M_VMCLEAR:
        return region(c, v, o.pointer, 2, NULL);
    case M_VMPTRLD:
        return region(c, v, o.pointer, 9, memory);
    case M_VMREAD:
    case M_VMWRITE:
        return access(v, o.pointer, insn == M_VMWRITE);
    case M_INVEPT:
        return invept(c, v, o);
    case M_INVVPID:
        return invvpid(c, v, o);
    case M_VMCALL:
        return fail(v, 1);
    case M_ENTRY:
        return entry(v, m, o.launch);
    default:
        return outcome(PN_VMX_SUCCEED, 0, 0);
    }
}
