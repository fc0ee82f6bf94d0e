/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CR2, DR6, DR7.GD and RFLAGS.RF: SDM 17.2.3, 17.2.4, 17.3.1, 27.1, 26.5.1.1; APM vol. 2, 13.1.1.3, 15.12.2, 15.20.
 */
#include "suite.h"

/* The bits of DR6 that mean anything, and of the conditions: all combinations of both. */
static const unsigned int bits[9] = {0, 1, 2, 3, 11, 13, 14, 15, 16};

static uint64_t spread(unsigned int n)
{
    uint64_t word = 0;

    for (unsigned int i = 0; i < 9; i++)
        word |= (uint64_t)(n >> i & 1) << bits[i];
    return word;
}

static struct pn_event debug_event(const struct rig *r, uint8_t kind, uint64_t conditions)
{
    struct pn_event e = event_of(r, 3, PN_VECTOR_DB);

    e.db_kind = kind;
    e.has_payload = true;
    e.payload = conditions;
    return e;
}

static void status(enum oracle_vendor vendor, uint64_t before, uint64_t conditions)
{
    struct rig *r = rig_fresh(vendor);

    r->cpu.dr6 = before;
    compared(model_dr6(before, conditions) == oracle_dr6(vendor, before, conditions) ? NULL : "the model's table",
             "DR6 %llx with %llx", (unsigned long long)before, (unsigned long long)conditions);
    pn_queue_exception(&r->v, debug_event(r, PN_DB_DATA_OR_IO, conditions));
    inject_as_oracle(r);
}

void debug_status_bits(enum oracle_vendor vendor)
{
    static const uint64_t rest[] = {0, 0xfffe07f0, UINT64_C(0xffffffff00000000)};

    for (unsigned int i = 0; i < 512; i++)
        for (unsigned int j = 0; j < 512; j++)
            status(vendor, spread(i) | rest[(i ^ j) % 3], spread(j));
    for (unsigned int k = 0; k < 64; k++) { /* a bit alone, reserved ones included, on both sides */
        status(vendor, UINT64_C(1) << k, 0);
        status(vendor, 0, UINT64_C(1) << k);
        status(vendor, ~UINT64_C(0), UINT64_C(1) << k);
    }
}

/* Every kind, with and without a payload, with DR7.GD and RF in both states, then its re-injection. */
void debug_kinds(enum oracle_vendor vendor)
{
    for (unsigned int n = 0; n < 8 * 2 * 2 * 2; n++) {
        struct rig *r = rig_fresh(vendor);
        struct pn_event e = debug_event(r, (uint8_t)(n % 8), UINT64_C(0x4005));

        if (n % 8 == PN_DB_ICEBP && vendor == ORACLE_INTEL) { /* AMD has no type 5: INT1 is a #DB */
            e.type = PN_TYPE_PRIV_EXCEPTION;
            e.length = 1;
        }
        e.has_payload = n & 8;
        e.payload = e.has_payload ? e.payload : 0;
        r->cpu.dr7 = n & 16 ? 0x2400 : 0x400;
        r->cpu.rf = n & 32;
        pn_queue_exception(&r->v, e);
        inject_as_oracle(r);
        if (r->cpu.entry) { /* the entry does not run: the same again, without effects */
            pn_cancel_injection(&r->v);
            r->cpu.dr6 = 0x1234;
            r->cpu.dr7 |= 0x2000;
            inject_as_oracle(r);
        }
    }
}

/* What the processor of the model writes at each moment is what the table says; the core writes the rest. */
void payload_moments(enum oracle_vendor vendor)
{
    static const uint8_t vectors[] = {1, 14};

    for (unsigned int n = 0; n < 6; n++) {
        const enum oracle_moment moment = (enum oracle_moment)(n % 3);
        struct rig *r = rig_fresh(vendor);
        struct pn_event e = event_of(r, 3, vectors[n / 3]);
        struct oracle_written want, got;

        e.db_kind = e.vector == PN_VECTOR_DB ? PN_DB_CODE_BREAKPOINT : PN_DB_NONE;
        e.has_payload = true;
        e.payload = e.vector == PN_VECTOR_DB ? 1 : 0x1000;
        r->cpu.dr7 |= 0x2000;
        r->cpu.bitmap = moment == ORACLE_INTERCEPTED ? ~0u : 0;
        if (moment == ORACLE_INJECTED)
            model_deliver(&r->cpu, e, true);
        else
            model_raise(&r->cpu, e);
        got = (struct oracle_written){r->cpu.cr2 != 0, r->cpu.dr6 & 1, !(r->cpu.dr7 & 0x2000)};
        want = oracle_written(vendor, e.vector, moment);
        compared(got.cr2 == want.cr2 && got.dr6 == want.dr6 && got.gd == want.gd ? NULL : "what the processor writes",
                 "vector %u, moment %d: cr2 %d dr6 %d gd %d", e.vector, (int)moment, got.cr2, got.dr6, got.gd);
    }
}

/* A guest hypervisor intercepts the exception that waits: AMD has written DR6 and DR7.GD for a #DB, nobody anything else. */
void intercepted_exceptions(enum oracle_vendor vendor)
{
    for (unsigned int n = 0; n < 32 * 8; n++) {
        struct rig *r = rig_fresh(vendor);
        struct pn_event e = event_of(r, 3, (uint8_t)(n / 8)), got;
        struct oracle_written written;
        uint64_t dr6, dr7;

        if (!exists(vendor, 3, e.vector) || e.vector == 21)
            continue;
        e.has_payload = (n & 1) && model_payload_allowed(3, e.vector);
        e.payload = e.has_payload ? UINT64_C(0x4002) : 0;
        r->cpu.cr2 = 0xaaaa;
        r->cpu.dr6 = n & 2 ? 0xffff0ff1 : 0xffff2ff0;
        r->cpu.dr7 = n & 4 ? 0x2400 : 0x400;
        written = oracle_written(vendor, e.vector, ORACLE_INTERCEPTED);
        dr6 = written.dr6 && e.has_payload ? oracle_dr6(vendor, r->cpu.dr6, e.payload) : r->cpu.dr6;
        dr7 = written.gd ? r->cpu.dr7 & ~UINT64_C(0x2000) : r->cpu.dr7;
        pn_queue_exception(&r->v, e);
        got = pn_intercept_exception(&r->v);
        compared(r->cpu.cr2 == 0xaaaa && r->cpu.dr6 == dr6 && r->cpu.dr7 == dr7 && oracle_same(got, e) &&
                         got.has_payload == (e.has_payload && !written.dr6) && !oracle_sound(&r->cpu, &r->v)
                     ? NULL
                     : "what is written and what is handed over",
                 "vector %u, payload %d, DR6 %llx DR7 %llx", e.vector, e.has_payload, (unsigned long long)r->cpu.dr6,
                 (unsigned long long)r->cpu.dr7);
    }
}

/* CVE-2015-8104, CVE-2015-5307: #DB and #AC can raise themselves without end. */
void exception_bitmaps(enum oracle_vendor vendor)
{
    (void)vendor;
    for (unsigned int bit = 0; bit < 64; bit++) {
        const uint64_t got = pn_exception_bitmap(UINT64_C(1) << bit);

        compared(got == (UINT64_C(1) << bit | 1u << 1 | 1u << 17) ? NULL : "the bitmap", "bit %u", bit);
    }
}
