# SPDX-License-Identifier: BSD-2-Clause
"""One function (or the lemmas, or the canaries) through Frama-C/WP, and what three of its outputs say about it.

Frama-C's exit status says nothing about the proof, so the verdict is read from its text, goal by goal, and held
against the two reports it can write: counts (-wp-report-json) and property statuses (-report-csv)."""
import json
import os
import re
import shutil
import subprocess
import time

import checks
import crosscheck
import csrc
import options

GOAL = re.compile(r"^\[wp\] \[(?P<who>[^\]]+)\] (?P<what>Goal|Smoke-test) (?P<id>\w+)(?P<rest>.*)$")
SCHEDULED = re.compile(r"^\[wp\] (\d+) goals? scheduled")
TOTAL = re.compile(r"^\[wp\] Proved goals:\s+(\d+) / (\d+)")
TIME = re.compile(r"\(([\d.]+)(ms|s|m|min)\)")
QED = re.compile(r"\(Qed:([\d.]+)(ms|s)\)")
SCALE = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0}
KINDS = [("call_", "callee precondition"), ("wp_smoke", "smoke test"), ("assert_rte", "run-time error"),
         ("loop_invariant", "loop invariant"), ("loop_assigns", "loop assigns"), ("loop_variant", "loop variant"),
         ("ensures", "postcondition"), ("assigns", "assigns"), ("terminates", "terminates"), ("exits", "exits"),
         ("assert", "assertion"), ("check", "check"), ("complete", "complete behaviors"),
         ("disjoint", "disjoint behaviors"), ("lemma", "lemma"), ("decreases", "decreases"),
         ("variant", "variant"), ("requires", "precondition")]


def environment():
    env = {k: v for k, v in os.environ.items() if k != "CPP" and not k.startswith("FRAMAC_WP")}
    env["PWD"] = options.ROOT  # Frama-C resolves names by it, not by the directory it runs in
    env["WHY3CONFIG"] = why3_config()
    return env


def why3_config():
    """One for each set of options: a file left by others would name other provers."""
    return os.path.join(options.OUT, f"why3-{options.digest()[:8]}.conf")


def prepare():
    """Why3's list of provers, made once."""
    os.makedirs(options.OUT, exist_ok=True)
    conf = why3_config()
    if not os.path.exists(conf):
        temp = f"{conf}.{os.getpid()}"
        run = subprocess.run(["why3", "config", "detect", "-C", temp], capture_output=True, text=True)
        if run.returncode or not os.path.exists(temp):
            raise csrc.GateError("tool missing: 'why3 config detect' failed: install why3, cvc4 and z3")
        text = open(temp, encoding="utf-8").read()
        for name in ("CVC4", "Z3"):
            if f'name = "{name}"' not in text:
                raise csrc.GateError(f"tool missing: Why3 finds no {name}: apt-get install cvc4 z3 why3 frama-c")
        z3 = options.Z3_COMMAND.replace("%e", shutil.which("z3") or "/usr/bin/z3")
        with open(temp, "a", encoding="utf-8") as f:
            f.write(options.WHY3_PROVER.format(command=z3, steps=z3.replace("-T:%t", "rlimit=%S")))
        os.replace(temp, conf)


class Job:
    """What to prove: a function of a file, or its lemmas, by name."""

    def __init__(self, path, function=None, lemmas=(), smoke=True, canary=False):
        self.path, self.function, self.lemmas, self.smoke, self.canary = path, function, lemmas, smoke, canary
        self.label = function or ("canaries" if canary else "lemmas")
        self.limit = None  # seconds a goal, if other than options.TIMEOUT

    def command(self, work, cache):
        cmd = [options.FRAMAC] + options.KERNEL + options.FILE_OPTIONS.get(self.path, [])
        cmd += ["-cpp-extra-args=" + " ".join(options.INCLUDES)] + options.WP
        cmd += ["-wp-cache", cache or "none"]
        cmd += ["-wp-cache-dir", os.path.join(options.OUT, "cache")] if cache else []
        cmd += ["-wp-session", os.path.join(work, "session"), "-wp-report-json", os.path.join(work, "wp.json")]
        if self.function:
            cmd += ["-wp-fct", self.function] + options.fct_timeout(self.function)
            cmd += ["-wp-timeout", str(self.limit)] if self.limit else []
            cmd += ["-wp-prop=-@lemma"]
        elif self.canary:
            cmd += ["-wp-prop", "@lemma", "-wp-timeout", "3"]
        else:  # most are found by CVC4 alone, in under a second, and each of those costs Z3's whole limit first
            cmd += ["-wp-prop", ",".join(self.lemmas), "-wp-timeout", "4"]
        cmd += [self.path]
        if self.function and self.smoke:  # -then forgets the selection of functions and properties
            cmd += ["-then", "-wp", "-wp-fct", self.function, "-wp-prop=-@lemma"] + options.smoke()
        return cmd + ["-then", "-report", "-report-untried", "-report-csv", os.path.join(work, "report.csv")]


class Result:
    """Records of the goals, and problems [(check, line)] that are not a goal's verdict."""

    def __init__(self, job):
        self.job, self.goals, self.problems, self.hypotheses, self.seconds, self.log = job, [], [], [], 0.0, ""

    def bad(self, check, line):
        self.problems.append((checks.named(check), f"{self.job.path}: {self.job.label}: {line}"))

    def ok(self):
        return not self.problems and bool(self.goals) and all(g["verdict"] == "valid" for g in self.goals)


def run(job, cache=None, on_goal=None, work_root=None):
    """Prove, reading the output while it comes; on_goal(done, scheduled) is called for each goal."""
    work = os.path.join(work_root or options.OUT, "work", job.path.replace("/", "_") + "." + job.label)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(os.path.join(work, "session"))
    result, start, lines = Result(job), time.time(), []
    try:
        proc = subprocess.Popen(job.command(work, cache), cwd=options.ROOT, env=environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    except OSError as e:
        result.bad("tool missing", f"cannot start {options.FRAMAC}: {e.strerror}: apt-get install frama-c-base")
        return result
    seen, scheduled = set(), 0
    for line in proc.stdout:
        lines.append(line.rstrip("\n"))
        m = SCHEDULED.match(line)
        scheduled += int(m.group(1)) if m else 0
        m = GOAL.match(line)
        if m and m.group("id") not in seen and m.group("who") != "CFG":
            seen.add(m.group("id"))
            if on_goal:
                on_goal(len(seen), scheduled)
    status = proc.wait()
    result.seconds, result.log = round(time.time() - start, 1), "\n".join(lines)
    with open(os.path.join(work, "log"), "w", encoding="utf-8") as f:
        f.write(result.log + "\n")
    read(result, lines, status, work)
    return result


def read(result, lines, status, work):
    job = result.job
    goals, scheduled, totals = parse_goals(job, lines)
    result.goals = list(goals.values())
    if status:
        said = next((x for x in lines if re.search(r"[Ee]rror|abort|fatal", x)), lines[-1] if lines else "no output")
        result.bad("tool crash", f"{options.FRAMAC} ended with {status}: {said.strip()}")
        return
    if not lines or scheduled is None or totals is None:
        if job.function or not any("No goal generated" in x or "Proof obligations" in x for x in lines):
            result.bad("empty output", "the tool printed no goal count" if lines else "the tool printed nothing")
        return
    crosscheck.warnings(result, lines)
    if not result.goals:
        result.bad("no goals", "0 goals: a contract was deleted or not read")
    for name in job.lemmas:
        if "lemma_" + name not in goals:
            result.bad("no goals", f"lemma {name}: assumed by all behind it, and no goal says that it holds")
    crosscheck.counts(result, goals, scheduled, totals, work)


def parse_goals(job, lines):
    """Goals by name, how many were scheduled, and WP's own (proved, all), over the two passes (goals, smoke tests)."""
    goals, scheduled, totals, last, again = {}, None, None, None, set()
    for line in lines:
        again = set() if line.startswith(crosscheck.PASS) else again
        m = SCHEDULED.match(line)
        if m:
            scheduled = (scheduled or 0) + int(m.group(1))
        m = TOTAL.match(line)
        if m:
            good, count = totals or (0, 0)  # what the control flow alone proves is counted in each pass: once is enough
            totals = (good + int(m.group(1)) - len(again), count + int(m.group(2)) - len(again))
        m = GOAL.match(line)
        if m:
            record = goal(job, m)
            old = goals.get(record["goal"])
            if old and old["prover"] == record["prover"] == "WP":
                again.add(record["goal"])
            if old is None or record["verdict"] != "valid":
                goals[record["goal"]] = record
            last = goals[record["goal"]]
        elif last is not None and last["verdict"] != "valid" and re.match(r"^\s+(Z3|CVC4|Qed|Alt)", line):
            detail = re.match(r"^\s+(\S+)[^:]*:\s*([A-Za-z ]+)", line)
            last["detail"].append((detail.group(1), detail.group(2).strip()) if detail else ("", line.strip()))
        elif line.startswith("["):
            last = None
    for record in goals.values():
        settle(record)
    return goals, scheduled, totals


def goal(job, m):
    who, rest = m.group("who"), m.group("rest")
    name = m.group("id")
    name = name[len("typed_"):] if name.startswith("typed_") else name
    if job.function and name.startswith(job.function + "_"):
        name = name[len(job.function) + 1:]
    smoke = m.group("what") == "Smoke-test"
    kind = "smoke test" if smoke else next((k for p, k in KINDS if p in name), "other")
    valid = (who == "Passed") if smoke else bool(re.match(r"\s*: Valid", rest))
    q, t = QED.search(rest), TIME.search(QED.sub("", rest))
    seconds = sum(float(x.group(1)) * SCALE[x.group(2)] for x in (q, t) if x)
    prover = {"Passed": "z3", "Failed": "", "CFG": "WP"}.get(who, who)
    return {"file": job.path, "function": job.function or "", "goal": name, "kind": kind, "prover": prover,
            "seconds": round(seconds, 3), "verdict": "valid" if valid else "failed", "smoke": smoke, "detail": [],
            "weak": bool(re.match(r"\s*\((Stronger|Degenerated)", rest))}


def settle(record):
    """A failed goal's verdict in words (checks.VERDICTS), with what the solvers said."""
    detail, smoke, weak = record.pop("detail"), record.pop("smoke"), record.pop("weak")
    if record["verdict"] == "valid":
        return
    if smoke:
        record["verdict"] = "failed smoke test: a contradiction was derived"
        return
    said = sorted(f"{prover} {word}".strip().lower() for prover, word in detail)
    words = " ".join(said)
    name = ("stronger or degenerated" if weak else "timeout" if re.search("timeout|interrupted|step", words) else
            "solver failed" if "failed" in words else "unknown" if "unknown" in words else "")
    record["verdict"] = "not proved" + (f": {name}" if name else "") + (f" ({', '.join(said)})" if said else "")
