/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The witness on SVM (APM vol. 2 chapter 15; the VMCB's layout is appendix B).
 */
#include "../../vendor/vmx/cpu.h"
#include "oracle.h"

const char hw_name[] = "svm";
void svm_go(struct regs *r, uint64_t vmcb);
extern uint64_t gdt[];

enum { INTERCEPT_EXCEPTIONS = 0x008, INTERCEPT_1 = 0x00c, INTERCEPT_2 = 0x010, MSRPM = 0x048, ASID = 0x058,
       INTERRUPT_SHADOW = 0x068, EXITCODE = 0x070, EXITINFO1 = 0x078, EXITINFO2 = 0x080, EXITINTINFO = 0x088,
       NP_ENABLE = 0x090, EVENTINJ = 0x0a8, N_CR3 = 0x0b0 };
enum { ES = 0x400, CS = 0x410, SS = 0x420, GDTR = 0x460, IDTR = 0x480, TR = 0x490, EFER = 0x4d0, CR4 = 0x548,
       CR3 = 0x550, CR0 = 0x558, DR7 = 0x560, DR6 = 0x568, RFLAGS = 0x570, RIP = 0x578, RSP = 0x5d8, RAX = 0x5f8,
       CR2 = 0x640, G_PAT = 0x668 };
enum { VMEXIT_EXCEPTION = 0x40, VMEXIT_MSR = 0x7c, VMEXIT_SHUTDOWN = 0x7f, VMEXIT_VMMCALL = 0x81, VMEXIT_NPF = 0x400 };
#define INTERCEPT_MSR (1u << 28)
#define INTERCEPT_SHUTDOWN (1u << 31)
#define INTERCEPT_VMRUN 1u
#define INTERCEPT_VMMCALL 2u
#define FLUSH_ALL (1ull << 32)
#define EFER_SVME (1ull << 12)
#define MSR_EFER 0xc0000080u
#define MSR_VM_HSAVE_PA 0xc0010117u
#define NPT_BITS 7ull
#define NPT_LARGE 0x80ull

static uint8_t vmcb[4096] __attribute__((aligned(4096))), save_area[4096] __attribute__((aligned(4096)));
static uint8_t msrpm[8192] __attribute__((aligned(4096)));
static uint64_t npt[7][512] __attribute__((aligned(4096)));

static volatile uint64_t *at(unsigned int offset)
{
    return (volatile uint64_t *)(void *)(vmcb + offset);
}

static volatile uint32_t *at32(unsigned int offset)
{
    return (volatile uint32_t *)(void *)(vmcb + offset);
}

void hw_map(unsigned int page, bool present)
{
    npt[6][page] = present ? PAGE(page) | NPT_BITS : 0;
}

static void setup_npt(void)
{
    npt[0][0] = (uint64_t)npt[1] | NPT_BITS;
    for (unsigned int i = 0; i < 4; i++)
        npt[1][i] = (uint64_t)npt[2 + i] | NPT_BITS;
    for (uint64_t i = 0; i < 2048; i++)
        npt[2 + i / 512][i % 512] = i << 21 | NPT_BITS | NPT_LARGE;
    npt[2][ARENA >> 21] = (uint64_t)npt[6] | NPT_BITS;
    for (unsigned int i = 0; i < 512; i++)
        hw_map(i, true);
}

const char *hw_init(void)
{
    if (!(cpu_cpuid(0x80000001u, 0).c & 4))
        return "no SVM";
    if (!(cpu_cpuid(0x8000000au, 0).d & 1))
        return "no nested paging";
    cpu_wrmsr(MSR_EFER, cpu_rdmsr(MSR_EFER) | EFER_SVME);
    cpu_wrmsr(MSR_VM_HSAVE_PA, (uint64_t)save_area);
    setup_npt();
    for (unsigned int i = 0; i < sizeof msrpm; i++)
        msrpm[i] = 0xff;
    __asm__ volatile("clgi");
    return 0;
}

static void segment(unsigned int offset, uint16_t selector, uint16_t attributes, uint64_t base, uint32_t limit)
{
    *at32(offset) = selector | (uint32_t)attributes << 16;
    *at32(offset + 4) = limit;
    *at(offset + 8) = base;
}

void hw_reset(struct regs *r, uint64_t rip)
{
    *r = (struct regs){0};
    for (unsigned int i = 0; i < 4096; i += 8)
        *at(i) = 0;
    *at32(INTERCEPT_1) = INTERCEPT_MSR | INTERCEPT_SHUTDOWN;
    *at32(INTERCEPT_2) = INTERCEPT_VMRUN | INTERCEPT_VMMCALL;
    *at(MSRPM) = (uint64_t)msrpm;
    *at(NP_ENABLE) = 1;
    *at(N_CR3) = (uint64_t)npt[0];
    for (unsigned int i = 0; i < 6; i++)
        segment(ES + 0x10 * i, 0x10, 0xc93, 0, ~0u);
    segment(CS, 0x18, 0xa9b, 0, ~0u);
    segment(GDTR, 0, 0, (uint64_t)gdt, 0x4f);
    segment(IDTR, 0, 0, IDT_BASE, 0xfff);
    segment(TR, 0x28, 0x08b, (uint64_t)tss, 103);
    *at(EFER) = cpu_rdmsr(MSR_EFER);
    *at(CR0) = cpu_cr0();
    *at(CR3) = guest_cr3;
    *at(CR4) = cpu_cr4();
    *at(DR6) = 0xffff0ff0;
    *at(DR7) = 0x400;
    *at(RFLAGS) = 2;
    *at(RIP) = rip;
    *at(RSP) = STACK_TOP;
    *at(CR2) = 0xbeef000;
    *at(G_PAT) = 0x0007040600070406ull;
}

static struct event event_of(uint64_t info)
{
    const uint8_t *code = (const uint8_t *)*at(RIP);
    struct event e = {.valid = info >> 31 & 1, .has_error = info >> 11 & 1, .type = info >> 8 & 7, .vector = info & 0xff};

    if (e.valid && e.has_error)
        e.error = (unsigned int)(info >> 32);
    /* EXITINTINFO has no length: the instruction tells it, if RIP is still on it (and before anybody patches it). QEMU
     * reports INT3 as type 4. */
    if (e.valid && e.type == TYPE_SOFT_INTERRUPT && *code == 0xcd)
        e.length = 2;
    if (e.valid && e.vector == 3 && *code == 0xcc)
        e.length = 1;
    return e;
}

static enum why why(uint64_t code)
{
    if (code >= VMEXIT_EXCEPTION && code < VMEXIT_EXCEPTION + 32)
        return EXCEPTION;
    switch (code) {
    case VMEXIT_NPF:
        return UNMAPPED;
    case VMEXIT_VMMCALL:
        return CALL;
    case VMEXIT_MSR:
        return MSR;
    case VMEXIT_SHUTDOWN:
        return SHUTDOWN;
    default:
        return OTHER;
    }
}

struct exit hw_run(struct regs *r, struct event inject)
{
    struct exit x = {0};

    *at(ASID) = 1 | FLUSH_ALL;
    *at(EVENTINJ) = inject.valid ? (uint64_t)inject.error << 32 | 1ull << 31 | (uint64_t)inject.has_error << 11 |
                                       inject.type << 8 | inject.vector : 0;
    *at(RIP) += inject.length; /* no length in EVENTINJ: the return address is RIP (APM 15.20) */
    *at(RAX) = r->rax;
    svm_go(r, (uint64_t)vmcb);
    r->rax = *at(RAX);
    x.code = *at(EXITCODE);
    x.why = why(x.code);
    x.address = *at(EXITINFO2);
    if (x.why == EXCEPTION)
        x.event = (struct event){.valid = true, .type = TYPE_EXCEPTION, .vector = (unsigned int)x.code & 31};
    if (x.why == EXCEPTION && x.event.vector != 14)
        x.address = 0; /* EXITINFO2 is #PF's (APM 15.12) */
    x.vectoring = event_of(*at(EXITINTINFO));
    return x;
}

void hw_skip(unsigned int length)
{
    *at(RIP) += length;
    *at(INTERRUPT_SHADOW) = 0;
}

void hw_clear_rf(void)
{
    *at(RFLAGS) &= ~(1ull << 16);
}

void hw_intercept(unsigned int vectors)
{
    *at32(INTERCEPT_EXCEPTIONS) = vectors;
}

void hw_nmi_window(bool on)
{
    (void)on;
}

bool hw_has_nmi_window(void)
{
    return false;
}

/* AMD carries a task switch out by itself. */
bool hw_tasks_exit(void)
{
    return false;
}

void hw_reset_32(uint64_t rip)
{
    (void)rip;
}

void hw_switch_task(void)
{
}

void hw_reset_log(void)
{
}

bool hw_arm_log(void)
{
    return false;
}

bool hw_has_ve(void)
{
    return false;
}

uint64_t hw_guest_dr6(void)
{
    return *at(DR6);
}

uint64_t hw_guest_dr7(void)
{
    return *at(DR7);
}

uint64_t hw_guest_cr2(void)
{
    return *at(CR2);
}

void hw_set_cr2(uint64_t value)
{
    *at(CR2) = value;
}
