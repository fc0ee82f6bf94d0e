"""The small VMX L1s (tests/guests/vmx): the same image bare and under Provenest, compared line by line."""
import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from rig import BUILD, Bad, Fail, OUT, ROOT, bochs, boot, hypervisor, image, need, report  # noqa: E402

VMX = os.path.join(BUILD, "guests", "vmx.elf")
TABLE = os.path.join(ROOT, "tests", "guests", "vmx", "differences.tbl")
AREAS = ("insn", "fields", "exits", "inject", "entry", "pdptr", "timer", "msrs", "bitmaps")


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
    directory = os.path.join(OUT, "vmx-bare-%s-%s" % (area, cpu))
    os.makedirs(directory, exist_ok=True)
    lines = image.ram(directory, 64, VMX, "area=" + area, [])
    done = bochs.run(directory, lines, cpu, 64, limit=60, silence=20, log=True)
    os.unlink(os.path.join(directory, "disk.img"))
    need(not done.hung, "bare, area %s: %s (see %s)" % (area, done.hung, directory))
    need("VMX-END 0" in done.e9, "bare, area %s: the machine stopped: %s (see %s)" %
         (area, done.e9[-4:] + [bochs.last_words(done)], directory))
    return done.e9


def nested(area, cpu, hvargs, hv):
    run = boot("vmx-%s-%s" % (area, cpu), hv or hypervisor(), hvargs, [(VMX, "area=" + area)], cpu, limit=120, silence=30)
    need(not run.result.hung, "under Provenest, area %s: %s (see %s)" % (area, run.result.hung, run.dir))
    return run.result.e9, report.faults(run.report, False)


def same(one, two, change):
    """Is what Provenest shows what the named change makes of the bare machine's line? '*': whatever it is."""
    old, _, new = change.replace("\\040", " ").partition(">")
    return change == "*" or (new and old in one and one.replace(old, new) == two)


def compare(area, cpu, hvargs, table, hv):
    """Sentences, one a difference that has no name; and the names that were not needed."""
    one, (two, bad) = bare(area, cpu), nested(area, cpu, hvargs, hv)
    a, b = cases(one, area), cases(two, area)
    named = {n: (change, n) for where, n, model, change, _ in table if where == area and (model == "*" or cpu in model.split(","))}
    out, used = ["the hypervisor's report: " + s for s in bad], set()
    for name, text in a.items():
        other = b.get(name, "nothing")
        if name in named and text != other and same(text, other, named[name][0]) and " WRONG " not in other:
            used.add(name)
        elif text != other:
            out.append("%s: bare       %s\n    %s  Provenest  %s" % (name, text, " " * len(name), other))
    out += ["%s: only under Provenest: %s" % (n, t) for n, t in b.items() if n not in a]
    return len(a), out, sorted(set(named) - used)


def main(argv):
    p = argparse.ArgumentParser(prog="make test-vmx")
    p.add_argument("what", choices=("bare", "compare"))
    p.add_argument("area", nargs="*")
    p.add_argument("--cpu", default="ivy_bridge")
    p.add_argument("--hv", default="", help="another hypervisor image than the tree's own")
    p.add_argument("--hvargs", default="events=core")
    o = p.parse_args(argv)
    passed = failed = 0
    table = known()
    for area in o.area or AREAS:
        try:
            if o.what == "bare":
                lines = bare(area, o.cpu)
                print("\n".join(l for l in lines if l.startswith(("VMX", "CAP"))))
                passed += 1
                continue
            count, out, closed = compare(area, o.cpu, o.hvargs, table, o.hv)
            for text in out:
                print("    " + text)
            for name in closed:
                print("    %s is in differences.tbl, and there is none" % name)
            good = count > 0 and not out and not closed
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
