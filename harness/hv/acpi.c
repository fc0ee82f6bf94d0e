/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ACPI 6.4 sections 5.2.5 (RSDP), 5.2.7 and 5.2.8 (RSDT, XSDT), 5.2.9 (FADT), 5.2.12 (MADT); without ACPI, the
 * Intel MultiProcessor Specification 1.4, chapter 4. Anything that does not check out counts as absent.
 */
#include "acpi.h"

enum { BIOS_AREA = 0xe0000, BIOS_AREA_END = 0x100000, EBDA_POINTER = 0x40e, EBDA_SEARCH = 0x400 };
enum { MADT_LOCAL_APIC = 0, MADT_LOCAL_X2APIC = 9 };

/* Address of a structure that starts with `signature` on a 16-byte boundary; 0 if there is none. */
static uint64_t scan(struct bytes physical, uint64_t from, uint64_t to, const char *signature, unsigned int length)
{
    for (uint64_t at = from & ~15ull; at < to; at += 16)
        if (bytes_equal(physical, at, signature, length))
            return at;
    return 0;
}

static uint64_t find(struct bytes physical, const char *signature, unsigned int length)
{
    const uint64_t ebda = bytes_get(physical, EBDA_POINTER, 2) << 4;
    const uint64_t found = ebda ? scan(physical, ebda, ebda + EBDA_SEARCH, signature, length) : 0;

    return found ? found : scan(physical, BIOS_AREA, BIOS_AREA_END, signature, length);
}

/* A system description table as bytes; empty if the header does not fit into memory. */
static struct bytes table_at(struct bytes physical, uint64_t address)
{
    const uint64_t length = bytes_get(physical, address + 4, 4);

    return bytes_part(physical, address, length >= 36 ? length : 0);
}

static void read_madt(struct bytes madt, struct firmware *fw)
{
    uint32_t processors = 0;

    for (uint64_t at = 44; bytes_has(madt, at, 2);) {
        const uint64_t type = bytes_get(madt, at, 1), length = bytes_get(madt, at + 1, 1);

        if (length < 2)
            break;
        if (type == MADT_LOCAL_APIC && bytes_get(madt, at + 4, 4) & 1)
            processors++;
        if (type == MADT_LOCAL_X2APIC && bytes_get(madt, at + 8, 4) & 1)
            processors++;
        at += length;
    }
    if (processors)
        fw->processors = processors;
}

static void read_table(struct bytes table, struct firmware *fw)
{
    if (bytes_equal(table, 0, "APIC", 4))
        read_madt(table, fw);
    if (bytes_equal(table, 0, "FACP", 4))
        fw->pm1a_control = (uint16_t)bytes_get(table, 64, 4);
}

static bool read_acpi(struct bytes physical, struct firmware *fw)
{
    const uint64_t rsdp = find(physical, "RSD PTR ", 8);
    const bool extended = rsdp && bytes_get(physical, rsdp + 15, 1) >= 2 && bytes_get(physical, rsdp + 24, 8);
    const unsigned int word = extended ? 8 : 4;
    struct bytes root;

    if (!rsdp)
        return false;
    root = table_at(physical, extended ? bytes_get(physical, rsdp + 24, 8) : bytes_get(physical, rsdp + 16, 4));
    for (uint64_t at = 36; bytes_has(root, at, word); at += word)
        read_table(table_at(physical, bytes_get(root, at, word)), fw);
    return true;
}

static void read_mp_table(struct bytes physical, struct firmware *fw)
{
    const uint64_t pointer = find(physical, "_MP_", 4);
    const uint64_t table = pointer ? bytes_get(physical, pointer + 4, 4) : 0;
    const uint64_t count = bytes_get(physical, table + 34, 2);
    uint32_t processors = 0;

    if (!table || !bytes_equal(physical, table, "PCMP", 4))
        return;
    /* Processor entries come first and are 20 bytes long; bit 0 of the flags at 3 means enabled. */
    for (uint64_t i = 0, at = table + 44; i < count && bytes_has(physical, at, 20); i++, at += 20) {
        if (bytes_get(physical, at, 1) != 0)
            break;
        processors += (uint32_t)bytes_get(physical, at + 3, 1) & 1u;
    }
    if (processors)
        fw->processors = processors;
}

struct firmware firmware_read(struct bytes physical)
{
    struct firmware fw = {.processors = 1, .pm1a_control = 0};

    if (!read_acpi(physical, &fw))
        read_mp_table(physical, &fw);
    return fw;
}
