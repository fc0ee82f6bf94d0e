/* SPDX-License-Identifier: BSD-2-Clause
 * MSR lists (SDM vol. 3C 24.7.2, 26.4, 27.4, 27.6): each word is read once, entries in order. */
#include <provenest/vmx_exit.h>

#include "../hw/memory.h"
#include "../hw/msr.h"

enum { ENTRY = 16, LONGEST = 512 }; /* bytes; the longest list that MISC[27:25] = 0 recommends (appendix A.6) */
#define WORD 0x100000000ull
#define ADDRESSES 0x10000000000000ull /* 2^52 */

enum { BIOS_UPDT_TRIG = 0x79, BIOS_SIGN_ID = 0x8b, SMM_MONITOR_CTL = 0x9b, SMBASE = 0x9e, X2APIC = 8 };
#define FS_BASE 0xc0000100u
#define GS_BASE 0xc0000101u

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx012_loadable(head); */
static bool loadable(uint64_t head)
{
    return head < WORD && head != FS_BASE && head != GS_BASE && head / 0x100 != X2APIC && head != SMM_MONITOR_CTL &&
           head != BIOS_UPDT_TRIG && head != BIOS_SIGN_ID;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures rule: \result != 0 <==> nx013_storable(head); */
static bool storable(uint64_t head)
{
    return head < WORD && head / 0x100 != X2APIC && head != SMBASE;
}

/*@ requires place: place % 16 == 0 && place <= 0xfffffffffffff000 && n_reads(place) == 0 && n_reads(place + 8) == 0;
    terminates \true; exits \false; assigns dev_reads, dev_msrs, dev_msr_journal,
            dev_vmcs01[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs01[PN_G_RARE .. PN_G_RARE_END - 1],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1];
    ensures loaded: \result != 0 ==> n_msrs == \old(n_msrs) + 1 && nx012_loadable(mem64(place)) &&
            msr_index(\old(n_msrs)) == mem64(place) && msr_value(\old(n_msrs)) == mem64(place + 8) &&
            n_refused == \old(n_refused);
    ensures refused: \result == 0 ==> n_msrs == \old(n_msrs) && msr_not_loaded{Pre, Post}(place);
    ensures refusals: msr_refusals_kept{Pre, Post};
    ensures before: \forall integer k; k < \old(n_msrs) ==>
            msr_index(k) == \old(msr_index(k)) && msr_value(k) == \old(msr_value(k));
    ensures other01: dev_vmcs == PN_VMCS02 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs01[f] == \old(dev_vmcs01[f]);
    ensures other02: dev_vmcs == PN_VMCS01 ==> \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs02[f] == \old(dev_vmcs02[f]);
    ensures read_once: \forall integer a; a >= place + 16 ==> n_reads(a) == \old(n_reads(a)); */
static bool load_entry(uint64_t place)
{
    const uint64_t head = pn_mem_read(place);
    const uint64_t value = pn_mem_read(place + 8);

    return loadable(head) && pn_hw_write_msr((uint32_t)head, value);
}

/*@ requires place: place % 16 == 0 && place <= 0xfffffffffffff000 && n_reads(place) == 0;
    terminates \true; exits \false; assigns dev_reads, dev_memory, dev_writes;
    ensures stored: \result != 0 ==> nx013_storable(mem64(place)) && msr_readable(mem64(place)) &&
            (l1s(place + 8) ==> mem64(place + 8) == msr(mem64(place)));
    ensures refused: \result == 0 ==> !nx013_storable(mem64(place)) || !msr_readable(mem64(place));
    ensures others: \forall integer a; a != place + 8 || \result == 0 ==> mem64(a) == \old(mem64(a));
    ensures read_once: \forall integer a; a >= place + 16 ==> n_reads(a) == \old(n_reads(a)); */
static bool store_entry(uint64_t place)
{
    const uint64_t head = pn_mem_read(place);
    uint64_t value = 0;

    if (!storable(head) || !pn_hw_read_msr((uint32_t)head, &value))
        return false;
    pn_mem_write(place + 8, value);
    return true;
}

uint32_t pn_load_msrs(uint64_t address, uint32_t count)
{
    if (count == 0)
        return 0;
    if (address % ENTRY != 0 || address >= ADDRESSES)
        return 1;
    pn_mem_snapshot();
    /*@ loop invariant range: 0 <= i <= count && i <= LONGEST;
        loop invariant unread: \forall integer a; a >= address + ENTRY * i ==> n_reads(a) == 0;
        loop invariant counted: n_msrs == \at(n_msrs, Pre) + i;
        loop invariant refused: n_refused == \at(n_refused, Pre) && msr_refusals_kept{Pre, Here};
        loop invariant other01: dev_vmcs == PN_VMCS02 ==>
              \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs01[f] == \at(dev_vmcs01[f], Pre);
        loop invariant other02: dev_vmcs == PN_VMCS01 ==>
              \forall integer f; 0 <= f < PN_FIELDS ==> dev_vmcs02[f] == \at(dev_vmcs02[f], Pre);
        loop invariant loaded: msrs_loaded{Pre, Here}(address, i);
        loop assigns i, dev_reads, dev_msrs, dev_msr_journal,
            dev_vmcs01[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs01[PN_G_RARE .. PN_G_RARE_END - 1],
            dev_vmcs02[PN_F_GUEST_DR7 .. PN_F_GUEST_EFER], dev_vmcs02[PN_G_RARE .. PN_G_RARE_END - 1];
        loop variant count - i; */
    for (uint32_t i = 0; i < count; i++) {
        const bool done = i < LONGEST && load_entry(address + (uint64_t)ENTRY * i);

        /*@ assert same: \forall integer k; 0 <= k < i ==>
              msr_index(\at(n_msrs, Pre) + k) == msr_index{LoopCurrent}(\at(n_msrs, Pre) + k) &&
              msr_value(\at(n_msrs, Pre) + k) == msr_value{LoopCurrent}(\at(n_msrs, Pre) + k); */
        /*@ assert each: \forall integer k; 0 <= k < i ==> msr_loaded{Pre, Here}(address, k); */
        /*@ assert kept: msrs_loaded{Pre, Here}(address, i); */
        if (!done)
            return i + 1;
        /*@ assert one: msr_loaded{Pre, Here}(address, i); */
        /*@ assert upto: \forall integer k; 0 <= k <= i ==> msr_loaded{Pre, Here}(address, k); */
    }
    return 0;
}

bool pn_store_msrs(uint64_t address, uint32_t count)
{
    if (count == 0)
        return true;
    if (address % ENTRY != 0 || address >= ADDRESSES || count > LONGEST)
        return false;
    pn_mem_snapshot();
    /*@ loop invariant range: 0 <= i <= count;
        loop invariant unread: \forall integer a; a >= address + ENTRY * i ==> n_reads(a) == 0;
        loop invariant stored: msrs_stored{Pre, Here}(address, i);
        loop invariant others: \forall integer a; !msr_slot(address, i, a) ==> mem64(a) == \at(mem64(a), Pre);
        loop assigns i, dev_reads, dev_memory, dev_writes;
        loop variant count - i; */
    for (uint32_t i = 0; i < count; i++) {
        if (!store_entry(address + (uint64_t)ENTRY * i)) {
            /*@ assert unstorable: !nx013_storable(mem64{Pre}(address + 16 * i)) || !msr_readable{Pre}(mem64{Pre}(address + 16 * i)); */
            return false;
        }
        /*@ assert same: \forall integer k; 0 <= k < i ==>
              mem64(address + 16 * k) == mem64{LoopCurrent}(address + 16 * k) &&
              mem64(address + 16 * k + 8) == mem64{LoopCurrent}(address + 16 * k + 8); */
        /*@ assert each: \forall integer k; 0 <= k < i ==> msr_stored{Pre, Here}(address, k); */
        /*@ assert kept: msrs_stored{Pre, Here}(address, i); */
        /*@ assert one: msr_stored{Pre, Here}(address, i); */
    }
    return true;
}
