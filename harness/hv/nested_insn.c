/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An exit of L1 by one of VMX's instructions: the operand is fetched as the processor would, the core carries the
 * instruction out, and what it came to becomes flags, a fault or an entry (SDM vol. 3C chapter 30).
 */
#include <provenest/vmx_exit.h>
#include <provenest/vmx_insn.h>

#include "../../core/hw/memory.h"

#include "operand.h"
#include "vcpu.h"
#include "walk.h"

enum { VECTOR_UD = 6, VECTOR_GP = 13 };
#define PAGE_MASK 0xfffull
#define RFLAGS_AC (1ull << 18)
#define CR0_PG (1ull << 31)
#define EFER_LMA (1ull << 10)
#define FLAGS_ARITHMETIC 0x8d5ull   /* CF PF AF ZF SF OF */
#define INFO_IS_REGISTER (1u << 10) /* VMREAD and VMWRITE */
enum { INFO_REGISTER = 3, INFO_REGISTER_2 = 28, SEGMENT_FS = 4 };
#define FLAG_CF 1ull
#define FLAG_ZF 0x40ull

/* One instruction on its way. */
struct insn {
    struct vcpu *v;
    struct pn_l1_mode mode;
    uint32_t info; /* instruction information, SDM tables 27-9 to 27-14 */
    bool in_64bit;
    bool faulted; /* the operand has raised an exception: that is all there is to it */
};

static bool is_register(const struct insn *i)
{
    return (i->info & INFO_IS_REGISTER) != 0;
}

static uint64_t register_value(const struct insn *i, unsigned int number)
{
    const uint64_t *r = guest_register(i->v, number);
    const uint64_t value = r ? *r : vmread(GUEST_RSP);

    return i->in_64bit ? value : value & 0xffffffffull;
}

static void set_register(const struct insn *i, unsigned int number, uint64_t value)
{
    uint64_t *r = guest_register(i->v, number);

    if (!i->in_64bit)
        value &= 0xffffffffull; /* the upper half is cleared, as in 32-bit code (SDM vol. 1 3.4.1.1) */
    if (r)
        *r = value;
    else
        vmwrite(GUEST_RSP, value);
}

static struct segment segment(unsigned int number)
{
    return (struct segment){
        .base = vmread(GUEST_ES_BASE + 2ull * number),
        .limit = vmread32(GUEST_ES_LIMIT + 2ull * number),
        .access = vmread32(GUEST_ES_ACCESS + 2ull * number),
    };
}

/* A memory operand: of `size` bytes, at most 16. */
struct access {
    struct vcpu *v;
    uint32_t info, size;
    bool in_64bit, write;
};

static uint64_t address_register(struct access a, unsigned int number)
{
    const uint64_t *r = guest_register(a.v, number);

    return r ? *r : vmread(GUEST_RSP);
}

static struct operand_place locate(struct access a)
{
    const struct operand o = operand_decode(a.info);
    const bool flat = a.in_64bit && o.segment < SEGMENT_FS; /* the segment has no say */

    return operand_locate(o, (struct operand_values){
                                 .displacement = vmread(EXIT_QUALIFICATION),
                                 .base = o.has_base ? address_register(a, o.base) : 0,
                                 .index = o.has_index ? address_register(a, o.index) : 0,
                                 .segment = flat ? (struct segment){0} : segment(o.segment),
                                 .in_64bit = a.in_64bit,
                                 .write = a.write,
                                 .length = a.size,
                             });
}

/* The physical address of a linear one; a page fault of L1's otherwise. In 64-bit mode there is paging, and a read does not ask
 * what else CR0 says. */
static bool translate(struct access a, uint64_t linear, uint64_t *address)
{
    const struct paging paging = {
        .cr0 = a.in_64bit && !a.write ? CR0_PG : vmread(GUEST_CR0),
        .cr3 = vmread(GUEST_CR3),
        .cr4 = vmread(GUEST_CR4),
        .efer = a.in_64bit ? EFER_LMA : vmread(GUEST_EFER),
    };
    const bool open = (vmx_word(VMX_RFLAGS) & RFLAGS_AC) != 0;
    const struct walked w = walk_supervisor(a.v->machine->physical, &paging, linear, a.write, open);

    *address = w.address;
    if (!w.good)
        raise_page_fault(a.v, linear, w.error);
    return w.good;
}

/* Aligned quadwords of L1's. */
static void copy_words(uint64_t address, void *data, uint32_t size, bool write)
{
    uint64_t *word = data;

    for (uint32_t k = 0; k < size / 8; k++)
        if (write)
            pn_mem_write(address + 8ull * k, word[k]);
        else
            word[k] = pn_mem_read(address + 8ull * k);
}

/* Bytes of L1's, the first `first` of them at `low`, the others at `high`. */
static void copy_bytes(struct access a, uint64_t low, uint64_t high, uint32_t first, uint8_t *data)
{
    for (uint32_t k = 0; k < a.size; k++) {
        const uint64_t address = k < first ? low + k : high + (k - first);
        volatile uint8_t *byte = (volatile uint8_t *)(uintptr_t)address;

        if (!pn_mem_is_l1s(address & ~7ull))
            data[k] = 0xff;
        else if (a.write)
            *byte = data[k];
        else
            data[k] = *byte;
    }
}

/* Between a memory operand and `data`. All of it is translated before any of it is touched. False: a fault has been raised. */
static __attribute__((noinline, flatten)) bool access(struct access a, void *data)
{
    const struct operand_place place = locate(a);
    const uint32_t first = (uint32_t)(PAGE_MASK + 1 - (place.linear & PAGE_MASK));
    uint64_t low, high = 0;

    if (place.fault) {
        raise_exception(a.v, place.fault, true);
        return false;
    }
    if (!translate(a, place.linear, &low) || (first < a.size && !translate(a, place.linear + first, &high)))
        return false;
    if (first >= a.size && low % 8 == 0 && a.size % 8 == 0)
        copy_words(low, data, a.size, a.write);
    else
        copy_bytes(a, low, high, first, data);
    return true;
}

/* Sets i->faulted if there was a fault. */
static void memory(struct insn *i, void *data, uint32_t size, bool write)
{
    const struct access a = {.v = i->v, .info = i->info, .size = size, .in_64bit = i->in_64bit, .write = write};

    if (!access(a, data))
        i->faulted = true;
}

static uint64_t read_memory(struct insn *i, uint32_t size)
{
    uint64_t value = 0;

    memory(i, &value, size, false);
    return value;
}

static uint32_t word_size(const struct insn *i)
{
    return i->in_64bit ? 8 : 4;
}

/* SDM 30.2: the six flags say how it went. */
static void set_flags(uint64_t on)
{
    vmx_set_word(VMX_RFLAGS, (vmx_word(VMX_RFLAGS) & ~FLAGS_ARITHMETIC) | on);
}

void nested_finish(struct vcpu *v, struct pn_outcome r)
{
    switch (r.kind) {
    case PN_VMX_SUCCEED:
        set_flags(0);
        break;
    case PN_VMX_FAIL_INVALID:
        set_flags(FLAG_CF);
        break;
    case PN_VMX_FAIL_VALID:
        set_flags(FLAG_ZF);
        break;
    default:
        raise_exception(v, r.vector, r.vector == VECTOR_GP);
        return;
    }
    skip_instruction(v);
}

/* Of what L1 reads without an exit some can be written only with one: then the shadow VMCS must follow. */
static void write_field(const struct insn *i, struct nested *s, uint64_t encoding, uint64_t value)
{
    const bool shown = s->shadowing && vmx_shadow_shows(encoding);

    pn_save_segments(&s->vmx);
    if (__builtin_expect(shown, 0))
        pn_shadow_take(&s->vmx, &s->shadow);
    nested_finish(i->v, pn_vmwrite(&s->vmx, i->mode, encoding, value));
    if (__builtin_expect(shown, 0))
        pn_shadow_fill(&s->vmx, &s->shadow);
}

static void vmread_to_memory(struct insn *i, struct nested *s)
{
    uint64_t value = 0;
    struct pn_outcome r;

    pn_save_segments(&s->vmx);
    r = pn_vmread(&s->vmx, i->mode, register_value(i, i->info >> INFO_REGISTER_2), &value);
    if (r.kind == PN_VMX_SUCCEED)
        memory(i, &value, word_size(i), true);
    if (!i->faulted)
        nested_finish(i->v, r);
}

static void vmwrite_from_memory(struct insn *i, struct nested *s)
{
    const uint64_t value = is_register(i) ? 0 : read_memory(i, word_size(i)); /* 0: outside VMX operation, #UD */

    if (!i->faulted)
        write_field(i, s, register_value(i, i->info >> INFO_REGISTER_2), value);
}

static void do_vmptrst(struct insn *i, struct nested *s)
{
    uint64_t pointer = 0;
    const struct pn_outcome r = pn_vmptrst(&s->vmx, i->mode, &pointer);

    if (r.kind == PN_VMX_SUCCEED)
        memory(i, &pointer, sizeof(pointer), true);
    if (!i->faulted)
        nested_finish(i->v, r);
}

static void do_invalidate(struct insn *i, struct nested *s, bool ept)
{
    const uint64_t type = register_value(i, i->info >> INFO_REGISTER_2);
    uint64_t d[2] = {0, 0};
    struct pn_outcome r;

    memory(i, d, sizeof(d), false);
    if (i->faulted)
        return;
    r = ept ? pn_invept(&s->vmx, i->mode, type, d[0])
            : pn_invvpid(&s->vmx, i->mode, type, (uint16_t)d[0], d[0] >> 16, d[1]);
    nested_finish(i->v, r);
}

static void take_shadow(struct nested *s)
{
    if (s->shadowing)
        pn_shadow_take(&s->vmx, &s->shadow);
}

/* VMCLEAR, VMPTRLD and VMXOFF use the current VMCS whole. (VMLAUNCH and VMRESUME too, but L2's segments may stay in vmcs02 for them.) */
static void take_all(struct nested *s)
{
    pn_save_segments(&s->vmx);
    take_shadow(s);
}

static void do_pointer(struct insn *i, struct nested *s, uint32_t reason)
{
    const uint64_t pointer = read_memory(i, sizeof(pointer));
    struct pn_outcome r;

    if (i->faulted)
        return;
    if (reason != EXIT_VMXON)
        take_all(s);
    if (reason == EXIT_VMXON)
        r = pn_vmxon(&s->vmx, i->mode, pointer);
    else if (reason == EXIT_VMCLEAR)
        r = pn_vmclear(&s->vmx, i->mode, pointer);
    else
        r = pn_vmptrld(&s->vmx, i->mode, pointer);
    nested_finish(i->v, r);
    nested_masks(i->v);
    nested_show(i->v);
}

static void do_vmxoff(struct insn *i, struct nested *s)
{
    take_all(s);
    nested_finish(i->v, pn_vmxoff(&s->vmx, i->mode));
    nested_masks(i->v);
    nested_show(i->v);
}

static bool has_operand(uint32_t reason)
{
    return reason != EXIT_VMCALL && reason != EXIT_VMXOFF;
}

/* What ranks before the faults of a memory operand. True: go on. */
static bool ready(struct insn *i, struct nested *s, uint32_t reason)
{
    struct pn_outcome r;

    if (is_register(i) || !has_operand(reason))
        return true;
    r = reason == EXIT_VMXON ? pn_vmxon_ready(&s->vmx, i->mode) : pn_vmx_ready(&s->vmx, i->mode);
    if (r.kind != PN_VMX_SUCCEED)
        nested_finish(i->v, r);
    return r.kind == PN_VMX_SUCCEED;
}

static void carry_out(struct insn *i, struct nested *s, uint32_t reason)
{
    switch (reason) {
    case EXIT_VMREAD:
        vmread_to_memory(i, s);
        break;
    case EXIT_VMWRITE:
        vmwrite_from_memory(i, s);
        break;
    case EXIT_VMPTRST:
        do_vmptrst(i, s);
        break;
    case EXIT_VMXOFF:
        do_vmxoff(i, s);
        break;
    case EXIT_VMCALL:
        nested_finish(i->v, pn_vmcall(&s->vmx, i->mode));
        break;
    default:
        do_pointer(i, s, reason);
    }
}

static struct insn begin(struct vcpu *v, struct pn_l1_mode mode, uint32_t info)
{
    return (struct insn){.v = v, .mode = mode, .info = info, .in_64bit = mode.long_mode && mode.cs_long};
}

void nested_instruction(struct vcpu *v, uint32_t reason)
{
    struct nested *s = &v->nested;
    struct insn i;

    if (!s->offered) {
        raise_exception(v, VECTOR_UD, false);
        return;
    }
    i = begin(v, reason == EXIT_VMXON || !s->vmx.vmxon ? nested_mode() : nested_mode_of_exit(),
              has_operand(reason) ? vmread32(INSTRUCTION_INFO) : 0);
    if (ready(&i, s, reason))
        carry_out(&i, s, reason);
}

/* VMREAD and VMWRITE are frequent, and mostly of registers. Flat: all of it is one piece. */
__attribute__((flatten)) void nested_vmread(struct vcpu *v)
{
    struct nested *s = &v->nested;
    const uint32_t info = vmread32(INSTRUCTION_INFO);
    struct pn_outcome r;
    uint64_t value = 0;
    struct insn i;

    if (!s->vmx.vmxon || !(info & INFO_IS_REGISTER)) {
        nested_instruction(v, EXIT_VMREAD);
        return;
    }
    i = begin(v, nested_mode_of_exit(), info);
    pn_save_segments(&s->vmx);
    r = pn_vmread(&s->vmx, i.mode, register_value(&i, info >> INFO_REGISTER_2), &value);
    if (r.kind == PN_VMX_SUCCEED)
        set_register(&i, info >> INFO_REGISTER, value);
    nested_finish(v, r);
}

__attribute__((flatten)) void nested_vmwrite(struct vcpu *v)
{
    const uint32_t info = vmread32(INSTRUCTION_INFO);
    struct insn i;

    if (!v->nested.vmx.vmxon || !(info & INFO_IS_REGISTER)) {
        nested_instruction(v, EXIT_VMWRITE);
        return;
    }
    i = begin(v, nested_mode_of_exit(), info);
    write_field(&i, &v->nested, register_value(&i, info >> INFO_REGISTER_2), register_value(&i, info >> INFO_REGISTER));
}

/* INVEPT and INVVPID, which have a memory operand. Flat, as above. */
__attribute__((flatten)) void nested_invalidate(struct vcpu *v, bool ept)
{
    struct nested *s = &v->nested;
    struct insn i;
    struct pn_outcome r;

    if (!s->vmx.vmxon) {
        nested_instruction(v, ept ? EXIT_INVEPT : EXIT_INVVPID);
        return;
    }
    i = begin(v, nested_mode_of_exit(), vmread32(INSTRUCTION_INFO));
    r = pn_vmx_ready(&s->vmx, i.mode);
    if (r.kind != PN_VMX_SUCCEED)
        nested_finish(v, r);
    else
        do_invalidate(&i, s, ept);
}

/* Flat: the entry's checks and VMWRITEs as one piece, without structures handed on by value. */
__attribute__((flatten)) void nested_entry(struct vcpu *v, bool launch)
{
    struct nested *s = &v->nested;

    if (!s->vmx.vmxon) {
        raise_exception(v, VECTOR_UD, false); /* whatever the mode (SDM 30.3) */
        return;
    }
    take_shadow(s);
    nested_launch(v, nested_mode_of_exit(), launch);
}
