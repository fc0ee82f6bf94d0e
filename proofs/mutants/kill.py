# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of a changed text in a shadow: does its function still prove, and does a test see the change?

The function alone is proved, without cache and without smoke tests, and the run ends with the first goal that is not
proved. Limits are those under which the unchanged function proves (Limits.of)."""
import glob
import json
import os
import re
import subprocess
import threading

import csrc
import digest
import options
import shadow
import wp

Z3 = "Z3:4.8.12:pull"
# Provers and seconds of CPU; the goals of this core take Z3 some 50 ms. The few goals of an unchanged function that need more
# than the first step are its hard ones, and get the first step that proves them. A goal on which only time ran out gets the
# SECOND chance.
LADDER = [(Z3, 1), (f"{Z3},cvc4", 2), (f"{Z3},cvc4", options.TIMEOUT)]
SECOND = ("cvc4", 2)
EASY, HARD = 0.25, 0.8  # seconds: what Z3 proved in so many, it proves in the first step; what both did, in the second
SUITES = ("test-unit-checked", "unit")  # host tests, with the contracts executed if that builds: the concrete witnesses
NESTED, NESTED_OUT = "nested", "build/unit-mutants"  # core/vmx: the cases of tests/unit/vmx_*.c, plain (no contract of it is
#                                                      executed, and core/event does not call it)
WITNESS_FLAGS = "-std=gnu11 -O1 -w"
WITNESS_SECONDS, ENDLESS = 90, 30  # by the clock; of CPU, of which the unchanged tests take two or three
TEST = re.compile(r"^(?:\S*/)?(\S+?):\d+:([FE]):([^:]+):([^:]+):\d+: *(.*)")


class Outcome:
    """proved; unproved: a prover gave up or found no proof; timeout: nothing but time ran out; refused: no verdict."""

    def __init__(self, verdict, goal="", said="", valid=()):
        self.verdict, self.goal, self.said, self.valid, self.failing = verdict, goal, said, list(valid), [goal]


def command(path, function, limits, prop):
    options_wp = list(options.WP)
    options_wp[options_wp.index("-wp-prover") + 1] = limits[0]
    options_wp[options_wp.index("-wp-timeout") + 1] = str(limits[1])
    cmd = [options.FRAMAC] + options.KERNEL + options.FILE_OPTIONS.get(path, [])
    cmd += ["-cpp-extra-args=" + " ".join(options.INCLUDES)] + options_wp
    return cmd + ["-wp-cache", "none", "-wp-session", "build/session", "-wp-fct", function,
                  f"-wp-prop={prop or '-@lemma'}", path]


def prove(root, path, function, limits, prop=None, stop=lambda goal: True):
    """Outcome of one function in a shadow. It ends with the first unproved goal for which stop(goal) is true."""
    proc = subprocess.Popen(command(path, function, limits, prop), cwd=root, env=dict(wp.environment(), PWD=root),
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                            start_new_session=True)
    job, first, valid, lines, total, failing = wp.Job(path, function), None, [], [], None, []
    try:
        for line in proc.stdout:
            lines.append(line.rstrip("\n"))
            m = wp.GOAL.match(line)
            if m:
                record = wp.goal(job, m)
                if record["verdict"] == "valid":
                    valid.append(record["goal"])
                else:
                    failing.append(record["goal"])
                    said = line + "".join(next(proc.stdout, "") for _ in range(details(line, limits)))
                    first = first or verdict(record["goal"], said, valid)
                    if stop(record["goal"]):
                        first = verdict(record["goal"], said, valid)
                        return first
            total = wp.TOTAL.match(line) or total
    finally:
        end(proc)
    if first:
        first.failing = failing
        return first
    if total is None or total.group(1) != total.group(2) or total.group(2) == "0":
        said = next((x for x in lines if re.search(r"[Ee]rror|abort|fatal|No goal", x)), lines[-1] if lines else "silent")
        return Outcome("refused", said=said.strip())
    return Outcome("proved", valid=valid)


def details(line, limits):
    """How many lines follow with what each prover said."""
    return limits[0].count(",") + 1 if "[Failed]" in line else int(line.rstrip().endswith(": Failed"))


def end(proc):
    """Frama-C and its solvers, which are in a session of their own."""
    shadow.end_session(proc.pid)
    proc.stdout.close()
    proc.wait()


def verdict(goal, said, valid):
    """Only time ran out, as far as the provers say, or something else was said (Z3's 'Unknown error' is a timeout too)."""
    words = said.split("Goal", 1)[-1]
    gave_up = re.search(r"\bUnknown(?! error)|\bStepout", words)
    return Outcome("unproved" if gave_up else "timeout", goal, " ".join(words.split())[:200], valid)


def committed(digests):
    """(path, function) -> limits, for the functions whose very text is proved in proofs/results.json, under these options:
    what took Z3 more than EASY seconds, or took CVC4, is hard, and gets a later step."""
    try:
        with open(options.COMMITTED, encoding="utf-8") as f:
            results = json.load(f)
    except (OSError, ValueError):
        return {}
    if results["options"] != options.digest() or results["tools"] != options.tool_versions():
        return {}
    out = {(f["file"], f["function"]): [LADDER[0], []] for f in results["functions"] if f["goals"] == f["proved"]
           and digests.get((f["file"], f["function"])) == f["digest"]}
    for g in results["goals"]:
        known = out.get((g["file"], g["function"]))
        easy = g["seconds"] <= EASY and g["prover"].startswith(("Qed", "WP", "Z3"))
        if known and g["kind"] != "smoke test" and not easy:
            known[0] = max(known[0], LADDER[1] if g["seconds"] <= HARD else LADDER[2], key=LADDER.index)
            known[1] = known[1] + [g["goal"]]
    return out


class Limits:
    """Under which limits a function of the unchanged tree proves: a verdict on a mutant means nothing without. What is not
    in proofs/results.json (`proved`: the digests there) is tried. Kept in a file by the digest of the rows."""

    def __init__(self, root, digests, proved, store):
        self.root, self.digests, self.store, self.known, self.lock = root, digests, store, {}, threading.Lock()
        try:
            with open(store, encoding="utf-8") as f:
                self.known = json.load(f)
        except (OSError, ValueError):
            pass
        for key, known in committed(proved).items():
            self.known.setdefault(self.key(*key), known)

    def key(self, path, function):
        return digest.sha([3, self.digests[(path, function)], LADDER, options.digest()])

    def cost(self, path, function):
        """What is cheap comes first: 0, with hard goals 1, not known yet 2."""
        known = self.known.get(self.key(path, function))
        return 2 if not known else 1 if known[1] else 0

    def of(self, path, function):
        """((provers, seconds), names of the hard goals), or None: the unchanged function is not proved."""
        key = self.key(path, function)
        if key not in self.known:
            first = prove(self.root, path, function, LADDER[0], stop=lambda goal: False)
            steps = LADDER if first.verdict == "proved" else LADDER[1:] if first.failing != [""] else []
            found = next((limits for limits in steps if limits == LADDER[0]
                          or prove(self.root, path, function, limits).verdict == "proved"), None)
            if not found:
                return None
            with self.lock, open(self.store, "w", encoding="utf-8") as f:
                self.known[key] = [found, [] if first.verdict == "proved" else first.failing]
                json.dump(self.known, f)
        return self.known[key]


def clause(goal):
    """The name by which -wp-prop knows a goal's property, if it has one."""
    m = re.search(r"(?:requires|ensures|invariant|assert)_([a-z]\w*?)(?:_\d+)?(?:_part\d+)?$", goal)
    return m.group(1) if m and not m.group(1).startswith("rte_") else None


def judge(root, path, function, known, seen=False):
    """The proof's outcome, within what the unchanged function needs; if only time ran out and no test has `seen` the
    change, the goal gets a second chance."""
    limits, hard = known
    first = prove(root, path, function, LADDER[0], stop=lambda goal: goal not in hard)
    if first.verdict in ("proved", "refused"):
        return first
    if all(goal in hard for goal in first.failing):
        names = [clause(goal) for goal in first.failing]
        if all(names):  # a name may be cut wrongly (by_16): what counts is that each of the goals was proved
            again = prove(root, path, function, limits, prop=",".join(sorted(set(names))),
                          stop=lambda goal: goal in first.failing)
            if again.verdict in ("unproved", "timeout") or set(first.failing) <= set(again.valid):
                return again
        return prove(root, path, function, limits)
    name = clause(first.goal)
    if first.verdict == "unproved" or seen or not name:
        return first
    again = prove(root, path, function, SECOND, prop=name, stop=lambda goal: goal == first.goal)
    if again.verdict == "proved":
        return prove(root, path, function, LADDER[-1])
    return Outcome("unproved" if again.verdict == "unproved" else "timeout", first.goal, again.said)


def has_tests(root):
    return os.path.exists(os.path.join(root, "tests", "unit", "unit.mk")) and not os.environ.get("PN_NO_WITNESS")


def suite(root, suites=SUITES):
    """The first suite that passes on the unchanged tree; None where there are no tests."""
    if not has_tests(root):
        return None
    for name in suites:
        try:
            seen = witness(root, name, None)
        except csrc.GateError as e:
            seen = str(e)
        if not seen:
            return name
        print(f"note make {name}: {seen}")
    raise csrc.GateError("the unchanged tree fails its own tests: make unit")


def nested_cases(root):
    found = []
    for path in sorted(glob.glob(os.path.join(root, "tests", "unit", "vmx_*.c"))):
        with open(path, encoding="utf-8") as f:
            found += re.findall(r'tcase_create\("([^"]*)"\)', f.read())
    return found


def nested(root, seconds):
    """(status, output) of the first case of the nested tests that fails, or of building them."""
    binary = f"{NESTED_OUT}/unit"
    status, out = shadow.make(root, binary, f"UNIT_OUT={NESTED_OUT}", f"UNIT_CFLAGS={WITNESS_FLAGS}")
    for case in nested_cases(root) if status == 0 else []:
        status, out = shadow.run(root, [os.path.join(root, binary)], timeout=seconds, CK_RUN_CASE=case,
                                 CK_TIMEOUT_MULTIPLIER="2")
        if status:
            break
        if not re.search(r"^[1-9]\d* passed, 0 failed$", out, re.M):
            raise csrc.GateError(f"tests/unit: {case}: the case did not run")
    return status, out


def witness(root, name, seconds=WITNESS_SECONDS):
    """The first test or executed contract that fails in a shadow: 'case: test: what it said'; '' if none does."""
    if not name:
        return ""
    status, out = (nested(root, seconds) if name == NESTED else
                   shadow.make(root, name, f"UNIT_CFLAGS={WITNESS_FLAGS}", timeout=seconds))
    if status == 0:
        return ""
    seen = [m for m in map(TEST.match, out.splitlines()) if m]
    if seen:
        m = min(seen, key=lambda m: m.group(2) == "E")  # a failed check says more than a crash
        return f"{m.group(3)}: {m.group(4)}: {' '.join(m.group(5).split())}"[:160]
    if status < 0:
        if -status > ENDLESS:
            return "the tests do not end"
        print(f"note make {name}: ended after {seconds} s, {-status} of CPU: the machine is too busy for a witness")
        return ""
    found = re.search(r"^FAIL (.*)$", out, re.M)
    if found:
        return found.group(1)
    if re.search(r"^\d+ passed, [1-9]\d* failed$", out, re.M):    # they ran; what they said has a form of its own
        lines = [x for x in out.splitlines() if ":F:" in x or ":E:" in x] or out.strip().splitlines()
        return "a test fails: " + " ".join(lines[0].split())[:140]
    if "undefined reference to `pn_hw_any_change'" in out:    # a swapped call: proof only, no test can link it
        return ""
    raise csrc.GateError("the tests do not build: " + " | ".join(out.strip().splitlines()[-4:] or ["no output"]))
