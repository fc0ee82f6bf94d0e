/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fuzzer's inputs without the fuzzer: each file given is one run. For other compilers, and for the coverage of core/.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **names)
{
    static uint8_t data[1 << 16];

    for (int i = 1; i < count; i++) {
        FILE *file = fopen(names[i], "rb");
        size_t size;

        if (!file) {
            printf("%s: cannot be read\n", names[i]);
            return EXIT_FAILURE;
        }
        size = fread(data, 1, sizeof data, file);
        (void)fclose(file);
        (void)LLVMFuzzerTestOneInput(data, size);
    }
    printf("%d passed, %d failed\n", count - 1, 0);
    return count > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
