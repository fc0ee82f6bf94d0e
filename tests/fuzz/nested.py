# SPDX-License-Identifier: BSD-2-Clause
"""The nested fuzzer: the committed corpus, then a fixed number of runs with a fixed seed or for a time; --wrong: each wrong
core of wrong_nested.py, found from nothing; --coverage: what of core/vmx its corpus reaches.

usage: nested.py BINARY [--time SECONDS | --wrong | --coverage | --merge]"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import run  # noqa: E402
from wrong_nested import WRONG  # noqa: E402

ROOT, OUT = run.ROOT, os.path.join(run.ROOT, "build", "fuzz")
CORPUS = os.path.join(run.HERE, "corpus-nested")
RUNS, WRONG_RUNS = 6000, 60000
FIXED = ["-len_control=0", "-max_len=600"] # deep states need long inputs from the start


def right(binary, seconds):
    """The tree's core: nothing may be found, and something must have been done."""
    seeds = sorted(glob.glob(os.path.join(CORPUS, "*")))
    found, text = run.fuzz(binary, seeds, ["-runs=1"], "nested-corpus")
    done = text.count("\nExecuted ")
    yield run.report(not found and done == len(seeds) > 0, f"nested corpus: {done} of {len(seeds)} inputs: {found or 'nothing found'}")
    more = FIXED + ([f"-max_total_time={seconds}"] if seconds else [f"-runs={RUNS}"])
    found, text = run.fuzz(binary, [run.fresh("corpus-nested"), CORPUS], more, "nested-found")
    done = run.number(text, r"stat::number_of_executed_units:\s*(\d+)")
    edges = run.number(text, r"cov: (\d+)")
    yield run.report(not found and done > 0, f"nested: {done} runs of L1, {edges} edges: {found or 'nothing found'}")


def stage(edits, out):
    """core/ with one file of core/vmx changed, beside it a link to spec/. (that file in core/, what is stale or None)"""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "core"), os.path.join(out, "core"))
    os.symlink(os.path.join(ROOT, "spec"), os.path.join(out, "spec"))
    texts = {}
    for path in sorted(glob.glob(os.path.join(out, "core", "vmx", "*.c"))):
        with open(path, encoding="utf-8") as f:
            texts[path] = f.read()
    places = [p for p, text in texts.items() if all(text.count(old) == 1 for old, _ in edits)]
    if len(places) != 1:
        return "", f"stale: its text is in {len(places)} files of core/vmx"
    for old, new in edits:
        texts[places[0]] = texts[places[0]].replace(old, new)
    with open(places[0], "w", encoding="utf-8") as f:
        f.write(texts[places[0]])
    return os.path.relpath(places[0], os.path.join(out, "core")), None


def wrong(name, table=WRONG, target="nested", options=FIXED, runs=WRONG_RUNS):
    """One wrong core: one object is another, the rest is the right core's; fuzzed from nothing."""
    out = os.path.join(OUT, "wrong-" + target, name)
    path, stale = stage(table[name][1], out)
    if stale:
        return run.report(False, f"{name}: {stale}")
    build = subprocess.run(["make", "--no-print-directory", "-s", f"{os.path.relpath(out, ROOT)}/{target}",
                            f"WRONG_NESTED={os.path.relpath(out, ROOT)}", f"WRONG_FILE={path}"], cwd=ROOT,
                           capture_output=True, text=True)
    if build.returncode:
        return run.report(False, f"{name}: does not build: {(build.stdout + build.stderr).strip()[-300:]}")
    found, text = run.fuzz(os.path.join(out, target), [run.fresh(f"{target}-{name}")], options + [f"-runs={runs}"],
                           "wrong-" + name)
    real = bool(found) and found.startswith("FUZZ: ")
    after = run.number(text, r"stat::number_of_executed_units:\s*(\d+)") or run.number(text, r"\n#(\d+)\t")
    return run.report(real, f"wrong {target} core {name}: {found.splitlines()[0] if found else 'not found'} (within {after} runs)")


def coverage(folder):
    """Lines and branches of core/vmx that the corpus reaches, by clang's own count."""
    out = os.path.join(OUT, "nested-coverage")
    replay, raw, profile = (os.path.join(out, n) for n in ("replay", "p.raw", "p.prof"))
    inputs = sorted(glob.glob(os.path.join(CORPUS, "*")) + glob.glob(os.path.join(folder, "*")))
    subprocess.run([replay, *inputs], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "LLVM_PROFILE_FILE": raw})
    subprocess.run(["llvm-profdata", "merge", "-o", profile, raw], check=True)
    files = sorted(glob.glob(os.path.join(ROOT, "core", "vmx", "*.c")))
    text = subprocess.run(["llvm-cov", "report", replay, f"-instr-profile={profile}", *files], check=True,
                          capture_output=True, text=True).stdout
    for line in text.splitlines():
        words = line.split()
        if len(words) > 12 and (words[0].endswith(".c") or words[0] == "TOTAL"):
            print(f"     {words[0]}: lines {words[9]}, branches {words[12]}")
    total = re.search(r"^TOTAL.*?([\d.]+)%\s*$", text, re.M)
    return run.report(bool(total), f"core/vmx reached by {len(inputs)} inputs")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--time", type=int, default=0)
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--merge", action="store_true", help="renew the committed corpus from what a run found")
    args = parser.parse_args()
    binary = os.path.join(ROOT, args.binary)
    os.makedirs(run.WORK, exist_ok=True)
    if args.merge:
        return subprocess.run([binary, "-set_cover_merge=1", "-use_counters=0", "-max_len=600", CORPUS,
                               os.path.join(run.WORK, "corpus-nested")]).returncode
    if args.coverage:
        return 0 if coverage(os.path.join(run.WORK, "corpus-nested")) else 1
    done = list(right(binary, args.time))
    if args.wrong:
        done += [wrong(name) for name in WRONG]
    print(f"{sum(done)} passed, {len(done) - sum(done)} failed")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
