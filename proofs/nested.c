/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rounds of nested guests compose: what an exit of L2, or an entry that fails, leaves is what the next entry starts from. Proof
 * only; never compiled.
 *
 * CLAIM, with `outside` for all that pn_nested_enter requires while L1 runs (pn_clean_sound: each clean group of vmcs12 is in
 * vmcs02; the verdict of the checks; the PDPTEs' history; what is cached under vpid02), `inside` for what holds while L2 runs:
 *   enter        from outside: outside again if the entry fails, inside if L2 is to run
 *   run_l2       inside is kept while L2 runs and L0 works for it, through any number of exits that are L0's
 *   exit_to_l1   from inside, after an exit that is L1's, whatever it says: outside; the events are conserved
 *   refuse       from inside, if the processor refuses the entry after all: outside; the events are conserved
 * Each from every state, so for any sequence of them. So what an entry does not write need not be written in any round,
 * not in the first alone.
 *
 * UNPROVED: that L1's other instructions keep `outside` is not shown here: pn_vmwrite says which group it makes dirty and that the
 * verdict falls, pn_vmptrld that all are dirty, each for itself. Exits are pn_nested_exit's; that those of pn_nested_events
 * and pn_nested_raise leave the same is not in their contracts. NX-004 says that bit 31 of the entry event is clear; that
 * info / 2^31 is even then is left to the reader (exit_to_l1: the solvers do not connect the two). That L2 and L0's work for it
 * change nothing of vmcs02 but what pn_hw_run_l2 lists is an assumption of the seam; so are the bits that L0 keeps in vmcs02's controls
 * for its own events (hw.h), which the hypervisor takes back before an exit is saved. "IA-32e mode guest" may be 0 and 1
 * (both_modes). INVEPT and INVVPID owe a flush that no ghost counts.
 */
#include <provenest/vmx_events.h>

/*@ // TRUST: proof only, an arbitrary number.
    terminates \true; exits \false; assigns \nothing; */
int pn_any_choice(void);

/*@ // TRUST: proof only, an arbitrary number.
    terminates \true; exits \false; assigns \nothing; */
uint64_t pn_any_word(void);

/*@ // TRUST: proof only, L1 in any mode.
    terminates \true; exits \false; assigns \nothing; */
struct pn_l1_mode pn_any_mode(void);

/*@ // TRUST: proof only, any exit of L2.
    terminates \true; exits \false; assigns \nothing; */
struct pn_l2_exit pn_any_exit(void);

#define F(i) n->vmcs12.f[i]
#define D(i) dev_vmcs02[i]

/* ---- What holds while L2 runs ----------------------------------------------------------------------------------- */

/*@ // NE-004 but for "IA-32e mode guest", which L2 changes.
    predicate l2_entry(integer l0, integer r) = \forall integer k; 0 <= k <= 31 && k != 9 ==> vm_l0_only(l0, r, k);

    // NE-008 to NE-010 of the bits that L2 cannot change: those under the mask.
    predicate l2_control(integer owned, integer forced, integer mask1, integer shadow1, integer guest, integer r,
                         integer mask, integer shadow) =
      ne009_mask(owned, mask1, mask) && ne010_shadow(owned, mask1, shadow1, guest, shadow) &&
      \forall integer k; 0 <= k <= 63 ==> (bit(owned, k) ==> (bit(r, k) <==> bit(forced, k))) &&
        (!bit(owned, k) && bit(mask1, k) ==> (bit(r, k) <==> bit(guest, k)));

    predicate l2_ept(integer proc, integer proc2, integer asked, integer own, integer r) =
      (ev118_ept(proc, proc2) ==> r == asked) && (!ev118_ept(proc, proc2) ==> r == own);

    predicate l2_tags(integer proc, integer proc2, integer vpid1, integer eptp1, integer vpid, integer eptp) =
      (bit(proc, 31) && bit(proc2, 5) ==> vpid == vpid1) && (!(bit(proc, 31) && bit(proc2, 5)) ==> vpid == 0) &&
      (ev118_ept(proc, proc2) ==> eptp == eptp1) && (!ev118_ept(proc, proc2) ==> eptp == 0);
*/

/* Each of the words of vmcs12 that an exit leaves alone; spelled out, for WP simplifies what it sees. */
#define MERGED                                                                                                             \
    (ne001_pin(l0.pin, F(PN_F_PIN_CTL), D(PN_F_PIN_CTL)) && ne002_proc(l0.proc, F(PN_F_PROC_CTL), D(PN_F_PROC_CTL)) &&      \
     ne003_proc2(l0.proc2, F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), D(PN_F_PROC2_CTL)) &&                                      \
     ne005_exit(l0.exit, F(PN_F_PIN_CTL), n->caps.exit, D(PN_F_EXIT_CTL)) && l2_entry(l0.entry, D(PN_F_ENTRY_CTL)) &&      \
     ne006_exceptions(l0.exception_bitmap, F(PN_F_EXCEPTION_BITMAP), D(PN_F_EXCEPTION_BITMAP)) &&                          \
     ne007_page_faults(l0.exception_bitmap, F(PN_F_EXCEPTION_BITMAP), F(PN_F_PF_MASK), F(PN_F_PF_MATCH),                   \
                       D(PN_F_EXCEPTION_BITMAP), D(PN_F_PF_MASK), D(PN_F_PF_MATCH)) &&                                     \
     D(PN_F_TPR_THRESHOLD) == F(PN_F_TPR_THRESHOLD) && D(PN_F_XSS_EXIT_BITMAP) == F(PN_F_XSS_EXIT_BITMAP) &&               \
     D(PN_F_VPID) == l0.vpid02 && D(PN_F_MSR_BITMAP) == l0.msr_bitmap &&                                                   \
     l2_ept(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), l0.ept_pointer, l0.eptp01, D(PN_F_EPT_POINTER)) &&                        \
     vmcs02_takes(PN_F_VIRTUAL_APIC, F(PN_F_VIRTUAL_APIC), D(PN_F_VIRTUAL_APIC)) &&                                        \
     vmcs02_takes(PN_F_APIC_ACCESS, F(PN_F_APIC_ACCESS), D(PN_F_APIC_ACCESS)) &&                                           \
     ne013_offset(l0.tsc_offset, F(PN_F_PROC_CTL), F(PN_F_TSC_OFFSET), D(PN_F_TSC_OFFSET)))
#define OWNED                                                                                                              \
    (l2_control(l0.cr0_mask, l0.cr0_forced, F(PN_F_CR0_MASK), F(PN_F_CR0_SHADOW), F(PN_F_GUEST_CR0), D(PN_F_GUEST_CR0),    \
                D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW)) &&                                                                   \
     l2_control(l0.cr4_mask, l0.cr4_forced, F(PN_F_CR4_MASK), F(PN_F_CR4_SHADOW), F(PN_F_GUEST_CR4), D(PN_F_GUEST_CR4),    \
                D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW)))
#define TAGGED                                                                                                             \
    (l2_tags(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_VPID), F(PN_F_EPT_POINTER), dev_tag_vpid, dev_tag_eptp) &&        \
     dev_flush_owed == 0)
/* controls_ok, without the rules on the entry controls and on the event. */
#define ALLOWED                                                                                                            \
    (ve012_pin(F(PN_F_PIN_CTL), n->caps.pin) && ve013_primary(F(PN_F_PROC_CTL), n->caps.proc) &&                           \
     ve014_secondary(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), n->caps.proc2) && ve066_exit(F(PN_F_EXIT_CTL), n->caps.exit) &&  \
     ve024_threshold(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_TPR_THRESHOLD)) && ve026_virtual_nmis(F(PN_F_PIN_CTL)) && \
     ve027_nmi_window(F(PN_F_PIN_CTL), F(PN_F_PROC_CTL)) &&                                                                \
     ve041_vpid(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_VPID)) &&                                                      \
     ve050_unrestricted(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL)) &&                                                            \
     ve016_cr3_targets(F(PN_F_CR3_TARGET_COUNT), n->caps.misc) && ve068_save_timer(F(PN_F_PIN_CTL), F(PN_F_EXIT_CTL)) &&   \
     ve017_io_aligned(F(PN_F_PROC_CTL), F(PN_F_IO_BITMAP_A), F(PN_F_IO_BITMAP_B)) &&                                       \
     ve018_io_fits(F(PN_F_PROC_CTL), F(PN_F_IO_BITMAP_A), F(PN_F_IO_BITMAP_B), n->caps.basic, n->caps.address_width) &&    \
     ve019_msr_aligned(F(PN_F_PROC_CTL), F(PN_F_MSR_BITMAP)) &&                                                            \
     ve020_msr_fits(F(PN_F_PROC_CTL), F(PN_F_MSR_BITMAP), n->caps.basic, n->caps.address_width) &&                         \
     ve021_tpr_aligned(F(PN_F_PROC_CTL), F(PN_F_VIRTUAL_APIC)) &&                                                          \
     ve022_tpr_fits(F(PN_F_PROC_CTL), F(PN_F_VIRTUAL_APIC), n->caps.basic, n->caps.address_width) &&                       \
     ve028_apic_aligned(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_APIC_ACCESS)) &&                                       \
     ve029_apic_fits(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_APIC_ACCESS), n->caps.basic, n->caps.address_width) &&    \
     ve042_eptp(F(PN_F_PROC_CTL), F(PN_F_PROC2_CTL), F(PN_F_EPT_POINTER), n->caps.ept_vpid, n->caps.address_width) &&      \
     ve069_list(F(PN_F_EXIT_STORE_COUNT), F(PN_F_EXIT_STORE_ADDR), n->caps.basic, n->caps.misc, n->caps.address_width) &&  \
     ve069_list(F(PN_F_EXIT_LOAD_COUNT), F(PN_F_EXIT_LOAD_ADDR), n->caps.basic, n->caps.misc, n->caps.address_width) &&    \
     ve069_list(F(PN_F_ENTRY_LOAD_COUNT), F(PN_F_ENTRY_LOAD_ADDR), n->caps.basic, n->caps.misc, n->caps.address_width))

/* ---- Steps of the proof ------------------------------------------------------------------------------------------ */

/*@ predicate between{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      (n->checked != 0 ==> controls_ok(n)) && pn_clean_sound(n, l0) && pn_pdptrs_sound(n) && pn_tags_sound(n);
*/

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
    ensures cr0: nx001_control(F(PN_F_GUEST_CR0), F(PN_F_CR0_MASK), b.f[PN_F_GUEST_CR0], D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW),
            D(PN_F_GUEST_CR0));
    ensures cr4: nx001_control(F(PN_F_GUEST_CR4), F(PN_F_CR4_MASK), b.f[PN_F_GUEST_CR4], D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW),
            D(PN_F_GUEST_CR4));
    ensures mode: nx003_long_mode(F(PN_F_ENTRY_CTL), b.f[PN_F_ENTRY_CTL], D(PN_F_ENTRY_CTL));
    ensures pdptrs: pn_uses_pdptrs(n) ==> pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    ensures again: pn_again(n);
    ensures event: !bit(F(PN_F_ENTRY_INFO), 31); */
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
    requires saved_cr0: nx001_control(F(PN_F_GUEST_CR0), F(PN_F_CR0_MASK), cr0, D(PN_F_CR0_MASK), D(PN_F_CR0_SHADOW),
             D(PN_F_GUEST_CR0));
    requires saved_cr4: nx001_control(F(PN_F_GUEST_CR4), F(PN_F_CR4_MASK), cr4, D(PN_F_CR4_MASK), D(PN_F_CR4_SHADOW),
             D(PN_F_GUEST_CR4));
    requires mode: nx003_long_mode(F(PN_F_ENTRY_CTL), entry, D(PN_F_ENTRY_CTL));
    requires pdptrs: pn_uses_pdptrs(n) ==> pn_same(n, PN_G_PDPTRS, PN_G_PDPTRS_END);
    requires lost: pn_uses_pdptrs(n) || dev_pdptrs_lost != 0;
    requires again: pn_again(n);
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
    ensures segments: pn_same(n, PN_G_SEGMENTS, PN_G_SEGMENTS_END);
    ensures rare: pn_same(n, PN_G_RARE, PN_G_RARE_END);
    ensures other: !bit(n->dirty, PN_GROUP_OTHER) ==> D(PN_F_GUEST_ACTIVITY) == F(PN_F_GUEST_ACTIVITY) &&
            D(PN_F_PREEMPTION_TIMER) == F(PN_F_PREEMPTION_TIMER);
    ensures clean: pn_clean_sound(n, l0);
    ensures history: pn_pdptrs_sound(n);
    ensures tags: pn_tags_sound(n);
    ensures stands: n->checked != 0 ==> controls_ok(n);
    ensures between: between(n, l0); */
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
    /*@ assert entry: n->checked != 0 ==> ve077_entry(F(PN_F_ENTRY_CTL), n->caps.entry); */
    /*@ assert event: entry_event_ok(n); */
    /*@ assert reserved: n->checked != 0 ==> controls_reserved_ok(n); */
    /*@ assert agree: n->checked != 0 ==> controls_agree(n); */
    /*@ assert pages: n->checked != 0 ==> io_bitmaps_ok(n) && msr_bitmap_ok(n) && virtual_apic_ok(n) && apic_access_ok(n); */
    /*@ assert lists: n->checked != 0 ==> eptp_ok(n) && msr_lists_ok(n); */
    /*@ assert stands: n->checked != 0 ==> controls_ok(n); */
    /*@ assert clean: pn_clean_sound(n, l0); */
}

/* ---- The steps of the machine ------------------------------------------------------------------------------------ */

#define DEVICE                                                                                                             \
    dev_if, dev_tf, dev_btf, dev_pe, dev_rf, dev_sti, dev_movss, dev_nmi_blocked, dev_bs, dev_gif, dev_smm, dev_wfs,       \
        dev_breakpoints, dev_rip, dev_at, dev_next_rip, dev_mode, dev_dr6, dev_dr7, dev_cr2
#define VERDICT (n->checked != 0 ==> ALLOWED && ve077_entry(F(PN_F_ENTRY_CTL), n->caps.entry))

/*@ // "IA-32e mode guest" may be 0 and 1.
    predicate both_modes(struct pn_vmx_caps c) = !bit(c.entry, 9) && bit(c.entry, 41);

    // L1 runs; L2 does.
    predicate outside{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      n->l2 == 0 && dev_vmcs == PN_VMCS01 && between(n, l0);

    predicate merged{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) = MERGED && OWNED && TAGGED && VERDICT;

    predicate inside{L}(struct pn_nested_vmx *n, struct pn_l0_wants l0) =
      n->l2 != 0 && n->vmxon != 0 && n->current != PN_NO_VMCS && dev_vmcs == PN_VMCS02 && merged(n, l0);
*/

/*@ requires nested: \valid_read(n);
    requires merged: merged(n, l0);
    terminates \true; exits \false; assigns \nothing;
    ensures merged: MERGED;
    ensures owned: OWNED;
    ensures tagged: TAGGED;
    ensures verdict: VERDICT; */
static void open_l2(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    (void)n;
    (void)l0;
}

/*@ requires nested: \valid_read(n);
    requires merged: MERGED;
    requires owned: OWNED;
    requires tagged: TAGGED;
    requires verdict: VERDICT;
    terminates \true; exits \false; assigns \nothing;
    ensures merged: merged(n, l0); */
static void close_l2(const struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    (void)n;
    (void)l0;
}

/* VMLAUNCH or VMRESUME. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires quiet: dev_owed == 0 && dev_entry == 0;
    requires outside: outside(n, l0);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR], n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION],
            n->checked, n->l2, n->entry_pending, n->pdptrs_held, n->dirty, dev_reads, dev_memory, dev_writes, dev_msrs,
            dev_msr_journal, dev_bitmap02, dev_rounds, dev_tag_vpid, dev_tag_eptp, dev_flush_owed, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[0 .. PN_FIELDS - 1], dev_written02[0 .. PN_FIELDS - 1], dev_cost02, dev_vmcs, DEVICE;
    ensures nested_inv: pn_nested_inv(n);
    ensures at_instruction: \old(dev_rip) == \old(dev_at) ==> dev_rip == dev_at;
    ensures outside: n->l2 == 0 ==> outside(n, l0);
    ensures inside: n->l2 != 0 ==> inside(n, l0); */
static void enter(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    const struct pn_outcome o = pn_nested_enter(n, pn_any_mode(), pn_any_choice() != 0, l0);

    if (o.kind != PN_VMX_ENTER)
        return;
    open_entry(n, l0);
    close_l2(n, l0);
}

/* L2 runs until its next exit; or L0 does some work for it. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires inside: inside(n, l0);
    terminates \true; exits \false;
    assigns n->dirty, n->launched, n->pdptrs_held, n->entry_pending, n->checked, dev_vmcs02[PN_F_ENTRY_CTL],
            dev_vmcs02[PN_G_BASIC .. PN_F_GUEST_CR4], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY],
            dev_vmcs02[PN_F_PREEMPTION_TIMER];
    ensures nested_inv: pn_nested_inv(n);
    ensures inside: inside(n, l0); */
static void run_l2(struct pn_nested_vmx *n, struct pn_l0_wants l0)
{
    open_l2(n, l0);
    pn_hw_run_l2();
    pn_nested_entered(n, false);
    close_l2(n, l0);
}

/* An exit that is L1's. */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires vmx: dev_svm == 0;
    requires not_programmed: dev_entry == 0;
    requires nothing_raised: v->exception.stage == PN_STAGE_NONE;
    requires not_taken_back: has_injected(*v) ==> v->cancelled == 0;
    requires inside: inside(n, l0);
    requires both: both_modes(n->caps);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_ENTRY_CTL], n->vmcs12.f[PN_F_ENTRY_INFO], n->vmcs12.f[PN_G_BASIC .. PN_F_GUEST_CR4],
            n->vmcs12.f[PN_F_GUEST_DR7 .. PN_F_GUEST_ACTIVITY], n->vmcs12.f[PN_F_PREEMPTION_TIMER],
            n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_GUEST_PHYSICAL], n->dirty, n->launched, n->l2, n->entry_pending,
            v->injected.stage, dev_pdptrs_lost, dev_vmcs01[0 .. PN_FIELDS - 1], dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER],
            dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, DEVICE, dev_owed, led_reported, dev_reads, dev_memory,
            dev_writes, dev_msrs, dev_msr_journal;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures quiet: dev_owed == 0;
    ensures outside: !injected_valid(F(PN_F_ENTRY_INFO)) ==> outside(n, l0); */
static void exit_to_l1(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l0_wants l0)
{
    const struct pn_vmcs12 before = n->vmcs12;
    const uint32_t dirty = n->dirty;
    const uint64_t cr0 = n->vmcs12.f[PN_F_GUEST_CR0], cr4 = n->vmcs12.f[PN_F_GUEST_CR4];
    const uint64_t entry = n->vmcs12.f[PN_F_ENTRY_CTL];

    open_l2(n, l0);
    (void)pn_nested_exit(n, v, pn_any_exit());
    open_exit(n, before, dirty);
    pn_hw_saved_pdptrs(pn_pdptrs_in_use(n));
    if (n->vmcs12.f[PN_F_ENTRY_INFO] / 0x80000000u % 2u != 0)
        return; /* bit 31 is 0 (open_exit: event), so this is never: see UNPROVED */
    close_exit(n, l0, cr0, cr4, entry);
}

/* The processor refuses vmcs02 although all checks have passed; pn_cancel_injection has taken the event back. */
/*@ requires nested: \valid(n);
    requires vcpu: \valid(v);
    requires apart: \separated(n, v);
    requires nested_inv: pn_nested_inv(n);
    requires inv: pn_inv(*v);
    requires pending: n->entry_pending != 0;
    requires taken_back: dev_entry == 0 && (has_injected(*v) ==> v->cancelled != 0);
    requires inside: inside(n, l0);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION], n->dirty, n->launched, n->pdptrs_held, n->entry_pending,
            n->checked, n->l2, v->injected.stage, dev_owed, led_reported, dev_vmcs01[0 .. PN_FIELDS - 1],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs, DEVICE,
            dev_reads, dev_memory, dev_writes, dev_msrs, dev_msr_journal;
    ensures nested_inv: pn_nested_inv(n);
    ensures inv: pn_inv(*v);
    ensures kept_balance: balanced{Pre}(\old(*v)) ==> balanced(*v);
    ensures kept_payloads: payload_balanced{Pre}(\old(*v)) ==> payload_balanced(*v);
    ensures quiet: dev_owed == 0 && dev_entry == 0;
    ensures outside: outside(n, l0); */
static void refuse(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l0_wants l0)
{
    const uint32_t reason = pn_any_choice() != 0 ? 33 : 34;
    const uint64_t qualification = pn_any_word();

    (void)l0;
    /*@ assert apart_words: \separated(&n->vmcs12.f[PN_F_EXIT_REASON .. PN_F_EXIT_QUALIFICATION], v); */
    /*@ assert apart_flags: \separated(&n->dirty, v) && \separated(&n->checked, v) && \separated(&n->l2, v) &&
          \separated(&n->entry_pending, v) && \separated(&n->pdptrs_held, v) && \separated(&n->launched, v); */
    pn_nested_refused(v);
    /*@ ghost struct pn_vcpu left = *v; */
    pn_nested_entered(n, true);
    /*@ assert events: *v == left; */
    (void)pn_entry_failure(n, reason, qualification);
    /*@ assert same: *v == left; */
}
