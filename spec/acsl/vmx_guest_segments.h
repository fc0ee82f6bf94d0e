/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What VM entry demands of the guest's segment registers: SDM vol. 3C 26.3.1.2 (27.3.1.2 in editions since 2023). Access
 * rights (table 24-2): 3:0 type, 4 S, 6:5 DPL, 7 P, 13 L, 14 D/B, 15 G, 16 unusable, the rest but 12 reserved.
 */
#ifndef SPEC_VMX_GUEST_SEGMENTS_H
#define SPEC_VMX_GUEST_SEGMENTS_H

#include "vmx_guest.h"

/*@ logic integer seg_type(integer rights) = rights % 16;

    logic integer seg_dpl(integer rights) = (rights / 32) % 4;

    logic integer seg_rpl(integer selector) = selector % 4;

    predicate seg_usable(integer rights) = !bit(rights, 16);

    // "If the register is CS or if the register is usable", of a guest that is not virtual-8086.
    predicate seg_checked(integer rflags, integer is_cs, integer rights) =
      !guest_virtual_8086(rflags) && (is_cs != 0 || seg_usable(rights));

    predicate seg_reserved(integer rights) = (rights / 256) % 16 == 0;

    predicate seg_low_limit(integer limit, integer rights) = limit % 4096 != 4095 ==> !bit(rights, 15);

    predicate seg_high_limit(integer limit, integer rights) = limit / 0x100000 != 0 ==> bit(rights, 15);
*/

/* Selectors. */
/*@ predicate ve163_tr_table(integer selector) = !bit(selector, 2);

    predicate ve164_ldtr_table(integer selector, integer rights) = seg_usable(rights) ==> !bit(selector, 2);

    predicate ve165_ss_rpl(integer proc, integer proc2, integer rflags, integer cs, integer ss) =
      !guest_virtual_8086(rflags) && !guest_unrestricted(proc, proc2) ==> seg_rpl(ss) == seg_rpl(cs);
*/

/* Bases and limits. */
/*@ predicate ve166_base_8086(integer rflags, integer selector, integer base) =
      guest_virtual_8086(rflags) ==> base == selector * 16;

    predicate ve167_tr_base(integer width, integer base) = canonical(base, width);

    predicate ve168_fs_gs_base(integer width, integer base) = canonical(base, width);

    predicate ve169_ldtr_base(integer width, integer rights, integer base) = seg_usable(rights) ==> canonical(base, width);

    predicate ve170_cs_base(integer base) = fits_width(base, 32);

    predicate ve171_data_base(integer rights, integer base) = seg_usable(rights) ==> fits_width(base, 32);

    predicate ve172_limit_8086(integer rflags, integer limit) = guest_virtual_8086(rflags) ==> limit == 0xffff;
*/

/* Access rights of CS, SS, DS, ES, FS and GS: of a virtual-8086 guest. */
/*@ predicate ve173_rights_8086(integer rflags, integer rights) = guest_virtual_8086(rflags) ==> rights == 0xf3;
*/

/* The same of any other guest: type. */
/*@ predicate ve174_cs_type(integer proc, integer proc2, integer rflags, integer cs) = !guest_virtual_8086(rflags) ==>
      seg_type(cs) == 9 || seg_type(cs) == 11 || seg_type(cs) == 13 || seg_type(cs) == 15 ||
      (seg_type(cs) == 3 && guest_unrestricted(proc, proc2));

    predicate ve175_ss_type(integer rflags, integer ss) =
      !guest_virtual_8086(rflags) && seg_usable(ss) ==> seg_type(ss) == 3 || seg_type(ss) == 7;

    predicate ve176_accessed(integer rflags, integer rights) =
      !guest_virtual_8086(rflags) && seg_usable(rights) ==> bit(rights, 0);

    predicate ve177_readable(integer rflags, integer rights) =
      !guest_virtual_8086(rflags) && seg_usable(rights) && bit(rights, 3) ==> bit(rights, 1);

    predicate ve178_code_or_data(integer rflags, integer is_cs, integer rights) =
      seg_checked(rflags, is_cs, rights) ==> bit(rights, 4);
*/

/* DPL. That of SS counts even if SS is unusable: it is the CPL. */
/*@ predicate ve179_cs_data_dpl(integer rflags, integer cs) =
      !guest_virtual_8086(rflags) && seg_type(cs) == 3 ==> seg_dpl(cs) == 0;

    predicate ve180_cs_dpl(integer rflags, integer cs, integer ss) =
      !guest_virtual_8086(rflags) && (seg_type(cs) == 9 || seg_type(cs) == 11) ==> seg_dpl(cs) == seg_dpl(ss);

    predicate ve181_cs_conforming_dpl(integer rflags, integer cs, integer ss) =
      !guest_virtual_8086(rflags) && (seg_type(cs) == 13 || seg_type(cs) == 15) ==> seg_dpl(cs) <= seg_dpl(ss);

    predicate ve182_ss_dpl_rpl(integer proc, integer proc2, integer rflags, integer selector, integer ss) =
      !guest_virtual_8086(rflags) && !guest_unrestricted(proc, proc2) ==> seg_dpl(ss) == seg_rpl(selector);

    predicate ve183_ss_dpl_0(integer rflags, integer cr0, integer cs, integer ss) =
      !guest_virtual_8086(rflags) && (seg_type(cs) == 3 || !bit(cr0, 0)) ==> seg_dpl(ss) == 0;

    predicate ve184_data_dpl(integer proc, integer proc2, integer rflags, integer selector, integer rights) =
      !guest_virtual_8086(rflags) && !guest_unrestricted(proc, proc2) && seg_usable(rights) && seg_type(rights) <= 11 ==>
      seg_dpl(rights) >= seg_rpl(selector);
*/

/* P, reserved bits, D/B and G. */
/*@ predicate ve185_present(integer rflags, integer is_cs, integer rights) =
      seg_checked(rflags, is_cs, rights) ==> bit(rights, 7);

    predicate ve186_reserved(integer rflags, integer is_cs, integer rights) =
      seg_checked(rflags, is_cs, rights) ==> seg_reserved(rights);

    predicate ve187_cs_long(integer entry, integer rflags, integer cs) =
      !guest_virtual_8086(rflags) && guest_64bit(entry, cs) ==> !bit(cs, 14);

    predicate ve188_bytes(integer rflags, integer is_cs, integer limit, integer rights) =
      seg_checked(rflags, is_cs, rights) ==> seg_low_limit(limit, rights);

    predicate ve189_pages(integer rflags, integer is_cs, integer limit, integer rights) =
      seg_checked(rflags, is_cs, rights) ==> seg_high_limit(limit, rights);

    predicate ve190_high_reserved(integer rflags, integer is_cs, integer rights) =
      seg_checked(rflags, is_cs, rights) ==> fits_width(rights, 17);
*/

/* TR. */
/*@ predicate ve191_tr_type(integer entry, integer tr) =
      seg_type(tr) == 11 || (seg_type(tr) == 3 && !guest_ia32e(entry));

    predicate ve192_tr_system(integer tr) = !bit(tr, 4);

    predicate ve193_tr_present(integer tr) = bit(tr, 7);

    predicate ve194_tr_reserved(integer tr) = seg_reserved(tr) && fits_width(tr, 17);

    predicate ve195_tr_limit(integer limit, integer tr) = seg_low_limit(limit, tr) && seg_high_limit(limit, tr);

    predicate ve196_tr_usable(integer tr) = seg_usable(tr);
*/

/* LDTR, if it is usable. */
/*@ predicate ve197_ldtr_type(integer ldtr) = seg_usable(ldtr) ==> seg_type(ldtr) == 2;

    predicate ve198_ldtr_system(integer ldtr) = seg_usable(ldtr) ==> !bit(ldtr, 4);

    predicate ve199_ldtr_present(integer ldtr) = seg_usable(ldtr) ==> bit(ldtr, 7);

    predicate ve200_ldtr_reserved(integer ldtr) = seg_usable(ldtr) ==> seg_reserved(ldtr) && fits_width(ldtr, 17);

    predicate ve201_ldtr_limit(integer limit, integer ldtr) =
      seg_usable(ldtr) ==> seg_low_limit(limit, ldtr) && seg_high_limit(limit, ldtr);
*/

/*@ check lemma canary_vmx_guest_segments: \false; */

#endif
