"""Debian's Linux as L1: an initrd runs the event program, or KVM and its guests, and powers off."""
import os

import initrd
import kernel
import packages
from base import BUILD, ROOT, read

MODULES = ("irqbypass", "kvm", "kvm-intel")
KVM_STEPS = 18                          # lines the L2 exerciser ends with at least
LINE = "mitigations=off cryptomgr.notests nokaslr iomem=relaxed console=ttyS0"


def ramdisk():
    """The initrd, rebuilt whenever one of its parts changed (its name carries their digest)."""
    program = os.path.join(BUILD, "guests", "evt")
    init = read(os.path.join(ROOT, "tests", "guests", "linux", "init"))
    out = os.path.join(BUILD, "guests", "initrd.cpio")
    return initrd.build(out, [("init", init), ("bin/busybox", packages.busybox()), ("bin/evt", program)])


def default(more="", rounds="2000", bz=False):
    """(kernel, command line, modules); the kernel is entered by PVH, or is the bzImage as Debian ships it."""
    image = packages.bzimage()
    line = " ".join(w for w in (LINE, "evt=%s" % rounds, more) if w)
    return (image if bz else kernel.vmlinux(image)), line, [ramdisk()]


def kvm(args="", cpu="", boot=()):
    """The same with KVM loaded and tests/guests/kvm in it; args: kvm-intel's parameters, separated by blanks or commas.
    skylake_x tells Linux a TSC of 3.5 GHz by CPUID, which Bochs' is not. boot: words for the VMX L1 (tests/guests/vmx), which KVM then runs instead of the usual guests."""
    words = [LINE] + (["kvmargs=" + ",".join(args.replace(",", " ").split())] if args.strip() else [])
    words += ["tsc_early_khz=50000"] if cpu == "skylake_x" else []
    words += ["boot=" + ",".join(boot)] if boot else []
    image = packages.bzimage()
    files = [("init", read(os.path.join(ROOT, "tests", "guests", "kvm", "init"))),
             ("bin/busybox", packages.busybox()), ("bin/l2", os.path.join(BUILD, "guests", "l2"))]
    files += [("modules/%s.ko" % m, packages.module(m)) for m in MODULES]
    files += [("bin/vmx.elf", os.path.join(BUILD, "guests", "vmx.elf"))] if boot else []
    out = os.path.join(BUILD, "guests", "initrd-boot.cpio" if boot else "initrd-kvm.cpio")
    return kernel.vmlinux(image), " ".join(words), [initrd.build(out, files)]
