/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Area fuzz: L1 gone wrong, by numbers from a seed. What is edited (fuzz_edit.c), what the manual says of it
 * (tests/fuzz/manual_*.c, linked in), what it came to.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "../../fuzz/manual_vmx.h"
#include "vmx.h"

enum { EDITS = 8 };

struct edit {
    int field;
    uint64_t old;
};

struct fuzz {
    uint64_t state; /* of the generator */
    struct manual_cpu cpu;
    enum guest guest;
    unsigned int program; /* of L2 */
    struct edit edit[EDITS];
    unsigned int edits;
    bool leak; /* NMIs may be blocked behind the next entry */
    uint64_t f[PN_FIELDS];
};

uint64_t number(struct fuzz *z);
unsigned int below(struct fuzz *z, unsigned int n);
uint32_t encoding_of(int f);
void read_all(struct fuzz *z); /* the VMCS into f */
void change(struct fuzz *z, int f, uint64_t value);
void undo(struct fuzz *z);
void edit_something(struct fuzz *z);
const void *l2_program(struct fuzz *z);
void l2_operands(struct fuzz *z);
bool wild_host(const struct fuzz *z);  /* an exit would leave an L1 that is not ours any more */
bool wild_guest(const struct fuzz *z); /* an entry would leave such an L2 */
bool bochs_gap(const char *rule);      /* Bochs 2.7 would enter all the same */
void fuzz_instruction(struct fuzz *z, const char *name);

#endif
