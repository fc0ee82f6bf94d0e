"""make run: boot an L1 under Provenest on Bochs, show it, and judge what came out."""
import argparse
import os
import re
import shlex

import bochs
import image
import kernel
import linux
import multiboot
import proofs
import report
from base import BUILD, Fail, main, read, say, stage

DEFAULT_HVARGS = "events=core evict=5000 msr=ignore"
MILESTONES = ((re.compile(r"Linux version (\S+)"), "Linux %s starts"), (re.compile(r"Run /init"), "Linux reached user space"),
              (re.compile(r"^EVT start"), "the event program runs"), (re.compile(r"^EVT total"), "the event program is done"),
              (re.compile(r"^L2 start"), "KVM runs its first guest"), (re.compile(r"^L2-DONE"), "KVM's guests are done"),
              (re.compile(r"reboot: Power down"), "Linux powers off"))


class Screen:
    """Shows L1's console as it comes, and stages of our own between its lines."""

    def __init__(self, quiet=False):
        self.quiet, self.console, self.seen, self.bare_tsc = quiet, [], set(), None
        self.doing = "the boot loader reads the images"

    def line(self, channel, text):
        if channel == "idle":
            stage("... %s (nothing said for %s s)" % (self.doing, text))
            return
        if channel == "e9" and text.startswith(("PN| ", "PN! ")):
            self.hypervisor(text)
            return
        if text.startswith("BARE tsc="):
            self.bare_tsc = int(text[9:], 16)
            return
        self.console.append(text)
        if not self.quiet:
            say("  L1 | " + text)
        for pattern, words in MILESTONES:
            found = pattern.search(text)
            if found and words not in self.seen:
                self.seen.add(words)
                self.doing = words % found.groups() if found.groups() else words
                stage(self.doing)

    def hypervisor(self, text):
        word = text[4:].split(" ")[0]
        if word == "Provenest":
            self.doing = "L1 starts"
            stage(text[4:])
        elif text.startswith("PN! "):
            stage("error: " + text[4:])
        elif word == "options" or word not in ("exit", "event", "discard", "payload", "reinject", "ticks", "balance",
                                               "l1", "end"):
            stage("hypervisor: " + text[4:])


def kind_of(path):
    """What an L1 file is; one clear line for what can't be booted."""
    if not os.path.isfile(path):
        raise Fail("L1 '%s' does not exist or is no file" % path)
    data = read(path)
    if kernel.is_bzimage(data):
        return "bzimage"
    if kernel.is_elf(data) and multiboot.header(data) is not None:
        return "multiboot"
    if kernel.is_elf(data) and kernel.pvh_entry(data) is not None:
        return "pvh"
    raise Fail("L1 '%s' is no kernel: neither a multiboot1 ELF, nor a vmlinux with a PVH note, nor a bzImage" % path)


def boot_lines(o, directory, l1, args, modules):
    """Bochs lines for this run: bare or under Provenest, by GRUB CD or by the option ROM."""
    mods = [(m, os.path.basename(m)) for m in modules]
    if o.bare:
        what = kind_of(l1)
        if what == "bzimage":
            return image.iso(directory, "linux", l1, args, mods)[1]
        if o.loader == "iso" and what == "multiboot":
            return image.iso(directory, "multiboot", l1, args, mods)[1]
        return image.ram(directory, o.mem, l1, args, mods, show=True)
    chain = ([(l1, args)] if l1 else []) + mods
    if o.loader == "ram":
        return image.ram(directory, o.mem, o.hv, o.hvargs, chain)
    return image.iso(directory, o.loader.replace("iso2", "multiboot2").replace("iso", "multiboot"), o.hv,
                     o.hvargs, chain)[1]


def check(o):
    if not 16 <= o.mem <= 3072:
        raise Fail("MEM=%d: between 16 and 3072 MiB can be given" % o.mem)
    bochs.model_of(o.cpu)
    for path in o.modules:
        if not os.path.isfile(path):
            raise Fail("module '%s' does not exist or is no file" % path)
    if not o.bare and not os.path.isfile(o.hv):
        raise Fail("the hypervisor '%s' is not there; run 'make build/hv/hv.elf'" % o.hv)


def outcome(o, result, screen, rep):
    """(exit status, sentences about what does not hold)."""
    bad = report.faults(rep, o.floors) if not o.bare else []
    if result.hung:
        bad.append("the machine was stopped: %s (see %s/post-mortem.txt)" % (result.hung, o.dir))
    elif o.bare and not re.search("soft power off|shutdown requested", result.log):
        bad.append("the machine did not end by itself (%s)" % bochs.last_words(result))
    elif not o.bare and rep.end is None and not rep.errors:
        bad.append("the emulator ended without a report (%s)" % bochs.last_words(result))
    status = 1 if bad else 0
    name, code = rep.l1 or ("none", 0)
    if name == "f4" and code:
        bad.append("L1 reported failure: code %d on port 0xf4" % code)
        status = code if code < 256 else 1
    elif name in ("triple-fault", "reset"):
        bad.append("L1 ended by %s" % name)
        status = 1
    text = "\n".join(screen.console)
    for found in re.findall(r"^(?:EVT total=|EVK passed=)\d+ (?:bad|failed)=(\d+)", text, re.M):
        if int(found):
            bad.append("the L1 program reported %s failures" % found)
            status = status or 1
    if "EVK start" in text and not re.search("EVK passed=|EVK triple", text):
        bad.append("the event kernel did not finish")
        status = status or 1
    if o.kvm:
        found = re.search(r"^L2-DONE (\d+) ok (\d+) failed", text, re.M)
        if not found or int(found.group(1)) < linux.KVM_STEPS or found.group(2) != "0":
            bad.append("KVM's guests: %s" % (found.group(0) if found else "the L2 exerciser did not finish"))
            status = status or 1
    if o.floors and "EVT total=" not in text:
        bad.append("the event program did not finish")
        status = status or 1
    return status, bad


def closing(o, rep, screen, bad):
    say("")
    for line in ["nothing was checked (UNPROVEN=1)"] if o.unproven else proofs.lines():
        say("proven              " + line)
    if not o.bare:
        for line in report.summary(rep):
            say(line)
    for line in screen.console:
        if re.match(r"(EVT total|EVK passed|L2-DONE)", line):
            say("L1's own count      " + line)
    if rep.l1:
        say("L1's end            %s %d" % rep.l1)
    for sentence in bad:
        say("DOES NOT HOLD: " + sentence)
    say("all of it held" if not bad else "it did NOT hold")


def parse(argv):
    p = argparse.ArgumentParser(prog="make run")
    p.add_argument("--hv", default=os.path.join(BUILD, "hv", "hv.elf"))
    p.add_argument("--l1", default="")
    p.add_argument("--args", default="")
    p.add_argument("--modules", default="", type=shlex.split)
    p.add_argument("--cpu", default="ivy_bridge")
    p.add_argument("--mem", default="256")
    p.add_argument("--hvargs", default=DEFAULT_HVARGS)
    p.add_argument("--loader", default="iso", choices=("iso", "iso2", "ram"))
    p.add_argument("--bare", action="store_true")
    p.add_argument("--unproven", action="store_true")
    p.add_argument("--evt", default="2000")
    p.add_argument("--kvm", action="store_true")
    p.add_argument("--kvmargs", default="")
    p.add_argument("--limit", default=600, type=int)
    p.add_argument("--silence", default=120, type=int)
    p.add_argument("--dir", default=os.path.join(BUILD, "run", "last"))
    o = p.parse_args(argv)
    if not o.mem.isdigit():
        raise Fail("MEM=%s is no number of MiB" % o.mem)
    o.mem, o.dir = int(o.mem), os.path.abspath(o.dir)
    return o


def body(argv):
    o = parse(argv)
    check(o)
    o.floors = not o.l1 and not o.bare and not o.kvm and "events=core" in o.hvargs and o.evt == "2000"
    l1, args, modules = o.l1, o.args, o.modules
    if o.kvm:
        l1, args, modules = linux.kvm(o.kvmargs, o.cpu)
        args = " ".join(w for w in (args, o.args) if w)
    elif not l1:
        l1, args, modules = linux.default(o.args, o.evt)
    kind_of(l1)
    os.makedirs(o.dir, exist_ok=True)
    screen, result = machine(o, l1, args, modules)
    stage("the machine ended after %.0f s" % result.wall)
    rep = report.Report(result.e9)
    status, bad = outcome(o, result, screen, rep)
    closing(o, rep, screen, bad)
    return status


def machine(o, l1, args, modules):
    """Run it; the one panic that is the emulator's own is tried again with another eviction period."""
    given = o.hvargs
    for attempt in range(3):
        o.hvargs = bochs.another_evict(given, attempt)
        boot = boot_lines(o, o.dir, l1, args, modules)
        stage("Bochs: %s, %d MiB, %s" % (o.cpu, o.mem, "bare" if o.bare else "under Provenest, " + o.hvargs))
        screen = Screen()
        result = bochs.run(o.dir, boot, o.cpu, o.mem, o.limit, o.silence, screen.line, bare=int(o.bare))
        if not bochs.timer_gap(result):
            break
        stage("known gap B11 of the emulator (tests/boot/known-gaps): once more, with another evict=")
    return screen, result


if __name__ == "__main__":
    main(body)
