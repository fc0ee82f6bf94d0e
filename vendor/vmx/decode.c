/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Decoding and encoding of interruption information (decode.h).
 */
#include "decode.h"

#include "vmcs.h"

#define DB_BREAKPOINTS 0xfull
#define DB_BUS_LOCK (1ull << 11)
#define DB_GENERAL_DETECT (1ull << 13)
#define DB_SINGLE_STEP (1ull << 14)

static uint8_t info_vector(uint32_t info)
{
    return (uint8_t)(info & 0xffu);
}

static uint8_t info_type(uint32_t info)
{
    return (uint8_t)((info >> 8) & 7u);
}

/* Only types 4, 5 and 6 use the length (SDM 24.8.3); elsewhere the core wants 0. */
static uint8_t used_length(uint8_t type, uint32_t length)
{
    return type >= PN_TYPE_SOFT_INTERRUPT && type <= PN_TYPE_SOFT_EXCEPTION ? (uint8_t)(length & 0xfu) : (uint8_t)0;
}

/* DR7 bits 17:16 (and 21:20 ...) are 0 for an instruction breakpoint (SDM 17.2.4). */
static bool is_code_breakpoint(uint64_t hit, uint64_t dr7)
{
    for (unsigned int i = 0; i < 4; i++)
        if ((hit >> i) & 1u && ((dr7 >> (16 + 4 * i)) & 3u) == 0)
            return true;
    return false;
}

static uint8_t debug_kind(uint8_t type, uint64_t qualification, uint64_t dr7)
{
    if (type == PN_TYPE_PRIV_EXCEPTION)
        return PN_DB_ICEBP;
    if (qualification & DB_GENERAL_DETECT)
        return PN_DB_GENERAL_DETECT;
    if (is_code_breakpoint(qualification & DB_BREAKPOINTS, dr7))
        return PN_DB_CODE_BREAKPOINT;
    if (qualification & DB_SINGLE_STEP)
        return PN_DB_SINGLE_STEP;
    if (qualification & DB_BUS_LOCK)
        return PN_DB_BUS_LOCK;
    return PN_DB_DATA_OR_IO;
}

struct pn_event vmx_decode_exception(struct vmx_exit_words words)
{
    struct pn_event e = {0};

    e.stage = PN_STAGE_PENDING;
    e.type = info_type(words.info);
    e.vector = info_vector(words.info);
    e.origin = PN_BY_HARDWARE;
    e.length = used_length(e.type, words.length);
    e.has_error = (words.info & INFO_HAS_ERROR) != 0;
    e.error = e.has_error ? words.error : 0;
    if (e.vector == PN_VECTOR_DB)
        e.db_kind = debug_kind(e.type, words.qualification, words.dr7);
    /* VMX leaves CR2 and DR6 to the host at an exit (SDM 27.1). ICEBP sets no DR6 bit. */
    e.has_payload = (e.vector == PN_VECTOR_PF || e.vector == PN_VECTOR_DB) && e.type == PN_TYPE_HARD_EXCEPTION;
    e.payload = e.has_payload ? words.qualification : 0;
    return e;
}

const char *vmx_reason_name(uint32_t basic_reason)
{
    static const char *const names[EXIT_REASONS] = {
        [0] = "exception-or-nmi", [1] = "external-interrupt", [2] = "triple-fault", [3] = "init", [4] = "sipi",
        [5] = "io-smi", [6] = "other-smi", [7] = "interrupt-window", [8] = "nmi-window", [9] = "task-switch",
        [10] = "cpuid", [11] = "getsec", [12] = "hlt", [13] = "invd", [14] = "invlpg", [15] = "rdpmc", [16] = "rdtsc",
        [17] = "rsm", [18] = "vmcall", [19] = "vmclear", [20] = "vmlaunch", [21] = "vmptrld", [22] = "vmptrst",
        [23] = "vmread", [24] = "vmresume", [25] = "vmwrite", [26] = "vmxoff", [27] = "vmxon", [28] = "cr-access",
        [29] = "mov-dr", [30] = "io", [31] = "rdmsr", [32] = "wrmsr", [33] = "bad-guest-state", [34] = "bad-msr-load",
        [36] = "mwait", [37] = "monitor-trap", [39] = "monitor", [40] = "pause", [41] = "machine-check-entry",
        [43] = "tpr-threshold", [44] = "apic-access", [45] = "virtual-eoi", [46] = "gdtr-idtr", [47] = "ldtr-tr",
        [48] = "ept-violation", [49] = "ept-misconfiguration", [50] = "invept", [51] = "rdtscp",
        [52] = "preemption-timer", [53] = "invvpid", [54] = "wbinvd", [55] = "xsetbv", [56] = "apic-write",
        [57] = "rdrand", [58] = "invpcid", [59] = "vmfunc", [60] = "encls", [61] = "rdseed", [62] = "pml-full",
        [63] = "xsaves", [64] = "xrstors",
    };

    return basic_reason < EXIT_REASONS && names[basic_reason] ? names[basic_reason] : "reserved";
}
