# SPDX-License-Identifier: BSD-2-Clause
"""make test-fuzz: the three fuzzers, each with its wrong cores, PN_JOBS (two) processes at a time; one line that sums them. A part that ends
badly without a count, or counts nothing, is a failure.

usage: all.py FUZZ NESTED PURE    their binaries"""
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("run.py", "nested.py", "pure.py")
COUNT = re.compile(r"^(\d+) passed, (\d+) failed$")


def part(script, binary):
    """(lines it printed, passed, failed)."""
    done = subprocess.run([sys.executable, os.path.join(HERE, script), binary, "--wrong"], text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = done.stdout.splitlines()
    count = COUNT.match(lines[-1]) if lines else None
    if not count or count.group(1, 2) == ("0", "0"):
        return lines + [f"FAIL {script} says nothing of what it did (exit {done.returncode})"], 0, 1
    passed, failed = int(count.group(1)), int(count.group(2))
    if done.returncode and not failed:
        return lines[:-1] + [f"FAIL {script} ends with {done.returncode}"], passed, 1
    return lines[:-1], passed, failed


def main():
    if len(sys.argv) != 1 + len(PARTS):
        print(__doc__.strip())
        return 2
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("PN_JOBS", "2"))) as pool:
        for lines, good, bad in pool.map(part, PARTS, sys.argv[1:]):
            print("\n".join(lines), flush=True)
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
