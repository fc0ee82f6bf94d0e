/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The operand of a VMX instruction that has exited: from the VM-exit instruction information (SDM vol. 3C tables 27-9 to
 * 27-14) to a register or a linear address, with the faults of segmentation (SDM vol. 3A 5.3, 5.5; vol. 1 3.3.7). Pure.
 */
#ifndef HV_OPERAND_H
#define HV_OPERAND_H

#include <stdbool.h>
#include <stdint.h>

/* The instruction-information word, taken apart. Registers as the processor numbers them. */
struct operand {
    bool is_register; /* VMREAD and VMWRITE only: the operand is `reg` */
    bool has_base, has_index;
    unsigned int reg, reg2, base, index, scale, segment; /* segment: ES CS SS DS FS GS */
    unsigned int address_bits;                           /* 16, 32 or 64 */
};

struct operand operand_decode(uint32_t info);

struct segment {
    uint64_t base;
    uint32_t limit, access;
};

/* What the instruction adds up. */
struct operand_values {
    uint64_t displacement, base, index; /* exit qualification; 0 for what the operand has not */
    struct segment segment;
    bool in_64bit;
    bool write;
    uint32_t length; /* in bytes, at least 1 */
};

enum { OPERAND_GOOD = 0, OPERAND_SS = 12, OPERAND_GP = 13 };

struct operand_place {
    uint64_t linear;
    uint8_t fault; /* OPERAND_GOOD, or the exception, error code 0 */
};

struct operand_place operand_locate(struct operand o, struct operand_values v);

#endif
