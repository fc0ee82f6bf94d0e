/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/hw/shadow.h: the shadow VMCS (SDM vol. 3C 24.10). It stays active on its one processor for ever, like the other two, so
 * no VMCLEAR is owed between L0's use of it and L1's (24.11.1).
 */
#include "../../core/hw/shadow.h"

#include <provenest/vmx_shadow.h>

#include "cpu.h"
#include "vmx.h"

#define SHADOW_VMCS 0x80000000u /* bit 31 of the revision word, 24.2 */
#define REVISION_MASK 0x7fffffffull

bool vmx_can_shadow(void)
{
    return cpu_rdmsr(MSR_VMX_PROC2) >> 32 & PROC2_SHADOWING && cpu_rdmsr(MSR_VMX_MISC) & MISC_VMWRITE_ANY;
}

void pn_hw_open_shadow(void)
{
    CPU_COUNT_ONE(vmx_this_cpu()->pointers);
    VMX_LOAD(shadow_at);
}

void pn_hw_close_shadow(void)
{
    CPU_COUNT_ONE(vmx_this_cpu()->pointers);
    VMX_LOAD(vmcs01_at);
}

uint64_t pn_hw_read_shadow(enum pn_field f)
{
    return vmread(pn_field_encoding((int)f));
}

void pn_hw_write_shadow(enum pn_field f, uint64_t value)
{
    (void)vmwrite(pn_field_encoding((int)f), value);
}

/* SDM 24.6.15: bit n of a bitmap is for the encoding n; 0: no exit. An odd one is the upper half of a 64-bit field. */
static void let_through(uint8_t *bitmap, uint32_t encoding)
{
    const bool halves = encoding >> 13 == 1;

    bitmap[encoding >> 3] &= (uint8_t) ~(1u << (encoding & 7));
    if (halves)
        bitmap[encoding >> 3] &= (uint8_t) ~(2u << (encoding & 7));
}

static void fill_bitmaps(struct vmx_pages *pages)
{
    for (unsigned int i = 0; i < VMX_PAGE; i++)
        pages->vmread_bitmap[i] = pages->vmwrite_bitmap[i] = 0xff;
    for (int f = 0; f < PN_FIELDS; f++) {
        if (pn_shadow_shown(f))
            let_through(pages->vmread_bitmap, pn_field_encoding(f));
        if (pn_shadow_written(f))
            let_through(pages->vmwrite_bitmap, pn_field_encoding(f));
    }
}

bool vmx_setup_shadow(struct vmx_cpu *cpu)
{
    fill_bitmaps(cpu->pages);
    *(uint32_t *)(void *)cpu->pages->shadow = (uint32_t)(cpu_rdmsr(MSR_VMX_BASIC) & REVISION_MASK) | SHADOW_VMCS;
    if (!cpu_vmclear(cpu->pages->shadow) || !cpu_vmptrld(cpu->pages->shadow))
        return false;
    for (int f = 0; f < PN_FIELDS; f++)
        if (pn_shadow_shown(f))
            (void)vmwrite(pn_field_encoding(f), 0);
    pn_hw_close_shadow();
    vmwrite(VMREAD_BITMAP, (uint64_t)cpu->pages->vmread_bitmap);
    vmwrite(VMWRITE_BITMAP, (uint64_t)cpu->pages->vmwrite_bitmap);
    return true;
}

/* Without a link pointer a VMREAD that does not exit would be VMfailInvalid even where L1 has no VMX operation: so the
 * control goes with it. */
void vmx_arm_shadow(struct vmx_cpu *cpu, bool on)
{
    vmwrite(PROC2_CTL, on ? cpu->controls.proc2 | PROC2_SHADOWING : cpu->controls.proc2);
    vmwrite(VMCS_LINK, on ? (uint64_t)cpu->pages->shadow : ~0ull);
}

bool vmx_shadow_shows(uint64_t encoding)
{
    return encoding < 8ull * VMX_PAGE && !(vmx_this_pages()->vmread_bitmap[encoding >> 3] >> (encoding & 7) & 1);
}
