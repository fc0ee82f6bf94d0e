/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two things we ask of the firmware's tables: how many processors there are, and which port powers the machine
 * off. Pure: works on physical memory as bytes.
 */
#ifndef HV_ACPI_H
#define HV_ACPI_H

#include "bytes.h"

struct firmware {
    uint32_t processors;  /* enabled ones; 1 if no table says anything */
    uint16_t pm1a_control; /* 0 if there is no ACPI */
};

struct firmware firmware_read(struct bytes physical);

#endif
