/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for L1's memory: VMCS regions, MSR lists, bitmaps, PDPTEs. L1's other processors and devices may change it at any
 * time. So each word of a structure is read once, into a snapshot, and every decision is made on that: `mem64` is then what
 * the one read finds, whatever the word is before and after. Once for each structure, that is: a body that read a structure
 * again, in another snapshot, decided on the one reading and acted on the other, would prove. None does: each is read in
 * one place and handed on by value.
 */
#ifndef PROVENEST_HW_MEMORY_H
#define PROVENEST_HW_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "../../spec/acsl/bits.h"

/*@ ghost int dev_memory; int dev_reads; int dev_writes; */

/* L1's memory in 8-byte words; how often each has been read since the structure's snapshot began, and how often it has been
 * written; and which addresses are L1's (one to one, so the same for ever). */
/*@ axiomatic Memory {
      logic integer mem64{L}(integer address) reads dev_memory;
      logic integer n_reads{L}(integer address) reads dev_reads;
      logic integer n_writes{L}(integer address) reads dev_writes;
      predicate l1s(integer address);
    }
*/

/*@ // TRUST: SDM 24.11.4 (memory that others may write), proof only: the reading of a structure begins. A structure is one
    // VMCS region, one MSR list, one MSR bitmap or word of an I/O bitmap, four PDPTEs; L1 may lay them over each other, so "once" is for each.
    terminates \true; exits \false; assigns dev_reads;
    ensures none: \forall integer a; n_reads(a) == 0; */
void pn_mem_snapshot(void);

/*@ // TRUST: the hypervisor maps L1's memory one to one; an address outside it reads as all ones, as a bus does (SDM 24.11.5
    // leaves VMX accesses to such addresses undefined). Only aligned words.
    requires aligned: address % 8 == 0;
    requires once: n_reads(address) == 0;
    terminates \true; exits \false; assigns dev_reads;
    ensures value: \result == mem64(address);
    ensures outside: !l1s(address) ==> \result == 0xffffffffffffffff;
    ensures counted: n_reads(address) == 1;
    ensures others: \forall integer a; a != address ==> n_reads(a) == \old(n_reads(a)); */
uint64_t pn_mem_read(uint64_t address);

/*@ // TRUST: SDM 24.11.5, as above; a write outside L1's memory is lost.
    requires aligned: address % 8 == 0;
    terminates \true; exits \false; assigns dev_memory, dev_writes;
    ensures value: l1s(address) ==> mem64(address) == value;
    ensures lost: !l1s(address) ==> mem64(address) == \old(mem64(address));
    ensures others: \forall integer a; a != address ==> mem64(a) == \old(mem64(a));
    ensures counted: n_writes(address) == \old(n_writes(address)) + 1;
    ensures others_counted: \forall integer a; a != address ==> n_writes(a) == \old(n_writes(a)); */
void pn_mem_write(uint64_t address, uint64_t value);

/*@ // TRUST: SDM 24.11.4, 24.11.5: as pn_mem_read for each of the words that follow each other from the address on.
    requires aligned: address % 8 == 0;
    requires range: address + 8 * count <= 0x10000000000000000;
    requires place: \valid(to + (0 .. count - 1));
    requires once: \forall integer a; address <= a < address + 8 * count ==> n_reads(a) == 0;
    terminates \true; exits \false; assigns to[0 .. count - 1], dev_reads;
    ensures values: \forall integer k; 0 <= k < count ==> to[k] == mem64(address + 8 * k);
    ensures outside: \forall integer k; 0 <= k < count && !l1s(address + 8 * k) ==> to[k] == 0xffffffffffffffff;
    ensures counted: \forall integer a; address <= a < address + 8 * count && a % 8 == 0 ==> n_reads(a) == 1;
    ensures others: \forall integer a; a < address || a >= address + 8 * count ==> n_reads(a) == \old(n_reads(a)); */
void pn_mem_read_words(uint64_t address, uint64_t *to, uint32_t count);

/*@ // TRUST: SDM 24.11.5: as pn_mem_write for each of the words that follow each other from the address on.
    requires aligned: address % 8 == 0;
    requires range: address + 8 * count <= 0x10000000000000000;
    requires words: \valid_read(from + (0 .. count - 1));
    terminates \true; exits \false; assigns dev_memory, dev_writes;
    ensures values: \forall integer k; 0 <= k < count && l1s(address + 8 * k) ==> mem64(address + 8 * k) == from[k];
    ensures lost: \forall integer k; 0 <= k < count && !l1s(address + 8 * k) ==>
            mem64(address + 8 * k) == \old(mem64(address + 8 * k));
    ensures others: \forall integer a; a < address || a >= address + 8 * count ==> mem64(a) == \old(mem64(a));
    ensures counted: \forall integer a; address <= a < address + 8 * count && a % 8 == 0 ==>
            n_writes(a) == \old(n_writes(a)) + 1;
    ensures others_counted: \forall integer a; a < address || a >= address + 8 * count ==>
            n_writes(a) == \old(n_writes(a)); */
void pn_mem_write_words(uint64_t address, const uint64_t *from, uint32_t count);

/*@ // TRUST: SDM 24.11.5 and 30.3: whether the 8 bytes are L1's memory (not the hypervisor's, not beyond the address width).
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result != 0 <==> l1s(address); */
bool pn_mem_is_l1s(uint64_t address);

/* Both for a page: one test for all its words. */
/*@ predicate pn_l1s_page(integer page) = \forall integer w; 0 <= w < 512 ==> l1s(page + 8 * w);
*/

/*@ // TRUST: L1's memory is whole pages (the hypervisor's own is hidden by the page, SDM 28.2); a page outside it reads as all
    // ones, as above.
    requires aligned: page % 4096 == 0;
    terminates \true; exits \false; assigns \nothing;
    ensures inside: \result != 0 ==> pn_l1s_page(page);
    ensures outside: \result == 0 ==> \forall integer w, k; 0 <= w < 512 && 0 <= k <= 63 ==> bit(mem64(page + 8 * w), k); */
bool pn_mem_is_l1s_page(uint64_t page);

/*@ // TRUST: SDM 24.11.4, as pn_mem_read, for a word that is known to be L1's.
    requires aligned: address % 8 == 0;
    requires known: l1s(address);
    requires once: n_reads(address) == 0;
    terminates \true; exits \false; assigns dev_reads;
    ensures value: \result == mem64(address);
    ensures counted: n_reads(address) == 1;
    ensures others: \forall integer a; a != address ==> n_reads(a) == \old(n_reads(a)); */
uint64_t pn_mem_read_l1s(uint64_t address);

#endif
