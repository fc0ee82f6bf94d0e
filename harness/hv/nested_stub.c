/* SPDX-License-Identifier: BSD-2-Clause
 *
 * STAND-IN, NOT PROVEN, to be deleted: weak bodies for calls of core/vmx that have not landed, so that the rest links.
 */
#include <provenest/vmx_check.h>
#include <provenest/vmx_check_guest.h>
#include <provenest/vmx_entry.h>
#include <provenest/vmx_ept.h>
#include <provenest/vmx_events.h>
#include <provenest/vmx_insn.h>

#define WEAK __attribute__((weak))
static const struct pn_outcome invalid = {PN_VMX_FAIL_INVALID, 0, 0};

WEAK struct pn_vmx_caps pn_vmx_offer(struct pn_vmx_caps h) { return h; }
WEAK uint64_t pn_vmx_capability(const struct pn_vmx_caps *c, uint32_t msr) { (void)c; (void)msr; return 0; }
WEAK void pn_nested_init(struct pn_nested_vmx *n, struct pn_vmx_caps caps) { n->caps = caps; n->current = PN_NO_VMCS; }
WEAK struct pn_outcome pn_vmxon_ready(struct pn_nested_vmx *n, struct pn_l1_mode m) { (void)n; (void)m; return invalid; }
WEAK struct pn_outcome pn_vmx_ready(const struct pn_nested_vmx *n, struct pn_l1_mode m) { (void)n; (void)m; return invalid; }
WEAK struct pn_outcome pn_vmxon(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t p) { (void)n; (void)m; (void)p; return invalid; }
WEAK struct pn_outcome pn_vmxoff(struct pn_nested_vmx *n, struct pn_l1_mode m) { (void)n; (void)m; return invalid; }
WEAK struct pn_outcome pn_vmclear(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t p) { (void)n; (void)m; (void)p; return invalid; }
WEAK struct pn_outcome pn_vmptrld(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t p) { (void)n; (void)m; (void)p; return invalid; }
WEAK struct pn_outcome pn_vmptrst(const struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t *p) { (void)n; (void)m; (void)p; return invalid; }
WEAK struct pn_outcome pn_vmread(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t e, uint64_t *p) { (void)n; (void)m; (void)e; (void)p; return invalid; }
WEAK struct pn_outcome pn_vmwrite(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t e, uint64_t p) { (void)n; (void)m; (void)e; (void)p; return invalid; }
WEAK struct pn_outcome pn_invept(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t t, uint64_t e) { (void)n; (void)m; (void)t; (void)e; return invalid; }
WEAK struct pn_outcome pn_invvpid(struct pn_nested_vmx *n, struct pn_l1_mode m, uint64_t t, uint16_t p, uint64_t r, uint64_t l) { (void)n; (void)m; (void)t; (void)p; (void)r; (void)l; return invalid; }
WEAK struct pn_outcome pn_vmcall(struct pn_nested_vmx *n, struct pn_l1_mode m) { (void)n; (void)m; return invalid; }
WEAK struct pn_outcome pn_nested_enter(struct pn_nested_vmx *n, struct pn_l1_mode m, bool launch, struct pn_l0_wants l0) { (void)n; (void)m; (void)launch; (void)l0; return invalid; }
WEAK void pn_nested_entered(struct pn_nested_vmx *n, bool failed) { (void)failed; n->entry_pending = false; }
WEAK enum pn_route pn_route(const struct pn_nested_vmx *n, struct pn_l2_exit x, struct pn_l0_wants l0, uint64_t rcx, uint64_t operand) { (void)n; (void)x; (void)l0; (void)rcx; (void)operand; return PN_TO_L1; }
WEAK struct pn_outcome pn_nested_exit(struct pn_nested_vmx *n, struct pn_vcpu *v, struct pn_l2_exit x) { (void)n; (void)v; (void)x; return invalid; }
WEAK struct pn_outcome pn_entry_failure(struct pn_nested_vmx *n, uint32_t r, uint64_t q) { (void)n; (void)r; (void)q; return invalid; }
WEAK bool pn_nested_take_entry_event(struct pn_nested_vmx *n, struct pn_vcpu *v) { (void)n; (void)v; return false; }
WEAK enum pn_nested_turn pn_nested_events(struct pn_nested_vmx *n, struct pn_vcpu *v, bool timer) { (void)n; (void)v; (void)timer; return PN_TURN_L2; }
WEAK uint32_t pn_field_encoding(int f) { (void)f; return 0; }

/* Both pages are identity maps of what they name, so the smaller one decides. */
WEAK struct pn_leaf pn_compose(struct pn_leaf guest, struct pn_leaf host, uint64_t address)
{
    struct pn_leaf r = guest;

    r.size = guest.size < host.size ? guest.size : host.size;
    r.rights = guest.rights & host.rights;
    r.frame = (host.frame | ((guest.frame | (address & ((1ull << guest.size) - 1))) & ((1ull << host.size) - 1))) &
              ~((1ull << r.size) - 1);
    r.type = host.type;
    return r;
}
