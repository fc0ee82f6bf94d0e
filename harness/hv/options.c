/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Parsing of options.h. A word is name=value; words are separated by spaces.
 */
#include "options.h"

struct word {
    const char *text;
    uint32_t length;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static struct word next_word(const char **line)
{
    struct word w;

    while (is_space(**line))
        (*line)++;
    w = (struct word){*line, 0};
    while (**line && !is_space(**line)) {
        (*line)++;
        w.length++;
    }
    return w;
}

static bool word_is(struct word w, const char *text)
{
    uint32_t i = 0;

    for (; i < w.length && text[i]; i++)
        if (w.text[i] != text[i])
            return false;
    return i == w.length && !text[i];
}

/* The part behind "name=", or a word of length 0 at the same place. */
static bool value_of(struct word w, const char *name, struct word *value)
{
    uint32_t i = 0;

    for (; name[i]; i++)
        if (i >= w.length || w.text[i] != name[i])
            return false;
    if (i >= w.length || w.text[i] != '=')
        return false;
    *value = (struct word){w.text + i + 1, w.length - i - 1};
    return true;
}

static bool one_of(struct word value, const char *no, const char *yes, bool *result)
{
    *result = word_is(value, yes);
    return *result || word_is(value, no);
}

/* Decimal, 0 to 999999999. */
static bool number(struct word value, uint32_t *result)
{
    *result = 0;
    if (value.length == 0 || value.length > 9)
        return false;
    for (uint32_t i = 0; i < value.length; i++) {
        if (value.text[i] < '0' || value.text[i] > '9')
            return false;
        *result = *result * 10 + (uint32_t)(value.text[i] - '0');
    }
    return true;
}

static struct fault about(const char *text, struct word w)
{
    return (struct fault){text, w.text, w.length};
}

static struct fault parse_word(struct word w, struct options *o)
{
    struct word value;
    bool good;

    if (value_of(w, "events", &value))
        good = one_of(value, "direct", "core", &o->core_events);
    else if (value_of(w, "msr", &value))
        good = one_of(value, "ignore", "gp", &o->msr_gp);
    else if (value_of(w, "ontriple", &value))
        good = one_of(value, "stop", "reset", &o->reset_on_triple);
    else if (value_of(w, "elide", &value))
        good = one_of(value, "off", "on", &o->elide);
    else if (value_of(w, "vmx", &value))
        good = one_of(value, "off", "on", &o->vmx);
    else if (value_of(w, "shadow", &value))
        good = one_of(value, "off", "on", &o->shadow);
    else if (value_of(w, "evict", &value))
        good = number(value, &o->evict);
    else if (value_of(w, "nmi", &value))
        good = number(value, &o->nmi);
    else
        return about("unknown option: use events=, evict=, msr=, ontriple=, elide=, vmx=, shadow= or nmi=, not", w);
    return good ? NO_FAULT : about("malformed option, see harness/hv/README.md for its values", w);
}

/* Some loaders put the image's own path first (QEMU, old GRUB): a first word with '/' and without '=' is that. */
static bool is_path(struct word w)
{
    bool slash = false;

    for (uint32_t i = 0; i < w.length; i++) {
        if (w.text[i] == '=')
            return false;
        slash = slash || w.text[i] == '/';
    }
    return slash;
}

struct fault options_parse(const char *line, struct options *options)
{
    *options = (struct options){.core_events = true, .vmx = true, .shadow = true};
    for (bool first = true;; first = false) {
        const struct word w = next_word(&line);
        struct fault f;

        if (w.length == 0)
            return NO_FAULT;
        if (first && is_path(w))
            continue;
        f = parse_word(w, options);
        if (f.text)
            return f;
    }
}
