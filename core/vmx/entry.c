/* SPDX-License-Identifier: BSD-2-Clause
 * VMLAUNCH and VMRESUME of L1's, from the instruction to a vmcs02 that is ready (SDM vol. 3C 26, 26.8). */
#include "entry.h"

#include <provenest/vmx_exit.h>

enum { REASON_GUEST_STATE = 33, REASON_MSR_LOADING = 34 };

/* An entry of the MSR-load list could not be loaded. Those before it were, some of them perhaps into vmcs02. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires entry: entry > 0;
    requires operation: n->current != PN_NO_VMCS;
    requires current: dev_vmcs == PN_VMCS02;
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION], n->l2, n->entry_pending, n->pdptrs_held,
            n->dirty, n->checked, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal,
            dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[0 .. PN_FIELDS - 1],
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures at_instruction: dev_rip == dev_at;
    ensures kind: \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT;
    ensures reason34: n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000022 && n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == entry;
    ensures root: n->l2 == 0 && n->entry_pending == 0 && dev_vmcs == PN_VMCS01;
    ensures refusals: msr_refusals_kept{Pre, Post};
    ensures memory: \forall integer a; a != n->current ==> mem64(a) == \old(mem64(a));
    ensures nothing_known: n->pdptrs_held == 0 && n->checked == 0 &&
            (\forall integer k; 0 <= k <= 31 && k != PN_HAS_SEGMENTS ==> bit(n->dirty, k));
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS); */
static struct pn_outcome refuse_list(struct pn_nested_vmx *n, uint32_t entry)
{
    pn_forget_entry(n);
    return pn_entry_failure(n, REASON_MSR_LOADING, entry, true);
}

/* All checks have passed. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires operation: n->vmxon != 0 && n->current != PN_NO_VMCS;
    requires root: n->l2 == 0;
    requires controls: controls_ok(n);
    requires guest: guest_plain_ok(n) && guest_nmi_behind_sti_ok(n);
    requires memory: guest_pdptes_in_memory(n) ==>
             g.pdpte[0] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3])) &&
             g.pdpte[1] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8) &&
             g.pdpte[2] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 16) &&
             g.pdpte[3] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 24);
    requires current: dev_vmcs == PN_VMCS01;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires clean: pn_clean_sound(n, l0);
    requires history: pn_pdptrs_sound(n);
    requires tags: pn_tags_sound(n);
    requires settled: pn_segments_settled(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION], n->checked, n->l2, n->entry_pending,
            n->pdptrs_held, n->dirty, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal, dev_bitmap02, dev_rounds,
            dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[0 .. PN_FIELDS - 1], dev_written02[0 .. PN_FIELDS - 1], dev_cost02,
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures nested: \result.kind == PN_VMX_ENTER ==> n->l2 != 0 && n->entry_pending != 0 && dev_vmcs == PN_VMCS02;
    ensures controls: \result.kind == PN_VMX_ENTER ==> controls_ok(n);
    ensures host: \result.kind == PN_VMX_ENTER ==> (\forall integer lma; host_ok{Pre}(n, lma) ==> host_ok(n, lma));
    ensures guest: \result.kind == PN_VMX_ENTER ==> guest_plain_ok(n) && guest_nmi_behind_sti_ok(n);
    ensures holds_words: \result.kind == PN_VMX_ENTER ==> pn_holds_words(n, l0);
    ensures holds_exceptions: \result.kind == PN_VMX_ENTER ==> pn_holds_exceptions(n, l0);
    ensures holds_plain: \result.kind == PN_VMX_ENTER ==> pn_holds_plain(n, l0);
    ensures holds_ept: \result.kind == PN_VMX_ENTER ==> pn_holds_ept(n, l0);
    ensures holds_pages: \result.kind == PN_VMX_ENTER ==> pn_holds_pages(n);
    ensures holds_tsc: \result.kind == PN_VMX_ENTER ==> pn_holds_tsc(n, l0);
    ensures holds_basic: \result.kind == PN_VMX_ENTER ==> pn_same(n, PN_G_BASIC, PN_G_BASIC_END);
    ensures holds_registers: \result.kind == PN_VMX_ENTER ==> pn_holds_registers(n, l0);
    ensures holds_gated: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_gated(n, \old(dev_vmcs01[PN_F_GUEST_DR7]), \old(dev_vmcs01[PN_F_GUEST_DEBUGCTL]),
                           \old(dev_vmcs01[PN_F_GUEST_PAT]));
    ensures holds_efer: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_efer(n, \old(dev_vmcs01[PN_F_GUEST_EFER]));
    ensures holds_segments: \result.kind == PN_VMX_ENTER ==> pn_same_segments(n);
    ensures left_segments: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_vmcs02[f] == \old(dev_vmcs02[f]));
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures holds_rare: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures holds_activity: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_GUEST_ACTIVITY] == n->vmcs12.f[PN_F_GUEST_ACTIVITY];
    ensures holds_timer: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_PREEMPTION_TIMER] == n->vmcs12.f[PN_F_PREEMPTION_TIMER];
    ensures pdptrs: \result.kind == PN_VMX_ENTER && pn_uses_pdptrs(n) && (dev_pdptrs_lost == 0 || !\old(n->pdptrs_held)) ==>
            pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures pdptrs_memory: \result.kind == PN_VMX_ENTER && pn_walks_pdptrs(n) ==>
            dev_vmcs02[PN_F_GUEST_PDPTR0] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3])) &&
            dev_vmcs02[PN_F_GUEST_PDPTR1] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8) &&
            dev_vmcs02[PN_F_GUEST_PDPTR2] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 16) &&
            dev_vmcs02[PN_F_GUEST_PDPTR3] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 24);
    ensures flushed: \result.kind == PN_VMX_ENTER ==> dev_flush_owed == 0;
    ensures root: \result.kind != PN_VMX_ENTER ==> n->l2 == 0 && n->entry_pending == 0 && dev_vmcs == PN_VMCS01;
    ensures stands: n->checked != 0 ==> controls_ok(n);
    ensures still_verdict: \result.kind != PN_VMX_ENTER ==> pn_verdict_sound(n);
    ensures dirty_kept: \forall integer k; 0 <= k <= 31 ==> (bit(\old(n->dirty), k) ==> bit(n->dirty, k));
    ensures still_clean: \result.kind != PN_VMX_ENTER ==> pn_clean_sound(n, l0);
    ensures still_history: pn_pdptrs_sound(n);
    ensures still_tags: \result.kind != PN_VMX_ENTER ==> pn_tags_sound(n);
    ensures tags: \result.kind == PN_VMX_ENTER ==> pn_tags(n, dev_tag_vpid, dev_tag_eptp);
    ensures at_instruction: dev_rip == dev_at;
    ensures kinds: entering(\result) || \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT;
    ensures number34: \result.kind != PN_VMX_ENTER ==> pn_failed_at_list{Pre, Post}(n);
    ensures number34_entry: (\result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT) &&
            n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000022 ==>
            pn_unloadable{Pre, Post}(n, \old(n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR]), n->vmcs12.f[PN_F_EXIT_QUALIFICATION]);
    ensures once: \old(n_rounds) <= n_rounds <= \old(n_rounds) + 1;
    ensures cost_least: pn_all_clean(\old(n->dirty)) && pn_loads_all{Pre}(n) && !pn_writes_pdptrs{Pre}(n) ==>
            n_writes02 <= \old(n_writes02) + 4;
    ensures cost_clean: pn_all_clean(\old(n->dirty)) ==> n_writes02 <= \old(n_writes02) + 12;
    ensures cost_most: n_writes02 <= \old(n_writes02) + 77; */
static struct pn_outcome enter(struct pn_nested_vmx *n, struct pn_l0_wants l0, struct pn_guest_memory g)
{
    const struct pn_pdptes p = {{g.pdpte[0], g.pdpte[1], g.pdpte[2], g.pdpte[3]}};
    struct pn_outcome o = {.kind = PN_VMX_ENTER, .vector = 0, .error = 0};
    const uint32_t count = (uint32_t)n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT];
    uint32_t failing = 0;

    pn_enter_vmcs02(n, l0, p);
    if (count)
        failing = pn_load_msrs(n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR], count);
    /*@ assert range: failing <= count; */
    /*@ assert history: pn_pdptrs_sound(n); */
    /*@ assert refused: failing != 0 ==> pn_unloadable{Pre, Here}(n, n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR], failing); */
    if (failing)
        o = refuse_list(n, failing);
    /*@ assert unloadable: failing != 0 ==> pn_unloadable{Pre, Here}(n, n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR], failing); */
    /*@ assert list: n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR] == \at(n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR], Pre) &&
          count == \at(n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT], Pre); */
    /*@ assert said: failing != 0 ==> n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000022 &&
          n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == failing; */
    /*@ assert failed: failing != 0 ==> pn_failed_at_list{Pre, Here}(n); */
    return o;
}

/* Controls and host state have passed. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires operation: n->vmxon != 0 && n->current != PN_NO_VMCS;
    requires root: n->l2 == 0;
    requires controls: controls_ok(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires clean: pn_clean_sound(n, l0);
    requires history: pn_pdptrs_sound(n);
    requires tags: pn_tags_sound(n);
    requires settled: pn_segments_settled(n);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION], n->checked, n->l2, n->entry_pending,
            n->pdptrs_held, n->dirty, dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal, dev_bitmap02, dev_rounds,
            dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[0 .. PN_FIELDS - 1], dev_written02[0 .. PN_FIELDS - 1], dev_cost02,
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures nested: \result.kind == PN_VMX_ENTER ==> n->l2 != 0 && n->entry_pending != 0 && dev_vmcs == PN_VMCS02;
    ensures controls: \result.kind == PN_VMX_ENTER ==> controls_ok(n);
    ensures host: \result.kind == PN_VMX_ENTER ==> (\forall integer lma; host_ok{Pre}(n, lma) ==> host_ok(n, lma));
    ensures guest: \result.kind == PN_VMX_ENTER ==> guest_plain_ok(n) && guest_nmi_behind_sti_ok(n);
    ensures holds_words: \result.kind == PN_VMX_ENTER ==> pn_holds_words(n, l0);
    ensures holds_exceptions: \result.kind == PN_VMX_ENTER ==> pn_holds_exceptions(n, l0);
    ensures holds_plain: \result.kind == PN_VMX_ENTER ==> pn_holds_plain(n, l0);
    ensures holds_ept: \result.kind == PN_VMX_ENTER ==> pn_holds_ept(n, l0);
    ensures holds_pages: \result.kind == PN_VMX_ENTER ==> pn_holds_pages(n);
    ensures holds_tsc: \result.kind == PN_VMX_ENTER ==> pn_holds_tsc(n, l0);
    ensures holds_basic: \result.kind == PN_VMX_ENTER ==> pn_same(n, PN_G_BASIC, PN_G_BASIC_END);
    ensures holds_registers: \result.kind == PN_VMX_ENTER ==> pn_holds_registers(n, l0);
    ensures holds_gated: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_gated(n, \old(dev_vmcs01[PN_F_GUEST_DR7]), \old(dev_vmcs01[PN_F_GUEST_DEBUGCTL]),
                           \old(dev_vmcs01[PN_F_GUEST_PAT]));
    ensures holds_efer: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_efer(n, \old(dev_vmcs01[PN_F_GUEST_EFER]));
    ensures holds_segments: \result.kind == PN_VMX_ENTER ==> pn_same_segments(n);
    ensures left_segments: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_vmcs02[f] == \old(dev_vmcs02[f]));
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures holds_rare: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures holds_activity: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_GUEST_ACTIVITY] == n->vmcs12.f[PN_F_GUEST_ACTIVITY];
    ensures holds_timer: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_PREEMPTION_TIMER] == n->vmcs12.f[PN_F_PREEMPTION_TIMER];
    ensures pdptrs: \result.kind == PN_VMX_ENTER && pn_uses_pdptrs(n) && (dev_pdptrs_lost == 0 || !\old(n->pdptrs_held)) ==>
            pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures pdptrs_memory: \result.kind == PN_VMX_ENTER && pn_walks_pdptrs(n) ==>
            dev_vmcs02[PN_F_GUEST_PDPTR0] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3])) &&
            dev_vmcs02[PN_F_GUEST_PDPTR1] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8) &&
            dev_vmcs02[PN_F_GUEST_PDPTR2] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 16) &&
            dev_vmcs02[PN_F_GUEST_PDPTR3] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 24);
    ensures flushed: \result.kind == PN_VMX_ENTER ==> dev_flush_owed == 0;
    ensures root: \result.kind != PN_VMX_ENTER ==> n->l2 == 0 && n->entry_pending == 0 && dev_vmcs == PN_VMCS01;
    ensures stands: n->checked != 0 ==> controls_ok(n);
    ensures still_verdict: \result.kind != PN_VMX_ENTER ==> pn_verdict_sound(n);
    ensures dirty_kept: \forall integer k; 0 <= k <= 31 ==> (bit(\old(n->dirty), k) ==> bit(n->dirty, k));
    ensures still_clean: \result.kind != PN_VMX_ENTER ==> pn_clean_sound(n, l0);
    ensures still_history: pn_pdptrs_sound(n);
    ensures still_tags: \result.kind != PN_VMX_ENTER ==> pn_tags_sound(n);
    ensures tags: \result.kind == PN_VMX_ENTER ==> pn_tags(n, dev_tag_vpid, dev_tag_eptp);
    ensures at_instruction: dev_rip == dev_at;
    ensures kinds: entering(\result) || \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT;
    ensures number33: \result.kind != PN_VMX_ENTER ==> pn_failed_at_list{Pre, Post}(n) || pn_failed_at_guest{Pre, Post}(n);
    ensures number34_entry: (\result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT) &&
            n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000022 ==>
            pn_unloadable{Pre, Post}(n, \old(n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR]), n->vmcs12.f[PN_F_EXIT_QUALIFICATION]);
    ensures guest_refused: !guest_in_memory_ok{Pre}(n) ==> \result.kind != PN_VMX_ENTER && pn_failed_at_guest{Pre, Post}(n);
    ensures once: \old(n_rounds) <= n_rounds <= \old(n_rounds) + 1;
    ensures cost_least: pn_all_clean(\old(n->dirty)) && pn_loads_all{Pre}(n) && !pn_writes_pdptrs{Pre}(n) ==>
            n_writes02 <= \old(n_writes02) + 4;
    ensures cost_clean: pn_all_clean(\old(n->dirty)) ==> n_writes02 <= \old(n_writes02) + 12;
    ensures cost_most: n_writes02 <= \old(n_writes02) + 77; */
static struct pn_outcome enter_guest(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    const struct pn_guest_memory g = pn_read_guest_memory(n);
    const struct pn_guest_verdict verdict = pn_check_guest_due(n, g, pn_due_of_guest(n));
    struct pn_outcome o;

    /*@ assert pdptes: guest_pdptes_in_memory(n) ==> g.pdpte[0] == pn_pdpte(n, 0) && g.pdpte[1] == pn_pdpte(n, 1) &&
          g.pdpte[2] == pn_pdpte(n, 2) && g.pdpte[3] == pn_pdpte(n, 3); */
    /*@ assert pdptes_ok: guest_pdptes_ok(n, g) <==> guest_all_pdptes_ok(n); */
    /*@ assert link_ok: guest_link_ok(n, g.link) <==> guest_link_in_memory_ok(n); */
    /*@ assert plain: verdict.ok != 0 ==> guest_plain_ok(n) && guest_nmi_behind_sti_ok(n); */
    /*@ assert broken: verdict.ok == 0 ==> pn_broken(n, verdict.qualification); */
    /*@ assert in_memory: verdict.ok != 0 ==> guest_in_memory_ok(n); */
    if (verdict.ok)
        return enter(n, l0, g);
    pn_forget_entry(n);
    o = pn_entry_failure(n, REASON_GUEST_STATE, verdict.qualification, false);
    /*@ assert said: n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000021 &&
          n->vmcs12.f[PN_F_EXIT_QUALIFICATION] == verdict.qualification; */
    /*@ assert failed: pn_failed_at_guest{Pre, Here}(n); */
    return o;
}

/* The instruction itself has passed. */
/*@ requires nested: \valid(n);
    requires inv: pn_nested_inv(n);
    requires operation: n->vmxon != 0 && n->current != PN_NO_VMCS;
    requires root: n->l2 == 0;
    requires stands: n->checked != 0 ==> controls_ok(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires clean: pn_clean_sound(n, l0);
    requires history: pn_pdptrs_sound(n);
    requires tags: pn_tags_sound(n);
    requires settled: pn_segments_settled(n);
    requires verdict: pn_verdict_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR], n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION],
            n->checked, n->l2, n->entry_pending, n->pdptrs_held, n->dirty, dev_reads, dev_memory, dev_writes, dev_msrs,
            dev_msr_journal, dev_bitmap02, dev_rounds, dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[0 .. PN_FIELDS - 1], dev_written02[0 .. PN_FIELDS - 1], dev_cost02,
            dev_vmcs, dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm,
            dev_wfs, dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2;
    ensures inv: pn_nested_inv(n);
    ensures nested: \result.kind == PN_VMX_ENTER ==> n->l2 != 0 && n->entry_pending != 0 && dev_vmcs == PN_VMCS02;
    ensures controls: \result.kind == PN_VMX_ENTER ==> controls_ok(n);
    ensures host: \result.kind == PN_VMX_ENTER ==> host_ok(n, m.long_mode);
    ensures guest: \result.kind == PN_VMX_ENTER ==> guest_plain_ok(n) && guest_nmi_behind_sti_ok(n);
    ensures holds_words: \result.kind == PN_VMX_ENTER ==> pn_holds_words(n, l0);
    ensures holds_exceptions: \result.kind == PN_VMX_ENTER ==> pn_holds_exceptions(n, l0);
    ensures holds_plain: \result.kind == PN_VMX_ENTER ==> pn_holds_plain(n, l0);
    ensures holds_ept: \result.kind == PN_VMX_ENTER ==> pn_holds_ept(n, l0);
    ensures holds_pages: \result.kind == PN_VMX_ENTER ==> pn_holds_pages(n);
    ensures holds_tsc: \result.kind == PN_VMX_ENTER ==> pn_holds_tsc(n, l0);
    ensures holds_basic: \result.kind == PN_VMX_ENTER ==> pn_same(n, PN_G_BASIC, PN_G_BASIC_END);
    ensures holds_registers: \result.kind == PN_VMX_ENTER ==> pn_holds_registers(n, l0);
    ensures holds_gated: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_gated(n, \old(dev_vmcs01[PN_F_GUEST_DR7]), \old(dev_vmcs01[PN_F_GUEST_DEBUGCTL]),
                           \old(dev_vmcs01[PN_F_GUEST_PAT]));
    ensures holds_efer: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_holds_efer(n, \old(dev_vmcs01[PN_F_GUEST_EFER]));
    ensures holds_segments: \result.kind == PN_VMX_ENTER ==> pn_same_segments(n);
    ensures left_segments: !bit(\old(n->dirty), PN_HAS_SEGMENTS) ==>
            (\forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> dev_vmcs02[f] == \old(dev_vmcs02[f]));
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\old(n->dirty), PN_HAS_SEGMENTS);
    ensures holds_rare: \result.kind == PN_VMX_ENTER && n->vmcs12.f[PN_F_ENTRY_LOAD_COUNT] == 0 ==>
            pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures holds_activity: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_GUEST_ACTIVITY] == n->vmcs12.f[PN_F_GUEST_ACTIVITY];
    ensures holds_timer: \result.kind == PN_VMX_ENTER ==>
            dev_vmcs02[PN_F_PREEMPTION_TIMER] == n->vmcs12.f[PN_F_PREEMPTION_TIMER];
    ensures pdptrs: \result.kind == PN_VMX_ENTER && pn_uses_pdptrs(n) && (dev_pdptrs_lost == 0 || !\old(n->pdptrs_held)) ==>
            pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures pdptrs_memory: \result.kind == PN_VMX_ENTER && pn_walks_pdptrs(n) ==>
            dev_vmcs02[PN_F_GUEST_PDPTR0] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3])) &&
            dev_vmcs02[PN_F_GUEST_PDPTR1] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 8) &&
            dev_vmcs02[PN_F_GUEST_PDPTR2] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 16) &&
            dev_vmcs02[PN_F_GUEST_PDPTR3] == mem64(pn_pdptes_at(n->vmcs12.f[PN_F_GUEST_CR3]) + 24);
    ensures flushed: \result.kind == PN_VMX_ENTER ==> dev_flush_owed == 0;
    ensures root: \result.kind != PN_VMX_ENTER ==> n->l2 == 0 && n->entry_pending == 0 && dev_vmcs == PN_VMCS01;
    ensures stands: n->checked != 0 ==> controls_ok(n);
    ensures still_verdict: \result.kind != PN_VMX_ENTER ==> pn_verdict_sound(n);
    ensures dirty_kept: \forall integer k; 0 <= k <= 31 ==> (bit(\old(n->dirty), k) ==> bit(n->dirty, k));
    ensures still_clean: \result.kind != PN_VMX_ENTER ==> pn_clean_sound(n, l0);
    ensures still_history: pn_pdptrs_sound(n);
    ensures still_tags: \result.kind != PN_VMX_ENTER ==> pn_tags_sound(n);
    ensures tags: \result.kind == PN_VMX_ENTER ==> pn_tags(n, dev_tag_vpid, dev_tag_eptp);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures number7: !(controls_ok{Pre}(n) && vtpr_ok{Pre}(n, \old(pn_vtpr(n)))) ==> failed_valid(\result, 7);
    ensures number8: controls_ok{Pre}(n) && vtpr_ok{Pre}(n, \old(pn_vtpr(n))) && !host_ok{Pre}(n, m.long_mode) ==>
            failed_valid(\result, 8);
    ensures kinds: controls_ok{Pre}(n) && vtpr_ok{Pre}(n, \old(pn_vtpr(n))) && host_ok{Pre}(n, m.long_mode) ==>
            entering(\result) || \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT;
    ensures number33: \result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT ==>
            pn_failed_at_list{Pre, Post}(n) || pn_failed_at_guest{Pre, Post}(n);
    ensures number34_entry: (\result.kind == PN_VMX_ENTRY_FAILED || \result.kind == PN_VMX_ABORT) &&
            n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000022 ==>
            pn_unloadable{Pre, Post}(n, \old(n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR]), n->vmcs12.f[PN_F_EXIT_QUALIFICATION]);
    ensures guest_refused: controls_ok{Pre}(n) && vtpr_ok{Pre}(n, \old(pn_vtpr(n))) && host_ok{Pre}(n, m.long_mode) &&
            !guest_in_memory_ok{Pre}(n) ==> \result.kind != PN_VMX_ENTER && pn_failed_at_guest{Pre, Post}(n);
    ensures once: \old(n_rounds) <= n_rounds <= \old(n_rounds) + 1;
    ensures cost_least: pn_all_clean(\old(n->dirty)) && pn_loads_all{Pre}(n) && !pn_writes_pdptrs{Pre}(n) ==>
            n_writes02 <= \old(n_writes02) + 4;
    ensures cost_clean: pn_all_clean(\old(n->dirty)) ==> n_writes02 <= \old(n_writes02) + 12;
    ensures cost_most: n_writes02 <= \old(n_writes02) + 77; */
static struct pn_outcome enter_checked(struct pn_nested_vmx *n, struct pn_l1_mode m, struct pn_l0_wants l0)
{
    uint8_t error = pn_control_error(n);

    if (!error)
        error = pn_check_host_due(n, m.long_mode, pn_due_of_host(n->dirty));
    if (!error)
        return enter_guest(n, l0);
    pn_forget_entry(n);
    return pn_vm_fail(n, error);
}

struct pn_outcome pn_nested_enter(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch, struct pn_l0_wants l0)
{
    struct pn_outcome o = pn_vm_entry(n, m, launch);

    /*@ assert list: n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR] == \at(n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR], Pre) &&
          n->current == \at(n->current, Pre); */
    if (o.kind == PN_VMX_ENTER) {
        o = enter_checked(n, m, l0);
        /*@ assert unloadable: (o.kind == PN_VMX_ENTRY_FAILED || o.kind == PN_VMX_ABORT) &&
              n->vmcs12.f[PN_F_EXIT_REASON] == 0x80000022 ==>
              pn_unloadable{Pre, Here}(n, n->vmcs12.f[PN_F_ENTRY_LOAD_ADDR], n->vmcs12.f[PN_F_EXIT_QUALIFICATION]); */
        return o;
    }
    pn_forget_entry(n);
    return o;
}
