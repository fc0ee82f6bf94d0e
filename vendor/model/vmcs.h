/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The nested half of the model: two VMCSs, 1 MiB of L1's memory, a table of MSRs. A test looks and sets at will.
 */
#ifndef MODEL_VMCS_H
#define MODEL_VMCS_H

#include "../../core/hw/shadow.h"

#include "model.h"

enum { MODEL_MEMORY = 1 << 20, MODEL_WORDS = MODEL_MEMORY / 8, MODEL_MSRS = 64 };
#define MODEL_STRAY 0x7fff0000ull /* the page that is nobody's */

struct model_msr {
    uint32_t index;
    bool present, readable, writable;
    uint64_t value;
};

struct model_nested {
    enum pn_vmcs current;
    uint64_t vmcs01[PN_FIELDS], vmcs02[PN_FIELDS], shadow[PN_FIELDS];
    bool in_shadow; /* that one is current, in place of vmcs01 */
    unsigned int shadow_reads, shadow_writes;
    uint8_t written02[PN_FIELDS]; /* since the last model_nested_round */
    uint64_t bitmap01[PN_BITMAP_WORDS], bitmap02[PN_BITMAP_WORDS];
    unsigned int writes01, writes02, loads, flushes, empties;
    bool flush_owed; /* by an INVVPID of L1's (tlb.h) */
    bool unsaved;    /* L2 has run since vmcs12 had its segments (vmcs.h) */
    uint64_t memory[MODEL_WORDS];
    uint8_t reads[MODEL_WORDS]; /* since the last model_nested_round */
    uint64_t hidden, hidden_end; /* the hypervisor's own: not L1's memory */
    void (*race)(uint64_t address); /* called after each read: another processor writes */
    struct model_msr msr[MODEL_MSRS];
    uint32_t written_msr[MODEL_MSRS]; /* in the order of writing */
    unsigned int written_msrs;
};

/* One for each thread of the host, as the CPU is. */
struct model_nested *model_nested(void);

/* A precondition of the seam, by its name there. */
void model_nested_violation(const char *function, const char *name);
#define NESTED_REQUIRE(name, condition)              \
    do {                                             \
        if (!(condition))                            \
            model_nested_violation(__func__, #name); \
    } while (0)

bool model_fits(int f, uint64_t value); /* SDM 24.11.2: nothing above the field's width */
void model_nested_reset(void); /* everything 0, vmcs01 current, no memory hidden, no MSR */
void model_nested_ran(void); /* L2 has run: its segments are in vmcs02 alone */
void model_nested_round(void); /* another instruction of L1's, or another entry: once-only permissions are renewed */

uint64_t *model_word(uint64_t address); /* in L1's memory */
struct model_msr *model_msr(uint32_t index); /* makes it, readable and writable, if there is none */

#endif
