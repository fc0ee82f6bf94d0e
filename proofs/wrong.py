# SPDX-License-Identifier: BSD-2-Clause
"""Wrong cores: each must compile, and each must be rejected by its own named obligation; the right core must prove
under the same limits. Also stages them for the boot tests.

usage: wrong.py test [NAME...]     wrong.py list     wrong.py stage NAME DIR    (DIR becomes core/; spec/ goes beside)"""
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

import csrc
import options

TABLE = os.path.join(options.ROOT, "tests", "gate", "wrong", "table.py")
WORK = os.path.join(options.ROOT, "build", "wrong")
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Werror", "-fsyntax-only"]


def table():
    spec = importlib.util.spec_from_file_location("wrong_table", TABLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WRONG


def stage(name, core):
    """A full copy of core/ in `core`, with spec/ beside it, broken as the table says; None: not broken."""
    beside = os.path.dirname(os.path.abspath(core))
    for source, target in (("core", core), ("spec", os.path.join(beside, "spec"))):
        if os.path.realpath(target) == os.path.join(options.ROOT, source):
            raise csrc.GateError(f"refusing to write over the tree's own {source}/")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(os.path.join(options.ROOT, source), target)
    if name is None:
        return
    _, path, edits, _, _ = table()[name]
    full = os.path.join(core, path)
    with open(full, encoding="utf-8") as f:
        text = f.read()
    for old, new in edits:
        if text.count(old) != 1:
            raise csrc.GateError(f"{name}: stale: its text is {text.count(old)} times in core/{path}: {old.strip()!r}")
        text = text.replace(old, new)
    with open(full, "w", encoding="utf-8") as f:
        f.write(text)


def shadow(name):
    root = os.path.join(WORK, name or "unchanged")
    os.makedirs(root, exist_ok=True)
    stage(name, os.path.join(root, "core"))
    for source in options.client_sources() + options.files("proofs/*.h", "proofs/claims/**/*.h"):
        os.makedirs(os.path.dirname(os.path.join(root, source)), exist_ok=True)
        shutil.copy(os.path.join(options.ROOT, source), os.path.join(root, source))
    return root


def compiles(root, path):
    cmd = ["gcc"] + options.FALLBACK_CFLAGS + STRICT + [f"core/{path}"]
    run = subprocess.run(cmd, cwd=root, capture_output=True, text=True)
    return None if run.returncode == 0 else (run.stderr.strip().splitlines() or ["gcc failed"])[0]


def probe(root, path):
    """Is the shadow what both compiler and prover read? A line put at its end must stop both."""
    full = os.path.join(root, "core", path)
    with open(full, encoding="utf-8") as f:
        text = f.read()
    try:
        with open(full, "a", encoding="utf-8") as f:
            f.write('\n#error "shadow probe"\n')
        cmd = [options.FRAMAC] + options.KERNEL + ["-cpp-extra-args=" + " ".join(options.INCLUDES), f"core/{path}"]
        run = subprocess.run(cmd, cwd=root, capture_output=True, text=True, env=dict(os.environ, PWD=root))
        seen = "shadow probe" in run.stdout + run.stderr
        return seen and "shadow probe" in (compiles(root, path) or "")
    finally:
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)


def prove(root, function, reuse=False):
    """Records of one function proved in a tree of its own, without cache and without smoke tests."""
    records = os.path.join(root, f"records.{function}.json")
    if os.path.exists(records):
        os.remove(records)
    env = dict(os.environ, PN_ROOT=root, PYTHONDONTWRITEBYTECODE="1")
    if reuse:
        env["PN_OUT"] = options.OUT  # the proof of exactly this text, if there is one already
    else:
        env["PN_OUT"] = os.path.join(root, "out")
    cmd = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "prove.py"), "--fn", function,
           "--bare", "--quiet", "--records", records] + ([] if reuse else ["--cold"])
    run = subprocess.run(cmd, env=env, capture_output=True, text=True)
    try:
        with open(records, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        raise csrc.GateError(f"{function}: the proof gave no records: "
                             + ((run.stdout + run.stderr).strip().splitlines() or ["no output"])[-1])


def reject(name, row):
    """(ok, line) for one wrong core."""
    what, path, _, function, wanted = row
    try:
        root = shadow(name)
        error = compiles(root, path)
        if error:
            return False, f"does not compile under -Werror: {error}"
        if not probe(root, path):
            return False, "the shadow copy is not what is read"
        records = prove(root, function)
    except csrc.GateError as e:
        return False, str(e)
    if not records["goals"] or records["problems"]:
        return False, "; ".join(records["problems"]) or "no goals"
    # A change of the control flow makes several calls of one: the obligation is named after the callee, not the call.
    broken = sorted({re.sub(r"_\d+_requires_", "_requires_", g["goal"]) for g in records["goals"]
                     if g["verdict"] != "valid"})
    if wanted not in broken:
        return False, f"not rejected by {function}: {wanted}; failing: {', '.join(broken) or 'nothing'}"
    others = [b for b in broken if b != wanted]
    return True, f"{what}: {function}: {wanted}" + (f" (also {', '.join(others)})" if others else "")


def baseline(functions):
    """The unchanged copy proves: with the limits the mutants get, or a rejection would mean nothing."""
    root, lines = shadow(None), []
    for function in functions:
        records = prove(root, function, reuse=True)
        bad = [g["goal"] for g in records["goals"] if g["verdict"] != "valid"] + records["problems"]
        if bad or not records["goals"]:
            lines.append(f"the unchanged core: {function}: not proved: {', '.join(bad) or 'no goals'}")
    return lines


def test(names):
    rows = {n: r for n, r in table().items() if not names or n in names}
    claims = [(r[3], r[4]) for r in table().values()]
    lines = [f"{f}: {o}: claimed by two wrong cores" for f, o in set(claims) if claims.count((f, o)) > 1]
    lines += baseline(sorted({r[3] for r in rows.values()}))
    for line in lines:
        print(f"FAIL {line}")
    passed, failed, queue, lock = 0, len(lines), list(rows), threading.Lock()
    counts = [passed, failed]

    def work():
        while True:
            with lock:
                if not queue:
                    return
                name = queue.pop(0)
            start = time.time()
            ok, line = reject(name, rows[name])
            with lock:
                counts[0 if ok else 1] += 1
                print(f"{'ok  ' if ok else 'FAIL'} {name}: {line} ({time.time() - start:.0f} s)", flush=True)

    threads = [threading.Thread(target=work) for _ in range(max(1, options.JOBS))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"{counts[0]} passed, {counts[1]} failed")
    return 1 if counts[1] else 0


def main():
    args = sys.argv[1:]
    try:
        if args[:1] == ["test"]:
            return test(args[1:])
        if args == ["list"]:
            for name, row in table().items():
                print(f"{name}: {row[0]}: {row[3]}: {row[4]}")
            return 0
        if args[:1] == ["stage"] and len(args) == 3:
            if args[1] not in table():
                raise csrc.GateError(f"no wrong core named {args[1]}: wrong.py list")
            stage(args[1], args[2])
            return 0
    except csrc.GateError as e:
        print(f"wrong cores: {e}")
        return 1
    print(__doc__.strip())
    return 2


if __name__ == "__main__":
    sys.exit(main())
