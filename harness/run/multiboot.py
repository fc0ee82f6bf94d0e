"""Loader data a kernel expects: multiboot1 information, PVH start information, and the machine's memory map."""
import struct

from base import Fail, MIB
from kernel import PT_LOAD, segments

MB1_MAGIC, MB1_LOADED = 0x1BADB002, 0x2BADB002
PVH_MAGIC = 0x336ec578


def header(data):
    """Offset of a valid multiboot1 header in the first 8 KiB (multiboot1 3.1), or None."""
    for pos in range(0, min(len(data), 8192) - 11, 4):
        magic, flags, check = struct.unpack_from("<III", data, pos)
        if magic == MB1_MAGIC and (magic + flags + check) & 0xffffffff == 0:
            return pos
    return None


def memory_map(mem):
    """What Bochs' BIOS reports by INT 15h E820: (base, length, type)."""
    top = mem * MIB
    return [(0, 0x9fc00, 1), (0x9fc00, 0x400, 2), (0xe8000, 0x18000, 2), (MIB, top - MIB - 0x10000, 1),
            (top - 0x10000, 0x10000, 3), (0xfffc0000, 0x40000, 2)]


def flatten(elf, what):
    """(address, bytes, end with bss, entry) of an ELF file's loadable segments."""
    entry, segs = segments(elf)
    load = [s for s in segs if s[0] == PT_LOAD and s[5]]
    if not load:
        raise Fail("%s has no loadable segment" % what)
    low = min(s[3] for s in load)
    high = max(s[3] + s[4] for s in load)
    image = bytearray(high - low)
    for _, off, _, pa, fs, _, _, _ in load:
        image[pa - low:pa - low + fs] = elf[off:off + fs]
    return low, bytes(image), max(s[3] + s[5] for s in load), entry


class Blob:
    """Bytes that will sit at a known address."""

    def __init__(self, base):
        self.base, self.data = base, bytearray()

    def add(self, data, align=16):
        self.data += bytes(-(self.base + len(self.data)) % align)
        at = self.base + len(self.data)
        self.data += data
        return at

    def text(self, s):
        return self.add(s.encode() + b"\0", 4)


def info_multiboot1(base, mem, cmdline, modules):
    """(address of the information, blob): memory sizes, command line, modules, memory map (multiboot1 3.3)."""
    b = Blob(base)
    line = b.text(cmdline)
    mmap = b"".join(struct.pack("<IQQI", 20, *r) for r in memory_map(mem))
    mmap_at = b.add(mmap)
    name = b.text("Provenest runner")
    at = b.add(bytes(88))
    table = b.add(bytes(16 * max(1, len(modules))))
    lines = [b.text(l) for _, l in modules]
    mods = b""
    for (data, _), l in zip(modules, lines):
        start = b.add(data, 4096)
        mods += struct.pack("<IIII", start, start + len(data), l, 0)
    b.data[table - base:table - base + len(mods)] = mods
    upper = (mem * MIB - MIB - 0x10000) // 1024
    flags = 1 | 4 | 8 | 0x40 | 0x200
    info = struct.pack("<IIIIIII", flags, 639, upper, 0, line, len(modules), table)
    info += bytes(16) + struct.pack("<IIIIII", len(mmap), mmap_at, 0, 0, 0, name)
    b.data[at - base:at - base + len(info)] = info
    return at, b


def info_pvh(base, mem, cmdline, modules):
    """(address of hvm_start_info version 1, blob) (Xen public/arch-x86/hvm/start_info.h)."""
    b = Blob(base)
    line = b.text(cmdline)
    regions = memory_map(mem)
    mmap_at = b.add(b"".join(struct.pack("<QQII", base_, size, kind, 0) for base_, size, kind in regions))
    mods = b""
    for data, text in modules:
        l = b.text(text)
        mods += struct.pack("<QQQQ", b.add(data, 4096), len(data), l, 0)
    mods_at = b.add(mods or bytes(32))
    info = struct.pack("<IIIIQQQQII", PVH_MAGIC, 1, 0, len(modules), mods_at if modules else 0, line, 0,
                       mmap_at, len(regions), 0)
    return b.add(info), b
