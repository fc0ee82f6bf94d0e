/* SPDX-License-Identifier: BSD-2-Clause
 * VM exits that L1 gets (SDM vol. 3C 27) and entries that fail late (26.8). */
#include <provenest/vmx_exit.h>

#include "../event/bits.h"
#include "exit_said.h"
#include "host.h"
#include "sync.h"

enum { NMI_BLOCKING = 8, VIRTUAL_NMIS = 5, HOST_LONG = 9, GUEST_LONG = 9 };
enum { LOAD_PAT = 19, LOAD_EFER = 21 };                                    /* exit controls */
enum { ABORT_STORE = 1, ABORT_PDPTE = 2, ABORT_LOAD = 4, ABORT_LONG = 6 }; /* SDM 27.7 */
#define VALID 0x80000000u
#define REVISION 0x80000000u
#define ABORT 0x100000000ull

/*@ requires nested: \valid_read(n);
    requires inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS;
    requires code: code <= 6;
    terminates \true; exits \false; assigns dev_memory, dev_writes;
    ensures said: pn_aborted(n, code);
    ensures memory: \forall integer a; a != n->current ==> mem64(a) == \old(mem64(a));
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
    ensures rule: \result != 0 <==> pn_by_nmi(x) != 0; */
static bool by_nmi(struct pn_l2_exit x)
{
    return x.reason % 0x10000u == 0 && x.info / VALID != 0 && x.info / 0x100u % 8u == PN_TYPE_NMI;
}

/* What of the processor's state L2 leaves behind. What the exit loads is not read (SDM 27.5.1). */
/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false; assigns \nothing;
    ensures cr0: \result.cr0 == n->vmcs12.f[PN_F_GUEST_CR0];
    ensures efer: !bit(n->vmcs12.f[PN_F_EXIT_CTL], 21) ==> \result.efer == dev_vmcs02[PN_F_GUEST_EFER];
    ensures pat: !bit(n->vmcs12.f[PN_F_EXIT_CTL], 19) ==> \result.pat == dev_vmcs02[PN_F_GUEST_PAT];
    ensures nmi: nx010_blocked(\result.nmi_blocked, nmi, n->vmcs12.f[PN_F_PIN_CTL],
            n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]); */
static struct pn_leaving leaving(const struct pn_nested_vmx *n, bool nmi)
{
    struct pn_leaving b;

    b.cr0 = n->vmcs12.f[PN_F_GUEST_CR0];
    b.efer = pn_tstb(n->vmcs12.f[PN_F_EXIT_CTL], LOAD_EFER) ? 0 : pn_hw_read02(PN_F_GUEST_EFER);
    b.pat = pn_tstb(n->vmcs12.f[PN_F_EXIT_CTL], LOAD_PAT) ? 0 : pn_hw_read02(PN_F_GUEST_PAT);
    b.nmi_blocked = nmi || (!pn_tstb(n->vmcs12.f[PN_F_PIN_CTL], VIRTUAL_NMIS) &&
                            n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] / NMI_BLOCKING % 2u != 0);
    return b;
}

/* vmcs01 is current: L1 goes on. `done` is the outcome if nothing aborts. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS01;
    requires done: done != PN_VMX_ABORT;
    terminates \true; exits \false;
    assigns dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures result: \result.kind == done || \result.kind == PN_VMX_ABORT;
    ensures same02: pn_same02{Pre, Post};
    ensures host: \result.kind == done ==> pn_host_loaded(n, b.cr0);
    ensures blocking: \result.kind == done ==> dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY] == (b.nmi_blocked != 0 ? 8 : 0);
    ensures msrs: \result.kind == done ==> pn_host_unlisted(n, b.efer, b.pat);
    ensures pdptes: \result.kind == done ==> pn_host_pdptes(n);
    ensures list: \result.kind == done ==>
            msrs_loaded{Pre, Post}(n->vmcs12.f[PN_F_EXIT_LOAD_ADDR], n->vmcs12.f[PN_F_EXIT_LOAD_COUNT]);
    ensures memory: \result.kind == done ==> same_memory{Pre, Post};
    ensures others: \forall integer a; a != n->current ==> mem64(a) == \old(mem64(a));
    ensures refusals: msr_refusals_kept{Pre, Post};
    ensures abort: \result.kind == PN_VMX_ABORT ==> pn_host_refused{Pre, Post}(n); */
static struct pn_outcome to_host(const struct pn_nested_vmx *n, struct pn_leaving b, uint8_t done)
{
    const uint64_t *f = n->vmcs12.f;
    struct pn_outcome o;
    uint32_t refused;

    if (!pn_load_host_pdptes(n))
        return vmx_abort(n, ABORT_PDPTE);
    pn_load_host(n, b);
    /*@ assert pdptes: pn_host_pdptes(n); */
    refused = pn_load_msrs(f[PN_F_EXIT_LOAD_ADDR], (uint32_t)f[PN_F_EXIT_LOAD_COUNT]);
    if (refused != 0) {
        o = vmx_abort(n, ABORT_LOAD);
        /*@ assert taken: pn_host_pdptes_taken(n); */
        /*@ assert refused: msr_list_fits(f[PN_F_EXIT_LOAD_ADDR], refused) ==>
              pn_unloadable_at{Pre, Here}(f[PN_F_EXIT_LOAD_ADDR] + 16 * (refused - 1), n->current); */
        return o;
    }
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
    /*@ assert fit: pn_fields_fit(n); */
    /*@ assert offered: pn_caps_ok(n->caps); */
}

/* vmcs02 is left for vmcs01. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    terminates \true; exits \false;
    assigns dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, dev_if, dev_tf,
            dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs,
            dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2, dev_reads, dev_memory,
            dev_writes, dev_msrs, dev_msr_journal;
    ensures result: \result.kind == PN_VMX_SUCCEED || \result.kind == PN_VMX_ABORT;
    ensures current: dev_vmcs == PN_VMCS01;
    ensures at_instruction: dev_rip == dev_at;
    ensures same02: pn_same02{Pre, Post};
    ensures stored: \result.kind == PN_VMX_SUCCEED ==>
            msrs_stored{Pre, Post}(n->vmcs12.f[PN_F_EXIT_STORE_ADDR], n->vmcs12.f[PN_F_EXIT_STORE_COUNT]);
    ensures host: \result.kind == PN_VMX_SUCCEED ==> pn_host_loaded(n, n->vmcs12.f[PN_F_GUEST_CR0]);
    ensures blocking: \result.kind == PN_VMX_SUCCEED ==> pn_host_blocking(dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY]) &&
            nx010_blocked(dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY], nmi, n->vmcs12.f[PN_F_PIN_CTL],
              n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]);
    ensures msrs: \result.kind == PN_VMX_SUCCEED ==>
            pn_host_unlisted(n, \old(dev_vmcs02[PN_F_GUEST_EFER]), \old(dev_vmcs02[PN_F_GUEST_PAT]));
    ensures pdptes: \result.kind == PN_VMX_SUCCEED ==> pn_host_pdptes(n);
    ensures list: \result.kind == PN_VMX_SUCCEED ==>
            msrs_loaded{Pre, Post}(n->vmcs12.f[PN_F_EXIT_LOAD_ADDR], n->vmcs12.f[PN_F_EXIT_LOAD_COUNT]);
    ensures long_mode: \result.kind == PN_VMX_SUCCEED ==> !pn_leaves_long_mode(n);
    ensures abort: \result.kind == PN_VMX_ABORT ==> pn_exit_aborted{Pre, Post}(n); */
static struct pn_outcome finish(const struct pn_nested_vmx *n, bool nmi)
{
    const struct pn_leaving b = leaving(n, nmi);
    const bool stored = pn_store_msrs(n->vmcs12.f[PN_F_EXIT_STORE_ADDR], (uint32_t)n->vmcs12.f[PN_F_EXIT_STORE_COUNT]);

    pn_hw_load_vmcs(PN_VMCS01);
    if (!stored)
        return vmx_abort(n, ABORT_STORE);
    if (pn_tstb(n->vmcs12.f[PN_F_ENTRY_CTL], GUEST_LONG) && !pn_tstb(n->vmcs12.f[PN_F_EXIT_CTL], HOST_LONG))
        return vmx_abort(n, ABORT_LONG);
    return to_host(n, b, PN_VMX_SUCCEED);
}

/* L2 has been entered, whatever became of it. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires operation: n->vmxon != 0 && n->current != PN_NO_VMCS;
    terminates \true; exits \false; assigns n->l2, n->entry_pending, n->launched;
    ensures inv: pn_nested_inv(n);
    ensures left: n->l2 == 0 && n->entry_pending == 0 && n->launched != 0; */
static void left_l2(struct pn_nested_vmx *n)
{
    leave_l2(n);
    n->launched = true;
    /*@ assert fields: \forall integer i; 0 <= i < PN_FIELDS ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert caps: n->caps == \at(n->caps, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
}

/* pn_save_guest, in the words of vmx_left.h. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER], n->dirty;
    ensures inv: pn_nested_inv(n);
    ensures blocking: n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] == dev_vmcs02[PN_F_GUEST_INTERRUPTIBILITY];
    ensures saved: pn_saved(n, \old(n->vmcs12));
    ensures stands: pn_stands(n, \old(n->vmcs12));
    ensures dirty_grows: pn_dirty_grows(\old(n->dirty), n->dirty); */
static void save(struct pn_nested_vmx *n)
{
    pn_save_guest(n);
    /*@ assert plain: pn_saved_plain(n); */
    /*@ assert controls: pn_saved_controls(n, \at(n->vmcs12, Pre)); */
    /*@ assert asked_debugctl: pn_saved_if(n, \at(n->vmcs12, Pre), 2, PN_F_GUEST_DEBUGCTL); */
    /*@ assert asked_pat: pn_saved_if(n, \at(n->vmcs12, Pre), 18, PN_F_GUEST_PAT); */
    /*@ assert asked_efer: pn_saved_if(n, \at(n->vmcs12, Pre), 20, PN_F_GUEST_EFER); */
    /*@ assert asked_timer: pn_saved_if(n, \at(n->vmcs12, Pre), 22, PN_F_PREEMPTION_TIMER); */
    /*@ assert asked_dr7: pn_saved_if(n, \at(n->vmcs12, Pre), 2, PN_F_GUEST_DR7); */
    /*@ assert asked: pn_saved_asked(n, \at(n->vmcs12, Pre)); */
    /*@ assert pdptrs: pn_saved_pdptrs(n, \at(n->vmcs12, Pre)); */
    /*@ assert again: pn_again(n); */
    /*@ assert same_controls: pn_same_as(n, \at(n->vmcs12, Pre), PN_F_PIN_CTL, PN_F_ENTRY_CTL); */
    /*@ assert same_host: pn_same_as(n, \at(n->vmcs12, Pre), PN_G_HOST, PN_G_HOST_END); */
    /*@ assert same_area: !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_as(n, \at(n->vmcs12, Pre), PN_F_GUEST_DR7, PN_G_RARE_END); */
    /*@ assert same_mode: !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_as(n, \at(n->vmcs12, Pre), PN_F_ENTRY_CTL, PN_F_EXCEPTION_BITMAP); */
    /*@ assert same_cr0: !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_as(n, \at(n->vmcs12, Pre), PN_F_GUEST_CR0, PN_F_GUEST_CR3); */
    /*@ assert same_cr4: !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_as(n, \at(n->vmcs12, Pre), PN_F_GUEST_CR4, PN_F_CR0_MASK); */
    /*@ assert same_guest: !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_guest(n, \at(n->vmcs12, Pre)); */
}

/* pn_tell_l1; what it leaves of vmcs12 is said, for the solvers do not see it behind what `save` has done. */
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
    ensures keeps: \forall struct pn_vmcs12 b; pn_saved{Pre}(n, b) ==> pn_saved(n, b);
    ensures stands: \forall struct pn_vmcs12 b; pn_stands{Pre}(n, b) ==> pn_stands(n, b);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures why: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason && n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification &&
            n->vmcs12.f[PN_F_EXIT_INFO] == x.info && n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
    ensures said: pn_exit_said(n, x);
    ensures nothing_interrupted: !\old(has_injected(*v)) ==> pn_says_nothing_interrupted(n, x);
    ensures interrupted: \old(has_injected(*v)) ==> pn_says_interrupted(n, x, \old(v->injected)) &&
            n_reported == \old(n_reported) + 1;
    ensures handed_over: v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures entry_event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO]));
    ensures blocking: \old(n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY]) == dev_vmcs02[PN_F_GUEST_INTERRUPTIBILITY] ==>
            pn_saved_blocking(n, x, \old(v->injected.stage)); */
static void tell(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    pn_tell_l1(n, v, x);
    /*@ assert controls: \forall integer i; PN_G_CONTROLS <= i < PN_G_CONTROLS_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert area: \forall integer i; PN_G_REGISTERS <= i < PN_G_HOST_END ==> n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre); */
    /*@ assert as_controls: \forall struct pn_vmcs12 b;
          pn_same_as{Pre}(n, b, PN_F_PIN_CTL, PN_F_ENTRY_CTL) ==> pn_same_as(n, b, PN_F_PIN_CTL, PN_F_ENTRY_CTL); */
    /*@ assert as_host: \forall struct pn_vmcs12 b;
          pn_same_as{Pre}(n, b, PN_G_HOST, PN_G_HOST_END) ==> pn_same_as(n, b, PN_G_HOST, PN_G_HOST_END); */
    /*@ assert as_area: \forall struct pn_vmcs12 b;
          pn_same_as{Pre}(n, b, PN_F_GUEST_DR7, PN_G_RARE_END) ==> pn_same_as(n, b, PN_F_GUEST_DR7, PN_G_RARE_END); */
    /*@ assert as_mode: \forall struct pn_vmcs12 b;
          pn_same_as{Pre}(n, b, PN_F_ENTRY_CTL, PN_F_EXCEPTION_BITMAP) ==> pn_same_as(n, b, PN_F_ENTRY_CTL, PN_F_EXCEPTION_BITMAP); */
    /*@ assert as_cr0: \forall struct pn_vmcs12 b;
          pn_same_as{Pre}(n, b, PN_F_GUEST_CR0, PN_F_GUEST_CR3) ==> pn_same_as(n, b, PN_F_GUEST_CR0, PN_F_GUEST_CR3); */
    /*@ assert as_cr4: \forall struct pn_vmcs12 b;
          pn_same_as{Pre}(n, b, PN_F_GUEST_CR4, PN_F_CR0_MASK) ==> pn_same_as(n, b, PN_F_GUEST_CR4, PN_F_CR0_MASK); */
    /*@ assert same_host: \forall struct pn_vmcs12 b; pn_same_host{Pre}(n, b) ==> pn_same_host(n, b); */
    /*@ assert same_guest: \forall struct pn_vmcs12 b; pn_same_guest{Pre}(n, b) ==> pn_same_guest(n, b); */
}

/* Everything but the way to L1's state. */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires current: dev_vmcs == PN_VMCS02;
    requires operation: n->vmxon != 0 && n->current != PN_NO_VMCS;
    requires interrupted: dev_entry == 0 && dev_svm == 0 && (has_injected(*v) ==> v->cancelled == 0);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], n->dirty, n->launched, n->l2, n->entry_pending,
            v->injected.stage, dev_owed, led_reported;
    ensures inv: pn_inv(*v);
    ensures nested_inv: pn_nested_inv(n);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures left: n->l2 == 0 && n->entry_pending == 0 && n->launched != 0;
    ensures why: n->vmcs12.f[PN_F_EXIT_REASON] == x.reason && n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == x.qualification &&
            n->vmcs12.f[PN_F_EXIT_INFO] == x.info && n->vmcs12.f[PN_F_EXIT_ERROR] == x.error;
    ensures said: pn_exit_said(n, x);
    ensures nothing_interrupted: !\old(has_injected(*v)) ==> pn_says_nothing_interrupted(n, x);
    ensures interrupted: \old(has_injected(*v)) ==> pn_says_interrupted(n, x, \old(v->injected)) &&
            n_reported == \old(n_reported) + 1;
    ensures handed_over: v->injected.stage == PN_STAGE_NONE && dev_owed == 0;
    ensures entry_event: nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \old(n->vmcs12.f[PN_F_ENTRY_INFO]));
    ensures blocking: pn_saved_blocking(n, x, \old(v->injected.stage));
    ensures saved: pn_saved(n, \old(n->vmcs12));
    ensures stands: pn_stands(n, \old(n->vmcs12));
    ensures dirty_grows: pn_dirty_grows(\old(n->dirty), n->dirty); */
static void save_and_tell(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    save(n);
    left_l2(n);
    /*@ assert events: *v == \at(*v, Pre); */
    tell(n, v, x);
    /*@ assert balance: balanced{Pre}(\at(*v, Pre)) ==> balanced(*v); */
}

struct pn_outcome pn_nested_exit(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x)
{
    struct pn_outcome o;

    save_and_tell(n, v, x);
    /*@ assert parts: pn_saved_plain(n) && pn_saved_controls(n, \at(n->vmcs12, Pre)) && pn_saved_asked(n, \at(n->vmcs12, Pre)) &&
          pn_saved_pdptrs(n, \at(n->vmcs12, Pre)) && pn_again(n); */
    o = finish(n, by_nmi(x));
    /*@ assert plain: pn_saved_plain(n); */
    /*@ assert controls: pn_saved_controls(n, \at(n->vmcs12, Pre)); */
    /*@ assert asked: pn_saved_asked(n, \at(n->vmcs12, Pre)); */
    /*@ assert pdptrs: pn_saved_pdptrs(n, \at(n->vmcs12, Pre)); */
    /*@ assert again: pn_again(n); */
    return o;
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

struct pn_outcome pn_entry_failure(struct pn_nested_vmx *n, uint32_t reason, uint64_t qualification, bool loaded)
{
    const uint64_t efer = loaded ? pn_hw_read02(PN_F_GUEST_EFER) : 0, pat = loaded ? pn_hw_read02(PN_F_GUEST_PAT) : 0;
    struct pn_leaving b;

    fail(n, reason, qualification);
    leave_l2(n);
    pn_hw_load_vmcs(PN_VMCS01);
    b = staying();
    b.efer = loaded ? efer : b.efer;
    b.pat = loaded ? pat : b.pat;
    return to_host(n, b, PN_VMX_ENTRY_FAILED);
}
