/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Provenest's own output, on the debug port 0xE9: every line starts with "PN| ", an error with "PN! ".
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include "bytes.h"

/* %s const char *, %u and %x uint64_t. No other conversions. */
void say(const char *format, ...);
void say_fault(struct fault f); /* the one clear line, with its piece of input */
void say_banner(void);

/* Ends the emulated machine: the protocol of the test rig, then a halt. */
_Noreturn void machine_end(uint8_t status);
_Noreturn void machine_reset(void);
/* say_fault, "PN| end 1", machine_end(1) */
_Noreturn void fail(struct fault f);

#endif
