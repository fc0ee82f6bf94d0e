/* SPDX-License-Identifier: BSD-2-Clause
 * Exits (SDM 25.1 to 25.3, 27.2). */
#include "vmx.h"
void area_exits(void)
{
}
