/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: vendor/vmx/decode.c
 * Any words that a processor can report, and any event. */
#include "../../../vendor/vmx/decode.h"

#include "any.h"

int main(void)
{
    struct vmx_exit_words words;
    struct pn_event e;
    struct pn_vectoring x;
    const char *name;

    words.info = any32();
    words.error = any32();
    words.length = any32();
    words.qualification = any64();
    words.dr7 = any64();
    e = vmx_decode_exception(words);
    x = vmx_decode_vectoring(any32(), any32(), any32());
    e.type = any8();
    e.vector = any8();
    name = vmx_reason_name(any32());
    return (int)(vmx_encode_entry(e) & 1u) + x.valid + (*name == 'c');
}
