/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 3 (spec/claims/3-pdptrs.md), one entry: the two writes, the patch's three arguments, the answer's two, and when the
 * variants leave the same behind. A refuted statement is a concrete state in which it is false. Proof only.
 *
 * CLAIM   what the contracts and assertions below say
 * UNPROVED  that the model is the program: it is the conditions as the patches quote them
 */
#include "pdptr.h"

struct pn_pdptr_entry pn_pdptr_write_early(struct pn_pdptr_entry e)
{
    if ((e.dirty || e.enlightened) && (!e.enlightened || !e.clean) && e.l0_ept) {
        e.vmcs02 = e.given;
        e.writes++;
    }
    return e;
}

struct pn_pdptr_entry pn_pdptr_write_late(struct pn_pdptr_entry e)
{
    bool load = false;

    if (e.dirty || e.enlightened)
        load = !e.enlightened || !e.clean_again;
    if (load && e.ept12 && e.pae) {
        e.vmcs02 = e.given;
        e.writes++;
    }
    return e;
}

/* Argument 1 of the patch: the late write's flag implies that the rare part ran. */
/*@ requires fresh: e.writes == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures late_implies_rare: \result.writes != 0 ==> pdptr_rare(e) && pdptr_flag(e); */
struct pn_pdptr_entry pn_claim_late_implies_rare_ran(struct pn_pdptr_entry e)
{
    return pn_pdptr_write_late(e);
}

/* Argument 2: the flag's condition is the early write's gate. It is, if both read the same clean bit. */
/*@ requires fresh: e.writes == 0;
    requires read_once: pdptr_read_once(e);
    requires both_may: e.l0_ept != 0 && ev118_loads(e.ept12, e.pae);
    terminates \true; exits \false; assigns \nothing;
    ensures same_gate: \result != 0; */
bool pn_claim_same_gate(struct pn_pdptr_entry e)
{
    const struct pn_pdptr_entry early = pn_pdptr_write_early(e), late = pn_pdptr_write_late(e);

    return early.writes == late.writes;
}

/* ... and is not if L1 clears it in between: the enlightened VMCS is memory that another of L1's processors can write. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures values: \result != 0; */
bool pn_claim_same_gate_refuted_if_read_twice(void)
{
    const struct pn_pdptr_entry e = {.given = 1, .enlightened = true, .clean = true, .clean_again = false, .l0_ept = true,
                                     .ept12 = true, .pae = true};
    const struct pn_pdptr_entry early = pn_pdptr_write_early(e), late = pn_pdptr_write_late(e);

    /*@ assert late_writes: early.writes == 0 && late.writes == 1; */
    return early.vmcs02 != late.vmcs02;
}

/* Argument 3: the late condition is a subset of the early one ... */
/*@ requires fresh: e.writes == 0;
    requires offered: pdptr_offered(e);
    requires read_once: pdptr_read_once(e);
    terminates \true; exits \false; assigns \nothing;
    ensures subset: \result.writes == 0 ==> !pdptr_late(e);
    ensures value: pdptr_late(e) ==> \result.vmcs02 == e.given; */
struct pn_pdptr_entry pn_claim_late_is_subset(struct pn_pdptr_entry e)
{
    return pn_pdptr_write_early(e);
}

/* ... and a strict one, in two ways. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures without_pae: \result != 0; */
bool pn_claim_subset_is_strict(void)
{
    const struct pn_pdptr_entry no_pae = {.given = 1, .dirty = true, .l0_ept = true, .ept12 = true};
    const struct pn_pdptr_entry no_ept = {.given = 1, .dirty = true, .l0_ept = true, .pae = true};
    const struct pn_pdptr_entry early1 = pn_pdptr_write_early(no_pae), late1 = pn_pdptr_write_late(no_pae);
    const struct pn_pdptr_entry early2 = pn_pdptr_write_early(no_ept), late2 = pn_pdptr_write_late(no_ept);

    /*@ assert without_ept: early2.writes == 1 && late2.writes == 0; */
    return early1.writes > late1.writes;
}

/* What follows: after the early write the late one changes nothing, and counts. */
/*@ requires fresh: e.writes == 0;
    requires offered: pdptr_offered(e);
    requires read_once: pdptr_read_once(e);
    terminates \true; exits \false; assigns \nothing; */
struct pn_pdptr_entry pn_claim_both_is_early(struct pn_pdptr_entry e)
{
    const struct pn_pdptr_entry early = pn_pdptr_write_early(e), both = pn_pdptr_write_late(early);

    /*@ assert same_value: both.vmcs02 == early.vmcs02; */
    /*@ assert written_twice: pdptr_late(e) ==> both.writes == 2; */
    /*@ assert once_else: !pdptr_late(e) ==> both.writes == early.writes; */
    return both;
}

/* Early alone and late alone: the same is loaded; the same is left behind unless the early one wrote what is not loaded. */
/*@ requires fresh: e.writes == 0;
    requires offered: pdptr_offered(e);
    requires read_once: pdptr_read_once(e);
    terminates \true; exits \false; assigns \nothing; */
bool pn_claim_early_and_late(struct pn_pdptr_entry e)
{
    const struct pn_pdptr_entry early = pn_pdptr_write_early(e), late = pn_pdptr_write_late(e);

    /*@ assert same_loaded: ev118_loads(e.ept12, e.pae) ==> early.vmcs02 == late.vmcs02; */
    /*@ assert same_left: early.vmcs02 == late.vmcs02 <==>
                          ev118_loads(e.ept12, e.pae) || !pdptr_early(e) || e.vmcs02 == e.given; */
    return early.vmcs02 == late.vmcs02;
}

/* The answer's first argument: the late write is the mirror of the sync at the exit. What it writes, an exit in the same
 * paging mode saves back (saved is what the processor has, if L2 has not changed it) ... */
/*@ requires fresh: e.writes == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures mirror: \result.writes != 0 ==> ev107_saves(e.ept12, e.pae); */
struct pn_pdptr_entry pn_claim_late_mirrors_the_sync(struct pn_pdptr_entry e)
{
    return pn_pdptr_write_late(e);
}

/* ... and the early one is not: here it writes what no exit in the same mode saves back. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures no_mirror: \result.writes == 1 && !ev107_saves(\result.ept12, \result.pae); */
struct pn_pdptr_entry pn_claim_early_mirrors_the_sync_refuted(void)
{
    const struct pn_pdptr_entry e = {.given = 1, .dirty = true, .l0_ept = true, .ept12 = true};

    return pn_pdptr_write_early(e);
}

/* The answer's second argument: PAE paging judged in the early part is judged by the state before. As it stood the early
 * write judges nothing ... */
/*@ requires fresh: e.writes == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures same_value: \result != 0; */
bool pn_claim_early_judges_no_mode(struct pn_pdptr_entry e)
{
    struct pn_pdptr_entry other = e;
    struct pn_pdptr_entry first, second;

    other.pae_before = !e.pae_before;
    other.pae = !e.pae;
    first = pn_pdptr_write_early(e);
    second = pn_pdptr_write_early(other);
    /*@ assert same_count: first.writes == second.writes; */
    return first.vmcs02 == second.vmcs02;
}

struct pn_pdptr_entry pn_pdptr_write_narrowed(struct pn_pdptr_entry e)
{
    return e.ept12 && e.pae_before ? pn_pdptr_write_early(e) : e;
}

/* ... and narrowed by it, "it still writes what is loaded" is false: the vCPU was not in PAE paging, and L2 is. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures stale: ev118_loads(\result.ept12, \result.pae) && pdptr_early(\result) && \result.vmcs02 != \result.given; */
struct pn_pdptr_entry pn_claim_narrowed_early_suffices_refuted(void)
{
    const struct pn_pdptr_entry e = {.given = 1, .dirty = true, .l0_ept = true, .ept12 = true, .pae_before = false,
                                     .pae = true};

    return pn_pdptr_write_narrowed(e);
}

/* Rare part and gate are one bit, "news": dirty, or with an enlightened VMCS not clean. */
/*@ requires read_once: pdptr_read_once(e);
    terminates \true; exits \false; assigns \nothing;
    ensures one_bit: \result != 0 <==> pdptr_rare(e) && pdptr_gate(e, e.clean);
    ensures flag_too: \result != 0 <==> pdptr_flag(e); */
bool pn_claim_one_bit(struct pn_pdptr_entry e)
{
    return e.enlightened ? !e.clean : e.dirty;
}
