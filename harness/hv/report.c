/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The counters at the end, and the dump when something is wrong in the hypervisor itself.
 */
#include "console.h"
#include "vcpu.h"

#include "../../vendor/vmx/decode.h"

static const char *const end_names[] = {"running", "poweroff", "shutdown-port", "f4", "triple-fault", "reset"};

static void say_exits(const struct vcpu *v)
{
    for (uint32_t reason = 0; reason < EXIT_REASONS; reason++)
        if (v->exits[reason])
            say("PN| exit %s %u\n", vmx_reason_name(reason), v->exits[reason]);
}

static void say_tally(struct pn_tally t)
{
    say("accepted=%u delivered=%u recorded=%u discarded=%u pending=%u", t.accepted, t.delivered, t.recorded,
        t.discarded, t.pending);
}

/* True if every row balances. */
static bool say_events(const struct vcpu *v)
{
    const struct pn_counters *c = &v->hw.counters;
    bool holds = true;

    for (uint8_t type = 0; type < PN_TYPES; type++)
        for (uint8_t path = 0; path < PN_COUNTED_PATHS; path++) {
            const struct pn_tally row = pn_tally_row(c, &v->events, type, path);

            holds = holds && pn_tally_holds(row);
            if (!row.accepted && !row.delivered && !row.discarded && !row.pending)
                continue;
            say("PN| event %s %s ", pn_type_name(type), pn_path_name(path));
            say_tally(row);
            say("\n");
        }
    return holds;
}

static void say_effects(const struct vcpu *v)
{
    const struct pn_counters *c = &v->hw.counters;

    for (uint8_t reason = 0; reason < PN_COUNTED_REASONS; reason++)
        if (c->reasons[reason])
            say("PN| discard %s %u\n", pn_reason_name(reason), c->reasons[reason]);
    say("PN| payload pf=%u db=%u\n", c->payload_pf, c->payload_db);
    for (uint8_t type = 0; type < PN_TYPES; type++)
        if (c->reinjected[type])
            say("PN| reinject %s %u\n", pn_type_name(type), c->reinjected[type]);
    say("PN| evicted %u\n", v->evictions);
    say("PN| nmi sent=%u late=%u\n", v->nmis_sent, v->late_nmis);
}

/* L2: what L1 got and what the hypervisor kept for itself. */
static void say_nested(const struct vcpu *v)
{
    const struct nested *s = &v->nested;

    if (!s->entries && !s->failures)
        return;
    say("PN| nested entries=%u failures=%u refused=%u ept02-fills=%u ept02-wipes=%u", s->entries, s->failures, s->refused,
        s->ept02->fills, s->ept02->wipes);
#ifdef HV_COUNT
    say(" vmreads=%u vmwrites=%u vmptrlds=%u invepts=%u", v->hw.reads, v->hw.writes, v->hw.pointers, v->hw.flushes);
#endif
    say("\n");
    for (uint32_t reason = 0; reason < EXIT_REASONS; reason++)
        if (s->to_l1[reason] || s->to_l0[reason])
            say("PN| nested-exit %s l1=%u l0=%u\n", vmx_reason_name(reason), s->to_l1[reason], s->to_l0[reason]);
}

static uint8_t say_report(const struct vcpu *v)
{
    const uint64_t end = cpu_tsc();
    const struct pn_tally all = pn_tally_all(&v->hw.counters, &v->events);
    bool holds;

    say_exits(v);
    say_nested(v);
    holds = say_events(v);
    say_effects(v);
    say("PN| ticks launch=%u end=%u", v->launch_tsc, end);
#ifdef HV_COUNT
    say(" l0=%u", v->l0_ticks);
#endif
    say("\n");
    holds = holds && pn_tally_holds(all);
    say("PN| balance ");
    say_tally(all);
    say(holds ? " holds\n" : " BROKEN\n");
    say("PN| l1 %s %u\n", end_names[v->end], v->end_code);
    return holds ? 0 : 1;
}

/* L1's own verdict: port 0xf4 carries one; a triple fault is none that anyone wants. */
static bool l1_failed(const struct vcpu *v)
{
    return v->end == L1_TRIPLE_FAULT || v->end == L1_RUNNING || (v->end == L1_F4 && v->end_code != 0);
}

_Noreturn void report_and_end(struct vcpu *v)
{
    const uint8_t status = say_report(v) || l1_failed(v) ? 1 : 0;

    say("PN| end %u\n", (uint64_t)status);
    if (v->end == L1_TRIPLE_FAULT && v->machine->options.reset_on_triple)
        machine_reset();
    machine_end(status);
}

static void say_field(const char *name, uint64_t field)
{
    say(" %s=%x", name, vmread(field));
}

_Noreturn void report_crash(struct vcpu *v, struct fault f)
{
    say_fault(f);
    say("PN| guest");
    say_field("rip", GUEST_RIP);
    say_field("rsp", GUEST_RSP);
    say_field("rflags", GUEST_RFLAGS);
    say_field("cr0", GUEST_CR0);
    say_field("cr3", GUEST_CR3);
    say_field("cr4", GUEST_CR4);
    say_field("efer", GUEST_EFER);
    say_field("cs", GUEST_CS_SEL);
    say_field("access", GUEST_CS_ACCESS);
    say_field("interruptibility", GUEST_INTERRUPTIBILITY);
    say_field("activity", GUEST_ACTIVITY);
    say("\nPN| exit-state");
    say_field("reason", EXIT_REASON);
    say_field("qualification", EXIT_QUALIFICATION);
    say_field("physical", GUEST_PHYS_ADDR);
    say_field("info", EXIT_INFO);
    say_field("error", EXIT_ERROR);
    say_field("vectoring", VECTORING_INFO);
    say_field("instruction-error", INSTRUCTION_ERROR);
    say_field("entry-info", ENTRY_INFO);
    say_field("entry-error", ENTRY_ERROR);
    say("\n");
    (void)say_report(v);
    say("PN| end 1\n");
    machine_end(1);
}

void vmx_host_fault(struct vmx_cpu *cpu, const struct vmx_host_frame *frame)
{
    (void)cpu; /* whatever state the VMCS is in, do not touch it */
    say("PN! Provenest itself took exception %u, which is a bug in it: please report this line\n", frame->vector);
    say("PN| host error=%x rip=%x rsp=%x rflags=%x cr2=%x rax=%x rcx=%x rdx=%x rbx=%x rsi=%x rdi=%x\n", frame->error,
        frame->rip, frame->rsp, frame->rflags, cpu_cr2(), frame->rax, frame->rcx, frame->rdx, frame->rbx, frame->rsi,
        frame->rdi);
    say("PN| end 1\n");
    machine_end(1);
}
