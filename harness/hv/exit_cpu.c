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
#define CR0_WP (1ull << 16)
#define CR0_VMX_FIXED (CR0_PG | CR0_NE | CR0_PE)
#define CR0_NW (1ull << 29)
#define CR0_CD (1ull << 30)
#define CR0_PG (1ull << 31)
#define CR4_PSE (1ull << 4)
#define CR4_PAE (1ull << 5)
#define CR4_PGE (1ull << 7)
#define CR4_LA57 (1ull << 12)
#define CR4_VMXE (1ull << 13)
#define CR4_PCIDE (1ull << 17)
#define CR4_OSXSAVE (1ull << 18)
#define CR4_SMEP (1ull << 20)
#define CR4_PKE (1ull << 22)
#define CR4_CET (1ull << 23)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)
#define CS_LONG (1u << 13)

static uint32_t with_bit(uint32_t word, unsigned int bit, bool on)
{
    return on ? word | 1u << bit : word & ~(1u << bit);
}

/* The leaves that adjust() looks at. */
static bool adjusted(uint32_t leaf)
{
    return leaf < 32 ? (1u << leaf & (1u << 1 | 1u << 6 | 1u << 7 | 1u << 0xd)) != 0 : leaf == 0x80000001u;
}

/* Hide what L1 does not have; take bits that mirror CR4 from L1's CR4, since CPUID ran under the host's. */
static struct cpuid adjust(const struct vcpu *v, uint32_t leaf, uint32_t subleaf, struct cpuid r)
{
    const uint32_t controls = v->hw.controls.proc2;

    if (leaf == 1) {
        r.c = with_bit(r.c, 5, v->nested.offered);            /* VMX */
        r.c = with_bit(r.c, 6, false);                        /* SMX */
        r.c = with_bit(r.c, 27, (vmread(GUEST_CR4) & CR4_OSXSAVE) != 0);    /* OSXSAVE */
    } else if (leaf == 6) {
        r.c = with_bit(r.c, 0, false);                        /* APERF and MPERF count the hypervisor too */
    } else if (leaf == 7 && subleaf == 0) {
        r.c = with_bit(r.c, 4, (vmread(GUEST_CR4) & CR4_PKE) != 0);         /* OSPKE */
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
    struct cpuid r = cpu_cpuid(leaf, subleaf);

    if (__builtin_expect(adjusted(leaf), 0))
        r = adjust(v, leaf, subleaf, r);
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

/* A write that changes a bit which is ours as L1 sees it: VMX keeps the real NE at 1, so the whole write is carried out
 * here. In VMX operation of L1's PE, NE and PG are fixed (SDM 23.8). */
static bool write_cr0(struct vcpu *v, uint64_t value)
{
    const uint64_t old = vmread(GUEST_CR0), cr4 = vmread(GUEST_CR4), efer = vmread(GUEST_EFER);
    const bool paging_changes = ((old ^ value) & CR0_PG) != 0;
    const bool pae = value & CR0_PG && cr4 & CR4_PAE && !(efer & EFER_LME);

    if (!cr0_allowed(value, old, cr4, efer) || (v->nested.vmx.vmxon && ~value & CR0_VMX_FIXED))
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

/* SDM vol. 3A 2.5, vol. 2B "MOV to control registers"; 23.8 for VMXE. */
static bool cr4_allowed(const struct vcpu *v, uint64_t value, uint64_t old)
{
    const uint64_t rising = value & ~old;

    if (value & ~v->nested.cr4_valid || (v->nested.vmx.vmxon && !(value & CR4_VMXE)))
        return false;
    if (value & CR4_CET && !(vmread(GUEST_CR0) & CR0_WP))
        return false;
    if (!(vmread(GUEST_EFER) & EFER_LMA))
        return !(rising & CR4_PCIDE);
    return value & CR4_PAE && !((value ^ old) & CR4_LA57) && !(rising & CR4_PCIDE && vmread(GUEST_CR3) & 0xfffu);
}

/* A write that changes VMXE as L1 sees it: the real bit is 1 (SDM 23.8), so the whole write is carried out here. */
static bool write_cr4(struct vcpu *v, uint64_t value)
{
    const uint64_t real = vmread(GUEST_CR4), shadow = vmread(CR4_SHADOW), mask = vmread(CR4_MASK);
    const uint64_t old = (real & ~mask) | (shadow & mask), changed = value ^ old;
    const bool pae = value & CR4_PAE && vmread(GUEST_CR0) & CR0_PG && !(vmread(GUEST_EFER) & EFER_LMA);

    if (!cr4_allowed(v, value, old))
        return false;
    if (pae && changed & (CR4_PSE | CR4_PAE | CR4_PGE | CR4_SMEP) && !load_pdptes(v))
        return false;
    vmwrite(GUEST_CR4, value | CR4_VMXE);
    vmwrite(CR4_SHADOW, value);
    if (changed & ~CR4_VMXE && v->hw.controls.proc2 & PROC2_VPID)
        vmx_flush_vpid(VMX_VPID01); /* SDM 4.10.4.1: more often than need be */
    return true;
}

/* Exit qualification: table 27-3. CLTS does not exit: TS is nobody's. LMSW exits only with PE in the mask, and then it cannot
 * clear it. */
enum { TO_REGISTER = 0, LMSW = 3, LMSW_BITS = 0xf };

void exit_control_register(struct vcpu *v)
{
    const uint64_t qualification = vmread(EXIT_QUALIFICATION);
    const unsigned int number = (unsigned int)(qualification & 15), kind = (unsigned int)(qualification >> 4 & 3);
    const uint64_t *source = guest_register(v, (unsigned int)(qualification >> 8 & 15));
    const bool in_64bit = vmread(GUEST_EFER) & EFER_LMA && vmread(GUEST_CS_ACCESS) & CS_LONG;
    uint64_t value = source ? *source : vmread(GUEST_RSP);
    bool good = false;

    if (!in_64bit)
        value &= 0xffffffffull;
    if (kind == LMSW)
        good = write_cr0(v, (vmread(GUEST_CR0) & ~(uint64_t)(LMSW_BITS | CR0_NE)) | (vmread(CR0_SHADOW) & CR0_NE) |
                                (vmread(GUEST_CR0) & CR0_PE) | (qualification >> 16 & LMSW_BITS));
    else if (kind == TO_REGISTER && number == 0)
        good = write_cr0(v, value);
    else if (kind == TO_REGISTER && number == 4)
        good = write_cr4(v, value);
    if (good)
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
