"""Suites in lanes, so that no processor waits: each suite is a make target with a process of its own, takes one lane and is told
(PN_JOBS, BOOT_JOBS) to keep one processor busy; one that wants the machine for itself has all lanes. Its output is kept and
printed whole when it ends. They start in the order of the table.

A suite ends with 'N passed, N failed'. One that ends badly without having counted a failure, that has no count although it should,
or that counted nothing, is one failure: silence is never success.
"""
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time

COUNT = re.compile(r"^(?:\S+: )?(\d+) passed, (\d+) failed\s*$")
PROVED = re.compile(r"^\[ *\d+/\d+\] (ok|FAIL) ")           # the prover counts functions
EVERY = 60                                                  # seconds between two lines about what is running


class Suite:
    """alone: nothing runs beside it; holds: names of folders that it writes and another suite as well; counts: "tests"; "one" if
    it is a single test and its exit status is the verdict; "none" if it is no test, so that it can only fail."""

    def __init__(self, name, *argv, alone=False, holds="", counts="tests"):
        self.name, self.argv, self.alone, self.counts = name, list(argv), alone, counts
        self.holds = set(holds.split())

    def target(self):
        return next(a for a in self.argv if not a.startswith("-"))

    def title(self):
        return "==== %s (make %s)" % (self.name, " ".join(self.argv))


class Run:
    """A suite at work. When it has ended, it puts itself into `ended`."""

    def __init__(self, suite, root, jobs, ended, sink=None):
        self.suite, self.sink, self.lines, self.began, self.seconds, self.cpu = suite, sink, [], time.monotonic(), 0.0, 0.0
        self.count, self.proved, self.process = None, {"ok": 0, "FAIL": 0}, None
        self.passed = self.failed = 0
        if sink:
            sink(suite.title() + "\n")
        if missing(suite, root):
            self.line("FAIL the suite is missing: no target '%s'\n" % suite.target())
            self.failed = 1
            ended.put(self)
            return
        env = dict(os.environ, **({"PN_JOBS": str(jobs), "BOOT_JOBS": str(jobs)} if jobs else {}))
        self.process = subprocess.Popen(["make", "--no-print-directory", *suite.argv], cwd=root, env=env, text=True, errors="replace",
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        threading.Thread(target=self.read, args=(ended,), daemon=True).start()

    def line(self, text):
        self.lines.append(text)
        found = COUNT.match(text)
        if found:
            self.count = (int(found.group(1)), int(found.group(2)))
        found = PROVED.match(text)
        if found:
            self.proved[found.group(1)] += 1
        if self.sink:
            self.sink(text)

    def read(self, ended):
        for text in self.process.stdout:
            self.line(text)
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu, self.seconds = used.ru_utime + used.ru_stime, time.monotonic() - self.began
        self.passed, self.failed = self.verdict(status)
        ended.put(self)

    def verdict(self, status):
        if self.suite.counts != "tests":
            return (int(self.suite.counts == "one" and not status), int(status != 0))
        passed, failed = self.count or (self.proved["ok"], self.proved["FAIL"])
        if passed + failed == 0:
            self.line("FAIL the suite counted nothing\n")
        return passed, failed or int(status != 0 or passed == 0)

    def last(self):
        """Its last words, short."""
        said = next((x.strip() for x in reversed(self.lines) if x.strip()), "")
        return "%s %.0f s%s" % (self.suite.name, time.monotonic() - self.began, " (%s)" % said[:60] if said else "")


def missing(suite, root):
    done = subprocess.run(["make", "-n", suite.target()], cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return b"No rule to make target" in done.stderr


def choose(waiting, running, lanes):
    """The suite that starts now, or None. Nobody passes one that waits for the whole machine; the others behind one that waits for
    what another holds may."""
    held = set().union(*(r.suite.holds for r in running))
    for suite in waiting:
        if suite.alone:
            return None if running else suite
        if len(running) >= lanes or any(r.suite.alone for r in running):
            return None
        if not suite.holds & held:
            return suite
    return None


def run(suites, lanes, root, sink=None, every=EVERY):
    """Runs them all; the runs, in the order of the table. Whatever ends it early ends what it started."""
    sink = sink or say
    waiting, running, done, ended, began = list(suites), [], {}, queue.Queue(), time.monotonic()
    told = began
    try:
        while waiting or running:
            suite = choose(waiting, running, lanes)
            if suite:
                waiting.remove(suite)
                whole = suite.alone or lanes == 1
                running.append(Run(suite, root, 0 if lanes == 1 else lanes if whole else 1, ended, sink if whole else None))
                continue
            try:
                one = ended.get(timeout=max(0.0, told + every - time.monotonic()))
                running.remove(one)
                done[one.suite] = one
                if not one.sink:
                    sink("%s\n%s" % (one.suite.title(), "".join(one.lines)))
                if lanes > 1:
                    sink("==== %s: %s\n" % (one.suite.name, result(one)))
            except queue.Empty:
                told = time.monotonic()
                if not running[0].sink:
                    sink("     ... %d of %d suites in %.0f s; running: %s\n" % (len(done), len(suites), told - began,
                                                                           "; ".join(r.last() for r in running)))
    except BaseException:
        for one in running:
            if one.process and one.process.returncode is None:
                end(one.process.pid)
            sink(("" if one.sink else "%s\n%s" % (one.suite.title(), "".join(one.lines))) + "==== %s: ended from outside\n" % one.suite.name)
        raise
    return [done[s] for s in suites]


def result(one):
    return "%d passed, %d failed in %.0f s (%.0f s of processors)" % (one.passed, one.failed, one.seconds, one.cpu)


def tree(pid):
    """A process and everything under it, those in sessions of their own as well (emulators, provers)."""
    under = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry, encoding="utf-8", errors="replace") as f:
                under.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
        except (OSError, IndexError):
            pass
    found = [pid]
    for each in found:
        found += under.get(each, [])
    return found


def end(pid):
    """Ends all of a tree. What is stopped starts nothing: first all of it is stopped."""
    stopped = []
    while True:
        new = [p for p in tree(pid) if p not in stopped]
        if not new:
            break
        for each in new:
            signalled(each, signal.SIGSTOP)
        stopped += new
    for each in stopped:
        signalled(each, signal.SIGKILL)


def signalled(pid, what):
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        pass


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def interrupted(*_):
    raise KeyboardInterrupt


def wanted():
    """LANES, or two where there are two processors; None if it is no number of lanes."""
    given = os.environ.get("LANES", "")
    if not given:
        return 2 if len(os.sched_getaffinity(0)) > 1 else 1
    return int(given) if given.isdecimal() and int(given) > 0 else None
