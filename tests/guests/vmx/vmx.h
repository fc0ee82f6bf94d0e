/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Small L1s: each area tries one part of VMX and prints what it observed, a line a case, in numbers. Nothing here decides
 * whether that is right: the same image runs on the bare machine and under Provenest, and the lines must be the same.
 * (Area entry also knows what the manual says and prints WRONG where the machine does not.)
 */
#ifndef VMX_H
#define VMX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmcs_fields.h" /* made from spec/fields/vmcs.tbl: enum vmcs_field, VMCS_FIELDS */

/* Controls (SDM 24.6 to 24.8); only what Provenest offers. */
enum { PIN_INTERRUPT = 1, PIN_NMI = 8, PIN_VIRTUAL_NMI = 0x20, PIN_TIMER = 0x40 };
#define PROC_INTERRUPT_WINDOW (1u << 2)
#define PROC_TSC_OFFSET (1u << 3)
#define PROC_HLT (1u << 7)
#define PROC_INVLPG (1u << 9)
#define PROC_MWAIT (1u << 10)
#define PROC_RDPMC (1u << 11)
#define PROC_RDTSC (1u << 12)
#define PROC_CR3_LOAD (1u << 15)
#define PROC_CR3_STORE (1u << 16)
#define PROC_CR8_LOAD (1u << 19)
#define PROC_CR8_STORE (1u << 20)
#define PROC_TPR_SHADOW (1u << 21)
#define PROC_NMI_WINDOW (1u << 22)
#define PROC_MOV_DR (1u << 23)
#define PROC_IO (1u << 24)
#define PROC_IO_BITMAPS (1u << 25)
#define PROC_MSR_BITMAPS (1u << 28)
#define PROC_MONITOR (1u << 29)
#define PROC_PAUSE (1u << 30)
#define PROC_SECONDARY (1u << 31)
#define PROC2_APIC_ACCESS (1u << 0)
#define PROC2_EPT (1u << 1)
#define PROC2_DESCRIPTOR (1u << 2)
#define PROC2_RDTSCP (1u << 3)
#define PROC2_X2APIC (1u << 4)
#define PROC2_VPID (1u << 5)
#define PROC2_WBINVD (1u << 6)
#define PROC2_UNRESTRICTED (1u << 7)
#define PROC2_RDRAND (1u << 11)
#define PROC2_INVPCID (1u << 12)
#define EXITC_SAVE_DEBUG (1u << 2)
#define EXITC_HOST64 (1u << 9)
#define EXITC_ACK (1u << 15)
#define EXITC_SAVE_PAT (1u << 18)
#define EXITC_LOAD_PAT (1u << 19)
#define EXITC_SAVE_EFER (1u << 20)
#define EXITC_LOAD_EFER (1u << 21)
#define EXITC_SAVE_TIMER (1u << 22)
#define ENTRYC_LOAD_DEBUG (1u << 2)
#define ENTRYC_IA32E (1u << 9)
#define ENTRYC_LOAD_PAT (1u << 14)
#define ENTRYC_LOAD_EFER (1u << 15)

enum {
    MSR_BASIC = 0x480,
    MSR_MISC = 0x485,
    MSR_PROC2 = 0x48b,
    MSR_EPT_VPID = 0x48c,
    MSR_PIN = 0x48d,
    MSR_PROC = 0x48e,
    MSR_EXIT = 0x48f,
    MSR_ENTRY = 0x490,
    MSR_PAT = 0x277,
    MSR_DEBUGCTL = 0x1d9
};
#define MSR_EFER 0xc0000080u
#define CR0_PG (1ull << 31)
#define CR0_NE (1ull << 5)
#define CR4_PAE (1ull << 5)
#define CR4_VMXE (1ull << 13)
#define CR4_PCIDE (1ull << 17)

/* The arena: 2 MiB of L2's memory mapped by 4 KiB pages in EPT12. */
#define ARENA 0x1000000ull
enum page { P_IDT, P_STACK, P_DATA, P_CODE, P_TABLE, P_TSS, PAGES = 16 };
#define PAGE(n) (ARENA + 0x1000ull * (n))
#define STACK_TOP (PAGE(P_STACK) + 0xff0)

struct regs {
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8;
};

/* How an attempt to enter L2 ended. */
struct exit {
    uint32_t failed; /* 0, or 1: VMfailInvalid, 2: VMfailValid */
    uint32_t error;  /* VM-instruction error */
    uint32_t reason; /* with bit 31 */
    uint64_t qualification;
};

/* What an instruction under test came to. */
struct result {
    uint32_t flags;  /* CF PF AF ZF SF OF of RFLAGS */
    uint32_t vector; /* or 256: no fault */
    uint64_t error;
};

struct seen {
    uint64_t vector, error, rip, rflags, rsp, cr2, dr6, pad;
};

enum guest { LONG, LONG_NO_UG, PROTECTED, PAE, REAL, V86, NO_EPT, GUESTS };

extern struct regs regs;
extern struct seen l2_seen[8];
extern volatile uint32_t l2_count;
extern const char l2_told[], l1_stubs[], l2_stubs[];
extern uint64_t ept[7][512], gdt[], pml4[], pdpt[], pd[], l1_tss[16], l2_tss[16], l1_idt[512], pae_pdpt[4];
extern uint8_t vmcs[3][4096], vmxon_page[4096], pages[4][4096];
extern bool launched;
extern bool nested; /* a hypervisor is below */

/* console.c: %s, %x, %u; all numbers are 64 bits wide */
void say(const char *format, ...);
_Noreturn void quit(uint32_t code);
bool word(const char *line, const char *wanted);

/* rig.c */
void rig_setup(void);
bool rig_on(void); /* VMXON, and a base VMCS */
void base(enum guest g, const void *entry);
void fill(enum guest g, const void *entry);
void area_bench(const char *line);
void area_fuzz(const char *line);
uint32_t settle(uint32_t msr, uint32_t wanted);
uint32_t missing(uint32_t msr, uint32_t wanted);
void set(uint64_t field, uint64_t value);
uint64_t get(uint64_t field);
void add(uint64_t field, uint64_t bits);
void drop(uint64_t field, uint64_t bits);
uint32_t enter(struct regs *r, int launched); /* start.S: 0, or CF and ZF of VMLAUNCH or VMRESUME; no VMREAD */
struct exit go(void);
void skip(void); /* RIP behind the instruction that exited */
void show(const char *area, const char *name, struct exit x);
void show_seen(void);
struct exit once(const char *area, const char *name); /* go, and show */
void map(enum page page, uint64_t rights);
void flush(void);
void put64(uint64_t address, uint64_t value);
uint64_t get64(uint64_t address);
uint64_t segment_descriptor(uint64_t address, uint64_t limit, uint64_t access, uint64_t flags);

/* trap.c */
extern volatile uint32_t arrived[256]; /* interrupts and NMIs that L1 took itself */
extern uint64_t trap_frame;            /* where the last frame lay */
#define APIC(reg) (*(volatile uint32_t *)(0xfee00000ull + (reg)))
void trap_setup(void);
struct result insn(const void *code, const void *operand, uint64_t value);
struct result insn_user(const void *code, const void *operand, uint64_t value);
struct result insn_compat(const void *code, const void *operand, uint64_t value);
void show_result(const char *area, const char *name, struct result r);

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}
static inline uint64_t tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}
static inline void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}
#define CONTROL_REGISTER(name)                                      \
    static inline uint64_t name(void)                               \
    {                                                               \
        uint64_t v;                                                 \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(v));          \
        return v;                                                   \
    }                                                               \
    static inline void set_##name(uint64_t v)                       \
    {                                                               \
        __asm__ volatile("mov %0, %%" #name : : "r"(v) : "memory"); \
    }
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)
CONTROL_REGISTER(dr6)
CONTROL_REGISTER(dr7)

/* A piece of L2's code; it ends with VMCALL. */
#define GUEST(name, code)     \
    extern const char name[]; \
    __asm__(".pushsection .text\n.balign 16\n.globl " #name "\n" #name ": " code "\n vmcall\n .code64\n .popsection")

struct area {
    const char *name;
    void (*run)(void);
};
void area_insn(void), area_fields(void), area_exits(void), area_inject(void), area_entry(void), area_pdptr(void),
    area_timer(void), area_msrs(void), area_bitmaps(void), area_rows(void), area_late(void);

#endif
