"""What Bochs boots: a GRUB CD as a user's machine would (the product's way), or a disk that an option ROM
reads straight into RAM (the test matrix's way: the same multiboot1 information, one second less, 990 M ticks less)."""
import os
import threading
import shutil
import struct

import kernel
import multiboot
from base import BUILD, Fail, MIB, ROOT, read, sh, write

EPOCH = 946684800                       # every date in an image: the machine's clock starts there too
MODULES = "biosdisk iso9660 multiboot multiboot2 linux iorw"


def tool(name, source, argv):
    """Build a small helper into build/run once."""
    out = os.path.join(BUILD, "run", name)
    src = os.path.join(ROOT, "harness", "run", source)
    if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(src):
        os.makedirs(os.path.dirname(out), exist_ok=True)
        tmp = "%s.%d.%d" % (out, os.getpid(), threading.get_ident())
        sh([a.replace("@OUT", tmp).replace("@SRC", src) for a in argv], "building %s" % name)
        os.replace(tmp, out)
    return out


def rom(directory):
    """The option ROM with the check sum the BIOS asks for."""
    code = bytearray(read(tool("rom.raw", "rom.S", [
        "gcc", "-m32", "-nostdlib", "-static", "-Wl,-Ttext=0,--oformat=binary,--build-id=none", "@SRC", "-o", "@OUT"])))
    if len(code) != 512:
        raise Fail("the option ROM is %d bytes, not 512" % len(code))
    code[511] = -sum(code[:511]) & 0xff
    return write(os.path.join(directory, "rom.bin"), bytes(code))


def disk(directory, head, parts):
    """Bochs lines for the ROM and its disk: sector 0 is the plan, the parts (address, bytes) follow."""
    plan, body, lba = struct.pack("<IIII", *head), [], 1
    for address, content in parts:
        sectors = (len(content) + 511) // 512
        plan += struct.pack("<III", lba, sectors, address)
        body.append(content + bytes(sectors * 512 - len(content)))
        lba += sectors
    cylinders = lba // (16 * 63) + 1
    image = plan + bytes(512 - len(plan)) + b"".join(body)
    name = write(os.path.join(directory, "disk.img"), image + bytes(cylinders * 16 * 63 * 512 - len(image)))
    return ["optromimage1: file=%s, address=0xd0000" % rom(directory),
            "ata0-master: type=disk, path=%s, mode=flat, cylinders=%d, heads=16, spt=63" % (name, cylinders),
            "boot: disk"]


def ram(directory, mem, path, cmdline, modules, show=False):
    """Bochs lines that put a kernel, its command line and modules into RAM and start it.
    modules: list of (path, command line)."""
    data = read(path)
    what = os.path.basename(path)
    if not kernel.is_elf(data):
        raise Fail("%s is no ELF file: it can't be put into RAM; boot it by GRUB" % what)
    low, image, end, entry = multiboot.flatten(data, what)
    pvh = kernel.pvh_entry(data)
    mods = [(read(p), text) for p, text in modules]
    base = MIB + 0x19000 if low >= 64 * MIB else end + 0xffff & ~0xffff
    if multiboot.header(data) is not None:
        at, blob = multiboot.info_multiboot1(base, mem, cmdline, mods)
        eax = multiboot.MB1_LOADED
    elif pvh is not None:
        at, blob = multiboot.info_pvh(base, mem, cmdline, mods)
        eax, entry = 0, pvh
    else:
        raise Fail("%s has neither a multiboot header nor a PVH note" % what)
    limit = mem * MIB - 0x10000
    if end > limit or base + len(blob.data) > limit or (low > base and base + len(blob.data) > low):
        raise Fail("%s and its modules do not fit into %d MiB: give more with MEM=" % (what, mem))
    return disk(directory, (eax, at, entry, int(show)), [(low, image), (base, bytes(blob.data))])


def quote(text):
    if "'" in text or "\n" in text:
        raise Fail("a command line can't hold a quote or a line break: %s" % text.strip())
    return "'%s'" % text if text else ""


def e9(text):
    """GRUB commands that say something on port 0xE9: GRUB's own screen is seen by nobody."""
    return ["outb 0xe9 0x%02x" % c for c in text.encode() + b"\n"]


def script(kind, cmdline, modules):
    """GRUB's rescue-parser script: it has no 'if', so what comes after 'boot' is the failure."""
    verb = {"multiboot": ("multiboot", "module"), "multiboot2": ("multiboot2", "module2"),
            "linux": ("linux", "initrd")}[kind]
    args = " ".join(quote(a) for a in cmdline.split())
    lines = ["%s (cd)/kernel %s" % (verb[0], args)]
    for i, text in enumerate(modules):
        more = "" if kind == "linux" else " " + " ".join(quote(a) for a in text.split())
        lines.append("%s (cd)/module%d%s" % (verb[1], i, more))
    lines.append("boot")
    return lines + e9("PN! the boot loader can't load the image: too little memory or no loadable kernel; "
                      "give more memory with MEM= or another L1=") + \
        ["outb 0x8900 0x%02x" % c for c in b"Shutdown"]


def iso(directory, kind, path, cmdline, modules):
    """A bootable CD with GRUB, reproducible: no dates, no identifiers that change from run to run."""
    tree = os.path.join(directory, "iso")
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    config = os.path.join(directory, "grub.cfg")
    write(config, "\n".join(script(kind, cmdline, [t for _, t in modules]) + [""]).encode())
    for name, source in [("kernel", path)] + [("module%d" % i, p) for i, (p, _) in enumerate(modules)]:
        shutil.copyfile(source, os.path.join(tree, name))
    sh(["grub-mkimage", "-O", "i386-pc-eltorito", "-p", "/", "-c", config, "-o", os.path.join(tree, "grub.img")]
       + MODULES.split(), "building the boot loader")
    for name in os.listdir(tree):
        os.utime(os.path.join(tree, name), (EPOCH, EPOCH))
    os.utime(tree, (EPOCH, EPOCH))
    out = os.path.join(directory, "provenest.iso")
    env = dict(os.environ, SOURCE_DATE_EPOCH=str(EPOCH), TZ="UTC")
    sh(["xorriso", "-as", "mkisofs", "-quiet", "-o", out, "-V", "PROVENEST", "-b", "grub.img", "-no-emul-boot",
        "-boot-load-size", "4", "-boot-info-table", "--grub2-boot-info", "--set_all_file_dates", "set_to_mtime", tree],
       "building the CD image", env=env)
    shutil.rmtree(tree)
    return out, ["ata0-master: type=cdrom, path=%s, status=inserted" % out, "boot: cdrom"]
