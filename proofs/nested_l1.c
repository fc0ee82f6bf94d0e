/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1 between two rounds: any of its VMX instructions keeps what the next entry starts from (`outside`). Proof only; never compiled.
 *
 * CLAIM (pn_l1_instruction), for each instruction with any operands in any mode of L1's, and for the copies from and to the shadow VMCS:
 * a group of fields that is clean afterwards was clean before, with the same values (clean_kept); a verdict of the checks that stands
 * stood before, on the same values (verdict_kept); PDPTEs that vmcs02 is said to hold were held before, though VMPTRLD and VMWRITE
 * give ones that are undefined a value (pdptrs_kept); the same of the host-state area, and of what L2's last exit left (area_kept, for
 * nested_stands.c); and this is enough for `outside`, whatever the instruction was.
 * CLAIM, L1 does not notice that an exit leaves L2's segments in vmcs02 (SDM 27.3.2): where L1 sees vmcs12's words, vmcs12 has them. At
 * VMREAD (vmread_sees_l2); when VMXOFF, VMCLEAR and VMPTRLD put it into its region (region_has_l2); the shadow VMCS shows no word of
 * theirs (shows_none_late). These four and VMWRITE are executed only when L0 has fetched (nothing_late); all the others also while
 * segments are late.
 *
 * UNPROVED: pn_shadow_take and pn_shadow_said are called where their premises on what was shown hold (shown_still, left_still): that the
 * order of vmx_shadow.h brings that about is not shown here.
 */
#include "nested.h"

#include "../core/event/bits.h"
#include "../core/vmx/fields.h"

/* Controls and registers. */
#define CLEAN (!bit(n->dirty, PN_GROUP_CONTROLS) && !bit(n->dirty, PN_GROUP_REGISTERS))
#define KEPT(i) (n->vmcs12.f[i] == \at(n->vmcs12.f[i], Pre))

/* That every field fits, taken out of the invariant and put back where little else is known: solvers find it late elsewhere. */
/*@ requires nested: \valid_read(n);
    requires inv: pn_nested_inv(n);
    terminates \true; exits \false; assigns \nothing;
    ensures fields_fit: pn_fields_fit(n);
    ensures fit: \forall integer f; 0 <= f < PN_FIELDS ==> sdm24_fits(f, n->vmcs12.f[f]); */
static void open_inv(const struct pn_nested_vmx *n)
{
    (void)n;
}

/*@ requires nested: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    requires pointers: pn_pointers_ok(n);
    requires fit: \forall integer f; 0 <= f < PN_FIELDS ==> sdm24_fits(f, n->vmcs12.f[f]);
    terminates \true; exits \false; assigns \nothing;
    ensures inv: pn_nested_inv(n); */
static void close_inv(const struct pn_nested_vmx *n)
{
    (void)n;
}

/* ---- One instruction ----------------------------------------------------------------------------------------------- */

/* L0 has fetched L2's segments (pn_verdict_fetch, at any moment while L1 runs): then L1 may look at vmcs12 whole. */
/*@ requires nested: \valid_read(n);
    requires late: pn_segments_sound(n);
    terminates \true; exits \false; assigns \nothing;
    ensures fetched: \result != 0 ==> bit(n->dirty, PN_HAS_SEGMENTS) && dev_unsaved == 0; */
static bool nothing_late(const struct pn_nested_vmx *n)
{
    return pn_tstb(n->dirty, PN_HAS_SEGMENTS);
}

/* VMREAD. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires late: pn_segments_sound(n);
    terminates \true; exits \false; assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR];
    ensures nested_inv: pn_nested_inv(n);
    ensures step: l1_step{Pre, Post}(n); */
static void l1_reads(struct pn_nested_vmx *n)
{
    uint64_t value = 0;

    if (!nothing_late(n))
        return;
    /*@ assert vmread_sees_l2: dev_unsaved == 0; */
    (void)pn_vmread(n, pn_any_mode(), pn_any_word(), &value);
}

/* Those that change no field but the VM-instruction error. INVVPID owes a flush. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires late: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[PN_F_INSTRUCTION_ERROR], n->dirty, dev_flush_owed, dev_ept_stale;
    ensures nested_inv: pn_nested_inv(n);
    ensures step: l1_step{Pre, Post}(n); */
static void l1_asks(struct pn_nested_vmx *n)
{
    const struct pn_l1_mode m = pn_any_mode();
    const uint64_t a = pn_any_word(), b = pn_any_word(), c = pn_any_word(), d = pn_any_word();
    uint64_t value = 0;

    switch (pn_any_choice()) {
    case 0:
        l1_reads(n);
        break;
    case 1:
        (void)pn_vmptrst(n, m, &value);
        break;
    case 2:
        (void)pn_invept(n, m, a, b);
        break;
    case 3:
        (void)pn_invvpid(n, m, a, (uint16_t)(b % 0x10000), c, d);
        break;
    default:
        (void)pn_vmcall(n, m);
        break;
    }
}

/* VMXOFF and VMCLEAR put vmcs12 into its region, where L1 may read it. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires late: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmxon, n->current, n->launched, n->checked, n->vmcs12.f[PN_F_INSTRUCTION_ERROR], dev_memory, dev_writes;
    ensures nested_inv: pn_nested_inv(n);
    ensures step: l1_step{Pre, Post}(n); */
static void l1_puts_away(struct pn_nested_vmx *n)
{
    if (!nothing_late(n))
        return;
    /*@ assert region_has_l2: dev_unsaved == 0; */
    if (pn_any_choice() != 0)
        (void)pn_vmxoff(n, pn_any_mode());
    else
        (void)pn_vmclear(n, pn_any_mode(), pn_any_word());
}

/* VMXON, VMXOFF, VMCLEAR: what is current. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires late: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmxon, n->vmxon_pointer, n->current, n->launched, n->checked, n->vmcs12.f[PN_F_INSTRUCTION_ERROR],
            dev_memory, dev_writes, dev_reads;
    ensures nested_inv: pn_nested_inv(n);
    ensures step: l1_step{Pre, Post}(n); */
static void l1_leaves(struct pn_nested_vmx *n)
{
    if (pn_any_choice() != 0)
        (void)pn_vmxon(n, pn_any_mode(), pn_any_word());
    else
        l1_puts_away(n);
}

/* VMPTRLD of another VMCS: its PDPTE fields are what its region says, whatever became of the ones before. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false;
    assigns n->current, n->launched, n->checked, n->dirty, n->pdptrs_held, n->vmcs12.f[0 .. PN_FIELDS - 1], dev_memory,
            dev_writes, dev_reads, dev_pdptrs_lost;
    ensures nested_inv: pn_nested_inv(n);
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n); */
static void one_load(struct pn_nested_vmx *n)
{
    const uint64_t before = n->current, pointer = pn_any_word();
    const struct pn_outcome o = pn_vmptrld(n, pn_any_mode(), pointer);

    /*@ assert other: succeeded(o) && pointer != before ==> vi013_all_dirty(n->dirty); */
    /*@ assert fields: !(succeeded(o) && pointer != before) ==>
          \forall integer i; 0 <= i < PN_FIELDS && i != PN_F_INSTRUCTION_ERROR ==> KEPT(i); */
    /*@ assert same: !(succeeded(o) && pointer != before) ==> n->dirty == \at(n->dirty, Pre); */
    /*@ assert loaded: succeeded(o) && pointer != before ==> clean_kept{Pre, Here}(n); */
    /*@ assert stays: !(succeeded(o) && pointer != before) ==> clean_kept{Pre, Here}(n); */
    if (o.kind == PN_VMX_SUCCEED && pointer != before)
        pn_hw_saved_pdptrs(pn_any_choice() != 0);
}

/* VMPTRLD puts vmcs12 into its region, where L1 may read it. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires late: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->current, n->launched, n->checked, n->dirty, n->pdptrs_held, n->vmcs12.f[0 .. PN_FIELDS - 1], dev_memory,
            dev_writes, dev_reads, dev_pdptrs_lost;
    ensures nested_inv: pn_nested_inv(n);
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n); */
static void l1_loads(struct pn_nested_vmx *n)
{
    if (!nothing_late(n))
        return;
    /*@ assert region_has_l2: dev_unsaved == 0; */
    one_load(n);
}

/* VMWRITE, and what its contract comes to: of which group a field that has changed is. True: it has written a PDPTE. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires saved: bit(n->dirty, PN_HAS_SEGMENTS);
    terminates \true; exits \false; assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->checked, n->pdptrs_held;
    ensures nested_inv: pn_nested_inv(n);
    ensures caps: n->caps == \old(n->caps);
    ensures grows: \forall integer g; 0 <= g <= 31 ==> (bit(\old(n->dirty), g) ==> bit(n->dirty, g));
    ensures moved: \forall integer i; 0 <= i < PN_FIELDS && i != PN_F_INSTRUCTION_ERROR &&
            n->vmcs12.f[i] != \old(n->vmcs12.f[i]) ==> bit(n->dirty, field_group(i));
    ensures open: \forall integer i; 0 <= i < PN_FIELDS && i != PN_F_INSTRUCTION_ERROR &&
            n->vmcs12.f[i] != \old(n->vmcs12.f[i]) ==> n->checked == 0 || !vi015_rests(field_group(i));
    ensures unchecked: n->checked != 0 ==> \old(n->checked) != 0;
    ensures held: n->pdptrs_held != 0 ==> \old(n->pdptrs_held) != 0;
    ensures given: \forall integer i; PN_G_PDPTRS <= i < PN_G_PDPTRS_END && n->vmcs12.f[i] != \old(n->vmcs12.f[i]) ==>
            n->pdptrs_held == 0;
    ensures own: \result != 0 ==> n->pdptrs_held == 0; */
static bool one_write(struct pn_nested_vmx *n)
{
    const uint64_t encoding = pn_any_word();
    const struct pn_outcome o = pn_vmwrite(n, pn_any_mode(), encoding, pn_any_word());

    /*@ assert named: succeeded(o) ==> \exists integer i; vi005_names(encoding, i); */
    /*@ assert dirty: succeeded(o) ==> \forall integer i; vi005_names(encoding, i) ==> bit(n->dirty, field_group(i)); */
    /*@ assert which: succeeded(o) ==> \forall integer i; 0 <= i < PN_FIELDS && !KEPT(i) ==> vi005_names(encoding, i); */
    /*@ assert none: !succeeded(o) ==> \forall integer i; 0 <= i < PN_FIELDS && i != PN_F_INSTRUCTION_ERROR ==> KEPT(i); */
    /*@ assert pdpte: \forall integer i; 0x280a <= encoding <= 0x2811 && vi005_names(encoding, i) ==> field_group(i) == PN_GROUP_PDPTRS; */
    /*@ assert group: \forall integer i; PN_G_PDPTRS <= i < PN_G_PDPTRS_END ==> field_group(i) == PN_GROUP_PDPTRS; */
    /*@ assert lost: succeeded(o) ==> \forall integer i; vi005_names(encoding, i) && field_group(i) == PN_GROUP_PDPTRS ==>
          n->pdptrs_held == 0; */
    /*@ assert given: \forall integer i; PN_G_PDPTRS <= i < PN_G_PDPTRS_END && !KEPT(i) ==> n->pdptrs_held == 0; */
    return o.kind == PN_VMX_SUCCEED && encoding >= 0x280a && encoding <= 0x2811;
}

/* VMWRITE: one of the PDPTE fields, and it may be that they are all L1's own from then on. */
/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires late: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->checked, n->pdptrs_held, dev_pdptrs_lost;
    ensures nested_inv: pn_nested_inv(n);
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n); */
static void l1_writes(struct pn_nested_vmx *n)
{
    if (nothing_late(n) && one_write(n))
        pn_hw_saved_pdptrs(pn_any_choice() != 0);
}

/* What L1 may write was shown to it as vmcs12 has it. */
/*@ requires nested: \valid_read(n);
    requires shadow: \valid_read(s);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 ==> \forall integer f; 0 <= f < PN_FIELDS && sh001_written(f) ==> s->f[f] == n->vmcs12.f[f]; */
static bool shown_still(const struct pn_nested_vmx *n, const struct pn_vmcs_shadow *s)
{
    return n->vmcs12.f[PN_F_PROC_CTL] == s->f[PN_F_PROC_CTL] && n->vmcs12.f[PN_F_ENTRY_INFO] == s->f[PN_F_ENTRY_INFO] &&
           n->vmcs12.f[PN_F_ENTRY_ERROR] == s->f[PN_F_ENTRY_ERROR] &&
           n->vmcs12.f[PN_F_ENTRY_LENGTH] == s->f[PN_F_ENTRY_LENGTH] &&
           n->vmcs12.f[PN_F_GUEST_RIP] == s->f[PN_F_GUEST_RIP] && n->vmcs12.f[PN_F_GUEST_RSP] == s->f[PN_F_GUEST_RSP] &&
           n->vmcs12.f[PN_F_GUEST_RFLAGS] == s->f[PN_F_GUEST_RFLAGS] &&
           n->vmcs12.f[PN_F_GUEST_INTERRUPTIBILITY] == s->f[PN_F_GUEST_INTERRUPTIBILITY];
}

/* One value for one branch: each path more that meets behind it costs the solvers. */
/*@ requires nested: \valid_read(n);
    requires shadow: \valid_read(s);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 ==> \forall integer f; 0 <= f < PN_FIELDS && sh001_written(f) ==> s->f[f] == n->vmcs12.f[f]; */
static bool may_be_asked(const struct pn_nested_vmx *n, const struct pn_vmcs_shadow *s)
{
    return pn_any_choice() != 0 && shown_still(n, s);
}

/* An exit of L2's at the most has changed what was shown. */
/*@ requires nested: \valid_read(n);
    requires shadow: \valid_read(s);
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 ==> \forall integer f; 0 <= f < PN_FIELDS && sh003_left(f) ==> s->f[f] == n->vmcs12.f[f]; */
static bool left_still(const struct pn_nested_vmx *n, const struct pn_vmcs_shadow *s)
{
    return n->vmcs12.f[PN_F_PROC_CTL] == s->f[PN_F_PROC_CTL] &&
           n->vmcs12.f[PN_F_ENTRY_ERROR] == s->f[PN_F_ENTRY_ERROR] &&
           n->vmcs12.f[PN_F_ENTRY_LENGTH] == s->f[PN_F_ENTRY_LENGTH] &&
           n->vmcs12.f[PN_F_CR0_MASK] == s->f[PN_F_CR0_MASK] && n->vmcs12.f[PN_F_CR0_SHADOW] == s->f[PN_F_CR0_SHADOW] &&
           n->vmcs12.f[PN_F_CR4_MASK] == s->f[PN_F_CR4_MASK] && n->vmcs12.f[PN_F_CR4_SHADOW] == s->f[PN_F_CR4_SHADOW];
}

/* The shadow VMCS: filled before L1 goes on with it, taken back before anything that uses vmcs12 whole; L1 writes to it in between. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    requires same: \forall integer f; 0 <= f < PN_FIELDS && sh001_written(f) ==> s->f[f] == n->vmcs12.f[f];
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->dirty, n->checked, s->f[0 .. PN_FIELDS - 1], dev_vmcs;
    ensures nested_inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures known: pn_shadow_known(s);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n); */
static void l1_is_asked(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s)
{
    pn_shadow_take(n, s);
    /*@ assert others: \forall integer g; PN_GROUP_REGISTERS <= g <= 31 && !bit(n->dirty, g) ==> !bit(\at(n->dirty, Pre), g); */
    /*@ assert controls: !bit(n->dirty, PN_GROUP_CONTROLS) ==> !bit(\at(n->dirty, Pre), PN_GROUP_CONTROLS); */
    /*@ assert rest: \forall integer f; PN_G_REGISTERS <= f < PN_FIELDS ==> KEPT(f); */
    /*@ assert words: !bit(n->dirty, PN_GROUP_CONTROLS) ==> \forall integer f; 0 <= f < PN_G_CONTROLS_END ==> KEPT(f); */
}

/* L1's VMWRITE of a field of the shadow VMCS, which does not exit (SDM 24.6.15). */
/*@ requires shadow: \valid_read(s);
    requires current: dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    terminates \true; exits \false; assigns dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost, dev_vmcs;
    ensures current: dev_vmcs == PN_VMCS01;
    ensures kept: pn_shadow_kept(s); */
static void l1_writes_shadow(const struct pn_vmcs_shadow *s)
{
    const int f = pn_any_choice();
    uint64_t value;

    (void)s;
    if (f != PN_F_PROC_CTL && (f < PN_G_EVENT || f >= PN_G_BASIC_END))
        return;
    value = pn_field_narrow(f, pn_any_word());
    pn_hw_open_shadow();
    if (pn_hw_read_shadow((enum pn_field)f) != value)
        pn_hw_write_shadow((enum pn_field)f, value);
    pn_hw_close_shadow();
}

/* L1 writes there without an exit; or it goes on and sees vmcs12 there. */
/*@ requires nested: \valid_read(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    terminates \true; exits \false;
    assigns s->f[0 .. PN_FIELDS - 1], dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost, dev_vmcs;
    ensures current: dev_vmcs == PN_VMCS01;
    ensures kept: pn_shadow_kept(s); */
static void l1_goes_on(const struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, bool shown)
{
    open_inv(n);
    /*@ assert shows_none_late: \forall integer f; PN_G_SEGMENTS <= f < PN_G_SEGMENTS_END ==> !sh002_shown(f); */
    if (shown)
        l1_writes_shadow(s);
    else if (left_still(n, s))
        pn_shadow_said(n, s);
    else
        pn_shadow_fill(n, s);
}

/* Nothing of vmcs12 changes by that. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires current: dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    terminates \true; exits \false;
    assigns s->f[0 .. PN_FIELDS - 1], dev_shadow[0 .. PN_FIELDS - 1], dev_shadow_cost, dev_vmcs;
    ensures nested_inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n);
    ensures kept: pn_shadow_kept(s); */
static void l1_sees(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, bool shown)
{
    open_inv(n);
    l1_goes_on(n, s, shown);
    /*@ assert same: \forall integer f; 0 <= f < PN_FIELDS ==> n->vmcs12.f[f] == \at(n->vmcs12.f[f], Pre); */
    /*@ assert words: n->current == \at(n->current, Pre) && n->vmxon_pointer == \at(n->vmxon_pointer, Pre); */
    /*@ assert pointers: pn_pointers_ok(n); */
    /*@ assert fit: \forall integer f; 0 <= f < PN_FIELDS ==> sdm24_fits(f, n->vmcs12.f[f]); */
    close_inv(n);
    /*@ assert same_clean: clean_kept{Pre, Here}(n); */
    /*@ assert same_area: area_kept{Pre, Here}(n); */
    /*@ assert same_verdict: verdict_kept{Pre, Here}(n); */
    /*@ assert same_pdptrs: pdptrs_kept{Pre, Here}(n); */
}

/* ---- Enough for the next entry --------------------------------------------------------------------------------------- */

/*@ requires nested: \valid(n);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0;
    requires late: pn_segments_sound(n);
    terminates \true; exits \false;
    assigns n->vmcs12.f[0 .. PN_FIELDS - 1], n->vmxon, n->vmxon_pointer, n->current, n->launched, n->checked, n->dirty,
            n->pdptrs_held, dev_memory, dev_writes, dev_reads, dev_pdptrs_lost, dev_flush_owed, dev_ept_stale;
    ensures nested_inv: pn_nested_inv(n);
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n); */
static void vmx_instruction(struct pn_nested_vmx *n, int what)
{
    if (what == 2) {
        l1_asks(n);
        /*@ assert clean_asks: clean_kept{Pre, Here}(n); */
        /*@ assert area_asks: area_kept{Pre, Here}(n); */
        /*@ assert verdict_asks: verdict_kept{Pre, Here}(n); */
        /*@ assert pdptrs_asks: pdptrs_kept{Pre, Here}(n); */
        return;
    }
    if (what == 3) {
        l1_leaves(n);
        /*@ assert clean_leaves: clean_kept{Pre, Here}(n); */
        /*@ assert area_leaves: area_kept{Pre, Here}(n); */
        /*@ assert verdict_leaves: verdict_kept{Pre, Here}(n); */
        /*@ assert pdptrs_leaves: pdptrs_kept{Pre, Here}(n); */
        return;
    }
    if (what == 4) {
        l1_loads(n);
        /*@ assert clean_loads: clean_kept{Pre, Here}(n); */
        /*@ assert area_loads: area_kept{Pre, Here}(n); */
        /*@ assert verdict_loads: verdict_kept{Pre, Here}(n); */
        /*@ assert pdptrs_loads: pdptrs_kept{Pre, Here}(n); */
        return;
    }
    l1_writes(n);
}

/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0 && dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    requires late: pn_segments_sound(n);
    terminates \true; exits \false; assigns L1_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n);
    ensures kept: pn_shadow_kept(s);
    ensures known: \result == 0 ==> pn_shadow_known(s); */
static bool any_instruction(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, bool shown)
{
    const int what = pn_any_choice();

    if (what == 0) {
        l1_sees(n, s, shown);
        return true;
    }
    if (may_be_asked(n, s)) {
        l1_is_asked(n, s);
        /*@ assert asked_inv: pn_nested_inv(n); */
        /*@ assert asked_clean: clean_kept{Pre, Here}(n); */
        /*@ assert asked_area: area_kept{Pre, Here}(n); */
        /*@ assert asked_verdict: verdict_kept{Pre, Here}(n); */
        /*@ assert asked_pdptrs: pdptrs_kept{Pre, Here}(n); */
        return false;
    }
    vmx_instruction(n, what);
    /*@ assert done_inv: pn_nested_inv(n); */
    /*@ assert done_clean: clean_kept{Pre, Here}(n); */
    /*@ assert done_area: area_kept{Pre, Here}(n); */
    /*@ assert done_verdict: verdict_kept{Pre, Here}(n); */
    /*@ assert done_pdptrs: pdptrs_kept{Pre, Here}(n); */
    return shown;
}

/*@ predicate segments_sound{L}(struct pn_nested_vmx *n) = pn_segments_sound(n) &&
      (!bit(n->dirty, PN_GROUP_SEGMENTS) ==> pn_same_segments(n)) &&
      (!bit(n->dirty, PN_GROUP_RARE) ==> pn_same(n, PN_G_RARE, PN_G_RARE_END));
*/

/* Clean segments and rare fields are in vmcs02. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0 && dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    requires groups: segments_sound(n);
    requires history: pn_pdptrs_sound(n);
    terminates \true; exits \false; assigns L1_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n);
    ensures kept: pn_shadow_kept(s);
    ensures known: \result == 0 ==> pn_shadow_known(s);
    ensures pin: !bit(n->dirty, PN_GROUP_CONTROLS) || n->checked != 0 ==> F(PN_F_PIN_CTL) == \old(F(PN_F_PIN_CTL));
    ensures groups: segments_sound(n);
    ensures history: pn_pdptrs_sound(n); */
static bool keeps_segments(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, bool shown)
{
    const bool now = any_instruction(n, s, shown);

    /*@ assert pin_clean: !bit(n->dirty, PN_GROUP_CONTROLS) ==> KEPT(PN_F_PIN_CTL); */
    /*@ assert pin_checked: n->checked != 0 ==> KEPT(PN_F_PIN_CTL); */
    /*@ assert late: pn_segments_sound(n); */
    /*@ assert segments: !bit(n->dirty, PN_GROUP_SEGMENTS) ==> pn_same_segments(n); */
    /*@ assert rare: !bit(n->dirty, PN_GROUP_RARE) ==> pn_same(n, PN_G_RARE, PN_G_RARE_END); */
    /*@ assert held: n->pdptrs_held != 0 && dev_pdptrs_lost == 0 ==> \at(n->pdptrs_held, Pre) != 0 && \at(dev_pdptrs_lost, Pre) == 0; */
    /*@ assert pdptrs: pn_pdptrs_sound(n); */
    return now;
}

/* Clean controls are in vmcs02. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0 && dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    requires groups: segments_sound(n);
    requires history: pn_pdptrs_sound(n);
    requires controls: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_controls(n, l0);
    terminates \true; exits \false; assigns L1_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n);
    ensures kept: pn_shadow_kept(s);
    ensures known: \result == 0 ==> pn_shadow_known(s);
    ensures pin: !bit(n->dirty, PN_GROUP_CONTROLS) || n->checked != 0 ==> F(PN_F_PIN_CTL) == \old(F(PN_F_PIN_CTL));
    ensures groups: segments_sound(n);
    ensures history: pn_pdptrs_sound(n);
    ensures controls: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_controls(n, l0); */
static bool keeps_controls(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_l0_wants l0, bool shown)
{
    const bool now = keeps_segments(n, s, shown);

    (void)l0;
    /*@ assert same_0: !bit(n->dirty, PN_GROUP_CONTROLS) ==> KEPT(PN_F_PROC_CTL) && KEPT(PN_F_PROC2_CTL)
          && KEPT(PN_F_EXIT_CTL); */
    /*@ assert same_1: !bit(n->dirty, PN_GROUP_CONTROLS) ==> KEPT(PN_F_ENTRY_CTL) && KEPT(PN_F_EXCEPTION_BITMAP) &&
          KEPT(PN_F_PF_MASK) && KEPT(PN_F_PF_MATCH); */
    /*@ assert same_2: !bit(n->dirty, PN_GROUP_CONTROLS) ==> KEPT(PN_F_TPR_THRESHOLD) && KEPT(PN_F_VPID) &&
          KEPT(PN_F_EPT_POINTER) && KEPT(PN_F_MSR_BITMAP); */
    /*@ assert same_3: !bit(n->dirty, PN_GROUP_CONTROLS) ==> KEPT(PN_F_VIRTUAL_APIC) && KEPT(PN_F_APIC_ACCESS) &&
          KEPT(PN_F_TSC_OFFSET) && KEPT(PN_F_XSS_EXIT_BITMAP); */
    /*@ assert words: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_words(n, l0); */
    /*@ assert exceptions: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_exceptions(n, l0); */
    /*@ assert plain: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_plain(n, l0); */
    /*@ assert ept: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_ept(n, l0); */
    /*@ assert pages: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_pages(n); */
    /*@ assert tsc: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_tsc(n, l0); */
    return now;
}

/* The verdict stands. */
/*@ requires nested: \valid(n);
    requires shadow: \valid(s);
    requires apart: \separated(n, s);
    requires nested_inv: pn_nested_inv(n);
    requires root: n->l2 == 0 && dev_vmcs == PN_VMCS01;
    requires kept: pn_shadow_kept(s);
    requires known: shown == 0 ==> pn_shadow_known(s);
    requires groups: segments_sound(n);
    requires history: pn_pdptrs_sound(n);
    requires controls: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_controls(n, l0);
    requires stands: n->checked != 0 ==> controls_ok(n);
    terminates \true; exits \false; assigns L1_MAY;
    ensures nested_inv: pn_nested_inv(n);
    ensures current: dev_vmcs == PN_VMCS01;
    ensures caps: n->caps == \old(n->caps);
    ensures clean: clean_kept{Pre, Post}(n);
    ensures area: area_kept{Pre, Post}(n);
    ensures verdict: verdict_kept{Pre, Post}(n);
    ensures pdptrs: pdptrs_kept{Pre, Post}(n);
    ensures kept: pn_shadow_kept(s);
    ensures known: \result == 0 ==> pn_shadow_known(s);
    ensures groups: segments_sound(n);
    ensures history: pn_pdptrs_sound(n);
    ensures controls: !bit(n->dirty, PN_GROUP_CONTROLS) ==> pn_holds_controls(n, l0);
    ensures stands: n->checked != 0 ==> controls_ok(n); */
static bool keeps_verdict(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_l0_wants l0, bool shown)
{
    const bool now = keeps_controls(n, s, l0, shown);

    /*@ assert same_0: n->checked != 0 ==> KEPT(PN_F_PROC_CTL) && KEPT(PN_F_PROC2_CTL) &&
          KEPT(PN_F_EXIT_CTL); */
    /*@ assert same_1: n->checked != 0 ==> KEPT(PN_F_ENTRY_CTL) && KEPT(PN_F_CR3_TARGET_COUNT) && KEPT(PN_F_TPR_THRESHOLD) &&
          KEPT(PN_F_VPID); */
    /*@ assert same_2: n->checked != 0 ==> KEPT(PN_F_EPT_POINTER) && KEPT(PN_F_IO_BITMAP_A) && KEPT(PN_F_IO_BITMAP_B) &&
          KEPT(PN_F_MSR_BITMAP); */
    /*@ assert same_3: n->checked != 0 ==> KEPT(PN_F_VIRTUAL_APIC) && KEPT(PN_F_APIC_ACCESS) && KEPT(PN_F_EXIT_STORE_COUNT) &&
          KEPT(PN_F_EXIT_STORE_ADDR); */
    /*@ assert same_4: n->checked != 0 ==> KEPT(PN_F_EXIT_LOAD_COUNT) && KEPT(PN_F_EXIT_LOAD_ADDR) &&
          KEPT(PN_F_ENTRY_LOAD_COUNT) && KEPT(PN_F_ENTRY_LOAD_ADDR); */
    /*@ assert same_5: n->checked != 0 ==> KEPT(PN_F_ENTRY_INFO) && KEPT(PN_F_ENTRY_ERROR) && KEPT(PN_F_ENTRY_LENGTH); */
    /*@ assert same_6: n->checked != 0 ==> KEPT(PN_F_GUEST_CR0); */
    /*@ assert controls_reserved: n->checked != 0 ==> controls_reserved_ok(n); */
    /*@ assert controls_agree: n->checked != 0 ==> controls_agree(n); */
    /*@ assert io_bitmaps: n->checked != 0 ==> io_bitmaps_ok(n); */
    /*@ assert msr_bitmap: n->checked != 0 ==> msr_bitmap_ok(n); */
    /*@ assert virtual_apic: n->checked != 0 ==> virtual_apic_ok(n); */
    /*@ assert apic_access: n->checked != 0 ==> apic_access_ok(n); */
    /*@ assert eptp: n->checked != 0 ==> eptp_ok(n); */
    /*@ assert msr_lists: n->checked != 0 ==> msr_lists_ok(n); */
    /*@ assert entry_event: n->checked != 0 ==> entry_event_ok(n); */
    return now;
}

/* A range of two words is these two words. */
/*@ requires nested: \valid_read(n);
    requires words: CLEAN && pn_loads_debug(n) ==>
             D(PN_F_GUEST_DR7) == F(PN_F_GUEST_DR7) && D(PN_F_GUEST_DEBUGCTL) == F(PN_F_GUEST_DEBUGCTL);
    terminates \true; exits \false; assigns \nothing;
    ensures debug: CLEAN && pn_loads_debug(n) ==> pn_same(n, PN_F_GUEST_DR7, PN_F_GUEST_PAT); */
static void same_debug(const struct pn_nested_vmx *n)
{
    (void)n;
}

bool pn_l1_instruction(struct pn_nested_vmx *n, struct pn_vmcs_shadow *s, struct pn_l0_wants l0, bool shown)
{
    const bool now = keeps_verdict(n, s, l0, shown);

    /*@ assert caps: same_caps{Pre, Here}(n); */
    /*@ assert tags: pn_tags_sound(n); */
    /*@ assert registers: !bit(n->dirty, PN_GROUP_REGISTERS) ==> pn_holds_registers(n, l0); */
    /*@ assert other: !bit(n->dirty, PN_GROUP_OTHER) ==> D(PN_F_GUEST_ACTIVITY) == F(PN_F_GUEST_ACTIVITY) &&
          D(PN_F_PREEMPTION_TIMER) == F(PN_F_PREEMPTION_TIMER); */
    /*@ assert same: CLEAN ==> KEPT(PN_F_ENTRY_CTL) &&
          KEPT(PN_F_GUEST_DR7) && KEPT(PN_F_GUEST_DEBUGCTL) && KEPT(PN_F_GUEST_PAT) && KEPT(PN_F_GUEST_EFER); */
    /*@ assert was: CLEAN ==> \at(pn_holds_loaded(n), Pre); */
    /*@ assert was_debug: CLEAN && pn_loads_debug(n) ==> \at(pn_same(n, PN_F_GUEST_DR7, PN_F_GUEST_PAT), Pre); */
    /*@ assert was_words: CLEAN && pn_loads_debug(n) ==>
          \at(D(PN_F_GUEST_DR7) == F(PN_F_GUEST_DR7) && D(PN_F_GUEST_DEBUGCTL) == F(PN_F_GUEST_DEBUGCTL), Pre); */
    /*@ assert words: CLEAN && pn_loads_debug(n) ==>
          D(PN_F_GUEST_DR7) == F(PN_F_GUEST_DR7) && D(PN_F_GUEST_DEBUGCTL) == F(PN_F_GUEST_DEBUGCTL); */
    same_debug(n);
    /*@ assert pat: CLEAN && pn_loads_pat(n) ==> D(PN_F_GUEST_PAT) == F(PN_F_GUEST_PAT); */
    /*@ assert efer: CLEAN && pn_loads_efer(n) ==> D(PN_F_GUEST_EFER) == F(PN_F_GUEST_EFER); */
    /*@ assert loaded: CLEAN ==> pn_holds_loaded(n); */
    return now;
}
