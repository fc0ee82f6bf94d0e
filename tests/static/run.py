# SPDX-License-Identifier: BSD-2-Clause
"""The checks that only read: layout and format of the text, clang-tidy, Eva; then each is given the mistake it is there
for (fixtures/), which it must find.

usage: run.py [layout] [format] [tidy] [eva] [fixtures]     nothing: all"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

import eva
import layout

ROOT = layout.ROOT
FIXTURES = os.path.join(eva.HERE, "fixtures")
TIDY = ("core/event", "core/vmx", "vendor/common", "vendor/model", "vendor/vmx", "vendor/svm", "harness/hv", "harness/lib/example",
        "tests/oracle", "tests/fuzz")
FLAGS = ["-std=gnu11", "-Icore/include", "-Icore/event", "-Icore/vmx", "-Ibuild/oracle", "-Wall", "-Wextra"]
INSTALLED = ["-std=gnu11", "-Ibuild/lib/prefix/include", "-Wall", "-Wextra"]   # for the example, which sees no more


def tidy_file(path):
    flags = INSTALLED if path.startswith("harness/lib") else FLAGS
    run = subprocess.run(["clang-tidy", "--quiet", path, "--", *flags], cwd=ROOT, capture_output=True, text=True)
    found = re.findall(r"^\S+?:\d+:\d+: (?:error|warning): .*$", run.stdout + run.stderr, re.M)
    return found or (["clang-tidy failed: " + (run.stdout + run.stderr).strip()[-200:]] if run.returncode else [])


def tidy(folder):
    paths = sorted(os.path.relpath(p, ROOT) for p in glob.glob(os.path.join(ROOT, folder, "*.c")))
    with concurrent.futures.ThreadPoolExecutor(eva.JOBS) as pool:
        lines = [line for found in pool.map(tidy_file, paths) for line in found]
    return sorted({line.replace(ROOT + "/", "") for line in lines}), len(paths)


def steps(wanted):
    """(name, what is wrong) of each check."""
    paths = layout.files()
    if "layout" in wanted:
        yield "layout: columns, tabs, blanks, last line", layout.layout(paths)
        run = subprocess.run([sys.executable, "proofs/fields.py"], cwd=ROOT, capture_output=True, text=True)
        yield "spec/fields/vmcs.tbl: what is made from it", run.stderr.split("\n")[:-1]
    if "format" in wanted:
        yield f"clang-format: {', '.join(layout.FORMATTED)}", layout.formatted(paths)
    if "tidy" in wanted:
        for folder in TIDY:
            found, count = tidy(folder)
            if count:
                yield f"clang-tidy {folder}: {count} files", found
    if "eva" in wanted:
        folder = os.path.join(eva.HERE, "eva")
        known = eva.reasons()
        for name, bad, count in eva.check(folder, eva.drivers(folder), known):
            yield f"eva {name}: {count} alarms, each with its reason", bad
    if "fixtures" in wanted:
        yield from fixtures()


def fixture(name):
    return os.path.join(FIXTURES, name)


def must_find(what, found):
    return f"a planted mistake: {what}", [] if found else ["it was not found"]


def fixtures():
    with open(fixture("layout.txt"), encoding="utf-8") as f:
        lines = layout.problems("layout.c", f.read())
    for word in ("columns", "a tab", "blanks at the end", "one newline", "SPDX"):
        yield must_find(f"layout, {word}", any(word in line for line in lines))
    run = subprocess.run(["clang-format", "--dry-run", "-Werror", fixture("mistakes.c")], cwd=ROOT, capture_output=True)
    yield must_find("clang-format", run.returncode != 0)
    found = "\n".join(tidy_file(fixture("mistakes.c")))
    for check in ("bugprone-suspicious-memset-usage", "clang-analyzer-core.NullDereference",
                  "misc-redundant-expression"):
        yield must_find(f"clang-tidy, {check}", check in found)
    for name, bad, _ in eva.check(os.path.join(FIXTURES, "eva"), eva.drivers(os.path.join(FIXTURES, "eva")), {}):
        yield must_find(f"eva, {name}", any(name.replace("-", "_") in line for line in bad))


def main():
    wanted = sys.argv[1:] or ["layout", "format", "tidy", "eva", "fixtures"]
    counts = [0, 0]
    for name, bad in steps(wanted):
        counts[bool(bad)] += 1
        print(("FAIL " if bad else "ok   ") + name, flush=True)
        for line in bad:
            print("     " + line)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return 1 if counts[1] or not counts[0] else 0


if __name__ == "__main__":
    sys.exit(main())
