/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/vmx, word by word: every bit of a merged control word, every operand of LMSW and of a MOV to or from a control register,
 * every offset through two pages, every entry of an MSR list. The expectations are written as the manual's tables are.
 */
#include <string.h>

#include <provenest/vmx_ept.h>
#include <provenest/vmx_exit.h>
#include <provenest/vmx_insn.h>

#include "../../vendor/model/vmcs.h"
#include "merge.h"
#include "pdptr.h"
#include "prepare.h"
#include "support.h"

#define BIT(k) (1ull << (k))
#define F(name) n.vmcs12.f[PN_F_##name]
#define V02(name) model_nested()->vmcs02[PN_F_##name]
enum { LIST = 0x8000, STAR = 0x174, OTHER_MSR = 0x175, NO_MSR = 0x12345 };

static struct pn_nested_vmx n;

static void nothing_yet(enum pn_vmcs current)
{
    (void)fresh();
    model_nested_reset();
    memset(&n, 0, sizeof n);
    model_nested()->current = current;
}

/* SDM 24.1: outside VMX operation, no current VMCS; nothing is known of vmcs02. Whatever was there before. */
START_TEST(init_leaves_nothing)
{
    const struct pn_vmx_caps caps = {.basic = 0x12, .address_width = 40, .linear_width = 48};

    memset(&n, 1, sizeof n); /* every flag is set */
    pn_nested_init(&n, caps);
    ck_assert(!n.vmxon && !n.launched && !n.l2 && !n.entry_pending && !n.checked && !n.pdptrs_held);
    ck_assert_uint_eq(n.current, PN_NO_VMCS);
    ck_assert_uint_eq(n.vmxon_pointer, 0);
    ck_assert_uint_eq(n.dirty % BIT(PN_DIRTY_BITS), BIT(PN_DIRTY_BITS) - 1);
    ck_assert(n.caps.basic == 0x12 && n.caps.address_width == 40 && n.caps.linear_width == 48);
    for (int i = 0; i < PN_FIELDS; i++)
        ck_assert_uint_eq(n.vmcs12.f[i], 0);
}
END_TEST

/* ---- Whose an exit is ---- */

static bool to_l1(uint64_t qualification, uint64_t operand)
{
    const struct pn_l0_wants l0 = {0};
    const struct pn_l2_exit x = {.reason = 28, .qualification = qualification};

    return pn_route(&n, x, l0, 0, operand) == PN_TO_L1;
}

/* SDM 25.1.3: LMSW exits if it would set PE where the mask has it and the shadow has not, or if MP, EM or TS, owned by the
   mask, would differ from the shadow. It cannot clear PE. All 4,096 cases; other bits of the source do not count. */
START_TEST(lmsw_operands)
{
    nothing_yet(PN_VMCS02);
    for (uint64_t mask = 0; mask < 16; mask++)
        for (uint64_t shadow = 0; shadow < 16; shadow++)
            for (uint64_t source = 0; source < 16; source++) {
                const bool sets_pe = (mask & 1) && (source & 1) && !(shadow & 1);
                const bool moves = (mask & (source ^ shadow) & 14) != 0;

                F(CR0_MASK) = mask;
                F(CR0_SHADOW) = shadow;
                HOLDS(to_l1(0x30 | source << 16, 0) == (sets_pe || moves));
                F(CR0_MASK) = mask | 0xfffffff0; /* the rest of CR0 is L1's too, and LMSW leaves it */
                HOLDS(to_l1(0x30 | (source | 0xfff0) << 16, 0) == (sets_pe || moves));
            }
}
END_TEST

/* SDM 25.1.3, 24.6.2: MOV to and from CR3 and CR8, each by its own control (15, 16; 19, 20); another register's access is L0's. */
START_TEST(control_register_accesses)
{
    static const struct {
        unsigned int kind, reg, control;
    } rows[] = {{0, 3, 15}, {1, 3, 16}, {0, 8, 19}, {1, 8, 20}};

    nothing_yet(PN_VMCS02);
    for (unsigned int control = 0; control < 32; control++)
        for (unsigned int kind = 0; kind < 2; kind++)
            for (unsigned int reg = 0; reg < 16; reg++) {
                bool expected = false;

                for (int k = 0; k < 4; k++)
                    expected |= rows[k].kind == kind && rows[k].reg == reg && rows[k].control == control;
                F(PROC_CTL) = BIT(control);
                HOLDS(to_l1(kind << 4 | reg, UINT64_MAX) == expected);
            }
}
END_TEST

/* ---- Words of vmcs02 ---- */

/* Whose a bit of vmcs02's word is. */
enum whose { EITHERS = 0, L1S, L0S, ONE, ZERO };
struct named {
    unsigned int bit;
    enum whose whose;
};

static bool wanted(const struct named *names, size_t count, enum whose others, unsigned int k, bool b0, bool b1)
{
    enum whose w = others;

    for (size_t i = 0; i < count; i++)
        if (names[i].bit == k)
            w = names[i].whose;
    return w == EITHERS ? b0 || b1 : w == L1S ? b1 : w == L0S ? b0 : w == ONE;
}

static uint64_t merged_pin(uint64_t l0, uint64_t l1)
{
    return pn_merge_pin(l0, l1);
}

static uint64_t merged_proc(uint64_t l0, uint64_t l1)
{
    return pn_merge_proc(l0, l1);
}

static uint64_t merged_proc2(uint64_t l0, uint64_t l1)
{
    return pn_merge_proc2(l0, BIT(31), l1);
}

static uint64_t merged_entry(uint64_t l0, uint64_t l1)
{
    return pn_merge_entry(l0, l1);
}

#define WORD_ROW(merge, table, rest)                         \
    {                                                        \
        merge, table, sizeof(table) / sizeof(table)[0], rest \
    }

/* One bit of each word at a time, in the four ways it can be in L0's and L1's; the other bits are as `around` says. */
START_TEST(every_bit_of_the_control_words)
{
    static const struct named pin[] = {{6, L1S}, {7, ZERO}};
    static const struct named proc[] = {{17, ZERO}, {21, L1S}, {24, ONE}, {25, ZERO}, {27, L0S}, {28, ONE}, {31, ONE}};
    static const struct named proc2[] = {{0, L1S}, {1, ONE},      {2, EITHERS}, {3, L1S},      {5, ONE}, {6, EITHERS},
                                         {7, L1S}, {11, EITHERS}, {12, L1S},    {16, EITHERS}, {20, L1S}};
    static const struct named entry[] = {{9, L1S}};
    static const struct {
        uint64_t (*merge)(uint64_t, uint64_t);
        const struct named *names;
        size_t count;
        enum whose others;
    } words[] = {WORD_ROW(merged_pin, pin, EITHERS), WORD_ROW(merged_proc, proc, EITHERS),
                 WORD_ROW(merged_proc2, proc2, ZERO), WORD_ROW(merged_entry, entry, L0S)};
    static const uint64_t around[] = {0, 0xffffffff, 0x55555555, 0xaaaaaaaa};

    for (int w = 0; w < 4; w++)
        for (unsigned int k = 0; k < 32 * 16; k++) {
            const unsigned int bit = k / 16, ways = k % 4;
            const uint64_t word = around[k / 4 % 4] & ~BIT(bit);
            const uint64_t l0 = word | (ways & 1 ? BIT(bit) : 0), l1 = word | (ways & 2 ? BIT(bit) : 0);
            const uint64_t out = words[w].merge(l0, l1);

            HOLDS(out <= UINT32_MAX);
            if (w == 1 && (bit == 19 || bit == 20)) /* CR8 exits that L1's TPR shadow makes needless */
                HOLDS((out >> bit & 1) == (!(l1 & BIT(21)) || ways != 0));
            else
                HOLDS((out >> bit & 1) ==
                      wanted(words[w].names, words[w].count, words[w].others, bit, ways & 1, ways & 2));
        }
    HOLDS(pn_merge_proc(BIT(21), 0) == (BIT(19) | BIT(20) | BIT(24) | BIT(28) | BIT(31)));
}
END_TEST

/* SDM 24.6: each control field of vmcs02 has its own word. */
START_TEST(control_fields)
{
    const struct pn_l0_wants l0 = {.pin = 0x29,
                                   .proc = BIT(2),
                                   .proc2 = BIT(6),
                                   .exit = BIT(9) | BIT(15),
                                   .entry = BIT(2),
                                   .exception_bitmap = BIT(1),
                                   .tsc_offset = 1000,
                                   .msr_bitmap = 0x9000,
                                   .ept_pointer = 0xa01e,
                                   .eptp01 = 0xb01e,
                                   .vpid02 = 2,
                                   .vpid01 = 1};

    nothing_yet(PN_VMCS02);
    F(PIN_CTL) = 0x56;
    F(PROC_CTL) = BIT(7) | BIT(3) | BIT(21) | BIT(31);
    F(PROC2_CTL) = BIT(1) | BIT(3);
    F(ENTRY_CTL) = BIT(9);
    F(EXCEPTION_BITMAP) = BIT(6);
    F(PF_MASK) = 5;
    F(PF_MATCH) = 1;
    F(TPR_THRESHOLD) = 3;
    F(VIRTUAL_APIC) = 0x7000;
    F(APIC_ACCESS) = 0x6000;
    F(TSC_OFFSET) = 7;
    F(XSS_EXIT_BITMAP) = 0x100;
    n.caps.exit = BIT(32 + 22);
    pn_write_controls(&n, l0);
    ck_assert_uint_eq(V02(PIN_CTL), 0x7f);
    ck_assert_uint_eq(V02(PROC_CTL), BIT(2) | BIT(3) | BIT(7) | BIT(21) | BIT(24) | BIT(28) | BIT(31));
    ck_assert_uint_eq(V02(PROC2_CTL), BIT(1) | BIT(3) | BIT(5) | BIT(6));
    ck_assert_uint_eq(V02(EXIT_CTL), BIT(9) | BIT(15) | BIT(22));
    ck_assert_uint_eq(V02(ENTRY_CTL), BIT(2) | BIT(9));
    ck_assert_uint_eq(V02(EXCEPTION_BITMAP), BIT(1) | BIT(6));
    ck_assert(V02(PF_MASK) == 5 && V02(PF_MATCH) == 1 && V02(TPR_THRESHOLD) == 3 && V02(VPID) == 2);
    ck_assert(V02(EPT_POINTER) == 0xa01e && V02(MSR_BITMAP) == 0x9000 && V02(VIRTUAL_APIC) == 0x7000);
    ck_assert(V02(APIC_ACCESS) == 0x6000 && V02(TSC_OFFSET) == 1007 && V02(XSS_EXIT_BITMAP) == 0x100);
}
END_TEST

/* SDM 26.3.2.4: four PDPTEs, each to its own field: vmcs12's under an EPT of L1's, else those of memory. */
START_TEST(four_pdptes)
{
    const struct pn_pdptes memory = {.entry = {0x11001, 0x12001, 0x13001, 0x14001}};

    for (int ept = 0; ept < 2; ept++) {
        nothing_yet(PN_VMCS02);
        F(PROC_CTL) = BIT(31);
        F(PROC2_CTL) = ept ? BIT(1) : 0;
        F(GUEST_CR0) = BIT(31) | 1;
        F(GUEST_CR4) = BIT(5);
        for (unsigned int i = 0; i < 4; i++)
            n.vmcs12.f[PN_F_GUEST_PDPTR0 + i] = 0x21001 + 0x1000 * i;
        pn_write_pdptrs(&n, memory);
        for (unsigned int i = 0; i < 4; i++)
            ck_assert_uint_eq(model_nested()->vmcs02[PN_F_GUEST_PDPTR0 + i], (ept ? 0x21001 : 0x11001) + 0x1000 * i);
        ck_assert_int_eq(n.pdptrs_held, ept);
    }
}
END_TEST

/* ---- One page through two EPTs ---- */

static uint64_t through(struct pn_leaf page, uint64_t address)
{
    return page.frame | (address & (BIT(page.size) - 1));
}

/* SDM 28.3.2: the page that is found takes every address of it where the two walks take it: the first byte and the last, each side of
   the smaller pages' bounds, and others. */
START_TEST(every_offset_of_a_page)
{
    static const uint8_t sizes[] = {12, 21, 30};
    static const uint64_t offsets[] = {0,          1,          0xfff,      0x1000,     0x1fefff,   0x1fffff,
                                       0x200000,   0x3fdfffff, 0x3fe00000, 0x3fffefff, 0x3ffff000, 0x3fffffff,
                                       0x2aaaaaaa, 0x15555555, 0x40000000, 0x7fffffff, 0xffffffff};
    uint64_t random = 88172645463325252u;

    for (int k = 0; k < 9; k++)
        for (size_t i = 0; i < 200; i++) {
            struct pn_leaf guest = {.size = sizes[k / 3], .rights = 7, .type = 6};
            struct pn_leaf host = {.size = sizes[k % 3], .rights = 7, .type = 6}, leaf;
            uint64_t address;

            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            guest.frame = (random & (BIT(52) - 1)) >> guest.size << guest.size;
            host.frame = (random * 6364136223846793005u & (BIT(52) - 1)) >> host.size << host.size;
            address = i < 17 ? offsets[i] : random >> 3;
            leaf = pn_compose(guest, host, address);
            HOLDS(leaf.size == (guest.size < host.size ? guest.size : host.size));
            HOLDS(leaf.frame % BIT(leaf.size) == 0);
            HOLDS(through(leaf, address) == through(host, through(guest, address)));
        }
}
END_TEST

/* ---- MSR lists ---- */

static void list(unsigned int k, uint64_t head, uint64_t value)
{
    *model_word(LIST + 16 * k) = head;
    *model_word(LIST + 16 * k + 8) = value;
}

/* SDM 27.4: entries in order, each into its own place; an abort leaves those before it stored and those behind it untouched. */
START_TEST(store_of_several)
{
    static const uint32_t refused[] = {NO_MSR, 0x800, 0x8ff, 0x9e};

    nothing_yet(PN_VMCS01);
    model_msr(STAR)->value = 0x1111;
    model_msr(OTHER_MSR)->value = 0x2222;
    list(0, OTHER_MSR, 5);
    list(1, STAR, 6);
    list(2, OTHER_MSR, 7);
    ck_assert(pn_store_msrs(LIST, 2));
    ck_assert_uint_eq(*model_word(LIST + 8), 0x2222);
    ck_assert_uint_eq(*model_word(LIST + 24), 0x1111);
    ck_assert_uint_eq(*model_word(LIST + 40), 7);
    ck_assert(*model_word(LIST) == OTHER_MSR && *model_word(LIST + 16) == STAR);
    for (size_t k = 0; k < 4; k++) {
        model_nested_round();
        if (refused[k] != NO_MSR)
            model_msr(refused[k]);
        list(0, STAR, 5);
        list(1, refused[k], 6);
        list(2, STAR, 7);
        ck_assert(!pn_store_msrs(LIST, 3));
        ck_assert_uint_eq(*model_word(LIST + 8), 0x1111);
        ck_assert(*model_word(LIST + 24) == 6 && *model_word(LIST + 40) == 7);
    }
    model_nested_round();
    list(1, 0x9f, 6); /* SMBASE's neighbour, and x2APIC's */
    model_msr(0x9f)->value = 0x9f9f;
    model_msr(0x900)->value = 0x9009;
    model_msr(0x7ff)->value = 0x7ff7;
    list(2, 0x900, 7);
    list(3, 0x7ff, 8);
    ck_assert(pn_store_msrs(LIST, 4));
    ck_assert(*model_word(LIST + 24) == 0x9f9f && *model_word(LIST + 40) == 0x9009 && *model_word(LIST + 56) == 0x7ff7);
}
END_TEST

/* SDM 26.4: a list of no entries is not looked at. The number of the entry that failed is told, the first being 1; those before it
   are loaded. Appendix A.6: 512 entries are supported. */
START_TEST(load_of_none_and_of_many)
{
    static const uint64_t places[] = {LIST + 8, LIST + 1, BIT(52), UINT64_MAX};

    nothing_yet(PN_VMCS02);
    for (int k = 0; k < 4; k++) {
        ck_assert_uint_eq(pn_load_msrs(places[k], 0), 0);
        ck_assert(pn_store_msrs(places[k], 0));
        ck_assert_uint_eq(pn_load_msrs(places[k], 1), 1);
        ck_assert(!pn_store_msrs(places[k], 1));
    }
    model_msr(STAR);
    for (unsigned int k = 0; k < 513; k++)
        list(k, STAR, k + 1);
    ck_assert_uint_eq(pn_load_msrs(LIST, 512), 0);
    ck_assert_uint_eq(model_msr(STAR)->value, 512);
    model_nested_round();
    ck_assert_uint_eq(pn_load_msrs(LIST, 513), 513);
    ck_assert_uint_eq(model_msr(STAR)->value, 512);
    model_nested_round();
    list(7, NO_MSR, 0);
    ck_assert_uint_eq(pn_load_msrs(LIST, 512), 8);
    ck_assert_uint_eq(model_msr(STAR)->value, 7);
    list(7, STAR, 0);
    model_nested_round();
    ck_assert(pn_store_msrs(LIST, 512));
    ck_assert_uint_eq(*model_word(LIST + 16 * 511 + 8), 7);
    ck_assert_uint_eq(*model_word(LIST + 16 * 512 + 8), 513);
}
END_TEST

TCase *vmx_words_tests(void)
{
    TCase *t = tcase_create("vmx_words");

    tcase_add_test(t, init_leaves_nothing);
    tcase_add_test(t, lmsw_operands);
    tcase_add_test(t, control_register_accesses);
    tcase_add_test(t, every_bit_of_the_control_words);
    tcase_add_test(t, control_fields);
    tcase_add_test(t, four_pdptes);
    tcase_add_test(t, every_offset_of_a_page);
    tcase_add_test(t, store_of_several);
    tcase_add_test(t, load_of_none_and_of_many);
    return t;
}
