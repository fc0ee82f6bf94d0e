/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Port I/O, for the 32-bit stub and the 64-bit hypervisor alike.
 */
#ifndef HV_PORTS_H
#define HV_PORTS_H

#include <stdint.h>

#define PORTS(letter, type)                                                      \
    static inline void out##letter(uint16_t port, type value)                    \
    {                                                                            \
        __asm__ volatile("out" #letter " %0, %1" : : "a"(value), "Nd"(port) : "memory"); \
    }                                                                            \
    static inline type in##letter(uint16_t port)                                 \
    {                                                                            \
        type value;                                                              \
        __asm__ volatile("in" #letter " %1, %0" : "=a"(value) : "Nd"(port) : "memory"); \
        return value;                                                            \
    }
PORTS(b, uint8_t)
PORTS(w, uint16_t)
PORTS(l, uint32_t)
#undef PORTS

#endif
