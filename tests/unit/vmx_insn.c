/* SPDX-License-Identifier: BSD-2-Clause
 *
 * L1's VMX instructions against SDM 30.3 and 30.4: faults in their order, error numbers, what a refused instruction leaves
 * alone, regions in L1's memory, and what L1 is offered.
 */
#include <provenest/vmx_insn.h>

#include "../../vendor/model/vmcs.h"

#include <string.h>

#include "support.h"

#define BIT(k) (1ull << (k))
#define WORD(zero, one) ((uint64_t)(one) << 32 | (zero))

/* Groups that the verdict on controls and host state rests on: a VMWRITE there opens it again. */
/* No group is dirty, and no segments of L2's are late: what these instructions ask for (pn_save_segments). */
#define CLEAN (1u << PN_HAS_SEGMENTS)
#define RESTS (1u << PN_GROUP_CONTROLS | 1u << PN_GROUP_EVENT | 1u << PN_GROUP_REGISTERS | 1u << PN_GROUP_HOST)

enum { VMXON_REGION = 0x2000, VMCS_A = 0x3000, VMCS_B = 0x4000, REVISION = 0x504e0001 };

/* A processor as Bochs has it, and as real ones are: the TRUE words, EPT with accessed and dirty flags, 1-GByte pages. */
static struct pn_vmx_caps hardware(void)
{
    const struct pn_vmx_caps c = {
        .basic = 0x00da040000000012, .misc = 0x7004c1e7, .vmcs_enum = 0x2c, .ept_vpid = 0x00000f0106734141,
        .pin = WORD(0x16, 0x7f), .proc = WORD(0x04006172, 0xfff9fffe), .proc2 = WORD(0, 0x001ff7ff),
        .exit = WORD(0x00036dfb, 0x01ffffff), .entry = WORD(0x000011fb, 0x0003ffff),
        .cr0_fixed0 = 0x80000021, .cr0_fixed1 = 0xffffffff, .cr4_fixed0 = 0x2000, .cr4_fixed1 = 0x3727ff,
        .efer_valid = 0xd01, .debugctl_valid = 3, .address_width = 40, .linear_width = 48,
    };

    return c;
}

/* 64-bit code at CPL 0 with VMX enabled. */
static struct pn_l1_mode kernel(void)
{
    const struct pn_l1_mode m = {
        .cr0 = 0x80050033, .cr4 = 0x2020, .rflags = 2, .feature_control = 5, .cpl = 0, .long_mode = true, .cs_long = true};

    return m;
}

static void outside(struct pn_nested_vmx *n)
{
    memset(n, 0xa5, sizeof *n);
    model_nested_reset();
    pn_nested_init(n, pn_vmx_offer(hardware()));
    *model_word(VMXON_REGION) = REVISION;
    *model_word(VMCS_A) = REVISION;
    *model_word(VMCS_B) = REVISION;
}

static void is(struct pn_outcome o, int kind, int vector, int error)
{
    ck_assert_int_eq(o.kind, kind);
    ck_assert_int_eq(o.vector, vector);
    ck_assert_int_eq(o.error, error);
}

#define SUCCEEDED(o) is(o, PN_VMX_SUCCEED, 0, 0)
#define FAULTED(o, v) is(o, PN_VMX_FAULT, v, 0)
#define INVALID(o) is(o, PN_VMX_FAIL_INVALID, 0, 0)
#define VALID(o, e) is(o, PN_VMX_FAIL_VALID, 0, e)

static void in_operation(struct pn_nested_vmx *n)
{
    outside(n);
    SUCCEEDED(pn_vmxon(n, kernel(), VMXON_REGION));
    SUCCEEDED(pn_vmclear(n, kernel(), VMCS_A));
    SUCCEEDED(pn_vmclear(n, kernel(), VMCS_B));
}

static void with_vmcs(struct pn_nested_vmx *n)
{
    in_operation(n);
    SUCCEEDED(pn_vmptrld(n, kernel(), VMCS_A));
}

/* The instructions but VMXON, by number; operands that would do. */
enum { INSTRUCTIONS = 11 };
static struct pn_outcome execute(int which, struct pn_nested_vmx *n, struct pn_l1_mode m)
{
    uint64_t out;

    switch (which) {
    case 0: return pn_vmxoff(n, m);
    case 1: return pn_vmclear(n, m, VMCS_B);
    case 2: return pn_vmptrld(n, m, VMCS_B);
    case 3: return pn_vmptrst(n, m, &out);
    case 4: return pn_vmread(n, m, 0x681e, &out);
    case 5: return pn_vmwrite(n, m, 0x681e, 1);
    case 6: return pn_vm_entry(n, m, true);
    case 7: return pn_vm_entry(n, m, false);
    case 8: return pn_invept(n, m, 2, 0);
    case 9: return pn_invvpid(n, m, 2, 0, 0, 0);
    default: return pn_vmcall(n, m);
    }
}

/* Nothing in the processor or in memory may differ, but the VM-instruction error of VMfailValid. */
struct before {
    struct pn_nested_vmx n;
    uint64_t memory[MODEL_WORDS];
};
static struct before before;

static void note(const struct pn_nested_vmx *n)
{
    memcpy(&before.n, n, sizeof *n);
    memcpy(before.memory, model_nested()->memory, sizeof before.memory);
}

static void nothing_changed(const struct pn_nested_vmx *n, struct pn_outcome o)
{
    if (o.kind == PN_VMX_FAIL_VALID) {
        ck_assert_uint_eq(n->vmcs12.f[PN_F_INSTRUCTION_ERROR], o.error);
        before.n.vmcs12.f[PN_F_INSTRUCTION_ERROR] = o.error;
    }
    ck_assert(memcmp(&before.n.vmcs12, &n->vmcs12, sizeof n->vmcs12) == 0);
    ck_assert(memcmp(&before.n.caps, &n->caps, sizeof n->caps) == 0);
    ck_assert(n->vmxon == before.n.vmxon && n->vmxon_pointer == before.n.vmxon_pointer && n->current == before.n.current &&
              n->dirty == before.n.dirty && n->launched == before.n.launched && n->l2 == before.n.l2 &&
              n->entry_pending == before.n.entry_pending && n->checked == before.n.checked &&
              n->pdptrs_held == before.n.pdptrs_held);
    ck_assert(memcmp(before.memory, model_nested()->memory, sizeof before.memory) == 0);
}

START_TEST(faults_in_their_order)
{
    static const struct {
        const char *what;
        uint64_t cr0_off, rflags_on;
        bool compatibility, outside;
        uint8_t cpl, vector;
    } rows[] = {
        {"ring 3", 0, 0, false, false, 3, 13},
        {"ring 1", 0, 0, false, false, 1, 13},
        {"real mode", 1, 0, false, false, 0, 6},
        {"virtual-8086 mode", 0, BIT(17), false, false, 3, 6},
        {"compatibility mode", 0, 0, true, false, 0, 6},
        {"compatibility mode, ring 3", 0, 0, true, false, 3, 6},
        {"outside VMX operation", 0, 0, false, true, 0, 6},
        {"outside VMX operation, ring 3", 0, 0, false, true, 3, 6},
    };
    struct pn_nested_vmx n;

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (int which = 0; which < INSTRUCTIONS; which++) {
            struct pn_l1_mode m = kernel();
            struct pn_outcome o;

            m.cr0 &= ~rows[r].cr0_off;
            m.rflags |= rows[r].rflags_on;
            m.cs_long = !rows[r].compatibility;
            m.cpl = rows[r].cpl;
            m.movss = true; /* ranks behind */
            if (rows[r].outside)
                outside(&n);
            else
                with_vmcs(&n);
            note(&n);
            o = execute(which, &n, m);
            ck_assert_msg(o.kind == PN_VMX_FAULT && o.vector == rows[r].vector, "%s, instruction %d", rows[r].what, which);
            nothing_changed(&n, o);
        }
    /* 32-bit code outside IA-32e mode is not compatibility mode. */
    for (int which = 0; which < INSTRUCTIONS; which++) {
        struct pn_l1_mode m = kernel();

        m.long_mode = m.cs_long = false;
        with_vmcs(&n);
        ck_assert_int_ne(execute(which, &n, m).kind, PN_VMX_FAULT);
    }
}
END_TEST

START_TEST(vmxon_faults)
{
    static const struct {
        uint64_t cr0, cr4, rflags, feature_control;
        uint8_t cpl, vector;
        bool compatibility;
    } rows[] = {
        {0x80050033, 0x0020, 2, 5, 0, 6, false},       /* CR4.VMXE */
        {0x80050033, 0x0020, 2, 0, 3, 6, false},       /* #UD ranks before all that is #GP (museum 65) */
        {0x00050032, 0x2020, 2, 5, 0, 6, false},       /* real mode */
        {0x80050033, 0x2020, BIT(17) | 2, 5, 3, 6, false},
        {0x80050033, 0x2020, 2, 5, 0, 6, true},
        {0x80050033, 0x2020, 2, 5, 1, 13, false},      /* ring (museum 42) */
        {0x80050013, 0x2020, 2, 5, 0, 13, false},      /* CR0.NE */
        {0x00050033, 0x2020, 2, 5, 0, 13, false},      /* CR0.PG */
        {0x180050033, 0x2020, 2, 5, 0, 13, false},     /* beyond FIXED1 */
        {0x80050033, 0x802020, 2, 5, 0, 13, false},
        {0x80050033, 0x2020, 2, 4, 0, 13, false},      /* not locked (museum 69) */
        {0x80050033, 0x2020, 2, 1, 0, 13, false},      /* locked off */
        {0x80050033, 0x2020, 2, 3, 0, 13, false},      /* in SMX only */
    };
    struct pn_nested_vmx n;

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct pn_l1_mode m = kernel();
        struct pn_outcome o;

        m.cr0 = rows[r].cr0;
        m.cr4 = rows[r].cr4;
        m.rflags = rows[r].rflags;
        m.feature_control = rows[r].feature_control;
        m.cpl = rows[r].cpl;
        m.cs_long = !rows[r].compatibility;
        outside(&n);
        note(&n);
        o = pn_vmxon(&n, m, VMXON_REGION);
        ck_assert_msg(o.kind == PN_VMX_FAULT && o.vector == rows[r].vector, "row %zu", r);
        nothing_changed(&n, o);
        FAULTED(pn_vmxon_ready(&n, m), rows[r].vector);
    }
}
END_TEST

START_TEST(vmxon_regions)
{
    static const uint64_t bad[] = {VMXON_REGION + 8, VMXON_REGION + 0x800, BIT(40) | VMXON_REGION, BIT(63) | VMXON_REGION};
    struct pn_nested_vmx n;

    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        struct pn_outcome o;

        outside(&n);
        note(&n);
        INVALID(o = pn_vmxon(&n, kernel(), bad[k]));
        nothing_changed(&n, o);
    }
    outside(&n);
    *model_word(VMXON_REGION) = REVISION + 1;
    INVALID(pn_vmxon(&n, kernel(), VMXON_REGION));
    *model_word(VMXON_REGION) = REVISION | BIT(31);
    INVALID(pn_vmxon(&n, kernel(), VMXON_REGION));
    ck_assert(!n.vmxon);
    *model_word(VMXON_REGION) = REVISION | BIT(40); /* bits 63:32 are not the revision's */
    SUCCEEDED(pn_vmxon(&n, kernel(), VMXON_REGION));
    ck_assert(n.vmxon && n.vmxon_pointer == VMXON_REGION && n.current == PN_NO_VMCS);
    /* Again: error 15, in the field only if there is one. */
    INVALID(pn_vmxon(&n, kernel(), VMXON_REGION));
    SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
    VALID(pn_vmxon(&n, kernel(), VMXON_REGION), 15);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_INSTRUCTION_ERROR], 15);
}
END_TEST

START_TEST(vmxoff_writes_back)
{
    struct pn_nested_vmx n;

    with_vmcs(&n);
    SUCCEEDED(pn_vmwrite(&n, kernel(), 0x681e, 0x123456789abcdef0));
    n.launched = true;
    SUCCEEDED(pn_vmxoff(&n, kernel()));
    ck_assert(!n.vmxon && n.current == PN_NO_VMCS && !n.launched);
    ck_assert_uint_eq(*model_word(VMCS_A), REVISION);
    ck_assert_uint_eq(*model_word(VMCS_A + 8), 1);
    ck_assert_uint_eq(*model_word(VMCS_A + 16 + 8 * PN_F_GUEST_RIP), 0x123456789abcdef0);
    FAULTED(pn_vmxoff(&n, kernel()), 6);
}
END_TEST

START_TEST(pointers_of_vmclear_and_vmptrld)
{
    static const struct {
        uint64_t pointer;
        uint8_t vmclear, vmptrld;
    } rows[] = {
        {VMCS_B + 8, 2, 9}, {VMCS_B + 0x800, 2, 9}, {BIT(40) | VMCS_B, 2, 9}, {PN_NO_VMCS, 2, 9}, {BIT(63) | VMCS_B, 2, 9},
        {VMXON_REGION, 3, 10},
    };
    struct pn_nested_vmx n;

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (int current = 0; current < 2; current++) {
            struct pn_outcome o;

            in_operation(&n);
            if (current)
                SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
            note(&n);
            o = pn_vmclear(&n, kernel(), rows[r].pointer);
            is(o, current ? PN_VMX_FAIL_VALID : PN_VMX_FAIL_INVALID, 0, current ? rows[r].vmclear : 0);
            nothing_changed(&n, o);
            o = pn_vmptrld(&n, kernel(), rows[r].pointer);
            is(o, current ? PN_VMX_FAIL_VALID : PN_VMX_FAIL_INVALID, 0, current ? rows[r].vmptrld : 0);
            nothing_changed(&n, o);
        }
}
END_TEST

START_TEST(revision)
{
    static const uint64_t bad[] = {0, REVISION - 1, REVISION | BIT(31), ~0ull};
    struct pn_nested_vmx n;

    with_vmcs(&n);
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
        struct pn_outcome o;

        *model_word(VMCS_B) = bad[k];
        note(&n);
        VALID(o = pn_vmptrld(&n, kernel(), VMCS_B), 11);
        nothing_changed(&n, o);
    }
    /* Outside L1's memory, and where the hypervisor is: all ones, as a bus without an answer. */
    VALID(pn_vmptrld(&n, kernel(), 0x3fff0000), 11);
    model_nested()->hidden = VMCS_B;
    model_nested()->hidden_end = VMCS_B + 0x1000;
    *model_word(VMCS_B) = REVISION;
    VALID(pn_vmptrld(&n, kernel(), VMCS_B), 11);
    /* VMCLEAR asks for no revision; what it writes there is lost. */
    *model_word(VMCS_B + 8) = 77;
    SUCCEEDED(pn_vmclear(&n, kernel(), VMCS_B));
    ck_assert_uint_eq(*model_word(VMCS_B + 8), 77);
}
END_TEST

START_TEST(vmcs_there_and_back)
{
    struct pn_nested_vmx n;
    uint64_t out;

    with_vmcs(&n);
    for (int f = 0; f < PN_G_EXIT; f++)
        SUCCEEDED(pn_vmwrite(&n, kernel(), pn_field_encoding(f), 0x1111111111111111ull * (unsigned int)(f % 15 + 1)));
    n.launched = true;
    n.dirty = CLEAN;
    n.checked = n.pdptrs_held = true;
    memcpy(&before.n, &n, sizeof n);
    /* The same again: nothing. */
    SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
    ck_assert(n.launched && n.dirty == CLEAN && n.checked && n.pdptrs_held);
    SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_B));
    ck_assert(!n.launched && n.dirty == 0xfff && !n.checked && !n.pdptrs_held && n.current == VMCS_B);
    for (int f = 0; f < PN_FIELDS; f++)
        ck_assert_uint_eq(n.vmcs12.f[f], 0);
    SUCCEEDED(pn_vmptrst(&n, kernel(), &out));
    ck_assert_uint_eq(out, VMCS_B);
    SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
    ck_assert(n.launched && memcmp(&n.vmcs12, &before.n.vmcs12, sizeof n.vmcs12) == 0);
    ck_assert_uint_eq(*model_word(VMCS_A), REVISION);
    /* VMCLEAR of the current one: the launch state is clear, the fields are kept. */
    SUCCEEDED(pn_vmclear(&n, kernel(), VMCS_A));
    ck_assert(n.current == PN_NO_VMCS && !n.launched);
    SUCCEEDED(pn_vmptrst(&n, kernel(), &out));
    ck_assert_uint_eq(out, ~0ull);
    SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
    ck_assert(!n.launched && memcmp(&n.vmcs12, &before.n.vmcs12, sizeof n.vmcs12) == 0);
    /* And of one that is not current: its launch state only. */
    *model_word(VMCS_B + 8) = 1;
    memcpy(before.memory, model_nested()->memory, sizeof before.memory);
    before.memory[(VMCS_B + 8) / 8] = 0;
    SUCCEEDED(pn_vmclear(&n, kernel(), VMCS_B));
    ck_assert(n.current == VMCS_A && memcmp(before.memory, model_nested()->memory, sizeof before.memory) == 0);
}
END_TEST

/* Whatever L1's memory has above a field's width, and where the region is not L1's at all. */
START_TEST(fields_are_cut_to_their_width)
{
    static const uint64_t widest[] = {0xffff, ~0ull, 0xffffffff, ~0ull}; /* bits 14:13 of the encoding: SDM 24.11.2 */
    struct pn_nested_vmx n;

    for (int hidden = 0; hidden < 2; hidden++) {
        in_operation(&n);
        for (int f = 0; f < PN_FIELDS; f++)
            *model_word(VMCS_A + 16 + 8 * (uint64_t)f) = hidden ? 0 : ~0ull;
        model_nested()->hidden = VMCS_A + 0x80; /* from field 14 on */
        model_nested()->hidden_end = hidden ? VMCS_A + 0x1000 : 0;
        SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
        for (int f = 0; f < PN_FIELDS; f++)
            ck_assert_uint_eq(n.vmcs12.f[f], hidden && f < 14 ? 0 : widest[pn_field_encoding(f) / 0x2000]);
    }
}
END_TEST

/* After VMPTRLD of another VMCS, VMCLEAR and VMXOFF the region holds every field, each word in its place; nothing is
 * written beside it, nor where memory is not L1's. What L1 has written there since VMPTRLD is gone (24.11.1 leaves it open). */
START_TEST(region_after_it_was_left)
{
    struct pn_nested_vmx n;

    for (int way = 0; way < 3; way++)
        for (int hidden = 0; hidden < 2; hidden++) {
            with_vmcs(&n);
            for (int f = 0; f < PN_FIELDS; f++)
                n.vmcs12.f[f] = 0x100 + (unsigned int)f;
            n.launched = true;
            for (uint64_t a = VMCS_A + 8; a < VMCS_B; a += 8)
                *model_word(a) = 0x5a5a;
            memcpy(before.memory, model_nested()->memory, sizeof before.memory);
            model_nested()->hidden = VMCS_A + 0x80;
            model_nested()->hidden_end = hidden ? VMCS_A + 0x100 : 0;
            SUCCEEDED(way == 0   ? pn_vmptrld(&n, kernel(), VMCS_B)
                      : way == 1 ? pn_vmclear(&n, kernel(), VMCS_A)
                                 : pn_vmxoff(&n, kernel()));
            before.memory[(VMCS_A + 8) / 8] = way == 1 ? 0 : 1;
            for (unsigned int f = 0; f < PN_FIELDS; f++)
                if (!hidden || f < 14 || f >= 30)
                    before.memory[VMCS_A / 8 + 2 + f] = 0x100 + f;
            ck_assert(memcmp(before.memory, model_nested()->memory, sizeof before.memory) == 0);
        }
}
END_TEST

static void scribble(uint64_t address)
{
    *model_word(address) = ~*model_word(address);
}

START_TEST(memory_is_read_once)
{
    struct pn_nested_vmx n;

    in_operation(&n);
    /* Another processor of L1's changes each word as soon as it has been read (the model stops at a second read). */
    *model_word(VMCS_A + 16 + 8 * PN_F_GUEST_RIP) = 0x1234;
    *model_word(VMCS_A + 16 + 8 * PN_F_GUEST_CS_SELECTOR) = 0xffffffffffff0010; /* 16 bits */
    *model_word(VMCS_A + 16 + 8 * PN_F_PIN_CTL) = 0xabcd00000016;              /* 32 bits */
    *model_word(VMCS_A + 8) = 2; /* no launch state that this processor writes */
    model_nested()->race = scribble;
    SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_RIP], 0x1234);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_GUEST_CS_SELECTOR], 0x10);
    ck_assert_uint_eq(n.vmcs12.f[PN_F_PIN_CTL], 0x16);
    ck_assert(!n.launched);
}
END_TEST

/* Some encodings as appendix B prints them. */
static const struct {
    uint32_t encoding;
    int field;
    uint64_t holds; /* all ones, as the field holds them */
} known[] = {
    {0x0000, PN_F_VPID, 0xffff}, {0x0802, PN_F_GUEST_CS_SELECTOR, 0xffff}, {0x0c0c, PN_F_HOST_TR_SELECTOR, 0xffff},
    {0x2000, PN_F_IO_BITMAP_A, ~0ull}, {0x2010, PN_F_TSC_OFFSET, ~0ull}, {0x201a, PN_F_EPT_POINTER, ~0ull},
    {0x2800, PN_F_LINK_POINTER, ~0ull}, {0x280a, PN_F_GUEST_PDPTR0, ~0ull}, {0x2c02, PN_F_HOST_EFER, ~0ull},
    {0x4000, PN_F_PIN_CTL, 0xffffffff}, {0x4004, PN_F_EXCEPTION_BITMAP, 0xffffffff}, {0x4016, PN_F_ENTRY_INFO, 0xffffffff},
    {0x482e, PN_F_PREEMPTION_TIMER, 0xffffffff}, {0x4c00, PN_F_HOST_SYSENTER_CS, 0xffffffff},
    {0x6000, PN_F_CR0_MASK, ~0ull}, {0x6800, PN_F_GUEST_CR0, ~0ull}, {0x681e, PN_F_GUEST_RIP, ~0ull},
    {0x6c16, PN_F_HOST_RIP, ~0ull},
};
static const struct {
    uint32_t encoding;
    int field;
} known_read_only[] = {
    {0x2400, PN_F_GUEST_PHYSICAL}, {0x4400, PN_F_INSTRUCTION_ERROR}, {0x4402, PN_F_EXIT_REASON},
    {0x440e, PN_F_INSTRUCTION_INFO}, {0x6400, PN_F_EXIT_QUALIFICATION}, {0x640a, PN_F_GUEST_LINEAR_ADDRESS},
};

START_TEST(encodings)
{
    int found = 0;

    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        ck_assert_int_eq(pn_field_of(known[k].encoding), known[k].field);
    for (size_t k = 0; k < sizeof known_read_only / sizeof known_read_only[0]; k++)
        ck_assert_int_eq(pn_field_of(known_read_only[k].encoding), known_read_only[k].field);
    for (int f = 0; f < PN_FIELDS; f++)
        ck_assert_int_eq(pn_field_of(pn_field_encoding(f)), f);
    for (uint64_t e = 0; e < 0x20000; e++)
        found += pn_field_of(e) >= 0 ? 1 : 0;
    ck_assert_int_eq(found, PN_FIELDS);
    ck_assert_int_eq(pn_field_of(BIT(32) | 0x681e), -1);
    ck_assert_int_eq(pn_field_of(~0ull), -1);
}
END_TEST

START_TEST(reading_and_writing_fields)
{
    struct pn_nested_vmx n;
    uint64_t out = 0;

    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        with_vmcs(&n);
        n.dirty = CLEAN;
        n.checked = true;
        SUCCEEDED(pn_vmwrite(&n, kernel(), known[k].encoding, ~0ull));
        ck_assert_uint_eq(n.vmcs12.f[known[k].field], known[k].holds);
        for (int f = 0; f < PN_FIELDS; f++)
            ck_assert(f == known[k].field || n.vmcs12.f[f] == 0);
        n.dirty -= CLEAN;
        ck_assert(n.dirty != 0 && (n.dirty & (n.dirty - 1)) == 0);
        ck_assert(n.checked == ((n.dirty & RESTS) == 0));
        n.dirty = CLEAN;
        SUCCEEDED(pn_vmread(&n, kernel(), known[k].encoding, &out));
        ck_assert_uint_eq(out, known[k].holds);
    }
    with_vmcs(&n);
    for (size_t k = 0; k < sizeof known_read_only / sizeof known_read_only[0]; k++) {
        struct pn_outcome o;

        n.vmcs12.f[known_read_only[k].field] = 0x1234;
        note(&n);
        VALID(o = pn_vmwrite(&n, kernel(), known_read_only[k].encoding, 5), 13);
        nothing_changed(&n, o);
        SUCCEEDED(pn_vmread(&n, kernel(), known_read_only[k].encoding, &out));
        ck_assert_uint_eq(out, known_read_only[k].field == PN_F_INSTRUCTION_ERROR ? 13 : 0x1234);
    }
}
END_TEST

START_TEST(halves_of_64_bit_fields)
{
    struct pn_nested_vmx n;
    uint64_t out;

    with_vmcs(&n);
    SUCCEEDED(pn_vmwrite(&n, kernel(), 0x2010, 0x1122334455667788));
    SUCCEEDED(pn_vmread(&n, kernel(), 0x2011, &out));
    ck_assert_uint_eq(out, 0x11223344);
    SUCCEEDED(pn_vmwrite(&n, kernel(), 0x2011, 0xffffffffaabbccdd));
    SUCCEEDED(pn_vmread(&n, kernel(), 0x2010, &out));
    ck_assert_uint_eq(out, 0xaabbccdd55667788);
    /* 32-bit code writes zero-extended: the upper half is cleared. */
    SUCCEEDED(pn_vmwrite(&n, kernel(), 0x2010, 0x99));
    ck_assert_uint_eq(n.vmcs12.f[PN_F_TSC_OFFSET], 0x99);
    n.vmcs12.f[PN_F_GUEST_PHYSICAL] = 0x5500000066;
    SUCCEEDED(pn_vmread(&n, kernel(), 0x2401, &out));
    ck_assert_uint_eq(out, 0x55);
    VALID(pn_vmwrite(&n, kernel(), 0x2401, 0), 13);
}
END_TEST

START_TEST(fields_that_there_are_not)
{
    /* Upper halves of others; fields that are not offered: PML, posted interrupts, TSC multiplier, VM functions, CR3
       targets, executive VMCS; no field at all; bits 63:32. */
    static const uint64_t none[] = {0x681f, 0x4001, 0x0801, 0x0801, 0x200e, 0x0002, 0x2032, 0x2018, 0x6008, 0x200c, 0x200d,
                                    0x7fff, 0x8000, 0x1000, 0x5000, 0x681e | BIT(32), 0x2010 | BIT(63), ~0ull};
    struct pn_nested_vmx n;

    with_vmcs(&n);
    for (size_t k = 0; k < sizeof none / sizeof none[0]; k++) {
        struct pn_outcome o;
        uint64_t out = 0x77;

        n.vmcs12.f[PN_F_INSTRUCTION_ERROR] = 0;
        note(&n);
        VALID(o = pn_vmread(&n, kernel(), none[k], &out), 12);
        ck_assert_uint_eq(out, 0x77);
        nothing_changed(&n, o);
        VALID(o = pn_vmwrite(&n, kernel(), none[k], 1), 12);
        nothing_changed(&n, o);
    }
    in_operation(&n);
    for (int read = 0; read < 2; read++) {
        uint64_t out;

        note(&n);
        INVALID(read ? pn_vmread(&n, kernel(), 0x681e, &out) : pn_vmwrite(&n, kernel(), 0x681e, 1));
        nothing_changed(&n, pn_vm_fail(&n, 1));
    }
}
END_TEST

START_TEST(groups)
{
    static const struct {
        int first, end;
    } group[] = {
        {PN_G_CONTROLS, PN_G_CONTROLS_END}, {PN_G_EVENT, PN_G_EVENT_END}, {PN_G_BASIC, PN_G_BASIC_END},
        {PN_G_REGISTERS, PN_G_REGISTERS_END}, {PN_G_SEGMENTS, PN_G_SEGMENTS_END}, {PN_G_RARE, PN_G_RARE_END},
        {PN_G_PDPTRS, PN_G_PDPTRS_END}, {PN_G_OTHER, PN_G_OTHER_END}, {PN_G_HOST, PN_G_HOST_END},
    };
    struct pn_nested_vmx n;

    with_vmcs(&n);
    for (unsigned g = 0; g < sizeof group / sizeof group[0]; g++)
        for (int f = group[g].first; f < group[g].end; f++)
            for (uint32_t had = 0; had < 2; had++) {
                n.dirty = CLEAN | had << 31 | (had ? 0x3ff & ~(1u << g) : 0);
                n.checked = n.pdptrs_held = true;
                SUCCEEDED(pn_vmwrite(&n, kernel(), pn_field_encoding(f), 1));
                ck_assert_uint_eq(n.dirty, (CLEAN | had << 31 | (had ? 0x3ff : 1u << g)));
                ck_assert(n.checked == ((RESTS >> g & 1) == 0) && n.pdptrs_held == (g != PN_GROUP_PDPTRS));
            }
}
END_TEST

START_TEST(launch_state_and_shadow)
{
    static const struct {
        bool current, movss, launched, launch;
        uint8_t kind, error;
    } rows[] = {
        {false, true, false, true, PN_VMX_FAIL_INVALID, 0},  {false, false, false, false, PN_VMX_FAIL_INVALID, 0},
        {true, true, true, true, PN_VMX_FAIL_VALID, 26},     {true, true, false, false, PN_VMX_FAIL_VALID, 26},
        {true, false, true, true, PN_VMX_FAIL_VALID, 4},     {true, false, false, false, PN_VMX_FAIL_VALID, 5},
        {true, false, false, true, PN_VMX_ENTER, 0},         {true, false, true, false, PN_VMX_ENTER, 0},
    };
    struct pn_nested_vmx n;

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct pn_l1_mode m = kernel();
        struct pn_outcome o;

        in_operation(&n);
        if (rows[r].current)
            SUCCEEDED(pn_vmptrld(&n, m, VMCS_A));
        m.movss = rows[r].movss;
        n.launched = rows[r].launched;
        note(&n);
        is(o = pn_vm_entry(&n, m, rows[r].launch), rows[r].kind, 0, rows[r].error);
        nothing_changed(&n, o);
    }
}
END_TEST

START_TEST(vmcall_in_root)
{
    struct pn_nested_vmx n;

    in_operation(&n);
    INVALID(pn_vmcall(&n, kernel()));
    SUCCEEDED(pn_vmptrld(&n, kernel(), VMCS_A));
    VALID(pn_vmcall(&n, kernel()), 1);
}
END_TEST

START_TEST(invept_operands)
{
    static const struct {
        uint64_t type, eptp;
        bool good;
    } rows[] = {
        {2, ~0ull, true}, {0, 0x501e, false}, {3, 0x501e, false}, {BIT(32) | 1, 0x501e, false}, {BIT(32) | 2, 0, false},
        {1, 0x501e, true}, {1, 0x5018, true}, {1, 0x501d, false}, {1, 0x5016, false}, {1, 0x5026, false},
        {1, 0x505e, false}, {1, 0x509e, false}, {1, 0x581e, false}, {1, BIT(40) | 0x501e, false},
        {1, BIT(39) | 0x501e, true}, {1, BIT(63) | 0x501e, false},
    };
    struct pn_nested_vmx n;

    with_vmcs(&n);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct pn_outcome o;

        note(&n);
        model_nested()->empties = 0;
        o = pn_invept(&n, kernel(), rows[r].type, rows[r].eptp);
        is(o, rows[r].good ? PN_VMX_SUCCEED : PN_VMX_FAIL_VALID, 0, rows[r].good ? 0 : 28);
        nothing_changed(&n, o);
        ck_assert_msg(model_nested()->empties == rows[r].good, "row %zu", r);
    }
    n.caps.ept_vpid &= ~BIT(26);
    VALID(pn_invept(&n, kernel(), 2, 0), 28);
    n.caps.ept_vpid &= ~BIT(20);
    FAULTED(pn_invept(&n, kernel(), 1, 0x501e), 6);
    with_vmcs(&n);
    n.caps.proc2 &= ~BIT(33);
    FAULTED(pn_invept(&n, kernel(), 1, 0x501e), 6);
    ck_assert_uint_eq(model_nested()->empties, 0);
}
END_TEST

START_TEST(invvpid_operands)
{
    static const struct {
        uint64_t type;
        uint16_t vpid;
        uint64_t reserved, linear;
        bool good;
    } rows[] = {
        {0, 1, 0, 0x7fffffffffff, true}, {0, 1, 0, 0xffff800000000000, true}, {0, 1, 0, 0x800000000000, false},
        {0, 0, 0, 0, false}, {1, 1, 0, 0x800000000000, true}, {1, 0, 0, 0, false}, {2, 0, 0, 0x800000000000, true},
        {2, 7, 0, 0, true}, {3, 1, 0, 0, true}, {3, 0, 0, 0, false}, {4, 1, 0, 0, false}, {BIT(32), 1, 0, 0, false},
        {0, 1, 1, 0, false}, {1, 1, BIT(47), 0, false}, {2, 0, 1, 0, false}, {3, 1, 1, 0, false},
    };
    struct pn_nested_vmx n;

    with_vmcs(&n);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct pn_outcome o;

        n.dirty = 0;
        note(&n);
        model_nested()->flush_owed = false;
        o = pn_invvpid(&n, kernel(), rows[r].type, rows[r].vpid, rows[r].reserved, rows[r].linear);
        ck_assert_msg(n.dirty == (rows[r].good ? BIT(PN_DUE_FLUSH) : 0) && model_nested()->flush_owed == rows[r].good, "row %zu", r);
        n.dirty = 0;
        ck_assert_msg(o.kind == (rows[r].good ? PN_VMX_SUCCEED : PN_VMX_FAIL_VALID), "row %zu", r);
        is(o, o.kind, 0, rows[r].good ? 0 : 28);
        nothing_changed(&n, o);
    }
    for (unsigned k = 0; k < 4; k++) {
        with_vmcs(&n);
        n.caps.ept_vpid &= ~BIT(40 + k);
        VALID(pn_invvpid(&n, kernel(), k, 1, 0, 0), 28);
    }
    n.caps.ept_vpid &= ~BIT(32);
    FAULTED(pn_invvpid(&n, kernel(), 1, 1, 0, 0), 6);
    with_vmcs(&n);
    n.caps.proc2 &= ~BIT(37);
    FAULTED(pn_invvpid(&n, kernel(), 1, 1, 0, 0), 6);
}
END_TEST

/* What the plan lists, by number. */
#define PIN_NAMED (BIT(0) | BIT(3) | BIT(5) | BIT(6))
#define PIN_DEFAULT 0x16u
#define PROC_NAMED 0xf3f99e8cu
#define PROC_DEFAULT 0x04006172u
#define PROC2_NAMED 0x001118efu
#define EXIT_NAMED 0x007c8204u
#define EXIT_DEFAULT 0x00036dfbu
#define ENTRY_NAMED 0x0000c204u
#define ENTRY_DEFAULT 0x000011fbu

START_TEST(what_is_offered)
{
    static const uint32_t has[] = {0, 0xffffffff, 0x55555555, 0xaaaaaaaa, 0x12345678, 0x00ff00ff};

    for (size_t k = 0; k < sizeof has / sizeof has[0]; k++)
        for (uint32_t must = 0; must < 2; must++) {
            struct pn_vmx_caps h = hardware(), o;
            const uint32_t zero = must ? has[k] : 0;

            h.pin = h.proc = h.proc2 = h.exit = h.entry = WORD(zero, has[k]);
            o = pn_vmx_offer(h);
            ck_assert_uint_eq(o.pin, WORD((zero & PIN_NAMED) | PIN_DEFAULT, (has[k] & PIN_NAMED) | PIN_DEFAULT));
            ck_assert_uint_eq(o.proc, WORD((zero & PROC_NAMED) | PROC_DEFAULT, (has[k] & PROC_NAMED) | PROC_DEFAULT));
            ck_assert_uint_eq(o.proc2, WORD(zero & PROC2_NAMED, has[k] & PROC2_NAMED));
            ck_assert_uint_eq(o.exit, WORD((zero & EXIT_NAMED) | EXIT_DEFAULT, (has[k] & EXIT_NAMED) | EXIT_DEFAULT));
            ck_assert_uint_eq(o.entry, WORD((zero & ENTRY_NAMED) | ENTRY_DEFAULT, (has[k] & ENTRY_NAMED) | ENTRY_DEFAULT));
            ck_assert_uint_eq(o.misc & BIT(5), has[k] & BIT(7) ? BIT(5) : 0);
        }
}
END_TEST

START_TEST(capability_words)
{
    struct pn_vmx_caps h = hardware(), o = pn_vmx_offer(h);

    ck_assert_uint_eq(pn_vmx_capability(&o, 0x480), 0x00d81000504e0001);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x481), WORD(0x16, 0x7f));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x482), WORD(0x0401e172, 0xf7f9fffe));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x483), WORD(0x00036dff, 0x007fefff));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x484), WORD(0x000011ff, 0x0000d3ff));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x485), 0x67);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x486), 0x80000021);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x487), 0xffffffff);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x488), 0x2000);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x489), 0x3727ff);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x48a), 0x2e);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x48b), WORD(0, 0x001110ef));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x48c), 0x00000f0106114141);
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x48d), WORD(0x16, 0x7f));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x48e), WORD(0x04006172, 0xf7f9fffe));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x48f), WORD(0x00036dfb, 0x007fefff));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x490), WORD(0x000011fb, 0x0000d3ff));
    ck_assert_uint_eq(pn_vmx_capability(&o, 0x491), 0);
    h.basic &= ~BIT(54);
    h.ept_vpid = ~0ull;
    h.misc = ~0ull;
    o = pn_vmx_offer(h);
    ck_assert_uint_eq(o.basic, 0x00981000504e0001);
    ck_assert_uint_eq(o.ept_vpid, 0x00000f0106114141);
    ck_assert_uint_eq(o.misc, 0x7f);
    h.ept_vpid = h.misc = 0;
    o = pn_vmx_offer(h);
    ck_assert(o.ept_vpid == 0 && o.misc == 0x20);
    ck_assert(o.address_width == 40 && o.linear_width == 48 && o.efer_valid == 0xd01 && o.debugctl_valid == 3);
}
END_TEST

START_TEST(ready_for_the_operand)
{
    struct pn_nested_vmx n;
    struct pn_l1_mode m = kernel();

    outside(&n);
    FAULTED(pn_vmx_ready(&n, m), 6);
    SUCCEEDED(pn_vmxon_ready(&n, m));
    with_vmcs(&n);
    SUCCEEDED(pn_vmx_ready(&n, m));
    VALID(pn_vmxon_ready(&n, m), 15);
    m.cpl = 3;
    FAULTED(pn_vmx_ready(&n, m), 13);
    FAULTED(pn_vmxon_ready(&n, m), 13);
}
END_TEST

TCase *vmx_insn_tests(void)
{
    TCase *t = tcase_create("vmx_insn");

    tcase_add_test(t, faults_in_their_order);
    tcase_add_test(t, vmxon_faults);
    tcase_add_test(t, vmxon_regions);
    tcase_add_test(t, vmxoff_writes_back);
    tcase_add_test(t, pointers_of_vmclear_and_vmptrld);
    tcase_add_test(t, revision);
    tcase_add_test(t, vmcs_there_and_back);
    tcase_add_test(t, fields_are_cut_to_their_width);
    tcase_add_test(t, region_after_it_was_left);
    tcase_add_test(t, memory_is_read_once);
    tcase_add_test(t, encodings);
    tcase_add_test(t, reading_and_writing_fields);
    tcase_add_test(t, halves_of_64_bit_fields);
    tcase_add_test(t, fields_that_there_are_not);
    tcase_add_test(t, groups);
    tcase_add_test(t, launch_state_and_shadow);
    tcase_add_test(t, vmcall_in_root);
    tcase_add_test(t, invept_operands);
    tcase_add_test(t, invvpid_operands);
    tcase_add_test(t, what_is_offered);
    tcase_add_test(t, capability_words);
    tcase_add_test(t, ready_for_the_operand);
    return t;
}
