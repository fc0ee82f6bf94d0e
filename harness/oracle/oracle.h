/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The witness image: a tiny hypervisor and tiny guests that ask the processor itself what becomes of an event whose
 * delivery an exit interrupts. No line of core/ is in it. README.md of this folder says what a run prints.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/* The arena: 2 MiB that both the guest's tables and the nested tables map by 4 KiB pages, so that either can take one
 * page away. The IDT straddles its first two pages: exceptions in the first, interrupts in the second. */
#define ARENA 0x1000000ull
#define ARENA_SIZE 0x200000ull
enum page { IDT_LOW, IDT_HIGH, STACK_LOW, STACK, IST_LOW, IST, DATA, DEVICE, CODE, WATCHED, PAGES };
#define PAGE(n) (ARENA + 0x1000ull * (n))
#define IDT_BASE (PAGE(IDT_LOW) + 0x1000 - 32 * 16)
#define STACK_TOP (PAGE(STACK) + 0x1000)
#define IST_TOP (PAGE(IST) + 16) /* a frame of five words straddles the two pages */

#define VECTOR_IRQ 0x40
#define VECTOR_IRQ2 0x50

enum type { TYPE_INTERRUPT = 0, TYPE_NMI = 2, TYPE_EXCEPTION = 3, TYPE_SOFT_INTERRUPT = 4, TYPE_ICEBP = 5,
            TYPE_SOFT_EXCEPTION = 6 };

struct event {
    bool valid, has_error;
    unsigned int type, vector, error, length;
};

/* What an exit is, whatever the vendor calls it. */
enum why { UNMAPPED, CALL, EXCEPTION, MSR, NMI_WINDOW, LOG_FULL, TASK_SWITCH, TIMER, SHUTDOWN, OTHER };

struct exit {
    enum why why;
    uint64_t code;           /* the vendor's number, for messages */
    uint64_t address;        /* UNMAPPED: guest-physical; EXCEPTION: qualification or EXITINFO2 */
    struct event event;      /* EXCEPTION: what was intercepted */
    struct event vectoring;  /* the event whose delivery the exit interrupted */
};

struct regs {
    uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* hw.c of a vendor: vmx.c or svm.c */
const char *hw_init(void); /* why it can't be used, or 0 */
extern const char hw_name[];
void hw_reset(struct regs *r, uint64_t rip);
struct exit hw_run(struct regs *r, struct event inject);
void hw_map(unsigned int page, bool present);
void hw_skip(unsigned int length);
void hw_intercept(unsigned int vectors);
void hw_nmi_window(bool on);
void hw_clear_rf(void);
bool hw_arm_log(void); /* leave one place in the page-modification log; false: there is none */
void hw_reset_32(uint64_t rip); /* after hw_reset: 32-bit protected mode without paging */
void hw_switch_task(void);      /* carry out what the exit left to be done */
bool hw_has_ve(void), hw_tasks_exit(void), hw_has_nmi_window(void);
void hw_reset_log(void);
uint64_t hw_guest_dr6(void), hw_guest_dr7(void), hw_guest_cr2(void);
void hw_set_cr2(uint64_t value);

/* guest.c: the guest's tables and its handler; all of it runs in the guest or before it */
struct seen {
    uint64_t vector, error, rip, cr2, dr6, rflags, in_service;
};
extern struct seen seen[16];
extern unsigned int seen_count;
extern uint64_t guest_cr3, tss[16];
extern uint32_t task_tss[26]; /* the task that handles #UD in the 32-bit guest */
extern volatile uint64_t after; /* where a fault goes on; 0: at the instruction again */
extern volatile uint64_t bad_iret;      /* the next NMI's IRET loads a CS that is not present */
extern volatile uint64_t call_in_handler; /* the handler of #DB or of the first NMI makes call 4 */
void guest_setup(void);
void guest_fresh(void);
void guest_present(unsigned int page, bool present);
uint64_t guest_pte(unsigned int page);
void guest_task_gate(void);
void gate(unsigned int vector, unsigned int ist, bool present);

/* console.c */
void console_setup(void);
void put(const char *text);
void put_hex(uint64_t n);
void put_number(uint64_t n);
_Noreturn void quit(uint32_t code);

/* vmm.c */
enum mode { DIRECT, REINJECT, DROP };
enum flag { NEEDS_VE = 1, NEEDS_LOG = 2, FEW_PAGES = 4, COUNTS = 8,
            LATER = 16 /* nothing is away before the guest's handler calls */,
            NEEDS_NMI_WINDOW = 32, RF_LOST = 64 /* the dropper writes RFLAGS without RF */,
            TASKS = 128 /* a 32-bit guest; a task switch exits always (VMX) */ };
struct witness {
    const char *name;
    const char *entry;          /* the guest's first instruction (cases.S) */
    unsigned int unmap;         /* pages that are away at the start, as bits */
    unsigned int flags;
    void (*meanwhile)(void);    /* what happens between the exit and the next entry */
    struct event inject;        /* the guest's call 1 injects this */
    uint64_t cr2;               /* with a payload for CR2 */
};
struct look {
    const char *name, *entry;
    unsigned int intercept;
};
extern const struct witness witnesses[];
extern const struct look looks[];
extern const unsigned int witness_count, look_count;

/* pdptr.c: claim 3's lines. Its L2 reads a word at WINDOW (pdptr_guest.S). */
void pdptr_looks(void);

static inline void outb(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline void outl(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }
static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
#define APIC(offset) (*(volatile uint32_t *)(0xfee00000ull + (offset)))

#endif
