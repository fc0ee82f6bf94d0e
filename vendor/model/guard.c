/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Preconditions of core/hw/ledger.h, in front of the counters of vendor/common/ledger.c: link with
 * -Wl,--wrap=pn_ledger_accepted and so on. What a contract there assigns of the device (dev_done, dev_owed) is done
 * here.
 */
#include "../../core/hw/ledger.h"

#include "model.h"

void __real_pn_ledger_accepted(struct pn_event e, uint8_t path);
void __real_pn_ledger_delivered(struct pn_event e);
void __real_pn_ledger_nmi_collapsed(uint8_t pending);
void __real_pn_ledger_escalated(struct pn_event first, struct pn_event second);
void __real_pn_ledger_superseded(struct pn_event first, struct pn_event second);
void __real_pn_ledger_replaced(struct pn_event first);

void __wrap_pn_ledger_accepted(struct pn_event e, uint8_t path);
void __wrap_pn_ledger_delivered(struct pn_event e);
void __wrap_pn_ledger_nmi_collapsed(uint8_t pending);
void __wrap_pn_ledger_escalated(struct pn_event first, struct pn_event second);
void __wrap_pn_ledger_superseded(struct pn_event first, struct pn_event second);
void __wrap_pn_ledger_replaced(struct pn_event first);

void __wrap_pn_ledger_accepted(struct pn_event e, uint8_t path)
{
    model_this()->owing += e.has_payload;
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

    MODEL_REQUIRE(interrupted, cpu->owed && model_same(first, cpu->owed_event));
    MODEL_REQUIRE(pair, model_pair(first, second) != MODEL_SERIAL);
    MODEL_REQUIRE(second_type, second.type == 3);
    MODEL_REQUIRE(no_payload_left, !first.has_payload);
    cpu->owed = false;
    __real_pn_ledger_escalated(first, second);
}

void __wrap_pn_ledger_superseded(struct pn_event first, struct pn_event second)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(interrupted, cpu->owed && model_same(first, cpu->owed_event));
    MODEL_REQUIRE(raised_by_it, second.origin == PN_BY_HARDWARE || second.origin == PN_BY_EMULATOR);
    MODEL_REQUIRE(no_pair, model_pair(first, second) == MODEL_SERIAL);
    MODEL_REQUIRE(no_payload_left, !first.has_payload);
    cpu->owed = false;
    __real_pn_ledger_superseded(first, second);
}

void __wrap_pn_ledger_replaced(struct pn_event first)
{
    struct model_cpu *cpu = model_this();

    MODEL_REQUIRE(pending, first.stage == PN_STAGE_PENDING);
    MODEL_REQUIRE(regenerable, first.type == 3 && model_is_fault(first.vector) && first.origin == PN_BY_HARDWARE);
    cpu->dropped += first.has_payload;
    __real_pn_ledger_replaced(first);
}
