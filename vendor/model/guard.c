/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Preconditions of core/hw/ledger.h, in front of the counters of vendor/common/ledger.c: link with
 * -Wl,--wrap=pn_ledger_accepted and so on. What a contract there assigns of the device (dev_done, dev_owed and so
 * on) is done here.
 */
#include "../../core/hw/nested_ledger.h"

#include "model.h"

void __real_pn_ledger_accepted(struct pn_event e, uint8_t path);
void __real_pn_ledger_delivered(struct pn_event e);
void __real_pn_ledger_nmi_collapsed(uint8_t pending);
void __real_pn_ledger_escalated(struct pn_event first, struct pn_event second);
void __real_pn_ledger_superseded(struct pn_event first, struct pn_event second);
void __real_pn_ledger_replaced(struct pn_event first);
void __real_pn_ledger_merged(uint8_t type, bool pending);
void __real_pn_ledger_handed_over(uint8_t type);
void __real_pn_ledger_trap_held(struct pn_event e);
void __real_pn_ledger_reported(struct pn_event e);
void __real_pn_ledger_no_effect(uint8_t type);
void __real_pn_ledger_retried(struct pn_event e);
void __real_pn_ledger_reset(unsigned events, unsigned payloads);
void __real_pn_ledger_elided(struct pn_event e, struct pn_resumption r);
void __real_pn_ledger_passed_on(struct pn_event e);
void __real_pn_ledger_given_back(struct pn_event e);

void __wrap_pn_ledger_accepted(struct pn_event e, uint8_t path);
void __wrap_pn_ledger_delivered(struct pn_event e);
void __wrap_pn_ledger_nmi_collapsed(uint8_t pending);
void __wrap_pn_ledger_escalated(struct pn_event first, struct pn_event second);
void __wrap_pn_ledger_superseded(struct pn_event first, struct pn_event second);
void __wrap_pn_ledger_replaced(struct pn_event first);
void __wrap_pn_ledger_merged(uint8_t type, bool pending);
void __wrap_pn_ledger_handed_over(uint8_t type);
void __wrap_pn_ledger_trap_held(struct pn_event e);
void __wrap_pn_ledger_reported(struct pn_event e);
void __wrap_pn_ledger_no_effect(uint8_t type);
void __wrap_pn_ledger_retried(struct pn_event e);
void __wrap_pn_ledger_reset(unsigned events, unsigned payloads);
void __wrap_pn_ledger_elided(struct pn_event e, struct pn_resumption r);
void __wrap_pn_ledger_passed_on(struct pn_event e);
void __wrap_pn_ledger_given_back(struct pn_event e);

void __wrap_pn_ledger_accepted(struct pn_event e, uint8_t path)
{
    model_this()->owing += model_owes(e);
    __real_pn_ledger_accepted(e, path);
}

void __wrap_pn_ledger_delivered(struct pn_event e)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(known, cpu->done);
    MODEL_REQUIRE(that_event, model_same(e, cpu->done_event));
    cpu->done = false;
    __real_pn_ledger_delivered(e);
}

void __wrap_pn_ledger_nmi_collapsed(uint8_t pending)
{
    const struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(latched, pending >= 1);
    MODEL_REQUIRE(limit, pending == 2 || cpu->nmi_blocked || (cpu->entry && cpu->entry_event.type == 2) ||
                             (cpu->owed && cpu->owed_event.type == 2));
    __real_pn_ledger_nmi_collapsed(pending);
}

void __wrap_pn_ledger_escalated(struct pn_event first, struct pn_event second)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(interrupted, cpu->owed && !cpu->taken_back && model_same(first, cpu->owed_event));
    MODEL_REQUIRE(pair, model_pair(cpu->svm, first, second) != MODEL_SERIAL);
    MODEL_REQUIRE(second_type, second.type == 3);
    MODEL_REQUIRE(no_payload_left, !first.has_payload);
    cpu->owed = false;
    __real_pn_ledger_escalated(first, second);
}

void __wrap_pn_ledger_superseded(struct pn_event first, struct pn_event second)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(interrupted, cpu->owed && !cpu->taken_back && model_same(first, cpu->owed_event));
    MODEL_REQUIRE(raised_by_it, second.origin == PN_BY_HARDWARE || second.origin == PN_BY_EMULATOR);
    MODEL_REQUIRE(no_pair, model_pair(cpu->svm, first, second) == MODEL_SERIAL);
    MODEL_REQUIRE(no_payload_left, !first.has_payload);
    cpu->owed = false;
    __real_pn_ledger_superseded(first, second);
}

void __wrap_pn_ledger_replaced(struct pn_event first)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(pending, first.stage == PN_STAGE_PENDING);
    MODEL_REQUIRE(regenerable, first.type == 3 && model_is_fault(first.vector) && first.origin == PN_BY_HARDWARE &&
                                   !first.by_delivery);
    cpu->dropped += model_owes(first);
    __real_pn_ledger_replaced(first);
}

void __wrap_pn_ledger_merged(uint8_t type, bool pending)
{
    MODEL_REQUIRE(latched, pending);
    MODEL_REQUIRE(kind, type >= 7 && type <= 10);
    __real_pn_ledger_merged(type, pending);
}

/* SDM 34.2, APM 15.17: SMI and INIT are blocked in SMM, and by GIF = 0. */
void __wrap_pn_ledger_handed_over(uint8_t type)
{
    const struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(smi, type != PN_TYPE_SMI || (!cpu->smm && cpu->gif));
    MODEL_REQUIRE(init, type != PN_TYPE_INIT || (!cpu->smm && cpu->gif));
    MODEL_REQUIRE(sipi, type != PN_TYPE_SIPI || cpu->wfs);
    MODEL_REQUIRE(kind, type >= 8 && type <= 10);
    MODEL_REQUIRE(nothing_before, !cpu->owed && !cpu->entry);
    __real_pn_ledger_handed_over(type);
}

void __wrap_pn_ledger_trap_held(struct pn_event e)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(trap, model_low_trap(e));
    MODEL_REQUIRE(there, !e.has_payload || ((e.payload & 0xf & ~cpu->hits) == 0 &&
                                            (cpu->bs || !(e.payload >> MODEL_DB_BS & 1))));
    cpu->dropped += model_owes(e);
    __real_pn_ledger_trap_held(e);
}

void __wrap_pn_ledger_reported(struct pn_event e)
{
    MODEL_REQUIRE(pending, e.stage == PN_STAGE_PENDING);
    model_this()->dropped += model_owes(e);
    __real_pn_ledger_reported(e);
}

void __wrap_pn_ledger_no_effect(uint8_t type)
{
    MODEL_REQUIRE(not_waiting, !model_this()->wfs);
    __real_pn_ledger_no_effect(type);
}

void __wrap_pn_ledger_retried(struct pn_event e)
{
    struct model_cpu *cpu = model_this();
    const uint8_t type = cpu->owed_event.type == 6 ? 3 : cpu->owed_event.type;

    MODEL_REQUIRE(owed, cpu->svm && cpu->owed && !cpu->taken_back);
    MODEL_REQUIRE(soft, model_soft(cpu->owed_event.type));
    MODEL_REQUIRE(gone, pn_hw_soft_length(type, cpu->owed_event.vector) == 0);
    MODEL_REQUIRE(at_instruction, cpu->rip == cpu->at);
    cpu->owed = false;
    __real_pn_ledger_retried(e);
}

void __wrap_pn_ledger_reset(unsigned events, unsigned payloads)
{
    struct model_cpu *cpu = model_this();

    cpu->entry = cpu->owed = cpu->done = cpu->exited = false;
    cpu->dropped += payloads;
    __real_pn_ledger_reset(events, payloads);
}

/* SDM 6.6: #DE, #UD and #MF that the processor raised itself; their instruction raises them again and none has written
 * anything. */
void __wrap_pn_ledger_elided(struct pn_event e, struct pn_resumption r)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(interrupted, cpu->owed && !cpu->taken_back && model_same(e, cpu->owed_event));
    MODEL_REQUIRE(comes_again, e.type == 3 && (e.vector == 0 || e.vector == 6 || e.vector == 16) &&
                                   e.origin == PN_BY_HARDWARE && !e.by_delivery);
    MODEL_REQUIRE(promised, r.handled && r.undisturbed && r.first_try);
    MODEL_REQUIRE(no_payload_left, !e.has_payload);
    cpu->owed = false;
    __real_pn_ledger_elided(e, r);
}

/* SDM 27.2.4: the exit to L1 reports it as interrupted. */
void __wrap_pn_ledger_passed_on(struct pn_event e)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(interrupted, cpu->owed && !cpu->taken_back && model_same(e, cpu->owed_event));
    MODEL_REQUIRE(no_payload_left, !e.has_payload);
    cpu->owed = false;
    __real_pn_ledger_passed_on(e);
}

/* SDM 26.8: its entry failed. */
void __wrap_pn_ledger_given_back(struct pn_event e)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(taken_back, cpu->owed && cpu->taken_back && model_same(e, cpu->owed_event));
    MODEL_REQUIRE(no_payload_left, !e.has_payload);
    cpu->owed = false;
    __real_pn_ledger_given_back(e);
}
