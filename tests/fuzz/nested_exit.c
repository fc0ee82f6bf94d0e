/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an exit, or an entry that failed late, has done: vmcs12, L1's registers, its lists, or a VMX abort.
 */
#include "nested.h"

#include <stdio.h>
#include <string.h>

#define NOT_LOADED 0x7ffaffd0ull /* of CR0: see nested_02.c */

#define SAME(what, a, b)                                                                              \
    do {                                                                                              \
        if ((a) != (b)) {                                                                             \
            fprintf(stderr, "%llx, wanted %llx\n", (unsigned long long)(a), (unsigned long long)(b)); \
            nested_fail(r, what);                                                                     \
        }                                                                                             \
    } while (0)

struct before_exit before_exit(struct nested_run *r)
{
    struct before_exit b = {.v = r->v, .written = model_nested()->written_msrs};

    memcpy(b.f, r->n.vmcs12.f, sizeof b.f);
    memcpy(b.hw02, model_nested()->vmcs02, sizeof b.hw02);
    memcpy(b.l1, model_nested()->vmcs01, sizeof b.l1);
    return b;
}

/* 27.7: why the exit is a VMX abort, or 0. Lists and tables are as the exit found them: it writes only values. */
static unsigned int abort_code(struct nested_run *r, bool stores)
{
    const uint64_t *f = r->n.vmcs12.f, table = f[PN_F_HOST_CR3] & 0xffffffe0;
    const bool pae = !manual_bit(f[PN_F_EXIT_CTL], 9) && manual_bit(f[PN_F_HOST_CR4], 5);

    if (stores &&
        !manual_msr_store(nested_memory, f[PN_F_EXIT_STORE_ADDR], (uint32_t)f[PN_F_EXIT_STORE_COUNT], nested_readable))
        return 1;
    if (stores && manual_bit(f[PN_F_ENTRY_CTL], 9) && !manual_bit(f[PN_F_EXIT_CTL], 9))
        return 6; /* L2 has gone to IA-32e mode by itself */
    for (unsigned int k = 0; k < 4 && pae; k++)
        if (!manual_pdpte(&r->l1, nested_memory(table + 8ull * k)))
            return 2;
    if (manual_msr_list(nested_memory, f[PN_F_EXIT_LOAD_ADDR], (uint32_t)f[PN_F_EXIT_LOAD_COUNT], nested_writable))
        return 4;
    return 0;
}

/* True: it is an abort, and L1 runs no more. */
static bool aborts(struct nested_run *r, bool stores, bool aborted)
{
    const unsigned int code = abort_code(r, stores);

    if (aborted != (code != 0))
        nested_fail(r, aborted ? "a VMX abort without a cause" : "no VMX abort");
    if (code && pn_mem_is_l1s(r->want.current))
        SAME("the abort indicator", nested_memory(r->want.current) >> 32, code);
    r->over = aborted;
    r->aborts += aborted;
    return aborted;
}

static void host_pdptes(struct nested_run *r)
{
    const uint64_t *f = r->n.vmcs12.f;

    if (manual_bit(f[PN_F_EXIT_CTL], 9) || !manual_bit(f[PN_F_HOST_CR4], 5))
        return;
    for (unsigned int k = 0; k < 4; k++)
        SAME("L1's PDPTEs", model_nested()->vmcs01[PN_F_GUEST_PDPTR0 + k],
             nested_memory((f[PN_F_HOST_CR3] & 0xffffffe0) + 8ull * k));
}

/* L1 goes on: its registers, and the event device is its. */
static void host(struct nested_run *r, uint64_t cr0, uint64_t efer, uint64_t pat)
{
    const uint64_t *l1 = model_nested()->vmcs01, open = l1[PN_F_GUEST_CR0] & NOT_LOADED;
    const char *differs = manual_loaded(r->n.vmcs12.f, l1, (cr0 & ~NOT_LOADED) | open, efer, pat);

    if (differs) {
        fprintf(stderr, "L1's %s\n", differs);
        nested_fail(r, "the host state of an exit");
    }
    host_pdptes(r);
    cpu_from(r, l1);
    nested_mode(r);
}

/* ---- What L1 is told ---- */

static void told(struct nested_run *r, const struct before_exit *b, struct pn_l2_exit x)
{
    const uint64_t *f = r->n.vmcs12.f;
    const struct pn_event e = b->v.injected;
    const bool interrupted = e.stage == PN_STAGE_INJECTED;
    const uint64_t info = 0x80000000u | (e.has_error ? 0x800u : 0) | (uint64_t)e.type << 8 | e.vector;

    SAME("the exit reason", f[PN_F_EXIT_REASON], x.reason);
    SAME("the exit qualification", f[PN_F_EXIT_QUALIFICATION], x.qualification);
    SAME("the interruption information", f[PN_F_EXIT_INFO], x.info);
    SAME("the interruption error code", f[PN_F_EXIT_ERROR], x.error);
    SAME("the IDT-vectoring information", f[PN_F_VECTORING_INFO], interrupted ? info : 0);
    if (interrupted)
        SAME("the IDT-vectoring error code", f[PN_F_VECTORING_ERROR], e.has_error ? e.error : 0);
    SAME("the instruction length", f[PN_F_EXIT_LENGTH],
         interrupted && e.type >= 4 && e.type <= 6 ? e.length : x.length);
    SAME("the instruction information", f[PN_F_INSTRUCTION_INFO], x.instruction_info);
    SAME("the linear address", f[PN_F_GUEST_LINEAR_ADDRESS], x.linear);
    SAME("the physical address", f[PN_F_GUEST_PHYSICAL], x.physical);
    SAME("the entry event's valid bit", f[PN_F_ENTRY_INFO], b->f[PN_F_ENTRY_INFO] & 0x7fffffff);
    if (r->v.injected.stage != PN_STAGE_NONE)
        nested_fail(r, "the interrupted event is L1's, and still here");
}

/* CR0 and CR4 as L2 had them: what L1 masks cannot have changed; what L0 masks is in the shadow. */
static uint64_t saved_control(const struct before_exit *b, int guest, int mask, int shadow)
{
    const uint64_t *h = b->hw02, mine = b->f[mask];

    return (b->f[guest] & mine) | (((h[guest] & ~h[mask]) | (h[shadow] & h[mask])) & ~mine);
}

static uint64_t saved(const struct nested_run *r, const struct before_exit *b, int f, struct pn_l2_exit x)
{
    const uint64_t exit = b->f[PN_F_EXIT_CTL];
    const bool unblocked = (x.info >> 31 && x.info >> 12 & 1) || (x.reason == 48 && x.qualification >> 12 & 1);
    const bool pdptes = manual_ept(r->n.vmcs12.f) && manual_pae(r->n.vmcs12.f);

    switch (f) {
    case PN_F_GUEST_CR0:
        return saved_control(b, f, PN_F_CR0_MASK, PN_F_CR0_SHADOW);
    case PN_F_GUEST_CR4:
        return saved_control(b, f, PN_F_CR4_MASK, PN_F_CR4_SHADOW);
    case PN_F_GUEST_INTERRUPTIBILITY:
        return b->hw02[f] & (unblocked && b->v.injected.stage == PN_STAGE_NONE ? ~8ull : ~0ull);
    case PN_F_GUEST_DR7:
    case PN_F_GUEST_DEBUGCTL:
        return manual_bit(exit, 2) ? b->hw02[f] : b->f[f];
    case PN_F_GUEST_PAT:
        return manual_bit(exit, 18) ? b->hw02[f] : b->f[f];
    case PN_F_GUEST_EFER:
        return manual_bit(exit, 20) ? b->hw02[f] : b->f[f];
    case PN_F_PREEMPTION_TIMER:
        return manual_bit(exit, 22) ? b->hw02[f] : b->f[f];
    case PN_F_CR0_MASK:
    case PN_F_CR0_SHADOW:
    case PN_F_CR4_MASK:
    case PN_F_CR4_SHADOW:
    case PN_F_LINK_POINTER:
        return b->f[f];
    default:
        if (f >= PN_F_GUEST_PDPTR0 && f <= PN_F_GUEST_PDPTR3)
            return pdptes ? b->hw02[f] : b->f[f];
        return f >= PN_F_GUEST_RIP && f <= PN_F_GUEST_ACTIVITY ? b->hw02[f] : b->f[f];
    }
}

/* Every field of the guest area, and nothing else. */
static void saved_all(struct nested_run *r, const struct before_exit *b, struct pn_l2_exit x)
{
    const uint64_t *now = r->n.vmcs12.f;
    char text[60];

    for (int f = 0; f < PN_G_HOST_END; f++) {
        uint64_t want = saved(r, b, f, x), open = f == PN_F_GUEST_CR0 ? NOT_LOADED : 0;

        if (f == PN_F_ENTRY_INFO)
            continue;
        if (late(r) && late_segment(f) && f != PN_F_GUEST_CS_AR_BYTES && f != PN_F_GUEST_SS_AR_BYTES)
            want = b->f[f]; /* later: nested_late.c */
        if (f == PN_F_ENTRY_CTL)
            want = (want & ~0x200ull) | (b->hw02[f] & 0x200);
        if (((now[f] ^ want) & ~open) == 0)
            continue;
        fprintf(stderr, "%llx, wanted %llx\n", (unsigned long long)now[f], (unsigned long long)want);
        snprintf(text, sizeof text, "what an exit saves: field %d (%x)", f, pn_field_encoding(f));
        nested_fail(r, text);
    }
}

/* What the MSR-store list has written: values, and perhaps into L1's VMCSs. */
static void stored(struct nested_run *r)
{
    const uint64_t *f = r->n.vmcs12.f, a = f[PN_F_EXIT_STORE_ADDR];

    for (uint64_t k = 0; k < f[PN_F_EXIT_STORE_COUNT]; k++) {
        const uint64_t place = a + 16 * k;
        uint64_t value = 0;

        if (!pn_mem_is_l1s(place))
            continue;
        (void)pn_hw_read_msr((uint32_t)nested_memory(place), &value);
        SAME("a stored MSR", nested_memory(place + 8), value);
        if (place >= AT_VMCS && place < AT_VMCS + 0x1000 * VMCSS)
            r->of[(place - AT_VMCS) / 0x1000].known = false;
    }
}

static void remember(struct nested_run *r)
{
    struct remembered *m = nested_current(r);

    for (int f = 0; f < PN_FIELDS && m; f++)
        m->field[f] = late_field(r, f);
    if (m)
        m->known = true;
}

void after_exit(struct nested_run *r, const struct before_exit *b, struct pn_l2_exit x, bool aborted)
{
    const uint64_t *f = r->n.vmcs12.f;
    const bool nmi = x.reason == 0 && x.info >> 31 && (x.info >> 8 & 7) == 2;
    const bool blocked = nmi || (!manual_bit(f[PN_F_PIN_CTL], 5) && manual_bit(f[PN_F_GUEST_INTERRUPTIBILITY], 3));
    struct remembered *m = nested_current(r);

    r->exits++;
    told(r, b, x);
    saved_all(r, b, x);
    r->want.launched = true;
    for (int k = 0; k < 4 && m; k++)
        m->open[k] = !(manual_ept(f) && manual_pae(f));
    if (!aborts(r, true, aborted)) {
        stored(r);
        SAME("L1's blocking by NMI", manual_bit(model_nested()->vmcs01[PN_F_GUEST_INTERRUPTIBILITY], 3), blocked);
        host(r, b->hw02[PN_F_GUEST_CR0], b->hw02[PN_F_GUEST_EFER], b->hw02[PN_F_GUEST_PAT]);
    }
    remember(r);
    nested_sound(r);
}

/* 26.8: reason and qualification, and nothing else in the VMCS. For 34 (what the exit does not load is the guest's then) EFER and
   PAT are not looked at: core/README.md. */
void after_failure(struct nested_run *r, const struct before_exit *b, uint32_t reason, unsigned int qualifications,
                   bool aborted)
{
    const uint64_t *f = r->n.vmcs12.f, *l1 = reason == 34 ? model_nested()->vmcs01 : b->l1;

    SAME("the reason of a failed entry", f[PN_F_EXIT_REASON], 0x80000000u + reason);
    if (qualifications &&
        (f[PN_F_EXIT_QUALIFICATION] > 4 || !manual_bit(qualifications, (unsigned int)f[PN_F_EXIT_QUALIFICATION]))) {
        fprintf(stderr, "qualification %llx, allowed set %x\n", (unsigned long long)f[PN_F_EXIT_QUALIFICATION],
                qualifications);
        nested_fail(r, "the qualification of a failed entry");
    }
    for (int k = 0; k < PN_FIELDS; k++)
        if (k != PN_F_EXIT_REASON && k != PN_F_EXIT_QUALIFICATION && f[k] != b->f[k])
            nested_fail(r, "a failed entry changes the VMCS");
    for (int k = 0; k < PN_FIELDS; k++)
        if (late(r) && late_segment(k) && model_nested()->vmcs02[k] != b->hw02[k])
            nested_fail(r, "a failed entry loses a segment of L2's");
    if (!aborts(r, false, aborted))
        host(r, b->l1[PN_F_GUEST_CR0], l1[PN_F_GUEST_EFER], l1[PN_F_GUEST_PAT]);
    remember(r);
    nested_sound(r);
}
