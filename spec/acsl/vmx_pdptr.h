/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose the PDPTEs are: SDM vol. 3C 26.3.2.4 (EV-118: loaded by an entry), 27.3.1 (EV-107: saved by an exit). All words are
 * vmcs12's own: what the processor is half way through an entry decides nothing.
 */
#ifndef SPEC_VMX_PDPTR_H
#define SPEC_VMX_PDPTR_H

#include "bits.h"

/* PAE paging: CR0.PG (31), CR4.PAE (5), and not IA-32e mode (entry control 9). */
/*@ predicate ev118_pae(integer cr0, integer cr4, integer entry) = bit(cr0, 31) && bit(cr4, 5) && !bit(entry, 9);
*/

/* "Enable EPT" (1) of the secondary controls, which the primary ones activate (31). */
/*@ predicate ev118_ept(integer proc, integer proc2) = bit(proc, 31) && bit(proc2, 1);
*/

/*@ check lemma canary_vmx_pdptr: \false; */

#endif
