/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/event/encode.c: records and the words of VMCS and VMCB, both ways, over every type, vector and error bit. The words are
 * built here from the tables: SDM 24-13 to 24-16, APM vol. 2 figure 15-4 (EVENTINJ) and 15.7.2 (EXITINTINFO).
 */
#include "support.h"

#include "encode.h"

/* bits 7:0 vector, 10:8 type, 11 error code valid, 30:12 zero, 31 valid */
static uint32_t word(uint32_t vector, uint32_t type, bool error)
{
    return 0x80000000u | vector | type << 8 | (error ? 0x800u : 0);
}

static uint32_t soft_length(uint32_t type)
{
    return type >= 4 && type <= 6 ? 3 : 0;
}

START_TEST(vmx_round_trip)
{
    for (uint32_t type = 0; type < 8; type++)
        for (uint32_t vector = 0; vector < 256; vector++)
            for (uint32_t error = 0; error < 2; error++)
                for (uint32_t unused = 0; unused < 2; unused++) {
                    const uint8_t length = (uint8_t)soft_length(type);
                    const struct pn_event e = vectored((uint8_t)type, (uint8_t)vector, length, error, error * 0x8123);
                    const uint32_t info = pn_vmx_entry_info(e);
                    const struct pn_vectoring x = pn_vmx_vectoring(info | unused << 12, 0x8123, 3);

                    HOLDS(info == word(vector, type, error));
                    HOLDS(x.valid && !x.nmi_unblocked_by_iret);
                    HOLDS(x.type == e.type && x.vector == e.vector && x.length == e.length);
                    HOLDS(x.has_error == e.has_error && x.error == e.error);
                }
}
END_TEST

/* APM 15.20: type 3 for INT3 and INTO (6 here), bits 63:32 the error code, all of it. */
START_TEST(svm_round_trip)
{
    static const uint32_t codes[] = {0, 0x8123, 0x80000007, 0xffffffff};

    for (uint32_t type = 0; type < 8; type++)
        for (uint32_t vector = 0; vector < 256; vector++)
            for (uint32_t error = 0; error < 2; error++)
                for (size_t i = 0; i < 4; i++) {
                    struct pn_event e = vectored((uint8_t)type, (uint8_t)vector, (uint8_t)soft_length(type), error, codes[i]);
                    const uint32_t field = type == 6 ? 3 : type;
                    const uint64_t info = pn_svm_eventinj(e);
                    const struct pn_vectoring x = pn_svm_exitintinfo(info);

                    HOLDS(info == ((error ? (uint64_t)codes[i] << 32 : 0) | word(vector, field, error)));
                    HOLDS(x.valid && x.type == field && x.vector == vector && x.length == 0 && !x.nmi_unblocked_by_iret);
                    HOLDS(x.has_error == (error != 0) && x.error == (error ? codes[i] : 0));
                }
}
END_TEST

/* Bit 31 alone says whether there is anything; nothing of the rest shows without it. */
START_TEST(nothing_interrupted)
{
    const struct pn_vectoring a = pn_vmx_vectoring(0x7fffffff, 5, 5);
    const struct pn_vectoring b = pn_svm_exitintinfo(0xffffffff7fffffffull);

    ck_assert(!a.valid && !a.has_error && a.error == 0 && a.length == 0 && a.type == 0 && a.vector == 0);
    ck_assert(!b.valid && !b.has_error && b.error == 0 && b.length == 0 && b.type == 0 && b.vector == 0);
}
END_TEST

/* Without bit 11 the error code field holds whatever was there. Reserved bits of EXITINTINFO say nothing. */
START_TEST(stale_fields)
{
    const struct pn_vectoring a = pn_vmx_vectoring(word(13, 3, false), 0x1234, 9);
    const struct pn_vectoring b = pn_svm_exitintinfo(0x1234ull << 32 | 0x7ffff000 | word(13, 3, false));
    const struct pn_vectoring c = pn_vmx_vectoring(word(0x80, 4, false), 0x1234, 2);

    ck_assert(a.valid && !a.has_error && a.error == 0 && a.length == 0);
    ck_assert(b.valid && !b.has_error && b.error == 0 && b.type == 3 && b.vector == 13);
    ck_assert(c.valid && c.length == 2 && c.type == 4 && c.vector == 0x80);
}
END_TEST

TCase *words_tests(void)
{
    TCase *t = tcase_create("words");

    tcase_add_test(t, vmx_round_trip);
    tcase_add_test(t, svm_round_trip);
    tcase_add_test(t, nothing_interrupted);
    tcase_add_test(t, stale_fields);
    return t;
}
