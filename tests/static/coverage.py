# SPDX-License-Identifier: BSD-2-Clause
"""What the host tests reach of core/: lines and branches by file, from gcov. Fails below the floors, or when a file of the
core is not in the count at all.

usage: coverage.py DIRECTORY LINES BRANCHES LINES_VMX BRANCHES_VMX     floors for core/event and core/vmx; DIRECTORY/unit, oracle and replay are built with --coverage"""
import glob
import gzip
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def account(directory):
    """{file of core/: (lines, lines reached, branches, branches taken, what is not reached)}"""
    out = {}
    for notes in sorted(glob.glob(os.path.join(ROOT, directory, "core", "*", "*.gcda"))):
        run = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes], cwd=ROOT,
                             capture_output=True, check=True)
        text = run.stdout if run.stdout[:1] == b"{" else gzip.decompress(run.stdout)
        for part in (json.loads(x) for x in text.splitlines() if x.strip()):
            for file in part["files"]:
                name = os.path.relpath(os.path.join(ROOT, file["file"]), ROOT)
                if name.startswith("core/"):
                    out[name] = count(file["lines"])
    return out


def count(lines):
    branches = [(x["line_number"], b["count"]) for x in lines for b in x["branches"]]
    missing = [f"line {x['line_number']}" for x in lines if not x["count"]]
    missing += [f"a branch of line {n}" for n, taken in branches if not taken]
    return (len(lines), sum(x["count"] > 0 for x in lines), len(branches), sum(taken > 0 for _, taken in branches),
            list(dict.fromkeys(missing)))


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def run_all(directory):
    """The programs whose runs are counted; the name of one that fails, or None."""
    corpus = sorted(glob.glob(os.path.join(ROOT, "tests", "fuzz", "corpus", "*")))
    for name, arguments in (("unit", []), ("oracle", []), ("replay", corpus)):
        run = subprocess.run([os.path.join(ROOT, directory, name), *arguments], cwd=ROOT, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace", timeout=900)
        if run.returncode:
            print(run.stdout[-2000:])
            return name
    return None


def main(directory, *floors):
    failing = run_all(directory)
    if failing:
        print(f"build/coverage/{failing} fails, so the coverage says nothing")
        return 1
    files = account(directory)
    wanted = [os.path.relpath(p, ROOT) for p in sorted(glob.glob(os.path.join(ROOT, "core", "*", "*.c")))]
    failed = 0
    for name in wanted:
        if name not in files:
            print(f"FAIL {name}: not counted: none of it ran")
            failed += 1
            continue
        lines, reached, branches, taken, missing = files[name]
        line_floor, branch_floor = floors[2:] if name.startswith("core/vmx/") else floors[:2]
        bad = percent(reached, lines) < line_floor or percent(taken, branches) < branch_floor
        failed += bad
        print(f"{'FAIL' if bad else 'ok  '} {name}: lines {reached} of {lines} ({percent(reached, lines):.0f} %), "
              f"branches {taken} of {branches} ({percent(taken, branches):.0f} %)"
              + (f": not {', '.join(missing[:8])}" if missing else ""))
    total = [sum(files[n][i] for n in wanted if n in files) for i in range(4)]
    print(f"core/: lines {percent(total[1], total[0]):.1f} %, branches {percent(total[3], total[2]):.1f} % "
          f"(floors {floors[0]:g} and {floors[1]:g}; core/vmx {floors[2]:g} and {floors[3]:g})")
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return 1 if failed or not wanted else 0


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__.strip())
    sys.exit(main(sys.argv[1], *map(float, sys.argv[2:])))
