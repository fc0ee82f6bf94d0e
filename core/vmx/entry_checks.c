/* SPDX-License-Identifier: BSD-2-Clause
 * What an entry looks at before vmcs02 is touched (SDM vol. 3C 26.2, 26.3.1). Of L1's memory each word is read once, and the
 * value that was checked is the value that is used. */
#include "../event/bits.h"
#include "check_address.h"
#include "entry.h"

enum { VM = 17 }; /* RFLAGS */
enum { VTPR = 0x80, PDPTE_GROUP = 32 };
#define PDPTE_GROUPS 0x8000000u /* below 4 GiB */

/*@ requires page: page % 4096 == 0;
    terminates \true; exits \false; assigns dev_reads;
    ensures value: \result == mem64(page + 0x80) % 0x100; */
static uint8_t read_vtpr(uint64_t page)
{
    pn_mem_snapshot();
    return (uint8_t)(pn_mem_read(page + VTPR) % 0x100u);
}

uint8_t pn_control_error(struct pn_nested_vmx *n)
{
    if (!n->checked) {
        const uint8_t error = pn_check_controls(n);

        if (error)
            return error;
        n->checked = true;
    }
    return pn_vtpr_wanted(n) ? pn_check_vtpr(n, read_vtpr(n->vmcs12.f[PN_F_VIRTUAL_APIC])) : 0;
}

/*@ terminates \true; exits \false; assigns dev_reads;
    ensures values: \forall integer i; 0 <= i <= 3 ==> \result.entry[i] == mem64(pn_pdptes_at(cr3) + 8 * i); */
static struct pn_pdptes read_pdptes(uint64_t cr3)
{
    const uint64_t address = cr3 / PDPTE_GROUP % PDPTE_GROUPS * PDPTE_GROUP;
    struct pn_pdptes p;

    pn_mem_snapshot();
    p.entry[0] = pn_mem_read(address);
    p.entry[1] = pn_mem_read(address + 8);
    p.entry[2] = pn_mem_read(address + 16);
    p.entry[3] = pn_mem_read(address + 24);
    return p;
}

/*@ requires aligned: link % 8 == 0;
    terminates \true; exits \false; assigns dev_reads;
    ensures value: \result == mem64(link); */
static uint64_t read_link(uint64_t link)
{
    pn_mem_snapshot();
    return pn_mem_read(link);
}

struct pn_guest_memory pn_read_guest_memory(const struct pn_nested_vmx *n)
{
    struct pn_guest_memory m = {.link = 0, .pdpte = {0, 0, 0, 0}};

    if (pn_link_wanted(n))
        m.link = read_link(n->vmcs12.f[PN_F_LINK_POINTER]);
    if (pn_pdptes_wanted(n)) {
        const struct pn_pdptes p = read_pdptes(n->vmcs12.f[PN_F_GUEST_CR3]);

        m.pdpte[0] = p.entry[0];
        m.pdpte[1] = p.entry[1];
        m.pdpte[2] = p.entry[2];
        m.pdpte[3] = p.entry[3];
    }
    return m;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> k == PN_GROUP_CONTROLS || k == PN_GROUP_HOST); */
static uint64_t host_rests_on(void)
{
    return pn_putb(pn_putb(0, PN_GROUP_CONTROLS, true), PN_GROUP_HOST, true);
}

bool pn_due_of_host(uint32_t dirty)
{
    if (pn_both(dirty, host_rests_on()) == 0)
        return false;
    return pn_tstb(dirty, PN_GROUP_CONTROLS) || pn_tstb(dirty, PN_GROUP_HOST);
}

/*@ requires group: group <= 31;
    terminates \true; exits \false; assigns \nothing;
    ensures bits: \result != 0 <==> bit(dirty, PN_GROUP_CONTROLS) || bit(dirty, PN_GROUP_REGISTERS) ||
            bit(dirty, PN_GROUP_EXIT) || bit(dirty, group); */
static bool due(uint32_t dirty, unsigned group)
{
    return pn_tstb(dirty, PN_GROUP_CONTROLS) || pn_tstb(dirty, PN_GROUP_REGISTERS) || pn_tstb(dirty, PN_GROUP_EXIT) ||
           pn_tstb(dirty, group);
}

/* The groups that a verdict on registers and segments rests on. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures bits: \forall integer k; 0 <= k <= 63 ==> (bit(\result, k) <==> k == PN_GROUP_CONTROLS || k == PN_GROUP_REGISTERS ||
            k == PN_GROUP_EXIT || k == PN_GROUP_RARE || k == PN_GROUP_SEGMENTS); */
static uint64_t rests_on(void)
{
    uint64_t groups = pn_putb(0, PN_GROUP_CONTROLS, true);

    groups = pn_putb(groups, PN_GROUP_REGISTERS, true);
    groups = pn_putb(groups, PN_GROUP_EXIT, true);
    groups = pn_putb(groups, PN_GROUP_RARE, true);
    return pn_putb(groups, PN_GROUP_SEGMENTS, true);
}

/* No field that they rest on is another. */
/*@ terminates \true; exits \false; assigns \nothing;
    ensures stand: \result != 0 ==> !bit(flags, 17) && !bit(dirty, PN_GROUP_CONTROLS) && !bit(dirty, PN_GROUP_REGISTERS) &&
            !bit(dirty, PN_GROUP_EXIT) && !bit(dirty, PN_GROUP_RARE) && !bit(dirty, PN_GROUP_SEGMENTS); */
static bool all_stand(uint32_t dirty, uint64_t flags)
{
    return pn_both(dirty, rests_on()) == 0 && !pn_tstb(flags, VM);
}

struct pn_guest_due pn_due_of_guest(const struct pn_nested_vmx *n)
{
    const uint64_t flags = n->vmcs12.f[PN_F_GUEST_RFLAGS];
    struct pn_guest_due d;

    if (all_stand(n->dirty, flags)) {
        d.registers = false;
        d.segments = false;
    } else {
        d.registers = due(n->dirty, PN_GROUP_RARE);
        d.segments = pn_tstb(flags, VM) || due(n->dirty, PN_GROUP_SEGMENTS);
    }
    /*@ assert stands: d.segments == 0 ==> guest_segments_stand(n, 0); */
    /*@ assert data: d.segments == 0 ==> guest_es_ds_ok(n, 0, flags) && guest_es_ds_ok(n, 3, flags); */
    /*@ assert fs_gs: d.segments == 0 ==> guest_fs_gs_ok(n, 4, flags) && guest_fs_gs_ok(n, 5, flags); */
    /*@ assert cs: d.segments == 0 ==> guest_cs_ok(n, flags); */
    /*@ assert ss: d.segments == 0 ==> guest_ss_ok(n, flags); */
    return d;
}
