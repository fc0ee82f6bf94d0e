# SPDX-License-Identifier: BSD-2-Clause
"""make mutants: is a wrong core noticed? Mutants of core/, each proved again in a shadow copy and shown to the host tests.

usage: mutants.py sample [N]     is the committed table complete, and does a sample of it, drawn by the commit, agree?
       mutants.py full           run what the table does not have for this text (again after an interruption), write it
       mutants.py witness        show those that no test has seen to the tests again (after new tests)
       mutants.py list [NAME]    the mutants of a function, without running them;  mutants.py show ID: one, as a diff
environment: PN_JOBS workers, PN_MUTANTS_WANTED how many mutants of core/event; for full: PN_MUTANTS_ONLY names of files
(vmx/merge route), PN_MUTANTS_FOR seconds after which no other mutant is begun"""
import concurrent.futures
import difflib
import functools
import hashlib
import os
import random
import subprocess
import sys
import time

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import bench  # noqa: E402
import choose  # noqa: E402
import csrc  # noqa: E402
import kill  # noqa: E402
import options  # noqa: E402
import shadow  # noqa: E402
import table  # noqa: E402

JOURNAL = os.path.join(bench.WORK, "journal.tsv")
SAMPLE, BUDGET = 12, 200  # mutants; seconds they took when the table was made


def full():
    """Run every chosen mutant that has no row for the present digest; rows are kept as they come."""
    only = os.environ.get("PN_MUTANTS_ONLY", "").split()
    srcs = choose.sources(only=only)
    if not srcs:
        raise csrc.GateError(f"no such file among those that are covered: {' '.join(only)}")
    stand = bench.Bench(srcs)
    wanted = int(os.environ.get("PN_MUTANTS_WANTED", choose.WANTED))
    chosen = choose.choose(srcs, choose.Compiler(stand.base.root), wanted)
    left = (sum(c.failing for c in chosen), sum(c.same for c in chosen))
    now, todo = bench.digests(srcs), []
    old = {**table.read(), **table.read(JOURNAL)}
    rows = {i: r for i, r in old.items() if only and r["file"] not in srcs}
    kept = len(rows)
    for c in chosen:
        for m in c.mutants:
            known = old.get(m.id)
            if known and known["digest"] == now[(m.path, m.function)]:
                rows[m.id] = known
            else:
                todo.append((m, c))
    have = len(rows) - kept
    print(f"{have + len(todo)} mutants of {len(chosen)} functions (left out: {left[0]} that do not compile, {left[1]} with the same "
          f"object code); {have} have a row, {len(todo)} to run", flush=True)
    run_all(stand, todo, rows)
    table.write(rows.values())
    if os.path.exists(JOURNAL):
        os.remove(JOURNAL)
    survivors({m.id: m for c in chosen for m in c.mutants}, rows, srcs)
    print(table.summary(rows.values()))
    bad = [(f"{path}: {name}", f"the unchanged function is not proved: make prove FN={name}")
           for path, name in sorted(stand.unproved)]
    return report(bad + (table.complete if only else table.check)(rows, now, expected(srcs)))


def expected(srcs):
    """For table.check: how many distinct mutants of a function there are, up to n."""
    base = functools.lru_cache(None)(lambda: choose.Compiler(shadow.Shadow(os.path.join(bench.WORK, "base")).root))

    def how_many(path, name, n):
        c = choose.Chosen(srcs[path], srcs[path].functions[name], base())
        while len(c.mutants) < n and c.more():
            pass
        return len(c.mutants)

    return how_many


def run_all(stand, todo, rows):
    if not todo:
        return
    random.Random(choose.SEED).shuffle(todo)  # an early look at the rates is a fair one
    todo.sort(key=lambda x: (stand.limits.cost(x[0].path, x[0].function), x[1].mutants.index(x[0])))
    stand.tests({m.path for m, _ in todo})
    total, done, end = len(todo), 0, time.monotonic() + float(os.environ.get("PN_MUTANTS_FOR", "1e9"))
    waiting = {stand.pool.submit(stand.run, m): c for m, c in todo}
    try:
        while waiting:
            finished, _ = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in finished:
                c, r = waiting.pop(future), future.result()
                if r:
                    done += 1
                    rows[r["id"]] = r
                    table.write(rows.values(), JOURNAL)
                    bench.tell(done, total, r)
                elif (c.src.path, c.fn.name) not in stand.unproved and c.more():
                    waiting[stand.pool.submit(stand.run, c.mutants[-1])] = c
            if time.monotonic() > end:
                waiting = {future: c for future, c in waiting.items() if not future.cancel()}
    except BaseException:
        stand.pool.shutdown(wait=False, cancel_futures=True)
        raise


def witness():
    """The tests may have grown: ask them again about each mutant of the table that none of them saw."""
    srcs, rows = choose.sources(), table.read()
    stand, now = bench.Bench(srcs), bench.digests(srcs)
    stand.tests(srcs)
    unseen = [r for r in rows.values() if not r["witness"] and r["digest"] == now.get((r["file"], r["function"]))]

    def ask(r):
        place, m = stand.free.get(), bench.find(srcs, r)
        try:
            place.change(m.path, m.text)
            return r, stand.witness(place, m.path)
        finally:
            place.restore(m.path)
            stand.free.put(place)

    for r, seen in stand.pool.map(ask, unseen):
        if seen:
            r.update(witness=seen, verdict="refuted" if r["verdict"] != "survived" else "survived")
            bench.tell(0, len(unseen), r)
    table.write(rows.values())
    print(table.summary(rows.values()))
    return 0


def survivors(mutants, rows, srcs):
    """A diff for each that is not listed as equivalent, printed and kept."""
    listed, out = table.equivalent(), []
    for i, r in sorted(rows.items()):
        if r["verdict"] == "survived" and i not in listed and i in mutants:
            seen = f"; a test sees it: {r['witness']}" if r["witness"] else ""
            out.append(f"survivor {i}: {r['function']}: {r['operator']}{seen}\n" + diff(mutants[i], srcs[r["file"]].text))
    with open(os.path.join(bench.WORK, "survivors.txt"), "w", encoding="utf-8") as f:
        f.write("".join(out))
    print("".join(out), end="")


def diff(m, original):
    return "".join(difflib.unified_diff(original.splitlines(True), m.text.splitlines(True), m.path, m.path, n=2))


def report(checks):
    bad = [(name, complaint) for name, complaint in checks if complaint]
    for name, complaint in bad:
        print(f"FAIL {name}: {complaint}")
    print(f"{len(checks) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


def commit(now):
    """What draws the sample: the commit, or without git the core's digest."""
    run = subprocess.run(["git", "rev-parse", "HEAD"], cwd=options.ROOT, capture_output=True, text=True)
    return run.stdout.strip() if run.returncode == 0 else hashlib.sha256(repr(sorted(now.items())).encode()).hexdigest()


def draw(rows, now, count):
    seed, seconds, out = commit(now), 0.0, []
    order = sorted(rows)
    random.Random(seed).shuffle(order)
    for i in order:
        if len(out) < count and seconds + float(rows[i]["seconds"]) <= BUDGET:
            out.append(rows[i])
            seconds += float(rows[i]["seconds"])
    print(f"sample of {len(out)} of {len(rows)} drawn by {seed[:12]}, {seconds:.0f} s when the table was made", flush=True)
    return out


def sample(count):
    srcs = choose.sources()
    now, rows = bench.digests(srcs), table.read()
    for what, reason in choose.NOT_YET.items() if choose.NESTED in table.parts(rows.values()) else ():
        print(f"not covered: {what}: {reason}")
    checks = table.check(rows, now, expected(srcs))
    if any(complaint for _, complaint in checks):
        return report(checks)
    print(table.summary(rows.values()), flush=True)
    stand, picked = bench.Bench(srcs), draw(rows, now, count)
    stand.tests({r["file"] for r in picked})
    for old, complaint, r in stand.pool.map(lambda r: agree(stand, r), picked):
        checks.append((f"{old['id']}: {old['function']}: {old['operator']}", complaint))
        if r:
            bench.tell(picked.index(old) + 1, len(picked), r)
    return report(checks)


def agree(stand, old):
    """(row of the table, complaint, row of now)"""
    m = bench.find(stand.srcs, old)
    if not m:
        return old, "no such mutant: make mutants FULL=1", None
    r = stand.run(m)
    if not r:
        bad = (old["file"], old["function"]) in stand.unproved
        return old, "the unchanged function is not proved" if bad else "the prover refuses it", None
    if (r["verdict"] == "survived") != (old["verdict"] == "survived"):
        return old, f"was {old['verdict']}, is {r['verdict']}", r
    if old["witness"] and not r["witness"]:
        return old, f"was seen by {old['witness']}, is seen by no test", r
    return old, "", r


def listing(name):
    base = shadow.Shadow(os.path.join(bench.WORK, "base"))
    for src in choose.sources().values():
        for fn in src.functions.values():
            if name in (None, fn.name):
                c = choose.Chosen(src, fn, choose.Compiler(base.root))
                while c.more():
                    pass
                for m in c.mutants:
                    print("\t".join([m.id, m.path, m.function, m.operator, *table.clip(m.before, m.after)]))
    return 0


def show(name):
    for src in choose.sources().values():
        for fn in src.functions.values():
            for m in choose.candidates(src, fn):
                if m.id == name:
                    print(diff(m, src.text), end="")
                    return 0
    raise csrc.GateError(f"no mutant {name} of this text")


def main():
    args = sys.argv[1:]
    try:
        if args[:1] == ["sample"] and len(args) <= 2:
            return sample(int(args[1]) if len(args) == 2 else SAMPLE)
        if args == ["full"]:
            return full()
        if args == ["witness"]:
            return witness()
        if args[:1] == ["list"] and len(args) <= 2:
            return listing(args[1] if len(args) == 2 else None)
        if args[:1] == ["show"] and len(args) == 2:
            return show(args[1])
    except (csrc.GateError, ValueError) as e:
        print(f"mutants: {e}\n0 passed, 1 failed")
        return 1
    print(__doc__.strip())
    return 2


if __name__ == "__main__":
    sys.exit(main())
