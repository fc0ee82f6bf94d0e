/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The L2 exerciser: runs under Linux with KVM (Documentation/virt/kvm/api.rst) and lets small guests of its own do one
 * thing each. Every step prints one line, "L2 <step> ok" or "L2 <step> FAIL <why>"; the last line is "L2-DONE n ok n failed".
 */
#ifndef KVM_H
#define KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/kvm.h>

/* The guest's memory: 8 MiB, shared so that pages can be taken away without losing what is in them. */
#define MEMORY 0x800000u
enum place {
    CODE = 0x1000,
    IDT = 0x5000,
    NOTES = 0x6000,
    STACK = 0x7000,
    STACK_TOP = 0x8000,
    TABLES = 0x10000,
    FRESH = 0x200000,
    OTHER = 0x400000,
    HOLES = 0x600000
};
enum port { VALUE = 0x10, HANDLER = 0x11, END = 0x12, DROP = 0x13, DROP_IRQ = 0x23, DROP_NMI = 0x33 };
enum { SEL_CODE32 = 0x08, SEL_DATA = 0x10, SEL_CODE64 = 0x18 };

/* What the 64-bit guest's handlers note at NOTES: a count a vector, then the last of each. */
struct notes {
    uint32_t count[256];
    uint64_t cr2, dr6, error[32];
};

struct vm {
    int vm, cpu;
    size_t run_size;
    struct kvm_run *run;
    uint8_t *memory;
    uint32_t memory_size;
    struct notes *notes;
};

enum mode { REAL, FLAT, PAE, LONG };

/* vm.c; false: it failed, and `why` says so */
bool vm_make(struct vm *v, bool irqchip);
bool vm_make_with(struct vm *v, bool irqchip, uint8_t *memory, uint32_t size);
void vm_end(struct vm *v);
bool vm_mode(struct vm *v, enum mode mode, const char *entry);
bool vm_run(struct vm *v, uint32_t reason);
bool vm_out(struct vm *v, uint16_t port, uint32_t *value);
bool vm_drop(struct vm *v, uint32_t address);
bool vm_interrupt(struct vm *v, uint32_t vector);
bool vm_nmi(struct vm *v);
bool vm_debug(struct vm *v, uint32_t control, uint64_t address);
uint64_t vm_rip(struct vm *v);
bool vm_set_rip(struct vm *v, uint64_t rip);
bool vm_cpuid(uint32_t leaf, struct kvm_cpuid_entry2 *entry);
uint64_t guest_at(const char *label);
bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern char why[200];
extern char note[80]; /* what a step has to say besides "ok" */
uint64_t ticks(void);

int boot(const char *path, const char *line); /* boot.c */

struct step {
    const char *name;
    bool (*fn)(struct vm *v);
    bool irqchip;
};
extern const struct step mode_steps[], event_steps[];

/* guest.S */
#define LABEL(name) extern const char name[]
LABEL(guest_start);
LABEL(guest_end);
LABEL(g_gdt);
LABEL(g_out);
LABEL(g_wait);
LABEL(g_real_interrupt);
LABEL(g_real_software);
LABEL(g_window);
LABEL(g_protect);
LABEL(g_flat);
LABEL(g_pae);
LABEL(g_long);
LABEL(g_outs);
LABEL(g_cpuids);
LABEL(g_fresh);
LABEL(g_steps);
LABEL(g_step_rips);
LABEL(g_loop);
LABEL(g_breakpoint);
LABEL(g_int3);
LABEL(g_exceptions);
LABEL(g_tf);
LABEL(g_nmi);
LABEL(g_vectoring);
LABEL(g_timer);
LABEL(g_idt_stubs);

#endif
