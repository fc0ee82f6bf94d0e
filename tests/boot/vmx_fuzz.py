"""The L1 fuzzer (tests/guests/vmx/fuzz.c): fixed seeds, bare and under Provenest. A line that differs is a failure, unless

- the two machines offer different things, and each does what the manual says of what it offers (the image knows the manual), or
- the manual leaves a choice (VMfail 7 or 8, one qualification or another), or
- it is the bare machine that does otherwise than the manual, in one of the ways named here.

What the manual calls WRONG under Provenest is a failure always.

usage: vmx_fuzz.py [--cpu MODEL] [--seed N] [--seeds HOWMANY] [--rounds N] [--bare]"""
import argparse
import os
import re
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from rig import Bad, Fail, OUT, bochs, boot, hypervisor, image, need, report  # noqa: E402
import vmx  # noqa: E402

CPUS = ("ivy_bridge", "skylake_x")
SEEDS, ROUNDS = (1, 2), 150

_asking, _said = threading.Lock(), {}
SAYS = r" manual=(\S+)( either)?( WRONG)?"

# Bochs 2.7 does not check these, or says another qualification (differences.tbl has a case of each).
GAPS = {
    "VE-138": "DEBUGCTL's reserved bits", "VE-139": "CR0.PG with IA-32e mode guest", "VE-180": "the DPL of an unusable SS",
    "VE-181": "the DPL of an unusable SS", "VE-208": "RIP's high bits of a 64-bit guest", "VE-211": "RFLAGS.VM in real mode",
    "VE-220": "what is injected into HLT", "VE-229": "qualification 3", "VE-232": "an NMI while NMIs are blocked",
    "VE-235": "bits 63:32 of pending debug exceptions", "VE-236": "BS",
}


def cases(lines):
    """{name: (the manual's verdict, whether it leaves a choice, WRONG, everything that was observed)}; what was edited goes with it"""
    out, tried, name = {}, {}, None
    for line in lines:
        words = line.split(" ")
        if line.startswith("VMX   ") and name:
            rule = re.search(r" manual=(\S+)( either)?( WRONG)?", line)
            verdict, either, wrong, text = out[name]
            if rule:
                verdict, either, wrong = rule.group(1), bool(rule.group(2)), bool(rule.group(3))
            out[name] = (verdict, either, wrong, text + " | " + re.sub(SAYS, "", line[5:]))
        elif words[:2] == ["VMX", "fuzz"] and len(words) > 2:
            name = words[2]
            need(name not in out, "two lines of %s" % name)
            out[name] = ("", False, False, " ".join(words[3:]))
        elif words[0] == "TRY":
            tried[words[1]] = " ".join(words[2:])
        elif line.startswith("VMX!"):
            out["error"] = ("", False, True, line)
    return {n: (rule, either, wrong, text + " | " + tried.get(n, "")) for n, (rule, either, wrong, text) in out.items()}


def judge(one, two):
    """(cases, sentences, {gap or reason: how often})"""
    a, b = cases(one), cases(two)
    out, named = [], {}
    for name in list(a) + [n for n in b if n not in a]:
        none = ("", False, True, "nothing")
        (rule, either, wrong, text), (rule2, _, wrong2, text2) = a.get(name, none), b.get(name, none)
        if wrong2:
            out.append("%s: not what the manual says (%s): %s\n      bare       %s" % (name, rule2, text2, text))
        elif (text, rule) == (text2, rule2):
            continue
        elif either and rule == rule2 and not wrong:
            named["either"] = named.get("either", 0) + 1
        elif rule != rule2 and not wrong:
            named["offers"] = named.get("offers", 0) + 1
        elif wrong and rule in GAPS:
            named[rule] = named.get(rule, 0) + 1
        else:
            out.append("%s (%s%s): bare       %s\n      Provenest  %s" % (name, rule, ", bare WRONG" if wrong else "", text, text2))
    return len(a), out, named


def bare(seed, rounds, cpu):
    """What the bare machine says; asked once, however many comparisons want it."""
    with _asking:
        if (seed, rounds, cpu) not in _said:
            _said[seed, rounds, cpu] = ask_bare(seed, rounds, cpu)
        return _said[seed, rounds, cpu]


def ask_bare(seed, rounds, cpu):
    directory = os.path.join(OUT, "vmx-fuzz-bare-%s-%d" % (cpu, seed))
    os.makedirs(directory, exist_ok=True)
    lines = image.ram(directory, 64, vmx.VMX, "area=fuzz seed=%d rounds=%d" % (seed, rounds), [])
    done = bochs.run(directory, lines, cpu, 64, limit=120, silence=30, log=True)
    os.unlink(os.path.join(directory, "disk.img"))
    need(not done.hung and "VMX-END 0" in done.e9, "bare, seed %d: the machine stopped: %s (see %s)" %
         (seed, done.e9[-3:] + [bochs.last_words(done)], directory))
    return done.e9


def nested(seed, rounds, cpu, hv, hvargs):
    where = re.sub(r"[^a-z0-9]+", "-", os.path.basename(os.path.dirname(hv)) + hvargs.replace(vmx.HVARGS, ""))
    run = boot("vmx-fuzz-%s-%d%s" % (cpu, seed, where), hv or hypervisor(), hvargs,
               [(vmx.VMX, "area=fuzz seed=%d rounds=%d" % (seed, rounds))], cpu, limit=300, silence=60)
    need(not run.result.hung, "under Provenest, seed %d: %s (see %s)" % (seed, run.result.hung, run.dir))
    return run.result.e9, report.faults(run.report, False)


def compare(seed, rounds, cpu, hv="", hvargs=vmx.HVARGS):
    """(good, line, what there is to tell) of one seed."""
    one = bare(seed, rounds, cpu)
    two, bad = nested(seed, rounds, cpu, hv, hvargs)
    count, out, named = judge(one, two)
    out += ["the hypervisor's report: " + s for s in bad]
    notes = out[:20] + ["bare machine's gap, %d times: %s (%s)" % (named[rule], rule, GAPS[rule])
                        for rule in sorted(set(named) & set(GAPS))]
    good = count >= rounds and not out
    return good, "vmx fuzz seed %d on %s: %d cases, %d differ in what is offered, %d in what the manual leaves open, %d differences" % (
        seed, cpu, count, named.get("offers", 0), named.get("either", 0), len(out)), notes


def lies(one):
    """The judge is judged: an outcome that is another, a line that is missing, a WRONG under Provenest: each must be a difference."""
    seen, mine, names, name, tried = cases(one), [], [], "", 0
    for line in one:
        words = line.split(" ")
        name = words[1] if words[0] == "TRY" else words[2] if line.startswith("VMX fuzz") else name
        if line.startswith(("VMX   ", "VMX fuzz", "TRY")) and not seen[name][2]:
            mine.append(line)
            names.append(name)
    need(not judge(mine, mine)[1], "a run differs from itself")
    for i in range(0, len(mine), 5):
        digit = re.search(r"=([0-9a-f]+)", mine[i])
        if mine[i].startswith("VMX fuzz"):
            need(judge(mine, mine[:i] + mine[i + 1:])[1], "not noticed that '%s' is missing" % mine[i])
        if digit and not mine[i].startswith("VMX   ") and not seen[names[i]][1]:
            other = mine[i][:digit.start(1)] + "%x" % (int(digit.group(1), 16) + 1) + mine[i][digit.end(1):]
            need(judge(mine, mine[:i] + [other] + mine[i + 1:])[1], "accepted: '%s'" % other)
        if " manual=pass" in mine[i]:
            need(judge(mine, mine[:i] + [mine[i].replace(" manual=pass", " manual=pass WRONG")] + mine[i + 1:])[1],
                 "accepted what the manual calls wrong")
        tried += 1
    return tried


def run(cpus, seeds, rounds, hv="", hvargs=vmx.HVARGS):
    """(passed, failed)"""
    passed = failed = 0
    for cpu in cpus:
        for seed in seeds:
            try:
                good, line, notes = compare(seed, rounds, cpu, hv, hvargs)
            except (Bad, Fail) as e:
                good, line, notes = False, "vmx fuzz seed %d on %s: %s" % (seed, cpu, e), []
            for text in notes:
                print("    " + text)
            print(("ok   " if good else "FAIL ") + line, flush=True)
            passed += good
            failed += not good
    return passed, failed


def main_compare(o):
    """`make test-vmx ONLY=fuzz`: both models, the fixed seeds."""
    return run(CPUS, SEEDS, ROUNDS, o.hv, o.hvargs)[1] == 0


def case(cpu, name, options):
    def body(_):
        out = []
        for seed in SEEDS:
            good, line, notes = compare(seed, ROUNDS, cpu, hypervisor(name), options)
            out.append(line)
            need(good, "; ".join([line, *notes]))
        return "(%d seeds)" % len(out)
    return body


def for_boot():
    """For boot.py."""
    for cpu in CPUS:
        yield "VMX L1 gone wrong %s" % cpu, case(cpu, "hv", vmx.HVARGS)
    yield "VMX L1 gone wrong ivy_bridge checked", case("ivy_bridge", "hv-checked", vmx.HVARGS)
    yield "VMX L1 gone wrong ivy_bridge, pages taken away", case("ivy_bridge", "hv", "events=core msr=gp evict=500")
    yield "the judge of an L1 gone wrong", lambda _: "(%d doctored lines)" % lies(bare(SEEDS[0], ROUNDS, CPUS[0]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--cpu", default="")
    p.add_argument("--seed", type=int, default=SEEDS[0])
    p.add_argument("--seeds", type=int, default=len(SEEDS))
    p.add_argument("--rounds", type=int, default=ROUNDS)
    p.add_argument("--bare", action="store_true")
    p.add_argument("--hv", default="")
    o = p.parse_args()
    if o.bare:
        print("\n".join(l for l in bare(o.seed, o.rounds, o.cpu or CPUS[0]) if l.startswith(("VMX", "TRY"))))
        return 0
    passed, failed = run([o.cpu] if o.cpu else CPUS, range(o.seed, o.seed + o.seeds), o.rounds, o.hv)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
