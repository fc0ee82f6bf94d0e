# SPDX-License-Identifier: BSD-2-Clause
"""The gate's own tests: fixtures in which a green run would lie. Each changes one thing in the small core of base/ and
names the message that must come. First the unchanged base must pass, or the refusals would mean nothing.

usage: run.py [NAME...]      a fixture is a folder with a file `case`; README.md says what its lines mean"""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "proofs"))
import checks  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.realpath(os.path.join(HERE, "..", ".."))
WORK = os.path.join(ROOT, "build", "gate")


class Case:
    def __init__(self, name):
        self.name, self.keys, self.edits = name, {}, []
        path, mode, old, new = None, None, [], []
        with open(os.path.join(HERE, name, "case"), encoding="utf-8") as f:
            for line in f.read().split("\n"):
                if line == "<<<<":
                    mode, old, new = "old", [], []
                elif line == "====" and mode:
                    mode = "new"
                elif line == ">>>>" and mode:
                    self.edits.append((path, "\n".join(old), "\n".join(new)))
                    mode = None
                elif mode:
                    (old if mode == "old" else new).append(line)
                elif line.startswith("file: "):
                    path = line[6:]
                elif ": " in line and not line.startswith("#"):
                    key, value = line.split(": ", 1)
                    self.keys[key] = value


def stage(case, source):
    """A copy of `source` with the case's changes; the text to change must be there exactly once."""
    tree = os.path.join(WORK, "case")
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(source, tree, ignore=shutil.ignore_patterns("build"))
    for path, old, new in case.edits:
        full = os.path.join(tree, path)
        with open(full, encoding="utf-8") as f:
            text = f.read()
        if text.count(old) != 1:
            raise ValueError(f"its text is {text.count(old)} times in {path}")
        with open(full, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))
    if "remove" in case.keys:
        os.remove(os.path.join(tree, case.keys["remove"]))
    if "add" in case.keys:
        path, text = case.keys["add"].split(" ", 1)
        os.makedirs(os.path.dirname(os.path.join(tree, path)), exist_ok=True)
        with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
            f.write(text + "\n")
    if "drop" in case.keys:
        path, word = case.keys["drop"].split()
        with open(os.path.join(tree, path), encoding="utf-8") as f:
            lines = [line for line in f if word not in line]
        with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
            f.writelines(lines)
    return tree


def environment(tree):
    return {"PN_TIMEOUT": "3", "PN_OUT": os.path.join(WORK, "out"), **os.environ, "PN_ROOT": tree,
            "PYTHONDONTWRITEBYTECODE": "1"}


def gate(tree, command, env=None):
    """(exit status, output) of one of the gate's commands on a staged tree."""
    script = command.split()[0] + ".py"
    argv = [sys.executable, os.path.join(ROOT, "proofs", script)] + command.split()[1:]
    argv += ["--quiet"] if script == "prove.py" else []
    run = subprocess.run(argv, env={**environment(tree), **(env or {})}, capture_output=True, text=True, timeout=600)
    return run.returncode, run.stdout + run.stderr


def fake_tool(case):
    path = os.path.join(WORK, "tool.sh")
    with open(path, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\n# " + case.name + "\n" + case.keys["tool"] + "\n")
    os.chmod(path, 0o755)
    return {"PN_FRAMAC": path, "PN_OUT": os.path.join(WORK, "out-fake")}


def forge_cache(tree):
    """Write 'valid' into every verdict the quick path keeps."""
    gate(tree, "prove")
    out, done = os.path.join(WORK, "out"), 0
    for name in os.listdir(os.path.join(out, "cache")):
        path = os.path.join(out, "cache", name)
        with open(path, encoding="utf-8") as f:
            text = f.read()
        forged = re.sub(r'"verdict":\s*"(?!valid)\w+"', '"verdict":"valid"', text)
        if forged != text:
            with open(path, "w", encoding="utf-8") as f:
                f.write(forged)
            done += 1
    return done


def forge_record(tree, fit=False):
    """Put the kept record of the unchanged function in the place of the changed one's; `fit`: and sign it for that text."""
    code = ("import digest, json, prove; parts = digest.tree()[0][('core/event/slot.c', 'pn_slot_queue')];"
            "print(json.dumps([prove.store_path(parts), parts]))")
    found = []
    for root in (os.path.join(WORK, "base"), tree):
        done = subprocess.run([sys.executable, "-c", code], cwd=os.path.join(ROOT, "proofs"), env=environment(root),
                              capture_output=True, text=True)
        found.append(json.loads(done.stdout))
    if not os.path.exists(found[0][0]):
        gate(os.path.join(WORK, "base"), "prove")
    with open(found[0][0], encoding="utf-8") as f:
        record = json.load(f)
    with open(found[1][0], "w", encoding="utf-8") as f:
        json.dump(dict(record, parts=found[1][1]) if fit else record, f)
    return 1


FORGE = {"cache": forge_cache, "record": forge_record, "whole record": lambda tree: forge_record(tree, fit=True)}


def judge(case, status, output):
    """None if the gate said what the case expects, and nothing else; a callee's failure has consequences of its own."""
    if (status == 0) != (case.keys.get("pass") == "yes"):
        return f"the gate ended with {status}; last line: {(output.strip().splitlines() or ['nothing'])[-1]}"
    if not re.search("(?m)^" + case.keys["expect"], output):
        return f"ended with {status}, but not by name; it said: " + " | ".join(output.strip().splitlines()[-4:])
    allowed = case.keys.get("also", "").split(", ") + ["rests on unproved"]
    others = {n for n in re.findall(r"(?m)^gate: ([a-z -]+): ", output)
              if n not in allowed and not case.keys["expect"].startswith(f"gate: {n}: ")}
    return f"refused for more than its reason: {', '.join(sorted(others))}" if others else None


def run(name, base):
    """None if the fixture does what it says, else one line."""
    env = {}
    try:
        case = Case(name)
        tree = stage(case, base)
        if "tool" in case.keys:
            env = fake_tool(case)
            shutil.rmtree(env["PN_OUT"], ignore_errors=True)
        if case.keys.get("ledger") == "yes" and gate(tree, "tcb --update")[0]:
            return "its ledger cannot be written"
        if "forge" in case.keys and not FORGE[case.keys["forge"]](tree):
            return "nothing to forge was found"
    except (OSError, ValueError, KeyError) as e:
        return f"the fixture does not apply: {e}"
    env.update(pair.split("=", 1) for pair in case.keys.get("env", "").split())
    status, output = gate(tree, case.keys.get("command", "prove"), env)
    if "forge" in case.keys:
        shutil.rmtree(os.path.join(WORK, "out"), ignore_errors=True)
    return judge(case, status, output)


def settle():
    """A lane of its own for this process: the base and what was proved of it, copied; a fixture may spoil both."""
    global WORK
    lane = os.path.join(WORK, f"lane-{os.getpid()}")
    for part in ("base", "out"):
        shutil.copytree(os.path.join(WORK, part), os.path.join(lane, part))
    WORK = lane


def timed(name):
    start = time.time()
    wrong = run(name, os.path.join(WORK, "base"))
    return name, wrong, time.time() - start


def without_fixture(names):
    """Names of findings and verdicts that no case expects."""
    expected = "\n".join(Case(n).keys["expect"].replace("\\", "") for n in names)
    return ([n for n in checks.CHECKS if f"gate: {n}: " not in expected]
            + [n for n in checks.VERDICTS if f"{n}" not in expected])


def main():
    names = sys.argv[1:] or sorted(n for n in os.listdir(HERE) if os.path.exists(os.path.join(HERE, n, "case")))
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    passed, failed = 0, 0
    base = os.path.join(WORK, "base")
    shutil.rmtree(base, ignore_errors=True)
    shutil.copytree(os.path.join(HERE, "base"), base)
    for command in ("prove --update", "tcb --update", "prove", "tcb", "check"):
        status, output = gate(base, command)
        if status:
            break
    if status:
        print(output + "tests/gate/base: the unchanged core does not pass: nothing below would mean anything")
        print("0 passed, 1 failed")
        return 1
    print("ok   the unchanged base passes")
    passed += 1
    missing = without_fixture(names) if not sys.argv[1:] else []
    for name in missing:
        print(f"FAIL no fixture expects '{name}'")
    passed, failed = passed + (not missing), failed + len(missing)
    jobs = int(os.environ.get("PN_JOBS", "2"))
    with concurrent.futures.ProcessPoolExecutor(jobs, initializer=settle) as lanes: # a fixture seldom has work for two processors
        for name, wrong, took in lanes.map(timed, names):
            passed, failed = passed + (not wrong), failed + bool(wrong)
            print(f"{'FAIL' if wrong else 'ok  '} {name}" + (f": {wrong}" if wrong else f" ({took:.1f} s)"), flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
