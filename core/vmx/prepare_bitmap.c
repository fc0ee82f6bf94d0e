/* SPDX-License-Identifier: BSD-2-Clause
 * MSR bitmaps, word by word. A word has 64 MSRs; reads are in words 0 to 255, writes in 256 to 511. */
#include "prepare_bitmap.h"

#include "../event/bits.h"
#include "merge.h"

enum { PROC_MSR_BITMAPS = 28, WRITES = 256 };

/* `used`: L1 has a bitmap, at `page`; else every access is to exit. */
/*@ requires word: word < PN_BITMAP_WORDS;
    requires page: used != 0 ==> page % 4096 == 0 && pn_l1s_page(page);
    requires unread: used != 0 ==> n_reads(page + 8 * word) == 0;
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: used != 0 ==> ne014_either(bitmap01(word), mem64(page + 8 * word), bitmap02(word));
    ensures ones: used == 0 ==> ne014_ones(bitmap02(word));
    ensures others: \forall integer w; w != word ==> bitmap02(w) == \old(bitmap02(w));
    ensures once: \forall integer a; a != page + 8 * word ==> n_reads(a) == \old(n_reads(a)); */
static void write_word(bool used, uint64_t page, unsigned word)
{
    uint64_t l1 = pn_all_msrs(word);

    if (used)
        l1 = pn_mem_read_l1s(page + 8u * word); /* NOLINT(bugprone-implicit-widening-of-multiplication-result) */
    pn_hw_write_bitmap02(word, pn_merge_bitmap(pn_hw_bitmap01(word), l1));
}

/* The same MSRs' reads and writes. */
/*@ requires word: word < WRITES;
    requires page: used != 0 ==> page % 4096 == 0 && pn_l1s_page(page);
    requires unread: used != 0 ==> n_reads(page + 8 * word) == 0 && n_reads(page + 8 * (word + 256)) == 0;
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: used != 0 ==> (\forall integer w; w == word || w == word + 256 ==>
            ne014_either(bitmap01(w), mem64(page + 8 * w), bitmap02(w)));
    ensures ones: used == 0 ==> ne014_ones(bitmap02(word)) && ne014_ones(bitmap02(word + 256));
    ensures others: \forall integer w; w != word && w != word + 256 ==> bitmap02(w) == \old(bitmap02(w));
    ensures once: \forall integer a; a != page + 8 * word && a != page + 8 * (word + 256) ==>
            n_reads(a) == \old(n_reads(a)); */
static void write_both(bool used, uint64_t page, unsigned word)
{
    write_word(used, page, word);
    write_word(used, page, word + WRITES);
}

/* One test that the page is L1's, and one reading of it, are for all words. */
/*@ requires page: used != 0 ==> page % 4096 == 0 && pn_l1s_page(page);
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: used != 0 ==> (\forall integer w; ne014_passed(w) ==>
            ne014_either(bitmap01(w), mem64(page + 8 * w), bitmap02(w)));
    ensures ones: used == 0 ==> (\forall integer w; ne014_passed(w) ==> ne014_ones(bitmap02(w)));
    ensures others: \forall integer w; !ne014_passed(w) ==> bitmap02(w) == \old(bitmap02(w)); */
static void write_passed(bool used, uint64_t page)
{
    pn_mem_snapshot();
    write_both(used, page, 0);   /* TSC (10H) */
    write_both(used, page, 1);   /* SPEC_CTRL (48H) */
    write_both(used, page, 5);   /* SYSENTER_CS, ESP, EIP (174H) */
    write_both(used, page, 7);   /* DEBUGCTL (1D9H) */
    write_both(used, page, 9);   /* PAT (277H) */
    write_both(used, page, 27);  /* TSC_DEADLINE (6E0H) */
    write_both(used, page, 54);  /* XSS (DA0H) */
    write_both(used, page, 130); /* EFER, STAR, LSTAR, CSTAR, FMASK (C0000080H) */
    write_both(used, page, 132); /* FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX (C0000100H) */
}

void pn_merge_msr_bitmap(const struct pn_nested_vmx *n)
{
    const uint64_t page = n->vmcs12.f[PN_F_MSR_BITMAP];

    if (pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], PROC_MSR_BITMAPS) && pn_mem_is_l1s_page(page))
        write_passed(true, page);
    else
        write_passed(false, 0); /* L1 uses no bitmap; or its page is not its memory, which reads as all ones */
}
