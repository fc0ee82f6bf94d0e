# SPDX-License-Identifier: BSD-2-Clause
"""Runs the fuzzer: the committed corpus, then a fixed number of runs with a fixed seed, or for a time. With --wrong it
must also find every wrong core of tests/gate/wrong, without the corpus: a fuzzer that finds nothing proves nothing.

usage: run.py BINARY [--time SECONDS | --wrong | --merge]"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CORPUS = os.path.join(HERE, "corpus")
WORK = os.path.join(ROOT, "build", "fuzz", "work")
RUNS, WRONG_RUNS, WATCHDOG = 60000, 40000, 900
# Comparisons with pointers would bring the address layout of this one run into the choice of inputs.
FIXED = ["-seed=1", "-use_cmp=0", "-len_control=20", "-max_len=300", "-print_final_stats=1", "-timeout=60", "-rss_limit_mb=2048"]


FOUND = re.compile(r"^FUZZ: .*$|^SUMMARY: (?:Address|UndefinedBehavior)Sanitizer: .*$|runtime error: .*$", re.M)


def fuzz(binary, folders, more, name):
    """(what was found or None, what the fuzzer printed)."""
    watchdog = None if any("total_time" in m for m in more) else WATCHDOG
    argv = [binary, *FIXED, f"-artifact_prefix={os.path.join(WORK, name)}-", *more, *folders]
    run = subprocess.run(argv, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                         timeout=watchdog)
    found = FOUND.search(run.stdout)
    if run.returncode == 0 and not found:
        return None, run.stdout
    what = found.group(0) if found else f"exit {run.returncode} without a finding: " + run.stdout.strip()[-300:]
    kept = re.search(r"Test unit written to (\S+)", run.stdout)
    again = f"\n     again: {os.path.relpath(binary, ROOT)} {os.path.relpath(kept.group(1), ROOT)}" if kept else ""
    return what + again, run.stdout


def number(text, pattern):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fresh(name):
    path = os.path.join(WORK, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def report(ok, line):
    print(("ok   " if ok else "FAIL ") + line, flush=True)
    return ok


def right(binary, seconds):
    """The tree's core: nothing may be found, and something must have been done."""
    seeds = sorted(glob.glob(os.path.join(CORPUS, "*")))
    found, text = fuzz(binary, seeds, ["-runs=1"], "corpus")
    done = text.count("\nExecuted ")
    good = not found and done == len(seeds) > 0
    yield report(good, f"corpus: {done} of {len(seeds)} inputs: {found or 'nothing found'}")
    more = [f"-max_total_time={seconds}"] if seconds else [f"-runs={RUNS}"]
    found, text = fuzz(binary, [fresh("corpus"), CORPUS], more, "found")
    done = number(text, r"stat::number_of_executed_units:\s*(\d+)")
    edges = number(text, r"cov: (\d+)")
    yield report(not found and done > 0, f"{done} call sequences, {edges} edges: {found or 'nothing found'}")


def wrong_names():
    run = subprocess.run([sys.executable, "proofs/wrong.py", "list"], cwd=ROOT, capture_output=True, text=True,
                         check=True)
    return [line.split(":")[0] for line in run.stdout.splitlines()]


def wrong(name):
    """One wrong core: built with the same objects around it, fuzzed from nothing."""
    out = os.path.join("build", "fuzz", "wrong", name)
    for argv in ([sys.executable, "proofs/wrong.py", "stage", name, f"{out}/core"],
                 ["make", "--no-print-directory", "-s", f"{out}/fuzz", f"FUZZ_OUT={out}", f"FUZZ_CORE={out}/core"]):
        run = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
        if run.returncode:
            return report(False, f"{name}: does not build: {(run.stdout + run.stderr).strip()[-300:]}")
    found, _ = fuzz(os.path.join(ROOT, out, "fuzz"), [fresh(name)], [f"-runs={WRONG_RUNS}"], "wrong-" + name)
    real = bool(found) and found.startswith("FUZZ: ")
    return report(real, f"wrong core {name}: {found.splitlines()[0] if found else 'not found'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--time", type=int, default=0)
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--merge", action="store_true", help="renew the committed corpus from what a run found")
    args = parser.parse_args()
    binary = os.path.join(ROOT, args.binary)
    os.makedirs(WORK, exist_ok=True)
    if args.merge:
        return subprocess.run([binary, "-set_cover_merge=1", "-use_counters=0", "-max_len=300", CORPUS,
                               os.path.join(WORK, "corpus")]).returncode
    done = list(right(binary, args.time))
    if args.wrong:
        names = wrong_names()
        done += [wrong(name) for name in names] or [report(False, "no wrong core to try")]
    print(f"{sum(done)} passed, {len(done) - sum(done)} failed")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
