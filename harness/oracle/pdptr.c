/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Claim 3 (spec/claims/3-pdptrs.md): where the processor takes a PAE guest's PDPTEs from, when it saves them, and what L2
 * reads when a hypervisor writes them by one rule or another. L2 reads one word; which page that is, only its PDPTE says:
 * a, b: through tables A and B, whose PDPTEs are in the VMCS; c: through those in memory at CR3; d: without PAE paging.
 */
#include "vmx.h"

#define WINDOW 0x1800000ull /* pdptr_guest.S */
#define LARGE_PAGE 0x200000ull
#define RESERVED_BIT 2ull /* of a PDPTE */
#define CR0_PG (1ull << 31)
#define EFER_LMA (1ull << 10)
#define CR4_PSE 0x10ull
#define CR4_PAE 0x20ull
#define ENTRY_MSR_LIST 0x200a
#define MSR_LSTAR 0xc0000082u
#define TABLE(of) ((uint64_t)tables[of] | 1)
enum { A, B, MEMORY, TABLES };
enum { INVALID_BLOCKING = 3, CALL_LENGTH = 3 }; /* STI and MOV SS at a time: SDM 26.3.1.5 */

extern const char g_pdptr_read[], g_pdptr_cr3[], g_pdptr_on[];
extern uint64_t pdptr_memory[4];
uint64_t pdptr_memory[4] __attribute__((aligned(32)));
static uint64_t tables[TABLES][512] __attribute__((aligned(4096)));
static uint32_t directory32[1024] __attribute__((aligned(4096)));

static void setup(void)
{
    for (unsigned int of = 0; of < TABLES; of++) {
        for (uint64_t i = 0; i < 512; i++)
            tables[of][i] = i * LARGE_PAGE | 0x87;
        tables[of][WINDOW / LARGE_PAGE] += (of + 1) * LARGE_PAGE;
        *(volatile uint32_t *)(WINDOW + (of + 1) * LARGE_PAGE) = 0xa + of;
    }
    *(volatile uint32_t *)WINDOW = 0xd;
    for (uint32_t i = 0; i < 1024; i++)
        directory32[i] = i << 22 | 0x87;
    pdptr_memory[0] = TABLE(MEMORY);
}

static void put_fields(uint64_t pdpte)
{
    vmwrite(GUEST_PDPTE0, pdpte);
    for (uint64_t field = GUEST_PDPTE0 + 2; field <= GUEST_PDPTE0 + 6; field += 2)
        vmwrite(field, 0);
}

/* 32-bit L2 with paging, the VMCS's PDPTEs those of a table. */
static void fresh(struct regs *r, const char *entry, uint64_t pdpte, bool pae)
{
    hw_reset(r, (uint64_t)entry);
    hw_reset_32((uint64_t)entry);
    vmwrite(GUEST_CR0, cpu_cr0());
    vmwrite(GUEST_CR4, pae ? cpu_cr4() : (cpu_cr4() & ~CR4_PAE) | CR4_PSE);
    vmwrite(GUEST_CR3, pae ? (uint64_t)pdptr_memory : (uint64_t)directory32);
    put_fields(pdpte);
}

static void name(const char *text)
{
    put("ORACLE ");
    put(text);
    put(" look");
}

static void show_read(const struct regs *r, struct exit x)
{
    if (x.code >> 31) {
        put(" failed=");
        put_hex(x.code);
        put("/");
        put_hex(x.address);
    } else if (x.why == CALL) {
        put(" read=");
        put_hex(r->rdi);
    } else {
        put(" BAD-EXIT=");
        put_hex(x.code);
    }
}

static void show_fields(void)
{
    static const char *const names[] = {"A", "B", "memory"};
    const uint64_t pdpte = vmread(GUEST_PDPTE0);

    put(" fields=");
    for (unsigned int of = 0; of < TABLES; of++) {
        if ((pdpte & ~RESERVED_BIT) == TABLE(of)) {
            put(names[of]);
            put(pdpte & RESERVED_BIT ? "+reserved" : "");
            return;
        }
    }
    put_hex(pdpte);
}

static void one(const char *witness, const char *entry, uint64_t pdpte, bool pae, bool fails)
{
    struct regs r;

    fresh(&r, entry, pdpte, pae);
    if (fails)
        vmwrite(GUEST_INTERRUPTIBILITY, INVALID_BLOCKING);
    name(witness);
    show_read(&r, hw_run(&r, (struct event){0}));
    show_fields();
    put("\n");
}

/* What the processor does. */
static void processor(void)
{
    struct regs r;
    struct exit x;

    one("pdptr-from-vmcs", g_pdptr_read, TABLE(A), true, false);
    one("pdptr-saved", g_pdptr_cr3, TABLE(A), true, false);
    one("pdptr-outside", g_pdptr_read, TABLE(A), false, false);
    one("pdptr-failed", g_pdptr_read, TABLE(B), true, true);
    one("pdptr-failed-outside", g_pdptr_read, TABLE(B), false, true);
    one("pdptr-reserved", g_pdptr_read, TABLE(A) | RESERVED_BIT, true, false);
    one("pdptr-reserved-outside", g_pdptr_read, TABLE(A) | RESERVED_BIT, false, false);
    one("pdptr-on-by-guest", g_pdptr_on, TABLE(A), false, false);
    fresh(&r, g_pdptr_read, TABLE(A), true);
    vmwrite(PROC2_CTL, vmx.proc2 & ~(PROC2_EPT | PROC2_UNRESTRICTED | PROC2_PML | PROC2_VE));
    name("pdptr-no-ept");
    x = hw_run(&r, (struct event){0});
    vmwrite(PROC2_CTL, vmx.proc2);
    show_read(&r, x);
    put("\n");
}

/* An L0 of claim 3: which writes it has, and what it remembers. */
struct l0 {
    bool early, late, ours;
    bool narrowed; /* its early write asks for PAE paging, by the mode before L2's is loaded */
    bool eager; /* forgets the news when an entry is prepared, not when it has succeeded */
    bool clean; /* its L1 says by clean fields what has changed, and relies on the rest */
    bool news, held;
    unsigned int writes;
    uint64_t pdpte, cr4, blocking; /* of its vmcs12 */
};

static void write_pdptrs(struct l0 *l0)
{
    put_fields(l0->pdpte);
    l0->writes += 4;
}

static bool pae_paging(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    return cr0 & CR0_PG && cr4 & CR4_PAE && !(efer & EFER_LMA);
}

/* One entry of L2 from the start of its code, and what is synchronised after it. */
static struct exit enter(struct l0 *l0, struct regs *r)
{
    const bool pae = l0->cr4 & CR4_PAE;
    struct exit x;

    if (l0->early && l0->news && (!l0->narrowed || pae_paging(cpu_cr0(), cpu_cr4(), cpu_rdmsr(MSR_EFER))))
        write_pdptrs(l0);
    vmwrite(GUEST_CR4, l0->cr4);
    vmwrite(GUEST_INTERRUPTIBILITY, l0->blocking);
    vmwrite(GUEST_RIP, (uint64_t)g_pdptr_read);
    if (pae && ((l0->late && l0->news) || (l0->ours && !l0->held)))
        write_pdptrs(l0);
    if (l0->ours && pae)
        l0->held = true;
    if (l0->eager)
        l0->news = false;
    x = hw_run(r, (struct event){0});
    if (x.code >> 31)
        return x;
    l0->news = false;
    l0->held = pae || !l0->clean;
    if (pae)
        l0->pdpte = vmread(GUEST_PDPTE0);
    return x;
}

/* L2 has run on A. L1 gives B to an L2 outside PAE paging; that entry fails, or not; L1 turns PAE on by CR4 alone. */
static void history(const char *witness, struct l0 l0, bool fails)
{
    struct regs r;

    fresh(&r, g_pdptr_read, 0, false);
    name(witness);
    l0.pdpte = TABLE(A);
    l0.cr4 = cpu_cr4();
    l0.news = true;
    show_read(&r, enter(&l0, &r));
    l0.pdpte = TABLE(B);
    l0.cr4 = (cpu_cr4() & ~CR4_PAE) | CR4_PSE;
    l0.news = true;
    l0.held = false;
    l0.blocking = fails ? INVALID_BLOCKING : 0;
    show_read(&r, enter(&l0, &r));
    l0.cr4 = cpu_cr4();
    l0.blocking = 0;
    show_read(&r, enter(&l0, &r));
    put(" writes=");
    put_number(l0.writes);
    put("\n");
}

/* The first entry of an L2 in PAE paging; this L1 is not in PAE paging but in long mode. */
static void first(const char *witness, struct l0 l0)
{
    struct regs r;

    fresh(&r, g_pdptr_read, TABLE(B), true);
    name(witness);
    l0.pdpte = TABLE(A);
    l0.cr4 = cpu_cr4();
    l0.news = true;
    show_read(&r, enter(&l0, &r));
    put(" writes=");
    put_number(l0.writes);
    put("\n");
}

/* The same on the processor itself: what fails is an entry of the MSR-load list, and that is repaired in memory, by no VMWRITE.
 * A processor has read b; a hypervisor that is one for us may have forgotten that B is news when it prepared what failed. */
static void repaired(const char *witness)
{
    static struct {
        uint64_t index, value;
    } list[1] __attribute__((aligned(16)));
    struct regs r;

    list[0].index = MSR_LSTAR;
    fresh(&r, g_pdptr_read, TABLE(A), true);
    vmwrite(ENTRY_MSR_LIST, (uint64_t)list);
    vmwrite(ENTRY_MSR_LOAD, 1);
    name(witness);
    show_read(&r, hw_run(&r, (struct event){0}));
    put_fields(TABLE(B));
    list[0].index = MSR_FS_BASE; /* never in a list: SDM 26.4 */
    vmwrite(GUEST_CR4, (cpu_cr4() & ~CR4_PAE) | CR4_PSE);
    vmwrite(GUEST_RIP, (uint64_t)g_pdptr_read);
    show_read(&r, hw_run(&r, (struct event){0}));
    list[0].index = MSR_LSTAR;
    vmwrite(GUEST_CR4, cpu_cr4());
    show_read(&r, hw_run(&r, (struct event){0}));
    vmwrite(ENTRY_MSR_LOAD, 0);
    put("\n");
}

void pdptr_looks(void)
{
    if (!hw_tasks_exit())
        return;
    setup();
    processor();
    first("pdptr-first-both", (struct l0){.early = true, .late = true});
    first("pdptr-first-drop-late", (struct l0){.early = true});
    first("pdptr-first-drop-early", (struct l0){.late = true});
    first("pdptr-first-narrowed", (struct l0){.early = true, .narrowed = true});
    first("pdptr-first-ours", (struct l0){.ours = true});
    history("pdptr-failed-both", (struct l0){.early = true, .late = true, .eager = true}, true);
    history("pdptr-failed-drop-late", (struct l0){.early = true, .eager = true}, true);
    history("pdptr-failed-drop-early", (struct l0){.late = true, .eager = true}, true);
    history("pdptr-failed-late-patient", (struct l0){.late = true}, true);
    history("pdptr-failed-ours", (struct l0){.ours = true}, true);
    history("pdptr-clean-drop-late", (struct l0){.early = true, .eager = true, .clean = true}, false);
    history("pdptr-clean-drop-early", (struct l0){.late = true, .eager = true, .clean = true}, false);
    history("pdptr-clean-ours", (struct l0){.ours = true, .clean = true}, false);
    repaired("pdptr-repaired");
}
