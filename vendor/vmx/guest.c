/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The guest's first state: 32-bit flat protected mode without paging, interrupts off: what Multiboot, PVH and
 * Linux's 32-bit boot protocol agree on. The rest of the machine is handed over as the firmware left it.
 */
#include "cpu.h"
#include "known.h"
#include "vmx.h"

#define CR0_PE_ET 0x11ull
#define CR0_NE (1ull << 5)
#define ACCESS_CODE32 0xc09bu
#define ACCESS_DATA32 0xc093u
#define ACCESS_TSS32 0x008bu
#define ACCESS_UNUSABLE 0x10000u
#define RFLAGS_FIXED 2u
#define DR7_FIXED 0x400u

enum segment { ES, CS, SS, DS, FS, GS, LDTR, TR, SEGMENTS };

static void set_segment(enum segment s, uint16_t selector, uint32_t limit, uint32_t access)
{
    vmwrite(GUEST_ES_SEL + 2u * s, selector);
    vmwrite(GUEST_ES_LIMIT + 2u * s, limit);
    vmwrite(GUEST_ES_ACCESS + 2u * s, access);
    vmwrite(GUEST_ES_BASE + 2u * s, 0);
}

static void set_segments(struct vmx_start start)
{
    for (enum segment s = ES; s <= GS; s++)
        set_segment(s, start.data_selector, 0xffffffffu, ACCESS_DATA32);
    set_segment(CS, start.code_selector, 0xffffffffu, ACCESS_CODE32);
    set_segment(LDTR, 0, 0, ACCESS_UNUSABLE);
    set_segment(TR, 0, 0x67, ACCESS_TSS32);
    vmwrite(GUEST_GDTR_BASE, start.gdt_base);
    vmwrite(GUEST_GDTR_LIMIT, start.gdt_limit);
    vmwrite(GUEST_IDTR_BASE, 0);
    vmwrite(GUEST_IDTR_LIMIT, 0);
}

static void set_control_registers(void)
{
    /* VMX holds NE and VMXE at 1; the shadows show the guest what it would read without VMX. */
    vmwrite(GUEST_CR0, CR0_PE_ET | CR0_NE);
    vmwrite(CR0_SHADOW, CR0_PE_ET);
    vmwrite(GUEST_CR3, 0);
    vmwrite(GUEST_CR4, cpu_rdmsr(MSR_VMX_CR4_FIXED0));
    vmwrite(CR4_SHADOW, 0);
    vmwrite(GUEST_EFER, 0);
    vmwrite(GUEST_PAT, cpu_rdmsr(MSR_PAT));
    for (uint64_t i = 0; i < 4; i++)
        vmwrite(GUEST_PDPTE0 + 2 * i, 0);
}

void vmx_setup_guest(struct vmx_cpu *cpu, struct vmx_start start)
{
    set_segments(start);
    set_control_registers();
    vmwrite(GUEST_DR7, DR7_FIXED);
    vmwrite(GUEST_DEBUGCTL, 0);
    vmwrite(GUEST_SYSENTER_CS, 0);
    vmwrite(GUEST_SYSENTER_ESP, 0);
    vmwrite(GUEST_SYSENTER_EIP, 0);
    vmx_put_word(VMX_INTERRUPTIBILITY, 0);
    vmx_set_activity(ACTIVITY_ACTIVE);
    vmx_put_word(VMX_PENDING_DEBUG, 0);
    vmx_put_word(VMX_RFLAGS, RFLAGS_FIXED);
    vmwrite(GUEST_RSP, 0);
    vmwrite(GUEST_RIP, start.eip);
    cpu->regs = (struct vmx_regs){.rax = start.eax, .rbx = start.ebx, .rsi = start.esi};
}
