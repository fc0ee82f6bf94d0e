/* SPDX-License-Identifier: BSD-2-Clause
 * VM exits that L1 gets (SDM vol. 3C 27) and entries that fail late (26.8). */
#include <provenest/vmx_exit.h>

#include "../event/bits.h"
#include "../event/classify.h"
#include "host.h"
#include "sync.h"

enum { NMI_BLOCKING = 8, VIRTUAL_NMIS = 5, HOST_LONG = 9, GUEST_LONG = 9, EPT_VIOLATION = 48, BIT12 = 0x1000 };
enum { ABORT_STORE = 1, ABORT_PDPTE = 2, ABORT_LOAD = 4, ABORT_LONG = 6 }; /* SDM 27.7 */
#define VALID 0x80000000u
#define REVISION 0x80000000u
#define ABORT 0x100000000ull

/*@ requires nested: \valid_read(n);
    requires inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS;
    requires code: code <= 6;
    terminates \true; exits \false; assigns dev_memory, dev_writes;
    ensures result: \result.kind == PN_VMX_ABORT; */
static struct pn_outcome vmx_abort(const struct pn_nested_vmx *n, uint8_t code)
{
    struct pn_outcome o;

    pn_mem_write(n->current, n->caps.basic % REVISION + code * ABORT);
    o.kind = PN_VMX_ABORT;
    o.vector = 0;
    o.error = 0;
    return o;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx005_unblocked(x.reason, x.info, x.qualification); */
static bool unblocked(struct pn_l2_exit x)
{
    return (x.info / VALID != 0 && x.info / BIT12 % 2u != 0) ||
           (x.reason % 0x10000u == EPT_VIOLATION && x.qualification / BIT12 % 2u != 0);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> x.reason % 0x10000 == 0 && info_valid(x.info) == 1 && info_type(x.info) == PN_TYPE_NMI; */
static bool by_nmi(struct pn_l2_exit x)
{
    return x.reason % 0x10000u == 0 && x.info / VALID != 0 && x.info / 0x100u % 8u == PN_TYPE_NMI;
}

/* What of the processor's state L2 leaves behind. `saved` is L2's interruptibility. */
/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns \nothing;
    ensures cr0: \result.cr0 == n->vmcs12.f[PN_F_GUEST_CR0];
    ensures efer: \result.efer == dev_vmcs02[PN_F_GUEST_EFER];
    ensures pat: \result.pat == dev_vmcs02[PN_F_GUEST_PAT];
    ensures nmi: nx010_blocked(\result.nmi_blocked, nmi, n->vmcs12.f[PN_F_PIN_CTL],
            n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]); */
static struct pn_leaving leaving(const struct pn_nested_vmx *n, bool nmi)
{
    struct pn_leaving b;

    b.cr0 = n->vmcs12.f[PN_F_GUEST_CR0];
    b.efer = pn_hw_read02(PN_F_GUEST_EFER);
    b.pat = pn_hw_read02(PN_F_GUEST_PAT);
    b.nmi_blocked = nmi || (!pn_tstb(n->vmcs12.f[PN_F_PIN_CTL], VIRTUAL_NMIS) &&
                            n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / NMI_BLOCKING % 2u != 0);
    return b;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION];
    ensures inv: pn_nested_inv(n);
    ensures reason: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason;
    ensures qualification: n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification;
    ensures entry_event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO])); */
static void say_why(struct pn_nested_vmx *n, struct pn_l2_exit x)
{
    n->vmcs12.f[PN_F_ENTRY_INFO] = n->vmcs12.f[PN_F_ENTRY_INFO] % VALID;
    n->vmcs12.f[PN_F_EXIT_REASON] = x.reason;
    n->vmcs12.f[PN_F_EXIT_QUALIFICATION] = x.qualification;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_EXIT_INFO .. PN_F_VECTORING_ERROR];
    ensures inv: pn_nested_inv(n);
    ensures info: n->vmcs12.f[PN_F_EXIT_INFO] == x.info;
    ensures error: n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
    ensures nothing: n->vmcs12.f[PN_F_VECTORING_INFO] == 0;
    ensures no_error: n->vmcs12.f[PN_F_VECTORING_ERROR] == 0; */
static void say_event(struct pn_nested_vmx *n, struct pn_l2_exit x)
{
    n->vmcs12.f[PN_F_EXIT_INFO] = x.info;
    n->vmcs12.f[PN_F_EXIT_ERROR] = x.error;
    n->vmcs12.f[PN_F_VECTORING_INFO] = 0;
    n->vmcs12.f[PN_F_VECTORING_ERROR] = 0;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_EXIT_LENGTH .. PN_F_GUEST_PHYSICAL];
    ensures inv: pn_nested_inv(n);
    ensures length: n->vmcs12.f[PN_F_EXIT_LENGTH] == x.length;
    ensures instruction: n->vmcs12.f[PN_F_INSTRUCTION_INFO] == x.instruction_info;
    ensures linear: n->vmcs12.f[PN_F_GUEST_LINEAR_ADDRESS] == x.linear;
    ensures physical: n->vmcs12.f[PN_F_GUEST_PHYSICAL] == x.physical; */
static void say_where(struct pn_nested_vmx *n, struct pn_l2_exit x)
{
    n->vmcs12.f[PN_F_EXIT_LENGTH] = x.length;
    n->vmcs12.f[PN_F_INSTRUCTION_INFO] = x.instruction_info;
    n->vmcs12.f[PN_F_GUEST_LINEAR_ADDRESS] = x.linear;
    n->vmcs12.f[PN_F_GUEST_PHYSICAL] = x.physical;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL];
    ensures inv: pn_nested_inv(n);
    ensures said: pn_exit_said(n, x);
    ensures nothing: pn_says_nothing_interrupted(n, x);
    ensures entry_event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO])); */
static void say(struct pn_nested_vmx *n, struct pn_l2_exit x)
{
    say_where(n, x);
    say_event(n, x);
    say_why(n, x);
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_VECTORING_INFO .. PN_F_EXIT_LENGTH];
    ensures inv: pn_nested_inv(n);
    ensures info: n->vmcs12.f[PN_F_VECTORING_INFO] == info;
    ensures error: n->vmcs12.f[PN_F_VECTORING_ERROR] == error;
    ensures length: n->vmcs12.f[PN_F_EXIT_LENGTH] == length; */
static void say_interrupted(struct pn_nested_vmx *n, uint32_t info, uint32_t error, uint32_t length)
{
    n->vmcs12.f[PN_F_VECTORING_INFO] = info;
    n->vmcs12.f[PN_F_VECTORING_ERROR] = error;
    n->vmcs12.f[PN_F_EXIT_LENGTH] = length;
}

/* In the words of the hardware, the event whose delivery the exit interrupted. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires event: e.type <= 7;
    requires said: pn_exit_said(n, x) && n->vmcs12.f[PN_F_EXIT_LENGTH] == x.length;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_VECTORING_INFO .. PN_F_EXIT_LENGTH];
    ensures inv: pn_nested_inv(n);
    ensures said: pn_exit_said(n, x);
    ensures event: pn_says_interrupted(n, x, e); */
static void describe(struct pn_nested_vmx *n, struct pn_event e, struct pn_l2_exit x)
{
    say_interrupted(n, pn_vmx_entry_info(e), e.has_error ? e.error : 0, pn_is_soft(e.type) ? e.length : x.length);
}

/* It is L1's from here on (SDM 27.2.4). */
/*@ requires vcpu: \valid(v);
    requires inv: pn_inv(*v);
    requires interrupted: has_injected(*v) && v->cancelled == 0 && dev_entry == 0 && dev_svm == 0;
    terminates \true; exits \false; assigns v->injected.stage, dev_owed, led_reported;
    ensures inv: pn_inv(*v);
    ensures gone: v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures counted: n_reported == \old(n_reported) + 1;
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v); */
static void pass_on(struct pn_vcpu *v)
{
    pn_ledger_passed_on(v->injected);
    v->injected.stage = PN_STAGE_NONE;
}

/* The exception's IRET had unblocked NMIs; pn_complete_vectoring has blocked them again for a guest that goes on, this one does
 * not: its hypervisor reads bit 12. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY];
    ensures inv: pn_nested_inv(n);
    ensures open: (n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / 8) % 2 == 0;
    ensures rest: n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] % 8 == \old(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) % 8 &&
            n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / 16 == \old(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) / 16; */
static void unblock(struct pn_nested_vmx *n)
{
    if (n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / NMI_BLOCKING % 2u != 0)
        n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] -= NMI_BLOCKING;
}

/* vmcs01 is current: L1 goes on. `done` is the outcome if nothing aborts. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[0 .. PN_FIELDS - 1], dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures result: \result.kind == done || \result.kind == PN_VMX_ABORT; */
static struct pn_outcome to_host(const struct pn_nested_vmx *n, struct pn_leaving b, uint8_t done)
{
    const uint64_t *f = n->vmcs12.f;
    struct pn_outcome o;

    if (!pn_load_host_pdptes(n))
        return vmx_abort(n, ABORT_PDPTE);
    pn_load_host(n, b);
    if (pn_load_msrs(f[PN_F_EXIT_LOAD_ADDR], (uint32_t)f[PN_F_EXIT_LOAD_COUNT]) != 0)
        return vmx_abort(n, ABORT_LOAD);
    o.kind = done;
    o.vector = 0;
    o.error = 0;
    return o;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS;
    terminates \true; exits \false; assigns n->l2, n->entry_pending;
    ensures inv: pn_nested_inv(n);
    ensures left: n->l2 == 0 && n->entry_pending == 0; */
static void leave_l2(struct pn_nested_vmx *n)
{
    n->l2 = false;
    n->entry_pending = false;
    /*@ assert fields: \forall integer i; 0 <= i < PN_FIELDS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert caps: n->caps == \at(n->caps, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
}

/* What L1 is told. */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires interrupted: dev_entry == 0 && dev_svm == 0 && (has_injected(*v) ==> v->cancelled == 0);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], v->injected.stage, dev_owed, led_reported;
    ensures inv: pn_inv(*v);
    ensures nested_inv: pn_nested_inv(n);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures said: pn_exit_said(n, x);
    ensures nothing_interrupted: !\old(has_injected(*v)) ==> pn_says_nothing_interrupted(n, x);
    ensures interrupted: \old(has_injected(*v)) ==> pn_says_interrupted(n, x, \old(v->injected)) &&
            n_reported == \old(n_reported) + 1;
    ensures handed_over: v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures entry_event: info_valid(n->vmcs12.f[PN_F_ENTRY_INFO]) == 0; */
static void tell(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    say(n, x);
    if (v->injected.stage == PN_STAGE_INJECTED) {
        describe(n, v->injected, x);
        pass_on(v);
        /*@ assert flags: n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre) && n->launched == \at(n->launched, Pre) &&
              n->checked == \at(n->checked, Pre) && n->entry_pending == \at(n->entry_pending, Pre); */
        /*@ assert widths: n->caps.address_width == \at(n->caps.address_width, Pre) &&
              n->caps.linear_width == \at(n->caps.linear_width, Pre); */
        /*@ assert pointers: pn_pointers_ok(n); */
        /*@ assert nested_inv: pn_nested_inv(n); */
    } else if (unblocked(x)) {
        unblock(n);
    }
}

/* vmcs02 is left for vmcs01. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    terminates \true; exits \false;
    assigns dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[0 .. PN_FIELDS - 1], dev_vmcs, dev_if, dev_tf,
            dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs,
            dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2, dev_reads, dev_memory,
            dev_writes, dev_msrs, dev_msr_journal;
    ensures result: \result.kind == PN_VMX_SUCCEED || \result.kind == PN_VMX_ABORT;
    ensures current: dev_vmcs == PN_VMCS01;
    ensures at_instruction: dev_rip == dev_at; */
static struct pn_outcome finish(const struct pn_nested_vmx *n, bool nmi)
{
    const struct pn_leaving b = leaving(n, nmi);
    const bool stored =
        pn_store_msrs(n->vmcs12.f[PN_F_EXIT_STORE_ADDR], (uint32_t)n->vmcs12.f[PN_F_EXIT_STORE_COUNT]);

    pn_hw_load_vmcs(PN_VMCS01);
    if (!stored)
        return vmx_abort(n, ABORT_STORE);
    if (pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], GUEST_LONG) && !pn_tstb(n->vmcs12.f[PN_F_EXIT_CTL], HOST_LONG))
        return vmx_abort(n, ABORT_LONG);
    return to_host(n, b, PN_VMX_SUCCEED);
}

struct pn_outcome pn_nested_exit(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    pn_save_guest(n);
    n->launched = true;
    leave_l2(n);
    /*@ assert events: *v == \at(*v, Pre); */
    tell(n, v, x);
    /*@ assert balance: balanced{Pre}(\at(*v, Pre)) ==> balanced(*v); */
    return finish(n, by_nmi(x));
}

/*@ requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns \nothing;
    ensures cr0: \result.cr0 == dev_vmcs01[PN_F_GUEST_CR0];
    ensures efer: \result.efer == dev_vmcs01[PN_F_GUEST_EFER];
    ensures pat: \result.pat == dev_vmcs01[PN_F_GUEST_PAT];
    ensures nmi: \result.nmi_blocked != 0 <==> (dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY] / 8) % 2 == 1; */
static struct pn_leaving staying(void)
{
    struct pn_leaving b;

    b.cr0 = pn_hw_read01(PN_F_GUEST_CR0);
    b.efer = pn_hw_read01(PN_F_GUEST_EFER);
    b.pat = pn_hw_read01(PN_F_GUEST_PAT);
    b.nmi_blocked = pn_hw_read01(PN_F_GUEST_INTERRUPTIBILITY) / NMI_BLOCKING % 2u != 0;
    return b;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires reason: reason <= 0xffff;
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION];
    ensures inv: pn_nested_inv(n);
    ensures reason: n->vmcs12.f[PN_F_EXIT_REASON] == reason + 0x80000000;
    ensures qualification: n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == qualification; */
static void fail(struct pn_nested_vmx *n, uint32_t reason, uint64_t qualification)
{
    n->vmcs12.f[PN_F_EXIT_REASON] = (uint64_t)reason + VALID;
    n->vmcs12.f[PN_F_EXIT_QUALIFICATION] = qualification;
}

struct pn_outcome pn_entry_failure(struct pn_nested_vmx *n, uint32_t reason, uint64_t qualification)
{
    fail(n, reason, qualification);
    leave_l2(n);
    pn_hw_load_vmcs(PN_VMCS01);
    return to_host(n, staying(), PN_VMX_ENTRY_FAILED);
}
