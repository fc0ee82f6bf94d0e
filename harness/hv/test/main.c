/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs the tests of the hypervisor's pure parts on the host. Last line: "N passed, N failed".
 */
#include "check.h"

#include <stdio.h>

static unsigned int complaints;
static uint64_t state = 88172645463325252ull;

void check(bool holds, const char *file, int line, const char *what)
{
    if (holds)
        return;
    complaints++;
    printf("%s:%d: does not hold: %s\n", file, line, what);
}

uint64_t test_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

void put(uint8_t *bytes, uint64_t value, unsigned int length)
{
    for (unsigned int i = 0; i < length; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

static unsigned int run_all(const struct test *tests, unsigned int *passed)
{
    unsigned int failed = 0;

    for (; tests->name; tests++) {
        const unsigned int before = complaints;

        tests->run();
        printf("%s %s\n", complaints == before ? "ok  " : "FAIL", tests->name);
        *(complaints == before ? passed : &failed) += 1;
    }
    return failed;
}

int main(void)
{
    unsigned int passed = 0, failed = 0;

    failed += run_all(vmx_tests, &passed);
    failed += run_all(boot_tests, &passed);
    failed += run_all(machine_tests, &passed);
    failed += run_all(nested_tests, &passed);
    failed += run_all(fuzz_tests, &passed);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
