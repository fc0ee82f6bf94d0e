/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VMX instructions of L1's with hostile operands and modes. The fuzzer keeps its own account of what each has done.
 */
#include "nested.h"

#include <stdio.h>

#define BIT(k) (1ull << (k))

static void compare(struct nested_run *r, struct pn_outcome is, struct pn_outcome should)
{
    char text[120];

    if (is.kind == should.kind && is.vector == should.vector && is.error == should.error)
        return;
    snprintf(text, sizeof text, "outcome %u, vector %u, error %u; the manual has %u, %u, %u", is.kind, is.vector,
             is.error, should.kind, should.vector, should.error);
    nested_fail(r, text);
}

/* VMfailValid leaves its number, and nothing else. */
static void note(struct nested_run *r, struct pn_outcome o)
{
    if (o.kind == PN_VMX_FAIL_VALID && nested_current(r))
        nested_current(r)->field[PN_F_INSTRUCTION_ERROR] = o.error;
}

static void wrote(struct nested_run *r, int f, bool high, uint64_t value)
{
    struct remembered *m = nested_current(r);

    if (!m)
        return;
    if (f >= PN_F_GUEST_PDPTR0 && f <= PN_F_GUEST_PDPTR3)
        m->open[f - PN_F_GUEST_PDPTR0] = false;
    m->field[f] = high ? (m->field[f] & 0xffffffff) | value << 32 : manual_width(f, value);
}

void l1_write(struct nested_run *r, int f, uint64_t value)
{
    const bool shown = pn_shadow_shown(f);

    r->call = "VMWRITE";
    if (!shadow_write(r, f, value)) {
        if (shown)
            shadow_take(r);
        late_fetch(r);
        r->call = "VMWRITE";
        if (pn_vmwrite(&r->n, r->mode, pn_field_encoding(f), value).kind != PN_VMX_SUCCEED)
            nested_fail(r, "a field cannot be written");
    }
    wrote(r, f, false, value);
    if (shown && !pn_shadow_written(f))
        shadow_fill(r);
}

void l1_set(struct nested_run *r, int f, uint64_t value)
{
    const struct remembered *m = nested_current(r);

    if ((m ? m->field[f] : r->n.vmcs12.f[f]) != value)
        l1_write(r, f, value);
}

/* ---- Instructions ---- */

static struct pn_l1_mode hostile(struct nested_run *r)
{
    struct pn_l1_mode m = r->mode;

    switch (take(r, 16)) {
    case 0:
        m.cpl = (uint8_t)take(r, 4);
        break;
    case 1:
        m.cs_long = !m.cs_long;
        break;
    case 2:
        m.rflags ^= BIT(17);
        break;
    case 3:
        m.cr0 ^= BIT(take(r, 32));
        break;
    case 4:
        m.cr4 ^= BIT(take(r, 24));
        break;
    case 5:
        m.feature_control = take(r, 8);
        break;
    default:
        break;
    }
    return m;
}

static uint64_t pointer(struct nested_run *r)
{
    const unsigned int how = take(r, 16);

    if (how < 10)
        return AT_VMCS + 0x1000 * (how % VMCSS);
    return how < 12 ? AT_VMXON : how == 12 ? MANUAL_NO_VMCS : how == 13 ? AT_HIDDEN : near_value(r, AT_VMCS);
}

static struct manual_operand operand(struct nested_run *r, enum manual_insn insn)
{
    struct manual_operand o = {0};

    if (insn == M_VMREAD || insn == M_VMWRITE) {
        o.pointer = pn_field_encoding((int)take(r, PN_FIELDS)) | (take(r, 4) == 3);
        if (take(r, 8) == 7)
            o.pointer = near_value(r, o.pointer);
        o.value = near_value(r, 0);
    } else if (insn == M_INVEPT || insn == M_INVVPID) {
        o.pointer = take(r, 8) == 7 ? near_value(r, 0) : take(r, 5);
        o.value = take(r, 2) ? 0x801e : near_value(r, 0x801e);
        o.vpid = take(r, 4) % 3;
        o.reserved = take(r, 4) == 3 ? BIT(take(r, 48)) : 0;
        o.linear = take(r, 2) ? 0x1000 : near_value(r, 0x1000);
    } else {
        o.pointer = pointer(r);
    }
    return o;
}

static struct pn_outcome execute(struct nested_run *r, struct pn_l1_mode m, enum manual_insn insn,
                                 struct manual_operand o, uint64_t *value)
{
    switch (insn) {
    case M_VMXON:
        return pn_vmxon(&r->n, m, o.pointer);
    case M_VMXOFF:
        return pn_vmxoff(&r->n, m);
    case M_VMCLEAR:
        return pn_vmclear(&r->n, m, o.pointer);
    case M_VMPTRLD:
        return pn_vmptrld(&r->n, m, o.pointer);
    case M_VMPTRST:
        return pn_vmptrst(&r->n, m, value);
    case M_VMREAD:
        return pn_vmread(&r->n, m, o.pointer, value);
    case M_VMWRITE:
        return pn_vmwrite(&r->n, m, o.pointer, o.value);
    case M_INVEPT:
        return pn_invept(&r->n, m, o.pointer, o.value);
    case M_INVVPID:
        return pn_invvpid(&r->n, m, o.pointer, (uint16_t)o.vpid, o.reserved, o.linear);
    default:
        return pn_vmcall(&r->n, m);
    }
}

/* Another VMCS, or the same: what it holds is what was written to it last, if only VMWRITE did. */
static void loaded(struct nested_run *r, uint64_t p)
{
    struct remembered *m;

    if (p == r->want.current)
        return;
    if (nested_current(r))
        nested_current(r)->launched = r->want.launched;
    r->want.current = p;
    m = nested_current(r);
    if (m && m->known) {
        r->want.launched = m->launched;
        return;
    }
    r->want.launched = r->n.launched;
    if (!m)
        return;
    *m = (struct remembered){.known = true};
    for (int f = 0; f < PN_FIELDS; f++)
        m->field[f] = r->n.vmcs12.f[f];
}

static void cleared(struct nested_run *r, uint64_t p)
{
    for (uint64_t k = 0; k < VMCSS; k++)
        if (p == AT_VMCS + 0x1000 * k)
            r->of[k].launched = false;
    if (p != r->want.current)
        return;
    r->want.current = MANUAL_NO_VMCS;
    r->want.launched = false;
}

static void read_back(struct nested_run *r, uint64_t encoding, uint64_t value)
{
    const struct remembered *m = nested_current(r);
    bool high;
    const int f = manual_field(encoding, &high);

    if (m && value != (high ? m->field[f] >> 32 : m->field[f]))
        nested_fail(r, "what VMREAD reads");
}

static void effect(struct nested_run *r, enum manual_insn insn, struct manual_operand o, uint64_t value)
{
    bool high;

    switch (insn) {
    case M_VMXON:
        r->want = (struct manual_vmx){.vmxon = true, .vmxon_pointer = o.pointer, .current = MANUAL_NO_VMCS};
        break;
    case M_VMXOFF:
        if (nested_current(r))
            nested_current(r)->launched = r->want.launched;
        r->want.vmxon = r->want.launched = false;
        r->want.current = MANUAL_NO_VMCS;
        break;
    case M_VMCLEAR:
        cleared(r, o.pointer);
        break;
    case M_VMPTRLD:
        loaded(r, o.pointer);
        break;
    case M_VMPTRST:
        if (value != r->want.current)
            nested_fail(r, "what VMPTRST stores");
        break;
    case M_VMREAD:
        read_back(r, o.pointer, value);
        break;
    case M_VMWRITE:
        wrote(r, manual_field(o.pointer, &high), o.pointer & 1, o.value);
        break;
    case M_INVEPT:
        if (model_nested()->empties == r->empties)
            nested_fail(r, "EPT02 is as before L1's INVEPT");
        break;
    case M_INVVPID:
        r->due = true;
        break;
    default:
        break;
    }
}

/* At fields of the VMCS; or it leaves the VMCS. */
static bool looks(enum manual_insn insn)
{
    return insn == M_VMREAD || insn == M_VMWRITE || insn == M_VMPTRLD || insn == M_VMCLEAR || insn == M_VMXOFF;
}

static void carry_out(struct nested_run *r, struct pn_l1_mode m, enum manual_insn insn, struct manual_operand o)
{
    static const char *const names[] = {"VMXON",  "VMXOFF",  "VMCLEAR", "VMPTRLD", "VMPTRST",
                                        "VMREAD", "VMWRITE", "INVEPT",  "INVVPID", "VMCALL"};
    const struct pn_outcome want = manual_instruction(&r->l1, &r->want, m, insn, o, nested_memory);
    struct pn_outcome got;
    uint64_t value = 0;

    shadow_take(r);
    if (looks(insn) || take(r, 4) == 3)
        late_fetch(r);
    r->call = names[insn];
    model_nested_round();
    r->empties = model_nested()->empties;
    got = execute(r, m, insn, o, &value);
    compare(r, got, want);
    note(r, got);
    if (got.kind == PN_VMX_SUCCEED)
        effect(r, insn, o, value);
    shadow_fill(r);
    nested_sound(r);
}

void l1_instruction(struct nested_run *r)
{
    const enum manual_insn insn = (enum manual_insn)take(r, M_ENTRY);
    const struct pn_l1_mode m = hostile(r);

    carry_out(r, m, insn, operand(r, insn));
}

void l1_invvpid(struct nested_run *r)
{
    carry_out(r, r->mode, M_INVVPID, (struct manual_operand){.pointer = 2}); /* of all contexts */
}
