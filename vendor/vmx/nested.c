/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/vmcs.h: the second VMCS, which runs L2, and the way from one to the other (SDM vol. 3C 24.1, 24.11). No
 * decisions, but one: an address that L1 names for the processor's own use and that is not L1's is replaced.
 */
#include "../../core/hw/memory.h"
#include "../../core/hw/nested_ledger.h"
#include "../../core/hw/vmcs.h"

#include <provenest/vmx_insn.h>

#include "cpu.h"
#include "known.h"
#include "vmx.h"

#define EFER_SCE 0x1ull
#define EFER_LONG 0x500ull /* LME, LMA */
#define EFER_NXE 0x800ull
#define REVISION_MASK 0x7fffffffull
/* IA32_DEBUGCTL: the bits that processors with VMX have (SDM vol. 4), and two that CPUID tells of. */
#define DEBUGCTL_KNOWN 0x5fc3ull
#define DEBUGCTL_BUS_LOCK 0x4ull
#define DEBUGCTL_RTM 0x8000ull

/* Link-time optimization puts these into the core's straight lines, where the field is a constant and so is its encoding. */
#define HOT __attribute__((always_inline)) inline

/* What is known is known of the other one from now on. */
HOT static void turn_to(struct vmx_cpu *cpu, bool l2)
{
    cpu->l2 = l2;
    cpu->vmcs = &cpu->of[l2];
}

void pn_hw_load_vmcs(enum pn_vmcs which)
{
    struct vmx_cpu *cpu = vmx_this_cpu();
    const bool l2 = which == PN_VMCS02;

    if (cpu->l2 == l2)
        return;
    CPU_COUNT_ONE(cpu->pointers);
    if (l2) {
        VMX_LOAD(vmcs02_at);
    } else {
        vmx_close_ports(cpu); /* an exit of L1's that the hypervisor makes before L2 has run with them open */
        VMX_LOAD(vmcs01_at);
    }
    turn_to(cpu, l2);
}

/* Words that are known go that way (known.h). */
HOT static uint64_t read_field(enum pn_field f)
{
    switch (f) {
    case PN_F_GUEST_RFLAGS:
        return vmx_word(VMX_RFLAGS);
    case PN_F_GUEST_INTERRUPTIBILITY:
        return vmx_word(VMX_INTERRUPTIBILITY);
    case PN_F_GUEST_PENDING_DEBUG:
        return vmx_word(VMX_PENDING_DEBUG);
    default:
        return vmread(pn_field_encoding((int)f));
    }
}

HOT static void write_field(enum pn_field f, uint64_t value)
{
    switch (f) {
    case PN_F_GUEST_RFLAGS:
        vmx_set_word(VMX_RFLAGS, value);
        break;
    case PN_F_GUEST_INTERRUPTIBILITY:
        vmx_set_word(VMX_INTERRUPTIBILITY, value);
        break;
    case PN_F_GUEST_PENDING_DEBUG:
        vmx_set_word(VMX_PENDING_DEBUG, value);
        break;
    case PN_F_GUEST_ACTIVITY:
        vmx_set_activity(value);
        break;
    default:
        (void)vmwrite(pn_field_encoding((int)f), value);
    }
}

HOT uint64_t pn_hw_read01(enum pn_field f)
{
    return read_field(f);
}

HOT uint64_t pn_hw_read02(enum pn_field f)
{
    return read_field(f);
}

HOT void pn_hw_write01(enum pn_field f, uint64_t value)
{
    write_field(f, value);
}

HOT void pn_hw_write02(enum pn_field f, uint64_t value)
{
    switch (f) {
    case PN_F_PIN_CTL:
        vmx_this_vmcs()->pin = vmx_this_vmcs()->base_pin = (uint32_t)value;
        vmx_this_vmcs()->intr_window = VMX_UNKNOWN;
        break;
    case PN_F_PROC_CTL:
        vmx_this_vmcs()->proc = vmx_this_vmcs()->base_proc = (uint32_t)value;
        vmx_this_vmcs()->intr_window = vmx_this_vmcs()->nmi_window = VMX_UNKNOWN;
        break;
    case PN_F_ENTRY_INFO:
        vmx_this_vmcs()->entry_valid = (value & INFO_VALID) != 0;
        break;
    case PN_F_VIRTUAL_APIC:
    case PN_F_APIC_ACCESS:
        /* The processor would read and write there for L2 (SDM 29.1.1, 29.4). */
        if (!pn_mem_is_l1s(value))
            value = (uint64_t)vmx_this_pages()->stray;
        break;
    default:
        break;
    }
    write_field(f, value);
}

void pn_hw_begin_entry02(uint16_t vpid, uint64_t eptp)
{
    (void)vpid; /* for the contract only */
    (void)eptp;
}

void vmx_flush_vpid(uint16_t vpid)
{
    const uint64_t descriptor[2] = {vpid, 0};

    CPU_COUNT_ONE(vmx_this_cpu()->flushes);
    __asm__ volatile("invvpid %0, %1" : : "m"(descriptor), "r"(1ull) : "cc", "memory");
}

void pn_hw_owe_flush02(void)
{
}

void pn_hw_flush02(uint16_t vpid)
{
    vmx_flush_vpid(vpid);
}

static void set_ports(struct vmx_known *k, bool open)
{
    k->proc = open ? k->proc | PROC_IO_BITMAPS : k->proc & ~PROC_IO_BITMAPS;
    k->open_ports = open;
    vmwrite(PROC_CTL, k->proc);
}

/* SDM 24.6.4: bitmap A is for ports 0 to 0x7fff, B for the others; with bitmaps in use "unconditional I/O exiting" is ignored
 * (24.6.2). L1 cannot change its bitmaps before vmcs02 is left, and that closes the ports. */
void vmx_open_ports(struct vmx_cpu *cpu, bool bitmaps, uint64_t a, uint64_t b)
{
    enum { WORDS = VMX_PAGE / 8 };

    for (unsigned int i = 0; i < 2 * WORDS; i++) {
        const uint64_t l1 = bitmaps ? pn_mem_read((i < WORDS ? a : b) + 8ull * (i % WORDS)) : 0;
        uint64_t ours;

        __builtin_memcpy(&ours, &cpu->pages->io_bitmap[8ull * i], sizeof(ours));
        cpu->pages->io_bitmap02[i] = ours | l1;
    }
    set_ports(cpu->vmcs, true);
}

void vmx_close_ports(struct vmx_cpu *cpu)
{
    if (cpu->vmcs->open_ports)
        set_ports(cpu->vmcs, false);
}

/* The pages never change once L1 runs: not volatile, so one load of the pointer does for all words of a bitmap. */
HOT static struct vmx_pages *bitmap_pages(void)
{
    struct vmx_pages *pages;

    __asm__("mov %%gs:%c1, %0" : "=r"(pages) : "i"(__builtin_offsetof(struct vmx_cpu, pages)));
    return pages;
}

/* Bitmaps are bytes to the processor; words of them are little-endian. */
HOT uint64_t pn_hw_bitmap01(unsigned word)
{
    uint64_t value;

    __builtin_memcpy(&value, &bitmap_pages()->msr_bitmap[8ull * word], sizeof(value));
    return value;
}

HOT void pn_hw_write_bitmap02(unsigned word, uint64_t value)
{
    __builtin_memcpy(&bitmap_pages()->msr_bitmap02[8ull * word], &value, sizeof(value));
}

void pn_hw_saved_segments(const struct pn_nested_vmx *n)
{
    (void)n; /* for the contract only */
}

int pn_hw_ack_for_exit(void)
{
    return vmx_acknowledge(); /* not the other function of the seam: its contract owes the vector to an injection */
}

/* What is L0's in vmcs02 and never changes. The rest is written with the first entry. */
static void write_constants(struct vmx_cpu *cpu)
{
    vmx_setup_host_fields(cpu);
    for (unsigned int w = 0; w < VMX_WORDS; w++)
        vmx_put_word((enum vmx_word)w, 0);
    vmwrite(EXIT_CTL, cpu->controls.exit & ~EXIT_SAVE_TIMER);
    vmwrite(CR3_TARGETS, 0);
    vmwrite(EXIT_MSR_STORE, 0);
    vmwrite(EXIT_MSR_LOAD, 0);
    vmwrite(ENTRY_MSR_LOAD, 0);
    vmwrite(ENTRY_INFO, 0);
    vmwrite(IO_BITMAP_A, (uint64_t)cpu->pages->io_bitmap02);
    vmwrite(IO_BITMAP_B, (uint64_t)cpu->pages->io_bitmap02 + VMX_PAGE);
    vmwrite(MSR_BITMAP, (uint64_t)cpu->pages->msr_bitmap02);
    vmwrite(VMCS_LINK, ~0ull);
}

bool vmx_setup_nested(struct vmx_cpu *cpu)
{
    *(uint32_t *)(void *)cpu->pages->vmcs02 = (uint32_t)(cpu_rdmsr(MSR_VMX_BASIC) & REVISION_MASK);
    for (unsigned int i = 0; i < VMX_PAGE; i++)
        cpu->pages->msr_bitmap02[i] = 0xff;
    if (!cpu_vmclear(cpu->pages->vmcs02) || !cpu_vmptrld(cpu->pages->vmcs02))
        return false;
    turn_to(cpu, true);
    write_constants(cpu);
    pn_hw_load_vmcs(PN_VMCS01);
    return true;
}

uint64_t vmx_efer_bits(void)
{
    const uint32_t edx = cpu_cpuid(0x80000001u, 0).d;

    return (edx >> 11 & 1 ? EFER_SCE : 0) | (edx >> 29 & 1 ? EFER_LONG : 0) | (edx >> 20 & 1 ? EFER_NXE : 0);
}

/* CPUID.7: EBX bit 11 is RTM, ECX bit 24 bus-lock detection. */
static uint64_t debugctl_bits(void)
{
    const struct cpuid r = cpu_cpuid(7, 0);

    return DEBUGCTL_KNOWN | (r.b >> 11 & 1 ? DEBUGCTL_RTM : 0) | (r.c >> 24 & 1 ? DEBUGCTL_BUS_LOCK : 0);
}

/* This processor's words, before anything is left out. vmx_check_controls has passed: all of these MSRs exist. */
struct pn_vmx_caps vmx_hardware_caps(void)
{
    const uint32_t widths = cpu_cpuid(0x80000008u, 0).a;

    return (struct pn_vmx_caps){
        .basic = cpu_rdmsr(MSR_VMX_BASIC),
        .misc = cpu_rdmsr(MSR_VMX_MISC),
        .vmcs_enum = cpu_rdmsr(MSR_VMX_VMCS_ENUM),
        .ept_vpid = cpu_rdmsr(MSR_VMX_EPT_VPID),
        .pin = cpu_rdmsr(MSR_VMX_TRUE_PIN),
        .proc = cpu_rdmsr(MSR_VMX_TRUE_PROC),
        .proc2 = cpu_rdmsr(MSR_VMX_PROC2),
        .exit = cpu_rdmsr(MSR_VMX_TRUE_EXIT),
        .entry = cpu_rdmsr(MSR_VMX_TRUE_ENTRY),
        .cr0_fixed0 = cpu_rdmsr(MSR_VMX_CR0_FIXED0),
        .cr0_fixed1 = cpu_rdmsr(MSR_VMX_CR0_FIXED0 + 1),
        .cr4_fixed0 = cpu_rdmsr(MSR_VMX_CR4_FIXED0),
        .cr4_fixed1 = cpu_rdmsr(MSR_VMX_CR4_FIXED0 + 1),
        .efer_valid = vmx_efer_bits(),
        .debugctl_valid = debugctl_bits(),
        .address_width = (uint8_t)(widths & 0xff),
        .linear_width = (uint8_t)(widths >> 8 & 0xff),
    };
}
