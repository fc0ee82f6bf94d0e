/* SPDX-License-Identifier: BSD-2-Clause
 * One run of one witness: what vmm.c keeps of it and report.c prints. */
#ifndef ORACLE_RUN_H
#define ORACLE_RUN_H

#include "oracle.h"

#define EXITS_LIMIT 40
#define BUDGET 2 /* FEW_PAGES: so many of the tracked pages are mapped at a time */

struct run {
    const struct witness *w;
    enum mode mode;
    struct regs regs;
    struct event next;              /* for the next entry */
    enum why whys[EXITS_LIMIT];
    bool vectored[EXITS_LIMIT];     /* the exit interrupted a delivery */
    unsigned int exits, injections, interrupted, attempts, mapped[BUDGET], mapped_count;
    uint64_t result;
    const char *end;                /* how it ended, if not by the guest's call 0 */
    uint64_t end_code;
};

extern const char *const mode_names[];
void report(const struct run *r);

#endif
