/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Can this processor run an L1, and with which controls? A pure function over raw register values, so that a host
 * test can show it processors that no emulator has (SDM vol. 3D appendix A, vol. 3C 23.6 and 23.7).
 */
#ifndef VMX_CAPS_H
#define VMX_CAPS_H

#include <stdbool.h>
#include <stdint.h>

/* What the processor says. Fields of MSRs that do not exist (by the ones before them) are not looked at. */
struct vmx_raw {
    uint32_t cpuid1_ecx;
    uint64_t feature_control; /* MSR 0x3a */
    uint64_t basic;           /* 0x480 */
    uint64_t misc;            /* 0x485 */
    uint64_t pin, proc, exit, entry; /* the TRUE ones, 0x48d to 0x490 */
    uint64_t proc2;           /* 0x48b */
    uint64_t ept_vpid;        /* 0x48c */
};

enum vmx_verdict {
    VMX_USABLE = 0,
    VMX_ENABLE_FIRST, /* usable once 5 has been written to the unlocked IA32_FEATURE_CONTROL */
    VMX_ABSENT,
    VMX_LOCKED_OFF,
    VMX_NO_TRUE_CONTROLS,
    VMX_NO_EPT,
    VMX_NO_UNRESTRICTED_GUEST,
    VMX_NO_VIRTUAL_NMI,
    VMX_NO_BITMAPS,
    VMX_NO_STATE_SWITCH, /* EFER, PAT or debug registers are not switched with the VMCS */
};

/* What the hypervisor wants from the controls. */
struct vmx_wish {
    bool core_events; /* events=core: external interrupts and HLT exit */
    bool timer;       /* the preemption timer, if there is one */
};

struct vmx_controls {
    uint32_t pin, proc, proc2, exit, entry;
    bool timer;          /* the preemption timer is on */
    uint32_t timer_rate; /* it counts once in 2^rate TSC ticks */
};

/* Two steps, because MSRs 0x480 and up may be read only where VMX exists. */
enum vmx_verdict vmx_check_present(const struct vmx_raw *raw);
enum vmx_verdict vmx_check_controls(const struct vmx_raw *raw);
struct vmx_controls vmx_choose_controls(const struct vmx_raw *raw, struct vmx_wish wish);
const char *vmx_verdict_text(enum vmx_verdict verdict); /* one sentence that says what to do */

#endif
