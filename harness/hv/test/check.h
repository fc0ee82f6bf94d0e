/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A test is a function; a failed CHECK says where and is counted, the test goes on. main.c lists the tests.
 */
#ifndef HV_TEST_CHECK_H
#define HV_TEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

void check(bool holds, const char *file, int line, const char *what);
#define CHECK(condition) check((condition), __FILE__, __LINE__, #condition)

uint64_t test_random(void); /* the same sequence in every run */
void put(uint8_t *bytes, uint64_t value, unsigned int length); /* little endian */

struct test {
    const char *name;
    void (*run)(void);
};
extern const struct test vmx_tests[], boot_tests[], machine_tests[], nested_tests[], fuzz_tests[];

#endif
