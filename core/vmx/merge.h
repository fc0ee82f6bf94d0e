/* SPDX-License-Identifier: BSD-2-Clause
 * One word of vmcs02 from L1's (l1, asked) and from what L0 wants (l0). All by value. */
#ifndef PROVENEST_MERGE_H
#define PROVENEST_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "../../spec/acsl/vmx_merge.h"

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne001_pin(l0, l1, \result);
    ensures width: \result <= 0xffffffff; */
uint64_t pn_merge_pin(uint64_t l0, uint64_t l1);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne002_proc(l0, l1, \result);
    ensures width: \result <= 0xffffffff; */
uint64_t pn_merge_proc(uint64_t l0, uint64_t l1);

/* `proc`: L1's primary controls. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne003_proc2(l0, proc, l1, \result);
    ensures width: \result <= 0xffffffff; */
uint64_t pn_merge_proc2(uint64_t l0, uint64_t proc, uint64_t l1);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne004_entry(l0, l1, \result);
    ensures width: \result <= 0xffffffff; */
uint64_t pn_merge_entry(uint64_t l0, uint64_t l1);

/* `pin`: L1's pin controls; `capability`: what L1 is told of the exit controls. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne005_exit(l0, pin, capability, \result);
    ensures width: \result <= 0xffffffff; */
uint64_t pn_merge_exit(uint64_t l0, uint64_t pin, uint64_t capability);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne006_exceptions(l0, l1, \result);
    ensures width: \result <= 0xffffffff; */
uint64_t pn_merge_exceptions(uint64_t l0, uint64_t l1);

/* Mask and match of page faults; `l0`: L0's exception bitmap. */
struct pn_page_faults {
    uint64_t mask, match;
};

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \forall integer r; (bit(r, 14) <==> bit(l0, 14) || bit(l1, 14)) ==>
            ne007_page_faults(l0, l1, asked.mask, asked.match, r, \result.mask, \result.match);
    ensures width: asked.mask <= 0xffffffff && asked.match <= 0xffffffff ==>
            \result.mask <= 0xffffffff && \result.match <= 0xffffffff; */
struct pn_page_faults pn_merge_page_faults(uint64_t l0, uint64_t l1, struct pn_page_faults asked);

/* CR0 and CR4: `owned` by L0, and `forced` to be 1 of those. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne008_value(owned, forced, guest, \result); */
uint64_t pn_merge_cr(uint64_t owned, uint64_t forced, uint64_t guest);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne009_mask(owned, mask1, \result); */
uint64_t pn_merge_cr_mask(uint64_t owned, uint64_t mask1);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \forall integer owned; ne010_shadow(owned, mask1, shadow1, guest, \result); */
uint64_t pn_merge_cr_shadow(uint64_t mask1, uint64_t shadow1, uint64_t guest);

/* `entry`: L1's entry controls, of which k is the one that loads this register. */
/*@ requires control: k <= 63;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: ne011_gated(pending, entry, k, asked, before, \result); */
uint64_t pn_merge_gated(bool pending, uint64_t entry, unsigned k, uint64_t asked, uint64_t before);

/* `cr0`: L2's CR0. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne012_efer(pending, entry, asked, before, cr0, \result); */
uint64_t pn_merge_efer(bool pending, uint64_t entry, uint64_t asked, uint64_t before, uint64_t cr0);

/* `proc`: L1's primary controls. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne013_offset(l0, proc, l1, \result); */
uint64_t pn_merge_tsc(uint64_t l0, uint64_t proc, uint64_t l1);

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne014_either(l0, l1, \result); */
uint64_t pn_merge_bitmap(uint64_t l0, uint64_t l1);

/* All ones, whatever `any` is: a spelling that the solvers decide bit by bit. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: ne014_ones(\result); */
uint64_t pn_all_msrs(uint64_t any);

#endif
