/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The environment the hypervisor itself runs in: GDT, TSS, IDT, GS, and what happens when it takes an exception or an
 * NMI (SDM vol. 3A chapters 3 and 6).
 */
#include "cpu.h"
#include "vmx.h"

#define GDT_CODE64 0x00af9b000000ffffull
#define GDT_DATA 0x00cf93000000ffffull
#define GATE_INTERRUPT 0x8e00u
#define VECTORS 256
#define VECTOR_DF 8u
#define VECTOR_GP 13u
#define VECTOR_MC 18u

extern const char vmx_host_vectors[];                 /* entry.S: 16 bytes a vector */
extern const uint64_t vmx_fixups[], vmx_fixups_end[]; /* linker script: pairs {fault, go on} */
void vmx_host_exception_c(struct vmx_host_frame *frame);

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static void build_gdt(struct vmx_cpu *cpu)
{
    const uint64_t tss = (uint64_t)&cpu->tss;

    cpu->gdt[HOST_CODE / 8] = GDT_CODE64;
    cpu->gdt[HOST_DATA / 8] = GDT_DATA;
    /* SDM 7.2.3: 64-bit TSS descriptor, available. */
    cpu->gdt[HOST_TSS / 8] =
        (sizeof(struct vmx_tss) - 1) | (tss & 0xffffffull) << 16 | 0x89ull << 40 | (tss >> 24 & 0xffull) << 56;
    cpu->gdt[HOST_TSS / 8 + 1] = tss >> 32;
}

static void build_idt(struct vmx_cpu *cpu)
{
    for (unsigned int i = 0; i < VECTORS; i++) {
        const uint64_t entry = (uint64_t)vmx_host_vectors + 16ull * i;
        const uint64_t ist = i == VECTOR_DF || i == VECTOR_MC ? 1 : 0;

        cpu->idt[i].low = (entry & 0xffffull) | (uint64_t)HOST_CODE << 16 | ist << 32 | (uint64_t)GATE_INTERRUPT << 32 |
                          (entry >> 16 & 0xffffull) << 48;
        cpu->idt[i].high = entry >> 32;
    }
}

static void load_tables(struct vmx_cpu *cpu)
{
    const struct table_register gdtr = {sizeof(cpu->gdt) - 1, (uint64_t)cpu->gdt};
    const struct table_register idtr = {sizeof(cpu->idt) - 1, (uint64_t)cpu->idt};

    __asm__ volatile("lgdt %0" : : "m"(gdtr), "m"(cpu->gdt));
    __asm__ volatile("pushq %0\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "lretq\n"
                     "1:"
                     :
                     : "i"(HOST_CODE)
                     : "rax", "memory");
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%ss; mov %0, %%fs; mov %0, %%gs" : : "r"(HOST_DATA));
    cpu_wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    __asm__ volatile("ltr %w0" : : "r"(HOST_TSS));
    __asm__ volatile("lidt %0" : : "m"(idtr), "m"(cpu->idt));
}

void vmx_host_init(struct vmx_cpu *cpu, struct vmx_pages *pages)
{
    const uint64_t top = (uint64_t)pages->exception_stack + sizeof(pages->exception_stack);

    cpu->self = cpu;
    cpu->pages = pages;
    cpu->vmcs01_at = (uint64_t)pages->vmcs;
    cpu->vmcs02_at = (uint64_t)pages->vmcs02;
    cpu->shadow_at = (uint64_t)pages->shadow;
    cpu->vmcs = &cpu->of[0];
    cpu->acked = VMX_NONE_ACKED;
    cpu->tss.ist[0] = (uint32_t)top;
    cpu->tss.ist[1] = (uint32_t)(top >> 32);
    cpu->tss.io_base = sizeof(struct vmx_tss);
    build_gdt(cpu);
    build_idt(cpu);
    load_tables(cpu);
}

void vmx_host_exception_c(struct vmx_host_frame *frame)
{
    if (frame->vector == VECTOR_GP)
        for (const uint64_t *pair = vmx_fixups; pair < vmx_fixups_end; pair += 2)
            if (pair[0] == frame->rip) {
                frame->rip = pair[1];
                return;
            }
    vmx_host_fault(vmx_this_cpu(), frame);
}

bool vmx_take_host_nmi(struct vmx_cpu *cpu)
{
    return *(volatile uint8_t *)&cpu->nmi_seen && __atomic_exchange_n(&cpu->nmi_seen, (uint8_t)0, __ATOMIC_SEQ_CST) != 0;
}

void vmx_unblock_nmi(struct vmx_cpu *cpu)
{
    /* SDM 27.5.5: an NMI exit leaves NMIs blocked, and only IRET ends that. No NMI can come before it does. */
    *(volatile uint8_t *)&cpu->nmi_unblocking = 1;
    __asm__ volatile("int $2" : : : "memory");
}
