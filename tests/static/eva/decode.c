/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: vendor/vmx/decode.c
 * Any words that a processor can report. */
#include "../../../vendor/vmx/decode.h"

#include "any.h"

int main(void)
{
    struct vmx_exit_words words;
    const char *name;

    words.info = any32();
    words.error = any32();
    words.length = any32();
    words.qualification = any64();
    words.dr7 = any64();
    name = vmx_reason_name(any32());
    return (int)vmx_decode_exception(words).vector + (*name == 'c');
}
