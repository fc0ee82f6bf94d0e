/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A hypervisor around the core, with a processor that Provenest has never seen: the loop every user writes. Prints what
 * the guest's handlers saw and whether every event is accounted for.
 */
#include <stdio.h>
#include <string.h>

#include <provenest/counters.h>
#include <provenest/event.h>

#include "seam.h"

static struct pn_event raised(uint8_t vector)
{
    return (struct pn_event){.type = PN_TYPE_HARD_EXCEPTION, .vector = vector, .origin = PN_BY_HARDWARE};
}

static struct pn_event page_fault(uint64_t address, uint32_t error)
{
    struct pn_event e = raised(PN_VECTOR_PF);

    e.has_error = true;
    e.error = error;
    e.has_payload = true;
    e.payload = address;
    return e;
}

/* One exit. False: the guest is done. */
static bool handle(struct toy_cpu *cpu, struct pn_vcpu *v, enum toy_exit why)
{
    switch (why) {
    case TOY_DONE:
        return false;
    case TOY_FAULT:
        cpu->code++; /* the guest's handler would step over it; the toy has no frames */
        (void)pn_queue_exception(v, raised(6));
        break;
    case TOY_PAGE_FAULT:
        cpu->code++;
        (void)pn_queue_exception(v, page_fault(0xcafe000, 2));
        break;
    case TOY_SYSCALL: /* an instruction that the hypervisor carries out; here it also brings an NMI */
        cpu->code++;
        pn_instruction_retired(v, (struct pn_retired){.tf = cpu->trap_flag});
        (void)pn_queue_nmi(v);
        break;
    case TOY_INTERRUPT:
        pn_interrupt_pending(v);
        break;
    default:
        break;
    }
    return true;
}

int main(void)
{
    static const char wanted[] = "6(rf) 14(2,cafe000) 2 48 ";
    struct toy_cpu cpu = {.code = ".u.p.s.+..", .line = 48, .obstacles = 2, .dr6 = 0xffff0ff0, .dr7 = 0x400};
    struct pn_tally tally;
    struct pn_vcpu v;

    seam_cpu = &cpu;
    pn_vcpu_init(&v);
    for (int turns = 0; turns < 100; turns++) {
        enum toy_exit why;

        if (pn_inject_events(&v) == PN_SHUTDOWN)
            return 1;
        why = toy_run(&cpu);
        pn_complete_vectoring(&v);
        if (!handle(&cpu, &v, why))
            break;
    }
    tally = pn_tally_all(pn_counters_this(), &v);
    printf("the guest's handlers saw: %s\n", cpu.log);
    printf("events: accepted %u = delivered %u + given up %u + pending %u\n", (unsigned int)tally.accepted,
           (unsigned int)tally.delivered, (unsigned int)tally.discarded, (unsigned int)tally.pending);
    if (strcmp(cpu.log, wanted) != 0 || !pn_tally_holds(tally) || tally.pending) {
        printf("wanted: %s\n", wanted);
        return 1;
    }
    return 0;
}
