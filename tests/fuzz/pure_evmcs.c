/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Enlightened VMCSs (TLFS, nested virtualization): an L1 that changes fields in its memory and clears the clean bit of each one's group, as it
 * must, and a hypervisor that takes, writes and marks what core/vmx/evmcs.c says. Which group a field is of is written here field by field.
 * At an entry vmcs12 is what L1 gave, and vmcs02 holds it; a clean bit is set by nobody but an entry that succeeded.
 */

#include <string.h>

#include <provenest/evmcs.h>
#include <provenest/vmcs12.h>

#include "pure.h"

enum { PAGES = 2, OPS = 64, CLEAN = 16, NO_PAGE = PAGES };
enum { ABSENT = -2, ALWAYS = -1 }; /* not in an enlightened VMCS; of no group: taken at every entry */
enum group {
    IO_BITMAP = 0,
    MSR_BITMAP,
    CONTROL_GROUP2,
    CONTROL_GROUP1,
    CONTROL_PROC,
    CONTROL_EVENT,
    CONTROL_ENTRY,
    CONTROL_EXCEPTIONS,
    CRDR,
    CONTROL_XLAT,
    GUEST_BASIC,
    GUEST_GROUP1,
    GUEST_GROUP2,
    HOST_POINTER,
    HOST_GROUP1,
};

struct world {
    uint64_t page[PAGES][PN_FIELDS]; /* L1's memory */
    uint32_t clean[PAGES];
    uint64_t vmcs12[PN_FIELDS], vmcs02[PN_FIELDS]; /* L0's */
    unsigned int current;
    uint32_t dirty;
    bool held; /* pdptrs_held */
};

static int control_group(int f)
{
    switch (f) {
    case PN_F_IO_BITMAP_A:
    case PN_F_IO_BITMAP_B:
        return IO_BITMAP;
    case PN_F_MSR_BITMAP:
        return MSR_BITMAP;
    case PN_F_TSC_OFFSET:
    case PN_F_VIRTUAL_APIC:
    case PN_F_XSS_EXIT_BITMAP:
        return CONTROL_GROUP2;
    case PN_F_PIN_CTL:
    case PN_F_EXIT_CTL:
    case PN_F_PROC2_CTL:
        return CONTROL_GROUP1;
    case PN_F_PROC_CTL:
        return CONTROL_PROC;
    case PN_F_ENTRY_INFO:
    case PN_F_ENTRY_ERROR:
    case PN_F_ENTRY_LENGTH:
        return CONTROL_EVENT;
    case PN_F_ENTRY_CTL:
        return CONTROL_ENTRY;
    case PN_F_EXCEPTION_BITMAP:
        return CONTROL_EXCEPTIONS;
    case PN_F_EPT_POINTER:
    case PN_F_VPID:
        return CONTROL_XLAT;
    case PN_F_TPR_THRESHOLD:
        return ALWAYS;
    default:
        return ABSENT;
    }
}

static int guest_group(int f)
{
    switch (f) {
    case PN_F_GUEST_RIP:
        return ALWAYS;
    case PN_F_GUEST_RSP:
    case PN_F_GUEST_RFLAGS:
    case PN_F_GUEST_INTERRUPTIBILITY:
        return GUEST_BASIC;
    case PN_F_GUEST_CR0:
    case PN_F_GUEST_CR3:
    case PN_F_GUEST_CR4:
    case PN_F_CR0_MASK:
    case PN_F_CR0_SHADOW:
    case PN_F_CR4_MASK:
    case PN_F_CR4_SHADOW:
    case PN_F_GUEST_DR7:
        return CRDR;
    case PN_F_GUEST_DEBUGCTL:
    case PN_F_GUEST_PAT:
    case PN_F_GUEST_EFER:
    case PN_F_GUEST_SYSENTER_CS:
    case PN_F_GUEST_SYSENTER_ESP:
    case PN_F_GUEST_SYSENTER_EIP:
    case PN_F_GUEST_PENDING_DEBUG:
    case PN_F_GUEST_PDPTR0:
    case PN_F_GUEST_PDPTR1:
    case PN_F_GUEST_PDPTR2:
    case PN_F_GUEST_PDPTR3:
    case PN_F_GUEST_ACTIVITY:
    case PN_F_LINK_POINTER:
        return GUEST_GROUP1;
    case PN_F_PREEMPTION_TIMER:
        return ABSENT;
    default:
        return GUEST_GROUP2; /* the segment and table registers */
    }
}

static int host_group(int f)
{
    switch (f) {
    case PN_F_HOST_RSP:
    case PN_F_HOST_FS_BASE:
    case PN_F_HOST_GS_BASE:
    case PN_F_HOST_TR_BASE:
    case PN_F_HOST_GDTR_BASE:
    case PN_F_HOST_IDTR_BASE:
        return HOST_POINTER;
    default:
        return HOST_GROUP1;
    }
}

static int group_of(int f)
{
    if (f >= PN_G_EXIT)
        return ABSENT;
    if (f >= PN_G_HOST)
        return host_group(f);
    return f < PN_G_BASIC ? control_group(f) : guest_group(f);
}

/* ---- vmcs02 (spec/fields/vmcs.tbl, "when") ---- */

static bool is_pdpte(int f)
{
    return f >= PN_G_PDPTRS && f < PN_G_PDPTRS_END;
}

static bool never_in_vmcs02(int f)
{
    return f >= PN_G_HOST || f == PN_F_IO_BITMAP_A || f == PN_F_IO_BITMAP_B || f == PN_F_LINK_POINTER;
}

static unsigned int writer_of(int f)
{
    static const int ends[] = {PN_G_CONTROLS_END,  PN_G_EVENT_END,    PN_G_BASIC_END,
                               PN_G_REGISTERS_END, PN_G_SEGMENTS_END, PN_G_RARE_END,
                               PN_G_PDPTRS_END,    PN_G_OTHER_END,    PN_G_HOST_END};
    unsigned int g = 0;

    while (g < PN_GROUP_HOST && f >= ends[g])
        g++;
    return g;
}

static bool at_every_entry(int f)
{
    return writer_of(f) == PN_GROUP_EVENT || writer_of(f) == PN_GROUP_BASIC;
}

static void write_vmcs02(struct world *w, bool pae)
{
    for (int f = 0; f < PN_FIELDS; f++)
        if (!never_in_vmcs02(f) && !is_pdpte(f) && (at_every_entry(f) || w->dirty >> writer_of(f) & 1))
            w->vmcs02[f] = w->vmcs12[f];
    if (pae && !w->held) {
        memcpy(&w->vmcs02[PN_F_GUEST_PDPTR0], &w->vmcs12[PN_F_GUEST_PDPTR0], 4 * sizeof w->vmcs12[0]);
        w->held = true;
    }
}

static void check_vmcs02(const struct world *w, bool pae)
{
    for (int f = 0; f < PN_FIELDS; f++)
        if (group_of(f) != ABSENT && !never_in_vmcs02(f) && (pae || !is_pdpte(f)) && w->vmcs02[f] != w->vmcs12[f])
            pure_fail(is_pdpte(f) ? "pn_evmcs_pdptrs_held" : "pn_evmcs_dirty", "vmcs02 does not hold what L1 gave");
}

/* ---- An entry, a run of L2's and its exit ---- */

static uint32_t take_groups(struct world *w, bool fresh)
{
    const uint64_t *page = w->page[w->current];
    const uint32_t consumed = pn_evmcs_consumed(w->clean[w->current], fresh);

    if (consumed >> CLEAN)
        pure_fail("pn_evmcs_consumed", "a group that there is not");
    for (int f = 0; f < PN_FIELDS; f++) {
        const int g = group_of(f);

        if (g == ABSENT || (g != ALWAYS && !(consumed >> g & 1)))
            continue;
        if (g == ALWAYS && w->vmcs12[f] != page[f])
            w->dirty |= 1u << writer_of(f); /* as for a VMWRITE (pn_field_touched): no clean bit speaks of it */
        w->vmcs12[f] = page[f];
    }
    return consumed;
}

/* No group is taken in vain: one that is clean, of the VMCS that vmcs12 is. */
static void check_consumed(const struct world *w, bool fresh, uint32_t consumed)
{
    for (unsigned int g = 0; g < CLEAN; g++)
        if (!fresh && w->clean[w->current] >> g & 1 && consumed >> g & 1)
            pure_fail("pn_evmcs_consumed", "a clean group is taken");
    for (int f = 0; f < PN_FIELDS; f++)
        if (group_of(f) != ABSENT && w->vmcs12[f] != w->page[w->current][f])
            pure_fail("pn_evmcs_consumed", "vmcs12 is not what L1 gave");
}

/* A group of vmcs02's is dirty only if a field of it was taken. (The event is written at every entry; that it makes the controls dirty, too,
   costs writes only.) */
static void check_dirty(uint32_t consumed, uint32_t dirty)
{
    uint32_t taken = consumed >> CONTROL_EVENT & 1 ? 1u << PN_GROUP_CONTROLS : 0;

    for (int f = 0; f < PN_FIELDS; f++)
        if (group_of(f) >= 0 && consumed >> group_of(f) & 1)
            taken |= 1u << writer_of(f);
    if (dirty & ~taken)
        pure_fail("pn_evmcs_dirty", "a group is dirty of which nothing was taken");
}

/* L2 has run: its registers are others. Outside PAE paging the PDPTE fields are undefined (SDM 27.3.1). */
static void run_and_exit(struct world *w, struct pure_bytes *b, bool pae)
{
    for (int f = PN_G_BASIC; f < PN_G_OTHER_END; f++) {
        const bool saved = f != PN_F_LINK_POINTER && f != PN_F_PREEMPTION_TIMER &&
                           !(f >= PN_F_CR0_MASK && f <= PN_F_CR4_SHADOW) && (pae || !is_pdpte(f));

        if (is_pdpte(f) && !pae)
            w->vmcs02[f] = 0xdead;
        if (!saved)
            continue;
        if (pure_take(b, 32) == 31)
            w->vmcs02[f] = pure_take(b, 256);
        w->vmcs12[f] = w->page[w->current][f] = w->vmcs02[f];
    }
    if (!pae)
        w->held = false;
}

static void entry(struct world *w, struct pure_bytes *b)
{
    const unsigned int page = pure_take(b, PAGES), how = pure_take(b, 256);
    const bool fresh = page != w->current || how & 1, fails = how & 2, pae = how & 4;
    uint32_t before, consumed, dirty, marked;

    w->current = page;
    before = w->clean[page];
    consumed = take_groups(w, fresh);
    check_consumed(w, fresh, consumed);
    dirty = pn_evmcs_dirty(consumed);
    check_dirty(consumed, dirty);
    w->dirty |= dirty;
    w->held = pn_evmcs_pdptrs_held(w->held, consumed);
    if (!fails) {
        write_vmcs02(w, pae);
        check_vmcs02(w, pae);
        w->dirty = 0;
        run_and_exit(w, b, pae);
    }
    marked = pn_evmcs_marked(before, !fails);
    if (marked != (fails ? before : before | 0xffff))
        pure_fail("pn_evmcs_marked", fails ? "a failed entry sets clean bits" : "the clean bits behind an entry");
    w->clean[page] = marked;
}

/* ---- L1 ---- */

static void edit(struct world *w, struct pure_bytes *b)
{
    const unsigned int page = pure_take(b, PAGES);
    const int g = (int)pure_take(b, HOST_GROUP1 + 2) + ALWAYS;
    int f = (int)pure_take(b, PN_FIELDS);

    while (group_of(f) != g)
        f = (f + 1) % PN_FIELDS;
    w->page[page][f] = pure_take(b, 256);
    if (g >= 0)
        w->clean[page] &= ~(1u << g);
}

void pure_evmcs(struct pure_bytes *b)
{
    struct world w = {.current = NO_PAGE};

    w.dirty = (1u << PN_GROUPS) - 1;
    for (unsigned int page = 0; page < PAGES; page++)
        w.clean[page] = (uint32_t)pure_take64(b); /* whatever lay there */
    for (unsigned int k = 0; k < OPS && b->left; k++)
        switch (pure_take(b, 4)) {
        case 0:
        case 1:
            edit(&w, b);
            break;
        case 2:
            w.clean[pure_take(b, PAGES)] &= ~(1u << pure_take(b, 32));
            break;
        default:
            entry(&w, b);
            break;
        }
}
