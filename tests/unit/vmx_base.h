/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A vmcs12 that passes every check, for four kinds of L2, with the capabilities, the L1 and the L0 that belong to it: what tests of whole
 * entries start from.
 */
#ifndef UNIT_VMX_BASE_H
#define UNIT_VMX_BASE_H

#include <provenest/vmx_entry.h>

#define BIT(k) (1ull << (k))
#define WORD(zero, one) ((uint64_t)(one) << 32 | (zero))
#define HIGH 0xffff800000000000ull

enum kind { LONG = 0, PAE, REAL, V86, KINDS };

/* The control words of the capabilities: what must be 1, and what may. */
enum { PIN_0 = 0x16, PIN_1 = 0x7f, EXIT_0 = 0x36dfb, ENTRY_0 = 0x11fb, PROC_0 = 0x0401e172 & ~0x18000 };
#define PROC_1 0xf7f9fffeu
#define PROC2_1 0x1118ffu
#define EXIT_1 (EXIT_0 | BIT(2) | BIT(9) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22))
#define ENTRY_1 (ENTRY_0 | BIT(2) | BIT(9) | BIT(14) | BIT(15))

enum { VMXON = 0x2000, CURRENT = 0x3000, TABLES = 0x6000 };
#define EPTP12 (0x8000 | 0x1e)

static const struct pn_l0_wants l0 = {.pin = 0x3f,
                                      .proc = BIT(3) | BIT(25) | BIT(28) | BIT(31) | PROC_0,
                                      .proc2 = 0x1010aa,
                                      .exit = EXIT_1,
                                      .entry = ENTRY_1 & ~BIT(9),
                                      .exception_bitmap = BIT(1) | BIT(17),
                                      .cr0_mask = BIT(5),
                                      .cr0_forced = BIT(5),
                                      .cr4_mask = BIT(13) | BIT(14),
                                      .cr4_forced = BIT(13),
                                      .tsc_offset = 1000,
                                      .msr_bitmap = 0x9000,
                                      .ept_pointer = 0xa01e,
                                      .eptp01 = 0xb01e,
                                      .vpid02 = 2,
                                      .vpid01 = 1};
static const struct pn_l1_mode mode = {
    .cr0 = 0x80000021, .cr4 = 0x2020, .rflags = 2, .feature_control = 5, .long_mode = true, .cs_long = true};

/* VMXON at VMXON, the VMCS at CURRENT is current, filled by VMWRITE alone: everything is dirty, nothing launched. The model is the
   caller's to set. */
void vmx_base(struct pn_nested_vmx *n, enum kind kind);

#endif
