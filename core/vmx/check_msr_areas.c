/* SPDX-License-Identifier: BSD-2-Clause
 * The lists of MSRs that VM entries and exits load and store. SDM vol. 3C 26.2.1.2, 26.2.1.3; vol. 3D A.6. */
#include "checks.h"

/*@ requires width: width <= 63;
    requires count: 1 <= count <= 4096;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve071_last_byte(count, address, basic, width); */
static bool last_byte_ok(uint64_t count, uint64_t address, uint64_t basic, uint8_t width)
{
    const uint64_t before = count * 16u - 1u;

    return address <= 0xffffffffffffffffu - before && pn_address_fits(address + before, basic, width);
}

/*@ requires width: width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve069_list(count, address, basic, misc, width); */
static bool list_ok(uint64_t count, uint64_t address, uint64_t basic, uint64_t misc, uint8_t width)
{
    if (count == 0)
        return true;
    return count <= 512u * (misc / 0x2000000u % 8u + 1u) && address % 16u == 0 &&
           pn_address_fits(address, basic, width) && last_byte_ok(count, address, basic, width);
}

bool pn_msr_lists_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;
    const struct pn_vmx_caps *c = &n->caps;

    return list_ok(f[PN_F_EXIT_STORE_COUNT], f[PN_F_EXIT_STORE_ADDR], c->basic, c->misc, c->address_width) &&
           list_ok(f[PN_F_EXIT_LOAD_COUNT], f[PN_F_EXIT_LOAD_ADDR], c->basic, c->misc, c->address_width) &&
           list_ok(f[PN_F_ENTRY_LOAD_COUNT], f[PN_F_ENTRY_LOAD_ADDR], c->basic, c->misc, c->address_width);
}
