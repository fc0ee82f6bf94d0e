/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What holds of L1's VMX between the calls of vmx_insn.h, vmx_check.h, vmx_entry.h and vmx_exit.h: every call asks for
 * it and gives it back. Logic only.
 */
#ifndef PROVENEST_NESTED_INV_H
#define PROVENEST_NESTED_INV_H

#include <provenest/nested.h>

#include "../../../spec/acsl/vmx_fields.h"

/* Widths a processor can have; the words themselves are pn_vmx_offer's. */
/*@ predicate pn_caps_ok(struct pn_vmx_caps c) =
      32 <= c.address_width <= 52 && (c.linear_width == 48 || c.linear_width == 57);
*/

/* Every field of the current VMCS fits its width (SDM 24.11.2): nothing above it, whatever L1's memory had. */
/*@ predicate pn_fields_fit{L}(struct pn_nested_vmx *n) =
      \forall integer i; 0 <= i < PN_FIELDS ==> sdm24_fits(i, n->vmcs12.f[i]);
*/

/* Regions are pages (SDM 24.2, 24.11.5), the current one is not the VMXON region (30.3, VMPTRLD); a VMCS is current and L2
   runs only in VMX operation, L2 only with a current VMCS; an entry is pending only for L2. */
/*@ predicate pn_pointers_ok{L}(struct pn_nested_vmx *n) =
      (n->vmxon == 0 ==> n->current == PN_NO_VMCS && n->l2 == 0) &&
      (n->vmxon != 0 ==> n->vmxon_pointer % 4096 == 0) &&
      (n->current != PN_NO_VMCS ==> n->current % 4096 == 0 && n->current != n->vmxon_pointer) &&
      (n->current == PN_NO_VMCS ==> n->l2 == 0 && n->launched == 0 && n->checked == 0) &&
      (n->entry_pending != 0 ==> n->l2 != 0);
*/

/*@ predicate pn_nested_inv{L}(struct pn_nested_vmx *n) =
      pn_caps_ok(n->caps) && pn_pointers_ok(n) && pn_fields_fit(n);
*/

#endif
