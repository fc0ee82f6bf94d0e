/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VM entry demands of the VMX controls: SDM vol. 3C 26.2.1 (27.2.1 in editions since 2023). The parameters are fields
 * of the VMCS and capability MSRs (vol. 3D appendix A) as numbers; bits are numbered as in the manual's tables. A rule about
 * a control that guest hypervisors are not offered is contained in VE-012 to VE-014, VE-066 and VE-077: its bit must be 0.
 */
#ifndef SPEC_VMX_CONTROLS_H
#define SPEC_VMX_CONTROLS_H

#include "vmx_words.h"

/* ---- VM-execution controls (26.2.1.1) ---------------------------------------------------------------------------- */

/*@ predicate ve012_pin(integer pin, integer capability) = control_allowed(pin, capability);

    predicate ve013_primary(integer proc, integer capability) = control_allowed(proc, capability);
*/

/* Bit 31 of the primary controls activates the secondary ones; if it is 0, all of those are taken for 0. */
/*@ predicate ve014_on(integer proc, integer proc2, integer k) = bit(proc, 31) && bit(proc2, k);

    predicate ve014_secondary(integer proc, integer proc2, integer capability) =
      bit(proc, 31) ==> control_allowed(proc2, capability);
*/

/* IA32_VMX_MISC[24:16]: how many CR3-target values there are. */
/*@ predicate ve016_cr3_targets(integer count, integer misc) = count <= (misc / 0x10000) % 0x200;
*/

/* Within the physical-address width, and within 32 bits if IA32_VMX_BASIC[48] is 1. */
/*@ predicate ve075_fits(integer address, integer basic, integer width) =
      fits_width(address, width) && (bit(basic, 48) ==> fits_width(address, 32));
*/

/* Bit 25: use I/O bitmaps. */
/*@ predicate ve017_io_aligned(integer proc, integer a, integer b) = bit(proc, 25) ==> page_aligned(a) && page_aligned(b);

    predicate ve018_io_fits(integer proc, integer a, integer b, integer basic, integer width) =
      bit(proc, 25) ==> ve075_fits(a, basic, width) && ve075_fits(b, basic, width);
*/

/* Bit 28: use MSR bitmaps. */
/*@ predicate ve019_msr_aligned(integer proc, integer address) = bit(proc, 28) ==> page_aligned(address);

    predicate ve020_msr_fits(integer proc, integer address, integer basic, integer width) =
      bit(proc, 28) ==> ve075_fits(address, basic, width);
*/

/* Bit 21: use TPR shadow. */
/*@ predicate ve021_tpr_aligned(integer proc, integer address) = bit(proc, 21) ==> page_aligned(address);

    predicate ve022_tpr_fits(integer proc, integer address, integer basic, integer width) =
      bit(proc, 21) ==> ve075_fits(address, basic, width);
*/

/* Without virtual-interrupt delivery (secondary 9) the TPR threshold is a number of 4 bits. */
/*@ predicate ve024_threshold(integer proc, integer proc2, integer threshold) =
      bit(proc, 21) && !ve014_on(proc, proc2, 9) ==> threshold / 0x10 == 0;
*/

/* Without virtualize APIC accesses (secondary 0) as well, it is not greater than bits 7:4 of VTPR. */
/*@ predicate ve025_applies(integer proc, integer proc2) =
      bit(proc, 21) && !ve014_on(proc, proc2, 9) && !ve014_on(proc, proc2, 0);

    predicate ve025_threshold_vtpr(integer proc, integer proc2, integer threshold, integer vtpr) =
      ve025_applies(proc, proc2) ==> threshold % 0x10 <= (vtpr / 0x10) % 0x10;
*/

/* Pin-based 3: NMI exiting, 5: virtual NMIs; primary 22: NMI-window exiting. */
/*@ predicate ve026_virtual_nmis(integer pin) = !bit(pin, 3) ==> !bit(pin, 5);

    predicate ve027_nmi_window(integer pin, integer proc) = !bit(pin, 5) ==> !bit(proc, 22);
*/

/* Secondary 0: virtualize APIC accesses. */
/*@ predicate ve028_apic_aligned(integer proc, integer proc2, integer address) =
      ve014_on(proc, proc2, 0) ==> page_aligned(address);

    predicate ve029_apic_fits(integer proc, integer proc2, integer address, integer basic, integer width) =
      ve014_on(proc, proc2, 0) ==> ve075_fits(address, basic, width);
*/

/* Secondary 5: enable VPID. */
/*@ predicate ve041_vpid(integer proc, integer proc2, integer vpid) = ve014_on(proc, proc2, 5) ==> vpid != 0;
*/

/* Secondary 1: enable EPT. IA32_VMX_EPT_VPID_CAP: bit 8 uncacheable (type 0), bit 14 write-back (type 6), bit 6 a walk of 4
   levels, bit 7 of 5, bit 21 accessed and dirty flags, bit 23 supervisor shadow stacks. */
/*@ predicate ve042_memory_type(integer eptp, integer cap) =
      (eptp % 8 == 0 && bit(cap, 8)) || (eptp % 8 == 6 && bit(cap, 14));

    predicate ve043_walk(integer eptp, integer cap) =
      ((eptp / 8) % 8 == 3 && bit(cap, 6)) || ((eptp / 8) % 8 == 4 && bit(cap, 7));

    predicate ve044_flags(integer eptp, integer cap) = bit(eptp, 6) ==> bit(cap, 21);

    predicate ve045_shadow_stack(integer eptp, integer cap) = bit(eptp, 7) ==> bit(cap, 23);

    predicate ve046_reserved(integer eptp, integer width) =
      no_bits(eptp, 8, 11) && fits_width(eptp, width);

    predicate ve042_eptp(integer proc, integer proc2, integer eptp, integer cap, integer width) =
      ve014_on(proc, proc2, 1) ==>
        ve042_memory_type(eptp, cap) && ve043_walk(eptp, cap) && ve044_flags(eptp, cap) &&
        ve045_shadow_stack(eptp, cap) && ve046_reserved(eptp, width);
*/

/* Secondary 7: unrestricted guest. */
/*@ predicate ve050_unrestricted(integer proc, integer proc2) =
      ve014_on(proc, proc2, 7) ==> ve014_on(proc, proc2, 1);
*/

/* ---- VM-exit controls (26.2.1.2) and lists of MSRs --------------------------------------------------------------- */

/*@ predicate ve066_exit(integer exit, integer capability) = control_allowed(exit, capability);
*/

/* Pin-based 6: activate VMX-preemption timer; exit 22: save its value. */
/*@ predicate ve068_save_timer(integer pin, integer exit) = !bit(pin, 6) ==> !bit(exit, 22);
*/

/* A list of MSRs: exit MSR-store (VE-069 to VE-071), exit MSR-load (VE-072 to VE-074), entry MSR-load (VE-091 to VE-093). The
   last byte is computed with more bits than the width: no carry is lost. */
/*@ predicate ve069_aligned(integer count, integer address) = count > 0 ==> address % 16 == 0;

    predicate ve070_fits(integer count, integer address, integer basic, integer width) =
      count > 0 ==> ve075_fits(address, basic, width);

    predicate ve071_last_byte(integer count, integer address, integer basic, integer width) =
      count > 0 ==> address + 16 * count - 1 <= 0xffffffffffffffff &&
        ve075_fits(address + 16 * count - 1, basic, width);
*/

/* IA32_VMX_MISC[27:25] = N: more than 512 * (N + 1) entries and the processor does what it likes; here the entry fails. */
/*@ predicate ve076_count(integer count, integer misc) = count <= 512 * ((misc / 0x2000000) % 8 + 1);

    predicate ve069_list(integer count, integer address, integer basic, integer misc, integer width) =
      ve069_aligned(count, address) && ve070_fits(count, address, basic, width) &&
      ve071_last_byte(count, address, basic, width) && ve076_count(count, misc);
*/

/* ---- VM-entry controls (26.2.1.3) -------------------------------------------------------------------------------- */

/*@ predicate ve077_entry(integer entry, integer capability) = control_allowed(entry, capability);

    logic integer injected_vector(integer info) = info % 0x100;
    logic integer injected_type(integer info) = (info / 0x100) % 8;
    predicate injected_error(integer info) = (info / 0x800) % 2 == 1;
    predicate injected_valid(integer info) = (info / 0x80000000) % 2 == 1;
*/

/* Type 1 is reserved; type 7 is, where the monitor trap flag (primary 27) cannot be 1. */
/*@ predicate ve078_not_reserved(integer info) = injected_type(info) != 1;

    predicate ve079_other_event(integer info, integer primary) = injected_type(info) == 7 ==> bit(primary, 27 + 32);
*/

/*@ predicate ve080_nmi_vector(integer info) = injected_type(info) == 2 ==> injected_vector(info) == 2;

    predicate ve081_exception_vector(integer info) = injected_type(info) == 3 ==> injected_vector(info) <= 31;

    predicate ve082_mtf_vector(integer info) = injected_type(info) == 7 ==> injected_vector(info) == 0;
*/

/* PD-001, our own rule, a deviation: the manual lets L1 inject an exception under a type that no processor gives its vector (#NMI
   as a hardware exception, INT1 with another vector than #DB, INT3 and INTO with other than #BP and #OF). The event core holds
   what a processor can raise (VE-078 of what is injected) and no other, so such an entry is refused, rather than made without its event. */
/*@ predicate pd001_vector(integer info) =
      (injected_type(info) == 3 ==> injected_vector(info) != 2) &&
      (injected_type(info) == 5 ==> injected_vector(info) == 1) &&
      (injected_type(info) == 6 ==> injected_vector(info) == 3 || injected_vector(info) == 4);
*/

/* The deliver-error-code bit: 0 for all but hardware exceptions, and in real mode (unrestricted guest, secondary 7,
   with bit 0 of the guest's CR0 = 0); for hardware exceptions in protected mode as the vector says, or, with
   IA32_VMX_BASIC[56] = 1, as L1 likes (VE-086). */
/*@ predicate ve083_error_type(integer info) = injected_type(info) != 3 ==> !injected_error(info);

    predicate ve084_real_mode(integer proc, integer proc2, integer cr0) = ve014_on(proc, proc2, 7) && !bit(cr0, 0);

    predicate ve084_error_real(integer info, integer proc, integer proc2, integer cr0) =
      ve084_real_mode(proc, proc2, cr0) ==> !injected_error(info);

    predicate ve085_with_error(integer v) = v == 8 || 10 <= v <= 14 || v == 17;

    predicate ve085_error_vector(integer info, integer proc, integer proc2, integer cr0, integer basic) =
      !bit(basic, 56) && injected_type(info) == 3 && !ve084_real_mode(proc, proc2, cr0) ==>
        (injected_error(info) <==> ve085_with_error(injected_vector(info)));
*/

/* Bits 30:12 are reserved, and so are bits 31:16 of the error code. */
/*@ predicate ve087_reserved(integer info) = no_bits(info, 12, 30);

    predicate ve088_error_code(integer info, integer error) = injected_error(info) ==> error / 0x10000 == 0;
*/

/* Software interrupts and exceptions (types 4, 5, 6): the length is 1 to 15; 0 as well if IA32_VMX_MISC[30] is 1. */
/*@ predicate ve089_length_limit(integer info, integer length) = 4 <= injected_type(info) <= 6 ==> length <= 15;

    predicate ve090_length_zero(integer info, integer length, integer misc) =
      4 <= injected_type(info) <= 6 && length == 0 ==> bit(misc, 30);
*/

/*@ predicate ve078_event(integer info, integer error, integer length, integer proc, integer proc2, integer cr0,
        integer basic, integer misc, integer primary) =
      injected_valid(info) ==>
        ve078_not_reserved(info) && ve079_other_event(info, primary) && ve080_nmi_vector(info) &&
        ve081_exception_vector(info) && ve082_mtf_vector(info) && pd001_vector(info) && ve083_error_type(info) &&
        ve084_error_real(info, proc, proc2, cr0) && ve085_error_vector(info, proc, proc2, cr0, basic) &&
        ve087_reserved(info) && ve088_error_code(info, error) && ve089_length_limit(info, length) &&
        ve090_length_zero(info, length, misc);
*/

/*@ check lemma canary_vmx_controls: \false; */

#endif
