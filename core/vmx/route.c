/* SPDX-License-Identifier: BSD-2-Clause
 * Whose an exit of L2's is (SDM vol. 3C 25.1 to 25.3): what L1 asked for, from vmcs12 and L1's bitmaps. */
#include "route.h"

#include "../event/bits.h"
#include "check_address.h"

enum { IO_ALWAYS = 24, IO_BITMAPS = 25, MSR_BITMAPS = 28, SECONDARY = 31, INVLPG = 9 };
enum { CR3_LOAD = 15, CR3_STORE = 16, CR8_LOAD = 19, CR8_STORE = 20 };
enum { MOV_TO = 0, MOV_FROM = 1, CLTS = 2 };
enum { EXCEPTION = 0, CR_ACCESS = 28, IO = 30, RDMSR = 31, WRMSR = 32, INVPCID = 58, LAST = 64 };
enum { NMI = 2, PAGE_FAULT = 14, MACHINE_CHECK = 18, VECTORS = 32, TS = 3 };
enum { MSRS = 0x2000, HIGH_PART = 1024, WRITE_PART = 2048, HALF = 0x8000, PORTS = 0x10000, NONE = 64 };
#define HIGH_MSR 0xc0000000u

bool pn_l1_intercepts(const struct pn_nested_vmx *n, uint8_t vector, uint32_t error)
{
    const bool bit = pn_tstb(n->vmcs12.f[PN_F_EXCEPTION_BITMAP], vector);

    if (vector != PAGE_FAULT)
        return bit;
    return bit == ((error & n->vmcs12.f[PN_F_PF_MASK]) == n->vmcs12.f[PN_F_PF_MATCH]);
}

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures machine: info % 0x100 == 2 || info % 0x100 == 18 || info % 0x100 > 31 ==> \result == 0;
    ensures rule: info % 0x100 != 2 && info % 0x100 != 18 && info % 0x100 <= 31 ==> (\result != 0 <==>
            nx024_exception(info % 0x100, error, n->vmcs12.f[PN_F_EXCEPTION_BITMAP], n->vmcs12.f[PN_F_PF_MASK],
              n->vmcs12.f[PN_F_PF_MATCH])); */
static bool exception(const struct pn_nested_vmx *n, uint32_t info, uint32_t error)
{
    const uint8_t vector = (uint8_t)(info % 0x100u);

    return vector != NMI && vector != MACHINE_CHECK && vector < VECTORS && pn_l1_intercepts(n, vector, error);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> bit(mask, k) && !(bit(a, k) <==> bit(b, k))); */
static uint64_t differ(uint64_t mask, uint64_t a, uint64_t b)
{
    return (a ^ b) & mask;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx025_moves(mask, shadow, value); */
static bool moves(uint64_t mask, uint64_t shadow, uint64_t value)
{
    return !pn_bits_within(differ(mask, value, shadow), 0);
}

/*@ requires range: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> bit(mask, k) && !(bit(source, k) <==> bit(shadow, k)); */
static bool changes(uint64_t mask, uint64_t shadow, uint64_t source, unsigned k)
{
    return pn_tstb(mask, k) && pn_tstb(source, k) != pn_tstb(shadow, k);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx025_lmsw(mask, shadow, source); */
static bool lmsw(uint64_t mask, uint64_t shadow, uint64_t source)
{
    if (pn_tstb(source, 0) && changes(mask, shadow, source, 0))
        return true;
    return changes(mask, shadow, source, 1) || changes(mask, shadow, source, 2) || changes(mask, shadow, source, TS);
}

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx025_control(qualification, operand, n->vmcs12.f[PN_F_PROC_CTL],
            n->vmcs12.f[PN_F_CR0_MASK], n->vmcs12.f[PN_F_CR0_SHADOW], n->vmcs12.f[PN_F_CR4_MASK], n->vmcs12.f[PN_F_CR4_SHADOW]); */
static bool control_register(const struct pn_nested_vmx *n, uint64_t qualification, uint64_t operand)
{
    const uint64_t *f = n->vmcs12.f;
    const uint64_t r = qualification % 16u, kind = qualification / 16u % 4u;

    if (kind == MOV_TO && r == 0)
        return moves(f[PN_F_CR0_MASK], f[PN_F_CR0_SHADOW], operand);
    if (kind == MOV_TO && r == 4)
        return moves(f[PN_F_CR4_MASK], f[PN_F_CR4_SHADOW], operand);
    if (kind == CLTS)
        return pn_tstb(f[PN_F_CR0_MASK], TS) && pn_tstb(f[PN_F_CR0_SHADOW], TS);
    if (kind > CLTS)
        return lmsw(f[PN_F_CR0_MASK], f[PN_F_CR0_SHADOW], qualification / 0x10000u % 0x10000u);
    if (r == 3)
        return pn_tstb(f[PN_F_PROC_CTL], kind == MOV_TO ? CR3_LOAD : CR3_STORE);
    return r == 8 && pn_tstb(f[PN_F_PROC_CTL], kind == MOV_TO ? CR8_LOAD : CR8_STORE);
}

/* Bit `k` of the word at `place` in a bitmap of L1's. */
/*@ requires place: page % 4096 == 0 && place % 8 == 0 && place <= 4088;
    requires range: k <= 63;
    terminates \true; exits \false; assigns dev_reads;
    ensures value: \result != 0 <==> bit(mem64(page + place), k); */
static bool bitmap_bit(uint64_t page, uint64_t place, unsigned k)
{
    pn_mem_snapshot();
    return pn_tstb(pn_mem_read(page + place), k);
}

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns dev_reads;
    ensures all: !bit(n->vmcs12.f[PN_F_PROC_CTL], 28) || !(nx026_low(msr) || nx026_high(msr)) ==> \result != 0;
    ensures rule: bit(n->vmcs12.f[PN_F_PROC_CTL], 28) && (nx026_low(msr) || nx026_high(msr)) ==> (\result != 0 <==>
            bit(mem64(n->vmcs12.f[PN_F_MSR_BITMAP] / 4096 * 4096 + nx026_place(msr, write)), msr % 64)); */
static bool msr_access(const struct pn_nested_vmx *n, uint32_t msr, bool write)
{
    const uint64_t page = n->vmcs12.f[PN_F_MSR_BITMAP] / 4096u * 4096u;
    const bool high = msr >= HIGH_MSR;

    if (!pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], MSR_BITMAPS) || (high ? msr - HIGH_MSR : msr) >= MSRS)
        return true;
    /* NOLINTNEXTLINE(bugprone-implicit-widening-of-multiplication-result) */
    return bitmap_bit(page, (write ? (uint64_t)WRITE_PART : 0) + (high ? (uint64_t)HIGH_PART : 0) + msr % MSRS / 64u * 8u,
                      msr % 64u);
}

/* One port, in bitmap A or B. */
/*@ requires port: port <= 0xffff;
    terminates \true; exits \false; assigns dev_reads;
    ensures rule: \result != 0 <==> nx027_port(a, b, port); */
static bool port_bit(uint64_t a, uint64_t b, uint32_t port)
{
    /* NOLINTNEXTLINE(bugprone-implicit-widening-of-multiplication-result) */
    return bitmap_bit((port < HALF ? a : b) / 4096u * 4096u, port % HALF / 64u * 8u, port % 64u);
}

/*@ requires range: port <= last <= 0xffff;
    terminates \true; exits \false; assigns dev_reads;
    ensures rule: \result != 0 <==> \exists integer p; port <= p <= last && nx027_port(a, b, p); */
static bool any_port(uint64_t a, uint64_t b, uint32_t port, uint32_t last)
{
    /*@ loop invariant range: port <= p <= last + 1;
        loop invariant open: \forall integer q; port <= q < p ==> !nx027_port(a, b, q);
        loop assigns p, dev_reads;
        loop variant last + 1 - p; */
    for (uint32_t p = port; p <= last; p++)
        if (port_bit(a, b, p))
            return true;
    return false;
}

/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns dev_reads;
    ensures rule: \result != 0 <==> nx027_asked(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_IO_BITMAP_A],
            n->vmcs12.f[PN_F_IO_BITMAP_B], (qualification / 0x10000) % 0x10000, qualification % 8); */
static bool port_access(const struct pn_nested_vmx *n, uint64_t qualification)
{
    const uint32_t port = (uint32_t)(qualification / 0x10000u % 0x10000u);
    const uint32_t last = port + (uint32_t)(qualification % 8u);

    if (!pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], IO_BITMAPS))
        return pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], IO_ALWAYS);
    return last >= PORTS || any_port(n->vmcs12.f[PN_F_IO_BITMAP_A], n->vmcs12.f[PN_F_IO_BITMAP_B], port, last);
}

/* The primary control that makes this exit; NONE. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures control: nx022_primary(reason) >= 0 ==> \result == nx022_primary(reason);
    ensures none: nx022_primary(reason) < 0 ==> \result == NONE; */
static unsigned primary_control(uint32_t reason)
{
    switch (reason) {
    case 7: return 2;   /* interrupt window */
    case 8: return 22;  /* NMI window */
    case 12: return 7;  /* HLT */
    case 14: return 9;  /* INVLPG */
    case 15: return 11; /* RDPMC */
    case 16:            /* RDTSC */
    case 51: return 12; /* RDTSCP */
    case 29: return 23; /* MOV DR */
    case 36: return 10; /* MWAIT */
    case 37: return 27; /* monitor trap flag */
    case 39: return 29; /* MONITOR */
    case 40: return 30; /* PAUSE */
    case 43: return 21; /* TPR below threshold: TPR shadow */
    default: return NONE;
    }
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures control: nx023_secondary(reason) >= 0 ==> \result == nx023_secondary(reason);
    ensures none: nx023_secondary(reason) < 0 ==> \result == NONE; */
static unsigned secondary_control(uint32_t reason)
{
    switch (reason) {
    case 44: return 0;  /* APIC access */
    case 46:            /* LGDT, LIDT, SGDT, SIDT */
    case 47: return 2;  /* LLDT, LTR, SLDT, STR */
    case 54: return 6;  /* WBINVD */
    case 57: return 11; /* RDRAND */
    case 58: return 12; /* INVPCID */
    case 61: return 16; /* RDSEED */
    case 63:            /* XSAVES */
    case 64: return 20; /* XRSTORS: the XSS-exiting bitmap is L1's alone */
    default: return NONE;
    }
}

/*@ requires nested: \valid_read(n);
    requires control: control <= 31;
    requires which: control == nx023_secondary(reason);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx023_asked(reason, n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]); */
static bool secondary(const struct pn_nested_vmx *n, uint32_t reason, unsigned control)
{
    const uint64_t proc = n->vmcs12.f[PN_F_PROC_CTL];

    if (!pn_tstb(proc, SECONDARY) || (reason == INVPCID && !pn_tstb(proc, INVLPG)))
        return false;
    return pn_tstb(n->vmcs12.f[PN_F_PROC2_CTL], control);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx021_l1(reason); */
static bool always(uint32_t reason)
{
    return reason == 2 || (reason >= 9 && reason <= 11) || reason == 13 || (reason >= 17 && reason <= 27) || reason == 50 ||
           reason == 53 || reason == 55;
}

/* Exits that one control makes, or none. */
/*@ requires nested: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures primary: nx022_primary(reason) >= 0 ==>
            (\result != 0 <==> bit(n->vmcs12.f[PN_F_PROC_CTL], nx022_primary(reason)));
    ensures secondary: nx023_secondary(reason) >= 0 ==>
            (\result != 0 <==> nx023_asked(reason, n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]));
    ensures others: nx022_primary(reason) < 0 && nx023_secondary(reason) < 0 ==> (\result != 0 <==> nx021_l1(reason)); */
static bool by_control(const struct pn_nested_vmx *n, uint32_t reason)
{
    unsigned control = primary_control(reason);

    if (control != NONE)
        return pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], control);
    control = secondary_control(reason);
    return control != NONE ? secondary(n, reason, control) : always(reason);
}

enum pn_route pn_route(const struct pn_nested_vmx *n, struct pn_l2_exit x, struct pn_l0_wants l0, uint64_t rcx,
                       uint64_t operand)
{
    const uint32_t reason = x.reason % 0x10000u;
    bool l1s;

    (void)l0;
    if (x.reason / 0x80000000u != 0)
        return PN_TO_L0;
    if (reason == EXCEPTION)
        l1s = exception(n, x.info, x.error);
    else if (reason == CR_ACCESS)
        l1s = control_register(n, x.qualification, operand);
    else if (reason == IO)
        l1s = port_access(n, x.qualification);
    else if (reason == RDMSR || reason == WRMSR)
        l1s = msr_access(n, (uint32_t)(rcx % 0x100000000u), reason == WRMSR);
    else
        l1s = by_control(n, reason);
    return l1s ? PN_TO_L1 : PN_TO_L0;
}
