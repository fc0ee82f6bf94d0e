/* SPDX-License-Identifier: BSD-2-Clause
 * vmcs02's MSR bitmap (SDM vol. 3C 24.6.9): an access exits if L0 or L1 wants it. */
#ifndef PROVENEST_PREPARE_BITMAP_H
#define PROVENEST_PREPARE_BITMAP_H

#include <provenest/vmx_entry.h>

/* Those words in which L0 may pass an MSR: of MSRs that a guest uses often. All others are all ones since vmcs02 was made. */
/*@ predicate ne014_low(integer w) = w == 0 || w == 1 || w == 5 || w == 7 || w == 9 || w == 27 || w == 54 || w == 130 || w == 132;
    predicate ne014_passed(integer w) = ne014_low(w) || ne014_low(w - 256);
*/

/* L1 can write its bitmap at any time, so every entry of L1's merges it anew, each word from one read. */
/*@ requires nested: \valid_read(n);
    requires page: bit(n->vmcs12.f[PN_F_PROC_CTL], 28) ==> n->vmcs12.f[PN_F_MSR_BITMAP] % 4096 == 0;
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: \forall integer w; ne014_passed(w) ==>
            ne014_bitmap(bitmap01(w), n->vmcs12.f[PN_F_PROC_CTL], mem64(n->vmcs12.f[PN_F_MSR_BITMAP] + 8 * w), bitmap02(w));
    ensures others: \forall integer w; !ne014_passed(w) ==> bitmap02(w) == \old(bitmap02(w)); */
void pn_merge_msr_bitmap(const struct pn_nested_vmx *n);

#endif
