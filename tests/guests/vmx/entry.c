/* SPDX-License-Identifier: BSD-2-Clause
 *
 * VM entry's checks (SDM 26.2, 26.3): each rule of spec/rules by its id (facts/spec-rules.md), at least one entry that it rejects and one that it lets
 * pass; the rest of the VMCS is a valid guest. What the manual wants is in the table: an entry that ends otherwise says WRONG.
 */
#include "entry.h"

GUEST(e_code, "nop");

static uint64_t value(const struct change *c, uint64_t old)
{
    uint32_t a = 0x80000008, b, d, cx = 0;

    switch (c->how) {
    case '|':
        return old | c->value;
    case '&':
        return old & ~c->value;
    case '^':
        return old ^ c->value;
    case 'w': /* so much below the end of physical memory */
        __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(cx), "=d"(d));
        return (1ull << (a & 0xff)) - c->value;
    default:
        return c->value;
    }
}

void apply(const struct change change[6])
{
    for (unsigned int i = 0; i < 6 && change[i].how; i++) {
        if (change[i].how == 'm') /* memory: field is an offset into pages */
            put64((uint64_t)pages + change[i].field, change[i].value);
        else
            set(change[i].field, value(&change[i], change[i].how == '=' ? 0 : get(change[i].field)));
    }
}

static bool is(const struct check *c, struct exit x)
{
    switch (c->want) {
    case OK:
        return !x.failed && !(x.reason >> 31);
    case F7:
    case F8:
        return x.failed == 2 && x.error == (c->want == F7 ? 7 : 8);
    case EITHER: /* as the machine offers it */
        return true;
    case CONTROLS_OR_HOST:
        return x.failed == 2 && (x.error == 7 || x.error == 8);
    default:
        return !x.failed && x.reason == 0x80000021 && x.qualification == c->qualification;
    }
}

static void one(const struct check *c)
{
    struct exit x;

    base(c->guest, e_code);
    apply(c->change);
    x = go();
    say("VMX entry %s/%s ", c->rule, c->name);
    if (x.failed)
        say("%s=%u", x.failed == 2 ? "fail" : "invalid", (uint64_t)x.error);
    else if (x.reason >> 31)
        say("exit=%u! qualification=%u", (uint64_t)(x.reason & 0xffff), x.qualification);
    else
        say("entered exit=%u", (uint64_t)x.reason);
    say("%s\n", is(c, x) ? "" : " WRONG by the manual");
    if (!x.failed && x.reason == 0 && get(EXIT_INFO) >> 8 & 1) /* an NMI exit leaves them blocked */
        __asm__ volatile("int $2");
}

/* What the bare machine does not survive: `nested` is on the line where there is a hypervisor below. */
static void fatal_if_bare(void)
{
    for (const struct check *c = fatal_checks; c->rule; c++) {
        if (nested)
            one(c);
        else
            say("VMX entry %s/%s not tried\n", c->rule, c->name);
    }
}

/* A failed entry changes nothing but what the manual says (SDM 26.2, 26.8): VMfail the error, exit 33 reason and
 * qualification. */
static void frames(void)
{
    for (unsigned int i = 0; i < 3; i++) {
        struct exit x;

        base(LONG, e_code);
        once("entry", "frame/before");
        set(GUEST_RIP, (uint64_t)e_code);
        set(i == 0 ? PIN_CTL : i == 1 ? HOST_CR4 : GUEST_RFLAGS, 0);
        set(ENTRY_INFO, 0x80000306);
        x = go();
        say("VMX entry frame/%u failed=%u error=%u reason=%x reason-now=%x info=%x entry=%x rip=%x\n", (uint64_t)i,
            (uint64_t)x.failed, (uint64_t)x.error, (uint64_t)x.reason, get(EXIT_REASON), get(EXIT_INFO),
            get(ENTRY_INFO), get(GUEST_RIP));
        set(i == 0   ? PIN_CTL
            : i == 1 ? HOST_CR4
                     : GUEST_RFLAGS,
            i == 0   ? settle(MSR_PIN, PIN_NMI | PIN_VIRTUAL_NMI | PIN_TIMER)
            : i == 1 ? cr4()
                     : 2);
        once("entry", "frame/after"); /* the launch state stands, and the event is still there */
        show_seen();
    }
}

void area_entry(void)
{
    rig_setup();
    rig_on();
    for (const struct check *c = control_checks; c->rule; c++)
        one(c);
    for (const struct check *c = host_checks; c->rule; c++)
        one(c);
    for (const struct check *c = guest_checks; c->rule; c++)
        one(c);
    for (const struct check *c = segment_checks; c->rule; c++)
        one(c);
    for (const struct check *c = edge_checks; c->rule; c++)
        one(c);
    fatal_if_bare();
    frames();
    __asm__ volatile("vmxoff");
}
