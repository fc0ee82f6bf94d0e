"""What a boot test is made of: a machine, a hypervisor variant, an L1, and what must come out."""
import os
import re
import subprocess
import sys
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "harness", "run"))

import bochs  # noqa: E402
import image  # noqa: E402
import linux  # noqa: E402
import packages  # noqa: E402
import proofs  # noqa: E402
import report  # noqa: E402
from base import BUILD, Fail, sh  # noqa: E402

OUT = os.path.join(BUILD, "boot")
EVK = os.path.join(BUILD, "guests", "evk.elf")
DIGEST = proofs.digest()
_guard, _building = threading.Lock(), {}


class Bad(Exception):
    """Why a test failed: one sentence."""


def need(condition, text):
    if not condition:
        raise Bad(text)


def gaps(where):
    """Names of the known gaps for a way of running."""
    found = []
    with open(os.path.join(ROOT, "tests", "boot", "known-gaps"), encoding="utf-8") as f:
        for line in f:
            words = line.split()
            if words and not line.startswith("#") and where in words[1].split(","):
                found.append(words[0])
    return found


def hypervisor(name="hv", *options):
    """Path of a variant of the hypervisor, built when needed: hv, hv-checked, or a twin with a broken core."""
    with _guard:
        lock = _building.setdefault(name, threading.Lock())    # two variants are built at a time, in folders of their own
    with lock:
        out = os.path.join("build", name)
        target = out + "/hv.elf"
        how = ["hv-checked"] if name == "hv-checked" else [target, "HV_OUT=" + out]
        text = subprocess.run(["make", "--no-print-directory", "-s", "PN_PROOF_DIGEST=" + DIGEST, *how, *options], cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if text.returncode != 0:
            said = text.stdout.decode(errors="replace").strip().splitlines() or ["no output"]
            said = [l for l in said if "error" in l.lower()] or said
            raise Bad("the variant %s does not build: %s" % (name, said[0]))
    return os.path.join(ROOT, target)


class Run:
    """One boot and its result."""

    def __init__(self, name, lines, cpu, mem, limit, silence, count=1, bare=0):
        self.dir = os.path.join(OUT, name)
        self.result = bochs.run(self.dir, lines, cpu, mem, limit, silence, count=count, bare=bare)
        self.report = report.Report(self.result.e9)
        self.console = self.result.com1 + "\n" + "\n".join(l for l in self.result.e9 if not l.startswith("PN"))

    def held(self, floors=False):
        """Everything the closing report and the machine say is well."""
        need(not self.result.hung, "%s (see %s)" % (self.result.hung, self.dir))
        bad = report.faults(self.report, floors)
        name, code = self.report.l1 or ("nothing", 0)
        need(not bad, "; ".join(bad))
        need(name in ("poweroff", "shutdown-port", "f4") and code == 0, "L1 ended by %s %d" % (name, code))

    def error(self, *words):
        """One clear PN! line that says all the words, and no success."""
        need(not self.result.hung, "%s (see %s)" % (self.result.hung, self.dir))
        errors = [l for l in self.result.e9 if l.startswith("PN! ")]
        need(len(errors) == 1, "%d error lines instead of one: %s" % (len(errors), self.result.e9[-3:]))
        need(all(re.search(w, errors[0]) for w in words), "the error line is '%s'" % errors[0])
        need(self.report.end != 0, "it ended as a success")
        return errors[0]


def boot(name, hv, hvargs, modules, cpu="ivy_bridge", mem=256, loader="ram", limit=240, silence=60, count=1,
         keep=False):
    """Boot a hypervisor with modules [(path, line)...]; again with another evict= after the emulator's own panic B11."""
    directory = os.path.join(OUT, name)
    os.makedirs(directory, exist_ok=True)
    for attempt in range(3):
        options = bochs.another_evict(hvargs, attempt)
        if loader == "ram":
            lines = image.ram(directory, mem, hv, options, modules)
        else:
            lines = image.iso(directory, {"iso": "multiboot", "iso2": "multiboot2"}[loader], hv, options, modules)[1]
        run = Run(name, lines, cpu, mem, limit, silence, count)
        if not bochs.timer_gap(run.result):
            break
        print("  B11 of the emulator in %s: once more with another evict=" % name, flush=True)
    for big in () if keep else ("disk.img", "provenest.iso"):
        path = os.path.join(directory, big)
        if os.path.exists(path):
            os.unlink(path)
    return run


def evk_line(where, rounds=5):
    return " ".join(["rounds=%d" % rounds] + ["gap=" + g for g in gaps(where)])


def evk(name, hv, hvargs, where, cpu="ivy_bridge", loader="ram", rounds=5, limit=90, silence=30, more=""):
    """The event kernel under a hypervisor."""
    return boot(name, hv, hvargs, [(EVK, evk_line(where, rounds) + more)], cpu, loader=loader, limit=limit, silence=silence)


def evk_passed(run):
    failures = re.findall(r"^EVK (\S+) FAIL", run.console, re.M)
    need(not failures, "the event kernel failed in %s" % ", ".join(failures))
    need(re.search(r"^EVK passed=\d+ failed=0", run.console, re.M), "the event kernel did not finish")
    run.held()


def linux_run(name, hv, hvargs, bz=False, cpu="ivy_bridge", loader="ram", rounds=100, limit=400, silence=90):
    """Debian's Linux with the event program under a hypervisor. skylake_x tells Linux a TSC of 3.5 GHz by CPUID."""
    more = "quiet" + (" tsc_early_khz=50000" if cpu == "skylake_x" else "")
    kernel, line, modules = linux.default(more, str(rounds), bz)
    return boot(name, hv, hvargs, [(kernel, line)] + [(m, "initrd") for m in modules], cpu, loader=loader, limit=limit,
                silence=silence)


def linux_passed(run, floors=False):
    found = re.search(r"^EVT total=(\d+) bad=(\d+)", run.console, re.M)
    need(not run.result.hung, "%s (see %s)" % (run.result.hung, run.dir))
    need(found, "the event program did not finish: %s" % (report.faults(run.report, False) or run.console[-200:]))
    need(int(found.group(1)) > 0 and found.group(2) == "0", "the event program found %s bad arrivals" % found.group(2))
    run.held(floors)


def must_fail(run, what):
    """A twin with a broken core: the same test must not pass."""
    try:
        what(run)
    except Bad as e:
        return str(e)
    raise Bad("the broken twin passed")


__all__ = ["BUILD", "Bad", "EVK", "Fail", "OUT", "ROOT", "boot", "bochs", "evk", "evk_line", "evk_passed", "gaps",
           "hypervisor", "image", "linux", "linux_passed", "linux_run", "must_fail", "need", "packages", "report", "sh"]
