/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/vmcs.h, memory.h, msr.h and nested_ledger.h on the host (pn_ledger_passed_on: guard.c). Every precondition is asserted under its name there.
 */
#include "vmcs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/hw/memory.h"
#include "../../core/hw/msr.h"
#include "../../core/hw/nested_ledger.h"
#include "../../core/hw/vmcs.h"
#include "widths.h"

static _Thread_local struct model_nested nested;

/* A test of the nested half alone has no CPU to blame. */
void model_nested_violation(const char *function, const char *name)
{
    if (model_this()) {
        model_violation(function, name);
        return;
    }
    fprintf(stderr, "model: %s: precondition %s does not hold\n", function, name);
    abort();
}

struct model_nested *model_nested(void)
{
    return &nested;
}

void model_nested_reset(void)
{
    memset(&nested, 0, sizeof nested);
    nested.current = PN_VMCS01;
}

void model_nested_ran(void)
{
    nested.unsaved = true;
}

void model_nested_round(void)
{
    memset(nested.written02, 0, sizeof nested.written02);
    memset(nested.reads, 0, sizeof nested.reads);
}

/* ---- VMCSs ---- */

bool model_fits(int f, uint64_t value)
{
    return widths[f] == 64 || value >> widths[f] == 0;
}

void pn_hw_load_vmcs(enum pn_vmcs which)
{
    NESTED_REQUIRE(which, which == PN_VMCS01 || which == PN_VMCS02);
    NESTED_REQUIRE(not_in_shadow, !nested.in_shadow);
    NESTED_REQUIRE(quiet, !model_this() || (!model_this()->owed && !model_this()->entry));
    nested.current = which;
    nested.loads++;
}

uint64_t pn_hw_read01(enum pn_field f)
{
    NESTED_REQUIRE(field, (int)f >= 0 && f < PN_FIELDS);
    NESTED_REQUIRE(current, nested.current == PN_VMCS01 && !nested.in_shadow);
    return nested.vmcs01[f];
}

void pn_hw_write01(enum pn_field f, uint64_t value)
{
    NESTED_REQUIRE(field, (int)f >= 0 && f < PN_FIELDS);
    NESTED_REQUIRE(current, nested.current == PN_VMCS01 && !nested.in_shadow);
    nested.vmcs01[f] = value;
    nested.writes01++;
}

uint64_t pn_hw_read02(enum pn_field f)
{
    NESTED_REQUIRE(field, (int)f >= 0 && f < PN_FIELDS);
    NESTED_REQUIRE(current, nested.current == PN_VMCS02);
    return nested.vmcs02[f];
}

/* SDM 24.4.1: selectors, bases, limits and access rights, and the descriptor tables, by their encodings. */
static bool segment(int f)
{
    return f >= PN_F_GUEST_ES_SELECTOR && f <= PN_F_GUEST_IDTR_LIMIT;
}

void pn_hw_write02(enum pn_field f, uint64_t value)
{
    NESTED_REQUIRE(field, (int)f >= 0 && f < PN_FIELDS);
    NESTED_REQUIRE(fits, model_fits((int)f, value));
    NESTED_REQUIRE(current, nested.current == PN_VMCS02);
    NESTED_REQUIRE(once, nested.written02[f] == 0);
    NESTED_REQUIRE(saved, !segment((int)f) || !nested.unsaved);
    nested.vmcs02[f] = (f == PN_F_VIRTUAL_APIC || f == PN_F_APIC_ACCESS) && !pn_mem_is_l1s(value) ? MODEL_STRAY : value;
    nested.written02[f] = 1;
    nested.writes02++;
}

void pn_hw_saved_segments(const struct pn_nested_vmx *n)
{
    for (int f = 0; f < PN_FIELDS; f++)
        NESTED_REQUIRE(saved, !segment(f) || n->vmcs12.f[f] == nested.vmcs02[f]);
    nested.unsaved = false;
}

void pn_hw_begin_entry02(uint16_t vpid, uint64_t eptp)
{
    (void)vpid;
    (void)eptp;
    memset(nested.written02, 0, sizeof nested.written02);
}

void pn_hw_flush02(uint16_t vpid)
{
    NESTED_REQUIRE(current, nested.current == PN_VMCS02);
    NESTED_REQUIRE(own, vpid == nested.vmcs02[PN_F_VPID]);
    nested.flushes++;
    nested.flush_owed = false;
}

void pn_hw_owe_flush02(void)
{
    nested.flush_owed = true;
}

void pn_hw_empty_ept02(void)
{
    nested.empties++;
}

uint64_t pn_hw_bitmap01(unsigned word)
{
    NESTED_REQUIRE(word, word < PN_BITMAP_WORDS);
    return nested.bitmap01[word];
}

void pn_hw_write_bitmap02(unsigned word, uint64_t value)
{
    NESTED_REQUIRE(word, word < PN_BITMAP_WORDS);
    NESTED_REQUIRE(contained, (nested.bitmap01[word] & ~value) == 0);
    nested.bitmap02[word] = value;
}

/* ---- L1's memory ---- */

uint64_t *model_word(uint64_t address)
{
    if (address % 8 != 0 || address >= MODEL_MEMORY) {
        fprintf(stderr, "model: no word of L1's memory at 0x%llx\n", (unsigned long long)address);
        abort();
    }
    return &nested.memory[address / 8];
}

void pn_mem_snapshot(void)
{
    memset(nested.reads, 0, sizeof nested.reads);
}

bool pn_mem_is_l1s(uint64_t address)
{
    return address < MODEL_MEMORY && !(address >= nested.hidden && address < nested.hidden_end);
}

uint64_t pn_mem_read(uint64_t address)
{
    uint64_t value;

    NESTED_REQUIRE(aligned, address % 8 == 0);
    if (!pn_mem_is_l1s(address))
        return UINT64_MAX;
    NESTED_REQUIRE(once, nested.reads[address / 8] == 0);
    nested.reads[address / 8] = 1;
    value = nested.memory[address / 8];
    if (nested.race)
        nested.race(address);
    return value;
}

bool pn_mem_is_l1s_page(uint64_t page)
{
    NESTED_REQUIRE(aligned, page % 4096 == 0);
    return pn_mem_is_l1s(page);
}

uint64_t pn_mem_read_l1s(uint64_t address)
{
    NESTED_REQUIRE(known, pn_mem_is_l1s(address));
    return pn_mem_read(address);
}

void pn_mem_write(uint64_t address, uint64_t value)
{
    NESTED_REQUIRE(aligned, address % 8 == 0);
    if (pn_mem_is_l1s(address))
        nested.memory[address / 8] = value;
}

void pn_mem_read_words(uint64_t address, uint64_t *to, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        to[k] = pn_mem_read(address + 8ull * k);
}

void pn_mem_write_words(uint64_t address, const uint64_t *from, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        pn_mem_write(address + 8ull * k, from[k]);
}

/* ---- MSRs ---- */

static struct model_msr *find(uint32_t index)
{
    for (size_t k = 0; k < MODEL_MSRS; k++)
        if (nested.msr[k].present && nested.msr[k].index == index)
            return &nested.msr[k];
    return NULL;
}

struct model_msr *model_msr(uint32_t index)
{
    struct model_msr *m = find(index);

    for (size_t k = 0; !m && k < MODEL_MSRS; k++)
        if (!nested.msr[k].present) {
            m = &nested.msr[k];
            *m = (struct model_msr){.index = index, .present = true, .readable = true, .writable = true};
        }
    if (!m) {
        fprintf(stderr, "model: too many MSRs\n");
        abort();
    }
    return m;
}

bool pn_hw_read_msr(uint32_t index, uint64_t *value)
{
    const struct model_msr *m = find(index);

    NESTED_REQUIRE(place, value != NULL);
    if (!m || !m->readable)
        return false;
    *value = m->value;
    return true;
}

bool pn_hw_write_msr(uint32_t index, uint64_t value)
{
    struct model_msr *m = find(index);

    if (!m || !m->writable)
        return false;
    m->value = value;
    if (nested.written_msrs < MODEL_MSRS)
        nested.written_msr[nested.written_msrs++] = index;
    return true;
}

/* ---- Acknowledge on exit ---- */

int pn_hw_ack_for_exit(void)
{
    struct model_cpu *cpu = model_this();
    int vector;

    NESTED_REQUIRE(exit_read, !cpu->exited);
    NESTED_REQUIRE(nothing_else, !cpu->entry && !cpu->owed);
    NESTED_REQUIRE(none_held, !cpu->acked);
    vector = model_acknowledge(&cpu->controller);
    return vector == MODEL_NONE ? PN_NO_INTERRUPT : vector;
}
