/* SPDX-License-Identifier: BSD-2-Clause
 * A case of VM entry's checks: what is changed in a valid guest, and what the manual says of the entry. */
#ifndef ENTRY_H
#define ENTRY_H

#include "vmx.h"

enum want { OK, F7, F8, CONTROLS_OR_HOST, F33, EITHER };

struct change {
    uint32_t field;
    char how; /* '=' set, '|' or, '&' and not, '^' xor, 'w' so much below the physical-address width, 'm' memory */
    uint64_t value;
};

struct check {
    const char *rule, *name;
    enum guest guest;
    enum want want;
    uint32_t qualification;
    struct change change[6];
};

extern const struct check control_checks[], host_checks[], guest_checks[], segment_checks[], edge_checks[],
    fatal_checks[];

void apply(const struct change change[6]);

#define WIDE (1ull << 51)
#define ODD (1ull << 60) /* not canonical */
#define PAGE_AT(n) ((uint64_t)pages[n])

#endif
