/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The probe: a 32-bit Multiboot kernel that looks at the processor and the machine as Provenest shows them to L1.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdint.h>

enum { NO_FAULT_SEEN = 255, VECTOR_UD = 6, VECTOR_GP = 13 };

extern volatile uint32_t probe_vector, probe_recover;

/* Runs one instruction; the vector it raised, or NO_FAULT_SEEN. */
#define FAULT_OF(instruction, ...)                                               \
    __extension__({                                                              \
        probe_vector = NO_FAULT_SEEN;                                            \
        __asm__ volatile("movl $1f, probe_recover\n" instruction "\n1:" __VA_ARGS__); \
        probe_vector;                                                            \
    })

void result(const char *name, bool good);

static inline uint32_t read_cr0(void)
{
    uint32_t value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline uint32_t read_cr4(void)
{
    uint32_t value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline uint32_t try_cr0(uint32_t value)
{
    return FAULT_OF("mov %0, %%cr0", : : "r"(value) : "memory");
}

static inline uint32_t try_cr4(uint32_t value)
{
    return FAULT_OF("mov %0, %%cr4", : : "r"(value) : "memory");
}

static inline uint32_t try_rdmsr(uint32_t msr, uint64_t *value)
{
    uint32_t low = 0, high = 0;
    const uint32_t fault = FAULT_OF("rdmsr", : "+a"(low), "+d"(high) : "c"(msr));

    *value = (uint64_t)high << 32 | low;
    return fault;
}

static inline uint32_t try_wrmsr(uint32_t msr, uint64_t value)
{
    return FAULT_OF("wrmsr", : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* cpu.c, paging.c, machine.c */
void probe_cpu(bool vmx);
void probe_paging(void);
void probe_machine(uint32_t info);

#endif
