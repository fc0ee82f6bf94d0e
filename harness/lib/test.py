# SPDX-License-Identifier: BSD-2-Clause
"""make install as its users have it: into a prefix and under a DESTDIR; the library asks for the seam and the ledger and for
nothing else; each header stands alone; the example hypervisor is built against the prefix by pkg-config, and runs; a
core that is not the proven one is refused.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(ROOT, "build", "lib")
PREFIX = os.path.join(OUT, "prefix")
PROMISED = r"pn_((?:hw|mem)_\w+|ledger_\w+|counters_this)|mem(cpy|set|move|cmp)"   # a freestanding gcc may call the mem functions


def run(*argv, cwd=ROOT, **env):
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, env=dict(os.environ, **env), timeout=300)


def pkg_config(*words):
    return run("pkg-config", *words, "provenest", PKG_CONFIG_PATH=os.path.join(PREFIX, "lib", "pkgconfig"))


def install():
    """installs into a prefix"""
    shutil.rmtree(PREFIX, ignore_errors=True)
    done = run("make", "--no-print-directory", "install", f"PREFIX={PREFIX}", "UNPROVEN=1")
    return done.returncode == 0 and os.path.exists(os.path.join(PREFIX, "lib", "libprovenest.a")), done.stdout + done.stderr


def destdir():
    """keeps to DESTDIR, and names the prefix alone in provenest.pc"""
    stage = os.path.join(OUT, "stage")
    shutil.rmtree(stage, ignore_errors=True)
    done = run("make", "--no-print-directory", "install", "PREFIX=/opt/pn", f"DESTDIR={stage}", "UNPROVEN=1")
    path = os.path.join(stage, "opt", "pn", "lib", "pkgconfig", "provenest.pc")
    if done.returncode or not os.path.exists(path):
        return False, done.stdout + done.stderr
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return "prefix=/opt/pn\n" in text and stage not in text and "@" not in text and not os.path.exists("/opt/pn"), text


def asks_for_the_seam_alone():
    """the library needs what the seam promises, and nothing else"""
    archive = os.path.join(PREFIX, "lib", "libprovenest.a")
    names = [x.split() for x in run("nm", archive).stdout.splitlines()]
    wanted = {x[-1] for x in names if len(x) == 2 and x[0] == "U"}
    given = {x[2] for x in names if len(x) == 3 and x[1] in "TDBR"}
    data = {x[2] for x in names if len(x) == 3 and x[1] in "DBbC"}
    strange = sorted(n for n in wanted - given if not re.fullmatch(PROMISED, n)) + sorted(data)
    return bool(wanted & given) and not strange, "neither the seam's nor its own, or writable data: " + " ".join(strange)


def headers():
    """each installed header compiles alone, freestanding"""
    flags = pkg_config("--cflags").stdout.split()
    found = sorted(glob.glob(os.path.join(PREFIX, "include", "provenest", "*.h")))
    bad = ""
    for path in found:
        text = f"#include <provenest/{os.path.basename(path)}>\nint nothing;\n"
        done = subprocess.run(["gcc", "-ffreestanding", "-Wall", "-Wextra", "-Werror", *flags, "-x", "c", "-c", "-", "-o",
                               os.devnull], input=text, capture_output=True, text=True, cwd="/")
        bad += done.stderr
    return len(found) >= 5 and not bad, bad or "too few headers"


def example():
    """the example is built by pkg-config alone and runs"""
    away = os.path.join(OUT, "example")   # a copy: nothing around it can help
    shutil.rmtree(away, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "harness", "lib", "example"), away)
    done = run("make", cwd=away, PKG_CONFIG_PATH=os.path.join(PREFIX, "lib", "pkgconfig"), MAKEFLAGS="")
    if done.returncode:
        return False, done.stdout + done.stderr
    done = run("./toy-hypervisor", cwd=away)
    print("     " + done.stdout.strip().replace("\n", "\n     "))
    return done.returncode == 0, done.stdout


def broken_seam():
    """a seam that forgets interrupted deliveries makes the example fail"""
    away = os.path.join(OUT, "example")
    path = os.path.join(away, "seam.c")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("if (!e.valid)", "if (true)"))
    built = run("make", cwd=away, PKG_CONFIG_PATH=os.path.join(PREFIX, "lib", "pkgconfig"), MAKEFLAGS="")
    done = run("./toy-hypervisor", cwd=away)
    return "if (!e.valid)" in text and built.returncode == 0 and done.returncode != 0, built.stderr + done.stdout


def unproven_is_refused():
    """a core that is not the proven one is not installed"""
    away = os.path.join(OUT, "changed")
    shutil.rmtree(away, ignore_errors=True)
    shutil.copytree(ROOT, away, ignore=shutil.ignore_patterns("build", ".git"))
    path = os.path.join(away, "core", "event", "record.c")
    with open(path, "a", encoding="utf-8") as f:
        f.write("int pn_one_more(void);\nint pn_one_more(void)\n{\n    return 1;\n}\n")
    os.makedirs(os.path.join(away, "build"))
    for stamp in ("deps.stamp", "deps-tests.stamp"):
        open(os.path.join(away, "build", stamp), "w", encoding="utf-8").close()
    done = run("make", "--no-print-directory", "install", f"PREFIX={away}/prefix", cwd=away, PWD=away, MAKEFLAGS="")
    said = done.stdout + done.stderr
    refused = done.returncode != 0 and not os.path.exists(f"{away}/prefix/lib/libprovenest.a")
    return refused and "pn_one_more" in said, said


def main():
    counts = [0, 0]
    for test in (install, destdir, asks_for_the_seam_alone, headers, example, broken_seam, unproven_is_refused):
        good, said = test()
        counts[not good] += 1
        print(("ok   " if good else "FAIL ") + test.__doc__.strip() + ("" if good else ": " + said.strip()[-1500:]), flush=True)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main())
