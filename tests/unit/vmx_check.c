/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks of controls and host state (SDM 26.2): a vmcs12 that passes, then one thing changed, rule by rule.
 */
#include <provenest/vmx_check.h>

#include "check_address.h"
#include "support.h"

/* Capability words are changed like fields: numbers behind the fields'. */
enum { CAP_BASIC = 1000, CAP_MISC, CAP_EPT, CAP_PROC, CAP_WIDTH, CAP_LINEAR, CAP_CR4_FIXED1 };

/* `field` is one more than its number, so that 0 ends a list. */
struct edit {
    int field;
    uint64_t value;
};
#define SET(name, v) {PN_F_##name + 1, (v)}
#define CAP(name, v) {CAP_##name + 1, (v)}

struct row {
    const char *rule;
    bool passes;
    struct edit edits[6];
};

#define BIT(k) (1ull << (k))
#define WORD(zero, one) ((uint64_t)(one) << 32 | (zero))

/* What L1 is offered, and nothing else. */
enum { PIN_0 = 0x16, PIN_1 = 0x7f, EXIT_0 = 0x36dfb, ENTRY_0 = 0x11fb };
#define PROC_0 0x04006172u
#define PROC_1 0xf7f9fffeu
#define PROC2_1 ((uint32_t)(BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(11) | BIT(12) | BIT(16) | BIT(20)))
#define EXIT_1 (EXIT_0 | BIT(2) | BIT(9) | BIT(15) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(22))
#define ENTRY_1 (ENTRY_0 | BIT(2) | BIT(9) | BIT(14) | BIT(15))
#define EPT_CAPS (BIT(0) | BIT(6) | BIT(8) | BIT(14) | BIT(16))
#define SECONDARY (PROC_0 | BIT(31))

static struct pn_nested_vmx good(void)
{
    struct pn_nested_vmx n = {
        .caps = {.basic = BIT(55), .misc = BIT(6) | BIT(30), .ept_vpid = EPT_CAPS,
                 .pin = WORD(PIN_0, PIN_1), .proc = WORD(PROC_0, PROC_1), .proc2 = WORD(0, PROC2_1),
                 .exit = WORD(EXIT_0, EXIT_1), .entry = WORD(ENTRY_0, ENTRY_1),
                 .cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff,
                 .efer_valid = 0xd01, .address_width = 40, .linear_width = 48},
    };
    uint64_t *f = n.vmcs12.f;

    f[PN_F_PIN_CTL] = PIN_0;
    f[PN_F_PROC_CTL] = PROC_0;
    f[PN_F_EXIT_CTL] = EXIT_0 | BIT(9);
    f[PN_F_ENTRY_CTL] = ENTRY_0;
    f[PN_F_GUEST_CR0] = 0x80000021;
    f[PN_F_HOST_CR0] = 0x80050033;
    f[PN_F_HOST_CR3] = 0x12345000;
    f[PN_F_HOST_CR4] = 0x2020;
    f[PN_F_HOST_RIP] = 0xffffffff81000000;
    f[PN_F_HOST_RSP] = 0xffffc90000000000;
    f[PN_F_HOST_EFER] = 0xd01;
    f[PN_F_HOST_PAT] = 0x0007040600070406;
    f[PN_F_HOST_CS_SELECTOR] = 0x10;
    f[PN_F_HOST_TR_SELECTOR] = 0x40;
    f[PN_F_HOST_GS_BASE] = 0xffff888000000000;
    f[PN_F_HOST_TR_BASE] = 0xfffffe0000003000;
    f[PN_F_HOST_SYSENTER_EIP] = 0xffffffff81001000;
    return n;
}

static void change(struct pn_nested_vmx *n, struct edit e)
{
    switch (e.field - 1) {
    case CAP_BASIC:
        n->caps.basic = e.value;
        break;
    case CAP_MISC:
        n->caps.misc = e.value;
        break;
    case CAP_EPT:
        n->caps.ept_vpid = e.value;
        break;
    case CAP_PROC:
        n->caps.proc = e.value;
        break;
    case CAP_WIDTH:
        n->caps.address_width = (uint8_t)e.value;
        break;
    case CAP_LINEAR:
        n->caps.linear_width = (uint8_t)e.value;
        break;
    case CAP_CR4_FIXED1:
        n->caps.cr4_fixed1 = e.value;
        break;
    default:
        n->vmcs12.f[e.field - 1] = e.value;
    }
}

static struct pn_nested_vmx with(const struct edit *edits, size_t count)
{
    struct pn_nested_vmx n = good();

    for (size_t i = 0; i < count && edits[i].field; i++)
        change(&n, edits[i]);
    return n;
}

/* Each row by the check it is about; the other check must not mind. */
static void controls(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct pn_nested_vmx n = with(rows[i].edits, 6);
        const unsigned int got = pn_check_controls(&n);

        if (got != (rows[i].passes ? 0u : 7u))
            ck_abort_msg("%s, row %zu: error %u", rows[i].rule, i, got);
        HOLDS(pn_check_host(&n, true) == 0);
    }
}

static void host(const struct row *rows, size_t count, bool lma)
{
    for (size_t i = 0; i < count; i++) {
        const struct pn_nested_vmx n = with(rows[i].edits, 6);
        const unsigned int got = pn_check_host(&n, lma);

        if (got != (rows[i].passes ? 0u : 8u))
            ck_abort_msg("%s, row %zu: error %u", rows[i].rule, i, got);
        HOLDS(pn_check_controls(&n) == 0);
    }
}

#define CONTROLS(rows) controls(rows, sizeof(rows) / sizeof(rows)[0])
#define HOST(rows, lma) host(rows, sizeof(rows) / sizeof(rows)[0], lma)

/* ---- Words: what both checks, and those of the guest state, are made of ------------------------------------------ */

START_TEST(bits_of_a_word)
{
    for (unsigned int k = 0; k < 64; k++) {
        for (uint8_t width = 1; width <= 63; width++) {
            HOLDS(pn_fits_width(BIT(k), width) == (k < width));
            HOLDS(pn_is_page(BIT(k), width) == (k >= 12 && k < width));
            HOLDS(pn_is_canonical(BIT(k), width) == (k + 1 < width));
            HOLDS(pn_is_canonical(~BIT(k), width) == (k + 1 < width));
            HOLDS(pn_no_bits(BIT(k), width, 63) == (k < width));
        }
        for (uint8_t last = 0; last < 64; last++)
            HOLDS(pn_no_bits(BIT(k), 8, last) == (k < 8 || k > last));
        HOLDS(pn_bits_within(BIT(k), 0x3727ff) == (0x3727ffull >> k & 1));
    }
    HOLDS(pn_fits_width(0, 0) && !pn_fits_width(1, 0) && pn_is_page(0, 1) && !pn_is_page(0x1001, 40));
    HOLDS(pn_is_canonical(0, 48) && pn_is_canonical(~0ull, 48) && pn_is_canonical(~0ull, 64) && pn_is_canonical(1, 64));
    HOLDS(pn_bits_within(0, 0) && pn_bits_within(~0ull, ~0ull) && !pn_bits_within(~0ull, ~1ull));
}
END_TEST

/* ---- Controls ---------------------------------------------------------------------------------------------------- */

/* VE-012, VE-013, VE-014, VE-066, VE-077: every bit of the five words changed alone. A bit that may be 1 may still ask for
 * another: then that is allowed as well. */
START_TEST(every_control_bit)
{
    static const struct {
        int field;
        uint32_t zero, one, needs_more;
    } words[] = {
        {PN_F_PIN_CTL, PIN_0, PIN_1, 1u << 5},
        {PN_F_PROC_CTL, PROC_0, PROC_1, 1u << 22},
        {PN_F_PROC2_CTL, 0, PROC2_1, 1u << 1 | 1u << 5 | 1u << 7},
        {PN_F_EXIT_CTL, EXIT_0, (uint32_t)EXIT_1, 1u << 22 | 1u << 9},
        {PN_F_ENTRY_CTL, ENTRY_0, (uint32_t)ENTRY_1, 0},
    };

    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
        for (unsigned int k = 0; k < 32; k++) {
            struct pn_nested_vmx n = good();
            const bool one = n.vmcs12.f[words[w].field] >> k & 1;

            if (words[w].needs_more >> k & 1)
                continue;
            if (words[w].field == PN_F_PROC2_CTL)
                n.vmcs12.f[PN_F_PROC_CTL] |= BIT(31);
            n.vmcs12.f[words[w].field] ^= BIT(k);
            HOLDS(pn_check_controls(&n) == (one ? (words[w].zero >> k & 1 ? 7 : 0) : (words[w].one >> k & 1 ? 0 : 7)));
        }
}
END_TEST

START_TEST(secondary_controls_only_if_activated)
{
    static const struct row rows[] = {
        {"VE-014", true, {SET(PROC2_CTL, 0xffffffff)}},
        {"VE-014", false, {SET(PROC_CTL, SECONDARY), SET(PROC2_CTL, 0xffffffff)}},
        {"VE-014", false, {SET(PROC_CTL, SECONDARY), SET(PROC2_CTL, BIT(4))}},
        {"VE-014", true, {SET(PROC_CTL, SECONDARY), SET(PROC2_CTL, BIT(3))}},
        /* What they would ask for is not asked for either. */
        {"VE-041", true, {SET(PROC2_CTL, BIT(5)), SET(VPID, 0)}},
        {"VE-050", true, {SET(PROC2_CTL, BIT(7))}},
        {"VE-028", true, {SET(PROC2_CTL, BIT(0)), SET(APIC_ACCESS, 1)}},
        {"VE-042", true, {SET(PROC2_CTL, BIT(1)), SET(EPT_POINTER, 7)}},
    };

    CONTROLS(rows);
}
END_TEST

START_TEST(cr3_targets)
{
    static const struct row rows[] = {
        {"VE-016", false, {SET(CR3_TARGET_COUNT, 1)}},
        {"VE-016", true, {SET(CR3_TARGET_COUNT, 4), CAP(MISC, 4u << 16)}},
        {"VE-016", false, {SET(CR3_TARGET_COUNT, 5), CAP(MISC, 4u << 16)}},
        {"VE-016", true, {SET(CR3_TARGET_COUNT, 256), CAP(MISC, 256u << 16)}},
        {"VE-016", false, {SET(CR3_TARGET_COUNT, 257), CAP(MISC, 256u << 16)}},
    };

    CONTROLS(rows);
}
END_TEST

/* VE-017 to VE-022, VE-028, VE-029, VE-075: each address with its control on and off, every bit. */
START_TEST(structure_addresses)
{
    static const struct {
        int field;
        unsigned int proc, proc2;
    } areas[] = {
        {PN_F_IO_BITMAP_A, 25, 0}, {PN_F_IO_BITMAP_B, 25, 0}, {PN_F_MSR_BITMAP, 28, 0},
        {PN_F_VIRTUAL_APIC, 21, 0}, {PN_F_APIC_ACCESS, 31, 1},
    };

    for (size_t a = 0; a < sizeof areas / sizeof areas[0]; a++)
        for (unsigned int k = 0; k < 64; k++) {
            struct pn_nested_vmx n = good();

            n.vmcs12.f[areas[a].field] = BIT(k);
            HOLDS(pn_check_controls(&n) == 0);
            n.vmcs12.f[PN_F_PROC_CTL] |= BIT(areas[a].proc);
            n.vmcs12.f[PN_F_PROC2_CTL] = areas[a].proc2;
            HOLDS(pn_check_controls(&n) == (k < 12 || k >= 40 ? 7 : 0));
            n.caps.address_width = 52;
            HOLDS(pn_check_controls(&n) == (k < 12 || k >= 52 ? 7 : 0));
            n.caps.basic |= BIT(48);
            HOLDS(pn_check_controls(&n) == (k < 12 || k >= 32 ? 7 : 0));
        }
}
END_TEST

START_TEST(tpr_threshold)
{
    static const struct row rows[] = {
        {"VE-024", true, {SET(TPR_THRESHOLD, 0x10)}},
        {"VE-024", true, {SET(PROC_CTL, PROC_0 | BIT(21)), SET(TPR_THRESHOLD, 0xf)}},
        {"VE-024", false, {SET(PROC_CTL, PROC_0 | BIT(21)), SET(TPR_THRESHOLD, 0x10)}},
        {"VE-024", false, {SET(PROC_CTL, PROC_0 | BIT(21)), SET(TPR_THRESHOLD, BIT(31))}},
    };
    struct pn_nested_vmx n = good();

    CONTROLS(rows);
    n.vmcs12.f[PN_F_TPR_THRESHOLD] = 5;
    HOLDS(!pn_vtpr_wanted(&n) && pn_check_vtpr(&n, 0) == 0); /* VE-025: no TPR shadow */
    n.vmcs12.f[PN_F_PROC_CTL] |= BIT(21);
    HOLDS(pn_vtpr_wanted(&n));
    for (unsigned int vtpr = 0; vtpr < 256; vtpr++)
        HOLDS(pn_check_vtpr(&n, (uint8_t)vtpr) == (vtpr >> 4 < 5 ? 7 : 0));
    n.vmcs12.f[PN_F_PROC2_CTL] = BIT(0);
    HOLDS(pn_vtpr_wanted(&n)); /* not activated */
    n.vmcs12.f[PN_F_PROC_CTL] |= BIT(31);
    HOLDS(!pn_vtpr_wanted(&n) && pn_check_vtpr(&n, 0) == 0); /* virtualize APIC accesses */
    n.vmcs12.f[PN_F_PROC2_CTL] = BIT(9);
    HOLDS(!pn_vtpr_wanted(&n) && pn_check_vtpr(&n, 0) == 0); /* virtual-interrupt delivery */
}
END_TEST

START_TEST(controls_that_need_others)
{
    static const struct row rows[] = {
        {"VE-026", false, {SET(PIN_CTL, PIN_0 | BIT(5))}},
        {"VE-026", true, {SET(PIN_CTL, PIN_0 | BIT(5) | BIT(3))}},
        {"VE-026", true, {SET(PIN_CTL, PIN_0 | BIT(3))}},
        {"VE-027", false, {SET(PROC_CTL, PROC_0 | BIT(22))}},
        {"VE-027", false, {SET(PROC_CTL, PROC_0 | BIT(22)), SET(PIN_CTL, PIN_0 | BIT(3))}},
        {"VE-027", true, {SET(PROC_CTL, PROC_0 | BIT(22)), SET(PIN_CTL, PIN_0 | BIT(3) | BIT(5))}},
        {"VE-041", false, {SET(PROC_CTL, SECONDARY), SET(PROC2_CTL, BIT(5)), SET(VPID, 0)}},
        {"VE-041", true, {SET(PROC_CTL, SECONDARY), SET(PROC2_CTL, BIT(5)), SET(VPID, 1)}},
        {"VE-050", false, {SET(PROC_CTL, SECONDARY), SET(PROC2_CTL, BIT(7))}},
        {"VE-050", true, {SET(PROC_CTL, SECONDARY), SET(PROC2_CTL, BIT(7) | BIT(1)), SET(EPT_POINTER, 0x1e)}},
        {"VE-068", false, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(22))}},
        {"VE-068", true, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(22)), SET(PIN_CTL, PIN_0 | BIT(6))}},
        {"VE-068", true, {SET(PIN_CTL, PIN_0 | BIT(6))}},
    };

    CONTROLS(rows);
}
END_TEST

/* VE-042 to VE-046: type, walk and each single bit above. */
START_TEST(ept_pointer)
{
    struct pn_nested_vmx n = good();
    uint64_t *eptp = &n.vmcs12.f[PN_F_EPT_POINTER];

    n.vmcs12.f[PN_F_PROC_CTL] |= BIT(31);
    n.vmcs12.f[PN_F_PROC2_CTL] = BIT(1);
    for (unsigned int low = 0; low < 64; low++) {
        const unsigned int type = low & 7, walk = low >> 3;

        *eptp = low;
        n.caps.ept_vpid = EPT_CAPS;
        HOLDS(pn_check_controls(&n) == ((type == 0 || type == 6) && walk == 3 ? 0 : 7));
        n.caps.ept_vpid = BIT(14) | BIT(7);
        HOLDS(pn_check_controls(&n) == (type == 6 && walk == 4 ? 0 : 7));
        n.caps.ept_vpid = BIT(8) | BIT(6);
        HOLDS(pn_check_controls(&n) == (type == 0 && walk == 3 ? 0 : 7));
    }
    for (unsigned int k = 6; k < 64; k++) {
        *eptp = 0x1e | BIT(k);
        n.caps.ept_vpid = EPT_CAPS;
        HOLDS(pn_check_controls(&n) == (k < 12 || k >= 40 ? 7 : 0));
        n.caps.ept_vpid = EPT_CAPS | BIT(21) | BIT(23); /* accessed and dirty flags, supervisor shadow stacks */
        HOLDS(pn_check_controls(&n) == ((k > 7 && k < 12) || k >= 40 ? 7 : 0));
    }
}
END_TEST

/* VE-069 to VE-074, VE-076, VE-091 to VE-093. */
START_TEST(msr_lists)
{
    static const int lists[][2] = {{PN_F_EXIT_STORE_COUNT, PN_F_EXIT_STORE_ADDR},
                                   {PN_F_EXIT_LOAD_COUNT, PN_F_EXIT_LOAD_ADDR},
                                   {PN_F_ENTRY_LOAD_COUNT, PN_F_ENTRY_LOAD_ADDR}};
    static const struct {
        uint64_t count, address;
        bool passes;
    } rows[] = {
        {0, 0xfffffffffffffff1, true},         {1, 0x1000, true},
        {1, 0x1008, false},                    {1, 0x1001, false},
        {1, BIT(40), false},                   {1, BIT(40) - 16, true},
        {2, BIT(40) - 16, false},              {2, BIT(40) - 32, true},
        {1, BIT(63), false},                   {2, 0xfffffffffffffff0, false}, /* the sum would wrap */
        {512, 0x1000, true},                   {513, 0x1000, false},
        {512, BIT(40) - 512 * 16, true},       {512, BIT(40) - 511 * 16, false},
        {0xffffffff, 0x1000, false},           {0x10000001, 0x1000, false}, /* 16 times it is 16 in 32 bits */
    };

    for (size_t l = 0; l < 3; l++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct pn_nested_vmx n = good();

            n.vmcs12.f[lists[l][0]] = rows[i].count;
            n.vmcs12.f[lists[l][1]] = rows[i].address;
            if (pn_check_controls(&n) != (rows[i].passes ? 0 : 7))
                ck_abort_msg("list %zu, row %zu", l, i);
            n.caps.misc |= 7u << 25; /* VE-076: eight times as many */
            HOLDS(rows[i].count != 513 || pn_check_controls(&n) == 0);
        }
}
END_TEST

/* ---- The injected event ------------------------------------------------------------------------------------------ */

#define VALID BIT(31)
#define ERROR BIT(11)

/* SDM 26.2.1.3 over every type, vector, error bit, mode and BASIC[56]: the sentences of the manual, one after the other. */
static bool manual_allows(unsigned int type, unsigned int vector, bool error, bool real, bool free_error)
{
    static const uint8_t with[] = {8, 10, 11, 12, 13, 14, 17};
    bool normally = false;

    for (size_t i = 0; i < sizeof with; i++)
        normally = normally || with[i] == vector;
    if (type == 1 || type == 7) /* the monitor trap flag is not offered */
        return false;
    if (type == 2 && vector != 2)
        return false;
    if (type == 3 && (vector > 31 || vector == 2)) /* 2: PD-001, as the next two */
        return false;
    if ((type == 5 && vector != 1) || (type == 6 && vector != 3 && vector != 4))
        return false;
    if (type != 3 || real)
        return !error;
    return free_error || error == normally;
}

START_TEST(injected_types_and_vectors)
{
    for (unsigned int i = 0; i < 8 * 256 * 2 * 4; i++) {
        const unsigned int vector = i % 256, type = i / 256 % 8;
        const bool error = i / 2048 % 2, real = i / 4096 % 2, free_error = i / 8192 % 2;
        struct pn_nested_vmx n = good();

        n.vmcs12.f[PN_F_PROC_CTL] |= BIT(31);
        n.vmcs12.f[PN_F_PROC2_CTL] = BIT(7) | BIT(1);
        n.vmcs12.f[PN_F_EPT_POINTER] = 0x1e;
        n.vmcs12.f[PN_F_GUEST_CR0] = real ? 0x20 : 0x21;
        n.vmcs12.f[PN_F_ENTRY_LENGTH] = 1;
        n.caps.basic |= free_error ? BIT(56) : 0;
        n.vmcs12.f[PN_F_ENTRY_INFO] = type << 8 | vector | (error ? ERROR : 0);
        HOLDS(pn_check_controls(&n) == 0); /* not valid: nothing is checked */
        n.vmcs12.f[PN_F_ENTRY_INFO] |= VALID;
        HOLDS(pn_check_controls(&n) == (manual_allows(type, vector, error, real, free_error) ? 0 : 7));
        n.vmcs12.f[PN_F_PROC2_CTL] = BIT(1); /* VE-084 asks for unrestricted guest, not for CR0.PE alone */
        HOLDS(pn_check_controls(&n) == (manual_allows(type, vector, error, false, free_error) ? 0 : 7));
    }
}
END_TEST

START_TEST(injected_fields)
{
    static const struct row rows[] = {
        {"VE-078", false, {SET(ENTRY_INFO, VALID | 0x120)}},
        {"VE-078", true, {SET(ENTRY_INFO, VALID | 0x020)}},
        {"VE-079", false, {SET(ENTRY_INFO, VALID | 0x700)}},
        {"VE-079", true, {SET(ENTRY_INFO, VALID | 0x700), CAP(PROC, WORD(PROC_0, PROC_1 | BIT(27)))}},
        {"VE-082", false, {SET(ENTRY_INFO, VALID | 0x701), CAP(PROC, WORD(PROC_0, PROC_1 | BIT(27)))}},
        {"VE-080", false, {SET(ENTRY_INFO, VALID | 0x203)}},
        {"VE-080", true, {SET(ENTRY_INFO, VALID | 0x202)}},
        {"VE-081", false, {SET(ENTRY_INFO, VALID | 0x320)}},
        {"VE-081", true, {SET(ENTRY_INFO, VALID | 0x31f)}},
        {"PD-001", false, {SET(ENTRY_INFO, VALID | 0x302)}},
        {"PD-001", false, {SET(ENTRY_INFO, VALID | 0x521), SET(ENTRY_LENGTH, 1)}},
        {"PD-001", true, {SET(ENTRY_INFO, VALID | 0x501), SET(ENTRY_LENGTH, 1)}},
        {"PD-001", false, {SET(ENTRY_INFO, VALID | 0x605), SET(ENTRY_LENGTH, 1)}},
        {"PD-001", true, {SET(ENTRY_INFO, VALID | 0x604), SET(ENTRY_LENGTH, 1)}},
        {"VE-083", false, {SET(ENTRY_INFO, VALID | ERROR | 0x020)}},
        {"VE-085", false, {SET(ENTRY_INFO, VALID | 0x30d)}},
        {"VE-085", true, {SET(ENTRY_INFO, VALID | ERROR | 0x30d)}},
        {"VE-085", false, {SET(ENTRY_INFO, VALID | ERROR | 0x306)}},
        {"VE-086", true, {SET(ENTRY_INFO, VALID | ERROR | 0x306), CAP(BASIC, BIT(56))}},
        {"VE-088", true, {SET(ENTRY_INFO, VALID | ERROR | 0x30d), SET(ENTRY_ERROR, 0xffff)}},
        {"VE-088", false, {SET(ENTRY_INFO, VALID | ERROR | 0x30d), SET(ENTRY_ERROR, 0x10000)}},
        {"VE-088", false, {SET(ENTRY_INFO, VALID | ERROR | 0x30d), SET(ENTRY_ERROR, BIT(31))}},
        {"VE-088", true, {SET(ENTRY_INFO, VALID | 0x306), SET(ENTRY_ERROR, 0xffffffff)}},
    };

    CONTROLS(rows);
    for (unsigned int k = 12; k < 31; k++) { /* VE-087 */
        const struct row reserved[] = {{"VE-087", false, {SET(ENTRY_INFO, VALID | BIT(k) | 0x020)}},
                                       {"VE-087", true, {SET(ENTRY_INFO, BIT(k) | 0x020)}}};

        CONTROLS(reserved);
    }
}
END_TEST

/* VE-089, VE-090. */
START_TEST(injected_length)
{
    for (unsigned int type = 0; type < 8; type++)
        for (unsigned int length = 0; length < 40; length++) {
            const bool soft = type >= 4 && type <= 6;
            struct pn_nested_vmx n = good();

            if (type == 1)
                continue;
            n.caps.proc |= BIT(27 + 32); /* the monitor trap flag, for type 7 */
            n.vmcs12.f[PN_F_ENTRY_INFO] = VALID | type << 8 | (type == 2 ? 2u : type == 5 ? 1u : type == 7 ? 0u : 3u);
            n.vmcs12.f[PN_F_ENTRY_LENGTH] = length;
            HOLDS(pn_check_controls(&n) == (soft && length > 15 ? 7 : 0));
            n.caps.misc &= ~BIT(30);
            HOLDS(pn_check_controls(&n) == (soft && (length > 15 || length == 0) ? 7 : 0));
        }
}
END_TEST

/* ---- Host state -------------------------------------------------------------------------------------------------- */

/* VE-096 to VE-099, VE-101: every bit of CR0, CR4 and CR3 changed alone. */
START_TEST(host_control_registers)
{
    for (unsigned int k = 0; k < 64; k++) {
        struct pn_nested_vmx n = good();

        n.vmcs12.f[PN_F_HOST_CR0] ^= BIT(k);
        HOLDS(pn_check_host(&n, true) == (k == 0 || k == 5 || k == 31 || k >= 32 ? 8 : 0));
        n = good();
        n.vmcs12.f[PN_F_HOST_CR4] ^= BIT(k);
        HOLDS(pn_check_host(&n, true) == (!(0x3727ffull >> k & 1) || k == 13 || k == 5 /* VE-129 */ ? 8 : 0));
        n = good();
        n.vmcs12.f[PN_F_HOST_CR3] ^= BIT(k);
        HOLDS(pn_check_host(&n, true) == (k >= 40 ? 8 : 0));
    }
}
END_TEST

START_TEST(host_cet_wants_wp)
{
    static const struct row rows[] = {
        {"VE-100", false, {SET(HOST_CR4, 0x802020)}}, /* not offered: VE-099 */
        {"VE-100", true, {SET(HOST_CR4, 0x802020), CAP(CR4_FIXED1, 0xb727ff)}},
        {"VE-100", false, {SET(HOST_CR4, 0x802020), SET(HOST_CR0, 0x80000033), CAP(CR4_FIXED1, 0xb727ff)}},
        {"VE-100", true, {SET(HOST_CR0, 0x80000033)}},
    };

    HOST(rows, true);
}
END_TEST

/* VE-102, VE-103, VE-118 to VE-121: one bit flipped in each place, with both widths. */
START_TEST(host_canonical)
{
    static const int fields[] = {PN_F_HOST_SYSENTER_ESP, PN_F_HOST_SYSENTER_EIP, PN_F_HOST_FS_BASE, PN_F_HOST_GS_BASE,
                                 PN_F_HOST_GDTR_BASE,    PN_F_HOST_IDTR_BASE,    PN_F_HOST_TR_BASE};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (unsigned int k = 0; k < 64; k++)
            for (unsigned int high = 0; high < 2; high++) {
                struct pn_nested_vmx n = good();

                n.vmcs12.f[fields[i]] = (high ? ~0ull : 0) ^ BIT(k);
                HOLDS(pn_check_host(&n, true) == (k >= 47 ? 8 : 0));
                n.caps.linear_width = 57;
                HOLDS(pn_check_host(&n, true) == (k >= 56 ? 8 : 0));
            }
}
END_TEST

START_TEST(host_pat_and_efer)
{
    static const struct row rows[] = {
        {"VE-105", true, {SET(HOST_PAT, 0x0203)}},
        {"VE-105", true, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(19))}},
        {"VE-106", true, {SET(HOST_EFER, 0xffff)}},
        {"VE-106", true, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(21))}},
        {"VE-106", false, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(21)), SET(HOST_EFER, 0xd03)}},
        {"VE-106", false, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(21)), SET(HOST_EFER, 0xd01 | BIT(63))}},
        {"VE-107", false, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(21)), SET(HOST_EFER, 0x901)}},
        {"VE-107", false, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(21)), SET(HOST_EFER, 0xc01)}},
        {"VE-107", false, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(21)), SET(HOST_EFER, 0x801)}},
        {"VE-107", true, {SET(EXIT_CTL, EXIT_0 | BIT(9) | BIT(21)), SET(HOST_EFER, 0x500)}},
    };

    HOST(rows, true);
    for (unsigned int byte = 0; byte < 8; byte++) /* VE-105 */
        for (unsigned int type = 0; type < 256; type++) {
            struct pn_nested_vmx n = good();

            n.vmcs12.f[PN_F_EXIT_CTL] |= BIT(19);
            n.vmcs12.f[PN_F_HOST_PAT] = (uint64_t)type << 8 * byte;
            HOLDS(pn_check_host(&n, true) == (type == 0 || type == 1 || (type >= 4 && type <= 7) ? 0 : 8));
        }
}
END_TEST

START_TEST(host_selectors)
{
    static const struct row rows[] = {
        {"VE-115", false, {SET(HOST_CS_SELECTOR, 0)}},
        {"VE-115", true, {SET(HOST_CS_SELECTOR, 8)}},
        {"VE-116", false, {SET(HOST_TR_SELECTOR, 0)}},
        {"VE-116", true, {SET(HOST_TR_SELECTOR, 0xfff8)}},
        {"VE-117", true, {SET(HOST_SS_SELECTOR, 0)}},
    };

    HOST(rows, true);
    for (int s = PN_F_HOST_ES_SELECTOR; s <= PN_F_HOST_TR_SELECTOR; s++) /* VE-114 */
        for (unsigned int low = 0; low < 8; low++) {
            struct pn_nested_vmx n = good();

            n.vmcs12.f[s] = 0x18 | low;
            HOLDS(pn_check_host(&n, true) == (low ? 8 : 0));
        }
}
END_TEST

/* VE-122 to VE-125 over all modes: L1 in IA-32e mode or not, a 64-bit host or not, a 64-bit guest or not. */
START_TEST(modes)
{
    for (unsigned int i = 0; i < 8; i++) {
        const bool lma = i & 1, host_64 = i & 2, guest_64 = i & 4;
        struct pn_nested_vmx n = good();

        n.vmcs12.f[PN_F_EXIT_CTL] = EXIT_0 | (host_64 ? BIT(9) : 0);
        n.vmcs12.f[PN_F_ENTRY_CTL] = ENTRY_0 | (guest_64 ? BIT(9) : 0);
        n.vmcs12.f[PN_F_HOST_SS_SELECTOR] = 0x18;
        n.vmcs12.f[PN_F_HOST_RIP] = 0x1000;
        HOLDS(pn_check_host(&n, lma) == (lma == host_64 && (lma || !guest_64) ? 0 : 8));
        HOLDS(pn_check_controls(&n) == 0);
    }
}
END_TEST

#define HOST_32 SET(EXIT_CTL, EXIT_0), SET(HOST_SS_SELECTOR, 0x18)

START_TEST(host_of_32_bits)
{
    static const struct row rows[] = {
        {"VE-122", true, {HOST_32, SET(HOST_RIP, 0xffffffff)}},
        {"VE-117", false, {SET(EXIT_CTL, EXIT_0), SET(HOST_RIP, 0x1000)}},
        {"VE-126", false, {HOST_32, SET(HOST_RIP, 0x1000), SET(HOST_CR4, 0x22020)}},
        {"VE-127", false, {HOST_32, SET(HOST_RIP, BIT(32))}},
        {"VE-127", false, {HOST_32, SET(HOST_RIP, BIT(63))}},
        {"VE-129", true, {HOST_32, SET(HOST_RIP, 0x1000), SET(HOST_CR4, 0x2000)}},
        {"VE-107", true, {HOST_32, SET(HOST_RIP, 0x1000), SET(EXIT_CTL, EXIT_0 | BIT(21)), SET(HOST_EFER, 0x801)}},
        {"VE-107", false, {HOST_32, SET(HOST_RIP, 0x1000), SET(EXIT_CTL, EXIT_0 | BIT(21)), SET(HOST_EFER, 0xd01)}},
    };

    HOST(rows, false);
}
END_TEST

START_TEST(host_of_64_bits)
{
    static const struct row rows[] = {
        {"VE-126", true, {SET(HOST_CR4, 0x22020)}},
        {"VE-129", false, {SET(HOST_CR4, 0x2000)}},
        {"VE-130", true, {SET(HOST_RIP, BIT(47) - 1)}},
        {"VE-130", false, {SET(HOST_RIP, BIT(47))}},
        {"VE-130", false, {SET(HOST_RIP, 0xffff7fffffffffff)}},
        /* A processor with 57 bits: what counts for RIP is CR4.LA57 as it will be. */
        {"VE-130", false, {SET(HOST_RIP, BIT(47)), CAP(LINEAR, 57), CAP(CR4_FIXED1, 0x3737ff)}},
        {"VE-130", true, {SET(HOST_RIP, BIT(47)), SET(HOST_CR4, 0x3020), CAP(LINEAR, 57), CAP(CR4_FIXED1, 0x3737ff)}},
        {"VE-130", false, {SET(HOST_RIP, BIT(56)), SET(HOST_CR4, 0x3020), CAP(LINEAR, 57), CAP(CR4_FIXED1, 0x3737ff)}},
    };

    HOST(rows, true);
}
END_TEST

TCase *vmx_check_tests(void)
{
    TCase *t = tcase_create("vmx_check");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, bits_of_a_word);
    tcase_add_test(t, every_control_bit);
    tcase_add_test(t, secondary_controls_only_if_activated);
    tcase_add_test(t, cr3_targets);
    tcase_add_test(t, structure_addresses);
    tcase_add_test(t, tpr_threshold);
    tcase_add_test(t, controls_that_need_others);
    tcase_add_test(t, ept_pointer);
    tcase_add_test(t, msr_lists);
    tcase_add_test(t, injected_types_and_vectors);
    tcase_add_test(t, injected_fields);
    tcase_add_test(t, injected_length);
    tcase_add_test(t, host_control_registers);
    tcase_add_test(t, host_cet_wants_wp);
    tcase_add_test(t, host_canonical);
    tcase_add_test(t, host_pat_and_efer);
    tcase_add_test(t, host_selectors);
    tcase_add_test(t, modes);
    tcase_add_test(t, host_of_32_bits);
    tcase_add_test(t, host_of_64_bits);
    return t;
}
