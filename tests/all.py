"""make test: every suite, timed, and one final line that sums what they counted. lanes.py says how they run; LANES=1: one after
the other, each with both processors.

The order: what takes seconds; the cold proof, by itself, for its goals have limits by the clock, and the wrong cores need what it
keeps; then the longest first, so that the lanes end together. The summary tells what processor time each took (without processes
that were killed, as a prover is when a mutant is refuted): it does not depend on what else runs, so order the table by it.
"""
import os
import signal
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "proofs"))
import junit  # noqa: E402
import lanes  # noqa: E402
from lanes import Suite  # noqa: E402

SUITES = (Suite("what several suites use", "test-shared", alone=True, counts="none"),
          Suite("committed results", "check-proofs", counts="one"), Suite("what is trusted", "tcb", counts="one"),
          Suite("audit", "audit"), Suite("the runner itself", "test-runner"), Suite("unit tests", "unit"),
          Suite("the hypervisor's pure parts", "hv-unit"), Suite("the manual's tables", "test-oracle"),
          Suite("cold proof", "prove", "COLD=1", "LEAN=1", alone=True),
          Suite("boot tests", "test-boot"), Suite("claims", "claims"), Suite("wrong cores", "wrong-cores"),
          Suite("mutants", "mutants"), Suite("museum", "museum"), Suite("fuzzer", "test-fuzz"),
          Suite("the gate's own tests", "test-gate"), Suite("static checks", "static", holds="build/lib"),
          Suite("unit tests, sanitized", "unit-sanitized"), Suite("the mutants' own tests", "test-mutants"),
          Suite("unit tests, checked", "test-unit-checked"), Suite("coverage", "coverage"),
          Suite("the claims' own checks", "test-claims"), Suite("library", "test-install", holds="build/lib"))


def main(suites=SUITES, root=ROOT):
    count, began = lanes.wanted(), time.monotonic()
    if not count:
        print("error: LANES is a number of suites at a time, not '%s'" % os.environ["LANES"], file=sys.stderr)
        return 2
    for each in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, lanes.interrupted)
    try:
        runs = lanes.run(suites, count, root)
    except KeyboardInterrupt:
        print("0 passed, 1 failed: it was ended from outside")
        return 130
    junit.write(os.path.join(root, "build", "test", "junit.xml"), "make test",
                [junit.suite(r.suite.name, r.seconds, r.passed, r.failed, r.lines) for r in runs])
    wall, cpu, total = time.monotonic() - began, sum(r.cpu for r in runs), [sum(r.passed for r in runs), sum(r.failed for r in runs)]
    print("====")
    for r in runs:
        print("%-27s %6.0f s   %d passed, %d failed   (%.0f s of processors)" % (r.suite.name, r.seconds, r.passed, r.failed, r.cpu))
    print("%-27s %6.0f s   (%.0f s of processors, %.1f busy on average)" % ("all of it", wall, cpu, cpu / max(wall, 0.1)))
    print("%d passed, %d failed" % tuple(total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
