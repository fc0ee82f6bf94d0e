/* SPDX-License-Identifier: BSD-2-Clause
 * MSR bitmaps, word by word. A word has 64 MSRs; reads are in words 0 to 255, writes in 256 to 511. */
#include "prepare_bitmap.h"

#include "../event/bits.h"
#include "merge.h"

enum { PROC_MSR_BITMAPS = 28, WRITES = 256 };

/*@ requires word: word < PN_BITMAP_WORDS;
    requires page: page % 4096 == 0 && pn_l1s_page(page);
    requires unread: n_reads(page + 8 * word) == 0;
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: ne014_either(bitmap01(word), mem64(page + 8 * word), bitmap02(word));
    ensures others: \forall integer w; w != word ==> bitmap02(w) == \old(bitmap02(w));
    ensures once: \forall integer a; a != page + 8 * word ==> n_reads(a) == \old(n_reads(a)); */
static void merge_word(uint64_t page, unsigned word)
{
    const uint64_t l1 =
        pn_mem_read_l1s(page + 8u * word); /* NOLINT(bugprone-implicit-widening-of-multiplication-result) */

    pn_hw_write_bitmap02(word, pn_merge_bitmap(pn_hw_bitmap01(word), l1));
}

/* The same MSRs' reads and writes. */
/*@ requires word: word < WRITES;
    requires page: page % 4096 == 0 && pn_l1s_page(page);
    requires unread: n_reads(page + 8 * word) == 0 && n_reads(page + 8 * (word + 256)) == 0;
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: \forall integer w; w == word || w == word + 256 ==>
            ne014_either(bitmap01(w), mem64(page + 8 * w), bitmap02(w));
    ensures others: \forall integer w; w != word && w != word + 256 ==> bitmap02(w) == \old(bitmap02(w));
    ensures once: \forall integer a; a != page + 8 * word && a != page + 8 * (word + 256) ==>
            n_reads(a) == \old(n_reads(a)); */
static void merge_both(uint64_t page, unsigned word)
{
    merge_word(page, word);
    merge_word(page, word + WRITES);
}

/* One test that the page is L1's, and one reading of it, are for all words. */
/*@ requires page: page % 4096 == 0 && pn_l1s_page(page);
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: \forall integer w; ne014_passed(w) ==>
            ne014_either(bitmap01(w), mem64(page + 8 * w), bitmap02(w));
    ensures others: \forall integer w; !ne014_passed(w) ==> bitmap02(w) == \old(bitmap02(w)); */
static void merge_page(uint64_t page)
{
    pn_mem_snapshot();
    merge_both(page, 0);   /* TSC (10H) */
    merge_both(page, 1);   /* SPEC_CTRL (48H) */
    merge_both(page, 5);   /* SYSENTER_CS, ESP, EIP (174H) */
    merge_both(page, 7);   /* DEBUGCTL (1D9H) */
    merge_both(page, 9);   /* PAT (277H) */
    merge_both(page, 27);  /* TSC_DEADLINE (6E0H) */
    merge_both(page, 54);  /* XSS (DA0H) */
    merge_both(page, 130); /* EFER, STAR, LSTAR, CSTAR, FMASK (C0000080H) */
    merge_both(page, 132); /* FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX (C0000100H) */
}

/*@ requires word: word < WRITES;
    terminates \true; exits \false; assigns dev_bitmap02;
    ensures ones: ne014_ones(bitmap02(word)) && ne014_ones(bitmap02(word + 256));
    ensures others: \forall integer w; w != word && w != word + 256 ==> bitmap02(w) == \old(bitmap02(w)); */
static void refuse_both(unsigned word)
{
    pn_hw_write_bitmap02(word, pn_all_msrs(word));
    pn_hw_write_bitmap02(word + WRITES, pn_all_msrs(word));
}

/*@ terminates \true; exits \false; assigns dev_bitmap02;
    ensures ones: \forall integer w; ne014_passed(w) ==> ne014_ones(bitmap02(w));
    ensures others: \forall integer w; !ne014_passed(w) ==> bitmap02(w) == \old(bitmap02(w)); */
static void refuse_all(void)
{
    refuse_both(0);
    refuse_both(1);
    refuse_both(5);
    refuse_both(7);
    refuse_both(9);
    refuse_both(27);
    refuse_both(54);
    refuse_both(130);
    refuse_both(132);
}

void pn_merge_msr_bitmap(const struct pn_nested_vmx *n)
{
    const uint64_t page = n->vmcs12.f[PN_F_MSR_BITMAP];

    if (pn_tstb(n->vmcs12.f[PN_F_PROC_CTL], PROC_MSR_BITMAPS) && pn_mem_is_l1s_page(page))
        merge_page(page);
    else
        refuse_all(); /* L1 uses no bitmap; or its page is not its memory, which reads as all ones */
}
