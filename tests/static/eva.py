# SPDX-License-Identifier: BSD-2-Clause
"""Eva (abstract interpretation: is a run-time error reachable?) over glue that it can read: each driver in eva/ calls
some sources with any input. An alarm is a failure unless eva/alarms.tsv says why it can't be; a line there that no
alarm answers to is a failure, too.

usage: eva.py [--new] [DRIVER...]     --new: print what is not in alarms.tsv, as lines for it"""
import concurrent.futures
import csv
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.path.join(ROOT, "build", "static")
JOBS = int(os.environ.get("PN_JOBS", "2"))
REASONS = os.path.join(HERE, "eva", "alarms.tsv")
WATCHDOG = 300


def drivers(folder):
    return sorted(os.path.splitext(os.path.basename(p))[0] for p in glob.glob(os.path.join(folder, "*.c")))


def analyse(folder, name):
    """(alarms as (file, function, property), error or None)."""
    path = os.path.join(folder, name + ".c")
    with open(path, encoding="utf-8") as f:
        said = re.search(r"^ \* EVA:((?: \S+\.c)*)(?:\s+\(precision (\d+)\))?\s*$", f.read(), re.M)
    if not said:
        return [], "no line 'EVA: sources'"
    os.makedirs(OUT, exist_ok=True)
    report = os.path.join(OUT, f"eva-{name}.csv")
    if os.path.exists(report):
        os.remove(report)
    share = subprocess.run(["frama-c", "-print-share-path"], capture_output=True, text=True, check=True).stdout.strip()
    cpp = f"-Icore/include -I{share}/libc -D__builtin_memcpy=eva_copy -include {HERE}/eva/any.h"
    cmd = ["frama-c", "-eva", "-eva-precision", said.group(2) or "3", "-eva-split-return", "auto", "-c11",
           "-machdep", "gcc_x86_64", f"-cpp-extra-args={cpp}", os.path.relpath(path, ROOT), *said.group(1).split(),
           "-then", "-report-csv", report]
    try:
        run = subprocess.run(cmd, cwd=ROOT, capture_output=True, text=True, timeout=WATCHDOG,
                             env=dict(os.environ, PWD=ROOT))
    except subprocess.TimeoutExpired:
        return [], f"no end within {WATCHDOG} s"
    if run.returncode or not os.path.exists(report):
        return [], "Frama-C gave up: " + " ".join((run.stdout + run.stderr).strip().splitlines()[-3:])
    if "NON TERMINATING FUNCTION" in run.stdout:
        return [], "the analysis does not reach the end of a function"
    with open(report, encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f, delimiter="\t"))
    return [alarm(row) for row in rows if row["status"] not in ("Valid", "Considered valid")
            and "FRAMAC_SHARE" not in row["directory"] and row["file"] != "any.h"], None


def alarm(row):
    return (os.path.join(row["directory"], row["file"]), row["function"],
            row["property kind"] + ": " + " ".join(row["property"].split()))


def reasons():
    with open(REASONS, encoding="utf-8", newline="") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    for row in rows:
        if len(row) != 5 or len(row[4]) < 20:
            raise SystemExit(f"{REASONS}: five columns, the last a reason: {row}")
    return {tuple(row[:4]): row[4] for row in rows}


def check(folder, names, known):
    """Lines of what is wrong, by driver."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(lambda n: analyse(folder, n), names))
    for name, (alarms, error) in zip(names, results):
        found = {(name, *a) for a in alarms}
        bad = [error] if error else []
        bad += ["\t".join(a) for a in sorted(found - set(known))]
        bad += ["listed, but no alarm: " + "\t".join(k) for k in known if k[0] == name and k not in found and not error]
        yield name, bad, len(found)


def main():
    new = "--new" in sys.argv
    names = [a for a in sys.argv[1:] if not a.startswith("--")] or drivers(os.path.join(HERE, "eva"))
    known, failed = reasons(), 0
    for name, bad, count in check(os.path.join(HERE, "eva"), names, known):
        failed += bool(bad)
        if new:
            print("\n".join(b for b in bad))
            continue
        print(f"{'FAIL' if bad else 'ok  '} eva {name}: {count} alarms")
        for line in bad:
            print("     " + line)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
