"""From a bzImage to the vmlinux inside, kept to what a loader needs: segments and the PVH note.

Linux Documentation/arch/x86/boot.rst (payload_offset, payload_length), ELF64, and the Xen PVH start ABI (note 18).
"""
import lzma
import os
import struct
import subprocess

from base import BUILD, Fail, MIB, digest, read, stage, write

NOTE_PVH = 18
PT_LOAD, PT_NOTE = 1, 4


def is_bzimage(data):
    return len(data) > 0x250 and data[0x202:0x206] == b"HdrS" and data[0x1fe:0x200] == b"\x55\xaa"


def is_elf(data):
    return data[:4] == b"\x7fELF"


def unpack(blob):
    """The payload, decompressed by what its first bytes say it is; its last 4 bytes are the size."""
    if blob[:6] == b"\xfd7zXZ\0":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(blob)
    if blob[:3] == b"\x5d\0\0":
        return lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(blob)
    if blob[:2] == b"\x1f\x8b":
        import zlib
        return zlib.decompressobj(31).decompress(blob)
    if blob[:4] == b"\x28\xb5\x2f\xfd":
        done = subprocess.run(["zstd", "-dcq"], input=blob, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
        if done.stdout:
            return done.stdout      # zstd complains about the size behind the frame: the data is whole
        raise Fail("the kernel is zstd-compressed and zstd can't unpack it; run 'make deps'")
    if is_elf(blob):
        return blob
    raise Fail("the kernel's payload has an unknown compression (%s)" % blob[:4].hex())


def payload(bz):
    setup = bz[0x1f1] or 4
    offset, length = struct.unpack_from("<II", bz, 0x248)
    start = (setup + 1) * 512 + offset
    return unpack(bz[start:start + length])


def segments(elf):
    """(type, offset, vaddr, paddr, filesz, memsz, flags, align) of each program header."""
    if elf[4] == 2:
        entry, phoff = struct.unpack_from("<QQ", elf, 24)
        size, count = struct.unpack_from("<HH", elf, 54)
        out = []
        for i in range(count):
            t, fl, off, va, pa, fs, ms, al = struct.unpack_from("<IIQQQQQQ", elf, phoff + i * size)
            out.append((t, off, va, pa, fs, ms, fl, al))
        return entry, out
    entry, phoff = struct.unpack_from("<II", elf, 24)
    size, count = struct.unpack_from("<HH", elf, 42)
    out = []
    for i in range(count):
        t, off, va, pa, fs, ms, fl, al = struct.unpack_from("<IIIIIIII", elf, phoff + i * size)
        out.append((t, off, va, pa, fs, ms, fl, al))
    return entry, out


def pvh_entry(elf):
    """The physical entry address of the PVH note, or None."""
    for t, off, _, _, fs, _, _, _ in segments(elf)[1]:
        if t != PT_NOTE:
            continue
        pos = off
        while pos + 12 <= off + fs:
            namesz, descsz, kind = struct.unpack_from("<III", elf, pos)
            name = elf[pos + 12:pos + 12 + namesz]
            desc = pos + 12 + (namesz + 3 & ~3)
            if kind == NOTE_PVH and name.rstrip(b"\0") == b"Xen":
                return int.from_bytes(elf[desc:desc + min(descsz, 8)], "little")
            pos = desc + (descsz + 3 & ~3)
    return None


def strip(elf):
    """The same ELF64 with its headers, loadable segments and notes only: 60 MiB instead of several hundred."""
    entry, segs = segments(elf)
    keep = [s for s in segs if s[0] in (PT_LOAD, PT_NOTE)]
    out = bytearray(elf[:64])
    struct.pack_into("<QQ", out, 32, 64, 0)                     # phoff, shoff
    struct.pack_into("<HHHHH", out, 54, 56, len(keep), 64, 0, 0)
    place = 64 + 56 * len(keep)
    heads, body = b"", b""
    for t, off, va, pa, fs, ms, fl, al in keep:
        data = elf[off:off + fs].rstrip(b"\0") if t == PT_LOAD else elf[off:off + fs]
        fs = len(data)                                          # zeros at the end become bss: less to load
        pad = -(place + len(body)) % 16
        body += bytes(pad)
        heads += struct.pack("<IIQQQQQQ", t, fl, place + len(body), va, pa, fs, ms, 16 if t == PT_LOAD else al)
        body += data
    return bytes(out) + heads + body


def vmlinux(bz_path):
    """Path of the loadable vmlinux of a bzImage, made once for each kernel."""
    out = os.path.join(BUILD, "cache", "vmlinux-" + digest(bz_path)[:16])
    if os.path.exists(out):
        return out
    stage("unpacking vmlinux from %s" % os.path.basename(bz_path))
    elf = payload(read(bz_path))
    if not is_elf(elf):
        raise Fail("the payload of %s is no ELF file" % bz_path)
    if pvh_entry(elf) is None:
        raise Fail("the kernel in %s has no PVH note" % bz_path)
    small = strip(elf)
    stage("vmlinux: %d MiB, PVH entry 0x%x" % (len(small) // MIB, pvh_entry(small)))
    return write(out, small)
