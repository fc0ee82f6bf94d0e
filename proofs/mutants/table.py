# SPDX-License-Identifier: BSD-2-Clause
"""The committed table of mutants, the list of equivalent ones, and what must hold of both."""
import os

import choose
import csrc
import options

COLUMNS = ["id", "file", "function", "operator", "line", "before", "after", "digest", "verdict", "proof", "property",
           "witness", "seconds"]
VERDICTS = ("refuted", "unproved", "timeout", "survived")
LEAST = {choose.EVENT: int(os.environ.get("PN_MUTANTS_LEAST", "300")), choose.NESTED: 450}
A_FUNCTION, RATE = {choose.EVENT: 3, choose.NESTED: 1}, 0.95  # of each part of the core
HERE = os.path.join(options.ROOT, "proofs", "mutants")
TABLE, EQUIVALENT = os.path.join(HERE, "table.tsv"), os.path.join(HERE, "equivalent.txt")
HEAD = ("# One mutant of core/ a row: make mutants FULL=1 writes it. refuted: not proved, and a test or an executed contract "
        "fails;\n# unproved, timeout: only the proof sees it; survived: it proves. See README.md\n")


def clip(before, after, width=90):
    """Both lines, short, with what differs in sight."""
    a, b = " ".join(before.split()), " ".join(after.split())
    same = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    start = max(0, same - width // 3) if max(len(a), len(b)) > width else 0
    cut = lambda s: ("..." if start else "") + s[start:start + width] + ("..." if len(s) > start + width else "")
    return cut(a), cut(b)


def read(path=TABLE):
    rows = {}
    try:
        with open(path, encoding="utf-8") as f:
            for line in f:
                cells = line.rstrip("\n").split("\t")
                if line.startswith(("#", "id\t")) or len(cells) != len(COLUMNS):
                    continue
                rows[cells[0]] = dict(zip(COLUMNS, cells))
    except OSError:
        pass
    return rows


def text(rows):
    ordered = sorted(rows, key=lambda r: (r["file"], r["function"], int(r["line"]), r["operator"], r["id"]))
    lines = ["\t".join(str(r[c]).replace("\t", " ") for c in COLUMNS) for r in ordered]
    return HEAD + "\t".join(COLUMNS) + "\n" + "\n".join(lines) + "\n"


def write(rows, path=TABLE):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temp = f"{path}.{os.getpid()}"
    with open(temp, "w", encoding="utf-8") as f:
        f.write(text(rows))
    os.replace(temp, path)


def equivalent():
    """id -> reason"""
    out = {}
    try:
        with open(EQUIVALENT, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                if line.strip() and not line.startswith("#"):
                    name, _, reason = line.strip().partition(" ")
                    if len(reason) < 10:
                        raise csrc.GateError(f"proofs/mutants/equivalent.txt:{number}: {name}: no reason")
                    out[name] = reason
    except OSError:
        pass
    return out


def counts(rows):
    """The summary, class by class."""
    listed = equivalent()
    by = {v: sum(r["verdict"] == v for r in rows) for v in VERDICTS}
    same = sum(r["id"] in listed and r["verdict"] == "survived" for r in rows)
    killed, open_ = len(rows) - by["survived"], len(rows) - same
    seen = sum(bool(r["witness"]) and r["verdict"] == "survived" for r in rows)
    line = (f"{len(rows)} mutants of {len({(r['file'], r['function']) for r in rows})} functions: "
            f"{by['refuted']} refuted by a witness, {by['unproved']} unproved, {by['timeout']} timed out, {by['survived']} "
            f"survived ({same} listed as equivalent, {by['survived'] - same} not"
            + (f", {seen} of them seen by a test" if seen else "") + f"); killed {killed} of {open_} that are not equivalent, "
            f"{100 * killed / open_ if open_ else 0:.1f} %")
    return line, killed / open_ if open_ else 0


AGAIN = "make mutants FULL=1"


def exists(what):
    """Is there such a file, or "file: function"?"""
    path, _, name = what.partition(": ")
    try:
        with open(os.path.join(options.ROOT, path), encoding="utf-8") as f:
            return not name or f" {name}(" in f.read()
    except OSError:
        return False


def parts(rows):
    """part of the core -> its rows"""
    out = {}
    for r in rows:
        out.setdefault(choose.part(r["file"]), []).append(r)
    return dict(sorted(out.items()))


def summary(rows):
    return "\n".join(f"{part}: {counts(mine)[0]}" for part, mine in parts(rows).items())


def complete(rows, digests, how_many):
    """[(file: function, complaint or '')]: digests is (file, function) -> digest of the present tree; how_many(file, function,
    n) says how many distinct mutants there are, up to n, and is asked only where there are few rows."""
    out, again, of = [], AGAIN, {}
    for r in rows.values():
        of.setdefault((r["file"], r["function"]), []).append(r)
    for key in sorted(digests):
        mine, least = of.get(key, []), A_FUNCTION[choose.part(key[0])]
        stale = sum(r["digest"] != digests[key] for r in mine)
        bad = f"{stale} of {len(mine)} rows are of another text or contract: {again}" if stale else ""
        if not bad and len(mine) < least:
            exist = how_many(*key, least)
            bad = "" if len(mine) == exist else f"{len(mine)} rows, {least} wanted, {exist} exist: {again}"
            if not bad:
                print(f"note {key[0]}: {key[1]}: only {exist} distinct mutants exist")
        out.append((f"{key[0]}: {key[1]}", bad))
    return out


def check(rows, digests, how_many):
    """[(name, complaint or '')] for the table as a whole (complete() has the arguments)."""
    if not rows:
        return [("the table", f"proofs/mutants/table.tsv: missing or empty: {AGAIN}")]
    out, again = complete(rows, digests, how_many), AGAIN
    gone = sorted({(r["file"], r["function"]) for r in rows.values()} - set(digests))
    out += [(f"{f}: {n}", f"in the table, not in core/: {again}") for f, n in gone]
    strange = sorted({r["verdict"] for r in rows.values()} - set(VERDICTS))
    out.append(("verdicts", f"unknown: {', '.join(strange)}" if strange else ""))
    by_part = parts(rows.values())
    for part in sorted({choose.part(path) for path, _ in digests}):
        mine = by_part.get(part, [])
        few = f"{len(mine)}, {LEAST[part]} wanted: {again}" if len(mine) < LEAST[part] else ""
        out.append((f"{part}: the number of mutants", few))
        line, rate = counts(mine)
        out.append((f"{part}: the rate of the killed", "" if rate >= RATE else f"{line}; {100 * RATE:.0f} % wanted"))
    lost = [what for what in choose.NOT_YET if not exists(what)] if choose.NESTED in by_part else []
    out.append(("NOT_YET", f"not in core/: {', '.join(lost)}" if lost else ""))
    stray = [i for i in equivalent() if i not in rows or rows[i]["verdict"] != "survived"]
    out.append(("equivalent.txt", f"not survivors of the table: {', '.join(stray)}" if stray else ""))
    return out
