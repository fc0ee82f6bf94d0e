/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seam for L1's memory: VMCS regions, MSR lists, bitmaps, PDPTEs. L1 (and other processors and devices of L1's) may change
 * it at any time, so what is read is read once, into a snapshot, and every decision is made on that.
 */
#ifndef PROVENEST_HW_MEMORY_H
#define PROVENEST_HW_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/*@ ghost int dev_memory; int dev_reads; */

/* L1's memory in 8-byte words, as it is now; and how often a word has been read since the current instruction began. */
/*@ axiomatic Memory {
      logic integer mem64{L}(integer address) reads dev_memory;
      logic integer n_reads{L}(integer address) reads dev_reads;
    }
*/

/*@ // TRUST: the hypervisor maps L1's memory one to one; an address outside it reads as all ones, as a bus does (SDM 24.11.5
    // leaves VMX accesses to such addresses undefined). Only aligned words.
    requires aligned: address % 8 == 0;
    requires once: n_reads(address) == 0;
    terminates \true; exits \false; assigns dev_reads;
    ensures value: \result == mem64(address);
    ensures counted: n_reads(address) == 1;
    ensures others: \forall integer a; a != address ==> n_reads(a) == \old(n_reads(a)); */
uint64_t pn_mem_read(uint64_t address);

/*@ // TRUST: as above; a write outside L1's memory is lost.
    requires aligned: address % 8 == 0;
    terminates \true; exits \false; assigns dev_memory;
    ensures others: \forall integer a; a % 8 == 0 && a != address ==> mem64(a) == \old(mem64(a)); */
void pn_mem_write(uint64_t address, uint64_t value);

/*@ // TRUST: SDM 24.11.5 and 30.3: whether the 8 bytes are L1's memory (not the hypervisor's, not beyond the address width).
    terminates \true; exits \false; assigns \nothing; */
bool pn_mem_is_l1s(uint64_t address);

#endif
