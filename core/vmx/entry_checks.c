/* SPDX-License-Identifier: BSD-2-Clause
 * What an entry looks at before vmcs02 is touched (SDM vol. 3C 26.2, 26.3.1). Of L1's memory each word is read once, and the
 * value that was checked is the value that is used. */
#include "entry.h"

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
    const bool link = pn_link_wanted(n), pdptes = pn_pdptes_wanted(n);
    struct pn_pdptes p = {{0, 0, 0, 0}};
    struct pn_guest_memory m;

    if (pdptes)
        p = read_pdptes(n->vmcs12.f[PN_F_GUEST_CR3]);
    m.link = link ? read_link(n->vmcs12.f[PN_F_LINK_POINTER]) : 0;
    m.pdpte[0] = p.entry[0];
    m.pdpte[1] = p.entry[1];
    m.pdpte[2] = p.entry[2];
    m.pdpte[3] = p.entry[3];
    return m;
}
