# SPDX-License-Identifier: BSD-2-Clause
"""Tables of the manual (tables/*.tsv) as C arrays. A table with a hole, a line twice or a line without its section of
the manual is an error: what the manual leaves open must be a line, not a gap.

usage: gen.py TABLES OUT.h"""
import os
import sys

CLASSES = ("benign", "contributory", "page-fault", "double-fault")
KINDS = ("fault", "trap", "abort", "interrupt", "either")
OUTCOMES = ("serial", "double-fault", "shutdown")
RULES = ("kept", "taken", "sticky", "low", "inverted")
MOMENTS = ("intercepted", "injected", "delivered")
EVENTS = ("shutdown", "sipi", "wait", "interrupted", "exception", "smi", "init", "mtf", "trap", "nmi", "interrupt")
HOLDS = ("-", "no-if", "sti", "movss", "nmi-blocked", "smm", "gif-0", "hold")
RANKS = ("high", "low")
WHEN = ("always", "no-event", "event", "sti-and-no-event", "shadow-and-no-event", "nmi-blocked", "iret-and-no-event")
WINDOWS = ("nmi-window", "interrupt-window", "immediate-exit", "single-step")
VENDORS = {"intel": 1, "amd": 2, "both": 3}
YES = ("no", "yes")


class Wrong(Exception):
    pass


def read(folder, name, columns):
    """The lines of one table as dictionaries."""
    path, rows = os.path.join(folder, name + ".tsv"), []
    with open(path, encoding="utf-8") as f:
        lines = [(n, x.rstrip("\n")) for n, x in enumerate(f, 1) if x.strip() and not x.startswith("#")]
    if not lines or lines[0][1].split("\t") != columns:
        raise Wrong(f"{path}: the columns are not {', '.join(columns)}")
    for number, line in lines[1:]:
        cells = line.split("\t")
        if len(cells) != len(columns) or not all(cells):
            raise Wrong(f"{path}:{number}: {len(columns)} filled columns are wanted")
        if not any(word in cells[-1] for word in ("SDM", "APM")):
            raise Wrong(f"{path}:{number}: no section of a manual")
        rows.append(dict(zip(columns, cells), line=f"{name}.tsv:{number}"))
    return rows


def index(row, column, values):
    if row[column] not in values:
        raise Wrong(f"{row['line']}: {column} is '{row[column]}', not one of {', '.join(values)}")
    return list(values).index(row[column])


def vendor(row):
    if row["vendor"] not in VENDORS:
        raise Wrong(f"{row['line']}: no vendor '{row['vendor']}'")
    return VENDORS[row["vendor"]]


def complete(name, keys, wanted):
    """Each wanted key on exactly one line."""
    for key in wanted:
        if keys.count(key) != 1:
            raise Wrong(f"{name}: {key}: on {keys.count(key)} lines")
    for key in keys:
        if key not in wanted:
            raise Wrong(f"{name}: {key}: not asked for")


def by_vendor(rows, key):
    return [(v, key(r)) for r in rows for v in (1, 2) if vendor(r) & v]


def vectors(folder):
    rows = read(folder, "vectors", ["vendor", "vector", "name", "class", "kind", "error", "manual"])
    complete("vectors", by_vendor(rows, lambda r: int(r["vector"])), [(v, n) for v in (1, 2) for n in range(32)])
    return [(vendor(r), int(r["vector"]), index(r, "class", CLASSES), index(r, "kind", KINDS), index(r, "error", YES),
             r["line"], r["name"]) for r in rows]


def pairs(folder):
    rows = read(folder, "pairs", ["first", "second", "outcome", "manual"])
    keys = [(index(r, "first", CLASSES), index(r, "second", CLASSES)) for r in rows]
    complete("pairs", keys, [(a, b) for a in range(4) for b in range(4)])
    return [(*k, index(r, "outcome", OUTCOMES), r["line"]) for k, r in zip(keys, rows)]


def priority(folder):
    rows = read(folder, "priority", ["vendor", "rank", "event", "held_by", "manual"])
    complete("priority", [r["event"] for r in rows], list(EVENTS))
    if [int(r["rank"]) for r in rows] != list(range(1, len(rows) + 1)):
        raise Wrong("priority: the ranks do not run from 1")
    return [(vendor(r), index(r, "event", EVENTS), holds(r, "held_by"), r["line"]) for r in rows]


def holds(row, column):
    """Several conditions as bits; the first of HOLDS is none."""
    return sum(1 << index(dict(row, **{column: word}), column, HOLDS) for word in row[column].split(",") if word != "-")


def windows(folder):
    rows = read(folder, "windows", ["vendor", "event", "when", "unless", "window", "manual"])
    events = EVENTS + ("iret", "blocking")
    return [(vendor(r), index(r, "event", events), index(r, "when", WHEN), holds(r, "unless"),
             index(r, "window", WINDOWS), r["line"]) for r in rows]


def dr6(folder):
    rows = read(folder, "dr6", ["vendor", "bits", "name", "rule", "manual"])
    spread = []
    for r in rows:
        low, _, high = r["bits"].partition("-")
        spread += [(r, bit) for bit in range(int(low), int(high or low) + 1)]
    complete("dr6", [(v, bit) for r, bit in spread for v in (1, 2) if vendor(r) & v],
             [(v, bit) for v in (1, 2) for bit in range(64)])
    return [(vendor(r), bit, index(r, "rule", RULES), r["line"]) for r, bit in spread]


def debug(folder):
    rows = read(folder, "debug", ["kind", "name", "class", "rf", "rank", "manual"])
    complete("debug", [int(r["kind"]) for r in rows], list(range(1, 8)))
    return [(int(r["kind"]), index(r, "class", KINDS), index(r, "rf", YES), index(r, "rank", RANKS), r["line"])
            for r in rows]


def payload(folder):
    rows = read(folder, "payload", ["vendor", "vector", "moment", "cr2", "dr6", "gd", "manual"])
    complete("payload", by_vendor(rows, lambda r: (int(r["vector"]), r["moment"])),
             [(v, (n, m)) for v in (1, 2) for n in (1, 14) for m in MOMENTS])
    return [(vendor(r), int(r["vector"]), index(r, "moment", MOMENTS),
             *(index(r, c, YES) for c in ("cr2", "dr6", "gd")), r["line"]) for r in rows]


def c_value(x):
    return f'"{x}"' if isinstance(x, str) else str(x)


def main(folder, out):
    text = ["/* Generated by tests/oracle/gen.py from tests/oracle/tables. Do not edit. */"]
    for table in (vectors, pairs, priority, windows, dr6, debug, payload):
        rows = table(folder)
        text.append(f"static const struct oracle_{table.__name__}_row {table.__name__}_table[{len(rows)}] = {{")
        text += ["    {" + ", ".join(c_value(x) for x in row) + "}," for row in rows] + ["};"]
    os.makedirs(os.path.dirname(out), exist_ok=True)
    with open(out, "w", encoding="utf-8") as f:
        f.write("\n".join(text) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    try:
        main(*sys.argv[1:])
    except (Wrong, ValueError, OSError) as error:
        sys.exit(f"oracle tables: {error}")
