"""make bench-nested: rounds from L2 to L1 and back, the same image on the bare machine, with Debian's KVM as its hypervisor and
under Provenest: ticks, and what the processor had to do for L0. The ticks are of the hypervisor as it ships; the same text built
with HV_COUNT=1 says how often it asks the processor for something, which takes it an instruction each time. ONLY=row restricts it to
rows; the counts of KVM's VMCS accesses are facts (an instruction trace of the same image, kernel and model), everything else is
measured here."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import vmx  # noqa: E402
from rig import Bad, Fail, OUT, bochs, boot, hypervisor, image, linux, need  # noqa: E402

CPU = "skylake_x"
BATCHES = 500
COUNTED = re.compile(r"(\w[\w-]*)=(\d+)")
COUNTS = ("exits", "vmreads", "vmwrites", "vmptrlds", "invepts")
# The targets of issue 4: ticks and VMCS accesses of the CPUID round, and of every row the part of KVM's ticks.
QUARTER, TICKS, ACCESSES = 0.25, 1250, 40
# VMREADs, VMWRITEs, VMPTRLDs (VMCLEARs among them) of KVM with a shadow VMCS: facts/kvm-cost.md.
TRACED = {"cpuid": (50, 114, 8), "gdtr-written": (96, 168, 10), "pae-pdptr-written": (100, 172, 10), "l1-cpuid": (7, 1, 0)}


def batch_rounds(row):
    """Rounds that a batch really makes: one untimed and four; four of L1's own instructions; first touches have no batches."""
    return {"first-touch": 0, "rdmsr-l0": 0}.get(row, 4 if row.startswith("l1-") else 5)


def rows(lines):
    found = {}
    for line in lines:
        m = re.match(r"BENCH (\S+) rounds=(\d+) ticks=(\d+)", line)
        if m:
            found[m.group(1)] = int(m.group(3)) / int(m.group(2))
    need(found, "the benchmark did not finish: %s" % lines[-2:])
    return found


def kvm_exits(lines):
    """Exits a round: KVM's own count behind each line of the guest, less those that writing the line took, one a character, and
    a batch's own VMX instructions, which no shadow VMCS saves."""
    found, row, begin, last = {}, None, 0, ""
    for line in lines:
        m, n = re.match(r"BENCH-FROM (\S+) batches=(\d+)", line), re.match(r"L2-EXITS (\d+)", line)
        if m:
            row, batches = m.group(1), int(m.group(2))
        if n and row and last.startswith("BENCH-FROM "):
            begin = int(n.group(1))
        elif n and row and last.startswith("BENCH %s " % row) and begin:
            own = 0 if row.startswith("l1-") else 6 if row == "two-vmcss" else 2
            found[row] = ((int(n.group(1)) - begin - len(last) - 1) / batches - own) / batch_rounds(row)
        last = line
    return found


def under_kvm(more="clearcpuid=rdrand,rdseed norandmaps no_timer_check i8042.noprobe nmi_watchdog=0 nowatchdog quiet"):
    directory = os.path.join(OUT, "bench-kvm")
    kernel, line, modules = linux.kvm("nested=1", CPU, ["area=bench"])
    lines = image.ram(directory, 256, kernel, line + " " + more, [(m, "initrd") for m in modules], show=True)
    said = bochs.run(directory, lines, CPU, 256, 900, 300, bare=1).com1.splitlines()
    return rows(said), kvm_exits(said)


def counters(name, hv, row, twice):
    """What the hypervisor counted in a run of one row."""
    words = "area=bench row=%s%s" % (row, " twice=1" if twice else "")
    run = boot("bench-" + name, hv, "events=core msr=gp", [(vmx.VMX, words)], CPU, limit=120, silence=40)
    need("VMX-END 0" in run.result.e9, "row %s did not finish" % row)
    found = {k: int(v) for l in run.result.e9 if l.startswith("PN| nested ") for k, v in COUNTED.findall(l)}
    found["exits"] = sum(run.report.exits.values())
    return found


def counts(hv, row):
    """A round: the difference of a run with twice as many (ten batches of 63 more pages or MSRs for the two of L0 alone)."""
    once, more = counters("once", hv, row, False), counters("twice", hv, row, True)
    each = BATCHES * batch_rounds(row) or 10 * 63
    return {k: (more[k] - once[k]) / each for k in COUNTS if k in more}


def marks(row, ratio, ours, count):
    """What the issue demands and this row misses."""
    out = ["above a quarter of KVM"] if ratio > QUARTER else []
    if row == "cpuid" and ours > TICKS:
        out.append("above %d ticks" % TICKS)
    accesses = count.get("vmreads", 0) + count.get("vmwrites", 0)
    if row == "cpuid" and accesses > ACCESSES:
        out.append("%.0f VMCS accesses, above %d" % (accesses, ACCESSES))
    return out


def main(argv):
    hv, only = hypervisor(), [a for a in argv if not a.endswith(".elf")]
    hv = next((a for a in argv if a.endswith(".elf")), hv)
    counting = hypervisor("hv-count", "HV_COUNT=1")
    bare = rows(vmx.ask_bare("bench", CPU))
    ours = rows(vmx.nested("bench", CPU, "events=core msr=gp", hv)[0])
    kvm, exits = under_kvm()
    missed = []
    print("a round, on %s: ticks (an instruction is one); what L0 does, as the build with HV_COUNT=1 counts it; of KVM the VMCS "
          "accesses as traced (facts)" % CPU)
    print("%-19s %8s %9s %9s %7s | %6s %8s %9s %9s %8s | %9s %s" % ("", "bare", "KVM", "Provenest", "of KVM", "exits", "VMREADs",
          "VMWRITEs", "VMPTRLDs", "INVEPTs", "KVM exits", "R/W/P"))
    for row in bare:
        if only and row not in only:
            continue
        c = counts(counting, row) if row in ours else {}
        ratio = ours.get(row, 0) / kvm[row] if kvm.get(row) else 0
        bad = marks(row, ratio, ours.get(row, 0), c)
        print("%-19s %8.1f %9.1f %9.1f %6.1f%% | %6s %8s %9s %9s %8s | %9s %-10s %s" % ((row, bare[row], kvm.get(row, 0), ours.get(row, 0),
              100 * ratio) + tuple("%.2f" % c[k] if k in c else "-" for k in COUNTS) +
              ("%.2f" % exits[row] if row in exits else "-", "/".join(map(str, TRACED.get(row, "-"))), "! " + ", ".join(bad) if bad else "")),
              flush=True)
        missed += ["%s: %s" % (row, b) for b in bad]
    print("\n".join("does NOT hold: " + m for m in missed) or
          "holds: at most %d ticks and %d VMCS accesses for the CPUID round, no row above a quarter of KVM" % (TICKS, ACCESSES))
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Bad, Fail) as e:
        sys.exit("bench-nested: %s" % e)
