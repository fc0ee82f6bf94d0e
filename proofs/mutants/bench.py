# SPDX-License-Identifier: BSD-2-Clause
"""The bench a mutant is tried on: shadows for the workers, limits of the unchanged functions, and a row for the table."""
import concurrent.futures
import os
import queue
import time

import choose
import csrc
import kill
import options
import shadow
import table
import wp

WORK = os.path.join(options.ROOT, "build", "mutants")


class Bench:
    """Worker shadows, and the limits under which the unchanged functions prove."""

    def __init__(self, srcs):
        wp.prepare()
        self.srcs, self.free, self.suites, self.unproved = srcs, queue.Queue(), {}, set()
        self.base = shadow.Shadow(os.path.join(WORK, "base"))
        proved = {(path, name): src.committed(name) for path, src in srcs.items() for name in src.functions}
        self.limits = kill.Limits(self.base.root, digests(srcs), proved, os.path.join(WORK, "limits.json"))
        workers = max(1, options.JOBS)
        for i in range(workers):
            self.free.put(shadow.Shadow(os.path.join(WORK, f"w{i}")))
        self.pool = concurrent.futures.ThreadPoolExecutor(workers)

    def tests(self, paths):
        """Which of the tests pass on the unchanged tree: a witness means nothing without. Each worker builds them once."""
        places = [self.free.get() for _ in range(self.free.qsize())]
        for part in sorted({choose.part(path) for path in paths}):
            suites = (kill.NESTED,) if part == choose.NESTED else kill.SUITES
            found = self.suites[part] = kill.suite(places[0].root, suites)
            for place in places[1:]:
                if kill.witness(place.root, found, None):
                    raise csrc.GateError(f"the {found} tests fail on an unchanged copy")
            print(f"unchanged: {part}: {found} passes" if found else "unchanged: no tests here", flush=True)
        for place in places:
            self.free.put(place)

    def witness(self, place, path):
        return kill.witness(place.root, self.suites[choose.part(path)])

    def run(self, mutant):
        """A row for one mutant; None if the unchanged function is not proved, or the prover refuses the mutant's text."""
        place = self.free.get()
        try:
            known = self.limits.of(mutant.path, mutant.function)
            if not known:
                self.unproved.add((mutant.path, mutant.function))
                return None
            start = time.monotonic()
            place.change(mutant.path, mutant.text)
            error = place.compiles(mutant.path)
            if error:
                raise csrc.GateError(f"{mutant.id}: does not compile under -Werror: {error}")
            seen = self.witness(place, mutant.path)
            proof = kill.judge(place.root, mutant.path, mutant.function, known, bool(seen))
        finally:
            place.restore(mutant.path)
            self.free.put(place)
        if proof.verdict == "refused":
            print(f"note {mutant.id}: {mutant.path}: {mutant.function}: left out: the prover refuses it: {proof.said}")
            return None
        return row(mutant, self.srcs[mutant.path].digest(mutant.function), proof, seen, time.monotonic() - start)


def row(m, digest, proof, seen, seconds):
    verdict = "survived" if proof.verdict == "proved" else "refuted" if seen else proof.verdict
    before, after = table.clip(m.before, m.after)
    return {"id": m.id, "file": m.path, "function": m.function, "operator": m.operator, "line": str(m.line),
            "before": before, "after": after, "digest": digest, "verdict": verdict, "proof": proof.verdict,
            "property": proof.goal or "-", "witness": seen, "seconds": f"{seconds:.1f}"}


def tell(done, total, r):
    print(f"[{done:3}/{total}] {r['verdict']:8} {r['file'][5:]}: {r['function']}: {r['operator']}: line {r['line']}: "
          f"{r['property']}" + (f" | {r['witness']}" if r["witness"] else "") + f" ({r['seconds']} s)", flush=True)


def digests(srcs):
    return {(path, name): src.digest(name) for path, src in srcs.items() for name in src.functions}


def find(srcs, r):
    """The mutant of a row, or None."""
    src = srcs[r["file"]]
    fn = src.functions.get(r["function"])
    return next((m for m in choose.candidates(src, fn) if m.id == r["id"]), None) if fn else None
