/* SPDX-License-Identifier: BSD-2-Clause
 *
 * harness/hv/options.c: the hypervisor's command line.
 */
#include <string.h>

#include "support.h"

#include "../../harness/hv/options.h"

static struct options good(const char *line)
{
    struct options o;

    ck_assert_ptr_null(options_parse(line, &o).text);
    return o;
}

/* Refused, with the word that is wrong. */
static void bad(const char *line, const char *word)
{
    struct options o;
    const struct fault f = options_parse(line, &o);

    ck_assert_msg(f.text != NULL, "taken: %s", line);
    ck_assert_uint_eq(f.detail_length, strlen(word));
    ck_assert(strncmp(f.detail, word, f.detail_length) == 0);
}

START_TEST(defaults)
{
    const char *lines[] = {"", " ", " \t ", "/boot/hv.elf", "  hv/hv.elf  "};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct options o = good(lines[i]);

        ck_assert(o.core_events && !o.msr_gp && !o.reset_on_triple && o.evict == 0 && o.nmi == 0 && o.vmx);
    }
}
END_TEST

START_TEST(each_option)
{
    struct options o = good("events=direct msr=gp ontriple=reset evict=5000 nmi=7");

    ck_assert(!o.core_events && o.msr_gp && o.reset_on_triple && o.evict == 5000 && o.nmi == 7);
    ck_assert(!o.elide && good("elide=on").elide && !good("elide=on elide=off").elide);
    ck_assert(o.vmx && !good("vmx=off").vmx && good("vmx=off vmx=on").vmx);
    o = good("/x/hv.elf\tnmi=0  events=core msr=ignore ontriple=stop evict=999999999 ");
    ck_assert(o.core_events && !o.msr_gp && !o.reset_on_triple && o.evict == 999999999 && o.nmi == 0);
    ck_assert(good("events=direct events=core").core_events); /* the last one counts */
}
END_TEST

START_TEST(malformed_options)
{
    static const char *const words[] = {
        "events=", "events", "events=cores", "events=cor", "events=Core", "events==core", "event=core", "eventss=core",
        "evict=", "evict=-1", "evict=1000000000", "evict=12a", "evict=0x10", "evict= 5", "msr=ignored", "ontriple=halt",
        "nmi=one", "elide=", "elide=yes", "vmx=", "vmx=no", "vmx=offf", "=core", "=", "quiet", "memtop=4", "EVICT=1", "nmi=1,2",
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char line[64];
        const char *space = strchr(words[i], ' ');
        char first[64];

        strcpy(first, words[i]);
        if (space)
            first[space - words[i]] = 0;
        bad(words[i], first);
        strcpy(line, "nmi=3 ");
        strcat(line, words[i]);
        bad(line, first);
        strcpy(line, first);
        strcat(line, "\tnmi=3");
        bad(line, first);
    }
}
END_TEST

/* Only the first word may be the image's path. */
START_TEST(path_later_is_an_option)
{
    bad("nmi=1 /boot/hv.elf", "/boot/hv.elf");
    bad("a/b c/d", "c/d");
}
END_TEST

TCase *hv_options_tests(void)
{
    TCase *t = tcase_create("hv options");

    tcase_add_test(t, defaults);
    tcase_add_test(t, each_option);
    tcase_add_test(t, malformed_options);
    tcase_add_test(t, path_later_is_an_option);
    return t;
}
