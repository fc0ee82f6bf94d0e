# SPDX-License-Identifier: BSD-2-Clause
"""Runs the host tests of the core with executed contracts, case by case.

Left out by name: the cases that test the model itself and move its device by hand, which no contract allows.
usage: run.py BINARY"""
import glob
import os
import re
import subprocess
import sys

LEFT_OUT = {"model", "seam"}


def main():
    cases = set()
    for path in glob.glob("tests/unit/*.c"):
        with open(path, encoding="utf-8") as f:
            cases |= set(re.findall(r'tcase_create\("([^"]*)"\)', f.read()))
    passed = failed = 0
    for case in sorted(cases - LEFT_OUT):
        run = subprocess.run([sys.argv[1]], env=dict(os.environ, CK_RUN_CASE=case), capture_output=True, text=True)
        count = re.search(r"Checks: (\d+), Failures: (\d+), Errors: (\d+)", run.stdout)
        if not count or int(count.group(1)) == 0:
            print(f"FAIL {case}: the case did not run")
            failed += 1
            continue
        bad = int(count.group(2)) + int(count.group(3))
        passed, failed = passed + int(count.group(1)) - bad, failed + bad
        if bad:
            print("\n".join(x for x in run.stdout.splitlines() if re.search(r":[FE]:", x)))
    print(f"with executed contracts (without the cases {', '.join(sorted(LEFT_OUT))}):")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
