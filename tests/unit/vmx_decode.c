/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vendor/vmx/decode.c: from the exit's words to the core's records.
 */
#include <string.h>

#include "support.h"

#include "../../vendor/vmx/decode.h"

/* SDM table 24-18: vector, type, error bit, (bit 12 undefined), valid. */
static uint32_t word(uint32_t vector, uint32_t type, bool error)
{
    return 0x80000000u | vector | type << 8 | (error ? 0x800u : 0);
}

START_TEST(exception_exits)
{
    for (uint32_t vector = 0; vector < 32; vector++) {
        const bool has = model_has_error(false, 3, (uint8_t)vector, true);
        const struct vmx_exit_words words = {word(vector, 3, has), 0x5678, 9, 0xabcdef, 0x400};
        const struct pn_event e = vmx_decode_exception(words);

        ck_assert(e.stage == PN_STAGE_PENDING && e.origin == PN_BY_HARDWARE && e.type == 3 && e.vector == vector);
        ck_assert(e.length == 0 && e.has_error == has && e.error == (has ? 0x5678u : 0u));
        ck_assert_int_eq(e.has_payload, vector == 1 || vector == 14);
        ck_assert_uint_eq(e.payload, e.has_payload ? 0xabcdef : 0);
    }
}
END_TEST

START_TEST(software_exception_exits)
{
    const struct vmx_exit_words int3 = {word(3, 6, false), 1, 1, 7, 0};
    const struct vmx_exit_words int1 = {word(1, 5, false), 1, 1, 7, 0};
    const struct pn_event a = vmx_decode_exception(int3), b = vmx_decode_exception(int1);

    ck_assert(a.type == 6 && a.vector == 3 && a.length == 1 && !a.has_payload && !a.has_error && a.error == 0);
    ck_assert(b.type == 5 && b.vector == 1 && b.length == 1 && !b.has_payload && b.db_kind == PN_DB_ICEBP);
}
END_TEST

/* Which kind of #DB: general detect, code breakpoint (R/W = 0 in DR7), single step, bus lock, data. */
START_TEST(debug_kinds)
{
    static const struct {
        uint64_t qualification, dr7;
        uint8_t kind;
    } cases[] = {
        {1u << 13, 0, PN_DB_GENERAL_DETECT},   {1u << 14, 0, PN_DB_SINGLE_STEP},
        {1u << 11, 0, PN_DB_BUS_LOCK},         {1, 0, PN_DB_CODE_BREAKPOINT},
        {1, 0x10000, PN_DB_DATA_OR_IO},        {1, 0x30000, PN_DB_DATA_OR_IO},
        {2, 0x30000, PN_DB_CODE_BREAKPOINT},   {2, 0x100000, PN_DB_DATA_OR_IO},
        {4, 0x1000000, PN_DB_DATA_OR_IO},      {8, 0x10000000, PN_DB_DATA_OR_IO},
        {8, 0x0fffffff, PN_DB_CODE_BREAKPOINT}, {0x4001, 0x10000, PN_DB_SINGLE_STEP},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct vmx_exit_words words = {word(1, 3, false), 0, 0, cases[i].qualification, cases[i].dr7};

        ck_assert_uint_eq(vmx_decode_exception(words).db_kind, cases[i].kind);
    }
}
END_TEST

START_TEST(reason_names)
{
    ck_assert_str_eq(vmx_reason_name(0), "exception-or-nmi");
    ck_assert_str_eq(vmx_reason_name(48), "ept-violation");
    ck_assert_str_eq(vmx_reason_name(35), "reserved");
    ck_assert_str_eq(vmx_reason_name(1000), "reserved");
    for (uint32_t i = 0; i < 70; i++)
        for (uint32_t j = 0; j < i; j++)
            ck_assert(strcmp(vmx_reason_name(i), vmx_reason_name(j)) != 0 ||
                      strcmp(vmx_reason_name(i), "reserved") == 0);
}
END_TEST

TCase *vmx_decode_tests(void)
{
    TCase *t = tcase_create("vmx words");

    tcase_add_test(t, exception_exits);
    tcase_add_test(t, software_exception_exits);
    tcase_add_test(t, debug_kinds);
    tcase_add_test(t, reason_names);
    return t;
}
