"""Debian's kernel and busybox, straight from their packages: downloaded and unpacked, never installed."""
import fcntl
import glob
import os
import re
import shutil

from base import CACHE, Fail, main, sh, stage

KERNEL = re.compile(r"linux-image-6\.1\.0-\d+-amd64$")


def refresh():
    """apt's package lists may be old or empty on a fresh machine; without the right to renew them nothing changes."""
    stage("renewing apt's package lists")
    root = [] if os.geteuid() == 0 else ["sudo"]
    try:
        sh(root + ["apt-get", "update"], "renewing apt's package lists")
    except Fail:
        pass


def retried(argv, why, **kw):
    """Run an apt command; if it fails, once more with fresh lists."""
    try:
        return sh(argv, why, **kw)
    except Fail:
        refresh()
        return sh(argv, why, **kw)


def kernel_package():
    """The concrete kernel package: Debian's meta package depends on exactly one."""
    text = retried(["apt-cache", "depends", "linux-image-amd64"], "finding Debian's kernel package")
    names = [l.split()[-1] for l in text.splitlines() if "Depends:" in l]
    names = [n for n in names if KERNEL.match(n)]
    if not names:
        raise Fail("Debian's kernel package can't be found: linux-image-amd64 depends on no "
                   "linux-image-6.1.0-*-amd64; is this Debian 12, and did 'apt-get update' run?")
    return names[0]


def fetch(package):
    """Directory with the package's files; downloaded once, however many ask for it at the same time."""
    out = os.path.join(CACHE, "pkg", package)
    if os.path.isdir(out):
        return out
    debs = os.path.join(CACHE, "debs")
    os.makedirs(debs, exist_ok=True)
    with open(os.path.join(debs, package + ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)               # the boot tests run side by side, and the first two want the kernel
        return out if os.path.isdir(out) else download(package, debs, out)


def download(package, debs, out):
    """Fetch and unpack; the caller holds the package's lock."""
    deb = glob.glob(os.path.join(debs, package + "_*.deb"))
    if not deb:
        stage("fetching the Debian package %s" % package)
        try:
            retried(["apt-get", "-qq", "download", package], "fetching", cwd=debs)
        except Fail as e:
            raise Fail("the package %s can't be fetched (%s); check the network and /etc/apt/sources.list, "
                       "then run 'apt-get update'" % (package, e)) from None
        deb = glob.glob(os.path.join(debs, package + "_*.deb"))
        if not deb:
            raise Fail("the package %s can't be fetched: apt-get download left no file" % package)
    tmp = "%s.%d.tmp" % (out, os.getpid())
    shutil.rmtree(tmp, ignore_errors=True)
    os.makedirs(os.path.dirname(out), exist_ok=True)
    try:
        sh(["dpkg-deb", "-x", deb[0], tmp], "unpacking %s" % package)
    except Fail:
        os.unlink(deb[0])
        raise
    os.rename(tmp, out)
    return out


def installed_kernel():
    """The package name in the cache, if one is there: a second run needs no apt."""
    have = sorted(glob.glob(os.path.join(CACHE, "pkg", "linux-image-6.1.0-*-amd64")))
    return os.path.basename(have[-1]) if have else None


def bzimage():
    package = installed_kernel() or kernel_package()
    found = glob.glob(os.path.join(fetch(package), "boot", "vmlinuz-*"))
    if not found:
        raise Fail("the package %s holds no boot/vmlinuz-*" % package)
    return found[0]


def module(name):
    """One of the kernel's modules, as its package has it."""
    package = installed_kernel() or kernel_package()
    found = glob.glob(os.path.join(fetch(package), "lib", "modules", "*", "kernel", "**", name + ".ko"), recursive=True)
    if not found:
        raise Fail("the package %s holds no %s.ko" % (package, name))
    return found[0]


def busybox():
    path = os.path.join(fetch("busybox-static"), "bin", "busybox")
    if not os.path.exists(path):
        raise Fail("the package busybox-static holds no bin/busybox")
    return path


def body(_):
    """Fetch what Linux as L1 needs."""
    bzimage()
    busybox()


if __name__ == "__main__":
    main(body)
