"""The boot tests: every model, every L1, both event modes, twins that must fail, bad input, determinism."""
import concurrent.futures
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import badinput  # noqa: E402
import doctored  # noqa: E402
import nested  # noqa: E402
import twins  # noqa: E402
import vmx_fuzz  # noqa: E402
from rig import (Bad, EVK, Fail, OUT, ROOT, bochs, boot, evk, evk_line, evk_passed, hypervisor, image,  # noqa: E402
                 linux_passed, linux_run, must_fail, need, sh)

MODELS = ("ivy_bridge", "haswell", "skylake_x")
PROBE = os.path.join(ROOT, "build", "guests", "probe.elf")
EVICT = {"direct": "events=direct", "core": "events=core evict=2000"}


def variant(checked):
    return hypervisor("hv-checked") if checked else hypervisor()


def evk_case(cpu, mode, checked=False, loader="ram"):
    def body(name):
        return evk_passed(evk(name, variant(checked), EVICT[mode], mode, cpu, loader))
    return body


def twin_case(twin):
    """The event kernel over a broken core; the test that is there for it must be among those that notice."""
    noticed_by, args = twins.TWINS[twin][3:]

    def body(name):
        run = evk(name, twins.broken(twin), args, "core")
        why = must_fail(run, evk_passed)
        found = re.findall(r"^EVK (\S+) FAIL", run.console, re.M)
        need(not noticed_by or noticed_by in found, "noticed by %s, not by %s" % (why, noticed_by))
        return "(%s)" % why[:60]
    return body


def linux_case(cpu, mode, checked=False, bz=False, loader="ram", twin=None):
    def body(name):
        hv = twins.broken(twin) if twin else variant(checked)
        args = EVICT[mode] if mode == "core" or not twin else "events=direct evict=2000"
        silence = 25 if twin else 300 if bz else 90     # unpacking XZ says nothing
        run = linux_run(name, hv, args, bz, cpu, loader, silence=silence, limit=150 if twin else 600)
        return "(%s)" % must_fail(run, linux_passed)[:60] if twin else linux_passed(run)
    return body


def bare_case(cpu):
    """The event kernel without a hypervisor: the tests themselves and the known gaps are right."""
    def body(name):
        directory = os.path.join(OUT, name)
        os.makedirs(directory, exist_ok=True)
        lines = image.ram(directory, 256, EVK, evk_line("bare"), [])
        text = bochs.run(directory, lines, cpu, 256, 30, 15, bare=1).com1
        failures = re.findall(r"^EVK (\S+) FAIL", text, re.M)
        need(not failures and " failed=0" in text, "the event kernel failed in %s" % (failures or "the end"))
    return body


def probe_case(cpu, mode, checked, more=""):
    """The 32-bit probe of what is hidden from L1 and carried out for it (harness/hv/test/probe): code 0 on port 0xf4."""
    def body(name):
        boot(name, variant(checked), EVICT[mode] + more, [(PROBE, more.strip())], cpu, limit=40, silence=20).held()
    return body


def make_run(words, good, said):
    """The command itself, with its exit status."""
    def body(name):
        done = subprocess.run(["make", "--no-print-directory", "run", "DIR=" + os.path.join(OUT, name)] + words, cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = done.stdout.decode(errors="replace")
        last = [l for l in text.splitlines() if "HOLD" in l or "error" in l] + text.splitlines()[-1:]
        need((done.returncode == 0) == good, "its exit status is %d: %s" % (done.returncode, last[0]))
        need(said in text, "it did not say '%s': %s" % (said, last[0]))
    return body


def nmi_case(mode, checked):
    """NMIs that arrive while the hypervisor itself runs, some of them at the last moment before the entry."""
    def body(name):
        run = boot(name, variant(checked), "events=%s nmi=97" % mode, [(EVK, "nmis=5000")], limit=30, silence=15)
        run.held()
        said = re.search(r"^nmi sent=(\d+) late=(\d+)", "\n".join(run.report.extra), re.M)
        sent, late = int(said.group(1)), int(said.group(2))
        came = int(re.search(r"^EVK nmis=(\d+)", run.console, re.M).group(1))
        need(sent == came and sent > 40 and late > 10, "%d sent, %d late, %d came" % (sent, late, came))
        return "(%d sent, %d of them late, %d came)" % (sent, late, came)
    return body


def triple_stop(checked):
    def body(name):
        run = boot(name, variant(checked), "events=core", [(EVK, "triple=1")], limit=30, silence=15)
        need(run.report.l1 == ("triple-fault", 0) and run.report.end == 1, "the end was %s" % (run.report.l1,))
        need(run.report.holds, "the balance does not hold")
    return body


def triple_reset(name):
    """The machine starts over, again and again, until the watchdog ends it."""
    run = boot(name, hypervisor(), "events=core ontriple=reset", [(EVK, "triple=1")], limit=8, keep=True)
    starts = sum(l.startswith("PN| Provenest") for l in run.result.e9)
    need(starts > 1, "the hypervisor started %d times" % starts)


def strict_msr(checked):
    def body(name):
        return evk_passed(evk(name, variant(checked), "events=core msr=gp", "core", more=" strictmsr=1"))
    return body


def same_twice(name):
    """Two runs end on the same tick with the same words."""
    first, second = (evk("%s-%d" % (name, i), hypervisor(), EVICT["core"], "core") for i in (1, 2))
    need(first.result.ticks is not None, "the emulator told no final tick")
    need(first.result.ticks == second.result.ticks, "ticks %s and %s" % (first.result.ticks, second.result.ticks))
    need(first.result.e9 == second.result.e9, "the reports differ")


def built_twice(_):
    """Two builds in two places are the same bytes; so are two CD images."""
    first, second = hypervisor("build-a"), hypervisor("build-b")
    sh(["cmp", first, second], "comparing two builds")


def iso_twice(name):
    made = [image.iso(os.path.join(OUT, "%s-%d" % (name, i)), "multiboot", hypervisor(), "events=core", [])[0]
            for i in (1, 2)]
    sh(["cmp"] + made, "comparing two CD images")


def twice(name, case):
    """Every boot test a second time with the core's contracts as executed checks."""
    yield name, case(False)
    yield name + " checked", case(True)


def short():
    """Seconds each."""
    yield from doctored.cases()
    for cpu in MODELS:
        yield "evk %s bare" % cpu, bare_case(cpu)
        yield "probe %s without VMX" % cpu, probe_case(cpu, "core", False, " vmx=off")
        for mode in EVICT:
            yield from twice("evk %s %s" % (cpu, mode), lambda c, u=cpu, m=mode: evk_case(u, m, c))
            yield from twice("probe %s %s" % (cpu, mode), lambda c, u=cpu, m=mode: probe_case(u, m, c))
    for loader in ("iso", "iso2"):
        yield from twice("evk by GRUB %s" % loader, lambda c, l=loader: evk_case("ivy_bridge", "core", c, l))
    for mode in EVICT:
        yield from twice("NMIs while the hypervisor runs, %s" % mode, lambda c, m=mode: nmi_case(m, c))
    yield from twice("a triple fault ends the run", triple_stop)
    yield "a triple fault resets the machine", triple_reset
    yield from twice("unknown MSRs fault with msr=gp", strict_msr)
    for twin in twins.TWINS:
        yield "evk core, broken twin %s must fail" % twin, twin_case(twin)
    yield "two runs end on the same tick", same_twice
    yield "two builds are the same bytes", built_twice
    yield "two CD images are the same bytes", iso_twice
    yield from badinput.cases()
    yield from nested.short()
    yield from vmx_fuzz.for_boot()
    yield "make run L1=evk", make_run(["L1=build/guests/evk.elf", "ARGS=nmis=9 console=e9", "CPU=haswell"], True,
                                      "all of it held")
    yield "make run L1=evk that reports a failure", make_run(["L1=build/guests/evk.elf", "ARGS=gap=de rounds=1"], False,
                                                           "code 1 on port 0xf4")


def long():
    """Minutes each: the longest first, so that two of them end together. Unpacking a bzImage says nothing, so a broken
    twin of it would only be noticed by the time limit; the twins are those of the PVH boots."""
    for cpu in MODELS:
        yield "Linux bzImage %s core" % cpu, linux_case(cpu, "core", bz=True)
    yield "Linux bzImage ivy_bridge core checked", linux_case("ivy_bridge", "core", bz=True, checked=True)
    yield "Linux bzImage ivy_bridge direct", linux_case("ivy_bridge", "direct", bz=True)
    yield "make run", make_run([], True, "all of it held")
    yield from nested.long()
    for mode in EVICT:
        yield "Linux PVH %s, broken twin no-reinjection must fail" % mode, linux_case("ivy_bridge", mode,
                                                                                   twin="no-reinjection")
    yield "Linux PVH core, broken twin no-cr2 must fail", linux_case("ivy_bridge", "core", twin="no-cr2")
    for cpu in MODELS:
        for mode in EVICT:
            yield from twice("Linux PVH %s %s" % (cpu, mode), lambda c, u=cpu, m=mode: linux_case(u, m, c))


def matrix():
    """(name, body): the short ones first, so that a broken tree is seen early."""
    yield from short()
    yield from long()


def one(case):
    name, body = case
    began = time.monotonic()
    try:
        detail = body(re.sub(r"[^A-Za-z0-9]+", "-", name))
        good = True
    except (Bad, Fail) as e:
        good, detail = False, str(e)
    except Exception as e:  # pylint: disable=broad-except
        good, detail = False, "the test itself broke: %r" % e
    return good, name, time.monotonic() - began, detail or ""


def main(argv):
    words = [a.lower() for a in argv]
    cases = [c for c in matrix() if all(w in c[0].lower() for w in words)]
    passed, began = 0, time.monotonic()
    jobs = int(os.environ.get("BOOT_JOBS", "2"))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for i, done in enumerate(concurrent.futures.as_completed([pool.submit(one, c) for c in cases])):
            good, name, seconds, detail = done.result()
            passed += good
            print("%3d/%d %s %-56s %5.1fs %s" % (i + 1, len(cases), "ok  " if good else "FAIL", name, seconds,
                                                detail[:300]), flush=True)
    print("boot tests took %.0f s" % (time.monotonic() - began))
    print("%d passed, %d failed" % (passed, len(cases) - passed))
    return 0 if passed == len(cases) and cases else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
