/* SPDX-License-Identifier: BSD-2-Clause
 * The guest's segment registers. SDM vol. 3C 26.3.1.2. */
#include "check_guest.h"

#include "../event/bits.h"
#include "check_address.h"

/* Segment registers, in the order of their fields. */
enum { ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5 };

/* Bits of access rights and of a selector; of RFLAGS, CR0 and the VM-entry controls. */
enum { ACCESSED = 0, WRITABLE = 1, CODE = 3, S = 4, P = 7, L = 13, DB = 14, G = 15, UNUSABLE = 16, RESERVED = 17 };
enum { TI = 2 };
enum { VM = 17 };
enum { PE = 0 };
enum { IA32E = 9 };

/*@ terminates \true; exits \false; assigns \nothing;
    ensures field: \result == seg_type(rights); */
static uint64_t type_of(uint64_t rights)
{
    return rights % 16;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures field: \result == seg_dpl(rights); */
static uint64_t dpl_of(uint64_t rights)
{
    return rights / 32 % 4;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures field: \result == seg_rpl(selector); */
static uint64_t rpl_of(uint64_t selector)
{
    return selector % 4;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> seg_low_limit(limit, rights) && seg_high_limit(limit, rights); */
static bool limit_ok(uint64_t limit, uint64_t rights)
{
    return pn_tstb(rights, G) ? limit % 4096 == 4095 : limit / 0x100000 == 0;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> seg_reserved(rights) && fits_width(rights, 17); */
static bool reserved_ok(uint64_t rights)
{
    return rights / 256 % 16 == 0 && pn_fits_width(rights, RESERVED);
}

/* A register of a virtual-8086 guest. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> base == selector * 16 && limit == 0xffff && rights == 0xf3; */
static bool is_8086(uint64_t selector, uint64_t base, uint64_t limit, uint64_t rights)
{
    return base / 16 == selector && base % 16 == 0 && limit == 0xffff && rights == 0xf3;
}

/* A register that is used: CS, or one that is usable. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> bit(rights, 4) && bit(rights, 7) && seg_reserved(rights) &&
            fits_width(rights, 17) && seg_low_limit(limit, rights) && seg_high_limit(limit, rights); */
static bool used_ok(uint64_t limit, uint64_t rights)
{
    return pn_tstb(rights, S) && pn_tstb(rights, P) && reserved_ok(rights) && limit_ok(limit, rights);
}

/* What CS, SS, DS, ES, FS and GS have in common: register i. */
/*@ requires vmx: \valid_read(n);
    requires register: i <= 5;
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_any_segment_ok(n, i, n->vmcs12.f[PN_F_GUEST_RFLAGS]); */
static bool any_segment_ok(const struct pn_nested_vmx *n, unsigned i)
{
    const uint64_t limit = n->vmcs12.f[PN_F_GUEST_ES_LIMIT + i];
    const uint64_t rights = n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i];

    if (pn_tstb(n->vmcs12.f[PN_F_GUEST_RFLAGS], VM))
        return is_8086(n->vmcs12.f[PN_F_GUEST_ES_SELECTOR + i], n->vmcs12.f[PN_F_GUEST_ES_BASE + i], limit, rights);
    return (i != CS && pn_tstb(rights, UNUSABLE)) || used_ok(limit, rights);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve176_accessed(rflags, rights) && ve177_readable(rflags, rights); */
static bool data_type_ok(uint64_t rflags, uint64_t rights)
{
    if (pn_tstb(rflags, VM) || pn_tstb(rights, UNUSABLE))
        return true;
    return pn_tstb(rights, ACCESSED) && (!pn_tstb(rights, CODE) || pn_tstb(rights, WRITABLE));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve184_data_dpl(proc, proc2, rflags, selector, rights); */
static bool data_dpl_ok(uint64_t proc, uint64_t proc2, uint64_t rflags, uint64_t selector, uint64_t rights)
{
    if (pn_tstb(rflags, VM) || pn_guest_unrestricted(proc, proc2) || pn_tstb(rights, UNUSABLE) || type_of(rights) > 11)
        return true;
    return dpl_of(rights) >= rpl_of(selector);
}

/* DS, ES, FS and GS. */
/*@ requires vmx: \valid_read(n);
    requires register: i <= 5;
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_data_segment_ok(n, i, n->vmcs12.f[PN_F_GUEST_RFLAGS]); */
static bool data_segment_ok(const struct pn_nested_vmx *n, unsigned i)
{
    const uint64_t rights = n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i];

    return any_segment_ok(n, i) && data_type_ok(n->vmcs12.f[PN_F_GUEST_RFLAGS], rights) &&
           data_dpl_ok(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], n->vmcs12.f[PN_F_GUEST_RFLAGS],
                       n->vmcs12.f[PN_F_GUEST_ES_SELECTOR + i], rights);
}

/*@ requires vmx: \valid_read(n);
    requires register: i <= 5;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==>
            ve171_data_base(n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i], n->vmcs12.f[PN_F_GUEST_ES_BASE + i]); */
static bool low_base(const struct pn_nested_vmx *n, unsigned i)
{
    return pn_tstb(n->vmcs12.f[PN_F_GUEST_ES_AR_BYTES + i], UNUSABLE) ||
           pn_fits_width(n->vmcs12.f[PN_F_GUEST_ES_BASE + i], 32);
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    requires register: i <= 5;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve168_fs_gs_base(n->caps.linear_width, n->vmcs12.f[PN_F_GUEST_ES_BASE + i]); */
static bool long_base(const struct pn_nested_vmx *n, unsigned i)
{
    return pn_is_canonical(n->vmcs12.f[PN_F_GUEST_ES_BASE + i], n->caps.linear_width);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> guest_virtual_8086(rflags) || ve174_cs_type(proc, proc2, rflags, cs); */
static bool cs_type_ok(uint64_t proc, uint64_t proc2, uint64_t rflags, uint64_t cs)
{
    const uint64_t type = type_of(cs);

    return pn_tstb(rflags, VM) || type == 9 || type == 11 || type == 13 || type == 15 ||
           (type == 3 && pn_guest_unrestricted(proc, proc2));
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve179_cs_data_dpl(rflags, cs) && ve180_cs_dpl(rflags, cs, ss) &&
            ve181_cs_conforming_dpl(rflags, cs, ss); */
static bool cs_dpl_ok(uint64_t rflags, uint64_t cs, uint64_t ss)
{
    const uint64_t type = type_of(cs);

    if (pn_tstb(rflags, VM))
        return true;
    if (type == 3)
        return dpl_of(cs) == 0;
    if (type == 9 || type == 11)
        return dpl_of(cs) == dpl_of(ss);
    return (type != 13 && type != 15) || dpl_of(cs) <= dpl_of(ss);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve187_cs_long(entry, rflags, cs); */
static bool cs_long_ok(uint64_t entry, uint64_t rflags, uint64_t cs)
{
    return pn_tstb(rflags, VM) || !pn_tstb(entry, IA32E) || !pn_tstb(cs, L) || !pn_tstb(cs, DB);
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_cs_ok(n, n->vmcs12.f[PN_F_GUEST_RFLAGS]); */
static bool cs_ok(const struct pn_nested_vmx *n)
{
    const uint64_t rflags = n->vmcs12.f[PN_F_GUEST_RFLAGS];
    const uint64_t cs = n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES];

    return any_segment_ok(n, CS) && pn_fits_width(n->vmcs12.f[PN_F_GUEST_CS_BASE], 32) &&
           cs_type_ok(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], rflags, cs) &&
           cs_dpl_ok(rflags, cs, n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES]) &&
           cs_long_ok(n->vmcs12.f[PN_F_ENTRY_CTL], rflags, cs);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve165_ss_rpl(proc, proc2, rflags, cs, ss) &&
            ve182_ss_dpl_rpl(proc, proc2, rflags, ss, rights); */
static bool ss_rpl_ok(uint64_t proc, uint64_t proc2, uint64_t rflags, uint64_t cs, uint64_t ss, uint64_t rights)
{
    if (pn_tstb(rflags, VM) || pn_guest_unrestricted(proc, proc2))
        return true;
    return rpl_of(ss) == rpl_of(cs) && dpl_of(rights) == rpl_of(ss);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rules: \result != 0 <==> ve175_ss_type(rflags, ss) && ve183_ss_dpl_0(rflags, cr0, cs, ss); */
static bool ss_rights_ok(uint64_t rflags, uint64_t cr0, uint64_t cs, uint64_t ss)
{
    if (pn_tstb(rflags, VM))
        return true;
    if (!pn_tstb(ss, UNUSABLE) && type_of(ss) != 3 && type_of(ss) != 7)
        return false;
    return (type_of(cs) != 3 && pn_tstb(cr0, PE)) || dpl_of(ss) == 0;
}

/*@ requires vmx: \valid_read(n);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_ss_ok(n, n->vmcs12.f[PN_F_GUEST_RFLAGS]); */
static bool ss_ok(const struct pn_nested_vmx *n)
{
    const uint64_t rflags = n->vmcs12.f[PN_F_GUEST_RFLAGS];
    const uint64_t ss = n->vmcs12.f[PN_F_GUEST_SS_AR_BYTES];

    return any_segment_ok(n, SS) && low_base(n, SS) &&
           ss_rpl_ok(n->vmcs12.f[PN_F_PROC_CTL], n->vmcs12.f[PN_F_PROC2_CTL], rflags,
                     n->vmcs12.f[PN_F_GUEST_CS_SELECTOR], n->vmcs12.f[PN_F_GUEST_SS_SELECTOR], ss) &&
           ss_rights_ok(rflags, n->vmcs12.f[PN_F_GUEST_CR0], n->vmcs12.f[PN_F_GUEST_CS_AR_BYTES], ss);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> ve191_tr_type(entry, tr); */
static bool tr_type_ok(uint64_t entry, uint64_t tr)
{
    return type_of(tr) == 11 || (type_of(tr) == 3 && !pn_tstb(entry, IA32E));
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_tr_ok(n); */
static bool tr_ok(const struct pn_nested_vmx *n)
{
    const uint64_t tr = n->vmcs12.f[PN_F_GUEST_TR_AR_BYTES];

    return !pn_tstb(n->vmcs12.f[PN_F_GUEST_TR_SELECTOR], TI) &&
           pn_is_canonical(n->vmcs12.f[PN_F_GUEST_TR_BASE], n->caps.linear_width) &&
           tr_type_ok(n->vmcs12.f[PN_F_ENTRY_CTL], tr) && !pn_tstb(tr, S) && pn_tstb(tr, P) && reserved_ok(tr) &&
           limit_ok(n->vmcs12.f[PN_F_GUEST_TR_LIMIT], tr) && !pn_tstb(tr, UNUSABLE);
}

/*@ requires vmx: \valid_read(n);
    requires caps: pn_caps_ok(n->caps);
    terminates \true; exits \false; assigns \nothing;
    ensures accepts: \result != 0 <==> guest_ldtr_ok(n); */
static bool ldtr_ok(const struct pn_nested_vmx *n)
{
    const uint64_t ldtr = n->vmcs12.f[PN_F_GUEST_LDTR_AR_BYTES];

    if (pn_tstb(ldtr, UNUSABLE))
        return true;
    return !pn_tstb(n->vmcs12.f[PN_F_GUEST_LDTR_SELECTOR], TI) &&
           pn_is_canonical(n->vmcs12.f[PN_F_GUEST_LDTR_BASE], n->caps.linear_width) && type_of(ldtr) == 2 &&
           !pn_tstb(ldtr, S) && pn_tstb(ldtr, P) && reserved_ok(ldtr) &&
           limit_ok(n->vmcs12.f[PN_F_GUEST_LDTR_LIMIT], ldtr);
}

bool pn_guest_segments_ok(const struct pn_nested_vmx *n)
{
    return data_segment_ok(n, ES) && low_base(n, ES) && cs_ok(n) && ss_ok(n) && data_segment_ok(n, DS) &&
           low_base(n, DS) && data_segment_ok(n, FS) && long_base(n, FS) && data_segment_ok(n, GS) &&
           long_base(n, GS) && ldtr_ok(n) && tr_ok(n);
}
