/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CPUID, control registers and XSETBV: where L1's processor differs from the real one, it is by VMX and by what the
 * hypervisor's own control registers would show through (SDM vol. 2A CPUID, vol. 3A 2.5, 4.4.1).
 */
#include "vcpu.h"
#include "walk.h"

enum { VECTOR_GP = 13 };

#define CR0_PE (1ull << 0)
#define CR0_ET (1ull << 4)
#define CR0_NE (1ull << 5)
#define CR0_NW (1ull << 29)
#define CR0_CD (1ull << 30)
#define CR0_PG (1ull << 31)
#define CR4_PAE (1ull << 5)
#define CR4_PCIDE (1ull << 17)
#define CR4_OSXSAVE (1ull << 18)
#define CR4_PKE (1ull << 22)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)
#define CS_LONG (1u << 13)

static uint32_t with_bit(uint32_t word, unsigned int bit, bool on)
{
    return on ? word | 1u << bit : word & ~(1u << bit);
}

/* Hide what L1 does not have; take bits that mirror CR4 from L1's CR4, since CPUID ran under the host's. */
static struct cpuid adjust(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid r)
{
    const uint64_t cr4 = vmread(GUEST_CR4);
    const uint32_t controls = v->hw.controls.proc2;

    if (leaf == 1) {
        r.c = with_bit(r.c, 5, false);                        /* VMX */
        r.c = with_bit(r.c, 6, false);                        /* SMX */
        r.c = with_bit(r.c, 27, (cr4 & CR4_OSXSAVE) != 0);    /* OSXSAVE */
    } else if (leaf == 6) {
        r.c = with_bit(r.c, 0, false);                        /* APERF and MPERF count the hypervisor too */
    } else if (leaf == 7 && subleaf == 0) {
        r.c = with_bit(r.c, 4, (cr4 & CR4_PKE) != 0);         /* OSPKE */
        r.c = with_bit(r.c, 5, false);                        /* WAITPKG: its control stays off */
        if (!(controls & PROC2_INVPCID))
            r.b = with_bit(r.b, 10, false);
    } else if (leaf == 0xd && subleaf == 1 && !(controls & PROC2_XSAVES)) {
        r.a = with_bit(r.a, 3, false);
    } else if (leaf == 0x80000001u && !(controls & PROC2_RDTSCP)) {
        r.d = with_bit(r.d, 27, false);
    }
    return r;
}

void exit_cpuid(struct vcpu *v)
{
    const uint32_t leaf = (uint32_t)v->hw.regs.rax, subleaf = (uint32_t)v->hw.regs.rcx;
    const struct cpuid r = adjust(v, leaf, subleaf, cpu_cpuid(leaf, subleaf));

    v->hw.regs.rax = r.a;
    v->hw.regs.rbx = r.b;
    v->hw.regs.rcx = r.c;
    v->hw.regs.rdx = r.d;
    skip_instruction(v);
}

/* SDM vol. 3A 2.5 and 4.1.2, vol. 2B "MOV to control registers". */
static bool cr0_allowed(uint64_t value, uint64_t old, uint64_t cr4, uint64_t efer)
{
    const bool in_64bit = efer & EFER_LMA && vmread(GUEST_CS_ACCESS) & CS_LONG;

    if (value >> 32 || (value & CR0_PG && !(value & CR0_PE)) || (value & CR0_NW && !(value & CR0_CD)))
        return false;
    if (!(value & CR0_PG))
        return !in_64bit && !(cr4 & CR4_PCIDE);
    if (!(old & CR0_PG) && efer & EFER_LME)
        return cr4 & CR4_PAE && !(vmread(GUEST_CS_ACCESS) & CS_LONG);
    return true;
}

/* SDM 4.4.1: with PAE paging the processor holds the four PDPTEs; bits 2:1, 8:5 and 63:52 are reserved. */
static bool load_pdptes(const struct vcpu *v)
{
    const uint64_t table = vmread(GUEST_CR3) & 0xffffffe0ull, reserved = 0xfff00000000001e6ull;
    uint64_t entry[4];

    for (unsigned int i = 0; i < 4; i++)
        if (!bytes_read(v->machine->physical, table + 8 * i, 8, &entry[i]) || (entry[i] & 1 && entry[i] & reserved))
            return false;
    for (unsigned int i = 0; i < 4; i++)
        vmwrite(GUEST_PDPTE0 + 2 * i, entry[i]);
    return true;
}

static void set_long_mode(uint64_t efer, bool on)
{
    const uint32_t control = vmread32(ENTRY_CTL);

    vmwrite(GUEST_EFER, on ? efer | EFER_LMA : efer & ~EFER_LMA);
    vmwrite(ENTRY_CTL, on ? control | ENTRY_IA32E : control & ~ENTRY_IA32E);
}

/* VM entry and exit leave CR0.CD and NW as they are (SDM 26.3.2.1, 27.5.1): L1's choice is the processor's, under the
 * hypervisor as well, as it is when L1's write does not exit. */
static void set_caching(uint64_t value)
{
    const uint64_t real = cpu_cr0();

    if ((real ^ value) & (CR0_CD | CR0_NW))
        cpu_set_cr0((real & ~(CR0_CD | CR0_NW)) | (value & (CR0_CD | CR0_NW)));
}

/* A write that changes NE as L1 sees it: VMX keeps the real bit at 1, so the whole write is carried out here. */
static bool write_cr0(struct vcpu *v, uint64_t value)
{
    const uint64_t old = vmread(GUEST_CR0), cr4 = vmread(GUEST_CR4), efer = vmread(GUEST_EFER);
    const bool paging_changes = ((old ^ value) & CR0_PG) != 0;
    const bool pae = value & CR0_PG && cr4 & CR4_PAE && !(efer & EFER_LME);

    if (!cr0_allowed(value, old, cr4, efer))
        return false;
    if (pae && (old ^ value) & (CR0_PG | CR0_CD | CR0_NW) && !load_pdptes(v))
        return false;
    if (paging_changes && efer & EFER_LME)
        set_long_mode(efer, (value & CR0_PG) != 0);
    set_caching(value);
    vmwrite(GUEST_CR0, value | CR0_NE | CR0_ET);
    vmwrite(CR0_SHADOW, value | CR0_ET);
    return true;
}

/* Exit qualification: table 27-3. Only MOV to CR0 (NE) and to CR4 (VMXE, SMXE) exit. L1's processor has neither VMX nor
 * SMX, so those CR4 bits are reserved for it. */
void exit_control_register(struct vcpu *v)
{
    const uint64_t qualification = vmread(EXIT_QUALIFICATION);
    const bool to_cr0 = (qualification & 0x3f) == 0;
    const uint64_t *source = guest_register(v, (unsigned int)(qualification >> 8 & 15));

    if (to_cr0 && write_cr0(v, source ? *source : vmread(GUEST_RSP)))
        skip_instruction(v);
    else
        raise_exception(v, VECTOR_GP, true);
}

void exit_xsetbv(struct vcpu *v)
{
    const uint64_t value = (v->hw.regs.rdx & 0xffffffffull) << 32 | (v->hw.regs.rax & 0xffffffffull);

    if (cpu_try_xsetbv((uint32_t)v->hw.regs.rcx, value))
        skip_instruction(v);
    else
        raise_exception(v, VECTOR_GP, true);
}
