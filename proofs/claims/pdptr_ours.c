/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 3 (spec/claims/3-pdptrs.md), our rule: written late, iff the entry loads them and vmcs02 is not known to hold
 * them. The flag is cleared whenever vmcs02 may hold something else than L1 may rely on, and only then. Proof only.
 *
 * CLAIM   right in every history, with and without news forgotten early, on either contract
 *         exact: whatever clears the flag, there are values with which an entry that does not write runs L2 wrongly
 */
#include "pdptr.h"

/*@ predicate pdptr_history(struct pn_pdptr_step *h, integer n) =
      \valid_read(h + (0 .. n - 1)) && (\forall integer i; 0 <= i < n ==> h[i].kind < PN_PDPTR_KINDS);
*/

/*@ requires history: pdptr_history(h, n);
    requires ours: r.ours != 0;
    requires start: pdptr_held(s) && s.wrong == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures never_wrong: \result.wrong == 0;
    ensures held: pdptr_held(\result); */
struct pn_pdptr_state pn_claim_ours_suffices(struct pn_pdptr_state s, struct pn_pdptr_rule r,
                                             const struct pn_pdptr_step *h, uint32_t n)
{
    /*@ loop invariant bounds: i <= n;
        loop invariant held: pdptr_held(s);
        loop invariant right: s.wrong == 0;
        loop assigns i, s;
        loop variant n - i; */
    for (uint32_t i = 0; i < n; i++)
        s = pn_pdptr_step(s, r, h[i]);
    return s;
}

/* Exact, first half: with the flag set the entry writes nothing; without, what L1 gave, if it will be loaded. */
/*@ requires ours: r.ours != 0 && r.early == 0 && r.late == 0;
    requires ept: s.ept12 != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures exactly: \result.vmcs02 == (s.held == 0 && t.pae != 0 ? s.given : s.vmcs02); */
struct pn_pdptr_state pn_claim_ours_writes(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t)
{
    return pn_pdptr_prepare(s, r, t);
}

/* An entry that is to load the PDPTEs and writes nothing. */
/*@ requires loads: s.ept12 != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures shows: \result.wrong != 0 <==> s.wrong != 0 || (s.defined != 0 && s.vmcs02 != s.given); */
static struct pn_pdptr_state skipped(struct pn_pdptr_state s, struct pn_pdptr_rule r)
{
    return pn_pdptr_run(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_RAN, .pae = true, .pae_exit = true});
}

/* Second half, a cause each. L1 gives PDPTEs: from every state there are some that show. */
/*@ requires ept: s.ept12 != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures shows: \result.wrong != 0; */
struct pn_pdptr_state pn_claim_ours_must_after_a_write(struct pn_pdptr_state s, struct pn_pdptr_rule r)
{
    const uint64_t other = s.vmcs02 == 0;

    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_WRITTEN, .value = other});
    /*@ assert cleared: s.held == 0; */
    return skipped(s, r);
}

/* EPT was off for an entry that failed: vmcs02 has memory's. */
/*@ requires defined: s.defined != 0;
    requires ours: r.ours != 0 && r.early == 0 && r.late == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures shows: \result.wrong != 0; */
struct pn_pdptr_state pn_claim_ours_must_after_memory(struct pn_pdptr_state s, struct pn_pdptr_rule r)
{
    const uint64_t other = s.given == 0;

    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_EPT12, .on = false});
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_FAILED, .pae = true, .memory = other});
    /*@ assert cleared: s.held == 0; */
    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_EPT12, .on = true});
    return skipped(s, r);
}

/* Clean fields, and an exit outside PAE paging: vmcs02 has something undefined. */
/*@ requires defined: s.defined != 0 && s.ept12 != 0;
    requires ours: r.ours != 0 && r.early == 0 && r.late == 0 && r.clean_fields != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures shows: \result.wrong != 0; */
struct pn_pdptr_state pn_claim_ours_must_after_an_exit(struct pn_pdptr_state s, struct pn_pdptr_rule r)
{
    const uint64_t other = s.given == 0;

    s = pn_pdptr_step(s, r, (struct pn_pdptr_step){.kind = PN_PDPTR_RAN, .value = other});
    /*@ assert cleared: s.held == 0; */
    return skipped(s, r);
}

/* What sets it besides our write: an exit in PAE paging, which saves them; and on the SDM's contract any exit. */
/*@ requires ept: s.ept12 != 0;
    terminates \true; exits \false; assigns \nothing;
    ensures saved: t.pae_exit != 0 ==> \result.held != 0 && \result.vmcs02 == \result.given;
    ensures undefined: r.clean_fields == 0 && t.pae_exit == 0 ==> \result.held != 0 && \result.defined == 0; */
struct pn_pdptr_state pn_claim_ours_need_not(struct pn_pdptr_state s, struct pn_pdptr_rule r, struct pn_pdptr_step t)
{
    return pn_pdptr_run(s, r, t);
}
