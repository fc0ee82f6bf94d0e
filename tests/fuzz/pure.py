# SPDX-License-Identifier: BSD-2-Clause
"""The fuzzer of what is pure (pure.c): a fixed number of runs with a fixed seed or for a time; --wrong: each wrong core below, found
from nothing.

usage: pure.py BINARY [--time SECONDS | --wrong]"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import nested  # noqa: E402
import run  # noqa: E402

RUNS, WRONG_RUNS = 200000, 60000
FIXED = ["-len_control=0", "-max_len=400"]

# name: (what is wrong, [(text, replacement)])
WRONG = {
    "page-of-l1s-size": (
        "the page has the size of L1's, though L0's is smaller",
        [("leaf.size = guest.size < host.size ? guest.size : host.size;", "leaf.size = guest.size;")]),
    "rights-of-either": (
        "a right that one of both EPTs gives",
        [("return guest / right % 2 != 0 && host / right % 2 != 0 ? right : 0;",
          "return guest / right % 2 != 0 || host / right % 2 != 0 ? right : 0;")]),
    "type-of-l0": (
        "L1's memory type does not count",
        [("    return guest == WB || guest == host ? host : UC;\n", "    return host;\n")]),
    "offset-of-a-large-page": (
        "the last bit of the offset in a page of 1 GByte is dropped",
        [("    return frame + address % 0x40000000u;\n", "    return frame + address % 0x20000000u;\n")]),
    "pat-of-l1": (
        "L0's ignore-PAT bit is dropped",
        [("leaf.ignore_pat = guest.ignore_pat || host.ignore_pat;", "leaf.ignore_pat = guest.ignore_pat;")]),
    "marked-though-failed": (
        "a failed entry sets the clean bits (facts B1.12)",
        [("return succeeded ? with_all(clean) : clean;", "return with_all(clean | (succeeded ? 1 : 0));")]),
    "clean-of-another-vmcs": (
        "the clean bits count though this enlightened VMCS is another than the last one",
        [("fresh || !pn_tstb(clean, i)", "!pn_tstb(clean, i)")]),
    "pdptes-forgotten": (
        "PDPTEs that L1 has just given are taken for those that vmcs02 holds (facts C3)",
        [("return held && !pn_tstb(consumed, GUEST_GROUP1);", "return held;")]),
    "xlat-is-no-control": (
        "a new EPT pointer or VPID does not make the controls dirty",
        [(" || pn_tstb(consumed, XLAT);", ";")]),
}


def right(binary, seconds):
    more = FIXED + ([f"-max_total_time={seconds}"] if seconds else [f"-runs={RUNS}"])
    found, text = run.fuzz(binary, [run.fresh("corpus-pure")], more, "pure-found")
    done, edges = run.number(text, r"stat::number_of_executed_units:\s*(\d+)"), run.number(text, r"cov: (\d+)")
    return run.report(not found and done > 0, f"pages and clean fields: {done} runs, {edges} edges: {found or 'nothing found'}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--time", type=int, default=0)
    parser.add_argument("--wrong", action="store_true")
    args = parser.parse_args()
    os.makedirs(run.WORK, exist_ok=True)
    done = [right(os.path.join(run.ROOT, args.binary), args.time)]
    if args.wrong:
        done += [nested.wrong(name, WRONG, "pure", FIXED, WRONG_RUNS) for name in WRONG]
    print(f"{sum(done)} passed, {len(done) - sum(done)} failed")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
