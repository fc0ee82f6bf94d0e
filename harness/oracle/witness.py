# SPDX-License-Identifier: BSD-2-Clause
"""make witness: run the witness images and hold what they print against witnesses.tbl.

usage: witness.py [MACHINE...]"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "harness", "run"))

import bochs  # noqa: E402
import image  # noqa: E402
from base import BUILD, Fail, main  # noqa: E402

# name -> (image, CPU model of the emulator)
MACHINES = {
    "bochs-ivy_bridge": ("vmx", "ivy_bridge"),
    "bochs-skylake_x": ("vmx", "skylake_x"),
    "bochs-ryzen": ("svm", "ryzen"),
    "qemu-svm": ("svm", "EPYC,+svm"),
}
LIMIT = 60
TAIL = re.compile(r" interrupted=(\d+)(?: exits=(\S+) injected=(\d+))?$")
SAID = {}                               # what the machines said that were asked


def table(name, columns):
    """Rows of a file with | between the columns."""
    rows = []
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.strip() and not line.startswith("#"):
                cells = [c.strip() for c in line.rstrip("\n").split("|")]
                if len(cells) != columns:
                    raise Fail("%s:%d: %d columns instead of %d" % (name, number, len(cells), columns))
                rows.append(cells)
    return rows


def elf(vendor):
    return os.path.join(BUILD, "witness", vendor + ".elf")


def on_qemu(cpu, path, limit=LIMIT, mem="64", *more):
    argv = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", cpu, "-m", mem, "-display", "none", "-serial", "stdio",
            "-monitor", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-no-reboot", "-kernel", path, *more]
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=limit,
                              check=False)
    except FileNotFoundError:
        raise Fail("qemu-system-x86_64 is missing: apt-get install qemu-system-x86") from None
    except subprocess.TimeoutExpired as e:
        return (e.stdout or b"").decode(errors="replace")
    return done.stdout.decode(errors="replace")


def on_bochs(name, cpu, path):
    directory = os.path.join(BUILD, "witness", name)
    os.makedirs(directory, exist_ok=True)
    return bochs.run(directory, image.ram(directory, 64, path, "", []), cpu, 64, LIMIT, 20).com1


def parse(name, text):
    """{witness: {mode: text}} of what a machine printed; a run that did not come to its end is an error."""
    said = {}
    for line in text.splitlines():
        words = line.split(" ", 3)
        if words[0] == "ORACLE" and len(words) == 4:
            said.setdefault(words[1], {})[words[2]] = words[3].strip()
        elif words[0] == "ORACLE" and len(words) == 3:
            said.setdefault(words[1], {})[words[2]] = ""
        elif words[0] == "ORACLE!":
            raise Fail("%s: the witness image says: %s" % (name, line))
    if "ORACLE-END 0" not in text:
        last = [l for l in text.splitlines() if l.startswith("ORACLE")] or ["nothing"]
        raise Fail("%s: the witness image did not finish; its last line: %s" % (name, last[-1]))
    return said


def run(name):
    vendor, cpu = MACHINES[name]
    text = on_qemu(cpu, elf(vendor)) if name.startswith("qemu") else on_bochs(name, cpu, elf(vendor))
    os.makedirs(os.path.join(BUILD, "witness"), exist_ok=True)
    with open(os.path.join(BUILD, "witness", name + ".txt"), "w", encoding="utf-8") as f:
        f.write(text)
    SAID[name] = parse(name, text)
    return SAID[name]


def split(text):
    """(what the guest saw, interrupted deliveries, exits, injections)."""
    found = TAIL.search(" " + text)
    if not found:
        return text, 0, "", 0
    return (" " + text)[:found.start()].strip(), int(found.group(1)), found.group(2) or "", int(found.group(3) or 0)


def judge(relation, direct, drop, modes):
    """None, or why the witness does not show what its row says."""
    if "look" in modes:
        return None if modes["look"] == direct else "it is '%s'" % modes["look"]
    missing = [m for m in ("direct", "reinject", "drop") if m not in modes]
    if missing:
        return "no line for %s" % missing[0]
    seen = {m: split(t) for m, t in modes.items()}
    if seen["direct"][0] != direct:
        return "undisturbed, the guest saw '%s'" % seen["direct"][0]
    if bool(seen["direct"][1]) != (relation == "always") or not seen["reinject"][1] or not seen["drop"][1]:
        return "no delivery was interrupted, or one that should not have been"
    if seen["reinject"][0] != direct:
        return "with re-injection it saw '%s'" % seen["reinject"][0]
    if seen["drop"][0] != (direct if relation == "same" else drop):
        return "dropped, it saw '%s'" % seen["drop"][0]
    if relation.startswith("exits="):
        return counts(relation[6:], seen)
    return None


def counts(wanted, seen):
    """wanted: exits of reinject, injections, exits of drop."""
    got = "%s,%d,%s" % (seen["reinject"][2].split("(")[0], seen["reinject"][3], seen["drop"][2].split("(")[0])
    return None if got == wanted else "exits and injections were %s" % got


def check(name, said, rows, gaps):
    """[(witness, verdict, text)], verdict passed, failed, gap or absent."""
    vendor, found = MACHINES[name][0], []
    known = {w: why for m, w, why in gaps if m == name}
    for witness, vendors, relation, direct, drop in rows:
        if vendor not in vendors.split(","):
            continue
        modes = said.get(witness, {})
        if "none" in modes:
            bad = "the processor has not got it"
            found.append((witness, "gap" if witness in known else "failed", known.get(witness, bad)))
            continue
        bad = judge(relation, direct, drop, modes)
        if witness in known:
            found.append((witness, "failed" if bad is None else "gap",
                          "the known gap has closed: take it out of gaps.tbl" if bad is None else known[witness]))
        else:
            found.append((witness, "failed" if bad else "passed", bad or ""))
    names = {r[0] for r in rows}
    found += [(w, "failed", "no row in witnesses.tbl") for w in said if w not in names]
    return found


def all_machines(names=None):
    """{machine: [(witness, verdict, text)]}."""
    rows, gaps = table("witnesses.tbl", 5), table("gaps.tbl", 3)
    for machine, witness, _ in gaps:
        if witness not in {r[0] for r in rows}: # nested.py looks at the machines
            raise Fail("gaps.tbl: no such witness: %s %s" % (machine, witness))
    return {n: check(n, run(n), rows, gaps) for n in names or MACHINES}


def report(results):
    for machine, found in results.items():
        for witness, verdict, text in found:
            if verdict != "passed":
                print("%-18s %-26s %s: %s" % (machine, witness, "not witnessed" if verdict == "gap" else "FAILED", text))
        print("%-18s %d witnessed, %d not witnessed, %d failed" % (machine, *(sum(v == k for _, v, _ in found)
                                                                  for k in ("passed", "gap", "failed"))))
    verdicts = [v for found in results.values() for _, v, _ in found]
    return verdicts.count("passed"), verdicts.count("failed")


def body(argv):
    for name in argv:
        if name not in MACHINES:
            raise Fail("unknown machine '%s'; known: %s" % (name, " ".join(MACHINES)))
    passed, failed = report(all_machines(argv))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    main(body)
