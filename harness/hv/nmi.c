/* SPDX-License-Identifier: BSD-2-Clause
 *
 * nmi=N, for tests: every N exits the processor sends itself an NMI while it runs the hypervisor; every second one from
 * inside the critical window of vmx_enter, after the last look at the flag (SDM vol. 3A 10.6).
 */
#include "vcpu.h"

#define APIC_ADDRESS 0xffffff000ull
#define APIC_ENABLED (1ull << 11)
#define X2APIC (1ull << 10)
#define ICR_NMI 0x4400u /* delivery mode NMI, level assert, physical destination */
enum { APIC_ID = 0x20, ICR_LOW = 0x300, ICR_HIGH = 0x310 };

static volatile uint32_t *apic_register(uint64_t base, uint64_t offset)
{
    return (volatile uint32_t *)(uintptr_t)((base & APIC_ADDRESS) + offset);
}

static void send_by_msr(void)
{
    cpu_wrmsr(MSR_X2APIC_ICR, cpu_rdmsr(0x802) << 32 | ICR_NMI);
}

/* L1 owns the LAPIC and may be between its two writes to the ICR, so the high half is put back: at once, or, when the
 * NMI is to be sent from vmx_enter, afterwards. */
static void send_by_memory(struct vcpu *v, uint64_t base)
{
    volatile uint32_t *high = apic_register(base, ICR_HIGH);

    v->icr_high = *high;
    *high = *apic_register(base, APIC_ID);
    if (v->nmis_sent & 1) {
        v->hw.nmi_kick = (uint64_t)(uintptr_t)apic_register(base, ICR_LOW);
        v->hw.nmi_kick_value = ICR_NMI;
        v->hw.nmi_kicking = true;
        return;
    }
    *apic_register(base, ICR_LOW) = ICR_NMI;
    *high = v->icr_high;
}

void nmi_for_test(struct vcpu *v)
{
    const uint32_t period = v->machine->options.nmi;
    uint64_t base;

    if (!period || ++v->exit_count % period)
        return;
    base = cpu_rdmsr(MSR_APIC_BASE);
    if (!(base & APIC_ENABLED))
        return;
    v->nmis_sent++;
    if (base & X2APIC)
        send_by_msr();
    else
        send_by_memory(v, base);
}

void nmi_for_test_over(struct vcpu *v)
{
    if (!v->hw.nmi_kicking)
        return;
    v->hw.nmi_kicking = false;
    *apic_register(cpu_rdmsr(MSR_APIC_BASE), ICR_HIGH) = v->icr_high;
}
