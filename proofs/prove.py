# SPDX-License-Identifier: BSD-2-Clause
"""make prove: every function of core/ and of the proof clients, with progress, records and named failures.

usage: prove.py [--fn NAME] [--cold] [--lean] [--update] [--quiet] [--lint]
       --lean: smoke tests of a sample only (spare() says of which functions)
       --bare: no smoke tests, no static checks, no manifest (wrong.py); --records FILE: where to write a partial run"""
import argparse
import hashlib
import json
import os
import sys
import threading
import time

import checks
import csrc
import digest
import junit
import lint
import options
import records
import targets
import tcb
import wp
from records import check_manifest, load_committed  # noqa: F401  (audit and others take them from here)


class Progress:
    """One line a finished function; a line every ten seconds for those still running."""

    def __init__(self, total, quiet=False):
        self.total, self.done, self.goals, self.start = total, 0, 0, time.time()
        self.lock, self.running, self.quiet, self.last = threading.Lock(), {}, quiet, time.time()

    def goal(self, job, done, scheduled):
        with self.lock:
            self.running[job] = (done, scheduled)
            if not self.quiet and time.time() - self.last > 10:
                self.last = time.time()
                now = ", ".join(f"{j.label} {d}/{s}" for j, (d, s) in self.running.items())
                print(f"          ... {now} ({time.time() - self.start:.0f} s)", flush=True)

    def finished(self, job, result, reused):
        with self.lock:
            self.running.pop(job, None)
            self.done += 1
            self.goals += len(result.goals)
            if not self.quiet:
                good = sum(g["verdict"] == "valid" for g in result.goals)
                mark = "ok  " if result.ok() else "FAIL"
                how = "same text" if reused else f"{result.seconds:.1f} s"
                print(f"[{self.done:3}/{self.total}] {mark} {job.path}: {job.label}: {good}/{len(result.goals)} goals, {how}",
                      flush=True)


def fingerprint():
    """Every byte that a proof reads; taken before and after, because people edit while a proof runs."""
    total = hashlib.sha256()
    for path in options.core_sources() + options.client_sources() + options.headers() + ["proofs/options.py"]:
        try:
            with open(os.path.join(options.ROOT, path), "rb") as f:
                total.update(path.encode() + b"\0" + f.read())
        except OSError:
            total.update(path.encode() + b"\0missing")
    return total.hexdigest()


STORE = 2  # the form of a kept record


def store_path(parts):
    return os.path.join(options.OUT, "functions", digest.one(parts) + ".json")


def reuse(job, digests):
    """The records of an earlier run of exactly this text, options and tools (never with COLD=1)."""
    parts = digests.get((job.path, job.function))
    try:
        with open(store_path(parts), encoding="utf-8") as f:
            saved = json.load(f)
    except (OSError, ValueError, TypeError):
        return None
    result = wp.Result(job)
    if saved.get("version") != STORE or (job.smoke and not saved.get("smoke", True)):
        return None
    if saved["parts"] != parts:
        result.bad("cached verdict", f"{os.path.relpath(store_path(parts), options.ROOT)} is of another text: remove it")
        return result
    result.goals, result.seconds, result.hypotheses = saved["goals"], saved["seconds"], saved["hypotheses"]
    return result


def keep(job, result, digests):
    parts = digests.get((job.path, job.function))
    if parts and result.ok() and fingerprint() == digests["fingerprint"]:
        os.makedirs(os.path.join(options.OUT, "functions"), exist_ok=True)
        with open(store_path(parts), "w", encoding="utf-8") as f:
            json.dump({"version": STORE, "parts": parts, "goals": result.goals, "seconds": result.seconds,
                       "hypotheses": result.hypotheses, "smoke": job.smoke}, f)


def hurry(jobs):
    """Where CVC4 alone found a goal when the committed results were made: Z3, which is asked first, spends its whole limit on each
    such goal. There the first try has a limit that is at least twice what any goal took; it can only refuse more."""
    slowest, late = {}, set()
    for g in (load_committed() or {"goals": []})["goals"]:
        key = (g["file"], g["function"])
        if g["kind"] != "smoke test":
            slowest[key] = max(slowest.get(key, 0), g["seconds"])
        if g["prover"].startswith("CVC4"):
            late.add(key)
    for job in jobs:
        key = (job.path, job.function)
        if key in late and job.function not in options.FUNCTION_TIMEOUT:
            job.limit = next((limit for limit in (3, 5) if 2 * slowest[key] <= limit), None)
    return jobs


def run_one(job, cache, on_goal):
    result = wp.run(job, cache, on_goal)
    if job.limit and not result.ok():
        job.limit = None
        result = wp.run(job, cache, on_goal)
    return result


def run_all(jobs, digests, cold, quiet):
    progress, results = Progress(len(jobs), quiet), []
    queue, lock = list(jobs), threading.Lock()

    def work():
        while True:
            with lock:
                if not queue:
                    return
                job = queue.pop(0)
            try:
                found = None if cold else reuse(job, digests)
                result = found or run_one(job, None if cold else "update", lambda d, s, j=job: progress.goal(j, d, s))
                if job.canary and not found:
                    targets.judge_canaries(result)
            except Exception as e:  # a thread that dies silently would look like a short queue
                found, result = None, wp.Result(job)
                result.bad("tool crash", f"the gate itself failed: {type(e).__name__}: {e}")
            if not found:
                keep(job, result, digests)
            progress.finished(job, result, bool(found))
            with lock:
                results.append(result)

    threads = [threading.Thread(target=work) for _ in range(max(1, options.JOBS))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def order(jobs, digests):
    """Longest first, by the committed seconds, so that two processors finish together."""
    known = {(f["file"], f["function"]): f["seconds"] for f in (load_committed() or {}).get("functions", [])}
    return sorted(jobs, key=lambda j: (-known.get((j.path, j.function or ""), 0 if j.canary else 1e6), j.path, j.label))


SAMPLED = 8  # one in so many keeps its smoke tests in a lean run; which ones, the committed digest decides


def spare(jobs, digests, update):
    """The functions whose smoke tests a lean run leaves out: those whose committed results are of this very text, and, when
    results are being made, those of core/vmx. A smoke test costs its whole limit: they are more than half of a proof's time,
    and the weekly job tries them all."""
    committed = load_committed() or {"functions": []}
    known = {(f["file"], f["function"]): f["digest"] for f in committed["functions"]}
    out = set()
    for key in ((j.path, j.function) for j in jobs if j.function):
        own = digest.sha(digests[key]) if key in digests else None
        draw = hashlib.sha256(f"{committed.get('digest')}{key}".encode()).digest()[0]
        if draw % SAMPLED and ((own and known.get(key) == own) or (update and key[0].startswith("core/vmx/"))):
            out.add(key)
    return out


def prepare(args):
    """(jobs, static findings, digests, contexts): all that can be said before the first proof."""
    wp.prepare()
    before = fingerprint()
    jobs = targets.jobs_of_tree(args.fn)
    if args.fn and not jobs:
        raise csrc.GateError(f"no function named {args.fn} in core/ or proofs/")
    static = [] if args.bare else lint.check_all(sorted({j.path for j in jobs}) if args.fn else None)
    if not (args.bare or args.fn or args.update):
        static += tcb.not_in_the_ledger()
    digests, contexts = digest.tree()
    spared = spare(jobs, digests, args.update) if args.lean else set()
    for job in hurry(jobs):
        job.smoke = not args.bare and (job.path, job.function) not in spared
    digests["fingerprint"] = before
    return jobs + ([] if args.fn else [targets.headers_job()]), static, digests, contexts


def main():
    args = arguments()
    start = time.time()
    if args.lint:
        return lint_only()
    try:
        jobs, static, digests, contexts = prepare(args)
    except csrc.GateError as e:
        print(f"gate: {e}")
        return 1
    spared = sum(bool(j.function) and not j.smoke for j in jobs)
    if spared and args.lean:
        print(f"smoke tests of {spared} functions are left out (make prove COLD=1 without LEAN tries them all)")
    print(f"proving {len(jobs)} targets in {len({j.path for j in jobs})} files with "
          + ", ".join(options.tool_versions().values()), flush=True)
    results = run_all(order(jobs, digests), digests, args.cold, args.quiet)
    out = records.summary(results, digests, contexts)
    if not args.fn:
        records.dump(out, os.path.join(options.OUT, "results.json"))
    if args.records:
        records.dump(dict(out, problems=[f"{c}: {x}" for r in results for c, x in r.problems]), args.records)
    if fingerprint() != digests["fingerprint"]:
        static.append(("text changed", "core/, spec/ or proofs/ was edited while it was being proved: run it again"))
    if not args.fn:
        static += records.rests_on(results)
    if not args.update and not args.bare:
        static += check_manifest(out, args.fn, {(j.path, j.function) for j in jobs if j.function and not j.smoke})
    lines = records.failures(results) + checks.say(static)
    junit.prove(results, static, os.path.join(os.path.dirname(args.records or "") or options.OUT, "junit.xml"))
    return finish(args, out, lines, digests, start)


def finish(args, out, lines, digests, start):
    for line in lines:
        print(line)
    total = out["total"]
    slow = max(out["goals"], key=lambda g: g["seconds"], default=None)
    if slow and not args.quiet:
        print(f"slowest goal {slow['seconds']:.1f} s of {options.TIMEOUT} s: {slow['function']}: {slow['goal']}")
    missing = unproved_callees(args.fn, digests) if args.fn and not args.bare else []
    if missing:
        print(f"note: rests on {len(missing)} functions not proved for this text yet: {', '.join(missing)}")
    print(f"{total['proved']} of {total['goals']} goals proved, {total['functions']} functions, "
          f"{time.time() - start:.0f} s{', cold' if args.cold else ''}: {'FAILED' if lines else 'all proved'}")
    if lines:
        return 1
    if args.update:
        records.write_manifest(out)
        records.dump(out, options.COMMITTED)
        print(f"proofs/results.json and proofs/manifest.txt written, digest {out['digest']}")
    return 0


def unproved_callees(function, digests):
    """For one function alone: which of the functions under it have no kept proof of this text."""
    functions, out = digest.calls(), set()
    for key in [k for k in functions if k[1] == function]:
        out |= {low[1] for low in records.tree_of(functions, key) if not os.path.exists(store_path(digests[low]))}
    return sorted(out)


def lint_only():
    try:
        lines = checks.say(lint.check_all())
    except csrc.GateError as e:
        lines = [f"gate: {e}"]
    print("\n".join(lines) if lines else "lint-core: nothing found")
    return 1 if lines else 0


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fn")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--lean", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--lint", action="store_true")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--records")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
