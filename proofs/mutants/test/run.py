# SPDX-License-Identifier: BSD-2-Clause
"""The mutation machinery's own tests, on the small core of tests/gate/base: a contract that says everything kills every
mistake, a weak one leaves survivors, and a table that does not belong to the text, or lies, is refused.

usage: run.py"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", "..", ".."))
TREE, DONE = os.path.join(ROOT, "build", "mutants-test"), os.path.join(ROOT, "build", "mutants-test-done")
API, TEXT = "core/include/provenest/slot.h", "core/event/slot.c"
# What the base leaves open: what a refused offer does, and what an injection leaves alone.
WHOLE = [("ensures vector: \\result != 0 ==>", "ensures refused: \\result == 0 ==> *s == \\old(*s);\n"
          "    ensures vector: \\result != 0 ==>"),
         ("dev_entry == \\false; */", "dev_entry == \\false && s->stage == \\old(s->stage); */")]
WEAK = [("dev_entry == \\true && dev_vector == s->vector && s->stage == 2;", "s->stage == 2;")]
COUNT = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


class Failed(Exception):
    """One line."""


def stage(edits):
    shutil.rmtree(TREE, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "tests", "gate", "base"), TREE)
    edit(API, edits)


def again():
    """The tree of whole(), with its table."""
    if not os.path.isdir(DONE):
        raise Failed("there is no good run to start from")
    shutil.rmtree(TREE, ignore_errors=True)
    shutil.copytree(DONE, TREE)


def edit(path, edits):
    full = os.path.join(TREE, path)
    with open(full, encoding="utf-8") as f:
        text = f.read()
    for old, new in edits:
        if text.count(old) != 1:
            raise Failed(f"the text to change is {text.count(old)} times in {path}: {old}")
        text = text.replace(old, new)
    with open(full, "w", encoding="utf-8") as f:
        f.write(text)


def mutants(*args):
    env = dict(os.environ, PN_ROOT=TREE, PN_MUTANTS_WANTED="12", PN_MUTANTS_LEAST="11")
    env.pop("PN_OUT", None)
    run = subprocess.run([sys.executable, os.path.join(HERE, "..", "mutants.py"), *args], env=env, capture_output=True,
                         text=True)
    count = COUNT.search(run.stdout)
    if not count:
        raise Failed("no count: " + ((run.stdout + run.stderr).strip().splitlines() or ["silent"])[-1])
    return run.returncode, run.stdout


def expect(green, said, *args):
    code, out = mutants(*args)
    if (code == 0) != green:
        raise Failed(f"{'red' if code else 'green'}: " + (re.findall(r"^FAIL .*", out, re.M) or [out[-300:]])[0])
    for pattern in said:
        if not re.search(pattern, out, re.M):
            raise Failed(f"does not say {pattern!r}: {out[-300:]}")
    return out


def whole():
    """Everything that matters is said: what survives is no mistake, and once it is listed the run is green, runs nothing
    twice, and the sample agrees."""
    stage(WHOLE)
    _, out = mutants("full")
    left = re.findall(r"^survivor (\w+): \w+: (\S+)", out, re.M)
    if not left or {operator for _, operator in left} != {"swap-statements"}:
        raise Failed(f"survivors: {left}")
    with open(os.path.join(TREE, "proofs", "mutants", "equivalent.txt"), "w", encoding="utf-8") as f:
        f.write("".join(f"{i} the two writes are to different places\n" for i, _ in left))
    expect(True, [r"0 to run", r"100\.0 %", f"{len(left)} listed as equivalent, 0 not"], "full")
    expect(True, [r"sample of \d+ of"], "sample", "2")
    shutil.rmtree(DONE, ignore_errors=True)
    shutil.copytree(TREE, DONE)


def weak():
    """A contract without its main clause lets wrong cores through, and each is shown with its diff."""
    stage(WHOLE)
    edit(API, [(WEAK[0][0], WEAK[0][1])])
    edit(TEXT, [("ensures written: dev_entry == \\true && dev_vector == s->vector && s->stage == 2;",
                 "ensures written: s->stage == 2;")])
    expect(False, [r"^survivor \w+: write: ", r"^-    pn_hw_write_entry", r"^FAIL core/event/: the rate of the killed"], "full")


def stale():
    """The text changed since: named, and what to run."""
    again()
    edit(TEXT, [("s->vector = vector;\n", "s->vector = (vector);\n")])
    expect(False, [r"^FAIL core/event/slot.c: pn_slot_queue: \d+ of \d+ rows are of another text", "make mutants FULL=1"],
           "sample", "1")


def forged():
    """A table that calls a killed mutant a survivor, or the other way round, does not agree with the run."""
    again()
    full = os.path.join(TREE, "proofs", "mutants", "table.tsv")
    with open(full, encoding="utf-8") as f:
        lines = f.read().split("\n")
    rows = [x.split("\t") for x in lines if x.count("\t") == 12]
    with open(full, "w", encoding="utf-8") as f:
        for cells in rows:
            if cells[0] != "id":
                cells[11] = "some: test: fails"
            f.write("\t".join(cells) + "\n")
    expect(False, [r"was seen by some: test: fails, is seen by no test"], "sample", "1")


def short():
    """Rows taken away are missed, function by function."""
    again()
    full = os.path.join(TREE, "proofs", "mutants", "table.tsv")
    with open(full, encoding="utf-8") as f:
        lines = f.read().split("\n")
    mine = [x for x in lines if "\tpn_slot_queue\t" in x]
    with open(full, "w", encoding="utf-8") as f:
        f.write("\n".join(x for x in lines if x not in mine[1:]))
    expect(False, [r"^FAIL core/event/slot.c: pn_slot_queue: 1 rows, 3 wanted", r"^FAIL core/event/: the number of mutants"], "sample", "1")


TINY_H = """/*@ predicate near(integer x) = x <= bound; */
/*@ logic integer bound = FAR; */
/*@ predicate unused(integer x) = x == 2; */
#define FAR 3
#define OTHER 4
struct tiny { unsigned word; };
struct other { unsigned word; };
"""
TINY_C = """#include "tiny.h"
/*@ requires \\valid_read(t); terminates \\true; exits \\false; assigns \\nothing;
    ensures near: near(\\result); */
unsigned tiny(const struct tiny *t);
unsigned tiny(const struct tiny *t) { return t->word & 3u; }
"""
DIGEST = """import source, options; print(source.Source("core/vmx/tiny.c", options.ROOT).digest("tiny"))"""


def tiny(text):
    """The digest of a row of core/vmx, with `text` for its header."""
    for name, body in (("tiny.h", text), ("tiny.c", TINY_C.replace("\\\\", "\\"))):
        full = os.path.join(TREE, "core", "vmx", name)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as f:
            f.write(body)
    path = os.pathsep.join([os.path.join(HERE, ".."), os.path.join(HERE, "..", "..")])
    run = subprocess.run([sys.executable, "-c", DIGEST], env=dict(os.environ, PN_ROOT=TREE, PYTHONPATH=path),
                         capture_output=True, text=True)
    if run.returncode:
        raise Failed((run.stderr.strip().splitlines() or ["silent"])[-1])
    return run.stdout.strip()


def reach():
    """A row of core/vmx lives through a change of what its proof does not see, and ends with one of what it sees."""
    stage(WHOLE)
    first = tiny(TINY_H)
    for old, new, same in (("x == 2", "x == 1", True), ("OTHER 4", "OTHER 5", True), ("other { unsigned", "other { int", True),
                           ("x <= bound", "x < bound", False), ("bound = FAR", "bound = 2", False), ("FAR 3", "FAR 2", False),
                           ("tiny { unsigned", "tiny { int", False),
                           ("struct other", "/*@ lemma new: 0 == 0; */ struct other", False)):
        if TINY_H.count(old) != 1 or (tiny(TINY_H.replace(old, new)) == first) != same:
            raise Failed(f"{old} -> {new}: the row {'ends' if same else 'stays'}")


def main():
    passed = failed = 0
    for test in (whole, weak, stale, forged, short, reach):
        try:
            test()
            passed += 1
            print(f"ok   {test.__name__}: {' '.join(test.__doc__.split())}", flush=True)
        except Failed as e:
            failed += 1
            print(f"FAIL {test.__name__}: {e}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
