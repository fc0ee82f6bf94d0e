/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which exits of L2's are L1's: what the manual makes exit under L1's controls (SDM 25.1 to 25.3, 24.6).
 */
#include "manual_vmx.h"

/* 24.6.3: the bitmap; a page fault against the mask and match as well. */
bool manual_takes_exception(const uint64_t *f, unsigned int vector, uint32_t error)
{
    const bool set = manual_bit(f[PN_F_EXCEPTION_BITMAP], vector);

    if (vector != 14)
        return set;
    return (error & (uint32_t)f[PN_F_PF_MASK]) == (uint32_t)f[PN_F_PF_MATCH] ? set : !set;
}

static bool in_bitmap(manual_memory *memory, uint64_t page, uint64_t bit)
{
    return manual_bit(memory(page + bit / 64 * 8), (unsigned int)(bit % 64));
}

/* 24.6.9: four bitmaps of 1 KByte: low reads, high reads, low writes, high writes. */
static bool msr(const uint64_t *f, uint32_t index, bool write, manual_memory *memory)
{
    const bool low = index <= 0x1fff, high = index >= 0xc0000000 && index <= 0xc0001fff;

    if (!manual_bit(f[PN_F_PROC_CTL], 28) || (!low && !high))
        return true;
    return in_bitmap(memory, f[PN_F_MSR_BITMAP] + (write ? 2048 : 0) + (high ? 1024 : 0), index & 0x1fff);
}

/* 24.6.4: a port of the access in bitmap A or B, or the access wraps. */
static bool io(const uint64_t *f, uint64_t qualification, manual_memory *memory)
{
    const uint32_t port = qualification >> 16 & 0xffff, bytes = (qualification & 7) + 1;

    if (!manual_bit(f[PN_F_PROC_CTL], 25))
        return manual_bit(f[PN_F_PROC_CTL], 24);
    if (port + bytes > 0x10000)
        return true;
    for (uint32_t p = port; p < port + bytes; p++)
        if (in_bitmap(memory, p < 0x8000 ? f[PN_F_IO_BITMAP_A] : f[PN_F_IO_BITMAP_B], p & 0x7fff))
            return true;
    return false;
}

/* 25.1.3: CLTS, LMSW, MOV to and from control registers (qualification: table 27-3). */
static bool control_register(const uint64_t *f, uint64_t q, uint64_t operand)
{
    const unsigned int number = q & 15, kind = q >> 4 & 3;
    const uint64_t m0 = f[PN_F_CR0_MASK], s0 = f[PN_F_CR0_SHADOW], lmsw = q >> 16 & 0xffff, proc = f[PN_F_PROC_CTL];

    switch (kind) {
    case 2:
        return manual_bit(m0, 3) && manual_bit(s0, 3);
    case 3:
        return (manual_bit(m0, 0) && manual_bit(lmsw, 0) && !manual_bit(s0, 0)) || (m0 & 14 & (lmsw ^ s0)) != 0;
    default:
        if (number == 3)
            return manual_bit(proc, kind ? 16 : 15);
        if (number == 8)
            return manual_bit(proc, kind ? 20 : 19);
        if (kind)
            return false;
        return number == 0 ? (m0 & (operand ^ s0)) != 0
                           : number == 4 && (f[PN_F_CR4_MASK] & (operand ^ f[PN_F_CR4_SHADOW])) != 0;
    }
}

/* A control of the primary word. */
static int primary(uint32_t reason)
{
    static const int8_t control[64] = {[7] = 2,   [8] = 22,  [12] = 7,  [14] = 9,  [15] = 11, [16] = 12, [29] = 23,
                                       [36] = 10, [37] = 27, [39] = 29, [40] = 30, [43] = 21, [51] = 12};

    return reason < 64 && control[reason] ? control[reason] : -1;
}

static int secondary(const uint64_t *f, uint32_t reason)
{
    switch (reason) {
    case 44:
        return manual_secondary(f, 0);
    case 46:
    case 47:
        return manual_secondary(f, 2);
    case 54:
        return manual_secondary(f, 6);
    case 57:
        return manual_secondary(f, 11);
    case 58:
        return manual_secondary(f, 12) && manual_bit(f[PN_F_PROC_CTL], 9);
    case 61:
        return manual_secondary(f, 16);
    case 63:
    case 64:
        return manual_secondary(f, 20);
    default:
        return -1;
    }
}

/* 25.1.2: CPUID, GETSEC, INVD, XSETBV, the VMX instructions; and triple faults and task switches (25.2). */
static bool always(uint32_t reason)
{
    return reason == 2 || reason == 9 || reason == 10 || reason == 11 || reason == 13 ||
           (reason >= 18 && reason <= 27) || reason == 50 || reason == 53 || reason == 55;
}

int manual_wants(const uint64_t *f, struct pn_l2_exit x, uint64_t rcx, uint64_t operand, manual_memory *memory)
{
    const uint32_t reason = x.reason & 0xffff;

    switch (reason) {
    case 0:
        return (x.info >> 8 & 7) == 2 ? -1 : manual_takes_exception(f, x.info & 0xff, x.error);
    case 28:
        return control_register(f, x.qualification, operand);
    case 30:
        return io(f, x.qualification, memory);
    case 31:
    case 32:
        return msr(f, (uint32_t)rcx, reason == 32, memory);
    default:
        if (always(reason))
            return 1;
        return primary(reason) >= 0 ? manual_bit(f[PN_F_PROC_CTL], (unsigned int)primary(reason))
                                    : secondary(f, reason);
    }
}
