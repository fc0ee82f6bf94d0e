/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One C function for each processor instruction that C cannot say. Nothing here decides anything.
 */
#ifndef VMX_CPU_H
#define VMX_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

static inline uint64_t cpu_rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void cpu_wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t cpu_tsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpu_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "0"(leaf), "2"(subleaf));
    return r;
}

#define CPU_ACCESS_REGISTER(name)                                       \
    static inline uint64_t cpu_##name(void)                             \
    {                                                                   \
        uint64_t value;                                                 \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));          \
        return value;                                                   \
    }                                                                   \
    static inline void cpu_set_##name(uint64_t value)                   \
    {                                                                   \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory"); \
    }
CPU_ACCESS_REGISTER(cr0)
CPU_ACCESS_REGISTER(cr2)
CPU_ACCESS_REGISTER(cr3)
CPU_ACCESS_REGISTER(cr4)
CPU_ACCESS_REGISTER(cr8)
CPU_ACCESS_REGISTER(dr0)
CPU_ACCESS_REGISTER(dr1)
CPU_ACCESS_REGISTER(dr2)
CPU_ACCESS_REGISTER(dr3)
CPU_ACCESS_REGISTER(dr6)
#undef CPU_ACCESS_REGISTER

/* With HV_COUNT=1 what L0 asks of the processor counts itself, in the structure that GS points to (make bench-nested). */
#ifdef HV_COUNT
#define CPU_COUNT "incq %%gs:%c[counter]\n\t"
#define CPU_COUNT_ONE(counter) (void)(counter)++
#else
#define CPU_COUNT ""
#define CPU_COUNT_ONE(counter) (void)0
#endif

/* A VMREAD of a field this processor has, on a current VMCS, does not fail (SDM 30.3); the fields here all exist. */
static inline uint64_t vmread(uint64_t field)
{
    uint64_t value;
    __asm__ volatile(CPU_COUNT "vmread %[field], %[value]"
                     : [value] "=r"(value)
                     : [field] "r"(field), [counter] "i"(CPU_READS)
                     : "cc");
    return value;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the instruction writes there */
static inline void vmread_to(uint64_t field, uint64_t *place)
{
    __asm__ volatile(CPU_COUNT "vmread %[field], %[place]"
                     : [place] "=m"(*place)
                     : [field] "r"(field), [counter] "i"(CPU_READS)
                     : "cc");
}

static inline uint32_t vmread32(uint64_t field)
{
    return (uint32_t)vmread(field);
}

/* A constant lies in memory, where one copy serves all: no instruction brings it into a register. `inline`, both: this is one
 * instruction, however long it looks. */
static inline __attribute__((always_inline)) bool vmwrite(uint64_t field, uint64_t value)
{
    bool failed;

    if (__builtin_constant_p(value)) {
        __asm__ inline volatile(CPU_COUNT ".pushsection .rodata.cst8, \"aM\", @progbits, 8\n"
                                          ".balign 8\n"
                                          "1: .quad %p[value]\n"
                                          ".popsection\n\t"
                                          "vmwrite 1b(%%rip), %[field]"
                                : "=@ccbe"(failed)
                                : [value] "i"(value), [field] "r"(field), [counter] "i"(CPU_WRITES));
        return !failed;
    }
    __asm__ volatile(CPU_COUNT "vmwrite %[value], %[field]"
                     : "=@ccbe"(failed)
                     : [value] "rm"(value), [field] "r"(field), [counter] "i"(CPU_WRITES));
    return !failed;
}

static inline bool cpu_vmptrld(const uint8_t *vmcs)
{
    const uint64_t address = (uint64_t)vmcs;
    bool failed;
    __asm__ volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(address) : "memory");
    return !failed;
}

static inline bool cpu_vmclear(const uint8_t *vmcs)
{
    const uint64_t address = (uint64_t)vmcs;
    bool failed;
    __asm__ volatile("vmclear %1" : "=@ccbe"(failed) : "m"(address) : "memory");
    return !failed;
}

/* An instruction that may fault. The host's #GP handler finds the fault's address in section .fixup and goes on at the
 * address beside it (host.c): the functions then return false. */
#define CPU_FIXUP(instruction)     \
    "1: " instruction "\n"         \
    "xor %k[failed], %k[failed]\n" \
    "2:\n"                         \
    ".pushsection .fixup, \"a\"\n" \
    ".quad 1b, 2b\n"               \
    ".popsection\n"

static inline bool cpu_try_rdmsr(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0, failed = 1;
    __asm__ volatile(CPU_FIXUP("rdmsr") : "+a"(low), "+d"(high), [failed] "+r"(failed) : "c"(msr) : "cc");
    *value = (uint64_t)high << 32 | low;
    return !failed;
}

static inline bool cpu_try_wrmsr(uint32_t msr, uint64_t value)
{
    uint32_t failed = 1;
    __asm__ volatile(CPU_FIXUP("wrmsr")
                     : [failed] "+r"(failed)
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "cc", "memory");
    return !failed;
}

static inline bool cpu_try_xsetbv(uint32_t index, uint64_t value)
{
    uint32_t failed = 1;
    __asm__ volatile(CPU_FIXUP("xsetbv")
                     : [failed] "+r"(failed)
                     : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "cc", "memory");
    return !failed;
}

#endif
