# SPDX-License-Identifier: BSD-2-Clause
"""The unit tests as they were built under the sanitizers, then again with cores that do what a sanitizer is for.

usage: sanitized.py DIRECTORY CFLAGS     DIRECTORY/unit is there already"""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# what it is: (file in core/, text, replacement, what the sanitizer calls it)
PLANTED = {
    "a shift by 64": ("event/bits.c", "(uint64_t)1 << k", "(uint64_t)1 << (k | 64)", "shift exponent"),
    "a read past a table": ("event/record.c", "e.origin = PN_BY_HARDWARE;",
                            "static const uint8_t t[2] = {0, 0};\n    const volatile uint8_t at = 9;\n"
                            "    e.origin = t[at];", "out of bounds|global-buffer-overflow"),
}


def unit(binary):
    run = subprocess.run([binary], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace", timeout=900)
    count = re.findall(r"^(\d+) passed, (\d+) failed$", run.stdout, re.M)
    return run, (int(count[-1][0]), int(count[-1][1])) if count else (0, 1)


def planted(name, directory, cflags):
    """What is wrong with the refusal of one core, or None."""
    path, old, new, word = PLANTED[name]
    root = os.path.join(ROOT, directory, "planted")
    shutil.rmtree(root, ignore_errors=True)
    for part in ("core", "spec"):
        shutil.copytree(os.path.join(ROOT, part), os.path.join(root, part))
    with open(os.path.join(root, "core", path), encoding="utf-8") as f:
        text = f.read()
    if old not in text:
        return f"stale: core/{path} has no '{old}'"
    with open(os.path.join(root, "core", path), "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    core, out = os.path.join(directory, "planted", "core"), os.path.join(directory, "planted", "out")
    # The objects of the right core's build serve for all but core/ itself; they stay as they are.
    shutil.copytree(os.path.join(ROOT, directory), os.path.join(ROOT, out),
                    ignore=shutil.ignore_patterns("planted", "core", "unit"))
    shutil.copytree(os.path.join(ROOT, directory, "tests"), os.path.join(ROOT, out, "tests"), dirs_exist_ok=True)
    run = subprocess.run(["make", "--no-print-directory", "-s", f"{out}/unit", f"UNIT_OUT={out}",
                          f"UNIT_CORE={core}", "UNIT_CC=clang", f"UNIT_CFLAGS={cflags}"],
                         cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        return "does not build: " + (run.stdout + run.stderr).strip()[-300:]
    run, _ = unit(os.path.join(ROOT, out, "unit"))
    return None if run.returncode and re.search(word, run.stdout) else "it was not found"


def main(directory, cflags):
    run, (passed, failed) = unit(os.path.join(ROOT, directory, "unit"))
    if failed or run.returncode:
        print(run.stdout[-3000:])
        failed = max(1, failed)
    print(f"under clang's sanitizers: {passed} passed, {failed} failed")
    for name in PLANTED:
        wrong = planted(name, directory, cflags)
        passed, failed = passed + (not wrong), failed + bool(wrong)
        print(f"{'FAIL' if wrong else 'ok  '} {name} in the core: {wrong or 'found'}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    sys.exit(main(*sys.argv[1:]))
