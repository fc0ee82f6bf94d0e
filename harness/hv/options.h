/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The hypervisor's command line. Pure.
 *
 *   events=direct|core   how L1 gets its events (default core)
 *   evict=N              every N ticks take away the pages events are delivered through; 0 never (default)
 *   msr=ignore|gp        an MSR this processor does not have: reads 0 and ignores writes (default), or #GP
 *   ontriple=stop|reset  L1's triple fault ends the run with a report (default), or resets the machine after it
 *   elide=off|on         forget an interrupted fault where nobody can see it (spec/claims/2-reinjection.md; default off)
 *   vmx=on|off           L1 has VMX of its own (default), or its processor has none
 *   shadow=on|off        VMCS shadowing for L1 where the processor has it (default), or never
 *   nmi=N                for tests: an NMI of our own every N exits; 0 never (default)
 */
#ifndef HV_OPTIONS_H
#define HV_OPTIONS_H

#include "bytes.h"

struct options {
    bool core_events;
    bool msr_gp;
    bool reset_on_triple;
    bool elide;
    bool vmx;
    bool shadow;
    uint32_t evict, nmi;
};

struct fault options_parse(const char *line, struct options *options);

#endif
