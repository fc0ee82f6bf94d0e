# SPDX-License-Identifier: BSD-2-Clause
"""make witness-nested: the witness image as an L1, on Provenest, on Provenest with one line of its core broken, and on Debian's
KVM. What L1 sees must be what it sees on the bare machine; a broken L0 must show (nested.tbl).

usage: nested.py [MACHINE...]"""
import concurrent.futures
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import witness  # noqa: E402
from witness import BUILD, Fail, ROOT, bochs, image, main  # noqa: E402
import initrd  # noqa: E402
import kernel  # noqa: E402
import linux  # noqa: E402
import packages  # noqa: E402
from base import read  # noqa: E402

# name -> (text of core/, the broken text), and more of these
BROKEN = {
    "reflects-without": ("        describe(n, v->injected, x);\n", "        (void)describe;\n"),
    "drops-exceptions": ("    pn_hw_write_entry(v->injected);\n",
                         "    if (v->injected.type != PN_TYPE_HARD_EXCEPTION || v->cancelled)\n"
                         "        pn_hw_write_entry(v->injected);\n"),
    "forgets-news": ("    if (!pae_paging(n))\n        return;\n",
                     "    if (!pae_paging(n)) {\n        n->pdptrs_held = true;\n        return;\n    }\n",
                     "    n->dirty = all_dirty(n->dirty);\n    n->pdptrs_held = false;\n", "    n->dirty = all_dirty(n->dirty);\n"),
    "delivers-never": ("pn_hw_write_dr6(pn_dr6_after(pn_hw_dr6(), e.payload));", "(void)pn_dr6_after;"),
    "delivers-first": ("        e = pn_intercept_exception(v);\n",
                       "        {\n            extern void pn_deliver_payload(struct pn_event e);\n"
                       "            pn_deliver_payload(v->exception);\n        }\n        e = pn_intercept_exception(v);\n"),
}
# machine -> (what a page calls it, the bare machine it is held against, L0)
MACHINES = {
    "nested-ivy_bridge": ("ivy", "bochs-ivy_bridge", "provenest"),
    "nested-skylake_x": ("skx", "bochs-skylake_x", "provenest"),
    "kvm-skylake_x": ("kvm", "bochs-skylake_x", "kvm"),
    "kvm-svm": ("kvm-amd", "qemu-svm", "kvm-amd"),
}
INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
%s
/bin/l2 boot /bin/image.elf witness
# the serial port needs time to drain
/bin/busybox sleep 60
/bin/busybox poweroff -f
"""
# l2 gives its guest MSR 0x3a, which AMD has not
PARAMETERS = {"kvm": "ignore_msrs=1", "kvm-intel": "nested=1", "kvm-amd": "nested=1"}
ALL = "nested-all"
OPTIONS = "events=core msr=gp"
KVM_LINE = "tsc_early_khz=50000 clearcpuid=rdrand,rdseed norandmaps no_timer_check i8042.noprobe nmi_watchdog=0 nowatchdog quiet"
LIMIT, MEMORY = 200, 256


def make(out, core):
    done = subprocess.run(["make", "--no-print-directory", "-s", out + "/hv.elf", "HV_OUT=" + out, "HV_CORE=" + core],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Fail("%s/hv.elf does not build: %s" % (out, (done.stdout.strip().splitlines() or ["no output"])[0]))
    return os.path.join(ROOT, out, "hv.elf")


def copy(path, text):
    """Only what changed is written: make looks at the dates."""
    if not os.path.exists(path) or read(path).decode() != text:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def broken(name):
    """Provenest with these changes to its core; each must apply exactly once, or the table is out of date."""
    base, found = os.path.join(BUILD, "witness", name), []
    for part in ("core", "spec"):                       # core's contracts include spec's predicates
        for folder, _, files in os.walk(os.path.join(ROOT, part)):
            for each in (f for f in files if f.endswith((".c", ".h"))):
                path = os.path.join(folder, each)
                text = read(path).decode()
                for old, new in zip(BROKEN[name][::2], BROKEN[name][1::2]):
                    found += [old] * text.count(old)
                    text = text.replace(old, new)
                copy(os.path.join(base, os.path.relpath(path, ROOT)), text)
    if sorted(found) != sorted(BROKEN[name][::2]):
        raise Fail("%s is out of date: each of its texts is to be once in core/: found %s" % (name, found))
    return make("build/witness/%s/hv" % name, "build/witness/%s/core" % name)


def hypervisors(names):
    """{name: path}. The right one has a folder of its own: the boot tests build build/hv."""
    return {n: make("build/witness/hv", "core") if n == "provenest" else broken(n) for n in names}


def lines_of(machine, text):
    text = text.replace("\r", "")
    said = witness.parse(machine, text)
    path = os.path.join(BUILD, "witness", machine + ".txt")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return said


def on_provenest(machine, cpu, l0, hv):
    name = machine + ("" if l0 == "provenest" else "-" + l0)
    directory = os.path.join(BUILD, "witness", name)
    os.makedirs(directory, exist_ok=True)
    lines = image.ram(directory, MEMORY, hv, OPTIONS, [(witness.elf("vmx"), "")])
    return lines_of(name, bochs.run(directory, lines, cpu, MEMORY, LIMIT, 60).com1)


def ramdisk(directory, vendor, modules):
    """tests/guests/kvm runs the image as KVM's guest, its port 0xE9 the console."""
    loaded = "\n".join("/bin/busybox insmod /modules/%s.ko %s" % (m, PARAMETERS.get(m, "")) for m in modules)
    files = [("init", (INIT % loaded).encode()), ("bin/busybox", packages.busybox()), ("bin/image.elf", witness.elf(vendor)),
             ("bin/l2", os.path.join(BUILD, "guests", "l2"))] + [("modules/%s.ko" % m, packages.module(m)) for m in modules]
    return initrd.build(os.path.join(directory, "initrd.cpio"), files)


def on_kvm(machine, cpu):
    directory = os.path.join(BUILD, "witness", machine)
    os.makedirs(directory, exist_ok=True)
    disk = ramdisk(directory, "vmx", linux.MODULES)
    lines = image.ram(directory, MEMORY, kernel.vmlinux(packages.bzimage()), linux.LINE + " " + KVM_LINE, [(disk, "initrd")],
                      show=True)
    return lines_of(machine, bochs.run(directory, lines, cpu, MEMORY, LIMIT, 150, bare=1).com1)


def on_kvm_amd(machine):
    directory = os.path.join(BUILD, "witness", machine)
    os.makedirs(directory, exist_ok=True)
    disk = ramdisk(directory, "svm", ("irqbypass", "kvm", "ccp", "kvm-amd"))
    return lines_of(machine, witness.on_qemu(witness.MACHINES["qemu-svm"][1], packages.bzimage(), LIMIT, "256", "-initrd", disk,
                                             "-append", linux.LINE + " quiet"))


def judge(witness_mode, bare, right, wrong, wanted):
    """None, or why a row of nested.tbl does not show: the right L0's line is the bare machine's, or `wanted` if there is no
    broken one (wrong is None) and it is not '-'; the broken L0's line is `wanted`, and another, or the same if it says so."""
    name, mode = witness_mode.split()
    one, two = bare.get(name, {}).get(mode), right.get(name, {}).get(mode)
    if one is None or two is None:
        return "no line for %s" % witness_mode
    if wrong is None and wanted != "-":
        return None if two == wanted else "L1 saw '%s'" % two
    if two != one:
        return "L1 saw '%s', on the bare machine '%s'" % (two, one)
    if wrong is None:
        return None
    other = wrong.get(name, {}).get(mode)
    if wanted == "same":
        return None if other == two else "with the broken L0, L1 saw '%s'" % other
    if other == two:
        return "with the broken L0, L1 saw the same"
    return None if other == wanted else "with the broken L0, L1 saw '%s'" % other


def compare(machine, bare, right, gaps):
    """[(witness, verdict, text)]: each witness of the image by all its lines, and ALL for all of them together."""
    known = {w: why for m, w, why in gaps if m == machine}
    found, good = [], True
    for name in list(bare) + [n for n in right if n not in bare]:
        same = bare.get(name) == right.get(name)
        if same and name in known:
            found.append((name, "failed", "the known gap has closed: take it out of gaps.tbl"))
        elif name in known:
            found.append((name, "gap", known[name]))
        elif not same:
            found.append((name, "failed", "L1 saw %s, on the bare machine %s" % (right.get(name), bare.get(name))))
        good = good and (same or name in known)
    return found, (ALL, "passed" if good and bare else "failed", "" if good else "not as on the bare machine")


def check(machine, bare, said, rows, gaps):
    """What one machine shows. said: {L0: lines}."""
    _, _, l0 = MACHINES[machine]
    found, whole = compare(machine, bare, said[l0], gaps)
    found = [f for f in found if f[1] == "failed"] + [whole]
    for name, asked, l0s, broken_l0, wanted in rows:
        if l0 in l0s.split():
            wrong = said[broken_l0] if broken_l0 != "-" and l0 == "provenest" else None
            bad = judge(asked, bare, said[l0], wrong, wanted if wrong is not None or broken_l0 == "-" else "-")
            found.append((name, "failed" if bad else "passed", bad or ""))
    return found


def all_machines(names=None):
    """{machine: [(witness, verdict, text)]}."""
    rows, gaps = witness.table("nested.tbl", 5), witness.table("gaps.tbl", 3)
    for machine, name, _ in gaps:
        if machine not in MACHINES and machine not in witness.MACHINES:
            raise Fail("gaps.tbl: no such machine: %s %s" % (machine, name))
    names = list(names or MACHINES)
    broken_l0s = sorted({r[3] for r in rows if r[3] != "-"})
    unknown = [b for b in broken_l0s if b not in BROKEN]
    if unknown:
        raise Fail("nested.tbl: no broken L0 named %s" % unknown[0])
    hv = hypervisors(["provenest"] + broken_l0s) if any(MACHINES[n][2] == "provenest" for n in names) else {}
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("PN_JOBS", "2"))) as pool:
        jobs = {}
        for machine in names:
            cpu, l0 = machine.split("-", 1)[1], MACHINES[machine][2]
            if l0 != "provenest":
                jobs[machine, l0] = pool.submit(on_kvm, machine, cpu) if l0 == "kvm" else pool.submit(on_kvm_amd, machine)
                continue
            for each, path in hv.items():
                jobs[machine, each] = pool.submit(on_provenest, machine, cpu, each, path)
        said = {key: job.result() for key, job in jobs.items()}
    out = {}
    for machine in names:
        bare = MACHINES[machine][1]
        lines = witness.SAID.get(bare) or witness.run(bare)
        out[machine] = check(machine, lines, {l0: t for (m, l0), t in said.items() if m == machine}, rows, gaps)
    return out


def body(argv):
    for name in argv:
        if name not in MACHINES:
            raise Fail("unknown machine '%s'; known: %s" % (name, " ".join(MACHINES)))
    results = all_machines(names=argv)
    for machine, found in results.items():
        for name, verdict, text in found:
            print("%-18s %-26s %s%s" % (machine, name, "FAILED: " if verdict == "failed" else verdict, text))
    verdicts = [v for found in results.values() for _, v, _ in found]
    print("%d passed, %d failed" % (verdicts.count("passed"), verdicts.count("failed")))
    return 1 if "failed" in verdicts else 0


if __name__ == "__main__":
    main(body)
