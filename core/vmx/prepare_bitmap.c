/* SPDX-License-Identifier: BSD-2-Clause
 * MSR bitmaps, word by word. A word has 64 MSRs; reads are in words 0 to 255, writes in 256 to 511. */
#include "prepare_bitmap.h"

#include "../event/bits.h"
#include "merge.h"

enum { PROC_MSR_BITMAPS = 28, WRITES = 256 };

/*@ requires word: word < PN_BITMAP_WORDS;
    requires page: bit(proc, 28) ==> page % 4096 == 0;
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: ne014_bitmap(bitmap01(word), proc, mem64(page + 8 * word), bitmap02(word));
    ensures others: \forall integer w; w != word ==> bitmap02(w) == \old(bitmap02(w)); */
static void merge_word(uint64_t proc, uint64_t page, unsigned word)
{
    uint64_t l1 = 0;

    if (pn_tstb(proc, PROC_MSR_BITMAPS)) {
        pn_mem_snapshot();
        l1 = pn_mem_read(page + 8u * word); /* NOLINT(bugprone-implicit-widening-of-multiplication-result) */
    }
    pn_hw_write_bitmap02(word, pn_merge_bitmap(pn_hw_bitmap01(word), proc, l1));
}

/* The same MSRs' reads and writes. */
/*@ requires word: word < WRITES;
    requires page: bit(proc, 28) ==> page % 4096 == 0;
    terminates \true; exits \false; assigns dev_bitmap02, dev_reads;
    ensures merged: \forall integer w; w == word || w == word + 256 ==>
            ne014_bitmap(bitmap01(w), proc, mem64(page + 8 * w), bitmap02(w));
    ensures others: \forall integer w; w != word && w != word + 256 ==> bitmap02(w) == \old(bitmap02(w)); */
static void merge_both(uint64_t proc, uint64_t page, unsigned word)
{
    merge_word(proc, page, word);
    merge_word(proc, page, word + WRITES);
}

void pn_merge_msr_bitmap(const struct pn_nested_vmx *n)
{
    const uint64_t proc = n->vmcs12.f[PN_F_PROC_CTL], page = n->vmcs12.f[PN_F_MSR_BITMAP];

    merge_both(proc, page, 0);   /* TSC (10H) */
    merge_both(proc, page, 1);   /* SPEC_CTRL (48H) */
    merge_both(proc, page, 5);   /* SYSENTER_CS, ESP, EIP (174H) */
    merge_both(proc, page, 7);   /* DEBUGCTL (1D9H) */
    merge_both(proc, page, 9);   /* PAT (277H) */
    merge_both(proc, page, 27);  /* TSC_DEADLINE (6E0H) */
    merge_both(proc, page, 54);  /* XSS (DA0H) */
    merge_both(proc, page, 130); /* EFER, STAR, LSTAR, CSTAR, FMASK (C0000080H) */
    merge_both(proc, page, 132); /* FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX (C0000100H) */
}
