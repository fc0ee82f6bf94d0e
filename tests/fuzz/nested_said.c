/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What L2 does without an exit, and what an exit of its says: of the model's reasons and of instructions, with any information.
 */
#include "nested.h"

/* L2 does what needs no exit: registers that nobody masks or intercepts. */
void l2_writes(struct nested_run *r)
{
    static const uint8_t rests[] = {PN_F_ENTRY_CTL,  PN_F_GUEST_CR0,          PN_F_GUEST_CR4,
                                    PN_F_GUEST_DR7,  PN_F_GUEST_DEBUGCTL,     PN_F_GUEST_PAT,
                                    PN_F_GUEST_EFER, PN_F_GUEST_SYSENTER_ESP, PN_F_GUEST_SYSENTER_EIP};
    uint64_t *h = model_nested()->vmcs02;
    const unsigned int how = take(r, 16);

    r->leaves = 0;
    switch (how) {
    case 0:
        h[PN_F_GUEST_CR0] ^= 0x5000e & ~h[PN_F_CR0_MASK];
        break;
    case 1:
        h[PN_F_GUEST_CR3] ^= 0x20;
        if (manual_pae(h) && manual_ept(r->n.vmcs12.f))
            h[PN_F_GUEST_PDPTR0 + take(r, 4)] ^= 0x1000;
        break;
    case 2:
        h[PN_F_GUEST_PAT] ^= 0x0606;
        break;
    case 3:
        h[PN_F_GUEST_EFER] ^= 1;
        break;
    case 4:
        h[PN_F_GUEST_FS_BASE] ^= 0x10;
        break;
    case 5:
        h[PN_F_GUEST_SYSENTER_EIP] ^= 0x10;
        break;
    case 6:
        if (h[PN_F_PREEMPTION_TIMER])
            h[PN_F_PREEMPTION_TIMER]--;
        break;
    case 7:
        r->cpu.dr7 ^= 1;
        break;
    case 8:
        r->leaves = rests[take(r, sizeof rests)];
        break;
    case 9:
        r->leaves = PN_G_SEGMENTS + (int)take(r, PN_G_SEGMENTS_END - PN_G_SEGMENTS);
        break;
    default:
        h[PN_F_GUEST_RSP] -= 8;
        break;
    }
}

/* What an exit finds in vmcs02 need not be what an entry takes: nothing is asked of it (SDM 27.3). Only where L1 gets the exit, for the
   processor itself would not go on with it. */
void l2_leaves(struct nested_run *r)
{
    uint64_t *h = model_nested()->vmcs02, owned = 0;
    const int f = r->leaves;

    if (!f)
        return;
    if (f == PN_F_GUEST_CR0 || f == PN_F_GUEST_CR4)
        owned = h[f == PN_F_GUEST_CR0 ? PN_F_CR0_MASK : PN_F_CR4_MASK];
    if (f == PN_F_ENTRY_CTL)
        h[f] ^= 0x200; /* L2 has changed its mode */
    else
        h[f] = (h[f] & owned) | (manual_width(f, near_value(r, h[f])) & ~owned);
}

/* Instructions that exit, with any information. */
static struct pn_l2_exit instruction(struct nested_run *r)
{
    static const uint8_t reasons[] = {9,  10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23,
                                      24, 25, 26, 27, 28, 29, 30, 31, 32, 36, 39, 40, 46, 47,
                                      50, 51, 53, 54, 55, 57, 58, 61, 63, 64, 28, 30, 31, 32};
    struct pn_l2_exit x = {.reason = reasons[take(r, sizeof reasons)], .length = 1 + take(r, 15)};

    x.qualification = x.reason == 30 ? (take64(r) & 0xffff03f8) | "\0\1\3\3"[take(r, 4)] : take64(r);
    x.instruction_info = (uint32_t)take64(r);
    x.linear = take(r, 2) ? take64(r) : 0;
    return x;
}

static struct pn_l2_exit no_instruction(struct nested_run *r)
{
    const uint64_t *f = r->n.vmcs12.f;

    if (manual_bit(f[PN_F_PROC_CTL], 2) && model_interrupt_open(&r->cpu))
        return (struct pn_l2_exit){.reason = 7};
    if (manual_bit(f[PN_F_PROC_CTL], 22) && model_nmi_open(&r->cpu))
        return (struct pn_l2_exit){.reason = 8};
    return (struct pn_l2_exit){.reason = manual_bit(f[PN_F_PIN_CTL], 6) ? 52 : 10};
}

struct pn_l2_exit l2_said(struct nested_run *r)
{
    const struct model_exit e = r->cpu.exit;
    struct pn_l2_exit x = {0};

    switch (e.reason) {
    case MODEL_EXIT_EXCEPTION:
        x = (struct pn_l2_exit){
            .info = l2_info(r, e.exception), .error = e.exception.error, .length = e.exception.length};
        x.qualification = e.exception.has_payload ? e.exception.payload : 0;
        return x;
    case MODEL_EXIT_NMI:
        return (struct pn_l2_exit){.info = 0x80000202};
    case MODEL_EXIT_INTERRUPT:
        return (struct pn_l2_exit){.reason = 1};
    case MODEL_EXIT_TRIPLE_FAULT:
        return (struct pn_l2_exit){.reason = 2};
    case MODEL_EXIT_INTERRUPT_WINDOW:
        return (struct pn_l2_exit){.reason = 7};
    case MODEL_EXIT_NMI_WINDOW:
        return (struct pn_l2_exit){.reason = 8};
    case MODEL_EXIT_INSTRUCTION:
        return instruction(r);
    case MODEL_EXIT_EPT_VIOLATION:
        x = (struct pn_l2_exit){
            .reason = 48, .qualification = take(r, 8) | 0x180, .linear = take64(r), .physical = take64(r)};
        x.qualification |= r->cpu.iret_unblocked && !r->cpu.owed ? 0x1000 : 0;
        return x;
    case MODEL_EXIT_IMMEDIATE:
        return (struct pn_l2_exit){.reason = 52};
    default:
        return no_instruction(r);
    }
}
