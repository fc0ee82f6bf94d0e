/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the manual says of L1's VMX, told once more for the fuzzer: from the text of SDM vol. 3C chapters 23 to 27 and 30
 * (rule ids VE-nnn: facts/spec-rules.tsv part 1), and from nothing else: neither spec/acsl nor core/vmx was looked at
 * for a rule. Numbers of bits and reasons are written out, as they are there. Fields are named by enum pn_field, which is a list
 * of encodings. Answers are sets where the manual leaves a choice.
 */
#ifndef MANUAL_VMX_H
#define MANUAL_VMX_H

#include <stddef.h>

#include <provenest/event.h>
#include <provenest/nested.h>
#include <provenest/vmcs12.h>

#define MANUAL_NO_VMCS UINT64_MAX

/* Bit k of a word. */
static inline bool manual_bit(uint64_t word, unsigned int k)
{
    return word >> k & 1;
}

/* The processor that L1 sees, as its capability MSRs and CPUID tell it. */
struct manual_cpu {
    uint64_t basic, misc, ept_vpid;                          /* 480H, 485H, 48CH */
    uint64_t pin, proc, proc2, exit, entry;                  /* 48DH to 490H, 48BH */
    uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1; /* 486H to 489H */
    uint64_t efer_valid, debugctl_valid;                     /* bits that are not reserved */
    unsigned int width, linear;                              /* physical and linear-address width */
};

/* L1's memory: an aligned word, all ones where there is none. */
typedef uint64_t manual_memory(uint64_t address);

/* ---- The entry: rules, each by its id, or null: nothing is wrong ---- */

const char *manual_controls(const struct manual_cpu *c, const uint64_t *f, manual_memory *memory);
const char *manual_event(const struct manual_cpu *c, const uint64_t *f);
const char *manual_host(const struct manual_cpu *c, const uint64_t *f, bool lma);

/* Guest state: bit q of the answer: the entry may fail with exit qualification q. 0: it passes. `rule`: one that does not hold. */
enum { MANUAL_PLAIN = 1, MANUAL_PDPTE = 4, MANUAL_NMI = 8, MANUAL_LINK = 16 };
unsigned int manual_guest(const struct manual_cpu *c, const uint64_t *f, uint64_t current, manual_memory *memory,
                          const char **rule);
const char *manual_registers(const struct manual_cpu *c, const uint64_t *f);
const char *manual_segments(const struct manual_cpu *c, const uint64_t *f);

/* Words the others share. */
bool manual_secondary(const uint64_t *f, unsigned int k); /* secondary control k, 0 unless activated */
bool manual_ept(const uint64_t *f);
bool manual_pae(const uint64_t *f); /* the guest will use PAE paging */
bool manual_canonical(const struct manual_cpu *c, uint64_t address);
bool manual_narrow(const struct manual_cpu *c, uint64_t address); /* within the physical-address width */
bool manual_pdpte(const struct manual_cpu *c, uint64_t entry);    /* not present, or no reserved bit */
bool manual_pat(uint64_t value);
bool manual_injects(const uint64_t *f, unsigned int type);

/* An MSR-load list (26.4, 27.6): 0, or which entry fails, from 1. `may`: WRMSR of this index would not fault. */
uint32_t manual_msr_list(manual_memory *memory, uint64_t address, uint32_t count, bool (*may)(uint32_t index));
bool manual_msr_store(manual_memory *memory, uint64_t address, uint32_t count, bool (*may)(uint32_t index));

/* ---- Instructions (30.3) ---- */

enum manual_insn {
    M_VMXON,
    M_VMXOFF,
    M_VMCLEAR,
    M_VMPTRLD,
    M_VMPTRST,
    M_VMREAD,
    M_VMWRITE,
    M_INVEPT,
    M_INVVPID,
    M_VMCALL,
    M_ENTRY,
    M_INSNS
};

struct manual_operand {
    uint64_t pointer;                /* or the encoding, or the type of an invalidation */
    uint64_t value;                  /* EPTP, or what is written */
    uint64_t vpid, reserved, linear; /* INVVPID's descriptor */
    bool launch;                     /* M_ENTRY */
};

struct manual_vmx {
    bool vmxon, launched;
    uint64_t vmxon_pointer, current;
};

/* kind, vector and error of the outcome; PN_VMX_SUCCEED or PN_VMX_ENTER if nothing is wrong with the instruction. */
struct pn_outcome manual_instruction(const struct manual_cpu *c, const struct manual_vmx *v, struct pn_l1_mode m,
                                     enum manual_insn insn, struct manual_operand o, manual_memory *memory);

/* The field with an encoding, or -1; high: the upper half of a 64-bit field. */
int manual_field(uint64_t encoding, bool *high);
bool manual_read_only(int f);
uint64_t manual_width(int f, uint64_t value); /* cut to the field's width (24.11.2) */

/* ---- Exits (25, 27) ---- */

/* Whether L1 gets this exit of L2's (25.1, 24.6); of reasons the hypervisor decides otherwise: -1. */
int manual_wants(const uint64_t *f, struct pn_l2_exit x, uint64_t rcx, uint64_t operand, manual_memory *memory);
bool manual_takes_exception(const uint64_t *f, unsigned int vector, uint32_t error);

/* L1's registers after an exit (27.5): what differs from `l1` (vmcs01's fields), or null. */
const char *manual_loaded(const uint64_t *f, const uint64_t *l1, uint64_t cr0, uint64_t efer, uint64_t pat);

#endif
