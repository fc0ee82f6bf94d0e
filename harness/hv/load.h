/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Putting L1 where it wants to be.
 */
#ifndef HV_LOAD_H
#define HV_LOAD_H

#include "bootinfo.h"
#include "l1info.h"

/* Moves modules and copies L1's kernel; `info` (whose map is already L1's) is changed to where things are then. Ends
 * the run with a clear line if L1 cannot be loaded. */
struct l1_entry load_l1(struct bootinfo *info, struct bytes physical);

#endif
