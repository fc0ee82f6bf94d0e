/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1 as an attacker, from the bytes of a fuzzer (libFuzzer): a run starts from a VMCS that every check lets pass, for one of six
 * kinds of L2; the bytes edit its fields, L1's memory, pointers and operands, enter L2, choose what L2 does and what meets
 * it. Asserted after every call: the invariants, the seam's preconditions (vendor/model), the executed contracts of
 * the event core, both balances, and what manual_*.c says of the outcome.
 */
#include "nested.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((weak)) void pn_check_reset(void);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nested_run run;

void nested_fail(const struct nested_run *r, const char *what)
{
    fprintf(stderr, "FUZZ: after %s (call %u, %u entries): %s\n", r->call, r->ops, r->entries, what);
    abort();
}

void nested_check(const struct nested_run *r, const char *difference)
{
    if (difference)
        nested_fail(r, difference);
}

unsigned int take(struct nested_run *r, unsigned int n)
{
    if (!r->left)
        return 0;
    r->left--;
    return *r->data++ % n;
}

uint64_t take64(struct nested_run *r)
{
    uint64_t value = 0;

    for (unsigned int k = 0; k < 8; k++)
        value = value << 8 | take(r, 256);
    return value;
}

/* ---- The world around ---- */

uint64_t nested_memory(uint64_t address)
{
    return pn_mem_is_l1s(address) ? model_nested()->memory[address / 8] : UINT64_MAX;
}

static const struct model_msr *msr(uint32_t index)
{
    for (unsigned int k = 0; k < MODEL_MSRS; k++)
        if (model_nested()->msr[k].present && model_nested()->msr[k].index == index)
            return &model_nested()->msr[k];
    return NULL;
}

bool nested_readable(uint32_t index)
{
    return msr(index) && msr(index)->readable;
}

bool nested_writable(uint32_t index)
{
    return msr(index) && msr(index)->writable;
}

void cpu_from(struct nested_run *r, const uint64_t *f)
{
    struct model_cpu *c = &r->cpu;
    const uint64_t flags = f[PN_F_GUEST_RFLAGS], blocking = f[PN_F_GUEST_INTERRUPTIBILITY];
    const bool in64 = manual_bit(f[PN_F_ENTRY_CTL], 9) && manual_bit(f[PN_F_GUEST_CS_AR_BYTES], 13);

    c->iflag = manual_bit(flags, 9);
    c->tf = manual_bit(flags, 8);
    c->rf = manual_bit(flags, 16);
    c->sti = manual_bit(blocking, 0);
    c->movss = manual_bit(blocking, 1);
    c->nmi_blocked = manual_bit(blocking, 3);
    c->bs = manual_bit(f[PN_F_GUEST_PENDING_DEBUG], 14);
    c->hits = f[PN_F_GUEST_PENDING_DEBUG] & 15;
    c->btf = manual_bit(f[PN_F_GUEST_DEBUGCTL], 1);
    c->pe = manual_bit(f[PN_F_GUEST_CR0], 0);
    c->dr7 = f[PN_F_GUEST_DR7];
    c->rip_bits = in64 ? 64 : 32;
    c->depth = 0;
    model_move(c, f[PN_F_GUEST_RIP]);
}

static uint64_t with(uint64_t word, unsigned int k, bool on)
{
    return on ? word | 1ull << k : word & ~(1ull << k);
}

void cpu_to(struct nested_run *r, uint64_t *f)
{
    const struct model_cpu *c = &r->cpu;
    uint64_t *flags = &f[PN_F_GUEST_RFLAGS], *blocking = &f[PN_F_GUEST_INTERRUPTIBILITY];

    *flags = with(with(with(*flags, 9, c->iflag), 8, c->tf), 16, c->rf);
    *blocking = with(with(with(*blocking, 0, c->sti), 1, c->movss), 3, c->nmi_blocked);
    f[PN_F_GUEST_PENDING_DEBUG] = (c->bs ? 1ull << 14 : 0) | c->hits | (c->hits ? 1ull << 12 : 0);
    f[PN_F_GUEST_DR7] = c->dr7;
    f[PN_F_GUEST_RIP] = c->rip_bits == 64 ? c->rip : c->rip & 0xffffffff;
}

void nested_mode(struct nested_run *r)
{
    const uint64_t *f = model_nested()->vmcs01;

    r->mode = (struct pn_l1_mode){.cr0 = f[PN_F_GUEST_CR0],
                                  .cr4 = f[PN_F_GUEST_CR4],
                                  .rflags = f[PN_F_GUEST_RFLAGS],
                                  .feature_control = 5,
                                  .long_mode = manual_bit(f[PN_F_GUEST_EFER], 10),
                                  .cs_long = manual_bit(f[PN_F_GUEST_CS_AR_BYTES], 13)};
}

struct remembered *nested_current(struct nested_run *r)
{
    const uint64_t p = r->want.current;

    return p >= AT_VMCS && p < AT_VMCS + 0x1000 * VMCSS ? &r->of[(p - AT_VMCS) / 0x1000] : NULL;
}

/* ---- What holds between calls ---- */

static const char *account(struct nested_run *r)
{
    const struct pn_nested_vmx *n = &r->n;
    const struct remembered *m = nested_current(r);

    if (n->vmxon != r->want.vmxon || n->current != r->want.current ||
        (n->vmxon && n->vmxon_pointer != r->want.vmxon_pointer))
        return "VMX operation or the current VMCS";
    if (n->launched != r->want.launched && !n->l2)
        return "the launch state";
    if (n->l2 != (model_nested()->current == PN_VMCS02))
        return "which VMCS is the processor's";
    if (n->entry_pending && !n->l2)
        return "an entry is pending for L1";
    for (int f = 0; f < PN_FIELDS; f++) {
        const bool elsewhere = r->shadowing && pn_shadow_written(f); /* vmcs12 has it behind pn_shadow_take */

        if (manual_width(f, late_field(r, f)) != late_field(r, f))
            return "a field does not fit its width";
        if (m && late_field(r, f) != m->field[f] && !n->l2 && !elsewhere) {
            fprintf(stderr, "field %d (%x): %llx, not %llx\n", f, pn_field_encoding(f),
                    (unsigned long long)late_field(r, f), (unsigned long long)m->field[f]);
            return "a field of vmcs12";
        }
    }
    return NULL;
}

void nested_sound(struct nested_run *r)
{
    nested_check(r, nested_verdict(r));
    nested_check(r, oracle_sound(&r->cpu, &r->v));
    nested_check(r, account(r));
    for (uint64_t a = AT_HIDDEN; a < HIDDEN_END; a += 0x1000)
        if (model_nested()->memory[a / 8] != 0x4c30)
            nested_fail(r, "the hypervisor's own memory is written to");
}

/* ---- The processor ---- */

static void violated(const char *function, const char *name, void *context)
{
    char text[160];

    snprintf(text, sizeof text, "contract broken: %s: %s", function, name);
    nested_fail(context, text);
}

static void begin(struct nested_run *r, const uint8_t *data, size_t size)
{
    const struct model_world world = {
        .step = l2_step, .hazard = l2_hazard, .received = l2_sees, .violated = violated, .context = r};
    unsigned int how;

    memset(r, 0, sizeof *r);
    r->data = data;
    r->left = size;
    r->call = "pn_nested_init";
    how = take(r, 256);
    r->base = (enum nested_base)take(r, BASES);
    r->shadowing = how & 64;
    r->l1_long = r->base == B_LONG || how & 32;
    if (pn_check_reset)
        pn_check_reset();
    model_init(&r->cpu, world);
    model_nested_reset();
    pn_vcpu_init(&r->v);
    nested_machine(r, how);
    cpu_from(r, model_nested()->vmcs01);
    nested_mode(r);
    nested_sound(r);
    l1_base(r);
}

/* ---- The sequence ---- */

static void outside(struct nested_run *r)
{
    switch (take(r, 4)) {
    case 0:
        r->call = "pn_queue_nmi";
        (void)pn_queue_nmi(&r->v);
        break;
    case 1:
        r->call = "pn_queue_init";
        (void)pn_queue_init(&r->v);
        break;
    default:
        model_request(&r->cpu.controller, (uint8_t)(32 + take(r, 224)));
        r->call = "pn_interrupt_pending";
        pn_interrupt_pending(&r->v);
        break;
    }
    nested_sound(r);
}

static void operation(struct nested_run *r)
{
    switch (take(r, 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
        l1_edit(r);
        break;
    case 4:
        l1_memory(r);
        break;
    case 5:
        l1_instruction(r);
        break;
    case 6:
        outside(r);
        break;
    case 7:
        l1_base(r);
        break;
    default:
        l1_entry(r);
        if (r->n.l2) {
            l2_run(r);
            shadow_said(r);
        } else {
            shadow_fill(r);
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin(&run, data, size);
    for (run.ops = 0; run.ops < NESTED_OPS && run.left && !run.over; run.ops++)
        operation(&run);
    return 0;
}
