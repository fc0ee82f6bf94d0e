/* SPDX-License-Identifier: BSD-2-Clause
 * The line a run leaves. */
#include "run.h"

extern const char stubs[], stub_iret[];

const char *const mode_names[] = {"direct", "reinject", "drop"};

static const char *const why_names[] = {
    "page", "call", "exception", "msr", "nmi-window", "log-full", "task-switch", "timer", "shutdown", "other",
};

/* An address as a place: an offset in the guest's code, a handler's first instruction, its IRET. */
static void show_place(uint64_t rip, uint64_t entry)
{
    if (rip >= entry && rip < entry + 0x200) {
        put("+");
        put_number(rip - entry);
    } else if (rip >= (uint64_t)stubs && rip < (uint64_t)stubs + 4096) {
        put("handler");
        put_number((rip - (uint64_t)stubs) / 16);
    } else if (rip == (uint64_t)stub_iret) {
        put("iret");
    } else {
        put(rip >= ARENA && rip < PAGE(PAGES) ? "page" : "elsewhere");
    }
}

static void show_seen(const struct run *r, const struct seen *s)
{
    put(" #");
    put_number(s->vector);
    if (s->error) {
        put("[");
        put_hex(s->error);
        put("]");
    }
    put("@");
    show_place(s->rip, (uint64_t)r->w->entry);
    if (s->vector == 14) {
        put(" cr2=");
        put_hex(s->cr2);
    }
    if (s->vector == 1) {
        put(" dr6=");
        put_hex(s->dr6 & 0xe00f);
    }
    if (s->vector >= 32)
        put(s->in_service ? " in-service" : " virtual");
    put(";");
}

void report(const struct run *r)
{
    put("ORACLE ");
    put(r->w->name);
    put(" ");
    put(mode_names[r->mode]);
    for (unsigned int i = 0; i < seen_count && i < 16; i++)
        show_seen(r, &seen[i]);
    put(" ");
    put(r->end);
    if (r->end_code) {
        put("=");
        put_hex(r->end_code);
    }
    put(" result=");
    put_hex(r->result);
    put(" interrupted=");
    put_number(r->interrupted);
    if (r->w->flags & COUNTS) {
        put(" exits=");
        put_number(r->exits);
        for (unsigned int i = 0; i < r->exits; i++) {
            put(i ? "," : "(");
            put(why_names[r->whys[i]]);
            put(r->vectored[i] ? "!" : "");
        }
        put(") injected=");
        put_number(r->injections);
    }
    put("\n");
}
