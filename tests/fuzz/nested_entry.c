/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VMLAUNCH and VMRESUME: the manual's verdict first, then the core's, which must be one that the manual allows.
 */
#include "nested.h"

#include <stdio.h>

struct verdict {
    struct pn_outcome instruction;
    const char *controls, *host, *guest;
    unsigned int qualifications; /* of exit 33 */
    uint32_t failing;            /* entry of the MSR-load list */
};

/* PD-001, a named deviation: no processor raises such an event, and Provenest's entry fails with 7 where the manual's would not. */
static const char *never_raised(const uint64_t *f)
{
    const unsigned int type = f[PN_F_ENTRY_INFO] >> 8 & 7, vector = f[PN_F_ENTRY_INFO] & 0xff;
    const bool odd =
        (type == 3 && vector == 2) || (type == 5 && vector != 1) || (type == 6 && vector != 3 && vector != 4);

    return manual_bit(f[PN_F_ENTRY_INFO], 31) && odd ? "PD-001" : NULL;
}

static struct verdict judge(struct nested_run *r, struct pn_l1_mode m, bool launch)
{
    const uint64_t *f = r->sees;
    struct verdict w = {.instruction = manual_instruction(&r->l1, &r->want, m, M_ENTRY,
                                                          (struct manual_operand){.launch = launch}, nested_memory)};

    for (int k = 0; k < PN_FIELDS; k++)
        r->sees[k] = late_field(r, k);
    if (w.instruction.kind != PN_VMX_ENTER)
        return w;
    w.controls = manual_controls(&r->l1, f, nested_memory);
    if (!w.controls)
        w.controls = never_raised(f);
    w.host = manual_host(&r->l1, f, m.long_mode);
    w.qualifications = manual_guest(&r->l1, f, r->want.current, nested_memory, &w.guest);
    if (!w.controls && !w.qualifications)
        w.failing = manual_msr_list(nested_memory, f[PN_F_ENTRY_LOAD_ADDR], (uint32_t)f[PN_F_ENTRY_LOAD_COUNT],
                                    nested_writable);
    return w;
}

static void wrong(struct nested_run *r, const struct verdict *w, struct pn_outcome o, const char *what)
{
    fprintf(
        stderr,
        "outcome %u, vector %u, error %u, reason %llx, qualification %llx; controls %s, host %s, guest %s, list %u\n",
        o.kind, o.vector, o.error, (unsigned long long)r->n.vmcs12.f[PN_F_EXIT_REASON],
        (unsigned long long)r->n.vmcs12.f[PN_F_EXIT_QUALIFICATION], w->controls ? w->controls : "pass",
        w->host ? w->host : "pass", w->guest ? w->guest : "pass", w->failing);
    for (int k = 0; k < PN_G_HOST_END; k++)
        fprintf(stderr, "%x=%llx ", pn_field_encoding(k), (unsigned long long)r->n.vmcs12.f[k]);
    fprintf(stderr, "\n");
    nested_fail(r, what);
}

/* The entry is rejected by the instruction or a VMfail. */
static void failed(struct nested_run *r, const struct verdict *w, struct pn_outcome o)
{
    const struct pn_outcome want = w->instruction;

    if (want.kind != PN_VMX_ENTER) {
        if (o.kind != want.kind || o.vector != want.vector || o.error != want.error)
            wrong(r, w, o, "VMLAUNCH or VMRESUME, before the checks");
    } else if (o.kind != PN_VMX_FAIL_VALID ||
               !((o.error == 7 && w->controls) || (o.error == 8 && w->host))) { /* either, if both are bad */
        wrong(r, w, o, "a VMfail that the manual does not give");
    }
    if (o.kind == PN_VMX_FAIL_VALID && nested_current(r))
        nested_current(r)->field[PN_F_INSTRUCTION_ERROR] = o.error;
    r->failures++;
}

static void refused(struct nested_run *r, const struct verdict *w, struct pn_outcome o, const struct before_exit *b)
{
    const bool list = !w->qualifications && w->failing;

    if (w->controls || w->host || (!w->qualifications && !w->failing))
        wrong(r, w, o, "an exit 33 or 34 that the manual does not give");
    if (list && r->n.vmcs12.f[PN_F_EXIT_QUALIFICATION] != w->failing)
        wrong(r, w, o, "which entry of the MSR list fails");
    after_failure(r, b, list ? 34 : 33, list ? 0 : w->qualifications, o.kind == PN_VMX_ABORT);
    r->failures++;
}

static void entered(struct nested_run *r, const struct verdict *w, struct pn_outcome o, const struct before_exit *b)
{
    const uint64_t info = r->n.vmcs12.f[PN_F_ENTRY_INFO];
    const unsigned int type = info >> 8 & 7, vector = info & 0xff;
    bool taken;

    check_vmcs02(r, b->l1);
    if (r->unloadable && !w->qualifications)
        nested_fail(r, "vmcs02 would be refused");
    if (w->controls || w->host || w->failing || (w->qualifications && !r->unloadable))
        wrong(r, w, o, "L2 is entered with state that the manual rejects");
    cpu_from(r, model_nested()->vmcs02);
    r->cpu.bitmap = (uint32_t)model_nested()->vmcs02[PN_F_EXCEPTION_BITMAP] | 1u << 14;
    r->entries++;
    r->call = "pn_nested_take_entry_event";
    taken = pn_nested_take_entry_event(&r->n, &r->v);
    if (taken != manual_bit(info, 31))
        nested_fail(r, "the event that L1 injects");
    if (taken && (r->v.injected.type != type || r->v.injected.vector != vector ||
                  r->v.injected.error != (manual_bit(info, 11) ? r->n.vmcs12.f[PN_F_ENTRY_ERROR] : 0)))
        nested_fail(r, "the event that L1 injects is another");
    nested_sound(r);
}

/* Mostly the instruction that fits the launch state, in L1's own mode. */
void l1_entry(struct nested_run *r)
{
    const unsigned int how = take(r, 32);
    const bool launch = how == 31 ? r->want.launched : !r->want.launched;
    struct pn_l1_mode m = r->mode;
    struct before_exit b;
    struct pn_outcome o;
    struct verdict w;

    m.movss = how == 30;
    m.cpl = how == 29 ? 3 : 0;
    m.cs_long = how == 28 ? !m.cs_long : m.cs_long;
    if (how == 27 || (how > 20 && r->want.current == MANUAL_NO_VMCS))
        l1_base(r); /* deep states need entries */
    if (how == 16)
        l1_invvpid(r);
    shadow_take(r);
    w = judge(r, m, launch);
    if (how < 16 && (w.controls || w.host || w.qualifications)) {
        l1_base(r);
        shadow_take(r);
        w = judge(r, m, launch);
    }
    late_settle(r);
    b = before_exit(r);
    model_nested_round();
    model_nested()->flushes = 0;
    r->call = launch ? "VMLAUNCH" : "VMRESUME";
    o = pn_nested_enter(&r->n, m, launch, r->l0);
    if (o.kind == PN_VMX_ENTER)
        entered(r, &w, o, &b);
    else if (o.kind == PN_VMX_ENTRY_FAILED || o.kind == PN_VMX_ABORT)
        refused(r, &w, o, &b);
    else
        failed(r, &w, o);
    nested_sound(r);
}
