/* SPDX-License-Identifier: BSD-2-Clause
 * EVA: harness/hv/options.c  (precision 8)
 * Any line of up to 40 characters. */
#include "../../../harness/hv/options.h"

#include "any.h"

int main(void)
{
    struct options options;
    char line[41];

    for (int i = 0; i < 40; i++)
        line[i] = (char)any8();
    line[40] = 0;
    return options_parse(line, &options).text != 0;
}
