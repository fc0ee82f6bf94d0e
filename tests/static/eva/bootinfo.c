/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: harness/hv/bootinfo.c harness/hv/memmap.c
 * 8 KiB of any memory, any address in EBX, each loader. */
#include "../../../harness/hv/bootinfo.h"

#include "any.h"

static struct bootinfo info;
static uint8_t memory[8192];

int main(void)
{
    struct bytes physical = {memory, sizeof memory};

    for (int i = 0; i < 8192; i++)
        memory[i] = any8();
    return bootinfo_read(physical, any32(), any32(), &info).text != 0;
}
