/* SPDX-License-Identifier: BSD-2-Clause
 * Every step in a virtual machine of its own; one line each. */
#include "kvm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int passed, failed;

static void run(const struct step *s)
{
    for (; s->name; s++) {
        struct vm v;
        bool good;

        note[0] = 0;
        good = vm_make(&v, s->irqchip);
        if (good) {
            good = s->fn(&v);
            vm_end(&v);
        }
        if (good)
            printf("L2 %s ok%s%s\n", s->name, note[0] ? ", " : "", note);
        else
            printf("L2 %s FAIL %s\n", s->name, why);
        *(good ? &passed : &failed) += 1;
    }
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 4 && strcmp(argv[1], "boot") == 0)
        return boot(argv[2], argv[3]);
    printf("L2 start\n");
    run(mode_steps);
    run(event_steps);
    printf("L2-DONE %u ok %u failed\n", passed, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
