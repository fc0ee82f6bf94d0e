# SPDX-License-Identifier: BSD-2-Clause
"""The last full proof as a page of Markdown, for CI: by file, what failed, what is trusted.

usage: page.py [results.json]      default: build/prove/results.json"""
import collections
import json
import os
import sys

import options
import tcb


def by_file(results):
    rows = {}
    for f in results["functions"]:
        row = rows.setdefault(f["file"], collections.Counter())
        row.update(functions=int(bool(f["function"])), goals=f["goals"], proved=f["proved"], seconds=f["seconds"])
    out = ["| file | functions | goals | proved | seconds |", "|---|--:|--:|--:|--:|"]
    out += [f"| {name} | {r['functions']} | {r['goals']} | {r['proved']} | {r['seconds']:.0f} |" for name, r in sorted(rows.items())]
    return out


def failing(results):
    bad = [f"- `{g['file']}: {g['function'] or 'lemma'}: {g['goal']}: {g['verdict']}`"
           for g in results["goals"] if g["verdict"] != "valid"]
    return ["", "### Not proved"] + bad[:50] if bad else []


def solvers(results):
    used = collections.Counter(g["prover"] or "none" for g in results["goals"] if g["verdict"] == "valid")
    slow = max(results["goals"], key=lambda g: g["seconds"])
    return ["", "Proved by " + ", ".join(f"{name} {n}" for name, n in used.most_common()) + ".",
            f"Slowest goal: {slow['seconds']:.1f} s of {options.TIMEOUT} s (`{slow['function']}: {slow['goal']}`)."]


def trusted():
    ledger = tcb.load()
    if not ledger:
        return ["", "No ledger (`proofs/TRUST.json`)."]
    axioms = sum(row["kind"] == "axiom" for row in ledger["logic"].values())
    lines = ", ".join(f"{folder} {n}" for folder, n in ledger["glue"].items())
    return ["", f"Trusted (`proofs/TRUST.json`, `proofs/SOUNDNESS.md`): {len(ledger['seam'])} seam contracts, {axioms} axioms, "
            f"{len(ledger['assembly'])} files with assembly; {lines}."]


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(options.OUT, "results.json")
    try:
        with open(path, encoding="utf-8") as f:
            results = json.load(f)
    except (OSError, ValueError):
        print(f"## Proof\n\nNo results: `{os.path.relpath(path, options.ROOT)}` is missing; the proof did not get that far.")
        return 1
    total = results["total"]
    good = total["proved"] == total["goals"]
    print(f"## Proof: {total['proved']:,} of {total['goals']:,} goals, {total['functions']} functions"
          f"{'' if good else ', NOT PROVED'}\n")
    print(f"Digest `{results['digest']}`, {', '.join(f'{k} {v}' for k, v in results['tools'].items())}, "
          f"{total['seconds']:.0f} s of work.\n")
    print("\n".join(by_file(results) + failing(results) + solvers(results) + trusted()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
