/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ports: only those by which L1 ends the machine exit. Everything else is L1's own.
 */
#include "console.h"
#include "ports.h"
#include "vcpu.h"

enum { KEYBOARD = 0x64, RESET_CONTROL = 0xcf9, SHUTDOWN_PORT = 0x8900, EXIT_PORT = 0xf4 };
enum { KEYBOARD_RESET = 0xfe, RESET_CPU = 4 };
enum { CR4_DE = 8, DR7_ENABLED = 0xff, AT_IO = 2 };
#define PM1_SLEEP_ENABLE 0x2000u /* ACPI 4.8.3.2.1: SLP_EN */

/* One access, from the exit qualification (SDM table 27-5). */
struct access {
    uint16_t port;
    unsigned int size;
    bool in, string;
    uint32_t value;
};

void io_setup(struct vcpu *v)
{
    const uint16_t pm1 = v->machine->pm1a_control;

    if (pm1) {
        vmx_intercept_port(&v->hw, pm1);
        vmx_intercept_port(&v->hw, (uint16_t)(pm1 + 1));
    }
    vmx_intercept_port(&v->hw, KEYBOARD);
    vmx_intercept_port(&v->hw, RESET_CONTROL);
    vmx_intercept_port(&v->hw, SHUTDOWN_PORT);
    vmx_intercept_port(&v->hw, EXIT_PORT);
}

static uint32_t port_in(uint16_t port, unsigned int size)
{
    return size == 1 ? inb(port) : size == 2 ? inw(port) : inl(port);
}

static void port_out(uint16_t port, unsigned int size, uint32_t value)
{
    if (size == 1)
        outb(port, (uint8_t)value);
    else if (size == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, value);
}

/* "Shutdown", letter by letter. */
static void shutdown_letter(struct vcpu *v, char letter)
{
    const char *text = "Shutdown";

    if (letter != text[v->shutdown_letters])
        v->shutdown_letters = letter == text[0] ? 1 : 0;
    else if (!text[++v->shutdown_letters])
        l1_ended(v, L1_SHUTDOWN_PORT, 0);
}

/* True: the write means the end of L1, or part of it, and must not reach the machine. */
static bool ends_l1(struct vcpu *v, struct access a)
{
    const uint16_t pm1 = v->machine->pm1a_control;

    if (a.port == SHUTDOWN_PORT) {
        shutdown_letter(v, (char)a.value);
        return true;
    }
    if (a.port == EXIT_PORT)
        l1_ended(v, L1_F4, a.value);
    else if (a.port == KEYBOARD && a.value == KEYBOARD_RESET)
        l1_ended(v, L1_RESET, KEYBOARD);
    /* A dword at 0xcf8 is a PCI address, though it exits as well: its bytes cover 0xcf9. */
    else if (a.port == RESET_CONTROL && a.value & RESET_CPU)
        l1_ended(v, L1_RESET, RESET_CONTROL);
    else if (pm1 && a.port == pm1 && a.size >= 2 && a.value & PM1_SLEEP_ENABLE)
        l1_ended(v, L1_POWER_OFF, 0);
    else if (pm1 && a.port == pm1 + 1 && a.value & PM1_SLEEP_ENABLE >> 8)
        l1_ended(v, L1_POWER_OFF, 0);
    return v->end != L1_RUNNING;
}

static struct access decode(const struct vcpu *v)
{
    const uint64_t q = vmread(EXIT_QUALIFICATION);
    const unsigned int size = (unsigned int)(q & 7) + 1;

    return (struct access){
        .port = (uint16_t)(q >> 16),
        .size = size,
        .in = (q & 8) != 0,
        .string = (q & 16) != 0,
        .value = (uint32_t)(v->hw.regs.rax & (size == 4 ? 0xffffffffull : (1ull << 8 * size) - 1)),
    };
}

static void store_result(struct vcpu *v, unsigned int size, uint32_t value)
{
    if (size == 4)
        v->hw.regs.rax = value;
    else if (size == 2)
        v->hw.regs.rax = (v->hw.regs.rax & ~0xffffull) | (value & 0xffffu);
    else
        v->hw.regs.rax = (v->hw.regs.rax & ~0xffull) | (value & 0xffu);
}

/* DR0 to DR3 are the guest's while the hypervisor runs, too. */
static uint64_t debug_address(unsigned int k)
{
    return k == 0 ? cpu_dr0() : k == 1 ? cpu_dr1() : k == 2 ? cpu_dr2() : cpu_dr3();
}

/* SDM 17.2.4, 17.2.5: the breakpoints that DR7 enables, that are for I/O (R/W 10, with CR4.DE), and of whose 1, 2 or 4 ports the access
 * has one. A trap: it comes behind the instruction. */
static uint64_t io_breakpoints(struct access a)
{
    static const uint8_t beyond[] = {0, 1, 7, 3}; /* DR7.LEN: 1, 2, 8 and 4 ports */
    const uint64_t dr7 = vmread(GUEST_DR7);
    uint64_t met = 0;

    if (!(dr7 & DR7_ENABLED) || !(vmread(GUEST_CR4) & CR4_DE))
        return 0;
    for (unsigned int k = 0; k < 4; k++) {
        const bool armed = dr7 >> (2 * k) & 3 && (dr7 >> (16 + 4 * k) & 3) == AT_IO;
        const uint64_t size = beyond[dr7 >> (18 + 4 * k) & 3], first = debug_address(k) & ~size;

        if (armed && a.port <= first + size && first < (uint64_t)a.port + a.size)
            met |= 1u << k;
    }
    return met;
}

void exit_io(struct vcpu *v)
{
    const struct access a = decode(v);

    if (a.string)
        report_crash(v, FAULT("L1 uses string I/O on a port that ends the machine: use plain IN and OUT there"));
    if (a.in)
        store_result(v, a.size, port_in(a.port, a.size));
    else if (!ends_l1(v, a))
        port_out(a.port, a.size, a.value);
    skip_with_breakpoints(v, io_breakpoints(a));
}
