/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: harness/hv/acpi.c harness/hv/mtrr.c
 * Firmware tables of any bytes, any MTRRs. */
#include "../../../harness/hv/acpi.h"
#include "../../../harness/hv/mtrr.h"

#include "any.h"

static uint8_t memory[8192];
static struct mtrrs mtrrs;

int main(void)
{
    struct bytes physical = {memory, sizeof memory};

    for (int i = 0; i < 8192; i++)
        memory[i] = any8();
    mtrrs.def = any64();
    for (int i = 0; i < MTRR_FIXED; i++)
        mtrrs.fixed[i] = any64();
    mtrrs.variable_count = Frama_C_unsigned_int_interval(0, MTRR_VARIABLE);
    for (int i = 0; i < MTRR_VARIABLE; i++) {
        mtrrs.base[i] = any64();
        mtrrs.mask[i] = any64();
    }
    return (firmware_read(physical).processors == 1) + mtrr_type(&mtrrs, any64()) +
           mtrr_type_of_range(&mtrrs, any64(), any64());
}
