/* SPDX-License-Identifier: BSD-2-Clause
 * The exit-information fields, and the event that is handed over to L1 (SDM vol. 3C 27.2). */
#include "exit_said.h"

#include "../event/classify.h"

enum { NMI_BLOCKING = 8, EPT_VIOLATION = 48, BIT12 = 0x1000 };
#define VALID 0x80000000u

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx005_unblocked(x.reason, x.info, x.qualification); */
static bool unblocked(struct pn_l2_exit x)
{
    return (x.info / VALID != 0 && x.info / BIT12 % 2u != 0) ||
           (x.reason % 0x10000u == EPT_VIOLATION && x.qualification / BIT12 % 2u != 0);
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION];
    ensures inv: pn_nested_inv(n);
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
    ensures reason: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason;
    ensures qualification: n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification;
    ensures entry_event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO])); */
static void say_why(struct pn_nested_vmx *n, struct pn_l2_exit x)
{
    n->vmcs12.f[PN_F_ENTRY_INFO] %= VALID;
    n->vmcs12.f[PN_F_EXIT_REASON] = x.reason;
    n->vmcs12.f[PN_F_EXIT_QUALIFICATION] = x.qualification;
}

/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_EXIT_INFO .. PN_F_VECTORING_ERROR];
    ensures inv: pn_nested_inv(n);
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
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
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
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
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
    ensures why: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason && n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification &&
            n->vmcs12.f[PN_F_EXIT_INFO] == x.info && n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
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
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
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
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
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
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
    ensures open: (n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / 8) % 2 == 0;
    ensures rest: n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] % 8 == \old(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) % 8 &&
            n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / 16 == \old(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) / 16; */
static void unblock(struct pn_nested_vmx *n)
{
    if (n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / NMI_BLOCKING % 2u != 0)
        n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] -= NMI_BLOCKING;
}

/* Nothing was interrupted. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY];
    ensures inv: pn_nested_inv(n);
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
    ensures blocking: \old(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) == dev_vmcs02[PN_F_GUEST_INTERRUPTIBILITY] ==>
            pn_saved_blocking(n, x, PN_STAGE_NONE); */
static void unblock_if(struct pn_nested_vmx *n, struct pn_l2_exit x)
{
    if (unblocked(x))
        unblock(n);
}

void pn_tell_l1(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    say(n, x);
    /*@ assert kept: n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] == \at(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], Pre); */
    if (v->injected.stage == PN_STAGE_INJECTED) {
        describe(n, v->injected, x);
        pass_on(v);
        /*@ assert flags: n->vmxon == \at(n->vmxon, Pre) && n->l2 == \at(n->l2, Pre) && n->launched == \at(n->launched, Pre) &&
              n->checked == \at(n->checked, Pre) && n->entry_pending == \at(n->entry_pending, Pre); */
        /*@ assert widths: n->caps.address_width == \at(n->caps.address_width, Pre) &&
              n->caps.linear_width == \at(n->caps.linear_width, Pre); */
        /*@ assert pointers: pn_pointers_ok(n); */
        /*@ assert nested_inv: pn_nested_inv(n); */
        /*@ assert as_it_was: n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] == \at(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY], Pre); */
    } else {
        unblock_if(n, x);
    }
}
