"""make test-runner: would 'make test' notice? Small suites that fail, lie, wait for one another or never end, in a folder of their
own; the runner (all.py, lanes.py) is the real one.
"""
import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import all as runner  # noqa: E402
from lanes import Suite, end, tree  # noqa: E402

# `meets` ends well only if the other of two runs at the same time; `lonely` only if nothing else does; `apart` if no other of its
# kind does. Each says how many processors it was told of.
FAKES = r"""
SHELL := /bin/bash
BUSY = touch running.$@; trap 'rm -f running.$@' EXIT
good many:
	@echo "$@: one"; sleep 0.2; echo "$@: two"; sleep 0.2; echo "3 passed, 0 failed"
bad:
	@echo "FAIL something"; echo "2 passed, 1 failed"; false
dies:
	@echo "5 passed, 0 failed"; false
killed:
	@echo "5 passed, 0 failed"; kill -9 $$$$
quiet:
	@echo "all is well"
nothing:
	@echo "0 passed, 0 failed"
proves:
	@echo "[  1/3] ok   a.c: f"; echo "[  2/3] FAIL a.c: g"; echo "[  3/3] ok   a.c: h"; false
verdict:
	@true
refuses:
	@false
meets-a meets-b:
	@$(BUSY); for i in {1..400}; do [ -e was.meets-a -a -e was.meets-b ] && break; touch was.$@; sleep 0.05; done; \
	  [ $$i != 400 ] && echo "$@: told $$PN_JOBS $$BOOT_JOBS" && echo "1 passed, 0 failed"
slow:
	@$(BUSY); sleep 0.3; ! [ -e running.lonely ] && echo "1 passed, 0 failed"
lonely:
	@$(BUSY); sleep 0.3; [ "$$(ls running.*)" = running.lonely ] && echo "$@: told $$PN_JOBS" && echo "1 passed, 0 failed"
apart-a apart-b:
	@$(BUSY); sleep 0.3; [ "$$(ls running.apart*)" = running.$@ ] && echo "1 passed, 0 failed"
endless:
	@echo "it began"; setsid sleep 1000 & echo $$! >pid; setsid sleep 1000 & wait
"""


class Made:
    """What one run of `make test` with these suites was."""

    def __init__(self, *suites, lanes="2"):
        self.suites, told = [s if isinstance(s, Suite) else Suite(s, s) for s in suites], io.StringIO()
        with tempfile.TemporaryDirectory() as root:
            with open(os.path.join(root, "Makefile"), "w", encoding="utf-8") as f:
                f.write(FAKES)
            os.environ["LANES"] = lanes
            with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
                self.status = runner.main(self.suites, root)
            path = os.path.join(root, "build", "test", "junit.xml")
            self.junit = xml.etree.ElementTree.parse(path).getroot() if os.path.exists(path) else None
        self.text = told.getvalue()
        self.last = self.text.splitlines()[-1]

    def summary(self):
        """[(name, passed, failed)] of the table at the end."""
        return re.findall(r"^(\S+) +\d+ s   (\d+) passed, (\d+) failed", self.text, re.M)

    def is_green(self, count):
        return self.status == 0 and self.last == "%d passed, 0 failed" % count

    def is_red(self, passed, failed):
        return self.status == 1 and self.last == "%d passed, %d failed" % (passed, failed)


def verdicts():
    yield "good suites are green and summed", Made("good", "many").is_green(6)
    for lanes in "12":
        one = Made("good", "bad", "many", lanes=lanes)
        yield "a suite that fails, lanes: " + lanes, one.is_red(8, 1)
        yield "the failure is in the JUnit file, lanes: " + lanes, (
            [c.get("name") for c in one.junit.iter("testcase") if c.find("failure") is not None] == ["bad"]
            and "FAIL something" in [f.get("message") for f in one.junit.iter("failure")])
    yield "a suite that ends badly behind a good count", Made("dies", "good").is_red(8, 1)
    yield "a suite that is killed behind a good count", Made("killed").is_red(5, 1)
    yield "a suite without a count", Made("quiet", "good").is_red(3, 1)
    yield "a suite that counts nothing", Made("nothing").is_red(0, 1)
    yield "a prover's count of functions", Made("proves").is_red(2, 1)
    yield "a suite that is not there", Made("nobody", "good").is_red(3, 1) and "no target 'nobody'" in Made("nobody").text
    yield "an exit status that is the verdict", Made(Suite("v", "verdict", counts="one")).is_green(1)
    yield "the same, and it is bad", Made(Suite("r", "refuses", counts="one")).is_red(0, 1)
    yield "a build is no test", Made("good", Suite("v", "verdict", counts="none", alone=True)).is_green(3)
    yield "a build that fails", Made(Suite("r", "refuses", counts="none", alone=True), "good").is_red(3, 1)
    yield "LANES that is no number", [Made("good", lanes=x).status for x in ("0", "two", "-1")] == [2, 2, 2]


def order():
    one = Made("good", "many", "slow", "bad")
    yield "the summary has the table's order, whoever ends first", [s[0] for s in one.summary()] == ["good", "many", "slow", "bad"]
    yield "the output of a suite is in one piece", all(
        "==== %s (make %s)\n%s: one\n%s: two\n3 passed, 0 failed\n" % (n, n, n, n) in one.text for n in ("good", "many"))
    yield "two suites at a time, each told of one processor", (lambda m: m.is_green(2) and m.text.count("told 1 1") == 2)(
        Made("meets-a", "meets-b"))
    alone = Made("slow", Suite("lonely", "lonely", alone=True), "slow")
    yield "one that wants the machine for itself has it, and both processors", alone.is_green(3) and "told 2" in alone.text
    alone = Made("slow", Suite("lonely", "lonely", alone=True), "good")
    yield "nobody passes one that waits for the machine", (
        alone.is_green(5) and re.findall(r"^==== (\S+) \(make", alone.text, re.M) == ["slow", "lonely", "good"])
    apart = [Suite("apart-" + x, "apart-" + x, holds="a-folder") for x in "ab"]
    yield "two that write the same folder do not meet", Made(*apart, "good").is_green(5)
    serial = Made("slow", "lonely", "slow", "apart-a", "apart-b", lanes="1")
    yield "LANES=1: one after the other", serial.is_green(5) and "told \n" in serial.text


def ended(what):
    """A run that is ended from outside ends all it started, sessions of their own as well; what was said so far is shown."""
    with tempfile.TemporaryDirectory() as root:
        with open(os.path.join(root, "Makefile"), "w", encoding="utf-8") as f:
            f.write(FAKES)
        code = ("import signal, sys; sys.path[:0] = [%r]; import all, lanes; signal.signal(signal.SIGINT, lanes.interrupted);"
                "sys.exit(all.main((lanes.Suite('e', 'endless'),), %r))")      # a shell's background jobs ignore SIGINT
        process = subprocess.Popen([sys.executable, "-c", code % (HERE, root)], env=dict(os.environ, LANES="2"), text=True,
                                   stdout=subprocess.PIPE, start_new_session=True)
        for _ in range(400):
            time.sleep(0.05)
            if os.path.exists(os.path.join(root, "pid")) and len(tree(process.pid)) >= 5:
                break
        started = tree(process.pid)[1:]
        process.send_signal(what)
        try:
            said, _ = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            end(process.pid)
            return False
        left = [p for p in started if alive(p)]
        return process.returncode == 130 and len(started) >= 4 and not left and "it began" in said and "e: ended from outside" in said


def alive(pid):
    """A process that has ended and waits for nobody is not."""
    for _ in range(100):
        try:
            with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return False
        except OSError:
            return False
        time.sleep(0.05)
    return True


def endings():
    yield "Ctrl-C ends all that was started", ended(signal.SIGINT)
    yield "so does SIGTERM", ended(signal.SIGTERM)


def main():
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PN_JOBS", "BOOT_JOBS"):
        os.environ.pop(name, None)
    count = [0, 0]
    for checks in (verdicts, order, endings):
        for name, good in checks():
            count[not good] += 1
            print("%s %s" % ("ok  " if good else "FAIL", name), flush=True)
    print("%d passed, %d failed" % tuple(count))
    return 1 if count[1] else 0


if __name__ == "__main__":
    sys.exit(main())
