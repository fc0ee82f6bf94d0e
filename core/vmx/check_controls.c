/* SPDX-License-Identifier: BSD-2-Clause
 * The VMX controls as VM entry checks them. SDM vol. 3C 26.2.1; the lists of MSRs and the injected event have files of their
 * own. Whatever is not offered to L1 is 0 in the capability words, so its own rules need no code. */
#include "checks.h"

#include "../event/bits.h"
#include "check_address.h"

enum { INVALID_CONTROLS = 7 };
enum { PIN_NMI = 3, PIN_VIRTUAL_NMI = 5, PIN_TIMER = 6 };
enum { PROC_TPR_SHADOW = 21, PROC_NMI_WINDOW = 22, PROC_IO_BITMAPS = 25, PROC_MSR_BITMAP = 28, PROC_SECONDARY = 31 };
enum { PROC2_APIC_ACCESS = 0, PROC2_EPT = 1, PROC2_VPID = 5, PROC2_UNRESTRICTED = 7, PROC2_INTERRUPT_DELIVERY = 9 };
enum { EXIT_SAVE_TIMER = 22 };

bool pn_secondary_on(uint64_t proc, uint64_t proc2, unsigned k)
{
    return pn_tstb(proc, PROC_SECONDARY) && pn_tstb(proc2, k);
}

bool pn_address_fits(uint64_t address, uint64_t basic, uint8_t width)
{
    return pn_fits_width(address, width) && (!pn_tstb(basic, 48) || pn_fits_width(address, 32));
}

/*@ requires width: width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> page_aligned(address) && ve075_fits(address, basic, width); */
static bool page_ok(uint64_t address, uint64_t basic, uint8_t width)
{
    return address % 0x1000u == 0 && pn_address_fits(address, basic, width);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> controls_reserved_ok(n); */
static bool capabilities_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;
    const struct pn_vmx_caps *c = &n->caps;

    return pn_control_allowed(f[PN_F_PIN_CTL], c->pin) && pn_control_allowed(f[PN_F_PROC_CTL], c->proc) &&
           (!pn_tstb(f[PN_F_PROC_CTL], PROC_SECONDARY) || pn_control_allowed(f[PN_F_PROC2_CTL], c->proc2)) &&
           pn_control_allowed(f[PN_F_EXIT_CTL], c->exit) && pn_control_allowed(f[PN_F_ENTRY_CTL], c->entry);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve026_virtual_nmis(pin) && ve027_nmi_window(pin, proc); */
static bool nmi_ok(uint64_t pin, uint64_t proc)
{
    return pn_tstb(pin, PIN_VIRTUAL_NMI) ? pn_tstb(pin, PIN_NMI) : !pn_tstb(proc, PROC_NMI_WINDOW);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve024_threshold(proc, proc2, threshold); */
static bool threshold_ok(uint64_t proc, uint64_t proc2, uint64_t threshold)
{
    return threshold / 0x10u == 0 || !pn_tstb(proc, PROC_TPR_SHADOW) ||
           pn_secondary_on(proc, proc2, PROC2_INTERRUPT_DELIVERY);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve041_vpid(proc, proc2, vpid) && ve050_unrestricted(proc, proc2); */
static bool secondary_ok(uint64_t proc, uint64_t proc2, uint64_t vpid)
{
    return (vpid != 0 || !pn_secondary_on(proc, proc2, PROC2_VPID)) &&
           (pn_secondary_on(proc, proc2, PROC2_EPT) || !pn_secondary_on(proc, proc2, PROC2_UNRESTRICTED));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve016_cr3_targets(count, misc); */
static bool cr3_targets_ok(uint64_t count, uint64_t misc)
{
    return count <= misc / 0x10000u % 0x200u;
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> controls_agree(n); */
static bool controls_agree_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;

    return nmi_ok(f[PN_F_PIN_CTL], f[PN_F_PROC_CTL]) &&
           threshold_ok(f[PN_F_PROC_CTL], f[PN_F_PROC2_CTL], f[PN_F_TPR_THRESHOLD]) &&
           secondary_ok(f[PN_F_PROC_CTL], f[PN_F_PROC2_CTL], f[PN_F_VPID]) &&
           cr3_targets_ok(f[PN_F_CR3_TARGET_COUNT], n->caps.misc) &&
           (pn_tstb(f[PN_F_PIN_CTL], PIN_TIMER) || !pn_tstb(f[PN_F_EXIT_CTL], EXIT_SAVE_TIMER));
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> io_bitmaps_ok(n) && msr_bitmap_ok(n); */
static bool bitmaps_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;
    const uint64_t basic = n->caps.basic;
    const uint8_t width = n->caps.address_width;

    if (pn_tstb(f[PN_F_PROC_CTL], PROC_IO_BITMAPS) &&
        !(page_ok(f[PN_F_IO_BITMAP_A], basic, width) && page_ok(f[PN_F_IO_BITMAP_B], basic, width)))
        return false;
    return !pn_tstb(f[PN_F_PROC_CTL], PROC_MSR_BITMAP) || page_ok(f[PN_F_MSR_BITMAP], basic, width);
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> virtual_apic_ok(n) && apic_access_ok(n); */
static bool apic_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;
    const uint64_t basic = n->caps.basic;
    const uint8_t width = n->caps.address_width;

    if (pn_tstb(f[PN_F_PROC_CTL], PROC_TPR_SHADOW) && !page_ok(f[PN_F_VIRTUAL_APIC], basic, width))
        return false;
    return !pn_secondary_on(f[PN_F_PROC_CTL], f[PN_F_PROC2_CTL], PROC2_APIC_ACCESS) ||
           page_ok(f[PN_F_APIC_ACCESS], basic, width);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve042_memory_type(eptp, cap) && ve043_walk(eptp, cap); */
static bool ept_type_and_walk_ok(uint64_t eptp, uint64_t cap)
{
    const uint64_t type = eptp % 8u, walk = eptp / 8u % 8u;

    return ((type == 0 && pn_tstb(cap, 8)) || (type == 6 && pn_tstb(cap, 14))) &&
           ((walk == 3 && pn_tstb(cap, 6)) || (walk == 4 && pn_tstb(cap, 7)));
}

/*@ requires width: width <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> ve042_eptp(proc, proc2, eptp, cap, width); */
static bool eptp_valid(uint64_t proc, uint64_t proc2, uint64_t eptp, uint64_t cap, uint8_t width)
{
    if (!pn_secondary_on(proc, proc2, PROC2_EPT))
        return true;
    return ept_type_and_walk_ok(eptp, cap) && (!pn_tstb(eptp, 6) || pn_tstb(cap, 21)) &&
           (!pn_tstb(eptp, 7) || pn_tstb(cap, 23)) && pn_no_bits(eptp, 8, 11) && pn_fits_width(eptp, width);
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> eptp_ok(n); */
static bool ept_pointer_ok(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;

    return eptp_valid(f[PN_F_PROC_CTL], f[PN_F_PROC2_CTL], f[PN_F_EPT_POINTER], n->caps.ept_vpid,
                      n->caps.address_width);
}

uint8_t pn_check_controls(const struct pn_nested_vmx *n)
{
    const bool ok = capabilities_ok(n) && controls_agree_ok(n) && bitmaps_ok(n) && apic_ok(n) && ept_pointer_ok(n) &&
                    pn_msr_lists_ok(n) && pn_entry_event_ok(n);

    return ok ? 0 : INVALID_CONTROLS;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve025_applies(proc, proc2); */
static bool threshold_counts(uint64_t proc, uint64_t proc2)
{
    return pn_tstb(proc, PROC_TPR_SHADOW) && !pn_secondary_on(proc, proc2, PROC2_INTERRUPT_DELIVERY) &&
           !pn_secondary_on(proc, proc2, PROC2_APIC_ACCESS);
}

bool pn_vtpr_wanted(const struct pn_nested_vmx *n)
{
    return threshold_counts(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL]);
}

uint8_t pn_check_vtpr(const struct pn_nested_vmx *n, uint8_t vtpr)
{
    if (pn_vtpr_wanted(n) && n->vmcs12.f[PN_F_TPR_THRESHOLD] % 0x10u > vtpr / 0x10u)
        return INVALID_CONTROLS;
    return 0;
}
