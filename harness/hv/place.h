/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the hypervisor lives: fixed and 2 MiB aligned, so that the hole in L1's memory is one large page. High enough
 * to leave low memory, where kernels want to be loaded, alone.
 */
#ifndef HV_PLACE_H
#define HV_PLACE_H

#define HV_BASE 0x0d000000
#define HV_SIZE 0x200000
#define STUB_BASE 0x100000

#endif
