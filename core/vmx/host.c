/* SPDX-License-Identifier: BSD-2-Clause
 * L1's state after an exit (SDM vol. 3C 27.5). */
#include "host.h"

#include "../event/bits.h"
#include "../hw/memory.h"
#include "check_address.h"
#include "merge.h"

enum {
    CR4_PAE = 5,
    CR4_PCIDE = 17,
    HOST_LONG = 9,
    GUEST_LONG = 9,
    LOAD_PAT = 19,
    LOAD_EFER = 21,
    EFER_LME = 8,
    EFER_LMA = 10
};
enum { NMI_BLOCKED = 8, DR7_RESET = 0x400, LONG_CODE = 0xa09b, CODE = 0xc09b, DATA = 0xc093, BUSY_TSS = 0x8b };
enum { UNUSABLE = 0x10000, TSS_LIMIT = 0x67, TABLE_LIMIT = 0xffff };
#define FLAT 0xffffffffull

/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_G_BASIC .. PN_G_BASIC_END - 1], dev_vmcs01[PN_F_GUEST_DR7 .. PN_F_GUEST_DEBUGCTL],
            dev_vmcs01[PN_G_RARE .. PN_G_RARE_END - 1], dev_vmcs01[PN_F_GUEST_ACTIVITY];
    ensures registers: pn_host_registers(n);
    ensures blocking: dev_vmcs01[PN_F_GUEST_INTERRUPTIBILITY] == (b.nmi_blocked != 0 ? 8 : 0);
    ensures debug: pn_host_debug;
    ensures sysenter: pn_host_sysenter(n); */
static void load_registers(const struct pn_nested_vmx *n, struct pn_leaving b)
{
    pn_hw_write01(PN_F_GUEST_RIP, n->vmcs12.f[PN_F_HOST_RIP]);
    pn_hw_write01(PN_F_GUEST_RSP, n->vmcs12.f[PN_F_HOST_RSP]);
    pn_hw_write01(PN_F_GUEST_RFLAGS, 2);
    pn_hw_write01(PN_F_GUEST_INTERRUPTIBILITY, b.nmi_blocked ? NMI_BLOCKED : 0);
    pn_hw_write01(PN_F_GUEST_ACTIVITY, 0);
    pn_hw_write01(PN_F_GUEST_PENDING_DEBUG, 0);
    pn_hw_write01(PN_F_GUEST_DR7, DR7_RESET);
    pn_hw_write01(PN_F_GUEST_DEBUGCTL, 0);
    pn_hw_write01(PN_F_GUEST_SYSENTER_CS, n->vmcs12.f[PN_F_HOST_SYSENTER_CS]);
    pn_hw_write01(PN_F_GUEST_SYSENTER_ESP, n->vmcs12.f[PN_F_HOST_SYSENTER_ESP]);
    pn_hw_write01(PN_F_GUEST_SYSENTER_EIP, n->vmcs12.f[PN_F_HOST_SYSENTER_EIP]);
}

uint64_t pn_cr0_loaded_bits(void)
{
    const uint64_t low = pn_putb(pn_putb(pn_putb(pn_putb(0, 0, true), 1, true), 2, true), 3, true);

    return pn_putb(pn_putb(pn_putb(pn_putb(low, 5, true), 16, true), 18, true), 31, true);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: nx006_cr0(\result, host, before); */
static uint64_t host_cr0(uint64_t host, uint64_t before)
{
    return pn_merge_cr(pn_cr0_loaded_bits(), host, before);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: nx007_cr4(\result, host, exit); */
static uint64_t host_cr4(uint64_t host, uint64_t exit)
{
    return pn_tstb(exit, HOST_LONG) ? pn_putb(host, CR4_PAE, true) : pn_putb(host, CR4_PCIDE, false);
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures value: nx008_efer(\result, exit, host, before); */
static uint64_t host_efer(uint64_t exit, uint64_t host, uint64_t before)
{
    const bool on = pn_tstb(exit, HOST_LONG);

    return pn_putb(pn_putb(pn_tstb(exit, LOAD_EFER) ? host : before, EFER_LME, on), EFER_LMA, on);
}

/* It is L1's mode at its entry already (VE-111, VE-112), unless L0 has changed it since. */
/*@ requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[PN_F_ENTRY_CTL];
    ensures value: bit(dev_vmcs01[PN_F_ENTRY_CTL], 9) <==> on != 0; */
static void load_mode(bool on)
{
    const uint64_t before = pn_hw_read01(PN_F_ENTRY_CTL);

    if (pn_tstb(before, GUEST_LONG) != on)
        pn_hw_write01(PN_F_ENTRY_CTL, pn_putb(before, GUEST_LONG, on));
}

/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_ENTRY_CTL], dev_vmcs01[PN_F_GUEST_CR0 .. PN_F_GUEST_CR4], dev_vmcs01[PN_F_CR0_SHADOW],
            dev_vmcs01[PN_F_CR4_SHADOW], dev_vmcs01[PN_F_GUEST_PAT .. PN_F_GUEST_EFER];
    ensures controls: pn_host_controls(n, b.cr0);
    ensures msrs: pn_host_msrs(n, b.efer, b.pat);
    ensures long_mode: pn_host_long_mode(n); */
static void load_controls(const struct pn_nested_vmx *n, struct pn_leaving b)
{
    const uint64_t *f = n->vmcs12.f;
    const uint64_t exit = f[PN_F_EXIT_CTL];
    const uint64_t cr0 = host_cr0(f[PN_F_HOST_CR0], b.cr0);
    const uint64_t cr4 = host_cr4(f[PN_F_HOST_CR4], exit);

    pn_hw_write01(PN_F_GUEST_CR0, cr0);
    pn_hw_write01(PN_F_CR0_SHADOW, cr0);
    pn_hw_write01(PN_F_GUEST_CR3, f[PN_F_HOST_CR3]);
    pn_hw_write01(PN_F_GUEST_CR4, cr4);
    pn_hw_write01(PN_F_CR4_SHADOW, cr4);
    pn_hw_write01(PN_F_GUEST_EFER, host_efer(exit, f[PN_F_HOST_EFER], b.efer));
    pn_hw_write01(PN_F_GUEST_PAT, pn_tstb(exit, LOAD_PAT) ? f[PN_F_HOST_PAT] : b.pat);
    load_mode(pn_tstb(exit, HOST_LONG));
}

/* A data segment; its base is the caller's business. What a null selector leaves undefined is left alone (NX-014). */
/*@ requires data: k == 0 || 2 <= k <= 5;
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k], dev_vmcs01[PN_F_GUEST_ES_LIMIT + k], dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k];
    ensures selector: dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k] == selector;
    ensures limit: nx014_defined(selector) ==> dev_vmcs01[PN_F_GUEST_ES_LIMIT + k] == 0xffffffff;
    ensures rights: dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k] == nx009_data(selector); */
static inline void load_data(unsigned k, uint64_t selector)
{
    pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_SELECTOR + k), selector);
    if (selector == 0) {
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_AR_BYTES + k), (uint64_t)UNUSABLE + DATA);
    } else {
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_LIMIT + k), FLAT);
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_AR_BYTES + k), DATA);
    }
}

/* ES, SS, DS. */
/*@ requires data: k == 0 || 2 <= k <= 3;
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k], dev_vmcs01[PN_F_GUEST_ES_BASE + k], dev_vmcs01[PN_F_GUEST_ES_LIMIT + k],
            dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k];
    ensures selector: dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k] == selector;
    ensures base: nx014_defined(selector) ==> dev_vmcs01[PN_F_GUEST_ES_BASE + k] == 0;
    ensures limit: nx014_defined(selector) ==> dev_vmcs01[PN_F_GUEST_ES_LIMIT + k] == 0xffffffff;
    ensures rights: dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k] == nx009_data(selector); */
static inline void load_flat(unsigned k, uint64_t selector)
{
    if (selector != 0)
        pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_BASE + k), 0);
    load_data(k, selector);
}

/* FS, GS. */
/*@ requires data: 4 <= k <= 5;
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k], dev_vmcs01[PN_F_GUEST_ES_BASE + k], dev_vmcs01[PN_F_GUEST_ES_LIMIT + k],
            dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k];
    ensures selector: dev_vmcs01[PN_F_GUEST_ES_SELECTOR + k] == selector;
    ensures base: dev_vmcs01[PN_F_GUEST_ES_BASE + k] == base;
    ensures limit: nx014_defined(selector) ==> dev_vmcs01[PN_F_GUEST_ES_LIMIT + k] == 0xffffffff;
    ensures rights: dev_vmcs01[PN_F_GUEST_ES_AR_BYTES + k] == nx009_data(selector); */
static inline void load_based(unsigned k, uint64_t selector, uint64_t base)
{
    pn_hw_write01((enum pn_field)(PN_F_GUEST_ES_BASE + k), base);
    load_data(k, selector);
}

/* CS: the checks have refused a null selector (VE-116). */
/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_GUEST_CS_SELECTOR], dev_vmcs01[PN_F_GUEST_CS_BASE], dev_vmcs01[PN_F_GUEST_CS_LIMIT],
            dev_vmcs01[PN_F_GUEST_CS_AR_BYTES];
    ensures selector: dev_vmcs01[PN_F_GUEST_CS_SELECTOR] == n->vmcs12.f[PN_F_HOST_CS_SELECTOR];
    ensures flat: dev_vmcs01[PN_F_GUEST_CS_BASE] == 0 && dev_vmcs01[PN_F_GUEST_CS_LIMIT] == 0xffffffff;
    ensures rights: (pn_long_host(n) ==> dev_vmcs01[PN_F_GUEST_CS_AR_BYTES] == 0xa09b) &&
            (!pn_long_host(n) ==> dev_vmcs01[PN_F_GUEST_CS_AR_BYTES] == 0xc09b); */
static void load_code(const struct pn_nested_vmx *n)
{
    pn_hw_write01(PN_F_GUEST_CS_SELECTOR, n->vmcs12.f[PN_F_HOST_CS_SELECTOR]);
    pn_hw_write01(PN_F_GUEST_CS_BASE, 0);
    pn_hw_write01(PN_F_GUEST_CS_LIMIT, FLAT);
    pn_hw_write01(PN_F_GUEST_CS_AR_BYTES, pn_tstb(n->vmcs12.f[PN_F_EXIT_CTL], HOST_LONG) ? LONG_CODE : CODE);
}

/* LDTR is unusable, with an undefined limit and a base that is only canonical (27.5.2). */
/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false;
    assigns dev_vmcs01[PN_F_GUEST_LDTR_SELECTOR .. PN_F_GUEST_TR_SELECTOR], dev_vmcs01[PN_F_GUEST_LDTR_BASE .. PN_F_GUEST_TR_BASE],
            dev_vmcs01[PN_F_GUEST_TR_LIMIT], dev_vmcs01[PN_F_GUEST_LDTR_AR_BYTES .. PN_F_GUEST_TR_AR_BYTES];
    ensures ldtr: dev_vmcs01[PN_F_GUEST_LDTR_SELECTOR] == 0 && dev_vmcs01[PN_F_GUEST_LDTR_BASE] == 0 &&
            dev_vmcs01[PN_F_GUEST_LDTR_AR_BYTES] == 0x10000;
    ensures tr: dev_vmcs01[PN_F_GUEST_TR_SELECTOR] == n->vmcs12.f[PN_F_HOST_TR_SELECTOR] &&
            dev_vmcs01[PN_F_GUEST_TR_BASE] == n->vmcs12.f[PN_F_HOST_TR_BASE] && dev_vmcs01[PN_F_GUEST_TR_LIMIT] == 0x67 &&
            dev_vmcs01[PN_F_GUEST_TR_AR_BYTES] == 0x8b; */
static void load_system(const struct pn_nested_vmx *n)
{
    pn_hw_write01(PN_F_GUEST_LDTR_SELECTOR, 0);
    pn_hw_write01(PN_F_GUEST_LDTR_BASE, 0);
    pn_hw_write01(PN_F_GUEST_LDTR_AR_BYTES, UNUSABLE);
    pn_hw_write01(PN_F_GUEST_TR_SELECTOR, n->vmcs12.f[PN_F_HOST_TR_SELECTOR]);
    pn_hw_write01(PN_F_GUEST_TR_BASE, n->vmcs12.f[PN_F_HOST_TR_BASE]);
    pn_hw_write01(PN_F_GUEST_TR_LIMIT, TSS_LIMIT);
    pn_hw_write01(PN_F_GUEST_TR_AR_BYTES, BUSY_TSS);
}

/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[PN_F_GUEST_ES_SELECTOR .. PN_F_GUEST_TR_AR_BYTES];
    ensures selectors: pn_host_selectors(n);
    ensures bases: pn_host_bases(n);
    ensures limits: pn_host_limits(n);
    ensures rights: pn_host_rights(n); */
static void load_segments(const struct pn_nested_vmx *n)
{
    const uint64_t *f = n->vmcs12.f;

    load_flat(0, f[PN_F_HOST_ES_SELECTOR]);
    load_code(n);
    load_flat(2, f[PN_F_HOST_SS_SELECTOR]);
    load_flat(3, f[PN_F_HOST_DS_SELECTOR]);
    load_based(4, f[PN_F_HOST_FS_SELECTOR], f[PN_F_HOST_FS_BASE]);
    load_based(5, f[PN_F_HOST_GS_SELECTOR], f[PN_F_HOST_GS_BASE]);
    load_system(n);
}

/*@ requires nested: \valid_read(n);
    requires current: dev_vmcs == PN_VMCS01;
    terminates \true; exits \false; assigns dev_vmcs01[PN_F_GUEST_GDTR_BASE .. PN_F_GUEST_IDTR_LIMIT];
    ensures tables: pn_host_tables(n); */
static void load_tables(const struct pn_nested_vmx *n)
{
    pn_hw_write01(PN_F_GUEST_GDTR_BASE, n->vmcs12.f[PN_F_HOST_GDTR_BASE]);
    pn_hw_write01(PN_F_GUEST_GDTR_LIMIT, TABLE_LIMIT);
    pn_hw_write01(PN_F_GUEST_IDTR_BASE, n->vmcs12.f[PN_F_HOST_IDTR_BASE]);
    pn_hw_write01(PN_F_GUEST_IDTR_LIMIT, TABLE_LIMIT);
}

void pn_load_host(const struct pn_nested_vmx *n, struct pn_leaving b)
{
    load_registers(n, b);
    load_controls(n, b);
    load_segments(n);
    load_tables(n);
}

/*@ requires width: 32 <= width <= 52;
    terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx011_pdpte(entry, width); */
static bool pdpte_ok(uint64_t entry, uint8_t width)
{
    return !pn_tstb(entry, 0) || (pn_no_bits(entry, 1, 2) && pn_no_bits(entry, 5, 8) && pn_fits_width(entry, width));
}

bool pn_load_host_pdptes(const struct pn_nested_vmx *n)
{
    const uint64_t table = n->vmcs12.f[PN_F_HOST_CR3] % 0x100000000u / 32u * 32u;

    if (pn_tstb(n->vmcs12.f[PN_F_EXIT_CTL], HOST_LONG) || !pn_tstb(n->vmcs12.f[PN_F_HOST_CR4], CR4_PAE))
        return true;
    pn_mem_snapshot();
    /*@ loop invariant range: 0 <= k <= 4;
        loop invariant unread: \forall integer a; a >= table + 8 * k ==> n_reads(a) == 0;
        loop invariant checked: \forall integer j; 0 <= j < k ==>
              nx011_pdpte(dev_vmcs01[PN_F_GUEST_PDPTR0 + j], n->caps.address_width);
        loop invariant loaded: \forall integer j; 0 <= j < k ==>
              dev_vmcs01[PN_F_GUEST_PDPTR0 + j] == pn_host_pdpte(n, j);
        loop assigns k, dev_reads, dev_vmcs01[PN_G_PDPTRS .. PN_G_PDPTRS_END - 1];
        loop variant 4 - k; */
    for (unsigned k = 0; k < 4; k++) {
        const uint64_t entry = pn_mem_read(table + (uint64_t)k * 8);

        if (!pdpte_ok(entry, n->caps.address_width))
            return false;
        pn_hw_write01((enum pn_field)(PN_F_GUEST_PDPTR0 + k), entry);
        /*@ assert one: dev_vmcs01[PN_F_GUEST_PDPTR0 + k] == pn_host_pdpte(n, k); */
        /*@ assert same: \forall integer j; 0 <= j < k ==>
              dev_vmcs01[PN_F_GUEST_PDPTR0 + j] == \at(dev_vmcs01[PN_F_GUEST_PDPTR0 + j], LoopCurrent); */
        /*@ assert kept: \forall integer j; 0 <= j < k ==> dev_vmcs01[PN_F_GUEST_PDPTR0 + j] == pn_host_pdpte(n, j); */
    }
    return true;
}
