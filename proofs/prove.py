# SPDX-License-Identifier: BSD-2-Clause
"""make prove: every function of core/ and of the proof clients, with progress, records and named failures.

usage: prove.py [--fn NAME] [--cold] [--update] [--quiet] [--lint]
       --bare: no smoke tests, no static checks, no manifest (wrong.py); --records FILE: where to write a partial run"""
import argparse
import hashlib
import json
import os
import sys
import threading
import time

import acsl
import csrc
import digest
import lint
import options
import wp

HEADERS_UNIT = "build/prove/all_headers.c"


def jobs_of_tree(function=None):
    jobs = []
    for path in options.core_sources() + options.client_sources():
        unit = csrc.unit(path)
        names = [n for n in unit.defs if unit.defs[n].file == path]
        jobs += [wp.Job(path, n) for n in names if function in (None, n)]
        if function is None and any("lemma" in csrc.words(csrc.inner(t.text)) for item in unit.context for t in item
                                    if t.kind == "acsl" and t.file == path):
            jobs.append(wp.Job(path, lemmas=True))
    return jobs


def headers_job():
    """All lemmas of the headers, and the canaries: `\\false` must stay unproved from everything the headers say."""
    path = os.path.join(options.OUT, "all_headers.c")
    text = "".join(f'#include "{os.path.join(options.ROOT, h)}"\n' for h in options.headers())
    text += "/*@ check lemma canary_of_the_gate: \\false; */\n" + axiom_canaries()
    os.makedirs(options.OUT, exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return wp.Job(os.path.relpath(path, options.ROOT), canary=True)


def axiom_canaries():
    """A canary for each symbol that has axioms: WP shows an axiom to a goal only if the goal mentions its symbol. Each is
    false in every model, and none is simplified away before a solver sees it."""
    out = []
    for item in (item for path in options.core_sources() for item in csrc.unit(path).context):
        for tok in item:
            if tok.kind != "acsl" or "axiom" not in csrc.words(csrc.inner(tok.text)):
                continue
            for d in acsl.definitions(tok.text):
                if d.labels or any(kind != ["integer"] for kind, _ in d.params):
                    continue
                names = [f"x{i}" for i in range(len(d.params))]
                call = d.name + (f"({', '.join(names)})" if names else "")
                zero = d.name + (f"({', '.join('0' for _ in names)})" if names else "")
                bind = f"\\forall integer {', '.join(names)}; " if names else ""
                false = f"({bind}{call}) && !{zero}" if d.kind == "predicate" else f"({bind}{call} > 5) && {zero} < 5"
                out.append(f"/*@ check lemma canary_{d.name}: {false}; */\n")
    return "".join(dict.fromkeys(out))


def judge_canaries(result):
    """A canary that is proved means that the assumptions contradict each other."""
    canaries = 0
    for g in result.goals:
        g["file"], g["function"] = "headers", ""
        if "canary" not in g["goal"]:
            continue
        canaries += 1
        g["kind"] = "canary"
        if g["verdict"] == "valid":
            g["verdict"] = "canary proved: the headers contradict themselves"
        else:
            g.update(verdict="valid", prover="unproved, as it must be", seconds=0)
    result.problems = [p for p in result.problems if "statuses" not in p[1]]
    if not canaries:
        result.bad("no canary", "the canary was not tried")


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
    result.goals, result.seconds = saved["goals"], saved["seconds"]
    return result


def keep(job, result, digests):
    parts = digests.get((job.path, job.function))
    if parts and result.ok() and job.smoke and fingerprint() == digests["fingerprint"]:
        os.makedirs(os.path.join(options.OUT, "functions"), exist_ok=True)
        with open(store_path(parts), "w", encoding="utf-8") as f:
            json.dump({"goals": result.goals, "seconds": result.seconds}, f)


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
                result = found or wp.run(job, None if cold else "update", lambda d, s, j=job: progress.goal(j, d, s))
                if job.canary and not found:
                    judge_canaries(result)
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
    return sorted(jobs, key=lambda j: (-known.get((j.path, j.function), 1e6 if j.function else 0), j.path, j.label))


def load_committed():
    try:
        with open(options.COMMITTED, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        return None


def summary(results, digests, contexts):
    functions, goals = [], []
    for r in results:
        goals += r.goals
        label = r.job.function or ""
        parts = digests.get((r.job.path, label))
        good = sum(g["verdict"] == "valid" for g in r.goals)
        functions.append({"file": "headers" if r.job.canary else r.job.path, "function": label,
                          "goals": len(r.goals), "proved": good, "seconds": r.seconds,
                          "digest": digest.sha(parts) if parts else "", "parts": parts or {}})
    functions.sort(key=lambda f: (f["file"], f["function"]))
    goals.sort(key=lambda g: (g["file"], g["function"], g["goal"]))
    good = sum(g["verdict"] == "valid" for g in goals)
    out = {"tools": options.tool_versions(), "options": options.digest(),
           "total": {"goals": len(goals), "proved": good, "functions": sum(bool(f["function"]) for f in functions),
                     "seconds": round(sum(f["seconds"] for f in functions), 1)},
           "contexts": dict(sorted(contexts.items())), "functions": functions, "goals": goals}
    out["digest"] = digest.overall(out)
    return out


def manifest_path():
    return os.path.join(options.ROOT, "proofs", "manifest.txt")


def read_manifest():
    rows = {}
    try:
        with open(manifest_path(), encoding="utf-8") as f:
            for line in f:
                cells = line.split()
                if len(cells) == 3 and not line.startswith("#"):
                    rows[(cells[0], cells[1])] = int(cells[2])
    except OSError:
        pass
    return rows


def write_manifest(results):
    with open(manifest_path(), "w", encoding="utf-8") as f:
        f.write("# How many goals each function has; fewer, or a function that is gone, fails. make update-proofs\n")
        for row in results["functions"]:
            f.write(f"{row['file']} {row['function'] or '-'} {row['goals']}\n")


def check_manifest(results, function):
    rows = read_manifest()
    if not rows:
        return [] if function else [("short manifest", "proofs/manifest.txt: missing or empty: make update-proofs")]
    now = {(f["file"], f["function"] or "-"): f["goals"] for f in results["functions"]}
    found = []
    for key, count in rows.items():
        if key not in now and not function:
            found.append(("fewer goals", f"{key[0]}: {key[1]}: in proofs/manifest.txt, not proved now"))
        elif key in now and now[key] < count:
            found.append(("fewer goals", f"{key[0]}: {key[1]}: {now[key]} goals, {count} in proofs/manifest.txt"))
    for key in now:
        if key not in rows and not function:
            found.append(("short manifest", f"{key[0]}: {key[1]}: not in proofs/manifest.txt: make update-proofs"))
    return found


def dump(value, path):
    """One line a record: results are read by people too, and diffed."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lines = []
    for key, v in value.items():
        if isinstance(v, list):
            rows = ",\n  ".join(json.dumps(x) for x in v)
            lines.append(f' "{key}": [\n  {rows}\n ]')
        else:
            lines.append(f' "{key}": {json.dumps(v)}')
    temp = f"{path}.{os.getpid()}"
    with open(temp, "w", encoding="utf-8") as f:
        f.write("{\n" + ",\n".join(lines) + "\n}\n")
    os.replace(temp, path)


def failures(results):
    """The lines a failing run ends with, those of goals first."""
    lines = []
    for r in sorted(results, key=lambda r: (r.job.path, r.job.label)):
        for g in r.goals:
            if g["verdict"] != "valid":
                lines.append(f"{g['file']}: {g['function'] or 'lemma'}: {g['goal']}: {g['verdict']}")
    for r in results:
        lines += [f"gate: {check}: {line}" for check, line in r.problems]
    return lines


def main():
    args = arguments()
    start = time.time()
    if args.lint:
        return lint_only()
    try:
        wp.prepare()
        before = fingerprint()
        jobs = jobs_of_tree(args.fn)
        if args.fn and not jobs:
            raise csrc.GateError(f"no function named {args.fn} in core/ or proofs/")
        static = [] if args.bare else lint.check_all(sorted({j.path for j in jobs}) if args.fn else None)
        for job in jobs:
            job.smoke = not args.bare
        digests, contexts = digest.tree()
        digests["fingerprint"] = before
    except csrc.GateError as e:
        print(f"gate: {e}")
        return 1
    if not args.fn:
        jobs.append(headers_job())
    print(f"proving {len(jobs)} targets in {len({j.path for j in jobs})} files with "
          + ", ".join(options.tool_versions().values()), flush=True)
    results = run_all(order(jobs, digests), digests, args.cold, args.quiet)
    out = summary(results, digests, contexts)
    if not args.fn:
        dump(out, os.path.join(options.OUT, "results.json"))
    if args.records:
        dump(dict(out, problems=[f"{c}: {x}" for r in results for c, x in r.problems]), args.records)
    if fingerprint() != before:
        static.append(("text changed", "core/, spec/ or proofs/ was edited while it was being proved: run it again"))
    lines = failures(results) + [f"gate: {check}: {line}" for check, line in static]
    if not args.update and not args.bare:
        lines += [f"gate: {check}: {line}" for check, line in check_manifest(out, args.fn)]
    for line in lines:
        print(line)
    total = out["total"]
    slow = max(out["goals"], key=lambda g: g["seconds"], default=None)
    if slow and not args.quiet:
        print(f"slowest goal {slow['seconds']:.1f} s of {options.TIMEOUT} s: {slow['function']}: {slow['goal']}")
    print(f"{total['proved']} of {total['goals']} goals proved, {total['functions']} functions, "
          f"{time.time() - start:.0f} s{', cold' if args.cold else ''}: {'FAILED' if lines else 'all proved'}")
    if lines:
        return 1
    if args.update:
        write_manifest(out)
        dump(out, options.COMMITTED)
        print(f"proofs/results.json and proofs/manifest.txt written, digest {out['digest']}")
    return 0


def lint_only():
    try:
        lines = [f"gate: {check}: {line}" for check, line in lint.check_all()]
    except csrc.GateError as e:
        lines = [f"gate: {e}"]
    print("\n".join(lines) if lines else "lint-core: nothing found")
    return 1 if lines else 0


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fn")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--lint", action="store_true")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--records")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
