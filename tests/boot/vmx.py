"""The small VMX L1s (tests/guests/vmx): the same image bare and under Provenest, compared line by line."""
import argparse
import fnmatch
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import vmx_rows  # noqa: E402
from rig import BUILD, Bad, Fail, OUT, ROOT, bochs, boot, hypervisor, image, need, report  # noqa: E402

VMX, VMX32 = (os.path.join(BUILD, "guests", name) for name in ("vmx.elf", "vmx32.elf"))
TABLE = os.path.join(ROOT, "tests", "guests", "vmx", "differences.tbl")
HVARGS = "events=core msr=gp"
_asking, _said = threading.Lock(), {}
AREAS = ("insn", "fields", "exits", "inject", "entry", "pdptr", "timer", "msrs", "bitmaps", "rows", "late", "bits32")


def known():
    """The named differences: (area, case, model or *, change, reason)."""
    out = []
    with open(TABLE, encoding="utf-8") as f:
        for line in f:
            words = line.split(None, 4)
            if words and not line.startswith("#"):
                need(len(words) == 5, "differences.tbl: '%s' gives no reason" % line.strip())
                out.append(tuple(words))
    return out


def cases(lines, area):
    """{name: what was observed, with the lines that belong to it}, in order; a machine that stopped short is an error."""
    found, last = {}, None
    for line in lines:
        words = line.split(" ")
        if line.startswith("VMX   ") and last:
            found[last] += " | " + line[6:]
        elif words[0] == "VMX" and len(words) > 2 and words[1] == area:
            last, many = words[2], 2
            if area == "fields" and len(words) > 3:
                last += "/" + "/".join(words[3:5] if words[3].startswith("0") or len(words) > 5 else words[3:4])
            while last in found:
                last, many = words[2] + "#%d" % many, many + 1
            found[last] = " ".join(words[3:])
        elif line.startswith("VMX!"):
            found["error"] = line[5:]
    return found


def bare(area, cpu):
    """What the bare machine says; asked once, however many comparisons want it."""
    with _asking:
        if (area, cpu) not in _said:
            _said[area, cpu] = ask_bare(area, cpu)
        return _said[area, cpu]


def ask_bare(area, cpu):
    directory = os.path.join(OUT, "vmx-bare-%s-%s" % (area, cpu))
    os.makedirs(directory, exist_ok=True)
    lines = image.ram(directory, 64, VMX32 if area == "bits32" else VMX, "area=" + area, [])
    done = bochs.run(directory, lines, cpu, 64, limit=60, silence=20, log=True)
    os.unlink(os.path.join(directory, "disk.img"))
    need(not done.hung, "bare, area %s: %s (see %s)" % (area, done.hung, directory))
    need("VMX-END 0" in done.e9, "bare, area %s: the machine stopped: %s (see %s)" %
         (area, done.e9[-4:] + [bochs.last_words(done)], directory))
    return done.e9


def nested(area, cpu, hvargs, hv):
    name = "vmx-%s-%s%s" % (area, cpu, "" if hvargs == HVARGS else re.sub(r"[^a-z0-9]+", "-", "-" + hvargs))
    run = boot(name, hv or hypervisor(), hvargs, [(VMX32 if area == "bits32" else VMX, "area=%s nested" % area)], cpu, limit=120, silence=30)
    need(not run.result.hung, "under Provenest, area %s: %s (see %s)" % (area, run.result.hung, run.dir))
    return run.result.e9, report.faults(run.report, False)


def same(one, two, change):
    """Is what Provenest shows what the named change makes of the bare machine's line? '*': whatever it is; '*>new': new, whole."""
    old, _, new = change.replace("\\040", " ").partition(">")
    return change == "*" or (old == "*" and two == new) or (new and old in one and one.replace(old, new) == two)


def judge(one, two, area, cpu, table):
    """(cases, sentences about differences that have no name, names that were not needed). A name may be a pattern."""
    a, b = cases(one, area), cases(two, area)
    named = {n: change for where, n, model, change, _ in table
             if where == area and (model == "*" or cpu in model.split(","))}
    out, used = [], set()
    for name in list(a) + [n for n in b if n not in a]:
        text, other = a.get(name, "nothing"), b.get(name, "nothing")
        known_as = [n for n in named if fnmatch.fnmatchcase(name, n)]
        if text == other:
            continue
        if known_as and same(text, other, named[known_as[0]]) and " WRONG " not in other:
            used.add(known_as[0])
        else:
            out.append("%s: bare       %s\n    %s  Provenest  %s" % (name, text, " " * len(name), other))
    return len(a), out, sorted(set(named) - used)


def compare(area, cpu, hvargs=HVARGS, hv=""):
    """(cases, sentences). Names that are not needed count where all of them should show: with the runner's own options."""
    one, (two, bad) = bare(area, cpu), nested(area, cpu, hvargs, hv)
    count, out, closed = judge(one, two, area, cpu, known())
    out += vmx_rows.faults(area, one, two)
    out += ["the hypervisor's report: " + s for s in bad]
    if hvargs == HVARGS:
        out += ["%s is in differences.tbl, and there is none" % n for n in closed]
    return count, out


def lies(one, area, cpu):
    """The judge is judged: any number of any line off by one, any line missing, any line more, must be a difference."""
    mine, table = [l for l in one if l.startswith("VMX ")], known()
    none = [row for row in table if row[0] != area]
    tried = 0
    need(not judge(mine, mine, area, cpu, none)[1], "a run differs from itself")
    for i in range(0, len(mine), 7):
        cut, digit = mine[:i] + mine[i + 1:], re.search(r"=([0-9a-f]+)", mine[i])
        need(judge(mine, cut, area, cpu, none)[1], "not noticed that '%s' is missing" % mine[i])
        need(judge(cut, mine, area, cpu, none)[1], "not noticed that there is more: '%s'" % mine[i])
        if digit:
            other = mine[i][:digit.start(1)] + "%x" % (int(digit.group(1), 16) + 1) + mine[i][digit.end(1):]
            need(judge(mine, mine[:i] + [other] + mine[i + 1:], area, cpu, none)[1], "accepted: '%s'" % other)
        tried += 1
    closed = judge(mine, mine, area, cpu, table)[2]
    need(closed == sorted(n for where, n, model, _, _ in table if where == area and (model == "*" or cpu in model)),
         "a name that is not needed was not noticed")
    return tried


def main(argv):
    p = argparse.ArgumentParser(prog="make test-vmx")
    p.add_argument("what", choices=("bare", "compare"))
    p.add_argument("area", nargs="*")
    p.add_argument("--cpu", default="ivy_bridge")
    p.add_argument("--hv", default="", help="another hypervisor image than the tree's own")
    p.add_argument("--hvargs", default=HVARGS)
    o = p.parse_args(argv)
    passed = failed = 0
    for area in o.area or AREAS:
        try:
            if area == "fuzz":
                good = __import__("vmx_fuzz").main_compare(o)
                passed, failed = passed + good, failed + (not good)
                continue
            if o.what == "bare":
                lines = bare(area, o.cpu)
                print("\n".join(l for l in lines if l.startswith(("VMX", "CAP"))))
                passed += 1
                continue
            count, out = compare(area, o.cpu, o.hvargs, o.hv)
            for text in out:
                print("    " + text)
            good = count > 0 and not out
            print("%s vmx %s on %s: %d cases, %d differences" % ("ok  " if good else "FAIL", area, o.cpu, count, len(out)))
        except (Bad, Fail) as e:
            good = False
            print("FAIL vmx %s on %s: %s" % (area, o.cpu, e))
        passed += good
        failed += not good
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
