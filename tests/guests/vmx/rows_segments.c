/* SPDX-License-Identifier: BSD-2-Clause
 * Rows of the segments and descriptor tables (SDM 24.4.1): what L2's addressing makes of them. */
#include "rows.h"

/* A register of each name, read, and used for an access of 32-bit code to the second or third of L1's pages. */
#define REGISTER(r)                                                  \
    GUEST(s_##r, "movw %" #r ", %ax; movzwl %ax, %eax");             \
    GUEST(s_##r##_read, ".code32; movl %" #r ":0x1000(%ebx), %eax"); \
    GUEST(s_##r##_write, ".code32; movl $0x77, %eax; movl %eax, %" #r ":8(%ebx, %ecx)")
REGISTER(es);
REGISTER(ss);
REGISTER(ds);
REGISTER(fs);
REGISTER(gs);
GUEST(s_cs, "movw %cs, %ax; movzwl %ax, %eax");
GUEST(s_fs_base, "movl $0xc0000100, %ecx; rdmsr");
GUEST(s_gs_base, "movl $0xc0000101, %ecx; rdmsr");
GUEST(s_two, ".code32; movl $1, %eax; vmcall; .org s_two + 16; movl $2, %eax");
GUEST(s_far, ".code32; movl $0x1003000, %eax; jmp *%eax");
GUEST(s_mode, ".byte 0x48, 0xff, 0xc0; .code32");
GUEST(s_push, ".code32; pushl %eax; movl %esp, %ecx");
GUEST(s_sldt, "sldt %eax");
GUEST(s_str, "str %eax");
GUEST(s_lsl, "movl $0xc, %eax; lsl %eax, %ecx; movl $0, %eax; setz %al");
GUEST(s_ud, "ud2");
GUEST(s_in, ".code32; inb $0x21, %al; xorl %eax, %eax");
GUEST(s_sgdt, "sgdt 0x1002000; movzwl 0x1002000, %eax; movq 0x1002002, %rdx");
GUEST(s_sidt, "sidt 0x1002000; movzwl 0x1002000, %eax; movq 0x1002002, %rdx");

/* #UD takes its stack from the TSS. */
static void from_tss(void)
{
    put64(PAGE(P_IDT) + 6 * 16, get64(PAGE(P_IDT) + 6 * 16) | 1ull << 32);
}

static void code_above(void)
{
    put64(PAGE(P_CODE), 0xc1010f); /* VMCALL */
}

#define FAULTS (1u << 10 | 1u << 12 | 1u << 13)
#define TWO_PAGES           \
    {0x1000, 'm', 0x1111},  \
    {                       \
        0x2000, 'm', 0x2222 \
    }
/* What every data segment has. */
#define DATA(R, r)                                                                                                \
    {"GUEST_" #R "_SELECTOR", LONG, s_##r, 0, GUEST_##R##_SELECTOR, '=', {0x10, 0}, 0, 0, {{0}}},                 \
        {"GUEST_" #R "_BASE", PROTECTED, s_##r##_read, 0, GUEST_##R##_BASE, '=', {0, 0x1000}, 0, 0, {TWO_PAGES}}, \
    {                                                                                                             \
        "GUEST_" #R "_LIMIT", PROTECTED, s_##r##_read, 0, GUEST_##R##_LIMIT, '=', {~0u, 0xffff}, 0, 0,            \
        {                                                                                                         \
            {                                                                                                     \
                EXCEPTION_BITMAP, '=', FAULTS                                                                     \
            }                                                                                                     \
        }                                                                                                         \
    }
#define WRITABLE(R, r)                                                                                           \
    {                                                                                                            \
        "GUEST_" #R "_AR_BYTES", PROTECTED, s_##r##_write, 0, GUEST_##R##_AR_BYTES, '=', {0xc093, 0xc091}, 0, 0, \
        {                                                                                                        \
            {                                                                                                    \
                EXCEPTION_BITMAP, '=', FAULTS                                                                    \
            }                                                                                                    \
        }                                                                                                        \
    }
/* IST1 of two TSSs, and the second descriptor of two LDTs */
#define TWO_TSS                        \
    {0x1024, 'm', STACK_TOP},          \
    {                                  \
        0x2024, 'm', STACK_TOP - 0x200 \
    }
#define LDT                           \
    {GUEST_LDTR_AR_BYTES, '=', 0x82}, \
    {                                 \
        GUEST_LDTR_LIMIT, '=', 0xfff  \
    }
#define TWO_LDT                         \
    {0x1008, 'm', 0x0000930000001111},  \
    {                                   \
        0x2008, 'm', 0x0000930000002222 \
    }

/* clang-format off */
const struct row segment_rows[] = {
    DATA(ES, es), DATA(SS, ss), DATA(DS, ds), DATA(FS, fs), DATA(GS, gs),
    WRITABLE(ES, es), WRITABLE(DS, ds), WRITABLE(FS, fs), WRITABLE(GS, gs),
    {"GUEST_FS_BASE", LONG, s_fs_base, 0, GUEST_FS_BASE, '=', {0, 0xffff800000001230}, 0, 0, {{0}}},
    {"GUEST_GS_BASE", LONG, s_gs_base, 0, GUEST_GS_BASE, '=', {0, 0x7fff00001230}, 0, 0, {{0}}},
    {"GUEST_SS_AR_BYTES", PROTECTED, s_push, 0, GUEST_SS_AR_BYTES, '=', {0xc093, 0x8093}, 0, 0, {{GUEST_RSP, '=', 0x1000000}}},
    {"GUEST_CS_SELECTOR", LONG, s_cs, 0, GUEST_CS_SELECTOR, '=', {0x18, 0x40}, 0, 0, {{0}}},
    {"GUEST_CS_BASE", PROTECTED, s_two, 0, GUEST_CS_BASE, '=', {0, 16}, 0, 0, {{0}}},
    {"GUEST_CS_LIMIT", PROTECTED, s_far, 0, GUEST_CS_LIMIT, '=', {~0u, 0xffffff}, 0, code_above, {{EXCEPTION_BITMAP, '=', FAULTS}}},
    {"GUEST_CS_AR_BYTES", LONG, s_mode, 0, GUEST_CS_AR_BYTES, '=', {0xa09b, 0xc09b}, 0, 0, {{0}}},
    {"GUEST_LDTR_SELECTOR", LONG, s_sldt, 0, GUEST_LDTR_SELECTOR, '=', {0, 8}, 0, 0, {{0}}},
    {"GUEST_LDTR_BASE", LONG, s_lsl, 0, GUEST_LDTR_BASE, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, 0, {LDT, TWO_LDT}},
    {"GUEST_LDTR_LIMIT", LONG, s_lsl, 0, GUEST_LDTR_LIMIT, '=', {0xfff, 7}, 0, 0, {LDT, TWO_LDT, {GUEST_LDTR_BASE, '=', PAGE_AT(1)}}},
    {"GUEST_LDTR_AR_BYTES", LONG, s_lsl, 0, GUEST_LDTR_AR_BYTES, '=', {0x82, 0x10000}, 0, 0, {LDT, TWO_LDT, {GUEST_LDTR_BASE, '=', PAGE_AT(1)}}},
    {"GUEST_TR_SELECTOR", LONG, s_str, 0, GUEST_TR_SELECTOR, '=', {0x28, 0x50}, 0, 0, {{0}}},
    {"GUEST_TR_BASE", LONG, s_ud, 0, GUEST_TR_BASE, '=', {PAGE_AT(1), PAGE_AT(2)}, 0, from_tss, {TWO_TSS}},
    {"GUEST_TR_LIMIT", LONG, s_ud, 0, GUEST_TR_LIMIT, '=', {103, 0x27}, 0, from_tss,
     {TWO_TSS, {GUEST_TR_BASE, '=', PAGE_AT(1)}, {EXCEPTION_BITMAP, '=', FAULTS}}},
    {"GUEST_TR_AR_BYTES", PROTECTED, s_in, 0, GUEST_TR_AR_BYTES, '=', {0x8b, 0x83}, 0, 0, /* CPL 3: the I/O permission bitmap */
     {{GUEST_CS_AR_BYTES, '=', 0xc0fb}, {GUEST_SS_AR_BYTES, '=', 0xc0f3}, {GUEST_CS_SELECTOR, '|', 3}, {GUEST_SS_SELECTOR, '|', 3},
      {EXCEPTION_BITMAP, '=', FAULTS}}},
    {"GUEST_GDTR_BASE", LONG, s_sgdt, 0, GUEST_GDTR_BASE, '=', {0, 0x123456780}, 0, 0, {{0}}},
    {"GUEST_GDTR_LIMIT", LONG, s_sgdt, 0, GUEST_GDTR_LIMIT, '=', {0x57, 0x1230}, 0, 0, {{0}}},
    {"GUEST_IDTR_BASE", LONG, s_sidt, 0, GUEST_IDTR_BASE, '=', {0, 0x123456780}, 0, 0, {{0}}},
    {"GUEST_IDTR_LIMIT", LONG, s_sidt, 0, GUEST_IDTR_LIMIT, '=', {0xfff, 0x1230}, 0, 0, {{0}}},
    {0}};
