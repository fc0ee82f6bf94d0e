"""The default L1: Debian's kernel with an initrd that runs the event program and powers off."""
import os

import initrd
import kernel
import packages
from base import BUILD, ROOT, read

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
