/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Edits: fields near their boundaries, fields that belong together, and L1's memory.
 */
#include "nested.h"

#define BIT(k) (1ull << (k))

/* Values on and beside the boundaries that widths, canonicality and capabilities draw. */
uint64_t near_value(struct nested_run *r, uint64_t old)
{
    const unsigned int how = take(r, 24), k = take(r, 64);

    switch (how) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return old + 1;
    case 3:
        return old - 1;
    case 4:
        return BIT(r->l1.width) + 8ull * k - 16;
    case 5:
        return BIT(r->l1.width) - 0x1000;
    case 6:
        return BIT(47) - 1 + k % 3;
    case 7:
        return (UINT64_MAX << 47) - 1 + k % 3;
    case 8:
        return take64(r);
    case 9:
        return AT_TABLES + 0x20 * (k % 8);
    case 10:
        return AT_VMCS + 0x1000 * (k % 4);
    case 11:
        return AT_HIDDEN + 8 * k;
    case 12:
        return old ^ 3ull << k % 63;
    case 13:
        return k;
    case 14:
        return 0x80000000 | (uint64_t)take(r, 16) << 8 | k % 34;
    default:
        return old ^ BIT(k);
    }
}

/* Controls change within what is allowed more often than not. */
static uint64_t allowed(struct nested_run *r, int f, uint64_t old)
{
    const uint64_t words[] = {r->l1.pin, r->l1.proc, r->l1.proc2, r->l1.exit, r->l1.entry};
    const uint64_t word = words[f], may = word >> 32 & ~word & 0xffffffff;
    unsigned int k = take(r, 32);

    for (unsigned int tries = 0; tries < 32 && !(may >> k & 1); tries++)
        k = (k + 1) % 32;
    return old ^ BIT(k);
}

static void any_field(struct nested_run *r)
{
    const unsigned int how = take(r, 256);
    int f = (int)take(r, PN_G_HOST_END);
    uint64_t old, value;

    if (how >= 160 && how < 200)
        f = (int)(how % 5); /* the words of controls */
    old = r->n.vmcs12.f[f];
    value = f <= PN_F_ENTRY_CTL && how % 8 ? allowed(r, f, old) : near_value(r, old);
    if (f >= PN_F_EXIT_STORE_COUNT && f <= PN_F_ENTRY_LOAD_COUNT && f % 2 == PN_F_EXIT_STORE_COUNT % 2 && how % 8)
        value = how % 5;
    l1_write(r, f, value);
}

/* An event, most often one that passes, with what it wants of the guest state. */
static void injection(struct nested_run *r)
{
    static const uint8_t vectors[] = {0, 1, 2, 3, 4, 6, 8, 10, 13, 14, 17, 18, 31, 32, 0x80, 0xff};
    const unsigned int type = take(r, 8), how = take(r, 256);
    const unsigned int vector = type == 2 && how % 8   ? 2
                                : type == 5 && how % 8 ? 1
                                : type == 6 && how % 8 ? 3
                                                       : vectors[how % 16];
    const bool real = !manual_bit(r->n.vmcs12.f[PN_F_GUEST_CR0], 0);
    const bool pushes = type == 3 && !real && (vector == 8 || (vector >= 10 && vector <= 14) || vector == 17);
    const bool error = how >= 240 ? !pushes : pushes;

    l1_write(r, PN_F_ENTRY_INFO, 0x80000000u | (error ? 0x800u : 0) | type << 8 | vector);
    l1_write(r, PN_F_ENTRY_ERROR, how % 32 == 5 ? 0x10000 : how);
    l1_write(r, PN_F_ENTRY_LENGTH, how % 32 == 7 ? how : 1 + how % 15);
    if (type == 0 && how % 16 != 9)
        l1_write(r, PN_F_GUEST_RFLAGS, r->n.vmcs12.f[PN_F_GUEST_RFLAGS] | BIT(9));
}

/* Blocking, activity, flags and pending debug exceptions, which the checks relate to one another. */
static void non_register(struct nested_run *r)
{
    const unsigned int how = take(r, 256), flags = take(r, 4);
    const uint64_t old = r->n.vmcs12.f[PN_F_GUEST_RFLAGS] & ~0x300ull;

    l1_write(r, PN_F_GUEST_RFLAGS, old | (uint64_t)flags << 8);
    l1_write(r, PN_F_GUEST_INTERRUPTIBILITY, how & 15 & ~(how & 0x40 ? 4u : 0));
    l1_write(r, PN_F_GUEST_ACTIVITY, how & 0x10 ? how >> 5 & 3 : 0);
    l1_write(r, PN_F_GUEST_PENDING_DEBUG,
             how & 0x80               ? BIT(14)
             : (how & 3) && flags & 1 ? BIT(14)
             : how & 0x20             ? BIT(16) | BIT(12)
                                      : 0);
    l1_write(r, PN_F_GUEST_DEBUGCTL, take(r, 4) == 3 ? 2 : 0);
}

/* One of the three lists, of a few entries. */
static void msr_list(struct nested_run *r)
{
    const int which = (int)take(r, 3);

    l1_write(r, PN_F_EXIT_STORE_COUNT + 2 * which, take(r, 16) == 15 ? 512 : take(r, 5));
}

/* Events that L1 wants to see, and those that it leaves to L2. */
static void wanted(struct nested_run *r)
{
    const unsigned int how = take(r, 256);

    l1_write(r, PN_F_EXCEPTION_BITMAP, r->n.vmcs12.f[PN_F_EXCEPTION_BITMAP] ^ BIT(how & 31));
    l1_write(r, PN_F_PF_MASK, how >> 5 & 3);
    l1_write(r, PN_F_PF_MATCH, how >> 6 & 3);
    l1_write(r, PN_F_PIN_CTL,
             r->n.vmcs12.f[PN_F_PIN_CTL] ^ (how & 1 ? 1 : 0) ^ (how & 2 ? 0x28 : 0) ^ (how & 4 ? 0x40 : 0));
    l1_write(r, PN_F_EXIT_CTL, r->n.vmcs12.f[PN_F_EXIT_CTL] ^ (how & 8 ? 0x8000 : 0));
}

/* Bits of control registers, of L2 and of L1's host area, most often those that the checks know: fixed ones, PE, PG, PAE, PCIDE,
   LME, LMA, and the flags. */
static void control_register(struct nested_run *r)
{
    static const struct {
        int16_t field;
        uint8_t bits[4];
    } known[] = {{PN_F_GUEST_CR0, {0, 5, 31, 16}},  {PN_F_GUEST_CR4, {13, 5, 17, 14}}, {PN_F_GUEST_EFER, {8, 10, 0, 9}},
                 {PN_F_HOST_CR0, {0, 5, 31, 16}},   {PN_F_HOST_CR4, {13, 5, 17, 14}},  {PN_F_HOST_EFER, {8, 10, 0, 9}},
                 {PN_F_GUEST_RFLAGS, {1, 9, 17, 3}}};
    const unsigned int which = take(r, 7), how = take(r, 8);
    const unsigned int k = how < 4 ? known[which].bits[how] : take(r, 33);

    l1_write(r, known[which].field, r->n.vmcs12.f[known[which].field] ^ BIT(k));
}

void l1_edit(struct nested_run *r)
{
    if (r->want.current == MANUAL_NO_VMCS)
        return;
    switch (take(r, 8)) {
    case 0:
        injection(r);
        break;
    case 1:
        non_register(r);
        break;
    case 2:
        msr_list(r);
        break;
    case 3:
        wanted(r);
        break;
    case 4:
        control_register(r);
        break;
    default:
        any_field(r);
        break;
    }
    nested_sound(r);
}

static uint64_t msr_entry(struct nested_run *r)
{
    static const uint64_t heads[] = {0x10,       0x174, 0x175,      0x176,      0x277,        0xc0000080, 0xc0000081,
                                     0xc0000102, 0x8b,  0x3a,       0x79,       0x9b,         0x9e,       0x800,
                                     0x8ff,      0x900, 0xc0000100, 0xc0000101, 0x1000000010, 0x12345};

    return heads[take(r, sizeof heads / sizeof heads[0])];
}

/* L1 writes into its memory: lists, bitmaps, page tables, the APIC page, and its VMCSs. */
void l1_memory(struct nested_run *r)
{
    const unsigned int where = take(r, 8), k = take(r, 256);
    uint64_t a;

    switch (where) {
    case 0:
    case 1:
    case 2:
        a = AT_LISTS + 0x1000 * where + 16 * (k % 6);
        *model_word(a) = msr_entry(r);
        *model_word(a + 8) = take64(r);
        return;
    case 3:
        *model_word(AT_TABLES + 8 * (k % 16)) ^= BIT(take(r, 64));
        return;
    case 4:
        *model_word(AT_APIC + 0x80) = k;
        return;
    case 5: /* a word of an MSR bitmap that is looked at, or of any */
        *model_word(AT_BITMAPS + 8 * (k % 2 ? 130 + k / 2 % 3 : k)) ^= BIT(take(r, 64));
        return;
    case 6:
        *model_word(AT_BITMAPS + 0x1000 + 8 * (uint64_t)k) ^= BIT(take(r, 64));
        return;
    default:
        a = AT_VMCS + 0x1000 * (k % VMCSS);
        if (k & 128)
            *model_word(a) = r->l1.basic ^ (k & 64 ? 0 : BIT(take(r, 32)));
        else
            *model_word(a + 8 * (uint64_t)take(r, 130)) = take64(r);
        r->of[k % VMCSS].known = r->want.current == a;
    }
}
