/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bits of the fields (SDM vol. 3D appendix B), for the model, which is linked without core/vmx too. Made from
 * spec/fields/vmcs.tbl by proofs/fields.py. */
#ifndef MODEL_WIDTHS_H
#define MODEL_WIDTHS_H

#include <provenest/vmcs12.h>

/* By enum pn_field. */
static const uint8_t widths[PN_FIELDS] = {
    32, 32, 32, 32, 32, 32, 32, 32, 32, 32,
    16, 64, 64, 64, 64, 64, 64, 64, 64, 32,
    64, 32, 64, 32, 64, 32, 32, 32, 64, 64,
    64, 32, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 64, 16, 16, 16, 16, 16, 16, 16,
    16, 64, 64, 64, 64, 64, 64, 64, 64, 32,
    32, 32, 32, 32, 32, 32, 32, 32, 32, 32,
    32, 32, 32, 32, 32, 64, 32, 64, 32, 32,
    64, 64, 64, 64, 64, 64, 64, 32, 64, 32,
    64, 64, 64, 64, 64, 64, 64, 16, 16, 16,
    16, 16, 16, 16, 64, 64, 64, 64, 64, 32,
    64, 64, 32, 64, 32, 32, 32, 32, 32, 32,
    64, 64, 32,
};

#endif
