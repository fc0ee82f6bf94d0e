/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the ledger counts (core/hw/ledger.h), one set a virtual CPU. For every type of event and every path by which
 * the core came to hold it: accepted = delivered + recorded + discarded + still held. `recorded`: in the exit
 * information of a guest hypervisor.
 */
#ifndef VENDOR_COUNTERS_H
#define VENDOR_COUNTERS_H

#include <provenest/types.h>

enum { PN_TYPES = 11, PN_COUNTED_PATHS = 4, PN_COUNTED_REASONS = 8 };

struct pn_counters {
    uint64_t accepted[PN_TYPES][PN_COUNTED_PATHS];
    uint64_t delivered[PN_TYPES][PN_COUNTED_PATHS];
    uint64_t recorded[PN_TYPES][PN_COUNTED_PATHS];
    uint64_t discarded[PN_TYPES][PN_COUNTED_PATHS];
    uint64_t reasons[PN_COUNTED_REASONS];
    uint64_t reinjected[PN_TYPES];
    uint64_t payload_pf, payload_db; /* counted by the vendor where it writes CR2 and DR6 */
    uint8_t slot_path;               /* how the event in the injected slot came; RAISED stands for RESTORED as well */
};

struct pn_tally {
    uint64_t accepted, delivered, recorded, discarded, pending;
};

/* The current virtual CPU's; each vendor provides it. */
struct pn_counters *pn_counters_this(void);

/* One row of the report, and the sum of all. `pending` is read from the core's state. */
struct pn_tally pn_tally_row(const struct pn_counters *c, const struct pn_vcpu *v, uint8_t type, uint8_t path);
struct pn_tally pn_tally_all(const struct pn_counters *c, const struct pn_vcpu *v);
bool pn_tally_holds(struct pn_tally t);

/* How many events of this type and path were taken over and have not been accounted for. */
uint64_t pn_tally_open(const struct pn_counters *c, uint8_t type, uint8_t path);

const char *pn_type_name(uint8_t type);
const char *pn_path_name(uint8_t path);
const char *pn_reason_name(uint8_t reason);

#endif
