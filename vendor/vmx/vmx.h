/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VMX as a backend of core/hw: one structure a processor, its host environment (GDT, TSS, IDT), its VMCS and the way
 * into the guest and back. The structure of the running processor is found through GS, never through a global.
 */
#ifndef VMX_VMX_H
#define VMX_VMX_H

#include <provenest/nested.h>
#include <provenest/types.h>

#include "../common/counters.h"
#include "caps.h"
#include "layout.h"
#include "vmcs.h"

/* The guest's registers in the processor's order, which entry.S knows (layout.h). RSP is in the VMCS: its place is nobody's. */
struct vmx_regs {
    uint64_t rax, rcx, rdx, rbx, no_rsp, rbp, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

#define VMX_PAGE 4096
#define VMX_ONLY_L2 (1u << 16) /* `unusual` of struct vmx_cpu: nothing but l2 */

/* Pages that hardware reads or writes; 4 KiB aligned. */
struct vmx_pages {
    _Alignas(VMX_PAGE) uint8_t vmxon[VMX_PAGE];
    uint8_t vmcs[VMX_PAGE];
    uint8_t msr_bitmap[VMX_PAGE];
    uint8_t io_bitmap[2 * VMX_PAGE];
    uint8_t exception_stack[VMX_PAGE]; /* IST 1: the host's own #DF and #MC; in its middle HOST_RSP */
    uint8_t vmcs02[VMX_PAGE];          /* for L2, and its MSR bitmap */
    uint8_t msr_bitmap02[VMX_PAGE];
    uint8_t stray[VMX_PAGE];  /* what the processor gets instead of a page that L1 named and that is not L1's */
    uint8_t shadow[VMX_PAGE]; /* the shadow VMCS, and what of it L1 reaches without an exit */
    uint8_t vmread_bitmap[VMX_PAGE], vmwrite_bitmap[VMX_PAGE];
    uint64_t io_bitmap02[2 * VMX_PAGE / 8]; /* L1's and ours: for vmx_open_ports */
};

struct vmx_tss {
    uint32_t reserved0;
    uint32_t rsp[6];
    uint32_t reserved1[2];
    uint32_t ist[14];
    uint32_t reserved2[2];
    uint16_t reserved3, io_base;
};

struct vmx_gate {
    uint64_t low, high;
};

/* Words of the guest's state that nearly every exit asks for, some of them often: vmx_run reads them once. */
enum vmx_word { VMX_RFLAGS, VMX_INTERRUPTIBILITY, VMX_PENDING_DEBUG, VMX_WORDS };

/* VMX_UNKNOWN: what says so in the controls has been written by others. */
enum vmx_window { VMX_NOT_ARMED, VMX_ARMED, VMX_UNKNOWN };

/* What is known of a VMCS without reading it. */
struct vmx_known {
    uint64_t word[VMX_WORDS];     /* as they are in the VMCS now, but while its guest runs */
    uint32_t pin, proc;           /* as they are in the VMCS now */
    uint32_t base_pin, base_proc; /* the same without the windows of the core's events */
    bool entry_valid;             /* the entry event field holds an event */
    uint8_t intr_window, nmi_window; /* enum vmx_window, for the core's events */
    bool immediate;               /* the preemption timer is 0 */
    bool open_ports;              /* vmx_open_ports */
    bool keep_interrupts;         /* external interrupts exit whatever window is armed: L1 wants them */
    bool waits_for_sipi;          /* the activity state last written; nothing but a VMWRITE makes it that (vmx_set_activity) */
    uint64_t timer;               /* what the preemption timer was, if immediate */
};

struct vmx_cpu {
    struct vmx_cpu *self; /* GS:0 */
    struct vmx_regs regs;
    uint64_t host_rsp; /* at the last entry */
    uint64_t nmi_kick; /* test hook: the LAPIC register that sends an NMI from inside the critical window, or 0 */
    uint32_t nmi_kick_value;
    union { /* what the next entry or exit has to look at before it may take the short way */
        struct {
            uint8_t nmi_seen;    /* the host took an NMI that the guest must get */
            uint8_t nmi_kicking; /* nmi_kick is not 0 */
            bool l2;             /* vmcs02 is current */
            uint8_t user;        /* of whoever uses this backend */
        };
        uint32_t unusual;
    };
    uint64_t acked;         /* the vector of the interrupt acknowledged, or VMX_NONE_ACKED */
    uint8_t nmi_unblocking; /* the next vector 2 is our own INT 2 */
    uint8_t acking;         /* the next vector is an interrupt to be acknowledged */
    uint64_t reads, writes; /* HV_COUNT: VMREADs and VMWRITEs (cpu.h) */
    /* From here on no assembly knows anything. */
    struct vmx_pages *pages;
    uint64_t vmcs01_at, vmcs02_at, shadow_at; /* operands of VMPTRLD */
    struct vmx_controls controls; /* as VMWRITTEN at setup */
    struct vmx_known *vmcs;       /* of the current VMCS */
    uint32_t exit_reason;         /* of the last exit, whole */
    uint64_t pointers, flushes;   /* HV_COUNT: VMPTRLDs; INVEPTs and INVVPIDs */
    bool core_events;
    struct vmx_known of[2]; /* vmcs01, vmcs02 */
    struct pn_counters counters;
    struct vmx_tss tss;
    uint64_t gdt[8];
    struct vmx_gate idt[256];
};

/* Through GS, as a pointer into that address space: a field is one instruction away. */
typedef const struct vmx_cpu __seg_gs vmx_cpu_of_gs;

static inline struct vmx_cpu *vmx_this_cpu(void)
{
    return ((vmx_cpu_of_gs *)0)->self;
}

static inline uint32_t vmx_this_exit_reason(void)
{
    return ((vmx_cpu_of_gs *)0)->exit_reason;
}

static inline struct vmx_pages *vmx_this_pages(void)
{
    return ((vmx_cpu_of_gs *)0)->pages;
}

/* Of the current VMCS. */
static inline struct vmx_known *vmx_this_vmcs(void)
{
    return ((vmx_cpu_of_gs *)0)->vmcs;
}

/* VMPTRLD of one that has been loaded before: it does not fail (SDM 30.3). */
#define VMX_LOAD(which) \
    __asm__ volatile("vmptrld %%gs:%c0" : : "i"(__builtin_offsetof(struct vmx_cpu, which)) : "cc", "memory")

/* host.c */
void vmx_host_init(struct vmx_cpu *cpu, struct vmx_pages *pages);
bool vmx_take_host_nmi(struct vmx_cpu *cpu); /* an NMI the host took since the last call */
void vmx_unblock_nmi(struct vmx_cpu *cpu);   /* after an NMI exit, which leaves NMIs blocked (SDM 27.5.5) */

/* setup.c */
void vmx_read_raw(struct vmx_raw *raw); /* MSRs from 0x480 on are read only if VMX is present */
enum vmx_verdict vmx_decide(void);      /* the decision for this processor; enables VMX if the firmware left it open */
bool vmx_on(struct vmx_cpu *cpu, struct vmx_wish wish);
void vmx_setup_host_fields(struct vmx_cpu *cpu);
void vmx_setup_controls(struct vmx_cpu *cpu, uint64_t eptp);
void vmx_intercept_port(struct vmx_cpu *cpu, uint16_t port);
void vmx_intercept_msr(struct vmx_cpu *cpu, uint32_t msr, bool read, bool write);
void vmx_intercept_all_msrs(struct vmx_cpu *cpu);
void vmx_flush_ept(uint64_t eptp);

/* guest.c: the guest's first state */
struct vmx_start {
    uint32_t eip, eax, ebx, esi;
    uint64_t gdt_base;
    uint16_t gdt_limit, code_selector, data_selector;
};
void vmx_setup_guest(struct vmx_cpu *cpu, struct vmx_start start);

/* nested.c: vmcs02, and what this processor could offer an L1 */
bool vmx_setup_nested(struct vmx_cpu *cpu); /* false: the second VMCS was refused. vmcs01 is current before and after */
struct pn_vmx_caps vmx_hardware_caps(void);
uint64_t vmx_efer_bits(void); /* of IA32_EFER, those that are not reserved */

/* shadow.c: the shadow VMCS (core/hw/shadow.h) */
bool vmx_can_shadow(void);
bool vmx_setup_shadow(struct vmx_cpu *cpu); /* false: it was refused. vmcs01 is current before and after */
void vmx_arm_shadow(struct vmx_cpu *cpu,
                    bool on); /* L1's VMREADs and VMWRITEs go there from the next entry on, or exit */
bool vmx_shadow_shows(uint64_t encoding); /* L1's VMREAD finds it there */
void vmx_flush_vpid(uint16_t vpid);
/* Until the next exit the guest of vmcs02 reaches the ports that neither we nor L1 watch: by L1's bitmaps at `a` and `b`, or all. */
void vmx_open_ports(struct vmx_cpu *cpu, bool bitmaps, uint64_t a, uint64_t b);
void vmx_close_ports(struct vmx_cpu *cpu);
enum { VMX_VPID01 = 1, VMX_VPID02 = 2 };

/* entry.S */
enum vmx_entered { VMX_EXITED = 0, VMX_NOT_ENTERED = 1, VMX_ENTRY_FAILED = 2 };
int vmx_enter(struct vmx_cpu *cpu); /* enum vmx_entered; through vmx_run, which accounts for what it changes */

/* seam.c */
enum vmx_entered vmx_run(struct vmx_cpu *cpu);
int vmx_acknowledge(void); /* the vector of the interrupt that waits, in service from now on, or PN_NO_INTERRUPT */

/* What the user of this backend provides: an exception in the hypervisor itself. Does not return. */
struct vmx_host_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
void vmx_host_fault(struct vmx_cpu *cpu, const struct vmx_host_frame *frame);

#endif
