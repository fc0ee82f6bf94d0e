"""make bench-nested: rounds from L2 to L1 and back, the same image on the bare machine, with Debian's KVM as its hypervisor and
under Provenest: ticks, and what Provenest's processor had to do (facts/kvm-cost.md has the instruction counts of KVM)."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import vmx  # noqa: E402
from rig import Bad, Fail, OUT, bochs, boot, hypervisor, image, linux, need  # noqa: E402

CPU = "skylake_x"
ROUNDS = 500 * 5                        # of a run without twice=1: batches of four and one
COUNTED = re.compile(r"(\w[\w-]*)=(\d+)")


def rows(lines):
    found = {}
    for line in lines:
        m = re.match(r"BENCH (\S+) rounds=(\d+) ticks=(\d+)", line)
        if m:
            found[m.group(1)] = int(m.group(3)) / int(m.group(2))
    need(found, "the benchmark did not finish: %s" % lines[-2:])
    return found


def under_kvm(more="clearcpuid=rdrand,rdseed norandmaps no_timer_check i8042.noprobe nmi_watchdog=0 nowatchdog quiet"):
    directory = os.path.join(OUT, "bench-kvm")
    kernel, line, modules = linux.kvm("nested=1", CPU, ["area=bench"])
    lines = image.ram(directory, 256, kernel, line + " " + more, [(m, "initrd") for m in modules], show=True)
    return rows(bochs.run(directory, lines, CPU, 256, 600, 200, bare=1).com1.splitlines())


def counters(name, hv, row, twice):
    """What the hypervisor counted in a run of one row."""
    words = "area=bench row=%s%s" % (row, " twice=1" if twice else "")
    run = boot("bench-" + name, hv, "events=core msr=gp", [(vmx.VMX, words)], CPU, limit=120, silence=40)
    need("VMX-END 0" in run.result.e9, "row %s did not finish" % row)
    found = {k: int(v) for l in run.result.e9 if l.startswith("PN| nested ") for k, v in COUNTED.findall(l)}
    found["exits"] = sum(run.report.exits.values())
    return found


def counts(hv, row):
    once, more = counters("once", hv, row, False), counters("twice", hv, row, True)
    return {k: (more[k] - once[k]) / ROUNDS for k in ("exits", "vmreads", "vmwrites") if k in more}


def main(argv):
    hv = argv[0] if argv else hypervisor()
    bare = rows(vmx.ask_bare("bench", CPU))
    ours = rows(vmx.nested("bench", CPU, "events=core msr=gp", hv)[0])
    kvm = under_kvm()
    print("ticks a round on %s      bare        KVM  Provenest  of KVM   exits  VMREADs VMWRITEs" % CPU)
    for row in bare:
        c = counts(hv, row) if row in ours and row not in ("first-touch", "rdmsr-l0") else {}
        print("%-22s %9.1f  %9.1f  %9.1f  %5.1f %%  %s" % (row, bare[row], kvm.get(row, 0), ours.get(row, 0),
              100 * ours.get(row, 0) / kvm[row] if kvm.get(row) else 0, "  ".join("%6.2f" % c[k] for k in c)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Bad, Fail) as e:
        sys.exit("bench-nested: %s" % e)
