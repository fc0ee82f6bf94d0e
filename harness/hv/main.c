/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the loader's hand to the first VM entry.
 */
#include "acpi.h"
#include "bootinfo.h"
#include "console.h"
#include "load.h"
#include "place.h"
#include "vcpu.h"

enum { INFO_GDT_LIMIT = 31 };

void hv_main(uint32_t magic, uint32_t address);

/* One of each: the boot processor's. More vCPUs mean more of these, not other code. */
static struct vcpu boot_vcpu;
static struct vmx_pages boot_pages;
static struct machine machine;
static struct ept02 boot_ept02;
static struct bootinfo boot_info;

/* Physical memory as bytes. The compiler must not know that it starts at a null pointer. */
static struct bytes physical_memory(void)
{
    const uint8_t *start = 0;

    __asm__("" : "+r"(start));
    return (struct bytes){start, 1ull << 32};
}

static void read_mtrrs(struct mtrrs *m)
{
    static const uint32_t fixed[MTRR_FIXED] = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
                                               0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

    m->def = cpu_rdmsr(MSR_MTRR_DEF);
    m->variable_count = (uint32_t)cpu_rdmsr(MSR_MTRR_CAP) & 0xffu;
    if (m->variable_count > MTRR_VARIABLE)
        m->variable_count = MTRR_VARIABLE;
    for (uint32_t i = 0; i < m->variable_count; i++) {
        m->base[i] = cpu_rdmsr(MSR_MTRR_BASE0 + 2 * i);
        m->mask[i] = cpu_rdmsr(MSR_MTRR_BASE0 + 2 * i + 1);
    }
    for (uint32_t i = 0; i < MTRR_FIXED; i++)
        m->fixed[i] = cpu_rdmsr(fixed[i]);
}

static void read_options(void)
{
    const struct fault f = options_parse(boot_info.line, &machine.options);
    const struct options *o = &machine.options;

    if (f.text)
        fail(f);
    say("PN| options events=%s evict=%u msr=%s ontriple=%s vmx=%s nmi=%u\n", o->core_events ? "core" : "direct",
        (uint64_t)o->evict, o->msr_gp ? "gp" : "ignore", o->reset_on_triple ? "reset" : "stop", o->vmx ? "on" : "off",
        (uint64_t)o->nmi);
}

/* A second processor would run L1's code outside the hypervisor after one INIT and SIPI from L1. */
static void check_machine(void)
{
    const struct firmware fw = firmware_read(machine.physical);
    const enum vmx_verdict verdict = vmx_decide();

    if (verdict != VMX_USABLE)
        fail(FAULT(vmx_verdict_text(verdict)));
    if (fw.processors > 1)
        fail(FAULT("this machine has more than one processor: Provenest runs one, switch the others off"));
    machine.pm1a_control = fw.pm1a_control;
}

static void start_vmx(struct vcpu *v)
{
    const struct options *o = &machine.options;
    struct mtrrs mtrrs;

    read_mtrrs(&mtrrs);
    ept_build(&machine.ept, &mtrrs, HV_BASE, HV_BASE + HV_SIZE);
    if (!vmx_on(&v->hw, (struct vmx_wish){.core_events = o->core_events, .timer = o->evict != 0}))
        fail(FAULT("VMXON failed although the processor promised it: is another hypervisor running?"));
    vmx_setup_controls(&v->hw, machine.ept.pointer);
    if (v->hw.controls.timer)
        vmwrite(PREEMPTION_TIMER, o->evict >> v->hw.controls.timer_rate);
    msr_setup(v);
    io_setup(v);
    v->nested.ept02 = &boot_ept02;
    nested_setup(v);
}

void hv_main(uint32_t magic, uint32_t address)
{
    struct vcpu *v = &boot_vcpu;
    struct l1_entry entry;
    struct fault f;

    machine.physical = physical_memory();
    v->machine = &machine;
    vmx_host_init(&v->hw, &boot_pages);
    say_banner();
    f = bootinfo_read(machine.physical, magic, address, &boot_info);
    if (!f.text && !memmap_cut(&boot_info.map, HV_BASE, HV_BASE + HV_SIZE))
        f = FAULT("the memory map has too many pieces");
    if (f.text)
        fail(f);
    read_options();
    check_machine();
    entry = load_l1(&boot_info, machine.physical);
    start_vmx(v);
    vmx_setup_guest(&v->hw, (struct vmx_start){
                                .eip = entry.eip,
                                .eax = entry.eax,
                                .ebx = entry.ebx,
                                .esi = entry.esi,
                                .gdt_base = entry.gdt,
                                .gdt_limit = INFO_GDT_LIMIT,
                                .code_selector = entry.code_selector,
                                .data_selector = entry.data_selector,
                            });
    pn_vcpu_init(&v->events);
    vcpu_run(v);
}
