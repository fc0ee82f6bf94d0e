/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 3 (spec/claims/3-pdptrs.md): the model. What a hypervisor that runs a nested guest keeps of the guest's PDPTEs,
 * what can happen to them, and the rules by which they are written into vmcs02. Proof only; never compiled into anything.
 * Of the program in question it has the conditions that the patches and the answer quote, in our words. The four PDPTEs
 * are always written, loaded and saved together, so one word stands for the four.
 */
#ifndef PROVENEST_CLAIM_PDPTR_H
#define PROVENEST_CLAIM_PDPTR_H

#include <stdbool.h>
#include <stdint.h>

/* One entry, before it is prepared. */
struct pn_pdptr_entry {
    uint64_t given, vmcs02;      /* vmcs12's PDPTEs, vmcs02's */
    bool dirty;                  /* L1 has written a field that is not shadowed, or loaded the VMCS */
    bool enlightened;            /* L1 uses an enlightened VMCS, which lies in its memory */
    bool clean, clean_again;     /* the clean bit of the PDPTEs' group, as the early and as the late part read it */
    bool l0_ept, ept12;          /* L0 uses EPT; vmcs12 does */
    bool pae_before, pae;        /* PAE paging by the vCPU's CR0, CR4, EFER before they are L2's, and when they are */
    uint8_t writes;              /* times the PDPTEs of vmcs02 were written */
};

/*@ // The part for fields that change rarely runs; and within it, what is in that group of an enlightened VMCS.
    predicate pdptr_rare(struct pn_pdptr_entry e) = e.dirty != 0 || e.enlightened != 0;
    predicate pdptr_gate(struct pn_pdptr_entry e, integer clean) = e.enlightened == 0 || clean == 0;
    // The late write's own flag, set where the rare part has run.
    predicate pdptr_flag(struct pn_pdptr_entry e) = pdptr_rare(e) && pdptr_gate(e, e.clean_again);
    // SDM 26.3.2.4 (EV-118): an entry loads the PDPTEs from the VMCS iff EPT is on and the guest uses PAE paging.
    predicate ev118_loads(integer ept, integer pae) = ept != 0 && pae != 0;
    // SDM 27.3.1 (EV-107): an exit saves them on the same condition at the exit; else what is saved is undefined.
    predicate ev107_saves(integer ept, integer pae) = ept != 0 && pae != 0;
    // What each write's condition amounts to.
    predicate pdptr_early(struct pn_pdptr_entry e) = pdptr_rare(e) && pdptr_gate(e, e.clean) && e.l0_ept != 0;
    predicate pdptr_late(struct pn_pdptr_entry e) = pdptr_flag(e) && ev118_loads(e.ept12, e.pae);
    // What is said of the program and not in question: L1 is offered EPT only if L0 uses it.
    predicate pdptr_offered(struct pn_pdptr_entry e) = e.ept12 != 0 ==> e.l0_ept != 0;
    predicate pdptr_read_once(struct pn_pdptr_entry e) = e.clean_again == e.clean;
*/

/* The early write: in the rare part, before CR0, CR4 and EFER are L2's. */
/*@ requires few: e.writes <= 1;
    terminates \true; exits \false; assigns \nothing;
    ensures written: pdptr_early(e) ==> \result.vmcs02 == e.given && \result.writes == e.writes + 1;
    ensures not_written: !pdptr_early(e) ==> \result.vmcs02 == e.vmcs02 && \result.writes == e.writes;
    ensures rest: \result.given == e.given && \result.dirty == e.dirty && \result.enlightened == e.enlightened &&
            \result.clean == e.clean && \result.clean_again == e.clean_again && \result.l0_ept == e.l0_ept &&
            \result.ept12 == e.ept12 && \result.pae_before == e.pae_before && \result.pae == e.pae; */
struct pn_pdptr_entry pn_pdptr_write_early(struct pn_pdptr_entry e);

/* The late write: after they are. */
/*@ requires few: e.writes <= 1;
    terminates \true; exits \false; assigns \nothing;
    ensures written: pdptr_late(e) ==> \result.vmcs02 == e.given && \result.writes == e.writes + 1;
    ensures not_written: !pdptr_late(e) ==> \result.vmcs02 == e.vmcs02 && \result.writes == e.writes; */
struct pn_pdptr_entry pn_pdptr_write_late(struct pn_pdptr_entry e);

/* An early write that also asks for PAE paging where it stands: before CR0, CR4 and EFER are L2's. */
/*@ requires few: e.writes <= 1;
    terminates \true; exits \false; assigns \nothing;
    ensures by_mode_before: e.ept12 != 0 && e.pae_before != 0 && pdptr_early(e) ==> \result.vmcs02 == e.given;
    ensures else_untouched: e.ept12 == 0 || e.pae_before == 0 ==> \result == e; */
struct pn_pdptr_entry pn_pdptr_write_narrowed(struct pn_pdptr_entry e);

/* Many entries. news: rare part and gate as one bit (pn_claim_one_bit). */
struct pn_pdptr_state {
    uint64_t given, vmcs02;
    bool ept12;
    bool news;    /* vmcs12 may have changed: dirty, or not clean */
    bool defined; /* history: L1 may rely on what vmcs12 holds */
    bool held;    /* our rule's flag */
    bool wrong;   /* history: L2 has run with PDPTEs that L1 may rely on not to be these */
};

/* Which writes there are, and what is promised. */
struct pn_pdptr_rule {
    bool early, late, ours;
    bool eager;        /* news is forgotten when the entry is prepared, as upstream; else when it has succeeded */
    bool clean_fields; /* what L1 gave stays what L1 gave until it is changed, whatever ran; else SDM 27.3.1 */
};

enum pn_pdptr_kind {
    PN_PDPTR_WRITTEN,    /* L1 gives PDPTEs: VMWRITE, VMPTRLD of another VMCS, a group that is not clean */
    PN_PDPTR_TOUCHED,    /* L1 writes another field that is not shadowed */
    PN_PDPTR_EPT12,      /* so it turns EPT on or off */
    PN_PDPTR_MODE,       /* L1 writes CR0 or CR4, shadowed fields, or a field of another clean group: no news */
    PN_PDPTR_FAILED,     /* an entry that fails after it was prepared: guest state, MSR list */
    PN_PDPTR_RAN,        /* an entry that succeeds, L2 runs, an exit to L1 */
    PN_PDPTR_KINDS
};

struct pn_pdptr_step {
    uint8_t kind;
    bool on;            /* PN_PDPTR_EPT12 */
    bool pae, pae_exit; /* PAE paging of L2 at the entry and at the exit */
    uint64_t value;     /* what L1 gives; what the exit leaves in vmcs02 */
    uint64_t memory;    /* PDPTEs in L2's memory at CR3, loaded with EPT off in vmcs12 */
};

/*@ predicate pdptr_writes(struct pn_pdptr_state s, struct pn_pdptr_rule r, integer pae) =
      (r.early != 0 && s.news != 0) || (r.late != 0 && s.news != 0 && ev118_loads(s.ept12, pae)) ||
      (r.ours != 0 && s.held == 0 && ev118_loads(s.ept12, pae));
    // The invariants: of the dirty bit, and of our flag.
    predicate pdptr_sound(struct pn_pdptr_state s) =
      s.news == 0 && s.ept12 != 0 && s.defined != 0 ==> s.vmcs02 == s.given;
    predicate pdptr_held(struct pn_pdptr_state s) = s.held != 0 && s.defined != 0 ==> s.vmcs02 == s.given;
*/

/*@ // What each kind of step comes to, a before and b after it.
    predicate pdptr_same_rest(struct pn_pdptr_state a, struct pn_pdptr_state b) = b.given == a.given &&
      b.defined == a.defined && b.wrong == a.wrong;
    predicate pdptr_is_written(struct pn_pdptr_state a, struct pn_pdptr_step t, struct pn_pdptr_state b) =
      b.given == t.value && b.vmcs02 == a.vmcs02 && b.ept12 == a.ept12 && b.news != 0 && b.defined != 0 && b.held == 0 &&
      b.wrong == a.wrong;
    predicate pdptr_is_touched(struct pn_pdptr_state a, integer ept12, struct pn_pdptr_state b) =
      pdptr_same_rest(a, b) && b.vmcs02 == a.vmcs02 && b.ept12 == ept12 && b.news != 0 && b.held == a.held;
    predicate pdptr_holds(struct pn_pdptr_state a, struct pn_pdptr_rule r, integer pae) =
      (a.ept12 != 0 || pae == 0) && (a.held != 0 || (r.ours != 0 && ev118_loads(a.ept12, pae)));
    predicate pdptr_is_prepared(struct pn_pdptr_state a, struct pn_pdptr_rule r, struct pn_pdptr_step t,
                                struct pn_pdptr_state b) =
      pdptr_same_rest(a, b) && b.ept12 == a.ept12 && b.news == (r.eager != 0 ? 0 : a.news) &&
      // SDM 26.3.2.4: with EPT off in vmcs12 the PDPTEs are memory's; L0 puts them into vmcs02 if it uses EPT itself.
      (a.ept12 == 0 && t.pae != 0 ==> b.vmcs02 == t.memory && b.held == 0) &&
      (a.ept12 != 0 || t.pae == 0 ==>
       (pdptr_writes(a, r, t.pae) ==> b.vmcs02 == a.given) && (!pdptr_writes(a, r, t.pae) ==> b.vmcs02 == a.vmcs02)) &&
      (b.held != 0 <==> pdptr_holds(a, r, t.pae));
    predicate pdptr_is_left(struct pn_pdptr_state a, struct pn_pdptr_rule r, struct pn_pdptr_step t,
                            struct pn_pdptr_state b) =
      b.vmcs02 == t.value && b.ept12 == a.ept12 && b.news == 0 &&
      (ev107_saves(a.ept12, t.pae_exit) ==> b.given == t.value && b.defined != 0) &&
      (!ev107_saves(a.ept12, t.pae_exit) ==> b.given == a.given && b.defined == (r.clean_fields != 0 ? a.defined : 0));
    predicate pdptr_differs(struct pn_pdptr_state a) = a.defined != 0 && a.vmcs02 != a.given;
    // The one kind of step after which the late write alone, with news forgotten early, has lost what L1 gave.
    predicate pdptr_masked(struct pn_pdptr_state a, struct pn_pdptr_step t) =
      t.kind == PN_PDPTR_FAILED && a.ept12 != 0 && t.pae == 0 && a.news != 0 && pdptr_differs(a);
*/

/* Up to the entry: what the rule writes. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures prepared: pdptr_is_prepared(s, r, t, \result); */
struct pn_pdptr_state pn_pdptr_prepare(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t);

/* A prepared entry that succeeds: L2 runs on the VMCS's PDPTEs, an exit saves them or something undefined. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures wrong: \result.wrong != 0 <==> s.wrong != 0 || (ev118_loads(s.ept12, t.pae) && pdptr_differs(s));
    ensures left: pdptr_is_left(s, r, t, \result);
    ensures held: \result.held != 0 <==> ev107_saves(s.ept12, t.pae_exit) || r.clean_fields == 0; */
struct pn_pdptr_state pn_pdptr_run(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t);

/* One step of a history. */
/*@ requires kind: t.kind < PN_PDPTR_KINDS;
    terminates \true; exits \false; assigns \nothing;
    ensures by_write: t.kind == PN_PDPTR_WRITTEN ==> pdptr_is_written(s, t, \result);
    ensures by_touch: t.kind == PN_PDPTR_TOUCHED ==> pdptr_is_touched(s, s.ept12, \result);
    ensures by_control: t.kind == PN_PDPTR_EPT12 ==> pdptr_is_touched(s, t.on, \result);
    ensures by_mode: t.kind == PN_PDPTR_MODE ==> \result == s;
    ensures by_failure: t.kind == PN_PDPTR_FAILED ==> pdptr_is_prepared(s, r, t, \result);
    ensures by_run: t.kind == PN_PDPTR_RAN ==> pdptr_is_left(s, r, t, \result) && (\result.wrong != 0 <==>
            s.wrong != 0 || (ev118_loads(s.ept12, t.pae) && !pdptr_writes(s, r, t.pae) && pdptr_differs(s)));
    ensures flag_by_run: t.kind == PN_PDPTR_RAN ==>
            (\result.held != 0 <==> ev107_saves(s.ept12, t.pae_exit) || r.clean_fields == 0);
    ensures early_sound: r.early != 0 && r.clean_fields == 0 && pdptr_sound(s) ==> pdptr_sound(\result);
    ensures early_right: r.early != 0 && r.clean_fields == 0 && pdptr_sound(s) && s.wrong == 0 ==> \result.wrong == 0;
    ensures late_sound: r.late != 0 && r.eager == 0 && r.clean_fields == 0 && pdptr_sound(s) ==> pdptr_sound(\result);
    ensures late_right: r.late != 0 && r.clean_fields == 0 && pdptr_sound(s) && s.wrong == 0 ==> \result.wrong == 0;
    ensures ours_held: r.ours != 0 && pdptr_held(s) ==> pdptr_held(\result);
    ensures ours_right: r.ours != 0 && pdptr_held(s) && s.wrong == 0 ==> \result.wrong == 0;
    ensures late_breaks: r.late != 0 && r.early == 0 && r.ours == 0 && r.eager != 0 && r.clean_fields == 0 &&
            pdptr_sound(s) ==> (pdptr_sound(\result) <==> !pdptr_masked(s, t)); */
struct pn_pdptr_state pn_pdptr_step(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t);

#endif
