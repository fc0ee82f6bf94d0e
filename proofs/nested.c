/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rounds of nested guests compose: what an exit of L2, or an entry that fails, leaves is what the next entry starts from. Proof
 * only; never compiled.
 *
 * CLAIM, with `outside` for all that pn_nested_enter requires while L1 runs (pn_clean_sound: each clean group of vmcs12 is in
 * vmcs02; the verdict of the checks; the PDPTEs' history; what is cached under vpid02), `inside` for what holds while L2 runs:
 *   pn_round_enter   from outside: outside again if the entry fails, inside if L2 is to run
 *   pn_round_fetch   outside is kept when L0 fetches L2's segments from vmcs02, whenever it does; pn_round_settle: and before an entry
 *   pn_round_run     inside is kept while L2 runs and L0 works for it, through any number of exits that are L0's
 *   pn_round_events  from inside: an exit that is L1's, whatever it says (pn_nested_exit), or an event that may be L1's exit
 *                    (pn_nested_events, pn_nested_raise): outside if it is, inside if not; the events are conserved
 *   pn_round_refuse  from inside, if the processor refuses the entry after all: outside; the events are conserved
 * What of the checks' verdict an entry takes over is in pn_verdict_sound while L1 runs, in pn_verdict_held while L2 does; of an exit
 * pn_round_events says by value what it has left in place (pn_stands), and nested_stands.c makes the verdict of that.
 * L2's segments, which an exit leaves in vmcs02, stay there unwritten until they are fetched: pn_hw_write02 asks for it, and while they
 * are late only L2's running changes them (the frames, and `left` of pn_round_enter).
 * Each from every state. nested_l1.c says the same of L1's instructions, nested_mgc.c puts all of it together in any order. So what
 * an entry does not write need not be written in any round, not in the first alone.
 *
 * UNPROVED: that L2 and L0's work for it change nothing of vmcs02 but what pn_hw_run_l2 lists is an assumption of the seam; so are
 * the bits that L0 keeps in vmcs02's controls for its own events (hw.h), which the hypervisor takes back before an exit is saved.
 * "IA-32e mode guest" may be 0 and 1 (both_modes). What L1's INVEPT demands is done with it (dev_ept_stale, pn_invept), so no entry rests
 * on it; what its INVVPID demands is a precondition of L2's running (pn_hw_run_l2).
 */
#include "nested.h"

/* ---- Steps of the proof ------------------------------------------------------------------------------------------ */

/* What an entry ensures, in the words of what holds while L2 runs. */
/*@ requires nested: \valid_read(n);
    requires words: pn_holds_words(n, l0);
    requires exceptions: pn_holds_exceptions(n, l0);
    requires plain: pn_holds_plain(n, l0);
    requires ept: pn_holds_ept(n, l0);
    requires pages: pn_holds_pages(n);
    requires tsc: pn_holds_tsc(n, l0);
    requires registers: pn_holds_registers(n, l0);
    requires tags: pn_tags(n, dev_tag_vpid, dev_tag_eptp) && dev_flush_owed == 0;
    requires verdict: n->checked != 0 ==> controls_ok(n);
    terminates \true; exits \false; assigns \nothing;
    ensures merged: MERGED;
    ensures owned: OWNED;
    ensures tagged: TAGGED;
    ensures allowed: n->checked != 0 ==> ALLOWED && ve077_entry(F(PN_F_ENTRY_CTL), n->caps.entry); */
static void open_entry(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    (void)n;
    (void)l0;
}

/* What an exit ensures, spelled out. `b`: vmcs12 before it. */
/*@ requires nested: \valid_read(n);
    requires sound: pn_exit_sound(n, b, dirty);
    terminates \true; exits \false; assigns \nothing;
    ensures plain: pn_saved_plain(n);
    ensures cr0: nx001_cr0(F(PN_F_GUEST_CR0), F(PN_F_CR0_MASK), b.f[PN_F_GUEST_CR0], D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW),
            D(PN_F_GUEST_CR0));
    ensures cr4: nx001_control(F(PN_F_GUEST_CR4), F(PN_F_CR4_MASK), b.f[PN_F_GUEST_CR4], D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW),
            D(PN_F_GUEST_CR4));
    ensures mode: nx003_long_mode(F(PN_F_ENTRY_CTL), b.f[PN_F_ENTRY_CTL], D(PN_F_ENTRY_CTL));
    ensures pdptrs: pn_uses_pdptrs(n) ==> pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures again: pn_again(n);
    ensures late: bit(n->dirty, PN_HAS_SEGMENTS) ==> bit(dirty, PN_HAS_SEGMENTS);
    ensures event: !injected_valid(F(PN_F_ENTRY_INFO)); */
static void open_exit(const struct pn_nested_vmx *n, struct pn_vmcs12 b, uint32_t dirty)
{
    (void)n;
    (void)b;
    (void)dirty;
}

/* VE-078 to VE-090 are about an event that is valid. */
/*@ requires nested: \valid_read(n);
    requires event: !injected_valid(F(PN_F_ENTRY_INFO));
    terminates \true; exits \false; assigns \nothing;
    ensures event: entry_event_ok(n); */
static void no_event(const struct pn_nested_vmx *n)
{
    (void)n;
}

/* After an exit: all that the next entry requires. `cr0`, `cr4`, `entry`: vmcs12's before it. */
/*@ requires nested: \valid_read(n);
    requires merged: MERGED;
    requires cr0_owned: l2_control(l0.cr0_mask, l0.cr0_forced, F(PN_F_CR0_MASK), F(PN_F_CR0_SHADOW), cr0, D(PN_F_GUEST_CR0),
             D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW));
    requires cr4_owned: l2_control(l0.cr4_mask, l0.cr4_forced, F(PN_F_CR4_MASK), F(PN_F_CR4_SHADOW), cr4, D(PN_F_GUEST_CR4),
             D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW));
    requires tagged: TAGGED;
    requires allowed: n->checked != 0 ==> ALLOWED && ve077_entry(entry, n->caps.entry);
    requires both: !bit(n->caps.entry, 9) && bit(n->caps.entry, 41);
    requires plain: pn_saved_plain(n);
    requires saved_cr0: nx001_cr0(F(PN_F_GUEST_CR0), F(PN_F_CR0_MASK), cr0, D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW),
             D(PN_F_GUEST_CR0));
    requires saved_cr4: nx001_control(F(PN_F_GUEST_CR4), F(PN_F_CR4_MASK), cr4, D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW),
             D(PN_F_GUEST_CR4));
    requires mode: nx003_long_mode(F(PN_F_ENTRY_CTL), entry, D(PN_F_ENTRY_CTL));
    requires pdptrs: pn_uses_pdptrs(n) ==> pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    requires lost: pn_uses_pdptrs(n) || dev_pdptrs_lost != 0;
    requires again: pn_again(n);
    requires late: pn_segments_sound(n);
    requires event: !injected_valid(F(PN_F_ENTRY_INFO));
    terminates \true; exits \false; assigns \nothing;
    ensures words: pn_holds_words(n, l0);
    ensures controls: pn_holds_controls(n, l0);
    ensures cr0: ne008_value(l0.cr0_mask, l0.cr0_forced, F(PN_F_GUEST_CR0), D(PN_F_GUEST_CR0));
    ensures cr4: ne008_value(l0.cr4_mask, l0.cr4_forced, F(PN_F_GUEST_CR4), D(PN_F_GUEST_CR4));
    ensures shadow0: ne010_shadow(l0.cr0_mask, F(PN_F_CR0_MASK), F(PN_F_CR0_SHADOW), F(PN_F_GUEST_CR0), D(PN_F_CR0_SHADOW));
    ensures shadow4: ne010_shadow(l0.cr4_mask, F(PN_F_CR4_MASK), F(PN_F_CR4_SHADOW), F(PN_F_GUEST_CR4), D(PN_F_CR4_SHADOW));
    ensures registers: pn_holds_registers(n, l0);
    ensures loaded: !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_holds_loaded(n);
    ensures segments: pn_same_segments(n);
    ensures rare: pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures other: !bit(n->dirty, PN_GROUP_OTHER) ==> D(PN_F_GUEST_ACTIVITY) == F(PN_F_GUEST_ACTIVITY) &&
            D(PN_F_PREEMPTION_TIMER) == F(PN_F_PREEMPTION_TIMER);
    ensures clean: pn_clean_sound(n, l0);
    ensures history: pn_pdptrs_sound(n);
    ensures tags: pn_tags_sound(n);
    ensures stands: n->checked != 0 ==> controls_ok(n); */
static void close_exit(const struct pn_nested_vmx *n, struct pn_l0_wants l0, uint64_t cr0, uint64_t cr4, uint64_t entry)
{
    (void)n;
    (void)l0;
    (void)cr0;
    (void)cr4;
    (void)entry;
    no_event(n);
    /*@ assert words: pn_holds_words(n, l0); */
    /*@ assert controls: pn_holds_controls(n, l0); */
    /*@ assert cr0: ne008_value(l0.cr0_mask, l0.cr0_forced, F(PN_F_GUEST_CR0), D(PN_F_GUEST_CR0)); */
    /*@ assert cr4: ne008_value(l0.cr4_mask, l0.cr4_forced, F(PN_F_GUEST_CR4), D(PN_F_GUEST_CR4)); */
    /*@ assert shadow0: ne010_shadow(l0.cr0_mask, F(PN_F_CR0_MASK), F(PN_F_CR0_SHADOW), F(PN_F_GUEST_CR0), D(PN_F_CR0_SHADOW)); */
    /*@ assert shadow4: ne010_shadow(l0.cr4_mask, F(PN_F_CR4_MASK), F(PN_F_CR4_SHADOW), F(PN_F_GUEST_CR4), D(PN_F_CR4_SHADOW)); */
    /*@ assert registers: pn_holds_registers(n, l0); */
    /*@ assert again: !bit(n->dirty, PN_GROUP_REGISTERS) ==> D(PN_F_GUEST_DR7) == F(PN_F_GUEST_DR7) &&
          D(PN_F_GUEST_DEBUGCTL) == F(PN_F_GUEST_DEBUGCTL) && D(PN_F_GUEST_PAT) == F(PN_F_GUEST_PAT) &&
          D(PN_F_GUEST_EFER) == F(PN_F_GUEST_EFER); */
    /*@ assert debug: !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_same(n, PN_F_GUEST_DR7, PN_F_GUEST_PAT); */
    /*@ assert loaded: !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_holds_loaded(n); */
    /*@ assert segments: pn_same_segments(n); */
    /*@ assert rare: pn_same(n, PN_G_RARE, PN_G_RARE_END); */
    /*@ assert other: !bit(n->dirty, PN_GROUP_OTHER) ==> D(PN_F_GUEST_ACTIVITY) == F(PN_F_GUEST_ACTIVITY) &&
          D(PN_F_PREEMPTION_TIMER) == F(PN_F_PREEMPTION_TIMER); */
    /*@ assert clean: pn_clean_sound(n, l0); */
    /*@ assert entry: n->checked != 0 ==> ve077_entry(F(PN_F_ENTRY_CTL), n->caps.entry); */
    /*@ assert event: entry_event_ok(n); */
    /*@ assert reserved: n->checked != 0 ==> controls_reserved_ok(n); */
    /*@ assert agree: n->checked != 0 ==> controls_agree(n); */
    /*@ assert pages: n->checked != 0 ==> io_bitmaps_ok(n) && msr_bitmap_ok(n) && virtual_apic_ok(n) && apic_access_ok(n); */
    /*@ assert lists: n->checked != 0 ==> eptp_ok(n) && msr_lists_ok(n); */
    /*@ assert stands: n->checked != 0 ==> controls_ok(n); */
}

/* ---- The steps of the machine ------------------------------------------------------------------------------------ */

/* `inside` opened and closed, `outside` closed, each where little else is known: among all that an entry or an exit says the solvers
   find it late or not at all. */
/*@ requires nested: \valid_read(n);
    requires inside: inside(n, l0);
    terminates \true; exits \false; assigns \nothing;
    ensures merged: MERGED;
    ensures owned: OWNED;
    ensures tagged: TAGGED;
    ensures verdict: VERDICT;
    ensures segments: l2_segments(n); */
static void open_l2(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    (void)n;
    (void)l0;
}

/*@ requires nested: \valid_read(n);
    requires inv: pn_nested_inv(n);
    requires l2: n->l2 != 0 && dev_vmcs == PN_VMCS02;
    requires merged: MERGED;
    requires owned: OWNED;
    requires tagged: TAGGED;
    requires verdict: VERDICT;
    requires segments: l2_segments(n);
    terminates \true; exits \false; assigns \nothing;
    ensures inside: inside(n, l0); */
static void close_l2(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    (void)n;
    (void)l0;
    /*@ assert pointers: pn_pointers_ok(n); */
    /*@ assert merged: merged(n, l0); */
}

/*@ requires nested: \valid_read(n);
    requires root: n->l2 == 0 && dev_vmcs == PN_VMCS01;
    requires stands: n->checked != 0 ==> controls_ok(n);
    requires clean: pn_clean_sound(n, l0);
    requires history: pn_pdptrs_sound(n);
    requires tags: pn_tags_sound(n);
    terminates \true; exits \false; assigns \nothing;
    ensures outside: outside(n, l0); */
static void close_l1(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    (void)n;
    (void)l0;
    /*@ assert between: between(n, l0); */
}

/* What the next entry starts from, after segments have been fetched: nothing else than these and the dirty bits is another. */
/*@ requires nested: \valid_read(n);
    requires root: n->l2 == 0 && dev_vmcs == PN_VMCS01;
    requires stands: n->checked != 0 ==> controls_ok(n);
    requires controls: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_controls(n, l0);
    requires registers: !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_holds_registers(n, l0);
    requires loaded: !bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_holds_loaded(n);
    requires segments: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> pn_same_segments(n);
    requires rare: !bit(n->dirty, PN_GROUP_RARE) ==> pn_same(n, PN_G_RARE, PN_G_RARE_END);
    requires other: !bit(n->dirty, PN_GROUP_OTHER) ==> D(PN_F_GUEST_ACTIVITY) == F(PN_F_GUEST_ACTIVITY) &&
             D(PN_F_PREEMPTION_TIMER) == F(PN_F_PREEMPTION_TIMER);
    requires late: pn_segments_sound(n);
    requires history: pn_pdptrs_sound(n);
    requires tags: pn_tags_sound(n);
    terminates \true; exits \false; assigns \nothing;
    ensures outside: outside(n, l0); */
static void close_fetch(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    (void)n;
    (void)l0;
    /*@ assert clean: pn_clean_sound(n, l0); */
    /*@ assert between: between(n, l0); */
}

void pn_round_fetch(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    pn_save_segments(n);
    /*@ assert late: bit(n->dirty, PN_HAS_SEGMENTS) && !bit(\at(n->dirty, Pre), PN_HAS_SEGMENTS) ==>
          pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert was: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> \at(pn_same_segments(n), Pre); */
    /*@ assert early: (bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\at(n->dirty, Pre), PN_HAS_SEGMENTS)) ==>
          fields_kept{Pre, Here}(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert same: !bit(n->dirty, PN_GROUP_SEGMENTS) && bit(n->dirty, PN_HAS_SEGMENTS) ==>
          pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert rights: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> D(PN_F_GUEST_CS_AR_BYTES) == F(PN_F_GUEST_CS_AR_BYTES) &&
          D(PN_F_GUEST_SS_AR_BYTES) == F(PN_F_GUEST_SS_AR_BYTES); */
    /*@ assert segments: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> pn_same_segments(n); */
    /*@ assert caps: same_caps{Pre, Here}(n); */
    /*@ assert below: fields_kept{Pre, Here}(n, 0, PN_G_SEGMENTS); */
    /*@ assert above: fields_kept{Pre, Here}(n, PN_G_SEGMENTS_END, PN_FIELDS); */
    /*@ assert stands: !bit(n->dirty, PN_GROUP_EXIT) ==> fields_kept{Pre, Here}(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert fetched: segments_fetched{Pre, Here}(n); */
    /*@ assert reserved: n->checked != 0 ==> controls_reserved_ok(n); */
    /*@ assert agree: n->checked != 0 ==> controls_agree(n); */
    /*@ assert pages: n->checked != 0 ==> io_bitmaps_ok(n) && msr_bitmap_ok(n) && virtual_apic_ok(n) && apic_access_ok(n); */
    /*@ assert lists: n->checked != 0 ==> eptp_ok(n) && msr_lists_ok(n); */
    /*@ assert event: n->checked != 0 ==> entry_event_ok(n); */
    close_fetch(n, l0);
}

void pn_round_settle(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    pn_settle_segments(n);
    /*@ assert late: bit(n->dirty, PN_HAS_SEGMENTS) && !bit(\at(n->dirty, Pre), PN_HAS_SEGMENTS) ==>
          pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert was: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> \at(pn_same_segments(n), Pre); */
    /*@ assert early: (bit(n->dirty, PN_HAS_SEGMENTS) <==> bit(\at(n->dirty, Pre), PN_HAS_SEGMENTS)) ==>
          fields_kept{Pre, Here}(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert same: !bit(n->dirty, PN_GROUP_SEGMENTS) && bit(n->dirty, PN_HAS_SEGMENTS) ==>
          pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert rights: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> D(PN_F_GUEST_CS_AR_BYTES) == F(PN_F_GUEST_CS_AR_BYTES) &&
          D(PN_F_GUEST_SS_AR_BYTES) == F(PN_F_GUEST_SS_AR_BYTES); */
    /*@ assert segments: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> pn_same_segments(n); */
    /*@ assert caps: same_caps{Pre, Here}(n); */
    /*@ assert below: fields_kept{Pre, Here}(n, 0, PN_G_SEGMENTS); */
    /*@ assert above: fields_kept{Pre, Here}(n, PN_G_SEGMENTS_END, PN_FIELDS); */
    /*@ assert stands: !bit(n->dirty, PN_GROUP_EXIT) ==> fields_kept{Pre, Here}(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END); */
    /*@ assert fetched: segments_fetched{Pre, Here}(n); */
    /*@ assert reserved: n->checked != 0 ==> controls_reserved_ok(n); */
    /*@ assert agree: n->checked != 0 ==> controls_agree(n); */
    /*@ assert pages: n->checked != 0 ==> io_bitmaps_ok(n) && msr_bitmap_ok(n) && virtual_apic_ok(n) && apic_access_ok(n); */
    /*@ assert lists: n->checked != 0 ==> eptp_ok(n) && msr_lists_ok(n); */
    /*@ assert event: n->checked != 0 ==> entry_event_ok(n); */
    close_fetch(n, l0);
}

void pn_round_enter(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    struct pn_outcome o;

    pn_verdict_settle(n, l0);
    o = pn_nested_enter(n, pn_any_mode(), pn_any_choice() != 0, l0);
    if (o.kind != PN_VMX_ENTER) {
        close_l1(n, l0);
        return;
    }
    open_entry(n, l0);
    close_l2(n, l0);
}

void pn_round_run(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    open_l2(n, l0);
    pn_hw_run_l2();
    pn_nested_entered(n, false);
    /*@ assert late: !bit(n->dirty, PN_HAS_SEGMENTS); */
    close_l2(n, l0);
}

/* What had been programmed is L1's again. */
/*@ requires inv: pn_inv(v);
    requires taken_back: dev_entry == 0 && (has_injected(v) ==> v.cancelled != 0);
    terminates \true; exits \false; assigns dev_owed, led_reported, led_dropped, led_accepted, led_owing, led_collapsed;
    ensures inv: pn_inv(\result);
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);
    ensures gone: \result.injected.stage == PN_STAGE_NONE && dev_owed == 0; */
static struct pn_vcpu given_back(struct pn_vcpu v)
{
    struct pn_vcpu w = v;

    pn_nested_refused(&w);
    return w;
}

struct pn_vcpu pn_round_refuse(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    const uint32_t reason = pn_any_choice() != 0 ? 33 : 34;
    const uint64_t qualification = pn_any_word();
    const struct pn_vcpu w = given_back(v);

    pn_save_segments02(n);
    pn_nested_entered(n, true);
    (void)pn_entry_failure(n, reason, qualification, reason == 34);
    close_l1(n, l0);
    return w;
}

/* ---- Events ---------------------------------------------------------------------------------------------------------- */

/* What each of the five functions that follow asks for and gives. */
#define L2_READY                                                                                                      \
    requires nested_inv: pn_nested_inv(n);                                                                            \
    requires inv: pn_inv(v);                                                                                          \
    requires vmx: dev_svm == 0;                                                                                       \
    requires not_programmed: dev_entry == 0;                                                                          \
    requires l2: n->l2 != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02
#define NO_DELIVERY                                                                                                   \
    requires nothing_raised: v.exception.stage == PN_STAGE_NONE;                                                      \
    requires not_taken_back: has_injected(v) ==> v.cancelled == 0
#define L2_EVENT                                                                                                      \
    ensures nested_inv: pn_nested_inv(n);                                                                             \
    ensures inv: pn_inv(\result);                                                                                     \
    ensures kept_balance: balanced{Pre}(v) ==> balanced(\result);                                                     \
    ensures kept_payloads: payload_balanced{Pre}(v) ==> payload_balanced(\result);                                    \
    ensures l2_stays: n->l2 != 0 ==> pn_l2_stays{Pre, Post}(n);                                                       \
    ensures l1_next: n->l2 == 0 ==> pn_l1_next(n, \old(n->vmcs12), \old(n->dirty));                                   \
    ensures stands: n->l2 == 0 ==> pn_stands(n, \old(n->vmcs12));                                                     \
    ensures same02: pn_same02{Pre, Post}

/* pn_nested_events, with the events by value. */
/*@ requires nested: \valid(n);
    L2_READY;
    terminates \true; exits \false; assigns EVENTS_MAY;
    L2_EVENT; */
static struct pn_vcpu events(struct pn_nested_vmx *n, struct pn_vcpu v)
{
    struct pn_vcpu w = v;

    /*@ assert whole: n->vmcs12 == \at(n->vmcs12, Pre); */
    (void)pn_nested_events(n, &w, pn_any_choice() != 0);
    /*@ assert controls: n->l2 == 0 ==> pn_saved_controls(n, \at(n->vmcs12, Pre)); */
    /*@ assert asked: n->l2 == 0 ==> pn_saved_asked(n, \at(n->vmcs12, Pre)); */
    /*@ assert pdptrs: n->l2 == 0 ==> pn_saved_pdptrs(n, \at(n->vmcs12, Pre)); */
    /*@ assert event: n->l2 == 0 ==> nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \at(n->vmcs12.f[PN_F_ENTRY_INFO], Pre)); */
    /*@ assert same_host: n->l2 == 0 ==> pn_same_host(n, \at(n->vmcs12, Pre)); */
    /*@ assert same_guest: n->l2 == 0 && !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_guest(n, \at(n->vmcs12, Pre)); */
    return w;
}

/* pn_nested_raise. */
/*@ requires nested: \valid(n);
    L2_READY; NO_DELIVERY;
    terminates \true; exits \false; assigns EVENTS_MAY;
    L2_EVENT; */
static struct pn_vcpu raise(struct pn_nested_vmx *n, struct pn_vcpu v)
{
    struct pn_vcpu w = v;

    /*@ assert whole: n->vmcs12 == \at(n->vmcs12, Pre); */
    (void)pn_nested_raise(n, &w, pn_any_raised());
    /*@ assert controls: n->l2 == 0 ==> pn_saved_controls(n, \at(n->vmcs12, Pre)); */
    /*@ assert asked: n->l2 == 0 ==> pn_saved_asked(n, \at(n->vmcs12, Pre)); */
    /*@ assert pdptrs: n->l2 == 0 ==> pn_saved_pdptrs(n, \at(n->vmcs12, Pre)); */
    /*@ assert event: n->l2 == 0 ==> nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \at(n->vmcs12.f[PN_F_ENTRY_INFO], Pre)); */
    /*@ assert same_host: n->l2 == 0 ==> pn_same_host(n, \at(n->vmcs12, Pre)); */
    /*@ assert same_guest: n->l2 == 0 && !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_guest(n, \at(n->vmcs12, Pre)); */
    return w;
}

/* pn_nested_exit. */
/*@ requires nested: \valid(n);
    L2_READY; NO_DELIVERY;
    terminates \true; exits \false; assigns EVENTS_MAY;
    L2_EVENT; */
static struct pn_vcpu leaves(struct pn_nested_vmx *n, struct pn_vcpu v)
{
    struct pn_vcpu w = v;

    /*@ assert whole: n->vmcs12 == \at(n->vmcs12, Pre); */
    (void)pn_nested_exit(n, &w, pn_any_exit());
    /*@ assert controls: n->l2 == 0 ==> pn_saved_controls(n, \at(n->vmcs12, Pre)); */
    /*@ assert asked: n->l2 == 0 ==> pn_saved_asked(n, \at(n->vmcs12, Pre)); */
    /*@ assert pdptrs: n->l2 == 0 ==> pn_saved_pdptrs(n, \at(n->vmcs12, Pre)); */
    /*@ assert event: n->l2 == 0 ==> nx004_cleared(n->vmcs12.f[PN_F_ENTRY_INFO], \at(n->vmcs12.f[PN_F_ENTRY_INFO], Pre)); */
    /*@ assert same_host: n->l2 == 0 ==> pn_same_host(n, \at(n->vmcs12, Pre)); */
    /*@ assert same_guest: n->l2 == 0 && !bit(n->dirty, PN_GROUP_EXIT) ==> pn_same_guest(n, \at(n->vmcs12, Pre)); */
    return w;
}

/* One of the two that only whole rounds have. */
/*@ requires nested: \valid(n);
    L2_READY; NO_DELIVERY;
    terminates \true; exits \false; assigns EVENTS_MAY;
    L2_EVENT; */
static struct pn_vcpu exit_of_l2(struct pn_nested_vmx *n, struct pn_vcpu v)
{
    struct pn_vcpu w;

    if (pn_any_choice() != 0) {
        w = raise(n, v);
        /*@ assert raised_inv: pn_nested_inv(n); */
        /*@ assert raised_stays: n->l2 != 0 ==> pn_l2_stays{Pre, Here}(n); */
        /*@ assert raised_next: n->l2 == 0 ==> pn_l1_next(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
        /*@ assert raised_stands: n->l2 == 0 ==> pn_stands(n, \at(n->vmcs12, Pre)); */
        return w;
    }
    w = leaves(n, v);
    /*@ assert left_inv: pn_nested_inv(n); */
    /*@ assert left_stays: n->l2 != 0 ==> pn_l2_stays{Pre, Here}(n); */
    /*@ assert left_next: n->l2 == 0 ==> pn_l1_next(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
    /*@ assert left_stands: n->l2 == 0 ==> pn_stands(n, \at(n->vmcs12, Pre)); */
    return w;
}

/* No delivery hangs over: then L2 may have exited. One value for one branch: each path more that meets here costs the solvers. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures nothing_raised: \result != 0 ==> v.exception.stage == PN_STAGE_NONE;
    ensures not_taken_back: \result != 0 ==> has_injected(v) ==> v.cancelled == 0; */
static bool whole_round(struct pn_vcpu v)
{
    return pn_any_choice() != 0 && v.exception.stage == PN_STAGE_NONE && !(v.injected.stage == PN_STAGE_INJECTED && v.cancelled);
}

/* One of the three. */
/*@ requires nested: \valid(n);
    L2_READY;
    terminates \true; exits \false; assigns EVENTS_MAY;
    L2_EVENT; */
static struct pn_vcpu event_of_l2(struct pn_nested_vmx *n, struct pn_vcpu v)
{
    struct pn_vcpu w;

    if (whole_round(v)) {
        w = exit_of_l2(n, v);
        /*@ assert left_inv: pn_nested_inv(n); */
        /*@ assert left_stays: n->l2 != 0 ==> pn_l2_stays{Pre, Here}(n); */
        /*@ assert left_next: n->l2 == 0 ==> pn_l1_next(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
        /*@ assert left_stands: n->l2 == 0 ==> pn_stands(n, \at(n->vmcs12, Pre)); */
        return w;
    }
    w = events(n, v);
    /*@ assert asked_inv: pn_nested_inv(n); */
    /*@ assert asked_stays: n->l2 != 0 ==> pn_l2_stays{Pre, Here}(n); */
    /*@ assert asked_next: n->l2 == 0 ==> pn_l1_next(n, \at(n->vmcs12, Pre), \at(n->dirty, Pre)); */
    /*@ assert asked_stands: n->l2 == 0 ==> pn_stands(n, \at(n->vmcs12, Pre)); */
    return w;
}

/* What the processor can do is as it was: WP decides each of the equalities at the call, and would forget it again; said of a word in
   memory, by a predicate, it stays. */
/*@ predicate word_is{L}(uint64_t *p, integer value) = *p == value;
    predicate byte_is{L}(uint8_t *p, integer value) = *p == value;
*/
/*@ requires nested: \valid_read(n);
    requires cr0: n->caps.cr0_fixed0 == c.cr0_fixed0 && n->caps.cr0_fixed1 == c.cr0_fixed1;
    requires cr4: n->caps.cr4_fixed0 == c.cr4_fixed0 && n->caps.cr4_fixed1 == c.cr4_fixed1;
    requires msrs: n->caps.efer_valid == c.efer_valid && n->caps.debugctl_valid == c.debugctl_valid;
    requires widths: n->caps.address_width == c.address_width && n->caps.linear_width == c.linear_width;
    terminates \true; exits \false; assigns \nothing;
    ensures cr0_fixed0: word_is(&n->caps.cr0_fixed0, c.cr0_fixed0);
    ensures cr0_fixed1: word_is(&n->caps.cr0_fixed1, c.cr0_fixed1);
    ensures cr4_fixed0: word_is(&n->caps.cr4_fixed0, c.cr4_fixed0);
    ensures cr4_fixed1: word_is(&n->caps.cr4_fixed1, c.cr4_fixed1);
    ensures efer: word_is(&n->caps.efer_valid, c.efer_valid);
    ensures debugctl: word_is(&n->caps.debugctl_valid, c.debugctl_valid);
    ensures address: byte_is(&n->caps.address_width, c.address_width);
    ensures linear: byte_is(&n->caps.linear_width, c.linear_width); */
static void can_do(const struct pn_nested_vmx *n, struct pn_vmx_caps c)
{
    (void)n;
    (void)c;
}

/*@ requires nested: \valid(n);
    L2_READY;
    terminates \true; exits \false; assigns EVENTS_MAY;
    L2_EVENT;
    ensures caps: same_caps{Pre, Post}(n); */
static struct pn_vcpu any_event(struct pn_nested_vmx *n, struct pn_vcpu v)
{
    const struct pn_vmx_caps caps = n->caps;
    const struct pn_vcpu w = event_of_l2(n, v);

    can_do(n, caps);
    /*@ assert caps: same_caps{Pre, Here}(n); */
    return w;
}

struct pn_vcpu pn_round_events(struct pn_nested_vmx *n, struct pn_vcpu v, struct pn_l0_wants l0)
{
    const struct pn_vmcs12 before = n->vmcs12;
    const uint32_t dirty = n->dirty;
    const uint64_t cr0 = n->vmcs12.f[PN_F_GUEST_CR0], cr4 = n->vmcs12.f[PN_F_GUEST_CR4];
    const uint64_t entry = n->vmcs12.f[PN_F_ENTRY_CTL];
    struct pn_vcpu w;

    open_l2(n, l0);
    w = any_event(n, v);
    if (n->l2) {
        /*@ assert cr0: F(PN_F_GUEST_CR0) == \at(F(PN_F_GUEST_CR0), Pre) && D(PN_F_GUEST_CR0) == \at(D(PN_F_GUEST_CR0), Pre); */
        /*@ assert cr4: F(PN_F_GUEST_CR4) == \at(F(PN_F_GUEST_CR4), Pre) && D(PN_F_GUEST_CR4) == \at(D(PN_F_GUEST_CR4), Pre); */
        /*@ assert owned0: l2_control(l0.cr0_mask, l0.cr0_forced, F(PN_F_CR0_MASK), F(PN_F_CR0_SHADOW), F(PN_F_GUEST_CR0),
              D(PN_F_GUEST_CR0), D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW)); */
        /*@ assert owned4: l2_control(l0.cr4_mask, l0.cr4_forced, F(PN_F_CR4_MASK), F(PN_F_CR4_SHADOW), F(PN_F_GUEST_CR4),
              D(PN_F_GUEST_CR4), D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW)); */
        close_l2(n, l0);
        return w;
    }
    open_exit(n, before, dirty);
    pn_hw_saved_pdptrs(pn_pdptrs_in_use(n));
    /*@ assert late: pn_segments_sound(n); */
    close_exit(n, l0, cr0, cr4, entry);
    close_l1(n, l0);
    return w;
}
