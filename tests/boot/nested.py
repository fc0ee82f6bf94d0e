"""L1s that are hypervisors: the small VMX L1s compared with the bare machine, and Linux with KVM."""
import re

import twins
import vmx
import vmx_rows
from rig import boot, hypervisor, linux, need, report

# What KVM's parameters make of it; the bare machine passes all of them ('make run-linux-kvm BARE=1').
KVM = (("ivy_bridge", ""), ("skylake_x", ""), ("ivy_bridge", "ept=0"), ("ivy_bridge", "unrestricted_guest=0"),
       ("haswell", "enable_shadow_vmcs=0"))

EVENTFUL = ("exits", "inject", "pdptr")    # where the way of events could make a difference


def area_case(area, cpu, hvargs):
    """Bare and under Provenest, line by line."""
    def body(_):
        count, out = vmx.compare(area, cpu, hvargs)
        need(count and not out, "%d differences: %s" % (len(out), "; ".join(out)[:200]))
        return "(%d cases)" % count
    return body


def judged(_):
    return "(%d lines)" % vmx.lies(vmx.bare("insn", "ivy_bridge"), "insn", "ivy_bridge")


def counted(_):
    """Without a machine: each field and each rule of the entry's checks has its cases."""
    count, out = vmx_rows.static()
    need(not out, "; ".join(out)[:200])
    tried, wrong = vmx_rows.lies()
    need(not wrong, "not noticed: %s" % "; ".join(wrong)[:200])
    return "(%d, and %d doctored)" % (count, tried)


def kvm_case(cpu, args, hvargs):
    """Debian's Linux loads kvm-intel and runs guests; each of its lines must say ok."""
    def body(name):
        kernel, line, modules = linux.kvm(args, cpu)
        run = boot(name, hypervisor(), hvargs, [(kernel, line + " quiet")] + [(m, "initrd") for m in modules], cpu, limit=900,
                   silence=300)
        found = re.search(r"^L2-DONE (\d+) ok (\d+) failed", run.console, re.M)
        need(not run.result.hung, "%s (see %s)" % (run.result.hung, run.dir))
        need(found, "KVM's guests did not finish: %s" % (report.faults(run.report, False) or run.console[-200:]))
        bad = re.findall(r"^L2 \S+ FAIL.*", run.console, re.M)
        need(found.group(2) == "0" and int(found.group(1)) >= linux.KVM_STEPS, "; ".join(bad) or found.group(0))
        run.held()
        return "(%s)" % found.group(0)
    return body


def refused(_):
    """The processor refuses L2's first state (this core writes RFLAGS without bit 1 there): that entry is L1's exit 33 and the VMCS is
    as unlaunched as before (SDM vol. 3C 26, step 5). Everything behind it is as on the bare machine."""
    write = "    pn_write_range(n, PN_G_BASIC, PN_G_BASIC_END);\n"
    once = "    static bool later;\n    if (!later)\n        pn_hw_write02(PN_F_GUEST_RFLAGS, 0);\n    later = true;\n"
    hv = twins.edited("first-refused", "vmx/prepare.c", write, write + once)
    count, out = vmx.compare("bitmaps", "skylake_x", hv=hv)
    need(len(out) == 1 and out[0].endswith("exit=33! qualification=0"), "%d differences: %s" % (len(out), "; ".join(out)[:200]))
    return "(%d cases)" % count


def no_vmx(name):
    """vmx=off: L1 sees no VMX at all."""
    run = boot(name, hypervisor(), "events=core msr=gp vmx=off", [(vmx.VMX, "area=insn")], limit=30, silence=15)
    need("VMX! this processor offers no VMX" in run.result.e9, "it said: %s" % run.result.e9[-3:])


def short():
    yield "the comparison of VMX L1s notices every doctored line", judged
    yield "each field and each rule of the entry's checks has its cases", counted
    yield "vmx=off hides VMX", no_vmx
    yield "an entry of L2 that only the processor refuses, and the next", refused
    for area in vmx.AREAS:
        for cpu in ("ivy_bridge", "haswell", "skylake_x"):
            yield "vmx %s %s" % (area, cpu), area_case(area, cpu, vmx.HVARGS)
    for area in EVENTFUL:
        yield "vmx %s ivy_bridge, direct" % area, area_case(area, "ivy_bridge", "events=direct msr=gp")
        yield "vmx %s ivy_bridge, pages taken away" % area, area_case(area, "ivy_bridge", "events=core msr=gp evict=500")


def long():
    for cpu, args in KVM:
        yield "Linux with KVM %s %s" % (cpu, args), kvm_case(cpu, args, "events=core msr=ignore")
    yield "Linux with KVM ivy_bridge, pages taken away", kvm_case("ivy_bridge", "", "events=core evict=5000 msr=ignore")
