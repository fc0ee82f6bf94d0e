/* SPDX-License-Identifier: BSD-2-Clause */
#include "encode.h"

#include "classify.h"

enum { TYPE = 0x100, HAS_ERROR = 0x800 };
#define VALID 0x80000000u
#define ERROR 0x100000000ull

/* What both vendors' words have in common. */
/*@ requires type: type <= 7;
    terminates \true; exits \false; assigns \nothing;
    ensures value: \result == vector + type * 0x100 + (has_error != 0 ? 0x800 : 0) + 0x80000000; */
static uint32_t info_word(uint8_t type, uint8_t vector, bool has_error)
{
    return VALID + (has_error ? (uint32_t)HAS_ERROR : 0u) + (uint32_t)type * TYPE + vector;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures valid: \result.valid != 0 <==> info_valid(info) == 1;
    ensures vector: \result.valid != 0 ==> \result.vector == info_vector(info);
    ensures type: \result.valid != 0 ==> \result.type == info_type(info);
    ensures error: \result.valid != 0 ==> (\result.has_error != 0 <==> info_has_error(info) == 1) &&
            \result.error == (info_has_error(info) == 1 ? error : 0);
    ensures nothing: \result.valid == 0 ==> \result.type == 0 && \result.vector == 0 && \result.has_error == 0 &&
            \result.error == 0;
    ensures no_length: \result.length == 0 && \result.nmi_unblocked_by_iret == 0; */
static struct pn_vectoring read_word(uint32_t info, uint32_t error)
{
    struct pn_vectoring x;

    x.valid = info / VALID != 0;
    x.nmi_unblocked_by_iret = false;
    x.length = 0;
    x.vector = 0;
    x.type = 0;
    x.has_error = false;
    x.error = 0;
    if (!x.valid)
        return x;
    x.vector = (uint8_t)(info % TYPE);
    x.type = (uint8_t)(info / TYPE % 8u);
    x.has_error = info / HAS_ERROR % 2u != 0;
    if (x.has_error)
        x.error = error;
    return x;
}

uint32_t pn_vmx_entry_info(struct pn_event e)
{
    return info_word(e.type, e.vector, e.has_error);
}

struct pn_vectoring pn_vmx_vectoring(uint32_t info, uint32_t error, uint32_t length)
{
    struct pn_vectoring x = read_word(info, error);

    if (x.valid && pn_is_soft(x.type))
        x.length = (uint8_t)(length % 0x100u);
    return x;
}

/*@ terminates \true; exits \false; assigns \nothing;
    ensures word: svm_word(\result) == word;
    ensures error: svm_error(\result) == error; */
static uint64_t svm_join(uint32_t word, uint32_t error)
{
    return (uint64_t)error * ERROR + word;
}

uint64_t pn_svm_eventinj(struct pn_event e)
{
    if (e.type == PN_TYPE_SOFT_EXCEPTION)
        e.type = PN_TYPE_HARD_EXCEPTION;
    return svm_join(pn_vmx_entry_info(e), e.has_error ? e.error : 0);
}

struct pn_vectoring pn_svm_exitintinfo(uint64_t info)
{
    return read_word((uint32_t)(info % ERROR), (uint32_t)(info / ERROR));
}
