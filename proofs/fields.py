# SPDX-License-Identifier: BSD-2-Clause
"""spec/fields/vmcs.tbl, read; and what is made from it (MADE, below): the enumeration, the tables of encodings, both as logic.
Without arguments: compare. --write: write."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "spec/fields/vmcs.tbl")
COLUMNS = ("name", "encoding", "width", "owner", "group", "when", "save", "shadow")

TOP = """/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fields of a VMCS that L1 is offered, in the order of spec/fields/vmcs.tbl, which this file is made from
 * (proofs/fields.py --write). Fields of one group are neighbours: a writer of vmcs02 owns a range.
 */
#ifndef PROVENEST_VMCS12_H
#define PROVENEST_VMCS12_H

#include <stdint.h>

/* Encodings: SDM vol. 3D appendix B; the comment has encoding, width and the owner of the value in vmcs02. */
"""


class Field:
    def __init__(self, line):
        words = line.split()
        if len(words) != len(COLUMNS):
            raise SystemExit(f"spec/fields/vmcs.tbl: {len(words)} columns instead of {len(COLUMNS)}: {line.strip()}")
        self.__dict__.update(zip(COLUMNS, words))
        self.encoding = int(self.encoding, 16)

    def offered(self):
        return self.owner != "none"


def read():
    """All rows of the table, in its order."""
    with open(TABLE, encoding="utf-8") as f:
        return [Field(line) for line in f if line.strip() and not line.startswith("#")]


def groups(fields):
    """(name, fields) of each group; a group that is not in one piece is an error."""
    out = []
    for f in (f for f in fields if f.offered()):
        if out and out[-1][0] == f.group:
            out[-1][1].append(f)
        elif f.group in (g for g, _ in out):
            raise SystemExit(f"spec/fields/vmcs.tbl: {f.name}: group {f.group} is not in one piece")
        else:
            out.append((f.group, [f]))
    return out


def header(fields):
    text = TOP + "enum pn_field {\n"
    number = 0
    for name, members in groups(fields):
        text += f"    /* {name} */\n"
        for f in members:
            text += f"    PN_F_{f.name} = {number}, /* 0x{f.encoding:04x}, {f.width}, {f.owner} */\n"
            number += 1
    text += f"    PN_FIELDS = {number},\n}};\n\n/* Groups: the first field of each, and the one behind its last; and bits of a set of groups. */\nenum {{\n"
    number = 0
    for name, members in groups(fields):
        text += f"    PN_G_{name} = {number}, PN_G_{name}_END = {number + len(members)},\n"
        number += len(members)
    text += "};\n\nenum pn_group {\n"
    for i, (name, _) in enumerate(groups(fields)):
        text += f"    PN_GROUP_{name} = {i},\n"
    text += f"    PN_GROUPS = {len(groups(fields))},\n}};\n\n"
    text += "/* A VMCS of L1's: every field as VMREAD would show it, zero-extended to 64 bits. */\n"
    return text + "struct pn_vmcs12 {\n    uint64_t f[PN_FIELDS];\n};\n\n#endif\n"


SLOTS = 361  # the least number that tells all half encodings apart by their remainder; slot() checks it
CODES = {"16": 0, "64": 1, "32": 2, "n": 3}  # bits 14:13 of an encoding


def slots(fields):
    """slot -> field number; the slot of an encoding is its half modulo SLOTS."""
    out = {}
    for i, f in enumerate(f for f in fields if f.offered()):
        read_only = f.encoding >> 10 & 3 == 1
        if CODES[f.width] != f.encoding >> 13 or f.encoding & 0x1001 or read_only != (f.group == "EXIT"):
            raise SystemExit(f"spec/fields/vmcs.tbl: {f.name}: width or group disagrees with the encoding")
        if out.setdefault(f.encoding // 2 % SLOTS, i) != i:
            raise SystemExit(f"proofs/fields.py: {f.name} shares a slot: choose another number than {SLOTS}")
    return out


def rows(values):
    """Initializers, ten in a row."""
    return "".join("    " + ", ".join(values[i : i + 10]) + ",\n" for i in range(0, len(values), 10))


def table(fields):
    slot = slots(fields)
    encodings = [f"0x{f.encoding:04x}" for f in fields if f.offered()]
    return (
        "/* SPDX-License-Identifier: BSD-2-Clause\n *\n"
        " * Encodings of the fields (SDM vol. 3D appendix B), and back. Made from spec/fields/vmcs.tbl by proofs/fields.py."
        " */\n"
        "#ifndef PROVENEST_FIELD_TABLE_H\n#define PROVENEST_FIELD_TABLE_H\n\n#include <provenest/vmcs12.h>\n\n"
        "/* By enum pn_field. */\nstatic const uint16_t encodings[PN_FIELDS] = {\n" + rows(encodings) + "};\n\n"
        "/* The field whose half encoding leaves this remainder, or PN_FIELDS: the only one it can be. */\n"
        f"enum {{ SLOTS = {SLOTS} }};\nstatic const uint8_t slots[SLOTS] = {{\n"
        + rows([str(slot.get(i, len(encodings))) for i in range(SLOTS)])
        + "};\n\n#endif\n"
    )


def widths(fields):
    bits = [{"n": "64"}.get(f.width, f.width) for f in fields if f.offered()]
    return (
        "/* SPDX-License-Identifier: BSD-2-Clause\n *\n"
        " * Bits of the fields (SDM vol. 3D appendix B), for the model, which is linked without core/vmx too. Made from\n"
        " * spec/fields/vmcs.tbl by proofs/fields.py. */\n"
        "#ifndef MODEL_WIDTHS_H\n#define MODEL_WIDTHS_H\n\n#include <provenest/vmcs12.h>\n\n"
        "/* By enum pn_field. */\nstatic const uint8_t widths[PN_FIELDS] = {\n" + rows(bits) + "};\n\n#endif\n"
    )


def in_ranges(numbers):
    """An ACSL condition on i: it is one of these numbers."""
    runs = []
    for n in numbers:
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    parts = [f"i == {a}" if a == b else f"{a} <= i <= {b}" for a, b in runs]
    return " ||\n      ".join(" || ".join(parts[k : k + 6]) for k in range(0, len(parts), 6))


def logic(fields):
    offered = [f for f in fields if f.offered()]
    chain = ""
    for k in range(0, len(offered), 6):
        row = " ".join(f"i == {n} ? 0x{f.encoding:04x} :" for n, f in enumerate(offered[k : k + 6], k))
        chain += f"      {row}\n"
    by_width = ""
    for w, name in (("16", "width16"), ("32", "width32"), ("64", "width64")):
        members = [n for n, f in enumerate(offered) if f.width == w]
        by_width += f"/*@ predicate sdm24_{name}(integer i) =\n      {in_ranges(members)};\n*/\n\n"
    return (
        "/* SPDX-License-Identifier: BSD-2-Clause\n *\n"
        " * The fields of a VMCS as logic: encodings (SDM vol. 3D appendix B) and widths (3C 24.11.2) by enum pn_field."
        " Made from\n * spec/fields/vmcs.tbl by proofs/fields.py. */\n"
        "#ifndef SPEC_VMX_FIELDS_H\n#define SPEC_VMX_FIELDS_H\n\n"
        "/*@ logic integer sdm24_encoding(integer i) =\n" + chain + "      -1;\n*/\n\n"
        + by_width
        + "/* Nothing above the field's width; 64-bit and natural-width fields have all 64 bits. */\n"
        "/*@ predicate sdm24_fits(integer i, integer v) =\n"
        "      (sdm24_width16(i) ==> v <= 0xffff) && (sdm24_width32(i) ==> v <= 0xffffffff);\n*/\n\n"
        "/*@ check lemma canary_vmx_fields: \\false; */\n\n#endif\n"
    )


MADE = (
    ("core/include/provenest/vmcs12.h", header),
    ("core/vmx/field_table.h", table),
    ("spec/acsl/vmx_fields.h", logic),
    ("vendor/model/widths.h", widths),
)


def main():
    fields = read()
    bad = 0
    for name, make in MADE:
        path = os.path.join(ROOT, name)
        if "--write" in sys.argv:
            with open(path, "w", encoding="utf-8") as f:
                f.write(make(fields))
            continue
        with open(path, encoding="utf-8") as f:
            if f.read() != make(fields):
                print(f"{name} is not what spec/fields/vmcs.tbl says: run python3 proofs/fields.py --write", file=sys.stderr)
                bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
