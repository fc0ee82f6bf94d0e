/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 3 (spec/claims/3-pdptrs.md), many entries: which writer suffices in every history, and the histories in which
 * one does not. Proof only.
 *
 * CLAIM   for every finite history of what L1 and L2 do: with the early write, alone or with the late one, L2 never runs
 *         on PDPTEs other than those L1 may rely on; with the late one alone neither, if news is forgotten only by an
 *         entry that succeeds
 *         each refutation: a concrete history
 * UNPROVED  that the steps are all that can happen to PDPTEs: user space that saves and restores a guest is not among them
 */
#include "pdptr.h"

struct pn_pdptr_state pn_pdptr_prepare(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t)
{
    const bool loads = s.ept12 && t.pae;

    if (r.early && s.news)
        s.vmcs02 = s.given;
    if (loads && ((r.late && s.news) || (r.ours && !s.held)))
        s.vmcs02 = s.given;
    if (loads && r.ours)
        s.held = true;
    if (t.pae && !s.ept12) {
        s.vmcs02 = t.memory;
        s.held = false;
    }
    if (r.eager)
        s.news = false;
    return s;
}

struct pn_pdptr_state pn_pdptr_run(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t)
{
    if (s.ept12 && t.pae && s.defined && s.vmcs02 != s.given)
        s.wrong = true;
    s.news = false;
    s.vmcs02 = t.value;
    if (s.ept12 && t.pae_exit) {
        s.given = t.value;
        s.defined = true;
        s.held = true;
    } else {
        s.defined = r.clean_fields && s.defined;
        s.held = !r.clean_fields;
    }
    return s;
}

struct pn_pdptr_state pn_pdptr_step(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t)
{
    switch (t.kind) {
    case PN_PDPTR_WRITTEN:
        s.given = t.value;
        s.defined = true;
        s.held = false;
        s.news = true;
        break;
    case PN_PDPTR_TOUCHED:
        s.news = true;
        break;
    case PN_PDPTR_EPT12:
        s.ept12 = t.on;
        s.news = true;
        break;
    case PN_PDPTR_FAILED:
        s = pn_pdptr_prepare(s, r, t);
        break;
    case PN_PDPTR_RAN:
        s = pn_pdptr_prepare(s, r, t);
        s = pn_pdptr_run(s, r, t);
        break;
    default:
        break;
    }
    return s;
}

/*@ predicate pdptr_history(struct pn_pdptr_step *h, integer n) =
      \valid_read(h + (0 .. n - 1)) && (\forall integer i; 0 <= i < n ==> h[i].kind < PN_PDPTR_KINDS);
*/

/* The early write alone (what the first patch leaves) or with the late one (what was there). */
/*@ requires history: pdptr_history(h, n);
    requires early: r.early != 0 && r.clean_fields == 0;
    requires start: pdptr_sound(s) && s.wrong == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures never_wrong: \result.wrong == 0; */
struct pn_pdptr_state pn_claim_early_suffices(struct pn_pdptr_state s, struct pn_pdptr_rule r,
                                              const struct pn_pdptr_step *h, uint32_t n)
{
    /*@ loop invariant bounds: i <= n;
        loop invariant sound: pdptr_sound(s);
        loop invariant right: s.wrong == 0;
        loop assigns i, s;
        loop variant n - i; */
    for (uint32_t i = 0; i < n; i++)
        s = pn_pdptr_step(s, r, h[i]);
    return s;
}

/* The late write alone (what the second patch leaves), if news is forgotten only by an entry that succeeds. */
/*@ requires history: pdptr_history(h, n);
    requires late: r.late != 0 && r.eager == 0 && r.clean_fields == 0;
    requires start: pdptr_sound(s) && s.wrong == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures never_wrong: \result.wrong == 0; */
struct pn_pdptr_state pn_claim_late_suffices(struct pn_pdptr_state s, struct pn_pdptr_rule r,
                                             const struct pn_pdptr_step *h, uint32_t n)
{
    /*@ loop invariant bounds: i <= n;
        loop invariant sound: pdptr_sound(s);
        loop invariant right: s.wrong == 0;
        loop assigns i, s;
        loop variant n - i; */
    for (uint32_t i = 0; i < n; i++)
        s = pn_pdptr_step(s, r, h[i]);
    return s;
}

/* The exact condition: with news forgotten early, every step but one keeps the invariant: an entry that fails, of an L2
 * outside PAE paging, while vmcs02 holds something else than L1 gave. Not until then can a later entry be wrong. */
/*@ requires kind: t.kind < PN_PDPTR_KINDS;
    requires upstream: r.late != 0 && r.early == 0 && r.ours == 0 && r.eager != 0 && r.clean_fields == 0;
    requires sound: pdptr_sound(s) && s.wrong == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures exactly: pdptr_sound(\result) <==> !pdptr_masked(s, t);
    ensures not_yet: \result.wrong == 0; */
struct pn_pdptr_state pn_claim_late_exact_condition(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t)
{
    return pn_pdptr_step(s, r, t);
}

/* What the early write masked. L1 gives PDPTEs to an L2 outside PAE paging, the entry fails after it was prepared (the
 * guest area stays as L1 gave it: SDM 26.7), L1 repairs it and turns PAE paging on by fields that are no news. */
/*@ requires rule: r.eager != 0 && r.clean_fields == 0 && r.ours == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures early_right: r.early != 0 ==> \result.wrong == 0;
    ensures late_wrong: r.early == 0 ==> \result.wrong != 0; */
struct pn_pdptr_state pn_claim_failed_entry(struct pn_pdptr_rule r)
{
    struct pn_pdptr_state s = {.ept12 = true, .vmcs02 = 1};

    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_WRITTEN, .value = 2});
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_FAILED});
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_MODE});
    return pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_RAN, .pae = true, .pae_exit = true, .value = 3});
}

/* "The next vmentry will refresh the PDPTRs" (the second patch): it does not, if an entry outside PAE paging came between.
 * Not wrong here only because the exit left L1's PDPTEs undefined. */
/*@ requires rule: r.late != 0 && r.early == 0 && r.ours == 0 && r.clean_fields == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures not_refreshed: \result.vmcs02 != \result.given && \result.ept12 != 0;
    ensures undefined: \result.defined == 0; */
struct pn_pdptr_state pn_claim_next_entry_refreshes_refuted(struct pn_pdptr_rule r)
{
    struct pn_pdptr_state s = {.ept12 = true, .vmcs02 = 1};

    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_WRITTEN, .value = 2});
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_RAN, .value = 1});
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_MODE});
    return pn_pdptr_prepare(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_RAN, .pae = true});
}

/* Clean fields: if what L1 gave stays given until L1 changes it, then no variant suffices, whenever news is forgotten: the
 * exit outside PAE paging left something undefined in vmcs02, and the group is clean. */
/*@ requires rule: r.ours == 0 && r.clean_fields != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures every_variant_wrong: \result.wrong != 0; */
struct pn_pdptr_state pn_claim_clean_fields_need_more(struct pn_pdptr_rule r)
{
    struct pn_pdptr_state s = {.ept12 = true, .vmcs02 = 1};

    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_WRITTEN, .value = 2});
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_RAN, .value = 1});
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_MODE});
    return pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_RAN, .pae = true, .pae_exit = true, .value = 3});
}
