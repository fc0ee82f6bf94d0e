"""make test: every suite, timed, and one final line that sums what they counted.

A suite is a make target that ends with 'N passed, N failed'. One that ends badly without having counted a failure,
or without a count at all, is one failure: silence is never success.
"""
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "proofs"))
import junit  # noqa: E402

SUITES = (("committed results", ["check-proofs"]), ("what is trusted", ["tcb"]), ("audit", ["audit"]),
          ("unit tests", ["unit"]), ("unit tests, checked", ["test-unit-checked"]),
          ("unit tests, sanitized", ["unit-sanitized"]), ("the hypervisor's pure parts", ["hv-unit"]),
          ("the manual's tables", ["test-oracle"]), ("coverage", ["coverage"]), ("fuzzer", ["test-fuzz"]),
          ("static checks", ["static"]), ("library", ["test-install"]), ("claims", ["claims"]), ("the claims' own checks", ["test-claims"]),
          ("museum", ["museum"]), ("the mutants' own tests", ["test-mutants"]), ("mutants", ["mutants"]),
          ("wrong cores", ["wrong-cores"]), ("the gate's own tests", ["test-gate"]), ("boot tests", ["test-boot"]),
          ("cold proof", ["prove", "COLD=1", "LEAN=1"]))
COUNT = re.compile(r"^(?:\S+: )?(\d+) passed, (\d+) failed\s*$")
PROVED = re.compile(r"^\[ *\d+/\d+\] (ok|FAIL) ")


def exists(target):
    done = subprocess.run(["make", "-n", target], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return b"No rule to make target" not in done.stderr


def run(argv):
    """(passed, failed, lines) of a suite; its output goes through as it comes."""
    count, proved, lines = None, {"ok": 0, "FAIL": 0}, []
    process = subprocess.Popen(["make", "--no-print-directory"] + argv, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    for line in process.stdout:
        lines.append(line)
        found = COUNT.match(line)
        if found:
            count = (int(found.group(1)), int(found.group(2)))
        found = PROVED.match(line)
        if found:
            proved[found.group(1)] += 1
        sys.stdout.write(line)
        sys.stdout.flush()
    if not count and sum(proved.values()):
        count = (proved["ok"], proved["FAIL"])                  # the prover counts functions
    if process.wait() != 0:
        return ((count[0], max(1, count[1])) if count else (0, 1)) + (lines,)
    return (count or (1, 0)) + (lines,)


def main():
    total, lines, cases, began = [0, 0], [], [], time.monotonic()
    for name, argv in SUITES:
        print("==== %s (make %s)" % (name, " ".join(argv)), flush=True)
        start = time.monotonic()
        if exists(argv[0]):
            passed, failed, output = run(argv)
        else:
            output = ["FAIL the suite is missing: no target '%s'" % argv[0]]
            print(output[0])
            passed, failed = 0, 1
        total[0] += passed
        total[1] += failed
        lines.append("%-26s %6.0f s   %d passed, %d failed" % (name, time.monotonic() - start, passed, failed))
        cases.append(junit.suite(name, time.monotonic() - start, passed, failed, output))
    junit.write(os.path.join(ROOT, "build", "test", "junit.xml"), "make test", cases)
    print("====")
    print("\n".join(lines))
    print("%-26s %6.0f s" % ("all of it", time.monotonic() - began))
    print("%d passed, %d failed" % tuple(total))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
