/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VMX L1 is offered: the capability MSRs it reads. SDM vol. 3D appendix A.
 */
#ifndef PROVENEST_VMX_OFFER_H
#define PROVENEST_VMX_OFFER_H

#include <provenest/nested.h>

#include "../../../spec/acsl/vmx_caps.h"

/* From the processor's words (the TRUE ones; CR4_FIXED1, efer_valid and debugctl_valid as L1 may use them): a control is
 * offered only if it is in the list and the processor has it. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures pin: \forall integer k; 0 <= k <= 31 ==>
            (vc001_pin(k) ==> vc006_as_hardware(\result.pin, hardware.pin, k)) &&
            (vc005_pin(k) ==> vc006_always(\result.pin, k)) &&
            (!vc001_pin(k) && !vc005_pin(k) ==> vc006_never(\result.pin, k));
    ensures proc: \forall integer k; 0 <= k <= 31 ==>
            (vc002_proc(k) ==> vc006_as_hardware(\result.proc, hardware.proc, k)) &&
            (vc005_proc(k) ==> vc006_always(\result.proc, k)) &&
            (!vc002_proc(k) && !vc005_proc(k) ==> vc006_never(\result.proc, k));
    ensures proc2: \forall integer k; 0 <= k <= 31 ==>
            (vc003_proc2(k) ==> vc006_as_hardware(\result.proc2, hardware.proc2, k)) &&
            (!vc003_proc2(k) ==> vc006_never(\result.proc2, k));
    ensures exit: \forall integer k; 0 <= k <= 31 ==>
            (vc004_exit(k) ==> vc006_as_hardware(\result.exit, hardware.exit, k)) &&
            (vc005_exit(k) ==> vc006_always(\result.exit, k)) &&
            (!vc004_exit(k) && !vc005_exit(k) ==> vc006_never(\result.exit, k));
    ensures entry: \forall integer k; 0 <= k <= 31 ==>
            (vc004_entry(k) ==> vc006_as_hardware(\result.entry, hardware.entry, k)) &&
            (vc005_entry(k) ==> vc006_always(\result.entry, k)) &&
            (!vc004_entry(k) && !vc005_entry(k) ==> vc006_never(\result.entry, k));
    ensures pin_agrees: vc012_agree(hardware.pin) ==> vc012_agree(\result.pin);
    ensures proc_agrees: vc012_agree(hardware.proc) ==> vc012_agree(\result.proc);
    ensures proc2_agrees: vc012_agree(hardware.proc2) ==> vc012_agree(\result.proc2);
    ensures exit_agrees: vc012_agree(hardware.exit) ==> vc012_agree(\result.exit);
    ensures entry_agrees: vc012_agree(hardware.entry) ==> vc012_agree(\result.entry);
    ensures ept_vpid: \forall integer k; 0 <= k <= 63 ==>
            (bit(\result.ept_vpid, k) <==> vc007_ept_vpid(k) && bit(hardware.ept_vpid, k));
    ensures basic: vc008_basic(\result.basic, hardware.basic);
    ensures misc: vc009_misc(\result.misc, hardware.misc, hardware.proc2);
    ensures enumeration: vc010_enum(\result.vmcs_enum);
    ensures cr0: \result.cr0_fixed0 == hardware.cr0_fixed0 && \result.cr0_fixed1 == hardware.cr0_fixed1;
    ensures cr4: \result.cr4_fixed0 == hardware.cr4_fixed0 && \result.cr4_fixed1 == hardware.cr4_fixed1;
    ensures rest: \result.efer_valid == hardware.efer_valid && \result.debugctl_valid == hardware.debugctl_valid;
    ensures widths: \result.address_width == hardware.address_width && \result.linear_width == hardware.linear_width; */
struct pn_vmx_caps pn_vmx_offer(struct pn_vmx_caps hardware);

/* RDMSR of a capability MSR. The words without TRUE demand all of default1, which every processor allows to be 1 (A.2).
 * 0x491 (VMFUNC) is 0; since VM functions are not offered it does not exist: #GP. */
/*@ requires caps: \valid_read(c);
    requires range: 0x480 <= msr <= 0x491;
    terminates \true; exits \false; assigns \nothing;
    ensures basic: msr == 0x480 ==> \result == c->basic;
    ensures pin: msr == 0x481 || msr == 0x48d ==> \result == c->pin;
    ensures proc: msr == 0x482 ==> \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> bit(c->proc, k) || vc011_proc(k));
    ensures exit: msr == 0x483 ==> \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> bit(c->exit, k) || vc011_debug(k));
    ensures entry: msr == 0x484 ==> \forall integer k; 0 <= k <= 63 ==>
            (bit(\result, k) <==> bit(c->entry, k) || vc011_debug(k));
    ensures proc_agrees: msr == 0x482 && vc012_agree(c->proc) && bit(c->proc, 47) && bit(c->proc, 48) ==> vc012_agree(\result);
    ensures exit_agrees: msr == 0x483 && vc012_agree(c->exit) && bit(c->exit, 34) ==> vc012_agree(\result);
    ensures entry_agrees: msr == 0x484 && vc012_agree(c->entry) && bit(c->entry, 34) ==> vc012_agree(\result);
    ensures misc: msr == 0x485 ==> \result == c->misc;
    ensures cr0_fixed0: msr == 0x486 ==> \result == c->cr0_fixed0;
    ensures cr0_fixed1: msr == 0x487 ==> \result == c->cr0_fixed1;
    ensures cr4_fixed0: msr == 0x488 ==> \result == c->cr4_fixed0;
    ensures cr4_fixed1: msr == 0x489 ==> \result == c->cr4_fixed1;
    ensures enumeration: msr == 0x48a ==> \result == c->vmcs_enum;
    ensures proc2: msr == 0x48b ==> \result == c->proc2;
    ensures ept_vpid: msr == 0x48c ==> \result == c->ept_vpid;
    ensures true_proc: msr == 0x48e ==> \result == c->proc;
    ensures true_exit: msr == 0x48f ==> \result == c->exit;
    ensures true_entry: msr == 0x490 ==> \result == c->entry;
    ensures none: msr == 0x491 ==> \result == 0; */
uint64_t pn_vmx_capability(const struct pn_vmx_caps *c, uint32_t msr);

#endif
