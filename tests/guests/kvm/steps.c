/* SPDX-License-Identifier: BSD-2-Clause
 * The four modes, exits to user space and in the kernel, fresh memory. */
#include "kvm.h"

#include <stdio.h>
#include <string.h>

/* Run to an OUT on `port` of exactly this value. */
static bool says(struct vm *v, uint16_t port, uint32_t wanted)
{
    uint32_t got;

    if (!vm_out(v, port, &got))
        return false;
    return got == wanted || fail("port %x: %x instead of %x", port, got, wanted);
}

static bool real_out(struct vm *v)
{
    return vm_mode(v, REAL, g_out) && says(v, VALUE, 'L') && says(v, VALUE, '2') && vm_run(v, KVM_EXIT_HLT);
}

static void vector_of(struct vm *v, uint32_t vector, const char *label)
{
    const uint32_t far = (uint32_t)guest_at(label);

    memcpy(v->memory + 4 * vector, &far, sizeof far);
}

/* 50 times: halted, woken through the IVT, then INT n. */
static bool real_interrupt(struct vm *v)
{
    vector_of(v, 0x20, g_real_interrupt);
    vector_of(v, 0x21, g_real_software);
    if (!vm_mode(v, REAL, g_wait))
        return false;
    for (uint32_t i = 0; i < 50; i++) {
        if (!vm_run(v, KVM_EXIT_HLT))
            return false;
        if (!v->run->ready_for_interrupt_injection)
            return fail("halted with STI, and not ready for an interrupt");
        if (!vm_interrupt(v, 0x20) || !says(v, HANDLER, 0x101 * i + 1))
            return false;
    }
    return says(v, END, 50 * 0x101);
}

/* Wait for the window that STI opens, and interrupt there. */
static bool window(struct vm *v)
{
    vector_of(v, 0x20, g_real_interrupt);
    if (!vm_mode(v, REAL, g_window))
        return false;
    for (uint32_t i = 0; i < 20; i++) {
        if (!says(v, VALUE, 20 - i))
            return false;
        v->run->request_interrupt_window = 1;
        if (!vm_run(v, KVM_EXIT_IRQ_WINDOW_OPEN))
            return false;
        v->run->request_interrupt_window = 0;
        if (!vm_interrupt(v, 0x20) || !says(v, HANDLER, i + 1))
            return false;
    }
    return says(v, END, 20);
}

static bool protect(struct vm *v)
{
    return vm_mode(v, REAL, g_protect) && says(v, VALUE, 0x1234567) && says(v, END, 0x89abcdef);
}

static bool flat(struct vm *v)
{
    return vm_mode(v, FLAT, g_flat) && says(v, END, 500500);
}

static bool pae(struct vm *v)
{
    const uint32_t a = 0xaaaa0000, b = 0x5555;

    memcpy(v->memory + FRESH, &a, sizeof a);
    memcpy(v->memory + OTHER, &b, sizeof b);
    return vm_mode(v, PAE, g_pae) && says(v, VALUE, a) && says(v, VALUE, b) && says(v, VALUE, b) &&
           says(v, END, 100 * a + 100 * b + 4950);
}

static bool long_mode(struct vm *v)
{
    struct kvm_cpuid_entry2 leaf;

    return vm_cpuid(0, &leaf) && vm_mode(v, LONG, g_long) && says(v, VALUE, leaf.eax) && says(v, VALUE, leaf.ebx) &&
           says(v, VALUE, leaf.ecx) && says(v, VALUE, leaf.edx) && says(v, END, 0x12345678);
}

static bool exits_user(struct vm *v)
{
    uint64_t began;

    if (!vm_mode(v, LONG, g_outs) || !says(v, VALUE, 500))
        return false;
    began = ticks();
    for (uint32_t i = 499; i; i--)
        if (!says(v, VALUE, i))
            return false;
    snprintf(note, sizeof note, "%llu ticks each", (unsigned long long)(ticks() - began) / 499);
    return vm_out(v, END, NULL);
}

static bool exits_kernel(struct vm *v)
{
    uint64_t began;

    if (!vm_mode(v, LONG, g_cpuids))
        return false;
    began = ticks();
    if (!vm_out(v, END, NULL))
        return false;
    snprintf(note, sizeof note, "%llu ticks each", (unsigned long long)(ticks() - began) / 500);
    return true;
}

static bool fresh_pages(struct vm *v)
{
    uint64_t began;

    if (!vm_mode(v, LONG, g_fresh))
        return false;
    began = ticks();
    if (!vm_out(v, END, NULL))
        return false;
    snprintf(note, sizeof note, "%llu ticks each", (unsigned long long)(ticks() - began) / 512);
    for (uint32_t i = 0; i < 512; i++) {
        uint32_t got;

        memcpy(&got, v->memory + FRESH + (i << 12), sizeof got);
        if (got != FRESH + (i << 12))
            return fail("page %u holds %x", i, got);
    }
    return true;
}

const struct step mode_steps[] = {{"real-out-hlt", real_out, false},
                                  {"real-interrupt", real_interrupt, false},
                                  {"interrupt-window", window, false},
                                  {"real-to-protected", protect, false},
                                  {"protected", flat, false},
                                  {"pae-cr3-reload", pae, false},
                                  {"long-cpuid", long_mode, false},
                                  {"exits-user", exits_user, false},
                                  {"exits-kernel", exits_kernel, false},
                                  {"fresh-pages", fresh_pages, false},
                                  {0}};
