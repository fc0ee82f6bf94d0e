/* SPDX-License-Identifier: BSD-2-Clause
 * INVEPT and INVVPID: whether the operands are allowed, and what then must go. SDM vol. 3C 30.3, 26.2.1.1, 28.3.3.1. */
#include <provenest/vmx_insn.h>

#include "../event/bits.h"
#include "check_address.h"
#include "vmfail.h"

/*@ requires width: width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> vi009_eptp(eptp, caps, width); */
static bool eptp_allowed(uint64_t eptp, uint64_t caps, uint8_t width)
{
    const bool uncacheable = eptp % 8 == 0 && pn_tstb(caps, 8);
    const bool write_back = eptp % 8 == 6 && pn_tstb(caps, 14);

    return (uncacheable || write_back) && eptp / 8 % 8 == 3 && pn_tstb(caps, 6) && eptp / 0x40 % 0x40 == 0 &&
           pn_fits_width(eptp, width);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> vi010_invept_type(type, caps); */
static bool invept_type(uint64_t type, uint64_t caps)
{
    return (type == 1 && pn_tstb(caps, 25)) || (type == 2 && pn_tstb(caps, 26));
}

struct pn_outcome pn_invept(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t type, uint64_t eptp)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    if (!pn_tstb(n->caps.proc2, 33) || !pn_tstb(n->caps.ept_vpid, 20))
        return pn_vm_fault(6);
    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (!invept_type(type, n->caps.ept_vpid))
        return pn_vm_fail(n, 28);
    if (type == 1 && !eptp_allowed(eptp, n->caps.ept_vpid, n->caps.address_width))
        return pn_vm_fail(n, 28);
    pn_hw_empty_ept02();
    return ready;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> vi011_invvpid_type(type, caps); */
static bool invvpid_type(uint64_t type, uint64_t caps)
{
    return (type == 0 && pn_tstb(caps, 40)) || (type == 1 && pn_tstb(caps, 41)) || (type == 2 && pn_tstb(caps, 42)) ||
           (type == 3 && pn_tstb(caps, 43));
}

/*@ requires width: 1 <= width <= 64;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> vi012_invvpid_operand(type, vpid, reserved, linear, width); */
static bool invvpid_operand(uint64_t type, uint16_t vpid, uint64_t reserved, uint64_t linear, uint8_t width)
{
    if (reserved != 0 || (type != 2 && vpid == 0))
        return false;
    return type != 0 || pn_is_canonical(linear, width);
}

/* An INVVPID of vpid02 drops all that L1's can be about, and only L2 uses it: so once, before L2 runs again. */
/*@ requires vmx: \valid(n);
    terminates \true; exits \false; assigns n->dirty, dev_flush_owed;
    ensures owed: vi017_flush_due(dev_flush_owed, \old(n->dirty), n->dirty); */
static void owe_flush(struct pn_nested_vmx *n)
{
    pn_hw_owe_flush02();
    n->dirty = (uint32_t)pn_putb(n->dirty, PN_DUE_FLUSH, true);
}

struct pn_outcome pn_invvpid(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t type, uint16_t vpid, uint64_t reserved,
                             uint64_t linear)
{
    const struct pn_outcome ready = pn_vmx_ready(n, m);

    if (!pn_tstb(n->caps.proc2, 37) || !pn_tstb(n->caps.ept_vpid, 32))
        return pn_vm_fault(6);
    if (ready.kind != PN_VMX_SUCCEED)
        return ready;
    if (!invvpid_type(type, n->caps.ept_vpid) || !invvpid_operand(type, vpid, reserved, linear, n->caps.linear_width))
        return pn_vm_fail(n, 28);
    owe_flush(n);
    return ready;
}
