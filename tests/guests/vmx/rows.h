/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One field of the VMCS at a time, observed by what it does: the same L2 twice, with only this field different (or, of a field
 * that an exit writes, with only L2's code different). `make test-vmx` wants the two lines of a row to differ.
 */
#ifndef ROWS_H
#define ROWS_H

#include "entry.h"

struct row {
    const char *name; /* as in spec/fields/vmcs.tbl */
    enum guest guest;
    const char *code, *other; /* what L2 runs; the second time `other`, if there is one */
    uint32_t field;           /* what differs, or 0 */
    char how;                 /* as in struct change */
    uint64_t value[2];
    uint32_t told; /* what L1 reads after the exit, and nothing else is shown; or 0 */
    void (*prepare)(void);
    struct change around[6];
};

extern const struct row control_rows[], guest_rows[], segment_rows[], exit_rows[];
void row_begin(const char *name, const char *tag);
void rows_of_host(void), rows_saved(void), rows_not_offered(void);

#define KERNEL_GS 0xc0000102u

#endif
