# SPDX-License-Identifier: BSD-2-Clause
"""spec/fields/vmcs.tbl, read; and core/include/provenest/vmcs12.h, made from it. Without arguments: compare. --write: write."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(ROOT, "spec/fields/vmcs.tbl")
HEADER = os.path.join(ROOT, "core/include/provenest/vmcs12.h")
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


def main():
    text = header(read())
    if "--write" in sys.argv:
        with open(HEADER, "w", encoding="utf-8") as f:
            f.write(text)
        return 0
    with open(HEADER, encoding="utf-8") as f:
        if f.read() == text:
            return 0
    print("core/include/provenest/vmcs12.h is not what spec/fields/vmcs.tbl says: run python3 proofs/fields.py --write",
          file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
