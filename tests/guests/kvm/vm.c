/* SPDX-License-Identifier: BSD-2-Clause
 * One virtual machine: its memory, its processor in one of four modes, one exit at a time. */
#define _GNU_SOURCE
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CR0_PE = 1, CR0_NE = 0x20, CR4_PAE = 0x20 };
#define CR0_PG 0x80000000u
#define EFER_LME 0x100u
#define EFER_LMA 0x400u
/* Where KVM keeps a TSS and a page table for a processor that has no real mode for guests. */
#define SPARE 0xfffbc000u

char why[200], note[80];

bool fail(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(why, sizeof why, format, list);
    va_end(list);
    return false;
}

static bool failed(const char *call)
{
    return fail("%s: %s", call, strerror(errno));
}

uint64_t ticks(void)
{
    return __builtin_ia32_rdtsc();
}

uint64_t guest_at(const char *label)
{
    return CODE + (uint64_t)(label - guest_start);
}

static struct kvm_cpuid2 *supported(int kvm)
{
    static struct {
        struct kvm_cpuid2 head;
        struct kvm_cpuid_entry2 entries[128];
    } all;

    all.head.nent = 128;
    return ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &all) == 0 ? &all.head : NULL;
}

bool vm_cpuid(uint32_t leaf, struct kvm_cpuid_entry2 *entry)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    const struct kvm_cpuid2 *all = supported(kvm);

    close(kvm);
    for (uint32_t i = 0; all && i < all->nent; i++)
        if (all->entries[i].function == leaf && all->entries[i].index == 0) {
            *entry = all->entries[i];
            return true;
        }
    return fail("KVM supports no CPUID leaf %x", leaf);
}

static bool give_memory(struct vm *v)
{
    struct kvm_userspace_memory_region region = {.memory_size = v->memory_size, .userspace_addr = (uint64_t)v->memory};

    return ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region) == 0 || failed("KVM_SET_USER_MEMORY_REGION");
}

/* The usual guest's: the guests of guest.S are in it. */
static bool make_memory(struct vm *v)
{
    int file = memfd_create("guest", MFD_CLOEXEC);

    if (file < 0 || ftruncate(file, MEMORY) != 0)
        return failed("memfd_create");
    v->memory_size = MEMORY;
    v->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (v->memory == MAP_FAILED)
        return failed("mmap");
    memcpy(v->memory + CODE, guest_start, (size_t)(guest_end - guest_start));
    v->notes = (struct notes *)(void *)(v->memory + NOTES);
    return true;
}

bool vm_make(struct vm *v, bool irqchip)
{
    return vm_make_with(v, irqchip, NULL, 0);
}

/* With the memory given, or the usual. */
bool vm_make_with(struct vm *v, bool irqchip, uint8_t *memory, uint32_t size)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    struct kvm_cpuid2 *cpuid;
    uint64_t spare = SPARE;

    memset(v, 0, sizeof *v);
    if (kvm < 0)
        return failed("/dev/kvm");
    if ((v->vm = ioctl(kvm, KVM_CREATE_VM, 0)) < 0)
        return failed("KVM_CREATE_VM");
    if (ioctl(v->vm, KVM_SET_IDENTITY_MAP_ADDR, &spare) != 0 || ioctl(v->vm, KVM_SET_TSS_ADDR, SPARE + 0x1000ul) != 0)
        return failed("KVM_SET_TSS_ADDR");
    if (irqchip && ioctl(v->vm, KVM_CREATE_IRQCHIP, 0) != 0)
        return failed("KVM_CREATE_IRQCHIP");
    v->memory = memory;
    v->memory_size = size;
    if ((!memory && !make_memory(v)) || !give_memory(v))
        return false;
    if ((v->cpu = ioctl(v->vm, KVM_CREATE_VCPU, 0)) < 0)
        return failed("KVM_CREATE_VCPU");
    v->run_size = (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    v->run = mmap(NULL, v->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->cpu, 0);
    if (v->run == MAP_FAILED)
        return failed("mmap of kvm_run");
    cpuid = supported(kvm);
    if (!cpuid || ioctl(v->cpu, KVM_SET_CPUID2, cpuid) != 0)
        return failed("KVM_SET_CPUID2");
    close(kvm);
    return true;
}

void vm_end(struct vm *v)
{
    munmap(v->run, v->run_size);
    munmap(v->memory, v->memory_size);
    close(v->cpu);
    close(v->vm);
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, bool system, uint32_t limit)
{
    return (struct kvm_segment){.selector = selector, .type = type, .s = !system, .present = 1, .limit = limit};
}

static void flat(struct kvm_sregs *s, bool is64)
{
    struct kvm_segment code = segment(is64 ? SEL_CODE64 : SEL_CODE32, 11, false, ~0u);
    struct kvm_segment data = segment(SEL_DATA, 3, false, ~0u);

    code.g = data.g = data.db = 1;
    code.l = is64;
    code.db = !is64;
    s->cs = code;
    s->ds = s->es = s->fs = s->gs = s->ss = data;
    s->tr = segment(0x28, 11, true, 0x67);
    s->ldt.unusable = 1;
    s->cr0 |= CR0_PE | CR0_NE;
    s->idt = (struct kvm_dtable){.base = IDT, .limit = 0xfff};
    s->gdt = (struct kvm_dtable){.base = guest_at(g_gdt), .limit = 0x27};
}

static void entry(struct vm *v, uint32_t address, uint64_t value)
{
    memcpy(v->memory + address, &value, sizeof value);
}

/* Two PDPTs that differ in what lies at 2 MiB: FRESH, or OTHER (SDM 4.4). */
static void pae_tables(struct vm *v)
{
    for (uint32_t i = 0; i < 2; i++) {
        entry(v, TABLES + 0x1000 * i, (TABLES + 0x2000 + 0x1000 * i) | 1);
        entry(v, TABLES + 0x2000 + 0x1000 * i, 0x83);
        entry(v, TABLES + 0x2008 + 0x1000 * i, (i ? OTHER : FRESH) | 0x83);
    }
}

/* 8 MiB one to one by large pages, HOLES by small pages that are not present, the local APIC (SDM 4.5). */
static void long_tables(struct vm *v)
{
    entry(v, TABLES, (TABLES + 0x1000) | 7);
    entry(v, TABLES + 0x1000, (TABLES + 0x2000) | 7);
    entry(v, TABLES + 0x1000 + 3 * 8, (TABLES + 0x4000) | 7);
    for (uint32_t i = 0; i < 3; i++)
        entry(v, TABLES + 0x2000 + 8 * i, i << 21 | 0x83);
    entry(v, TABLES + 0x2000 + 8 * 3, (TABLES + 0x3000) | 7);
    for (uint32_t i = 0; i < 512; i++)
        entry(v, TABLES + 0x3000 + 8 * i, (HOLES + (i << 12)) | 2);
    entry(v, TABLES + 0x4000 + 8 * 0x1f7, 0xfee00083);
}

static void gates(struct vm *v)
{
    for (uint32_t i = 0; i < 256; i++) {
        const uint64_t at = guest_at(g_idt_stubs) + 16 * i;

        entry(v, IDT + 16 * i, (at & 0xffff) | (uint64_t)SEL_CODE64 << 16 | 0x8e0000000000ull | (at >> 16) << 48);
    }
}

bool vm_mode(struct vm *v, enum mode mode, const char *label)
{
    struct kvm_sregs s;
    struct kvm_regs r = {.rip = guest_at(label), .rsp = STACK_TOP, .rflags = 2};

    if (ioctl(v->cpu, KVM_GET_SREGS, &s) != 0)
        return failed("KVM_GET_SREGS");
    if (mode == REAL) {
        s.cs.base = s.cs.selector = 0;
        s.idt = (struct kvm_dtable){.limit = 0x3ff};
    } else {
        flat(&s, mode == LONG);
    }
    if (mode == PAE || mode == LONG) {
        s.cr3 = TABLES;
        s.cr4 |= CR4_PAE;
        s.cr0 |= CR0_PG;
    }
    if (mode == PAE)
        pae_tables(v);
    if (mode == LONG) {
        s.efer |= EFER_LME | EFER_LMA;
        long_tables(v);
        gates(v);
    }
    if (ioctl(v->cpu, KVM_SET_SREGS, &s) != 0)
        return failed("KVM_SET_SREGS");
    if (ioctl(v->cpu, KVM_SET_REGS, &r) != 0)
        return failed("KVM_SET_REGS");
    return true;
}

bool vm_run(struct vm *v, uint32_t reason)
{
    while (ioctl(v->cpu, KVM_RUN, 0) != 0)
        if (errno != EINTR && errno != EAGAIN)
            return failed("KVM_RUN");
    if (v->run->exit_reason == reason)
        return true;
    if (v->run->exit_reason == KVM_EXIT_FAIL_ENTRY)
        return fail("the entry failed: %llx", (unsigned long long)v->run->fail_entry.hardware_entry_failure_reason);
    if (v->run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
        return fail("internal error %u (%llx) at rip=%llx", v->run->internal.suberror,
                    (unsigned long long)v->run->internal.data[0], (unsigned long long)vm_rip(v));
    return fail("exit %u instead of %u at rip=%llx (port %x)", v->run->exit_reason, reason,
                (unsigned long long)vm_rip(v), v->run->exit_reason == KVM_EXIT_IO ? v->run->io.port : 0);
}

/* Run to an OUT on the port; its value. */
bool vm_out(struct vm *v, uint16_t port, uint32_t *value)
{
    uint32_t got = 0;

    if (!vm_run(v, KVM_EXIT_IO))
        return false;
    if (v->run->io.direction != KVM_EXIT_IO_OUT || v->run->io.port != port || v->run->io.count != 1)
        return fail("I/O on port %x instead of an OUT on %x at rip=%llx", v->run->io.port, port,
                    (unsigned long long)vm_rip(v));
    memcpy(&got, (uint8_t *)v->run + v->run->io.data_offset, v->run->io.size);
    if (value)
        *value = got;
    return true;
}

/* Take the page away from the guest, not what is in it: its next access is an EPT violation of the guest's hypervisor. */
bool vm_drop(struct vm *v, uint32_t address)
{
    return madvise(v->memory + address, 0x1000, MADV_DONTNEED) == 0 || failed("madvise");
}

bool vm_interrupt(struct vm *v, uint32_t vector)
{
    struct kvm_interrupt i = {.irq = vector};

    return ioctl(v->cpu, KVM_INTERRUPT, &i) == 0 || failed("KVM_INTERRUPT");
}

bool vm_nmi(struct vm *v)
{
    return ioctl(v->cpu, KVM_NMI, 0) == 0 || failed("KVM_NMI");
}

bool vm_debug(struct vm *v, uint32_t control, uint64_t address)
{
    struct kvm_guest_debug d = {.control = control};

    if (control & KVM_GUESTDBG_USE_HW_BP) {
        d.arch.debugreg[0] = address;
        d.arch.debugreg[7] = 0x403;
    }
    return ioctl(v->cpu, KVM_SET_GUEST_DEBUG, &d) == 0 || failed("KVM_SET_GUEST_DEBUG");
}

uint64_t vm_rip(struct vm *v)
{
    struct kvm_regs r;

    return ioctl(v->cpu, KVM_GET_REGS, &r) == 0 ? r.rip : ~0ull;
}

bool vm_set_rip(struct vm *v, uint64_t rip)
{
    struct kvm_regs r;

    if (ioctl(v->cpu, KVM_GET_REGS, &r) != 0)
        return failed("KVM_GET_REGS");
    r.rip = rip;
    return ioctl(v->cpu, KVM_SET_REGS, &r) == 0 || failed("KVM_SET_REGS");
}
