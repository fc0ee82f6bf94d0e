/* SPDX-License-Identifier: BSD-2-Clause
 * The processor that the seam's functions act on. */
#ifndef SEAM_H
#define SEAM_H

#include "toy.h"

extern struct toy_cpu *seam_cpu;

#endif
